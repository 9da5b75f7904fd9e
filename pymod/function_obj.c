/* Pointers to functions as Python callables: vectorcall, the call itself, and what help() shows. */
#include "pymod/call.h"
#include "pymod/cdata.h"

#include <errno.h>
#include <string.h>

#define AREA_ON_STACK 512 /* bytes: most calls need no allocation for their area */

/* Of one function, and without the GIL another thread may be setting it. */
static inline bool keeps_gil(const CDataFunction *f) { return __atomic_load_n(&f->keep_gil, __ATOMIC_RELAXED); }

static inline void run(const CDataFunction *f, const AbiPlan *plan, char *area) {
    void (*code)(void) = (void (*)(void))f->head.data;
    int *saved = abi_errno(), *current = &errno;
    *current = *saved;
    abi_call(plan, code, area);
    *saved = *current;
}

/* Comparisons in the order of how often they are met: a table to jump through would take longer. */
static inline PyObject *result_object(const FunctionCall *call, char *at) {
    ResultOp op = (ResultOp)call->result_op;
    if (op == RESULT_INT) return PyLong_FromLong(*(int *)(void *)at);
    if (op == RESULT_DOUBLE) return PyFloat_FromDouble(*(double *)(void *)at);
    if (op == RESULT_VOID) Py_RETURN_NONE;
    if (op == RESULT_LONG) return PyLong_FromLong(*(long *)(void *)at);
    if (op == RESULT_COPY) return cdata_copy(call->result, at);
    return call->result->from_c(call->result, at, NULL);
}

/* Always in line: a call costs no more than a few of these instructions. */
__attribute__((always_inline)) static inline PyObject *run_and_convert(CDataFunction *f, const FunctionCall *call, const AbiPlan *plan, char *area) {
    if (keeps_gil(f)) {
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

/* "argument 1, 'n', of abs()" */
static PyObject *place_of_argument(const CDataFunction *f, uint32_t i) {
    const char *name = f->symbol->params ? f->symbol->params[i] : NULL;
    return name ? PyUnicode_FromFormat("argument %u, '%s', of %s()", i + 1, name, f->symbol->name)
                : PyUnicode_FromFormat("argument %u of %s()", i + 1, f->symbol->name);
}

/* "'int' from 'str'" */
static PyObject *types_of_argument(const CTypeObject *ct, PyObject *value) {
    if (cdata_check(ct->state, value)) return PyUnicode_FromFormat("'%s' from cdata '%s'", ct->name, ((CDataObject *)value)->ctype->name);
    return PyUnicode_FromFormat("'%s' from '%.200s'", ct->name, Py_TYPE(value)->tp_name);
}

void function_explain_argument(CDataFunction *f, const FunctionCall *call, uint32_t i, PyObject *argument) {
    PyObject *type, *value, *traceback;
    if (f->symbol == NULL || !(PyErr_ExceptionMatches(PyExc_TypeError) || PyErr_ExceptionMatches(PyExc_OverflowError))) return;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    PyObject *text = value ? PyObject_Str(value) : NULL, *place = place_of_argument(f, i), *message = NULL, *longer = NULL;
    PyObject *types = type == PyExc_TypeError ? types_of_argument(call->args[i].ctype, argument) : NULL;
    if (text != NULL && place != NULL && types != NULL) message = PyUnicode_FromFormat("%U (%U: %U)", text, place, types);
    else if (text != NULL && place != NULL) message = PyUnicode_FromFormat("%U (%U)", text, place);
    /* Only exceptions with a single text as their argument can be told more. */
    if (message != NULL && (type == PyExc_TypeError || type == PyExc_OverflowError)) longer = PyObject_CallOneArg(type, message);
    PyErr_Clear();
    if (longer != NULL) Py_SETREF(value, longer);
    Py_XDECREF(text);
    Py_XDECREF(place);
    Py_XDECREF(types);
    Py_XDECREF(message);
    PyErr_Restore(type, value, traceback);
}

/* A call of any arguments. */
static PyObject *call_with_area(CDataFunction *f, FunctionCall *call, PyObject *const *args, char *area) {
    _Alignas(16) char buffer[TEMPORARIES_SIZE];
    Temporaries t = {buffer, buffer + sizeof buffer, NULL};
    PyObject *result = NULL;
    uint32_t i, n = call->nargs;
    for (i = 0; i < n; i++)
        if (argument_convert(&call->args[i], area + call->args[i].offset, args[i], &t) < 0) break;
    if (i == n) result = run_and_convert(f, call, call->plan, area);
    else function_explain_argument(f, call, i, args[i]);
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

/* CPython loads F's vectorcall without any order, so that a thread without the GIL can come to fixed_call()
 * before it sees F's description. */
static inline FunctionCall *call_of(const CDataFunction *f) {
#ifdef Py_GIL_DISABLED
    return __atomic_load_n(&f->call, __ATOMIC_ACQUIRE);
#else
    return f->call;
#endif
}

/* The description if F is known to be neither NULL nor variadic nor to need a large area, and is called with the
 * right number of arguments; else NULL. */
static inline FunctionCall *call_ready(const CDataFunction *f, size_t nargsf, PyObject *kwnames) {
    FunctionCall *call = call_of(f);
#ifdef Py_GIL_DISABLED
    if (call == NULL) return NULL;
#endif
    return PyVectorcall_NARGS(nargsf) == (Py_ssize_t)call->nargs && kwnames == NULL ? call : NULL;
}

__attribute__((noinline)) static PyObject *call_with_stack_area(CDataFunction *f, FunctionCall *call, PyObject *const *args) {
    _Alignas(16) char area[AREA_ON_STACK];
    return call_with_area(f, call, args, area);
}

static PyObject *fixed_call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames) {
    CDataFunction *f = (CDataFunction *)self;
    FunctionCall *call = call_ready(f, nargsf, kwnames);
    return call == NULL ? function_vectorcall(self, args, nargsf, kwnames) : call_with_stack_area(f, call, args);
}

/* As long as nothing but argument_quick() was needed nothing has happened: the other way starts anew. */
static PyObject *quick_call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames) {
    CDataFunction *f = (CDataFunction *)self;
    FunctionCall *call = call_ready(f, nargsf, kwnames);
    if (call == NULL) return function_vectorcall(self, args, nargsf, kwnames);
    _Alignas(16) char area[AREA_ON_STACK];
    const Argument *a = call->args, *end = a + call->nargs;
    for (PyObject *const *value = args; a < end; a++, value++)
        if (!argument_quick(a, area + a->offset, *value)) return call_with_stack_area(f, call, args);
    return run_and_convert(f, call, call->plan, area);
}

/* ---------------------------------------------------------------- in registers: no area, nothing else to look up */

/* What is not the usual case, but may be as right, goes the way that takes all. */
__attribute__((noinline, cold)) static PyObject *otherwise(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames) {
    return function_vectorcall(self, args, nargsf, kwnames);
}

#define CALLS_IN_REGISTERS(kind, count)                                                                                  \
    static PyObject *kind##_##count(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames) {            \
        return kind##_call(self, args, nargsf, kwnames, count);                                                          \
    }

static inline bool is_count(size_t nargsf, PyObject *kwnames, unsigned n) {
    return PyVectorcall_NARGS(nargsf) == (Py_ssize_t)n && kwnames == NULL;
}

__attribute__((always_inline)) static inline uint64_t words_run(const CDataFunction *f, unsigned n, const uint64_t *word) {
    int *saved = abi_errno(), *current = &errno;
    *current = *saved;
    uint64_t result = abi_call_words((void (*)(void))f->head.data, n, word);
    *saved = *current;
    return result;
}

__attribute__((always_inline)) static inline PyObject *words_call(PyObject *self, PyObject *const *args, size_t nargsf,
                                                                  PyObject *kwnames, unsigned n) {
    const CDataFunction *f = (CDataFunction *)self;
    const FunctionCall *call = call_of(f);
    uint64_t word[ABI_WORDS_MAX], result;
    if (!is_count(nargsf, kwnames, n)) return otherwise(self, args, nargsf, kwnames);
#ifdef Py_GIL_DISABLED
    if (call == NULL) return otherwise(self, args, nargsf, kwnames);
#endif
    for (unsigned i = 0; i < n; i++) {
        const Argument *a = &call->args[i];
        if (!(a->op == ARG_POINTER ? pointer_quick(a, &word[i], args[i]) : integer_quick(a, &word[i], args[i])))
            return otherwise(self, args, n, NULL);
    }
    if (keeps_gil(f)) {
        result = words_run(f, n, word);
    } else {
        PyThreadState *thread = PyEval_SaveThread();
        result = words_run(f, n, word);
        PyEval_RestoreThread(thread);
    }
    return result_object(call, (char *)&result);
}

__attribute__((always_inline)) static inline double doubles_run(const CDataFunction *f, unsigned n, const double *x) {
    int *saved = abi_errno(), *current = &errno;
    *current = *saved;
    double result = abi_call_doubles((void (*)(void))f->head.data, n, x);
    *saved = *current;
    return result;
}

__attribute__((always_inline)) static inline PyObject *doubles_call(PyObject *self, PyObject *const *args, size_t nargsf,
                                                                    PyObject *kwnames, unsigned n) {
    const CDataFunction *f = (CDataFunction *)self;
    double x[ABI_DOUBLES_MAX], result;
    if (!is_count(nargsf, kwnames, n)) return otherwise(self, args, nargsf, kwnames);
    for (unsigned i = 0; i < n; i++) {
        if (!PyFloat_CheckExact(args[i])) return otherwise(self, args, n, NULL);
        x[i] = PyFloat_AS_DOUBLE(args[i]);
    }
    if (keeps_gil(f)) {
        result = doubles_run(f, n, x);
    } else {
        PyThreadState *thread = PyEval_SaveThread();
        result = doubles_run(f, n, x);
        PyEval_RestoreThread(thread);
    }
    return PyFloat_FromDouble(result);
}

CALLS_IN_REGISTERS(words, 0)
CALLS_IN_REGISTERS(words, 1)
CALLS_IN_REGISTERS(words, 2)
CALLS_IN_REGISTERS(words, 3)
CALLS_IN_REGISTERS(doubles, 1)
CALLS_IN_REGISTERS(doubles, 2)

/* Are all arguments, and the result of doubles, what the calls in registers convert? */
static bool converts_in_registers(const FunctionCall *call) {
    for (uint32_t i = 0; i < call->nargs; i++) {
        ArgumentOp op = (ArgumentOp)call->args[i].op;
        if (call->plan->registers == ABI_DOUBLES ? op != ARG_DOUBLE : op > ARG_UNSIGNED && op != ARG_POINTER) return false;
    }
    return call->plan->registers != ABI_DOUBLES || call->result_op == RESULT_DOUBLE;
}

static vectorcallfunc way_of(const FunctionCall *call) {
    static const vectorcallfunc words[] = {words_0, words_1, words_2, words_3}, doubles[] = {NULL, doubles_1, doubles_2};
    if (call->plan->registers != ABI_AREA && converts_in_registers(call))
        return (call->plan->registers == ABI_WORDS ? words : doubles)[call->nargs];
    return call->quick ? quick_call : fixed_call;
}

/* Find the description of F's calls, and let the next call take the shortest way. NULL with an exception. */
static FunctionCall *prepare(CDataFunction *f) {
    CTypeObject *fn = ctype_item(f->head.ctype);
    FunctionCall *call = fn == NULL ? NULL : function_call_of(fn);
    if (call == NULL) return NULL;
    /* Others may be calling F: who sees the second store mostly sees the first. */
    __atomic_store_n(&f->call, call, __ATOMIC_RELEASE);
    if (!call->variadic && call->plan->area_size <= AREA_ON_STACK)
        __atomic_store_n(&f->head.vectorcall, way_of(call), __ATOMIC_RELEASE);
    return call;
}

PyObject *function_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames) {
    CDataFunction *f = (CDataFunction *)self;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    FunctionCall *call = call_of(f);
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

/* The declared function that SELF is, or NULL. */
static const CdeclSymbol *symbol_of(PyObject *self) {
    return cdata_is_function((CDataObject *)self) ? ((CDataFunction *)self)->symbol : NULL;
}

static PyObject *no_attribute(const char *name) {
    PyErr_SetString(PyExc_AttributeError, name);
    return NULL;
}

static PyObject *get_name(PyObject *self, void *closure) {
    const CdeclSymbol *symbol = symbol_of(self);
    return PyUnicode_FromString(symbol != NULL ? symbol->name : "<cdata>");
}

static PyObject *get_qualname(PyObject *self, void *closure) {
    return symbol_of(self) != NULL ? get_name(self, closure) : no_attribute("__qualname__");
}

static PyObject *get_signature(PyObject *self, void *closure) {
    const CdeclSymbol *symbol = symbol_of(self);
    return symbol != NULL ? symbol_signature(symbol) : no_attribute("__signature__");
}

static PyObject *get_release_gil(PyObject *self, void *closure) {
    if (!cdata_is_function((CDataObject *)self)) return no_attribute("release_gil");
    return PyBool_FromLong(!keeps_gil((CDataFunction *)self));
}

static int set_release_gil(PyObject *self, PyObject *value, void *closure) {
    if (!cdata_is_function((CDataObject *)self)) return no_attribute("release_gil"), -1;
    int release = value == NULL ? 1 : PyObject_IsTrue(value);
    if (release < 0) return -1;
    __atomic_store_n(&((CDataFunction *)self)->keep_gil, !release, __ATOMIC_RELAXED);
    return 0;
}

PyGetSetDef cdata_getset[] = {
    {"__name__", get_name, NULL, "the declared name of a function; else \"<cdata>\", for programs that expect a name of what they can call", NULL},
    {"__qualname__", get_qualname, NULL, "the declared name of a function", NULL},
    {"__signature__", get_signature, NULL, "inspect.Signature of the declared parameters of a function", NULL},
    {"__array_interface__", cdata_array_interface, NULL, "arrays, structs and unions for NumPy, without a copy: version 3 of its array interface", NULL},
    {"release_gil", get_release_gil, set_release_gil,
     "of a function: whether other Python threads may run during a call (default True, False for functions declared\n"
     "__attribute__((const)) or ((pure))). Set it to False for short functions that neither block nor call back\n"
     "into Python from another thread: the call is faster, and everything else waits for it.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

/* ---------------------------------------------------------------- life: for the types of cdata */

int function_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((CDataObject *)self)->ctype);
    Py_VISIT(((CDataFunction *)self)->keep);
    return 0;
}

int function_clear(PyObject *self) {
    CDataFunction *f = (CDataFunction *)self;
    /* The symbol lives in the scope that KEEP keeps alive. */
    if (f->keep != NULL) f->symbol = NULL;
    Py_CLEAR(f->keep);
    return 0;
}

void function_dealloc(PyObject *self) {
    PyObject_GC_UnTrack(self);
    if (((CDataObject *)self)->weakrefs != NULL) PyObject_ClearWeakRefs(self);
    function_clear(self);
    cdata_free(self);
}
