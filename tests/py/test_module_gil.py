"""Which calls of modules with C source give the GIL away."""
import io
import shutil

import pytest
from test_builder import build  # noqa: F401 (a fixture)

from cdeffi import FFI

pytestmark = pytest.mark.forked  # as test_builder is

# Each call that gives it away counts itself.
COUNTING = "static int given;\n#define PyEval_SaveThread() (given++, PyEval_SaveThread())\n"
DECLARED = """
    double sqrt(double); int abs(int); long labs(long); double fabs(double); double atan2(double, double); float sqrtf(float);
    double pow(double, double); long double cbrtl(long double); double ldexp(double, int); double frexp(double, int *);
    double _Complex csqrt(double _Complex); int atoi(const char *); int own(int); int rand(void); extern int given;
"""
SOURCE = COUNTING + "#include <complex.h>\n#include <math.h>\n#include <stdlib.h>\nstatic int own(int x) { return x + 1; }\n"
CALLS = {"sqrt": (2.25,), "abs": (-3,), "labs": (-3,), "fabs": (-1.5,), "atan2": (0.0, 1.0), "sqrtf": (2.25,), "pow": (2.0, 3.0), "cbrtl": (27.0,),
         "ldexp": (1.0, 3), "csqrt": (-4 + 0j,)}
RESULTS = {"sqrt": 1.5, "abs": 3, "labs": 3, "fabs": 1.5, "atan2": 0.0, "sqrtf": 1.5, "pow": 8.0, "cbrtl": 3.0, "ldexp": 8.0, "csqrt": 2j}


def gives(lib, name, *args):
    """Does the call give the GIL away? And its result."""
    before = lib.given
    result = getattr(lib, name)(*args)
    return lib.given != before, float(result) if "long double" in repr(result) else result


def compile_with(build, monkeypatch, compiler, flags, cdef, source):  # noqa: F811
    if not shutil.which(compiler):
        pytest.skip("no " + compiler)
    monkeypatch.setenv("CC", compiler)
    return build(cdef, source, extra_compile_args=["-Wall", "-Wextra", "-Werror", *flags])


@pytest.mark.parametrize("flags, known", [
    (["-O2"], set(CALLS)), (["-O0"], set(CALLS)), (["-std=c11", "-O2"], set(CALLS)), (["-fno-builtin"], set())])
def test_gcc_knows_functions_of_numbers(build, monkeypatch, flags, known):  # noqa: F811
    lib = compile_with(build, monkeypatch, "gcc", flags, DECLARED, SOURCE).lib
    for name, args in CALLS.items():
        given, result = gives(lib, name, *args)
        assert complex(result) == RESULTS[name] and given == (name not in known), name
    check_others(lib)


@pytest.mark.parametrize("flags, known", [(["-O2"], {"abs", "labs", "fabs"}), (["-O0"], set())])
def test_clang_knows_fewer(build, monkeypatch, flags, known):  # noqa: F811
    lib = compile_with(build, monkeypatch, "clang", flags, DECLARED, SOURCE).lib
    found = set()
    for name, args in CALLS.items():
        given, result = gives(lib, name, *args)
        assert complex(result) == RESULTS[name], name
        found |= set() if given else {name}
    assert known <= found
    check_others(lib)


def check_others(lib):
    assert gives(lib, "own", 3) == (True, 4) and gives(lib, "atoi", b"12") == (True, 12) and gives(lib, "rand")[0]
    exponent = [0]
    assert gives(lib, "frexp", 4.0, exponent) == (True, 0.5)  # through a pointer


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("flags", ["-O0", "-O2"])
def test_functions_of_such_names(build, monkeypatch, compiler, flags):  # noqa: F811
    """A function of the C source's own may wait; and asking the compiler does not call it. (Python.h has included the headers
    that declare those of C: the names can only be macros.)"""
    source = COUNTING + """
        static int called;
        static double own_sqrt(double x) { called++; return x; }
        #define sqrt own_sqrt
        static int own_abs(int x) { called++; return x; }
        #define abs(x) own_abs(x)
        static inline double own_fabs(double x) { called++; return x; }
        #define fabs(x) (x < 0 ? own_fabs(x) : own_sqrt(x))
        static double own_pow(int x) { called++; return x; }
        #define pow(x) __extension__({ double y = own_pow(x); y; })
    """
    lib = compile_with(build, monkeypatch, compiler, [flags],
                       "double sqrt(double); int abs(int); double fabs(double); double pow(int); extern int given, called;", source).lib
    assert [gives(lib, name, -2) for name in ("sqrt", "abs", "fabs", "pow")] == [(True, -2)] * 4
    assert lib.called == 4


def test_what_is_declared_wins(build):  # noqa: F811
    module = build("__attribute__((const)) int own(int); int other(int); extern int given;",
                   COUNTING + "static int own(int x) { return x; } static int other(int x) { return x; }")
    assert gives(module.lib, "own", 1) == (False, 1) and gives(module.lib, "other", 1) == (True, 1)


@pytest.mark.parametrize("declaration, asked", [
    ("double sqrt(double)", True), ("float sqrtf(float)", True), ("long double sqrtl(long double)", True), ("long long llabs(long long)", True),
    ("double acos(double)", True), ("double trunc(double)", True), ("intmax_t imaxabs(intmax_t)", True), ("double ceil(double)", True),
    ("double tgammal(double)", True), ("double ceilfl(double)", False), ("double sqr(double)", False), ("double sqrts(double)", False),
    ("double f(double)", False), ("double l(double)", False), ("double sqrt(double *)", False), ("double *sqrt(double)", False),
    ("double sqrt(void)", False), ("void sqrt(double)", False), ("_Bool abs(int)", False), ("char abs(char)", False), ("double sleep(double)", False)])
def test_what_the_compiler_is_asked(declaration, asked):
    ffi, text = FFI(), io.StringIO()
    ffi.cdef(declaration + ";")
    ffi.set_source("_asked", "")
    ffi.emit_c_code(text)
    assert ("_state = _CFFI_COMPUTES(" in text.getvalue()) is asked
