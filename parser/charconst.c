/* Character constants and string literals as operands (C11 6.4.4.4, 6.4.5). */
#include "parser/impl.h"

#include <string.h>

/* ---------------------------------------------------------------- character constants */

/* The value of a plain constant: one char, sign-extended, or the bytes of several, as GCC joins them:
 * each one shifts those before it left by eight bits, and the last four stay. */
static CdeclOperand plain_constant(CdeclParse *parse, CdeclSpan span, uint32_t joined, size_t n) {
    const AbiType *type = abi_primitive(cdecl_graph(parse), ABI_P_INT);
    const AbiType *unit = cdecl_unit_type(parse, CDECL_ENC_PLAIN, true);
    CdeclOperand c = fold_known(n == 1 ? unit : type, joined, span);
    return n == 1 ? fold_convert(parse, span, type, c) : c;
}

/* The constant that TOKEN spells. Of several characters in a wide constant the last one counts (GCC);
 * one that needs two code units is refused in u8 (a constraint), and gives its last unit in u. */
CdeclOperand fold_character(CdeclParse *parse, CdeclToken token) {
    CdeclLiteral l;
    CdeclUnits c;
    uint32_t joined = 0, last = 0;
    size_t n = 0;
    int more = -1;
    if (!cdecl_failed(parse) && cdecl_literal_open(&l, parse, token) == 0)
        while ((more = cdecl_literal_next(&l, &c)) > 0)
            for (unsigned i = 0; i < c.n; i++, n++) {
                joined = joined << 8 | (c.unit[i] & 0xFF);
                last = c.unit[i];
            }
    if (more == 0 && n == 0)
        more = cdecl_fail(parse, token.span, CDECL_E_EMPTY_CHARACTER);
    if (more == 0 && l.encoding == CDECL_ENC_UTF8 && n > 1)
        more = cdecl_fail(parse, token.span, CDECL_E_CHARACTER_TOO_LARGE, "char8_t");
    if (more != 0)
        return fold_failed(parse, token.span);
    if (l.encoding == CDECL_ENC_PLAIN)
        return plain_constant(parse, token.span, joined, n);
    return fold_known(l.type, last, token.span);
}

/* ---------------------------------------------------------------- string literals */

static const char *prefix_name(CdeclEncoding e) {
    static const char *const names[] = {"none", "u8", "u", "U", "L"};
    return names[e];
}

/* The encoding of adjacent literals: those without a prefix take that of the others (C11 6.4.5p5). */
static int joined_encoding(CdeclParse *parse, const CdeclToken *tokens, size_t n, CdeclEncoding *out) {
    *out = CDECL_ENC_PLAIN;
    for (size_t i = 0; i < n; i++) {
        CdeclLiteral l;
        if (cdecl_literal_open(&l, parse, tokens[i]) != 0)
            return -1;
        if (l.encoding == CDECL_ENC_PLAIN || l.encoding == *out)
            continue;
        if (*out != CDECL_ENC_PLAIN)
            return cdecl_fail(parse, tokens[i].span, CDECL_E_MIXED_PREFIXES, prefix_name(*out), prefix_name(l.encoding));
        *out = l.encoding;
    }
    return 0;
}

typedef struct Units {
    unsigned char *data; /* region; NULL: only count */
    size_t len;          /* bytes */
} Units;

static void put_unit(Units *u, uint32_t value, unsigned size) {
    uint16_t value16 = (uint16_t)value;
    uint8_t value8 = (uint8_t)value;
    const void *from = size == 1 ? (const void *)&value8 : size == 2 ? (const void *)&value16 : (const void *)&value;
    if (u->data)
        memcpy(u->data + u->len, from, size);
    u->len += size;
}

/* The code units of all TOKENS, or only their number of bytes. -1: the error is set. */
static int transcode(CdeclParse *parse, const CdeclToken *tokens, size_t n, CdeclEncoding encoding, Units *out) {
    const AbiType *type = cdecl_unit_type(parse, encoding, false);
    for (size_t i = 0; i < n; i++) {
        CdeclLiteral l;
        CdeclUnits c;
        int more;
        if (cdecl_literal_open(&l, parse, tokens[i]) != 0)
            return -1;
        l.type = type;
        l.unit = (unsigned)type->size;
        while ((more = cdecl_literal_next(&l, &c)) > 0)
            for (unsigned k = 0; k < c.n; k++)
                put_unit(out, c.unit[k], l.unit);
        if (more < 0)
            return -1;
    }
    return 0;
}

/* The literal that N adjacent TOKENS make: an array, whose value holds its bytes without the final zero. */
CdeclOperand fold_string(CdeclParse *parse, const CdeclToken *tokens, size_t n) {
    CdeclSpan whole = fold_join(tokens[0].span, tokens[n - 1].span);
    CdeclEncoding encoding;
    Units units = {0};
    if (cdecl_failed(parse) || joined_encoding(parse, tokens, n, &encoding) != 0 || transcode(parse, tokens, n, encoding, &units) != 0)
        return fold_failed(parse, whole);
    const AbiType *item = cdecl_unit_type(parse, encoding, false);
    AbiError err;
    const AbiType *type = abi_array(cdecl_graph(parse), (AbiQType){item, 0}, units.len / item->size + 1, &err);
    if (!type) {
        cdecl_fail_abi(parse, whole, &err);
        return fold_failed(parse, whole);
    }
    bool shared = parse->apply && item->size == 1; /* applied in a loop, a macro makes the same strings again and again */
    size_t size = units.len + item->size;
    units.data = shared ? cdecl_scratch(parse, size) : abi_region_alloc(cdecl_region(parse), size);
    if (!units.data) {
        cdecl_fail(parse, whole, CDECL_E_MEMORY);
        return fold_failed(parse, whole);
    }
    units.len = 0;
    transcode(parse, tokens, n, encoding, &units);
    const char *data = (const char *)units.data;
    if (shared && !(data = abi_region_name(cdecl_region(parse), data, units.len))) {
        cdecl_fail(parse, whole, CDECL_E_MEMORY);
        return fold_failed(parse, whole);
    }
    CdeclOperand r = fold_typed((AbiQType){type, 0}, whole);
    r.value = (CdeclValue){.kind = CDECL_V_STRING, .type = type, .string = {data, units.len}};
    r.flags = CDECL_O_LVALUE;
    return r;
}
