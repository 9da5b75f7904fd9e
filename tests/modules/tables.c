/* A compiled module as cffi's builder or ours would write it, by hand: tables, wrappers and constants, each
 * kind once. tests/py/test_tables.py says what has to be seen of it; -DVERSION, -DMODULE and -DINCLUDES vary it. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <stdint.h>

#ifndef VERSION
#define VERSION 0x2801
#endif
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

/* ---- the interface: numbers and structures */
#define OP(op, arg) ((void *)((uintptr_t)(op) | (uintptr_t)(intptr_t)(arg) << 8))
enum { PRIMITIVE = 1, POINTER = 3, ARRAY = 5, OPEN_ARRAY = 7, RECORD = 9, ENUM = 11, FUNCTION = 13, END = 15, SAME = 17,
       BITFIELD = 19, CALL_V = 23, CALL_0 = 25, CALL_1 = 27, CONSTANT = 29, INTEGER = 31, VARIABLE = 33, FIND = 39, PYTHON = 41 };
enum { VOID = 0, CHAR = 2, SHORT = 5, INT = 7, UINT = 8, DOUBLE = 14, FUTURE = 99 };
enum { UNION = 1, EXACT = 2, EXTERNAL = 8, OPAQUE = 16 };
struct global { const char *name; void *address, *op, *more; };
struct record { const char *name; int type, flags; size_t size; int align, first, count; };
struct field { const char *name; size_t offset, size; void *op; };
struct enumeration { const char *name; int type, prim; const char *names; };
struct name { const char *name; int type; };
struct context {
    void **types;
    const struct global *globals;
    const struct field *fields;
    const struct record *records;
    const struct enumeration *enums;
    const struct name *names;
    int n_globals, n_records, n_enums, n_names;
    const char *const *includes;
    int n_types, flags;
};
struct python { const char *name; size_t size; void *ours[2]; };
static void *exports[28];
#define EXPORT(i, type) ((type)exports[i])
typedef struct ctype ctype;

/* ---- what the module is about */
struct point { int x, y; };
struct moved { int b; short a; };       /* declared the other way round */
struct part { char before; double d; int bits : 3; char after[7]; }; /* declared as { double d; int bits : 3; ...; } */
union number { int i; char c[4]; };
enum color { RED, GREEN = 5, DARK = -2 };
static int level = 7;
static int squares[] = {0, 1, 4, 9};
static const char *motto = "by hand";
static int sum(const struct point *p) { return p->x + p->y; }
static struct point swap(struct point p) { struct point s = {p.y, p.x}; return s; }
static long long add(int a, long long b) { return a + b; }
static int total(const int *p, int n) { int t = 0; while (n-- > 0) t += *p++; return t; }
static const char *rest(const char *s) { return *s ? s + 1 : s; }
static int fail(int code) { errno = code; return -1; }

/* ---- types: by number, as _cffi_types */
enum { T_INT, T_CHAR, T_VOID, T_DOUBLE, T_LLONG, T_POINT, T_POINTP, T_CHARP, T_INTP, T_ARRAY4, T_LENGTH4, T_MOVED, T_PART,
       T_NUMBER, T_COLOR, T_CHAR7, T_LENGTH7, T_HIDDEN, T_HIDDENP, T_MOVEDP, T_CHARS4, T_LENGTH_CHARS4, T_OPEN,
       F_SUM, F_SUM_1, F_SUM_END, F_SWAP, F_SWAP_1, F_SWAP_END, F_ADD, F_ADD_1, F_ADD_2, F_ADD_END, F_TOTAL, F_TOTAL_1,
       F_TOTAL_2, F_TOTAL_END, F_REST, F_REST_1, F_REST_END, F_FAIL, F_FAIL_1, F_FAIL_END, F_NONE, F_NONE_END,
       F_ASK, F_ASK_1, F_ASK_2, F_ASK_END, T_ASKP, T_FUTURE, T_SHARED, T_SHAREDP, T_COUNT };
static void *types[T_COUNT] = {
    [T_INT] = OP(PRIMITIVE, INT), [T_CHAR] = OP(PRIMITIVE, CHAR), [T_VOID] = OP(PRIMITIVE, VOID), [T_DOUBLE] = OP(PRIMITIVE, DOUBLE),
    [T_LLONG] = OP(PRIMITIVE, 11), [T_POINT] = OP(RECORD, 4), [T_POINTP] = OP(POINTER, T_POINT), [T_CHARP] = OP(POINTER, T_CHAR),
    [T_INTP] = OP(POINTER, T_INT), [T_ARRAY4] = OP(ARRAY, T_INT), [T_LENGTH4] = (void *)4, [T_MOVED] = OP(RECORD, 1),
    [T_PART] = OP(RECORD, 3), [T_NUMBER] = OP(RECORD, 2), [T_COLOR] = OP(ENUM, 0), [T_CHAR7] = OP(ARRAY, T_CHAR),
    [T_LENGTH7] = (void *)7, [T_HIDDEN] = OP(RECORD, 0), [T_HIDDENP] = OP(POINTER, T_HIDDEN), [T_MOVEDP] = OP(POINTER, T_MOVED),
    [T_CHARS4] = OP(ARRAY, T_CHAR), [T_LENGTH_CHARS4] = (void *)4, [T_OPEN] = OP(OPEN_ARRAY, T_INT),
    [F_SUM] = OP(FUNCTION, T_INT), OP(SAME, T_POINTP), OP(END, 0),
    [F_SWAP] = OP(FUNCTION, T_POINT), OP(SAME, T_POINT), OP(END, 0),
    [F_ADD] = OP(FUNCTION, T_LLONG), OP(PRIMITIVE, INT), OP(SAME, T_LLONG), OP(END, 0),
    [F_TOTAL] = OP(FUNCTION, T_INT), OP(SAME, T_INTP), OP(PRIMITIVE, INT), OP(END, 0),
    [F_REST] = OP(FUNCTION, T_CHARP), OP(SAME, T_CHARP), OP(END, 0),
    [F_FAIL] = OP(FUNCTION, T_INT), OP(PRIMITIVE, INT), OP(END, 0),
    [F_NONE] = OP(FUNCTION, T_VOID), OP(END, 0),
    [F_ASK] = OP(FUNCTION, T_INT), OP(PRIMITIVE, INT), OP(SAME, T_PART), OP(END, 0),
    [T_ASKP] = OP(POINTER, F_ASK), [T_FUTURE] = OP(PRIMITIVE, FUTURE), [T_SHARED] = OP(RECORD, 5), [T_SHAREDP] = OP(POINTER, T_SHARED),
};
#define TYPE(i) ((ctype *)types[i])

/* ---- wrappers */
static PyObject *call_sum(PyObject *self, PyObject *arg) {
    struct point *p = NULL;
    Py_ssize_t size = EXPORT(23, Py_ssize_t (*)(ctype *, PyObject *, char **))(TYPE(T_POINTP), arg, (char **)&p);
    char room[64] = {0};
    if (size > (Py_ssize_t)sizeof room) return PyErr_NoMemory();
    if (size > 0 && EXPORT(24, int (*)(char *, ctype *, PyObject *))(room, TYPE(T_POINTP), arg) < 0) return NULL;
    if (size < 0) return NULL;
    return PyLong_FromLong(sum(size ? (struct point *)room : p));
}

static PyObject *call_swap(PyObject *self, PyObject *arg) {
    struct point p, result;
    if (EXPORT(17, int (*)(char *, ctype *, PyObject *))((char *)&p, TYPE(T_POINT), arg) < 0) return NULL;
    result = swap(p);
    return EXPORT(18, PyObject *(*)(char *, ctype *))((char *)&result, TYPE(T_POINT));
}

static PyObject *call_add(PyObject *self, PyObject *args) {
    PyObject *a, *b;
    if (!PyArg_UnpackTuple(args, "add", 2, 2, &a, &b)) return NULL;
    int x = EXPORT(5, int (*)(PyObject *))(a);
    if (x == -1 && PyErr_Occurred()) return NULL;
    long long y = EXPORT(7, long long (*)(PyObject *))(b);
    if (y == -1 && PyErr_Occurred()) return NULL;
    return PyLong_FromLongLong(add(x, y));
}

static PyObject *call_total(PyObject *self, PyObject *args) {
    PyObject *a, *b;
    char *p = NULL, room[640] = {0};
    if (!PyArg_UnpackTuple(args, "total", 2, 2, &a, &b)) return NULL;
    Py_ssize_t size = EXPORT(23, Py_ssize_t (*)(ctype *, PyObject *, char **))(TYPE(T_INTP), a, &p);
    if (size > (Py_ssize_t)sizeof room) return PyErr_NoMemory();
    if (size < 0 || (size > 0 && EXPORT(24, int (*)(char *, ctype *, PyObject *))(p = room, TYPE(T_INTP), a) < 0)) return NULL;
    for (Py_ssize_t i = size; size > 0 && i < (Py_ssize_t)sizeof room; i++)
        if (room[i]) return PyErr_Format(PyExc_SystemError, "more was written than the %zd bytes asked for", size);
    int n = EXPORT(5, int (*)(PyObject *))(b);
    return n == -1 && PyErr_Occurred() ? NULL : PyLong_FromLong(total((int *)p, n));
}

static PyObject *call_rest(PyObject *self, PyObject *arg) {
    char *s = NULL;
    if (EXPORT(23, Py_ssize_t (*)(ctype *, PyObject *, char **))(TYPE(T_CHARP), arg, &s) != 0) return NULL;
    return EXPORT(10, PyObject *(*)(const char *, ctype *))(rest(s), TYPE(T_CHARP));
}

static PyObject *call_fail(PyObject *self, PyObject *arg) {
    int code = EXPORT(5, int (*)(PyObject *))(arg);
    if (code == -1 && PyErr_Occurred()) return NULL;
    EXPORT(13, void (*)(void))();
    int result = fail(code);
    EXPORT(14, void (*)(void))();
    return PyLong_FromLong(result);
}

static PyObject *call_none(PyObject *self, PyObject *unused) { Py_RETURN_NONE; }

/* Each of the other conversions, there and back: (number, value). */
static PyObject *call_convert(PyObject *self, PyObject *args) {
    int i;
    PyObject *v;
    if (!PyArg_ParseTuple(args, "iO", &i, &v)) return NULL;
    switch (i) {
#define CASE(i, ctype, back) case i: { ctype x = EXPORT(i, ctype (*)(PyObject *))(v); return PyErr_Occurred() ? NULL : back; }
    CASE(1, int, PyLong_FromLong(x)) CASE(2, int, PyLong_FromLong(x)) CASE(3, int, PyLong_FromLong(x)) CASE(4, int, PyLong_FromLong(x))
    CASE(5, int, PyLong_FromLong(x)) CASE(6, unsigned, PyLong_FromUnsignedLong(x)) CASE(7, long long, PyLong_FromLongLong(x))
    CASE(8, unsigned long long, PyLong_FromUnsignedLongLong(x))
    CASE(9, int, EXPORT(15, PyObject *(*)(char))((char)x)) CASE(19, wchar_t, EXPORT(20, PyObject *(*)(wchar_t))(x))
    CASE(21, long double, PyFloat_FromDouble((double)x)) CASE(22, _Bool, PyBool_FromLong(x))
    CASE(26, int, EXPORT(27, PyObject *(*)(int))(x))
    default: Py_RETURN_NONE;
    }
}

/* ---- extern "Python" int ask(int, struct part); */
static struct python python_ask = {"ask", sizeof(int), {NULL, NULL}};
static int ask(int n, struct part p) {
    char slots[16];
    char *at = (char *)&p;
    memcpy(slots, &n, sizeof n);
    memcpy(slots + 8, &at, sizeof at);
    EXPORT(25, void (*)(struct python *, char *))(&python_ask, slots);
    memcpy(&n, slots, sizeof n);
    return n;
}
static PyObject *call_call_ask(PyObject *self, PyObject *arg) {
    struct part p = {'x', 2.5, 3, ""};
    int n = EXPORT(5, int (*)(PyObject *))(arg);
    if (n == -1 && PyErr_Occurred()) return NULL;
    Py_BEGIN_ALLOW_THREADS
    n = ask(n, p);
    Py_END_ALLOW_THREADS
    return PyLong_FromLong(n);
}

/* ---- constants: the value, and 1 if it is not positive, 2 if the declaration says otherwise */
#define VALUE(name, value, answer) static int value_##name(unsigned long long *o) { *o = (unsigned long long)(value); return answer; }
VALUE(BIG, UINT64_MAX, 0) VALUE(DARK, DARK, 1) VALUE(GREEN, GREEN, 0) VALUE(LIE, 3, 2) VALUE(LIMIT, -9, 1) VALUE(RED, RED, 1)
static void value_HALF(char *o) { double d = 0.5; memcpy(o, &d, sizeof d); }
static void value_HOME(char *o) { struct point p = {8, 9}; memcpy(o, &p, sizeof p); }
static void *find_level(void) { return &level; }
static void *find_nothing(void) { return NULL; }

static const struct global globals[] = {
    {"BIG", value_BIG, OP(INTEGER, -1), NULL}, {"DARK", value_DARK, OP(ENUM, -1), NULL}, {"GREEN", value_GREEN, OP(ENUM, -1), NULL},
    {"HALF", value_HALF, OP(CONSTANT, T_DOUBLE), NULL}, {"HOME", value_HOME, OP(CONSTANT, T_POINT), NULL},
    {"LIE", value_LIE, OP(INTEGER, -1), NULL}, {"LIMIT", value_LIMIT, OP(INTEGER, -1), NULL}, {"RED", value_RED, OP(ENUM, -1), NULL},
    {"add", call_add, OP(CALL_V, F_ADD), add}, {"ask", &python_ask, OP(PYTHON, T_ASKP), ask},
    {"call_ask", call_call_ask, OP(CALL_1, F_FAIL), NULL}, {"convert", call_convert, OP(CALL_V, F_NONE), NULL},
    {"fail", call_fail, OP(CALL_1, F_FAIL), fail}, {"future", &level, OP(VARIABLE, T_FUTURE), NULL},
    {"hidden", &level, OP(VARIABLE, T_HIDDEN), NULL}, {"level", find_level, OP(FIND, T_INT), NULL},
    {"motto", &motto, OP(VARIABLE, T_CHARP), (void *)sizeof motto}, {"none", call_none, OP(CALL_0, F_NONE), call_none},
    {"nothing", find_nothing, OP(FIND, T_INT), NULL}, {"open", squares, OP(VARIABLE, T_OPEN), NULL},
    {"rest", call_rest, OP(CALL_1, F_REST), rest}, {"squares", squares, OP(VARIABLE, T_ARRAY4), (void *)sizeof squares},
    {"sum", call_sum, OP(CALL_1, F_SUM), sum}, {"swap", call_swap, OP(CALL_1, F_SWAP), swap},
    {"total", call_total, OP(CALL_V, F_TOTAL), total}, {"wrong_size", &level, OP(VARIABLE, T_INT), (void *)3},
};
static const struct field fields[] = {
    {"a", offsetof(struct moved, a), sizeof(short), OP(SAME, T_INT)}, /* of another size, too */
    {"b", offsetof(struct moved, b), sizeof(int), OP(SAME, T_INT)},
    {"i", 0, 4, OP(SAME, T_INT)}, {"c", 0, 4, OP(SAME, T_CHARS4)},
    {"d", offsetof(struct part, d), sizeof(double), OP(SAME, T_DOUBLE)}, {"bits", (size_t)-1, 3, OP(BITFIELD, T_INT)},
    {"x", 0, 4, OP(SAME, T_INT)}, {"y", 4, 4, OP(SAME, T_INT)},
};
static const struct record records[] = {
    {"$hidden", T_HIDDEN, OPAQUE, (size_t)-1, -1, -1, 0},
    {"moved", T_MOVED, EXACT, sizeof(struct moved), _Alignof(struct moved), 0, 2},
    {"number", T_NUMBER, UNION | EXACT, sizeof(union number), _Alignof(union number), 2, 2},
    {"part", T_PART, 0, sizeof(struct part), _Alignof(struct part), 4, 2},
    {"point", T_POINT, EXACT, sizeof(struct point), _Alignof(struct point), 6, 2},
    {"shared", T_SHARED, EXTERNAL, (size_t)-1, -1, -1, 0},
};
static const struct enumeration enums[] = {{"color", T_COLOR, INT, "RED,GREEN,DARK"}};
static const struct name names[] = {
    {"ask_fn", T_ASKP}, {"chars", T_CHARP}, {"from_future", T_FUTURE}, {"hidden", T_HIDDEN}, {"whole", T_LLONG}};

#ifdef INCLUDES
static const char *const includes[] = {INCLUDES, NULL};
#else
#define includes NULL
#endif
#define N(a) (int)(sizeof(a) / sizeof(a)[0])
static const struct context context = {
#ifdef ONLY_SHARED /* one struct, for another module to include */
    (void *[]){OP(RECORD, 0), OP(PRIMITIVE, INT)}, (const struct global[]){{"ELSEWHERE", value_GREEN, OP(INTEGER, -1), NULL}},
    (const struct field[]){{"v", 0, 4, OP(SAME, 1)}}, (const struct record[]){{"shared", 0, EXACT, 4, 4, 0, 1}}, NULL, NULL,
    1, 1, 0, 0, NULL, 2, 0};
#else
    types, globals, fields, records, enums, names, N(globals), N(records), N(enums), N(names), includes, T_COUNT, 1};
#endif

PyMODINIT_FUNC JOIN(PyInit_, MODULE)(void) {
    static const void *introduction[] = {TEXT(MODULE), (void *)VERSION, exports, &context};
    PyObject *backend = PyImport_ImportModule("_cffi_backend"), *address = PyLong_FromVoidPtr((void *)introduction), *module = NULL;
    if (backend && address) module = PyObject_CallMethod(backend, "_init_cffi_1_0_external_module", "O", address);
    Py_XDECREF(address);
    Py_XDECREF(backend);
    return module;
}
