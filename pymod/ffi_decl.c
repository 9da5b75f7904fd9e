/* FFI: cdef() and what else declares names. */
#include "pymod/ffi.h"
#include "pymod/lazy.h"

#include <string.h>

/* ---- the options of cdef */

/* Strings that CdeclOptions points to; OWNER keeps them alive. */
typedef struct StringList {
    PyObject *owner;
    const char **items;
    size_t count;
} StringList;

static void strings_free(StringList *list) {
    Py_XDECREF(list->owner);
    PyMem_Free(list->items);
}

/* "NAME=text" for each item of a dict; None as the text: "NAME". Returns a new list. */
static PyObject *definitions_of_dict(PyObject *dict) {
    PyObject *list = PyDict_Items(dict);
    for (Py_ssize_t i = 0; list && i < PyList_GET_SIZE(list); i++) {
        PyObject *item = PyList_GET_ITEM(list, i), *key = PyTuple_GET_ITEM(item, 0), *value = PyTuple_GET_ITEM(item, 1);
        PyObject *text = value == Py_None ? PyObject_Str(key) : PyUnicode_FromFormat("%S=%S", key, value);
        if (text)
            PyList_SetItem(list, i, text); /* takes TEXT */
        else
            Py_CLEAR(list);
    }
    return list;
}

/* VALUE (None, a dict, or an iterable of str or path objects) as a new list. */
static PyObject *list_of(PyObject *value, const char *what) {
    if (!value || value == Py_None)
        return PyList_New(0);
    if (PyUnicode_Check(value) || PyBytes_Check(value)) {
        PyErr_Format(PyExc_TypeError, "cdef() argument '%s' must be a list of strings, not one string", what);
        return NULL;
    }
    return PyDict_Check(value) ? definitions_of_dict(value) : PySequence_List(value);
}

/* VALUE, as list_of() takes it, and behind it what PACKAGES (may be NULL), a tuple of lists, has at WHICH. */
static int strings_of(PyObject *value, const char *what, PyObject *packages, Py_ssize_t which, StringList *out) {
    memset(out, 0, sizeof *out);
    PyObject *source = list_of(value, what);
    if (source && packages && PyList_SetSlice(source, PY_SSIZE_T_MAX, PY_SSIZE_T_MAX, PyTuple_GET_ITEM(packages, which)) < 0)
        Py_CLEAR(source);
    if (!source)
        return -1;
    out->owner = source;
    out->items = PyMem_Calloc((size_t)PyList_GET_SIZE(source) + 1, sizeof *out->items);
    if (!out->items) {
        PyErr_NoMemory();
        goto fail;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(source); i++) {
        PyObject *path = PyOS_FSPath(PyList_GET_ITEM(source, i));
        if (!path)
            goto fail;
        PyList_SetItem(source, i, path); /* takes PATH */
        const char *utf8 = PyUnicode_Check(path) ? PyUnicode_AsUTF8(path) : PyBytes_AsString(path);
        if (!utf8)
            goto fail;
        out->items[out->count++] = utf8;
    }
    return 0;
fail:
    strings_free(out);
    memset(out, 0, sizeof *out);
    return -1;
}

/* packed= and pack=, with cffi's rules and messages. */
static int read_packing(PyObject *packed, PyObject *pack, CdeclOptions *o) {
    int truth = packed ? PyObject_IsTrue(packed) : 0;
    if (truth < 0)
        return -1;
    if (truth && packed != Py_True) {
        PyErr_Format(PyExc_ValueError, "'packed' must be True or False, not %R; for a number use 'pack'", packed);
        return -1;
    }
    if (!pack || pack == Py_None) {
        o->packed = truth;
        return 0;
    }
    if (truth) {
        PyErr_SetString(PyExc_ValueError, "cannot give both 'pack' and 'packed'");
        return -1;
    }
    Py_ssize_t n = PyNumber_AsSsize_t(pack, PyExc_OverflowError);
    if (n == -1 && PyErr_Occurred())
        return -1;
    if (n < 0 || (n & (n - 1)) || n > 1 << 28) {
        PyErr_Format(PyExc_ValueError, "'pack' must be a power of two, not %R", pack);
        return -1;
    }
    o->pack = (uint32_t)n;
    return 0;
}

static int read_flag(PyObject *value, bool fallback, bool *out) {
    int truth = value ? PyObject_IsTrue(value) : fallback;
    *out = truth > 0;
    return truth < 0 ? -1 : 0;
}

/* ---- declaring */

/* Later declarations may replace what libs have cached under the same names. */
static int forget_functions(FFIObject *ffi) {
    PyObject *libs = PyList_GetSlice(ffi->libs, 0, PY_SSIZE_T_MAX); /* another thread may open or close one */
    for (Py_ssize_t i = 0; libs && i < PyList_GET_SIZE(libs); i++)
        PyDict_Clear(((LibObject *)PyList_GET_ITEM(libs, i))->dict);
    Py_XDECREF(libs);
    return libs ? 0 : -1;
}

static int declare(FFIObject *ffi, const char *src, size_t len, const CdeclOptions *o) {
    CdeclError err = {0};
    int rc;
    Py_BEGIN_ALLOW_THREADS
    rc = cdecl_parse(ffi->scope, src, len, o, &err);
    Py_END_ALLOW_THREADS
    if (rc < 0) {
        raise_cdecl(ffi->state, &err);
        return -1;
    }
    ffi_forget_types(ffi);
    return o && o->override ? forget_functions(ffi) : 0;
}

/* Each limit: its name, and whether it is 32 bits wide. */
#define LIMITS(X) \
    X(macro_tokens, true) X(total_tokens, false) X(include_depth, true) X(file_bytes, false) X(total_bytes, false) \
    X(macro_steps, false) X(macro_effects, true) X(macro_bytes, false)

/* limits=: a dict. What it does not say stays at the default. */
static int read_limits(PyObject *value, CdeclLimits *out) {
#define NAME(name, narrow) #name,
#define NARROW(name, narrow) narrow,
#define COMMAS(name, narrow) ", " #name
    static const char *const names[] = {LIMITS(NAME)};
    static const bool narrow[] = {LIMITS(NARROW)};
    enum { KNOWN = sizeof names / sizeof names[0] };
    unsigned long long numbers[KNOWN] = {0};
    PyObject *key, *number;
    Py_ssize_t at = 0;
    size_t i = 0;
    if (!value || value == Py_None)
        return 0;
    if (!PyDict_Check(value)) {
        PyErr_Format(PyExc_TypeError, "cdef() argument 'limits' must be a dict, not %.200s", Py_TYPE(value)->tp_name);
        return -1;
    }
    while (PyDict_Next(value, &at, &key, &number)) {
        for (i = 0; i < KNOWN && !(PyUnicode_Check(key) && PyUnicode_CompareWithASCIIString(key, names[i]) == 0); i++) {
        }
        if (i == KNOWN) {
            PyErr_Format(PyExc_ValueError, "there is no limit %R; there are: %s", key, &(LIMITS(COMMAS))[2]);
            return -1;
        }
        numbers[i] = PyLong_Check(number) ? PyLong_AsUnsignedLongLong(number) : 0;
        if (PyErr_Occurred() || numbers[i] == 0 || (narrow[i] && numbers[i] > UINT32_MAX)) {
            PyErr_Clear();
            PyErr_Format(PyExc_ValueError, "limit '%s' must be a positive int%s, not %R", names[i], narrow[i] ? " of at most 32 bits" : "", number);
            return -1;
        }
    }
    i = 0;
#define SET(name, narrow) out->name = (__typeof__(out->name))numbers[i++];
    LIMITS(SET)
    return 0;
#undef NAME
#undef NARROW
#undef COMMAS
#undef SET
}

/* What packages add: a tuple of three lists. *OUT (new reference) stays NULL without any. 0 or -1. */
static int read_packages(PyObject *wanted, PyObject **out) {
    *out = NULL;
    if (!wanted || wanted == Py_None)
        return 0;
    *out = lazy_call("cdeffi._pkgconfig", "options", wanted, NULL);
    return *out ? 0 : -1;
}

METHOD_KW(cdef) {
    enum { ARGS = 10 };
    static const ArgNames sig = {"cdef", 1, ARGS, {"csource", "override", "packed", "pack", "release_gil", "include_dirs", "define",
                                                   "undef", "pkg_config", "limits"}};
    FFIObject *ffi = (FFIObject *)self;
    CdeclOptions o = {.name = CDEF_NAME};
    StringList dirs = {0}, defines = {0}, undefs = {0};
    PyObject *bound[ARGS], *packages = NULL, *result = NULL;
    bool release_gil;

    if (args_bind(&sig, args, nargs, kwnames, bound) < 0)
        return NULL;
    if (!PyUnicode_Check(bound[0])) {
        PyErr_SetString(PyExc_TypeError, "cdef() argument must be a string");
        return NULL;
    }
    Py_ssize_t len;
    const char *src = PyUnicode_AsUTF8AndSize(bound[0], &len);
    if (!src || read_flag(bound[1], false, &o.override) < 0 || read_packing(bound[2], bound[3], &o) < 0 ||
        read_flag(bound[4], true, &release_gil) < 0 || read_packages(bound[8], &packages) < 0 ||
        strings_of(bound[5], "include_dirs", packages, 0, &dirs) < 0 || strings_of(bound[6], "define", packages, 1, &defines) < 0 ||
        strings_of(bound[7], "undef", packages, 2, &undefs) < 0 || read_limits(bound[9], &o.limits) < 0)
        goto out;
    o.keep_gil = !release_gil;
    o.include_dirs = dirs.items;
    o.n_include_dirs = dirs.count;
    o.defines = defines.items;
    o.n_defines = defines.count;
    o.undefs = undefs.items;
    o.n_undefs = undefs.count;
    if (declare(ffi, src, (size_t)len, &o) == 0)
        result = Py_NewRef(Py_None);
out:
    Py_XDECREF(packages);
    strings_free(&dirs);
    strings_free(&defines);
    strings_free(&undefs);
    return result;
}

static int include_one(FFIObject *ffi, PyObject *other) {
    CdeclError err = {0};
    /* First the reference: the scope of OTHER has to outlive ours. */
    if (PyList_Append(ffi->included, other) < 0)
        return -1;
    if (cdecl_scope_include(ffi->scope, ((FFIObject *)other)->scope, &err) == 0)
        return 0;
    Py_ssize_t n = PyList_GET_SIZE(ffi->included);
    raise_cdecl(ffi->state, &err);
    PyList_SetSlice(ffi->included, n - 1, n, NULL);
    return -1;
}

/* Whether WHAT is among those that FFI includes, or those include; -1: an exception. */
static int includes(const FFIObject *ffi, PyObject *what) {
    PyObject *included = PyList_GetSlice(ffi->included, 0, PY_SSIZE_T_MAX); /* other threads may add to it */
    int found = included ? 0 : -1;
    for (Py_ssize_t i = 0; found == 0 && i < PyList_GET_SIZE(included); i++) {
        PyObject *each = PyList_GET_ITEM(included, i);
        found = each == what ? 1 : includes((FFIObject *)each, what);
    }
    Py_XDECREF(included);
    return found;
}

METHOD_O(include) {
    FFIObject *ffi = (FFIObject *)self;
    if (!PyObject_TypeCheck(arg, ffi->state->ffi_type)) {
        PyErr_Format(PyExc_TypeError, "ffi.include() expects an argument that is also of type cffi.FFI, not '%.200s'",
                     Py_TYPE(arg)->tp_name);
        return NULL;
    }
    if (arg == self) {
        PyErr_SetString(PyExc_ValueError, "self.include(self)");
        return NULL;
    }
    int rc = includes((FFIObject *)arg, self);
    if (rc > 0)
        PyErr_SetString(PyExc_ValueError, "ffi.include(): the other one includes this one already");
    if (rc != 0)
        return NULL;
    Py_BEGIN_CRITICAL_SECTION(self); /* one include() at a time */
    rc = include_one(ffi, arg);
    Py_END_CRITICAL_SECTION();
    if (rc < 0)
        return NULL;
    ffi_forget_types(ffi);
    Py_RETURN_NONE;
}

/* ---- Windows' TCHAR family, which programs for other systems may ask for too */

static const char unicode_types[] = "typedef wchar_t TBYTE, TCHAR, *LPTSTR, *PTSTR;"
                                    "typedef const wchar_t *LPCTSTR, *PCTSTR;"
                                    "typedef TBYTE *PTBYTE; typedef TCHAR *PTCHAR;";
static const char ansi_types[] = "typedef char TBYTE, TCHAR, *LPTSTR, *PTSTR;"
                                 "typedef const char *LPCTSTR, *PCTSTR;"
                                 "typedef TBYTE *PTBYTE; typedef TCHAR *PTCHAR;";

METHOD_O(set_unicode) {
    FFIObject *ffi = (FFIObject *)self;
    if (ffi->unicode >= 0) {
        PyErr_SetString(PyExc_ValueError, "set_unicode() can only be called once");
        return NULL;
    }
    int flag = PyObject_IsTrue(arg);
    if (flag < 0)
        return NULL;
    const char *src = flag ? unicode_types : ansi_types;
    if (declare(ffi, src, strlen(src), NULL) < 0)
        return NULL;
    ffi->unicode = flag;
    Py_RETURN_NONE;
}
