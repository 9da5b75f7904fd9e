/* FFI: callback(), directly or as a decorator. */
#include "pymod/ffi.h"

/* None means the default, as it does in Python. */
static PyObject *not_none(PyObject *o) {
    return o == Py_None ? NULL : o;
}

static PyObject *callback_make(CTypeObject *ct, PyObject *callable, PyObject *error, PyObject *onerror) {
    if (!PyCallable_Check(callable)) {
        PyErr_SetString(PyExc_TypeError, "the 'python_callable' argument is not callable");
        return NULL;
    }
    return callback_new(ct, callable, error, onerror);
}

/* SELF is (ctype, error, onerror). */
static PyObject *decorate(PyObject *self, PyObject *callable) {
    return callback_make((CTypeObject *)PyTuple_GET_ITEM(self, 0), callable, not_none(PyTuple_GET_ITEM(self, 1)),
                         not_none(PyTuple_GET_ITEM(self, 2)));
}

static PyMethodDef decorator_def = {"callback_decorator", decorate, METH_O,
                                    PyDoc_STR("callback_decorator($self, python_callable, /)\n--\n\n"
                                              "The second half of @ffi.callback(\"int(int)\").")};

static PyObject *decorator_new(CTypeObject *ct, PyObject *error, PyObject *onerror) {
    PyObject *self = PyTuple_Pack(3, (PyObject *)ct, error ? error : Py_None, onerror ? onerror : Py_None);
    PyObject *result = self ? PyCFunction_New(&decorator_def, self) : NULL;
    Py_XDECREF(self);
    return result;
}

METHOD_KW(callback) {
    static const ArgNames sig = {"callback", 1, 4, {"cdecl", "python_callable", "error", "onerror"}};
    PyObject *bound[4], *result;
    if (args_bind(&sig, args, nargs, kwnames, bound) < 0)
        return NULL;
    CTypeObject *ct = ffi_type_arg((FFIObject *)self, bound[0], TAKES_FUNCTION);
    if (!ct)
        return NULL;
    PyObject *callable = bound[1] ? not_none(bound[1]) : NULL;
    PyObject *error = bound[2] ? not_none(bound[2]) : NULL;
    PyObject *onerror = bound[3] ? not_none(bound[3]) : NULL;
    if (onerror && !PyCallable_Check(onerror)) {
        result = PyErr_Format(PyExc_TypeError, "expected a callable object for 'onerror', not %.200s", Py_TYPE(onerror)->tp_name);
    } else if (callable) {
        result = callback_make(ct, callable, error, onerror);
    } else {
        result = decorator_new(ct, error, onerror);
    }
    Py_DECREF(ct);
    return result;
}
