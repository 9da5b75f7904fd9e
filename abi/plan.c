/* Call plans: from a function type to offsets, moves and an engine.
 *
 * A plan is one block of memory: the public AbiPlan, its PlanImpl, the engine's data and the arrays.
 * It is written once, before anyone else sees it.
 */
#include "abi/plan_impl.h"

#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- placing */

/* Place the N extra and all declared arguments of a call, in order; EACH may be NULL. */
void abi_place_all(const AbiFunction *function, const AbiType *const *extra, size_t n, Shape *shape,
                   PlaceVisitor *each, void *user)
{
    Place place;
    abi_native_result(function->result.type, shape);
    shape->variadic = function->variadic || function->unprototyped;
    for (size_t i = 0; i < function->nparams + n; i++) {
        const AbiType *type = abi_argument_type(function, extra, i);
        abi_native_place(abi_passed_as(type), i < function->nparams, shape, &place);
        if (each)
            each(user, i, type, &place);
    }
}

/* ---------------------------------------------------------------- building */

typedef struct Block {
    AbiPlan plan;
    PlanImpl impl;
    LoweredCif lowered;
} Block;

typedef struct Builder {
    Block *block;
    const Layout *layout;
    uint32_t *offsets;
    const AbiType **types;
    size_t end; /* of the area so far */
} Builder;

static uint32_t slot_offset(const Layout *layout, unsigned slot)
{
    return slot < SLOT_FP ? AREA_GP + 8 * slot : AREA_FP + layout->fp_stride * (slot - SLOT_FP);
}

/* Whether the registers of a value lie in the area as its bytes do in memory. Padding at its start or
 * end may be an eightbyte without a register: writing the value must not touch the next one's. */
static bool is_contiguous(const Layout *layout, const AbiType *type, const Place *place)
{
    uint32_t start = slot_offset(layout, place->piece[0].slot);
    const Piece *last = &place->piece[place->count - 1];
    if (place->piece[0].at != 0 || last->at + (size_t)last->size < type->size)
        return false;
    for (unsigned i = 1; i < place->count; i++)
        if (slot_offset(layout, place->piece[i].slot) != start + place->piece[i].at)
            return false;
    return true;
}

static uint32_t take_scratch(Builder *b, size_t size)
{
    size_t at = round_up(b->end, 16);
    b->end = at + round_up(size, 16);
    return (uint32_t)at;
}

/* A value whose registers are not adjacent is written to scratch, and its parts are moved. */
static uint32_t place_scattered(Builder *b, const AbiType *type, const Place *place)
{
    PlanImpl *impl = &b->block->impl;
    uint32_t at = take_scratch(b, type->size);
    for (unsigned i = 0; i < place->count; i++)
        impl->moves[impl->move_count++] = (Move){
            .from = at + place->piece[i].at,
            .to = slot_offset(b->layout, place->piece[i].slot),
            .size = place->piece[i].size,
        };
    return at;
}

/* A value that travels as a pointer, to a copy that belongs to the callee. What is aligned further than
 * the area is copied once more, to where it can be. */
static uint32_t place_reference(Builder *b, const AbiType *type, uint32_t pointer)
{
    PlanImpl *impl = &b->block->impl;
    Move *move = &impl->moves[impl->move_count++];
    uint32_t at = take_scratch(b, type->size);
    *move = (Move){.from = at, .to = pointer};
    if (type->align > 16) {
        move->align = type->align;
        move->size = (uint32_t)type->size;
        move->copy = take_scratch(b, type->size + type->align);
    }
    return at;
}

static void place_argument(void *user, size_t index, const AbiType *type, const Place *place)
{
    Builder *b = user;
    uint32_t at;
    switch ((PlaceKind)place->kind) {
    case PLACE_STACK:
        at = b->layout->stack + (uint32_t)place->stack;
        break;
    case PLACE_REGS:
        if (place->count == 0)
            at = take_scratch(b, type->size);
        else if (is_contiguous(b->layout, type, place))
            at = slot_offset(b->layout, place->piece[0].slot);
        else
            at = place_scattered(b, type, place);
        break;
    case PLACE_REF_REG:
        at = place_reference(b, type, slot_offset(b->layout, place->piece[0].slot));
        break;
    case PLACE_REF_STACK:
        at = place_reference(b, type, b->layout->stack + (uint32_t)place->stack);
        break;
    default:
        at = take_scratch(b, type->size);
        break;
    }
    b->offsets[index] = at;
    b->types[index] = type;
}

static void store_reference(char *area, const Move *m)
{
    char *value = area + m->from;
    if (m->align) {
        char *copy = (char *)round_up((uintptr_t)(area + m->copy), m->align);
        value = memcpy(copy, value, m->size);
    }
    *(AreaWord *)(area + m->to) = (uintptr_t)value;
}

/* What the engine's own function leaves to be done: scattered aggregates, results in memory. */
static void run_prepared(const AbiPlan *plan, void (*fn)(void), void *user_area)
{
    const PlanImpl *impl = plan->impl;
    char *area = user_area, *result = area + plan->result_offset;
    for (const Move *m = impl->moves, *end = m + impl->move_count; m < end; m++) {
        if (m->size == 8 && !m->align)
            memcpy(area + m->to, area + m->from, 8);
        else if (m->size && !m->align)
            memcpy(area + m->to, area + m->from, m->size);
        else
            store_reference(area, m);
    }
    if (impl->is_hidden) {
        if (impl->result_align > 16)
            result = (char *)round_up((uintptr_t)result, impl->result_align);
        *(AreaWord *)(area + AREA_HIDDEN) = (uintptr_t)result;
    }
    impl->run(plan, fn, area);
    if (impl->result_align > 16)
        memmove(area + plan->result_offset, result, plan->result_type->size);
    for (unsigned i = 1; i < impl->narrow_count; i++)
        memcpy(area + plan->result_offset + i * impl->narrow_size,
               area + plan->result_offset + i * impl->narrow_stride, impl->narrow_size);
}

static void place_result(Builder *b, const Shape *shape)
{
    AbiPlan *plan = &b->block->plan;
    PlanImpl *impl = &b->block->impl;
    const AbiType *type = plan->result_type;
    plan->result_offset = b->layout->result;
    if (shape->ret == RET_HFA && b->layout->hfa_stride > shape->hfa_size) {
        impl->narrow_count = shape->hfa_count;
        impl->narrow_size = shape->hfa_size;
        impl->narrow_stride = b->layout->hfa_stride;
    } else if (shape->ret == RET_HIDDEN) {
        size_t align = type->align > 16 ? type->align : 16;
        impl->is_hidden = true;
        impl->result_align = (uint32_t)align;
        plan->result_offset = take_scratch(b, type->size + (align - 16));
    }
}

/* Whether argument I is what register I of the kind that starts at FIRST holds: an aggregate may take two, or none. */
static bool are_registers(const AbiPlan *plan, uint32_t first, size_t min_size)
{
    for (uint32_t i = 0; i < plan->nargs; i++)
        if (plan->arg_offset[i] != first + 8 * i || plan->arg_type[i]->size < min_size || plan->arg_type[i]->size > 8)
            return false;
    return true;
}

static AbiRegisters registers_of(const AbiPlan *plan, const Shape *shape, const Layout *layout)
{
    if (layout->is_lowered || plan->run != layout->run || shape->variadic)
        return ABI_AREA;
    if (plan->nargs <= ABI_WORDS_MAX && shape->ret <= RET_GP && are_registers(plan, AREA_GP, 1))
        return ABI_WORDS;
    if (plan->nargs - 1 < ABI_DOUBLES_MAX && shape->ret == RET_DOUBLE && are_registers(plan, AREA_FP, 8))
        return ABI_DOUBLES;
    return ABI_AREA;
}

/* CDEFFI_DISPATCH=libffi asks for the general engine wherever it can make the call. */
static bool prefers_libffi(void)
{
#ifdef HAVE_SECURE_GETENV
    const char *dispatch = secure_getenv("CDEFFI_DISPATCH");
#else
    const char *dispatch = getenv("CDEFFI_DISPATCH");
#endif
    return dispatch && strcmp(dispatch, "libffi") == 0;
}

static bool choose_engine(const Shape *shape, Layout *layout)
{
    *layout = (Layout){0};
    if (prefers_libffi() && abi_lowered_layout(shape, layout))
        return true;
    *layout = (Layout){0};
    return abi_direct_layout(shape, layout) || abi_lowered_layout(shape, layout);
}

static int no_engine(const Shape *shape, AbiError *err)
{
#ifdef CDEFFI_NO_DIRECT
    (void)shape;
    const char *why = "libffi cannot pass vectors or over-aligned arguments";
#else
    bool is_wide = shape->fp_width > 16 || shape->ret == RET_V32;
    bool is_aligned = is_wide || shape->stack_align > 16;
    const char *why = shape->fp_width > 32 || shape->ret == RET_V64 ? "no calls with vectors of 64 bytes"
                      : is_wide && shape->variadic ? "compilers disagree about wide vectors of variadic functions"
                      : shape->stack_align > 64    ? "its arguments are aligned to more than 64 bytes"
                      : is_aligned && shape->stack > 8192
                          ? "its arguments, over-aligned or wide ones among them, take more than 8192 bytes"
                      : is_wide ? "this processor or build has no vectors of 32 bytes"
                                : "libffi cannot pass vectors";
#endif
    return abi_fail(err, ABI_EUNSUPPORTED, -1, "the function cannot be called: %s", why);
}

/* Everything of the area must be within the reach of its 32-bit offsets, with room for rounding. */
static bool fits(const AbiFunction *function, const AbiType *const *extra, size_t n, const Shape *shape)
{
    const AbiType *result = function->result.type;
    size_t limit = INT32_MAX / 2, total = shape->stack;
    if (result->kind != ABI_VOID && result->size > limit - 4096)
        return false;
    for (size_t i = 0; i < function->nparams + n && total <= limit; i++) {
        const AbiType *type = abi_argument_type(function, extra, i);
        total = type->size > limit ? limit + 1 : total + type->size + 64;
    }
    return total <= limit;
}

/* The block with room for NARGS arguments, each with the moves of at most four registers, and for the
 * types of a lowered signature. */
static Block *new_block(size_t nargs, const Shape *shape, Builder *b)
{
    size_t types = sizeof(Block), lowered = types + nargs * sizeof(AbiType *);
    size_t moves = lowered + abi_lowered_count(shape) * sizeof(ffi_type *);
    size_t offsets = moves + nargs * 4 * sizeof(Move), size = offsets + nargs * sizeof(uint32_t);
    Block *block = abi_alloc(size);
    if (!block)
        return NULL;
    b->block = block;
    b->types = (void *)((char *)block + types);
    b->offsets = (void *)((char *)block + offsets);
    block->lowered.args = (void *)((char *)block + lowered);
    block->impl.moves = (void *)((char *)block + moves);
    block->plan.impl = &block->impl;
    block->plan.arg_offset = b->offsets;
    block->plan.arg_type = b->types;
    block->plan.nargs = (uint32_t)nargs;
    return block;
}

static int init_engine(Block *block, const Shape *shape, const Layout *layout, AbiError *err)
{
    if (!layout->is_lowered)
        return 0;
    if (abi_lowered_init(&block->lowered, shape, false, err) < 0)
        return -1;
    block->impl.lowered = &block->lowered;
#ifdef HAVE_FFI_CALL_PLAN_ALLOC
    block->impl.ffi_plan = ffi_call_plan_alloc(&block->lowered.cif);
    if (!block->impl.ffi_plan)
        return abi_fail_nomem(err);
#endif
    return 0;
}

static AbiPlan *build(const AbiType *type, const AbiType *const *extra, size_t n, AbiError *err)
{
    const AbiFunction *function = type->function;
    Shape shape, again;
    Layout layout;
    Builder b = {0};
    if (abi_check_signature(function, extra, n, err) < 0)
        return NULL;
    abi_place_all(function, extra, n, &shape, NULL, NULL);
    if (!fits(function, extra, n, &shape)) {
        abi_fail(err, ABI_EUNSUPPORTED, -1, "the function cannot be called: its arguments or result are too large");
        return NULL;
    }
    if (!choose_engine(&shape, &layout)) {
        no_engine(&shape, err);
        return NULL;
    }
    Block *block = new_block(function->nparams + n, &shape, &b);
    if (!block) {
        abi_fail_nomem(err);
        return NULL;
    }
    block->plan.function = type;
    block->plan.result_type = function->result.type;
    b.layout = &layout;
    b.end = layout.end;
    abi_place_all(function, extra, n, &again, place_argument, &b);
    place_result(&b, &shape);
    block->plan.area_size = (uint32_t)round_up(b.end, 16);
    block->impl.run = layout.run;
    bool is_prepared = block->impl.move_count || block->impl.is_hidden || block->impl.narrow_count;
    block->plan.run = is_prepared ? run_prepared : layout.run;
    block->plan.registers = (uint8_t)registers_of(&block->plan, &shape, &layout);
    if (init_engine(block, &shape, &layout, err) < 0) {
        abi_plan_free(&block->plan);
        return NULL;
    }
    return &block->plan;
}

/* The plan of FUNCTION, a function type: made at the first call, then kept with the type and freed
 * with it. NULL and ERR if it cannot be called; the parameter's index is in ERR, or -1. */
const AbiPlan *abi_plan(const AbiType *function, AbiError *err)
{
    const AbiPlan *plan = __atomic_load_n(&function->plan, __ATOMIC_ACQUIRE);
    if (plan)
        return plan;
    abi_lock(function->graph);
    plan = function->plan;
    if (!plan) {
        plan = build(function, NULL, 0, err);
        if (plan)
            __atomic_store_n(&((AbiType *)function)->plan, plan, __ATOMIC_RELEASE);
    }
    abi_unlock(function->graph);
    return plan;
}

/* A plan for one call of a variadic or unprototyped FUNCTION, with the types EXTRA, promoted already,
 * after the declared ones. Owned by the caller: abi_plan_free. */
AbiPlan *abi_plan_variadic(const AbiType *function, const AbiType *const *extra, size_t n, AbiError *err)
{
    abi_lock(function->graph);
    AbiPlan *plan = build(function, extra, n, err);
    abi_unlock(function->graph);
    return plan;
}

/* Free a plan; NULL is fine. */
void abi_plan_free(AbiPlan *plan)
{
    if (!plan)
        return;
#ifdef HAVE_FFI_CALL_PLAN_ALLOC
    ffi_call_plan_free(((Block *)plan)->impl.ffi_plan);
#endif
    abi_free(plan);
}
