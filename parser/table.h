/* Hash tables of names. Private to the layer. */
#ifndef CDEFFI_PARSER_TABLE_H
#define CDEFFI_PARSER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/abi.h"

/* ---- table.c: names to indices, in order of insertion; the last inserted can be taken back */
typedef struct CdeclSlot { uint32_t hash, index; /* index + 1; 0: free */ } CdeclSlot;
typedef struct CdeclTable {
    CdeclSlot *slots; /* owned */
    uint32_t mask, count;
    AbiGraph *graph;  /* borrowed; whose huge pages a large one may use, or NULL */
} CdeclTable;
uint32_t cdecl_hash(const char *s, size_t n);
/* The next entry whose hash is HASH, oldest first. PROBE starts at 0 and is the caller's place; false: that
 * was the last. */
static inline bool cdecl_table_next(const CdeclTable *t, uint32_t hash, uint32_t *probe, uint32_t *index) {
    if (!t->slots)
        return false;
    for (uint32_t i = *probe;; i++) {
        const CdeclSlot *slot = &t->slots[(hash + i) & t->mask];
        if (!slot->index)
            return false;
        if (slot->hash == hash) {
            *probe = i + 1;
            *index = slot->index - 1;
            return true;
        }
    }
}
/* HASH will be looked for soon: the slots of a large header's names are seldom in the cache. */
static inline void cdecl_table_prefetch(const CdeclTable *t, uint32_t hash) {
    if (t->slots)
        __builtin_prefetch(&t->slots[hash & t->mask]);
}
int cdecl_table_reserve(CdeclTable *);                       /* room for one more; 0 or -1 */
void cdecl_table_add(CdeclTable *, uint32_t hash, uint32_t index); /* after reserve */
void cdecl_table_remove(CdeclTable *, uint32_t hash, uint32_t index); /* the one added last */
void cdecl_table_free(CdeclTable *);

#endif
