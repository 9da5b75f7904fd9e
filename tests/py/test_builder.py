"""set_source() and compile(): modules that a C compiler has checked."""
import importlib.util
import io
import os
import shutil
import subprocess
import sys

import pytest

from cdeffi import FFI, PkgConfigError, VerificationError, VerificationMissing

# Loading a compiled module makes cdeffi _cffi_backend for the whole process, and its names cffi's: not in this one.
pytestmark = pytest.mark.forked
STRICT = ["-Wall", "-Wextra", "-Werror"]


class Builder:
    """Builds and loads modules, each under a name of its own."""

    count = 0

    def __init__(self, folder):
        self.folder = str(folder)

    def ffi(self, cdef, source, **options):
        Builder.count += 1
        ffi = FFI()
        ffi.cdef(cdef)
        options.setdefault("extra_compile_args", STRICT)
        ffi.set_source("_built%d" % Builder.count, source, **options)
        return ffi

    def load(self, path):
        spec = importlib.util.spec_from_file_location(os.path.basename(path).split(".")[0], path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return sys.modules.get(spec.name, module)

    def __call__(self, cdef, source, **options):
        return self.load(self.ffi(cdef, source, **options).compile(self.folder))

    def fails(self, cdef, source, **options):
        """What the error says."""
        with pytest.raises(VerificationError) as caught:
            self.ffi(cdef, source, **options).compile(self.folder)
        return str(caught.value)


@pytest.fixture
def build(tmp_path):
    return Builder(tmp_path)


EVERYTHING = """
    typedef struct { int x; int y; } point; int sum_xy(point *p); const char *greet(void);
    double add3(double a, int b, const char *s); void nothing(void);
    typedef struct foo_s *foo; foo make(int); enum e { A, B = 7 }; enum e flip(enum e);
    extern int counter; extern int table[...]; extern int grid[2][...];
    #define K ...
    #define M 12
    #define BIG 0xFFFFFFFFFFFFFFFF
    #define LOW -9223372036854775808
    static const int Z; static char *const NAME; static const double HALF;
    typedef int... myint; myint twice(myint a, myint *b);
    typedef float... real; real half(real);
    typedef ... *handle; handle get_handle(void); int read_handle(handle);
    typedef ... opaque; opaque *get_opaque(void);
    struct part { int b; ...; }; struct part give(void); int take(struct part p); extern struct part parts[2];
    struct holder { struct part p; int tail[...]; ...; };
    struct cells { int n; int cells[3][...]; }; int first_of(const char *format, ...);
    typedef struct { int q; } *sp; int read_sp(sp);
    struct nested { int a; union { int u; float f; }; struct { int w; } in; int bits : 3; };
    enum more { M1, M2 = ..., ... };
    int sum(int *a, int n); _Bool invert(_Bool); char next(char); wchar_t wnext(wchar_t); long double wide(long double);
    int call(int (*f)(int), int x); unsigned long long most(void); signed char least(signed char);
"""
SOURCE = r"""
#include <wchar.h>
typedef struct { int x; int y; } point;
static int sum_xy(point *p) { return p->x + p->y; }
static const char *greet(void) { return "hello"; }
static double add3(double a, int b, const char *s) { return a + b + (double)strlen(s); }
static void nothing(void) {}
typedef struct foo_s { int m; } *foo;
static foo make(int x) { static struct foo_s f; f.m = x; return &f; }
enum e { A, B = 7 };
static enum e flip(enum e x) { return x == A ? B : A; }
static int counter = 5, table[17], grid[2][3];
#define K 77
#define M 12
#define BIG 0xFFFFFFFFFFFFFFFF
#define LOW (-9223372036854775807 - 1)
#define Z (-3)
static char NAME[] = "xyz";
#define HALF 0.5
typedef short myint;
static myint twice(myint a, myint *b) { *b = a; return (myint)(a * 2); }
typedef float real;
static real half(real x) { return x / 2; }
typedef struct hidden { int z; } *handle;
static struct hidden hidden = {5};
static handle get_handle(void) { return &hidden; }
static int read_handle(handle h) { return h->z; }
typedef struct hidden opaque;
static opaque *get_opaque(void) { return &hidden; }
struct part { char c; int b; };
static struct part give(void) { struct part p = {1, 2}; return p; }
static int take(struct part p) { return p.b; }
static struct part parts[2] = {{0, 10}, {0, 11}};
struct cells { int n; int cells[3][4]; };
struct holder { int before; struct part p; int tail[4]; };
static int first_of(const char *format, ...) { return format[0]; }
typedef struct { int q; } *sp;
static int read_sp(sp p) { return p->q; }
struct nested { int a; union { int u; float f; }; struct { int w; } in; int bits : 3; };
enum more { M0, M1, M2 = 40 };
static int sum(int *a, int n) { int s = 0; while (n--) s += *a++; return s; }
static _Bool invert(_Bool b) { return !b; }
static char next(char c) { return (char)(c + 1); }
static wchar_t wnext(wchar_t c) { return c + 1; }
static long double wide(long double x) { return x * 2; }
static int call(int (*f)(int), int x) { return f(x); }
static unsigned long long most(void) { return ~0ULL; }
static signed char least(signed char c) { return c; }
"""


@pytest.mark.parametrize("limited", [False, True])
def test_everything(build, limited):
    module = build(EVERYTHING, SOURCE, undef_macros=["_CFFI_NO_LIMITED_API"] if limited else [])
    ffi, lib = module.ffi, module.lib
    assert lib.sum_xy(ffi.new("point *", [3, 4])) == 7 and ffi.string(lib.greet()) == b"hello"
    assert lib.add3(1.5, 2, b"abc") == 6.5 and lib.nothing() is None
    assert lib.make(3) != ffi.NULL and lib.flip(0) == 7 and lib.flip(7) == 0
    assert lib.counter == 5 and len(lib.table) == 17 and ffi.typeof(lib.grid) is ffi.typeof("int[2][3]")
    lib.counter = 9
    assert lib.counter == 9 and lib.K == 77 and lib.M == 12 and lib.Z == -3 and lib.BIG == 2**64 - 1 and lib.LOW == -(2**63)
    assert ffi.string(lib.NAME) == b"xyz" and lib.HALF == 0.5
    short = ffi.new("myint *")
    assert lib.twice(300, short) == 600 and short[0] == 300 and ffi.sizeof("myint") == 2
    assert lib.half(3.0) == 1.5 and ffi.sizeof("real") == 4
    assert lib.read_handle(lib.get_handle()) == 5 and lib.get_opaque() != ffi.NULL
    assert lib.give().b == 2 and lib.take(lib.give()) == 2 and lib.parts[1].b == 11 and ffi.offsetof("struct part", "b") == 4
    assert ffi.offsetof("struct holder", "p") == 4 and len(ffi.new("struct holder *").tail) == 4
    assert ffi.sizeof("struct cells") == 52 and ffi.typeof(ffi.new("struct cells *").cells) is ffi.typeof("int[3][4]")
    assert lib.first_of(b"A", ffi.cast("int", 1)) == 65
    nested = ffi.new("struct nested *", {"a": 1, "u": 3, "in": [4], "bits": -2})
    assert nested.u == 3 and nested.bits == -2 and getattr(nested, "in").w == 4
    assert lib.M1 == 1 and lib.M2 == 40
    assert lib.sum([1, 2, 3], 3) == 6 and lib.sum(list(range(1000)), 1000) == 499500
    assert lib.invert(True) is False and lib.next(b"a") == b"b" and lib.wnext("a") == "b"
    assert float(lib.wide(1.5)) == 3.0 and lib.most() == 2**64 - 1 and lib.least(-128) == -128
    assert lib.call(ffi.callback("int(int)", lambda x: x + 1), 4) == 5


def test_arguments_that_do_not_fit(build):
    lib = build("int f(int a, unsigned char b); int g(long x); void h(void); double d(double);",
                "static int f(int a, unsigned char b) { return a + b; } static int g(long x) { return (int)x; }"
                "static void h(void) {} static double d(double x) { return x; }").lib
    for wrong in ((2**31, 0), (-(2**31) - 1, 0), (0, 256), (0, -1)):
        with pytest.raises(OverflowError):
            lib.f(*wrong)
    with pytest.raises(TypeError, match="f expected 2 arguments, got 1"):
        lib.f(1)
    for call in (lambda: lib.f("x", 1), lambda: lib.f(1.5, 1), lambda: lib.d("x"), lambda: lib.h(1), lambda: lib.g()):
        with pytest.raises(TypeError):
            call()
    with pytest.raises(OverflowError):
        lib.g(2**63)
    assert lib.f(-(2**31), 255) == 255 - 2**31 and lib.g(-1) == -1 and lib.d(3) == 3.0


@pytest.mark.parametrize("limited", [False, True])
def test_integers_and_enumerators_of_every_size(build, limited):
    module = build("long long wide(long long x); unsigned long long uwide(unsigned long long x); int narrow(int x);"
                   "enum plain { A, B = 4000000000u }; enum minus { C = -3, D = 2147483647 }; enum plain p(enum plain x);"
                   "enum minus m(enum minus x); enum minus two(enum minus x, int y);",
                   "static long long wide(long long x) { return x; } static unsigned long long uwide(unsigned long long x) { return x; }"
                   "static int narrow(int x) { return x; } enum plain { A, B = 4000000000u }; enum minus { C = -3, D = 2147483647 };"
                   "static enum plain p(enum plain x) { return x; } static enum minus m(enum minus x) { return x; }"
                   "static enum minus two(enum minus x, int y) { return y ? x : D; }", undef_macros=["_CFFI_NO_LIMITED_API"] if limited else [])
    lib, ffi = module.lib, module.ffi
    for x in (0, 1, -1, 2**15 - 1, 2**15, 2**30 - 1, 2**30, -(2**30), 2**31 - 1, -(2**31), 2**60, 2**63 - 1, -(2**63)):
        assert lib.wide(x) == x and (x < 0 or lib.uwide(x) == x) and (abs(x + 0.5) > 2**31 or lib.narrow(x) == x)
    assert lib.uwide(2**64 - 1) == 2**64 - 1 and lib.wide(True) == 1
    assert [lib.p(x) for x in (0, 4000000000, 77, ffi.cast("enum plain", 5))] == [0, 4000000000, 77, 5]
    assert [lib.m(x) for x in (-3, 2**31 - 1, 5, True)] == [-3, 2**31 - 1, 5, 1] and lib.two(-3, 1) == -3
    for function, value in ((lib.p, -1), (lib.p, 2**32), (lib.m, 2**31), (lib.m, -(2**31) - 1), (lib.wide, 2**63), (lib.uwide, -1)):
        with pytest.raises(OverflowError):
            function(value)
    for function in lib.p, lib.m, lib.wide:
        with pytest.raises(TypeError):
            function(1.5)
        with pytest.raises(TypeError):
            function(None)


def test_include_of_another_module(build):
    base = build.ffi("typedef struct { int x; } point; enum color { RED, GREEN = 5 }; int px(point *); struct s { int a; }; typedef struct s s_t;",
                     "typedef struct { int x; } point; enum color { RED, GREEN = 5 }; static int px(point *p) { return p->x; } struct s { int a; };")
    first = build.load(base.compile(build.folder))
    sys.modules[base._assigned_source[0]] = first
    Builder.count += 1
    ffi = FFI()
    ffi.include(base)
    ffi.cdef("int py(point *p); enum color next(enum color); struct both { point p; struct s s; s_t t; };")
    ffi.set_source("_built%d" % Builder.count, """
        typedef struct { int x; } point; enum color { RED, GREEN = 5 }; struct s { int a; }; typedef struct s s_t;
        static int py(point *p) { return p->x * 2; } static enum color next(enum color c) { return c == RED ? GREEN : RED; }
        struct both { point p; struct s s; s_t t; };""")
    second = build.load(ffi.compile(build.folder))
    point = first.ffi.new("point *", [4])
    assert second.lib.py(point) == 8 and second.lib.px(point) == 4 and second.lib.next(second.lib.RED) == 5
    assert second.ffi.typeof("point") is first.ffi.typeof("point") and second.lib.GREEN == 5
    assert second.ffi.new("struct both *", [[1], [2], [3]]).t.a == 3


def test_verify(tmp_path):
    ffi = FFI()
    ffi.cdef("typedef struct { int x; ...; } thing; int use(thing *); typedef int... t; t big(void); \n#define N ...")
    source = "typedef struct { char c; int x; } thing; static int use(thing *p) { return p->x; } typedef short t;" \
             "static t big(void) { return 500; }\n#define N 41\n"
    with pytest.warns(PendingDeprecationWarning):
        lib = ffi.verify(source, tmpdir=str(tmp_path))
    assert lib.use(ffi.new("thing *", [7])) == 7 and ffi.offsetof("thing", "x") == 4 and lib.big() == 500 and lib.N == 41
    made = sorted(os.listdir(tmp_path))
    other = FFI()
    other.cdef("typedef struct { int x; ...; } thing; int use(thing *); typedef int... t; t big(void); \n#define N ...")
    assert other.verify(source, tmpdir=str(tmp_path)).N == 41 and sorted(os.listdir(tmp_path)) == made
    with pytest.raises(TypeError):
        FFI().verify("", modulename="a", tag="b")
    including = FFI()
    including.include(other)
    including.cdef("int twice(thing *);")
    with pytest.warns(PendingDeprecationWarning):
        lib = including.verify(source + "static int twice(thing *t) { return t->x * 2; }", tmpdir=str(tmp_path))
    assert lib.twice(other.new("thing *", [6])) == 12 and lib.twice(including.new("thing *", [5])) == 10


def test_unnamed_bits_and_complex(build):
    module = build("struct bits { int : 3; int a : 5; int : 0; int b; }; float _Complex turn(float _Complex z); double real(double _Complex z, int n, long double x); extern int grid[][...];",
                   "#include <complex.h>\nstruct bits { int : 3; int a : 5; int : 0; int b; };"
                   "static float _Complex turn(float _Complex z) { return z * I; } static double real(double _Complex z, int n, long double x) { return creal(z) + n + (double)x; } static int grid[2][3] = {{1, 2, 3}, {4, 5, 6}};")
    bits = module.ffi.new("struct bits *", {"a": -3, "b": 9})
    assert (bits.a, bits.b, module.ffi.sizeof("struct bits")) == (-3, 9, 8)
    assert module.lib.real(2.5 + 1j, 3, 0.25) == 5.75
    assert module.lib.turn(2 + 1j) == -1 + 2j and module.lib.grid[1][2] == 6


# ---- what a compiler refuses

@pytest.mark.parametrize("cdef, source, words", [
    ("struct date { int day; int year; };", "struct date { int day; int month; int year; };", ["cdef:1: member year of struct date"]),
    ("struct date { int day; };", "struct date { int day; int month; };", ["struct date", "another size"]),
    ("struct date { int day; };", "struct date { long day; };", ["member day of struct date", "another size"]),
    ("struct date { char *day; };", "struct date { int *day; };", ["struct_date"]),
    ("typedef struct { int day; } date;", "typedef struct { short day; } date;", ["cdef:1: member day of date"]),
    ("#define N 3", "#define N 4", ["cdef:1", "N is not 3"]),
    ("\nenum e { A, B };", "enum e { B, A };", ["cdef:2", "A is not 0"]),
    ("static const int N = -1;", "#define N 0xFFFFFFFF", ["N is not -1"]),
    ("int f(int);", "static long f(int x) { return x; }", ["f: the result is wider"]),
    ("int f(int *);", "static int f(char *x) { return *x; }", ["_cffi_d_f"]),
    ("int f(int);", "static int f(int x, int y) { return x + y; }", ["_cffi_d_f"]),
    ("int missing(int);", "", ["missing"]),
    ("extern char *v;", "static int *v;", ["_cffi_var_v"]),
    ("typedef int... t; t f(void);", "typedef float t; static t f(void) { return 0; }", ["t"]),
    ("struct date { short day; ...; };", "struct date { int month, day; };", ["cdef:1: member day of struct date", "another size"]),
    ("struct date { struct { int a; char b; }; union { char c, d; }; };",
     "struct date { struct { int a; short b; }; union { char c, d; }; };", ["cdef:1: member b of struct date", "another size"]),
    ("struct date { struct { char a; int b; }; };", "struct date { struct { int b; char a; }; };", ["member a of struct date is in another place"]),
    ("unsigned f(void);", "static int f(void) { return -1; }", ["f: the result is signed"]),
    ("size_t f(void);", "static short f(void) { return -1; }", ["f: the result is signed"]),
    ("long f(void);", "static double f(void) { return 0.5; }", ["_cffi_d_f", "double"]),
    ("float f(void);", "static double f(void) { return 0.1; }", ["_cffi_d_f", "float"]),
    ("int f(double);", "static int f(int x) { return x; }", ["_cffi_d_f", "double"]),
    ("\nextern unsigned v;", "static int v;", ["cdef:2: v is signed"]),
    ("struct date { uint8_t day; };", "struct date { signed char day; };", ["cdef:1: member day of struct date is signed"]),
    ("\nstruct date { size_t day; ...; };", "struct date { long before, day; };", ["cdef:2: member day of struct date is signed"]),
    ("extern int a[...];", "static int *a;", ["cdef:1: a is no array"]),
    ("struct date { int days[...]; ...; };", "struct date { long before; int *days; };", ["cdef:1: days is no array"]),
    ("extern int a[...];", "char a[24];", ["_cffi_var_a"]),
    ("extern int a[][...];", "short a[2][3];", ["_cffi_var_a"]),
])
def test_a_declaration_differs(build, cdef, source, words):
    report = build.fails(cdef, source, extra_compile_args=[])
    for word in words:
        assert word in report, report


# Integers that C converts without a word: (declared, in the C source, what the message names).
CONVERTED = [
    ("int f(void);", "unsigned f(void) { return 0; }", "cdef:2: f: the result is unsigned"),
    ("long f(int);", "unsigned long f(int x) { return x; }", "cdef:2: f: the result is unsigned"),
    ("long long f(int);", "unsigned long f(int x) { return x; }", "cdef:2: f: the result is unsigned"),
    ("long f(int);", "unsigned long long f(int x) { return x; }", "cdef:2: f: the result is unsigned"),
    ("int8_t f(void);", "unsigned char f(void) { return 200; }", "cdef:2: f: the result is unsigned"),
    ("int f(int);", "#define f(x) ((unsigned)(x))", "cdef:2: f: the result is unsigned"),
    ("char f(int);", "int f(int x) { return x; }", "cdef:2: f: the result is wider"),
    ("wchar_t f(int);", "long f(int x) { return x; }", "cdef:2: f: the result is wider"),
    ("int f(char *, long);", "int f(char *s, int x) { return s[x]; }", "cdef:2: f: a parameter is narrower"),
    ("int f(int);", "int f(unsigned char x) { return x; }", "cdef:2: f: a parameter is narrower"),
    ("void f(size_t);", "void f(int x) { (void)x; }", "cdef:2: f: a parameter is narrower"),
    ("int f(int, unsigned);", "int f(int x, int y) { return x + y; }", "cdef:2: f: a sign is another one"),
    ("void f(uint64_t);", "void f(long x) { (void)x; }", "cdef:2: f: a sign is another one"),
    ("double f(long);", "double f(double x) { return x; }", "cdef:2: f: a parameter is narrower"),
    ("int f(int *);", "int f(unsigned *x) { return (int)*x; }", "cdef:2: f: a sign is another one"),
    ("int *f(void);", "unsigned *f(void) { return 0; }", "cdef:2: f: a sign is another one"),
    ("extern int v;", "unsigned v;", "cdef:2: v is unsigned"),
    ("extern long v;", "const volatile unsigned long v = 3;", "cdef:2: v is unsigned"),
    ("struct s { int a; };", "struct s { unsigned a; };", "cdef:2: member a of struct s is unsigned"),
    ("typedef struct { char c; struct { short a; }; ...; } s;", "typedef struct { char c; struct { unsigned short a; }; } s;",
     "cdef:2: member a of s is unsigned"),
]


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("cdef, source, words", CONVERTED)
def test_an_integer_differs(build, monkeypatch, compiler, cdef, source, words):
    if not shutil.which(compiler):
        pytest.skip("no " + compiler)
    monkeypatch.setenv("CC", compiler)
    report = build.fails("\n" + cdef, source, extra_compile_args=[])
    assert words in report, report


@pytest.mark.parametrize("cdef, source, value", [("int f(double);", "double f(double x) { return x; }", 2), ("short f(int);", "unsigned short f(char x) { return x; }", 2)])
def test_what_differs_late(build, cdef, source, value):
    """verify() lets pass what cffi's does."""
    module = build(cdef, source, define_macros=[("_CFFI_CHECK_LATE", None)], extra_compile_args=[])
    assert module.lib.f(2) == value


# What may differ, since nothing is lost, or only where C programmers expect it.
TOLERATED = """
    typedef enum { OFF, ON } power; typedef enum { LESS = -1, MORE = 1 } order;
    struct s { power p; order o; int flags : 3; };
    extern power state;
    static inline power get(power p) { return p; }
    static inline order turn(order o) { return (order)-(int)o; }
    static inline unsigned bits(unsigned x, unsigned long y) { return x + (unsigned)y; }
    static inline unsigned short half(void) { return 65535; }
    static inline int minus(void) { return -1; }
    static inline unsigned char first(const unsigned char *s) { return s[0]; }
    static inline unsigned char *rest(unsigned char *s) { return s + 1; }
    static inline double twice(double x) { return 2 * x; }
    static inline int truth(_Bool x) { return x; }
    static inline unsigned sum(void *list, short n) { return (unsigned)n + !list; }
    #define next(x) sum(0, (x) + 1)
"""
TOLERANT = """
    struct s { unsigned int p; int o; int flags : 3; };
    int get(int); unsigned bits(int, long); int turn(int); int half(void); long minus(void); char first(const char *); signed char *rest(char *);
    double twice(float); int truth(int); unsigned next(int);
"""


@pytest.mark.parametrize("compiler, extension", [("gcc", ".c"), ("clang", ".c")])
def test_what_may_differ(build, monkeypatch, compiler, extension):
    if not shutil.which(compiler):
        pytest.skip("no " + compiler)
    monkeypatch.setenv("CC", compiler)
    module = build(TOLERANT, TOLERATED, extra_compile_args=STRICT + ["-Wno-pointer-sign"])
    lib, ffi = module.lib, module.ffi
    assert (lib.get(1), lib.turn(1), lib.bits(-1, -1), lib.half(), lib.minus()) == (1, -1, 2**32 - 2, 65535, -1)
    assert (lib.first(b"\xff"), lib.twice(1.5), lib.truth(5), lib.next(4)) == (b"\xff", 3.0, 1, 6)
    text = ffi.new("char[]", b"ab")
    assert ffi.cast("char *", lib.rest(text)) == text + 1


BITS = "struct date { char c; %s; long end; };"


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("cdef, source, name", [
    ("int a : 3", "int a : 4", "a"), ("int a : 3, b : 5", "int b : 5, a : 3", "a"), ("unsigned a : 3", "int a : 3", "a"), ("int a : 3", "int a", "a"),
    ("int a : 3, b : 5", "int a : 3, : 1, b : 4", "b"), ("unsigned long long w : 40, v : 20", "unsigned long long w : 41, v : 19", "w"),
    ("struct { int x : 2; int y : 3; }", "struct { int x : 2; int y : 4; }", "y"), ("_Bool t : 1, u : 1", "_Bool u : 1, t : 1", "t"),
    ("enum tag { A, B } e : 2; int f : 6", "enum tag { A, B } e : 3; int f : 5", "e")])
def test_bit_fields_differ(build, monkeypatch, compiler, cdef, source, name):
    """A compiler that optimizes tells; one that does not lets them pass, and those that agree."""
    if not shutil.which(compiler):
        pytest.skip("no " + compiler)
    monkeypatch.setenv("CC", compiler)
    report = build.fails(BITS % cdef, BITS % source, extra_compile_args=["-O2"])
    assert "cdef:1: bit-field %s of " % name in report and "is another one in the C source" in report
    build.ffi(BITS % cdef, BITS % cdef, extra_compile_args=[*STRICT, "-O2"]).compile(build.folder)
    build.ffi(BITS % cdef, BITS % source, extra_compile_args=["-O0", "-w"]).compile(build.folder)
    build.ffi(BITS % cdef, BITS % source, extra_compile_args=["-w"], define_macros=[("_CFFI_CHECK_LATE", None)]).compile(build.folder)


def test_bit_fields_of_an_enum_without_a_name(build):
    module = build("struct s { enum { A, B } e : 2; int n : 5; }; int f(struct s);",
                   "struct s { enum { A, B } e : 2; int n : 5; }; static int f(struct s s) { return s.e * 100 + s.n; }")
    assert module.lib.f([module.lib.B, -3]) == 97 and module.ffi.new("struct s *", [1]).e == 1 and module.ffi.sizeof("struct s") == 4


def test_declarations_that_only_lose_an_enum(build):
    """What is an enum to C may be declared as an int: it is unsigned to GCC, if no enumerator is negative."""
    module = build("int f(void); struct s { int e; }; unsigned g(void); double whole(void); int half(float); unsigned char flag(void);",
                   "enum e { A, B }; static enum e f(void) { return B; } struct s { enum e e; }; static unsigned char g(void) { return 255; }"
                   "static int whole(void) { return 7; } static int half(double x) { return (int)(x * 2); }"
                   "static _Bool flag(void) { return 1; }", extra_compile_args=[])
    lib = module.lib
    assert (lib.f(), module.ffi.new("struct s *", [1]).e, lib.g(), lib.whole(), lib.half(1.5), lib.flag()) == (1, 1, 255, 7.0, 3, 1)


LATE = """
    struct wrong { char a; int b; }; struct size { int a; ...; }; struct right { int a; };
    #define N 3
    enum e { A, B };
    int narrow(void);
    """
LATE_SOURCE = """
    struct wrong { int b; char a; }; struct size { short b, a; }; struct right { int a; };
    #define N 4
    enum e { B, A };
    static long long narrow(void) { return (1LL << 40) + 5; }
    """


def test_checks_can_wait_until_use(build):
    assert "N is not 3" in build.fails(LATE, LATE_SOURCE)
    module = build(LATE, LATE_SOURCE, define_macros=[("_CFFI_CHECK_LATE", None)], extra_compile_args=[])
    ffi, lib = module.ffi, module.lib
    assert ffi.new("struct right *", [5]).a == 5 and (lib.A, lib.B) == (1, 0) and lib.narrow() == 5
    for name, words in (("wrong", "wrong offset for field 'a'"), ("size", "wrong size for field 'a'")):
        with pytest.raises(ffi.error, match=words):
            ffi.new("struct %s *" % name)
    with pytest.raises(ffi.error, match="equal to 4 .*cdef disagrees"):
        lib.N


def test_what_a_compiler_completes(build):
    """A constant of a type that it measures, a struct that is declared later, a named target of compile()."""
    module = build("typedef int... t; typedef unsigned... u; static const t low = -20; static const u high = 7;"
                   "struct outer { struct inner i; ...; }; struct inner { int x; ...; };",
                   "typedef short t; typedef unsigned long u; static const t low = -20; static const u high = 7;"
                   "struct inner { int pad, x; }; struct outer { int pad; struct inner i; };")
    assert (module.lib.low, module.lib.high) == (-20, 7)
    p = module.ffi.new("struct outer *", {"i": {"x": 5}})
    assert p.i.x == 5 and module.ffi.offsetof("struct outer", "i") == 4 and module.ffi.sizeof(p[0]) == 12


def test_a_typedef_that_aligns_its_struct(build, capfd):
    """The struct is T, aligned as the compiler says of T; a pointer to the struct as it is, which has no name in C, is T *."""
    types = "typedef struct { int a; } T __attribute__((aligned(8))), *P; struct w { char c; T t; P p; P (*f)(const T *, P); };"
    module = build(types + "P same(P, T *, T); int of(T *);",
                   types + "static P same(P p, T *q, T t) { q->a += t.a; return p; } static int of(T *t) { return t->a; }")
    ffi, lib = module.ffi, module.lib
    p, q = ffi.new("T *", [5]), ffi.new("P", [6])
    assert lib.same(q, p, p[0]) == q and lib.of(p) == 10 and lib.of(q) == 6
    assert ffi.typeof("P") is ffi.typeof("T *") and (ffi.sizeof("T"), ffi.alignof("T")) == (4, 8)
    assert [field.offset for _, field in ffi.typeof("struct w").fields] == [0, 8, 16, 24]
    assert "warning" not in "".join(capfd.readouterr())
    text = io.StringIO()
    build.ffi(types + "P same(P, T *, T);", types).emit_c_code(text)
    assert "struct $" not in text.getvalue()


def test_a_typedef_that_qualifies_its_struct(build, capfd):
    types = "typedef const struct { int a; } T, *P; typedef const enum { ONE = 1 } E; struct w { T t; P p; E e; };"
    module = build(types + "int of(P, E *);", types + "static int of(P p, E *e) { return p->a + 10 * *e; }")
    ffi = module.ffi
    assert module.lib.of(ffi.new("T *", [5]), ffi.new("E *", 1)) == 15 and ffi.typeof("P") is ffi.typeof("T *")
    assert ffi.sizeof("struct w") == 24 and module.lib.ONE == 1
    assert "warning" not in "".join(capfd.readouterr())


def test_alignments_that_are_in_no_table(build):
    """Of a struct, of its bit-fields, of what a typedef aligns that is not the struct's first name: as the compiler says."""
    source = ("struct s { int a; } __attribute__((aligned(8))); struct bits { int a : 3; } __attribute__((aligned(16)));"
              "typedef struct { int b; } T, Q __attribute__((aligned(8))); typedef int I __attribute__((aligned(16)));"
              "struct w { char c; Q q; I i; struct s s; };")
    module = build(source + "int sum(I, Q);", source + "static int sum(I i, Q q) { return i + q.b; }")
    ffi = module.ffi
    assert [(ffi.sizeof(t), ffi.alignof(t)) for t in ("struct s", "struct bits", "T", "struct w")] == [(8, 8), (16, 16), (4, 4), (32, 16)]
    assert [field.offset for _, field in ffi.typeof("struct w").fields] == [0, 8, 16, 24]
    assert module.lib.sum(2, {"b": 3}) == 5


def test_packed_to_two_bytes(build):
    source = "\n#pragma pack(2)\nstruct pair { char y; int x; double d; };\n#pragma pack()\nstatic int sum(struct pair *p) { return p->y + p->x + (int)p->d; }"
    for cdef, options in (("struct pair { char y; int x; double d; }; int sum(struct pair *);", {"pack": 2}),
                          ("#pragma pack(2)\nstruct pair { char y; int x; double d; }; int sum(struct pair *);", {})):
        ffi = FFI()
        ffi.cdef(cdef, **options)
        ffi.set_source("_pack%d" % len(options), source)
        module = build.load(ffi.compile(build.folder))
        p = module.ffi.new("struct pair *", [b"\1", 5, 20.5])
        assert module.lib.sum(p) == 26
        assert [module.ffi.offsetof("struct pair", name) for name in "yxd"] == [0, 2, 6] and module.ffi.sizeof(p[0]) == 14
    ffi = FFI()
    ffi.cdef("struct bits { char c; int x; int a : 3; };", pack=2)
    ffi.set_source("_bits", "")
    with pytest.raises(VerificationError, match="'struct bits' has bit-fields and members with an alignment"):
        ffi.emit_c_code(io.StringIO())


def test_named_target(build, tmp_path):
    ffi = FFI()
    ffi.cdef("int f(void);")
    ffi.set_source("pkg.sub.mod", "static int f(void) { return 1; }")
    assert ffi.compile(str(tmp_path), target="named.*") == str(tmp_path / "pkg" / "sub" / "named.so")
    assert ffi.compile(str(tmp_path), target="whole.name") == str(tmp_path / "pkg" / "sub" / "whole.name")


def test_a_macro_that_gives_int_for_bool(build):
    assert build("_Bool truth(int);", "#define truth(x) ((x) & 256)").lib.truth(256) is True


@pytest.mark.parametrize("suffix", [".c", ".cpp"])
def test_names_that_generated_code_has_too(build, suffix):
    """Functions, constants, members, variables and types are called as they like."""
    names = ("self args nargs result pyresult failed memories memory x0 x1 arg0 unused o n value address p room a0 fail list "
             "data bytes types globals").split()
    cdef = "".join("typedef int %s; %s take_%s(%s, char *, %s); struct s_%s { int %s[3]; };" % ((n,) * 7) for n in names)
    source = "".join("typedef int %s; static %s take_%s(%s a, char *b, %s c) { return a + c + !!b; } struct s_%s { int %s[3]; };\n" % ((n,) * 7)
                     for n in names)
    lib = build(cdef, source, source_extension=suffix).lib
    assert [getattr(lib, "take_" + n)(5, b"x", i) for i, n in enumerate(names)] == [6 + i for i in range(len(names))]
    cdef = "".join("int %s(int, char *);" % n for n in names)
    lib = build(cdef, "".join("static int %s(int a, char *b) { return a + !!b; }" % n for n in names), source_extension=suffix).lib
    assert [getattr(lib, n)(i, b"x") for i, n in enumerate(names)] == [i + 1 for i in range(len(names))]
    cdef = "".join("static const double %s;" % n for n in names)
    lib = build(cdef, "".join("static const double %s = %d.5;" % (n, i) for i, n in enumerate(names)), source_extension=suffix).lib
    assert [getattr(lib, n) for n in names] == [i + 0.5 for i in range(len(names))]
    cdef = "".join("#define %s ...\n" % n if i % 2 else "#define %s %d\n" % (n, i) for i, n in enumerate(names))
    lib = build(cdef, "".join("#define %s %d\n" % (n, i) for i, n in enumerate(names)), source_extension=suffix).lib
    assert [getattr(lib, n) for n in names] == list(range(len(names)))
    cdef = "".join("extern int %s[2];" % n if i % 2 else "extern int %s;" % n for i, n in enumerate(names))
    ffi = build(cdef, "".join("int %s%s;" % (n, "[2]" * (i % 2)) for i, n in enumerate(names)), source_extension=suffix)
    for i, n in enumerate(names):
        (ffi.ffi.addressof(ffi.lib, n)[0] if i % 2 else ffi.ffi.addressof(ffi.lib, n))[0] = i
        assert (getattr(ffi.lib, n)[0] if i % 2 else getattr(ffi.lib, n)) == i


def test_pointers_to_arrays_that_a_typedef_measures(build):
    cdef = """typedef int row[...]; typedef short grid[...][...]; struct s { row a; row *b; row **c; grid *d; };
              int last(row a, row *b, row **c); int corner(grid *g, grid **h); int edge(grid g); struct part { row *p; ...; }; row *give(void); extern row *kept;"""
    source = """typedef int row[50]; typedef short grid[6][7]; struct s { row a; row *b; row **c; grid *d; }; struct part { char c; row *p; };
                static int last(row a, row *b, row **c) { return a[0] + (*b)[49] + (**c)[49]; }
                static int corner(grid *g, grid **h) { return (*g)[5][6] + (**h)[0][0]; }
                static int edge(grid g) { return g[1][6]; }
                static row one; static row *give(void) { one[49] = 3; return &one; } row *kept = &one;"""
    module = build(cdef, source)
    ffi, lib = module.ffi, module.lib
    p = ffi.new("struct s *")
    p.a[49] = 321
    p.b = ffi.addressof(p, "a")
    p.c = ffi.addressof(p, "b")
    assert len(p.a) == 50 and lib.last([5], p.b, p.c) == 647 and p.c[0][0][49] == 321
    p.d = grid = ffi.new("grid *")
    grid[0][5][6], grid[0][0][0] = 4, 7
    assert lib.corner(p.d, ffi.addressof(p, "d")) == 11 and ffi.typeof(grid) is ffi.typeof("short(*)[6][7]")
    grid[0][1][6] = 9
    assert lib.edge(grid[0]) == 9 and ffi.typeof(lib.edge).args == (ffi.typeof("short(*)[7]"),)
    assert lib.give()[0][49] == 3 == lib.kept[0][49] and ffi.offsetof("struct part", "p") == 8
    with pytest.raises(VerificationError, match="several typedefs of this type"):
        build("typedef int row[...]; typedef int other[...]; int f(row *);", source)


def test_python_functions_of_such_names(build):
    names = "p room a0 a1 result address self args".split()
    cdef = "".join("typedef struct { int x; } %s; extern \"Python\" %s ask_%s(%s, long double, int);" % ((n,) * 4) for n in names)
    source = "".join("typedef struct { int x; } %s; static %s ask_%s(%s, long double, int);" % ((n,) * 4) for n in names)
    cdef += "".join("int call_%s(int);" % n for n in names)
    source += "".join("static int call_%s(int x) { %s s; s.x = x; return ask_%s(s, 0, 1).x; }" % ((n,) * 3) for n in names)
    module = build(cdef, source)
    for n in names:
        module.ffi.def_extern("ask_" + n)(lambda s, wide, one: [s.x + one])
        assert getattr(module.lib, "call_" + n)(5) == 6


@pytest.mark.parametrize("name", ["", ".", "a..b", ".a", "a.", "m-n", "a b", 'a"b', "a\nb", "a\0b", "a\\b", "\u00e9", "p.\u0661"])
def test_names_that_modules_in_c_cannot_have(tmp_path, name):
    ffi = FFI()
    ffi.cdef("int f(int);")
    ffi.set_source(name, "static int f(int x) { return x; }")
    for make in (lambda: ffi.compile(tmp_path), lambda: ffi.emit_c_code(str(tmp_path / "x.c")), lambda: ffi.distutils_extension(str(tmp_path))):
        with pytest.raises(ValueError, match="cannot be the name of a module in C"):
            make()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("extension", [".c", ".cpp"])
def test_structs_without_a_name(build, extension):
    text = "typedef struct { int y; } *one; typedef union { int z; } **two; typedef struct { short w; } ***three; int take(one, two, three);"
    source = text.replace("int take(one, two, three)", "static int take(one a, two b, three c) { return a->y + (*b)->z + (**c)->w; }")
    ffi, lib = (lambda m: (m.ffi, m.lib))(build(text + " typedef ... *hidden;", source + " typedef struct hidden_s *hidden;", source_extension=extension))
    assert [ffi.typeof(name).cname for name in ("one", "two", "hidden")] == ["struct $1 *", "union $2 * *", "struct $$hidden *"]
    a, b, c = ffi.new("one", [7]), ffi.new(ffi.typeof("two").item, [20]), ffi.new(ffi.typeof("three").item.item, [300])
    assert lib.take(a, ffi.new("two", b), ffi.new("three", ffi.new(ffi.typeof("three").item, c))) == 327


def test_types_of_an_included_module(build):
    shared = build.ffi("typedef signed char small; struct unused { int x; }; union free { int a; };", "typedef signed char small; struct unused { int x; }; union free { int a; };")
    module = build.load(shared.compile(build.folder))
    sys.modules.setdefault(module.__name__, module)
    user = build.ffi("int f(void);", "static int f(void) { return 1; }")
    user.include(shared)
    made = build.load(user.compile(build.folder)).ffi
    assert made.list_types() == module.ffi.list_types() == (["small"], ["unused"], ["free"])
    assert made.typeof("struct unused") is module.ffi.typeof("struct unused") and made.sizeof("union free") == 4


def test_header_differs(build, tmp_path):
    (tmp_path / "dates.h").write_text("struct date { int day, month, year; };\n")
    report = build.fails("struct date { int year; int month; int day; };", '#include "dates.h"', include_dirs=[str(tmp_path)])
    assert "cdef" in report and "member year of struct date" in report


@pytest.mark.parametrize("cdef, error, words", [
    ("typedef ... t; t f(void);", TypeError, "opaque"),
    ("typedef ... t; struct s { t x; };", Exception, "x"),
    ("int f(int a[...]); extern int (*p)[...];", VerificationError, r"\[\.\.\.\]"),
    ("struct s { int a : 3; ...; };", VerificationError, "'struct s' has bit-fields and"),
    ("struct s { int n[...]; struct { int a : 3; }; };", VerificationError, "'struct s' has bit-fields and"),
    ("struct s { struct unknown x; ...; };", TypeError, "struct s: field 's.x' is of an opaque type"),
])
def test_no_module_can_have_it(build, cdef, error, words):
    with pytest.raises(error, match=words):
        build.ffi(cdef, "").emit_c_code(io.StringIO())


# ---- the text

def test_deterministic_and_rebuilt_when_changed(build, tmp_path):
    texts = []
    for _ in range(2):
        ffi = FFI()
        ffi.cdef(EVERYTHING)
        ffi.set_source("same", SOURCE)
        out = io.StringIO()
        ffi.emit_c_code(out)
        texts.append(out.getvalue())
    assert texts[0] == texts[1] and str(tmp_path) not in texts[0]
    path = ffi.compile(str(tmp_path))
    first = os.stat(path).st_mtime_ns
    assert ffi.compile(str(tmp_path)) == path and os.stat(path).st_mtime_ns == first
    other = FFI()
    other.cdef("int f(void);")
    other.set_source("same", "static int f(void) { return 1; }")
    assert other.compile(str(tmp_path)) == path and os.stat(path).st_mtime_ns != first


@pytest.mark.parametrize("change, debug", [
    ({"define_macros": [("VALUE", "2")]}, None), ({"libraries": ["m"]}, None), ({"extra_compile_args": ["-O1"]}, None),
    ({"extra_link_args": ["-lm"]}, None), ({"undef_macros": ["NOWHERE"]}, None), ({}, True),
])
def test_rebuilt_when_options_change(tmp_path, capfd, change, debug):
    """The C source stays the same; the commands that the module is built by do not."""
    def compiled(options, debug=None):
        ffi = FFI()
        ffi.cdef("int value(void);")
        ffi.set_source("options", "static int value(void) { return VALUE; }", **dict({"define_macros": [("VALUE", "1")]}, **options))
        path = ffi.compile(str(tmp_path), debug=debug, verbose=1)
        return path, "(already up-to-date)" in capfd.readouterr().out

    path, fresh = compiled({})
    assert not fresh and compiled({}) == (path, True)
    assert compiled(change, debug) == (path, False) and compiled(change, debug) == (path, True)
    assert compiled({}) == (path, False)


def test_rebuilt_when_the_flags_of_the_environment_change(tmp_path, monkeypatch):
    ffi = FFI()
    ffi.cdef("int value(void);")
    ffi.set_source("flags", "static int value(void) { return VALUE; }")
    values = []
    for flags in ("-DVALUE=3", "-DVALUE=4"):
        monkeypatch.setenv("CFLAGS", flags)
        ffi.compile(str(tmp_path))
        code = "import sys; sys.path[:0] = [%r]; import flags; print(flags.lib.value())" % str(tmp_path)
        values.append(subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True).stdout.strip())
    assert values == ["3", "4"]


@pytest.mark.parametrize("compiler, extension", [("gcc", ".c"), ("clang", ".c"), ("g++", ".cpp")])
def test_no_warnings(build, monkeypatch, compiler, extension):
    if not shutil.which(compiler):
        pytest.skip("no " + compiler)
    monkeypatch.setenv("CXX" if extension == ".cpp" else "CC", compiler)
    build.ffi(EVERYTHING, SOURCE, source_extension=extension).compile(build.folder)


def test_compile_options(build, tmp_path):
    (tmp_path / "inc").mkdir()
    (tmp_path / "inc" / "my.h").write_text("int helper(int);\n")
    (tmp_path / "helper.c").write_text("int helper(int x) { return x + OFFSET; }\n")
    ffi = build.ffi("int helper(int);", '#include "my.h"', sources=["helper.c"], include_dirs=["inc"], libraries=["m"],
                    define_macros=[("OFFSET", "5")])
    path = ffi.compile(str(tmp_path), target="renamed.*")
    assert os.path.basename(path) == "renamed.so" and os.path.exists(path)
    for options in ({"libraries": "m"}, {"unknown": []}):
        with pytest.raises(TypeError):
            build.ffi("int f(int);", "", **options).compile(str(tmp_path))


def test_calls_in_the_wrong_order(tmp_path):
    ffi = FFI()
    for method in (ffi.compile, ffi.distutils_extension):
        with pytest.raises(ValueError, match="set_source"):
            method(str(tmp_path))
    with pytest.raises(ValueError, match="set_source"):
        ffi.emit_c_code("x")
    with pytest.raises(TypeError):
        ffi.set_source(5, "")
    ffi.set_source("a.b", None)
    with pytest.raises(ValueError, match="several times"):
        ffi.set_source("a.b", None)
    with pytest.raises(TypeError, match="emit_c_code"):
        ffi.emit_c_code("x")


def test_pkgconfig(tmp_path, monkeypatch):
    (tmp_path / "demo.pc").write_text("Name: demo\nDescription: d\nVersion: 1\nCflags: -I/x/y -DA=1 -DB -O1\nLibs: -L/l -lm -pthread\n")
    monkeypatch.setenv("PKG_CONFIG_PATH", str(tmp_path))
    ffi = FFI()
    if not shutil.which("pkg-config"):
        with pytest.raises(PkgConfigError, match="cannot run"):
            ffi.set_source_pkgconfig("m", ["demo"], "")
        return
    ffi.set_source_pkgconfig("m", ["demo"], "", libraries=["z"])
    options = ffi._assigned_source[3]
    assert options["libraries"] == ["z", "m"] and options["define_macros"] == [("A", "1"), ("B", None)]
    assert options["include_dirs"] == ["/x/y"] and options["extra_compile_args"] == ["-O1"]
    assert options["library_dirs"] == ["/l"] and options["extra_link_args"] == ["-pthread"]
    with pytest.raises(PkgConfigError):
        FFI().set_source_pkgconfig("m", ["no-such-package"], "")


# ---- headers instead of declarations

def test_headers_are_declarations(build, tmp_path):
    (tmp_path / "shape.h").write_text("""
        #include <stdarg.h>
        #include <stdio.h>
        #include "part.h"
        #define SHAPE_MAX 10
        #define SHAPE_NAME "shape"
        #define SHAPE_NONE ((void (*)(struct shape *))0)
        #define SHAPE_ANY ((void (*)(struct shape *))-1)
        struct shape { struct part p; int sides; };
        int shape_sides(const struct shape *s);
        int shape_print(FILE *f, const struct shape *s);
        int shape_vformat(const char *format, va_list arguments);
    """)
    (tmp_path / "part.h").write_text("struct part { int a; }; int part_a(struct part p);\n")
    Builder.count += 1
    ffi = FFI()
    ffi.cdef('#include "shape.h"', include_dirs=[str(tmp_path)])
    source = """#include "shape.h"
        int shape_sides(const struct shape *s) { return s->sides; } int part_a(struct part p) { return p.a; }
        int shape_print(FILE *f, const struct shape *s) { return fprintf(f, "%d", s->sides); }
        int shape_vformat(const char *format, va_list arguments) { return vprintf(format, arguments); }"""
    ffi.set_source("_built%d" % Builder.count, source, include_dirs=[str(tmp_path)], extra_compile_args=STRICT)
    out = io.StringIO()
    ffi.emit_c_code(out)
    assert '"shape_sides"' in out.getvalue() and '"part_a"' in out.getvalue() and '"fopen"' not in out.getvalue()
    path = ffi.compile(str(tmp_path))
    module = build.load(path)
    shape = module.ffi.new("struct shape *", [[4], 5])
    assert module.lib.shape_sides(shape) == 5 and module.lib.part_a(shape.p) == 4 and module.lib.SHAPE_MAX == 10
    assert module.ffi.string(module.lib.SHAPE_NAME) == b"shape"
    assert (module.lib.SHAPE_NONE, module.lib.SHAPE_ANY) == (0, 2 ** (8 * module.ffi.sizeof("void *")) - 1)
    with pytest.raises(TypeError):
        module.lib.shape_vformat(b"%d", 1)
    assert module.ffi.typeof(module.lib.shape_vformat).args[1] in (
        module.ffi.typeof("struct __va_list_tag *"), module.ffi.typeof("va_list"))


def test_what_the_libraries_lack_is_left_out(build, tmp_path):
    """A header declares more than the library has: the module is loaded nevertheless, and has what there is."""
    (tmp_path / "parts.h").write_text("int part_one(void); int part_gone(void); int part_own(void); extern int part_count;\n"
                                      "extern int part_lost; int part_old(int) __attribute__((deprecated));\n"
                                      "static inline int part_inline(void) { return 5; }\n")
    (tmp_path / "parts.c").write_text("int part_one(void) { return 1; } int part_count = 2; int part_old(int x) { return x; }\n")
    subprocess.check_call(["cc", "-shared", "-fPIC", "-o", str(tmp_path / "libcdeffiparts.so"), str(tmp_path / "parts.c")])
    folder = [str(tmp_path)]

    def module(cdef, **options):
        Builder.count += 1
        ffi = FFI()
        ffi.cdef(cdef, include_dirs=folder)
        ffi.set_source("_built%d" % Builder.count, '#include "parts.h"\nint part_own(void) { return 3; }', include_dirs=folder,
                       library_dirs=folder, runtime_library_dirs=folder, extra_compile_args=STRICT, **options)
        out = io.StringIO()
        ffi.emit_c_code(out)
        return ffi, out.getvalue()

    ffi, text = module('#include "parts.h"', libraries=["cdeffiparts"])
    lib = build.load(ffi.compile(str(tmp_path))).lib
    assert (lib.part_one(), lib.part_own(), lib.part_count, lib.part_old(7), lib.part_inline()) == (1, 3, 2, 7, 5)
    assert not hasattr(lib, "part_gone") and not hasattr(lib, "part_lost") and "part_gone" not in text
    # What the cdef itself says, what other code may define and libraries that are not there: all of it stays.
    assert '"part_gone"' in module('int part_gone(void);', libraries=["cdeffiparts"])[1]
    for options in ({}, {"libraries": ["cdeffi_no_such"]}, {"libraries": ["cdeffiparts"], "sources": ["more.c"]},
                    {"libraries": ["cdeffiparts"], "extra_link_args": ["more.o"]}):
        assert '"part_gone"' in module('#include "parts.h"', **options)[1]
    (tmp_path / "odd.h").write_text('int part_odd(void) __asm__("part_odd@V1"); int part_even(void) __asm__("part_one");')
    odd = module('#include "odd.h"', libraries=["cdeffiparts"])[1]
    assert '"part_odd"' in odd and '"part_even"' in odd


# ---- without a compiler

def test_python_module(tmp_path):
    ffi = FFI()
    ffi.cdef("int abs(int); struct s { int a : 3; struct { int u; }; struct s *n; double x[3]; }; enum e { A, B = -3 };"
             "static const int K = 5;\n#define Q 7\n")
    ffi.set_source("_abi_module", None)
    path = ffi.compile(str(tmp_path))
    text = open(path).read()
    assert path.endswith("_abi_module.py") and ffi.compile(str(tmp_path)) == path and open(path).read() == text
    made = importlib.util.spec_from_file_location("_abi_module", path)
    module = importlib.util.module_from_spec(made)
    made.loader.exec_module(module)
    lib = module.ffi.dlopen(None)
    assert (lib.abs(-4), lib.K, lib.Q, lib.B) == (4, 5, 7, -3)
    assert module.ffi.sizeof("struct s") == 40 and module.ffi.new("struct s *", {"a": -4, "u": 9}).u == 9
    for dots in ("struct s { ...; };", "typedef int... t;", "#define N ...", "extern int a[...];", "enum e { A, ... };",
                 'extern "Python" int f(int);'):
        other = FFI()
        other.cdef(dots)
        other.set_source("other", None)
        with pytest.raises(VerificationError):
            other.emit_python_code(io.StringIO())


def test_python_modules_have_nothing_for_a_compiler(tmp_path):
    for cdef in ("enum e { A, ... };", "struct s { int x; ...; }; int f(struct s *);", "#define N ..."):
        ffi = FFI()
        ffi.cdef(cdef)
        ffi.set_source("_built_without", None)
        for kind in (VerificationMissing, VerificationError):
            with pytest.raises(kind, match="needs a C compiler"):
                ffi.emit_python_code(str(tmp_path / "x.py"))
    assert list(tmp_path.iterdir()) == []


def test_views_can_be_replaced():
    """cffi's FFI has no such attributes: what programs set under their names stays."""
    ffi = FFI()
    ffi.cdef("int f(int);")
    assert list(ffi.functions) == ["f"]
    ffi.functions = 5
    assert ffi.functions == 5
    del ffi.functions
    assert list(ffi.functions) == ["f"]
    with pytest.raises(KeyError):
        del ffi.functions


def test_set_source_costs_nothing_at_import():
    code = "import sys, cdeffi; f = cdeffi.FFI(); f.cdef('int f(int);'); print([m for m in sys.modules if m.startswith('cdeffi.builder')])"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.strip() == "[]"
