/* _cffi_backend: primitive, pointer, array and function types. */
#include "pymod/backend.h"

#include <string.h>

/* Wrap TYPE, just made under the lock (NULL: ERR says why), and unlock. */
static PyObject *wrap(ModuleState *st, const AbiType *type, const AbiError *err) {
    if (!type) {
        abi_unlock(st->graph);
        return raise_abi(st, err);
    }
    abi_retain(type);
    abi_unlock(st->graph);
    CTypeObject *ct = ctype_of(st, type);
    abi_lock(st->graph);
    abi_release(type);
    abi_unlock(st->graph);
    return (PyObject *)ct;
}

/* cffi has names of its own for complex types: they have no spelling in C++. */
static AbiPrim complex_part(const char *name) {
    return strcmp(name, "_cffi_float_complex_t") == 0    ? ABI_P_FLOAT
           : strcmp(name, "_cffi_double_complex_t") == 0 ? ABI_P_DOUBLE
                                                         : ABI_P_NONE;
}

static AbiPrim primitive_named(const char *name) {
    static const char *const names[] = {
#define PRIM(id, kind, spelling, ctype, canonical) spelling,
#include "abi/primitive.def"
#undef PRIM
    };
    for (int i = 0; i < ABI_PRIM_COUNT; i++)
        if (i != ABI_P_VOID && strcmp(names[i], name) == 0)
            return (AbiPrim)i;
    return ABI_P_NONE;
}

PyObject *backend_new_primitive_type(PyObject *module, PyObject *args) {
    ModuleState *st = state_of(module);
    const char *name;
    AbiError err;
    if (!PyArg_ParseTuple(args, "s:new_primitive_type", &name))
        return NULL;
    AbiPrim part = complex_part(name), prim = part == ABI_P_NONE ? primitive_named(name) : part;
    if (prim == ABI_P_NONE) {
        PyErr_SetString(PyExc_KeyError, name);
        return NULL;
    }
    abi_lock(st->graph);
    const AbiType *type = abi_primitive(st->graph, prim);
    return wrap(st, part == ABI_P_NONE ? type : abi_complex(st->graph, type, &err), &err);
}

PyObject *backend_new_void_type(PyObject *module, PyObject *unused) {
    return Py_NewRef(state_of(module)->ct_void);
}

PyObject *backend_new_pointer_type(PyObject *module, PyObject *args) {
    CTypeObject *ct;
    if (!PyArg_ParseTuple(args, "O!:new_pointer_type", state_of(module)->ctype_type, &ct))
        return NULL;
    return (PyObject *)ctype_pointer_to(ct);
}

/* new_array_type(pointer to the item type, length or None) */
PyObject *backend_new_array_type(PyObject *module, PyObject *args) {
    CTypeObject *pointer;
    PyObject *length;
    Py_ssize_t n = -1;
    if (!PyArg_ParseTuple(args, "O!O:new_array_type", state_of(module)->ctype_type, &pointer, &length))
        return NULL;
    if (pointer->type->kind != ABI_POINTER) {
        PyErr_SetString(PyExc_TypeError, "first arg must be a pointer ctype");
        return NULL;
    }
    if (length != Py_None) {
        n = PyNumber_AsSsize_t(length, PyExc_OverflowError);
        if (n == -1 && PyErr_Occurred())
            return NULL;
        if (n < 0) {
            PyErr_SetString(PyExc_ValueError, "negative array length");
            return NULL;
        }
    }
    CTypeObject *item = ctype_item(pointer);
    if (!item)
        return NULL;
    if (item->type->size == ABI_SIZE_UNKNOWN) {
        PyErr_Format(PyExc_ValueError, "array item of unknown size: '%s'", item->name);
        return NULL;
    }
    if (n > 0 && item->type->size > 0 && (size_t)n > (size_t)PY_SSIZE_T_MAX / item->type->size) {
        PyErr_SetString(PyExc_OverflowError, "array size would overflow a Py_ssize_t");
        return NULL;
    }
    return (PyObject *)ctype_array_of(item, n);
}

/* ---- functions */

/* As C adjusts parameters (C11 6.7.6.3p7 and 8): arrays and functions become pointers. */
static const AbiType *adjusted(ModuleState *st, const AbiType *type, AbiError *err) {
    AbiQType target = type->kind == ABI_ARRAY ? type->item : (AbiQType){type, 0};
    return type->kind == ABI_ARRAY || type->kind == ABI_FUNCTION ? abi_pointer(st->graph, target, err) : type;
}

static bool is_parameter_type(CTypeObject *ct) {
    const AbiType *t = ct->type;
    return t->kind != ABI_VOID && (t->kind == ABI_ARRAY || t->kind == ABI_FUNCTION || t->size != ABI_SIZE_UNKNOWN || abi_is_record(t));
}

static int check_parameters(ModuleState *st, PyObject *params) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(params); i++) {
        PyObject *item = PyTuple_GET_ITEM(params, i);
        if (!ctype_check(st, item)) {
            PyErr_Format(PyExc_TypeError, "expected a tuple of ctypes, got %.200s as item %zd", Py_TYPE(item)->tp_name, i);
            return -1;
        }
        if (!is_parameter_type((CTypeObject *)item)) {
            PyErr_Format(PyExc_TypeError, "invalid parameter type: '%s'", ((CTypeObject *)item)->name);
            return -1;
        }
    }
    return 0;
}

/* Pointer to function, as cffi's function types are. PARAMS are checked. */
static PyObject *function_pointer(ModuleState *st, PyObject *params, CTypeObject *result, bool variadic, AbiConv conv) {
    size_t n = (size_t)PyTuple_GET_SIZE(params);
    AbiQType *types = PyMem_Calloc(n + 1, sizeof *types);
    AbiError err;
    if (!types)
        return PyErr_NoMemory();
    const AbiType *type = NULL;
    bool ok = true;
    abi_lock(st->graph);
    for (size_t i = 0; ok && i < n; i++) {
        types[i].type = adjusted(st, ((CTypeObject *)PyTuple_GET_ITEM(params, (Py_ssize_t)i))->type, &err);
        ok = types[i].type != NULL;
    }
    if (ok) {
        AbiFunctionDecl decl = {{result->type, 0}, types, n, variadic, false, conv};
        type = abi_function(st->graph, &decl, &err);
        type = type ? abi_pointer(st->graph, (AbiQType){type, 0}, &err) : NULL;
    }
    PyObject *ct = wrap(st, type, &err);
    PyMem_Free(types);
    return ct;
}

PyObject *backend_new_function_type(PyObject *module, PyObject *args) {
    ModuleState *st = state_of(module);
    PyObject *params;
    CTypeObject *result;
    int ellipsis = 0, conv = 2;
    if (!PyArg_ParseTuple(args, "O!O!|ii:new_function_type", &PyTuple_Type, &params, st->ctype_type, &result, &ellipsis,
                          &conv))
        return NULL;
    const AbiType *r = result->type;
    if ((r->size == ABI_SIZE_UNKNOWN && r->kind != ABI_VOID && !abi_is_record(r)) || r->kind == ABI_ARRAY) {
        PyErr_Format(PyExc_TypeError, "invalid result type: '%s'", result->name);
        return NULL;
    }
    if (check_parameters(st, params) < 0)
        return NULL;
    return function_pointer(st, params, result, ellipsis != 0, ABI_CDECL);
}
