#!/usr/bin/env python3
"""The preprocessor against GCC's, token by token.

    preprocess.py --driver DRIVER [--n N] [--seed S] [--cc CC] [-IDIR] [-DMACRO] [HEADER...]

Random macro programs; system headers, read with our built-in headers in the place of the compiler's;
the macros that are predefined. Exit status 0: no difference.
"""

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time

STANDARD = "-std=gnu17"  # what our __STDC_VERSION__ says; the default of newer compilers is another
HEADERS = os.path.join(os.path.dirname(__file__), "..", "..", "parser", "headers")

LIBC = """aio.h arpa/inet.h assert.h complex.h cpio.h ctype.h dirent.h dlfcn.h elf.h endian.h err.h errno.h fcntl.h fenv.h
float.h fnmatch.h ftw.h getopt.h glob.h grp.h iconv.h ifaddrs.h inttypes.h iso646.h langinfo.h libgen.h limits.h link.h
locale.h math.h mntent.h monetary.h mqueue.h net/if.h netdb.h netinet/in.h netinet/tcp.h nl_types.h poll.h pthread.h pwd.h
regex.h sched.h search.h semaphore.h setjmp.h signal.h spawn.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h
stdio.h stdlib.h stdnoreturn.h string.h strings.h sys/epoll.h sys/ioctl.h sys/ipc.h sys/mman.h sys/msg.h sys/resource.h
sys/select.h sys/sem.h sys/shm.h sys/socket.h sys/stat.h sys/statvfs.h sys/time.h sys/times.h sys/types.h sys/uio.h sys/un.h
sys/utsname.h sys/wait.h syslog.h tar.h termios.h tgmath.h threads.h time.h uchar.h ulimit.h unistd.h utime.h utmpx.h wchar.h
wctype.h wordexp.h linux/types.h linux/if.h linux/input.h asm/types.h""".split()


class Oracle:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.differences = self.count = self.refused = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as f:
            f.write(data)
        return self.path(name)

    def run(self, *args):
        return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def gcc(self, source, flags):
        args = [self.options.cc, STANDARD, "-E", "-P", "-nostdinc", "-x", "c", *flags]
        for folder in (HEADERS, "/usr/local/include", *self.options.system, "/usr/include"):
            args += ["-isystem", folder]
        out = self.run(*args, source)
        if out.returncode or b"error:" in out.stderr:
            return None
        # GCC leaves #pragma in its output; what we do with it is not a token
        text = b"\n".join(line for line in out.stdout.split(b"\n") if not line.startswith(b"#pragma"))
        return self.run(self.options.driver, "--lex", self.write("gcc.i", text)).stdout.split(b"\n")

    def compare(self, what, source, flags=()):
        self.count += 1
        theirs = self.gcc(source, flags)
        ours = self.run(self.options.driver, *flags, source)
        tokens = ours.stdout.split(b"\n") if ours.returncode == 0 else None
        self.refused += theirs is None and tokens is None
        if theirs == tokens:
            return
        self.differences += 1
        if self.differences > 10:
            return
        print(f"--- {what}")
        if theirs is None or tokens is None:
            print("gcc refuses it, we do not" if theirs is None else f"we refuse it, gcc does not: {ours.stderr.decode()}")
            return
        at = next((i for i, (a, b) in enumerate(zip(theirs, tokens)) if a != b), min(len(theirs), len(tokens)))
        for name, list_ in (("gcc ", theirs), ("ours", tokens)):
            print(name, b" ".join(list_[max(0, at - 10):at + 10]).decode(errors="replace"))


# ---------------------------------------------------------------- random programs

NAMES = ["A", "B", "C", "D", "E", "F", "G", "H"]
PLAIN = ["x", "y", "zz", "1", "22", "3u", "'c'", '"s"', "+", "-", "*", "(", ")", ",", ";", "[", "]", "&", "&&", "==", "...", "."]


class Program:
    """Macros that mention each other, and text that mentions them."""

    def __init__(self, rng):
        self.rng = rng
        self.arity = {}  # of the function-like ones; -n - 1: variadic with n named
        # Which line a name inside of nested arguments is on, C leaves open: not both.
        self.lines = rng.random() < 0.5

    def argument(self, depth):
        return "".join(self.tokens(self.rng.randrange(0, 4), depth + 1, balanced=True))

    def call(self, name, depth):
        n = self.arity[name]
        count = n if n >= 0 else self.rng.randrange(max(0, -n - 1), -n + 2)
        space = self.rng.choice(["", "", " ", " " if self.lines else "\n"])
        return name + space + "(" + ",".join(self.argument(depth) for _ in range(max(count, 0))) + ")"

    def token(self, depth, balanced):
        rng = self.rng
        if rng.random() < 0.5 and depth < 4:
            name = rng.choice(NAMES)
            if name in self.arity and rng.random() < 0.8:
                return self.call(name, depth)
            return name
        if balanced and rng.random() < 0.2 and depth < 4:
            return "(" + "".join(self.tokens(2, depth + 1, True)) + ")"
        choices = [t for t in PLAIN if t not in "(),"] if balanced else PLAIN
        return rng.choice(choices)

    def tokens(self, n, depth, balanced=False):
        for _ in range(n):
            yield self.token(depth, balanced)
            yield self.rng.choice([" ", " ", " ", "  ", "/**/"])

    def body(self, params, variadic):
        rng, out = self.rng, []
        for _ in range(rng.randrange(0, 6)):
            kind = rng.random()
            if params and kind < 0.4:
                p = rng.choice(params)
                if rng.random() < 0.2:
                    p = "#" + rng.choice(["", " "]) + p
                elif rng.random() < 0.25:
                    p = rng.choice(["f_", "x", p]) + " ## " + p
                out.append(p)
            elif variadic and kind < 0.5:
                out.append(rng.choice([", ## " + params[-1], f"__VA_OPT__({rng.choice([',', 'o', ', p ## q', params[0]])})",
                                       "#" + params[-1]]))
            elif kind < 0.55:
                out.append(rng.choice(["x ## y", "A ## B", "f_ ## A", "1 ## 2", "__LINE__" if self.lines else "l", "__COUNTER__"]))
            else:
                out.append(self.token(9, False) if kind > 0.9 else self.token(3, True))
        return " ".join(out)

    def define(self):
        rng, name = self.rng, self.rng.choice(NAMES)
        self.arity.pop(name, None)
        head, params, variadic = name, [], False
        if rng.random() < 0.6:
            params = ["a", "b", "c"][:rng.randrange(0, 4)]
            variadic = rng.random() < 0.3
            self.arity[name] = len(params) if not variadic else -len(params) - 1
            if variadic:
                named = rng.random() < 0.3
                params = params + ["rest" if named else "__VA_ARGS__"]
                head += "(" + ",".join(params[:-1] + ["rest..." if named else "..."]) + ")"
            else:
                head += "(" + ",".join(params) + ")"
        return f"#undef {name}\n#define {head} {self.body(params, variadic)}\n"

    def condition(self, depth=0):
        rng = self.rng
        if depth > 3 or rng.random() < 0.3:
            return rng.choice(["0", "1", "2", "-1", "3u", "0x10", "'a'", "A", "B", "defined A", "defined(B)", "!C", "zz", "07",
                               "0x7fffffffffffffff", "18446744073709551615u", "(-9223372036854775807 - 1)"])
        a, b = self.condition(depth + 1), self.condition(depth + 1)
        op = rng.choice("+ - * / % << >> < > <= >= == != & ^ | && || ? ! ~ - ( ,".split())
        if op == "?":
            return f"({a} ? {b} : {self.condition(depth + 1)})"
        if op in "!~(":
            return f"{op}{a})" if op == "(" else f"{op} {a}"
        return f"({a} {op} {b})" if op == "," else f"{a} {op} {b}"

    def text(self):
        rng, out = self.rng, []
        for _ in range(rng.randrange(3, 14)):
            kind = rng.random()
            if kind < 0.45:
                out.append(self.define())
            elif kind < 0.6:
                out.append(f"#if {self.condition()}\n{''.join(self.tokens(2, 0))}\n#elif {self.condition()}\nel\n"
                           f"#else\n{self.define()}#endif\n")
            else:
                out.append("".join(self.tokens(rng.randrange(1, 6), 0, True)) + "\n")
        return "".join(out)


def random_programs(oracle, n, seed):
    for i in range(n):
        text = Program(random.Random(f"{seed}:{i}")).text()
        source = oracle.write("random.c", b"#line 1\n" + text.encode())
        before = oracle.differences
        oracle.compare(f"program {seed}:{i}", source)
        if oracle.differences > before and oracle.differences <= 10:
            print(text)


# ---------------------------------------------------------------- headers, predefined macros

def headers(oracle, names):
    for name in names:
        for flags in (oracle.options.flags, [*oracle.options.flags, "-D_GNU_SOURCE"]):
            oracle.compare(f"<{name}> {' '.join(flags)}", oracle.write("header.c", f"#include <{name}>\n".encode()), flags)


# Of another version of GCC than the one we say we are, and of the choices of its packagers.
OWN = re.compile(r"__(GNUC(_MINOR|_PATCHLEVEL)?|VERSION|GXX_ABI_VERSION|PI[CE]|pi[ce]|OPTIMIZE|SSP_STRONG|CET|STDC_VERSION)__$"
                 r"|__GXX_ABI_VERSION|__STDC_ISO_10646__|__STDC_(IEC|EMBED).*|.*_HAS_INFINITY__|.*_IS_IEC_60559__|__FLT_EVAL_METHOD_C2X__"
                 r"|__GCC_(HAVE_BUILTIN|CON|DE)STRUCTIVE.*|__BFLT16_.*|__DEC64X_.*|__BITINT.*|__GCC_HAVE_BUILTIN.*|_FORTIFY_SOURCE")


def macros(text):
    table = {}
    for line in text.decode().splitlines():
        m = re.match(r"#define (\w+)(\([^)]*\))? ?(.*)$", line)
        table[m.group(1)] = ((m.group(2) or "").replace(" ", ""), re.sub(r"\s+", " ", m.group(3).strip()))
    return table


def resolve(table, value):
    """Ours name one another where GCC's are spelled out."""
    for _ in range(5):
        value = re.sub(r"\b__\w+__\b", lambda m: table.get(m.group(0), ("", m.group(0)))[1], value)
    return value


def predefined(oracle):
    source = oracle.write("empty.c", b"#if 1\n#endif\n")
    theirs = macros(oracle.run(oracle.options.cc, STANDARD, "-dM", "-E", "-x", "c", source).stdout)
    ours = macros(oracle.run(oracle.options.driver, "--macros", source).stdout)
    oracle.count += len(theirs)
    for name in sorted(set(theirs) | set(ours)):
        if OWN.match(name):
            continue
        a, b = theirs.get(name), ours.get(name)
        if a and b and a[0] == b[0] and resolve(theirs, a[1]) == resolve(ours, b[1]):
            continue
        oracle.differences += 1
        print(f"--- {name}: gcc has {a}, we have {b}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--driver", required=True)
    parser.add_argument("--n", type=int, default=500)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--cc", default="gcc")
    parser.add_argument("headers", nargs="*", help="instead of those of the libc")
    options, options.flags = parser.parse_known_args()
    multiarch = subprocess.run([options.cc, "-print-multiarch"], stdout=subprocess.PIPE).stdout.decode().strip()
    options.system = ["/usr/include/" + multiarch] if multiarch else []
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        oracle = Oracle(options, folder)
        if not options.headers:
            predefined(oracle)
            random_programs(oracle, options.n, options.seed)
        headers(oracle, options.headers or LIBC)
    print(f"oracle: {oracle.count} preprocessed, seed {options.seed}, {oracle.refused} refused by both, "
          f"{oracle.differences} differences, {time.monotonic() - start:.0f} s")
    print(f"{int(not oracle.differences)} passed, {int(bool(oracle.differences))} failed")
    return 1 if oracle.differences else 0


if __name__ == "__main__":
    sys.exit(main())
