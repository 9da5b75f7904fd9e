"""cffi.recompiler: making a module's source, and compiling it."""
from io import StringIO as NativeIO

from cdeffi.builder import generate
from cdeffi.builder import recompile as _recompile
from cdeffi.builder import write_to

__all__ = ["NativeIO", "make_c_source", "make_py_source", "recompile"]


def make_c_source(ffi, module_name, preamble, target_c_file, verbose=False):
    """Write the C source to a path or file object; whether it was not there yet."""
    if preamble is None:
        raise TypeError("a C source is needed")
    return write_to(generate(ffi, module_name, preamble), target_c_file)


def make_py_source(ffi, module_name, target_py_file, verbose=False):
    """The same for a module without C source."""
    return write_to(generate(ffi, module_name, None), target_py_file)


def recompile(ffi, module_name, preamble, tmpdir=".", call_c_compiler=True, c_file=None, source_extension=".c",
              extradir=None, compiler_verbose=1, target=None, debug=None, uses_ffiplatform=True, **kwds):
    """Write a module; with call_c_compiler the path of what was compiled, else (Extension or None, changed)."""
    return _recompile(ffi, (module_name, preamble, source_extension, kwds), tmpdir, compiler_verbose, target, debug,
                      c_file=c_file, call_c_compiler=call_c_compiler, extension=uses_ffiplatform)
