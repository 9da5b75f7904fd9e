"""What cdef costs: preprocessed headers, by us and by cffi in turn, and sources of up to a million declarations.

cffi refuses some of what real headers say. Those declarations are left out for both, so that both do the same work;
what the whole header takes us is told too. A header that is not installed is passed over.
"""

import os
import re
import subprocess
import sys
import time
import warnings

HEADERS = [("sqlite3.h", []), ("SDL2/SDL.h", ["-I/usr/include/SDL2", "-D_REENTRANT"])]

# ---- texts


def preprocessed(header, flags, cc="cc"):
    """The header as the compiler sees it; None if there is none."""
    command = [cc, "-E", "-P", "-x", "c", "-"] + flags
    run = subprocess.run(command, input="#include <%s>\n" % header, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return run.stdout if run.returncode == 0 else None


TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|[A-Za-z_$][\w$]*|\d[\w.]*|\s+|.', re.S)


def declarations(text):
    """The external declarations of a preprocessed text, one by one."""
    depth, start, before, body = 0, 0, "", False
    for match in TOKEN.finditer(text):
        token = match.group()
        if token.isspace():
            continue
        if token in "([{" and len(token) == 1:
            body = body or (token == "{" and depth == 0 and before == ")")
            depth += 1
        elif token in ")]}" and len(token) == 1:
            depth -= 1
        if depth == 0 and (token == ";" or (token == "}" and body)):
            yield text[start:match.end()].strip()
            start, body = match.end(), False
        before = token


def without_attributes(text):
    """What no release of cffi can read, out of the way: attributes, asm labels, GNU's spellings of keywords."""
    nested = r"\((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*\)"
    text = re.sub(r"\b(?:__attribute__|__asm__|asm)\s*" + nested, " ", text)
    text = re.sub(r"\b__extension__\b|\b__restrict\b|\b_Noreturn\b", " ", text)
    return re.sub(r"\b__inline(?:__)?\b", "inline", text)


VA_LIST = "typedef struct va_list_of_both *__builtin_va_list;\n"


def what_cffi_reads(text):
    """The text of the declarations that cffi accepts, and how many they are and were."""
    import cffi
    warnings.simplefilter("ignore")  # about strings, pragmas
    ffi = cffi.FFI()
    ffi.cdef(VA_LIST)
    accepted, total = [VA_LIST], 0
    for declaration in declarations(without_attributes(text)):
        total += 1
        try:
            ffi.cdef(declaration)
        except Exception:  # whatever it says, it does not read it
            continue
        accepted.append(declaration)
    return "\n".join(accepted), len(accepted) - 1, total


def generated(n):
    """N declarations of the kinds that headers are made of."""
    kinds = ["typedef struct s%d s%d_t;", "struct s%d { int a; const char *name; struct s%d *next; };",
             "int first_%d(struct s%d *self, const char *name, unsigned long size);", "typedef int (*callback_%d)(void *user, s%d_t *);",
             "enum e%d { E%d_A, E%d_B = 4 };", "extern const char *const text_%d;", "void last_%d(struct s%d *, double, int, ...);",
             "typedef unsigned int u%d;", "#define N%d 0x%d", "static inline int f%d(int a) { return a + %d; }"]
    rows = [(kind, kind.count("%d")) for kind in kinds]
    return "\n".join(kind % ((i // len(kinds),) * k) for i in range(n) for kind, k in [rows[i % len(rows)]])


# ---- measuring


def seconds(ffi_class, text, repeats):
    best = float("inf")
    for _ in range(repeats):
        ffi = ffi_class()
        start = time.perf_counter()
        ffi.cdef(text)
        best = min(best, time.perf_counter() - start)
    return best


def in_turn(text, rounds):
    import cdeffi
    import cffi
    cffi.FFI().cdef("int warm_up(int);")
    ours = theirs = float("inf")
    for _ in range(rounds):
        ours = min(ours, seconds(cdeffi.FFI, text, 20))
        theirs = min(theirs, seconds(cffi.FFI, text, 1))
    return ours, theirs


def report_headers(rounds):
    import cdeffi
    results = {}
    for header, flags in HEADERS:
        text = preprocessed(header, flags)
        if text is None:
            print("%s is not installed" % header)
            continue
        both, accepted, total = what_cffi_reads(text)
        ours, theirs = in_turn(both, rounds)
        whole = seconds(cdeffi.FFI, text, 10)
        print("%s: %d kB, %d of %d declarations that cffi reads" % (header, len(both) // 1000, accepted, total))
        print("    cdeffi %8.3f ms   cffi %9.1f ms   cffi / cdeffi %6.0f   the whole header %8.3f ms for %d kB" %
              (ours * 1e3, theirs * 1e3, theirs / ours, whole * 1e3, len(text) // 1000))
        results[header] = (ours, theirs, theirs / ours)
    return results


CHILD = """
import ctypes, sys, time
sys.path.insert(0, {here!r})
import cdeffi, parse

def kilobytes(field):
    for line in open("/proc/self/status"):
        if line.startswith(field):
            return int(line.split()[1])

text = parse.generated({n})
ffi = cdeffi.FFI()
before = kilobytes("VmRSS")
start = time.perf_counter()
ffi.cdef(text)
took = time.perf_counter() - start
peak = kilobytes("VmHWM")
ctypes.CDLL(None).malloc_trim(0)
print(took, (kilobytes("VmRSS") - before) * 1024, (peak - before) * 1024, len(text))
"""


def one_generated(n):
    """In a process of its own: seconds, bytes kept, bytes at most, bytes of text."""
    code = CHILD.format(here=os.path.dirname(os.path.abspath(__file__)), n=n)
    took, kept, peak, size = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    return float(took), int(kept), int(peak), int(size)


def report_generated(sizes, repeats):
    results = {}
    for n in sizes:
        runs = [one_generated(n) for _ in range(repeats)]
        took = min(run[0] for run in runs)
        _, kept, peak, size = runs[0]
        print("%8d declarations, %8d kB: %7.0f ns each; bytes for each: %d kept, %d at most, %d of them text" %
              (n, size // 1000, took / n * 1e9, kept // n, peak // n, size // n))
        results[n] = (took / n, kept / n, peak / n)
    first, last = results[sizes[0]][0], results[sizes[-1]][0]
    print("    the last size over the first: %.2f" % (last / first))
    return results


def report(quick=False):
    """Print and return what cdef takes."""
    print("\nParsing: cdef of a new FFI (best)\n")
    results = {}
    try:
        results["headers"] = report_headers(2 if quick else 5)
    except ImportError as error:
        print("cffi is not installed (%s)" % error)
    sizes = (10000, 100000) if quick else (10000, 100000, 1000000)
    results["generated"] = {str(n): figures for n, figures in report_generated(sizes, 2 if quick else 3).items()}
    return results


if __name__ == "__main__":
    report("--quick" in sys.argv)
