/* ffi.string() and ffi.unpack(): C memory copied into Python's strings and lists. */
#include "pymod/cdata.h"
#include "pymod/convert.h"

static PyObject *null_error(const char *function, CDataObject *cd) {
    PyObject *repr = PyObject_Repr((PyObject *)cd);
    if (repr != NULL) PyErr_Format(PyExc_RuntimeError, "cannot use %s() on %U", function, repr);
    Py_XDECREF(repr);
    return NULL;
}

/* How many items may be read from CD: of an array whose memory Python made or lent, as many as it has; -1: unknown.
 * An array within C memory may be declared shorter than it is (char name[1] at the end of a struct). */
static Py_ssize_t items_there(CDataObject *cd) {
    ModuleState *st = cd->ctype->state;
    bool whole = cdata_is(cd, st->cdata_own_type) || cdata_is(cd, st->cdata_frombuf_type);
    return whole && cd->ctype->flags & CT_ARRAY ? cdata_array_length(cd) : -1;
}

/* ---------------------------------------------------------------- string */

/* Units before the first zero, at most LIMIT; LIMIT < 0: there is a zero. */
static Py_ssize_t terminated(unsigned width, const char *src, Py_ssize_t limit) {
    if (width == 1) {
        if (limit < 0) return (Py_ssize_t)strlen(src);
        const char *end = memchr(src, 0, (size_t)limit);
        return end != NULL ? end - src : limit;
    }
    static const char zero[4];
    Py_ssize_t n = 0;
    while ((limit < 0 || n < limit) && memcmp(src + n * (Py_ssize_t)width, zero, width) != 0) n++;
    return n;
}

static PyObject *string_at(CDataObject *cd, CTypeObject *item, Py_ssize_t maxlen) {
    unsigned width = (unsigned)item->type->size;
    if (cd->data == NULL) return null_error("string", cd);
    Py_ssize_t there = items_there(cd);
    if (maxlen < 0 && cd->ctype->flags & CT_ARRAY) maxlen = cdata_array_length(cd);
    else if (there >= 0 && maxlen > there) maxlen = there;
    return text_load(width, cd->data, terminated(width, cd->data, maxlen));
}

/* The first enumerator of that value, else the value in decimal. */
static PyObject *enum_string(CDataObject *cd) {
    CTypeObject *ct = cd->ctype;
    PyObject *value = ct->from_c(ct, cd->data, NULL), *name = NULL;
    const AbiRecord *record = ct->type->record;
    if (value == NULL) return NULL;
    WideInt w = wide_of(ct->type);
    uint64_t bits = 0;
    if (wide_store((WideInt){w.is_signed, 64, 8}, &bits, value, false) == 0)
        for (size_t i = 0; record->complete && i < record->count && name == NULL; i++) {
            const AbiEnumerator *e = &record->enumerators[i];
            if (e->value == bits && (!e->negative || w.is_signed)) name = PyUnicode_FromString(e->name);
        }
    if (name == NULL && !PyErr_Occurred()) name = PyObject_Str(value);
    Py_DECREF(value);
    return name;
}

static bool is_text_unit(const CTypeObject *ct) { return ct->flags & CT_CHAR || (ct->flags & CT_BYTES && !(ct->flags & CT_BOOL)); }

PyObject *cdata_string(CDataObject *cd, Py_ssize_t maxlen) {
    CTypeObject *ct = cd->ctype;
    if (ct->flags & (CT_POINTER | CT_ARRAY)) {
        CTypeObject *item = ctype_item(ct);
        if (item == NULL) return NULL;
        if (is_text_unit(item)) return string_at(cd, item, maxlen);
    } else if (ct->flags & CT_ENUM) {
        return enum_string(cd);
    } else if (is_text_unit(ct)) {
        return text_load((unsigned)ct->type->size, cd->data, 1);
    }
    PyErr_Format(PyExc_TypeError, "string(): unexpected cdata '%s' argument", ct->name);
    return NULL;
}

/* ---------------------------------------------------------------- unpack */

static PyObject *unpack_list(CDataObject *cd, CTypeObject *item, Py_ssize_t length) {
    /* Free-threaded CPython 3.13 crashes on a list that is too long: it destroys one that has no items yet. */
    if (length >= PY_SSIZE_T_MAX / (Py_ssize_t)sizeof(PyObject *)) return PyErr_NoMemory();
    PyObject *list = PyList_New(length);
    char *at = cd->data;
    for (Py_ssize_t i = 0; list != NULL && i < length; i++, at += item->type->size) {
        PyObject *element = item->from_c(item, at, (PyObject *)cd);
        if (element == NULL) Py_CLEAR(list);
        else PyList_SET_ITEM(list, i, element);
    }
    return list;
}

PyObject *cdata_unpack(CDataObject *cd, Py_ssize_t length) {
    CTypeObject *ct = cd->ctype;
    if (!(ct->flags & (CT_ARRAY | CT_POINTER))) {
        PyErr_Format(PyExc_TypeError, "expected a pointer or array, got '%s'", ct->name);
        return NULL;
    }
    if (length < 0) {
        PyErr_SetString(PyExc_ValueError, "'length' cannot be negative");
        return NULL;
    }
    if (cd->data == NULL) return null_error("unpack", cd);
    Py_ssize_t there = items_there(cd);
    if (there >= 0 && length > there) {
        PyErr_Format(PyExc_IndexError, "unpack() of %zd items, but cdata '%s' has %zd", length, ct->name, there);
        return NULL;
    }
    CTypeObject *item = ctype_item(ct);
    if (item == NULL) return NULL;
    if (item->flags & CT_CHAR) return text_load((unsigned)item->type->size, cd->data, length);
    if (item->type->size == ABI_SIZE_UNKNOWN && !ctype_assume_enum(ct->state, item->type)) {
        PyErr_Format(PyExc_ValueError, "'%s' points to items of unknown size", ct->name);
        return NULL;
    }
    return unpack_list(cd, item, length);
}
