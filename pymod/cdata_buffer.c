/* The buffer protocol and NumPy's array interface: memoryview(cdata) and numpy.asarray(cdata), typed and
 * without a copy.
 *
 * Arrays, structs and unions have buffers; pointers do not, for their length is unknown. Nested arrays of
 * one primitive become dimensions. A struct's format is spelled as PEP 3118 says, T{...}, where it can
 * be; what has no format there (unions, bit-fields, pointers, long double complex, ...) is shown as bytes. */
#include "pymod/cdata.h"
#include "pymod/cfield.h"

/* ---------------------------------------------------------------- growing text */

typedef struct Text {
    char *data; /* owned */
    size_t len, cap;
    bool failed;
} Text;

static void put(Text *t, const char *s, size_t n) {
    if (t->failed) return;
    if (t->len + n + 1 > t->cap) {
        size_t cap = 2 * (t->len + n + 32);
        char *data = PyMem_Realloc(t->data, cap);
        if (data == NULL) {
            t->failed = true;
            return;
        }
        t->data = data;
        t->cap = cap;
    }
    memcpy(t->data + t->len, s, n);
    t->len += n;
    t->data[t->len] = '\0';
}

static void put_text(Text *t, const char *s) { put(t, s, strlen(s)); }

/* ---------------------------------------------------------------- formats */

/* The struct module's code for a primitive, native size; NULL if it has none. */
static const char *code_of(const AbiType *type) {
    static const char *const signed_codes[] = {"b", "h", "i", "l"}, *const unsigned_codes[] = {"B", "H", "I", "L"};
    const AbiType *base = type->kind == ABI_ENUM ? type->item.type : type;
    switch ((AbiKind)base->kind) {
    case ABI_BOOL: return "?";
    case ABI_CHAR: return base->size == 1 ? "c" : base->size == 2 ? "H" : "w";
    case ABI_INT:
        if (base->size > 8 || base->flags & ABI_F_BITINT) return NULL;
        return (base->flags & ABI_F_SIGNED ? signed_codes : unsigned_codes)[__builtin_ctzl(base->size)];
    case ABI_FLOAT:
        switch ((AbiPrim)base->canonical->prim) {
        case ABI_P_FLOAT16: return "e";
        case ABI_P_FLOAT:
        case ABI_P_FLOAT32: return "f";
        case ABI_P_DOUBLE:
        case ABI_P_FLOAT64:
        case ABI_P_FLOAT32X: return "d";
        case ABI_P_LDOUBLE:
        case ABI_P_FLOAT64X: return "g";
        default: return NULL;
        }
    case ABI_COMPLEX: {
        const char *real = code_of(base->item.type);
        return real == NULL ? NULL : *real == 'f' ? "Zf" : *real == 'd' ? "Zd" : *real == 'g' ? "Zg" : NULL;
    }
    default: return NULL;
    }
}

static void pad(Text *t, size_t bytes) {
    char count[32];
    if (bytes == 0) return;
    snprintf(count, sizeof count, "%zux", bytes);
    put_text(t, count);
}

/* Append TYPE's format; false if it has none. */
static bool put_format(Text *t, const AbiType *type);

/* (2,3)i for the dimensions of an array member. */
static bool put_array(Text *t, const AbiType *type) {
    char length[32];
    put_text(t, "(");
    for (bool first = true; type->kind == ABI_ARRAY; type = type->item.type, first = false) {
        if (type->length == ABI_LENGTH_UNKNOWN) return false;
        snprintf(length, sizeof length, first ? "%zu" : ",%zu", type->length);
        put_text(t, length);
    }
    put_text(t, ")");
    return put_format(t, type);
}

static bool put_struct(Text *t, const AbiType *type) {
    size_t at = 0;
    if (!type->record->complete || type->flags & ABI_F_FLEXIBLE) return false;
    put_text(t, "T{");
    for (size_t i = 0; i < type->record->count; i++) {
        const AbiMember *m = &type->record->members[i];
        if (m->name == NULL || m->flags & ABI_M_BITFIELD || m->offset < at) return false;
        pad(t, m->offset - at);
        if (!put_format(t, m->type.type)) return false;
        put_text(t, ":");
        put_text(t, m->name);
        put_text(t, ":");
        at = m->offset + m->type.type->size;
    }
    pad(t, type->size - at);
    put_text(t, "}");
    return true;
}

static bool put_format(Text *t, const AbiType *type) {
    if (type->kind == ABI_ARRAY) return put_array(t, type);
    if (type->kind == ABI_STRUCT) return put_struct(t, type);
    const char *code = code_of(type);
    if (code != NULL) put_text(t, code);
    return code != NULL;
}

/* The format of TYPE as a whole, owned; unaligned and without native padding ("^") for structs, whose
 * padding is spelled out. NULL with an exception only if out of memory; then *FAILED. */
static char *format_of(const AbiType *type, bool *failed) {
    Text t = {NULL, 0, 0, false};
    if (type->kind == ABI_STRUCT) put_text(&t, "^");
    bool known = put_format(&t, type);
    *failed = t.failed;
    if (t.failed) PyErr_NoMemory();
    if (known && !t.failed) return t.data;
    PyMem_Free(t.data);
    return NULL;
}

/* ---------------------------------------------------------------- buffers */

#define MAX_DIMENSIONS 64 /* PyBUF_MAX_NDIM */

/* What a buffer of ours needs beside the cdata; freed by releasebuffer. */
typedef struct Shape {
    char *format;        /* owned */
    Py_ssize_t *busy;    /* of the releasable memory, or NULL */
    PyObject *keeper;    /* strong: where busy is */
    int ndim;
    Py_ssize_t itemsize;
    Py_ssize_t shape[MAX_DIMENSIONS], strides[MAX_DIMENSIONS];
} Shape;

static void shape_free(Shape *s) {
    PyMem_Free(s->format);
    Py_XDECREF(s->keeper);
    PyMem_Free(s);
}

/* As bytes: one dimension of the whole size. */
static void shape_as_bytes(Shape *s, Py_ssize_t size) {
    s->ndim = 1;
    s->itemsize = 1;
    s->shape[0] = size;
    s->strides[0] = 1;
}

static Shape *shape_of(CDataObject *cd, Py_ssize_t size) {
    const AbiType *type = cd->ctype->type;
    Shape *s = PyMem_Calloc(1, sizeof *s);
    if (s == NULL) return (Shape *)PyErr_NoMemory();
    for (; (type->kind == ABI_ARRAY || type->kind == ABI_VECTOR) && s->ndim < MAX_DIMENSIONS; type = type->item.type) {
        Py_ssize_t length = s->ndim == 0 ? cdata_array_length(cd) : (Py_ssize_t)type->length;
        s->strides[s->ndim] = (Py_ssize_t)type->item.type->size;
        s->shape[s->ndim++] = length;
    }
    bool failed = false;
    s->itemsize = (Py_ssize_t)type->size;
    if (type->kind != ABI_ARRAY && type->kind != ABI_VECTOR) s->format = format_of(type, &failed);
    if (failed) {
        shape_free(s);
        return NULL;
    }
    if (s->format == NULL) shape_as_bytes(s, size);
    return s;
}

static bool is_readonly(CDataObject *cd) {
    ModuleState *st = cd->ctype->state;
    PyObject *keeper = cdata_keeper(cd);
    return keeper != NULL && Py_IS_TYPE(keeper, st->cdata_frombuf_type) && ((CDataFromBuf *)keeper)->view.readonly;
}

static int refuse(const char *format, CDataObject *cd) {
    PyErr_Format(PyExc_BufferError, format, cd->ctype->name);
    return -1;
}

int cdata_getbuffer(PyObject *self, Py_buffer *view, int flags) {
    CDataObject *cd = (CDataObject *)self;
    view->obj = NULL;
    if (!(cd->ctype->flags & (CT_ARRAY | CT_RECORD))) return refuse("cdata '%s' has no buffer: only arrays, structs and unions have", cd);
    if (cd->data == NULL) return refuse("cdata '%s' is a null pointer", cd);
    if (cd->ctype->type->size == ABI_SIZE_UNKNOWN && cd->ctype->flags & CT_RECORD) return refuse("cdata '%s' is opaque", cd);
    bool readonly = is_readonly(cd);
    if (readonly && flags & PyBUF_WRITABLE) return refuse("cdata '%s' is on read-only memory", cd);
    Py_ssize_t size = cdata_sizeof(cd);
    Shape *s = shape_of(cd, size);
    if (s == NULL) return -1;
    if ((flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS && s->ndim > 1) {
        shape_free(s);
        return refuse("cdata '%s' is not Fortran contiguous", cd);
    }
    s->busy = cdata_busy(cd);
    if (s->busy != NULL) {
        s->keeper = Py_NewRef(cdata_keeper(cd));
        ++*s->busy;
    }
    view->obj = Py_NewRef(self);
    view->buf = cd->data;
    view->len = size;
    view->readonly = readonly;
    view->itemsize = s->itemsize;
    view->format = flags & PyBUF_FORMAT ? (s->format != NULL ? s->format : "B") : NULL;
    view->ndim = flags & PyBUF_ND ? s->ndim : 1;
    view->shape = flags & PyBUF_ND ? s->shape : NULL;
    view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? s->strides : NULL;
    view->suboffsets = NULL;
    view->internal = s;
    return 0;
}

void cdata_releasebuffer(PyObject *self, Py_buffer *view) {
    Shape *s = view->internal;
    if (s == NULL) return;
    if (s->busy != NULL) --*s->busy;
    shape_free(s);
}

/* ---------------------------------------------------------------- __array_interface__ */

static PyObject *shape_tuple(const Shape *s) {
    PyObject *shape = PyTuple_New(s->ndim);
    for (int i = 0; shape != NULL && i < s->ndim; i++) {
        PyObject *n = PyLong_FromSsize_t(s->shape[i]);
        if (n == NULL) Py_CLEAR(shape);
        else PyTuple_SET_ITEM(shape, i, n);
    }
    return shape;
}

/* "<i4", "|b1", "|V24": kind and size, little-endian. */
static PyObject *typestr(const AbiType *type) {
    const AbiType *base = type->kind == ABI_ENUM ? type->item.type : type;
    char kind = 'V';
    if (code_of(base) != NULL || base->kind == ABI_INT) {
        switch ((AbiKind)base->kind) {
        case ABI_BOOL: kind = 'b'; break;
        case ABI_CHAR: kind = base->size == 1 ? 'S' : base->size == 2 ? 'u' : 'U'; break;
        case ABI_INT: kind = base->size > 8 || base->flags & ABI_F_BITINT ? 'V' : base->flags & ABI_F_SIGNED ? 'i' : 'u'; break;
        case ABI_FLOAT: kind = 'f'; break;
        case ABI_COMPLEX: kind = 'c'; break;
        default: break;
        }
    }
    if (base->kind == ABI_POINTER) kind = 'u'; /* the address */
    size_t size = kind == 'U' ? base->size / 4 : base->size;
    return PyUnicode_FromFormat("%c%c%zu", base->size > 1 && kind != 'V' ? '<' : '|', kind, size);
}

static PyObject *descr_of(const AbiType *record);

/* One entry of a descr: (name, typestr or descr[, shape]). */
static PyObject *descr_entry(const char *name, const AbiType *type) {
    PyObject *shape = PyList_New(0);
    for (; shape != NULL && type->kind == ABI_ARRAY; type = type->item.type) {
        PyObject *n = PyLong_FromSize_t(type->length);
        if (n == NULL || PyList_Append(shape, n) < 0) Py_CLEAR(shape);
        Py_XDECREF(n);
    }
    if (shape == NULL) return NULL;
    PyObject *item = type->kind == ABI_STRUCT ? descr_of(type) : typestr(type), *entry = NULL;
    if (item != NULL && PyList_GET_SIZE(shape) > 0) {
        PyObject *dimensions = PyList_AsTuple(shape);
        if (dimensions != NULL) entry = Py_BuildValue("(sNN)", name, item, dimensions);
        else Py_DECREF(item);
    } else if (item != NULL) {
        entry = Py_BuildValue("(sN)", name, item);
    }
    Py_DECREF(shape);
    return entry;
}

static int append(PyObject *list, PyObject *item) {
    int failed = item == NULL ? -1 : PyList_Append(list, item);
    Py_XDECREF(item);
    return failed;
}

static int append_padding(PyObject *list, size_t bytes) {
    return bytes == 0 ? 0 : append(list, Py_BuildValue("(sN)", "", PyUnicode_FromFormat("|V%zu", bytes)));
}

/* The members of a struct with padding between them; what can't be told apart (bit-fields, anonymous
 * members) is padding too. */
static PyObject *descr_of(const AbiType *type) {
    PyObject *list = PyList_New(0);
    size_t at = 0;
    for (size_t i = 0; list != NULL && i < type->record->count; i++) {
        const AbiMember *m = &type->record->members[i];
        size_t size = m->type.type->size;
        if (m->name == NULL || m->flags & ABI_M_BITFIELD || m->offset < at || size == ABI_SIZE_UNKNOWN || size == 0) continue;
        if (append_padding(list, m->offset - at) < 0 || append(list, descr_entry(m->name, m->type.type)) < 0) Py_CLEAR(list);
        at = m->offset + size;
    }
    if (list != NULL && append_padding(list, type->size - at) < 0) Py_CLEAR(list);
    return list;
}

PyObject *cdata_array_interface(PyObject *self, void *closure) {
    CDataObject *cd = (CDataObject *)self;
    bool opaque = cd->ctype->flags & CT_RECORD && cd->ctype->type->size == ABI_SIZE_UNKNOWN;
    if (!(cd->ctype->flags & (CT_ARRAY | CT_RECORD)) || cd->data == NULL || opaque) {
        PyErr_SetString(PyExc_AttributeError, "__array_interface__");
        return NULL;
    }
    const AbiType *type = cd->ctype->type;
    Shape *s = shape_of(cd, cdata_sizeof(cd));
    if (s == NULL) return NULL;
    s->ndim = 0;
    for (; type->kind == ABI_ARRAY || type->kind == ABI_VECTOR; type = type->item.type)
        if (s->ndim < MAX_DIMENSIONS) s->shape[s->ndim] = s->ndim == 0 ? cdata_array_length(cd) : (Py_ssize_t)type->length, s->ndim++;
    PyObject *shape = shape_tuple(s), *text = typestr(type), *result = NULL;
    PyObject *descr = type->kind == ABI_STRUCT ? descr_of(type) : Py_BuildValue("[(sO)]", "", text);
    shape_free(s);
    if (shape != NULL && text != NULL && descr != NULL)
        result = Py_BuildValue("{s:i,s:O,s:O,s:O,s:(NO)}", "version", 3, "shape", shape, "typestr", text, "descr", descr, "data",
                               PyLong_FromVoidPtr(cd->data), is_readonly(cd) ? Py_True : Py_False);
    Py_XDECREF(shape);
    Py_XDECREF(text);
    Py_XDECREF(descr);
    return result;
}
