/* Two compiled modules of one FFI: ffi.verify() is called again, or with other C sources. Types of the later module that
 * its compiler describes as the earlier one's did are the earlier one's, so that pointers go from one lib to the other. */
#include "pymod/tables.h"

#include <string.h>

/* ---------------------------------------------------------------- structs and unions */

static bool same_field(const TableField *a, const TableField *b) {
    return op_code(a->op) == op_code(b->op) && a->offset == b->offset && a->size == b->size && strcmp(a->name, b->name) == 0;
}

static bool same_record(const Tables *t, const TableRecord *a, const Tables *u, const TableRecord *b) {
    bool same = a->flags == b->flags && a->size == b->size && a->align == b->align && a->field_count == b->field_count;
    for (int i = 0; same && i < a->field_count; i++)
        same = same_field(&t->ctx->fields[a->first_field + i], &u->ctx->fields[b->first_field + i]);
    return same;
}

int table_shared_record(const Tables *t, const TableRecord *r) {
    int i = t->earlier ? table_find_record(t->earlier, r->name, strlen(r->name)) : -1;
    return i >= 0 && same_record(t, r, t->earlier, &t->earlier->ctx->records[i]) ? i : -1;
}

/* ---------------------------------------------------------------- enums */

static bool same_value(const Tables *t, const Tables *u, const char *name, size_t n) {
    TableConstant a, b;
    TableError ignored;
    int i = table_find_global(t, name, n), j = table_find_global(u, name, n);
    return i >= 0 && j >= 0 && table_constant(t, i, &a, &ignored) == 0 && table_constant(u, j, &b, &ignored) == 0 &&
           a.value == b.value && a.negative == b.negative;
}

int table_shared_enum(const Tables *t, const TableEnum *e) {
    int i = t->earlier ? table_find_enum(t->earlier, e->name, strlen(e->name)) : -1;
    const TableEnum *theirs = i >= 0 ? &t->earlier->ctx->enums[i] : NULL;
    if (!theirs || theirs->prim != e->prim || strcmp(theirs->enumerators, e->enumerators) != 0)
        return -1;
    for (const char *list = e->enumerators; *list;) {
        size_t n = strcspn(list, ",");
        if (!same_value(t, t->earlier, list, n))
            return -1;
        list += n + (list[n] == ',');
    }
    return i;
}

/* ---------------------------------------------------------------- from Python */

/* _share_types(ffi, earlier), before FFI is asked for anything. */
PyObject *tables_share(PyObject *module, PyObject *args) {
    FFIObject *ffi;
    PyObject *earlier;
    ModuleState *st = state_of(module);
    if (!PyArg_ParseTuple(args, "O!O!", st->ffi_base_type, &ffi, st->ffi_base_type, &earlier))
        return NULL;
    if (!ffi->tables || !((FFIObject *)earlier)->tables || earlier == (PyObject *)ffi) {
        PyErr_SetString(PyExc_ValueError, "two FFIs of compiled modules are expected");
        return NULL;
    }
    if (ffi_include_tables(ffi, earlier) < 0)
        return NULL;
    ffi->tables->earlier = ((FFIObject *)earlier)->tables;
    Py_RETURN_NONE;
}
