/* _cffi_backend.load_library(): a library without declarations; each use names the type. */
#include "pymod/backend.h"

#include <dlfcn.h>
#include <stdlib.h>

typedef struct CLibraryObject {
    PyObject_HEAD
    ModuleState *state;  /* borrowed */
    AbiLibrary *library; /* owned; NULL after close_lib() */
    PyObject *name;      /* strong */
} CLibraryObject;

static void *symbol_address(CLibraryObject *self, const char *name, PyObject *missing, const char *what) {
    void *address = NULL;
    bool closed;
    Py_BEGIN_CRITICAL_SECTION(self); /* close_lib() in another thread */
    closed = !self->library;
    if (!closed)
        address = abi_library_symbol(self->library, name);
    Py_END_CRITICAL_SECTION();
    if (closed)
        PyErr_Format(PyExc_ValueError, "library '%U' has already been closed", self->name);
    else if (!address)
        PyErr_Format(missing, "%s '%s' not found in library '%U': undefined symbol: %s", what, name, self->name, name);
    return address;
}

/* A pointer; one to a function keeps the library open, as functions of ffi.dlopen() do. */
static PyObject *pointer_into(PyObject *self, CTypeObject *ct, void *address) {
    PyObject *result = cdata_pointer(ct, address);
    if (result && ct->flags & CT_FUNCPTR)
        ((CDataFunction *)result)->keep = Py_NewRef(self);
    return result;
}

static PyObject *load_function(PyObject *self, PyObject *args) {
    CLibraryObject *lib = (CLibraryObject *)self;
    CTypeObject *ct;
    const char *name;
    if (!PyArg_ParseTuple(args, "O!s:load_function", lib->state->ctype_type, &ct, &name))
        return NULL;
    if (ct->type->kind != ABI_POINTER && ct->type->kind != ABI_ARRAY) {
        PyErr_Format(PyExc_TypeError, "function or pointer or array cdata expected, got '%s'", ct->name);
        return NULL;
    }
    void *address = symbol_address(lib, name, PyExc_AttributeError, "function/symbol");
    if (!address)
        return NULL;
    if (ct->type->kind == ABI_POINTER)
        return pointer_into(self, ct, address);
    if (abi_length_known(ct->type->length))
        return cdata_view(ct, address, self);
    CTypeObject *pointer = ctype_pointer_to(ctype_item(ct));
    PyObject *result = pointer ? cdata_pointer(pointer, address) : NULL;
    Py_XDECREF(pointer);
    return result;
}

static PyObject *read_variable(PyObject *self, PyObject *args) {
    CLibraryObject *lib = (CLibraryObject *)self;
    CTypeObject *ct;
    const char *name;
    if (!PyArg_ParseTuple(args, "O!s:read_variable", lib->state->ctype_type, &ct, &name))
        return NULL;
    void *address = symbol_address(lib, name, PyExc_KeyError, "variable");
    return address ? ct->from_c(ct, address, self) : NULL;
}

static PyObject *write_variable(PyObject *self, PyObject *args) {
    CLibraryObject *lib = (CLibraryObject *)self;
    CTypeObject *ct;
    const char *name;
    PyObject *value;
    if (!PyArg_ParseTuple(args, "O!sO:write_variable", lib->state->ctype_type, &ct, &name, &value))
        return NULL;
    void *address = symbol_address(lib, name, PyExc_KeyError, "variable");
    return address && ct->to_c(ct, address, value) == 0 ? Py_NewRef(Py_None) : NULL;
}

static int close_library(CLibraryObject *lib) {
    AbiLibrary *library;
    char *report = NULL;
    Py_BEGIN_CRITICAL_SECTION(lib);
    library = lib->library;
    lib->library = NULL;
    Py_END_CRITICAL_SECTION();
    int rc = library ? abi_library_close(library, &report) : 0;
    if (rc < 0)
        PyErr_Format(PyExc_OSError, "closing library '%U': %s", lib->name, report ? report : "out of memory");
    free(report);
    return rc;
}

static PyObject *close_lib(PyObject *self, PyObject *unused) {
    return close_library((CLibraryObject *)self) < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *clibrary_repr(PyObject *self) {
    return PyUnicode_FromFormat("<clibrary '%U'>", ((CLibraryObject *)self)->name);
}

static int clibrary_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void clibrary_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    /* See lib_dealloc(). */
    if (!Py_IsFinalizing() && close_library((CLibraryObject *)self) < 0)
        PyErr_Clear();
    Py_XDECREF(((CLibraryObject *)self)->name);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *clibrary_new(ModuleState *st, PyObject *path, PyObject *name, int flags) {
    char *report = NULL;
    AbiLibrary *library = abi_library_open(path ? PyBytes_AS_STRING(path) : NULL, flags, &report);
    if (!library) {
        PyErr_SetString(report ? PyExc_OSError : PyExc_MemoryError, report ? report : "out of memory");
        free(report);
        return NULL;
    }
    CLibraryObject *self = PyObject_GC_New(CLibraryObject, st->clibrary_type);
    if (!self) {
        abi_library_close(library, &report);
        free(report);
        return NULL;
    }
    self->state = st;
    self->library = library;
    self->name = Py_NewRef(name);
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

PyObject *backend_load_library(PyObject *module, PyObject *args) {
    PyObject *given, *path = NULL, *name, *result = NULL;
    int flags = 0;
    if (!PyArg_ParseTuple(args, "O|i:load_library", &given, &flags))
        return NULL;
    if (given != Py_None && !PyUnicode_FSConverter(given, &path))
        return NULL;
    if (!(flags & (RTLD_NOW | RTLD_LAZY)))
        flags |= RTLD_NOW;
    name = path ? PyUnicode_DecodeFSDefault(PyBytes_AS_STRING(path)) : PyUnicode_FromString("<None>");
    if (name)
        result = clibrary_new(state_of(module), path, name, flags);
    Py_XDECREF(name);
    Py_XDECREF(path);
    return result;
}

static PyMethodDef clibrary_methods[] = {
    {"load_function", load_function, METH_VARARGS,
     PyDoc_STR("load_function($self, ctype, name, /)\n--\n\nThe address of a symbol, as a cdata of a pointer type.")},
    {"read_variable", read_variable, METH_VARARGS,
     PyDoc_STR("read_variable($self, ctype, name, /)\n--\n\nThe value of a global variable. KeyError if there is none.")},
    {"write_variable", write_variable, METH_VARARGS,
     PyDoc_STR("write_variable($self, ctype, name, value, /)\n--\n\nAssign to a global variable.")},
    {"close_lib", close_lib, METH_NOARGS, PyDoc_STR("close_lib($self, /)\n--\n\nClose it now.")},
    {NULL},
};

static PyType_Slot clibrary_slots[] = {
    NO_INSTANCES
    {Py_tp_doc, (void *)"A library opened with load_library()."},
    {Py_tp_repr, clibrary_repr},
    {Py_tp_methods, clibrary_methods},
    {Py_tp_traverse, clibrary_traverse},
    {Py_tp_dealloc, clibrary_dealloc},
    {0, NULL},
};

PyType_Spec clibrary_spec = {
    .name = "_cffi_backend.CLibrary",
    .basicsize = sizeof(CLibraryObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = clibrary_slots,
};
