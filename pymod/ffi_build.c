/* FFI: what makes modules out of declarations, done by cdeffi/builder, which is loaded when first used. */
#include "pymod/ffi.h"

/* cdeffi.builder.NAME(self, *args, **kwargs) */
static PyObject *call_builder(const char *name, PyObject *self, PyObject *args, PyObject *kwargs) {
    PyObject *module = PyImport_ImportModule("cdeffi.builder");
    PyObject *function = module ? PyObject_GetAttrString(module, name) : NULL;
    PyObject *first = function ? PyTuple_Pack(1, self) : NULL;
    PyObject *all = first ? PySequence_Concat(first, args) : NULL;
    PyObject *result = all ? PyObject_Call(function, all, kwargs) : NULL;
    Py_XDECREF(module);
    Py_XDECREF(function);
    Py_XDECREF(first);
    Py_XDECREF(all);
    return result;
}

#define FORWARD(name)                                                                  \
    METHOD_BUILD(name) {                                                               \
        return call_builder(#name, self, args, kwargs);                                \
    }

FORWARD(compile)
FORWARD(distutils_extension)
FORWARD(embedding_api)
FORWARD(embedding_init_code)
FORWARD(emit_c_code)
FORWARD(emit_python_code)
FORWARD(set_source)
FORWARD(set_source_pkgconfig)
FORWARD(verify)
FORWARD(write_stubs)
