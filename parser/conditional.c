/* Conditionals (C11 6.10.1), and the text that they leave out: it is scanned as lines, not as tokens. */
#include "parser/pp.h"

#include "gen/cdecl.h"

#include <stdlib.h>

static PpFile *current(CdeclPp *pp) {
    return &pp->files[pp->n_files - 1];
}

/* ---------------------------------------------------------------- lines as text */

/* Behind the literal that starts at P, or at the end of its line. */
static const char *skip_literal(const char *p, const char *limit) {
    for (char quote = *p++; p < limit && *p != '\n'; p++) {
        if (*p == quote)
            return p + 1;
        if (*p == '\\' && p + 1 < limit && p[1] != '\n')
            p++;
    }
    return p;
}

static const char *skip_comment(const char *p, const char *limit) {
    const char *end = cdecl_comment_end(p, limit);
    return end ? end : limit;
}

/* The newline that ends the line at P, or LIMIT: not one inside of a comment. */
const char *pp_line_end(const char *p, const char *limit) {
    if (p < limit && *p == '\n')
        return p;
    const char *newline = memchr(p, '\n', (size_t)(limit - p));
    if (!newline)
        newline = limit;
    if (!memchr(p, '/', (size_t)(newline - p)))
        return newline; /* no comment, and that is all that quotes could hide */
    while (p < newline) {
        if (*p == '"' || *p == '\'') {
            p = skip_literal(p, newline);
        } else if (*p == '/' && p + 1 < newline && p[1] == '/') {
            return newline;
        } else if (*p == '/' && p + 1 < newline && p[1] == '*') {
            p = skip_comment(p, limit);
            if (p > newline) {
                newline = memchr(p, '\n', (size_t)(limit - p));
                newline = newline ? newline : limit;
            }
        } else {
            p++;
        }
    }
    return newline;
}

/* Behind white space and comments, but not newlines. */
const char *pp_skip_blank(const char *p, const char *limit) {
    for (;;) {
        while (p < limit && (*p == ' ' || *p == '\t' || *p == '\f' || *p == '\v' || *p == '\r'))
            p++;
        if (limit - p < 2 || p[0] != '/' || p[1] != '*')
            return p;
        p = skip_comment(p, limit);
    }
}

static size_t word_length(const char *p, const char *limit) {
    const char *start = p;
    while (p < limit && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_' || (p > start && *p >= '0' && *p <= '9')))
        p++;
    return (size_t)(p - start);
}

/* ---------------------------------------------------------------- conditionals (C11 6.10.1) */

static int open_condition(CdeclPp *pp, CdeclSpan at, bool taken) {
    if (pp->n_conds == pp->cap_conds) {
        size_t cap = pp->cap_conds ? pp->cap_conds * 2 : 16;
        PpCond *conds = realloc(pp->conds, cap * sizeof *conds);
        if (!conds)
            return cdecl_fail(pp->parse, at, CDECL_E_MEMORY);
        pp->conds = conds;
        pp->cap_conds = cap;
    }
    pp->conds[pp->n_conds++] = (PpCond){at, taken, false};
    return 0;
}

/* The innermost open conditional of this text; NULL: #endif and its like stand alone. */
static PpCond *innermost(CdeclPp *pp, CdeclSpan at, const char *name) {
    if (pp->n_conds > current(pp)->first_cond)
        return &pp->conds[pp->n_conds - 1];
    cdecl_fail(pp->parse, at, CDECL_E_PP_WITHOUT_IF, name);
    return NULL;
}

/* The macro's name behind #ifdef and its like. */
static int read_defined(CdeclPp *pp, PpMacro **macro, CdeclToken *name) {
    if (pp_file_token(pp, name) < 0)
        return -1;
    if (name->kind != TK_IDENTIFIER)
        return cdecl_fail(pp->parse, name->span, CDECL_E_PP_NAME_EXPECTED);
    *macro = pp_macro_of(pp, name);
    return 0;
}

static int evaluate(CdeclPp *pp, PpDirective d, CdeclSpan at, bool *value) {
    PpMacro *macro = NULL;
    CdeclToken name;
    if (d == D_IF || d == D_ELIF)
        return pp_condition(pp, at, value);
    if (read_defined(pp, &macro, &name) < 0)
        return -1;
    *value = (macro != NULL) == (d == D_IFDEF || d == D_ELIFDEF);
    return 0;
}

/* If this #ifndef is the first thing of a header, it may be the header's guard: "#ifndef NAME" or
 * "#if !defined NAME" and nothing more. */
static void watch_guard(CdeclPp *pp, PpDirective d) {
    PpFile *file = current(pp);
    CdeclLexer saved = file->lexer;
    CdeclToken t = {0};
    bool paren = false;
    if (file->watch != PP_AT_START || (d != D_IFNDEF && d != D_IF))
        return;
    if (d == D_IF) {
        bool negated = pp_file_token(pp, &t) == 0 && cdecl_token_is(&t, "!") && pp_file_token(pp, &t) == 0 &&
                       cdecl_token_is(&t, "defined");
        if (!negated || pp_file_token(pp, &t) < 0)
            goto no;
        paren = t.kind == TK_LP;
    }
    if ((d == D_IFNDEF || paren) && pp_file_token(pp, &t) < 0)
        goto no;
    CdeclToken name = t;
    if (name.kind != TK_IDENTIFIER || (paren && (pp_file_token(pp, &t) < 0 || t.kind != TK_RP)))
        goto no;
    if (pp_file_token(pp, &t) < 0 || t.kind != TK_END)
        goto no;
    file->lexer = saved;
    file->guard = pp_name(pp->table, name.text, cdecl_token_len(name));
    file->watch = file->guard ? PP_IN_GUARD : PP_NO_GUARD;
    file->guard_cond = pp->n_conds;
    return;
no:
    file->lexer = saved;
    file->watch = PP_NO_GUARD;
}

/* #if, #ifdef, #ifndef. */
int pp_begin_if(CdeclPp *pp, PpDirective d, CdeclSpan at) {
    bool value;
    watch_guard(pp, d);
    if (evaluate(pp, d, at, &value) < 0 || open_condition(pp, at, value) < 0)
        return -1;
    return value ? 0 : pp_skip_group(pp);
}

static void close_condition(CdeclPp *pp) {
    PpFile *file = current(pp);
    pp->n_conds--;
    if (file->watch == PP_IN_GUARD && pp->n_conds == file->guard_cond)
        file->watch = PP_BEHIND_GUARD;
}

/* A guard has no #else. */
static void guard_has_else(CdeclPp *pp) {
    PpFile *file = current(pp);
    if (file->watch == PP_IN_GUARD && pp->n_conds == file->guard_cond + 1)
        file->watch = PP_NO_GUARD;
}

/* #else and #elif..., met while the group before is skipped or (SKIPPING false) at its end. *ENTER: the
 * group that begins here is to be read. */
static int next_group(CdeclPp *pp, PpDirective d, CdeclSpan at, bool skipping, bool *enter) {
    PpCond *c = innermost(pp, at, d == D_ELSE ? "#else" : "#elif");
    *enter = false;
    if (!c)
        return -1;
    guard_has_else(pp);
    if (c->in_else)
        return cdecl_fail(pp->parse, at, CDECL_E_PP_AFTER_ELSE, d == D_ELSE ? "#else" : "#elif");
    bool value = d == D_ELSE;
    c->in_else = d == D_ELSE;
    if (c->taken || !skipping)
        return 0;
    if (!value && evaluate(pp, d, at, &value) < 0)
        return -1;
    pp->conds[pp->n_conds - 1].taken = value;
    *enter = value;
    return 0;
}

/* In a group that is not read: go to the next conditional directive of this level. */
static PpDirective next_conditional(PpFile *file, CdeclSpan *at) {
    const char *p = file->lexer.cursor, *limit = file->lexer.limit;
    for (size_t depth = 0; p < limit;) {
        p = pp_line_end(p, limit);
        p = p < limit ? pp_skip_blank(p + 1, limit) : limit;
        size_t mark = p < limit && *p == '#' ? 1 : limit - p > 1 && p[0] == '%' && p[1] == ':' ? 2 : 0;
        if (!mark)
            continue;
        const char *word = pp_skip_blank(p + mark, limit);
        size_t n = word_length(word, limit);
        PpDirective d = pp_which_directive(word, n);
        *at = (CdeclSpan){file->lexer.source, (uint32_t)(p - file->lexer.base), (uint32_t)(word + n - p)};
        p = word + n;
        if (d == D_IF || d == D_IFDEF || d == D_IFNDEF) {
            depth++;
        } else if (d >= D_ELIF && d <= D_ENDIF) {
            file->lexer.cursor = p;
            file->lexer.at_line_start = false;
            if (depth == 0)
                return d;
            depth -= d == D_ENDIF;
        }
    }
    file->lexer.cursor = limit;
    return D_UNKNOWN;
}

/* Pass over groups until one is to be read, or the conditional ends. */
int pp_skip_group(CdeclPp *pp) {
    for (;;) {
        CdeclSpan at;
        bool enter;
        PpDirective d = next_conditional(current(pp), &at);
        if (d == D_UNKNOWN)
            return 0; /* the end of the text says so */
        if (d == D_ENDIF) {
            close_condition(pp);
            return 0;
        }
        if (next_group(pp, d, at, true, &enter) < 0)
            return -1;
        if (enter)
            return 0;
    }
}

/* #else, #elif and the like, at the end of a group that was read. */
int pp_middle_if(CdeclPp *pp, PpDirective d, CdeclSpan at) {
    bool enter;
    return next_group(pp, d, at, false, &enter) < 0 ? -1 : pp_skip_group(pp);
}

/* #endif. */
int pp_end_if(CdeclPp *pp, CdeclSpan at) {
    if (!innermost(pp, at, "#endif"))
        return -1;
    close_condition(pp);
    return 0;
}
