/* Positional and keyword arguments of a METH_FASTCALL | METH_KEYWORDS method, in one table. */
#ifndef CDEFFI_ARGS_H
#define CDEFFI_ARGS_H

#include <Python.h>

typedef struct ArgNames {
    const char *function;     /* what messages call it: "new" */
    int required, count;      /* the first REQUIRED of COUNT parameters have no default */
    const char *names[12];
} ArgNames;

/* OUT[i] receives parameter i, borrowed, or NULL when it was left out. 0, or -1 and TypeError. */
int args_bind(const ArgNames *, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, PyObject **out);
/* The same for tp_new, tp_init and tp_call: a tuple and a dict (may be NULL). */
int args_bind_tuple(const ArgNames *, PyObject *args, PyObject *kwargs, PyObject **out);
/* An optional size: FALLBACK when VALUE is NULL; -1 with an exception set when it is not an integer. */
Py_ssize_t args_ssize(PyObject *value, Py_ssize_t fallback);

#endif
