/* FFI and lib: what needs to know the headers that declarations come from; done by cdeffi/_headers.py, which
 * is loaded when first used. */
#include "pymod/ffi.h"
#include "pymod/tables.h"

/* _headers.NAME(FIRST[, SECOND]) */
static PyObject *call_headers(const char *name, PyObject *first, PyObject *second) {
    PyObject *module = PyImport_ImportModule("cdeffi._headers");
    PyObject *function = module ? PyObject_GetAttrString(module, name) : NULL;
    PyObject *result = function ? PyObject_CallFunctionObjArgs(function, first, second, NULL) : NULL;
    Py_XDECREF(module);
    Py_XDECREF(function);
    return result;
}

METHOD_O(functions_in) {
    return call_headers("functions_in", self, arg);
}

METHOD_O(variables_in) {
    return call_headers("variables_in", self, arg);
}

METHOD_O(constants_in) {
    return call_headers("constants_in", self, arg);
}

METHOD_O(types_in) {
    return call_headers("types_in", self, arg);
}

/* _verify.verify(self, *args, **kwargs) */
PyObject *method_verify_headers(PyObject *self, PyObject *args, PyObject *kwargs) {
    PyObject *module = PyImport_ImportModule("cdeffi._verify");
    PyObject *function = module ? PyObject_GetAttrString(module, "verify") : NULL;
    PyObject *first = function ? PyTuple_Pack(1, self) : NULL;
    PyObject *all = first ? PySequence_Concat(first, args) : NULL;
    PyObject *result = all ? PyObject_Call(function, all, kwargs) : NULL;
    Py_XDECREF(module);
    Py_XDECREF(function);
    Py_XDECREF(first);
    Py_XDECREF(all);
    return result;
}

/* Has FFI, or one that it includes, read a header? */
static bool has_headers(FFIObject *ffi) {
    CdeclIncluded first;
    if (cdecl_included_at(ffi->scope, 0, &first))
        return true;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(ffi->included); i++)
        if (has_headers((FFIObject *)PyList_GET_ITEM(ffi->included, i)))
            return true;
    return false;
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
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(ffi->included); i++)
        if (add_names((FFIObject *)PyList_GET_ITEM(ffi->included, i), set) < 0)
            return -1;
    return 0;
}

/* Without headers all that is declared, as in cffi, whether the library has it or not. */
PyObject *lib_dir(PyObject *self, PyObject *unused) {
    LibObject *lib = (LibObject *)self;
    if (lib->library && has_headers(lib->ffi))
        return call_headers("names", self, NULL);
    PyObject *set = PySet_New(NULL);
    PyObject *list = set && add_names(lib->ffi, set) == 0 ? PySequence_List(set) : NULL;
    Py_XDECREF(set);
    if (list && PyList_Sort(list) < 0)
        Py_CLEAR(list);
    return list;
}
