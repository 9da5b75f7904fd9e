/* What newer CPythons have and 3.9 lacks, under the newer names; and the few calls whose borrowed
 * references are not safe without the GIL, as calls that return new ones. */
#ifndef CDEFFI_COMPAT_H
#define CDEFFI_COMPAT_H

#include <Python.h>
#include <structmember.h>

#if PY_VERSION_HEX < 0x030A0000
static inline PyObject *compat_newref(PyObject *o) {
    Py_INCREF(o);
    return o;
}
#define Py_NewRef(o) compat_newref((PyObject *)(o))
static inline PyObject *compat_xnewref(PyObject *o) {
    Py_XINCREF(o);
    return o;
}
#define Py_XNewRef(o) compat_xnewref((PyObject *)(o))
#define Py_TPFLAGS_DISALLOW_INSTANTIATION 0
#define Py_TPFLAGS_IMMUTABLETYPE 0
#define Py_TPFLAGS_SEQUENCE 0
#endif

#if PY_VERSION_HEX < 0x030D0000
#define Py_BEGIN_CRITICAL_SECTION(o) {
#define Py_END_CRITICAL_SECTION() }
#endif

/* *VALUE = DICT[KEY], a new reference. 1 if found; 0 and NULL if not; -1 and NULL with an exception. */
static inline int dict_get(PyObject *dict, PyObject *key, PyObject **value) {
#if PY_VERSION_HEX >= 0x030D0000
    return PyDict_GetItemRef(dict, key, value);
#else
    *value = Py_XNewRef(PyDict_GetItemWithError(dict, key));
    return *value ? 1 : PyErr_Occurred() ? -1 : 0;
#endif
}

/* DICT.setdefault(KEY, FALLBACK): a new reference, or NULL with an exception. */
static inline PyObject *dict_setdefault(PyObject *dict, PyObject *key, PyObject *fallback) {
#if PY_VERSION_HEX >= 0x030D0000
    PyObject *value;
    return PyDict_SetDefaultRef(dict, key, fallback, &value) < 0 ? NULL : value;
#else
    return Py_XNewRef(PyDict_SetDefault(dict, key, fallback));
#endif
}

#endif
