/* The C functions that Python calls, in the C source of a module: arguments in, the call, the result out.
 *
 * For each declared function NAME: _cffi_d_NAME with its C signature, _cffi_f_NAME in the form of METH_NOARGS,
 * METH_O or METH_VARARGS, and unless it has one argument _cffi_v_NAME in that of METH_FASTCALL. (For no argument as well:
 * CPython has an instruction of its own for calls by METH_O and METH_FASTCALL, and takes the long way by METH_NOARGS.)
 * What they call is in cdeffi/builder/prologue.h. Local names begin with an underscore, which the names of a C source at
 * file scope may not (C11 7.1.3): none of its functions, types and macros is hidden or in the way. */
#include "pymod/emit_function.h"

#include <string.h>

#define FILL(expression) "  _x@i = " expression ";\n  if (_failed)\n    @f;\n"
#define INTEGER FILL("(@c)_cffi_to_integer(@o, sizeof(@c), (@c)-1 <= 0, &_failed)"), "_cffi_from_integer(_result, @c)"
#define POINTER FILL("(@c)_cffi_to_pointer(@o, _cffi_types[@s], &_memories, &_failed)"), "_cffi_from_pointer(_result, _cffi_types[@s])"
#define PLACE "  if (_cffi_to_other(@o, _cffi_types[@s], &_x@i) < 0)\n    @f;\n"

static const Kind kinds[] = {
    {"integer", INTEGER, ARITHMETIC | INTEGRAL | SIGNED},
    {"unsigned", INTEGER, ARITHMETIC | INTEGRAL | UNSIGNED},
    {"open integer", INTEGER, ARITHMETIC | INTEGRAL}, /* which one, the C source says */
    {"bytes", FILL("(@c)_cffi_to_bytes_pointer(@o, _cffi_types[@s], &_memories, &_failed)"),
     "_cffi_from_pointer(_result, _cffi_types[@s])", MEMORY | BYTES},
    {"pointer", POINTER, MEMORY},
    {"numbers", POINTER, MEMORY | NUMBERS},
    {"void", "", "", 0},
    {"real", FILL("(@c)_cffi_to_real(@o, &_failed)"), "PyFloat_FromDouble(_result)", ARITHMETIC},
    {"enum", "  if (_cffi_to_enumerator(@o, _cffi_types[@s], &_x@i, sizeof _x@i, (@c)-1 <= 0) < 0)\n    @f;\n",
     "_cffi_from_integer(_result, @c)", PLACED | INTEGRAL},
    {"function", FILL("(@c)_cffi_to_function(@o, _cffi_types[@s], &_failed)"), "_cffi_from_pointer(_result, _cffi_types[@s])", 0},
    {"record", PLACE, "_cffi_from_record(&_result, _cffi_types[@s])", PLACED},
    {"const record", PLACE, "_cffi_from_record(&_result, _cffi_types[@s])", PLACED | CONSTANT},
    {"bool", FILL("_cffi_to_bool(@o, &_failed)"), "PyBool_FromLong(_result)", 0},
    {"char", FILL("_cffi_to_char(@o, &_failed)"), "_cffi_from_char(_result)", INTEGRAL},
    {"wide", FILL("(@c)_cffi_to_wide(@o, sizeof(@c), &_failed)"), "_cffi_from_wide((unsigned int)_result, sizeof(@c))", INTEGRAL},
    {"complex", PLACE, "_cffi_from_place(&_result, _cffi_types[@s])", ARITHMETIC | PLACED},
    {"vector", PLACE, "_cffi_from_record(&_result, _cffi_types[@s])", PLACED},
    {"other", PLACE, "_cffi_from_place(&_result, _cffi_types[@s])", PLACED},
    {"long double", FILL("_cffi_to_long_double(@o, &_failed)"), "_cffi_from_place(&_result, _cffi_types[@s])", ARITHMETIC},
};

static void put_call(Emit *e, const Wrapper *w) {
    emit_put(e, w->name);
    for (size_t i = 0; i < w->n; i++) {
        emit_string(e, i ? ", _x" : "(_x");
        emit_number(e, (long long)i);
    }
    emit_string(e, w->n ? ")" : "()");
}

static void put_object(Emit *e, const Place *p) {
    if (p->w->n == 1) {
        emit_string(e, "_arg0");
        return;
    }
    emit_string(e, "_args[");
    emit_number(e, (long long)p->i - 1);
    emit_string(e, "]");
}

static void put_fact(Emit *e, char letter, const void *context) {
    const Place *p = context;
    const Value *v = &p->w->values[p->i];
    switch (letter) {
    case 'n': emit_put(e, p->w->name); break;
    case 'w': emit_put(e, p->w->where); break;
    case 'l': put_call(e, p->w); break;
    case 'k': emit_number(e, (long long)p->w->n); break;
    case 'b': emit_put(e, v->before); break;
    case 'a': emit_put(e, v->after); break;
    case 'c':
        emit_put(e, v->before);
        emit_put(e, v->after);
        break;
    case 's': emit_number(e, v->slot); break;
    case 'i': emit_number(e, (long long)p->i - 1); break;
    case 'o': put_object(e, p); break;
    default: emit_string(e, p->w->has_memory ? "goto fail" : "return NULL"); break; /* f */
    }
}

void emit_about(Emit *e, const Wrapper *w, size_t i, const char *template) {
    emit_template(e, template, put_fact, &(Place){w, i});
}

static void put_each_argument(Emit *e, const Wrapper *w, const char *template) {
    for (size_t i = 1; i <= w->n; i++)
        emit_about(e, w, i, template);
}

/* _cffi_d_NAME. Here a compiler sees whether the types that are declared are those of the C source. */
static void put_direct(Emit *e, const Wrapper *w) {
    unsigned result = w->values[0].kind->is;
    emit_about(e, w, 0, "static @b_cffi_d_@n(");
    for (size_t i = 1; i <= w->n; i++)
        emit_about(e, w, i, i > 1 ? ", @b_x@i@a" : "@b_x@i@a");
    emit_about(e, w, 0, w->n ? ")@a\n{\n" : "void)@a\n{\n");
    if (result & INTEGRAL)
        emit_about(e, w, 0, "  _CFFI_ASSERT(sizeof(@l) <= sizeof(@c), \"@w: @n: the result is wider in the C source\");\n");
    if (result & UNSIGNED)
        emit_about(e, w, 0, "  _CFFI_ASSERT(_CFFI_IS_UNSIGNED(@l), \"@w: @n: the result is signed in the C source\");\n");
    emit_about(e, w, 0, w->is_void ? "  @l;\n}\n" : "  return @l;\n}\n");
}

/* The function that Python calls, up to its first statement. */
static void put_head(Emit *e, const Wrapper *w) {
    emit_about(e, w, 0, w->n == 1 ? "static PyObject *_cffi_f_@n(PyObject *_self, PyObject *_arg0)\n{\n"
                                  : "static PyObject *_cffi_v_@n(PyObject *_self, PyObject *const *_args, Py_ssize_t _nargs)\n{\n");
    put_each_argument(e, w, "  @b_x@i@a;\n");
    if (w->has_memory)
        emit_string(e, "  struct _cffi_memories _memories;\n");
    if (w->has_failed)
        emit_string(e, "  int _failed = 0;\n");
    if (!w->is_void)
        emit_about(e, w, 0, "  @b_result@a;\n");
    emit_string(e, "  PyObject *_pyresult = NULL;\n  (void)_self;\n");
}

static void put_arguments(Emit *e, const Wrapper *w) {
    if (w->n == 0)
        emit_string(e, "  (void)_args;\n");
    if (w->n != 1) /* what Python has not seen to */
        emit_about(e, w, 0, "  if (_nargs != @k)\n    return _cffi_wrong_count(\"@n\", @k, _nargs);\n");
    if (w->has_memory)
        emit_string(e, "  _cffi_memories_start(_memories);\n");
    for (size_t i = 1; i <= w->n; i++)
        emit_about(e, w, i, w->values[i].kind->in);
}

static void put_result(Emit *e, const Wrapper *w) {
    if (w->is_void) {
        emit_string(e, "  Py_INCREF(Py_None);\n  _pyresult = Py_None;\n");
    } else {
        emit_string(e, "  _pyresult = ");
        emit_about(e, w, 0, w->values[0].kind->out);
        emit_string(e, ";\n");
    }
    if (w->has_memory)
        emit_string(e, "fail:\n  if (_memories.list != NULL)\n    _cffi_memories_free(_memories.list);\n");
    emit_string(e, "  return _pyresult;\n}\n");
}

/* The form that backends know which do not know METH_FASTCALL. */
static void put_old_form(Emit *e, const Wrapper *w) {
    emit_about(e, w, 0, w->n == 0 ? "\nstatic PyObject *_cffi_f_@n(PyObject *_self, PyObject *_unused)\n{\n"
                             "  (void)_unused;\n  return _cffi_v_@n(_self, NULL, 0);\n}\n"
                           : "\nstatic PyObject *_cffi_f_@n(PyObject *_self, PyObject *_args)\n{\n"
                             "  return _cffi_by_tuple(_self, _args, _cffi_v_@n);\n}\n");
}

/* A function of numbers that ISO C has: does the compiler take it for that one? Then it can compute an example. The operand of
 * __builtin_constant_p() is not evaluated. */
static void put_question(Emit *e, const Wrapper *w) {
    emit_about(e, w, 0, "  PyThreadState *_state = _CFFI_COMPUTES(@n(");
    for (size_t i = 1; i <= w->n; i++)
        emit_about(e, w, i, i > 1 ? ", (@c)1" : "(@c)1");
    emit_string(e, ")) ? NULL : PyEval_SaveThread();\n");
}

static void put_call_statement(Emit *e, const Wrapper *w) {
    if (w->gil == ASKED)
        put_question(e, w);
    emit_string(e, w->gil == RELEASED ? "  Py_BEGIN_ALLOW_THREADS\n  _cffi_restore_errno();\n" : "  _cffi_restore_errno();\n");
    if (w->values[0].kind->is & CONSTANT)
        emit_about(e, w, 0, "  { @b_value@a = @l; memcpy((void *)&_result, &_value, sizeof _value); }\n");
    else
        emit_about(e, w, 0, w->is_void ? "  @l;\n" : "  _result = @l;\n");
    emit_string(e, w->gil == RELEASED ? "  _cffi_save_errno();\n  Py_END_ALLOW_THREADS\n" : "  _cffi_save_errno();\n");
    if (w->gil == ASKED)
        emit_string(e, "  if (_state != NULL)\n    PyEval_RestoreThread(_state);\n");
}

static void put_wrapper(Emit *e, const Wrapper *w) {
    put_direct(e, w);
    put_head(e, w);
    put_arguments(e, w);
    put_call_statement(e, w);
    put_result(e, w);
    if (w->n != 1)
        put_old_form(e, w);
}

/* ---- from Python */

static const Kind *kind_named(PyObject *name) {
    const char *s = PyUnicode_AsUTF8(name);
    for (size_t i = 0; s && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(s, kinds[i].name) == 0)
            return &kinds[i];
    if (s)
        PyErr_Format(PyExc_ValueError, "no kind of value: %R", name);
    return NULL;
}

/* A Value of wrappers.py: (kind, text before the declarator, text after it, slot). */
static int read_value(PyObject *from, Value *v) {
    if (!PyTuple_Check(from) || PyTuple_GET_SIZE(from) != 4) {
        PyErr_Format(PyExc_TypeError, "expected a Value, not %.200s", Py_TYPE(from)->tp_name);
        return -1;
    }
    if (emit_read_number(PyTuple_GET_ITEM(from, 3), &v->slot) < 0)
        return -1;
    v->kind = kind_named(PyTuple_GET_ITEM(from, 0));
    return v->kind && emit_slice(PyTuple_GET_ITEM(from, 1), &v->before) == 0 && emit_slice(PyTuple_GET_ITEM(from, 2), &v->after) == 0
               ? 0
               : -1;
}

/* Appended to the three lists of TEXTS: the wrapper, and what narrows, and what has other signs, where there may be such. */
static int append_texts(const Wrapper *w, PyObject *const texts[3]) {
    static void (*const put[3])(Emit *, const Wrapper *) = {put_wrapper, emit_narrowing, emit_signs};
    for (int i = 0; i < 3; i++) {
        Emit e = {0};
        put[i](&e, w);
        if (e.len == 0 && !e.failed)
            continue;
        PyObject *text = emit_finish(&e);
        if (!text || PyList_Append(texts[i], text) < 0) {
            Py_XDECREF(text);
            return -1;
        }
        Py_DECREF(text);
    }
    return 0;
}

/* The texts of W, whose values are read from the tuple FROM into VALUES, which is as long. */
static int read_wrapper(Wrapper *w, PyObject *from, Value *values) {
    for (size_t i = 0; i <= w->n; i++)
        if (read_value(PyTuple_GET_ITEM(from, (Py_ssize_t)i), &values[i]) < 0)
            return -1;
    w->values = values;
    w->is_void = strcmp(values[0].kind->name, "void") == 0;
    bool is_arithmetic = w->n > 0;
    for (size_t i = 0; i <= w->n; i++)
        is_arithmetic &= values[i].kind->is & ARITHMETIC;
    if (w->gil == RELEASED && is_arithmetic && emit_is_arithmetic(w->name))
        w->gil = ASKED;
    for (size_t i = 1; i <= w->n; i++) {
        w->has_memory |= (values[i].kind->is & MEMORY) != 0;
        w->has_failed |= !(values[i].kind->is & PLACED);
    }
    return 0;
}

/* The Values at PLACES in the dict KNOWN: new tuple; NULL without an exception if some are not there. */
static PyObject *values_at(PyObject *known, PyObject *places) {
    Py_ssize_t n = PyTuple_GET_SIZE(places);
    PyObject *values = PyTuple_New(n), *value;
    for (Py_ssize_t i = 0; values && i < n; i++) {
        if (dict_get(known, PyTuple_GET_ITEM(places, i), &value) > 0)
            PyTuple_SET_ITEM(values, i, value);
        else
            Py_CLEAR(values);
    }
    return values;
}

static int append_function(Wrapper *w, PyObject *from, PyObject *const texts[3]) {
    if (PyTuple_GET_SIZE(from) == 0) {
        PyErr_SetString(PyExc_ValueError, "a function has a result");
        return -1;
    }
    w->n = (size_t)PyTuple_GET_SIZE(from) - 1;
    Value few[8], *values = w->n < 8 ? few : PyMem_New(Value, w->n + 1);
    if (!values) {
        PyErr_NoMemory();
        return -1;
    }
    int rc = read_wrapper(w, from, values) < 0 ? -1 : append_texts(w, texts);
    if (values != few)
        PyMem_Free(values);
    return rc;
}

/* With KNOWN, FROM are places; False if the Values of some are not known. */
PyObject *emit_wrapper(PyObject *module, PyObject *args) {
    PyObject *texts[3], *name, *where, *from, *known = NULL;
    int keeps_gil;
    Wrapper w = {0};
    (void)module;
    if (!PyArg_ParseTuple(args, "(O!O!O!)UUpO!|O!", &PyList_Type, &texts[0], &PyList_Type, &texts[1], &PyList_Type, &texts[2], &name,
                          &where, &keeps_gil, &PyTuple_Type, &from, &PyDict_Type, &known)
        || emit_slice(name, &w.name) < 0 || emit_slice(where, &w.where) < 0)
        return NULL;
    w.gil = keeps_gil ? KEPT : RELEASED;
    PyObject *values = known ? values_at(known, from) : Py_NewRef(from);
    if (!values)
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_False);
    int rc = append_function(&w, values, texts);
    Py_DECREF(values);
    return rc < 0 ? NULL : Py_NewRef(Py_True);
}
