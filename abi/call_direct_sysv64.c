/* Calls through registers on System V x86-64, in plain C.
 *
 * Integer and floating-point arguments use separate register files, each in order, and stack
 * arguments follow (psABI x86-64, 3.2.3). So one C call with six integers, eight doubles and a struct
 * of stack words loads every register that any signature can name, and registers the callee does not
 * look at are harmless. A `run` function here is such a call for one combination of
 *
 *   - registers: small cases of their own, then all of them;
 *   - stack words: a few sizes; the caller removes them, so words beyond the callee's are harmless too;
 *   - result registers, which need C result types of their own:
 *       struct {integer, double} comes back in rax and xmm0, whichever of them the callee meant.
 *
 * The callee's address comes from outside (dlsym), so the compiler cannot see that the types differ.
 * Arguments that the binding did not write are read as garbage and only passed on.
 */
#include "abi/plan_impl.h"

#if ABI_HAVE_SYSV64 && !defined(CDEFFI_NO_DIRECT)

#include <string.h>

/* GCC says that it passes over-aligned structs as it has since 4.6. */
#pragma GCC diagnostic ignored "-Wpsabi"

typedef double V16 __attribute__((vector_size(16)));
typedef double V32 __attribute__((vector_size(32)));

typedef struct RetAny { uint64_t gp; double fp; } RetAny;
typedef struct RetGp2 { uint64_t gp[2]; } __attribute__((may_alias)) RetGp2;
typedef struct RetFp2 { double fp[2]; } __attribute__((may_alias)) RetFp2;
typedef long double __attribute__((may_alias)) AreaX87;
typedef _Complex long double __attribute__((may_alias)) AreaX87x2;

/* The result words of RetAny: {rax, xmm0} and {xmm0, rax} can both be read in order. */
enum { RET_AT_GP = 0, RET_AT_FP = 8 };

#define GP(i) (((const AreaWord *)((const char *)area + AREA_GP))[i])
#define FP(i) (((const AreaDouble *)((const char *)area + AREA_FP))[i])

/* ---------------------------------------------------------------- few registers, no stack */

#define GP_T1 uint64_t
#define GP_T2 uint64_t, uint64_t
#define GP_T3 uint64_t, uint64_t, uint64_t
#define GP_T4 uint64_t, uint64_t, uint64_t, uint64_t
#define GP_T6 uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t
#define GP_V1 GP(0)
#define GP_V2 GP(0), GP(1)
#define GP_V3 GP(0), GP(1), GP(2)
#define GP_V4 GP(0), GP(1), GP(2), GP(3)
#define GP_V6 GP(0), GP(1), GP(2), GP(3), GP(4), GP(5)
#define FP_T1 double
#define FP_T2 double, double
#define FP_T4 double, double, double, double
#define FP_T8 double, double, double, double, double, double, double, double
#define FP_V1 FP(0)
#define FP_V2 FP(0), FP(1)
#define FP_V4 FP(0), FP(1), FP(2), FP(3)
#define FP_V8 FP(0), FP(1), FP(2), FP(3), FP(4), FP(5), FP(6), FP(7)

#define SMALL_RUN(name, types, values)                                                     \
    static void name##_g(const AbiPlan *plan, void (*fn)(void), void *area)                \
    {                                                                                      \
        (void)plan;                                                                        \
        ((AreaWord *)area)[RET_AT_GP / 8] = ((uint64_t(*)types)fn)values;                  \
    }                                                                                      \
    static void name##_f(const AbiPlan *plan, void (*fn)(void), void *area)                \
    {                                                                                      \
        (void)plan;                                                                        \
        ((AreaDouble *)area)[RET_AT_FP / 8] = ((double(*)types)fn)values;                  \
    }

SMALL_RUN(run_0_0, (void), ())
SMALL_RUN(run_1_0, (GP_T1), (GP_V1))
SMALL_RUN(run_2_0, (GP_T2), (GP_V2))
SMALL_RUN(run_3_0, (GP_T3), (GP_V3))
SMALL_RUN(run_4_0, (GP_T4), (GP_V4))
SMALL_RUN(run_6_0, (GP_T6), (GP_V6))
SMALL_RUN(run_0_1, (FP_T1), (FP_V1))
SMALL_RUN(run_0_2, (FP_T2), (FP_V2))
SMALL_RUN(run_0_4, (FP_T4), (FP_V4))
SMALL_RUN(run_0_8, (FP_T8), (FP_V8))
SMALL_RUN(run_1_1, (GP_T1, FP_T1), (GP_V1, FP_V1))
SMALL_RUN(run_1_4, (GP_T1, FP_T4), (GP_V1, FP_V4))
SMALL_RUN(run_2_1, (GP_T2, FP_T1), (GP_V2, FP_V1))
SMALL_RUN(run_2_4, (GP_T2, FP_T4), (GP_V2, FP_V4))
SMALL_RUN(run_4_1, (GP_T4, FP_T1), (GP_V4, FP_V1))
SMALL_RUN(run_4_4, (GP_T4, FP_T4), (GP_V4, FP_V4))
SMALL_RUN(run_6_8, (GP_T6, FP_T8), (GP_V6, FP_V8))

static const struct Small {
    uint8_t gp, fp;
    AbiRun *run_g, *run_f;
} small[] = { /* the first that is enough is taken */
#define SMALL(g, f) {g, f, run_##g##_##f##_g, run_##g##_##f##_f}
    SMALL(0, 0), SMALL(1, 0), SMALL(2, 0), SMALL(3, 0), SMALL(4, 0), SMALL(6, 0),
    SMALL(0, 1), SMALL(0, 2), SMALL(0, 4), SMALL(0, 8),
    SMALL(1, 1), SMALL(1, 4), SMALL(2, 1), SMALL(2, 4), SMALL(4, 1), SMALL(4, 4), SMALL(6, 8),
};

static bool use_small(const Shape *shape, Layout *layout)
{
    bool in_gp = shape->ret <= RET_GP || shape->ret == RET_HIDDEN;
    if (shape->variadic || shape->stack || shape->fp_width > 8 || !(in_gp || shape->ret <= RET_DOUBLE))
        return false;
    const struct Small *s = small;
    while (s->gp < shape->ngp || s->fp < shape->nfp)
        s++; /* the last one is always enough */
    layout->run = in_gp ? s->run_g : s->run_f;
    layout->result = in_gp ? AREA_RET + RET_AT_GP : AREA_RET + RET_AT_FP;
    layout->fp_stride = 8;
    layout->end = s->fp ? AREA_FP + 8u * s->fp : AREA_GP + 8u * s->gp;
    return true;
}

/* ---------------------------------------------------------------- all registers, and stack words */

/* Result types, and how they are kept: R is the value, the area starts with AREA_RET. */
#define KEEP_any(r) (((AreaWord *)area)[0] = ((AreaWord *)area)[2] = (r).gp, ((AreaDouble *)area)[1] = (r).fp)
#define KEEP_gp2(r) (*(RetGp2 *)area = (r))
#define KEEP_fp2(r) (*(RetFp2 *)area = (r))
#define KEEP_x87(r) (*(AreaX87 *)area = (r))
#define KEEP_x87x2(r) (*(AreaX87x2 *)area = (r))
#define KEEP_v16(r) memcpy(area, &(r), 16)
#define KEEP_v32(r) memcpy(area, &(r), 32)

/* The callee's type ends in "..." so that the compiler sets al, the number of vector registers, for
 * callees that are variadic (3.5.7); others ignore it. */
#define FULL_T(Fp) GP_T6, Fp, Fp, Fp, Fp, Fp, Fp, Fp, Fp
#define STACK_AT(width) (AREA_FP + AREA_FP_COUNT * (width))

#define FULL_RUN(Ret, keep)                                                                \
    static void full_##keep##_0(const AbiPlan *plan, void (*fn)(void), void *area)         \
    {                                                                                      \
        (void)plan;                                                                        \
        Ret r = ((Ret(*)(FULL_T(double), ...))fn)(GP_V6, FP_V8);                           \
        KEEP_##keep(r);                                                                    \
    }
/* Few words go one by one: copied as a block they would be loaded in pairs, which stalls on the single
 * stores that have just written them. */
#define WORD_T4 uint64_t, uint64_t, uint64_t, uint64_t
#define WORD_T8 WORD_T4, WORD_T4
#define STACK(i) (((const AreaWord *)((const char *)area + STACK_AT(8)))[i])
#define WORD_V4 STACK(0), STACK(1), STACK(2), STACK(3)
#define WORD_V8 WORD_V4, STACK(4), STACK(5), STACK(6), STACK(7)
#define WORD_RUN(Ret, keep, words)                                                         \
    static void full_##keep##_##words(const AbiPlan *plan, void (*fn)(void), void *area)   \
    {                                                                                      \
        (void)plan;                                                                        \
        Ret r = ((Ret(*)(FULL_T(double), WORD_T##words, ...))fn)(GP_V6, FP_V8, WORD_V##words); \
        KEEP_##keep(r);                                                                    \
    }
#define BLOCK_RUN(Ret, keep, words)                                                        \
    static void full_##keep##_##words(const AbiPlan *plan, void (*fn)(void), void *area)   \
    {                                                                                      \
        (void)plan;                                                                        \
        typedef struct { uint64_t w[words]; } __attribute__((may_alias)) Block;            \
        const Block *stack = (const void *)((const char *)area + STACK_AT(8));             \
        Ret r = ((Ret(*)(FULL_T(double), Block, ...))fn)(GP_V6, FP_V8, *stack);            \
        KEEP_##keep(r);                                                                    \
    }
#define FULL_RUNS(Ret, keep)                                                               \
    FULL_RUN(Ret, keep)                                                                    \
    WORD_RUN(Ret, keep, 4)                                                                 \
    WORD_RUN(Ret, keep, 8)                                                                 \
    BLOCK_RUN(Ret, keep, 16)                                                               \
    BLOCK_RUN(Ret, keep, 32)                                                               \
    BLOCK_RUN(Ret, keep, 128)

FULL_RUNS(RetAny, any)
FULL_RUNS(RetGp2, gp2)
FULL_RUNS(RetFp2, fp2)
FULL_RUNS(long double, x87)
FULL_RUNS(_Complex long double, x87x2)

/* The same with whole vector registers, and with a stack block that may start at a multiple of 64:
 * "the end of the input argument area shall be aligned on a 16 (32 or 64, if __m256 or __m512 is
 * passed on stack) byte boundary" (3.2.2). */
#define OPEN(...) (__VA_ARGS__, ...)
#define CLOSED(...) (__VA_ARGS__)
#define WIDE_LOAD(Fp, i)                                                                   \
    Fp v##i;                                                                               \
    memcpy(&v##i, (const char *)area + AREA_FP + (i) * sizeof(Fp), sizeof(Fp))
#define WIDE_RUN(target, list, Fp, Ret, keep, words)                                             \
    target static void Fp##_##keep##_##words(const AbiPlan *plan, void (*fn)(void), void *area) \
    {                                                                                      \
        (void)plan;                                                                        \
        typedef struct { uint64_t w[words]; } __attribute__((aligned(64))) Stack;          \
        Stack stack;                                                                       \
        memcpy(&stack, (const char *)area + STACK_AT(sizeof(Fp)), sizeof stack);           \
        WIDE_LOAD(Fp, 0); WIDE_LOAD(Fp, 1); WIDE_LOAD(Fp, 2); WIDE_LOAD(Fp, 3);            \
        WIDE_LOAD(Fp, 4); WIDE_LOAD(Fp, 5); WIDE_LOAD(Fp, 6); WIDE_LOAD(Fp, 7);            \
        Ret r = ((Ret(*)list(FULL_T(Fp), Stack))fn)(GP_V6, v0, v1, v2, v3, v4, v5, v6, v7, stack); \
        KEEP_##keep(r);                                                                    \
    }
#define WIDE_RUNS(target, list, Fp, words)                                                       \
    WIDE_RUN(target, list, Fp, RetAny, any, words)                                               \
    WIDE_RUN(target, list, Fp, RetGp2, gp2, words)                                               \
    WIDE_RUN(target, list, Fp, RetFp2, fp2, words)                                               \
    WIDE_RUN(target, list, Fp, long double, x87, words)                                          \
    WIDE_RUN(target, list, Fp, _Complex long double, x87x2, words)                               \
    WIDE_RUN(target, list, Fp, V16, v16, words)

WIDE_RUNS(, OPEN, V16, 8)
WIDE_RUNS(, OPEN, V16, 128)
WIDE_RUNS(, OPEN, V16, 1024)
/* Without "...": clang then passes vectors of 32 bytes in memory. It does so as well when only the
 * function, not the file, is compiled for AVX: such a build refuses them. */
#if defined(__AVX__) || !defined(__clang__)
#define HAVE_V32 1
#define AVX __attribute__((target("avx")))
WIDE_RUNS(AVX, CLOSED, V32, 8)
WIDE_RUNS(AVX, CLOSED, V32, 1024)
WIDE_RUN(AVX, CLOSED, V32, V32, v32, 8)
WIDE_RUN(AVX, CLOSED, V32, V32, v32, 1024)
#endif

typedef struct Full {
    uint32_t words;
    AbiRun *any, *gp2, *fp2, *x87, *x87x2, *v16, *v32;
} Full;

static const Full full[] = {
#define FULL(n) {n, full_any_##n, full_gp2_##n, full_fp2_##n, full_x87_##n, full_x87x2_##n, NULL, NULL}
    FULL(0), FULL(4), FULL(8), FULL(16), FULL(32), FULL(128), {0},
};
#define WIDE(Fp, n, v32) {n, Fp##_any_##n, Fp##_gp2_##n, Fp##_fp2_##n, Fp##_x87_##n, Fp##_x87x2_##n, Fp##_v16_##n, v32}
static const Full wide16[] = {WIDE(V16, 8, NULL), WIDE(V16, 128, NULL), WIDE(V16, 1024, NULL), {0}};
static const Full wide32[] = {
#if HAVE_V32
    WIDE(V32, 8, V32_v32_8), WIDE(V32, 1024, V32_v32_1024),
#endif
    {0},
};

static AbiRun *full_run(const Full *f, RetKind ret)
{
    switch (ret) {
    case RET_GP2:
        return f->gp2;
    case RET_FP2:
        return f->fp2;
    case RET_X87:
        return f->x87;
    case RET_X87_2:
        return f->x87x2;
    case RET_V16:
        return f->v16;
    case RET_V32:
        return f->v32;
    default:
        return f->any;
    }
}

static bool in_xmm0_first(RetKind ret)
{
    return ret == RET_FLOAT || ret == RET_DOUBLE || ret == RET_FP_GP;
}

/* Choose the function that makes calls of SHAPE, and say where it expects things in the area. False
 * if there is none: too many stack words, more than 64 bytes of alignment, or vectors that this
 * processor does not have, or that a variadic function names. */
bool abi_direct_layout(const Shape *shape, Layout *layout)
{
    if (use_small(shape, layout))
        return true;
    uint32_t width = shape->fp_width;
    if (shape->ret == RET_V16 || shape->stack_align > 16)
        width = width < 16 ? 16 : width;
    if (shape->ret == RET_V32)
        width = width < 32 ? 32 : width;
    if (width > 32 || shape->ret == RET_V64 || shape->stack_align > 64 || shape->ret == RET_HFA)
        return false;
    if (width == 32 && (shape->variadic || !__builtin_cpu_supports("avx")))
        return false;
    const Full *f = width == 8 ? full : width == 16 ? wide16 : wide32;
    while (f->any && 8 * (size_t)f->words < shape->stack)
        f++;
    if (!f->any)
        return false;
    layout->run = full_run(f, (RetKind)shape->ret);
    layout->fp_stride = width;
    layout->stack = STACK_AT(width);
    layout->result = in_xmm0_first((RetKind)shape->ret) ? AREA_RET + RET_AT_FP : AREA_RET + RET_AT_GP;
    layout->end = layout->stack + 8 * (size_t)f->words;
    return true;
}

#endif
