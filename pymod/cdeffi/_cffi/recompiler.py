"""cffi.recompiler: making a module's source, and compiling it."""
from io import StringIO as NativeIO

from cdeffi.builder import generate
from cdeffi.builder import recompile as _recompile
from cdeffi.builder import write_to

__all__ = ["NativeIO", "Recompiler", "make_c_source", "make_py_source", "recompile"]


class Recompiler:
    """The source of one module, in the steps by which build scripts ask for it that do without make_c_source(). What cffi
    collects before it writes is its own affair: here it is read when the source is written."""

    def __init__(self, ffi, module_name, target_is_python=False):
        self.ffi, self.module_name, self.target_is_python = ffi, module_name, target_is_python

    def collect_type_table(self):
        """Nothing: see the class."""

    def collect_step_tables(self):
        """Nothing: see the class."""

    def write_source_to_f(self, f, preamble):
        """Write the module to the file object F: with the C source PREAMBLE, or (None) as a Python module."""
        if self.target_is_python != (preamble is None):
            raise TypeError("a C source is for modules in C, and needed for them")
        f.write(generate(self.ffi, self.module_name, preamble))


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
