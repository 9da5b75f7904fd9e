/* Texts that are odd as bytes: NUL, broken UTF-8, carriage returns, form feeds, no end of line, no end at all. */
#include "parser/cdecl.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

typedef struct Result {
    int status;
    CdeclError err;
    char declared[400]; /* "LINE: declaration; ..." */
} Result;

static Result declare(const char *text, size_t len) {
    Result r = {0};
    AbiGraph *graph = abi_graph_new();
    CdeclScope *scope = cdecl_scope_new(graph);
    r.status = cdecl_parse(scope, text, len, NULL, &r.err);
    for (size_t i = 0, at = 0; i < cdecl_symbol_count(scope) && at < sizeof r.declared; i++) {
        char one[100];
        const CdeclSymbol *s = cdecl_symbol_at(scope, i);
        cdecl_spell(s, one, sizeof one);
        at += (size_t)snprintf(r.declared + at, sizeof r.declared - at, "%s%u: %s", i ? "; " : "", s->line, one);
    }
    cdecl_scope_free(scope);
    abi_graph_free(graph);
    return r;
}

static void expect_report(const char *text, size_t len, const char *report) {
    Result r = declare(text, len);
    ck_assert_int_eq(r.status, -1);
    ck_assert_ptr_nonnull(r.err.report);
    ck_assert_str_eq(r.err.report, report);
    ck_assert_str_eq(r.declared, "");
    cdecl_error_clear(&r.err);
}

static void expect_declared(const char *text, size_t len, const char *declared) {
    Result r = declare(text, len);
    ck_assert_msg(r.status == 0, "%s", r.err.report);
    ck_assert_str_eq(r.declared, declared);
}

#define REPORT(text, report) expect_report(text, sizeof(text) - 1, report)
#define DECLARED(text, declared) expect_declared(text, sizeof(text) - 1, declared)

/* ---------------------------------------------------------------- NUL */

START_TEST(nul_does_not_end_the_text) {
    REPORT("int a;\0int b;", "cdef:1:7: NUL byte in the text\nint a;?int b;\n      ^");
    REPORT("int a;\0", "cdef:1:7: NUL byte in the text\nint a;?\n      ^");
    REPORT("\0", "cdef:1:1: NUL byte in the text\n?\n^");
    REPORT("int\nna\0me;", "cdef:2:3: NUL byte in the text\nna?me;\n  ^");
    REPORT("struct s { int \0a; };", "cdef:1:16: NUL byte in the text\nstruct s { int ?a; };\n               ^");
}
END_TEST

START_TEST(nul_in_literals) {
    REPORT("int a = '\0';", "cdef:1:10: NUL byte in the text\nint a = '?';\n         ^");
    REPORT("char s[] = \"a\0b\";", "cdef:1:14: NUL byte in the text\nchar s[] = \"a?b\";\n             ^");
    REPORT("int a = L'\\\0';", "cdef:1:9: missing terminating '\nint a = L'\\?';\n        ^~");
}
END_TEST

START_TEST(nul_in_directives) {
    REPORT("#define \0 1\n", "cdef:1:9: a name is expected here\n#define ? 1\n        ^");
    REPORT("#define N 1\0\nint a[N];", "cdef:2:7: NUL byte in the text\nint a[N];\n      ^\n"
                                       "cdef:1:9: note: in the expansion of macro 'N'\n#define N 1?\n        ^");
}
END_TEST

START_TEST(nul_where_nobody_looks) {
    DECLARED("/* \0 */ int a; // \0 x\nint b;", "1: int a; 2: int b");
    DECLARED("#if 0\n\0\n#endif\nint a;", "4: int a");
}
END_TEST

START_TEST(nul_in_a_type) {
    AbiQType type;
    CdeclError err = {0};
    AbiGraph *graph = abi_graph_new();
    CdeclScope *scope = cdecl_scope_new(graph);
    ck_assert_int_eq(cdecl_parse_type(scope, "int\0", 4, &type, &err), -1);
    ck_assert_str_eq(err.report, "type:1:4: NUL byte in the text\nint?\n   ^");
    ck_assert_int_eq(cdecl_parse_type(scope, "int *\0*", 7, &type, &err), -1);
    ck_assert_str_eq(err.report, "type:1:6: NUL byte in the text\nint *?*\n     ^");
    cdecl_error_clear(&err);
    cdecl_scope_free(scope);
    abi_graph_free(graph);
}
END_TEST

/* ---------------------------------------------------------------- UTF-8 */

START_TEST(broken_utf8) {
    REPORT("int a;\xff int b;", "cdef:1:7: the text is not valid UTF-8 here\nint a;? int b;\n      ^");
    REPORT("int \xc3;", "cdef:1:5: the text is not valid UTF-8 here\nint ?;\n    ^");
    REPORT("int a\xc3(void);", "cdef:1:6: the text is not valid UTF-8 here\nint a?(void);\n     ^");
    REPORT("int a\xe2\x82", "cdef:1:6: the text is not valid UTF-8 here\nint a??\n     ^");
}
END_TEST

START_TEST(overlong_surrogates_and_too_large) {
    REPORT("int \xc0\xaf;", "cdef:1:5: the text is not valid UTF-8 here\nint ??;\n    ^");
    REPORT("int \xe0\x80\xaf;", "cdef:1:5: the text is not valid UTF-8 here\nint ???;\n    ^");
    REPORT("int \xed\xa0\x80;", "cdef:1:5: the text is not valid UTF-8 here\nint ???;\n    ^");
    REPORT("int \xf4\x90\x80\x80;", "cdef:1:5: the text is not valid UTF-8 here\nint ????;\n    ^");
}
END_TEST

START_TEST(other_bytes_where_nobody_looks) {
    DECLARED("// \xff\nint a; /* \xc3 */", "2: int a");
    DECLARED("#if 0\n\xff\n#endif\nint a;", "4: int a");
    DECLARED("int f(void) { /* \xff */ }", "1: int f(void)");
}
END_TEST

START_TEST(identifiers_in_utf8) {
    DECLARED("int \xc3\xa9t\xc3\xa9;", "1: int \xc3\xa9t\xc3\xa9");
    DECLARED("\xef\xbb\xbfint a;", "1: int a"); /* a byte order mark at the very start */
    DECLARED("\xef\xbb\xbf", "");
    REPORT("\xef\xbb", "cdef:1:1: the text is not valid UTF-8 here\n??\n^");
    REPORT("uint31_t \xc3\xa9;", "cdef:1:1: unknown type name 'uint31_t'; did you mean 'uint32_t'?\nuint31_t \xc3\xa9;\n^~~~~~~~");
    REPORT("int \xc3\xa9\xc3\xa9; xxx y;", "cdef:1:9: unknown type name 'xxx'\nint \xc3\xa9\xc3\xa9; xxx y;\n        ^~~");
}
END_TEST

START_TEST(characters_without_meaning) {
    REPORT("int a@b;", "cdef:1:6: this character has no meaning in C here\nint a@b;\n     ^");
    REPORT("\x1a", "cdef:1:1: this character has no meaning in C here\n?\n^");
    REPORT("int a;\x7f", "cdef:1:7: this character has no meaning in C here\nint a;?\n      ^");
    REPORT("int a; \\ b", "cdef:1:8: this character has no meaning in C here\nint a; \\ b\n       ^");
}
END_TEST

/* ---------------------------------------------------------------- lines */

START_TEST(carriage_return_and_newline) {
    DECLARED("int a;\r\nint b\r\n;\r\nint c;\r\n", "1: int a; 2: int b; 4: int c");
    DECLARED("#define N 3\r\nint a[N];\r\n", "1: #define N 3; 2: int a[3]");
    DECLARED("#define N \\\r\n 3\r\nint a[N];\r\n", "1: #define N 3; 3: int a[3]");
    DECLARED("// c \\\r\nint a;\r\nint b;", "3: int b");
    DECLARED("#if 1\r\nint a;\r\n#else\r\nint b;\r\n#endif\r\n", "2: int a");
    REPORT("int a;\r\nxxx b;\r\n", "cdef:2:1: unknown type name 'xxx'\nxxx b;\n^~~");
    REPORT("int a\r\n", "cdef:1:6: missing ';' at the end of the text\nint a\n     ^");
}
END_TEST

/* A carriage return by itself is white space, as for GCC: lines that end so are one line. */
START_TEST(carriage_return_alone) {
    DECLARED("int a;\rint b;", "1: int a; 1: int b");
    DECLARED("int a; // x\rint b;\nint c;", "1: int a; 2: int c");
    REPORT("int a;\rxxx b;\r", "cdef:1:8: unknown type name 'xxx'\nint a;?xxx b;\n       ^~~");
}
END_TEST

START_TEST(form_feeds_and_tabs) {
    DECLARED("int\fa;\vint b;\f\n\fint\tc;", "1: int a; 1: int b; 2: int c");
    DECLARED("#define\fN\v3\nint a[N];\f", "1: #define N 3; 2: int a[3]");
    DECLARED("\f#define N 3\nint a[N];", "1: #define N 3; 2: int a[3]");
    REPORT("int a;\f\txxx b;", "cdef:1:9: unknown type name 'xxx'\nint a;?\txxx b;\n       \t^~~");
}
END_TEST

START_TEST(no_newline_at_the_end) {
    DECLARED("int a;", "1: int a");
    DECLARED("", "");
    DECLARED(" \n\t", "");
    DECLARED("// x", "");
    DECLARED("// x\\", "");
    DECLARED("#define N 3", "1: #define N 3");
    DECLARED("#", "");
    DECLARED("int a;\n#if 1\nint b;\n#endif", "1: int a; 3: int b");
    REPORT("int a", "cdef:1:6: missing ';' at the end of the text\nint a\n     ^");
    REPORT("/* x", "cdef:1:1: this comment is never closed: '*/' is missing\n/* x\n^~");
    REPORT("'", "cdef:1:1: missing terminating '\n'\n^");
    REPORT("\"", "cdef:1:1: missing terminating \"\n\"\n^");
    REPORT("#if 1", "cdef:1:1: #if without #endif\n#if 1\n^~~");
    REPORT("#define F(x) x\nint F(a", "cdef:2:5: the arguments of macro 'F' are not closed: ')' is missing\nint F(a\n    ^\n"
                                      "cdef:1:9: note: in the expansion of macro 'F'\n#define F(x) x\n        ^");
}
END_TEST

/* Lines are counted on from the name before, which may be further on. */
START_TEST(joined_lines) {
    DECLARED("int \\\nx; int y;\nint z;", "2: int x; 2: int y; 3: int z");
    DECLARED("\\\nint x;\\\n\\\nint y;\nint z;", "2: int x; 4: int y; 5: int z");
    DECLARED("int f(struct s\n*, struct\nt *); int\ng(enum \\\ne *);\nint h;",
             "1: int f(struct s *, struct t *); 4: int g(enum e *); 6: int h");
    DECLARED("# 7 \"f.h\"\nint f(struct s\n*);\n# 3 \"g.h\"\nint g; int \\\nh;\nint i;",
             "7: int f(struct s *); 3: int g; 4: int h; 5: int i");
    DECLARED("# 0 \"f.h\"\nint a;\nint b;\nint c;", "1: int a; 1: int b; 2: int c");
    DECLARED("#define M 1\n\nint a;\n#define N 2\n", "1: #define M 1; 3: int a; 4: #define N 2");
    REPORT("int \\\n\\\na;\n xxx b;", "cdef:4:2: unknown type name 'xxx'\n xxx b;\n ^~~");
}
END_TEST

/* Lines are counted many bytes at a time: short and long stretches, of blank lines and of others. */
START_TEST(many_lines) {
    static const size_t counts[] = {0, 1, 2, 7, 15, 16, 17, 31, 32, 33, 63, 64, 100, 254, 255, 256, 4063, 4064, 4065, 8200, 20000};
    static char text[70000];
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        for (size_t blanks = 0; blanks < 3; blanks++) {
            char expected[60];
            size_t n = 0;
            for (size_t k = 0; k < counts[i]; k++) {
                memset(text + n, ' ', blanks);
                n += blanks;
                text[n++] = '\n';
            }
            n += (size_t)snprintf(text + n, sizeof text - n, "int x;\n\nint y;");
            snprintf(expected, sizeof expected, "%zu: int x; %zu: int y", counts[i] + 1, counts[i] + 3);
            expect_declared(text, n, expected);
        }
    }
}
END_TEST

/* Was: a line that begins with what is no token did not end the directive before it. */
START_TEST(no_token_behind_a_directive) {
    DECLARED("#if 0\n'tis nothing\n#endif\nint a;", "4: int a");
    DECLARED("#if 0\n@\n#else\nint a;\n#endif", "4: int a");
    REPORT("#undef X\n@", "cdef:2:1: this character has no meaning in C here\n@\n^");
}
END_TEST

/* ---------------------------------------------------------------- length */

/* The text is not read: no byte of it can be. */
START_TEST(too_long) {
    static const size_t sizes[] = {(size_t)1 << 31, (size_t)1 << 32, ((size_t)1 << 32) + 5, SIZE_MAX / 2, SIZE_MAX};
    char *text = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    AbiGraph *graph = abi_graph_new();
    CdeclScope *scope = cdecl_scope_new(graph);
    ck_assert_ptr_ne(text, MAP_FAILED);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        AbiQType type;
        CdeclError err = {0};
        ck_assert_int_eq(cdecl_parse(scope, text, sizes[i], NULL, &err), -1);
        ck_assert_int_eq(err.code, CDECL_E_SOURCE_TOO_LONG);
        ck_assert_int_eq(err.category, CDECL_CAT_LIMIT);
        ck_assert_str_eq(err.msg, "the text is longer than 2 GB");
        ck_assert_int_eq(cdecl_parse_type(scope, text, sizes[i], &type, &err), -1);
        ck_assert_int_eq(err.code, CDECL_E_SOURCE_TOO_LONG);
        cdecl_error_clear(&err);
    }
    ck_assert_int_eq(cdecl_parse(scope, "int a;", 6, NULL, NULL), 0);
    cdecl_scope_free(scope);
    abi_graph_free(graph);
    munmap(text, 4096);
}
END_TEST

Suite *input_suite(void) {
    Suite *s = suite_create("input");
    TCase *c = tcase_create("bytes");
    tcase_add_test(c, nul_does_not_end_the_text);
    tcase_add_test(c, nul_in_literals);
    tcase_add_test(c, nul_in_directives);
    tcase_add_test(c, nul_where_nobody_looks);
    tcase_add_test(c, nul_in_a_type);
    tcase_add_test(c, broken_utf8);
    tcase_add_test(c, overlong_surrogates_and_too_large);
    tcase_add_test(c, other_bytes_where_nobody_looks);
    tcase_add_test(c, identifiers_in_utf8);
    tcase_add_test(c, characters_without_meaning);
    tcase_add_test(c, carriage_return_and_newline);
    tcase_add_test(c, carriage_return_alone);
    tcase_add_test(c, form_feeds_and_tabs);
    tcase_add_test(c, no_newline_at_the_end);
    tcase_add_test(c, many_lines);
    tcase_add_test(c, joined_lines);
    tcase_add_test(c, no_token_behind_a_directive);
    tcase_add_test(c, too_long);
    suite_add_tcase(s, c);
    return s;
}
