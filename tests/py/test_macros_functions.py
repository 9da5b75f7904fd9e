"""Inline functions and statement expressions that macros run, of any statements, as the C compiler runs them."""
import os
import resource
import time

import pytest
from c_program import printed_numbers

from cdeffi import CDefError

MINE = r"""
struct pair { long s; int u; };
enum shade { DARK, PALE = 7 };
int abs(int);
static inline int longer(int n) { int k = n * 2; return k; }
static inline int branches(int n) { if (n > 3) return 1; if (n < 0) { return -1; } return 2; }
static inline int fibonacci(int n) { if (n < 2) return n; return fibonacci(n - 1) + fibonacci(n - 2); }
static inline unsigned gcd(unsigned a, unsigned b) { while (b) { unsigned t = a % b; a = b; b = t; } return a; }
static inline int loops(int n) { int s = 0, i, k; for (i = 0; i < n; i++) for (k = i; ; k--) { if (k < 0) break; if (k & 1) continue; s += k; } return s; }
static inline int find(const int *p, int n, int v) { for (int i = 0; i < n; ++i) if (p[i] == v) return i; return -1; }
static inline long list(int n) { struct pair t[4], *p = t; long s = 0; do { p->s = n; p->u = n * n; p++; } while (p < t + 4); while (p-- > t) s = s * 10 + p->s + p->u; return s; }
static inline int grade(int v) { switch (v) { case 0: return 10; case 1: case 2: v += 5; break; case 10 ... 12: v *= 2; default: v++; } return v; }
static inline int nested(int v) { int r = 0; switch (v & 3) { case DARK: { switch (v) { default: r = 1; break; case 4: r = 2; } r += 10; } break;
    case -1 + 2: for (;;) { switch (r++) { case 3: goto_less: break; default: continue; } break; } r += 100; break; default: if (v == PALE) break; r = 50; } return r; }
static inline int wraps(unsigned char c) { switch (c + 1) { case 256: return 1; case (1 ? 2 : 3): return 2; } return 0; }
static inline unsigned wide(unsigned v) { switch (v) { case -1: return 3; default: return 4; } }
static inline void store(int *p, int v) { if (!p) return; *p = v; }
static inline int changed(int n) { int *p = &n; (*p)++; (n)++; return n; }
static inline struct pair make(long s, int u) { struct pair r = {s, u}; r.u++; return r; }
static inline short narrow(int v) { short s; s = v; return s + 1; }
static inline int shadows(int v) { int r = v; { int v = 3; r += v; for (int v = 0; v < 2; v++) r += v * 10; } return r + v; }
static inline double mean(int n) { double sum = 0; for (int i = 1; i <= n; i++) sum += i; return n ? sum / n : -1.0; }
static inline int calls(int n) { int s = 0; while (n-- > 0) s += abs(n - 3) > 1 ? longer(n) : abs(n); return s; }
static inline int declares(int n) { register int a = n; static const int t[] = {4, 5, 6}; const char *s = "abc"; int b[3] = {1, 2}, *const q = b, c = 9; __attribute__((unused)) int d = 2;
    q[2] = a; return t[n % 3] + s[1] + b[0] * b[1] + b[2] + c + d; }
static inline int picks(int v) { int r = ({ int k; if (v > 2) k = 1; else k = v + 20; k; }); return r; }
static inline int first(int (*f)(int), int v) { int (*g)(int) = f; return g ? g(v) : 0; }
static inline int reads(const int *p) { int n = 0; while (*p) n += *p++; return n; }
#define LONGER(x) longer(x)
#define BRANCHES(x) branches(x)
#define FIBONACCI(x) fibonacci((x) < 0 ? 5 : (x) % 8)
#define GCD(x) gcd(84, (unsigned)(x))
#define LOOPS(x) loops(x)
#define FIND(x) ({ int a[5]; for (int i = 0; i < 5; i++) a[i] = i * i; find(a, 5, x); })
#define LIST(x) list(x)
#define GRADE(x) grade(x)
#define NESTED(x) nested(x)
#define WRAPS(x) wraps((x) + 250)
#define WIDE(x) (wide(x) + wide(-(x)))
#define STORE(x) ({ int v = 1; store(&v, x); store(0, 5); v; })
#define CHANGED(x) changed(x)
#define MAKE(x) (make(x, 2).u * 10 + make(x, 2).s)
#define COPIED(x) ({ struct pair t = make(x, 2), *p = &t; t.s++; p->u + t.s * 10; })
#define PASSED(x) changed(make(x, (x)).u)
#define NARROW(x) narrow(x * 40000)
#define SHADOWS(x) shadows(x)
#define MEAN(x) (mean(x) * 1000)
#define CALLS(x) calls(x)
#define DECLARES(x) declares((x) & 7)
#define PICKS(x) picks(x)
#define FIRST(x) first(abs, x)
#define READS(x) ({ int a[] = {x, 3, -2, 0}; reads(a); })
#define ONLY(x) ((x) > 4 ? ({ int s = 0; for (int i = 0; i < (x); i++) s += i; s; }) : branches(x))
#define BOTH(x) ((x) > 1 && longer(x) > 5 || branches(x) < 0)
#define SIZE(x) sizeof(({ char a[3]; while (1) ; a[0] = (x); (long)(x); }))
#define IN_ORDER(x) ({ int v = (x), w = ({ v++; if (v > 3) v += 10; v; }) * 100; w + v; })
#define EMPTY(x) ({ ; if (x) ; ; (x); })
#define LAST(x) ({ int r = 0; for (;;) { if (r++ > (x)) break; } ; r; })
#define TYPED(x) ({ __typeof__(({ if (x) ; 1.5; })) d = (x) / 2.0; d * 4; })
"""
NAMES = [name.split("(")[0] for name in MINE.split("#define ")[1:]]
VALUES = (-7, -1, 0, 1, 2, 3, 4, 5, 7, 10, 11, 12, 13)


@pytest.fixture
def lib(ffi):
    ffi.cdef(MINE)
    return ffi.dlopen(None)


def test_as_the_compiler_says(tmp_path, lib):
    calls = ["%s(%d)" % (name, v) for name in NAMES for v in VALUES]
    theirs = printed_numbers(tmp_path, MINE, ['printf("%%ld\\n", (long)(%s));\n' % call for call in calls])
    ours = [int(getattr(lib, name)(v)) for name in NAMES for v in VALUES]
    assert [c for c, o, t in zip(calls, ours, theirs) if o != t] == []
    assert len(theirs) == len(calls) == len(NAMES) * len(VALUES)


def test_memory_of_the_caller(ffi, lib):
    ffi.cdef("static inline int sum(const int *p, int n) { int s = 0; while (n--) s += *p++; return s; }\n"
             "static inline void fill(int *p, int n) { for (int i = 0; i < n; i++) p[i] = i; }\n"
             "#define TOTAL(p, n) sum(p, n)\n#define FILL(p, n) fill(p, n)\n")
    a = ffi.new("int[300]")
    assert lib.FILL(a, 300) is None and list(a) == list(range(300))
    assert lib.TOTAL(a, 300) == sum(range(300)) and lib.TOTAL(a + 7, 0) == 0


def test_done_once_and_in_order(ffi):
    """What is done is not done again when the macro is folded again, after a call of the outside."""
    seen = []
    ffi.cdef("static inline int note(int *p, int (*f)(int)) { for (int i = 0; i < 3; i++) { ++*p; if (f(*p) > 2) return -1; *p += 10; } return 0; }\n"
             "#define NOTE(p, f) (note(p, f) * 100 + *(p))\n")
    box, notice = ffi.new("int *"), ffi.callback("int(int)", lambda v: seen.append(v) or len(seen))
    assert ffi.dlopen(None).NOTE(box, notice) == -100 + 23
    assert seen == [1, 12, 23]


def test_what_is_no_constant_leaves_memory_alone(ffi):
    """dir() asks which macros are callable; nothing may be written for that."""
    ffi.cdef("extern char **environ;\nstatic inline int bad(void) { environ = 0; return 1; }\n#define BAD() bad()\n#define LATE(p) (*(p) = 1, (p)->member)\n")
    lib, box = ffi.dlopen(None), ffi.new("int *")
    before = lib.environ
    dir(lib)
    assert lib.environ == before != ffi.NULL
    with pytest.raises(CDefError, match="member"):
        lib.LATE(box)
    assert box[0] == 0


@pytest.mark.parametrize("body, why", [
    ("goto out; out: return 1;", "statement 'goto"), ("asm(\"nop\"); return 1;", "statement 'asm"), ("static int n; return n++;", "statement 'static"),
    ("typedef int t; return 1;", "statement 'typedef"), ("struct s { int i; } s; return 1;", "statement 'struct"),
    ("if (x) return 1;", "'f', which ends without a 'return'"), ("break; return 1;", "statement 'break"),
    ("return ({ return 1; 2; });", "statement 'return"), ("return nothing(x);", "'nothing' is not declared"), ("switch (x) return 1;", "statement 'switch"),
    ("switch (x) { case y: ; } return 1;", "'y' is not declared"), ("int (*f)(int), g; return 1;", "statement 'int"), ("return 1", "statement 'return"),
    ("x++; " * 5000, "static, so that no library has it, and too long"), ("return *(int *)0;", "null pointer"),
    ("return f(x);", "too many calls of inline functions in each other"), ("char a[1 << 27]; a[0] = 1; return 1;", "variables take more than 67108864 bytes"),
])
def test_refused(ffi, body, why):
    ffi.cdef("static inline int f(int x) { %s }\n#define F(x) f(x)\n" % body)
    with pytest.raises(CDefError, match=why):
        ffi.dlopen(None).F(0)


BOMBS = """
#define ENDLESS(x) ({ while (1) ; 1; })
#define COUNTS(x) ({ long i = 0; while (1) i++; i; })
#define BRANCH(x) ((x) ? ({ long i = 0; while (x) i++; i; }) : 1)
#define DEAD(x) ((x) ? 5 : ({ for (;;) ; 1; }))
#define ROOMS(x) do { for (;;) { char a[1 << 20]; a[0] = 1; } } while (0)
static inline int twice(int n) { return n > 0 ? twice(n - 1) + twice(n - 1) : 1; }
#define TREE(x) twice(x)
static inline int forever(int n) { for (;;) n = !n; }
#define FOREVER(x) forever(x)
"""


# A build for the sanitizers poisons memory at each statement and takes some 400 times as long: there the limits are lower.
CHECKED = "asan" in os.environ.get("LD_PRELOAD", "")
LIMITS = {"macro_steps": 20000, "macro_effects": 1000} if CHECKED else {}


@pytest.mark.parametrize("call, why", [
    ("ENDLESS", "more than 2000000 statements, conditions and expressions|more than 10000 statements"), ("COUNTS", "more than 100000 reads, writes and calls"),
    ("BRANCH", "more than 2000000 statements"), ("ROOMS", "variables take more than 67108864 bytes"), ("TREE", "too many calls"),
    ("FOREVER", "more than"),
])
def test_bounded(ffi, call, why):
    ffi.cdef(BOMBS, limits=LIMITS)
    if CHECKED:
        why = why.replace("2000000", "20000").replace("100000", "1000")
    lib, before, start = ffi.dlopen(None), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(CDefError, match=why):
        getattr(lib, call)(1 << 20)
    assert time.process_time() - start < 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 << 10
    assert lib.DEAD(1) == 5


@pytest.mark.parametrize("limits, call, why", [
    ({"macro_steps": 50}, "LOOPS", "more than 50 statements, conditions and expressions"),
    ({"macro_effects": 20}, "LOOPS", "more than 20 reads, writes and calls"),
    ({"macro_bytes": 40}, "LIST", "variables take more than 40 bytes"),
    ({"macro_tokens": 3}, "ONLY", "more than 3 tokens"),
])
def test_limits(ffi, limits, call, why):
    """Those of a cdef stay for the macros; a later one that says nothing changes nothing."""
    ffi.cdef(MINE)
    lib = ffi.dlopen(None)
    good = getattr(lib, call)(12)
    ffi.cdef("int later(int);", limits=limits)
    ffi.cdef("int still_later(int);")
    with pytest.raises(CDefError, match=why):
        getattr(lib, call)(12)
    ffi.cdef("", limits={name: 10**6 for name in limits})
    assert getattr(lib, call)(12) == good


def test_limits_can_be_raised(ffi):
    n = 2 * LIMITS.get("macro_effects", 100000)
    ffi.cdef(BOMBS.replace("while (1) i++", "while (i < %d) i++" % n), limits=LIMITS)
    with pytest.raises(CDefError, match="more than %d reads, writes and calls" % (n // 2)):
        ffi.dlopen(None).COUNTS(1)
    ffi.cdef("", limits={"macro_effects": 10**6, "macro_steps": 10**7})
    assert ffi.dlopen(None).COUNTS(1) == n


def test_limits_of_a_failed_cdef_are_not_kept(ffi):
    ffi.cdef(MINE)
    with pytest.raises(CDefError):
        ffi.cdef("int int;", limits={"macro_steps": 1})
    assert ffi.dlopen(None).LONGER(3) == 6
