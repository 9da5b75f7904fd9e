"""Modules built by either run on either: cffi and cdeffi each compile the same declarations, and each uses both modules.

    modules.py WORK CFFI_PYTHON    this interpreter has the drop-in, CFFI_PYTHON has cffi
    modules.py --build NAME        (for itself) compile the module NAME in the current folder
    modules.py --use NAME          (for itself) print what its functions and data give
    modules.py --own NAME [load]   (for itself) the same of a module of either kind with such types: build it, or load it

All four outputs are to be the same, and what is known of them is checked. A module with types that cffi's do not have runs on
us, and cffi refuses to load it.
"""
import importlib
import os
import pathlib
import shutil
import subprocess
import sys

CDEF = """
    typedef struct { int x, y; } pair; typedef struct { short a; ...; } partial; struct hidden; enum e { A, B = 7 };
    typedef int... small; typedef ... *handle; union u { int i; float f; };
    void nothing(void); int zero(void); double half(double); long add(int, long long, unsigned char); char same_char(char);
    _Bool same_bool(_Bool); wchar_t same_wide(wchar_t); unsigned long long most(unsigned long long, void *);
    const char *same_text(const char *); pair both(pair, pair *); long double same_long(long double); enum e other(enum e);
    float same_float(float); int call(int (*)(int), int); small narrow(small); handle get(void); int set(handle);
    struct hidden *find(int); int total(int *, int); int many(int, int, int, int, int, int, int, int, int, int); int last(int, ...);
    int take(partial *); int fail(int); float _Complex turn(float _Complex);
    extern int counter; extern int table[...]; extern const double limit;
    #define N ...
    #define M 12
    static const int K; static char *const NAME;
    extern "Python" int ask(int, pair, long double);
    int answer(int);
"""
SOURCE = """
    #include <wchar.h>
    #include <stdarg.h>
    #include <complex.h>
    #include <errno.h>
    typedef struct { int x, y; } pair; typedef struct { char c; short a; double d; } partial; struct hidden { int z; };
    enum e { A, B = 7 }; typedef short small; typedef struct hidden *handle; union u { int i; float f; };
    static struct hidden hidden = {5};
    static void nothing(void) {}
    static int zero(void) { return 0; }
    static double half(double x) { return x / 2; }
    static long add(int a, long long b, unsigned char c) { return a + (long)b + c; }
    static char same_char(char c) { return c; }
    static _Bool same_bool(_Bool b) { return b; }
    static wchar_t same_wide(wchar_t w) { return w; }
    static unsigned long long most(unsigned long long n, void *p) { return p ? 1 : n; }
    static const char *same_text(const char *s) { return s; }
    static pair both(pair p, pair *q) { pair sum = {p.x + q->x, p.y + q->y}; return sum; }
    static long double same_long(long double x) { return x; }
    static enum e other(enum e x) { return x == A ? B : A; }
    static float same_float(float x) { return x; }
    static int call(int (*f)(int), int x) { return f(x); }
    static small narrow(small x) { return (small)(x + 1); }
    static handle get(void) { return &hidden; }
    static int set(handle h) { return h->z; }
    static struct hidden *find(int i) { return i ? &hidden : 0; }
    static int total(int *a, int n) { int sum = 0; while (n--) sum += *a++; return sum; }
    static int many(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j) { return a+b+c+d+e+f+g+h+i+j; }
    static int last(int n, ...) { va_list l; int x = 0; va_start(l, n); while (n--) x = va_arg(l, int); va_end(l); return x; }
    static int take(partial *p) { return p->a; }
    static int fail(int code) { errno = code; return -1; }
    static float _Complex turn(float _Complex z) { return z * I; }
    int counter = 5, table[7] = {0, 1, 2};
    const double limit = 1.5;
    #define N (3 * 7)
    #define M 12
    static const int K = -3;
    static char *const NAME = "name";
    static int ask(int, pair, long double);
    static int answer(int x) { pair p = {x, 2 * x}; return ask(x, p, 0.5L); }
"""

# Statements whose values are shown; those that raise show the type of the exception.
USES = """
    lib.nothing()
    lib.zero()
    lib.zero(1)
    lib.nothing(1, 2)
    lib.half(5.0), lib.half(3), lib.half("x")
    lib.half("x")
    lib.add(1, 2, 3)
    lib.add(1, 2, 256)
    lib.add(1, 2)
    lib.add(2**31, 0, 0)
    lib.same_char(b"c"), lib.same_bool(1), lib.same_wide("w"), lib.most(2**64 - 1, ffi.NULL), lib.most(5, b"x")
    lib.same_char("c")
    ffi.string(lib.same_text(b"text"))
    lib.both([1, 2], [[3, 4]]).y, lib.both({"x": 1}, ffi.new("pair *", [5])).x
    float(lib.same_long(1.5)), lib.same_float(0.25), lib.other(lib.A), lib.other(7)
    lib.call(ffi.callback("int(int)", lambda x: x * 2), 5), lib.call(ffi.addressof(lib, "fail"), 4), ffi.errno
    lib.narrow(41), ffi.sizeof("small"), lib.set(lib.get()), lib.find(0) == ffi.NULL, lib.find(1) != ffi.NULL
    lib.narrow(70000)
    lib.total([1, 2, 3], 3), lib.total(list(range(1000)), 1000), lib.total((4,), 1)
    lib.many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
    lib.last(2, ffi.cast("int", 1), ffi.cast("int", 9))
    ffi.sizeof("partial"), ffi.offsetof("partial", "a"), lib.take(ffi.new("partial *", [6]))
    lib.fail(17), ffi.errno
    lib.turn(1 + 2j)
    lib.counter, list(lib.table), lib.limit, lib.N, lib.M, lib.K, ffi.string(lib.NAME)
    setattr(lib, "counter", 8), lib.counter, setattr(lib, "counter", 5)
    setattr(lib, "N", 1)
    lib.absent
    ffi.def_extern("ask")(lambda x, p, wide: x + p.y + int(2 * wide)) and lib.answer(10)
    ffi.typeof(lib.both).cname, ffi.typeof("struct hidden *").cname, ffi.typeof("enum e").elements
    sorted(name for name in dir(lib) if name[0] != "_")
    ffi.list_types()
"""
KNOWN = {"lib.half(5.0), lib.half(3), lib.half(\"x\")": "TypeError", "lib.total([1, 2, 3], 3), lib.total(list(range(1000)), 1000), lib.total((4,), 1)": "(6, 499500, 4)",
         "lib.fail(17), ffi.errno": "(-1, 17)", "lib.nothing(1, 2)": "TypeError", "lib.zero()": "0", "lib.absent": "AttributeError",
         "lib.add(2**31, 0, 0)": "OverflowError"}


def build(name):
    import cffi

    ffi = cffi.FFI()
    ffi.cdef(CDEF)
    ffi.set_source(name, SOURCE)
    ffi.compile()


def use(name):
    sys.path.insert(0, os.getcwd())
    module = importlib.import_module(name)
    for statement in filter(None, map(str.strip, USES.splitlines())):
        try:
            shown = repr(eval(statement, {"ffi": module.ffi, "lib": module.lib}))
        except Exception as error:
            shown = type(error).__name__
        print("%s -> %s" % (statement, shown))


OWN = "__int128 wide(__int128);"


def own(name, *load):
    """Built: with C source, and without. Loaded: how that ended."""
    import cffi

    sources = {name: "static __int128 wide(__int128 x) { return x << 1; }", name + "_python": None}
    for each in () if load else sources:
        ffi = cffi.FFI()
        ffi.cdef(OWN)
        ffi.set_source(each, sources[each])
        ffi.compile()
    sys.path.insert(0, os.getcwd())
    for each in load and sources:
        try:
            ffi = importlib.import_module(each).ffi
            print(ffi.sizeof(ffi.typeof("__int128")))
        except ImportError as error:
            print("unknown version" in str(error))


def run(python, environ, work, *arguments):
    done = subprocess.run([python, os.path.abspath(__file__), *arguments], cwd=work, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("%s %s failed:\n%s" % (python, " ".join(arguments), done.stderr))
    return done.stdout.splitlines()


def main(work, python):
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    plain = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "LD_PRELOAD")}
    ours = dict(os.environ, PYTHONPATH=os.pathsep.join(map(os.path.abspath, os.environ["PYTHONPATH"].split(os.pathsep))))
    sides = {"cffi": (os.path.abspath(python), plain), "cdeffi": (sys.executable, ours)}
    for side, (executable, environ) in sides.items():
        run(executable, environ, work, "--build", "_either_" + side)
    shown = {(builder, user): run(*sides[user], work, "--use", "_either_" + builder) for builder in sides for user in sides}
    expected = shown["cffi", "cffi"]
    failed = [line for line in expected if line.partition(" -> ")[0] in KNOWN and KNOWN[line.partition(" -> ")[0]] != line.partition(" -> ")[2]]
    for (builder, user), lines in shown.items():
        wrong = [pair for pair in zip(expected, lines) if pair[0] != pair[1]] + [("", "")] * (len(lines) != len(expected))
        failed += wrong
        for theirs, line in wrong:
            print("built by %s, used by %s:\n    %s\n    instead of %s" % (builder, user, line, theirs.rpartition(" -> ")[2]))
    run(*sides["cdeffi"], work, "--own", "_own")
    loaded = {side: run(*sides[side], work, "--own", "_own", "load") for side in sides}
    if loaded != {"cffi": ["True", "True"], "cdeffi": ["16", "16"]}:
        failed.append(loaded)
        print("modules with types of ours: %s" % loaded)
    print("%d passed, %d failed" % (len(shown) * len(expected) - len(failed), len(failed)))
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1] in ("--build", "--use", "--own"):
        {"--build": build, "--use": use, "--own": own}[sys.argv[1]](*sys.argv[2:])
    else:
        sys.exit(main(str(pathlib.Path(sys.argv[1]).resolve()), sys.argv[2]))
