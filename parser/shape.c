/* The shape of a braced initialiser (C11 6.7.9): do its designators lead to what is there? Looked at as the tokens pass by, for
 * tables have millions; no token is kept.
 *
 * Of each pair of braces it is known what they initialise, while that can be told: an expression where a struct or an array
 * is due may stand for all of it or for its first part, and what comes behind it is not known until the braces end. */
#include "parser/impl.h"
#include "gen/cdecl.h"

/* Of one pair of braces: what they initialise, NULL if it is not known; the part that an item without designators is for, and
 * whether that is lost. */
typedef struct CdeclShapeLevel Level;

enum { START, NAME, INDEX, DESIGNATED, EXPRESSION }; /* where in an item the next token stands */

static Level *top(CdeclShape *s) {
    return &s->levels[s->depth - 1];
}

/* Only of what is complete all parts are known. */
static AbiQType known(AbiQType q) {
    const AbiType *t = q.type;
    bool open = t && (t->flags & ABI_F_PARTIAL || (abi_is_record(t) && !t->record->complete) || abi_is_deferred(t));
    return open ? (AbiQType){0} : q;
}

static const AbiMember *member_at(const AbiType *record, size_t n) {
    for (size_t i = 0; i < record->record->count; i++) { /* unnamed bit-fields are not initialised (6.7.9p9) */
        const AbiMember *m = &record->record->members[i];
        if ((m->name || m->flags & ABI_M_ANONYMOUS) && n-- == 0)
            return m;
    }
    return NULL;
}

/* The part that is due: {NULL} where it is not known, or there is none (GCC warns of what is too much). */
static AbiQType due(const Level *l) {
    const AbiType *t = l->type.type;
    if (!t || l->lost)
        return (AbiQType){0};
    if (t->kind == ABI_ARRAY)
        return known((AbiQType){t->item.type, t->item.quals});
    if (!abi_is_record(t))
        return l->type; /* {{1}} */
    const AbiMember *m = t->kind == ABI_STRUCT || l->next == 0 ? member_at(t, l->next) : NULL;
    return m ? known(m->type) : (AbiQType){0};
}

/* An item ends. */
static void pass(CdeclShape *s) {
    Level *l = top(s);
    if (l->type.type && abi_is_record(l->type.type))
        l->next++;
    s->state = START;
    s->open = 0;
}

/* ---------------------------------------------------------------- designators */

static int name_token(CdeclParse *p, CdeclShape *s, const CdeclToken *t) {
    s->state = DESIGNATED;
    if (t->kind == TK_EQ || t->kind == TK_COMMA || t->kind == TK_LBRACKET)
        return cdecl_fail(p, t->span, CDECL_E_INITIALIZER_ITEM);
    if (!s->part.type)
        return 0;
    const AbiMember *m = fold_find_member(p, s->part, *t, &(size_t){0});
    s->part = m ? known(m->type) : (AbiQType){0};
    return m ? 0 : -1;
}

/* . or [ after an item's beginning or other designators: behind it, it is not known what follows. */
static int designate(CdeclParse *p, CdeclShape *s, const CdeclToken *t, AbiQType whole) {
    top(s)->lost = true;
    s->part = whole;
    s->state = t->kind == TK_DOT ? NAME : INDEX;
    if (t->kind == TK_LBRACKET && whole.type && whole.type->kind != ABI_ARRAY)
        return cdecl_fail(p, t->span, CDECL_E_INITIALIZER_INDEX, fold_spell(p, whole));
    return 0;
}

static void index_end(CdeclShape *s) {
    s->state = DESIGNATED;
    s->part = s->part.type ? known(s->part.type->item) : (AbiQType){0};
}

/* The designator [FIRST], of which the filter has taken all tokens: IS_KNOWN is whether it is a constant. */
int shape_index(CdeclParse *p, CdeclShape *s, const CdeclToken *open, const CdeclValue *value, bool is_known) {
    if (!s->depth)
        return 0;
    if (designate(p, s, open, top(s)->type) < 0)
        return -1;
    const AbiType *t = s->part.type;
    bool beyond = t && abi_length_known(t->length) && (value->bits.hi || value->bits.lo >= t->length || cdecl_value_negative(value));
    if (is_known && t && (beyond || cdecl_value_negative(value)))
        return cdecl_fail(p, open->span, CDECL_E_INITIALIZER_BOUNDS, fold_spell(p, s->part));
    index_end(s);
    return 0;
}

/* ---------------------------------------------------------------- tokens */

static void open_braces(CdeclShape *s, AbiQType type) {
    if (s->depth == SHAPE_DEPTH) {
        s->state = EXPRESSION; /* deeper ones are not looked at */
        s->open = 1;
        return;
    }
    s->levels[s->depth++] = (Level){.type = known(type)};
    s->state = START;
}

static void start_expression(CdeclShape *s, const CdeclToken *t, AbiQType part) {
    s->state = EXPRESSION;
    s->open = t->kind == TK_LP;
    if (part.type && (abi_is_aggregate(part.type) || part.type->kind == ABI_VECTOR))
        top(s)->lost = true;
}

static int start_token(CdeclParse *p, CdeclShape *s, const CdeclToken *t) {
    if (t->kind == TK_DOT || t->kind == TK_LBRACKET)
        return designate(p, s, t, top(s)->type);
    AbiQType part = due(top(s));
    if (t->kind == TK_LBRACE)
        open_braces(s, part);
    else
        start_expression(s, t, part);
    return 0;
}

static int designated_token(CdeclParse *p, CdeclShape *s, const CdeclToken *t) {
    if (t->kind == TK_DOT || t->kind == TK_LBRACKET)
        return designate(p, s, t, s->part);
    if (t->kind == TK_LBRACE)
        open_braces(s, s->part);
    else if (t->kind != TK_EQ)
        start_expression(s, t, (AbiQType){0});
    return 0;
}

static void expression_token(CdeclShape *s, const CdeclToken *t) {
    s->open += t->kind == TK_LP || t->kind == TK_LBRACKET || t->kind == TK_LBRACE;
    s->open -= s->open && (t->kind == TK_RP || t->kind == TK_RBRACKET || t->kind == TK_RBRACE);
    if (t->kind == TK_COLON && s->open == 0)
        top(s)->lost = true; /* GNU's "name: value", perhaps */
}

void shape_begin(CdeclShape *s, AbiQType type) {
    s->depth = s->open = 0;
    s->part = (AbiQType){0};
    if (type.type)
        open_braces(s, type);
}

/* A token between the braces; the one that ends them is not shown. 0 or -1. */
int shape_token(CdeclParse *p, CdeclShape *s, const CdeclToken *t) {
    if (!s->depth)
        return 0;
    if (s->state == INDEX) {
        bool ends = s->open == 0 && t->kind == TK_RBRACKET;
        expression_token(s, t);
        if (ends)
            index_end(s);
        return 0;
    }
    if (s->open == 0 && t->kind == TK_COMMA) {
        if (s->state != EXPRESSION)
            return cdecl_fail(p, t->span, CDECL_E_INITIALIZER_ITEM);
        pass(s);
        return 0;
    }
    if (s->open == 0 && t->kind == TK_RBRACE && s->depth > 1) {
        s->depth--;
        s->state = EXPRESSION; /* up to the comma nothing may follow */
        return 0;
    }
    switch (s->state) {
    case START: return start_token(p, s, t);
    case NAME: return name_token(p, s, t);
    case DESIGNATED: return designated_token(p, s, t);
    default: expression_token(s, t); return 0;
    }
}
