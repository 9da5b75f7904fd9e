/* Parameters (C11 6.7.6.3): adjusted types, names, and the scope of a prototype.
 *
 * A parameter's name hides a typedef from its declarator to the end of the list, so names go on a
 * stack as soon as they are declared, and off it when the list ends. Prototypes nest; the inner one has
 * ended before the outer one's next name is declared, so one stack serves. */
#include "parser/impl.h"
#include "gen/cdecl.h"

#include <stdlib.h>

enum { HIDES_NOTHING = 0xFFFFFFFF };

/* ---------------------------------------------------------------- the stack of names */

static int reserve(CdeclParse *p) {
    if (p->n_parameters == p->cap_parameters) {
        uint32_t cap = p->cap_parameters ? p->cap_parameters * 2 : 16;
        CdeclParameter **names = realloc(p->parameters, cap * sizeof(CdeclParameter *));
        if (names)
            p->parameters = names;
        uint32_t *shadowed = realloc(p->shadowed, cap * sizeof *shadowed);
        if (shadowed)
            p->shadowed = shadowed;
        if (!names || !shadowed)
            return -1;
        p->cap_parameters = cap;
    }
    return cdecl_table_reserve(&p->parameter_table);
}

/* The newest parameter of that name on the stack, or HIDES_NOTHING. */
static uint32_t find(const CdeclParse *p, const CdeclToken *name) {
    uint32_t probe = 0, index, newest = HIDES_NOTHING;
    if (p->n_parameters == 0)
        return newest;
    while (cdecl_table_next(&p->parameter_table, name->hash, &probe, &index))
        if (cdecl_token_same(&p->parameters[index]->token, name))
            newest = index; /* later ones are found later */
    return newest;
}

/* The parameter that NAME means in the prototypes being read, or NULL. */
const CdeclParameter *parameter_find(const CdeclParse *p, const CdeclToken *name) {
    uint32_t index = find(p, name);
    return index == HIDES_NOTHING ? NULL : p->parameters[index];
}

static void push(CdeclParse *p, CdeclParameter *q) {
    if (reserve(p) < 0) {
        cdecl_fail(p, q->span, CDECL_E_MEMORY);
        return;
    }
    p->shadowed[p->n_parameters] = find(p, &q->token);
    p->parameters[p->n_parameters] = q;
    cdecl_table_add(&p->parameter_table, q->token.hash, p->n_parameters);
    p->n_parameters++;
}

/* The list PS is complete: its names go out of scope. */
void parameters_end(CdeclParse *p, CdeclParameters *ps) {
    while (p->n_parameters > ps->scope_start) {
        uint32_t i = --p->n_parameters;
        const CdeclParameter *q = p->parameters[i];
        if (p->shadowed[i] != HIDES_NOTHING && p->shadowed[i] >= ps->scope_start && !cdecl_failed(p)) {
            cdecl_fail(p, q->token.span, CDECL_E_DUPLICATE_PARAMETER, (int)cdecl_token_len(q->token), q->token.text);
            cdecl_note(p, p->parameters[p->shadowed[i]]->token.span, "first declared here");
        }
        cdecl_table_remove(&p->parameter_table, q->token.hash, i);
    }
}

/* ---------------------------------------------------------------- one parameter */

/* Arrays become pointers to their elements, functions pointers to themselves (C11 6.7.6.3p7, p8). */
static AbiQType adjust(CdeclParse *p, CdeclSpan at, AbiQType type) {
    AbiError err;
    if (type.type->kind == ABI_ARRAY) { /* by a typedef: derive.c has done the others */
        type = (AbiQType){abi_pointer(p->graph, type.type->item, &err), 0};
    } else if (type.type->kind == ABI_FUNCTION) {
        type = (AbiQType){abi_pointer(p->graph, type, &err), 0};
    }
    if (!type.type)
        cdecl_fail_abi(p, at, &err);
    return type;
}

/* (void). With a name GCC only warns and cffi says nothing: hand-written declarations have "typedef void t; f(t x)". */
static bool is_plain_void(const CdeclSpecs *s, AbiQType type) {
    return type.type->kind == ABI_VOID && !type.quals && !s->storage;
}

/* specs declarator: one parameter (DECLARATOR NULL: no name, no derivation). */
CdeclParameter parameter(CdeclParse *p, CdeclSpecs *s, CdeclDeclarator *d, CdeclAttributes *a) {
    CdeclParameter q = {0};
    if (!s || cdecl_failed(p))
        return q;
    q.span = d ? cdecl_join(s->span, d->span) : s->span;
    if (s->storage & ~(unsigned)CDECL_ST_REGISTER) {
        cdecl_fail(p, s->storage_at, CDECL_E_STORAGE_HERE, "parameter");
        return q;
    }
    if (s->attributes && s->attributes->has_alignas) {
        cdecl_fail(p, s->attributes->alignas_at, CDECL_E_ALIGNAS_HERE, "parameter");
        return q;
    }
    AbiQType type = derive(p, s, d, a, CDECL_USE_PARAMETER);
    if (!type.type)
        return q;
    if (d)
        q.token = d->name;
    for (const CdeclDerive *v = d ? d->inner : NULL; v && !q.star; v = v->outer)
        q.star = v->kind == CDECL_D_ARRAY && v->bound->kind == CDECL_B_STAR ? v : NULL;
    q.is_void = is_plain_void(s, type);
    if (type.type->kind == ABI_VOID && !q.is_void) {
        cdecl_fail(p, q.span, CDECL_E_VOID_PARAMETER);
        return q;
    }
    q.type = adjust(p, q.span, type);
    if (q.type.type && abi_segment(q.type))
        cdecl_fail(p, q.span, CDECL_E_PARAMETER_SEGMENT);
    return q;
}

/* ---------------------------------------------------------------- the list */

static CdeclParameters *new_list(CdeclParse *p) {
    CdeclParameters *ps = cdecl_temporary(p, sizeof *ps);
    if (ps)
        ps->scope_start = p->n_parameters;
    return ps;
}

/* (): nothing is said about the parameters. */
CdeclParameters *parameters_none(CdeclParse *p) {
    CdeclParameters *ps = new_list(p);
    if (ps)
        ps->unprototyped = true;
    return ps;
}

/* ", ..." (PS NULL: only "...", C23 6.7.7.4) */
CdeclParameters *parameters_variadic(CdeclParse *p, CdeclParameters *ps) {
    if (ps && ps->n == 0 && ps->has_void)
        cdecl_fail(p, p->last.span, CDECL_E_VOID_PARAMETER);
    if (!ps)
        ps = new_list(p);
    if (ps)
        ps->variadic = true;
    return ps;
}

static void link(CdeclParameters *ps, CdeclParameter *q) {
    if (ps->last)
        ps->last->next = q;
    else
        ps->first = q;
    ps->last = q;
    ps->n++;
}

CdeclParameters *parameters_add(CdeclParse *p, CdeclParameters *ps, CdeclParameter q) {
    if (cdecl_failed(p))
        return ps;
    if (!ps)
        ps = new_list(p);
    CdeclParameter *kept = ps ? cdecl_temporary(p, sizeof *kept) : NULL;
    if (!kept)
        return NULL;
    *kept = q;
    if (ps->has_void || (q.is_void && ps->n > 0)) {
        cdecl_fail(p, q.span, CDECL_E_VOID_PARAMETER);
        return ps;
    }
    ps->has_void = q.is_void;
    if (q.is_void)
        return ps;
    link(ps, kept);
    if (q.token.kind)
        push(p, kept);
    return ps;
}

/* MORE, which has no "void", behind PS. */
CdeclParameters *parameters_join(CdeclParse *p, CdeclParameters *ps, CdeclParameters *more) {
    if (cdecl_failed(p) || !more)
        return ps;
    if (ps->has_void) {
        cdecl_fail(p, more->first->span, CDECL_E_VOID_PARAMETER);
        return ps;
    }
    ps->last->next = more->first;
    ps->last = more->last;
    ps->n += more->n;
    return ps;
}

/* The names of an old-style definition, f(a, b): their types come later. */
CdeclParameters *parameters_name(CdeclParse *p, CdeclParameters *ps, CdeclToken name) {
    if (!ps && !(ps = new_list(p)))
        return NULL;
    CdeclParameter *q = cdecl_temporary(p, sizeof *q);
    if (!q)
        return ps;
    *q = (CdeclParameter){.token = name, .span = name.span};
    ps->names_only = ps->unprototyped = true;
    link(ps, q);
    push(p, q);
    return ps;
}
