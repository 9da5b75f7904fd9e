/* ffi.new_handle(), ffi.from_handle(): a Python object as a void * for C code to carry around.
 *
 * The pointer is the address of the handle object itself. It comes back from C, or from anywhere; so live
 * handles are listed in a set, and an address that is not in it is an error instead of a crash. The set is
 * guarded by the graph's lock. */
#include "pymod/cdata.h"

/* Open addressing with linear probing; a power of two, at most half full. */
struct HandleSet {
    size_t count, mask;
    CDataHandle *slots[];
};

static size_t home(const struct HandleSet *set, const void *p) {
    return (size_t)(((uintptr_t)p >> 4) * 0x9E3779B97F4A7C15u >> 20) & set->mask;
}

static size_t find(const struct HandleSet *set, const void *p) {
    size_t i = home(set, p);
    while (set->slots[i] != NULL && set->slots[i] != p) i = (i + 1) & set->mask;
    return i;
}

static struct HandleSet *set_new(size_t size) {
    struct HandleSet *set = PyMem_RawCalloc(1, sizeof *set + size * sizeof set->slots[0]);
    if (set != NULL) set->mask = size - 1;
    return set;
}

/* Room for one more; -1 when out of memory. */
static int reserve(ModuleState *st) {
    struct HandleSet *old = st->handles;
    if (old != NULL && 2 * (old->count + 1) <= old->mask + 1) return 0;
    struct HandleSet *set = set_new(old == NULL ? 16 : 2 * (old->mask + 1));
    if (set == NULL) return -1;
    for (size_t i = 0; old != NULL && i <= old->mask; i++)
        if (old->slots[i] != NULL) set->slots[find(set, old->slots[i])] = old->slots[i];
    set->count = old == NULL ? 0 : old->count;
    PyMem_RawFree(old);
    st->handles = set;
    return 0;
}

static int insert(ModuleState *st, CDataHandle *handle) {
    abi_lock(st->graph);
    int failed = reserve(st);
    if (failed == 0) {
        st->handles->slots[find(st->handles, handle)] = handle;
        st->handles->count++;
    }
    abi_unlock(st->graph);
    return failed;
}

/* Close the gap: entries that probed past it move back (Knuth 6.4, algorithm R). */
static void take_out(struct HandleSet *set, size_t gap) {
    set->slots[gap] = NULL;
    set->count--;
    for (size_t i = (gap + 1) & set->mask; set->slots[i] != NULL; i = (i + 1) & set->mask) {
        if (((i - home(set, set->slots[i])) & set->mask) < ((i - gap) & set->mask)) continue;
        set->slots[gap] = set->slots[i];
        set->slots[gap = i] = NULL;
    }
}

void cdata_handles_free(ModuleState *st) {
    PyMem_RawFree(st->handles);
    st->handles = NULL;
}

PyObject *cdata_handle(CTypeObject *ct, PyObject *obj) {
    if (!(ct->flags & CT_VOIDP)) {
        PyErr_Format(PyExc_TypeError, "needs 'void *', got '%s'", ct->name);
        return NULL;
    }
    CDataHandle *handle = (CDataHandle *)cdata_alloc_held(ct->state->cdata_owngc_type, ct);
    if (handle == NULL) return NULL;
    handle->head.data = NULL;
    handle->object = Py_NewRef(obj);
    if (insert(ct->state, handle) < 0) {
        Py_DECREF(handle);
        return PyErr_NoMemory();
    }
    handle->head.data = (char *)handle;
    PyObject_GC_Track(handle);
    return (PyObject *)handle;
}

PyObject *cdata_from_handle(ModuleState *st, PyObject *arg) {
    if (!cdata_check(st, arg)) {
        PyErr_SetString(PyExc_TypeError, "expected a 'cdata' object");
        return NULL;
    }
    CDataObject *cd = (CDataObject *)arg;
    if (!(cd->ctype->flags & CT_BYTEP)) {
        PyErr_Format(PyExc_TypeError, "expected a 'cdata' object with a 'void *' out of new_handle(), got '%s'", cd->ctype->name);
        return NULL;
    }
    if (cd->data == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "cannot use from_handle() on NULL pointer");
        return NULL;
    }
    PyObject *object = NULL;
    abi_lock(st->graph);
    if (st->handles != NULL) {
        CDataHandle *handle = st->handles->slots[find(st->handles, cd->data)];
        if (handle != NULL) object = Py_NewRef(handle->object);
    }
    abi_unlock(st->graph);
    if (object == NULL)
        PyErr_SetString(PyExc_RuntimeError, "from_handle(): the pointer is not that of a live handle. If it comes from ffi.new_handle(), "
                                            "then the handle object was not kept alive");
    return object;
}

static PyObject *handle_repr(PyObject *self) {
    CDataHandle *handle = (CDataHandle *)self;
    return PyUnicode_FromFormat("<cdata '%s' handle to %R>", handle->head.ctype->name, handle->object);
}

static int handle_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((CDataObject *)self)->ctype);
    Py_VISIT(((CDataHandle *)self)->object);
    return 0;
}

/* C may still have the pointer: it stays good, for None. */
static int handle_clear(PyObject *self) {
    CDataHandle *handle = (CDataHandle *)self;
    AbiGraph *graph = handle->head.ctype->state->graph;
    abi_lock(graph);
    PyObject *object = handle->object;
    handle->object = Py_NewRef(Py_None);
    abi_unlock(graph);
    Py_DECREF(object);
    return 0;
}

static void handle_dealloc(PyObject *self) {
    CDataHandle *handle = (CDataHandle *)self;
    ModuleState *st = handle->head.ctype->state;
    PyObject_GC_UnTrack(self);
    if (handle->head.weakrefs != NULL) PyObject_ClearWeakRefs(self);
    if (handle->head.data != NULL) { /* listed */
        abi_lock(st->graph);
        take_out(st->handles, find(st->handles, handle));
        abi_unlock(st->graph);
    }
    Py_DECREF(handle->object);
    cdata_free(self);
}

/* ---------------------------------------------------------------- the type, of handles and callbacks */

static bool is_callback(PyObject *self) { return ((CDataObject *)self)->ctype->flags & CT_FUNCPTR; }

static PyObject *repr(PyObject *self) { return is_callback(self) ? callback_repr(self) : handle_repr(self); }

static int traverse(PyObject *self, visitproc visit, void *arg) {
    return is_callback(self) ? callback_traverse(self, visit, arg) : handle_traverse(self, visit, arg);
}

static int clear(PyObject *self) { return is_callback(self) ? callback_clear(self) : handle_clear(self); }

static void dealloc(PyObject *self) {
    if (is_callback(self)) callback_dealloc(self);
    else handle_dealloc(self);
}

PyDoc_STRVAR(doc, "What ffi.callback() and ffi.new_handle() return: a pointer for C code that stays good as long as this object,\n"
                  "which keeps the Python object behind it alive.");

/* Repeated from the base: CPython before 3.12 does not inherit vectorcall into heap types. */
static PyMemberDef members[] = {{"__vectorcalloffset__", T_PYSSIZET, offsetof(CDataObject, vectorcall), READONLY, NULL},
                                {NULL, 0, 0, 0, NULL}};

static PyType_Slot slots[] = {{Py_tp_doc, (void *)doc}, {Py_tp_repr, repr},         {Py_tp_call, PyVectorcall_Call}, {Py_tp_members, members},
                              {Py_tp_clear, clear},     {Py_tp_traverse, traverse}, {Py_tp_dealloc, dealloc},        NO_INSTANCES {0, NULL}};

PyType_Spec cdata_owngc_spec = {
    .name = "_cffi_backend.__CDataOwnGC",
    .basicsize = sizeof(CDataCallback), /* the larger */
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
