/* Tokens, and the lexer that makes them: no more is known here than bytes and words. Private to the layer. */
#ifndef CDEFFI_PARSER_TOKEN_H
#define CDEFFI_PARSER_TOKEN_H

#include "parser/cdecl.h"
#include "gen/cdecl.h"

#include <string.h>

/* Where a token was written: a source of this parse, and a place in it. */
typedef struct CdeclSpan {
    uint32_t source; /* index into the parse's sources: 0 is the cdef text */
    uint32_t offset; /* bytes */
    uint32_t len;    /* bytes */
} CdeclSpan;

/* A preprocessing token (C11 6.4), kinds TK_* from the grammar; TEXT points into the source's buffer. */
typedef struct CdeclToken { /* 32 bytes: tokens are copied again and again */
    uint8_t kind;
    uint8_t flags;    /* CDECL_T_* */
    uint16_t sub;     /* which one of its kind: CDECL_ST_*, CDECL_TW_*, a qualifier, an attribute, TK_BAD's code */
    uint32_t hash;    /* identifiers: of their spelling, once somebody asked; 0: not yet */
    const char *text; /* borrowed from the source, which lives as long as the parse */
    CdeclSpan span;
    uint32_t text_len; /* bytes of TEXT when it is not the source's (a pasted token); 0: span.len */
} CdeclToken;
enum {
    CDECL_T_LINE_START = 1, /* first on its line */
    CDECL_T_SPACE = 2,      /* white space before it */
    CDECL_T_PLAIN = 4       /* an identifier known to have no universal character name in it */
};

/* The bytes of a token's spelling. */
static inline size_t cdecl_token_len(CdeclToken t) {
    return t.text_len ? t.text_len : t.span.len;
}
static inline bool cdecl_token_is(const CdeclToken *t, const char *spelling) {
    size_t n = strlen(spelling);
    return cdecl_token_len(*t) == n && memcmp(t->text, spelling, n) == 0;
}
static inline bool cdecl_token_same(const CdeclToken *t, const CdeclToken *u) {
    size_t n = cdecl_token_len(*u);
    return cdecl_token_len(*t) == n && memcmp(t->text, u->text, n) == 0;
}

/* Behind the comment that starts at P, or NULL: it does not end before LIMIT. Comments have many stars, at the start
 * of lines, and few slashes. */
static inline const char *cdecl_comment_end(const char *p, const char *limit) {
    for (p += 3; p < limit; p++) {
        p = memchr(p, '/', (size_t)(limit - p));
        if (!p)
            return NULL;
        if (p[-1] == '*')
            return p + 1;
    }
    return NULL;
}

/* ---- lexer.re: bytes to preprocessing tokens */
typedef struct CdeclLexer {
    const char *base, *cursor, *limit; /* borrowed; *limit is a readable NUL */
    uint32_t source;
    bool at_line_start; /* nothing but white space since the last newline */
} CdeclLexer;
void cdecl_lex(CdeclLexer *, CdeclToken *);

typedef enum CdeclWordClass {
    CDECL_W_NAME,       /* an ordinary identifier */
    CDECL_W_KEYWORD,    /* kind and sub as the grammar wants them */
    /* the rest hold only while the program declares nothing of that name */
    CDECL_W_TYPEDEF,    /* sub: AbiPrim or CDECL_PRE_* */
    CDECL_W_CONVENTION, /* WINAPI */
    CDECL_W_OFFSETOF,
    CDECL_W_CONSTANT    /* true, false, nullptr */
} CdeclWordClass;
typedef struct CdeclWord { CdeclWordClass class; uint8_t kind; uint16_t sub; } CdeclWord;
extern const uint32_t cdecl_word_lengths[256];
CdeclWord cdecl_likely_word(const char *s, size_t n);
/* What the spelling S (N bytes, then a byte that continues no identifier) means before any declaration is
 * looked up; class CDECL_W_NAME for an ordinary identifier. */
static inline CdeclWord cdecl_word(const char *s, size_t n) {
    if (n >= 32 || !(cdecl_word_lengths[(unsigned char)*s] >> n & 1))
        return (CdeclWord){CDECL_W_NAME, TK_IDENTIFIER, 0};
    return cdecl_likely_word(s, n);
}

enum { /* predefined names that are no primitive */
    CDECL_PRE_FILE = ABI_PRIM_COUNT + 1, CDECL_PRE_VA_LIST, CDECL_PRE_MS_VA_LIST, CDECL_PRE_FLOAT_COMPLEX, CDECL_PRE_DOUBLE_COMPLEX,
    CDECL_PRE_TRUE, CDECL_PRE_FALSE, CDECL_PRE_NULLPTR
};
enum { /* storage-class and function specifiers: sub of TK_STORAGE, TK_STATIC, TK_EXTERN; bits in CdeclSpecs */
    CDECL_ST_TYPEDEF = 1, CDECL_ST_EXTERN = 2, CDECL_ST_STATIC = 4, CDECL_ST_AUTO = 8, CDECL_ST_REGISTER = 16,
    CDECL_ST_INLINE = 32, CDECL_ST_NORETURN = 64, CDECL_ST_THREAD = 128, CDECL_ST_CONSTEXPR = 256
};
typedef enum CdeclTypeWord { /* sub of TK_TYPEWORD; the order of specifier.c's table */
    CDECL_TW_VOID, CDECL_TW_CHAR, CDECL_TW_SHORT, CDECL_TW_INT, CDECL_TW_LONG, CDECL_TW_FLOAT, CDECL_TW_DOUBLE,
    CDECL_TW_SIGNED, CDECL_TW_UNSIGNED, CDECL_TW_BOOL, CDECL_TW_COMPLEX, CDECL_TW_IMAGINARY,
    CDECL_TW_INT128, CDECL_TW_UINT128, CDECL_TW_MS_INT8, CDECL_TW_MS_INT16, CDECL_TW_MS_INT32, CDECL_TW_MS_INT64,
    CDECL_TW_FLOAT16, CDECL_TW_BFLOAT16, CDECL_TW_FLOAT32, CDECL_TW_FLOAT64, CDECL_TW_FLOAT32X, CDECL_TW_FLOAT64X,
    CDECL_TW_FLOAT128, CDECL_TW_FLOAT80, CDECL_TW_DECIMAL32, CDECL_TW_DECIMAL64, CDECL_TW_DECIMAL128,
    CDECL_TW_BITINT /* _BitInt(N): its type travels with it */
} CdeclTypeWord;

#endif
