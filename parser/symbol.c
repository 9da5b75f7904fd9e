/* Symbols: what a declaration leaves in the scope, and how two declarations of a name agree. */
#include "parser/impl.h"
#include "gen/cdecl.h"

/* A new symbol (region), not declared yet; NULL: the error is set. */
CdeclSymbol *symbol_new(CdeclParse *p, const CdeclToken *name, CdeclSymbolKind kind, AbiQType type, unsigned flags) {
    cdecl_transaction(p);
    CdeclSymbol *s = abi_region_alloc(p->region, sizeof *s);
    const char *file;
    if (!s) {
        cdecl_fail(p, name->span, CDECL_E_MEMORY);
        return NULL;
    }
    s->name = cdecl_name(p, name);
    s->kind = kind;
    s->type = type;
    s->flags = flags;
    s->line = cdecl_line(p, name->span, &file);
    s->file = cdecl_file_name(p, file);
    return s->name && s->file ? s : NULL;
}

/* A copy (region) that can be changed: symbols others may see are never written to. */
CdeclSymbol *symbol_copy(CdeclParse *p, const CdeclSymbol *old) {
    static const CdeclSpan nowhere;
    cdecl_transaction(p);
    CdeclSymbol *s = abi_region_alloc(p->region, sizeof *s);
    if (s)
        *s = *old;
    else
        cdecl_fail(p, nowhere, CDECL_E_MEMORY);
    return s;
}

/* Put S into the scope under NAME. 0, or -1 and the error is set. */
int symbol_declare(CdeclParse *p, const CdeclToken *name, CdeclSymbol *s) {
    if (!s || cdecl_failed(p))
        return -1;
    return scope_declare(p, s, cdecl_token_len(*name), name->hash, name->span);
}

/* The entry of NAME in this scope itself; NULL if there is none. Names of included scopes are hidden
 * by new ones. */
const CdeclEntry *symbol_own(CdeclParse *p, const CdeclToken *name) {
    const CdeclScope *where = NULL;
    const CdeclEntry *e = scope_symbol(p->scope, name->text, cdecl_token_len(*name), name->hash, &where);
    return where == p->scope ? e : NULL;
}

static const char *kind_name(CdeclSymbolKind kind) {
    switch (kind) {
    case CDECL_FUNCTION: return "function";
    case CDECL_VARIABLE: return "variable";
    case CDECL_CONSTANT: return "constant";
    case CDECL_ENUMERATOR: return "enumerator";
    default: return "typedef";
    }
}

/* NAME is declared again and does not agree with E. 0 if the caller of cdef asked for the later one to
 * win; else -1, with CODE or, where even the kinds differ, that. */
int symbol_conflict(CdeclParse *p, const CdeclToken *name, const CdeclEntry *e, CdeclCode code) {
    int n = (int)cdecl_token_len(*name);
    if (p->options && p->options->override)
        return 0;
    if (code == CDECL_E_OTHER_KIND)
        cdecl_fail(p, name->span, code, n, name->text, kind_name(e->symbol->kind));
    else
        cdecl_fail(p, name->span, code, n, name->text);
    scope_note(p, e, "first declared here");
    return -1;
}

/* ---------------------------------------------------------------- parts of a symbol */

static const CdeclParameters *own_parameters(const CdeclDeclarator *d) {
    return d && d->inner && d->inner->kind == CDECL_D_FUNCTION ? d->inner->parameters : NULL;
}

/* The names that D gives a function's parameters (region); NULL if it names none, or if out of memory:
 * then the error is set. */
const char *const *symbol_parameter_names(CdeclParse *p, const CdeclDeclarator *d) {
    const CdeclParameters *ps = own_parameters(d);
    bool any = false;
    for (const CdeclParameter *q = ps ? ps->first : NULL; q; q = q->next)
        any = any || q->name;
    if (!any)
        return NULL;
    const char **names = abi_region_alloc(p->region, ps->n * sizeof *names);
    size_t i = 0;
    if (!names)
        cdecl_fail(p, d->span, CDECL_E_MEMORY);
    for (const CdeclParameter *q = ps->first; q && names; q = q->next)
        names[i++] = q->name;
    return names;
}

/* The name in the library: asm("..."), or alias("..."); NULL: the name itself. */
const char *symbol_link_name(CdeclParse *p, CdeclStrings *label, const CdeclAttributes *a) {
    CdeclValue value;
    if (!label)
        return a ? a->alias : NULL;
    if (fold_value(p, fold_string(p, label->tokens, label->n), &value) < 0 || value.kind != CDECL_V_STRING)
        return NULL;
    return value.string.len ? value.string.data : NULL;
}
