/* Fields of structs and unions as attributes: p.x, p.x = v, dir(p). */
#include "pymod/cdata.h"
#include "pymod/cfield.h"

/* The struct or union whose fields CD shows: its own type, or the one that it points to. Borrowed. NULL,
 * without an exception, if it is neither. */
static inline CTypeObject *record_of(CDataObject *cd) {
    CTypeObject *ct = cd->ctype;
    if (ct->flags & CT_RECORD) return ct;
    return ct->flags & CT_RECORDP ? ctype_item(ct) : NULL;
}

/* T[] or T[0]: with as many items as the struct owns, else a pointer to the first. */
static PyObject *load_open(CFieldObject *f, char *data, PyObject *owner, Py_ssize_t size) {
    CTypeObject *item = ctype_item(f->type);
    if (item == NULL) return NULL;
    Py_ssize_t rest = size - f->offset;
    if (size >= 0 && rest >= 0 && item->type->size > 0 && !abi_length_known(f->type->type->length))
        return cdata_sized(f->type, data, rest / (Py_ssize_t)item->type->size, owner);
    CTypeObject *pointer = ctype_pointer_to(item);
    PyObject *result = pointer == NULL ? NULL : cdata_derived(pointer, data, (CDataObject *)owner);
    Py_XDECREF(pointer);
    return result;
}

static PyObject *load(CDataObject *cd, CFieldObject *f) {
    if (cd->data == NULL) return cdata_null_error(cd);
    if (f->bitshift == FIELD_PLAIN) return f->type->from_c(f->type, cd->data + f->offset, (PyObject *)cd);
    if (f->bitshift >= 0) return bitfield_load(f, cd->data);
    return load_open(f, cd->data + f->offset, (PyObject *)cd, cdata_variable_size(cd));
}

/* Replace an AttributeError by cffi's words. */
static void reword(CDataObject *cd, CTypeObject *record, PyObject *name, const char *verb) {
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return;
    PyErr_Clear();
    if (record != NULL && raise_problem(record)) return;
    if (record != NULL && !record->type->record->complete)
        PyErr_Format(PyExc_AttributeError, "cdata '%s' points to an opaque type: cannot %s fields", cd->ctype->name, verb);
    else
        PyErr_Format(PyExc_AttributeError, record != NULL ? "cdata '%s' has no field '%U'" : "cdata '%s' has no attribute '%U'",
                     cd->ctype->name, name);
}

/* The field NAME, borrowed, or NULL: *FAILED tells an exception from its absence. */
static inline CFieldObject *find(CTypeObject *record, PyObject *name, bool *failed) {
    FieldTable *t = __atomic_load_n(&record->table, __ATOMIC_ACQUIRE);
    CFieldObject *f = t == NULL ? NULL : table_find(t, name);
    *failed = false;
    if (f != NULL || (t == NULL && !record->type->record->complete)) return f;
    f = ctype_field(record, name);
    *failed = f == NULL && PyErr_Occurred();
    return f;
}

PyObject *cdata_getattro(PyObject *self, PyObject *name) {
    CDataObject *cd = (CDataObject *)self;
    CTypeObject *record = record_of(cd);
    if (record != NULL) {
        bool failed;
        CFieldObject *f = find(record, name, &failed);
        if (f != NULL) return load(cd, f);
        if (failed) return NULL;
    } else if (cd->ctype->flags & CT_RECORDP) {
        return NULL;
    }
    PyObject *value = PyObject_GenericGetAttr(self, name);
    if (value == NULL) reword(cd, record, name, "read");
    return value;
}

static int store(CDataObject *cd, CTypeObject *record, CFieldObject *f, PyObject *value) {
    if (value == NULL) {
        PyErr_SetString(PyExc_AttributeError, "cannot delete struct field");
        return -1;
    }
    if (cd->data == NULL) {
        cdata_null_error(cd);
        return -1;
    }
    Py_ssize_t size = record->type->flags & ABI_F_FLEXIBLE ? cdata_variable_size(cd) : (Py_ssize_t)record->type->size;
    Py_ssize_t *busy = cdata_busy_begin(cd);
    int failed = init_field(record, f, cd->data, value, size, false);
    cdata_busy_end(busy);
    return failed;
}

int cdata_setattro(PyObject *self, PyObject *name, PyObject *value) {
    CDataObject *cd = (CDataObject *)self;
    CTypeObject *record = record_of(cd);
    if (record != NULL) {
        bool failed;
        CFieldObject *f = find(record, name, &failed);
        if (f != NULL) return store(cd, record, f, value);
        if (failed) return -1;
    } else if (cd->ctype->flags & CT_RECORDP) {
        return -1;
    }
    int failed = PyObject_GenericSetAttr(self, name, value);
    if (failed < 0) reword(cd, record, name, "write");
    return failed;
}

PyObject *cdata_dir(PyObject *self, PyObject *unused) {
    CTypeObject *record = record_of((CDataObject *)self);
    if (record == NULL) return PyErr_Occurred() ? NULL : PyList_New(0);
    if (!record->type->record->complete) return PyList_New(0);
    return ctype_fields(record) < 0 ? NULL : PyDict_Keys(record->fields);
}
