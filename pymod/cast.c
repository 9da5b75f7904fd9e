/* ffi.cast(): C's explicit conversions. Integers are cut to size, floats rounded towards zero; pointers,
 * arrays and integers turn into each other by address. */
#include "pymod/call.h"
#include "pymod/cdata.h"
#include "pymod/convert.h"
#include "pymod/tables.h"

static PyObject *cannot_cast(CTypeObject *ct, PyObject *value) {
    if (cdata_check(ct->state, value))
        PyErr_Format(PyExc_TypeError, "cannot cast ctype '%s' to ctype '%s'", ((CDataObject *)value)->ctype->name, ct->name);
    else
        PyErr_Format(PyExc_TypeError, "cannot cast %.200s object to ctype '%s'", Py_TYPE(value)->tp_name, ct->name);
    return NULL;
}

static bool is_address(CTypeObject *ct) { return (ct->flags & (CT_POINTER | CT_FUNCPTR | CT_ARRAY)) != 0; }

/* A new primitive, zeroed: 16 bytes hold most. */
static CDataObject *primitive_new(CTypeObject *ct) {
    static const char zero[32];
    if (ct->type->size == ABI_SIZE_UNKNOWN || ct->type->size <= sizeof zero) return (CDataObject *)cdata_primitive(ct, zero);
    char *zeroes = PyMem_Calloc(1, ct->type->size); /* _BitInt(1000) */
    CDataObject *cd = zeroes == NULL ? (CDataObject *)PyErr_NoMemory() : (CDataObject *)cdata_primitive(ct, zeroes);
    PyMem_Free(zeroes);
    return cd;
}

/* ---------------------------------------------------------------- to integers and characters */

/* The character that VALUE (a str or bytes) is, as an int. */
static PyObject *ordinal(CTypeObject *ct, PyObject *value) {
    uint32_t unit;
    char what[80];
    if (PyBytes_Check(value)) {
        if (PyBytes_GET_SIZE(value) == 1) return PyLong_FromLong((unsigned char)PyBytes_AS_STRING(value)[0]);
        PyErr_Format(PyExc_TypeError, "initializer for ctype 'char' must be a bytes of length 1, not %.200s", Py_TYPE(value)->tp_name);
        return NULL;
    }
    if (text_single(4, value, &unit, what) == 0) return PyLong_FromUnsignedLong(unit);
    PyErr_Format(PyExc_TypeError, "cannot cast %s to ctype '%s'", what, ct->name);
    return NULL;
}

/* What VALUE counts as in C: an address, a character, int() of the rest. New int. */
static PyObject *integer_of(CTypeObject *ct, PyObject *value) {
    if (PyLong_Check(value)) return Py_NewRef(value);
    if (cdata_check(ct->state, value) && is_address(((CDataObject *)value)->ctype)) return PyLong_FromVoidPtr(((CDataObject *)value)->data);
    if (PyUnicode_Check(value) || PyBytes_Check(value)) return ordinal(ct, value);
    return int_of(value);
}

/* C's conversion to _Bool: whether VALUE compares unequal to 0 (C11 6.3.1.2). -1 with an exception. */
static int truth(CTypeObject *ct, PyObject *value) {
    if (PyFloat_Check(value)) return PyFloat_AS_DOUBLE(value) != 0.0;
    if (cdata_check(ct->state, value) && ((CDataObject *)value)->ctype->flags & CT_FLOAT) return cdata_bool(value);
    PyNumberMethods *nb = Py_TYPE(value)->tp_as_number;
    bool other = !PyLong_Check(value) && !cdata_check(ct->state, value) && !PyUnicode_Check(value) && !PyBytes_Check(value);
    if (other && (nb == NULL || (nb->nb_float == NULL && nb->nb_int == NULL))) {
        PyErr_SetString(PyExc_TypeError, "integer/float expected");
        return -1;
    }
    PyObject *number = other && nb->nb_float != NULL ? PyNumber_Float(value) : integer_of(ct, value);
    int result = number == NULL ? -1 : PyObject_IsTrue(number);
    Py_XDECREF(number);
    return result;
}

static PyObject *cast_integer(CTypeObject *ct, PyObject *value) {
    int64_t small;
    if (ct->flags & CT_BOOL) {
        int yes = truth(ct, value);
        char byte = (char)yes;
        return yes < 0 ? NULL : cdata_primitive(ct, &byte);
    }
    if (ct->type->size == ABI_SIZE_UNKNOWN &&
        PyErr_WarnFormat(PyExc_UserWarning, 1, "'%s' has no values explicitly defined; guessing that it is equivalent to 'unsigned int'",
                         ct->name) < 0)
        return NULL;
    WideInt w = wide_of(ct->type);
    if (w.bytes <= 8 && w.bits == 8 * w.bytes && int_compact(value, &small)) return cdata_primitive(ct, &small); /* little-endian */
    PyObject *integer = integer_of(ct, value);
    CDataObject *cd = integer == NULL ? NULL : primitive_new(ct);
    if (cd != NULL && wide_store(w, cd->data, integer, false) != 0) Py_CLEAR(cd);
    Py_XDECREF(integer);
    return (PyObject *)cd;
}

/* ---------------------------------------------------------------- to floating and complex types */

/* VALUE as Python sees it: a primitive cdata's value; a character's ordinal. New reference. */
static PyObject *number_of(CTypeObject *ct, PyObject *value) {
    PyObject *number;
    if (cdata_check(ct->state, value)) {
        CDataObject *cd = (CDataObject *)value;
        if (!(cd->ctype->flags & CT_PRIMITIVE)) return cannot_cast(ct, value);
        number = cd->ctype->from_c(cd->ctype, cd->data, NULL);
        if (number == NULL) return NULL;
    } else {
        number = Py_NewRef(value);
    }
    if (PyUnicode_Check(number) || PyBytes_Check(number)) {
        Py_ssize_t length = PyUnicode_Check(number) ? PyUnicode_GET_LENGTH(number) : PyBytes_GET_SIZE(number);
        Py_SETREF(number, length == 1 ? ordinal(ct, number) : cannot_cast(ct, value));
    }
    return number;
}

static PyObject *cast_float(CTypeObject *ct, PyObject *value) {
    PyObject *number = number_of(ct, value);
    CDataObject *cd = number == NULL ? NULL : primitive_new(ct);
    if (cd != NULL && ct->to_c(ct, cd->data, number) < 0) Py_CLEAR(cd);
    Py_XDECREF(number);
    return (PyObject *)cd;
}

/* ---------------------------------------------------------------- to pointers and arrays */

/* An address out of an int, whatever its size: cut to the pointer's. */
static PyObject *cast_address(CTypeObject *ct, PyObject *value) {
    if (cdata_check(ct->state, value)) {
        CDataObject *cd = (CDataObject *)value;
        if (is_address(cd->ctype) && abi_is_nullptr(ct->type) && cd->data != NULL) return cannot_cast(ct, value);
        if (is_address(cd->ctype)) return cdata_derived_weakly(ct, cd->data, cd);
    }
    uintptr_t address = 0;
    if (file_argument_check(&(Argument){.ctype = ct}, value)) { /* FILE * from a Python file */
        address = (uintptr_t)file_argument(value);
        if (address == 0) return NULL;
    } else {
        PyObject *integer = int_of(value);
        int failed = integer == NULL ? -1 : wide_store((WideInt){false, 8 * sizeof address, sizeof address}, &address, integer, false);
        Py_XDECREF(integer);
        if (failed != 0) return NULL;
    }
    if (abi_is_nullptr(ct->type) && address != 0) return cannot_cast(ct, value);
    return ct->flags & CT_ARRAY ? cdata_view(ct, (void *)address, NULL) : cdata_pointer(ct, (void *)address);
}

/* A function of a compiled module's lib: what it is a wrapper of. */
static PyObject *cast_function(CTypeObject *ct, PyObject *value) {
    PyObject *address = compiled_function_address(ct->state, value);
    if (address == NULL && PyErr_Occurred()) return NULL;
    if (address == NULL || address == value) {
        Py_XDECREF(address);
        return cannot_cast(ct, value);
    }
    PyObject *result = cdata_cast(ct, address);
    Py_DECREF(address);
    return result;
}

PyObject *cdata_cast(CTypeObject *ct, PyObject *value) {
    if (PyCFunction_Check(value)) return cast_function(ct, value);
    if (ct->type->kind == ABI_ENUM && raise_problem(ct)) return NULL;
    if (is_address(ct) && ct->type->size != ABI_SIZE_UNKNOWN) return cast_address(ct, value);
    if (ct->flags & (CT_INT | CT_CHAR)) return cast_integer(ct, value);
    if (ct->flags & (CT_FLOAT | CT_COMPLEX)) return cast_float(ct, value);
    PyErr_Format(PyExc_TypeError, "cannot cast to ctype '%s'", ct->name);
    return NULL;
}
