/* Items of pointers and arrays: p[i], p[i] = v, len(p). */
#include "pymod/cdata.h"
#include "pymod/convert.h"

/* Is item I of CD there? 0, or -1 with an exception. */
static int check_index(CDataObject *cd, Py_ssize_t i) {
    CTypeObject *ct = cd->ctype;
    if (ct->flags & CT_ARRAY) {
        if (i < 0) {
            PyErr_SetString(PyExc_IndexError, "negative index");
            return -1;
        }
        Py_ssize_t length = cdata_array_length(cd);
        if (i >= length) {
            PyErr_Format(PyExc_IndexError, "index too large for cdata '%s' (expected %zd < %zd)", ct->name, i, length);
            return -1;
        }
    } else if (!(ct->flags & CT_POINTER)) {
        PyErr_Format(PyExc_TypeError, "cdata of type '%s' cannot be indexed", ct->name);
        return -1;
    } else if (i != 0 && cdata_is_owning(cd)) {
        PyErr_Format(PyExc_IndexError, "cdata '%s' can only be indexed by 0", ct->name);
        return -1;
    }
    return cd->data == NULL ? (cdata_null_error(cd), -1) : 0;
}

/* The address of CD[I], and the type of what is there; NULL with an exception. */
static inline char *item_at(CDataObject *cd, Py_ssize_t i, CTypeObject **item) {
    CTypeObject *ct = cd->ctype;
    bool plain = ct->flags & CT_ARRAY ? (size_t)i < (size_t)cdata_array_length(cd) && cd->data != NULL
                                      : ct->flags & CT_POINTER && cd->data != NULL && (i == 0 || !cdata_is_owning(cd));
    if (!plain && check_index(cd, i) < 0) return NULL;
    if ((*item = ctype_item(ct)) == NULL) return NULL;
    const AbiType *type = (*item)->type;
    if (type->size == ABI_SIZE_UNKNOWN && !ctype_assume_enum(ct->state, type)) return cd->data; /* no converter reads or writes an opaque type */
    return (char *)((uintptr_t)cd->data + (uintptr_t)i * type->size);
}

/* The index that KEY is; false with an exception. */
static inline bool index_of(PyObject *key, Py_ssize_t *i) {
    int64_t small;
    if (int_compact(key, &small)) {
        *i = (Py_ssize_t)small;
        return true;
    }
    *i = PyNumber_AsSsize_t(key, PyExc_IndexError);
    return *i != -1 || !PyErr_Occurred();
}

static inline PyObject *subscript(PyObject *self, PyObject *key) {
    CDataObject *cd = (CDataObject *)self;
    CTypeObject *item;
    Py_ssize_t i;
    if (PySlice_Check(key)) return cdata_slice(cd, (PySliceObject *)key);
    char *at = index_of(key, &i) ? item_at(cd, i, &item) : NULL;
    return at == NULL ? NULL : item->from_c(item, at, self);
}

PyObject *cdata_subscript(PyObject *self, PyObject *key) { return subscript(self, key); }

PyObject *cdata_own_subscript(PyObject *self, PyObject *key) {
    Py_ssize_t i;
    if (!cdata_is_ownptr((CDataObject *)self)) return subscript(self, key);
    if (PySlice_Check(key)) return cdata_slice((CDataObject *)self, (PySliceObject *)key);
    if (!index_of(key, &i) || (i != 0 && check_index((CDataObject *)self, i) < 0)) return NULL;
    return Py_NewRef((PyObject *)((CDataOwnPtr *)self)->target);
}

/* A struct with a flexible array member: how much memory is there is known only of what ffi.new() made. */
static int store_item(CDataObject *cd, CTypeObject *item, char *at, PyObject *value) {
    if (item->flags & CT_RECORD && item->type->flags & ABI_F_FLEXIBLE && cd->ctype->flags & CT_POINTER)
        return init_record(item, at, value, cdata_variable_size(cd));
    return item->to_c(item, at, value);
}

int cdata_ass_subscript(PyObject *self, PyObject *key, PyObject *value) {
    CDataObject *cd = (CDataObject *)self;
    CTypeObject *item;
    Py_ssize_t i;
    if (PySlice_Check(key)) return cdata_ass_slice(cd, (PySliceObject *)key, value);
    char *at = index_of(key, &i) ? item_at(cd, i, &item) : NULL;
    if (at == NULL) return -1;
    if (value == NULL) {
        PyErr_SetString(PyExc_TypeError, "'del x[n]' not supported for cdata objects");
        return -1;
    }
    Py_ssize_t *busy = cdata_busy_begin(cd);
    int failed = store_item(cd, item, at, value);
    cdata_busy_end(busy);
    return failed;
}

Py_ssize_t cdata_length(PyObject *self) {
    CDataObject *cd = (CDataObject *)self;
    if (cd->ctype->flags & CT_ARRAY) return cdata_array_length(cd);
    PyErr_Format(PyExc_TypeError, "cdata of type '%s' has no len()", cd->ctype->name);
    return -1;
}
