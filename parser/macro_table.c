/* The macros of a scope: names, what they stand for now, and what a failed parse has to take back. */
#include "parser/pp.h"

#include <stdlib.h>

enum { CHUNK = 32 * 1024 };

/* ---------------------------------------------------------------- memory */

/* Room for SIZE bytes in front of CHUNKS: a large object has a chunk of its own, the others' double in size. */
static PpChunk *new_chunk(AbiGraph *graph, const PpChunk *chunks, size_t size) {
    size_t whole = abi_next_block(chunks ? sizeof *chunks + chunks->size : 0, CHUNK);
    if (size > (whole - sizeof(PpChunk)) / 4)
        whole = sizeof(PpChunk) + size;
    PpChunk *c = abi_block_alloc(graph, whole);
    if (c)
        *c = (PpChunk){(PpChunk *)chunks, 0, whole - sizeof *c};
    return c;
}

/* SIZE bytes from the newest of CHUNKS or a new one. */
void *pp_chunk_alloc(AbiGraph *graph, PpChunk **chunks, size_t size) {
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + 15) & ~(size_t)15;
    PpChunk *c = *chunks;
    if (!c || c->size - c->used < size) {
        c = new_chunk(graph, *chunks, size);
        if (!c)
            return NULL;
        *chunks = c;
    }
    void *p = c->data + c->used;
    c->used += size;
    return p;
}

/* Let what ends at END, the newest in C, grow by MORE bytes where it is. */
bool pp_chunk_extend(PpChunk *c, const void *end, size_t more) {
    if (end != c->data + c->used || c->size - c->used < more)
        return false;
    c->used += more;
    return true;
}

/* Free the chunks above DOWN_TO; NULL: all of them. */
void pp_chunk_free(AbiGraph *graph, PpChunk **chunks, const PpChunk *down_to) {
    while (*chunks != down_to) {
        PpChunk *below = (*chunks)->below;
        abi_block_free(graph, *chunks, sizeof **chunks + (*chunks)->size);
        *chunks = below;
    }
}

PpTable *pp_table_new(AbiGraph *graph) {
    PpTable *t = calloc(1, sizeof *t);
    if (t)
        t->graph = t->index.graph = graph;
    return t;
}

void pp_table_free(PpTable *t) {
    if (!t)
        return;
    pp_chunk_free(t->graph, &t->chunks, NULL);
    cdecl_table_free(&t->index);
    free(t->names);
    free(t->undo);
    free(t->guarded);
    free(t->once);
    cdecl_table_free(&t->guarded_index);
    free(t->included);
    cdecl_table_free(&t->included_index);
    free(t);
}

/* SIZE bytes, zeroed, that live as long as the table; those of a failed parse go with it. */
void *pp_table_alloc(PpTable *t, size_t size) {
    void *p = pp_chunk_alloc(t->graph, &t->chunks, size);
    return p ? memset(p, 0, size) : NULL;
}

/* ---------------------------------------------------------------- names */

/* The entry of a name that is or was a macro's; NULL: it never was. */
PpName *pp_find_name(const PpTable *t, const char *s, size_t n, uint32_t hash) {
    uint32_t probe = 0, i;
    while (cdecl_table_next(&t->index, hash, &probe, &i))
        if (t->names[i]->len == n && memcmp(t->names[i]->text, s, n) == 0)
            return t->names[i];
    return NULL;
}

static int reserve_name(PpTable *t) {
    if (cdecl_table_reserve(&t->index) < 0)
        return -1;
    if (t->n_names < t->cap_names)
        return 0;
    uint32_t cap = t->cap_names ? t->cap_names * 2 : 64;
    PpName **names = realloc(t->names, cap * sizeof *names);
    if (!names)
        return -1;
    t->names = names;
    t->cap_names = cap;
    return 0;
}

/* The entry of a name, new if need be. NULL when out of memory. */
PpName *pp_name(PpTable *t, const char *s, size_t n) {
    uint32_t hash = cdecl_hash(s, n);
    PpName *name = pp_find_name(t, s, n, hash);
    if (name)
        return name;
    if (reserve_name(t) < 0 || !(name = pp_table_alloc(t, sizeof *name + n + 1)))
        return NULL;
    char *text = (char *)(name + 1);
    memcpy(text, s, n);
    *name = (PpName){.text = text, .len = (uint32_t)n, .hash = hash, .index = t->n_names};
    cdecl_table_add(&t->index, hash, t->n_names);
    t->filter[hash >> 16 & 1023] |= (uint64_t)1 << (hash >> 26);
    t->names[t->n_names++] = name;
    return name;
}

static int log_undo(PpTable *t, PpUndo entry) {
    if (t->n_undo == t->cap_undo) {
        size_t cap = t->cap_undo ? t->cap_undo * 2 : 64;
        PpUndo *undo = realloc(t->undo, cap * sizeof *undo);
        if (!undo)
            return -1;
        t->undo = undo;
        t->cap_undo = cap;
    }
    t->undo[t->n_undo++] = entry;
    return 0;
}

/* Let NAME stand for MACRO from now on; NULL: it is no macro any more. 0, or -1 when out of memory. A name that is new goes
 * with the parse, as nearly all do: it need not be remembered, unless the text defines it, which makes constants of those. */
int pp_set(PpTable *t, PpName *name, PpMacro *macro) {
    bool kept = name->index < t->mark.n_names || (macro && macro->own);
    if (kept && log_undo(t, (PpUndo){name, name->macro, name->pushed}) < 0)
        return -1;
    name->macro = macro;
    return 0;
}

/* The same for what #pragma pop_macro will bring back. */
int pp_set_pushed(PpTable *t, PpName *name, const PpPushed *pushed) {
    if (log_undo(t, (PpUndo){name, name->macro, name->pushed}) < 0)
        return -1;
    name->pushed = pushed;
    return 0;
}

/* Keep a copy of the tokens of MACRO's body. The macro may be older than the parse, and the copy is
 * not: rollback takes it away. 0, or -1 when out of memory. */
int pp_set_tokens(PpTable *t, PpMacro *macro, const CdeclToken *tokens, size_t n) {
    CdeclToken *copy = n ? pp_table_alloc(t, n * sizeof *copy) : NULL;
    if ((n && !copy) || log_undo(t, (PpUndo){NULL, macro, NULL}) < 0)
        return -1;
    if (n)
        memcpy(copy, tokens, n * sizeof *copy);
    macro->tokens = copy;
    macro->n_tokens = (uint32_t)n;
    macro->cut = true;
    return 0;
}

/* ---------------------------------------------------------------- files */

/* A file that need not be read while its guard is defined. 0, or -1 when out of memory. */
int pp_table_add_guarded(PpTable *t, PpGuarded g) {
    if (t->n_guarded == t->cap_guarded) {
        uint32_t cap = t->cap_guarded ? t->cap_guarded * 2 : 32;
        PpGuarded *guarded = realloc(t->guarded, cap * sizeof *guarded);
        if (!guarded)
            return -1;
        t->guarded = guarded;
        t->cap_guarded = cap;
    }
    if (cdecl_table_reserve(&t->guarded_index) < 0)
        return -1;
    cdecl_table_add(&t->guarded_index, cdecl_hash(g.path, strlen(g.path)), t->n_guarded);
    t->guarded[t->n_guarded++] = g;
    return 0;
}

/* A file that is never read again, whatever its name. 0, or -1 when out of memory. */
int pp_table_add_once(PpTable *t, PpOnce o) {
    if (t->n_once == t->cap_once) {
        size_t cap = t->cap_once ? t->cap_once * 2 : 8;
        PpOnce *once = realloc(t->once, cap * sizeof *once);
        if (!once)
            return -1;
        t->once = once;
        t->cap_once = cap;
    }
    t->once[t->n_once++] = o;
    return 0;
}

/* ---------------------------------------------------------------- all or nothing */

void pp_table_begin(PpTable *t) {
    t->n_undo = 0;
    t->mark.n_names = t->n_names;
    t->mark.n_guarded = t->n_guarded;
    t->mark.n_once = t->n_once;
    t->mark.n_included = t->n_included;
    t->mark.chunk = t->chunks;
    t->mark.used = t->chunks ? t->chunks->used : 0;
    t->mark.counter = t->counter;
    t->mark.predefined = t->predefined;
}

void pp_table_commit(PpTable *t) {
    bool changed = t->n_names > t->mark.n_names;
    for (size_t i = 0; i < t->n_undo && !changed; i++)
        changed = t->undo[i].name != NULL;
    t->generation += changed;
    t->n_undo = 0;
}

void pp_table_rollback(PpTable *t) {
    while (t->n_undo > 0) {
        PpUndo *u = &t->undo[--t->n_undo];
        if (u->name) {
            u->name->macro = u->macro;
            u->name->pushed = u->pushed;
        } else {
            u->macro->cut = false;
        }
    }
    while (t->n_names > t->mark.n_names) {
        t->n_names--;
        cdecl_table_remove(&t->index, t->names[t->n_names]->hash, t->n_names);
    }
    while (t->n_guarded > t->mark.n_guarded) {
        const char *path = t->guarded[--t->n_guarded].path;
        cdecl_table_remove(&t->guarded_index, cdecl_hash(path, strlen(path)), t->n_guarded);
    }
    t->n_once = t->mark.n_once;
    pp_table_cut_included(t, t->mark.n_included);
    t->counter = t->mark.counter;
    t->predefined = t->mark.predefined;
    pp_chunk_free(t->graph, &t->chunks, t->mark.chunk);
    if (t->chunks)
        t->chunks->used = t->mark.used;
}
