#!/usr/bin/env python3
"""Random by-value signatures, compiled by C compilers and called through every path of abi/.

    calls.py --driver DRIVER [--signatures N] [--seed N] [--cc gcc --cc clang] [--keep DIR]

Each batch is one library: types, functions fN that record the bytes of their arguments and return
given bytes, and functions cN that call a callback likewise. calls_driver builds the same types and
compares bit by bit, but for padding. Exit status 0: no difference and no unexpected refusal.
"""

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile

# C name, abi name; what can be a bit-field has its width.
INTEGERS = [
    ("_Bool", "BOOL", 1), ("char", "CHAR", 8), ("signed char", "SCHAR", 8), ("unsigned char", "UCHAR", 8),
    ("short", "SHORT", 16), ("unsigned short", "USHORT", 16), ("int", "INT", 32), ("unsigned int", "UINT", 32),
    ("long", "LONG", 64), ("unsigned long", "ULONG", 64), ("long long", "LLONG", 64),
    ("unsigned long long", "ULLONG", 64),
]
PROMOTED = {"INT", "UINT", "LONG", "ULONG", "LLONG", "ULLONG", "DOUBLE", "LDOUBLE", "INT128", "UINT128", "FLOAT128"}


class Type:
    """One type of a batch. `leaves` are (path, kind) pairs for the mask of significant bytes."""

    def __init__(self, c, describe, kind, width=0, promoted=False, **tags):
        self.c, self.describe, self.kind, self.width = c, describe, kind, width
        self.promoted = promoted
        self.members = ()
        self.tags = {k for k, v in tags.items() if v}
        self.size = 0  # a rough one, to keep things small


class Batch:
    def __init__(self, rng, cc, machine, avx):
        self.rng, self.avx = rng, avx
        self.clang, self.x86 = "clang" in cc, machine.startswith("x86_64")
        self.types, self.functions = [], []
        self.make_scalars()
        for _ in range(60):
            self.add(self.make_record())
        if not self.clang:  # to which the attribute is about the union itself
            self.make_transparent()

    # ------------------------------------------------------------ types

    def add(self, t):
        t.id = len(self.types)
        self.types.append(t)
        return t

    def scalar(self, c, name, kind="plain", width=0, size=8, **tags):
        t = self.add(Type(f"typedef {c} T{{id}};", f"prim {name}", kind, width, name in PROMOTED, **tags))
        t.name, t.size = name, size
        return t

    def make_scalars(self):
        self.void = self.scalar("char", "VOID")
        for c, name, width in INTEGERS:
            self.scalar(c, name, "bool" if width == 1 else "plain", width, max(1, width // 8), narrow=width < 64)
        by_name = {t.name: t.id for t in self.types}
        f = self.scalar("float", "FLOAT", size=4)
        d = self.scalar("double", "DOUBLE")
        ld = self.scalar("long double", "LDOUBLE", "x87" if self.x86 else "plain", size=16)
        self.scalar("__int128", "INT128", size=16, int128=True)
        self.scalar("unsigned __int128", "UINT128", size=16, int128=True)
        if self.x86:  # clang 14 passes records with it in memory
            self.scalar("__float128", "FLOAT128", size=16, vector=True, no_member=self.clang)
        elif not self.clang:
            self.scalar("_Float128", "FLOAT128", size=16, vector=True)
        if not (self.clang and self.x86):
            self.scalar("_Float16", "FLOAT16", size=2, half=True)
        for base, c, kind, size in ((f, "float", "plain", 8), (d, "double", "plain", 16),
                                    (ld, "long double", "x87x2" if self.x86 else "plain", 32)):
            t = self.add(Type(f"typedef _Complex {c} T{{id}};", f"complex {base.id}", kind, promoted=True))
            t.size = size
        t = self.add(Type("typedef void *T{id};", "pointer", "plain", promoted=True))
        t.size = 8
        self.enum = self.add(Type("typedef enum { E{id} = 1 } T{id};", "enum", "plain", 32, True, narrow=True))
        self.enum.size = 4
        vectors = [("float", f.id, 16), ("double", d.id, 16), ("int", by_name["INT"], 16), ("int", by_name["INT"], 8),
                   ("float", f.id, 8), ("char", by_name["CHAR"], 4), ("long long", by_name["LLONG"], 8)]
        if self.avx:
            vectors += [("float", f.id, 32), ("long", by_name["LONG"], 32)]
        for c, base, size in vectors:
            c = f"typedef {c} T{{id}} __attribute__((vector_size({size})));"
            t = self.add(Type(c, f"vector {base} {size}", "plain", promoted=size == 16, vector=size >= 16, wide=size > 16))
            t.size = size

    def member(self, i):
        """One member: (name, type, length or -1, bits or -1, align, packed)."""
        rng = self.rng
        if rng.random() < 0.22:
            t = rng.choice([t for t in self.types if t.width])
            bits = rng.randint(1, t.width)
            if not self.clang:  # it ignores them, GCC passes them in integer registers
                if rng.random() < 0.1:
                    return ("-", t, -1, rng.choice([0, bits]), 0, False)
            elif rng.random() < 0.05:
                return ("-", t, -1, 0, 0, False)
            return (f"m{i}", t, -1, bits, 0, rng.random() < 0.05)
        records = [t for t in self.types if t.kind == "record" and t.size <= 24]
        pool = records if records and rng.random() < 0.25 else self.types[1:self.nscalars]
        pool = [t for t in pool if "no_member" not in t.tags]
        pool = pool or self.types[1:13]
        t = rng.choice(pool)
        if rng.random() < 0.6:
            t = rng.choice([t for t in pool if t.size <= 8] or [t])
        length = rng.choice([0, 1, 2, 2, 3, 4]) if rng.random() < 0.2 else -1
        align = rng.choice([1, 2, 4, 8, 16, 16, 32, 64]) if rng.random() < 0.05 else 0
        packed = rng.random() < 0.05
        return (f"m{i}", t, length, -1, align, packed)

    nscalars = property(lambda self: next((t.id for t in self.types if t.kind == "record"), len(self.types)))

    def make_record(self):
        rng = self.rng
        is_union = rng.random() < 0.2
        count = rng.choice([0, 1, 1, 2, 2, 2, 3, 3, 3, 4, 5, 8])
        members = [self.member(i) for i in range(count)]
        packed, pack, align = rng.random() < 0.12, 0, 0
        if rng.random() < 0.06:
            pack = rng.choice([1, 2, 4, 8])
        if rng.random() < 0.06:
            align = rng.choice([2, 8, 16, 16, 32, 64])
        if rng.random() < 0.01:
            members.append((f"m{count}", self.types[self.rng.randint(1, 20)], 200, -1, 0, False))
        # clang looks for unaligned fields in every element of an array, even of T[0]; GCC in the first.
        if self.clang:
            members = [m[:2] + (-1,) + m[3:] if m[2] == 0 or (m[2] > 1 and "packed" in m[1].tags) else m for m in members]
        loose = packed or pack or any(m[5] for m in members)
        if self.clang and loose:  # it looks at the alignment of nested records, too, not of scalars alone
            members = [m for m in members if "bits" not in m[1].tags and (m[1].size or m[1].kind != "record")]
        # GCC takes a zero-width bit-field in a union for an integer. clang 14 ignores a member of more than
        # 16 bytes beside a vector, and passes half of the union.
        if self.clang and is_union:
            members = [m for m in members if m[0] != "-" and "vector" not in m[1].tags]
        # A vector of 32 bytes beside an empty member: clang passes the struct in memory, GCC in the register.
        if self.clang and any("wide" in m[1].tags for m in members):
            members = [m for m in members if m[1].kind != "record" or m[1].size]
        keyword = "union" if is_union else "struct"
        lines = []
        for name, t, length, bits, malign, mpacked in members:
            text = f"T{t.id} {'' if name == '-' else name}"
            text += f"[{length}]" if length >= 0 else f" : {bits}" if bits >= 0 else ""
            attributes = [f"aligned({malign})"] * bool(malign) + ["packed"] * mpacked
            text += f" __attribute__(({', '.join(attributes)}))" if attributes else ""
            lines.append(text + "; ")
        attributes = ["packed"] * packed + [f"aligned({align})"] * bool(align)
        text = f" __attribute__(({', '.join(attributes)}))" if attributes else ""
        c = f"typedef {keyword} R{{id}} {{ {''.join(lines)}}}{text} T{{id}};"
        if pack:
            c = f"#pragma pack(push, {pack})\n{c}\n#pragma pack(pop)"
        describe = [f"record {keyword} {int(packed)} {pack} {align} {len(members)}"]
        describe += [f"M {name} {t.id} {length} {bits} {malign} {int(mpacked)}" for name, t, length, bits, malign, mpacked in members]
        tags = set().union(*(m[1].tags for m in members)) - {"narrow", "int128"} if members else set()
        record = Type(c, "\n".join(describe), "record", promoted=True, **dict.fromkeys(tags, True))
        if loose:
            record.tags.add("packed")
        if any(m[3] >= 0 for m in members):
            record.tags.add("bits")
            if self.clang and is_union and loose:  # to GCC, integers that may be unaligned
                record.tags.add("no_member")
        if align > 8 or any(m[4] > 8 or m[1].size > 8 for m in members):
            record.tags.add("aligned")
        record.members = members
        sizes = [t.size * max(length, 1) if length else 0 for _, t, length, *_ in members] or [0]
        record.size = max(sizes) if is_union else sum(sizes)
        return record

    def make_transparent(self):
        """Variants of unions that are passed as their first members; GCC decides whether they can be."""
        for union in [t for t in self.types if t.kind == "record" and t.describe.startswith("record union")]:
            if union.members and union.members[0][0] != "-" and union.members[0][3] < 0:
                c = f"typedef union R{union.id} T{{id}} __attribute__((transparent_union));"
                t = self.add(Type(c, f"transparent {union.id}", "transparent", **dict.fromkeys(union.tags, True)))
                t.members, t.size = union.members[:1], union.size

    def leaves(self, t, path):
        """Statements that set every significant byte of a value, one leaf each."""
        if t.kind in ("record", "transparent"):  # of the latter what is sure to arrive: the first member
            for name, member, length, bits, _, _ in t.members:
                if name == "-":
                    continue
                if bits >= 0:
                    yield f"x{path}.{name} = ({'1' if member.kind == 'bool' else '-1'});"
                elif length >= 0:
                    for i in range(length):
                        yield from self.leaves(member, f"{path}.{name}[{i}]")
                else:
                    yield from self.leaves(member, f"{path}.{name}")
            return
        at = f"(char *)&x{path}"
        if t.kind == "bool":
            yield f"memset({at}, 1, 1);"
        elif t.kind == "x87":
            yield f"memset({at}, 255, 10);"
        elif t.kind == "x87x2":
            yield f"memset({at}, 255, 10); memset({at} + 16, 255, 10);"
        else:
            yield f"memset({at}, 255, sizeof(T{t.id}));"

    # ------------------------------------------------------------ signatures

    def make_function(self):
        rng = self.rng
        count = rng.choice([1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20])
        variadic = rng.random() < 0.15
        fixed = min(count, rng.randint(1, 4)) if variadic else count
        scalars = [t for t in self.types[1:self.nscalars]]
        records = self.types[self.nscalars:]
        plain = [t for t in scalars if not t.tags & {"vector", "wide"}]
        style = rng.random()
        params = []
        for i in range(count):
            pool = plain if style < 0.35 else scalars if style < 0.5 else scalars + records if style < 0.8 else records
            if rng.random() < 0.3:
                pool = [t for t in pool if t.size <= 8]
            if i >= fixed:  # va_arg is wrong for aligned structs, and at -O2 for those of _Float16 (GCC on Arm)
                pool = [t for t in pool if t.promoted and not t.tags & {"aligned", "half"}]
            elif variadic:  # refused: GCC names vectors of 32 bytes in registers, clang in memory; GCC does not
                # find what follows an over-aligned struct on the stack, whoever called
                pool = [t for t in pool if not t.tags & {"wide", "aligned"}]
            if self.clang and self.x86:
                pool = [t for t in pool if not self.clang_differs(t, i)]
            params.append(rng.choice(pool or [self.types[7]]))
        if variadic:
            scalars, records = ([t for t in pool if "wide" not in t.tags] for pool in (scalars, records))
        if self.clang and not self.x86:  # vectors of 4 bytes come back in a vector register, widened
            scalars = [t for t in scalars if t.size >= 8 or not t.describe.startswith("vector")]
            plain = [t for t in plain if t.size >= 8 or not t.describe.startswith("vector")]
        result = rng.choice([self.void] + [rng.choice(plain), rng.choice(scalars + records), rng.choice(records)] * 2)
        self.functions.append((result, params, fixed, variadic))

    @staticmethod
    def clang_differs(t, position):
        """Where clang 14 does not do as GCC does, or as itself on the other side of the call."""
        if "int128" in t.tags and position > 1:  # split between the last register and the stack, before 18
            return True
        if t.describe.startswith("complex") and t.size == 8 and position > 3:  # in stack slots of 16 bytes
            return True
        return t.describe == "prim FLOAT128"  # takes a register that is not counted, and none in va_arg

    # ------------------------------------------------------------ text

    def library(self):
        out = ["#include <stdarg.h>", "#include <stddef.h>", "#include <string.h>",
               "unsigned char cd_args[40][4096], cd_result[4096]; long long cd_wide[40], cd_wide_result;",
               "#define SEE(i, x) memcpy(cd_args[i], &x, sizeof x)",
               "#define LEAF(T, set) do { T x; memset(&x, 0, sizeof x); set for (size_t i = 0; i < sizeof x; i++) "
               "m[i] |= ((unsigned char *)&x)[i]; } while (0)"]
        for t in self.types:
            out.append(t.c.replace("{id}", str(t.id)))
            size = 1 if t is self.void else f"sizeof(T{t.id})"
            out.append(f"size_t size_{t.id} = {size};")
            out.append(f"void mask_{t.id}(unsigned char *m) {{")
            if t is not self.void:
                out += [f"    LEAF(T{t.id}, {leaf});" for leaf in self.leaves(t, "")]
            out.append("}")
        for i, function in enumerate(self.functions):
            out += self.function(i, *function)
        return "\n".join(out) + "\n"

    def function(self, i, result, params, fixed, variadic):
        ret = "void" if result is self.void else f"T{result.id}"
        head = ", ".join(f"T{t.id} a{k}" for k, t in enumerate(params[:fixed])) + (", ..." if variadic else "")
        yield f"{ret} f{i}({head}) {{"
        if variadic:
            yield f"    va_list ap; va_start(ap, a{fixed - 1});"
        for k, t in enumerate(params):
            if k >= fixed:
                yield f"    T{t.id} a{k} = va_arg(ap, T{t.id});"
            yield f"    SEE({k}, a{k});" + (f" cd_wide[{k}] = (long long)a{k};" if "narrow" in t.tags and t.kind != "record" else "")
        if variadic:
            yield "    va_end(ap);"
        if result is not self.void:
            yield f"    T{result.id} r; memcpy(&r, cd_result, sizeof r); return r;"
        yield "}"
        if variadic:
            return
        yield f"void c{i}({ret} (*fn)({', '.join(f'T{t.id}' for t in params)})) {{"
        for k, t in enumerate(params):
            yield f"    T{t.id} a{k}; memcpy(&a{k}, cd_args[{k}], sizeof a{k});"
        call = f"fn({', '.join(f'a{k}' for k in range(len(params)))});"
        if result is self.void:
            yield f"    {call}"
        else:
            wide = " cd_wide_result = (long long)r;" if "narrow" in result.tags and result.kind != "record" else ""
            yield f"    T{result.id} r = {call}{wide} memcpy(cd_result, &r, sizeof r);"
        yield "}"

    def description(self):
        out = [f"T {t.id} {t.describe}" for t in self.types]
        for i, (result, params, fixed, variadic) in enumerate(self.functions):
            ids = " ".join(str(t.id) for t in params)
            out.append(f"F {i} {result.id} {int(variadic)} {fixed} {len(params)} {ids}")
        return "\n".join(out) + "\n"


def machine_of(cc):
    command = [*cc.split(), "-dumpmachine"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def has_avx():
    try:
        with open("/proc/cpuinfo") as f:
            return re.search(r"^flags.*\bavx\b", f.read(), re.M) is not None
    except OSError:
        return False


def compile_library(command):
    """Whether there is one: a compiler may crash (clang 14 does on some vectors), but may not refuse."""
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace")
    if done.returncode and not re.search("internal compiler error|PLEASE submit a bug report", done.stderr):
        print(done.stderr, file=sys.stderr)
        done.check_returncode()
    return done.returncode == 0


def run_batch(args, number, cc, directory):
    """None for a batch on which the compiler crashed, else whether all is well and what was refused."""
    seed = args.seed * 100003 + number
    rng = random.Random(seed)
    machine = machine_of(cc)
    avx = machine.startswith("x86_64") and has_avx() and number % 4 == 3
    optimize = rng.choice(["-O0", "-O1", "-O2", "-O2", "-O3"])
    batch = Batch(rng, cc, machine, avx)
    for _ in range(args.per_batch):
        batch.make_function()
    source, description, library = (os.path.join(directory, f"batch{number}{end}") for end in (".c", ".txt", ".so"))
    with open(source, "w") as f:
        f.write(batch.library())
    with open(description, "w") as f:
        f.write(batch.description())
    # gcc 16 for AArch64 loses arrays of vectors that its va_arg() reads, if it may tell types apart
    flags = ["-w", "-Wno-psabi", "-std=gnu11", "-fno-strict-aliasing", "-fPIC", "-shared"]
    command = [*cc.split(), optimize, *["-mavx"] * avx, *flags, "-o", library, source]
    if not compile_library(command):
        print(f"batch {number} (seed {args.seed}): {' '.join(command)}: the compiler crashed")
        return None
    done = subprocess.run([*args.driver.split(), description, library, str(seed)], stdout=subprocess.PIPE, text=True)
    lines = done.stdout.splitlines()
    refusals = [line for line in lines if line.startswith("REFUSED")]
    bad = done.returncode or any(not args.allow or not re.search(args.allow, line) for line in refusals)
    if bad:
        print(f"batch {number} (seed {args.seed}): {' '.join(command)}: status {done.returncode}")
        print("\n".join(lines[:args.show]))
    if not args.keep:
        for path in (source, description, library):
            os.unlink(path)
    return not bad, refusals


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--driver", required=True, help="the compiled calls_driver, perhaps behind a wrapper")
    parser.add_argument("--signatures", type=int, default=2000)
    parser.add_argument("--per-batch", type=int, default=150)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--cc", action="append", help="compiler; may be repeated")
    parser.add_argument("--allow", default="", help="regular expression of refusals that are expected")
    parser.add_argument("--keep", help="directory for the generated files")
    parser.add_argument("--first", type=int, default=0, help="number of the first batch")
    parser.add_argument("--show", type=int, default=40, help="lines of a failing batch to show")
    args = parser.parse_args()
    compilers = args.cc or ["gcc", "clang"]
    batches = -(-args.signatures // args.per_batch)
    print(f"calls.py: seed {args.seed}, {batches * args.per_batch} signatures, {', '.join(compilers)}", flush=True)
    failed, refusals, crashes = [], [], 0
    with tempfile.TemporaryDirectory(prefix="cdeffi-calls-") as scratch:
        for number in range(args.first, args.first + batches):
            cc = compilers[number % len(compilers)]
            result = run_batch(args, number, cc, args.keep or scratch)
            if result is None:
                crashes += 1
                continue
            ok, refused = result
            refusals += refused
            if not ok:
                failed.append(number)
    print(f"{(batches - crashes) * args.per_batch} signatures, {len(refusals)} refused calls, batches with differences: {failed or 'none'}")
    for reason in sorted({line.split(", ", 1)[1] for line in refusals}):
        print(f"    {reason}: {sum(reason in line for line in refusals)}")
    bad = len(failed) if crashes < batches else 1
    print(f"{(batches - crashes - len(failed)) * args.per_batch} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
