"""cdeffi under the name of _cffi_backend."""
import cdeffi._cdeffi as _c

FFI = _c.BaseFFI

# Names that a star import would miss begin with an underscore.
globals().update(
    (_name, _value)
    for _name, _value in vars(_c).items()
    if not (_name.startswith("__") and _name.endswith("__")) and _name not in ("BaseFFI", "FFI")
)

# cffi refuses to run when this is not its own version.
__version__ = "2.1.1"

# Calling conventions, as libffi numbers them on this platform: new_function_type(..., abi).
FFI_DEFAULT_ABI = FFI_CDECL = 2

_is_complete = True
