/* Bit-fields to and from Python ints. */
#include "pymod/cfield.h"

static WideInt width_of(const CFieldObject *f) { return (WideInt){f->is_signed, f->member.bit_width, 16}; }

/* ---------------------------------------------------------------- in one machine word */

static uint64_t unit_load(const CFieldObject *f, const char *data) {
    uint64_t word = 0; /* little-endian: as many low bytes as the unit has */
    const char *at = data + f->unit_offset;
    switch (f->unit) {
    case 1: memcpy(&word, at, 1); break;
    case 2: memcpy(&word, at, 2); break;
    case 4: memcpy(&word, at, 4); break;
    default: memcpy(&word, at, 8); break;
    }
    return word;
}

static void unit_store(const CFieldObject *f, char *data, uint64_t bits) {
    uint64_t mask = UINT64_MAX >> (64 - f->member.bit_width) << f->unit_shift;
    uint64_t word = (unit_load(f, data) & ~mask) | (bits << f->unit_shift & mask);
    char *at = data + f->unit_offset;
    switch (f->unit) {
    case 1: memcpy(at, &word, 1); break;
    case 2: memcpy(at, &word, 2); break;
    case 4: memcpy(at, &word, 4); break;
    default: memcpy(at, &word, 8); break;
    }
}

static PyObject *from_bits(const CFieldObject *f, uint64_t bits) {
    unsigned unused = 64 - f->member.bit_width;
    if (f->is_signed) return PyLong_FromLongLong((int64_t)(bits << unused) >> unused);
    return PyLong_FromUnsignedLongLong(bits << unused >> unused);
}

PyObject *bitfield_load(CFieldObject *f, const char *data) {
    if (f->unit != 0) return from_bits(f, unit_load(f, data) >> f->unit_shift);
    AbiWide raw = abi_bits_load(data + f->base, &f->member);
    if (f->member.bit_width <= 64) return from_bits(f, raw.lo);
    uint64_t words[2] = {raw.lo, raw.hi};
    return wide_load(width_of(f), words);
}

/* ---------------------------------------------------------------- of any width */

static PyObject *limit(const CFieldObject *f, bool upper) {
    unsigned bits = f->member.bit_width - (f->is_signed ? 1u : 0u);
    if (upper && bits == 0) return PyLong_FromLong(1); /* see bitfield_store */
    PyObject *one = PyLong_FromLong(1), *count = PyLong_FromUnsignedLong(bits), *power = NULL, *result = NULL;
    if (one != NULL && count != NULL) power = PyNumber_Lshift(one, count);
    if (power != NULL) {
        if (upper) result = PyNumber_Subtract(power, one);
        else result = f->is_signed ? PyNumber_Negative(power) : PyLong_FromLong(0);
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

/* "int x : 1" holds 0 and -1; cffi takes 1 for -1, and so do programs. */
static int store_any(CFieldObject *f, char *data, PyObject *value) {
    uint64_t words[2] = {0, 0};
    WideInt w = width_of(f);
    PyObject *integer = PyNumber_Index(value);
    if (integer == NULL) return -1;
    if (w.is_signed && w.bits == 1) w.bits = 2;
    int failed = wide_store(w, words, integer, true);
    if (failed == 0 && f->member.bit_width == 1 && w.is_signed && (int64_t)words[0] < -1) failed = 1;
    if (failed > 0) failed = range_error(f, value);
    Py_DECREF(integer);
    if (failed == 0) abi_bits_store(data + f->base, &f->member, (AbiWide){words[0], words[1]});
    return failed;
}

int bitfield_store(CFieldObject *f, char *data, PyObject *value) {
    int64_t n;
    if (f->unit == 0 || !int_compact(value, &n)) return store_any(f, data, value);
    unsigned bits = f->member.bit_width - (f->is_signed ? 1u : 0u);
    bool fits = bits >= 63 ? f->is_signed || n >= 0 : n >> bits == 0 || (f->is_signed && n >> bits == -1);
    if (!fits) return store_any(f, data, value);
    unit_store(f, data, (uint64_t)n);
    return 0;
}
