"""On sys.path this folder makes `import _cffi_backend` give cdeffi: the module becomes cdeffi's."""
_is_cdeffi = True

from cdeffi.as_cffi import become

become(__name__)
