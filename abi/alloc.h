/* alloc: the memory that abi/ and parser/ use.
 *
 * One place, so that debug builds can make the n-th allocation fail: every failure has to be a clean
 * error with nothing leaked and nothing half-done, and the tests prove it by trying each n in turn.
 */
#ifndef CDEFFI_ABI_ALLOC_H
#define CDEFFI_ABI_ALLOC_H

#include "config.h"

#include <stddef.h>

#ifdef CDEFFI_DEBUG
#define ABI_TEST_ALLOC
#endif

void *abi_alloc(size_t size);                /* zeroed; owned: abi_free; NULL when out of memory */
void *abi_realloc(void *old, size_t size);   /* NULL when out of memory, OLD stays then; new bytes are not zeroed */
void abi_free(void *);

#ifdef ABI_TEST_ALLOC
/* Fail every allocation of this thread once N more have succeeded; a negative N: never. */
void abi_alloc_fail_after(long n);
#endif

/* Memory that is freed all at once, or back to a mark. All zero bytes is an empty arena. */
typedef struct AbiArena {
    struct AbiArenaBlock *blocks; /* owned: small objects; newest first, the one being filled */
    struct AbiArenaBlock *large;  /* owned: one object each, newest first */
    size_t used;                  /* bytes taken from the newest of blocks */
    struct AbiGraph *graph;       /* borrowed; whose huge pages it may use, or NULL */
} AbiArena;

typedef struct AbiArenaMark {
    struct AbiArenaBlock *blocks, *large; /* borrowed */
    size_t used;
} AbiArenaMark;

void *abi_arena_alloc(AbiArena *, size_t size); /* zeroed, aligned for every C type; NULL when out of memory */
AbiArenaMark abi_arena_mark(const AbiArena *);
void abi_arena_reset(AbiArena *, AbiArenaMark); /* free what was allocated since the mark */
void abi_arena_free(AbiArena *);                /* free everything; the arena is empty again */

#endif
