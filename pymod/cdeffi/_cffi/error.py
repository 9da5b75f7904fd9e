"""cffi.error: the exceptions. Where they are cffi's, tracebacks show them under its name."""
from cdeffi import CDefError, FFIError, PkgConfigError, VerificationError, VerificationMissing

__all__ = ["CDefError", "FFIError", "PkgConfigError", "VerificationError", "VerificationMissing"]

for _class in (CDefError, FFIError, PkgConfigError, VerificationError, VerificationMissing):
    _class.__module__ = "cffi"
