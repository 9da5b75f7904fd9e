/* The rows of a module's table of types. */
#include "pymod/emit.h"

/* OP: (name of the opcode or None: a plain number, argument: int or C text). */
static int read_op(PyObject *op, Slice *name, Slice *text, long long *number) {
    if (!PyTuple_Check(op) || PyTuple_GET_SIZE(op) != 2) {
        PyErr_Format(PyExc_TypeError, "expected (opcode, argument), not %R", op);
        return -1;
    }
    PyObject *opcode = PyTuple_GET_ITEM(op, 0), *argument = PyTuple_GET_ITEM(op, 1);
    *name = *text = (Slice){0};
    if (opcode != Py_None && emit_slice(opcode, name) < 0)
        return -1;
    if (PyUnicode_Check(argument))
        return emit_slice(argument, text);
    return emit_read_number(argument, number);
}

static int put_op(Emit *e, Py_ssize_t i, PyObject *op) {
    Slice name, text;
    long long number = 0;
    if (read_op(op, &name, &text, &number) < 0)
        return -1;
    emit_string(e, i ? "\n  /* " : "  /* ");
    emit_number(e, i);
    emit_string(e, name.data ? " */ _CFFI_OPCODE(_CFFI_OP_" : " */ (void *)(uintptr_t)(");
    emit_put(e, name);
    emit_string(e, name.data ? ", " : "");
    if (text.data)
        emit_put(e, text);
    else
        emit_number(e, number);
    emit_string(e, "),");
    return 0;
}

PyObject *emit_types(PyObject *module, PyObject *ops) {
    Emit e = {0};
    int rc = 0;
    (void)module;
    if (!PyList_Check(ops))
        return PyErr_Format(PyExc_TypeError, "expected a list, not %.200s", Py_TYPE(ops)->tp_name);
    PyObject *op;
    for (Py_ssize_t i = 0; rc == 0 && (op = sequence_item(ops, i)); i++) {
        rc = put_op(&e, i, op);
        Py_DECREF(op);
    }
    if (PyList_GET_SIZE(ops) == 0)
        emit_string(&e, "  NULL");
    return rc < 0 ? emit_drop(&e) : emit_finish(&e);
}
