/* Errors of the layers below become exceptions here and nowhere else. */
#include "pymod/state.h"

#include <string.h>

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

/* The whole message. cffi's begin with one of two lines that programs look for: the offending line of
 * the cdef, or "parse error" when it came from elsewhere; then the place. Ours do too, and go on with
 * the caret. Only for what is not C: contradictions have no such line in cffi. */
static PyObject *report_text(const CdeclError *err) {
    const char *text = err->report ? err->report : err->msg, *line = strchr(text, '\n');
    PyObject *report = PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace"), *whole = NULL;
    if (!report || !line || err->category != CDECL_CAT_SYNTAX)
        return report;
    if (strncmp(text, CDEF_NAME ":", sizeof CDEF_NAME) != 0) {
        whole = PyUnicode_FromFormat("parse error\n%U", report);
    } else {
        line += 1 + strspn(line + 1, " \t");
        size_t n = strcspn(line, "\n");
        while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'))
            n--;
        PyObject *source = PyUnicode_DecodeUTF8(line, (Py_ssize_t)n, "replace");
        whole = source ? PyUnicode_FromFormat("cannot parse \"%U\"\n%U", source, report) : NULL;
        Py_XDECREF(source);
    }
    Py_DECREF(report);
    return whole;
}

/* Set the exception TYPE with MESSAGE (taken, may be NULL) and ERR's place; clears ERR. Returns NULL. */
static PyObject *raise_with_place(PyObject *type, PyObject *message, CdeclError *err) {
    PyObject *exc = message ? PyObject_CallOneArg(type, message) : NULL;
    if (exc && set_place(exc, err) == 0)
        PyErr_SetObject((PyObject *)Py_TYPE(exc), exc);
    Py_XDECREF(exc);
    Py_XDECREF(message);
    cdecl_error_clear(err);
    return NULL;
}

PyObject *raise_cdecl(ModuleState *st, CdeclError *err) {
    PyObject *type = class_of_category(st, err->category);
    if (type == PyExc_MemoryError) {
        cdecl_error_clear(err);
        return PyErr_NoMemory();
    }
    return raise_with_place(type, report_text(err), err);
}

PyObject *raise_type_text(FFIObject *ffi, PyObject *text, CdeclError *err) {
    return raise_cdecl(ffi->state, err);
}
