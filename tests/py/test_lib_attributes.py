"""What dlopen returns: functions, variables, constants; closing; help."""
import gc
import inspect
import os
import pathlib
import pydoc

import pytest

from cdeffi import FFI, VerificationMissing


@pytest.fixture
def libc(ffi):
    ffi.cdef(
        """
        int abs(int j);
        size_t strlen(const char *s);
        int printf(const char *format, ...);
        extern int optind, opterr;
        extern char **environ;
        extern char *tzname[2];
        extern const int optopt;
        int no_such_function(int);
        extern int no_such_variable;
        enum color { RED, GREEN = 5, BLUE };
        #define SEVEN 7
        #define BIG 0xffffffffffffffff
        #define NEGATIVE (-3)
        static const int K = 9;
        """
    )
    return ffi.dlopen(None)


def test_functions(ffi, libc):
    assert libc.abs(-5) == 5
    assert libc.abs is libc.abs
    assert ffi.typeof(libc.abs) is ffi.typeof("int(*)(int)")
    assert repr(libc.abs).startswith("<cdata 'int(*)(int)' 0x")
    with pytest.raises(AttributeError, match="cannot write to function 'abs'"):
        libc.abs = 5


def test_constants(libc):
    assert (libc.RED, libc.GREEN, libc.BLUE, libc.SEVEN, libc.K, libc.NEGATIVE) == (0, 5, 6, 7, 9, -3)
    assert libc.BIG == 2**64 - 1
    with pytest.raises(AttributeError):
        libc.RED = 5


def test_integer_const(ffi, libc):
    assert ffi.integer_const("GREEN") == 5
    with pytest.raises(AttributeError):
        ffi.integer_const("abs")


def test_variables(ffi, libc):
    libc.opterr = 0
    assert libc.opterr == 0
    libc.opterr = 1
    assert libc.opterr == 1
    with pytest.raises(TypeError):
        libc.opterr = "x"
    with pytest.raises(OverflowError):
        libc.opterr = 2**31
    assert libc.opterr == 1
    assert ffi.addressof(libc, "opterr")[0] == 1
    with pytest.raises(AttributeError, match="cannot be deleted"):
        del libc.opterr


def test_array_and_pointer_variables(ffi, libc):
    assert ffi.typeof(libc.tzname) is ffi.typeof("char *[2]")
    assert len(libc.tzname) == 2
    assert ffi.typeof(libc.environ) is ffi.typeof("char **")
    first = ffi.string(libc.environ[0])
    assert b"=" in first


def test_arrays_of_unknown_length(ffi):
    ffi.cdef("extern char *tzname[];")
    lib = ffi.dlopen(None)
    assert ffi.typeof(lib.tzname) is ffi.typeof("char **")
    assert ffi.typeof(ffi.addressof(lib, "tzname")) is ffi.typeof("char **")


def test_const_variables(libc):
    assert isinstance(libc.optopt, int)
    with pytest.raises(AttributeError, match="declared const"):
        libc.optopt = 5


def test_addressof(ffi, libc):
    assert ffi.typeof(ffi.addressof(libc, "optind")) is ffi.typeof("int *")
    assert ffi.typeof(ffi.addressof(libc, "tzname")) is ffi.typeof("char *[2]")
    assert ffi.addressof(libc, "abs") == libc.abs
    for wrong in ("nope", "no_such_variable"):
        with pytest.raises(AttributeError):
            ffi.addressof(libc, wrong)
    with pytest.raises(TypeError):
        ffi.addressof(libc)
    with pytest.raises(TypeError):
        ffi.addressof(libc, "optind", "x")


def test_missing_symbols(libc):
    for name in ("no_such_function", "no_such_variable"):
        with pytest.raises(AttributeError, match="'%s' not found in library '<None>'" % name):
            getattr(libc, name)
    assert not hasattr(libc, "no_such_function")


def test_missing_symbol_names_the_nearest(ffi):
    ffi.cdef("double sqrtt(double);")
    with pytest.raises(AttributeError) as e:
        ffi.dlopen("m").sqrtt
    assert "function/symbol 'sqrtt' not found in library 'libm.so" in str(e.value)
    assert "did you mean 'sqrt" in str(e.value)


def test_undeclared_names(libc):
    with pytest.raises(AttributeError, match="'strlne' was declared; did you mean 'strlen'"):
        libc.strlne
    with pytest.raises(AttributeError):
        libc.strlne = 5


def test_dir(libc):
    assert {"abs", "strlen", "optind", "RED", "SEVEN", "K"} <= set(dir(libc))
    assert dir(libc) == sorted(dir(libc)) and "color" not in dir(libc)


def test_cdef_after_dlopen(ffi):
    lib = ffi.dlopen(None)
    with pytest.raises(AttributeError):
        lib.labs
    ffi.cdef("long labs(long);")
    assert lib.labs(-7) == 7 and "labs" in dir(lib)


def test_several_libraries_of_one_ffi(ffi):
    ffi.cdef("double sqrt(double); unsigned long crc32(unsigned long, const unsigned char *, unsigned int);")
    m, z = ffi.dlopen("m"), ffi.dlopen("z")
    assert m.sqrt(9.0) == 3.0 and z.crc32(0, b"abc", 3) == 0x352441C2
    with pytest.raises(AttributeError):
        m.crc32


def test_dlopen_arguments(ffi):
    ffi.cdef("double sqrt(double); void *dlopen(const char *, int);")
    path = next(iter(pathlib.Path("/proc/self/maps").read_text().split("libm.so")[0].split()[-1:]), None)
    assert ffi.dlopen("libm.so.6").sqrt(4.0) == 2.0
    assert ffi.dlopen(name="m", flags=ffi.RTLD_LAZY | ffi.RTLD_GLOBAL).sqrt(4.0) == 2.0
    handle = ffi.dlopen(None).dlopen(b"libm.so.6", ffi.RTLD_NOW)
    assert ffi.dlopen(handle).sqrt(4.0) == 2.0
    import ctypes

    assert ffi.dlopen(ctypes.CDLL("libm.so.6")).sqrt(4.0) == 2.0
    for wrong in (5, b"m", 1.5):
        with pytest.raises(TypeError, match="name must be a file name, None, or an already-opened"):
            ffi.dlopen(wrong)
    with pytest.raises(RuntimeError, match="cannot call dlopen"):
        ffi.dlopen(ffi.NULL)
    with pytest.raises(OSError):
        ffi.dlopen("no_such_library_anywhere")
    assert path is None or path.startswith("/")


def test_dlclose(ffi):
    ffi.cdef("double sqrt(double); enum { A = 3, B }; static const int K = 5;")
    lib = ffi.dlopen("m")
    assert lib.sqrt(4.0) == 2.0 and lib.A == 3
    ffi.dlclose(lib)
    assert (lib.A, lib.B, lib.K) == (3, 4, 5)  # constants are in no library
    for _ in range(2):
        with pytest.raises(ValueError, match="library 'libm.so.6' has already been closed"):
            lib.sqrt
    ffi.dlclose(lib)
    with pytest.raises(TypeError):
        ffi.dlclose(5)


def test_a_function_keeps_its_library_and_ffi():
    ffi = FFI()
    ffi.cdef("unsigned long crc32(unsigned long, const unsigned char *, unsigned int);")
    crc32 = ffi.dlopen("z").crc32
    del ffi
    gc.collect()
    assert crc32(0, b"abc", 3) == 0x352441C2
    assert "crc32" in crc32.__doc__


def test_names_that_need_a_compiler(ffi):
    ffi.cdef("#define UNKNOWN ...\nenum e { A, ... };")
    lib = ffi.dlopen(None)
    for name in ("UNKNOWN", "A"):
        with pytest.raises((AttributeError, VerificationMissing)):
            getattr(lib, name)


def test_repr_and_type(ffi):
    lib = ffi.dlopen("m")
    assert repr(lib) == "<Lib object for 'libm.so.6'>"
    with pytest.raises(TypeError):
        type(lib)()


def test_documentation_of_a_function(ffi, libc):
    assert libc.strlen.__doc__.splitlines()[0] == "unsigned long strlen(char const *s);" or "size_t strlen(" in libc.strlen.__doc__
    assert libc.strlen.__name__ == "strlen"
    signature = inspect.signature(libc.strlen)
    assert list(signature.parameters) == ["s"]
    assert signature.parameters["s"].annotation.replace("char const", "const char") == "const char *"
    assert ffi.typeof(signature.return_annotation) is ffi.typeof("size_t")
    variadic = inspect.signature(libc.printf)
    assert [p.kind.name for p in variadic.parameters.values()] == ["POSITIONAL_ONLY", "VAR_POSITIONAL"]
    assert "strlen" in pydoc.plain(pydoc.render_doc(libc.strlen))
    assert "int printf(const char *" in libc.printf.__doc__.replace("char const", "const char")


def test_signature_of_awkward_names(ffi):
    ffi.cdef("int f(int lambda, int x, int);")
    ffi.cdef("int abs(int class);")
    lib = ffi.dlopen(None)
    assert list(inspect.signature(lib.abs).parameters) == ["arg0"]


def test_weak_references_and_identity_of_the_environment(ffi, libc):
    os.environ["CDEFFI_TEST_LIB"] = "1"
    entries = []
    i = 0
    while libc.environ[i] != ffi.NULL:
        entries.append(ffi.string(libc.environ[i]))
        i += 1
    assert b"CDEFFI_TEST_LIB=1" in entries
