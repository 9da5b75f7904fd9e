/* The compiler's own functions that have a value at translation time (GCC manual 6.59, 6.60): what C libraries'
 * macros are made of. */
#include "parser/impl.h"

#include <math.h>

typedef enum Builtin {
    B_SWAP, B_POPCOUNT, B_PARITY, B_CLZ, B_CTZ, B_FFS, B_CLRSB, B_ABS, B_EXPECT, B_CONSTANT_P, B_OBJECT_SIZE,
    B_ISNAN, B_ISINF, B_ISINF_SIGN, B_ISFINITE, B_ISNORMAL, B_SIGNBIT, B_FABS, B_COPYSIGN, B_FPCLASSIFY,
    B_GREATER, B_GREATEREQUAL, B_LESS, B_LESSEQUAL, B_LESSGREATER, B_UNORDERED
} Builtin;

typedef struct Function {
    const char *name; /* behind __builtin_ */
    Builtin builtin;
    uint8_t n_args;
    AbiPrim type;     /* of the first argument; ABI_P_VOID: as it is */
} Function;

static const Function functions[] = {
    {"bswap16", B_SWAP, 1, ABI_P_USHORT}, {"bswap32", B_SWAP, 1, ABI_P_UINT}, {"bswap64", B_SWAP, 1, ABI_P_ULONG},
    {"bswap128", B_SWAP, 1, ABI_P_UINT128},
    {"popcount", B_POPCOUNT, 1, ABI_P_UINT}, {"popcountl", B_POPCOUNT, 1, ABI_P_ULONG}, {"popcountll", B_POPCOUNT, 1, ABI_P_ULLONG},
    {"parity", B_PARITY, 1, ABI_P_UINT}, {"parityl", B_PARITY, 1, ABI_P_ULONG}, {"parityll", B_PARITY, 1, ABI_P_ULLONG},
    {"clz", B_CLZ, 1, ABI_P_UINT}, {"clzl", B_CLZ, 1, ABI_P_ULONG}, {"clzll", B_CLZ, 1, ABI_P_ULLONG},
    {"ctz", B_CTZ, 1, ABI_P_UINT}, {"ctzl", B_CTZ, 1, ABI_P_ULONG}, {"ctzll", B_CTZ, 1, ABI_P_ULLONG},
    {"ffs", B_FFS, 1, ABI_P_INT}, {"ffsl", B_FFS, 1, ABI_P_LONG}, {"ffsll", B_FFS, 1, ABI_P_LLONG},
    {"clrsb", B_CLRSB, 1, ABI_P_INT}, {"clrsbl", B_CLRSB, 1, ABI_P_LONG}, {"clrsbll", B_CLRSB, 1, ABI_P_LLONG},
    {"abs", B_ABS, 1, ABI_P_INT}, {"labs", B_ABS, 1, ABI_P_LONG}, {"llabs", B_ABS, 1, ABI_P_LLONG},
    {"expect", B_EXPECT, 2, ABI_P_LONG}, {"expect_with_probability", B_EXPECT, 3, ABI_P_LONG},
    {"constant_p", B_CONSTANT_P, 1, ABI_P_VOID},
    {"object_size", B_OBJECT_SIZE, 2, ABI_P_VOID}, {"dynamic_object_size", B_OBJECT_SIZE, 2, ABI_P_VOID},
    {"isnan", B_ISNAN, 1, ABI_P_VOID}, {"isnanf", B_ISNAN, 1, ABI_P_FLOAT}, {"isnanl", B_ISNAN, 1, ABI_P_LDOUBLE},
    {"isinf", B_ISINF, 1, ABI_P_VOID}, {"isinff", B_ISINF, 1, ABI_P_FLOAT}, {"isinfl", B_ISINF, 1, ABI_P_LDOUBLE},
    {"isinf_sign", B_ISINF_SIGN, 1, ABI_P_VOID},
    {"isfinite", B_ISFINITE, 1, ABI_P_VOID}, {"isnormal", B_ISNORMAL, 1, ABI_P_VOID},
    {"signbit", B_SIGNBIT, 1, ABI_P_VOID}, {"signbitf", B_SIGNBIT, 1, ABI_P_FLOAT}, {"signbitl", B_SIGNBIT, 1, ABI_P_LDOUBLE},
    {"fabs", B_FABS, 1, ABI_P_DOUBLE}, {"fabsf", B_FABS, 1, ABI_P_FLOAT}, {"fabsl", B_FABS, 1, ABI_P_LDOUBLE},
    {"copysign", B_COPYSIGN, 2, ABI_P_DOUBLE}, {"copysignf", B_COPYSIGN, 2, ABI_P_FLOAT}, {"copysignl", B_COPYSIGN, 2, ABI_P_LDOUBLE},
    {"fpclassify", B_FPCLASSIFY, 6, ABI_P_VOID},
    {"isgreater", B_GREATER, 2, ABI_P_VOID}, {"isgreaterequal", B_GREATEREQUAL, 2, ABI_P_VOID}, {"isless", B_LESS, 2, ABI_P_VOID},
    {"islessequal", B_LESSEQUAL, 2, ABI_P_VOID}, {"islessgreater", B_LESSGREATER, 2, ABI_P_VOID},
    {"isunordered", B_UNORDERED, 2, ABI_P_VOID},
};

const char *fold_builtin_name(const char *name) {
    static const char prefix[] = "__builtin_";
    return name && strncmp(name, prefix, sizeof prefix - 1) == 0 ? name + sizeof prefix - 1 : NULL;
}

static const Function *find(const char *name) {
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(name, functions[i].name) == 0)
            return &functions[i];
    return NULL;
}

/* ---------------------------------------------------------------- integers */

static unsigned count_ones(FoldBits x) {
    return (unsigned)(__builtin_popcountll((uint64_t)x) + __builtin_popcountll((uint64_t)(x >> 64)));
}

/* Zeros above the highest one of WIDTH bits: WIDTH if there is none. */
static unsigned leading(FoldBits x, unsigned width) {
    unsigned n = 0;
    while (n < width && !(x >> (width - 1 - n) & 1))
        n++;
    return n;
}

static unsigned trailing(FoldBits x, unsigned width) {
    unsigned n = 0;
    while (n < width && !(x >> n & 1))
        n++;
    return n;
}

static FoldBits swapped(FoldBits x, unsigned width) {
    FoldBits r = 0;
    for (unsigned i = 0; i < width; i += 8)
        r |= (x >> i & 0xFF) << (width - 8 - i);
    return r;
}

/* -1: there is none (GCC: undefined for zero). */
static int count(Builtin b, FoldBits x, unsigned width) {
    FoldBits value = width < 128 ? x & (((FoldBits)1 << width) - 1) : x;
    bool negative = value >> (width - 1) & 1;
    switch (b) {
    case B_POPCOUNT: return (int)count_ones(value);
    case B_PARITY: return (int)(count_ones(value) & 1);
    case B_CLZ: return value ? (int)leading(value, width) : -1;
    case B_CTZ: return value ? (int)trailing(value, width) : -1;
    case B_FFS: return value ? (int)trailing(value, width) + 1 : 0;
    case B_CLRSB: return (int)leading(negative ? ~value & (((FoldBits)1 << width) - 1) : value, width) - 1;
    default: return -1;
    }
}

static void fold_count(CdeclOperand *r, Builtin b, const CdeclOperand *x, const char *name) {
    const AbiType *type = x->type.type;
    FoldBits bits = fold_bits(&x->value);
    if (b == B_SWAP) {
        r->value = fold_value_of(type, swapped(bits, fold_width(type)));
    } else if (b == B_ABS) {
        r->value = fold_value_of(type, cdecl_value_negative(&x->value) ? -bits : bits);
        if (cdecl_value_negative(&r->value))
            fold_defer(r, r->span, CDECL_E_OVERFLOW, "int");
    } else {
        int n = count(b, bits, fold_width(type));
        if (n < 0)
            fold_defer(r, r->span, CDECL_E_BUILTIN_ZERO, name);
        else
            r->value = fold_value_of(r->type.type, (FoldBits)n);
    }
}

/* ---------------------------------------------------------------- floating point (C11 7.12.3, 7.12.14) */

/* Is X, a value of TYPE, too small for its format's normal numbers? */
static bool is_normal(const AbiType *type, long double x) {
    long double least = type->prim == ABI_P_FLOAT ? __FLT_MIN__ : type->prim == ABI_P_LDOUBLE ? __LDBL_MIN__ : __DBL_MIN__;
    return __builtin_isfinite(x) && __builtin_fabsl(x) >= least;
}

static int classify(Builtin b, const AbiType *type, long double x) {
    switch (b) {
    case B_ISNAN: return __builtin_isnan(x);
    case B_ISINF: return __builtin_isinf(x) != 0;
    case B_ISINF_SIGN: return __builtin_isinf_sign(x);
    case B_ISFINITE: return __builtin_isfinite(x) != 0;
    case B_ISNORMAL: return is_normal(type, x);
    default: return __builtin_signbit(x) != 0;
    }
}

static int compare(Builtin b, long double x, long double y) {
    switch (b) {
    case B_GREATER: return __builtin_isgreater(x, y);
    case B_GREATEREQUAL: return __builtin_isgreaterequal(x, y);
    case B_LESS: return __builtin_isless(x, y);
    case B_LESSEQUAL: return __builtin_islessequal(x, y);
    case B_LESSGREATER: return __builtin_islessgreater(x, y);
    default: return __builtin_isunordered(x, y);
    }
}

/* fpclassify(NAN, INFINITE, NORMAL, SUBNORMAL, ZERO, x): the argument that fits. */
static size_t class_index(const AbiType *type, long double x) {
    return __builtin_isnan(x) ? 0 : __builtin_isinf(x) ? 1 : is_normal(type, x) ? 2 : x != 0 ? 3 : 4;
}

static void fold_real_function(CdeclOperand *r, Builtin b, const CdeclOperand *x, const CdeclOperand *y) {
    long double real = cdecl_real(&x->value);
    if (b == B_FABS || b == B_COPYSIGN)
        r->value = cdecl_real_value(x->type.type, b == B_FABS ? __builtin_fabsl(real) : __builtin_copysignl(real, cdecl_real(&y->value)));
    else
        r->value = fold_value_of(r->type.type, (FoldBits)(FoldSigned)(b >= B_GREATER ? compare(b, real, cdecl_real(&y->value))
                                                                                     : classify(b, fold_basic(x->type.type), real)));
}

/* ---------------------------------------------------------------- one call */

static CdeclOperand constant_p(CdeclParse *p, const CdeclArguments *args, CdeclSpan span) {
    return fold_known(abi_primitive(cdecl_graph(p), ABI_P_INT), fold_is_constant(&args->items[0]), span);
}

/* How much there is behind a pointer: nobody knows (GCC manual 6.58). */
static CdeclOperand object_size(CdeclParse *p, const CdeclArguments *args, CdeclSpan span) {
    const CdeclOperand *kind = &args->items[1];
    bool least = fold_is_constant(kind) && kind->value.bits.lo >= 2;
    return fold_known(abi_primitive(cdecl_graph(p), ABI_P_SIZE)->canonical, least ? 0 : ~(FoldBits)0, span);
}

/* Argument I, converted to the type that F has there. */
static CdeclOperand converted(CdeclParse *p, const Function *f, const CdeclArguments *args, size_t i) {
    CdeclOperand o = fold_rvalue(p, args->items[i]);
    if (cdecl_failed(p))
        return o;
    bool wants_real = f->builtin >= B_ISNAN && (f->builtin != B_FPCLASSIFY || i == 5);
    if (f->type != ABI_P_VOID)
        return fold_cast(p, o.span, (AbiQType){abi_primitive(cdecl_graph(p), f->type), 0}, o);
    if (!wants_real || fold_is_real(o.type.type))
        return o;
    return fold_cast(p, o.span, (AbiQType){abi_primitive(cdecl_graph(p), ABI_P_DOUBLE), 0}, o);
}

/* Does F classify or compare numbers that are none of floating point? GCC refuses that. */
static bool lacks_real(const Function *f, const CdeclArguments *args) {
    size_t first = f->builtin == B_FPCLASSIFY ? 5 : 0;
    for (size_t i = first; i < f->n_args; i++)
        if (fold_is_real(args->items[i].type.type))
            return false;
    return f->builtin >= B_ISNAN && f->type == ABI_P_VOID;
}

static bool has_argument_type(Builtin b) {
    return b == B_SWAP || b == B_ABS || b == B_EXPECT || b == B_FABS || b == B_COPYSIGN;
}

static CdeclOperand fold(CdeclParse *p, const Function *f, const CdeclArguments *args, CdeclSpan span) {
    CdeclOperand x[6];
    memset(x, 0, sizeof x);
    for (size_t i = 0; i < f->n_args; i++)
        x[i] = converted(p, f, args, i);
    if (cdecl_failed(p))
        return fold_failed(p, span);
    const AbiType *type = has_argument_type(f->builtin) ? x[0].type.type : abi_primitive(cdecl_graph(p), ABI_P_INT);
    CdeclOperand r = fold_typed((AbiQType){type, 0}, span);
    for (size_t i = 0; i < f->n_args; i++)
        if (fold_inherit(&r, &x[i]))
            return r;
    if (f->builtin == B_EXPECT)
        r.value = x[0].value;
    else if (f->builtin == B_FPCLASSIFY)
        r.value = x[class_index(fold_basic(x[5].type.type), cdecl_real(&x[5].value))].value;
    else if (f->builtin >= B_ISNAN)
        fold_real_function(&r, f->builtin, &x[0], &x[1]);
    else
        fold_count(&r, f->builtin, &x[0], f->name);
    return r;
}

bool fold_builtin(CdeclParse *p, const char *name, const CdeclArguments *args, CdeclSpan span, CdeclOperand *out) {
    const Function *f = find(name);
    if (!f || cdecl_failed(p))
        return false;
    if (!args || args->n != f->n_args) {
        cdecl_fail(p, span, CDECL_E_MACRO_CALL_COUNT, (unsigned)f->n_args, (unsigned)(args ? args->n : 0));
        *out = fold_failed(p, span);
    } else if (lacks_real(f, args)) {
        cdecl_fail(p, span, CDECL_E_BUILTIN_REAL, name);
        *out = fold_failed(p, span);
    } else if (f->builtin == B_CONSTANT_P) {
        *out = constant_p(p, args, span);
    } else if (f->builtin == B_OBJECT_SIZE) {
        *out = object_size(p, args, span);
    } else {
        *out = fold(p, f, args, span);
    }
    return true;
}
