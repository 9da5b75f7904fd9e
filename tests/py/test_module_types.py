"""Types of every shape in modules with C source: by value, in memory, as members; without a warning of the compiler's, and
with what in-line declarations of the same say."""
import itertools
import re
import shutil

import pytest
from test_builder import build  # noqa: F401 (a fixture)

from cdeffi import FFI

pytestmark = pytest.mark.forked  # as test_builder is

TYPES = """
    typedef const enum { CA, CB } const_enum; typedef volatile enum { VA, VB = -1 } volatile_enum; typedef enum { PA, PB } plain_enum;
    typedef const enum tagged { TA, TB } const_tagged; typedef const volatile enum { BA, BB } both_enum;
    enum __attribute__((packed)) small { S0, S1 }; typedef const enum __attribute__((packed)) { K0, K1 } const_small;
    typedef const struct { int a; } const_struct; typedef const struct tag { int a; char b[3]; } const_tag;
    typedef volatile struct { int a; } volatile_struct; typedef const union { int a; float f; } const_union;
    typedef const struct { int a; } *pointed; typedef const struct { int a; } both_struct, *both_pointer;
    struct members { const int a; const char b[2]; union { int i; const float f; }; }; struct bits { const int a : 3; unsigned b : 4; _Bool c : 1; };
    union plain_union { int i; double d; };
    typedef const int const_int; typedef volatile long volatile_long; typedef const volatile short both_short;
    typedef const _Bool const_bool; typedef const char const_char; typedef const wchar_t const_wide; typedef const char16_t const_16;
    typedef const uint8_t const_u8; typedef const float const_float; typedef const long double const_long_double;
    typedef const double _Complex const_complex; typedef volatile float _Complex volatile_complex;
    typedef int (*function)(int, char *); typedef int (*const const_function)(const char *); typedef void callee(int);
    typedef enum tagged (*enum_function)(enum tagged, const_enum); typedef const struct tag *to_const_tag;
    typedef const char *const const_text; typedef char *restrict restricted; typedef void *volatile volatile_pointer;
    typedef const void *restrict restricted_const; typedef int (*to_array)[3];
    typedef int three[3]; typedef const int const_three[3]; typedef int grid[2][3];
"""
SCALARS = ["const_enum", "volatile_enum", "plain_enum", "const_tagged", "both_enum", "enum small", "const_small", "enum tagged", "const_int",
           "volatile_long", "both_short", "const_bool", "const_u8", "const_float", "const_long_double", "unsigned long long", "_Bool"]
OTHERS = ["const_struct", "const_tag", "volatile_struct", "const_union", "both_struct", "struct members", "struct bits", "union plain_union",
          "const_char", "const_wide", "const_16", "const_complex", "volatile_complex"]
POINTERS = ["pointed", "both_pointer", "function", "const_function", "enum_function", "to_const_tag", "const_text", "restricted",
            "volatile_pointer", "restricted_const", "to_array"]
ARRAYS = ["three", "const_three", "grid"]
QUALIFIERS = ["", "const ", "volatile "]


def spelled(types):
    """(text, a number for names) of each type with each qualifier."""
    pairs = [(q + t) for t in types for q in QUALIFIERS if not (q and (t in POINTERS and "restrict" in t))]
    return list(zip(pairs, itertools.count()))


def declarations(types):
    """Functions and a struct for each type: as declared, and as defined in C."""
    cdef, source = [], []
    for text, i in spelled(types):
        functions = [("%s one%d(%s x)" % (text, i, text), "return x;"), ("%s two%d(%s x, int n, %s y)" % (text, i, text, text), "(void)n; (void)x; return y;"),
                     ("%s held%d(struct s%d *p)" % (text, i, i), "return p->m;"), ("int at%d(%s *x)" % (i, text), "return x != 0;")]
        if text.split()[-1] in ARRAYS:
            functions = [("int at%d(%s x)" % (i, text), "return x != 0;")]
        struct = "struct s%d { char before; %s m; %s a[2]; %s *p; };" % (i, text, text, text)
        cdef += [struct, *[head + ";" for head, _ in functions], "extern %s *where%d, *list%d[2];" % (text, i, i)]
        source += [struct, *["static %s { %s }" % each for each in functions], "static %s *where%d, *list%d[2];" % (text, i, i)]
    return "\n".join(cdef), "\n".join(source)


def module_of(build, types, **options):  # noqa: F811
    cdef, source = declarations(types)
    quiet = '#pragma GCC diagnostic push\n#pragma GCC diagnostic ignored "-Wignored-qualifiers"\n'  # of what it is itself
    head = "#include <stdint.h>\n#include <uchar.h>\n#include <wchar.h>\n" + quiet
    return cdef, build(TYPES + cdef, head + TYPES + source + "\n#pragma GCC diagnostic pop\n", **options)


def facts(ffi, name):
    """Of a struct, what its layout and its members' types are. In-line names prefer typedefs to tags, as cffi's do."""
    ctype, tagged = ffi.typeof(name), {"const_tagged": "enum tagged", "const_tag": "struct tag"}
    names = [re.sub(r"\bconst_tag(ged)?\b", lambda match: tagged[match.group()], field.type.cname) for _, field in ctype.fields]
    return ffi.sizeof(ctype), ffi.alignof(ctype), names, [
        (field, f.offset, f.bitshift, f.bitsize, f.type.kind, ffi.sizeof(f.type)) for field, f in ctype.fields]


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_qualified_types(build, monkeypatch, compiler):  # noqa: F811
    if not shutil.which(compiler):
        pytest.skip("no " + compiler)
    monkeypatch.setenv("CC", compiler)
    types = SCALARS + OTHERS + POINTERS + ARRAYS
    cdef, module = module_of(build, types)
    ffi, lib, inline = module.ffi, module.lib, FFI()
    inline.cdef(TYPES + cdef)
    for text, i in spelled(types):
        assert facts(ffi, "struct s%d" % i) == facts(inline, "struct s%d" % i), text
        place = ffi.new("%s *" % text)
        assert getattr(lib, "at%d" % i)(place[0] if text.split()[-1] in ARRAYS else place) == 1, text
        assert getattr(lib, "where%d" % i) == ffi.NULL and len(getattr(lib, "list%d" % i)) == 2
    for text, i in spelled(SCALARS + OTHERS + POINTERS):
        check_values(ffi, lib, text, i)


def check_values(ffi, lib, text, i):
    """What goes over as a value comes back as the same."""
    name = text.split()[-1]
    one, two, held = [getattr(lib, kind + "%d" % i) for kind in ("one", "two", "held")]
    for value in values_for(ffi, name):
        p = ffi.new("struct s%d *" % i, {"m": value})
        for result in (one(value), two(p.m, 3, value), held(p)):
            assert same(ffi, result, value), (text, value, result)
            assert same(ffi, result, p.m), (text, value, result)


def values_for(ffi, name):
    if name in ("const_struct", "both_struct", "volatile_struct", "const_tag"):
        return [[-5]]
    if name == "members":
        return [{"a": 7, "b": b"xy", "i": 9}]
    if name == "bits":
        return [[-3, 11, True]]
    if name in ("const_union", "plain_union"):
        return [[12]]
    if name in POINTERS:
        return [ffi.NULL, ffi.cast(name, 4096)]
    if name in ("const_wide", "const_16"):
        return ["a", "\u20ac"]
    return {"const_char": [b"q"], "const_bool": [True, False], "_Bool": [True, False], "const_u8": [0, 255], "const_float": [0.5], "const_long_double": [-0.25],
            "const_complex": [1.5 - 2j], "volatile_complex": [1.5 - 2j], "both_short": [-32768], "volatile_long": [-(2**63)],
            "volatile_enum": [0, -1], "const_int": [-(2**31)], "long": [2**64 - 1]}.get(name, [0, 1])


def same(ffi, result, value):
    if isinstance(value, (list, dict)):
        return ffi.buffer(ffi.addressof(result))[:] == ffi.buffer(ffi.new(ffi.getctype(ffi.typeof(result), "*"), value))[:]
    if isinstance(result, ffi.CData) and ffi.typeof(result).kind in ("struct", "union"):
        return ffi.buffer(ffi.addressof(result))[:] == ffi.buffer(ffi.addressof(value))[:]
    if isinstance(result, ffi.CData) and ffi.typeof(result).cname == "long double":
        return float(result) == float(value)
    return result == value


def test_qualified_types_in_cplusplus(build):  # noqa: F811
    if not shutil.which("g++"):
        pytest.skip("no g++")
    keep = [name for name in ("const_enum", "both_enum", "const_struct", "const_int", "const_union")]
    types = "\n".join(["typedef const enum { CA, CB } const_enum; typedef const volatile enum { BA, BB } both_enum;",
                       "typedef const struct { int a; } const_struct; typedef const union { int a; float f; } const_union; typedef const int const_int;"])
    pairs = [(text, i) for i, text in enumerate(keep)]
    cdef = "\n".join(["%s one%d(%s x);" % (text, i, text) for text, i in pairs])
    source = "\n".join(["static %s one%d(%s x) { return x; }" % (text, i, text) for text, i in pairs])
    quiet = ('\n#pragma GCC diagnostic push\n#pragma GCC diagnostic ignored "-Wignored-qualifiers"\n'
             '#pragma GCC diagnostic ignored "-Wvolatile"\n%s\n#pragma GCC diagnostic pop\n')
    module = build(types + cdef, types + quiet % source, source_extension=".cpp")
    assert (module.lib.one0(1), module.lib.one1(1), module.lib.one2([-5]).a, module.lib.one3(-7), module.lib.one4([9]).a) == (1, 1, -5, -7, 9)


def test_constants_and_python_functions_of_qualified_types(build):  # noqa: F811
    types = ("typedef const enum { CA, CB } const_enum; typedef const struct { int a; } const_struct; struct members { const int a; };")
    module = build(types + "static volatile const double HALF; static const float *const volatile NOWHERE;"
                   'extern "Python" { const_enum other(const_enum); struct members copy(struct members); const_struct twice(const_struct); }'
                   "int call(const_enum e, struct members m, const_struct s);",
                   types + "static volatile const double HALF = 0.5; static const float *const volatile NOWHERE = 0;\n"
                   '#pragma GCC diagnostic ignored "-Wignored-qualifiers"\n'
                   "static const_enum other(const_enum); static struct members copy(struct members); static const_struct twice(const_struct);"
                   "static int call(const_enum e, struct members m, const_struct s) { return 100 * (int)other(e) + 10 * copy(m).a + twice(s).a; }")
    ffi, lib = module.ffi, module.lib
    ffi.def_extern("other")(lambda e: 1 - e)
    ffi.def_extern("copy")(lambda m: m)
    ffi.def_extern("twice")(lambda s: ffi.new("const_struct *", [2 * s.a])[0])
    assert lib.HALF == 0.5 and lib.NOWHERE == ffi.NULL and lib.call(0, [4], [3]) == 146
