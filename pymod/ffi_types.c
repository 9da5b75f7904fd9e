/* FFI: from the text of a type to its CType, and what one asks of types. */
#include "pymod/ffi.h"
#include "pymod/tables.h"

#include <string.h>

/* ---- the cache
 *
 * Programs write ffi.new("char[%d]" % n) in loops, so the cache is bounded. Two generations: a hit in
 * the old one moves to the young one; when the young one is full it becomes the old one, whose
 * unused entries go. What is used stays, at the price of two dicts. */
#define CACHE_GENERATION 256

/* EPOCH is that of when CT was found: a cdef() of another thread may have come in between. */
static int cache_add(FFIObject *ffi, PyObject *text, CTypeObject *ct, unsigned epoch) {
    int rc = 0;
    PyObject *young = NULL, *fresh = NULL;
    Py_BEGIN_CRITICAL_SECTION(ffi);
    bool current = ffi->types_epoch == epoch;
    if (current && PyDict_GET_SIZE(ffi->types) >= CACHE_GENERATION) {
        fresh = PyDict_New();
        if (fresh) {
            young = ffi->types_old; /* dropped below, outside the section */
            ffi->types_old = ffi->types;
            ffi->types = fresh;
        } else {
            rc = -1;
        }
    }
    if (rc == 0 && current)
        rc = PyDict_SetItem(ffi->types, text, (PyObject *)ct);
    Py_END_CRITICAL_SECTION();
    Py_XDECREF(young);
    return rc;
}

/* 1 and *CT (new reference), 0, or -1 with an exception; and the EPOCH of that. */
static int cache_get(FFIObject *ffi, PyObject *text, CTypeObject **ct, unsigned *epoch) {
    PyObject *young, *old, *found = NULL;
    Py_BEGIN_CRITICAL_SECTION(ffi);
    *epoch = ffi->types_epoch;
    young = Py_NewRef(ffi->types);
    old = Py_NewRef(ffi->types_old);
    Py_END_CRITICAL_SECTION();
    int rc = dict_get(young, text, &found);
    if (rc == 0 && PyDict_GET_SIZE(old) > 0) {
        rc = dict_get(old, text, &found);
        if (rc == 1 && cache_add(ffi, text, (CTypeObject *)found, *epoch) < 0) {
            Py_CLEAR(found);
            rc = -1;
        }
    }
    Py_DECREF(young);
    Py_DECREF(old);
    *ct = (CTypeObject *)found;
    return rc;
}

void ffi_forget_types(FFIObject *ffi) {
    PyObject *young, *old;
    Py_BEGIN_CRITICAL_SECTION(ffi);
    young = Py_NewRef(ffi->types);
    old = Py_NewRef(ffi->types_old);
    ffi->types_epoch++;
    Py_END_CRITICAL_SECTION();
    PyDict_Clear(young);
    PyDict_Clear(old);
    Py_DECREF(young);
    Py_DECREF(old);
}

static bool is_in_line(FFIObject *ffi) {
    return PyObject_TypeCheck(ffi, ffi->state->ffi_type);
}

static bool is_word(const char *p, size_t n, const char *word) {
    return strlen(word) == n && memcmp(p, word, n) == 0;
}

/* "struct foo" in text declares foo where cdef could complete it later; an FFI without cdef has to know
 * it already. 0, or -1 with an exception. */
static int check_tags(FFIObject *ffi, PyObject *text, const char *src) {
    static const struct { const char *word; AbiKind kind; } keywords[] = {
        {"struct", ABI_STRUCT}, {"union", ABI_UNION}, {"enum", ABI_ENUM}};
    static const char name_chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$";
    for (const char *p = src; *p;) {
        size_t n = strspn(p, name_chars);
        for (int i = 0; n > 0 && i < 3; i++) {
            if (!is_word(p, n, keywords[i].word))
                continue;
            const char *tag = p + n + strspn(p + n, " \t\n");
            size_t len = strspn(tag, name_chars);
            bool keyword = is_word(tag, len, "struct") || is_word(tag, len, "union") || is_word(tag, len, "enum");
            if (len > 0 && !keyword && !cdecl_find_tag(ffi->scope, keywords[i].kind, tag, len)) {
                raise_undefined_tag(ffi, text, (size_t)(tag - src), keywords[i].kind == ABI_ENUM);
                return -1;
            }
        }
        p += n ? n : 1;
    }
    return 0;
}

static CTypeObject *parse_type(FFIObject *ffi, PyObject *text) {
    ModuleState *st = ffi->state;
    Py_ssize_t len;
    const char *src = PyUnicode_AsUTF8AndSize(text, &len);
    AbiQType q;
    CdeclError err = {0};

    if (!src || (ffi->tables && tables_declare_words(ffi, src) < 0) || (!is_in_line(ffi) && check_tags(ffi, text, src) < 0))
        return NULL;
    if (cdecl_parse_type(ffi->scope, src, (size_t)len, &q, &err) < 0)
        return (CTypeObject *)raise_type_text(ffi, text, &err);
    CTypeObject *ct = ctype_of(st, q.type);
    abi_lock(st->graph);
    abi_release(q.type);
    abi_unlock(st->graph);
    return ct;
}

static CTypeObject *type_of_text(FFIObject *ffi, PyObject *text) {
    CTypeObject *ct;
    unsigned epoch;
    if (cache_get(ffi, text, &ct, &epoch) != 0)
        return ct;
    ct = parse_type(ffi, text);
    if (ct && cache_add(ffi, text, ct, epoch) < 0)
        Py_CLEAR(ct);
    return ct;
}

/* CT is a function type, where a pointer to one is meant. Takes CT. */
static CTypeObject *function_as_pointer(FFIObject *ffi, PyObject *text, CTypeObject *ct, int takes) {
    CTypeObject *pointer = NULL;
    if (takes & TAKES_FUNCTION)
        pointer = ctype_pointer_to(ct);
    else if (is_in_line(ffi))
        PyErr_Format(ffi->state->CDefError, "the type %R is a function type, not a pointer-to-function type", text);
    else
        PyErr_Format(ffi->state->FFIError, "the type '%s' is a function type, not a pointer-to-function type", ct->name);
    Py_DECREF(ct);
    return pointer;
}

CTypeObject *ffi_type_arg(FFIObject *ffi, PyObject *arg, int takes) {
    ModuleState *st = ffi->state;
    if (PyUnicode_Check(arg)) {
        CTypeObject *ct = type_of_text(ffi, arg);
        return ct && ct->type->kind == ABI_FUNCTION ? function_as_pointer(ffi, arg, ct, takes) : ct;
    }
    if (ctype_check(st, arg))
        return (CTypeObject *)Py_NewRef(arg);
    if ((takes & TAKES_CDATA) && cdata_check(st, arg))
        return (CTypeObject *)Py_NewRef(((CDataObject *)arg)->ctype);
    PyErr_Format(PyExc_TypeError, "expected a string, ctype%s object, got '%.200s'",
                 takes & TAKES_CDATA ? " or cdata" : "", Py_TYPE(arg)->tp_name);
    return NULL;
}

CTypeObject *ffi_type_of(FFIObject *ffi, PyObject *cdecl) {
    return ffi_type_arg(ffi, cdecl, 0);
}

/* ---- methods */

METHOD_O(typeof) {
    FFIObject *ffi = (FFIObject *)self;
    if (!PyUnicode_Check(arg) && !cdata_check(ffi->state, arg) && !ctype_check(ffi->state, arg)) {
        PyObject *type = compiled_function_type(ffi->state, arg);
        if (type || PyErr_Occurred())
            return type;
        PyErr_SetObject(PyExc_TypeError, (PyObject *)Py_TYPE(arg));
        return NULL;
    }
    return (PyObject *)ffi_type_arg(ffi, arg, TAKES_CDATA);
}

METHOD_O(sizeof) {
    FFIObject *ffi = (FFIObject *)self;
    if (cdata_check(ffi->state, arg)) {
        Py_ssize_t size = cdata_sizeof((CDataObject *)arg);
        return size < 0 ? NULL : PyLong_FromSsize_t(size);
    }
    if (!PyUnicode_Check(arg) && !ctype_check(ffi->state, arg)) {
        PyErr_SetString(PyExc_TypeError, "expected a 'cdata' or 'ctype' object");
        return NULL;
    }
    CTypeObject *ct = ffi_type_arg(ffi, arg, 0);
    if (!ct)
        return NULL;
    PyObject *result = NULL;
    ctype_assume_enum(ffi->state, ct->type);
    if (ct->type->size == ABI_SIZE_UNKNOWN && raise_problem(ct))
        result = NULL;
    else if (ct->type->size == ABI_SIZE_UNKNOWN)
        PyErr_Format(is_in_line(ffi) ? PyExc_ValueError : ffi->state->FFIError, "ctype '%s' is of unknown size", ct->name);
    else
        result = PyLong_FromSize_t(ct->type->size);
    Py_DECREF(ct);
    return result;
}

/* The alignment of incomplete arrays is known, of incomplete structs it is not (C11 6.2.8). */
METHOD_O(alignof) {
    CTypeObject *ct = ffi_type_arg((FFIObject *)self, arg, TAKES_CDATA);
    if (!ct)
        return NULL;
    const AbiType *t = ct->type;
    PyObject *result = NULL;
    while (t->kind == ABI_ARRAY && t->size == ABI_SIZE_UNKNOWN)
        t = t->item.type;
    ctype_assume_enum(ct->state, t);
    if (t->size == ABI_SIZE_UNKNOWN && raise_problem(ct))
        result = NULL;
    else if (t->size == ABI_SIZE_UNKNOWN)
        PyErr_Format(PyExc_ValueError, "ctype '%s' is of unknown alignment", ct->name);
    else
        result = PyLong_FromUnsignedLong(ct->type->align);
    Py_DECREF(ct);
    return result;
}

METHOD_FAST(offsetof) {
    if (nargs < 2) {
        PyErr_SetString(PyExc_TypeError, "offsetof() expects at least two arguments: a type and a field name or index");
        return NULL;
    }
    CTypeObject *ct = ffi_type_arg((FFIObject *)self, args[0], 0), *found;
    if (!ct)
        return NULL;
    Py_ssize_t offset = ctype_follow(ct, args + 1, nargs - 1, &found);
    Py_DECREF(ct);
    if (offset == -1 && PyErr_Occurred())
        return NULL;
    Py_DECREF(found);
    return PyLong_FromSsize_t(offset);
}

/* ---- getctype */

METHOD_KW(getctype) {
    static const ArgNames sig = {"getctype", 1, 2, {"cdecl", "replace_with"}};
    PyObject *bound[2], *stripped, *result = NULL;
    if (args_bind(&sig, args, nargs, kwnames, bound) < 0)
        return NULL;
    CTypeObject *ct = ffi_type_arg((FFIObject *)self, bound[0], 0);
    if (!ct)
        return NULL;
    if (!bound[1]) {
        result = PyUnicode_FromString(ct->name);
    } else if (!PyUnicode_Check(bound[1])) {
        PyErr_Format(PyExc_TypeError, "getctype() argument 'replace_with' must be str, not %.200s",
                     Py_TYPE(bound[1])->tp_name);
    } else if ((stripped = PyObject_CallMethod(bound[1], "strip", NULL))) {
        const char *utf8 = PyUnicode_AsUTF8(stripped);
        result = utf8 ? ctype_getname(ct, utf8) : NULL;
        Py_DECREF(stripped);
    }
    Py_DECREF(ct);
    return result;
}

/* ---- list_types */

static int add_name(PyObject *set, const char *name) {
    PyObject *str = PyUnicode_FromString(name);
    int rc = str ? PySet_Add(set, str) : -1;
    Py_XDECREF(str);
    return rc;
}

static int collect_typedefs(FFIObject *ffi, PyObject *set) {
    size_t n;
    const CdeclSymbol **symbols = ffi_symbols(ffi, &n);
    int rc = symbols ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < n; i++)
        if (symbols[i]->kind == CDECL_TYPEDEF)
            rc = add_name(set, symbols[i]->name);
    PyMem_Free(symbols);
    return rc;
}

static int collect_tags(FFIObject *ffi, PyObject *structs, PyObject *unions) {
    size_t n;
    const AbiType **tags = ffi_tags(ffi, &n);
    int rc = tags ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < n; i++)
        if (tags[i]->record->tag && tags[i]->kind != ABI_ENUM)
            rc = add_name(tags[i]->kind == ABI_STRUCT ? structs : unions, tags[i]->record->tag);
    PyMem_Free(tags);
    return rc;
}

/* SETS: of typedef names, struct tags, union tags. Included FFIs count as known. */
static int collect_types(FFIObject *ffi, PyObject **sets) {
    if (ffi->tables)
        return tables_add_types(ffi->tables, sets);
    if (collect_typedefs(ffi, sets[0]) < 0 || collect_tags(ffi, sets[1], sets[2]) < 0)
        return -1;
    FFIObject *other;
    int rc = 0;
    for (Py_ssize_t i = 0; rc == 0 && (other = ffi_included(ffi, i)); i++) {
        rc = collect_types(other, sets);
        Py_DECREF(other);
    }
    return rc;
}

static PyObject *sorted_list(PyObject *set) {
    PyObject *list = PySequence_List(set);
    if (list && PyList_Sort(list) < 0)
        Py_CLEAR(list);
    return list;
}

METHOD_NOARGS(list_types) {
    PyObject *sets[3] = {PySet_New(NULL), PySet_New(NULL), PySet_New(NULL)};
    PyObject *lists[3] = {NULL, NULL, NULL}, *result = NULL;
    if (sets[0] && sets[1] && sets[2] && collect_types((FFIObject *)self, sets) == 0 &&
        (lists[0] = sorted_list(sets[0])) && (lists[1] = sorted_list(sets[1])) && (lists[2] = sorted_list(sets[2])))
        result = PyTuple_Pack(3, lists[0], lists[1], lists[2]);
    for (int i = 0; i < 3; i++) {
        Py_XDECREF(sets[i]);
        Py_XDECREF(lists[i]);
    }
    return result;
}
