/* cells: memory of derived types, which go one by one.
 *
 * A large header makes 15,000 types, which malloc would spread over memory with a header before each. Cells are cut from
 * blocks that double (pages.c); a freed cell waits for the next type of its size, and the blocks go with the graph. */

#include "abi/impl.h"

enum { CELL = 16, FIRST_BLOCK = 4096 };

typedef struct AbiFreeCell {
    struct AbiFreeCell *next; /* of the same size */
} FreeCell;

typedef struct AbiCellBlock {
    struct AbiCellBlock *next; /* owned: the one before */
    size_t size;               /* bytes, this header included */
} Block;

#ifdef CDEFFI_DEBUG
/* Every cell is malloc's own here, so that sanitizers see what is used after it went. */
void *abi_cell_alloc(AbiGraph *graph, size_t size)
{
    (void)graph;
    return abi_alloc(size);
}

void abi_cell_free(AbiGraph *graph, void *cell, size_t size)
{
    (void)graph;
    (void)size;
    abi_free(cell);
}
#else
static size_t class_of(size_t size)
{
    return (size + CELL - 1) / CELL;
}

static bool new_block(AbiGraph *graph)
{
    AbiCells *cells = &graph->cells;
    size_t size = abi_next_block(cells->blocks ? cells->blocks->size : 0, FIRST_BLOCK);
    Block *b = abi_block_alloc(graph, size);
    if (!b)
        return false;
    *b = (Block){cells->blocks, size};
    cells->blocks = b;
    cells->at = (char *)b + class_of(sizeof *b) * CELL;
    cells->left = size - class_of(sizeof *b) * CELL;
    return true;
}

/* SIZE bytes, not zeroed (owned: abi_cell_free), or NULL when out of memory. */
void *abi_cell_alloc(AbiGraph *graph, size_t size)
{
    AbiCells *cells = &graph->cells;
    size_t class = class_of(size);
    if (class >= ABI_CELL_CLASSES)
        return abi_alloc(size);
    FreeCell *cell = cells->free[class];
    if (cell) {
        cells->free[class] = cell->next;
        return cell;
    }
    if (cells->left < class * CELL && !new_block(graph))
        return NULL;
    cell = (void *)cells->at;
    cells->at += class * CELL;
    cells->left -= class * CELL;
    return cell;
}

/* CELL, of SIZE bytes, is not used any more; NULL is nothing. */
void abi_cell_free(AbiGraph *graph, void *cell, size_t size)
{
    size_t class = class_of(size);
    if (class >= ABI_CELL_CLASSES) {
        abi_free(cell);
        return;
    }
    FreeCell *first = cell;
    if (!first)
        return;
    first->next = graph->cells.free[class];
    graph->cells.free[class] = first;
}
#endif

/* Free the blocks, whatever is in them. */
void abi_cells_clear(AbiGraph *graph)
{
    for (Block *b = graph->cells.blocks, *next; b; b = next) {
        next = b->next;
        abi_block_free(graph, b, b->size);
    }
    graph->cells = (AbiCells){0};
}
