/* _cffi_backend._init_cffi_1_0_external_module: a compiled module introduces itself and becomes a module. */
#include "pymod/backend.h"
#include "pymod/tables.h"

#include <string.h>

/* What the generated code's init function passes the address of. */
typedef struct Introduction {
    const char *name;
    Py_ssize_t version;
    void **exports;          /* to be filled with our functions */
    const TableContext *ctx;
} Introduction;

static int check_version(const Introduction *in) {
    if (module_version_known(in->version))
        return 0;
    PyErr_Format(PyExc_ImportError,
                 "cffi extension module '%s' uses an unknown version tag %p. This module might need a more recent version of "
                 "cffi than the one that is emulated here",
                 in->name, (void *)in->version);
    return -1;
}

/* Older modules have less room. */
static void fill_exports(const Introduction *in) {
    size_t n = in->version >= MODULE_VERSION_CHAR16 ? EXPORT_COUNT : in->ctx->flags & 1 ? 26 : 25;
    memcpy(in->exports, (const void *)module_exports, n * sizeof(void *));
}

/* CPython wants a definition that lives as long as the module, whose code is never unloaded: nor is this. */
static PyObject *make_module(const char *name) {
    PyModuleDef *def = PyMem_RawCalloc(1, sizeof *def);
    if (!def)
        return PyErr_NoMemory();
    *def = (PyModuleDef){PyModuleDef_HEAD_INIT, .m_name = name, .m_size = -1};
    PyObject *module = PyModule_Create(def);
#ifdef Py_GIL_DISABLED
    if (module)
        PyUnstable_Module_SetGIL(module, Py_MOD_GIL_NOT_USED);
#endif
    return module;
}

static FFIObject *make_ffi(ModuleState *st, const Introduction *in) {
    FFIObject *ffi = (FFIObject *)PyObject_CallNoArgs((PyObject *)st->ffi_base_type);
    if (ffi && !(ffi->tables = tables_new(ffi, in->ctx, true)))
        Py_CLEAR(ffi);
    return ffi;
}

/* ---------------------------------------------------------------- ffi.include() */

static int include_one(FFIObject *ffi, const char *name) {
    PyObject *module = PyImport_ImportModule(name);
    PyObject *other = module ? PyObject_GetAttrString(module, "ffi") : NULL;
    PyObject *lib = other ? PyObject_GetAttrString(module, "lib") : NULL;
    int rc = lib && ffi_include_tables(ffi, other) == 0 ? PyList_Append(ffi->libs, lib) : -1;
    Py_XDECREF(lib);
    Py_XDECREF(other);
    Py_XDECREF(module);
    return rc;
}

/* Say which module could not include which, and keep the reason as the cause. */
static void raise_include(const char *name, const char *included) {
    PyObject *type, *cause, *traceback, *exc;
    PyErr_Fetch(&type, &cause, &traceback);
    PyErr_NormalizeException(&type, &cause, &traceback);
    PyErr_Format(PyExc_ImportError, "while loading %.200s: failed to import ffi, lib from %.200s", name, included);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    PyErr_Fetch(&type, &exc, &traceback);
    PyErr_NormalizeException(&type, &exc, &traceback);
    PyException_SetCause(exc, cause); /* takes it */
    PyErr_Restore(type, exc, traceback);
}

static int include_all(FFIObject *ffi, const Introduction *in) {
    for (const char *const *name = in->ctx->includes; name && *name; name++)
        if (include_one(ffi, *name) < 0) {
            raise_include(in->name, *name);
            return -1;
        }
    return 0;
}

/* ---------------------------------------------------------------- in which interpreter */

/* A module's (FFI, lib), which go to all interpreters that import it: CPython copies the dict of such modules. New tuple. */
static PyObject *make_new_pair(ModuleState *st, const Introduction *in) {
    FFIObject *ffi = make_ffi(st, in);
    PyObject *lib = ffi ? compiled_lib_new(ffi, in->name) : NULL;
    PyObject *pair = lib && include_all(ffi, in) == 0 ? PyTuple_Pack(2, ffi, lib) : NULL;
    Py_XDECREF(lib);
    Py_XDECREF(ffi);
    return pair;
}

/* There is one in an interpreter, whether or not CPython still has the dict: the generated code knows its types. */
static PyObject *make_pair(ModuleState *st, const Introduction *in) {
    PyObject *key = PyLong_FromVoidPtr((void *)(uintptr_t)in->ctx), *pair = NULL;
    if (!st->compiled)
        st->compiled = PyDict_New();
    if (key && st->compiled && dict_get(st->compiled, key, &pair) == 0 && (pair = make_new_pair(st, in)) &&
        PyDict_SetItem(st->compiled, key, pair) < 0)
        Py_CLEAR(pair);
    Py_XDECREF(key);
    return pair;
}

static PyObject *make_main_pair(const Introduction *in) {
    PyObject *cdeffi = PyImport_ImportModule("cdeffi._cdeffi");
    PyObject *pair = cdeffi ? make_pair(state_of(cdeffi), in) : NULL;
    Py_XDECREF(cdeffi);
    PyErr_Clear();
    return pair;
}

/* The first to import the module decides whose types it has: the main interpreter's, which other modules have too and which
 * outlives the others. Where that cannot import what it takes, NULL without an exception. */
static PyObject *pair_of_main_interpreter(const Introduction *in) {
    PyThreadState *there = PyThreadState_New(PyInterpreterState_Main()), *here = there ? PyThreadState_Swap(there) : NULL;
    if (!there)
        return NULL;
    PyObject *pair = make_main_pair(in);
    PyThreadState_Clear(there);
    PyThreadState_Swap(here);
    PyThreadState_Delete(there);
    return pair;
}

static PyObject *pair_of(ModuleState *st, const Introduction *in) {
    bool is_main = PyInterpreterState_Get() == PyInterpreterState_Main();
    PyObject *pair = is_main ? NULL : pair_of_main_interpreter(in);
    return pair ? pair : make_pair(st, in);
}

/* ---------------------------------------------------------------- the module */

/* For "import _foo.lib" and "from _foo.lib import f". */
static int enter_lib(const Introduction *in, PyObject *lib) {
    PyObject *name = PyUnicode_FromFormat("%s.lib", in->name), *modules = PyImport_GetModuleDict();
    int rc = name ? PyDict_SetItem(modules, name, lib) : -1;
    Py_XDECREF(name);
    return rc;
}

static int fill_module(PyObject *module, PyObject *pair, const Introduction *in) {
    PyObject *ffi = PyTuple_GET_ITEM(pair, 0), *lib = PyTuple_GET_ITEM(pair, 1);
    return PyObject_SetAttrString(module, "ffi", ffi) == 0 && PyObject_SetAttrString(module, "lib", lib) == 0 && enter_lib(in, lib) == 0 &&
                   PyDict_SetItemString(PyImport_GetModuleDict(), in->name, module) == 0
               ? 0
               : -1;
}

PyObject *backend_init_external_module(PyObject *self, PyObject *address) {
    const Introduction *in = PyLong_AsVoidPtr(address);
    if (!in) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "the address of a compiled module's description is expected");
        return NULL;
    }
    if (check_version(in) < 0)
        return NULL;
    PyObject *pair = pair_of(state_of(self), in), *module = pair ? make_module(in->name) : NULL;
    fill_exports(in);
    if (module && fill_module(module, pair, in) < 0)
        Py_CLEAR(module);
    Py_XDECREF(pair);
    return module;
}
