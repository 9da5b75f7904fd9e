/* The tables of a compiled module: structs, unions and enums. No Python objects here. */
#include "pymod/tables.h"

#include <stdio.h>
#include <string.h>

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* "$name" is what a typedef calls a record without a tag; "$1" has no name at all, and is spelled so. */
static const char *alias_of(const char *name) {
    return name[0] == '$' && name[1] != '$' && !is_digit(name[1]) ? name + 1 : NULL;
}

static AbiType *new_record(Tables *t, AbiKind kind, const char *name, TableError *err) {
    AbiError abi = {.code = ABI_ENOMEM};
    const char *alias = alias_of(name), *kept = alias ? alias : name;
    kept = abi_region_name(t->region, kept, strlen(kept));
    AbiType *type = kept ? abi_record_new(t->region, kind, alias ? NULL : kept, &abi) : NULL;
    if (type && alias && abi_record_set_alias(type, kept) != 0) {
        abi.code = ABI_ENOMEM;
        type = NULL;
    }
    if (!type)
        table_fail_abi(err, &abi);
    return type;
}

/* ---------------------------------------------------------------- records of included modules */

static const char *keyword_of(const TableRecord *r) { return r->flags & RECORD_UNION ? "union" : "struct"; }

/* Where record R of T is declared: *WHERE and its index there, or -1. */
static int find_external(Tables *t, const TableRecord *r, int depth, Tables **where) {
    for (size_t i = 0; depth < 100 && i < t->included_count; i++) {
        Tables *other = t->included[i];
        int found = table_find_record(other, r->name, strlen(r->name));
        if (found < 0 || (other->ctx->records[found].flags ^ r->flags) & RECORD_UNION)
            found = -1;
        else if (!(other->ctx->records[found].flags & RECORD_EXTERNAL)) {
            *where = other;
            return found;
        }
        if ((found = find_external(other, r, depth + 1, where)) >= 0)
            return found;
    }
    return -1;
}

static AbiType *external_record(Tables *t, const TableRecord *r, TableError *err) {
    Tables *where;
    int i = find_external(t, r, 0, &where);
    if (i < 0) {
        table_fail(err, TABLE_EFFI, "'%s %.200s' should come from ffi.include() but was not found", keyword_of(r), r->name);
        return NULL;
    }
    if (!(r->flags & RECORD_OPAQUE) && where->ctx->records[i].flags & RECORD_OPAQUE) {
        table_fail(err, TABLE_EUNSUPPORTED,
                   "'%s %.100s' is opaque in the ffi.include(), but no longer in the ffi doing the include (workaround: "
                   "don't use ffi.include() but duplicate the declarations of everything using %s %.100s)",
                   keyword_of(r), r->name, keyword_of(r), r->name);
        return NULL;
    }
    return table_record(where, i, err);
}

/* ---------------------------------------------------------------- structs and unions */

AbiType *table_record(Tables *t, intptr_t i, TableError *err) {
    if (i == -1)
        return (AbiType *)t->file_type;
    if (i < 0 || i >= t->ctx->record_count) {
        table_fail(err, TABLE_EFFI, "the tables have no struct %zd", (Py_ssize_t)i);
        return NULL;
    }
    const TableRecord *r = &t->ctx->records[i];
    TableEntry *e = &t->records[i];
    if (e->type)
        return e->type;
    if (r->flags & RECORD_EXTERNAL)
        return e->type = external_record(t, r, err);
    bool is_union = r->flags & RECORD_UNION;
    if (!is_union && strcmp(r->name, "_IO_FILE") == 0)
        return e->type = (AbiType *)t->file_type;
    int shared = table_shared_record(t, r);
    e->shared = shared >= 0;
    if (e->shared)
        return e->type = table_record(t->earlier, shared, err);
    e->type = new_record(t, is_union ? ABI_UNION : ABI_STRUCT, r->name, err);
    if (e->type && !(r->flags & RECORD_OPAQUE))
        t->pending[t->pending_count++] = (int)i;
    return e->type;
}

/* A record on its way to a layout. */
typedef struct Build {
    Tables *tables;
    const TableRecord *record;
    AbiType *type;
    const TableLayout *layout; /* or NULL: by the plain rules */
    int layouts_done;       /* of its fields */
    AbiMemberDecl *members; /* owned */
    size_t *offsets;        /* owned */
    TableError *err;
} Build;

/* Field F (the tables'), of type TYPE: is it as large as the compiler says? In a struct that ends in "...;" too, as
 * for cffi: where a member is may be left to the compiler, but not how much of it is read. */
static int check_size(Build *b, const TableField *f, const AbiType *type) {
    if (f->offset == (size_t)-1 || f->size == type->size)
        return 0;
    return table_fail(b->err, TABLE_EFFI, "wrong size for field '%s' (cdef says %zd, but C compiler says %zd)", f->name,
                      (Py_ssize_t)type->size, (Py_ssize_t)f->size);
}

/* What the layout says of field I, the next one; or NULL. */
static const TableFieldLayout *next_layout(Build *b, size_t i) {
    const TableLayout *l = b->layout;
    if (!l || b->layouts_done >= l->field_count || l->fields[b->layouts_done].number != (int)i)
        return NULL;
    return &l->fields[b->layouts_done++];
}

static int apply_layout(Build *b, size_t i, AbiMemberDecl *m) {
    const TableFieldLayout *l = next_layout(b, i);
    if (!l)
        return 0;
    m->align = l->asked;
    m->packed = l->packed;
    m->type.quals = l->atomic ? ABI_ATOMIC : 0;
    m->type.type = table_aligned(b->tables, m->type.type, l->type_align, b->err);
    return m->type.type ? 0 : -1;
}

static int add_field(Build *b, size_t i) {
    Tables *t = b->tables;
    const TableField *f = &t->ctx->fields[b->record->first_field + (int)i];
    unsigned op = op_code(f->op);
    AbiMemberDecl *m = &b->members[i];
    if (op != OP_NOOP && op != OP_BITFIELD)
        return table_fail(b->err, TABLE_EUNSUPPORTED, "field op=%u", op);
    *m = (AbiMemberDecl){.bit_width = op == OP_BITFIELD ? (int)f->size : -1};
    if (!(m->type.type = table_type(t, op_arg(f->op), b->err)))
        return -1;
    table_need_layout(t, op_arg(f->op));
    if (apply_layout(b, i, m) < 0)
        return -1;
    if (*f->name && !(m->name = abi_region_name(t->region, f->name, strlen(f->name))))
        return table_fail_abi(b->err, &(AbiError){.code = ABI_ENOMEM});
    b->offsets[i] = op == OP_BITFIELD ? ABI_OFFSET_BY_RULES : f->offset;
    return op == OP_BITFIELD ? 0 : check_size(b, f, m->type.type);
}

static int place(Build *b) {
    const TableRecord *r = b->record;
    bool sized = r->size != (size_t)-2;
    AbiRecordOptions options = {.packed = r->flags & RECORD_PACKED};
    if (b->layout)
        options = b->layout->options;
    AbiPlacement said = {b->offsets, sized ? r->size : ABI_SIZE_UNKNOWN, sized && r->align > 0 ? (uint32_t)r->align : 0,
                         r->flags & RECORD_EXACT};
    AbiError abi;
    for (size_t i = 0; i < (size_t)r->field_count; i++)
        if (add_field(b, i) < 0)
            return -1;
    if (abi_record_place(b->type, b->members, (size_t)r->field_count, &options, &said, &abi) == 0)
        return 0;
    return abi.code == ABI_EPLACE ? table_fail(b->err, TABLE_EFFI, "%s", abi.msg) : table_fail_abi(b->err, &abi);
}

/* Keep the reason where those find it who want the record's size or members. */
static void keep_problem(Build *b) {
    char spelled[200], text[1200];
    const char *hint = strstr(b->err->msg, "but C compiler says");
    abi_spell((AbiQType){b->type, 0}, "", ABI_SPELL_PLAIN, spelled, sizeof spelled, NULL);
    snprintf(text, sizeof text, "%s: %s%s%s%s", spelled, b->err->msg,
             hint ? ". fix it or use \"...;\" as the last field in the cdef for " : "", hint ? spelled : "",
             hint ? " to make it flexible" : "");
    const char *kept = abi_region_name(b->tables->region, text, strlen(text));
    abi_record_set_problem(b->type, kept ? kept : "out of memory");
}

static void lay_out(Tables *t, intptr_t i) {
    const TableRecord *r = &t->ctx->records[i];
    TableError err;
    Build b = {.tables = t, .record = r, .type = t->records[i].type, .err = &err};
    b.layout = t->layouts ? t->layouts[i] : NULL;
    size_t n = r->field_count > 0 ? (size_t)r->field_count : 0;
    b.members = PyMem_RawCalloc(n + 1, sizeof *b.members);
    b.offsets = PyMem_RawCalloc(n + 1, sizeof *b.offsets);
    int rc;
    if (!b.members || !b.offsets)
        rc = table_fail_abi(&err, &(AbiError){.code = ABI_ENOMEM, .msg = "out of memory"});
    else
        rc = place(&b);
    if (rc < 0)
        keep_problem(&b);
    PyMem_RawFree(b.members);
    PyMem_RawFree(b.offsets);
}

void table_lay_out(Tables *t, intptr_t i) {
    TableEntry *e = &t->records[i];
    const TableRecord *r = &t->ctx->records[i];
    Tables *where;
    if (r->flags & RECORD_EXTERNAL) {
        int there = find_external(t, r, 0, &where);
        if (there >= 0)
            table_lay_out(where, there);
        return;
    }
    if (e->shared) {
        table_lay_out(t->earlier, table_shared_record(t, r));
        return;
    }
    if (!e->type || e->laid_out || e->open || r->flags & RECORD_OPAQUE || e->type == t->file_type)
        return;
    e->open = true; /* a struct that contains itself will find itself incomplete */
    lay_out(t, i);
    e->open = false;
    e->laid_out = true;
}

void table_need_layout(Tables *t, intptr_t index) {
    for (int steps = 0; steps < 100 && index >= 0 && index < t->ctx->type_count; steps++) {
        intptr_t arg = op_arg(t->ops[index]);
        switch (op_code(t->ops[index])) {
        case OP_STRUCT_UNION:
            if (arg >= 0 && arg < t->ctx->record_count)
                table_lay_out(t, arg);
            return;
        case OP_NOOP:
        case OP_TRANSPARENT_UNION: index = arg; break;
        case OP_TYPENAME: index = arg >= 0 && arg < t->ctx->typename_count ? t->ctx->typenames[arg].type_index : -1; break;
        default: return;
        }
    }
}

/* ---------------------------------------------------------------- enums */

static size_t count_names(const char *list) {
    size_t n = *list != '\0';
    for (; *list; list++)
        n += *list == ',';
    return n;
}

static int read_enumerator(Tables *t, const char *name, size_t len, AbiEnumerator *out, TableError *err) {
    TableConstant value;
    int i = table_find_global(t, name, len);
    if (i < 0)
        return table_fail(err, TABLE_EFFI, "the tables have no enumerator '%.*s'", (int)len, name);
    if (table_constant(t, i, &value, err) < 0)
        return -1;
    *out = (AbiEnumerator){abi_region_name(t->region, name, len), value.value, value.negative};
    return out->name ? 0 : table_fail_abi(err, &(AbiError){.code = ABI_ENOMEM});
}

static int read_enumerators(Tables *t, const char *list, AbiEnumerator *out, size_t n, TableError *err) {
    for (size_t i = 0; i < n; i++) {
        size_t len = strcspn(list, ",");
        if (read_enumerator(t, list, len, &out[i], err) < 0)
            return -1;
        list += len + 1;
    }
    return 0;
}

static AbiType *make_enum(Tables *t, const TableEnum *e, TableError *err) {
    size_t n = count_names(e->enumerators);
    AbiError abi = {.code = ABI_ENOMEM};
    AbiEnumerator *values = PyMem_RawCalloc(n + 1, sizeof *values);
    const AbiType *base = table_primitive(t, e->prim, err);
    AbiType *type = NULL;
    if (!values)
        table_fail_abi(err, &abi);
    else if (base && read_enumerators(t, e->enumerators, values, n, err) == 0)
        type = new_record(t, ABI_ENUM, e->name, err);
    if (type && abi_enum_complete(type, values, n, base, false, &abi) != 0) {
        table_fail_abi(err, &abi);
        type = NULL;
    }
    PyMem_RawFree(values);
    return type;
}

AbiType *table_enum(Tables *t, intptr_t i, TableError *err) {
    if (i < 0 || i >= t->ctx->enum_count) {
        table_fail(err, TABLE_EFFI, "the tables have no enum %zd", (Py_ssize_t)i);
        return NULL;
    }
    if (!t->enums[i].type) {
        int shared = table_shared_enum(t, &t->ctx->enums[i]);
        t->enums[i].type = shared >= 0 ? table_enum(t->earlier, shared, err) : make_enum(t, &t->ctx->enums[i], err);
    }
    return t->enums[i].type;
}
