"""cffi.pkgconfig: compiler options from pkg-config."""
from cdeffi.builder.pkgconfig import call, flags_from_pkgconfig, merge_flags

__all__ = ["call", "flags_from_pkgconfig", "merge_flags"]
