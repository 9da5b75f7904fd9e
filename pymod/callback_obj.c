/* Callbacks: pointers to functions that run a Python callable. */
#include "pymod/call.h"
#include "pymod/callback.h"
#include "pymod/cdata.h"

#include <errno.h>
#include <string.h>

#define ARGS_ON_STACK 8

/* What a function pointer's code starts from. It and the code outlive a callback that the interpreter frees when
 * it ends: threads that C made may go on calling. */
typedef struct CallbackLink {
    CDataCallback *callback; /* borrowed, or NULL */
    size_t size;             /* bytes of a result; 0: void */
    _Alignas(16) char error[]; /* what C gets when the callable fails */
} CallbackLink;

static size_t result_size(const CTypeObject *result) {
    size_t size = result->type->size;
    return size == ABI_SIZE_UNKNOWN || size < sizeof(uint64_t) ? sizeof(uint64_t) : size;
}

/* Write VALUE as a result of type CT. 0, or -1 with an exception. */
static int write_result(CTypeObject *ct, void *result, PyObject *value) {
    if (ct->type->kind == ABI_VOID) {
        if (value == Py_None) return 0;
        PyErr_SetString(PyExc_TypeError, "callback with the return type 'void' must return None");
        return -1;
    }
    memset(result, 0, result_size(ct));
    return convert_init(ct, result, value);
}

/* A C argument as an object; aggregates are copied, since C may reuse their memory after the call. */
static PyObject *read_argument(CTypeObject *ct, void *at) {
    if (abi_is_record(ct->type) || ct->type->kind == ABI_VECTOR) return cdata_copy(ct, at);
    return ct->from_c(ct, at, NULL);
}

static void report(CDataCallback *cb, const char *more) { unraisable("from cffi callback ", cb->callable, more); }

/* The callable or the conversion of its result failed: C gets the error value, or what onerror returns. */
static void handle_error(CDataCallback *cb, void *result, const char *more) {
    CTypeObject *ct = cb->call->result;
    memcpy(result, cb->link->error, cb->link->size);
    if (cb->onerror == NULL) {
        report(cb, more);
        return;
    }
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    PyObject *answer = PyObject_CallFunctionObjArgs(cb->onerror, type, value ? value : Py_None, traceback ? traceback : Py_None, NULL);
    if (answer != NULL && answer != Py_None && write_result(ct, result, answer) < 0)
        memcpy(result, cb->link->error, cb->link->size);
    Py_XDECREF(answer);
    if (PyErr_Occurred()) { /* onerror failed too: report both */
        PyObject *type2, *value2, *traceback2;
        PyErr_Fetch(&type2, &value2, &traceback2);
        PyErr_Restore(type, value, traceback);
        report(cb, more);
        PyErr_Restore(type2, value2, traceback2);
        unraisable("during handling of the above exception by 'onerror'", NULL, NULL);
    } else {
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(traceback);
    }
}

static PyObject *call_python(CDataCallback *cb, void *const *args) {
    FunctionCall *call = cb->call;
    PyObject *few[ARGS_ON_STACK + 1], **argv = few, *answer = NULL;
    if (call->nargs > ARGS_ON_STACK && (argv = PyMem_Malloc((call->nargs + 1) * sizeof *argv)) == NULL) return PyErr_NoMemory();
    uint32_t n = 0;
    while (n < call->nargs && (argv[n + 1] = read_argument(call->args[n].ctype, args[n])) != NULL) n++;
    if (n == call->nargs) answer = PyObject_Vectorcall(cb->callable, argv + 1, n | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    while (n > 0) Py_DECREF(argv[n--]);
    if (argv != few) PyMem_Free(argv);
    return answer;
}

static void run(CDataCallback *cb, void *result, void *const *args) {
    const char *more = NULL;
    PyObject *answer = call_python(cb, args);
    if (answer != NULL && write_result(cb->call->result, result, answer) < 0) {
        Py_CLEAR(answer);
        more = ", trying to convert the result back to C";
    }
    if (answer == NULL) handle_error(cb, result, more);
    Py_XDECREF(answer);
}

/* C calls us: on any thread, with the GIL or without. */
static void handler(void *user, void *result, void *const *args) {
    const CallbackLink *link = user;
    *abi_errno() = errno;
    ThreadEntry entry;
    bool entered = thread_enter(&entry);
    CDataCallback *cb = entered ? link->callback : NULL;
    if (cb != NULL && cb->callable != NULL) {
        Py_INCREF(cb); /* the callable may drop the last reference to its own callback */
        thread_keep(&entry, cb->call->result->state);
        run(cb, result, args);
        Py_DECREF(cb);
    } else {
        memset(result, 0, link->size);
    }
    if (entered) thread_leave(&entry);
    errno = *abi_errno();
}

/* ---------------------------------------------------------------- the object */

static CTypeObject *function_type(CTypeObject *ct) { /* borrowed; from the function type or a pointer to it */
    if (ct->type->kind == ABI_POINTER && ct->type->item.type->kind == ABI_FUNCTION) return ctype_item(ct);
    if (ct->type->kind == ABI_FUNCTION) return ct;
    PyErr_Format(PyExc_TypeError, "expected a function ctype, got '%s'", ct->name);
    return NULL;
}

static int check_callables(PyObject *callable, PyObject *onerror) {
    if (!PyCallable_Check(callable))
        PyErr_Format(PyExc_TypeError, "expected a callable object, not %.200s", Py_TYPE(callable)->tp_name);
    else if (onerror != NULL && !PyCallable_Check(onerror))
        PyErr_Format(PyExc_TypeError, "expected a callable object for 'onerror', not %.200s", Py_TYPE(onerror)->tp_name);
    else
        return 0;
    return -1;
}

static CallbackLink *link_new(CDataCallback *cb) {
    size_t size = result_size(cb->call->result);
    CallbackLink *link = PyMem_Calloc(1, sizeof *link + size);
    if (link == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    link->callback = cb;
    link->size = cb->call->result->type->kind == ABI_VOID ? 0 : size;
    return link;
}

static int closure_make(CDataCallback *cb, CTypeObject *fn) {
    AbiError err;
    cb->closure = abi_closure_new(fn->type, handler, cb->link, &err);
    if (cb->closure == NULL) {
        raise_abi(fn->state, &err);
        return -1;
    }
    cb->function.head.data = (char *)abi_closure_code(cb->closure);
    return 0;
}

/* Fill CB, whose fields behind the head are all NULL. 0, or -1 with an exception. */
static int callback_init(CDataCallback *cb, CTypeObject *fn, PyObject *callable, PyObject *error, PyObject *onerror, bool detached) {
    if (fn->type->function->variadic) {
        PyErr_Format(PyExc_NotImplementedError, "%s: callback with unsupported argument or return type or with '...'", cb->function.head.ctype->name);
        return -1;
    }
    cb->detached = detached;
    cb->call = detached ? function_call_types(fn) : function_call_of(fn);
    if (cb->call == NULL) return -1;
    cb->function.call = cb->call;
    if ((cb->link = link_new(cb)) == NULL) return -1;
    if (error != NULL && error != Py_None && write_result(cb->call->result, cb->link->error, error) < 0) return -1;
    Py_INCREF(callable);
    cb->callable = callable;
    Py_XINCREF(onerror);
    cb->onerror = onerror;
    return detached ? 0 : closure_make(cb, fn);
}

static PyObject *callback_make(CTypeObject *ct, PyObject *callable, PyObject *error, PyObject *onerror, bool detached) {
    CTypeObject *fn = function_type(ct);
    if (onerror == Py_None) onerror = NULL;
    if (fn == NULL || check_callables(callable, onerror) < 0) return NULL;
    CTypeObject *ptr = ctype_pointer_to(fn);
    if (ptr == NULL) return NULL;
    CDataCallback *cb = (CDataCallback *)cdata_alloc_held(ct->state->cdata_owngc_type, ptr);
    Py_DECREF(ptr);
    if (cb == NULL) return NULL;
    memset((char *)cb + sizeof(CDataObject), 0, sizeof *cb - sizeof(CDataObject));
    cb->function.head.vectorcall = function_vectorcall;
    PyObject_GC_Track(cb);
    if (callback_init(cb, fn, callable, error, onerror, detached) < 0) Py_CLEAR(cb);
    return (PyObject *)cb;
}

PyObject *callback_new(CTypeObject *ct, PyObject *callable, PyObject *error, PyObject *onerror) {
    return callback_make(ct, callable, error, onerror, false);
}

PyObject *callback_detached(CTypeObject *ct, PyObject *callable, PyObject *error, PyObject *onerror) {
    return callback_make(ct, callable, error, onerror, true);
}

FunctionCall *callback_call(PyObject *callback) { return ((CDataCallback *)callback)->call; }

void callback_run(PyObject *callback, void *result, void *const *args) { run((CDataCallback *)callback, result, args); }

PyObject *callback_repr(PyObject *self) {
    CDataCallback *cb = (CDataCallback *)self;
    return PyUnicode_FromFormat("<cdata '%s' calling %R>", cb->function.head.ctype->name, cb->callable ? cb->callable : Py_None);
}

int callback_traverse(PyObject *self, visitproc visit, void *arg) {
    CDataCallback *cb = (CDataCallback *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(cb->function.head.ctype);
    Py_VISIT(cb->callable);
    Py_VISIT(cb->onerror);
    return 0;
}

int callback_clear(PyObject *self) {
    Py_CLEAR(((CDataCallback *)self)->callable);
    Py_CLEAR(((CDataCallback *)self)->onerror);
    return 0;
}

void callback_dealloc(PyObject *self) {
    CDataCallback *cb = (CDataCallback *)self;
    PyObject_GC_UnTrack(self);
    if (cb->function.head.weakrefs != NULL) PyObject_ClearWeakRefs(self);
    if (cb->closure == NULL && cb->call != NULL && cb->detached) function_call_free(cb->call);
    if (cb->closure != NULL && Py_IsFinalizing()) {
        cb->link->callback = NULL;
    } else {
        abi_closure_free(cb->closure);
        PyMem_Free(cb->link);
    }
    callback_clear(self);
    cdata_free(self);
}
