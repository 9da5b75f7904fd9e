/* Python objects to C integers: a converter for each size and sign, so that the common case, an exact
 * int in range, is a comparison and a store. */
#include "pymod/convert.h"

int overflow_error(CTypeObject *ct, PyObject *value) {
    PyErr_Format(PyExc_OverflowError, "integer %S does not fit '%s'", value, ct->name);
    return -1;
}

static bool is_float(PyObject *value, ModuleState *st) {
    return PyFloat_Check(value) || (cdata_check(st, value) && ((CDataObject *)value)->ctype->flags & CT_FLOAT);
}

static PyObject *int_of_checked(PyObject *value) {
    PyNumberMethods *nb = Py_TYPE(value)->tp_as_number;
    if (nb == NULL || nb->nb_int == NULL) {
        PyErr_SetString(PyExc_TypeError, "an integer is required");
        return NULL;
    }
    PyObject *integer = nb->nb_int(value);
    if (integer != NULL && !PyLong_Check(integer)) {
        Py_DECREF(integer);
        PyErr_SetString(PyExc_TypeError, "integer conversion failed");
        return NULL;
    }
    return integer;
}

PyObject *int_of(PyObject *value) { return PyLong_Check(value) ? Py_NewRef(value) : int_of_checked(value); }

/* As cffi: int() of what is not a float. */
static PyObject *strict_int_of(CTypeObject *ct, PyObject *value) {
    if (PyLong_Check(value)) return Py_NewRef(value);
    if (is_float(value, ct->state)) {
        PyErr_SetString(PyExc_TypeError, "an integer is required");
        return NULL;
    }
    return int_of_checked(value);
}

static bool is_negative(PyObject *integer) {
    int overflow;
    long long n = PyLong_AsLongLongAndOverflow(integer, &overflow);
    return overflow < 0 || (overflow == 0 && n < 0);
}

/* INTEGER does not fit. cffi's messages: what its C conversions to 64 bits say comes first. */
static int refuse(CTypeObject *ct, PyObject *integer, WideInt w) {
    if (w.bits > 64) return overflow_error(ct, integer);
    if (!w.is_signed && is_negative(integer)) {
        PyErr_SetString(PyExc_OverflowError, "can't convert negative number to unsigned");
        return -1;
    }
    if (w.is_signed) (void)PyLong_AsLongLong(integer);
    else (void)PyLong_AsUnsignedLongLong(integer);
    return PyErr_Occurred() ? -1 : overflow_error(ct, integer);
}

int to_c_int(CTypeObject *ct, void *dest, PyObject *value) {
    WideInt w = wide_of(ct->type);
    if (ct->flags & CT_BOOL) w.bits = 1;
    PyObject *integer = strict_int_of(ct, value);
    if (integer == NULL) return -1;
    int failed = wide_store(w, dest, integer, true);
    if (failed > 0) failed = refuse(ct, integer, w);
    Py_DECREF(integer);
    return failed;
}

#define CONVERTER(name, type, min, max)                                             \
    static int name(CTypeObject *ct, void *dest, PyObject *value) {                 \
        int64_t n;                                                                  \
        if (!int_compact(value, &n) || n < (min) || n > (max)) return to_c_int(ct, dest, value); \
        type narrow = (type)n;                                                      \
        memcpy(dest, &narrow, sizeof narrow);                                       \
        return 0;                                                                   \
    }
CONVERTER(to_c_i8, int8_t, INT8_MIN, INT8_MAX)
CONVERTER(to_c_i16, int16_t, INT16_MIN, INT16_MAX)
CONVERTER(to_c_i32, int32_t, INT32_MIN, INT32_MAX)
CONVERTER(to_c_i64, int64_t, INT64_MIN, INT64_MAX)
CONVERTER(to_c_u8, uint8_t, 0, UINT8_MAX)
CONVERTER(to_c_u16, uint16_t, 0, UINT16_MAX)
CONVERTER(to_c_u32, uint32_t, 0, UINT32_MAX)
CONVERTER(to_c_u64, uint64_t, 0, INT64_MAX)
#undef CONVERTER

static int to_c_bool(CTypeObject *ct, void *dest, PyObject *value) {
    if (value != Py_True && value != Py_False) return to_c_int(ct, dest, value);
    *(char *)dest = value == Py_True;
    return 0;
}

ToC *to_c_int_choose(const AbiType *type) {
    static ToC *const table[2][4] = {{to_c_u8, to_c_u16, to_c_u32, to_c_u64}, {to_c_i8, to_c_i16, to_c_i32, to_c_i64}};
    if (type->kind == ABI_BOOL) return to_c_bool;
    if (type->size == ABI_SIZE_UNKNOWN || type->size > 8) return to_c_int;
    WideInt w = wide_of(type);
    if (w.bits != 8 * w.bytes) return to_c_int; /* _BitInt(7) */
    return table[w.is_signed][__builtin_ctz(w.bytes)];
}
