"""What headers declare and the libraries lack: a module that calls it could not be loaded, so it is left out.

Real headers have such functions: those of a library's options, of newer releases, private ones. Only declarations of
headers are looked at, and only where the libraries say it all; what a cdef text itself declares has to be there.
"""
import os

from .. import FFI, _cdeffi
from .declarations import DEFINED, INLINE, STATIC, TEXT

_OTHER_CODE = "sources", "extra_objects"  # options whose files may define it


def _is_told(options):
    """Do the libraries hold all that the module is linked with?"""
    code = any(options.get(key) for key in _OTHER_CODE)
    code = code or any(not str(each).startswith(("-W", "-pthread", "-g", "-O")) for each in options.get("extra_link_args") or ())
    return bool(options.get("libraries")) and not code


def _open(ffi, name, folders):
    """The library that the linker would take. OSError: it is not known, or it is not a shared one."""
    for folder in folders:
        path = os.path.join(folder, "lib%s.so" % name)
        if os.path.exists(path):
            return ffi.dlopen(path)
        if os.path.exists(path[:-2] + "a"):
            raise OSError("%sa is not a shared library" % path[:-2])
    return ffi.dlopen(name)


def absent(declarations, options, source):
    """The names of what headers alone declare, and neither SOURCE mentions nor a library has."""
    if not declarations.files or not _is_told(options):
        return frozenset()
    links = {}
    for symbol in declarations.shown:
        external = symbol.kind in ("function", "variable") and not symbol.flags & (STATIC | INLINE | DEFINED)
        if external and symbol.file != TEXT and symbol.name not in source:
            link = _cdeffi._meaning(declarations.ffi, symbol.name)[2]
            if link.isidentifier():  # an asm label may be anything
                links[symbol.name] = link
    probe = FFI()
    probe.cdef("".join("void %s(void);" % link for link in sorted(set(links.values()))))
    folders = [os.fspath(each) for each in options.get("library_dirs") or ()]
    try:
        libraries = [_open(probe, name, folders) for name in options["libraries"]] + [probe.dlopen(None)]
    except OSError:
        return frozenset()
    return frozenset(name for name, link in links.items() if not any(hasattr(library, link) for library in libraries))
