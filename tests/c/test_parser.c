/* The parser through its public header: scopes, type names, all or nothing, limits. */
#include "parser/cdecl.h"

#include <check.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static AbiGraph *graph;
static CdeclScope *scope;
static CdeclError err;

static void setup(void) {
    graph = abi_graph_new();
    scope = cdecl_scope_new(graph);
    ck_assert_ptr_nonnull(scope);
}

static void teardown(void) {
    cdecl_error_clear(&err);
    cdecl_scope_free(scope);
    abi_graph_free(graph);
}

static void declare_in(CdeclScope *s, const char *text) {
    ck_assert_msg(cdecl_parse(s, text, strlen(text), NULL, &err) == 0, "%s:\n%s", text, err.report);
}

static void declare(const char *text) {
    declare_in(scope, text);
}

static void refuse(const char *text, CdeclCode code) {
    size_t symbols = cdecl_symbol_count(scope), tags = cdecl_tag_count(scope);
    ck_assert_msg(cdecl_parse(scope, text, strlen(text), NULL, &err) < 0, "accepted: %s", text);
    ck_assert_msg(err.code == code, "%s:\n%s", text, err.report);
    ck_assert_uint_eq(cdecl_symbol_count(scope), symbols);
    ck_assert_uint_eq(cdecl_tag_count(scope), tags);
}

static const CdeclSymbol *find(const char *name) {
    const CdeclSymbol *s = cdecl_find(scope, name, strlen(name));
    ck_assert_msg(s != NULL, "%s is not declared", name);
    return s;
}

static bool known(const char *name) {
    return cdecl_find(scope, name, strlen(name)) != NULL;
}

/* The type that TEXT names; not retained: what is in the scope keeps it, or the graph's next sweep takes it. */
static AbiQType type(const char *text) {
    AbiQType t;
    ck_assert_msg(cdecl_parse_type(scope, text, strlen(text), &t, &err) == 0, "%s:\n%s", text, err.report);
    return t;
}

static void release(AbiQType t) {
    abi_lock(graph);
    abi_release(t.type);
    abi_unlock(graph);
}

static void check_spelling(const char *text, const char *expected) {
    char buf[300];
    AbiQType t = type(text);
    abi_spell(t, "", ABI_SPELL_C, buf, sizeof buf, NULL);
    ck_assert_str_eq(buf, expected);
    AbiQType again = type(buf);
    ck_assert_ptr_eq(again.type, t.type);
    ck_assert_uint_eq(again.quals, t.quals);
    release(t);
    release(again);
}

static void check_declaration(const char *name, const char *expected) {
    char buf[300], small[8];
    size_t n = cdecl_spell(find(name), buf, sizeof buf);
    ck_assert_str_eq(buf, expected);
    ck_assert_uint_eq(n, strlen(expected));
    ck_assert_uint_eq(cdecl_spell(find(name), small, sizeof small), n);
    ck_assert_uint_eq(cdecl_spell(find(name), NULL, 0), n);
    ck_assert(strncmp(small, expected, sizeof small - 1) == 0 && strlen(small) == (n < 7 ? n : 7));
}

/* ---------------------------------------------------------------- type names */

START_TEST(type_names) {
    declare("struct foo { int a; }; typedef struct foo foo_t, *foo_p; typedef int F(double); enum e { A };");
    check_spelling("int", "int");
    check_spelling("long unsigned", "unsigned long");
    check_spelling("int(*)(double)", "int(*)(double)");
    check_spelling("foo_t*", "struct foo *");
    check_spelling("F *", "int(*)(double)");
    check_spelling("char[10]", "char[10]");
    check_spelling("int(*[3])[A + 4]", "int(*[3])[4]");
    check_spelling("const char *const *", "const char *const *");
    check_spelling("struct foo(*)(enum e, ...)", "struct foo(*)(enum e, ...)");
    check_spelling("void(*)()", "void(*)()");
    check_spelling("  int /* c */ * ", "int *");
    check_spelling("struct unknown *", "struct unknown *");
    check_spelling("uint8_t[sizeof(struct foo)]", "uint8_t[4]");
    check_spelling("FILE *", "FILE *");
    check_spelling("int x", "int"); /* cffi allows a name */
    check_spelling("void f(char c, int(*g)(int n))", "void(char, int(*)(int))");
#ifdef __aarch64__
    check_spelling("va_list", "struct __va_list");
    check_spelling("void f(struct __va_list)", "void(struct __va_list)");
#else
    check_spelling("va_list", "struct __va_list_tag[1]");
    check_spelling("void f(struct __va_list_tag *)", "void(struct __va_list_tag *)");
#endif
}
END_TEST

static void refuse_type(const char *text, CdeclCode code) {
    AbiQType t;
    ck_assert_msg(cdecl_parse_type(scope, text, strlen(text), &t, &err) < 0, "accepted: %s", text);
    ck_assert_msg(err.code == code, "%s:\n%s", text, err.report);
}

START_TEST(no_type_names) {
    declare("int variable;");
    refuse_type("", CDECL_E_TYPE_ENDS);
    refuse_type("int x, y", CDECL_E_SYNTAX);
    refuse_type("variable", CDECL_E_UNKNOWN_TYPE);
    refuse_type("int;", CDECL_E_SYNTAX);
    refuse_type("int[", CDECL_E_TYPE_ENDS);
    refuse_type("int[-1]", CDECL_E_NEGATIVE_LENGTH);
    refuse_type("uint31_t *", CDECL_E_UNKNOWN_TYPE_NEAR);
    refuse_type("static int", CDECL_E_STORAGE_HERE);
    refuse_type("int int", CDECL_E_DUPLICATE_SPECIFIER);
    refuse_type("void[3]", CDECL_E_ARRAY_OF_VOID);
}
END_TEST

START_TEST(equal_types_are_one) {
    AbiQType a = type("int(*)(char *, long)"), b = type("signed (*)(char*, signed long int)");
    ck_assert_ptr_eq(a.type, b.type);
    release(a);
    release(b);
    CdeclScope *other = cdecl_scope_new(graph);
    declare("struct s { int x; };");
    declare_in(other, "struct s { char y; };");
    AbiQType mine = type("struct s"), theirs;
    ck_assert_int_eq(cdecl_parse_type(other, "struct s", 8, &theirs, &err), 0);
    ck_assert_ptr_ne(mine.type, theirs.type);
    release(mine);
    release(theirs);
    cdecl_scope_free(other);
}
END_TEST

/* Programs write ffi.new("char[%d]" % n) in loops: no type name may leave anything behind. */
START_TEST(type_names_leave_nothing) {
    char text[60];
    AbiQType t;
    declare("struct s { int x; };");
    struct mallinfo2 before = {0};
    for (int i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, i % 2 ? "struct s(*)[%d]" : "name%d", i + 1);
        if (cdecl_parse_type(scope, text, strlen(text), &t, &err) == 0)
            release(t);
        if (i == 2000)
            before = mallinfo2();
    }
    ck_assert_int_lt((long)mallinfo2().uordblks - (long)before.uordblks, 20000);
}
END_TEST

/* ---------------------------------------------------------------- all or nothing */

START_TEST(a_failed_parse_leaves_nothing) {
    declare("struct s; typedef int T; extern int a[]; int f();");
    refuse("int kr(a, b) int float; char *b; { return a; }", CDECL_E_BAD_COMBINATION);
    refuse("struct s { int x; }; typedef long U; enum { E }; int g(void); extern int a[3]; int f(int); #error", CDECL_E_SYNTAX);
    ck_assert(!known("U") && !known("E") && !known("g"));
    ck_assert_uint_eq(find("a")->type.type->length, ABI_LENGTH_UNKNOWN);
    ck_assert(find("f")->type.type->function->unprototyped);
    const AbiType *s = cdecl_find_tag(scope, ABI_STRUCT, "s", 1);
    ck_assert_uint_eq(s->size, ABI_SIZE_UNKNOWN);
    declare("struct s { char c[5]; }; typedef char U; enum { E = 7 };");
    ck_assert_uint_eq(s->size, 5);
    ck_assert_uint_eq(find("E")->value.bits.lo, 7);
}
END_TEST

/* The error after every token of a text: nothing of it stays, nothing is lost, nothing crashes. */
START_TEST(an_error_after_every_token) {
    static const char text[] =
        "typedef struct node { struct node *next ; int bits : 3 , : 0 ; union { char c [ 4 ] ; float f ; } ; } node , * list ; "
        "enum color { RED = 1 << 2 , GREEN , } ; extern const char * names [ sizeof ( node ) + RED ] ; "
        "int ( * table [ 3 ] ) ( node * , int ( * ) ( list , ... ) ) __attribute__ ( ( aligned ( 16 ) ) ) ; "
        "static inline int f ( int node ) { return node ; } int kr ( a , b ) int a ; char * b ; { } "
        "_Static_assert ( _Generic ( 1 , int : 1 , default : 0 ) , \"x\" ) ; auto z = ( int ) 1.5 ; "
        "struct __attribute__ ( ( packed ) ) p { _Alignas ( 1 ) char c ; } ; [ [ noreturn ] ] void g ( void ) ; "
        "extern \"C\" { int h ( int n , int a [ n ] ) ; } typedef __typeof__ ( f ) * F ; int a [ ] = { 1 , 2 } ; ";
    static const char *const errors[] = {"@", "}", ")", ";;; ] ", "struct", "int", "...", "\"", "{", "(", "0x", "f f f"};
    char copy[sizeof text + 16];
    for (size_t i = 0; i < sizeof text - 1; i++) {
        if (text[i] != ' ')
            continue;
        for (size_t k = 0; k < sizeof errors / sizeof errors[0]; k++) {
            int n = snprintf(copy, sizeof copy, "%.*s %s", (int)i, text, errors[k]);
            size_t symbols = cdecl_symbol_count(scope);
            if (cdecl_parse(scope, copy, (size_t)n, NULL, &err) < 0) {
                ck_assert_uint_eq(cdecl_symbol_count(scope), symbols);
                ck_assert_ptr_nonnull(err.report);
            } else { /* "int" and "struct" can be right, and ";;;" */
                teardown();
                setup();
            }
        }
    }
    declare(text);
    ck_assert_uint_eq(find("table")->type.type->size, 24);
}
END_TEST

/* ---------------------------------------------------------------- redeclaration, override, include */

START_TEST(redeclarations) {
    declare("int f(int a, char *); typedef int T; extern int x[]; struct s { int a; }; enum e { A };");
    declare("int f(int, char *b); typedef signed T; int x[3]; struct s { int a; }; enum e { A }; struct s; enum e;");
    check_declaration("f", "int f(int a, char *)");
    ck_assert_uint_eq(find("x")->type.type->length, 3);
    refuse("long f(int, char *);", CDECL_E_CONFLICTING_TYPES);
    refuse("typedef char T;", CDECL_E_CONFLICTING_TYPES);
    refuse("int T;", CDECL_E_OTHER_KIND);
    refuse("struct s { int b; };", CDECL_E_REDEFINED_TAG);
    declare("union s { char a; }; enum s { S };"); /* cffi: tags of each kind are apart */
    ck_assert_uint_eq(cdecl_find_tag(scope, ABI_UNION, "s", 1)->size, 1);
    ck_assert_uint_eq(cdecl_find_tag(scope, ABI_STRUCT, "s", 1)->size, 4);
    ck_assert_ptr_nonnull(strstr(err.report, "earlier cdef (cdef:1)"));
    refuse("enum e2 { A };", CDECL_E_REDEFINED_ENUMERATOR);
}
END_TEST

START_TEST(override) {
    static const CdeclOptions options = {.override = true};
    static const char text[] = "long f(void); typedef char T; struct s { char b; }; enum e { A = 5 }; int K;";
    declare("int f(int); typedef int T; struct s { int a; }; enum e { A }; static const int K = 3;");
    const AbiType *old = cdecl_find_tag(scope, ABI_STRUCT, "s", 1);
    const CdeclSymbol *f = find("f");
    size_t count = cdecl_symbol_count(scope);
    ck_assert_msg(cdecl_parse(scope, text, sizeof text - 1, &options, &err) == 0, "%s", err.report);
    ck_assert_uint_eq(cdecl_symbol_count(scope), count);
    check_declaration("f", "long f(void)");
    ck_assert_uint_eq(cdecl_find_tag(scope, ABI_STRUCT, "s", 1)->size, 1);
    ck_assert_uint_eq(old->size, 4); /* who holds the old one keeps it */
    ck_assert_ptr_eq(f->type.type->function->result.type, abi_primitive(graph, ABI_P_INT));
    ck_assert_uint_eq(find("A")->value.bits.lo, 5);
    ck_assert_int_eq(find("K")->kind, CDECL_VARIABLE);
}
END_TEST

START_TEST(including_another_scope) {
    CdeclScope *inner = scope;
    declare("typedef struct { int x; } point; struct s; enum { N = 4 }; int f(void);");
    scope = cdecl_scope_new(graph);
    ck_assert_int_eq(cdecl_scope_include(scope, inner, &err), 0);
    declare("point p[N]; struct s *q; long f(void);");
    ck_assert_uint_eq(find("p")->type.type->size, 16);
    ck_assert_ptr_eq(find("q")->type.type->item.type, cdecl_find_tag(inner, ABI_STRUCT, "s", 1));
    check_declaration("f", "long f(void)");
    ck_assert_uint_eq(cdecl_symbol_count(scope), 3);
    ck_assert_uint_eq(cdecl_tag_count(scope), 0);
    cdecl_scope_free(scope);
    scope = inner;
    check_declaration("f", "int f(void)");
}
END_TEST

/* ---------------------------------------------------------------- what is listed and found */

START_TEST(tags) {
    declare("struct { int a; } x; typedef struct { int b; } named; union { int c; } y; struct t { struct { int d; }; };");
    declare("enum { A } z;");
    ck_assert_uint_eq(cdecl_tag_count(scope), 1);
    ck_assert_ptr_eq(cdecl_find_tag(scope, ABI_STRUCT, "$1", 2), find("x")->type.type);
    ck_assert_ptr_eq(cdecl_find_tag(scope, ABI_UNION, "$2", 2), find("y")->type.type);
    ck_assert_ptr_null(cdecl_find_tag(scope, ABI_STRUCT, "$2", 2));
    ck_assert_ptr_eq(cdecl_find_tag(scope, ABI_ENUM, "$4", 2), find("z")->type.type);
    ck_assert_ptr_null(cdecl_find_tag(scope, ABI_STRUCT, "$5", 2));
    ck_assert_str_eq(find("named")->type.type->record->alias, "named");
    check_spelling("struct $1 *", "struct $1 *");
    check_spelling("named[2]", "named[2]");
}
END_TEST

START_TEST(spelled_declarations) {
    declare("double f(double x, const char *name, int (*g)(void), ...); char *(*p)[3]; typedef unsigned T; T *t[2]; "
            "static const int K = -3; enum { E = 4 }; int (*h(int a))(char); void none(void); int old();");
    check_declaration("f", "double f(double x, const char *name, int(*g)(void), ...)");
    check_declaration("T", "typedef unsigned int T");
    check_declaration("t", "unsigned int *t[2]");
    check_declaration("K", "#define K -3");
    check_declaration("E", "E = 4");
    check_declaration("h", "int(*h(int a))(char)");
    check_declaration("none", "void none(void)");
    check_declaration("old", "int old()");
}
END_TEST

static bool is_function(const CdeclSymbol *s) {
    return s->kind == CDECL_FUNCTION;
}

START_TEST(near_names) {
    char buf[64];
    declare("double sqrt(double); double sqrtf_(double); int sort; typedef int sqrr;");
    ck_assert(cdecl_near(scope, "sqtr", NULL, buf, sizeof buf));
    ck_assert_str_eq(buf, "sqrt");
    ck_assert(cdecl_near(scope, "sqrrt", is_function, buf, sizeof buf));
    ck_assert_str_eq(buf, "sqrt");
    ck_assert(!cdecl_near(scope, "elephant", NULL, buf, sizeof buf));
    ck_assert(!cdecl_near(scope, "x", NULL, buf, sizeof buf));
}
END_TEST

START_TEST(options) {
    static const char text[] = "struct s { char c; int i; }; int f(void);";
    CdeclOptions o = {.packed = true, .keep_gil = true, .name = "mine.h"};
    ck_assert_int_eq(cdecl_parse(scope, text, sizeof text - 1, &o, &err), 0);
    ck_assert_uint_eq(cdecl_find_tag(scope, ABI_STRUCT, "s", 1)->size, 5);
    ck_assert(find("f")->flags & CDECL_S_KEEP_GIL);
    ck_assert_str_eq(find("f")->file, "mine.h");
    o = (CdeclOptions){.pack = 2};
    ck_assert_int_eq(cdecl_parse(scope, "struct t { char c; int i; };", 28, &o, &err), 0);
    ck_assert_uint_eq(cdecl_find_tag(scope, ABI_STRUCT, "t", 1)->size, 6);
    declare("struct u { char c; int i; };");
    ck_assert_uint_eq(cdecl_find_tag(scope, ABI_STRUCT, "u", 1)->size, 8);
}
END_TEST

/* ---------------------------------------------------------------- limits, linear time */

typedef struct Text { char *data; size_t len, cap; } Text;

static void put(Text *t, const char *s) {
    size_t n = strlen(s);
    if (n == 0)
        return;
    if (t->len + n > t->cap) {
        t->cap = (t->len + n) * 2;
        t->data = realloc(t->data, t->cap);
    }
    memcpy(t->data + t->len, s, n);
    t->len += n;
}

static void repeat(Text *t, const char *s, unsigned n) {
    while (n-- > 0)
        put(t, s);
}

static void parse_text(Text *t, CdeclCode code) {
    int result = cdecl_parse(scope, t->data, t->len, NULL, &err);
    ck_assert_msg((result == 0 ? CDECL_OK : err.code) == code, "%.80s: %s", t->data, result == 0 ? "accepted" : err.msg);
    free(t->data);
    *t = (Text){0};
}

static void nested(const char *before, const char *open, const char *middle, const char *close, const char *after, unsigned n, CdeclCode code) {
    Text t = {0};
    put(&t, before);
    repeat(&t, open, n);
    put(&t, middle);
    repeat(&t, close, n);
    put(&t, after);
    parse_text(&t, code);
}

START_TEST(nesting) {
    nested("int ", "(", "a", ")", ";", 1000, CDECL_OK);
    nested("int ", "(", "b", ")", ";", 10000, CDECL_E_TOO_DEEP);
    nested("int b[", "(", "1", ")", "];", 1000, CDECL_OK);
    nested("int c[", "(", "1", ")", "];", 100000, CDECL_E_TOO_DEEP);
    nested("int c[", "- ", "1", "", "];", 10000, CDECL_E_TOO_DEEP);
    nested("int c[", "1?", "1", ":1", "];", 10000, CDECL_E_TOO_DEEP);
    nested("", "struct {", "int x;", "} m;", "", 1000, CDECL_OK);
    nested("", "struct {", "int x;", "} m;", "", 10000, CDECL_E_TOO_DEEP);
    nested("int g(", "int (*)(", "void", ")", ");", 10000, CDECL_E_TOO_DEEP);
    nested("", "extern \"C\" {", "", "}", "", 10000, CDECL_E_TOO_DEEP);
    nested("int ", "*", "p", "", ";", 10000, CDECL_OK);
    nested("int ", "* const ", "q", "", ";", 100000, CDECL_OK);
    nested("int f(void) ", "{", "", "}", "", 100000, CDECL_OK);
    nested("int h __attribute__((x", "(", "", ")", "));", 100000, CDECL_OK);
    nested("int r", "[1]", "", "", ";", 10000, CDECL_OK);
}
END_TEST

static void counted(const char *before, const char *format, unsigned n, const char *after) {
    Text t = {0};
    char item[100];
    put(&t, before);
    for (unsigned i = 0; i < n; i++) {
        snprintf(item, sizeof item, format, i, i);
        put(&t, item);
    }
    put(&t, after);
    parse_text(&t, CDECL_OK);
}

/* Each of these took minutes if it were quadratic; the suite's timeout would end it. */
START_TEST(linear_time) {
    counted("struct members {", "int m%u;", 100000, "};");
    counted("struct anonymous {", "struct { int m%u; };", 20000, "};");
    counted("enum e {", "E%u, ", 100000, "};");
    counted("typedef int P; void parameters(", "P p%u, ", 50000, "P last);");
    counted("", "typedef int T; extern P x;", 100000, "");
    counted("", "int f%u(int a%u, char *);\n", 100000, "");
    counted("int ", "d%u, ", 100000, "last;");
    counted("typedef int C0;", "typedef int C%u;", 1, "");
    counted("int sum[", "1 + ", 100000, "1];");
    counted("char s[] = ", "\"%u\" ", 50000, ";");
    counted("int attributes ", "__attribute__((unused, x%u(1))) ", 50000, ";");
    counted("/*", "* / %u", 100000, "*/ int after;");
    counted("int values[] = {", "%u, ", 100000, "};");
    ck_assert_uint_eq(find("values")->type.type->length, 100000);
}
END_TEST

START_TEST(long_names) {
    Text t = {0};
    put(&t, "int ");
    repeat(&t, "abcdefghij", 100000);
    put(&t, ";");
    parse_text(&t, CDECL_OK);
    ck_assert_uint_eq(strlen(cdecl_symbol_at(scope, 0)->name), 1000000);
    put(&t, "char s[] = \"");
    repeat(&t, "0123456789", 100000);
    put(&t, "\";");
    parse_text(&t, CDECL_OK);
    ck_assert_uint_eq(find("s")->type.type->length, 1000001);
}
END_TEST

START_TEST(odd_texts) {
    ck_assert_int_eq(cdecl_parse(scope, "", 0, NULL, &err), 0);
    ck_assert_int_eq(cdecl_parse(scope, NULL, 0, NULL, &err), 0);
    declare(";;;");
    ck_assert_int_eq(cdecl_parse(scope, "int x", 5, NULL, &err), -1);
    ck_assert_int_eq(cdecl_parse(scope, "int cut;garbage", 8, NULL, &err), 0); /* LEN counts, not a NUL */
    ck_assert_int_eq(cdecl_parse(scope, "int x;", (size_t)1 << 31, NULL, &err), -1);
    ck_assert_int_eq(err.category, CDECL_CAT_LIMIT);
    ck_assert_int_eq(cdecl_parse(scope, "int nul;\0int y;", 15, NULL, &err), -1);
    ck_assert_int_eq(err.code, CDECL_E_NUL_BYTE);
    ck_assert_int_eq(cdecl_parse(scope, "int x y;", 8, NULL, NULL), -1); /* nobody wants to know why */
}
END_TEST

Suite *parser_suite(void) {
    Suite *s = suite_create("parser");
    TCase *c = tcase_create("parser");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 120);
    tcase_add_test(c, type_names);
    tcase_add_test(c, no_type_names);
    tcase_add_test(c, equal_types_are_one);
    tcase_add_test(c, type_names_leave_nothing);
    tcase_add_test(c, a_failed_parse_leaves_nothing);
    tcase_add_test(c, an_error_after_every_token);
    tcase_add_test(c, redeclarations);
    tcase_add_test(c, override);
    tcase_add_test(c, including_another_scope);
    tcase_add_test(c, tags);
    tcase_add_test(c, spelled_declarations);
    tcase_add_test(c, near_names);
    tcase_add_test(c, options);
    tcase_add_test(c, nesting);
    tcase_add_test(c, linear_time);
    tcase_add_test(c, long_names);
    tcase_add_test(c, odd_texts);
    suite_add_tcase(s, c);
    return s;
}
