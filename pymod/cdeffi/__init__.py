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
    FFIError,
    PkgConfigError,
    VerificationError,
    VerificationMissing,
    __version__,
)

__all__ = [
    "FFI",
    "CDefError",
    "FFIError",
    "PkgConfigError",
    "VerificationError",
    "VerificationMissing",
    "install_as_cffi",
]

__version_info__ = tuple(map(int, __version__.split(".")))


def install_as_cffi():
    """Make `import cffi` and `import _cffi_backend` give cdeffi, in the whole process.

    Call it before anything imports cffi. Calling it again does nothing. RuntimeError if the real
    cffi or its backend was imported before: its objects and ours must not meet.
    """
    from .as_cffi import install

    install()
