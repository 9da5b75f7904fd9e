"""cffi.api: where the FFI class says it comes from."""
from cdeffi import FFI

__all__ = ["FFI"]

FFI.__module__ = "cffi.api"
