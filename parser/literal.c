/* The characters between quotes (C11 6.4.4.4, 6.4.5): prefixes, escapes, and their code units.
 *
 * The execution character set is UTF-8, as GCC's is by default: a plain literal keeps the source's bytes,
 * also where they are not UTF-8; the wider encodings need valid characters. */
#include "parser/fold.h"

#include <string.h>

CdeclSpan cdecl_subspan(CdeclToken token, size_t offset, size_t len) {
    if (token.text_len && token.text_len != token.span.len)
        return token.span;
    return (CdeclSpan){token.span.source, token.span.offset + (uint32_t)offset, (uint32_t)len};
}

static CdeclSpan span_of(const CdeclLiteral *l, const char *start) {
    return cdecl_subspan(l->token, (size_t)(start - l->token.text), (size_t)(l->p - start));
}

/* ---------------------------------------------------------------- prefixes and types */

/* The type of a code unit. A plain character constant's is char here; its value then has type int. */
const AbiType *cdecl_unit_type(const CdeclParse *parse, CdeclEncoding encoding, bool character) {
    AbiGraph *graph = cdecl_graph(parse);
    switch (encoding) {
    case CDECL_ENC_16: return abi_primitive(graph, ABI_P_CHAR16);
    case CDECL_ENC_32: return abi_primitive(graph, ABI_P_CHAR32);
    case CDECL_ENC_WIDE: return abi_primitive(graph, ABI_P_WCHAR);
    case CDECL_ENC_UTF8: /* char8_t; strings of it have type char up to C17, and no other layout */
        return abi_primitive(graph, character ? ABI_P_CHAR8 : ABI_P_CHAR);
    case CDECL_ENC_PLAIN: break;
    }
    return abi_primitive(graph, ABI_P_CHAR);
}

static CdeclEncoding prefix_of(const char *s, size_t n, size_t *len) {
    *len = 0;
    if (n >= 2 && s[0] == 'u' && s[1] == '8') {
        *len = 2;
        return CDECL_ENC_UTF8;
    }
    *len = n >= 1 && (s[0] == 'u' || s[0] == 'U' || s[0] == 'L');
    if (*len == 0)
        return CDECL_ENC_PLAIN;
    return s[0] == 'u' ? CDECL_ENC_16 : s[0] == 'U' ? CDECL_ENC_32 : CDECL_ENC_WIDE;
}

/* Start on a character constant or string literal, quotes included. */
int cdecl_literal_open(CdeclLiteral *l, CdeclParse *parse, CdeclToken token) {
    size_t n = cdecl_token_len(token), prefix;
    *l = (CdeclLiteral){.parse = parse, .token = token};
    l->encoding = prefix_of(token.text, n, &prefix);
    char quote = prefix < n ? token.text[prefix] : '"';
    if (n < prefix + 2 || token.text[n - 1] != quote)
        return cdecl_fail(parse, token.span, CDECL_E_UNFINISHED_LITERAL, quote);
    l->p = token.text + prefix + 1;
    l->end = token.text + n - 1;
    l->type = cdecl_unit_type(parse, l->encoding, quote == '\'');
    l->unit = (unsigned)l->type->size;
    return 0;
}

/* ---------------------------------------------------------------- encoding */

static void encode_utf8(CdeclUnits *out, uint32_t c) {
    unsigned n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (unsigned i = n; i-- > 1; c >>= 6)
        out->unit[i] = 0x80 | (c & 0x3F);
    out->unit[0] = lead[n] | c;
    out->n = n;
}

/* Code point C in the literal's encoding. */
static void encode(const CdeclLiteral *l, CdeclUnits *out, uint32_t c) {
    if (l->unit == 1)
        encode_utf8(out, c);
    else if (l->unit == 2 && c >= 0x10000) {
        out->unit[0] = 0xD800 + ((c - 0x10000) >> 10);
        out->unit[1] = 0xDC00 + ((c - 0x10000) & 0x3FF);
        out->n = 2;
    } else {
        out->unit[0] = c;
        out->n = 1;
    }
}

/* The character of valid UTF-8 that starts with byte C; -1: the error is set. */
static int source_character(CdeclLiteral *l, CdeclUnits *out) {
    unsigned char c = (unsigned char)*l->p++;
    if (c < 0x80 || l->unit == 1) {
        out->unit[0] = c;
        out->n = 1;
        return 1;
    }
    const char *start = l->p - 1;
    unsigned more = c >= 0xC2 && c < 0xE0 ? 1 : c >= 0xE0 && c < 0xF0 ? 2 : c >= 0xF0 && c < 0xF5 ? 3 : 0;
    uint32_t value = c & (0x3Fu >> more);
    for (unsigned i = 0; i < more; i++) {
        if (l->p == l->end || ((unsigned char)*l->p & 0xC0) != 0x80)
            return cdecl_fail(l->parse, span_of(l, start), CDECL_E_BAD_UTF8);
        value = value << 6 | ((unsigned char)*l->p++ & 0x3F);
    }
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    if (more == 0 || value < least[more] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return cdecl_fail(l->parse, span_of(l, start), CDECL_E_BAD_UTF8);
    encode(l, out, value);
    return 1;
}

/* ---------------------------------------------------------------- escapes */

/* The value of hex digit C, or 16. */
static unsigned hex(char c) {
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    c |= 32;
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
}

/* A line splice inside the literal: backslash, newline. */
static bool skip_splice(CdeclLiteral *l) {
    size_t left = (size_t)(l->end - l->p);
    size_t n = left >= 2 && l->p[0] == '\\' && l->p[1] == '\n' ? 2 : left >= 3 && memcmp(l->p, "\\\r\n", 3) == 0 ? 3 : 0;
    l->p += n;
    return n != 0;
}

static bool more(CdeclLiteral *l) {
    while (skip_splice(l)) {}
    return l->p < l->end;
}

/* A number of at most MOST digits in base 8 or 16; false if there is no digit. Past 32 bits it stays there. */
static bool escape_number(CdeclLiteral *l, unsigned base, unsigned most, uint64_t *value) {
    unsigned n = 0;
    *value = 0;
    for (; n < most && more(l) && hex(*l->p) < base; n++, l->p++)
        if (*value <= UINT32_MAX)
            *value = *value * base + hex(*l->p);
    return n > 0;
}

/* The brace before or behind the digits of \x{...}, \o{...} and \u{...} (GCC 13, clang 15). */
static bool take_brace(CdeclLiteral *l, char brace) {
    bool there = more(l) && *l->p == brace;
    l->p += there;
    return there;
}

/* \ooo and \xhh: a code unit, whatever the encoding. It must fit (C11 6.4.4.4p9, a constraint). */
static int numeric_escape(CdeclLiteral *l, CdeclUnits *out, const char *start, char kind) {
    uint64_t value;
    bool braces = take_brace(l, '{');
    if (!escape_number(l, kind == 'x' ? 16 : 8, kind == 'x' || braces ? UINT32_MAX : 3, &value) || (braces && !take_brace(l, '}')))
        return cdecl_fail(l->parse, span_of(l, start), CDECL_E_ESCAPE_NO_DIGITS, kind, kind == 'x' ? "hexadecimal digits" : "octal digits and '}'");
    if (value >> (8 * l->unit))
        return cdecl_fail(l->parse, span_of(l, start), CDECL_E_ESCAPE_RANGE, fold_spell(l->parse, (AbiQType){l->type, 0}));
    out->unit[0] = (uint32_t)value;
    out->n = 1;
    return 1;
}

/* \uxxxx and \Uxxxxxxxx: a character (C11 6.4.3); any of Unicode, as in C23 literals. */
static int universal_name(CdeclLiteral *l, CdeclUnits *out, const char *start, char kind) {
    unsigned want = kind == 'u' ? 4 : 8, n = 0;
    uint32_t value = 0;
    char digits[9] = "";
    bool braces = kind == 'u' && take_brace(l, '{');
    for (want = braces ? 8 : want; n < want && more(l) && hex(*l->p) < 16; n++, l->p++) {
        digits[n] = *l->p;
        value = value << 4 | hex(*l->p);
    }
    if (braces ? n == 0 || !take_brace(l, '}') : n < want)
        return cdecl_fail(l->parse, span_of(l, start), CDECL_E_ESCAPE_NO_DIGITS, kind, kind == 'u' ? "four hexadecimal digits" : "eight hexadecimal digits");
    if (value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return cdecl_fail(l->parse, span_of(l, start), CDECL_E_BAD_UNIVERSAL_NAME, kind, digits);
    encode(l, out, value);
    return 1;
}

/* After a backslash. An unknown escape stands for its character (GCC warns). */
static int escape(CdeclLiteral *l, CdeclUnits *out, const char *start) {
    static const char from[] = "abfnrtveE", to[] = "\a\b\f\n\r\t\v\33\33";
    if (!more(l))
        return cdecl_fail(l->parse, l->token.span, CDECL_E_UNFINISHED_LITERAL, *l->end);
    char c = *l->p;
    if (c >= '0' && c <= '7')
        return numeric_escape(l, out, start, 'o');
    if ((unsigned char)c >= 0x80)
        return source_character(l, out);
    l->p++;
    if (c == 'x')
        return numeric_escape(l, out, start, 'x');
    if (c == 'o' && more(l) && *l->p == '{')
        return numeric_escape(l, out, start, 'o');
    if (c == 'u' || c == 'U')
        return universal_name(l, out, start, c);
    const char *known = c ? strchr(from, c) : NULL;
    out->unit[0] = (unsigned char)(known ? to[known - from] : c);
    out->n = 1;
    return 1;
}

int cdecl_literal_next(CdeclLiteral *l, CdeclUnits *out) {
    if (!more(l))
        return 0;
    const char *start = l->p;
    if (*start != '\\')
        return source_character(l, out);
    l->p++;
    return escape(l, out, start);
}
