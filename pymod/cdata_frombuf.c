/* ffi.from_buffer(): a cdata on the memory of a Python object, which stays locked until release. */
#include "pymod/cdata.h"

/* How many items of CT (an array or pointer type) SIZE bytes hold; -1 with an exception. */
static Py_ssize_t length_for(CTypeObject *ct, Py_ssize_t size) {
    const AbiType *type = ct->type;
    if (ct->flags & CT_POINTER) return size;
    if (type->size != ABI_SIZE_UNKNOWN) {
        if (size >= (Py_ssize_t)type->size) return (Py_ssize_t)type->length;
        PyErr_Format(PyExc_ValueError, "buffer is too small (%zd bytes) for '%s' (%zd bytes)", size, ct->name, (Py_ssize_t)type->size);
        return -1;
    }
    size_t item = type->item.type->size;
    if (item != 0 && item != ABI_SIZE_UNKNOWN) return size / (Py_ssize_t)item;
    PyErr_Format(PyExc_ZeroDivisionError, "from_buffer('%s', ..): the actual length of the array cannot be computed", ct->name);
    return -1;
}

static int buffer_get(PyObject *obj, Py_buffer *view, int require_writable) {
    if (PyObject_GetBuffer(obj, view, require_writable ? PyBUF_WRITABLE : PyBUF_SIMPLE) < 0) return -1;
    if (PyBuffer_IsContiguous(view, 'A')) return 0;
    PyBuffer_Release(view);
    PyErr_SetString(PyExc_TypeError, "contiguous buffer expected");
    return -1;
}

PyObject *cdata_from_buffer(CTypeObject *ct, PyObject *obj, int require_writable) {
    if (!(ct->flags & (CT_ARRAY | CT_POINTER)) || abi_is_nullptr(ct->type)) {
        PyErr_Format(PyExc_TypeError, "expected a pointer or array ctype, got '%s'", ct->name);
        return NULL;
    }
    if (PyUnicode_Check(obj)) {
        PyErr_SetString(PyExc_TypeError, "from_buffer() cannot return the address of a unicode object");
        return NULL;
    }
    Py_buffer view;
    if (buffer_get(obj, &view, require_writable) < 0) return NULL;
    Py_ssize_t length = length_for(ct, view.len);
    CDataFromBuf *cd = length < 0 ? NULL : (CDataFromBuf *)cdata_alloc_held(ct->state->cdata_frombuf_type, ct);
    if (cd == NULL) {
        PyBuffer_Release(&view);
        return NULL;
    }
    cd->sized.head.data = view.buf;
    cd->sized.length = length;
    cd->busy = 0;
    cd->view = view; /* as in CPython's memoryview: a Py_buffer may be moved until it is released */
    PyObject_GC_Track(cd);
    return (PyObject *)cd;
}

/* The memory is no longer ours: nothing may be reached through the object. */
static void forget(CDataFromBuf *cd) {
    Py_buffer view;
    Py_BEGIN_CRITICAL_SECTION(cd);
    view = cd->view;
    cd->view.obj = NULL;
    cd->sized.head.data = NULL;
    Py_END_CRITICAL_SECTION();
    PyBuffer_Release(&view);
}

int cdata_frombuf_release(CDataObject *cd) {
    if (((CDataFromBuf *)cd)->busy > 0) {
        PyErr_Format(PyExc_BufferError, "cannot release cdata '%s': its memory is in use", cd->ctype->name);
        return -1;
    }
    forget((CDataFromBuf *)cd);
    return 0;
}

PyObject *cdata_frombuf_repr(PyObject *self) {
    CDataFromBuf *cd = (CDataFromBuf *)self;
    CTypeObject *ct = cd->sized.head.ctype;
    if (cd->view.obj == NULL) return PyUnicode_FromFormat("<cdata '%s' buffer RELEASED>", ct->name);
    const char *type = Py_TYPE(cd->view.obj)->tp_name;
    if (ct->flags & CT_ARRAY)
        return PyUnicode_FromFormat("<cdata '%s' buffer len %zd from '%.200s' object>", ct->name,
                                    cdata_array_length((CDataObject *)self), type);
    return PyUnicode_FromFormat("<cdata '%s' buffer from '%.200s' object>", ct->name, type);
}

static int frombuf_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((CDataObject *)self)->ctype);
    Py_VISIT(((CDataFromBuf *)self)->view.obj);
    return 0;
}

static int frombuf_clear(PyObject *self) {
    forget((CDataFromBuf *)self);
    return 0;
}

static void frombuf_dealloc(PyObject *self) {
    PyObject_GC_UnTrack(self);
    if (((CDataObject *)self)->weakrefs != NULL) PyObject_ClearWeakRefs(self);
    forget((CDataFromBuf *)self);
    cdata_free(self);
}

PyDoc_STRVAR(doc, "What ffi.from_buffer() returns: a cdata on the memory of another object, which stays alive and locked until\n"
                  "ffi.release(), or until this object and the views of it are gone.");

static PyType_Slot slots[] = {{Py_tp_doc, (void *)doc},            {Py_tp_repr, cdata_frombuf_repr},     {Py_tp_dealloc, frombuf_dealloc}, {Py_tp_traverse, frombuf_traverse},
                              {Py_tp_clear, frombuf_clear}, NO_INSTANCES {0, NULL}};

PyType_Spec cdata_frombuf_spec = {
    .name = "_cffi_backend.__CDataFromBuf",
    .basicsize = sizeof(CDataFromBuf),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
