/* CField: a member of a struct or union; and how members are found by name.
 *
 * The members of anonymous structs and unions show through: the table of a record lists them with
 * their offsets from its start, as C reaches them (C11 6.7.2.1p13). */
#include "pymod/cfield.h"

#include <stddef.h>
#include <structmember.h>

typedef struct Collector {
    ModuleState *st;
    PyObject *dict; /* name -> CField, in order of declaration */
} Collector;

/* The bytes that a bit-field lies in, where a machine word of the same size can be read and written instead. */
static void find_unit(CFieldObject *f) {
    unsigned shift = (unsigned)(f->member.bit_offset % 8), bytes = (shift + f->member.bit_width + 7) / 8;
    f->is_signed = wide_of(f->type->type).is_signed;
    f->unit = bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8 ? (uint8_t)bytes : 0;
    f->unit_shift = (uint8_t)shift;
    f->unit_offset = f->base + (Py_ssize_t)(f->member.bit_offset / 8);
}

static CFieldObject *field_new(ModuleState *st, const AbiMember *m, size_t base, bool ignored) {
    CTypeObject *type = ctype_of(st, m->type.type);
    if (type == NULL) return NULL;
    CFieldObject *f = PyObject_GC_New(CFieldObject, st->cfield_type);
    if (f == NULL) {
        Py_DECREF(type);
        return NULL;
    }
    bool bits = (m->flags & ABI_M_BITFIELD) != 0;
    bool empty = type->type->kind == ABI_ARRAY && (!abi_length_known(type->type->length) || type->type->length == 0);
    f->type = type;
    f->base = (Py_ssize_t)base;
    f->offset = (Py_ssize_t)(base + m->offset);
    f->member = *m;
    f->bitshift = bits ? (short)m->bit_shift : empty ? FIELD_OPEN : FIELD_PLAIN;
    f->bitsize = bits ? (short)m->bit_width : -1;
    f->flags = ignored;
    if (bits) find_unit(f);
    PyObject_GC_Track(f);
    return f;
}

static int collect(Collector *c, const AbiType *record, size_t base, bool ignored) {
    bool is_union = record->kind == ABI_UNION;
    for (size_t i = 0; i < record->record->count; i++) {
        const AbiMember *m = &record->record->members[i];
        bool skip = ignored || (is_union && i > 0);
        if (m->flags & ABI_M_ANONYMOUS) {
            if (collect(c, m->type.type, base + m->offset, skip) < 0) return -1;
            continue;
        }
        if (m->name == NULL) continue;
        PyObject *name = PyUnicode_InternFromString(m->name);
        PyObject *field = name == NULL ? NULL : (PyObject *)field_new(c->st, m, base, skip);
        int failed = field == NULL || PyDict_SetItem(c->dict, name, field) < 0;
        Py_XDECREF(name);
        Py_XDECREF(field);
        if (failed) return -1;
    }
    return 0;
}

/* Open addressing over the addresses of interned names; at most half full. */
static FieldTable *table_new(PyObject *dict) {
    size_t count = (size_t)PyDict_GET_SIZE(dict), size = 4;
    while (size < 2 * count) size *= 2;
    FieldTable *t = PyMem_Calloc(1, sizeof *t + size * sizeof t->slots[0] + count * sizeof t->order[0]);
    if (t == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    t->mask = size - 1;
    t->count = (Py_ssize_t)count;
    t->order = (CFieldObject **)(void *)&t->slots[size];
    PyObject *name, *field;
    Py_ssize_t at = 0;
    for (size_t i = 0; PyDict_Next(dict, &at, &name, &field); i++) {
        size_t slot = field_hash(name) & t->mask;
        while (t->slots[slot].name != NULL) slot = (slot + 1) & t->mask;
        t->slots[slot].name = name;
        t->slots[slot].field = t->order[i] = (CFieldObject *)field;
    }
    return t;
}

/* Keep *DICT and its table in CT, unless another thread was faster. */
static FieldTable *publish(CTypeObject *ct, PyObject *dict, FieldTable *table) {
    FieldTable *found;
    Py_BEGIN_CRITICAL_SECTION(ct);
    found = ct->table;
    if (found == NULL) {
        Py_XSETREF(ct->fields, Py_NewRef(dict));
        __atomic_store_n(&ct->table, table, __ATOMIC_RELEASE);
    }
    Py_END_CRITICAL_SECTION();
    if (found == NULL) return table;
    PyMem_Free(table);
    return found;
}

FieldTable *ctype_table_make(CTypeObject *ct) {
    if (!(ct->flags & CT_RECORD) || !ct->type->record->complete) {
        if (!raise_problem(ct)) PyErr_Format(PyExc_TypeError, "'%s' is opaque", ct->name);
        return NULL;
    }
    Collector c = {ct->state, PyDict_New()};
    if (c.dict == NULL) return NULL;
    FieldTable *table = collect(&c, ct->type, 0, false) < 0 ? NULL : table_new(c.dict);
    if (table != NULL) table = publish(ct, c.dict, table);
    Py_DECREF(c.dict);
    return table;
}

int ctype_fields(CTypeObject *ct) { return ctype_table(ct) == NULL ? -1 : 0; }

/* The table first; the dict knows names that are equal but not interned, and any other hashable. */
CFieldObject *ctype_field(CTypeObject *ct, PyObject *name) {
    FieldTable *t = ctype_table(ct);
    if (t == NULL) return NULL;
    CFieldObject *f = table_find(t, name);
    if (f != NULL) return f;
    return (CFieldObject *)PyDict_GetItemWithError(ct->fields, name); /* kept alive by the dict, which never changes */
}

/* ---------------------------------------------------------------- following a path */

static CTypeObject *follow_name(CTypeObject *ct, PyObject *name, bool first, size_t *offset) {
    if (first && ct->flags & CT_POINTER && (ct = ctype_item(ct)) == NULL) return NULL;
    if (!(ct->flags & CT_RECORD)) {
        PyErr_SetString(PyExc_TypeError, "with a field name argument, expected a struct or union ctype");
        return NULL;
    }
    if (!ct->type->record->complete) {
        if (!raise_problem(ct)) PyErr_SetString(PyExc_TypeError, "struct/union is opaque");
        return NULL;
    }
    CFieldObject *f = ctype_field(ct, name);
    if (f == NULL) {
        if (!PyErr_Occurred()) PyErr_SetObject(PyExc_KeyError, name);
        return NULL;
    }
    if (f->bitshift >= 0) {
        PyErr_SetString(PyExc_TypeError, "not supported for bitfields");
        return NULL;
    }
    *offset += (size_t)f->offset;
    return f->type;
}

static CTypeObject *follow_index(CTypeObject *ct, PyObject *index, size_t *offset) {
    Py_ssize_t i = PyLong_AsSsize_t(index), bytes;
    if (i == -1 && PyErr_Occurred()) {
        PyErr_SetString(PyExc_TypeError, "field name or array index expected");
        return NULL;
    }
    CTypeObject *item = ct->flags & (CT_ARRAY | CT_POINTER) ? ctype_item(ct) : NULL;
    if (PyErr_Occurred()) return NULL;
    if (item == NULL || item->type->size == ABI_SIZE_UNKNOWN) {
        PyErr_SetString(PyExc_TypeError, "with an integer argument, expected an array ctype or a pointer to non-opaque");
        return NULL;
    }
    if (__builtin_mul_overflow(i, (Py_ssize_t)item->type->size, &bytes)) {
        PyErr_SetString(PyExc_OverflowError, "array offset would overflow a Py_ssize_t");
        return NULL;
    }
    *offset += (size_t)bytes;
    return item;
}

Py_ssize_t ctype_follow(CTypeObject *ct, PyObject *const *fields, Py_ssize_t n, CTypeObject **result) {
    size_t offset = 0;
    for (Py_ssize_t i = 0; i < n && ct != NULL; i++)
        ct = PyUnicode_Check(fields[i]) ? follow_name(ct, fields[i], i == 0, &offset) : follow_index(ct, fields[i], &offset);
    if (ct == NULL) return -1;
    Py_INCREF(ct);
    *result = ct;
    return (Py_ssize_t)offset;
}

/* ---------------------------------------------------------------- the type */

static int field_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((CFieldObject *)self)->type);
    return 0;
}

/* The type stays until the end: a field is used through its record without asking whether it was cleared.
 * Cycles through fields are broken by the record's ctype, which clears its dict. */
static void field_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_DECREF(((CFieldObject *)self)->type);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

static PyObject *field_repr(PyObject *self) {
    CFieldObject *f = (CFieldObject *)self;
    if (f->bitsize < 0) return PyUnicode_FromFormat("<cfield '%s' at offset %zd>", f->type->name, f->offset);
    return PyUnicode_FromFormat("<cfield '%s' : %d at offset %zd, bit %d>", f->type->name, f->bitsize, f->offset, f->bitshift);
}

static PyMemberDef members[] = {
    {"type", T_OBJECT, offsetof(CFieldObject, type), READONLY, "CType of the member"},
    {"offset", T_PYSSIZET, offsetof(CFieldObject, offset), READONLY, "bytes from the start of the struct"},
    {"bitshift", T_SHORT, offsetof(CFieldObject, bitshift), READONLY, "bits from the least significant one of the unit at offset; negative unless a bit-field"},
    {"bitsize", T_SHORT, offsetof(CFieldObject, bitsize), READONLY, "width of a bit-field in bits, or -1"},
    {"flags", T_UBYTE, offsetof(CFieldObject, flags), READONLY, "1 if an initialiser list skips it (members of a union after the first)"},
    {NULL, 0, 0, 0, NULL}};

PyDoc_STRVAR(doc, "A member of a struct or union: what CType.fields lists.");

static PyType_Slot slots[] = {{Py_tp_doc, (void *)doc},           {Py_tp_repr, field_repr},       {Py_tp_members, members},
                              {Py_tp_traverse, field_traverse},   {Py_tp_dealloc, field_dealloc}, NO_INSTANCES
                              {0, NULL}};

PyType_Spec cfield_spec = {
    .name = "_cffi_backend.CField",
    .basicsize = sizeof(CFieldObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
