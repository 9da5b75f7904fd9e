/* ffi.buffer: raw memory of a cdata as a sequence of bytes, and a buffer for whatever takes one. */
#include "pymod/args.h"
#include "pymod/cdata.h"
#include "pymod/compat.h"

#include <string.h>

typedef struct BufferObject {
    PyObject_HEAD
    char *data;
    Py_ssize_t size;     /* bytes */
    CDataObject *keep;   /* strong */
    PyObject *weakrefs;
} BufferObject;

PyObject *buffer_new(ModuleState *st, CDataObject *keep, char *data, Py_ssize_t size) {
    BufferObject *b = PyObject_GC_New(BufferObject, st->buffer_type);
    if (!b)
        return NULL;
    b->data = data;
    b->size = size;
    b->keep = (CDataObject *)Py_NewRef(keep);
    b->weakrefs = NULL;
    PyObject_GC_Track(b);
    return (PyObject *)b;
}

/* How many bytes ffi.buffer(cd) shows: all of an array, or what a pointer points to, which is more
 * than its type says when it owns a struct with a flexible array. -1 with an exception. */
static Py_ssize_t natural_size(CDataObject *cd) {
    const AbiType *type = cd->ctype->type;
    if (type->kind == ABI_ARRAY)
        return cdata_sizeof(cd);
    if (type->kind != ABI_POINTER || type->item.type->kind == ABI_FUNCTION) {
        PyErr_Format(PyExc_TypeError, "expected a pointer or array cdata, got '%s'", cd->ctype->name);
        return -1;
    }
    Py_ssize_t size = cdata_variable_size(cd);
    if (size >= 0)
        return size;
    if (type->item.type->size == ABI_SIZE_UNKNOWN && !ctype_assume_enum(cd->ctype->state, type->item.type)) {
        PyErr_Format(PyExc_TypeError, "don't know the size pointed to by '%s'", cd->ctype->name);
        return -1;
    }
    return (Py_ssize_t)type->item.type->size;
}

/* A size given beyond what CD owns: cffi warns, and goes on. */
static int warn_beyond(CDataObject *cd, Py_ssize_t natural, Py_ssize_t size) {
    if (natural < 0 || size <= natural || !cdata_is_owning(cd))
        return 0;
    return PyErr_WarnFormat(PyExc_UserWarning, 1,
                            "ffi.buffer(cdata, bytes): creating a buffer of %zd bytes over a cdata that owns only "
                            "%zd bytes.  This will crash if you access the extra memory",
                            size, natural);
}

static const ArgNames buffer_sig = {"buffer", 1, 2, {"cdata", "size"}};

/* BOUND: cdata, and size or NULL. */
static PyObject *buffer_of(PyTypeObject *type, PyObject **bound) {
    if (!cdata_check(NULL, bound[0])) {
        PyErr_Format(PyExc_TypeError, "buffer() argument 1 must be %s, not %.200s",
                     state_of_type(type)->cdata_type->tp_name, Py_TYPE(bound[0])->tp_name);
        return NULL;
    }
    Py_ssize_t size = args_ssize(bound[1], -1);
    if (size == -1 && PyErr_Occurred())
        return NULL;
    CDataObject *cd = (CDataObject *)bound[0];
    Py_ssize_t natural = natural_size(cd);
    if (natural < 0 && size >= 0 && PyErr_ExceptionMatches(PyExc_TypeError) &&
        cd->ctype->type->kind == ABI_POINTER && cd->ctype->type->item.type->kind != ABI_FUNCTION)
        PyErr_Clear(); /* a void *, and the size was given */
    else if (natural < 0 && PyErr_Occurred())
        return NULL;
    if (warn_beyond(cd, natural, size) < 0)
        return NULL;
    return buffer_new(cd->ctype->state, cd, cd->data, size >= 0 ? size : natural);
}

static PyObject *buffer_make(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    PyObject *bound[2];
    return args_bind_tuple(&buffer_sig, args, kwargs, bound) < 0 ? NULL : buffer_of(type, bound);
}

PyObject *buffer_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames) {
    PyObject *bound[2];
    if (args_bind(&buffer_sig, args, PyVectorcall_NARGS(nargsf), kwnames, bound) < 0)
        return NULL;
    return buffer_of((PyTypeObject *)type, bound);
}

/* ---- a sequence of bytes */

static Py_ssize_t buffer_length(PyObject *self) {
    return ((BufferObject *)self)->size;
}

/* The position that KEY means, or -1 with an exception. */
static Py_ssize_t buffer_index(BufferObject *b, PyObject *key, const char *message) {
    Py_ssize_t i = PyNumber_AsSsize_t(key, PyExc_IndexError);
    if (i == -1 && PyErr_Occurred())
        return -1;
    if (i < 0)
        i += b->size;
    if (i >= 0 && i < b->size)
        return i;
    PyErr_SetString(PyExc_IndexError, message);
    return -1;
}

/* START and the returned length of a slice; -1 with an exception. */
static Py_ssize_t buffer_range(BufferObject *b, PyObject *key, Py_ssize_t *start) {
    Py_ssize_t stop, step;
    if (!PySlice_Check(key)) {
        PyErr_Format(PyExc_TypeError, "buffer indices must be integers, not %.200s", Py_TYPE(key)->tp_name);
        return -1;
    }
    if (PySlice_Unpack(key, start, &stop, &step) < 0)
        return -1;
    Py_ssize_t length = PySlice_AdjustIndices(b->size, start, &stop, step);
    if (step == 1)
        return length;
    PyErr_SetString(PyExc_TypeError, "buffer doesn't support slicing with step != 1");
    return -1;
}

static PyObject *buffer_subscript(PyObject *self, PyObject *key) {
    BufferObject *b = (BufferObject *)self;
    Py_ssize_t start, length = 1;
    if (PyIndex_Check(key)) {
        if ((start = buffer_index(b, key, "buffer index out of range")) < 0)
            return NULL;
    } else if ((length = buffer_range(b, key, &start)) < 0) {
        return NULL;
    }
    return PyBytes_FromStringAndSize(b->data + start, length);
}

static int assign_range(BufferObject *b, Py_ssize_t start, Py_ssize_t length, PyObject *value) {
    Py_buffer view;
    int rc = 0;
    if (PyObject_GetBuffer(value, &view, PyBUF_SIMPLE) < 0)
        return -1;
    if (view.len == length) {
        memmove(b->data + start, view.buf, (size_t)length);
    } else {
        PyErr_SetString(PyExc_ValueError, "right operand length must match slice length");
        rc = -1;
    }
    PyBuffer_Release(&view);
    return rc;
}

static int buffer_ass_subscript(PyObject *self, PyObject *key, PyObject *value) {
    BufferObject *b = (BufferObject *)self;
    Py_ssize_t start, length;
    if (!value) {
        PyErr_SetString(PyExc_TypeError, "'del x[n]' not supported for buffer objects");
        return -1;
    }
    if (!PyIndex_Check(key))
        return (length = buffer_range(b, key, &start)) < 0 ? -1 : assign_range(b, start, length, value);
    if ((start = buffer_index(b, key, "buffer assignment index out of range")) < 0)
        return -1;
    if (!PyBytes_Check(value) || PyBytes_GET_SIZE(value) != 1) {
        PyErr_Format(PyExc_TypeError, "must assign a bytes of length 1, not %.200s", Py_TYPE(value)->tp_name);
        return -1;
    }
    b->data[start] = PyBytes_AS_STRING(value)[0];
    return 0;
}

static PyObject *buffer_item(PyObject *self, Py_ssize_t i) {
    BufferObject *b = (BufferObject *)self;
    if (i >= 0 && i < b->size)
        return PyBytes_FromStringAndSize(b->data + i, 1);
    PyErr_SetString(PyExc_IndexError, "buffer index out of range");
    return NULL;
}

/* ---- the buffer protocol */

static int buffer_getbuffer(PyObject *self, Py_buffer *view, int flags) {
    BufferObject *b = (BufferObject *)self;
    return PyBuffer_FillInfo(view, self, b->data, b->size, 0, flags);
}

/* Compared as bytes objects are, with anything that has a buffer. */
static PyObject *buffer_richcompare(PyObject *self, PyObject *other, int op) {
    BufferObject *b = (BufferObject *)self;
    Py_buffer view;
    if (PyUnicode_Check(other) || PyObject_GetBuffer(other, &view, PyBUF_SIMPLE) < 0) {
        PyErr_Clear();
        Py_RETURN_NOTIMPLEMENTED;
    }
    Py_ssize_t common = b->size < view.len ? b->size : view.len;
    int order = common ? memcmp(b->data, view.buf, (size_t)common) : 0;
    Py_ssize_t length = view.len;
    PyBuffer_Release(&view);
    if (order == 0)
        Py_RETURN_RICHCOMPARE(b->size, length, op);
    Py_RETURN_RICHCOMPARE(order, 0, op);
}

/* ---- the type */

static int buffer_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((BufferObject *)self)->keep);
    return 0;
}

static int buffer_clear(PyObject *self) {
    BufferObject *b = (BufferObject *)self;
    b->size = 0; /* somebody in the cycle may still look */
    Py_CLEAR(b->keep);
    return 0;
}

static void buffer_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (((BufferObject *)self)->weakrefs)
        PyObject_ClearWeakRefs(self);
    buffer_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

PyDoc_STRVAR(buffer_doc,
             "buffer(cdata, size=-1)\n--\n\n"
             "The memory that a pointer points to, or of an array, as a writable sequence of bytes.\n\n"
             "SIZE is in bytes; by default that of what CDATA points to, or of the whole array. buf[:], buf[i]\n"
             "and buf[i:j] copy bytes out; assigning to them copies bytes in, as many as there were. It has\n"
             "Python's buffer interface, and keeps CDATA (and so memory that CDATA owns) alive. TypeError if\n"
             "CDATA is not a pointer or array, or of unknown size when SIZE is not given.");

static PyMemberDef buffer_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(BufferObject, weakrefs), READONLY, NULL},
    {NULL},
};

static PyType_Slot buffer_slots[] = {
    {Py_tp_doc, (void *)buffer_doc},
    {Py_tp_new, buffer_make},
    {Py_tp_members, buffer_members},
    {Py_tp_richcompare, buffer_richcompare},
    {Py_tp_hash, PyObject_HashNotImplemented},
    {Py_sq_length, buffer_length},
    {Py_sq_item, buffer_item},
    {Py_mp_length, buffer_length},
    {Py_mp_subscript, buffer_subscript},
    {Py_mp_ass_subscript, buffer_ass_subscript},
    {Py_bf_getbuffer, buffer_getbuffer},
    {Py_tp_traverse, buffer_traverse},
    {Py_tp_clear, buffer_clear},
    {Py_tp_dealloc, buffer_dealloc},
    {0, NULL},
};

PyType_Spec buffer_spec = {
    .name = "_cffi_backend.buffer",
    .basicsize = sizeof(BufferObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_SEQUENCE,
    .slots = buffer_slots,
};
