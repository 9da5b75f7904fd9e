"""cffi.ffiplatform: compiling an extension module."""
import os

from cdeffi import VerificationError
from cdeffi.builder import compiler
from cdeffi.builder.verifier import flatten, maybe_relative_path

__all__ = ["VerificationError", "compile", "flatten", "get_extension", "maybe_relative_path"]

_OPTIONS = ("include_dirs", "define_macros", "undef_macros", "library_dirs", "libraries", "runtime_library_dirs",
            "extra_objects", "extra_compile_args", "extra_link_args", "depends", "language")


def get_extension(srcfilename, modname, sources=(), **kwds):
    """A setuptools Extension."""
    from setuptools import Extension

    return Extension(name=modname, sources=[srcfilename] + [os.path.normpath(each) for each in sources], **kwds)


def compile(tmpdir, ext, compiler_verbose=0, debug=None):
    """Compile EXT into TMPDIR; the path of the module. VerificationError if that fails."""
    import sysconfig

    options = {name: list(getattr(ext, name) or ()) for name in _OPTIONS if name != "language"}
    options["language"] = ext.language
    options["sources"] = [os.path.abspath(each) for each in ext.sources]
    output = os.path.join(*ext.name.split(".")) + sysconfig.get_config_var("EXT_SUFFIX")
    os.makedirs(tmpdir, exist_ok=True)
    compiler.build(tmpdir, output, options, compiler_verbose, debug)
    return os.path.abspath(os.path.join(tmpdir, output))
