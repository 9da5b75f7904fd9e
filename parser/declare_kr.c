/* Old-style function definitions (C11 6.9.1p6): int f(a, b) int a; char *b; { ... } */
#include "parser/impl.h"
#include "gen/cdecl.h"

/* Enter the names into the table of those that wait for a declaration. 0 or -1. */
static int list_names(CdeclParse *p, const CdeclParameters *ps) {
    uint32_t i = 0;
    cdecl_table_free(&p->kr_table);
    p->kr_list = cdecl_temporary(p, ps->n * sizeof *p->kr_list);
    if (!p->kr_list)
        return -1;
    for (CdeclParameter *q = ps->first; q; q = q->next, i++) {
        if (cdecl_table_reserve(&p->kr_table) < 0)
            return cdecl_fail(p, q->token.span, CDECL_E_MEMORY);
        cdecl_table_add(&p->kr_table, q->token.hash, i);
        p->kr_list[i] = q;
    }
    return 0;
}

/* specs declarator, before the declarations of its parameters. Only a function that lists names can
 * have those; anything else lacks a semicolon. */
CdeclDeclared *declare_kr(CdeclParse *p, CdeclSpecs *s, CdeclDeclarator *d) {
    if (!s || !d || cdecl_failed(p))
        return NULL;
    const CdeclDerive *v = d->inner;
    if (!v || v->kind != CDECL_D_FUNCTION || !v->parameters->names_only) {
        parse_missing(p, ";");
        return NULL;
    }
    CdeclDeclared *h = cdecl_temporary(p, sizeof *h);
    if (!h)
        return NULL;
    *h = (CdeclDeclared){.specs = s, .name = d->name, .declarator = d, .kr = v->parameters->first, .first = h};
    if (list_names(p, v->parameters) < 0)
        return NULL;
    p->kr = h;
    return h;
}

/* What is passed for a parameter without prototype (C11 6.5.2.2p6): int for what is narrower, double for
 * float. */
static AbiQType promoted(CdeclParse *p, AbiQType type) {
    const AbiType *t = type.type;
    if (t->kind == ABI_FLOAT && t->canonical == abi_primitive(p->graph, ABI_P_FLOAT))
        return (AbiQType){abi_primitive(p->graph, ABI_P_DOUBLE), 0};
    if ((t->kind == ABI_INT || t->kind == ABI_CHAR || t->kind == ABI_BOOL) && t->size < 4 && !(t->flags & ABI_F_BITINT))
        return (AbiQType){abi_primitive(p->graph, ABI_P_INT), 0};
    return type;
}

static CdeclParameter *find(const CdeclParse *p, const CdeclToken *name) {
    uint32_t probe = 0, i;
    while (cdecl_table_next(&p->kr_table, name->hash, &probe, &i))
        if (cdecl_token_same(&p->kr_list[i]->token, name))
            return p->kr_list[i];
    return NULL;
}

/* int; declares no parameter, but has to be a type. */
void declare_kr_empty(CdeclParse *p, CdeclSpecs *s) {
    if (s && !cdecl_failed(p))
        specs_resolve(p, s);
}

/* int a, *b */
CdeclSpecs *declare_kr_parameter(CdeclParse *p, CdeclSpecs *s, CdeclDeclarator *d, CdeclAttributes *a) {
    if (!s || !d || !p->kr || cdecl_failed(p))
        return s;
    CdeclParameter *q = find(p, &d->name);
    if (!q || q->type.type) {
        cdecl_fail(p, d->name.span, q ? CDECL_E_DUPLICATE_PARAMETER : CDECL_E_NO_SUCH_PARAMETER,
                   (int)cdecl_token_len(d->name), d->name.text);
        return s;
    }
    CdeclParameter typed = parameter(p, s, d, a);
    if (typed.type.type)
        q->type = promoted(p, typed.type);
    q->star = typed.star;
    return s;
}

/* The body: the names without a declaration are ints. */
void declare_kr_body(CdeclParse *p, CdeclDeclared *h) {
    if (!h || cdecl_failed(p))
        return;
    for (CdeclParameter *q = h->kr; q; q = q->next)
        if (!q->type.type)
            q->type = (AbiQType){abi_primitive(p->graph, ABI_P_INT), 0};
    CdeclParameters *ps = h->declarator->inner->parameters;
    ps->names_only = ps->unprototyped = false; /* callers pass exactly these */
    p->kr = NULL;
    declare_body(p, declare(p, h->specs, NULL, h->declarator, NULL, NULL));
}
