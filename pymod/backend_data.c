/* _cffi_backend: the rest of its functions, and the table of all. */
#include "pymod/backend.h"
#include "pymod/emit.h"
#include "pymod/cdata.h"
#include "pymod/tables.h"

/* typeoffsetof(ctype, field or index, following=0): (type, offset in bytes). FOLLOWING: not the first
 * step, so pointers are not followed. */
PyObject *backend_typeoffsetof(PyObject *module, PyObject *args) {
    ModuleState *st = state_of(module);
    CTypeObject *ct, *found;
    PyObject *field;
    int following = 0;
    if (!PyArg_ParseTuple(args, "O!O|i:typeoffsetof", st->ctype_type, &ct, &field, &following))
        return NULL;
    if (following && ct->type->kind == ABI_POINTER) {
        PyErr_Format(PyExc_TypeError, "cannot go through the pointer '%s'", ct->name);
        return NULL;
    }
    Py_ssize_t offset = ctype_follow(ct, &field, 1, &found);
    if (offset == -1 && PyErr_Occurred())
        return NULL;
    return Py_BuildValue("(Nn)", found, offset);
}

PyObject *backend_rawaddressof(PyObject *module, PyObject *args) {
    ModuleState *st = state_of(module);
    CTypeObject *pointer;
    PyObject *arg;
    Py_ssize_t offset;
    if (!PyArg_ParseTuple(args, "O!On:rawaddressof", st->ctype_type, &pointer, &arg, &offset))
        return NULL;
    if (pointer->type->kind != ABI_POINTER) {
        PyErr_SetString(PyExc_TypeError, "expected a pointer ctype");
        return NULL;
    }
    CDataObject *cd = (CDataObject *)arg;
    const AbiType *type = cdata_check(st, arg) ? cd->ctype->type : NULL;
    if (type && (abi_is_aggregate(type) || type->kind == ABI_POINTER))
        return cdata_derived(pointer, cd->data + offset, cd);
    PyErr_SetString(PyExc_TypeError, "expected a cdata struct/union/array/pointer object");
    return NULL;
}

/* INSERT goes in as it is: no blanks or parentheses are added, as getctype() does. */
PyObject *backend_getcname(PyObject *module, PyObject *args) {
    CTypeObject *ct;
    PyObject *insert;
    if (!PyArg_ParseTuple(args, "O!U:getcname", state_of(module)->ctype_type, &ct, &insert))
        return NULL;
    PyObject *before = PyUnicode_FromStringAndSize(ct->name, (Py_ssize_t)ct->name_position);
    PyObject *name = before ? PyUnicode_FromFormat("%U%U%s", before, insert, ct->name + ct->name_position) : NULL;
    Py_XDECREF(before);
    return name;
}

static PyObject *get_types(PyObject *module, PyObject *unused) {
    ModuleState *st = state_of(module);
    return PyTuple_Pack(2, st->cdata_type, st->ctype_type);
}

static PyObject *get_errno(PyObject *module, PyObject *unused) {
    return PyLong_FromLong(*abi_errno());
}


#define FN(name, flags, doc) {#name, backend_##name, flags, PyDoc_STR(#name doc)}

PyMethodDef backend_methods[] = {
    FN(new_primitive_type, METH_VARARGS, "(name, /)\n--\n\nThe primitive type of that name. KeyError if there is none."),
    FN(new_pointer_type, METH_VARARGS, "(ctype, /)\n--\n\nThe pointer type to a type."),
    FN(new_array_type, METH_VARARGS, "(pointer, length, /)\n--\n\nAn array of what POINTER points to; LENGTH None: T[]."),
    FN(new_void_type, METH_NOARGS, "()\n--\n\nvoid."),
    FN(new_function_type, METH_VARARGS,
       "(args, result, ellipsis=0, abi=FFI_DEFAULT_ABI, /)\n--\n\nThe type of pointers to such functions."),
    FN(new_struct_type, METH_VARARGS, "(name, /)\n--\n\nA new struct, incomplete yet. NAME begins with \"struct \"."),
    FN(new_union_type, METH_VARARGS, "(name, /)\n--\n\nA new union, incomplete yet. NAME begins with \"union \"."),
    FN(new_enum_type, METH_VARARGS, "(name, enumerators, values, base, /)\n--\n\nA new enum with base type BASE."),
    FN(complete_struct_or_union, METH_VARARGS,
       "(ctype, fields, ignored=None, totalsize=-1, totalalignment=-1, sflags=0, pack=0, /)\n--\n\n"
       "Give a struct or union its fields: tuples (name, ctype, bits=-1, offset=-1)."),
    FN(typeoffsetof, METH_VARARGS, "(ctype, field, following=0, /)\n--\n\n(type, offset in bytes) of a field or item."),
    FN(rawaddressof, METH_VARARGS, "(pointer, cdata, offset, /)\n--\n\nThe address of CDATA plus OFFSET bytes."),
    FN(getcname, METH_VARARGS, "(ctype, insert, /)\n--\n\nThe C spelling of a type around INSERT."),
    FN(load_library, METH_VARARGS, "(name, flags=0, /)\n--\n\nOpen a library by its file name; None: the process."),
    {"_init_cffi_1_0_external_module", backend_init_external_module, METH_O,
     PyDoc_STR("_init_cffi_1_0_external_module(address, /)\n--\n\nMake the module that compiled code at ADDRESS describes.")},
    {"_get_types", get_types, METH_NOARGS, PyDoc_STR("_get_types()\n--\n\n(CData, CType).")},
    {"get_errno", get_errno, METH_NOARGS, PyDoc_STR("get_errno()\n--\n\nerrno as the last C call left it.")},
    {"_symbols", introspect_symbols, METH_O,
     PyDoc_STR("_symbols(ffi, /)\n--\n\n[(name, kind, file, line, name in the library, is its code in the header?, does it keep the GIL?)]")},
    {"_declarations", introspect_declarations, METH_VARARGS,
     PyDoc_STR("_declarations(ffi, Symbol, Member, Record, /)\n--\n\n(types, symbols, tags, included FFIs, places), rows of these classes\n"
               "of named tuples: see declarations.c.")},
    {"_emit_wrapper", emit_wrapper, METH_VARARGS,
     PyDoc_STR("_emit_wrapper(lists, name, where, keeps_gil, values, known=..., /)\n--\n\nThe C functions by which Python calls a C function: see emit_wrapper.c.\n"
               "LISTS: three, to which they, and those that tell what is cut and what has other signs, are appended. WHERE: its place, for messages.\n"
               "VALUES: (kind, C type before the declarator, after it, slot of the type) of its result and its parameters; with KNOWN, a dict, the keys\n"
               "of these. False: KNOWN lacks some.")},
    {"_emit_integer", emit_integer, METH_VARARGS,
     PyDoc_STR("_emit_integer(name, value, where, late, /)\n--\n\nThe C function that gives an integer constant. VALUE: what is declared\n"
               "or None; WHERE: its place, for messages; LATE: it is compared at run time too.")},
    {"_emit_record", emit_record, METH_VARARGS,
     PyDoc_STR("_emit_record(lists, names, members, slots, slot_of, shapes, shape_of, /)\n--\n\nThe checks of a struct or union and the rows of\n"
               "its fields: see emit_record.c. LISTS: three, to which the checks, those of signs, and the rows are appended, each as one text.\n"
               "NAMES: in C, of a variable, in identifiers, struct or union, its place, the end of its declaration. SLOT_OF(member) and\n"
               "SHAPE_OF(type, text) make what SLOTS and SHAPES lack. False: it is no plain one, and nothing was appended.")},
    {"_emit_function_ops", emit_function_ops, METH_VARARGS,
     PyDoc_STR("_emit_function_ops(ops, slots, numbers, end, /)\n--\n\nAppend the opcodes of a function whose types all have slots;\n"
               "False: some have none")},
    {"_emit_rows", emit_rows, METH_O,
     PyDoc_STR("_emit_rows(rows, /)\n--\n\nA line for each tuple of a list: the first item, with the others for \"@1\", \"@2\", ...")},
    {"_emit_types", emit_types, METH_O,
     PyDoc_STR("_emit_types(ops, /)\n--\n\nThe rows of the table of types: of a list of (name of the opcode or None, number or C text).")},
    {"_share_types", tables_share, METH_VARARGS,
     PyDoc_STR("_share_types(ffi, earlier, /)\n--\n\nTypes of a compiled module's FFI that are those of an earlier module's are the same\n"
               "objects from now on. ValueError if one is not of a compiled module.")},
    {"_tags", introspect_tags, METH_O, PyDoc_STR("_tags(ffi, /)\n--\n\n[(ctype, \"struct\", tag, file, line)]")},
    {"_macros", introspect_macros, METH_O,
     PyDoc_STR("_macros(ffi, /)\n--\n\n[(name, parameters or None, variadic, body, file, line)]")},
    {"_can_apply", introspect_can_apply, METH_VARARGS,
     PyDoc_STR("_can_apply(ffi, name, /)\n--\n\nIs macro NAME an expression or a call, if its arguments are numbers?")},
    {"_included", introspect_included, METH_O,
     PyDoc_STR("_included(ffi, /)\n--\n\n[(file, the header that includes it or None for a cdef, by quotes?)]")},
    {"_spell", introspect_spell, METH_VARARGS, PyDoc_STR("_spell(ffi, name, /)\n--\n\nThe declaration of NAME in C, or None.")},
    {"_parameters", introspect_parameters, METH_VARARGS,
     PyDoc_STR("_parameters(ffi, name, /)\n--\n\nThe names of a function's parameters, None for those without; () of what is no function.")},
    {"_meaning", introspect_meaning, METH_VARARGS,
     PyDoc_STR("_meaning(ffi, name, /)\n--\n\n(kind, value or None, name in the library) of a name, macros evaluated; or None.")},
    {"_members", introspect_members, METH_O,
     PyDoc_STR("_members(ctype, /)\n--\n\n[(name or None, declaration, ctype of an anonymous one, offset, size, bit offset, width or -1)],\n"
               "bytes and bits; None if CTYPE is no complete struct or union.")},
    {"_differ", introspect_differ, METH_VARARGS,
     PyDoc_STR("_differ(ffi, type, other_ffi, other_type, member=None, /)\n--\n\nHow two types differ, each a CType or the name of a\n"
               "declaration, or members of them: 0 not, 1 mildly, 2 so that calls or data go wrong.")},
    {"_exports", introspect_exports, METH_O, PyDoc_STR("_exports(lib, /)\n--\n\nThe names that the library itself defines: a set.")},
    {NULL},
};
