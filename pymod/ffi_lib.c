/* FFI: opening and closing libraries. */
#include "pymod/ffi.h"
#include "pymod/tables.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* What messages call the library: the file's name where a short name was given, as given otherwise. */
static PyObject *library_name(PyObject *given, const AbiLibrary *library) {
    const char *path = abi_library_path(library);
    if (given == Py_None)
        return PyUnicode_FromString("<None>");
    if (!PyUnicode_Check(given))
        return PyObject_Repr(given);
    if (!path || PyUnicode_FindChar(given, '.', 0, PyUnicode_GET_LENGTH(given), 1) >= 0 ||
        PyUnicode_FindChar(given, '/', 0, PyUnicode_GET_LENGTH(given), 1) >= 0)
        return Py_NewRef(given);
    const char *slash = strrchr(path, '/');
    return PyUnicode_DecodeFSDefault(slash ? slash + 1 : path);
}

static PyObject *raise_library(char *report) {
    PyObject *text;
    if (!report)
        return PyErr_NoMemory();
    text = PyUnicode_DecodeFSDefault(report);
    free(report);
    if (text)
        PyErr_SetObject(PyExc_OSError, text);
    Py_XDECREF(text);
    return NULL;
}

/* PATH: bytes in the file system's encoding, or NULL for the process itself. */
static AbiLibrary *open_path(PyObject *path, int flags) {
    const char *name = path ? PyBytes_AS_STRING(path) : NULL;
    AbiLibrary *library;
    char *report = NULL;
    if (!(flags & (RTLD_NOW | RTLD_LAZY)))
        flags |= RTLD_NOW;
    Py_BEGIN_ALLOW_THREADS
    library = abi_library_open(name, flags, &report);
    Py_END_ALLOW_THREADS
    if (!library)
        raise_library(report);
    return library;
}

static AbiLibrary *wrap_handle(void *handle) {
    if (!handle) {
        PyErr_SetString(PyExc_RuntimeError, "cannot call dlopen(NULL)");
        return NULL;
    }
    AbiLibrary *library = abi_library_wrap(handle);
    if (!library)
        PyErr_NoMemory();
    return library;
}

/* An object like ctypes.CDLL: its _handle is what dlopen returned. NULL without an exception: NAME is
 * no such object. */
static AbiLibrary *wrap_cdll(PyObject *name) {
    PyObject *handle = PyObject_GetAttrString(name, "_handle");
    if (!handle) {
        if (PyErr_ExceptionMatches(PyExc_AttributeError))
            PyErr_Clear();
        return NULL;
    }
    void *pointer = PyLong_Check(handle) ? PyLong_AsVoidPtr(handle) : NULL;
    bool is_int = PyLong_Check(handle);
    Py_DECREF(handle);
    return !is_int || PyErr_Occurred() ? NULL : wrap_handle(pointer);
}

static AbiLibrary *open_any(FFIObject *ffi, PyObject *name, int flags) {
    AbiLibrary *library;
    PyObject *path = NULL;
    if (cdata_check(ffi->state, name)) {
        CDataObject *cd = (CDataObject *)name;
        if (cd->ctype->type->kind == ABI_POINTER)
            return wrap_handle(cd->data);
    } else if (PyUnicode_Check(name) || PyObject_HasAttrString(name, "__fspath__")) {
        if (!PyUnicode_FSConverter(name, &path))
            return NULL;
        library = open_path(path, flags);
        Py_DECREF(path);
        return library;
    } else if (name == Py_None) {
        return open_path(NULL, flags);
    } else if ((library = wrap_cdll(name)) || PyErr_Occurred()) {
        return library;
    }
    PyErr_SetString(PyExc_TypeError,
                    "dlopen(name): name must be a file name, None, or an already-opened 'void *' handle");
    return NULL;
}

METHOD_KW(dlopen) {
    static const ArgNames sig = {"dlopen", 1, 2, {"name", "flags"}};
    FFIObject *ffi = (FFIObject *)self;
    PyObject *bound[2];
    if (args_bind(&sig, args, nargs, kwnames, bound) < 0)
        return NULL;
    long flags = bound[1] ? PyLong_AsLong(bound[1]) : 0;
    if (flags == -1 && PyErr_Occurred())
        return NULL;
    AbiLibrary *library = open_any(ffi, bound[0], (int)flags);
    if (!library)
        return NULL;
    PyObject *name = library_name(bound[0], library);
    PyObject *lib = lib_new(ffi, library, name); /* takes LIBRARY, also when it fails */
    Py_XDECREF(name);
    if (lib && PyList_Append(ffi->libs, lib) < 0)
        Py_CLEAR(lib);
    return lib;
}

/* LIB is not kept open by FFI any more, if it was. */
static int forget_lib(FFIObject *ffi, PyObject *lib) {
    PyObject *removed = PyObject_CallMethod(ffi->libs, "remove", "O", lib);
    if (!removed && !PyErr_ExceptionMatches(PyExc_ValueError))
        return -1;
    PyErr_Clear();
    Py_XDECREF(removed);
    return 0;
}

METHOD_O(dlclose) {
    FFIObject *ffi = (FFIObject *)self;
    if (Py_IS_TYPE(arg, ffi->state->compiled_lib_type))
        Py_RETURN_NONE; /* there is nothing to close */
    if (!Py_IS_TYPE(arg, ffi->state->lib_type)) {
        PyErr_Format(PyExc_TypeError, "dlclose() argument must be what dlopen() returned, not '%.200s'",
                     Py_TYPE(arg)->tp_name);
        return NULL;
    }
    LibObject *lib = (LibObject *)arg;
    if (forget_lib(lib->ffi, arg) < 0 || lib_close(lib) < 0)
        return NULL;
    Py_RETURN_NONE;
}

METHOD_KW(integer_const) {
    static const ArgNames sig = {"integer_const", 1, 1, {"name"}};
    PyObject *bound[1];
    if (args_bind(&sig, args, nargs, kwnames, bound) < 0)
        return NULL;
    if (!PyUnicode_Check(bound[0])) {
        PyErr_SetString(PyExc_TypeError, "integer_const() argument 'name' must be str");
        return NULL;
    }
    PyObject *value = ((FFIObject *)self)->tables ? tables_integer((FFIObject *)self, bound[0]) : NULL;
    if (value || PyErr_Occurred())
        return value;
    const CdeclSymbol *symbol = ffi_find((FFIObject *)self, bound[0]);
    if (symbol && (symbol->kind == CDECL_CONSTANT || symbol->kind == CDECL_ENUMERATOR) &&
        symbol->value.kind == CDECL_V_INT)
        return constant_value(&symbol->value);
    if (!PyErr_Occurred())
        PyErr_Format(PyExc_AttributeError, "integer constant '%U' not found", bound[0]);
    return NULL;
}
