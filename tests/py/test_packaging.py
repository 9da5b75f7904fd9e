"""Packages that are built with cffi_modules, python -m cdeffi gen-src, and stubs for type checkers."""
import os
import pathlib
import subprocess
import sys
import sysconfig
import tarfile
import zipfile

import pytest

import cdeffi

ROOT = pathlib.Path(__file__).resolve().parents[2]


def python(*arguments, cwd, path=(), check=True):
    """Run a fresh interpreter; its output."""
    paths = [str(p) for p in path] + [os.environ.get("PYTHONPATH", "")]
    environ = dict(os.environ, PYTHONPATH=os.pathsep.join(paths), PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INDEX="1")
    done = subprocess.run([sys.executable, *map(str, arguments)], cwd=str(cwd), env=environ, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if check and done.returncode:
        pytest.fail(done.stdout)
    return done if not check else done.stdout


@pytest.fixture
def site(tmp_path):
    """A folder that says of cdeffi what its wheel says."""
    sys.path.insert(0, str(ROOT / "build-aux"))
    try:
        import build_backend
    finally:
        del sys.path[0]
    info = tmp_path / "site" / ("cdeffi-%s.dist-info" % build_backend.version())
    info.mkdir(parents=True)
    (info / "METADATA").write_text(build_backend.metadata())
    (info / "entry_points.txt").write_text(build_backend.entry_points())
    return info.parent


def write_package(folder, cdef="double half(double);", source='"#include <foo.h>"', setup=""):
    """A package `foo` whose module foo._foo includes a header and is linked with libm."""
    (folder / "foo").mkdir(parents=True)
    (folder / "include").mkdir()
    (folder / "include" / "foo.h").write_text("#include <math.h>\nstatic double half(double x) { return ldexp(x, -1); }\n")
    (folder / "foo" / "__init__.py").write_text("from ._foo import lib\nhalf = lib.half\n")
    (folder / "foo" / "_foo_build.py").write_text(
        "from cffi import FFI\nffi = FFI()\nffi.cdef(%r)\n"
        "ffi.set_source('foo._foo', %s, libraries=['m'], include_dirs=['include'])\n"
        "def make():\n    return ffi\nnothing = 5\nif __name__ == '__main__':\n    ffi.compile()\n" % (cdef, source))
    (folder / "setup.py").write_text(
        "from setuptools import setup\nsetup(name='foo', version='1', packages=['foo'],\n"
        "      cffi_modules=['foo/_foo_build.py:ffi'], %s)\n" % setup)
    return folder


# A value of each kind as argument and result: what our generated C asks of CPython.
EVERY_KIND = ("""
    double half(double); int add(int, long long, unsigned char); char same_char(char); _Bool same_bool(_Bool);
    wchar_t same_wide(wchar_t); unsigned long long most(unsigned long long, void *); const char *same_text(const char *);
    typedef struct { int x, y; } pair; pair both(pair, pair *); long double same_long(long double); enum e { A, B = 7 }; enum e other(enum e);
    float same_float(float); void nothing(void); int call(int (*)(int), int); extern int counter; extern const double limit;
    #define N ...
    extern "Python" int ask(int);
    int answer(int);
""", repr("""#include <math.h>
    #include <wchar.h>
    static double half(double x) { return ldexp(x, -1); }
    static int add(int a, long long b, unsigned char c) { return a + (int)b + c; }
    static char same_char(char c) { return c; }
    static _Bool same_bool(_Bool b) { return b; }
    static wchar_t same_wide(wchar_t w) { return w; }
    static unsigned long long most(unsigned long long n, void *p) { return p ? 0 : n; }
    static const char *same_text(const char *s) { return s; }
    typedef struct { int x, y; } pair;
    static pair both(pair p, pair *q) { pair sum = {p.x + q->x, p.y + q->y}; return sum; }
    static long double same_long(long double x) { return x; }
    enum e { A, B = 7 };
    static enum e other(enum e x) { return x == A ? B : A; }
    static float same_float(float x) { return x; }
    static void nothing(void) {}
    static int call(int (*f)(int), int x) { return f(x); }
    static int counter = 5;
    static const double limit = 1.5;
    #define N 12
    static int ask(int);
    static int answer(int x) { return ask(x); }
"""))

USE_EVERY_KIND = """
import foo
from foo._foo import ffi, lib
@ffi.def_extern()
def ask(x):
    return x + 2
lib.nothing()
f = ffi.callback("int(int)", lambda x: x * 2)
print(foo.half(5.0), [lib.add(1, 2, 0), lib.same_float(4), lib.same_char(b"c"), lib.same_bool(1), lib.same_wide("w"), lib.most(5, ffi.NULL),
      ffi.string(lib.same_text(b"text")), lib.call(f, 5)], lib.other(lib.A), lib.answer(7))
assert lib.both([1, 2], [[3, 4]]).y == 6 and float(lib.same_long(1.5)) == lib.limit and lib.counter == 5 and lib.N == 12
"""


def wheel_of(folder, site):
    python("-m", "pip", "wheel", "-q", "--no-build-isolation", "--no-deps", "-w", "dist", ".", cwd=folder, path=[site])
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


def test_wheel(tmp_path, site):
    wheel = wheel_of(write_package(tmp_path / "pkg"), site)
    limited = not sysconfig.get_config_var("Py_GIL_DISABLED")  # free-threaded Python has no stable ABI
    assert ("-cp39-abi3-" in wheel.name) == limited
    names = zipfile.ZipFile(wheel).namelist()
    assert ("foo/_foo.abi3.so" in names) == limited and any(n.startswith("foo/_foo.") for n in names)
    assert "foo/__init__.py" in names and not any(n.endswith(".c") for n in names)


def test_wheel_runs(tmp_path, site):
    wheel = wheel_of(write_package(tmp_path / "pkg"), site)
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    assert python("-c", "import foo; print(foo.half(5.0))", cwd=tmp_path, path=[tmp_path / "installed"]).strip() == "2.5"


# Before PEP 660 there is a link, which is followed in site's own folders.
USE_SITE = """
import glob, site, sys
site.addsitedir(sys.argv[1])
sys.path += [open(link).readline().strip() for link in glob.glob(sys.argv[1] + "/*.egg-link")]
import foo
print(foo.half(5.0), foo.__file__)
"""


def sites_of(prefix):
    return [str(path) for path in prefix.rglob("*-packages")]


@pytest.mark.parametrize("layout", ["", "src"])
@pytest.mark.parametrize("source", ['"#include <foo.h>"', "None"])
def test_editable_install(tmp_path, site, source, layout):
    """What is edited in the package's folder is what runs, with the module in it."""
    folder = write_package(tmp_path / "pkg", source=source, setup="package_dir={'': %r}" % layout if layout else "")
    if layout:
        (folder / layout).mkdir()
        (folder / "foo").rename(folder / layout / "foo")
        setup = folder / "setup.py"
        setup.write_text(setup.read_text().replace("foo/_foo_build.py", layout + "/foo/_foo_build.py"))
    package = folder / layout / "foo"
    if source == "None":
        (package / "__init__.py").write_text("from ._foo import ffi\nhalf = lambda x: ffi.dlopen(None).ldexp(x, -1)\n")
        build = package / "_foo_build.py"
        build.write_text(build.read_text().replace("double half(double);", "double ldexp(double, int);"))
    python("-m", "pip", "install", "-q", "--no-build-isolation", "--no-deps", "--prefix", tmp_path / "prefix", "-e", ".", cwd=folder, path=[site])
    (installed,) = sites_of(tmp_path / "prefix")
    for _ in range(2):
        value, file = python("-c", USE_SITE, installed, cwd=tmp_path).split()
        assert (value, pathlib.Path(file).parent) == ("2.5", package)
        init = package / "__init__.py"
        init.write_text(init.read_text() + "\n# edited\n")


@pytest.mark.parametrize("source", ['"#include <foo.h>"', "None"])
def test_wheel_of_an_sdist(tmp_path, site, source):
    """An sdist has what the wheel is made from, and nothing that was made."""
    folder = write_package(tmp_path / "pkg", source=source)
    (folder / "MANIFEST.in").write_text("include include/foo.h foo/_foo_build.py\n")
    python("-c", "from setuptools import build_meta; build_meta.build_sdist('dist')", cwd=folder, path=[site])
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as tar:
        names = tar.getnames()
        tar.extractall(tmp_path / "unpacked")
    assert "foo-1/foo/_foo_build.py" in names and not any(name.rpartition("/")[2].startswith("_foo.") for name in names)
    wheel = wheel_of(tmp_path / "unpacked" / "foo-1", site)
    assert any(name.startswith("foo/_foo.") for name in zipfile.ZipFile(wheel).namelist())


def other_pythons():
    """The interpreters of this machine for which this cdeffi has an extension, this one first."""
    found = subprocess.run([str(ROOT / "build-aux" / "find-pythons")], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    ask = "import os, sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX') if not sysconfig.get_config_var('Py_GIL_DISABLED') else '')"
    for path in dict.fromkeys([sys.executable] + found):
        suffix = subprocess.run([path, "-c", ask], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        if suffix and os.path.exists(os.path.join(os.path.dirname(cdeffi.__file__), "_cdeffi" + suffix)):
            yield path


@pytest.mark.skipif(bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="free-threaded Python has no stable ABI")
def test_one_wheel_for_every_python(tmp_path, site):
    """Built by this interpreter, run by each that has a cdeffi here: on a machine with one, that one."""
    wheel = wheel_of(write_package(tmp_path / "pkg", *EVERY_KIND), site)
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    paths = os.pathsep.join([str(tmp_path / "installed"), os.environ["PYTHONPATH"]])
    pythons = list(other_pythons())
    assert pythons
    for path in pythons:
        done = subprocess.run([path, "-c", USE_EVERY_KIND], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path,
                              env=dict(os.environ, PYTHONPATH=paths, PYTHONDONTWRITEBYTECODE="1"))
        assert done.stdout == "2.5 [3, 4.0, b'c', True, 'w', 5, b'text', 10] 7 9\n", path


# What CPython has promised to keep since 3.2 (Doc/c-api/stable.html): all that a module of ours may ask for.
STABLE = set("""PyBool_FromLong PyErr_Clear PyErr_Format PyErr_NoMemory PyErr_Occurred PyErr_SetString PyEval_RestoreThread PyEval_SaveThread
    PyExc_SystemError PyExc_TypeError PyFloat_AsDouble PyFloat_FromDouble PyImport_ImportModule PyLong_AsLong PyLong_FromLong
    PyLong_FromLongLong PyLong_FromUnsignedLongLong PyLong_FromVoidPtr PyLong_Type PyMem_Free PyMem_Malloc PyObject_CallMethod
    PyTuple_GetItem PyTuple_Size Py_DecRef Py_IncRef _Py_Dealloc _Py_NoneStruct""".split())


@pytest.mark.skipif(bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="free-threaded Python has no stable ABI")
def test_a_wheel_asks_for_nothing_but_the_stable_abi(tmp_path, site):
    wheel = wheel_of(write_package(tmp_path / "pkg", *EVERY_KIND), site)
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    listing = subprocess.run(["nm", "-D", "--undefined-only", str(tmp_path / "installed" / "foo" / "_foo.abi3.so")],
                             stdout=subprocess.PIPE, text=True, check=True).stdout
    asked = {line.split()[-1].partition("@")[0] for line in listing.splitlines()}
    asked = {name for name in asked if name.startswith(("Py", "_Py"))}
    assert asked <= STABLE, asked - STABLE
    assert {"PyEval_SaveThread", "PyLong_FromLong", "PyFloat_AsDouble", "PyImport_ImportModule"} <= asked


def test_python_module(tmp_path, site):
    wheel = wheel_of(write_package(tmp_path / "pkg", source="None"), site)
    assert "py3-none-any" in wheel.name and "foo/_foo.py" in zipfile.ZipFile(wheel).namelist()


def test_packages_own_choice_of_the_limited_api(tmp_path, site):
    folder = write_package(tmp_path / "pkg")
    build = folder / "foo" / "_foo_build.py"
    build.write_text(build.read_text().replace("libraries=", "py_limited_api=False, libraries="))
    assert "-cp39-abi3-" not in wheel_of(folder, site).name


@pytest.mark.parametrize("spec, words", [
    ("'foo/_foo_build.py'", "must be of the form"), ("'nowhere.py:ffi'", "does not name an existing file"),
    ("'foo._foo_build:ffi'", "rewrite cffi_modules to"), ("'foo/_foo_build.py:other'", "not found in module"),
    ("5", "must be a str or a list of str"), ("'foo/_foo_build.py:make'", None),
])
def test_wrong_keyword(tmp_path, site, spec, words):
    folder = write_package(tmp_path / "pkg")
    setup = folder / "setup.py"
    setup.write_text(setup.read_text().replace("'foo/_foo_build.py:ffi'", spec))
    done = python("setup.py", "-q", "build", cwd=folder, path=[site], check=False)
    if words is None:
        assert done.returncode == 0, done.stdout
    else:
        assert done.returncode and words in done.stdout


def test_a_difference_fails_the_build(tmp_path, site):
    folder = write_package(tmp_path / "pkg", cdef="struct date { int day; };", source='"struct date { int day, month; };"')
    done = python("setup.py", "-q", "build", cwd=folder, path=[site], check=False)
    assert done.returncode and "struct date has another size in the C source" in done.stdout


def test_distutils_extension(tmp_path):
    ffi = cdeffi.FFI()
    ffi.cdef("int f(void);")
    ffi.set_source("pkg.mod", "static int f(void) { return 1; }", libraries=["m"])
    extension = ffi.distutils_extension(str(tmp_path), verbose=False)
    assert extension.name == "pkg.mod" and extension.libraries == ["m"]
    assert extension.sources == [str(tmp_path / "pkg" / "mod.c")] and (tmp_path / "pkg" / "mod.c").exists()


# ---- python -m cdeffi gen-src

SCRIPT = "from cffi import FFI\nimport helper\nffibuilder = FFI()\nffibuilder.cdef('int f(int);')\n" \
         "ffibuilder.set_source('p.m', helper.SOURCE)\ndef make():\n    return ffibuilder\nelse_ = 5\n"


def test_gen_src(tmp_path):
    (tmp_path / "helper.py").write_text("SOURCE = 'static int f(int x) { return x; }'\n")
    (tmp_path / "build.py").write_text(SCRIPT)
    (tmp_path / "cdef.txt").write_text("int f(int);")
    (tmp_path / "source.c").write_text("static int f(int x) { return x; }")
    command = ["-m", "cdeffi", "gen-src"]
    python(*command, "exec-python", tmp_path / "build.py", "a.c", cwd=tmp_path)
    python(*command, "exec-python", "--ffi-var", "make", tmp_path / "build.py", "b.c", cwd=tmp_path)
    python(*command, "read-sources", "p.m", "cdef.txt", "source.c", "c.c", cwd=tmp_path)
    texts = [(tmp_path / name).read_text() for name in ("a.c", "b.c", "c.c")]
    assert texts[0] == texts[1] == texts[2] and "PyInit_m" in texts[0]
    assert python(*command, "read-sources", "p.m", "cdef.txt", "source.c", "-", cwd=tmp_path) == texts[0]


STEPS = """
import io, sys
from cffi import FFI
from cffi.recompiler import NativeIO, Recompiler, make_c_source, make_py_source
ffi = FFI()
ffi.cdef("int f(int);")
for source, make in (("static int f(int x) { return x; }", make_c_source), (None, lambda ffi, name, _, file: make_py_source(ffi, name, file))):
    steps, once = NativeIO(), io.StringIO()
    writer = Recompiler(ffi, "p.m", target_is_python=source is None)
    writer.collect_type_table()
    writer.collect_step_tables()
    writer.write_source_to_f(steps, source)
    make(ffi, "p.m", source, once)
    assert steps.getvalue() == once.getvalue() != ""
    try:
        writer.write_source_to_f(steps, "" if source is None else None)
    except TypeError as error:
        print(error)
"""


def test_source_in_steps(tmp_path):
    words = "a C source is for modules in C, and needed for them\n"
    assert python("-c", "import cdeffi; cdeffi.install_as_cffi()\n" + STEPS, cwd=tmp_path) == 2 * words


@pytest.mark.parametrize("arguments, words", [
    ([], "a subcommand is required"), (["read-sources", "m", "-", "-", "-"], "are the same file"),
    (["exec-python", "--ffi-var", "no", "build.py", "o.c"], "NameError"),
    (["exec-python", "--ffi-var", "else_", "build.py", "o.c"], "not an instance of cffi.api.FFI"),
])
def test_gen_src_wrong(tmp_path, arguments, words):
    (tmp_path / "helper.py").write_text("SOURCE = ''\n")
    (tmp_path / "build.py").write_text(SCRIPT)
    done = python("-m", "cdeffi", "gen-src", *arguments, cwd=tmp_path, check=False)
    assert done.returncode and words in done.stdout


# ---- stubs

CDEF = """
    typedef struct { int x; } point; double scale(double by, point *p); int print(const char *from, ...);
    _Bool flip(_Bool); char next(char); enum e { A, B }; enum e turn(enum e); void done(void);
    extern int counter; extern const int limit; static const double HALF = 0.5;
    #define N 3
"""

USES = """
from mod import ffi, lib
a: float = lib.scale(2, None)
b: float = lib.scale(2.5, ffi.new("point *"))
c: int = lib.print(b"x", 1, 2.0)
d: bytes = lib.next(b"a")
e: int = lib.turn(lib.B)
f: int = lib.N
lib.counter = 5
g: bool = lib.flip(True)
class Index:
    def __index__(self) -> int: return 1
lib.turn(Index())
"""

WRONG = [("lib.scale('2', None)", "arg-type"), ("lib.scale(1.0)", "call-arg"), ("lib.turn(1.5)", "arg-type"),
         ("lib.nothing", "attr-defined"), ("lib.counter = 'x'", "assignment"), ("x: str = lib.next(b'a')", "assignment"),
         ("lib.limit = 4", "misc"), ("lib.done(1)", "call-arg")]


def mypy(folder):
    return python("-m", "mypy", "--strict", "--cache-dir", folder / "cache", "use.py", cwd=folder, check=False)


def test_stubs(tmp_path):
    ffi = cdeffi.FFI()
    ffi.cdef(CDEF)
    ffi.write_stubs(tmp_path / "mod.pyi")
    text = (tmp_path / "mod.pyi").read_text()
    assert "double scale(double by, point *p);" in text and "by: Union[SupportsFloat, SupportsIndex]" in text
    (tmp_path / "use.py").write_text(USES)
    done = mypy(tmp_path)
    assert done.returncode == 0, done.stdout
    (tmp_path / "use.py").write_text("from mod import ffi, lib\n" + "\n".join(line for line, _ in WRONG) + "\n")
    done = mypy(tmp_path)
    for i, (_, code) in enumerate(WRONG):
        assert any(line.startswith("use.py:%d: error" % (i + 2)) and code in line for line in done.stdout.splitlines()), done.stdout


OWN_TYPES = """typedef float four __attribute__((vector_size(16))); four scaled(four v, float by); unsigned __int128 square(unsigned long long n);
    _BitInt(100) wide(_BitInt(100) x); double _Complex turn(double _Complex z); _Float16 half(_Float16 x); extern __int128 big; extern float _Complex cx;"""
USES_OF_OWN_TYPES = """from mod import ffi, lib
a: int = lib.square(3) + lib.wide(5) + lib.big
b: complex = lib.turn(2) + lib.turn(2.5) + lib.turn(1j) + lib.cx
c: float = lib.half(1.5)
d: float = lib.scaled([1, 2, 3, 4], 2.0)[0]
lib.big, lib.cx = 7, 1j
"""
WRONG_OF_OWN_TYPES = ["lib.square('x')", "lib.wide(1.5)", "lib.turn('x')", "lib.half('x')", "lib.scaled([], 'x')", "lib.big = 'x'", "lib.cx = 'x'"]


def test_stubs_of_own_types(tmp_path):
    """What cffi does not know has stubs as well: numbers for numbers, sequences for vectors."""
    ffi = cdeffi.FFI()
    ffi.cdef(OWN_TYPES)
    ffi.write_stubs(tmp_path / "mod.pyi")
    (tmp_path / "use.py").write_text(USES_OF_OWN_TYPES)
    done = mypy(tmp_path)
    assert done.returncode == 0, done.stdout
    (tmp_path / "use.py").write_text("from mod import ffi, lib\n" + "\n".join(WRONG_OF_OWN_TYPES) + "\n")
    done = mypy(tmp_path)
    for i in range(len(WRONG_OF_OWN_TYPES)):
        assert any(line.startswith("use.py:%d: error" % (i + 2)) for line in done.stdout.splitlines()), done.stdout


def test_stubs_command(tmp_path):
    (tmp_path / "declared.py").write_text("import cdeffi\nffi = cdeffi.FFI()\nffi.cdef('int abs(int x);')\nlib = ffi.dlopen(None)\n")
    python("-m", "cdeffi", "stubs", "declared", cwd=tmp_path)
    assert "def abs(self, x: SupportsIndex, /) -> int:" in (tmp_path / "declared.pyi").read_text()
    assert python("-m", "cdeffi", "stubs", "declared", "-", cwd=tmp_path) == (tmp_path / "declared.pyi").read_text()
    done = python("-m", "cdeffi", "stubs", "os", cwd=tmp_path, check=False)
    assert done.returncode and "has no ffi" in done.stdout


def test_stubs_of_a_compiled_module(tmp_path):
    ffi = cdeffi.FFI()
    ffi.cdef(CDEF)
    ffi.set_source("mod", "typedef struct { int x; } point; static double scale(double by, point *p) { return by + p->x; }"
                   "static int print(const char *f, ...) { return f[0]; } static _Bool flip(_Bool b) { return !b; }"
                   "static char next(char c) { return c; } enum e { A, B }; static enum e turn(enum e x) { return x; }"
                   "static void done(void) {} static int counter; static const int limit = 4;\n#define HALF 0.5\n#define N 3\n")
    ffi.compile(str(tmp_path))
    python("-m", "cdeffi", "stubs", "mod", cwd=tmp_path)
    (tmp_path / "use.py").write_text(USES)
    done = mypy(tmp_path)
    assert done.returncode == 0, done.stdout
