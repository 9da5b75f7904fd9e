/* extern "Python": C functions of a compiled module that run what @ffi.def_extern() gave them.
 *
 * Each is a static structure in the module, shared by all interpreters; what they attached to it is in a
 * dict of each interpreter, by the structure's address. The structure remembers the last one that was used. */
#include "pymod/call.h"
#include "pymod/callback.h"
#include "pymod/ffi.h"
#include "pymod/tables.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------- the interpreter's dict */

static PyObject *handlers_of_interpreter(void) {
    PyObject *all = PyInterpreterState_GetDict(PyInterpreterState_Get()); /* borrowed; NULL at the end of its life */
    PyObject *name = all ? PyUnicode_FromString("__cffi_backend_extern_py") : NULL, *handlers = NULL;
    if (name && dict_get(all, name, &handlers) == 0)
        handlers = dict_keep(all, name, PyDict_New());
    Py_XDECREF(name);
    return handlers;
}

/* New reference, or NULL: with an exception, or without one if nothing is attached. */
static PyObject *find_handler(ExternPython *e) {
    PyObject *handlers = handlers_of_interpreter(), *key = PyLong_FromVoidPtr(e), *handler = NULL;
    if (handlers && key)
        dict_get(handlers, key, &handler);
    Py_XDECREF(key);
    Py_XDECREF(handlers);
    return handler;
}

static int keep_handler(ExternPython *e, PyObject *handler) {
    PyObject *handlers = handlers_of_interpreter(), *key = PyLong_FromVoidPtr(e);
    int rc = handlers && key ? PyDict_SetItem(handlers, key, handler) : -1;
    Py_XDECREF(key);
    Py_XDECREF(handlers);
    if (rc < 0 && !PyErr_Occurred())
        PyErr_NoMemory();
    /* Marks that there is something to look up; a cached handler that was replaced is forgotten. */
    if (rc == 0)
        __atomic_store_n(&e->handler, NULL, __ATOMIC_RELEASE), __atomic_store_n(&e->interpreter, (void *)e, __ATOMIC_RELEASE);
    return rc;
}

/* The handler for this interpreter: new reference. With a GIL nobody changes the dict between two looks at
 * the structure, and what it points to is the dict's; without one each call looks into the dict. */
static PyObject *current_handler(ExternPython *e) {
#ifdef Py_GIL_DISABLED
    return find_handler(e);
#else
    void *interpreter = PyInterpreterState_Get();
    if (e->interpreter == interpreter && e->handler)
        return Py_NewRef(e->handler);
    PyObject *handler = find_handler(e);
    if (handler) {
        e->interpreter = interpreter;
        e->handler = handler;
    }
    return handler;
#endif
}

/* ---------------------------------------------------------------- from C */

/* Structs, unions and long doubles are passed by their address. */
static bool is_by_address(const CTypeObject *ct) { return ct->flags & (CT_RECORD | CT_LONGDOUBLE); }

static int run_handler(PyObject *handler, char *args, bool addresses) {
    FunctionCall *call = callback_call(handler);
    void *few[16], **argv = call->nargs <= 16 ? few : PyMem_Malloc(call->nargs * sizeof *argv);
    if (!argv) {
        PyErr_NoMemory();
        return -1;
    }
    for (uint32_t i = 0; i < call->nargs; i++) {
        char *slot = args + 8 * (size_t)i;
        argv[i] = slot;
        if (addresses || is_by_address(call->args[i].ctype))
            memcpy(&argv[i], slot, sizeof argv[i]);
    }
    callback_run(handler, args, argv);
    if (argv != few)
        PyMem_Free(argv);
    return 0;
}

/* NULL, or why nothing was run. */
static const char *call_in_python(ExternPython *e, char *args) {
    const char *why = NULL;
    ThreadEntry entry;
    if (!thread_enter(&entry))
        return "there is no Python interpreter, or no longer";
    PyObject *handler = current_handler(e);
    if (handler)
        thread_keep(&entry, callback_call(handler)->result->state);
    if (!handler)
        why = PyErr_Occurred() ? "got internal exception (out of memory?)"
                               : "@ffi.def_extern() was not called in the current subinterpreter";
    else if (run_handler(handler, args, (e->result_size & EXTERN_ADDRESSES) != 0) < 0)
        why = "got internal exception (out of memory?)";
    PyErr_Clear();
    Py_XDECREF(handler);
    thread_leave(&entry);
    return why;
}

/* ARGS: a slot of 8 bytes for each argument; the result goes to its start, where there is room for it. */
void extern_python_call(ExternPython *e, char *args) {
    *abi_errno() = errno;
    const char *why = "no code was attached to it yet with @ffi.def_extern()";
    /* The module may have been set up by another thread, of a program that embeds Python. */
    if (__atomic_load_n(&e->interpreter, __ATOMIC_ACQUIRE))
        why = call_in_python(e, args);
    if (why) { /* there is no one to raise an exception to */
        fprintf(stderr, "extern \"Python\": function %s() called, but %s.  Returning 0.\n", e->name, why);
        memset(args, 0, e->result_size & ~EXTERN_ADDRESSES);
    }
    errno = *abi_errno();
}

/* ---------------------------------------------------------------- ffi.def_extern() */

static PyObject *raise_unknown(FFIObject *ffi, PyObject *name) {
    return PyErr_Format(ffi->state->FFIError, "ffi.def_extern('%U'): no 'extern \"Python\"' function with this name", name);
}

static int attach(FFIObject *ffi, PyObject *name, PyObject *callable, PyObject *error, PyObject *onerror) {
    Py_ssize_t n;
    const char *utf8 = PyUnicode_AsUTF8AndSize(name, &n);
    int i = utf8 ? table_find_global(ffi->tables, utf8, (size_t)n) : -1;
    const TableGlobal *g = i >= 0 ? &ffi->tables->ctx->globals[i] : NULL;
    if (!g || op_code(g->op) != OP_EXTERN_PYTHON) {
        if (utf8)
            raise_unknown(ffi, name);
        return -1;
    }
    CTypeObject *ct = tables_ctype(ffi->tables, op_arg(g->op));
    PyObject *handler = ct ? callback_detached(ct, callable, error, onerror) : NULL;
    int rc = handler ? keep_handler(g->address, handler) : -1;
    Py_XDECREF(handler);
    Py_XDECREF(ct);
    return rc;
}

/* SELF is (ffi, name or None, error, onerror). */
static PyObject *decorate(PyObject *self, PyObject *callable) {
    FFIObject *ffi = (FFIObject *)PyTuple_GET_ITEM(self, 0);
    PyObject *given = PyTuple_GET_ITEM(self, 1);
    PyObject *name = given == Py_None ? PyObject_GetAttrString(callable, "__name__") : Py_NewRef(given);
    int rc = -1;
    if (name && !PyUnicode_Check(name))
        PyErr_Format(PyExc_TypeError, "expected a str as the name of the function, not %.200s", Py_TYPE(name)->tp_name);
    else if (name)
        rc = attach(ffi, name, callable, PyTuple_GET_ITEM(self, 2), PyTuple_GET_ITEM(self, 3));
    Py_XDECREF(name);
    return rc < 0 ? NULL : Py_NewRef(callable);
}

static PyMethodDef decorator_def = {"def_extern_decorator", decorate, METH_O,
                                    PyDoc_STR("def_extern_decorator($self, python_callable, /)\n--\n\n"
                                              "The second half of @ffi.def_extern().")};

METHOD_KW(def_extern) {
    static const ArgNames sig = {"def_extern", 0, 3, {"name", "error", "onerror"}};
    FFIObject *ffi = (FFIObject *)self;
    PyObject *bound[3];
    if (args_bind(&sig, args, nargs, kwnames, bound) < 0)
        return NULL;
    if (!ffi->tables || !ffi->tables->published) {
        PyErr_SetString(PyExc_ValueError, "ffi.def_extern() is only available on API-mode FFI objects");
        return NULL;
    }
    PyObject *state = PyTuple_Pack(4, self, bound[0] ? bound[0] : Py_None, bound[1] ? bound[1] : Py_None,
                                   bound[2] ? bound[2] : Py_None);
    PyObject *result = state ? PyCFunction_New(&decorator_def, state) : NULL;
    Py_XDECREF(state);
    return result;
}
