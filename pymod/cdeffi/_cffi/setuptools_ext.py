"""cffi.setuptools_ext: the keyword of setup()."""
from cdeffi.builder.setuptools_ext import add_module as add_cffi_module
from cdeffi.builder.setuptools_ext import cffi_modules, error

__all__ = ["add_cffi_module", "cffi_modules", "error"]
