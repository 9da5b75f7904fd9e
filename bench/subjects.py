"""One namespace for each implementation, with the same names in it: what the statements of cases.py use."""

import ctypes
import math
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def compile_target(folder, cc="cc"):
    path = os.path.join(folder, "libtarget.so")
    subprocess.check_call([cc, "-O2", "-shared", "-fPIC", "-o", path, os.path.join(HERE, "target.c"),
                           "-Wl,--no-as-needed", "-lm"])  # the target answers for libm's functions too
    return path


def _header():
    with open(os.path.join(HERE, "target.h")) as f:
        return f.read()


def _fill(ffi, lib):
    """The names that cdeffi and cffi share."""
    names = {name: getattr(lib, name) for name in
             "noop sqrt atan2 strlen six sum_pair pair_value make_pair mirror snprintf qsort twice".split()}
    names["abs_"] = lib.abs
    pair_p = ffi.new("pair *", [3, 4])
    point_p = ffi.new("point *", [3.0, 4.0])
    cstr = ffi.new("char[]", b"abc")
    load = ffi.cast
    names.update(
        ffi=ffi, lib=lib, pair_p=pair_p, pair=pair_p[0], point_p=point_p, point=point_p[0],
        buf=ffi.new("char[64]"), cint=ffi.cast("int", 42), cstr=cstr, ints=ffi.new("int[100]", list(range(100))),
        int_p=ffi.new("int *", 7), chars=ffi.new("char[]", b"hello, world"), bytearray_=bytearray(100),
        new=ffi.new, cast=ffi.cast, string=ffi.string, buffer=ffi.buffer, from_buffer=ffi.from_buffer,
        unpack=ffi.unpack, sizeof=ffi.sizeof, typeof=ffi.typeof,
        sorted_=ffi.new("int[1000]", list(range(1000))),
        callback=ffi.callback("int(*)(int)", lambda x: x + 1),
        compare=ffi.callback("int(*)(void *, void *)",
                             lambda a, b: load("int *", a)[0] - load("int *", b)[0]))
    return names


def ours(target, keep_gil=False):
    import cdeffi
    ffi = cdeffi.FFI()
    ffi.cdef(_header())
    lib = ffi.dlopen(target)
    if keep_gil:
        for name in dir(lib):
            function = getattr(lib, name)
            if callable(function):
                function.release_gil = False
    return _fill(ffi, lib)


def cffi_abi(target):
    import cffi
    ffi = cffi.FFI()
    ffi.cdef(_header())
    return _fill(ffi, ffi.dlopen(target))


def _api(builder, name, folder):
    """API mode: a module that the C compiler made at -O2."""
    builder.cdef(_header())
    with open(os.path.join(HERE, "target.c")) as f:
        source = "#include <math.h>\n#include <stdio.h>\n#include <string.h>\n" + f.read()
    builder.set_source(name, source, extra_compile_args=["-O2"], libraries=["m"])
    builder.compile(tmpdir=folder)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    module = __import__(name)
    return _fill(module.ffi, module.lib)


def cffi_api(folder):
    import cffi
    return _api(cffi.FFI(), "_bench_api", folder)


def our_api(folder):
    """A module of ours. It asks for the module _cffi_backend, which is cffi's where cffi is imported: so it gets ours
    for the time of its import."""
    import cdeffi
    from cdeffi import as_cffi
    saved = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in ("cffi", "_cffi_backend")}
    as_cffi.install()
    try:
        return _api(cdeffi.FFI(), "_bench_our_api", folder)
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] in ("cffi", "_cffi_backend")]:
            del sys.modules[name]
        sys.modules.update(saved)


def with_ctypes(target):
    class Pair(ctypes.Structure):
        _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_int)]

    class Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_double), ("y", ctypes.c_double)]

    def declare(function, result, *args):
        function.restype, function.argtypes = result, args
        return function

    i, d, p, z = ctypes.c_int, ctypes.c_double, ctypes.c_void_p, ctypes.c_size_t
    lib = ctypes.CDLL(target)
    compare = ctypes.CFUNCTYPE(i, ctypes.POINTER(i), ctypes.POINTER(i))
    unary = ctypes.CFUNCTYPE(i, i)
    ints = (i * 100)(*range(100))
    pair, point = Pair(3, 4), Point(3, 4)
    return dict(
        ctypes=ctypes, libm=lib, libc=lib, c_int=i, Pair=Pair, Ints=i * 100, Chars=ctypes.c_char * 100,
        noop=declare(lib.noop, None), sqrt=declare(lib.sqrt, d, d), atan2=declare(lib.atan2, d, d, d),
        abs_=declare(lib.abs, i, i), strlen=declare(lib.strlen, z, ctypes.c_char_p),
        six=declare(lib.six, ctypes.c_long, i, i, i, i, i, i), sum_pair=declare(lib.sum_pair, i, ctypes.POINTER(Pair)),
        pair_value=declare(lib.pair_value, i, Pair), make_pair=declare(lib.make_pair, Pair, i, i),
        mirror=declare(lib.mirror, Point, Point), snprintf=declare(lib.snprintf, i, p, z, ctypes.c_char_p),
        qsort=declare(lib.qsort, None, p, z, z, compare), twice=declare(lib.twice, i, unary, i),
        pair=pair, pair_p=ctypes.pointer(pair), point=point, buf=ctypes.create_string_buffer(64), cint=i(42),
        ints=ints, int_p=ctypes.pointer(i(7)), chars=ctypes.create_string_buffer(b"hello, world"),
        bytearray_=bytearray(100), sorted_=(i * 1000)(*range(1000)), callback=unary(lambda x: x + 1),
        compare=compare(lambda a, b: a[0] - b[0]))


def builtin():
    class Object:
        x = 1

    def builtin_noop():
        pass

    return dict(math=math, list_=list(range(100)), obj=Object(), builtin_noop=builtin_noop)
