"""Call C libraries from Python: declare in C, open the library, call.

    >>> from cdeffi import FFI
    >>> ffi = FFI()
    >>> ffi.cdef("double sqrt(double x);")
    >>> ffi.dlopen("m").sqrt(2.0)
    1.4142135623730951

The classes are cffi's: see help(FFI). install_as_cffi() makes `import cffi` this package.
"""
from ._cdeffi import (
    FFI,
    CDefError,
    CDefTypeError,
    FFIError,
    PkgConfigError,
    VerificationError,
    VerificationMissing,
    __version__,
)

__all__ = [
    "FFI",
    "CDefError",
    "CDefTypeError",
    "FFIError",
    "PkgConfigError",
    "VerificationError",
    "VerificationMissing",
    "install_as_cffi",
]

__version_info__ = tuple(map(int, __version__.split(".")))


def open(library, *headers, cdef=None, flags=0, **options):
    """Open a C library with what its headers declare; returns the lib, whose `ffi` has the types.

        >>> z = cdeffi.open("z", "zlib.h")
        >>> z.crc32(0, b"hello", 5)
        907060870

    LIBRARY and FLAGS are dlopen()'s. HEADERS are named as in #include: "sys/stat.h" is looked for in the
    include folders, "./mine.h", a path object and an absolute path name a file. CDEF is C text that
    follows them. OPTIONS are those of FFI.cdef(): include_dirs, define, undef, ...

    dir() of the result lists the functions and variables that the library exports of what was declared,
    and the constants of the headers. OSError if the library or a header is not found, with the places
    that were searched; CDefError if a header is not C.
    """
    from ._open import open_library

    return open_library(library, headers, cdef, flags, options)


def __getattr__(name):
    """libc and libm: the C library and its mathematical part with the functions of ISO C and POSIX, without headers.

    They are made when first asked for, which takes a millisecond or two. Their types: libc.ffi.
    """
    if name not in ("libc", "libm"):
        raise AttributeError("module 'cdeffi' has no attribute '%s'" % name)
    from . import _libc

    return globals().setdefault(name, getattr(_libc, name)())


def __dir__():
    return sorted({*globals(), "libc", "libm"})


def install_as_cffi():
    """Make `import cffi` and `import _cffi_backend` give cdeffi, in the whole process.

    Call it before anything imports cffi. Calling it again does nothing. RuntimeError if the real
    cffi or its backend was imported before: its objects and ours must not meet.
    """
    from .as_cffi import install

    install()
