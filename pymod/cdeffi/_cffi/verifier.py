"""cffi.verifier: one module of ffi.verify()."""
from importlib.machinery import EXTENSION_SUFFIXES

from cdeffi.builder.verifier import Verifier, cleanup_tmpdir, set_tmpdir

__all__ = ["Verifier", "cleanup_tmpdir", "set_tmpdir"]

# cffi's second engine is for Pythons without C extensions: there is none here, but tests choose one.
_FORCE_GENERIC_ENGINE = False


def _locate_engine_class(ffi, force_generic_engine):
    return Verifier


def _get_so_suffixes():
    return list(EXTENSION_SUFFIXES)
