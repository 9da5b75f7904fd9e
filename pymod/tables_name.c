/* The tables of a compiled module: looking names up, and declaring them in the FFI's scope. */
#include "pymod/tables.h"

#include <limits.h>
#include <string.h>

/* ---------------------------------------------------------------- look-up: all tables are sorted by name */

typedef const char *NameAt(const TableContext *, int i);

static const char *global_name(const TableContext *c, int i) { return c->globals[i].name; }
static const char *record_name(const TableContext *c, int i) { return c->records[i].name; }
static const char *enum_name(const TableContext *c, int i) { return c->enums[i].name; }
static const char *type_name(const TableContext *c, int i) { return c->typenames[i].name; }

static int search(const TableContext *c, int count, NameAt *name_at, const char *name, size_t n) {
    int low = 0, high = count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        const char *candidate = name_at(c, middle);
        int order = strncmp(candidate, name, n);
        if (order == 0 && candidate[n] == '\0')
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

int table_find_global(const Tables *t, const char *name, size_t n) { return search(t->ctx, t->ctx->global_count, global_name, name, n); }
int table_find_record(const Tables *t, const char *name, size_t n) { return search(t->ctx, t->ctx->record_count, record_name, name, n); }
int table_find_enum(const Tables *t, const char *name, size_t n) { return search(t->ctx, t->ctx->enum_count, enum_name, name, n); }
static int find_typename(const Tables *t, const char *name, size_t n) { return search(t->ctx, t->ctx->typename_count, type_name, name, n); }

/* ---------------------------------------------------------------- integer constants */

/* The generated function writes the value and returns 0 if it is positive, 1 if not; plus 2 if the cdef
 * says otherwise. It may look at more than the value: the tables and the index of the global. */
typedef struct ConstantRequest {
    unsigned long long value;
    const TableContext *ctx;
    int index;
} ConstantRequest;
typedef int ConstantFunction(ConstantRequest *);

int table_constant(const Tables *t, int i, TableConstant *out, TableError *err) {
    const TableGlobal *g = &t->ctx->globals[i];
    if (op_code(g->op) != OP_CONSTANT_INT && op_code(g->op) != OP_ENUM)
        return table_fail(err, TABLE_EFFI, "'%.200s' is not an integer constant", g->name);
    if (t->constants) {
        *out = t->constants[i];
        return 0;
    }
    ConstantRequest request = {.ctx = t->ctx, .index = i};
    ConstantFunction *function;
    memcpy(&function, &g->address, sizeof function); /* ISO C has no cast from object to function pointers */
    int answer = function(&request);
    *out = (TableConstant){request.value, (answer & 1) && (long long)request.value < 0};
    if (!(answer & 2))
        return 0;
    if (answer & 1)
        return table_fail(err, TABLE_EFFI, "the C compiler says '%.200s' is equal to %lld, but the cdef disagrees", g->name,
                          (long long)request.value);
    return table_fail(err, TABLE_EFFI, "the C compiler says '%.200s' is equal to %llu (0x%llx), but the cdef disagrees", g->name,
                      request.value, request.value);
}

PyObject *table_constant_object(const TableConstant *c) {
    return c->negative ? PyLong_FromLongLong((long long)c->value) : PyLong_FromUnsignedLongLong(c->value);
}

/* ---------------------------------------------------------------- declaring */

static const char *keep(Tables *t, const char *name, size_t n, TableError *err) {
    const char *kept = abi_region_name(t->region, name, n);
    if (!kept)
        table_fail_abi(err, &(AbiError){.code = ABI_ENOMEM});
    return kept;
}

static int declare(Tables *t, CdeclSymbol *symbol, TableError *err) {
    symbol->file = "";
    return cdecl_declare(t->scope, symbol) == 0 ? 0 : table_fail_abi(err, &(AbiError){.code = ABI_ENOMEM});
}

static int declare_typename(Tables *t, int i, TableError *err) {
    const char *name = t->ctx->typenames[i].name;
    CdeclSymbol symbol = {.name = keep(t, name, strlen(name), err), .kind = CDECL_TYPEDEF};
    intptr_t index = t->ctx->typenames[i].type_index;
    symbol.type.type = table_type(t, index, err);
    if (symbol.type.type && t->ctx->flags & TABLE_HAS_ALIGNMENTS && t->ctx->alignments[i]) {
        table_need_layout(t, index); /* first: an alignment is one of a type that is known */
        symbol.type.type = table_aligned(t, symbol.type.type, (uint32_t)t->ctx->alignments[i], err);
    }
    return symbol.name && symbol.type.type ? declare(t, &symbol, err) : -1;
}

static int declare_constant(Tables *t, int i, CdeclSymbolKind kind, CdeclSymbol *symbol, TableError *err) {
    TableConstant value;
    if (table_constant(t, i, &value, err) < 0)
        return -1;
    symbol->kind = kind;
    symbol->value.kind = CDECL_V_INT;
    symbol->value.bits = (AbiWide){value.value, value.negative ? UINT64_MAX : 0};
    symbol->value.type = abi_primitive(t->state->graph, value.negative || value.value <= INT64_MAX ? ABI_P_LLONG : ABI_P_ULLONG);
    symbol->type.type = symbol->value.type;
    return declare(t, symbol, err);
}

/* A global as C text would have declared it. Only what dlopen() serves, and integers. */
static int declare_global(Tables *t, int i, TableError *err) {
    const TableGlobal *g = &t->ctx->globals[i];
    CdeclSymbol symbol = {.name = keep(t, g->name, strlen(g->name), err), .flags = CDECL_S_EXTERN};
    if (!symbol.name)
        return -1;
    switch (op_code(g->op)) {
    case OP_CONSTANT_INT: return declare_constant(t, i, CDECL_CONSTANT, &symbol, err);
    case OP_ENUM: return declare_constant(t, i, CDECL_ENUMERATOR, &symbol, err);
    case OP_DLOPEN_FUNC: symbol.kind = CDECL_FUNCTION; break;
    case OP_DLOPEN_CONST: symbol.type.quals = ABI_CONST; /* fall through */
    case OP_GLOBAL_VAR: symbol.kind = CDECL_VARIABLE; break;
    default: return 0;
    }
    symbol.type.type = table_type(t, op_arg(g->op), err);
    if (symbol.type.type && (symbol.kind == CDECL_FUNCTION) != (symbol.type.type->kind == ABI_FUNCTION))
        return table_fail(err, TABLE_EFFI, "'%.200s' has the type of something else", g->name);
    return symbol.type.type ? declare(t, &symbol, err) : -1;
}

static int declare_record(Tables *t, int i, TableError *err) {
    AbiType *type = table_record(t, i, err);
    const char *name = type ? keep(t, t->ctx->records[i].name, strlen(t->ctx->records[i].name), err) : NULL;
    if (!name)
        return -1;
    table_lay_out(t, i);
    return cdecl_declare_tag(t->scope, name, type) == 0 ? 0 : table_fail_abi(err, &(AbiError){.code = ABI_ENOMEM});
}

static int declare_enum(Tables *t, int i, TableError *err) {
    AbiType *type = table_enum(t, i, err);
    const char *name = type ? keep(t, t->ctx->enums[i].name, strlen(t->ctx->enums[i].name), err) : NULL;
    if (!name)
        return -1;
    return cdecl_declare_tag(t->scope, name, type) == 0 ? 0 : table_fail_abi(err, &(AbiError){.code = ABI_ENOMEM});
}

/* What a word of a type's text may be, by the keyword before it. */
typedef enum WordKind { WORD_ORDINARY, WORD_STRUCT, WORD_UNION, WORD_ENUM } WordKind;

/* 1: declared, 0: not in these tables, -1: ERR. */
static int declare_own_word(Tables *t, WordKind kind, const char *word, size_t n, TableError *err) {
    int i;
    if (kind == WORD_ENUM)
        return (i = table_find_enum(t, word, n)) < 0 ? 0 : declare_enum(t, i, err) < 0 ? -1 : 1;
    if (kind != WORD_ORDINARY) {
        i = table_find_record(t, word, n);
        if (i < 0 || !(t->ctx->records[i].flags & RECORD_UNION) != (kind == WORD_STRUCT))
            return 0;
        return declare_record(t, i, err) < 0 ? -1 : 1;
    }
    if ((i = find_typename(t, word, n)) >= 0)
        return declare_typename(t, i, err) < 0 ? -1 : 1;
    if ((i = table_find_global(t, word, n)) >= 0 && (op_code(t->ctx->globals[i].op) == OP_CONSTANT_INT ||
                                                     op_code(t->ctx->globals[i].op) == OP_ENUM))
        return declare_global(t, i, err) < 0 ? -1 : 1;
    return 0;
}

/* Into the scope of the tables that have it; ours sees those that it includes. */
static int declare_word(Tables *t, WordKind kind, const char *word, size_t n, int depth, TableError *err) {
    int rc = declare_own_word(t, kind, word, n, err);
    for (size_t i = 0; rc == 0 && depth < 100 && i < t->included_count; i++)
        rc = declare_word(t->included[i], kind, word, n, depth + 1, err);
    return rc;
}

static WordKind keyword(const char *word, size_t n) {
    return n == 6 && memcmp(word, "struct", 6) == 0  ? WORD_STRUCT
           : n == 5 && memcmp(word, "union", 5) == 0 ? WORD_UNION
           : n == 4 && memcmp(word, "enum", 4) == 0  ? WORD_ENUM
                                                     : WORD_ORDINARY;
}

static int declare_words(Tables *t, const char *text, TableError *err) {
    static const char name_chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$";
    WordKind kind = WORD_ORDINARY;
    while (*text) {
        size_t n = strspn(text, name_chars);
        if (n == 0) {
            text++;
            continue;
        }
        WordKind next = keyword(text, n);
        if (next == WORD_ORDINARY && declare_word(t, kind, text, n, 0, err) < 0)
            return -1;
        kind = next;
        text += n;
    }
    return 0;
}

int tables_declare_words(FFIObject *ffi, const char *text) {
    TableError err;
    abi_lock(ffi->state->graph);
    int rc = declare_words(ffi->tables, text, &err);
    table_settle(ffi->tables);
    abi_unlock(ffi->state->graph);
    if (rc < 0)
        tables_raise(ffi->state, &err);
    return rc;
}

/* Other things belong to the lib of their module. */
static int fail_unless_integer(Tables *t, int i, TableError *err) {
    const TableGlobal *g = &t->ctx->globals[i];
    if (op_code(g->op) == OP_CONSTANT_INT || op_code(g->op) == OP_ENUM)
        return 0;
    return table_fail(err, TABLE_EFFI,
                      "function, global variable or non-integer constant '%.200s' must be fetched from its original 'lib' object",
                      g->name);
}

static int declare_global_word(Tables *t, const char *name, size_t n, int depth, TableError *err) {
    int i = table_find_global(t, name, n), rc = 0;
    if (i >= 0)
        return depth > 0 && fail_unless_integer(t, i, err) < 0 ? -1 : declare_global(t, i, err);
    for (size_t k = 0; rc == 0 && depth < 100 && k < t->included_count; k++)
        rc = declare_global_word(t->included[k], name, n, depth + 1, err);
    return rc;
}

int tables_declare_global(FFIObject *ffi, const char *name, size_t n) {
    TableError err;
    abi_lock(ffi->state->graph);
    int rc = declare_global_word(ffi->tables, name, n, 0, &err);
    table_settle(ffi->tables);
    abi_unlock(ffi->state->graph);
    if (rc < 0)
        tables_raise(ffi->state, &err);
    return rc;
}

/* 1 and *OUT, 0: there is none, or -1 and ERR. */
static int find_integer(Tables *t, const char *name, size_t n, int depth, TableConstant *out, TableError *err) {
    int i = table_find_global(t, name, n), found = 0;
    if (i >= 0)
        return fail_unless_integer(t, i, err) < 0 || table_constant(t, i, out, err) < 0 ? -1 : 1;
    for (size_t k = 0; found == 0 && depth < 100 && k < t->included_count; k++)
        found = find_integer(t->included[k], name, n, depth + 1, out, err);
    return found;
}

PyObject *tables_integer(FFIObject *ffi, PyObject *name) {
    Py_ssize_t n;
    TableConstant value;
    TableError err;
    const char *utf8 = PyUnicode_AsUTF8AndSize(name, &n);
    int found = utf8 ? find_integer(ffi->tables, utf8, (size_t)n, 0, &value, &err) : 0;
    if (found < 0)
        return tables_raise(ffi->state, &err);
    return found ? table_constant_object(&value) : NULL;
}

/* ---------------------------------------------------------------- lists of names */

static int add_name(PyObject *set, const char *name) {
    PyObject *str = PyUnicode_FromString(name);
    int rc = str ? PySet_Add(set, str) : -1;
    Py_XDECREF(str);
    return rc;
}

int tables_add_types(const Tables *t, PyObject **sets) {
    const TableContext *c = t->ctx;
    for (int i = 0; i < c->typename_count; i++)
        if (add_name(sets[0], c->typenames[i].name) < 0)
            return -1;
    for (int i = 0; i < c->record_count; i++)
        if (c->records[i].name[0] != '$' && add_name(sets[c->records[i].flags & RECORD_UNION ? 2 : 1], c->records[i].name) < 0)
            return -1;
    return 0;
}

int tables_add_globals(const Tables *t, PyObject *set, bool variables_too) {
    for (int i = 0; i < t->ctx->global_count; i++) {
        unsigned op = op_code(t->ctx->globals[i].op);
        if ((variables_too || (op != OP_GLOBAL_VAR && op != OP_GLOBAL_VAR_F)) && add_name(set, t->ctx->globals[i].name) < 0)
            return -1;
    }
    return 0;
}
