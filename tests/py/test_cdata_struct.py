"""Structs and unions: fields, initialisers, bit-fields, anonymous members, flexible arrays."""
import collections

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cdeffi

CDEF = """
struct point { int x, y; };
struct node { struct node *next; short values[3]; struct point at; char tag; };
union number { int i; double d; unsigned char bytes[8]; };
struct odd { char c; struct { int a; union { int b; float f; }; }; struct point named; };
struct flex { int n; short items[]; };
struct outer { char c; struct flex tail; };
struct zero { int n; int none[0]; };
struct packed { char c; int i; double d; } __attribute__((packed));
struct opaque;
enum color { RED, GREEN = 5 };
struct mixed { enum color e; _Bool ok; float f; void *p; int (*fn)(int); wchar_t w; };
"""


@pytest.fixture
def ffi():
    ffi = cdeffi.FFI()
    ffi.cdef(CDEF)
    return ffi


def test_fields(ffi):
    p = ffi.new("struct point *")
    assert (p.x, p.y, p[0].x) == (0, 0, 0)
    p.x = 3
    p[0].y = -4
    assert (p[0].x, p.y) == (3, -4)
    assert dir(p) == dir(p[0]) == ["x", "y"]
    with pytest.raises(AttributeError, match="cdata 'struct point \\*' has no field 'z'"):
        p.z
    with pytest.raises(AttributeError, match="cdata 'struct point' has no field 'z'"):
        p[0].z = 1
    with pytest.raises(AttributeError, match="cannot delete struct field"):
        del p.x
    with pytest.raises(OverflowError):
        p.x = 1 << 31
    assert p.x == 3


def test_field_names_need_not_be_interned(ffi):
    p = ffi.new("struct point *", [1, 2])
    name = "".join(["_", "y"])[1:]
    assert getattr(p, name) == 2
    setattr(p, "".join(["_", "x"])[1:], 9)
    assert p.x == 9


def test_reprs(ffi):
    p = ffi.new("struct point *")
    assert repr(p) == "<cdata 'struct point *' owning 8 bytes>"
    assert repr(p[0]) == "<cdata 'struct point' owning 8 bytes>"
    node = ffi.new("struct node *")
    assert repr(node.at).startswith("<cdata 'struct point &' 0x")
    assert repr(node.values).startswith("<cdata 'short[3]' 0x")
    assert repr(node.next) == "<cdata 'struct node *' NULL>"


def test_initialisers(ffi):
    a, b = ffi.new("struct node *"), ffi.new("struct node *", [ffi.NULL, [1, 2], (3, 4), b"t"])
    assert (b.next, list(b.values), b.at.x, b.at.y, b.tag) == (ffi.NULL, [1, 2, 0], 3, 4, b"t")
    c = ffi.new("struct node *", {"next": b, "at": {"y": 7}, "values": (5,)})
    assert c.next == b and c.next.at.y == 4 and (c.at.x, c.at.y) == (0, 7) and list(c.values) == [5, 0, 0]
    assert ffi.new("struct node *", c[0]).at.y == 7  # a copy
    a[0] = c[0]
    assert a.at.y == 7 and a.next == b
    a.at = [8]
    assert (a.at.x, a.at.y) == (8, 7)
    a.at = ffi.new("struct point *", [1, 1])[0]
    assert (a.at.x, a.at.y) == (1, 1)
    assert ffi.new("struct point *", collections.OrderedDict(y=2)).y == 2
    assert ffi.new("struct point *", None).x == 0
    array = ffi.new("struct point[]", [[1, 2], {"y": 3}, ffi.new("struct point *", [4, 5])[0]])
    assert [(q.x, q.y) for q in array] == [(1, 2), (0, 3), (4, 5)]


@pytest.mark.parametrize(
    "init, error, message",
    [
        ([1, 2, 3], ValueError, r"too many initializers for 'struct point' \(got 3\)"),
        ({"z": 1}, KeyError, "'z'"),
        ({1: 1}, KeyError, "1"),
        (5, TypeError, "initializer for ctype 'struct point' must be a list or tuple or dict or struct-cdata, not int"),
        ("xy", TypeError, "must be a list or tuple or dict or struct-cdata, not str"),
        ({"x": "a"}, TypeError, "an integer is required"),
    ],
)
def test_bad_initialisers(ffi, init, error, message):
    with pytest.raises(error, match=message):
        ffi.new("struct point *", init)


def test_initialiser_of_another_type(ffi):
    with pytest.raises(TypeError, match="not cdata 'struct point \\*'"):
        ffi.new("struct point *", ffi.new("struct point *"))
    other = cdeffi.FFI()
    other.cdef("struct point { int x, y; };")
    with pytest.raises(TypeError, match="appears indeed to be 'struct point', but the types are different"):
        ffi.new("struct point *", other.new("struct point *")[0])


def test_pointers_in_structs(ffi):
    p = ffi.new("struct node *")
    for bad in (0, None, "x", ffi.new("int *"), ffi.new("struct node *")[0]):
        with pytest.raises(TypeError):
            p.next = bad
    p.next = ffi.cast("void *", 16)
    assert repr(p.next) == "<cdata 'struct node *' 0x10>"
    m = ffi.new("struct mixed *", {"e": 5, "ok": True, "f": 0.5, "p": p, "w": "\u1234"})
    assert (m.e, m.ok, m.f, m.p, m.w) == (5, True, 0.5, p, "\u1234")
    m.fn = ffi.cast("int(*)(int)", 32)
    assert m.fn == ffi.cast("void *", 32) and repr(m.fn) == "<cdata 'int(*)(int)' 0x20>"
    with pytest.raises(TypeError, match=r"initializer for ctype 'int\(\*\)\(int\)' must be a cdata pointer, not function"):
        m.fn = lambda n: n


def test_unions(ffi):
    u = ffi.new("union number *", [7])
    assert u.i == 7 and u.bytes[0] == 7
    u.d = 1.0
    assert (u.i, u.d, u.bytes[7]) == (0, 1.0, 0x3F)
    assert ffi.new("union number *", {"d": 2.0}).bytes[7] == 0x40
    with pytest.raises(ValueError, match=r"too many initializers for 'union number' \(got 2\)"):
        ffi.new("union number *", [1, 2])
    assert ffi.new("union number *", u[0]).d == 1.0
    assert [f.flags for _, f in ffi.typeof("union number").fields] == [0, 1, 1]


def test_anonymous_members(ffi):
    odd = ffi.new("struct odd *", [b"c", 1, 2, [3, 4]])
    assert (odd.c, odd.a, odd.b, odd.named.y) == (b"c", 1, 2, 4)
    odd.f = 1.0
    assert odd.b == 0x3F800000
    fields = ffi.typeof("struct odd").fields
    assert [(name, f.offset) for name, f in fields] == [("c", 0), ("a", 4), ("b", 8), ("f", 8), ("named", 12)]
    assert ffi.offsetof("struct odd", "f") == 8
    assert ffi.new("struct odd *", {"f": 1.0, "named": [9]}).named.x == 9


def test_packed(ffi):
    p = ffi.new("struct packed *", [b"a", -5, 0.25])
    assert (p.c, p.i, p.d) == (b"a", -5, 0.25) and ffi.sizeof(p[0]) == 13
    assert bytes(ffi.buffer(p))[1:5] == b"\xfb\xff\xff\xff"
    array = ffi.new("struct packed[2]", [[], [b"b", 7, 1.5]])
    assert array[1].i == 7 and ffi.sizeof(array) == 26


def test_opaque(ffi):
    p = ffi.cast("struct opaque *", 64)
    assert repr(p[0]) == "<cdata 'struct opaque &' 0x40>"
    assert ffi.typeof("struct opaque").fields is None and dir(p) == []
    with pytest.raises(AttributeError, match="cdata 'struct opaque \\*' points to an opaque type: cannot read fields"):
        p.x
    with pytest.raises(AttributeError, match="cdata 'struct opaque \\*' points to an opaque type: cannot write fields"):
        p.x = 1
    with pytest.raises(TypeError, match="cannot instantiate ctype 'struct opaque' of unknown size"):
        ffi.new("struct opaque *")
    for operation in (lambda: p + 1, lambda: p - p, lambda: memoryview(p[0])):
        with pytest.raises((TypeError, BufferError)):
            operation()
    with pytest.raises(TypeError, match="'struct opaque' is opaque"):
        p[0] = {}
    ffi.cdef("struct opaque { int x; };")
    assert ffi.new("struct opaque *", [3]).x == 3  # the type that was declared before
    assert ffi.typeof(p) is ffi.typeof("struct opaque *")


def test_null(ffi):
    p = ffi.cast("struct node *", 0)
    for operation in (lambda: p.tag, lambda: p[0], lambda: p.at, lambda: setattr(p, "tag", b"x"), lambda: p.__setitem__(0, {})):
        with pytest.raises(RuntimeError, match="cannot dereference null pointer from cdata 'struct node \\*'"):
            operation()


# ---------------------------------------------------------------- flexible arrays


def test_flexible(ffi):
    p = ffi.new("struct flex *", [2, [10, 20, 30]])
    assert repr(p) == "<cdata 'struct flex *' owning 10 bytes>" and ffi.sizeof(p[0]) == 10
    assert list(p.items) == [10, 20, 30] == list(p[0].items) and len(p.items) == 3
    assert repr(p.items) == "<cdata 'short[]' sliced length 3>"
    assert ffi.sizeof(ffi.new("struct flex *")[0]) == 4 and len(ffi.new("struct flex *").items) == 0
    assert list(ffi.new("struct flex *", {"items": 2}).items) == [0, 0]  # so many zeroes
    with pytest.raises(IndexError):
        p.items[3]
    p.items[2] = 33
    p.items = [1, 2]
    assert list(p.items) == [1, 2, 33]
    for bad, error in ((5, TypeError), ("abc", TypeError), ([1] * 4, IndexError), ([1 << 20], OverflowError)):
        with pytest.raises(error):
            p.items = bad
    assert list(p.items) == [1, 2, 33]


def test_flexible_is_never_overrun(ffi):
    p = ffi.new("struct flex *", [0, 3])
    with pytest.raises(IndexError, match=r"too many initializers for 'short\[\]' \(got 4\)"):
        p[0] = [7, [1, 2, 3, 4]]
    array = ffi.new("struct flex[2]")
    with pytest.raises(IndexError):
        array[0] = [7, [1]]
    q = ffi.new("struct outer *", [b"x", [1, [2, 3]]])
    with pytest.raises(IndexError):
        q.tail = [1, [2, 3, 4]]
    q.tail = [5, [6, 7]]
    assert q.tail.n == 5 and list(q.tail.items[0:2]) == [6, 7]


def test_flexible_from_one_that_shrinks(ffi):
    """What was measured first may change while it is converted."""
    class Shrink:
        def __int__(self):
            values.append(9)
            return 1

    values = [Shrink(), 2]
    p = ffi.new("struct flex *", [0, values])
    assert list(p.items) == [1, 2]


def test_flexible_views_of_unknown_size(ffi):
    p = ffi.new("struct flex *", [1, [5, 6]])
    q = ffi.cast("struct flex *", p)
    assert repr(q.items).startswith("<cdata 'short *' 0x") and q.items[1] == 6
    q.items[1] = 8
    assert p.items[1] == 8
    copy = ffi.new("struct flex *", p[0])
    assert list(copy.items) == [5, 8]


def test_flexible_sizes(ffi):
    for bad, error in ((-1, ValueError), (1 << 62, OverflowError), (1 << 64, OverflowError), (None, TypeError), (1.5, TypeError)):
        with pytest.raises(error):
            ffi.new("struct flex *", {"items": bad})
    with pytest.raises(MemoryError):
        ffi.new("struct flex *", {"items": (1 << 61) - 8})


def test_nested_flexible(ffi):
    p = ffi.new("struct outer *", [b"x", [1, [2, 3, 4]]])
    assert ffi.sizeof(p[0]) == 14 and p.tail.items[2] == 4
    assert repr(p.tail).startswith("<cdata 'struct flex &' 0x")
    assert ffi.sizeof(ffi.new("struct outer *", {"tail": ffi.new("struct flex *", [1, [2, 3]])[0]})[0]) == 12


def test_zero_length(ffi):
    p = ffi.new("struct zero *", [1])
    assert repr(p.none).startswith("<cdata 'int *' 0x")
    assert ffi.sizeof(p[0]) == 4
    with pytest.raises(IndexError):
        ffi.new("struct zero *", [1, [2]])
    assert dict(ffi.typeof("struct zero").fields)["none"].bitshift == -2


# ---------------------------------------------------------------- bit-fields

BITS = [("int", 3), ("unsigned", 5), ("int", 1), ("_Bool", 1), ("unsigned char", 8), ("long long", 40), ("unsigned long long", 64),
        ("short", 9), ("long", 64), ("unsigned", 32), ("signed char", 7), ("__int128", 100), ("unsigned __int128", 128)]


def bit_limits(ctype, width):
    if ctype == "_Bool" or ctype.startswith("unsigned"):
        return 0, (1 << width) - 1
    return -(1 << width - 1), max((1 << width - 1) - 1, 0)


@pytest.mark.parametrize("attribute", ["", "__attribute__((packed))"])
def test_bit_fields(attribute):
    ffi = cdeffi.FFI()
    ffi.cdef("struct bits { %s } %s;" % (" ".join("%s f%d : %d;" % (t, i, w) for i, (t, w) in enumerate(BITS)), attribute))
    p = ffi.new("struct bits *")
    expected = {}
    for i, (ctype, width) in enumerate(BITS):
        low, high = bit_limits(ctype, width)
        for value in (low, high, 0, low // 3, high):
            setattr(p, "f%d" % i, value)
            expected["f%d" % i] = value
            assert {name: getattr(p, name) for name in expected} == expected  # no neighbour changed
        beyond = [low - 1, high + 1 if (ctype, width) != ("int", 1) else 2, 1 << 200]
        for value in beyond:
            with pytest.raises(OverflowError, match="value -?[0-9]+ outside the range allowed by the bit field width: %d <= x <= %d"
                               % (low, max(high, 1))):
                setattr(p, "f%d" % i, value)
        assert {name: getattr(p, name) for name in expected} == expected
    assert type(p.f3) is int
    for i, (_, width) in enumerate(BITS):
        assert dict(ffi.typeof("struct bits").fields)["f%d" % i].bitsize == width


def test_bit_field_initialisers_and_types():
    ffi = cdeffi.FFI()
    ffi.cdef("struct b { int a : 3; unsigned : 2; unsigned c : 5; int one : 1; };")
    p = ffi.new("struct b *", [-4, 31, 1])
    assert (p.a, p.c, p.one) == (-4, 31, -1)  # 1 is taken for the only set bit
    assert ffi.new("struct b *", {"c": 7}).c == 7
    for bad in (1.0, "1", None, ffi.cast("int", 1)):
        with pytest.raises(TypeError):
            p.a = bad
    p.a = True
    assert p.a == 1
    with pytest.raises(TypeError, match="not supported for bitfields"):
        ffi.offsetof("struct b", "a")


@given(st.lists(st.tuples(st.sampled_from(["int", "unsigned", "long", "short", "unsigned char", "unsigned long"]), st.integers(1, 64)), min_size=1, max_size=8),
       st.booleans(), st.data())
def test_bit_fields_at_random(fields, packed, data):
    sizes = {"int": 32, "unsigned": 32, "long": 64, "short": 16, "unsigned char": 8, "unsigned long": 64}
    fields = [(t, min(w, sizes[t])) for t, w in fields]
    ffi = cdeffi.FFI()
    ffi.cdef("struct b { %s } %s;" % (" ".join("%s f%d : %d;" % (t, i, w) for i, (t, w) in enumerate(fields)),
                                      "__attribute__((packed))" if packed else ""))
    p = ffi.new("struct b *")
    expected = [0] * len(fields)
    for _ in range(10):
        i = data.draw(st.integers(0, len(fields) - 1))
        expected[i] = data.draw(st.integers(*bit_limits(*fields[i])))
        setattr(p, "f%d" % i, expected[i])
        assert [getattr(p, "f%d" % j) for j in range(len(fields))] == expected
