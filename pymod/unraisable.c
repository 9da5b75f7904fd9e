/* Exceptions that nobody can catch: in callbacks and finalisers. */
#include "pymod/state.h"

void unraisable(const char *what, PyObject *obj, const char *more) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *text = obj != NULL ? PyUnicode_FromFormat("%s%R%s", what, obj, more ? more : "")
                                 : PyUnicode_FromFormat("%s%s", what, more ? more : "");
    PyErr_Clear(); /* a repr that fails must not hide what is reported */
    PyErr_Restore(type, value, traceback);
#if PY_VERSION_HEX >= 0x030D0000
    if (text != NULL) PyErr_FormatUnraisable("Exception ignored %S", text);
    else PyErr_WriteUnraisable(obj);
#else
    const char *utf8 = NULL;
    if (text != NULL) {
        PyErr_Fetch(&type, &value, &traceback);
        utf8 = PyUnicode_AsUTF8(text);
        PyErr_Clear();
        PyErr_Restore(type, value, traceback);
    }
    if (utf8 != NULL) _PyErr_WriteUnraisableMsg(utf8, NULL);
    else PyErr_WriteUnraisable(obj);
#endif
    Py_XDECREF(text);
    PyErr_Clear();
}
