/* Functions of the package's Python modules. See lazy.h. */
#include "pymod/lazy.h"

static PyObject *find(const char *module, const char *name) {
    PyObject *m = PyImport_ImportModule(module);
    PyObject *function = m ? PyObject_GetAttrString(m, name) : NULL;
    Py_XDECREF(m);
    return function;
}

PyObject *lazy_call(const char *module, const char *name, PyObject *first, PyObject *second) {
    PyObject *function = find(module, name);
    PyObject *result = function ? PyObject_CallFunctionObjArgs(function, first, second, NULL) : NULL;
    Py_XDECREF(function);
    return result;
}

PyObject *lazy_method(const char *module, const char *name, PyObject *self, PyObject *args, PyObject *kwargs) {
    PyObject *function = find(module, name);
    PyObject *first = function ? PyTuple_Pack(1, self) : NULL;
    PyObject *all = first ? PySequence_Concat(first, args) : NULL;
    PyObject *result = all ? PyObject_Call(function, all, kwargs) : NULL;
    Py_XDECREF(function);
    Py_XDECREF(first);
    Py_XDECREF(all);
    return result;
}
