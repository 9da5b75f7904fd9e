/* Bit-fields to and from Python ints. */
#include "pymod/cfield.h"

static bool is_signed(const CFieldObject *f) { return wide_of(f->type->type).is_signed; }

static WideInt width_of(const CFieldObject *f) { return (WideInt){is_signed(f), f->member.bit_width, 16}; }

PyObject *bitfield_load(CFieldObject *f, const char *base) {
    AbiWide raw = abi_bits_load(base, &f->member);
    if (f->member.bit_width <= 64) return is_signed(f) ? PyLong_FromLongLong((long long)raw.lo) : PyLong_FromUnsignedLongLong(raw.lo);
    uint64_t words[2] = {raw.lo, raw.hi};
    return wide_load(width_of(f), words);
}

static PyObject *limit(const CFieldObject *f, bool upper) {
    unsigned bits = f->member.bit_width - (is_signed(f) ? 1u : 0u);
    if (upper && bits == 0) return PyLong_FromLong(1); /* see bitfield_store */
    PyObject *one = PyLong_FromLong(1), *count = PyLong_FromUnsignedLong(bits), *power = NULL, *result = NULL;
    if (one != NULL && count != NULL) power = PyNumber_Lshift(one, count);
    if (power != NULL) {
        if (upper) result = PyNumber_Subtract(power, one);
        else result = is_signed(f) ? PyNumber_Negative(power) : PyLong_FromLong(0);
    }
    Py_XDECREF(one);
    Py_XDECREF(count);
    Py_XDECREF(power);
    return result;
}

static int range_error(CFieldObject *f, PyObject *value) {
    PyObject *low = limit(f, false), *high = limit(f, true);
    if (low != NULL && high != NULL)
        PyErr_Format(PyExc_OverflowError, "value %S outside the range allowed by the bit field width: %S <= x <= %S", value, low, high);
    Py_XDECREF(low);
    Py_XDECREF(high);
    return -1;
}

int bitfield_store(CFieldObject *f, char *base, PyObject *value) {
    uint64_t words[2] = {0, 0};
    WideInt w = width_of(f);
    PyObject *integer = PyNumber_Index(value);
    if (integer == NULL) return -1;
    /* "int x : 1" holds 0 and -1; cffi takes 1 for -1, and so do programs. */
    if (w.is_signed && w.bits == 1) w.bits = 2;
    int failed = wide_store(w, words, integer, true);
    if (failed == 0 && f->member.bit_width == 1 && w.is_signed && (int64_t)words[0] < -1) failed = 1;
    if (failed > 0) failed = range_error(f, value);
    Py_DECREF(integer);
    if (failed == 0) abi_bits_store(base, &f->member, (AbiWide){words[0], words[1]});
    return failed;
}
