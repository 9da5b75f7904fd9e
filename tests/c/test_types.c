/* The type graph: identity, users, regions, transactions, compatible types. */
#include "tests/c/graph.h"

#include <complex.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

static const AbiType *pointer(const AbiType *t) { return ok(abi_pointer(graph, Q(t), &err)); }
static const AbiType *constant(const AbiType *t) { return ok(abi_pointer(graph, (AbiQType){t, ABI_CONST}, &err)); }
static const AbiType *array(const AbiType *t, size_t n) { return ok(abi_array(graph, Q(t), n, &err)); }

static const AbiType *function(const AbiType *result, const AbiType *a, const AbiType *b)
{
    AbiQType params[] = {Q(a), Q(b)};
    AbiFunctionDecl decl = {.result = Q(result), .params = params, .nparams = b ? 2 : a ? 1 : 0};
    return ok(abi_function(graph, &decl, &err));
}

static const char *name(AbiRegion *r, const char *s) { return abi_region_name(r, s, strlen(s)); }

static AbiType *record(AbiRegion *r, AbiKind kind, const char *tag)
{
    AbiType *t = abi_record_new(r, kind, tag ? name(r, tag) : NULL, &err);
    ck_assert_ptr_nonnull(t);
    return t;
}

static void complete(AbiType *t, const char *member, const AbiType *type)
{
    AbiMemberDecl d = {.name = name(t->region, member), .type = Q(type), .bit_width = -1};
    ck_assert_msg(abi_record_complete(t, &d, 1, NULL, &err) == 0, "%s", err.msg);
}

/* ---- identity */

START_TEST(equal_types_are_one)
{
    const AbiType *p = pointer(P(INT));
    ck_assert_ptr_eq(p, pointer(P(INT)));
    ck_assert_ptr_ne(p, pointer(P(UINT)));
    ck_assert_ptr_ne(p, pointer(P(INT32)));
    ck_assert_ptr_ne(p, constant(P(INT)));
    ck_assert_ptr_eq(array(p, 3), array(pointer(P(INT)), 3));
    ck_assert_ptr_ne(array(p, 3), array(p, 4));
    ck_assert_ptr_ne(array(p, 0), ok(abi_array(graph, Q(p), ABI_LENGTH_UNKNOWN, &err)));
    ck_assert_ptr_eq(function(P(INT), p, P(LONG)), function(P(INT), p, P(LONG)));
    ck_assert_ptr_ne(function(P(INT), p, P(LONG)), function(P(INT), p, NULL));
    ck_assert_ptr_ne(function(P(INT), p, NULL), function(P(INT), NULL, NULL));
    ck_assert_ptr_eq(ok(abi_bitint(graph, 7, true, &err)), ok(abi_bitint(graph, 7, true, &err)));
    ck_assert_ptr_ne(ok(abi_bitint(graph, 7, true, &err)), ok(abi_bitint(graph, 7, false, &err)));
}
END_TEST

START_TEST(function_type_flags_are_part_of_it)
{
    AbiQType param = Q(P(INT));
    AbiFunctionDecl d = {.result = Q(P(INT)), .params = &param, .nparams = 1};
    const AbiType *fixed = ok(abi_function(graph, &d, &err));
    d.variadic = true;
    const AbiType *variadic = ok(abi_function(graph, &d, &err));
    ck_assert_ptr_ne(fixed, variadic);
    ck_assert(variadic->function->variadic);
    AbiFunctionDecl none = {.result = Q(P(INT)), .unprototyped = true};
    ck_assert_ptr_ne(function(P(INT), NULL, NULL), ok(abi_function(graph, &none, &err)));
    d.conv = ABI_STDCALL; /* unknown to this platform: GCC ignores it */
    ck_assert_ptr_eq(ok(abi_function(graph, &d, &err)), variadic);
    param.type = P(LONG);
    ck_assert_ptr_eq(variadic->function->params[0].type, P(INT)); /* the declaration was copied */
}
END_TEST

START_TEST(plain_has_no_qualifiers_at_any_depth)
{
    const AbiType *p = pointer(pointer(P(CHAR)));
    const AbiType *q = ok(abi_pointer(graph, (AbiQType){constant(P(CHAR)), ABI_CONST}, &err));
    ck_assert_ptr_eq(q->plain, p);
    ck_assert_ptr_eq(p->plain, p);
    ck_assert_ptr_eq(array(q, 2)->plain, array(p, 2));
    ck_assert_ptr_eq(function(q, q, P(INT))->plain, function(p, p, P(INT)));
    AbiQType param = {P(INT), ABI_CONST};
    AbiFunctionDecl d = {.result = Q(P(VOID)), .params = &param, .nparams = 1};
    ck_assert_ptr_eq(ok(abi_function(graph, &d, &err))->plain, function(P(VOID), P(INT), NULL));
    const AbiType *aligned = ok(abi_aligned(graph, constant(P(CHAR)), 32, &err));
    ck_assert_ptr_eq(aligned->plain, ok(abi_aligned(graph, pointer(P(CHAR)), 32, &err)));
}
END_TEST

START_TEST(canonical_sees_through_typedef_names)
{
    ck_assert_ptr_eq(P(INT32)->canonical, P(INT));
    ck_assert_ptr_eq(P(SIZE)->canonical, P(ULONG));
    ck_assert_ptr_eq(P(WCHAR)->canonical, WCHAR_MIN ? P(INT) : P(UINT));
    ck_assert_ptr_eq(P(CHAR)->canonical, P(CHAR));
    ck_assert_ptr_eq(P(INT32)->main, P(INT32));
    const AbiType *aligned = ok(abi_aligned(graph, P(INT32), 16, &err));
    ck_assert_ptr_eq(aligned->main, P(INT32));
    ck_assert_ptr_eq(aligned->canonical, P(INT));
    ck_assert_uint_eq(aligned->prim, ABI_P_INT32);
}
END_TEST

START_TEST(aligned_variants)
{
    const AbiType *a = ok(abi_aligned(graph, P(INT), 16, &err));
    ck_assert_uint_eq(a->align, 16);
    ck_assert_uint_eq(a->size, 4);
    ck_assert_ptr_eq(a, ok(abi_aligned(graph, P(INT), 16, &err)));
    ck_assert_ptr_ne(a, ok(abi_aligned(graph, P(INT), 1, &err)));
    ck_assert_ptr_eq(ok(abi_aligned(graph, a, 1, &err)), ok(abi_aligned(graph, P(INT), 1, &err)));
    ck_assert_ptr_eq(ok(abi_aligned(graph, a, 4, &err)), P(INT));
    ck_assert_ptr_null(abi_aligned(graph, P(INT), 3, &err));
    ck_assert_int_eq(err.code, ABI_EINVALID);
    ck_assert_ptr_null(abi_aligned(graph, P(INT), 1u << 29, &err));
}
END_TEST

START_TEST(variant_of_an_incomplete_struct_follows_it)
{
    AbiType *s = record(region, ABI_STRUCT, "s");
    const AbiType *low = ok(abi_aligned(graph, s, 2, &err)), *high = ok(abi_aligned(graph, s, 64, &err));
    ck_assert_uint_eq(high->size, ABI_SIZE_UNKNOWN);
    complete(s, "x", P(LONG));
    ck_assert_uint_eq(high->size, 8);
    ck_assert_uint_eq(high->align, 64);
    ck_assert_uint_eq(high->flags, 0);
    ck_assert_uint_eq(low->align, 8); /* raised: GCC's finalize_type_size */
    ck_assert_uint_eq(ok(abi_aligned(graph, s, 2, &err))->align, 2); /* of a complete one it may lower */
    ck_assert_ptr_eq(high->record, s->record);
}
END_TEST

START_TEST(atomic_raises_alignment)
{
    AbiType *s = record(region, ABI_STRUCT, "s");
    complete(s, "x", array(P(CHAR), 8));
    ck_assert_uint_eq(s->align, 1);
    ck_assert_uint_eq(abi_alignof(Q(s)), 1);
    ck_assert_uint_eq(abi_alignof((AbiQType){s, ABI_ATOMIC}), 8);
    AbiType *odd = record(region, ABI_STRUCT, "odd");
    complete(odd, "x", array(P(CHAR), 3));
    ck_assert_uint_eq(abi_alignof((AbiQType){odd, ABI_ATOMIC}), 1);
    const AbiType *c = ok(abi_complex(graph, P(DOUBLE), &err));
    ck_assert_uint_eq(abi_alignof((AbiQType){c, ABI_ATOMIC}), 16);
    ck_assert_uint_eq(abi_alignof((AbiQType){ok(abi_aligned(graph, P(INT), 1, &err)), ABI_ATOMIC}), 4);
    ck_assert_uint_eq(abi_alignof((AbiQType){P(VOID), ABI_ATOMIC}), 1);
}
END_TEST

/* ---- sizes and errors */

START_TEST(primitive_sizes)
{
#define SAME(id, T) do { \
        ck_assert_uint_eq(P(id)->size, sizeof(T)); \
        ck_assert_uint_eq(P(id)->align, _Alignof(T)); \
        ck_assert_int_eq((P(id)->flags & ABI_F_SIGNED) != 0, P(id)->kind != ABI_FLOAT && (T)-1 < (T)1); \
    } while (0)
    SAME(BOOL, _Bool); SAME(CHAR, char); SAME(SCHAR, signed char); SAME(UCHAR, unsigned char);
    SAME(SHORT, short); SAME(INT, int); SAME(ULONG, unsigned long); SAME(LLONG, long long);
    SAME(INT128, __int128); SAME(UINT128, unsigned __int128); SAME(WCHAR, __WCHAR_TYPE__);
    SAME(CHAR16, __CHAR16_TYPE__); SAME(FLOAT, float); SAME(DOUBLE, double); SAME(LDOUBLE, long double);
    SAME(SIZE, size_t); SAME(PTRDIFF, ptrdiff_t); SAME(INT_FAST16, int_fast16_t); SAME(UINT_LEAST32, uint_least32_t);
#undef SAME
    ck_assert_uint_eq(P(VOID)->size, ABI_SIZE_UNKNOWN);
    ck_assert_uint_eq(P(VOID)->flags, ABI_F_INCOMPLETE);
    ck_assert_uint_eq(P(FLOAT16)->size, 2);
    ck_assert_uint_eq(P(FLOAT128)->size, 16);
    ck_assert_uint_eq(P(FLOAT128)->align, 16);
    ck_assert(P(DECIMAL64)->flags & ABI_F_NONCALLABLE);
}
END_TEST

START_TEST(derived_sizes)
{
    ck_assert_uint_eq(pointer(P(VOID))->size, sizeof(void *));
    ck_assert_uint_eq(array(P(SHORT), 5)->size, 10);
    ck_assert_uint_eq(array(P(SHORT), 5)->align, 2);
    const AbiType *open = ok(abi_array(graph, Q(P(INT)), ABI_LENGTH_UNKNOWN, &err));
    ck_assert_uint_eq(open->size, ABI_SIZE_UNKNOWN);
    ck_assert_uint_eq(open->flags, ABI_F_INCOMPLETE);
    ck_assert_uint_eq(ok(abi_complex(graph, P(FLOAT), &err))->size, sizeof(float _Complex));
    ck_assert_uint_eq(ok(abi_complex(graph, P(LDOUBLE), &err))->align, _Alignof(long double _Complex));
    const AbiType *v = ok(abi_vector(graph, P(FLOAT), 32, &err));
    ck_assert_uint_eq(v->size, 32);
    ck_assert_uint_eq(v->align, __alignof__(float __attribute__((vector_size(32)))));
    ck_assert_uint_eq(v->length, 8);
    ck_assert_uint_eq(function(P(INT), NULL, NULL)->size, ABI_SIZE_UNKNOWN);
}
END_TEST

START_TEST(bitint_sizes)
{
    static const struct { unsigned bits; size_t size; uint32_t align; } want[] = {
        {2, 1, 1}, {8, 1, 1}, {9, 2, 2}, {17, 4, 4}, {33, 8, 8}, {64, 8, 8}, {65, 16, 8}, {128, 16, 8}, {129, 24, 8}, {65535, 8192, 8}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const AbiType *t = ok(abi_bitint(graph, want[i].bits, true, &err));
        ck_assert_uint_eq(t->size, want[i].size);
        ck_assert_uint_eq(t->align, want[i].align);
        ck_assert_uint_eq(t->length, want[i].bits);
        ck_assert_uint_eq(t->flags, ABI_F_BITINT | ABI_F_SIGNED);
    }
    ck_assert_ptr_null(abi_bitint(graph, 1, true, &err));
    ck_assert_ptr_nonnull(abi_bitint(graph, 1, false, &err));
    ck_assert_ptr_null(abi_bitint(graph, 0, false, &err));
    ck_assert_ptr_null(abi_bitint(graph, 65536, false, &err));
}
END_TEST

static void refuse(const AbiType *t, AbiCode code)
{
    ck_assert_ptr_null(t);
    ck_assert_int_eq(err.code, code);
    ck_assert_uint_gt(strlen(err.msg), 0);
    err = (AbiError){0};
}

START_TEST(what_c_does_not_allow)
{
    AbiType *s = record(region, ABI_STRUCT, "s");
    const AbiType *f = function(P(INT), NULL, NULL), *open = ok(abi_array(graph, Q(P(INT)), ABI_LENGTH_UNKNOWN, &err));
    refuse(abi_array(graph, Q(f), 2, &err), ABI_EINVALID);
    refuse(abi_array(graph, Q(P(VOID)), 2, &err), ABI_EINVALID);
    refuse(abi_array(graph, Q(s), 2, &err), ABI_EINCOMPLETE);
    refuse(abi_array(graph, Q(open), 2, &err), ABI_EINCOMPLETE);
    refuse(abi_array(graph, Q(P(INT)), (size_t)PTRDIFF_MAX / 4 + 1, &err), ABI_ETOOLARGE);
    refuse(abi_array(graph, Q(P(INT)), SIZE_MAX / 2, &err), ABI_ETOOLARGE);
    refuse(abi_array(graph, Q(ok(abi_aligned(graph, P(INT), 8, &err))), 2, &err), ABI_EINVALID);
    refuse(abi_array(graph, Q(ok(abi_aligned(graph, array(P(CHAR), 24), 16, &err))), 2, &err), ABI_EINVALID);
    ck_assert_uint_eq(array(P(CHAR), PTRDIFF_MAX)->size, PTRDIFF_MAX);
    AbiFunctionDecl d = {.result = Q(array(P(INT), 2))};
    refuse(abi_function(graph, &d, &err), ABI_EINVALID);
    d.result = Q(f);
    refuse(abi_function(graph, &d, &err), ABI_EINVALID);
    AbiQType params[] = {Q(P(INT)), Q(P(VOID))};
    d = (AbiFunctionDecl){.result = Q(P(INT)), .params = params, .nparams = 2};
    ck_assert_ptr_null(abi_function(graph, &d, &err));
    ck_assert_int_eq(err.index, 1);
    refuse(abi_vector(graph, P(INT), 12, &err), ABI_EINVALID);
    refuse(abi_vector(graph, P(INT), 0, &err), ABI_EINVALID);
    refuse(abi_vector(graph, P(INT), 6, &err), ABI_EINVALID);
    refuse(abi_vector(graph, P(BOOL), 8, &err), ABI_EINVALID);
    refuse(abi_vector(graph, s, 8, &err), ABI_EINVALID);
    refuse(abi_complex(graph, P(BOOL), &err), ABI_EINVALID);
    refuse(abi_complex(graph, P(DECIMAL32), &err), ABI_EINVALID);
    refuse(abi_complex(graph, pointer(P(INT)), &err), ABI_EINVALID);
}
END_TEST

/* ---- users */

START_TEST(sweep_frees_what_nobody_uses)
{
    size_t before = graph->type_count;
    const AbiType *kept = array(pointer(P(INT)), 3);
    abi_retain(kept);
    array(pointer(P(LONG)), 7);
    ck_assert_uint_eq(graph->type_count, before + 4);
    abi_sweep(graph);
    ck_assert_uint_eq(graph->type_count, before + 2); /* the array and the pointer it is made of */
    ck_assert_ptr_eq(kept, array(pointer(P(INT)), 3));
    abi_release(kept);
    ck_assert_ptr_eq(kept, array(pointer(P(INT)), 3)); /* floating: there until the sweep */
    abi_sweep(graph);
    ck_assert_uint_eq(graph->type_count, before);
}
END_TEST

START_TEST(the_plain_type_lives_as_long_as_the_qualified)
{
    const AbiType *q = constant(P(CHAR));
    abi_use(q);
    abi_sweep(graph);
    ck_assert_uint_eq(graph->type_count, 2);
    ck_assert_ptr_eq(q->plain, pointer(P(CHAR)));
    abi_unuse(q);
    abi_sweep(graph);
    ck_assert_uint_eq(graph->type_count, 0);
}
END_TEST

/* A type knows the pointer to it for as long as there is one: a new one after a sweep, after a rollback. */
START_TEST(a_pointer_that_is_gone_is_made_anew)
{
    AbiType *old = record(region, ABI_STRUCT, "old");
    const AbiType *targets[] = {P(INT), pointer(P(VOID)), old};
    abi_use(targets[1]);
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        const AbiType *p = pointer(targets[i]);
        ck_assert_ptr_eq(p, pointer(targets[i]));
        ck_assert_ptr_ne(p, constant(targets[i]));
        ck_assert_ptr_eq(constant(targets[i])->plain, p);
        abi_sweep(graph);
        ck_assert_uint_eq(graph->type_count, 1);
        ck_assert_ptr_null(targets[i]->pointer);
        abi_region_begin(region);
        pointer(pointer(targets[i]));
        pointer(record(region, ABI_STRUCT, "new"));
        abi_region_rollback(region);
        abi_sweep(graph);
        ck_assert_uint_eq(graph->type_count, 1);
        ck_assert_ptr_null(targets[i]->pointer);
        ck_assert_ptr_eq(pointer(targets[i])->item.type, targets[i]);
        abi_sweep(graph);
    }
}
END_TEST

START_TEST(a_type_used_again_survives)
{
    const AbiType *p = pointer(P(INT));
    abi_use(p);
    abi_unuse(p);
    abi_use(p);
    abi_sweep(graph);
    ck_assert_ptr_eq(p, pointer(P(INT)));
    ck_assert_uint_eq(p->uses, 1);
}
END_TEST

START_TEST(array_types_in_a_loop_leave_nothing)
{
    size_t most = 0;
    for (size_t n = 1; n <= 300000; n++) {
        const AbiType *t = abi_array(graph, Q(P(CHAR)), n, &err);
        abi_retain(t);
        abi_release(t);
        most = graph->type_count > most ? graph->type_count : most;
        if (n % 100 == 0)
            abi_sweep(graph);
    }
    ck_assert_uint_eq(most, 100);
    ck_assert_uint_eq(graph->type_count, 0);
    ck_assert_uint_le(graph->bucket_count, 256);
}
END_TEST

START_TEST(many_types_at_once_are_found_again)
{
    enum { N = 100000 };
    const AbiType **all = abi_alloc(N * sizeof *all);
    for (size_t n = 0; n < N; n++)
        abi_use(all[n] = abi_array(graph, Q(P(CHAR)), n + 1, &err));
    abi_sweep(graph);
    ck_assert_uint_eq(graph->type_count, N);
    size_t found = 0;
    for (size_t n = 0; n < N; n++)
        found += all[n] == abi_array(graph, Q(P(CHAR)), n + 1, &err);
    ck_assert_uint_eq(found, N);
    size_t longest = 0;
    for (size_t i = 0; i < graph->bucket_count; i++) {
        size_t length = 0;
        for (AbiType *t = graph->buckets[i]; t; t = t->next)
            length++;
        longest = length > longest ? length : longest;
    }
    ck_assert_uint_le(longest, 16);
    for (size_t n = 0; n < N; n++)
        abi_unuse(all[n]);
    abi_sweep(graph);
    ck_assert_uint_eq(graph->type_count, 0);
    abi_free(all);
}
END_TEST

START_TEST(deep_chains_go_without_recursion)
{
    const AbiType *t = P(INT);
    for (int i = 0; i < 50000; i++)
        t = i % 3 ? pointer(t) : function(pointer(t), NULL, NULL);
    abi_retain(t);
    abi_sweep(graph);
    ck_assert_uint_gt(graph->type_count, 50000);
    abi_release(t);
    abi_sweep(graph);
    ck_assert_uint_eq(graph->type_count, 0);
}
END_TEST

/* ---- regions */

START_TEST(names_are_interned)
{
    const char *a = name(region, "alpha");
    ck_assert_str_eq(a, "alpha");
    char copy[] = "alphabet";
    ck_assert_ptr_eq(abi_region_name(region, copy, 5), a);
    ck_assert_ptr_ne(name(region, "alphabet"), a);
    ck_assert_str_eq(name(region, ""), "");
    char text[16];
    for (int i = 0; i < 1000; i++) {
        int n = snprintf(text, sizeof text, "name%d", i);
        abi_region_name(region, text, (size_t)n);
    }
    ck_assert_ptr_eq(abi_region_name(region, "name500!", 7), name(region, "name500"));
    ck_assert_ptr_eq(name(region, "alpha"), a);
    char *big = abi_alloc(1 << 20);
    memset(big, 'x', 1 << 20);
    ck_assert_uint_eq(strlen(abi_region_name(region, big, 1 << 20)), 1 << 20);
    abi_free(big);
}
END_TEST

START_TEST(a_region_goes_with_its_types)
{
    AbiType *s = record(region, ABI_STRUCT, "s");
    const AbiType *p = pointer(s), *outside = array(P(INT), 4);
    complete(s, "x", outside);
    ck_assert_ptr_eq(p->region, region);
    ck_assert_ptr_eq(function(P(INT), p, P(INT))->region, region);
    ck_assert_ptr_null(outside->region);
    ck_assert_uint_eq(outside->uses, 1);
    abi_retain(p);
    abi_region_release(region);
    ck_assert_ptr_eq(p->item.type, s); /* P keeps all of it */
    abi_sweep(graph);
    ck_assert_uint_eq(graph->type_count, 2);
    abi_release(p);
    ck_assert_ptr_null(graph->regions);
    abi_sweep(graph);
    ck_assert_uint_eq(graph->type_count, 0);
}
END_TEST

START_TEST(recursive_structs_go_with_their_region)
{
    AbiType *node = record(region, ABI_STRUCT, "node");
    complete(node, "next", pointer(node));
    abi_sweep(graph);
    ck_assert_ptr_eq(node->record->members[0].type.type->item.type, node);
    abi_region_release(region);
    ck_assert_uint_eq(graph->type_count, 0);
}
END_TEST

START_TEST(inclusion_keeps_alive)
{
    AbiRegion *outer = abi_region_new(graph);
    ck_assert_int_eq(abi_region_include(outer, region), 0);
    ck_assert_int_eq(abi_region_include(outer, region), 0);
    ck_assert_int_eq(abi_region_include(region, outer), -1);
    ck_assert_int_eq(abi_region_include(region, region), -1);
    AbiType *s = record(region, ABI_STRUCT, "s"), *t = record(outer, ABI_STRUCT, "t");
    abi_region_release(region);
    const AbiType *both = function(P(INT), pointer(s), pointer(t)), *swapped = function(P(INT), pointer(t), pointer(s));
    ck_assert_ptr_eq(both->region, outer);
    ck_assert_ptr_eq(swapped->region, outer);
    ck_assert_ptr_eq(pointer(s)->region, region);
    abi_use(pointer(s));
    abi_region_release(outer);
    ck_assert_ptr_null(graph->regions);
    ck_assert_uint_eq(graph->type_count, 0);
}
END_TEST

START_TEST(types_of_unrelated_regions_keep_both)
{
    AbiRegion *other = abi_region_new(graph);
    AbiType *s = record(region, ABI_STRUCT, "s"), *t = record(other, ABI_STRUCT, "t");
    const AbiType *f = function(P(INT), pointer(s), pointer(t)), *g = function(P(LONG), pointer(t), pointer(s));
    ck_assert_ptr_ne(f->region, region);
    ck_assert_ptr_eq(f->region, g->region);
    abi_retain(f);
    abi_region_release(region);
    abi_region_release(other);
    abi_sweep(graph);
    ck_assert_ptr_eq(f->function->params[1].type->item.type, t);
    abi_release(f);
    abi_sweep(graph);
    ck_assert_uint_eq(graph->type_count, 0);
    ck_assert_ptr_null(graph->regions);
}
END_TEST

START_TEST(a_long_chain_of_regions_goes)
{
    AbiRegion *r = region;
    for (int i = 0; i < 100000; i++) {
        AbiRegion *next = abi_region_new(graph);
        ck_assert_int_eq(abi_region_include(next, r), 0);
        abi_region_release(r);
        r = next;
    }
    abi_region_release(r);
    ck_assert_ptr_null(graph->regions);
}
END_TEST

/* ---- transactions */

START_TEST(rollback_undoes_everything)
{
    AbiType *old = record(region, ABI_STRUCT, "old");
    const AbiType *old_pointer = pointer(old), *aligned = ok(abi_aligned(graph, old, 64, &err));
    abi_use(old_pointer);
    abi_use(aligned);
    const char *kept = name(region, "kept");
    size_t types = graph->type_count;
    abi_region_begin(region);
    AbiType *fresh = record(region, ABI_UNION, "fresh");
    complete(fresh, "y", pointer(fresh));
    complete(old, "x", array(pointer(fresh), 3));
    ck_assert_int_eq(abi_record_set_alias(old, name(region, "alias")), 0);
    ck_assert_ptr_nonnull(name(region, "dropped"));
    ck_assert_ptr_nonnull(abi_region_alloc(region, 100000));
    function(P(INT), pointer(fresh), old_pointer);
    abi_use(array(old_pointer, 5));
    ck_assert_uint_eq(aligned->size, 64 < 24 ? 0 : 24);
    abi_region_rollback(region);
    ck_assert_uint_eq(graph->type_count, types);
    ck_assert_uint_eq(old->size, ABI_SIZE_UNKNOWN);
    ck_assert_uint_eq(old->flags, ABI_F_INCOMPLETE);
    ck_assert(!old->record->complete);
    ck_assert_uint_eq(old->record->count, 0);
    ck_assert_ptr_null(old->record->alias);
    ck_assert_uint_eq(aligned->size, ABI_SIZE_UNKNOWN);
    ck_assert_uint_eq(aligned->align, 64);
    ck_assert_ptr_eq(name(region, "kept"), kept);
    ck_assert_uint_eq(region->names.count, 2); /* "old" and "kept" */
    ck_assert_ptr_eq(region->last, aligned);
    complete(old, "z", P(INT)); /* and it can be completed after all */
    ck_assert_str_eq(old->record->members[0].name, "z");
    ck_assert_uint_eq(aligned->size, 4);
}
END_TEST

START_TEST(commit_keeps_everything)
{
    abi_region_begin(region);
    AbiType *s = record(region, ABI_STRUCT, "s");
    complete(s, "x", P(INT));
    abi_use(pointer(s));
    abi_region_commit(region);
    abi_sweep(graph);
    abi_region_begin(region);
    abi_region_rollback(region);
    ck_assert_uint_eq(s->size, 4);
    ck_assert_ptr_eq(name(region, "s"), s->record->tag);
    ck_assert_uint_eq(graph->type_count, 1);
}
END_TEST

START_TEST(rollback_releases_types_of_no_region)
{
    AbiType *old = record(region, ABI_STRUCT, "old");
    abi_region_begin(region);
    complete(old, "x", array(P(INT), 9));
    complete(record(region, ABI_STRUCT, "new"), "x", array(P(INT), 10));
    abi_region_rollback(region);
    abi_sweep(graph);
    ck_assert_uint_eq(graph->type_count, 0);
}
END_TEST

START_TEST(a_sweep_in_a_transaction_is_harmless)
{
    AbiType *s = record(region, ABI_STRUCT, "s");
    pointer(s); /* last before the transaction, and floating */
    abi_region_begin(region);
    array(pointer(s), 3);
    abi_sweep(graph);
    AbiType *t = record(region, ABI_STRUCT, "t");
    pointer(t);
    abi_region_rollback(region);
    ck_assert_ptr_eq(region->first, s);
    ck_assert_ptr_eq(region->last, s);
    ck_assert_uint_eq(graph->type_count, 0);
}
END_TEST

START_TEST(anonymous_records_are_numbered_at_commit)
{
    abi_region_begin(region);
    AbiType *first = record(region, ABI_STRUCT, NULL), *named = record(region, ABI_STRUCT, NULL);
    AbiType *tagged = record(region, ABI_STRUCT, "t"), *second = record(region, ABI_ENUM, NULL);
    abi_record_set_alias(named, name(region, "named_t"));
    abi_region_commit(region);
    ck_assert_uint_eq(first->record->serial, 1);
    ck_assert_uint_eq(named->record->serial, 0);
    ck_assert_uint_eq(tagged->record->serial, 0);
    ck_assert_uint_eq(second->record->serial, 2);
    abi_region_begin(region);
    record(region, ABI_STRUCT, NULL);
    abi_region_rollback(region);
    ck_assert_uint_eq(record(region, ABI_UNION, NULL)->record->serial, 3);
}
END_TEST

/* ---- compatible and composite */

static bool same(const AbiType *a, const AbiType *b)
{
    bool forth = abi_compatible(Q(a), Q(b)), back = abi_compatible(Q(b), Q(a));
    ck_assert_int_eq(forth, back);
    return forth;
}

START_TEST(compatible_types)
{
    ck_assert(same(P(INT), P(INT32)));
    ck_assert(!same(P(LONG), P(LLONG)));
    ck_assert(!same(P(CHAR), P(SCHAR)));
    ck_assert(same(pointer(P(SIZE)), pointer(P(ULONG))));
    ck_assert(!same(pointer(P(INT)), constant(P(INT))));
    ck_assert(same(constant(P(INT)), constant(P(INT32))));
    ck_assert(abi_compatible((AbiQType){P(INT), ABI_CONST}, Q(P(INT))));
    ck_assert(!abi_compatible((AbiQType){P(INT), ABI_ATOMIC}, Q(P(INT))));
    ck_assert(same(pointer(ok(abi_aligned(graph, P(INT), 16, &err))), pointer(P(INT))));
    const AbiType *open = ok(abi_array(graph, Q(P(INT)), ABI_LENGTH_UNKNOWN, &err));
    ck_assert(same(open, array(P(INT32), 3)));
    ck_assert(!same(array(P(INT), 4), array(P(INT), 3)));
    ck_assert(!same(array(P(INT), 3), pointer(P(INT))));
    ck_assert(same(pointer(open), pointer(array(P(INT), 3))));
    const AbiType *of_const = ok(abi_array(graph, (AbiQType){P(INT), ABI_CONST}, 3, &err));
    ck_assert(same(of_const, array(P(INT), 3))); /* as __builtin_types_compatible_p */
    ck_assert(!same(pointer(of_const), pointer(array(P(INT), 3))));
    ck_assert(abi_compatible(Q(pointer(of_const)), Q(ok(abi_pointer(graph, (AbiQType){array(P(INT), 3), ABI_CONST}, &err)))));
    ck_assert(same(ok(abi_vector(graph, P(INT), 16, &err)), ok(abi_vector(graph, P(INT32), 16, &err))));
    ck_assert(!same(ok(abi_vector(graph, P(INT), 16, &err)), ok(abi_vector(graph, P(INT), 32, &err))));
    AbiType *s = record(region, ABI_STRUCT, "s"), *t = record(region, ABI_STRUCT, "s");
    ck_assert(!same(s, t));
    ck_assert(same(ok(abi_aligned(graph, s, 16, &err)), s));
}
END_TEST

START_TEST(compatible_enums)
{
    AbiType *e = record(region, ABI_ENUM, "e"), *f = record(region, ABI_ENUM, "f"), *forward = record(region, ABI_ENUM, "g");
    AbiEnumerator one = {name(region, "A"), 1, false};
    ck_assert_int_eq(abi_enum_complete(e, &one, 1, NULL, false, &err), 0);
    ck_assert_int_eq(abi_enum_complete(f, &one, 1, NULL, false, &err), 0);
    ck_assert(same(e, P(UINT)));
    ck_assert(same(e, P(UINT32)));
    ck_assert(!same(e, P(INT)));
    ck_assert(!same(e, f));
    ck_assert(!same(forward, P(UINT)));
    ck_assert(same(pointer(e), pointer(P(UINT))));
}
END_TEST

START_TEST(compatible_functions)
{
    AbiQType params[] = {{P(INT), ABI_CONST}, {P(DOUBLE), 0}};
    AbiFunctionDecl d = {.result = {P(INT), ABI_CONST}, .params = params, .nparams = 2};
    const AbiType *f = function(P(INT32), P(INT), P(DOUBLE)), *qualified = ok(abi_function(graph, &d, &err));
    ck_assert(same(f, qualified));
    ck_assert(!same(f, function(P(INT), P(INT), P(FLOAT))));
    ck_assert(!same(f, function(P(INT), P(INT), NULL)));
    d.variadic = true;
    const AbiType *variadic = ok(abi_function(graph, &d, &err));
    ck_assert(!same(f, variadic));
    AbiFunctionDecl old = {.result = Q(P(INT)), .unprototyped = true};
    const AbiType *anything = ok(abi_function(graph, &old, &err));
    ck_assert(same(f, anything));
    ck_assert(!same(variadic, anything));
    ck_assert(!same(function(P(INT), P(FLOAT), NULL), anything)); /* it would arrive as a double */
    ck_assert(!same(function(P(INT), P(CHAR), NULL), anything));
    ck_assert(same(function(P(INT), NULL, NULL), anything));
    params[0].quals = ABI_ATOMIC;
    d.variadic = false;
    ck_assert(!same(f, ok(abi_function(graph, &d, &err))));
    d = (AbiFunctionDecl){.result = Q(P(INT)), .conv = ABI_MS};
#ifdef __x86_64__
    ck_assert(!same(function(P(INT), NULL, NULL), ok(abi_function(graph, &d, &err))));
#endif
}
END_TEST

/* Each function type names the one before twice: 2^60 ways lead to the innermost. */
static const AbiType *ladder(const AbiType *base, int rungs)
{
    const AbiType *t = function(base, base, base);
    for (int i = 0; i < rungs; i++)
        t = function(pointer(t), pointer(t), pointer(t));
    return t;
}

START_TEST(shared_types_are_compared_once)
{
    ck_assert(same(ladder(P(INT), 60), ladder(P(INT32), 60)));
    ck_assert(!same(ladder(P(INT), 60), ladder(P(LONG), 60)));
}
END_TEST

START_TEST(deep_types_are_compared)
{
    const AbiType *a = P(INT), *b = P(INT32);
    for (int i = 0; i < 100000; i++) {
        a = i % 2 ? pointer(a) : function(P(VOID), pointer(a), NULL);
        b = i % 2 ? pointer(b) : function(P(VOID), pointer(b), NULL);
    }
    ck_assert(same(a, b));
    ck_assert(!same(a, pointer(b)));
}
END_TEST

static const AbiType *composite(const AbiType *a, const AbiType *b)
{
    return ok(abi_composite(graph, Q(a), Q(b), &err).type);
}

START_TEST(composite_types)
{
    const AbiType *open = ok(abi_array(graph, Q(P(INT)), ABI_LENGTH_UNKNOWN, &err)), *five = array(P(INT), 5);
    ck_assert_ptr_eq(composite(open, five), five);
    ck_assert_ptr_eq(composite(five, open), five);
    ck_assert_ptr_eq(composite(pointer(open), pointer(five)), pointer(five));
    ck_assert_ptr_eq(composite(P(INT), P(INT32)), P(INT));
    AbiFunctionDecl old = {.result = Q(P(INT)), .unprototyped = true};
    const AbiType *anything = ok(abi_function(graph, &old, &err)), *f = function(P(INT), P(INT), pointer(open));
    ck_assert_ptr_eq(composite(anything, f), f);
    ck_assert_ptr_eq(composite(f, anything), f);
    ck_assert_ptr_eq(composite(f, function(P(INT), P(INT), pointer(five))), function(P(INT), P(INT), pointer(five)));
    ck_assert_ptr_eq(composite(pointer(anything), pointer(f)), pointer(f));
    const AbiType *aligned = ok(abi_aligned(graph, open, 64, &err));
    ck_assert_ptr_eq(composite(aligned, five), ok(abi_aligned(graph, five, 64, &err)));
    AbiQType q = abi_composite(graph, (AbiQType){open, ABI_CONST}, (AbiQType){five, ABI_CONST}, &err);
    ck_assert_uint_eq(q.quals, ABI_CONST);
}
END_TEST

START_TEST(composite_of_deep_and_shared_types)
{
    const AbiType *open = ok(abi_array(graph, Q(P(INT)), ABI_LENGTH_UNKNOWN, &err)), *five = array(P(INT), 5);
    ck_assert_ptr_eq(composite(ladder(pointer(open), 40), ladder(pointer(five), 40)), ladder(pointer(five), 40));
    const AbiType *a = open, *b = five;
    for (int i = 0; i < 10000; i++) {
        a = pointer(a);
        b = pointer(b);
    }
    ck_assert_ptr_eq(composite(a, b), b);
    for (int i = 0; i < 600; i++) {
        a = pointer(function(a, NULL, NULL));
        b = pointer(function(b, NULL, NULL));
    }
    ck_assert_ptr_null(abi_composite(graph, Q(a), Q(b), &err).type);
    ck_assert_int_eq(err.code, ABI_ETOOLARGE);
}
END_TEST

/* ---- out of memory */

#ifdef ABI_TEST_ALLOC

/* Build something of everything; false as soon as memory runs out. */
static bool build(AbiRegion *r)
{
    const char *tag = abi_region_name(r, "s", 1), *x = abi_region_name(r, "x", 1);
    AbiType *s = tag && x ? abi_record_new(r, ABI_STRUCT, tag, &err) : NULL;
    const AbiType *p = s ? abi_pointer(graph, (AbiQType){s, ABI_CONST}, &err) : NULL;
    const AbiType *a = p ? abi_array(graph, Q(p), 3, &err) : NULL;
    const AbiType *v = a ? abi_vector(graph, P(INT), 16, &err) : NULL;
    AbiQType params[] = {Q(p), Q(v)};
    AbiFunctionDecl d = {.result = Q(P(INT)), .params = params, .nparams = 2};
    const AbiType *f = v ? abi_function(graph, &d, &err) : NULL;
    const AbiType *c = f ? abi_complex(graph, P(FLOAT), &err) : NULL;
    const AbiType *l = c ? abi_aligned(graph, p, 32, &err) : NULL;
    if (!l)
        return false;
    AbiMemberDecl members[12] = {{.name = x, .type = Q(a), .bit_width = -1}};
    for (size_t i = 1; i < 12; i++) {
        char text[8];
        members[i] = (AbiMemberDecl){.type = Q(P(INT)), .bit_width = 3};
        if (i % 4 && !(members[i].name = abi_region_name(r, text, (size_t)snprintf(text, sizeof text, "m%zu", i))))
            return false;
    }
    AbiType *e = abi_record_new(r, ABI_ENUM, NULL, &err);
    AbiEnumerator one = {x, 1, false};
    return abi_record_complete(s, members, 12, NULL, &err) == 0 && e && abi_enum_complete(e, &one, 1, NULL, false, &err) == 0 &&
           abi_record_set_alias(s, tag) == 0 && abi_composite(graph, Q(f), Q(f), &err).type;
}

START_TEST(every_failed_allocation_is_undone)
{
    bool done = false;
    long n = 0;
    for (; !done; n++) {
        ck_assert_int_lt(n, 1000);
        err = (AbiError){0};
        abi_region_begin(region);
        abi_alloc_fail_after(n);
        done = build(region);
        abi_alloc_fail_after(-1);
        if (done) {
            abi_region_commit(region);
            break;
        }
        abi_region_rollback(region);
        abi_sweep(graph);
        ck_assert_uint_eq(graph->type_count, 0);
        ck_assert_ptr_null(region->first);
        ck_assert_uint_eq(region->names.count, 0);
    }
    ck_assert_int_gt(n, 10);
}
END_TEST

START_TEST(failed_graph_and_region)
{
    for (long n = 0; n < 2; n++) {
        abi_alloc_fail_after(n);
        ck_assert_ptr_null(abi_graph_new());
    }
    abi_alloc_fail_after(0);
    ck_assert_ptr_null(abi_region_new(graph));
    ck_assert_ptr_null(abi_pointer(graph, Q(P(INT)), &err));
    ck_assert_int_eq(err.code, ABI_ENOMEM);
    abi_alloc_fail_after(-1);
}
END_TEST

START_TEST(failed_joint_region)
{
    AbiRegion *other = abi_region_new(graph);
    AbiQType params[] = {Q(pointer(record(region, ABI_STRUCT, "s"))), Q(pointer(record(other, ABI_STRUCT, "t")))};
    AbiFunctionDecl d = {.result = Q(P(INT)), .params = params, .nparams = 2};
    const AbiType *f = NULL;
    for (long n = 0; !f; n++) {
        ck_assert_int_lt(n, 20);
        abi_alloc_fail_after(n);
        f = abi_function(graph, &d, &err);
        abi_alloc_fail_after(-1);
    }
    abi_retain(f);
    abi_release(f);
    abi_region_release(region);
    abi_region_release(other);
    abi_sweep(graph);
    ck_assert_ptr_null(graph->regions);
}
END_TEST

START_TEST(a_table_that_cannot_grow_still_works)
{
    const AbiType *t[1000];
    for (size_t i = 0; i < 1000; i++) {
        abi_alloc_fail_after(1); /* the type, not the table */
        t[i] = ok(abi_array(graph, Q(P(CHAR)), i, &err));
    }
    abi_alloc_fail_after(-1);
    for (size_t i = 0; i < 1000; i++)
        ck_assert_ptr_eq(t[i], array(P(CHAR), i));
}
END_TEST

#endif

Suite *types_suite(void);
Suite *types_suite(void)
{
    Suite *s = suite_create("types");
    TCase *t = tcase_create("types");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, equal_types_are_one);
    tcase_add_test(t, function_type_flags_are_part_of_it);
    tcase_add_test(t, plain_has_no_qualifiers_at_any_depth);
    tcase_add_test(t, canonical_sees_through_typedef_names);
    tcase_add_test(t, aligned_variants);
    tcase_add_test(t, variant_of_an_incomplete_struct_follows_it);
    tcase_add_test(t, atomic_raises_alignment);
    tcase_add_test(t, primitive_sizes);
    tcase_add_test(t, derived_sizes);
    tcase_add_test(t, bitint_sizes);
    tcase_add_test(t, what_c_does_not_allow);
    tcase_add_test(t, sweep_frees_what_nobody_uses);
    tcase_add_test(t, the_plain_type_lives_as_long_as_the_qualified);
    tcase_add_test(t, a_pointer_that_is_gone_is_made_anew);
    tcase_add_test(t, a_type_used_again_survives);
    tcase_add_test(t, array_types_in_a_loop_leave_nothing);
    tcase_add_test(t, many_types_at_once_are_found_again);
    tcase_add_test(t, deep_chains_go_without_recursion);
    tcase_add_test(t, names_are_interned);
    tcase_add_test(t, a_region_goes_with_its_types);
    tcase_add_test(t, recursive_structs_go_with_their_region);
    tcase_add_test(t, inclusion_keeps_alive);
    tcase_add_test(t, types_of_unrelated_regions_keep_both);
    tcase_add_test(t, a_long_chain_of_regions_goes);
    tcase_add_test(t, rollback_undoes_everything);
    tcase_add_test(t, commit_keeps_everything);
    tcase_add_test(t, rollback_releases_types_of_no_region);
    tcase_add_test(t, a_sweep_in_a_transaction_is_harmless);
    tcase_add_test(t, anonymous_records_are_numbered_at_commit);
    tcase_add_test(t, compatible_types);
    tcase_add_test(t, compatible_enums);
    tcase_add_test(t, compatible_functions);
    tcase_add_test(t, shared_types_are_compared_once);
    tcase_add_test(t, deep_types_are_compared);
    tcase_add_test(t, composite_types);
    tcase_add_test(t, composite_of_deep_and_shared_types);
#ifdef ABI_TEST_ALLOC
    tcase_add_test(t, every_failed_allocation_is_undone);
    tcase_add_test(t, failed_graph_and_region);
    tcase_add_test(t, failed_joint_region);
    tcase_add_test(t, a_table_that_cannot_grow_still_works);
#endif
    suite_add_tcase(s, t);
    return s;
}
