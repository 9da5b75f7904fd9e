/* The tables of a Python module, out-of-line ABI mode: _cffi_backend.FFI('name', _version=..., _types=b"...", ...).
 *
 * Each entry is a bytes object: numbers of four bytes, big-endian and signed, then a name up to its NUL. They
 * become the arrays that a compiled module would have; the strings stay where they are. */
#include "pymod/tables.h"

#include <string.h>

typedef struct Input {
    const char *name;     /* of the module */
    Py_ssize_t version;
    const char *types;
    Py_ssize_t types_size;
    PyObject *globals, *records, *enums, *typenames, *includes, *layouts, *alignments; /* borrowed tuples, or NULL */
} Input;

/* What is left of one entry. */
typedef struct Entry {
    const char *next;
    Py_ssize_t left;
} Entry;

static int malformed(const char *what) {
    PyErr_Format(PyExc_ValueError, "malformed %s in the tables of an out-of-line module", what);
    return -1;
}

static int entry_of(PyObject *item, Entry *out) {
    if (!PyBytes_Check(item))
        return malformed("entry");
    *out = (Entry){PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item)};
    return 0;
}

static int32_t big_endian(const char *p) {
    const unsigned char *u = (const unsigned char *)p;
    return (int32_t)((uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3]);
}

static int read_number(Entry *e, int32_t *out) {
    if (e->left < 4)
        return malformed("number");
    *out = big_endian(e->next);
    e->next += 4;
    e->left -= 4;
    return 0;
}

static int read_opcode(Entry *e, uintptr_t *out) {
    int32_t n = 0;
    int rc = read_number(e, &n);
    *out = (uintptr_t)(intptr_t)n;
    return rc;
}

/* The name ends with the NUL that bytes objects have, or earlier. */
static const char *read_name(Entry *e) {
    const char *name = e->next;
    size_t n = strlen(name);
    if ((Py_ssize_t)n < e->left)
        n++;
    e->next += n;
    e->left -= (Py_ssize_t)n;
    return name;
}

/* ---------------------------------------------------------------- memory: all arrays in one block */

typedef struct Arrays {
    void **types;
    TableGlobal *globals;
    TableConstant *constants;
    TableRecord *records;
    TableField *fields;
    TableEnum *enums;
    TableTypename *typenames;
    int *alignments;
    TableLayout *layout;            /* one for each entry */
    TableFieldLayout *field_layout;
    const TableLayout **layouts;    /* one for each record */
} Arrays;

static Py_ssize_t length(PyObject *tuple) { return tuple ? PyTuple_GET_SIZE(tuple) : 0; }

static Py_ssize_t count_fields(PyObject *records) {
    Py_ssize_t n = 0;
    for (Py_ssize_t i = 0; i < length(records); i++) {
        PyObject *record = PyTuple_GET_ITEM(records, i);
        if (!PyTuple_Check(record) || PyTuple_GET_SIZE(record) == 0)
            return malformed("struct");
        n += PyTuple_GET_SIZE(record) - 1;
    }
    return n;
}

/* Of an entry of _layouts: four numbers, then four for each field. */
static Py_ssize_t count_field_layouts(PyObject *layouts) {
    Py_ssize_t n = 0;
    for (Py_ssize_t i = 0; i < length(layouts); i++) {
        PyObject *item = PyTuple_GET_ITEM(layouts, i);
        if (!PyBytes_Check(item) || PyBytes_GET_SIZE(item) < 16 || PyBytes_GET_SIZE(item) % 16 != 0)
            return malformed("layout");
        n += PyBytes_GET_SIZE(item) / 16 - 1;
    }
    return n;
}

/* Ours; cffi's tables do not have them. */
static int allocate_layouts(Tables *t, const Input *in, Arrays *a) {
    size_t records = (size_t)length(in->records), layouts = (size_t)length(in->layouts), typenames = (size_t)length(in->typenames);
    Py_ssize_t fields = count_field_layouts(in->layouts);
    if (fields < 0 || (!layouts && !in->alignments))
        return (int)fields;
    char *p = t->more_memory = PyMem_Calloc(1, records * sizeof *a->layouts + layouts * sizeof *a->layout +
                                                   (size_t)fields * sizeof *a->field_layout + typenames * sizeof *a->alignments);
    if (!p) {
        PyErr_NoMemory();
        return -1;
    }
    a->layouts = (void *)p, p += records * sizeof *a->layouts;
    a->layout = (void *)p, p += layouts * sizeof *a->layout;
    a->field_layout = (void *)p, p += (size_t)fields * sizeof *a->field_layout;
    a->alignments = (void *)p;
    t->layouts = a->layouts;
    t->own.alignments = a->alignments;
    t->own.flags |= TABLE_HAS_ALIGNMENTS;
    return 0;
}

static int allocate(Tables *t, const Input *in, Arrays *a) {
    size_t types = (size_t)in->types_size / 4, globals = (size_t)length(in->globals) / 2, records = (size_t)length(in->records),
           enums = (size_t)length(in->enums), typenames = (size_t)length(in->typenames);
    Py_ssize_t fields = count_fields(in->records);
    if (fields < 0)
        return -1;
    char *p = t->memory = PyMem_Calloc(1, types * sizeof *a->types + globals * (sizeof *a->globals + sizeof *a->constants) +
                                              records * sizeof *a->records + (size_t)fields * sizeof *a->fields +
                                              enums * sizeof *a->enums + typenames * sizeof *a->typenames + 1);
    if (!p) {
        PyErr_NoMemory();
        return -1;
    }
    /* All of them are aligned as pointers are, and as large as several. */
    a->types = (void *)p, p += types * sizeof *a->types;
    a->globals = (void *)p, p += globals * sizeof *a->globals;
    a->constants = (void *)p, p += globals * sizeof *a->constants;
    a->records = (void *)p, p += records * sizeof *a->records;
    a->fields = (void *)p, p += (size_t)fields * sizeof *a->fields;
    a->enums = (void *)p, p += enums * sizeof *a->enums;
    a->typenames = (void *)p;
    t->own = (TableContext){a->types, a->globals, a->fields, a->records, a->enums, a->typenames, (int)globals, (int)records,
                            (int)enums, (int)typenames, NULL, (int)types, 0};
    t->constants = a->constants;
    return 0;
}

/* ---------------------------------------------------------------- the tables */

static int read_constant(PyObject *value, TableConstant *out) {
    int overflow;
    long long n = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (n == -1 && PyErr_Occurred())
        return -1;
    out->negative = overflow < 0 || (overflow == 0 && n < 0);
    out->value = overflow ? PyLong_AsUnsignedLongLongMask(value) : (uint64_t)n;
    return PyErr_Occurred() ? -1 : 0;
}

/* Pairs of an entry and an int: the value of a constant, of others not used. */
static int read_globals(const Input *in, Arrays *a) {
    for (Py_ssize_t i = 0; i < length(in->globals) / 2; i++) {
        Entry e;
        if (entry_of(PyTuple_GET_ITEM(in->globals, 2 * i), &e) < 0 || read_opcode(&e, &a->globals[i].op) < 0)
            return -1;
        a->globals[i].name = read_name(&e);
        unsigned op = op_code(a->globals[i].op);
        if ((op == OP_CONSTANT_INT || op == OP_ENUM) && read_constant(PyTuple_GET_ITEM(in->globals, 2 * i + 1), &a->constants[i]) < 0)
            return -1;
    }
    return 0;
}

static int read_field(PyObject *item, TableField *f) {
    Entry e;
    int32_t size = -1;
    if (entry_of(item, &e) < 0 || read_opcode(&e, &f->op) < 0 || (op_code(f->op) != OP_NOOP && read_number(&e, &size) < 0))
        return -1;
    f->offset = (size_t)-1;
    f->size = (size_t)(Py_ssize_t)size;
    f->name = read_name(&e);
    return 0;
}

/* A tuple: the record, then its fields. */
static int read_record(PyObject *tuple, TableRecord *r, TableField *fields, int *field_count) {
    Entry e;
    if (entry_of(PyTuple_GET_ITEM(tuple, 0), &e) < 0 || read_number(&e, &r->type_index) < 0 || read_number(&e, &r->flags) < 0)
        return -1;
    r->name = read_name(&e);
    bool known = !(r->flags & (RECORD_OPAQUE | RECORD_EXTERNAL));
    r->size = known ? (size_t)-2 : (size_t)-1;
    r->align = known ? -2 : -1;
    r->first_field = known ? *field_count : -1;
    r->field_count = known ? (int)PyTuple_GET_SIZE(tuple) - 1 : 0;
    for (Py_ssize_t i = 1; i < PyTuple_GET_SIZE(tuple); i++)
        if (read_field(PyTuple_GET_ITEM(tuple, i), &fields[(*field_count)++]) < 0)
            return -1;
    return 0;
}

static int read_enum(PyObject *item, TableEnum *out) {
    Entry e;
    if (entry_of(item, &e) < 0 || read_number(&e, &out->type_index) < 0 || read_number(&e, &out->prim) < 0)
        return -1;
    out->name = read_name(&e);
    out->enumerators = read_name(&e);
    return 0;
}

static int read_typename(PyObject *item, TableTypename *out) {
    Entry e;
    if (entry_of(item, &e) < 0 || read_number(&e, &out->type_index) < 0)
        return -1;
    out->name = read_name(&e);
    return 0;
}

static int read_field_layout(Entry *e, TableFieldLayout *f) {
    int32_t number = 0, flags = 0, asked = 0, align = 0;
    if (read_number(e, &number) < 0 || read_number(e, &flags) < 0 || read_number(e, &asked) < 0 || read_number(e, &align) < 0)
        return -1;
    if (flags & ~(LAYOUT_PACKED | LAYOUT_ATOMIC))
        return malformed("layout");
    *f = (TableFieldLayout){number, flags & LAYOUT_PACKED, flags & LAYOUT_ATOMIC, (uint32_t)asked, (uint32_t)align};
    return 0;
}

/* LAYOUT: what it becomes; FIELDS: room for its fields. */
static int read_layout(PyObject *item, Arrays *a, int records, TableLayout *layout, TableFieldLayout *fields) {
    Entry e;
    int32_t record = 0, flags = 0, pack = 0, align = 0;
    if (entry_of(item, &e) < 0 || read_number(&e, &record) < 0 || read_number(&e, &flags) < 0 || read_number(&e, &pack) < 0 ||
        read_number(&e, &align) < 0)
        return -1;
    if (record < 0 || record >= records || flags & ~(LAYOUT_PACKED | LAYOUT_MS | LAYOUT_TRANSPARENT))
        return malformed("layout");
    *layout = (TableLayout){{.packed = flags & LAYOUT_PACKED, .ms_layout = flags & LAYOUT_MS,
                             .transparent_union = flags & LAYOUT_TRANSPARENT,
                             .pack = (uint32_t)pack, .align = (uint32_t)align}, fields, (int)(e.left / 16)};
    a->layouts[record] = layout;
    for (int i = 0; i < layout->field_count; i++)
        if (read_field_layout(&e, &fields[i]) < 0)
            return -1;
    return 0;
}

static int read_alignment(PyObject *item, Arrays *a, int typenames) {
    Entry e;
    int32_t name = 0, align = 0;
    if (entry_of(item, &e) < 0 || read_number(&e, &name) < 0 || read_number(&e, &align) < 0)
        return -1;
    if (name < 0 || name >= typenames)
        return malformed("alignment");
    a->alignments[name] = align;
    return 0;
}

static int read_layouts(const Input *in, Arrays *a) {
    TableFieldLayout *fields = a->field_layout;
    for (Py_ssize_t i = 0; i < length(in->layouts); i++) {
        if (read_layout(PyTuple_GET_ITEM(in->layouts, i), a, (int)length(in->records), &a->layout[i], fields) < 0)
            return -1;
        fields += a->layout[i].field_count;
    }
    for (Py_ssize_t i = 0; i < length(in->alignments); i++)
        if (read_alignment(PyTuple_GET_ITEM(in->alignments, i), a, (int)length(in->typenames)) < 0)
            return -1;
    return 0;
}

static int read_all(const Input *in, Arrays *a) {
    int field_count = 0;
    for (Py_ssize_t i = 0; i < in->types_size / 4; i++)
        a->types[i] = (void *)(intptr_t)big_endian(in->types + 4 * i);
    if (read_globals(in, a) < 0)
        return -1;
    for (Py_ssize_t i = 0; i < length(in->records); i++)
        if (read_record(PyTuple_GET_ITEM(in->records, i), &a->records[i], a->fields, &field_count) < 0)
            return -1;
    for (Py_ssize_t i = 0; i < length(in->enums); i++)
        if (read_enum(PyTuple_GET_ITEM(in->enums, i), &a->enums[i]) < 0)
            return -1;
    for (Py_ssize_t i = 0; i < length(in->typenames); i++)
        if (read_typename(PyTuple_GET_ITEM(in->typenames, i), &a->typenames[i]) < 0)
            return -1;
    return 0;
}

/* ---------------------------------------------------------------- includes */

int ffi_include_tables(FFIObject *ffi, PyObject *other) {
    CdeclError err = {0};
    if (!ffi_check(ffi->state, other)) {
        PyErr_Format(PyExc_TypeError, "an included module's ffi must be an FFI, not %.200s", Py_TYPE(other)->tp_name);
        return -1;
    }
    Tables *theirs = ((FFIObject *)other)->tables;
    if (PyList_Append(ffi->included, other) < 0)
        return -1;
    if (cdecl_scope_include(ffi->scope, ((FFIObject *)other)->scope, &err) < 0) {
        raise_cdecl(ffi->state, &err);
        return -1;
    }
    return theirs ? tables_include(ffi->tables, theirs) : 0;
}

/* ---------------------------------------------------------------- the constructor */

static int parse(PyObject *args, PyObject *kwargs, Input *in) {
    static const char *const names[] = {"module_name", "_version", "_types", "_globals", "_struct_unions", "_enums",
                                        "_typenames", "_includes", "_layouts", "_alignments", NULL};
    *in = (Input){.name = "?", .version = -1};
    return PyArg_ParseTupleAndKeywords(args, kwargs, "|sny#O!O!O!O!O!O!O!:FFI", (char **)(uintptr_t)names, &in->name, &in->version,
                                       &in->types, &in->types_size, &PyTuple_Type, &in->globals, &PyTuple_Type, &in->records,
                                       &PyTuple_Type, &in->enums, &PyTuple_Type, &in->typenames, &PyTuple_Type, &in->includes,
                                       &PyTuple_Type, &in->layouts, &PyTuple_Type, &in->alignments)
               ? 0
               : -1;
}

static int build(FFIObject *ffi, Tables *t, const Input *in, PyObject *args, PyObject *kwargs) {
    Arrays a = {0};
    if (!(t->source = PyTuple_Pack(2, args, kwargs ? kwargs : Py_None)))
        return -1;
    if (allocate(t, in, &a) < 0 || allocate_layouts(t, in, &a) < 0 || read_all(in, &a) < 0 || read_layouts(in, &a) < 0)
        return -1;
    return tables_init(t, ffi, &t->own, false);
}

int tables_from_python(FFIObject *ffi, PyObject *args, PyObject *kwargs) {
    Input in;
    if (parse(args, kwargs, &in) < 0)
        return -1;
    if (ffi->tables) {
        PyErr_SetString(PyExc_ValueError, "cannot call FFI.__init__() more than once");
        return -1;
    }
    if (in.version == -1 && in.types_size == 0)
        return 0;
    if (!module_version_known(in.version)) {
        PyErr_Format(PyExc_ImportError, "cffi out-of-line Python module '%s' has unknown version %p", in.name, (void *)in.version);
        return -1;
    }
    Tables *t = PyMem_Calloc(1, sizeof *t);
    if (!t) {
        PyErr_NoMemory();
        return -1;
    }
    if (build(ffi, t, &in, args, kwargs) < 0) {
        tables_free(t);
        return -1;
    }
    ffi->tables = t;
    for (Py_ssize_t i = 0; i < length(in.includes); i++)
        if (ffi_include_tables(ffi, PyTuple_GET_ITEM(in.includes, i)) < 0)
            return -1;
    return 0;
}
