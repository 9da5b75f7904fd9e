/* Numbers (C23 6.4.4.1, 6.4.4.2 and GNU's): every base, digit separators, every suffix.
 *
 *   integer:  (decimal | 0octal | 0x hex | 0b binary | 0o octal) (u | l | ll | z | wb | i)*
 *   floating: decimal or hexadecimal, with one of the suffixes below and i
 *
 * An imaginary constant has a complex type and no value: complex constants are not folded. */
#include "parser/impl.h"

#include <string.h>

enum { SHORT = 48 }; /* bytes; longer numbers take scratch memory */

typedef struct Number {
    CdeclParse *parse;
    CdeclToken token;
    char *text;       /* borrowed: without separators and line splices, NUL-terminated */
    uint32_t *origin; /* borrowed: where each character of it stands in the token */
    size_t len;
    char short_text[SHORT];
    uint32_t short_origin[SHORT];
} Number;

static CdeclOperand failed(const Number *n) {
    return fold_failed(n->parse, n->token.span);
}

static CdeclSpan span_at(const Number *n, size_t i, size_t len) {
    if (i >= n->len)
        return n->token.span;
    size_t last = i + len - 1 < n->len ? i + len - 1 : n->len - 1;
    return cdecl_subspan(n->token, n->origin[i], n->origin[last] - n->origin[i] + 1);
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* The value of C as a digit, 36 and more for what is none. */
static unsigned digit_value(char c) {
    if (is_digit(c))
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a' + 10);
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A' + 10);
    return 99;
}

/* ---------------------------------------------------------------- the text */

/* Copy the token without separators and splices. A separator stands between two digits. */
static int clean(Number *n) {
    const char *s = n->token.text;
    size_t len = cdecl_token_len(n->token);
    n->text = len < SHORT ? n->short_text : cdecl_scratch(n->parse, len + 1);
    n->origin = len < SHORT ? n->short_origin : n->text ? cdecl_scratch(n->parse, (len + 1) * sizeof *n->origin) : NULL;
    if (!n->origin)
        return -1;
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '\\') {
            while (i + 1 < len && (s[i + 1] == '\r' || s[i + 1] == '\n'))
                i++;
            continue;
        }
        if (s[i] == '\'') {
            unsigned base = n->len > 1 && n->text[0] == '0' && (n->text[1] | 32) == 'x' ? 16 : 10;
            bool between = n->len > 0 && digit_value(n->text[n->len - 1]) < base && i + 1 < len && digit_value(s[i + 1]) < base;
            if (!between)
                return cdecl_fail(n->parse, cdecl_subspan(n->token, i, 1), CDECL_E_BAD_SEPARATOR);
            continue;
        }
        n->origin[n->len] = (uint32_t)i;
        n->text[n->len++] = s[i];
    }
    n->text[n->len] = '\0';
    return 0;
}

/* Lower-case copy of the suffix that starts at I, in BUF; false if it is too long to be one. */
static bool suffix_at(const Number *n, size_t i, char *buf, size_t cap) {
    size_t len = n->len - i;
    if (len >= cap)
        return false;
    for (size_t k = 0; k <= len; k++)
        buf[k] = (char)(n->text[i + k] >= 'A' && n->text[i + k] <= 'Z' ? n->text[i + k] + 32 : n->text[i + k]);
    return true;
}

static CdeclOperand bad_suffix(const Number *n, size_t i, const char *kind) {
    cdecl_fail(n->parse, span_at(n, i, n->len - i), CDECL_E_BAD_SUFFIX, n->text + i, kind);
    return failed(n);
}

static CdeclOperand imaginary(const Number *n, const AbiType *real) {
    AbiError err;
    const AbiType *t = abi_complex(cdecl_graph(n->parse), real, &err);
    if (!t) {
        cdecl_fail_abi(n->parse, n->token.span, &err);
        return failed(n);
    }
    CdeclOperand r = fold_typed((AbiQType){t, 0}, n->token.span);
    fold_defer(&r, n->token.span, CDECL_E_NOT_CONSTANT, NULL);
    return r;
}

/* ---------------------------------------------------------------- integers */

typedef struct IntSuffix {
    bool is_unsigned, imaginary, wb, z;
    unsigned longs;
    unsigned microsoft; /* 8, 16, 32 or 64 */
} IntSuffix;

/* i8, i16, i32, i64: the end of a suffix in Microsoft C. */
static unsigned microsoft_suffix(const char *s) {
    static const struct { const char *text; unsigned bits; } widths[] = {{"8", 8}, {"16", 16}, {"32", 32}, {"64", 64}};
    for (size_t i = 0; (*s == 'i' || *s == 'I') && i < sizeof widths / sizeof widths[0]; i++)
        if (strcmp(s + 1, widths[i].text) == 0)
            return widths[i].bits;
    return 0;
}

/* u, l or ll (of one case), z, wb and i, each once, in any order; or Microsoft's, u before it or not. */
static bool int_suffix(const char *s, IntSuffix *out) {
    *out = (IntSuffix){0};
    while (*s) {
        if ((out->microsoft = microsoft_suffix(s)))
            return out->longs + out->z + out->wb + out->imaginary == 0;
        if ((*s == 'u' || *s == 'U') && !out->is_unsigned) {
            out->is_unsigned = true;
            s++;
        } else if ((*s == 'l' || *s == 'L') && !out->longs) {
            out->longs = s[1] == s[0] ? 2 : 1;
            s += out->longs;
        } else if ((*s == 'z' || *s == 'Z') && !out->z) {
            out->z = true;
            s++;
        } else if (((s[0] == 'w' && s[1] == 'b') || (s[0] == 'W' && s[1] == 'B')) && !out->wb) {
            out->wb = true;
            s += 2;
        } else if (strchr("iIjJ", *s) && !out->imaginary) {
            out->imaginary = true;
            s++;
        } else
            return false;
    }
    return (out->longs != 0) + out->z + out->wb <= 1 && !(out->imaginary && (out->wb || out->z));
}

static unsigned bits_needed(FoldBits v) {
    uint64_t high = (uint64_t)(v >> 64), low = (uint64_t)v;
    return high ? 128 - (unsigned)__builtin_clzll(high) : low ? 64 - (unsigned)__builtin_clzll(low) : 0;
}

/* The first type of the list in C11 6.4.4.1p5 that holds the value. A decimal constant that no signed
 * type holds has type __int128, as in GCC; one that not even 64 bits hold has none. */
static AbiPrim int_prim(const IntSuffix *suffix, bool decimal, unsigned bits) {
    static const AbiPrim list[] = {ABI_P_INT, ABI_P_UINT, ABI_P_LONG, ABI_P_ULONG, ABI_P_LLONG, ABI_P_ULLONG};
    static const unsigned width[] = {8 * sizeof(int) - 1,  8 * sizeof(int),       8 * sizeof(long) - 1,
                                     8 * sizeof(long),     8 * sizeof(long long) - 1, 8 * sizeof(long long)};
    if (bits > 64)
        return ABI_P_NONE;
    if (suffix->z)
        return suffix->is_unsigned || bits == 64 ? ABI_P_SIZE : ABI_P_SSIZE;
    for (unsigned i = 2 * suffix->longs; i < 6; i++) {
        bool is_unsigned = i % 2;
        if (bits <= width[i] && (is_unsigned ? suffix->is_unsigned || !decimal : !suffix->is_unsigned))
            return list[i];
    }
    return ABI_P_INT128;
}

static AbiPrim microsoft_prim(const IntSuffix *suffix, unsigned bits) {
    if (bits > suffix->microsoft)
        return ABI_P_NONE;
    switch (suffix->microsoft) {
    case 8: return suffix->is_unsigned ? ABI_P_UCHAR : ABI_P_SCHAR;
    case 16: return suffix->is_unsigned ? ABI_P_USHORT : ABI_P_SHORT;
    case 32: return suffix->is_unsigned ? ABI_P_UINT : ABI_P_INT;
    default: return suffix->is_unsigned ? ABI_P_ULLONG : ABI_P_LLONG;
    }
}

static const AbiType *int_type(const Number *n, const IntSuffix *suffix, bool decimal, unsigned bits) {
    AbiGraph *graph = cdecl_graph(n->parse);
    if (suffix->wb) {
        unsigned least = suffix->is_unsigned ? 1 : 2, width = bits + !suffix->is_unsigned;
        AbiError err;
        const AbiType *t = abi_bitint(graph, width > least ? width : least, !suffix->is_unsigned, &err);
        if (!t)
            cdecl_fail_abi(n->parse, n->token.span, &err);
        return t;
    }
    AbiPrim prim = suffix->microsoft ? microsoft_prim(suffix, bits) : int_prim(suffix, decimal, bits);
    if (prim != ABI_P_NONE)
        return abi_primitive(graph, prim)->canonical;
    cdecl_fail(n->parse, n->token.span, CDECL_E_INTEGER_TOO_LARGE, "unsigned long");
    return NULL;
}

static const char *base_name(unsigned base) {
    return base == 16 ? "hexadecimal" : base == 8 ? "octal" : base == 2 ? "binary" : "decimal";
}

/* The digits from START on, in BASE; *END receives where the suffix starts, *TOO_LARGE whether 128 bits
 * do not hold them. -1: the error is set. */
static int digits(const Number *n, size_t start, unsigned base, FoldBits *value, size_t *end, bool *too_large) {
    FoldBits v = 0;
    size_t i = start;
    *too_large = false;
    for (; i < n->len; i++) {
        unsigned d = digit_value(n->text[i]);
        if (d >= base && d < 10)
            return cdecl_fail(n->parse, span_at(n, i, 1), CDECL_E_BAD_DIGIT, n->text[i], base_name(base));
        if (d >= base)
            break;
        *too_large |= v > ((FoldBits)-1 - d) / base;
        v = v * base + d;
    }
    *value = v;
    *end = i;
    return 0;
}

static CdeclOperand integer(const Number *n, size_t start, unsigned base) {
    FoldBits value = 0;
    size_t end = 0;
    bool too_large;
    IntSuffix suffix;
    if (digits(n, start, base, &value, &end, &too_large) != 0)
        return failed(n);
    if (!int_suffix(n->text + end, &suffix) || end == start)
        return bad_suffix(n, end == start && start > 0 ? 1 : end, "integer");
    if (too_large) { /* see CDECL_E_TOO_WIDE for _BitInt */
        cdecl_fail(n->parse, n->token.span, CDECL_E_INTEGER_TOO_LARGE, suffix.wb ? "unsigned _BitInt(128)" : "unsigned long");
        return failed(n);
    }
    const AbiType *t = int_type(n, &suffix, base == 10, bits_needed(value));
    if (!t)
        return failed(n);
    return suffix.imaginary ? imaginary(n, t) : fold_known(t, value, n->token.span);
}

/* ---------------------------------------------------------------- floating constants */

/* Where a floating constant's digits, point and exponent end; -1: the error is set. */
static int float_end(const Number *n, size_t start, unsigned base, size_t *end) {
    size_t i = start, points = 0, count = 0;
    for (; i < n->len && (digit_value(n->text[i]) < base || n->text[i] == '.'); i++) {
        if (n->text[i] != '.')
            count++;
        else if (++points > 1)
            return cdecl_fail(n->parse, span_at(n, i, 1), CDECL_E_TWO_POINTS);
    }
    if (count == 0)
        return cdecl_fail(n->parse, n->token.span, CDECL_E_NO_DIGITS, base == 16 ? "hexadecimal" : "floating");
    char c = i < n->len ? (char)(n->text[i] | 32) : '\0';
    if (c == (base == 16 ? 'p' : 'e')) {
        size_t mark = i++;
        if (i < n->len && (n->text[i] == '+' || n->text[i] == '-'))
            i++;
        if (i >= n->len || !is_digit(n->text[i]))
            return cdecl_fail(n->parse, span_at(n, mark, i - mark), CDECL_E_NO_EXPONENT_DIGITS);
        while (i < n->len && is_digit(n->text[i]))
            i++;
    } else if (base == 16)
        return cdecl_fail(n->parse, n->token.span, CDECL_E_NO_EXPONENT);
    *end = i;
    return 0;
}

/* The type of floating suffix S, lower case, without i. */
static AbiPrim float_prim(const char *s) {
    static const struct { const char *suffix; AbiPrim prim; } table[] = {
        {"", ABI_P_DOUBLE}, {"f", ABI_P_FLOAT}, {"l", ABI_P_LDOUBLE}, {"d", ABI_P_DOUBLE},
        {"f16", ABI_P_FLOAT16}, {"bf16", ABI_P_BFLOAT16}, {"f32", ABI_P_FLOAT32}, {"f64", ABI_P_FLOAT64},
        {"f128", ABI_P_FLOAT128}, {"f32x", ABI_P_FLOAT32X}, {"f64x", ABI_P_FLOAT64X},
        {"q", ABI_P_FLOAT128}, {"w", ABI_P_LDOUBLE}, /* __float128 and __float80 */
        {"df", ABI_P_DECIMAL32}, {"dd", ABI_P_DECIMAL64}, {"dl", ABI_P_DECIMAL128},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(s, table[i].suffix) == 0)
            return table[i].prim;
    return ABI_P_NONE;
}

/* Take one i or j off the start or the end of suffix S. */
static bool take_imaginary(char *s) {
    size_t n = strlen(s);
    if (n && (s[n - 1] == 'i' || s[n - 1] == 'j')) {
        s[n - 1] = '\0';
        return true;
    }
    if (n && (*s == 'i' || *s == 'j')) {
        memmove(s, s + 1, n);
        return true;
    }
    return false;
}

static CdeclOperand floating(const Number *n, size_t start, unsigned base) {
    size_t end = 0;
    char suffix[8];
    if (float_end(n, start, base, &end) != 0)
        return failed(n);
    if (!suffix_at(n, end, suffix, sizeof suffix))
        return bad_suffix(n, end, "floating");
    bool is_imaginary = take_imaginary(suffix);
    AbiPrim prim = float_prim(suffix);
    bool one_case = prim == ABI_P_BFLOAT16 || (prim >= ABI_P_DECIMAL32 && prim <= ABI_P_DECIMAL128); /* df or DF (C23 6.4.4.3p1) */
    if (prim == ABI_P_NONE || (one_case && ((n->text[end] ^ n->text[end + 1]) & 32)))
        return bad_suffix(n, end, "floating");
    const AbiType *t = abi_primitive(cdecl_graph(n->parse), prim);
    if (is_imaginary)
        return imaginary(n, t);
    long double v;
    n->text[end] = '\0'; /* the suffix was copied */
    if (!fold_real_parse(t, n->text, &v)) {
        cdecl_fail(n->parse, n->token.span, CDECL_E_MEMORY);
        return failed(n);
    }
    return fold_known_real(t, v, n->token.span);
}

/* ---------------------------------------------------------------- which of the two */

static unsigned base_of(const Number *n, size_t *start) {
    const char *s = n->text;
    *start = 0;
    if (s[0] != '0' || n->len < 2)
        return 10;
    *start = 2;
    switch (s[1] | 32) {
    case 'x': return 16;
    case 'b': return 2;
    case 'o': return 8;
    default: break;
    }
    *start = 0;
    return 8;
}

/* A decimal number with a point or an exponent; 09.5 and 09e1 are such, 09 a bad octal one. */
static bool is_decimal_float(const Number *n) {
    size_t i = 0;
    while (i < n->len && is_digit(n->text[i]))
        i++;
    return i < n->len && (n->text[i] == '.' || n->text[i] == 'e' || n->text[i] == 'E');
}

static bool is_hex_float(const Number *n) {
    for (size_t i = 2; i < n->len; i++)
        if (n->text[i] == '.' || (n->text[i] | 32) == 'p')
            return true;
    return false;
}

/* The constant that pp-number TOKEN spells. */
CdeclOperand fold_number(CdeclParse *parse, CdeclToken token) {
    Number n = {.parse = parse, .token = token};
    size_t start;
    if (cdecl_failed(parse) || clean(&n) != 0)
        return failed(&n);
    unsigned base = base_of(&n, &start);
    if (base == 16 && is_hex_float(&n))
        return floating(&n, start, 16);
    if ((base == 10 || (base == 8 && start == 0)) && is_decimal_float(&n))
        return floating(&n, 0, 10);
    return integer(&n, start, base);
}
