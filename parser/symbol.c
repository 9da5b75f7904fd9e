/* Symbols: what a declaration leaves in the scope, and how two declarations of a name agree. */
#include "parser/impl.h"
#include "gen/cdecl.h"

/* The names of functions and variables are nothing else's: they stand behind their symbols. The others are interned, since
 * types, macros or earlier symbols know them; to look there for a name that is new is a cache miss or two. */
static bool has_own_name(CdeclSymbolKind kind) {
    return kind == CDECL_FUNCTION || kind == CDECL_VARIABLE;
}

/* A new symbol (temporary), not declared yet; a function or variable has no name until it is. NULL: the error is set. */
CdeclSymbol *symbol_new(CdeclParse *p, const CdeclToken *name, CdeclSymbolKind kind, AbiQType type, unsigned flags) {
    CdeclSymbol *s = cdecl_temporary(p, sizeof *s);
    const char *file;
    if (!s)
        return NULL;
    if (!has_own_name(kind) && !(s->name = cdecl_name(p, name)))
        return NULL;
    s->kind = kind;
    s->type = type;
    s->flags = flags;
    s->line = cdecl_line(p, name->span, &file);
    s->file = cdecl_file_name(p, file);
    return s->file ? s : NULL;
}

/* A copy (temporary) that can be changed: symbols others may see are never written to. */
CdeclSymbol *symbol_copy(CdeclParse *p, const CdeclSymbol *old) {
    CdeclSymbol *s = cdecl_temporary(p, sizeof *s);
    if (s)
        *s = *old;
    return s;
}

static const char *const *keep_names(CdeclParse *p, const CdeclSymbol *s) {
    size_t n = s->type.type->function->nparams * sizeof *s->params;
    const char **names = abi_region_alloc(p->region, n);
    return names ? memcpy(names, s->params, n) : NULL;
}

/* A copy of S with the LEN bytes of NAME behind it, if S has no name. NULL when out of memory. */
static CdeclSymbol *copy_with_name(CdeclParse *p, const CdeclSymbol *s, const char *name, size_t len) {
    CdeclSymbol *copy = abi_region_alloc(p->region, sizeof *copy + (s->name ? 0 : len + 1));
    if (!copy)
        return NULL;
    *copy = *s;
    if (!s->name)
        copy->name = memcpy(copy + 1, name, len); /* the NUL is there */
    return copy;
}

/* A copy of S that lives as long as the region; NULL: S is, or the error is set. */
CdeclSymbol *symbol_keep(CdeclParse *p, const CdeclToken *name, const CdeclSymbol *s) {
    if (!s || cdecl_failed(p))
        return NULL;
    cdecl_transaction(p);
    CdeclSymbol *kept = copy_with_name(p, s, name->text, cdecl_token_len(*name));
    if (kept && s->params)
        kept->params = keep_names(p, s);
    if (!kept || (s->params && !kept->params)) {
        cdecl_fail(p, name->span, CDECL_E_MEMORY);
        return NULL;
    }
    return kept;
}

/* Put a copy of S into the scope under NAME. The copy (region), or NULL and the error is set. */
CdeclSymbol *symbol_declare(CdeclParse *p, const CdeclToken *name, const CdeclSymbol *s) {
    CdeclSymbol *kept = symbol_keep(p, name, s);
    return kept && scope_declare(p, kept, cdecl_token_len(*name), name->hash, name->span) == 0 ? kept : NULL;
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

/* The names that D gives a function's parameters (the array is temporary, the names are the region's);
 * NULL if it names none, or if out of memory: then the error is set. */
const char *const *symbol_parameter_names(CdeclParse *p, const CdeclDeclarator *d) {
    const CdeclParameters *ps = own_parameters(d);
    bool any = false;
    for (const CdeclParameter *q = ps && !ps->names_only ? ps->first : NULL; q; q = q->next)
        any = any || q->token.kind;
    if (!any)
        return NULL;
    const char **names = cdecl_temporary(p, ps->n * sizeof *names);
    size_t i = 0;
    for (const CdeclParameter *q = ps->first; q && names; q = q->next, i++)
        names[i] = q->token.kind ? cdecl_name(p, &q->token) : NULL;
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
