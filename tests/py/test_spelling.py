"""What is spelled is read back as the very same type."""
import itertools
import re

from hypothesis import assume, given
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
                         "struct s", "union u", "enum e", "point", "callback", "handle", "FILE *", "nullptr_t", "__int128", "_Float16",
                         "_BitInt(7)"])


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


# Attributes make types that cffi does not have: an alignment wherever one can stand.

ALIGNS = st.sampled_from(["", "", "", "aligned(1)", "aligned(2)", "aligned(8)", "aligned(16)", "aligned(64)", "packed", "ms_abi", "transparent_union"])
GNU = ALIGNS.map(lambda a: " __attribute__((%s)) " % a if a else "")
C23 = ALIGNS.filter(lambda a: a != "packed").map(lambda a: " [[gnu::%s]] " % a if a else "")
RECORDS = st.sampled_from(["struct { int a; }", "union { char c; long l; }", "union either", "const union either", "enum { %s }", "struct tag", "struct tag { short x; }",
                           "enum tagged { %s }", "struct late", "const struct { int a; }", "v4", "__typeof__(v4)"])
BASES = st.one_of(NAMES.filter(lambda name: "*" not in name), RECORDS)


def declarator(inner):
    """What can be around a name: INNER, with attributes at each place."""
    return st.one_of(
        st.builds("*{}{}{}".format, GNU, st.sampled_from(["", "const ", "volatile "]), inner),
        st.builds("({}{})[{}]{}".format, GNU, inner, st.integers(0, 4), C23),
        st.builds("({}{})({}){}".format, GNU, inner, st.sampled_from(["void", "int", "aligned_int, aligned_int *", "char x[4]"]), C23),
    )


DECLARATORS = st.recursive(st.just("{name}"), declarator, max_leaves=3).filter(lambda d: "{name}" in d)
SETTINGS = "typedef int aligned_int __attribute__((aligned(16))); union either { int i; float f; };"


@st.composite
def declarations(draw):
    """A typedef of one to three names, and maybe what completes its struct."""
    names = iter(["first", "second", "third"])
    base = draw(BASES).replace("%s", "ENUMERATOR_1, ENUMERATOR_2 = 7")
    parts = [draw(DECLARATORS).replace("{name}", next(names)) + draw(GNU) for _ in range(draw(st.integers(1, 3)))]
    declared = "%stypedef %s%s%s%s;" % (SETTINGS, draw(GNU), base, draw(st.one_of(C23, GNU)), ", ".join(parts))
    return declared + draw(st.sampled_from(["", "struct late { char x; };"])), len(parts)


def parts_of(t):
    """T and what it is made of, as far as Python can have it."""
    while t is not None:
        yield t
        if t.kind == "function":
            for each in t.args:
                yield from parts_of(each)
            t = t.result
        else:
            t = getattr(t, "item", None)


@given(declarations())
def test_what_attributes_make_is_spelled_as_what_it_is(declared):
    text, count = declared
    ffi = cdeffi.FFI()
    ffi.include(FFI)
    try:
        ffi.cdef(text)
        types = [ffi.typeof(name) for name in ["first", "second", "third"][:count]]
    except cdeffi.CDefError:
        assume(False)  # an array of what is aligned to more than its size, a bare function
    names = ("another_name_%d" % n for n in itertools.count())
    for t in types:
        for part in parts_of(t):
            assert ffi.typeof(part.cname) is part, part.cname
            assert ffi.typeof(ffi.getctype(part, "*")).item is part, part.cname
            assert ffi.typeof(ffi.getctype(part)) is part
            if part.kind != "void":
                name = next(names)
                ffi.cdef("typedef %s;" % ffi.getctype(part, name))
                assert ffi.typeof(name) is part


TAGS = st.sampled_from(["struct one", "struct two", "union three"])
LATE = st.sampled_from(["", "aligned(1)", "aligned(2)", "aligned(4)", "aligned(8)", "aligned(16)"]).map(lambda a: " __attribute__((%s)) " % a if a else " ")
LATE_MEMBERS = st.sampled_from(["char x;", "short x;", "int x;", "long x;", "long double x;", "char x __attribute__((aligned(2)));", ""])
LATE_DECLARATORS = st.sampled_from(["%s", "*%s", "*(*%s)(void)", "(*%s)(struct one *)", "*%s[3]"])


@st.composite
def late_declarations(draw):
    """Typedefs of structs that are incomplete, their completion, and maybe more typedefs: (texts, how many names)."""
    names = ("late_%d" % n for n in itertools.count())

    def some(most):
        return ["typedef %s%s%s%s;" % (draw(TAGS), draw(LATE), draw(LATE_DECLARATORS) % next(names), draw(LATE)) for _ in range(draw(st.integers(0, most)))]
    before = some(5)
    complete = ["%s { %s };" % (tag, draw(LATE_MEMBERS)) for tag in draw(st.lists(TAGS, unique=True))]
    after = some(3)
    return [before, complete, after], len(before) + len(after)


@given(late_declarations(), st.booleans())
def test_what_aligned_an_incomplete_struct_is_spelled_as_what_it_is(declared, at_once):
    """Whichever of several alignments the struct raised to one and the same: before its completion, and after."""
    texts, count = declared
    ffi = cdeffi.FFI()
    known = {}
    for part in [sum(texts, [])] if at_once else texts:
        try:
            ffi.cdef("\n".join(part))
        except cdeffi.CDefError:
            assume(False)  # an array of what is aligned to more than its size
        for n in range(count):
            name = "late_%d" % n
            if name in ffi.types and name not in known:
                known[name] = ffi.typeof(name)
        for name, t in known.items():
            assert ffi.typeof(name) is t
            for each in parts_of(t):
                assert ffi.typeof(each.cname) is each, each.cname
                assert ffi.typeof(ffi.getctype(each, "*")).item is each if each.kind != "function" else True
                assert repr(each) == "<ctype '%s'>" % each.cname


def test_aligned_before_the_struct_is_complete():
    """A typedef's alignment can only be raised by what the struct turns out to have."""
    ffi = cdeffi.FFI()
    ffi.cdef("struct late; typedef struct late plain, raised __attribute__((aligned(2))), *pointer; struct late { long x; };"
             "struct equal; typedef struct equal other, same __attribute__((aligned(8))); struct equal { long x; };")
    assert [ffi.alignof(name) for name in ("plain", "raised", "same")] == [8, 8, 8]
    for name in ("plain", "raised", "pointer", "other", "same"):
        t = ffi.typeof(name)
        assert ffi.typeof(t.cname) is t
    ffi.cdef("typedef union lowered early __attribute__((aligned(2))); union lowered { int x; };"
             "typedef union lowered late __attribute__((aligned(2)));")
    early, late = ffi.typeof("early"), ffi.typeof("late")
    assert (ffi.alignof(early), ffi.alignof(late)) == (4, 2) and ffi.typeof(early.cname) is early is not late is ffi.typeof(late.cname)
    ffi.cdef("struct both; typedef struct both both, one __attribute__((aligned(2))), two __attribute__((aligned(4)));")
    one, two = ffi.typeof("one"), ffi.typeof("two")
    assert one.cname == "both [[gnu::aligned(2)]]"
    ffi.cdef("struct both { long x; };")
    assert one.cname == "both [[gnu::aligned(2), gnu::aligned(8)]]"
    assert ffi.typeof(one.cname) is one is not two is ffi.typeof(two.cname)
    assert ffi.alignof("struct both [[gnu::aligned(2)]]") == 2 and ffi.alignof(one) == ffi.alignof(two) == 8


def test_a_functions_alignment_is_not_of_its_type():
    """As GCC has it: there is none to be spelled."""
    ffi = cdeffi.FFI()
    ffi.cdef("typedef int function(int) __attribute__((aligned(64))); typedef function *pointer; enum { ALIGN = __alignof__(function) };")
    assert ffi.typeof("pointer") is ffi.typeof("int(*)(int)") and ffi.integer_const("ALIGN") == 1
