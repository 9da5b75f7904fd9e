"""The builder and the compiler it runs: odd places, odd environments, several builds at a time; and what verify() says."""
import os
import shutil
import subprocess
import sys
import textwrap

import pytest

import cdeffi._cdeffi
from cdeffi import FFI, VerificationError

BOTH_WAYS = textwrap.dedent("""
    import os, sys, warnings
    from cdeffi import FFI, VerificationError
    warnings.simplefilter("ignore")
    source = '#include "k.h"\\nstatic int f(int x) { return x + K; }'
    ffi = FFI()
    ffi.cdef("int f(int);")
    ffi.set_source("_both", source, include_dirs=["inc"])
    try:
        path = ffi.compile("out")
    except VerificationError as error:
        sys.exit(str(error))
    sys.path.insert(0, "out")
    try:
        import _both
    except UnicodeEncodeError:
        sys.exit("compiled, not loaded")
    assert os.path.realpath(path) == os.path.realpath(_both.__file__)  # by name: another build may replace the file
    ffi = FFI()
    ffi.cdef("int f(int);")
    lib = ffi.verify(source, tmpdir="verified", include_dirs=["out/inc"])
    print(_both.lib.f(1), lib.f(2), len(os.listdir("out")), len(os.listdir("verified")))
""")
MADE = "11 12 4 3\n"  # out has the header's folder, too
LOADS = textwrap.dedent("""
    import os, shutil, sys
    shutil.copy(sys.argv[1], ".")
    sys.path.insert(0, os.getcwd())
    try:
        import _cdeffi
    except UnicodeEncodeError:
        print("no")
""")


def both_ways(folder, start=subprocess.run, **environ):
    """Compile and verify() in a folder, with paths relative to it."""
    os.makedirs(os.path.join(folder, "out", "inc"), exist_ok=True)
    with open(os.path.join(folder, "out", "inc", "k.h"), "w") as header:
        header.write("#define K 10\n")
    return run_there(folder, environ, start, BOTH_WAYS)


def run_there(folder, environ, start, *arguments):
    env = {name: value for name, value in {**os.environ, **environ}.items() if value is not None}
    return start([sys.executable, "-c", *arguments], cwd=str(folder), env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def check_odd_folder(folder, **environ):
    """Both ways work there. CPython 3.13 loads no extension module at all from a path that it cannot write as UTF-8: then
    the module stands there, at least."""
    done = both_ways(folder, **environ)
    loads = run_there(folder, environ, subprocess.run, LOADS, cdeffi._cdeffi.__file__)
    assert loads.returncode == 0, loads.stderr
    if loads.stdout != "no\n":
        assert done.stdout == MADE, done.stderr
    else:
        assert done.stderr == "compiled, not loaded\n"
        assert [name for name in os.listdir(os.path.join(folder, "out")) if name.startswith("_both") and name.endswith(".so")]


@pytest.mark.parametrize("name", ["with space", "caf\u00e9-\u6f22", "quote'\"s", b"\xff".decode("utf-8", "surrogateescape")])
def test_odd_names_of_folders(tmp_path, name):
    folder = os.path.join(str(tmp_path), name)
    check_odd_folder(folder)
    check_odd_folder(folder + "2", LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")


@pytest.mark.parametrize("environ", [{"CC": None}, {"CC": ""}, {"CC": "clang"}, {"CC": None, "CFLAGS": "-fprofile-arcs"}])
def test_which_compiler(tmp_path, environ):
    if environ["CC"] and not shutil.which(environ["CC"]):
        pytest.skip("no " + environ["CC"])
    done = both_ways(tmp_path, **environ)
    assert done.stdout.replace(" 5 4", " 4 3") == MADE, done.stderr  # -fprofile-arcs leaves a file of its own beside each


def test_no_compiler(tmp_path):
    done = both_ways(tmp_path, CC="no-such-compiler")
    assert "CompileError: cannot run 'no-such-compiler': No such file or directory. Install a C compiler" in done.stderr
    assert done.returncode == 1 and os.listdir(tmp_path / "out") != [] and not list((tmp_path / "out").glob("*.o*"))


def test_builds_of_one_module_at_a_time(tmp_path):
    for _ in range(3):
        started = [both_ways(tmp_path, subprocess.Popen) for _ in range(6)]
        results = [(process.communicate(), process.returncode) for process in started]
        assert all(code == 0 and out.startswith("11 12 ") for (out, err), code in results), results
        assert both_ways(tmp_path).stdout == MADE  # nothing unfinished is left
        for folder in ("out", "verified"):
            for name in os.listdir(tmp_path / folder):
                if name != "inc":
                    (tmp_path / folder / name).unlink()


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    ffi = FFI()
    ffi.cdef("int f(int);")
    with pytest.warns(PendingDeprecationWarning), pytest.raises(OSError, match="file"):
        ffi.verify("static int f(int x) { return x; }", tmpdir=str(tmp_path / "file"))


def test_what_verify_made_is_removed(tmp_path):
    text = "from cdeffi import FFI\nfrom cdeffi.builder import verifier\nffi = FFI()\nffi.cdef('int f(int);')\n" \
           "def make(): return ffi.verify('static int f(int x) { return x; }')\ndef clean(**how): verifier.cleanup_tmpdir(**how)\n"
    variables = {"__name__": "elsewhere"}
    exec(compile(text, str(tmp_path / "elsewhere.py"), "exec"), variables)
    with pytest.warns(PendingDeprecationWarning):
        assert variables["make"]().f(3) == 3
    made = tmp_path / "__pycache__"
    assert len(list(made.glob("_cffi_*"))) == 3
    variables["clean"](keep_so=True)
    assert [path.suffix for path in made.iterdir()] == [".so"]
    variables["clean"]()
    assert list(made.iterdir()) == []


@pytest.mark.parametrize("cdef, source, words", [
    ("#define N 123", "#define N 124", "N has the real value 124, not 123"),
    ("#define N 1", "#define N -1", "N has the real value -1, not 1"),
    ("static const int N = 5;", "#define N 6", "N has the real value 6, not 5"),
    ("enum e { A, B };", "enum e { B, A };", "enum e: A has the real value 1, not 0"),
    ("enum e { A = -1 };", "enum e { A = 0xffffffffU };", "enum e: A has the real value 4294967295, not -1"),
    ("typedef enum { A, B } e;", "typedef enum { A, C, B } e;", "B has the real value 2, not 1"),
    ("struct s { char x; int y; };", "struct s { int y; char x; };",
     "struct s: wrong offset for field 'x' (we have 0, but C compiler says 4)"),
    ("struct s { int x; };", "struct s { int x, y; };", "struct s: wrong total size (we have 4, but C compiler says 8)"),
    ("union u { int x; };", "union u { char x; int y; };", "union u: wrong size for field 'x' (we have 4, but C compiler says 1)"),
    ("typedef struct { int x; } s;", "typedef struct { long x; } s;", "wrong size for field 'x' (we have 4, but C compiler says 8)"),
    ("struct s { struct { int a; char b; }; };", "struct s { struct { int a; char e, b; }; };", "C compiler says"),
])
def test_verify_compares(tmp_path, cdef, source, words):
    for _ in range(2):  # also what is compiled already
        ffi = FFI()
        ffi.cdef(cdef)
        with pytest.warns(PendingDeprecationWarning), pytest.raises(VerificationError) as raised:
            ffi.verify(source, tmpdir=str(tmp_path))
        assert words in str(raised.value)


def test_verify_lets_pass_what_cffi_does(tmp_path):
    ffi = FFI()
    ffi.cdef("int strlen(char *); enum e { A, ... }; struct s { int x; ...; }; #define N ...\n#define F 2.5\nstruct o; struct o *p(void); "
             "typedef int g(int); typedef struct o o_t;"
             .replace("#define N", "\n#define N"))
    with pytest.warns(PendingDeprecationWarning):
        lib = ffi.verify("#include <string.h>\nenum e { B, A }; struct s { char c; int x; };\n#define N 7\n#define F 2.5\n"
                         "struct o { int x; }; static struct o *p(void) { return 0; }", tmpdir=str(tmp_path))
    assert (lib.strlen(b"four"), lib.A, ffi.offsetof("struct s", "x"), lib.N, lib.F, lib.p()) == (4, 1, 4, 7, 2.5, ffi.NULL)


def test_verify_again_with_another_source(tmp_path):
    """One FFI, several modules: its types stay the same, so that what one lib gives another takes."""
    ffi = FFI()
    ffi.cdef("typedef struct env env; struct part { int x; ...; }; struct { int a; } typedef plain; union u { int i; char c; }; enum e { A, B };"
             "typedef ... *handle; enum vague { V, ... };"
             "env *make(void); int use(struct part *, plain, union u *, enum e, enum vague, env **); struct part *first(void); handle h(handle);")
    source = "struct env { int %s; }; typedef struct env env; struct part { char c; int x; %s }; typedef struct { int a; } plain; " \
             "union u { int i; char c; }; enum e { A, B }; typedef int *handle; enum vague { W, %s }; static struct part one = { 0, %d %s };" \
             "static env *make(void) { static env e; return &e; } static struct part *first(void) { return &one; } static handle h(handle x) { return x; }" \
             "static int use(struct part *p, plain q, union u *r, enum e s, enum vague t, env **v) { return p->x + q.a + r->i + (int)s + (int)t + !*v; }"
    libs = []
    with pytest.warns(PendingDeprecationWarning):
        for i, changing in enumerate([("", "V"), ("", "V"), ("double d;", "X, V")]):
            member, names = changing
            values = (chr(97 + i), member, names, i + 1, ", 0.5" if member else "")
            libs.append(ffi.verify(source % values, tmpdir=str(tmp_path)))
    a, b, c = libs
    arguments = lambda ffi: (ffi.new("plain *", [3])[0], ffi.new("union u *", [4]), 1, 1, ffi.new("env **", a.make()))
    for lib in (a, b):
        assert [lib.use(other.first(), *arguments(ffi)) for other in (a, b)] == [10, 11]
    assert ffi.typeof(a.make) is ffi.typeof(b.make) is ffi.typeof(c.make) and a.h(b.h(c.h(ffi.NULL))) == ffi.NULL
    assert ffi.typeof(a.first) is ffi.typeof(b.first) is not ffi.typeof(c.first)  # this one has another layout
    assert ffi.sizeof("struct part") == 16 and ffi.typeof(a.first).result.item.fields[0][1].offset == 4
    assert ffi.typeof("enum vague").elements == {2: "V"} and ffi.typeof(a.use).args[4].elements == {1: "V"}
    with pytest.raises(TypeError, match="types are different"):
        c.use(a.first(), *arguments(ffi))
    with pytest.raises(ValueError, match="two FFIs of compiled modules"):
        cdeffi._cdeffi._share_types(ffi._verified.ffi, ffi._verified.ffi)
