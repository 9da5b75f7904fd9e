/* Callbacks: closures called by C, their arguments and results. */
#include <pthread.h>
#include <stdio.h>

#include "signature.h"

static AbiClosure *new_closure(const AbiType *type, AbiHandler *handler, void *user)
{
    AbiError err = {0};
    AbiClosure *closure = abi_closure_new(type, handler, user, &err);
    ck_assert_msg(closure != NULL, "%s", err.msg);
    return closure;
}

/* Call CLOSURE as a function of type FN. */
#define CODE(closure, ...) ((__VA_ARGS__)opaque(abi_closure_code(closure)))
#define ARG(i, ctype) (*(const ctype *)args[i])

/* ---------------------------------------------------------------- scalars */

static _Atomic int comparisons; /* by several threads */
static void compare(void *user, void *result, void *const *args)
{
    const int *a = ARG(0, int *), *b = ARG(1, int *);
    comparisons++;
    *(int *)result = *(int *)user * ((*a > *b) - (*a < *b));
}

START_TEST(qsort_with_a_callback)
{
    int values[1000], sign = -1;
    AbiClosure *closure = new_closure(FUNCTION(prim(ABI_P_INT), pointer(), pointer()), compare, &sign);
    for (int i = 0; i < 1000; i++)
        values[i] = i * 7919 % 1000;
    comparisons = 0;
    qsort(values, 1000, sizeof *values, (int (*)(const void *, const void *))abi_closure_code(closure));
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(values[i], 999 - i);
    ck_assert_int_gt(comparisons, 1000);
    abi_closure_free(closure);
}
END_TEST

static void every_scalar(void *user, void *result, void *const *args)
{
    *(bool *)user = ARG(0, _Bool) == 1 && ARG(1, signed char) == -3 && ARG(2, unsigned short) == 65000
                    && ARG(3, int) == -70000 && ARG(4, long) == -5000000000 && ARG(5, float) == 1.5f
                    && ARG(6, double) == -2.75 && ARG(7, long double) == 0.125L && ARG(8, void *) == user
                    && ARG(9, int) == 9 && ARG(10, int) == 10;
    __int128 wide;
    memcpy(&wide, args[11], sizeof wide);
    *(bool *)user = *(bool *)user && wide == -((__int128)1 << 100);
    *(double *)result = 6.5;
}

START_TEST(scalars_in_registers_and_on_the_stack)
{
    bool right = false;
    const AbiType *type = FUNCTION(prim(ABI_P_DOUBLE), prim(ABI_P_BOOL), prim(ABI_P_SCHAR), prim(ABI_P_USHORT),
                                   prim(ABI_P_INT), prim(ABI_P_LONG), prim(ABI_P_FLOAT), prim(ABI_P_DOUBLE),
                                   prim(ABI_P_LDOUBLE), pointer(), prim(ABI_P_INT), prim(ABI_P_INT), prim(ABI_P_INT128));
    AbiClosure *closure = new_closure(type, every_scalar, &right);
    double (*fn)(_Bool, signed char, unsigned short, int, long, float, double, long double, void *, int, int, __int128) =
        CODE(closure, double (*)(_Bool, signed char, unsigned short, int, long, float, double, long double, void *, int,
                                 int, __int128));
    ck_assert(fn(1, -3, 65000, -70000, -5000000000, 1.5f, -2.75, 0.125L, &right, 9, 10, -((__int128)1 << 100)) == 6.5);
    ck_assert(right);
    abi_closure_free(closure);
}
END_TEST

static void write_natural(void *user, void *result, void *const *args)
{
    (void)args;
    memcpy(result, user, 1);
}

static void write_wide(void *user, void *result, void *const *args)
{
    int64_t wide = *(signed char *)user;
    (void)args;
    memcpy(result, &wide, 8);
}

/* clang relies on the callee's extension of narrow results, so all 32 bits of eax are looked at. */
START_TEST(narrow_results_are_extended)
{
    signed char value = -5;
    AbiHandler *handlers[] = {write_natural, write_wide};
    for (int i = 0; i < 2; i++) {
        AbiClosure *closure = new_closure(FUNCTION(prim(ABI_P_SCHAR)), handlers[i], &value);
        ck_assert_int_eq(CODE(closure, int (*)(void))(), -5);
        abi_closure_free(closure);
        closure = new_closure(FUNCTION(prim(ABI_P_UCHAR)), handlers[i], &value);
        ck_assert_int_eq(CODE(closure, int (*)(void))(), 251);
        abi_closure_free(closure);
    }
}
END_TEST

/* ---------------------------------------------------------------- records */

typedef struct { long a; double b; } IntDouble;
typedef struct { double a; long b; } DoubleInt;
typedef struct { int a, b; float f; } Twelve;
typedef struct { long a, b, c; } Memory;
typedef struct __attribute__((packed)) { char c; int i; } Packed;
typedef struct { int x; } __attribute__((aligned(64))) Aligned;

static void mixed(void *user, void *result, void *const *args)
{
    IntDouble x = ARG(0, IntDouble);
    DoubleInt y = ARG(1, DoubleInt), r = {x.b + y.a, x.a + y.b};
    Twelve t = ARG(2, Twelve);
    Memory m = ARG(3, Memory);
    (void)user;
    r.a += (double)t.f;
    r.b += t.a + t.b + m.a + m.b + m.c;
    memcpy(result, &r, sizeof r);
}

START_TEST(structs_of_every_class)
{
    const AbiType *l = prim(ABI_P_LONG), *d = prim(ABI_P_DOUBLE), *i = prim(ABI_P_INT);
    const AbiType *ld = RECORD(ABI_STRUCT, NO_OPTIONS, MEMBER(l), MEMBER(d));
    const AbiType *dl = RECORD(ABI_STRUCT, NO_OPTIONS, MEMBER(d), MEMBER(l));
    const AbiType *twelve = RECORD(ABI_STRUCT, NO_OPTIONS, MEMBER(i), MEMBER(i), MEMBER(prim(ABI_P_FLOAT)));
    const AbiType *memory = RECORD(ABI_STRUCT, NO_OPTIONS, MEMBER(l), MEMBER(l), MEMBER(l));
    AbiClosure *closure = new_closure(FUNCTION(dl, ld, dl, twelve, memory), mixed, NULL);
    DoubleInt r = CODE(closure, DoubleInt(*)(IntDouble, DoubleInt, Twelve, Memory))(
        (IntDouble){1, 0.5}, (DoubleInt){0.25, 10}, (Twelve){100, 1000, 2.0f}, (Memory){10000, 100000, 1000000});
    ck_assert(r.a == 2.75);
    ck_assert_int_eq(r.b, 1111111);
    abi_closure_free(closure);
}
END_TEST

static void copy_first(void *user, void *result, void *const *args)
{
    memset(result, 0x55, 16); /* the contract: results have room for 16 bytes */
    memcpy(result, args[0], *(size_t *)user);
}

/* A packed struct of five bytes is returned in memory; the caller's object is no larger. */
START_TEST(hidden_results_are_not_overrun)
{
    size_t size = sizeof(Packed);
    const AbiType *type = RECORD(ABI_STRUCT, {.packed = true}, MEMBER(prim(ABI_P_CHAR)), MEMBER(prim(ABI_P_INT)));
    AbiClosure *closure = new_closure(FUNCTION(type, type), copy_first, &size);
    struct { Packed p; char after[16]; } r;
    memset(&r, 0x77, sizeof r);
    r.p = CODE(closure, Packed(*)(Packed))((Packed){3, 77});
    ck_assert(r.p.c == 3 && r.p.i == 77 && r.after[0] == 0x77 && r.after[15] == 0x77);
    abi_closure_free(closure);
}
END_TEST

typedef struct { char bytes[500]; } Large;

START_TEST(large_structs)
{
    AbiError err = {0};
    size_t size = sizeof(Large);
    const AbiType *bytes = abi_array(graph, (AbiQType){prim(ABI_P_CHAR), 0}, 500, &err);
    const AbiType *type = RECORD(ABI_STRUCT, NO_OPTIONS, MEMBER(bytes));
    AbiClosure *closure = new_closure(FUNCTION(type, type), copy_first, &size);
    Large in, out;
    for (size_t i = 0; i < sizeof in; i++)
        in.bytes[i] = (char)(i * 31);
    out = CODE(closure, Large(*)(Large))(in);
    ck_assert_int_eq(memcmp(&in, &out, sizeof in), 0);
    abi_closure_free(closure);
}
END_TEST

static void aligned_args(void *user, void *result, void *const *args)
{
    (void)user;
#ifdef __x86_64__ /* AAPCS64 passes a pointer to what the caller made */
    ck_assert_uint_eq((uintptr_t)args[1] % 64, 0);
#endif
    *(long *)result = ARG(0, int) + ARG(1, Aligned).x + ARG(2, Aligned).x;
}

START_TEST(over_aligned_arguments)
{
    const AbiType *type = RECORD(ABI_STRUCT, {.align = 64}, MEMBER(prim(ABI_P_INT)));
    AbiClosure *closure = new_closure(FUNCTION(prim(ABI_P_LONG), prim(ABI_P_INT), type, type), aligned_args, NULL);
    ck_assert_int_eq(CODE(closure, long (*)(int, Aligned, Aligned))(1, (Aligned){20}, (Aligned){300}), 321);
    abi_closure_free(closure);
}
END_TEST

/* ---------------------------------------------------------------- vectors */

typedef float Float4 __attribute__((vector_size(16)));

static void float4(void *user, void *result, void *const *args)
{
    Float4 r = ARG(0, Float4) * ARG(2, Float4) + (float)ARG(1, double) + ARG(3, Float4);
    (void)user;
    memcpy(result, &r, sizeof r);
}

START_TEST(vectors_of_16_bytes)
{
    AbiError err = {0};
    const AbiType *type = abi_vector(graph, prim(ABI_P_FLOAT), 16, &err);
    const AbiType *wrapped = RECORD(ABI_STRUCT, NO_OPTIONS, MEMBER(type));
    AbiClosure *closure = abi_closure_new(FUNCTION(type, type, prim(ABI_P_DOUBLE), type, wrapped), float4, NULL, &err);
    if (!closure) { /* built without direct calls */
        ck_assert_int_eq(err.code, ABI_EUNSUPPORTED);
        return;
    }
    struct { Float4 v; } last = {{0, 0, 100, 200}};
    Float4 r = CODE(closure, Float4(*)(Float4, double, Float4, __typeof__(last)))(
        (Float4){1, 2, 3, 4}, 0.5, (Float4){10, 20, 30, 40}, last);
    ck_assert(r[0] == 10.5f && r[1] == 40.5f && r[2] == 190.5f && r[3] == 360.5f);
    abi_closure_free(closure);
}
END_TEST

#ifdef __x86_64__
typedef double Double4 __attribute__((vector_size(32)));

__attribute__((target("avx"))) static void double4(void *user, void *result, void *const *args)
{
    Double4 a, b, r;
    memcpy(&a, args[1], sizeof a);
    memcpy(&b, args[2], sizeof b);
    (void)user;
    r = a * ARG(0, int) + b;
    memcpy(result, &r, sizeof r);
}

__attribute__((target("avx"))) static void call_double4(AnyFunction code, double *to)
{
    Double4 r = ((Double4(*)(int, Double4, Double4))code)(3, (Double4){1, 2, 3, 4}, (Double4){10, 20, 30, 40});
    memcpy(to, &r, sizeof r);
}

START_TEST(vectors_of_32_bytes)
{
    AbiError err = {0};
    const AbiType *type = abi_vector(graph, prim(ABI_P_DOUBLE), 32, &err);
    AbiClosure *closure = abi_closure_new(FUNCTION(type, prim(ABI_P_INT), type, type), double4, NULL, &err);
    if (!closure) { /* no AVX here, or a build by clang without it */
        ck_assert_int_eq(err.code, ABI_EUNSUPPORTED);
        return;
    }
    double r[4];
    call_double4(opaque(abi_closure_code(closure)), r);
    ck_assert(r[0] == 13 && r[1] == 26 && r[2] == 39 && r[3] == 52);
    abi_closure_free(closure);
}
END_TEST
#endif

/* ---------------------------------------------------------------- around them */

START_TEST(variadic_callbacks_are_refused)
{
    AbiError err = {0};
    const AbiType *params[] = {prim(ABI_P_INT)};
    ck_assert_ptr_null(abi_closure_new(function_of(prim(ABI_P_INT), true, params, 1), compare, NULL, &err));
    ck_assert_int_eq(err.code, ABI_EUNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(err.msg, "variadic"));
    abi_closure_free(NULL);
}
END_TEST

static void *sort_in_thread(void *code)
{
    int values[200];
    for (int i = 0; i < 200; i++)
        values[i] = i * 7919 % 200;
    qsort(values, 200, sizeof *values, (int (*)(const void *, const void *))code);
    for (int i = 0; i < 200; i++)
        if (values[i] != i)
            return "unsorted";
    return NULL;
}

START_TEST(one_closure_on_several_threads)
{
    pthread_t thread[4];
    int sign = 1;
    AbiClosure *closure = new_closure(FUNCTION(prim(ABI_P_INT), pointer(), pointer()), compare, &sign);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, sort_in_thread, (void *)abi_closure_code(closure)), 0);
    for (int i = 0; i < 4; i++) {
        void *failure;
        pthread_join(thread[i], &failure);
        ck_assert_ptr_null(failure);
    }
    abi_closure_free(closure);
}
END_TEST

typedef struct { AbiClosure *closure; const void *result; size_t size; } Last;

static void free_own_closure(void *user, void *result, void *const *args)
{
    Last *last = user;
    (void)args;
    memcpy(result, last->result, last->size);
    abi_closure_free(last->closure);
}

/* A binding may drop the last reference to a callback while it runs. Sanitized builds see a late look. */
#define FREES_ITSELF(type, ctype, ...)                                                  \
    ({                                                                                  \
        ctype value_ = __VA_ARGS__;                                                     \
        Last last_ = {NULL, &value_, sizeof value_};                                    \
        last_.closure = new_closure(FUNCTION(type), free_own_closure, &last_);          \
        CODE(last_.closure, ctype(*)(void))();                                          \
    })

START_TEST(a_handler_may_free_its_closure)
{
    const AbiType *l = prim(ABI_P_LONG), *d = prim(ABI_P_DOUBLE);
    const AbiType *ld = RECORD(ABI_STRUCT, NO_OPTIONS, MEMBER(l), MEMBER(d));
    const AbiType *memory = RECORD(ABI_STRUCT, NO_OPTIONS, MEMBER(l), MEMBER(l), MEMBER(l));
    const AbiType *packed = RECORD(ABI_STRUCT, {.packed = true}, MEMBER(prim(ABI_P_CHAR)), MEMBER(prim(ABI_P_INT)));
    ck_assert_int_eq(FREES_ITSELF(prim(ABI_P_SCHAR), signed char, -5), -5);
    ck_assert(FREES_ITSELF(d, double, 2.5) == 2.5);
    ck_assert(FREES_ITSELF(ld, IntDouble, {7, 0.5}).b == 0.5);
    ck_assert_int_eq(FREES_ITSELF(memory, Memory, {1, 2, 3}).c, 3);
    ck_assert_int_eq(FREES_ITSELF(packed, Packed, {1, 77}).i, 77);
}
END_TEST

/* A plan calls a closure of the same type: what goes in comes out on the other side. */
START_TEST(calls_of_closures)
{
    const AbiType *l = prim(ABI_P_LONG), *d = prim(ABI_P_DOUBLE);
    const AbiType *ld = RECORD(ABI_STRUCT, NO_OPTIONS, MEMBER(l), MEMBER(d));
    size_t size = sizeof(IntDouble);
    const AbiType *type = FUNCTION(ld, ld, d);
    AbiClosure *closure = new_closure(type, copy_first, &size);
    EACH_PATH(type) {
        PUT(0, IntDouble, {-1, 2.5});
        PUT(1, double, 0);
        CALL(abi_closure_code(closure));
        ck_assert_int_eq(RESULT(IntDouble).a, -1);
        ck_assert(RESULT(IntDouble).b == 2.5);
    }
    abi_closure_free(closure);
}
END_TEST

Suite *closure_suite(void)
{
    Suite *suite = suite_create("closure");
    TCase *tcase = tcase_create("closure");
    tcase_add_checked_fixture(tcase, open_graph, close_graph);
    tcase_add_test(tcase, qsort_with_a_callback);
    tcase_add_test(tcase, scalars_in_registers_and_on_the_stack);
    tcase_add_test(tcase, narrow_results_are_extended);
    tcase_add_test(tcase, structs_of_every_class);
    tcase_add_test(tcase, hidden_results_are_not_overrun);
    tcase_add_test(tcase, large_structs);
    tcase_add_test(tcase, over_aligned_arguments);
    tcase_add_test(tcase, vectors_of_16_bytes);
#ifdef __x86_64__
    tcase_add_test(tcase, vectors_of_32_bytes);
#endif
    tcase_add_test(tcase, variadic_callbacks_are_refused);
    tcase_add_test(tcase, one_closure_on_several_threads);
    tcase_add_test(tcase, a_handler_may_free_its_closure);
    tcase_add_test(tcase, calls_of_closures);
    suite_add_tcase(suite, tcase);
    return suite;
}
