/* Tokens made from other tokens: ## and # (C11 6.10.3.2, 6.10.3.3). */
#include "parser/pp.h"

#include "gen/cdecl.h"

enum { MAX_MADE = 64 << 20 }; /* bytes of such tokens in one parse, which keeps them all */

/* N bytes of a new token, and a NUL behind them. Pasting to the same token over and over would take memory that
 * grows with the square of the text, and #x in a row too. */
static char *token_text(CdeclPp *pp, size_t n) {
    if (n > MAX_MADE - pp->bytes_made) {
        cdecl_fail(pp->parse, pp->site, CDECL_E_PP_TOKENS_TOO_LONG, MAX_MADE);
        return NULL;
    }
    pp->bytes_made += n;
    return cdecl_scratch(pp->parse, n + 1);
}

/* A token of its own text; the text is copied to where the parse keeps it. */
int pp_make_token(CdeclPp *pp, const char *text, size_t n, uint8_t kind, CdeclToken *out) {
    char *copy = cdecl_scratch(pp->parse, n + 1);
    if (!copy)
        return -1;
    memcpy(copy, text, n);
    *out = (CdeclToken){.kind = kind, .text = copy, .text_len = (uint32_t)n, .span = {PP_NOWHERE, 0, 0}};
    return 0;
}

/* LEFT becomes LEFT ## RIGHT: one token again, or it is an error. */
int pp_paste(CdeclPp *pp, CdeclToken *left, const CdeclToken *right) {
    size_t nl = cdecl_token_len(*left), nr = cdecl_token_len(*right), n = nl + nr;
    char *text = token_text(pp, n);
    if (!text)
        return -1;
    memcpy(text, left->text, nl);
    memcpy(text + nl, right->text, nr);
    CdeclLexer lx = {text, text, text + n, PP_NOWHERE, false};
    CdeclToken t;
    cdecl_lex(&lx, &t);
    if (t.kind == TK_BAD || t.kind == TK_END || t.span.len != n || t.flags & ~CDECL_T_PLAIN)
        return cdecl_fail(pp->parse, pp->site, CDECL_E_PP_BAD_PASTE, (int)nl, left->text, (int)nr, right->text);
    t.text_len = (uint32_t)n;
    t.span = (CdeclSpan){PP_NOWHERE, 0, 0};
    t.flags |= left->flags & CDECL_T_SPACE;
    *left = t;
    return 0;
}

static bool needs_escape(const CdeclToken *t, char c) {
    return (t->kind == TK_STRING || t->kind == TK_CHARACTER) && (c == '"' || c == '\\');
}

/* The length of the tokens' spelling as a string literal, and the literal itself if TO is not NULL. */
static size_t spell(const CdeclToken *tokens, size_t n, char *to) {
    size_t len = 0;
#define PUT(c) do { if (to) to[len] = (c); len++; } while (0)
    PUT('"');
    for (size_t i = 0; i < n; i++) {
        const CdeclToken *t = &tokens[i];
        size_t m = cdecl_token_len(*t);
        if (i && t->flags & CDECL_T_SPACE)
            PUT(' ');
        for (size_t k = 0; k < m; k++) {
            if (needs_escape(t, t->text[k]))
                PUT('\\');
            PUT(t->text[k]);
        }
    }
    PUT('"');
#undef PUT
    return len;
}

/* #parameter: the argument's spelling, each white space one blank. */
int pp_stringify(CdeclPp *pp, const CdeclToken *tokens, size_t n, CdeclToken *out) {
    size_t len = spell(tokens, n, NULL);
    char *text = token_text(pp, len);
    if (!text)
        return -1;
    spell(tokens, n, text);
    *out = (CdeclToken){.kind = TK_STRING, .text = text, .text_len = (uint32_t)len, .span = {PP_NOWHERE, 0, 0}};
    return 0;
}
