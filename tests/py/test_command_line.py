"""python -m cdeffi: the prompt, and calls from the command line."""
import os
import shlex
import subprocess
import sys

import pytest

from cdeffi import _call, __main__


def run(*args, stdin=""):
    """(exit status, stdout, stderr) of python -m cdeffi ARGS."""
    done = subprocess.run([sys.executable, "-m", "cdeffi", *args], input=stdin, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def test_call():
    assert run("call", "m", "double sqrt(double)", "2.0") == (0, "1.4142135623730951\n", "")
    assert run("call", "c", "int printf(const char *, ...)", "%d %s %.1f\n", "3", "abc", "2.5") == (0, "3 abc 2.5\n10\n", "")
    status, out, err = run("call", "m", "double sqrt(double)", "two")
    assert (status, out) == (1, "") and "argument 1, 'two', for a 'double'" in err


@pytest.mark.parametrize(
    "library, declaration, texts, expected",
    [
        ("c", "int abs(int);", ["-0x10"], "16"),
        ("c", "int abs(int j)", ["007"], "7"),
        ("c", "int toupper(int)", ["97"], "65"),
        ("c", "size_t strlen(const char *)", [""], "0"),
        ("c", "size_t strlen(const unsigned char *)", ["hello"], "5"),
        ("c", "char *strchr(const char *, int)", ["hello", "108"], "llo"),
        ("c", "char *strchr(const char *, int)", ["hello", "120"], "NULL"),
        ("c", "char *strcpy(char *, const char *)", ["aaaa", "bb"], "bb"),
        ("c", "int memcmp(const void *, const void *, size_t)", ["ab", "ab", "3"], "0"),
        ("c", "typedef struct { int quot, rem; } div_t; div_t div(int, int)", ["17", "5"], "(div_t) {\n    quot = 3,\n    rem = 2,\n}"),
        ("c", "void srand(unsigned)", ["1"], None),
        ("c", "enum e { A, B = 66 }; int tolower(enum e);", ["B"], "98"),
        ("c", "char toupper(char)", ["a"], "b'A'"),
        ("c", "int abs(_Bool)", ["true"], "1"),
        ("c", "long labs(long)", [str(-(2**40))], str(2**40)),
        ("c", "int snprintf(char *, size_t, const char *, ...)", ["NULL", "0", "%s%ld%f", "x", str(2**40), "0.5"], "22"),
        ("m", "float sqrtf(float)", ["0x1p4"], "4.0"),
        ("m", "long double sqrtl(long double)", ["4"], "2.000000E+00"),
    ],
)
def test_values(library, declaration, texts, expected):
    assert _call.call(library, declaration, texts) == expected


@pytest.mark.parametrize(
    "library, declaration, texts, error",
    [
        ("c", "int abs(int)", [], "takes 1 argument, here are 0"),
        ("c", "int abs(int)", ["1", "2"], "takes 1 argument, here are 2"),
        ("c", "int printf(const char *, ...)", [], "takes 1 argument or more, here are 0"),
        ("c", "int abs(int)", ["1.5"], "argument 1, '1.5', for a 'int'"),
        ("c", "int abs(int)", [str(2**31)], "does not fit 'int'"),
        ("c", "int abs(int *)", ["5"], "values of this type cannot be given here"),
        ("c", "struct s { int a; }; int abs(struct s)", ["5"], "values of this type cannot be given here"),
        ("c", "int abs(int); int labs(int)", ["5"], "one function is to be declared, not 2"),
        ("c", "int x", [], "one function is to be declared, not 0"),
        ("c", "int abs(", [], "cannot parse"),
        ("c", "int nope(void)", [], "function/symbol 'nope' not found in library 'libc.so.6'"),
        ("nope", "int nope(void)", [], "cannot load library 'nope'"),
    ],
)
def test_mistakes(capsys, library, declaration, texts, error):
    assert _call.main([library, declaration, *texts]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("cdeffi: ") and error in err


def test_usage(capsys):
    assert __main__.main(["nope"]) == 2
    assert "no command 'nope'; there are: call" in capsys.readouterr().err
    assert __main__.main(["--help"]) == 0
    assert "python -m cdeffi call m" in capsys.readouterr().out
    for command in __main__.COMMANDS:
        try:
            assert __main__.main([command, "--help"]) == 0
        except SystemExit as e:  # argparse's way
            assert not e.code
        assert "python -m cdeffi " + command in capsys.readouterr().out
    assert __main__.main(["call", "m"]) == 2


def test_hostile_surroundings(tmp_path):
    """A terminal that has no such letters, a reader that goes away, a disk that is full; exit statuses."""
    assert run("call", "c", "int abs(int)", "--", "-5") == (0, "5\n", "")
    (tmp_path / "u.h").write_text("int \u00e9t\u00e9(void);\n", encoding="utf-8")
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    shown = subprocess.run([sys.executable, "-m", "cdeffi", "show", str(tmp_path / "u.h")], env=environment, capture_output=True, check=False)
    assert shown.returncode == 0 and b"int \\xe9t\\xe9(void);" in shown.stdout and not shown.stderr
    command = "%s -m cdeffi show stdio.h" % shlex.quote(sys.executable)
    piped = subprocess.run(["sh", "-c", command + " | head -1"], capture_output=True, text=True, check=False)
    assert piped.stdout.startswith("/* ") and not piped.stderr
    full = subprocess.run(["sh", "-c", command + " >/dev/full"], capture_output=True, text=True, check=False)
    assert full.returncode != 0 and "No space left on device" in full.stderr
    assert run("show")[::2] == (2, run("show")[2]) and "a header is missing" in run("show")[2] and "unpack" not in run("show")[2]
    assert run("show", "no_such.h")[0] == 1 and run("show", "stdio.h", "no_such")[0] == 1 and run("show", "/dev/zero")[0] == 1
    assert run(stdin="import sys\nsys.exit(7)\n")[0] == 7 and run(stdin="1/0\n")[0] == 1 and run("no-such")[0] == 2


def test_a_program_on_standard_input():
    assert run(stdin="print(ffi.sizeof('int'), cdeffi.FFI is FFI)") == (0, "4 True\n", "")
    status, out, err = run(stdin="x = nope")
    assert status == 1 and "NameError" in err


def test_prompt():
    lines = "ffi.cdef('struct p { int x, y; };')\nffi.new('struct p *', [1, 2])\n_.y * 21\nlibm.sqrt(2.25) + libc.abs(-3)\n1 / 0\nNone\n"
    terminal = "import sys; sys.stdin.isatty = lambda: True; from cdeffi.__main__ import main; sys.exit(main([]))"
    done = subprocess.run([sys.executable, "-c", terminal], input=lines, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=60)
    assert "Ready: FFI, cdeffi, ffi, libc, libm" in done.stdout
    assert "(struct p *) &{\n    x = 1,\n    y = 2,\n}\n" in done.stdout
    assert "42\n" in done.stdout and "4.5\n" in done.stdout and "ZeroDivisionError" in done.stdout and done.returncode == 0
