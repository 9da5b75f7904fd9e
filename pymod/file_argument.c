/* Python file objects for FILE * parameters, as cffi takes them. */
#include "pymod/call.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CAPSULE_NAME "FILE"

static bool is_file_struct(const AbiType *type) {
    if (type->kind != ABI_STRUCT) return false;
    const char *tag = type->record->tag, *alias = type->record->alias;
    return (tag != NULL && (strcmp(tag, "_IO_FILE") == 0 || strcmp(tag, "FILE") == 0)) || (alias != NULL && strcmp(alias, "FILE") == 0);
}

bool file_argument_check(const Argument *a, PyObject *value) {
    if (!is_file_struct(a->ctype->type->item.type)) return false;
    PyObject *fileno = PyObject_GetAttrString(value, "fileno");
    PyErr_Clear();
    Py_XDECREF(fileno);
    return fileno != NULL;
}

static void close_file(PyObject *capsule) {
    FILE *file = PyCapsule_GetPointer(capsule, CAPSULE_NAME);
    if (file != NULL) fclose(file);
}

/* MODE of the file object in BUF as fdopen takes it: "r", "rb+", ... */
static int file_mode(PyObject *file, char *buf, size_t cap) {
    PyObject *mode = PyObject_GetAttrString(file, "mode");
    const char *text = mode != NULL && PyUnicode_Check(mode) ? PyUnicode_AsUTF8(mode) : NULL;
    if (text == NULL && !PyErr_Occurred()) PyErr_SetString(PyExc_TypeError, "file mode is missing or not a str");
    if (text != NULL) snprintf(buf, cap, "%s", text[0] == 'x' ? "w" : text);
    Py_XDECREF(mode);
    return text == NULL ? -1 : 0;
}

/* A FILE of our own on a duplicate of the descriptor, unbuffered: whatever C writes is seen at once. */
static FILE *open_duplicate(PyObject *file) {
    char mode[8];
    int fd = PyObject_AsFileDescriptor(file);
    if (fd < 0 || file_mode(file, mode, sizeof mode) < 0) return NULL;
    int copy = dup(fd);
    FILE *stream = copy < 0 ? NULL : fdopen(copy, mode);
    if (stream == NULL) {
        if (copy >= 0) close(copy);
        PyErr_SetFromErrno(PyExc_OSError);
        return NULL;
    }
    setvbuf(stream, NULL, _IONBF, 0);
    return stream;
}

void *file_argument(PyObject *file) {
    /* What Python wrote so far comes first, at every call. */
    PyObject *flushed = PyObject_CallMethod(file, "flush", NULL);
    if (flushed == NULL) return NULL;
    Py_DECREF(flushed);
    PyObject *capsule = PyObject_GetAttrString(file, "__cffi_FILE");
    if (capsule == NULL) {
        PyErr_Clear();
        FILE *stream = open_duplicate(file);
        if (stream == NULL) return NULL;
        capsule = PyCapsule_New(stream, CAPSULE_NAME, close_file);
        if (capsule == NULL) {
            fclose(stream);
            return NULL;
        }
        if (PyObject_SetAttrString(file, "__cffi_FILE", capsule) < 0) { /* the file keeps it open */
            Py_DECREF(capsule);
            return NULL;
        }
    }
    void *stream = PyCapsule_GetPointer(capsule, CAPSULE_NAME);
    Py_DECREF(capsule);
    return stream;
}
