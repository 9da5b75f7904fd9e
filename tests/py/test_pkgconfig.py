"""cdef(pkg_config=...): .pc files are read without the program, and as the program reads them."""
import glob
import os
import shlex
import shutil
import subprocess
import time

import pytest

import cdeffi
from cdeffi import FFI, PkgConfigError, _pkgconfig

BASE = """
# a package of our own
prefix=/opt/base
includedir = ${prefix}/include
both=${includedir}/${missing}x$${y}

Name: base
Version: 1.10.2
Requires: needed >= 1.2, other
Requires.private: hidden
Cflags: -I${includedir} -I "${prefix}/with space" \\
  -DBASE=1 -D BASE_TEXT=\\"t\\" -UNOTHING -pthread -Wall   # rest
Libs: -L${prefix}/lib -lbase
"""
NEEDED = "Name: needed\nVersion: 1.2\nCflags: -isystem /opt/needed -I/usr/include -I/opt/base/include -DNEEDED\nRequires: base\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("other", "hidden"):
        (tmp_path / (name + ".pc")).write_text("Name: %s\nVersion: 3\nCflags: -I/opt/%s\n" % (name, name))
    (tmp_path / "base.pc").write_text(BASE)
    (tmp_path / "needed.pc").write_text(NEEDED)
    for name in ("PKG_CONFIG_LIBDIR", "PKG_CONFIG_SYSROOT_DIR", "PKG_CONFIG_ALLOW_SYSTEM_CFLAGS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PKG_CONFIG_PATH", str(tmp_path))
    return tmp_path


DIRS = ["/opt/base/include", "/opt/base/with space", "/opt/other", "/opt/hidden", "/opt/needed"]


def test_options(folder):
    dirs, defines, undefs = _pkgconfig.options("base")
    assert dirs == DIRS
    assert (defines, undefs) == (["BASE=1", 'BASE_TEXT="t"', "_REENTRANT=1", "NEEDED"], ["NOTHING"])
    assert _pkgconfig.find("base").variables["both"] == "/opt/base/include/x${y}"
    assert _pkgconfig.options(str(folder / "base.pc"))[0] == DIRS
    assert set(_pkgconfig.options(["hidden", "other > 2.9"])[0]) == {"/opt/hidden", "/opt/other"}


def test_environment(folder, monkeypatch):
    monkeypatch.setenv("PKG_CONFIG_ALLOW_SYSTEM_CFLAGS", "1")
    assert "/usr/include" in _pkgconfig.options("needed")[0]
    monkeypatch.setenv("PKG_CONFIG_SYSROOT_DIR", "/root/")
    assert _pkgconfig.options("hidden")[0] == ["/root/opt/hidden"]
    monkeypatch.setenv("PKG_CONFIG_LIBDIR", str(folder))
    monkeypatch.setenv("PKG_CONFIG_PATH", "")
    assert _pkgconfig.folders() == [str(folder)]
    assert _pkgconfig.find("hidden").path == str(folder / "hidden.pc")
    monkeypatch.setenv("PKG_CONFIG_LIBDIR", "")
    with pytest.raises(PkgConfigError, match="in no folder"):
        _pkgconfig.find("hidden")


def test_cdef(folder, tmp_path):
    (tmp_path / "inc").mkdir()
    (tmp_path / "inc" / "thing.h").write_text("#if THING == 3 && !defined GONE\nint thing[LENGTH];\n#endif\n")
    (tmp_path / "thing.pc").write_text("Version: 1\nCflags: -I${pcfiledir}/inc -DTHING=3 -UGONE\n")
    ffi = FFI()
    ffi.cdef("#include <thing.h>\n", pkg_config="thing", define={"LENGTH": 7})
    assert ffi.variables["thing"].length == 7
    assert cdeffi.open(None, "thing.h", pkg_config=["thing >= 1"], define=["LENGTH=2"]).ffi.variables["thing"].length == 2
    ffi.cdef("int other;", pkg_config=None)


def test_mistakes(folder, ffi):
    for wanted, message in (
        ("needd", "package 'needd' not found: no needd.pc in .*; did you mean 'needed'"),
        ("base > 1.10.2", "package 'base' is of version 1.10.2, and 'base > 1.10.2' is wanted"),
        ("base >", "'>' without a version"),
        (">= 1", "'>=' without a package"),
        ("", "no package is named"),
        ([], "no package is named"),
        ("/no/such.pc", "'/no/such.pc' cannot be read: No such file"),
    ):
        with pytest.raises(PkgConfigError, match=message):
            ffi.cdef("int x;", pkg_config=wanted)
    for wanted in (5, [5], b"base"):
        with pytest.raises(TypeError):
            ffi.cdef("int x;", pkg_config=wanted)
    (folder / "quote.pc").write_text("Cflags: -I'/opt\n")
    with pytest.raises(PkgConfigError, match="quote.pc': Cflags: No closing quotation"):
        ffi.cdef("int x;", pkg_config="quote")
    (folder / "lacks.pc").write_text("Requires: absent\n")
    with pytest.raises(PkgConfigError, match="package 'absent' not found"):
        ffi.cdef("int x;", pkg_config="lacks")
    assert dict(ffi.variables) == {}


def test_odd_files(folder):
    os.mkfifo(str(folder / "fifo.pc"))
    (folder / "dir.pc").mkdir()
    for name in ("fifo", "dir"):
        with pytest.raises(PkgConfigError, match="is not a regular file"):
            _pkgconfig.options(name)
    (folder / "large.pc").write_text("x=1\n" * 300000)
    with pytest.raises(PkgConfigError, match="is larger than"):
        _pkgconfig.options("large")
    lines = ["a0=" + "x" * 20] + ["a%d=${a%d}${a%d}" % (i + 1, i, i) for i in range(60)]
    (folder / "bomb.pc").write_text("\n".join(lines) + "\nCflags: -I${a60}\n")
    start = time.monotonic()
    with pytest.raises(PkgConfigError, match="a variable is longer than"):
        _pkgconfig.options("bomb")
    assert time.monotonic() - start < 5
    (folder / "bytes.pc").write_bytes(b"\xff\xfe=1\n\0: x\nCflags: -I/opt/\xe9\n:\n=\n${\nCflags")
    assert _pkgconfig.options("bytes")[0] == ["/opt/\udce9"]
    (folder / "self.pc").write_text("Requires: self\nCflags: -I/opt/self\na=${a}\n")
    assert _pkgconfig.options("self")[0] == ["/opt/self"]
    (folder / "empty.pc").write_text("")
    assert _pkgconfig.options("empty") == ([], [], [])


def test_long_chains(folder):
    for i in range(3000):
        (folder / ("chain%d.pc" % i)).write_text("Requires: chain%d\nCflags: -DC%d\n" % (i + 1, i))
    (folder / "chain3000.pc").write_text("Cflags: -DC3000\n")
    assert len(_pkgconfig.options("chain0")[1]) == 3001


@pytest.mark.parametrize(
    "a, b, order",
    [
        ("1.0", "1.0", 0), ("1.0", "1", 1), ("1.9", "1.10", -1), ("1.02", "1.2", 0), ("2.0", "1.9.9", 1), ("1.0a", "1.0", 1),
        ("1.0a", "1.0b", -1), ("1.0~rc1", "1.0", -1), ("1.0~rc1", "1.0~rc2", -1), ("1.0.a", "1.0.1", -1), ("1-2", "1.2", 0), ("", "1", -1),
    ],
)  # fmt: skip
def test_versions(a, b, order):
    assert _pkgconfig.compare(a, b) == order and _pkgconfig.compare(b, a) == -order


def program(*args):
    return subprocess.run(["pkg-config", *args], capture_output=True, text=True)


has_program = pytest.mark.skipif(not shutil.which("pkg-config"), reason="no pkg-config")


@has_program
def test_versions_are_compared_as_by_the_program(folder):
    versions = ["1", "1.0", "1.2", "1.10", "1.02", "2", "1.0a", "1.0b", "1.0~rc1", "1.0.a", "1-2", "3.24.38", "20220623", "a", "1a2"]
    for a in versions:
        (folder / "some.pc").write_text("Name: some\nDescription: some\nVersion: %s\n" % a)
        for b in versions:
            same, more = (program("--%s=%s" % (how, b), "some").returncode == 0 for how in ("exact-version", "atleast-version"))
            expected = 0 if same else 1 if more else -1
            assert (a, b, _pkgconfig.compare(a, b)) == (a, b, expected)


@has_program
def test_every_package_here_is_read_as_by_the_program(monkeypatch):
    monkeypatch.delenv("PKG_CONFIG_PATH", raising=False)
    names = sorted({os.path.basename(path)[:-3] for folder in _pkgconfig.folders() for path in glob.glob(glob.escape(folder) + "/*.pc")})
    assert names
    for name in names[:: max(1, len(names) // 60)] + ["zlib"]:
        done = program("--cflags", name)
        try:
            dirs, defines, undefs = _pkgconfig.options(name)
        except PkgConfigError:
            assert done.returncode != 0, name
            continue
        words = shlex.split(done.stdout.replace("-isystem ", "-isystem"))
        prefixed = {p: [word[len(p) :] for word in words if word.startswith(p)] for p in ("-I", "-isystem", "-D", "-U")}
        assert done.returncode == 0 and dirs == prefixed["-I"] + prefixed["-isystem"], name
        assert [d for d in defines if d != "_REENTRANT=1"] == prefixed["-D"] and undefs == prefixed["-U"], name


# ---- limits=


def test_limits(ffi, tmp_path):
    (tmp_path / "a.h").write_text('#include "b.h"\n')
    (tmp_path / "b.h").write_text("int b;\n")
    (tmp_path / "deep.h").write_text("#include __FILE__\n")
    include = lambda name, **limits: ffi.cdef('#include "%s"\n' % name, include_dirs=[tmp_path], limits=limits)  # noqa: E731
    include("a.h")
    for limits, message in (
        ({"include_depth": 1}, "deeper than 1 levels"),
        ({"file_bytes": 5}, "is larger than 5 bytes"),
        ({"total_bytes": 600}, "the headers together are larger than 600 bytes"),
    ):
        with pytest.raises(cdeffi.CDefError, match=message):
            include("a.h", **limits)
    with pytest.raises(cdeffi.CDefError, match="deeper than 200 levels"):
        include("deep.h")
    with pytest.raises(cdeffi.CDefError, match="expands to more than 10 tokens"):
        ffi.cdef("#define N 1+1+1+1+1+1+1+1\nint a[N];", limits={"macro_tokens": 10})
    with pytest.raises(cdeffi.CDefError, match="the macros expand to more than 30 tokens together"):
        ffi.cdef("#define N 1+1+1+1\nint p[N], q[N], r[N], s[N];", limits={"total_tokens": 30})
    for wrong in ({"nonsense": 1}, {"include_depth": 0}, {"include_depth": -1}, {"file_bytes": "x"}, {"include_depth": 2**32}, {5: 1}):
        with pytest.raises(ValueError, match="limit"):
            ffi.cdef("int x;", limits=wrong)
    with pytest.raises(TypeError, match="'limits' must be a dict"):
        ffi.cdef("int x;", limits=5)
    ffi.cdef("int x;", limits={})
    ffi.cdef("int y;", limits=None)
