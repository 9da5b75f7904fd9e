/* The buffer protocol and NumPy's array interface: memoryview(cdata) and numpy.asarray(cdata), typed and
 * without a copy.
 *
 * Arrays, structs and unions have buffers; pointers do not, for their length is unknown. Nested arrays
 * become dimensions. Structs are spelled as PEP 3118 says, T{...}: pointers are unsigned integers of their
 * size, bit-fields are left out, of members that overlap only the first is shown, and what has no format
 * (unions, __int128, ...) is an array of bytes. */
#include "pymod/cdata.h"
#include "pymod/cfield.h"

#include <stdio.h>

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

static void put_number(Text *t, const char *format, size_t n) {
    char text[32];
    snprintf(text, sizeof text, format, n);
    put_text(t, text);
}

static void put_format(Text *t, CTypeObject *ct);

/* (2,3)i for the dimensions of an array member. */
static void put_array(Text *t, CTypeObject *ct) {
    put_text(t, "(");
    for (bool first = true; ct != NULL && ct->flags & CT_ARRAY; ct = ctype_item(ct), first = false)
        put_number(t, first ? "%zu" : ",%zu", ct->type->length);
    put_text(t, ")");
    if (ct == NULL) t->failed = true;
    else put_format(t, ct);
}

/* Can member F, shown after what ends at byte AT, be shown? */
static bool is_shown(const CFieldObject *f, size_t at) {
    return f->bitshift == FIELD_PLAIN && (size_t)f->offset >= at && f->type->type->size != ABI_SIZE_UNKNOWN && f->type->type->size > 0;
}

static void put_struct(Text *t, CTypeObject *ct) {
    FieldTable *table = ctype_table(ct);
    size_t at = 0;
    if (table == NULL) t->failed = true;
    put_text(t, "T{");
    for (Py_ssize_t i = 0; table != NULL && i < table->count; i++) {
        CFieldObject *f = table->order[i];
        if (!is_shown(f, at)) continue;
        if ((size_t)f->offset > at) put_number(t, "%zux", (size_t)f->offset - at);
        put_format(t, f->type);
        put_text(t, ":");
        put_text(t, f->member.name);
        put_text(t, ":");
        at = (size_t)f->offset + f->type->type->size;
    }
    if (ct->type->size > at) put_number(t, "%zux", ct->type->size - at);
    put_text(t, "}");
}

/* Not the code for void *: NumPy has none, and addresses are what can be shown. */
static void put_format(Text *t, CTypeObject *ct) {
    const char *code = ct->flags & (CT_POINTER | CT_FUNCPTR) ? "L" : code_of(ct->type);
    if (ct->flags & CT_ARRAY) put_array(t, ct);
    else if (ct->type->kind == ABI_STRUCT) put_struct(t, ct);
    else if (code != NULL) put_text(t, code);
    else put_number(t, "(%zu)B", ct->type->size);
}

/* The format of an item of CT, owned. NULL: bytes, or with *FAILED an exception. A struct's padding is
 * spelled out: "^" turns off the native one. */
static char *format_of(CTypeObject *ct, bool *failed) {
    Text t = {NULL, 0, 0, false};
    *failed = false;
    if (ct->type->kind != ABI_STRUCT && !(ct->flags & (CT_POINTER | CT_FUNCPTR)) && code_of(ct->type) == NULL) return NULL;
    if (ct->type->kind == ABI_STRUCT) put_text(&t, "^");
    put_format(&t, ct);
    if (!t.failed) return t.data;
    *failed = true;
    PyMem_Free(t.data);
    if (!PyErr_Occurred()) PyErr_NoMemory();
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
    CTypeObject *ct = cd->ctype;
    Shape *s = PyMem_Calloc(1, sizeof *s);
    if (s == NULL) return (Shape *)PyErr_NoMemory();
    while (ct != NULL && ct->flags & CT_ARRAY && s->ndim < MAX_DIMENSIONS) {
        s->shape[s->ndim] = s->ndim == 0 ? cdata_array_length(cd) : (Py_ssize_t)ct->type->length;
        s->strides[s->ndim++] = (Py_ssize_t)ct->type->item.type->size;
        ct = ctype_item(ct);
    }
    bool failed = ct == NULL;
    if (!failed && !(ct->flags & CT_ARRAY)) {
        s->itemsize = (Py_ssize_t)ct->type->size;
        s->format = format_of(ct, &failed);
    }
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

static int refuse(PyObject *exception, const char *format, CDataObject *cd) {
    PyErr_Format(exception, format, cd->ctype->name);
    return -1;
}

/* TypeError where no object of the type has a buffer, as for objects that lack the protocol. */
int cdata_getbuffer(PyObject *self, Py_buffer *view, int flags) {
    CDataObject *cd = (CDataObject *)self;
    view->obj = NULL;
    if (!(cd->ctype->flags & (CT_ARRAY | CT_RECORD)))
        return refuse(PyExc_TypeError, "a bytes-like object is required, not cdata '%s': only arrays, structs and unions have buffers", cd);
    if (cd->data == NULL) return refuse(PyExc_BufferError, "cdata '%s' is a null pointer", cd);
    if (cd->ctype->type->size == ABI_SIZE_UNKNOWN && cd->ctype->flags & CT_RECORD) return refuse(PyExc_TypeError, "cdata '%s' is opaque", cd);
    bool readonly = is_readonly(cd);
    if (readonly && flags & PyBUF_WRITABLE) return refuse(PyExc_BufferError, "cdata '%s' is on read-only memory", cd);
    Py_ssize_t size = cdata_sizeof(cd);
    Shape *s = shape_of(cd, size);
    if (s == NULL) return -1;
    if ((flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS && s->ndim > 1) {
        shape_free(s);
        return refuse(PyExc_BufferError, "cdata '%s' is not Fortran contiguous", cd);
    }
    s->busy = cdata_busy_begin(cd);
    if (s->busy != NULL) s->keeper = Py_NewRef(cdata_keeper(cd));
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
    cdata_busy_end(s->busy);
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

static char kind_of(const AbiType *type) {
    const AbiType *base = type->kind == ABI_ENUM ? type->item.type : type;
    if (base->kind == ABI_POINTER) return 'u'; /* the address */
    if (code_of(base) == NULL) return 'V';
    switch ((AbiKind)base->kind) {
    case ABI_BOOL: return 'b';
    case ABI_CHAR: return base->size == 1 ? 'S' : base->size == 2 ? 'u' : 'U';
    case ABI_INT: return base->flags & ABI_F_SIGNED ? 'i' : 'u';
    case ABI_FLOAT: return 'f';
    default: return 'c';
    }
}

/* "<i4", "|b1", "|V24": byte order, kind, size. */
static PyObject *typestr(const AbiType *type) {
    char kind = kind_of(type);
    return PyUnicode_FromFormat("%c%c%zu", type->size > 1 && kind != 'V' ? '<' : '|', kind, kind == 'U' ? type->size / 4 : type->size);
}

static PyObject *descr_of(CTypeObject *record);

/* The dimensions of CT, which becomes the item type; new tuple. */
static PyObject *dimensions(CTypeObject **ct) {
    PyObject *list = PyList_New(0);
    while (list != NULL && (*ct)->flags & CT_ARRAY) {
        PyObject *n = PyLong_FromSize_t((*ct)->type->length);
        CTypeObject *item = ctype_item(*ct);
        if (n == NULL || item == NULL || PyList_Append(list, n) < 0) Py_CLEAR(list);
        Py_XDECREF(n);
        if (item != NULL) *ct = item;
    }
    PyObject *tuple = list == NULL ? NULL : PyList_AsTuple(list);
    Py_XDECREF(list);
    return tuple;
}

/* One entry of a descr: (name, typestr or descr, shape). */
static PyObject *descr_entry(const char *name, CTypeObject *ct) {
    PyObject *shape = dimensions(&ct);
    PyObject *item = shape == NULL ? NULL : ct->type->kind == ABI_STRUCT ? descr_of(ct) : typestr(ct->type);
    PyObject *entry = item == NULL ? NULL : Py_BuildValue("(sOO)", name, item, shape);
    Py_XDECREF(shape);
    Py_XDECREF(item);
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

static PyObject *descr_of(CTypeObject *ct) {
    FieldTable *table = ctype_table(ct);
    PyObject *list = table == NULL ? NULL : PyList_New(0);
    size_t at = 0;
    for (Py_ssize_t i = 0; list != NULL && i < table->count; i++) {
        CFieldObject *f = table->order[i];
        if (!is_shown(f, at)) continue;
        if (append_padding(list, (size_t)f->offset - at) < 0 || append(list, descr_entry(f->member.name, f->type)) < 0) Py_CLEAR(list);
        at = (size_t)f->offset + f->type->type->size;
    }
    if (list != NULL && append_padding(list, ct->type->size - at) < 0) Py_CLEAR(list);
    return list;
}

static PyObject *interface_of(CDataObject *cd, CTypeObject *item, PyObject *shape) {
    PyObject *text = typestr(item->type), *result = NULL;
    PyObject *descr = text == NULL ? NULL : item->type->kind == ABI_STRUCT ? descr_of(item) : Py_BuildValue("[(sO)]", "", text);
    if (descr != NULL)
        result = Py_BuildValue("{s:i,s:O,s:O,s:O,s:(NO)}", "version", 3, "shape", shape, "typestr", text, "descr", descr, "data",
                               PyLong_FromVoidPtr(cd->data), is_readonly(cd) ? Py_True : Py_False);
    Py_XDECREF(text);
    Py_XDECREF(descr);
    return result;
}

PyObject *cdata_array_interface(PyObject *self, void *closure) {
    CDataObject *cd = (CDataObject *)self;
    CTypeObject *item = cd->ctype;
    Shape s = {.ndim = 0};
    bool opaque = item->flags & CT_RECORD && item->type->size == ABI_SIZE_UNKNOWN;
    if (!(item->flags & (CT_ARRAY | CT_RECORD)) || cd->data == NULL || opaque) {
        PyErr_SetString(PyExc_AttributeError, "__array_interface__");
        return NULL;
    }
    for (; item != NULL && item->flags & CT_ARRAY && s.ndim < MAX_DIMENSIONS; item = ctype_item(item)) {
        s.shape[s.ndim] = s.ndim == 0 ? cdata_array_length(cd) : (Py_ssize_t)item->type->length;
        s.ndim++;
    }
    PyObject *shape = item == NULL ? NULL : shape_tuple(&s);
    PyObject *result = shape == NULL ? NULL : interface_of(cd, item, shape);
    Py_XDECREF(shape);
    return result;
}
