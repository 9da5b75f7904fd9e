/* Closures: function pointers that run a handler.
 *
 * libffi makes the code (with its static trampolines where it has them, so that no memory is both
 * writable and executable). The signature is lowered as for calls: libffi hands over single registers
 * and the stack block, and the arguments are put together here, by our own classification.
 */
#include "abi/plan_impl.h"

#include <alloca.h>
#include <string.h>

typedef struct Argument {
    bool gather;      /* copy the pieces together; otherwise the value is used where it is */
    uint8_t count;    /* of pieces */
    uint8_t value;    /* which of libffi's values, when not gathered */
    Piece piece[4];   /* slot is which of libffi's values */
    size_t offset;    /* into that value */
} Argument;

struct AbiClosure {
    ffi_closure *ffi; /* owned */
    void *code;       /* borrowed from ffi */
    AbiHandler *handler;
    void *user;
    const AbiType *result;
    Shape shape;
    size_t result_size;
    LoweredCif lowered;
    size_t nargs, scratch;
    Argument args[];
};

/* ---------------------------------------------------------------- running */

static const AbiType *scalar(const AbiType *type)
{
    return type->kind == ABI_ENUM ? type->item.type : type;
}

/* What is done with a result once the handler has run. A copy of its own: the handler may free its closure. */
typedef struct Return {
    size_t size;     /* bytes */
    unsigned unused; /* bits of the register that a narrow integer leaves open; 0: nothing to extend */
    bool is_signed;
} Return;

static Return return_of(const AbiClosure *c)
{
    const AbiType *type = scalar(c->result);
    Return r = {c->result_size, 0, (type->flags & ABI_F_SIGNED) != 0};
    if (c->shape.ret == RET_GP && type->kind <= ABI_INT && type->size < 8)
        r.unused = 64 - 8 * (unsigned)type->size;
    return r;
}

/* Integers narrower than a register: callers compiled by clang rely on the callee's extension. */
static void extend(const Return *r, void *slot)
{
    uint64_t raw;
    if (r->unused == 0)
        return;
    memcpy(&raw, slot, 8);
    raw = r->is_signed ? (uint64_t)((int64_t)(raw << r->unused) >> r->unused) : raw << r->unused >> r->unused;
    memcpy(slot, &raw, 8);
}

static void collect(const AbiClosure *c, void **values, void **args, char *scratch)
{
    for (size_t i = 0; i < c->nargs; i++) {
        const Argument *a = &c->args[i];
        if (!a->gather) {
            args[i] = (char *)values[a->value] + a->offset;
            continue;
        }
        args[i] = scratch;
        for (unsigned p = 0; p < a->count; p++)
            memcpy(scratch + a->piece[p].at, values[a->piece[p].slot], a->piece[p].size);
        scratch += sizeof(uint64_t[4]);
    }
}

/* A result in memory: "on return %rax will contain the address" (psABI 3.2.3). The handler may write
 * 16 bytes, which the caller's object need not have. */
static void return_hidden(const AbiClosure *c, void *result, void **values, void *const *args)
{
    void *target;
    size_t size = c->result_size;
    uint64_t small[2] = {0, 0};
    memcpy(&target, values[0], sizeof target);
    if (size >= sizeof small) {
        c->handler(c->user, target, args);
    } else {
        c->handler(c->user, small, args);
        memcpy(target, small, size);
    }
    memcpy(result, &target, sizeof target);
}

static void on_call(ffi_cif *cif, void *result, void **values, void *user)
{
    const AbiClosure *c = user;
    _Alignas(16) uint64_t natural[4] = {0, 0, 0, 0};
    (void)cif;
    void **args = alloca((c->nargs + 1) * sizeof *args);
    collect(c, values, args, alloca(c->scratch + 16));
    if (c->shape.ret == RET_HIDDEN) {
        return_hidden(c, result, values, args);
        return;
    }
    const Return r = return_of(c);
    c->handler(c->user, natural, args);
    extend(&r, natural);
    memcpy(result, natural, r.size);
}

/* ---------------------------------------------------------------- making */

/* The number of the value in which libffi hands over a register. */
static uint8_t value_of(const AbiClosure *c, unsigned slot)
{
    return (uint8_t)(slot < SLOT_FP ? slot : c->shape.ngp + slot - SLOT_FP);
}

static void place_argument(void *user, size_t index, const AbiType *type, const Place *place)
{
    AbiClosure *c = user;
    Argument *a = &c->args[index];
    (void)type;
    if (place->kind == PLACE_STACK) {
        a->value = (uint8_t)(c->shape.ngp + c->shape.nfp);
        a->offset = place->stack;
        return;
    }
    a->count = place->kind == PLACE_NOTHING ? 0 : place->count;
    a->gather = a->count != 1 || place->piece[0].at != 0;
    if (a->gather)
        c->scratch += sizeof(uint64_t[4]);
    for (unsigned i = 0; i < a->count; i++) {
        a->piece[i] = place->piece[i];
        a->piece[i].slot = value_of(c, place->piece[i].slot);
    }
    a->value = a->piece[0].slot;
}

/* Bytes that libffi reads of a result. */
static size_t result_bytes(RetKind ret)
{
    switch (ret) {
    case RET_NOTHING:
        return 0;
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

static int check_signature(const AbiFunction *function, AbiError *err)
{
    if (function->variadic)
        return abi_fail(err, ABI_EUNSUPPORTED, -1, "a variadic function cannot be a callback");
    if (abi_check_passable(function->result.type, -1, err) < 0)
        return -1;
    for (size_t i = 0; i < function->nparams; i++)
        if (abi_check_passable(function->params[i].type, (int)i, err) < 0)
            return -1;
    return 0;
}

static int lower(AbiClosure *c, const AbiFunction *function, AbiError *err)
{
    Shape again;
    abi_place_all(function, NULL, 0, &c->shape, NULL, NULL);
    if (c->shape.fp_width > 8)
        return abi_fail(err, ABI_EUNSUPPORTED, -1, "callbacks with vectors are not supported");
    if (abi_lowered_init(&c->lowered, &c->shape, err) < 0)
        return -1;
    abi_place_all(function, NULL, 0, &again, place_argument, c);
    c->result = function->result.type;
    c->nargs = function->nparams;
    c->result_size = c->shape.ret == RET_HIDDEN ? c->result->size : result_bytes((RetKind)c->shape.ret);
    return 0;
}

/* A function pointer of type FUNCTION that runs HANDLER with USER, on whatever thread calls it.
 * FUNCTION must stay retained. NULL and ERR if such a function cannot be made. */
AbiClosure *abi_closure_new(const AbiType *type, AbiHandler *handler, void *user, AbiError *err)
{
    const AbiFunction *function = type->function;
    if (check_signature(function, err) < 0)
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
    c->ffi = ffi_closure_alloc(sizeof *c->ffi, &c->code);
    if (!c->ffi || ffi_prep_closure_loc(c->ffi, &c->lowered.cif, on_call, c, c->code) != FFI_OK) {
        abi_fail(err, ABI_ENOMEM, -1, "libffi has no memory for a callback");
        goto fail;
    }
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
    abi_free(c);
}
