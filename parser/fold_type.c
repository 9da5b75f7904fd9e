/* The types of constant expressions: promotions and the usual arithmetic conversions (C11 6.3.1). */
#include "parser/fold.h"

#include <float.h>
#include <string.h>

/* What the compiler computes with: typedef names of the C library, alignment attributes and enum seen
 * through. An incomplete enum stays itself: nothing can be computed with it. */
const AbiType *fold_basic(const AbiType *t) {
    if (t->kind == ABI_ENUM && t->item.type)
        t = t->item.type;
    return t->canonical;
}

bool fold_is_integer(const AbiType *t) {
    t = fold_basic(t);
    return t->kind == ABI_BOOL || t->kind == ABI_CHAR || t->kind == ABI_INT;
}

bool fold_is_real(const AbiType *t) {
    return t->kind == ABI_FLOAT;
}

bool fold_is_arithmetic(const AbiType *t) {
    return fold_is_integer(t) || t->kind == ABI_FLOAT || t->kind == ABI_COMPLEX;
}

bool fold_is_scalar(const AbiType *t) {
    return fold_is_arithmetic(t) || t->kind == ABI_POINTER;
}

unsigned fold_width(const AbiType *t) {
    t = fold_basic(t);
    if (t->kind == ABI_BOOL)
        return 1;
    return t->flags & ABI_F_BITINT ? (unsigned)t->length : (unsigned)t->size * 8;
}

bool fold_is_signed(const AbiType *t) {
    return fold_basic(t)->flags & ABI_F_SIGNED;
}

/* Integer conversion rank (C11 6.3.1.1p1; C23 for _BitInt: below a standard type of the same width). */
static unsigned rank(const AbiType *t) {
    static const AbiPrim order[] = {ABI_P_BOOL,  ABI_P_CHAR, ABI_P_SCHAR, ABI_P_UCHAR, ABI_P_SHORT,  ABI_P_USHORT, ABI_P_INT,
                                    ABI_P_UINT,  ABI_P_LONG, ABI_P_ULONG, ABI_P_LLONG, ABI_P_ULLONG, ABI_P_INT128, ABI_P_UINT128};
    static const unsigned char at[] = {1, 2, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7};
    unsigned width = fold_width(t) * 16;
    if (t->flags & ABI_F_BITINT)
        return width;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (order[i] == t->prim)
            return width + at[i];
    return width;
}

bool fold_compatible(CdeclParse *parse, AbiQType a, AbiQType b) {
    static const CdeclSpan nowhere;
    int result = abi_compatibility(a, b);
    if (result < 0)
        cdecl_fail(parse, nowhere, CDECL_E_MEMORY);
    return result > 0;
}

static const AbiType *primitive(CdeclParse *parse, AbiPrim id) {
    return abi_primitive(cdecl_graph(parse), id);
}

/* C11 6.3.1.1p2. A bit-field narrower than int becomes int whatever its declared type (GCC). */
const AbiType *fold_promoted(CdeclParse *parse, const CdeclOperand *o) {
    const AbiType *t = fold_basic(o->type.type);
    if (!fold_is_integer(t))
        return t;
    const AbiType *i = primitive(parse, ABI_P_INT);
    if (t->flags & ABI_F_BITINT)
        return t;
    if (o->flags & CDECL_O_BITFIELD && o->bit_width < fold_width(i))
        return i;
    if (rank(t) >= rank(i))
        return t;
    return fold_width(t) < fold_width(i) || fold_is_signed(t) ? i : primitive(parse, ABI_P_UINT);
}

/* Of a standard type: a _BitInt of the width of another type ranks below it (C23 6.3.1.1). */
static const AbiType *unsigned_of(CdeclParse *parse, const AbiType *t) {
    switch (t->prim) {
    case ABI_P_INT: return primitive(parse, ABI_P_UINT);
    case ABI_P_LONG: return primitive(parse, ABI_P_ULONG);
    case ABI_P_LLONG: return primitive(parse, ABI_P_ULLONG);
    case ABI_P_INT128: return primitive(parse, ABI_P_UINT128);
    default: return t;
    }
}

/* C11 6.3.1.8, the integer half, of promoted types. */
static const AbiType *common_integer(CdeclParse *parse, const AbiType *a, const AbiType *b) {
    if (rank(a) < rank(b)) {
        const AbiType *t = a;
        a = b;
        b = t;
    }
    if (fold_is_signed(a) == fold_is_signed(b) || !fold_is_signed(a))
        return a;
    if (rank(a) == rank(b))
        return b; /* the unsigned one of the same rank */
    return fold_width(a) > fold_width(b) ? a : unsigned_of(parse, a);
}

bool fold_is_decimal(const AbiType *t) {
    return t->prim == ABI_P_DECIMAL32 || t->prim == ABI_P_DECIMAL64 || t->prim == ABI_P_DECIMAL128;
}

/* The order of floating types: precision first; of equal formats _FloatN wins over the standard types,
 * and those over _FloatNx (what GCC's c_common_type does; C23 6.3.1.8). */
static unsigned real_order(const AbiType *t) {
    switch (t->prim) {
    case ABI_P_BFLOAT16: return 10;
    case ABI_P_FLOAT16: return 12;
    case ABI_P_DECIMAL32: return 13;
    case ABI_P_FLOAT: return 20;
    case ABI_P_FLOAT32: return 21;
    case ABI_P_FLOAT32X: return 30;
    case ABI_P_DOUBLE: return 31;
    case ABI_P_FLOAT64: return 32;
    case ABI_P_DECIMAL64: return 33;
#if LDBL_MANT_DIG == DBL_MANT_DIG
    case ABI_P_LDOUBLE: return 31;
#elif LDBL_MANT_DIG == 113
    case ABI_P_LDOUBLE: return 51;
#else
    case ABI_P_LDOUBLE: return 41;
#endif
    case ABI_P_FLOAT64X: return LDBL_MANT_DIG == 64 ? 40 : 50;
    case ABI_P_FLOAT128: return 52;
    case ABI_P_DECIMAL128: return 53;
    default: return 0;
    }
}

static const AbiType *common_real(const AbiType *a, const AbiType *b) {
    if (!fold_is_real(a))
        return b;
    if (!fold_is_real(b))
        return a;
    if (fold_is_decimal(a) != fold_is_decimal(b))
        return NULL; /* a constraint: they do not mix */
    return real_order(a) >= real_order(b) ? a : b;
}

/* The usual arithmetic conversions of two promoted arithmetic types. NULL: they have no common type, or
 * (with the error set) out of memory. */
const AbiType *fold_common(CdeclParse *parse, const AbiType *a, const AbiType *b) {
    if (a->kind == ABI_COMPLEX || b->kind == ABI_COMPLEX) {
        const AbiType *ra = a->kind == ABI_COMPLEX ? a->item.type : a;
        const AbiType *rb = b->kind == ABI_COMPLEX ? b->item.type : b;
        const AbiType *real = fold_common(parse, ra, rb);
        AbiError err;
        const AbiType *t = real ? abi_complex(cdecl_graph(parse), real, &err) : NULL;
        if (real && !t)
            cdecl_fail_abi(parse, (CdeclSpan){0}, &err);
        return t;
    }
    if (fold_is_real(a) || fold_is_real(b))
        return common_real(a, b);
    return common_integer(parse, a, b);
}

const char *fold_spell(CdeclParse *parse, AbiQType type) {
    char *text = cdecl_scratch(parse, 120);
    if (!text)
        return "";
    abi_spell(type, "", ABI_SPELL_C, text, 120, NULL);
    return text;
}
