"""What #include costs: from the text to a function that can be called, in a process that has not read it before,
beside what whole runs of tcc and gcc take for the same text. The best of several runs each, in turn.
"""

import os
import shlex
import subprocess
import sys
import tempfile
import time

HEADERS = [("stdio.h", None), ("sqlite3.h", None), ("openssl/ssl.h", None), ("SDL.h", "sdl2"), ("gtk/gtk.h", "gtk+-3.0")]

CHILD = """
import sys, time
import cdeffi

def kilobytes(field):
    for line in open("/proc/self/status"):
        if line.startswith(field):
            return int(line.split()[1])

text, folders = sys.argv[1], sys.argv[2:]
cdeffi.FFI().cdef("int warm_up(int);")
before = kilobytes("VmRSS")
start = time.perf_counter()
ffi = cdeffi.FFI()
ffi.cdef(text, include_dirs=folders)
ffi.dlopen(None).free
first = time.perf_counter() - start
kept = kilobytes("VmRSS") - before
start = time.perf_counter()
ffi.cdef(text, include_dirs=folders)
print(first, time.perf_counter() - start, kept)
"""


def output(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def flags_of(package):
    """The folders of a pkg-config package; None if it is not installed."""
    if not package:
        return []
    flags = output("pkg-config", "--cflags", package)
    return flags and [f for f in shlex.split(flags) if f.startswith("-I")]


def seconds(*command):
    """How long it takes as a process; None if it cannot."""
    start = time.perf_counter()
    return time.perf_counter() - start if output(*command) is not None else None


def best(values):
    values = [v for v in values if v is not None]
    return min(values) if values else None


def measure(header, flags, repeats):
    """{"first", "second": seconds, "kept": kB, "tcc", "gcc": seconds or None}; None if the header is not there."""
    text = "#include <%s>\nvoid free(void *);\n" % header  # something that can be called
    command = [sys.executable, "-c", CHILD, text] + [f[2:] for f in flags]
    if output(*command) is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        source, result = os.path.join(folder, "include.c"), os.path.join(folder, "include.o")
        with open(source, "w") as f:
            f.write(text)
        ours, tcc, gcc = [], [], []
        for _ in range(repeats):
            ours.append(tuple(map(float, output(*command).split())))
            tcc.append(seconds("tcc", "-c", *flags, source, "-o", result))
            gcc.append(seconds("gcc", "-fsyntax-only", *flags, source))
    first, second, kept = (min(column) for column in zip(*ours))
    return {"first": first, "second": second, "kept": kept, "tcc": best(tcc), "gcc": best(gcc)}


def cell(value, scale, form):
    return form % (value * scale) if value is not None else "-"


def report(repeats):
    """Print and return what including headers takes."""
    print("\n#include, from the text to a function that can be called, ms (best); tcc -c and gcc -fsyntax-only as processes\n")
    print("%-16s %8s %8s %8s %8s %8s %8s %8s" % ("", "cdeffi", "again", "tcc", "gcc", "/tcc", "gcc/", "kB kept"))
    results = {}
    for header, package in HEADERS:
        flags = flags_of(package)
        row = measure(header, flags, repeats) if flags is not None else None
        if row is None:
            print("%-16s is not installed" % header)
            continue
        results[header] = row
        print("%-16s %8.2f %8.3f %8s %8s %8s %8s %8d" % (
            header, row["first"] * 1e3, row["second"] * 1e3, cell(row["tcc"], 1e3, "%.1f"), cell(row["gcc"], 1e3, "%.1f"),
            cell(row["tcc"] and row["first"] / row["tcc"], 1, "%.2f"), cell(row["gcc"] and row["gcc"] / row["first"], 1, "%.1f"),
            row["kept"]))
    return results


if __name__ == "__main__":
    report(3 if "--quick" in sys.argv else 15)
