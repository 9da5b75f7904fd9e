/* Initialisers of arrays, structs and unions: lists, dicts, nested ones, strings.
 *
 * A converter may run Python code (__int__, __index__, ...) which changes the list that is being read;
 * lengths are therefore looked at again for each item, and never trusted for the size of memory. */
#include "pymod/cfield.h"
#include "pymod/cdata.h"

/* ---------------------------------------------------------------- lists */

static bool is_sequence(PyObject *value) { return PyList_Check(value) || PyTuple_Check(value); }

/* Say in a note where the current exception comes from; its text stays as cffi words it. */
static void explain(const char *format, const char *name, Py_ssize_t i, CTypeObject *ct) {
#if PY_VERSION_HEX >= 0x030B0000
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    PyObject *note = name != NULL ? PyUnicode_FromFormat(format, name, ct->name) : PyUnicode_FromFormat(format, i, ct->name);
    PyObject *done = note == NULL ? NULL : PyObject_CallMethod(value, "add_note", "O", note);
    PyErr_Clear();
    Py_XDECREF(done);
    Py_XDECREF(note);
    PyErr_Restore(type, value, traceback);
#endif
}

/* ---------------------------------------------------------------- arrays */

static int too_many(CTypeObject *ct, const char *format, Py_ssize_t n) {
    PyErr_Format(PyExc_IndexError, format, ct->name, n);
    return -1;
}

static int array_from_sequence(CTypeObject *ct, CTypeObject *item, char *dest, PyObject *value, Py_ssize_t limit) {
    Py_ssize_t n = PySequence_Fast_GET_SIZE(value);
    if (limit >= 0 && n > limit) return too_many(ct, "too many initializers for '%s' (got %zd)", n);
    for (Py_ssize_t i = 0; i < n; i++, dest += item->type->size) {
        PyObject *element = sequence_item(value, i);
        if (element == NULL) break;
        int failed = item->to_c(item, dest, element);
        Py_DECREF(element);
        if (failed == 0) continue;
        explain("in item %zd of '%s'", NULL, i, ct);
        return -1;
    }
    return 0;
}

static int array_from_bytes(CTypeObject *ct, CTypeObject *item, char *dest, PyObject *value, Py_ssize_t limit) {
    const char *src = PyBytes_AS_STRING(value);
    Py_ssize_t n = PyBytes_GET_SIZE(value);
    if (limit >= 0 && n > limit) return too_many(ct, "initializer bytes is too long for '%s' (got %zd characters)", n);
    for (Py_ssize_t i = 0; item->flags & CT_BOOL && i < n; i++)
        if (src[i] & ~1) {
            PyErr_SetString(PyExc_ValueError, "an array of _Bool can only contain \\x00 or \\x01");
            return -1;
        }
    /* With the terminator where it fits, as C initialises from string literals (C11 6.7.9p14). */
    memcpy(dest, src, (size_t)(n == limit ? n : n + 1));
    return 0;
}

static int array_from_str(CTypeObject *ct, CTypeObject *item, char *dest, PyObject *value, Py_ssize_t limit) {
    unsigned width = (unsigned)item->type->size;
    Py_ssize_t n = text_length(width, value);
    if (limit >= 0 && n > limit) return too_many(ct, "initializer unicode is too long for '%s' (got %zd characters)", n);
    text_store(width, dest, value);
    if (n != limit) memset(dest + n * (Py_ssize_t)width, 0, width);
    return 0;
}

static int array_from_cdata(CTypeObject *ct, CTypeObject *item, char *dest, CDataObject *cd, Py_ssize_t limit) {
    Py_ssize_t n = cdata_array_length(cd);
    if (limit >= 0 && n > limit) return too_many(ct, "too many initializers for '%s' (got %zd)", n);
    if (cd->data != NULL) memmove(dest, cd->data, (size_t)n * item->type->size);
    return 0;
}

int init_array(CTypeObject *ct, void *dest, PyObject *value, Py_ssize_t limit) {
    CTypeObject *item = ctype_item(ct);
    const char *expected = "list or tuple";
    if (item == NULL) return -1;
    if (is_sequence(value)) return array_from_sequence(ct, item, dest, value, limit);
    if (item->flags & CT_BYTES) {
        if (PyBytes_Check(value)) return array_from_bytes(ct, item, dest, value, limit);
        expected = "bytes or list or tuple";
    } else if (item->flags & CT_CHAR) {
        if (PyUnicode_Check(value)) return array_from_str(ct, item, dest, value, limit);
        expected = "unicode or list or tuple";
    }
    if (cdata_check(ct->state, value) && ((CDataObject *)value)->ctype == ct)
        return array_from_cdata(ct, item, dest, (CDataObject *)value, limit);
    return convert_error(ct, value, expected);
}

int to_c_array(CTypeObject *ct, void *dest, PyObject *value) {
    size_t length = ct->type->length;
    return init_array(ct, dest, value, abi_length_known(length) ? (Py_ssize_t)length : INIT_UNBOUNDED);
}

static Py_ssize_t length_from_int(PyObject *value) {
    Py_ssize_t n = PyNumber_AsSsize_t(value, PyExc_OverflowError);
    if (n >= 0) return n;
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "negative array length");
    else if (PyErr_ExceptionMatches(PyExc_TypeError))
        PyErr_Format(PyExc_TypeError, "expected new array length or list/tuple/str, not %.200s", Py_TYPE(value)->tp_name);
    return -1;
}

Py_ssize_t convert_length(CTypeObject *item, PyObject **value) {
    if (is_sequence(*value)) return PySequence_Fast_GET_SIZE(*value);
    if (PyBytes_Check(*value)) return PyBytes_GET_SIZE(*value) + 1;
    if (PyUnicode_Check(*value)) return text_length(item->type->size == 2 ? 2 : 4, *value) + 1;
    Py_ssize_t n = length_from_int(*value);
    *value = NULL;
    return n;
}

/* ---------------------------------------------------------------- structs and unions */

static bool is_open(const CTypeObject *ct) { return ct->flags & CT_ARRAY && !abi_length_known(ct->type->length); }
static bool is_flexible(const CTypeObject *ct) { return ct->flags & CT_RECORD && ct->type->flags & ABI_F_FLEXIBLE; }

static Py_ssize_t rest_of(Py_ssize_t size, Py_ssize_t offset) { return size < 0 ? INIT_UNBOUNDED : size > offset ? size - offset : 0; }

/* The flexible array member F. With COUNT an int stands for so many zeroed items, which are there already. */
static int init_open(CFieldObject *f, char *data, PyObject *value, Py_ssize_t size, bool count) {
    CTypeObject *item = ctype_item(f->type);
    if (item == NULL) return -1;
    Py_ssize_t rest = rest_of(size, f->offset), width = (Py_ssize_t)item->type->size;
    if (count && convert_length(item, &value) < 0) return -1;
    return value == NULL ? 0 : init_array(f->type, data + f->offset, value, rest < 0 || width == 0 ? INIT_UNBOUNDED : rest / width);
}

int init_field(CTypeObject *record, CFieldObject *f, char *data, PyObject *value, Py_ssize_t size, bool count) {
    int failed;
    if (f->bitshift >= 0) failed = bitfield_store(f, data, value);
    else if (is_open(f->type)) failed = init_open(f, data, value, size, count);
    else if (is_flexible(f->type)) failed = init_record(f->type, data + f->offset, value, rest_of(size, f->offset));
    else failed = f->type->to_c(f->type, data + f->offset, value);
    if (failed != 0) explain("in field '%s' of '%s'", f->member.name, 0, record);
    return failed;
}

/* What is done with each field that an initialiser names. */
typedef int Visit(CTypeObject *record, CFieldObject *, PyObject *value, void *arg);

static int visit_sequence(CTypeObject *ct, PyObject *init, Visit *visit, void *arg) {
    FieldTable *t = ctype_table(ct);
    Py_ssize_t n = PySequence_Fast_GET_SIZE(init), at = 0;
    for (Py_ssize_t i = 0; i < n; i++, at++) {
        while (at < t->count && t->order[at]->flags) at++;
        if (at == t->count) {
            PyErr_Format(PyExc_ValueError, "too many initializers for '%s' (got %zd)", ct->name, n);
            return -1;
        }
        PyObject *value = sequence_item(init, i);
        if (value == NULL) break;
        int failed = visit(ct, t->order[at], value, arg);
        Py_DECREF(value);
        if (failed < 0) return -1;
    }
    return 0;
}

static int visit_pair(CTypeObject *ct, PyObject *name, PyObject *value, Visit *visit, void *arg) {
    CFieldObject *f = ctype_field(ct, name);
    if (f != NULL) return visit(ct, f, value, arg);
    if (!PyErr_Occurred()) PyErr_SetObject(PyExc_KeyError, name);
    return -1;
}

/* A converter may change the dict: what PyDict_Next gives stays valid only while we hold it. */
static int visit_dict(CTypeObject *ct, PyObject *init, Visit *visit, void *arg) {
    PyObject *name, *value;
    Py_ssize_t at = 0, size = PyDict_GET_SIZE(init);
    int failed = 0;
    Py_BEGIN_CRITICAL_SECTION(init);
    while (failed == 0 && PyDict_Next(init, &at, &name, &value)) {
        Py_INCREF(name);
        Py_INCREF(value);
        failed = visit_pair(ct, name, value, visit, arg);
        Py_DECREF(name);
        Py_DECREF(value);
        if (failed == 0 && PyDict_GET_SIZE(init) != size) {
            PyErr_SetString(PyExc_RuntimeError, "dictionary changed size during iteration");
            failed = -1;
        }
    }
    Py_END_CRITICAL_SECTION();
    return failed;
}

static int visit_init(CTypeObject *ct, PyObject *init, Visit *visit, void *arg, const char *expected) {
    if (ctype_table(ct) == NULL) return -1;
    if (is_sequence(init)) return visit_sequence(ct, init, visit, arg);
    if (PyDict_Check(init)) return visit_dict(ct, init, visit, arg);
    return convert_error(ct, init, expected);
}

typedef struct Target {
    char *data;
    Py_ssize_t size;
} Target;

static int store_field(CTypeObject *record, CFieldObject *f, PyObject *value, void *arg) {
    Target *target = arg;
    return init_field(record, f, target->data, value, target->size, true);
}

/* From another of the same type; of a flexible array as much as both have. */
static int record_from_cdata(CTypeObject *ct, char *dest, CDataObject *cd, Py_ssize_t size) {
    if (cd->data == NULL) {
        PyErr_Format(PyExc_RuntimeError, "cannot dereference null pointer from cdata '%s'", ct->name);
        return -1;
    }
    Py_ssize_t n = cdata_variable_size(cd), least = (Py_ssize_t)ct->type->size;
    if (n > size) n = size;
    memmove(dest, cd->data, (size_t)(n > least ? n : least));
    return 0;
}

int init_record(CTypeObject *ct, char *dest, PyObject *value, Py_ssize_t size) {
    if (cdata_check(ct->state, value)) {
        CDataObject *cd = (CDataObject *)value;
        if (cd->ctype == ct && ct->type->size != ABI_SIZE_UNKNOWN) return record_from_cdata(ct, dest, cd, size);
    }
    Target target = {dest, size};
    return visit_init(ct, value, store_field, &target, "list or tuple or dict or struct-cdata");
}

int to_c_record(CTypeObject *ct, void *dest, PyObject *value) { return init_record(ct, dest, value, (Py_ssize_t)ct->type->size); }

/* ---------------------------------------------------------------- the size of variable-size structs */

static int overflow(void) {
    PyErr_SetString(PyExc_OverflowError, "array size would overflow a Py_ssize_t");
    return -1;
}

static int grow(Py_ssize_t *size, Py_ssize_t offset, Py_ssize_t count, Py_ssize_t item) {
    Py_ssize_t end;
    if (__builtin_mul_overflow(count, item, &end) || __builtin_add_overflow(end, offset, &end)) return overflow();
    if (end > *size) *size = end;
    return 0;
}

static int measure_field(CTypeObject *record, CFieldObject *f, PyObject *value, void *arg) {
    Py_ssize_t *size = arg;
    if (is_open(f->type)) {
        CTypeObject *item = ctype_item(f->type);
        Py_ssize_t n = item == NULL ? -1 : convert_length(item, &value);
        return n < 0 ? -1 : grow(size, f->offset, n, (Py_ssize_t)item->type->size);
    }
    if (!is_flexible(f->type)) return 0;
    Py_ssize_t inner = init_size(f->type, value);
    return inner < 0 ? -1 : grow(size, f->offset, 1, inner);
}

Py_ssize_t init_size(CTypeObject *ct, PyObject *init) {
    Py_ssize_t size = (Py_ssize_t)ct->type->size;
    if (cdata_check(ct->state, init) && ((CDataObject *)init)->ctype == ct) {
        Py_ssize_t owned = cdata_variable_size((CDataObject *)init);
        return owned > size ? owned : size;
    }
    return visit_init(ct, init, measure_field, &size, "list or tuple or dict") < 0 ? -1 : size;
}
