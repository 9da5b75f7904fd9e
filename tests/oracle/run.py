#!/usr/bin/env python3
"""Random C, judged by the C compilers and by us.

    run.py --kind types|expressions|mutations|attributes --driver DRIVER [--n N] [--seed S] [--gcc CC] [--clang CC]

Exit status 0: no difference. The same seed makes the same cases. Where gcc and clang disagree with each
other, gcc rules, being the platform's compiler; the cases are counted by what they use.
"""

import argparse
import importlib
import shutil
import sys
import time


class Report:
    def __init__(self, limit):
        self.limit, self.count, self.differences = limit, 0, 0
        self.deliberate, self.disagreements = {}, {}

    def difference(self, text, what):
        self.differences += 1
        if self.differences <= self.limit:
            print(f"--- difference {self.differences}\n{text}\n  {what}", flush=True)

    def expected(self, reason, text):
        """A difference that is meant."""
        self.deliberate.setdefault(reason, []).append(text)

    def disagreement(self, what, text):
        self.disagreements.setdefault(what, []).append(text)

    def close(self, options, seconds):
        for title, table in (("deliberate", self.deliberate), ("gcc and clang disagree, gcc rules", self.disagreements)):
            for reason, cases in sorted(table.items(), key=lambda item: -len(item[1])):
                print(f"  {title}: {len(cases)} x {reason}" + (f"\n      {cases[0]}" if options.verbose else ""))
        print(f"oracle: {self.count} {options.kind}, seed {options.seed}, {self.differences} differences, {seconds:.0f} s")
        print(f"{int(not self.differences)} passed, {int(bool(self.differences))} failed")
        return 1 if self.differences else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kind", required=True, choices=["types", "expressions", "mutations", "attributes"])
    parser.add_argument("--driver", required=True)
    parser.add_argument("--n", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--gcc", default=shutil.which("gcc"))
    parser.add_argument("--clang", default=shutil.which("clang"))
    parser.add_argument("--show", type=int, default=10, help="how many differences to print")
    parser.add_argument("--verbose", action="store_true", help="an example of each deliberate difference")
    options = parser.parse_args()
    if not options.gcc:
        sys.exit("oracle: gcc is the reference, and is missing")
    module = importlib.import_module({"types": "random_types", "expressions": "random_expressions",
                                      "mutations": "mutations", "attributes": "attributes"}[options.kind])
    report = Report(options.show)
    start = time.monotonic()
    module.run(options, report)
    return report.close(options, time.monotonic() - start)


if __name__ == "__main__":
    sys.exit(main())
