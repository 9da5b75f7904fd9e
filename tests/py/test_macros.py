"""Macros with parameters as attributes of a lib: called, refused, described; the C compiler's values beside ours."""
import gc
import inspect
import os
import sys
import threading
import weakref

import pytest
from c_program import printed_numbers

import cdeffi
from cdeffi import FFI, CDefError

MINE = """
#define SQUARE(x) x * x
#define LARGER(a, b) ((a) > (b) ? (a) : (b))
#define HALF(x) ((x) / 2.0)
#define SIZE(x) sizeof(x)
#define AS_CHAR(x) ((char)(x))
#define TEXT(x) #x
#define GLUE(a, b) a ## b
#define COUNT(first, ...) (first + sizeof(#__VA_ARGS__))
#define NONE() 7
#define LATER(class, class_) (class + class_)
#define PLAIN 3
#define SET(x) do { x = 1; } while (0)
#define STATEMENT(x) x;
#define BLOCK(x) ({ int y = (x); y; })
#define UNKNOWN(x) (x + nowhere)
#define UNKNOWN_CALL(x) nowhere(x)
#define NOTHING(x)
#define CAST(T, x) ((T)(x))
#define READ(p) (*(p))
#define MEMBER(p) (&(p)->b)
#define EITHER(x) ((x) ? abs(x) : 0)
#define INVERSE(x) (1 / (x))
#define ITSELF(x) ITSELF(x)
#define ABS(x) abs(x)
#define ABS_PLUS(x) (abs(x) + abs(-(x)) + 1L)
#define DIVIDE(x, y) div(x, y)
#define QUOTIENT(x, y) (div(x, y).quot)
#define COMPLEX(x) (csqrt(x) + 1)
#define LENGTH(s) (strlen(s) + 1)
#define FORMAT(to, n, ...) (snprintf(to, n, __VA_ARGS__) + 0)
#define NUMBER(s) (atof(s) * 2)
#define SORT(p, n, less) qsort(p, n, sizeof *(p), less)
#define FIND(s) (strchr(s, 'l') + 1)
#define ABSENT(x) (cdeffi_absent(x) + 1)
typedef struct { int quot, rem; } div_t;
struct pair { int a, b; };
enum { ONE = 1 };
enum color { RED, BLUE = 7 };
int abs(int);
double _Complex csqrt(double _Complex);
div_t div(int, int);
size_t strlen(const char *);
char *strchr(const char *, int);
int snprintf(char *, size_t, const char *, ...);
double atof(const char *);
void qsort(void *, size_t, size_t, int (*)(const void *, const void *));
int cdeffi_absent(int);
"""


@pytest.fixture
def lib(ffi):
    ffi.cdef(MINE)
    return ffi.dlopen(None)


# ---- the C compiler's opinion

STATUSES = [0, 1, 0x7F, 0x80, 0x100, 0x1234, 0xFFFF, 0x137F, 9, 0x8B, -1]
DEVICES = [0, 1, 0x801, 0x1234, 0xFFFFF, 0x12345678, 0x123456789ABCDEF]
MODES = [0o100644, 0o40755, 0o120777, 0o20600, 0o60600, 0o10600, 0o140777, 0]
ADDRESSES = [0x0A000001, 0xC0A80001, 0xE0000001, 0x7F000001, 0xFFFFFFFF, 0]
CASES = [
    ("sys/wait.h", STATUSES, "WEXITSTATUS WTERMSIG WSTOPSIG WIFEXITED WIFSIGNALED WIFSTOPPED WCOREDUMP WIFCONTINUED"),
    ("sys/sysmacros.h", DEVICES, "major minor"),
    ("sys/stat.h", MODES, "S_ISDIR S_ISREG S_ISLNK S_ISCHR S_ISBLK S_ISFIFO S_ISSOCK"),
    ("netinet/in.h", ADDRESSES, "IN_CLASSA IN_CLASSB IN_CLASSC IN_CLASSD IN_MULTICAST IN_BADCLASS"),
    ("stdint.h", [0, 1, 5, 127], "INT8_C INT16_C INT32_C INT64_C UINT8_C UINT16_C UINT32_C UINT64_C INTMAX_C UINTMAX_C"),
    ("sys/param.h", [0, 1, 511, 512, 1000], "powerof2"),
    ("linux/ioctl.h", [0, 0x5401, 0x80045430, 0xC0045877], "_IOC_DIR _IOC_TYPE _IOC_NR _IOC_SIZE"),
]
PAIRS = [("sys/sysmacros.h", "makedev"), ("linux/ioctl.h", "_IO"), ("sys/param.h", "MIN"), ("sys/param.h", "MAX"),
         ("sys/param.h", "howmany")]


def numbers_of_c(folder, header, calls):
    """What the calls, macros of HEADER applied to constants, are in C: integers of 64 bits, modulo 2**64."""
    return printed_numbers(folder, "#define _GNU_SOURCE\n#include <%s>" % header,
                           ['printf("%%llu\\n", (unsigned long long)(%s));\n' % call for call in calls])


def compare(folder, header, macros_and_arguments):
    lib = cdeffi.open("c", header, define=["_GNU_SOURCE"])
    wanted = numbers_of_c(folder, header, ["%s(%s)" % (name, ", ".join(map(str, args))) for name, args in macros_and_arguments])
    assert len(wanted) == len(macros_and_arguments) > 0
    for (name, args), value in zip(macros_and_arguments, wanted):
        macro = getattr(lib, name)
        assert type(macro).__name__ == "Macro" and macro(*args) % 2**64 == value, (name, args)
        assert type(macro(*args)) is int


@pytest.mark.parametrize("header, values, names", CASES, ids=[case[0] for case in CASES])
def test_as_the_compiler_says(tmp_path, header, values, names):
    compare(tmp_path, header, [(name, (value,)) for name in names.split() for value in values])


@pytest.mark.parametrize("header, name", PAIRS, ids=[pair[1] for pair in PAIRS])
def test_of_two_arguments_as_the_compiler_says(tmp_path, header, name):
    compare(tmp_path, header, [(name, (a, b)) for a in (1, 8, 100, 253) for b in (1, 3, 16)])


def test_zlib():
    z = cdeffi.open("z", "zlib.h")
    new = z.ffi.new
    stream, text = new("z_stream *"), b"hello " * 50
    assert z.deflateInit(stream, 9) == z.Z_OK
    source, packed = new("Bytef[]", text), new("Bytef[]", 200)
    stream.next_in, stream.avail_in, stream.next_out, stream.avail_out = source, len(text), packed, 200
    assert z.deflate(stream, z.Z_FINISH) == z.Z_STREAM_END and z.deflateEnd(stream) == z.Z_OK
    import zlib

    assert zlib.decompress(bytes(z.ffi.buffer(packed, stream.total_out))) == text
    assert z.deflateInit(z.ffi.NULL, 9) == z.deflateInit(0, 9) == z.Z_STREAM_ERROR
    with pytest.raises(TypeError, match="argument 1, 'strm', of deflateInit_"):
        z.deflateInit(5, 9)
    names = dir(z)
    assert {"deflateInit", "inflateInit", "inflateInit2"} <= set(names) and "OF" not in names


# ---- arguments and results

def test_values(lib, ffi):
    cast = ffi.cast
    assert lib.SQUARE(-5) == 25 and lib.SQUARE(1.5) == 2.25 and lib.SQUARE(True) == 1
    assert lib.LARGER(3, 4.5) == 4.5 and lib.LARGER(-1, cast("unsigned", 1)) == 2**32 - 1
    assert lib.LARGER(2**63, 2) == 2**63 and lib.LARGER(-2**63, -2**31) == -2**31
    assert [lib.LARGER(cast(t, 200), -60) for t in ("char", "signed char", "unsigned char", "wchar_t", "int8_t")] == [-56, -56, 200, 200, -56]
    assert [lib.LARGER(cast(t, 1.5), 0) for t in ("float", "double", "long double")] == [1.5] * 3
    assert lib.LARGER(cast("__int128", -1), -3) == -1
    assert lib.LARGER(cast("enum color", 7), 0) == 7 and lib.LARGER(lib.BLUE, 0) == 7
    assert [lib.SIZE(x) for x in (1, 2**31, 1.0, b"abc", cast("char", 1), cast("_Bool", 1))] == [4, 8, 8, 4, 1, 1]
    assert lib.AS_CHAR(200) == -56 and lib.HALF(3) == 1.5 and lib.INVERSE(0.0) == float("inf")
    assert lib.TEXT(5) == b"5" and lib.TEXT(-5) == b"-5" and lib.GLUE(1, 2) == 12
    assert (lib.COUNT(1), lib.COUNT(1, 2, 3), lib.NONE()) == (2, 6, 7)
    assert lib.TEXT(b"a") != b"a"


def test_pointers(lib, ffi):
    pair = ffi.new("struct pair *")
    b = lib.MEMBER(pair)
    assert ffi.typeof(b) is ffi.typeof("int *") and b == ffi.addressof(pair, "b")
    assert lib.LARGER(ffi.NULL, ffi.NULL) == ffi.NULL
    with pytest.raises(CDefError, match="operator '->' needs a pointer, not 'struct pair'"):
        lib.MEMBER(pair[0])


def test_functions_are_called(lib, ffi):
    assert lib.ABS(-5) == 5 and lib.ABS(-5.7) == 5 and lib.ABS_PLUS(-5) == 11 and lib.ABS_PLUS(2**32 - 5) == 11
    assert ffi.typeof(lib.DIVIDE(17, 5)) is ffi.typeof("div_t") and lib.DIVIDE(17, 5).rem == 2
    assert lib.LENGTH(b"abc") == 4 and lib.LENGTH(ffi.new("char[]", b"hello")) == 6 and lib.NUMBER(b"2.5") == 5.0
    out = ffi.new("char[30]")
    assert lib.FORMAT(out, 30, b"%s %d %.1f", b"xyz", 5, 1.5) == 9 and ffi.string(out) == b"xyz 5 1.5"
    text = ffi.new("char[]", b"hello")
    assert lib.FIND(text) == text + 3


def test_exceptions_inside(lib):
    with pytest.raises(TypeError, match="not int .argument 1 of strlen"):
        lib.LENGTH(5)
    with pytest.raises(AttributeError, match="undefined symbol: cdeffi_absent"):
        lib.ABSENT(1)


def test_callbacks_call_macros(lib, ffi):
    items = ffi.new("int[]", [3, -9, 5, -1])
    seen = []

    @ffi.callback("int(const void *, const void *)")
    def by_size(a, b):
        a, b = (ffi.cast("int *", p)[0] for p in (a, b))
        seen.append(lib.ABS_PLUS(a))
        return lib.ABS(a) - lib.ABS(b)

    assert lib.qsort(items, 4, lib.SIZE(1), by_size) is None
    assert list(items) == [-1, 3, 5, -9] and seen
    items = ffi.new("int[]", [3, -9, 5, -1])
    assert lib.SORT(items, 4, by_size) is None and list(items) == [-1, 3, 5, -9]


def test_wrong_arguments(lib, ffi):
    def message(macro, *args, **kwargs):
        with pytest.raises(TypeError) as e:
            macro(*args, **kwargs)
        return str(e.value)

    assert message(lib.LARGER, 1) == "macro 'LARGER' takes 2 arguments (1 given)"
    assert message(lib.HALF) == "macro 'HALF' takes 1 argument (0 given)"
    assert message(lib.NONE, 1) == "macro 'NONE' takes 0 arguments (1 given)"
    assert message(lib.COUNT) == "macro 'COUNT' takes at least 1 argument (0 given)"
    assert message(lib.HALF, x=1) == "macro 'HALF' takes no keyword arguments"
    assert message(lib.HALF, None) == "argument 1 of macro 'HALF' must be int, float, bytes, cdata, ctype or str (text of C), not NoneType"
    assert "not complex" in message(lib.HALF, 1j)
    assert "must be a number, a pointer, a struct or bytes, not cdata" in message(lib.HALF, ffi.cast("double _Complex", 1j))
    with pytest.raises(CDefError, match="macro 'TEXT': an argument that has no C literal"):
        lib.TEXT(ffi.new("int *"))
    for number in (2**64, -2**63 - 1):
        with pytest.raises(OverflowError):
            lib.HALF(number)


@pytest.mark.parametrize("call, why", [
    ("SET(1)", "is no expression of declared names"), ("STATEMENT(1)", "is no expression"),
    ("UNKNOWN(1)", "'nowhere' is not declared"), ("UNKNOWN_CALL(1)", "'nowhere' is not declared"), ("NOTHING(1)", "stands for nothing"),
    ("CAST(1, 2)", "is no expression"), ("READ(lib.ffi.cast('void *', 1))", "has no value that is known here"),
    ("LARGER(1, 'x')", "'x' is not declared"), ("INVERSE(0)", "division by zero"), ("ITSELF(1)", "'ITSELF' is not declared"),
    ("HALF(b'x')", "HALF"), ("GLUE(1.5, 2.5)", "GLUE"),
])
def test_what_is_no_expression(lib, call, why):
    with pytest.raises(CDefError) as e:
        eval("lib." + call)
    name = call.split("(")[0]
    line = MINE[: MINE.index("#define %s(" % name)].count("\n") + 1
    assert why in str(e.value) and "macro '%s'" % name in str(e.value)
    assert "(<cdef source string>:%d: " % line in str(e.value)


def test_results_that_have_no_value(lib):
    with pytest.raises(NotImplementedError, match=r"macro 'COMPLEX' goes on with the result of csqrt\(\), which is of type '_cffi_double_complex_t'"):
        lib.COMPLEX(1)


# ---- what it shows

def test_description(lib):
    wait = cdeffi.open("c", "sys/wait.h")
    macro = wait.WEXITSTATUS
    assert repr(macro) == "<macro 'WEXITSTATUS(status)' of sys/wait.h>" and macro.__name__ == macro.__qualname__ == "WEXITSTATUS"
    first, _, last = macro.__doc__.split("\n")
    assert first.startswith("#define WEXITSTATUS(status) ") and last.startswith("Defined at /usr/include/") and "sys/wait.h:" in last
    assert str(inspect.signature(macro)) == "(status, /)"
    assert str(inspect.signature(lib.COUNT)) == "(first, /, *args)" and str(inspect.signature(lib.NONE)) == "()"
    assert str(inspect.signature(lib.LATER)) == "(arg0, class_, /)"
    assert repr(lib.COUNT) == "<macro 'COUNT(first, ...)' of <cdef source string>>"
    assert callable(macro) and macro == wait.WEXITSTATUS != wait.WTERMSIG and len({macro, wait.WEXITSTATUS}) == 1
    with pytest.raises(TypeError):
        type(macro)()


def test_listed(lib):
    wait = cdeffi.open("c", "sys/wait.h", cdef="#define OWN(x) x + 1\n#define OWN_BAD(x) do {} while (x)\n")
    names = dir(wait)
    assert {"WEXITSTATUS", "WIFSIGNALED", "OWN"} <= set(names) and names == sorted(set(names))
    assert not {"OWN_BAD", "__WEXITSTATUS", "FD_ZERO"} & set(names)


def test_not_to_be_written(lib, ffi):
    with pytest.raises(AttributeError, match="'HALF' is a macro .*it takes arguments"):
        lib.HALF = 3
    with pytest.raises(AttributeError, match="'HALF' is a macro"):
        ffi.addressof(lib, "HALF")
    with pytest.raises(AttributeError, match="did you mean|was declared"):
        lib.HALFF


# ---- change and life

def test_functions_come_first(ffi):
    ffi.cdef("#define abs(x) 77\n")
    lib = ffi.dlopen(None)
    assert lib.abs(-3) == 77
    ffi.cdef("#undef abs\nint abs(int);\n#define abs(x) 78\n")
    assert lib.abs(-3) == 3


def test_macros_change(ffi):
    ffi.cdef("#define F(x) ((x) + 1)\n")
    lib = ffi.dlopen(None)
    f = lib.F
    ffi.cdef("#undef F\n#define F(x) ((x) + 2)\n")
    assert f(1) == 3 and f != lib.F
    ffi.cdef("#undef F\n")
    with pytest.raises(CDefError, match="no macro 'F'"):
        f(1)
    assert repr(f) == "<macro 'F(x)' of <cdef source string>>" and not hasattr(lib, "F")


def test_of_included(lib, ffi):
    outer = FFI()
    outer.include(ffi)
    other = outer.dlopen(None)
    assert other.ABS_PLUS(-3) == 7 and other.HALF(3) == 1.5 and other.HALF != lib.HALF


def test_closed_library(testlib_path, ffi):
    ffi.cdef(MINE)
    lib = ffi.dlopen(testlib_path)
    half, plus = lib.HALF, lib.ABS_PLUS
    assert plus(1) == 3
    ffi.dlclose(lib)
    assert half(3) == 1.5
    with pytest.raises(ValueError, match="closed"):
        plus(1)


def test_life():
    ffi = FFI()
    ffi.cdef(MINE)
    half = ffi.dlopen(None).HALF
    there = weakref.ref(ffi)
    ffi.self = half
    del ffi
    gc.collect()
    assert half(3) == 1.5 and there() is not None
    del half
    gc.collect()
    assert there() is None


def test_calls_leave_nothing_behind(lib, ffi):
    argument, pair = 12345.678, ffi.new("struct pair *")

    def work():
        lib.HALF(argument), lib.ABS_PLUS(-5), lib.LENGTH(b"some text"), lib.MEMBER(pair)
        for call in (lambda: lib.SET(1), lambda: lib.ABSENT(1), lambda: lib.HALF("x"), lambda: lib.COMPLEX(1), lambda: lib.READ(ffi.NULL)):
            with pytest.raises(Exception):
                call()

    work()  # the lib keeps the functions then
    counts = [sys.getrefcount(x) for x in (argument, pair, ffi, lib)]
    for _ in range(50):
        work()
    gc.collect()
    assert [sys.getrefcount(x) for x in (argument, pair, ffi, lib)] == counts


@pytest.mark.skipif("asan" in os.environ.get("LD_PRELOAD", ""), reason="the sanitizer keeps what was freed")
def test_many_calls_take_no_memory(lib, ffi):
    def pages():
        with open("/proc/self/statm") as f:
            return int(f.read().split()[5])

    pair = ffi.new("struct pair *")
    calls = [lambda i: lib.HALF(i), lambda i: lib.ABS_PLUS(i), lambda i: lib.MEMBER(pair), lambda i: lib.LENGTH(b"text"), lambda i: lib.TEXT(5)]
    for call in calls:
        for i in range(2000):
            call(i)
        before = pages()
        for i in range(20000):
            call(i)
        assert (pages() - before) * os.sysconf("SC_PAGE_SIZE") < 100000


def test_threads(lib, ffi):
    failures = []

    def work(n):
        try:
            for i in range(100):
                assert lib.ABS_PLUS(-n - i) == 2 * (n + i) + 1 and lib.HALF(i) == i / 2
                ffi.cdef("#undef T%d\n#define T%d(x) ((x) + %d)\n" % (n, n, i))
                assert getattr(lib, "T%d" % n)(n) == n + i
        except Exception as e:
            failures.append(e)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
