/* One namespace of declarations: ordinary identifiers and tags, each in order of declaration.
 *
 * Symbols are immutable once declared; a redeclaration that adds something replaces the entry's symbol
 * by a new one. What a parse has added or replaced is undone by scope_rollback. Uses of types are
 * counted at commit only, so that a rollback has none to give back. */
#include "parser/pp.h"

#include <stdio.h>
#include <stdlib.h>

/* Entries come in groups of GROUP, which never move: growing copies nothing. */
enum { GROUP = 32 };

typedef struct Names {
    CdeclEntry **groups; /* owned array; groups, names and what they stand for are the region's */
    uint32_t n, n_groups, cap_groups, committed;
    CdeclTable table;
} Names;

static CdeclEntry *entry_at(const Names *names, size_t i) {
    return &names->groups[i / GROUP][i % GROUP];
}

typedef struct Replaced {
    Names *names;
    uint32_t index;
    CdeclEntry old;
} Replaced;

struct CdeclScope {
    AbiGraph *graph;   /* borrowed */
    AbiRegion *region; /* one reference */
    Names symbols, tags;
    const CdeclScope **included; /* owned array, borrowed scopes */
    uint32_t n_included;
    Replaced *replaced; /* owned: older entries that this parse replaced, for rollback */
    uint32_t n_replaced, cap_replaced;
    const AbiType **used; /* owned array: types counted as used */
    size_t n_used, cap_used;
    CdeclEntry *anonymous; /* owned: records without tag or typedef name, by number: "struct $1" */
    uint32_t n_anonymous, cap_anonymous;
    uint32_t parse_number;
    struct PpTable *macros; /* owned */
    CdeclLimits limits;
    AbiType *file_type, *va_list_record; /* region: predefined, made when first named */
    AbiType *file_committed, *va_list_committed;
};

/* ---------------------------------------------------------------- limits */

/* GIVEN, and what OTHERWISE has where it says nothing. */
static CdeclLimits limits_or(const CdeclLimits *given, const CdeclLimits *otherwise) {
#define OR(name) .name = given->name ? given->name : otherwise->name
    return (CdeclLimits){OR(macro_tokens), OR(total_tokens), OR(include_depth), OR(file_bytes), OR(total_bytes), OR(macro_steps),
                         OR(macro_effects), OR(macro_bytes)};
#undef OR
}

CdeclLimits scope_default_limits(const CdeclLimits *given) {
    static const CdeclLimits standard = {1000000, 20000000, 200, 64 << 20, 512 << 20, 2000000, 100000, 64 << 20};
    return limits_or(given, &standard);
}

void scope_set_limits(CdeclScope *s, const CdeclLimits *given) {
    s->limits = limits_or(given, &s->limits);
}

const CdeclLimits *scope_limits(const CdeclScope *s) {
    return &s->limits;
}

/* ---------------------------------------------------------------- making and freeing */

/* A new, empty scope of GRAPH with its own region (owned: cdecl_scope_free); NULL when out of memory. */
CdeclScope *cdecl_scope_new(AbiGraph *graph) {
    CdeclScope *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->graph = s->symbols.table.graph = s->tags.table.graph = graph;
    s->limits = scope_default_limits(&(CdeclLimits){0});
    s->region = abi_region_new(graph);
    if (!s->region) {
        free(s);
        return NULL;
    }
    return s;
}

/* Free SCOPE. Types of its region stay for as long as somebody retains them. */
void cdecl_scope_free(CdeclScope *s) {
    if (!s)
        return;
    AbiGraph *graph = s->graph;
    abi_lock(graph);
    for (size_t i = 0; i < s->n_used; i++)
        abi_unuse(s->used[i]);
    abi_region_release(s->region);
    abi_sweep(graph);
    abi_unlock(graph);
    free(s->symbols.groups);
    free(s->tags.groups);
    cdecl_table_free(&s->symbols.table);
    cdecl_table_free(&s->tags.table);
    pp_table_free(s->macros);
    free(s->anonymous);
    free(s->included);
    free(s->replaced);
    free(s->used);
    free(s);
}

/* The region that owns what SCOPE declares (borrowed). */
AbiRegion *cdecl_scope_region(const CdeclScope *s) {
    return s->region;
}

/* Make OTHER's names visible in SCOPE. 0, or -1 and ERR. */
int cdecl_scope_include(CdeclScope *s, const CdeclScope *other, CdeclError *err) {
    abi_lock(s->graph);
    const CdeclScope **grown = realloc(s->included, (s->n_included + 1) * sizeof *grown);
    if (grown)
        s->included = grown;
    bool ok = grown && abi_region_include(s->region, other->region) == 0;
    if (ok)
        s->included[s->n_included++] = other;
    abi_unlock(s->graph);
    return ok ? 0 : cdecl_error_set(err, CDECL_E_MEMORY);
}

/* ---------------------------------------------------------------- look-up */

static CdeclEntry *find_index(const Names *names, const char *name, size_t n, uint32_t hash, uint32_t *index) {
    uint32_t probe = 0;
    while (cdecl_table_next(&names->table, hash, &probe, index)) {
        CdeclEntry *e = entry_at(names, *index);
        if (e->name_len == n && memcmp(e->name, name, n) == 0)
            return e;
    }
    return NULL;
}

static CdeclEntry *find(const Names *names, const char *name, size_t n, uint32_t hash) {
    uint32_t index;
    return find_index(names, name, n, hash, &index);
}

static const CdeclEntry *included_symbol(const CdeclScope *s, const char *name, size_t n, uint32_t hash, const CdeclScope **where) {
    const CdeclEntry *e = NULL;
    for (uint32_t i = 0; !e && i < s->n_included; i++)
        e = scope_symbol(s->included[i], name, n, hash, where);
    return e;
}

/* The entry of an ordinary identifier in S or what it includes, and in *WHERE its scope; or NULL.
 * The pointer is good until the next declaration. */
const CdeclEntry *scope_symbol(const CdeclScope *s, const char *name, size_t n, uint32_t hash, const CdeclScope **where) {
    const CdeclEntry *e = find(&s->symbols, name, n, hash);
    if (!e && s->n_included)
        return included_symbol(s, name, n, hash, where);
    if (e && where)
        *where = s;
    return e;
}

/* "$12" */
static const CdeclEntry *find_anonymous(const CdeclScope *s, const char *name, size_t n) {
    uint32_t number = 0;
    if (n < 2 || n > 9 || name[0] != '$' || name[1] == '0')
        return NULL;
    for (size_t i = 1; i < n; i++) {
        if (name[i] < '0' || name[i] > '9')
            return NULL;
        number = number * 10 + (uint32_t)(name[i] - '0');
    }
    return number <= s->n_anonymous ? &s->anonymous[number - 1] : NULL;
}

/* C has one name space for tags (C11 6.2.3); cffi has one for each of struct, union and enum, and so
 * programs that use both "struct s" and "union s". */
static uint32_t tag_hash(AbiKind kind, uint32_t hash) {
    return hash ^ (kind == ABI_STRUCT ? 0 : kind == ABI_UNION ? 0x9E3779B9u : 0x7F4A7C15u);
}

/* The same for a tag. */
const CdeclEntry *scope_tag(const CdeclScope *s, AbiKind kind, const char *name, size_t n, uint32_t hash,
                            const CdeclScope **where) {
    const CdeclEntry *e = find(&s->tags, name, n, tag_hash(kind, hash));
    if (!e)
        e = find_anonymous(s, name, n);
    if (e && e->type->kind != kind)
        e = NULL;
    if (e && where)
        *where = s;
    for (uint32_t i = 0; !e && i < s->n_included; i++)
        e = scope_tag(s->included[i], kind, name, n, hash, where);
    return e;
}

/* What NAME stands for, in S or what it includes: a macro hides what is declared, as it does in C. */
static const CdeclSymbol *find_value(const CdeclScope *s, const char *name, size_t n, uint32_t hash) {
    const CdeclSymbol *symbol = s->macros ? pp_macro_symbol((CdeclScope *)s, name, n) : NULL;
    const CdeclEntry *e = symbol ? NULL : find(&s->symbols, name, n, hash);
    if (e)
        symbol = e->symbol;
    for (uint32_t i = 0; !symbol && i < s->n_included; i++)
        symbol = find_value(s->included[i], name, n, hash);
    return symbol;
}

const CdeclSymbol *cdecl_find(const CdeclScope *s, const char *name, size_t n) {
    abi_lock(s->graph);
    const CdeclSymbol *symbol = find_value(s, name, n, cdecl_hash(name, n));
    abi_unlock(s->graph);
    return symbol;
}

const AbiType *cdecl_find_tag(const CdeclScope *s, AbiKind kind, const char *tag, size_t n) {
    abi_lock(s->graph);
    const CdeclEntry *e = scope_tag(s, kind, tag, n, cdecl_hash(tag, n), NULL);
    const AbiType *type = e ? e->type : NULL;
    abi_unlock(s->graph);
    return type;
}

/* The list of groups moves when another thread declares: a count or an entry is read under the lock. */
size_t cdecl_symbol_count(const CdeclScope *s) {
    abi_lock(s->graph);
    size_t n = s->symbols.n;
    abi_unlock(s->graph);
    return n;
}

const CdeclSymbol *cdecl_symbol_at(const CdeclScope *s, size_t i) {
    abi_lock(s->graph);
    const CdeclSymbol *symbol = entry_at(&s->symbols, i)->symbol;
    abi_unlock(s->graph);
    return symbol;
}

size_t cdecl_tag_count(const CdeclScope *s) {
    abi_lock(s->graph);
    size_t n = s->tags.n;
    abi_unlock(s->graph);
    return n;
}

const AbiType *cdecl_tag_at(const CdeclScope *s, size_t i) {
    abi_lock(s->graph);
    const AbiType *type = entry_at(&s->tags, i)->type;
    abi_unlock(s->graph);
    return type;
}

void cdecl_tag_place(const CdeclScope *s, size_t i, const char **file, uint32_t *line) {
    abi_lock(s->graph);
    *file = entry_at(&s->tags, i)->file;
    *line = entry_at(&s->tags, i)->line;
    abi_unlock(s->graph);
}

/* ---------------------------------------------------------------- declaring */

static int add_group(AbiRegion *region, Names *names) {
    if (names->n_groups == names->cap_groups) {
        uint32_t cap = names->cap_groups ? names->cap_groups * 2 : 1;
        CdeclEntry **grown = realloc(names->groups, cap * sizeof *grown);
        if (!grown)
            return -1;
        names->groups = grown;
        names->cap_groups = cap;
    }
    CdeclEntry *group = names->n < UINT32_MAX - GROUP ? abi_region_alloc(region, GROUP * sizeof *group) : NULL;
    if (!group)
        return -1;
    names->groups[names->n_groups++] = group;
    return 0;
}

/* Room for one more. 0, or -1 when out of memory. */
static int names_reserve(AbiRegion *region, Names *names) {
    if (names->n == names->n_groups * GROUP && add_group(region, names) < 0)
        return -1;
    return cdecl_table_reserve(&names->table);
}

static void names_add(Names *names, const CdeclEntry *e) {
    *entry_at(names, names->n) = *e;
    cdecl_table_add(&names->table, e->hash, names->n++);
}

/* Room in USED for every symbol that is not committed yet, and one more. */
static int reserve_uses(CdeclScope *s) {
    size_t need = s->n_used + (s->symbols.n - s->symbols.committed) + s->n_replaced + 1;
    if (need <= s->cap_used)
        return 0;
    size_t cap = s->cap_used ? s->cap_used * 2 : 16;
    while (cap < need)
        cap *= 2;
    const AbiType **grown = realloc(s->used, cap * sizeof *grown);
    if (!grown)
        return -1;
    s->used = grown;
    s->cap_used = cap;
    return 0;
}

static int reserve_replaced(CdeclScope *s) {
    if (s->n_replaced < s->cap_replaced)
        return 0;
    uint32_t cap = s->cap_replaced ? s->cap_replaced * 2 : 8;
    Replaced *grown = realloc(s->replaced, cap * sizeof *grown);
    if (!grown)
        return -1;
    s->replaced = grown;
    s->cap_replaced = cap;
    return 0;
}

/* TYPE is used by something that lives as long as the scope. 0, or -1 when out of memory. */
int scope_use(CdeclScope *s, const AbiType *type) {
    if (!type || type->prim != ABI_P_NONE)
        return 0; /* primitive types live as long as the graph */
    if (s->n_used && s->used[s->n_used - 1] == type)
        return 0; /* as when a macro is called again and again */
    if (reserve_uses(s) < 0)
        return -1;
    abi_use(type);
    s->used[s->n_used++] = type;
    return 0;
}

/* Add E to NAMES, or let it replace the entry of that name in this scope. */
static int put(CdeclParse *p, Names *names, const CdeclEntry *e) {
    CdeclScope *s = p->scope;
    uint32_t index;
    CdeclEntry *old = find_index(names, e->name, e->name_len, e->hash, &index);
    cdecl_transaction(p);
    bool is_kept = old && index < names->committed; /* what is new in this parse is not brought back */
    if ((is_kept && reserve_replaced(s) < 0) || (!old && names_reserve(s->region, names) < 0))
        return cdecl_fail(p, e->at, CDECL_E_MEMORY);
    if (is_kept)
        s->replaced[s->n_replaced++] = (Replaced){names, index, *old};
    if (old)
        *old = *e;
    else
        names_add(names, e);
    return 0;
}

/* Declare SYMBOL (region), or replace this scope's entry of that name. 0, or -1 and the error is set. */
int scope_declare(CdeclParse *p, const CdeclSymbol *symbol, size_t name_len, uint32_t hash, CdeclSpan at) {
    CdeclEntry e = {.name = symbol->name, .name_len = (uint32_t)name_len, .hash = hash, .symbol = symbol,
                    .at = at, .parse = p->scope->parse_number, .line = symbol->line, .file = symbol->file,
                    .is_typedef = symbol->kind == CDECL_TYPEDEF};
    return put(p, &p->scope->symbols, &e);
}

static int locate(CdeclParse *p, CdeclEntry *e, CdeclSpan at) {
    e->at = at;
    e->parse = p->scope->parse_number;
    e->line = cdecl_line(p, at, &e->file);
    e->file = abi_region_name(p->region, e->file, strlen(e->file));
    return e->file ? 0 : cdecl_fail(p, at, CDECL_E_MEMORY);
}

/* Declare the tag NAME (region) of TYPE, or replace this scope's. 0, or -1 and the error is set. */
int scope_declare_tag(CdeclParse *p, AbiType *type, const char *name, size_t name_len, uint32_t hash, CdeclSpan at) {
    CdeclEntry e = {.name = name, .name_len = (uint32_t)name_len, .hash = tag_hash((AbiKind)type->kind, hash), .type = type};
    return locate(p, &e, at) < 0 ? -1 : put(p, &p->scope->tags, &e);
}

static int reserve_anonymous(CdeclScope *s, size_t n) {
    if (s->n_anonymous + n <= s->cap_anonymous)
        return 0;
    size_t cap = (s->n_anonymous + n) * 2;
    CdeclEntry *grown = cap < UINT32_MAX ? realloc(s->anonymous, cap * sizeof *grown) : NULL;
    if (!grown)
        return -1;
    s->anonymous = grown;
    s->cap_anonymous = (uint32_t)cap;
    return 0;
}

/* Room for what commit keeps: uses of types, and N more records without a name. 0, or -1 when out of memory. */
int scope_reserve_commit(CdeclScope *s, size_t n) {
    return reserve_uses(s) < 0 ? -1 : reserve_anonymous(s, n);
}

/* Record TYPE got its number at the region's commit; there is room. They come in order. */
void scope_add_anonymous(CdeclScope *s, AbiType *type) {
    if (type->record->serial == s->n_anonymous + 1)
        s->anonymous[s->n_anonymous++] = (CdeclEntry){.name = "", .type = type, .parse = s->parse_number};
}

/* ---------------------------------------------------------------- transactions */

void scope_begin(CdeclScope *s) {
    s->parse_number++;
}

const CdeclTable *scope_symbol_table(const CdeclScope *s) {
    return &s->symbols.table;
}

uint32_t scope_parse_number(const CdeclScope *s) {
    return s->parse_number;
}

struct PpTable **scope_macros(CdeclScope *s) {
    return &s->macros;
}

static void use(CdeclScope *s, const CdeclSymbol *symbol) {
    if (symbol->type.type) {
        abi_use(symbol->type.type);
        s->used[s->n_used++] = symbol->type.type;
    }
}

/* Symbols soon after number I will be used: neither they nor their types are in the cache after a large header. */
static void prefetch_uses(const Names *names, uint32_t i) {
    enum { NEAR = 8, FAR = 16 };
    if (i + FAR < names->n)
        __builtin_prefetch(entry_at(names, i + FAR)->symbol);
    const AbiType *type = i + NEAR < names->n ? entry_at(names, i + NEAR)->symbol->type.type : NULL;
    if (type)
        __builtin_prefetch(&type->uses, 1);
}

/* Keep what was declared since scope_begin. Replaced symbols stay readable, and their types used. */
void scope_commit(CdeclScope *s) {
    for (uint32_t i = 0; i < s->n_replaced; i++)
        if (s->replaced[i].names == &s->symbols)
            use(s, entry_at(&s->symbols, s->replaced[i].index)->symbol);
    for (uint32_t i = s->symbols.committed; i < s->symbols.n; i++) {
        prefetch_uses(&s->symbols, i);
        use(s, entry_at(&s->symbols, i)->symbol);
    }
    s->n_replaced = 0;
    s->symbols.committed = s->symbols.n;
    s->tags.committed = s->tags.n;
    s->file_committed = s->file_type;
    s->va_list_committed = s->va_list_record;
}

static void take_back(Names *names) {
    while (names->n > names->committed) {
        names->n--;
        cdecl_table_remove(&names->table, entry_at(names, names->n)->hash, names->n);
    }
    names->n_groups = (names->committed + GROUP - 1) / GROUP; /* the region takes back the others */
}

/* Undo what was declared since scope_begin. */
void scope_rollback(CdeclScope *s) {
    while (s->n_replaced > 0) {
        const Replaced *r = &s->replaced[--s->n_replaced];
        *entry_at(r->names, r->index) = r->old;
    }
    take_back(&s->symbols);
    take_back(&s->tags);
    s->file_type = s->file_committed;
    s->va_list_record = s->va_list_committed;
}

/* ---------------------------------------------------------------- without a parse */

int cdecl_declare(CdeclScope *s, const CdeclSymbol *symbol) {
    size_t n = strlen(symbol->name);
    uint32_t hash = cdecl_hash(symbol->name, n);
    if (find(&s->symbols, symbol->name, n, hash))
        return 0;
    CdeclSymbol *kept = abi_region_alloc(s->region, sizeof *kept);
    if (!kept || names_reserve(s->region, &s->symbols) < 0 || reserve_uses(s) < 0)
        return -1;
    *kept = *symbol;
    names_add(&s->symbols, &(CdeclEntry){.name = kept->name, .name_len = (uint32_t)n, .hash = hash, .symbol = kept,
                                        .is_typedef = kept->kind == CDECL_TYPEDEF});
    use(s, kept);
    s->symbols.committed = s->symbols.n;
    return 0;
}

int cdecl_declare_tag(CdeclScope *s, const char *name, const AbiType *type) {
    size_t n = strlen(name);
    uint32_t hash = tag_hash((AbiKind)type->kind, cdecl_hash(name, n));
    if (find(&s->tags, name, n, hash))
        return 0;
    if (names_reserve(s->region, &s->tags) < 0)
        return -1;
    names_add(&s->tags, &(CdeclEntry){.name = name, .name_len = (uint32_t)n, .hash = hash, .type = (AbiType *)type});
    s->tags.committed = s->tags.n;
    return 0;
}

/* ---------------------------------------------------------------- predefined types */

static AbiType *no_memory(CdeclParse *p) {
    static const CdeclSpan nowhere;
    cdecl_fail(p, nowhere, CDECL_E_MEMORY);
    return NULL;
}

AbiType *scope_va_list_record(CdeclParse *p) {
    CdeclScope *s = p->scope;
    AbiError err;
    if (s->va_list_record)
        return s->va_list_record;
    cdecl_transaction(p);
    s->va_list_record = abi_va_list_record(p->region, &err);
    return s->va_list_record ? s->va_list_record : no_memory(p);
}

static const AbiType *va_list_type(CdeclParse *p) {
    AbiError err;
    AbiType *record = scope_va_list_record(p);
    return record ? abi_va_list(record, &err) : NULL;
}

/* FILE: opaque, and a struct named so, unless <stdio.h> has declared it. */
static const AbiType *file_type(CdeclParse *p) {
    CdeclScope *s = p->scope;
    AbiError err;
    if (s->file_type)
        return s->file_type;
    cdecl_transaction(p);
    const char *name = abi_region_name(p->region, "FILE", 4);
    AbiType *type = name ? abi_record_new(p->region, ABI_STRUCT, NULL, &err) : NULL;
    if (!type || abi_record_set_alias(type, name) < 0)
        return no_memory(p);
    return s->file_type = type;
}

/* The predefined type ID: an AbiPrim or CDECL_PRE_*. NULL: the error is set. */
const AbiType *scope_predefined(CdeclParse *p, uint16_t id) {
    static const CdeclSpan nowhere;
    AbiError err = {.code = ABI_ENOMEM};
    const AbiType *type;
    if (id < ABI_PRIM_COUNT)
        return abi_primitive(p->graph, (AbiPrim)id);
    switch (id) {
    case CDECL_PRE_FILE: return file_type(p);
    case CDECL_PRE_VA_LIST: type = va_list_type(p); break;
    case CDECL_PRE_MS_VA_LIST: type = abi_pointer(p->graph, (AbiQType){abi_primitive(p->graph, ABI_P_CHAR), 0}, &err); break;
    case CDECL_PRE_FLOAT_COMPLEX: type = abi_complex(p->graph, abi_primitive(p->graph, ABI_P_FLOAT), &err); break;
    default: type = abi_complex(p->graph, abi_primitive(p->graph, ABI_P_DOUBLE), &err); break;
    }
    if (!type && !cdecl_failed(p))
        cdecl_fail_abi(p, nowhere, &err);
    return type;
}

/* ---------------------------------------------------------------- "first declared here" */

/* Note where ENTRY was declared: with its line if that was in this parse, else in words. */
void scope_note(CdeclParse *p, const CdeclEntry *e, const char *what) {
    char text[120];
    if (e->parse == p->scope->parse_number) {
        cdecl_note(p, e->at, what);
        return;
    }
    snprintf(text, sizeof text, "%s, in an earlier cdef (%.60s:%u)", what, e->file ? e->file : "?", e->line);
    cdecl_note(p, (CdeclSpan){UINT32_MAX, 0, 0}, text);
}

/* ---------------------------------------------------------------- included scopes */

size_t scope_included_count(const CdeclScope *s) {
    return s->n_included;
}

const CdeclScope *scope_included_at(const CdeclScope *s, size_t i) {
    return s->included[i];
}
