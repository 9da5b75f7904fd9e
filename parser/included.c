/* Which text named which header: what is part of what, for those who list the names of one header. */
#include "parser/pp.h"

#include <stdlib.h>

static uint32_t hash_of(const char *file, const char *by) {
    return cdecl_hash(file, strlen(file)) ^ (by ? cdecl_hash(by, strlen(by)) * 31 : 0);
}

static bool same(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_known(const PpTable *t, const char *file, const char *by, uint32_t hash) {
    uint32_t probe = 0, i;
    while (cdecl_table_next(&t->included_index, hash, &probe, &i))
        if (same(t->included[i].file, file) && same(t->included[i].by, by))
            return true;
    return false;
}

/* Remember that BY (table; NULL: the program's text) includes FILE (table). 0, or -1 when out of memory. */
int pp_table_add_included(PpTable *t, const char *file, const char *by, bool quoted) {
    uint32_t hash = hash_of(file, by);
    if (is_known(t, file, by, hash))
        return 0;
    if (t->n_included == t->cap_included) {
        uint32_t cap = t->cap_included ? t->cap_included * 2 : 32;
        CdeclIncluded *grown = realloc(t->included, cap * sizeof *grown);
        if (!grown)
            return -1;
        t->included = grown;
        t->cap_included = cap;
    }
    if (cdecl_table_reserve(&t->included_index) < 0)
        return -1;
    cdecl_table_add(&t->included_index, hash, t->n_included);
    t->included[t->n_included++] = (CdeclIncluded){file, by, quoted};
    return 0;
}

/* Forget all but the first N. */
void pp_table_cut_included(PpTable *t, uint32_t n) {
    while (t->n_included > n) {
        const CdeclIncluded *last = &t->included[--t->n_included];
        cdecl_table_remove(&t->included_index, hash_of(last->file, last->by), t->n_included);
    }
}

bool cdecl_included_at(const CdeclScope *scope, size_t i, CdeclIncluded *out) {
    AbiGraph *graph = abi_region_graph(cdecl_scope_region(scope));
    abi_lock(graph);
    const PpTable *t = *scope_macros((CdeclScope *)scope);
    bool there = t && i < t->n_included;
    if (there)
        *out = t->included[i];
    abi_unlock(graph);
    return there;
}
