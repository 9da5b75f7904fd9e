/* Spellings of identifiers: universal character names, and copies that outlive the parse. */
#include "parser/impl.h"

static unsigned hex_value(char c) {
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 32) - 'a' + 10);
}

/* CODE in UTF-8, at OUT; how many bytes, or 0 for what is no character of an identifier
 * (C11 6.4.3p2, C23 D: nothing basic, no surrogates). */
static size_t encode(uint32_t code, char *out) {
    if (code < 0xA0 || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF)
        return 0;
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

/* \u00e9 in the identifier T becomes the character itself. 0, or -1 and the error is set. */
int cdecl_unescape(CdeclParse *p, CdeclToken *t) {
    size_t n = cdecl_token_len(*t), used = 0;
    if (t->flags & CDECL_T_PLAIN || !memchr(t->text, '\\', n))
        return 0;
    char *out = cdecl_scratch(p, n + 1);
    if (!out)
        return -1;
    for (size_t i = 0; i < n;) {
        if (t->text[i] != '\\') {
            out[used++] = t->text[i++];
            continue;
        }
        size_t digits = t->text[i + 1] == 'u' ? 4 : 8;
        uint32_t code = 0;
        for (size_t k = 0; k < digits; k++)
            code = code << 4 | hex_value(t->text[i + 2 + k]);
        size_t len = encode(code, out + used);
        if (len == 0)
            return cdecl_fail(p, cdecl_subspan(*t, i, digits + 2), CDECL_E_UNIVERSAL_NAME);
        used += len;
        i += digits + 2;
    }
    t->text = out;
    t->text_len = (uint32_t)used;
    t->hash = 0;
    return 0;
}

/* The spelling of T, interned in the region; NULL: the error is set. */
const char *cdecl_name(CdeclParse *p, const CdeclToken *t) {
    size_t n = cdecl_token_len(*t);
    CdeclSeenName *seen = p->seen_names && t->hash ? &p->seen_names[t->hash % CDECL_SEEN_NAMES] : NULL;
    if (seen && seen->hash == t->hash && seen->len == n && memcmp(seen->name, t->text, n) == 0)
        return seen->name;
    cdecl_transaction(p);
    const char *name = abi_region_name(p->region, t->text, n);
    if (!name)
        cdecl_fail(p, t->span, CDECL_E_MEMORY);
    else if (seen)
        *seen = (CdeclSeenName){t->hash, (uint32_t)n, name};
    return name;
}

/* A file's name, interned in the region; the one asked for last is remembered. NULL: the error is set. */
const char *cdecl_file_name(CdeclParse *p, const char *name) {
    static const CdeclSpan nowhere;
    if (p->file_seen == name)
        return p->file_kept;
    const char *kept = abi_region_name(p->region, name, strlen(name));
    if (!kept) {
        cdecl_fail(p, nowhere, CDECL_E_MEMORY);
        return NULL;
    }
    p->file_seen = name;
    return p->file_kept = kept;
}
