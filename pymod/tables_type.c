/* The tables of a compiled module: from opcodes to types of the graph. No Python objects here. */
#include "pymod/tables.h"

#include <string.h>

enum { MAX_DEPTH = 1000 }; /* of types within types, as in cffi */

/* ---------------------------------------------------------------- primitive types */

/* By cffi's numbers. */
static const AbiPrim prims[] = {
    ABI_P_VOID, ABI_P_BOOL, ABI_P_CHAR, ABI_P_SCHAR, ABI_P_UCHAR, ABI_P_SHORT, ABI_P_USHORT, ABI_P_INT,
    ABI_P_UINT, ABI_P_LONG, ABI_P_ULONG, ABI_P_LLONG, ABI_P_ULLONG, ABI_P_FLOAT, ABI_P_DOUBLE, ABI_P_LDOUBLE,
    ABI_P_WCHAR, ABI_P_INT8, ABI_P_UINT8, ABI_P_INT16, ABI_P_UINT16, ABI_P_INT32, ABI_P_UINT32, ABI_P_INT64,
    ABI_P_UINT64, ABI_P_INTPTR, ABI_P_UINTPTR, ABI_P_PTRDIFF, ABI_P_SIZE, ABI_P_SSIZE, ABI_P_INT_LEAST8, ABI_P_UINT_LEAST8,
    ABI_P_INT_LEAST16, ABI_P_UINT_LEAST16, ABI_P_INT_LEAST32, ABI_P_UINT_LEAST32, ABI_P_INT_LEAST64, ABI_P_UINT_LEAST64,
    ABI_P_INT_FAST8, ABI_P_UINT_FAST8, ABI_P_INT_FAST16, ABI_P_UINT_FAST16, ABI_P_INT_FAST32, ABI_P_UINT_FAST32,
    ABI_P_INT_FAST64, ABI_P_UINT_FAST64, ABI_P_INTMAX, ABI_P_UINTMAX,
    ABI_P_FLOAT /* complex */, ABI_P_DOUBLE /* complex */, ABI_P_CHAR16, ABI_P_CHAR32,
};
enum { PRIM_FLOAT_COMPLEX = 48, PRIM_DOUBLE_COMPLEX = 49 };

/* By ours: see builder/own_types.py. */
enum { FIRST_OWN = 64 };
static const AbiPrim own_prims[] = {
    ABI_P_INT128, ABI_P_UINT128, ABI_P_FLOAT16, ABI_P_BFLOAT16, ABI_P_FLOAT32, ABI_P_FLOAT64, ABI_P_FLOAT32X, ABI_P_FLOAT64X,
    ABI_P_FLOAT128, ABI_P_DECIMAL32, ABI_P_DECIMAL64, ABI_P_DECIMAL128, ABI_P_CHAR8, ABI_P_NULLPTR,
};

/* What the compiler found where the cdef said "typedef int... t" or "typedef float... t". */
static int fail_prim(intptr_t prim, TableError *err) {
    if (prim == -1)
        return table_fail(err, TABLE_EFFI, "primitive integer type with an unexpected size (or not an integer type at all)");
    if (prim == -2)
        return table_fail(err, TABLE_EFFI,
                          "primitive floating-point type with an unexpected size (or not a float type at all)");
    if (prim == -3)
        return table_fail(err, TABLE_EFFI, "primitive floating-point type is 'long double', not supported for now with "
                                           "the syntax 'typedef double... xxx;'");
    return table_fail(err, TABLE_EUNSUPPORTED, "prim=%zd", (Py_ssize_t)prim);
}

static const AbiType *checked(const AbiType *type, const AbiError *abi, TableError *err) {
    if (!type)
        table_fail_abi(err, abi);
    return type;
}

const AbiType *table_primitive(Tables *t, intptr_t prim, TableError *err) {
    AbiGraph *graph = t->state->graph;
    AbiError abi;
    if (prim >= FIRST_OWN && prim < FIRST_OWN + (intptr_t)(sizeof own_prims / sizeof own_prims[0]))
        return abi_primitive(graph, own_prims[prim - FIRST_OWN]);
    if (prim < 0 || prim >= (intptr_t)(sizeof prims / sizeof prims[0])) {
        fail_prim(prim, err);
        return NULL;
    }
    const AbiType *type = abi_primitive(graph, prims[prim]);
    if (prim == PRIM_FLOAT_COMPLEX || prim == PRIM_DOUBLE_COMPLEX)
        return checked(abi_complex(graph, type, &abi), &abi, err);
    return type;
}

/* ---------------------------------------------------------------- derived types */

const AbiType *table_aligned(Tables *t, const AbiType *type, uint32_t align, TableError *err) {
    AbiError abi;
    return align && type ? checked(abi_aligned(t->state->graph, type, align, &abi), &abi, err) : type;
}

static const AbiType *make_pointer(Tables *t, intptr_t item, TableError *err) {
    AbiError abi;
    const AbiType *target = table_type(t, item, err);
    return target ? checked(abi_pointer(t->state->graph, (AbiQType){target, 0}, &abi), &abi, err) : NULL;
}

static const AbiType *make_array(Tables *t, intptr_t item, size_t length, TableError *err) {
    AbiError abi;
    const AbiType *type = table_type(t, item, err);
    if (!type)
        return NULL;
    table_need_layout(t, item);
    if (type->size == ABI_SIZE_UNKNOWN && abi_is_record(type) && type->record->problem) {
        table_fail(err, TABLE_EFFI, "%s", type->record->problem);
        return NULL;
    }
    return checked(abi_array(t->state->graph, (AbiQType){type, 0}, length, &abi), &abi, err);
}

static const AbiType *make_vector(Tables *t, intptr_t index, TableError *err) {
    AbiError abi;
    if (index + 1 >= t->ctx->type_count) {
        table_fail(err, TABLE_EFFI, "opcode %zd: the table ends within a vector type", (Py_ssize_t)index);
        return NULL;
    }
    const AbiType *item = table_type(t, op_arg(t->ops[index]), err);
    return item ? checked(abi_vector(t->state->graph, item, t->ops[index + 1], &abi), &abi, err) : NULL;
}

static const AbiType *make_complex(Tables *t, intptr_t index, TableError *err) {
    AbiError abi;
    const AbiType *real = table_type(t, op_arg(t->ops[index]), err);
    return real ? checked(abi_complex(t->state->graph, real, &abi), &abi, err) : NULL;
}

static const AbiType *make_bit_int(Tables *t, intptr_t width, TableError *err) {
    AbiError abi;
    return checked(abi_bitint(t->state->graph, (unsigned)(width >> 1), width & 1, &abi), &abi, err);
}

static const AbiType *make_transparent(Tables *t, intptr_t of, TableError *err) {
    AbiError abi;
    const AbiType *type = table_type(t, of, err);
    table_need_layout(t, of);
    return type ? checked(abi_transparent(t->state->graph, type, &abi), &abi, err) : NULL;
}

/* How many parameters follow opcode INDEX, a function's; -1: the table ends first. */
static intptr_t count_params(const Tables *t, intptr_t index) {
    for (intptr_t i = index + 1; i < t->ctx->type_count; i++)
        if (op_code(t->ops[i]) == OP_FUNCTION_END)
            return i - index - 1;
    return -1;
}

/* As C adjusts parameters (C11 6.7.6.3p7 and 8). */
static const AbiType *make_param(Tables *t, intptr_t index, TableError *err) {
    AbiError abi;
    const AbiType *type = table_type(t, index, err);
    if (!type || (type->kind != ABI_ARRAY && type->kind != ABI_FUNCTION))
        return type;
    AbiQType target = type->kind == ABI_ARRAY ? type->item : (AbiQType){type, 0};
    return checked(abi_pointer(t->state->graph, target, &abi), &abi, err);
}

static const AbiType *make_function_of(Tables *t, intptr_t index, AbiQType *params, size_t n, TableError *err) {
    intptr_t end = op_arg(t->ops[index + 1 + (intptr_t)n]);
    AbiFunctionDecl decl = {.params = params, .nparams = n, .variadic = end & 1};
    AbiError abi;
    if ((end & 0xFE) == 2)
        decl.conv = ABI_STDCALL;
    else if (end & 0xFE) {
        table_fail(err, TABLE_EFFI, "abi number %d not supported", (int)(end & 0xFE));
        return NULL;
    }
    if (!(decl.result.type = table_type(t, op_arg(t->ops[index]), err)))
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (!(params[i].type = make_param(t, index + 1 + (intptr_t)i, err)))
            return NULL;
    return checked(abi_function(t->state->graph, &decl, &abi), &abi, err);
}

static const AbiType *make_function(Tables *t, intptr_t index, TableError *err) {
    intptr_t n = count_params(t, index);
    if (n < 0) {
        table_fail(err, TABLE_EFFI, "opcode %zd: the table ends within a function type", (Py_ssize_t)index);
        return NULL;
    }
    AbiQType *params = PyMem_RawCalloc((size_t)n + 1, sizeof *params);
    const AbiType *type = NULL;
    if (!params)
        table_fail_abi(err, &(AbiError){.code = ABI_ENOMEM});
    else
        type = make_function_of(t, index, params, (size_t)n, err);
    PyMem_RawFree(params);
    return type;
}

/* ---------------------------------------------------------------- one opcode */

static const AbiType *make_named(Tables *t, intptr_t name, TableError *err) {
    if (name >= 0 && name < t->ctx->typename_count)
        return table_type(t, t->ctx->typenames[name].type_index, err);
    table_fail(err, TABLE_EFFI, "the tables have no type name %zd", (Py_ssize_t)name);
    return NULL;
}

static const AbiType *make_sized_array(Tables *t, intptr_t index, TableError *err) {
    if (index + 1 < t->ctx->type_count)
        return make_array(t, op_arg(t->ops[index]), t->ops[index + 1], err);
    table_fail(err, TABLE_EFFI, "opcode %zd: the table ends within an array type", (Py_ssize_t)index);
    return NULL;
}

static const AbiType *make(Tables *t, intptr_t index, TableError *err) {
    intptr_t arg = op_arg(t->ops[index]);
    switch (op_code(t->ops[index])) {
    case OP_PRIMITIVE: return table_primitive(t, arg, err);
    case OP_POINTER: return make_pointer(t, arg, err);
    case OP_ARRAY: return make_sized_array(t, index, err);
    case OP_OPEN_ARRAY: return make_array(t, arg, ABI_LENGTH_UNKNOWN, err);
    case OP_STRUCT_UNION: return table_record(t, arg, err);
    case OP_ENUM: return table_enum(t, arg, err);
    case OP_FUNCTION: return make_function(t, index, err);
    case OP_NOOP: return table_type(t, arg, err);
    case OP_VECTOR: return make_vector(t, index, err);
    case OP_COMPLEX: return make_complex(t, index, err);
    case OP_BIT_INT: return make_bit_int(t, arg, err);
    case OP_TRANSPARENT_UNION: return make_transparent(t, arg, err);
    case OP_TYPENAME: return make_named(t, arg, err);
    default: break;
    }
    table_fail(err, TABLE_EUNSUPPORTED, "op=%u", op_code(t->ops[index]));
    return NULL;
}

const AbiType *table_type(Tables *t, intptr_t index, TableError *err) {
    if (index < 0 || index >= t->ctx->type_count) {
        table_fail(err, TABLE_EFFI, "the tables have no opcode %zd", (Py_ssize_t)index);
        return NULL;
    }
    if (t->types[index])
        return t->types[index];
    if (t->depth >= MAX_DEPTH) {
        table_fail(err, TABLE_ERECURSION, "type-building recursion too deep or infinite");
        return NULL;
    }
    t->depth++;
    const AbiType *type = make(t, index, err);
    t->depth--;
    if (type && !t->types[index]) {
        abi_use(type);
        t->types[index] = type;
    }
    return type;
}

void table_settle(Tables *t) {
    while (t->pending_count > 0)
        table_lay_out(t, t->pending[--t->pending_count]);
    for (size_t i = 0; i < t->included_count; i++)
        table_settle(t->included[i]);
}
