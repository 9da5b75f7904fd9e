/* Binding call arguments to parameters.
 *
 * CPython's own generated parsers are not public API, and PyArg_ParseTupleAndKeywords needs a tuple
 * and a dict for every call: ffi.new and ffi.cast are too hot for that. */
#define PY_SSIZE_T_CLEAN
#include "pymod/args.h"

#include <string.h>

static int find_parameter(const ArgNames *sig, PyObject *key) {
    for (int i = 0; i < sig->count; i++)
        if (PyUnicode_CompareWithASCIIString(key, sig->names[i]) == 0)
            return i;
    return -1;
}

static int bind_keyword(const ArgNames *sig, PyObject *key, PyObject *value, PyObject **out) {
    int i = find_parameter(sig, key);
    if (i < 0) {
        PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", sig->function, key);
        return -1;
    }
    if (out[i]) {
        PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument '%s'", sig->function, sig->names[i]);
        return -1;
    }
    out[i] = value;
    return 0;
}

static int bind_positional(const ArgNames *sig, PyObject *const *args, Py_ssize_t nargs, PyObject **out) {
    memset(out, 0, sizeof(*out) * (size_t)sig->count);
    if (nargs > sig->count) {
        PyErr_Format(PyExc_TypeError, "%s() takes at most %d argument%s (%zd given)", sig->function, sig->count,
                     sig->count == 1 ? "" : "s", nargs);
        return -1;
    }
    for (Py_ssize_t i = 0; i < nargs; i++)
        out[i] = args[i];
    return 0;
}

static int check_required(const ArgNames *sig, PyObject **out) {
    for (int i = 0; i < sig->required; i++)
        if (!out[i]) {
            PyErr_Format(PyExc_TypeError, "%s() missing required argument '%s' (pos %d)", sig->function, sig->names[i],
                         i + 1);
            return -1;
        }
    return 0;
}

int args_bind(const ArgNames *sig, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, PyObject **out) {
    if (bind_positional(sig, args, nargs, out) < 0)
        return -1;
    if (kwnames)
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kwnames); i++)
            if (bind_keyword(sig, PyTuple_GET_ITEM(kwnames, i), args[nargs + i], out) < 0)
                return -1;
    return check_required(sig, out);
}

int args_bind_tuple(const ArgNames *sig, PyObject *args, PyObject *kwargs, PyObject **out) {
    if (bind_positional(sig, ((PyTupleObject *)args)->ob_item, PyTuple_GET_SIZE(args), out) < 0)
        return -1;
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (kwargs && PyDict_Next(kwargs, &at, &key, &value))
        if (bind_keyword(sig, key, value, out) < 0)
            return -1;
    return check_required(sig, out);
}

Py_ssize_t args_ssize(PyObject *value, Py_ssize_t fallback) {
    if (!value)
        return fallback;
    PyObject *number = PyNumber_Index(value);
    if (!number)
        return -1;
    Py_ssize_t n = PyLong_AsSsize_t(number);
    Py_DECREF(number);
    return n;
}
