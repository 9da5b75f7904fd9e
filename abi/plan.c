/* Call plans: from a function type to offsets, moves and an engine.
 *
 * A plan is one block of memory: the public AbiPlan, its PlanImpl, the engine's data and the arrays.
 * It is written once, before anyone else sees it.
 */
#include "abi/plan_impl.h"

#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- what can be passed */

static int unpassable(const AbiType *type, int index, const char *why, AbiError *err)
{
    char name[120];
    abi_spell((AbiQType){type, 0}, "", ABI_SPELL_PLAIN, name, sizeof name, NULL);
    return abi_fail(err, ABI_EUNSUPPORTED, index, "'%s' cannot be passed by value: %s", name, why);
}

/* A vector of one float or double: GCC passes it in memory, clang in three different ways. */
static bool is_one_lane(const AbiType *type)
{
    return type->kind == ABI_VECTOR && type->length == 1 && type->item.type->kind == ABI_FLOAT && type->size <= 8;
}

static int check_parts(const AbiType *type, const AbiType *whole, int index, AbiError *err);

static int check_members(const AbiType *type, const AbiType *whole, int index, AbiError *err)
{
    const AbiRecord *record = type->record;
    for (size_t i = 0; i < record->count; i++)
        if (check_parts(record->members[i].type.type, whole, index, err) < 0)
            return -1;
    return 0;
}

static int check_parts(const AbiType *type, const AbiType *whole, int index, AbiError *err)
{
    if (type->flags & ABI_F_FLEXIBLE)
        return unpassable(whole, index, "it ends in a flexible array member", err);
    if (type->flags & ABI_F_PARTIAL && type->size == ABI_SIZE_UNKNOWN)
        return unpassable(whole, index, "its layout is not known", err);
    if (type->flags & ABI_F_NONCALLABLE)
        return unpassable(whole, index, "its calling convention is not supported", err);
    if (is_one_lane(type))
        return unpassable(whole, index, "compilers disagree about vectors of one element", err);
    if (type->kind == ABI_VECTOR && type->size > 64)
        return unpassable(whole, index, "no register is that wide", err);
    if (type->kind == ABI_STRUCT || type->kind == ABI_UNION)
        return check_members(type, whole, index, err);
    if (type->kind == ABI_ARRAY || type->kind == ABI_VECTOR || type->kind == ABI_COMPLEX)
        return check_parts(type->item.type, whole, index, err);
    return 0;
}

static int check_passable(const AbiType *type, int index, AbiError *err)
{
    char name[120];
    if (type->kind == ABI_FUNCTION || type->kind == ABI_ARRAY)
        return unpassable(type, index, "it is not an object type that C passes", err);
    if (type->kind != ABI_VOID && (type->flags & ABI_F_INCOMPLETE || type->size == ABI_SIZE_UNKNOWN)) {
        abi_spell((AbiQType){type, 0}, "", ABI_SPELL_PLAIN, name, sizeof name, NULL);
        return abi_fail(err, ABI_EINCOMPLETE, index, "'%s' is incomplete", name);
    }
    if (type->kind == ABI_VOID && index >= 0)
        return unpassable(type, index, "it has no values", err);
    return check_parts(type, type, index, err);
}

/* GNU C, "Common Type Attributes": an argument of transparent union type "is passed using the calling
 * conventions of the first member". */
const AbiType *abi_passed_as(const AbiType *type)
{
    if (type->kind == ABI_UNION && type->flags & ABI_F_TRANSPARENT && type->record->count > 0)
        return type->record->members[0].type.type;
    return type;
}

/* ---------------------------------------------------------------- placing */

static const AbiType *parameter(const AbiFunction *function, const AbiType *const *extra, size_t i)
{
    return i < function->nparams ? function->params[i].type : extra[i - function->nparams];
}

/* Place the N extra and all declared arguments of a call, in order; EACH may be NULL. */
void abi_place_all(const AbiFunction *function, const AbiType *const *extra, size_t n, Shape *shape,
                   PlaceVisitor *each, void *user)
{
    Place place;
    abi_native_result(function->result.type, shape);
    shape->variadic = function->variadic || function->unprototyped;
    for (size_t i = 0; i < function->nparams + n; i++) {
        const AbiType *type = parameter(function, extra, i);
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

/* A value that travels as a pointer: to a copy that belongs to the callee. */
static uint32_t place_reference(Builder *b, const AbiType *type, uint32_t pointer)
{
    PlanImpl *impl = &b->block->impl;
    uint32_t at = take_scratch(b, type->size);
    impl->moves[impl->move_count++] = (Move){.from = at, .to = pointer, .size = 0};
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

/* What the engine's own function leaves to be done: scattered aggregates, hidden results. */
static void run_prepared(const AbiPlan *plan, void (*fn)(void), void *user_area)
{
    const PlanImpl *impl = plan->impl;
    char *area = user_area, *result = area + plan->result_offset;
    for (const Move *m = impl->moves, *end = m + impl->move_count; m < end; m++) {
        if (m->size == 8)
            memcpy(area + m->to, area + m->from, 8);
        else if (m->size)
            memcpy(area + m->to, area + m->from, m->size);
        else
            *(AreaWord *)(area + m->to) = (uintptr_t)(area + m->from);
    }
    if (impl->hidden_slot) {
        if (impl->result_align > 16)
            result = (char *)round_up((uintptr_t)result, impl->result_align);
        *(AreaWord *)(area + impl->hidden_slot) = (uintptr_t)result;
    }
    impl->run(plan, fn, area);
    if (impl->result_align > 16)
        memmove(area + plan->result_offset, result, plan->result_type->size);
}

static void place_result(Builder *b, const Shape *shape)
{
    AbiPlan *plan = &b->block->plan;
    PlanImpl *impl = &b->block->impl;
    const AbiType *type = plan->result_type;
    if (shape->ret != RET_HIDDEN) {
        plan->result_offset = b->layout->result;
        return;
    }
    size_t align = type->align > 16 ? type->align : 16;
    impl->hidden_slot = AREA_GP;
    impl->result_align = (uint32_t)align;
    plan->result_offset = take_scratch(b, type->size + (align - 16));
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
    return abi_direct_layout(shape, layout) || abi_lowered_layout(shape, layout);
}

static int no_engine(const Shape *shape, AbiError *err)
{
#ifdef CDEFFI_NO_DIRECT
    (void)shape;
    const char *why = "libffi cannot pass vectors or over-aligned arguments";
#else
    bool is_wide = shape->fp_width > 16 || shape->ret == RET_V32;
    const char *why = shape->fp_width > 32 || shape->ret == RET_V64 ? "no calls with vectors of 64 bytes"
                      : is_wide && shape->variadic ? "compilers disagree about wide vectors of variadic functions"
                      : is_wide                    ? "this processor or build has no vectors of 32 bytes"
                      : shape->stack_align > 64 ? "its arguments are aligned to more than 64 bytes"
                      : shape->stack_align > 16 ? "its over-aligned arguments take more than 8192 bytes"
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
        const AbiType *type = parameter(function, extra, i);
        total = type->size > limit ? limit + 1 : total + type->size + 64;
    }
    return total <= limit;
}

/* On System V x86-64 and AAPCS64, GCC and clang ignore stdcall, fastcall and thiscall. */
static int check_convention(AbiConv conv, AbiError *err)
{
    if (conv == ABI_MS || conv == ABI_VECTORCALL)
        return abi_fail(err, ABI_EUNSUPPORTED, -1, "the calling convention '%s' is not supported here",
                        conv == ABI_MS ? "ms_abi" : "vectorcall");
    return 0;
}

/* 0, or -1 and ERR if a call of FUNCTION with the N extra arguments is not possible. */
int abi_check_signature(const AbiFunction *function, const AbiType *const *extra, size_t n, AbiError *err)
{
    if (check_convention(function->conv, err) < 0 || check_passable(function->result.type, -1, err) < 0)
        return -1;
    for (size_t i = 0; i < function->nparams + n; i++)
        if (check_passable(parameter(function, extra, i), (int)i, err) < 0)
            return -1;
    return 0;
}

/* The block with room for NARGS arguments, each with the moves of at most four registers. */
static Block *new_block(size_t nargs, Builder *b)
{
    size_t types = sizeof(Block), moves = types + nargs * sizeof(AbiType *);
    size_t offsets = moves + nargs * 4 * sizeof(Move), size = offsets + nargs * sizeof(uint32_t);
    Block *block = abi_alloc(size);
    if (!block)
        return NULL;
    b->block = block;
    b->types = (void *)((char *)block + types);
    b->offsets = (void *)((char *)block + offsets);
    block->impl.moves = (void *)((char *)block + moves);
    block->plan.impl = &block->impl;
    block->plan.arg_offset = b->offsets;
    block->plan.arg_type = b->types;
    block->plan.nargs = (uint32_t)nargs;
    return block;
}

static int init_engine(Block *block, const Shape *shape, const Layout *layout, AbiError *err)
{
    Layout lowered;
    if (!abi_lowered_layout(shape, &lowered) || lowered.run != layout->run)
        return 0; /* direct */
    if (abi_lowered_init(&block->lowered, shape, false, err) < 0)
        return -1;
    block->impl.engine = &block->lowered;
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
    Block *block = new_block(function->nparams + n, &b);
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
    block->plan.run = block->impl.move_count || block->impl.hidden_slot ? run_prepared : layout.run;
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
