/* FFI: what is declared, as read-only mappings that need no library. */
#include "pymod/ffi.h"

#include <string.h>

static int add(PyObject *dict, const char *name, PyObject *value) {
    int rc = value ? PyDict_SetItemString(dict, name, value) : -1;
    Py_XDECREF(value);
    return rc;
}

static PyObject *function_pointer_type(FFIObject *ffi, const CdeclSymbol *symbol) {
    CTypeObject *ct = ctype_of(ffi->state, symbol->type.type);
    CTypeObject *pointer = ct ? ctype_pointer_to(ct) : NULL;
    Py_XDECREF(ct);
    return (PyObject *)pointer;
}

static int add_symbol(FFIObject *ffi, int view, const CdeclSymbol *symbol, PyObject *dict) {
    switch (symbol->kind) {
    case CDECL_FUNCTION:
        return view == VIEW_FUNCTIONS ? add(dict, symbol->name, function_pointer_type(ffi, symbol)) : 0;
    case CDECL_VARIABLE:
        return view == VIEW_VARIABLES ? add(dict, symbol->name, (PyObject *)ctype_of(ffi->state, symbol->type.type)) : 0;
    case CDECL_TYPEDEF:
        return view == VIEW_TYPES ? add(dict, symbol->name, (PyObject *)ctype_of(ffi->state, symbol->type.type)) : 0;
    case CDECL_CONSTANT:
    case CDECL_ENUMERATOR:
        if (view != VIEW_CONSTANTS || symbol->value.kind == CDECL_V_NONE)
            return 0;
        return add(dict, symbol->name, constant_value(symbol));
    }
    return 0;
}

static int add_tags(FFIObject *ffi, PyObject *dict) {
    size_t n = cdecl_tag_count(ffi->scope);
    for (size_t i = 0; i < n; i++) {
        const AbiType *type = cdecl_tag_at(ffi->scope, i);
        if (!type || !type->record->tag)
            continue;
        const char *keyword = type->kind == ABI_STRUCT ? "struct" : type->kind == ABI_UNION ? "union" : "enum";
        PyObject *key = PyUnicode_FromFormat("%s %s", keyword, type->record->tag);
        CTypeObject *ct = key ? ctype_of(ffi->state, type) : NULL;
        int rc = ct ? PyDict_SetItem(dict, key, (PyObject *)ct) : -1;
        Py_XDECREF(key);
        Py_XDECREF(ct);
        if (rc < 0)
            return -1;
    }
    return 0;
}

/* Included FFIs first: what is declared here replaces what is declared there. */
static int fill(FFIObject *ffi, int view, PyObject *dict) {
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(ffi->included); i++)
        if (fill((FFIObject *)PyList_GET_ITEM(ffi->included, i), view, dict) < 0)
            return -1;
    size_t n = cdecl_symbol_count(ffi->scope);
    for (size_t i = 0; i < n; i++) {
        const CdeclSymbol *symbol = cdecl_symbol_at(ffi->scope, i);
        if (symbol && add_symbol(ffi, view, symbol, dict) < 0)
            return -1;
    }
    return view == VIEW_TYPES ? add_tags(ffi, dict) : 0;
}

/* A getter of the FFI class: a snapshot. CLOSURE is one of VIEW_*. */
PyObject *view_get(PyObject *self, void *closure) {
    PyObject *dict = PyDict_New(), *proxy = NULL;
    if (dict && fill((FFIObject *)self, (int)(intptr_t)closure, dict) == 0)
        proxy = PyDictProxy_New(dict);
    Py_XDECREF(dict);
    return proxy;
}
