/* Members by name, fast: by the address of the interned name. Private. */
#ifndef CDEFFI_CFIELD_H
#define CDEFFI_CFIELD_H

#include "pymod/convert.h"

enum { FIELD_PLAIN = -1, FIELD_OPEN = -2 }; /* CFieldObject.bitshift: not a bit-field; T[] or T[0] */

typedef struct FieldSlot {
    PyObject *name;      /* borrowed from ctype->fields, interned */
    CFieldObject *field; /* borrowed from ctype->fields */
} FieldSlot;

typedef struct FieldTable {
    size_t mask;
    Py_ssize_t count;
    CFieldObject **order; /* behind the slots: as declared */
    FieldSlot slots[];
} FieldTable;

static inline size_t field_hash(PyObject *name) { return (size_t)(uintptr_t)name >> 4; }

FieldTable *ctype_table_make(CTypeObject *); /* NULL with an exception: opaque, or no memory */
static inline FieldTable *ctype_table(CTypeObject *ct) {
    FieldTable *t = __atomic_load_n(&ct->table, __ATOMIC_ACQUIRE);
    return t != NULL ? t : ctype_table_make(ct);
}

/* NULL if absent, or if NAME is not interned. */
static inline CFieldObject *table_find(const FieldTable *t, PyObject *name) {
    for (size_t i = field_hash(name) & t->mask; t->slots[i].name != NULL; i = (i + 1) & t->mask)
        if (t->slots[i].name == name) return t->slots[i].field;
    return NULL;
}

/* What the member F of the struct at DATA holds. OWNER as in FromC. SIZE: bytes that the struct owns, or
 * -1 if unknown: how long a flexible array member is. */
PyObject *field_load(CFieldObject *, char *data, PyObject *owner, Py_ssize_t size);

#endif
