/* intern: strings where equal means same pointer. */

#include <string.h>

#include "abi/impl.h"

struct AbiName {
    AbiName *next;  /* arena: chain */
    AbiName *older; /* arena: the name made before this one */
    uint64_t hash;
    size_t size;
    char chars[];
};

enum { FIRST_BUCKETS = 32 };

/* Mix VALUE into HASH; good enough in the low bits for tables whose size is a power of two. */
uint64_t abi_hash_mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9E3779B97F4A7C15u;
    return hash ^ (hash >> 29);
}

/* A hash of the N bytes at S, eight at a time. */
uint64_t abi_hash_bytes(const char *s, size_t n)
{
    uint64_t hash = n, word = 0;
    for (; n >= sizeof word; s += sizeof word, n -= sizeof word) {
        memcpy(&word, s, sizeof word);
        hash = abi_hash_mix(hash, word);
    }
    word = 0;
    memcpy(&word, s, n);
    return abi_hash_mix(hash, word);
}

/* A table that could not grow still works, only slower: not an error. */
static void grow(AbiNameTable *table)
{
    size_t count = table->bucket_count * 2;
    AbiName **buckets = count <= SIZE_MAX / sizeof *buckets ? abi_alloc(count * sizeof *buckets) : NULL;
    if (!buckets)
        return;
    for (AbiName *name = table->newest; name; name = name->older) {
        AbiName **slot = &buckets[name->hash & (count - 1)];
        name->next = *slot;
        *slot = name;
    }
    abi_free(table->buckets);
    table->buckets = buckets;
    table->bucket_count = count;
}

static AbiName *find(const AbiNameTable *table, uint64_t hash, const char *s, size_t n)
{
    AbiName *name = table->buckets[hash & (table->bucket_count - 1)];
    while (name && !(name->hash == hash && name->size == n && memcmp(name->chars, s, n) == 0))
        name = name->next;
    return name;
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
    if (!table->buckets) {
        table->buckets = abi_alloc(FIRST_BUCKETS * sizeof *table->buckets);
        if (!table->buckets)
            return NULL;
        table->bucket_count = FIRST_BUCKETS;
    }
    uint64_t hash = abi_hash_bytes(s, n);
    AbiName *name = find(table, hash, s, n);
    if (name)
        return name->chars;
    name = make(arena, hash, s, n);
    if (!name)
        return NULL;
    name->older = table->newest;
    table->newest = name;
    AbiName **slot = &table->buckets[hash & (table->bucket_count - 1)];
    name->next = *slot;
    *slot = name;
    if (++table->count > table->bucket_count)
        grow(table);
    return name->chars;
}

/* Take every name newer than MARK out of the table; the arena frees their memory. */
void abi_names_undo(AbiNameTable *table, const AbiName *mark)
{
    for (AbiName *name; (name = table->newest) != mark; table->count--) {
        AbiName **slot = &table->buckets[name->hash & (table->bucket_count - 1)];
        while (*slot != name)
            slot = &(*slot)->next;
        *slot = name->next;
        table->newest = name->older;
    }
}

/* Free the table; its names are the arena's. */
void abi_names_clear(AbiNameTable *table)
{
    abi_free(table->buckets);
    *table = (AbiNameTable){0};
}
