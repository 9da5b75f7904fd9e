/* ffi.new(): cdata that own their memory, in the same allocation as the object.
 *
 * new("struct s *") gives two objects, so that p[0] can outlive p: the struct, which owns the memory, and
 * the pointer, which keeps the struct. Both heads and the memory are one block,
 *
 *     | own: head, length | ownptr: head, target | memory ...
 *
 * which goes with the struct: the pointer, holding a reference to it, is always gone by then. */
#include "pymod/cdata.h"
#include "pymod/cfield.h"

#define ALIGNMENT 16u /* what malloc gives, and all but over-aligned types need */
#define SMALL 1024u   /* up to here malloc() and memset() are faster than calloc(), which does without glibc's tcache */
#define ROUNDED(type) ((sizeof(type) + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1))

Py_ssize_t cdata_variable_size(CDataObject *cd) {
    ModuleState *st = cd->ctype->state;
    if (cdata_is(cd, st->cdata_own_type) && cdata_is_ownptr(cd)) cd = ((CDataOwnPtr *)cd)->target;
    if (!(cd->ctype->flags & CT_RECORD) || !(cd->ctype->type->flags & ABI_F_FLEXIBLE)) return -1;
    return cdata_is(cd, st->cdata_own_type) || cdata_is(cd, st->cdata_gc_type) ? ((CDataSized *)cd)->length : -1;
}

/* ---------------------------------------------------------------- allocation */

/* What ffi.new() was asked for. */
typedef struct Request {
    CTypeObject *ct;     /* of the result: T * or T[] */
    CTypeObject *memory; /* of the object that owns the memory: the struct for "struct s *", else CT */
    PyObject *init;      /* or NULL */
    Py_ssize_t size;     /* bytes */
    Py_ssize_t length;   /* items of T[]; bytes of a struct with a flexible array; else -1 */
    size_t align;
    bool clear;
} Request;

/* Memory for C comes from C's heap, as in cffi. There malloc's checkers watch it, C code that writes behind its
 * end meets no Python object, and what C code still reads of it behind its time is what free() leaves, not the
 * next Python object of that size. Free-threaded Python wants all its objects from its own heap. */
#ifdef Py_GIL_DISABLED
static void *block_alloc(size_t heads, size_t size, bool clear) {
    return clear ? PyObject_Calloc(1, heads + size) : PyObject_Malloc(heads + size);
}
#define block_free PyObject_Free
#else
static void *block_alloc(size_t heads, size_t size, bool clear) {
    if (clear && heads + size > SMALL) return PyMem_RawCalloc(1, heads + size);
    char *block = PyMem_RawMalloc(heads + size);
    if (clear && block != NULL) memset(block + heads, 0, size);
    return block;
}
#define block_free PyMem_RawFree
#endif

/* The block for HEADS bytes of objects and the memory, whose address *DATA receives. */
static void *block_new(const Request *r, size_t heads, char **data) {
    size_t slack = r->align > ALIGNMENT ? r->align - ALIGNMENT : 0;
    if (r->size > PY_SSIZE_T_MAX - (Py_ssize_t)(heads + slack)) return PyErr_NoMemory();
    char *block = block_alloc(heads, (size_t)r->size + slack, r->clear);
    if (block == NULL) return PyErr_NoMemory();
    *data = block + heads;
    if (slack > 0) *data = (char *)(((uintptr_t)*data + r->align - 1) & ~(uintptr_t)(r->align - 1));
    return block;
}

static void object_init(void *at, PyTypeObject *type, CTypeObject *ct, char *data) {
    CDataObject *cd = at;
    PyObject_Init((PyObject *)cd, type);
    Py_INCREF(ct);
    cd->ctype = ct;
    cd->data = data;
    cd->weakrefs = NULL;
    cd->vectorcall = NULL;
}

static CDataObject *own_new(const Request *r) {
    char *data = NULL;
    CDataOwn *own = block_new(r, ROUNDED(CDataOwn), &data);
    if (own == NULL) return NULL;
    object_init(own, r->ct->state->cdata_own_type, r->memory, data);
    own->sized.length = r->length;
    return (CDataObject *)own;
}

/* Both in one block; but not on free-threaded Python, where a thread that reads a list may look at the
 * reference counts of an object that was freed just now (PEP 703, "Optimistic avoidance of locks"): these must
 * lie where every block of that size has them, at its start. */
#ifdef Py_GIL_DISABLED
#define OWNPTR_APART 1
static CDataObject *ownptr_new(const Request *r) {
    CDataObject *own = own_new(r), *pointer = own == NULL ? NULL : cdata_alloc(r->ct->state->cdata_own_type, r->ct, sizeof(CDataOwnPtr));
    if (pointer == NULL) {
        Py_XDECREF(own);
        return NULL;
    }
    pointer->data = own->data;
    ((CDataOwnPtr *)pointer)->target = own;
    return pointer;
}
#else
#define OWNPTR_APART 0
static CDataObject *ownptr_new(const Request *r) {
    char *data;
    CDataOwn *own = block_new(r, ROUNDED(CDataOwn) + ROUNDED(CDataOwnPtr), &data);
    if (own == NULL) return NULL;
    CDataOwnPtr *pointer = (CDataOwnPtr *)(void *)((char *)own + ROUNDED(CDataOwn));
    object_init(own, r->ct->state->cdata_own_type, r->memory, data);
    object_init(pointer, r->ct->state->cdata_own_type, r->ct, data);
    own->sized.length = r->length;
    pointer->target = (CDataObject *)own; /* the only reference moves here */
    return (CDataObject *)pointer;
}
#endif

/* The bytes that CD certainly has, or PY_SSIZE_T_MAX where only the program knows. A handle has none. */
static Py_ssize_t room_in(CDataObject *cd) {
    ModuleState *st = cd->ctype->state;
    if (cdata_is(cd, st->cdata_owngc_type)) return 0;
    if (!cdata_is(cd, st->cdata_own_type)) return PY_SSIZE_T_MAX;
    Py_ssize_t variable = cdata_variable_size(cd);
    if (variable >= 0) return variable;
    if (cd->ctype->flags & CT_ARRAY) return cdata_sizeof(cd);
    return (Py_ssize_t)cd->ctype->type->item.type->size; /* a char's terminator is not for use */
}

/* What the program's alloc() returns for r->size bytes: a new reference to a pointer cdata, not NULL. */
static CDataObject *program_alloc(const Request *r, PyObject *alloc) {
    PyObject *size = PyLong_FromSsize_t(r->size);
    PyObject *result = size == NULL ? NULL : PyObject_CallFunctionObjArgs(alloc, size, NULL);
    Py_XDECREF(size);
    if (result == NULL) return NULL;
    CDataObject *cd = (CDataObject *)result;
    if (!cdata_check(r->ct->state, result))
        PyErr_Format(PyExc_TypeError, "alloc() must return a cdata object (got %.200s)", Py_TYPE(result)->tp_name);
    else if (!(cd->ctype->flags & (CT_POINTER | CT_ARRAY)))
        PyErr_Format(PyExc_TypeError, "alloc() must return a cdata pointer, not '%s'", cd->ctype->name);
    else if (cd->data == NULL)
        PyErr_SetString(PyExc_MemoryError, "alloc() returned NULL");
    else if (room_in(cd) < r->size)
        PyErr_Format(PyExc_ValueError, "alloc() must return memory of %zd bytes, not cdata '%s' with %zd", r->size, cd->ctype->name, room_in(cd));
    else
        return cd;
    Py_DECREF(result);
    return NULL;
}

/* Memory of the program's own: freed through a gc object. */
static CDataObject *program_new(const Request *r, const AllocatorObject *allocator) {
    CDataObject *memory = program_alloc(r, allocator->alloc);
    if (memory == NULL) return NULL;
    CDataObject *gc = (CDataObject *)cdata_gc_new(memory, r->memory, allocator->free, r->length);
    Py_DECREF(memory);
    if (gc == NULL) return NULL;
    if (r->clear) memset(gc->data, 0, (size_t)r->size);
    if (r->memory == r->ct) return gc;
    CDataObject *pointer = cdata_alloc_held(r->ct->state->cdata_own_type, r->ct);
    if (pointer == NULL) {
        Py_DECREF(gc);
        return NULL;
    }
    pointer->data = gc->data;
    ((CDataOwnPtr *)pointer)->target = gc;
    PyObject_GC_Track(pointer);
    return pointer;
}

/* ---------------------------------------------------------------- ffi.new */

static int request_pointer(Request *r) {
    CTypeObject *item = ctype_item(r->ct);
    if (item == NULL) return -1;
    if (item->type->size == ABI_SIZE_UNKNOWN && !ctype_assume_enum(r->ct->state, item->type)) {
        if (!raise_problem(item)) PyErr_Format(PyExc_TypeError, "cannot instantiate ctype '%s' of unknown size", item->name);
        return -1;
    }
    r->size = (Py_ssize_t)item->type->size;
    r->align = item->type->align;
    if (item->flags & CT_CHAR) r->size *= 2; /* a terminator behind it, for C code that wants a string */
    if (!(item->flags & CT_RECORD)) return 0;
    r->memory = item;
    if (!(item->type->flags & ABI_F_FLEXIBLE)) return 0;
    if (r->init != NULL && (r->size = init_size(item, r->init)) < 0) return -1;
    r->length = r->size;
    return 0;
}

static int request_array(Request *r) {
    const AbiType *type = r->ct->type;
    r->align = type->align;
    if (type->item.type->size == ABI_SIZE_UNKNOWN) {
        PyErr_Format(PyExc_TypeError, "cannot instantiate ctype '%s' of unknown size", r->ct->name);
        return -1;
    }
    if (abi_length_known(type->length)) {
        r->size = (Py_ssize_t)type->size;
        return 0;
    }
    CTypeObject *item = ctype_item(r->ct);
    PyObject *init = r->init != NULL ? r->init : Py_None;
    r->length = item == NULL ? -1 : convert_length(item, &init);
    if (r->length < 0) return -1;
    r->init = init;
    r->align = item->type->align;
    if (!__builtin_mul_overflow(r->length, (Py_ssize_t)item->type->size, &r->size)) return 0;
    PyErr_SetString(PyExc_OverflowError, "array size would overflow a Py_ssize_t");
    return -1;
}

static int request(Request *r) {
    if (r->ct->flags & CT_POINTER) return request_pointer(r);
    if (r->ct->flags & CT_ARRAY) return request_array(r);
    PyErr_Format(PyExc_TypeError, "expected a pointer or array ctype, got '%s'", r->ct->name);
    return -1;
}

static int initialise(const Request *r, char *data) {
    if (r->ct->flags & CT_ARRAY) return r->length < 0 ? r->ct->to_c(r->ct, data, r->init) : init_array(r->ct, data, r->init, r->length);
    CTypeObject *item = ctype_item(r->ct);
    if (item == NULL) return -1;
    return item->flags & CT_RECORD ? init_record(item, data, r->init, r->size) : item->to_c(item, data, r->init);
}

PyObject *cdata_new(CTypeObject *ct, PyObject *init, PyObject *allocator) {
    const AllocatorObject *custom = (const AllocatorObject *)(void *)allocator;
    Request r = {.ct = ct, .memory = ct, .init = init == Py_None ? NULL : init, .length = -1};
    r.clear = custom == NULL || custom->clear;
    if (request(&r) < 0) return NULL;
    CDataObject *cd;
    if (custom != NULL && custom->alloc != NULL) cd = program_new(&r, custom);
    else cd = r.memory == ct ? own_new(&r) : ownptr_new(&r);
    if (cd != NULL && r.init != NULL && initialise(&r, cd->data) < 0) Py_CLEAR(cd);
    return (PyObject *)cd;
}

/* The result of most functions that give a struct: as own_new(), without its questions. */
static PyObject *copy_small(CTypeObject *ct, const void *src) {
    char *block = block_alloc(ROUNDED(CDataOwn), ct->type->size, false);
    if (block == NULL) return PyErr_NoMemory();
    CDataOwn *own = (CDataOwn *)(void *)block;
    object_init(own, ct->state->cdata_own_type, ct, block + ROUNDED(CDataOwn));
    own->sized.length = -1;
    cdata_copy_bytes(block + ROUNDED(CDataOwn), src, ct->type->size);
    return (PyObject *)own;
}

PyObject *cdata_copy(CTypeObject *ct, const void *src) {
    if (ct->type->size == ABI_SIZE_UNKNOWN) {
        PyErr_Format(PyExc_TypeError, "return type is an opaque structure or union");
        return NULL;
    }
    if (ct->type->align <= ALIGNMENT && ct->type->size <= SMALL) return copy_small(ct, src);
    Request r = {.ct = ct, .memory = ct, .size = (Py_ssize_t)ct->type->size, .length = -1, .align = ct->type->align};
    CDataObject *cd = own_new(&r);
    if (cd != NULL) memcpy(cd->data, src, ct->type->size);
    return (PyObject *)cd;
}

/* ---------------------------------------------------------------- copy.copy */

PyObject *cdata_duplicate(PyObject *self, PyObject *unused) {
    CDataObject *cd = (CDataObject *)self, *copy;
    ModuleState *st = cd->ctype->state;
    bool pointer = cdata_is(cd, st->cdata_own_type) && cdata_is_ownptr(cd);
    CDataObject *owner = pointer ? ((CDataOwnPtr *)cd)->target : cd;
    if (!cdata_is(owner, st->cdata_own_type)) return Py_NewRef(self);
    CTypeObject *content = owner->ctype->flags & CT_POINTER ? ctype_item(owner->ctype) : owner->ctype;
    if (content == NULL) return NULL;
    Request r = {.ct = cd->ctype, .memory = owner->ctype, .length = ((CDataSized *)owner)->length, .align = content->type->align};
    r.size = owner->ctype->flags & CT_POINTER ? (Py_ssize_t)content->type->size : cdata_sizeof(owner);
    if (content->flags & CT_CHAR && owner->ctype->flags & CT_POINTER) r.size *= 2;
    copy = pointer ? ownptr_new(&r) : own_new(&r);
    if (copy != NULL) memcpy(copy->data, owner->data, (size_t)r.size);
    return (PyObject *)copy;
}

/* ---------------------------------------------------------------- release */

/* Release what can be; what ffi.new() made keeps its memory until its end. DO_IT false: only check. */
static int release(CDataObject *cd, bool do_it) {
    ModuleState *st = cd->ctype->state;
    if (cdata_is(cd, st->cdata_frombuf_type)) return do_it ? cdata_frombuf_release(cd) : 0;
    if (cdata_is(cd, st->cdata_gc_type)) return do_it ? cdata_gc_release(cd) : 0;
    if (cdata_is(cd, st->cdata_own_type) && cdata_is_ownptr(cd)) {
        CDataObject *target = ((CDataOwnPtr *)cd)->target; /* gc: from ffi.new_allocator() */
        return do_it && cdata_is(target, st->cdata_gc_type) ? cdata_gc_release(target) : 0;
    }
    if (cdata_is(cd, st->cdata_own_type) && cd->ctype->flags & (CT_POINTER | CT_ARRAY)) return 0;
    PyErr_SetString(PyExc_ValueError, "only 'cdata' object from ffi.new(), ffi.gc(), ffi.from_buffer() or ffi.new_allocator()() "
                                      "can be used with the 'with' keyword or ffi.release()");
    return -1;
}

PyObject *cdata_release(CDataObject *cd) {
    if (release(cd, true) < 0) return NULL;
    Py_RETURN_NONE;
}

PyObject *cdata_enter(PyObject *self, PyObject *unused) { return release((CDataObject *)self, false) < 0 ? NULL : Py_NewRef(self); }

PyObject *cdata_exit(PyObject *self, PyObject *const *args, Py_ssize_t nargs) { return cdata_release((CDataObject *)self); }

/* ---------------------------------------------------------------- types */

static PyObject *owning_repr(CDataObject *cd) {
    CTypeObject *ct = cd->ctype;
    Py_ssize_t size = cdata_variable_size(cd);
    if (size < 0) size = ct->flags & CT_POINTER ? (Py_ssize_t)ct->type->item.type->size : cdata_sizeof(cd);
    return PyUnicode_FromFormat("<cdata '%s' owning %zd bytes>", ct->name, size);
}

static PyObject *own_repr(PyObject *self) { return owning_repr((CDataObject *)self); }

/* Only the pointer beside memory of an allocator's is tracked. It is the gc object that breaks a cycle. */
static int own_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((CDataObject *)self)->ctype);
    Py_VISIT(((CDataOwnPtr *)self)->target);
    return 0;
}

static int own_clear(PyObject *self) { return 0; }

/* The struct, array or primitive: it owns its block. */
static void owner_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    Py_DECREF(((CDataObject *)self)->ctype);
    block_free(self);
    Py_DECREF(type);
}

static void ownptr_dealloc(PyObject *self) {
    CDataObject *target = ((CDataOwnPtr *)self)->target;
    if (OWNPTR_APART || cdata_is_tracked((CDataObject *)self)) {
        cdata_free(self);
    } else { /* it lies in the target's block */
        PyTypeObject *type = Py_TYPE(self);
        Py_DECREF(((CDataObject *)self)->ctype);
        Py_DECREF(type);
    }
    Py_DECREF(target);
}

static void own_dealloc(PyObject *self) {
    CDataObject *cd = (CDataObject *)self;
    if (cdata_is_tracked(cd)) PyObject_GC_UnTrack(self);
    if (cd->weakrefs != NULL) PyObject_ClearWeakRefs(self);
    if (cdata_is_ownptr(cd)) ownptr_dealloc(self);
    else owner_dealloc(self);
}

PyDoc_STRVAR(doc, "What ffi.new() returns: a cdata that owns its memory, which lives as long as the object or a view of it.");

static PyType_Slot slots[] = {{Py_tp_doc, (void *)doc},         {Py_tp_repr, own_repr},   {Py_mp_subscript, cdata_own_subscript},
                              {Py_tp_traverse, own_traverse},   {Py_tp_clear, own_clear}, {Py_tp_dealloc, own_dealloc},
                              NO_INSTANCES {0, NULL}};

PyType_Spec cdata_own_spec = {
    .name = "_cffi_backend.__CDataOwn",
    .basicsize = sizeof(CDataFunction), /* no less than the base's */
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
