/* How cdata objects lie in memory, and what the files about them share. Private.
 *
 *   _CDataBase      plain     head                    pointers, non-owning structs and arrays
 *                             head | length           a non-owning T[] (a slice)
 *                             head | value            primitives
 *                   view      head | length | owner   as plain, keeping the owner of the memory alive
 *                   function  head | symbol | ...     any pointer to a function that no type below has
 *   __CDataOwn      own       head | length | memory  new("int *"), new("int[3]"), the struct of new("struct s *")
 *                   ownptr    head | struct           the pointer of new("struct s *"); lies in its struct's block
 *   __CDataOwnGC    handle    head | object
 *                   callback  head | symbol | ...     a function
 *   __CDataGCP      gc        head | length | origin | ...
 *   __CDataFromBuf  frombuf   head | length | Py_buffer
 *
 * An object whose type is T[] always has a length, at the same place.
 *
 * The Python types are cffi's, since programs compare type(x) with type(y). Therefore the objects of one
 * type differ in layout, and some are known to the garbage collector while others, which can't be part of
 * a cycle, are spared it (tp_is_gc tells CPython). The head's vectorcall says which is which:
 *
 *   NULL              plain, own, ownptr
 *   cdata_call_view   a view of what ffi.new() made: it holds nothing but bytes, so neither is tracked
 *   cdata_call_held   tracked: views of anything else, ownptr beside memory of an allocator's, handle, gc, frombuf
 *   another           tracked: function, callback
 */
#ifndef CDEFFI_CDATA_H
#define CDEFFI_CDATA_H

#include "pymod/state.h"
#include "pymod/compat.h"

#include <string.h>

typedef struct CDataSized {
    CDataObject head;
    Py_ssize_t length; /* items of T[]; for owned structs that end in a flexible array: bytes; else -1 */
} CDataSized;

typedef struct CDataView {
    CDataSized sized;
    PyObject *owner; /* strong; never a view itself */
} CDataView;

/* Memory follows, 16-byte aligned: sizeof is a multiple of 16 on the platforms that we serve. */
typedef struct CDataOwn {
    CDataSized sized;
} CDataOwn;

typedef struct CDataOwnPtr {
    CDataObject head;
    CDataObject *target; /* strong: the struct, own (then this object lies in its block, but not on free-threaded Python) or gc (then it is tracked) */
} CDataOwnPtr;

/* Memory that ffi.release() can end. While BUSY is above zero it may not: it is being written to. */
typedef struct CDataGC {
    CDataSized sized;
    Py_ssize_t busy;
    PyObject *origin;     /* strong, or NULL after release */
    PyObject *destructor; /* strong, or NULL */
} CDataGC;

typedef struct CDataFromBuf {
    CDataSized sized;
    Py_ssize_t busy;
    Py_buffer view; /* obj is NULL after release */
} CDataFromBuf;

typedef struct CDataHandle {
    CDataObject head;
    PyObject *object; /* strong */
} CDataHandle;

typedef struct CDataCallback {
    CDataFunction function;
    struct AbiClosure *closure; /* owned */
    PyObject *callable;         /* strong; NULL once cleared */
    PyObject *onerror;          /* strong, or NULL */
    struct FunctionCall *call;  /* borrowed from the function type; owned if DETACHED */
    bool detached;              /* run by callback_run() alone: no closure, a CALL of its own */
    struct CallbackLink *link;  /* owned */
} CDataCallback;

/* The bytes of a value of CT; an enum that is only declared counts as unsigned int. */
static inline size_t cdata_value_size(const CTypeObject *ct) {
    return ct->flags & CT_ENUM && ct->type->size == ABI_SIZE_UNKNOWN ? sizeof(unsigned) : ct->type->size;
}

/* What the head's vectorcall says of objects that are not functions; called, they raise TypeError. */
PyObject *cdata_call_view(PyObject *, PyObject *const *args, size_t nargsf, PyObject *kwnames);
PyObject *cdata_call_held(PyObject *, PyObject *const *args, size_t nargsf, PyObject *kwnames);

static inline bool cdata_is_tracked(const CDataObject *cd) { return cd->vectorcall != NULL && cd->vectorcall != cdata_call_view; }
static inline bool cdata_is_function(const CDataObject *cd) { return cdata_is_tracked(cd) && cd->vectorcall != cdata_call_held; }

static inline bool cdata_is(CDataObject *cd, PyTypeObject *type) { return Py_IS_TYPE((PyObject *)cd, type); }

/* ---- cdata_obj.c */
/* A new object of SIZE bytes with its head filled but for data, not zeroed, not tracked. */
CDataObject *cdata_alloc(PyTypeObject *, CTypeObject *, size_t size);
/* The same for tracked objects: of the type's basic size, to be tracked by the caller when it is complete. */
CDataObject *cdata_alloc_held(PyTypeObject *, CTypeObject *);
/* The end of every dealloc: weak references are gone already, and nothing is tracked. */
void cdata_free(PyObject *self);
PyObject *cdata_sized(CTypeObject *open_array, void *data, Py_ssize_t length, PyObject *owner);
/* What has to stay alive for the memory of CD: borrowed, never a view, NULL if not ours to keep. */
PyObject *cdata_keeper(CDataObject *cd);
/* A pointer or array object at DATA that keeps what CD keeps: pointer arithmetic, addressof. */
PyObject *cdata_derived(CTypeObject *, void *data, CDataObject *cd);
/* The same for casts, which keep nothing that has a destructor or locks a buffer: programs cast to let go. */
PyObject *cdata_derived_weakly(CTypeObject *, void *data, CDataObject *cd);
PyObject *cdata_repr(PyObject *);
/* RuntimeError: CD has no memory behind it (any more). Returns NULL. */
void *cdata_null_error(CDataObject *cd);
/* Members of CT (a struct or union) as cdata's __dir__ and numbers: cdata_number.c, cdata_compare.c. */
PyObject *cdata_int(PyObject *);
PyObject *cdata_float(PyObject *);
PyObject *cdata_complex(PyObject *, PyObject *);
int cdata_bool(PyObject *);
PyObject *cdata_add(PyObject *, PyObject *);
PyObject *cdata_subtract(PyObject *, PyObject *);
PyObject *cdata_richcompare(PyObject *, PyObject *, int op);

/* ---- cdata_attr.c */
PyObject *cdata_getattro(PyObject *, PyObject *name);
int cdata_setattro(PyObject *, PyObject *name, PyObject *value);
PyObject *cdata_dir(PyObject *, PyObject *);

/* ---- cdata_item.c, cdata_slice.c, cdata_iter.c */
PyObject *cdata_subscript(PyObject *, PyObject *key);
PyObject *cdata_own_subscript(PyObject *, PyObject *key); /* of new("struct s *"), p[0] is always the same object */
int cdata_ass_subscript(PyObject *, PyObject *key, PyObject *value);
Py_ssize_t cdata_length(PyObject *);
PyObject *cdata_slice(CDataObject *, PySliceObject *);
int cdata_ass_slice(CDataObject *, PySliceObject *, PyObject *value);
PyObject *cdata_iter(PyObject *);

/* ---- cdata_buffer.c */
int cdata_getbuffer(PyObject *, Py_buffer *, int flags);
void cdata_releasebuffer(PyObject *, Py_buffer *);
PyObject *cdata_array_interface(PyObject *, void *);

/* ---- cdata_own.c */
/* Bytes that CD owns behind its flexible array member, or -1. */
Py_ssize_t cdata_variable_size(CDataObject *cd);
PyObject *cdata_enter(PyObject *, PyObject *);
PyObject *cdata_exit(PyObject *, PyObject *const *, Py_ssize_t);
PyObject *cdata_duplicate(PyObject *, PyObject *); /* __copy__ */
/* memcpy(), without the call for what most small structs have. */
static inline void cdata_copy_bytes(char *dest, const char *src, size_t size) {
    switch (size) {
    case 4: memcpy(dest, src, 4); break;
    case 8: memcpy(dest, src, 8); break;
    case 16: memcpy(dest, src, 16); break;
    case 24: memcpy(dest, src, 24); break;
    case 32: memcpy(dest, src, 32); break;
    default: memcpy(dest, src, size);
    }
}
/* Is CD an object that ffi.new() made (not by an allocator of the program's)? */
static inline bool cdata_is_owning(CDataObject *cd) {
    ModuleState *st = cd->ctype->state;
    return cdata_is(cd, st->cdata_own_type) || cdata_is(cd, st->cdata_owngc_type);
}
/* Is CD, of the type __CDataOwn, the pointer of new("struct s *")? */
static inline bool cdata_is_ownptr(const CDataObject *cd) { return cd->ctype->flags & CT_RECORDP; }

/* ---- cdata_handle.c, callback_obj.c, function_obj.c: what types of several layouts take from the files of each */
PyObject *callback_repr(PyObject *);
int callback_traverse(PyObject *, visitproc, void *);
int callback_clear(PyObject *);
void callback_dealloc(PyObject *);
int function_traverse(PyObject *, visitproc, void *);
int function_clear(PyObject *);
void function_dealloc(PyObject *);
extern PyGetSetDef cdata_getset[]; /* of all cdata; function_obj.c, for most are of functions */

/* ---- cdata_gc.c */
PyObject *cdata_gc_new(CDataObject *origin, CTypeObject *, PyObject *destructor, Py_ssize_t length);
int cdata_gc_release(CDataObject *);
int cdata_frombuf_release(CDataObject *);
PyObject *cdata_frombuf_repr(PyObject *);

/* Count one more or less conversion, or buffer, that holds an address in releasable memory. */
static inline void cdata_busy_add(Py_ssize_t *busy, Py_ssize_t more) {
#ifdef Py_GIL_DISABLED
    __atomic_add_fetch(busy, more, __ATOMIC_ACQ_REL);
#else
    *busy += more;
#endif
}

/* The busy counter of the memory behind CD; NULL: it is not releasable. */
static inline Py_ssize_t *cdata_busy(CDataObject *cd) {
    if (cd->vectorcall == NULL) return NULL; /* what ffi.new() made is not */
    ModuleState *st = cd->ctype->state;
    PyObject *keeper = cdata_keeper(cd);
    if (keeper == NULL) return NULL;
    if (Py_IS_TYPE(keeper, st->cdata_gc_type)) return &((CDataGC *)keeper)->busy;
    if (Py_IS_TYPE(keeper, st->cdata_frombuf_type)) return &((CDataFromBuf *)keeper)->busy;
    return NULL;
}

/* Count a use of releasable memory behind CD: its counter, or NULL. For conversions that may run Python code while
 * they hold an address in it; then cdata_busy_end(). */
static inline Py_ssize_t *cdata_busy_begin(CDataObject *cd) {
    Py_ssize_t *busy = cdata_busy(cd);
    if (busy != NULL) cdata_busy_add(busy, 1);
    return busy;
}

static inline void cdata_busy_end(Py_ssize_t *busy) {
    if (busy != NULL) cdata_busy_add(busy, -1);
}

#endif
