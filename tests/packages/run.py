"""Run real programs' own test suites with cffi and on the drop-in, and compare.

    run.py WORK              every package
    run.py WORK --quick      those that say `quick`, with their quick command
    run.py WORK NAME...      these

NAME.ini describes a package and NAME.txt pins what is installed for it. Each package gets two venvs
with the same releases: one with cffi and pycparser, one without them and with a folder in a .pth file
that has the drop-in as pip would have installed it. With `build`, the source distribution is built in each venv,
with the cffi of that venv, after what `amend` says was put right. Both run the same command in the same folder.
What passes with cffi and does not with cdeffi is a failure. What can't be had here (no registry, no such library)
is skipped, with the reason.

Run by an interpreter that has pip 22.3 or newer, with the drop-in on PYTHONPATH.
"""
import argparse
import configparser
import ctypes.util
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import xml.etree.ElementTree as ET
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import installed

SIDES = ("cffi", "cdeffi")

# What must hold before a side's numbers count: which cffi it is, and that the package's FFI is of it.
PROBE = """
import importlib, importlib.util, sys
import cffi, _cffi_backend
side, target = sys.argv[1:3]
ours = getattr(cffi, "_is_cdeffi", False) and getattr(_cffi_backend, "_is_cdeffi", False)
assert ours == (side == "cdeffi"), cffi.__file__
if side == "cdeffi":
    assert importlib.util.find_spec("pycparser") is None, "pycparser is importable"
module, _, path = target.partition(":")
found = importlib.import_module(module)
for name in filter(None, path.split(".")):
    found = getattr(found, name)
assert isinstance(found, (cffi.FFI, _cffi_backend.FFI)) or not path, found
"""


class Unavailable(Exception):
    """Why a package can't be tested here."""


class BuildFailed(Exception):
    """Why our builder could not make what cffi's made."""


def environment(**more):
    """Ours without what would let the two sides differ."""
    unwanted = ("PYTHONPATH", "LD_PRELOAD", "PYTHONHOME", "DISPLAY")
    return {**{name: value for name, value in os.environ.items() if name not in unwanted}, **more}


def capture(command, log=None, timeout=600, **options):
    """(exit status, output); a status of None is a timeout."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                              text=True, errors="replace", timeout=timeout, **options)
        status, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        status, output = None, (late.stdout or b"").decode(errors="replace")
    if log:
        log.write_text(output)
    return status, output


def pip(*arguments, log=None, **environ):
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    status, output = capture(command, env=environment(**environ), log=log, timeout=1800)
    if status != 0:
        errors = [line for line in output.splitlines() if "error" in line.lower()] or output.splitlines() or ["pip failed"]
        raise Unavailable(errors[-1].strip())


# --- what the machine must have -----------------------------------------------------------------


def lacking(package):
    """Programs, shared libraries, headers and other files that the package needs and that are not here."""
    programs = [name for name in package.get("programs", "").split() if not shutil.which(name)]
    libraries = [name for name in package.get("libraries", "").split() if not ctypes.util.find_library(name)]
    headers = [name for name in package.get("headers", "").split() if not can_include(name)]
    releases = [] if has_release(package.get("pkg_config", "")) else [package["pkg_config"]]
    files = [name for name in package.get("files", "").split() if not os.path.exists(name)]
    dlopens = [name for name in package.get("dlopens", "").split() if not can_load(name)]
    return programs + libraries + headers + releases + files + dlopens


def can_load(name):
    """Whether dlopen finds NAME as it is: cffi tries no other."""
    return capture([sys.executable, "-c", "import ctypes, sys; ctypes.CDLL(sys.argv[1])", name], env=environment())[0] == 0


def has_release(wanted):
    """Whether pkg-config knows WANTED, "libname 1.5": a release that begins so."""
    name, _, release = wanted.partition(" ")
    if not name:
        return True
    if not shutil.which("pkg-config"):
        return False
    status, found = capture(["pkg-config", "--modversion", name], env=environment())
    return status == 0 and (found.strip() + ".").startswith(release + ".")


def can_include(name):
    """Whether the compiler finds the header NAME."""
    return subprocess.run(["cc", "-E", "-x", "c", "-"], input=b"#include <%s>\n" % name.encode(), capture_output=True).returncode == 0


def ensure_debian(package):
    """Install the Debian packages if something is lacking and we may."""
    if not lacking(package):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        patient = ["-o", "DPkg::Lock::Timeout=300"]  # another apt-get may be at work
        apt = ["apt-get", *patient, "install", "-y", "-qq", "--no-install-recommends", *package["debian"].split()]
        noninteractive = environment(DEBIAN_FRONTEND="noninteractive")
        if capture(apt, env=noninteractive)[0] != 0:
            capture(["apt-get", "update", "-qq"], env=noninteractive)
            capture(apt, env=noninteractive)
    missing = lacking(package)
    if missing:
        raise Unavailable("%s missing (Debian: %s)" % (", ".join(missing), package["debian"]))


# --- the venvs ----------------------------------------------------------------------------------


def make_venv(folder, requirements, site, archive, environ):
    """A venv with the pinned releases, SITE (a folder, or None) at the end of its sys.path, and (unless it is None) what is
    made from the source distribution ARCHIVE."""
    wanted = "".join(path.read_text() for path in requirements) + "%s\n%s\n%s\n" % (site, archive, environ)
    stamp = folder / "installed.txt"
    python = folder / "bin" / "python"
    # What our builder makes is made again: the builder may be another one by now.
    if stamp.exists() and stamp.read_text() == wanted and not (site and archive):
        return python
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    pip("--python", str(python), "install", "-q", "--no-deps", *[argument for path in requirements for argument in ("-r", str(path))])
    if site:
        (next((folder / "lib").glob("python*/site-packages")) / "drop-in.pth").write_text("%s\n" % site)
    if archive:
        build_from_source(python, archive, folder.with_suffix(".build.log"), bool(site), environ)
    stamp.write_text(wanted)
    return python


def build_from_source(python, archive, log, is_ours, environ):
    """Without pip's cache, which would give the one side what the other has built, and without an environment that pip
    makes for the build, in which cffi would be the registry's. Where only our builder fails, the package is not
    unavailable."""
    try:
        pip("--python", str(python), "install", "-v", "--no-deps", "--no-index", "--no-cache-dir", "--no-build-isolation", str(archive),
            log=log, **environ)
    except Unavailable as why:
        raise (BuildFailed if is_ours else Unavailable)("%s: see %s" % (why, log)) from None


def make_venvs(name, package, work):
    common = HERE / "pytest.txt"
    requirements = HERE / (name + ".txt")
    archive = amend(fetch_archive(package["source"], work), package.get("amend", ""), work) if "build" in package else None
    site = installed.make(work / "site", os.environ["PYTHONPATH"])
    return {
        "cffi": make_venv(work / "with-cffi", [requirements, common, HERE / "cffi.txt"], None, archive, variables(package)),
        "cdeffi": make_venv(work / "with-cdeffi", [requirements, common], site, archive, variables(package)),
    }


def variables(package):
    """What `environ` adds to the environment, of the build and of the tests."""
    return dict(line.split("=", 1) for line in package.get("environ", "").split())


def fetch_archive(requirement, work):
    """The source distribution."""
    if not any(work.glob("*.tar.gz")):
        pip("download", "-q", "--no-deps", "--no-binary", ":all:", "-d", str(work), requirement)
    return next(work.glob("*.tar.gz"))


def amend(archive, edits, work):
    """ARCHIVE, or one with EDITS, of lines "FILE: OLD => NEW": a package whose declarations differ from the header's is one
    that cffi's builder takes and ours refuses. Both sides get what is put right. Each OLD must be there, once."""
    if not edits.strip():
        return archive
    folder = work / ("amended-%08x" % zlib.crc32(edits.encode()))
    amended = folder / archive.name
    if amended.exists():
        return amended
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(archive) as tar:
        tar.extractall(folder)
    [top] = folder.iterdir()
    for edit in edits.strip().splitlines():
        name, old, new = re.fullmatch(r"\s*(\S+): (.+) => (.+)", edit).groups()
        text = (top / name).read_text()
        if text.count(old) != 1:
            raise ValueError("%s has %d times %r" % (name, text.count(old), old))
        (top / name).write_text(text.replace(old, new))
    with tarfile.open(amended, "w:gz") as tar:
        tar.add(top, top.name)
    return amended


def fetch_source(requirement, work):
    """The unpacked source distribution that has the tests."""
    folder = work / "source"
    if not folder.exists():
        with tarfile.open(fetch_archive(requirement, work)) as tar:
            tar.extractall(work / "unpacking")
        next((work / "unpacking").iterdir()).rename(folder)
    return folder


# --- one suite ----------------------------------------------------------------------------------


def read_junit(report, scratch):
    """{test: outcome}. Names may have the path of a file: below SCRATCH it is the same for both sides."""
    outcomes = {}
    for case in ET.parse(report).iter("testcase"):
        kinds = {child.tag for child in case}
        outcome = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        name = "%s::%s" % (case.get("classname"), case.get("name").replace(str(scratch), ""))
        if outcomes.get(name) in (None, "passed"):
            outcomes[name] = outcome
    return outcomes


def read_unittest(output):
    """{test: outcome}, from the closing lines of unittest, by number: it doesn't name what passes."""
    outcomes = {}
    for ran, verdict in re.findall(r"^Ran (\d+) tests? in .*\n\n(.*)$", output, re.MULTILINE):
        count = {kind: int(n) for kind, n in re.findall(r"([a-z ]+)=(\d+)", verdict)}
        bad = sum(count.get(kind, 0) for kind in ("failures", "errors", "unexpected successes"))
        skipped = count.get("skipped", 0) + count.get("expected failures", 0)
        for i in range(int(ran)):
            outcomes["test %d" % len(outcomes)] = "failed" if i < bad else "skipped" if i < bad + skipped else "passed"
    return outcomes


def run_in(package, side, python, source, work, quick, temporary):
    """({test: outcome}, what went wrong or '')."""
    scratch = work / ("run-" + side)
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    for item in package.get("copy", "").split():
        shutil.copytree(source / item, scratch / pathlib.Path(item).name)
    if "conftest" in package:
        (scratch / "conftest.py").write_text(package["conftest"].strip() + "\n")
    report = scratch / "report.xml"
    command = [str(python)] + shlex.split(package["quick"] if quick else package["command"])
    if command[1] == "pytest":
        command[1:2] = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", "--rootdir", str(scratch), "-c", os.devnull,
                        "--junitxml", str(report)]
    env = environment(PYTHONDONTWRITEBYTECODE="1", TMPDIR=temporary, SOURCE=str(source or ""),
                      **variables(package))
    status, output = capture([str(python), "-c", PROBE, side, package["probe"]], cwd=scratch, env=env)
    if status != 0:
        return {}, "cannot start: " + (output.strip().splitlines() or ["?"])[-1]
    status, output = capture(command, log=work / (side + ".log"), cwd=scratch, env=env,
                             timeout=60 if quick else int(package.get("timeout", "900")))
    outcomes = read_junit(report, scratch) if report.exists() else read_unittest(output)
    if status is None:
        return outcomes, "too slow"
    if status < 0 or not outcomes:
        return outcomes, "died with status %d" % status
    return outcomes, ""


def run_suite(package, side, python, source, work, quick):
    """run_in() with a folder for temporary files whose path is short: some tests put sockets there."""
    with tempfile.TemporaryDirectory(prefix="cdeffi-") as temporary:
        return run_in(package, side, python, source, work, quick, temporary)


def counted(outcomes):
    return sum(outcome == "passed" for outcome in outcomes.values())


class Result:
    """What a package's run has shown."""

    def __init__(self, package, sides):
        self.sides = sides
        self.passed = {side: counted(sides[side][0]) for side in SIDES}
        theirs, ours = (sides[side][0] for side in SIDES)
        self.lost = sorted(name for name in theirs if theirs[name] == "passed" and ours.get(name) != "passed")
        self.trouble = sides["cdeffi"][1]
        self.bad = len(self.lost) or (1 if self.trouble else 0)

    def verdict(self):
        if not self.passed["cffi"]:
            return "nothing passes with cffi: " + (self.sides["cffi"][1] or "see the log")
        if self.bad:
            return "%d lost%s" % (len(self.lost), ", " + self.trouble if self.trouble else "")
        theirs, ours = (self.sides[side][0] for side in SIDES)
        both = sum(theirs[name] == "failed" == ours.get(name) for name in theirs)
        return "equal" + (" (%d fail with both)" % both if both else "")


def test_package(name, package, work, quick):
    work.mkdir(parents=True, exist_ok=True)
    ensure_debian(package)
    pythons = make_venvs(name, package, work)
    source = fetch_source(package["source"], work) if "source" in package else None
    return Result(package, {side: run_suite(package, side, pythons[side], source, work, quick) for side in SIDES})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    work = options.work.resolve()

    packages = {}
    for path in sorted(HERE.glob("*.ini")):
        config = configparser.ConfigParser(interpolation=None)
        config.read(path)
        packages[path.stem] = config["package"]
    names = options.names or [name for name in packages if not options.quick or "quick" in packages[name]]

    passed = failed = skipped = 0
    print("%-16s %-10s %8s %8s  %s" % ("package", "version", "cffi", "cdeffi", "verdict"))
    for name in names:
        pins = (HERE / (name + ".txt")).read_text() + "\n" + packages[name].get("source", "")
        version = re.search(r"^%s==([^\s;]+)" % re.escape(packages[name].get("release", name)), pins, re.MULTILINE).group(1)
        try:
            result = test_package(name, packages[name], work / name, options.quick)
        except Unavailable as why:
            print("%-16s %-10s %8s %8s  skipped: %s" % (name, version, "-", "-", why), flush=True)
            skipped += 1
            continue
        except BuildFailed as why:
            print("%-16s %-10s %8s %8s  cannot be built: %s" % (name, version, "-", "-", why), flush=True)
            failed += 1
            continue
        broken = not result.passed["cffi"]
        passed += result.passed["cdeffi"]
        failed += max(result.bad, broken)
        print("%-16s %-10s %8d %8d  %s" % (name, version, result.passed["cffi"], result.passed["cdeffi"],
                                           result.verdict()), flush=True)
        for lost in [lost for lost in result.lost if "::" in lost][:20]:
            print("    lost: " + lost)
        if result.bad:
            print("    see %s" % (work / name / "cdeffi.log"))
    if skipped:
        print("%d packages skipped" % skipped)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
