/* _declarations(ffi, Symbol, Member, Record): all that an FFI declares, as tuples, for what writes modules and stubs
 * (the .py files of cdeffi/builder). Types are numbered; a place (member, parameter, variable) has besides the
 * number of its type its C text around "@", which stands for the name: "const char *@", "int (*@)[3]". Those of
 * parameters and results, which many functions share, are numbered too.
 *
 * No lock is held: Python's collector may run in between. What a scope has declared stays as long as it. */
#include "pymod/backend.h"
#include "pymod/ffi.h"
#include "pymod/tables.h"

#include <string.h>

typedef struct Export {
    FFIObject *ffi;   /* borrowed */
    PyObject *types;  /* strong list of tuples; None while one is being made */
    PyObject *number; /* strong dict: address of the AbiType -> its index in TYPES */
    PyObject *places; /* strong list: (number of the type, text) */
    PyObject *place;  /* strong dict: address of the AbiType -> its index in PLACES */
    PyTypeObject *symbol_class, *member_class, *record_class; /* borrowed: subclasses of tuple, without attributes */
    const AbiRegion *own;
    const char *file_name; /* borrowed: of the last symbol, most have the same; FILE is its str, strong */
    PyObject *file;
} Export;

static PyObject *number_of(Export *, const AbiType *);

/* The C text of a place of this type. New str. */
static PyObject *place_text(AbiQType type) {
    char small[160], *buf = small;
    size_t n = abi_spell(type, "@", ABI_SPELL_C, small, sizeof small, NULL);
    if (n >= sizeof small) {
        if (!(buf = PyMem_Malloc(n + 1)))
            return PyErr_NoMemory();
        abi_spell(type, "@", ABI_SPELL_C, buf, n + 1, NULL);
    }
    PyObject *text = PyUnicode_DecodeUTF8(buf, (Py_ssize_t)n, "replace");
    if (buf != small)
        PyMem_Free(buf);
    return text;
}

/* An instance of CLASS with the N ITEMS, which are taken; NULL if one of them is, the exception that told. As tuple.__new__()
 * makes instances of its subclasses, but without a tuple to copy. */
static PyObject *row_of(PyTypeObject *class, PyObject *const *items, Py_ssize_t n) {
    PyObject *row = class->tp_alloc(class, n);
    bool complete = row != NULL;
    for (Py_ssize_t i = 0; i < n; i++) {
        complete &= items[i] != NULL;
        if (row)
            ((PyTupleObject *)row)->ob_item[i] = items[i];
        else
            Py_XDECREF(items[i]);
    }
    if (!complete)
        Py_CLEAR(row);
    return row;
}
#define ROW(class, items) row_of(class, items, sizeof(items) / sizeof((items)[0]))

static PyObject *append_new(PyObject *list, PyObject *item) {
    int rc = item ? PyList_Append(list, item) : -1;
    Py_XDECREF(item);
    return rc < 0 ? NULL : list;
}

static PyObject *str_or_none(const char *s) {
    return s ? PyUnicode_FromString(s) : Py_NewRef(Py_None);
}

/* ---- types */

static PyObject *primitive_entry(const AbiType *t) {
    char name[80];
    abi_spell((AbiQType){t, 0}, "", ABI_SPELL_PLAIN, name, sizeof name, NULL);
    return Py_BuildValue("(ss)", "primitive", name);
}

static PyObject *array_entry(Export *e, const AbiType *t) {
    long long length = abi_length_known(t->length) ? (long long)t->length : t->length == ABI_LENGTH_UNKNOWN ? -1 : -2;
    return Py_BuildValue("(sNL)", "array", number_of(e, t->item.type), length);
}

/* A tuple of what MAKE gives for the result and the parameters. */
static PyObject *each_place(Export *e, const AbiFunction *fn, PyObject *make(Export *, AbiQType)) {
    PyObject *tuple = PyTuple_New((Py_ssize_t)fn->nparams + 1);
    for (size_t i = 0; tuple && i <= fn->nparams; i++) {
        PyObject *item = make(e, i ? fn->params[i - 1] : fn->result);
        if (item)
            PyTuple_SET_ITEM(tuple, (Py_ssize_t)i, item);
        else
            Py_CLEAR(tuple);
    }
    return tuple;
}

static PyObject *place_number(Export *e, AbiQType type) {
    return number_of(e, type.type);
}

static PyObject *add_place(Export *e, const AbiType *t, PyObject *key) {
    /* qualifiers and alignment of parameters and results mean nothing to a caller, and C has no text for the latter */
    PyObject *place = Py_BuildValue("(NN)", number_of(e, t), place_text((AbiQType){abi_unaligned(t), 0}));
    PyObject *index = place ? PyLong_FromSsize_t(PyList_GET_SIZE(e->places)) : NULL;
    if (index && (PyList_Append(e->places, place) < 0 || PyDict_SetItem(e->place, key, index) < 0))
        Py_CLEAR(index);
    Py_XDECREF(place);
    return index;
}

/* The index in PLACES of a parameter or result. New int. */
static PyObject *place_index(Export *e, AbiQType type) {
    PyObject *key = PyLong_FromVoidPtr((void *)(uintptr_t)type.type), *index = NULL;
    if (key && dict_get(e->place, key, &index) == 0)
        index = add_place(e, type.type, key);
    Py_XDECREF(key);
    return index;
}

/* ("function", numbers of the result and the parameters, variadic, calling convention) */
static PyObject *function_entry(Export *e, const AbiType *t) {
    return Py_BuildValue("(sNii)", "function", each_place(e, t->function, place_number), (int)t->function->variadic,
                         (int)t->function->conv);
}

/* (name or None, number, text, width in bits or -1, offset in bytes, whether its alignment is not that of its text in C,
 * where a type can be aligned further, but not less) */
static PyObject *member_entry(Export *e, const AbiMember *m) {
    int bits = m->flags & ABI_M_BITFIELD ? m->bit_width : -1;
    bool aligned = bits < 0 && (m->align != abi_alignof(m->type) || m->align < m->type.type->main->align);
    PyObject *items[] = {str_or_none(m->name), number_of(e, m->type.type), place_text(m->type), PyLong_FromLong(bits),
                         PyLong_FromSize_t(m->offset), PyBool_FromLong(aligned)};
    return ROW(e->member_class, items);
}

static PyObject *members_of(Export *e, const AbiType *t) {
    const AbiRecord *r = t->record;
    PyObject *list = PyTuple_New((Py_ssize_t)r->count);
    for (size_t i = 0; list && i < r->count; i++) {
        PyObject *entry = t->kind == ABI_ENUM ? PyUnicode_FromString(r->enumerators[i].name) : member_entry(e, &r->members[i]);
        if (entry)
            PyTuple_SET_ITEM(list, (Py_ssize_t)i, entry);
        else
            Py_CLEAR(list);
    }
    return list;
}

/* ---- the order of declaration: bit-fields without a name are kept apart from the members */

static const AbiMember *next_unnamed(const AbiRecord *r, size_t padding, size_t breaks) {
    const AbiMember *p = padding < r->padding_count ? &r->padding[padding] : NULL;
    const AbiMember *b = breaks < r->break_count ? &r->breaks[breaks] : NULL;
    return p && b ? p->bit_offset < b->bit_offset ? p : b : p ? p : b;
}

/* Members and bit-fields without a name as they follow each other. In a union it does not matter where those stand. */
typedef struct Walk {
    const AbiType *type;
    size_t members, padding, breaks; /* done */
} Walk;

static uint64_t bit_place(const AbiMember *m) {
    return m->flags & ABI_M_BITFIELD ? m->bit_offset : (uint64_t)m->offset * 8;
}

/* NULL: all are done. */
static const AbiMember *walk(Walk *w) {
    const AbiRecord *r = w->type->record;
    const AbiMember *unnamed = next_unnamed(r, w->padding, w->breaks), *m = w->members < r->count ? &r->members[w->members] : NULL;
    if (m && (!unnamed || w->type->kind == ABI_UNION || bit_place(m) < unnamed->bit_offset)) {
        w->members++;
        return m;
    }
    if (unnamed)
        ++*(w->padding < r->padding_count && unnamed == &r->padding[w->padding] ? &w->padding : &w->breaks);
    return unnamed;
}

static bool is_unnamed(const AbiMember *m) {
    return m->flags & ABI_M_BITFIELD && !m->name;
}

/* ((how many members stand before it, Member), ...) */
static PyObject *unnamed_of(Export *e, const AbiType *t) {
    PyObject *list = PyList_New(0), *tuple = NULL;
    Walk w = {.type = t};
    const AbiMember *m = NULL;
    while (list && t->kind != ABI_ENUM && (m = walk(&w)))
        if (is_unnamed(m) && !append_new(list, Py_BuildValue("(nN)", (Py_ssize_t)w.members, member_entry(e, m))))
            Py_CLEAR(list);
    if (list)
        tuple = PyList_AsTuple(list);
    Py_XDECREF(list);
    return tuple;
}

/* Has T bit-fields, of its own or of unnamed members? */
static bool has_bits(const AbiType *t) {
    const AbiRecord *r = t->record;
    bool found = r->padding_count || r->break_count;
    for (size_t i = 0; !found && t->kind != ABI_ENUM && i < r->count; i++)
        found = r->members[i].flags & ABI_M_BITFIELD || (!r->members[i].name && has_bits(r->members[i].type.type));
    return found;
}

/* ---- attributes by which the layout is another than the plain rules' */

/* (number among all that are declared, LAYOUT_*, alignment asked for or 0, that of its type or 0) of a member; NULL without
 * an exception: nothing of the kind. Whether it is atomic counts where that aligns it. */
static PyObject *member_layout(const AbiType *t, const AbiMember *m, Py_ssize_t i) {
    const AbiType *type = m->type.type;
    int flags = (m->flags & ABI_M_PACKED && !t->record->options.packed ? LAYOUT_PACKED : 0) |
                (abi_alignof(m->type) != type->align ? LAYOUT_ATOMIC : 0);
    unsigned long asked = m->asked ? 1UL << (m->asked - 1) : 0, align = type->align == type->main->align ? 0 : type->align;
    return flags || asked || align ? Py_BuildValue("(nikk)", i, flags, asked, align) : NULL;
}

static PyObject *member_layouts(const AbiType *t) {
    PyObject *list = PyList_New(0);
    Walk w = {.type = t};
    const AbiMember *m;
    for (Py_ssize_t i = 0; list && (m = walk(&w)); i++) {
        PyObject *item = member_layout(t, m, i);
        if ((item || PyErr_Occurred()) && !append_new(list, item))
            Py_CLEAR(list);
    }
    return list;
}

/* (LAYOUT_*, pack, alignment, [of members]), or None: but for packed the plain rules do. A pack of 1 alone is packed. */
static PyObject *layout_of(const AbiType *t) {
    const AbiRecordOptions *o = &t->record->options;
    if (t->kind == ABI_ENUM || !t->record->complete)
        Py_RETURN_NONE;
    PyObject *members = member_layouts(t), *layout;
    if (!members)
        return NULL;
    bool transparent = t->flags & ABI_F_TRANSPARENT;
    if (PyList_GET_SIZE(members) == 0 && o->pack <= 1 && !o->align && !o->ms_layout && !transparent)
        layout = Py_NewRef(Py_None);
    else
        layout = Py_BuildValue("(iIIO)", (o->packed ? LAYOUT_PACKED : 0) | (o->ms_layout ? LAYOUT_MS : 0) | (transparent ? LAYOUT_TRANSPARENT : 0),
                               o->pack, o->align, members);
    Py_DECREF(members);
    return layout;
}

/* What aligned(n) asks for beyond the members, or 0. That of bit-fields is at most that of their types, and 1 if packed. */
static unsigned long own_alignment(const AbiType *t) {
    uint32_t most = 1;
    for (size_t i = 0; t->kind != ABI_ENUM && i < t->record->count; i++) {
        const AbiMember *m = &t->record->members[i];
        uint32_t align = !(m->flags & ABI_M_BITFIELD) ? m->align : m->flags & ABI_M_PACKED ? 1 : abi_alignof(m->type);
        most = align > most ? align : most;
    }
    return t->kind != ABI_ENUM && t->align > most ? t->align : 0;
}

/* The alignment that the tables of modules know of T: they do not have aligned variants, but that which is the alias. */
static uint32_t table_alignment(const AbiType *t) {
    bool is_named = abi_is_record(t) && !t->record->tag && t->record->alias_align;
    return is_named ? t->record->alias_align : t->main->align;
}

/* Is a member's place not what the alignments say that the tables know? With bit-fields the rules have to do. */
static bool is_shifted(const AbiType *t) {
    bool shifted = false;
    for (size_t i = 0; t->kind != ABI_ENUM && i < t->record->count; i++) {
        const AbiMember *m = &t->record->members[i];
        if (m->flags & ABI_M_BITFIELD)
            return false;
        shifted |= abi_alignof(m->type) != table_alignment(m->type.type);
    }
    return shifted;
}

/* By the attribute, or by a pack of 1 (which cdef(packed=True) is). */
static bool is_packed(const AbiType *t) {
    return t->kind != ABI_ENUM && t->record->complete && (t->record->options.packed || t->record->options.pack == 1);
}

/* (kind, tag or None, typedef name or None, number of an unnamed one, whether this FFI declares it, state,
 * members, underlying type or None, size in bytes or -1, whether packed, alignment of its own in bytes or 0,
 * alignment of the typedef name in bytes or 0, whether a member's type has an alignment that is in no table, its bit-fields
 * without a name, its layout_of(), whether it has bit-fields, whether the typedef name is qualified, whether a member is const) */
static PyObject *record_entry(Export *e, const AbiType *t) {
    const AbiRecord *r = t->record;
    const char *kind = t->kind == ABI_STRUCT ? "struct" : t->kind == ABI_UNION ? "union" : "enum";
    const char *state = t->flags & ABI_F_PARTIAL ? "partial" : r->complete ? "complete" : "opaque";
    PyObject *underlying = t->kind == ABI_ENUM && t->item.type ? number_of(e, t->item.type) : Py_NewRef(Py_None);
    PyObject *items[] = {PyUnicode_InternFromString(kind), str_or_none(r->tag), str_or_none(r->alias_transparent ? NULL : r->alias),
                         PyLong_FromUnsignedLong(r->serial), PyBool_FromLong(t->region == e->own), PyUnicode_InternFromString(state),
                         members_of(e, t), underlying,
                         t->size == ABI_SIZE_UNKNOWN ? PyLong_FromLong(-1) : PyLong_FromSize_t(t->size),
                         PyBool_FromLong(is_packed(t)), PyLong_FromUnsignedLong(own_alignment(t)),
                         PyLong_FromUnsignedLong(r->tag ? 0 : r->alias_align), PyBool_FromLong(is_shifted(t)), unnamed_of(e, t),
                         layout_of(t), PyBool_FromLong(has_bits(t)), PyBool_FromLong(!r->tag && r->alias_quals),
                         PyBool_FromLong(abi_is_qualified((AbiQType){t, 0}, ABI_CONST))};
    return ROW(e->record_class, items);
}

static PyObject *entry_of(Export *e, const AbiType *t) {
    if (t->prim != ABI_P_NONE)
        return primitive_entry(t);
    if (t->asked_transparent)
        return Py_BuildValue("(sN)", "transparent", number_of(e, t->main));
    switch ((AbiKind)t->kind) {
    case ABI_POINTER: return Py_BuildValue("(sN)", "pointer", number_of(e, t->item.type));
    case ABI_ARRAY: return array_entry(e, t);
    case ABI_FUNCTION: return function_entry(e, t);
    case ABI_STRUCT:
    case ABI_UNION:
    case ABI_ENUM: return record_entry(e, t);
    default: return primitive_entry(t);
    }
}

static PyObject *add_type(Export *e, const AbiType *t, PyObject *key) {
    Py_ssize_t n = PyList_GET_SIZE(e->types);
    PyObject *number = PyLong_FromSsize_t(n);
    if (!number || PyDict_SetItem(e->number, key, number) < 0 || PyList_Append(e->types, Py_None) < 0 ||
        Py_EnterRecursiveCall(" in the declarations of a type"))
        goto fail;
    PyObject *entry = entry_of(e, t);
    Py_LeaveRecursiveCall();
    if (entry && PyList_SetItem(e->types, n, entry) == 0)
        return number;
fail:
    Py_XDECREF(number);
    return NULL;
}

/* The number of T without qualifiers and alignment: the tables of modules know neither. New int. */
static PyObject *number_of(Export *e, const AbiType *t) {
    t = abi_unaligned(abi_unaligned(t)->plain);
    PyObject *key = PyLong_FromVoidPtr((void *)(uintptr_t)t), *number = NULL;
    if (key && dict_get(e->number, key, &number) == 0)
        number = add_type(e, t, key);
    Py_XDECREF(key);
    return number;
}

/* ---- symbols */

static const char *kind_of(const CdeclSymbol *s) {
    static const char *const names[] = {[CDECL_FUNCTION] = "function", [CDECL_VARIABLE] = "variable",
                                        [CDECL_CONSTANT] = "constant", [CDECL_ENUMERATOR] = "enumerator",
                                        [CDECL_TYPEDEF] = "typedef"};
    return names[s->kind];
}

static PyObject *value_of(const CdeclSymbol *s) {
    PyObject *value = s->value.kind == CDECL_V_NONE || s->kind == CDECL_TYPEDEF ? NULL : constant_value(&s->value);
    return value || PyErr_Occurred() ? value : Py_NewRef(Py_None);
}

/* The type of "typedef int... t;": the estimate's number, else None. */
static PyObject *estimate_of(Export *e, const CdeclSymbol *s) {
    return s->kind == CDECL_TYPEDEF && s->value.type ? number_of(e, s->value.type) : Py_NewRef(Py_None);
}

static PyObject *function_places(Export *e, const CdeclSymbol *s) {
    return s->kind == CDECL_FUNCTION ? each_place(e, s->type.type->function, place_index) : PyTuple_New(0);
}

/* The name of the file of S, or None. */
static PyObject *file_of(Export *e, const CdeclSymbol *s) {
    if (!e->file || e->file_name != s->file) {
        PyObject *file = str_or_none(s->file);
        if (!file)
            return NULL;
        Py_XSETREF(e->file, file);
        e->file_name = s->file;
    }
    return Py_NewRef(e->file);
}

/* The text of S as a place, or None for those that no table names: typedefs, enumerators, and functions without "...",
 * whose result and parameters have their own. */
static PyObject *symbol_text_of(const CdeclSymbol *s) {
    bool is_named = s->kind == CDECL_VARIABLE || s->kind == CDECL_CONSTANT || (s->kind == CDECL_FUNCTION && s->type.type->function->variadic);
    return is_named && s->type.type ? place_text(s->type) : Py_NewRef(Py_None);
}

/* The alignment of a typedef in bytes, or 0 if it is its type's. */
static uint32_t typedef_alignment(const CdeclSymbol *s) {
    uint32_t align = s->kind == CDECL_TYPEDEF && s->type.type ? abi_alignof(s->type) : 0;
    return align && align != s->type.type->main->align ? align : 0;
}

/* (kind, name, number or None, text or None, qualifiers, flags, value, file, line, estimate, of a function the places
 * of the result and the parameters, of a typedef its alignment) */
static PyObject *symbol_entry(Export *e, const CdeclSymbol *s) {
    PyObject *items[] = {PyUnicode_InternFromString(kind_of(s)), PyUnicode_FromString(s->name),
                         s->type.type ? number_of(e, s->type.type) : Py_NewRef(Py_None),
                         symbol_text_of(s), PyLong_FromUnsignedLong(s->type.quals),
                         PyLong_FromUnsignedLong(s->flags), value_of(s), file_of(e, s),
                         PyLong_FromUnsignedLong(s->line), estimate_of(e, s), function_places(e, s),
                         PyLong_FromUnsignedLong(typedef_alignment(s))};
    return ROW(e->symbol_class, items);
}

static PyObject *symbols_of(Export *e) {
    size_t n;
    const CdeclSymbol **symbols = ffi_symbols(e->ffi, &n);
    PyObject *list = symbols ? PyList_New(0) : NULL;
    for (size_t i = 0; list && i < n; i++)
        if (!append_new(list, symbol_entry(e, symbols[i])))
            Py_CLEAR(list);
    PyMem_Free(symbols);
    return list;
}

static PyObject *tag_entry(Export *e, const AbiType *t, size_t i) {
    const char *file;
    uint32_t line;
    cdecl_tag_place(e->ffi->scope, i, &file, &line);
    return Py_BuildValue("(NzI)", number_of(e, t), file, (unsigned)line);
}

/* (number, file, line) of the structs, unions and enums, those without tag too. */
static PyObject *tags_of(Export *e) {
    size_t n;
    const AbiType **tags = ffi_tags(e->ffi, &n);
    PyObject *list = tags ? PyList_New(0) : NULL;
    for (size_t i = 0; list && i < n; i++)
        if (!append_new(list, tag_entry(e, tags[i], i)))
            Py_CLEAR(list);
    PyMem_Free(tags);
    return list;
}

static bool is_row_class(PyObject *class) {
    if (PyType_Check(class) && PyType_IsSubtype((PyTypeObject *)class, &PyTuple_Type))
        return true;
    PyErr_Format(PyExc_TypeError, "expected a class of named tuples, not %R", class);
    return false;
}

static void export_clear(Export *e) {
    Py_CLEAR(e->types);
    Py_CLEAR(e->number);
    Py_CLEAR(e->places);
    Py_CLEAR(e->place);
    Py_CLEAR(e->file);
}

PyObject *introspect_declarations(PyObject *module, PyObject *args) {
    PyObject *arg, *symbol, *member, *record;
    if (!PyArg_ParseTuple(args, "OOOO:_declarations", &arg, &symbol, &member, &record))
        return NULL;
    if (!PyObject_TypeCheck(arg, state_of(module)->ffi_type))
        return PyErr_Format(PyExc_TypeError, "expected an FFI, not %.200s", Py_TYPE(arg)->tp_name);
    if (!is_row_class(symbol) || !is_row_class(member) || !is_row_class(record))
        return NULL;
    FFIObject *ffi = (FFIObject *)arg;
    Export e = {.ffi = ffi, .own = cdecl_scope_region(ffi->scope), .symbol_class = (PyTypeObject *)symbol,
                .member_class = (PyTypeObject *)member, .record_class = (PyTypeObject *)record};
    PyObject *symbols = NULL, *tags = NULL, *result = NULL;
    if ((e.types = PyList_New(0)) && (e.number = PyDict_New()) && (e.places = PyList_New(0)) && (e.place = PyDict_New()) &&
        (symbols = symbols_of(&e)) && (tags = tags_of(&e)))
        result = Py_BuildValue("(OOOOO)", e.types, symbols, tags, ffi->included, e.places);
    export_clear(&e);
    Py_XDECREF(symbols);
    Py_XDECREF(tags);
    return result;
}
