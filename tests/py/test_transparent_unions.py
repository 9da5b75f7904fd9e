"""transparent_union on a typedef of a union that is there already: a type of its own, passed as its first member. What GCC
takes is asked of it."""
import io
import os
import shlex
import subprocess

import pytest
from test_builder import build  # noqa: F401 (a fixture)

import cdeffi
from cdeffi import FFI

CDEF = """
    union u { struct { float f, g; } s; long i; };
    typedef union u t __attribute__((transparent_union)); typedef const t const_t; typedef t other_name;
    float add(t x); float subtract(union u x); float add_const(int n, const_t x, double d); t make(float f, float g);
    float call(float (*f)(t), float f1, float g1); float first(t *x); struct holder { char c; t m; t a[2]; }; float held(struct holder h);
    extern t global; extern union u *where;
"""
SOURCE = """
    union u { struct { float f, g; } s; long i; };
    typedef union u t __attribute__((transparent_union)); typedef const t const_t; typedef t other_name;
    EXPORT float add(t x) { return x.s.f + x.s.g; }
    EXPORT float subtract(union u x) { return x.s.f - x.s.g; }
    EXPORT float add_const(int n, const_t x, double d) { return n + x.s.f + x.s.g + d; }
    EXPORT t make(float f, float g) { t x; x.s.f = f; x.s.g = g; return x; }
    EXPORT float call(float (*f)(t), float f1, float g1) { return f(make(f1, g1)); }
    EXPORT float first(t *x) { return x->s.f; }
    struct holder { char c; t m; t a[2]; };
    EXPORT float held(struct holder h) { return h.m.s.f + h.a[1].s.g; }
    EXPORT t global; EXPORT union u *where;
"""
# The members of a union, and whether it can be transparent.
MEMBERS = [
    "struct { float f, g; } s; long i;", "double d; int i;", "int i; double d;", "float f; int i;", "long i; struct { char c[3]; } s;",
    "struct { float f, g; } s; struct { char c[3]; } b;", "struct { float f, g; } s; char b[3];", "struct { char a[3]; char b; } s; int i;",
    "struct { struct { char a[3]; } x; char b; } s; int i;", "struct { double a, b; } s; __int128 i;", "struct { double a, b; } s; long double i;",
    "char a[8]; double d;", "double a[1]; long d;", "struct { long a[3]; } s; long d;", "struct { long a[3]; } s; double d[3];", "double d[3]; char c;",
    "struct { int i : 32; } s; float j;", "float _Complex c; long j;", "struct { float a; } c[2]; long j;", "float c[2]; long j;",
    "struct { } z; int y;", "int y; struct { } z;", "union { float f; int i; } y; int z;", "struct { char a[5], b[3]; } s; double t;",
    "int *i; unsigned *u;", "struct { double a; } s; long i;", "struct { char a[6]; short b; } s; double t;",
]


def shared(folder, source):
    path = folder / "transparent.so"
    (folder / "transparent.c").write_text("#define EXPORT\n" + source)
    command = shlex.split(os.environ.get("CC", "cc")) + ["-w", "-shared", "-fPIC", "-O1", "-o", str(path), str(folder / "transparent.c")]
    subprocess.run(command, check=True)
    return str(path)


def check(ffi, lib):
    x = {"s": [1.5, 2.0]}
    assert lib.add(x) == 3.5 and lib.subtract(x) == -0.5 and lib.add_const(7, x, 0.25) == 10.75
    made = lib.make(3.0, 0.5)
    assert ffi.typeof(made) is ffi.typeof("t") and (made.s.f, made.s.g) == (3.0, 0.5) and lib.add(made) == 3.5
    assert lib.call(ffi.callback("float(t)", lambda x: x.s.f * 10 + x.s.g), 3.0, 4.0) == 34.0
    assert lib.call(ffi.callback("float(other_name)", lambda x: x.s.f - x.s.g), 3.0, 4.0) == -1.0
    p = ffi.new("t *", x)
    assert lib.first(p) == 1.5 and lib.add(p[0]) == 3.5
    assert lib.held({"m": x, "a": [x, {"s": [0, 8.0]}]}) == 9.5
    where = ffi.addressof(lib, "global")
    assert ffi.typeof(where) is ffi.typeof("t *")
    where.s.f = 2.5
    assert lib.first(where) == 2.5
    for function, other in ((lib.subtract, p[0]), (lib.add, ffi.new("union u *")[0])):  # in C they are two types
        with pytest.raises(TypeError):
            function(other)


def test_calls(tmp_path):
    ffi = FFI()
    ffi.cdef(CDEF)
    check(ffi, ffi.dlopen(shared(tmp_path, SOURCE)))


@pytest.mark.parametrize("members", MEMBERS)
def test_which_unions_can_be(tmp_path, members):
    declared = "union u { %s }; typedef union u t __attribute__((transparent_union));" % members
    (tmp_path / "t.c").write_text(declared)
    command = ["gcc", "-fsyntax-only", "-Werror=attributes", str(tmp_path / "t.c")]
    honoured = subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0
    ffi = FFI()
    ffi.cdef(declared)
    assert (ffi.typeof("t") is not ffi.typeof("union u")) == honoured


def test_what_it_is_not_about(ffi):
    ffi.cdef("union late; typedef union late early __attribute__((transparent_union)); union late { int i; float f; };")
    assert ffi.typeof("early") is ffi.typeof("union late")
    ffi.cdef("union u { int i; float f; }; typedef union u *pointer __attribute__((transparent_union));"
             "typedef union u array[2] __attribute__((transparent_union)); void f(union u x __attribute__((transparent_union)));"
             "extern union u x __attribute__((transparent_union)); typedef struct s { int i; } s __attribute__((transparent_union));")
    plain = ffi.typeof("union u")
    assert ffi.typeof("pointer").item is plain and ffi.typeof("array").item is plain and ffi.typeof("void(*)(union u)").args[0] is plain
    ffi.cdef("__attribute__((transparent_union)) typedef union u before; typedef union u __attribute__((transparent_union)) between;"
             "typedef union u [[gnu::transparent_union]] beside; typedef union u aligned __attribute__((transparent_union, aligned(16)));")
    assert ffi.typeof("before") is ffi.typeof("between") is ffi.typeof("beside") is not plain
    assert (ffi.alignof("aligned"), ffi.sizeof("aligned"), ffi.alignof("before"), ffi.alignof(plain)) == (16, 4, 4, 4)


@pytest.mark.parametrize("text", ["void f(union u); void f(t);", "extern union u x; extern t x;", "extern union u *x; extern t *x;",
                                  "_Static_assert(__builtin_types_compatible_p(t, union u));", "void g(t); void g(t *);"])
def test_it_is_another_type(ffi, text):
    ffi.cdef("union u { int i; float f; }; typedef union u t __attribute__((transparent_union)); typedef t same; void f(t); void f(same);")
    with pytest.raises(cdeffi.CDefError):
        ffi.cdef(text)


def test_spelling(ffi):
    ffi.cdef("union u { int i; float f; }; typedef union u t __attribute__((transparent_union)), *p; typedef t big __attribute__((aligned(16)));"
             "union v { int i; float f; }; typedef union v plain; typedef union v w __attribute__((transparent_union)); void f(w, t, union v);")
    names = {"t": "t", "union u": "union u", "p": "union u *", "big": "t [[gnu::aligned(16)]]", "w": "plain [[gnu::transparent_union]]",
             "w *": "plain [[gnu::transparent_union]] *", "t[2]": "t[2]"}
    for name, cname in names.items():
        ctype = ffi.typeof(name)
        assert ffi.typeof(ctype.cname) is ctype
        assert ctype.cname == cname or name == "big"
    assert cdeffi.FFI.typeof(ffi, "big") is ffi.typeof(ffi.typeof("big").cname) and ffi.alignof(ffi.typeof("big").cname) == 16


@pytest.mark.forked
@pytest.mark.parametrize("options", [{}, {"extra_compile_args": ["-O2", "-Wall", "-Werror"]}])
def test_modules_with_c_source(build, options):  # noqa: F811
    source = "#define EXPORT static\n" + SOURCE
    module = build(CDEF, source, **options)
    check(module.ffi, module.lib)


@pytest.mark.forked
def test_modules_without_c_source(tmp_path):
    ffi, out = FFI(), io.StringIO()
    ffi.cdef(CDEF)
    ffi.set_source("_transparent", None)
    ffi.emit_python_code(out)
    module = {}
    exec(out.getvalue(), module)
    check(module["ffi"], module["ffi"].dlopen(shared(tmp_path, SOURCE)))


def test_modules_of_what_an_included_one_declares(tmp_path):
    base, user = FFI(), FFI()
    base.cdef("union u { struct { float f, g; } s; long i; }; typedef union u t __attribute__((transparent_union));")
    user.include(base)
    user.cdef("float add(t x);")
    assert user.dlopen(shared(tmp_path, SOURCE)).add({"s": [1.5, 2.0]}) == 3.5


def test_verify_headers(tmp_path):
    union = "union u { struct { float f, g; } s; long i; };"
    typedef = "typedef union u t __attribute__((transparent_union));"
    (tmp_path / "t.h").write_text(union + typedef + "float add(t x); float plain(union u x);")
    for text, count in ((union + typedef + "float add(t x); float plain(union u x);", 0), (union + "float add(union u x);", 1),
                        (union + typedef + "float plain(t x);", 1)):
        ffi = FFI()
        ffi.cdef(text)
        report = ffi.verify_headers("#include <t.h>", include_dirs=[tmp_path])
        assert [d.name for d in report] == [("add" if "add" in text else "plain")] * count and not any(d.harmless for d in report)
