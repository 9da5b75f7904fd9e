"""ffi.verify_headers(): what was declared by hand against installed headers, without a compiler."""
import gc
import os
import subprocess
import sys

import pytest

from cdeffi import FFI, CDefError

HEADER = """
#ifndef THING_H
#define THING_H
#include <stdio.h>
#define THING_MAX 10
#define THING_NAME "thing"
#define THING_RATIO 2.0
#define thing_call(x) thing_do((x), 1)
#define thing_alias thing_do
enum thing_kind { THING_A, THING_B = 5 };
typedef struct thing_s { int id; double weight; unsigned flags : 3, more : 5; union { int i; float f; }; const char *name; } thing;
typedef struct { short x, y; } thing_pair;
struct thing_opaque;
typedef struct thing_hidden *thing_handle;
int thing_do(thing *t, int n);
unsigned char thing_byte(unsigned char c);
void thing_log(FILE *f, const char *format, ...);
thing_pair thing_swap(thing_pair p);
void thing_each(void (*each)(thing *, void *), void *user);
extern int thing_count;
extern const char thing_version[];
enum thing_kind thing_kind_of(const thing *t);
#endif
"""
RIGHT = """
#define THING_MAX 10
#define THING_NAME "thing"
enum thing_kind { THING_A, THING_B = 5 };
typedef struct thing_s { int id; double weight; unsigned flags : 3, more : 5; union { int i; float f; }; const char *name; } thing;
typedef struct { short x, y; } thing_pair;
typedef ... *thing_handle;
struct thing_opaque;
int thing_do(struct thing_s *, int);
int thing_alias(thing *, int);
unsigned char thing_byte(unsigned char);
void thing_log(FILE *, const char *, ...);
thing_pair thing_swap(thing_pair);
void thing_each(void (*)(thing *, void *), void *);
extern int thing_count;
extern const char thing_version[];
unsigned thing_kind_of(const thing *);
"""


@pytest.fixture
def verify(tmp_path):
    (tmp_path / "thing.h").write_text(HEADER)

    def check(declarations, more=""):
        ffi = FFI()
        ffi.cdef(declarations)
        return ffi.verify_headers("#include <thing.h>\n" + more, include_dirs=[tmp_path])

    return check


def the_only(report):
    assert len(report) == 1, report
    return report[0]


def test_what_is_right_differs_in_nothing(verify):
    report = verify(RIGHT)
    assert list(report) == [] and not report and report.unknown == []
    assert report.checked == 19
    assert str(report) == repr(report) == "19 declarations compared, 0 differences"


def test_both_places_are_named(verify, tmp_path):
    difference = the_only(verify("\n\nint thing_do(void *t, long n);"))
    line = HEADER.splitlines().index("int thing_do(thing *t, int n);") + 1
    assert difference.name == "thing_do" and not difference.harmless
    assert (difference.declared, difference.declared_at) == ("int thing_do(void *t, long n)", "<cdef source string>:3")
    assert (difference.header, difference.header_at) == ("int thing_do(struct thing_s *t, int n)", "%s:%d" % (tmp_path / "thing.h", line))
    assert str(difference) == (
        "thing_do: the types of the function differ\n"
        "    <cdef source string>:3: int thing_do(void *t, long n)\n"
        "    %s:%d: int thing_do(struct thing_s *t, int n)" % (tmp_path / "thing.h", line)
    )


@pytest.mark.parametrize(
    "declaration, harmless",
    [
        ("int thing_do(void *, int);", True),
        ("int thing_do(const struct thing_s *, int);", True),
        ("int thing_do(struct other *, int);", True),
        ("int thing_do();", True),
        ("void thing_each(void *, void *);", True),
        ("int thing_do(struct thing_s *);", False),
        ("int thing_do(struct thing_s *, int, ...);", False),
        ("int thing_do(struct thing_s *, unsigned);", False),
        ("int thing_do(struct thing_s *, float);", False),
        ("long thing_do(struct thing_s *, int);", False),
        ("void thing_do(struct thing_s *, int);", False),
        ("signed char thing_byte(unsigned char);", False),
        ("void thing_each(void (*)(int, void *), void *);", False),
        ("typedef struct { int x, y; } thing_pair; thing_pair thing_swap(thing_pair);", False),
        ("extern unsigned thing_count;", False),
        ("extern long thing_count;", False),
        ("extern const int thing_count;", True),
        ("extern const char thing_version[3];", None),
        ("int thing_count(void);", False),
        ("extern int thing_do;", False),
        ("typedef int thing_handle;", False),
        ("typedef void *thing_handle;", True),
        ("enum thing_kind thing_kind_of(const void *);", True),
    ],
)
def test_types(verify, declaration, harmless):
    found = verify(declaration)
    if harmless is None:
        assert not found
    else:
        assert found and all(d.harmless == harmless for d in found if "." not in d.name and d.name.startswith("thing_") and d.name != "thing_pair")


@pytest.mark.parametrize(
    "members, expected",
    [
        ("int id; double weight;", ["size", "missing"]),
        ("long id; double weight; unsigned flags : 3, more : 5; union { int i; float f; }; const char *name;", ["types differ"]),
        ("int id; float weight; unsigned flags : 3, more : 5; union { int i; float f; }; const char *name;", ["size", "offset 4 here, at offset 8", "offset 12 here, at offset 20", "offset 12 here", "offset 16 here", "bit 64, 3 wide here, at bit 128, 3 wide", "bit 67"]),
        ("int id; double weight; unsigned flags : 4, more : 4; union { int i; float f; }; const char *name;", ["bit 128, 4 wide here, at bit 128, 3 wide", "bit 132, 4 wide"]),
        ("int id; double weight; unsigned flags : 3, more : 5; union { int i; float f; }; char *name;", ["types differ"]),
        ("int ident; double weight; unsigned flags : 3, more : 5; union { int i; float f; }; const char *name;", ["other names"]),
        ("char everything[32];", ["the alignment is 1 here, 8 in the header", "other names"]),
    ],
)
def test_layouts(verify, members, expected):
    report = verify("struct thing_s { %s };" % members)
    text = str(report)
    for part in expected:
        assert part in text
    assert report[0].header_at.endswith("thing.h:11")


def test_layouts_that_only_look_different_are_harmless(verify):
    for members in (
        "int ident; double weight; unsigned flags : 3, more : 5; union { int i; float f; }; const char *name;",
        "int id; double weight; unsigned flags : 3, more : 5; union { int i; float f; }; char *name;",
    ):
        report = verify("struct thing_s { %s };" % members)
        assert report and all(difference.harmless for difference in report)


def test_constants(verify):
    assert the_only(verify("#define THING_MAX 11")).what == "the value is 11 here, 10 in the header"
    assert the_only(verify('#define THING_NAME "thin"')).what == "the value is b'thin' here, b'thing' in the header"
    assert the_only(verify("#define THING_RATIO 2")).what == "the value is 2 here, 2.0 in the header"
    assert the_only(verify("enum { THING_B = 4 };")).what == "the value is 4 here, 5 in the header"
    assert the_only(verify("static const int THING_A = 1;")).what == "the value is 1 here, 0 in the header"
    assert not verify("#define THING_MAX ...") and not verify("static const int THING_B = 5;")
    assert "a constant here, a function in the header" in str(verify("#define thing_do 5"))


def test_enums(verify):
    assert "the underlying types differ" in str(verify("enum thing_kind { THING_A = -1 };"))
    assert verify("enum thing_kind { THING_A, THING_B = 5 };").checked == 3
    assert not verify("enum thing_kind;")


def test_macros_instead_of_functions(verify):
    difference = the_only(verify("int thing_call(thing_s *x);".replace("thing_s", "void")))
    assert difference.what == "a function here, a macro in the header"
    assert difference.header == "#define thing_call(x) thing_do((x), 1)"


def test_unknown_names(verify):
    report = verify("int thing_d(int); struct thing_t { int a; }; typedef int mine; extern int var; enum { E1 };")
    assert not report and report.checked == 0
    assert report.unknown == ["struct thing_t", "thing_d", "mine", "var", "E1"]


def test_what_headers_declared_is_not_compared(tmp_path):
    ffi = FFI()
    ffi.cdef("#include <stdlib.h>\nint by_hand(int);\nextern int puts(char *);")
    report = ffi.verify_headers("#include <stdio.h>\n")
    assert report.checked == 1 and report.unknown == ["by_hand"]
    assert the_only(report).name == "puts" and report[0].harmless


def test_what_is_included_by_hand_is_compared(verify, tmp_path):
    inner, outer = FFI(), FFI()
    (tmp_path / "thing.h").write_text(HEADER)
    inner.cdef("int thing_do(int);")
    outer.include(inner)
    assert outer.verify_headers("#include <thing.h>", include_dirs=[tmp_path])[0].name == "thing_do"


def test_system_headers():
    ffi = FFI()
    ffi.cdef(
        """
        struct timespec { long tv_sec; long tv_nsec; };
        struct tm { int tm_sec; int tm_min; int tm_mday; };
        int clock_gettime(int clock, struct timespec *t);
        size_t strftime(char *s, size_t max, const char *format, const struct tm *tm);
        """
    )
    report = ffi.verify_headers("#include <time.h>\n")
    assert report.checked == 4 and {d.name.split(".")[0] for d in report} == {"struct tm"}
    assert all("time" in d.header_at or "struct_tm" in d.header_at for d in report)


def test_mistakes(ffi):
    with pytest.raises(TypeError):
        ffi.verify_headers()
    with pytest.raises(TypeError):
        ffi.verify_headers(5)
    with pytest.raises(TypeError):
        ffi.verify_headers("", nonsense=1)
    with pytest.raises(CDefError):
        ffi.verify_headers("int f(")
    with pytest.raises(OSError, match="no_such.h"):
        ffi.verify_headers("#include <no_such.h>\n")
    assert list(ffi.verify_headers("")) == []


def test_types_that_reach_each_other_in_many_ways_end(ffi):
    lines = ["struct s; typedef struct s *t0(void);"]
    lines += ["typedef t%d *t%d(t%d *, t%d *, t%d *);" % (i, i + 1, i, i, i) for i in range(40)]
    ffi.cdef("\n".join(lines))
    assert not ffi.verify_headers("\n".join(lines))


def test_structs_in_circles_end(ffi):
    text = "struct a { struct b *b; int x; }; struct b { struct a *a; struct b *next; %s y; };"
    ffi.cdef(text % "int")
    assert not ffi.verify_headers(text % "int")
    assert [d.name for d in ffi.verify_headers(text % "float")] == ["struct b.y"]


def test_nothing_is_kept(verify):
    import weakref

    ffi = FFI()
    ffi.cdef(RIGHT)
    gone = weakref.ref(ffi)
    ffi.verify_headers("#include <stdio.h>\n")
    del ffi
    gc.collect()
    assert gone() is None


def test_without_a_compiler():
    code = "import cdeffi; f = cdeffi.FFI(); f.cdef('long abs(int);'); print(f.verify_headers('#include <stdlib.h>'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "PATH": "/nonexistent"})
    assert "1 differences" in done.stdout and "int abs(int __x)" in done.stdout
