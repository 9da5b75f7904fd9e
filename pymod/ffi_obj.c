/* The FFI classes. The base has what needs no declarations (cffi calls it _cffi_backend.FFI); the
 * class that programs use adds cdef, include and the rest of in-line mode. */
#include "pymod/ffi.h"
#include "pymod/ffi_doc.h"
#include "pymod/tables.h"

#include <limits.h>

static PyObject *ffi_make(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    ModuleState *st = state_of_type(type);
    FFIObject *ffi = (FFIObject *)type->tp_alloc(type, 0);
    if (!ffi)
        return NULL;
    ffi->state = st;
    ffi->unicode = -1;
    ffi->types = PyDict_New();
    ffi->types_old = PyDict_New();
    ffi->included = PyList_New(0);
    ffi->libs = PyList_New(0);
    ffi->once = PyDict_New();
    ffi->scope = cdecl_scope_new(st->graph);
    CdeclError err = {0};
    if (ffi->types && ffi->types_old && ffi->included && ffi->libs && ffi->once && ffi->scope) {
        if (cdecl_scope_include(ffi->scope, st->common, &err) == 0)
            return (PyObject *)ffi;
        raise_cdecl(st, &err);
    }
    if (!PyErr_Occurred())
        PyErr_NoMemory();
    Py_DECREF(ffi);
    return NULL;
}

/* Out-of-line modules written in Python hand over their tables here. */
static int base_init(PyObject *self, PyObject *args, PyObject *kwargs) {
    return tables_from_python((FFIObject *)self, args, kwargs);
}

/* cffi's backend= chooses another implementation; there is one here. */
static int ffi_init(PyObject *self, PyObject *args, PyObject *kwargs) {
    static const ArgNames sig = {"FFI", 0, 1, {"backend"}};
    PyObject *bound[1];
    return args_bind_tuple(&sig, args, kwargs, bound);
}

static int ffi_traverse(PyObject *self, visitproc visit, void *arg) {
    FFIObject *ffi = (FFIObject *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(ffi->dict);
    Py_VISIT(ffi->types);
    Py_VISIT(ffi->types_old);
    Py_VISIT(ffi->included);
    Py_VISIT(ffi->libs);
    Py_VISIT(ffi->once);
    return 0;
}

/* The lists and dicts stay until the end, empty: methods may still be called on what the collector is
 * taking apart. INCLUDED stays filled: our scope refers to theirs, and FFIs can't include in circles. */
static int ffi_clear(PyObject *self) {
    FFIObject *ffi = (FFIObject *)self;
    Py_CLEAR(ffi->dict);
    if (ffi->types)
        PyDict_Clear(ffi->types);
    if (ffi->types_old)
        PyDict_Clear(ffi->types_old);
    if (ffi->once)
        PyDict_Clear(ffi->once);
    return ffi->libs ? PyList_SetSlice(ffi->libs, 0, PY_SSIZE_T_MAX, NULL) : 0;
}

static void ffi_dealloc(PyObject *self) {
    FFIObject *ffi = (FFIObject *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (ffi->weakrefs)
        PyObject_ClearWeakRefs(self);
    Py_CLEAR(ffi->dict);
    Py_CLEAR(ffi->types);
    Py_CLEAR(ffi->types_old);
    Py_CLEAR(ffi->libs);
    Py_CLEAR(ffi->once);
    tables_free(ffi->tables);
    if (ffi->scope)
        cdecl_scope_free(ffi->scope);
    Py_CLEAR(ffi->included); /* after the scope, which refers to theirs */
    type->tp_free(self);
    Py_DECREF(type);
}

/* ---- errno: the calling thread's, as the last C call left it */

static PyObject *get_errno(PyObject *self, void *unused) {
    return PyLong_FromLong(*abi_errno());
}

static int set_errno(PyObject *self, PyObject *value, void *unused) {
    if (!value) {
        PyErr_SetString(PyExc_AttributeError, "property 'errno' of 'FFI' object has no deleter");
        return -1;
    }
    long n = PyLong_AsLong(value);
    if (n == -1 && PyErr_Occurred())
        return -1;
    if (n < INT_MIN || n > INT_MAX) {
        PyErr_SetString(PyExc_OverflowError, "errno value too large");
        return -1;
    }
    *abi_errno() = (int)n;
    return 0;
}

/* ---- the types */

#define KW(name) {#name, (PyCFunction)(void (*)(void))method_##name, METH_FASTCALL | METH_KEYWORDS, name##_doc}
#define FAST(name) {#name, (PyCFunction)(void (*)(void))method_##name, METH_FASTCALL, name##_doc}
#define ONE(name) {#name, method_##name, METH_O, name##_doc}
#define BUILD(name) {#name, (PyCFunction)(void (*)(void))method_##name, METH_VARARGS | METH_KEYWORDS, name##_doc}
#define NONE(name) {#name, method_##name, METH_NOARGS, name##_doc}

static PyMethodDef base_methods[] = {
    FAST(addressof), ONE(alignof),        KW(callback),      KW(cast),      KW(def_extern),  ONE(dlclose),
    KW(dlopen),      KW(from_buffer),     ONE(from_handle),  KW(gc),        KW(getctype),    KW(init_once),
    KW(integer_const), NONE(list_types),  KW(memmove),       KW(new),       KW(new_allocator), ONE(new_handle),
    FAST(offsetof),  ONE(release),        ONE(sizeof),       KW(string),    ONE(typeof),     KW(unpack),
    {NULL},
};

static PyMethodDef ffi_methods[] = {
    KW(cdef), ONE(constants_in), ONE(enum), ONE(functions_in), ONE(include), ONE(pretty), ONE(set_unicode), ONE(to_dict),
    ONE(to_list), ONE(types_in), ONE(variables_in),
    BUILD(compile), BUILD(distutils_extension), BUILD(embedding_api), BUILD(embedding_init_code), BUILD(emit_c_code),
    BUILD(emit_python_code), BUILD(set_source), BUILD(set_source_pkgconfig), BUILD(verify), BUILD(verify_headers),
    BUILD(write_stubs),
    {NULL},
};

static PyGetSetDef base_getset[] = {
    {"errno", get_errno, set_errno, errno_doc, NULL},
    {NULL},
};

static PyMemberDef base_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(FFIObject, weakrefs), READONLY, NULL},
    {NULL},
};

static PyMemberDef ffi_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(FFIObject, weakrefs), READONLY, NULL},
    {"__dictoffset__", T_PYSSIZET, offsetof(FFIObject, dict), READONLY, NULL},
    {NULL},
};

#define VIEW(name, which) {#name, view_get, view_set, name##_doc, (void *)(intptr_t)which}

static PyGetSetDef ffi_getset[] = {
    VIEW(constants, VIEW_CONSTANTS),
    VIEW(functions, VIEW_FUNCTIONS),
    VIEW(types, VIEW_TYPES),
    VIEW(variables, VIEW_VARIABLES),
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL},
};

static PyType_Slot base_slots[] = {
    {Py_tp_doc, (void *)base_doc},      {Py_tp_new, ffi_make},          {Py_tp_init, base_init},
    {Py_tp_methods, base_methods},      {Py_tp_getset, base_getset},    {Py_tp_members, base_members},
    {Py_tp_traverse, ffi_traverse},     {Py_tp_clear, ffi_clear},       {Py_tp_dealloc, ffi_dealloc},
    {0, NULL},
};

static PyType_Slot ffi_slots[] = {
    {Py_tp_doc, (void *)ffi_doc},   {Py_tp_init, ffi_init},         {Py_tp_methods, ffi_methods},
    {Py_tp_getset, ffi_getset},     {Py_tp_members, ffi_members},   {Py_tp_traverse, ffi_traverse},
    {Py_tp_clear, ffi_clear},       {Py_tp_dealloc, ffi_dealloc},   {0, NULL},
};

PyType_Spec ffi_base_spec = {
    .name = "_cffi_backend.FFI",
    .basicsize = sizeof(FFIObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = base_slots,
};

PyType_Spec ffi_spec = {
    .name = "cdeffi.FFI",
    .basicsize = sizeof(FFIObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = ffi_slots,
};
