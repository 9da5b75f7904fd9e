/* cdata: C values and places as Python objects. The base type, and how its objects are made.
 *
 * The base type has no GC: a pointer or primitive refers to nothing but its ctype. Views, which keep the
 * owner of their memory alive, come in two types: one without GC for owners that hold nothing but bytes,
 * and one with GC for those that can be part of a cycle (ffi.gc's destructor may refer to the view). */
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
    return cd;
}

void cdata_free(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    Py_DECREF(((CDataObject *)self)->ctype);
    PyObject_Free(self);
    Py_DECREF(type);
}

PyObject *cdata_keeper(CDataObject *cd) {
    ModuleState *st = cd->ctype->state;
    PyTypeObject *type = Py_TYPE(cd);
    if (type == st->cdata_type) return NULL;
    if (type == st->cdata_view_type || type == st->cdata_viewgc_type) return ((CDataView *)cd)->owner;
    if (type == st->cdata_ownptr_type) return (PyObject *)((CDataOwnPtr *)cd)->target;
    if (type == st->cdata_function_type) return ((CDataFunction *)cd)->keep;
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
    bool gc = !Py_IS_TYPE(keeper, st->cdata_own_type);
    if (gc) {
        cd = (CDataObject *)PyObject_GC_New(CDataView, st->cdata_viewgc_type);
        if (cd == NULL) return NULL;
        Py_INCREF(ct);
        cd->ctype = ct;
        cd->weakrefs = NULL;
    } else if ((cd = cdata_alloc(st->cdata_view_type, ct, sizeof(CDataView))) == NULL) {
        return NULL;
    }
    cd->data = data;
    ((CDataView *)cd)->sized.length = length;
    ((CDataView *)cd)->owner = Py_NewRef(keeper);
    if (gc) PyObject_GC_Track(cd);
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
    CDataFunction *f = PyObject_GC_New(CDataFunction, ct->state->cdata_function_type);
    if (f == NULL) return NULL;
    Py_INCREF(ct);
    f->head.ctype = ct;
    f->head.data = code;
    f->head.weakrefs = NULL;
    f->vectorcall = function_vectorcall;
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

/* Pointers to functions have a type of their own, which is called without coming here; ffi.gc() on one has not. */
static PyObject *cdata_call(PyObject *self, PyObject *args, PyObject *kwargs) {
    CDataObject *cd = (CDataObject *)self;
    if (!(cd->ctype->flags & CT_FUNCPTR)) {
        PyErr_Format(PyExc_TypeError, "cdata '%s' is not callable", cd->ctype->name);
        return NULL;
    }
    PyObject *function = cdata_derived(cd->ctype, cd->data, cd);
    PyObject *result = function == NULL ? NULL : PyObject_Call(function, args, kwargs);
    Py_XDECREF(function);
    return result;
}

/* ---------------------------------------------------------------- types */

static void cdata_dealloc(PyObject *self) {
    if (((CDataObject *)self)->weakrefs != NULL) PyObject_ClearWeakRefs(self);
    cdata_free(self);
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

static PyObject *get_name(PyObject *self, void *closure) { return PyUnicode_FromString("<cdata>"); }

static PyGetSetDef getset[] = {
    {"__name__", get_name, NULL, "\"<cdata>\", for programs that expect a name of what they can call", NULL},
    {"__array_interface__", cdata_array_interface, NULL, "arrays, structs and unions for NumPy, without a copy: version 3 of its array interface", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyMemberDef members[] = {{"__weaklistoffset__", T_PYSSIZET, offsetof(CDataObject, weakrefs), READONLY, NULL},
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
                              {Py_tp_getset, getset},
                              {Py_tp_members, members},
                              {Py_tp_dealloc, cdata_dealloc},
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
    .basicsize = sizeof(CDataObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

static void view_dealloc(PyObject *self) {
    PyObject *owner = ((CDataView *)self)->owner;
    if (((CDataObject *)self)->weakrefs != NULL) PyObject_ClearWeakRefs(self);
    cdata_free(self);
    Py_DECREF(owner);
}

static PyType_Slot view_slots[] = {{Py_tp_dealloc, view_dealloc}, NO_INSTANCES {0, NULL}};

PyType_Spec cdata_view_spec = {
    .name = "_cffi_backend._CDataBase",
    .basicsize = sizeof(CDataView),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = view_slots,
};

static int viewgc_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((CDataObject *)self)->ctype);
    Py_VISIT(((CDataView *)self)->owner);
    return 0;
}

/* The memory may go with the owner: nothing must be read or written through the view after that. */
static int viewgc_clear(PyObject *self) {
    ((CDataObject *)self)->data = NULL;
    Py_CLEAR(((CDataView *)self)->owner);
    return 0;
}

static void viewgc_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (((CDataObject *)self)->weakrefs != NULL) PyObject_ClearWeakRefs(self);
    Py_XDECREF(((CDataView *)self)->owner);
    Py_DECREF(((CDataObject *)self)->ctype);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

static PyType_Slot viewgc_slots[] = {
    {Py_tp_dealloc, viewgc_dealloc}, {Py_tp_traverse, viewgc_traverse}, {Py_tp_clear, viewgc_clear}, NO_INSTANCES {0, NULL}};

PyType_Spec cdata_viewgc_spec = {
    .name = "_cffi_backend._CDataBase",
    .basicsize = sizeof(CDataView),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = viewgc_slots,
};
