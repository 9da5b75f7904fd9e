/* ---- embedding: Python starts when the program first calls a function that Python implements */

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void _cffi_call_function(struct _cffi_extern_python *, char *);
static void _cffi_start_and_call(struct _cffi_extern_python *, char *);

/* What the functions of extern "Python" call: at first what starts Python, then the backend's own. */
static _cffi_call_function *_cffi_call = _cffi_start_and_call;
#undef _cffi_call_python
#define _cffi_call_python(function, arguments) (__atomic_load_n(&_cffi_call, __ATOMIC_ACQUIRE)(function, arguments))

PyMODINIT_FUNC _CFFI_INIT(void);

/* One thread of the process may start the interpreter, whichever library it comes from. What all of them share
 * lies in libpython: words that nothing uses, the same that libraries made by cffi take, with the same values. */
#if PY_VERSION_HEX >= 0x030C0000
typedef PyBufferProcs *_cffi_lock_word;
static struct { PyBufferProcs procs; int mark; } _cffi_lock_value;
#define _CFFI_LOCK ((_cffi_lock_word volatile *)&PyCapsule_Type.tp_as_buffer)
#define _CFFI_TAKEN (&_cffi_lock_value.procs)
#else
typedef int _cffi_lock_word;
#define _CFFI_LOCK ((_cffi_lock_word volatile *)&PyCapsule_Type.tp_version_tag)
#define _CFFI_TAKEN (-42)
#endif

/* Extension modules take it for granted that libpython's symbols are global; they are not if the program has
 * loaded us with RTLD_LOCAL. */
static void _cffi_make_python_global(void)
{
    Dl_info info;
    if (dladdr((void *)&PyCapsule_Type, &info) && info.dli_fname != NULL)
        (void)dlopen(info.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD);
}

static void _cffi_start_interpreter(void)
{
#if PY_VERSION_HEX >= 0x030C0000
    _cffi_lock_value.mark = -42;
#endif
    while (!__sync_bool_compare_and_swap(_CFFI_LOCK, (_cffi_lock_word)0, _CFFI_TAKEN))
        ;
    if (!Py_IsInitialized()) {
        _cffi_make_python_global();
        Py_InitializeEx(0); /* signals stay the program's */
        PyEval_SaveThread();
    }
    while (!__sync_bool_compare_and_swap(_CFFI_LOCK, _CFFI_TAKEN, (_cffi_lock_word)0))
        ;
}

static void _cffi_report_failure(void)
{
    PyObject *file = PySys_GetObject("stderr"), *path = PySys_GetObject("path"), *backend;
    PyErr_Print();
    if (file == NULL || file == Py_None)
        return;
    PyFile_WriteString("\nThe start-up code of '" _CFFI_MODULE_NAME "' failed.\n_cffi_backend: ", file);
    backend = PyDict_GetItemString(PyImport_GetModuleDict(), "_cffi_backend");
    backend = backend != NULL ? PyObject_GetAttrString(backend, "__file__") : NULL;
    PyErr_Clear();
    if (backend != NULL)
        PyFile_WriteObject(backend, file, Py_PRINT_RAW);
    else
        PyFile_WriteString("not loaded", file);
    Py_XDECREF(backend);
    PyFile_WriteString("\nsys.path: ", file);
    if (path != NULL)
        PyFile_WriteObject(path, file, 0);
    PyFile_WriteString("\n", file);
    PyErr_Clear();
}

/* Make this library an extension module of the interpreter and run the start-up code. 0, or -1 after a report. */
static int _cffi_run_startup_code(void)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *module = _CFFI_INIT(), *code = NULL, *names = NULL, *result = NULL;
    int failed;
    if (module != NULL)
        code = Py_CompileString(_cffi_startup_code, "<init code for '" _CFFI_MODULE_NAME "'>", Py_file_input);
    if (code != NULL)
        names = PyDict_New();
    if (names != NULL && PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins()) == 0)
        result = PyEval_EvalCode(code, names, names);
    failed = result == NULL;
    if (failed)
        _cffi_report_failure();
    Py_XDECREF(result);
    Py_XDECREF(names);
    Py_XDECREF(code);
    PyGILState_Release(state);
    return failed ? -1 : 0;
}

static pthread_mutex_t _cffi_startup_mutex;
static pthread_once_t _cffi_startup_once = PTHREAD_ONCE_INIT;

static void _cffi_make_mutex(void)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&_cffi_startup_mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

/* The backend's function, or NULL if the start-up code has failed. Other threads wait; the start-up code itself
 * may come here again, and goes on. */
static _cffi_call_function *_cffi_start(void)
{
    static int begun = 0;
    _cffi_call_function *function;
    _cffi_start_interpreter();
    pthread_once(&_cffi_startup_once, _cffi_make_mutex);
    pthread_mutex_lock(&_cffi_startup_mutex);
    if (!begun) {
        begun = 1;
        if (_cffi_run_startup_code() == 0)
            __atomic_store_n(&_cffi_call, (_cffi_call_function *)_cffi_exports[25], __ATOMIC_RELEASE);
        else
            _cffi_exports[25] = NULL;
    }
    function = (_cffi_call_function *)_cffi_exports[25];
    pthread_mutex_unlock(&_cffi_startup_mutex);
    return function;
}

static void _cffi_start_and_call(struct _cffi_extern_python *python, char *arguments)
{
    int saved = errno;
    _cffi_call_function *function = _cffi_start();
    errno = saved;
    if (function != NULL) {
        function(python, arguments);
        return;
    }
    fprintf(stderr, "function %s() called, but initialization code failed.  Returning 0.\n", python->name);
    memset(arguments, 0, python->result_size);
}

/* For C code: start Python now. -1 if the start-up code has failed. */
_CFFI_UNUSED static int cffi_start_python(void)
{
    return __atomic_load_n(&_cffi_call, __ATOMIC_ACQUIRE) != _cffi_start_and_call || _cffi_start() != NULL ? 0 : -1;
}

#ifdef __cplusplus
}
#endif
