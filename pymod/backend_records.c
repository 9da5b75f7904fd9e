/* _cffi_backend: structs, unions and enums made without C text. Each lives in a region of its own. */
#include "pymod/backend.h"

#include <string.h>

/* cffi's flags for the layout of complete_struct_or_union(). */
enum { SF_MSVC_BITFIELDS = 1, SF_PACKED = 8 };

static const char *keyword_of(AbiKind kind) {
    return kind == ABI_STRUCT ? "struct " : kind == ABI_UNION ? "union " : "enum ";
}

/* NAME with its keyword is a tag; without one it is shown as it is, as a typedef name. */
static AbiType *record_named(AbiRegion *region, AbiKind kind, const char *name, AbiError *err) {
    const char *keyword = keyword_of(kind);
    bool tagged = strncmp(name, keyword, strlen(keyword)) == 0;
    const char *kept = tagged ? name + strlen(keyword) : name;
    kept = abi_region_name(region, kept, strlen(kept));
    AbiType *type = kept ? abi_record_new(region, kind, tagged ? kept : NULL, err) : NULL;
    if (!kept || (type && !tagged && abi_record_set_alias(type, kept) != 0)) {
        err->code = ABI_ENOMEM;
        return NULL;
    }
    return type;
}

/* A new incomplete record, retained for the caller, or NULL with an exception. */
static AbiType *record_new(ModuleState *st, AbiKind kind, const char *name) {
    AbiError err = {.code = ABI_ENOMEM};
    AbiType *type = NULL;
    abi_lock(st->graph);
    AbiRegion *region = abi_region_new(st->graph);
    if (region) {
        type = record_named(region, kind, name, &err);
        if (type)
            abi_retain(type); /* and with it the region */
        abi_region_release(region);
    }
    abi_unlock(st->graph);
    if (!type)
        raise_abi(st, &err);
    return type;
}

static void release_type(ModuleState *st, const AbiType *type) {
    abi_lock(st->graph);
    abi_release(type);
    abi_unlock(st->graph);
}

/* Wraps and releases TYPE (may be NULL: then there is an exception). */
static PyObject *wrapped(ModuleState *st, const AbiType *type) {
    if (!type)
        return NULL;
    CTypeObject *ct = ctype_of(st, type);
    release_type(st, type);
    return (PyObject *)ct;
}

PyObject *backend_new_struct_type(PyObject *module, PyObject *args) {
    const char *name;
    if (!PyArg_ParseTuple(args, "s:new_struct_type", &name))
        return NULL;
    return wrapped(state_of(module), record_new(state_of(module), ABI_STRUCT, name));
}

PyObject *backend_new_union_type(PyObject *module, PyObject *args) {
    const char *name;
    if (!PyArg_ParseTuple(args, "s:new_union_type", &name))
        return NULL;
    return wrapped(state_of(module), record_new(state_of(module), ABI_UNION, name));
}

/* ---- enums */

static int read_enumerator(ModuleState *st, AbiRegion *region, PyObject *name, PyObject *value, CTypeObject *base,
                           AbiEnumerator *out) {
    char scratch[16] __attribute__((aligned(16)));
    Py_ssize_t len;
    const char *utf8 = PyUnicode_AsUTF8AndSize(name, &len);
    /* The conversion of the base type checks the range. */
    if (!utf8 || base->to_c(base, scratch, value) < 0)
        return -1;
    out->value = PyLong_AsUnsignedLongLongMask(value);
    if (out->value == (uint64_t)-1 && PyErr_Occurred())
        return -1;
    out->negative = (base->type->flags & ABI_F_SIGNED) && (int64_t)out->value < 0;
    abi_lock(st->graph);
    out->name = abi_region_name(region, utf8, (size_t)len);
    abi_unlock(st->graph);
    if (!out->name)
        PyErr_NoMemory();
    return out->name ? 0 : -1;
}

static int enum_complete(ModuleState *st, AbiType *type, PyObject *names, PyObject *values, CTypeObject *base) {
    size_t n = (size_t)PyTuple_GET_SIZE(names);
    AbiEnumerator *e = PyMem_Calloc(n + 1, sizeof *e);
    AbiError err;
    int rc = e ? 0 : -1;
    if (!e)
        PyErr_NoMemory();
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = read_enumerator(st, type->region, PyTuple_GET_ITEM(names, (Py_ssize_t)i),
                             PyTuple_GET_ITEM(values, (Py_ssize_t)i), base, &e[i]);
    if (rc == 0) {
        abi_lock(st->graph);
        rc = abi_enum_complete(type, e, n, base->type, false, &err);
        abi_unlock(st->graph);
        if (rc < 0)
            raise_abi(st, &err);
    }
    PyMem_Free(e);
    return rc;
}

PyObject *backend_new_enum_type(PyObject *module, PyObject *args) {
    ModuleState *st = state_of(module);
    const char *name;
    PyObject *names, *values;
    CTypeObject *base;
    if (!PyArg_ParseTuple(args, "sO!O!O!:new_enum_type", &name, &PyTuple_Type, &names, &PyTuple_Type, &values,
                          st->ctype_type, &base))
        return NULL;
    if (PyTuple_GET_SIZE(names) != PyTuple_GET_SIZE(values)) {
        PyErr_SetString(PyExc_ValueError, "tuple args must have the same size");
        return NULL;
    }
    if (base->type->kind != ABI_INT) {
        PyErr_SetString(PyExc_TypeError, "expected a primitive signed or unsigned base type");
        return NULL;
    }
    AbiType *type = record_new(st, ABI_ENUM, name);
    if (type && enum_complete(st, type, names, values, base) < 0) {
        release_type(st, type);
        return NULL;
    }
    return wrapped(st, type);
}

/* ---- completing structs and unions */

typedef struct FieldArgs {
    PyObject *name;
    CTypeObject *type;
    int bitsize;        /* -1: not a bit-field */
    Py_ssize_t offset;  /* bytes, where the caller says so, or -1 */
} FieldArgs;

static int read_field(ModuleState *st, PyObject *item, FieldArgs *f) {
    *f = (FieldArgs){.bitsize = -1, .offset = -1};
    if (!PyTuple_Check(item)) {
        PyErr_Format(PyExc_TypeError, "a field must be a tuple, not %.200s", Py_TYPE(item)->tp_name);
        return -1;
    }
    return PyArg_ParseTuple(item, "UO!|in:field", &f->name, st->ctype_type, &f->type, &f->bitsize, &f->offset) ? 0 : -1;
}

static int declare_field(ModuleState *st, AbiType *record, const FieldArgs *f, AbiMemberDecl *decl) {
    Py_ssize_t len;
    const char *utf8 = PyUnicode_AsUTF8AndSize(f->name, &len);
    AbiRegion *other = f->type->type->region;
    int rc = 0;
    if (!utf8)
        return -1;
    *decl = (AbiMemberDecl){.type = {f->type->type, 0}, .bit_width = f->bitsize};
    abi_lock(st->graph);
    if (len > 0)
        decl->name = abi_region_name(record->region, utf8, (size_t)len);
    if (len > 0 && !decl->name)
        rc = -1;
    else if (other && other != record->region)
        rc = abi_region_include(record->region, other);
    abi_unlock(st->graph);
    if (rc < 0)
        PyErr_Format(PyExc_NotImplementedError,
                     "field '%U': structs made one by one cannot refer to each other in a circle", f->name);
    return rc;
}

/* DECLS and OFFSETS are filled from FIELDS, a tuple. */
static int read_fields(ModuleState *st, AbiType *record, PyObject *fields, AbiMemberDecl *decls, size_t *offsets) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(fields); i++) {
        FieldArgs f;
        if (read_field(st, PyTuple_GET_ITEM(fields, i), &f) < 0 || declare_field(st, record, &f, &decls[i]) < 0)
            return -1;
        offsets[i] = f.offset >= 0 ? (size_t)f.offset : ABI_OFFSET_BY_RULES;
    }
    return 0;
}

static int complete(ModuleState *st, AbiType *record, PyObject *fields, const AbiRecordOptions *options,
                    AbiPlacement *placement) {
    size_t n = (size_t)PyTuple_GET_SIZE(fields);
    AbiMemberDecl *decls = PyMem_Calloc(n + 1, sizeof *decls);
    size_t *offsets = PyMem_Calloc(n + 1, sizeof *offsets);
    AbiError err;
    int rc = -1;
    placement->offsets = offsets;
    if (!decls || !offsets) {
        PyErr_NoMemory();
    } else if (read_fields(st, record, fields, decls, offsets) == 0) {
        abi_lock(st->graph);
        rc = abi_record_place(record, decls, n, options, placement, &err);
        abi_unlock(st->graph);
        if (rc < 0)
            PyErr_SetString(err.code == ABI_ENOMEM ? PyExc_MemoryError : PyExc_TypeError, err.msg);
    }
    PyMem_Free(decls);
    PyMem_Free(offsets);
    return rc;
}

/* complete_struct_or_union(ctype, fields, ignored, totalsize, totalalignment, sflags, pack) */
PyObject *backend_complete_struct_or_union(PyObject *module, PyObject *args) {
    ModuleState *st = state_of(module);
    CTypeObject *ct;
    PyObject *fields, *ignored = NULL;
    Py_ssize_t size = -1;
    int align = -1, flags = 0, pack = 0;
    if (!PyArg_ParseTuple(args, "O!O!|Oniii:complete_struct_or_union", st->ctype_type, &ct, &PyList_Type, &fields,
                          &ignored, &size, &align, &flags, &pack))
        return NULL;
    AbiType *record = (AbiType *)ct->type;
    if (!abi_is_record(record) || record->record->complete) {
        PyErr_SetString(PyExc_TypeError, "first arg must be a non-initialized struct or union ctype");
        return NULL;
    }
    if (pack < 0 || (pack & (pack - 1))) {
        PyErr_Format(PyExc_ValueError, "'pack' must be a power of two, not %d", pack);
        return NULL;
    }
    AbiRecordOptions options = {.packed = flags & SF_PACKED, .pack = (uint32_t)pack, .ms_layout = flags & SF_MSVC_BITFIELDS};
    AbiPlacement placement = {.size = size < 0 ? ABI_SIZE_UNKNOWN : (size_t)size, .align = align < 0 ? 0 : (uint32_t)align};
    PyObject *frozen = PyList_AsTuple(fields); /* an __index__ among the numbers may change the list */
    int rc = frozen ? complete(st, record, frozen, &options, &placement) : -1;
    Py_XDECREF(frozen);
    return rc < 0 ? NULL : Py_NewRef(Py_None);
}
