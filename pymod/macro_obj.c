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
    if (abi_is_record(ct->type)) {
        *out = (CdeclValue){.kind = CDECL_V_OBJECT, .type = ct->type, .bits = {(uintptr_t)cd->data, 0}};
        return cd->data ? 0 : -1;
    }
    if (!(ct->flags & CT_FLOAT) || !real_supported(ct->type))
        return -1;
    *out = cdecl_real_value(ct->type, real_load_long(ct->type, cd->data));
    return 0;
}

/* C text: a type, a member's name, an expression. */
static int text_value(PyObject *o, CdeclValue *out) {
    Py_ssize_t len;
    const char *utf8 = PyUnicode_AsUTF8AndSize(o, &len);
    *out = (CdeclValue){.kind = CDECL_V_TEXT, .string = {utf8, utf8 ? (size_t)len : 0}};
    return utf8 ? 0 : -1;
}

static int object_value(ModuleState *st, PyObject *o, CdeclValue *out) {
    if (PyLong_Check(o))
        return int_value(st, o, out);
    if (PyFloat_Check(o))
        *out = cdecl_real_value(primitive_type(st, ABI_P_DOUBLE), PyFloat_AS_DOUBLE(o));
    else if (PyBytes_Check(o))
        *out = (CdeclValue){.kind = CDECL_V_STRING, .string = {PyBytes_AS_STRING(o), (size_t)PyBytes_GET_SIZE(o)}};
    else if (ctype_check(st, o))
        *out = (CdeclValue){.kind = CDECL_V_TYPE, .type = ((CTypeObject *)o)->type};
    else if (PyUnicode_Check(o))
        return text_value(o, out);
    else
        return cdata_check(st, o) ? cdata_value((CDataObject *)o, out) : -1;
    return 0;
}

static int argument_value(MacroObject *m, Py_ssize_t i, PyObject *o, CdeclValue *out) {
    if (object_value(m->ffi->state, o, out) == 0)
        return 0;
    if (PyErr_Occurred())
        return -1;
    if (cdata_check(m->ffi->state, o))
        PyErr_Format(PyExc_TypeError, "argument %zd of macro '%U' must be a number, a pointer, a struct or bytes, not cdata '%s'", i + 1,
                     about(m, ABOUT_NAME), ((CDataObject *)o)->ctype->name);
    else
        PyErr_Format(PyExc_TypeError, "argument %zd of macro '%U' must be int, float, bytes, cdata, ctype or str (text of C), not %.200s", i + 1,
                     about(m, ABOUT_NAME), Py_TYPE(o)->tp_name);
    return -1;
}

/* ---- values of C as Python objects */

/* As constants are: any integer is an int. Pointers and structs are cdata. */
static PyObject *value_object(ModuleState *st, const CdeclValue *v) {
    if (v->kind == CDECL_V_VOID)
        return Py_NewRef(Py_None);
    if (v->kind != CDECL_V_OBJECT && (v->kind != CDECL_V_INT || v->type->kind != ABI_POINTER))
        return constant_value(v);
    CTypeObject *ct = ctype_of(st, v->type);
    void *address = (void *)(uintptr_t)v->bits.lo;
    PyObject *result = !ct ? NULL : v->kind == CDECL_V_OBJECT ? cdata_copy(ct, address) : cdata_pointer(ct, address);
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
    else if (is_string || v->kind == CDECL_V_OBJECT || (is_pointer && v->type->kind == ABI_POINTER))
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

/* ---- what a macro asks for */

/* One application: what it has done, and what must live until it ends. */
typedef struct Application {
    MacroObject *macro;
    const CdeclValue *args;
    size_t n_args;
    CdeclEffects effects;
    PyObject *kept; /* owned: a list, or NULL: the structs that functions returned */
} Application;

static const AbiFunction *function_of(const CdeclApplied *applied) {
    const AbiType *type = applied->symbol ? applied->symbol->type.type : applied->value.type;
    return type->kind == ABI_POINTER ? type->item.type->function : type->function;
}

static PyObject *call_arguments(ModuleState *st, const CdeclApplied *applied) {
    PyObject *args = PyTuple_New((Py_ssize_t)applied->n_args);
    for (size_t i = 0; args && i < applied->n_args; i++) {
        PyObject *value = call_argument(st, function_of(applied), i, &applied->args[i]);
        if (value)
            PyTuple_SET_ITEM(args, (Py_ssize_t)i, value);
        else
            Py_CLEAR(args);
    }
    return args;
}

static PyObject *call_function(MacroObject *m, const CdeclApplied *applied) {
    PyObject *function = applied->symbol ? PyObject_GetAttrString((PyObject *)m->lib, applied->symbol->name)
                                         : value_object(m->ffi->state, &applied->value);
    PyObject *args = function ? call_arguments(m->ffi->state, applied) : NULL;
    PyObject *result = args ? PyObject_Call(function, args, NULL) : NULL;
    Py_XDECREF(function);
    Py_XDECREF(args);
    return result;
}

static PyObject *find_address(MacroObject *m, const CdeclApplied *applied) {
    PyObject *name = PyUnicode_FromString(applied->symbol->name);
    PyObject *result = name ? lib_addressof(m->lib, name) : NULL;
    Py_XDECREF(name);
    return result;
}

static int keep(Application *a, PyObject *object) {
    if (!a->kept && !(a->kept = PyList_New(0)))
        return -1;
    return PyList_Append(a->kept, object);
}

/* What RESULT of a function, which the expression goes on with, is worth. */
static int result_value(Application *a, const CdeclApplied *applied, PyObject *result, CdeclValue *out) {
    ModuleState *st = a->macro->ffi->state;
    const AbiType *type = function_of(applied)->result.type;
    if (type->kind == ABI_VOID) {
        *out = (CdeclValue){.kind = CDECL_V_VOID, .type = type};
        return 0;
    }
    if (cdata_check(st, result) && abi_is_record(type))
        return keep(a, result) < 0 ? -1 : cdata_value((CDataObject *)result, out);
    CTypeObject *ct = ctype_of(st, type);
    bool is_value = ct && (ct->flags & (CT_INT | CT_CHAR | CT_FLOAT | CT_POINTER | CT_FUNCPTR));
    PyObject *cdata = is_value ? cdata_cast(ct, result) : NULL;
    int rc = cdata ? cdata_value((CDataObject *)cdata, out) : -1;
    if (rc < 0 && ct && !PyErr_Occurred())
        PyErr_Format(PyExc_NotImplementedError, "macro '%U' goes on with the result of %s(), which is of type '%s'",
                     about(a->macro, ABOUT_NAME), applied->symbol ? applied->symbol->name : "a function", ct->name);
    Py_XDECREF(cdata);
    Py_XDECREF(ct); /* the scope has the function's type, and so its result's */
    return rc;
}

static int add_result(Application *a, const CdeclApplied *applied, PyObject *result) {
    CdeclValue value = {0};
    int rc = applied->wants_address ? cdata_value((CDataObject *)result, &value) : result_value(a, applied, result, &value);
    if (rc == 0 && cdecl_effects_add(&a->effects, &value) < 0) {
        PyErr_NoMemory();
        rc = -1;
    }
    return rc;
}

/* What is asked for is got: 1, and ask again; 0 and *OUT; -1 with an exception. A call that is the whole expression
 * gives what the function gives. */
static int serve(Application *a, const CdeclApplied *applied, PyObject **out) {
    PyObject *result = applied->wants_address ? find_address(a->macro, applied) : call_function(a->macro, applied);
    int state = !result ? -1 : applied->whole ? 0 : add_result(a, applied, result) < 0 ? -1 : 1;
    if (state == 0)
        *out = Py_NewRef(result);
    Py_XDECREF(result);
    return state;
}

static int step(Application *a, PyObject **out) {
    MacroObject *m = a->macro;
    Py_ssize_t len;
    const char *name = PyUnicode_AsUTF8AndSize(about(m, ABOUT_NAME), &len);
    CdeclApplied applied;
    CdeclError err = {0};
    if (!name)
        return -1;
    int state = cdecl_macro_apply(m->ffi->scope, name, (size_t)len, a->args, a->n_args, &a->effects, &applied, &err);
    if (state < 0)
        raise_macro(m->ffi->state, m->about, &err);
    else if (state == 0)
        state = (*out = value_object(m->ffi->state, &applied.value)) ? 0 : -1;
    else
        state = serve(a, &applied, out);
    cdecl_applied_clear(&applied);
    return state;
}

static PyObject *apply(MacroObject *m, const CdeclValue *args, size_t n) {
    Application a = {.macro = m, .args = args, .n_args = n};
    PyObject *out = NULL;
    while (step(&a, &out) > 0 && PyErr_CheckSignals() == 0)
        continue;
    cdecl_effects_free(&a.effects);
    Py_XDECREF(a.kept);
    return out;
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
    PyObject *out = NULL;
    if (kwargs && PyDict_GET_SIZE(kwargs))
        return PyErr_Format(PyExc_TypeError, "macro '%U' takes no keyword arguments", about(m, ABOUT_NAME));
    if (check_count(m, n) < 0)
        return NULL;
    CdeclValue *values = PyMem_Calloc((size_t)n + 1, sizeof *values);
    if (!values)
        return PyErr_NoMemory();
    Py_ssize_t i = 0;
    while (i < n && argument_value(m, i, PyTuple_GET_ITEM(args, i), &values[i]) == 0)
        i++;
    if (i == n)
        out = apply(m, values, (size_t)n);
    PyMem_Free(values);
    return out;
}

/* ---- making one */

/* The FFI that has the macro: FFI, or one that it includes; NULL if there is none. Borrowed from FFI. */
static FFIObject *owner_of(FFIObject *ffi, const char *name, size_t n, CdeclMacro *out) {
    if (cdecl_macro_find(ffi->scope, name, n, out))
        return ffi;
    FFIObject *found = NULL, *other;
    for (Py_ssize_t i = 0; !found && (other = ffi_included(ffi, i)); i++) {
        found = owner_of(other, name, n, out);
        Py_DECREF(other);
    }
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
