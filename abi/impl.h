/* What the files of abi/ share. Private to abi/. */
#ifndef CDEFFI_ABI_IMPL_H
#define CDEFFI_ABI_IMPL_H

#include <pthread.h>

#include "abi/abi.h"
#include "abi/alloc.h"

typedef struct AbiPage AbiPage; /* see pages.c */

/* ---- cells.c ---- */

enum { ABI_CELL_CLASSES = 33 }; /* up to 512 bytes, in steps of 16: a function of some 20 parameters */
typedef struct AbiCells {
    struct AbiFreeCell *free[ABI_CELL_CLASSES]; /* by size */
    struct AbiCellBlock *blocks;                /* owned: newest first, the one being cut */
    char *at;                                   /* in the newest, */
    size_t left;                                /* and how much of it is left */
} AbiCells;
void *abi_cell_alloc(AbiGraph *, size_t size); /* not zeroed; owned: abi_cell_free; NULL when out of memory */
void abi_cell_free(AbiGraph *, void *cell, size_t size);
void abi_cells_clear(AbiGraph *);

/* ---- graph.c ---- */

struct AbiGraph {
    pthread_mutex_t lock;
    AbiType **buckets;   /* owned: derived types by hash, chained through next */
    size_t bucket_count; /* a power of two */
    size_t type_count;
    AbiType *floating;   /* borrowed: types that may have no user, through floating_next */
    AbiRegion *regions;  /* owned: all of them, through next */
    AbiRegion *dying;    /* owned: released for good, about to be freed, through next_dying */
    bool reaping;        /* dying is being emptied further up the stack */
    AbiCells cells;      /* the derived types */
    struct AbiPage *pages; /* owned: those that have a block in use */
    AbiType primitives[ABI_PRIM_COUNT];
};

/* Enter a new derived type (owned by the graph from now on), floating; its hash, components and region
 * are set. Its components become used. */
void abi_graph_enter(AbiGraph *, AbiType *);
/* Take a derived type out of the table and its region's list and free it; its components are not told. */
void abi_graph_remove(AbiType *);
void abi_pointer_unlink(AbiType *); /* the type that it is a pointer to forgets it */
void abi_variant_unlink(AbiType *); /* the type that it is an aligned variant of forgets it */

/* Call EACH with every type that T is made of, members' types of a record included. */
void abi_each_component(const AbiType *t, void (*each)(void *user, const AbiType *component), void *user);

/* ---- region.c ---- */

typedef struct AbiName AbiName;
typedef struct AbiCompletion AbiCompletion;

typedef struct AbiNameSlot {
    AbiName *name; /* arena; NULL: free */
    uint32_t tag;  /* a part of its hash */
} AbiNameSlot;

/* Interned strings in an arena: open addressing. */
typedef struct AbiNameTable {
    AbiNameSlot *slots; /* owned */
    size_t slot_count, count;
    AbiName *newest; /* arena */
} AbiNameTable;

struct AbiRegion {
    AbiGraph *graph;
    size_t refs;
    bool joint;            /* made for types of two unrelated regions; lives as long as its types */
    AbiArena arena;        /* records, members, names */
    AbiNameTable names;
    AbiRegion **includes;  /* owned array of retained regions */
    size_t include_count;
    bool is_included;      /* or was: only then can it be part of a cycle */
    AbiType *first, *last; /* every type of the region in order of creation, through region_next */
    uint32_t serial;       /* of the last record without tag and alias */
    /* the transaction */
    bool in_transaction;
    uint64_t transaction;  /* number of the current or last one; AbiType.transaction is that of its making */
    AbiType *before;       /* borrowed: the last type from before the transaction, or NULL */
    AbiArenaMark mark;
    AbiName *names_mark;
    uint32_t serial_mark;
    AbiCompletion *completions; /* arena: records completed since begin, newest first */
    AbiType *tagless, *last_tagless; /* records made without a tag since begin, in order, through next_tagless */
    /* lists */
    AbiRegion *next, *prev, *next_dying;
    AbiRegion *next_visit; /* of abi_region_join's search */
    bool visited;
};

/* The region of a type made of parts of regions A and B (either may be NULL, and the result is if both
 * are): the one that includes the other, else a joint region. -1 when out of memory. */
int abi_region_join(AbiRegion *a, AbiRegion *b, AbiRegion **out);
void abi_region_link(AbiRegion *, AbiType *);
void abi_region_unlink(AbiType *);
/* A record without a tag: it gets a number, now or at the end of the transaction. */
void abi_region_number(AbiRegion *, AbiType *record);
void abi_region_drop_if_empty(AbiRegion *); /* a joint region that nobody holds */
void abi_region_free_memory(AbiRegion *);
/* A record is about to be completed or renamed: remember how to undo it. 0, or -1 when out of memory. */
int abi_region_note(AbiType *record);

/* ---- intern.c ---- */

const char *abi_names_intern(AbiNameTable *, AbiArena *, const char *s, size_t n);
void abi_names_undo(AbiNameTable *, const AbiName *mark); /* forget what is newer than MARK */
void abi_names_clear(AbiNameTable *, AbiArena *);
uint64_t abi_hash_bytes(const char *s, size_t n);
uint64_t abi_hash_mix(uint64_t hash, uint64_t value);

/* ---- primitive.c ---- */

void abi_primitives_init(AbiGraph *);
const char *abi_primitive_spelling(AbiPrim);

/* ---- type.c ---- */

/* Write ERR (may be NULL) and return -1. FORMAT is printf's. */
__attribute__((format(printf, 4, 5))) int abi_fail(AbiError *, AbiCode, int index, const char *format, ...);
int abi_fail_nomem(AbiError *);
size_t abi_type_bytes(const AbiType *); /* of a derived type, with what stands behind it */
bool abi_has_record(const AbiType *); /* struct, union or enum, aligned variants included */
bool abi_is_integer(const AbiType *); /* bool, char, int: not enum */
/* Bring the variants of a record up to date after its completion or its undoing. */
void abi_variants_update(AbiType *record);

/* ---- layout.c ---- */

typedef struct AbiLayout {
    AbiMember *members, *padding, *breaks; /* in, the arrays to fill; padding: bit-fields without a name, breaks: of width zero */
    size_t count, padding_count, break_count; /* out */
    size_t size;                   /* out */
    uint32_t align;                /* out */
    bool placed;                   /* out: not by the rules alone */
} AbiLayout;
/* PLACEMENT may be NULL. */
int abi_layout_record(AbiKind, const AbiMemberDecl *, size_t n, const AbiRecordOptions *, const AbiPlacement *, AbiLayout *,
                      AbiError *);

/* ---- member.c ---- */

int abi_members_index(AbiRecord *, const AbiLayout *, AbiRegion *, AbiError *);

#define ABI_MAX_ALIGN ((uint32_t)1 << 28) /* GCC's largest */

#endif
