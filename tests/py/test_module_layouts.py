"""What decides on a layout beside the types: modules of either kind have it as in-line declarations do, or say that they
do not."""
import importlib
import io
import re
import sys

import pytest
from test_builder import Builder

from cdeffi import FFI, VerificationError

pytestmark = pytest.mark.forked  # as test_builder is

# Each names its records s, q, its typedef t.
CARRIED = {
    "member_aligned": "struct s { char a; int b __attribute__((aligned(16))); char c; };",
    "alignas": "struct s { char c; _Alignas(16) char d; };",
    "union_member_aligned": "union s { char c; _Alignas(16) char d; };",
    "struct_aligned": "struct s { char a; int b; } __attribute__((aligned(32)));",
    "typedef_aligned": "typedef int t __attribute__((aligned(16))); struct s { char c; t *p; t x; };",
    "pointer_aligned": "typedef int *t __attribute__((aligned(32))); struct s { char c; t p; };",
    "typedef_of_struct_aligned": "struct q { char a; }; typedef struct q t __attribute__((aligned(8))); struct s { char c; t x; };",
    "unnamed_struct_aligned": "typedef struct { char a; } t __attribute__((aligned(8))); struct s { char c; t x; };",
    "underaligned": "typedef long long t __attribute__((aligned(1))); struct s { char a; t b; };",
    "packed": "struct s { char a; int b; short c; } __attribute__((packed));",
    "packed_and_aligned": "struct s { char a; int b; short c; } __attribute__((packed, aligned(4)));",
    "packed_member": "struct s { char a; int b __attribute__((packed)); int c; };",
    "packed_bits": "struct s { char a; int b : 17; int c : 20; char d; } __attribute__((packed));",
    "packed_bits_aligned": "struct s { char a; int b : 17; int c : 20; char d; } __attribute__((packed, aligned(4)));",
    "pack_1": "#pragma pack(1)\nstruct s { char a; int b; char c; };\n#pragma pack()\n",
    "pack_1_bits": "#pragma pack(1)\nstruct s { int b : 3; };\n#pragma pack()\n",
    "pack_1_aligned": "#pragma pack(1)\nstruct s { char a; int b __attribute__((aligned(4))); };\n#pragma pack()\n",
    "pack_2": "#pragma pack(2)\nstruct s { char a; int b; char c; };\n#pragma pack()\n",
    "pack_4": "#pragma pack(4)\nstruct s { char a; double b; char c; };\n#pragma pack()\n",
    "bits_between": "struct s { int a : 3; int : 5; int b : 4; int : 0; int c : 3; char d; };",
    "bits_end_a_unit": "struct s { char a : 3; int : 0; char c : 3; char : 0; };",
    "bits_unnamed_only": "struct s { char a; int : 3; char b; };",
    "bits_behind_aligned": "struct s { char a : 3; int b __attribute__((aligned(8))); int c : 3; };",
    "bits_of_a_union": "union s { int a : 3; int : 20; char c; };",
    "bits_unnamed_struct": "struct s { char c; struct { int a : 3; int b : 5; }; char d; };",
    "bits_unnamed_union": "struct s { union { struct { unsigned a : 4, b : 4; }; unsigned char v; }; int x : 5; };",
    "unnamed_aligned": "struct s { char a; struct { char b; int c __attribute__((aligned(16))); }; };",
    "nested": "struct q { char a; int b __attribute__((aligned(16))); }; struct s { char a; struct q q[3]; };",
    "flexible_aligned": "struct s { char a; int n[] __attribute__((aligned(16))); };",
    "mode": "typedef int t __attribute__((mode(DI))); struct s { char a; t b; int c __attribute__((mode(QI))); };",
    "atomic": "struct q { int a[2]; }; struct s { char a; _Atomic struct q c; _Atomic long long b; char d; };",
    "complex": "struct s { char a; float _Complex b; double _Complex c; };",
    "packed_enum": "enum __attribute__((packed)) e { A, B }; struct s { enum e a; char b; };",
    "transparent": "union s { float *a; int *b; } __attribute__((transparent_union));",
}
# Bit-fields elsewhere than behind the member before them: a compiler does not tell.
ONLY_WITHOUT_C = {
    "pack_2_bits": "#pragma pack(2)\nstruct s { char a; int b : 17; int c : 20; char d; };\n#pragma pack()\n",
    "packed_bit_member": "struct s { char a; int b : 17 __attribute__((packed)); int c : 20; char d; };",
    "ms_struct": "struct s { char a; int b : 3; short c : 4; char d; long long e : 3; } __attribute__((ms_struct));",
    "bits_aligned": "struct s { char a : 3; int b : 4 __attribute__((aligned(8))); };",
}


@pytest.fixture
def build(tmp_path):
    return Builder(tmp_path)


def layout(ffi, ctype, seen):
    """All that sizeof(), alignof() and offsetof() say of CTYPE and of what it is made of."""
    facts = [ffi.sizeof(ctype) if ctype.kind != "array" or ctype.length is not None else None, ffi.alignof(ctype)]
    if ctype.kind in ("struct", "union") and ctype not in seen:
        seen.append(ctype)
        for name, field in ctype.fields:
            facts.append((name, field.offset, field.bitshift, field.bitsize, layout(ffi, field.type, seen)))
            if name and field.bitsize < 0:
                facts.append(ffi.offsetof(ctype, name))
    elif ctype.kind == "array":
        facts.append(layout(ffi, ctype.item, seen))
    return facts


def layouts(ffi, text, rename=str):
    names = [name for name in ("struct s", "union s", "struct q", "t") if (name + " {" in text if " " in name else "typedef" in text)]
    return {name: layout(ffi, ffi.typeof(rename(name)), []) for name in names}


def inline(text):
    ffi = FFI()
    ffi.cdef(text)
    return ffi


def reread(ffi, names=()):
    """The module without C source that FFI gives, and its FFI."""
    out = io.StringIO()
    ffi.set_source("_reread", None)
    ffi.emit_python_code(out)
    module = dict(names)
    exec(out.getvalue(), module)
    return out.getvalue(), module["ffi"]


def without_type_alignments(facts):
    """Of the types that members have compilers tell nothing."""
    return [each[:4] if isinstance(each, tuple) else each for each in facts]


@pytest.mark.parametrize("name", [*CARRIED, *ONLY_WITHOUT_C])
def test_without_c_source(name):
    text = CARRIED.get(name) or ONLY_WITHOUT_C[name]
    there = inline(text)
    source, here = reread(inline(text))
    assert layouts(here, text) == layouts(there, text)
    plain = ("packed", "packed_bits", "pack_1", "pack_1_bits", "mode", "complex", "packed_enum", "bits_between", "bits_end_a_unit",
             "bits_unnamed_only", "bits_of_a_union", "bits_unnamed_struct", "bits_unnamed_union")
    assert ("_layouts" in source or "_alignments" in source) == (name not in plain)  # what cffi can read it still can


def test_with_c_source(build):
    """One module of all: the names of each end in its number."""
    texts = [re.sub(r"\b(struct s|union s|struct q|t|e|A|B)\b", r"\g<1>%d" % i, text) for i, text in enumerate(CARRIED.values())]
    module = build("\n".join(texts), "\n".join(texts))
    for i, text in enumerate(CARRIED.values()):
        there = layouts(inline(text), text)
        here = layouts(module.ffi, text, lambda name: name + str(i))
        for name in there:
            assert without_type_alignments(here[name]) == without_type_alignments(there[name]), (name, text)


@pytest.mark.parametrize("name", ONLY_WITHOUT_C)
def test_bit_fields_that_a_compiler_does_not_tell(name):
    ffi = inline(ONLY_WITHOUT_C[name])
    ffi.set_source("_bits", ONLY_WITHOUT_C[name])
    with pytest.raises(VerificationError, match="'struct s' has bit-fields and members with an alignment of their own"):
        ffi.emit_c_code(io.StringIO())


def test_headers_have_them_without_what_modules_cannot_have(build, tmp_path):
    """Of a header's struct the rest is there: where it is the compiler says. (What cffi could not load is only there where a
    cdef text asks for it: test_own_types.)"""
    (tmp_path / "wide.h").write_text("struct s { char a; __int128 b; int c; };\n#pragma pack(2)\nstruct u { char a; int b : 17; int d; };\n#pragma pack()\n")
    include = '#include "%s"\n' % (tmp_path / "wide.h")
    module = build(include, include)
    assert [(name, field.offset) for name, field in module.ffi.typeof("struct s").fields] == [("a", 0), ("c", 32)]
    assert [(name, field.offset) for name, field in module.ffi.typeof("struct u").fields] == [("a", 0), ("d", 4)]
    assert (module.ffi.sizeof("struct s"), module.ffi.sizeof("struct u")) == (48, 8)


def test_bit_fields_of_unnamed_structs_by_value(build):
    source = ("struct s { char c; struct { int a : 3; int : 4; int b : 5; }; };"
              "static int f(struct s s) { return s.c * 10000 + s.a * 100 + s.b; }")
    module = build(source.partition("static")[0] + "int f(struct s s);", source)
    s = module.ffi.new("struct s *", {"c": b"\2", "a": 3, "b": 7})
    assert module.lib.f(s[0]) == 20307 and (s.a, s.b) == (3, 7)


def test_included_modules_keep_alignments():
    base, user = FFI(), FFI()
    base.cdef("typedef int t __attribute__((aligned(16))); struct s { char c; t x; };")
    _, base_ffi = reread(base)
    user.include(base)
    user.cdef("struct w { char c; t x; struct s s; };")
    sys.modules["_reread"] = type(sys)("_reread")
    try:
        sys.modules["_reread"].ffi = base_ffi
        _, user_ffi = reread(user)
    finally:
        del sys.modules["_reread"]
    assert layouts(user_ffi, "struct s {typedef") == layouts(base, "struct s {typedef")
    assert (user_ffi.sizeof("struct w"), user_ffi.offsetof("struct w", "s"), user_ffi.alignof("t")) == (64, 32, 16)


def test_malformed_layouts():
    def number(*values):
        return b"".join((value & 0xFFFFFFFF).to_bytes(4, "big") for value in values)

    backend = importlib.import_module("_cffi_backend")
    good = dict(_version=0x2601, _types=number(0x709, 9), _struct_unions=((number(0, 0) + b"s",),))
    for layouts in ([b"abc"], [number(0, 0, 0)], [number(1, 0, 0, 0)], [number(-1, 0, 0, 0)], [number(0, 8, 0, 0)], [number(0, 0, 0, 0, 0)],
                    [number(0, 0, 0, 0, 0, 2, 0, 0)]):
        with pytest.raises(ValueError, match="malformed layout"):
            backend.FFI("m", **good, _layouts=tuple(layouts))
    with pytest.raises(ValueError, match="malformed"):
        backend.FFI("m", **good, _layouts=(3,))
    for alignments in ([number(0)], [number(0, 8)], [3]):
        with pytest.raises(ValueError, match="malformed"):
            backend.FFI("m", **good, _alignments=tuple(alignments))
    ffi = backend.FFI("m", **dict(good, _types=number(0x009)), _layouts=(number(0, 0, 0, 3),))
    with pytest.raises(Exception, match="power of two"):
        ffi.sizeof("struct s")
