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

/* ---- opcodes of a function */

/* LIST += [(NAME, ARGUMENT)] */
static int append_op(PyObject *list, const char *name, PyObject *argument) {
    PyObject *opcode = PyUnicode_InternFromString(name), *op = opcode ? PyTuple_Pack(2, opcode, argument) : NULL;
    int rc = op ? PyList_Append(list, op) : -1;
    Py_XDECREF(op);
    Py_XDECREF(opcode);
    return rc;
}

/* Do all types have a slot? 1, 0, or -1 with an exception. */
static int all_known(PyObject *slots, PyObject *numbers) {
    int known = 1;
    for (Py_ssize_t i = 0; known > 0 && i < PyTuple_GET_SIZE(numbers); i++)
        known = PyDict_Contains(slots, PyTuple_GET_ITEM(numbers, i));
    return known;
}

static int append_type(PyObject *ops, PyObject *slots, PyObject *number, const char *name) {
    PyObject *slot;
    if (dict_get(slots, number, &slot) <= 0) {
        if (!PyErr_Occurred())
            PyErr_SetObject(PyExc_KeyError, number);
        return -1;
    }
    int rc = append_op(ops, name, slot);
    Py_DECREF(slot);
    return rc;
}

/* _emit_function_ops(ops, slots, numbers of the result and the parameters, argument of the end): whether they have slots,
 * and OPS now ends with the function's opcodes. Parameters are references: see tables.py. */
PyObject *emit_function_ops(PyObject *module, PyObject *args) {
    PyObject *ops, *slots, *numbers, *end;
    (void)module;
    if (!PyArg_ParseTuple(args, "O!O!O!O", &PyList_Type, &ops, &PyDict_Type, &slots, &PyTuple_Type, &numbers, &end))
        return NULL;
    int known = all_known(slots, numbers);
    if (known <= 0)
        return known < 0 ? NULL : Py_NewRef(Py_False);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(numbers); i++)
        if (append_type(ops, slots, PyTuple_GET_ITEM(numbers, i), i ? "NOOP" : "FUNCTION") < 0)
            return NULL;
    return append_op(ops, "FUNCTION_END", end) < 0 ? NULL : Py_NewRef(Py_True);
}

/* ---- the rows */

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
