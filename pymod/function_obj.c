/* Pointers to functions as Python callables: vectorcall, the call itself, and what help() shows. */
#include "pymod/call.h"

#include <errno.h>
#include <string.h>

#define AREA_ON_STACK 512 /* bytes: most calls need no allocation for their area */

static inline void run(const CDataFunction *f, const AbiPlan *plan, char *area) {
    void (*code)(void) = (void (*)(void))f->head.data;
    int *saved = abi_errno(), *current = &errno;
    *current = *saved;
    abi_call(plan, code, area);
    *saved = *current;
}

static inline PyObject *result_object(const FunctionCall *call, char *at) {
    switch ((ResultOp)call->result_op) {
    case RESULT_VOID: Py_RETURN_NONE;
    case RESULT_DOUBLE: return PyFloat_FromDouble(*(double *)(void *)at);
    case RESULT_INT: return PyLong_FromLong(*(int *)(void *)at);
    case RESULT_LONG: return PyLong_FromLong(*(long *)(void *)at);
    case RESULT_COPY: return cdata_copy(call->result, at);
    case RESULT_OTHER: break;
    }
    return call->result->from_c(call->result, at, NULL);
}

/* Always in line: a call costs no more than a few of these instructions. */
__attribute__((always_inline)) static inline PyObject *run_and_convert(CDataFunction *f, const FunctionCall *call, const AbiPlan *plan, char *area) {
    if (f->keep_gil) {
        run(f, plan, area);
    } else {
        PyThreadState *thread = PyEval_SaveThread();
        run(f, plan, area);
        PyEval_RestoreThread(thread);
    }
    return result_object(call, area + plan->result_offset);
}

PyObject *function_run(CDataFunction *f, const FunctionCall *call, const AbiPlan *plan, char *area) {
    return run_and_convert(f, call, plan, area);
}

static PyObject *wrong_count(CDataFunction *f, FunctionCall *call, Py_ssize_t nargs) {
    PyErr_Format(PyExc_TypeError, call->variadic ? "'%s' expects at least %u arguments, got %zd" : "'%s' expects %u arguments, got %zd",
                 f->head.ctype->name, (unsigned)call->nargs, nargs);
    return NULL;
}

/* Name the function and the parameter in an exception about argument I: cffi's message, then ours. */
static void explain_argument(CDataFunction *f, uint32_t i) {
    PyObject *type, *value, *traceback;
    if (f->symbol == NULL || !(PyErr_ExceptionMatches(PyExc_TypeError) || PyErr_ExceptionMatches(PyExc_OverflowError))) return;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    const char *name = f->symbol->params ? f->symbol->params[i] : NULL;
    PyObject *text = value ? PyObject_Str(value) : NULL, *message = NULL, *longer = NULL;
    if (text != NULL)
        message = name ? PyUnicode_FromFormat("%U (argument %u, '%s', of %s())", text, i + 1, name, f->symbol->name)
                       : PyUnicode_FromFormat("%U (argument %u of %s())", text, i + 1, f->symbol->name);
    /* Only exceptions with a single text as their argument can be told more. */
    if (message != NULL && (type == PyExc_TypeError || type == PyExc_OverflowError)) longer = PyObject_CallOneArg(type, message);
    PyErr_Clear();
    if (longer != NULL) Py_SETREF(value, longer);
    Py_XDECREF(text);
    Py_XDECREF(message);
    PyErr_Restore(type, value, traceback);
}

__attribute__((always_inline)) static inline PyObject *call_with_area(CDataFunction *f, FunctionCall *call, PyObject *const *args, char *area) {
    _Alignas(16) char buffer[TEMPORARIES_SIZE];
    Temporaries t = {buffer, buffer + sizeof buffer, NULL};
    PyObject *result = NULL;
    uint32_t i, n = call->nargs;
    for (i = 0; i < n; i++)
        if (argument_convert(&call->args[i], area + call->args[i].offset, args[i], &t) < 0) break;
    if (i == n) result = run_and_convert(f, call, call->plan, area);
    else explain_argument(f, i);
    if (t.blocks != NULL) temporaries_free(&t);
    return result;
}

static PyObject *call_with_heap_area(CDataFunction *f, FunctionCall *call, PyObject *const *args) {
    char *memory = PyMem_Malloc((size_t)call->plan->area_size + 16);
    if (memory == NULL) return PyErr_NoMemory();
    PyObject *result = call_with_area(f, call, args, (char *)(((uintptr_t)memory + 15) & ~(uintptr_t)15));
    PyMem_Free(memory);
    return result;
}

/* A call whose description is known, of a function that is neither NULL nor variadic nor needs a large area. */
static PyObject *fixed_call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames) {
    CDataFunction *f = (CDataFunction *)self;
    FunctionCall *call = f->call;
    if (PyVectorcall_NARGS(nargsf) != (Py_ssize_t)call->nargs || kwnames != NULL) return function_vectorcall(self, args, nargsf, kwnames);
    _Alignas(16) char area[AREA_ON_STACK];
    return call_with_area(f, call, args, area);
}

/* Find the description of F's calls, and let the next call take the shortest way. NULL with an exception. */
static FunctionCall *prepare(CDataFunction *f) {
    CTypeObject *fn = ctype_item(f->head.ctype);
    FunctionCall *call = fn == NULL ? NULL : function_call_of(fn);
    if (call == NULL) return NULL;
    f->call = call;
    if (!call->variadic && call->plan->area_size <= AREA_ON_STACK) f->vectorcall = fixed_call;
    return call;
}

PyObject *function_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames) {
    CDataFunction *f = (CDataFunction *)self;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    FunctionCall *call = f->call;
    if (f->head.data == NULL) {
        PyErr_Format(PyExc_RuntimeError, "cannot call null pointer pointer from cdata '%s'", f->head.ctype->name);
        return NULL;
    }
    if (kwnames != NULL && PyTuple_GET_SIZE(kwnames) != 0) {
        PyErr_SetString(PyExc_TypeError, "a cdata function cannot be called with keyword arguments");
        return NULL;
    }
    if (call == NULL && (call = prepare(f)) == NULL) return NULL;
    if (call->variadic) return nargs < call->nargs ? wrong_count(f, call, nargs) : variadic_call(f, call, args, nargs);
    if (nargs != call->nargs) return wrong_count(f, call, nargs);
    if (call->plan->area_size > AREA_ON_STACK) return call_with_heap_area(f, call, args);
    return fixed_call(self, args, nargsf, NULL);
}

PyObject *function_bound(CTypeObject *ptr, void (*code)(void), const CdeclSymbol *symbol, PyObject *keep) {
    PyObject *self = cdata_pointer(ptr, (void *)code);
    if (self == NULL) return NULL;
    CDataFunction *f = (CDataFunction *)self;
    f->symbol = symbol;
    f->keep_gil = (symbol->flags & (CDECL_S_CONST_ATTR | CDECL_S_PURE | CDECL_S_KEEP_GIL)) != 0;
    Py_XINCREF(keep);
    f->keep = keep;
    return self;
}

/* ---------------------------------------------------------------- attributes */

static PyObject *function_name(PyObject *self, void *closure) {
    const CdeclSymbol *symbol = ((CDataFunction *)self)->symbol;
    (void)closure;
    if (symbol != NULL) return PyUnicode_FromString(symbol->name);
    PyErr_SetString(PyExc_AttributeError, "__name__");
    return NULL;
}

static PyObject *function_doc(PyObject *self, void *closure) {
    const CdeclSymbol *symbol = ((CDataFunction *)self)->symbol;
    (void)closure;
    if (symbol != NULL) return symbol_doc(symbol);
    return PyUnicode_FromString(((CDataObject *)self)->ctype->name);
}

static PyObject *function_signature(PyObject *self, void *closure) {
    const CdeclSymbol *symbol = ((CDataFunction *)self)->symbol;
    (void)closure;
    if (symbol != NULL) return symbol_signature(symbol);
    PyErr_SetString(PyExc_AttributeError, "__signature__");
    return NULL;
}

static PyObject *function_keeps_gil(PyObject *self, void *closure) {
    (void)closure;
    return PyBool_FromLong(!((CDataFunction *)self)->keep_gil);
}

static int function_set_keeps_gil(PyObject *self, PyObject *value, void *closure) {
    (void)closure;
    int release = value == NULL ? 1 : PyObject_IsTrue(value);
    if (release < 0) return -1;
    ((CDataFunction *)self)->keep_gil = !release;
    return 0;
}

static PyGetSetDef function_getset[] = {
    {"__name__", function_name, NULL, "the declared name", NULL},
    {"__qualname__", function_name, NULL, "the declared name", NULL},
    {"__doc__", function_doc, NULL, "the C declaration", NULL},
    {"__signature__", function_signature, NULL, "inspect.Signature of the declared parameters", NULL},
    {"release_gil", function_keeps_gil, function_set_keeps_gil,
     "whether other Python threads may run during a call (default True, False for functions declared\n"
     "__attribute__((const)) or ((pure))). Set it to False for short functions that neither block nor call back\n"
     "into Python from another thread: the call is faster, and everything else waits for it.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyMemberDef function_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(CDataFunction, vectorcall), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(CDataObject, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL}};

/* Like a staticmethod: a lib's function in a class stays a function of its own. It also makes pydoc and
 * inspect treat it as a routine. */
static PyObject *function_get(PyObject *self, PyObject *instance, PyObject *owner) {
    (void)instance, (void)owner;
    Py_INCREF(self);
    return self;
}

static int function_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((CDataObject *)self)->ctype);
    Py_VISIT(((CDataFunction *)self)->keep);
    return 0;
}

static int function_clear(PyObject *self) {
    CDataFunction *f = (CDataFunction *)self;
    /* The symbol lives in the scope that KEEP keeps alive. */
    if (f->keep != NULL) f->symbol = NULL;
    Py_CLEAR(f->keep);
    return 0;
}

static void function_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (((CDataObject *)self)->weakrefs != NULL) PyObject_ClearWeakRefs(self);
    function_clear(self);
    Py_CLEAR(((CDataObject *)self)->ctype);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyType_Slot function_slots[] = {
    {Py_tp_call, PyVectorcall_Call},       {Py_tp_getattro, PyObject_GenericGetAttr}, {Py_tp_setattro, PyObject_GenericSetAttr},
    {Py_tp_getset, function_getset},       {Py_tp_members, function_members},         {Py_tp_descr_get, function_get},
    {Py_tp_traverse, function_traverse},   {Py_tp_clear, function_clear},             {Py_tp_dealloc, function_dealloc},
    {0, NULL}};

PyType_Spec cdata_function_spec = {
    .name = "_cffi_backend._CDataFunction",
    .basicsize = sizeof(CDataFunction),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = function_slots,
};
