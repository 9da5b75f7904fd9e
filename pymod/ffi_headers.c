/* FFI and lib: what needs to know the headers that declarations come from; done by cdeffi/_headers.py, which
 * is loaded when first used. */
#include "pymod/ffi.h"
#include "pymod/lazy.h"
#include "pymod/tables.h"

METHOD_O(functions_in) {
    return lazy_call("cdeffi._headers", "functions_in", self, arg);
}

METHOD_O(variables_in) {
    return lazy_call("cdeffi._headers", "variables_in", self, arg);
}

METHOD_O(constants_in) {
    return lazy_call("cdeffi._headers", "constants_in", self, arg);
}

METHOD_O(types_in) {
    return lazy_call("cdeffi._headers", "types_in", self, arg);
}

PyObject *method_verify_headers(PyObject *self, PyObject *args, PyObject *kwargs) {
    return lazy_method("cdeffi._verify", "verify", self, args, kwargs);
}

/* Has FFI, or one that it includes, read a header? */
static bool has_headers(FFIObject *ffi) {
    CdeclIncluded first;
    if (cdecl_included_at(ffi->scope, 0, &first))
        return true;
    bool found = false;
    FFIObject *other;
    for (Py_ssize_t i = 0; !found && (other = ffi_included(ffi, i)); i++) {
        found = has_headers(other);
        Py_DECREF(other);
    }
    return found;
}

/* ---- dir(lib) */

static int add_own_names(FFIObject *ffi, PyObject *set) {
    size_t n;
    const CdeclSymbol **symbols = ffi_symbols(ffi, &n);
    int rc = symbols ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        if (symbols[i]->kind == CDECL_TYPEDEF)
            continue;
        PyObject *name = PyUnicode_FromString(symbols[i]->name);
        rc = name ? PySet_Add(set, name) : -1;
        Py_XDECREF(name);
    }
    PyMem_Free(symbols);
    return rc;
}

static int add_names(FFIObject *ffi, PyObject *set) {
    if (ffi->tables)
        return tables_add_globals(ffi->tables, set, true);
    if (add_own_names(ffi, set) < 0)
        return -1;
    FFIObject *other;
    int rc = 0;
    for (Py_ssize_t i = 0; rc == 0 && (other = ffi_included(ffi, i)); i++) {
        rc = add_names(other, set);
        Py_DECREF(other);
    }
    return rc;
}

/* Without headers all that is declared, as in cffi, whether the library has it or not. */
PyObject *lib_dir(PyObject *self, PyObject *unused) {
    LibObject *lib = (LibObject *)self;
    if (lib->library && has_headers(lib->ffi))
        return lazy_call("cdeffi._headers", "names", self, NULL);
    PyObject *set = PySet_New(NULL);
    PyObject *list = set && add_names(lib->ffi, set) == 0 ? PySequence_List(set) : NULL;
    Py_XDECREF(set);
    if (list && PyList_Sort(list) < 0)
        Py_CLEAR(list);
    return list;
}
