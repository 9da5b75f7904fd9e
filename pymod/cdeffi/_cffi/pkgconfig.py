"""cffi.pkgconfig: compiler options from pkg-config. It is the builder's own module, whose functions programs replace."""
import sys

from cdeffi.builder import pkgconfig

sys.modules[__name__] = pkgconfig
