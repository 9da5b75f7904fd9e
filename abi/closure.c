/* Closures: function pointers that run a handler.
 *
 * libffi makes the code (with its static trampolines where it has them, so that no memory is both
 * writable and executable). The signature is lowered as for calls: libffi hands over single registers
 * and the stack block, and the arguments are put together here, by our own classification.
 *
 * libffi has no notion of vectors. Its closures save each vector register's low 16 bytes in a slot of
 * its own, leave the rest of the registers alone, and load no result register when the result is void.
 * None of this is documented, so a closure with vectors proves it for itself before it is handed out
 * (self_test); where it is not so, there are no callbacks with vectors.
 */
#include "abi/plan_impl.h"

#include <alloca.h>
#include <string.h>

typedef struct Argument {
    bool gather;      /* copy the pieces together; otherwise the value is used where it is */
    bool reference;   /* what libffi hands over points to the value */
    uint8_t count;    /* of pieces */
    uint8_t value;    /* which of libffi's values, when not gathered */
    Piece piece[4];   /* slot is which of libffi's values */
    size_t offset;    /* into that value */
} Argument;

/* What is done with a result once the handler has run. Copied before: the handler may free its closure. */
typedef struct Return {
    size_t size;     /* bytes */
    uint8_t kind;    /* RetKind */
    uint8_t unused;  /* bits of the register that a narrow integer leaves open; 0: nothing to extend */
    bool is_signed;
    uint8_t hfa_count, hfa_size;
} Return;

struct AbiClosure {
    ffi_closure *ffi; /* owned */
    void *code;       /* borrowed from ffi */
    AbiHandler *handler;
    void *user;
    Return ret;
    Shape shape;
    LoweredCif lowered; /* its args are owned */
    size_t nargs, gathered;
    Argument args[];
};

enum { GATHER_SIZE = 64 }; /* the largest value in registers */

typedef uint64_t Natural[8]; /* a result, in its natural representation */

#if ABI_HAVE_SYSV64 && !defined(CDEFFI_NO_DIRECT)
#define HAVE_V16 1
typedef double V16 __attribute__((vector_size(16)));
#if defined(__AVX__) || !defined(__clang__) /* see call_direct_sysv64.c */
#define HAVE_V32 1
typedef double V32 __attribute__((vector_size(32)));
#endif
#endif

/* ---------------------------------------------------------------- running */

/* Integers narrower than a register: callers compiled by clang rely on the callee's extension. */
static void extend(const Return *r, uint64_t *slot)
{
    uint64_t raw = *slot << r->unused;
    *slot = r->is_signed ? (uint64_t)((int64_t)raw >> r->unused) : raw >> r->unused;
}

/* Put together argument A in TO. WIDE is the eight vector registers of 32 bytes, or NULL. */
static void gather(const AbiClosure *c, const Argument *a, void **values, const char (*wide)[32], char *to)
{
    for (unsigned p = 0; p < a->count; p++) {
        const Piece *piece = &a->piece[p];
        if (piece->size <= 16) {
            memcpy(to + piece->at, values[piece->slot], piece->size);
            continue;
        }
        memcpy(to, values[piece->slot], 16);
        if (wide)
            memcpy(to + 16, wide[piece->slot - c->lowered.ngp] + 16, 16);
    }
}

/* A result in memory. System V x86-64: "on return %rax will contain the address" (psABI 3.2.3). The handler may write
 * 16 bytes, which the caller's object need not have. */
static void return_hidden(const AbiClosure *c, void *result, void **values, void *const *args)
{
    void *target = result; /* AAPCS64: x8, which libffi knows of */
    size_t size = c->ret.size;
    uint64_t small[2] = {0, 0};
    if (AREA_HIDDEN == AREA_GP)
        memcpy(&target, values[0], sizeof target);
    if (size >= sizeof small) {
        c->handler(c->user, target, args);
    } else {
        c->handler(c->user, small, args);
        memcpy(target, small, size);
    }
    if (AREA_HIDDEN == AREA_GP)
        memcpy(result, &target, sizeof target);
}

static void return_value(const Return *r, void *result, uint64_t *natural)
{
    if (r->unused)
        extend(r, natural);
    if (r->kind == RET_HFA && r->hfa_size < 4) /* given to libffi as floats */
        for (unsigned i = 0; i < r->hfa_count; i++)
            memcpy((char *)result + 4 * i, (char *)natural + r->hfa_size * i, r->hfa_size);
    else
        memcpy(result, natural, r->size);
}

/* Run the handler for libffi's VALUES; the result is given to libffi, if it wants one, and left in
 * NATURAL. */
static inline void run(const AbiClosure *c, void *result, void **values, const char (*wide)[32], uint64_t *natural)
{
    void **args = alloca((c->nargs + 1) * sizeof *args);
    char *scratch = c->gathered ? alloca(c->gathered * GATHER_SIZE + 16) : NULL;
    scratch = (char *)round_up((uintptr_t)scratch, 16);
    for (size_t i = 0; i < c->nargs; i++) {
        const Argument *a = &c->args[i];
        if (!a->gather) {
            args[i] = (char *)values[a->value] + a->offset;
            if (a->reference)
                memcpy(&args[i], args[i], sizeof args[i]);
            continue;
        }
        gather(c, a, values, wide, scratch);
        args[i] = scratch;
        scratch += GATHER_SIZE;
    }
    if (c->shape.ret == RET_HIDDEN) {
        return_hidden(c, result, values, args);
        return;
    }
    const Return r = c->ret;
    c->handler(c->user, natural, args);
    return_value(&r, result, natural);
}

static void on_call(ffi_cif *cif, void *result, void **values, void *user)
{
    _Alignas(16) Natural natural = {0};
    (void)cif;
    run(user, result, values, NULL, natural);
}

#if HAVE_V16
/* The result is in xmm0, whence libffi's code returns to the caller. */
static V16 on_call_v16(ffi_cif *cif, void *result, void **values, void *user)
{
    _Alignas(16) Natural natural = {0};
    V16 vector;
    (void)cif;
    run(user, result, values, NULL, natural);
    memcpy(&vector, natural, sizeof vector);
    return vector;
}
#endif

#if HAVE_V32
/* libffi passes four arguments. The vector registers still hold what the caller left there; the low
 * halves may have been used since. */
__attribute__((target("avx"))) static V32 on_call_v32(ffi_cif *cif, void *result, void **values, void *user, V32 v0, V32 v1,
                                                      V32 v2, V32 v3, V32 v4, V32 v5, V32 v6, V32 v7)
{
    V32 wide[8] = {v0, v1, v2, v3, v4, v5, v6, v7};
    _Alignas(32) Natural natural = {0};
    V32 vector;
    (void)cif;
    run(user, result, values, (const char (*)[32])wide, natural);
    memcpy(&vector, natural, sizeof vector);
    return vector;
}
#endif

/* ---------------------------------------------------------------- making */

typedef void OnCall(ffi_cif *, void *, void **, void *);

/* The function for the widest vectors of a signature, or NULL. */
static OnCall *choose_on_call(const Shape *shape)
{
    if (ABI_VECTORS_IN_LIBFFI)
        return on_call;
    if (shape->fp_width > 32 || shape->ret == RET_V64)
        return NULL;
    if (shape->fp_width > 16 || shape->ret == RET_V32) {
#if HAVE_V32
        if (__builtin_cpu_supports("avx"))
            return (OnCall *)(void (*)(void))on_call_v32;
#endif
        return NULL;
    }
    if (shape->fp_width > 8 || shape->ret == RET_V16) {
#if HAVE_V16
        return (OnCall *)(void (*)(void))on_call_v16;
#else
        return NULL;
#endif
    }
    return on_call;
}

/* The number of the value in which libffi hands over a register. */
static uint8_t value_of(const AbiClosure *c, unsigned slot)
{
    return (uint8_t)(slot < SLOT_FP ? slot : c->lowered.ngp + slot - SLOT_FP);
}

static void place_argument(void *user, size_t index, const AbiType *type, const Place *place)
{
    AbiClosure *c = user;
    Argument *a = &c->args[index];
    (void)type;
    a->reference = place->kind == PLACE_REF_REG || place->kind == PLACE_REF_STACK;
    if (place->kind == PLACE_STACK || place->kind == PLACE_REF_STACK) {
        a->value = (uint8_t)(c->lowered.ngp + c->lowered.nfp);
        a->offset = place->stack;
        return;
    }
    a->count = place->kind == PLACE_NOTHING ? 0 : place->count;
    a->gather = a->count != 1 || place->piece[0].at != 0 || place->piece[0].size > 16;
    a->gather = a->gather && !a->reference;
    c->gathered += a->gather;
    for (unsigned i = 0; i < a->count; i++) {
        a->piece[i] = place->piece[i];
        a->piece[i].slot = value_of(c, place->piece[i].slot);
    }
    a->value = a->piece[0].slot;
}

/* Bytes that libffi reads of a result. */
static size_t result_bytes(const Shape *shape)
{
    switch ((RetKind)shape->ret) {
    case RET_NOTHING:
    case RET_V32:
        return 0;
    case RET_V16:
        return ABI_VECTORS_IN_LIBFFI ? 16 : 0;
    case RET_HFA:
        return (size_t)shape->hfa_count * shape->hfa_size;
    case RET_GP:
    case RET_FLOAT:
    case RET_DOUBLE:
        return 8;
    case RET_X87_2:
        return 32;
    default:
        return 16;
    }
}

static Return return_of(const Shape *shape, const AbiType *type)
{
    Return r = {shape->ret == RET_HIDDEN ? type->size : result_bytes(shape), shape->ret, 0,
                false, shape->hfa_count, shape->hfa_size};
    if (type->kind == ABI_ENUM)
        type = type->item.type;
    r.is_signed = (type->flags & ABI_F_SIGNED) != 0;
    if (shape->ret == RET_GP && type->kind <= ABI_INT && type->size < 8)
        r.unused = (uint8_t)(64 - 8 * type->size);
    return r;
}

static int lower(AbiClosure *c, const AbiFunction *function, AbiError *err)
{
    Shape again;
    abi_place_all(function, NULL, 0, &c->shape, NULL, NULL);
    c->lowered.args = abi_alloc(abi_lowered_count(&c->shape) * sizeof(ffi_type *));
    if (!c->lowered.args)
        return abi_fail_nomem(err);
    if (abi_lowered_init(&c->lowered, &c->shape, true, err) < 0)
        return -1;
    abi_place_all(function, NULL, 0, &again, place_argument, c);
    c->nargs = function->nparams;
    c->ret = return_of(&c->shape, function->result.type);
    return 0;
}

/* ---------------------------------------------------------------- trying */

typedef struct Trial {
    const AbiClosure *closure;
    const AbiPlan *plan;
    const char *area;
    bool same;
} Trial;

static void pattern(void *to, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)to)[i] = (unsigned char)((seed + i) * 37 + 11);
}

static size_t vector_result(const AbiClosure *c)
{
    return c->shape.ret == RET_V16 ? 16 : c->shape.ret == RET_V32 ? 32 : 0;
}

/* Note whether all vector registers of the arguments are as they were sent. */
static void try_handler(void *user, void *result, void *const *args)
{
    Trial *trial = user;
    trial->same = true;
    for (size_t i = 0; i < trial->closure->nargs; i++) {
        const Argument *a = &trial->closure->args[i];
        const char *sent = trial->area + trial->plan->arg_offset[i];
        for (unsigned p = 0; p < a->count; p++)
            if (a->piece[p].size > 8 && memcmp(args[i], sent, a->piece[p].size) != 0)
                trial->same = false;
    }
    pattern(result, vector_result(trial->closure), 1);
}

/* Call the closure, and see whether all vectors arrive whole. */
static bool try_call(AbiClosure *c, const AbiPlan *plan, char *area)
{
    Trial trial = {c, plan, area, false};
    AbiHandler *handler = c->handler;
    void *user = c->user;
    char want[32];
    for (uint32_t i = 0; i < plan->nargs; i++)
        pattern(area + plan->arg_offset[i], plan->arg_type[i]->size, i + 2);
    c->handler = try_handler;
    c->user = &trial;
    abi_call(plan, abi_closure_code(c), area);
    c->handler = handler;
    c->user = user;
    pattern(want, sizeof want, 1);
    return trial.same && memcmp(area + plan->result_offset, want, vector_result(c)) == 0;
}

static int self_test(AbiClosure *c, const AbiType *type, AbiError *err)
{
    AbiPlan *plan = abi_plan_variadic(type, NULL, 0, err);
    if (!plan)
        return -1;
    char *area = abi_alloc(plan->area_size + 16);
    bool works = area && try_call(c, plan, (char *)round_up((uintptr_t)area, 16));
    abi_free(area);
    abi_plan_free(plan);
    if (!area)
        return abi_fail_nomem(err);
    return works ? 0 : abi_fail(err, ABI_EUNSUPPORTED, -1, "libffi's callbacks do not keep vector registers");
}

/* ---------------------------------------------------------------- the interface */

/* A function pointer of type FUNCTION that runs HANDLER with USER, on whatever thread calls it.
 * FUNCTION must stay retained. NULL and ERR if such a function cannot be made. */
AbiClosure *abi_closure_new(const AbiType *type, AbiHandler *handler, void *user, AbiError *err)
{
    const AbiFunction *function = type->function;
    if (function->variadic) {
        abi_fail(err, ABI_EUNSUPPORTED, -1, "a variadic function cannot be a callback");
        return NULL;
    }
    if (abi_check_signature(function, NULL, 0, err) < 0)
        return NULL;
    AbiClosure *c = abi_alloc(sizeof *c + function->nparams * sizeof(Argument));
    if (!c) {
        abi_fail_nomem(err);
        return NULL;
    }
    c->handler = handler;
    c->user = user;
    if (lower(c, function, err) < 0)
        goto fail;
    OnCall *code = choose_on_call(&c->shape);
    if (!code) {
        abi_fail(err, ABI_EUNSUPPORTED, -1, "there are no callbacks with vectors of this size here");
        goto fail;
    }
    c->ffi = ffi_closure_alloc(sizeof *c->ffi, &c->code);
    if (!c->ffi || ffi_prep_closure_loc(c->ffi, &c->lowered.cif, code, c, c->code) != FFI_OK) {
        abi_fail(err, ABI_ENOMEM, -1, "libffi has no memory for a callback");
        goto fail;
    }
    if (code != on_call && self_test(c, type, err) < 0)
        goto fail;
    return c;
fail:
    abi_closure_free(c);
    return NULL;
}

/* The function pointer, valid until abi_closure_free. */
void (*abi_closure_code(const AbiClosure *c))(void)
{
    void (*code)(void);
    memcpy(&code, &c->code, sizeof code);
    return code;
}

/* Free a closure, which must not be running; NULL is fine. */
void abi_closure_free(AbiClosure *c)
{
    if (!c)
        return;
    if (c->ffi)
        ffi_closure_free(c->ffi);
    abi_free(c->lowered.args);
    abi_free(c);
}
