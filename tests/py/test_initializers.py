"""How long an array is that only its initialiser measures: the C compiler's opinion beside ours."""
import os
import shlex
import subprocess

import pytest

from cdeffi import FFI

TEXTS = """
char @[] = "abc"; char @[] = {"abc"}; char @[] = ("abc"); char @[] = {("abc")}; char @[] = {"ab" "cd"}; const char @[] = {"abc",};
char @[] = "a\\0b"; char @[] = {u8"\u00e9"}; signed char @[] = {"ab"}; unsigned short @[] = {u"abc"}; int @[] = {L"abc"}; unsigned @[] = U"ab";
char @[] = {97, "x"[0]}; char @[] = {"abc"[0], 'b'}; char @[] = {[0] = 'a', [3] = 'b'}; typedef char T@[]; T@ @ = {"abcd"};
char *@[] = {"a", "b"}; char *@[] = {"a" "b", 0}; char @[][4] = {"abc", "de"}; char @[][4] = {{"abc"}, {"de"}}; char @[][4] = {1, 2, 3, 4, 5};
char @[][3][4] = {"ab", "c", "d", "e"}; int @[] = {1, 2, 3,}; int @[] = {}; int @[] = {[5] = 1, 2}; int @[] = {[2] = 1, [0] = 3};
int @[] = {[1 ... 4] = 1}; int @[] = {1, [1] = 2, 3, [0] = 1}; int @[] = {[sizeof(long)] = 1}; int @[] = {(int){3}, 4}; int @[] = {(1), 3};
int @[][2] = {1, 2, 3}; int @[][2] = {{1}, 2, 3}; int @[][2] = {[2] = 1, 2, 3}; int @[][2] = {[1] = {1, 2}, 3, 4}; int @[][2] = {[1][1] = 4};
struct {int a, b;} @[] = {1, 2, 3}; struct {int a, b;} @[] = {{1, 2}, 3, 4}; struct {int a, b;} @[] = {[2].a = 1};
struct {int a, b;} @[] = {[0].a = 1, [3].b = 2}; struct {int a; char b[3];} @[] = {1, "ab", 2, "c"}; struct {int a; char b[3];} @[] = {{1, "ab"}, {2, "c"}};
struct {int a[2]; int b;} @[] = {1, 2, 3, 4}; struct {int x; union {int i; float f;} u;} @[] = {1, 2, 3, 4}; struct {int : 3; int a;} @[] = {1, 2};
struct {struct {int a, b;}; int c;} @[] = {1, 2, 3, 4}; struct {char n[8]; int v;} @[] = {"abc", 1, "def", 2}; struct P {int a, b;}; struct P @[] = {(struct P){1, 2}, 3, 4};
_Bool @[] = {1, 0}; double @[] = {1., 2.}; float _Complex @[] = {1, 2}; struct {int a; void (*f)(int, int);} @[] = {1, 0, 2}; int @[] = {[2] = 1, 2, [1] = 5, 6};
"""


def texts():
    return [line.strip() for line in TEXTS.strip().splitlines()]


@pytest.mark.parametrize("line", range(len(texts())))
def test_lengths(tmp_path, line):
    n, pieces = 0, []
    for piece in texts()[line].rstrip(";").split("; "):
        pieces.append(piece.replace("T@", "T%d" % n).replace("@", "v%d" % n))
        n += "=" in piece
    source = ";\n".join(pieces) + ";\n"
    program = source + "int main(void) {" + "".join('__builtin_printf("%%d\\n", (int)(sizeof v%d / sizeof v%d[0]));' % (i, i) for i in range(n)) + "}\n"
    (tmp_path / "a.c").write_text(program)
    subprocess.run(shlex.split(os.environ.get("CC", "cc")) + ["-w", "-o", str(tmp_path / "a"), str(tmp_path / "a.c")], check=True)
    theirs = [int(x) for x in subprocess.run([str(tmp_path / "a")], check=True, stdout=subprocess.PIPE).stdout.split()]
    ffi = FFI()
    ffi.cdef(source)
    assert {name: ffi.variables[name].length for name in ("v%d" % i for i in range(n))} == {"v%d" % i: x for i, x in enumerate(theirs)}
    assert n > 1


@pytest.mark.parametrize("text", [
    "int a[] = {[x] = 1};", "int a[][2] = {[0][1] = 1, 2, 3};", "struct {int a, b;} a[] = {[0].a = 1, 2, 3};", "struct {} a[] = {1};",
    "struct {int n; int more[];} a[] = {1, 2};",
])
def test_what_is_not_known(ffi, text):
    ffi.cdef("extern int x;" + text)
    assert ffi.variables["a"].length is None
