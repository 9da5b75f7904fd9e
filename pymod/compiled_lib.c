/* `lib` of a compiled module: its functions, variables and constants as attributes.
 *
 * Everything is made when first asked for and then stays in the lib's dict; a variable as an object that
 * knows where it is. Functions are CPython's own built-in functions around what the compiler made. */
#include "pymod/tables.h"

#include <errno.h>
#include <string.h>

typedef struct CompiledFunction {
    PyMethodDef def;
    char *doc; /* owned */
} CompiledFunction;

typedef struct CompiledLib {
    PyObject_HEAD
    FFIObject *ffi;   /* strong */
    PyObject *name;   /* strong: of the module */
    PyObject *dict;   /* strong */
    PyObject *weakrefs;
    CompiledFunction *functions; /* owned: by the number of the global; made while the first of each is made */
} CompiledLib;

static const TableContext *context(CompiledLib *lib) { return lib->ffi->tables->ctx; }

/* ---------------------------------------------------------------- variables */

typedef void *FindVariable(void);

typedef struct GlobalVar {
    PyObject_HEAD
    CTypeObject *type;    /* strong */
    PyObject *name;       /* strong */
    void *address;        /* or NULL: ask FIND */
    FindVariable *find;   /* thread-local ones, and macros that hide a variable */
} GlobalVar;

static PyObject *global_var_new(CompiledLib *lib, PyObject *name, int i, bool has_function) {
    const TableGlobal *g = &context(lib)->globals[i];
    CTypeObject *ct = tables_ctype(lib->ffi->tables, op_arg(g->op));
    GlobalVar *var = ct ? PyObject_New(GlobalVar, lib->ffi->state->global_var_type) : NULL;
    size_t said = (size_t)g->size_or_code;
    if (!var) {
        Py_XDECREF(ct);
        return NULL;
    }
    var->type = ct;
    var->name = Py_NewRef(name);
    var->address = has_function ? NULL : g->address;
    var->find = NULL;
    if (has_function) {
        memcpy(&var->find, &g->address, sizeof var->find); /* ISO C has no cast from object to function pointers */
    } else if (said && ct->type->size != ABI_SIZE_UNKNOWN && ct->type->size > 0 && said != ct->type->size) {
        PyErr_Format(lib->ffi->state->FFIError, "global variable '%U' should be %zd bytes according to the cdef, but is actually %zd",
                     name, (Py_ssize_t)ct->type->size, (Py_ssize_t)said);
        Py_CLEAR(var);
    }
    return (PyObject *)var;
}

static void global_var_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    Py_DECREF(((GlobalVar *)self)->type);
    Py_DECREF(((GlobalVar *)self)->name);
    PyObject_Free(self);
    Py_DECREF(type);
}

static void *ask(FindVariable *find) {
    errno = *abi_errno();
    void *address = find();
    *abi_errno() = errno;
    return address;
}

static void *variable_address(GlobalVar *var) {
    void *address = var->address;
    if (!address && var->find) {
        Py_BEGIN_ALLOW_THREADS
        address = ask(var->find);
        Py_END_ALLOW_THREADS
    }
    if (!address)
        PyErr_Format(var->type->state->FFIError, "global variable '%U' is at address NULL", var->name);
    return address;
}

static int check_size(CTypeObject *ct, const char *what) {
    if (ct->type->size != ABI_SIZE_UNKNOWN || ct->type->kind == ABI_ARRAY || ct->type->kind == ABI_ENUM)
        return 0;
    if (!raise_problem(ct))
        PyErr_Format(PyExc_TypeError, "%s'%s' is opaque", what, ct->name);
    return -1;
}

/* "extern T a[]" says nothing of the length: a pointer to the first item. */
static PyObject *read_variable(GlobalVar *var) {
    void *address = variable_address(var);
    CTypeObject *ct = var->type, *pointer;
    if (!address || check_size(ct, "cdata ") < 0)
        return NULL;
    if (ct->type->kind != ABI_ARRAY || ct->type->length != ABI_LENGTH_UNKNOWN)
        return ct->from_c(ct, address, NULL);
    pointer = ctype_item(ct) ? ctype_pointer_to(ctype_item(ct)) : NULL;
    PyObject *result = pointer ? cdata_pointer(pointer, address) : NULL;
    Py_XDECREF(pointer);
    return result;
}

static int write_variable(GlobalVar *var, PyObject *value) {
    void *address = variable_address(var);
    return address && check_size(var->type, "") == 0 ? var->type->to_c(var->type, address, value) : -1;
}

static PyObject *address_of_variable(GlobalVar *var) {
    void *address = variable_address(var);
    CTypeObject *pointer = address ? ctype_pointer_to(var->type) : NULL;
    PyObject *result = pointer ? cdata_pointer(pointer, address) : NULL;
    Py_XDECREF(pointer);
    return result;
}

/* ---------------------------------------------------------------- functions */

/* "int f(int);" and where it comes from. */
static char *function_doc(CompiledLib *lib, CTypeObject *ct, const char *name) {
    const char *module = PyUnicode_AsUTF8(lib->name);
    if (!module)
        return NULL;
    size_t size = ct->name_len + strlen(name) + strlen(module) + 40;
    char *doc = PyMem_Malloc(size);
    if (!doc) {
        PyErr_NoMemory();
        return NULL;
    }
    int n = (int)ct->name_position;
    while (n > 0 && ct->name[n - 1] == ' ')
        n--;
    PyOS_snprintf(doc, size, "%.*s%s%s%s;\n\nCFFI C function from %s.lib", n, ct->name, n && ct->name[n - 1] == '*' ? "" : " ",
                  name, ct->name + ct->name_position, module);
    return doc;
}

static PyObject *make_function(CompiledLib *lib, int i, int flags) {
    const TableGlobal *g = &context(lib)->globals[i];
    intptr_t index = op_arg(g->op);
    /* The compiled wrapper takes it for granted that its types are there. */
    if (tables_publish(lib->ffi->tables, index) < 0)
        return NULL;
    CompiledFunction *f = &lib->functions[i];
    PyObject *made = NULL;
    CTypeObject *ct = tables_ctype(lib->ffi->tables, index);
    char *doc = ct ? function_doc(lib, ct, g->name) : NULL;
    Py_XDECREF(ct);
    if (!doc)
        return NULL;
    Py_BEGIN_CRITICAL_SECTION(lib);
    if (f->doc) {
        PyMem_Free(doc);
    } else {
        f->doc = doc;
        void *const fast = context(lib)->flags & TABLE_HAS_FAST ? context(lib)->fast[i] : NULL;
        f->def = (PyMethodDef){.ml_name = g->name, .ml_flags = fast ? METH_FASTCALL : flags, .ml_doc = doc};
        memcpy(&f->def.ml_meth, fast ? &fast : &g->address, sizeof fast);
    }
    Py_END_CRITICAL_SECTION();
    made = PyCFunction_NewEx(&f->def, (PyObject *)lib, lib->name);
    return made;
}

/* The number of the global that FUNCTION was made for, or -1. */
static int function_number(ModuleState *st, PyObject *function) {
    PyObject *self = PyCFunction_Check(function) ? PyCFunction_GET_SELF(function) : NULL;
    if (!self || !Py_IS_TYPE(self, st->compiled_lib_type))
        return -1;
    CompiledLib *lib = (CompiledLib *)self;
    CompiledFunction *f = (CompiledFunction *)((PyCFunctionObject *)function)->m_ml;
    bool is_ours = f >= lib->functions && f < lib->functions + context(lib)->global_count;
    return is_ours ? (int)(f - lib->functions) : -1; /* lib.__dir__ is a method of its own */
}

PyObject *compiled_function_type(ModuleState *st, PyObject *function) {
    int i = function_number(st, function);
    if (i < 0)
        return NULL;
    CompiledLib *lib = (CompiledLib *)PyCFunction_GET_SELF(function);
    CTypeObject *ct = tables_ctype(lib->ffi->tables, op_arg(context(lib)->globals[i].op));
    CTypeObject *pointer = ct ? ctype_pointer_to(ct) : NULL;
    Py_XDECREF(ct);
    return (PyObject *)pointer;
}

PyObject *compiled_function_address(ModuleState *st, PyObject *function) {
    int i = function_number(st, function);
    if (i < 0)
        return NULL;
    void *code = context((CompiledLib *)PyCFunction_GET_SELF(function))->globals[i].size_or_code;
    if (!code) /* written by a cffi older than 1.6: only the wrapper is there */
        return Py_NewRef(function);
    CTypeObject *pointer = (CTypeObject *)compiled_function_type(st, function);
    PyObject *result = pointer ? cdata_pointer(pointer, code) : NULL;
    Py_XDECREF(pointer);
    return result;
}

/* ---------------------------------------------------------------- constants */

static PyObject *make_integer(CompiledLib *lib, int i) {
    TableConstant value;
    TableError err;
    if (table_constant(lib->ffi->tables, i, &value, &err) < 0)
        return tables_raise(lib->ffi->state, &err);
    return table_constant_object(&value);
}

/* Of any other type: the generated function writes it to memory. */
static PyObject *make_constant(CompiledLib *lib, int i) {
    const TableGlobal *g = &context(lib)->globals[i];
    CTypeObject *ct = tables_ctype(lib->ffi->tables, op_arg(g->op));
    PyObject *result = NULL;
    void (*write)(char *);
    if (!ct)
        return NULL;
    bool is_known = ct->type->size != ABI_SIZE_UNKNOWN && ct->type->size > 0 && g->address;
    char *data = is_known ? PyMem_Calloc(1, ct->type->size) : NULL;
    if (!is_known) {
        PyErr_Format(lib->ffi->state->FFIError, "constant '%s' is of type '%s', whose size is not known", g->name, ct->name);
    } else if (!data) {
        PyErr_NoMemory();
    } else {
        memcpy(&write, &g->address, sizeof write);
        write(data);
        result = ct->flags & (CT_RECORD | CT_ARRAY) ? cdata_copy(ct, data) : ct->from_c(ct, data, NULL);
    }
    PyMem_Free(data);
    Py_DECREF(ct);
    return result;
}

/* extern "Python": the C function that calls back. */
static PyObject *make_extern_python(CompiledLib *lib, int i) {
    const TableGlobal *g = &context(lib)->globals[i];
    CTypeObject *ct = tables_ctype(lib->ffi->tables, op_arg(g->op));
    PyObject *result = ct ? cdata_pointer(ct, g->size_or_code) : NULL;
    Py_XDECREF(ct);
    return result;
}

/* ---------------------------------------------------------------- attributes */

static PyObject *make_attribute(CompiledLib *lib, PyObject *name, int i) {
    unsigned op = op_code(context(lib)->globals[i].op);
    switch (op) {
    case OP_CALL_VARARGS: return make_function(lib, i, METH_VARARGS);
    case OP_CALL_NOARGS: return make_function(lib, i, METH_NOARGS);
    case OP_CALL_ONE: return make_function(lib, i, METH_O);
    case OP_CONSTANT_INT:
    case OP_ENUM: return make_integer(lib, i);
    case OP_CONSTANT: return make_constant(lib, i);
    case OP_GLOBAL_VAR:
    case OP_GLOBAL_VAR_F: return global_var_new(lib, name, i, op == OP_GLOBAL_VAR_F);
    case OP_EXTERN_PYTHON: return make_extern_python(lib, i);
    default: break;
    }
    PyErr_Format(PyExc_NotImplementedError, "in lib_build_attr: op=%u", op);
    return NULL;
}

static PyObject *find_attribute(CompiledLib *lib, PyObject *name, int depth);

/* In what the module includes: new reference, or NULL; an exception only if something is wrong with it. */
static PyObject *find_included(CompiledLib *lib, PyObject *name, int depth) {
    PyObject *libs = lib->ffi->libs, *found = NULL;
    if (depth > 100) {
        PyErr_SetString(PyExc_RuntimeError, "recursion overflow in ffi.include() delegations");
        return NULL;
    }
    PyObject *other;
    for (Py_ssize_t i = 0; !found && !PyErr_Occurred() && (other = sequence_item(libs, i)); i++) {
        if (Py_IS_TYPE(other, lib->ffi->state->compiled_lib_type))
            found = find_attribute((CompiledLib *)other, name, depth + 1);
        Py_DECREF(other);
    }
    return found;
}

/* What the dict has, or will have, under NAME. New reference, or NULL; an exception only if something is wrong with it. */
static PyObject *find_attribute(CompiledLib *lib, PyObject *name, int depth) {
    PyObject *value;
    Py_ssize_t n;
    if (dict_get(lib->dict, name, &value) != 0)
        return value;
    const char *utf8 = PyUnicode_AsUTF8AndSize(name, &n);
    if (!utf8)
        return NULL;
    int i = table_find_global(lib->ffi->tables, utf8, (size_t)n);
    return dict_keep(lib->dict, name, i >= 0 ? make_attribute(lib, name, i) : find_included(lib, name, depth));
}

static PyObject *raise_absent(CompiledLib *lib, PyObject *name) {
    if (!PyErr_Occurred())
        PyErr_Format(PyExc_AttributeError, "cffi library '%U' has no function, constant or global variable named '%U'", lib->name, name);
    return NULL;
}

static PyObject *names_of(CompiledLib *lib, bool variables_too) {
    PyObject *set = PySet_New(NULL);
    PyObject *list = set && tables_add_globals(lib->ffi->tables, set, variables_too) == 0 ? PySequence_List(set) : NULL;
    Py_XDECREF(set);
    if (list && PyList_Sort(list) < 0)
        Py_CLEAR(list);
    return list;
}

static PyObject *dict_of(CompiledLib *lib) {
    PyObject *names = names_of(lib, true), *dict = names ? PyDict_New() : NULL;
    for (Py_ssize_t i = 0; dict && i < PyList_GET_SIZE(names); i++) {
        PyObject *name = PyList_GET_ITEM(names, i), *value = find_attribute(lib, name, 0);
        if (!value || PyDict_SetItem(dict, name, value) < 0)
            Py_CLEAR(dict);
        Py_XDECREF(value);
    }
    Py_XDECREF(names);
    return dict;
}

/* As modules have them, for "from _foo.lib import *" and help(). NULL without an exception: no such one. */
static PyObject *module_attribute(CompiledLib *lib, PyObject *name) {
    if (PyUnicode_CompareWithASCIIString(name, "__all__") == 0)
        return names_of(lib, false);
    if (PyUnicode_CompareWithASCIIString(name, "__dict__") == 0)
        return dict_of(lib);
    if (PyUnicode_CompareWithASCIIString(name, "__class__") == 0)
        return Py_NewRef(&PyModule_Type);
    if (PyUnicode_CompareWithASCIIString(name, "__name__") == 0)
        return PyUnicode_FromFormat("%U.lib", lib->name);
    if (PyUnicode_CompareWithASCIIString(name, "__loader__") == 0 || PyUnicode_CompareWithASCIIString(name, "__spec__") == 0)
        return Py_NewRef(Py_None);
    return NULL;
}

static PyObject *lib_getattro(PyObject *self, PyObject *name) {
    CompiledLib *lib = (CompiledLib *)self;
    PyObject *value = find_attribute(lib, name, 0);
    if (value && Py_IS_TYPE(value, lib->ffi->state->global_var_type)) {
        PyObject *read = read_variable((GlobalVar *)value);
        Py_DECREF(value);
        return read;
    }
    if (value || PyErr_Occurred())
        return value;
    value = module_attribute(lib, name);
    if (value || PyErr_Occurred())
        return value;
    value = PyObject_GenericGetAttr(self, name);
    if (value || !PyErr_ExceptionMatches(PyExc_AttributeError))
        return value;
    PyErr_Clear();
    return raise_absent(lib, name);
}

static int lib_setattro(PyObject *self, PyObject *name, PyObject *value) {
    CompiledLib *lib = (CompiledLib *)self;
    PyObject *found = find_attribute(lib, name, 0);
    int rc = -1;
    if (!found)
        raise_absent(lib, name);
    else if (!value)
        PyErr_SetString(PyExc_AttributeError, "C attribute cannot be deleted");
    else if (Py_IS_TYPE(found, lib->ffi->state->global_var_type))
        rc = write_variable((GlobalVar *)found, value);
    else
        PyErr_Format(PyExc_AttributeError, "cannot write to function or constant '%U'", name);
    Py_XDECREF(found);
    return rc;
}

static PyObject *address_of(ModuleState *st, PyObject *found, PyObject *name) {
    if (Py_IS_TYPE(found, st->global_var_type))
        return address_of_variable((GlobalVar *)found);
    PyObject *address = compiled_function_address(st, found);
    if (address || PyErr_Occurred())
        return address;
    if (cdata_check(st, found) && ((CDataObject *)found)->ctype->flags & CT_FUNCPTR) /* f == &f */
        return Py_NewRef(found);
    return PyErr_Format(PyExc_AttributeError, "cannot take the address of the constant '%U'", name);
}

PyObject *compiled_lib_addressof(PyObject *self, PyObject *name) {
    CompiledLib *lib = (CompiledLib *)self;
    if (!PyUnicode_Check(name))
        return PyErr_Format(PyExc_TypeError, "addressof(lib, name): name must be str, not %.200s", Py_TYPE(name)->tp_name);
    PyObject *found = find_attribute(lib, name, 0);
    if (!found)
        return raise_absent(lib, name);
    PyObject *address = address_of(lib->ffi->state, found, name);
    Py_DECREF(found);
    return address;
}

/* ---------------------------------------------------------------- the types */

PyObject *compiled_lib_new(FFIObject *ffi, const char *name) {
    CompiledLib *lib = (CompiledLib *)ffi->state->compiled_lib_type->tp_alloc(ffi->state->compiled_lib_type, 0);
    if (!lib)
        return NULL;
    lib->ffi = (FFIObject *)Py_NewRef(ffi);
    lib->name = PyUnicode_FromString(name);
    lib->dict = PyDict_New();
    lib->functions = PyMem_Calloc((size_t)ffi->tables->ctx->global_count + 1, sizeof *lib->functions);
    if (lib->name && lib->dict && lib->functions)
        return (PyObject *)lib;
    if (!PyErr_Occurred())
        PyErr_NoMemory();
    Py_DECREF(lib);
    return NULL;
}

static PyObject *lib_dir(PyObject *self, PyObject *unused) { return names_of((CompiledLib *)self, true); }

static PyObject *lib_repr(PyObject *self) { return PyUnicode_FromFormat("<Lib object for '%U'>", ((CompiledLib *)self)->name); }

static int lib_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((CompiledLib *)self)->ffi);
    Py_VISIT(((CompiledLib *)self)->dict);
    return 0;
}

static int lib_clear(PyObject *self) {
    /* The FFI stays until the end: functions need its tables' types. */
    if (((CompiledLib *)self)->dict)
        PyDict_Clear(((CompiledLib *)self)->dict);
    return 0;
}

static void lib_dealloc(PyObject *self) {
    CompiledLib *lib = (CompiledLib *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (lib->weakrefs)
        PyObject_ClearWeakRefs(self);
    Py_CLEAR(lib->dict);
    for (int i = 0; lib->functions && i < context(lib)->global_count; i++)
        PyMem_Free(lib->functions[i].doc);
    PyMem_Free(lib->functions);
    Py_CLEAR(lib->name);
    Py_CLEAR(lib->ffi);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef lib_methods[] = {
    {"__dir__", lib_dir, METH_NOARGS, PyDoc_STR("__dir__($self, /)\n--\n\nThe declared names.")},
    {NULL},
};

static PyMemberDef lib_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(CompiledLib, weakrefs), READONLY, NULL},
    {NULL},
};

PyDoc_STRVAR(lib_doc, "The C part of a compiled module.\n\n"
                      "Its attributes are the declared functions, global variables and constants. Variables are read and\n"
                      "written in place. The module and its C code stay loaded for the life of the process.");

static PyType_Slot lib_slots[] = {
    NO_INSTANCES
    {Py_tp_doc, (void *)lib_doc},     {Py_tp_getattro, lib_getattro}, {Py_tp_setattro, lib_setattro}, {Py_tp_repr, lib_repr},
    {Py_tp_methods, lib_methods},     {Py_tp_members, lib_members},   {Py_tp_traverse, lib_traverse}, {Py_tp_clear, lib_clear},
    {Py_tp_dealloc, lib_dealloc},     {0, NULL},
};

PyType_Spec compiled_lib_spec = {
    .name = "_cffi_backend.Lib",
    .basicsize = sizeof(CompiledLib),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = lib_slots,
};

static PyType_Slot global_var_slots[] = {
    NO_INSTANCES
    {Py_tp_doc, (void *)"A global variable of a compiled module, in the dict of its lib."},
    {Py_tp_dealloc, global_var_dealloc},
    {0, NULL},
};

PyType_Spec global_var_spec = {
    .name = "_cffi_backend.__FFIGlobSupport",
    .basicsize = sizeof(GlobalVar),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = global_var_slots,
};
