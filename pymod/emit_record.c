/* The checks of a plain struct or union, and its fields' rows, in the C source of a module: what cdeffi/builder/checks.py
 * and c_source.py write of any record, for those that are most, whose members all have names, and types that are like no other
 * thing than what C can compare. What differs is told by _emit_record()'s result, and nothing is written then. */
#include "pymod/emit.h"

#include <string.h>

typedef struct Names {
    Slice cname, variable, identifier, kind, where, end; /* END: of the second struct, "};" or with attributes */
} Names;

/* One member: what checks._Shape says of its type in C, in which "@" stands for the name. */
typedef struct Place {
    const Names *names;
    Slice name, text, address;
    bool is_number, is_unsigned, is_signed;
    long long slot;
} Place;

typedef struct Record {
    Names names;
    Emit check, mirror, compared, asserted, rows, signs;
    PyObject *slots, *shapes, *slot_of, *shape_of; /* borrowed */
} Record;

/* In a declarator BEFORE@AFTER. */
static void put_declared(Emit *e, Slice text, Slice name) {
    const char *at = memchr(text.data, '@', text.len);
    size_t before = at ? (size_t)(at - text.data) : text.len;
    emit_put(e, (Slice){text.data, before});
    emit_put(e, name);
    if (at)
        emit_put(e, (Slice){at + 1, text.len - before - 1});
}

static void put_fact(Emit *e, char letter, const void *context) {
    const Place *p = context;
    switch (letter) {
    case 'n': emit_put(e, p->name); break;
    case 'c': emit_put(e, p->names->cname); break;
    case 'v': emit_put(e, p->names->variable); break;
    case 'i': emit_put(e, p->names->identifier); break;
    case 'k': emit_put(e, p->names->kind); break;
    case 'w': emit_put(e, p->names->where); break;
    case 'e': emit_put(e, p->names->end); break;
    case 's': emit_number(e, p->slot); break;
    case 'a': emit_put(e, p->address); break;
    case 'd': put_declared(e, p->text, p->name); break;
    default: put_declared(e, p->text, (Slice){"", 0}); break; /* t */
    }
}

static void put(Emit *e, const Place *p, const char *template) {
    emit_template(e, template, put_fact, p);
}

static void put_member(Record *r, const Place *p) {
    put(&r->check, p, p->is_number ? "  (void)((_p->@n) | 0); /* an integer */\n" : "  { @a = &_p->@n; (void)_address; }\n");
    put(&r->mirror, p, "  @d;\n");
    put(&r->compared, p, "_CFFI_SAME_MEMBER(@k _cffi_own_@i, @c, @n, \"@w\")\n");
    put(&r->rows, p, "  { \"@n\", offsetof(@c, @n), sizeof(((@c *)0)->@n), _CFFI_OPCODE(_CFFI_OP_NOOP, @s) },\n");
    if (p->is_unsigned)
        put(&r->asserted, p, "_CFFI_UNSIGNED(@c, @n, \"@w\")\n");
    if (p->is_signed)
        put(&r->signs, p, "  _CFFI_SIGNED(@t, _p->@n, \"@w: member @n of @c is unsigned in the C source\")\n");
}

/* KNOWN[KEY], or what MAKE(ARGUMENT, SECOND) gives. New reference. */
static PyObject *look_up(PyObject *known, PyObject *key, PyObject *make, PyObject *argument, PyObject *second) {
    PyObject *found = NULL;
    int rc = dict_get(known, key, &found);
    return rc ? found : PyObject_CallFunctionObjArgs(make, argument, second, NULL);
}

/* 1, 0 if the member is no plain one, or -1 with an exception. SHAPE: checks._Shape. */
static int read_shape(PyObject *shape, Place *p) {
    if (!PyTuple_Check(shape) || PyTuple_GET_SIZE(shape) != 7) {
        PyErr_Format(PyExc_TypeError, "expected a _Shape, not %.200s", Py_TYPE(shape)->tp_name);
        return -1;
    }
    if (PyTuple_GET_ITEM(shape, 3) == Py_True || PyTuple_GET_ITEM(shape, 4) == Py_True)
        return 0;
    p->is_number = PyTuple_GET_ITEM(shape, 2) == Py_True;
    p->is_unsigned = PyTuple_GET_ITEM(shape, 5) == Py_True;
    p->is_signed = PyTuple_GET_ITEM(shape, 6) == Py_True;
    return emit_slice(PyTuple_GET_ITEM(shape, 0), &p->text) < 0 || emit_slice(PyTuple_GET_ITEM(shape, 1), &p->address) < 0 ? -1 : 1;
}

static int put_shaped(Record *r, Place *p, PyObject *shape) {
    int rc = read_shape(shape, p);
    if (rc > 0)
        put_member(r, p);
    return rc;
}

/* The same of MEMBER: a declarations.Member. */
static int read_member(Record *r, PyObject *member) {
    Place p = {.names = &r->names};
    if (!PyTuple_Check(member) || PyTuple_GET_SIZE(member) != 6) {
        PyErr_Format(PyExc_TypeError, "expected a Member, not %.200s", Py_TYPE(member)->tp_name);
        return -1;
    }
    PyObject *name = PyTuple_GET_ITEM(member, 0), *type = PyTuple_GET_ITEM(member, 1), *text = PyTuple_GET_ITEM(member, 2);
    Slice spelled;
    if (name == Py_None || PyTuple_GET_ITEM(member, 5) == Py_True)
        return 0;
    if (emit_slice(name, &p.name) < 0 || emit_slice(text, &spelled) < 0)
        return -1;
    if (memchr(spelled.data, '$', spelled.len)) /* the name of an unnamed record comes late */
        return 0;
    PyObject *slot = look_up(r->slots, type, r->slot_of, member, NULL);
    if (!slot || slot == Py_None || emit_read_number(slot, &p.slot) < 0) {
        Py_XDECREF(slot);
        return slot == Py_None ? 0 : -1;
    }
    Py_DECREF(slot);
    PyObject *key = PyTuple_Pack(2, type, text), *shape = key ? look_up(r->shapes, key, r->shape_of, type, text) : NULL;
    int rc = shape ? put_shaped(r, &p, shape) : -1;
    Py_XDECREF(key);
    Py_XDECREF(shape);
    return rc;
}

static void put_start(Record *r) {
    const Place all = {.names = &r->names};
    put(&r->check, &all, "_CFFI_UNUSED static void _cffi_check_@i(@v *_p)\n{\n  (void)_p;\n");
    put(&r->mirror, &all, "@k _cffi_own_@i {\n");
    put(&r->signs, &all, "_CFFI_UNUSED static void _cffi_signs_@i(@v *_p)\n{\n");
}

static void put_all(Emit *e, Emit *part) {
    emit_put(e, (Slice){part->data, part->len});
    e->failed |= part->failed;
}

static void put_end(Record *r) {
    const Place all = {.names = &r->names};
    Emit *e = &r->check;
    put(e, &all, "}\nstruct _cffi_align_@i { char x; @c y; };\n");
    put_all(e, &r->asserted);
    put_all(e, &r->mirror);
    put(e, &all, "@e\n");
    put_all(e, &r->compared);
    put(e, &all, "_CFFI_SAME_SIZE(@k _cffi_own_@i, @c, \"@w\")");
    emit_string(&r->signs, "}");
    if (r->rows.len)
        r->rows.len--; /* the last newline */
}

static int append_text(PyObject *list, Emit *e) {
    PyObject *text = emit_finish(e);
    int rc = text ? PyList_Append(list, text) : -1;
    Py_XDECREF(text);
    return rc;
}

static int read_names(PyObject *from, Names *names) {
    Slice *const all[] = {&names->cname, &names->variable, &names->identifier, &names->kind, &names->where, &names->end};
    if (PyTuple_GET_SIZE(from) != 6) {
        PyErr_SetString(PyExc_TypeError, "a record has six names");
        return -1;
    }
    for (int i = 0; i < 6; i++)
        if (emit_slice(PyTuple_GET_ITEM(from, i), all[i]) < 0)
            return -1;
    return 0;
}

/* 1, 0 if some member is no plain one, -1 with an exception. */
static int read_members(Record *r, PyObject *members) {
    int rc = 1;
    put_start(r);
    size_t none = r->signs.len;
    for (Py_ssize_t i = 0; rc > 0 && i < PyTuple_GET_SIZE(members); i++)
        rc = read_member(r, PyTuple_GET_ITEM(members, i));
    bool has_signs = r->signs.len > none;
    put_end(r);
    if (!has_signs)
        emit_drop(&r->signs);
    return rc;
}

PyObject *emit_record(PyObject *module, PyObject *args) {
    PyObject *lines, *signs, *rows, *names, *members;
    Record r = {0};
    (void)module;
    if (!PyArg_ParseTuple(args, "(O!O!O!)O!O!O!OO!O", &PyList_Type, &lines, &PyList_Type, &signs, &PyList_Type, &rows, &PyTuple_Type, &names,
                          &PyTuple_Type, &members, &PyDict_Type, &r.slots, &r.slot_of, &PyDict_Type, &r.shapes, &r.shape_of)
        || read_names(names, &r.names) < 0)
        return NULL;
    int rc = read_members(&r, members);
    if (rc > 0 && (append_text(lines, &r.check) < 0 || append_text(rows, &r.rows) < 0
                   || (r.signs.len && append_text(signs, &r.signs) < 0)))
        rc = -1;
    Emit *const all[] = {&r.check, &r.mirror, &r.compared, &r.asserted, &r.rows, &r.signs};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        emit_drop(all[i]);
    return rc < 0 ? NULL : PyBool_FromLong(rc);
}
