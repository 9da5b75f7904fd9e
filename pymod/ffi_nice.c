/* FFI: what is easier said in Python, loaded when first used: cdeffi/_nice.py, which cffi lacks, and
 * cdeffi/_build.py. */
#include "pymod/ffi.h"

/* _nice.NAME(FIRST[, SECOND]) */
static PyObject *call_nice(const char *name, PyObject *first, PyObject *second) {
    PyObject *module = PyImport_ImportModule("cdeffi._nice");
    PyObject *function = module ? PyObject_GetAttrString(module, name) : NULL;
    PyObject *result = function ? PyObject_CallFunctionObjArgs(function, first, second, NULL) : NULL;
    Py_XDECREF(module);
    Py_XDECREF(function);
    return result;
}

static int require_cdata(PyObject *self, PyObject *arg, const char *method) {
    if (cdata_check(((FFIObject *)self)->state, arg))
        return 0;
    PyErr_Format(PyExc_TypeError, "%s() argument 1 must be a cdata, not %.200s", method, Py_TYPE(arg)->tp_name);
    return -1;
}

METHOD_O(pretty) {
    return require_cdata(self, arg, "pretty") < 0 ? NULL : call_nice("pretty", arg, NULL);
}

METHOD_O(to_dict) {
    return require_cdata(self, arg, "to_dict") < 0 ? NULL : call_nice("to_dict", arg, NULL);
}

METHOD_O(to_list) {
    return require_cdata(self, arg, "to_list") < 0 ? NULL : call_nice("to_list", arg, NULL);
}

METHOD_O(enum) {
    CTypeObject *ct = ffi_type_arg((FFIObject *)self, arg, TAKES_CDATA);
    PyObject *result = ct ? call_nice("enum_class", (PyObject *)ct, NULL) : NULL;
    Py_XDECREF(ct);
    return result;
}

/* _build.set_source(self, *args, **kwargs) */
PyObject *method_set_source(PyObject *self, PyObject *args, PyObject *kwargs) {
    PyObject *module = PyImport_ImportModule("cdeffi._build");
    PyObject *function = module ? PyObject_GetAttrString(module, "set_source") : NULL;
    PyObject *first = function ? PyTuple_Pack(1, self) : NULL;
    PyObject *all = first ? PySequence_Concat(first, args) : NULL;
    PyObject *result = all ? PyObject_Call(function, all, kwargs) : NULL;
    Py_XDECREF(module);
    Py_XDECREF(function);
    Py_XDECREF(first);
    Py_XDECREF(all);
    return result;
}

PyObject *cdata_repr_pretty(PyObject *self, PyObject *const *args, Py_ssize_t nargs) {
    if (nargs != 2) {
        PyErr_SetString(PyExc_TypeError, "_repr_pretty_(printer, cycle) takes two arguments");
        return NULL;
    }
    return call_nice("repr_pretty", self, args[0]);
}
