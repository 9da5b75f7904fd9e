"""Arrays and pointers: items, slices, iteration, arithmetic, comparison."""
import pytest

import cdeffi

FFI = cdeffi.FFI()


def test_items():
    a = FFI.new("int[3]", [1, 2, 3])
    assert (a[0], a[2], len(a), list(a)) == (1, 3, 3, [1, 2, 3])
    a[1] = 7
    assert a[1] == 7
    with pytest.raises(IndexError, match="negative index"):
        a[-1]
    with pytest.raises(IndexError, match=r"index too large for cdata 'int\[3\]' \(expected 3 < 3\)"):
        a[3]
    for bad in (1 << 70, -(1 << 70)):
        with pytest.raises(IndexError):
            a[bad] = 1
    for bad in (None, "0", 1.0, FFI.cast("int", 1)):
        with pytest.raises(TypeError):
            a[bad]
    with pytest.raises(TypeError, match=r"'del x\[n\]' not supported for cdata objects"):
        del a[0]
    assert a[True] == 7 and list(a) == [1, 7, 3]


def test_new_arrays():
    assert repr(FFI.new("int[]", 3)) == "<cdata 'int[]' owning 12 bytes>"
    assert repr(FFI.new("int[3]")) == "<cdata 'int[3]' owning 12 bytes>"
    assert list(FFI.new("int[4]", (1, 2))) == [1, 2, 0, 0]
    assert len(FFI.new("int[]", [])) == 0 and len(FFI.new("int[]", 0)) == 0
    assert list(FFI.new("int[3]", FFI.new("int[3]", [4, 5, 6]))) == [4, 5, 6]
    for bad, error in ((-1, ValueError), (1 << 62, OverflowError), (1 << 64, OverflowError), (None, TypeError), (1.5, TypeError),
                       ("abc", TypeError), ({}, TypeError), (range(3), TypeError)):
        with pytest.raises(error):
            FFI.new("int[]", bad)
    with pytest.raises(IndexError, match=r"too many initializers for 'int\[2\]' \(got 3\)"):
        FFI.new("int[2]", [1, 2, 3])
    with pytest.raises(MemoryError):
        FFI.new("char[]", (1 << 63) - 8)
    with pytest.raises(TypeError, match="expected a pointer or array ctype, got 'int'"):
        FFI.new("int")


def test_nested():
    a = FFI.new("int[2][3]", [[1, 2, 3], [4]])
    assert [list(row) for row in a] == [[1, 2, 3], [4, 0, 0]]
    a[1][2] = 9
    a[0] = [7]
    assert [list(row) for row in a] == [[7, 2, 3], [4, 0, 9]]
    assert FFI.typeof(a[0]) is FFI.typeof("int[3]")
    with pytest.raises(IndexError):
        a[0] = [1, 2, 3, 4]


def test_pointer_items():
    p = FFI.new("int *", 5)
    assert p[0] == 5
    for i in (1, -1):
        with pytest.raises(IndexError, match="cdata 'int \\*' can only be indexed by 0"):
            p[i]
    a = FFI.new("int[]", [1, 2, 3])
    q = a + 1
    assert (q[-1], q[0], q[1]) == (1, 2, 3)
    q[1] = 8
    assert a[2] == 8
    null = FFI.cast("int *", 0)
    for operation in (lambda: null[0], lambda: null.__setitem__(0, 1), lambda: null[5]):
        with pytest.raises(RuntimeError, match="cannot dereference null pointer from cdata 'int \\*'"):
            operation()
    array = FFI.cast("int[3]", 0)
    for operation in (lambda: array[0], lambda: list(array), lambda: array.__setitem__(slice(0, 1), [1])):
        with pytest.raises(RuntimeError):
            operation()
    with pytest.raises(TypeError, match="cdata 'void' is opaque"):
        FFI.cast("void *", 64)[0]
    with pytest.raises(TypeError):
        FFI.cast("void *", 64)[0] = 1
    with pytest.raises(TypeError, match="cdata of type 'int' cannot be indexed"):
        FFI.cast("int", 1)[0]


def test_slices():
    a = FFI.new("int[5]", [1, 2, 3, 4, 5])
    s = a[1:4]
    assert repr(s) == "<cdata 'int[]' sliced length 3>" and list(s) == [2, 3, 4] and FFI.sizeof(s) == 12
    s[0] = 9
    assert a[1] == 9
    assert list((a + 2)[-1:1]) == [9, 3] and list(a[2:2]) == []
    a[0:2] = [7, 8]
    a[3:5] = (n for n in (1, 0))
    assert list(a) == [7, 8, 3, 1, 0]
    a[1:5] = a[0:4]  # overlapping
    assert list(a) == [7, 7, 8, 3, 1]
    for bad, message in ((slice(None, 2), "slice start must be specified"), (slice(1, None), "slice stop must be specified"),
                         (slice(0, 2, 1), "slice with step not supported"), (slice(3, 2), "slice start > stop"),
                         (slice(-1, 2), "negative index"), (slice(0, 6), r"index too large \(expected 6 <= 5\)")):
        with pytest.raises(IndexError, match=message):
            a[bad]
        with pytest.raises(IndexError, match=message):
            a[bad] = [1]
    with pytest.raises(ValueError, match="need 2 values to unpack, got 1"):
        a[0:2] = [1]
    with pytest.raises(ValueError, match="got more than 2 values to unpack"):
        a[0:2] = [1, 2, 3]
    with pytest.raises(TypeError):
        a[0:2] = 5
    with pytest.raises(TypeError):
        del a[0:2]
    with pytest.raises(ValueError, match="array item of unknown size: 'void'"):
        FFI.cast("void *", 64)[0:2]
    with pytest.raises(OverflowError):
        FFI.cast("int *", 64)[0:1 << 62]


def test_slices_of_characters():
    c = FFI.new("char[]", b"hello")
    c[0:2] = b"HE"
    c[2:4] = bytearray(b"LL")
    assert FFI.string(c) == b"HELLo"
    c[0:2] = [b"x", b"y"]
    with pytest.raises(ValueError, match="need a string of length 2, got 3"):
        c[0:2] = b"abc"
    w = FFI.new("wchar_t[]", "hello")
    w[0:2] = "HE"
    assert FFI.string(w) == "HEllo"
    u = FFI.new("uint8_t[3]")
    u[0:3] = b"\1\2\3"
    assert list(u) == [1, 2, 3]


def test_iteration():
    a = FFI.new("short[3]", [1, 2, 3])
    it = iter(a)
    assert iter(it) is it and it.__length_hint__() == 3
    assert next(it) == 1 and it.__length_hint__() == 2 and list(it) == [2, 3]
    with pytest.raises(StopIteration):
        next(it)
    for bad in (FFI.new("int *"), FFI.cast("int", 3)):
        with pytest.raises(TypeError, match="does not support iteration"):
            iter(bad)
    assert len(list(FFI.new("int[0][4]"))) == 0 and 2 in a and 9 not in a
    x, y, z = a
    assert (x, y, z) == (1, 2, 3)


def test_iteration_over_released_memory_stays_where_it_is():
    a = FFI.from_buffer("short[]", bytearray(6))
    it = iter(a)
    assert next(it) == 0
    FFI.release(a)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="its buffer was released"):
            next(it)
        assert it.__length_hint__() == 2


def test_arithmetic():
    a = FFI.new("int[5]", [0, 10, 20, 30, 40])
    p = a + 2
    assert FFI.typeof(p) is FFI.typeof("int *") and p[0] == 20
    assert (1 + p)[0] == 30 and (p - 1)[0] == 10 and (p + True)[0] == 30
    assert p - a == 2 and (a + 0) - p == -2 and p - p == 0
    for operation in (lambda: p + 1.5, lambda: p + "1", lambda: p + p, lambda: 1 - p, lambda: p * 2, lambda: -p,
                      lambda: p - FFI.new("char *"), lambda: a - a, lambda: p + FFI.cast("int", 1), lambda: p % 2):
        with pytest.raises(TypeError):
            operation()
    with pytest.raises(OverflowError):
        p + (1 << 70)
    raw = FFI.cast("int *", 17)
    with pytest.raises(ValueError, match="not a multiple of the item size"):
        raw - FFI.cast("int *", 8)
    v = FFI.cast("void *", 100)
    assert v + 3 == FFI.cast("void *", 103) and (v + 3) - v == 3


def test_comparison():
    a = FFI.new("int[3]")
    assert a == a + 0 and a + 1 > a and a <= a + 0 and a != a + 1 and not a == a + 1
    assert a == FFI.cast("char *", a) and hash(a) == hash(a + 0) == hash(FFI.cast("void *", a))
    assert a != None and a != 0 and FFI.NULL == FFI.cast("int *", 0) and not FFI.NULL  # noqa: E711
    assert bool(a) and bool(FFI.new("int[0]"))
    for other in (0, FFI.cast("int", 0), "x"):
        with pytest.raises(TypeError):
            a < other
    assert FFI.cast("char *", (1 << 64) - 1) > FFI.cast("char *", 1)  # addresses are unsigned


def test_pointer_conversions():
    ints, void, chars = FFI.new("int[2]", [1, 2]), FFI.new("void **"), FFI.new("char *", b"x")
    pp = FFI.new("int **", ints)
    assert pp[0] == ints and pp[0][1] == 2
    void[0] = ints
    void[0] = pp
    pp[0] = FFI.cast("void *", ints)
    pp[0] = FFI.NULL
    cp = FFI.new("char **", FFI.new("unsigned char *"))
    for target, value in ((cp, ints), (pp, chars)):
        with pytest.raises(TypeError, match="implicit cast (to|from) 'char \\*'"):
            target[0] = value
    with pytest.raises(TypeError, match=r"initializer for ctype 'int \*' must be a pointer to same type, not cdata 'short \*'"):
        pp[0] = FFI.new("short *")
    with pytest.raises(TypeError, match=r"initializer for ctype 'int \*' must be a pointer to same type, not cdata 'int\[2\]\[2\]'"):
        pp[0] = FFI.new("int[2][2]")
    with pytest.raises(TypeError, match="initializer for ctype 'char \\*' must be a cdata pointer, not bytes"):
        cp[0] = b"text"
    with pytest.raises(TypeError, match="must be a pointer or array, not cdata 'int'"):
        pp[0] = FFI.cast("int", 0)
    assert pp[0] == FFI.NULL


def test_casts():
    assert repr(FFI.cast("int *", -1)) == "<cdata 'int *' 0xffffffffffffffff>"
    assert FFI.cast("int *", (1 << 70) + 5) == FFI.cast("void *", 5)
    a = FFI.new("int[3]", [1, 2, 3])
    assert int(FFI.cast("uintptr_t", a)) == int(FFI.cast("intptr_t", FFI.cast("void *", a)))
    assert list(FFI.cast("int[2]", a)) == [1, 2] and FFI.cast("short *", a)[2] == 2
    assert repr(FFI.cast("int(*)(int)", 5)) == "<cdata 'int(*)(int)' 0x5>"
    for ctype, message in (("int[]", r"cannot cast to ctype 'int\[\]'"), ("void", "cannot cast to ctype 'void'")):
        with pytest.raises(TypeError, match=message):
            FFI.cast(ctype, a)
    for bad in ("x", None, b"x", []):
        with pytest.raises(TypeError):
            FFI.cast("int *", bad)
    with pytest.raises(TypeError, match="cannot cast ctype 'int \\*' to ctype 'double'"):
        FFI.cast("double", a + 0)


def test_vectors():
    ffi = cdeffi.FFI()
    ffi.cdef("typedef float v4 __attribute__((vector_size(16)));")
    v = ffi.new("v4 *", [1, 2])
    assert list(v[0]) == [1.0, 2.0, 0.0, 0.0] and len(v[0]) == 4 and ffi.typeof("v4").kind == "vector"
    v[0][3] = 4
    assert v[0][3] == 4.0
    with pytest.raises(IndexError):
        v[0] = [1] * 5
    assert int(ffi.cast("uintptr_t", v)) % 16 == 0


@pytest.mark.parametrize("align", [16, 32, 64, 4096])
def test_alignment_of_new(align):
    ffi = cdeffi.FFI()
    ffi.cdef("struct s { _Alignas(%d) char c; };" % align)
    kept = [ffi.new(ctype) for ctype in ("struct s *", "struct s[3]") for _ in range(20)]
    assert {int(ffi.cast("uintptr_t", p)) % align for p in kept} == {0}
    kept[0].c = b"x"
    assert kept[0].c == b"x"


def test_memory_is_zeroed_each_time():
    for _ in range(100):
        a = FFI.new("unsigned char[64]")
        assert not any(a)
        FFI.buffer(a)[:] = b"\xff" * 64


def test_no_instances_and_no_subclasses():
    for type_ in {type(FFI.new("int *")), FFI.CData, FFI.CType, type(FFI.new("struct {int x;} *")), type(FFI.gc(FFI.new("int *"), id))}:
        with pytest.raises(TypeError):
            type_()
        with pytest.raises(TypeError):
            object.__new__(type_)
        with pytest.raises(TypeError):
            type("Sub", (type_,), {})
    assert isinstance(FFI.new("int *"), FFI.CData) and isinstance(FFI.new("int[2]")[0:1], FFI.CData)


def test_not_pickled():
    import pickle

    with pytest.raises(TypeError):
        pickle.dumps(FFI.new("int *"))
