/* Names to indices: open addressing over cached hashes.
 *
 * The entries live elsewhere, in an array in order of insertion; a slot holds an entry's hash and
 * index. Entries are only ever taken back newest first (a rollback, the end of a prototype), and then
 * clearing the slot is enough: no older entry was pushed past it. Growing re-inserts in index order,
 * which keeps that true. */
#include "parser/table.h"

#include <stdlib.h>
#include <string.h>

static uint64_t load(const char *s, size_t n) {
    uint64_t w = 0;
    memcpy(&w, s, n);
    return w;
}

/* The last N bytes, fewer than eight, as a word: read twice where they overlap, for a copy of unknown
 * length costs more than all the rest. */
static uint64_t load_tail(const char *s, size_t n) {
    if (n >= 4)
        return load(s, 4) << 32 | load(s + n - 4, 4);
    if (n >= 2)
        return load(s, 2) << 16 | load(s + n - 2, 2);
    return n ? (unsigned char)*s : 0;
}

static inline uint64_t mix(uint64_t h, uint64_t w) {
    h = (h ^ w) * 0xD6E8FEB86659FD93u;
    return h ^ h >> 32;
}

/* Eight bytes a step: names in system headers are 10 to 30 bytes long, and a name may be a megabyte. */
uint32_t cdecl_hash(const char *s, size_t n) {
    uint64_t h = 0x9E3779B97F4A7C15u ^ n;
    if (n >= 8) {
        const char *last = s + n - 8;
        for (; s < last; s += 8)
            h = mix(h, load(s, 8));
        h = mix(h, load(last, 8));
    } else {
        h = mix(h, load_tail(s, n));
    }
    return (uint32_t)(h * 0xD6E8FEB86659FD93u >> 32);
}

static void insert(CdeclSlot *slots, uint32_t mask, CdeclSlot entry) {
    uint32_t i = entry.hash & mask;
    while (slots[i].index)
        i = (i + 1) & mask;
    slots[i] = entry;
}

static int by_index(const void *a, const void *b) {
    uint32_t x = ((const CdeclSlot *)a)->index, y = ((const CdeclSlot *)b)->index;
    return x < y ? -1 : x > y;
}

/* The used slots in order of insertion, which is what removal relies on. They are packed at the start of
 * SLOTS; mostly the indices have no gaps, and each slot's place is its index. */
static void sort_slots(CdeclSlot *slots, uint32_t n, CdeclSlot *room) {
    for (uint32_t i = 0; i < n; i++) {
        if (slots[i].index > n) {
            memset(room, 0, n * sizeof *slots);
            qsort(slots, n, sizeof *slots, by_index);
            return;
        }
        room[slots[i].index - 1] = slots[i];
    }
    memcpy(slots, room, n * sizeof *slots);
    memset(room, 0, n * sizeof *slots);
}

static void free_slots(CdeclTable *t) {
    abi_block_free(t->graph, t->slots, (t->mask + (size_t)1) * sizeof *t->slots);
}

/* Room for one more entry, at no more than half full. 0, or -1 when out of memory. */
int cdecl_table_reserve(CdeclTable *t) {
    if (t->slots && t->count < (t->mask + 1) / 2)
        return 0;
    uint32_t size = !t->slots ? 16 : t->mask < 1023 ? (t->mask + 1) * 2 : (t->mask + 1) * 4;
    CdeclSlot *slots = size ? abi_block_alloc(t->graph, size * sizeof *slots) : NULL;
    if (!slots)
        return -1;
    if (t->slots) {
        uint32_t n = 0;
        for (uint32_t i = 0; i <= t->mask; i++)
            if (t->slots[i].index)
                t->slots[n++] = t->slots[i];
        sort_slots(t->slots, n, slots);
        for (uint32_t i = 0; i < n; i++)
            insert(slots, size - 1, t->slots[i]);
        free_slots(t);
    }
    t->slots = slots;
    t->mask = size - 1;
    return 0;
}

/* Add entry INDEX; cdecl_table_reserve has made room. */
void cdecl_table_add(CdeclTable *t, uint32_t hash, uint32_t index) {
    insert(t->slots, t->mask, (CdeclSlot){hash, index + 1});
    t->count++;
}

/* Take back entry INDEX, the newest there is. */
void cdecl_table_remove(CdeclTable *t, uint32_t hash, uint32_t index) {
    uint32_t i = hash & t->mask;
    while (t->slots[i].index != index + 1)
        i = (i + 1) & t->mask;
    t->slots[i] = (CdeclSlot){0, 0};
    t->count--;
}

void cdecl_table_free(CdeclTable *t) {
    free_slots(t);
    *t = (CdeclTable){.graph = t->graph};
}
