"""Macros with compound literals and variables that braces initialise, as the C compiler has them."""

import pytest
from c_program import printed_numbers

from cdeffi import CDefError

MINE = r"""
struct pair { long s; int u; };
struct in { int x, y; };
struct out { struct in a, b; int c[3]; union { int i; double d; } w; unsigned f : 3, : 2, g : 5; struct { int deep; };
             char text[6]; const char *p; const int k; };
long labs(long);
#define SUM(a, b) ((struct pair){a, b}.s + (struct pair){a, b}.u)
#define DESIGNATED(a) ((struct pair){.u = a}.u * 10 + (struct pair){.u = a}.s)
#define ITEM(i) (((int[]){10, 20, [5] = 50, 60, })[i])
#define LENGTH() sizeof((int[]){1, 2, [9] = 3, [2] = 1})
#define LOWEST(v) (((union { unsigned u; unsigned char b[4]; }){v}).b[0])
#define SWAPPED(v) (((union { unsigned char b[4]; unsigned u; }){{(v) >> 24, (v) >> 16 & 255, (v) >> 8 & 255, (v) & 255}}).u)
#define OUTER(v) ((struct out){.b = {1, v}, .c[1] = 7, .w = {.d = 1.5}, .f = 9, .g = v, .deep = 5, .text = "abc", .p = "xyz", .k = 4})
#define IN_ORDER(v) ((struct out){{1, 2}, {v}, {3, 4, 5}, {6}, 1, 2, {8}, "abcdef"})
#define NESTED(v) ((struct out){.a.x = 1, .a.y = v, .c[2] = v}.a.y)
#define BEHIND(v) ((struct out){.c = {[1] = v, 5}, .w = {3}}.c[2])
#define LAST_WINS(v) ((struct pair){.u = 1, .s = 2, .u = v}.u)
#define SCALARS(v) ((int){v} + (char){(v) + 256} + ((short){v} > 0))
#define MEMBER(v) ((&(struct pair){v, 2})->s)
#define PASSED(v) labs((struct pair){-(v)}.s)
#define COPIED(v) ((struct { struct pair in; int z; }){(struct pair){v, 3}, 4}.in.s)
#define VARIABLES(v) ({ struct pair t = {v, 2}; const int a[] = {1, 2, 3}; char s[] = {"he" "y"}; char z[] = "four"; t.s + a[2] + sizeof a + (s[2] == 121) + sizeof s + sizeof z + z[1]; })
#define TWICE(v) ((int[]){(v), (v)}[0] + ({ int n[2] = {v}; n[0]++; n[0] + n[1]; }))
#define TAKEN(c, q) ((c) ? (struct pair){*(int *)(q)}.s : -1)
#define ADDRESS(v) (&(struct pair){v, 2})
#define OWN(v) ({ int n = v; int *q = &n; q; })
#define ELIDED(v) ((struct out){1, 2})
#define MANY(v) ((struct pair){1, 2, v})
#define MANY_ITEMS(v) ((int[2]){1, 2, v}[0])
#define MANY_IN_UNION(v) ((union { int i; int k; }){1, v}.i)
#define FLEXIBLE(v) ((struct { int n; int a[]; }){1, {2, 3}}.n)
#define UNKNOWN(v) ((struct pair){.none = v})
#define MIDST(v) ((struct out){.a.x = 1, v})
#define NEGATIVE(i) ((int[3]){[i] = 1}[0])
#define NOTHING(v) ((void){v})
#define FUNCTION(v) ((int(int)){v})
#define INCOMPLETE(v) ((struct undefined){v})
#define UNCLOSED(v) ((int[]){1, 2)
#define EMPTY_ITEM(v) ((int[]){1, , 2}[0])
#define LETTERS(v) ((short[]){"ab"}[0])
#define WIDE(v) ((char[4]){L"ab"}[0])
#define ENORMOUS(i) ((char[]){[i] = 1}[0])
"""


def name_of(call):
    return call.split("(")[0]


@pytest.fixture
def lib(ffi):
    ffi.cdef(MINE)
    return ffi.dlopen(None)


def numbers_of_c(folder, calls):
    return printed_numbers(folder, MINE, ['printf("%%lld\\n", (long long)(%s));\n' % call for call in calls])


def test_as_the_compiler_says(tmp_path, lib):
    calls = ["%s(%d)" % (name, v) for v in (0, 3, -7, 0x123456)
             for name in "DESIGNATED LOWEST SWAPPED NESTED BEHIND LAST_WINS SCALARS MEMBER PASSED COPIED VARIABLES TWICE".split()]
    calls += ["ITEM(%d)" % i for i in range(7)] + ["SUM(2, 3)", "LENGTH()"]
    ours = [int(eval(call, {}, {name_of(call): getattr(lib, name_of(call))})) for call in calls]
    assert ours == numbers_of_c(tmp_path, calls)


def test_structs_are_copied_out(lib, ffi):
    o = lib.OUTER(13)
    assert (o.a.x, o.b.x, o.b.y, list(o.c), o.w.d, o.f, o.g, o.deep, ffi.string(o.text), o.k) == (0, 1, 13, [0, 7, 0], 1.5, 1, 13, 5, b"abc", 4)
    assert ffi.string(o.p) == b"xyz"
    o = lib.IN_ORDER(13)
    assert (o.a.y, o.b.x, o.b.y, list(o.c), o.w.i, o.f, o.g, o.deep) == (2, 13, 0, [3, 4, 5], 6, 1, 2, 8)
    assert bytes(ffi.buffer(o.text)) == b"abcdef" and o.p == ffi.NULL and o.k == 0


def test_only_what_is_taken_is_made(lib, ffi):
    assert lib.TAKEN(0, ffi.NULL) == -1 and lib.TAKEN(1, ffi.new("int *", 8)) == 8
    with pytest.raises(CDefError, match="at a null pointer"):
        lib.TAKEN(1, ffi.NULL)


def test_addresses_do_not_leave(lib):
    for macro in (lib.ADDRESS, lib.OWN):
        with pytest.raises(CDefError, match="gives the address of a variable of its own, which ends with it"):
            macro(1)


@pytest.mark.parametrize("call, why", [
    ("ELIDED(1)", "braces are left out"), ("MANY(1)", "more initialisers than 'struct pair' has room for"), ("MANY_ITEMS(1)", "than 'int\\[2\\]'"),
    ("MANY_IN_UNION(1)", "than 'union"), ("FLEXIBLE(1)", "than 'int\\[\\]'"), ("UNKNOWN(1)", "no member named 'none'"), ("MIDST(1)", "goes on behind a member of a member"),
    ("NEGATIVE(-1)", "is not run"), ("NEGATIVE(3)", "than 'int\\[3\\]'"), ("NOTHING(1)", "'void'"), ("FUNCTION(1)", "'int\\(int\\)'"),
    ("INCOMPLETE(1)", "incomplete type 'struct undefined'"), ("UNCLOSED(1)", "never closed"), ("EMPTY_ITEM(1)", "is not run"),
    ("LETTERS(1)", "is not run"), ("WIDE(1)", "is not run"), ("ENORMOUS(2**63)", "is not run"),
])
def test_refused(lib, call, why):
    with pytest.raises(CDefError, match=why):
        eval("lib." + call)


def test_too_large(lib):
    with pytest.raises(CDefError, match="its variables take more than 67108864 bytes"):
        lib.ENORMOUS(2**62)


def test_empty_braces(ffi):
    ffi.cdef("#define ZERO() ((short){} + (int[2]){}[1])")
    assert ffi.dlopen(None).ZERO() == 0
