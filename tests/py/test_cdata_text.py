"""Characters and strings: char is bytes, wchar_t, char16_t and char32_t are str."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cdeffi

FFI = cdeffi.FFI()
WIDE = ["wchar_t", "char16_t", "char32_t"]


def test_char():
    p = FFI.new("char *", b"x")
    assert p[0] == b"x" and int(FFI.cast("char", b"\xff")) == 255
    p[0] = FFI.cast("char", 0x41)
    assert p[0] == b"A"
    for bad in ("x", b"", b"xy", 65, None, bytearray(b"x"), FFI.cast("unsigned char", 65), FFI.cast("wchar_t", "x")):
        with pytest.raises(TypeError, match="initializer for ctype 'char' must be a bytes of length 1, not "):
            p[0] = bad
    assert p[0] == b"A"


@pytest.mark.parametrize("ctype", WIDE)
def test_wide_characters(ctype):
    p = FFI.new(ctype + " *", "\u20ac")
    assert p[0] == "\u20ac"
    p[0] = FFI.cast(ctype, "y")
    assert p[0] == "y"
    for bad in (b"x", "", "xy", 65, None, FFI.cast("char", 65)):
        with pytest.raises(TypeError):
            p[0] = bad
    p[0] = "\ud800"  # a lone surrogate stays what it is
    assert p[0] == "\ud800"
    if ctype == "char16_t":
        with pytest.raises(TypeError, match="not larger-than-0xFFFF character"):
            p[0] = "\U00012345"
    else:
        p[0] = "\U00012345"
        assert p[0] == "\U00012345"


def test_out_of_unicode():
    p = FFI.new("char32_t[2]")
    FFI.cast("uint32_t *", p)[0] = 0x110000
    for read in (lambda: p[0], lambda: FFI.string(p), lambda: FFI.unpack(p, 2)):
        with pytest.raises(ValueError, match="0x110000"):
            read()
    assert repr(FFI.cast("wchar_t", -1)) == "<cdata 'wchar_t' 4294967295>"
    assert int(FFI.cast("wchar_t", -1)) == -1 and int(FFI.cast("char32_t", -1)) == 0xFFFFFFFF


@given(st.binary())
def test_bytes_round_trip(data):
    array = FFI.new("char[]", data)
    assert len(array) == len(data) + 1 and FFI.unpack(array, len(array)) == data + b"\0"
    assert FFI.string(array) == data.split(b"\0")[0]
    assert b"".join(array) == data + b"\0"


@given(st.sampled_from(WIDE), st.text())
def test_text_round_trip(ctype, text):
    array = FFI.new(ctype + "[]", text)
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2 if ctype == "char16_t" else len(text)
    assert len(array) == units + 1
    assert FFI.unpack(array, units) == text
    assert FFI.string(array) == text.split("\0")[0]


def test_char16_surrogates():
    array = FFI.new("char16_t[]", "a\U00012345b")
    assert list(array) == ["a", "\ud808", "\udf45", "b", "\0"]
    assert FFI.string(array) == "a\U00012345b"
    assert FFI.string(array, 2) == "a\ud808"
    assert FFI.unpack(array, 3) == "a\U00012345"
    assert FFI.string(FFI.new("char16_t[]", ["\udf45", "\ud808"])) == "\udf45\ud808"


def test_arrays_too_small():
    with pytest.raises(IndexError, match=r"initializer bytes is too long for 'char\[3\]' \(got 4 characters\)"):
        FFI.new("char[3]", b"abcd")
    assert bytes(FFI.buffer(FFI.new("char[3]", b"abc"))) == b"abc"  # no room for a terminator, as in C
    assert bytes(FFI.buffer(FFI.new("char[4]", b"abc"))) == b"abc\0"
    with pytest.raises(IndexError, match=r"initializer unicode is too long for 'char16_t\[2\]' \(got 3 characters\)"):
        FFI.new("char16_t[2]", "a\U00012345")
    assert list(FFI.new("wchar_t[3]", "abc")) == ["a", "b", "c"]
    assert FFI.string(FFI.new("wchar_t[4]", "xxxx")) == "xxxx"


def test_bytes_or_str():
    with pytest.raises(TypeError, match=r"initializer for ctype 'char\[\]' must be a bytes or list or tuple, not str"):
        FFI.new("char[]", "text")
    with pytest.raises(TypeError, match=r"initializer for ctype 'wchar_t\[\]' must be a unicode or list or tuple, not bytes"):
        FFI.new("wchar_t[]", b"bytes")
    assert list(FFI.new("unsigned char[]", b"\x01\xff")) == [1, 255, 0]
    assert list(FFI.new("int8_t[2]", b"\x01\xff")) == [1, -1]
    assert list(FFI.new("_Bool[2]", b"\x01\x00")) == [True, False]
    with pytest.raises(ValueError, match="an array of _Bool can only contain"):
        FFI.new("_Bool[2]", b"\x01\x02")
    with pytest.raises(TypeError):
        FFI.new("int[]", b"abc")


def test_string():
    array = FFI.new("char[10]", b"hello")
    assert FFI.string(array) == b"hello" == FFI.string(array + 0)
    assert FFI.string(array, 3) == b"hel" == FFI.string(FFI.cast("char *", array), 3)
    assert FFI.string(array, 0) == b"" and FFI.string(array, 100) == b"hello"
    assert FFI.string(FFI.new("char[3]", b"abc")) == b"abc"  # ends with the array
    assert FFI.string(FFI.new("signed char[]", b"ab")) == b"ab" == FFI.string(FFI.new("uint8_t[]", b"ab"))
    assert FFI.string(FFI.cast("char", b"x")) == b"x" and FFI.string(FFI.cast("wchar_t", "y")) == "y"
    assert FFI.string(FFI.new("char *", b"q")) == b"q"  # ffi.new adds a terminator behind one char
    for bad in (FFI.new("int[2]"), FFI.cast("int", 3), FFI.new("_Bool[2]"), FFI.cast("void *", array), FFI.cast("_Bool", 1)):
        with pytest.raises(TypeError, match=r"string\(\): unexpected cdata '.*' argument"):
            FFI.string(bad)
    with pytest.raises(RuntimeError, match=r"cannot use string\(\) on <cdata 'char \*' NULL>"):
        FFI.string(FFI.cast("char *", 0))


def test_nothing_is_read_behind_an_array():
    for make in (lambda t, b: FFI.new(t, b), lambda t, b: FFI.from_buffer(t, bytearray(b))):
        chars = make("char[]", b"ab")
        assert FFI.string(chars, 3)[:2] == b"ab" and len(FFI.string(chars, 1 << 40)) == 2
        with pytest.raises(IndexError, match=r"unpack\(\) of 4 items, but cdata 'char\[\]' has [23]"):
            FFI.unpack(chars, 4)
    assert FFI.string(FFI.new("wchar_t[2]", "ab"), 1 << 40) == "ab"
    with pytest.raises(IndexError, match="3 items, but cdata 'int[2]' has 2".replace("[", r"\[")):
        FFI.unpack(FFI.new("int[2]"), 3)
    # What C has may be declared shorter than it is.
    assert FFI.unpack(FFI.addressof(FFI.new("char[4]", b"abcd"), 0), 4) == b"abcd"


def test_unpack():
    assert FFI.unpack(FFI.new("int[]", [1, 2, 3]), 2) == [1, 2]
    assert FFI.unpack(FFI.new("char[]", b"a\0b"), 3) == b"a\0b"
    assert FFI.unpack(FFI.new("double[]", [1.5]), 1) == [1.5]
    assert FFI.unpack(FFI.new("_Bool[]", [1, 0]), 2) == [True, False]
    assert FFI.unpack(FFI.new("int[2][2]", [[1, 2], [3]]), 2)[1][0] == 3
    assert FFI.unpack(FFI.new("int *"), 0) == []
    with pytest.raises(ValueError, match="'length' cannot be negative"):
        FFI.unpack(FFI.new("int *"), -1)
    with pytest.raises(TypeError, match="expected a pointer or array, got 'int'"):
        FFI.unpack(FFI.cast("int", 1), 1)
    with pytest.raises(ValueError, match=r"'void \*' points to items of unknown size"):
        FFI.unpack(FFI.cast("void *", 16), 1)
    with pytest.raises(RuntimeError, match=r"cannot use unpack\(\) on <cdata 'int \*' NULL>"):
        FFI.unpack(FFI.cast("int *", 0), 1)
    with pytest.raises((MemoryError, OverflowError)):
        FFI.unpack(FFI.new("int *"), 1 << 62)


def test_unaligned_text():
    raw = FFI.new("char[20]")
    place = FFI.cast("char16_t *", raw + 1)
    place[0:2] = "ab"
    assert FFI.string(place) == "ab" and FFI.unpack(place, 2) == "ab" and place[1] == "b"


def test_casts_of_characters():
    assert int(FFI.cast("int", "\U00012345")) == 0x12345 and int(FFI.cast("short", b"\xff")) == 255
    assert FFI.cast("char16_t", "\U00012345") == "\u2345"
    with pytest.raises(TypeError, match="cannot cast unicode string of length 2 to ctype 'int'"):
        FFI.cast("int", "ab")
    with pytest.raises(TypeError):
        FFI.cast("char", b"ab")
