/* _cffi_const_NAME of an integer, in the C source of a module: it gives the value and its sign, and a compiler compares
 * it with what is declared. */
#include "pymod/emit.h"

#include <stdio.h>
#include <string.h>

typedef struct Constant {
    Slice name, where;
    bool is_negative;
    char value[24], literal[40]; /* as messages say it, as C does */
} Constant;

static void put_fact(Emit *e, char letter, const void *context) {
    const Constant *c = context;
    switch (letter) {
    case 'n': emit_put(e, c->name); break;
    case 'w': emit_put(e, c->where); break;
    case 'v': emit_string(e, c->value); break;
    default: emit_string(e, c->literal); break; /* l */
    }
}

/* -2**63 has no literal of its own; from 2**32 on the type must be told. */
static int read_value(PyObject *from, Constant *c) {
    long long value = 0;
    unsigned long long positive = 0;
    if (emit_read_number(from, &value) == 0)
        positive = (unsigned long long)value;
    else if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
        PyErr_Clear(); /* of 64 bits, or of more */
        value = 0;
        positive = PyLong_AsUnsignedLongLong(from);
    }
    if (PyErr_Occurred())
        return -1;
    c->is_negative = value < 0;
    if (c->is_negative) {
        snprintf(c->value, sizeof c->value, "%lld", value);
        snprintf(c->literal, sizeof c->literal, "(-%lldLL - 1)", -(value + 1));
    } else {
        snprintf(c->value, sizeof c->value, "%llu", positive);
        snprintf(c->literal, sizeof c->literal, positive >> 32 ? "%lluULL" : "%lluU", positive);
    }
    return 0;
}

/* Where a constant is not one to the compiler, the backend is told (2) and raises. */
static void put_compared(Emit *e, const Constant *c, bool late) {
    emit_template(e, "  _CFFI_ASSERT(_CFFI_EQUALS(@n, @l),\n               \"@w: @n is not @v in the C source\");\n", put_fact, c);
    if (late)
        emit_template(e, c->is_negative ? "  if (!_n || *_o != (unsigned long long)@l)\n    _n |= 2;\n"
                                        : "  if (_n != (@l <= 0) || *_o != (unsigned long long)@l)\n    _n |= 2;\n", put_fact, c);
}

PyObject *emit_integer(PyObject *module, PyObject *args) {
    PyObject *name, *value, *where;
    int late;
    Constant c;
    Emit e = {0};
    (void)module;
    if (!PyArg_ParseTuple(args, "UOUp", &name, &value, &where, &late) || emit_slice(name, &c.name) < 0 ||
        emit_slice(where, &c.where) < 0 || (value != Py_None && read_value(value, &c) < 0))
        return NULL;
    emit_template(&e, "static int _cffi_const_@n(unsigned long long *_o)\n{\n  int _n = (@n) <= 0;\n"
                      "  *_o = (unsigned long long)((@n) | 0);\n", put_fact, &c);
    if (value != Py_None)
        put_compared(&e, &c, late);
    emit_string(&e, "  return _n;\n}");
    return emit_finish(&e);
}
