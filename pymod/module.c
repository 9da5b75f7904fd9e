/* The extension module: its state, types, exceptions and constants. */
#include "config.h"

#include "pymod/backend.h"
#include "pymod/tables.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

ModuleState *state_of_type(PyTypeObject *type) {
    PyObject *mro = type->tp_mro;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(mro); i++) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);
        if (!(base->tp_flags & Py_TPFLAGS_HEAPTYPE))
            continue;
        PyObject *module = ((PyHeapTypeObject *)base)->ht_module;
        if (module && PyModule_GetDef(module) == &cdeffi_module)
            return state_of(module);
    }
    return NULL; /* cannot be: only our own types ask */
}

/* ---- types */

#define AT(member) offsetof(ModuleState, member)
static PyObject **slot_at(ModuleState *st, size_t offset) {
    return (PyObject **)((char *)st + offset);
}

/* In an order in which bases come first. PUBLIC: under that name in the module. */
static const struct {
    PyType_Spec *spec;
    size_t type, base;  /* offsets in the state; base 0: object */
    const char *public;
} type_table[] = {
    {&ctype_spec, AT(ctype_type), 0, "CType"},
    {&cfield_spec, AT(cfield_type), 0, "CField"},
    {&cdata_spec, AT(cdata_type), 0, "_CDataBase"},
    {&cdata_own_spec, AT(cdata_own_type), AT(cdata_type), "__CDataOwn"},
    {&cdata_gc_spec, AT(cdata_gc_type), AT(cdata_type), "__CDataGCP"},
    {&cdata_frombuf_spec, AT(cdata_frombuf_type), AT(cdata_type), "__CDataFromBuf"},
    {&cdata_owngc_spec, AT(cdata_owngc_type), AT(cdata_type), "__CDataOwnGC"},
    {&cdata_iter_spec, AT(cdata_iter_type), 0, "__CData_iterator"},
    {&buffer_spec, AT(buffer_type), 0, "buffer"},
    {&allocator_spec, AT(allocator_type), 0, NULL},
    {&lib_spec, AT(lib_type), 0, "Lib"},
    {&compiled_lib_spec, AT(compiled_lib_type), 0, NULL},
    {&global_var_spec, AT(global_var_type), 0, "__FFIGlobSupport"},
    {&macro_spec, AT(macro_type), 0, NULL},
    {&clibrary_spec, AT(clibrary_type), 0, "CLibrary"},
    {&ffi_base_spec, AT(ffi_base_type), 0, "BaseFFI"},
    {&ffi_spec, AT(ffi_type), AT(ffi_base_type), "FFI"},
};
#define TYPES (sizeof type_table / sizeof type_table[0])

static PyObject *make_type(ModuleState *st, PyType_Spec *spec, PyObject *base) {
    PyObject *bases = base ? PyTuple_Pack(1, base) : NULL;
    if (base && !bases)
        return NULL;
    PyObject *type = PyType_FromModuleAndSpec(st->module, spec, bases);
    Py_XDECREF(bases);
    return type;
}

static int add_to_module(ModuleState *st, const char *name, PyObject *value) {
    return value ? PyObject_SetAttrString(st->module, name, value) : -1;
}

static int make_types(ModuleState *st) {
    for (size_t i = 0; i < TYPES; i++) {
        PyObject **slot = slot_at(st, type_table[i].type);
        PyObject *base = type_table[i].base ? *slot_at(st, type_table[i].base) : NULL;
        if (!(*slot = make_type(st, type_table[i].spec, base)))
            return -1;
        if (type_table[i].public && add_to_module(st, type_table[i].public, *slot) < 0)
            return -1;
    }
    st->buffer_type->tp_vectorcall = buffer_vectorcall; /* a slot of PyType_Spec only from 3.14 on */
    st->cdata_type->tp_flags &= ~Py_TPFLAGS_BASETYPE; /* a base of ours, but not of Python classes */
    return cdata_doc_install(st);
}

/* ---- exceptions: the base is the index in this table, or -1 for Exception */

static const struct {
    size_t at;
    const char *name, *doc;
    int base;
} exception_table[] = {
    {AT(FFIError), "cdeffi.FFIError", "A declaration or type that cannot be.", -1},
    {AT(CDefError), "cdeffi.CDefError",
     "C text that cannot be declared. The message has the place and a caret; lineno, offset and msg the parts.", 0},
    {AT(CDefTypeError), "cdeffi.CDefTypeError", "C text that names a type which cannot exist, such as int[3][].", 1},
    {AT(VerificationError), "cdeffi.VerificationError", "A compiler disagrees with the declarations.", -1},
    {AT(VerificationMissing), "cdeffi.VerificationMissing",
     "A declaration with \"...\" is used where no compiler has filled it in.", -1},
    {AT(PkgConfigError), "cdeffi.PkgConfigError", "pkg-config has no answer.", -1},
};

static PyObject *exception_bases(ModuleState *st, size_t i) {
    if (exception_table[i].at == AT(CDefTypeError)) /* cffi raises one of the latter two there */
        return PyTuple_Pack(3, st->CDefError, PyExc_TypeError, PyExc_ValueError);
    int base = exception_table[i].base;
    return PyTuple_Pack(1, base < 0 ? PyExc_Exception : *slot_at(st, exception_table[base].at));
}

static int make_exceptions(ModuleState *st) {
    for (size_t i = 0; i < sizeof exception_table / sizeof exception_table[0]; i++) {
        PyObject **slot = slot_at(st, exception_table[i].at), *bases = exception_bases(st, i);
        if (!bases)
            return -1;
        *slot = PyErr_NewExceptionWithDoc(exception_table[i].name, exception_table[i].doc, bases, NULL);
        Py_DECREF(bases);
        if (add_to_module(st, strchr(exception_table[i].name, '.') + 1, *slot) < 0)
            return -1;
    }
    return 0;
}

/* ---- what the FFI classes offer as attributes */


static CTypeObject *primitive(ModuleState *st, AbiPrim prim) {
    abi_lock(st->graph);
    const AbiType *type = abi_primitive(st->graph, prim);
    abi_unlock(st->graph);
    return ctype_of(st, type);
}

static int make_common_types(ModuleState *st) {
    CTypeObject *character = primitive(st, ABI_P_CHAR);
    st->ct_int = primitive(st, ABI_P_INT);
    st->ct_void = primitive(st, ABI_P_VOID);
    st->ct_voidp = st->ct_void ? ctype_pointer_to(st->ct_void) : NULL;
    st->ct_charp = character ? ctype_pointer_to(character) : NULL;
    st->ct_chararray = character ? ctype_array_of(character, -1) : NULL;
    Py_XDECREF(character);
    if (!st->ct_int || !st->ct_voidp || !st->ct_charp || !st->ct_chararray)
        return -1;
    st->null = cdata_pointer(st->ct_voidp, NULL);
    return st->null ? 0 : -1;
}

static const struct {
    const char *name;
    int value;
} rtld_table[] = {
    {"RTLD_LAZY", RTLD_LAZY},     {"RTLD_NOW", RTLD_NOW},
    {"RTLD_GLOBAL", RTLD_GLOBAL}, {"RTLD_LOCAL", RTLD_LOCAL},
#ifdef RTLD_NODELETE
    {"RTLD_NODELETE", RTLD_NODELETE},
#endif
#ifdef RTLD_NOLOAD
    {"RTLD_NOLOAD", RTLD_NOLOAD},
#endif
#ifdef RTLD_DEEPBIND
    {"RTLD_DEEPBIND", RTLD_DEEPBIND},
#endif
};

static int add_constants(ModuleState *st) {
    for (size_t i = 0; i < sizeof rtld_table / sizeof rtld_table[0]; i++) {
        PyObject *value = PyLong_FromLong(rtld_table[i].value);
        int rc = value ? PyObject_SetAttrString((PyObject *)st->ffi_base_type, rtld_table[i].name, value) : -1;
        if (rc == 0)
            rc = add_to_module(st, rtld_table[i].name, value);
        Py_XDECREF(value);
        if (rc < 0)
            return -1;
    }
    return 0;
}

static int add_class_attributes(ModuleState *st) {
    PyObject *base = (PyObject *)st->ffi_base_type, *ffi = (PyObject *)st->ffi_type;
    return PyObject_SetAttrString(base, "CData", (PyObject *)st->cdata_type) == 0 &&
                   PyObject_SetAttrString(base, "CType", (PyObject *)st->ctype_type) == 0 &&
                   PyObject_SetAttrString(base, "buffer", (PyObject *)st->buffer_type) == 0 &&
                   PyObject_SetAttrString(base, "error", st->FFIError) == 0 &&
                   PyObject_SetAttrString(base, "NULL", st->null) == 0 &&
                   PyObject_SetAttrString(ffi, "BVoidP", (PyObject *)st->ct_voidp) == 0 &&
                   PyObject_SetAttrString(ffi, "BCharA", (PyObject *)st->ct_chararray) == 0 && add_constants(st) == 0
               ? 0
               : -1;
}

/* FILE * is one type for all FFIs: programs pass it from one to the other. */
static const char common_declarations[] = "typedef ... FILE;";

static int make_common_scope(ModuleState *st) {
    CdeclError err = {0};
    st->common = cdecl_scope_new(st->graph);
    if (!st->common) {
        PyErr_NoMemory();
        return -1;
    }
    if (cdecl_parse(st->common, common_declarations, sizeof common_declarations - 1, NULL, &err) == 0)
        return 0;
    raise_cdecl(st, &err);
    return -1;
}

/* ---- life of the module */

static int module_exec(PyObject *module) {
    ModuleState *st = state_of(module);
    memset(st, 0, sizeof *st);
    st->module = module;
    if (!(st->graph = abi_graph_new())) {
        PyErr_NoMemory();
        return -1;
    }
    return make_types(st) == 0 && make_exceptions(st) == 0 && make_common_types(st) == 0 &&
                   make_common_scope(st) == 0 && add_class_attributes(st) == 0 && PyModule_AddStringConstant(module, "__version__", PACKAGE_VERSION) == 0
               ? 0
               : -1;
}

/* Every strong reference of the state, for traverse and clear. */
static int each_reference(ModuleState *st, int (*each)(PyObject **, visitproc, void *), visitproc visit, void *arg) {
    static const size_t others[] = {AT(ct_void), AT(ct_voidp), AT(ct_charp), AT(ct_chararray), AT(ct_int), AT(null), AT(compiled)};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < TYPES; i++)
        rc = each(slot_at(st, type_table[i].type), visit, arg);
    for (size_t i = 0; rc == 0 && i < sizeof exception_table / sizeof exception_table[0]; i++)
        rc = each(slot_at(st, exception_table[i].at), visit, arg);
    for (size_t i = 0; rc == 0 && i < sizeof others / sizeof others[0]; i++)
        rc = each(slot_at(st, others[i]), visit, arg);
    return rc;
}

static int visit_one(PyObject **slot, visitproc visit, void *arg) {
    Py_VISIT(*slot);
    return 0;
}

static int clear_one(PyObject **slot, visitproc visit, void *arg) {
    Py_CLEAR(*slot);
    return 0;
}

static int module_traverse(PyObject *module, visitproc visit, void *arg) {
    return each_reference(state_of(module), visit_one, visit, arg);
}

static int module_clear(PyObject *module) {
    return each_reference(state_of(module), clear_one, NULL, NULL);
}

static void module_free(void *module) {
    ModuleState *st = state_of(module);
    module_clear(module);
    cdata_handles_free(st);
    foreign_threads_free(st);
    if (st->common)
        cdecl_scope_free(st->common);
    st->common = NULL;
    if (st->graph)
        abi_graph_free(st->graph);
    st->graph = NULL;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#if PY_VERSION_HEX >= 0x030D0000
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

struct PyModuleDef cdeffi_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "cdeffi._cdeffi",
    .m_doc = "The C part of cdeffi.",
    .m_size = sizeof(ModuleState),
    .m_methods = backend_methods,
    .m_slots = module_slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

PyMODINIT_FUNC PyInit__cdeffi(void) {
    return PyModuleDef_Init(&cdeffi_module);
}
