"""Instructions a statement takes, counted by valgrind: the same on a busy machine as on an idle one.

Usage: instructions.py [-k SUBSTRING] [--where] [IMPLEMENTATION ...]; counts a loop of each statement of cases.py twice,
short and long, in a process of its own, and prints the difference for one round of an empty loop body less. --where also
says of each figure who spends it: the interpreter, what gives the GIL away and takes it back, the extension, and C.
"""

import argparse
import collections
import os
import subprocess
import sys
import tempfile

import cases
import subjects

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = """
import sys
sys.path.insert(0, {here!r})
import subjects
names = {maker}
exec('''def loop(n):
    for _ in range(n):
        {statement}
''', names)
names["loop"](100)
names["loop"]({loops})
"""
MAKERS = {"ours": "subjects.ours({target!r})", "kept": "subjects.ours({target!r}, keep_gil=True)",
          "abi": "subjects.cffi_abi({target!r})", "api": "subjects.cffi_api({folder!r})", "wrapped": "subjects.our_api({folder!r})",
          "ctypes": "subjects.with_ctypes({target!r})", "builtin": "subjects.builtin()"}


PLACES = ["Python", "GIL", "binding", "C"]
GIL = ("take_gil", "drop_gil", "SaveThread", "RestoreThread", "ThreadState_Swap", "ThreadState_Attach", "ThreadState_Detach",
       "tstate_", "pthread_mutex_", "pthread_cond_", "PyThread_")


def place_of(library, function):
    """Which of PLACES a function belongs to."""
    if any(name in function for name in GIL):
        return "GIL"
    name = os.path.basename(library)
    if name.startswith(("python", "libpython")):
        return "Python"
    return "binding" if ".cpython-" in name or "libffi" in name else "C"


def read_profile(lines):
    """Instructions by place, from callgrind's output: "ob=" and "fn=" say where, "(3) name" names a number at its first
    use, and the line after "calls=" is what a call costs, which is counted where it is spent."""
    totals, names, at, called = collections.Counter(), {}, {"ob": "", "fn": ""}, False
    for line in lines:
        key, equals, value = line.strip().partition("=")
        kind = {"cob": "ob", "cfn": "fn"}.get(key, key)
        if equals and kind in at:
            number, _, name = value.partition(" ")
            name = names.setdefault((kind, number), name)
            if kind == key:
                at[key] = name
        elif line.startswith("calls="):
            called = True
        elif line[:1] in tuple("0123456789+-*"):
            if not called:
                totals[place_of(at["ob"], at["fn"])] += int(line.split()[1])
            called = False
    return totals


def count(program):
    with tempfile.TemporaryDirectory() as folder:
        profile = os.path.join(folder, "profile")
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + profile, sys.executable, "-c", program]
        subprocess.run(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, check=True,
                       env=dict(os.environ, PYTHONHASHSEED="0"))
        with open(profile) as f:
            return read_profile(f)


def per_round(statement, maker, loops=2000):
    short, long = (count(PROGRAM.format(here=HERE, maker=maker, statement=statement, loops=n)) for n in (loops, 2 * loops))
    return collections.Counter({place: (long[place] - short[place]) / loops for place in PLACES})


def describe(name, figures, where):
    text = "%s %6.0f" % (name, sum(figures.values()))
    if where:
        text += " (%s)" % ", ".join("%s %.0f" % (place, figures[place]) for place in PLACES)
    return text


def main():
    options = argparse.ArgumentParser()
    options.add_argument("-k", default="")
    options.add_argument("--where", action="store_true")
    options.add_argument("implementations", nargs="*", default=["ours", "kept", "abi", "api"])
    options = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        target = subjects.compile_target(folder)
        subjects.cffi_api(folder)
        subjects.our_api(folder)
        empty = per_round("pass", "{}")
        for case in cases.CALLS + cases.DATA + cases.CALLBACKS:
            if options.k not in case.name:
                continue
            figures = []
            for name in options.implementations:
                if case.statements.get(name):
                    maker = MAKERS[name].format(target=target, folder=folder)
                    spent = per_round(case.statements[name], maker)
                    spent.subtract(empty)
                    figures.append(describe(name, spent, options.where))
            print("%-42s %s" % (case.name, "  ".join(figures)), flush=True)


if __name__ == "__main__":
    main()
