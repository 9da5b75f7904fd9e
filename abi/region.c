/* region: what one namespace owns, how regions keep each other alive, and transactions. */

#include "abi/impl.h"

/* What a record was before it was completed or renamed in a transaction. */
struct AbiCompletion {
    AbiCompletion *older; /* arena */
    AbiType *type;        /* arena: main variant, made before the transaction */
    AbiRecord record;
    AbiQType item;
    size_t size;
    uint32_t align;
    uint16_t flags;
};

/* A new region with one reference, the caller's; NULL when out of memory. */
AbiRegion *abi_region_new(AbiGraph *graph)
{
    AbiRegion *r = abi_alloc(sizeof *r);
    if (!r)
        return NULL;
    r->graph = graph;
    r->arena.graph = graph;
    r->refs = 1;
    r->next = graph->regions;
    if (r->next)
        r->next->prev = r;
    graph->regions = r;
    return r;
}

/* The graph that the region is part of. */
AbiGraph *abi_region_graph(const AbiRegion *r)
{
    return r->graph;
}

/* The one copy in the region of the N bytes at S, NUL-terminated; NULL when out of memory. */
const char *abi_region_name(AbiRegion *r, const char *s, size_t n)
{
    return abi_names_intern(&r->names, &r->arena, s, n);
}

/* SIZE zeroed bytes that live as long as the region; NULL when out of memory. */
void *abi_region_alloc(AbiRegion *r, size_t size)
{
    return abi_arena_alloc(&r->arena, size);
}

/* ---- the region's types */

/* T is a type of region R from now on. */
void abi_region_link(AbiRegion *r, AbiType *t)
{
    t->transaction = r->in_transaction ? r->transaction : 0;
    t->region_next = NULL;
    t->region_prev = r->last;
    if (r->last)
        r->last->region_next = t;
    else
        r->first = t;
    r->last = t;
}

/* Undo abi_region_link. */
void abi_region_unlink(AbiType *t)
{
    AbiRegion *r = t->region;
    if (r->before == t)
        r->before = t->region_prev;
    if (t->region_next)
        t->region_next->region_prev = t->region_prev;
    else
        r->last = t->region_prev;
    if (t->region_prev)
        t->region_prev->region_next = t->region_next;
    else
        r->first = t->region_next;
}

static bool is_main_record(const AbiType *t)
{
    return abi_has_record(t) && t->main == t;
}

/* The types being buried: all of a region, or those of its transaction. */
typedef struct Burial {
    const AbiRegion *region;
    uint64_t since; /* number of the transaction; 0: all */
} Burial;

static bool is_buried(const Burial *b, const AbiType *t)
{
    return t->region == b->region && (b->since == 0 || t->transaction == b->since);
}

/* Components that are buried too may not be touched: they may be freed already. */
static void unuse_survivor(void *user, const AbiType *component)
{
    if (!is_buried(user, component))
        abi_unuse(component);
}

/* Free FIRST and the region's types after it. */
static void bury(AbiType *first, Burial *b)
{
    for (AbiType *t = first; t; t = t->region_next) {
        if (t->main != t && !is_buried(b, t->main))
            abi_variant_unlink(t);
        if (t->item.type && !is_buried(b, t->item.type))
            abi_pointer_unlink(t);
        abi_each_component(t, unuse_survivor, b);
    }
    for (AbiType *t = first, *next; t; t = next) {
        next = t->region_next;
        if (is_main_record(t))
            abi_region_unlink(t); /* its memory is the arena's */
        else
            abi_graph_remove(t);
    }
}

/* ---- life and death */

/* Free the region's memory and nothing else: its types are gone, or go with the graph. */
void abi_region_free_memory(AbiRegion *r)
{
    abi_names_clear(&r->names, &r->arena);
    abi_arena_free(&r->arena);
    abi_free(r->includes);
    abi_free(r);
}

static void free_region(AbiRegion *r)
{
    bury(r->first, &(Burial){.region = r});
    for (size_t i = 0; i < r->include_count; i++)
        abi_region_release(r->includes[i]);
    if (r->next)
        r->next->prev = r->prev;
    if (r->prev)
        r->prev->next = r->next;
    else
        r->graph->regions = r->next;
    abi_region_free_memory(r);
}

/* Freeing a region may release the regions that it includes; they queue up here, so that a long chain
 * of them needs no stack. */
static void reap(AbiRegion *r)
{
    AbiGraph *graph = r->graph;
    r->next_dying = graph->dying;
    graph->dying = r;
    if (graph->reaping)
        return;
    graph->reaping = true;
    while ((r = graph->dying) != NULL) {
        graph->dying = r->next_dying;
        free_region(r);
    }
    graph->reaping = false;
}

/* One more holder of the region. */
void abi_region_retain(AbiRegion *r)
{
    r->refs++;
}

/* One holder less; without any the region is freed, with all its types. A joint region stays while it
 * has types: nobody asked for it by name, so what its types' makers hold is the types. */
void abi_region_release(AbiRegion *r)
{
    if (--r->refs == 0 && !(r->joint && r->first))
        reap(r);
}

/* R, a joint region, may have lost its last type. */
void abi_region_drop_if_empty(AbiRegion *r)
{
    if (r->joint && r->refs == 0 && !r->first)
        reap(r);
}

/* ---- inclusion */

/* Whether FROM is TO or includes it, directly or not. The regions to visit form a queue. */
static bool reaches(AbiRegion *from, const AbiRegion *to)
{
    AbiRegion *last = from;
    bool found = false;
    from->visited = true;
    from->next_visit = NULL;
    for (AbiRegion *r = from; r && !found; r = r->next_visit) {
        found = r == to;
        for (size_t i = 0; i < r->include_count; i++) {
            AbiRegion *other = r->includes[i];
            if (other->visited)
                continue;
            other->visited = true;
            other->next_visit = NULL;
            last = last->next_visit = other;
        }
    }
    for (AbiRegion *r = from; r; r = r->next_visit)
        r->visited = false;
    return found;
}

/* Keep OTHER alive as long as R. 0, or -1 when out of memory or if OTHER reaches R already. */
int abi_region_include(AbiRegion *r, AbiRegion *other)
{
    if (other == r || (r->is_included && reaches(other, r)))
        return -1;
    for (size_t i = 0; i < r->include_count; i++)
        if (r->includes[i] == other)
            return 0;
    AbiRegion **includes = abi_realloc(r->includes, (r->include_count + 1) * sizeof *includes);
    if (!includes)
        return -1;
    includes[r->include_count++] = other;
    r->includes = includes;
    other->is_included = true;
    abi_region_retain(other);
    return 0;
}

static bool joins(const AbiRegion *r, const AbiRegion *a, const AbiRegion *b)
{
    return r->joint && ((r->includes[0] == a && r->includes[1] == b) || (r->includes[0] == b && r->includes[1] == a));
}

/* A joint region over A and B, without a holder: the type about to be made keeps it. */
static AbiRegion *joint_new(AbiRegion *a, AbiRegion *b)
{
    for (AbiRegion *r = a->graph->regions; r; r = r->next)
        if (joins(r, a, b))
            return r;
    AbiRegion *r = abi_region_new(a->graph);
    if (!r)
        return NULL;
    if (abi_region_include(r, a) != 0 || abi_region_include(r, b) != 0) {
        abi_region_release(r);
        return NULL;
    }
    r->joint = true;
    r->refs = 0;
    return r;
}

/* *OUT is the region of a type made of parts of A and of B, NULL if both are. 0, or -1 (no memory). */
int abi_region_join(AbiRegion *a, AbiRegion *b, AbiRegion **out)
{
    if (!a || !b || a == b)
        *out = a ? a : b;
    else if (reaches(a, b))
        *out = a;
    else if (reaches(b, a))
        *out = b;
    else
        *out = joint_new(a, b);
    return *out || !a ? 0 : -1;
}

/* ---- transactions */

/* Everything made in the region from here on can be undone. */
void abi_region_begin(AbiRegion *r)
{
    r->in_transaction = true;
    r->transaction++;
    r->before = r->last;
    r->mark = abi_arena_mark(&r->arena);
    r->names_mark = r->names.newest;
    r->serial_mark = r->serial;
    r->completions = NULL;
    r->tagless = r->last_tagless = NULL;
}

void abi_region_number(AbiRegion *r, AbiType *record)
{
    if (!r->in_transaction)
        record->record->serial = ++r->serial;
    else if (r->last_tagless)
        r->last_tagless = r->last_tagless->record->next_tagless = record;
    else
        r->tagless = r->last_tagless = record;
}

/* Keep it all. Records without a name in C get their numbers now, in the order of their making: only now is
 * it known which ones got a typedef name. */
void abi_region_commit(AbiRegion *r)
{
    for (AbiType *t = r->tagless; t; t = t->record->next_tagless)
        if (!t->record->alias || t->record->alias_align || t->record->alias_quals)
            t->record->serial = ++r->serial;
    r->in_transaction = false;
    r->completions = NULL;
    r->before = NULL;
}

/* RECORD is about to change: what it is now comes back at rollback. 0, or -1 when out of memory. */
int abi_region_note(AbiType *record)
{
    AbiRegion *r = record->region;
    if (!r->in_transaction || record->transaction == r->transaction)
        return 0; /* it goes as a whole */
    AbiCompletion *c = abi_arena_alloc(&r->arena, sizeof *c);
    if (!c)
        return -1;
    *c = (AbiCompletion){.older = r->completions,
                         .type = record,
                         .record = *record->record,
                         .item = record->item,
                         .size = record->size,
                         .align = record->align,
                         .flags = record->flags};
    r->completions = c;
    return 0;
}

static void use_any(void *user, const AbiType *component)
{
    (void)user;
    abi_use(component);
}

static void unuse_any(void *user, const AbiType *component)
{
    (void)user;
    abi_unuse(component);
}

static void undo(const AbiCompletion *c)
{
    AbiType *t = c->type;
    abi_each_component(t, unuse_any, NULL);
    *t->record = c->record;
    t->item = c->item;
    abi_each_component(t, use_any, NULL);
    t->size = c->size;
    t->align = c->align;
    t->flags = c->flags;
    abi_variants_update(t);
}

/* Undo everything made in the region since abi_region_begin. */
void abi_region_rollback(AbiRegion *r)
{
    for (AbiCompletion *c = r->completions; c; c = c->older)
        undo(c);
    bury(r->before ? r->before->region_next : r->first, &(Burial){.region = r, .since = r->transaction});
    abi_names_undo(&r->names, r->names_mark);
    abi_arena_reset(&r->arena, r->mark);
    r->serial = r->serial_mark;
    r->in_transaction = false;
    r->completions = NULL;
    r->before = NULL;
}
