"""Macros that are statements: blocks, if, loops, as the C compiler runs them."""
import signal

import pytest
from c_program import printed_numbers

import cdeffi
from cdeffi import CDefError

MINE = r"""
struct pair { long s; int u; };
int abs(int);
int raise(int);
#define CLEAR(a, n) do { for (unsigned i = 0; i < (n); i++) (a)[i] = 0; } while (0)
#define COUNT(p, n) do { int i; *(p) = 0; for (i = 0; i < (n); ++i) { if (i % 2) continue; if (i > 10) break; *(p) += i; } } while (0)
#define GCD(p, a, b) do { unsigned x = (a); unsigned y = (b); while (y) { unsigned t = x % y; x = y; y = t; } *(p) = x; } while (0)
#define SIGN(p, v) do { if ((v) < 0) *(p) = -1; else if ((v) > 0) { *(p) = 1; } else *(p) = 0; } while (0)
#define DANGLING(p, v) do { if ((v) > 0) if ((v) > 5) *(p) = 1; else *(p) = 2; } while (0)
#define DIGITS(p, v) do { unsigned n = (v); *(p) = 0; do { ++*(p); n /= 10; } while (n); } while (0)
#define TRIANGLE(p, n) { long sum = 0; for (int i = 0; i < (n); i++) { for (int k = 0; k <= i; k++) { if (k == 3) break; sum += k; } } *(p) = sum; }
#define SHADOWED(p, v) { int x = (v); { int x = 7; x++; *(p) = x; } *(p) += x; }
#define CALLED(p, n) do { for (int i = 0; i < (n); i++) *(p) += abs(i - 3); } while (0)
#define BRACED(p, v) do { struct pair t = {v, 2}; for (int i = 0; i < 3; i++) t.s += t.u; *(p) = t.s; } while (0)
#define EACH(p, n) do for (int i = 0; i < (n); i++) { struct pair t = {.u = i}; t.s++; *(p) += t.s * 10 + t.u; } while (0)
#define BARE(p, v) for (; *(p) < (v); ++*(p)) ;
#define TWICE(p, v) if (v) *(p) = 1; else *(p) = 2; *(p) += 5;
#define ONCE(p, v) do *(p) = (v); while (0)
#define NEVER(p, v) do { while (0) *(int *)0 = 1; if (0) *(int *)0 = 1; if (1) *(p) = (v); else *(int *)0 = 1; } while (0)
#define COMMAS(p, n) do { int i = (n), *q = &i; i++; *(p) = *q; } while (0)
#define LOOP_OF(x) do { while (x) ; } while (0)
#define ALWAYS(x) for (;;) ;
#define FAR(p, n) do { for (unsigned long i = 0; i < (n); i++) *(p) = i; } while (0)
#define RAISES(s) do { for (int i = 0; i < 100; i++) raise(s); } while (0)
#define SWITCHED(p, v) do { switch (v) { case 1: *(p) = 4; break; case 2: *(p) = 5; case 5: *(p) += 2; } } while (0)
#define RETURNED(x) do { return; } while (0)
#define JUMP(x) do { goto x; } while (0)
#define ASSEMBLY(x) do { __asm__("nop"); } while (0)
#define BREAKS(x) { break; }
#define UNFINISHED(x) do { if (x } while (0)
#define UNCLOSED(x) do { if (x) { } while (0)
#define NO_WHILE(x) do { ; }
#define NO_SEMICOLON(x) { abs(x) }
#define HALF_FOR(x) { for (;) ; }
#define LONELY(x) { else abs(x); }
#define STRUCTURE(p) { if (*(p)) ; }
#define NOWHERE(p) do { for (int i = 0; i < 3; i++) (p)[i] = 1; } while (0)
"""
MINE += "#define DEEP(x) %s abs(x);\n" % ("if (1) " * 200)
VALUES = (0, 1, 2, 5, 12, 97)
ONE = "COUNT SIGN DANGLING DIGITS TRIANGLE SHADOWED CALLED BRACED EACH BARE TWICE ONCE NEVER COMMAS SWITCHED".split()


@pytest.fixture
def lib(ffi):
    ffi.cdef(MINE)
    return ffi.dlopen(None)


def results_of_c(folder, calls):
    return printed_numbers(folder, MINE, ['{ long r = 3, *p = &r; %s; printf("%%ld\\n", r); }\n' % call for call in calls])


def test_as_the_compiler_says(tmp_path, lib, ffi):
    calls = [(name, v) for name in ONE for v in VALUES if v < 50 or name not in ("TRIANGLE", "EACH")] + [("SIGN", -4), ("GCD", 84, 30), ("GCD", 7, 0), ("GCD", 1071, 462)]
    ours = []
    for name, *args in calls:
        box = ffi.new("long *", 3)
        assert getattr(lib, name)(box, *args) is None
        ours.append(box[0])
    assert ours == results_of_c(tmp_path, ["%s(p, %s)" % (name, ", ".join(map(str, args))) for name, *args in calls])


def test_arrays(lib, ffi):
    a = ffi.new("int[50]", list(range(50)))
    lib.CLEAR(a, 40)
    assert list(a) == [0] * 40 + list(range(40, 50))
    lib.CLEAR(a, 0)
    assert a[49] == 49


def test_sets_of_file_descriptors():
    lib = cdeffi.open("c", "sys/select.h")
    fds = lib.ffi.new("fd_set *")
    lib.ffi.buffer(fds)[:] = b"\xFF" * lib.ffi.sizeof("fd_set")
    lib.FD_ZERO(fds)
    assert bytes(lib.ffi.buffer(fds)) == bytes(128)
    lib.FD_SET(70, fds)
    assert lib.FD_ISSET(70, fds) and not lib.FD_ISSET(71, fds)


def test_bounded(lib, ffi):
    for macro in (lib.LOOP_OF, lib.ALWAYS):
        with pytest.raises(CDefError, match="more than 2000000 statements, conditions and expressions"):
            macro(1)
    assert lib.LOOP_OF(0) is None
    box = ffi.new("long *")
    with pytest.raises(CDefError, match="more than 100000 reads, writes and calls"):
        lib.FAR(box, 10**6)
    assert 10000 < box[0] < 100000


def test_interrupted(lib):
    def stop(number, frame):
        nonlocal signals
        signals += 1
        raise KeyboardInterrupt

    signals, before = 0, signal.signal(signal.SIGUSR1, stop)
    try:
        with pytest.raises(KeyboardInterrupt):
            lib.RAISES(int(signal.SIGUSR1))
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert signals == 1


@pytest.mark.parametrize("call, why", [
    ("RETURNED(1)", "statement 'return"), ("JUMP('x')", "statement 'goto"),
    ("ASSEMBLY(1)", "statement '__asm__"), ("BREAKS(1)", "statement '{"), ("UNFINISHED(1)", "statement 'do"), ("UNCLOSED(1)", "statement 'do"),
    ("NO_WHILE(1)", "statement 'do"), ("NO_SEMICOLON(1)", "statement 'abs"), ("HALF_FOR(1)", "statement 'for"), ("LONELY(1)", "before 'else'"),
    ("DEEP(1)", "statement 'if"), ("NOWHERE(cdeffi.FFI().cast('int *', 0))", "at a null pointer"),
])
def test_refused(lib, call, why):
    with pytest.raises(CDefError, match=why):
        eval("lib." + call)


def test_records_are_no_conditions(lib, ffi):
    with pytest.raises(CDefError, match="struct pair"):
        lib.STRUCTURE(ffi.new("struct pair *"))
