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
    case ABI_EPLACE: return st->FFIError;
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

bool raise_problem(const CTypeObject *ct) {
    const AbiType *t = ct->type;
    while (t->kind == ABI_ARRAY)
        t = t->item.type;
    bool is_record = abi_is_record(t);
    if ((is_record || t->kind == ABI_ENUM) && t->flags & ABI_F_PARTIAL) {
        PyErr_Format(ct->state->VerificationMissing, "'%s' is declared with \"...\": it takes a compiler", ct->name);
        return true;
    }
    if (!is_record || t->record->complete || !t->record->problem)
        return false;
    PyErr_SetString(ct->state->FFIError, t->record->problem);
    return true;
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

PyObject *raise_macro(ModuleState *st, PyObject *about, CdeclError *err) {
    const char *name, *file;
    PyObject *parameters, *variadic, *body, *message = NULL;
    unsigned line;
    if (err->category == CDECL_CAT_MEMORY)
        return raise_cdecl(st, err);
    if (PyArg_ParseTuple(about, "sOOUsI", &name, &parameters, &variadic, &body, &file, &line)) {
        bool is_short = PyUnicode_GET_LENGTH(body) <= 200;
        bool is_named = strstr(err->msg, "macro '") != NULL;
        message = PyUnicode_FromFormat(is_short ? "%s%s%s%s (%s:%u: %U)" : "%s%s%s%s (%s:%u)", is_named ? "" : "macro '",
                                       is_named ? "" : name, is_named ? "" : "': ", err->msg, file, line, body);
    }
    return raise_with_place(class_of_category(st, err->category), message, err);
}

/* ---- the text of a type */

static bool is_unknown_name(CdeclCode code) {
    return code == CDECL_E_UNKNOWN_TYPE || code == CDECL_E_UNKNOWN_TYPE_NEAR || code == CDECL_E_UNKNOWN_TYPE_TAG;
}

/* For an FFI with cdef. cffi has a line for a lone unknown name, and one for all the rest. */
static PyObject *in_line_text(PyObject *text, const CdeclError *err) {
    PyObject *stripped = PyObject_CallMethod(text, "strip", NULL), *report, *whole;
    if (!stripped)
        return NULL;
    if (is_unknown_name(err->code) && PyUnicode_IsIdentifier(stripped) == 1) {
        const char *hint = strstr(err->msg, "; did you mean");
        whole = PyUnicode_FromFormat("unknown identifier '%U'%s", stripped, hint ? hint : "");
    } else {
        report = PyUnicode_FromString(err->report ? err->report : err->msg);
        whole = report ? PyUnicode_FromFormat("cannot parse \"%U\"\n%U", stripped, report) : NULL;
        Py_XDECREF(report);
    }
    Py_DECREF(stripped);
    return whole;
}

/* What cffi's compiled FFIs call the error. */
static const char *compiled_words(const char *src, size_t at, const CdeclError *err) {
    if (is_unknown_name(err->code))
        return "undefined type name";
    size_t n = at;
    while (n > 0 && strchr(" \t\n", src[n - 1]))
        n--;
    if (n == 0)
        return "identifier expected";
    if ((n >= 6 && memcmp(src + n - 6, "struct", 6) == 0) || (n >= 5 && memcmp(src + n - 5, "union", 5) == 0))
        return "struct or union name expected";
    return err->msg;
}

/* The byte of SRC that ERR's line and column mean. */
static size_t place_in(const char *src, size_t len, const CdeclError *err) {
    size_t at = 0;
    for (uint32_t line = 1; line < err->line && at < len; at++)
        line += src[at] == '\n';
    for (uint32_t column = 1; column < err->column && at < len; column++)
        do
            at++;
        while (at < len && ((unsigned char)src[at] & 0xC0) == 0x80);
    return at;
}

/* WORDS, the text on one line without what cannot be shown, and a caret below byte AT; of long texts
 * the words alone. */
static PyObject *compiled_text(const char *words, const char *src, size_t len, size_t at) {
    char line[501], caret[502];
    if (len >= sizeof line)
        return PyUnicode_FromString(words);
    for (size_t i = 0; i < len; i++)
        line[i] = strchr(" \t\n\r\v\f", src[i]) ? ' ' : src[i] < ' ' || src[i] > '~' ? '?' : src[i];
    line[len] = 0;
    memset(caret, ' ', at);
    memcpy(caret + at, "^", 2);
    return PyUnicode_FromFormat("%s\n%s\n%s", words, line, caret);
}

PyObject *raise_type_text(FFIObject *ffi, PyObject *text, CdeclError *err) {
    ModuleState *st = ffi->state;
    if (err->category != CDECL_CAT_SYNTAX)
        return raise_cdecl(st, err);
    if (PyObject_TypeCheck(ffi, st->ffi_type))
        return raise_with_place(st->CDefError, in_line_text(text, err), err);
    Py_ssize_t len;
    const char *src = PyUnicode_AsUTF8AndSize(text, &len);
    size_t at = src ? place_in(src, (size_t)len, err) : 0;
    PyObject *message = src ? compiled_text(compiled_words(src, at, err), src, (size_t)len, at) : NULL;
    return raise_with_place(st->FFIError, message, err);
}

PyObject *raise_undefined_tag(FFIObject *ffi, PyObject *text, size_t at, bool is_enum) {
    Py_ssize_t len;
    const char *src = PyUnicode_AsUTF8AndSize(text, &len);
    PyObject *message = src ? compiled_text(is_enum ? "undefined enum name" : "undefined struct/union name", src, (size_t)len, at) : NULL;
    if (message)
        PyErr_SetObject(ffi->state->FFIError, message);
    Py_XDECREF(message);
    return NULL;
}
