"""Headers that are broken, hostile, or change while they are read: an error in bounded time and memory, nothing else."""
import os
import resource
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from cdeffi import FFI, CDefError

SECONDS = 60  # far more than any of this takes, far less than forever
BOMB = "#define x0 1+\n" + "".join("#define x%d x%d x%d\n" % (i, i - 1, i - 1) for i in range(1, 60))


@pytest.fixture
def include(tmp_path, ffi):
    """include(name=text, ...) writes name.h and so on, and includes the first."""

    def run(limits=None, **headers):
        for name, text in headers.items():
            (tmp_path / (name + ".h")).write_bytes(text if isinstance(text, bytes) else text.encode())
        ffi.cdef("#include <%s.h>\n" % next(iter(headers)), include_dirs=[tmp_path], limits=limits)
        return ffi

    start = time.monotonic()
    yield run
    assert time.monotonic() - start < SECONDS


def refuses(include, message, kind=CDefError, **headers):
    with pytest.raises(kind, match=message):
        include(**headers)


def test_circles(include):
    refuses(include, "a.h:1:1: headers include each other deeper than 200 levels", a='#include "a.h"\n')
    refuses(include, "headers include each other deeper than 200 levels", a="#include <b.h>\n", b="#include <c.h>\n", c="#include <a.h>\n")
    include(a="#pragma once\n#include <b.h>\nint a;\n", b="#ifndef B\n#define B\n#include <a.h>\n#include <b.h>\nint b;\n#endif\n")


def test_includes_that_multiply(include):
    headers = {"h%d" % i: "#include <h%d.h>\n" % (i + 1) * 10 for i in range(60)}
    refuses(include, "the headers together are larger than", limits={"total_bytes": 1 << 20}, **headers, h60="int x;\n")
    refuses(include, "the headers together are larger than", limits={"total_bytes": 1 << 20}, **headers, h60="")


def test_macro_bombs(include):
    refuses(include, "expands to more than 1000000 tokens", a=BOMB + "enum { A = x59 1 };\n")
    refuses(include, "a.h:[0-9]+:5: the macros expand to more than 3000000 tokens", limits={"total_tokens": 3000000}, a=BOMB + "#if x15 1\n#endif\n" * 20000)


def test_macro_bombs_as_values(include):
    ffi = include(a=BOMB + "#define y() x40\n#define z \"a\" z0\n#define z0 z0\n")
    assert "x59" not in ffi.constants and "x59" not in dir(ffi.dlopen(None))
    with pytest.raises(AttributeError, match="'x59' is a macro .* no constant"):
        ffi.dlopen(None).x59


@pytest.mark.parametrize("text", ["#if 1\n", "#if 0\n", "#ifdef X\n#else\n", "#if 1\n" * 100000, "#if 0\n" * 100000], ids=range(5))
def test_conditionals_that_do_not_end(include, text):
    refuses(include, "a.h:1?[0-9]*:1: #(if|ifdef|else) without #endif", a=text)


@pytest.mark.parametrize(
    "text, message",
    [
        ("/* no end", "this comment is never closed"),
        ('int a; "no end\n', 'missing terminating "'),
        ("#define f(x) x\nf(1\n", "the arguments of macro 'f' are not closed"),
        ("struct s { int a;\n", "a.h:1:10: this '{' is never closed|text ends|expected"),
        (b"int a;\0int b;", "NUL byte"),
        (b"int \xff\xfe;", "not valid UTF-8|no meaning"),
        ("#include <a\n", "#include and #embed need <name>"),
        ("#include\n", "#include and #embed need <name>"),
        ("#error no\n", "#error no"),
        ("#" * 100000, "a.h:1:1: missing ';' before '##'"),
        ("(" * 100000, "a.h:1:1: missing ';' before '.'"),
        ("#if " + "(" * 100000 + "\n#endif\n", "nested deeper"),
        ("int " + "*" * 1000000 + "a; int a;", "a.h:1:|too deep|declarations"),
        ("x" * 10000000, "a.h:1:"),
    ],
    ids=lambda value: repr(value[:12]),
)
def test_broken_texts(include, text, message):
    refuses(include, message, kind=(CDefError, TypeError, OverflowError), a=text)


def test_what_is_no_file(tmp_path, ffi):
    (tmp_path / "folder.h").mkdir()
    os.mkfifo(str(tmp_path / "fifo.h"))
    os.symlink("loop.h", str(tmp_path / "loop.h"))
    os.symlink("gone", str(tmp_path / "dangling.h"))
    for name, message in (
        ("<folder.h>", "header 'folder.h' not found in .*"),
        ("<fifo.h>", "fifo.h' cannot be read: not a regular file"),
        ("<loop.h>", "header 'loop.h' not found"),
        ("<dangling.h>", "header 'dangling.h' not found"),
        ('"/dev/zero"', "'/dev/zero' cannot be read: not a regular file"),
        ('"/dev/tty"', "cannot be read|not found"),
        ('"/"', "header '/' not found"),
        ('"%s"' % ("x" * 5000), "not found"),
        ('"%s"' % ("x/" * 3000), "not found"),
    ):
        with pytest.raises(OSError, match=message):
            ffi.cdef("#include %s\n" % name, include_dirs=[tmp_path])
    ffi.cdef('#include "/proc/self/status"\nint after;\n')  # says that it has no bytes
    assert "after" in ffi.variables


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path, ffi):
    (tmp_path / "secret.h").write_text("int a;\n")
    (tmp_path / "secret.h").chmod(0)
    with pytest.raises(OSError, match="secret.h' cannot be read: Permission denied"):
        ffi.cdef("#include <secret.h>\n", include_dirs=[tmp_path])


def test_a_gigabyte(tmp_path, ffi):
    with open(tmp_path / "large.h", "wb") as file:
        file.truncate(1 << 30)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.monotonic()
    with pytest.raises(CDefError, match="large.h' is larger than 67108864 bytes"):
        ffi.cdef("#include <large.h>\n", include_dirs=[tmp_path])
    assert time.monotonic() - start < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024  # kilobytes


def test_files_that_vanish_and_change(tmp_path):
    ffi = FFI()
    header = tmp_path / "a.h"
    header.write_text("#ifndef A\n#define A\nint f(int a);\n#endif\n")
    options = {"include_dirs": [tmp_path]}
    ffi.cdef("#include <a.h>\n", **options)
    header.write_text("#ifndef A\n#define A\nlong f(void);\n#endif\n")
    ffi.cdef("#include <a.h>\n", **options)  # its guard is defined
    assert ffi.functions["f"] is ffi.typeof("int(*)(int)")
    header.write_text("long f(void);\n")
    with pytest.raises(CDefError, match="a.h:1:6: multiple declarations of 'f'"):
        FFI().cdef("int f(int);\n#include <a.h>\n", **options)
    header.unlink()
    with pytest.raises(OSError, match="header 'a.h' not found"):
        FFI().cdef("#include <a.h>\n", **options)


def test_files_that_change_while_they_are_read(tmp_path):
    """The outcome is either text or an error about it, whatever another thread does to the file."""
    header, stop = tmp_path / "a.h", threading.Event()
    texts = ["int a%d;\n" % i for i in range(3000)], ["#if 1\n"], ["struct {"], ["int f(int x);\n" * 500, "#endif\n"]

    def change():
        i = 0
        while not stop.is_set():
            i += 1
            header.write_text("".join(texts[i % len(texts)]))
            if i % 5 == 0:
                header.unlink()

    changer = threading.Thread(target=change)
    changer.start()
    try:
        outcomes = set()
        for i in range(300):
            try:
                FFI().cdef("#include <a.h>\nint a1;\n", include_dirs=[tmp_path])
                outcomes.add("read")
            except (CDefError, OSError) as e:
                outcomes.add(type(e).__name__)
    finally:
        stop.set()
        changer.join()
    assert outcomes


def test_little_memory_is_an_error_or_enough():
    """A process that may have 400 MB more than Python needs gets errors about the text, not about memory."""
    code = textwrap.dedent(
        """
        import resource, cdeffi
        now = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + (400 << 20),) * 2)
        bomb = "#define x0 1+\\n" + "".join("#define x%d x%d x%d\\n" % (i, i - 1, i - 1) for i in range(1, 60))
        for text in (bomb + "enum { A = x59 1 };", bomb + "#if x59\\n#endif", "#define f(x) x x\\n" + "f(" * 190 + "1" + ")" * 190):
            try:
                cdeffi.FFI().cdef(text)
            except cdeffi.CDefError as e:
                print(str(e).splitlines()[-5:])
        """
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 3, done.stderr


def open_files():
    return sorted(os.listdir("/proc/self/fd"))


def test_folders_that_are_asked_often(tmp_path, monkeypatch):
    """Whether it is looked for by its path or from an open folder, a header is the same one; nothing stays open."""
    last = tmp_path / "last"
    names = ["part%d/h%d.h" % (i % 3, i) if i % 2 else "h%d.h" % i for i in range(40)]
    for i, name in enumerate(names):
        (last / name).parent.mkdir(parents=True, exist_ok=True)
        (last / name).write_text("int f%d(void);\n" % i)
    (tmp_path / "empty").mkdir()
    (tmp_path / "first" / "h38.h").mkdir(parents=True)  # a folder of a header's name
    (tmp_path / "file").write_text("")
    monkeypatch.chdir(last)
    text = "".join("#include <%s>\n" % name for name in names)
    folders = [str(tmp_path / name) for name in ("absent", "empty", "first", "file")]
    before = open_files()
    for ends in [[str(last)], ["../last/"], [""], [str(tmp_path / "empty")] * 80 + [str(last)]]:
        ffi = FFI()
        ffi.cdef(text, include_dirs=folders + ends)
        assert len(ffi.functions) == 40
        with pytest.raises(OSError, match="h40.h.* not found"):
            FFI().cdef(text + "#include <h40.h>\n", include_dirs=folders + ends)
    assert open_files() == before


def test_folders_that_lack_most_headers(tmp_path):
    """One that lacked several headers is listed, and asked for no others; whatever is in it is found nevertheless."""
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    for i in range(20):
        write("last/h%d.h" % i, "int h%d(void);\n" % i)
    late = ["late.h", "part/late.h", ".hidden.h", "./dot.h", "../up.h", "part/../back.h", "link.h", "folder-link/linked.h", "UPPER.h",
            "\u00e9t\u00e9.h", "part//twice.h", "x.h.", "~tilde.h"]
    for i, name in enumerate(late):
        if "link" not in name:
            write("first/" + name, "int late%d(void);\n" % i)
    write("elsewhere/link.h", "int late%d(void);\n" % late.index("link.h"))
    write("elsewhere/linked.h", "int late%d(void);\n" % late.index("folder-link/linked.h"))
    (tmp_path / "first/link.h").symlink_to("../elsewhere/link.h")
    (tmp_path / "first/folder-link").symlink_to("../elsewhere")
    (tmp_path / "first/dangling.h").symlink_to("nowhere")
    write("last/dangling.h", "int behind_dangling(void);\n")
    (tmp_path / "first/name.h").mkdir()
    write("last/name.h", "int behind_folder(void);\n")
    write("last/part/only-last.h", "int only_last(void);\n")
    write("first/next.h", "#include_next <next.h>\nint next1(void);\n")
    write("last/next.h", "int next2(void);\n")
    for i in range(1500):
        write("many/m%d.h" % i, "int m%d(void);\n" % i)
    write("odd/\u212a.h", "int kelvin(void);\n")
    write("odd/k.h", "int k(void);\n")
    locked = tmp_path / "locked"
    write("locked/in-locked.h", "int in_locked(void);\n")
    locked.chmod(0o311)  # may be entered, not listed
    own = late + ["dangling.h", "name.h", "part/only-last.h", "next.h", "m7.h", "m1499.h", "k.h", "in-locked.h"]
    text = "".join("#include <%s>\n" % name for name in ["h%d.h" % i for i in range(20)] + own)
    text += "#if __has_include(<none.h>) || __has_include(<part/none.h>) || __has_include(<late.hpp>)\n#error there\n#endif\n"
    folders = [str(tmp_path / name) for name in ("first", "many", "odd", "locked", "last")]
    try:
        ffi = FFI()
        ffi.cdef(text, include_dirs=folders)
    finally:
        locked.chmod(0o755)
    expected = ["h%d" % i for i in range(20)] + ["late%d" % i for i in range(len(late))]
    expected += ["behind_dangling", "behind_folder", "only_last", "next1", "next2", "m7", "m1499", "k", "in_locked"]
    assert sorted(ffi.functions) == sorted(expected)
    write("first/none.h", "int came_later(void);\n")  # a list lives as long as its cdef
    ffi.cdef("#include <none.h>\n", include_dirs=folders)
    assert "came_later" in ffi.functions
