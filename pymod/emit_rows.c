/* Rows of any table of a module: templates that are filled in. */
#include "pymod/emit.h"

typedef struct Row {
    PyObject *items; /* borrowed tuple: the template, then what "@1", "@2", ... stand for */
    int *status;     /* -1: an exception */
} Row;

static int put_value(Emit *e, PyObject *value) {
    Slice text;
    long long number;
    if (PyUnicode_Check(value)) {
        if (emit_slice(value, &text) < 0)
            return -1;
        emit_put(e, text);
        return 0;
    }
    if (emit_read_number(value, &number) < 0)
        return -1;
    emit_number(e, number);
    return 0;
}

static void put_item(Emit *e, char letter, const void *context) {
    const Row *row = context;
    Py_ssize_t i = letter - '0';
    if (*row->status < 0)
        return;
    if (i >= 1 && i < PyTuple_GET_SIZE(row->items)) {
        *row->status = put_value(e, PyTuple_GET_ITEM(row->items, i));
        return;
    }
    PyErr_SetString(PyExc_ValueError, "a template names what its row does not have");
    *row->status = -1;
}

static int put_row(Emit *e, PyObject *items) {
    int status = 0;
    if (!PyTuple_Check(items) || PyTuple_GET_SIZE(items) == 0) {
        PyErr_Format(PyExc_TypeError, "expected (template, ...), not %R", items);
        return -1;
    }
    const char *template = PyUnicode_AsUTF8(PyTuple_GET_ITEM(items, 0));
    if (!template)
        return -1;
    emit_template(e, template, put_item, &(Row){items, &status});
    return status;
}

PyObject *emit_rows(PyObject *module, PyObject *rows) {
    Emit e = {0};
    int rc = 0;
    (void)module;
    if (!PyList_Check(rows))
        return PyErr_Format(PyExc_TypeError, "expected a list, not %.200s", Py_TYPE(rows)->tp_name);
    PyObject *row;
    for (Py_ssize_t i = 0; rc == 0 && (row = sequence_item(rows, i)); i++) {
        if (i)
            emit_string(&e, "\n");
        rc = put_row(&e, row);
        Py_DECREF(row);
    }
    return rc < 0 ? emit_drop(&e) : emit_finish(&e);
}
