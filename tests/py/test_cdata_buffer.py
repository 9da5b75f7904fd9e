"""memoryview(cdata), numpy.asarray(cdata) and __array_interface__."""
import struct

import pytest

import cdeffi

CDEF = """
struct in { char c; double d; };
union u { int i; double d; };
enum e { A };
struct s { char a; int b; struct in in_[2]; short m[2][3]; void *p; int f1 : 3, f2 : 9; union u u;
           struct { float x; union { int y; char z; }; }; __int128 big; _Bool ok; wchar_t w[4]; enum e e; };
struct opaque;
struct flex { int n; int items[]; };
"""


@pytest.fixture
def ffi():
    ffi = cdeffi.FFI()
    ffi.cdef(CDEF)
    return ffi


CODES = {"signed char": "b", "unsigned char": "B", "short": "h", "unsigned short": "H", "int": "i", "unsigned": "I", "long": "l",
         "unsigned long": "L", "long long": "l", "float": "f", "double": "d", "_Bool": "?", "char": "c", "int8_t": "b", "size_t": "L"}


@pytest.mark.parametrize("ctype", CODES)
def test_formats(ffi, ctype):
    a = ffi.new(ctype + "[3]")
    a[1] = b"\1" if ctype == "char" else 1
    m = memoryview(a)
    assert (m.format, m.shape, m.strides, m.itemsize, m.nbytes) == (CODES[ctype], (3,), (ffi.sizeof(ctype),), ffi.sizeof(ctype), ffi.sizeof(a))
    assert m.tolist() == list(a) and not m.readonly and m.contiguous and m.obj is a
    assert m.tobytes() == struct.pack("=3" + CODES[ctype].replace("l", "q").replace("L", "Q"), *a) if ctype != "char" else b"\0\1\0"
    m[0] = m[1]
    assert a[0] == a[1]


def test_dimensions(ffi):
    a = ffi.new("int[2][3]", [[1, 2, 3], [4, 5, 6]])
    m = memoryview(a)
    assert (m.ndim, m.shape, m.strides, m.tolist()) == (2, (2, 3), (12, 4), [[1, 2, 3], [4, 5, 6]])
    assert memoryview(a[1]).tolist() == [4, 5, 6] and memoryview(a[0:1]).shape == (1, 3)
    assert memoryview(ffi.new("short[]", [1, 2])[1:2]).tolist() == [2]
    assert memoryview(ffi.new("int[0]")).tolist() == [] and memoryview(ffi.new("int[]", 0)).nbytes == 0
    m[1, 2] = 9
    assert a[1][2] == 9


def test_contiguity(ffi):
    _testbuffer = pytest.importorskip("_testbuffer")  # CPython's own, not installed everywhere
    m = _testbuffer.ndarray(ffi.new("int[2][3]"), getbuf=_testbuffer.PyBUF_FULL_RO)
    assert m.c_contiguous and not m.f_contiguous
    with pytest.raises(BufferError):
        _testbuffer.ndarray(ffi.new("int[2][3]"), getbuf=_testbuffer.PyBUF_F_CONTIGUOUS)
    simple = _testbuffer.ndarray(ffi.new("int[2]"), getbuf=_testbuffer.PyBUF_SIMPLE)
    assert simple.nbytes == 8 and simple.format == ""


def test_structs(ffi):
    m = memoryview(ffi.new("struct in *")[0])
    assert (m.format, m.ndim, m.nbytes) == ("^T{c:c:7xd:d:}", 0, 16)
    assert memoryview(ffi.new("struct in[2]")).format == m.format
    assert memoryview(ffi.new("struct s *")[0]).format == (
        "^T{c:a:3xi:b:(2)T{c:c:7xd:d:}:in_:(2,3)h:m:4xL:p:8x(8)B:u:f:x:i:y:8x(16)B:big:?:ok:3x(4)w:w:I:e:8x}")
    assert memoryview(ffi.new("struct flex *", [1, [2, 3]])[0]).nbytes == 12
    for bytes_only in ("union u[2]", "__int128[2]"):
        m = memoryview(ffi.new(bytes_only))
        assert (m.format, m.shape) == ("B", (ffi.sizeof(bytes_only),))


def test_what_has_no_buffer(ffi):
    for bad in (ffi.new("int *"), ffi.cast("int", 3), ffi.NULL, ffi.cast("int[3]", 0), ffi.cast("struct opaque *", 64)[0], ffi.new("struct in *")):
        with pytest.raises((BufferError, TypeError)):
            memoryview(bad)
        assert not hasattr(bad, "__array_interface__")


def test_read_only(ffi):
    p = ffi.from_buffer("int[2]", b"12345678")
    assert memoryview(p).readonly and memoryview(p[0:1]).readonly and p.__array_interface__["data"][1] is True
    with pytest.raises(BufferError):
        ffi.from_buffer("int[2]", p, require_writable=True)
    assert not memoryview(ffi.from_buffer("int[2]", bytearray(8))).readonly


def test_other_users_of_buffers(ffi):
    a = ffi.new("unsigned char[]", b"abc")
    assert bytes(a) == b"abc\0" == bytearray(a) and b"x".join([a, a]) == b"abc\0xabc\0"
    assert bytes(ffi.new("char[2]", b"ab")) == b"ab"
    assert struct.unpack_from("<i", ffi.new("int[1]", [258])) == (258,)
    assert list(ffi.from_buffer("short[]", ffi.new("int[1]", [1]))) == [1, 0]


def test_numpy(ffi):
    numpy = pytest.importorskip("numpy")

    class Interface:
        def __init__(self, interface):
            self.__array_interface__ = interface

    for ctype, dtype in (("int[3][4]", "int32"), ("double[5]", "float64"), ("_Bool[3]", "bool"), ("float _Complex[2]", "complex64"),
                         ("uint8_t[2]", "uint8"), ("char[4]", "S1"), ("wchar_t[3]", "U1"), ("long double[2]", "longdouble"), ("int *[2]", "uint64")):
        a = ffi.new(ctype)
        n = numpy.asarray(a)
        assert n.dtype == dtype and n.ctypes.data == int(ffi.cast("uintptr_t", a))
        other = numpy.asarray(Interface(a.__array_interface__))
        assert other.dtype == n.dtype and other.shape == n.shape and other.ctypes.data == n.ctypes.data
    n = numpy.asarray(ffi.new("int[]", [1, 2, 3]))
    n[1] = 9
    assert n.sum() == 13 and ffi.from_buffer("int[]", n)[1] == 9
    s = ffi.new("struct s *", {"b": 7, "in_": [[], [b"c", 2.5]], "m": [[1, 2, 3]]})
    for n in (numpy.asarray(s[0]), numpy.asarray(Interface(s[0].__array_interface__))):
        assert n.shape == () and n["b"] == 7 and n["in_"]["d"][1] == 2.5 and n["m"].tolist() == [[1, 2, 3], [0, 0, 0]]
        assert n.dtype.itemsize == ffi.sizeof("struct s") and n.dtype.fields["y"][1] == ffi.offsetof("struct s", "y")
