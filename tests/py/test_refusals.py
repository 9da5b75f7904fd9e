"""What GCC refuses and only a look at the whole shows: each text is refused here too, with a message of ours; its neighbour, that
GCC takes, is not."""
import subprocess

import pytest

from cdeffi import FFI, CDefError

SETTINGS = "struct s { int a; }; extern struct s s; extern int v, a[3]; extern const int k; int g(int), h(int, ...), n(void), p(int *), u();"
# Refused, what the message says, and what is not refused.
EXPRESSIONS = [
    ("sizeof(1++)", "operator '\\+\\+' needs an object", "sizeof(v++)"), ("sizeof(--1)", "operator '--' needs an object", "sizeof(--v)"),
    ("sizeof((v + 1)++)", "operator '\\+\\+' needs an object", "sizeof((v)++)"), ("sizeof(v++ ++)", "operator '\\+\\+' needs an object", "sizeof(-v++)"),
    ("sizeof(a++)", "operator '\\+\\+' needs an object", "sizeof(a[0]++)"), ("sizeof(k--)", "object that is const", "sizeof(v--)"),
    ("sizeof(s++)", "operator '\\+\\+' cannot be applied to 'struct s'", "sizeof(s.a++)"), ("sizeof(k = 3)", "object that is const", "sizeof(v = 3)"),
    ("sizeof(g(1, 2))", "1 arguments are wanted, not 2", "sizeof(g(1))"), ("sizeof(g())", "1 arguments are wanted, not 0", "sizeof(u(1, 2))"),
    ("sizeof(h())", "1 arguments are wanted, not 0", "sizeof(h(1, 2.0, s))"), ("sizeof(n(1))", "0 arguments are wanted, not 1", "sizeof(n())"),
    ("sizeof(p(1.0))", "'double' cannot be passed as 'int \\*'", "sizeof(p(0))"), ("sizeof(g(s))", "'struct s' cannot be passed as 'int'", "sizeof(g(s.a))"),
    ("sizeof((&g)(s))", "'struct s' cannot be passed as 'int'", "sizeof((&g)(2.5))"),
]
MACROS = [
    ("#define m(x) #y", "'#' is not followed by a parameter", "#define m(x) #x"), ("#define m(x) #", "'#' is not followed", "#define m #"),
    ("#define m(x) #__VA_ARGS__", "'#' is not followed", "#define m(x, ...) #__VA_ARGS__"), ("#define m(x) x %: y", "'#' is not followed", "#define m(x) x % y"),
    ("#define m ## x", "'##' needs something on both sides", "#define m # x"), ("#define m(x) x ##", "'##' needs something", "#define m(x) x ## x"),
    ("#define m(x) ## x", "'##' needs something", "#define m(x) y ## x"), ("#define m(...) __VA_OPT__(", "__VA_OPT__", "#define m(...) __VA_OPT__(a)"),
]


def gcc_takes(text, std):
    command = ["gcc", "-std=" + std, "-w", "-x", "c", "-fsyntax-only", "-"]
    return subprocess.run(command, input=text + "\n", stderr=subprocess.DEVNULL, text=True, check=False).returncode == 0


def check(refused, message, taken, std="gnu2x"):
    assert not gcc_takes(refused, std) and gcc_takes(taken, std)
    with pytest.raises(CDefError, match=message):
        FFI().cdef(refused)
    FFI().cdef(taken)


@pytest.mark.parametrize("refused, message, taken", EXPRESSIONS)
def test_expressions(refused, message, taken):
    check(SETTINGS + " extern char x[%s];" % refused, message, SETTINGS + " extern char x[%s];" % taken, std="gnu17")  # () is no (void)


@pytest.mark.parametrize("refused, message, taken", MACROS)
def test_macros_that_nobody_uses(refused, message, taken):
    check(refused, message, taken)


def test_arguments_of_transparent_unions(ffi):
    ffi.cdef("union u { int *i; long *l; }; typedef union u t __attribute__((transparent_union)); int f(t); extern long x; extern double d;"
             "extern char a[sizeof(f(&x))];")
    with pytest.raises(CDefError, match="cannot be passed as"):
        ffi.cdef("extern char b[sizeof(f(d))];")


@pytest.mark.parametrize("text", ["enum e : int x;", "struct s { enum e : int x; };", "int x[sizeof(enum e : int)];", "void f(enum e : int);",
                                  "typedef enum e : int t;", "enum e : int *f(void);"])
def test_underlying_types_of_no_declaration_of_their_own(ffi, text):
    """As GCC from 13 on has C23's enums."""
    with pytest.raises(CDefError, match="underlying type belongs to"):
        ffi.cdef(text)
    ffi.cdef("enum e : short; enum e x; struct s { enum e : short; }; enum f : char { A } y;")
    assert (ffi.sizeof("enum e"), ffi.sizeof("enum f")) == (2, 1)


TYPES = "struct s { int a, b[2]; struct { int c; } d; struct { int e; }; }; union u { int i; double d; }; typedef int v4 __attribute__((vector_size(16)));"
INITIALIZERS = [
    ("int x = { [0] = 1 };", "an index in braces for 'int'", "int x[] = { [0] = 1 };"), ("int x = { .a = 1 };", "'int' is", "union u x = { .i = 1 };"),
    ("struct s x = { .z = 1 };", "no member named 'z'", "struct s x = { .e = 1, .d.c = 2, .b[1] = 3 };"),
    ("struct s x = { .d.z = 1 };", "no member named 'z'", "struct s x = { .d = { .c = 1 } };"),
    ("struct s x = { .d = { .z = 1 } };", "no member named 'z'", "struct s x = { 1, { 2, 3 }, { .c = 1 } };"),
    ("struct s x = { 1, { 2, 3 }, { .z = 1 } };", "no member named 'z'", "struct s x = { 1, 2, 3, { .c = 1 } };"),
    ("struct s x[] = { { 1 }, { .z = 1 } };", "no member named 'z'", "struct s x[] = { { 1 }, [4] = { .a = sizeof((struct s){ .a = 3 }) } };"),
    ("struct s x = { [0] = 1 };", "an index in braces for 'struct s'", "struct s x = { .b = { [0] = 1 } };"),
    ("struct s x = { .b.c = 1 };", "'int\\[2\\]' is", "struct s x = { .b[0] = 1 };"), ("struct s x = { .a[0] = 1 };", "for 'int'", "struct s x = { .a = 1 };"),
    ("union u x = { .z = 1 };", "no member named 'z'", "union u x = { .d = 1 };"), ("v4 x = { [1] = 3 };", "an index in braces", "v4 x = { 1, 2, 3, 4 };"),
    ("int x[3] = { [3] = 1 };", "outside of 'int\\[3\\]'", "int x[3] = { [2] = 1 };"), ("int x[3] = { [-1] = 1 };", "outside of", "int x[3] = { [0 ... 2] = 1 };"),
    ("int x[3] = { [1 ... 3] = 1 };", "outside of", "int x[3] = { [1 ... 2] = 1 };"), ("int x[] = { [-1] = 1 };", "outside of", "int x[] = { [1] = 1 };"),
    ("int x[3] = { .a = 1 };", "'int\\[3\\]' is", "int x[3] = { 1, 2, 3, 4 };"), ("int x[] = { 1, , 2 };", "a value is expected", "int x[] = { 1, 2, };"),
    ("struct s x = { . = 1 };", "a value is expected", "struct s x = { a: 1 };"), ("int x[] = { , };", "a value is expected", "int x[] = { };"),
    ("struct s x[2][2] = { { { 1 }, { .z = 1 } } };", "no member named 'z'", "struct s x[2][2] = { { { 1 }, { .a = 1 } }, [1][0].b[1] = 3 };"),
]


@pytest.mark.parametrize("refused, message, taken", INITIALIZERS)
def test_initializers(refused, message, taken):
    check(TYPES + refused, message, TYPES + taken)


def test_initializers_of_what_is_not_known_here(ffi):
    ffi.cdef("struct p { int a; ...; }; static const struct p x = { .a = 1, .b = 2 }, y[] = { { .c = 3 } }; static const int z[...] = { [7] = 1 };"
             "struct deep { struct { struct { int x; } y; } z; }; static const struct deep d = { .z = { .y = { .x = 1 } } };"
             "static const int braces%s = %s1%s;" % ("[1]" * 30, "{" * 30, "}" * 30))


def test_long_tables_take_linear_time(ffi):
    ffi.cdef("struct s { int a; struct { int x, y; } p[2]; }; static const struct s table[] = { %s };" % ("{ 1, { { 2, 3 }, { .y = 4 } } }, " * 50000))
    assert ffi.sizeof("struct s[50000]") == 50000 * 20
