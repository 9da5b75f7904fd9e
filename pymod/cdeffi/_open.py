"""cdeffi.open(): a library and its headers at once."""
import os

from . import FFI


def include_line(header):
    """The line that includes HEADER. TypeError or ValueError if it is no name of one."""
    name = os.fspath(header)
    if not isinstance(name, str):
        raise TypeError("a header must be a str or a path, not %s" % type(header).__name__)
    if name.startswith("<") and name.endswith(">"):
        name = name[1:-1]
    if not name or any(c in name for c in '\n\r<>"'):
        raise ValueError("%r is no name of a header" % name)
    quoted = name.startswith(("/", "./", "../")) or not isinstance(header, str)
    return '#include "%s"\n' % name if quoted else "#include <%s>\n" % name


def open_library(library, headers, cdef, flags, options):
    """See cdeffi.open()."""
    text = "".join(map(include_line, headers)) + (cdef or "")
    if not text:
        raise TypeError("open() needs a header, or declarations as cdef=")
    ffi = FFI()
    ffi.cdef(text, **options)
    return ffi.dlopen(library, flags)
