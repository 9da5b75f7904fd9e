/* Slices: p[a:b] is a T[] at that place, p[a:b] = v writes all its items. Both bounds must be given: a
 * pointer has no end. */
#include "pymod/cdata.h"
#include "pymod/convert.h"

typedef struct Range {
    CTypeObject *item; /* borrowed from the sliced type */
    char *data;
    Py_ssize_t length;
} Range;

/* One bound; *FAILED with an exception. */
static Py_ssize_t bound(PyObject *value, const char *missing, bool *failed) {
    if (value == Py_None) {
        PyErr_SetString(PyExc_IndexError, missing);
        *failed = true;
        return -1;
    }
    Py_ssize_t n = PyLong_AsSsize_t(value);
    *failed = n == -1 && PyErr_Occurred();
    return n;
}

static int bounds(PySliceObject *slice, Py_ssize_t *start, Py_ssize_t *stop) {
    bool failed;
    *start = bound(slice->start, "slice start must be specified", &failed);
    if (failed) return -1;
    *stop = bound(slice->stop, "slice stop must be specified", &failed);
    if (failed) return -1;
    if (slice->step != Py_None) PyErr_SetString(PyExc_IndexError, "slice with step not supported");
    else if (*start > *stop) PyErr_SetString(PyExc_IndexError, "slice start > stop");
    else return 0;
    return -1;
}

static int check_bounds(CDataObject *cd, Py_ssize_t start, Py_ssize_t stop) {
    if (cd->ctype->flags & CT_ARRAY) {
        Py_ssize_t length = cdata_array_length(cd);
        if (start < 0) PyErr_SetString(PyExc_IndexError, "negative index");
        else if (stop > length) PyErr_Format(PyExc_IndexError, "index too large (expected %zd <= %zd)", stop, length);
        else return 0;
        return -1;
    }
    if (cd->ctype->flags & CT_POINTER) return 0;
    PyErr_Format(PyExc_TypeError, "cdata of type '%s' cannot be indexed", cd->ctype->name);
    return -1;
}

static int range_of(CDataObject *cd, PySliceObject *slice, Range *range) {
    Py_ssize_t start, stop, bytes;
    if (bounds(slice, &start, &stop) < 0 || check_bounds(cd, start, stop) < 0) return -1;
    range->item = ctype_item(cd->ctype);
    if (range->item == NULL) return -1;
    const AbiType *type = range->item->type;
    if (type->size == ABI_SIZE_UNKNOWN && !ctype_assume_enum(cd->ctype->state, type)) {
        PyErr_Format(PyExc_ValueError, "array item of unknown size: '%s'", range->item->name);
        return -1;
    }
    size_t size = type->size;
    if (__builtin_sub_overflow(stop, start, &range->length) || __builtin_mul_overflow(range->length, (Py_ssize_t)size, &bytes)) {
        PyErr_SetString(PyExc_OverflowError, "array size would overflow a Py_ssize_t");
        return -1;
    }
    range->data = (char *)((uintptr_t)cd->data + (uintptr_t)start * size);
    return 0;
}

PyObject *cdata_slice(CDataObject *cd, PySliceObject *slice) {
    Range range;
    CTypeObject *array = range_of(cd, slice, &range) < 0 ? NULL : ctype_array_of(range.item, -1);
    if (array == NULL) return NULL;
    PyObject *result = cdata_sized(array, range.data, range.length, (PyObject *)cd);
    Py_DECREF(array);
    return result;
}

/* ---------------------------------------------------------------- assignment */

static int store_iterable(const Range *range, PyObject *value) {
    PyObject *it = PyObject_GetIter(value), *element;
    if (it == NULL) return -1;
    char *at = range->data;
    Py_ssize_t i = 0;
    int failed = 0;
    for (; i < range->length && failed == 0 && (element = PyIter_Next(it)) != NULL; i++, at += range->item->type->size) {
        failed = range->item->to_c(range->item, at, element);
        Py_DECREF(element);
    }
    if (failed == 0 && !PyErr_Occurred()) {
        if (i < range->length) {
            PyErr_Format(PyExc_ValueError, "need %zd values to unpack, got %zd", range->length, i);
        } else if ((element = PyIter_Next(it)) != NULL) {
            Py_DECREF(element);
            PyErr_Format(PyExc_ValueError, "got more than %zd values to unpack", range->length);
        }
    }
    Py_DECREF(it);
    return PyErr_Occurred() ? -1 : 0;
}

static int store_bytes(const Range *range, const char *src, Py_ssize_t n) {
    if (n != range->length) {
        PyErr_Format(PyExc_ValueError, "need a string of length %zd, got %zd", range->length, n);
        return -1;
    }
    if (n > 0) memmove(range->data, src, (size_t)n);
    return 0;
}

static int store_bytearray(const Range *range, PyObject *value) {
    int failed;
    Py_BEGIN_CRITICAL_SECTION(value);
    failed = store_bytes(range, PyByteArray_AS_STRING(value), PyByteArray_GET_SIZE(value));
    Py_END_CRITICAL_SECTION();
    return failed;
}

/* An array of the same items and length: copied as a whole. */
static bool same_array(const Range *range, PyObject *value, ModuleState *st) {
    if (!cdata_check(st, value)) return false;
    CDataObject *cd = (CDataObject *)value;
    return cd->ctype->flags & CT_ARRAY && ctype_item(cd->ctype) == range->item && cdata_array_length(cd) == range->length && cd->data != NULL;
}

static int store_range(const Range *range, PyObject *value, ModuleState *st) {
    if (same_array(range, value, st)) {
        memmove(range->data, ((CDataObject *)value)->data, (size_t)range->length * range->item->type->size);
        return 0;
    }
    if (PyErr_Occurred()) return -1;
    if (range->item->flags & CT_CHAR && range->item->type->size == 1) {
        if (PyBytes_Check(value)) return store_bytes(range, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value));
        if (PyByteArray_Check(value)) return store_bytearray(range, value);
    }
    return store_iterable(range, value);
}

int cdata_ass_slice(CDataObject *cd, PySliceObject *slice, PyObject *value) {
    Range range;
    if (range_of(cd, slice, &range) < 0) return -1;
    if (value == NULL) {
        PyErr_SetString(PyExc_TypeError, "'del x[n]' not supported for cdata objects");
        return -1;
    }
    if (cd->data == NULL && range.length > 0) {
        cdata_null_error(cd);
        return -1;
    }
    Py_ssize_t *busy = cdata_busy_begin(cd);
    int failed = store_range(&range, value, cd->ctype->state);
    cdata_busy_end(busy);
    return failed;
}
