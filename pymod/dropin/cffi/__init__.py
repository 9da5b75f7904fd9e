"""On sys.path this folder makes `import cffi` give cdeffi: the module replaces itself."""
_is_cdeffi = True

from cdeffi.as_cffi import install

install()
