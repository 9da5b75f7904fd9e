/* Calls through libffi: signatures that the direct engine cannot make, or all of them when asked.
 *
 * Signatures are lowered: libffi sees integer registers as uint64, floating-point registers as double,
 * the stack arguments as one block, and decides nothing. What libffi 3.4 gets wrong about aggregates
 * (DESIGN.md section 5) therefore cannot happen here.
 */
#include "abi/plan_impl.h"

#include <alloca.h>

/* A struct description with its size filled in, so that ffi_prep_cif does not write to it. */
static ffi_type *describe(ffi_type *type, size_t size, size_t align, ffi_type **elements)
{
    *type = (ffi_type){.size = size, .alignment = (unsigned short)align, .type = FFI_TYPE_STRUCT, .elements = elements};
    return type;
}

static ffi_type *result_of(LoweredCif *l, unsigned count, ffi_type *first, ffi_type *rest)
{
    for (unsigned i = 0; i < count; i++)
        l->ret_elements[i] = i ? rest : first;
    l->ret_elements[count] = NULL;
    return describe(&l->ret_type, count * first->size, first->alignment, l->ret_elements);
}

#if ABI_HAVE_SYSV64

/* The lowered result type, or NULL where libffi has none: it cannot return whole vector registers. */
static ffi_type *lowered_result(LoweredCif *l, const Shape *shape)
{
    switch ((RetKind)shape->ret) {
    case RET_NOTHING:
        return &ffi_type_void;
    case RET_GP:
    case RET_HIDDEN:
        return &ffi_type_uint64;
    case RET_FLOAT:
        return &ffi_type_float;
    case RET_DOUBLE:
        return &ffi_type_double;
    case RET_GP2:
        return result_of(l, 2, &ffi_type_uint64, &ffi_type_uint64);
    case RET_FP2:
        return result_of(l, 2, &ffi_type_double, &ffi_type_double);
    case RET_GP_FP:
        return result_of(l, 2, &ffi_type_uint64, &ffi_type_double);
    case RET_FP_GP:
        return result_of(l, 2, &ffi_type_double, &ffi_type_uint64);
    case RET_X87:
        return &ffi_type_longdouble;
#ifdef FFI_TARGET_HAS_COMPLEX_TYPE
    case RET_X87_2:
        return &ffi_type_complex_longdouble;
#endif
    default:
        return NULL;
    }
}

/* Stack words as one argument. Larger than four eightbytes it is of class MEMORY, and goes on the
 * stack whole, at its start; words beyond the callee's are harmless. */
static size_t lowered_stack(const Shape *shape)
{
    enum { SMALLEST = 40 };
    return shape->stack == 0 ? 0 : shape->stack < SMALLEST ? SMALLEST : shape->stack;
}

static bool can_lower(const Shape *shape)
{
    return shape->fp_width == 8 && shape->stack_align <= 16;
}

static ffi_type *fp_type(const Shape *shape)
{
    (void)shape;
    return &ffi_type_double;
}

static void count_arguments(LoweredCif *l, const Shape *shape)
{
    l->ngp = shape->ngp;
    l->nfp = shape->nfp;
    l->nstack = shape->stack != 0;
}

static ffi_type *stack_type(LoweredCif *l, const Shape *shape)
{
    l->stack_elements[0] = &ffi_type_uint64;
    l->stack_elements[1] = NULL;
    return describe(&l->stack_type, lowered_stack(shape), 8, l->stack_elements);
}

#else

/* Half-precision elements come back in the low halves of floats. */
static ffi_type *hfa_element(const Shape *shape)
{
    return shape->hfa_size <= 4 ? &ffi_type_float : shape->hfa_size == 8 ? &ffi_type_double : &ffi_type_longdouble;
}

static ffi_type *lowered_result(LoweredCif *l, const Shape *shape)
{
    switch ((RetKind)shape->ret) {
    case RET_NOTHING:
        return &ffi_type_void;
    case RET_GP:
        return &ffi_type_uint64;
    case RET_GP2:
        return result_of(l, 2, &ffi_type_uint64, &ffi_type_uint64);
    case RET_FLOAT:
        return &ffi_type_float;
    case RET_DOUBLE:
        return &ffi_type_double;
    case RET_V16:
        return &ffi_type_longdouble;
    case RET_HFA:
        return result_of(l, shape->hfa_count, hfa_element(shape), hfa_element(shape));
    case RET_HIDDEN:
        l->ret_elements[0] = &ffi_type_uint64;
        l->ret_elements[1] = NULL;
        return describe(&l->ret_type, shape->result_size, 16, l->ret_elements);
    default:
        return NULL;
    }
}

static size_t lowered_stack(const Shape *shape)
{
    return shape->stack;
}

static bool can_lower(const Shape *shape)
{
    (void)shape;
    return true;
}

static ffi_type *fp_type(const Shape *shape)
{
    return shape->fp_width > 8 ? &ffi_type_longdouble : &ffi_type_double;
}

/* Words reach the stack when no register is left: the unused ones are filled. */
static void count_arguments(LoweredCif *l, const Shape *shape)
{
    l->ngp = shape->stack ? AREA_GP_COUNT : shape->ngp;
    l->nfp = shape->stack ? AREA_FP_COUNT : shape->nfp;
    l->nstack = (unsigned)(shape->stack / 8);
}

static ffi_type *stack_type(LoweredCif *l, const Shape *shape)
{
    (void)l;
    (void)shape;
    return &ffi_type_uint64;
}

#endif

static size_t stack_offset(uint32_t fp_stride)
{
    return AREA_FP + AREA_FP_COUNT * fp_stride;
}

static uint32_t fp_stride(const Shape *shape)
{
    return shape->fp_width > 8 ? 16 : 8;
}

/* Room for this many types is needed in LoweredCif.args. */
size_t abi_lowered_count(const Shape *shape)
{
    return AREA_GP_COUNT + AREA_FP_COUNT + 1 + shape->stack / 8;
}

/* Prepare a cif for calls or closures of SHAPE; L->args is there already. L must not move
 * afterwards. A closure returns whole vector registers by itself (closure.c). 0, or -1 and ERR. */
int abi_lowered_init(LoweredCif *l, const Shape *shape, bool for_closure, AbiError *err)
{
    unsigned n = 0;
    ffi_type *type = lowered_result(l, shape);
    if (for_closure && (shape->ret == RET_V16 || shape->ret == RET_V32) && !type)
        type = &ffi_type_void;
    if (!type)
        return abi_fail(err, ABI_EUNSUPPORTED, -1, "libffi cannot return such values");
    count_arguments(l, shape);
    for (unsigned i = 0; i < l->ngp; i++)
        l->args[n++] = &ffi_type_uint64;
    for (unsigned i = 0; i < l->nfp; i++)
        l->args[n++] = fp_type(shape);
    for (unsigned i = 0; i < l->nstack; i++)
        l->args[n++] = stack_type(l, shape);
    if (ffi_prep_cif(&l->cif, FFI_DEFAULT_ABI, n, type, l->args) != FFI_OK)
        return abi_fail(err, ABI_EUNSUPPORTED, -1, "libffi cannot describe this function");
    return 0;
}

static void run_lowered(const AbiPlan *plan, void (*fn)(void), void *user_area)
{
    const PlanImpl *impl = plan->impl;
    LoweredCif *l = impl->lowered;
    char *area = user_area, *result = area + AREA_RET;
    void **values = alloca((l->cif.nargs + 1) * sizeof *values), **next = values;
    uint32_t stride = l->nfp && l->args[l->ngp]->size > 8 ? 16 : 8;
    for (unsigned i = 0; i < l->ngp; i++)
        *next++ = area + AREA_GP + 8 * i;
    for (unsigned i = 0; i < l->nfp; i++)
        *next++ = area + AREA_FP + stride * i;
    for (unsigned i = 0; i < l->nstack; i++)
        *next++ = area + stack_offset(stride) + 8 * i;
    if (impl->is_hidden && AREA_HIDDEN == AREA_RET)
        result = (char *)(uintptr_t)*(AreaWord *)(area + AREA_HIDDEN);
#ifdef HAVE_FFI_CALL_PLAN_ALLOC
    ffi_call_plan_invoke(impl->ffi_plan, fn, result, values);
#else
    ffi_call(&l->cif, fn, result, values);
#endif
}

#ifdef CDEFFI_NO_DIRECT

/* This build has no direct engine. */
bool abi_direct_layout(const Shape *shape, Layout *layout)
{
    (void)shape;
    (void)layout;
    return false;
}

#endif

/* Lay the area out for libffi. False for what it cannot express: on x86-64 whole vector registers and
 * stack arguments aligned to more than 16 bytes. */
bool abi_lowered_layout(const Shape *shape, Layout *layout)
{
    LoweredCif probe;
    if (!can_lower(shape) || !lowered_result(&probe, shape))
        return false;
    layout->run = run_lowered;
    layout->is_lowered = true;
    layout->fp_stride = fp_stride(shape);
    layout->result = AREA_RET;
    layout->stack = (uint32_t)stack_offset(layout->fp_stride);
    layout->end = layout->stack + lowered_stack(shape);
    layout->hfa_stride = shape->hfa_size < 4 ? 4 : 0;
    return true;
}
