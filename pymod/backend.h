/* The functions of _cffi_backend that the FFI class does not have: C types made one by one, without C
 * text. Thin wrappers over abi/. */
#ifndef CDEFFI_BACKEND_H
#define CDEFFI_BACKEND_H

#include "pymod/compat.h"
#include "pymod/state.h"

/* ---- backend_types.c */
PyObject *backend_new_primitive_type(PyObject *module, PyObject *args);
PyObject *backend_new_pointer_type(PyObject *module, PyObject *args);
PyObject *backend_new_array_type(PyObject *module, PyObject *args);
PyObject *backend_new_void_type(PyObject *module, PyObject *unused);
PyObject *backend_new_function_type(PyObject *module, PyObject *args);

/* ---- backend_records.c */
PyObject *backend_new_struct_type(PyObject *module, PyObject *args);
PyObject *backend_new_union_type(PyObject *module, PyObject *args);
PyObject *backend_new_enum_type(PyObject *module, PyObject *args);
PyObject *backend_complete_struct_or_union(PyObject *module, PyObject *args);

/* ---- backend_data.c */
PyObject *backend_typeoffsetof(PyObject *module, PyObject *args);
PyObject *backend_rawaddressof(PyObject *module, PyObject *args);
PyObject *backend_getcname(PyObject *module, PyObject *args);

/* ---- introspect.c: for the package's own Python files */
PyObject *introspect_symbols(PyObject *module, PyObject *ffi);
PyObject *introspect_tags(PyObject *module, PyObject *ffi);
PyObject *introspect_macros(PyObject *module, PyObject *ffi);
PyObject *introspect_can_apply(PyObject *module, PyObject *args);
PyObject *introspect_included(PyObject *module, PyObject *ffi);
PyObject *introspect_spell(PyObject *module, PyObject *args);
PyObject *introspect_parameters(PyObject *module, PyObject *args);
PyObject *introspect_meaning(PyObject *module, PyObject *args);
PyObject *introspect_members(PyObject *module, PyObject *ctype);
PyObject *introspect_differ(PyObject *module, PyObject *args);
PyObject *introspect_exports(PyObject *module, PyObject *lib);

/* ---- declarations.c */
PyObject *introspect_declarations(PyObject *module, PyObject *args);

/* ---- clibrary_obj.c */
PyObject *backend_load_library(PyObject *module, PyObject *args);

extern PyType_Spec clibrary_spec;
extern PyMethodDef backend_methods[]; /* backend_data.c */

#endif
