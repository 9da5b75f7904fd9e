"""Hostile uses: nothing may crash, overrun or be half done."""
import gc
import sys
import threading

import pytest

import cdeffi

CDEF = """
struct s { int a, b; short v[4]; struct { char c; } in_; int bits : 9; };
struct flex { int n; unsigned char items[]; };
"""


@pytest.fixture
def ffi():
    ffi = cdeffi.FFI()
    ffi.cdef(CDEF)
    return ffi


class Hook:
    """A number whose conversion runs ACTION."""

    def __init__(self, action, value=1):
        self.action, self.value = action, value

    def __int__(self):
        self.action()
        return self.value

    __index__ = __int__

    def __float__(self):
        self.action()
        return float(self.value)


# ---------------------------------------------------------------- conversions that change what is converted


def test_a_list_that_grows(ffi):
    values = [Hook(lambda: values.extend([7] * 100)), 2]
    assert list(ffi.new("int[]", values)) == [1, 2]
    values = [Hook(lambda: values.extend([7] * 100)), 2]
    assert list(ffi.new("int[2]", values)) == [1, 2]
    values = [Hook(lambda: values.extend([7] * 100)), 2]
    assert ffi.new("struct s *", values).b == 2


def test_a_list_that_shrinks(ffi):
    values = [Hook(lambda: values.clear()), 2, 3]
    assert list(ffi.new("int[]", values)) == [1, 0, 0]
    values = [Hook(lambda: values.clear()), 2]
    assert ffi.new("struct s *", values).b == 0
    values = [Hook(lambda: values.clear()), 2]
    assert list(ffi.new("struct flex *", [0, values]).items) == [1, 0]


def test_a_dict_that_changes(ffi):
    values = {"a": Hook(lambda: values.update({str(i): i for i in range(1000)})), "b": 2}
    with pytest.raises(RuntimeError, match="dictionary changed size during iteration"):
        ffi.new("struct s *", values)
    values = {"a": Hook(lambda: values.clear()), "b": 2}
    with pytest.raises(RuntimeError):
        ffi.new("struct s *", values)


def test_memory_released_while_it_is_written(ffi):
    for write in (lambda p, v: p.__setitem__(0, v), lambda p, v: p.__setitem__(slice(0, 1), [v]), lambda p, v: (p + 0).__setitem__(0, v)):
        for make in (lambda: ffi.from_buffer("int[]", bytearray(8)), lambda: ffi.gc(ffi.new("int[]", 2), lambda c: None)):
            p = make()
            with pytest.raises(BufferError, match="its memory is in use"):
                write(p, Hook(lambda: ffi.release(p)))
            assert p[0] == 0
            write(p, 5)
            assert p[0] == 5
            ffi.release(p)
    s = ffi.from_buffer("struct s *", bytearray(32))
    for write in (lambda v: setattr(s, "a", v), lambda v: setattr(s, "v", [v]), lambda v: setattr(s, "bits", v), lambda v: s.__setitem__(0, [v])):
        with pytest.raises(BufferError):
            write(Hook(lambda: ffi.release(s)))


def test_memory_released_under_a_memoryview(ffi):
    for p in (ffi.from_buffer("int[]", bytearray(8)), ffi.gc(ffi.new("int[2]"), lambda c: None)):
        m = memoryview(p)
        with pytest.raises(BufferError):
            ffi.release(p)
        m.release()
        ffi.release(p)


def test_the_target_dies_during_its_conversion(ffi):
    box = {}
    box["p"] = ffi.new("int[]", 3)
    box["p"][1] = Hook(lambda: (box.clear(), gc.collect(), [ffi.new("int[]", [9] * 3) for _ in range(100)]))
    box["s"] = ffi.new("struct s *")
    box["s"].v = [1, Hook(lambda: (box.clear(), gc.collect()))]
    box["it"] = iter(ffi.new("int[3]"))
    assert next(box.pop("it")) == 0


def test_errors_in_the_middle(ffi):
    p = ffi.new("struct s *", [1, 2, [3, 4, 5, 6]])
    for write in (lambda: setattr(p, "v", [7, 8, "x"]), lambda: setattr(p, "a", Hook(lambda: 1 / 0))):
        with pytest.raises((TypeError, ZeroDivisionError)):
            write()
    assert (p.a, p.b, list(p.v)) == (1, 2, [7, 8, 5, 6])  # C initialises in order, and stops


def test_hostile_types(ffi):
    class BadInt:
        def __int__(self):
            return "x"

    class FloatInt:
        def __int__(self):
            return 1.5

    class BadIndex:
        def __index__(self):
            return "x"

    class BadFloat:
        def __float__(self):
            return "x"

    class MyInt(int):
        def __int__(self):
            raise AssertionError("not asked: it is an int")

    class MyBytes(bytes):
        pass

    class MyList(list):
        def __iter__(self):
            raise AssertionError("not asked")

    for ctype, value in (("int", BadInt()), ("int", FloatInt()), ("double", BadFloat()), ("unsigned", BadInt())):
        with pytest.raises(TypeError):
            ffi.new(ctype + " *", value)
        with pytest.raises(TypeError):
            ffi.cast(ctype, value)
    with pytest.raises(TypeError):
        ffi.new("int[]", BadIndex())
    with pytest.raises(TypeError):
        ffi.new("int[3]")[BadIndex()]
    with pytest.raises(TypeError):
        ffi.new("struct s *").bits = BadIndex()
    assert ffi.new("int *", MyInt(5))[0] == 5 and ffi.string(ffi.new("char[]", MyBytes(b"ab"))) == b"ab"
    assert list(ffi.new("int[]", MyList([1, 2]))) == [1, 2]


def test_attribute_names_that_are_no_names(ffi):
    p = ffi.new("struct s *")
    for name in ("", "\ud800", "a\0", "A" * 10000, "é"):
        with pytest.raises(AttributeError):
            getattr(p, name)
        with pytest.raises(AttributeError):
            setattr(p, name, 1)
    with pytest.raises(TypeError):
        getattr(p, 5)
    with pytest.raises(KeyError):
        ffi.new("struct s *", {("tuple",): 1})


# ---------------------------------------------------------------- sizes


@pytest.mark.parametrize("size", [(1 << 63) - 1, (1 << 63) - 64, (1 << 62) + 1, 1 << 48])
def test_sizes_that_no_machine_has(ffi, size):
    for ctype in ("char[]", "int[]", "struct s[]", "long double[]"):
        with pytest.raises((MemoryError, OverflowError)):
            ffi.new(ctype, size)
    with pytest.raises((MemoryError, OverflowError)):
        ffi.new("struct flex *", [0, size])


def test_deeply_nested_types(ffi):
    pointers = "int " + "*" * 2000
    p = ffi.typeof(pointers)
    for _ in range(2000):
        p = p.item
    assert p is ffi.typeof("int")
    del p
    gc.collect()


def test_wild_pointer_arithmetic(ffi):
    p = ffi.cast("long *", -8)
    assert p + 1 == ffi.NULL and (p + 2) - p == 2
    assert ffi.cast("char *", 0) - 1 == ffi.cast("char *", -1)
    assert ffi.cast("long *", 0) + (1 << 61) == ffi.NULL  # wraps as the machine does


# ---------------------------------------------------------------- allocators


def test_allocators_that_misbehave(ffi):
    for alloc, error in ((lambda size: None, TypeError), (lambda size: ffi.NULL, MemoryError), (lambda size: ffi.cast("int", 1), TypeError),
                         (lambda size: 1 / 0, ZeroDivisionError)):
        for ctype in ("int *", "struct s *", "int[3]"):
            with pytest.raises(error):
                ffi.new_allocator(alloc)(ctype)


def test_allocators_that_give_too_little(ffi):
    for alloc in (lambda size: ffi.new("char[]", size - 1), lambda size: ffi.new("short *"), lambda size: ffi.new_handle(5),
                  lambda size: ffi.new("struct flex *", [0, max(0, size - 5)])):
        for ctype in ("long *", "struct s *", "int[3]"):
            with pytest.raises(ValueError, match=r"alloc\(\) must return memory of \d+ bytes, not cdata '.*' with \d+"):
                ffi.new_allocator(alloc)(ctype)
    assert ffi.new_allocator(lambda size: ffi.new("struct flex *", [0, size - 4]))("int[3]", [1, 2, 3])[2] == 3


def test_allocators_and_lifetimes(ffi):
    freed, blocks = [], []

    def alloc(size):
        blocks.append(ffi.new("char[]", b"\xff" * size))
        return blocks[-1]

    new = ffi.new_allocator(alloc, lambda c: freed.append(c))
    p = new("struct s *", [1, 2])
    s, v = p[0], p.v
    assert (s.a, s.b, v[3]) == (1, 2, 0) and repr(p).startswith("<cdata 'struct s *' owning ")
    del p, s
    gc.collect()
    assert freed == []
    del v
    assert freed == [blocks[0]]
    a = new("int[]", 3)
    with a:
        assert list(a) == [0, 0, 0] and freed == [blocks[0]]
    assert freed == blocks
    with new("struct s *") as p:
        pass
    assert len(freed) == 3
    dirty = ffi.new_allocator(alloc, should_clear_after_alloc=False)("unsigned char[]", 3)
    assert list(dirty) == [255] * 3
    with pytest.raises(TypeError):
        new("int *", "x")
    assert len(freed) == 4  # what could not be initialised is freed


# ---------------------------------------------------------------- threads


def run_threads(*functions):
    errors = []

    def guarded(function):
        try:
            for _ in range(300):
                function()
        except BaseException as e:
            errors.append(e)

    threads = [threading.Thread(target=guarded, args=(f,)) for f in functions for _ in range(2)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    finally:
        sys.setswitchinterval(interval)
    assert errors == []


def test_threads_share_types_and_memory():
    ffi = cdeffi.FFI()
    ffi.cdef("struct s { int a; struct s *next; int bits : 3; };")
    shared, values = ffi.new("struct s[4]"), [1, 2, 3]
    handles = {}

    def types():
        for i in range(20):
            assert ffi.typeof("struct s *[%d]" % (i + 1)).item.item.fields[0][0] == "a"

    def memory():
        shared[1].a += 1
        shared[2].bits = 3
        assert shared[2].bits == 3 and ffi.new("struct s *", [1, shared])[0].next == shared

    def lists():
        values.append(1)
        assert len(ffi.new("int[]", values)) > 0
        if len(values) > 50:
            del values[3:]

    def handle():
        key = threading.get_ident()
        handles[key] = ffi.new_handle(key)
        assert ffi.from_handle(ffi.cast("void *", handles[key])) == key

    def destructors():
        seen = []
        q = ffi.gc(ffi.new("int *"), seen.append)
        del q
        assert len(seen) == 1

    run_threads(types, memory, lists, handle, destructors)


def test_a_wrong_cdata_is_found_before_the_number_is_asked(ffi):
    number = Hook(lambda: pytest.fail("asked"))
    for call in (lambda: ffi.string("x", number), lambda: ffi.unpack("x", number), lambda: ffi.gc("x", len, number),
                 lambda: ffi.buffer("x", number)):
        with pytest.raises(TypeError):
            call()
