/* What ffi.new_allocator() returns: called like ffi.new, with the memory coming from elsewhere.
 * How the memory is asked for and given back is in cdata_new(). */
#include "pymod/ffi.h"

METHOD_KW(new_allocator) {
    static const ArgNames sig = {"new_allocator", 0, 3, {"alloc", "free", "should_clear_after_alloc"}};
    PyObject *bound[3];
    if (args_bind(&sig, args, nargs, kwnames, bound) < 0)
        return NULL;
    ModuleState *st = ((FFIObject *)self)->state;
    PyObject *alloc = bound[0] == Py_None ? NULL : bound[0], *release = bound[1] == Py_None ? NULL : bound[1];
    if (release && !alloc) {
        PyErr_SetString(PyExc_TypeError, "cannot pass 'free' without 'alloc'");
        return NULL;
    }
    int clear = bound[2] ? PyObject_IsTrue(bound[2]) : 1;
    if (clear < 0)
        return NULL;
    AllocatorObject *a = PyObject_GC_New(AllocatorObject, st->allocator_type);
    if (!a)
        return NULL;
    a->ffi = (FFIObject *)Py_NewRef(self);
    a->alloc = Py_XNewRef(alloc);
    a->free = Py_XNewRef(release);
    a->clear = clear;
    PyObject_GC_Track(a);
    return (PyObject *)a;
}

static PyObject *allocator_call(PyObject *self, PyObject *args, PyObject *kwargs) {
    static const ArgNames sig = {"allocate", 1, 2, {"cdecl", "init"}};
    AllocatorObject *a = (AllocatorObject *)self;
    PyObject *bound[2];
    if (args_bind_tuple(&sig, args, kwargs, bound) < 0)
        return NULL;
    CTypeObject *ct = ffi_type_arg(a->ffi, bound[0], 0);
    if (!ct)
        return NULL;
    PyObject *result = cdata_new(ct, bound[1] == Py_None ? NULL : bound[1], self);
    Py_DECREF(ct);
    return result;
}

static int allocator_traverse(PyObject *self, visitproc visit, void *arg) {
    AllocatorObject *a = (AllocatorObject *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(a->ffi);
    Py_VISIT(a->alloc);
    Py_VISIT(a->free);
    return 0;
}

static int allocator_clear(PyObject *self) {
    AllocatorObject *a = (AllocatorObject *)self;
    Py_CLEAR(a->ffi);
    Py_CLEAR(a->alloc);
    Py_CLEAR(a->free);
    return 0;
}

static void allocator_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    allocator_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

PyDoc_STRVAR(allocator_doc, "Allocator(cdecl, init=None)\n--\n\n"
                            "What ffi.new_allocator() returns: called like ffi.new(), but the memory comes from\n"
                            "the alloc function it was made with and goes back through its free function.");

static PyType_Slot allocator_slots[] = {
    NO_INSTANCES
    {Py_tp_doc, (void *)allocator_doc},     {Py_tp_call, allocator_call},   {Py_tp_traverse, allocator_traverse},
    {Py_tp_clear, allocator_clear},         {Py_tp_dealloc, allocator_dealloc}, {0, NULL},
};

PyType_Spec allocator_spec = {
    .name = "_cffi_backend.Allocator",
    .basicsize = sizeof(AllocatorObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = allocator_slots,
};
