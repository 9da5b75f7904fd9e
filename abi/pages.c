/* pages: blocks of huge pages, for what a graph keeps of large headers.
 *
 * Their declarations fill some 15 MB. In pages of 4 kB that costs a fault for each of 4,000 pages, and misses of the
 * TLB ever after: a seventh of the time that it takes to read them. So who keeps much takes blocks here, eight of which
 * make one huge page, if the system gives any to who asks (madvise); if not, they are blocks like any others. */

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "abi/impl.h"

enum { BLOCKS = 8 };
#define PAGE (BLOCKS * (size_t)ABI_BLOCK) /* bytes: the huge page of x86-64, and of AArch64 with pages of 4 kB */

struct AbiPage {
    AbiPage *next;
    char *start;    /* owned; a multiple of PAGE */
    unsigned taken; /* a bit for each block that is in use, */
    unsigned used;  /* and for each that ever was: the others are zero */
};

#if defined MADV_HUGEPAGE && !defined CDEFFI_DEBUG
/* PAGE zeroed bytes at a multiple of PAGE, or NULL. */
static char *map_page(void)
{
    char *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return NULL;
    size_t before = -(uintptr_t)map % PAGE;
    if (before)
        munmap(map, before);
    munmap(map + before + PAGE, PAGE - before);
    madvise(map + before, PAGE, MADV_HUGEPAGE); /* where it fails, smaller pages do */
    return map + before;
}

static AbiPage *new_page(AbiGraph *graph)
{
    AbiPage *page = abi_alloc(sizeof *page);
    if (!page)
        return NULL;
    page->start = map_page();
    if (!page->start) {
        abi_free(page);
        return NULL;
    }
    page->next = graph->pages;
    return graph->pages = page;
}

/* COUNT neighbours of PAGE that are free, as bits; 0: there are none. COUNT is a power of two, and so is their place. */
static unsigned free_blocks(const AbiPage *page, unsigned count)
{
    unsigned bits = (1u << count) - 1;
    while (bits < 1u << BLOCKS && (page->taken & bits))
        bits <<= count;
    return bits < 1u << BLOCKS ? bits : 0;
}

static void *take_blocks(AbiGraph *graph, unsigned count)
{
    AbiPage *page = graph->pages;
    while (page && !free_blocks(page, count))
        page = page->next;
    if (!page && !(page = new_page(graph)))
        return NULL;
    unsigned bits = free_blocks(page, count);
    char *blocks = page->start + (unsigned)__builtin_ctz(bits) * (size_t)ABI_BLOCK;
    if (page->used & bits)
        memset(blocks, 0, count * (size_t)ABI_BLOCK);
    page->taken |= bits;
    page->used |= bits;
    return blocks;
}

/* A page goes with its last block. */
static void give_blocks(AbiGraph *graph, char *blocks, unsigned count)
{
    AbiPage **at = &graph->pages, *page;
    while ((size_t)(blocks - (*at)->start) >= PAGE)
        at = &(*at)->next;
    page = *at;
    page->taken &= ~(((1u << count) - 1) << (size_t)(blocks - page->start) / ABI_BLOCK);
    if (page->taken)
        return;
    *at = page->next;
    munmap(page->start, PAGE);
    abi_free(page);
}

/* How many blocks SIZE is: 1, 2, 4 or 8; 0 for any other size. */
static unsigned block_count(size_t size)
{
    size_t n = size / ABI_BLOCK;
    return size % ABI_BLOCK == 0 && n <= BLOCKS && (n & (n - 1)) == 0 ? (unsigned)n : 0;
}

/* SIZE zeroed bytes (owned: abi_block_free, by the same graph), or NULL when out of memory. */
void *abi_block_alloc(AbiGraph *graph, size_t size)
{
    unsigned count = graph ? block_count(size) : 0;
    if (count == 0)
        return abi_alloc(size);
    abi_lock(graph);
    void *blocks = take_blocks(graph, count);
    abi_unlock(graph);
    return blocks;
}

/* Free the SIZE bytes that abi_block_alloc gave; NULL is nothing. */
void abi_block_free(AbiGraph *graph, void *blocks, size_t size)
{
    unsigned count = graph && blocks ? block_count(size) : 0;
    if (count == 0) {
        abi_free(blocks);
        return;
    }
    abi_lock(graph);
    give_blocks(graph, blocks, count);
    abi_unlock(graph);
}
#else
void *abi_block_alloc(AbiGraph *graph, size_t size)
{
    (void)graph;
    return abi_alloc(size);
}

void abi_block_free(AbiGraph *graph, void *blocks, size_t size)
{
    (void)graph;
    (void)size;
    abi_free(blocks);
}
#endif

/* The size of the block to take after one of PREVIOUS bytes (0: none): who keeps little takes little. */
size_t abi_next_block(size_t previous, size_t first)
{
    if (previous < first)
        return first;
    return previous < ABI_BLOCK / 2 ? previous * 2 : ABI_BLOCK;
}
