#!/usr/bin/env python3
"""Headers as they are, read by cdeffi alone, judged by the C compiler.

    check.py --facts DRIVER [--cc CC] [--installed] [--only TEXT] [--show N] LIST

Every function, typedef, variable, struct, union, enum, member, bit-field and constant of every header of LIST is
asserted in a C file that includes the header; what the compiler declares or evaluates and we do not is a disagreement
too. What is excluded says why in excluded.txt. Exit status 0: no disagreement.
"""

import argparse
import concurrent.futures
import fnmatch
import os
import re
import subprocess
import sys
import tempfile
import time

import corpus
from judge import NAMES, Judge

HERE = os.path.dirname(os.path.abspath(__file__))
VA_LIST = "__typeof__((*(__builtin_va_list *)0)[0])"  # a struct that the compiler has no name for
ALIGNED = re.compile(r" ?__attribute__\(\(aligned\(\d+\)\)\)")  # no part of a type's compatibility
SPELLED = re.compile(r"(?:struct|union|enum) \$(\d+)")


class Facts:
    """What the driver says about a text."""

    def __init__(self, driver, text, flags):
        done = subprocess.run([driver, *flags], input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True,
                              check=False)
        self.error = done.stderr.strip() if done.returncode else None
        self.rows = [line.split("\t") for line in done.stdout.replace("struct __va_list_tag", VA_LIST).splitlines()]
        self.anonymous = {row[1]: row[2] for row in self.rows if row[0] == "anonymous"}

    def kind(self, *kinds):
        return [row for row in self.rows if row[0] in kinds]

    def c_type(self, spelled):
        """A type's spelling as C, the records without a name by what has their type."""
        spelled = ALIGNED.sub("", spelled).replace("@", "")
        return SPELLED.sub(lambda m: f"__typeof__({self.anonymous.get(m.group(1), m.group(0))})", spelled)


def same_type(expression, c_type):
    return f"__builtin_types_compatible_p(__typeof__({expression}), {c_type})"


def assertion(condition):
    return f'_Static_assert({condition}, "differs");'


# ---------------------------------------------------------------- what is asserted of each kind of fact

def value_condition(facts, name, value):
    kind, spelled, text = value
    c_type = facts.c_type(spelled)
    if kind == "int":
        return f"({name}) == {text} && {same_type(f'({name})', c_type)}"
    if kind == "real":
        if "nan" in text:
            return f"({name}) != ({name})"
        text = text.replace("inf", "__builtin_infl()") if "inf" in text else text + "L"
        return f"(long double)({name}) == {text} && {same_type(f'({name})', c_type)}"
    return f'sizeof ({name}) == sizeof ({c_type}) && __builtin_memcmp(({name}), "{text}", {text.count(chr(92))}) == 0'


def function_condition(facts, row):
    return same_type(row[1], facts.c_type(row[2]))


def aligned(c_type, align):
    """GCC's _Alignof says 16 of vectors that its target has no registers for, and lays them out as __alignof__ says."""
    return f"_Alignof({c_type}) == {align}" if int(align) <= 16 else f"__alignof__({c_type}) == {align}"


def typedef_condition(facts, row):
    _, name, spelled, size, align = row
    condition = same_type(f"*({name} *)0", facts.c_type(spelled))
    return condition + (f" && sizeof({name}) == {size} && {aligned(name, align)}" if align != "0" else "")


def record_condition(facts, row):
    _, expression, _, kind, size, align = row
    c_type = f"__typeof__({expression})"
    return f"sizeof({c_type}) == {size} && {aligned(c_type, align)}"


def member_condition(facts, row):
    _, expression, path, offset, spelled, align = row
    member = f"({expression}).{path}"
    return (f"__builtin_offsetof(__typeof__({expression}), {path}) == {offset} && "
            f"{same_type(member, facts.c_type(spelled))} && {aligned(member, align)}")


CONDITIONS = {"function": function_condition, "variable": function_condition, "typedef": typedef_condition,
              "record": record_condition, "member": member_condition}


def assert_macros(judge, facts):
    for _, name, kind, *value in facts.kind("macro"):
        if kind in ("int", "real", "string") and value[-1] != "wide":
            judge.line(assertion(value_condition(facts, name, (kind, *value))), ("macro", name))


def applied_conditions(facts):
    """[(call, condition)] of the macros with parameters that have a value for some integers. What C calls the value of an
    array is a pointer: behind a comma it is one."""
    rows = [row for row in facts.kind("applied") if row[2] != "none" and row[-1] != "wide"]
    return [(row[1], value_condition(facts, row[1] if row[2] == "string" else f"0, {row[1]}", row[2:])) for row in rows]


def probes(names):
    """What the compiler accepts for constants only."""
    for name in names:
        yield ("int", name), f"enum {{ cdeffi_probe_{name} = ({name}) }};"
        yield ("real", name), (f"static const double cdeffi_real_{name} = ({name}); "
        f'_Static_assert(__builtin_classify_type({name}) == 8, "no complex number");')
        yield ("string", name), f"static const char cdeffi_text_{name}[] = {name};"


def assert_declared(judge, facts):
    for row in facts.kind("constant", *CONDITIONS):
        owner = (row[0], row[1] if row[0] != "member" else f"{row[1]}.{row[2]}")
        if row[0] != "constant":
            judge.line(assertion(CONDITIONS[row[0]](facts, row)), owner)
        elif row[2] != "none" and row[-1] != "wide":
            judge.line(assertion(value_condition(facts, row[1], row[2:])), owner)


KEYWORDS = set("""sizeof _Alignof __alignof__ struct union enum int char long short signed unsigned float double void const _Bool
    __extension__ __typeof__ _Generic __signed__ __int128 defined""".split())
NAME = re.compile(r"""(?<![\w.])[A-Za-z_$]\w*(?!["'\w])""")


def could_be_constant(text, known):
    """Is it worth the question, and does that leave the rest of the file as it is?"""
    text, depth = re.sub(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'', "0", text), 0
    for c in text:
        depth += (c in "([") - (c in ")]")
        if c in ";{}#" or depth < 0:
            return False
    names = NAME.findall(text)
    return bool(text) and depth == 0 and all(name in known or name.startswith("__builtin_") for name in names)


# ---------------------------------------------------------------- one header

class Check:
    """One text of the corpus: DISAGREEMENTS are (kind, name, message)."""

    def __init__(self, options, case, folder):
        self.options, self.case = options, case
        self.facts = Facts(options.facts, case.text, case.flags)
        self.judge = Judge(options.cc, case.text, case.flags, folder)
        self.disagreements = []
        self.left_out = False

    def complain(self, kind, name, message):
        self.disagreements.append((kind, name, message))

    def run(self):
        complaint = self.judge.refusal()
        self.left_out = complaint is not None and self.case.may_be_refused
        if self.left_out:
            return
        if complaint or self.facts.error:
            self.complain("text", self.case.name, f"the compiler: {complaint}" if complaint else self.facts.error)
            return
        self.own_folder()
        self.macro_names()
        self.function_names()
        self.assertions()
        self.missed_constants()
        self.run_time()
        self.applications()

    def own_folder(self):
        """Nothing may have come from the compiler's own headers."""
        for _, name in self.facts.kind("file"):
            if "/lib/gcc" in name or "/lib/clang" in name:
                self.complain("file", name, "is the compiler's")

    def macro_names(self):
        theirs = dict(self.judge.macros)
        for row in self.facts.kind("macro"):
            if theirs.get(row[1], "missing"):
                self.complain("macro", row[1], "only we define it")
            theirs.pop(row[1], None)
        for name, params in theirs.items():
            if params == "":
                self.complain("macro", name, "only the compiler defines it")

    def function_names(self):
        ours = {row[1] for row in self.facts.kind("function")}
        for name in sorted(self.judge.functions() - ours):
            self.complain("function", name, "only the compiler declares it")

    def missed_constants(self):
        names = [row[1] for row in self.facts.kind("macro") if row[2] == "none"]
        known = KEYWORDS | {row[1] for row in self.facts.kind("typedef", "constant")}
        known |= set(re.findall(r"\(\*\((?:struct|union|enum) (\w+)", " ".join(row[1] for row in self.facts.kind("record"))))
        names = [name for name, text in self.judge.expansions(names).items() if could_be_constant(text, known)]
        for (kind, name), _ in self.judge.accepted(list(probes(names))):
            self.complain("macro", name, f"is a constant ({kind}), says the compiler")

    def assertions(self):
        for line in NAMES.splitlines():
            self.judge.line(line)
        assert_macros(self.judge, self.facts)
        for line in self.judge.undefined():
            self.judge.line(line)
        assert_declared(self.judge, self.facts)
        for owner, message in self.judge.verdict().items():
            self.complain(*owner, message)

    def run_time(self):
        """What is no constant for the compiler: where bit-fields are, what static const objects hold."""
        bits, objects = self.facts.kind("bits"), self.facts.kind("object")
        objects = [row for row in objects if row[2] != "none" and row[-1] != "wide"]
        if not bits and not objects:
            return
        conditions = [value_condition(self.facts, row[1], row[2:]) for row in objects]
        places, holds = self.judge.program([row[1:3] for row in bits], conditions)
        for (_, expression, path, first, width), found in zip(bits, places):
            if found != (int(first), int(width)):
                self.complain("bits", f"{expression}.{path}", f"we say {first}:{width}, the compiler {found[0]}:{found[1]}")
        for row, held in zip(objects, holds):
            if not held:
                self.complain("object", row[1], f"does not hold {row[-1]}")

    def applications(self):
        """Macros with parameters, in functions: what they stand for may be more than C takes for a constant. But
        not those with a _Pragma, which GCC takes for a statement."""
        conditions = applied_conditions(self.facts)
        texts = self.judge.expansions([call for call, _ in conditions])
        for call, message in self.judge.applied([c for c in conditions if "#pragma" not in texts.get(c[0], "#pragma")]):
            self.complain("call", call, message)

    def row(self):
        count = {}
        for fact in self.facts.rows:
            kind = "constant" if fact[0] in ("object", "macro", "applied") and fact[2] in ("int", "real", "string") else fact[0]
            kind = "call" if fact[0] == "applied" and kind == "constant" else kind
            count[kind] = count.get(kind, 0) + 1
        declarations = sum(count.get(k, 0) for k in ("function", "variable", "typedef", "record"))
        took = self.facts.kind("took")
        return (declarations, count.get("function", 0), count.get("record", 0), count.get("member", 0) + count.get("bits", 0),
                count.get("constant", 0), count.get("call", 0), int(took[0][1]) / 1000 if took else 0)


def excluded(path):
    """[(header, kind, name)] patterns, each with its reason behind it."""
    rows = []
    with open(path) as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                header, kind, name, reason = line.split(None, 3)
                rows.append([header, kind, name, reason.strip(), 0])
    return rows


def is_excluded(rows, header, kind, name):
    for row in rows:
        if fnmatch.fnmatchcase(header, row[0]) and row[1] == kind and fnmatch.fnmatchcase(name, row[2]):
            row[4] += 1
            return True
    return False


def judged(options, case):
    """The finished check of one text; None if its headers are not installed."""
    if not case.is_installed():
        return None
    with tempfile.TemporaryDirectory() as folder:
        check = Check(options, case, folder)
        check.run()
        return check


class Table:
    """The lines as they come, and what they add up to."""

    WIDTHS = (9, 9, 8, 8, 9, 8)

    def __init__(self, options):
        self.options = options
        self.exclusions = excluded(os.path.join(HERE, "excluded.txt"))
        self.totals, self.passed, self.failed, self.missing = (0,) * 7, 0, 0, 0
        self.print("header", ("declared", "functions", "records", "members", "constants", "calls", "ms"))

    def print(self, name, cells):
        ms = cells[-1] if isinstance(cells[-1], str) else f"{cells[-1]:.1f}"
        print(f"{name:44}", *(f"{cell:>{width}}" for cell, width in zip(cells, self.WIDTHS)), f"{ms:>8}", flush=True)

    def add(self, case, check):
        if check is None:
            self.missing += 1
            self.failed += not self.options.installed
            print(f"{case.name:44} is not installed: {case.package}")
            return
        if check.left_out:
            return
        bad = [d for d in check.disagreements if not is_excluded(self.exclusions, case.headers[-1], d[0], d[1])]
        row = check.row()
        self.totals = tuple(a + b for a, b in zip(self.totals, row))
        self.print(case.name, row)
        for kind, name, message in bad[:self.options.show]:
            print(f"    {kind} {name}: {message}")
        if len(bad) > self.options.show:
            print(f"    ... {len(bad)} disagreements")
        self.passed += not bad
        self.failed += bool(bad)

    def close(self, seconds):
        self.print("in all", self.totals)
        left_out = sum(row[4] for row in self.exclusions)
        print(f"headers: {left_out} facts excluded, {self.missing} headers not installed, {seconds:.0f} s")
        print(f"{self.passed} passed, {self.failed} failed")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--facts", required=True)
    parser.add_argument("--cc", default="gcc")
    parser.add_argument("--only", default="", help="the headers whose name holds this")
    parser.add_argument("--installed", action="store_true", help="pass over the headers that are not installed")
    parser.add_argument("--show", type=int, default=10, help="how many disagreements of a header to print")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("lists", nargs="+")
    options = parser.parse_args()
    start, table = time.monotonic(), Table(options)
    cases = [case for case in corpus.read(options.lists) if options.only in case.name]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for case, check in zip(cases, pool.map(lambda case: judged(options, case), cases)):
            table.add(case, check)
    table.close(time.monotonic() - start)
    return 1 if table.failed else 0


if __name__ == "__main__":
    sys.exit(main())
