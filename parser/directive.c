/* Directives (C11 6.10): one line each, from its # to its newline. */
#include "parser/pp.h"

#include "gen/cdecl.h"

static PpFile *current(CdeclPp *pp) {
    return &pp->files[pp->n_files - 1];
}

static const struct { char name[14]; unsigned char len; PpDirective directive; } directives[] = {
#define D(name, directive) {name, sizeof name - 1, directive}
    D("define", D_DEFINE), D("if", D_IF), D("endif", D_ENDIF), D("ifdef", D_IFDEF), D("include", D_INCLUDE),
    D("ifndef", D_IFNDEF), D("else", D_ELSE), D("elif", D_ELIF), D("undef", D_UNDEF), D("pragma", D_PRAGMA),
    D("include_next", D_INCLUDE_NEXT), D("error", D_ERROR), D("line", D_LINE), D("warning", D_WARNING),
    D("import", D_IMPORT), D("elifdef", D_ELIFDEF), D("elifndef", D_ELIFNDEF), D("ident", D_IGNORED),
    D("embed", D_EMBED), D("sccs", D_IGNORED), D("assert", D_IGNORED), D("unassert", D_IGNORED),
#undef D
};

/* The directive of that name. */
PpDirective pp_which_directive(const char *s, size_t n) {
    for (size_t i = 0; i < sizeof directives / sizeof *directives; i++)
        if (directives[i].len == n && memcmp(directives[i].name, s, n) == 0)
            return directives[i].directive;
    return D_UNKNOWN;
}

/* ---------------------------------------------------------------- #line (C11 6.10.4), "# 33 "file"" */

static int read_line(CdeclPp *pp, const CdeclToken *number, CdeclSpan at) {
    uint64_t line = 0;
    size_t n = cdecl_token_len(*number);
    PpFile *file = current(pp);
    CdeclToken t;
    for (size_t i = 0; i < n && line <= UINT32_MAX; i++) {
        if (number->text[i] < '0' || number->text[i] > '9')
            return cdecl_fail(pp->parse, number->span, CDECL_E_PP_LINE_NUMBER);
        line = line * 10 + (uint64_t)(number->text[i] - '0');
    }
    if (number->kind != TK_NUMBER || line > INT32_MAX)
        return cdecl_fail(pp->parse, number->span, CDECL_E_PP_LINE_NUMBER);
    if (pp_expanded(pp, &t) < 0)
        return -1;
    const char *name = NULL;
    if (t.kind == TK_STRING && pp_file_name(pp, &t, &name) < 0)
        return -1;
    if (t.kind != TK_END && t.kind != TK_STRING)
        return cdecl_fail(pp->parse, t.span, CDECL_E_PP_LINE_NAME);
    if (at.source == PP_NOWHERE)
        return 0;
    if (!name)
        cdecl_line(pp->parse, at, &name);
    const char *end = pp_line_end(file->lexer.cursor, file->lexer.limit);
    uint32_t next = (uint32_t)(end - file->lexer.base) + (end < file->lexer.limit);
    return cdecl_source_mark(pp->parse, at.source, next, (uint32_t)line, name);
}

/* ---------------------------------------------------------------- the others */

/* The rest of the line, as it is written, is the message. */
static int fail_error(CdeclPp *pp, CdeclSpan at) {
    CdeclLexer *lx = &current(pp)->lexer;
    const char *start = pp_skip_blank(lx->cursor, lx->limit), *end = pp_line_end(start, lx->limit);
    while (end > start && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    return cdecl_fail(pp->parse, at, CDECL_E_PP_ERROR, (int)(end - start < 200 ? end - start : 200), start);
}

static int run_pragma(CdeclPp *pp, CdeclSpan at) {
    CdeclLexer *lx = &current(pp)->lexer;
    const char *end = pp_line_end(lx->cursor, lx->limit);
    size_t n = (size_t)(end - lx->cursor);
    char *text = cdecl_scratch(pp->parse, n + 1);
    if (!text)
        return -1;
    memcpy(text, lx->cursor, n);
    lx->cursor = end;
    CdeclLexer line = {text, text, text + n, PP_NOWHERE, false};
    return pp_pragma(pp, &line, at);
}

static int obey(CdeclPp *pp, PpDirective d, CdeclSpan at) {
    if (d != D_PRAGMA && d != D_LINE && d != D_DEFINE && d != D_IGNORED && d != D_WARNING && pp_activate(pp) < 0)
        return -1;
    switch (d) {
    case D_DEFINE: return pp_define(pp);
    case D_UNDEF: return pp_undefine(pp);
    case D_INCLUDE: case D_IMPORT: return pp_include(pp, at, false, d == D_IMPORT);
    case D_INCLUDE_NEXT: return pp_include(pp, at, true, false);
    case D_EMBED: return pp_embed(pp, at);
    case D_IF: case D_IFDEF: case D_IFNDEF: return pp_begin_if(pp, d, at);
    case D_ELIF: case D_ELIFDEF: case D_ELIFNDEF: case D_ELSE: return pp_middle_if(pp, d, at);
    case D_ENDIF: return pp_end_if(pp, at);
    case D_ERROR: return fail_error(pp, at);
    case D_PRAGMA: return run_pragma(pp, at);
    case D_LINE: {
        CdeclToken t;
        return pp_expanded(pp, &t) < 0 ? -1 : read_line(pp, &t, at);
    }
    default: return 0; /* #warning says nothing that a program could hear; #ident is for linkers */
    }
}

/* A directive nobody knows; perhaps one that is close to it. */
static int unknown_directive(CdeclPp *pp, const CdeclToken *t, CdeclSpan at) {
    CdeclNear near;
    int n = (int)(cdecl_token_len(*t) < 60 ? cdecl_token_len(*t) : 60);
    cdecl_near_start(&near, t->text, cdecl_token_len(*t));
    for (size_t i = 0; i < sizeof directives / sizeof *directives; i++)
        cdecl_near_offer(&near, directives[i].name, directives[i].len);
    bool found = near.best[0] != 0;
    return cdecl_fail(pp->parse, at, CDECL_E_PP_DIRECTIVE, n, t->text, found ? "; did you mean '#" : "",
                      found ? near.best : "", found ? "'?" : "");
}

static int run_directive(CdeclPp *pp, const CdeclToken *hash) {
    CdeclToken t;
    if (pp_file_token(pp, &t) < 0)
        return -1;
    if (t.kind == TK_END)
        return 0; /* the null directive */
    CdeclSpan at = cdecl_join(hash->span, t.span);
    if (t.kind == TK_NUMBER)
        return read_line(pp, &t, at);
    PpDirective d = t.kind == TK_IDENTIFIER ? pp_which_directive(t.text, cdecl_token_len(t)) : D_UNKNOWN;
    if (d == D_UNKNOWN)
        return unknown_directive(pp, &t, at);
    return obey(pp, d, at);
}

/* Obey the directive that HASH begins, and go to the end of its line. */
int pp_directive(CdeclPp *pp, const CdeclToken *hash) {
    size_t n_files = pp->n_files, n_contexts = pp->n_contexts;
    PpWatch before = current(pp)->watch;
    pp->in_directive = true;
    pp->line_end = hash->span;
    int failed = run_directive(pp, hash);
    pp->in_directive = false;
    if (failed)
        return -1;
    pp_drop_contexts(pp, n_contexts); /* what a macro left behind the part that counts */
    /* an #include has entered a file: the line to end is that of the one below */
    PpFile *file = &pp->files[n_files - 1];
    file->lexer.cursor = pp_line_end(file->lexer.cursor, file->lexer.limit);
    if (file->watch == before && before != PP_IN_GUARD)
        file->watch = PP_NO_GUARD;
    return 0;
}
