/* Types as text: cffi's names, and C that a compiler reads back. */
#include "tests/c/graph.h"

#include <string.h>

#define CONST_(t) ((AbiQType){(t), ABI_CONST})

static const AbiType *pointer_to(AbiQType q) { return ok(abi_pointer(graph, q, &err)); }
static const AbiType *pointer(const AbiType *t) { return pointer_to(Q(t)); }
static const AbiType *array(const AbiType *t, size_t n) { return ok(abi_array(graph, Q(t), n, &err)); }
static const AbiType *open_array(const AbiType *t) { return array(t, ABI_LENGTH_UNKNOWN); }

static const AbiType *variadic(const AbiType *result, size_t n, AbiQType *params, bool more)
{
    AbiFunctionDecl d = {.result = Q(result), .params = params, .nparams = n, .variadic = more};
    return ok(abi_function(graph, &d, &err));
}

#define FN(result, ...) variadic((result), sizeof((AbiQType[]){__VA_ARGS__}) / sizeof(AbiQType), (AbiQType[]){__VA_ARGS__}, false)
#define FN0(result) variadic((result), 0, NULL, false)

static AbiType *record(AbiKind kind, const char *tag)
{
    AbiType *t = abi_record_new(region, kind, tag ? abi_region_name(region, tag, strlen(tag)) : NULL, &err);
    ck_assert_ptr_nonnull(t);
    return t;
}

static void alias(AbiType *t, const char *name)
{
    ck_assert_int_eq(abi_record_set_alias(t, abi_region_name(region, name, strlen(name))), 0);
}

static void spells(AbiQType q, AbiSpelling mode, const char *insert, const char *want, size_t position)
{
    char buf[512];
    size_t at = 999, n = abi_spell(q, insert, mode, buf, sizeof buf, &at);
    ck_assert_str_eq(buf, want);
    ck_assert_uint_eq(n, strlen(want));
    ck_assert_uint_eq(at, position);
}

static void plain(const AbiType *t, const char *want, size_t position) { spells(Q(t), ABI_SPELL_PLAIN, "", want, position); }

static void c(AbiQType q, const char *want)
{
    char buf[512];
    ck_assert_uint_eq(abi_spell(q, "", ABI_SPELL_C, buf, sizeof buf, NULL), strlen(want));
    ck_assert_str_eq(buf, want);
}

START_TEST(as_cffi_names_types)
{
    const AbiType *i = P(INT), *f = FN(i, Q(P(DOUBLE)), Q(pointer(P(CHAR))));
    plain(i, "int", 3);
    plain(P(ULLONG), "unsigned long long", 18);
    plain(P(BOOL), "_Bool", 5);
    plain(P(UINT8), "uint8_t", 7);
    plain(pointer(i), "int *", 5);
    plain(pointer(pointer(i)), "int * *", 7);
    plain(array(i, 3), "int[3]", 3);
    plain(open_array(i), "int[]", 3);
    plain(array(array(i, 4), 3), "int[3][4]", 3);
    plain(pointer(array(i, 3)), "int(*)[3]", 5);
    plain(array(pointer(i), 3), "int *[3]", 5);
    plain(array(pointer(array(i, 4)), 3), "int(*[3])[4]", 5);
    plain(f, "int(double, char *)", 3);
    plain(pointer(f), "int(*)(double, char *)", 5);
    plain(pointer(pointer(f)), "int(* *)(double, char *)", 7);
    plain(pointer(FN0(i)), "int(*)()", 5);
    AbiQType one = Q(i);
    plain(pointer(variadic(i, 1, &one, true)), "int(*)(int, ...)", 5);
    plain(open_array(pointer(FN(i, Q(i)))), "int(*[])(int)", 5);
    plain(pointer(FN(pointer(FN(i, Q(i))), Q(P(CHAR)))), "int(*(*)(char))(int)", 7);
    plain(pointer(array(pointer(FN0(i)), 3)), "int(*(*)[3])()", 7);
    plain(pointer(FN(i, Q(pointer(FN(i, Q(i)))), Q(pointer(i)))), "int(*)(int(*)(int), int *)", 5);
    plain(pointer(FN0(pointer(i))), "int *(*)()", 7);
    plain(pointer(FN0(pointer(array(i, 3)))), "int(*(*)())[3]", 7);
}
END_TEST

START_TEST(as_cffi_getctype)
{
    const AbiType *i = P(INT), *p = pointer(i), *a = array(i, 3), *f = FN(i, Q(i));
    spells(Q(i), ABI_SPELL_PLAIN, "x", "int x", 4);
    spells(Q(i), ABI_SPELL_PLAIN, "[3]", "int[3]", 3);
    spells(Q(p), ABI_SPELL_PLAIN, "x", "int * x", 6);
    spells(Q(p), ABI_SPELL_PLAIN, "*", "int * *", 6);
    spells(Q(p), ABI_SPELL_PLAIN, "[3]", "int *[3]", 5);
    spells(Q(a), ABI_SPELL_PLAIN, "x", "int x[3]", 4);
    spells(Q(a), ABI_SPELL_PLAIN, "*x", "int(*x)[3]", 4);
    spells(Q(a), ABI_SPELL_PLAIN, "[5]", "int[5][3]", 3);
    spells(Q(pointer(a)), ABI_SPELL_PLAIN, "x", "int(* x)[3]", 6);
    spells(Q(pointer(f)), ABI_SPELL_PLAIN, "x", "int(* x)(int)", 6);
    spells(Q(pointer(f)), ABI_SPELL_PLAIN, "[3]", "int(*[3])(int)", 5);
    spells(Q(array(p, 3)), ABI_SPELL_PLAIN, "*", "int *(*)[3]", 6);
    spells(Q(f), ABI_SPELL_PLAIN, "*x", "int(*x)(int)", 4);
    spells(Q(f), ABI_SPELL_PLAIN, "name", "int name(int)", 4);
}
END_TEST

START_TEST(records)
{
    AbiType *s = record(ABI_STRUCT, "foo"), *anonymous = record(ABI_STRUCT, NULL), *u = record(ABI_UNION, NULL), *e = record(ABI_ENUM, "e");
    plain(s, "struct foo", 10);
    plain(pointer(anonymous), "struct $1 *", 11);
    plain(u, "union $2", 8);
    plain(e, "enum e", 6);
    alias(u, "u_t");
    plain(pointer(u), "u_t *", 5);
    alias(s, "foo_t");
    plain(pointer(s), "foo_t *", 7);
    c(Q(s), "struct foo"); /* which C text can rely on */
    c(Q(u), "u_t");
    abi_region_begin(region);
    plain(record(ABI_UNION, NULL), "union <anonymous>", 17);
    abi_region_rollback(region);
}
END_TEST

START_TEST(other_base_types)
{
    plain(ok(abi_bitint(graph, 7, true, &err)), "_BitInt(7)", 10);
    c(CONST_(ok(abi_bitint(graph, 7, false, &err))), "const unsigned _BitInt(7)");
    plain(ok(abi_complex(graph, P(FLOAT), &err)), "_cffi_float_complex_t", 21);
    plain(ok(abi_complex(graph, P(DOUBLE), &err)), "_cffi_double_complex_t", 22);
    plain(ok(abi_complex(graph, P(LDOUBLE), &err)), "long double _Complex", 20);
    c(Q(pointer(ok(abi_complex(graph, P(FLOAT), &err)))), "float _Complex *");
    c(Q(ok(abi_vector(graph, P(FLOAT), 16, &err))), "float __attribute__((vector_size(16)))");
    c(CONST_(ok(abi_vector(graph, P(SHORT), 8, &err))), "const short __attribute__((vector_size(8)))");
}
END_TEST

START_TEST(qualifiers)
{
    const AbiType *text = pointer_to(CONST_(P(CHAR)));
    plain(text, "char *", 6);
    c(Q(text), "const char *");
    c(CONST_(text), "const char *const");
    c(Q(pointer_to(CONST_(text))), "const char *const *");
    c((AbiQType){text, ABI_RESTRICT | ABI_VOLATILE}, "const char *volatile restrict");
    c((AbiQType){P(INT), ABI_ATOMIC | ABI_CONST}, "const _Atomic int");
    c(Q(ok(abi_array(graph, CONST_(P(INT)), 3, &err))), "const int[3]");
    c(CONST_(array(P(INT), 3)), "const int[3]");
    c(Q(pointer_to(CONST_(array(pointer(P(INT)), 3)))), "int *const(*)[3]");
    AbiFunctionDecl d = {.result = CONST_(P(INT)), .params = (AbiQType[]){CONST_(P(INT)), CONST_(text)}, .nparams = 2};
    const AbiType *f = ok(abi_function(graph, &d, &err));
    c(CONST_(pointer(f)), "const int(*const)(const int, const char *const)");
    plain(pointer(f), "int(*)(int, char *)", 5);
    c(Q(pointer_to(CONST_(pointer(f)))), "const int(*const *)(const int, const char *const)");
    spells(CONST_(pointer(P(INT))), ABI_SPELL_C, "x", "int *const x", 11);
}
END_TEST

START_TEST(functions_in_c)
{
    c(Q(FN0(P(INT))), "int(void)");
    AbiFunctionDecl old = {.result = Q(P(INT)), .unprototyped = true};
    c(Q(ok(abi_function(graph, &old, &err))), "int()");
    AbiQType none;
    c(Q(variadic(P(VOID), 0, &none, true)), "void(...)");
#ifdef __x86_64__
    AbiFunctionDecl ms = {.result = Q(P(INT)), .conv = ABI_MS};
    c(Q(pointer(ok(abi_function(graph, &ms, &err)))), "int(__attribute__((ms_abi)) *)(void)");
    c(Q(ok(abi_function(graph, &ms, &err))), "int __attribute__((ms_abi))(void)");
#endif
}
END_TEST

START_TEST(alignment_in_c)
{
    const AbiType *i = ok(abi_aligned(graph, P(INT), 16, &err));
    plain(i, "int [[gnu::aligned(16)]]", 24);
    plain(pointer(i), "int [[gnu::aligned(16)]] *", 26);
    c(Q(i), "int __attribute__((aligned(16)))");
    c(CONST_(ok(abi_aligned(graph, pointer(P(INT)), 32, &err))), "int *__attribute__((aligned(32))) const");
    const AbiType *a = ok(abi_aligned(graph, array(P(INT), 3), 64, &err));
    c(Q(a), "int __attribute__((aligned(64)))[3]");
    c(Q(pointer(i)), "__typeof__(int __attribute__((aligned(16)))) *");
    c(CONST_(ok(abi_pointer(graph, (AbiQType){i, ABI_CONST}, &err))), "const __typeof__(int __attribute__((aligned(16)))) *const");
    c(Q(pointer(a)), "int(*)[3] [[gnu::aligned(64)]]");
    plain(pointer(a), "int(*)[3] [[gnu::aligned(64)]]", 5);
    plain(a, "int[3] [[gnu::aligned(64)]]", 3);
    spells(CONST_(ok(abi_aligned(graph, pointer(P(INT)), 32, &err))), ABI_SPELL_PLAIN, "x", "int *__attribute__((aligned(32))) x", 34);
}
END_TEST

START_TEST(like_snprintf)
{
    const AbiType *t = pointer(FN(P(INT), Q(P(DOUBLE))));
    const char *want = "int(*)(double)";
    char buf[32];
    for (size_t cap = 0; cap <= 20; cap++) {
        memset(buf, '#', sizeof buf);
        ck_assert_uint_eq(abi_spell(Q(t), "", ABI_SPELL_PLAIN, cap ? buf : NULL, cap, NULL), strlen(want));
        size_t written = cap == 0 ? 0 : cap - 1 < strlen(want) ? cap - 1 : strlen(want);
        ck_assert_int_eq(memcmp(buf, want, written), 0);
        if (cap)
            ck_assert_int_eq(buf[written], '\0');
        for (size_t i = cap ? written + 1 : 0; i < sizeof buf; i++)
            ck_assert_int_eq(buf[i], '#');
    }
}
END_TEST

/* Spell T into memory of its own; free it. */
static char *spelled(const AbiType *t, size_t *n)
{
    *n = abi_spell(Q(t), "", ABI_SPELL_PLAIN, NULL, 0, NULL);
    char *text = abi_alloc(*n + 1);
    ck_assert_uint_eq(abi_spell(Q(t), "", ABI_SPELL_PLAIN, text, *n + 1, NULL), *n);
    ck_assert_uint_eq(strlen(text), *n);
    return text;
}

START_TEST(deep_types)
{
    size_t n;
    const AbiType *t = P(INT);
    for (int i = 0; i < 20000; i++)
        t = pointer(t);
    char *text = spelled(t, &n);
    ck_assert_uint_eq(n, 3 + 2 * 20000);
    ck_assert_mem_eq(text, "int * *", 7);
    ck_assert_str_eq(text + n - 4, " * *");
    abi_free(text);
    t = P(INT);
    for (int i = 0; i < 10000; i++) /* functions within parameters: no stack to overflow */
        t = pointer(FN(P(INT), Q(t)));
    text = spelled(t, &n);
    ck_assert_mem_eq(text, "int(*)(int(*)(int(*)(", 21);
    ck_assert_str_eq(text + n - 8, "))))))))");
    ck_assert_uint_eq(n, 3 + 8 * 10000);
    abi_free(text);
    t = P(INT);
    for (int i = 0; i < 10000; i++) /* and within results */
        t = pointer(FN0(t));
    text = spelled(t, &n);
    ck_assert_mem_eq(text, "int(*(*(*(", 10);
    ck_assert_str_eq(text + n - 9, ")())())()");
    abi_free(text);
}
END_TEST

START_TEST(a_spelling_of_exponential_length_is_cut)
{
    const AbiType *t = P(INT);
    for (int i = 0; i < 60; i++)
        t = pointer(FN(t, Q(t), Q(t)));
    char buf[64];
    ck_assert_uint_eq(abi_spell(Q(t), "", ABI_SPELL_PLAIN, buf, sizeof buf, NULL), 4 << 20);
    ck_assert_uint_eq(strlen(buf), sizeof buf - 1);
}
END_TEST

#ifdef ABI_TEST_ALLOC
START_TEST(out_of_memory_cuts_a_deep_spelling)
{
    const AbiType *t = P(INT);
    for (int i = 0; i < 100; i++)
        t = pointer(FN(P(INT), Q(t)));
    char buf[1024];
    abi_alloc_fail_after(0);
    size_t n = abi_spell(Q(t), "", ABI_SPELL_PLAIN, buf, sizeof buf, NULL);
    abi_alloc_fail_after(-1);
    ck_assert_uint_lt(n, 3 + 8 * 100);
    ck_assert_uint_eq(strlen(buf), n);
}
END_TEST
#endif

Suite *spell_suite(void);
Suite *spell_suite(void)
{
    Suite *s = suite_create("spell");
    TCase *t = tcase_create("spell");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, as_cffi_names_types);
    tcase_add_test(t, as_cffi_getctype);
    tcase_add_test(t, records);
    tcase_add_test(t, other_base_types);
    tcase_add_test(t, qualifiers);
    tcase_add_test(t, functions_in_c);
    tcase_add_test(t, alignment_in_c);
    tcase_add_test(t, like_snprintf);
    tcase_add_test(t, deep_types);
    tcase_add_test(t, a_spelling_of_exponential_length_is_cut);
#ifdef ABI_TEST_ALLOC
    tcase_add_test(t, out_of_memory_cuts_a_deep_spelling);
#endif
    suite_add_tcase(s, t);
    return s;
}
