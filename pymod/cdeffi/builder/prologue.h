/* Written by cdeffi. The declarations below are those of the tables that _cffi_backend reads; what
 * follows the C source of the module are the tables themselves, and the functions that they name. */
#define _CFFI_

/* The limited API, so that one binary serves several CPythons, unless the builder knows that it is for one only. */
#if !defined(_CFFI_NO_LIMITED_API) && !defined(_CFFI_USE_EMBEDDING) && !defined(Py_LIMITED_API)
#include <pyconfig.h>
#if !defined(Py_DEBUG) && !defined(Py_TRACE_REFS) && !defined(Py_REF_DEBUG) && !defined(Py_GIL_DISABLED)
#define Py_LIMITED_API 0x03070000
#endif
#endif
#include <Python.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#if !defined(Py_LIMITED_API) && PY_VERSION_HEX < 0x030B0000
#include <longintrepr.h>
#endif

#ifdef __GNUC__
#define _CFFI_UNUSED __attribute__((unused))
#define _CFFI_TYPEOF(expression) __typeof__(expression)
#else
#define _CFFI_UNUSED
#define _CFFI_TYPEOF(expression) decltype(expression)
#endif
/* By which commands compile() has built the module: with others it builds it again. */
#ifdef _CFFI_BUILT_WITH
#ifdef __GNUC__
__attribute__((used))
#endif
static const char _cffi_built_with[] = _CFFI_BUILT_WITH;
#endif
#ifndef CFFI_DLLEXPORT
#ifdef __GNUC__
#define CFFI_DLLEXPORT __attribute__((visibility("default")))
#else
#define CFFI_DLLEXPORT
#endif
#endif
/* What is declared is held against the C source where that is compiled: or, with _CFFI_CHECK_LATE, only where it is
 * used first, as cffi does. */
#ifdef _CFFI_CHECK_LATE
#define _CFFI_AGREES(condition) 1
#else
#define _CFFI_AGREES(condition) (condition)
#endif
#ifdef __cplusplus
#define _CFFI_ASSERT(condition, message) static_assert(_CFFI_AGREES(condition), message)
typedef bool _cffi_bool;
#ifndef _Bool
typedef bool _Bool;
#endif
template <typename T> struct _cffi_plain { typedef T type; };
template <typename T> struct _cffi_plain<const T> { typedef T type; };
template <typename T> struct _cffi_plain<volatile T> { typedef T type; };
template <typename T> struct _cffi_plain<const volatile T> { typedef T type; };
#define _CFFI_PLAIN(name) _cffi_plain<name>::type
extern "C" {
#else
#define _CFFI_ASSERT(condition, message) _Static_assert(_CFFI_AGREES(condition), message)
typedef _Bool _cffi_bool;
/* A typedef's type without the qualifiers of the typedef: values of expressions have none (C11 6.3.2.1p2). */
#define _CFFI_PLAIN(name) __typeof__(((void)0, *(name *)0))
#endif
#ifdef __GNUC__
#define _CFFI_ALIGNOF(type) (int)__alignof__(type)
#else
#define _CFFI_ALIGNOF(type) (int)__alignof(type)
#endif
/* OWN is declared as cdef says, TYPE is the C source's. */
#define _CFFI_SAME_PLACE(own, type, member, where)                 \
    _CFFI_ASSERT(offsetof(own, member) == offsetof(type, member), \
                 where ": member " #member " of " #type " is in another place in the C source");
#define _CFFI_SAME_MEMBER(own, type, member, where)                            \
    _CFFI_ASSERT(sizeof(((own *)0)->member) == sizeof(((type *)0)->member),     \
                 where ": member " #member " of " #type " has another size in the C source"); \
    _CFFI_SAME_PLACE(own, type, member, where)
#define _CFFI_SAME_LENGTH(own, type, member, where)             \
    _CFFI_ASSERT(sizeof(own) == sizeof(((type *)0)->member), \
                 where ": member " #member " of " #type " has another size in the C source");
#define _CFFI_SAME_SIZE(own, type, where) \
    _CFFI_ASSERT(sizeof(own) == sizeof(type), where ": " #type " has another size in the C source");
/* Declared unsigned: negative values of the C source's would be large ones. */
#ifdef __GNUC__
#define _CFFI_IS_UNSIGNED(expression) ((__typeof__(expression))-1 > 0)
#else
#define _CFFI_IS_UNSIGNED(expression) 1
#endif
#define _CFFI_UNSIGNED(type, member, where) \
    _CFFI_ASSERT(_CFFI_IS_UNSIGNED(((type *)0)->member), where ": member " #member " of " #type " is signed in the C source");
/* Declared signed, as TYPE: large values would be negative ones. Not of an enum, which may be called int and is unsigned to GCC
 * if it has no negative enumerators: compilers take a pointer to it for an incompatible one, of which nothing is said where this
 * stands, and not for one to an integer of the other sign. Two types have the size of long long. */
#ifdef __cplusplus
#define _CFFI_AUTO auto
#define _CFFI_ANY_BYTES(pointer) (pointer)
#define _CFFI_SIGNED(type, value, message)                                                                       \
    _CFFI_ASSERT(sizeof(value) < sizeof(type) || __is_enum(__typeof__(value)) || !_CFFI_IS_UNSIGNED(value), message);
#else
#define _CFFI_AUTO __auto_type
#define _CFFI_ANY_BYTES(pointer) ((void *)(pointer))
#define _CFFI_TYPE_OF_VALUE(value) __typeof__(((void)0, (value)))
#define _CFFI_IF_IS(type, value, yes, no) \
    __builtin_choose_expr(__builtin_types_compatible_p(_CFFI_TYPE_OF_VALUE(value), type), yes, no)
#define _CFFI_SIGNED(type, value, message)                                                                              \
    {                                                                                                                   \
        __typeof__(__builtin_choose_expr(sizeof(value) != sizeof(type), (type)0,                                        \
            _CFFI_IF_IS(unsigned long, value, 0L, _CFFI_IF_IS(unsigned long long, value, 0LL, (type)0)))) *_declared =  \
            (_CFFI_TYPE_OF_VALUE(value) *)0;                                                                            \
        (void)_declared;                                                                                                \
    }
#endif
/* No operator tells where a bit-field is. But a compiler that optimizes knows what setting all its bits does to the bytes of
 * either struct, from AT on; where it does not, nothing is said. FAIL: a function that is called nowhere else. */
#ifdef __has_attribute
#if __has_attribute(error) && defined(__OPTIMIZE__) && !defined(__cplusplus) && !defined(_CFFI_CHECK_LATE)
#define _CFFI_SAME_BITS(own, type, member, at, fail, where)                                                        \
    {                                                                                                              \
        extern void fail(void) __attribute__((error(where ": bit-field " #member " of " #type " is another one in the C source"))); \
        union { own s; char b[sizeof(own) + 8]; } _x;                                                              \
        union { type s; char b[sizeof(type) + 8]; } _y;                                                            \
        unsigned long long _p, _q;                                                                                 \
        long long _m = -1, _n;                                                                                     \
        memset(&_x, 0, sizeof _x);                                                                                 \
        memset(&_y, 0, sizeof _y);                                                                                 \
        _x.s.member = _m;                                                                                          \
        _y.s.member = _m;                                                                                          \
        memcpy(&_p, _x.b + at, 8);                                                                                 \
        memcpy(&_q, _y.b + at, 8);                                                                                 \
        _m = _x.s.member;                                                                                          \
        _n = _y.s.member;                                                                                          \
        if (__builtin_constant_p(_p != _q || (_m >= 0 && _n < 0)) && (_p != _q || (_m >= 0 && _n < 0)))            \
            fail();                                                                                                \
    }
#endif
#endif
#ifndef _CFFI_SAME_BITS
#define _CFFI_SAME_BITS(own, type, member, at, fail, where)
#endif
/* A value that is no constant expression is looked at when it is used. */
#ifdef __GNUC__
#define _CFFI_EQUALS(value, expected) \
    (!__builtin_constant_p(value) || ((value) == (expected) && ((value) <= 0) == ((expected) <= 0)))
#else
#define _CFFI_EQUALS(value, expected) 1
#endif

/* Does the compiler know the function, so well that it can compute the value itself? Then the call neither waits nor calls back. */
#ifdef __GNUC__
#define _CFFI_COMPUTES(call) __builtin_constant_p(call)
#else
#define _CFFI_COMPUTES(call) 0
#endif

#if !defined(_Complex) && !defined(_MSC_VER)
#define _cffi_float_complex_t float _Complex
#define _cffi_double_complex_t double _Complex
#endif

struct _cffi_va_list_tag {
    unsigned int gp_offset, fp_offset;
    void *overflow_arg_area, *reg_save_area;
};

/* ---- the tables */

enum {
    _CFFI_OP_PRIMITIVE = 1,
    _CFFI_OP_POINTER = 3,
    _CFFI_OP_ARRAY = 5,
    _CFFI_OP_OPEN_ARRAY = 7,
    _CFFI_OP_STRUCT_UNION = 9,
    _CFFI_OP_ENUM = 11,
    _CFFI_OP_FUNCTION = 13,
    _CFFI_OP_FUNCTION_END = 15,
    _CFFI_OP_NOOP = 17,
    _CFFI_OP_BITFIELD = 19,
    _CFFI_OP_CPYTHON_BLTN_V = 23,
    _CFFI_OP_CPYTHON_BLTN_N = 25,
    _CFFI_OP_CPYTHON_BLTN_O = 27,
    _CFFI_OP_CONSTANT = 29,
    _CFFI_OP_CONSTANT_INT = 31,
    _CFFI_OP_GLOBAL_VAR_F = 39,
    _CFFI_OP_EXTERN_PYTHON = 41,
    _CFFI_OP_VECTOR = 43, /* these are not cffi's */
    _CFFI_OP_COMPLEX = 45,
    _CFFI_OP_BIT_INT = 47,
    _CFFI_OP_TRANSPARENT_UNION = 49,

    _CFFI_F_UNION = 1,
    _CFFI_F_CHECK_FIELDS = 2,
    _CFFI_F_PACKED = 4,
    _CFFI_F_EXTERNAL = 8,
    _CFFI_F_OPAQUE = 16
};
#define _CFFI_OPCODE(code, argument) ((void *)(uintptr_t)((uintptr_t)(code) | ((uintptr_t)(argument) << 8)))

struct _cffi_global {
    const char *name;
    void *address;
    void *type_op;
    void *direct; /* one with its C signature */
};
struct _cffi_field {
    const char *name;
    size_t offset, size;
    void *type_op;
};
struct _cffi_record {
    const char *name;
    int type_index, flags;
    size_t size;
    int alignment, first_field, field_count;
};
struct _cffi_enumeration {
    const char *name;
    int type_index, primitive;
    const char *enumerators;
};
struct _cffi_typename {
    const char *name;
    int type_index;
};
struct _cffi_context {
    void **types;
    const struct _cffi_global *globals;
    const struct _cffi_field *fields;
    const struct _cffi_record *records;
    const struct _cffi_enumeration *enumerations;
    const struct _cffi_typename *typenames;
    int global_count, record_count, enumeration_count, typename_count;
    const char *const *includes;
    int type_count, flags;
    /* Only where FLAGS has _CFFI_HAS_FAST: at the index of a global, its function in METH_FASTCALL's form, or NULL. */
    void *const *fast;
    /* Only where FLAGS has _CFFI_HAS_ALIGNMENTS: of each type name, 0 if it is its type's. */
    const int *alignments;
};
#define _CFFI_HAS_PYTHON 1
#define _CFFI_HAS_FAST 0x100
#define _CFFI_HAS_ALIGNMENTS 0x200

struct _cffi_extern_python {
    const char *name;
    size_t result_size;
    void *reserved1, *reserved2;
};
#define _CFFI_ADDRESSES ~(SIZE_MAX >> 1) /* in RESULT_SIZE: all arguments are passed by address */

/* "typedef int... t;": which integer or real type is it? */
#define _cffi_integer_primitive(size, is_signed)                                                             \
    ((size) == 1 ? 18 - !!(is_signed) : (size) == 2 ? 20 - !!(is_signed) : (size) == 4 ? 22 - !!(is_signed) \
     : (size) == 8 ? 24 - !!(is_signed) : -1)
#define _cffi_real_primitive(size) \
    ((size) == sizeof(float) ? 13 : (size) == sizeof(double) ? 14 : (size) == sizeof(long double) ? -3 : -2)
#if defined(__GNUC__) && !defined(__cplusplus)
#define _CFFI_IS_ARRAY(array) !__builtin_types_compatible_p(__typeof__(array), __typeof__(&(array)[0]))
#else
#define _CFFI_IS_ARRAY(array) 1
#endif
#define _cffi_length_of(array) (sizeof(array) / sizeof((array)[0]))

/* ---- what the backend does for us */

struct _cffi_ctype;
static void *_cffi_exports[28];

#define _cffi_export(index, signature) ((signature)_cffi_exports[index])
#define _cffi_save_errno() (_cffi_export(14, void (*)(void))())
#define _cffi_restore_errno() (_cffi_export(13, void (*)(void))())
#define _cffi_call_python _cffi_export(25, void (*)(struct _cffi_extern_python *, char *))

static PyObject *_cffi_init(const char *name, Py_ssize_t version, const struct _cffi_context *context)
{
    const void *raw[4];
    PyObject *backend = PyImport_ImportModule("_cffi_backend"), *address, *module = NULL;
    if (backend == NULL)
        return NULL;
    raw[0] = name;
    raw[1] = (const void *)version;
    raw[2] = _cffi_exports;
    raw[3] = context;
    address = PyLong_FromVoidPtr((void *)raw);
    if (address != NULL)
        module = PyObject_CallMethod(backend, "_init_cffi_1_0_external_module", "O", address);
    Py_XDECREF(address);
    Py_DECREF(backend);
    return module;
}

/* ---- Python to C */

/* The value of an exact int, without a call for a small one where its inside is known. 0: not an int, or a larger one. */
_CFFI_UNUSED static inline int _cffi_exact_int(PyObject *o, long *value)
{
    if (Py_TYPE(o) != &PyLong_Type)
        return 0;
#if defined(Py_LIMITED_API)
#elif PY_VERSION_HEX >= 0x030C0000
    if (PyUnstable_Long_IsCompact((const PyLongObject *)o)) {
        *value = (long)PyUnstable_Long_CompactValue((const PyLongObject *)o);
        return 1;
    }
#else
    if (Py_SIZE(o) >= -1 && Py_SIZE(o) <= 1) {
        *value = Py_SIZE(o) == 0 ? 0 : (long)Py_SIZE(o) * (long)((PyLongObject *)o)->ob_digit[0];
        return 1;
    }
#endif
    *value = PyLong_AsLong(o);
    if (*value != -1 || !PyErr_Occurred())
        return 1;
    PyErr_Clear();
    return 0;
}

/* An integer of SIZE bytes. The common case is done here; the backend does the others and knows the messages. */
_CFFI_UNUSED static inline unsigned long long _cffi_to_integer(PyObject *o, size_t size, int is_signed, int *failed)
{
    long long value;
    long n;
    if (_cffi_exact_int(o, &n) && (size >= sizeof(long) ? is_signed || n >= 0
                                   : is_signed ? n >= -(1L << (size * 8 - 1)) && n < 1L << (size * 8 - 1)
                                               : n >= 0 && n < 1L << (size * 8 % (sizeof(long) * 8))))
        return (unsigned long long)n;
    switch ((int)size * 2 + !!is_signed) {
    case 3: value = _cffi_export(1, int (*)(PyObject *))(o); break;
    case 2: value = _cffi_export(2, int (*)(PyObject *))(o); break;
    case 5: value = _cffi_export(3, int (*)(PyObject *))(o); break;
    case 4: value = _cffi_export(4, int (*)(PyObject *))(o); break;
    case 9: value = _cffi_export(5, int (*)(PyObject *))(o); break;
    case 8: value = (long long)_cffi_export(6, unsigned int (*)(PyObject *))(o); break;
    case 17: value = _cffi_export(7, long long (*)(PyObject *))(o); break;
    case 16: value = (long long)_cffi_export(8, unsigned long long (*)(PyObject *))(o); break;
    default:
        PyErr_SetString(PyExc_SystemError, "integer of unsupported size");
        value = -1;
    }
    *failed = (value == -1 || (size == 4 && value == 0xFFFFFFFF)) && PyErr_Occurred() != NULL;
    return (unsigned long long)value;
}

_CFFI_UNUSED static inline double _cffi_to_real(PyObject *o, int *failed)
{
    double value;
#ifndef Py_LIMITED_API
    if (Py_TYPE(o) == &PyFloat_Type)
        return PyFloat_AS_DOUBLE(o);
#endif
    value = PyFloat_AsDouble(o);
    *failed = value == -1.0 && PyErr_Occurred() != NULL;
    return value;
}

_CFFI_UNUSED static inline long double _cffi_to_long_double(PyObject *o, int *failed)
{
    long double value = _cffi_export(21, long double (*)(PyObject *))(o);
    *failed = value == -1.0L && PyErr_Occurred() != NULL;
    return value;
}

_CFFI_UNUSED static inline _cffi_bool _cffi_to_bool(PyObject *o, int *failed)
{
    _cffi_bool value = _cffi_export(22, _cffi_bool (*)(PyObject *))(o);
    *failed = value && PyErr_Occurred() != NULL;
    return value;
}

_CFFI_UNUSED static inline char _cffi_to_char(PyObject *o, int *failed)
{
    int value = _cffi_export(9, int (*)(PyObject *))(o);
    *failed = value == -1 && PyErr_Occurred() != NULL;
    return (char)value;
}

/* A character of SIZE bytes; the backend's wchar_t is the platform's. */
_CFFI_UNUSED static inline unsigned int _cffi_to_wide(PyObject *o, size_t size, int *failed)
{
    unsigned int value = size == sizeof(wchar_t) ? (unsigned int)_cffi_export(19, wchar_t (*)(PyObject *))(o)
                                                 : (unsigned int)_cffi_export(26, int (*)(PyObject *))(o);
    *failed = (value == (unsigned int)-1 || (size == 2 && value == 0xFFFF)) && PyErr_Occurred() != NULL;
    return value;
}

/* Memory for arguments that are made from lists, dicts and strings: it lasts for one call. */
struct _cffi_memory {
    struct _cffi_memory *next;
    union {
        long double most_aligned;
        void *pointer;
        char bytes[1];
    } data;
};
struct _cffi_memories {
    struct _cffi_memory *list; /* owned */
    size_t used;
    union {
        long double most_aligned;
        void *pointer;
        char bytes[512];
    } room;
};
#define _cffi_memories_start(memories) ((memories).list = NULL, (memories).used = 0)

_CFFI_UNUSED static void _cffi_memories_free(struct _cffi_memory *list)
{
    while (list != NULL) {
        struct _cffi_memory *next = list->next;
        PyMem_Free(list);
        list = next;
    }
}

_CFFI_UNUSED static char *_cffi_memory_get(struct _cffi_memories *memories, size_t size)
{
    struct _cffi_memory *block;
    size_t rounded = (size + 15) & ~(size_t)15;
    if (rounded <= sizeof memories->room - memories->used) {
        char *place = memories->room.bytes + memories->used;
        memories->used += rounded;
        return place;
    }
    block = (struct _cffi_memory *)PyMem_Malloc(offsetof(struct _cffi_memory, data) + size);
    if (block == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    block->next = memories->list;
    memories->list = block;
    return block->data.bytes;
}

/* The pointer that the argument O means to a parameter of type TYPE. */
_CFFI_UNUSED static void *_cffi_to_pointer(PyObject *o, void *type, struct _cffi_memories *memories, int *failed)
{
    struct _cffi_ctype *ctype = (struct _cffi_ctype *)type;
    char *place = NULL;
    Py_ssize_t size = _cffi_export(23, Py_ssize_t (*)(struct _cffi_ctype *, PyObject *, char **))(ctype, o, &place);
    if (size == 0)
        return place;
    place = size < 0 ? NULL : _cffi_memory_get(memories, (size_t)size);
    if (place != NULL) {
        memset(place, 0, (size_t)size);
        if (_cffi_export(24, int (*)(char *, struct _cffi_ctype *, PyObject *))(place, ctype, o) < 0)
            place = NULL;
    }
    *failed = place == NULL;
    return place;
}

#ifdef Py_LIMITED_API
#define _cffi_to_bytes_pointer _cffi_to_pointer
#else
/* The same for pointers to characters and to void: bytes are passed as they are. */
_CFFI_UNUSED static inline void *_cffi_to_bytes_pointer(PyObject *o, void *type, struct _cffi_memories *memories, int *failed)
{
    return PyBytes_CheckExact(o) ? PyBytes_AS_STRING(o) : _cffi_to_pointer(o, type, memories, failed);
}
#endif

_CFFI_UNUSED static inline char *_cffi_to_function(PyObject *o, void *type, int *failed)
{
    char *value = _cffi_export(11, char *(*)(PyObject *, struct _cffi_ctype *))(o, (struct _cffi_ctype *)type);
    *failed = value == NULL && PyErr_Occurred() != NULL;
    return value;
}

_CFFI_UNUSED static inline int _cffi_to_other(PyObject *o, void *type, void *place)
{
    return _cffi_export(17, int (*)(char *, struct _cffi_ctype *, PyObject *))((char *)place, (struct _cffi_ctype *)type, o);
}

/* An enumerator of SIZE bytes. Other objects than ints, and their messages, are the backend's. */
_CFFI_UNUSED static inline int _cffi_to_enumerator(PyObject *o, void *type, void *place, size_t size, int is_signed)
{
    long n;
    int value;
    if (size != sizeof(int) || !_cffi_exact_int(o, &n) || n < (is_signed ? INT_MIN : 0) || n > INT_MAX)
        return _cffi_to_other(o, type, place);
    value = (int)n;
    memcpy(place, &value, sizeof value);
    return 0;
}

/* ---- C to Python */

#define _cffi_from_integer(value, type)                                                                           \
    ((type)-1 > 0 ? sizeof(type) < sizeof(long) ? PyLong_FromLong((long)(value))                                  \
                                                : PyLong_FromUnsignedLongLong((unsigned long long)(value))        \
                  : sizeof(type) <= sizeof(long) ? PyLong_FromLong((long)(value)) : PyLong_FromLongLong((long long)(value)))
#define _cffi_from_pointer(value, type) \
    _cffi_export(10, PyObject *(*)(char *, struct _cffi_ctype *))((char *)(uintptr_t)(value), (struct _cffi_ctype *)(type))
#define _cffi_from_char(value) _cffi_export(15, PyObject *(*)(char))(value)
#define _cffi_from_place(place, type) \
    _cffi_export(16, PyObject *(*)(char *, struct _cffi_ctype *))((char *)(place), (struct _cffi_ctype *)(type))
#define _cffi_from_record(place, type) \
    _cffi_export(18, PyObject *(*)(char *, struct _cffi_ctype *))((char *)(place), (struct _cffi_ctype *)(type))

_CFFI_UNUSED static inline PyObject *_cffi_from_wide(unsigned int value, size_t size)
{
    return size == sizeof(wchar_t) ? _cffi_export(20, PyObject *(*)(wchar_t))((wchar_t)value)
                                   : _cffi_export(27, PyObject *(*)(int))((int)value);
}

/* ---- functions of no argument and of several */

typedef PyObject *_cffi_fast(PyObject *, PyObject *const *, Py_ssize_t);

_CFFI_UNUSED static PyObject *_cffi_wrong_count(const char *name, int wanted, Py_ssize_t given)
{
    if (wanted == 0)
        return PyErr_Format(PyExc_TypeError, "%s() takes no arguments (%zd given)", name, given);
    return PyErr_Format(PyExc_TypeError, "%s expected %d arguments, got %zd", name, wanted, given);
}

/* For backends that pass a tuple. */
_CFFI_UNUSED static PyObject *_cffi_by_tuple(PyObject *self, PyObject *tuple, _cffi_fast *function)
{
#ifdef Py_LIMITED_API
    PyObject *room[16], **items = room, *result;
    Py_ssize_t i, n = PyTuple_Size(tuple);
    if (n > 16 && (items = (PyObject **)PyMem_Malloc((size_t)n * sizeof(PyObject *))) == NULL)
        return PyErr_NoMemory();
    for (i = 0; i < n; i++)
        items[i] = PyTuple_GetItem(tuple, i);
    result = function(self, items, n);
    if (items != room)
        PyMem_Free(items);
    return result;
#else
    return function(self, ((PyTupleObject *)tuple)->ob_item, PyTuple_GET_SIZE(tuple));
#endif
}

#ifdef __cplusplus
}
#endif
