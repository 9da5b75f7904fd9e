"""What an FFI remembers for building a compiled module from its declarations."""
import os


def set_source(ffi, module_name, source, source_extension=".c", **kwds):
    """ffi.set_source(): the module's name, C source (None: no compiler) and compiler options."""
    if "_assigned_source" in ffi.__dict__:
        raise ValueError("set_source() cannot be called several times per ffi object")
    if not isinstance(module_name, str):
        raise TypeError("'module_name' must be a string")
    if os.sep in module_name or (os.altsep and os.altsep in module_name):
        raise ValueError("'module_name' must not contain '/': use a dotted name to make a 'package.module' location")
    ffi._assigned_source = (module_name, source, source_extension, kwds)
