/* Integers of any width (__int128, _BitInt) to and from Python ints, 64 bits at a time.
 *
 * _BitInt(N) lies in memory as the ABI says: little-endian, in the smallest container; the bits above N
 * are written as the extension of the value and ignored when read (psABI x86-64, 3.1.2: unspecified). */
#include "pymod/convert.h"

/* An enum that is only declared counts as unsigned int, as in cffi; a later definition may say otherwise. */
WideInt wide_of(const AbiType *type) {
    if (type->size == ABI_SIZE_UNKNOWN) return (WideInt){false, 8 * sizeof(unsigned), sizeof(unsigned)};
    const AbiType *base = type->kind == ABI_ENUM ? type->item.type : type;
    WideInt w = {(base->flags & ABI_F_SIGNED) != 0, 8 * (unsigned)base->size, (unsigned)base->size};
    if (base->flags & ABI_F_BITINT) w.bits = (unsigned)base->length;
    return w;
}

/* 64 bits from byte AT on; what is beyond the value's bits is its extension. */
static uint64_t chunk_load(WideInt w, const char *src, unsigned at, uint64_t extension) {
    uint64_t chunk = 0;
    unsigned n = w.bytes - at < 8 ? w.bytes - at : 8, valid = w.bits > 8 * at ? w.bits - 8 * at : 0;
    memcpy(&chunk, src + at, n);
    if (valid >= 64) return chunk;
    uint64_t mask = valid == 0 ? 0 : UINT64_MAX >> (64 - valid);
    return (chunk & mask) | (extension & ~mask);
}

static bool is_negative(WideInt w, const char *src) {
    unsigned top = w.bits - 1;
    return w.is_signed && (src[top / 8] >> top % 8 & 1);
}

PyObject *wide_load(WideInt w, const void *src) {
    uint64_t extension = is_negative(w, src) ? UINT64_MAX : 0;
    unsigned chunks = (w.bytes + 7) / 8;
    uint64_t top = chunk_load(w, src, 8 * (chunks - 1), extension);
    PyObject *result = extension ? PyLong_FromLongLong((long long)top) : PyLong_FromUnsignedLongLong(top);
    PyObject *width = chunks > 1 ? PyLong_FromLong(64) : NULL;
    for (unsigned i = chunks - 1; i-- > 0 && result != NULL && width != NULL;) {
        PyObject *low = PyLong_FromUnsignedLongLong(chunk_load(w, src, 8 * i, extension));
        PyObject *high = low == NULL ? NULL : PyNumber_Lshift(result, width);
        Py_SETREF(result, high == NULL ? NULL : PyNumber_Or(high, low));
        Py_XDECREF(high);
        Py_XDECREF(low);
    }
    if (chunks > 1 && width == NULL) Py_CLEAR(result);
    Py_XDECREF(width);
    return result;
}

/* INTEGER >> BITS; new reference. */
static PyObject *shifted(PyObject *integer, unsigned bits) {
    PyObject *count = PyLong_FromUnsignedLong(bits);
    PyObject *result = count == NULL ? NULL : PyNumber_Rshift(integer, count);
    Py_XDECREF(count);
    return result;
}

/* 1 if INTEGER has a value in W, 0 if not, -1 with an exception. */
static int fits(WideInt w, PyObject *integer) {
    PyObject *rest = shifted(integer, w.is_signed ? w.bits - 1 : w.bits);
    if (rest == NULL) return -1;
    int overflow;
    long value = PyLong_AsLongAndOverflow(rest, &overflow);
    Py_DECREF(rest);
    if (overflow != 0) return 0;
    if (value == -1 && PyErr_Occurred()) return -1;
    return value == 0 || (w.is_signed && value == -1);
}

static int chunk_of(PyObject *integer, unsigned index, uint64_t *chunk) {
    PyObject *rest = index == 0 ? Py_NewRef(integer) : shifted(integer, 64 * index);
    if (rest == NULL) return -1;
    *chunk = PyLong_AsUnsignedLongLongMask(rest);
    Py_DECREF(rest);
    return *chunk == UINT64_MAX && PyErr_Occurred() ? -1 : 0;
}

/* The bits above the value's width: its extension, as C's conversion to a narrower type makes it. */
static void extend(WideInt w, unsigned char *bytes) {
    unsigned last = (w.bits - 1) / 8, used = (w.bits - 1) % 8 + 1;
    bool negative = w.is_signed && (bytes[last] >> (used - 1) & 1);
    unsigned char mask = (unsigned char)(0xFF >> (8 - used));
    bytes[last] = (unsigned char)(negative ? bytes[last] | (unsigned char)~mask : bytes[last] & mask);
    memset(bytes + last + 1, negative ? 0xFF : 0, w.bytes - last - 1);
}

int wide_store(WideInt w, void *dest, PyObject *integer, bool limit) {
    int ok = limit ? fits(w, integer) : 1;
    if (ok <= 0) return ok < 0 ? -1 : 1;
    unsigned char small[64], *bytes = small;
    unsigned chunks = (w.bytes + 7) / 8;
    if (8 * chunks > sizeof small && (bytes = PyMem_Malloc(8 * (size_t)chunks)) == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    int failed = 0;
    for (unsigned i = 0; i < chunks && failed == 0; i++) {
        uint64_t chunk = 0;
        failed = chunk_of(integer, i, &chunk);
        memcpy(bytes + 8 * i, &chunk, 8);
    }
    if (failed == 0) {
        extend(w, bytes);
        memcpy(dest, bytes, w.bytes);
    }
    if (bytes != small) PyMem_Free(bytes);
    return failed;
}
