/* intern: strings where equal means same pointer. */

#include <string.h>

#include "abi/impl.h"

struct AbiName {
    AbiName *older; /* arena: the name made before this one */
    uint64_t hash;
    size_t size;
    char chars[];
};

enum { FIRST_SLOTS = 64 };

/* Mix VALUE into HASH; good enough in the low bits for tables whose size is a power of two. */
uint64_t abi_hash_mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9E3779B97F4A7C15u;
    return hash ^ (hash >> 29);
}

static uint64_t load(const char *s, size_t n)
{
    uint64_t word = 0;
    memcpy(&word, s, n);
    return word;
}

/* The last N bytes, fewer than eight, as a word: read twice where they overlap, as a copy of unknown length
 * costs more than the rest of the hash. */
static uint64_t load_tail(const char *s, size_t n)
{
    if (n >= 4)
        return load(s, 4) << 32 | load(s + n - 4, 4);
    if (n >= 2)
        return load(s, 2) << 16 | load(s + n - 2, 2);
    return n ? (unsigned char)*s : 0;
}

/* A hash of the N bytes at S, eight at a time. */
uint64_t abi_hash_bytes(const char *s, size_t n)
{
    uint64_t hash = n;
    if (n < 8)
        return abi_hash_mix(hash, load_tail(s, n));
    const char *last = s + n - 8;
    for (; s < last; s += 8)
        hash = abi_hash_mix(hash, load(s, 8));
    return abi_hash_mix(hash, load(last, 8));
}

/* ---- the table
 *
 * A look-up compares tags first: the names themselves are spread over megabytes after a large header. Names
 * leave the newest first (a rolled-back transaction), and then clearing the slot is enough: none was put behind
 * it by a name that stays. */

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

static void put(AbiNameTable *table, AbiName *name)
{
    size_t mask = table->slot_count - 1, i = name->hash & mask;
    while (table->slots[i].name)
        i = (i + 1) & mask;
    table->slots[i] = (AbiNameSlot){name, tag_of(name->hash)};
}

/* Put names into an empty table in the order in which they were made. */
static void put_all(AbiNameTable *table, AbiName *newest)
{
    AbiName *oldest = NULL;
    for (AbiName *name = newest, *older; name; name = older) { /* turn the list around, */
        older = name->older;
        name->older = oldest;
        oldest = name;
    }
    for (AbiName *name = oldest, *before = NULL, *newer; name; name = newer) { /* and back */
        newer = name->older;
        name->older = before;
        before = name;
        put(table, name);
    }
}

static bool grow(AbiNameTable *table, AbiGraph *graph)
{
    /* each time costs a cache miss for every name; later on, memory counts for more */
    size_t count = !table->slot_count ? FIRST_SLOTS : table->slot_count < 16384 ? table->slot_count * 4 : table->slot_count * 2;
    AbiNameTable grown = {.slot_count = count, .count = table->count, .newest = table->newest};
    if (count > SIZE_MAX / 2 / sizeof *grown.slots)
        return false;
    grown.slots = abi_block_alloc(graph, count * sizeof *grown.slots);
    if (!grown.slots)
        return false;
    put_all(&grown, table->newest);
    abi_block_free(graph, table->slots, table->slot_count * sizeof *grown.slots);
    *table = grown;
    return true;
}

static AbiName *find(const AbiNameTable *table, uint64_t hash, const char *s, size_t n)
{
    size_t mask = table->slot_count - 1;
    uint32_t tag = tag_of(hash);
    const AbiNameSlot *slot;
    for (size_t i = hash & mask; (slot = &table->slots[i])->name; i = (i + 1) & mask)
        if (slot->tag == tag && slot->name->size == n && memcmp(slot->name->chars, s, n) == 0)
            return slot->name;
    return NULL;
}

static AbiName *make(AbiArena *arena, uint64_t hash, const char *s, size_t n)
{
    if (n > (size_t)PTRDIFF_MAX - sizeof(AbiName) - 1)
        return NULL;
    AbiName *name = abi_arena_alloc(arena, sizeof *name + n + 1);
    if (name) {
        name->hash = hash;
        name->size = n;
        memcpy(name->chars, s, n);
    }
    return name;
}

/* The one copy of the N bytes at S, made in ARENA if it is new; NULL when out of memory. */
const char *abi_names_intern(AbiNameTable *table, AbiArena *arena, const char *s, size_t n)
{
    /* at most half full, so that few slots are looked at, and always one of them free */
    if (table->count >= table->slot_count / 2 && !grow(table, arena->graph) && table->count + 1 >= table->slot_count)
        return NULL;
    uint64_t hash = abi_hash_bytes(s, n);
    AbiName *name = find(table, hash, s, n);
    if (name)
        return name->chars;
    name = make(arena, hash, s, n);
    if (!name)
        return NULL;
    name->older = table->newest;
    table->newest = name;
    table->count++;
    put(table, name);
    return name->chars;
}

/* Take every name newer than MARK out of the table; the arena frees their memory. */
void abi_names_undo(AbiNameTable *table, const AbiName *mark)
{
    size_t mask = table->slot_count - 1;
    for (AbiName *name; (name = table->newest) != mark; table->count--) {
        size_t i = name->hash & mask;
        while (table->slots[i].name != name)
            i = (i + 1) & mask;
        table->slots[i] = (AbiNameSlot){0};
        table->newest = name->older;
    }
}

/* Free the table of names in ARENA; they stay. */
void abi_names_clear(AbiNameTable *table, AbiArena *arena)
{
    abi_block_free(arena->graph, table->slots, table->slot_count * sizeof *table->slots);
    *table = (AbiNameTable){0};
}
