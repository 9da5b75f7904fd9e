/* C values to Python objects. */
#include "pymod/cdata.h"
#include "pymod/convert.h"

#define READER(name, type, make)                                                  \
    static PyObject *name(CTypeObject *ct, void *src, PyObject *owner) {          \
        type value;                                                               \
        memcpy(&value, src, sizeof value);                                        \
        return make(value);                                                       \
    }
READER(from_c_i8, int8_t, PyLong_FromLong)
READER(from_c_i16, int16_t, PyLong_FromLong)
READER(from_c_i32, int32_t, PyLong_FromLong)
READER(from_c_i64, int64_t, PyLong_FromLong)
READER(from_c_u8, uint8_t, PyLong_FromLong)
READER(from_c_u16, uint16_t, PyLong_FromLong)
READER(from_c_u32, uint32_t, PyLong_FromLong)
READER(from_c_u64, uint64_t, PyLong_FromUnsignedLong)
READER(from_c_single, float, PyFloat_FromDouble)
READER(from_c_double, double, PyFloat_FromDouble)
#undef READER

/* __int128 and _BitInt. */
static PyObject *from_c_int(CTypeObject *ct, void *src, PyObject *owner) { return wide_load(wide_of(ct->type), src); }

static PyObject *from_c_enum(CTypeObject *ct, void *src, PyObject *owner) {
    if (ct->type->size == ABI_SIZE_UNKNOWN) return from_c_int(ct, src, owner);
    CTypeObject *base = ctype_item(ct);
    return base == NULL ? NULL : base->from_c(base, src, NULL);
}

static PyObject *from_c_bool(CTypeObject *ct, void *src, PyObject *owner) {
    unsigned char value = *(unsigned char *)src;
    if (value > 1) {
        PyErr_Format(PyExc_ValueError, "got a _Bool of value %d, expected 0 or 1", (int)value);
        return NULL;
    }
    return PyBool_FromLong(value);
}

static PyObject *from_c_char(CTypeObject *ct, void *src, PyObject *owner) { return text_load((unsigned)ct->type->size, src, 1); }

static PyObject *from_c_float(CTypeObject *ct, void *src, PyObject *owner) {
    if (real_supported(ct->type)) return PyFloat_FromDouble(real_load(ct->type, src));
    PyErr_Format(PyExc_NotImplementedError, "values of ctype '%s' cannot be converted", ct->name);
    return NULL;
}

/* Python's float is narrower: the value stays a cdata. */
static PyObject *from_c_long_double(CTypeObject *ct, void *src, PyObject *owner) { return cdata_primitive(ct, src); }

static PyObject *from_c_complex(CTypeObject *ct, void *src, PyObject *owner) {
    const AbiType *real = ct->type->item.type;
    if (real->kind != ABI_FLOAT || !real_supported(real)) {
        PyErr_Format(PyExc_NotImplementedError, "values of ctype '%s' cannot be converted", ct->name);
        return NULL;
    }
    return PyComplex_FromDoubles(real_load(real, src), real_load(real, (char *)src + real->size));
}

static PyObject *from_c_pointer(CTypeObject *ct, void *src, PyObject *owner) {
    void *pointer;
    memcpy(&pointer, src, sizeof pointer);
    return cdata_pointer(ct, pointer);
}

/* C23 6.3.2.1p2: the value of a nullptr_t is null, whatever its bytes are. */
static PyObject *from_c_nullptr(CTypeObject *ct, void *src, PyObject *owner) { return cdata_pointer(ct, NULL); }

static PyObject *from_c_opaque(CTypeObject *ct, void *src, PyObject *owner) {
    PyErr_Format(PyExc_TypeError, "cdata '%s' is opaque", ct->name);
    return NULL;
}

static PyObject *from_c_view(CTypeObject *ct, void *src, PyObject *owner) { return cdata_view(ct, src, owner); }

static FromC *from_c_int_choose(const AbiType *type) {
    static FromC *const table[2][4] = {{from_c_u8, from_c_u16, from_c_u32, from_c_u64}, {from_c_i8, from_c_i16, from_c_i32, from_c_i64}};
    WideInt w = wide_of(type);
    if (w.bytes > 8 || w.bits != 8 * w.bytes) return from_c_int;
    return table[w.is_signed][__builtin_ctz(w.bytes)];
}

FromC *from_c_choose(const CTypeObject *ct) {
    switch ((AbiKind)ct->type->kind) {
    case ABI_BOOL: return from_c_bool;
    case ABI_INT: return from_c_int_choose(ct->type);
    case ABI_ENUM: return from_c_enum;
    case ABI_CHAR: return from_c_char;
    case ABI_FLOAT:
        if (ct->flags & CT_LONGDOUBLE) return from_c_long_double;
        if (ct->type->canonical->prim == ABI_P_DOUBLE) return from_c_double;
        return ct->type->canonical->prim == ABI_P_FLOAT ? from_c_single : from_c_float;
    case ABI_COMPLEX: return from_c_complex;
    case ABI_POINTER: return abi_is_nullptr(ct->type) ? from_c_nullptr : from_c_pointer;
    case ABI_ARRAY:
    case ABI_VECTOR:
    case ABI_STRUCT:
    case ABI_UNION: return from_c_view;
    case ABI_VOID:
    case ABI_FUNCTION: break;
    }
    return from_c_opaque;
}
