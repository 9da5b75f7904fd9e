/* compatible: compatible and composite types (C11 6.2.7).
 *
 * Types form graphs in which a chain of function typedefs can reach the same pair of types along
 * exponentially many ways, and which can be deep: pairs of functions are compared once each, from a
 * list that grows, not by recursion.
 */

#include "abi/impl.h"

/* Pairs of function types, each once, in the order in which they were met. */
typedef struct Pair {
    const AbiType *a, *b;
    const AbiType *composite; /* abi_composite: known already, or NULL */
} Pair;

typedef struct Pairs {
    Pair *items;  /* owned */
    size_t *slots; /* owned: 1 + index into items, by hash; 0: free */
    size_t count, cap, slot_count;
    bool no_memory;
} Pairs;

static size_t *find_slot(const Pairs *p, const AbiType *a, const AbiType *b)
{
    size_t i = abi_hash_mix(abi_hash_mix(0, (uintptr_t)a), (uintptr_t)b) & (p->slot_count - 1);
    while (p->slots[i] && !(p->items[p->slots[i] - 1].a == a && p->items[p->slots[i] - 1].b == b))
        i = (i + 1) & (p->slot_count - 1);
    return &p->slots[i];
}

static int grow(Pairs *p)
{
    size_t cap = p->cap ? p->cap * 2 : 16;
    Pair *items = abi_realloc(p->items, cap * sizeof *items);
    if (!items)
        return -1;
    p->items = items;
    size_t *slots = abi_alloc(2 * cap * sizeof *slots);
    if (!slots)
        return -1;
    abi_free(p->slots);
    p->slots = slots;
    p->slot_count = 2 * cap;
    p->cap = cap;
    for (size_t i = 0; i < p->count; i++)
        *find_slot(p, items[i].a, items[i].b) = i + 1;
    return 0;
}

/* The index of the pair, entered if new; -1 when out of memory. */
static int pairs_add(Pairs *p, const AbiType *a, const AbiType *b, size_t *index)
{
    if (p->count == p->cap && grow(p) != 0) {
        p->no_memory = true;
        return -1;
    }
    size_t *slot = find_slot(p, a, b);
    if (!*slot) {
        p->items[p->count++] = (Pair){.a = a, .b = b};
        *slot = p->count;
    }
    *index = *slot - 1;
    return 0;
}

static void pairs_free(Pairs *p)
{
    abi_free(p->items);
    abi_free(p->slots);
}

/* ---- compatible */

/* What the compiler compares: typedef names of primitives and alignment attributes are no part of it. */
static const AbiType *seen(const AbiType *t)
{
    return t->canonical;
}

/* An enum is compatible with its integer type, but not with another enum (C11 6.7.2.2p4). GCC 12 and clang 14
 * lose the qualifiers of the enum here and find that const enum e * and const unsigned * differ. */
static bool enum_matches(const AbiType *e, const AbiType *integer)
{
    return e->kind == ABI_ENUM && integer->kind != ABI_ENUM && e->item.type && seen(e->item.type) == integer;
}

static AbiQType item_of(AbiQType q)
{
    AbiQType item = q.type->item;
    if (q.type->kind == ABI_ARRAY)
        item.quals |= q.quals; /* C11 6.7.3p9 */
    return item;
}

static bool lengths_match(const AbiType *a, const AbiType *b)
{
    return a->length == b->length ||
           (a->kind == ABI_ARRAY && (!abi_length_known(a->length) || !abi_length_known(b->length)));
}

/* Compare along pointers and arrays; a pair of functions at the end goes to the list. QUALS says which
 * qualifiers count at the top. */
static bool match(Pairs *pairs, AbiQType a, AbiQType b, unsigned quals)
{
    for (;;) {
        a.type = seen(a.type);
        b.type = seen(b.type);
        bool is_array = a.type->kind == ABI_ARRAY;
        if (!is_array && ((a.quals ^ b.quals) & quals))
            return false;
        if (a.type == b.type && (!is_array || !((a.quals ^ b.quals) & quals)))
            return true;
        if (enum_matches(a.type, b.type) || enum_matches(b.type, a.type))
            return true;
        if (a.type->kind != b.type->kind || a.type->prim != b.type->prim)
            return false;
        switch (a.type->kind) {
        case ABI_POINTER:
            quals = ~0u;
            break;
        case ABI_ARRAY:
        case ABI_VECTOR:
            if (!lengths_match(a.type, b.type))
                return false;
            break;
        case ABI_COMPLEX:
            break;
        case ABI_FUNCTION:
            return pairs_add(pairs, a.type, b.type, &(size_t){0}) == 0;
        default:
            return false; /* distinct primitives and records */
        }
        a = item_of(a);
        b = item_of(b);
    }
}

/* Whether an argument of this type arrives as it is when there is no prototype (C11 6.5.2.2p6). */
static bool promotes_to_itself(const AbiType *t)
{
    t = seen(t);
    if (t->kind == ABI_ENUM)
        t = t->item.type ? seen(t->item.type) : t;
    if (t->prim == ABI_P_FLOAT)
        return false;
    return !abi_is_integer(t) || (t->flags & ABI_F_BITINT) || t->size >= sizeof(int);
}

static bool callable_without_prototype(const AbiFunction *f)
{
    bool all = !f->variadic;
    for (size_t i = 0; i < f->nparams; i++)
        all = all && promotes_to_itself(f->params[i].type);
    return all;
}

/* C11 6.7.6.3p15. Of the qualifiers of parameters and results only _Atomic makes another type. */
static bool match_functions(Pairs *pairs, const AbiFunction *a, const AbiFunction *b)
{
    if (a->conv != b->conv || !match(pairs, a->result, b->result, ABI_ATOMIC))
        return false;
    if (a->unprototyped || b->unprototyped)
        return (a->unprototyped || callable_without_prototype(a)) && (b->unprototyped || callable_without_prototype(b));
    if (a->nparams != b->nparams || a->variadic != b->variadic)
        return false;
    for (size_t i = 0; i < a->nparams; i++)
        if (!match(pairs, a->params[i], b->params[i], ABI_ATOMIC))
            return false;
    return true;
}

/* Whether the types are compatible: 1 or 0. Top-level qualifiers are ignored, but for _Atomic. -1 when out
 * of memory, of which only functions need any. */
int abi_compatibility(AbiQType a, AbiQType b)
{
    Pairs pairs = {0};
    bool all = match(&pairs, a, b, ABI_ATOMIC);
    for (size_t i = 0; all && i < pairs.count; i++)
        all = match_functions(&pairs, pairs.items[i].a->function, pairs.items[i].b->function);
    pairs_free(&pairs);
    return pairs.no_memory ? -1 : all;
}

bool abi_compatible(AbiQType a, AbiQType b)
{
    return abi_compatibility(a, b) > 0;
}

/* ---- composite */

enum { MAX_DEPTH = 500 }; /* of functions within each other's parameters and results */

typedef struct Level {
    const AbiType *a, *b;
} Level;

typedef struct Merge {
    AbiGraph *graph;
    AbiError *err;
    Pairs functions; /* those merged already */
    Level *levels;   /* owned: pointers and arrays around what is being merged */
    size_t level_count, level_cap;
    unsigned depth;
} Merge;

static int push_level(Merge *m, const AbiType *a, const AbiType *b)
{
    if (m->level_count == m->level_cap) {
        size_t cap = m->level_cap ? m->level_cap * 2 : 16;
        Level *levels = abi_realloc(m->levels, cap * sizeof *levels);
        if (!levels)
            return abi_fail_nomem(m->err);
        m->levels = levels;
        m->level_cap = cap;
    }
    m->levels[m->level_count++] = (Level){a, b};
    return 0;
}

/* The pointer or array of LEVEL around ITEM. */
static const AbiType *rebuild(Merge *m, Level level, const AbiType *item)
{
    const AbiType *a = level.a, *t;
    size_t length = abi_length_known(a->length) ? a->length : level.b->length;
    if (item == a->item.type && length == a->length)
        return a;
    AbiQType q = {item, a->item.quals};
    t = a->kind == ABI_POINTER ? abi_pointer(m->graph, q, m->err) : abi_array(m->graph, q, length, m->err);
    return t && a->main != a ? abi_aligned(m->graph, t, a->align, m->err) : t;
}

static const AbiType *merge_functions(Merge *m, const AbiType *a, const AbiType *b);

/* The composite of A and B, or NULL. Where they differ in nothing that counts, it is A. */
static const AbiType *merge(Merge *m, const AbiType *a, const AbiType *b)
{
    size_t base = m->level_count;
    for (; a != b && a->kind == b->kind && (a->kind == ABI_POINTER || a->kind == ABI_ARRAY); b = b->item.type) {
        if (push_level(m, a, b) != 0)
            return NULL;
        a = a->item.type;
    }
    const AbiType *t = a != b && a->kind == ABI_FUNCTION && b->kind == ABI_FUNCTION ? merge_functions(m, a, b) : a;
    while (t && m->level_count > base)
        t = rebuild(m, m->levels[--m->level_count], t);
    return t;
}

/* Merge result and parameters of A and B, which both have a prototype, into DECL, whose PARAMS are N. */
static int merge_parts(Merge *m, const AbiFunction *a, const AbiFunction *b, AbiFunctionDecl *decl, AbiQType *params)
{
    decl->result.type = merge(m, a->result.type, b->result.type);
    if (!decl->result.type)
        return -1;
    for (size_t i = 0; i < decl->nparams; i++) {
        const AbiFunction *other = a->unprototyped ? b : a;
        bool both = !a->unprototyped && !b->unprototyped;
        params[i] = other->params[i];
        if (both && !(params[i].type = merge(m, a->params[i].type, b->params[i].type)))
            return -1;
    }
    return 0;
}

static const AbiType *merge_declared(Merge *m, const AbiFunction *a, const AbiFunction *b)
{
    const AbiFunction *shape = a->unprototyped ? b : a; /* C11 6.2.7p3: the parameters are the prototype's */
    AbiQType *params = abi_alloc(shape->nparams * sizeof *params);
    if (!params) {
        abi_fail_nomem(m->err);
        return NULL;
    }
    AbiFunctionDecl decl = {.result = a->result, .params = params, .nparams = shape->nparams, .variadic = shape->variadic,
                            .unprototyped = shape->unprototyped, .conv = shape->conv};
    const AbiType *t = merge_parts(m, a, b, &decl, params) == 0 ? abi_function(m->graph, &decl, m->err) : NULL;
    abi_free(params);
    return t;
}

static const AbiType *merge_functions(Merge *m, const AbiType *a, const AbiType *b)
{
    size_t index;
    if (pairs_add(&m->functions, a, b, &index) != 0) {
        abi_fail_nomem(m->err);
        return NULL;
    }
    if (m->functions.items[index].composite)
        return m->functions.items[index].composite;
    if (m->depth == MAX_DEPTH) {
        abi_fail(m->err, ABI_ETOOLARGE, -1, "function types nested deeper than %d", MAX_DEPTH);
        return NULL;
    }
    m->depth++;
    const AbiType *t = merge_declared(m, a->function, b->function);
    m->depth--;
    m->functions.items[index].composite = t;
    return t;
}

/* The composite of compatible types A and B, with A's qualifiers; {NULL} and ERR on failure. */
AbiQType abi_composite(AbiGraph *graph, AbiQType a, AbiQType b, AbiError *err)
{
    Merge m = {.graph = graph, .err = err};
    const AbiType *t = merge(&m, a.type, b.type);
    pairs_free(&m.functions);
    abi_free(m.levels);
    return (AbiQType){t, a.quals};
}

bool abi_is_qualified(AbiQType q, unsigned quals)
{
    while (!(q.quals & quals) && q.type->kind == ABI_ARRAY)
        q = q.type->item;
    bool found = q.quals & quals;
    for (size_t i = 0; !found && abi_is_record(q.type) && i < q.type->record->count; i++)
        found = abi_is_qualified(q.type->record->members[i].type, quals);
    return found;
}
