/* The nearest name to one that was not found: at most a third of its letters may differ. */
#include "parser/scope.h"

#include <stdio.h>
#include <stdlib.h>

enum { LONGEST = 48 }; /* names longer than this get no suggestion */

void cdecl_near_start(CdeclNear *near, const char *name, size_t len) {
    near->name = name;
    near->len = len;
    near->limit = (unsigned)(len + 2) / 3;
    near->best[0] = '\0';
    if (near->limit > 3)
        near->limit = 3;
    if (len < 3 || len > LONGEST)
        near->limit = 0;
}

static unsigned min3(unsigned a, unsigned b, unsigned c) {
    unsigned m = a < b ? a : b;
    return m < c ? m : c;
}

/* Edits (insert, delete, replace, swap of neighbours) from A to B, or LIMIT + 1 if there are more. */
static unsigned distance(const char *a, size_t n, const char *b, size_t m, unsigned limit) {
    unsigned rows[3][LONGEST + 8 + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];
    for (unsigned j = 0; j <= m; j++)
        above[j] = j;
    for (unsigned i = 1; i <= n; i++) {
        unsigned best = row[0] = i;
        for (unsigned j = 1; j <= m; j++) {
            row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
            if (row[j] < best)
                best = row[j];
        }
        if (best > limit)
            return limit + 1;
        unsigned *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[m];
}

/* NAME is a candidate. The first of several equally near ones wins. */
void cdecl_near_offer(CdeclNear *near, const char *name, size_t len) {
    size_t gap = len > near->len ? len - near->len : near->len - len;
    if (near->limit == 0 || gap > near->limit || len >= sizeof near->best || len > LONGEST + 8)
        return;
    unsigned d = distance(near->name, near->len, name, len, near->limit);
    if (d == 0 || d > near->limit)
        return;
    near->limit = d - 1;
    memcpy(near->best, name, len);
    near->best[len] = '\0';
}

static bool result(const CdeclNear *near, char *buf, size_t cap) {
    if (near->best[0])
        snprintf(buf, cap, "%s", near->best);
    return near->best[0] != '\0';
}

typedef bool Filter(const CdeclSymbol *);

static void offer_symbols(CdeclNear *near, const CdeclScope *scope, Filter *filter) {
    for (size_t i = 0, n = cdecl_symbol_count(scope); i < n; i++) {
        const CdeclSymbol *s = cdecl_symbol_at(scope, i);
        if (!filter || filter(s))
            cdecl_near_offer(near, s->name, strlen(s->name));
    }
    for (size_t i = 0, n = scope_included_count(scope); i < n; i++)
        offer_symbols(near, scope_included_at(scope, i), filter);
}

bool cdecl_near(const CdeclScope *scope, const char *name, Filter *filter, char *buf, size_t cap) {
    CdeclNear near;
    AbiGraph *graph = abi_region_graph(cdecl_scope_region(scope));
    cdecl_near_start(&near, name, strlen(name));
    abi_lock(graph);
    offer_symbols(&near, scope, filter);
    abi_unlock(graph);
    return result(&near, buf, cap);
}

static bool is_typedef(const CdeclSymbol *s) {
    return s->kind == CDECL_TYPEDEF;
}

static bool is_value(const CdeclSymbol *s) {
    return s->kind != CDECL_TYPEDEF;
}

/* A type near NAME: typedefs, those that are predefined, keywords. */
bool cdecl_near_type(const CdeclScope *scope, const char *name, size_t len, char *buf, size_t cap) {
    static const char *const others[] = {
#define PRIM(id, kind, spelling, ctype, canonical) spelling,
#include "abi/primitive.def"
#undef PRIM
        "struct", "union", "enum", "unsigned", "signed", "const", "volatile", "static", "extern", "typedef", "FILE",
        "va_list", "bool",
    };
    CdeclNear near;
    cdecl_near_start(&near, name, len);
    offer_symbols(&near, scope, is_typedef);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cdecl_near_offer(&near, others[i], strlen(others[i]));
    return result(&near, buf, cap);
}

/* A constant, variable or function near NAME. */
bool cdecl_near_value(const CdeclScope *scope, const char *name, size_t len, char *buf, size_t cap) {
    CdeclNear near;
    cdecl_near_start(&near, name, len);
    offer_symbols(&near, scope, is_value);
    return result(&near, buf, cap);
}
