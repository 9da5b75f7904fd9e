/* The preprocessor alone: tokens in, tokens out. */
#include "parser/pp.h"

#include "gen/cdecl.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---------------------------------------------------------------- running it */

static char output[1 << 16]; /* the tokens of the last text, a blank between them */
static char report[1 << 16]; /* of its error; "" if there was none */
static char texts[1 << 16];  /* the names of what was read, one a line */
static const char *include_dirs[4];
static CdeclOptions options;

static AbiGraph *graph;
static CdeclScope *scope;

static void setup(void)
{
    memset(&options, 0, sizeof options);
    graph = abi_graph_new();
    scope = cdecl_scope_new(graph);
    ck_assert_ptr_nonnull(scope);
}

static void teardown(void)
{
    cdecl_scope_free(scope);
    abi_graph_free(graph);
}

/* Append a token; the output is cut where it is full. */
static void put(size_t *n, const CdeclToken *t)
{
    size_t len = cdecl_token_len(*t);
    if (*n + len + 2 > sizeof output)
        return;
    if (*n)
        output[(*n)++] = ' ';
    memcpy(output + *n, t->text, len);
    *n += len;
    output[*n] = '\0';
}

static int read_all(CdeclParse *p, void *user)
{
    CdeclToken t;
    size_t *count = user, n = 0;
    output[0] = '\0';
    p->options = &options;
    p->is_type = false; /* constants are declared, as in a cdef */
    for (*count = 0;; ++*count) {
        if (cdecl_next_token(p, &t) < 0)
            return -1;
        if (t.kind == TK_BAD)
            return cdecl_fail(p, t.span, (CdeclCode)t.sub);
        if (t.kind == TK_END)
            break;
        put(&n, &t);
    }
    n = 0;
    for (size_t i = 0; i < p->n_texts && n < sizeof texts - 300; i++)
        n += (size_t)snprintf(texts + n, sizeof texts - n, "%.250s\n", p->texts[i].source.name);
    return 0;
}

/* Preprocess TEXT; how many tokens it has, or -1 and REPORT. */
static long run_n(const char *text, size_t len)
{
    CdeclError err = {0};
    size_t count = 0;
    report[0] = '\0';
    int failed = cdecl_with_parse(scope, "cdef", text, len, read_all, &count, &err);
    if (failed)
        snprintf(report, sizeof report, "%s", err.report ? err.report : err.msg);
    ck_assert(failed == 0 || err.code != CDECL_OK);
    cdecl_error_clear(&err);
    return failed ? -1 : (long)count;
}

static long run(const char *text)
{
    return run_n(text, strlen(text));
}

/* TEXT in a scope that has seen others. */
static void then_is(const char *text, const char *expected)
{
    long n = run(text);
    ck_assert_msg(n >= 0, "%.1000s\n%.500s", text, report);
    ck_assert_msg(strcmp(output, expected) == 0, "%.1000s\n  gives    %.500s\n  expected %.500s", text, output, expected);
}

static void then_refuses(const char *text, const char *message)
{
    ck_assert_msg(run(text) < 0, "%.1000s\nis accepted", text);
    ck_assert_msg(strstr(report, message) != NULL, "%.1000s\n%.500s\n  expected %s", text, report, message);
}

static void fresh_scope(void)
{
    cdecl_scope_free(scope);
    scope = cdecl_scope_new(graph);
    ck_assert_ptr_nonnull(scope);
}

static void is(const char *text, const char *expected)
{
    fresh_scope();
    then_is(text, expected);
}

static void refuses(const char *text, const char *message)
{
    fresh_scope();
    then_refuses(text, message);
}

/* ---------------------------------------------------------------- macros */

START_TEST(object_like)
{
    is("#define A b c\nA;", "b c ;");
    is("#define A\nx A y", "x y");
    is("#define A B\n#define B A\nA B", "A B");
    is("#define A (x)\nA(y)", "( x ) ( y )");
    is("#define A /* nothing */ b /* at all */\nA", "b");
    is("#define A 'x' \"#define\" 1.5e+3\nA", "'x' \"#define\" 1.5e+3");
    is("#define A b\\\nc\nA", "bc");
    is("#define A b // c\nA d", "b d");
    is("#define A b /* c\n d */ e\nA f", "b e f");
    is("#define A b\n#undef A\nA", "A");
    is("#undef NEVER\nx", "x");
    is("%:define A b %:%: c\nA", "bc");
    is(" # /* x */ define /* y */ A b\nA", "b");
    is("#\n# \n#/**/\nx", "x");
}
END_TEST

START_TEST(function_like)
{
    is("#define f(x) [x]\nf(1) f (2) f\n(3)", "[ 1 ] [ 2 ] [ 3 ]");
    is("#define f(x) [x]\nf", "f");
    is("#define f(x) [x]\nf;", "f ;");
    is("#define f() []\nf() f( )", "[ ] [ ]");
    is("#define f(x) [x]\nf() f((1,2))", "[ ] [ ( 1 , 2 ) ]");
    is("#define f(x,y) y x\nf(1,2) f(,) f((,),)", "2 1 ( , )");
    is("#define f(x, y...) x|y\nf(1,2,3) f(1)", "1 | 2 , 3 1 |");
    is("#define f(...) [__VA_ARGS__]\nf() f(1) f(1,2)", "[ ] [ 1 ] [ 1 , 2 ]");
    is("#define f (x)\nf(1)", "( x ) ( 1 )");
    is("#define f(x) x\n#define g f\ng(1) f(g)(2)", "1 f ( 2 )");
    is("#define f(x) x x\nf(f)(1)", "f f ( 1 )");
    is("#define f(x) x\nf(\n#define g 3\ng\n)", "3");
    is("#define f(x) x\nf(\n#if 0\n1\n#else\n2\n#endif\n)", "2");
    is("#define EMPTY\n#define f(x) x\n#define g f EMPTY\ng(1)", "f ( 1 )");
    is("#define f(x) x\nf\n#define other\n(1)", "f ( 1 )");
}
END_TEST

/* C11 6.10.3.4: what is expanded again, and what is not. */
START_TEST(rescanning)
{
    is("#define x 3\n#define f(a) f(x * (a))\n#undef x\n#define x 2\n#define g f\n#define z z[0]\n#define h g(~\n"
       "#define m(a) a(w)\n#define w 0,1\n#define t(a) a\n#define p() int\n#define q(x) x\n#define r(x,y) x ## y\n"
       "#define str(x) # x\n"
       "f(y+1) + f(f(z)) % t(t(g)(0) + t)(1);\ng(x+(3,4)-w) | h 5) & m\n(f)^m(m);\n"
       "p() i[q()] = { q(1), r(2,3), r(4,), r(,5), r(,) };\nchar c[2][6] = { str(hello), str() };",
       "f ( 2 * ( y + 1 ) ) + f ( 2 * ( f ( 2 * ( z [ 0 ] ) ) ) ) % f ( 2 * ( 0 ) ) + t ( 1 ) ; "
       "f ( 2 * ( 2 + ( 3 , 4 ) - 0 , 1 ) ) | f ( 2 * ( ~ 5 ) ) & f ( 2 * ( 0 , 1 ) ) ^ m ( 0 , 1 ) ; "
       "int i [ ] = { 1 , 23 , 4 , 5 , } ; char c [ 2 ] [ 6 ] = { \"hello\" , \"\" } ;");
    is("#define f(a) a*g\n#define g(a) f(a)\nf(2)(9)", "2 * 9 * g");
    is("#define AA BB\n#define BB AA\n#define f(x) x\nf(AA) AA", "AA AA");
    is("#define foo foo a\n#define f(x) x\nf(f(foo))", "foo a");
    is("#define NIL(xxx) xxx\n#define G_0(arg) NIL(G_1)(arg)\n#define G_1(arg) NIL(arg)\nG_0(42)", "42");
    is("#define f(x) x f\nf(1)(2)(3)", "1 f ( 2 ) ( 3 )");
}
END_TEST

START_TEST(stringify)
{
    is("#define s(x) #x\ns( a  +\n b )", "\"a + b\"");
    is("#define s(x) #x\ns(\"a\\n\" 'b\\'')", "\"\\\"a\\\\n\\\" 'b\\\\''\"");
    is("#define s(x) #x\n#define t(x) s(x)\n#define v 1 + 2\ns(v) t(v)", "\"v\" \"1 + 2\"");
    is("#define s(...) #__VA_ARGS__\ns(a, b,c)", "\"a, b,c\"");
    is("#define s(x) #x\ns()s( )", "\"\" \"\"");
    is("#define s(x) #x\n#define t(x) s(x)\n#define e\nt(a e b) t(a e) t(e)", "\"a b\" \"a\" \"\"");
    is("#define s(x) #x\n#define t(x) s(x)\n#define f(x) [x]\nt(f(a)b) t(f( a ) b)", "\"[a]b\" \"[a] b\"");
    is("#define s(x) # x\ns(@)", "\"@\"");
    is("#define xstr(s) str(s)\n#define str(s) # s\n#define debug(s, t) printf(\"x\" # s \"= %d, x\" # t \"= %s\", x ## s, x ## t)\n"
       "debug(1, 2);", "printf ( \"x\" \"1\" \"= %d, x\" \"2\" \"= %s\" , x1 , x2 ) ;");
}
END_TEST

START_TEST(paste)
{
    is("#define c(a,b) a##b\nc(x,y) c(1,2) c(,y) c(x,) c(+,=) c(.,1)", "xy 12 y x += .1");
    is("#define c(a,b) a ## b\n#define xy z\nc(x,y)", "z");
    is("#define c(a,b) a ## b\nc(1 2,3 4)", "1 23 4");
    is("#define c(a,b,d) a ## b ## d\nc(1,2,3) c(1,,3) c(,,3) c(,,)", "123 13 3");
    is("#define K a ## b ## 1\nK", "ab1");
    is("#define hash_hash # ## #\n#define mkstr(a) # a\n#define in_between(a) mkstr(a)\n"
       "#define join(c, d) in_between(c hash_hash d)\njoin(x, y)", "\"x ## y\"");
    is("#define c(a) L##a L##'x'\nc(\"s\")", "L\"s\" L'x'");
    is("#define f(x) f_##x\n#define AB 1\nf(AB)", "f_AB");
    is("#define f(x) -##x\nf(-1)", "-- 1");
}
END_TEST

START_TEST(variadic)
{
    is("#define e(f, ...) p(f, ## __VA_ARGS__)\ne(1) e(1,) e(1,2) e(1,2,3)", "p ( 1 ) p ( 1 , ) p ( 1 , 2 ) p ( 1 , 2 , 3 )");
    is("#define e(f, a...) p(f, ##a)\ne(1) e(1,2)", "p ( 1 ) p ( 1 , 2 )");
    is("#define e(...) p(0, ## __VA_ARGS__)\ne() e(1)", "p ( 0 ) p ( 0 , 1 )");
    is("#define M 5\n#define e(f, ...) p(f, ## __VA_ARGS__)\ne(1, M)", "p ( 1 , 5 )");
    is("#define n(a,b,c,...) c\n#define cnt(...) n(__VA_ARGS__,3,2,1)\ncnt(x,y)", "3");
}
END_TEST

/* The examples of C23 6.10.5.1. */
START_TEST(va_opt)
{
    const char *defines = "#define F(...) f(0 __VA_OPT__(,) __VA_ARGS__)\n#define G(X, ...) f(0, X __VA_OPT__(,) __VA_ARGS__)\n"
                          "#define SDEF(sname, ...) S sname __VA_OPT__(= { __VA_ARGS__ })\n#define EMP\n"
                          "#define H3(X, ...) #__VA_OPT__(X##X X##X)\n#define H4(X, ...) __VA_OPT__(a X ## X) ## b\n"
                          "#define H5A(...) __VA_OPT__()/**/__VA_OPT__()\n#define H5B(X) a ## X ## b\n#define H5C(X) H5B(X)\n"
                          "#define N(a, ...) a ## __VA_OPT__(x) ## b\n#define O(a, ...) a ## __VA_OPT__(a ## a) ## b c\n";
    char text[2048];
    snprintf(text, sizeof text, "%sF(a, b, c) F() F(EMP) G(a, b, c) G(a, ) G(a) SDEF(foo); SDEF(bar, 1, 2); H3(, 0) H4(, 1) H5C(H5A()) N(p, q) N(p) N() N(, q) O(, 1) O(z)", defines);
    is(text, "f ( 0 , a , b , c ) f ( 0 ) f ( 0 ) f ( 0 , a , b , c ) f ( 0 , a ) f ( 0 , a ) S foo ; S bar = { 1 , 2 } ; \"\" a b ab pxb pb b xb b c zb c");
}
END_TEST

START_TEST(builtins)
{
    is("#if 1\n#endif\n__LINE__\n\n__LINE__", "3 5");
    is("#if 1\n#endif\n__FILE__ __BASE_FILE__ __INCLUDE_LEVEL__", "\"cdef\" \"cdef\" 0");
    is("#line 100 \"other.c\"\n#if 1\n#endif\n__FILE__ __LINE__", "\"other.c\" 102");
    is("#if 1\n#endif\n__COUNTER__ __COUNTER__ __COUNTER__", "0 1 2");
    is("#define f(x) x __LINE__\nf(\n\n__LINE__)", "4 2");
    is("#if 1\n#endif\n#define s(x) #x\n#define t(x) s(x)\nt(__LINE__)", "\"5\"");
    ck_assert_int_eq(run("#if 1\n#endif\n__DATE__ __TIME__ __TIMESTAMP__"), 3);
    ck_assert_uint_eq(strlen("\"Mmm dd yyyy\" \"hh:mm:ss\" \"??? ??? ?? ??:??:?? ????\""), strlen(output));
    is("#ifdef __FILE__\n1\n#endif\n#undef __LINE__\n__LINE__", "1 __LINE__");
}
END_TEST

/* Names that compilers predefine without underscores are the program's in its own text. */
START_TEST(plain_names)
{
    is("#if defined linux && defined unix && linux\nlinux unix\n#endif", "linux unix");
    is("#define N 3\nstruct s { int N; };\n#if N != 3\n#error\n#endif", "struct s { int N ; } ;");
    is("#define N 3\n#define f(x) x\nf(N) [N]", "3 [ N ]");
    is("#define M (3)\nM", "( 3 )");
}
END_TEST

START_TEST(without_directives)
{
    is("int __LINE__; __INT_MAX__ linux", "int __LINE__ ; __INT_MAX__ linux");
    is("int f(void);", "int f ( void ) ;");
    is("", "");
    is("/* # */ '#' \"#\" a # b", "'#' \"#\" a # b");
}
END_TEST

/* ---------------------------------------------------------------- conditionals */

START_TEST(conditionals)
{
    is("#if 1\na\n#else\nb\n#endif", "a");
    is("#if 0\na\n#else\nb\n#endif", "b");
    is("#if 0\na\n#elif 1\nb\n#elif 1\nc\n#else\nd\n#endif", "b");
    is("#if 0\n#elif 0\n#else\nd\n#endif", "d");
    is("#ifdef X\na\n#elifdef Y\nb\n#elifndef Z\nc\n#endif", "c");
    is("#define Y\n#ifdef X\na\n#elifdef Y\nb\n#elifndef Z\nc\n#endif", "b");
    is("#ifndef X\n#if 1\n#if 0\na\n#endif\nb\n#endif\n#else\nc\n#endif\nd", "b d");
    is("#if 0\n#if 1\n#else\n#endif\n#elif 1\nx\n#endif", "x");
    is("#if 1\na\n#elif 1/0\n#garbage\n#endif", "a");
    is("#if 0\n#garbage\n#include <nowhere>\n#error no\n'\n\"\n#define A x\n#endif\nA", "A");
    is("#if 0\n/* #endif\n*/ // #endif\n\"#endif\"\n'#endif'\n # endif\nx", "x");
    is("#if 0\ndon't /* be\n#endif\nx", "x");
    is("#if 1 // comment\nx\n#endif // y", "x");
    is("#if 1 /* c\n */\nx\n#endif z z z", "x");
    is("%:if 0\nx\n%:else\ny\n%:endif", "y");
    is("#if 0\n#\\\nelse\ny\n#endif", "y");
}
END_TEST

static void condition(const char *expression, bool expected)
{
    char text[600];
    snprintf(text, sizeof text, "#define ONE 1\n#define F(x) x\n#if %s\nyes\n#else\nno\n#endif", expression);
    is(text, expected ? "yes" : "no");
}

START_TEST(arithmetic)
{
    static const char *const holds[] = {
        "1", "ONE", "!0", "~0 == -1", "1 + 2 * 3 == 7", "(1 + 2) * 3 == 9", "-1 < 0", "-1 > 0u", "10 / 3 == 3",
        "-10 / 3 == -3", "-10 % 3 == -1", "1 << 62 > 0", "1u << 63 > 0", "-1 >> 1 == -1", "-1ull >> 63 == 1",
        "(-9223372036854775807 - 1) / -1 != 0", "(-9223372036854775807 - 1) % -1 == 0", "0x7fffffffffffffff + 1 < 0",
        "18446744073709551615 == -1u", "9223372036854775808 > 0", "1 ? 2 : 0", "0 ? 0 : 3", "1 ? -1 : 0u",
        "(1 ? -1 : 0u) > 0", "0 || 1", "1 && 1", "!(1 && 0)", "1 || 1/0", "!(0 && 1/0)", "1 ? 1 : 1/0", "0 ? 1/0 : 1",
        "'a' == 97", "'\\n' == 10", "'\\0' == 0", "'\\377' < 0", "L'\\377' > 0", "u'x' == 120", "0b101 == 5", "010 == 8",
        "0xFFu == 255", "1'000'000 == 1000000", "10L == 10ll", "5uLL == 5", "3 == 3 == 1", "1 < 2 < 3", "5 & 3 | 8 ^ 1",
        "(5 & 3) == 1", "(5 ^ 3) == 6", "1 << 2 + 1 == 8", "UNKNOWN == 0", "!UNKNOWN", "!true", "F(1)", "F(0) + 1",
        "defined ONE", "defined(ONE)", "!defined UNKNOWN", "defined F", "defined ( F ) && 1", "(2, 1)", "1 ? 1 ? 1 : 0 : 0",
        "0 ? 0 : 0 ? 0 : 1", "+1", "- - 1 == 1", "!!5", "1 << 64 == 0", "1 << -1 == 0", "4 >> -1 == 8", "-1 >> 70 == -1",
        "0xFFFFFFFFFFFFFFFF == -1", "__INT_MAX__ == 2147483647", "__has_include(<stddef.h>)", "!__has_include(<no/such>)",
        "!__has_include(\"no/such\")", "__has_attribute(noreturn)", "__has_attribute(__packed__)", "!__has_attribute(nonsense)",
        "__has_c_attribute(deprecated) >= 201904L", "__has_c_attribute(gnu::packed)", "!__has_c_attribute(other::packed)",
        "__has_builtin(__builtin_expect)", "__has_builtin(strlen)", "__has_builtin(__atomic_load_8)",
        "__has_builtin(__sync_fetch_and_add_16)", "!__has_builtin(__builtin_nonsense)", "!__has_builtin(__atomic_nonsense)",
    };
    for (size_t i = 0; i < sizeof holds / sizeof *holds; i++)
        condition(holds[i], true);
    condition("0", false);
    condition("-1 < 0u", false);
    condition("ONE - 1", false);
    condition("UNKNOWN", false);
    condition("defined(UNKNOWN) || 0", false);
}
END_TEST

/* ---------------------------------------------------------------- refusals */

START_TEST(refusals)
{
    refuses("#foo", "cdef:1:1: unknown directive '#foo'");
    refuses("#inclde <x>", "did you mean '#include'?");
    refuses("#define", "a name is expected here");
    refuses("#define 3", "a name is expected here");
    refuses("#define defined", "'defined' cannot be a macro's name");
    refuses("#define f(x,x) x", "two macro parameters are named 'x'");
    refuses("#define f(x", "',' or ')' is expected");
    refuses("#define f(..., x)", "',' or ')' is expected");
    refuses("#define f(1)", "macro parameter is expected");
    refuses("#define f(x) #y\nf(1)", "in macro 'f': '#' is not followed by a parameter");
    refuses("#define f(x) ## x\nf(1)", "'##' needs something on both sides");
    refuses("#define f x ##\nf", "'##' needs something on both sides");
    refuses("#define A (1)\n#define A (2)", "macro 'A' is defined again, and differently");
    refuses("#define A(x) x\n#define A(y) y", "macro 'A' is defined again");
    refuses("#define f(x) x\nf(1", "cdef:2:1: the arguments of macro 'f' are not closed");
    refuses("#define f(x) x\nf(1,2)", "macro 'f' takes 1 arguments, here are 2");
    refuses("#define f(x,y) x\nf(1)", "macro 'f' needs 2 arguments, here are 1");
    refuses("#define f(x) x\n#define g f(\ng 1", "the arguments of macro 'f' are not closed");
    refuses("#define c(x,y) x##y\nc(+,;)", "cdef:2:1: pasting '+' and ';' gives no valid token");
    refuses("#if", "#if needs an expression");
    refuses("#if 1", "cdef:1:1: #if without #endif");
    refuses("#if 1\n#else", "cdef:1:1: #else without #endif");
    refuses("#if 0", "#if without #endif");
    refuses("#else", "#else without #if");
    refuses("#endif", "#endif without #if");
    refuses("#elif 1", "#elif without #if");
    refuses("#if 1\n#else\n#else\n#endif", "cdef:3:1: #else after #else");
    refuses("#if 0\n#else\n#elif 1\n#endif", "cdef:3:1: #elif after #else");
    refuses("#if 1 +\n#endif", "an operand is expected before 'end of line'");
    refuses("#if 1 1\n#endif", "cdef:1:7: in #if: an operator is expected before '1'");
    refuses("#if (1\n#endif", "a parenthesis is missing");
    refuses("#if 1.5\n#endif", "only integers can be used");
    refuses("#if \"x\"\n#endif", "an operand is expected before '\"x\"'");
    refuses("#if 1/0\n#endif", "division by zero");
    refuses("#if 1 ? 2\n#endif", "'?' without ':'");
    refuses("#if 0x1ffffffffffffffff\n#endif", "integer constant is too large");
    refuses("#if 0x1ffffffffffffffffwb\n#endif", "needs more than 64 bits");
    refuses("#ifdef\n#endif", "a name is expected here");
    refuses("#ifndef 3\n#endif", "a name is expected here");
    refuses("#if defined\n#endif", "a name is expected here");
    refuses("#if defined(X\n#endif", "a parenthesis is missing in defined");
    refuses("#if __has_include\n#endif", "a parenthesis is missing");
    refuses("#if __has_attribute(\n#endif", "a name is expected here");
    refuses("#error This is  so", "cdef:1:1: #error This is  so");
    refuses("#include", "#include and #embed need <name> or \"name\"");
    refuses("#include <x", "#include and #embed need <name> or \"name\"");
    refuses("#include <no/such/file.h>", "cdef:1:10: header 'no/such/file.h' not found in /usr/local/include");
    refuses("#include \"\"", "header '' not found");
    refuses("#line 0x10", "a line number is expected");
    refuses("#line 5 x", "a file name in quotes is expected");
    refuses("#pragma GCC error \"no\"", "#error \"no\"");
    refuses("#define f _Pragma(1)\nf", "_Pragma takes a string");
    refuses("#define A b\n/* x", "comment");
    refuses("#define A \"x\nA", "");
    is("#define N 0xFFFFFFFFFFFFFFFFFF\nN", "0xFFFFFFFFFFFFFFFFFF");
}
END_TEST

START_TEST(macro_in_message)
{
    refuses("#define Q(x) x #x\n\n  Q(1) Q(1,2)", "takes 1 arguments");
    refuses("#define c(x,y) x##y\n#define D c(+,;)\n\n D;", "cdef:4:2: pasting '+' and ';' gives no valid token\n D;\n ^\n"
            "cdef:2:9: note: in the expansion of macro 'D'\n#define D c(+,;)\n        ^");
}
END_TEST

/* ---------------------------------------------------------------- pragmas */

static uint32_t pack_after(const char *text)
{
    CdeclError err = {0};
    char all[400];
    snprintf(all, sizeof all, "%s\nstruct s { char a; long long b; };", text);
    CdeclScope *s = cdecl_scope_new(graph);
    int failed = cdecl_parse(s, all, strlen(all), NULL, &err);
    ck_assert_msg(failed == 0, "%s", err.report);
    const AbiType *t = cdecl_find_tag(s, ABI_STRUCT, "s", 1);
    uint32_t offset = (uint32_t)t->record->members[1].offset;
    cdecl_scope_free(s);
    return offset;
}

START_TEST(pragma_pack)
{
    ck_assert_uint_eq(pack_after("#pragma pack(1)"), 1);
    ck_assert_uint_eq(pack_after("#pragma pack(2)\n#pragma pack()"), 8);
    ck_assert_uint_eq(pack_after("#pragma pack(push, 2)"), 2);
    ck_assert_uint_eq(pack_after("#pragma pack(push, 2)\n#pragma pack(pop)"), 8);
    ck_assert_uint_eq(pack_after("#pragma pack(4)\n#pragma pack(push)\n#pragma pack(1)\n#pragma pack(pop)"), 4);
    ck_assert_uint_eq(pack_after("#pragma pack(push, a, 1)\n#pragma pack(push, b, 2)\n#pragma pack(pop, a)"), 8);
    ck_assert_uint_eq(pack_after("#pragma pack(push, a, 1)\n#pragma pack(pop, b)"), 8); /* as GCC, which warns; clang ignores it */
    ck_assert_uint_eq(pack_after("#pragma pack(0x2)"), 2);
    ck_assert_uint_eq(pack_after("#pragma pack(push, 4, a)\n#pragma pack(push)\n#pragma pack(pop, a)"), 8);
    ck_assert_uint_eq(pack_after("#pragma pack(04u) and more"), 4);
    ck_assert_uint_eq(pack_after("#pragma pack(pop)"), 8);
    ck_assert_uint_eq(pack_after("_Pragma(\"pack(1)\")"), 1);
    ck_assert_uint_eq(pack_after("#define P _Pragma(\"pack(push, 2)\")\nP"), 2);
    ck_assert_uint_eq(pack_after("#if 0\n#pragma pack(1)\n#endif"), 8);
    ck_assert_uint_eq(pack_after("#pragma pack(2)\n#pragma pack(3)"), 2); /* gcc and clang warn and ignore all of it */
    ck_assert_uint_eq(pack_after("#pragma pack(32)"), 8);
    ck_assert_uint_eq(pack_after("#pragma pack(2)\n#pragma pack(push, 3)\n#pragma pack(1)\n#pragma pack(pop)"), 1);
}
END_TEST

/* GCC warns of each, and ignores all of it. */
START_TEST(pragma_malformed)
{
    static const char *const texts[] = {
        "pack 1", "pack", "pack(foo)", "pack(1", "pack(1,)", "pack(1, 1)", "pack(-1)", "pack(1+1)", "pack(1.0)", "pack('\\1')", "pack(push, 1",
        "pack(push 1)", "pack(push,)", "pack(push, 1, 1)", "pack(push, a, a)", "pack(push, \"a\", 1)", "pack(pop", "pack(pop, 1)", "pack(pop, a, 1)", "pack(show)",
        "push_macro(N)", "push_macro(\"N\"", "push_macro", "push_macro()", "push_macro(\"\")", "pop_macro(N)", "pop_macro(\"N\", 1)", "pop_macro",
    };
    char text[200];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        snprintf(text, sizeof text, "#pragma pack(push, a, 2)\n#define N 7\n#pragma %s\n_Static_assert(N == 7, \"\");", texts[i]);
        ck_assert_msg(pack_after(text) == 2, "%s", texts[i]);
    }
    ck_assert_uint_eq(pack_after("_Pragma(\"pack 1\")"), 8);
}
END_TEST

START_TEST(pragma_macros)
{
    is("#define A (1)\n#pragma push_macro(\"A\")\n#undef A\n#define A (2)\nA\n#pragma pop_macro(\"A\")\nA", "( 2 ) ( 1 )");
    is("#pragma push_macro(\"B\")\n#define B (2)\nB\n#pragma pop_macro(\"B\")\nB\n#pragma pop_macro(\"B\")\nB", "( 2 ) B B");
    is("#pragma once\n#pragma whatever it says\n#pragma\n#pragma STDC FENV_ACCESS ON\nx", "x");
    is("_Pragma(\"whatever\") x", "x");
    is("__pragma(warning(push)) x __pragma(warning(disable : 4996)) y", "x y");
    ck_assert_uint_eq(pack_after("#define PACK(n) __pragma(pack(push, n))\nPACK(2)"), 2);
    is("#define S(x) #x\n#define END )\n_Pragma(S(pack(push, 2)) END x", "x");
    ck_assert_uint_eq(pack_after("\n__pragma(pack(push, __LINE__))"), 2); /* was: the 2 took the place of the first token */
    ck_assert_uint_eq(pack_after("#define N 2\n__pragma(pack(push, 4))"), 4); /* was: a plain constant before it hid it */
    ck_assert_uint_eq(pack_after("#define N 2\n_Pragma(\"pack(1)\")"), 1);
    refuses("__pragma x", "__pragma tokens");
    refuses("#define A __pragma(\nA pack(1", "__pragma tokens");
    is("#define S(x) #x\n#define W(x) _Pragma(S(GCC warning S(x)))\n#define V 5 W(old)\nV", "5"); /* GLib's deprecated macros */
}
END_TEST

/* ---------------------------------------------------------------- files */

static char dir[64];

static void make_dir(void)
{
    setup();
    strcpy(dir, "/tmp/cdeffi-preprocess-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    include_dirs[0] = dir;
    options.include_dirs = include_dirs;
    options.n_include_dirs = 1;
}

static void remove_dir(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    ck_assert_int_eq(system(command), 0);
    teardown();
}

static void write_bytes(const char *name, const char *text, size_t n)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(text, 1, n, f), n);
    ck_assert_int_eq(fclose(f), 0);
}

static void write_file(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

static void make_folder(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

/* How often the file was read. */
static int times_read(const char *name)
{
    int n = 0;
    for (const char *p = texts; (p = strstr(p, name)); p += strlen(name))
        n += p[strlen(name)] == '\n';
    return n;
}

START_TEST(includes)
{
    write_file("a.h", "a __FILE__ __INCLUDE_LEVEL__\n");
    make_folder("sub");
    write_file("sub/b.h", "#include \"c.h\"\n#include <a.h>\n");
    write_file("sub/c.h", "beside");
    write_file("c.h", "elsewhere");
    char expected[300];
    snprintf(expected, sizeof expected, "a \"%s/a.h\" 1", dir);
    is("#include <a.h>", expected);
    is("#include \"a.h\"", expected);
    is("#define NAME <a.h>\n#include NAME", expected);
    is("#define NAME \"a.h\"\n#include NAME", expected);
    is("#define DIR sub\n#define FILE c.h\n#define MAKE(d, f) <d/f>\n#include MAKE(DIR, FILE)\nx", "beside x");
    snprintf(expected, sizeof expected, "beside a \"%s/a.h\" 2 x", dir);
    is("#include <sub/b.h>\nx", expected);
    is("#if __has_include(<a.h>) && __has_include(\"sub/c.h\") && !__has_include(<sub>)\nyes\n#endif", "yes");
    char absolute[200];
    snprintf(absolute, sizeof absolute, "#include \"%s/c.h\"\n#include <%s/c.h>", dir, dir);
    is(absolute, "elsewhere elsewhere");
}
END_TEST

START_TEST(include_next)
{
    char second[128];
    make_folder("one");
    make_folder("two");
    write_file("one/x.h", "one\n#if __has_include_next(<x.h>)\n#include_next <x.h>\n#endif\n");
    write_file("two/x.h", "two\n#if __has_include_next(<x.h>)\n#include_next <x.h>\n#endif\n");
    snprintf(second, sizeof second, "%s/two", dir);
    strcat(dir, "/one");
    include_dirs[1] = second;
    options.n_include_dirs = 2;
    is("#include <x.h>\nend", "one two end");
    dir[strlen(dir) - 4] = '\0';
    is("#include_next <stddef.h>\nend", output); /* in the program's own text it is #include */
}
END_TEST

START_TEST(guards)
{
    write_file("guarded.h", "/* c */\n#ifndef GUARD\n#define GUARD\ng\n#else\n#error\n#endif\n");
    write_file("plain.h", "#ifndef PLAIN\n#define PLAIN\np\n#endif /* PLAIN */\n\n");
    write_file("defined.h", "#if !defined(DEFINED)\n#define DEFINED\nd\n#endif\n");
    write_file("once.h", "#pragma once\no\n");
    write_file("trailing.h", "#ifndef T\n#define T\nt\n#endif\nmore\n");
    write_file("leading.h", "first\n#ifndef L\n#define L\nl\n#endif\n");
    is("#include <plain.h>\n#include <plain.h>\n#include \"plain.h\"", "p");
    ck_assert_int_eq(times_read("plain.h"), 1);
    then_is("#include <plain.h>\nx", "x"); /* the macro is still there, */
    ck_assert_int_eq(times_read("plain.h"), 0); /* and the file is not even looked for */
    then_is("#undef PLAIN\n#include <plain.h>", "p");
    is("#include <defined.h>\n#include <defined.h>\n#include <once.h>\n#include <once.h>", "d o");
    then_is("#include <defined.h>\n#include <once.h>\nx", "x");
    is("#include <trailing.h>\n#include <trailing.h>", "t more more");
    is("#include <leading.h>\n#include <leading.h>", "first l first");
}
END_TEST

START_TEST(once_under_two_names)
{
    char path[200], other[200];
    write_file("once.h", "#pragma once\no\n");
    snprintf(path, sizeof path, "%s/once.h", dir);
    snprintf(other, sizeof other, "%s/other.h", dir);
    ck_assert_int_eq(symlink(path, other), 0);
    is("#include <once.h>\n#include <other.h>\nx", "o x");
    write_file("import.h", "i");
    is("#import <import.h>\n#import <import.h>\nx", "i x");
}
END_TEST

START_TEST(trail)
{
    char expected[600];
    write_file("a.h", "\n#include \"b.h\"\n");
    write_file("b.h", "#define ok\n\n  #error stop\n");
    snprintf(expected, sizeof expected,
             "%s/b.h:3:3: #error stop\n  #error stop\n  ^~~~~~\n  included from %s/a.h:2\n  included from cdef:1", dir, dir);
    refuses("#include <a.h>", expected);
}
END_TEST

static int drop_and_look(CdeclParse *p, void *user)
{
    (void)user;
    char *text = strdup("one\ntwo\n");
    int source = cdecl_source_take(p, "/no/such/file", text, 8);
    ck_assert_int_gt(source, 0);
    cdecl_source_drop(p, (uint32_t)source);
    const CdeclSource *gone = cdecl_source(p, (uint32_t)source);
    ck_assert_str_eq(gone->name, "/no/such/file");
    ck_assert_uint_eq(gone->len, 0);
    return cdecl_fail(p, (CdeclSpan){(uint32_t)source, 4, 3}, CDECL_E_PP_NAME_EXPECTED);
}

/* The text of a header is given up when it is read, and read again for a message about it. */
START_TEST(texts_come_and_go)
{
    char text[2000] = "#include <first.h>\n", expected[300];
    CdeclError err = {0};
    write_file("first.h", "\xEF\xBB\xBF#ifndef FIRST\n#define FIRST \\\n 1\nint f(int \\\n a);\n#endif\n");
    for (int i = 0; i < 40; i++)
        sprintf(text + strlen(text), "int f%d(void);\n", i);
    strcat(text, "long f(int a);\n");
    fresh_scope();
    ck_assert_int_eq(cdecl_parse(scope, text, strlen(text), &options, &err), -1);
    snprintf(expected, sizeof expected, "%s/first.h:4:5: note: first declared here\nint f(int  a);\n    ^", dir);
    ck_assert_msg(strstr(err.report, expected) != NULL, "%s\n%s", err.report, expected);
    ck_assert_int_eq(cdecl_with_parse(scope, "cdef", "", 0, drop_and_look, NULL, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.report, "/no/such/file:1:1: a name is expected here"));
    cdecl_error_clear(&err);
}
END_TEST

START_TEST(bad_files)
{
    make_folder("folder.h");
    write_file("open.h", "#if 1\n");
    write_file("call.h", "f(1\n");
    write_file("self.h", "#include \"self.h\"\n");
    write_file("one.h", "#include \"two.h\"\n");
    write_file("two.h", "#include \"one.h\"\n");
    write_bytes("nul.h", "a\0b", 3);
    refuses("#include <folder.h>", "header 'folder.h' not found");
    refuses("#include <open.h>\n#endif", "open.h:1:1: #if without #endif");
    refuses("#define f(x) x\n#include <call.h>\n)", "the arguments of macro 'f' are not closed");
    refuses("#include <self.h>", "headers include each other deeper than 200 levels");
    refuses("#include <one.h>", "headers include each other deeper than 200 levels");
    refuses("#include </dev/zero>", "'/dev/zero' cannot be read: not a regular file");
    refuses("#include <nul.h>", "nul.h:1:2");
    refuses("#include \"/dev/stdin\"", "");
    is("#define f(x) [x]\n#if __has_include(<self.h>)\nf\n#endif", "f");
}
END_TEST

START_TEST(fifo)
{
    char path[200];
    snprintf(path, sizeof path, "%s/fifo.h", dir);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    refuses("#include <fifo.h>", "not a regular file");
}
END_TEST

START_TEST(odd_files)
{
    write_file("bom.h", "\xEF\xBB\xBFint x;");
    write_file("crlf.h", "#define A \\\r\n 1\r\n#if A\r\nint A;\r\n#endif\r\n");
    write_file("noeol.h", "#define B b");
    write_file("empty.h", "");
    write_file("latin.h", "/* caf\xE9 */ int y; // \xFC\n");
    write_file("splice.h", "#de\\\nfine C \\\nc\n#if 1 \\\n && 1\nC __LINE__\n#endif\n");
    is("#include <bom.h>", "int x ;");
    is("#include <crlf.h>", "int 1 ;");
    is("#include <noeol.h>\nB", "b");
    is("#include <empty.h>\nx", "x");
    is("#include <latin.h>", "int y ;");
    is("#include <splice.h>", "c 6");
}
END_TEST

/* A text that is included twice is read once, and its places are those of each time. */
START_TEST(x_macros)
{
    write_file("list.h", "X(a)\nX(b)\n#undef X\n");
    is("#define X(n) int n;\n#include <list.h>\n#define X(n) #n,\n#include <list.h>", "int a ; int b ; \"a\" , \"b\" ,");
    ck_assert_int_eq(times_read("list.h"), 1);
}
END_TEST

/* ---------------------------------------------------------------- the system's headers */

START_TEST(no_compiler_headers)
{
    static const char *const headers[] = {
        "stddef.h", "stdarg.h", "stdint.h", "limits.h", "float.h", "stdbool.h", "stdalign.h", "stdnoreturn.h", "iso646.h",
        "stdatomic.h", "stdio.h", "math.h", "sys/stat.h", "immintrin.h", "x86intrin.h", "cpuid.h",
    };
    char text[100];
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        snprintf(text, sizeof text, "#include <%s>\n", headers[i]);
        ck_assert_msg(run(text) >= 0, "%s", report);
        ck_assert_msg(!strstr(texts, "/gcc/") && !strstr(texts, "/clang/"), "%s", texts);
    }
    fresh_scope();
    ck_assert(run("#undef __STDC_VERSION__\n#define __STDC_VERSION__ 202311L\n#include <stddef.h>\n__STDC_VERSION_STDDEF_H__ unreachable()") >= 0);
    ck_assert_ptr_nonnull(strstr(output, "typedef __typeof__ ( nullptr ) nullptr_t ;"));
    ck_assert_ptr_nonnull(strstr(output, "202311L ( __builtin_unreachable ( ) )"));
    is("#define __need_size_t\n#include <stddef.h>\n#ifdef _STDDEF_H\nno\n#endif", "typedef long unsigned int size_t ;");
    is("#include <limits.h>\n#if CHAR_BIT == 8 && INT_MAX > 0 && defined PATH_MAX && SCHAR_MIN == -128\nyes\n#endif", "yes");
    is("#include <stdint.h>\n#if INT64_MAX == 9223372036854775807 && UINT8_MAX == 255\nyes\n#endif", output);
    ck_assert_ptr_nonnull(strstr(output, "yes"));
}
END_TEST

/* ---------------------------------------------------------------- all or nothing */

START_TEST(rollback)
{
    write_file("g.h", "#ifndef G\n#define G\n#define INSIDE inside\ng\n#endif\n");
    write_file("once.h", "#pragma once\no\n");
    then_refuses("#define A (1)\n#include <g.h>\n#include <once.h>\n#pragma push_macro(\"A\")\n#error stop", "stop");
    then_is("#ifdef A\nA\n#endif\n#ifdef INSIDE\ni\n#endif\n#include <g.h>\n#include <once.h>\nINSIDE", "g o inside");
    then_is("#pragma pop_macro(\"A\")\n#ifdef A\nA\n#endif\nx", "x");
    then_is("#define B (1)\n", "");
    then_refuses("B\n#undef B\n#define B (2)\nB\n#error stop", "stop");
    then_is("B", "( 1 )");
    then_refuses("#define c(x,y) x##y\n#define D B c(+,;)\nD", "pasting");
    then_is("B D c(1,2)", "( 1 ) D c ( 1 , 2 )");
}
END_TEST

/* Macros that come to one token are replaced without a detour: the same comes of them. Each is asked for twice, for
 * the first time cuts it into tokens. */
START_TEST(single_tokens)
{
    is("#define A B\n#define B extern\nA A x;B;A B", "extern extern x ; extern ; extern extern");
    is("#define A B\n#define B A\nA B A B", "A B A B");
    is("#define A A\nA A", "A A");
    is("#define F(x) [x]\n#define G F\n#define H G\nG(1) H(2) G H(3) G (4) H\n(5) G", "[ 1 ] [ 2 ] F [ 3 ] [ 4 ] [ 5 ] F");
    is("#define A B\n#define B c\nA A\n#undef B\nA\n#define B d\nA A\n#define c e\n#undef B\n#define B c\nA A", "c c B d d e e");
    is("#define A B\n#define B C\n#define C D\n#define D E\n#define E F\n#define F g\nA A A E E", "g g g g g");
    is("#define A __LINE__\n#define N __COUNTER__\nA A\nA N N N", "3 3 4 0 1 2");
    is("#define A one\n#define X(x) #x <x>\n#define Y(x) X(x)\nA A X(A) Y(A) X( A A )", "one one \"A\" < one > \"one\" < one > \"A A\" < one one >");
    is("#define A 2u\n#define B A\nB B\n#if A == 2 && B + A == 4 && defined A && !defined C\nyes\n#endif\n#if B > A\n#elif B == 2\nyes\n#endif", "2u 2u yes yes");
    is("#define A hidden\n#define B A\n#define CAT(x, y) x ## y\nA B CAT(A, B) CAT(, A) CAT(A,)", "hidden hidden AB hidden hidden");
    then_refuses("#define E error_\n#define D E\nD D\n#define BAD x ##\nBAD", "##");
}
END_TEST

START_TEST(macros_outlive_the_text)
{
    char *text = strdup("#define F(x, ...) x + LATER(__VA_ARGS__) #x\n");
    ck_assert_int_eq(run(text), 0);
    memset(text, 'z', strlen(text));
    free(text);
    then_is("#define LATER(x) [x]\nF(1, 2)", "1 + [ 2 ] \"1\"");
    then_is("F(3)", "3 + [ ] \"3\"");
}
END_TEST

START_TEST(option_macros)
{
    const char *defines[] = {"ONE", "TWO=2 2", "F(x)=[x]", "linux=9"}, *undefs[] = {"__GNUC__"};
    options.defines = defines;
    options.n_defines = 4;
    options.undefs = undefs;
    options.n_undefs = 1;
    is("ONE TWO F(3)\n#ifdef __GNUC__\nno\n#endif", "1 2 2 [ 3 ]");
}
END_TEST

/* ---------------------------------------------------------------- limits */

static char *repeat(const char *piece, size_t n, const char *end)
{
    size_t len = strlen(piece);
    char *text = malloc(len * n + strlen(end) + 1);
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * len, piece, len);
    strcpy(text + len * n, end);
    return text;
}

START_TEST(macro_bombs)
{
    char text[4000] = "#define x0 y\n", line[80];
    for (int i = 1; i < 60; i++) {
        snprintf(line, sizeof line, "#define x%d x%d x%d\n", i, i - 1, i - 1);
        strcat(text, line);
    }
    strcat(text, "#define f(x) x\n#define s(x) #x\n#define t(x) s(x)\n");
    size_t n = strlen(text);
    strcpy(text + n, "x59");
    refuses(text, "expands to more than 1000000 tokens");
    strcpy(text + n, "f(x59)");
    refuses(text, "expands to more than 1000000 tokens");
    strcpy(text + n, "t(x59)");
    refuses(text, "expands to more than 1000000 tokens");
    strcpy(text + n, "#if x59\n#endif");
    ck_assert_int_eq(run(text), -1);
    strcpy(text + n, "#define d(x) x x\nd(d(d(d(d(d(d(d(d(d(d(d(d(d(d(d(d(d(d(d(d(d(d(d(d(z)))))))))))))))))))))))))");
    refuses(text, "expands to more than 1000000 tokens");
}
END_TEST

START_TEST(paste_bomb)
{
    char text[4000] = "#define p0(x) x\n", line[80];
    for (int i = 1; i < 60; i++) {
        snprintf(line, sizeof line, "#define p%d(x) q(p%d(x),p%d(x))\n", i, i - 1, i - 1);
        strcat(text, line);
    }
    strcat(text, "#define q(x,y) r(x,y)\n#define r(x,y) x##y\np59(a)");
    ck_assert_int_eq(run(text), -1);
}
END_TEST

START_TEST(deep_nesting)
{
    char *text = repeat("#if 1\n", 100000, ""), *more;
    refuses(text, "#if without #endif");
    free(text);
    text = repeat("#if 0\n", 100000, "");
    refuses(text, "#if without #endif");
    free(text);
    text = repeat("(", 100000, "");
    more = malloc(strlen(text) + 10);
    sprintf(more, "#if %s", text);
    refuses(more, "nested deeper than");
    sprintf(more, "#if %s", (char *)memset(text, 0x7e, strlen(text)));
    refuses(more, "nested deeper than");
    free(more);
    free(text);
    text = repeat("f(", 100000, "");
    more = malloc(strlen(text) + 40);
    sprintf(more, "#define f(x) x\n%s", text);
    refuses(more, "are not closed");
    free(more);
    free(text);
    char *close = repeat(")", 1000, "");
    text = repeat("f(", 1000, close);
    more = malloc(strlen(text) + 40);
    sprintf(more, "#define f(x) x\n%s", text);
    refuses(more, "nested deeper than");
    free(more);
    free(text);
    free(close);
}
END_TEST

START_TEST(linear)
{
    char *text = repeat("#define A(x) x\nA(1) A(2)\n#undef A\n", 30000, "");
    ck_assert_int_eq(run(text), 60000);
    free(text);
    text = repeat("#if 0\n#endif\n", 50000, "x");
    ck_assert_int_eq(run(text), 1);
    free(text);
    text = repeat("#pragma push_macro(\"A\")\n", 50000, "");
    ck_assert_int_eq(run(text), 0);
    free(text);
    text = repeat("f(1,2,3)\n", 50000, "");
    char *all = malloc(strlen(text) + 60);
    sprintf(all, "#define f(x,y,z) x y z\n%s", text);
    ck_assert_int_eq(run(all), 150000);
    free(all);
    free(text);
    text = repeat("x ", 500000, ")");
    all = malloc(strlen(text) + 60);
    sprintf(all, "#define f(x) x\nf(%s", text);
    fresh_scope();
    ck_assert_int_eq(run(all), 500000);
    free(all);
    free(text);
}
END_TEST

START_TEST(set_limits)
{
    write_file("ten.h", "0123456789");
    write_file("one.h", "#include \"ten.h\"\n");
    options.limits.file_bytes = 9;
    refuses("#include <ten.h>", "ten.h' is larger than 9 bytes");
    options.limits.file_bytes = 20;
    options.limits.include_depth = 1;
    is("#include <ten.h>", "0123456789");
    refuses("#include <one.h>", "deeper than 1 levels");
    options.limits.include_depth = 2;
    options.limits.total_bytes = 1000;
    is("#include <ten.h>", "0123456789");
    refuses("#include <ten.h>\n#include <ten.h>", "the headers together are larger than 1000 bytes");
    options.limits.macro_tokens = 50;
    is("#define A 1 2 3 4 5 6 7\n#define B A A\nB B B", "1 2 3 4 5 6 7 1 2 3 4 5 6 7 1 2 3 4 5 6 7 1 2 3 4 5 6 7 1 2 3 4 5 6 7 1 2 3 4 5 6 7");
    refuses("#define A 1 2 3 4 5 6 7\n#define B A A A A\n#define C B B\nC", "expands to more than 50 tokens");
    options.limits.macro_tokens = 0;
    options.limits.total_tokens = 40;
    is("#define A 1 2 3\nA A", "1 2 3 1 2 3");
    refuses("#define A 1 2 3\nA A A A A A A A A A A", "the macros expand to more than 40 tokens together");
    refuses("#define A\nA A A A A A A A A A A A A A A A A A A A A A A A A A A A A A A A A A A A A A A A A", "more than 40 tokens together");
}
END_TEST

/* A gigabyte that is not there. */
START_TEST(large_file)
{
    char path[200];
    write_file("large.h", "");
    snprintf(path, sizeof path, "%s/large.h", dir);
    ck_assert_int_eq(truncate(path, 1 << 30), 0);
    refuses("#include <large.h>", "large.h' is larger than 67108864 bytes");
}
END_TEST

START_TEST(many_includes)
{
    write_file("b.h", "#include <c.h>\n#include <c.h>\n#include <c.h>\n#include <c.h>\n");
    write_file("c.h", "#include <d.h>\n#include <d.h>\n#include <d.h>\n#include <d.h>\n");
    write_file("d.h", "#include <e.h>\n#include <e.h>\n#include <e.h>\n#include <e.h>\n");
    write_file("e.h", "x\n");
    is("#include <b.h>\n", output);
    ck_assert_int_eq(run("#include <b.h>\n"), 64);
}
END_TEST

START_TEST(embedded_nul)
{
    ck_assert_int_eq(run_n("#define A b\0c\nA", 15), -1);
    ck_assert_int_eq(run_n("#if 1\0\n#endif\n", 14), -1);
    ck_assert_int_eq(run_n("#include <a\0b>\n", 15), -1);
    ck_assert_int_eq(run_n("#error a\0b\n", 11), -1);
}
END_TEST

/* ---------------------------------------------------------------- macros as values */

static CdeclScope *values;

static void must_declare(const char *text)
{
    CdeclError err = {0};
    ck_assert_msg(cdecl_parse(values, text, strlen(text), NULL, &err) == 0, "%s", err.report);
}

static const CdeclSymbol *find(const char *name)
{
    return cdecl_find(values, name, strlen(name));
}

static void int_is(const char *name, long long expected, const char *type)
{
    char spelled[80];
    const CdeclSymbol *s = find(name);
    ck_assert_msg(s && s->kind == CDECL_CONSTANT && s->value.kind == CDECL_V_INT, "%s", name);
    ck_assert_msg((long long)s->value.bits.lo == expected, "%s is %lld", name, (long long)s->value.bits.lo);
    abi_spell((AbiQType){s->value.type, 0}, "", ABI_SPELL_C, spelled, sizeof spelled, NULL);
    ck_assert_str_eq(spelled, type);
    ck_assert_str_eq(s->name, name);
}

START_TEST(macro_values)
{
    values = cdecl_scope_new(graph);
    must_declare("#define A 3\n#define B (A << 2)\n#define C 'x'\n#define D 1.5f\n#define E \"a\" \"b\"\n#define F 0xFFu\n"
            "#define LATE (sizeof(struct late) + B)\nstruct late { int x[A]; };\n#define NEG -5\n#define M (-9223372036854775807LL - 1)\n"
            "#define g f64\n#define G (g)\ndouble f64(double);\n#define stdin stdin\nextern int stdin;\n#define NONE\n"
            "#define PARENS (A) + (B)\n#define SEMI ;\n#define CALL f64(1)\n#define SELF SELF\n#define INCOMPLETE sizeof(struct nowhere)\n#define fn(x) x\n");
    int_is("A", 3, "int");
    int_is("B", 12, "int");
    int_is("C", 120, "int");
    int_is("F", 255, "unsigned int");
    int_is("LATE", 24, "unsigned long");
    int_is("NEG", -5, "int");
    int_is("PARENS", 15, "int");
    int_is("M", INT64_MIN, "long long");
    ck_assert_int_eq(find("D")->value.kind, CDECL_V_REAL);
    ck_assert(cdecl_real(&find("D")->value) == 1.5L);
    ck_assert_int_eq(find("E")->value.kind, CDECL_V_STRING);
    ck_assert_uint_eq(find("E")->value.string.len, 2);
    ck_assert_mem_eq(find("E")->value.string.data, "ab", 2);
    const CdeclSymbol *g = find("g");
    ck_assert_int_eq(g->kind, CDECL_FUNCTION);
    ck_assert_str_eq(g->name, "g");
    ck_assert_str_eq(g->link_name, "f64");
    ck_assert_str_eq(find("G")->link_name, "f64");
    ck_assert_int_eq(find("stdin")->kind, CDECL_VARIABLE);
    static const char *const none[] = {"NONE", "SEMI", "CALL", "SELF", "INCOMPLETE", "fn", "UNKNOWN", "__GNUC__no"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        ck_assert_msg(find(none[i]) == NULL, "%s", none[i]);
    cdecl_scope_free(values);
}
END_TEST

START_TEST(macro_values_of_headers)
{
    values = cdecl_scope_new(graph);
    must_declare("#define __STDC_WANT_IEC_60559_BFP_EXT__\n#include <errno.h>\n#include <limits.h>\n#include <stdio.h>\n#include <math.h>\n"
                 "#include <tgmath.h>\n");
    int_is("__HAVE_BUILTIN_TGMATH", 1, "int"); /* begins and ends with parentheses that do not match */
    ck_assert(find("LONG_LONG_MAX") == NULL); /* not with the GNU libc, unless _GNU_SOURCE */
    int_is("EINTR", 4, "int");
    int_is("ULONG_MAX", -1, "unsigned long");
    int_is("EOF", -1, "int");
    ck_assert_ptr_eq(find("EINTR"), find("EINTR"));
    ck_assert_ptr_nonnull(strstr(find("EINTR")->file, "errno-base.h"));
    ck_assert_uint_gt(find("EINTR")->line, 1);
    ck_assert_int_eq(find("M_PI")->value.kind, CDECL_V_REAL);
    ck_assert(cdecl_real(&find("INFINITY")->value) == (long double)__builtin_inff());
    ck_assert_ptr_eq(find("INFINITY")->value.type, abi_primitive(graph, ABI_P_FLOAT));
    ck_assert(cdecl_real(&find("NAN")->value) != cdecl_real(&find("NAN")->value));
    ck_assert(cdecl_real(&find("SNAN")->value) != cdecl_real(&find("SNAN")->value));
    ck_assert_ptr_eq(find("SNANF")->value.type, abi_primitive(graph, ABI_P_FLOAT));
    ck_assert_ptr_eq(find("HUGE_VALL")->value.type, abi_primitive(graph, ABI_P_LDOUBLE));
    size_t before = cdecl_symbol_count(values);
    CdeclMacro m;
    ck_assert(cdecl_macro_find(values, "EINTR", 5, &m));
    ck_assert_str_eq(m.body, "4\t/* Interrupted system call */");
    ck_assert(!m.own && !m.function_like);
    ck_assert(!cdecl_macro_find(values, "NOT_A_MACRO", 11, &m));
    size_t listed = 0;
    for (size_t i = 0; i < cdecl_macro_count(values); i++)
        listed += cdecl_macro_at_index(values, i, &m);
    ck_assert_uint_gt(listed, 300);
    ck_assert_uint_eq(cdecl_symbol_count(values), before);
    cdecl_scope_free(values);
}
END_TEST

START_TEST(macro_values_follow)
{
    values = cdecl_scope_new(graph);
    must_declare("#define A (B + 1)\n#define B (1)\n");
    must_declare("#undef B\n#define B (5)\n");
    int_is("B", 5, "int");
    int_is("A", 6, "int");
    CdeclScope *including = cdecl_scope_new(graph), *included = values;
    CdeclError err = {0};
    ck_assert_int_eq(cdecl_scope_include(including, values, &err), 0);
    values = including;
    int_is("A", 6, "int");
    cdecl_scope_free(including);
    cdecl_scope_free(included);
}
END_TEST

static CdeclValue int_value(int v)
{
    return cdecl_int_value(abi_primitive(graph, ABI_P_INT), (AbiWide){(uint64_t)(int64_t)v, v < 0 ? UINT64_MAX : 0});
}

static CdeclApplied applied;
static CdeclError apply_error;

/* Apply NAME to the first N of ARGS; what it asks for at first is answered with the M RESULTS. */
static int apply(const char *name, const CdeclValue *args, size_t n, const CdeclValue *results, size_t m)
{
    CdeclEffects effects = {0};
    int state;
    for (size_t i = 0;; i++) {
        cdecl_applied_clear(&applied);
        state = cdecl_macro_apply(values, name, strlen(name), args, n, &effects, &applied, &apply_error);
        if (i == m)
            break;
        ck_assert_int_eq(state, 1);
        ck_assert_int_eq(cdecl_effects_add(&effects, &results[i]), 0);
    }
    cdecl_effects_free(&effects);
    return state;
}

static void apply_fails(const char *name, const CdeclValue *args, size_t n, const char *message)
{
    ck_assert_int_eq(apply(name, args, n, NULL, 0), -1);
    ck_assert_msg(strstr(apply_error.msg, message) != NULL, "%s", apply_error.msg);
}

START_TEST(macro_calls)
{
    CdeclValue args[2] = {int_value(0x1234), int_value(-7)};
    values = cdecl_scope_new(graph);
    must_declare("#include <sys/wait.h>\n#define ADD(x, y) ((x) + (y))\n#define SIZE(x) sizeof(x)\n#define HALF(x) ((x) / 2.0)\n"
            "#define TEXT(x) #x x\n#define BAD(x) x ;\n#define V(...) (0, ## __VA_ARGS__)\n#define OBJECT 3\nint variable;\n"
            "#define VAR(x) (variable + x)\n");
    ck_assert_int_eq(apply("WEXITSTATUS", args, 1, NULL, 0), 0);
    ck_assert_uint_eq(applied.value.bits.lo, 0x12);
    ck_assert_int_eq(apply("ADD", args, 2, NULL, 0), 0);
    ck_assert_uint_eq(applied.value.bits.lo, 0x1234 - 7);
    ck_assert_int_eq(apply("SIZE", args, 1, NULL, 0), 0);
    ck_assert_uint_eq(applied.value.bits.lo, sizeof(int));
    ck_assert_int_eq(apply("HALF", args + 1, 1, NULL, 0), 0);
    ck_assert(applied.value.kind == CDECL_V_REAL && cdecl_real(&applied.value) == -3.5L);
    args[0] = (CdeclValue){.kind = CDECL_V_STRING, .string = {"a\"b", 3}};
    ck_assert_int_eq(apply("SIZE", args, 1, NULL, 0), 0);
    ck_assert_uint_eq(applied.value.bits.lo, 4);
    args[0] = cdecl_real_value(abi_primitive(graph, ABI_P_DOUBLE), 0.1);
    ck_assert_int_eq(apply("ADD", args, 2, NULL, 0), 0);
    ck_assert(cdecl_real(&applied.value) == (long double)(0.1 - 7));
    apply_fails("ADD", args, 1, "needs 2 arguments");
    apply_fails("BAD", args, 1, "no expression of declared names");
    args[0] = int_value(1);
    ck_assert_int_eq(apply("VAR", args, 1, NULL, 0), 1);
    ck_assert(applied.wants_address);
    ck_assert_str_eq(applied.symbol->name, "variable");
    apply_fails("OBJECT", args, 0, "no macro 'OBJECT' with arguments");
    apply_fails("UNKNOWN", args, 1, "no macro 'UNKNOWN'");
    args[0] = cdecl_real_value(abi_primitive(graph, ABI_P_LDOUBLE), __builtin_infl());
    ck_assert_int_eq(apply("HALF", args, 1, NULL, 0), 0);
    ck_assert(cdecl_real(&applied.value) == __builtin_infl());
    apply_fails("TEXT", args, 1, "no expression");
    cdecl_error_clear(&apply_error);
    cdecl_scope_free(values);
}
END_TEST

static CdeclValue wide_value(AbiPrim prim, uint64_t lo)
{
    return cdecl_int_value(abi_primitive(graph, prim), (AbiWide){lo, 0});
}

/* # and ## see the constant that one would write, and it has the argument's type. */
START_TEST(macro_arguments_as_written)
{
    CdeclValue args[1] = {int_value(-7)};
    values = cdecl_scope_new(graph);
    must_declare("#define L(x) x ## L\n#define UL(x) x ## UL\n#define TEXT(x) #x\n#define SIZE(x) sizeof(x)\n#define SAME(x) x\n");
    ck_assert_int_eq(apply("L", args, 1, NULL, 0), 0);
    ck_assert_int_eq((int)applied.value.bits.lo, -7);
    ck_assert_ptr_eq(applied.value.type, abi_primitive(graph, ABI_P_LONG));
    ck_assert_int_eq(apply("TEXT", args, 1, NULL, 0), 0);
    ck_assert_str_eq(applied.value.string.data, "-7");
    args[0] = wide_value(ABI_P_ULONG, (uint64_t)1 << 63);
    ck_assert_int_eq(apply("UL", args, 1, NULL, 0), 0);
    ck_assert_uint_eq(applied.value.bits.lo, (uint64_t)1 << 63);
    static const struct { AbiPrim prim; uint64_t value; } same[] = {
        {ABI_P_LONG, 3}, {ABI_P_LONG, (uint64_t)1 << 40}, {ABI_P_ULONG, 3}, {ABI_P_ULONG, UINT64_MAX}, {ABI_P_UINT, 3}, {ABI_P_INT, INT32_MAX},
        {ABI_P_SHORT, 3}, {ABI_P_LLONG, 3}, {ABI_P_LONG, INT64_MAX}, {ABI_P_UCHAR, 255}, {ABI_P_LONG, INT32_MAX + (uint64_t)1}};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        args[0] = wide_value(same[i].prim, same[i].value);
        ck_assert_int_eq(apply("SAME", args, 1, NULL, 0), 0);
        ck_assert_uint_eq(applied.value.bits.lo, same[i].value);
        ck_assert_ptr_eq(applied.value.type, args[0].type);
    }
    args[0] = int_value(INT32_MIN);
    ck_assert_int_eq(apply("SAME", args, 1, NULL, 0), 0);
    ck_assert_ptr_eq(applied.value.type, args[0].type);
    cdecl_applied_clear(&applied);
    cdecl_scope_free(values);
}
END_TEST

/* What calls functions says which, the innermost first, and goes on with their results. */
START_TEST(macro_calls_functions)
{
    CdeclValue args[2] = {int_value(5), int_value(6)}, results[2] = {int_value(70), int_value(-800)};
    values = cdecl_scope_new(graph);
    must_declare("int f(int, long);\nint g(void);\n#define F(x, y) (f((x) + 1, (y) * 2L) + 1)\n#define G(x) (x + f(g(), (x)))\n"
                 "#define C(x) ((x) ? g() : 0)\n#define H(x) g\n#define I(x) (g)() + x\n"
                 "#define W(x) ((f(g(), (x))))\n#define P(x) (g)+(g())\n"
                 "#define S(x) (sizeof(f(x, 1)) + sizeof g() + f(sizeof(int), x))\n");
    ck_assert_int_eq(apply("S", args, 1, NULL, 0), 1);
    ck_assert_uint_eq(applied.args[0].bits.lo, sizeof(int));
    ck_assert_int_eq(apply("S", args, 1, results, 1), 0);
    ck_assert_uint_eq(applied.value.bits.lo, 4 + 4 + 70);
    ck_assert_int_eq(apply("F", args, 2, NULL, 0), 1);
    ck_assert_str_eq(applied.symbol->name, "f");
    ck_assert(!applied.whole);
    ck_assert_uint_eq(applied.n_args, 2);
    ck_assert_uint_eq(applied.args[0].bits.lo, 6);
    ck_assert_uint_eq(applied.args[1].bits.lo, 12);
    ck_assert_ptr_eq(applied.args[1].type, abi_primitive(graph, ABI_P_LONG));
    ck_assert_int_eq(apply("F", args, 2, results, 1), 0);
    ck_assert_uint_eq(applied.value.bits.lo, 71);
    ck_assert_int_eq(apply("G", args, 1, NULL, 0), 1);
    ck_assert_str_eq(applied.symbol->name, "g");
    ck_assert_uint_eq(applied.n_args, 0);
    ck_assert_int_eq(apply("G", args, 1, results, 1), 1);
    ck_assert_str_eq(applied.symbol->name, "f");
    ck_assert_uint_eq(applied.args[0].bits.lo, 70);
    ck_assert_uint_eq(applied.args[1].bits.lo, 5);
    ck_assert_int_eq(apply("G", args, 1, results, 2), 0);
    ck_assert_int_eq((int)applied.value.bits.lo, 5 - 800);
    ck_assert_int_eq(apply("W", args, 1, NULL, 0), 1);
    ck_assert(!applied.whole);
    ck_assert_int_eq(apply("W", args, 1, results, 1), 1);
    ck_assert(applied.whole);
    ck_assert_int_eq(apply("P", args, 1, NULL, 0), 1);
    ck_assert(!applied.whole);
    ck_assert_int_eq(apply("C", args, 1, results, 1), 0);
    ck_assert_uint_eq(applied.value.bits.lo, 70);
    args[0] = int_value(0);
    ck_assert_int_eq(apply("C", args, 1, NULL, 0), 0);
    ck_assert_uint_eq(applied.value.bits.lo, 0);
    ck_assert_int_eq(apply("H", args, 1, NULL, 0), 1);
    ck_assert(applied.wants_address && strcmp(applied.symbol->name, "g") == 0);
    ck_assert_int_eq(apply("I", args, 1, results, 1), 0);
    ck_assert_uint_eq(applied.value.bits.lo, 70);
    cdecl_applied_clear(&applied);
    cdecl_error_clear(&apply_error);
    cdecl_scope_free(values);
}
END_TEST

/* cffi's forms are constants of the scope at once. */
START_TEST(defines_as_in_cffi)
{
    values = cdecl_scope_new(graph);
    must_declare("#define N 3\n#define H 0x10\n#define NEG -4\n#define L 5UL\n#define UNKNOWN ...\nint a[N];\nstruct s { int N; };\n"
            "#define C 'c'\nenum e { X = N };\n");
    int_is("N", 3, "int");
    int_is("H", 16, "int");
    int_is("NEG", -4, "int");
    int_is("L", 5, "unsigned long");
    ck_assert_uint_eq(find("a")->type.type->length, 3);
    ck_assert_uint_ne(find("UNKNOWN")->flags & CDECL_S_NEEDS_COMPILER, 0);
    must_declare("#define N 3\n"); /* again, the same */
    CdeclError err = {0};
    ck_assert_int_eq(cdecl_parse(values, "#define N 4", 11, NULL, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.msg, "multiple declarations of constant 'N'"));
    cdecl_error_clear(&err);
    CdeclOptions again = {.override = true};
    ck_assert_int_eq(cdecl_parse(values, "#define N 4", 11, &again, &err), 0);
    int_is("N", 4, "int");
    cdecl_scope_free(values);
}
END_TEST

/* ---------------------------------------------------------------- the target's own macros */

START_TEST(predefined)
{
    static const char *const holds[] = {
        "__SIZEOF_POINTER__ == sizeof(void *)", "__SIZEOF_LONG__ == sizeof(long)", "__CHAR_BIT__ == 8",
        "__INT_MAX__ == (int)(~0u >> 1)", "__LONG_MAX__ == (long)(~0ul >> 1)", "__SIZE_MAX__ == (__SIZE_TYPE__)-1",
        "__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ || __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__",
        "sizeof(__INT64_TYPE__) == 8", "sizeof(__UINT_LEAST16_TYPE__) == 2", "sizeof(__WCHAR_TYPE__) == __SIZEOF_WCHAR_T__",
        "(__INT8_TYPE__)-1 < 0", "__INT64_C(1) == 1", "__FLT_MANT_DIG__ == 24", "__DBL_MAX_EXP__ == 1024", "__linux__", "__ELF__",
        "__STDC__", "__STDC_VERSION__ >= 201112L", "__GNUC__ >= 12", "__SCHAR_MAX__ == 127", "sizeof(__INTMAX_TYPE__) == 8",
    };
    char text[200];
    values = cdecl_scope_new(graph);
    must_declare("#if 1\n#endif\n");
    for (size_t i = 0; i < sizeof holds / sizeof *holds; i++) {
        snprintf(text, sizeof text, "_Static_assert(%s, \"\");", holds[i]);
        must_declare(text);
    }
    cdecl_scope_free(values);
}
END_TEST

Suite *preprocess_suite(void);
Suite *preprocess_suite(void)
{
    Suite *suite = suite_create("preprocess");
    TCase *tc = tcase_create("tokens"), *files = tcase_create("files"), *limits = tcase_create("limits");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, object_like);
    tcase_add_test(tc, function_like);
    tcase_add_test(tc, rescanning);
    tcase_add_test(tc, stringify);
    tcase_add_test(tc, paste);
    tcase_add_test(tc, variadic);
    tcase_add_test(tc, va_opt);
    tcase_add_test(tc, builtins);
    tcase_add_test(tc, plain_names);
    tcase_add_test(tc, without_directives);
    tcase_add_test(tc, conditionals);
    tcase_add_test(tc, arithmetic);
    tcase_add_test(tc, refusals);
    tcase_add_test(tc, macro_in_message);
    tcase_add_test(tc, pragma_pack);
    tcase_add_test(tc, pragma_malformed);
    tcase_add_test(tc, pragma_macros);
    tcase_add_test(tc, no_compiler_headers);
    tcase_add_test(tc, macros_outlive_the_text);
    tcase_add_test(tc, option_macros);
    tcase_add_test(tc, embedded_nul);
    tcase_add_test(tc, macro_values);
    tcase_add_test(tc, macro_values_of_headers);
    tcase_add_test(tc, macro_values_follow);
    tcase_add_test(tc, macro_calls);
    tcase_add_test(tc, macro_calls_functions);
    tcase_add_test(tc, macro_arguments_as_written);
    tcase_add_test(tc, defines_as_in_cffi);
    tcase_add_test(tc, predefined);
    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(files, make_dir, remove_dir);
    tcase_add_test(files, includes);
    tcase_add_test(files, include_next);
    tcase_add_test(files, guards);
    tcase_add_test(files, once_under_two_names);
    tcase_add_test(files, trail);
    tcase_add_test(files, texts_come_and_go);
    tcase_add_test(files, bad_files);
    tcase_add_test(files, fifo);
    tcase_add_test(files, odd_files);
    tcase_add_test(files, x_macros);
    tcase_add_test(files, rollback);
    tcase_add_test(files, single_tokens);
    tcase_add_test(files, many_includes);
    tcase_add_test(files, set_limits);
    tcase_add_test(files, large_file);
    suite_add_tcase(suite, files);
    tcase_add_checked_fixture(limits, setup, teardown);
    tcase_set_timeout(limits, 120);
    tcase_add_test(limits, macro_bombs);
    tcase_add_test(limits, paste_bomb);
    tcase_add_test(limits, deep_nesting);
    tcase_add_test(limits, linear);
    suite_add_tcase(suite, limits);
    return suite;
}
