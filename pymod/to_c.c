/* Python objects to C: pointers, and which converter serves which type. */
#include "pymod/convert.h"
#include "pymod/tables.h"

int convert_error(CTypeObject *ct, PyObject *value, const char *expected) {
    if (!cdata_check(ct->state, value)) {
        PyErr_Format(PyExc_TypeError, "initializer for ctype '%s' must be a %s, not %.200s", ct->name, expected, Py_TYPE(value)->tp_name);
        return -1;
    }
    CTypeObject *got = ((CDataObject *)value)->ctype;
    if (strcmp(ct->name, got->name) != 0)
        PyErr_Format(PyExc_TypeError, "initializer for ctype '%s' must be a %s, not cdata '%s'", ct->name, expected, got->name);
    else if (ct != got)
        PyErr_Format(PyExc_TypeError,
                     "initializer for ctype '%s' appears indeed to be '%s', but the types are different (check that you are not "
                     "e.g. mixing up different ffi instances)",
                     ct->name, got->name);
    else
        PyErr_Format(PyExc_TypeError, "initializer for ctype '%s' must be a %s, not cdata '%s'", ct->name, expected, got->name);
    return -1;
}

static bool points_to_byte(const CTypeObject *ct) { return ct->flags & CT_POINTER && ct->type->item.type->size == 1; }

/* May a FROM become a TO (both pointers) without a cast? 0, or -1 with an exception. As cffi: void * goes
 * both ways; char * only to and from pointers to other single bytes. */
static int pointers_compatible(CTypeObject *to, CTypeObject *from, PyObject *value) {
    uint32_t flags = to->flags | from->flags;
    if (to == from || flags & CT_VOIDP) return 0;
    if (!(flags & CT_BYTEP)) return convert_error(to, value, "pointer to same type");
    if (points_to_byte(to) && points_to_byte(from)) return 0;
    PyErr_SetString(PyExc_TypeError, to->flags & CT_BYTEP
                                         ? "implicit cast to 'char *' from a different pointer type."
                                           "(check that the types are as you expect; use an explicit ffi.cast() if they are correct)"
                                         : "implicit cast from 'char *' to a different pointer type: "
                                           "(check that the types are as you expect; use an explicit ffi.cast() if they are correct)");
    return -1;
}

/* A function of a compiled module's lib, where a pointer to it is meant. */
static int from_compiled_function(CTypeObject *ct, void *dest, PyObject *value) {
    PyObject *address = compiled_function_address(ct->state, value);
    if (address == NULL || address == value) {
        Py_XDECREF(address);
        return PyErr_Occurred() ? -1 : convert_error(ct, value, "cdata pointer");
    }
    int failed = to_c_pointer(ct, dest, address);
    Py_DECREF(address);
    return failed;
}

int to_c_pointer(CTypeObject *ct, void *dest, PyObject *value) {
    if (!cdata_check(ct->state, value)) return ct->flags & (CT_FUNCPTR | CT_VOIDP) ? from_compiled_function(ct, dest, value) : convert_error(ct, value, "cdata pointer");
    CDataObject *cd = (CDataObject *)value;
    CTypeObject *from = cd->ctype;
    if (from != ct) {
        if (from->flags & CT_ARRAY) {
            /* An array decays (C11 6.3.2.1p3): T[n] is as good as T *. */
            CTypeObject *item = ctype_item(from);
            from = item == NULL ? NULL : ctype_pointer_to(item);
            if (from == NULL) return -1;
            Py_DECREF(from); /* the item type keeps it */
        } else if (!(from->flags & (CT_POINTER | CT_FUNCPTR))) {
            return convert_error(ct, value, "pointer or array");
        }
        if (pointers_compatible(ct, from, value) < 0) return -1;
    }
    memcpy(dest, &cd->data, sizeof cd->data);
    return 0;
}

/* C23 6.3.2.4: null pointers, of any type, are all that becomes a nullptr_t. */
static int to_c_nullptr(CTypeObject *ct, void *dest, PyObject *value) {
    void *address;
    if (to_c_pointer(ct, &address, value) < 0) return -1;
    if (address != NULL) return convert_error(ct, value, "null pointer");
    memcpy(dest, &address, sizeof address);
    return 0;
}

/* void, functions, and what else has no values. */
int to_c_void(CTypeObject *ct, void *dest, PyObject *value) {
    PyErr_Format(PyExc_TypeError, "cannot convert a Python object to ctype '%s'", ct->name);
    return -1;
}

static ToC *to_c_choose(const CTypeObject *ct) {
    switch ((AbiKind)ct->type->kind) {
    case ABI_BOOL:
    case ABI_INT: return to_c_int_choose(ct->type);
    case ABI_ENUM: return to_c_int; /* its underlying type is known only once it is complete */
    case ABI_CHAR: return to_c_char;
    case ABI_FLOAT: return to_c_float_choose(ct->type);
    case ABI_COMPLEX: return to_c_complex;
    case ABI_POINTER: return abi_is_nullptr(ct->type) ? to_c_nullptr : to_c_pointer;
    case ABI_ARRAY:
    case ABI_VECTOR: return to_c_array;
    case ABI_STRUCT:
    case ABI_UNION: return to_c_record;
    case ABI_VOID:
    case ABI_FUNCTION: break;
    }
    return to_c_void;
}

void convert_choose(CTypeObject *ct) {
    ct->to_c = to_c_choose(ct);
    ct->from_c = from_c_choose(ct);
}

int convert_init(CTypeObject *ct, void *dest, PyObject *value) { return ct->to_c(ct, dest, value); }
