/* Floating constants: reading, rounding and arithmetic in the format of their type.
 *
 * A value travels as long double, rounded to its type after every step, as a machine with
 * FLT_EVAL_METHOD 0 computes. float and double are computed in themselves: through long double they
 * would be rounded twice. Where long double has 64 bits of mantissa (x86), constants of _Float128 keep
 * 64 of their 113 bits; decimal constants are held as the nearest binary value, and arithmetic on them
 * is left to the compiler: such an expression is not a constant here. */
#include "parser/fold.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

/* ---------------------------------------------------------------- formats */

typedef enum Format { F_HALF, F_BRAIN, F_SINGLE, F_DOUBLE, F_LONG } Format;

static Format format_of(const AbiType *t) {
    switch (fold_basic(t)->prim) {
    case ABI_P_FLOAT16: return F_HALF;
    case ABI_P_BFLOAT16: return F_BRAIN;
    case ABI_P_FLOAT:
    case ABI_P_FLOAT32: return F_SINGLE;
    case ABI_P_DOUBLE:
    case ABI_P_FLOAT64:
    case ABI_P_FLOAT32X: return F_DOUBLE;
    default: return F_LONG;
    }
}

/* V rounded to nearest even at PRECISION bits, least exponent EMIN, largest finite value MAX (IEEE 754).
 * The compiler may have no such type, so it is done by adding and taking away a power of two whose last
 * place is V's last place in the small format. */
static long double round_small(long double v, int precision, int emin, long double max) {
    int e;
    if (v == 0 || !isfinite(v))
        return v;
    frexpl(v, &e);
    int last = (e < emin ? emin : e) - precision; /* exponent of the last place */
    volatile long double magic = ldexpl(1.5L, last + LDBL_MANT_DIG - 1), sum = v + magic;
    long double r = sum - magic;
    return fabsl(r) > max ? copysignl((long double)INFINITY, v) : copysignl(r, v);
}

/* V rounded to real type TYPE. */
long double fold_round(const AbiType *type, long double v) {
    switch (format_of(type)) {
    case F_HALF: return round_small(v, 11, -13, 65504.0L);
    case F_BRAIN: return round_small(v, 8, -125, 0x1.FEp127L);
    case F_SINGLE: return (long double)(float)v;
    case F_DOUBLE: return (long double)(double)v;
    case F_LONG: break;
    }
    return v;
}

/* ---------------------------------------------------------------- arithmetic */

static double compute_double(CdeclOp op, double a, double b) {
    switch (op) {
    case CDECL_OP_PLUS: return a + b;
    case CDECL_OP_MINUS: return a - b;
    case CDECL_OP_STAR: return a * b;
    default: return a / b;
    }
}

static long double compute_long(CdeclOp op, long double a, long double b) {
    switch (op) {
    case CDECL_OP_PLUS: return a + b;
    case CDECL_OP_MINUS: return a - b;
    case CDECL_OP_STAR: return a * b;
    default: return a / b;
    }
}

/* A OP B (+ - * /) in type TYPE; false where it is not computed here (decimal types). A double has more
 * than twice the bits of the smaller formats and two more, so rounding its result is rounding once. */
bool fold_real_binary(const AbiType *type, CdeclOp op, long double a, long double b, long double *out) {
    Format f = format_of(type);
    if (fold_is_decimal(fold_basic(type)))
        return false;
    *out = f == F_LONG ? compute_long(op, a, b) : fold_round(type, (long double)compute_double(op, (double)a, (double)b));
    return true;
}

/* ---------------------------------------------------------------- to and from integers */

/* V truncated to integer type TYPE; false if it does not fit (undefined, C11 6.3.1.4). */
bool fold_real_to_int(const AbiType *type, long double v, FoldBits *out) {
    if (fold_basic(type)->kind == ABI_BOOL) {
        *out = v != 0;
        return true;
    }
    unsigned width = fold_width(type);
    bool is_signed = fold_is_signed(type);
    if (width > 128)
        return false;
    long double limit = ldexpl(1.0L, (int)(is_signed ? width - 1 : width));
    long double low = is_signed ? -limit : 0;
    long double whole = fabsl(v) < 0x1p126L ? (long double)(FoldSigned)v : v; /* beyond, no fraction is left */
    if (!(whole >= low && whole < limit)) /* NaN too */
        return false;
    *out = whole < 0 ? (FoldBits)(FoldSigned)whole : (FoldBits)whole;
    return true;
}

/* The value of integer constant V in real type TYPE, rounded once. */
long double fold_int_to_real(const AbiType *type, const CdeclValue *v) {
    FoldBits bits = fold_bits(v);
    bool negative = cdecl_value_negative(v);
    FoldBits magnitude = negative ? -bits : bits;
    long double r;
    switch (format_of(type)) {
    case F_LONG: r = (long double)magnitude; break;
    case F_SINGLE: r = (long double)(float)magnitude; break;
    case F_DOUBLE: r = (long double)(double)magnitude; break;
    default: /* what long double would round, half overflows on anyway, and bfloat16 almost never meets */
        r = fold_round(type, (long double)magnitude);
    }
    return negative ? -r : r;
}

/* ---------------------------------------------------------------- reading */

/* The value of the decimal or hexadecimal floating constant TEXT in type TYPE: strtod of the C locale,
 * since the process may have another, where the point is a comma. A 16-bit format is rounded by way of
 * long double: last place off only for a text within 2^-64 of the middle. False: out of memory. */
bool fold_real_parse(const AbiType *type, const char *text, long double *out) {
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!c)
        return false;
    switch (format_of(type)) {
    case F_SINGLE: *out = (long double)strtof_l(text, NULL, c); break;
    case F_DOUBLE: *out = (long double)strtod_l(text, NULL, c); break;
    default: *out = strtold_l(text, NULL, c); break;
    }
    freelocale(c);
    *out = fold_round(type, *out);
    return true;
}
