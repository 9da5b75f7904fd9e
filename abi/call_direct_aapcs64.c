/* Calls through registers on 64-bit Arm Linux, in plain C: the idea of call_direct_sysv64.c.
 *
 * Eight integer and eight floating-point registers, then stack words (AAPCS64, section 6.8). Words are
 * passed one by one, for a struct of more than 16 bytes would travel as a pointer. Results: two integer
 * registers, four floating-point ones (a struct of four doubles or vectors), or memory whose address
 * the compiler puts into x8 for a result type of more than 16 bytes.
 */
#include "abi/plan_impl.h"

#if ABI_HAVE_AAPCS64 && !defined(CDEFFI_NO_DIRECT)

#include <string.h>

typedef double V16 __attribute__((vector_size(16)));
typedef V16 __attribute__((may_alias)) AreaV16;

typedef struct RetGp { uint64_t gp[2]; } __attribute__((may_alias)) RetGp;
typedef struct RetFp { double fp[4]; } __attribute__((may_alias)) RetFp;
typedef struct RetV { V16 v[4]; } __attribute__((may_alias)) RetV;

#define GP(i) (((const AreaWord *)((const char *)area + AREA_GP))[i])
#define FP(i) (((const AreaDouble *)((const char *)area + AREA_FP))[i])
#define VEC(i) (((const AreaV16 *)((const char *)area + AREA_FP))[i])

#define TYPES_1(T) T
#define TYPES_2(T) T, T
#define TYPES_4(T) T, T, T, T
#define TYPES_8(T) TYPES_4(T), TYPES_4(T)
#define VALUES_1(V, n) V(n)
#define VALUES_2(V, n) V(n), V((n) + 1)
#define VALUES_4(V, n) VALUES_2(V, n), VALUES_2(V, (n) + 2)
#define VALUES_8(V, n) VALUES_4(V, n), VALUES_4(V, (n) + 4)

/* ---------------------------------------------------------------- few registers, no stack */

#define SMALL_RUN(name, types, values)                                                     \
    static void name##_g(const AbiPlan *plan, void (*fn)(void), void *area)                \
    {                                                                                      \
        (void)plan;                                                                        \
        *(AreaWord *)area = ((uint64_t(*)types)fn)values;                                  \
    }                                                                                      \
    static void name##_f(const AbiPlan *plan, void (*fn)(void), void *area)                \
    {                                                                                      \
        (void)plan;                                                                        \
        *(AreaDouble *)area = ((double(*)types)fn)values;                                  \
    }

SMALL_RUN(run_0_0, (void), ())
SMALL_RUN(run_1_0, (uint64_t), (GP(0)))
SMALL_RUN(run_2_0, (TYPES_2(uint64_t)), (VALUES_2(GP, 0)))
SMALL_RUN(run_4_0, (TYPES_4(uint64_t)), (VALUES_4(GP, 0)))
SMALL_RUN(run_8_0, (TYPES_8(uint64_t)), (VALUES_8(GP, 0)))
SMALL_RUN(run_0_1, (double), (FP(0)))
SMALL_RUN(run_0_2, (TYPES_2(double)), (VALUES_2(FP, 0)))
SMALL_RUN(run_0_4, (TYPES_4(double)), (VALUES_4(FP, 0)))
SMALL_RUN(run_2_2, (TYPES_2(uint64_t), TYPES_2(double)), (VALUES_2(GP, 0), VALUES_2(FP, 0)))
SMALL_RUN(run_8_8, (TYPES_8(uint64_t), TYPES_8(double)), (VALUES_8(GP, 0), VALUES_8(FP, 0)))

static const struct Small {
    uint8_t gp, fp;
    AbiRun *run_g, *run_f;
} small[] = { /* the first that is enough is taken */
#define SMALL(g, f) {g, f, run_##g##_##f##_g, run_##g##_##f##_f}
    SMALL(0, 0), SMALL(1, 0), SMALL(2, 0), SMALL(4, 0), SMALL(8, 0),
    SMALL(0, 1), SMALL(0, 2), SMALL(0, 4), SMALL(2, 2), SMALL(8, 8),
};

static bool use_small(const Shape *shape, Layout *layout)
{
    if (shape->stack || shape->fp_width > 8 || shape->ret > RET_DOUBLE)
        return false;
    const struct Small *s = small;
    while (s->gp < shape->ngp || s->fp < shape->nfp)
        s++; /* the last one is always enough */
    layout->run = shape->ret <= RET_GP ? s->run_g : s->run_f;
    layout->result = AREA_RET;
    layout->fp_stride = 8;
    layout->end = s->fp ? AREA_FP + 8u * s->fp : AREA_GP + 8u * s->gp;
    return true;
}

/* ---------------------------------------------------------------- all registers, and stack words */

#define STACK_AT(width) (AREA_FP + AREA_FP_COUNT * (width))
#define WORD8(i) (((const AreaWord *)((const char *)area + STACK_AT(8)))[i])
#define WORD16(i) (((const AreaWord *)((const char *)area + STACK_AT(16)))[i])

#define STACK_T0
#define STACK_T8 , TYPES_8(uint64_t)
#define STACK_T16 STACK_T8 STACK_T8
#define STACK_T32 STACK_T16 STACK_T16
#define STACK_T64 STACK_T32 STACK_T32
#define STACK_V0(W)
#define STACK_V8(W) , VALUES_8(W, 0)
#define STACK_V16(W) STACK_V8(W), VALUES_8(W, 8)
#define STACK_V32(W) STACK_V16(W), VALUES_8(W, 16), VALUES_8(W, 24)
#define STACK_V64(W)                                                                       \
    STACK_V32(W), VALUES_8(W, 32), VALUES_8(W, 40), VALUES_8(W, 48), VALUES_8(W, 56)

#define KEEP_RET(r) (*(__typeof__(r) *)area = (r))
/* The result's place was left at the start of the area (AREA_HIDDEN). */
#define KEEP_HIDDEN(r) memcpy((void *)(uintptr_t)*(AreaWord *)area, &(r), plan->result_type->size)

#define FULL_RUN(name, Ret, keep, Fp, V, W, words)                                         \
    static void name##_##words(const AbiPlan *plan, void (*fn)(void), void *area)          \
    {                                                                                      \
        (void)plan;                                                                        \
        Ret r = ((Ret(*)(TYPES_8(uint64_t), TYPES_8(Fp) STACK_T##words))fn)(               \
            VALUES_8(GP, 0), VALUES_8(V, 0) STACK_V##words(W));                            \
        keep(r);                                                                           \
    }
#define FULL_RUNS(name, Ret, keep, Fp, V, W)                                               \
    FULL_RUN(name, Ret, keep, Fp, V, W, 0)                                                 \
    FULL_RUN(name, Ret, keep, Fp, V, W, 8)                                                 \
    FULL_RUN(name, Ret, keep, Fp, V, W, 16)                                                \
    FULL_RUN(name, Ret, keep, Fp, V, W, 64)

#define RUNS(width, Fp, V, W)                                                              \
    FULL_RUNS(gp##width, RetGp, KEEP_RET, Fp, V, W)                                        \
    FULL_RUNS(fp##width, RetFp, KEEP_RET, Fp, V, W)                                        \
    FULL_RUNS(v##width, RetV, KEEP_RET, Fp, V, W)                                          \
    FULL_RUNS(hidden32_##width, Hidden32, KEEP_HIDDEN, Fp, V, W)                           \
    FULL_RUNS(hidden128_##width, Hidden128, KEEP_HIDDEN, Fp, V, W)                         \
    FULL_RUNS(hidden1024_##width, Hidden1024, KEEP_HIDDEN, Fp, V, W)

/* Results in memory: the callee writes no more than its result's size. */
typedef struct { uint64_t w[4]; } Hidden32;
typedef struct { uint64_t w[16]; } Hidden128;
typedef struct { uint64_t w[128]; } Hidden1024;

RUNS(8, double, FP, WORD8)
RUNS(16, V16, VEC, WORD16)

typedef struct Full {
    uint32_t words;
    AbiRun *gp, *fp, *v, *hidden32, *hidden128, *hidden1024;
} Full;

#define FULL(width, n)                                                                     \
    {n, gp##width##_##n, fp##width##_##n, v##width##_##n, hidden32_##width##_##n,          \
     hidden128_##width##_##n, hidden1024_##width##_##n}
static const Full full8[] = {FULL(8, 0), FULL(8, 8), FULL(8, 16), FULL(8, 64), {0}};
static const Full full16[] = {FULL(16, 0), FULL(16, 8), FULL(16, 16), FULL(16, 64), {0}};

/* NULL for a result in memory that is too large, or aligned further than the compiler's own. */
static AbiRun *full_run(const Full *f, const Shape *shape)
{
    switch ((RetKind)shape->ret) {
    case RET_FLOAT:
    case RET_DOUBLE:
        return f->fp;
    case RET_V16:
        return f->v;
    case RET_HFA:
        return shape->hfa_size > 8 ? f->v : f->fp;
    case RET_HIDDEN:
        if (shape->result_align > 16 || shape->result_size > 1024)
            return NULL;
        return shape->result_size <= 32 ? f->hidden32 : shape->result_size <= 128 ? f->hidden128 : f->hidden1024;
    default:
        return f->gp;
    }
}

/* Choose the function that makes calls of SHAPE, and say where it expects things in the area. False
 * if there is none: too many stack words, or too large a result. */
bool abi_direct_layout(const Shape *shape, Layout *layout)
{
    if (use_small(shape, layout))
        return true;
    uint32_t width = shape->fp_width > 8 ? 16 : 8;
    const Full *f = width == 8 ? full8 : full16;
    while (f->gp && 8 * (size_t)f->words < shape->stack)
        f++;
    if (!f->gp || !full_run(f, shape))
        return false;
    layout->run = full_run(f, shape);
    layout->fp_stride = width;
    layout->stack = STACK_AT(width);
    layout->result = AREA_RET;
    layout->hfa_stride = shape->hfa_size > 8 ? 16 : 8;
    layout->end = layout->stack + 8 * (size_t)f->words;
    return true;
}

#endif
