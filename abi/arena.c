/* arena: the allocation hook, and arenas. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "abi/abi.h"
#include "abi/alloc.h"

#ifdef ABI_TEST_ALLOC
static _Thread_local long allocations_left = -1;

void abi_alloc_fail_after(long n)
{
    allocations_left = n;
}

static int must_fail(void)
{
    if (allocations_left < 0)
        return 0;
    if (allocations_left == 0)
        return 1;
    allocations_left--;
    return 0;
}
#else
static int must_fail(void)
{
    return 0;
}
#endif

/* SIZE zeroed bytes (owned: abi_free), or NULL when out of memory; never NULL for a SIZE of 0. */
void *abi_alloc(size_t size)
{
    return must_fail() ? NULL : calloc(1, size ? size : 1);
}

/* OLD resized to SIZE bytes (owned: abi_free). NULL when out of memory, and OLD is as it was. */
void *abi_realloc(void *old, size_t size)
{
    return must_fail() ? NULL : realloc(old, size ? size : 1);
}

/* Free what abi_alloc or abi_realloc gave; NULL is nothing. */
void abi_free(void *p)
{
    free(p);
}

enum { ALIGN = 16, FIRST_BLOCK = 1024 };

typedef struct AbiArenaBlock {
    struct AbiArenaBlock *next; /* owned: the one before */
    size_t size;
    _Alignas(ALIGN) unsigned char bytes[];
} Block;

static Block *block_new(AbiArena *a, Block *next, size_t size)
{
    if (size > (size_t)PTRDIFF_MAX - sizeof(Block))
        return NULL;
    Block *b = abi_block_alloc(a->graph, sizeof(Block) + size);
    if (b) {
        b->next = next;
        b->size = size;
    }
    return b;
}

/* Objects of more than a quarter of a block get one of their own, so that little is left unused
 * at the end of the others. */
static void *alloc_large(AbiArena *a, size_t size)
{
    Block *b = block_new(a, a->large, size);
    if (!b)
        return NULL;
    a->large = b;
    return b->bytes;
}

/* Blocks double up to ABI_BLOCK: a small namespace stays small, a large one takes few blocks. */
static size_t next_block_size(const AbiArena *a)
{
    return abi_next_block(a->blocks ? sizeof(Block) + a->blocks->size : 0, FIRST_BLOCK) - sizeof(Block);
}

/* SIZE zeroed bytes that live as long as the arena or until it is reset to an earlier mark. */
void *abi_arena_alloc(AbiArena *a, size_t size)
{
    if (size > (size_t)PTRDIFF_MAX - ALIGN)
        return NULL;
    size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (!a->blocks || size > a->blocks->size - a->used) {
        size_t room = next_block_size(a);
        if (size > room / 4)
            return alloc_large(a, size);
        Block *b = block_new(a, a->blocks, room);
        if (!b)
            return NULL;
        a->blocks = b;
        a->used = 0;
    }
    void *p = a->blocks->bytes + a->used;
    a->used += size;
    return p;
}

/* Where the arena is now, for abi_arena_reset. */
AbiArenaMark abi_arena_mark(const AbiArena *a)
{
    return (AbiArenaMark){.blocks = a->blocks, .large = a->large, .used = a->used};
}

static void free_blocks(AbiArena *a, Block **list, const Block *until)
{
    while (*list != until) {
        Block *b = *list;
        *list = b->next;
        abi_block_free(a->graph, b, sizeof(Block) + b->size);
    }
}

/* Free all that was allocated since MARK was taken. What is reused later is zeroed here. */
void abi_arena_reset(AbiArena *a, AbiArenaMark mark)
{
    size_t end = a->blocks == mark.blocks ? a->used : (mark.blocks ? mark.blocks->size : 0);
    free_blocks(a, &a->large, mark.large);
    free_blocks(a, &a->blocks, mark.blocks);
    a->used = mark.used;
    if (a->blocks)
        memset(a->blocks->bytes + a->used, 0, end - a->used);
}

/* Free everything. */
void abi_arena_free(AbiArena *a)
{
    free_blocks(a, &a->large, NULL);
    free_blocks(a, &a->blocks, NULL);
    a->used = 0;
}
