/* Characters and strings: char is bytes; wchar_t, char16_t and char32_t are str.
 *
 * Two-byte units are UTF-16: pairs of surrogates become one character and back, lone ones stay as they
 * are, like in Python's own str. Memory may be unaligned (packed structs), hence the copies. */
#include "pymod/convert.h"

#include <stdio.h>

static bool is_high(uint32_t c) { return (c & ~0x3FFu) == 0xD800; }
static bool is_low(uint32_t c) { return (c & ~0x3FFu) == 0xDC00; }

static uint32_t unit_at(unsigned width, const char *src, Py_ssize_t i) {
    if (width == 2) {
        uint16_t unit;
        memcpy(&unit, src + 2 * i, sizeof unit);
        return unit;
    }
    uint32_t unit;
    memcpy(&unit, src + 4 * i, sizeof unit);
    return unit;
}

/* The character at *I, which moves past it. */
static uint32_t next_character(unsigned width, const char *src, Py_ssize_t units, Py_ssize_t *i) {
    uint32_t c = unit_at(width, src, (*i)++);
    if (width == 2 && is_high(c) && *i < units) {
        uint32_t low = unit_at(width, src, *i);
        if (is_low(low)) {
            ++*i;
            return 0x10000 + ((c & 0x3FF) << 10 | (low & 0x3FF));
        }
    }
    return c;
}

static PyObject *str_load(unsigned width, const char *src, Py_ssize_t units) {
    Py_ssize_t count = 0;
    uint32_t max = 0;
    for (Py_ssize_t i = 0; i < units; count++) {
        uint32_t c = next_character(width, src, units, &i);
        if (c > 0x10FFFF) {
            PyErr_Format(PyExc_ValueError, "%s out of range for conversion to unicode: 0x%x", "char32_t", (unsigned)c);
            return NULL;
        }
        if (c > max) max = c;
    }
    PyObject *str = PyUnicode_New(count, max);
    if (str == NULL) return NULL;
    int kind = PyUnicode_KIND(str);
    void *data = PyUnicode_DATA(str);
    Py_ssize_t at = 0;
    for (Py_ssize_t i = 0; at < count; at++) PyUnicode_WRITE(kind, data, at, next_character(width, src, units, &i));
    return str;
}

PyObject *text_load(unsigned width, const void *src, Py_ssize_t units) {
    if (width == 1) return PyBytes_FromStringAndSize(src, units);
    if (units == 1) {
        uint32_t c = unit_at(width, src, 0);
        if (c <= 0x10FFFF) return PyUnicode_FromOrdinal((int)c);
    }
    return str_load(width, src, units);
}

Py_ssize_t text_length(unsigned width, PyObject *str) {
    Py_ssize_t length = PyUnicode_GET_LENGTH(str), units = length;
    if (width != 2 || PyUnicode_KIND(str) != PyUnicode_4BYTE_KIND) return units;
    const Py_UCS4 *data = PyUnicode_4BYTE_DATA(str);
    for (Py_ssize_t i = 0; i < length; i++) units += data[i] > 0xFFFF;
    return units;
}

static char *put_unit(unsigned width, char *dest, uint32_t unit) {
    if (width == 4) {
        memcpy(dest, &unit, 4);
    } else {
        uint16_t narrow = (uint16_t)unit;
        memcpy(dest, &narrow, 2);
    }
    return dest + width;
}

void text_store(unsigned width, void *dest, PyObject *str) {
    char *to = dest;
    int kind = PyUnicode_KIND(str);
    const void *data = PyUnicode_DATA(str);
    for (Py_ssize_t i = 0; i < PyUnicode_GET_LENGTH(str); i++) {
        uint32_t c = PyUnicode_READ(kind, data, i);
        if (width == 2 && c > 0xFFFF) {
            to = put_unit(2, to, 0xD800 | (c - 0x10000) >> 10);
            to = put_unit(2, to, 0xDC00 | (c & 0x3FF));
        } else {
            to = put_unit(width, to, c);
        }
    }
}

int text_single(unsigned width, PyObject *str, uint32_t *unit, char what[80]) {
    if (PyUnicode_GET_LENGTH(str) != 1) {
        snprintf(what, 80, "unicode string of length %zd", PyUnicode_GET_LENGTH(str));
        return -1;
    }
    *unit = PyUnicode_READ_CHAR(str, 0);
    if (width == 2 && *unit > 0xFFFF) {
        strcpy(what, "larger-than-0xFFFF character");
        return -1;
    }
    return 0;
}

static int char_error(PyObject *value, unsigned width, const char *what) {
    static const char *const wanted[] = {[1] = "'char' must be a bytes of length 1",
                                         [2] = "'char16_t' must be a unicode string of length 1",
                                         [4] = "'char32_t' must be a unicode string of length 1"};
    PyErr_Format(PyExc_TypeError, "initializer for ctype %s, not %.200s", wanted[width], what ? what : Py_TYPE(value)->tp_name);
    return -1;
}

int to_c_char(CTypeObject *ct, void *dest, PyObject *value) {
    unsigned width = (unsigned)ct->type->size;
    if (cdata_check(ct->state, value)) {
        CDataObject *cd = (CDataObject *)value;
        if (!(cd->ctype->flags & CT_CHAR) || cd->ctype->type->size != width) return char_error(value, width, NULL);
        memcpy(dest, cd->data, width);
        return 0;
    }
    if (width == 1) {
        if (!PyBytes_Check(value) || PyBytes_GET_SIZE(value) != 1) return char_error(value, width, NULL);
        *(char *)dest = PyBytes_AS_STRING(value)[0];
        return 0;
    }
    uint32_t unit;
    char what[80];
    if (!PyUnicode_Check(value)) return char_error(value, width, NULL);
    if (text_single(width, value, &unit, what) < 0) return char_error(value, width, what);
    put_unit(width, dest, unit);
    return 0;
}
