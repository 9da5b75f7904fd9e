"""Compiled modules in several interpreters of one process: as with cffi it does not matter which imports them first."""
import subprocess
import sys

import pytest
from test_builder import Builder

pytestmark = pytest.mark.forked

SOURCE = "typedef struct { int a; } p; static p *mk(int x) { static p s; s.a = x; return &s; } static int total(p *s, int *n) { return s->a + *n; }"
CDEF = "typedef struct { int a; } p; p *mk(int x); int total(p *s, int *n);"
USE = """
import sys
sys.path[:] = %r
from %s import ffi, lib
assert lib.mk(4).a == 4 and lib.total(ffi.new("p *", [3]), ffi.new("int *", 4)) == 7
"""
# What this interpreter makes itself goes to the module's functions too.
MIXED = USE + """
import cdeffi
other = cdeffi.FFI()
assert ffi.typeof("int") is other.typeof("int") and lib.total(lib.mk(1), other.new("int *", 5)) == 6
"""
SCRIPT = """
import gc
try:
    import _interpreters as interpreters
    one = interpreters.create("legacy")
    run = interpreters.exec
except ImportError:
    import _xxsubinterpreters as interpreters
    one = interpreters.create(isolated=False)
    run = interpreters.run_string
def in_one(source):
    if run(one, source) is not None:
        raise SystemExit("in the sub-interpreter: %%r" %% (source,))
use, mixed = %r, %r
for step in %r:
    if step == "sub":
        in_one(use)
    elif step == "end":
        interpreters.destroy(one)
        gc.collect()
    else:
        exec(mixed, {})
print("done")
"""


@pytest.mark.parametrize("steps", [("sub", "main", "end", "main"), ("sub", "end", "main"), ("main", "sub", "end", "main"),
                                   ("sub", "main", "sub", "main"), ("main", "end", "main")], ids="-".join)
def test_any_order(tmp_path, steps):
    pytest.importorskip("_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters")
    built = Builder(tmp_path).ffi(CDEF, SOURCE)
    built.compile(str(tmp_path))
    path, name = [str(tmp_path), *sys.path], built._assigned_source[0]
    script = SCRIPT % (USE % (path, name), MIXED % (path, name), steps)
    shown = subprocess.run([sys.executable, "-X", "faulthandler", "-c", script], capture_output=True, text=True)
    assert (shown.stdout.strip(), shown.returncode) == ("done", 0), shown.stderr
