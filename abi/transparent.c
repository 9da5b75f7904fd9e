/* transparent: which unions GCC passes as their first member (manual, "Common Type Attributes", transparent_union).
 *
 * Those that have the machine mode of that member; the attribute means nothing for others, and GCC warns. A mode is one of
 * floating point, that of an integer of 1, 2, 4, 8 or 16 bytes, or none: BLKmode, a block of memory. */

#include "abi/impl.h"

/* Has a value of the type a register of floating point for itself? */
static bool has_float_mode(const AbiType *t)
{
    for (;;) {
        if (t->kind == ABI_STRUCT && t->record->count == 1 && t->record->members[0].type.type->size == t->size)
            t = t->record->members[0].type.type;
        else if (t->kind == ABI_ARRAY && t->length == 1)
            t = t->item.type;
        else
            return t->kind == ABI_FLOAT || t->kind == ABI_COMPLEX || t->kind == ABI_VECTOR;
    }
}

static bool is_integer_size(size_t size)
{
    return size != 0 && size <= 16 && (size & (size - 1)) == 0;
}

static bool is_block(const AbiType *);

/* Blocks among the members make the whole one, but for those of no size. */
static bool has_block(const AbiType *record)
{
    for (size_t i = 0; i < record->record->count; i++) {
        const AbiMember *m = &record->record->members[i];
        if (!(m->flags & ABI_M_BITFIELD) && m->type.type->size != 0 && is_block(m->type.type))
            return true;
    }
    return false;
}

/* Is it of BLKmode? Only by arrays of one element and structs of one member is a mode of floating point handed on. */
static bool is_block(const AbiType *t)
{
    if (t->kind == ABI_ARRAY && is_block(t->item.type))
        return true;
    if (abi_is_record(t) && has_block(t))
        return true;
    bool has_integer_mode = t->kind == ABI_ARRAY || abi_is_record(t);
    return has_integer_mode && !has_float_mode(t) && !is_integer_size(t->size);
}

/* Can the complete union TYPE be transparent? A first member that is smaller than the union, where both are blocks, would leave
 * a part of the union behind: GCC 12 copies from behind the member, and no one can have meant that. */
bool abi_can_be_transparent(const AbiType *type)
{
    if (type->kind != ABI_UNION || type->size == ABI_SIZE_UNKNOWN || type->record->count == 0)
        return false;
    const AbiType *first = type->record->members[0].type.type;
    return first->size == type->size && !has_float_mode(first) && is_block(first) == is_block(type);
}

void abi_record_set_transparent(AbiType *type)
{
    if (abi_can_be_transparent(type))
        type->flags |= ABI_F_TRANSPARENT;
}
