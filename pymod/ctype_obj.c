/* CType: the Python object of a C type. One per type of the graph while it lives, so that `is` compares. */
#include "pymod/convert.h"

#include <stddef.h>
#include <structmember.h>

/* ---------------------------------------------------------------- making */

static uint32_t pointer_flags(const AbiType *item) {
    switch ((AbiKind)item->kind) {
    case ABI_FUNCTION: return CT_FUNCPTR;
    case ABI_VOID: return CT_POINTER | CT_VOIDP | CT_BYTEP;
    case ABI_CHAR: return item->size == 1 ? CT_POINTER | CT_BYTEP : CT_POINTER;
    case ABI_STRUCT:
    case ABI_UNION: return CT_POINTER | CT_RECORDP;
    default: return CT_POINTER;
    }
}

static uint32_t flags_of(const AbiType *type) {
    switch ((AbiKind)type->kind) {
    case ABI_BOOL: return CT_INT | CT_BOOL | CT_BYTES;
    case ABI_CHAR: return type->size == 1 ? CT_CHAR | CT_BYTES : CT_CHAR;
    case ABI_INT: return type->size == 1 ? CT_INT | CT_BYTES : CT_INT;
    case ABI_ENUM: return CT_INT | CT_ENUM;
    case ABI_FLOAT: {
        /* Formats wider than Python's float, which a conversion would round. */
        AbiPrim prim = (AbiPrim)type->canonical->prim;
        return prim == ABI_P_LDOUBLE || prim == ABI_P_FLOAT64X ? CT_FLOAT | CT_LONGDOUBLE : CT_FLOAT;
    }
    case ABI_COMPLEX: return CT_COMPLEX;
    case ABI_POINTER: return pointer_flags(type->item.type);
    case ABI_ARRAY:
    case ABI_VECTOR: return CT_ARRAY;
    case ABI_STRUCT:
    case ABI_UNION: return CT_RECORD;
    case ABI_VOID:
    case ABI_FUNCTION: break;
    }
    return 0;
}

static char *spelled(const AbiType *type, size_t *len, size_t *position) {
    AbiQType qtype = {type, 0};
    size_t n = abi_spell(qtype, "", ABI_SPELL_PLAIN, NULL, 0, NULL);
    char *name = PyMem_Malloc(n + 1);
    if (name == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    *len = abi_spell(qtype, "", ABI_SPELL_PLAIN, name, n + 1, position);
    return name;
}

static CTypeObject *ctype_make(ModuleState *st, const AbiType *type) {
    size_t len, position;
    char *name = spelled(type, &len, &position);
    if (name == NULL) return NULL;
    CTypeObject *ct = PyObject_GC_New(CTypeObject, st->ctype_type);
    if (ct == NULL) {
        PyMem_Free(name);
        return NULL;
    }
    memset((char *)ct + sizeof(PyObject), 0, sizeof *ct - sizeof(PyObject));
    ct->state = st;
    ct->name = name;
    ct->name_len = len;
    ct->name_position = position;
    ct->type = type;
    ct->flags = flags_of(type);
    convert_choose(ct);
    abi_lock(st->graph);
    abi_retain(type);
    abi_unlock(st->graph);
    /* Keeps the state, and with it the graph, for as long as a type of it is in use: a heap type gives up
     * its module when the garbage collector clears it, which can come before our end. */
    Py_INCREF(st->module);
    PyObject_GC_Track(ct);
    return ct;
}

/* The wrapper that TYPE has, as a new reference, or NULL. A wrapper whose last reference is gone may
 * still be found here by another thread; it must not be revived. */
static CTypeObject *client_get(const AbiType *type) {
    CTypeObject *ct = type->client;
#ifdef Py_GIL_DISABLED
    if (ct != NULL && !PyUnstable_TryIncRef((PyObject *)ct)) ct = NULL;
#else
    Py_XINCREF(ct);
#endif
    return ct;
}

/* Make MADE (stolen) the wrapper of its type, unless there is one by now. New reference. */
static CTypeObject *client_set(ModuleState *st, CTypeObject *made) {
    const AbiType *type = made->type;
#ifdef Py_GIL_DISABLED
    PyUnstable_EnableTryIncRef((PyObject *)made);
#endif
    abi_lock(st->graph);
    CTypeObject *found = client_get(type); /* the allocation may have run a finaliser that asked for the same type */
    if (found == NULL) ((AbiType *)type)->client = made;
    abi_unlock(st->graph);
    if (found == NULL) return made;
    Py_DECREF(made);
    return found;
}

static CTypeObject *client_find(ModuleState *st, const AbiType *type) {
#ifdef Py_GIL_DISABLED
    abi_lock(st->graph);
    CTypeObject *found = client_get(type);
    abi_unlock(st->graph);
    return found;
#else
    return client_get(type);
#endif
}

/* What a pointer or array is made of, or NULL: its wrapper is kept alive by theirs from the start. */
static const AbiType *item_of(const AbiType *type) {
    bool has_item = type->kind == ABI_POINTER || type->kind == ABI_ARRAY || type->kind == ABI_VECTOR;
    return has_item ? type->item.type->plain : NULL;
}

/* From the inside out, without recursion: "int" and ten thousand stars is a type too. */
CTypeObject *ctype_of(ModuleState *st, const AbiType *type) {
    type = type->plain;
    CTypeObject *ct = client_find(st, type), *last = NULL;
    while (ct == NULL) {
        const AbiType *missing = type, *item;
        CTypeObject *inner = NULL; /* of what the innermost type without a wrapper is made of */
        while ((item = item_of(missing)) != NULL && (inner = client_find(st, item)) == NULL) missing = item;
        CTypeObject *made = ctype_make(st, missing);
        if (made == NULL) {
            Py_XDECREF(inner);
            break;
        }
        made->item = inner;
        made = client_set(st, made);
        if (missing == type) ct = made;
        else Py_XSETREF(last, made); /* until the next round finds it */
    }
    Py_XDECREF(last);
    return ct;
}

/* The wrapper of a type that was just made under the lock, and floats. Unlocks. */
static CTypeObject *ctype_of_floating(ModuleState *st, const AbiType *type, const AbiError *err) {
    if (type == NULL) {
        abi_unlock(st->graph);
        raise_abi(st, err);
        return NULL;
    }
    abi_retain(type);
    abi_unlock(st->graph);
    CTypeObject *ct = ctype_of(st, type);
    abi_lock(st->graph);
    abi_release(type);
    abi_unlock(st->graph);
    return ct;
}

/* Keep MADE (stolen, may be NULL) in *SLOT, unless another thread was faster. Borrowed. */
static CTypeObject *publish(CTypeObject **slot, CTypeObject *made) {
    CTypeObject *none = NULL;
    if (made == NULL || __atomic_compare_exchange_n(slot, &none, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return made;
    Py_DECREF(made);
    return none;
}

bool ctype_assume_enum(ModuleState *st, const AbiType *type) {
    AbiError err;
    if (type->kind != ABI_ENUM || type->size != ABI_SIZE_UNKNOWN) return false;
    abi_lock(st->graph);
    int result = abi_enum_assume(type, &err);
    abi_unlock(st->graph);
    return result == 0 && type->size != ABI_SIZE_UNKNOWN;
}

CTypeObject *ctype_item(CTypeObject *ct) {
    CTypeObject *item = __atomic_load_n(&ct->item, __ATOMIC_ACQUIRE);
    return item != NULL ? item : publish(&ct->item, ctype_of(ct->state, ct->type->item.type));
}

CTypeObject *ctype_pointer_to(CTypeObject *ct) {
    CTypeObject *found = __atomic_load_n(&ct->pointer, __ATOMIC_ACQUIRE);
    if (found == NULL) {
        AbiError err;
        abi_lock(ct->state->graph);
        const AbiType *type = abi_pointer(ct->state->graph, (AbiQType){ct->type, 0}, &err);
        found = publish(&ct->pointer, ctype_of_floating(ct->state, type, &err));
    }
    Py_XINCREF(found);
    return found;
}

static CTypeObject *array_make(CTypeObject *ct, size_t length) {
    AbiError err;
    abi_lock(ct->state->graph);
    const AbiType *type = abi_array(ct->state->graph, (AbiQType){ct->type, 0}, length, &err);
    return ctype_of_floating(ct->state, type, &err);
}

CTypeObject *ctype_array_of(CTypeObject *ct, Py_ssize_t length) {
    if (length >= 0) return array_make(ct, (size_t)length);
    CTypeObject *found = __atomic_load_n(&ct->open_array, __ATOMIC_ACQUIRE);
    if (found == NULL) found = publish(&ct->open_array, array_make(ct, ABI_LENGTH_UNKNOWN));
    Py_XINCREF(found);
    return found;
}

int ctype_complete_or_raise(CTypeObject *ct, const char *what) {
    if (ct->type->size != ABI_SIZE_UNKNOWN) return 0;
    PyErr_Format(PyExc_TypeError, "%s: ctype '%s' is of unknown size", what, ct->name);
    return -1;
}

/* ---------------------------------------------------------------- names */

/* A name, and where a declarator goes in it. Alignments that a struct was given while it was incomplete may have been raised
 * since, so that the name says another type now: such a one is spelled again. */
typedef struct Name {
    const char *text;
    size_t position;
    char *owned; /* or NULL */
} Name;

static int name_now(CTypeObject *ct, Name *name) {
    size_t len;
    *name = (Name){ct->name, ct->name_position, NULL};
    if (strstr(ct->name, "aligned(") == NULL) return 0;
    abi_lock(ct->state->graph);
    name->text = name->owned = spelled(ct->type, &len, &name->position);
    abi_unlock(ct->state->graph);
    return name->owned == NULL ? -1 : 0;
}

PyObject *ctype_getname(CTypeObject *ct, const char *insert) {
    Name now;
    static const char space[] = " \t\n\r\f\v";
    insert += strspn(insert, space);
    size_t len = strlen(insert);
    while (len > 0 && strchr(space, insert[len - 1]) != NULL) len--;
    if (name_now(ct, &now) < 0) return NULL;
    const char *rest = now.text + now.position, *before = "", *after = "";
    if (len > 0 && insert[0] == '*' && rest[0] == '[') { /* pointer to array */
        before = "(";
        after = ")";
    } else if (len > 0 && insert[0] != '[' && insert[0] != '(') {
        before = " ";
    }
    PyObject *head = PyUnicode_DecodeUTF8(now.text, (Py_ssize_t)now.position, NULL);
    PyObject *middle = PyUnicode_DecodeUTF8(insert, (Py_ssize_t)len, NULL), *name = NULL;
    if (head != NULL && middle != NULL) name = PyUnicode_FromFormat("%U%s%U%s%s", head, before, middle, after, rest);
    Py_XDECREF(head);
    Py_XDECREF(middle);
    PyMem_Free(now.owned);
    return name;
}

/* ---------------------------------------------------------------- attributes */

static PyObject *no_attribute(const char *name) {
    PyErr_SetString(PyExc_AttributeError, name);
    return NULL;
}

static PyObject *get_kind(PyObject *self, void *closure) {
    static const char *const names[] = {
        [ABI_VOID] = "void",       [ABI_BOOL] = "primitive",    [ABI_CHAR] = "primitive", [ABI_INT] = "primitive",
        [ABI_FLOAT] = "primitive", [ABI_COMPLEX] = "primitive", [ABI_POINTER] = "pointer", [ABI_ARRAY] = "array",
        [ABI_VECTOR] = "vector",   [ABI_STRUCT] = "struct",     [ABI_UNION] = "union",    [ABI_ENUM] = "enum",
        [ABI_FUNCTION] = "function"};
    CTypeObject *ct = (CTypeObject *)self;
    return PyUnicode_FromString(ct->flags & CT_FUNCPTR ? "function" : names[ct->type->kind]);
}

static PyObject *named(CTypeObject *ct, const char *format) {
    Name now;
    PyObject *result = name_now(ct, &now) < 0 ? NULL : PyUnicode_FromFormat(format, now.text);
    PyMem_Free(now.owned);
    return result;
}

static PyObject *get_cname(PyObject *self, void *closure) { return named((CTypeObject *)self, "%s"); }

static PyObject *get_item(PyObject *self, void *closure) {
    CTypeObject *ct = (CTypeObject *)self;
    if (!(ct->flags & (CT_POINTER | CT_ARRAY))) return no_attribute("item");
    return Py_XNewRef((PyObject *)ctype_item(ct));
}

static PyObject *get_length(PyObject *self, void *closure) {
    CTypeObject *ct = (CTypeObject *)self;
    if (!(ct->flags & CT_ARRAY)) return no_attribute("length");
    if (!abi_length_known(ct->type->length)) Py_RETURN_NONE;
    return PyLong_FromSize_t(ct->type->length);
}

static PyObject *get_fields(PyObject *self, void *closure) {
    CTypeObject *ct = (CTypeObject *)self;
    if (!(ct->flags & CT_RECORD)) return no_attribute("fields");
    if (!ct->type->record->complete && raise_problem(ct)) return NULL;
    if (!ct->type->record->complete) Py_RETURN_NONE;
    return ctype_fields(ct) < 0 ? NULL : PyDict_Items(ct->fields);
}

/* The function type of a pointer to function, or NULL: AttributeError for NAME. */
static const AbiFunction *function_of(PyObject *self, const char *name) {
    CTypeObject *ct = (CTypeObject *)self;
    if (ct->flags & CT_FUNCPTR) return ct->type->item.type->function;
    if (ct->type->kind == ABI_FUNCTION) return ct->type->function;
    no_attribute(name);
    return NULL;
}

static PyObject *get_args(PyObject *self, void *closure) {
    const AbiFunction *fn = function_of(self, "args");
    PyObject *args = fn == NULL ? NULL : PyTuple_New((Py_ssize_t)fn->nparams);
    for (size_t i = 0; args != NULL && i < fn->nparams; i++) {
        CTypeObject *arg = ctype_of(((CTypeObject *)self)->state, fn->params[i].type);
        if (arg == NULL) Py_CLEAR(args);
        else PyTuple_SET_ITEM(args, (Py_ssize_t)i, (PyObject *)arg);
    }
    return args;
}

static PyObject *get_result(PyObject *self, void *closure) {
    const AbiFunction *fn = function_of(self, "result");
    return fn == NULL ? NULL : (PyObject *)ctype_of(((CTypeObject *)self)->state, fn->result.type);
}

static PyObject *get_ellipsis(PyObject *self, void *closure) {
    const AbiFunction *fn = function_of(self, "ellipsis");
    return fn == NULL ? NULL : PyBool_FromLong(fn->variadic);
}

/* libffi's number for the convention, as cffi shows it: the default is FFI_UNIX64 = 2 on x86-64,
 * FFI_SYSV = 1 on AArch64 (ffitarget.h); ours that it lacks follow from 100 up. */
static PyObject *get_abi(PyObject *self, void *closure) {
    const AbiFunction *fn = function_of(self, "abi");
    if (fn == NULL) return NULL;
#ifdef __x86_64__
    int standard = 2;
#else
    int standard = 1;
#endif
    return PyLong_FromLong(fn->conv == ABI_CDECL ? standard : 100 + (int)fn->conv);
}

static PyObject *enumerator_value(const AbiEnumerator *e) {
    return e->negative ? PyLong_FromLongLong((long long)e->value) : PyLong_FromUnsignedLongLong(e->value);
}

/* elements: value -> name, the last of equal values; relements: name -> value. */
static PyObject *enum_dict(CTypeObject *ct, bool by_name) {
    if (!(ct->flags & CT_ENUM)) return no_attribute(by_name ? "relements" : "elements");
    const AbiRecord *record = ct->type->record;
    PyObject *dict = PyDict_New();
    for (size_t i = record->complete ? record->count : 0; dict != NULL && i-- > 0;) {
        const AbiEnumerator *e = &record->enumerators[by_name ? record->count - 1 - i : i];
        PyObject *name = PyUnicode_FromString(e->name), *value = enumerator_value(e);
        int failed = name == NULL || value == NULL || PyDict_SetItem(dict, by_name ? name : value, by_name ? value : name) < 0;
        Py_XDECREF(name);
        Py_XDECREF(value);
        if (failed) Py_CLEAR(dict);
    }
    return dict;
}

static PyObject *get_elements(PyObject *self, void *closure) { return enum_dict((CTypeObject *)self, false); }
static PyObject *get_relements(PyObject *self, void *closure) { return enum_dict((CTypeObject *)self, true); }

static PyGetSetDef getset[] = {
    {"kind", get_kind, NULL, "\"primitive\", \"pointer\", \"array\", \"struct\", \"union\", \"enum\", \"function\", \"vector\" or \"void\"", NULL},
    {"cname", get_cname, NULL, "the type in C, without qualifiers", NULL},
    {"item", get_item, NULL, "CType that a pointer points to or an array is made of", NULL},
    {"length", get_length, NULL, "number of items of an array or vector; None for T[]", NULL},
    {"fields", get_fields, NULL, "list of (name, CField) of a struct or union; None while it is only declared", NULL},
    {"args", get_args, NULL, "tuple of the CTypes of a function's parameters", NULL},
    {"result", get_result, NULL, "CType of a function's result", NULL},
    {"ellipsis", get_ellipsis, NULL, "whether a function takes more arguments than declared", NULL},
    {"abi", get_abi, NULL, "number of a function's calling convention", NULL},
    {"elements", get_elements, NULL, "dict of an enum: value to name", NULL},
    {"relements", get_relements, NULL, "dict of an enum: name to value", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

/* Only what this kind of type has. */
static PyObject *ctype_dir(PyObject *self, PyObject *unused) {
    PyObject *names = PyList_New(0);
    for (PyGetSetDef *def = getset; names != NULL && def->name != NULL; def++) {
        PyObject *value = def->get(self, NULL);
        if (value == NULL) {
            if (!PyErr_ExceptionMatches(PyExc_AttributeError)) Py_CLEAR(names);
            else PyErr_Clear();
            continue;
        }
        Py_DECREF(value);
        PyObject *name = PyUnicode_FromString(def->name);
        if (name == NULL || PyList_Append(names, name) < 0) Py_CLEAR(names);
        Py_XDECREF(name);
    }
    return names;
}

static PyMethodDef methods[] = {{"__dir__", ctype_dir, METH_NOARGS, "__dir__($self, /)\n--\n\nThe attributes that this kind of type has."},
                                {NULL, NULL, 0, NULL}};

static PyMemberDef members[] = {{"__weaklistoffset__", T_PYSSIZET, offsetof(CTypeObject, weakrefs), READONLY, NULL},
                                {NULL, 0, 0, 0, NULL}};

static PyObject *ctype_repr(PyObject *self) { return named((CTypeObject *)self, "<ctype '%s'>"); }

/* ---------------------------------------------------------------- life */

static int ctype_traverse(PyObject *self, visitproc visit, void *arg) {
    CTypeObject *ct = (CTypeObject *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(ct->state->module);
    Py_VISIT(ct->item);
    Py_VISIT(ct->pointer);
    Py_VISIT(ct->open_array);
    Py_VISIT(ct->fields);
    return ct->call == NULL ? 0 : function_call_traverse(ct->call, visit, arg);
}

/* All of it is made again if it is asked for: a cleared ctype can still be reached through its AbiType. */
static int ctype_clear(PyObject *self) {
    CTypeObject *ct = (CTypeObject *)self;
    void *call = ct->call;
    PyMem_Free(ct->table);
    ct->table = NULL;
    ct->call = NULL;
    function_call_free(call);
    Py_CLEAR(ct->item);
    Py_CLEAR(ct->pointer);
    Py_CLEAR(ct->open_array);
    Py_CLEAR(ct->fields);
    return 0;
}

static void ctype_dealloc(PyObject *self) {
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, ctype_dealloc)
    CTypeObject *ct = (CTypeObject *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject *module = ct->state->module;
    AbiGraph *graph = ct->state->graph;
    if (ct->weakrefs != NULL) PyObject_ClearWeakRefs(self);
    abi_lock(graph);
    if (ct->type->client == ct) ((AbiType *)ct->type)->client = NULL;
    abi_unlock(graph);
    ctype_clear(self);
    abi_lock(graph);
    abi_release(ct->type);
    abi_unlock(graph);
    PyMem_Free(ct->name);
    PyObject_GC_Del(self);
    Py_DECREF(type);
    Py_DECREF(module);
    Py_TRASHCAN_END
}

#if PY_VERSION_HEX < 0x030A0000
PyObject *no_instances(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    PyErr_Format(PyExc_TypeError, "cannot create '%.100s' instances", type->tp_name);
    return NULL;
}
#endif

PyDoc_STRVAR(doc, "A C type: what ffi.typeof() returns.\n\n"
                  "Equal types are the same object, whatever qualifiers they were written with; structs, unions and\n"
                  "enums belong to the FFI that declared them. A CType keeps what it is made of alive.");

static PyType_Slot slots[] = {{Py_tp_doc, (void *)doc},         {Py_tp_repr, ctype_repr},         {Py_tp_getset, getset},
                              {Py_tp_methods, methods},         {Py_tp_members, members},         {Py_tp_traverse, ctype_traverse},
                              {Py_tp_clear, ctype_clear},       {Py_tp_dealloc, ctype_dealloc},   NO_INSTANCES
                              {0, NULL}};

PyType_Spec ctype_spec = {
    .name = "_cffi_backend.CType",
    .basicsize = sizeof(CTypeObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
