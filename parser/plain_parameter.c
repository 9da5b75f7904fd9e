/* Parameters that are nothing special, "const T *const *name", read without the grammar.
 *
 * Nearly all parameters of a large header are like that, and they are half of its tokens. Each would take a dozen
 * reductions, with specifiers and a declarator that are made to be looked at once. Here as many of them as follow
 * each other become one token. What is not of this form, or wrong, goes back to be read by the grammar, whose
 * messages are thus the only ones. */
#include "parser/impl.h"
#include "gen/cdecl.h"

typedef enum Reading { PLAIN, OTHER, FAILED } Reading;

enum { MAX_SEEN = CDECL_MAX_AHEAD - 2 }; /* the comma before them goes back too */
typedef struct Seen { /* the tokens of one parameter as they came; the last one is to be looked at */
    CdeclToken token[MAX_SEEN];
    unsigned n;
} Seen;

static Reading advance(CdeclParse *p, Seen *s) {
    if (s->n == MAX_SEEN)
        return OTHER;
    return filter_pull(p, &s->token[s->n++]) < 0 ? FAILED : PLAIN;
}

static const CdeclToken *current(const Seen *s) {
    return &s->token[s->n - 1];
}

/* All but the first KEEP are to be read again. */
static void put_back(CdeclParse *p, const Seen *s, unsigned keep) {
    for (unsigned i = s->n; i > keep; i--)
        filter_put_back(p, &s->token[i - 1]);
}

static CdeclWord word_of(const CdeclToken *t) {
    return cdecl_word(t->text, cdecl_token_len(*t));
}

/* Count one more keyword in WORDS; false: it is no common one, or there is one too many. */
static bool add_word(uint64_t *words, unsigned word) {
    uint64_t one = (uint64_t)1 << (2 * word);
    if (word > CDECL_TW_BOOL || (*words & (word == CDECL_TW_LONG ? 2 * one : one)))
        return false;
    *words += one;
    return true;
}

/* The type that NAME, no keyword, stands for. */
static Reading named_type(CdeclParse *p, const CdeclToken *name, CdeclWord w, AbiQType *type) {
    CdeclToken t = *name;
    if (cdecl_unescape(p, &t) < 0)
        return FAILED;
    if (!t.hash)
        t.hash = cdecl_hash(t.text, cdecl_token_len(t));
    if (parameter_find(p, &t))
        return OTHER;
    const CdeclEntry *e = scope_symbol(p->scope, t.text, cdecl_token_len(t), t.hash, NULL);
    if (e ? !e->is_typedef || abi_segment(e->symbol->type) : w.class != CDECL_W_TYPEDEF)
        return OTHER;
    if (e)
        *type = e->symbol->type;
    else if (!(type->type = scope_predefined(p, w.sub)))
        return FAILED;
    return PLAIN;
}

/* Qualifiers and one type, in any order; what follows is looked at next. */
static Reading specifiers(CdeclParse *p, Seen *s, AbiQType *type) {
    unsigned quals = 0;
    uint64_t words = 0;
    Reading r = PLAIN;
    for (; r == PLAIN && current(s)->kind == TK_IDENTIFIER; r = r == PLAIN ? advance(p, s) : r) {
        CdeclWord w = word_of(current(s));
        if (w.class != CDECL_W_KEYWORD && (words || type->type))
            break; /* the parameter's name */
        if (w.class != CDECL_W_KEYWORD)
            r = named_type(p, current(s), w, type);
        else if (w.kind == TK_QUAL && !(w.sub & (ABI_RESTRICT | ABI_ATOMIC | ABI_SEGMENT)))
            quals |= w.sub;
        else if (w.kind != TK_TYPEWORD || type->type || !add_word(&words, w.sub))
            r = OTHER;
    }
    if (r != PLAIN)
        return r;
    AbiPrim prim = words ? specs_primitive(words) : ABI_P_NONE;
    if (prim != ABI_P_NONE)
        type->type = abi_primitive(p->graph, prim);
    if (!type->type || (quals && (type->type->kind == ABI_ARRAY || type->type->kind == ABI_FUNCTION))) /* they have no qualifiers */
        return OTHER;
    type->quals |= quals;
    return PLAIN;
}

/* The stars and their qualifiers. */
static Reading pointers(CdeclParse *p, Seen *s, AbiQType *type) {
    AbiError err;
    Reading r = PLAIN;
    while (r == PLAIN && current(s)->kind == TK_STAR) {
        unsigned quals = 0;
        while ((r = advance(p, s)) == PLAIN && current(s)->kind == TK_IDENTIFIER) {
            CdeclWord w = word_of(current(s));
            if (w.class != CDECL_W_KEYWORD)
                break;
            if (w.kind != TK_QUAL || w.sub & (ABI_ATOMIC | ABI_SEGMENT) || (w.sub & ABI_RESTRICT && type->type->kind == ABI_FUNCTION))
                return OTHER;
            quals |= w.sub;
        }
        *type = (AbiQType){abi_pointer(p->graph, *type, &err), quals};
        if (!type->type) {
            cdecl_fail_abi(p, s->token[0].span, &err);
            return FAILED;
        }
    }
    return r;
}

static Reading name(CdeclParse *p, Seen *s, CdeclToken *name) {
    if (current(s)->kind != TK_IDENTIFIER)
        return PLAIN;
    if (word_of(current(s)).class != CDECL_W_NAME)
        return OTHER;
    *name = *current(s);
    if (cdecl_unescape(p, name) < 0)
        return FAILED;
    if (!name->hash)
        name->hash = cdecl_hash(name->text, cdecl_token_len(*name));
    name->sub = 0;
    return advance(p, s);
}

/* Can the type be that of a parameter as it is? "void" too, if it is all that is there. */
static bool needs_no_adjustment(AbiQType type, bool is_first) {
    if (type.type->kind == ABI_VOID)
        return is_first && !type.quals;
    return type.type->kind != ABI_ARRAY && type.type->kind != ABI_FUNCTION;
}

/* The parameter whose first token was seen, and the comma or parenthesis behind it. */
static Reading read_one(CdeclParse *p, Seen *s, bool is_first, CdeclParameter *q) {
    Reading r = specifiers(p, s, &q->type);
    if (r == PLAIN)
        r = pointers(p, s, &q->type);
    if (r == PLAIN)
        r = name(p, s, &q->token);
    if (r != PLAIN)
        return r;
    if ((current(s)->kind != TK_COMMA && current(s)->kind != TK_RP) || !needs_no_adjustment(q->type, is_first))
        return OTHER;
    q->is_void = q->type.type->kind == ABI_VOID;
    q->span = cdecl_join(s->token[0].span, s->token[s->n - 2].span);
    return PLAIN;
}

/* T is the first token of a parameter, as it was read; IS_FIRST: of the first one. It becomes TK_PARAMETERS, which
 * stands for it and those behind it, if it is plain. 0, or -1 and the error is set. */
int plain_parameters(CdeclParse *p, CdeclToken *t, bool is_first) {
    Seen s;
    CdeclToken comma = {0};
    CdeclParameters *list = NULL;
    s.token[0] = *t;
    s.n = 1;
    for (;;) {
        CdeclParameter q = {0};
        Reading r = read_one(p, &s, is_first && !list, &q);
        if (r == FAILED)
            return -1;
        if (r == OTHER)
            break;
        if (!(list = parameters_add(p, list, q)) || cdecl_failed(p))
            return -1;
        t->span = cdecl_join(t->span, q.span);
        comma = *current(&s);
        s.n = 0;
        if (comma.kind != TK_COMMA)
            break;
        if (advance(p, &s) != PLAIN)
            return -1;
    }
    put_back(p, &s, list ? 0 : 1);
    if (!list)
        return 0;
    filter_put_back(p, &comma);
    t->kind = TK_PARAMETERS;
    p->plain_parameters = list;
    return 0;
}

/* What TK_PARAMETERS stands for, behind BEFORE (NULL: they are the first). */
CdeclParameters *plain_parameters_take(CdeclParse *p, CdeclParameters *before) {
    CdeclParameters *list = p->plain_parameters;
    p->plain_parameters = NULL;
    return before ? parameters_join(p, before, list) : list;
}
