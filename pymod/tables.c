/* The tables of a compiled module: their life, and where they meet Python objects. */
#include "pymod/tables.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------- errors */

int table_fail(TableError *err, TableErrorKind kind, const char *format, ...) {
    va_list args;
    err->kind = kind;
    va_start(args, format);
    vsnprintf(err->msg, sizeof err->msg, format, args);
    va_end(args);
    return -1;
}

int table_fail_abi(TableError *err, const AbiError *from) {
    err->kind = TABLE_EABI;
    err->code = from->code;
    snprintf(err->msg, sizeof err->msg, "%s", from->msg);
    return -1;
}

void *tables_raise(ModuleState *st, const TableError *err) {
    AbiError abi = {.code = err->code};
    switch (err->kind) {
    case TABLE_EABI:
        snprintf(abi.msg, sizeof abi.msg, "%.*s", (int)sizeof abi.msg - 1, err->msg);
        return raise_abi(st, &abi);
    case TABLE_EFFI: PyErr_SetString(st->FFIError, err->msg); break;
    case TABLE_EUNSUPPORTED: PyErr_SetString(PyExc_NotImplementedError, err->msg); break;
    case TABLE_ERECURSION: PyErr_SetString(PyExc_RuntimeError, err->msg); break;
    }
    return NULL;
}

/* ---------------------------------------------------------------- life */

/* The opcodes before any of them was overwritten with a type. The slot behind an OP_ARRAY is its length, behind an OP_VECTOR its
 * size. */
static int copy_opcodes(Tables *t, bool compiled) {
    int n = t->ctx->type_count;
    for (int i = 0; i < n; i++) {
        uintptr_t op = (uintptr_t)t->ctx->types[i];
        t->ops[i] = op;
        if (compiled && !(op & 1)) {
            PyErr_SetString(PyExc_ImportError, "the module is loaded already, perhaps in another interpreter");
            return -1;
        }
        if ((op_code(op) == OP_ARRAY || op_code(op) == OP_VECTOR) && i + 1 < n) {
            i++;
            t->ops[i] = (uintptr_t)t->ctx->types[i];
        }
    }
    return 0;
}

static int find_file_type(Tables *t) {
    const CdeclSymbol *file = cdecl_find(t->state->common, "FILE", 4);
    t->file_type = file->type.type;
    return 0;
}

static int check_counts(const TableContext *c) {
    if (c->type_count >= 0 && c->global_count >= 0 && c->record_count >= 0 && c->enum_count >= 0 && c->typename_count >= 0)
        return 0;
    PyErr_SetString(PyExc_ImportError, "a table has a negative length");
    return -1;
}

int tables_init(Tables *t, FFIObject *ffi, const TableContext *ctx, bool compiled) {
    t->state = ffi->state;
    t->scope = ffi->scope;
    t->region = cdecl_scope_region(ffi->scope);
    t->ctx = ctx;
    if (check_counts(ctx) < 0)
        return -1;
    t->ops = PyMem_Calloc((size_t)ctx->type_count + 1, sizeof *t->ops);
    t->types = PyMem_Calloc((size_t)ctx->type_count + 1, sizeof *t->types);
    t->records = PyMem_Calloc((size_t)ctx->record_count + 1, sizeof *t->records);
    t->enums = PyMem_Calloc((size_t)ctx->enum_count + 1, sizeof *t->enums);
    t->pending = PyMem_Calloc((size_t)ctx->record_count + 1, sizeof *t->pending);
    if (!t->ops || !t->types || !t->records || !t->enums || !t->pending) {
        PyErr_NoMemory();
        return -1;
    }
    if (copy_opcodes(t, compiled) < 0)
        return -1;
    if (compiled && !(t->published = PyMem_Calloc((size_t)ctx->type_count + 1, sizeof *t->published))) {
        PyErr_NoMemory();
        return -1;
    }
    return find_file_type(t);
}

Tables *tables_new(FFIObject *ffi, const TableContext *ctx, bool compiled) {
    Tables *t = PyMem_Calloc(1, sizeof *t);
    if (!t) {
        PyErr_NoMemory();
    } else if (tables_init(t, ffi, ctx, compiled) < 0) {
        tables_free(t);
        t = NULL;
    }
    return t;
}

/* Give the generated code's array its opcodes back: the module may be loaded once more. */
static void unpublish(Tables *t) {
    for (int i = 0; t->published && i < t->ctx->type_count; i++) {
        if (!t->published[i])
            continue;
        t->ctx->types[i] = (void *)t->ops[i];
        Py_CLEAR(t->published[i]);
    }
}

static void unuse_types(Tables *t) {
    if (!t->types)
        return;
    abi_lock(t->state->graph);
    for (int i = 0; i < t->ctx->type_count; i++)
        if (t->types[i])
            abi_unuse(t->types[i]);
    abi_unlock(t->state->graph);
}

void tables_free(Tables *t) {
    if (!t)
        return;
    unpublish(t);
    unuse_types(t);
    PyMem_Free(t->published);
    PyMem_Free(t->ops);
    PyMem_Free((void *)t->types);
    PyMem_Free(t->records);
    PyMem_Free(t->enums);
    PyMem_Free(t->pending);
    PyMem_Free(t->included);
    PyMem_Free(t->memory);
    PyMem_Free(t->more_memory);
    Py_XDECREF(t->source);
    PyMem_Free(t);
}

int tables_include(Tables *t, Tables *other) {
    Tables **grown = PyMem_Realloc(t->included, (t->included_count + 1) * sizeof *grown);
    if (!grown) {
        PyErr_NoMemory();
        return -1;
    }
    t->included = grown;
    t->included[t->included_count++] = other;
    return 0;
}

/* ---------------------------------------------------------------- wrappers */

CTypeObject *tables_ctype(Tables *t, intptr_t index) {
    TableError err;
    abi_lock(t->state->graph);
    const AbiType *type = table_type(t, index, &err);
    table_settle(t);
    abi_unlock(t->state->graph);
    /* Used by the tables, which the caller keeps: no need to retain it. */
    return type ? ctype_of(t->state, type) : tables_raise(t->state, &err);
}

/* As generated code names the types of parameters: arrays and functions are pointers already. */
static int publish_one(Tables *t, intptr_t index) {
    CTypeObject *ct = tables_ctype(t, index);
    if (!ct)
        return -1;
    /* A reference to another opcode: generated code uses the number of either. */
    uintptr_t op = t->ops[index];
    if (op_code(op) == OP_NOOP && publish_one(t, op_arg(op)) < 0) {
        Py_DECREF(ct);
        return -1;
    }
    CTypeObject *none = NULL;
    if (ct->type->kind != ABI_FUNCTION &&
        __atomic_compare_exchange_n(&t->published[index], &none, ct, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        __atomic_store_n(&t->ctx->types[index], (void *)ct, __ATOMIC_RELEASE); /* keeps the reference */
    else
        Py_DECREF(ct);
    return 0;
}

int tables_publish(Tables *t, intptr_t index) {
    CTypeObject *ct = tables_ctype(t, index); /* checks the whole function */
    if (!ct)
        return -1;
    bool is_function = ct->type->kind == ABI_FUNCTION;
    size_t n = is_function ? ct->type->function->nparams : 0;
    Py_DECREF(ct);
    if (!is_function)
        return publish_one(t, index);
    if (publish_one(t, op_arg(t->ops[index])) < 0)
        return -1;
    for (size_t i = 1; i <= n; i++)
        if (publish_one(t, index + (intptr_t)i) < 0)
            return -1;
    return 0;
}
