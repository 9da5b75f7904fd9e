/* #embed (C23 6.10.4): the bytes of a file as numbers between commas.
 *
 * They become a text of their own, which is read next as an included file's would be; what stands in prefix, suffix and
 * if_empty is part of it. Files are looked for where headers are. */
#include "parser/pp.h"

#include "parser/text.h"

#include "gen/cdecl.h"

#include <stdio.h>
#include <stdlib.h>

typedef enum Which { LIMIT, OFFSET, PREFIX, SUFFIX, IF_EMPTY, N_WHICH, OTHER = N_WHICH } Which;

static const char *const names[N_WHICH] = {"limit", "offset", "prefix", "suffix", "if_empty"};

typedef struct Embed {
    CdeclPp *pp;
    CdeclSpan at;
    PpHeaderName file;
    bool asks;                  /* __has_embed: a parameter that nobody knows is an answer, and no error */
    bool unknown;               /* there was one */
    bool given[N_WHICH];
    uint64_t count[PREFIX];     /* limit and offset */
    Text tokens[N_WHICH];       /* of the others */
} Embed;

static void forget(Embed *e) {
    for (Which w = PREFIX; w < N_WHICH; w++)
        free(e->tokens[w].data);
}

/* ---------------------------------------------------------------- parameters */

/* Where a macro made the file's name, what follows it was expanded as well (C23 6.10.4.1p12). */
static int next(Embed *e, CdeclToken *t) {
    return e->file.expanded ? pp_expanded(e->pp, t) : pp_raw(e->pp, t);
}

/* "limit", with or without its underscores. */
static bool is_name(const CdeclToken *t, const char *name) {
    const char *text = t->text;
    size_t n = cdecl_token_len(*t);
    pp_strip_underscores(&text, &n);
    return n == strlen(name) && memcmp(text, name, n) == 0;
}

/* The parameter that T names, or begins to: GCC and Clang have an offset under their own names. T is its last token then. */
static int which_parameter(Embed *e, CdeclToken *t, Which *which) {
    CdeclToken colons, name;
    *which = OTHER;
    for (Which w = 0; w < N_WHICH; w++)
        if (w != OFFSET && is_name(t, names[w]))
            *which = w;
    if (*which != OTHER || !(is_name(t, "gnu") || is_name(t, "clang")))
        return 0;
    if (next(e, &colons) < 0 || next(e, &name) < 0)
        return -1;
    if (colons.kind == TK_COLONCOLON && is_name(&name, names[OFFSET]))
        *which = OFFSET;
    *t = name;
    return 0;
}

/* ( tokens ), spelled into OUT. */
static int read_tokens(Embed *e, const char *whose, Text *out) {
    CdeclToken t;
    size_t depth = 0;
    do {
        if (pp_raw(e->pp, &t) < 0)
            return -1;
        bool opens = t.kind == TK_LP, closes = t.kind == TK_RP;
        if (t.kind == TK_END || (depth == 0 && !opens))
            return cdecl_fail(e->pp->parse, e->at, CDECL_E_PP_EMBED_PAREN, whose);
        depth -= closes;
        if (depth > 0) {
            text_put_string(out, " ");
            text_put(out, t.text, cdecl_token_len(t));
        }
        depth += opens;
    } while (depth > 0);
    return out->failed ? cdecl_fail(e->pp->parse, e->at, CDECL_E_MEMORY) : 0;
}

static int read_parameter(Embed *e, CdeclToken t) {
    CdeclToken name = t;
    Which w;
    if (t.kind != TK_IDENTIFIER || which_parameter(e, &t, &w) < 0 || w == OTHER) {
        if (cdecl_failed(e->pp->parse))
            return -1;
        if (e->asks && name.kind == TK_IDENTIFIER) {
            e->unknown = true;
            return 0;
        }
        size_t n = cdecl_token_len(name);
        return cdecl_fail(e->pp->parse, name.span, CDECL_E_PP_EMBED_PARAMETER, (int)(n < 60 ? n : 60), name.text);
    }
    if (e->given[w])
        return cdecl_fail(e->pp->parse, name.span, CDECL_E_PP_EMBED_TWICE, names[w]);
    e->given[w] = true;
    return w < PREFIX ? pp_count(e->pp, name.span, names[w], &e->count[w]) : read_tokens(e, names[w], &e->tokens[w]);
}

/* Parameters up to END. What nobody knows may have tokens of its own, which do not matter. */
static int read_parameters(Embed *e, int end) {
    CdeclToken t;
    size_t depth = 0;
    for (;;) {
        if (next(e, &t) < 0)
            return -1;
        if (t.kind == end && depth == 0)
            return 0;
        if (t.kind == TK_END)
            return cdecl_fail(e->pp->parse, e->at, CDECL_E_PP_EMBED_PAREN, "__has_embed");
        if (e->unknown)
            depth += (t.kind == TK_LP) - (size_t)(t.kind == TK_RP);
        else if (read_parameter(e, t) < 0)
            return -1;
    }
}

/* ---------------------------------------------------------------- the file */

/* Its index in pp->finds, PP_ABSENT or -1. Our own headers are no files. */
static int find(Embed *e) {
    size_t folder;
    int found = pp_find(e->pp, e->file.name, e->file.len, e->file.quoted, true, 0, &folder);
    return found >= 0 && e->pp->finds[found].header ? PP_ABSENT : found;
}

/* What is to be embedded, but no more than MOST bytes of it. */
static char *read_bytes(Embed *e, int found, uint64_t most, size_t *len) {
    uint64_t limit = e->given[LIMIT] && e->count[LIMIT] < most ? e->count[LIMIT] : most;
    return pp_read_data(e->pp, (uint32_t)found, e->count[OFFSET], limit, cdecl_join(e->at, e->file.span), len);
}

static int fail_absent(Embed *e) {
    char where[200] = "";
    pp_list_folders(e->pp, where, sizeof where);
    return cdecl_fail(e->pp->parse, e->file.span, CDECL_E_PP_NO_EMBED, (int)(e->file.len < 150 ? e->file.len : 150), e->file.name, where);
}

/* ---------------------------------------------------------------- the text */

/* "104,105": no digit more than needed, as there may be millions. */
static void put_numbers(Text *out, const char *bytes, size_t n) {
    char number[8];
    for (size_t i = 0; i < n; i++)
        text_put(out, number, (size_t)snprintf(number, sizeof number, i ? ",%u" : "%u", (unsigned char)bytes[i]));
}

static void put_tokens(Text *out, const Text *tokens) {
    if (tokens->len)
        text_put(out, tokens->data, tokens->len);
}

/* The text that stands for the N bytes; read next. */
static int enter(Embed *e, const char *name, const char *bytes, size_t n) {
    CdeclPp *pp = e->pp;
    Text out = {0};
    put_tokens(&out, &e->tokens[n ? PREFIX : IF_EMPTY]);
    text_put_string(&out, " ");
    put_numbers(&out, bytes, n);
    if (n)
        put_tokens(&out, &e->tokens[SUFFIX]);
    pp->bytes_read += out.len;
    bool too_much = pp->bytes_read > pp->limits.total_bytes;
    if (out.failed || too_much) {
        free(out.data);
        return out.failed ? cdecl_fail(pp->parse, e->at, CDECL_E_MEMORY)
                          : cdecl_fail(pp->parse, e->at, CDECL_E_PP_TOO_MUCH, (unsigned long long)pp->limits.total_bytes);
    }
    int source = cdecl_source_take(pp->parse, name, out.data, out.len);
    if (source < 0)
        return -1;
    cdecl_source_included(pp->parse, (uint32_t)source, e->at);
    if (pp_enter_text(pp, (uint32_t)source, (PpFile){.name = name, .own = pp->files[pp->n_files - 1].own}) < 0)
        return -1;
    pp->files[pp->n_files - 1].lexer.at_line_start = false; /* no directive begins there */
    return 0;
}

/* The rest of an #embed line. */
int pp_embed(CdeclPp *pp, CdeclSpan at) {
    Embed e = {.pp = pp, .at = at};
    size_t n;
    int found = -1, failed = -1;
    if (pp_header_name(pp, &e.file) == 0 && read_parameters(&e, TK_END) == 0)
        found = find(&e);
    if (found == PP_ABSENT)
        fail_absent(&e);
    char *bytes = found >= 0 ? read_bytes(&e, found, UINT64_MAX, &n) : NULL;
    if (bytes)
        failed = enter(&e, pp->finds[found].key, bytes, n);
    free(bytes);
    forget(&e);
    return failed;
}

/* __has_embed ( file parameters ), from the "(" on. */
int pp_has_embed(CdeclPp *pp, CdeclSpan at, int *answer) {
    Embed e = {.pp = pp, .at = at, .asks = true};
    CdeclToken paren;
    size_t n = 0;
    char *bytes = NULL;
    int found = -1;
    if (pp_raw(pp, &paren) < 0)
        return -1;
    if (paren.kind != TK_LP)
        return cdecl_fail(pp->parse, at, CDECL_E_PP_PAREN_EXPECTED, "__has_embed");
    if (pp_header_name(pp, &e.file) == 0 && read_parameters(&e, TK_RP) == 0)
        found = find(&e);
    forget(&e);
    *answer = 0;
    if (cdecl_failed(pp->parse))
        return -1;
    if (found < 0 || e.unknown)
        return 0;
    if (!(bytes = read_bytes(&e, found, 1, &n)))
        return -1;
    free(bytes);
    *answer = n ? 1 : 2;
    return 0;
}
