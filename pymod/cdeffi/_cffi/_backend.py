"""cdeffi under the name of _cffi_backend."""
import cdeffi._cdeffi as _c

FFI = _c.BaseFFI

# Names that a star import would miss begin with an underscore.
globals().update(
    (_name, _value)
    for _name, _value in vars(_c).items()
    if not (_name.startswith("__") and _name.endswith("__")) and _name not in ("BaseFFI", "FFI")
)

# What the FFI class does too. These take a CType where FFI's methods also take text.
_ffi = _c.FFI()
newp, cast, callback = _ffi.new, _ffi.cast, _ffi.callback
alignof, sizeof, typeof = _ffi.alignof, _ffi.sizeof, _ffi.typeof
string, unpack, memmove = _ffi.string, _ffi.unpack, _ffi.memmove
gcp, release, from_buffer, from_handle = _ffi.gc, _ffi.release, _ffi.from_buffer, _ffi.from_handle


def set_errno(value):
    """Set what the next C call of this thread finds in errno."""
    _ffi.errno = value


def _get_common_types(names):
    """Add what cffi's parser knows beside C's own types."""
    names["bool"] = "_Bool"


def newp_handle(ctype, x):
    """A void * of type CTYPE that stands for the object X."""
    if ctype is not _ffi.BVoidP:
        raise TypeError("needs 'void *', got '%s'" % ctype.cname)
    return _ffi.new_handle(x)


# cffi refuses to run when this is not its own version.
__version__ = "2.1.1"

# Calling conventions, as libffi numbers them on this platform: new_function_type(..., abi).
FFI_DEFAULT_ABI = FFI_CDECL = 2

_is_complete = True
