/* FFI: init_once(func, tag).
 *
 * once[tag] is (False, lock) while a thread runs FUNC and (True, result) after. An exception leaves
 * the first form, so that the next caller tries again. */
#include "pymod/ffi.h"

static PyObject *lock_entry(void) {
    PyObject *thread = PyImport_ImportModule("_thread");
    PyObject *lock = thread ? PyObject_CallMethod(thread, "allocate_lock", NULL) : NULL;
    PyObject *entry = lock ? PyTuple_Pack(2, Py_False, lock) : NULL;
    Py_XDECREF(thread);
    Py_XDECREF(lock);
    return entry;
}

static PyObject *entry_of(PyObject *once, PyObject *tag) {
    PyObject *entry;
    return dict_get(once, tag, &entry) != 0 ? entry : dict_keep(once, tag, lock_entry());
}

static bool entry_done(PyObject *entry) {
    return PyTuple_GET_ITEM(entry, 0) == Py_True;
}

/* With the lock held: another thread may have finished in the meantime. */
static PyObject *run_once(PyObject *once, PyObject *func, PyObject *tag) {
    PyObject *entry, *result = NULL, *done;
    if (dict_get(once, tag, &entry) < 0)
        return NULL;
    if (entry && entry_done(entry)) {
        result = Py_NewRef(PyTuple_GET_ITEM(entry, 1));
        Py_DECREF(entry);
        return result;
    }
    Py_XDECREF(entry);
    result = PyObject_CallNoArgs(func);
    if (!result)
        return NULL;
    done = PyTuple_Pack(2, Py_True, result);
    if (!done || PyDict_SetItem(once, tag, done) < 0)
        Py_CLEAR(result);
    Py_XDECREF(done);
    return result;
}

static PyObject *run_locked(PyObject *once, PyObject *lock, PyObject *func, PyObject *tag) {
    PyObject *held = PyObject_CallMethod(lock, "acquire", NULL), *result, *released;
    PyObject *type, *value, *traceback;
    if (!held)
        return NULL;
    Py_DECREF(held);
    result = run_once(once, func, tag);
    PyErr_Fetch(&type, &value, &traceback);
    released = PyObject_CallMethod(lock, "release", NULL);
    Py_XDECREF(released);
    if (type)
        PyErr_Restore(type, value, traceback);
    else if (!released)
        Py_CLEAR(result);
    return result;
}

METHOD_KW(init_once) {
    static const ArgNames sig = {"init_once", 2, 2, {"func", "tag"}};
    PyObject *bound[2], *result;
    if (args_bind(&sig, args, nargs, kwnames, bound) < 0)
        return NULL;
    PyObject *once = ((FFIObject *)self)->once;
    PyObject *entry = entry_of(once, bound[1]);
    if (!entry)
        return NULL;
    if (entry_done(entry))
        result = Py_NewRef(PyTuple_GET_ITEM(entry, 1));
    else
        result = run_locked(once, PyTuple_GET_ITEM(entry, 1), bound[0], bound[1]);
    Py_DECREF(entry);
    return result;
}
