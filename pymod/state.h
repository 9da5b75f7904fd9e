/* pymod: the Python surface. What its files share: the module state, the objects, who makes what.
 *
 * One state per module object (multi-phase init, heap types, no C globals), reached from any of our
 * objects through its ctype or its type. Private to the layer.
 */
#ifndef CDEFFI_STATE_H
#define CDEFFI_STATE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "abi/abi.h"
#include "parser/cdecl.h"

typedef struct ModuleState ModuleState;
typedef struct CTypeObject CTypeObject;
typedef struct CDataObject CDataObject;
typedef struct FFIObject FFIObject;
typedef struct ForeignThreads ForeignThreads;
struct Tables;

/* Write VALUE, converted to the type, to DEST. 0, or -1 with an exception and nothing written. */
typedef int ToC(CTypeObject *, void *dest, PyObject *value);
/* The Python object for what is at SRC. Aggregates give a view of SRC that keeps OWNER (may be NULL) alive. */
typedef PyObject *FromC(CTypeObject *, void *src, PyObject *owner);

struct ModuleState {
    PyObject *module; /* borrowed */
    AbiGraph *graph;  /* owned */
    CdeclScope *common; /* owned: what every FFI knows from the start and shares with the others: FILE */
    /* our types, strong */
    PyTypeObject *ffi_base_type;     /* FFI without cdef: _cffi_backend.FFI */
    PyTypeObject *ffi_type;          /* FFI */
    PyTypeObject *lib_type;          /* Lib: what dlopen returns */
    PyTypeObject *compiled_lib_type; /* Lib: of a compiled module */
    PyTypeObject *macro_type;        /* Macro: lib.WEXITSTATUS */
    PyTypeObject *global_var_type;   /* __FFIGlobSupport: what its dict has for a variable */
    PyTypeObject *clibrary_type;     /* CLibrary: what _cffi_backend.load_library() returns */
    PyTypeObject *ctype_type;        /* CType */
    PyTypeObject *cfield_type;       /* CField */
    PyTypeObject *cdata_type;        /* _CDataBase: not owning, functions included; the base of all below */
    PyTypeObject *cdata_own_type;    /* __CDataOwn: ffi.new */
    PyTypeObject *cdata_owngc_type;  /* __CDataOwnGC: new_handle, callback */
    PyTypeObject *cdata_gc_type;     /* __CDataGCP: ffi.gc */
    PyTypeObject *cdata_frombuf_type; /* __CDataFromBuf */
    PyTypeObject *cdata_iter_type;
    PyTypeObject *buffer_type;       /* ffi.buffer */
    PyTypeObject *allocator_type;    /* ffi.new_allocator() */
    /* exceptions, strong */
    PyObject *FFIError, *CDefError, *CDefTypeError, *VerificationError, *VerificationMissing, *PkgConfigError;
    /* often used, strong */
    CTypeObject *ct_void, *ct_voidp, *ct_charp, *ct_chararray, *ct_int;
    PyObject *compiled; /* dict, or NULL: address of a compiled module's tables -> its (FFI, lib); see external_module.c */
    PyObject *null; /* ffi.NULL: <cdata 'void *' NULL> */
    struct HandleSet *handles; /* owned: cdata_handles_free() at the module's end */
    ForeignThreads *foreign_threads; /* counted: foreign_threads_free() at the module's end; NULL until one calls back */
};

enum { /* CTypeObject.flags: what is asked of types again and again */
    CT_POINTER = 1,        /* to data */
    CT_FUNCPTR = 2,        /* to a function */
    CT_ARRAY = 4,          /* arrays and vectors */
    CT_RECORD = 8,         /* structs and unions */
    CT_INT = 16,           /* an int in Python: integers, enums, _Bool */
    CT_CHAR = 32,          /* text: bytes or str of length 1 in Python */
    CT_FLOAT = 64,
    CT_COMPLEX = 128,
    CT_BOOL = 256,         /* with CT_INT */
    CT_ENUM = 512,         /* with CT_INT */
    CT_LONGDOUBLE = 1024,  /* with CT_FLOAT: wider than Python's float, stays a cdata */
    CT_VOIDP = 2048,       /* void * */
    CT_BYTEP = 4096,       /* void * or char * */
    CT_RECORDP = 8192,     /* pointer to struct or union */
    CT_BYTES = 16384,      /* one-byte char or integer, _Bool included: an array of it is made from bytes */
    CT_PRIMITIVE = CT_INT | CT_CHAR | CT_FLOAT | CT_COMPLEX
};

/* A C type. One per AbiType (types without qualifiers: type->plain is type), found through type->client. */
struct CTypeObject {
    PyObject_HEAD
    const AbiType *type; /* retained */
    ModuleState *state;  /* borrowed: our type object keeps the module */
    PyObject *weakrefs;
    CTypeObject *item;   /* strong, or NULL until asked: ctype_item() */
    ToC *to_c;           /* chosen once, by kind and size */
    FromC *from_c;
    uint32_t flags;      /* CT_* */
    PyObject *fields;    /* strong, or NULL until asked: dict of str -> CField */
    struct FieldTable *table; /* owned: FIELDS for fast look-up, published after it */
    CTypeObject *pointer, *open_array; /* strong, or NULL until asked: T *, T[] */
    void *call;          /* owned by function_obj.c: function types' converters and plan, or NULL until called */
    char *name;          /* owned: cffi's spelling */
    size_t name_len, name_position; /* where a declarator is put in */
};

/* A C value or a place. For pointers DATA is the pointer itself; for primitives it points at the value
 * behind the head; for structs and arrays at the memory. */
struct CDataObject {
    PyObject_HEAD
    CTypeObject *ctype; /* strong */
    char *data;
    PyObject *weakrefs;
    vectorcallfunc vectorcall; /* of functions; else tells what follows the head: pymod/cdata.h */
};

/* Pointer to function. SYMBOL and LIBRARY are set for functions of a lib. */
typedef struct CDataFunction {
    CDataObject head;
    const CdeclSymbol *symbol; /* borrowed from the scope that KEEP keeps alive, or NULL */
    PyObject *keep;            /* strong: the lib, or NULL */
    struct FunctionCall *call; /* borrowed from the function type; NULL until the first call */
    bool keep_gil;
} CDataFunction;

struct FFIObject {
    PyObject_HEAD
    ModuleState *state;  /* borrowed */
    CdeclScope *scope;   /* owned */
    struct Tables *tables; /* owned: what a compiled or out-of-line module declares, or NULL; see tables.h */
    PyObject *dict, *weakrefs; /* dict: of the in-line FFI and its subclasses only */
    PyObject *types, *types_old; /* strong: str -> CType, two generations, see ffi_types.c */
    unsigned types_epoch; /* how often they were forgotten */
    PyObject *included;  /* strong list of FFI */
    PyObject *libs;      /* strong list of Lib: open until dlclose or the FFI's end */
    PyObject *once;      /* strong: init_once results */
    int unicode;         /* set_unicode(): -1 not called, else the flag */
};

/* ffi.new_allocator(). ALLOC and FREE are both NULL (malloc and free) or ALLOC alone is set, or both. */
typedef struct AllocatorObject {
    PyObject_HEAD
    FFIObject *ffi;        /* strong */
    PyObject *alloc, *free;/* strong, or NULL */
    bool clear;            /* fill what ALLOC returns with zeroes */
} AllocatorObject;

/* What dlopen returns. Functions and constants are kept in DICT once asked for. */
typedef struct LibObject {
    PyObject_HEAD
    FFIObject *ffi;        /* strong */
    AbiLibrary *library;   /* owned; NULL after dlclose */
    PyObject *name;        /* strong: what messages call it */
    PyObject *dict;        /* strong: name -> function or constant */
    PyObject *weakrefs;
} LibObject;

/* ---- module.c */
extern struct PyModuleDef cdeffi_module;
static inline ModuleState *state_of(PyObject *module) { return (ModuleState *)PyModule_GetState(module); }
/* The state of one of our own heap types (or a Python subclass of it). */
ModuleState *state_of_type(PyTypeObject *);

/* ---- raise.c: the only place where errors of the layers below become exceptions. All return NULL. */
PyObject *raise_abi(ModuleState *, const AbiError *);
/* CT is a record that stays incomplete for a reason (what a compiler said of it disagrees with the
 * declaration): true, and that is raised. Before any message about an incomplete type. */
bool raise_problem(const CTypeObject *ct);
#define CDEF_NAME "<cdef source string>" /* CdeclOptions.name of what cdef() is given: cffi's name for it */
PyObject *raise_cdecl(ModuleState *, CdeclError *); /* clears it */
/* The same for a call of the macro ABOUT, macro_describe()'s tuple. */
PyObject *raise_macro(ModuleState *, PyObject *about, CdeclError *);
/* The same for TEXT, the name of a type: an FFI without cdef words it as cffi's compiled ones do. */
PyObject *raise_type_text(FFIObject *, PyObject *text, CdeclError *);
/* Byte AT of TEXT is a tag that an FFI without cdef does not know. */
PyObject *raise_undefined_tag(FFIObject *, PyObject *text, size_t at, bool is_enum);

/* ---- ctype_obj.c */
/* The wrapper of TYPE->plain: new reference. TYPE must be kept alive by the caller during the call. */
CTypeObject *ctype_of(ModuleState *, const AbiType *);
CTypeObject *ctype_item(CTypeObject *);              /* borrowed; pointers, arrays, vectors, complex, enums */
CTypeObject *ctype_pointer_to(CTypeObject *);        /* new reference */
CTypeObject *ctype_array_of(CTypeObject *, Py_ssize_t length); /* new reference; length -1: unknown */
PyObject *ctype_getname(CTypeObject *, const char *insert); /* new str; getctype */
bool ctype_assume_enum(ModuleState *, const AbiType *); /* if it is an enum that is only declared, it has a size from now on: done? */
int ctype_complete_or_raise(CTypeObject *, const char *what); /* 0, or -1 and TypeError: incomplete */
static inline bool ctype_check(ModuleState *st, PyObject *o) { return Py_IS_TYPE(o, st->ctype_type); }

/* ---- cfield_obj.c */
typedef struct CFieldObject {
    PyObject_HEAD
    CTypeObject *type;   /* strong */
    Py_ssize_t offset;   /* bytes from the start of the struct it was asked of */
    Py_ssize_t base;     /* bytes: of the anonymous struct that holds it, or 0 */
    AbiMember member;    /* what abi_bits_load() and _store() need; its name and type are not used */
    short bitshift, bitsize; /* as cffi shows them: -1 unless a bit-field; bitshift -2 for T[] and T[0] */
    unsigned char flags; /* as cffi shows them: 1 for all members of a union but the first */
    bool is_signed;      /* bit-fields: can be negative */
    uint8_t unit;        /* bytes, 1, 2, 4 or 8, that hold all of a bit-field, at UNIT_OFFSET; 0: abi_bits_load() knows */
    uint8_t unit_shift;  /* bits */
    Py_ssize_t unit_offset; /* bytes from the start of the struct it was asked of */
} CFieldObject;
int ctype_fields(CTypeObject *); /* fill ctype->fields; 0 or -1 */
CFieldObject *ctype_field(CTypeObject *, PyObject *name); /* borrowed, or NULL: exception only if not merely absent */

/* ---- cdata_obj.c and its neighbours */
/* All cdata types inherit tp_hash: one comparison, where PyObject_TypeCheck would walk the bases. */
Py_hash_t cdata_hash(PyObject *);
static inline bool cdata_check(ModuleState *st, PyObject *o) { (void)st; return Py_TYPE(o)->tp_hash == cdata_hash; }
PyObject *cdata_pointer(CTypeObject *, void *pointer);                    /* pointer types, function pointers included */
PyObject *cdata_view(CTypeObject *, void *data, PyObject *owner);         /* struct, union, array at DATA */
PyObject *cdata_copy(CTypeObject *, const void *src);                     /* a struct, union or array that owns a copy of SRC */
PyObject *cdata_primitive(CTypeObject *, const void *src);                /* a <cdata 'int' 5>: result of cast, long double */
PyObject *cdata_new(CTypeObject *, PyObject *init, PyObject *allocator);  /* ffi.new; pointer or array ctype; init/allocator may be NULL */
PyObject *cdata_cast(CTypeObject *, PyObject *value);                     /* ffi.cast */
PyObject *cdata_gc(CDataObject *, PyObject *destructor, Py_ssize_t size); /* ffi.gc */
PyObject *cdata_release(CDataObject *);                                   /* ffi.release */
PyObject *cdata_from_buffer(CTypeObject *, PyObject *obj, int require_writable);
PyObject *cdata_handle(CTypeObject *, PyObject *obj);
PyObject *cdata_from_handle(ModuleState *, PyObject *cdata);
void cdata_handles_free(ModuleState *);
PyObject *cdata_string(CDataObject *, Py_ssize_t maxlen);  /* ffi.string */
PyObject *cdata_unpack(CDataObject *, Py_ssize_t length);  /* ffi.unpack */
Py_ssize_t cdata_sizeof(CDataObject *);                    /* ffi.sizeof(cdata): with the variable part */
Py_ssize_t cdata_array_length(CDataObject *);              /* of an array cdata, known or owned length */
/* Follow FIELDS (names or indices, a tuple's items) from CT; -1 with an exception, else the byte offset. */
Py_ssize_t ctype_follow(CTypeObject *ct, PyObject *const *fields, Py_ssize_t n, CTypeObject **result /* new ref */);

/* ---- to_c.c, from_c.c: conversion by type */
void convert_choose(CTypeObject *); /* sets to_c and from_c */
/* C initialiser rules: list, tuple, dict, str, bytes, cdata into struct, union or array memory at DEST. */
int convert_init(CTypeObject *, void *dest, PyObject *value);
/* TypeError "initializer for ctype 'T' must be a EXPECTED, not ...". Returns -1. */
int convert_error(CTypeObject *, PyObject *value, const char *expected);
/* How many items VALUE makes of T[]: of a list, bytes, str or int. In the last case *VALUE becomes NULL. -1 with an exception. */
Py_ssize_t convert_length(CTypeObject *item, PyObject **value);

/* ---- function_obj.c, callback_obj.c */
PyObject *function_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames);
PyObject *function_bound(CTypeObject *ptr, void (*code)(void), const CdeclSymbol *, PyObject *keep); /* lib.f */
/* ctype->call of a function type is freed, traversed and cleared with the ctype. */
void function_call_free(void *call);
int function_call_traverse(void *call, visitproc, void *arg);
/* Report the current exception as cffi does for callbacks and finalisers, through sys.unraisablehook:
 * "Exception ignored " WHAT, repr(OBJ) unless NULL, MORE (may be NULL). Clears it. */
void unraisable(const char *what, PyObject *obj, const char *more);
PyObject *callback_new(CTypeObject *, PyObject *callable, PyObject *error, PyObject *onerror);

/* ---- foreign_thread.c */
void foreign_threads_free(ModuleState *);

/* ---- ffi_nice.c */
PyObject *cdata_repr_pretty(PyObject *, PyObject *const *args, Py_ssize_t nargs); /* cdata's _repr_pretty_ */

/* ---- cdata_doc.c */
int cdata_doc_install(ModuleState *); /* once, when cdata_type is made. 0 or -1 */

/* ---- symbol_doc.c */
PyObject *symbol_text(const CdeclSymbol *);       /* new str: "double sqrt(double x)" */
PyObject *type_text(AbiQType, const char *name);  /* new str: NAME declared of that type, qualifiers and all */
PyObject *symbol_doc(const CdeclSymbol *);        /* new str: the declaration in C, "double sqrt(double x);" */
PyObject *symbol_signature(const CdeclSymbol *);  /* new inspect.Signature: parameter names, types as str */

/* ---- ffi_obj.c, ffi_types.c, lib_obj.c, buffer_obj.c, allocator_obj.c */
static inline bool ffi_check(ModuleState *st, PyObject *o) { return PyObject_TypeCheck(o, st->ffi_base_type); }
/* CDECL: str (parsed in the FFI's scope, cached), CType, or (where cffi allows) cdata's type. New reference. */
CTypeObject *ffi_type_of(FFIObject *, PyObject *cdecl);
PyObject *lib_new(FFIObject *, AbiLibrary *library /* taken */, PyObject *name);
PyObject *buffer_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames); /* ffi.buffer(...) */
PyObject *buffer_new(ModuleState *, CDataObject *keep, char *data, Py_ssize_t size);

/* Among the slots of types that Python code must not create: 3.9 lacks Py_TPFLAGS_DISALLOW_INSTANTIATION. */
#if PY_VERSION_HEX < 0x030A0000
PyObject *no_instances(PyTypeObject *, PyObject *args, PyObject *kwargs); /* ctype_obj.c */
#define NO_INSTANCES {Py_tp_new, no_instances},
#else
#define NO_INSTANCES
#endif

/* The slots of each Python type, in its own file; module.c makes the types. */
extern PyType_Spec ffi_base_spec, ffi_spec, lib_spec, ctype_spec, cfield_spec, cdata_spec, cdata_own_spec,
    cdata_owngc_spec, cdata_gc_spec, cdata_frombuf_spec, cdata_iter_spec, buffer_spec, allocator_spec, macro_spec;

#endif
