/* cdata: C values and places as Python objects. The base type, and how its objects are made.
 *
 * The garbage collector does not see most of them: a pointer or primitive refers to nothing but its ctype.
 * Views, which keep the owner of their memory alive, are tracked only if that can be part of a cycle
 * (ffi.gc's destructor may refer to the view), and functions of a lib always. */
#include "pymod/cdata.h"
#include "pymod/convert.h"

#include <stddef.h>
#include <stdio.h>
#include <structmember.h>

/* ---------------------------------------------------------------- making */

CDataObject *cdata_alloc(PyTypeObject *type, CTypeObject *ct, size_t size) {
    CDataObject *cd = PyObject_Malloc(size);
    if (cd == NULL) return (CDataObject *)PyErr_NoMemory();
    PyObject_Init((PyObject *)cd, type);
    Py_INCREF(ct);
    cd->ctype = ct;
    cd->weakrefs = NULL;
    cd->vectorcall = NULL;
    return cd;
}

CDataObject *cdata_alloc_held(PyTypeObject *type, CTypeObject *ct) {
    CDataObject *cd = PyObject_GC_New(CDataObject, type);
    if (cd == NULL) return NULL;
    Py_INCREF(ct);
    cd->ctype = ct;
    cd->weakrefs = NULL;
    cd->vectorcall = cdata_call_held;
    return cd;
}

void cdata_free(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    Py_DECREF(((CDataObject *)self)->ctype);
    if (cdata_is_tracked((CDataObject *)self)) PyObject_GC_Del(self);
    else PyObject_Free(self);
    Py_DECREF(type);
}

PyObject *cdata_keeper(CDataObject *cd) {
    ModuleState *st = cd->ctype->state;
    if (cdata_is(cd, st->cdata_type)) {
        if (cd->vectorcall == NULL) return NULL;
        return cdata_is_function(cd) ? ((CDataFunction *)cd)->keep : ((CDataView *)cd)->owner;
    }
    if (cdata_is(cd, st->cdata_own_type) && cdata_is_ownptr(cd)) return (PyObject *)((CDataOwnPtr *)cd)->target;
    return (PyObject *)cd;
}

/* A plain object, or, with KEEPER, a view: of T[LENGTH] for an open array type, else LENGTH is not used. */
static PyObject *place_new(CTypeObject *ct, void *data, Py_ssize_t length, PyObject *keeper) {
    ModuleState *st = ct->state;
    CDataObject *cd;
    if (keeper == NULL) {
        cd = cdata_alloc(st->cdata_type, ct, length < 0 ? sizeof(CDataObject) : sizeof(CDataSized));
        if (cd == NULL) return NULL;
        if (length >= 0) ((CDataSized *)cd)->length = length;
        cd->data = data;
        return (PyObject *)cd;
    }
    bool bytes = Py_IS_TYPE(keeper, st->cdata_own_type);
    cd = bytes ? cdata_alloc(st->cdata_type, ct, sizeof(CDataView)) : cdata_alloc_held(st->cdata_type, ct);
    if (cd == NULL) return NULL;
    cd->data = data;
    ((CDataView *)cd)->sized.length = length;
    ((CDataView *)cd)->owner = Py_NewRef(keeper);
    if (bytes) cd->vectorcall = cdata_call_view;
    else PyObject_GC_Track(cd);
    return (PyObject *)cd;
}

/* OWNER, or what it keeps in turn: chains of views would hold every step. */
static PyObject *keeper_of(CTypeObject *ct, PyObject *owner) {
    return owner != NULL && cdata_check(ct->state, owner) ? cdata_keeper((CDataObject *)owner) : owner;
}

PyObject *cdata_sized(CTypeObject *ct, void *data, Py_ssize_t length, PyObject *owner) {
    return place_new(ct, data, length, keeper_of(ct, owner));
}

static PyObject *function_new(CTypeObject *ct, void *code, PyObject *keeper) {
    CDataFunction *f = (CDataFunction *)cdata_alloc_held(ct->state->cdata_type, ct);
    if (f == NULL) return NULL;
    f->head.data = code;
    f->head.vectorcall = function_vectorcall;
    f->symbol = NULL;
    f->keep = Py_XNewRef(keeper);
    f->call = NULL;
    f->keep_gil = false;
    PyObject_GC_Track(f);
    return (PyObject *)f;
}

PyObject *cdata_pointer(CTypeObject *ct, void *pointer) {
    return ct->flags & CT_FUNCPTR ? function_new(ct, pointer, NULL) : place_new(ct, pointer, -1, NULL);
}

PyObject *cdata_derived(CTypeObject *ct, void *data, CDataObject *cd) {
    PyObject *keeper = cdata_keeper(cd);
    return ct->flags & CT_FUNCPTR ? function_new(ct, data, keeper) : place_new(ct, data, -1, keeper);
}

PyObject *cdata_derived_weakly(CTypeObject *ct, void *data, CDataObject *cd) {
    PyObject *keeper = cdata_keeper(cd);
    bool memory = keeper != NULL && Py_IS_TYPE(keeper, ct->state->cdata_own_type);
    if (ct->flags & CT_FUNCPTR) return function_new(ct, data, memory ? keeper : NULL);
    return place_new(ct, data, -1, memory ? keeper : NULL);
}

/* T[] without a length can't be an object: it decays to T *. So does an array whose size only a compiler knows. */
static PyObject *decayed(CTypeObject *ct, void *data, PyObject *owner) {
    CTypeObject *item = ctype_item(ct), *pointer = item == NULL ? NULL : ctype_pointer_to(item);
    if (pointer == NULL) return NULL;
    PyObject *result = place_new(pointer, data, -1, keeper_of(ct, owner));
    Py_DECREF(pointer);
    return result;
}

PyObject *cdata_view(CTypeObject *ct, void *data, PyObject *owner) {
    if (ct->flags & CT_ARRAY && ct->type->size == ABI_SIZE_UNKNOWN) return decayed(ct, data, owner);
    return place_new(ct, data, -1, keeper_of(ct, owner));
}

/* Eight bytes at least: an enum that is only declared may be completed with a larger size. */
PyObject *cdata_primitive(CTypeObject *ct, const void *src) {
    size_t size = cdata_value_size(ct), offset = sizeof(CDataObject);
    if (size > 8) offset = (offset + 15) & ~(size_t)15;
    CDataObject *cd = cdata_alloc(ct->state->cdata_type, ct, offset + (size > 8 ? size : 8));
    if (cd == NULL) return NULL;
    cd->data = (char *)cd + offset;
    if (size < 8) memset(cd->data, 0, 8);
    memcpy(cd->data, src, size);
    return (PyObject *)cd;
}

Py_ssize_t cdata_array_length(CDataObject *cd) {
    size_t length = cd->ctype->type->length;
    return abi_length_known(length) ? (Py_ssize_t)length : ((CDataSized *)cd)->length;
}

Py_ssize_t cdata_sizeof(CDataObject *cd) {
    CTypeObject *ct = cd->ctype;
    if (ct->flags & CT_ARRAY) return cdata_array_length(cd) * (Py_ssize_t)ct->type->item.type->size;
    Py_ssize_t size = ct->flags & CT_RECORD ? cdata_variable_size(cd) : -1;
    return size >= 0 ? size : (Py_ssize_t)cdata_value_size(ct);
}

void *cdata_null_error(CDataObject *cd) {
    PyObject *keeper = cdata_keeper(cd);
    bool released = keeper != NULL && Py_IS_TYPE(keeper, cd->ctype->state->cdata_frombuf_type);
    PyErr_Format(PyExc_RuntimeError, released ? "cannot use cdata '%s': its buffer was released" : "cannot dereference null pointer from cdata '%s'",
                 cd->ctype->name);
    return NULL;
}

/* ---------------------------------------------------------------- repr */

static PyObject *repr_enum(CDataObject *cd) {
    PyObject *value = cd->ctype->from_c(cd->ctype, cd->data, NULL), *name = value == NULL ? NULL : cdata_string(cd, -1);
    PyObject *digits = name == NULL ? NULL : PyObject_Str(value), *text = NULL;
    if (digits != NULL) {
        int same = PyObject_RichCompareBool(digits, name, Py_EQ);
        if (same >= 0) text = same ? Py_NewRef(digits) : PyUnicode_FromFormat("%U: %U", digits, name);
    }
    Py_XDECREF(digits);
    Py_XDECREF(name);
    Py_XDECREF(value);
    return text;
}

static PyObject *repr_value(CDataObject *cd) {
    CTypeObject *ct = cd->ctype;
    if (ct->flags & CT_ENUM) return repr_enum(cd);
    if (ct->flags & CT_LONGDOUBLE) {
        char buf[64];
        snprintf(buf, sizeof buf, "%LE", real_load_long(ct->type, cd->data));
        return PyUnicode_FromString(buf);
    }
    PyObject *value = ct->from_c(ct, cd->data, NULL);
    if (value == NULL && PyErr_ExceptionMatches(PyExc_ValueError)) { /* a wchar_t beyond Unicode: a repr must not fail */
        PyErr_Clear();
        value = wide_load((WideInt){false, 8 * (unsigned)ct->type->size, (unsigned)ct->type->size}, cd->data);
    }
    PyObject *text = value == NULL ? NULL : PyObject_Repr(value);
    Py_XDECREF(value);
    return text;
}

static PyObject *repr_place(CDataObject *cd) {
    if (cd->ctype->flags & CT_ARRAY && !abi_length_known(cd->ctype->type->length))
        return PyUnicode_FromFormat("sliced length %zd", cdata_array_length(cd));
    return cd->data == NULL ? PyUnicode_FromString("NULL") : PyUnicode_FromFormat("%p", (void *)cd->data);
}

PyObject *cdata_repr(PyObject *self) {
    CDataObject *cd = (CDataObject *)self;
    PyObject *text = cd->ctype->flags & CT_PRIMITIVE ? repr_value(cd) : repr_place(cd);
    if (text == NULL) return NULL;
    /* "struct foo &": it stands for memory that is not its own. */
    PyObject *repr = PyUnicode_FromFormat("<cdata '%s%s' %U>", cd->ctype->name, cd->ctype->flags & CT_RECORD ? " &" : "", text);
    Py_DECREF(text);
    return repr;
}

/* ---------------------------------------------------------------- hash, call */

Py_hash_t cdata_hash(PyObject *self) {
    CDataObject *cd = (CDataObject *)self;
    CTypeObject *ct = cd->ctype;
    if (ct->flags & CT_PRIMITIVE && !(ct->flags & CT_LONGDOUBLE)) {
        PyObject *value = ct->from_c(ct, cd->data, NULL);
        Py_hash_t hash = value == NULL ? -1 : PyObject_Hash(value);
        Py_XDECREF(value);
        return hash;
    }
    /* An address: the low bits say little. */
    size_t address = (size_t)(uintptr_t)cd->data;
    Py_hash_t hash = (Py_hash_t)(address >> 4 | address << (8 * sizeof address - 4));
    return hash == -1 ? -2 : hash;
}

static PyObject *not_callable(CDataObject *cd) {
    PyErr_Format(PyExc_TypeError, "cdata '%s' is not callable", cd->ctype->name);
    return NULL;
}

/* Objects with a vectorcall are called without coming here, but for x.__call__(). */
static PyObject *cdata_call(PyObject *self, PyObject *args, PyObject *kwargs) {
    CDataObject *cd = (CDataObject *)self;
    return cd->vectorcall == NULL ? not_callable(cd) : PyVectorcall_Call(self, args, kwargs);
}

PyObject *cdata_call_view(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames) { return not_callable((CDataObject *)self); }

/* ffi.gc() on a pointer to a function has no room for a call's description. */
PyObject *cdata_call_held(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames) {
    CDataObject *cd = (CDataObject *)self;
    if (!(cd->ctype->flags & CT_FUNCPTR)) return not_callable(cd);
    PyObject *function = cdata_derived(cd->ctype, cd->data, cd);
    PyObject *result = function == NULL ? NULL : PyObject_Vectorcall(function, args, nargsf, kwnames);
    Py_XDECREF(function);
    return result;
}

/* ---------------------------------------------------------------- types */

static int is_gc(PyObject *self) { return cdata_is_tracked((CDataObject *)self); }

static int traverse(PyObject *self, visitproc visit, void *arg) {
    if (cdata_is_function((CDataObject *)self)) return function_traverse(self, visit, arg);
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((CDataObject *)self)->ctype);
    Py_VISIT(((CDataView *)self)->owner);
    return 0;
}

/* The memory may go with the owner: nothing must be read or written through the view after that. */
static int clear(PyObject *self) {
    if (cdata_is_function((CDataObject *)self)) return function_clear(self);
    ((CDataObject *)self)->data = NULL;
    Py_CLEAR(((CDataView *)self)->owner);
    return 0;
}

static void dealloc(PyObject *self) {
    CDataObject *cd = (CDataObject *)self;
    if (cdata_is_function(cd)) {
        function_dealloc(self);
        return;
    }
    PyObject *owner = cd->vectorcall == NULL ? NULL : ((CDataView *)cd)->owner;
    if (cdata_is_tracked(cd)) PyObject_GC_UnTrack(self);
    if (cd->weakrefs != NULL) PyObject_ClearWeakRefs(self);
    cdata_free(self);
    Py_XDECREF(owner);
}

static PyMethodDef methods[] = {
    {"__dir__", cdata_dir, METH_NOARGS, "__dir__($self, /)\n--\n\nThe fields of the struct or union that this is or points to."},
    {"__complex__", cdata_complex, METH_NOARGS, "__complex__($self, /)\n--\n\nThe value of a complex cdata."},
    {"__enter__", cdata_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nThe cdata itself; ValueError if it has nothing to release."},
    {"__exit__", (PyCFunction)(void (*)(void))cdata_exit, METH_FASTCALL, "__exit__($self, /, *args)\n--\n\nThe same as ffi.release()."},
    {"_repr_pretty_", (PyCFunction)(void (*)(void))cdata_repr_pretty, METH_FASTCALL,
     "_repr_pretty_($self, printer, cycle, /)\n--\n\nIPython shows members and values: see ffi.pretty()."},
    {"__copy__", cdata_duplicate, METH_NOARGS,
     "__copy__($self, /)\n--\n\nFor what ffi.new() made: a cdata of the same type that owns a copy of the memory. For what does\nnot own its "
     "memory: another reference to the same place."},
    {"__deepcopy__", cdata_duplicate, METH_O, "__deepcopy__($self, memo, /)\n--\n\nAs __copy__: pointers in the memory are copied as they are."},
    {NULL, NULL, 0, NULL}};

static PyMemberDef members[] = {{"__weaklistoffset__", T_PYSSIZET, offsetof(CDataObject, weakrefs), READONLY, NULL},
                                {"__vectorcalloffset__", T_PYSSIZET, offsetof(CDataObject, vectorcall), READONLY, NULL},
                                {NULL, 0, 0, 0, NULL}};

PyDoc_STRVAR(doc, "A C value, or a place in memory with a C type. Made by ffi.new(), ffi.cast(), calls, and reading fields and items.\n\n"
                  "isinstance(x, ffi.CData) tells all of them. What ffi.new() returns owns its memory. Indexing, slicing, reading a\n"
                  "struct or array field, pointer arithmetic and ffi.cast() give objects that keep that memory alive. Pointers\n"
                  "read from memory keep nothing alive.");

static PyType_Slot slots[] = {{Py_tp_doc, (void *)doc},
                              {Py_tp_repr, cdata_repr},
                              {Py_tp_hash, cdata_hash},
                              {Py_tp_richcompare, cdata_richcompare},
                              {Py_tp_getattro, cdata_getattro},
                              {Py_tp_setattro, cdata_setattro},
                              {Py_tp_call, cdata_call},
                              {Py_tp_iter, cdata_iter},
                              {Py_tp_methods, methods},
                              {Py_tp_getset, cdata_getset},
                              {Py_tp_members, members},
                              {Py_tp_is_gc, is_gc},
                              {Py_tp_traverse, traverse},
                              {Py_tp_clear, clear},
                              {Py_tp_dealloc, dealloc},
                              {Py_nb_add, cdata_add},
                              {Py_nb_subtract, cdata_subtract},
                              {Py_nb_bool, cdata_bool},
                              {Py_nb_int, cdata_int},
                              {Py_nb_float, cdata_float},
                              {Py_mp_length, cdata_length},
                              {Py_mp_subscript, cdata_subscript},
                              {Py_mp_ass_subscript, cdata_ass_subscript},
                              {Py_bf_getbuffer, cdata_getbuffer},
                              {Py_bf_releasebuffer, cdata_releasebuffer},
                              NO_INSTANCES {0, NULL}};

PyType_Spec cdata_spec = {
    .name = "_cffi_backend._CDataBase",
    .basicsize = sizeof(CDataFunction), /* of the largest object that is tracked: the others are allocated as they need */
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_VECTORCALL |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
