"""cffi.error: the exceptions."""
from cdeffi import CDefError, FFIError, PkgConfigError, VerificationError, VerificationMissing

__all__ = ["CDefError", "FFIError", "PkgConfigError", "VerificationError", "VerificationMissing"]
