/* How two declarations of one thing differ, that stand in two scopes which know nothing of each other: what a
 * program wrote by hand, and what a header says. Compatibility (C11 6.2.7) is for one program; here structs
 * are told by their names and layouts, and it matters whether a call would go wrong. */
#include "parser/impl.h"

enum {
    MAX_DEPTH = 24,    /* types within types, */
    MAX_STEPS = 100000 /* and types met in all: function types can reach each other in very many ways. What is
                        * further is taken to be alike */
};

typedef struct Differ {
    const CdeclScope *a, *b;
    unsigned *steps;
} Differ;

static CdeclDifference differ(const Differ *, AbiQType, AbiQType, bool behind, int depth);

static CdeclDifference worse(CdeclDifference a, CdeclDifference b) {
    return a > b ? a : b;
}

/* Typedef names of primitives and alignment are nothing to compare. */
static const AbiType *seen(const AbiType *t) {
    return t->canonical;
}

static bool is_integral(const AbiType *t) {
    return t->kind == ABI_INT || t->kind == ABI_CHAR || t->kind == ABI_BOOL || t->kind == ABI_ENUM;
}

static bool is_signed(const AbiType *t) {
    if (t->kind == ABI_ENUM && t->item.type)
        t = seen(t->item.type);
    return t->flags & ABI_F_SIGNED;
}

static bool equal(const char *x, const char *y) {
    return x && y && strcmp(x, y) == 0;
}

/* Is NAME a typedef of T in SCOPE? */
static bool names_it(const CdeclScope *scope, const char *name, const AbiType *t) {
    const CdeclEntry *e = name ? scope_symbol(scope, name, strlen(name), cdecl_hash(name, strlen(name)), NULL) : NULL;
    return e && e->symbol->kind == CDECL_TYPEDEF && seen(e->symbol->type.type) == t;
}

static bool same_name(const Differ *d, const AbiType *x, const AbiType *y) {
    const AbiRecord *r = x->record, *s = y->record;
    return equal(r->tag, s->tag) || equal(r->alias, s->alias) || names_it(d->b, r->alias, y) || names_it(d->a, s->alias, x);
}

/* ---- numbers: what counts is the value that arrives, and how much memory is written through a pointer */

static CdeclDifference differ_integers(const Differ *d, const AbiType *x, const AbiType *y, bool behind) {
    if ((x->flags | y->flags) & ABI_F_INCOMPLETE) /* an enum that is only named */
        return x->kind == y->kind && same_name(d, x, y) ? CDECL_ALIKE : CDECL_MILD;
    if (x->size != y->size)
        return CDECL_SEVERE;
    if (is_signed(x) != is_signed(y))
        return behind ? CDECL_MILD : CDECL_SEVERE;
    if (x->kind == ABI_ENUM && y->kind == ABI_ENUM)
        return same_name(d, x, y) ? CDECL_ALIKE : CDECL_MILD;
    if (x->kind == ABI_ENUM || y->kind == ABI_ENUM)
        return CDECL_ALIKE; /* an enum is compatible with its integer type (C11 6.7.2.2p4) */
    return CDECL_MILD;
}

static CdeclDifference differ_floats(const AbiType *x, const AbiType *y) {
    bool same_format = x->size == y->size && x->size <= sizeof(double) && !fold_is_decimal(x) && !fold_is_decimal(y);
    return same_format ? CDECL_MILD : CDECL_SEVERE;
}

/* ---- structs and unions */

/* A member and where it is: bytes, from the start of the outermost struct. */
typedef struct Placed {
    const AbiMember *m;
    size_t base;
} Placed;

/* What OUTER, of the other scope, has in the place of X: the member of that name or, in a struct, the one at that
 * offset. m NULL: nothing. */
static Placed counterpart(const AbiType *outer, Placed x) {
    size_t base;
    const AbiMember *m = x.m->name ? abi_member_find(outer, x.m->name, strlen(x.m->name), &base) : NULL;
    for (size_t i = 0; !m && outer->kind == ABI_STRUCT && i < outer->record->count; i++) {
        const AbiMember *at = &outer->record->members[i];
        if (at->offset == x.base + x.m->offset && !((at->flags | x.m->flags) & ABI_M_BITFIELD)) {
            m = at;
            base = 0;
        }
    }
    return m ? (Placed){m, base} : (Placed){NULL, 0};
}

static CdeclDifference differ_member(const Differ *d, Placed x, Placed y, int depth) {
    bool is_field = x.m->flags & ABI_M_BITFIELD;
    if (!y.m)
        return CDECL_MILD;
    if (is_field != (bool)(y.m->flags & ABI_M_BITFIELD))
        return CDECL_SEVERE;
    if (is_field ? x.base * 8 + x.m->bit_offset != y.base * 8 + y.m->bit_offset || x.m->bit_width != y.m->bit_width
                 : x.base + x.m->offset != y.base + y.m->offset)
        return CDECL_SEVERE;
    if (equal(x.m->name, y.m->name))
        return differ(d, x.m->type, y.m->type, false, depth);
    const AbiType *t = seen(x.m->type.type), *u = seen(y.m->type.type);
    /* What is no single value may be written otherwise, as padding or in parts. */
    if (t->kind != u->kind && (abi_is_aggregate(t) || abi_is_aggregate(u)))
        return CDECL_MILD;
    return worse(CDECL_MILD, differ(d, x.m->type, y.m->type, false, depth));
}

/* The members of X, which lies at BASE in the struct that is compared with OUTER. */
static CdeclDifference differ_members(const Differ *d, const AbiType *x, size_t base, const AbiType *outer, int depth) {
    CdeclDifference found = CDECL_ALIKE;
    for (size_t i = 0; found < CDECL_SEVERE && i < x->record->count; i++) {
        Placed p = {&x->record->members[i], base};
        if (p.m->flags & ABI_M_ANONYMOUS && depth > 0)
            found = worse(found, differ_members(d, seen(p.m->type.type), base + p.m->offset, outer, depth - 1));
        else
            found = worse(found, differ_member(d, p, counterpart(outer, p), depth));
    }
    return found;
}

static CdeclDifference differ_layout(const Differ *d, const AbiType *x, const AbiType *y, int depth) {
    if (x->size != y->size || x->align != y->align)
        return CDECL_SEVERE;
    CdeclDifference count = x->record->count == y->record->count ? CDECL_ALIKE : CDECL_MILD;
    return worse(count, differ_members(d, x, 0, y, depth));
}

/* What "typedef ... *T" points to. */
static bool is_unspecified(const AbiType *t) {
    return !t->record->complete && !t->record->tag && !t->record->alias;
}

static CdeclDifference differ_records(const Differ *d, const AbiType *x, const AbiType *y, bool behind, int depth) {
    bool same = same_name(d, x, y);
    if (is_unspecified(x) || is_unspecified(y))
        return CDECL_ALIKE;
    if (!x->record->complete || !y->record->complete)
        return same || !behind ? CDECL_ALIKE : CDECL_MILD;
    if (behind && same)
        return CDECL_ALIKE; /* a struct is compared where it is declared */
    return differ_layout(d, x, y, depth);
}

/* ---- the rest */

/* A transparent union is passed as its first member. */
static CdeclDifference differ_parameter(const Differ *d, const AbiType *x, const AbiType *y, int depth) {
    if (x->kind == ABI_UNION && y->kind == ABI_UNION && (x->flags ^ y->flags) & ABI_F_TRANSPARENT)
        return CDECL_SEVERE;
    return differ(d, (AbiQType){x, 0}, (AbiQType){y, 0}, false, depth);
}

static CdeclDifference differ_functions(const Differ *d, const AbiFunction *x, const AbiFunction *y, int depth) {
    CdeclDifference found = differ(d, x->result, y->result, false, depth);
    if (x->conv != y->conv)
        return CDECL_SEVERE;
    if (x->unprototyped != y->unprototyped)
        return worse(found, CDECL_MILD);
    if (x->nparams != y->nparams || x->variadic != y->variadic)
        return CDECL_SEVERE;
    for (size_t i = 0; i < x->nparams; i++)
        found = worse(found, differ_parameter(d, x->params[i].type, y->params[i].type, depth));
    return found;
}

static CdeclDifference differ_targets(const Differ *d, AbiQType x, AbiQType y, int depth) {
    bool one_void = (seen(x.type)->kind == ABI_VOID) != (seen(y.type)->kind == ABI_VOID);
    return one_void ? CDECL_MILD : differ(d, x, y, true, depth);
}

static CdeclDifference differ_kinds(const Differ *d, const AbiType *x, const AbiType *y, bool behind, int depth) {
    if (is_integral(x) && is_integral(y))
        return differ_integers(d, x, y, behind);
    if (x->kind != y->kind)
        return CDECL_SEVERE;
    switch (x->kind) {
    case ABI_FLOAT: return differ_floats(x, y);
    case ABI_POINTER: return differ_targets(d, x->item, y->item, depth);
    case ABI_FUNCTION: return differ_functions(d, x->function, y->function, depth);
    case ABI_ARRAY:
    case ABI_VECTOR:
        if (x->length != y->length && x->length != ABI_LENGTH_UNKNOWN && y->length != ABI_LENGTH_UNKNOWN)
            return CDECL_SEVERE;
        return differ(d, x->item, y->item, behind, depth);
    case ABI_COMPLEX: return differ(d, x->item, y->item, behind, depth);
    default: return abi_is_record(x) ? differ_records(d, x, y, behind, depth) : CDECL_SEVERE;
    }
}

/* BEHIND a pointer. */
static CdeclDifference differ(const Differ *d, AbiQType p, AbiQType q, bool behind, int depth) {
    const AbiType *x = seen(p.type), *y = seen(q.type);
    CdeclDifference quals = (p.quals ^ q.quals) & ~(unsigned)ABI_RESTRICT ? CDECL_MILD : CDECL_ALIKE;
    if (x == y || depth == 0 || ++*d->steps > MAX_STEPS || (x->flags | y->flags) & ABI_F_PARTIAL)
        return quals;
    return worse(quals, differ_kinds(d, x, y, behind, depth - 1));
}

CdeclDifference cdecl_differ(const CdeclScope *a, AbiQType x, const CdeclScope *b, AbiQType y) {
    AbiGraph *graph = abi_region_graph(cdecl_scope_region(a));
    unsigned steps = 0;
    abi_lock(graph);
    CdeclDifference found = differ(&(Differ){a, b, &steps}, x, y, false, MAX_DEPTH);
    abi_unlock(graph);
    return found;
}
