"""Real headers: cdeffi.open, what belongs to which header, dir(lib), headers read twice."""
import gc
import os
import re
import shlex
import subprocess

import pytest

import cdeffi
from cdeffi import FFI, CDefError

MINE = """
#pragma once
#include <math.h>
#include <sys/types.h>
#include "mine_detail.h"
#include <mine/inner.h>
#define MINE_VERSION "1.5"
#define MINE_LIMIT (4 << 2)
#define MINE_RATIO 0.5
#define MINE_LETTER 'x'
#define MINE_EMPTY
#define MINE_TYPE int
#define mine_twice(x) ((x) * 2)
#define mine_root sqrt
#define __MINE_GUARD_LIKE 1
enum mine_color { MINE_RED, MINE_BLUE = 7 };
typedef struct mine_pair { int a, b; } mine_pair;
typedef struct { double v; } mine_box;
double sqrt(double x);
mine_box mine_absent(mine_pair *pair);
static inline int mine_inline(int x) { return x + 1; }
extern const int mine_variable;
"""


@pytest.fixture
def folder(tmp_path):
    """An include folder with headers of our own."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine.h").write_text(MINE)
    (tmp_path / "mine_detail.h").write_text("double cbrt(double x);\nstruct mine_detail { int d; };\n#define MINE_DETAIL 3\n")
    (tmp_path / "mine" / "inner.h").write_text("double hypot(double x, double y);\n#define MINE_INNER 4L\n")
    return tmp_path


@pytest.fixture
def lib(folder):
    return cdeffi.open("m", "mine.h", include_dirs=[folder])


def test_untagged_types_of_an_included_ffi():
    """The same header in two FFIs of which one includes the other: its types are the same ones, also those without a tag."""
    first, second = FFI(), FFI()
    first.cdef("#include <stdlib.h>\n#include <pthread.h>\n")
    second.include(first)
    second.cdef("#include <stdlib.h>\n#include <pthread.h>\ntypedef struct { int quot; } own_t;\n")
    records = [name for name, ctype in first.types.items() if ctype.kind in ("struct", "union")]
    assert [name for name in records if second.types[name] is not first.types[name]] == [] and "div_t" in records
    assert second.new("div_t *", first.dlopen(None).div(7, 2)).rem == 1
    text = "typedef struct { int x; } T, *P; typedef enum { A, B = 3 } E; typedef struct { T t; E e; struct { int q; } in; } const U;"
    third, same, other = FFI(), FFI(), FFI()
    third.cdef(text)
    same.include(third)
    same.cdef(text + "T f(P);")
    assert [third.typeof(t) is same.typeof(t) for t in "TPU"] == [True] * 3 and same.list_types() == (["E", "P", "T", "U"], [], [])
    same.cdef("struct { T t; } unnamed;")
    assert same.typeof(same.variables["unnamed"].cname) is same.variables["unnamed"]
    other.include(third)
    other.cdef(text.replace("int x", "long x").replace("B = 3", "B = 4"))
    assert [third.typeof(t) is other.typeof(t) for t in "TPEU"] == [False] * 4
    assert other.sizeof("T") == 8 and other.typeof("E").elements == {0: "A", 4: "B"} and third.typeof("E").elements == {0: "A", 3: "B"}


def test_open(lib):
    assert lib.sqrt(2.25) == 1.5 and lib.mine_root(4.0) == 2.0
    assert (lib.MINE_VERSION, lib.MINE_LIMIT, lib.MINE_RATIO, lib.MINE_LETTER) == (b"1.5", 16, 0.5, ord("x"))
    assert (lib.MINE_RED, lib.MINE_BLUE, lib.MINE_DETAIL, lib.MINE_INNER) == (0, 7, 3, 4)
    assert isinstance(lib.ffi, FFI) and lib.ffi.sizeof("mine_pair") == 8
    assert repr(lib) == "<Lib object for 'libm.so.6'>"


def test_open_real_libraries():
    z = cdeffi.open("z", "zlib.h")
    assert z.crc32(0, b"hello", 5) == 907060870
    assert z.ffi.string(z.zlibVersion())[:1] == z.ZLIB_VERSION[:1] == b"1"
    names = dir(z)
    assert {"crc32", "gzopen", "Z_OK", "Z_DEFAULT_COMPRESSION", "MAX_WBITS", "ZLIB_VERSION"} <= set(names)
    assert names == sorted(names)
    assert not {"read", "lseek", "SEEK_SET", "uLong", "z_stream", "_ZLIB_H", "stdin"} & set(names)
    for name in names:
        getattr(z, name)
    assert cdeffi.open("m", "math.h").cos(0.0) == 1.0


def test_open_takes_files_and_text(folder, monkeypatch):
    assert cdeffi.open("m", folder / "mine" / "inner.h").hypot(3.0, 4.0) == 5.0
    assert cdeffi.open("m", str(folder / "mine" / "inner.h")).MINE_INNER == 4
    monkeypatch.chdir(folder)
    assert cdeffi.open("m", "./mine/inner.h").MINE_INNER == 4
    assert cdeffi.open("m", "<mine/inner.h>", include_dirs=[folder]).MINE_INNER == 4
    lib = cdeffi.open("m", "mine/inner.h", "math.h", cdef="int none(void);", include_dirs=[folder], define={"X": 1})
    assert lib.MINE_INNER == 4 and lib.sin(0.0) == 0.0 and "none" in dir(lib)
    assert cdeffi.open("m", cdef="double sqrt(double);").sqrt(4.0) == 2.0
    assert cdeffi.open(None, "stdlib.h").abs(-3) == 3


def test_open_mistakes(folder):
    with pytest.raises(OSError, match="cannot load library 'no_such'(.|\n)*tried, in this order"):
        cdeffi.open("no_such", "math.h")
    with pytest.raises(OSError, match="header 'no_such.h' not found in .*/usr/include"):
        cdeffi.open("m", "no_such.h")
    for name, near in (("mime.h", "mine.h"), ("mine/iner.h", "mine/inner.h"), ("stdioo.h", "stdio.h"), ("sys/stat", "sys/stat.h")):
        with pytest.raises(OSError, match="header '%s' not found in .*; did you mean '%s'" % (name, near)):
            cdeffi.open("m", name, include_dirs=[folder])
    for name in ("nothing_like_it_anywhere.h", "mine/", "/mime.h", "x" * 300 + ".h"):
        with pytest.raises(OSError, match="not found") as e:
            cdeffi.open("m", name, include_dirs=[folder])
        assert "did you mean" not in str(e.value)
    with pytest.raises(TypeError, match="needs a header"):
        cdeffi.open("m")
    for wrong in ("", "a\nb.h", 'a".h', "a>b"):
        with pytest.raises(ValueError, match="is no name of a header"):
            cdeffi.open("m", wrong)
    for wrong in (5, b"math.h", None):
        with pytest.raises(TypeError):
            cdeffi.open("m", wrong)
    with pytest.raises(TypeError):
        cdeffi.open("m", "math.h", nonsense=1)
    (folder / "bad.h").write_text("int f(;\n")
    with pytest.raises(CDefError, match="bad.h:1:7"):
        cdeffi.open("m", "bad.h", include_dirs=[folder])


def test_dir_is_what_the_library_exports(lib):
    names = dir(lib)
    constants = {"MINE_VERSION", "MINE_LIMIT", "MINE_RATIO", "MINE_LETTER", "MINE_RED", "MINE_BLUE", "MINE_DETAIL", "MINE_INNER"}
    assert constants | {"sqrt", "cbrt", "hypot", "mine_root", "mine_twice"} <= set(names)
    assert "sin" in names  # from math.h, and libm has it
    absent = {"mine_absent", "mine_inline", "mine_variable", "MINE_EMPTY", "MINE_TYPE", "mine_pair", "select"}
    assert not absent & set(names)
    assert "M_PI" not in names and lib.M_PI > 3.14  # math.h is no part of mine.h
    assert "__MINE_GUARD_LIKE" not in names and lib.__MINE_GUARD_LIKE == 1


def test_dir_of_what_is_declared_by_hand_is_all_of_it(folder):
    lib = cdeffi.open("m", "mine.h", cdef="int by_hand(int); enum { HAND = 5 };\n#define ALSO 6\n", include_dirs=[folder])
    assert {"by_hand", "HAND", "ALSO", "sqrt"} <= set(dir(lib))
    closed = cdeffi.open("m", "mine.h", include_dirs=[folder])
    closed.ffi.dlclose(closed)
    assert "sqrt" in dir(closed)


def test_names_by_header(lib):
    ffi = lib.ffi
    assert {"mine_absent", "mine_inline"} <= set(ffi.functions_in("mine.h")) <= {"mine_absent", "mine_inline", "sqrt", "cbrt", "hypot"}
    assert ffi.functions_in("mine.h")["mine_inline"] is ffi.typeof("int(*)(int)")
    assert {"sin", "cos"} <= set(ffi.functions_in("math.h")) and "mine_absent" not in ffi.functions_in("math.h")
    assert dict(ffi.variables_in("mine.h")) == {"mine_variable": ffi.typeof("int")}
    assert set(ffi.types_in("mine.h")) == {"mine_pair", "mine_box", "struct mine_pair", "enum mine_color", "struct mine_detail"}
    assert set(ffi.types_in("mine_detail.h")) == {"struct mine_detail"}
    assert ffi.constants_in("mine.h")["MINE_BLUE"] == 7 and ffi.constants_in("mine.h")["MINE_DETAIL"] == 3
    assert dict(ffi.constants_in("mine/inner.h")) == {"MINE_INNER": 4}
    assert ffi.constants["MINE_VERSION"] == b"1.5" and "MINE_EMPTY" not in ffi.constants
    with pytest.raises(TypeError):
        ffi.functions_in("mine.h")["x"] = 1


def test_names_of_a_header_that_was_not_included(lib):
    for method in (lib.ffi.functions_in, lib.ffi.variables_in, lib.ffi.constants_in, lib.ffi.types_in):
        with pytest.raises(ValueError, match="header 'min.h' is not among those included here; did you mean 'mine.h'"):
            method("min.h")
        for wrong in ("", "nothing like it", "detail.h"):
            with pytest.raises(ValueError, match="is not among those included"):
                method(wrong)
        for wrong in (5, b"mine.h", None):
            with pytest.raises(TypeError):
                method(wrong)


def test_names_of_preprocessed_text(ffi):
    ffi.cdef('# 1 "there.h"\nint f(void);\ntypedef int there;\n# 1 "here.h"\nint g(void);\n')
    assert list(ffi.functions_in("there.h")) == ["f"] and list(ffi.types_in("there.h")) == ["there"]


def test_names_of_headers_of_an_included_ffi(lib, folder):
    outer = FFI()
    outer.include(lib.ffi)
    assert "mine_absent" in outer.functions_in("mine.h") and outer.constants_in("mine.h")["MINE_LIMIT"] == 16
    assert "sqrt" in dir(outer.dlopen("m"))


def test_the_same_header_again(ffi, folder):
    for _ in range(3):
        ffi.cdef('#include "mine.h"\n#include <stdlib.h>\n', include_dirs=[folder])
    ffi.cdef('#include "mine_detail.h"\n#include "mine_detail.h"\n'.replace("mine_detail", "mine/inner"), include_dirs=[folder])
    assert ffi.sizeof("mine_pair") == 8


@pytest.mark.parametrize("header", ["mine.h", "stdlib.h", "sys/stat.h", "pthread.h", "signal.h", "netinet/in.h", "zlib.h"])
def test_the_same_header_in_an_ffi_that_includes_one_with_it(folder, header):
    first, second = FFI(), FFI()
    first.cdef("#include <%s>\n" % header, include_dirs=[folder])
    second.include(first)
    second.cdef("#include <%s>\n" % header, include_dirs=[folder])
    tagged = [name for name in first.types if name.startswith("struct ")]
    assert tagged and all(second.types[name] is first.types[name] for name in tagged)
    assert set(second.functions) == set(first.functions)


def test_included_structs_may_not_be_said_differently(ffi):
    ffi.cdef("struct s { int a; struct { long b; } c; };")
    other = FFI()
    other.include(ffi)
    other.cdef("struct s { int a; struct { long b; } c; };")
    assert other.typeof("struct s") is ffi.typeof("struct s")
    for wrong in ("struct s { int x; struct { long b; } c; };", "struct s { int a; struct { unsigned long b; } c; };"):
        with pytest.raises(CDefError, match="multiple declarations of struct s"):
            other.cdef("\n\n" + wrong)


def test_headers_of_a_cdef_that_failed_are_forgotten(ffi, folder):
    with pytest.raises(CDefError):
        ffi.cdef('#include "mine.h"\nint f(;', include_dirs=[folder])
    with pytest.raises(ValueError):
        ffi.functions_in("mine.h")
    ffi.cdef("#include <mine.h>\n", include_dirs=[folder])
    assert "mine_absent" in ffi.functions_in("mine.h")


def test_a_lib_keeps_its_ffi(folder):
    lib = cdeffi.open("m", "mine.h", include_dirs=[folder])
    ffi = lib.ffi
    assert ffi is lib.ffi
    pair = ffi.new("mine_pair *", [1, 2])
    del lib, ffi
    gc.collect()
    assert (pair.a, pair.b) == (1, 2)


def test_what_c_calls_ffi_comes_first(ffi):
    ffi.cdef("enum { ffi = 5 };")
    assert ffi.dlopen(None).ffi == 5


def test_importing_cdeffi_loads_none_of_this():
    import subprocess
    import sys

    code = "import sys, cdeffi; print([m for m in sys.modules if m.startswith('cdeffi.') or m in ('re', 'difflib')])"
    shown = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, env=dict(os.environ)).stdout
    assert shown.strip() == "['cdeffi._cdeffi']"


# ---- what is not there


def message(lib, name):
    with pytest.raises(AttributeError) as e:
        getattr(lib, name)
    assert not hasattr(lib, name)
    return str(e.value)


def test_missing_functions_say_which_header_declared_them(lib, folder):
    here = str(folder / "mine.h")
    line = {text.split("(")[0].split()[-1]: i for i, text in enumerate(MINE.splitlines(), 1) if "(" in text}
    assert message(lib, "mine_absent") == (
        "function/symbol 'mine_absent' not found in library 'libm.so.6': undefined symbol: mine_absent; declared at %s:%d"
        % (here, line["mine_absent"])
    )
    assert message(lib, "mine_inline").endswith(
        "; declared at %s:%d, as static inline: its code is in the header, not in a library" % (here, line["mine_inline"])
    )
    assert message(lib, "mine_variable").startswith("variable 'mine_variable' not found in library 'libm.so.6'")
    assert "; declared at %s:" % here in message(lib, "mine_variable")


def test_missing_functions_name_the_nearest(ffi):
    ffi.cdef('# 7 "near.h"\ndouble sqrtt(double);\nstatic int own(void);\ninline int both(int a) { return a; }\nstatic int mine;\n')
    lib = ffi.dlopen("m")
    assert "; declared at near.h:7; did you mean 'sqrt" in message(lib, "sqrtt")
    assert "; declared at near.h:8, as static: its code is in the header" in message(lib, "own")
    assert "; declared at near.h:9, as inline: its code is in the header, and this library has none" in message(lib, "both")
    assert "; declared at near.h:10, as static: each program has its own, and no library" in message(lib, "mine")


def test_macros_without_a_value_say_so(lib, folder):
    here = str(folder / "mine.h")
    assert message(lib, "MINE_TYPE") == "'MINE_TYPE' is a macro (%s:12), and has no value: it is no constant; it stands for int" % here
    assert message(lib, "MINE_EMPTY") == "'MINE_EMPTY' is a macro (%s:11), and has no value: it stands for nothing" % here
    assert lib.mine_twice(4) == 8
    outer = FFI()
    outer.include(lib.ffi)
    outer.cdef("#define LONG_ONE " + "x " * 200)
    assert "MINE_TYPE" in message(outer.dlopen(None), "MINE_TYPE")
    assert message(outer.dlopen(None), "LONG_ONE").endswith("it is no constant")


def test_undeclared_names_of_a_header(lib):
    assert message(lib, "mine_absnt") == "no function, variable or constant 'mine_absnt' was declared; did you mean 'mine_absent'?"


def folders_of_the_compiler():
    """Where it looks for <...>, without what is its own."""
    done = subprocess.run(shlex.split(os.environ.get("CC", "cc")) + ["-E", "-v", "-x", "c", os.devnull], env={**os.environ, "LC_ALL": "C"},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    listed = done.stdout.split("search starts here:\n")[-1].split("End of search list")[0].split("\n")
    return [os.path.realpath(line.strip()) for line in listed if line.startswith(" ") and not re.search("/lib(64)?/(gcc|clang|llvm)", line)]


def test_system_folders_are_those_of_the_compiler(ffi, tmp_path):
    """In its order; of a compiler that is not there, nothing is needed."""
    with pytest.raises(OSError, match="not found in") as caught:
        ffi.cdef("#include <cdeffi/no-such-header.h>\n", include_dirs=[tmp_path])
    ours = str(caught.value).split(" not found in ")[1].split("\n")[0].split("; did you mean")[0].split(", ")
    assert [os.path.realpath(folder) for folder in ours] == [os.path.realpath(tmp_path)] + folders_of_the_compiler()
