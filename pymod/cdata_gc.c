/* ffi.gc(): a cdata with a destructor, and what an allocator of the program's makes.
 *
 * The destructor runs exactly once: at ffi.release(), or when the object goes, be it by its last
 * reference, in a cycle or at interpreter exit. It gets the original cdata, which it keeps alive so long. */
#include "pymod/cdata.h"

PyObject *cdata_gc_new(CDataObject *origin, CTypeObject *ct, PyObject *dtor, Py_ssize_t length) {
    CDataGC *gc = (CDataGC *)cdata_alloc_held(ct->state->cdata_gc_type, ct);
    if (gc == NULL) return NULL;
    gc->sized.head.data = origin->data;
    gc->sized.length = length;
    gc->busy = 0;
    gc->origin = Py_NewRef((PyObject *)origin);
    gc->destructor = Py_XNewRef(dtor);
    PyObject_GC_Track(gc);
    return (PyObject *)gc;
}

PyObject *cdata_gc(CDataObject *cd, PyObject *dtor, Py_ssize_t size) {
    ModuleState *st = cd->ctype->state;
    if (dtor == Py_None) {
        if (!cdata_is(cd, st->cdata_gc_type)) {
            PyErr_SetString(PyExc_TypeError, "Can remove destructor only on a object previously returned by ffi.gc()");
            return NULL;
        }
        CDataGC *gc = (CDataGC *)cd;
        Py_BEGIN_CRITICAL_SECTION(gc);
        dtor = gc->destructor;
        gc->destructor = NULL;
        Py_END_CRITICAL_SECTION();
        Py_XDECREF(dtor);
        Py_RETURN_NONE;
    }
    bool open = cd->ctype->flags & CT_ARRAY && !abi_length_known(cd->ctype->type->length);
    return cdata_gc_new(cd, cd->ctype, dtor, open ? cdata_array_length(cd) : cdata_variable_size(cd));
}

/* Run the destructor unless it has run. Keeps the current exception. */
static void finalize(PyObject *self) {
    CDataGC *gc = (CDataGC *)self;
    PyObject *dtor, *origin;
    Py_BEGIN_CRITICAL_SECTION(self);
    dtor = gc->destructor;
    origin = gc->origin;
    gc->destructor = gc->origin = NULL;
    Py_END_CRITICAL_SECTION();
    if (dtor != NULL) {
        PyObject *type, *value, *traceback;
        PyErr_Fetch(&type, &value, &traceback);
        PyObject *result = PyObject_CallFunctionObjArgs(dtor, origin, NULL);
        if (result == NULL) unraisable("from callback for ffi.gc ", origin, NULL);
        Py_XDECREF(result);
        Py_DECREF(dtor);
        PyErr_Restore(type, value, traceback);
    }
    Py_XDECREF(origin);
}

int cdata_gc_release(CDataObject *cd) {
    if (((CDataGC *)cd)->busy > 0) {
        PyErr_Format(PyExc_BufferError, "cannot release cdata '%s': its memory is in use", cd->ctype->name);
        return -1;
    }
    finalize((PyObject *)cd);
    return 0;
}

static int gc_traverse(PyObject *self, visitproc visit, void *arg) {
    CDataGC *gc = (CDataGC *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(gc->sized.head.ctype);
    Py_VISIT(gc->origin);
    Py_VISIT(gc->destructor);
    return 0;
}

static int gc_clear(PyObject *self) {
    Py_CLEAR(((CDataGC *)self)->origin);
    Py_CLEAR(((CDataGC *)self)->destructor);
    return 0;
}

/* An origin may have a destructor of its own, and so on: the trashcan bounds the recursion. */
static void gc_dealloc(PyObject *self) {
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, gc_dealloc)
    bool revived = false;
    if (((CDataGC *)self)->destructor != NULL) {
        PyObject_GC_Track(self);
        revived = PyObject_CallFinalizerFromDealloc(self) < 0;
        if (!revived) PyObject_GC_UnTrack(self);
    }
    if (!revived) {
        if (((CDataObject *)self)->weakrefs != NULL) PyObject_ClearWeakRefs(self);
        gc_clear(self);
        cdata_free(self);
    }
    Py_TRASHCAN_END
}

PyDoc_STRVAR(doc, "What ffi.gc() returns: a cdata with a destructor, which is called once, with the original cdata, by ffi.release() or\n"
                  "when this object and the views of it are gone.");

static PyType_Slot slots[] = {{Py_tp_doc, (void *)doc},       {Py_tp_dealloc, gc_dealloc},   {Py_tp_finalize, finalize}, {Py_tp_traverse, gc_traverse},
                              {Py_tp_clear, gc_clear}, NO_INSTANCES {0, NULL}};

PyType_Spec cdata_gc_spec = {
    .name = "_cffi_backend.__CDataGCP",
    .basicsize = sizeof(CDataGC),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
