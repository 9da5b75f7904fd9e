"""Instructions a statement takes, counted by valgrind: the same on a busy machine as on an idle one.

Usage: instructions.py [-k SUBSTRING] [IMPLEMENTATION ...]; counts a loop of each statement of cases.py twice,
short and long, in a process of its own, and prints the difference for one round of an empty loop body less.
"""

import argparse
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


def count(program):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable, "-c", program]
    output = subprocess.run(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, check=True,
                            env=dict(os.environ, PYTHONHASHSEED="0")).stderr
    return int(output.split("Collected :")[1].split()[0])


def per_round(statement, maker, loops=2000):
    def total(n):
        return count(PROGRAM.format(here=HERE, maker=maker, statement=statement, loops=n))
    return (total(2 * loops) - total(loops)) / loops


def main():
    options = argparse.ArgumentParser()
    options.add_argument("-k", default="")
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
                    figures.append("%s %6.0f" % (name, per_round(case.statements[name], maker) - empty))
            print("%-42s %s" % (case.name, "  ".join(figures)), flush=True)


if __name__ == "__main__":
    main()
