"""What a builder costs: from the text of a cdef to the C source of its module, by us and by cffi in turn.

CPU seconds, the best of several runs: what other processes do meanwhile counts less.
"""

import gc
import io
import sys
import time

KINDS = [
    "typedef struct s{0} s{0}_t;",
    "struct s{0} {{ int id; const char *name; struct s{0} *next; unsigned int flags; double weights[4];"
    " int (*compare)(const void *, const void *); }};",
    "int s{0}_open(struct s{0} *self, const char *name, unsigned long size);",
    "typedef int (*callback{0})(void *user, s{0}_t *);",
    "enum e{0} {{ E{0}_NONE, E{0}_SOME = 4, E{0}_ALL }};",
    "void s{0}_close(s{0}_t *self);",
    "#define LIMIT_{0} {0}",
    "extern const char *const text_{0};",
    "double s{0}_ratio(const s{0}_t *self, double x, enum e{0} how);",
    "s{0}_t *s{0}_find(s{0}_t *list, callback{0} test, void *user);",
    "typedef unsigned int u{0};",
    "u{0} s{0}_count(void);",
    "extern int global_{0};",
]


def text(size):
    """A cdef of about SIZE bytes: functions, structs, enums, constants, variables, typedefs."""
    rows, total = [], 0
    while total < size:
        rows.append("\n".join(kind.format(len(rows)) for kind in KINDS))
        total += len(rows[-1]) + 1
    return "\n".join(rows)


def seconds(ffi_class, cdef):
    """(of cdef(), of emit_c_code())"""
    gc.collect()
    ffi = ffi_class()
    start = time.process_time()
    ffi.cdef(cdef)
    parsed = time.process_time()
    ffi.set_source("_generated", '#include "generated.h"')
    if hasattr(ffi, "_parser"):  # cffi's own emit_c_code() writes to paths only
        from cffi import recompiler
        recompiler.make_c_source(ffi, "_generated", '#include "generated.h"', io.StringIO())
    else:
        ffi.emit_c_code(io.StringIO())
    return parsed - start, time.process_time() - parsed


def best(ffi_class, cdef, repeats):
    runs = [seconds(ffi_class, cdef) for _ in range(repeats)]
    return tuple(map(min, zip(*runs)))


def print_row(what, ours, theirs):
    print("    %-8s cdeffi %7.3f s (cdef %.3f, C source %.3f)" % (what, sum(ours), *ours), end="")
    if theirs:
        print("   cffi %7.3f s (cdef %.3f, C source %.3f)   cffi / cdeffi %5.1f (C source alone %.1f)" %
              (sum(theirs), *theirs, sum(theirs) / sum(ours), theirs[1] / ours[1]), end="")
    print()


def report(quick=False):
    """Print and return what the generation of a 400 kB cdef takes."""
    import cdeffi
    cdef = text(400000)
    print("\nGeneration: a cdef of %d kB to the C source of its module, CPU time (best)\n" % (len(cdef) // 1000))
    ours, theirs = best(cdeffi.FFI, cdef, 5 if quick else 9), None
    try:
        import cffi
        theirs = best(cffi.FFI, cdef, 1 if quick else 3)
    except ImportError as error:
        print("cffi is not installed (%s)" % error)
    print_row("400 kB", ours, theirs)
    return {"400 kB": {"ours": ours, "cffi": theirs}}


if __name__ == "__main__":
    report("--quick" in sys.argv)
