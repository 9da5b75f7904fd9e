/* FFI: what is declared, as read-only mappings that need no library. */
#include "pymod/ffi.h"

#include <string.h>

const CdeclSymbol **ffi_symbols(FFIObject *ffi, size_t *n) {
    abi_lock(ffi->state->graph);
    *n = cdecl_symbol_count(ffi->scope);
    const CdeclSymbol **symbols = PyMem_Malloc((*n + 1) * sizeof *symbols);
    for (size_t i = 0; symbols && i < *n; i++)
        symbols[i] = cdecl_symbol_at(ffi->scope, i);
    abi_unlock(ffi->state->graph);
    if (!symbols)
        PyErr_NoMemory();
    return symbols;
}

const AbiType **ffi_tags(FFIObject *ffi, size_t *n) {
    abi_lock(ffi->state->graph);
    *n = cdecl_tag_count(ffi->scope);
    const AbiType **tags = PyMem_Malloc((*n + 1) * sizeof *tags);
    for (size_t i = 0; tags && i < *n; i++)
        tags[i] = cdecl_tag_at(ffi->scope, i);
    abi_unlock(ffi->state->graph);
    if (!tags)
        PyErr_NoMemory();
    return tags;
}

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
        return add(dict, symbol->name, constant_value(&symbol->value));
    }
    return 0;
}

static int add_tag(FFIObject *ffi, const AbiType *type, PyObject *dict) {
    if (!type->record->tag)
        return 0;
    const char *keyword = type->kind == ABI_STRUCT ? "struct" : type->kind == ABI_UNION ? "union" : "enum";
    PyObject *key = PyUnicode_FromFormat("%s %s", keyword, type->record->tag);
    CTypeObject *ct = key ? ctype_of(ffi->state, type) : NULL;
    int rc = ct ? PyDict_SetItem(dict, key, (PyObject *)ct) : -1;
    Py_XDECREF(key);
    Py_XDECREF(ct);
    return rc;
}

static int add_tags(FFIObject *ffi, PyObject *dict) {
    size_t n;
    const AbiType **tags = ffi_tags(ffi, &n);
    int rc = tags ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = add_tag(ffi, tags[i], dict);
    PyMem_Free(tags);
    return rc;
}

/* The macros of headers that have a value. Those of cdef texts are symbols. */
static int add_macros(FFIObject *ffi, PyObject *dict) {
    int rc = 0;
    size_t n = cdecl_macro_count(ffi->scope);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        CdeclMacro m = {0};
        abi_lock(ffi->state->graph); /* a failing cdef of another thread may take macros away */
        bool there = i < cdecl_macro_count(ffi->scope) && cdecl_macro_at_index(ffi->scope, i, &m) && !m.function_like;
        const CdeclSymbol *symbol = there ? cdecl_find(ffi->scope, m.name, strlen(m.name)) : NULL;
        abi_unlock(ffi->state->graph);
        if (symbol && symbol->kind == CDECL_CONSTANT && symbol->value.kind != CDECL_V_NONE)
            rc = add(dict, symbol->name, constant_value(&symbol->value));
    }
    return rc;
}

static int add_symbols(FFIObject *ffi, int view, PyObject *dict) {
    size_t n;
    const CdeclSymbol **symbols = ffi_symbols(ffi, &n);
    int rc = symbols ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = add_symbol(ffi, view, symbols[i], dict);
    PyMem_Free(symbols);
    return rc;
}

/* Included FFIs first: what is declared here replaces what is declared there. */
static int fill(FFIObject *ffi, int view, PyObject *dict) {
    FFIObject *other;
    int rc = 0;
    for (Py_ssize_t i = 0; rc == 0 && (other = ffi_included(ffi, i)); i++) {
        rc = fill(other, view, dict);
        Py_DECREF(other);
    }
    if (rc < 0 || add_symbols(ffi, view, dict) < 0)
        return -1;
    return view == VIEW_TYPES ? add_tags(ffi, dict) : view == VIEW_CONSTANTS ? add_macros(ffi, dict) : 0;
}

static const char *const view_names[] = {[VIEW_FUNCTIONS] = "functions", [VIEW_VARIABLES] = "variables",
                                         [VIEW_CONSTANTS] = "constants", [VIEW_TYPES] = "types"};

/* What a program has put in the view's place: cffi's FFI has no such attributes, so theirs are ordinary ones. New
 * reference, or NULL. */
static PyObject *view_replacement(FFIObject *ffi, int view) {
    PyObject *dict, *key, *value = NULL;
    Py_BEGIN_CRITICAL_SECTION(ffi); /* ffi.__dict__ = ... in another thread */
    dict = Py_XNewRef(ffi->dict);
    Py_END_CRITICAL_SECTION();
    if (!dict)
        return NULL;
    if ((key = PyUnicode_FromString(view_names[view])))
        dict_get(dict, key, &value);
    Py_XDECREF(key);
    Py_DECREF(dict);
    return value;
}

/* The setter: in the FFI's dict; NULL takes it out again. */
int view_set(PyObject *self, PyObject *value, void *closure) {
    PyObject *dict = PyObject_GenericGetDict(self, NULL);
    const char *name = view_names[(intptr_t)closure];
    int rc = !dict ? -1 : value ? PyDict_SetItemString(dict, name, value) : PyDict_DelItemString(dict, name);
    Py_XDECREF(dict);
    return rc;
}

/* A getter of the FFI class: a snapshot. CLOSURE is one of VIEW_*. */
PyObject *view_get(PyObject *self, void *closure) {
    PyObject *replaced = view_replacement((FFIObject *)self, (int)(intptr_t)closure);
    if (replaced || PyErr_Occurred())
        return replaced;
    PyObject *dict = PyDict_New(), *proxy = NULL;
    if (dict && fill((FFIObject *)self, (int)(intptr_t)closure, dict) == 0)
        proxy = PyDictProxy_New(dict);
    Py_XDECREF(dict);
    return proxy;
}
