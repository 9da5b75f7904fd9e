/* Call plans: the contract of abi.h, and what is refused. */
#include "abi/alloc.h"

#include <pthread.h>

#include "signature.h"

static const AbiPlan *plan_of(const AbiType *type)
{
    AbiError err = {0};
    const AbiPlan *plan = abi_plan(type, &err);
    ck_assert_msg(plan != NULL, "%s", err.msg);
    return plan;
}

START_TEST(made_once_and_kept_with_the_type)
{
    const AbiType *type = FUNCTION(prim(ABI_P_INT), prim(ABI_P_DOUBLE));
    const AbiPlan *plan = plan_of(type);
    ck_assert_ptr_eq(plan_of(type), plan);
    ck_assert_ptr_eq(type->plan, plan);
    ck_assert_ptr_eq(plan->function, type);
    ck_assert_ptr_eq(plan->result_type, prim(ABI_P_INT));
    ck_assert_uint_eq(plan->nargs, 1);
    ck_assert_ptr_eq(plan->arg_type[0], prim(ABI_P_DOUBLE));
}
END_TEST

/* Every argument has a place of its own: its bytes, and at least eight, lie in the area and in no other. */
static void check_places(const AbiPlan *plan)
{
    char *used = calloc(1, plan->area_size);
    for (uint32_t i = 0; i < plan->nargs; i++) {
        size_t size = plan->arg_type[i]->size;
        ck_assert_uint_eq(plan->arg_offset[i] % 8, 0);
        ck_assert_uint_le(plan->arg_offset[i] + (size < 8 && size ? 8 : size), plan->area_size);
        for (size_t b = 0; b < size; b++)
            ck_assert_int_eq(used[plan->arg_offset[i] + b]++, 0);
    }
    ck_assert_uint_le(plan->result_offset + (plan->result_type->size == ABI_SIZE_UNKNOWN ? 0 : plan->result_type->size),
                      plan->area_size);
    ck_assert_uint_le(plan->result_offset + 16, plan->area_size);
    ck_assert_uint_eq(plan->area_size % 16, 0);
    free(used);
}

START_TEST(arguments_have_places_of_their_own)
{
    const AbiType *l = prim(ABI_P_LONG), *d = prim(ABI_P_DOUBLE), *c = prim(ABI_P_CHAR);
    const AbiType *mixed = RECORD(ABI_STRUCT, NO_OPTIONS, MEMBER(l), MEMBER(d));
    const AbiType *memory = RECORD(ABI_STRUCT, {.packed = true}, MEMBER(c), MEMBER(l), MEMBER(l));
    const AbiType *half = RECORD(ABI_STRUCT, {.align = 16}, MEMBER(l)); /* the second eightbyte is padding */
    const AbiType *empty = record_of(ABI_STRUCT, (AbiRecordOptions){0}, NULL, 0);
    check_places(plan_of(FUNCTION(prim(ABI_P_VOID))));
    check_places(plan_of(FUNCTION(prim(ABI_P_VOID), c)));
    check_places(plan_of(FUNCTION(memory, mixed, d, memory, l, mixed, empty, l, mixed, d, half, mixed)));
    check_places(plan_of(FUNCTION(mixed, l, l, l, l, l, half, d, d)));
    check_places(plan_of(FUNCTION(l, half, half, half, half, half, half, half, half)));
    check_places(plan_of(FUNCTION(prim(ABI_P_LDOUBLE), prim(ABI_P_LDOUBLE), l, prim(ABI_P_INT128))));
}
END_TEST

/* Which calls a binding may make without an area. The oracle makes them, too. */
START_TEST(calls_in_registers)
{
    AbiError err = {0};
    const AbiType *i = prim(ABI_P_INT), *d = prim(ABI_P_DOUBLE), *v = prim(ABI_P_VOID), *f = prim(ABI_P_FLOAT);
    const AbiType *p = abi_pointer(graph, (AbiQType){v, 0}, &err);
    const AbiType *two = RECORD(ABI_STRUCT, NO_OPTIONS, MEMBER(p), MEMBER(p)), *empty = record_of(ABI_STRUCT, (AbiRecordOptions){0}, NULL, 0);
    const AbiType *large = RECORD(ABI_STRUCT, NO_OPTIONS, MEMBER(two), MEMBER(two));
    const AbiType *variadic = function_of(i, true, &p, 1);
#ifdef CDEFFI_NO_DIRECT
    const AbiRegisters words = ABI_AREA, doubles = ABI_AREA;
#else
    const AbiRegisters words = ABI_WORDS, doubles = ABI_DOUBLES;
#endif
    setenv("CDEFFI_DISPATCH", "direct", 1);
    ck_assert_int_eq(plan_of(FUNCTION(v))->registers, words);
    ck_assert_int_eq(plan_of(FUNCTION(i, p, prim(ABI_P_SCHAR), prim(ABI_P_ULONG)))->registers, words);
    ck_assert_int_eq(plan_of(FUNCTION(d, d))->registers, doubles);
    ck_assert_int_eq(plan_of(FUNCTION(d, d, d))->registers, doubles);
    const AbiType *others[] = {
        FUNCTION(i, i, i, i, i), FUNCTION(d, d, d, d), FUNCTION(d), FUNCTION(d, i), FUNCTION(i, d), FUNCTION(d, d, i), FUNCTION(f, d),
        FUNCTION(d, f), FUNCTION(i, two), FUNCTION(i, two, empty), FUNCTION(i, empty, i), FUNCTION(two, i), FUNCTION(large),
        FUNCTION(large, p), FUNCTION(i, large), FUNCTION(i, prim(ABI_P_INT128)), FUNCTION(prim(ABI_P_LDOUBLE), d),
    };
    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        ck_assert_msg(plan_of(others[k])->registers == ABI_AREA, "number %zu", k);
    AbiPlan *plan = abi_plan_variadic(variadic, NULL, 0, &err);
    ck_assert_int_eq(plan->registers, ABI_AREA);
    abi_plan_free(plan);
    setenv("CDEFFI_DISPATCH", "libffi", 1);
    ck_assert_int_eq(plan_of(FUNCTION(d, d, d))->registers, doubles); /* made already */
    ck_assert_int_eq(plan_of(FUNCTION(i, p, p))->registers, ABI_AREA);
    unsetenv("CDEFFI_DISPATCH");
}
END_TEST

static void refused(const AbiType *type, AbiCode code, int index, const char *part)
{
    AbiError err = {0};
    ck_assert_ptr_null(abi_plan(type, &err));
    ck_assert_int_eq(err.code, code);
    ck_assert_int_eq(err.index, index);
    ck_assert_msg(strstr(err.msg, part) != NULL, "no '%s' in: %s", part, err.msg);
    ck_assert_ptr_null(type->plan);
}

START_TEST(incomplete_types_are_refused_until_complete)
{
    AbiError err = {0};
    AbiType *later = abi_record_new(region, ABI_STRUCT, abi_region_name(region, "later", 5), &err);
    const AbiType *i = prim(ABI_P_INT), *by_value = FUNCTION(i, i, later), *result = FUNCTION(later, i);
    AbiMemberDecl member = {abi_region_name(region, "x", 1), {i, 0}, -1, 0, false};
    AbiRecordOptions options = {0};
    refused(by_value, ABI_EINCOMPLETE, 1, "'struct later' is incomplete");
    refused(result, ABI_EINCOMPLETE, -1, "'struct later' is incomplete");
    ck_assert_int_eq(abi_record_complete(later, &member, 1, &options, &err), 0);
    plan_of(by_value);
    plan_of(result);
}
END_TEST

START_TEST(what_cannot_be_passed_is_refused)
{
    AbiError err = {0};
    const AbiType *i = prim(ABI_P_INT);
    const AbiType *bytes = abi_array(graph, (AbiQType){i, 0}, ABI_LENGTH_UNKNOWN, &err);
    const AbiType *flexible = RECORD(ABI_STRUCT, NO_OPTIONS, MEMBER(i), MEMBER(bytes));
    refused(FUNCTION(i, i, i, flexible), ABI_EUNSUPPORTED, 2, "flexible array member");
    refused(FUNCTION(flexible), ABI_EUNSUPPORTED, -1, "flexible array member");
    refused(FUNCTION(i, prim(ABI_P_DECIMAL64)), ABI_EUNSUPPORTED, 0, "cannot be passed by value");
    const AbiType *huge = abi_array(graph, (AbiQType){i, 0}, (size_t)1 << 40, &err);
    refused(FUNCTION(i, RECORD(ABI_STRUCT, NO_OPTIONS, MEMBER(huge))), ABI_EUNSUPPORTED, -1, "too large");
#ifdef __x86_64__
    refused(FUNCTION(i, abi_vector(graph, prim(ABI_P_DOUBLE), 8, &err)), ABI_EUNSUPPORTED, 0, "compilers disagree");
    refused(FUNCTION(i, abi_vector(graph, i, 128, &err)), ABI_EUNSUPPORTED, 0, "no register is that wide");
    const AbiType *page = RECORD(ABI_STRUCT, {.align = 4096}, MEMBER(i));
    refused(FUNCTION(i, page), ABI_EUNSUPPORTED, -1, "aligned");
    const AbiType *kilobytes = RECORD(ABI_STRUCT, NO_OPTIONS, MEMBER(abi_array(graph, (AbiQType){i, 0}, 2500, &err)));
    const char *too_much = "take more than 8192 bytes";
#ifdef CDEFFI_NO_DIRECT
    too_much = "libffi cannot pass";
#endif
    refused(FUNCTION(i, abi_vector(graph, prim(ABI_P_DOUBLE), 32, &err), kilobytes), ABI_EUNSUPPORTED, -1, too_much);
    refused(FUNCTION(i, RECORD(ABI_STRUCT, {.align = 32}, MEMBER(i), MEMBER(kilobytes))), ABI_EUNSUPPORTED, -1, too_much);
#endif
}
END_TEST

START_TEST(other_conventions)
{
    AbiError err = {0};
    AbiQType param = {prim(ABI_P_INT), 0};
    AbiFunctionDecl decl = {{prim(ABI_P_INT), 0}, &param, 1, false, false, ABI_MS};
#ifdef __x86_64__ /* elsewhere these are ignored, too */
    refused(abi_function(graph, &decl, &err), ABI_EUNSUPPORTED, -1, "ms_abi");
    decl.conv = ABI_VECTORCALL;
    refused(abi_function(graph, &decl, &err), ABI_EUNSUPPORTED, -1, "vectorcall");
#endif
    for (decl.conv = ABI_CDECL; decl.conv <= ABI_THISCALL; decl.conv++)
        plan_of(abi_function(graph, &decl, &err));
    decl.conv = ABI_SYSV;
    plan_of(abi_function(graph, &decl, &err));
}
END_TEST

static void *make_plan(void *type)
{
    AbiError err = {0};
    return (void *)abi_plan(type, &err);
}

START_TEST(threads_get_the_same_plan)
{
    for (int round = 0; round < 50; round++) {
        pthread_t thread[4];
        void *plan[4];
        const AbiType *params[30];
        for (int i = 0; i < 30; i++)
            params[i] = prim(i < round % 30 ? ABI_P_INT : ABI_P_DOUBLE);
        const AbiType *type = function_of(prim(ABI_P_VOID), false, params, 30);
        abi_retain(type);
        abi_unlock(graph);
        for (int i = 0; i < 4; i++)
            ck_assert_int_eq(pthread_create(&thread[i], NULL, make_plan, (void *)type), 0);
        for (int i = 0; i < 4; i++)
            pthread_join(thread[i], &plan[i]);
        abi_lock(graph);
        for (int i = 0; i < 4; i++) {
            ck_assert_ptr_nonnull(plan[i]);
            ck_assert_ptr_eq(plan[i], plan[0]);
        }
        abi_release(type);
    }
}
END_TEST

#ifdef ABI_TEST_ALLOC
START_TEST(every_allocation_may_fail)
{
    const AbiType *l = prim(ABI_P_LONG);
    const AbiType *type = FUNCTION(l, RECORD(ABI_STRUCT, NO_OPTIONS, MEMBER(l), MEMBER(prim(ABI_P_DOUBLE))));
    AbiError err = {0};
    long n = 0;
    while (abi_alloc_fail_after(n), !abi_plan(type, &err)) {
        ck_assert_int_eq(err.code, ABI_ENOMEM);
        ck_assert_ptr_null(type->plan);
        ck_assert_int_lt(++n, 10);
    }
    abi_alloc_fail_after(-1);
    ck_assert_int_gt(n, 0);
}
END_TEST
#endif

Suite *plan_suite(void)
{
    Suite *suite = suite_create("plan");
    TCase *tcase = tcase_create("plan");
    tcase_add_checked_fixture(tcase, open_graph, close_graph);
    tcase_add_test(tcase, made_once_and_kept_with_the_type);
    tcase_add_test(tcase, arguments_have_places_of_their_own);
    tcase_add_test(tcase, calls_in_registers);
    tcase_add_test(tcase, incomplete_types_are_refused_until_complete);
    tcase_add_test(tcase, what_cannot_be_passed_is_refused);
    tcase_add_test(tcase, other_conventions);
    tcase_add_test(tcase, threads_get_the_same_plan);
#ifdef ABI_TEST_ALLOC
    tcase_add_test(tcase, every_allocation_may_fail);
#endif
    suite_add_tcase(suite, tcase);
    return suite;
}
