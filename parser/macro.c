/* #define: a macro's name, parameters and replacement list (C11 6.10.3).
 *
 * The list is kept as it is written and cut into tokens by the first expansion. What is wrong inside
 * of it (a stray '#') is therefore found only when the macro is used. */
#include "parser/pp.h"

#include "gen/cdecl.h"

static int no_memory(CdeclPp *pp, CdeclSpan at) {
    return cdecl_fail(pp->parse, at, CDECL_E_MEMORY);
}

/* ---------------------------------------------------------------- parameters */

enum { MAX_PARAMETERS = 2048 }; /* each is looked for among the others */

static int add_parameter(CdeclPp *pp, PpMacro *m, PpTokens *list, CdeclToken name) {
    for (size_t i = 0; i < list->count; i++)
        if (cdecl_token_same(&list->item[i], &name))
            return cdecl_fail(pp->parse, name.span, CDECL_E_PP_DUPLICATE_PARAMETER, (int)name.span.len, name.text);
    if (list->count == MAX_PARAMETERS)
        return cdecl_fail(pp->parse, name.span, CDECL_E_PP_TOO_MANY_PARAMETERS, MAX_PARAMETERS);
    m->n_params++;
    return pp_append(pp, list, &name);
}

/* identifier-list ")" after the "(" of a function-like macro; "..." and GNU's "name..." end it. */
static int read_parameters(CdeclPp *pp, PpMacro *m, PpTokens *list) {
    static const char va_args[] = "__VA_ARGS__";
    CdeclToken t;
    for (bool first = true;; first = false) {
        if (pp_file_token(pp, &t) < 0)
            return -1;
        if (t.kind == TK_RP && first)
            return 0;
        CdeclToken name = t;
        if (t.kind == TK_ELLIPSIS) {
            name.text = va_args;
            name.text_len = sizeof va_args - 1;
            m->variadic = true;
        } else if (t.kind != TK_IDENTIFIER) {
            return cdecl_fail(pp->parse, t.span, CDECL_E_PP_PARAMETER_EXPECTED);
        }
        if (add_parameter(pp, m, list, name) < 0 || pp_file_token(pp, &t) < 0)
            return -1;
        if (t.kind == TK_ELLIPSIS && !m->variadic) {
            m->variadic = true;
            if (pp_file_token(pp, &t) < 0)
                return -1;
        }
        if (t.kind == TK_RP)
            return 0;
        if (t.kind != TK_COMMA || m->variadic)
            return cdecl_fail(pp->parse, t.span, CDECL_E_PP_PARAMETERS_UNFINISHED);
    }
}

static int keep_parameters(CdeclPp *pp, PpMacro *m, const PpTokens *list, CdeclSpan at) {
    PpParam *params = m->n_params ? pp_table_alloc(pp->table, m->n_params * sizeof *params) : NULL;
    for (size_t i = 0; i < list->count; i++) {
        size_t n = cdecl_token_len(list->item[i]);
        char *text = params ? pp_table_alloc(pp->table, n + 1) : NULL;
        if (!text)
            return no_memory(pp, at);
        memcpy(text, list->item[i].text, n);
        params[i] = (PpParam){text, (uint32_t)n};
    }
    m->params = params;
    return 0;
}

/* ---------------------------------------------------------------- the definition */

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\f' || c == '\v' || c == '\r';
}

/* The replacement list: the rest of the line, without the white space around it. */
static int keep_body(CdeclPp *pp, PpMacro *m, CdeclSpan at) {
    CdeclLexer *lx = &pp->files[pp->n_files - 1].lexer;
    const char *start = lx->cursor, *end = pp_line_end(start, lx->limit);
    lx->cursor = end;
    while (start < end && is_blank(*start))
        start++;
    while (end > start && is_blank(end[-1]))
        end--;
    size_t n = (size_t)(end - start);
    char *body = pp_table_alloc(pp->table, n + 1);
    if (!body)
        return no_memory(pp, at);
    memcpy(body, start, n);
    m->body = body;
    m->body_len = (uint32_t)n;
    return 0;
}

static bool same_text(const PpMacro *a, const PpMacro *b) {
    if (a->builtin || b->builtin || a->function_like != b->function_like || a->variadic != b->variadic ||
        a->n_params != b->n_params || a->body_len != b->body_len || memcmp(a->body, b->body, a->body_len) != 0)
        return false;
    for (uint32_t i = 0; i < a->n_params; i++)
        if (a->params[i].len != b->params[i].len || memcmp(a->params[i].name, b->params[i].name, a->params[i].len) != 0)
            return false;
    return true;
}

static bool same_tokens(const PpMacro *a, const PpMacro *b) {
    if (a->n_tokens != b->n_tokens)
        return false;
    for (uint32_t i = 0; i < a->n_tokens; i++) {
        const CdeclToken *s = &a->tokens[i], *t = &b->tokens[i];
        bool both_spaced = i == 0 || (s->flags & CDECL_T_SPACE) == (t->flags & CDECL_T_SPACE);
        if (s->kind != t->kind || !both_spaced || (s->flags & (PP_PASTE | PP_STRINGIFY)) != (t->flags & (PP_PASTE | PP_STRINGIFY)) ||
            !cdecl_token_same(s, t))
            return false;
    }
    return true;
}

/* May B replace A silently? The same tokens, differently spaced only where there is space in both
 * (C11 6.10.3p1). */
bool pp_same_macro(CdeclPp *pp, PpMacro *a, PpMacro *b) {
    if (same_text(a, b))
        return true;
    if (a->builtin || b->builtin || a->function_like != b->function_like || a->variadic != b->variadic ||
        a->n_params != b->n_params)
        return false;
    return pp_macro_tokens(pp, a) == 0 && pp_macro_tokens(pp, b) == 0 && same_tokens(a, b);
}

/* The program may not define a macro twice and differently; of headers the last word counts, as
 * compilers have it for system headers. */
static int check_redefinition(CdeclPp *pp, PpMacro *old, PpMacro *new) {
    bool override = pp->parse->options && pp->parse->options->override;
    if (old->constant && new->constant)
        return 0; /* declare_constant compares their values */
    if (!old->own || !new->own || override || pp_same_macro(pp, old, new))
        return 0;
    if (cdecl_failed(pp->parse))
        return -1;
    cdecl_fail(pp->parse, new->at, CDECL_E_PP_REDEFINED, (int)new->name->len, new->name->text);
    if (old->parse == new->parse)
        cdecl_note(pp->parse, old->at, "first defined here");
    return -1;
}

static int keep_macro(CdeclPp *pp, PpName *name, PpMacro *m) {
    if (name->undefined)
        m->constant = false; /* it may have another value later: replaced like any macro */
    if (name->macro && same_text(name->macro, m))
        return 0;
    if (name->macro && check_redefinition(pp, name->macro, m) < 0)
        return -1;
    return pp_set(pp->table, name, m) < 0 ? no_memory(pp, m->at) : 0;
}

static int read_name(CdeclPp *pp, CdeclToken *name) {
    if (pp_file_token(pp, name) < 0)
        return -1;
    if (name->kind != TK_IDENTIFIER)
        return cdecl_fail(pp->parse, name->span, CDECL_E_PP_NAME_EXPECTED);
    if (cdecl_token_is(name, "defined"))
        return cdecl_fail(pp->parse, name->span, CDECL_E_PP_DEFINED_NAME);
    return 0;
}

/* Where M is defined, as line markers have it. */
static void locate(CdeclPp *pp, PpMacro *m, const PpFile *file) {
    const CdeclSource *source = cdecl_source(pp->parse, m->at.source);
    const char *presumed;
    m->file = file->name;
    if (!source)
        return;
    m->line = cdecl_line(pp->parse, m->at, &presumed);
    if (presumed != source->name) /* a marker's name is kept with the table; the text's may be the caller's */
        m->file = presumed;
}

/* What is wrong with # and ## is so before anyone uses the macro (C11 6.10.3.2p1, 6.10.3.3p1), and is seen where it is cut. */
static int check_hashes(CdeclPp *pp, PpMacro *m) {
    const char *body = m->body;
    size_t n = m->body_len;
    bool asked = m->function_like ? memchr(body, '#', n) || memchr(body, '%', n) || (m->variadic && memmem(body, n, "__VA_OPT__", 10))
                                  : n >= 2 && (body[0] == '#' || body[0] == '%' || body[n - 1] == '#' || body[n - 1] == ':');
    if (!asked)
        return 0;
    pp->site = m->at;
    return pp_macro_tokens(pp, m);
}

/* The rest of a #define line. */
int pp_define(CdeclPp *pp) {
    CdeclToken name;
    PpTokens parameters = {0};
    if (read_name(pp, &name) < 0)
        return -1;
    PpFile *file = &pp->files[pp->n_files - 1];
    PpName *entry = pp_name(pp->table, name.text, cdecl_token_len(name));
    PpMacro *m = entry ? pp_table_alloc(pp->table, sizeof *m) : NULL;
    if (!m)
        return no_memory(pp, name.span);
    m->name = entry;
    m->own = file->own;
    m->at = name.span;
    m->parse = scope_parse_number(pp->parse->scope);
    m->predefined = file->predefined;
    locate(pp, m, file);
    if (*file->lexer.cursor == '(') { /* no white space before it (C11 6.10.3p10) */
        file->lexer.cursor++;
        m->function_like = true;
        if (read_parameters(pp, m, &parameters) < 0 || keep_parameters(pp, m, &parameters, name.span) < 0)
            return -1;
    }
    if (keep_body(pp, m, name.span) < 0 || check_hashes(pp, m) < 0)
        return -1;
    int plain = pp_is_plain_constant(pp, m);
    if (plain < 0)
        return -1;
    m->constant = plain;
    pp->defines |= m->own && !plain && !m->function_like;
    if (keep_macro(pp, entry, m) < 0)
        return -1;
    if (m->constant && pp_declare_plain(pp, m, name) < 0)
        return -1;
    return m->own && !m->constant ? pp_activate(pp) : 0;
}

/* The rest of an #undef line. */
int pp_undefine(CdeclPp *pp) {
    CdeclToken name;
    if (read_name(pp, &name) < 0)
        return -1;
    PpName *entry = pp_find_name(pp->table, name.text, cdecl_token_len(name), cdecl_hash(name.text, cdecl_token_len(name)));
    if (entry && entry->macro && pp_set(pp->table, entry, NULL) < 0)
        return no_memory(pp, name.span);
    if (entry)
        entry->undefined = true;
    return 0;
}

/* ---------------------------------------------------------------- #pragma push_macro, pop_macro */

/* Remember what NAME stands for, if it is a macro or not. */
int pp_push_macro(CdeclPp *pp, const char *name, size_t n) {
    PpName *entry = pp_name(pp->table, name, n);
    PpPushed *pushed = entry ? pp_table_alloc(pp->table, sizeof *pushed) : NULL;
    if (!pushed)
        return no_memory(pp, pp->site);
    *pushed = (PpPushed){entry->macro, entry->pushed};
    return pp_set_pushed(pp->table, entry, pushed) < 0 ? no_memory(pp, pp->site) : 0;
}

/* Let NAME stand again for what it was when it was pushed last; without a push nothing happens. */
int pp_pop_macro(CdeclPp *pp, const char *name, size_t n) {
    PpName *entry = pp_find_name(pp->table, name, n, cdecl_hash(name, n));
    if (!entry || !entry->pushed)
        return 0;
    const PpPushed *pushed = entry->pushed;
    if (pp_set(pp->table, entry, pushed->macro) < 0 || pp_set_pushed(pp->table, entry, pushed->below) < 0)
        return no_memory(pp, pp->site);
    return 0;
}
