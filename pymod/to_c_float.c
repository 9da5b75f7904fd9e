/* Python objects to C floating and complex types. */
#include "pymod/convert.h"

static int unsupported(CTypeObject *ct) {
    PyErr_Format(PyExc_NotImplementedError, "values of ctype '%s' cannot be converted", ct->name);
    return -1;
}

int to_c_float(CTypeObject *ct, void *dest, PyObject *value) {
    if (!real_supported(ct->type)) return unsupported(ct);
    if (real_is_wide(ct) && cdata_check(ct->state, value) && real_is_wide(((CDataObject *)value)->ctype)) {
        CDataObject *cd = (CDataObject *)value; /* no way through double, which would round */
        real_store_long(ct->type, dest, real_load_long(cd->ctype->type, cd->data));
        return 0;
    }
    double x = PyFloat_AsDouble(value);
    if (x == -1.0 && PyErr_Occurred()) return -1;
    real_store(ct->type, dest, x);
    return 0;
}

static int to_c_double(CTypeObject *ct, void *dest, PyObject *value) {
    if (!PyFloat_CheckExact(value)) return to_c_float(ct, dest, value);
    double x = PyFloat_AS_DOUBLE(value);
    memcpy(dest, &x, sizeof x);
    return 0;
}

static int to_c_single(CTypeObject *ct, void *dest, PyObject *value) {
    if (!PyFloat_CheckExact(value)) return to_c_float(ct, dest, value);
    float x = (float)PyFloat_AS_DOUBLE(value);
    memcpy(dest, &x, sizeof x);
    return 0;
}

ToC *to_c_float_choose(const AbiType *type) {
    if (!real_supported(type)) return to_c_float;
    AbiPrim prim = (AbiPrim)type->canonical->prim;
    if (prim == ABI_P_DOUBLE) return to_c_double;
    return prim == ABI_P_FLOAT ? to_c_single : to_c_float;
}

int to_c_complex(CTypeObject *ct, void *dest, PyObject *value) {
    const AbiType *real = ct->type->item.type;
    if (real->kind != ABI_FLOAT || !real_supported(real)) return unsupported(ct);
    Py_complex z = PyComplex_AsCComplex(value);
    if (z.real == -1.0 && PyErr_Occurred()) return -1;
    real_store(real, dest, z.real);
    real_store(real, (char *)dest + real->size, z.imag);
    return 0;
}
