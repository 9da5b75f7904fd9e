/* Conversion between Python objects and C values: what its files share. Private. */
#ifndef CDEFFI_CONVERT_H
#define CDEFFI_CONVERT_H

#include "pymod/state.h"
#include "pymod/compat.h"

#include <string.h>

/* ---- integers */
/* An exact int that fits int64_t and needs no call to be read. */
static inline bool int_compact(PyObject *o, int64_t *value) {
    *value = 0; /* for GCC, which at -Og does not see that it is only read where this was true */
    return PyLong_CheckExact(o) && long_compact(o, value);
}

/* ---- to_c_int.c */
ToC to_c_int; /* any integer type: the slow way, and the one for _BitInt and enums */
ToC *to_c_int_choose(const AbiType *);
/* OverflowError "integer N does not fit 'T'". Returns -1. */
int overflow_error(CTypeObject *, PyObject *value);
/* The int that VALUE stands for by cffi's rules: __int__ is asked, floats are refused. New reference. */
PyObject *int_of(PyObject *value);

/* ---- wide.c: integers of any width, 64 bits at a time */
typedef struct WideInt {
    bool is_signed;
    unsigned bits;  /* value bits */
    unsigned bytes; /* of storage, little-endian */
} WideInt;
PyObject *wide_load(WideInt, const void *src);
/* LIMIT: refuse what does not fit (returns 1, without an exception); else keep the low bits. -1 with an exception. */
int wide_store(WideInt, void *dest, PyObject *integer, bool limit);
WideInt wide_of(const AbiType *); /* for integer, enum and char types */

/* ---- to_c_float.c */
ToC to_c_float, to_c_complex;
ToC *to_c_float_choose(const AbiType *);
/* ---- real.c: every binary floating format */
bool real_supported(const AbiType *);
double real_load(const AbiType *, const void *src);
void real_store(const AbiType *, void *dest, double);
long double real_load_long(const AbiType *, const void *src);
void real_store_long(const AbiType *, void *dest, long double);
static inline bool real_is_wide(const CTypeObject *ct) { return (ct->flags & CT_LONGDOUBLE) != 0; }

/* ---- text.c */
PyObject *text_load(unsigned width, const void *src, Py_ssize_t units); /* width 1: bytes; 2, 4: str */
Py_ssize_t text_length(unsigned width, PyObject *str);         /* code units without a terminator */
void text_store(unsigned width, void *dest, PyObject *str);    /* exactly text_length() units */
/* The single code unit of STR. 0, or -1 with WHAT filled: what it is instead. */
int text_single(unsigned width, PyObject *str, uint32_t *unit, char what[80]);
ToC to_c_char;

/* ---- to_c.c, from_c.c */
ToC to_c_pointer, to_c_void;
FromC *from_c_choose(const CTypeObject *);
/* ---- bitfield.c */
/* DATA is the start of the struct that F was asked of. */
PyObject *bitfield_load(CFieldObject *, const char *data);
int bitfield_store(CFieldObject *, char *data, PyObject *value);

/* ---- init.c */
ToC to_c_array, to_c_record;
#define INIT_UNBOUNDED (-1)
/* As to_c_array for an array of at most LIMIT items, and to_c_record for a struct that has SIZE bytes, the
 * items of a flexible array member included; INIT_UNBOUNDED: as many as come. */
int init_array(CTypeObject *, void *dest, PyObject *value, Py_ssize_t limit);
int init_record(CTypeObject *, char *dest, PyObject *value, Py_ssize_t size);
/* COUNT: an int stands for so many items of a flexible array. */
int init_field(CTypeObject *record, CFieldObject *, char *data, PyObject *value, Py_ssize_t size, bool count);
/* Bytes that a struct which ends in a flexible array needs for INIT; -1 with an exception. */
Py_ssize_t init_size(CTypeObject *, PyObject *init);

#endif
