"""Types that cffi's modules do not have: modules of either kind carry them, in tables that say so."""
import importlib
import io
import os
import itertools
import re
import shutil
import subprocess
import sys

import pytest
from test_builder import build  # noqa: F401 (a fixture)

from cdeffi import FFI, VerificationError

pytestmark = pytest.mark.forked  # as test_builder is

# Which compiler has it; and values for it.
INT128 = [0, -1, 2**127 - 1, -(2**127), 10**30]
REAL = [0.0, -1.5, 0.25]
TYPES = {
    "__int128": ("gcc clang", INT128), "unsigned __int128": ("gcc clang", [0, 2**128 - 1, 10**30]),
    "long double _Complex": ("gcc clang", [2 - 1j, 0j]), "_Float32 _Complex": ("gcc", [2 - 1j]), "_Float16": ("gcc", REAL), "_Float32": ("gcc", REAL),
    "_Float64": ("gcc", REAL), "_Float32x": ("gcc", REAL), "_Float64x": ("gcc", REAL), "_Float128": ("gcc", REAL), "__float128": ("gcc clang", REAL),
    "_BitInt(37)": ("clang", [0, -1, 2**36 - 1]), "unsigned _BitInt(100)": ("clang", [0, 2**100 - 1]),
    "int __attribute__((vector_size(16)))": ("gcc clang", [[1, -2, 3, -4]]), "double __attribute__((vector_size(16)))": ("gcc clang", [[0.5, -1.5]]),
    "unsigned char __attribute__((vector_size(8)))": ("gcc clang", [[1, 2, 3, 4, 5, 6, 7, 255]]),
    "uint16_t __attribute__((vector_size(16)))": ("gcc clang", [[1, 2, 3, 4, 5, 6, 7, 65535]]), "float __attribute__((vector_size(8)))": ("gcc clang", [[1.5, 2.0]]),
}
# T: the type; N: a number of its own.
CDEF = """
    typedef T tN; struct sN { char c; tN m; tN a[2]; }; union uN { tN m; char c; };
    tN sameN(tN x); tN secondN(int n, tN *p, tN x, double d); struct sN recordN(struct sN s); tN (*pointerN(void))(tN);
    extern tN globalN; extern tN listN[2]; static const tN fixedN;
"""
SOURCE = """
    typedef T tN; struct sN { char c; tN m; tN a[2]; }; union uN { tN m; char c; };
    STATIC tN sameN(tN x) { return x; }
    STATIC tN secondN(int n, tN *p, tN x, double d) { *p = x; return n == 3 && d == 0.5 ? x : p[0]; }
    STATIC struct sN recordN(struct sN s) { s.a[1] = s.m; return s; }
    STATIC tN (*pointerN(void))(tN) { return sameN; }
    STATIC tN globalN, listN[2];
    static const tN fixedN = {0};
"""
PYTHON_CDEF = 'extern "Python" tN pyN(int, tN, double, tN); tN callN(int n, tN x, tN y);'
PYTHON_SOURCE = "static tN pyN(int, tN, double, tN); static tN callN(int n, tN x, tN y) { return pyN(n, x, 0.5, y); }"


def of(template, compiler):
    """TEMPLATE for each type that the compiler has."""
    names = [name for name in TYPES if compiler in TYPES[name][0]]
    return "\n".join([re.sub(r"\bT\b", name, re.sub(r"(?<=[a-z])N\b", str(i), template)) for i, name in enumerate(names)]), names


def plain(ffi, value):
    """A value that can be compared."""
    if not isinstance(value, ffi.CData):
        return value
    return list(value) if ffi.typeof(value).kind == "vector" else float(value)


def check_memory(ffi, lib, inline, name, i):
    for each in ("t%d", "struct s%d", "union u%d"):
        assert (ffi.sizeof(each % i), ffi.alignof(each % i)) == (inline.sizeof(each % i), inline.alignof(each % i)), name
    assert ffi.typeof("t%d" % i).cname == inline.typeof("t%d" % i).cname and ffi.offsetof("struct s%d" % i, "m") == inline.offsetof("struct s%d" % i, "m")
    for value in TYPES[name][1]:
        setattr(lib, "global%d" % i, value)
        assert plain(ffi, getattr(lib, "global%d" % i)) == value, name
        getattr(lib, "list%d" % i)[1] = value
        assert plain(ffi, getattr(lib, "list%d" % i)[1]) == value, name
        assert plain(ffi, ffi.new("struct s%d *" % i, {"m": value}).m) == value, name


def _check_calls(ffi, lib, name, i):
    for value in TYPES[name][1]:
        place = ffi.new("t%d *" % i)
        results = [getattr(lib, "same%d" % i)(value), getattr(lib, "second%d" % i)(3, place, value, 0.5), place[0],
                   getattr(lib, "record%d" % i)({"m": value}).a[1], getattr(lib, "pointer%d" % i)()(value)]
        results.append(getattr(lib, "same%d" % i)(results[0]))
        assert [plain(ffi, result) for result in results] == [value] * 6, name


def check_calls(ffi, lib, name, i):
    """By our own path all of them go by value; through libffi alone some do not, and the message says so."""
    try:
        _check_calls(ffi, lib, name, i)
    except NotImplementedError as error:
        assert os.environ.get("CDEFFI_DISPATCH") == "libffi" and "libffi cannot pass" in str(error)


def check_python_functions(ffi, lib, name, i):
    seen = []

    @ffi.def_extern("py%d" % i)
    def take(n, x, d, y):
        seen.append((n, x, d, y))
        return y if n else x

    for x, y in itertools.product(TYPES[name][1], repeat=2):
        assert plain(ffi, getattr(lib, "call%d" % i)(0, x, y)) == x and plain(ffi, getattr(lib, "call%d" % i)(1, x, y)) == y, name
        assert [(n, plain(ffi, a), d, plain(ffi, b)) for n, a, d, b in seen[-2:]] == [(0, x, 0.5, y), (1, x, 0.5, y)], name


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_with_c_source(build, monkeypatch, compiler):  # noqa: F811
    if not shutil.which(compiler):
        pytest.skip("no " + compiler)
    monkeypatch.setenv("CC", compiler)
    cdef, names = of(CDEF + PYTHON_CDEF, compiler)
    source, _ = of(SOURCE.replace("STATIC", "static") + PYTHON_SOURCE, compiler)
    module = build(cdef, "#include <stdint.h>\n" + source, extra_compile_args=["-Wall", "-Wextra", "-Werror", "-Wno-psabi"])
    inline = FFI()
    inline.cdef(of(CDEF, compiler)[0])
    for i, name in enumerate(names):
        check_memory(module.ffi, module.lib, inline, name, i)
        check_calls(module.ffi, module.lib, name, i)
        check_python_functions(module.ffi, module.lib, name, i)
        assert not any(plain(module.ffi, getattr(module.lib, "fixed%d" % i)) if "vector" in name else [getattr(module.lib, "fixed%d" % i)])
    with pytest.raises(OverflowError):
        module.lib.same0(2**127)
    with pytest.raises(TypeError):
        module.lib.same0(1.5)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_without_c_source(tmp_path, compiler):
    if not shutil.which(compiler):
        pytest.skip("no " + compiler)
    source, names = of(SOURCE.replace("STATIC", ""), compiler)
    (tmp_path / "own.c").write_text("#include <stdint.h>\n" + source)
    subprocess.run([compiler, "-w", "-shared", "-fPIC", "-o", str(tmp_path / "own.so"), str(tmp_path / "own.c")], check=True)
    ffi, inline, text = FFI(), FFI(), io.StringIO()
    for each in (ffi, inline):
        each.cdef(of(CDEF.replace("static const tN fixedN;", ""), compiler)[0])
    ffi.set_source("_own", None)
    ffi.emit_python_code(text)
    assert "_version = 0xcdef01," in text.getvalue()
    module = {}
    exec(text.getvalue(), module)
    lib = module["ffi"].dlopen(str(tmp_path / "own.so"))
    for i, name in enumerate(names):
        check_memory(module["ffi"], lib, inline, name, i)
        check_calls(module["ffi"], lib, name, i)


@pytest.mark.skipif(not shutil.which("g++"), reason="no g++")
def test_nullptr_t(tmp_path, build):  # noqa: F811
    """Few compilers have it yet: without C source, and what C source says."""
    cdef = "struct holder { nullptr_t n; int after; }; void free(nullptr_t); nullptr_t *(*pointer)(nullptr_t *);"
    ffi = FFI()
    ffi.cdef(cdef)
    ffi.set_source("_own_null", None)
    ffi.emit_python_code(str(tmp_path / "_own_null.py"))
    sys.path.insert(0, str(tmp_path))
    try:
        module = importlib.import_module("_own_null")
    finally:
        sys.path.remove(str(tmp_path))
    lib = module.ffi.dlopen(None)
    assert module.ffi.typeof("struct holder").fields[0][1].type is FFI().typeof("nullptr_t")
    assert lib.free(module.ffi.NULL) is None
    with pytest.raises(TypeError, match="must be a null pointer"):
        lib.free(module.ffi.new("int *"))
    text = io.StringIO()
    build.ffi(cdef.partition(" nullptr_t *(")[0], "#include <stddef.h>").emit_c_code(text)
    assert re.search(r"\bnullptr_t _x0;", text.getvalue()) and "_CFFI_OPCODE(_CFFI_OP_PRIMITIVE, 77)" in text.getvalue()


def test_in_cplusplus(build):  # noqa: F811
    types = "typedef __int128 wide; typedef __float128 real; typedef int vector __attribute__((vector_size(16)));"
    module = build(types + "wide a(wide); real b(real); vector c(vector);",
                   types + "static wide a(wide x) { return x; } static real b(real x) { return x; } static vector c(vector x) { return x; }",
                   source_extension=".cpp")
    assert (module.lib.a(-(2**100)), module.lib.b(0.5), list(module.lib.c([1, 2, 3, 4]))) == (-(2**100), 0.5, [1, 2, 3, 4])


def test_decimal_numbers_are_memory(build):  # noqa: F811
    if not shutil.which("gcc"):
        pytest.skip("no gcc")
    module = build("struct s { char c; _Decimal64 d; }; int equals(_Decimal64 *); _Decimal32 f(_Decimal32); extern _Decimal128 big;",
                   "struct s { char c; _Decimal64 d; }; static int equals(_Decimal64 *p) { return *p == 2.5DD; }"
                   "static _Decimal32 f(_Decimal32 x) { return x; } static _Decimal128 big;")
    s = module.ffi.new("struct s *")
    module.ffi.buffer(module.ffi.addressof(s, "d"))[:] = (0x31A0000000000019).to_bytes(8, "little")  # 25 * 10**-1
    assert module.lib.equals(module.ffi.addressof(s, "d")) == 1
    assert module.ffi.sizeof("struct s") == 16
    with pytest.raises(NotImplementedError):
        module.lib.f(1)


def version_of(cdef, source=""):
    ffi, text = FFI(), io.StringIO()
    ffi.cdef(cdef)
    ffi.set_source("_version", source)
    ffi.emit_c_code(text)
    return re.search(r'_cffi_init\("_version", (\w+),', text.getvalue()).group(1)


def test_only_who_uses_them_needs_us(tmp_path):
    (tmp_path / "wide.h").write_text("__int128 wide(__int128); typedef __int128 wide_t; struct w { int a; __int128 b; }; extern __int128 variable; int narrow(struct w *);")
    include = '#include "%s"\n' % (tmp_path / "wide.h")
    assert version_of("int f(int); long double g(long double); double _Complex h(void);") == "0x2601"
    assert version_of(include) == "0x2601"  # headers have much that nobody asks for
    assert version_of(include + "wide_t mine(wide_t);") == version_of("int f(_Float32 *);") == version_of("struct s { __int128 a; };") == "0xcdef01"


def test_enums_of_more_than_64_bits():
    for source in ("", None):
        ffi = FFI()
        ffi.cdef("enum e : __int128 { A }; int f(enum e *);")
        ffi.set_source("_enum", source)
        with pytest.raises(VerificationError, match="modules cannot have enums of '__int128'"):
            ffi.emit_python_code(io.StringIO()) if source is None else ffi.emit_c_code(io.StringIO())


def test_malformed_types():
    def number(*values):
        return b"".join((value & 0xFFFFFFFF).to_bytes(4, "big") for value in values)

    backend = importlib.import_module("_cffi_backend")
    for types, place, error in (
            ((7 << 8 | 1, 43), 1, "ends within a vector"), ((7 << 8 | 1, 43, 24), 1, "power of two"), ((7 << 8 | 1, 43, 0), 1, "multiple of its lanes"),
            ((0 << 8 | 1, 43, 8), 1, "no vectors"), ((0 << 8 | 1, 45), 1, "no complex"), ((0 << 8 | 47,), 0, "_BitInt"), ((78 << 8 | 1,), 0, "prim=78"),
            ((9 << 8 | 45,), 0, "no opcode 9"), ((0 << 8 | 45,), 0, "recursion"), ((0 << 8 | 43, 16), 0, "recursion")):
        ffi = backend.FFI("m", _version=0xCDEF01, _types=number(*types), _typenames=(number(place) + b"t",))
        with pytest.raises(Exception, match=error):
            ffi.sizeof("t")
    for version in (0xCDEF00, 0xCDEF02, 0x2900):
        with pytest.raises(ImportError, match="unknown version"):
            backend.FFI("m", _version=version, _types=number(7 << 8 | 1))


def test_several_complex_arguments_of_python_functions(build):  # noqa: F811
    """Sixteen bytes each, where cffi's interface has eight; the last one may be longer than that."""
    source = "".join(["static double _Complex %s; static double _Complex call_%s { return %s; }" % each for each in (
        ("two(double _Complex, double _Complex)", "two(double _Complex x, double _Complex y)", "two(x, y)"),
        ("last(int, int, double _Complex)", "last(int a, int b, double _Complex y)", "last(a, b, y)"))])
    module = build('extern "Python" { double _Complex two(double _Complex, double _Complex); double _Complex last(int, int, double _Complex); }'
                   "double _Complex call_two(double _Complex, double _Complex); double _Complex call_last(int, int, double _Complex);", source)
    module.ffi.def_extern("two")(lambda x, y: 10 * x + y)
    module.ffi.def_extern("last")(lambda a, b, y: a + b * y)
    assert module.lib.call_two(1 + 2j, 3 + 4j) == 13 + 24j and module.lib.call_last(5, 2, 3 + 4j) == 11 + 8j
    assert version_of('extern "Python" double _Complex last(int, int, double _Complex);') == "0x2601"
    assert version_of('extern "Python" double _Complex two(double _Complex, int);') == "0xcdef01"


def test_stubs(tmp_path):
    ffi = FFI()
    ffi.cdef("__int128 a(unsigned __int128); _Float64 b(_Float32); _Float64x c(_Float64x); _Float32 _Complex d(long double _Complex);"
             "typedef int v __attribute__((vector_size(16))); v e(v); _BitInt(9) f(_BitInt(9));")
    ffi.write_stubs(str(tmp_path / "own.pyi"))
    text = (tmp_path / "own.pyi").read_text()
    heads = dict(re.findall(r"def (\w)\(self, \w+: (.*), /\) -> ", text) or re.findall(r"def (\w)\(self, \w+: ([^)]*)", text))
    results = dict(re.findall(r"def (\w)\(.*\) -> (\w+):", text))
    assert results == {"a": "int", "b": "float", "c": "CData", "d": "complex", "e": "CData", "f": "int"}
    assert heads["a"].startswith("SupportsIndex") and heads["f"].startswith("SupportsIndex") and heads["e"].startswith("Any")
