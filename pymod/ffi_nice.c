/* FFI: what is easier said in Python, loaded when first used: cdeffi/_nice.py, which cffi lacks. */
#include "pymod/cdata.h"
#include "pymod/ffi.h"
#include "pymod/lazy.h"

static int require_cdata(PyObject *self, PyObject *arg, const char *method) {
    if (cdata_check(((FFIObject *)self)->state, arg))
        return 0;
    PyErr_Format(PyExc_TypeError, "%s() argument 1 must be a cdata, not %.200s", method, Py_TYPE(arg)->tp_name);
    return -1;
}

METHOD_O(pretty) {
    return require_cdata(self, arg, "pretty") < 0 ? NULL : lazy_call("cdeffi._nice", "pretty", arg, NULL);
}

METHOD_O(to_dict) {
    return require_cdata(self, arg, "to_dict") < 0 ? NULL : lazy_call("cdeffi._nice", "to_dict", arg, NULL);
}

METHOD_O(to_list) {
    return require_cdata(self, arg, "to_list") < 0 ? NULL : lazy_call("cdeffi._nice", "to_list", arg, NULL);
}

METHOD_O(enum) {
    CTypeObject *ct = ffi_type_arg((FFIObject *)self, arg, TAKES_CDATA);
    PyObject *result = ct ? lazy_call("cdeffi._nice", "enum_class", (PyObject *)ct, NULL) : NULL;
    Py_XDECREF(ct);
    return result;
}

/* Is the memory that CD shows sure to be there: that of ffi.new(), or all inside of it? Of anything else
 * the address may be wild, and to show an object at a prompt must not crash. */
static bool is_safe_to_read(CDataObject *cd) {
    if (cdata_is_owning(cd))
        return true;
    if (cd->ctype->type->kind == ABI_POINTER)
        return false;
    PyObject *keeper = cdata_keeper(cd);
    if (!keeper || !Py_IS_TYPE(keeper, cd->ctype->state->cdata_own_type))
        return false;
    CDataObject *owner = (CDataObject *)keeper;
    Py_ssize_t size = cdata_sizeof(cd), whole = cdata_sizeof(owner);
    if (owner->ctype->type->kind == ABI_POINTER)
        whole = (Py_ssize_t)owner->ctype->type->item.type->size;
    return size >= 0 && cd->data >= owner->data && cd->data - owner->data <= whole - size;
}

PyObject *cdata_repr_pretty(PyObject *self, PyObject *const *args, Py_ssize_t nargs) {
    if (nargs != 2) {
        PyErr_SetString(PyExc_TypeError, "_repr_pretty_(printer, cycle) takes two arguments");
        return NULL;
    }
    if (is_safe_to_read((CDataObject *)self))
        return lazy_call("cdeffi._nice", "repr_pretty", self, args[0]);
    PyErr_Clear();
    PyObject *text = PyObject_Repr(self);
    PyObject *result = text ? PyObject_CallMethod(args[0], "text", "O", text) : NULL;
    Py_XDECREF(text);
    return result;
}
