/* cdata as numbers: int(), float(), complex(), bool(), pointer arithmetic, comparison. */
#include "pymod/cdata.h"
#include "pymod/convert.h"

/* ---------------------------------------------------------------- conversions of primitives */

static PyObject *unsupported(const char *what, const CTypeObject *ct) {
    PyErr_Format(PyExc_TypeError, "%s() not supported on cdata '%s'", what, ct->name);
    return NULL;
}

/* Never a bool, and not rounded through double. */
static PyObject *int_from_long_double(CDataObject *cd) {
    long double x = real_load_long(cd->ctype->type, cd->data);
    /* Python's conversion words the errors for NaN and infinities. */
    if (!(x > -0x1p63L && x < 0x1p63L)) {
        PyObject *number = PyFloat_FromDouble((double)x), *result = number == NULL ? NULL : PyNumber_Long(number);
        Py_XDECREF(number);
        return result;
    }
    return PyLong_FromLongLong((long long)x);
}

PyObject *cdata_int(PyObject *self) {
    CDataObject *cd = (CDataObject *)self;
    CTypeObject *ct = cd->ctype;
    if (ct->flags & CT_BOOL) return PyLong_FromLong(*(unsigned char *)cd->data);
    if (ct->flags & CT_INT) {
        PyObject *value = ct->from_c(ct, cd->data, NULL);
        if (value != NULL && PyBool_Check(value)) Py_SETREF(value, PyLong_FromLong(value == Py_True)); /* enum e : bool */
        return value;
    }
    if (ct->flags & CT_CHAR) {
        /* char counts as unsigned here whatever its sign in C; wchar_t has the sign it has. */
        WideInt w = wide_of(ct->type);
        w.is_signed = ct->type->size == 4 && (ct->type->canonical->flags & ABI_F_SIGNED);
        return wide_load(w, cd->data);
    }
    if (ct->flags & CT_LONGDOUBLE) return int_from_long_double(cd);
    if (ct->flags & CT_FLOAT) {
        PyObject *number = ct->from_c(ct, cd->data, NULL), *result = number == NULL ? NULL : PyNumber_Long(number);
        Py_XDECREF(number);
        return result;
    }
    return unsupported("int", ct);
}

PyObject *cdata_float(PyObject *self) {
    CDataObject *cd = (CDataObject *)self;
    if (!(cd->ctype->flags & CT_FLOAT) || !real_supported(cd->ctype->type)) return unsupported("float", cd->ctype);
    return PyFloat_FromDouble(real_load(cd->ctype->type, cd->data));
}

PyObject *cdata_complex(PyObject *self, PyObject *unused) {
    CDataObject *cd = (CDataObject *)self;
    if (!(cd->ctype->flags & CT_COMPLEX)) return unsupported("complex", cd->ctype);
    return cd->ctype->from_c(cd->ctype, cd->data, NULL);
}

int cdata_bool(PyObject *self) {
    CDataObject *cd = (CDataObject *)self;
    CTypeObject *ct = cd->ctype;
    const AbiType *real = ct->flags & CT_COMPLEX ? ct->type->item.type : ct->type;
    if (!(ct->flags & CT_PRIMITIVE)) return cd->data != NULL;
    if (ct->flags & (CT_FLOAT | CT_COMPLEX) && real->kind == ABI_FLOAT && real_supported(real)) {
        bool nonzero = real_load_long(real, cd->data) != 0;
        if (ct->flags & CT_COMPLEX) nonzero |= real_load_long(real, cd->data + real->size) != 0;
        return nonzero;
    }
    for (size_t i = 0; i < cdata_value_size(ct); i++)
        if (cd->data[i] != 0) return 1;
    return 0;
}

/* ---------------------------------------------------------------- pointer arithmetic */

/* The pointer type that CT (a pointer or array) has after decay; new reference. */
static CTypeObject *pointer_type(CTypeObject *ct) {
    if (ct->flags & CT_ARRAY) {
        CTypeObject *item = ctype_item(ct);
        return item == NULL ? NULL : ctype_pointer_to(item);
    }
    Py_INCREF(ct);
    return ct;
}

/* Bytes from one item to the next; void counts as GNU C has it. -1 with an exception. */
static Py_ssize_t stride(CTypeObject *ct) {
    const AbiType *item = ct->type->item.type;
    if (item->size != ABI_SIZE_UNKNOWN || ctype_assume_enum(ct->state, item)) return (Py_ssize_t)item->size;
    if (ct->flags & CT_VOIDP) return 1;
    if (!raise_problem(ctype_item(ct))) PyErr_Format(PyExc_TypeError, "ctype '%s' points to items of unknown size", ct->name);
    return -1;
}

static PyObject *moved(CDataObject *cd, PyObject *count, int sign) {
    Py_ssize_t i = PyNumber_AsSsize_t(count, PyExc_OverflowError);
    if (i == -1 && PyErr_Occurred()) return NULL;
    if (!(cd->ctype->flags & (CT_POINTER | CT_ARRAY)) || abi_is_nullptr(cd->ctype->type)) {
        PyErr_Format(PyExc_TypeError, "cannot add a cdata '%s' and a number", cd->ctype->name);
        return NULL;
    }
    Py_ssize_t size = stride(cd->ctype);
    CTypeObject *pointer = size < 0 ? NULL : pointer_type(cd->ctype);
    if (pointer == NULL) return NULL;
    uintptr_t offset = (uintptr_t)i * (uintptr_t)size; /* wraps, as addresses do */
    uintptr_t address = sign > 0 ? (uintptr_t)cd->data + offset : (uintptr_t)cd->data - offset;
    PyObject *result = cdata_derived(pointer, (void *)address, cd);
    Py_DECREF(pointer);
    return result;
}

/* One operand of a binary slot is a cdata, but which? Its hash slot is as good a mark as any. */
static bool is_cdata(PyObject *o) { return Py_TYPE(o)->tp_hash == cdata_hash; }

PyObject *cdata_add(PyObject *v, PyObject *w) { return is_cdata(v) ? moved((CDataObject *)v, w, 1) : moved((CDataObject *)w, v, 1); }

/* The size that the difference of V and W counts in, or 0: they have none. -1 with an exception. */
static Py_ssize_t common_stride(CDataObject *v, CDataObject *w) {
    CTypeObject *ct = w->ctype;
    if (ct->flags & CT_ARRAY) {
        ct = pointer_type(ct);
        if (ct == NULL) return -1;
        Py_DECREF(ct); /* the item type keeps it */
    }
    if (ct != v->ctype || !(ct->flags & CT_POINTER) || abi_is_nullptr(ct->type)) return 0;
    if (ct->flags & CT_VOIDP) return 1;
    const AbiType *item = ct->type->item.type;
    return item->size == ABI_SIZE_UNKNOWN && !ctype_assume_enum(ct->state, item) ? 0 : (Py_ssize_t)item->size;
}

static PyObject *distance(CDataObject *v, CDataObject *w) {
    Py_ssize_t size = common_stride(v, w), bytes = (Py_ssize_t)((uintptr_t)v->data - (uintptr_t)w->data);
    if (size > 0 && bytes % size == 0) return PyLong_FromSsize_t(bytes / size);
    if (size > 0) {
        PyErr_SetString(PyExc_ValueError,
                        "pointer subtraction: the distance between the two pointers is not a multiple of the item size");
    } else if (size == 0) {
        CTypeObject *ct = w->ctype->flags & CT_ARRAY ? pointer_type(w->ctype) : (CTypeObject *)Py_NewRef(w->ctype);
        if (ct != NULL) PyErr_Format(PyExc_TypeError, "cannot subtract cdata '%s' and cdata '%s'", v->ctype->name, ct->name);
        Py_XDECREF(ct);
    }
    return NULL;
}

PyObject *cdata_subtract(PyObject *v, PyObject *w) {
    if (!is_cdata(v)) Py_RETURN_NOTIMPLEMENTED;
    return is_cdata(w) ? distance((CDataObject *)v, (CDataObject *)w) : moved((CDataObject *)v, w, -1);
}

/* ---------------------------------------------------------------- comparison */

/* A primitive's value in Python; what is not a cdata stays. New reference. */
static PyObject *value_of(PyObject *o) {
    if (!is_cdata(o)) return Py_NewRef(o);
    CDataObject *cd = (CDataObject *)o;
    if (!(cd->ctype->flags & CT_LONGDOUBLE)) return cd->ctype->from_c(cd->ctype, cd->data, NULL);
    PyErr_Format(PyExc_NotImplementedError, "cannot use <cdata '%s'> in a comparison", cd->ctype->name);
    return NULL;
}

static bool is_place(PyObject *o) { return is_cdata(o) && !(((CDataObject *)o)->ctype->flags & CT_PRIMITIVE); }

PyObject *cdata_richcompare(PyObject *v, PyObject *w, int op) {
    bool places = is_place(v);
    if (places != is_place(w)) Py_RETURN_NOTIMPLEMENTED;
    if (places) {
        uintptr_t a = (uintptr_t)((CDataObject *)v)->data, b = (uintptr_t)((CDataObject *)w)->data;
        Py_RETURN_RICHCOMPARE(a, b, op);
    }
    PyObject *a = value_of(v), *b = a == NULL ? NULL : value_of(w);
    PyObject *result = b == NULL ? NULL : PyObject_RichCompare(a, b, op);
    Py_XDECREF(a);
    Py_XDECREF(b);
    return result;
}
