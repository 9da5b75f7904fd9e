/* Between the preprocessor and the grammar: what each token is, from where it stands.
 *
 * A name is TYPENAME only if it is declared as one and the grammar can take a type here: the tables are
 * asked, over the states on the parser's stack (cdecl_lemon_accepts). That answers "struct S { T T; };",
 * "T T : 3", "int (T)" and the rest without a rule for each. A prototype's parameters hide typedefs.
 *
 * Braces that are not a body of declarations (function bodies, initialisers, statement expressions) are
 * skipped here, as one BRACED token; so are the arguments of attributes that mean nothing to us. */
#include "parser/apply.h"
#include "gen/cdecl.h"

#include <stdlib.h>

/* ---------------------------------------------------------------- reading ahead */

/* The next of the tokens of cdecl_evaluate. */
static int replay(CdeclParse *p, CdeclToken *t) {
    *t = *p->replay;
    if (p->replay < p->replay_end)
        p->replay++;
    return 0;
}

static inline int fetch(CdeclParse *p, CdeclToken *t) {
    if ((p->replay ? replay(p, t) : cdecl_next_token(p, t)) < 0)
        return -1;
    if (t->kind == TK_BAD)
        return cdecl_fail(p, t->span, (CdeclCode)t->sub);
    if (t->kind == TK_RBRACE)
        t->hash = p->pack; /* #pragma pack in force here: the grammar may look one token further */
    return 0;
}

int filter_pull(CdeclParse *p, CdeclToken *t) {
    if (p->n_ahead == 0)
        return fetch(p, t);
    *t = p->ahead[--p->n_ahead];
    return 0;
}

void filter_put_back(CdeclParse *p, const CdeclToken *t) {
    p->ahead[p->n_ahead++] = *t;
}

/* The next token, which stays the next. */
static int peek(CdeclParse *p, CdeclToken *t) {
    if (p->n_ahead == 0) {
        if (fetch(p, &p->ahead[0]) < 0)
            return -1;
        p->n_ahead = 1;
    }
    *t = p->ahead[p->n_ahead - 1];
    return 0;
}

static bool next_is(CdeclParse *p, int kind) {
    CdeclToken t;
    return peek(p, &t) == 0 && t.kind == kind;
}

/* ---------------------------------------------------------------- brackets that are open */

enum { PLAIN, ATTRIBUTE_OUTER, ATTRIBUTE_LIST, DECLSPEC_LIST }; /* their sub */

static int open_bracket(CdeclParse *p, const CdeclToken *t) {
    if (p->n_brackets == p->cap_brackets) {
        size_t cap = p->cap_brackets ? p->cap_brackets * 2 : 32;
        CdeclToken *grown = realloc(p->brackets, cap * sizeof *grown);
        if (!grown)
            return cdecl_fail(p, t->span, CDECL_E_MEMORY);
        p->brackets = grown;
        p->cap_brackets = cap;
    }
    CdeclToken *b = &p->brackets[p->n_brackets++];
    *b = *t;
    b->sub = PLAIN;
    if (t->kind == TK_LP && p->last.kind == TK_ATTRIBUTE)
        b->sub = ATTRIBUTE_OUTER;
    else if (t->kind == TK_LP && p->n_brackets > 1 && b[-1].sub == ATTRIBUTE_OUTER && p->last.kind == TK_LP)
        b->sub = ATTRIBUTE_LIST;
    else if (t->kind == TK_LP && p->last.kind == TK_DECLSPEC)
        b->sub = DECLSPEC_LIST;
    else if (t->kind == TK_ATTR_OPEN)
        b->sub = ATTRIBUTE_LIST;
    return 0;
}

static int opener_of(int close) {
    return close == TK_RP ? TK_LP : close == TK_RBRACKET ? TK_LBRACKET : TK_LBRACE;
}

/* A closing bracket. If it is not the one that is due, the grammar reports that. */
static void close_bracket(CdeclParse *p, const CdeclToken *t) {
    p->closed = p->n_brackets > 0;
    if (p->n_brackets == 0)
        return;
    CdeclToken *b = &p->brackets[p->n_brackets - 1];
    if (b->kind == TK_ATTR_OPEN && t->kind == TK_RBRACKET)
        b->kind = TK_LBRACKET, b->sub = PLAIN; /* the first of ]] */
    else if (b->kind == opener_of(t->kind))
        p->n_brackets--;
}

static int list_kind(const CdeclParse *p) {
    return p->n_brackets ? p->brackets[p->n_brackets - 1].sub : PLAIN;
}

/* ---------------------------------------------------------------- what is skipped */

static int unclosed(CdeclParse *p, CdeclSpan open, const char *bracket) {
    return cdecl_fail(p, open, CDECL_E_UNCLOSED, bracket);
}

/* The tokens up to the "]" of a designator; GNU's "[1 ... 3]": those of its end. Its depth counts braces too,
 * which a compound literal may have. 0 or -1. */
static int designator_tokens(CdeclParse *p, CdeclStrings **words) {
    CdeclToken t;
    for (unsigned depth = 1;;) {
        if (filter_pull(p, &t) < 0)
            return -1;
        if (t.kind == TK_END)
            return unclosed(p, t.span, "[");
        if (t.kind == TK_RBRACKET && depth == 1)
            return 0;
        depth += t.kind == TK_LBRACKET || t.kind == TK_LBRACE || t.kind == TK_LP;
        depth -= t.kind == TK_RBRACKET || t.kind == TK_RBRACE || t.kind == TK_RP;
        if (depth == 0)
            return unclosed(p, t.span, "[");
        if (t.kind == TK_ELLIPSIS && depth == 1)
            *words = NULL;
        else if (!(*words = strings_add(p, *words, t)))
            return -1;
    }
}

/* [ index ] before an item, from behind the "[" (C11 6.7.9p6). An index that is no constant here leaves the
 * length unknown. */
static int designator(CdeclParse *p, CdeclBraces *b, CdeclShape *shape, const CdeclToken *open) {
    CdeclStrings *words = NULL;
    CdeclOperand index;
    CdeclValue value = {0};
    CdeclToken t;
    if (designator_tokens(p, &words) < 0)
        return -1;
    bool known = words && p->evaluating == 0 && cdecl_evaluate(p, words->tokens, words->n, &index) == 0
                 && fold_is_constant(&index) && fold_value(p, index, &value) == 0 && value.kind == CDECL_V_INT;
    if (cdecl_failed(p) || peek(p, &t) < 0)
        return -1;
    if (shape_index(p, shape, open, &value, known) < 0)
        return -1;
    known = known && !cdecl_value_negative(&value) && value.bits.hi == 0 && value.bits.lo < INT32_MAX;
    braces_designate(b, known, (uint32_t)value.bits.lo, t.kind == TK_DOT || t.kind == TK_LBRACKET);
    return t.kind == TK_EQ ? filter_pull(p, &t) : 0;
}

enum { MAX_BODY = 8192 };

/* Token T of a function's body, for the functions that macros call. False: the body is longer than those. */
static bool keep_text(CdeclParse *p, const CdeclToken *t) {
    size_t n = cdecl_token_len(*t);
    if (n >= MAX_BODY - p->body_len)
        return false;
    memcpy(p->body_text + p->body_len, t->text, n);
    p->body_len += n;
    p->body_text[p->body_len++] = ' ';
    return true;
}

/* { ... } as one token, from the brace on. Braces alone are matched, as they delimit the text. */
static int skip_braces(CdeclParse *p, CdeclToken *t) {
    CdeclToken inner;
    CdeclBraces b = {0};
    CdeclShape shape;
    CdeclStrings *kept = NULL;
    bool is_literal = !p->apply && p->last.kind == TK_RP && parse_accepts(p, TK_STAR); /* (T){ }, and no body */
    bool is_value = p->last.kind == TK_EQ || is_literal;
    shape_begin(&shape, is_value && !is_literal && !p->apply ? p->initialized : (AbiQType){0});
    p->body_len = 0;
    bool is_body = !is_value && !p->apply;
    if (is_body && !p->body_text && !(p->body_text = malloc(MAX_BODY)))
        return cdecl_fail(p, t->span, CDECL_E_MEMORY);
    bool is_block = p->apply && (p->last.kind == TK_LP || p->last.kind == TK_RP); /* ({ }) and (T){ } */
    for (unsigned depth = 1; depth > 0;) {
        if (filter_pull(p, &inner) < 0)
            return -1;
        if (inner.kind == TK_END)
            return unclosed(p, t->span, "{");
        if (is_value && inner.kind == TK_LBRACKET && b.depth == 0 && !b.first && !b.has_index) {
            if (designator(p, &b, &shape, &inner) < 0)
                return -1;
            continue;
        }
        if (inner.kind == TK_LBRACE)
            depth++;
        else if (inner.kind == TK_RBRACE)
            depth--;
        if (depth > 0 && is_value && (braces_token(p, &b, &inner) < 0 || shape_token(p, &shape, &inner) < 0))
            return -1;
        if (depth > 0 && is_block && !(kept = strings_add(p, kept, inner)))
            return -1;
        is_body = is_body && (depth == 0 || keep_text(p, &inner));
    }
    t->kind = TK_BRACED;
    t->span = cdecl_join(t->span, inner.span);
    if (is_value && braces_end_item(p, &b) < 0)
        return -1;
    p->braces = b;
    p->body = *t;
    p->body_kept = is_body;
    if (is_block && apply_keep_braces(p, t, kept) < 0)
        return -1;
    return 0;
}

/* ( ... ) after an attribute's name; the tokens are kept if KEEP. */
static int skip_arguments(CdeclParse *p, bool keep) {
    CdeclToken open, t;
    CdeclStrings *words = NULL;
    p->attribute_words = (CdeclStrings){0};
    if (filter_pull(p, &open) < 0)
        return -1;
    for (unsigned depth = 1;;) {
        if (filter_pull(p, &t) < 0)
            return -1;
        if (t.kind == TK_END)
            return unclosed(p, open.span, "(");
        if (t.kind == TK_LP)
            depth++;
        else if (t.kind == TK_RP && --depth == 0)
            break;
        if (keep && !(words = strings_add(p, words, t)))
            return -1;
    }
    if (words)
        p->attribute_words = *words;
    return 0;
}

/* ---------------------------------------------------------------- attributes' names */

/* gnu :: packed: the prefix is skipped; NAME is the name itself. Attributes of other compilers' spaces
 * have names of their own. */
static int skip_prefix(CdeclParse *p, CdeclToken *name) {
    CdeclToken colon;
    if (peek(p, &colon) < 0)
        return -1;
    if (colon.kind != TK_COLONCOLON)
        return 0;
    if (filter_pull(p, &colon) < 0 || filter_pull(p, name) < 0)
        return -1;
    if (name->kind != TK_IDENTIFIER)
        parse_syntax_error(p, *name);
    return cdecl_failed(p) ? -1 : 0;
}

__attribute__((noinline)) static int attribute_name(CdeclParse *p, CdeclToken *t, bool declspec) {
    uint16_t sub;
    if (skip_prefix(p, t) < 0)
        return -1;
    if (t->kind != TK_IDENTIFIER)
        return 0;
    t->kind = attribute_class(t->text, cdecl_token_len(*t), declspec, &sub);
    t->sub = sub;
    p->attribute_words = (CdeclStrings){0};
    CdeclToken next;
    if (peek(p, &next) < 0)
        return -1;
    if (t->kind == TK_ATTR_EXPR) {
        if (next.kind != TK_LP)
            t->kind = TK_ATTR_WORD;
        return 0;
    }
    return next.kind == TK_LP ? skip_arguments(p, sub != 0) : 0;
}

/* ---------------------------------------------------------------- names */

static int keyword(CdeclParse *p, CdeclToken *t, CdeclWord w) {
    t->kind = w.kind;
    t->sub = w.sub;
    if (w.kind == TK_STORAGE && w.sub == CDECL_ST_AUTO)
        p->seen_auto = true;
    if (w.kind == TK_QUAL && w.sub == ABI_ATOMIC && next_is(p, TK_LP))
        t->kind = TK_ATOMIC_TYPE; /* C11 6.7.2.4p4 */
    return 0;
}

/* Behind "auto" and other specifiers (C23 6.7.10: a type is inferred only where "auto" is written). */
static bool may_declare_auto(const CdeclParse *p) {
    int k = p->last.kind;
    return p->seen_auto && (k == TK_STORAGE || k == TK_STATIC || k == TK_EXTERN || k == TK_QUAL || k == TK_RP);
}

static void ordinary_name(CdeclParse *p, CdeclToken *t) {
    t->kind = TK_IDENTIFIER;
    if (may_declare_auto(p) && parse_accepts(p, TK_AUTONAME) && next_is(p, TK_EQ))
        t->kind = TK_AUTONAME;
}

/* The class of NAME in this scope: does a typedef name that? */
static bool names_type(CdeclParse *p, CdeclToken *t, CdeclWord w, bool *declared) {
    *declared = true;
    if (parameter_find(p, t) || (p->apply && apply_local(p, *t)))
        return false;
    const CdeclEntry *e = scope_symbol(p->scope, t->text, cdecl_token_len(*t), t->hash, NULL);
    if (e)
        return e->is_typedef;
    *declared = false;
    t->sub = w.class == CDECL_W_TYPEDEF || w.class == CDECL_W_CONSTANT ? w.sub : 0;
    return w.class == CDECL_W_TYPEDEF;
}

__attribute__((noinline)) static int name(CdeclParse *p, CdeclToken *t) {
    size_t n = cdecl_token_len(*t);
    CdeclWord w = cdecl_word(t->text, n);
    bool declared;
    if (w.class == CDECL_W_KEYWORD)
        return keyword(p, t, w);
    if (cdecl_unescape(p, t) < 0)
        return -1;
    t->sub = 0;
    if (!t->hash) /* the preprocessor has hashed most names */
        t->hash = cdecl_hash(t->text, cdecl_token_len(*t));
    if (names_type(p, t, w, &declared) && parse_accepts(p, TK_TYPENAME)) {
        t->kind = TK_TYPENAME;
    } else if (!declared && w.class == CDECL_W_CONVENTION && parse_accepts(p, TK_CALLCONV)) {
        t->kind = TK_CALLCONV;
        t->sub = w.sub;
    } else if (!declared && w.class == CDECL_W_OFFSETOF && parse_accepts(p, TK_OFFSETOF) && next_is(p, TK_LP)) {
        t->kind = TK_OFFSETOF;
    } else {
        ordinary_name(p, t);
    }
    return cdecl_failed(p) ? -1 : 0;
}

/* Can T start a type? For "enum e : int", which a bit-field's width never looks like. */
static bool starts_type(CdeclParse *p, CdeclToken *t) {
    if (t->kind != TK_IDENTIFIER)
        return false;
    CdeclWord w = cdecl_word(t->text, cdecl_token_len(*t));
    bool declared;
    if (w.class == CDECL_W_KEYWORD)
        return w.kind == TK_TYPEWORD || w.kind == TK_QUAL || w.kind == TK_BITINT || w.kind == TK_TYPEOF;
    if (!t->hash)
        t->hash = cdecl_hash(t->text, cdecl_token_len(*t));
    return names_type(p, t, w, &declared);
}

/* ---------------------------------------------------------------- one token */

__attribute__((noinline)) static int punctuator(CdeclParse *p, CdeclToken *t) {
    CdeclToken next;
    switch (t->kind) {
    case TK_LBRACKET:
        if (parse_accepts(p, TK_ATTR_OPEN) && next_is(p, TK_LBRACKET)) {
            if (filter_pull(p, &next) < 0)
                return -1;
            t->kind = TK_ATTR_OPEN;
            t->span = cdecl_join(t->span, next.span);
        }
        return cdecl_failed(p) ? -1 : open_bracket(p, t);
    case TK_LBRACE:
        if (!parse_accepts(p, TK_LBRACE) && parse_accepts(p, TK_BRACED))
            return skip_braces(p, t);
        return open_bracket(p, t);
    case TK_LP:
        return open_bracket(p, t);
    case TK_RP: case TK_RBRACKET: case TK_RBRACE:
        close_bracket(p, t);
        return 0;
    case TK_COLON:
        if (peek(p, &next) < 0)
            return -1;
        if (parse_accepts(p, TK_COLON_TYPE) && starts_type(p, &next))
            t->kind = TK_COLON_TYPE;
        return 0;
    case TK_SEMI:
        p->seen_auto = false;
        return 0;
    default:
        return 0;
    }
}

/* May a parameter begin here, and is it the first one (TK_LP) or another (TK_COMMA)? 0: no. Where macros are applied, what
 * names stand for is another matter. */
static int begins_parameter(const CdeclParse *p) {
    int before = p->last.kind;
    if ((before != TK_LP && before != TK_COMMA) || p->evaluating || p->apply || p->seen_auto)
        return 0;
    return parse_accepts(p, TK_PARAMETERS) ? before : 0;
}

/* The next token for the grammar. 0, or -1 and the error is set. */
int cdecl_filter(CdeclParse *p, CdeclToken *t) {
    do {
        if (filter_pull(p, t) < 0)
            return -1;
        if (t->kind != TK_IDENTIFIER)
            return punctuator(p, t);
        int list = list_kind(p);
        if (list == ATTRIBUTE_LIST || list == DECLSPEC_LIST)
            return attribute_name(p, t, list == DECLSPEC_LIST);
        int parameter = begins_parameter(p);
        if (parameter && plain_parameters(p, t, parameter == TK_LP) < 0)
            return -1;
        if (t->kind == TK_PARAMETERS)
            return 0;
        if (name(p, t) < 0)
            return -1;
    } while (t->kind == TK_IGNORED);
    return 0;
}
