/* What newer CPythons have and 3.9 lacks, under the newer names; and the few calls whose borrowed
 * references are not safe without the GIL, as calls that return new ones. */
#ifndef CDEFFI_COMPAT_H
#define CDEFFI_COMPAT_H

#include <Python.h>
#include <structmember.h>

#include <stdbool.h>
#include <stdint.h>

#if PY_VERSION_HEX < 0x030B0000
#include <longintrepr.h>
#endif

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
#define Py_IsFinalizing _Py_IsFinalizing
#define Py_BEGIN_CRITICAL_SECTION(o) {
#define Py_END_CRITICAL_SECTION() }
#endif

/* What each call of a C function needs is called without a detour by the linker's stub. */
#ifdef __has_attribute
#if __has_attribute(noplt)
extern PyThreadState *PyEval_SaveThread(void) __attribute__((noplt));
extern void PyEval_RestoreThread(PyThreadState *) __attribute__((noplt));
extern PyObject *PyFloat_FromDouble(double) __attribute__((noplt));
extern PyObject *PyLong_FromLong(long) __attribute__((noplt));
extern int *__errno_location(void) __attribute__((noplt));
#endif
#endif

/* The value of an exact int that takes one digit: most of them. */
static inline bool long_compact(PyObject *o, int64_t *value) {
#if PY_VERSION_HEX >= 0x030C0000
    if (!PyUnstable_Long_IsCompact((PyLongObject *)o)) return false;
    *value = PyUnstable_Long_CompactValue((PyLongObject *)o);
#else
    Py_ssize_t size = Py_SIZE(o); /* of digits, with the sign of the number */
    if (size < -1 || size > 1) return false;
    *value = size == 0 ? 0 : size * (int64_t)((PyLongObject *)o)->ob_digit[0];
#endif
    return true;
}

/* *VALUE = DICT[KEY], a new reference. 1 if found; 0 and NULL if not; -1 and NULL with an exception. */
static inline int dict_get(PyObject *dict, PyObject *key, PyObject **value) {
#if PY_VERSION_HEX >= 0x030D0000
    return PyDict_GetItemRef(dict, key, value);
#else
    *value = Py_XNewRef(PyDict_GetItemWithError(dict, key));
    return *value ? 1 : PyErr_Occurred() ? -1 : 0;
#endif
}

/* Item I of a list or tuple: a new reference, or NULL without an exception when it is no longer that long. */
static inline PyObject *sequence_item(PyObject *sequence, Py_ssize_t i) {
    PyObject *item = NULL;
    Py_BEGIN_CRITICAL_SECTION(sequence);
    if (i < PySequence_Fast_GET_SIZE(sequence)) item = Py_NewRef(PySequence_Fast_GET_ITEM(sequence, i));
    Py_END_CRITICAL_SECTION();
    return item;
}

/* What DICT has under KEY, which is VALUE unless another thread came first: a new reference for that to VALUE, which
 * is taken. NULL with an exception; also if VALUE is NULL, with its own. */
static inline PyObject *dict_keep(PyObject *dict, PyObject *key, PyObject *value) {
    PyObject *kept = NULL;
    if (value == NULL) return NULL;
#if PY_VERSION_HEX >= 0x030D0000
    if (PyDict_SetDefaultRef(dict, key, value, &kept) < 0) kept = NULL;
#else
    kept = Py_XNewRef(PyDict_SetDefault(dict, key, value));
#endif
    Py_DECREF(value);
    return kept;
}

/* The unstable API of 3.14 for what an object without a reference may still be found by: see client_get() in
 * ctype_obj.c. 3.13 has the same objects and no names for it. An object that another thread than its own refers
 * to counts in ob_ref_shared, whose two low bits tell what its last reference does: 0, it is freed at once
 * without a look at that word; 1, it is merged first, and 3 says that it was (PEP 703, "Biased reference
 * counting"). So an object that may be found has to be at 1 at least, and one that was merged with nothing
 * left must stay dead. */
#if defined(Py_GIL_DISABLED) && PY_VERSION_HEX < 0x030E0000
static inline void PyUnstable_EnableTryIncRef(PyObject *o) {
    Py_ssize_t shared = __atomic_load_n(&o->ob_ref_shared, __ATOMIC_RELAXED);
    while ((shared & 3) == 0 && !__atomic_compare_exchange_n(&o->ob_ref_shared, &shared, shared | 1, false, __ATOMIC_RELEASE,
                                                             __ATOMIC_RELAXED)) {}
}

static inline int PyUnstable_TryIncRef(PyObject *o) {
    uint32_t local = __atomic_load_n(&o->ob_ref_local, __ATOMIC_RELAXED);
    if (_Py_IsOwnedByCurrentThread(o)) {
        if (local == 0) return 0;
        Py_INCREF(o);
        return 1;
    }
    Py_ssize_t shared = __atomic_load_n(&o->ob_ref_shared, __ATOMIC_RELAXED);
    do {
        if (shared == 0 || shared == 3) return 0;
    } while (!__atomic_compare_exchange_n(&o->ob_ref_shared, &shared, shared + 4, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
    return 1;
}
#endif

#endif
