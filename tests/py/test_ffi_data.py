"""FFI: new, cast, string, buffers, memmove, handles, allocators, gc, addressof, init_once."""
import array
import gc
import threading
import weakref

import pytest


def test_memmove(ffi):
    p = ffi.new("char[]", b"abcdef")
    ffi.memmove(p + 1, p, 4)
    assert ffi.string(p) == b"aabcdf"
    target = bytearray(b"......")
    ffi.memmove(dest=target, src=p, n=3)
    assert target == b"aab..."
    ffi.memmove(p, b"XY", 2)
    assert ffi.string(p) == b"XYbcdf"


def test_memmove_from_a_buffer_of_one_item(ffi):
    source, target = ffi.new("char[]", b"abcdef"), ffi.new("char[8]")
    ffi.memmove(target, ffi.buffer(source + 1), 4)  # char *: its buffer has one byte
    assert ffi.string(target) == b"bcde"
    ffi.memmove(ffi.buffer(target + 1), b"xyz", 3)
    assert ffi.string(target) == b"bxyz"


def test_memmove_refuses(ffi):
    p = ffi.new("char[8]")
    with pytest.raises(ValueError, match="negative size"):
        ffi.memmove(p, p, -1)
    with pytest.raises((TypeError, BufferError)):
        ffi.memmove(b"readonly", p, 3)
    with pytest.raises(ValueError, match="source buffer has 3"):
        ffi.memmove(p, b"abc", 4)
    with pytest.raises(ValueError, match="destination buffer has 2"):
        ffi.memmove(bytearray(2), p, 4)
    with pytest.raises(TypeError):
        ffi.memmove(p, 5, 1)
    with pytest.raises(TypeError):
        ffi.memmove(ffi.cast("int", 5), p, 1)
    assert bytes(ffi.buffer(p)) == bytes(8)


def test_from_buffer(ffi):
    a = array.array("H", [10000, 20000, 30000, 40000])
    c = ffi.from_buffer(a)
    assert ffi.typeof(c) is ffi.typeof("char[]") and len(c) == 8
    shorts = ffi.from_buffer("unsigned short[]", a)
    shorts[1] += 500
    assert list(a) == [10000, 20500, 30000, 40000]
    assert len(ffi.from_buffer("unsigned short[2][2]", a)[0]) == 2
    with pytest.raises(TypeError):
        ffi.from_buffer(a, True)
    assert c == ffi.from_buffer("char[]", a, True) == ffi.from_buffer(a, require_writable=True)
    assert ffi.from_buffer(python_buffer=b"abc")[1] == b"b"
    with pytest.raises((TypeError, BufferError)):
        ffi.from_buffer(b"abc", require_writable=True)
    with pytest.raises(TypeError):
        ffi.from_buffer()
    with pytest.raises(TypeError):
        ffi.from_buffer("text")


def test_buffer(ffi):
    a = ffi.new("char[]", b"hello")
    b = ffi.buffer(a)
    assert (len(b), b[0], b[-1], b[1:3], b[:]) == (6, b"h", b"\0", b"el", b"hello\0")
    b[0] = b"J"
    b[1:3] = b"EL"
    assert ffi.string(a) == b"JELlo"
    assert b == b"JELlo\0" and b < b"K" and b != b"x" and not b == 5
    assert bytes(b) == b"JELlo\0" and list(b)[0] == b"J" and b"o" in b
    assert memoryview(b).format == "B" and not memoryview(b).readonly
    assert type(b) is ffi.buffer and weakref.ref(b)() is b
    assert ffi.buffer(cdata=a, size=2)[:] == b"JE"
    assert len(ffi.buffer(ffi.new("int *"))) == 4
    assert len(ffi.buffer(ffi.cast("void *", a), 3)) == 3


@pytest.mark.parametrize(
    "action, error, message",
    [
        (lambda b: b[9], IndexError, "buffer index out of range"),
        (lambda b: b[::2], TypeError, "buffer doesn't support slicing with step != 1"),
        (lambda b: b["x"], TypeError, "buffer indices must be integers, not str"),
        (lambda b: b.__setitem__(9, b"x"), IndexError, "buffer assignment index out of range"),
        (lambda b: b.__setitem__(0, b"xx"), TypeError, "must assign a bytes of length 1, not bytes"),
        (lambda b: b.__setitem__(slice(0, 2), b"xyz"), ValueError, "right operand length must match slice length"),
        (lambda b: b.__delitem__(0), TypeError, "'del x\\[n\\]' not supported for buffer objects"),
        (lambda b: b < 5, TypeError, "not supported between instances of '_cffi_backend.buffer' and 'int'"),
        (hash, TypeError, "unhashable type: '_cffi_backend.buffer'"),
    ],
)
def test_buffer_errors(ffi, action, error, message):
    with pytest.raises(error, match=message):
        action(ffi.buffer(ffi.new("char[6]")))


def test_buffer_needs_memory(ffi):
    for wrong, message in [
        (5, "buffer[(][)] argument 1 must be _cffi_backend._CDataBase, not int"),
        (ffi.cast("int", 5), "expected a pointer or array cdata, got 'int'"),
        (ffi.cast("void *", 5), "don't know the size pointed to by 'void [*]'"),
        (ffi.cast("int(*)(int)", 5), "expected a pointer or array cdata"),
    ]:
        with pytest.raises(TypeError, match=message):
            ffi.buffer(wrong)


def test_buffer_keeps_the_memory(ffi):
    b = ffi.buffer(ffi.new("char[]", b"x" * 100000))
    gc.collect()
    ffi.new("char[]", b"y" * 100000)
    assert b[:] == b"x" * 100000 + b"\0"


def test_handles(ffi):
    o = [2, 3, 4]
    h = ffi.new_handle(o)
    assert ffi.typeof(h) is ffi.typeof("void *")
    assert ffi.from_handle(h) is o and ffi.from_handle(ffi.cast("char *", h)) is o
    assert ffi.new_handle(None) != ffi.new_handle(None)
    with pytest.raises(RuntimeError, match="NULL"):
        ffi.from_handle(ffi.NULL)
    with pytest.raises(TypeError):
        ffi.from_handle(5)


def test_addressof(ffi):
    ffi.cdef("struct in { int a, b; }; struct out { short s; struct in i[3]; };")
    p = ffi.new("struct out *")
    q = ffi.addressof(p[0], "i", 1, "b")
    assert ffi.typeof(q) is ffi.typeof("int *")
    q[0] = 77
    assert p.i[1].b == 77
    assert ffi.addressof(p[0]) == p
    assert ffi.addressof(p, "s") == ffi.cast("short *", p)
    array_ = ffi.new("int[10]")
    assert ffi.addressof(array_, 5) == array_ + 5
    assert ffi.typeof(ffi.addressof(array_)) is ffi.typeof("int(*)[10]")
    for wrong in (p, ffi.cast("int", 5), 5):
        with pytest.raises(TypeError):
            ffi.addressof(wrong)
    with pytest.raises(TypeError):
        ffi.addressof()
    with pytest.raises(KeyError):
        ffi.addressof(p, "nope")


def test_addressof_keeps_the_owner(ffi):
    ffi.cdef("struct pair { long first, second; };")
    q = ffi.addressof(ffi.new("struct pair *", [1, 2])[0], "second")
    gc.collect()
    junk = [ffi.new("struct pair *", [8, 9]) for _ in range(100)]
    assert q[0] == 2 and len(junk) == 100


def test_gc_and_release(ffi):
    seen = []
    p = ffi.gc(ffi.new("int *", 5), lambda x: seen.append(x[0]))
    assert p[0] == 5 and seen == []
    ffi.release(p)
    assert seen == [5]
    ffi.release(p)
    del p
    gc.collect()
    assert seen == [5]
    with ffi.gc(ffi.new("int *", 6), lambda x: seen.append(x[0])):
        assert seen == [5]
    assert seen == [5, 6]
    with pytest.raises(TypeError):
        ffi.gc(5, lambda x: None)
    with pytest.raises(TypeError):
        ffi.release(5)


def test_allocator(ffi):
    asked, freed = [], []

    def alloc(size):
        asked.append(size)
        return ffi.new("char[]", b"X" * size)

    new = ffi.new_allocator(alloc, freed.append, should_clear_after_alloc=False)
    p = new("int[]", 10)
    assert asked == [40] and p[3] == 0x58585858 and ffi.sizeof(p) == 40
    del p
    gc.collect()
    assert len(freed) == 1
    assert ffi.new_allocator(alloc)("int[10]")[5] == 0
    assert ffi.new_allocator()("int *", 7)[0] == 7
    with pytest.raises(TypeError, match="cannot pass 'free' without 'alloc'"):
        ffi.new_allocator(free=lambda x: None)
    with pytest.raises(TypeError, match="alloc[(][)] must return a cdata object [(]got int[)]"):
        ffi.new_allocator(lambda size: 42)("int[5]")
    with pytest.raises(MemoryError):
        ffi.new_allocator(lambda size: ffi.NULL)("int[5]")
    with pytest.raises(LookupError):
        ffi.new_allocator(lambda size: {}[size])("int[5]")


def test_callback_forms(ffi):
    assert ffi.callback("int(int)", lambda x: x + 42)(10) == 52
    assert ffi.callback("int(*)(int)", lambda x: x + 42)(10) == 52

    @ffi.callback("int(int)", error=-66)
    def fails(x):
        raise LookupError

    @ffi.callback("int(int)", onerror=lambda *args: seen.append(args))
    def reports(x):
        raise KeyError(x)

    seen = []
    assert reports(5) == 0
    exc, val, tb = seen[0]
    assert exc is KeyError and val.args == (5,) and tb.tb_frame.f_code.co_name == "reports"


def test_callback_refuses(ffi):
    with pytest.raises(TypeError, match="not callable"):
        ffi.callback("int(int)", 5)
    with pytest.raises(TypeError, match="onerror"):
        ffi.callback("int(int)", lambda x: x, onerror=42)
    with pytest.raises(TypeError):
        ffi.callback("int", lambda x: x)


def test_init_once(ffi):
    seen = []

    def init():
        seen.append(1)
        return len(seen)

    assert [ffi.init_once(init, "a"), ffi.init_once(init, "a"), ffi.init_once(init, "b")] == [1, 1, 2]

    def fails():
        seen.append("x")
        raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError):
            ffi.init_once(fails, "c")
    assert seen == [1, 1, "x", "x"]


def test_init_once_in_threads(ffi):
    started, results = threading.Event(), []

    def init():
        started.wait(5)
        return object()

    threads = [threading.Thread(target=lambda: results.append(ffi.init_once(init, "t"))) for _ in range(6)]
    for t in threads:
        t.start()
    started.set()
    for t in threads:
        t.join()
    assert len(results) == 6 and len(set(map(id, results))) == 1


def test_cycle_through_an_ffi_is_collected():
    from cdeffi import FFI

    ffi = FFI()
    ffi.cdef("int abs(int);")
    ffi.lib = ffi.dlopen(None)
    ffi.function = ffi.lib.abs
    ffi.itself = ffi
    ref = weakref.ref(ffi)
    del ffi
    gc.collect()
    assert ref() is None
