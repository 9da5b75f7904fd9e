/* Why a lib does not have a name: AttributeError that says where it was declared and what to use instead. */
#include "pymod/ffi.h"

#include <string.h>

/* AttributeError with MESSAGE (taken). It has the nearest name already: without this CPython would look for
 * one too when it shows the traceback, and say it twice. */
static void raise_attribute(PyObject *message) {
    PyObject *exc = message ? PyObject_CallOneArg(PyExc_AttributeError, message) : NULL;
#if PY_VERSION_HEX >= 0x030A0000
    if (exc && PyObject_SetAttrString(exc, "name", Py_None) < 0)
        Py_CLEAR(exc);
#endif
    if (exc)
        PyErr_SetObject(PyExc_AttributeError, exc);
    Py_XDECREF(exc);
    Py_XDECREF(message);
}

static bool is_attribute(const CdeclSymbol *symbol) {
    return symbol->kind != CDECL_TYPEDEF;
}

/* ---- never declared */

/* A macro that no value was found for; its replacement, unless it is long. */
static PyObject *macro_message(const CdeclMacro *m) {
    enum { SHOWN = 120 };
    bool is_short = m->body && strlen(m->body) <= SHOWN;
    const char *why = !m->body || !m->body[0] ? "it stands for nothing"
                      : m->function_like      ? "it takes arguments, and is no function or variable"
                                              : "it is no constant";
    return PyUnicode_FromFormat("'%s' is a macro (%s:%u), and has no value: %s%s%s", m->name, m->file, (unsigned)m->line, why,
                                is_short && m->body[0] ? "; it stands for " : "", is_short ? m->body : "");
}

void lib_raise_undeclared(LibObject *lib, PyObject *name) {
    char near[120];
    CdeclMacro macro;
    const char *utf8 = PyUnicode_AsUTF8(name);
    if (!utf8)
        return;
    if (ffi_find_macro(lib->ffi, utf8, &macro))
        raise_attribute(macro_message(&macro));
    else if (cdecl_near(lib->ffi->scope, utf8, is_attribute, near, sizeof near))
        raise_attribute(PyUnicode_FromFormat("no function, variable or constant '%U' was declared; did you mean '%s'?", name, near));
    else
        raise_attribute(PyUnicode_FromFormat("no function, variable or constant '%U' was declared", name));
}

/* ---- declared, but not there */

/* Where a header declares SYMBOL: "; declared at /usr/include/zlib.h:50". Nothing for the program's own texts. */
static PyObject *declared_at(const CdeclSymbol *symbol) {
    if (!symbol->file || strcmp(symbol->file, CDEF_NAME) == 0)
        return PyUnicode_FromString("");
    return PyUnicode_FromFormat("; declared at %s:%u", symbol->file, (unsigned)symbol->line);
}

/* Has the header the function's code, so that compilers put it into each program? */
static const char *why_missing(const CdeclSymbol *symbol) {
    if (symbol->kind != CDECL_FUNCTION)
        return symbol->flags & CDECL_S_STATIC ? ", as static: each program has its own, and no library" : "";
    if (symbol->flags & CDECL_S_STATIC)
        return symbol->flags & CDECL_S_INLINE ? ", as static inline: its code is in the header, not in a library"
                                              : ", as static: its code is in the header, not in a library";
    return symbol->flags & (CDECL_S_INLINE | CDECL_S_DEFINED) ? ", as inline: its code is in the header, and this library has none" : "";
}

void lib_raise_missing(LibObject *lib, const CdeclSymbol *symbol) {
    char near[120];
    if (lib->ffi->tables) { /* an out-of-line module's: cffi's own words and exception */
        PyErr_Format(lib->ffi->state->FFIError, "symbol '%s' not found in library '%U': undefined symbol: %s", symbol->name,
                     lib->name, symbol->name);
        return;
    }
    const char *what = symbol->kind == CDECL_FUNCTION ? "function/symbol" : "variable", *why = why_missing(symbol);
    const char *link = symbol->link_name ? symbol->link_name : symbol->name;
    bool found = false;
    Py_BEGIN_CRITICAL_SECTION(lib); /* it may have been closed by now */
    if (!why[0] && lib->library)
        found = abi_library_near(lib->library, link, near, sizeof near);
    Py_END_CRITICAL_SECTION();
    PyObject *place = declared_at(symbol);
    if (place)
        raise_attribute(PyUnicode_FromFormat("%s '%s' not found in library '%U': undefined symbol: %s%U%s%s%s%s", what, symbol->name,
                                             lib->name, link, place, why, found ? "; did you mean '" : "", found ? near : "",
                                             found ? "'?" : ""));
    Py_XDECREF(place);
}
