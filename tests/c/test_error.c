/* Reports: place, source line, caret, notes. */
#include "parser/cdecl.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static CdeclError parse_named(const char *text, size_t len, const char *name) {
    AbiGraph *graph = abi_graph_new();
    CdeclScope *scope = cdecl_scope_new(graph);
    CdeclOptions options = {.name = name};
    CdeclError err = {0};
    ck_assert_int_eq(cdecl_parse(scope, text, len, &options, &err), -1);
    cdecl_scope_free(scope);
    abi_graph_free(graph);
    return err;
}

static void check_report(const char *text, size_t len, const char *want) {
    CdeclError err = parse_named(text, len, NULL);
    ck_assert_ptr_nonnull(err.report);
    ck_assert_str_eq(err.report, want);
    cdecl_error_clear(&err);
    ck_assert_ptr_null(err.report);
}

#define REPORT(text, want) check_report(text, sizeof(text) - 1, want)

START_TEST(caret_under_the_operator) {
    REPORT("int a[1 / 0];", "cdef:1:9: division by zero\n"
                            "int a[1 / 0];\n"
                            "        ^");
    REPORT("int ok;\nint a[2147483647 +\n 1];\nint b;", "cdef:2:18: integer overflow: the result does not fit 'int'\n"
                                                     "int a[2147483647 +\n"
                                                     "                 ^");
}
END_TEST

START_TEST(tildes_under_the_token) {
    REPORT("enum { A = 12345abc };", "cdef:1:17: invalid suffix 'abc' on integer constant\n"
                                     "enum { A = 12345abc };\n"
                                     "                ^~~");
    CdeclError err = parse_named("enum { A = 3 << 40 };", 21, NULL);
    ck_assert_int_eq(err.code, CDECL_E_SHIFT_COUNT);
    ck_assert_int_eq(err.category, CDECL_CAT_SYNTAX);
    ck_assert_uint_eq(err.line, 1);
    ck_assert_uint_eq(err.column, 14);
    ck_assert_ptr_nonnull(strstr(err.report, "\n             ^~"));
    cdecl_error_clear(&err);
}
END_TEST

START_TEST(tabs_stay_tabs) {
    REPORT("\tint\ta[1/0];", "cdef:1:9: division by zero\n"
                              "\tint\ta[1/0];\n"
                              "\t   \t   ^");
}
END_TEST

START_TEST(columns_count_characters) {
    REPORT("/* \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 */ int a[1/0];", "cdef:1:18: division by zero\n"
                                                                     "/* \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 */ int a[1/0];\n"
                                                                     "                 ^");
}
END_TEST

START_TEST(bytes_that_are_no_text_are_replaced) {
    REPORT("/* \xff\x80\x01 */ int a[1/0];", "cdef:1:18: division by zero\n"
                                             "/* ??? */ int a[1/0];\n"
                                             "                 ^");
}
END_TEST

START_TEST(line_ends) {
    REPORT("int a;\r\nint b[1/0];\r\n", "cdef:2:8: division by zero\n"
                                         "int b[1/0];\n"
                                         "       ^");
}
END_TEST

START_TEST(long_lines_are_clipped) {
    enum { BEFORE = 100000, AFTER = 100000 };
    char *text = malloc(BEFORE + AFTER + 20);
    memset(text, ' ', BEFORE + AFTER + 20);
    memcpy(text + BEFORE, "int a[1/0];", 11);
    CdeclError err = parse_named(text, BEFORE + AFTER, "big");
    ck_assert_uint_eq(err.column, BEFORE + 8);
    ck_assert_ptr_nonnull(err.report);
    ck_assert_uint_lt(strlen(err.report), 400);
    char *line = strchr(err.report, '\n') + 1, *caret = strchr(line, '\n') + 1;
    ck_assert_int_eq(strncmp(line, "... ", 4), 0);
    ck_assert_int_eq(strncmp(caret - 5, " ...\n", 5), 0);
    ck_assert_int_eq(line[strlen(caret) - 1], '/');
    cdecl_error_clear(&err);
    free(text);
}
END_TEST

START_TEST(long_tokens_are_clipped) {
    enum { LENGTH = 100000 };
    char *text = malloc(LENGTH + 20);
    strcpy(text, "int a = 1");
    memset(text + 9, 'x', LENGTH);
    CdeclError err = parse_named(text, LENGTH + 9, NULL);
    ck_assert_int_eq(err.code, CDECL_E_BAD_SUFFIX);
    ck_assert_uint_lt(strlen(err.msg), sizeof err.msg);
    ck_assert_uint_lt(strlen(err.report), 700);
    cdecl_error_clear(&err);
    free(text);
}
END_TEST

START_TEST(the_name_of_the_text) {
    CdeclError err = parse_named("int a[1/0];", 11, "my\tdir/\x01\xff.h");
    ck_assert_int_eq(strncmp(err.report, "my\tdir/??.h:1:8: ", 17), 0);
    cdecl_error_clear(&err);
}
END_TEST

START_TEST(notes_show_the_other_place) {
    CdeclError err = parse_named("int first;\n\nlong first;", 23, NULL);
    ck_assert_ptr_nonnull(err.report);
    ck_assert_uint_eq(err.line, 3);
    const char *note = strstr(err.report, "\ncdef:1:5: note: ");
    ck_assert_ptr_nonnull(note);
    ck_assert_str_eq(strchr(note + 1, '\n'), "\nint first;\n    ^~~~~");
    cdecl_error_clear(&err);
}
END_TEST

START_TEST(the_end_of_the_text) {
    CdeclError err = parse_named("int a", 5, NULL);
    ck_assert_ptr_nonnull(err.report);
    ck_assert_uint_eq(err.line, 1);
    ck_assert_ptr_nonnull(strstr(err.report, "\nint a\n     ^"));
    cdecl_error_clear(&err);
    err = parse_named("int a[", 6, NULL);
    ck_assert_uint_eq(err.column, 6 + (err.column != 6));
    cdecl_error_clear(&err);
}
END_TEST

START_TEST(clear_can_be_repeated) {
    CdeclError err = {0};
    cdecl_error_clear(&err);
    cdecl_error_clear(NULL);
    err = parse_named("int a[1/0];", 11, NULL);
    cdecl_error_clear(&err);
    cdecl_error_clear(&err);
    ck_assert_int_eq(err.code, CDECL_OK);
    ck_assert_ptr_null(err.report);
}
END_TEST

Suite *error_suite(void);
Suite *error_suite(void) {
    Suite *s = suite_create("error");
    TCase *t = tcase_create("reports");
    tcase_add_test(t, caret_under_the_operator);
    tcase_add_test(t, tildes_under_the_token);
    tcase_add_test(t, tabs_stay_tabs);
    tcase_add_test(t, columns_count_characters);
    tcase_add_test(t, bytes_that_are_no_text_are_replaced);
    tcase_add_test(t, line_ends);
    tcase_add_test(t, long_lines_are_clipped);
    tcase_add_test(t, long_tokens_are_clipped);
    tcase_add_test(t, the_name_of_the_text);
    tcase_add_test(t, notes_show_the_other_place);
    tcase_add_test(t, the_end_of_the_text);
    tcase_add_test(t, clear_can_be_repeated);
    suite_add_tcase(s, t);
    return s;
}
