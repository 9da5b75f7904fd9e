"""python -m cdeffi show: declarations, layouts and constants of a header as text."""
import os
import subprocess
import sys

import pytest

from cdeffi import _show

HEADER = """
#ifndef SHOWN_H
#define SHOWN_H
#include <stddef.h>
#define SHOWN_SIZE (4 * 4)  /* of what */
#define SHOWN_PLAIN 7 // plain
#define SHOWN_MINUS (-1)
#define SHOWN_TEXT "a /* b */ \\"c\\""
#define SHOWN_CALL(x, ...)   f((x),   /* all */ __VA_ARGS__)
#define SHOWN_GNU(x, rest...) g(x, rest)
#define SHOWN_WORD int
#define __SHOWN_OWN 1
enum color { RED, GREEN = 5 };
typedef enum { ONE = 1 } number;
struct opaque;
struct shown {
    char c;
    const char *volatile name;
    unsigned a : 3, : 7, b : 2;
    struct { short s; double d; };
    union { int i; char text[6]; };
    void (*call)(int);
    char last;
};
typedef struct { char c[3]; } pair;
typedef struct shown shown_t; typedef int visit(int);
double f(int x, const char *s, ...);
extern int counter;
#endif
"""


@pytest.fixture
def shown(tmp_path):
    (tmp_path / "shown.h").write_text(HEADER)
    return lambda *names: _show.show("shown.h", names, include_dirs=[tmp_path]).replace(str(tmp_path), "")


def test_a_header(shown):
    assert shown() == """\
/* /shown.h */
#define SHOWN_SIZE (4 * 4)                  /* 16, 0x10 */
#define SHOWN_PLAIN 7
#define SHOWN_MINUS (-1)
#define SHOWN_TEXT "a /* b */ \\"c\\""
#define SHOWN_CALL(x, ...) f((x), __VA_ARGS__)
#define SHOWN_GNU(x, rest...) g(x, rest)

enum color {                                /* 4 bytes */
    RED = 0,
    GREEN = 5,
};

typedef enum {                              /* 4 bytes */
    ONE = 1,
} number;
struct opaque;

struct shown {                              /* 64 bytes, aligned to 8 */
    char c;                                 /*     0     1 */
                                            /*     1       7 bytes of hole */
    const char *volatile name;              /*     8     8 */
    unsigned int a : 3;                     /*  16:0 3 bits */
                                            /*  16:3       7 bits of hole */
    unsigned int b : 2;                     /*  17:2 2 bits */
                                            /*  17:4       52 bits of hole */
    struct {
        short s;                            /*    24     2 */
                                            /*    26       6 bytes of hole */
        double d;                           /*    32     8 */
    };                                      /*    24    16 */
    union {
        int i;                              /*    40     4 */
        char text[6];                       /*    40     6 */
                                            /*    46       2 bytes of padding */
    };                                      /*    40     8 */
    void(*call)(int);                       /*    48     8 */
    char last;                              /*    56     1 */
                                            /*    57       7 bytes of padding */
};

typedef struct {                            /* 3 bytes, aligned to 1 */
    char c[3];                              /*     0     3 */
} pair;
typedef struct shown shown_t;
typedef int visit(int);
double f(int x, const char *s, ...);
int counter;"""


def test_names(shown):
    assert shown("f") == "/* /shown.h:27 */\ndouble f(int x, const char *s, ...);"
    assert shown("SHOWN_SIZE", "counter").splitlines()[1::2] == ["#define SHOWN_SIZE (4 * 4)                  /* 16, 0x10 */", "int counter;"]
    assert shown("SHOWN_WORD").endswith("#define SHOWN_WORD int") and shown("__SHOWN_OWN").endswith("#define __SHOWN_OWN 1")
    lines = shown("shown_t").splitlines()
    assert lines[:-2] == shown("struct shown").splitlines() and lines[-1] == "typedef struct shown shown_t;"
    assert shown("shown") == shown("struct shown") == shown("struct  shown") != ""
    assert shown("pair").startswith("/* /shown.h:25 */\ntypedef struct {")
    assert "typedef unsigned long size_t;" in shown("size_t")


def test_names_that_are_not_there(shown):
    with pytest.raises(LookupError, match="'SHOWN_SIZ' is not declared by shown.h or what it includes; did you mean 'SHOWN_SIZE'"):
        shown("f", "SHOWN_SIZ")
    with pytest.raises(LookupError):
        shown("")


def test_real_headers():
    z = _show.show("zlib.h")
    assert "const char *zlibVersion(void);\n" in z and "struct z_stream_s {" in z and "#define MAX_WBITS 15" in z
    assert "lseek" not in z and "SEEK_SET" not in z
    stat = _show.show("sys/stat.h", ["struct stat"])
    assert "struct_stat.h:" in stat and " st_mode; " in stat


def test_command(tmp_path, capsys):
    (tmp_path / "shown.h").write_text(HEADER + "#ifdef MORE\nint more[MORE];\n#endif\n")
    folder = str(tmp_path)
    assert _show.main(["-I", folder, "-DMORE=3", "shown.h", "more"]) == 0
    assert capsys.readouterr().out.endswith("int more[3];\n")
    assert _show.main(["-I" + folder, "-D", "MORE=4", "shown.h"]) == 0
    assert "int more[4];" in capsys.readouterr().out
    for wrong, status, error in (
        ([], 2, "usage"),
        (["-x", "shown.h"], 2, "option -x"),
        (["-I"], 2, "option -I"),
        (["no_such.h"], 1, "header 'no_such.h' not found"),
        (["stdio.h", "prntf"], 1, "'prntf' is not declared by stdio.h or what it includes; did you mean 'printf'"),
        (["a\nb"], 1, "is no name of a header"),
        (["-p", "no-such-package", "stdio.h"], 1, "package 'no-such-package' not found"),
    ):
        assert _show.main(wrong) == status
        out, err = capsys.readouterr()
        assert out == "" and error in err


def test_a_reader_that_goes_away():
    command = "%s -m cdeffi show stdio.h | head -1; exit ${PIPESTATUS[0]}" % sys.executable
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=dict(os.environ))
    assert done.stdout.startswith("/* /usr/include/stdio.h */") and "Traceback" not in done.stderr
