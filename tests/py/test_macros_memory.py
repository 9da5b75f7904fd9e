"""Macros that read and write memory, call inline functions and the compiler's own, have variables, take types."""
import os

import pytest

import cdeffi
from cdeffi import CDefError, FFI

MINE = r"""
struct in { short s; unsigned a : 3, b : 9; signed c : 5; _Bool d : 1; long long e : 40; };
struct pt { double x; float f; long double l; struct in *next; struct in here; int arr[4]; const char *name; char text[8];
            int (*fn)(int); _Bool ok; unsigned char u; const int fixed; };
typedef struct { int quot, rem; } div_t;
int abs(int);
div_t div(int, int);
size_t strlen(const char *);
int memcmp(const void *, const void *, size_t);
int atoi(const char *);
extern char **environ;
static inline int twice(int x) { return x * 2; }
static inline int thrice(int x) { return twice(x) + x; }
static inline int fact(int n) { return n ? n * fact(n - 1) : 1; }
static inline int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
static inline int longer(int n) { int k = n; return k; }
static inline int branches(int n) { if (n) return 1; return 2; }
static inline void store(int *p) { return (void)(*p = 5); }
static inline short narrow(short s) { return s; }
static const int table[] = {1, 2, 3};
#define MEMBER(p, m) ((p)->m)
#define SET(p, m, v) ((p)->m = (v))
#define ADD(p, m, v) ((p)->m += (v))
#define AFTER(p, m) ((p)->m++)
#define BEFORE(p, m) (--(p)->m)
#define ITEM(p, i) ((p)[i])
#define DEREF(p) (*(p))
#define NAME_LENGTH(p) ((p)->name ? (int)strlen((p)->name) : -1)
#define CALL(p, v) ((p)->fn ? (p)->fn(v) : -1)
#define COPY(a, b) ((a)->here = (b)->here)
#define TWICE(x) twice(x)
#define THRICE(x) (thrice(x) + 1)
#define FACT(x) fact(x)
#define FIB(x) fib(x)
#define LONGER(x) longer(x)
#define BRANCHES(x) branches(x)
#define STORE(p) store(p)
#define NARROW(x) narrow(x)
#define TABLE(i) table[i]
#define QUOTIENT(a, b) (div(a, b).quot)
#define ENVIRON(i) (environ[i])
#define GREATER(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a > _b ? _a : _b; })
#define SUM(a) ({ int t = 0; t += a; t += a; t++; t + a; })
#define ARRAY(p) ({ int a[2]; a[0] = *(p); a[1] = 7; a[0] + a[1]; })
#define RECORD(p) ({ struct in i = (p)->here; i.s = 3; i.s + i.b; })
#define INFERRED(x) ({ __auto_type v = (x); sizeof(v); })
#define SHADOW(div_t) ({ int twice = (div_t); twice + 1; })
#define SWAP(p, q) do { int t = *(p); *(p) = *(q); *(q) = t; } while (0)
#define ONCE(p) do *(p) = 9; while (0)
#define LOOP(x) ({ while (x) ; 1; })
#define ASSEMBLY(x) ({ int r; __asm__("nop"); r; })
#define TEMPORARY(x) ({ union { int a; char b; } u; u.a = (x); u.b; })
#define SEVERAL(x) ({ int a = (x), b = 2; a + b; })
#define SIZE(T) sizeof(T)
#define POINTER(T) ((T *)0)
#define OFFSET(T, m) ((size_t)&((T *)0)->m)
#define CONTAINER(p, T, m) ((T *)((char *)(p) - __builtin_offsetof(T, m)))
#define TEXT(x) #x
#define COMMA(p) (*(p) = 1, *(p) += 2, *(p))
#define TWO(x) abs(x), abs(x) + 1
#define EITHER(x) ((x) ? abs(x) : 7)
#define BOTH(p) ((p) && (p)->ok)
#define NEITHER(p) (!(p) || (p)->ok)
#define KIND(x) _Generic((x), int: 1, double: 2, char *: 3, struct pt *: 4, default: 0)
#define ADDRESS(p) (&(p)->arr[2])
#define FUNCTION() (&abs)
#define NUMBER(s) atoi(s "5")
#define EQUAL(a, b) (__builtin_memcmp(a, b, 4) == 0)
#define IN_ORDER(p) ((p)->arr[0]++ * 100 + (p)->arr[0]++ * 10 + (p)->arr[0])
#define ADD_CALL(p, q) (*(p) += abs(*(q) + 7))
#define CHAIN(p) ((p)->next->s + (p)->arr[(p)->next->s])
"""


@pytest.fixture
def lib(ffi):
    ffi.cdef(MINE)
    return ffi.dlopen(None)


@pytest.fixture
def pt(lib, ffi):
    pt = ffi.new("struct pt *", {"x": 1.5, "f": 2.5, "l": 3.5, "here": {"c": -3, "b": 300, "d": True}, "arr": [10, 20, 30, 40], "u": 255})
    pt.next = inner = ffi.new("struct in *", {"s": 2, "a": 5, "e": -12345678901})
    yield pt
    assert inner.a == 5


def refused(match, call, *args):
    with pytest.raises(CDefError, match=match):
        call(*args)


# ---- memory

def test_reads(lib, ffi, pt):
    assert [lib.MEMBER(pt, m) for m in ("x", "f", "l", "ok", "u")] == [1.5, 2.5, 3.5, 0, 255]
    assert [lib.MEMBER(pt, m) for m in ("next->a", "next->e", "here.c", "here.b", "here.d")] == [5, -12345678901, -3, 300, 1]
    assert lib.MEMBER(pt, "arr[2]") == lib.ITEM(lib.MEMBER(pt, "arr"), 2) == 30 == lib.ADDRESS(pt)[0]
    assert lib.ITEM(b"abc", 1) == ord("b") and lib.DEREF(ffi.new("char[]", b"x")) == ord("x")
    here = lib.MEMBER(pt, "here")
    assert ffi.typeof(here) is ffi.typeof("struct in") and here.b == 300
    pt.here.b = 1
    assert here.b == 300  # a copy, as an expression's value is
    assert lib.CHAIN(pt) == 32 and lib.DEREF(pt).u == 255


def test_writes(lib, ffi, pt):
    assert lib.SET(pt, "x", 7) == 7.0 == pt.x and lib.ADD(pt, "x", 1) == 8.0 == pt.x
    assert lib.SET(pt, "u", 257) == 1 == pt.u and lib.SET(pt, "ok", 12) == 1 and pt.ok is True
    assert lib.SET(pt, "here.c", 20) == -12 == pt.here.c and lib.SET(pt, "here.b", 511) == 511
    assert lib.SET(pt, "here.e", -1) == -1 and lib.ADD(pt, "here.a", 9) == 1
    assert (pt.here.a, pt.here.b, pt.here.c, pt.here.d, pt.here.e) == (1, 511, -12, True, -1)
    assert (lib.AFTER(pt, "arr[0]"), lib.BEFORE(pt, "arr[0]"), pt.arr[0]) == (10, 10, 10)
    assert (lib.AFTER(pt, "next"), pt.next) == (pt.next - 1, lib.BEFORE(pt, "next") + 1)
    other = ffi.new("struct pt *")
    assert lib.COPY(other, pt).b == 511 == other.here.b
    assert lib.SET(pt, "f", 0.1) == ffi.cast("float", 0.1) and lib.SET(pt, "l", 0.25) == 0.25
    refused("writes to an object that is const", lib.SET, pt, "fixed", 1)
    refused("no expression", lib.SET, pt, "x + 1", 1)


def test_order(lib, pt, ffi):
    assert lib.IN_ORDER(pt) == 1000 + 110 + 12 and pt.arr[0] == 12
    assert lib.COMMA(ffi.new("int *")) == 3 and lib.TWO(-3) == 4


def test_places_keep_their_numbers(lib, ffi):
    box, other = ffi.new("int *", 3), ffi.new("int *", -9)
    assert lib.ADD_CALL(box, other) == 5 and box[0] == 5


def test_only_what_is_taken_is_done(lib, ffi, pt):
    null = ffi.cast("struct pt *", 0)
    assert lib.BOTH(null) == 0 and lib.NEITHER(null) == 1 and lib.BOTH(pt) == 0 and lib.NEITHER(pt) == 0
    assert lib.EITHER(0) == 7 and lib.EITHER(-2) == 2
    assert lib.NAME_LENGTH(pt) == -1 and lib.CALL(pt, 3) == -1
    pt.name = name = ffi.new("char[]", b"hello")
    pt.fn = callback = ffi.callback("int(int)", lambda x: x * 11)
    assert lib.NAME_LENGTH(pt) == 5 and lib.CALL(pt, 3) == 33
    assert name and callback


def test_nowhere(lib, ffi):
    refused("at a null pointer", lib.MEMBER, ffi.cast("struct pt *", 0), "x")
    refused("at a null pointer", lib.MEMBER, ffi.new("struct pt *"), "next->a")
    refused("at a null pointer", lib.SET, ffi.cast("struct pt *", 0), "x", 1)
    refused("at a null pointer", lib.COPY, ffi.new("struct pt *"), ffi.cast("struct pt *", 0))
    refused("has no value that is known here", lib.DEREF, ffi.cast("void *", 1))
    refused("not 'int'", lib.MEMBER, 5, "x")


def test_listing_touches_no_memory(lib, ffi):
    ffi.cdef("#define WILD(x) (*(int *)(x) = 5)\n#define READ_WILD(x) (*(int *)(x))\n")
    assert {"WILD", "READ_WILD", "TWICE"} <= set(dir(cdeffi.open("c", "stdint.h", cdef=MINE + "#define WILD(x) (*(int *)(x) = 5)\n"
                                                                "#define READ_WILD(x) (*(int *)(x))\n")))


# ---- functions

def test_inline_functions(lib, ffi):
    assert lib.TWICE(4) == 8 and lib.THRICE(4) == 13 and lib.FACT(5) == 120 and lib.NARROW(70000) == 4464
    box = ffi.new("int *")
    assert lib.STORE(box) is None and box[0] == 5
    refused("too many calls of inline functions in each other, of 'fact'", lib.FACT, 100)
    refused("too many calls", lib.FIB, 30)
    assert lib.LONGER(4) == 4 and lib.BRANCHES(0) == 2 and lib.BRANCHES(5) == 1


def test_other_functions(lib, ffi):
    assert lib.QUOTIENT(7, 2) == 3 and lib.NUMBER(b"1") == 15 and lib.EQUAL(b"abcd", b"abcd") == 1
    assert lib.FUNCTION()(-4) == 4
    assert (lib.ENVIRON(0) != ffi.NULL) == bool(os.environ)
    refused("'table' is static: its address is in no library", lib.TABLE, 1)


@pytest.mark.parametrize("expression, value", [
    ("bswap16(0x1234)", 0x3412), ("bswap32(1)", 1 << 24), ("bswap64(1)", 1 << 56), ("popcount(-1)", 32), ("popcountl(-1)", 64),
    ("parity(7)", 1), ("clz(1)", 31), ("clzll(1)", 63), ("ctz(8)", 3), ("ffs(0)", 0), ("ffsl(0x10)", 5), ("clrsb(-1)", 31), ("clrsb(1)", 30),
    ("abs(-3)", 3), ("expect(5, 1)", 5), ("constant_p(3)", 1), ("object_size((char *)0, 0)", 2**64 - 1), ("object_size((char *)0, 2)", 0),
    ("isnan(__builtin_nan(\"\"))", 1), ("isnan(1.0)", 0), ("isinf_sign(-__builtin_inf())", -1), ("isfinite(1.0f)", 1),
    ("isnormal(1e-40f)", 0), ("isnormal(1e-40)", 1), ("signbit(-0.0)", 1), ("fabs(-1.5)", 1.5), ("copysign(2.0, -1.0)", -2.0),
    ("fpclassify(0, 1, 4, 3, 2, 1e-310)", 3), ("isgreater(1.0, 2.0)", 0), ("isless(1, 2.0)", 1), ("isunordered(__builtin_nan(\"\"), 1.0)", 1),
    ("choose_expr(sizeof(int) == 4, 32, 64)", 32), ("types_compatible_p(int, const int)", 1),
])
def test_builtins(ffi, expression, value):
    ffi.cdef("#define CONSTANT __builtin_%s\n#define F(x) __builtin_%s\n" % (expression, expression))
    lib = ffi.dlopen(None)
    assert lib.CONSTANT == lib.F(0) == value and type(lib.F(0)) is type(value)


def test_builtins_refused(ffi):
    ffi.cdef("#define CLZ(x) __builtin_clz(x)\n#define CTZ(x) __builtin_ctz(x)\n#define NONE(x) __builtin_alloca(x)\n#define FEW(x) __builtin_ffs()\n#define NAN(x) __builtin_isnan(x)\n#define LESS(x) __builtin_isless(x, 1)\n")
    lib = ffi.dlopen(None)
    refused("__builtin_clz of zero is undefined", lib.CLZ, 0)
    refused("__builtin_ctz of zero is undefined", lib.CTZ, 0)
    refused("'__builtin_alloca' is not declared", lib.NONE, 0)
    refused("1 arguments are wanted, not 0", lib.FEW, 0)
    refused("__builtin_isnan wants a floating-point number", lib.NAN, 1)
    refused("__builtin_isless wants a floating-point number", lib.LESS, 1)


# ---- variables and statements

def test_statement_expressions(lib, ffi, pt):
    assert lib.GREATER(3, 4.5) == 4.5 and lib.GREATER(-1, 2) == 2 and lib.SUM(5) == 16
    assert lib.ARRAY(ffi.new("int *", 5)) == 12 and lib.RECORD(pt) == 303 and pt.here.s == 0
    assert lib.INFERRED(1.5) == 8 and lib.INFERRED(ffi.cast("char", 1)) == 1 and lib.SHADOW(4) == 5
    values = ffi.new("int[2]", [1, 2])
    assert lib.SWAP(values, values + 1) is None and list(values) == [2, 1]
    assert lib.ONCE(values) is None and values[0] == 9


def test_statements_refused(lib):
    refused("more than 10000 statements within an expression", lib.LOOP, 1)
    refused("it has the statement '__asm__...'", lib.ASSEMBLY, 1)
    refused("it has the statement 'union...'", lib.TEMPORARY, 1)
    assert lib.SEVERAL(1) == 3


# ---- arguments

def test_types_and_text(lib, ffi, pt):
    assert lib.SIZE("struct pt") == lib.SIZE(ffi.typeof("struct pt")) == ffi.sizeof("struct pt")
    assert lib.SIZE(ffi.typeof("int[5]")) == 20 and lib.SIZE(ffi.typeof("div_t")) == 8 and lib.SIZE(ffi.typeof("int(*)(int)")) == 8
    assert ffi.typeof(lib.POINTER("int")) is ffi.typeof("int *") and ffi.typeof(lib.POINTER(ffi.typeof("int[5]"))) is ffi.typeof("int(*)[5]")
    assert lib.OFFSET("struct pt", "arr[2]") == ffi.offsetof("struct pt", "arr", 2)
    assert lib.CONTAINER(ffi.addressof(pt, "here"), "struct pt", "here") == pt
    assert lib.TEXT(ffi.typeof("int")) == b"int" and lib.TEXT("f(a, b)") == b"f(a, b)" and lib.TEXT(1.5) == b"1.5"
    assert lib.TEXT("TWICE(2)") == b"TWICE(2)" and lib.TWICE("2 + 3") == 10
    for text in ("a, b", "a) (b", "x\n#define Q 1", "", "(", "'"):
        refused("argument 1: a text of C must be one argument, on one line", lib.TEXT, text)
    assert not hasattr(lib, "Q")


def test_values_without_a_literal(lib, ffi):
    nan = lib.GREATER(float("nan"), float("nan"))
    assert nan != nan and lib.GREATER(float("inf"), 1) == float("inf")
    assert lib.GREATER(ffi.cast("__int128", 2**100), 1) == 2**100
    assert [lib.KIND(x) for x in (1, 1.5, ffi.new("char[3]"), ffi.new("struct pt *"), float("inf"), ffi.NULL)] == [1, 2, 3, 4, 2, 0]
    refused("macro 'TEXT': an argument that has no C literal", lib.TEXT, float("inf"))


# ---- the C library's, which nothing but this makes callable

def test_of_the_c_library():
    lib = cdeffi.open("c", "endian.h", "sched.h", "sys/select.h", "netinet/in.h", "sys/socket.h", "math.h", "stddef.h", "dirent.h",
                      "string.h", "sys/stat.h", "linux/ioctl.h", define=["_GNU_SOURCE"])
    new = lib.ffi.new
    assert (lib.htobe16(0x1234), lib.htobe32(0x12345678), lib.be64toh(1), lib.htole32(5)) == (0x3412, 0x78563412, 1 << 56, 5)
    fds, cpus = new("fd_set *"), new("cpu_set_t *")
    lib.FD_SET(5, fds), lib.FD_SET(70, fds), lib.FD_CLR(70, fds)
    assert [lib.FD_ISSET(i, fds) for i in (4, 5, 70)] == [0, 1, 0]
    lib.CPU_SET(3, cpus), lib.CPU_SET(65, cpus)
    assert [lib.CPU_ISSET(i, cpus) for i in (3, 4, 65, 10**6)] == [1, 0, 1, 0] and lib.CPU_COUNT(cpus) == 2 and lib.CPU_EQUAL(cpus, cpus)
    assert lib.CPU_ZERO(cpus) is None and lib.CPU_COUNT(cpus) == 0
    assert lib.IN6_IS_ADDR_LOOPBACK(lib.ffi.addressof(lib.in6addr_loopback)) and not lib.IN6_IS_ADDR_UNSPECIFIED(lib.ffi.addressof(lib.in6addr_loopback))
    control = new("char[100]")
    header = new("struct msghdr *", {"msg_control": control, "msg_controllen": 100})
    first = lib.CMSG_FIRSTHDR(header)
    assert first == control
    first.cmsg_len = lib.CMSG_LEN(4)
    assert lib.CMSG_DATA(first) == control + 16 and lib.CMSG_NXTHDR(header, first) == control + 24
    assert lib.isnan(float("nan")) and lib.signbit(-0.0) and lib.fpclassify(1e-310) == lib.FP_SUBNORMAL and not lib.isinf(1.0)
    assert lib.offsetof("struct sockaddr_in", "sin_addr") == 4 and lib._IOR(ord("T"), 1, "int") == 0x80045401


def test_nothing_is_left_behind(lib, ffi, pt):
    import gc
    import sys

    def work():
        lib.MEMBER(pt, "here"), lib.QUOTIENT(7, 2), lib.SUM(5), lib.SET(pt, "u", 1), lib.SIZE(ffi.typeof("int"))
        for call in (lambda: lib.ASSEMBLY(1), lambda: lib.TEXT("("), lambda: lib.MEMBER(ffi.NULL, "x")):
            with pytest.raises(CDefError):
                call()

    work()
    gc.collect()
    counts = [sys.getrefcount(x) for x in (pt, ffi, lib, ffi.typeof("int"), ffi.typeof("div_t"))]
    for _ in range(50):
        work()
    gc.collect()
    assert [sys.getrefcount(x) for x in (pt, ffi, lib, ffi.typeof("int"), ffi.typeof("div_t"))] == counts


def test_exceptions_inside(lib, ffi, pt):
    def fail(x):
        raise RuntimeError("no")

    pt.fn = callback = ffi.callback("int(int)", fail, error=-7, onerror=lambda *e: None)
    assert lib.CALL(pt, 3) == -7 and callback
    with pytest.raises(TypeError):
        lib.MEMBER(pt, None)


def test_of_included(ffi, lib, pt):
    outer = FFI()
    outer.include(ffi)
    assert outer.dlopen(None).MEMBER(pt, "arr[1]") == 20
