"""What a script pays before its first call: time over the bare interpreter, and memory after import."""

import os
import subprocess
import sys
import time

FIRST_CALL = """
import {module}
ffi = {module}.FFI()
ffi.cdef("double sqrt(double x);")
assert ffi.dlopen("{libm}").sqrt(2.0) == 1.4142135623730951
"""
MEMORY = """
def resident():
    for line in open("/proc/self/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1])
before = resident()
import {module}
{module}.FFI()
print(resident() - before)
"""


def _run(code):
    return subprocess.check_output([sys.executable, "-S", "-c", code], env=_environment(), text=True)


def _environment():
    """-S leaves out site's own imports; the packages are found through PYTHONPATH all the same."""
    return dict(os.environ, PYTHONPATH=os.pathsep.join(p for p in sys.path if p), PYTHONDONTWRITEBYTECODE="")


def _best_ms(code, repeats):
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        _run(code)
        best = min(best, time.perf_counter() - start)
    return best * 1e3


def report(repeats):
    """Print and return {name: (ms over the bare interpreter, kB added by import)}."""
    programs = {"cdeffi": FIRST_CALL.format(module="cdeffi", libm="m")}
    try:
        import cffi  # noqa: F401
        programs["cffi"] = FIRST_CALL.format(module="cffi", libm="libm.so.6")
    except ImportError:
        pass
    bare = min(_best_ms("pass", repeats) for _ in range(2))
    print("\nStart: import, cdef, dlopen and one call, over the bare interpreter (%.1f ms)\n" % bare)
    result = {}
    for name, code in programs.items():
        over = _best_ms(code, repeats) - bare
        added = min(int(_run(MEMORY.format(module=name))) for _ in range(3))
        print("%-8s %7.2f ms   %7d kB added by import" % (name, over, added))
        result[name] = (over, added)
    if "cffi" in result:
        print("cdeffi / cffi: time %.3f, memory %.3f" % tuple(a / b for a, b in zip(result["cdeffi"], result["cffi"])))
    return result
