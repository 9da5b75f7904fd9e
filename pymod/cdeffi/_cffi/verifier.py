"""cffi.verifier: one module of ffi.verify()."""
from cdeffi.builder.verifier import Verifier, cleanup_tmpdir, set_tmpdir

__all__ = ["Verifier", "cleanup_tmpdir", "set_tmpdir"]
