"""Calls: every kind of argument and result, through whatever path the plan takes."""
import gc
import inspect
import os
import pathlib
import pydoc
import sys
import threading
import time
import tracemalloc

import pytest

import cdeffi

SCALARS = """
_Bool echo_bool(_Bool); char echo_char(char); signed char echo_schar(signed char);
unsigned char echo_uchar(unsigned char); short echo_short(short); unsigned short echo_ushort(unsigned short);
int echo_int(int); unsigned echo_uint(unsigned); long echo_long(long); unsigned long echo_ulong(unsigned long);
wchar_t echo_wchar(wchar_t); float echo_float(float); double echo_double(double); long double echo_ldouble(long double);
void *echo_pointer(void *); enum color echo_color(enum color); struct small echo_small(struct small);
struct mixed echo_mixed(struct mixed); struct large echo_large(struct large); union number echo_number(union number);
struct flags echo_flags(struct flags); __int128 echo_int128(__int128);
float _Complex echo_fcomplex(float _Complex); double _Complex echo_dcomplex(double _Complex);
long sum_ints(const int *items, int n); size_t length8(const char *s); size_t length32(const wchar_t *s);
int first_byte(const void *p);
double weighted(int a, double b, long c, float d, char e, double f, short g, double h, unsigned i, double j,
                long k, double l, double m, double n, double o, double p);
double sum_variadic(int n, const char *kinds, ...);
int set_errno(int value);
__attribute__((const)) int add_const(int a, int b);
int apply(int (*f)(int), int x);
int missing_function(int);
float add_two_floats(two_floats u); int int_of_float_or_int(float_or_int u);
"""


@pytest.fixture
def lib(ffi, testlib_path):
    ffi.cdef((pathlib.Path(__file__).parent.parent / "lib" / "calls.h").read_text())
    ffi.cdef(SCALARS)
    return ffi.dlopen(testlib_path)


def test_nullptr_t_is_passed_as_a_null_pointer(ffi, testlib_path):
    ffi.cdef("nullptr_t echo_pointer(typeof(nullptr)); size_t length8(nullptr_t); int snprintf(char *, size_t, const char *, ...);")
    lib = ffi.dlopen(testlib_path)
    result = lib.echo_pointer(ffi.NULL)
    assert repr(result) == "<cdata 'nullptr_t' NULL>" and lib.echo_pointer(result) == ffi.NULL
    with pytest.raises(TypeError, match="must be a null pointer, not cdata 'int \\*'"):
        lib.echo_pointer(ffi.new("int *"))
    with pytest.raises(TypeError, match="must be a cdata pointer, not bytes"):
        lib.length8(b"text")
    text = ffi.new("char[20]")
    ffi.dlopen(None).snprintf(text, 20, b"%p", result)
    assert ffi.string(text) == b"(nil)"
    seen = []
    callback = ffi.callback("nullptr_t(nullptr_t)", lambda value: seen.append(value) or value)
    assert callback(ffi.NULL) == ffi.NULL and repr(seen) == "[<cdata 'nullptr_t' NULL>]"


@pytest.mark.parametrize("name, low, high", [
    ("schar", -128, 127), ("uchar", 0, 255), ("short", -2**15, 2**15 - 1), ("ushort", 0, 2**16 - 1),
    ("int", -2**31, 2**31 - 1), ("uint", 0, 2**32 - 1), ("long", -2**63, 2**63 - 1), ("ulong", 0, 2**64 - 1),
    ("int128", -2**127, 2**127 - 1)])
def test_integers(lib, name, low, high):
    echo = getattr(lib, "echo_" + name)
    for value in {low, low + 1, low // 2, -1 if low else 0, 0, 1, high // 2, high - 1, high}:
        assert echo(value) == value
    for value in (low - 1, high + 1, 2**200, -2**200):
        with pytest.raises(OverflowError):
            echo(value)
    for value in (1.0, "1", None, b"1", [1]):
        with pytest.raises(TypeError):
            echo(value)


def test_text_bool_and_enum(ffi, lib):
    assert lib.echo_bool(True) is True and lib.echo_bool(0) is False
    assert lib.echo_char(b"\xff") == b"\xff"
    assert lib.echo_wchar("\U0001f600") == "\U0001f600"
    assert lib.echo_color(lib.GREEN) == 5 and lib.echo_color(ffi.cast("enum color", 6)) == 6
    for echo, wrong in ((lib.echo_char, b"ab"), (lib.echo_char, "a"), (lib.echo_wchar, b"a"), (lib.echo_bool, "x")):
        with pytest.raises(TypeError):
            echo(wrong)
    with pytest.raises(OverflowError):
        lib.echo_bool(2)


def test_floats(ffi, lib):
    assert lib.echo_float(0.1) == pytest.approx(0.1, rel=1e-7) and lib.echo_float(0.5) == 0.5
    assert lib.echo_double(0.1) == 0.1 and lib.echo_double(3) == 3.0
    third = lib.echo_ldouble(ffi.cast("long double", 0.1))
    assert ffi.typeof(third) is ffi.typeof("long double") and float(third) == 0.1
    assert lib.echo_fcomplex(1.5 - 2j) == 1.5 - 2j and lib.echo_dcomplex(0.1 + 0.2j) == 0.1 + 0.2j
    with pytest.raises(TypeError):
        lib.echo_double("1.0")


def test_aggregates_by_value(ffi, lib):
    small = lib.echo_small(ffi.new("struct small *", [b"z", -5])[0])
    assert (small.a, small.b) == (b"z", -5)
    mixed = lib.echo_mixed({"x": 2.5, "n": -7})
    assert (mixed.x, mixed.n) == (2.5, -7)
    large = lib.echo_large([[1, 2, 3, 4, 5]])
    assert list(large.v) == [1, 2, 3, 4, 5]
    assert lib.echo_number({"d": -0.25}).d == -0.25
    flags = lib.echo_flags([5, -64, 2**22 - 1])
    assert (flags.a, flags.b, flags.c) == (5, -64, 2**22 - 1)
    assert repr(mixed) == "<cdata 'struct mixed' owning 16 bytes>"
    with pytest.raises(TypeError):
        lib.echo_small(ffi.new("struct mixed *")[0])


def test_transparent_unions(lib):
    assert lib.add_two_floats({"s": [1.5, 2.25]}) == 3.75
    assert lib.int_of_float_or_int({"i": 9}) == 9


def test_registers_and_stack(lib):
    args = [-1, 0.5, 3, -0.25, b"\x05", 1.5, -7, 2.0, 9, 10.5, -11, 12.5, 13.0, 14.0, 15.5, -16.0]
    numbers = [a[0] if isinstance(a, bytes) else a for a in args]
    assert lib.weighted(*args) == sum((i + 1) * n for i, n in enumerate(numbers))


def test_pointers_from_python_values(ffi, lib):
    assert lib.sum_ints([1, 2, 3], 3) == 6 and lib.sum_ints((4, 5), 2) == 9 and lib.sum_ints([], 0) == 0
    assert lib.sum_ints(list(range(10000)), 10000) == sum(range(10000))
    assert lib.sum_ints(ffi.new("int[]", [7, 8]), 2) == 15
    assert lib.length8(b"hello") == 5 and lib.length8(ffi.new("char[]", b"abc")) == 3
    assert lib.length32("h\u00e9\U0001f600") == 3
    assert lib.first_byte(b"\x07") == 7 and lib.first_byte(ffi.new("double *", 0.0)) == 0
    assert lib.echo_pointer(ffi.NULL) == ffi.NULL
    p = ffi.new("int *")
    assert lib.echo_pointer(p) == ffi.cast("void *", p)
    for wrong in ("text", 5, None, 1.5, {}):
        with pytest.raises(TypeError):
            lib.length8(wrong)
    with pytest.raises(TypeError):
        lib.sum_ints(ffi.new("long[2]"), 2)
    with pytest.raises(OverflowError):
        lib.sum_ints([2**40], 1)


def test_a_list_that_changes_while_it_is_converted(lib):
    class Shrinking:
        def __int__(self):
            del items[1:]
            return 5
    items = [Shrinking(), 1, 2, 3]
    assert lib.sum_ints(items, 4) == 5


def test_variadic(ffi, lib):
    cast = ffi.cast
    total = lib.sum_variadic(6, b"ildDsS", cast("char", b"\x03"), cast("long", 2**40), cast("float", 0.5),
                             cast("long double", 0.25), ffi.new("char[]", b"four"), ffi.new("struct mixed *", [1, 2])[0])
    assert total == 3 + 2**40 + 0.5 + 0.25 + 4 + 3
    assert lib.sum_variadic(0, b"") == 0
    for n in (1, 8, 9, 30, 100):
        assert lib.sum_variadic(n, b"d" * n, *[cast("double", i) for i in range(n)]) == sum(range(n))
        assert lib.sum_variadic(n, b"i" * n, *[cast("short", -i) for i in range(n)]) == -sum(range(n))
    with pytest.raises(TypeError, match="argument 3 passed in the variadic part needs to be a cdata object"):
        lib.sum_variadic(1, b"i", 5)
    with pytest.raises(TypeError, match="expects at least 2 arguments, got 1"):
        lib.sum_variadic(1)


def test_incomplete_types_by_value():
    """The exceptions are cffi's; what is never called may be declared."""
    ffi = cdeffi.FFI()
    ffi.cdef("struct later; typedef struct later result(int); typedef int argument(struct later);")
    for use in (lambda t: ffi.cast(t + " *", 16)(1), lambda t: ffi.callback(t, abs)):
        with pytest.raises(TypeError, match="^result type 'struct later' is not yet initialized$"):
            use("result")
        with pytest.raises(TypeError, match="^ctype 'struct later' has incomplete type$"):
            use("argument")
    ffi.cdef("struct later { int x; };")
    assert ffi.callback("argument", lambda s: s.x)([5]) == 5 and ffi.callback("result", lambda x: [x])(6).x == 6


def test_wrong_counts_and_keywords(ffi, lib):
    with pytest.raises(TypeError) as e:
        lib.echo_int()
    assert str(e.value) == "'int(*)(int)' expects 1 arguments, got 0"
    with pytest.raises(TypeError, match="got 2"):
        lib.echo_int(1, 2)
    with pytest.raises(TypeError, match="keyword"):
        lib.echo_int(x=1)
    with pytest.raises(RuntimeError, match="null"):
        ffi.cast("int(*)(int)", 0)(1)


class Int(int):
    """An int with an attribute dict, which only the long way takes."""


class Float(float):
    """As Int."""


@pytest.mark.parametrize("release_gil", [True, False])
def test_few_arguments_of_one_kind(ffi, lib, testlib_path, release_gil):
    """What takes few registers has ways of its own, which take the usual values; others give the same results."""
    ffi.cdef("""int getpid(void); int abs(int); void *memchr(const void *s, int c, size_t n); int strcmp(const char *, const char *);
                double sqrt(double); double atan2(double, double); double fma(double, double, double);
                int set_errno(int);""", release_gil=release_gil)
    c, m, own = ffi.dlopen(None), ffi.dlopen("m"), ffi.dlopen(testlib_path)
    text = ffi.new("char[]", b"hello")
    for _ in range(2):
        assert c.getpid() == os.getpid()
        assert [c.abs(x) for x in (-3, Int(-3), True, 0, -2**31 + 1)] == [3, 3, 1, 0, 2**31 - 1]
        assert [m.sqrt(x) for x in (4.0, Float(4.0), 4, Int(4), True)] == [2.0, 2.0, 2.0, 2.0, 1.0]
        assert m.atan2(0.0, 1.0) == m.atan2(0, 1) == 0.0 and m.atan2(1.0, 0) == m.atan2(1, 0.0) == pytest.approx(1.5707963267948966)
        assert m.fma(2.0, 3.0, 4.0) == 10.0
        assert [c.strcmp(text, other) for other in (text, b"hello", ffi.cast("char *", text))] == [0, 0, 0]
        found = c.memchr(text, ord("l"), 5)
        assert found == text + 2 and c.memchr(text, ord("l"), 2) == ffi.NULL and c.memchr(b"", 0, 0) == ffi.NULL
    for call, error in ((lambda: c.getpid(1), TypeError), (lambda: c.abs(), TypeError), (lambda: c.abs(1, 2), TypeError),
                        (lambda: c.abs(2**31), OverflowError), (lambda: c.abs(1.0), TypeError), (lambda: m.sqrt("4"), TypeError),
                        (lambda: m.sqrt(), TypeError), (lambda: m.atan2(1.0), TypeError), (lambda: m.atan2(1.0, None), TypeError),
                        (lambda: c.memchr(text, 1, -1), OverflowError), (lambda: c.abs(x=1), TypeError)):
        for _ in range(2):
            with pytest.raises(error):
                call()
    assert c.abs(*[-1], **{}) == 1 and m.sqrt(*[1.0], **{}) == 1.0
    ffi.errno = 5
    assert [own.set_errno(8), own.set_errno(9), ffi.errno] == [5, 8, 9]


def test_errors_name_the_parameter(lib):
    with pytest.raises(TypeError, match=r"argument 1, 'items', of sum_ints\(\)"):
        lib.sum_ints("x", 1)
    with pytest.raises(OverflowError, match=r"does not fit 'int'.*argument 2, 'n', of sum_ints\(\)"):
        lib.sum_ints([], 2**31)


def test_errors_name_both_types(ffi, lib):
    """cffi's message comes first; it often names one type or none."""
    own = cdeffi.FFI()
    own.cdef("double fmod(double numer, double denom); size_t strlen(const char *text); int abs(int);")
    own.cdef("int snprintf(char *, size_t size, const char *format, ...);")
    libc, libm = own.dlopen(None), own.dlopen("m")
    for call, message in (
        (lambda: libm.fmod(1.0, "x"), "must be real number, not str (argument 2, 'denom', of fmod(): 'double' from 'str')"),
        (lambda: libc.abs(1.5), "an integer is required (argument 1 of abs(): 'int' from 'float')"),
        (lambda: libc.abs(own.new("int *")), "int() not supported on cdata 'int *' (argument 1 of abs(): 'int' from cdata 'int *')"),
        (lambda: libc.snprintf(own.NULL, 0, 5), "initializer for ctype 'char *' must be a cdata pointer, not int "
                                                "(argument 3, 'format', of snprintf(): 'char *' from 'int')"),
    ):
        with pytest.raises(TypeError) as caught:
            call()
        assert str(caught.value) == message
    with pytest.raises(TypeError, match=r"\(argument 1, 'text', of strlen\(\): 'char \*' from cdata 'int\[2\]'\)$"):
        libc.strlen(own.new("int[2]"))
    with pytest.raises(OverflowError, match=r"\(argument 2, 'size', of snprintf\(\)\)$"):
        libc.snprintf(own.NULL, 1 << 64, b"")


def test_errno_is_kept_per_thread(ffi, lib):
    ffi.errno = 42
    assert lib.set_errno(7) == 42
    os.path.exists("/nonexistent")
    assert ffi.errno == 7
    seen = []
    thread = threading.Thread(target=lambda: seen.append((ffi.errno, lib.set_errno(9), ffi.errno)))
    thread.start()
    thread.join()
    assert seen == [(0, 0, 9)] and ffi.errno == 7


def test_gil_policy(lib):
    assert lib.echo_int.release_gil is True
    assert lib.add_const.release_gil is False
    lib.echo_int.release_gil = False
    assert lib.echo_int.release_gil is False and lib.echo_int(5) == 5
    assert lib.add_const(2, 3) == 5


def test_which_calls_let_other_threads_run(ffi):
    """Each way to keep the GIL: the attributes, cdef's argument, a mark on the function, taken back as well. In functions
    of three kinds of calls: in registers, with an area, variadic."""
    ffi.cdef("int usleep(unsigned); int select(int, void *, void *, void *, struct timeval *); struct timeval { long s, us; };"
             "long syscall(long number, ...); int poll(void *, unsigned long, int) __attribute__((pure));")
    ffi.cdef("int nanosleep(const void *, void *);", release_gil=False)
    c = ffi.dlopen(None)
    pause, nap = ffi.new("struct timeval *", [0, 30000]), ffi.new("long[2]", [0, 30000000])
    number = {"x86_64": 23}.get(os.uname().machine)  # select
    calls = {"usleep": lambda: c.usleep(30000), "select": lambda: c.select(0, ffi.NULL, ffi.NULL, ffi.NULL, ffi.new("struct timeval *", pause[0])),
             "poll": lambda: c.poll(ffi.NULL, 0, 30), "nanosleep": lambda: c.nanosleep(nap, ffi.NULL)}
    if number:
        null, none = ffi.cast("void *", 0), ffi.cast("long", 0)
        calls["syscall"] = lambda: c.syscall(number, none, null, null, null, ffi.new("struct timeval *", pause[0]))
    rounds, stop = [0], threading.Event()

    def work():
        while not stop.is_set():
            rounds[0] += 1
            time.sleep(0.001)

    def others_run(call):
        before = rounds[0]
        call()
        return rounds[0] != before
    interval = sys.getswitchinterval()
    thread = threading.Thread(target=work)
    thread.start()
    sys.setswitchinterval(1000)  # so that nothing but a call lets go of the GIL
    try:
        for name, call in calls.items():
            function = getattr(c, name)
            assert function.release_gil is (name not in ("poll", "nanosleep"))
            for release in (True, False, True):
                function.release_gil = release
                if release:
                    assert any(others_run(call) for _ in range(100)), name
                elif getattr(sys, "_is_gil_enabled", lambda: True)():
                    assert not any(others_run(call) for _ in range(3)), name
            assert call() == 0, name
    finally:
        stop.set()
        sys.setswitchinterval(interval)
        thread.join()


def peak(call):
    """The bytes that Python's allocators gave out at once during CALL, beyond what was there before."""
    for _ in range(20):
        call()
    tracemalloc.start()
    try:
        for _ in range(20):
            call()
            tracemalloc.get_traced_memory()  # its tuple comes from a free list then
        worst = 0
        for _ in range(5):
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[1]
            call()
            worst = max(worst, tracemalloc.get_traced_memory()[1] - before)
        return worst
    finally:
        tracemalloc.stop()


def test_a_call_allocates_nothing_but_its_result(ffi, lib):
    """The results here are small ints, which exist already. A long list does not fit on the stack."""
    text, few, many = ffi.new("char[]", b"abc"), [1, 2, 3], [1] * 1000
    small, color = ffi.new("struct small *")[0], ffi.cast("enum color", 5)
    calls = {"int": lambda: lib.echo_int(-3), "bytes": lambda: lib.length8(b"abc"), "str": lambda: lib.echo_wchar("x"),
             "pointer": lambda: lib.first_byte(text), "array": lambda: lib.length8(text), "list": lambda: lib.sum_ints(few, 3),
             "tuple": lambda: lib.sum_ints((1, 2), 2), "NULL": lambda: lib.sum_ints(ffi.NULL, 0), "enum": lambda: lib.echo_color(color), "bool": lambda: lib.echo_bool(True)}
    assert {name: peak(call) for name, call in calls.items()} == dict.fromkeys(calls, 0)
    assert peak(lambda: lib.echo_small(small)) < 200
    assert peak(lambda: lib.sum_ints(many, 1000)) >= 4000


def test_what_help_shows(lib):
    f = lib.sum_ints
    assert f.__name__ == "sum_ints"
    assert f.__doc__.startswith("long sum_ints(const int *items, int n)")
    assert list(inspect.signature(f).parameters) == ["items", "n"]
    assert "long sum_ints(const int *items, int n)" in pydoc.plain(pydoc.render_doc(f))
    assert repr(f).startswith("<cdata 'long(*)(int *, int)' 0x")


def test_a_function_outlives_ffi_and_lib(testlib_path):
    def make():
        ffi = cdeffi.FFI()
        ffi.cdef("struct s { double x; int n; }; struct s echo_mixed(struct s value);")
        return ffi.dlopen(testlib_path).echo_mixed
    f = make()
    gc.collect()
    assert f([1.5, 2]).n == 2 and f.__name__ == "echo_mixed"


def test_function_pointers_are_callable_and_bound_nowhere(ffi, lib):
    pointer = ffi.cast("int(*)(int)", lib.echo_int)
    assert pointer(12) == 12 and pointer == lib.echo_int

    class Holder:
        method = lib.echo_int
    assert Holder().method(3) == 3


def test_missing_symbol(lib):
    with pytest.raises(AttributeError, match="missing_function"):
        lib.missing_function
