"""Compiled modules: tests/modules/tables.c, tables written by hand, is compiled and read; and the same as Python modules."""
import gc
import importlib.machinery
import importlib.util
import os
import pathlib
import shlex
import subprocess
import sys
import sysconfig
import threading

import pytest

_cffi_backend = pytest.importorskip("_cffi_backend")

SOURCE = pathlib.Path(__file__).resolve().parent.parent / "modules" / "tables.c"


def compiled(folder, name, *flags):
    """The path of the module NAME, made from tables.c."""
    path = folder / (name + sysconfig.get_config_var("EXT_SUFFIX"))
    command = shlex.split(os.environ.get("CC", "cc")) + [
        "-w", "-shared", "-fPIC", "-DMODULE=" + name, "-I" + sysconfig.get_path("include"), *flags, "-o", str(path), str(SOURCE)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    return path


def load(path):
    name = path.name.split(".")[0]
    loader = importlib.machinery.ExtensionFileLoader(name, str(path))
    return importlib.util.module_from_spec(importlib.util.spec_from_file_location(name, str(path), loader=loader))


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    return load(compiled(tmp_path_factory.mktemp("tables"), "_tables"))


@pytest.fixture
def ffi(module):
    return module.ffi


@pytest.fixture
def lib(module):
    return module.lib


# --- functions


def test_calls(ffi, lib):
    assert lib.sum(ffi.new("struct point *", [3, 4])) == 7
    assert lib.sum([(5, 6)]) == 11
    assert lib.add(-2, 2**40) == 2**40 - 2
    assert lib.total([1, 2, 3], 3) == 6 and lib.total(ffi.new("int[]", [7, 8]), 2) == 15
    assert lib.total((), 0) == 0
    assert ffi.string(lib.rest(b"abc")) == b"bc"
    assert lib.none() is None


def test_structs_by_value(ffi, lib):
    swapped = lib.swap({"x": 1, "y": 2})
    assert (swapped.x, swapped.y) == (2, 1) and ffi.typeof(swapped) is ffi.typeof("struct point")
    assert lib.swap([5]).y == 5 and lib.swap([5]).x == 0  # what is not mentioned is zero
    with pytest.raises(TypeError):
        lib.swap(3)
    with pytest.raises(ValueError):
        lib.swap([1, 2, 3])


def test_arguments_of_other_types_are_refused(ffi, lib):
    for bad in ("x", 1.5, None, ffi.new("int *")):
        with pytest.raises(TypeError):
            lib.add(bad, 1)
    with pytest.raises(TypeError):
        lib.rest("text")
    with pytest.raises(TypeError):
        lib.total(["x"], 1)
    with pytest.raises(TypeError):
        lib.sum(ffi.new("int *"))


@pytest.mark.parametrize("i, low, high", [
    (1, -2**7, 2**7 - 1), (2, 0, 2**8 - 1), (3, -2**15, 2**15 - 1), (4, 0, 2**16 - 1), (5, -2**31, 2**31 - 1),
    (6, 0, 2**32 - 1), (7, -2**63, 2**63 - 1), (8, 0, 2**64 - 1)])
def test_integers(ffi, lib, i, low, high):
    class Index:
        def __int__(self):
            return high

    for value in (low, high, 0, 1):
        assert lib.convert(i, value) == value
    assert lib.convert(i, Index()) == high and lib.convert(i, True) == 1 and lib.convert(i, ffi.cast("int", 5)) == 5
    for value in (low - 1, high + 1, 2**70, -2**70):
        with pytest.raises(OverflowError):
            lib.convert(i, value)
    for value in (1.0, "1", None, ffi.cast("double", 1)):
        with pytest.raises(TypeError):
            lib.convert(i, value)


def test_other_conversions(ffi, lib):
    assert lib.convert(9, b"\xff") == b"\xff" and lib.convert(9, ffi.cast("char", 65)) == b"A"
    assert lib.convert(19, "\u20ac") == "\u20ac" and lib.convert(26, "\u20ac") == "\u20ac"
    assert lib.convert(21, 0.25) == 0.25 and lib.convert(21, ffi.cast("long double", 3)) == 3.0
    assert lib.convert(22, 1) is True and lib.convert(22, False) is False
    for i, bad in ((9, b"ab"), (9, "a"), (19, "ab"), (19, b"a"), (26, "\U0001f600"), (21, "x"), (22, 0.0)):
        with pytest.raises(TypeError):
            lib.convert(i, bad)
    with pytest.raises(OverflowError):
        lib.convert(22, 2)


def test_errno(ffi, lib):
    ffi.errno = 0
    assert lib.fail(42) == -1 and ffi.errno == 42
    seen = []

    def other():
        seen.append(ffi.errno)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert seen == [0] and ffi.errno == 42


def test_functions_tell_what_they_are(ffi, lib):
    assert lib.sum.__doc__ == "int sum(struct point *);\n\nCFFI C function from _tables.lib"
    assert lib.rest.__doc__.startswith("char *rest(char *);")
    assert lib.sum.__name__ == "sum" and lib.sum.__module__ == "_tables"
    assert ffi.typeof(lib.sum) is ffi.typeof("int(*)(struct point *)")
    with pytest.raises(TypeError):
        ffi.typeof(lib.__dir__)
    with pytest.raises(TypeError):
        ffi.typeof(len)


def test_functions_as_pointers(ffi, lib):
    pointer = ffi.addressof(lib, "total")
    assert pointer([1, 2], 2) == 3 and ffi.typeof(pointer) is ffi.typeof(lib.total)
    array = ffi.new("int(*[1])(int *, int)", [lib.total])
    assert array[0] == pointer and ffi.cast("void *", lib.total) == pointer
    with pytest.raises(TypeError):
        ffi.new("int(*[1])(int *, int)", [lib.sum])
    with pytest.raises(TypeError):
        ffi.new("int(*[1])(int *, int)", [len])


# --- variables and constants


def test_variables(ffi, lib):
    assert lib.level == 7
    lib.level = 8
    assert lib.level == 8 and ffi.addressof(lib, "level")[0] == 8
    lib.level = 7
    assert list(lib.squares) == [0, 1, 4, 9] and ffi.typeof(ffi.addressof(lib, "squares")) is ffi.typeof("int(*)[4]")
    assert ffi.typeof(lib.open) is ffi.typeof("int *") and lib.open[3] == 9
    assert ffi.string(lib.motto) == b"by hand"
    with pytest.raises(TypeError):
        lib.level = "x"
    with pytest.raises(AttributeError):
        del lib.level


def test_variables_that_cannot_be(ffi, lib):
    with pytest.raises(ffi.error, match="is at address NULL"):
        lib.nothing
    with pytest.raises(ffi.error, match="is at address NULL"):
        lib.nothing = 1
    with pytest.raises(ffi.error, match="should be 4 bytes according to the cdef, but is actually 3"):
        lib.wrong_size
    with pytest.raises(TypeError, match="cdata 'hidden' is opaque"):
        lib.hidden
    with pytest.raises(TypeError, match="'hidden' is opaque"):
        lib.hidden = 1
    assert ffi.typeof(ffi.addressof(lib, "hidden")) is ffi.typeof("hidden *")
    with pytest.raises(NotImplementedError, match="prim=99"):
        lib.future


def test_constants(ffi, lib):
    assert (lib.BIG, lib.LIMIT, lib.RED, lib.GREEN, lib.DARK) == (2**64 - 1, -9, 0, 5, -2)
    assert lib.HALF == 0.5
    home = lib.HOME
    assert (home.x, home.y) == (8, 9)
    assert ffi.integer_const("LIMIT") == -9 and ffi.integer_const("GREEN") == 5
    for name in ("sum", "HALF", "level"):
        with pytest.raises(ffi.error, match="must be fetched from its original 'lib' object"):
            ffi.integer_const(name)
    with pytest.raises(AttributeError):
        ffi.integer_const("nowhere")
    for read in (lambda: lib.LIE, lambda: ffi.integer_const("LIE")):
        with pytest.raises(ffi.error, match=r"the C compiler says 'LIE' is equal to 3 \(0x3\), but the cdef disagrees"):
            read()
    with pytest.raises(AttributeError, match="cannot write to function or constant 'RED'"):
        lib.RED = 1
    with pytest.raises(AttributeError, match="cannot take the address of the constant 'RED'"):
        ffi.addressof(lib, "RED")


# --- types


def test_types_come_from_the_tables(ffi):
    assert ffi.typeof("enum color").elements == {0: "RED", 5: "GREEN", -2: "DARK"}
    assert ffi.typeof("whole") is ffi.typeof("long long") and ffi.typeof("chars[GREEN]").length == 5
    assert ffi.typeof("union number").kind == "union" and ffi.sizeof("union number") == 4
    assert repr(ffi.typeof("hidden *")) == "<ctype 'hidden *'>"
    assert ffi.typeof("ask_fn").args[1] is ffi.typeof("struct part")
    assert ffi.list_types() == (["ask_fn", "chars", "from_future", "hidden", "whole"], ["moved", "part", "point", "shared"], ["number"])
    with pytest.raises(ffi.error, match="undefined struct/union name"):
        ffi.typeof("struct number")
    with pytest.raises(ffi.error, match="undefined type name"):
        ffi.typeof("nowhere")
    with pytest.raises(NotImplementedError):
        ffi.typeof("from_future")


def test_a_struct_that_the_compiler_knows_better(ffi):
    part = ffi.typeof("struct part")
    assert ffi.sizeof(part) == 24 and ffi.offsetof(part, "d") == 8 and ffi.alignof(part) == 8
    p = ffi.new("struct part *", {"d": 1.5, "bits": -2})
    assert (p.d, p.bits) == (1.5, -2)
    with pytest.raises(NotImplementedError, match="the C calling convention may depend on the missing fields"):
        ffi.cast("ask_fn", 4)(1, p[0])


def test_a_struct_that_was_declared_wrong(ffi):
    pointer = ffi.typeof("struct moved *")  # a pointer to it is no trouble
    for use in (lambda: ffi.new(pointer), lambda: ffi.sizeof("struct moved"), lambda: ffi.alignof("struct moved"),
                lambda: ffi.typeof("struct moved").fields, lambda: ffi.offsetof("struct moved", "b"),
                lambda: ffi.cast(pointer, 8) + 1, lambda: ffi.cast(pointer, 8).a):
        with pytest.raises(ffi.error, match=r"struct moved: wrong size for field 'a' \(cdef says 4, but C compiler says 2\). fix it"):
            use()


# --- lib as a module


def test_lib_is_like_a_module(ffi, lib):
    from _tables.lib import sum as imported
    import _tables.lib

    assert imported is lib.sum and sys.modules["_tables.lib"] is lib
    assert lib.__name__ == "_tables.lib" and lib.__class__ is type(sys) and lib.__spec__ is lib.__loader__ is None
    assert {"sum", "level", "RED"} <= set(dir(lib)) and "level" not in lib.__all__ and "RED" in lib.__all__
    assert repr(lib) == "<Lib object for '_tables'>"
    with pytest.raises(AttributeError, match="cffi library '_tables' has no function, constant or global variable named 'nowhere'"):
        lib.nowhere
    with pytest.raises(AttributeError):
        lib.nowhere = 1
    ffi.dlclose(lib)
    assert lib.none() is None


def test_attributes_from_many_threads(ffi, lib):
    names = ["add", "rest", "swap", "GREEN", "HOME"]
    seen, start = [], threading.Barrier(4)

    def look():
        start.wait()
        seen.append([getattr(lib, name) for name in names] + [ffi.typeof("struct part *")])

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 4 and all(a is b for other in seen[1:] for a, b in zip(seen[0], other))


def test_list_that_changes_while_it_is_passed(lib):
    """Without the GIL it may be longer when it is copied than when memory was taken for it."""
    values, stop = [1] * 10, threading.Event()

    def change():
        while not stop.is_set():
            values.extend([1] * 100)
            del values[10:]

    thread = threading.Thread(target=change)
    thread.start()
    try:  # total() refuses memory that is written behind what was asked for
        assert all(lib.total(values, 10) == 10 for _ in range(3000))
    finally:
        stop.set()
        thread.join()


# --- extern "Python"


def test_extern_python(ffi, lib, capfd):
    assert lib.call_ask(5) == 0
    assert "function ask() called, but no code was attached to it yet" in capfd.readouterr().err

    @ffi.def_extern()
    def ask(n, part):
        assert ffi.typeof(part) is ffi.typeof("struct part")
        return n + int(10 * part.d) + part.bits

    assert ask(1, ffi.new("struct part *", [1])[0]) == 11  # stays the function that it was
    assert lib.call_ask(5) == 33 and ffi.typeof(lib.ask) is ffi.typeof("ask_fn")

    @ffi.def_extern("ask", error=-7, onerror=lambda exc, value, traceback: seen.append(exc))
    def other(n, part):
        del seen[:]
        raise KeyError(n)

    seen = []
    assert lib.call_ask(5) == -7 and seen == [KeyError]
    for _ in range(3):  # replaced while in use
        ffi.def_extern("ask")(lambda n, part: ffi.def_extern("ask")(lambda n, part: 2) and gc.collect() and 1 or 1)
        assert lib.call_ask(0) == 1 and lib.call_ask(0) == 2


def test_extern_python_on_another_thread(ffi, lib):
    ffi.def_extern("ask")(lambda n, part: threading.get_ident() % 1000003)
    seen = []
    thread = threading.Thread(target=lambda: seen.append((lib.call_ask(1), threading.get_ident() % 1000003)))
    thread.start()
    thread.join()
    assert seen[0][0] == seen[0][1]


def test_def_extern_of_what_is_none(ffi):
    for name in ("sum", "nowhere"):
        with pytest.raises(ffi.error, match="no 'extern \"Python\"' function with this name"):
            ffi.def_extern(name)(lambda: 0)
    with pytest.raises(TypeError):
        ffi.def_extern("ask")(3)
    with pytest.raises(TypeError):
        ffi.def_extern("ask", onerror=3)(lambda n, part: 0)
    with pytest.raises(TypeError):
        ffi.def_extern("ask", error="x")(lambda n, part: 0)
    with pytest.raises(ValueError, match="only available on API-mode"):
        _cffi_backend.FFI().def_extern("ask")


# --- loading


def test_versions(tmp_path):
    for version in ("0x2601", "0x2701", "0x2801", "0x28ff"):
        assert load(compiled(tmp_path, "_version_" + version, "-DVERSION=" + version)).lib.sum([(1, 2)]) == 3
    for version in ("0x2600", "0x2900"):
        with pytest.raises(ImportError, match="unknown version tag"):
            load(compiled(tmp_path, "_version_" + version, "-DVERSION=" + version))


def test_include(tmp_path, monkeypatch):
    compiled(tmp_path, "_shared", "-DONLY_SHARED")
    path = compiled(tmp_path, "_including", '-DINCLUDES="_shared"')
    with pytest.raises(ImportError, match="while loading _including: failed to import ffi, lib from _shared"):
        load(path)
    monkeypatch.syspath_prepend(str(tmp_path))
    ffi, lib = load(path).ffi, sys.modules["_including"].lib
    import _shared

    assert ffi.typeof("struct shared") is _shared.ffi.typeof("struct shared")
    assert ffi.new("struct shared *", [4]).v == 4
    assert lib.ELSEWHERE == 5 == ffi.integer_const("ELSEWHERE")
    assert ffi.typeof("int[ELSEWHERE]").length == 5


def test_without_what_it_includes(ffi):
    with pytest.raises(ffi.error, match=r"'struct shared' should come from ffi.include\(\) but was not found"):
        ffi.typeof("struct shared *")


def test_loaded_twice_and_collected(tmp_path):
    script = """
import gc, importlib.machinery, importlib.util, sys
path, = sys.argv[1:]
def load():
    loader = importlib.machinery.ExtensionFileLoader("_again", path)
    return importlib.util.module_from_spec(importlib.util.spec_from_file_location("_again", path, loader=loader))
one = load()
f, p = one.lib.sum, one.ffi.new("struct point *", [1, 2])
del one, sys.modules["_again"], sys.modules["_again.lib"]
gc.collect()
assert f(p) == 3
two = load()
assert two.lib.sum(two.ffi.new("struct point *", [1, 2])) == 3
"""
    path = compiled(tmp_path, "_again")
    subprocess.run([sys.executable, "-c", script, str(path)], check=True)


# --- out-of-line modules in Python


def number(n):
    return (n & 0xFFFFFFFF).to_bytes(4, "big")


def entry(*parts):
    return b"".join(number(part) if isinstance(part, int) else part for part in parts)


def op(code, arg):
    return arg << 8 | code


INT, CHAR, CHARP, STRLEN, PAIR, OPAQUE = 0, 1, 2, 3, 6, 7
TYPES = [op(1, 7), op(1, 2), op(3, CHAR), op(13, 9), op(17, CHARP), op(15, 0), op(9, 1), op(9, 0), op(11, 0), op(1, 28)]


def python_module(**changed):
    tables = dict(
        _version=0x2601, _types=entry(*TYPES),
        _globals=(entry(op(11, -1), b"A"), -1, entry(op(11, -1), b"B"), 2**64 - 1, entry(op(31, -1), b"K"), 42,
                  entry(op(33, INT), b"environ_"), 0, entry(op(37, INT), b"optind"), 0, entry(op(35, STRLEN), b"strlen"), 0),
        _struct_unions=((entry(OPAQUE, 16, b"opaque"),), (entry(PAIR, 2, b"pair"), entry(op(17, INT), b"first"),
                                                         entry(op(19, INT), 5, b"bits"), entry(op(17, CHARP), b"text"))),
        _enums=(entry(8, 9, b"few\0A"),),
        _typenames=(entry(CHARP, b"text_t"),))
    tables.update(changed)
    return _cffi_backend.FFI("python_module", **tables)


def test_a_python_module():
    ffi = python_module()
    lib = ffi.dlopen(None)
    assert lib.strlen(b"four") == 4 and lib.K == 42 == ffi.integer_const("K") and lib.B == 2**64 - 1
    assert ffi.typeof("struct pair").fields[1][1].bitsize == 5 and ffi.sizeof("struct pair") == 16
    assert ffi.typeof("enum few").elements == {-1: "A"} and ffi.typeof("text_t") is ffi.typeof("char *")
    assert ffi.typeof("struct opaque *").item.fields is None
    assert lib.optind == 1
    with pytest.raises(AttributeError):
        lib.optind = 5
    with pytest.raises(AttributeError, match="cannot take the address of the constant 'optind'"):
        ffi.addressof(lib, "optind")
    with pytest.raises(ffi.error, match="symbol 'environ_' not found in library '<None>'"):
        lib.environ_
    with pytest.raises(AttributeError):
        lib.nowhere
    assert dir(lib) == ["A", "B", "K", "environ_", "optind", "strlen"]
    assert ffi.list_types() == (["text_t"], ["opaque", "pair"], [])
    ffi.dlclose(lib)
    with pytest.raises(ffi.error, match="library '<None>' has been closed"):
        lib.strlen


def test_a_python_module_includes_another():
    base = python_module()
    ffi = _cffi_backend.FFI("more", _version=0x2601, _types=entry(op(9, 0)), _struct_unions=((entry(0, 8, b"pair"),),), _includes=(base,))
    assert ffi.typeof("struct pair") is base.typeof("struct pair") and ffi.integer_const("K") == 42
    lib = ffi.dlopen(None)
    assert lib.K == 42
    with pytest.raises(ffi.error, match="must be fetched from its original 'lib' object"):
        lib.strlen
    with pytest.raises(ffi.error, match=r"'struct nope' should come from ffi.include\(\) but was not found"):
        _cffi_backend.FFI("m", _version=0x2601, _types=entry(op(9, 0)), _struct_unions=((entry(0, 8, b"nope"),),),
                          _includes=(base,)).typeof("struct nope")


def test_python_modules_that_are_wrong():
    assert _cffi_backend.FFI("plain").sizeof("int") == 4
    with pytest.raises(ImportError, match="out-of-line Python module 'python_module' has unknown version"):
        python_module(_version=0x2594)
    for bad in ({"_types": "text"}, {"_globals": [1]}, {"_includes": (3,)}, {"_globals": (entry(op(31, -1), b"K"), "x")}):
        with pytest.raises(TypeError):
            python_module(**bad)
    for bad in ({"_globals": (b"abc", 1)}, {"_globals": ("abc", 1)}, {"_struct_unions": ((),)}, {"_struct_unions": (3,)},
                {"_enums": (b"\0\0",)}, {"_typenames": (b"",)}):
        with pytest.raises(ValueError, match="malformed"):
            python_module(**bad)
    ffi = python_module()
    with pytest.raises(ValueError, match="more than once"):
        ffi.__init__("python_module", _version=0x2601, _types=entry(*TYPES))


@pytest.mark.parametrize("types, exception", [
    ([op(3, 0)], RuntimeError),                  # a pointer to itself
    ([op(17, 5)], "ffi"), ([op(17, -1)], "ffi"), # opcodes that are not there
    ([op(5, 0)], "ffi"), ([op(13, 0)], "ffi"),   # the table ends too early
    ([op(5, 0), 3], RuntimeError),               # an array of itself
    ([op(9, 7)], "ffi"), ([op(11, 7)], "ffi"), ([op(21, 7)], "ffi"), ([op(1, 52)], NotImplementedError), ([op(1, -1)], "ffi"),
    ([op(99, 0)], NotImplementedError), ([op(13, 1), op(15, 0x40)], "ffi")])
def test_opcodes_that_make_no_sense(types, exception):
    ffi = _cffi_backend.FFI("m", _version=0x2601, _types=entry(*types), _typenames=(entry(0, b"t"),))
    with pytest.raises(ffi.error if exception == "ffi" else exception):
        ffi.typeof("t")


@pytest.mark.parametrize("code, index", [(35, 0), (35, 1), (33, 2), (37, 2)])
def test_globals_of_types_that_are_none_of_theirs(code, index):
    ffi = _cffi_backend.FFI("m", _version=0x2601, _types=entry(op(1, 7), op(3, 0), op(13, 0), op(15, 0)),
                            _globals=(entry(op(code, index), b"strlen"), 0))
    lib = ffi.dlopen(None)
    with pytest.raises(ffi.error, match="'strlen' has the type of something else"):
        lib.strlen


def test_a_struct_that_contains_itself():
    ffi = _cffi_backend.FFI("m", _version=0x2601, _types=entry(op(9, 0), op(3, 0)), _struct_unions=(
        (entry(0, 0, b"s"), entry(op(17, 0), b"inner")),))
    with pytest.raises(ffi.error, match="struct s: member 'inner': has incomplete type"):
        ffi.sizeof("struct s")
    loop = _cffi_backend.FFI("m", _version=0x2601, _types=entry(op(9, 0), op(3, 0)), _struct_unions=(
        (entry(0, 0, b"s"), entry(op(17, 1), b"next")),))
    p = loop.new("struct s *")
    p.next = p
    assert p.next.next == p


# --- what our own builder writes


def built(tmp_path, name, cdef, source, **options):
    import cffi

    builder = cffi.FFI()
    builder.cdef(cdef, **options)
    builder.set_source(name, source)
    return load(pathlib.Path(builder.compile(tmpdir=str(tmp_path))))


def test_file_is_one_type(tmp_path):
    module = built(tmp_path, "_file", "int fputs(const char *, FILE *); FILE *tmpfile(void); int fclose(FILE *);", "#include <stdio.h>")
    f = module.lib.tmpfile()
    assert module.lib.fputs(b"text", f) >= 0 and module.lib.fclose(f) == 0
    assert module.ffi.typeof(f) is _cffi_backend.FFI().typeof("FILE *")


def test_packed_by_cdef(tmp_path):
    code = "struct p { char a; int b; } __attribute__((packed)); struct p make(void) { return (struct p){'x', -5}; }\n"
    module = built(tmp_path, "_packed", "struct p { char a; int b; }; struct p make(void);", code, packed=True)
    assert module.ffi.sizeof("struct p") == 5
    p = module.lib.make()
    assert (p.a, p.b) == (b"x", -5)


def test_variadic_functions_return_what_libffi_cannot(tmp_path):
    code = """
struct bits { int x : 5; }; struct none { int a; int x[0]; }; union either { int a; char b; };
struct bits f(int n, ...) { return (struct bits){n}; }
struct none g(int n, ...) { return (struct none){n}; }
union either h(int n, ...) { return (union either){n}; }
"""
    module = built(tmp_path, "_variadic", "struct bits { int x : 5; }; struct none { int a; int x[0]; }; union either { int a; char b; };"
                   "struct bits f(int, ...); struct none g(int, ...); union either h(int, ...);", code)
    assert module.lib.f(11).x == 11 and module.lib.g(42).a == 42 and module.lib.h(43).a == 43
