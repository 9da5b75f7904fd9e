/* What the files of the FFI class share: its methods, one C function each. Private to ffi_*.c. */
#ifndef CDEFFI_FFI_H
#define CDEFFI_FFI_H

#include "pymod/args.h"
#include "pymod/compat.h"
#include "pymod/state.h"

#define METHOD_KW(name) PyObject *method_##name(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
#define METHOD_FAST(name) PyObject *method_##name(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
#define METHOD_O(name) PyObject *method_##name(PyObject *self, PyObject *arg)
#define METHOD_NOARGS(name) PyObject *method_##name(PyObject *self, PyObject *unused)

/* ---- ffi_decl.c */
/* The FFI that FFI includes as number I: new reference, or NULL when there are no more. */
static inline FFIObject *ffi_included(FFIObject *ffi, Py_ssize_t i) { return (FFIObject *)sequence_item(ffi->included, i); }

/* ---- ffi_types.c */
enum { /* besides a str and a CType, what may stand for a type */
    TAKES_CDATA = 1,   /* a cdata: its type */
    TAKES_FUNCTION = 2 /* a str that names a function type: pointer to function */
};
/* New reference, or NULL with an exception. */
CTypeObject *ffi_type_arg(FFIObject *, PyObject *, int takes);
void ffi_forget_types(FFIObject *); /* after a cdef: strings may mean something else now */
METHOD_O(typeof);
METHOD_O(sizeof);
METHOD_O(alignof);
METHOD_FAST(offsetof);
METHOD_KW(getctype);
METHOD_NOARGS(list_types);

/* ---- ffi_data.c */
METHOD_KW(new);
METHOD_KW(cast);
METHOD_KW(string);
METHOD_KW(unpack);
METHOD_KW(from_buffer);
METHOD_KW(memmove);
METHOD_KW(gc);
METHOD_O(release);
METHOD_O(new_handle);
METHOD_O(from_handle);
METHOD_FAST(addressof);

/* ---- ffi_callback.c */
METHOD_KW(callback);

/* ---- extern_python.c */
METHOD_KW(def_extern);

/* ---- allocator_obj.c */
METHOD_KW(new_allocator);

/* ---- ffi_decl.c */
METHOD_KW(cdef);
METHOD_O(include);
METHOD_O(set_unicode);

/* ---- ffi_nice.c */
METHOD_O(pretty);
METHOD_O(to_dict);
METHOD_O(to_list);
METHOD_O(enum);

/* ---- ffi_build.c */
#define METHOD_BUILD(name) PyObject *method_##name(PyObject *self, PyObject *args, PyObject *kwargs)
METHOD_BUILD(compile);
METHOD_BUILD(distutils_extension);
METHOD_BUILD(embedding_api);
METHOD_BUILD(embedding_init_code);
METHOD_BUILD(emit_c_code);
METHOD_BUILD(emit_python_code);
METHOD_BUILD(set_source);
METHOD_BUILD(set_source_pkgconfig);
METHOD_BUILD(verify);
METHOD_BUILD(write_stubs);

/* ---- ffi_views.c */
/* The symbols and the tags that the FFI itself declares, as they are now: another thread may be in cdef().
 * An array of *N pointers (owned: PyMem_Free), or NULL with an exception. */
const CdeclSymbol **ffi_symbols(FFIObject *, size_t *n);
const AbiType **ffi_tags(FFIObject *, size_t *n);
enum { VIEW_FUNCTIONS, VIEW_VARIABLES, VIEW_CONSTANTS, VIEW_TYPES };
PyObject *view_get(PyObject *self, void *view); /* a getter; VIEW is one of these */
int view_set(PyObject *self, PyObject *value, void *view);

/* ---- ffi_once.c */
METHOD_KW(init_once);

/* ---- ffi_headers.c */
METHOD_O(functions_in);
METHOD_O(variables_in);
METHOD_O(constants_in);
METHOD_O(types_in);
PyObject *method_verify_headers(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *lib_dir(PyObject *lib, PyObject *unused); /* lib.__dir__ */

/* ---- ffi_lib.c */
METHOD_KW(dlopen);
METHOD_O(dlclose);
METHOD_KW(integer_const);

/* ---- lib_missing.c: AttributeError for a name that was never declared, and for what the library lacks */
void lib_raise_undeclared(LibObject *, PyObject *name);
void lib_raise_missing(LibObject *, const CdeclSymbol *);

/* ---- macro_obj.c */
/* LIB's macro of that name that takes parameters: a new callable. NULL: there is none, or an exception. */
PyObject *macro_of(LibObject *lib, PyObject *name);
bool ffi_find_macro(FFIObject *, const char *name, CdeclMacro *); /* of the FFI or one that it includes */

/* ---- introspect.c */
PyObject *macro_describe(FFIObject *, const CdeclMacro *); /* new tuple: an item of _cdeffi._macros() */

/* ---- lib_obj.c */
PyObject *lib_addressof(LibObject *, PyObject *name);
int lib_close(LibObject *);           /* 0, or -1 with OSError; closing twice is fine */
PyObject *constant_value(const CdeclValue *); /* new reference: int, float or bytes */
const CdeclSymbol *ffi_find(FFIObject *, PyObject *name); /* what a lib shows; NULL: absent, or an exception */

#endif
