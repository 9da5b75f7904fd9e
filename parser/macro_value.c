/* Macros as values, when somebody asks: "#define EINTR 4" is the constant EINTR, "#define f f64" is the
 * function f64. Nothing is evaluated before, for a header may have ten thousand of them.
 *
 * A macro is evaluated by a small parse of its own whose text is its name, so that what it stands for
 * is taken as of now. */
#include "parser/pp.h"

#include "gen/cdecl.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_VALUE_TOKENS = 10000 }; /* a constant is not longer */

typedef struct Ask { /* one evaluation */
    CdeclScope *scope;
    PpMacro *macro;
    CdeclSymbol *symbol; /* out */
} Ask;

/* The macro of that name in SCOPE, but none of the compiler's own; or NULL. */
PpMacro *pp_find_macro(const CdeclScope *scope, const char *name, size_t n) {
    PpTable *t = *scope_macros((CdeclScope *)scope);
    PpName *entry = t ? pp_find_name(t, name, n, cdecl_hash(name, n)) : NULL;
    return entry && entry->macro && !entry->macro->builtin ? entry->macro : NULL;
}

/* ---------------------------------------------------------------- expanding and evaluating */

/* All tokens of the text, macros replaced. Scratch. 0 or -1. */
int pp_read_tokens(CdeclParse *p, CdeclToken **out, size_t *n) {
    size_t cap = 16;
    CdeclToken *list = cdecl_scratch(p, cap * sizeof *list), t;
    for (*n = 0; list; list[(*n)++] = t) {
        if (cdecl_next_token(p, &t) < 0)
            return -1;
        if (t.kind == TK_END || *n == MAX_VALUE_TOKENS)
            break;
        if (*n + 1 < cap)
            continue;
        CdeclToken *grown = cdecl_scratch(p, cap * 2 * sizeof *grown);
        if (!grown)
            return -1;
        memcpy(grown, list, *n * sizeof *list);
        list = grown;
        cap *= 2;
    }
    *out = list;
    return list ? 0 : -1;
}

/* The one token that there is, but for parentheses around it; or NULL. */
static const CdeclToken *only_token(const CdeclToken *t, size_t n) {
    size_t depth = n / 2;
    if (n % 2 == 0)
        return NULL;
    for (size_t i = 0; i < depth; i++)
        if (t[i].kind != TK_LP || t[n - 1 - i].kind != TK_RP)
            return NULL;
    return &t[depth];
}

/* What the tokens are worth. 1, 0 if they are no constant, -1 if the error is set. */
int pp_evaluate(CdeclParse *p, const CdeclToken *tokens, size_t n, CdeclValue *value) {
    CdeclOperand e;
    if (n == 0)
        return 0;
    if (cdecl_evaluate(p, tokens, n, &e) < 0)
        return cdecl_failed(p) ? -1 : 0;
    if (!fold_is_constant(&e))
        return 0;
    return fold_value(p, e, value) < 0 ? -1 : 1;
}

/* ---------------------------------------------------------------- constants and aliases */

static const char *kept_name(CdeclParse *p, const char *name, size_t n) {
    const char *kept = abi_region_name(p->region, name, n);
    if (!kept)
        cdecl_fail(p, (CdeclSpan){0}, CDECL_E_MEMORY);
    return kept;
}

/* The symbol that macro M stands for: a copy of TARGET under the macro's name. */
static int make_alias(CdeclParse *p, Ask *ask, const CdeclSymbol *target) {
    CdeclSymbol *s = symbol_copy(p, target);
    if (!s)
        return -1;
    if (!s->link_name)
        s->link_name = target->name;
    s->name = kept_name(p, ask->macro->name->text, ask->macro->name->len);
    ask->symbol = s->name ? symbol_keep(p, &p->last, s) : NULL;
    return ask->symbol ? 0 : -1;
}

static int make_constant(CdeclParse *p, Ask *ask, const CdeclValue *value) {
    const PpMacro *m = ask->macro;
    CdeclToken name = {.kind = TK_IDENTIFIER, .text = m->name->text, .text_len = m->name->len};
    CdeclSymbol *s = symbol_new(p, &name, CDECL_CONSTANT, (AbiQType){value->type, 0}, 0);
    if (!s)
        return -1;
    s->value = *value;
    s->file = kept_name(p, m->file, strlen(m->file));
    s->line = m->line;
    ask->symbol = s->file ? symbol_keep(p, &name, s) : NULL;
    return ask->symbol ? 0 : -1;
}

/* The whole of an object-like macro. */
static int resolve(CdeclParse *p, void *user) {
    Ask *ask = user;
    CdeclToken *tokens;
    CdeclValue value;
    size_t n;
    if (pp_read_tokens(p, &tokens, &n) < 0)
        return -1;
    const CdeclToken *t = only_token(tokens, n);
    if (t && t->kind == TK_IDENTIFIER) {
        size_t len = cdecl_token_len(*t);
        const CdeclEntry *e = scope_symbol(p->scope, t->text, len, cdecl_hash(t->text, len), NULL);
        if (e && len == ask->macro->name->len && memcmp(t->text, ask->macro->name->text, len) == 0)
            return 0; /* #define stdin stdin */
        if (e)
            return make_alias(p, ask, e->symbol);
    }
    int known = pp_evaluate(p, tokens, n, &value);
    return known > 0 ? make_constant(p, ask, &value) : known;
}

/* What the macro of that name stands for; NULL: there is none, or it is no constant and no alias. */
const CdeclSymbol *pp_macro_symbol(CdeclScope *scope, const char *name, size_t n) {
    PpMacro *m = pp_find_macro(scope, name, n);
    PpTable *t = *scope_macros(scope);
    if (!m || m->function_like || m->body_len == 0)
        return NULL;
    if (m->resolved && m->generation == t->generation)
        return m->symbol;
    Ask ask = {.scope = scope, .macro = m};
    CdeclError err = {0};
    bool failed = cdecl_with_parse(scope, "macro", name, n, resolve, &ask, &err) < 0;
    bool no_memory = failed && err.code == CDECL_E_MEMORY; /* says nothing about the macro */
    if (failed)
        ask.symbol = NULL;
    cdecl_error_clear(&err);
    if (no_memory || (ask.symbol && scope_use(scope, ask.symbol->type.type) < 0))
        return NULL;
    m->symbol = ask.symbol;
    m->generation = t->generation;
    m->resolved = true;
    return m->symbol;
}

/* ---------------------------------------------------------------- what there is */

size_t cdecl_macro_count(const CdeclScope *scope) {
    PpTable *t = *scope_macros((CdeclScope *)scope);
    return t ? t->n_names : 0;
}

bool cdecl_macro_at_index(const CdeclScope *scope, size_t i, CdeclMacro *out) {
    const PpMacro *m = (*scope_macros((CdeclScope *)scope))->names[i]->macro;
    if (!m || m->builtin || m->predefined)
        return false;
    *out = (CdeclMacro){m->name->text, m->body, m->file, m->line, m->n_params, m->function_like, m->variadic, m->own};
    return true;
}

bool cdecl_macro_find(const CdeclScope *scope, const char *name, size_t n, CdeclMacro *out) {
    AbiGraph *graph = abi_region_graph(cdecl_scope_region(scope));
    abi_lock(graph);
    const PpMacro *m = pp_find_macro(scope, name, n);
    if (m)
        *out = (CdeclMacro){m->name->text, m->body, m->file, m->line, m->n_params, m->function_like, m->variadic, m->own};
    abi_unlock(graph);
    return m != NULL;
}
