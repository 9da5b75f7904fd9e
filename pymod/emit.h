/* C text that the builder (cdeffi/builder) writes: what a module has most of is spelled here, wrappers, constants and
 * checks of records. Which of them a module has, and all the rest of its text, is decided there. */
#ifndef CDEFFI_EMIT_H
#define CDEFFI_EMIT_H

#include "pymod/compat.h"

/* Zeroed at the start; emit_finish() ends it. */
typedef struct Emit {
    char *data; /* owned: PyMem_Free() */
    size_t len, cap;
    bool failed; /* out of memory: what is put from then on is dropped */
} Emit;

/* Text that somebody else holds. */
typedef struct Slice {
    const char *data; /* borrowed */
    size_t len;
} Slice;

/* Put what "@LETTER" in a template stands for. */
typedef void EmitFact(Emit *, char letter, const void *context);

/* ---- emit.c */
void emit_put(Emit *, Slice);
void emit_string(Emit *, const char *);
void emit_number(Emit *, long long);
void emit_template(Emit *, const char *template, EmitFact *, const void *context);
PyObject *emit_drop(Emit *);   /* without a text, after an exception: NULL */
PyObject *emit_finish(Emit *); /* new str, or NULL with an exception */
int emit_slice(PyObject *str, Slice *); /* -1: TypeError or MemoryError. STR keeps the text. */
int emit_read_number(PyObject *, long long *); /* -1: TypeError or OverflowError */

/* ---- emit_arithmetic.c */
bool emit_is_arithmetic(Slice name);

/* ---- for the package's own Python files */
PyObject *emit_wrapper(PyObject *module, PyObject *args); /* emit_wrapper.c */
PyObject *emit_integer(PyObject *module, PyObject *args); /* emit_constant.c */
PyObject *emit_record(PyObject *module, PyObject *args);  /* emit_record.c */
PyObject *emit_rows(PyObject *module, PyObject *rows);    /* emit_rows.c */
PyObject *emit_types(PyObject *module, PyObject *ops);    /* emit_types.c */
PyObject *emit_function_ops(PyObject *module, PyObject *args);

#endif
