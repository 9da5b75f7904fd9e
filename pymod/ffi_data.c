/* FFI: making C data, and moving bytes between C data and Python objects. */
#include "pymod/cdata.h"
#include "pymod/ffi.h"
#include "pymod/tables.h"

#include <string.h>

/* A parameter that must be a cdata. */
static CDataObject *cdata_arg(PyObject *self, PyObject *arg, const char *method) {
    ModuleState *st = ((FFIObject *)self)->state;
    if (cdata_check(st, arg))
        return (CDataObject *)arg;
    PyErr_Format(PyExc_TypeError, "%s() argument 1 must be %s, not %.200s", method, st->cdata_type->tp_name,
                 Py_TYPE(arg)->tp_name);
    return NULL;
}

METHOD_KW(new) {
    static const ArgNames sig = {"new", 1, 2, {"cdecl", "init"}};
    PyObject *bound[2];
    if (args_bind(&sig, args, nargs, kwnames, bound) < 0)
        return NULL;
    CTypeObject *ct = ffi_type_arg((FFIObject *)self, bound[0], 0);
    if (!ct)
        return NULL;
    PyObject *result = cdata_new(ct, bound[1] == Py_None ? NULL : bound[1], NULL);
    Py_DECREF(ct);
    return result;
}

METHOD_KW(cast) {
    static const ArgNames sig = {"cast", 2, 2, {"cdecl", "source"}};
    PyObject *bound[2];
    if (args_bind(&sig, args, nargs, kwnames, bound) < 0)
        return NULL;
    CTypeObject *ct = ffi_type_arg((FFIObject *)self, bound[0], 0);
    if (!ct)
        return NULL;
    PyObject *result = cdata_cast(ct, bound[1]);
    Py_DECREF(ct);
    return result;
}

METHOD_KW(string) {
    static const ArgNames sig = {"string", 1, 2, {"cdata", "maxlen"}};
    PyObject *bound[2];
    if (args_bind(&sig, args, nargs, kwnames, bound) < 0)
        return NULL;
    CDataObject *cd = cdata_arg(self, bound[0], "string");
    if (!cd)
        return NULL;
    Py_ssize_t maxlen = args_ssize(bound[1], -1);
    return maxlen == -1 && PyErr_Occurred() ? NULL : cdata_string(cd, maxlen);
}

METHOD_KW(unpack) {
    static const ArgNames sig = {"unpack", 2, 2, {"cdata", "length"}};
    PyObject *bound[2];
    if (args_bind(&sig, args, nargs, kwnames, bound) < 0)
        return NULL;
    CDataObject *cd = cdata_arg(self, bound[0], "unpack");
    if (!cd)
        return NULL;
    Py_ssize_t length = args_ssize(bound[1], 0);
    return length == -1 && PyErr_Occurred() ? NULL : cdata_unpack(cd, length);
}

/* ---- buffers */

/* from_buffer([cdecl,] python_buffer, require_writable=False) */
METHOD_KW(from_buffer) {
    static const ArgNames sig = {"from_buffer", 1, 3, {"cdecl", "python_buffer", "require_writable"}};
    static const ArgNames sig_short = {"from_buffer", 1, 2, {"python_buffer", "require_writable"}};
    FFIObject *ffi = (FFIObject *)self;
    PyObject *bound[3];
    CTypeObject *ct;

    /* The first parameter is left out when there is one positional argument and none is called cdecl
     * or python_buffer; python_buffer= alone is understood too. */
    bool alone = nargs <= 1;
    for (Py_ssize_t i = 0; kwnames && i < PyTuple_GET_SIZE(kwnames); i++) {
        PyObject *key = PyTuple_GET_ITEM(kwnames, i);
        if (PyUnicode_CompareWithASCIIString(key, "cdecl") == 0 ||
            (nargs > 0 && PyUnicode_CompareWithASCIIString(key, "python_buffer") == 0))
            alone = false;
    }
    if (args_bind(alone ? &sig_short : &sig, args, nargs, kwnames, alone ? bound + 1 : bound) < 0)
        return NULL;
    if (!bound[1]) {
        PyErr_SetString(PyExc_TypeError, "from_buffer() missing required argument 'python_buffer' (pos 2)");
        return NULL;
    }
    int writable = bound[2] ? PyObject_IsTrue(bound[2]) : 0;
    if (writable < 0)
        return NULL;
    ct = alone ? (CTypeObject *)Py_NewRef(ffi->state->ct_chararray) : ffi_type_arg(ffi, bound[0], 0);
    if (!ct)
        return NULL;
    PyObject *result = cdata_from_buffer(ct, bound[1], writable);
    Py_DECREF(ct);
    return result;
}

/* The bytes that ARG stands for: where a cdata pointer to data or array points, or a buffer (then VIEW has to
 * be released: view->obj is not NULL). N bytes will be touched. */
static int memory_of(ModuleState *st, PyObject *arg, bool writable, Py_ssize_t n, Py_buffer *view) {
    view->obj = NULL;
    if (cdata_check(st, arg)) {
        CDataObject *cd = (CDataObject *)arg;
        if (!(cd->ctype->flags & (CT_POINTER | CT_ARRAY))) { /* functions are no memory */
            PyErr_Format(PyExc_TypeError, "expected a pointer or array ctype, got '%s'", cd->ctype->name);
            return -1;
        }
        view->buf = cd->data;
        return 0;
    }
    if (PyObject_GetBuffer(arg, view, writable ? PyBUF_WRITABLE : PyBUF_SIMPLE) < 0)
        return -1;
    if (n > view->len && !Py_IS_TYPE(arg, st->buffer_type)) { /* ffi.buffer(p) has the length of one item, which says nothing */
        PyErr_Format(PyExc_ValueError, "memmove of %zd bytes, but the %s buffer has %zd", n,
                     writable ? "destination" : "source", view->len);
        PyBuffer_Release(view);
        return -1;
    }
    return 0;
}

METHOD_KW(memmove) {
    static const ArgNames sig = {"memmove", 3, 3, {"dest", "src", "n"}};
    ModuleState *st = ((FFIObject *)self)->state;
    PyObject *bound[3];
    Py_buffer dest, src;
    if (args_bind(&sig, args, nargs, kwnames, bound) < 0)
        return NULL;
    Py_ssize_t n = args_ssize(bound[2], 0);
    if (n == -1 && PyErr_Occurred())
        return NULL;
    if (n < 0) {
        PyErr_SetString(PyExc_ValueError, "negative size");
        return NULL;
    }
    if (memory_of(st, bound[1], false, n, &src) < 0)
        return NULL;
    int rc = memory_of(st, bound[0], true, n, &dest);
    if (rc == 0) {
        if (n > 0)
            memmove(dest.buf, src.buf, (size_t)n);
        if (dest.obj)
            PyBuffer_Release(&dest);
    }
    if (src.obj)
        PyBuffer_Release(&src);
    return rc < 0 ? NULL : Py_NewRef(Py_None);
}

/* ---- lifetimes */

METHOD_KW(gc) {
    static const ArgNames sig = {"gc", 2, 3, {"cdata", "destructor", "size"}};
    PyObject *bound[3];
    if (args_bind(&sig, args, nargs, kwnames, bound) < 0)
        return NULL;
    CDataObject *cd = cdata_arg(self, bound[0], "gc");
    if (!cd)
        return NULL;
    Py_ssize_t size = args_ssize(bound[2], 0);
    return size == -1 && PyErr_Occurred() ? NULL : cdata_gc(cd, bound[1], size);
}

METHOD_O(release) {
    if (!cdata_check(((FFIObject *)self)->state, arg)) {
        PyErr_SetString(PyExc_TypeError, "expected a 'cdata' object");
        return NULL;
    }
    return cdata_release((CDataObject *)arg);
}

METHOD_O(new_handle) {
    return cdata_handle(((FFIObject *)self)->state->ct_voidp, arg);
}

METHOD_O(from_handle) {
    ModuleState *st = ((FFIObject *)self)->state;
    if (!cdata_check(st, arg)) {
        PyErr_SetString(PyExc_TypeError, "expected a 'cdata' object");
        return NULL;
    }
    return cdata_from_handle(st, arg);
}

/* ---- addressof */

/* The address of CD, or of the place in it that FIELDS lead to. It keeps alive what CD keeps. */
static PyObject *cdata_address(CDataObject *cd, PyObject *const *fields, Py_ssize_t n) {
    CTypeObject *ct = (CTypeObject *)Py_NewRef(cd->ctype), *pointer;
    unsigned kind = ct->type->kind;
    Py_ssize_t offset = 0;

    if (n > 0) {
        Py_DECREF(ct);
        offset = ctype_follow(cd->ctype, fields, n, &ct);
        if (offset == -1 && PyErr_Occurred())
            return NULL;
    } else if (kind == ABI_POINTER && !(ct->flags & CT_FUNCPTR)) {
        PyErr_SetString(PyExc_TypeError, "addressof(pointer)");
        Py_DECREF(ct);
        return NULL;
    }
    if (!abi_is_aggregate(cd->ctype->type) && !(kind == ABI_POINTER && n > 0)) {
        PyErr_SetString(PyExc_TypeError, "expected a cdata struct/union/array/pointer object");
        Py_DECREF(ct);
        return NULL;
    }
    pointer = ctype_pointer_to(ct);
    Py_DECREF(ct);
    if (!pointer)
        return NULL;
    PyObject *result = cdata_derived(pointer, cd->data + offset, cd);
    Py_DECREF(pointer);
    return result;
}

METHOD_FAST(addressof) {
    ModuleState *st = ((FFIObject *)self)->state;
    if (nargs == 0) {
        PyErr_SetString(PyExc_TypeError, "addressof() expects at least 1 argument");
        return NULL;
    }
    if (Py_IS_TYPE(args[0], st->lib_type)) {
        if (nargs == 2)
            return lib_addressof((LibObject *)args[0], args[1]);
        PyErr_SetString(PyExc_TypeError, "addressof(lib, name) expects one name");
        return NULL;
    }
    if (Py_IS_TYPE(args[0], st->compiled_lib_type) && nargs == 2)
        return compiled_lib_addressof(args[0], args[1]);
    if (!cdata_check(st, args[0])) {
        PyErr_SetString(PyExc_TypeError, "expected a 'cdata' object");
        return NULL;
    }
    return cdata_address((CDataObject *)args[0], args + 1, nargs - 1);
}
