/* What is declared, with places and texts: the facts behind cdeffi/_headers.py and its neighbours, which
 * make the answers. Functions of the extension module; each takes an FFI or a lib first. */
#include "pymod/backend.h"
#include "pymod/ffi.h"

#include <string.h>

static FFIObject *ffi_of(PyObject *module, PyObject *arg) {
    if (ffi_check(state_of(module), arg))
        return (FFIObject *)arg;
    PyErr_Format(PyExc_TypeError, "expected an FFI, not %.200s", Py_TYPE(arg)->tp_name);
    return NULL;
}

/* Append VALUE (taken, may be NULL: an exception) to LIST. */
static int append(PyObject *list, PyObject *value) {
    int rc = value ? PyList_Append(list, value) : -1;
    Py_XDECREF(value);
    return rc;
}

/* A list that FILL makes of FFI and, before it, of those that it includes. */
typedef int Fill(FFIObject *, PyObject *list);

static int fill_all(FFIObject *ffi, Fill *fill, PyObject *list) {
    FFIObject *other;
    int rc = 0;
    for (Py_ssize_t i = 0; rc == 0 && (other = ffi_included(ffi, i)); i++) {
        rc = fill_all(other, fill, list);
        Py_DECREF(other);
    }
    return rc < 0 ? -1 : fill(ffi, list);
}

static PyObject *list_of(PyObject *module, PyObject *arg, Fill *fill) {
    FFIObject *ffi = ffi_of(module, arg);
    PyObject *list = ffi ? PyList_New(0) : NULL;
    if (list && fill_all(ffi, fill, list) < 0)
        Py_CLEAR(list);
    return list;
}

/* ---- the lists */

static const char *kind_name(const CdeclSymbol *symbol) {
    switch (symbol->kind) {
    case CDECL_FUNCTION: return "function";
    case CDECL_VARIABLE: return "variable";
    case CDECL_CONSTANT: return "constant";
    case CDECL_ENUMERATOR: return "enumerator";
    case CDECL_TYPEDEF: break;
    }
    return "typedef";
}

static int fill_symbols(FFIObject *ffi, PyObject *list) {
    size_t n;
    const CdeclSymbol **symbols = ffi_symbols(ffi, &n);
    int rc = symbols ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        const CdeclSymbol *s = symbols[i];
        bool in_header = s->flags & CDECL_S_DEFINED || (s->kind == CDECL_FUNCTION && s->flags & CDECL_S_STATIC);
        bool keeps_gil = s->flags & (CDECL_S_CONST_ATTR | CDECL_S_PURE | CDECL_S_KEEP_GIL);
        rc = append(list, Py_BuildValue("(sssIsOO)", s->name, kind_name(s), s->file, (unsigned)s->line,
                                        s->link_name ? s->link_name : s->name, in_header ? Py_True : Py_False,
                                        keeps_gil ? Py_True : Py_False));
    }
    PyMem_Free(symbols);
    return rc;
}

PyObject *introspect_symbols(PyObject *module, PyObject *arg) {
    return list_of(module, arg, fill_symbols);
}

static int fill_tags(FFIObject *ffi, PyObject *list) {
    size_t n;
    const AbiType **tags = ffi_tags(ffi, &n);
    int rc = tags ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        const char *file, *kind = tags[i]->kind == ABI_STRUCT ? "struct" : tags[i]->kind == ABI_UNION ? "union" : "enum";
        uint32_t line;
        if (!tags[i]->record->tag)
            continue;
        cdecl_tag_place(ffi->scope, i, &file, &line);
        rc = append(list, Py_BuildValue("(NsssI)", ctype_of(ffi->state, tags[i]), kind, tags[i]->record->tag, file, (unsigned)line));
    }
    PyMem_Free(tags);
    return rc;
}

PyObject *introspect_tags(PyObject *module, PyObject *arg) {
    return list_of(module, arg, fill_tags);
}

static PyObject *text_of(const char *s) {
    return PyUnicode_DecodeUTF8(s, (Py_ssize_t)strlen(s), "replace");
}

/* A list of the parameters' names; None for a macro without parentheses. */
static PyObject *parameter_names(FFIObject *ffi, const CdeclMacro *m) {
    if (!m->function_like)
        return Py_NewRef(Py_None);
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < m->n_params; i++) {
        size_t len;
        const char *text = cdecl_macro_parameter(ffi->scope, m->name, strlen(m->name), i, &len);
        if (append(list, text ? PyUnicode_DecodeUTF8(text, (Py_ssize_t)len, "replace") : PyUnicode_FromString("?")) < 0)
            Py_CLEAR(list);
    }
    return list;
}

PyObject *macro_describe(FFIObject *ffi, const CdeclMacro *m) {
    return Py_BuildValue("(NNONNI)", text_of(m->name), parameter_names(ffi, m), m->variadic ? Py_True : Py_False,
                         text_of(m->body), text_of(m->file), (unsigned)m->line);
}

static int fill_macros(FFIObject *ffi, PyObject *list) {
    int rc = 0;
    size_t n = cdecl_macro_count(ffi->scope);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        CdeclMacro m;
        abi_lock(ffi->state->graph); /* a failing cdef of another thread may take macros away */
        bool there = i < cdecl_macro_count(ffi->scope) && cdecl_macro_at_index(ffi->scope, i, &m);
        abi_unlock(ffi->state->graph);
        if (there)
            rc = append(list, macro_describe(ffi, &m));
    }
    return rc;
}

PyObject *introspect_macros(PyObject *module, PyObject *arg) {
    return list_of(module, arg, fill_macros);
}

/* Is macro NAME, given ones, an expression or a call? */
static bool takes_numbers(FFIObject *ffi, const char *name, size_t len) {
    enum { MANY = 16 };
    CdeclMacro m;
    CdeclValue ones[MANY];
    CdeclApplied applied;
    CdeclEffects effects = {.untouched = true};
    CdeclError err = {0};
    if (!cdecl_macro_find(ffi->scope, name, len, &m) || m.n_params > MANY)
        return false;
    for (size_t i = 0; i < m.n_params; i++)
        ones[i] = (CdeclValue){.kind = CDECL_V_INT, .type = ffi->state->ct_int->type, .bits = {1, 0}};
    int state = cdecl_macro_apply(ffi->scope, name, len, ones, m.n_params, &effects, &applied, &err);
    cdecl_applied_clear(&applied);
    cdecl_error_clear(&err);
    return state >= 0;
}

PyObject *introspect_can_apply(PyObject *module, PyObject *args) {
    PyObject *arg, *name;
    Py_ssize_t len;
    FFIObject *ffi = PyArg_ParseTuple(args, "OU:_can_apply", &arg, &name) ? ffi_of(module, arg) : NULL;
    const char *utf8 = ffi ? PyUnicode_AsUTF8AndSize(name, &len) : NULL;
    return utf8 ? PyBool_FromLong(takes_numbers(ffi, utf8, (size_t)len)) : NULL;
}

static int fill_included(FFIObject *ffi, PyObject *list) {
    CdeclIncluded inc;
    int rc = 0;
    for (size_t i = 0; rc == 0 && cdecl_included_at(ffi->scope, i, &inc); i++)
        rc = append(list, Py_BuildValue("(NNO)", PyUnicode_DecodeFSDefault(inc.file),
                                        inc.by ? PyUnicode_DecodeFSDefault(inc.by) : Py_NewRef(Py_None),
                                        inc.quoted ? Py_True : Py_False));
    return rc;
}

PyObject *introspect_included(PyObject *module, PyObject *arg) {
    return list_of(module, arg, fill_included);
}

/* ---- one name */

/* The symbol that ARGS, an FFI and a name, stand for; NULL: absent, or an exception. */
static const CdeclSymbol *symbol_of(PyObject *module, PyObject *args) {
    PyObject *arg, *name;
    Py_ssize_t len;
    if (!PyArg_ParseTuple(args, "OU", &arg, &name))
        return NULL;
    FFIObject *ffi = ffi_of(module, arg);
    const char *utf8 = ffi ? PyUnicode_AsUTF8AndSize(name, &len) : NULL;
    return utf8 ? cdecl_find(ffi->scope, utf8, (size_t)len) : NULL;
}

static PyObject *absent(void) {
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

PyObject *introspect_spell(PyObject *module, PyObject *args) {
    const CdeclSymbol *symbol = symbol_of(module, args);
    return symbol ? symbol_text(symbol) : absent();
}

PyObject *introspect_parameters(PyObject *module, PyObject *args) {
    const CdeclSymbol *s = symbol_of(module, args);
    if (!s)
        return absent();
    size_t n = s->kind == CDECL_FUNCTION && s->params ? s->type.type->function->nparams : 0;
    PyObject *names = PyTuple_New((Py_ssize_t)n);
    for (size_t i = 0; names && i < n; i++) {
        PyObject *name = s->params[i] ? PyUnicode_FromString(s->params[i]) : Py_NewRef(Py_None);
        if (name)
            PyTuple_SET_ITEM(names, (Py_ssize_t)i, name);
        else
            Py_CLEAR(names);
    }
    return names;
}

PyObject *introspect_meaning(PyObject *module, PyObject *args) {
    const CdeclSymbol *s = symbol_of(module, args);
    if (!s)
        return absent();
    PyObject *value = s->value.kind == CDECL_V_NONE ? Py_NewRef(Py_None) : constant_value(&s->value);
    bool is_pointer = s->value.kind == CDECL_V_INT && s->value.type && s->value.type->kind == ABI_POINTER;
    return Py_BuildValue("(sNsO)", kind_name(s), value, s->link_name ? s->link_name : s->name, is_pointer ? Py_True : Py_False);
}

static PyObject *describe_member(ModuleState *st, const AbiMember *m) {
    CdeclSymbol declared = {.name = m->name, .kind = CDECL_VARIABLE, .type = m->type};
    size_t size = m->flags & ABI_M_FLEXIBLE || m->type.type->size == ABI_SIZE_UNKNOWN ? 0 : m->type.type->size;
    return Py_BuildValue("(zNNnnKi)", m->name, m->name ? symbol_text(&declared) : type_text(m->type, ""),
                         abi_is_record(m->type.type) && !m->name ? (PyObject *)ctype_of(st, m->type.type) : Py_NewRef(Py_None),
                         (Py_ssize_t)m->offset, (Py_ssize_t)size, (unsigned long long)m->bit_offset,
                         m->flags & ABI_M_BITFIELD ? (int)m->bit_width : -1);
}

PyObject *introspect_members(PyObject *module, PyObject *arg) {
    ModuleState *st = state_of(module);
    if (!ctype_check(st, arg)) {
        PyErr_Format(PyExc_TypeError, "expected a CType, not %.200s", Py_TYPE(arg)->tp_name);
        return NULL;
    }
    const AbiType *type = ((CTypeObject *)arg)->type;
    if (!abi_is_record(type) || !type->record->complete)
        Py_RETURN_NONE;
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < type->record->count; i++)
        if (append(list, describe_member(st, &type->record->members[i])) < 0)
            Py_CLEAR(list);
    return list;
}

/* ---- two declarations of one thing */

/* A type of FFI: that of a symbol's name, or of member MEMBER of a CType, or the CType itself. */
static int differing_type(FFIObject *ffi, PyObject *what, const char *member, AbiQType *out) {
    if (ctype_check(ffi->state, what)) {
        size_t offset;
        const AbiType *type = ((CTypeObject *)what)->type;
        const AbiMember *m = member ? abi_member_find(type, member, strlen(member), &offset) : NULL;
        *out = m ? m->type : (AbiQType){type, 0};
        if (m || !member)
            return 0;
        PyErr_Format(PyExc_KeyError, "%s", member);
        return -1;
    }
    Py_ssize_t len;
    const char *utf8 = PyUnicode_AsUTF8AndSize(what, &len); /* TypeError for what is no str */
    const CdeclSymbol *symbol = utf8 ? cdecl_find(ffi->scope, utf8, (size_t)len) : NULL;
    if (utf8 && (!symbol || !symbol->type.type))
        PyErr_SetObject(PyExc_KeyError, what);
    if (!symbol || !symbol->type.type)
        return -1;
    *out = symbol->type;
    return 0;
}

PyObject *introspect_differ(PyObject *module, PyObject *args) {
    PyObject *a, *b, *x, *y;
    const char *member = NULL;
    AbiQType p, q;
    if (!PyArg_ParseTuple(args, "OOOO|z:_differ", &a, &x, &b, &y, &member))
        return NULL;
    FFIObject *left = ffi_of(module, a), *right = left ? ffi_of(module, b) : NULL;
    if (!right || differing_type(left, x, member, &p) < 0 || differing_type(right, y, member, &q) < 0)
        return NULL;
    return PyLong_FromLong(cdecl_differ(left->scope, p, right->scope, q));
}

/* ---- libraries */


static int add_name(void *user, const char *name) {
    PyObject *set = user, *text = PyUnicode_DecodeUTF8(name, (Py_ssize_t)strlen(name), "replace");
    int rc = text ? PySet_Add(set, text) : -1;
    Py_XDECREF(text);
    return rc;
}

PyObject *introspect_exports(PyObject *module, PyObject *arg) {
    if (!Py_IS_TYPE(arg, state_of(module)->lib_type)) {
        PyErr_Format(PyExc_TypeError, "expected a lib, not %.200s", Py_TYPE(arg)->tp_name);
        return NULL;
    }
    const AbiLibrary *library = ((LibObject *)arg)->library;
    PyObject *set = PySet_New(NULL);
    if (set && library && abi_library_each(library, add_name, set) != 0)
        Py_CLEAR(set);
    return set;
}
