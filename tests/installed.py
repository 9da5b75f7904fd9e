"""What pip makes of our two wheels, without building them: a folder with the three packages and what each wheel says of
itself. setuptools finds the keyword cffi_modules there, pip a distribution named cffi, and a shell (in bin) its command."""
import os
import pathlib
import shutil
import sys
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "build-aux"))
import build_backend
import dropin_wheel

del sys.path[0]

PACKAGES = ("cdeffi", "cffi", "_cffi_backend")


def make(site, paths):
    """The folder SITE, anew: the packages are links to those found below PATHS, separated as in PYTHONPATH."""
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(parents=True)
    for folder in filter(None, paths.split(os.pathsep)):
        for package in PACKAGES:
            if os.path.isdir(os.path.join(folder, package)):
                (site / package).symlink_to(os.path.abspath(os.path.join(folder, package)))
    for wheel in (build_backend.Wheel(site), dropin_wheel.DropinWheel(site)):
        path = site / wheel.close()
        with zipfile.ZipFile(path) as packed:
            packed.extractall(site)
        path.unlink()
    write_script(site / "bin" / "cffi-gen-src", "from cffi.gen_src import run\nraise SystemExit(run())\n")
    return site


def write_script(path, code):
    """A command, as pip makes it of an entry point."""
    path.parent.mkdir()
    path.write_text("#!%s\n%s" % (sys.executable, code))
    path.chmod(0o755)
