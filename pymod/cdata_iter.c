/* Iteration over arrays. */
#include "pymod/cdata.h"

typedef struct CDataIter {
    PyObject_HEAD
    CDataObject *cd;   /* strong, or NULL when cleared */
    CTypeObject *item; /* borrowed from the array's type */
    char *next;
    Py_ssize_t left;   /* items */
} CDataIter;

PyObject *cdata_iter(PyObject *self) {
    CDataObject *cd = (CDataObject *)self;
    if (!(cd->ctype->flags & CT_ARRAY)) {
        PyErr_Format(PyExc_TypeError, "cdata '%s' does not support iteration", cd->ctype->name);
        return NULL;
    }
    CTypeObject *item = ctype_item(cd->ctype);
    CDataIter *it = item == NULL ? NULL : PyObject_GC_New(CDataIter, cd->ctype->state->cdata_iter_type);
    if (it == NULL) return NULL;
    Py_INCREF(cd);
    it->cd = cd;
    it->item = item;
    it->next = cd->data;
    it->left = cdata_array_length(cd);
    PyObject_GC_Track(it);
    return (PyObject *)it;
}

/* The next item is *AT; false at the end. */
static bool iter_step(CDataIter *it, char **at) {
    bool more;
    Py_BEGIN_CRITICAL_SECTION(it);
    more = it->left > 0;
    if (more) {
        *at = it->next;
        it->next += it->item->type->size;
        it->left--;
    }
    Py_END_CRITICAL_SECTION();
    return more;
}

/* The array may be at address 0, or its memory released meanwhile: to step on from there is undefined (C11 6.5.6p8). */
static PyObject *iter_next(PyObject *self) {
    CDataIter *it = (CDataIter *)self;
    char *at;
    if (it->left > 0 && it->cd->data == NULL) return cdata_null_error(it->cd);
    if (!iter_step(it, &at)) return NULL;
    return it->item->from_c(it->item, at, (PyObject *)it->cd);
}

static PyObject *iter_length_hint(PyObject *self, PyObject *unused) { return PyLong_FromSsize_t(((CDataIter *)self)->left); }

static int iter_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((CDataIter *)self)->cd);
    return 0;
}

static int iter_clear(PyObject *self) {
    ((CDataIter *)self)->left = 0;
    Py_CLEAR(((CDataIter *)self)->cd);
    return 0;
}

static void iter_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    iter_clear(self);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {{"__length_hint__", iter_length_hint, METH_NOARGS, "__length_hint__($self, /)\n--\n\nHow many items are left."},
                                {NULL, NULL, 0, NULL}};

PyDoc_STRVAR(doc, "Iterator over the items of an array cdata; keeps the array alive.");

static PyType_Slot slots[] = {{Py_tp_doc, (void *)doc},         {Py_tp_iter, PyObject_SelfIter}, {Py_tp_iternext, iter_next},
                              {Py_tp_methods, methods},         {Py_tp_traverse, iter_traverse}, {Py_tp_clear, iter_clear},
                              {Py_tp_dealloc, iter_dealloc},    NO_INSTANCES {0, NULL}};

PyType_Spec cdata_iter_spec = {
    .name = "_cffi_backend.__CData_iterator",
    .basicsize = sizeof(CDataIter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
