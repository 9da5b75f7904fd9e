/* What ffi.dlopen() returns: the declared functions, variables and constants as attributes.
 *
 * Functions and constants are made when first asked for and then stay in the lib's dict; variables
 * are read and written in place each time. */
#include "pymod/ffi.h"
#include "pymod/tables.h"

#include <stdlib.h>
#include <string.h>

PyObject *lib_new(FFIObject *ffi, AbiLibrary *library, PyObject *name) {
    PyObject *dict = name ? PyDict_New() : NULL;
    LibObject *lib = dict ? PyObject_GC_New(LibObject, ffi->state->lib_type) : NULL;
    if (!lib) {
        char *report = NULL;
        Py_XDECREF(dict);
        abi_library_close(library, &report);
        free(report);
        return NULL;
    }
    lib->ffi = (FFIObject *)Py_NewRef(ffi);
    lib->library = library;
    lib->name = Py_NewRef(name);
    lib->dict = dict;
    lib->weakrefs = NULL;
    PyObject_GC_Track(lib);
    return (PyObject *)lib;
}

int lib_close(LibObject *lib) {
    AbiLibrary *library;
    char *report = NULL;
    int rc;
    Py_BEGIN_CRITICAL_SECTION(lib);
    library = lib->library;
    lib->library = NULL;
    Py_END_CRITICAL_SECTION();
    if (!library)
        return 0;
    PyDict_Clear(lib->dict);
    Py_BEGIN_ALLOW_THREADS
    rc = abi_library_close(library, &report);
    Py_END_ALLOW_THREADS
    if (rc < 0)
        PyErr_Format(PyExc_OSError, "closing library '%U': %s", lib->name, report ? report : "out of memory");
    free(report);
    return rc;
}

/* ---- looking up */

static bool is_attribute(const CdeclSymbol *symbol) {
    return symbol->kind != CDECL_TYPEDEF;
}

const CdeclSymbol *ffi_find(FFIObject *ffi, PyObject *name) {
    Py_ssize_t len;
    const char *utf8 = PyUnicode_AsUTF8AndSize(name, &len);
    if (!utf8 || (ffi->tables && tables_declare_global(ffi, utf8, (size_t)len) < 0))
        return NULL;
    const CdeclSymbol *symbol = cdecl_find(ffi->scope, utf8, (size_t)len);
    return symbol && is_attribute(symbol) ? symbol : NULL;
}

static const char *link_name(const CdeclSymbol *symbol) {
    return symbol->link_name ? symbol->link_name : symbol->name;
}

/* An FFI of an out-of-line module has words and exceptions of its own for this, as in cffi. */
static PyObject *raise_closed(LibObject *lib) {
    if (lib->ffi->tables)
        return PyErr_Format(lib->ffi->state->FFIError, "library '%U' has been closed", lib->name);
    return PyErr_Format(PyExc_ValueError, "library '%U' has already been closed", lib->name);
}

/* Where SYMBOL is in memory; NULL with an exception. */
static void *lib_address(LibObject *lib, const CdeclSymbol *symbol) {
    if (!lib->library) {
        raise_closed(lib);
        return NULL;
    }
    if (symbol->flags & CDECL_S_STATIC && symbol->flags & CDECL_S_DEFINED) { /* what a library has under that name is another */
        lib_raise_missing(lib, symbol);
        return NULL;
    }
    if (symbol->unusable) {
        PyErr_Format(symbol->flags & CDECL_S_NEEDS_COMPILER ? lib->ffi->state->VerificationMissing
                                                            : PyExc_NotImplementedError,
                     "'%s' cannot be used: %s", symbol->name, symbol->unusable);
        return NULL;
    }
    void *address = NULL;
    bool closed;
    Py_BEGIN_CRITICAL_SECTION(lib); /* ffi.dlclose() in another thread waits, or was faster */
    closed = !lib->library;
    if (!closed)
        address = abi_library_symbol(lib->library, link_name(symbol));
    Py_END_CRITICAL_SECTION();
    if (closed)
        raise_closed(lib);
    else if (!address)
        lib_raise_missing(lib, symbol);
    return address;
}

/* ---- functions */

static PyObject *lib_function(LibObject *lib, const CdeclSymbol *symbol) {
    void *address = lib_address(lib, symbol);
    if (!address)
        return NULL;
    CTypeObject *type = ctype_of(lib->ffi->state, symbol->type.type);
    CTypeObject *pointer = type ? ctype_pointer_to(type) : NULL;
    PyObject *result = NULL;
    void (*code)(void);
    memcpy(&code, &address, sizeof code); /* ISO C has no cast from object to function pointers */
    if (pointer)
        result = function_bound(pointer, code, symbol, (PyObject *)lib);
    Py_XDECREF(type);
    Py_XDECREF(pointer);
    return result;
}

/* ---- constants */

/* A 128-bit value as an int; by parts, since CPython's own call for it is private and changed. */
static PyObject *wide_value(AbiWide v, bool is_signed) {
    if (is_signed ? v.hi == (uint64_t)((int64_t)v.lo >> 63) : false)
        return PyLong_FromLongLong((long long)v.lo);
    if (v.hi == 0)
        return PyLong_FromUnsignedLongLong(v.lo);
    PyObject *hi = is_signed ? PyLong_FromLongLong((long long)v.hi) : PyLong_FromUnsignedLongLong(v.hi);
    PyObject *lo = PyLong_FromUnsignedLongLong(v.lo), *shift = PyLong_FromLong(64);
    PyObject *high = hi && shift ? PyNumber_Lshift(hi, shift) : NULL;
    PyObject *result = high && lo ? PyNumber_Or(high, lo) : NULL;
    Py_XDECREF(hi);
    Py_XDECREF(lo);
    Py_XDECREF(shift);
    Py_XDECREF(high);
    return result;
}

PyObject *constant_value(const CdeclValue *v) {
    switch (v->kind) {
    case CDECL_V_INT: return wide_value(v->bits, !v->type || (v->type->flags & ABI_F_SIGNED));
    case CDECL_V_REAL: return PyFloat_FromDouble((double)cdecl_real(v));
    case CDECL_V_STRING: return PyBytes_FromStringAndSize(v->string.data, (Py_ssize_t)v->string.len);
    default: break;
    }
    return NULL;
}

/* Has only a compiler the value? Of "enum { A, ... }" each one. */
static bool needs_compiler(const CdeclSymbol *symbol) {
    return (symbol->flags & CDECL_S_NEEDS_COMPILER) ||
           (symbol->kind == CDECL_ENUMERATOR && symbol->type.type && (symbol->type.type->flags & ABI_F_PARTIAL));
}

/* cffi refuses "static const double x = 1.5" here; ffi.constants has it. A macro may be anything. */
static bool is_refused(const CdeclSymbol *symbol) {
    return symbol->value.kind == CDECL_V_NONE || (symbol->value.kind != CDECL_V_INT && (symbol->flags & CDECL_S_STATIC));
}

static bool is_constant(const CdeclSymbol *symbol) {
    return symbol->kind != CDECL_FUNCTION && symbol->kind != CDECL_VARIABLE;
}

static PyObject *lib_constant(LibObject *lib, const CdeclSymbol *symbol) {
    if (needs_compiler(symbol))
        return PyErr_Format(lib->ffi->state->VerificationMissing, "the value of '%s' is written with \"...\": it takes a compiler",
                            symbol->name);
    if (is_refused(symbol))
        return PyErr_Format(PyExc_NotImplementedError, "non-integer constant '%s' cannot be accessed from a dlopen() library%s",
                            symbol->name, symbol->value.kind == CDECL_V_NONE ? "" : "; see ffi.constants");
    return constant_value(&symbol->value);
}

/* ---- variables */

/* The type to read and write a variable as. "extern T a[]" says nothing of the length: as cffi, a
 * pointer to the first item. */
static PyObject *read_variable(LibObject *lib, const CdeclSymbol *symbol) {
    char *address = lib_address(lib, symbol);
    CTypeObject *ct = address ? ctype_of(lib->ffi->state, symbol->type.type) : NULL, *pointer;
    PyObject *result = NULL;
    if (!ct)
        return NULL;
    if (ct->type->kind == ABI_ARRAY && ct->type->size == ABI_SIZE_UNKNOWN) {
        if ((pointer = ctype_pointer_to(ctype_item(ct)))) {
            result = cdata_pointer(pointer, address);
            Py_DECREF(pointer);
        }
    } else if (ct->type->size == ABI_SIZE_UNKNOWN) {
        PyErr_Format(PyExc_TypeError, "variable '%s' is of type '%s', whose size is unknown; use ffi.addressof(lib, '%s')",
                     symbol->name, ct->name, symbol->name);
    } else {
        result = ct->from_c(ct, address, (PyObject *)lib);
    }
    Py_DECREF(ct);
    return result;
}

static bool is_const(AbiQType q) {
    while (q.type->kind == ABI_ARRAY && !(q.quals & ABI_CONST))
        q = q.type->item;
    return q.quals & ABI_CONST;
}

static int write_variable(LibObject *lib, const CdeclSymbol *symbol, PyObject *value) {
    if (is_const(symbol->type)) {
        PyErr_Format(PyExc_AttributeError, "variable '%s' is declared const", symbol->name);
        return -1;
    }
    char *address = lib_address(lib, symbol);
    CTypeObject *ct = address ? ctype_of(lib->ffi->state, symbol->type.type) : NULL;
    int rc = -1;
    if (!ct)
        return -1;
    if (ct->type->size == ABI_SIZE_UNKNOWN && (ct->type->kind != ABI_ARRAY || ct->type->item.type->size == ABI_SIZE_UNKNOWN))
        PyErr_Format(PyExc_TypeError, "cannot assign to variable '%s' of type '%s': its size is unknown", symbol->name,
                     ct->name);
    else
        rc = ct->to_c(ct, address, value);
    Py_DECREF(ct);
    return rc;
}

static PyObject *address_of_variable(LibObject *lib, const CdeclSymbol *symbol) {
    char *address = lib_address(lib, symbol);
    CTypeObject *ct = address ? ctype_of(lib->ffi->state, symbol->type.type) : NULL, *pointer;
    PyObject *result = NULL;
    if (!ct)
        return NULL;
    if (ct->type->kind == ABI_ARRAY && ct->type->size != ABI_SIZE_UNKNOWN) {
        result = cdata_view(ct, address, (PyObject *)lib);
    } else {
        pointer = ctype_pointer_to(ct->type->kind == ABI_ARRAY ? ctype_item(ct) : ct);
        if (pointer)
            result = cdata_pointer(pointer, address);
        Py_XDECREF(pointer);
    }
    Py_DECREF(ct);
    return result;
}

/* ---- attributes */

static PyObject *lib_make(LibObject *lib, PyObject *name, const CdeclSymbol *symbol) {
    if (symbol->kind == CDECL_VARIABLE)
        return read_variable(lib, symbol);
    PyObject *kept = dict_keep(lib->dict, name, symbol->kind == CDECL_FUNCTION ? lib_function(lib, symbol) : lib_constant(lib, symbol));
    if (kept && !__atomic_load_n(&lib->library, __ATOMIC_ACQUIRE)) /* closed in between: lib_close() has cleared the dict too early */
        PyDict_Clear(lib->dict);
    return kept;
}

static PyObject *lib_getattro(PyObject *self, PyObject *name) {
    LibObject *lib = (LibObject *)self;
    PyObject *value;
    if (dict_get(lib->dict, name, &value) != 0)
        return value;
    const CdeclSymbol *symbol = ffi_find(lib->ffi, name);
    if (!lib->library && !(symbol && is_constant(symbol))) {
        PyErr_Clear();
        value = PyObject_GenericGetAttr(self, name);
        if (!value && PyErr_ExceptionMatches(PyExc_AttributeError))
            raise_closed(lib);
        return value;
    }
    if (symbol)
        return lib_make(lib, name, symbol);
    if (PyErr_Occurred())
        return NULL;
    value = PyObject_GenericGetAttr(self, name);
    if (!value && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        value = macro_of(lib, name);
        if (!value && !PyErr_Occurred())
            lib_raise_undeclared(lib, name);
    }
    return value;
}

static int lib_setattro(PyObject *self, PyObject *name, PyObject *value) {
    LibObject *lib = (LibObject *)self;
    const CdeclSymbol *symbol = ffi_find(lib->ffi, name);
    if (!symbol) {
        if (!PyErr_Occurred())
            lib_raise_undeclared(lib, name);
        return -1;
    }
    if (!value) {
        PyErr_SetString(PyExc_AttributeError, "C attribute cannot be deleted");
        return -1;
    }
    if (symbol->kind == CDECL_VARIABLE)
        return write_variable(lib, symbol, value);
    PyErr_Format(PyExc_AttributeError, "cannot write to %s '%s'",
                 symbol->kind == CDECL_FUNCTION ? "function" : "constant", symbol->name);
    return -1;
}

PyObject *lib_addressof(LibObject *lib, PyObject *name) {
    if (!PyUnicode_Check(name)) {
        PyErr_Format(PyExc_TypeError, "addressof(lib, name): name must be str, not %.200s", Py_TYPE(name)->tp_name);
        return NULL;
    }
    const CdeclSymbol *symbol = ffi_find(lib->ffi, name);
    if (!symbol) {
        if (!PyErr_Occurred())
            lib_raise_undeclared(lib, name);
        return NULL;
    }
    bool is_constant = symbol->kind == CDECL_VARIABLE ? symbol->type.quals & ABI_CONST : symbol->kind != CDECL_FUNCTION;
    if (lib->ffi->tables && is_constant)
        return PyErr_Format(PyExc_AttributeError, "cannot take the address of the constant '%U'", name);
    if (symbol->kind == CDECL_VARIABLE)
        return address_of_variable(lib, symbol);
    return PyObject_GetAttr((PyObject *)lib, name);
}

/* ---- the type */

static PyObject *lib_repr(PyObject *self) {
    return PyUnicode_FromFormat("<Lib object for '%U'>", ((LibObject *)self)->name);
}

static PyObject *lib_get_dict(PyObject *self, void *unused) {
    return Py_NewRef(((LibObject *)self)->dict);
}

static PyObject *lib_get_ffi(PyObject *self, void *unused) {
    return Py_NewRef(((LibObject *)self)->ffi);
}

static int lib_traverse(PyObject *self, visitproc visit, void *arg) {
    LibObject *lib = (LibObject *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(lib->ffi);
    Py_VISIT(lib->dict);
    return 0;
}

static int lib_clear(PyObject *self) {
    /* FFI stays until the end: the scope has to outlive the functions' symbols. */
    PyDict_Clear(((LibObject *)self)->dict);
    return 0;
}

static void lib_dealloc(PyObject *self) {
    LibObject *lib = (LibObject *)self;
    PyTypeObject *type = Py_TYPE(self);
    char *report = NULL;
    PyObject_GC_UnTrack(self);
    if (lib->weakrefs)
        PyObject_ClearWeakRefs(self);
    Py_CLEAR(lib->dict);
    /* When the interpreter ends it stays open: threads that C made may be running its code. */
    if (lib->library && !Py_IsFinalizing())
        abi_library_close(lib->library, &report);
    free(report);
    Py_CLEAR(lib->name);
    Py_CLEAR(lib->ffi);
    type->tp_free(self);
    Py_DECREF(type);
}

PyDoc_STRVAR(lib_doc, "A C library opened with ffi.dlopen().\n\n"
                      "Its attributes are the functions, global variables, constants and enumerators that the\n"
                      "FFI declares, also those declared later, and macros that take arguments. Functions and variables are looked up in the\n"
                      "library when they are first used; one that is missing raises AttributeError. Variables are\n"
                      "read and written in place. What is read from a lib keeps the library open; it is closed\n"
                      "by ffi.dlclose(lib), or when neither the FFI nor any of these is alive.");

static PyMethodDef lib_methods[] = {
    {"__dir__", lib_dir, METH_NOARGS, PyDoc_STR("__dir__($self, /)\n--\n\nThe declared names; of headers, what this library exports and their constants.")},
    {NULL},
};

static PyGetSetDef lib_getset[] = {
    {"__dict__", lib_get_dict, NULL, PyDoc_STR("Functions and constants used so far."), NULL},
    {"ffi", lib_get_ffi, NULL, PyDoc_STR("The FFI whose declarations these are; what C declares as `ffi` comes first."), NULL},
    {NULL},
};

static PyMemberDef lib_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(LibObject, weakrefs), READONLY, NULL},
    {NULL},
};

static PyType_Slot lib_slots[] = {
    NO_INSTANCES
    {Py_tp_doc, (void *)lib_doc},     {Py_tp_getattro, lib_getattro}, {Py_tp_setattro, lib_setattro},
    {Py_tp_repr, lib_repr},           {Py_tp_methods, lib_methods},   {Py_tp_getset, lib_getset},
    {Py_tp_members, lib_members},     {Py_tp_traverse, lib_traverse}, {Py_tp_clear, lib_clear},
    {Py_tp_dealloc, lib_dealloc},     {0, NULL},
};

PyType_Spec lib_spec = {
    .name = "_cffi_backend.Lib",
    .basicsize = sizeof(LibObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = lib_slots,
};
