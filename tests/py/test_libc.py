"""cdeffi.libc and cdeffi.libm: each declaration against the C library's headers and its symbols."""
import math
import os
import re
import shutil
import subprocess
import sys

import pytest

import cdeffi
from cdeffi import _cdeffi, _libc

COMPILER = (os.environ.get("CC") or "cc").split()
HEADERS = """arpa/inet.h complex.h ctype.h dirent.h dlfcn.h fcntl.h fenv.h fnmatch.h glob.h grp.h iconv.h inttypes.h langinfo.h
libgen.h locale.h math.h net/if.h netdb.h netinet/in.h nl_types.h poll.h pwd.h sched.h search.h signal.h stdio.h stdlib.h string.h
strings.h sys/ioctl.h sys/ipc.h sys/mman.h sys/resource.h sys/select.h sys/socket.h sys/stat.h sys/statvfs.h sys/time.h
sys/times.h sys/types.h sys/uio.h sys/un.h sys/utsname.h sys/wait.h syslog.h termios.h time.h uchar.h unistd.h utime.h wchar.h
wctype.h""".split()
PROLOGUE = "#define _XOPEN_SOURCE 700\n#define _DEFAULT_SOURCE 1\n" + "".join("#include <%s>\n" % h for h in HEADERS)
CHECK = '_Static_assert(__builtin_types_compatible_p(__typeof__(%s), __typeof__(cdeffi_%s)), "%s");\n'

has_compiler = pytest.mark.skipif(not shutil.which(COMPILER[0]), reason="no C compiler")
LIBS = {"libc": cdeffi.libc, "libm": cdeffi.libm}
both = pytest.mark.parametrize("lib", LIBS.values(), ids=LIBS)


def symbols(lib, *kinds):
    return [symbol[0] for symbol in _cdeffi._symbols(lib.ffi) if symbol[1] in kinds and symbol[2].startswith("<cdef")]


def complaints(text):
    """What the compiler has to say of C TEXT behind the headers."""
    command = COMPILER + ["-std=gnu11", "-fsyntax-only", "-w", "-x", "c", "-"]
    return subprocess.run(command, input=PROLOGUE + text, capture_output=True, text=True).stderr


def renamed(declaration, name):
    text, n = re.subn(r"\b%s\b(?=[\[(;)]|$)" % name, "cdeffi_" + name, declaration, count=1)
    assert n == 1, declaration
    return "extern %s;\n" % text


def checked(ffi, name):
    return renamed(_cdeffi._spell(ffi, name), name) + CHECK % (name, name, name)


@has_compiler
@both
def test_declarations_are_those_of_the_headers(lib):
    names = symbols(lib, "function", "variable")
    names = [name for name in names if name != "environ"]  # POSIX has programs declare it themselves
    assert len(names) > 240
    assert complaints("".join(checked(lib.ffi, name) for name in names)) == ""


@has_compiler
def test_a_wrong_declaration_would_be_found():
    ffi = cdeffi.FFI()
    ffi.cdef("int strlen(const char *s); double sin(double x);")
    shown = complaints(checked(ffi, "strlen") + checked(ffi, "sin"))
    assert 'strlen' in shown and '"sin"' not in shown


def layout(ctype, name):
    yield "sizeof(%s) == %d" % (name, cdeffi.libc.ffi.sizeof(ctype))
    yield "_Alignof(%s) == %d" % (name, cdeffi.libc.ffi.alignof(ctype))
    for member, field in ctype.fields:
        if member and not member.startswith("__"):
            yield "__builtin_offsetof(%s, %s) == %d" % (name, member, field.offset)
            yield "sizeof(((%s *)0)->%s) == %d" % (name, member, cdeffi.libc.ffi.sizeof(field.type))


@has_compiler
def test_layouts_are_those_of_the_headers():
    types = {name: ctype for name, ctype in cdeffi.libc.ffi.types.items() if ctype.kind in ("struct", "union") and ctype.fields is not None}
    assert len(types) > 40 and "struct stat" in cdeffi.libc.ffi.types
    tests = ['_Static_assert(%s, "%s");\n' % (test, test) for name, ctype in types.items() for test in layout(ctype, name)]
    primitives = [name for name, ctype in cdeffi.libc.ffi.types.items() if ctype.kind == "primitive"]
    tests += ['_Static_assert(sizeof(%s) == %d, "%s");\n' % (name, cdeffi.libc.ffi.sizeof(name), name) for name in primitives]
    tests += ['_Static_assert(((%s)-1 < 0) == %d, "%s");\n' % (name, int(cdeffi.libc.ffi.cast(name, -1)) < 0, name) for name in primitives]
    assert complaints("".join(tests)) == ""


@both
def test_the_headers_as_we_read_them_say_the_same(lib):
    report = lib.ffi.verify_headers(PROLOGUE)
    assert report.checked > 240 and set(report.unknown) <= {"environ"}
    public = [d for d in report if not d.name.rpartition(".")[2].startswith("__")]  # "__spare" is each version's own
    assert [str(difference) for difference in public if not difference.harmless] == []
    assert {difference.what for difference in public} <= {"members by other names", "members are missing", "the types differ"}


@both
def test_every_name_is_in_the_library(lib):
    for name in dir(lib):
        assert getattr(lib, name) is not None
    assert set(dir(lib)) == set(symbols(lib, "function", "variable", "constant"))


def test_constants_are_those_of_math_h():
    real = cdeffi.open("m", "math.h")
    names = symbols(cdeffi.libm, "constant")
    assert len(names) == 13
    for name in names:
        assert getattr(cdeffi.libm, name) == getattr(real, name)


def test_numeric_functions_keep_the_gil():
    keeps = {s[0] for lib in LIBS.values() for s in _cdeffi._symbols(lib.ffi) if s[6]}
    assert {"abs", "labs", "isalpha", "toupper", "strlen", "memcmp", "atoi", "sin", "powf", "sqrtl", "csqrt", "lround", "htonl"} <= keeps
    waits = {"read", "qsort", "bsearch", "nanosleep", "select", "system", "getaddrinfo", "fread", "frexp", "lgamma", "malloc", "scandir"}
    assert not waits & keeps


def test_use():
    libc, libm = cdeffi.libc, cdeffi.libm
    ffi = libc.ffi
    assert (libc.abs(-3), libc.toupper(ord("a")), libc.strlen(b"hello")) == (3, ord("A"), 5)
    assert libm.sqrt(2.0) == math.sqrt(2) and libm.atan2f(1.0, 1.0) == pytest.approx(math.pi / 4) and libm.csqrt(-4) == 2j
    t = ffi.new("struct tm *")
    assert libc.gmtime_r(ffi.new("time_t *", 86400 * 365), t) == t and (t.tm_year, t.tm_mon, t.tm_mday) == (71, 0, 1)
    assert libc.div(17, 5).rem == 2 and libc.getpid() == os.getpid()
    buffer = ffi.new("char[32]")
    assert libc.strerror_r(2, buffer, 32) == 0 and ffi.string(buffer).decode() == os.strerror(2)
    assert ffi.string(libc.basename(ffi.new("char[]", b"/usr/lib/"))) == b"lib"
    number = ffi.new("int *")
    assert libc.sscanf(b"x 42", b"x %d", number) == 1 and number[0] == 42
    assert libc.open(b"/no/such/file", 0) == -1 and ffi.errno == 2


@pytest.mark.skipif("struct stat" not in cdeffi.libc.ffi.types or not cdeffi.libc.ffi.types["struct stat"].fields, reason="another processor")
def test_stat():
    ffi = cdeffi.libc.ffi
    st = ffi.new("struct stat *")
    real = os.stat(__file__)
    assert cdeffi.libc.stat(os.fsencode(__file__), st) == 0
    assert (st.st_size, st.st_mode, st.st_ino, st.st_nlink) == (real.st_size, real.st_mode, real.st_ino, real.st_nlink)
    assert st.st_mtim.tv_sec * 10**9 + st.st_mtim.tv_nsec == real.st_mtime_ns


def test_they_are_made_once_and_late():
    assert cdeffi.libc is cdeffi.libc and {"libc", "libm", "FFI"} <= set(dir(cdeffi))
    with pytest.raises(AttributeError, match="module 'cdeffi' has no attribute 'libx'"):
        cdeffi.libx
    code = "import sys, cdeffi; a = 'cdeffi._libc' in sys.modules; cdeffi.libm; print(a, 'libc' in vars(cdeffi), 're' in sys.modules)"
    shown = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True).stdout
    assert shown.split() == ["False", "False", "False"]


def test_mistaken_names():
    with pytest.raises(AttributeError, match="did you mean 'strlen'"):
        cdeffi.libc.strlne
    assert _libc.libm() is not cdeffi.libm
