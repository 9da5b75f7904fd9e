/* enum: enumerated types and the integer type behind each. */

#include <limits.h>
#include <string.h>

#include "abi/impl.h"

/* What the enumerators need: how many bits, and a sign. */
typedef struct Range {
    unsigned bits; /* of the type that holds them all, its sign bit included; 65: none does */
    bool is_signed;
} Range;

static unsigned bit_length(uint64_t v)
{
    return v ? 64u - (unsigned)__builtin_clzll(v) : 0;
}

static Range find_range(const AbiEnumerator *e, size_t n)
{
    unsigned negative_bits = 0, positive_bits = 0;
    bool is_signed = false;
    for (size_t i = 0; i < n; i++) {
        unsigned bits = bit_length(e[i].negative ? ~e[i].value : e[i].value);
        unsigned *longest = e[i].negative ? &negative_bits : &positive_bits;
        *longest = bits > *longest ? bits : *longest;
        is_signed = is_signed || e[i].negative;
    }
    unsigned bits = positive_bits > negative_bits ? positive_bits : negative_bits;
    return (Range){.bits = bits + is_signed, .is_signed = is_signed};
}

/* GCC's choice (its manual, 4.9): int or unsigned int unless that is too small, then long; with packed
 * the smallest type. Where nothing holds all values GCC warns and takes the signed one. */
static const AbiType *choose(AbiGraph *graph, Range range, bool packed)
{
    static const AbiPrim prims[][2] = {
        {ABI_P_UCHAR, ABI_P_SCHAR}, {ABI_P_USHORT, ABI_P_SHORT}, {ABI_P_UINT, ABI_P_INT}, {ABI_P_ULONG, ABI_P_LONG}};
    const size_t count = sizeof prims / sizeof *prims;
    size_t i = packed ? 0 : 2;
    while (i + 1 < count && abi_primitive(graph, prims[i][0])->size * 8 < range.bits)
        i++;
    return abi_primitive(graph, prims[i][range.is_signed]);
}

static bool fits(const AbiEnumerator *e, const AbiType *t)
{
    unsigned width = t->kind == ABI_BOOL ? 1 : (unsigned)(t->flags & ABI_F_BITINT ? t->length : t->size * 8);
    if (e->negative)
        return (t->flags & ABI_F_SIGNED) && bit_length(~e->value) < width;
    return bit_length(e->value) + (t->flags & ABI_F_SIGNED ? 1u : 0u) <= width;
}

/* C23 6.7.3.3: every value has to be one of the fixed type's. */
static int check_fixed(const AbiType *underlying, const AbiEnumerator *e, size_t n, AbiError *err)
{
    if (!abi_is_integer(underlying))
        return abi_fail(err, ABI_EINVALID, -1, "the underlying type of an enum must be an integer type");
    for (size_t i = 0; i < n; i++)
        if (!fits(&e[i], underlying))
            return abi_fail(err, ABI_EINVALID, i <= INT32_MAX ? (int)i : -1,
                            "enumerator '%.150s' is outside the range of the underlying type", e[i].name);
    return 0;
}

/* Readers without the lock see the flags change last. */
static void publish(AbiType *t, const AbiEnumerator *e, size_t n, const AbiType *underlying, bool fixed)
{
    AbiRecord *r = t->record;
    r->enumerators = e;
    r->count = n;
    r->fixed_underlying = fixed;
    r->complete = true;
    if (t->item.type != underlying)
        abi_use(underlying);
    t->item = (AbiQType){underlying, 0};
    t->size = underlying->size;
    t->align = underlying->align;
    uint16_t flags = (t->flags & ABI_F_PARTIAL) | (underlying->flags & (ABI_F_SIGNED | ABI_F_BITINT));
    __atomic_store_n(&t->flags, flags, __ATOMIC_RELEASE);
    abi_variants_update(t);
}

/* Complete an enum. 0, or -1 and ERR with the index of the enumerator at fault; T is as it was. */
int abi_enum_complete(AbiType *t, const AbiEnumerator *e, size_t n, const AbiType *underlying, bool packed, AbiError *err)
{
    bool forward = t->kind == ABI_ENUM && t->record->fixed_underlying && t->record->count == 0; /* enum e : type; */
    if (t->kind != ABI_ENUM || t->main != t || (t->record->complete && !(forward && underlying == t->item.type)))
        return abi_fail(err, ABI_EINVALID, -1, t->kind == ABI_ENUM ? "already complete" : "not an enum");
    if (underlying && check_fixed(underlying, e, n, err) != 0)
        return -1;
    if (abi_region_note(t) != 0)
        return abi_fail_nomem(err);
    AbiEnumerator *copy = n < SIZE_MAX / sizeof *copy ? abi_region_alloc(t->region, n * sizeof *copy) : NULL;
    if (!copy)
        return abi_fail_nomem(err);
    if (n)
        memcpy(copy, e, n * sizeof *copy);
    publish(t, copy, n, underlying ? underlying : choose(t->graph, find_range(e, n), packed), underlying != NULL);
    return 0;
}

int abi_enum_assume(const AbiType *type, AbiError *err)
{
    AbiType *t = (AbiType *)type->main;
    if (t->kind != ABI_ENUM || t->record->complete || t->flags & ABI_F_PARTIAL)
        return 0;
    return abi_enum_complete(t, NULL, 0, abi_primitive(t->graph, ABI_P_UINT), false, err);
}
