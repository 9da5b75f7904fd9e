/* Records that a compiler has laid out: members at given places. */
#include "tests/c/graph.h"

#include <stddef.h>

#define RULES ABI_OFFSET_BY_RULES
#define OFFSETS(...) (const size_t[]){__VA_ARGS__}
#define PLACEMENT(...) &(AbiPlacement){__VA_ARGS__}

static AbiMemberDecl m(const char *name, const AbiType *type, int width)
{
    return (AbiMemberDecl){.name = abi_region_name(region, name, strlen(name)), .type = {type, 0}, .bit_width = width};
}
#define MEMBERS(...) (AbiMemberDecl[]){__VA_ARGS__}, sizeof((AbiMemberDecl[]){__VA_ARGS__}) / sizeof(AbiMemberDecl)

static AbiType *record(AbiKind kind)
{
    AbiType *t = abi_record_new(region, kind, NULL, &err);
    ck_assert_ptr_nonnull(t);
    return t;
}

static size_t offset_of(const AbiType *t, const char *name)
{
    size_t base;
    const AbiMember *found = abi_member_find(t, name, strlen(name), &base);
    ck_assert_msg(found != NULL, "no member %s", name);
    return base + found->offset;
}

#define REFUSE(CODE, INDEX, TEXT, T, ...) \
    do { \
        ck_assert_int_eq(abi_record_place((T), __VA_ARGS__, &err), -1); \
        ck_assert_int_eq(err.code, (CODE)); \
        ck_assert_int_eq(err.index, (INDEX)); \
        ck_assert_msg(strstr(err.msg, (TEXT)) != NULL, "%s", err.msg); \
        ck_assert(!(T)->record->complete); \
        ck_assert_uint_eq((T)->size, ABI_SIZE_UNKNOWN); \
    } while (0)

START_TEST(members_where_the_compiler_put_them)
{
    struct s { double c; char pad; char b; long more; int a; };
    AbiType *t = record(ABI_STRUCT);
    AbiPlacement said = {OFFSETS(offsetof(struct s, a), offsetof(struct s, b)), sizeof(struct s), _Alignof(struct s), false};
    ck_assert_int_eq(abi_record_place(t, MEMBERS(m("a", P(INT), -1), m("b", P(CHAR), -1)), NULL, &said, &err), 0);
    ck_assert_uint_eq(t->size, sizeof(struct s));
    ck_assert_uint_eq(t->align, _Alignof(struct s));
    ck_assert_uint_eq(offset_of(t, "a"), offsetof(struct s, a));
    ck_assert_uint_eq(offset_of(t, "b"), offsetof(struct s, b));
    ck_assert(t->flags & ABI_F_PLACED);
}
END_TEST

START_TEST(agreement_leaves_no_mark)
{
    struct s { char a; int b; };
    AbiType *t = record(ABI_STRUCT);
    AbiPlacement said = {OFFSETS(0, offsetof(struct s, b)), sizeof(struct s), _Alignof(struct s), true};
    ck_assert_int_eq(abi_record_place(t, MEMBERS(m("a", P(CHAR), -1), m("b", P(INT), -1)), NULL, &said, &err), 0);
    ck_assert(!(t->flags & ABI_F_PLACED));
    ck_assert_uint_eq(t->size, sizeof(struct s));
    AbiType *u = record(ABI_UNION);
    AbiPlacement both = {OFFSETS(0, 0), 4, 4, true};
    ck_assert_int_eq(abi_record_place(u, MEMBERS(m("a", P(CHAR), -1), m("b", P(INT), -1)), NULL, &both, &err), 0);
    ck_assert(!(u->flags & ABI_F_PLACED));
}
END_TEST

START_TEST(what_is_not_said_goes_by_the_rules)
{
    AbiType *t = record(ABI_STRUCT);
    AbiPlacement said = {OFFSETS(4, RULES, RULES), ABI_SIZE_UNKNOWN, 0, false};
    ck_assert_int_eq(abi_record_place(t, MEMBERS(m("a", P(CHAR), -1), m("b", P(SHORT), -1), m("c", P(UINT), 3)), NULL, &said,
                                      &err), 0);
    ck_assert_uint_eq(offset_of(t, "b"), 6);
    size_t base;
    const AbiMember *c = abi_member_find(t, "c", 1, &base);
    ck_assert_uint_eq(c->bit_offset, 64);
    ck_assert_uint_eq(t->size, 12);
    ck_assert_uint_eq(t->align, 4);
}
END_TEST

START_TEST(unaligned_and_overlapping)
{
    AbiType *t = record(ABI_STRUCT);
    ck_assert_int_eq(abi_record_place(t, MEMBERS(m("b", P(INT), -1)), NULL, PLACEMENT(OFFSETS(1), 5, 1, false), &err), 0);
    ck_assert_uint_eq(t->size, 5);
    ck_assert_uint_eq(t->align, 1);
    AbiType *o = record(ABI_STRUCT);
    ck_assert_int_eq(abi_record_place(o, MEMBERS(m("a", P(INT), -1), m("b", P(INT), -1)), NULL,
                                      PLACEMENT(OFFSETS(2, 0), ABI_SIZE_UNKNOWN, 0, false), &err), 0);
    ck_assert_uint_eq(o->size, 8);
}
END_TEST

START_TEST(an_open_array_with_a_place_of_its_own)
{
    const AbiType *open = abi_array(graph, (AbiQType){P(INT), 0}, ABI_LENGTH_UNKNOWN, &err);
    AbiType *t = record(ABI_STRUCT);
    REFUSE(ABI_EINVALID, 0, "flexible", t, MEMBERS(m("x", open, -1), m("y", P(INT), -1)), NULL,
           PLACEMENT(OFFSETS(RULES, 12), ABI_SIZE_UNKNOWN, 0, false));
    ck_assert_int_eq(abi_record_place(t, MEMBERS(m("x", open, -1), m("y", P(INT), -1)), NULL,
                                      PLACEMENT(OFFSETS(0, 12), ABI_SIZE_UNKNOWN, 0, false), &err), 0);
    ck_assert_uint_eq(t->size, 16);
    ck_assert(t->flags & ABI_F_FLEXIBLE); /* an initialiser may make it longer */
}
END_TEST

START_TEST(disagreement_where_there_must_be_none)
{
    AbiType *t = record(ABI_STRUCT);
    AbiMemberDecl members[] = {m("a", P(INT), -1), m("b", P(SHORT), -1)};
    REFUSE(ABI_EPLACE, 1, "wrong offset for field 'b' (cdef says 4, but C compiler says 0)", t, members, 2, NULL,
           PLACEMENT(OFFSETS(0, 0), 8, 4, true));
    REFUSE(ABI_EPLACE, -1, "wrong total size (cdef says 8, but C compiler says 16)", t, members, 2, NULL,
           PLACEMENT(OFFSETS(0, 4), 16, 4, true));
    REFUSE(ABI_EPLACE, -1, "wrong total alignment (cdef says 4, but C compiler says 8)", t, members, 2, NULL,
           PLACEMENT(OFFSETS(0, 4), 8, 8, true));
    ck_assert_int_eq(abi_record_place(t, members, 2, NULL, PLACEMENT(OFFSETS(0, 4), 8, 4, true), &err), 0);
}
END_TEST

START_TEST(places_that_cannot_be)
{
    AbiType *t = record(ABI_STRUCT);
    AbiMemberDecl a = m("a", P(INT), -1), bits = m("a", P(INT), 3);
    REFUSE(ABI_EINVALID, -1, "cannot be of size 7: there are fields at least up to 8", t, &a, 1, NULL,
           PLACEMENT(OFFSETS(4), 7, 1, false));
    REFUSE(ABI_EINVALID, -1, "power of two", t, &a, 1, NULL, PLACEMENT(OFFSETS(0), 4, 3, false));
    REFUSE(ABI_EINVALID, 0, "bit-field", t, &bits, 1, NULL, PLACEMENT(OFFSETS(0), 4, 4, false));
    REFUSE(ABI_ETOOLARGE, 0, "too far", t, &a, 1, NULL, PLACEMENT(OFFSETS((size_t)PTRDIFF_MAX), ABI_SIZE_UNKNOWN, 0, false));
    REFUSE(ABI_EINVALID, -1, "", t, &a, 1, NULL, PLACEMENT(OFFSETS(0), (size_t)PTRDIFF_MAX + 5, 0, false));
}
END_TEST

START_TEST(no_values_of_them_are_passed)
{
    AbiType *t = record(ABI_STRUCT);
    AbiMemberDecl a = m("a", P(CHAR), -1);
    ck_assert_int_eq(abi_record_place(t, &a, 1, NULL, PLACEMENT(OFFSETS(2), 16, 8, false), &err), 0);
    AbiQType param = {t, 0};
    const AbiType *fn = abi_function(graph, &(AbiFunctionDecl){.result = {P(VOID), 0}, .params = &param, .nparams = 1}, &err);
    ck_assert_ptr_nonnull(fn);
    ck_assert_ptr_null(abi_plan(fn, &err));
    ck_assert_int_eq(err.code, ABI_EUNSUPPORTED);
    ck_assert_int_eq(err.index, 0);
}
END_TEST

Suite *place_suite(void);
Suite *place_suite(void)
{
    Suite *s = suite_create("place");
    TCase *t = tcase_create("place");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, members_where_the_compiler_put_them);
    tcase_add_test(t, agreement_leaves_no_mark);
    tcase_add_test(t, what_is_not_said_goes_by_the_rules);
    tcase_add_test(t, unaligned_and_overlapping);
    tcase_add_test(t, an_open_array_with_a_place_of_its_own);
    tcase_add_test(t, disagreement_where_there_must_be_none);
    tcase_add_test(t, places_that_cannot_be);
    tcase_add_test(t, no_values_of_them_are_passed);
    suite_add_tcase(s, t);
    return s;
}
