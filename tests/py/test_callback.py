"""Callbacks: values in and out, exceptions, lifetimes, foreign threads."""
import gc
import pathlib
import sys
import threading
import weakref

import pytest

SOURCE = """
int apply(int (*f)(int), int x);
double apply_double(double (*f)(double, float), double x, float y);
struct large apply_large(struct large (*f)(struct large), struct large x);
struct mixed apply_mixed(struct mixed (*f)(struct mixed, char), struct mixed x, char c);
short apply_short(short (*f)(short), short x);
void apply_void(void (*f)(void));
int apply_on_thread(int (*f)(int), int x);
int set_errno(int value);
typedef int unary(int);
"""


@pytest.fixture
def lib(ffi, testlib_path):
    ffi.cdef((pathlib.Path(__file__).parent.parent / "lib" / "calls.h").read_text())
    ffi.cdef(SOURCE)
    return ffi.dlopen(testlib_path)


@pytest.fixture
def unraisable(monkeypatch):
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", lambda u: seen.append((u.exc_type, str(u.exc_value), u.err_msg)))
    return seen


def test_values(ffi, lib):
    assert lib.apply(ffi.callback("int(int)", lambda x: x * 2), 21) == 42
    assert lib.apply(ffi.callback("unary", lambda x: x - 1), 0) == -1
    assert lib.apply_double(ffi.callback("double(double, float)", lambda x, y: x + y), 0.5, 0.25) == 0.75
    assert lib.apply_short(ffi.callback("short(*)(short)", lambda x: -x), 5) == -5
    seen = []
    lib.apply_void(ffi.callback("void(void)", lambda: seen.append(1)))
    assert seen == [1]


def test_decorator(ffi, lib):
    @ffi.callback("int(int)")
    def successor(x):
        return x + 1
    assert lib.apply(successor, 4) == 5 and successor(9) == 10


def test_structs_are_copied(ffi, lib):
    kept = []

    @ffi.callback("struct large(struct large)")
    def reverse(x):
        kept.append(x)
        return [list(x.v)[::-1]]
    assert list(lib.apply_large(reverse, [[1, 2, 3, 4, 5]]).v) == [5, 4, 3, 2, 1]
    assert list(kept[0].v) == [1, 2, 3, 4, 5]
    mixed = lib.apply_mixed(ffi.callback("struct mixed(struct mixed, char)", lambda m, c: (m.x * 2, ord(c))), [1.5, 0], b"\x07")
    assert (mixed.x, mixed.n) == (3.0, 7)


def test_exception_gives_the_error_value(ffi, lib, unraisable):
    def fail(x):
        raise ValueError(x)
    assert lib.apply(ffi.callback("int(int)", fail, error=-7), 3) == -7
    assert lib.apply(ffi.callback("int(int)", fail), 3) == 0
    assert [(t, v) for t, v, _ in unraisable] == [(ValueError, "3")] * 2
    assert unraisable[0][2].startswith("Exception ignored from cffi callback <function ")


def test_result_that_does_not_fit(ffi, lib, unraisable):
    assert lib.apply_short(ffi.callback("short(short)", lambda x: 99999, error=-1), 0) == -1
    assert unraisable[0][0] is OverflowError
    assert unraisable[0][2].endswith("trying to convert the result back to C")
    lib.apply_void(ffi.callback("void(void)", lambda: 5))
    assert unraisable[1][0] is TypeError


def test_onerror(ffi, lib, unraisable):
    seen = []

    def onerror(kind, value, traceback):
        seen.append((kind, str(value), traceback.tb_frame.f_code.co_name))
        return 11

    def fail(x):
        raise KeyError("k")
    assert lib.apply(ffi.callback("int(int)", fail, onerror=onerror), 0) == 11
    assert seen == [(KeyError, "'k'", "fail")] and unraisable == []
    assert lib.apply(ffi.callback("int(int)", fail, error=4, onerror=lambda *a: None), 0) == 4
    assert lib.apply(ffi.callback("int(int)", fail, error=4, onerror=lambda *a: "bad"), 0) == 4
    assert [u[0] for u in unraisable] == [KeyError, TypeError]


def test_wrong_arguments(ffi):
    with pytest.raises(TypeError, match="expected a function ctype"):
        ffi.callback("int", lambda: 0)
    with pytest.raises(TypeError, match="the 'python_callable' argument is not callable"):
        ffi.callback("int(int)", 5)
    with pytest.raises(TypeError, match="onerror"):
        ffi.callback("int(int)", abs, onerror=5)
    with pytest.raises((TypeError, NotImplementedError)):
        ffi.callback("int(int, ...)", abs)
    with pytest.raises(TypeError):
        ffi.callback("int(int)", abs, error="x")


def test_foreign_thread(ffi, lib):
    names = []

    @ffi.callback("int(int)")
    def f(x):
        names.append(threading.get_ident())
        return x * 3
    assert lib.apply_on_thread(f, 5) == 15
    assert names[0] != threading.get_ident()


def test_errno_passes_through(ffi, lib):
    @ffi.callback("int(int)")
    def f(x):
        seen = ffi.errno
        ffi.errno = 33
        return seen
    ffi.errno = 21
    assert lib.apply(f, 0) == 21 and ffi.errno == 33


def test_recursion(ffi, lib):
    @ffi.callback("int(int)")
    def factorial(x):
        return 1 if x <= 1 else x * lib.apply(factorial, x - 1)
    assert lib.apply(factorial, 10) == 3628800


def test_lifetime(ffi, lib):
    def f(x):
        return x
    callback = ffi.callback("int(int)", f)
    alive = weakref.ref(f)
    del f
    gc.collect()
    assert lib.apply(callback, 3) == 3
    del callback
    gc.collect()
    assert alive() is None


def test_a_cycle_is_collected(ffi):
    class Owner:
        pass
    owner = Owner()
    owner.callback = ffi.callback("int(int)", lambda x, owner=owner: x)
    alive = weakref.ref(owner)
    del owner
    gc.collect()
    assert alive() is None


def test_drops_itself_while_it_runs(ffi, lib):
    holder = []

    def f(x):
        holder.clear()
        gc.collect()
        return x + 1
    holder.append(ffi.callback("int(int)", f))
    pointer = ffi.cast("int(*)(int)", holder[0])
    del f
    assert lib.apply(pointer, 1) == 2


def test_many(ffi, lib):
    callbacks = [ffi.callback("int(int)", lambda x, i=i: x + i) for i in range(5000)]
    assert [lib.apply(c, 1) for c in callbacks] == list(range(1, 5001))


def test_repr(ffi):
    def named(x):
        return x
    assert repr(ffi.callback("int(int)", named)).startswith("<cdata 'int(*)(int)' calling <function ")
