/* Where values travel in the procedure call standard of 64-bit Arm (AAPCS64, section 6.8), as GCC and
 * clang follow it on Linux: variadic arguments travel like named ones.
 */
#include "abi/plan_impl.h"

enum { GP_REGS = 8, FP_REGS = 8, MAX_ELEMENTS = 4 };

/* ---------------------------------------------------------------- homogeneous aggregates (5.9.5) */

typedef struct Element {
    const AbiType *type; /* a floating-point type or a short vector; NULL while none was seen */
    uint8_t size;
} Element;

static bool is_short_vector(const AbiType *type)
{
    return type->kind == ABI_VECTOR && (type->size == 8 || type->size == 16);
}

/* Short vectors of one size are one fundamental type; so are equal floating-point formats. */
static bool same_element(const AbiType *a, const AbiType *b)
{
    return a->kind == b->kind && a->size == b->size
           && (a->kind == ABI_VECTOR || (a->prim == ABI_P_BFLOAT16) == (b->prim == ABI_P_BFLOAT16));
}

static int one_element(const AbiType *type, Element *element)
{
    if (element->type && !same_element(element->type, type))
        return -1;
    element->type = type;
    element->size = (uint8_t)type->size;
    return 1;
}

static int count_elements(const AbiType *, Element *);

static int count_members(const AbiType *type, Element *element)
{
    const AbiRecord *record = type->record;
    int total = 0;
    if (record->padding_count)
        return -1;
    for (size_t i = 0; i < record->count; i++) {
        if (record->members[i].flags & ABI_M_BITFIELD)
            return -1;
        int count = count_elements(record->members[i].type.type, element);
        if (count < 0)
            return -1;
        total = type->kind == ABI_STRUCT ? total + count : count > total ? count : total;
        if (total > MAX_ELEMENTS)
            return -1;
    }
    return total;
}

/* The number of fundamental elements that TYPE consists of, or -1: different ones, more than four, or
 * any padding. */
static int count_elements(const AbiType *type, Element *element)
{
    int count;
    switch ((AbiKind)type->kind) {
    case ABI_FLOAT:
        return one_element(type, element);
    case ABI_COMPLEX:
        return type->item.type->kind == ABI_FLOAT && one_element(type->item.type, element) > 0 ? 2 : -1;
    case ABI_VECTOR:
        return is_short_vector(type) ? one_element(type, element) : -1;
    case ABI_ARRAY:
        count = count_elements(type->item.type, element);
        if (count < 0 || type->length == 0 || type->length > MAX_ELEMENTS || count * (int)type->length > MAX_ELEMENTS)
            return -1;
        count *= (int)type->length;
        break;
    case ABI_STRUCT:
    case ABI_UNION:
        count = count_members(type, element);
        break;
    default:
        return -1;
    }
    return count >= 0 && type->size == (size_t)count * element->size ? count : -1;
}

/* GCC: a struct that is all one short vector or complex number is passed as that, even if it has
 * members of no size, which count_elements does not allow. (Not a vector of one integer, for which it
 * has no vector mode.) NULL if it is none. */
static const AbiType *only_member(const AbiType *type)
{
    bool is_one_integer = type->kind == ABI_VECTOR && type->length == 1 && type->item.type->kind != ABI_FLOAT;
    if ((is_short_vector(type) && !is_one_integer) || (type->kind == ABI_COMPLEX && type->item.type->kind == ABI_FLOAT))
        return type;
    if (type->kind == ABI_ARRAY && type->length == 1)
        return only_member(type->item.type);
    if (type->kind == ABI_STRUCT)
        for (size_t i = 0; i < type->record->count; i++)
            if (type->record->members[i].type.type->size == type->size)
                return only_member(type->record->members[i].type.type);
    return NULL;
}

/* The elements of a value that travels in floating-point registers; 0 if it does not. */
static int fp_elements(const AbiType *type, Element *element)
{
    const AbiType *only = only_member(type);
    *element = (Element){NULL, 0};
    int count = count_elements(only ? only : type, element);
    return count > 0 ? count : 0;
}

/* ---------------------------------------------------------------- results (6.9) */

static uint8_t fp_result(int count, uint8_t size)
{
    if (count > 1)
        return RET_HFA;
    return size == 16 ? RET_V16 : size == 8 ? RET_DOUBLE : RET_FLOAT;
}

/* Start SHAPE with how a result of TYPE comes back. */
void abi_aapcs64_result(const AbiType *type, Shape *shape)
{
    Element element;
    *shape = (Shape){.fp_width = 8, .stack_align = 16};
    if (type->kind == ABI_VOID || type->size == 0)
        return;
    int count = fp_elements(type, &element);
    if (count) {
        shape->ret = fp_result(count, element.size);
        shape->hfa_count = (uint8_t)count;
        shape->hfa_size = element.size;
    } else {
        shape->ret = type->size <= 8 ? RET_GP : type->size <= 16 ? RET_GP2 : RET_HIDDEN;
        shape->result_align = type->align;
        shape->result_size = type->size;
    }
}

/* ---------------------------------------------------------------- arguments (6.8.2) */

/* The natural alignment of a record is that of its members, as they were declared; what was asked for
 * the record itself does not count (GCC's aarch64_function_arg_alignment, which includes the declared
 * types of bit-fields). */
static uint32_t natural_align(const AbiType *type)
{
    uint32_t align = 1;
    if (!abi_is_record(type))
        return type->main->align;
    const AbiRecord *record = type->record;
    for (size_t i = 0; i < record->count + record->padding_count; i++) {
        const AbiMember *m = i < record->count ? &record->members[i] : &record->padding[i - record->count];
        uint32_t own = m->flags & ABI_M_BITFIELD ? m->type.type->align : m->align;
        align = own > align ? own : align;
    }
    return align;
}

/* Stages C.4 to C.6 and C.14 to C.17. Values of more than 16 bytes are here as pointers. */
static void place_on_stack(size_t size, uint32_t align, Shape *shape, Place *place)
{
    place->kind = place->kind == PLACE_REF_REG ? PLACE_REF_STACK : PLACE_STACK;
    place->stack = round_up(shape->stack, align == 16 ? 16 : 8);
    shape->stack = place->stack + round_up(size, 8);
}

/* Stages C.1 to C.3. */
static void place_elements(const AbiType *type, int count, uint8_t size, Shape *shape, Place *place)
{
    if (shape->nfp + count > FP_REGS) {
        shape->nfp = FP_REGS;
        place_on_stack(type->size, natural_align(type), shape, place);
        return;
    }
    place->kind = PLACE_REGS;
    place->count = (uint8_t)count;
    for (int i = 0; i < count; i++)
        place->piece[i] = (Piece){(uint8_t)(SLOT_FP + shape->nfp++), (uint8_t)(i * size), size};
    if (size > shape->fp_width)
        shape->fp_width = size;
}

/* Stages C.8 to C.13. */
static void place_words(size_t size, uint32_t align, Shape *shape, Place *place)
{
    unsigned words = size > 8 ? 2 : 1;
    if (align == 16 && words == 2)
        shape->ngp = (uint8_t)round_up(shape->ngp, 2);
    if (shape->ngp + words > GP_REGS) {
        shape->ngp = GP_REGS;
        place_on_stack(size, align, shape, place);
        return;
    }
    if (place->kind != PLACE_REF_REG)
        place->kind = PLACE_REGS;
    place->count = (uint8_t)words;
    for (unsigned i = 0; i < words; i++)
        place->piece[i] = (Piece){shape->ngp++, (uint8_t)(8 * i), 8};
}

/* Where the next argument, of TYPE, travels; advances SHAPE. */
void abi_aapcs64_place(const AbiType *type, bool named, Shape *shape, Place *place)
{
    Element element;
    (void)named;
    *place = (Place){.kind = PLACE_NOTHING};
    if (type->size == 0)
        return;
    int count = fp_elements(type, &element);
    if (count) {
        place_elements(type, count, element.size, shape, place);
    } else if (type->size > 16) { /* stage B.4: a copy in memory, of which the address is passed */
        place->kind = PLACE_REF_REG;
        place_words(8, 8, shape, place);
    } else {
        place_words(type->size, natural_align(type), shape, place);
    }
}
