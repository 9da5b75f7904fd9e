"""Run cffi's own test suite on the drop-in, and compare with the results that are on record.

    run.py WORK             download (once), run, compare with passing.txt
    run.py WORK --update    write what passes to passing.txt instead of comparing
    run.py WORK FILE...     only these files of the suite
    run.py WORK --quick     without the files that compile hundreds of modules

The source distribution of the pinned version is unpacked in WORK and run unmodified from an empty
folder, one process a file. A test that fails is a failure unless excluded.txt says why it is left out, and so is one on
record as passing that is gone. When the registry can't be reached it says so: skipped, not passed.

Run by an interpreter that has pytest, with the drop-in on PYTHONPATH.
"""
import argparse
import collections
import hashlib
import os
import pathlib
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ET

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import installed

VERSION = "2.1.1"
SHA256 = "dd31f52ea1086513bb9df30f8fcee9b8918323ae067a3d5b78bc826a000712be"
PASSING = HERE / "passing.txt"

# file of the suite -> class
SUITE = {
    "testing/cffi0/test_ffi_backend.py": "A",
    "testing/cffi0/test_parsing.py": "A",
    "testing/cffi0/test_unicode_literals.py": "A",
    "testing/cffi1/test_ffi_obj.py": "O",
    "testing/cffi1/test_unicode_literals.py": "O",
    "testing/cffi1/test_realize_c_type.py": "O",
    "testing/cffi1/test_dlopen.py": "B",
    "testing/cffi1/test_dlopen_unicode_literals.py": "B",
    "testing/cffi1/test_re_python.py": "B",
    "testing/cffi1/test_commontypes.py": "B",
    "testing/cffi1/test_cffi_binary.py": "B",
    "testing/cffi1/test_new_ffi_1.py": "B",
    "testing/cffi1/test_pkgconfig.py": "B",
    "testing/cffi1/test_cffi_gen_src.py": "B",
    "testing/cffi1/test_zdist.py": "B",
    "testing/cffi1/test_recompiler.py": "B",
    "testing/cffi1/test_verify1.py": "B",
    "testing/cffi1/test_function_args.py": "B",
    "testing/cffi1/test_cffi_gen_src_meson.py": "B",
    "testing/cffi0/test_verify.py": "B",
    "testing/cffi0/test_verify2.py": "B",
    "testing/cffi0/test_vgen.py": "B",
    "testing/cffi0/test_vgen2.py": "B",
    "testing/cffi1/test_parse_c_type.py": "B",
    "testing/cffi0/test_function.py": "D",
    "testing/cffi0/test_ctypes.py": "D",
    "testing/cffi0/test_ownlib.py": "B",
    "testing/cffi0/test_platform.py": "B",
    "testing/cffi0/test_version.py": "B",
    "testing/cffi0/test_zdistutils.py": "B",
    "testing/cffi0/test_zintegration.py": "B",
    "src/c/test_c.py": "C",
    "testing/embedding/test_basic.py": "E",
    "testing/embedding/test_recursive.py": "E",
    "testing/embedding/test_thread.py": "E",
    "testing/embedding/test_tlocal.py": "E",
    "testing/embedding/test_performance.py": "E",
}

# They compile a module or more for each test, make virtual environments, or call for a minute. test_verify2 and
# test_vgen2 take what test_verify and test_vgen have compiled.
SLOW = {"testing/cffi1/test_recompiler.py", "testing/cffi1/test_verify1.py", "testing/cffi0/test_verify.py",
        "testing/cffi0/test_verify2.py", "testing/cffi0/test_vgen.py", "testing/cffi0/test_vgen2.py",
        "testing/cffi0/test_zintegration.py", "testing/embedding/test_performance.py"}

# Of class D test_model and test_cdata are left out as a whole: they are about classes of the pycparser front end.

# They build modules whose declarations differ from the C source, and want to be told when these are used: a build of
# ours fails, unless this macro says otherwise.
LATE = {"testing/cffi1/test_recompiler.py", "testing/cffi1/test_verify1.py"}
LATE_FLAG = "-D_CFFI_CHECK_LATE"


def fetch(work):
    """The unpacked source distribution, or None (and says why)."""
    checkout = work / ("cffi-" + VERSION)
    archive = work / ("cffi-%s.tar.gz" % VERSION)
    if (checkout / "testing").is_dir():
        return checkout
    if not archive.exists():
        command = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps",
                   "--ignore-requires-python", "--no-binary", ":all:", "-d", str(work), "cffi==" + VERSION]
        environ = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "LD_PRELOAD")}
        done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode or not archive.exists():
            print("cffi %s cannot be downloaded: %s" % (VERSION, (done.stdout.strip().splitlines() or ["?"])[-1]))
            return None
    if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        sys.exit("%s is not the pinned file" % archive.name)
    with tarfile.open(archive) as tar:
        tar.extractall(work)
    return checkout


def build_testfuncs(checkout, work):
    """Compile the C functions that test_c.py calls; the path of the library, or None without a compiler."""
    source = (checkout / "src/c/_cffi_backend.c").read_text()
    functions = source[source.index("static char _testfunc0(") : source.index("static PyObject *b__testfunc(")]
    cases = "".join("    case %d: return (size_t)_testfunc%d;\n" % (i, i) for i in range(24) if i != 8)
    program = (
        "#include <errno.h>\n#include <stdarg.h>\n#include <stddef.h>\n#include <stdio.h>\n"
        "#define PY_LONG_LONG long long\n%s\nsize_t testfunc(int i)\n{\n    switch (i) {\n%s"
        "    case 8: return (size_t)stderr;\n    default: return 0;\n    }\n}\n" % (functions, cases)
    )
    (work / "testfuncs.c").write_text(program)
    library = work / "libtestfuncs.so"
    command = os.environ.get("CC", "cc").split() + ["-w", "-shared", "-fPIC", "-o", str(library), str(work / "testfuncs.c")]
    return library if subprocess.run(command).returncode == 0 else None


def pytest(checkout, work, path, extra):
    """Run one file; {test id: outcome}, or None when the process died."""
    report = work / "report.xml"
    for old in (report, work / "current"):
        if old.exists():
            old.unlink()
    empty = work / "empty"
    empty.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "conformance_plugin", "-c", os.devnull, "--rootdir", str(checkout),
               "--junitxml", str(report), "-o", "junit_family=xunit1", "--tb=line", str(checkout / path)] + extra
    environ = dict(os.environ, PYTHONPATH=os.pathsep.join([str(work / "site"), str(HERE)]), CDEFFI_CURRENT=str(work / "current"))
    # Commands: the one that comes with cffi, and virtualenv.
    environ["PATH"] = os.pathsep.join([str(work / "site" / "bin"), os.path.dirname(sys.executable), environ["PATH"]])
    environ["CFLAGS"] = " ".join(["-O0"] + [LATE_FLAG] * (path in LATE))  # of the modules that the tests compile
    library = build_testfuncs(checkout, work) if SUITE[path] == "C" else None
    if library:
        environ["CDEFFI_TESTFUNCS"] = str(library)
    with open(work / (path.replace("/", "-") + ".log"), "w") as log:
        subprocess.run(command, cwd=empty, env=environ, stdout=log, stderr=subprocess.STDOUT)
    if not report.exists():
        return None
    return read_report(report, path)


def read_report(report, path):
    outcomes = {}
    stem = path[:-3].replace("/", ".")
    for case in ET.parse(report).iter("testcase"):
        where = case.get("classname", "")
        group = where[len(stem) + 1:] if where.startswith(stem + ".") else ""
        name = "::".join(part for part in (path, group, case.get("name")) if part)
        kinds = {child.tag for child in case}
        outcomes[name] = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
    return outcomes


def run_file(checkout, work, path):
    """{test id: outcome}. A test that kills the process has failed; the others run again without it."""
    extra = []
    for name in exclusions():
        if name.startswith(path + "::"):
            extra += ["--deselect", name]
    crashed = {}
    while True:
        outcomes = pytest(checkout, work, path, extra)
        if outcomes is not None:
            return {**outcomes, **crashed}
        name = (work / "current").read_text() if (work / "current").exists() else ""
        if name in crashed or not name.startswith(path + "::"):
            sys.exit("%s does not run at all: see %s" % (path, work / (path.replace("/", "-") + ".log")))
        print("the process died in " + name)
        crashed[name] = "failed"
        extra += ["--deselect", name]


def exclusions():
    """Tests of internals, one a line with the reason."""
    names = {}
    for line in (HERE / "excluded.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, reason = line.partition(" ")
            names[name] = reason.strip()
    return names


def lost_tests(path, outcomes, recorded):
    """Those that fail, and those on record that are gone. A skip is the suite's own decision."""
    expected = {name for name in recorded if name.split("::")[0] == path}
    return sorted(name for name in expected | set(outcomes) if outcomes.get(name) not in ("passed", "skipped"))


def print_classes(counts, files):
    """What became of the tests of each class in these FILES."""
    for name in exclusions():
        path = name.split("::")[0]
        if path in files:
            counts[SUITE[path]]["left out"] += 1
    for letter, count in sorted(counts.items()):
        print("class %s: %d tests, %s" % (letter, sum(count.values()), ", ".join("%d %s" % (n, what) for what, n in sorted(count.items()))))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("files", nargs="*", default=list(SUITE))
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_intermixed_args()
    files = [path for path in options.files if not (options.quick and path in SLOW)]
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)

    checkout = fetch(work)
    if checkout is None:
        print("conformance: skipped")
        print("0 passed, 0 failed")
        return 0

    installed.make(work / "site", os.environ["PYTHONPATH"])
    recorded = set(PASSING.read_text().split()) if PASSING.exists() else set()
    total = collections.Counter()
    passing, lost, classes = set(), [], collections.defaultdict(collections.Counter)
    for path in files:
        outcomes = run_file(checkout, work, path)
        count = collections.Counter(outcomes.values())
        total.update(count)
        classes[SUITE[path]].update(count)
        lost += lost_tests(path, outcomes, recorded)
        passing |= {name for name, outcome in outcomes.items() if outcome == "passed"}
        print("class %s  %-42s %4d passed, %3d skipped, %3d failed" % (
            SUITE[path], path, count["passed"], count["skipped"], count["failed"]), flush=True)

    for name in lost:
        print("FAILED%s: %s" % (", passed before" if name in recorded else "", name))
    print_classes(classes, files)
    print("cffi %s on Python %s: %d passed, %d skipped, %d failed" % (
        VERSION, sys.version.split()[0], total["passed"], total["skipped"], total["failed"]))
    if options.update:
        kept = {name for name in recorded if name.split("::")[0] not in files}
        PASSING.write_text("".join(name + "\n" for name in sorted(kept | passing)))
        return 0
    new = passing - recorded
    if new:
        print("%d tests pass that are not on record: --update" % len(new))
    print("%d passed, %d failed" % (total["passed"], len(lost)))
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
