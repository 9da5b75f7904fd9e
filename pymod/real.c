/* Binary floating formats in memory: IEC 60559 binary16 to binary128, bfloat16, x87 extended.
 *
 * Compilers differ in which of these they have as C types (clang 14 lacks _Float16), so the narrow ones
 * are put together here from double. Decimal formats have no conversion. */
#include "pymod/convert.h"

#include <math.h>

typedef enum Format { UNSUPPORTED, BINARY16, BFLOAT16, BINARY32, BINARY64, LONG_DOUBLE, BINARY128 } Format;

static Format format_of(const AbiType *type) {
    switch ((AbiPrim)type->canonical->prim) {
    case ABI_P_FLOAT16: return BINARY16;
    case ABI_P_BFLOAT16: return BFLOAT16;
    case ABI_P_FLOAT:
    case ABI_P_FLOAT32: return BINARY32;
    case ABI_P_DOUBLE:
    case ABI_P_FLOAT64:
    case ABI_P_FLOAT32X: return BINARY64;
    case ABI_P_LDOUBLE:
    case ABI_P_FLOAT64X: return LONG_DOUBLE;
    case ABI_P_FLOAT128: return BINARY128;
    default: return UNSUPPORTED;
    }
}

bool real_supported(const AbiType *type) { return format_of(type) != UNSUPPORTED; }

#if defined(__SIZEOF_FLOAT128__)
typedef __float128 Binary128;
#else
typedef long double Binary128; /* AArch64 */
#endif

/* A 16-bit format of 1 sign, EXPONENT and 15 - EXPONENT fraction bits; rounded to nearest, ties to even. */
static uint16_t pack16(double x, int exponent) {
    int fraction = 15 - exponent, bias = (1 << (exponent - 1)) - 1, e;
    uint16_t sign = signbit(x) ? 0x8000 : 0;
    uint32_t infinity = ((1u << exponent) - 1) << fraction, bits;
    x = fabs(x);
    if (isnan(x)) return (uint16_t)(sign | infinity | 1u << (fraction - 1));
    if (isinf(x)) return (uint16_t)(sign | infinity);
    double m = frexp(x, &e); /* x = m * 2**e, m in [0.5, 1) */
    if (x == 0.0) return sign;
    /* A fraction that rounds up to the next power of two carries into the exponent, as it should. */
    if (e - 1 + bias <= 0) bits = (uint32_t)nearbyint(ldexp(x, fraction + bias - 1));
    else if (e - 1 > bias) bits = infinity;
    else bits = ((uint32_t)(e - 1 + bias) << fraction) + (uint32_t)nearbyint(ldexp(2 * m - 1, fraction));
    return (uint16_t)(sign | (bits > infinity ? infinity : bits));
}

static double unpack16(uint16_t bits, int exponent) {
    int fraction = 15 - exponent, bias = (1 << (exponent - 1)) - 1;
    int e = bits >> fraction & ((1 << exponent) - 1);
    double m = bits & ((1 << fraction) - 1), x;
    if (e == (1 << exponent) - 1) x = m != 0 ? (double)NAN : (double)INFINITY;
    else if (e == 0) x = ldexp(m, 1 - bias - fraction);
    else x = ldexp(m + (1 << fraction), e - bias - fraction);
    return copysign(x, bits & 0x8000 ? -1.0 : 1.0);
}

#define LOAD(type, src) ({ type value_; memcpy(&value_, src, sizeof value_); value_; })
#define STORE(type, dest, x) do { type value_ = (type)(x); memcpy(dest, &value_, sizeof value_); } while (0)

/* sizeof(long double) counts padding, which must not carry what was in a register or on the stack. */
static void store_long_double(void *dest, long double x) {
    long double padded;
    memset(&padded, 0, sizeof padded);
#if __LDBL_MANT_DIG__ == 64
    memcpy(&padded, &x, 10);
#else
    padded = x;
#endif
    memcpy(dest, &padded, sizeof padded);
}

long double real_load_long(const AbiType *type, const void *src) {
    switch (format_of(type)) {
    case BINARY16: return unpack16(LOAD(uint16_t, src), 5);
    case BFLOAT16: return unpack16(LOAD(uint16_t, src), 8);
    case BINARY32: return LOAD(float, src);
    case BINARY64: return LOAD(double, src);
    case LONG_DOUBLE: return LOAD(long double, src);
    case BINARY128: return (long double)LOAD(Binary128, src);
    case UNSUPPORTED: break;
    }
    return 0;
}

double real_load(const AbiType *type, const void *src) {
    return format_of(type) == BINARY128 ? (double)LOAD(Binary128, src) : (double)real_load_long(type, src);
}

void real_store_long(const AbiType *type, void *dest, long double x) {
    switch (format_of(type)) {
    case LONG_DOUBLE: store_long_double(dest, x); break;
    case BINARY128: STORE(Binary128, dest, x); break;
    default: real_store(type, dest, (double)x);
    }
}

void real_store(const AbiType *type, void *dest, double x) {
    switch (format_of(type)) {
    case BINARY16: STORE(uint16_t, dest, pack16(x, 5)); break;
    case BFLOAT16: STORE(uint16_t, dest, pack16(x, 8)); break;
    case BINARY32: STORE(float, dest, x); break;
    case BINARY64: STORE(double, dest, x); break;
    case LONG_DOUBLE: store_long_double(dest, x); break;
    case BINARY128: STORE(Binary128, dest, x); break;
    case UNSUPPORTED: break;
    }
}
