/* Layout, enums, member look-up and bit access. Each struct is declared twice, here in C and to abi/: the
 * compiler of this file is the oracle. */
#include "tests/c/graph.h"

#include <stdio.h>
#include <string.h>

#define ARRAY(t, n) ok(abi_array(graph, Q(t), (n), &err))
#define OPEN ABI_LENGTH_UNKNOWN
#define ALIGNED(t, n) ok(abi_aligned(graph, (t), (n), &err))

/* A member: name or NULL, type, and for bit-fields the width. */
#define M(n, t, ...) {.name = (n), .type = Q(t), .bit_width = -1, __VA_ARGS__}
#define B(n, t, w, ...) {.name = (n), .type = Q(t), .bit_width = (w), __VA_ARGS__}
#define MEMBERS(...) (AbiMemberDecl[]){__VA_ARGS__}, sizeof((AbiMemberDecl[]){__VA_ARGS__}) / sizeof(AbiMemberDecl)
#define OPTIONS(...) &(AbiRecordOptions){__VA_ARGS__}
#define NO_MEMBERS NULL, 0
#define STRUCT(...) define(ABI_STRUCT, __VA_ARGS__)
#define UNION(...) define(ABI_UNION, __VA_ARGS__)

static const AbiType *define(AbiKind kind, AbiMemberDecl *members, size_t n, const AbiRecordOptions *options)
{
    AbiType *t = abi_record_new(region, kind, NULL, &err);
    ck_assert_ptr_nonnull(t);
    for (size_t i = 0; i < n; i++)
        if (members[i].name)
            members[i].name = abi_region_name(region, members[i].name, strlen(members[i].name));
    ck_assert_msg(abi_record_complete(t, members, n, options, &err) == 0, "%s", err.msg);
    return t;
}

static const AbiMember *member(const AbiType *t, const char *name, size_t *offset)
{
    const AbiMember *m = abi_member_find(t, name, strlen(name), offset);
    ck_assert_msg(m != NULL, "no member %s", name);
    return m;
}

static void check_offset(const AbiType *t, const char *name, size_t want)
{
    size_t base;
    const AbiMember *m = member(t, name, &base);
    ck_assert_msg(base + m->offset == want, "%s at %zu, not %zu", name, base + m->offset, want);
}

/* All bits of the field are ones in WANT, the others zeros: storing -1 must give the same bytes, and the
 * bits around it must survive storing 0. */
static void check_bits(const AbiType *t, const char *name, const void *want)
{
    unsigned char *mine = abi_alloc(t->size);
    size_t base;
    const AbiMember *m = member(t, name, &base);
    ck_assert_uint_eq(m->offset * 8 + m->bit_shift, m->bit_offset);
    abi_bits_store(mine + base, m, (AbiWide){UINT64_MAX, UINT64_MAX});
    ck_assert_msg(memcmp(mine, want, t->size) == 0, "bits of %s", name);
    AbiWide v = abi_bits_load(mine + base, m);
    bool is_signed = m->type.type->flags & ABI_F_SIGNED;
    uint64_t lo = is_signed || m->bit_width >= 64 ? UINT64_MAX : ((uint64_t)1 << m->bit_width) - 1;
    ck_assert_uint_eq(v.lo, lo);
    memset(mine, 0xFF, t->size);
    abi_bits_store(mine + base, m, (AbiWide){0, 0});
    for (size_t i = 0; i < t->size; i++)
        ck_assert_uint_eq(mine[i], (unsigned char)~((const unsigned char *)want)[i]);
    abi_free(mine);
}

#define SIZE(t, T) do { \
        ck_assert_uint_eq((t)->size, sizeof(T)); \
        ck_assert_uint_eq((t)->align, __alignof__(T)); \
    } while (0)
#define AT(t, T, m) check_offset((t), #m, offsetof(T, m))
#define BITS(t, T, m) do { \
        T filled; \
        memset(&filled, 0, sizeof filled); \
        filled.m = -1; \
        check_bits((t), #m, &filled); \
    } while (0)

#pragma GCC diagnostic ignored "-Woverflow"
#pragma GCC diagnostic ignored "-Wattributes"
#ifdef __clang__
#pragma clang diagnostic ignored "-Wbitfield-constant-conversion"
#endif

/* ---- ordinary members */

START_TEST(natural_alignment)
{
    struct s { char c; short h; char d; int i; char e; long l; char f; long double x; char g; __int128 w; };
    const AbiType *t = STRUCT(MEMBERS(M("c", P(CHAR)), M("h", P(SHORT)), M("d", P(CHAR)), M("i", P(INT)), M("e", P(CHAR)),
                                      M("l", P(LONG)), M("f", P(CHAR)), M("x", P(LDOUBLE)), M("g", P(CHAR)), M("w", P(INT128))), NULL);
    SIZE(t, struct s);
    AT(t, struct s, h); AT(t, struct s, i); AT(t, struct s, l); AT(t, struct s, x); AT(t, struct s, g); AT(t, struct s, w);
}
END_TEST

START_TEST(floating_complex_and_vector_members)
{
    typedef float v8 __attribute__((vector_size(32)));
    struct s { char a; float _Complex fc; char b; double _Complex dc; char c; v8 v; char d; long double _Complex lc; };
    const AbiType *t = STRUCT(MEMBERS(M("a", P(CHAR)), M("fc", ok(abi_complex(graph, P(FLOAT), &err))), M("b", P(CHAR)),
                                      M("dc", ok(abi_complex(graph, P(DOUBLE), &err))), M("c", P(CHAR)),
                                      M("v", ok(abi_vector(graph, P(FLOAT), 32, &err))), M("d", P(CHAR)),
                                      M("lc", ok(abi_complex(graph, P(LDOUBLE), &err)))), NULL);
    SIZE(t, struct s);
    AT(t, struct s, fc); AT(t, struct s, dc); AT(t, struct s, v); AT(t, struct s, lc);
}
END_TEST

START_TEST(unions)
{
    union u { char c[5]; int i; short h; };
    const AbiType *t = UNION(MEMBERS(M("c", ARRAY(P(CHAR), 5)), M("i", P(INT)), M("h", P(SHORT))), NULL);
    SIZE(t, union u);
    AT(t, union u, i);
    union b { int i : 20; long : 40; char c : 3; int : 0; };
    const AbiType *v = UNION(MEMBERS(B("i", P(INT), 20), B(NULL, P(LONG), 40), B("c", P(CHAR), 3), B(NULL, P(INT), 0)), NULL);
    SIZE(v, union b);
    BITS(v, union b, i); BITS(v, union b, c);
}
END_TEST

START_TEST(empty_records)
{
    struct s { };
    union u { };
    struct holder { char a; struct s e; int b; };
    const AbiType *s = STRUCT(NO_MEMBERS, NULL), *u = UNION(NO_MEMBERS, NULL);
    SIZE(s, struct s);
    SIZE(u, union u);
    const AbiType *t = STRUCT(MEMBERS(M("a", P(CHAR)), M("e", s), M("b", P(INT))), NULL);
    SIZE(t, struct holder);
    AT(t, struct holder, e); AT(t, struct holder, b);
    struct __attribute__((aligned(8))) a { };
    SIZE(STRUCT(NO_MEMBERS, OPTIONS(.align = 8)), struct a);
}
END_TEST

START_TEST(flexible_and_zero_length_arrays)
{
    struct s { long n; char c; int tail[]; };
    const AbiType *t = STRUCT(MEMBERS(M("n", P(LONG)), M("c", P(CHAR)), M("tail", ARRAY(P(INT), OPEN))), NULL);
    SIZE(t, struct s);
    AT(t, struct s, tail);
    ck_assert_uint_eq(t->flags, ABI_F_FLEXIBLE);
    ck_assert_uint_eq(t->record->members[2].flags, ABI_M_FLEXIBLE);
    struct zero { char c; long none[0]; char d; };
    const AbiType *z = STRUCT(MEMBERS(M("c", P(CHAR)), M("none", ARRAY(P(LONG), 0)), M("d", P(CHAR))), NULL);
    SIZE(z, struct zero);
    AT(z, struct zero, none); AT(z, struct zero, d);
    ck_assert_uint_eq(z->flags, 0);
    ck_assert_uint_eq(STRUCT(MEMBERS(M("a", P(INT)), M("s", t)), NULL)->flags, ABI_F_FLEXIBLE);
    ck_assert_uint_eq(STRUCT(MEMBERS(M("s", t), M("a", P(INT))), NULL)->flags, 0);
    ck_assert_uint_eq(UNION(MEMBERS(M("s", t), M("a", P(INT))), NULL)->flags, ABI_F_FLEXIBLE);
    ck_assert_uint_eq(STRUCT(MEMBERS(M("only", ARRAY(P(INT), OPEN))), NULL)->size, 0);
}
END_TEST

/* ---- packed, pack, aligned */

START_TEST(packed_members_and_structs)
{
    struct __attribute__((packed)) s { char c; long l; short h; };
    const AbiType *t = STRUCT(MEMBERS(M("c", P(CHAR)), M("l", P(LONG)), M("h", P(SHORT))), OPTIONS(.packed = true));
    SIZE(t, struct s);
    AT(t, struct s, l); AT(t, struct s, h);
    struct m { char c; long l __attribute__((packed)); int i; };
    const AbiType *u = STRUCT(MEMBERS(M("c", P(CHAR)), M("l", P(LONG), .packed = true), M("i", P(INT))), NULL);
    SIZE(u, struct m);
    AT(u, struct m, l); AT(u, struct m, i);
    struct __attribute__((packed, aligned(4))) both { char c; long l; };
    SIZE(STRUCT(MEMBERS(M("c", P(CHAR)), M("l", P(LONG))), OPTIONS(.packed = true, .align = 4)), struct both);
}
END_TEST

START_TEST(aligned_members_and_types)
{
    typedef int far __attribute__((aligned(32)));
    typedef int near __attribute__((aligned(2)));
    struct s { char c; int i __attribute__((aligned(16))); char d; far f; char e; near n; char g; int low __attribute__((aligned(2))); };
    const AbiType *t = STRUCT(MEMBERS(M("c", P(CHAR)), M("i", P(INT), .align = 16), M("d", P(CHAR)), M("f", ALIGNED(P(INT), 32)),
                                      M("e", P(CHAR)), M("n", ALIGNED(P(INT), 2)), M("g", P(CHAR)), M("low", P(INT), .align = 2)), NULL);
    SIZE(t, struct s);
    AT(t, struct s, i); AT(t, struct s, f); AT(t, struct s, n); AT(t, struct s, low);
    struct __attribute__((packed)) p { char c; int i __attribute__((aligned(2))); far f; };
    const AbiType *u = STRUCT(MEMBERS(M("c", P(CHAR)), M("i", P(INT), .align = 2), M("f", ALIGNED(P(INT), 32))), OPTIONS(.packed = true));
    SIZE(u, struct p);
    AT(u, struct p, i); AT(u, struct p, f);
}
END_TEST

#pragma pack(push, 2)
struct pack2 { char c; long l; int i __attribute__((aligned(16))); char d; int b : 17; };
struct __attribute__((aligned(8))) pack2_aligned { char c; long l; };
#pragma pack(pop)

START_TEST(pragma_pack)
{
    const AbiType *t = STRUCT(MEMBERS(M("c", P(CHAR)), M("l", P(LONG)), M("i", P(INT), .align = 16), M("d", P(CHAR)),
                                      B("b", P(INT), 17)), OPTIONS(.pack = 2));
    SIZE(t, struct pack2);
    AT(t, struct pack2, l); AT(t, struct pack2, i); AT(t, struct pack2, d);
    BITS(t, struct pack2, b);
    SIZE(STRUCT(MEMBERS(M("c", P(CHAR)), M("l", P(LONG))), OPTIONS(.pack = 2, .align = 8)), struct pack2_aligned);
}
END_TEST

START_TEST(atomic_members)
{
    struct eight { char c[8]; };
    const AbiType *eight = STRUCT(MEMBERS(M("c", ARRAY(P(CHAR), 8))), NULL);
    struct s { char c; _Atomic struct eight x; char d; _Atomic long l; };
    AbiMemberDecl members[] = {M("c", P(CHAR)), {.name = "x", .type = {eight, ABI_ATOMIC}, .bit_width = -1}, M("d", P(CHAR)),
                               {.name = "l", .type = {P(LONG), ABI_ATOMIC}, .bit_width = -1}};
    const AbiType *t = define(ABI_STRUCT, members, 4, NULL);
    SIZE(t, struct s);
    AT(t, struct s, x); AT(t, struct s, l);
}
END_TEST

/* ---- bit-fields */

START_TEST(bitfields_share_units)
{
    struct s { int a : 3; unsigned b : 5; char c : 7; char d : 2; short e : 9; long f : 33; int g : 31; int h : 2; _Bool k : 1; };
    const AbiType *t = STRUCT(MEMBERS(B("a", P(INT), 3), B("b", P(UINT), 5), B("c", P(CHAR), 7), B("d", P(CHAR), 2), B("e", P(SHORT), 9),
                                      B("f", P(LONG), 33), B("g", P(INT), 31), B("h", P(INT), 2), B("k", P(BOOL), 1)), NULL);
    SIZE(t, struct s);
    BITS(t, struct s, a); BITS(t, struct s, b); BITS(t, struct s, c); BITS(t, struct s, d); BITS(t, struct s, e);
    BITS(t, struct s, f); BITS(t, struct s, g); BITS(t, struct s, h); BITS(t, struct s, k);
}
END_TEST

START_TEST(bitfields_of_128_bits)
{
    struct s { char c; __int128 a : 100; unsigned __int128 b : 128; __int128 d : 65; };
    const AbiType *t = STRUCT(MEMBERS(M("c", P(CHAR)), B("a", P(INT128), 100), B("b", P(UINT128), 128), B("d", P(INT128), 65)), NULL);
    SIZE(t, struct s);
    BITS(t, struct s, a); BITS(t, struct s, b); BITS(t, struct s, d);
    struct __attribute__((packed)) p { char c : 3; unsigned __int128 a : 128; char d : 5; };
    const AbiType *u = STRUCT(MEMBERS(B("c", P(CHAR), 3), B("a", P(UINT128), 128), B("d", P(CHAR), 5)), OPTIONS(.packed = true));
    SIZE(u, struct p);
    BITS(u, struct p, c); BITS(u, struct p, a); BITS(u, struct p, d);
}
END_TEST

START_TEST(zero_width_and_unnamed)
{
    struct s { char a : 3; int : 0; char b : 2; short : 0; char c; long : 40; char d; int : 0; };
    const AbiType *t = STRUCT(MEMBERS(B("a", P(CHAR), 3), B(NULL, P(INT), 0), B("b", P(CHAR), 2), B(NULL, P(SHORT), 0), M("c", P(CHAR)),
                                      B(NULL, P(LONG), 40), M("d", P(CHAR)), B(NULL, P(INT), 0)), NULL);
    SIZE(t, struct s);
    BITS(t, struct s, a); BITS(t, struct s, b);
    AT(t, struct s, c); AT(t, struct s, d);
    ck_assert_uint_eq(t->record->count, 4);
    ck_assert_uint_eq(t->record->padding_count, 1);
    ck_assert_uint_eq(t->record->padding[0].bit_width, 40);
    ck_assert_uint_eq(t->record->padding[0].bit_offset, 64);
    struct __attribute__((packed)) p { char a : 3; long : 0; char b : 2; };
    const AbiType *u = STRUCT(MEMBERS(B("a", P(CHAR), 3), B(NULL, P(LONG), 0), B("b", P(CHAR), 2)), OPTIONS(.packed = true));
    SIZE(u, struct p);
    BITS(u, struct p, b);
}
END_TEST

START_TEST(packed_bitfields)
{
    struct __attribute__((packed)) s { int a : 5; int b : 30; long c : 60; short d : 7; _Bool e : 1; };
    const AbiType *t = STRUCT(MEMBERS(B("a", P(INT), 5), B("b", P(INT), 30), B("c", P(LONG), 60), B("d", P(SHORT), 7), B("e", P(BOOL), 1)),
                              OPTIONS(.packed = true));
    SIZE(t, struct s);
    BITS(t, struct s, a); BITS(t, struct s, b); BITS(t, struct s, c); BITS(t, struct s, d); BITS(t, struct s, e);
    struct m { int a : 5; int b : 30 __attribute__((packed)); int c : 20; };
    const AbiType *u = STRUCT(MEMBERS(B("a", P(INT), 5), B("b", P(INT), 30, .packed = true), B("c", P(INT), 20)), NULL);
    SIZE(u, struct m);
    BITS(u, struct m, b); BITS(u, struct m, c);
}
END_TEST

#ifndef __clang__ /* which packs an aligned bit-field where GCC does not, and has no ms_struct outside Windows */
START_TEST(aligned_bitfields)
{
    typedef int far __attribute__((aligned(16)));
    struct s { char c; int a : 3 __attribute__((aligned(8))); far b : 5; int d : 9 __attribute__((packed, aligned(2))); };
    const AbiType *t = STRUCT(MEMBERS(M("c", P(CHAR)), B("a", P(INT), 3, .align = 8), B("b", ALIGNED(P(INT), 16), 5),
                                      B("d", P(INT), 9, .packed = true, .align = 2)), NULL);
    SIZE(t, struct s);
    BITS(t, struct s, a); BITS(t, struct s, b); BITS(t, struct s, d);
}
END_TEST

START_TEST(ms_struct)
{
    struct __attribute__((ms_struct)) s { char a : 3; int b : 5; int c : 29; short d : 4; short : 0; short e : 4; int : 0; char f; long g : 1; char h; };
    const AbiType *t = STRUCT(MEMBERS(B("a", P(CHAR), 3), B("b", P(INT), 5), B("c", P(INT), 29), B("d", P(SHORT), 4), B(NULL, P(SHORT), 0),
                                      B("e", P(SHORT), 4), B(NULL, P(INT), 0), M("f", P(CHAR)), B("g", P(LONG), 1), M("h", P(CHAR))),
                              OPTIONS(.ms_layout = true));
    SIZE(t, struct s);
    BITS(t, struct s, a); BITS(t, struct s, b); BITS(t, struct s, c); BITS(t, struct s, d); BITS(t, struct s, e); BITS(t, struct s, g);
    AT(t, struct s, f); AT(t, struct s, h);
    struct __attribute__((ms_struct, packed)) p { char a : 3; int b : 5; char c; };
    const AbiType *u = STRUCT(MEMBERS(B("a", P(CHAR), 3), B("b", P(INT), 5), M("c", P(CHAR))), OPTIONS(.ms_layout = true, .packed = true));
    SIZE(u, struct p);
    BITS(u, struct p, b);
    AT(u, struct p, c);
    union __attribute__((ms_struct)) v { int a : 3; short b : 9; };
    SIZE(UNION(MEMBERS(B("a", P(INT), 3), B("b", P(SHORT), 9)), OPTIONS(.ms_layout = true)), union v);
}
END_TEST
#endif

START_TEST(storage_units)
{
    /* The unit of the declared type, as cffi's CField has it. */
    const AbiType *t = STRUCT(MEMBERS(B("a", P(INT), 3), B("b", P(INT), 13), B("c", P(INT), 20), B("d", P(CHAR), 3)), NULL);
    static const struct { size_t offset; unsigned shift; } want[] = {{0, 0}, {0, 3}, {4, 0}, {6, 4}};
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(t->record->members[i].offset, want[i].offset);
        ck_assert_uint_eq(t->record->members[i].bit_shift, want[i].shift);
    }
    /* Across units, or where the unit would reach past the struct: from its own byte on. */
    const AbiType *p = STRUCT(MEMBERS(B("a", P(INT), 30), B("b", P(INT), 9)), OPTIONS(.packed = true));
    ck_assert_uint_eq(p->size, 5);
    ck_assert_uint_eq(p->record->members[0].offset, 0);
    ck_assert_uint_eq(p->record->members[1].offset, 3);
    ck_assert_uint_eq(p->record->members[1].bit_shift, 6);
    const AbiType *small = STRUCT(MEMBERS(B("a", P(LONG), 3), B("b", P(LONG), 10)), OPTIONS(.packed = true));
    ck_assert_uint_eq(small->size, 2);
    ck_assert_uint_eq(small->record->members[1].offset, 0);
    ck_assert_uint_eq(small->record->members[1].bit_shift, 3);
}
END_TEST

START_TEST(bit_values)
{
    struct __attribute__((packed)) s { int a : 5; unsigned b : 30; long c : 60; unsigned __int128 d : 121; _Bool e : 1; };
    const AbiType *t = STRUCT(MEMBERS(B("a", P(INT), 5), B("b", P(UINT), 30), B("c", P(LONG), 60), B("d", P(UINT128), 121), B("e", P(BOOL), 1)),
                              OPTIONS(.packed = true));
    struct s want = {0};
    unsigned char *mine = abi_alloc(sizeof want); /* exactly as large: the sanitizer sees a byte too many */
    want.a = -11;
    want.b = 0x2BCDEF01;
    want.c = -0x123456789ABCDEF;
    want.d = ((unsigned __int128)0x1ABCDEF01234567 << 64) | 0xFEDCBA9876543210u;
    want.e = 1;
    const AbiMember *m = t->record->members;
    abi_bits_store(mine, &m[4], (AbiWide){1, 0});
    abi_bits_store(mine, &m[3], (AbiWide){0xFEDCBA9876543210u, 0x1ABCDEF01234567});
    abi_bits_store(mine, &m[2], (AbiWide){(uint64_t)-0x123456789ABCDEF, 0});
    abi_bits_store(mine, &m[1], (AbiWide){0x2BCDEF01, 99});
    abi_bits_store(mine, &m[0], (AbiWide){(uint64_t)-11, 0});
    ck_assert_mem_eq(mine, &want, sizeof want);
    ck_assert_int_eq((int64_t)abi_bits_load(mine, &m[0]).lo, -11);
    ck_assert_uint_eq(abi_bits_load(mine, &m[0]).hi, UINT64_MAX);
    ck_assert_uint_eq(abi_bits_load(mine, &m[1]).lo, 0x2BCDEF01);
    ck_assert_uint_eq(abi_bits_load(mine, &m[1]).hi, 0);
    ck_assert_int_eq((int64_t)abi_bits_load(mine, &m[2]).lo, -0x123456789ABCDEF);
    ck_assert_uint_eq(abi_bits_load(mine, &m[3]).lo, 0xFEDCBA9876543210u);
    ck_assert_uint_eq(abi_bits_load(mine, &m[3]).hi, 0x1ABCDEF01234567);
    ck_assert_uint_eq(abi_bits_load(mine, &m[4]).lo, 1);
    abi_free(mine);
}
END_TEST

START_TEST(bitint_bitfields)
{
    const AbiType *wide = ok(abi_bitint(graph, 37, true, &err)), *small = ok(abi_bitint(graph, 7, false, &err));
    const AbiType *t = STRUCT(MEMBERS(B("a", wide, 37), B("b", small, 7), B("c", wide, 30)), NULL);
    ck_assert_uint_eq(t->size, 16);
    ck_assert_uint_eq(t->record->members[1].bit_offset, 40);
    ck_assert_uint_eq(t->record->members[2].bit_offset, 64);
    const AbiType *big = ok(abi_bitint(graph, 128, true, &err)); /* aligned to 8, as __int128 is not */
    const AbiType *u = STRUCT(MEMBERS(B("a", big, 128), B("b", wide, 16)), NULL);
    ck_assert_uint_eq(u->size, 24);
    ck_assert_uint_eq(u->align, 8);
}
END_TEST

/* ---- members */

START_TEST(anonymous_members)
{
    struct s { int a; union { long b; struct { char c; short d; int e : 3; }; }; int f; };
    const AbiType *inner = STRUCT(MEMBERS(M("c", P(CHAR)), M("d", P(SHORT)), B("e", P(INT), 3)), NULL);
    const AbiType *u = UNION(MEMBERS(M("b", P(LONG)), M(NULL, inner)), NULL);
    const AbiType *t = STRUCT(MEMBERS(M("a", P(INT)), M(NULL, u), M("f", P(INT))), NULL);
    SIZE(t, struct s);
    AT(t, struct s, b); AT(t, struct s, c); AT(t, struct s, d); AT(t, struct s, f);
    BITS(t, struct s, e);
    ck_assert_uint_eq(t->record->members[1].flags, ABI_M_ANONYMOUS);
    size_t offset = 99;
    ck_assert_ptr_null(abi_member_find(t, "x", 1, &offset));
    ck_assert_ptr_eq(abi_member_find(t, "def", 1, NULL), &inner->record->members[1]);
    ck_assert_ptr_null(abi_member_find(P(INT), "a", 1, NULL));
    ck_assert_ptr_null(abi_member_find(abi_record_new(region, ABI_STRUCT, NULL, &err), "a", 1, NULL));
}
END_TEST

static int try(AbiKind kind, AbiMemberDecl *members, size_t n, const AbiRecordOptions *options)
{
    AbiType *t = abi_record_new(region, kind, NULL, &err);
    err = (AbiError){.index = -9};
    int result = abi_record_complete(t, members, n, options, &err);
    if (result != 0) {
        ck_assert(!t->record->complete);
        ck_assert_uint_eq(t->flags, ABI_F_INCOMPLETE);
        ck_assert_uint_eq(t->size, ABI_SIZE_UNKNOWN);
        ck_assert_uint_eq(t->record->count, 0);
    }
    return result;
}

#define REFUSE(kind, members, options, why, where, text) do { \
        ck_assert_int_eq(try((kind), members, (options)), -1); \
        ck_assert_int_eq(err.code, (why)); \
        ck_assert_int_eq(err.index, (where)); \
        ck_assert_msg(strstr(err.msg, (text)) != NULL, "%s", err.msg); \
    } while (0)

START_TEST(members_that_c_does_not_allow)
{
    AbiType *forward = abi_record_new(region, ABI_STRUCT, NULL, &err);
    AbiFunctionDecl d = {.result = Q(P(INT))};
    const AbiType *f = ok(abi_function(graph, &d, &err)), *open = ARRAY(P(INT), OPEN);
    REFUSE(ABI_STRUCT, MEMBERS(M("a", P(INT)), M("v", P(VOID))), NULL, ABI_EINVALID, 1, "'v'");
    REFUSE(ABI_STRUCT, MEMBERS(M("a", f)), NULL, ABI_EINVALID, 0, "function");
    REFUSE(ABI_UNION, MEMBERS(M("a", forward)), NULL, ABI_EINCOMPLETE, 0, "incomplete");
    REFUSE(ABI_STRUCT, MEMBERS(M("a", P(INT)), M("o", open), M("b", P(INT))), NULL, ABI_EINVALID, 1, "flexible");
    REFUSE(ABI_STRUCT, MEMBERS(B("a", P(FLOAT), 3)), NULL, ABI_EINVALID, 0, "integer");
    REFUSE(ABI_STRUCT, MEMBERS(B("a", P(INT), 33)), NULL, ABI_EINVALID, 0, "width");
    REFUSE(ABI_STRUCT, MEMBERS(B("a", P(BOOL), 2)), NULL, ABI_EINVALID, 0, "width");
    REFUSE(ABI_STRUCT, MEMBERS(B("a", ok(abi_bitint(graph, 7, true, &err)), 8)), NULL, ABI_EINVALID, 0, "width");
    REFUSE(ABI_STRUCT, MEMBERS(B("a", P(INT), 0)), NULL, ABI_EINVALID, 0, "zero");
    REFUSE(ABI_STRUCT, MEMBERS({.name = "a", .type = {P(INT), ABI_ATOMIC}, .bit_width = 3}), NULL, ABI_EINVALID, 0, "atomic");
    REFUSE(ABI_STRUCT, MEMBERS(M(NULL, P(INT))), NULL, ABI_EINVALID, 0, "name");
    REFUSE(ABI_STRUCT, MEMBERS(M("a", P(INT), .align = 3)), NULL, ABI_EINVALID, 0, "power");
    REFUSE(ABI_STRUCT, MEMBERS(M("a", P(INT))), OPTIONS(.align = 3), ABI_EINVALID, -1, "power");
    REFUSE(ABI_STRUCT, MEMBERS(M("a", P(INT)), B(NULL, P(INT), 3), M("b", P(INT)), M("a", P(LONG))), NULL, ABI_EINVALID, 3, "'a'");
    const AbiType *inner = STRUCT(MEMBERS(M("x", P(INT)), M("y", P(INT))), NULL);
    REFUSE(ABI_STRUCT, MEMBERS(M("y", P(INT)), M(NULL, inner)), NULL, ABI_EINVALID, 1, "'y'");
    REFUSE(ABI_STRUCT, MEMBERS(M(NULL, inner), M(NULL, inner)), NULL, ABI_EINVALID, 1, "'x'");
    const AbiType *half = ARRAY(P(CHAR), PTRDIFF_MAX / 2 + 1);
    REFUSE(ABI_STRUCT, MEMBERS(M("a", half), M("b", half)), NULL, ABI_ETOOLARGE, 1, "'b'");
    REFUSE(ABI_STRUCT, MEMBERS(M("a", ARRAY(P(CHAR), PTRDIFF_MAX)), B("b", P(INT), 3)), NULL, ABI_ETOOLARGE, 1, "'b'");
    REFUSE(ABI_STRUCT, MEMBERS(M("a", ARRAY(P(CHAR), PTRDIFF_MAX))), OPTIONS(.align = 16), ABI_ETOOLARGE, -1, "larger");
    ck_assert_int_eq(try(ABI_UNION, MEMBERS(M("a", half), M("b", half)), NULL), 0);
}
END_TEST

START_TEST(a_record_is_completed_once)
{
    AbiType *t = (AbiType *)STRUCT(MEMBERS(M("a", P(INT))), NULL);
    AbiMemberDecl again = M("b", P(LONG));
    ck_assert_int_eq(abi_record_complete(t, &again, 1, NULL, &err), -1);
    ck_assert_uint_eq(t->size, 4);
    AbiType *e = abi_record_new(region, ABI_ENUM, NULL, &err);
    ck_assert_int_eq(abi_record_complete(e, &again, 1, NULL, &err), -1);
    ck_assert_int_eq(abi_enum_complete(t, NULL, 0, NULL, false, &err), -1);
    ck_assert_int_eq(abi_enum_complete(e, NULL, 0, NULL, false, &err), 0);
    ck_assert_int_eq(abi_enum_complete(e, NULL, 0, NULL, false, &err), -1);
}
END_TEST

START_TEST(partial_and_transparent)
{
    const AbiType *t = STRUCT(MEMBERS(M("a", P(INT))), OPTIONS(.partial = true));
    ck_assert_uint_eq(t->flags, ABI_F_PARTIAL | ABI_F_INCOMPLETE);
    ck_assert_uint_eq(t->size, ABI_SIZE_UNKNOWN);
    ck_assert_ptr_nonnull(abi_member_find(t, "a", 1, NULL));
    const AbiType *u = UNION(MEMBERS(M("a", P(LONG)), M("b", P(INT))), OPTIONS(.transparent_union = true));
    ck_assert_uint_eq(u->flags, ABI_F_TRANSPARENT);
    ck_assert_uint_eq(UNION(MEMBERS(M("a", P(INT)), M("b", P(LONG))), OPTIONS(.transparent_union = true))->flags, 0);
    /* GCC ignores it where the first member is floating point, in a struct of its own or an array of one as well */
    const AbiType *one = STRUCT(MEMBERS(M("f", P(FLOAT))), NULL), *two = STRUCT(MEMBERS(M("f", P(FLOAT)), M("g", P(FLOAT))), NULL);
    ck_assert_uint_eq(UNION(MEMBERS(M("a", P(FLOAT)), M("b", P(INT))), OPTIONS(.transparent_union = true))->flags, 0);
    ck_assert_uint_eq(UNION(MEMBERS(M("a", one), M("b", P(INT))), OPTIONS(.transparent_union = true))->flags, 0);
    ck_assert_uint_eq(UNION(MEMBERS(M("a", two), M("b", P(INT))), OPTIONS(.transparent_union = true))->flags, ABI_F_TRANSPARENT);
}
END_TEST

START_TEST(transparent_variants)
{
    const AbiType *u = UNION(MEMBERS(M("a", P(LONG)), M("b", P(INT))), NULL);
    const AbiType *t = abi_transparent(graph, u, &err);
    ck_assert_ptr_ne(t, u);
    ck_assert_ptr_eq(abi_transparent(graph, u, &err), t);
    ck_assert_ptr_eq(abi_transparent(graph, t, &err), t);
    ck_assert_uint_eq(t->flags, ABI_F_TRANSPARENT);
    ck_assert_uint_eq(u->flags, 0);
    ck_assert_ptr_eq(t->main, u);
    ck_assert_ptr_eq(t->canonical, t);
    /* aligned first or last: the same, and the compiler sees the one without */
    const AbiType *aligned = abi_aligned(graph, t, 32, &err);
    ck_assert_ptr_eq(abi_transparent(graph, abi_aligned(graph, u, 32, &err), &err), aligned);
    ck_assert_uint_eq(aligned->align, 32);
    ck_assert_uint_eq(aligned->flags, ABI_F_TRANSPARENT);
    ck_assert_ptr_eq(aligned->canonical, t);
    ck_assert_ptr_eq(abi_unaligned(aligned), t);
    ck_assert_ptr_eq(abi_aligned(graph, aligned, 8, &err), t);
    ck_assert(!abi_compatible((AbiQType){t, 0}, (AbiQType){u, 0}));
    ck_assert(abi_compatible((AbiQType){t, 0}, (AbiQType){aligned, 0}));
    /* what cannot be stays what it is */
    const AbiType *no = UNION(MEMBERS(M("a", P(INT)), M("b", P(LONG))), NULL);
    ck_assert_ptr_eq(abi_transparent(graph, no, &err), no);
    ck_assert_ptr_eq(abi_transparent(graph, P(INT), &err), P(INT));
    const AbiType *late = abi_record_new(region, ABI_UNION, "late", &err);
    ck_assert_ptr_eq(abi_transparent(graph, late, &err), late);
}
END_TEST

START_TEST(a_hundred_thousand_members)
{
    enum { N = 100000 };
    AbiMemberDecl *members = abi_alloc(N * sizeof *members);
    char text[16];
    for (size_t i = 0; i < N; i++) {
        int n = snprintf(text, sizeof text, "m%zu", i);
        members[i] = (AbiMemberDecl){.name = abi_region_name(region, text, (size_t)n), .type = Q(P(INT)), .bit_width = -1};
    }
    AbiType *t = abi_record_new(region, ABI_STRUCT, NULL, &err);
    ck_assert_int_eq(abi_record_complete(t, members, N, NULL, &err), 0);
    size_t found = 0;
    for (size_t i = 0; i < N; i++) {
        const AbiMember *m = abi_member_find(t, members[i].name, strlen(members[i].name), NULL);
        found += m && m->offset == i * 4;
    }
    ck_assert_uint_eq(found, N);
    members[N - 1].name = members[5].name;
    AbiType *u = abi_record_new(region, ABI_STRUCT, NULL, &err);
    ck_assert_int_eq(abi_record_complete(u, members, N, NULL, &err), -1);
    ck_assert_int_eq(err.index, N - 1);
    abi_free(members);
}
END_TEST

START_TEST(anonymous_members_nest_to_a_limit)
{
    AbiMemberDecl d = M(NULL, STRUCT(MEMBERS(M("x", P(INT))), NULL));
    unsigned depth = 0;
    for (int result = 0; result == 0 && depth < 1000; depth++) {
        AbiType *t = abi_record_new(region, ABI_STRUCT, NULL, &err);
        result = abi_record_complete(t, &d, 1, NULL, &err);
        if (result == 0) {
            ck_assert_ptr_nonnull(abi_member_find(t, "x", 1, NULL));
            d.type.type = t;
        }
    }
    ck_assert_uint_eq(depth, 257);
    ck_assert_int_eq(err.code, ABI_ETOOLARGE);
}
END_TEST

/* ---- enums */

#define E(n, v) {.name = (n), .value = (uint64_t)(v), .negative = (int64_t)(v) < 0}

static const AbiType *enumeration(const AbiEnumerator *e, size_t n, const AbiType *underlying, bool packed)
{
    AbiType *t = abi_record_new(region, ABI_ENUM, NULL, &err);
    ck_assert_msg(abi_enum_complete(t, e, n, underlying, packed, &err) == 0, "%s", err.msg);
    return t;
}

START_TEST(underlying_types)
{
#define SAME(want, packed, ...) do { \
        AbiEnumerator e[] = {__VA_ARGS__}; \
        const AbiType *t = enumeration(e, sizeof e / sizeof *e, NULL, (packed)); \
        ck_assert_ptr_eq(t->item.type, P(want)); \
        ck_assert_uint_eq(t->size, P(want)->size); \
        ck_assert_uint_eq(t->flags, P(want)->flags); \
    } while (0)
    SAME(UINT, false, E("A", 0), E("B", 1));
    SAME(INT, false, E("A", -1), E("B", INT32_MAX));
    SAME(UINT, false, E("A", UINT32_MAX));
    SAME(LONG, false, E("A", -1), E("B", (int64_t)UINT32_MAX));
    SAME(ULONG, false, E("A", (int64_t)UINT32_MAX + 1));
    SAME(ULONG, false, {.name = "A", .value = UINT64_MAX});
    SAME(LONG, false, E("A", INT64_MIN));
    SAME(LONG, false, E("A", -1), {.name = "B", .value = UINT64_MAX}); /* GCC warns, and takes this */
    SAME(INT, false, E("A", INT32_MIN));
    SAME(LONG, false, E("A", (int64_t)INT32_MIN - 1));
    SAME(UCHAR, true, E("A", 255));
    SAME(SCHAR, true, E("A", -128), E("B", 127));
    SAME(SHORT, true, E("A", -1), E("B", 128));
    SAME(USHORT, true, E("A", 256));
    SAME(UINT, true, E("A", 65536));
    SAME(ULONG, true, E("A", (int64_t)1 << 32));
#undef SAME
    const AbiType *fixed = enumeration(&(AbiEnumerator)E("A", 3), 1, P(SHORT), false);
    ck_assert_ptr_eq(fixed->item.type, P(SHORT));
    ck_assert(fixed->record->fixed_underlying);
    AbiType *t = abi_record_new(region, ABI_ENUM, NULL, &err);
    AbiEnumerator wide[] = {E("A", 1), E("BIG", 256)};
    ck_assert_int_eq(abi_enum_complete(t, wide, 2, P(UINT8), false, &err), -1);
    ck_assert_int_eq(err.index, 1);
    ck_assert_ptr_nonnull(strstr(err.msg, "BIG"));
    AbiEnumerator negative = E("N", -1);
    ck_assert_int_eq(abi_enum_complete(t, &negative, 1, P(UINT), false, &err), -1);
    ck_assert_int_eq(abi_enum_complete(t, &negative, 1, P(DOUBLE), false, &err), -1);
    ck_assert_int_eq(abi_enum_complete(t, &negative, 1, P(INT8), false, &err), 0);
    ck_assert_uint_eq(t->flags, ABI_F_SIGNED);
    ck_assert_uint_eq(t->record->enumerators[0].value, UINT64_MAX);
}
END_TEST

START_TEST(enum_bitfields)
{
    enum e { A = -1, C = 3 };
    struct s { enum e a : 3; enum e b : 32; };
    AbiEnumerator e[] = {E("A", -1), E("C", 3)};
    const AbiType *et = enumeration(e, 2, NULL, false);
    const AbiType *t = STRUCT(MEMBERS(B("a", et, 3), B("b", et, 32)), NULL);
    SIZE(t, struct s);
    BITS(t, struct s, a); BITS(t, struct s, b);
    AbiType *forward = abi_record_new(region, ABI_ENUM, NULL, &err);
    REFUSE(ABI_STRUCT, MEMBERS(B("a", forward, 3)), NULL, ABI_EINCOMPLETE, 0, "incomplete");
}
END_TEST

#ifdef ABI_TEST_ALLOC
START_TEST(failed_completion_leaves_it_incomplete)
{
    AbiType *t = abi_record_new(region, ABI_STRUCT, NULL, &err);
    AbiMemberDecl members[1000];
    char text[8];
    for (size_t i = 0; i < 1000; i++) {
        int n = snprintf(text, sizeof text, "m%zu", i);
        members[i] = (AbiMemberDecl){.name = abi_region_name(region, text, (size_t)n), .type = Q(ARRAY(P(INT), 2)), .bit_width = -1};
    }
    const AbiType *item = members[0].type.type;
    long n = 0;
    for (int result = -1; result != 0; n++) {
        ck_assert_int_lt(n, 20);
        abi_region_begin(region); /* a record from before the transaction */
        abi_alloc_fail_after(n);
        result = abi_record_complete(t, members, 1000, NULL, &err);
        abi_alloc_fail_after(-1);
        ck_assert_uint_eq(item->uses, result == 0 ? 1000 : 0);
        if (result != 0) {
            ck_assert_int_eq(err.code, ABI_ENOMEM);
            ck_assert(!t->record->complete);
            abi_region_rollback(region);
        } else
            abi_region_commit(region);
    }
    ck_assert_int_gt(n, 2);
    ck_assert_uint_eq(t->size, 8000);
}
END_TEST
#endif

Suite *layout_suite(void);
Suite *layout_suite(void)
{
    Suite *s = suite_create("layout");
    TCase *t = tcase_create("layout");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, natural_alignment);
    tcase_add_test(t, floating_complex_and_vector_members);
    tcase_add_test(t, unions);
    tcase_add_test(t, empty_records);
    tcase_add_test(t, flexible_and_zero_length_arrays);
    tcase_add_test(t, packed_members_and_structs);
    tcase_add_test(t, aligned_members_and_types);
    tcase_add_test(t, pragma_pack);
    tcase_add_test(t, atomic_members);
    tcase_add_test(t, bitfields_share_units);
    tcase_add_test(t, bitfields_of_128_bits);
    tcase_add_test(t, zero_width_and_unnamed);
    tcase_add_test(t, packed_bitfields);
#ifndef __clang__
    tcase_add_test(t, aligned_bitfields);
    tcase_add_test(t, ms_struct);
#endif
    tcase_add_test(t, storage_units);
    tcase_add_test(t, bit_values);
    tcase_add_test(t, bitint_bitfields);
    tcase_add_test(t, anonymous_members);
    tcase_add_test(t, members_that_c_does_not_allow);
    tcase_add_test(t, a_record_is_completed_once);
    tcase_add_test(t, partial_and_transparent);
    tcase_add_test(t, transparent_variants);
    tcase_add_test(t, a_hundred_thousand_members);
    tcase_add_test(t, anonymous_members_nest_to_a_limit);
    tcase_add_test(t, underlying_types);
    tcase_add_test(t, enum_bitfields);
#ifdef ABI_TEST_ALLOC
    tcase_add_test(t, failed_completion_leaves_it_incomplete);
#endif
    suite_add_tcase(s, t);
    return s;
}
