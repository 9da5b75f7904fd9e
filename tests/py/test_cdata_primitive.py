"""Primitive values: what goes in, what comes out, what is refused."""
import decimal
import math
import struct
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cdeffi

FFI = cdeffi.FFI()

# C type -> (struct code, bits, signed)
INTEGERS = {
    "signed char": (8, True), "unsigned char": (8, False), "short": (16, True), "unsigned short": (16, False),
    "int": (32, True), "unsigned int": (32, False), "long": (64, True), "unsigned long": (64, False),
    "long long": (64, True), "unsigned long long": (64, False), "int8_t": (8, True), "uint16_t": (16, False),
    "int32_t": (32, True), "uint64_t": (64, False), "size_t": (64, False), "ssize_t": (64, True),
    "intptr_t": (64, True), "__int128": (128, True), "unsigned __int128": (128, False), "_BitInt(7)": (7, True),
    "unsigned _BitInt(1)": (1, False), "_BitInt(65)": (65, True), "unsigned _BitInt(200)": (200, False),
}


def limits(bits, signed):
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)


class Int:
    def __init__(self, value):
        self.value = value

    def __int__(self):
        return self.value


class Index(Int):
    __int__ = None

    def __index__(self):
        return self.value


@pytest.mark.parametrize("ctype", INTEGERS)
def test_integer_range(ctype):
    low, high = limits(*INTEGERS[ctype])
    p = FFI.new(ctype + " *")
    for value in (low, high, 0, 1, low // 2, high // 3):
        p[0] = value
        assert p[0] == value and type(p[0]) is int
        assert int(FFI.cast(ctype, value)) == value
    for value in (low - 1, high + 1, -(1 << 300), 1 << 300):
        p[0] = 1
        with pytest.raises(OverflowError):
            p[0] = value
        assert p[0] == 1  # nothing was written


@given(st.sampled_from(sorted(INTEGERS)), st.integers(min_value=-(1 << 256), max_value=1 << 256))
def test_integer_cast_wraps(ctype, value):
    bits, signed = INTEGERS[ctype]
    low, _ = limits(bits, signed)
    assert int(FFI.cast(ctype, value)) == (value - low) % (1 << bits) + low


@given(st.sampled_from(sorted(INTEGERS)), st.data())
def test_integer_round_trip(ctype, data):
    value = data.draw(st.integers(*limits(*INTEGERS[ctype])))
    array = FFI.new(ctype + "[3]", [0, value, 0])
    assert list(array) == [0, value, 0]
    assert FFI.unpack(array, 3) == [0, value, 0]


@pytest.mark.parametrize(
    "ctype, value, message",
    [
        ("unsigned char", 300, "integer 300 does not fit 'unsigned char'"),
        ("signed char", -129, "integer -129 does not fit 'signed char'"),
        ("int", 1 << 31, "integer 2147483648 does not fit 'int'"),
        ("uint16_t", 65536, "integer 65536 does not fit 'uint16_t'"),
        ("unsigned char", -1, "can't convert negative number to unsigned"),
        ("unsigned long", -1, "can't convert negative number to unsigned"),
        ("_Bool", 2, "integer 2 does not fit '_Bool'"),
        ("__int128", 1 << 127, "integer %d does not fit '__int128'" % (1 << 127)),
    ],
)
def test_overflow_messages(ctype, value, message):
    with pytest.raises(OverflowError) as e:
        FFI.new(ctype + " *", value)
    assert str(e.value) == message


def test_overflow_beyond_64_bits():
    for ctype, value in (("int", 1 << 64), ("long", 1 << 63), ("unsigned long", 1 << 64), ("long", -(1 << 63) - 1)):
        with pytest.raises(OverflowError):
            FFI.new(ctype + " *", value)


def test_integers_take_what_has_int_but_no_floats():
    p = FFI.new("int *")
    for value in (Int(7), FFI.cast("short", 7), FFI.cast("char", 7), decimal.Decimal("7.9")):
        p[0] = 0
        p[0] = value
        assert p[0] == 7
    for value in (7.0, FFI.cast("double", 7), FFI.cast("long double", 7), "7", b"7", None, [7], 7j, Index(7)):
        with pytest.raises(TypeError):
            p[0] = value
    with pytest.raises(TypeError, match="int\\(\\) not supported on cdata 'int \\*'"):
        p[0] = p
    with pytest.raises(TypeError, match="integer conversion failed|__int__ returned non-int"):
        p[0] = Int("7")


def test_exceptions_of_int_pass():
    class Bad:
        def __int__(self):
            raise ZeroDivisionError("here")

    with pytest.raises(ZeroDivisionError, match="here"):
        FFI.new("int *", Bad())


def test_bool():
    p = FFI.new("_Bool *")
    for value, expected in ((True, True), (False, False), (1, True), (0, False), (Int(1), True)):
        p[0] = value
        assert p[0] is expected
    for value in (2, -1, 1 << 70):
        with pytest.raises(OverflowError):
            p[0] = value
    with pytest.raises(TypeError):
        p[0] = 1.0
    for value, expected in ((0.3, True), (0.0, False), (1 << 70, True), ("\0", False), (b"x", True), (float("nan"), True)):
        assert bool(FFI.cast("_Bool", value)) is expected
    assert int(FFI.cast("_Bool", 5)) == 1 and type(int(FFI.cast("_Bool", 5))) is int
    FFI.cast("char *", p)[0] = b"\x02"
    with pytest.raises(ValueError, match="got a _Bool of value 2, expected 0 or 1"):
        p[0]


FLOATS = {"float": "f", "double": "d", "_Float16": "e", "_Float32": "f", "_Float64": "d", "_Float32x": "d"}


def rounded(code, value):
    try:
        return struct.unpack(code, struct.pack(code, value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)


@given(st.sampled_from(sorted(FLOATS)), st.floats())
def test_float_round_trip(ctype, value):
    p = FFI.new(ctype + " *", value)
    expected = rounded(FLOATS[ctype], value)
    assert p[0] == expected or math.isnan(p[0]) and math.isnan(expected)
    assert math.copysign(1, p[0]) == math.copysign(1, value)
    cast = float(FFI.cast(ctype, value))
    assert cast == expected or math.isnan(cast) and math.isnan(expected)


@given(st.floats(width=32))
def test_bfloat16_is_the_upper_half_of_float(value):
    p = FFI.new("__bf16 *", value)
    if math.isnan(value):
        assert math.isnan(p[0])
        return
    bits = struct.unpack("<I", struct.pack("<f", value))[0]
    down, up = bits & 0xFFFF0000, (bits & 0xFFFF0000) + 0x10000
    near = down if bits - down < 0x8000 or (bits - down == 0x8000 and not bits & 0x10000) else up
    assert p[0] == struct.unpack("<f", struct.pack("<I", near))[0]


def test_float_sources():
    p = FFI.new("double *")
    for value in (3, True, FFI.cast("float", 3), FFI.cast("long double", 3), decimal.Decimal("3.5")):
        p[0] = value
        assert p[0] == float(value) and type(p[0]) is float
    for value in (Int(3), "3", b"3", None, 3j, FFI.cast("int", 3), FFI.cast("char", 3)):
        with pytest.raises(TypeError):
            p[0] = value
    with pytest.raises(OverflowError):
        p[0] = 1 << 5000
    with pytest.raises(TypeError, match="float\\(\\) not supported on cdata 'int'"):
        float(FFI.cast("int", 3))


def test_float_cast_from_characters_and_integers():
    assert float(FFI.cast("double", b"A")) == 65.0
    assert float(FFI.cast("float", "\u1234")) == 0x1234
    assert float(FFI.cast("double", FFI.cast("int", -3))) == -3.0
    assert float(FFI.cast("double", FFI.cast("char", 66))) == 66.0
    assert int(FFI.cast("int", -2.9)) == -2
    for bad in (b"AB", "", None, FFI.new("int *")):
        with pytest.raises(TypeError):
            FFI.cast("double", bad)


@pytest.mark.parametrize("ctype", ["long double", "_Float64x"])
def test_long_double_keeps_its_precision(ctype):
    p = FFI.new(ctype + " *")
    FFI.buffer(p)[:] = FFI.buffer(FFI.new("long double *", 1.0))[:]
    raw = bytearray(FFI.buffer(p)[:])
    if sys.platform.startswith("linux") and raw[7] == 0x80:  # x87: the lowest bit of the significand
        raw[0] = 1
    FFI.buffer(p)[:] = bytes(raw)
    value = p[0]
    assert FFI.typeof(value) is FFI.typeof(ctype)
    assert repr(value) == "<cdata '%s' 1.000000E+00>" % ctype
    copy = FFI.new(ctype + " *", value)
    assert FFI.buffer(copy)[:] == FFI.buffer(p)[:]
    assert FFI.buffer(FFI.new(ctype + " *", FFI.cast(ctype, value)))[:] == FFI.buffer(p)[:]
    assert float(value) == 1.0 and int(value) == 1 and bool(value)
    assert not FFI.cast(ctype, 0)
    with pytest.raises(NotImplementedError):
        value == 1.0
    with pytest.raises(NotImplementedError):
        value < value
    assert isinstance(hash(value), int)


def test_long_double_padding_is_clean():
    assert bytes(FFI.buffer(FFI.new("long double *", 1.5)))[10:] == bytes(6)


def test_binary128():
    p = FFI.new("_Float128 *")
    for value in (0.1, -0.0, 1e308, 5e-324, math.inf):
        p[0] = value
        assert p[0] == value
    assert bytes(FFI.buffer(FFI.new("_Float128 *", -2.0))) == b"\0" * 14 + b"\x00\xc0"


@pytest.mark.parametrize("ctype", ["float _Complex", "double _Complex", "long double _Complex", "_Float16 _Complex"])
def test_complex(ctype):
    p = FFI.new(ctype + " *", 1.5 - 2j)
    assert p[0] == 1.5 - 2j and type(p[0]) is complex
    p[0] = 3
    assert p[0] == 3
    value = FFI.cast(ctype, 2 - 1j)
    assert complex(value) == 2 - 1j and value == 2 - 1j and hash(value) == hash(2 - 1j) and bool(value)
    assert not FFI.cast(ctype, 0)
    with pytest.raises(TypeError):
        float(value)
    with pytest.raises(TypeError):
        int(value)
    with pytest.raises(TypeError):
        p[0] = "1"
    assert p[0] == 3


def test_complex_of_others():
    for ctype in ("int", "double"):
        with pytest.raises(TypeError, match="complex\\(\\) not supported on cdata '%s'" % ctype):
            complex(FFI.cast(ctype, 1))


def test_nullptr_t_is_null_and_nothing_else():
    nullptr_t = FFI.typeof("nullptr_t")
    assert nullptr_t is FFI.typeof("typeof(nullptr)") is FFI.typeof(nullptr_t.cname) is not FFI.typeof("void *")
    assert (nullptr_t.kind, nullptr_t.item.cname, FFI.sizeof(nullptr_t)) == ("pointer", "void", FFI.sizeof("void *"))
    null = FFI.cast("nullptr_t", 0)
    assert repr(null) == "<cdata 'nullptr_t' NULL>" and not null and null == FFI.NULL and hash(null) == hash(FFI.NULL)
    assert FFI.cast("nullptr_t", FFI.NULL) == FFI.cast("int *", null) == FFI.new("char **", null)[0] == FFI.NULL
    assert int(FFI.cast("bool", null)) == 0
    p = FFI.new("nullptr_t *", FFI.cast("int *", 0))
    FFI.cast("void **", p)[0] = FFI.cast("void *", 77)
    assert p[0] == FFI.NULL
    other = FFI.new("int *")
    for value in (other, FFI.cast("void *", 1), None, 0, b""):
        with pytest.raises(TypeError, match="initializer for ctype 'nullptr_t' must be a (cdata|null) pointer, not"):
            p[0] = value
    for value in (1, other, "x"):
        with pytest.raises(TypeError, match="cannot cast|integer"):
            FFI.cast("nullptr_t", value)
    for wrong in (lambda: null + 1, lambda: null - 1, lambda: null - null, lambda: FFI.new("nullptr_t"),
                  lambda: FFI.from_buffer("nullptr_t", b""), lambda: FFI.string(null)):
        with pytest.raises(TypeError):
            wrong()


def test_decimal_types_are_refused():
    p = FFI.new("_Decimal64 *")
    with pytest.raises(NotImplementedError, match="_Decimal64"):
        p[0] = 1.5
    with pytest.raises(NotImplementedError, match="_Decimal64"):
        p[0]


def test_enum():
    ffi = cdeffi.FFI()
    ffi.cdef("enum e {A, B = 7, C = 7, D = -3}; enum u {X, Y}; enum big {HUGE_ONE = 0x8000000000000000};")
    p = ffi.new("enum e *", 7)
    assert p[0] == 7
    with pytest.raises(TypeError):
        p[0] = "B"
    with pytest.raises(OverflowError, match="integer 2147483648 does not fit 'enum e'"):
        p[0] = 1 << 31
    with pytest.raises(OverflowError):
        ffi.new("enum u *", -1)
    assert repr(ffi.cast("enum e", 7)) == "<cdata 'enum e' 7: B>"
    assert repr(ffi.cast("enum e", 5)) == "<cdata 'enum e' 5>"
    assert repr(ffi.cast("enum e", -3)) == "<cdata 'enum e' -3: D>"
    assert [ffi.string(ffi.cast("enum e", n)) for n in (0, 7, -3, 4)] == ["A", "B", "D", "4"]
    assert ffi.string(ffi.cast("enum big", 1 << 63)) == "HUGE_ONE"
    assert int(ffi.cast("enum u", -1)) == (1 << 32) - 1
    assert ffi.cast("enum e", 7) == 7 and hash(ffi.cast("enum e", 7)) == 7
    assert ffi.typeof("enum e").elements == {0: "A", 7: "B", -3: "D"}
    assert ffi.typeof("enum e").relements == {"A": 0, "B": 7, "C": 7, "D": -3}


def test_enum_only_declared_counts_as_unsigned_int():
    ffi = cdeffi.FFI()
    ffi.cdef("enum later;")
    with pytest.warns(UserWarning, match="'enum later' has no values explicitly defined"):
        value = ffi.cast("enum later", -1)
    assert int(value) == (1 << 32) - 1 and ffi.sizeof(value) == 4 and bool(value)
    ffi.cdef("enum later {L = -1};")
    assert repr(ffi.cast("enum later", -1)) == "<cdata 'enum later' -1: L>"


@pytest.mark.filterwarnings("ignore:.*has no values explicitly defined")
def test_enum_only_declared_has_a_size_where_one_is_needed():
    """As in cffi: programs declare functions that take enums whose values they do not name."""
    ffi = cdeffi.FFI()
    ffi.cdef("enum a; enum b; enum c; enum d; enum e; enum f; enum g; enum h; int snprintf(char *, size_t, const char *, ...);")
    assert ffi.callback("enum a(enum a, const enum b)", lambda x, y: x + y)(4, 5) == 9
    assert ffi.sizeof("enum c") == ffi.alignof("enum c") == 4 and ffi.typeof("enum c").elements == {}
    with pytest.raises(OverflowError, match="can't convert negative number to unsigned"):
        ffi.new("enum d *", -1)
    assert ffi.new("enum d *", 5)[0] == 5 and list(ffi.new("enum d[]", [1, 2])) == [1, 2]
    numbers = ffi.new("unsigned[3]", [7, 8, 9])
    p = ffi.cast("enum e *", numbers)
    assert p[1] == 8 and (p + 1) - p == 1 and ffi.unpack(p, 2) == [7, 8]
    assert list(ffi.cast("enum f *", numbers)[1:3]) == [8, 9] and len(ffi.buffer(ffi.cast("enum h *", numbers))) == 4
    buf = ffi.new("char[9]")
    assert ffi.dlopen(None).snprintf(buf, 9, b"%u", ffi.cast("enum g", 12)) == 2 and ffi.string(buf) == b"12"


def test_enum_only_declared_in_members():
    ffi = cdeffi.FFI()
    with pytest.raises(cdeffi.CDefError, match="zzz"):
        ffi.cdef("enum e; struct s { enum e x; zzz y; };")
    ffi.cdef("enum e { MINUS = -1 };")  # the failed cdef has left nothing behind
    assert int(ffi.cast("enum e", -1)) == -1
    ffi.cdef("enum z; enum y; typedef struct { char c; enum z a; enum y b : 3; enum z many[2]; } s;")
    assert ffi.sizeof("s") == 20
    s = ffi.new("s *", [b"c", 1, 7, [2, 3]])
    assert (s.a, s.b, list(s.many)) == (1, 7, [2, 3])
    with pytest.raises(OverflowError):
        s.b = 8
    ffi.cdef("enum z { NONE, ONE };")
    assert ffi.string(ffi.cast("enum z", s.a)) == "ONE"
    with pytest.raises(cdeffi.CDefError):
        ffi.cdef("enum y { BELOW = -1 };")


@pytest.mark.parametrize(
    "ctype, value, text",
    [
        ("int", 5, "<cdata 'int' 5>"), ("double", 1.5, "<cdata 'double' 1.5>"), ("char", b"x", "<cdata 'char' b'x'>"),
        ("wchar_t", "x", "<cdata 'wchar_t' 'x'>"), ("_Bool", 1, "<cdata '_Bool' True>"),
        ("long double", -0.1, "<cdata 'long double' -1.000000E-01>"), ("char32_t", -1, "<cdata 'char32_t' 4294967295>"),
    ],
)
def test_repr(ctype, value, text):
    assert repr(FFI.cast(ctype, value)) == text == str(FFI.cast(ctype, value))


def test_comparison_is_by_value():
    five = FFI.cast("int", 5)
    assert five == 5 and five == 5.0 and five == FFI.cast("double", 5) and not five != 5
    assert five < 6 and 4 < five and five <= FFI.cast("short", 5) and five >= 5.0
    assert five != "5" and five != None and five != FFI.cast("int *", 5)  # noqa: E711
    assert {five: 1}[5] == 1
    assert FFI.cast("char", b"A") == b"A" != FFI.cast("int", 65)
    with pytest.raises(TypeError):
        five < "x"
    with pytest.raises(TypeError):
        five < FFI.cast("int *", 5)


def test_primitives_are_no_numbers_otherwise():
    five = FFI.cast("int", 5)
    for operation in (lambda: five + 1, lambda: 1 + five, lambda: five - 1, lambda: -five, lambda: five * 2, lambda: five(),
                      lambda: five[0], lambda: len(five), lambda: iter(five), lambda: [1][five]):
        with pytest.raises(TypeError):
            operation()
    with pytest.raises(AttributeError, match="cdata 'int' has no attribute 'x'"):
        five.x
    with pytest.raises(AttributeError):
        five.x = 1


def test_notes_name_the_place():
    if sys.version_info < (3, 11):
        pytest.skip("exceptions have notes since 3.11")
    ffi = cdeffi.FFI()
    ffi.cdef("struct in { short v[2]; }; struct out { int n; struct in in_[3]; };")
    with pytest.raises(OverflowError) as e:
        ffi.new("struct out *", {"n": 1, "in_": [[], [[1, 70000]]]})
    assert str(e.value) == "integer 70000 does not fit 'short'"
    assert e.value.__notes__ == ["in item 1 of 'short[2]'", "in field 'v' of 'struct in'", "in item 1 of 'struct in[3]'",
                                 "in field 'in_' of 'struct out'"]
