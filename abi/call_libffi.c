/* Calls through libffi: signatures that the direct engine cannot make, or all of them when asked.
 *
 * A convention that we classify ourselves is lowered: libffi sees integer registers as uint64,
 * floating-point registers as double and the stack arguments as one struct, and decides nothing. What
 * libffi 3.4 gets wrong about aggregates (DESIGN.md section 5) therefore cannot happen here.
 */
#include "abi/plan_impl.h"

#if ABI_HAVE_SYSV64 || ABI_HAVE_AAPCS64

/* ---------------------------------------------------------------- lowered signatures */

/* A struct description with its size filled in, so that ffi_prep_cif does not write to it. */
static void describe(ffi_type *type, size_t size, size_t align, ffi_type **elements)
{
    *type = (ffi_type){.size = size, .alignment = (unsigned short)align, .type = FFI_TYPE_STRUCT, .elements = elements};
}

static ffi_type *pair(LoweredCif *l, ffi_type *first, ffi_type *second)
{
    l->ret_elements[0] = first;
    l->ret_elements[1] = second;
    l->ret_elements[2] = NULL;
    describe(&l->ret_type, 16, 8, l->ret_elements);
    return &l->ret_type;
}

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
        return pair(l, &ffi_type_uint64, &ffi_type_uint64);
    case RET_FP2:
        return pair(l, &ffi_type_double, &ffi_type_double);
    case RET_GP_FP:
        return pair(l, &ffi_type_uint64, &ffi_type_double);
    case RET_FP_GP:
        return pair(l, &ffi_type_double, &ffi_type_uint64);
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
enum { LOWERED_STACK_MIN = 40 };

static size_t lowered_stack(const Shape *shape)
{
    return shape->stack < LOWERED_STACK_MIN ? LOWERED_STACK_MIN : shape->stack;
}

/* Prepare a cif for calls or closures of SHAPE. L must not move afterwards. A closure returns whole
 * vector registers by itself (closure.c). 0, or -1 and ERR. */
int abi_lowered_init(LoweredCif *l, const Shape *shape, bool for_closure, AbiError *err)
{
    unsigned n = 0;
    ffi_type *result = lowered_result(l, shape);
    if (for_closure && (shape->ret == RET_V16 || shape->ret == RET_V32))
        result = &ffi_type_void;
    if (!result)
        return abi_fail(err, ABI_EUNSUPPORTED, -1, "libffi cannot describe this function");
    l->ngp = shape->ngp;
    l->nfp = shape->nfp;
    l->stack = shape->stack != 0;
    for (unsigned i = 0; i < l->ngp; i++)
        l->args[n++] = &ffi_type_uint64;
    for (unsigned i = 0; i < l->nfp; i++)
        l->args[n++] = &ffi_type_double;
    if (l->stack) {
        l->stack_elements[0] = &ffi_type_uint64;
        l->stack_elements[1] = NULL;
        describe(&l->stack_type, lowered_stack(shape), 8, l->stack_elements);
        l->args[n++] = &l->stack_type;
    }
    if (ffi_prep_cif(&l->cif, FFI_DEFAULT_ABI, n, result, l->args) != FFI_OK)
        return abi_fail(err, ABI_EUNSUPPORTED, -1, "libffi cannot describe this function");
    return 0;
}

static void lowered_arguments(const LoweredCif *l, char *area, void **values)
{
    for (unsigned i = 0; i < l->ngp; i++)
        *values++ = area + AREA_GP + 8 * i;
    for (unsigned i = 0; i < l->nfp; i++)
        *values++ = area + AREA_FP + 8 * i;
    if (l->stack)
        *values = area + AREA_FP + 8 * AREA_FP_COUNT;
}

static void run_lowered(const AbiPlan *plan, void (*fn)(void), void *area)
{
    const PlanImpl *impl = plan->impl;
    LoweredCif *l = impl->engine;
    void *values[SLOT_COUNT + 1];
    lowered_arguments(l, area, values);
#ifdef HAVE_FFI_CALL_PLAN_ALLOC
    ffi_call_plan_invoke(impl->ffi_plan, fn, (char *)area + AREA_RET, values);
#else
    ffi_call(&l->cif, fn, (char *)area + AREA_RET, values);
#endif
}

/* Lay the area out for the lowered engine. False for what libffi cannot express: whole vector
 * registers, and stack arguments aligned to more than 16 bytes. */
bool abi_lowered_layout(const Shape *shape, Layout *layout)
{
    LoweredCif probe;
    if (shape->fp_width > 8 || shape->stack_align > 16 || !lowered_result(&probe, shape))
        return false;
    layout->run = run_lowered;
    layout->fp_stride = 8;
    layout->result = AREA_RET;
    layout->stack = AREA_FP + 8 * AREA_FP_COUNT;
    layout->end = layout->stack + (shape->stack ? lowered_stack(shape) : 0);
    return true;
}

#endif
