"""CType and CField objects."""
import pytest

import cdeffi

CDEF = """
struct s { int a; struct { short b; }; int bits : 3; };
struct opaque;
union u { int i; };
enum e { A, B = 2 };
typedef int alias;
int f(int, char *, ...);
"""


@pytest.fixture
def ffi():
    ffi = cdeffi.FFI()
    ffi.cdef(CDEF)
    return ffi


@pytest.mark.parametrize(
    "text, kind, cname, attributes",
    [
        ("int", "primitive", "int", ""),
        ("const unsigned  char", "primitive", "unsigned char", ""),
        ("alias", "primitive", "int", ""),
        ("void", "void", "void", ""),
        ("int *", "pointer", "int *", "item"),
        ("int **", "pointer", "int * *", "item"),
        ("int[3]", "array", "int[3]", "item length"),
        ("int[]", "array", "int[]", "item length"),
        ("int[2][3]", "array", "int[2][3]", "item length"),
        ("int(*)[3]", "pointer", "int(*)[3]", "item"),
        ("int(*)(int, char *)", "function", "int(*)(int, char *)", "args result ellipsis abi"),
        ("int(**)(void)", "pointer", "int(* *)()", "item"),
        ("struct s", "struct", "struct s", "fields"),
        ("struct s *", "pointer", "struct s *", "item"),
        ("union u", "union", "union u", "fields"),
        ("enum e", "enum", "enum e", "elements relements"),
        ("double _Complex", "primitive", "_cffi_double_complex_t", ""),
        ("unsigned __int128", "primitive", "unsigned __int128", ""),
    ],
)
def test_kinds(ffi, text, kind, cname, attributes):
    t = ffi.typeof(text)
    assert (t.kind, t.cname, repr(t)) == (kind, cname, "<ctype '%s'>" % cname)
    assert sorted(dir(t)) == sorted(["kind", "cname"] + attributes.split())
    for name in ("item", "length", "fields", "args", "result", "ellipsis", "abi", "elements", "relements"):
        if name not in attributes.split():
            with pytest.raises(AttributeError):
                getattr(t, name)


def test_parts(ffi):
    t = ffi.typeof("int(*)(int, char *, ...)")
    assert t.args == (ffi.typeof("int"), ffi.typeof("char *")) and t.result is ffi.typeof("int") and t.ellipsis is True
    assert ffi.typeof("void(*)(int[3])").args == (ffi.typeof("int *"),) and ffi.typeof("void(*)()").result is ffi.typeof("void")
    assert isinstance(t.abi, int)
    assert ffi.typeof("int[2][3]").item is ffi.typeof("int[3]") and ffi.typeof("int[2][3]").length == 2 and ffi.typeof("int[]").length is None
    assert ffi.typeof("enum e").elements == {0: "A", 2: "B"} and ffi.typeof("enum e").relements == {"A": 0, "B": 2}
    assert ffi.typeof("struct opaque").fields is None


def test_fields(ffi):
    fields = ffi.typeof("struct s").fields
    assert [name for name, _ in fields] == ["a", "b", "bits"]
    a, b, bits = (field for _, field in fields)
    assert (a.type, a.offset, a.bitshift, a.bitsize, a.flags) == (ffi.typeof("int"), 0, -1, -1, 0)
    assert (b.type, b.offset) == (ffi.typeof("short"), 4)
    assert (bits.bitsize, bits.type) == (3, ffi.typeof("int")) and bits.bitshift >= 0
    assert repr(b) == "<cfield 'short' at offset 4>" and repr(bits).startswith("<cfield 'int' : 3 at offset ")
    assert dict(fields)["a"] is dict(ffi.typeof("struct s").fields)["a"]
    with pytest.raises(AttributeError):
        a.offset = 1


@pytest.mark.parametrize(
    "text, insert, expected",
    [
        ("int", "x", "int x"), ("int", "*", "int *"), ("int[3]", "*", "int(*)[3]"), ("int[3]", " x ", "int x[3]"), ("int *", "x", "int * x"),
        ("int(*)(int)", "x", "int(* x)(int)"), ("int", "[5]", "int[5]"), ("int", "", "int"), ("int", "(*)", "int(*)"), ("int[3]", "é", "int é[3]"),
    ],
)
def test_getctype(ffi, text, insert, expected):
    assert ffi.getctype(text, insert) == expected


def test_identity_and_hash(ffi):
    assert len({ffi.typeof("int"), ffi.typeof("int"), cdeffi.FFI().typeof("int"), ffi.typeof("long")}) == 2
    assert ffi.typeof("int32_t") is not ffi.typeof("int") and ffi.typeof("int") != ffi.typeof("int *")
    with pytest.raises(TypeError):
        type(ffi.typeof("int"))()
    with pytest.raises((AttributeError, TypeError)):
        ffi.typeof("int").cname = "x"


def test_a_struct_completed_later(ffi):
    t = ffi.typeof("struct opaque")
    assert t.fields is None and ffi.typeof("struct opaque *").item is t
    ffi.cdef("struct opaque { int x; };")
    assert ffi.typeof("struct opaque") is t and [name for name, _ in t.fields] == ["x"]
