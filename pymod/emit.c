/* A growing text, and templates that are filled in. See emit.h. */
#include "pymod/emit.h"

#include <string.h>

static bool make_room(Emit *e, size_t n) {
    if (e->failed || e->cap - e->len >= n)
        return !e->failed;
    size_t cap = (e->len + n) * 2 + 2000; /* most wrappers take one allocation */
    char *data = PyMem_Realloc(e->data, cap);
    e->failed = !data;
    if (data) {
        e->data = data;
        e->cap = cap;
    }
    return data != NULL;
}

void emit_put(Emit *e, Slice s) {
    if (s.len == 0 || !make_room(e, s.len))
        return;
    memcpy(e->data + e->len, s.data, s.len);
    e->len += s.len;
}

void emit_string(Emit *e, const char *s) {
    emit_put(e, (Slice){s, strlen(s)});
}

void emit_number(Emit *e, long long n) {
    char digits[24], *end = digits + sizeof digits, *at = end;
    unsigned long long rest = n < 0 ? 0 - (unsigned long long)n : (unsigned long long)n;
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (n < 0)
        *--at = '-';
    emit_put(e, (Slice){at, (size_t)(end - at)});
}

/* TEMPLATE with each "@x" replaced by what FACT puts for x. C has no '@' of its own. */
void emit_template(Emit *e, const char *template, EmitFact *fact, const void *context) {
    for (const char *at; (at = strchr(template, '@')); template = at + 2) {
        emit_put(e, (Slice){template, (size_t)(at - template)});
        fact(e, at[1], context);
    }
    emit_string(e, template);
}

PyObject *emit_drop(Emit *e) {
    PyMem_Free(e->data);
    *e = (Emit){0};
    return NULL;
}

PyObject *emit_finish(Emit *e) {
    PyObject *text = e->failed ? PyErr_NoMemory() : PyUnicode_DecodeUTF8(e->data ? e->data : "", (Py_ssize_t)e->len, NULL);
    emit_drop(e);
    return text;
}

int emit_slice(PyObject *str, Slice *out) {
    Py_ssize_t len;
    out->data = PyUnicode_AsUTF8AndSize(str, &len); /* TypeError for what is no str */
    out->len = out->data ? (size_t)len : 0;
    return out->data ? 0 : -1;
}

int emit_read_number(PyObject *from, long long *n) {
    if (!PyLong_Check(from)) { /* CPython 3.9 would take a float */
        PyErr_Format(PyExc_TypeError, "expected an int, not %.200s", Py_TYPE(from)->tp_name);
        return -1;
    }
    *n = PyLong_AsLongLong(from);
    return *n == -1 && PyErr_Occurred() ? -1 : 0;
}
