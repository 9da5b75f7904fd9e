"""What is spelled is read back as the very same type."""
import re

from hypothesis import given
from hypothesis import strategies as st

import cdeffi

FFI = cdeffi.FFI()
FFI.cdef("""
    struct s { int a; struct { short b; } inner; }; union u { long l; double d; }; enum e { A, B = 5 };
    typedef struct { int x, y; } point; typedef int (*callback)(void *, const char *); typedef int grid[2][3];
    typedef struct hidden *handle; typedef float v4 __attribute__((vector_size(16)));
""")

NAMES = st.sampled_from(["char", "signed char", "unsigned char", "short", "unsigned", "int", "long", "unsigned long long", "_Bool", "float",
                         "double", "long double", "float _Complex", "double _Complex", "size_t", "int8_t", "uint64_t", "wchar_t", "char16_t",
                         "struct s", "union u", "enum e", "point", "callback", "handle", "FILE *", "__int128", "_Float16", "_BitInt(7)"])


class Text:
    """A type's text as BEFORE, a place for a declarator, AFTER."""

    def __init__(self, before, after="", kind="object"):
        self.before, self.after, self.kind = before, after, kind

    def __str__(self):
        return self.before + self.after

    def around(self, declarator, after, kind):
        """DECLARATOR binds to what it stands beside: it needs parentheses before [] and ()."""
        if self.after[:1] in ("[", "("):
            return Text(self.before + "(" + declarator, after + ")" + self.after, kind)
        return Text(self.before + " " + declarator, after + self.after, kind)

    def pointer(self, qualifier):
        return self.around("*" + qualifier, "", "object")

    def array(self, length):
        return Text(self.before, "[%s]" % length + self.after, "object" if length != "" else "open")

    def function(self, parameters):
        return Text(self.before, "(" + ", ".join(map(str, parameters)) + ")" + self.after, "function").pointer("")


def derived(types):
    """Pointers, arrays, pointers to functions."""
    values = types.filter(lambda t: t.kind == "object" and "[" not in t.after.split(")")[0])
    return st.one_of(
        st.builds(Text.pointer, types, st.sampled_from(["", "", " const ", " volatile "])),
        st.builds(lambda t, n: Text(t.before, t.after, t.kind).pointer("").array(n), types, st.integers(0, 9)),
        st.builds(lambda name, n, m: Text(name, "[%d][%d]" % (n, m)), NAMES, st.integers(0, 9), st.integers(1, 9)),
        st.builds(Text.function, st.one_of(values.filter(lambda t: not t.after), st.just(Text("void"))),
                  st.lists(types, max_size=3).map(lambda ps: ps or ["void"])),
    )


TYPES = st.recursive(st.builds(lambda q, name: Text(q + name), st.sampled_from(["", "", "const ", "volatile "]), NAMES), derived, max_leaves=6)


@given(TYPES)
def test_what_is_spelled_is_the_same_type(text):
    t = FFI.typeof(str(text))
    assert FFI.typeof(t.cname) is t
    assert FFI.typeof(FFI.getctype(t)) is t
    assert re.fullmatch(r"<ctype '(.*)'>", repr(t)).group(1) == t.cname
    assert FFI.sizeof(t.cname) == FFI.sizeof(t) and FFI.alignof(t.cname) == FFI.alignof(t)


@given(TYPES)
def test_with_a_declarator_it_is_what_that_derives(text):
    t = FFI.typeof(str(text))
    assert FFI.typeof(FFI.getctype(t, "*")).item is t
    array = FFI.typeof(FFI.getctype(t, "[7]"))
    assert array.item is t and array.length == 7
    assert FFI.typeof(FFI.getctype(t, "(*)(void)")).result is t if t.kind != "array" else True
    named = cdeffi.FFI()
    named.include(FFI)
    named.cdef("typedef %s;" % FFI.getctype(t, "another_name"))
    assert named.typeof("another_name") is t
