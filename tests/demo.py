"""make demo: the main job on real libraries, each line shown with its result as Python's prompt would.

The lines are executed for real, one statement at a time, and the results that are known beforehand are
checked: the exit status is 1 if one is wrong.
"""
import ast
import os
import statistics
import subprocess
import sys
import time
import traceback

STORY = [
    (
        "One function of the mathematical library",
        r"""
from cdeffi import FFI
ffi = FFI()
ffi.cdef("double sqrt(double x);")
m = ffi.dlopen("m")
m.sqrt(2.0)
m.sqrt
dir(m)
print(m.sqrt.__doc__)
import inspect
inspect.signature(m.sqrt)
""",
        {"m.sqrt(2.0)": 1.4142135623730951},
    ),
    (
        "Strings, the environment, a variadic function",
        r'''
import os
os.environ["CDEFFI_DEMO"] = "from the environment"
ffi.cdef("""
    size_t strlen(const char *s);
    char *getenv(const char *name);
    int snprintf(char *str, size_t size, const char *format, ...);
""")
libc = ffi.dlopen(None)
libc.strlen(b"hello")
ffi.string(libc.getenv(b"CDEFFI_DEMO"))
libc.getenv(b"CDEFFI_NO_SUCH_NAME")
buf = ffi.new("char[64]")
libc.snprintf(buf, ffi.sizeof(buf), b"%d, %.3f and %s", ffi.cast("int", 42), ffi.cast("double", 2.5), ffi.new("char[]", b"text"))
ffi.string(buf)
''',
        {
            'libc.strlen(b"hello")': 5,
            'ffi.string(libc.getenv(b"CDEFFI_DEMO"))': b"from the environment",
            "ffi.string(buf)": b"42, 2.500 and text",
        },
    ),
    (
        "qsort calls back into Python",
        r'''
ffi.cdef("""
    typedef int comparison(const void *, const void *);
    void qsort(void *base, size_t nmemb, size_t size, comparison *compare);
""")
numbers = ffi.new("int[]", [5, -3, 8, 1, 0, 99, -7])
@ffi.callback("comparison *")
def compare(a, b):
    return ffi.cast("int *", a)[0] - ffi.cast("int *", b)[0]

libc.qsort(numbers, len(numbers), ffi.sizeof("int"), compare)
list(numbers)
''',
        {"list(numbers)": [-7, -3, 0, 1, 5, 8, 99]},
    ),
    (
        "Structs that C fills in",
        r'''
ffi.cdef("""
    typedef long time_t;
    struct timeval { time_t tv_sec; long tv_usec; };
    struct tm { int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
                long tm_gmtoff; const char *tm_zone; };
    int gettimeofday(struct timeval *tv, void *tz);
    struct tm *localtime_r(const time_t *timep, struct tm *result);
""")
now = ffi.new("struct timeval *")
libc.gettimeofday(now, ffi.NULL)
import time
abs(now.tv_sec - time.time()) < 5
when = ffi.new("struct tm *")
libc.localtime_r(ffi.addressof(now[0], "tv_sec"), when) == when
(when.tm_year + 1900, when.tm_mon + 1, when.tm_mday) == time.localtime(now.tv_sec)[:3]
"%02d:%02d:%02d %s" % (when.tm_hour, when.tm_min, when.tm_sec, ffi.string(when.tm_zone).decode())
ffi.sizeof("struct tm"), ffi.offsetof("struct tm", "tm_gmtoff")
''',
        {
            "libc.gettimeofday(now, ffi.NULL)": 0,
            "abs(now.tv_sec - time.time()) < 5": True,
            "libc.localtime_r(ffi.addressof(now[0], \"tv_sec\"), when) == when": True,
            "(when.tm_year + 1900, when.tm_mon + 1, when.tm_mday) == time.localtime(now.tv_sec)[:3]": True,
        },
    ),
    (
        "errno after a call that fails",
        r"""
ffi.cdef("int open(const char *pathname, int flags, ...);")
libc.open(b"/no/such/file", os.O_RDONLY)
ffi.errno, os.strerror(ffi.errno)
""",
        {'libc.open(b"/no/such/file", os.O_RDONLY)': -1, "ffi.errno, os.strerror(ffi.errno)": (2, os.strerror(2))},
    ),
    (
        "A real header, without a compiler",
        r"""
import cdeffi
z = cdeffi.open("z", "zlib.h")
text = b"The quick brown fox jumps over the lazy dog"
z.crc32(0, text, len(text))
import zlib
z.crc32(0, text, len(text)) == zlib.crc32(text)
len(dir(z)), [name for name in dir(z) if name.startswith("compress")]
print(z.compress.__doc__)
z.ffi.offsetof("z_stream", "total_out"), z.ZLIB_VERSION == z.ffi.string(z.zlibVersion())
length = z.ffi.new("unsigned long *", z.compressBound(len(text)))
packed = z.ffi.new("unsigned char[]", length[0])
z.compress(packed, length, text, len(text)) == z.Z_OK
zlib.decompress(z.ffi.buffer(packed, length[0])) == text
z.zlibVersoin  # raises
""",
        {
            "z.crc32(0, text, len(text)) == zlib.crc32(text)": True,
            "z.compress(packed, length, text, len(text)) == z.Z_OK": True,
            "zlib.decompress(z.ffi.buffer(packed, length[0])) == text": True,
        },
    ),
    (
        "The same in two steps: #include in a cdef",
        r"""
ffi.cdef("#include <sys/stat.h>")
st = ffi.new("struct stat *")
libc.stat(b"/", st), (st.st_mode & libc.S_IFMT) == libc.S_IFDIR
sorted(ffi.functions_in("sys/stat.h"))[:4]
""",
        {"libc.stat(b\"/\", st), (st.st_mode & libc.S_IFMT) == libc.S_IFDIR": (0, True)},
    ),
    (
        "Declarations by hand, compared with the installed headers",
        r"""
mine = FFI()
mine.cdef("struct timespec { long tv_nsec, tv_sec; }; int clock_gettime(int clock, void *t);")
mine.verify_headers("#include <time.h>")
""",
        {},
    ),
    (
        "The C library, without headers",
        r"""
cdeffi.libm.hypot(3.0, 4.0), cdeffi.libm.lround(2.5), cdeffi.libm.csqrt(-4)
cdeffi.libc.toupper(ord("a"))
when = cdeffi.libc.ffi.new("struct tm *")
cdeffi.libc.gmtime_r(cdeffi.libc.ffi.new("time_t *", 0), when).tm_year
""",
        {"cdeffi.libm.hypot(3.0, 4.0), cdeffi.libm.lround(2.5), cdeffi.libm.csqrt(-4)": (5.0, 3, 2j), 'cdeffi.libc.toupper(ord("a"))': 65},
    ),
    (
        "What a header declares, as a text",
        r"""
from cdeffi import __main__ as command
command.main(["show", "sys/stat.h", "stat", "S_IFDIR"])
command.main(["call", "m", "double sqrt(double)", "2.0"])
""",
        {'command.main(["show", "sys/stat.h", "stat", "S_IFDIR"])': 0},
    ),
    (
        "When something is wrong",
        r'''
ffi.cdef("""
    struct point { double x, y; };
    double length(struct point *p, uint31_t flags);
""")  # raises
ffi.cdef("int sqrtt(double);")
m.sqrtt  # raises
m.sqr  # raises
''',
        {},
    ),
]

STARTUP = 'from %s import FFI; f = FFI(); f.cdef("double sqrt(double x);"); assert f.dlopen("m").sqrt(2.0) > 1.41'


class Session:
    """A prompt that types by itself."""

    def __init__(self):
        self.names = {"__name__": "__demo__"}
        self.wrong = []

    def show(self, title, source, expected):
        print("\n# " + title)
        source = source.strip("\n")
        lines = source.splitlines()
        pending = dict(expected)
        for node in ast.parse(source).body:
            start = min([node.lineno] + [d.lineno for d in getattr(node, "decorator_list", [])])
            text = "\n".join(lines[start - 1 : node.end_lineno])
            self.run(node, text, pending)
        self.wrong += ["never shown: " + text for text in pending]

    def run(self, node, text, pending):
        for i, line in enumerate(text.split("\n")):
            print(("... " if i else ">>> ") + line.replace("  # raises", ""))
        raises = text.endswith("# raises")
        results = []
        before, sys.displayhook = sys.displayhook, lambda value: self.display(value, results)
        try:
            code = compile(ast.Interactive([node]), "<demo>", "single")
            exec(code, self.names)
        except Exception as e:
            print("".join(traceback.format_exception_only(type(e), e)).rstrip())
            if not raises:
                self.wrong.append("raised: " + text)
        else:
            if raises:
                self.wrong.append("did not raise: " + text)
        finally:
            sys.displayhook = before
        if text in pending and results != [pending.pop(text)]:
            self.wrong.append("wrong result: " + text)

    @staticmethod
    def display(value, results):
        if value is not None:
            results.append(value)
            print(repr(value))


def startup_time(package, environ):
    """Milliseconds from starting Python to the first result: the median of some runs; and of Python alone."""
    times = {}
    for code in (STARTUP % package, "pass"):
        runs = []
        for _ in range(12):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], env=environ, check=True)
            runs.append((time.perf_counter() - start) * 1000)
        times[code] = statistics.median(runs[2:])
    return times[STARTUP % package], times["pass"]


def show_startup():
    print("\n# From starting Python to the first result of sqrt (median of 10)")
    ours, bare = startup_time("cdeffi", os.environ)
    print("cdeffi  %6.1f ms, of which Python alone %.1f" % (ours, bare))
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}  # without the drop-in
    find = "import importlib.util, sys; sys.exit(importlib.util.find_spec('cffi') is None)"
    if subprocess.run([sys.executable, "-c", find], env=environ).returncode:
        print("cffi is not installed for this Python: nothing to compare with")
        return
    theirs, bare = startup_time("cffi", environ)
    print("cffi    %6.1f ms, of which Python alone %.1f" % (theirs, bare))


def main():
    session = Session()
    print("Python %s on %s" % (sys.version.split()[0], sys.platform))
    for title, source, expected in STORY:
        session.show(title, source, expected)
    show_startup()
    for problem in session.wrong:
        print("WRONG " + problem, file=sys.stderr)
    return 1 if session.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
