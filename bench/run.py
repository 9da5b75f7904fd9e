"""make bench: cdeffi in-line and its compiled modules ("our API"), cffi's ABI and API modes, ctypes and the nearest
builtin side by side.

Usage: run.py [--json FILE] [--chart FILE] [--quick]. Everything that is compared runs in one process and in
turn; the figures are the best of several repeats, and only their ratios mean something elsewhere.
"""

import argparse
import json
import platform
import sys
import tempfile

import cases
import chart
import generation
import include
import parse
import startup
import subjects
import timing

COLUMNS = ["ours", "kept", "wrapped", "abi", "api", "ctypes", "builtin"]
TITLES = {"ours": "cdeffi", "kept": "GIL kept", "wrapped": "our API", "abi": "cffi ABI", "api": "cffi API", "ctypes": "ctypes",
          "builtin": "builtin"}


def namespaces(folder):
    target = subjects.compile_target(folder)
    found = {"ours": subjects.ours(target), "kept": subjects.ours(target, keep_gil=True),
             "ctypes": subjects.with_ctypes(target), "builtin": subjects.builtin(), "wrapped": subjects.our_api(folder)}
    try:
        found["abi"] = subjects.cffi_abi(target)
        found["api"] = subjects.cffi_api(folder)
    except ImportError as error:
        print("cffi is not installed (%s): its columns are empty" % error)
    return found


def print_table(title, rows):
    print("\n%s, ns (best)\n" % title)
    print("| %-42s |" % "", " | ".join("%8s" % TITLES[c] for c in COLUMNS), "| /ABI | /API | API/API |")
    print("|%s|" % ("-" * 44), "|".join("-" * 10 for _ in COLUMNS), "|------|------|---------|")
    for name, ns in rows:
        figures = " | ".join("%8.0f" % ns[c] if c in ns else "%8s" % "-" for c in COLUMNS)
        pairs = ("ours", "abi"), ("ours", "api"), ("wrapped", "api")
        ratios = ["%4.2f" % (ns[c] / ns[over]) if c in ns and over in ns else "   -" for c, over in pairs]
        print("| %-42s | %s | %s | %s |    %s |" % (name, figures, *ratios))


def print_means(title, rows):
    for column, over in (("ours", "abi"), ("ours", "api"), ("kept", "api"), ("wrapped", "api"), ("ours", "ctypes")):
        ratios = [ns[column] / ns[over] for _, ns in rows if column in ns and over in ns]
        if ratios:
            print("%s: %s / %s: geometric mean %.2f, worst %.2f" %
                  (title, TITLES[column], TITLES[over], timing.geometric_mean(ratios), max(ratios)))


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--json")
    options.add_argument("--chart")
    options.add_argument("--quick", action="store_true")
    options = options.parse_args()
    # Many short turns rather than few long ones: on a busy machine some of them are left alone.
    repeats, seconds = (9, 0.002) if options.quick else (45, 0.004)
    print("CPython %s on %s" % (platform.python_version(), platform.machine()))
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        spaces = namespaces(folder)
        for title, group in (("Calls", cases.CALLS), ("Data", cases.DATA), ("Callbacks", cases.CALLBACKS)):
            rows = [(case.name, timing.measure(case, spaces, repeats, seconds)) for case in group]
            print_table(title, rows)
            print_means(title, rows)
            results[title] = dict(rows)
        results["Parsing"] = parse.report(options.quick)
        results["Include"] = include.report(3 if options.quick else 15)
        results["Generation"] = generation.report(options.quick)
        results["Startup"] = startup.report(3 if options.quick else 15)
    if options.json:
        with open(options.json, "w") as f:
            json.dump({"python": sys.version, "results": results}, f, indent=1)
    if options.chart:
        groups = {title: list(results[title].items()) for title in ("Calls", "Data", "Callbacks")}
        with open(options.chart, "w", encoding="utf-8") as f:
            f.write(chart.svg(groups, "CPython %s, %s" % (platform.python_version(), platform.machine())))


if __name__ == "__main__":
    main()
