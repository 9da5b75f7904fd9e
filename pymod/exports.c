/* The functions that the code of a compiled module calls, by their numbers in the 1.x interface. Where that
 * code names a type it passes the CType that it found in its table. */
#include "pymod/call.h"
#include "pymod/cdata.h"
#include "pymod/convert.h"
#include "pymod/tables.h"

#include <errno.h>
#include <string.h>
#include <wchar.h>

/* ---------------------------------------------------------------- integers */

static int refuse_float(PyObject *value) {
    bool is_float = PyFloat_Check(value) || (cdata_check(NULL, value) && ((CDataObject *)value)->ctype->flags & CT_FLOAT);
    if (is_float)
        PyErr_SetString(PyExc_TypeError, "an integer is required");
    return is_float ? -1 : 0;
}

static int does_not_fit(PyObject *integer, const char *what) {
    if (!PyErr_Occurred())
        PyErr_Format(PyExc_OverflowError, "integer %S does not fit '%s'", integer, what);
    return -1;
}

static long long slow_signed(PyObject *value, long long min, long long max, const char *what) {
    PyObject *integer = refuse_float(value) < 0 ? NULL : int_of(value);
    if (!integer)
        return -1;
    long long n = PyLong_AsLongLong(integer);
    if (!(n == -1 && PyErr_Occurred()) && (n < min || n > max))
        n = does_not_fit(integer, what);
    Py_DECREF(integer);
    return n;
}

static unsigned long long slow_unsigned(PyObject *value, unsigned long long max, const char *what) {
    PyObject *integer = refuse_float(value) < 0 ? NULL : int_of(value);
    int overflow = 0;
    if (!integer)
        return (unsigned long long)-1;
    long long n = PyLong_AsLongLongAndOverflow(integer, &overflow);
    unsigned long long result = (unsigned long long)n;
    if (overflow < 0 || (overflow == 0 && n < 0)) {
        PyErr_SetString(PyExc_OverflowError, "can't convert negative number to unsigned");
        result = (unsigned long long)-1;
    } else {
        if (overflow > 0)
            result = PyLong_AsUnsignedLongLong(integer);
        if (!PyErr_Occurred() && result > max)
            result = (unsigned long long)does_not_fit(integer, what);
    }
    Py_DECREF(integer);
    return result;
}

#define SIGNED(name, type, min, max, what)                                                            \
    static type name(PyObject *value) {                                                               \
        int64_t n;                                                                                    \
        return (type)(int_compact(value, &n) && n >= (min) && n <= (max) ? n : slow_signed(value, min, max, what)); \
    }
#define UNSIGNED(name, type, max, what)                                                               \
    static type name(PyObject *value) {                                                               \
        int64_t n;                                                                                    \
        if (int_compact(value, &n) && n >= 0 && (uint64_t)n <= (max))                                 \
            return (type)n;                                                                           \
        return (type)slow_unsigned(value, max, what);                                                 \
    }
SIGNED(to_i8, int, INT8_MIN, INT8_MAX, "8-bit int")
SIGNED(to_i16, int, INT16_MIN, INT16_MAX, "16-bit int")
SIGNED(to_i32, int, INT32_MIN, INT32_MAX, "32-bit int")
SIGNED(to_i64, long long, INT64_MIN, INT64_MAX, "64-bit int")
UNSIGNED(to_u8, int, UINT8_MAX, "8-bit unsigned int")
UNSIGNED(to_u16, int, UINT16_MAX, "16-bit unsigned int")
UNSIGNED(to_u32, unsigned int, UINT32_MAX, "32-bit unsigned int")
UNSIGNED(to_u64, unsigned long long, UINT64_MAX, "64-bit unsigned int")
#undef SIGNED
#undef UNSIGNED

/* -1 is not a value of _Bool: the caller tests for it as (_Bool)-1, which is 1, and then for an exception. */
static _Bool to_bool(PyObject *value) {
    if (value == Py_True || value == Py_False)
        return value == Py_True;
    return slow_signed(value, 0, 1, "_Bool") != 0;
}

/* ---------------------------------------------------------------- characters */

/* A cdata of kind CHAR and WIDTH bytes: its value. */
static bool char_of_cdata(PyObject *value, unsigned width, uint32_t *unit) {
    CDataObject *cd = (CDataObject *)value;
    if (!cdata_check(NULL, value) || !(cd->ctype->flags & CT_CHAR) || cd->ctype->type->size != width)
        return false;
    *unit = 0;
    memcpy(unit, cd->data, width);
    return true;
}

static int not_a_char(PyObject *value, const char *type, const char *wanted, const char *what) {
    PyErr_Format(PyExc_TypeError, "initializer for ctype '%s' must be a %s of length 1, not %.200s", type, wanted,
                 what ? what : Py_TYPE(value)->tp_name);
    return -1;
}

static int to_char(PyObject *value) {
    uint32_t unit;
    if (PyBytes_Check(value) && PyBytes_GET_SIZE(value) == 1)
        return (unsigned char)PyBytes_AS_STRING(value)[0];
    return char_of_cdata(value, 1, &unit) ? (int)unit : not_a_char(value, "char", "bytes", NULL);
}

static uint32_t to_wide_char(PyObject *value, unsigned width, const char *type) {
    uint32_t unit;
    char what[80];
    if (char_of_cdata(value, width, &unit))
        return unit;
    if (!PyUnicode_Check(value))
        return (uint32_t)not_a_char(value, type, "unicode string", NULL);
    return text_single(width, value, &unit, what) == 0 ? unit : (uint32_t)not_a_char(value, type, "unicode string", what);
}

static PyObject *from_char(char value) { return PyBytes_FromStringAndSize(&value, 1); }

/* wchar_t, and the one of char16_t and char32_t that has not its width. */
enum { OTHER_WIDTH = sizeof(wchar_t) == 4 ? 2 : 4 };

static wchar_t to_wchar(PyObject *value) {
    return (wchar_t)to_wide_char(value, sizeof(wchar_t), sizeof(wchar_t) == 4 ? "char32_t" : "char16_t");
}

static PyObject *from_wchar(wchar_t value) { return text_load(sizeof value, &value, 1); }

static int to_other_char(PyObject *value) {
    return (int)to_wide_char(value, OTHER_WIDTH, OTHER_WIDTH == 4 ? "char32_t" : "char16_t");
}

static PyObject *from_other_char(int value) {
    uint16_t narrow = (uint16_t)value;
    return OTHER_WIDTH == 2 ? text_load(2, &narrow, 1) : text_load(4, &value, 1);
}

/* ---------------------------------------------------------------- other values */

static long double to_long_double(PyObject *value) {
    if (cdata_check(NULL, value) && ((CDataObject *)value)->ctype->flags & CT_LONGDOUBLE) {
        CDataObject *cd = (CDataObject *)value;
        return real_load_long(cd->ctype->type, cd->data);
    }
    return PyFloat_AsDouble(value);
}

static PyObject *from_pointer(char *pointer, CTypeObject *ct) { return ct->from_c(ct, &pointer, NULL); }

static char *to_pointer(PyObject *value, CTypeObject *ct) {
    char *pointer = NULL;
    Argument a = {.op = ARG_POINTER, .ctype = ct};
    if (ct->flags & CT_POINTER && !cdata_check(NULL, value) && file_argument_check(&a, value))
        return file_argument(value);
    return convert_init(ct, &pointer, value) < 0 ? NULL : pointer;
}

static PyObject *from_memory(char *src, CTypeObject *ct) { return ct->from_c(ct, src, NULL); }

static int to_memory(char *dest, CTypeObject *ct, PyObject *value) {
    CDataObject *cd = (CDataObject *)value;
    const AbiType *type = ct->type;
    if (cdata_check(NULL, value) && cd->ctype == ct && ct->flags & CT_RECORD && !(type->flags & ABI_F_FLEXIBLE) && cd->data
        && type->size != ABI_SIZE_UNKNOWN) {
        cdata_copy_bytes(dest, cd->data, type->size);
        return 0;
    }
    /* Bytes that an initialiser does not mention are zeros, as in C. */
    if (ct->flags & CT_RECORD && ct->type->size != ABI_SIZE_UNKNOWN && !cdata_check(NULL, value))
        memset(dest, 0, ct->type->size);
    return convert_init(ct, dest, value);
}

static PyObject *from_record(char *src, CTypeObject *ct) { return cdata_copy(ct, src); }

/* ---------------------------------------------------------------- pointer arguments, in two steps */

/* Without the GIL another thread may lengthen a list between the steps, and the interface does not tell the second
 * how much memory there is. So the first leaves it here, for its own thread; nothing comes between them. */
#ifdef Py_GIL_DISABLED
static _Thread_local Py_ssize_t prepared_length; /* items */
#define REMEMBER_LENGTH(length) (prepared_length = (length))
#else
#define REMEMBER_LENGTH(length) ((void)(length))
#endif

static Py_ssize_t array_size(Py_ssize_t length, size_t item) {
    REMEMBER_LENGTH(length);
    if ((size_t)length > (size_t)PY_SSIZE_T_MAX / item) {
        PyErr_SetString(PyExc_OverflowError, "array size would overflow a Py_ssize_t");
        return -1;
    }
    return length ? length * (Py_ssize_t)item : 1;
}

/* 0: *OUT is the pointer; above 0: so many bytes are needed, to be filled by fill_array(); -1: an exception. */
static Py_ssize_t prepare_pointer(CTypeObject *ct, PyObject *value, char **out) {
    if (cdata_check(NULL, value) && ((CDataObject *)value)->ctype == ct) {
        *out = ((CDataObject *)value)->data;
        return 0;
    }
    const AbiType *item = ct->type->item.type;
    Temporaries none = {NULL, NULL, NULL};
    Argument a = {.op = ARG_POINTER, .ctype = ct};
    bool sized = item->size != ABI_SIZE_UNKNOWN && item->size > 0;
    if (sized && (PyList_Check(value) || PyTuple_Check(value)))
        return array_size(PySequence_Fast_GET_SIZE(value), item->size);
    if (sized && PyUnicode_Check(value) && item->kind == ABI_CHAR && item->size > 1)
        return array_size(text_length((unsigned)item->size, value) + 1, item->size);
    int failed = argument_slow(&a, (char *)out, value, &none);
    temporaries_free(&none);
    return failed;
}

static int fill_array(char *dest, CTypeObject *ct, PyObject *value) {
#ifdef Py_GIL_DISABLED
    if (PyList_Check(value)) {
        Py_ssize_t length = prepared_length;
        PyObject *items = PyList_GetSlice(value, 0, length);
        int rc = items ? init_array(ct, dest, items, length) : -1;
        Py_XDECREF(items);
        return rc;
    }
#endif
    return init_array(ct, dest, value, INIT_UNBOUNDED);
}

/* ---------------------------------------------------------------- errno */

static void restore_errno(void) { errno = *abi_errno(); }

static void save_errno(void) {
    int now = errno;
    *abi_errno() = now;
}

/* Nothing since cffi 1.0 calls number 12. */
static PyObject *get_struct_layout(Py_ssize_t *numbers) {
    PyObject *list = PyList_New(0);
    for (; list && *numbers >= 0; numbers++) {
        PyObject *number = PyLong_FromSsize_t(*numbers);
        if (!number || PyList_Append(list, number) < 0)
            Py_CLEAR(list);
        Py_XDECREF(number);
    }
    return list;
}

#define F(function) (void (*)(void))(function)

void (*const module_exports[EXPORT_COUNT])(void) = {
    NULL,
    F(to_i8), F(to_u8), F(to_i16), F(to_u16), F(to_i32), F(to_u32), F(to_i64), F(to_u64),
    F(to_char), F(from_pointer), F(to_pointer), F(get_struct_layout), F(restore_errno), F(save_errno),
    F(from_char), F(from_memory), F(to_memory), F(from_record), F(to_wchar), F(from_wchar),
    F(to_long_double), F(to_bool), F(prepare_pointer), F(fill_array), F(extern_python_call),
    F(to_other_char), F(from_other_char),
};
