"""cffi.backend_ctypes: only its name. FFI(backend=...) has no effect, there is one implementation."""


class CTypesBackend:
    """Accepted as FFI(backend=...) and ignored."""
