"""cdeffi under the name of cffi: the same surface, without pycparser or a compiler at run time."""
from .api import FFI
from .error import CDefError, FFIError, PkgConfigError, VerificationError, VerificationMissing

__all__ = ["FFI", "VerificationError", "VerificationMissing", "CDefError", "FFIError"]

# The version of cffi whose behaviour this is. Programs compare it, and test suites demand it.
__version__ = "2.1.1"
__version_info__ = (2, 1, 1)

_is_complete = True
