"""The PEP 517 and PEP 660 backend: drives the Makefile, then packs what it made.

Needs nothing beyond the standard library and the tools that the Makefile needs; from an sdist that
is a C compiler, make and libffi's headers. CC, CFLAGS and CONFIGURE_FLAGS in the environment reach
the Makefile.
"""
import ast
import base64
import hashlib
import io
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


# --- what the project says about itself

def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def version():
    return re.search(r"^AC_INIT\(\[cdeffi\], \[([^]]+)\]\)", read("configure.ac"), re.M).group(1)


def tables():
    """pyproject.toml as {table: {key: value}}, for strings and lists of strings.

    Python 3.9 has no tomllib; such values are Python literals too.
    """
    found, table, pending = {}, None, ""
    for line in read("pyproject.toml").splitlines():
        pending += line + "\n"
        header = re.fullmatch(r"\[([^]]+)\]\s*", pending)
        if header:
            table = found.setdefault(header.group(1), {})
        elif pending.strip() and not pending.startswith("#"):
            key, _, text = pending.partition("=")
            try:
                table[key.strip().strip('"')] = ast.literal_eval(text.strip())
            except SyntaxError:  # a list that goes on
                continue
        pending = ""
    return found


def metadata():
    project = tables()["project"]
    lines = ["Metadata-Version: 2.1", "Name: " + project["name"], "Version: " + version(),
             "Summary: " + project["description"], "Requires-Python: " + project["requires-python"]]
    lines += ["Classifier: " + each for each in project["classifiers"]]
    body = ""
    if os.path.exists(os.path.join(ROOT, project["readme"])):
        lines.append("Description-Content-Type: text/markdown")
        body = read(project["readme"])
    return "\n".join(lines) + "\n\n" + body


def entry_points():
    names = {"project.scripts": "console_scripts", "project.gui-scripts": "gui_scripts"}
    text = ""
    for table, entries in tables().items():
        group = names.get(table) or re.sub('^project.entry-points.|"', "", table)
        if table in names or table.startswith("project.entry-points."):
            text += "[%s]\n%s\n" % (group, "".join("%s = %s\n" % each for each in entries.items()))
    return text


def make(build, *targets):
    # The make that may have started us has its own ideas of BUILD and of what to run at once.
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "BUILD")}
    subprocess.run(["make", "--no-print-directory", "-C", ROOT, "PYTHON=" + sys.executable,
                    "BUILD=" + build, *targets], check=True, env=env, stdout=sys.stderr.fileno())


# --- wheels

def wheel_tag():
    """For example cp312-cp312-linux_x86_64, cp313-cp313t-linux_x86_64."""
    soabi = sysconfig.get_config_var("SOABI").split("-")[1]
    python = "cp%d%d" % sys.version_info[:2]
    return "%s-cp%s-%s" % (python, soabi, re.sub(r"[-.]", "_", sysconfig.get_platform()))


class Wheel:
    """A wheel being written; RECORD comes last."""

    def __init__(self, directory, project="cdeffi", release=None, tag=None):
        self.version, self.tag = release or version(), tag or wheel_tag()
        self.name = "%s-%s-%s.whl" % (project, self.version, self.tag)
        self.info = "%s-%s.dist-info/" % (project, self.version)
        self.zip = zipfile.ZipFile(os.path.join(directory, self.name), "w", zipfile.ZIP_DEFLATED)
        self.record = []

    def add(self, name, data, mode=0o644):
        if isinstance(data, str):
            data = data.encode()
        entry = zipfile.ZipInfo(name, time.gmtime(timestamp())[:6])
        entry.external_attr = (0o100000 | mode) << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        self.zip.writestr(entry, data)
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        self.record.append("%s,sha256=%s,%d\n" % (name, digest, len(data)))

    def dist_info(self):
        return dist_info(self.tag)

    def close(self):
        for name, text in self.dist_info().items():
            self.add(self.info + name, text)
        name = self.info + "RECORD"
        self.zip.writestr(name, "".join(self.record) + name + ",,\n")
        self.zip.close()
        return self.name


def dist_info(tag):
    files = {"METADATA": metadata(), "entry_points.txt": entry_points(),
             "WHEEL": "Wheel-Version: 1.0\nGenerator: cdeffi\nRoot-Is-Purelib: false\nTag: %s\n" % tag}
    return {name: text for name, text in files.items() if text}


def timestamp():
    """Of everything packed: SOURCE_DATE_EPOCH where it is set; zip knows nothing before 1980."""
    return max(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())), 315532800)


def files_below(top):
    for folder, folders, names in os.walk(top, followlinks=False):
        folders[:] = sorted(set(folders) - {"__pycache__"})
        for name in sorted(names):
            yield os.path.relpath(os.path.join(folder, name), top)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    wheel = Wheel(wheel_directory)
    with tempfile.TemporaryDirectory(prefix="cdeffi-") as build:
        make(build, "ext")
        packages = os.path.join(build, "python")
        for name in files_below(packages):
            with open(os.path.join(packages, name), "rb") as file:
                wheel.add(name, file.read(), 0o755 if name.endswith(".so") else 0o644)
    return wheel.close()


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    """The installed package is build/python: Python files are links there; after changes in C, make."""
    build = os.path.join(ROOT, "build")
    make(build, "ext")
    wheel = Wheel(wheel_directory)
    wheel.add("__editable__.cdeffi.pth", os.path.join(build, "python") + "\n")
    return wheel.close()


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    info = "cdeffi-%s.dist-info" % version()
    os.makedirs(os.path.join(metadata_directory, info))
    for name, text in dist_info(wheel_tag()).items():
        with open(os.path.join(metadata_directory, info, name), "w", encoding="utf-8") as file:
            file.write(text)
    return info


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


# --- sdists

def source_files():
    """What git tracks; in an unpacked sdist, which has no .git, everything but its products."""
    if os.path.exists(os.path.join(ROOT, ".git")):
        listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], check=True, stdout=subprocess.PIPE)
        names = listed.stdout.decode().rstrip("\0").split("\0")
    else:
        names = [name for name in files_below(ROOT)
                 if name.split(os.sep)[0] not in ("build", "dist", "generated", "PKG-INFO")]
    return [name for name in names if os.path.exists(os.path.join(ROOT, name))]


def build_sdist(sdist_directory, config_settings=None):
    top = "cdeffi-" + version()
    when = timestamp()

    def add(tar, name, data, mode=0o644):
        entry = tarfile.TarInfo(top + "/" + name)
        entry.size, entry.mtime, entry.mode = len(data), when, mode
        tar.addfile(entry, io.BytesIO(data))

    def add_file(tar, name, path):
        with open(path, "rb") as file:
            add(tar, name, file.read(), 0o755 if os.access(path, os.X_OK) else 0o644)

    with tempfile.TemporaryDirectory(prefix="cdeffi-") as build, \
            tarfile.open(os.path.join(sdist_directory, top + ".tar.gz"), "w:gz", format=tarfile.PAX_FORMAT) as tar:
        make(build, "generated")
        for name in source_files():
            add_file(tar, name, os.path.join(ROOT, name))
        add_file(tar, "generated/configure", os.path.join(build, "configure"))
        for name in files_below(os.path.join(build, "gen")):
            if name.endswith((".c", ".h")):
                add_file(tar, "generated/" + name, os.path.join(build, "gen", name))
        add(tar, "PKG-INFO", metadata().encode())
    return top + ".tar.gz"
