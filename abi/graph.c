/* graph: the table of derived types, who uses them, and when they go.
 *
 * A derived type (pointer, array, function, ...) is one AbiType in a hash table. It counts
 * its users: other types that it is a component of, and holders outside the graph. What may have none
 * is on the floating list; abi_sweep walks that list and frees what indeed has none. Freeing a type
 * makes its components lose a user, which may put them on the same list: so a chain of 10,000 pointers
 * goes in one loop, without recursion.
 *
 * Records and primitive types are never freed one by one: the former go with their region, the latter
 * with the graph.
 */

#include "abi/impl.h"

enum { FIRST_BUCKETS = 256 };

/* A mutex that the same thread may take again: a front end holds it over many calls. */
static int lock_init(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attr;
    if (pthread_mutexattr_init(&attr) != 0)
        return -1;
    int failed = pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE) != 0 || pthread_mutex_init(lock, &attr) != 0;
    pthread_mutexattr_destroy(&attr);
    return failed ? -1 : 0;
}

/* A new graph (owned: abi_graph_free), or NULL when out of memory. */
AbiGraph *abi_graph_new(void)
{
    AbiGraph *graph = abi_alloc(sizeof *graph);
    if (!graph)
        return NULL;
    graph->buckets = abi_alloc(FIRST_BUCKETS * sizeof(AbiType *));
    if (!graph->buckets || lock_init(&graph->lock) != 0) {
        abi_free(graph->buckets);
        abi_free(graph);
        return NULL;
    }
    graph->bucket_count = FIRST_BUCKETS;
    abi_primitives_init(graph);
    return graph;
}

static void free_type(AbiType *t)
{
    if (t->kind == ABI_FUNCTION)
        abi_plan_free((AbiPlan *)t->plan);
    abi_cell_free(t->graph, t, abi_type_bytes(t));
}

/* Free the graph, its types and its regions, retained or not. NULL is nothing. */
void abi_graph_free(AbiGraph *graph)
{
    if (!graph)
        return;
    for (size_t i = 0; i < graph->bucket_count; i++)
        for (AbiType *t = graph->buckets[i], *next; t; t = next) {
            next = t->next;
            free_type(t);
        }
    for (AbiRegion *r = graph->regions, *next; r; r = next) {
        next = r->next;
        abi_region_free_memory(r);
    }
    abi_cells_clear(graph);
    abi_block_free(graph, graph->buckets, graph->bucket_count * sizeof *graph->buckets);
    pthread_mutex_destroy(&graph->lock);
    abi_free(graph);
}

/* Take the graph's lock; the thread that has it may take it again. */
void abi_lock(AbiGraph *graph)
{
    pthread_mutex_lock(&graph->lock);
}

/* Undo one abi_lock. */
void abi_unlock(AbiGraph *graph)
{
    pthread_mutex_unlock(&graph->lock);
}

/* ---- the table */

/* A table that could not grow still works, only slower: not an error. */
static void grow(AbiGraph *graph)
{
    size_t count = graph->bucket_count * 4; /* each time costs a cache miss for every type */
    AbiType **buckets = abi_block_alloc(graph, count * sizeof *buckets);
    if (!buckets)
        return;
    for (size_t i = 0; i < graph->bucket_count; i++)
        for (AbiType *t = graph->buckets[i], *next; t; t = next) {
            next = t->next;
            AbiType **slot = &buckets[t->hash & (count - 1)];
            t->next = *slot;
            *slot = t;
        }
    abi_block_free(graph, graph->buckets, graph->bucket_count * sizeof *buckets);
    graph->buckets = buckets;
    graph->bucket_count = count;
}

static void float_type(AbiType *t)
{
    AbiGraph *graph = t->graph;
    if (t->is_floating)
        return;
    t->is_floating = true;
    t->floating_prev = NULL;
    t->floating_next = graph->floating;
    if (graph->floating)
        graph->floating->floating_prev = t;
    graph->floating = t;
}

static void unfloat_type(AbiType *t)
{
    if (!t->is_floating)
        return;
    t->is_floating = false;
    if (t->floating_next)
        t->floating_next->floating_prev = t->floating_prev;
    if (t->floating_prev)
        t->floating_prev->floating_next = t->floating_next;
    else
        t->graph->floating = t->floating_next;
}

/* Call EACH with every type that T is made of, a record's members included; the same type may come
 * more than once. */
void abi_each_component(const AbiType *t, void (*each)(void *user, const AbiType *), void *user)
{
    if (t->main != t) { /* whose components do for the variant */
        each(user, t->main);
        if (t->canonical != t && t->canonical != t->main->canonical)
            each(user, t->canonical);
        if (t->plain != t)
            each(user, t->plain);
        return;
    }
    if (t->item.type)
        each(user, t->item.type);
    if (t->plain != t)
        each(user, t->plain);
    if (abi_is_record(t)) {
        for (size_t i = 0; i < t->record->count; i++)
            each(user, t->record->members[i].type.type);
        for (size_t i = 0; i < t->record->padding_count; i++)
            each(user, t->record->padding[i].type.type);
        for (size_t i = 0; i < t->record->break_count; i++)
            each(user, t->record->breaks[i].type.type);
    }
    if (t->kind == ABI_FUNCTION) {
        each(user, t->function->result.type);
        for (size_t i = 0; i < t->function->nparams; i++)
            each(user, t->function->params[i].type);
    }
}

static void use_component(void *user, const AbiType *component)
{
    (void)user;
    abi_use(component);
}

static void unuse_component(void *user, const AbiType *component)
{
    (void)user;
    abi_unuse(component);
}

/* Enter T, whose hash, components and region are set, as a floating type; its components become used. */
void abi_graph_enter(AbiGraph *graph, AbiType *t)
{
    t->graph = graph;
    AbiType **slot = &graph->buckets[t->hash & (graph->bucket_count - 1)];
    t->next = *slot;
    *slot = t;
    abi_each_component(t, use_component, NULL);
    if (t->region)
        abi_region_link(t->region, t);
    float_type(t);
    if (++graph->type_count > graph->bucket_count / 2)
        grow(graph);
}

/* T goes: the type that it is a pointer to forgets it. */
void abi_pointer_unlink(AbiType *t)
{
    AbiType *target = (AbiType *)t->item.type;
    if (target && target->pointer == t)
        target->pointer = NULL;
}

/* The variants of a type that stays must forget one that goes. */
void abi_variant_unlink(AbiType *t)
{
    AbiType **slot = &((AbiType *)t->main)->variants;
    while (*slot && *slot != t)
        slot = &(*slot)->variant_next;
    if (*slot)
        *slot = t->variant_next;
}

/* Take derived type T out of the table and its region's list and free it. Its components are not told. */
void abi_graph_remove(AbiType *t)
{
    AbiGraph *graph = t->graph;
    AbiType **slot = &graph->buckets[t->hash & (graph->bucket_count - 1)];
    while (*slot != t)
        slot = &(*slot)->next;
    *slot = t->next;
    graph->type_count--;
    unfloat_type(t);
    if (t->region)
        abi_region_unlink(t);
    free_type(t);
}

static void drop(AbiType *t)
{
    AbiRegion *region = t->region;
    if (t->main != t)
        abi_variant_unlink(t);
    abi_pointer_unlink(t);
    abi_each_component(t, unuse_component, NULL);
    abi_graph_remove(t);
    if (region)
        abi_region_drop_if_empty(region);
}

/* ---- users */

static bool is_counted(const AbiType *t)
{
    return t->main != t || (t->prim == ABI_P_NONE && !abi_has_record(t));
}

/* TYPE gets one more user. */
void abi_use(const AbiType *type)
{
    ((AbiType *)type)->uses++;
}

/* TYPE loses a user; without any it is freed at the next sweep. */
void abi_unuse(const AbiType *type)
{
    AbiType *t = (AbiType *)type;
    if (--t->uses == 0 && is_counted(t))
        float_type(t);
}

/* abi_use, and the type's region is kept alive too. */
void abi_retain(const AbiType *type)
{
    abi_use(type);
    if (type->region)
        abi_region_retain(type->region);
}

/* Undo one abi_retain; the type's region may go at once, and the type with it. */
void abi_release(const AbiType *type)
{
    AbiRegion *region = type->region;
    abi_unuse(type);
    if (region)
        abi_region_release(region);
}

/* Free every type without a user. */
void abi_sweep(AbiGraph *graph)
{
    for (AbiType *t; (t = graph->floating) != NULL;) {
        unfloat_type(t);
        if (t->uses == 0)
            drop(t);
    }
}
