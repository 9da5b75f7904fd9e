/* Traps for quadratic work: each text is parsed at two sizes, N and 4N, and may take 4 times as long, more or less, but
 * not 16 times.
 *
 * A busy machine only ever makes a run longer, so the best of several counts, and more are tried before a failure.
 * What is over in no time is linear enough: 100,000 things squared never are. */
#include "parser/cdecl.h"

#include <check.h>
#include <limits.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---------------------------------------------------------------- texts */

typedef struct Text { char *data; size_t len, cap; } Text;

static void reserve(Text *t, size_t n) {
    if (t->cap - t->len > n)
        return;
    t->cap = (t->len + n + 1) * 2;
    t->data = realloc(t->data, t->cap);
    ck_assert_ptr_nonnull(t->data);
}

static void put(Text *t, const char *s) {
    size_t n = strlen(s);
    reserve(t, n);
    memcpy(t->data + t->len, s, n + 1);
    t->len += n;
}

static void repeat(Text *t, const char *s, size_t n) {
    while (n-- > 0)
        put(t, s);
}

/* FORMAT with the numbers 0 to N - 1: each %zu gets the same, "%1$zu" and "%2$zu" that one and the next. */
__attribute__((format(printf, 2, 0))) static void count(Text *t, const char *format, size_t n) {
    char one[200];
    for (size_t i = 0; i < n; i++) {
        snprintf(one, sizeof one, format, i, i + 1);
        put(t, one);
    }
}

/* BEFORE, the numbered MIDDLE, AFTER */
static void around(Text *t, const char *before, const char *middle, size_t n, const char *after) {
    put(t, before);
    count(t, middle, n);
    put(t, after);
}

/* ---------------------------------------------------------------- measuring */

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

typedef void Make(Text *, size_t n);

typedef struct Trap {
    const char *name;
    Make *make;
    size_t n; /* the larger size */
    CdeclCode code; /* what the parse gives at that size */
} Trap;

/* What parsing T takes. */
static double measure(const Text *t, CdeclCode *code) {
    AbiGraph *graph = abi_graph_new();
    CdeclScope *scope = cdecl_scope_new(graph);
    CdeclError err = {0};
    double start = seconds();
    cdecl_parse(scope, t->data, t->len, NULL, &err);
    double took = seconds() - start;
    *code = err.code;
    cdecl_error_clear(&err);
    start = seconds();
    cdecl_scope_free(scope); /* it has its own traps */
    took += seconds() - start;
    abi_graph_free(graph);
    return took;
}

static double lesser(double a, double b) {
    return a < b ? a : b;
}

enum { ROUNDS = 8, RATIO = 9 };
static const double no_time = 0.003;

static void check_trap(const Trap *trap) {
    size_t n = getenv("CDEFFI_VALGRIND") ? trap->n / 50 : trap->n;
    double small = 1e9, large = 1e9;
    Text a = {0}, b = {0};
    CdeclCode code;
    /* Fresh pages cost as much as what is done with them: those of the round before are used again. */
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    trap->make(&a, n / 4);
    trap->make(&b, n);
    for (int i = 0; i < ROUNDS; i++) {
        large = lesser(large, measure(&b, &code));
        if (n == trap->n)
            ck_assert_msg(code == trap->code, "%s: code %d, expected %d", trap->name, (int)code, (int)trap->code);
        small = lesser(small, measure(&a, &code));
        if (large < no_time || large < small * RATIO || n < trap->n)
            break;
    }
    free(a.data);
    free(b.data);
    ck_assert_msg(large < no_time || large < small * RATIO || n < trap->n, "%s: %zu take %.1f ms, %zu take %.1f ms", trap->name, n / 4,
                  small * 1e3, n, large * 1e3);
}

/* ---------------------------------------------------------------- nesting */

static void parentheses(Text *t, size_t n) { put(t, "int "); repeat(t, "(", n); put(t, "x"); repeat(t, ")", n); put(t, ";"); }
static void expression_parentheses(Text *t, size_t n) { put(t, "int x["); repeat(t, "(", n); put(t, "1"); repeat(t, ")", n); put(t, "];"); }
static void open_parentheses(Text *t, size_t n) { put(t, "int "); repeat(t, "(", n); }
static void pointers(Text *t, size_t n) { put(t, "int "); repeat(t, "*", n); put(t, "x; int "); repeat(t, "*const", n); put(t, " y;"); }
static void function_pointers(Text *t, size_t n) { put(t, "int "); repeat(t, "(*", n); put(t, "x"); repeat(t, ")(void)", n); put(t, ";"); }
static void parameters_of_parameters(Text *t, size_t n) { put(t, "int x"); repeat(t, "(int (*)", n); repeat(t, ")", n); put(t, ";"); }
static void dimensions(Text *t, size_t n) { put(t, "int x"); repeat(t, "[1]", n); put(t, ";"); }
static void structs_in_structs(Text *t, size_t n) { repeat(t, "struct { int a; ", n); repeat(t, "} m;", n); }
static void anonymous_structs(Text *t, size_t n) { repeat(t, "struct {", n); put(t, "int a; int a;"); repeat(t, "};", n); }
static void braces_in_a_body(Text *t, size_t n) { put(t, "void f(void) {"); repeat(t, "{", n); repeat(t, "}", n); put(t, "}"); }
static void braces_in_an_initialiser(Text *t, size_t n) { put(t, "int x[] = "); repeat(t, "{", n); repeat(t, "}", n); put(t, ";"); }
static void linkages(Text *t, size_t n) { repeat(t, "extern \"C\" {", n); repeat(t, "}", n); }
static void unary_operators(Text *t, size_t n) { put(t, "int x["); repeat(t, "- ", n); put(t, "1];"); }
static void conditionals(Text *t, size_t n) { put(t, "int x["); repeat(t, "1 ? 1 : ", n); put(t, "1];"); }
static void casts(Text *t, size_t n) { put(t, "int x["); repeat(t, "(int)", n); put(t, "1];"); }

static const Trap nesting[] = {
    {"parentheses", parentheses, 10000, CDECL_E_TOO_DEEP},
    {"parentheses in an expression", expression_parentheses, 10000, CDECL_E_TOO_DEEP},
    {"parentheses that stay open", open_parentheses, 100000, CDECL_E_TOO_DEEP},
    {"pointers", pointers, 100000, CDECL_OK},
    {"pointers to functions", function_pointers, 100000, CDECL_E_TOO_DEEP},
    {"parameters of parameters", parameters_of_parameters, 100000, CDECL_E_TOO_DEEP},
    {"dimensions", dimensions, 100000, CDECL_OK},
    {"structs in structs", structs_in_structs, 100000, CDECL_E_TOO_DEEP},
    {"anonymous structs", anonymous_structs, 100000, CDECL_E_TOO_DEEP},
    {"braces in a body", braces_in_a_body, 1000000, CDECL_OK},
    {"braces in an initialiser", braces_in_an_initialiser, 1000000, CDECL_OK},
    {"extern \"C\"", linkages, 100000, CDECL_E_TOO_DEEP},
    {"unary operators", unary_operators, 100000, CDECL_E_TOO_DEEP},
    {"?:", conditionals, 100000, CDECL_E_TOO_DEEP},
    {"casts", casts, 100000, CDECL_E_TOO_DEEP},
};

/* ---------------------------------------------------------------- many */

static void members(Text *t, size_t n) { around(t, "struct s {", "int m%zu;", n, "};"); }
static void bit_fields(Text *t, size_t n) { around(t, "struct s {", "int m%zu:3;", n, "};"); }
static void members_in_one(Text *t, size_t n) { around(t, "struct s { int x", ", m%zu", n, ";};"); }
static void members_of_anonymous_structs(Text *t, size_t n) { around(t, "struct s {", "struct { int m%zu; };", n, "};"); }
static void equal_typedefs(Text *t, size_t n) { repeat(t, "typedef int T;", n); }
static void equal_structs(Text *t, size_t n) { repeat(t, "struct s { int a; char b[3]; };", n); }
static void equal_enums(Text *t, size_t n) { repeat(t, "enum e { A, B };", n); }
static void equal_functions(Text *t, size_t n) { repeat(t, "int f(); int f(int a, char *b);", n); }
static void equal_arrays(Text *t, size_t n) { repeat(t, "extern int a[]; extern int a[5];", n); }
static void enumerators(Text *t, size_t n) { around(t, "enum e { X", ", E%zu", n, "};"); }
static void enumerators_after_each_other(Text *t, size_t n) { around(t, "enum e { E0", ", E%2$zu = E%1$zu + 1", n, "};"); }
static void declarators(Text *t, size_t n) { around(t, "int x", ", x%zu", n, ";"); }
static void functions_in_one(Text *t, size_t n) { around(t, "int x", ", x%zu(int)", n, ";"); }
static void parameters(Text *t, size_t n) { around(t, "void f(int x", ", int x%zu", n, ");"); }
static void tags_in_parameters(Text *t, size_t n) { count(t, "void f%1$zu(struct s%1$zu *);\n", n); }
static void old_style(Text *t, size_t n) {
    around(t, "void f(x", ", x%zu", n, ")");
    count(t, "int x%zu;", n);
    put(t, "{}");
}
static void structs_of_structs(Text *t, size_t n) { around(t, "struct s0 { int a; };", "struct s%2$zu { struct s%1$zu m; };", n, ""); }
static void typedefs_of_typedefs(Text *t, size_t n) { around(t, "typedef int t0;", "typedef t%1$zu *t%2$zu;", n, ""); }
static void functions_of_functions(Text *t, size_t n) {
    for (int i = 0; i < 2; i++)
        around(t, "typedef int t0(void);", "typedef t%1$zu *t%2$zu(t%1$zu *, t%1$zu *);", n, "");
}
static void anonymous_records(Text *t, size_t n) { count(t, "struct { int a; } x%zu;", n); }
static void named_later(Text *t, size_t n) {
    anonymous_records(t, n);
    count(t, "typedef struct { int a; } t%zu;", n);
}
static void constants(Text *t, size_t n) { around(t, "static const int k0 = 1;", "static const int k%2$zu = k%1$zu + 1;", n, ""); }
static void assertions(Text *t, size_t n) { repeat(t, "_Static_assert(1, \"x\");", n); }
static void sum(Text *t, size_t n) { put(t, "int x[1"); repeat(t, "+ sizeof(int)", n); put(t, "];"); }
static void attributes(Text *t, size_t n) { put(t, "int x __attribute__(("); repeat(t, "unused, ", n); put(t, "));"); }
static void attribute_lists(Text *t, size_t n) { put(t, "int x "); repeat(t, "__attribute__((aligned(8)))", n); put(t, ";"); }
static void qualifiers(Text *t, size_t n) { repeat(t, "const ", n); put(t, "int x;"); }
static void values(Text *t, size_t n) { put(t, "int x[] = {"); repeat(t, "1, ", n); put(t, "};"); }
static void designated(Text *t, size_t n) { around(t, "int x[] = {", "[%zu] = 1, ", n, "};"); }
static void bodies(Text *t, size_t n) { count(t, "static inline int f%zu(int a) { return a; }", n); }
static void semicolons(Text *t, size_t n) { repeat(t, ";", n); }
static void associations(Text *t, size_t n) {
    count(t, "struct s%zu;", n);
    around(t, "int x[_Generic(1, ", "struct s%zu *: 1, ", n, "default: 2)];");
}
static void wrong_name(Text *t, size_t n) { around(t, "", "typedef int name%zu;", n, "nmae x;"); }

static const Trap many[] = {
    {"members", members, 100000, CDECL_OK},
    {"bit-fields", bit_fields, 100000, CDECL_OK},
    {"members in one declaration", members_in_one, 100000, CDECL_OK},
    {"members of anonymous structs", members_of_anonymous_structs, 40000, CDECL_OK},
    {"equal typedefs", equal_typedefs, 100000, CDECL_OK},
    {"equal structs", equal_structs, 40000, CDECL_OK},
    {"equal enums", equal_enums, 40000, CDECL_OK},
    {"equal functions", equal_functions, 40000, CDECL_OK},
    {"equal arrays", equal_arrays, 40000, CDECL_OK},
    {"enumerators", enumerators, 100000, CDECL_OK},
    {"enumerators after each other", enumerators_after_each_other, 100000, CDECL_OK},
    {"declarators", declarators, 100000, CDECL_OK},
    {"functions in one declaration", functions_in_one, 100000, CDECL_OK},
    {"parameters", parameters, 100000, CDECL_OK},
    {"tags in parameters", tags_in_parameters, 40000, CDECL_OK},
    {"old-style parameters", old_style, 100000, CDECL_OK},
    {"structs of structs", structs_of_structs, 20000, CDECL_OK},
    {"typedefs of typedefs", typedefs_of_typedefs, 100000, CDECL_OK},
    {"functions of functions", functions_of_functions, 20000, CDECL_OK},
    {"anonymous records", anonymous_records, 40000, CDECL_OK},
    {"anonymous records, named later", named_later, 40000, CDECL_OK},
    {"constants", constants, 40000, CDECL_OK},
    {"assertions", assertions, 100000, CDECL_OK},
    {"a sum", sum, 100000, CDECL_OK},
    {"attributes", attributes, 100000, CDECL_OK},
    {"attribute lists", attribute_lists, 100000, CDECL_OK},
    {"qualifiers", qualifiers, 100000, CDECL_OK},
    {"values", values, 100000, CDECL_OK},
    {"designated values", designated, 100000, CDECL_OK},
    {"bodies", bodies, 40000, CDECL_OK},
    {"semicolons", semicolons, 1000000, CDECL_OK},
    {"associations of _Generic", associations, 40000, CDECL_OK},
    {"names near a wrong one", wrong_name, 100000, CDECL_E_UNKNOWN_TYPE_NEAR},
};

/* ---------------------------------------------------------------- long */

static void identifier(Text *t, size_t n) { put(t, "int "); repeat(t, "abcd", n / 2); put(t, "; int "); repeat(t, "abcd", n / 2); put(t, "_;"); }
static void string(Text *t, size_t n) { put(t, "char x[] = \""); repeat(t, "abcd", n); put(t, "\";"); }
static void string_constant(Text *t, size_t n) { put(t, "#define S \""); repeat(t, "abcd", n); put(t, "\"\nchar x[] = S;"); }
static void strings(Text *t, size_t n) { put(t, "char x[sizeof("); repeat(t, "\"abcd\" ", n); put(t, ")];"); }
static void number(Text *t, size_t n) { put(t, "int x["); repeat(t, "0000", n); put(t, "1];"); }
static void real_number(Text *t, size_t n) { put(t, "#define R 1."); repeat(t, "1234", n); put(t, "\n"); }
static void universal_names(Text *t, size_t n) { put(t, "int "); repeat(t, "\\u00e9", n); put(t, ";"); }
static void comment(Text *t, size_t n) { put(t, "/*"); repeat(t, " * /", n); put(t, "*/ int x;"); }
static void comments(Text *t, size_t n) { repeat(t, "/**/", n); put(t, "int x;"); }
static void lines(Text *t, size_t n) { repeat(t, "\n", n); put(t, "int x; xxx y;"); }
static void joined_lines(Text *t, size_t n) { count(t, "int \\\n x%zu;\n", n); }
static void line_markers(Text *t, size_t n) { count(t, "# %zu \"f.h\"\nint x%zu;\n", n); }
static void line_markers_before(Text *t, size_t n) {
    repeat(t, "# 7 \"f.h\"\n", n);
    count(t, "int x%zu;\n", n);
}
static void unopened(Text *t, size_t n) { repeat(t, "int x;\n", n); put(t, ")"); }

static const Trap long_ones[] = {
    {"1 MB identifiers", identifier, 262144, CDECL_OK},
    {"1 MB string", string, 262144, CDECL_OK},
    {"1 MB string as a constant", string_constant, 262144, CDECL_OK},
    {"strings side by side", strings, 100000, CDECL_OK},
    {"number", number, 262144, CDECL_OK},
    {"real number", real_number, 262144, CDECL_OK},
    {"universal character names", universal_names, 100000, CDECL_OK},
    {"comment", comment, 262144, CDECL_OK},
    {"comments", comments, 262144, CDECL_OK},
    {"empty lines", lines, 1000000, CDECL_E_UNKNOWN_TYPE},
    {"joined lines", joined_lines, 100000, CDECL_OK},
    {"line markers", line_markers, 100000, CDECL_OK},
    {"line markers first", line_markers_before, 100000, CDECL_OK},
    {"error at the end", unopened, 100000, CDECL_E_UNOPENED},
};

/* ---------------------------------------------------------------- the preprocessor */

static void macros(Text *t, size_t n) { count(t, "#define M%zu %zu\n", n); }
static void equal_macros(Text *t, size_t n) { repeat(t, "#define M(x) (x + 1)\n", n); }
static void macros_undefined(Text *t, size_t n) { repeat(t, "#define M 1 + 1\n#undef M\n", n); }
static void macros_pushed(Text *t, size_t n) {
    put(t, "#define M 1\n");
    repeat(t, "#pragma push_macro(\"M\")\n", n);
    repeat(t, "#pragma pop_macro(\"M\")\n", n);
}
static void macros_of_macros(Text *t, size_t n) { around(t, "#define M0 1\n", "#define M%2$zu M%1$zu\n", n, ""); }
static void macro_uses(Text *t, size_t n) { around(t, "#define I int\n#define D(x) I x;\n", "D(x%zu)\n", n, ""); }
static void macro_arguments(Text *t, size_t n) { put(t, "#define F(...) 1\nint x[F("); repeat(t, "1, ", n); put(t, ")];"); }
static void macro_in_argument(Text *t, size_t n) { put(t, "#define F(x) x\nint x["); repeat(t, "F(", n); put(t, "1"); repeat(t, ")", n); put(t, "];"); }
static void macro_parameters(Text *t, size_t n) { around(t, "#define F(x", ", x%zu", n, ") 1\n"); }
static void pasting(Text *t, size_t n) { put(t, "#define F(x) x"); repeat(t, "##x", n); put(t, "\nint F(y);"); }
static void stringifying(Text *t, size_t n) {
    put(t, "#define F(x) ");
    repeat(t, "#x ", n);
    put(t, "\nchar x[sizeof(F(");
    repeat(t, "y ", n);
    put(t, "))];");
}
static void chain(Text *t, size_t n) { put(t, "#if 0\n"); repeat(t, "#elif 0\n", n); put(t, "#endif\n"); }
static void chain_behind_taken(Text *t, size_t n) { put(t, "#if 1\n"); repeat(t, "#elif 1\n", n); put(t, "#endif\n"); }
static void sequence(Text *t, size_t n) { repeat(t, "#ifndef X\n#endif\n", n); }
static void nested(Text *t, size_t n) { repeat(t, "#if 1\n", n); repeat(t, "#endif\n", n); }
static void nested_left_out(Text *t, size_t n) { repeat(t, "#if 0\n", n); repeat(t, "#endif\n", n); }
static void left_out(Text *t, size_t n) { put(t, "#if 0\n"); repeat(t, "it's \"nothing\n", n); put(t, "#endif\n"); }
static void condition(Text *t, size_t n) { put(t, "#if 1"); repeat(t, " && !defined(X)", n); put(t, "\n#endif\n"); }
static void condition_parentheses(Text *t, size_t n) { put(t, "#if "); repeat(t, "(", n); put(t, "1"); repeat(t, ")", n); put(t, "\n#endif\n"); }
static void pack_stack(Text *t, size_t n) { put(t, "#pragma pack(push, 1)\n"); repeat(t, "#pragma pack(push, a, 1)\n#pragma pack(pop, b)\n#pragma pack(pop)\n", n); }
static void pack_labels(Text *t, size_t n) { repeat(t, "#pragma pack(push, 1)\n", 4000); repeat(t, "#pragma pack(pop, b)\n", n); }
static void pragma_operators(Text *t, size_t n) { repeat(t, "_Pragma(\"pack(1)\")", n); }
static void same_header(Text *t, size_t n) { repeat(t, "#include <stddef.h>\n", n); }
static void absent_headers(Text *t, size_t n) { count(t, "#if __has_include(\"no/such/%zu.h\")\n#endif\n", n); }

static const Trap preprocessor[] = {
    {"macros", macros, 100000, CDECL_OK},
    {"equal macros", equal_macros, 100000, CDECL_OK},
    {"macros undefined", macros_undefined, 100000, CDECL_OK},
    {"macros pushed", macros_pushed, 100000, CDECL_OK},
    {"macros of macros", macros_of_macros, 100000, CDECL_OK},
    {"uses of a macro", macro_uses, 100000, CDECL_OK},
    {"arguments", macro_arguments, 100000, CDECL_OK},
    {"macros in arguments", macro_in_argument, 100000, CDECL_E_PP_EXPANSION_TOO_LARGE},
    {"parameters of a macro", macro_parameters, 100000, CDECL_E_PP_TOO_MANY_PARAMETERS},
    {"##", pasting, 100000, CDECL_E_PP_TOKENS_TOO_LONG},
    {"#", stringifying, 100000, CDECL_E_PP_TOKENS_TOO_LONG},
    {"#elif", chain, 100000, CDECL_OK},
    {"#elif behind a group that was taken", chain_behind_taken, 100000, CDECL_OK},
    {"#ifndef in a row", sequence, 100000, CDECL_OK},
    {"#if within each other", nested, 100000, CDECL_OK},
    {"#if within each other, left out", nested_left_out, 100000, CDECL_OK},
    {"lines left out", left_out, 100000, CDECL_OK},
    {"a condition", condition, 100000, CDECL_OK},
    {"parentheses in a condition", condition_parentheses, 100000, CDECL_E_PP_TOO_DEEP},
    {"#pragma pack", pack_stack, 40000, CDECL_OK},
    {"labels of #pragma pack", pack_labels, 40000, CDECL_OK},
    {"_Pragma", pragma_operators, 100000, CDECL_OK},
    {"the same header", same_header, 10000, CDECL_OK},
    {"absent headers", absent_headers, 4000, CDECL_OK},
};

/* What doubles with each line stops at a limit, soon. */
static void doubled(Text *t, size_t n) { around(t, "#define M0 1 + 1\n", "#define M%2$zu M%1$zu + M%1$zu\n", n, "int x[M40];"); }
static void doubled_calls(Text *t, size_t n) { around(t, "#define M0(x) x x\n", "#define M%2$zu(x) M%1$zu(M%1$zu(x))\n", n, "int M40(x);"); }
static void doubled_names(Text *t, size_t n) { around(t, "#define M0(x) x ## x\n", "#define M%2$zu(x) M%1$zu(x ## x)\n", n, "int M40(x);"); }
static void doubled_strings(Text *t, size_t n) { around(t, "#define M0 \"abcd\"\n", "#define M%2$zu M%1$zu M%1$zu\n", n, "char x[] = M40;"); }
static void doubled_unused(Text *t, size_t n) { around(t, "#define M0 1\n", "#define M%2$zu (M%1$zu + M%1$zu)\n", n, "int x;"); }
static void doubled_types(Text *t, size_t n) { around(t, "typedef char t0[2];", "typedef struct { t%1$zu a, b; } t%2$zu;", n, "t40 x[1 << 30];"); }
static void doubled_parameters(Text *t, size_t n) {
    for (int i = 0; i < 2; i++)
        around(t, "typedef int t0(void);", "typedef void t%2$zu(t%1$zu *, t%1$zu *, t%1$zu *);", n, "");
    put(t, "extern t40 f; extern t40 f;");
}

static const Trap bombs[] = {
    {"tokens that double", doubled, 40, CDECL_E_PP_EXPANSION_TOO_LARGE},
    {"calls that double", doubled_calls, 40, CDECL_E_PP_EXPANSION_TOO_LARGE},
    {"names that double", doubled_names, 40, CDECL_E_PP_TOKENS_TOO_LONG},
    {"strings that double", doubled_strings, 40, CDECL_E_PP_EXPANSION_TOO_LARGE},
    {"constants that double", doubled_unused, 40, CDECL_OK},
    {"sizes that double", doubled_types, 40, CDECL_E_ABI_TYPE},
    {"parameters that treble", doubled_parameters, 40, CDECL_OK},
};

/* ---------------------------------------------------------------- the suite */

#define TRAPS(array) \
    START_TEST(test_##array) { check_trap(&array[_i]); } \
    END_TEST

TRAPS(nesting)
TRAPS(many)
TRAPS(long_ones)
TRAPS(preprocessor)

START_TEST(test_bombs) {
    Text t = {0};
    CdeclCode code;
    bombs[_i].make(&t, bombs[_i].n);
    double best = 1e9;
    for (int i = 0; i < 3 && best > 5; i++) {
        best = lesser(best, measure(&t, &code));
        ck_assert_msg(code == bombs[_i].code, "%s: code %d, expected %d", bombs[_i].name, (int)code, (int)bombs[_i].code);
    }
    free(t.data);
    ck_assert_msg(best < 5 || getenv("CDEFFI_VALGRIND"), "%s: %.1f s", bombs[_i].name, best);
}
END_TEST

Suite *traps_suite(void) {
    Suite *s = suite_create("traps");
    TCase *c = tcase_create("quadratic");
    tcase_set_timeout(c, 300);
#define ADD(array) tcase_add_loop_test(c, test_##array, 0, sizeof array / sizeof array[0])
    ADD(nesting);
    ADD(many);
    ADD(long_ones);
    ADD(preprocessor);
    ADD(bombs);
    suite_add_tcase(s, c);
    return s;
}
