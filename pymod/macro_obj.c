/* Macros with parameters as attributes of a lib: lib.WEXITSTATUS(status).
 *
 * cdecl does what the preprocessor and the compiler would do, and asks for calls of declared functions one
 * after the other. They are the lib's ordinary function objects; nothing is locked while they run. */
#include "pymod/ffi.h"
#include "pymod/cdata.h"
#include "pymod/convert.h"
#include "pymod/lazy.h"

#include <string.h>

typedef struct MacroObject {
    PyObject_HEAD
    LibObject *lib;  /* strong: what its functions come from */
    FFIObject *ffi;  /* strong: the lib's, or the included one that has the macro */
    PyObject *about; /* strong: macro_describe(), as of when it was asked for */
    PyObject *weakrefs;
} MacroObject;

enum { ABOUT_NAME, ABOUT_PARAMETERS, ABOUT_VARIADIC };

static PyObject *about(const MacroObject *m, Py_ssize_t what) {
    return PyTuple_GET_ITEM(m->about, what);
}

/* ---- Python objects as values of C */

static const AbiType *primitive_type(ModuleState *st, AbiPrim prim) {
    abi_lock(st->graph);
    const AbiType *type = abi_primitive(st->graph, prim);
    abi_unlock(st->graph);
    return type;
}

/* The type that a decimal constant would have (C11 6.4.4.1), and unsigned long beyond. */
static int int_value(ModuleState *st, PyObject *o, CdeclValue *out) {
    int overflow;
    long v = PyLong_AsLongAndOverflow(o, &overflow);
    if (v == -1 && !overflow && PyErr_Occurred())
        return -1;
    out->kind = CDECL_V_INT;
    out->bits = (AbiWide){(uint64_t)v, v < 0 ? UINT64_MAX : 0};
    out->type = primitive_type(st, v == (int)v ? ABI_P_INT : ABI_P_LONG);
    if (!overflow)
        return 0;
    out->bits = (AbiWide){overflow > 0 ? PyLong_AsUnsignedLong(o) : 0, 0};
    out->type = primitive_type(st, ABI_P_ULONG);
    if (overflow < 0)
        PyErr_SetString(PyExc_OverflowError, "int too small for a C long");
    return overflow < 0 || PyErr_Occurred() ? -1 : 0;
}

/* Integers, enums and characters of up to 128 bits. An enum counts as its integer type: it may have no name. */
static int integer_value(const CDataObject *cd, CdeclValue *out) {
    const AbiType *type = cd->ctype->type;
    size_t size = cdata_value_size(cd->ctype);
    WideInt w = wide_of(type);
    if (size > sizeof out->bits)
        return -1;
    bool negative = w.is_signed && ((const signed char *)cd->data)[size - 1] < 0;
    memset(&out->bits, negative ? 0xFF : 0, sizeof out->bits);
    memcpy(&out->bits, cd->data, size); /* little-endian, as all that we serve */
    out->kind = CDECL_V_INT;
    out->type = type->kind == ABI_ENUM ? type->item.type : type;
    return out->type ? 0 : -1;
}

static int address_value(const CTypeObject *ct, const void *address, CdeclValue *out) {
    out->kind = CDECL_V_INT;
    out->type = ct->type;
    out->bits = (AbiWide){(uintptr_t)address, 0};
    return 0;
}

/* 0; -1, perhaps without an exception: CD is of no type that a macro can be given. */
static int cdata_value(CDataObject *cd, CdeclValue *out) {
    CTypeObject *ct = cd->ctype;
    if (ct->flags & (CT_POINTER | CT_FUNCPTR))
        return address_value(ct, cd->data, out);
    if (ct->type->kind == ABI_ARRAY) { /* decays; the item's type keeps the pointer type */
        CTypeObject *pointer = ctype_pointer_to(ctype_item(ct));
        int rc = pointer ? address_value(pointer, cd->data, out) : -1;
        Py_XDECREF(pointer);
        return rc;
    }
    if (ct->flags & (CT_INT | CT_CHAR))
        return integer_value(cd, out);
    if (!(ct->flags & CT_FLOAT) || !real_supported(ct->type))
        return -1;
    *out = (CdeclValue){.kind = CDECL_V_REAL, .type = ct->type, .real = real_load_long(ct->type, cd->data)};
    return 0;
}

static int object_value(ModuleState *st, PyObject *o, CdeclValue *out) {
    if (PyLong_Check(o))
        return int_value(st, o, out);
    if (PyFloat_Check(o))
        *out = (CdeclValue){.kind = CDECL_V_REAL, .type = primitive_type(st, ABI_P_DOUBLE), .real = PyFloat_AS_DOUBLE(o)};
    else if (PyBytes_Check(o))
        *out = (CdeclValue){.kind = CDECL_V_STRING, .string = {PyBytes_AS_STRING(o), (size_t)PyBytes_GET_SIZE(o)}};
    else
        return cdata_check(st, o) ? cdata_value((CDataObject *)o, out) : -1;
    return 0;
}

static int argument_value(MacroObject *m, Py_ssize_t i, PyObject *o, CdeclValue *out) {
    if (object_value(m->ffi->state, o, out) == 0)
        return 0;
    if (PyErr_Occurred())
        return -1;
    const char *hint = PyUnicode_Check(o) ? "; a string of C is bytes" : "";
    if (cdata_check(m->ffi->state, o))
        PyErr_Format(PyExc_TypeError, "argument %zd of macro '%U' must be a number, a pointer or bytes, not cdata '%s'", i + 1,
                     about(m, ABOUT_NAME), ((CDataObject *)o)->ctype->name);
    else
        PyErr_Format(PyExc_TypeError, "argument %zd of macro '%U' must be int, float, bytes or cdata, not %.200s%s", i + 1,
                     about(m, ABOUT_NAME), Py_TYPE(o)->tp_name, hint);
    return -1;
}

/* ---- values of C as Python objects */

/* As constants are: any integer is an int. Pointers are cdata. */
static PyObject *value_object(ModuleState *st, const CdeclValue *v) {
    if (v->kind != CDECL_V_INT || v->type->kind != ABI_POINTER)
        return constant_value(v);
    CTypeObject *ct = ctype_of(st, v->type);
    PyObject *result = ct ? cdata_pointer(ct, (void *)(uintptr_t)v->bits.lo) : NULL;
    Py_XDECREF(ct);
    return result;
}

/* VALUE of the type TYPE, converted as by a cast. */
static PyObject *converted(ModuleState *st, const AbiType *type, PyObject *value) {
    CTypeObject *ct = ctype_of(st, type);
    PyObject *result = ct ? cdata_cast(ct, value) : NULL;
    Py_XDECREF(ct);
    return result;
}

/* Argument I of a call of FN: converted as C does to the parameter's type (6.5.2.2p7), or for "..." as it is. A
 * string stays bytes, but for "...", which takes no bytes. */
static PyObject *call_argument(ModuleState *st, const AbiFunction *fn, size_t i, const CdeclValue *v) {
    PyObject *value = value_object(st, v), *result;
    if (!value)
        return NULL;
    const AbiType *wanted = i < fn->nparams ? fn->params[i].type : v->type;
    bool is_string = v->kind == CDECL_V_STRING, is_pointer = wanted && wanted->kind == ABI_POINTER;
    if (is_string && i >= fn->nparams)
        result = cdata_new(st->ct_chararray, value, NULL);
    else if (is_string || (is_pointer && v->type->kind == ABI_POINTER))
        return value;
    else if (is_pointer && v->bits.lo == 0 && v->bits.hi == 0)
        result = Py_NewRef(st->null); /* a null pointer constant (6.3.2.3p3) */
    else if (is_pointer || !wanted)
        return value; /* no int is a pointer: the call says so */
    else
        result = converted(st, wanted, value);
    Py_DECREF(value);
    return result;
}

/* ---- calling */

static PyObject *call_arguments(ModuleState *st, const CdeclApplied *applied) {
    PyObject *args = PyTuple_New((Py_ssize_t)applied->n_args);
    for (size_t i = 0; args && i < applied->n_args; i++) {
        PyObject *value = call_argument(st, applied->function->type.type->function, i, &applied->args[i]);
        if (value)
            PyTuple_SET_ITEM(args, (Py_ssize_t)i, value);
        else
            Py_CLEAR(args);
    }
    return args;
}

static PyObject *call_function(MacroObject *m, const CdeclApplied *applied) {
    PyObject *function = PyObject_GetAttrString((PyObject *)m->lib, applied->function->name);
    PyObject *args = function ? call_arguments(m->ffi->state, applied) : NULL;
    PyObject *result = args ? PyObject_Call(function, args, NULL) : NULL;
    Py_XDECREF(function);
    Py_XDECREF(args);
    return result;
}

/* What RESULT of FUNCTION, which the expression goes on with, is worth. */
static int result_value(MacroObject *m, const CdeclSymbol *function, PyObject *result, CdeclValue *out) {
    CTypeObject *ct = ctype_of(m->ffi->state, function->type.type->function->result.type);
    bool is_value = ct && (ct->flags & (CT_INT | CT_CHAR | CT_FLOAT | CT_POINTER | CT_FUNCPTR));
    PyObject *cdata = is_value ? cdata_cast(ct, result) : NULL;
    int rc = cdata ? cdata_value((CDataObject *)cdata, out) : -1;
    if (rc < 0 && ct && !PyErr_Occurred())
        PyErr_Format(PyExc_NotImplementedError, "macro '%U' goes on with the result of %s(), which is of type '%s'",
                     about(m, ABOUT_NAME), function->name, ct->name);
    Py_XDECREF(cdata);
    Py_XDECREF(ct); /* the scope has the function's type, and so its result's */
    return rc;
}

typedef struct Results { /* of the functions that were called */
    CdeclValue *values; /* owned */
    size_t n;
} Results;

static int add_result(MacroObject *m, Results *results, const CdeclSymbol *function, PyObject *result) {
    CdeclValue *grown = PyMem_Realloc(results->values, (results->n + 1) * sizeof *grown);
    if (!grown) {
        PyErr_NoMemory();
        return -1;
    }
    results->values = grown;
    grown[results->n] = (CdeclValue){0};
    return result_value(m, function, result, &grown[results->n]) < 0 ? -1 : (results->n++, 0);
}

/* Ask, and make the call that is asked for: 1, and ask again; 0 and *OUT; -1 with an exception. A call that is the
 * whole expression gives what the function gives, void and structs too. */
static int step(MacroObject *m, const CdeclValue *values, size_t n, Results *results, PyObject **out) {
    Py_ssize_t len;
    const char *name = PyUnicode_AsUTF8AndSize(about(m, ABOUT_NAME), &len);
    CdeclApplied applied;
    CdeclError err = {0};
    if (!name)
        return -1;
    int state = cdecl_macro_apply(m->ffi->scope, name, (size_t)len, values, n, results->values, results->n, &applied, &err);
    if (state < 0)
        raise_macro(m->ffi->state, m->about, &err);
    else if (state == 0)
        state = (*out = value_object(m->ffi->state, &applied.value)) ? 0 : -1;
    else {
        *out = call_function(m, &applied);
        state = !*out ? -1 : applied.whole ? 0 : add_result(m, results, applied.function, *out) < 0 ? -1 : 1;
        if (state != 0)
            Py_CLEAR(*out);
    }
    cdecl_applied_clear(&applied);
    return state;
}

static int check_count(const MacroObject *m, Py_ssize_t n) {
    bool variadic = about(m, ABOUT_VARIADIC) == Py_True;
    Py_ssize_t wanted = PyList_GET_SIZE(about(m, ABOUT_PARAMETERS)) - variadic;
    if (n == wanted || (variadic && n > wanted))
        return 0;
    PyErr_Format(PyExc_TypeError, "macro '%U' takes %s%zd argument%s (%zd given)", about(m, ABOUT_NAME), variadic ? "at least " : "",
                 wanted, wanted == 1 ? "" : "s", n);
    return -1;
}

static PyObject *macro_call(PyObject *self, PyObject *args, PyObject *kwargs) {
    MacroObject *m = (MacroObject *)self;
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    Results results = {0};
    PyObject *out = NULL;
    if (kwargs && PyDict_GET_SIZE(kwargs))
        return PyErr_Format(PyExc_TypeError, "macro '%U' takes no keyword arguments", about(m, ABOUT_NAME));
    if (check_count(m, n) < 0)
        return NULL;
    CdeclValue *values = PyMem_Calloc((size_t)n + 1, sizeof *values);
    if (!values)
        return PyErr_NoMemory();
    int state = 1;
    for (Py_ssize_t i = 0; i < n && state > 0; i++)
        if (argument_value(m, i, PyTuple_GET_ITEM(args, i), &values[i]) < 0)
            state = -1;
    while (state > 0)
        state = step(m, values, (size_t)n, &results, &out);
    PyMem_Free(results.values);
    PyMem_Free(values);
    return out;
}

/* ---- making one */

/* The FFI that has the macro: FFI, or one that it includes; NULL if there is none. */
static FFIObject *owner_of(FFIObject *ffi, const char *name, size_t n, CdeclMacro *out) {
    if (cdecl_macro_find(ffi->scope, name, n, out))
        return ffi;
    FFIObject *found = NULL;
    for (Py_ssize_t i = 0; !found && i < PyList_GET_SIZE(ffi->included); i++)
        found = owner_of((FFIObject *)PyList_GET_ITEM(ffi->included, i), name, n, out);
    return found;
}

bool ffi_find_macro(FFIObject *ffi, const char *name, CdeclMacro *out) {
    return owner_of(ffi, name, strlen(name), out) != NULL;
}

PyObject *macro_of(LibObject *lib, PyObject *name) {
    Py_ssize_t len;
    const char *utf8 = PyUnicode_AsUTF8AndSize(name, &len);
    CdeclMacro macro;
    FFIObject *ffi = utf8 ? owner_of(lib->ffi, utf8, (size_t)len, &macro) : NULL;
    PyObject *about = ffi && macro.function_like ? macro_describe(ffi, &macro) : NULL;
    MacroObject *m = about ? PyObject_GC_New(MacroObject, ffi->state->macro_type) : NULL;
    if (!m) {
        Py_XDECREF(about);
        return NULL;
    }
    m->lib = (LibObject *)Py_NewRef(lib);
    m->ffi = (FFIObject *)Py_NewRef(ffi);
    m->about = about;
    m->weakrefs = NULL;
    PyObject_GC_Track(m);
    return (PyObject *)m;
}

/* ---- the type */

static PyObject *macro_repr(PyObject *self) {
    return lazy_call("cdeffi._headers", "macro_repr", ((MacroObject *)self)->about, NULL);
}

static PyObject *get_name(PyObject *self, void *unused) {
    return Py_NewRef(about((MacroObject *)self, ABOUT_NAME));
}

static PyObject *get_doc(PyObject *self, void *unused) {
    return lazy_call("cdeffi._headers", "macro_doc", ((MacroObject *)self)->about, NULL);
}

static PyObject *get_signature(PyObject *self, void *unused) {
    return lazy_call("cdeffi._headers", "macro_signature", ((MacroObject *)self)->about, NULL);
}

/* The same macro of the same lib, as it was defined then: a lib makes one whenever it is asked. */
static PyObject *macro_richcompare(PyObject *self, PyObject *other, int op) {
    if (!Py_IS_TYPE(other, Py_TYPE(self)) || (op != Py_EQ && op != Py_NE))
        Py_RETURN_NOTIMPLEMENTED;
    const MacroObject *a = (MacroObject *)self, *b = (MacroObject *)other;
    if (a->lib != b->lib || a->ffi != b->ffi)
        return PyBool_FromLong(op == Py_NE);
    return PyObject_RichCompare(a->about, b->about, op);
}

static Py_hash_t macro_hash(PyObject *self) {
    return PyObject_Hash(about((MacroObject *)self, ABOUT_NAME));
}

static int macro_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((MacroObject *)self)->lib);
    Py_VISIT(((MacroObject *)self)->ffi);
    return 0;
}

/* No tp_clear: nothing that it holds can hold it but through a dict, which is cleared. */
static void macro_dealloc(PyObject *self) {
    MacroObject *m = (MacroObject *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (m->weakrefs)
        PyObject_ClearWeakRefs(self);
    Py_DECREF(m->lib);
    Py_DECREF(m->ffi);
    Py_DECREF(m->about);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef macro_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(MacroObject, weakrefs), READONLY, NULL},
    {NULL},
};

static PyGetSetDef macro_getset[] = {
    {"__name__", get_name, NULL, "the macro's name", NULL},
    {"__qualname__", get_name, NULL, "the macro's name", NULL},
    {"__doc__", get_doc, NULL, "the definition in C, and where it is", NULL},
    {"__signature__", get_signature, NULL, "inspect.Signature of its parameters", NULL},
    {NULL},
};

static PyType_Slot macro_slots[] = {
    NO_INSTANCES
    {Py_tp_call, macro_call},         {Py_tp_repr, macro_repr},
    {Py_tp_getset, macro_getset},     {Py_tp_members, macro_members},
    {Py_tp_hash, macro_hash},         {Py_tp_richcompare, macro_richcompare},
    {Py_tp_traverse, macro_traverse}, {Py_tp_dealloc, macro_dealloc},
    {0, NULL},
};

PyType_Spec macro_spec = {
    .name = "cdeffi.Macro",
    .basicsize = sizeof(MacroObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = macro_slots,
};
