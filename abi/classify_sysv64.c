/* Where values travel in the System V x86-64 convention (psABI x86-64, section 3.2.3).
 *
 * Where GCC and clang read the document differently we do as GCC, the compiler of the platform's
 * libraries: unnamed bit-fields count as INTEGER; bit-fields can be unaligned fields; of an array only the first element is examined (it
 * decides for packed structs), even of T[0] where that is not at the start of an eightbyte.
 * tests/oracle/calls.py knows the differences.
 */
#include "abi/plan_impl.h"

#include <string.h>

enum {
    GP_REGS = 6,
    FP_REGS = 8,
    EIGHTBYTES = 8, /* larger values are of class MEMORY */
    ROOM = 4 * EIGHTBYTES /* the element type of a T[0] may reach past the value */
};

static void classify_at(const AbiType *, size_t offset, uint8_t *of);

/* Classes of one eightbyte that two fields share: rule 4 of the classification of aggregates. */
static uint8_t merge(uint8_t a, uint8_t b)
{
    if (a == b || b == CLASS_NONE)
        return a;
    if (a == CLASS_NONE)
        return b;
    if (a == CLASS_MEMORY || b == CLASS_MEMORY)
        return CLASS_MEMORY;
    if (a == CLASS_INTEGER || b == CLASS_INTEGER)
        return CLASS_INTEGER;
    if (a >= CLASS_X87 || b >= CLASS_X87)
        return CLASS_MEMORY;
    return CLASS_SSE;
}

/* SIZE bytes at OFFSET are of class FIRST and, from the second eightbyte on, of class REST. A field
 * that is not aligned puts the whole aggregate into memory (rule 1). */
static void put(uint8_t *of, size_t offset, size_t size, size_t align, uint8_t first, uint8_t rest)
{
    if (offset % align != 0) {
        of[0] = CLASS_MEMORY;
        return;
    }
    for (size_t i = offset / 8; i <= (offset + size - 1) / 8; i++)
        of[i] = merge(of[i], i == offset / 8 ? first : rest);
}

static void put_float(const AbiType *type, size_t offset, uint8_t *of)
{
    size_t size = type->size;
    if (type->prim == ABI_P_LDOUBLE || type->prim == ABI_P_FLOAT64X)
        put(of, offset, size, 16, CLASS_X87, CLASS_X87UP);
    else
        put(of, offset, size, size, CLASS_SSE, CLASS_SSEUP);
}

/* "A variable of type complex T is treated as if it had the type struct { T real; T imag; }", but for
 * the whole of a complex long double, whose class abi_sysv64_classify gives. */
static void put_complex(const AbiType *type, size_t offset, uint8_t *of)
{
    const AbiType *real = type->item.type;
    if (real->size > 8)
        of[0] = CLASS_MEMORY;
    else if (real->kind == ABI_FLOAT)
        put(of, offset, type->size, real->size, CLASS_SSE, CLASS_SSE);
    else
        put(of, offset, type->size, real->size, CLASS_INTEGER, CLASS_INTEGER);
}

/* Vectors of four bytes and less travel as integers of their size, in GCC and in clang. */
static void put_vector(const AbiType *type, size_t offset, uint8_t *of)
{
    if (type->size < 8)
        put(of, offset, type->size, type->size, CLASS_INTEGER, CLASS_INTEGER);
    else
        put(of, offset, type->size, type->size, CLASS_SSE, CLASS_SSEUP);
}

static void put_integer_bits(uint8_t *of, uint64_t first, uint64_t width)
{
    for (uint64_t i = first / 64; i <= (first + width - 1) / 64; i++)
        of[i] = merge(of[i], CLASS_INTEGER);
}

/* A bit-field in a struct: its bits, unaligned or not. But one that GCC could lay out as an integer of
 * its width (layout_decl) must be aligned like one. */
static void put_bitfield(const AbiMember *member, size_t offset, uint8_t *of)
{
    uint64_t first = offset * 8 + member->bit_offset, width = member->bit_width;
    bool is_mode = width >= 8 && (width & (width - 1)) == 0;
    if (is_mode && member->bit_offset % width == 0 && !(member->flags & ABI_M_PACKED) && first % width != 0)
        of[0] = CLASS_MEMORY;
    else
        put_integer_bits(of, first, width);
}

/* A bit-field in a union is an integer of the smallest size for its width, even for none (struct
 * layout drops those, but keeps a union's). */
static void put_union_bitfield(const AbiMember *member, size_t offset, uint8_t *of)
{
    size_t size = 1;
    while (8 * size < member->bit_width)
        size *= 2;
    put(of, offset, size, size, CLASS_INTEGER, CLASS_INTEGER);
}

static void put_member(const AbiType *record, const AbiMember *member, size_t offset, uint8_t *of)
{
    if (!(member->flags & ABI_M_BITFIELD))
        classify_at(member->type.type, offset + member->offset, of);
    else if (record->kind == ABI_UNION)
        put_union_bitfield(member, offset, of);
    else
        put_bitfield(member, offset, of);
}

static void put_record(const AbiType *type, size_t offset, uint8_t *of)
{
    const AbiRecord *record = type->record;
    for (size_t i = 0; i < record->count; i++)
        put_member(type, &record->members[i], offset, of);
    for (size_t i = 0; i < record->padding_count; i++)
        put_member(type, &record->padding[i], offset, of);
}

/* Rule 5, the "post-merger cleanup": whether the COUNT eightbytes may travel in registers. */
static bool clean_up(uint8_t *of, size_t count)
{
    if (count > 2) {
        if (of[0] != CLASS_SSE)
            return false;
        for (size_t i = 1; i < count; i++)
            if (of[i] != CLASS_SSEUP)
                return false;
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t before = i ? of[i - 1] : CLASS_NONE;
        if (of[i] == CLASS_MEMORY || (of[i] == CLASS_X87UP && before != CLASS_X87))
            return false;
        if (of[i] == CLASS_SSEUP && before != CLASS_SSE && before != CLASS_SSEUP)
            of[i] = CLASS_SSE;
    }
    return true;
}

/* An item of T[0] may be larger than all that it is a member of, and counts where the array begins within an
 * eightbyte: GCC applies rule 5 at each level. */
static void put_array(const AbiType *type, size_t offset, uint8_t *of)
{
    const AbiType *item = type->item.type;
    uint8_t one[ROOM] = {0};
    if (item->size <= 8 * EIGHTBYTES && offset + item->size <= 8 * ROOM)
        classify_at(item, offset, one);
    else
        one[0] = CLASS_MEMORY;
    size_t base = offset / 8;
    size_t period = (offset % 8 + item->size + 7) / 8;
    if (one[0] == CLASS_MEMORY || (abi_is_aggregate(item) && !clean_up(one + base, period))) {
        of[0] = CLASS_MEMORY;
        return;
    }
    size_t words = (offset % 8 + type->size + 7) / 8;
    for (size_t i = 0; i < words; i++)
        of[base + i] = merge(of[base + i], one[base + i % period]);
}

/* Merge the classes of a TYPE at OFFSET of a value into OF, which has ROOM. */
static void classify_at(const AbiType *type, size_t offset, uint8_t *of)
{
    if (type->size == ABI_SIZE_UNKNOWN || (type->size == 0 && offset % 8 == 0))
        return; /* the T[] at the end of a struct; an empty struct, T[0] */
    switch ((AbiKind)type->kind) {
    case ABI_BOOL:
    case ABI_CHAR:
    case ABI_INT:
    case ABI_POINTER:
    case ABI_ENUM:
        /* A _BitInt of more than 64 bits is an array of eightbytes. */
        put(of, offset, type->size, type->flags & ABI_F_BITINT ? type->main->align : type->size,
            CLASS_INTEGER, CLASS_INTEGER);
        break;
    case ABI_FLOAT:
        put_float(type, offset, of);
        break;
    case ABI_COMPLEX:
        put_complex(type, offset, of);
        break;
    case ABI_VECTOR:
        put_vector(type, offset, of);
        break;
    case ABI_STRUCT:
    case ABI_UNION:
        put_record(type, offset, of);
        break;
    case ABI_ARRAY:
        put_array(type, offset, of);
        break;
    case ABI_VOID:
    case ABI_FUNCTION:
        break;
    }
}

static bool is_complex_x87(const AbiType *type)
{
    return type->kind == ABI_COMPLEX
           && (type->item.type->prim == ABI_P_LDOUBLE || type->item.type->prim == ABI_P_FLOAT64X);
}

/* The classes of the eightbytes of a value of TYPE. */
void abi_sysv64_classify(const AbiType *type, SysvClasses *classes)
{
    uint8_t of[ROOM] = {0};
    *classes = (SysvClasses){0};
    if (type->size > 8 * EIGHTBYTES) {
        classes->memory = true;
        return;
    }
    if (is_complex_x87(type)) {
        classes->count = 1;
        classes->of[0] = CLASS_COMPLEX_X87;
        return;
    }
    classes->count = (uint8_t)((type->size + 7) / 8);
    classify_at(type, 0, of);
    classes->memory = !clean_up(of, classes->count);
    memcpy(classes->of, of, sizeof classes->of);
}

static uint8_t result_in_registers(const SysvClasses *k, size_t size)
{
    uint8_t low = k->of[0], high = k->count > 1 ? k->of[1] : CLASS_NONE;
    if (low == CLASS_COMPLEX_X87)
        return RET_X87_2;
    if (low == CLASS_X87)
        return RET_X87;
    if (high == CLASS_SSEUP)
        return k->count == 8 ? RET_V64 : k->count == 4 ? RET_V32 : RET_V16;
    if (low == CLASS_INTEGER)
        return high == CLASS_INTEGER ? RET_GP2 : high == CLASS_SSE ? RET_GP_FP : RET_GP;
    if (low == CLASS_SSE)
        return high == CLASS_INTEGER ? RET_FP_GP : high == CLASS_SSE ? RET_FP2 : size <= 4 ? RET_FLOAT : RET_DOUBLE;
    return RET_NOTHING;
}

/* GCC: a struct or union without members but unnamed bit-fields takes registers if there are any left, and no
 * room on the stack; no address is passed for it as a result (default_is_empty_record). */
static bool is_empty(const AbiType *type)
{
    if (type->kind == ABI_ARRAY)
        return type->length == 0 || is_empty(type->item.type);
    if (!abi_is_record(type))
        return false;
    for (size_t i = 0; i < type->record->count; i++)
        if (type->record->members[i].flags & ABI_M_BITFIELD || !is_empty(type->record->members[i].type.type))
            return false;
    return true;
}

/* Start SHAPE with how a result of TYPE comes back ("Returning of Values"). */
void abi_sysv64_result(const AbiType *type, Shape *shape)
{
    SysvClasses k;
    *shape = (Shape){.fp_width = 8, .stack_align = 16};
    if (type->kind == ABI_VOID || type->size == 0)
        return;
    abi_sysv64_classify(type, &k);
    if (k.memory && is_empty(type))
        return;
    shape->ret = k.memory ? RET_HIDDEN : result_in_registers(&k, type->size);
    if (shape->ret == RET_HIDDEN)
        shape->ngp = 1; /* "it provides the address in %rdi as if it were the first argument" */
}

static void place_on_stack(const AbiType *type, Shape *shape, Place *place)
{
    uint32_t align = type->main->align;
    place->kind = PLACE_NOTHING;
    if (is_empty(type))
        return;
    if (align > shape->stack_align)
        shape->stack_align = align;
    place->kind = PLACE_STACK;
    place->stack = round_up(shape->stack, align < 8 ? 8 : align);
    shape->stack = place->stack + round_up(type->size, 8);
}

/* Registers for the eightbytes of K, if there are enough; psABI: "if there are no registers available
 * for any eightbyte of an argument, the whole argument is passed on the stack". */
static bool place_in_registers(const SysvClasses *k, Shape *shape, Place *place)
{
    uint8_t gp = shape->ngp, fp = shape->nfp, width = 8;
    place->kind = PLACE_REGS;
    place->count = 0;
    for (uint8_t i = 0; i < k->count; i++) {
        Piece *piece = &place->piece[place->count];
        *piece = (Piece){.at = (uint8_t)(8 * i), .size = 8};
        switch (k->of[i]) {
        case CLASS_INTEGER:
            piece->slot = gp++;
            place->count++;
            break;
        case CLASS_SSE:
            piece->slot = (uint8_t)(SLOT_FP + fp++);
            place->count++;
            break;
        case CLASS_SSEUP: /* the next eight bytes of the register before */
            width = place->piece[place->count - 1].size = (uint8_t)(place->piece[place->count - 1].size + 8);
            break;
        default: /* CLASS_NONE: padding takes no register */
            break;
        }
    }
    if (gp > GP_REGS || fp > FP_REGS)
        return false;
    shape->ngp = gp;
    shape->nfp = fp;
    if (width > shape->fp_width)
        shape->fp_width = width;
    return true;
}

/* Where the next argument, of TYPE, travels; advances SHAPE. NAMED is false for what matches "...":
 * GCC passes vectors of more than 16 bytes in memory there, whose registers va_arg could not find. */
void abi_sysv64_place(const AbiType *type, bool named, Shape *shape, Place *place)
{
    SysvClasses k;
    *place = (Place){.kind = PLACE_NOTHING};
    if (type->size == 0)
        return;
    abi_sysv64_classify(type, &k);
    if (k.memory || k.of[0] == CLASS_X87 || k.of[0] == CLASS_COMPLEX_X87 || (k.count > 2 && !named)
        || !place_in_registers(&k, shape, place))
        place_on_stack(type, shape, place);
}
