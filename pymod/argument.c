/* One argument of a call: a Python object into its slot, beyond the cases that call.h has in line. */
#include "pymod/call.h"

#include <string.h>

typedef struct TemporaryBlock {
    struct TemporaryBlock *next; /* owned */
    _Alignas(16) char data[];
} TemporaryBlock;

/* SIZE zeroed bytes that last for the call; NULL with an exception. */
static void *temporary(Temporaries *t, size_t size) {
    size_t rounded = (size + 15) & ~(size_t)15;
    if (rounded <= (size_t)(t->end - t->next)) {
        void *p = t->next;
        t->next += rounded;
        return memset(p, 0, size);
    }
    TemporaryBlock *block = PyMem_Calloc(1, sizeof *block + size);
    if (block == NULL) return PyErr_NoMemory();
    block->next = t->blocks;
    t->blocks = block;
    return block->data;
}

void temporaries_free(Temporaries *t) {
    while (t->blocks != NULL) {
        TemporaryBlock *block = t->blocks;
        t->blocks = block->next;
        PyMem_Free(block);
    }
}

/* Fill the whole 64-bit slot from the SIZE bytes at its start: psABI 3.2.3 leaves the upper bits open,
 * but code made by clang relies on narrow integers being extended to 32 bits. */
static void extend(char *slot, unsigned size, bool is_signed) {
    uint64_t bits;
    memcpy(&bits, slot, sizeof bits);
    if (size < sizeof bits) {
        unsigned shift = 64 - 8 * size;
        bits <<= shift;
        bits = is_signed ? (uint64_t)((int64_t)bits >> shift) : bits >> shift;
    }
    memcpy(slot, &bits, sizeof bits);
}

static int convert_narrow(const Argument *a, char *slot, PyObject *value) {
    memset(slot, 0, sizeof(uint64_t));
    if (a->ctype->to_c(a->ctype, slot, value) < 0) return -1;
    extend(slot, a->size, a->is_signed);
    return 0;
}

/* Can an array of the pointer's items be made of LENGTH elements? Its size in bytes, at least 1; 0 if
 * the item has no size; -1 with an exception. */
static Py_ssize_t items_size(CTypeObject *item, Py_ssize_t length) {
    size_t size = item->type->size;
    if (size == ABI_SIZE_UNKNOWN || size == 0) return 0;
    if ((size_t)length > (size_t)PY_SSIZE_T_MAX / size) {
        PyErr_SetString(PyExc_OverflowError, "array size would overflow a Py_ssize_t");
        return -1;
    }
    return length == 0 ? 1 : length * (Py_ssize_t)size;
}

/* A list or tuple for T *: an array of its items that lives for the call. The converters may run Python
 * code that changes the list, so its length is looked at anew for each element. */
static int convert_sequence(const Argument *a, char *slot, PyObject *value, Temporaries *t) {
    CTypeObject *item = ctype_item(a->ctype);
    if (item == NULL) return -1;
    Py_ssize_t length = PySequence_Fast_GET_SIZE(value);
    Py_ssize_t size = items_size(item, length);
    if (size < 0) return -1;
    if (size == 0) return a->ctype->to_c(a->ctype, slot, value);
    char *data = temporary(t, (size_t)size);
    if (data == NULL) return -1;
    for (Py_ssize_t i = 0; i < length; i++) {
        PyObject *element = sequence_item(value, i);
        if (element == NULL) break;
        int failed = convert_init(item, data + i * (Py_ssize_t)item->type->size, element);
        Py_DECREF(element);
        if (failed < 0) return -1;
    }
    memcpy(slot, &data, sizeof data);
    return 0;
}

static int refuse_str(CTypeObject *ct, PyObject *value) {
    CTypeObject *item = ctype_item(ct);
    if (item == NULL) return -1;
    if (item->type->size == ABI_SIZE_UNKNOWN) return convert_error(ct, value, "cdata pointer");
    return convert_error(ct, value, item->flags & CT_BYTES ? "bytes or list or tuple" : "list or tuple");
}

/* A str for wchar_t *, char16_t * or char32_t *: encoded, with a terminator. */
static int convert_str(const Argument *a, char *slot, PyObject *value, Temporaries *t) {
    const AbiType *item = a->ctype->type->item.type;
    if (item->kind != ABI_CHAR || item->size < 2) return refuse_str(a->ctype, value);
    PyObject *encoded = PyUnicode_AsEncodedString(value, item->size == 2 ? "utf-16-le" : "utf-32-le", "surrogatepass");
    if (encoded == NULL) return -1;
    size_t size = (size_t)PyBytes_GET_SIZE(encoded);
    char *data = temporary(t, size + item->size);
    if (data != NULL) {
        memcpy(data, PyBytes_AS_STRING(encoded), size);
        memcpy(slot, &data, sizeof data);
    }
    Py_DECREF(encoded);
    return data == NULL ? -1 : 0;
}

/* bytes for _Bool *: only 0 and 1 are values of the type (C11 6.2.6.1, trap representations). */
static int check_bools(PyObject *value) {
    const char *data = PyBytes_AS_STRING(value);
    for (Py_ssize_t i = 0; i < PyBytes_GET_SIZE(value); i++)
        if (data[i] & ~1) {
            PyErr_SetString(PyExc_ValueError, "an array of _Bool can only contain \\x00 or \\x01");
            return -1;
        }
    return 0;
}

static int convert_bytes(const Argument *a, char *slot, PyObject *value) {
    const AbiType *item = a->ctype->type->item.type;
    bool bytes = item->kind == ABI_VOID || (item->size == 1 && item->kind <= ABI_INT);
    if (!bytes) return a->ctype->to_c(a->ctype, slot, value);
    if (item->kind == ABI_BOOL && check_bools(value) < 0) return -1;
    char *data = PyBytes_AS_STRING(value);
    memcpy(slot, &data, sizeof data);
    return 0;
}

static int convert_pointer(const Argument *a, char *slot, PyObject *value, Temporaries *t) {
    ModuleState *st = a->ctype->state;
    if (cdata_check(st, value)) {
        CDataObject *cd = (CDataObject *)value;
        if (cd->ctype == a->ctype) {
            memcpy(slot, &cd->data, sizeof cd->data);
            return 0;
        }
        return a->ctype->to_c(a->ctype, slot, value);
    }
    if (PyBytes_Check(value)) return convert_bytes(a, slot, value);
    if (PyList_Check(value) || PyTuple_Check(value)) return convert_sequence(a, slot, value, t);
    if (PyUnicode_Check(value)) return convert_str(a, slot, value, t);
    if (file_argument_check(a, value)) {
        void *file = file_argument(value);
        memcpy(slot, &file, sizeof file);
        return file == NULL ? -1 : 0;
    }
    return a->ctype->to_c(a->ctype, slot, value);
}

int argument_slow(const Argument *a, char *slot, PyObject *value, Temporaries *t) {
    switch ((ArgumentOp)a->op) {
    case ARG_SIGNED:
    case ARG_UNSIGNED:
    case ARG_NARROW: return convert_narrow(a, slot, value);
    case ARG_POINTER: return convert_pointer(a, slot, value, t);
    case ARG_FLOAT: memset(slot, 0, sizeof(uint64_t)); return a->ctype->to_c(a->ctype, slot, value);
    case ARG_DOUBLE: return a->ctype->to_c(a->ctype, slot, value);
    case ARG_RECORD:
    case ARG_VALUE: break;
    }
    memset(slot, 0, a->ctype->type->size);
    return convert_init(a->ctype, slot, value);
}
