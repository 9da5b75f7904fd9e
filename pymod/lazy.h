/* What is easier said in Python: functions of the package's modules, which are loaded when first used. */
#ifndef CDEFFI_LAZY_H
#define CDEFFI_LAZY_H

#include <Python.h>

/* MODULE.NAME(FIRST[, SECOND]); SECOND may be NULL. */
PyObject *lazy_call(const char *module, const char *name, PyObject *first, PyObject *second);
/* MODULE.NAME(SELF, *ARGS, **KWARGS); KWARGS may be NULL. */
PyObject *lazy_method(const char *module, const char *name, PyObject *self, PyObject *args, PyObject *kwargs);

#endif
