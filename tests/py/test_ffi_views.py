"""ffi.functions, variables, constants, types; pretty, to_dict, to_list, enum."""
import enum

import pytest

from cdeffi import FFI

DECLARATIONS = """
    typedef unsigned char byte;
    enum color { RED, GREEN = 5, BLUE, ALSO_GREEN = 5 };
    typedef enum { ONE = 1 } small;
    struct point { int x, y; };
    typedef struct line { struct point ends[2]; char name[8]; byte raw[2]; struct line *next; enum color c; } line_t;
    union number { int i; float f; };
    struct packet { int kind; union { int code; float value; }; unsigned flag : 3; double v[]; };
    int add(int a, int b);
    void log(const char *format, ...);
    extern int counter;
    #define SEVEN 7
    #define PI 3.5
    #define NAME "cdeffi"
    static const unsigned char BIG = 200;
"""


@pytest.fixture
def declared(ffi):
    ffi.cdef(DECLARATIONS)
    return ffi


def test_functions(declared):
    assert set(declared.functions) == {"add", "log"}
    assert declared.functions["add"] is declared.typeof("int(*)(int, int)")
    assert declared.functions["log"].ellipsis is True


def test_variables(declared):
    assert dict(declared.variables) == {"counter": declared.typeof("int")}


def test_constants(declared):
    c = declared.constants
    assert (c["RED"], c["BLUE"], c["SEVEN"], c["BIG"], c["ONE"]) == (0, 6, 7, 200, 1)
    assert c["PI"] == 3.5 and c["NAME"] == b"cdeffi"


def test_types(declared):
    types = declared.types
    assert types["byte"] is declared.typeof("unsigned char")
    assert types["struct point"] is declared.typeof("struct point")
    assert types["line_t"] is types["struct line"]
    assert types["enum color"].kind == "enum" and types["union number"].kind == "union"


def test_views_are_read_only_and_follow_cdef(declared):
    with pytest.raises(TypeError):
        declared.functions["x"] = 5
    before = declared.functions
    declared.cdef("int later(void);")
    assert "later" in declared.functions and "later" not in before


def test_views_show_what_is_included(declared):
    other = FFI()
    other.include(declared)
    other.cdef("#undef SEVEN\n#define EIGHT 8\n")
    assert other.constants["EIGHT"] == 8 and other.constants["BLUE"] == 6
    assert other.types["struct point"] is declared.types["struct point"]


def test_to_dict(declared):
    line = declared.new("line_t *", {"ends": [[1, 2], [3, 4]], "name": b"abc", "raw": [7, 8], "c": 5})
    expected = {
        "ends": [{"x": 1, "y": 2}, {"x": 3, "y": 4}],
        "name": b"abc",
        "raw": [7, 8],
        "next": declared.NULL,
        "c": 5,
    }
    assert declared.to_dict(line) == expected
    assert declared.to_dict(line[0]) == expected
    line.next = line
    assert declared.to_dict(line)["next"] == line  # not followed: no endless loop


def test_to_dict_of_anonymous_members_bit_fields_and_flexible_arrays(declared):
    p = declared.new("struct packet *", {"kind": 1, "code": 9, "flag": 5, "v": [0.5, 1.5]})
    d = declared.to_dict(p)
    assert (d["kind"], d["code"], d["flag"]) == (1, 9, 5)
    assert d["v"] == [0.5, 1.5]
    assert set(declared.to_dict(declared.new("union number *", {"i": 3}))) == {"i", "f"}


def test_to_list(declared):
    assert declared.to_list(declared.new("int[2][2]", [[1, 2], [3, 4]])) == [[1, 2], [3, 4]]
    assert declared.to_list(declared.new("struct point[]", [[1, 2]])) == [{"x": 1, "y": 2}]
    assert declared.to_list(declared.new("char[2][4]", [b"ab", b"c"])) == [b"ab", b"c"]


@pytest.mark.parametrize("method", ["to_dict", "to_list", "pretty", "enum"])
def test_wrong_arguments(declared, method):
    with pytest.raises(TypeError):
        getattr(declared, method)(5)
    if method != "pretty":
        with pytest.raises(TypeError):
            getattr(declared, method)(declared.cast("int", 5))


def test_to_dict_of_an_incomplete_struct(ffi):
    ffi.cdef("struct opaque;")
    with pytest.raises(TypeError, match="incomplete"):
        ffi.to_dict(ffi.cast("struct opaque *", 16))


def test_enum(declared):
    color = declared.enum("enum color")
    assert issubclass(color, enum.IntEnum) and color.__name__ == "color"
    assert [(c.name, c.value) for c in color] == [("RED", 0), ("GREEN", 5), ("BLUE", 6)]
    assert color["ALSO_GREEN"] is color.GREEN
    assert int(declared.cast("enum color", color.BLUE)) == 6
    assert declared.enum("small").ONE == 1


def test_pretty(declared):
    line = declared.new("line_t *", {"ends": [[1, 2], [3, 4]], "name": b"abc"})
    assert declared.pretty(line) == (
        "(line_t *) &{\n"
        "    ends = [\n"
        "        {\n"
        "            x = 1,\n"
        "            y = 2,\n"
        "        },\n"
        "        {\n"
        "            x = 3,\n"
        "            y = 4,\n"
        "        },\n"
        "    ],\n"
        "    name = b'abc',\n"
        "    raw = [0, 0],\n"
        "    next = NULL,\n"
        "    c = 0,\n"
        "}"
    )
    line.next = line
    assert "next = (line_t *) 0x%x," % int(declared.cast("uintptr_t", line)) in declared.pretty(line)


def test_pretty_of_other_things(declared):
    assert declared.pretty(declared.new("int[3]", [1, 2, 3])) == "(int[3]) [1, 2, 3]"
    assert declared.pretty(declared.new("int[]", 1000)).endswith("0, 0, ...]")
    assert declared.pretty(declared.NULL) == "<cdata 'void *' NULL>"
    assert declared.pretty(declared.new("char[4]", b"hi")) == "(char[4]) b'hi'"


class Printer:
    """As IPython's."""

    def __init__(self):
        self.shown = ""

    def text(self, text):
        self.shown += text


def shown(cdata):
    printer = Printer()
    cdata._repr_pretty_(printer, False)
    return printer.shown


def test_ipython(declared):
    p = declared.new("struct point *", [1, 2])
    assert shown(p) == declared.pretty(p) == "(struct point *) &{\n    x = 1,\n    y = 2,\n}"
    assert shown(p[0]) == "(struct point) {\n    x = 1,\n    y = 2,\n}"
    assert shown(declared.new("short[2]")) == "(short[2]) [0, 0]"
    assert shown(declared.cast("int", 5)) == "<cdata 'int' 5>"


def test_ipython_follows_no_pointer_that_may_be_wild(declared):
    wild = declared.cast("struct point *", 16)
    assert shown(wild) == repr(wild) == "<cdata 'struct point *' 0x10>"
    for cdata in (wild[0], declared.cast("int(*)[3]", 16)[0], (declared.new("struct point *") + 10**9)[0]):
        assert shown(cdata) == repr(cdata)
    line = declared.new("line_t *", {"ends": [[1, 2], [3, 4]]})
    assert shown(line.ends[1]) == "(struct point) {\n    x = 3,\n    y = 4,\n}"
    assert shown(line.ends) == declared.pretty(line.ends)
