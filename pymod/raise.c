/* Errors of the layers below become exceptions here and nowhere else. */
#include "pymod/state.h"

/* Which exception fits an error of abi/: the one that cffi raises for it. */
static PyObject *class_of_abi(ModuleState *st, AbiCode code) {
    switch (code) {
    case ABI_ENOMEM: return PyExc_MemoryError;
    case ABI_EINCOMPLETE: return PyExc_ValueError;
    case ABI_EINVALID: return st->CDefTypeError;
    case ABI_ETOOLARGE: return PyExc_OverflowError;
    case ABI_EUNSUPPORTED: return PyExc_NotImplementedError;
    case ABI_ELIBRARY: return PyExc_OSError;
    case ABI_ESYMBOL: return PyExc_AttributeError;
    case ABI_OK: break;
    }
    return PyExc_SystemError;
}

PyObject *raise_abi(ModuleState *st, const AbiError *err) {
    if (err->code == ABI_ENOMEM)
        return PyErr_NoMemory();
    PyErr_SetString(class_of_abi(st, err->code), err->msg);
    return NULL;
}

static PyObject *class_of_category(ModuleState *st, CdeclCategory category) {
    switch (category) {
    case CDECL_CAT_SYNTAX:
    case CDECL_CAT_LIMIT: return st->CDefError;
    case CDECL_CAT_DECLARATION: return st->CDefError;
    case CDECL_CAT_TYPE: return st->CDefTypeError;
    case CDECL_CAT_COMPILER: return st->VerificationMissing;
    case CDECL_CAT_FILE: return PyExc_OSError;
    case CDECL_CAT_MEMORY: return PyExc_MemoryError;
    case CDECL_CAT_NONE: break;
    }
    return PyExc_SystemError;
}

/* The exception carries what the report says in parts: code, lineno, offset, msg (as SyntaxError
 * names them), so that tools need not parse the text. */
static int set_place(PyObject *exc, const CdeclError *err) {
    PyObject *line = PyLong_FromUnsignedLong(err->line), *column = PyLong_FromUnsignedLong(err->column);
    PyObject *msg = PyUnicode_DecodeUTF8(err->msg, (Py_ssize_t)strlen(err->msg), "replace");
    int rc = line && column && msg && PyObject_SetAttrString(exc, "lineno", line) == 0 &&
                     PyObject_SetAttrString(exc, "offset", column) == 0 && PyObject_SetAttrString(exc, "msg", msg) == 0
                 ? 0
                 : -1;
    Py_XDECREF(line);
    Py_XDECREF(column);
    Py_XDECREF(msg);
    return rc;
}

PyObject *raise_cdecl(ModuleState *st, CdeclError *err) {
    PyObject *type = class_of_category(st, err->category);
    const char *text = err->report ? err->report : err->msg;
    PyObject *exc = NULL, *message = NULL;

    if (type == PyExc_MemoryError) {
        PyErr_NoMemory();
        goto out;
    }
    message = PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
    exc = message ? PyObject_CallOneArg(type, message) : NULL;
    if (exc && set_place(exc, err) == 0)
        PyErr_SetObject((PyObject *)Py_TYPE(exc), exc);
out:
    Py_XDECREF(exc);
    Py_XDECREF(message);
    cdecl_error_clear(err);
    return NULL;
}

PyObject *raise_type_text(FFIObject *ffi, PyObject *text, CdeclError *err) {
    return raise_cdecl(ffi->state, err);
}
