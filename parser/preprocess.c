/* The preprocessor's two ends: the texts it reads, and the tokens it hands on.
 *
 * A text without any '#', in a scope without macros, never comes here: its tokens go straight from
 * the lexer to the filter. */
#include "parser/pp.h"

#include "gen/cdecl.h"

#include <stdlib.h>

/* ---------------------------------------------------------------- start and end */

/* Read source SOURCE next. */
int pp_enter_text(CdeclPp *pp, uint32_t source, PpFile file) {
    const CdeclSource *text = cdecl_source(pp->parse, source);
    file.lexer = (CdeclLexer){text->text, text->text, text->text + text->len, source, true};
    return pp_enter(pp, file);
}

/* Read FILE next, whose lexer is ready. */
int pp_enter(CdeclPp *pp, PpFile file) {
    if (pp->n_files == pp->cap_files) {
        size_t cap = pp->cap_files ? pp->cap_files * 2 : 8;
        PpFile *files = realloc(pp->files, cap * sizeof *files);
        if (!files)
            return cdecl_fail(pp->parse, pp->site, CDECL_E_MEMORY);
        pp->files = files;
        pp->cap_files = cap;
    }
    file.first_cond = pp->n_conds;
    file.watch = PP_AT_START;
    pp->files[pp->n_files++] = file;
    return 0;
}

/* Obey the directives of TEXT, which is ours or the options', here and now. */
static int run_text(CdeclPp *pp, const char *text, size_t len, PpFile file) {
    CdeclToken t;
    bool in_directive = pp->in_directive;
    CdeclSpan line_end = pp->line_end;
    file.lexer = (CdeclLexer){text, text, text + len, PP_NOWHERE, true};
    if (pp_enter(pp, file) < 0)
        return -1;
    pp->in_directive = false;
    pp->in_arguments++; /* so that its end is an end */
    int failed;
    do
        failed = pp_file_token(pp, &t);
    while (!failed && t.kind != TK_END);
    pp->in_arguments--;
    pp->in_directive = in_directive;
    pp->line_end = line_end;
    if (!failed)
        pp->n_files--;
    return failed;
}

static int run_options(CdeclPp *pp) {
    const CdeclOptions *o = pp->parse->options;
    const char *text;
    size_t len;
    PpFile file = {.name = "<options>"};
    if (pp_option_text(pp, o, &text, &len) < 0)
        return -1;
    return run_text(pp, text, len, file);
}

/* From now on macros are replaced: what compilers predefine is there, and what the options ask for. */
int pp_activate(CdeclPp *pp) {
    PpTable *table = pp->table;
    PpFile file = {.name = "<built-in>", .predefined = true};
    if (pp->active)
        return 0;
    pp->active = true;
    if (!table->predefined) {
        table->predefined = true;
        if (pp_define_builtins(table) < 0)
            return cdecl_fail(pp->parse, pp->site, CDECL_E_MEMORY);
        if (run_text(pp, pp_target_macros, strlen(pp_target_macros), file) < 0 ||
            run_text(pp, pp_predefined_macros, strlen(pp_predefined_macros), file) < 0)
            return -1;
        pp_hide_plain_names(table);
    }
    return run_options(pp);
}

/* The operators that stand for a directive. */
static bool has_pragma_operators(const CdeclSource *text) {
    return memmem(text->text, text->len, "_Pragma", 7) || memmem(text->text, text->len, "__pragma", 8);
}

static bool has_directives(const CdeclSource *text) {
    return memchr(text->text, '#', text->len) || has_pragma_operators(text) ||
           memmem(text->text, text->len, "%:", 2);
}

static bool has_options(const CdeclOptions *o) {
    return o && (o->n_defines || o->n_undefs);
}

/* The text's name, to be kept with the macros; there is no end of the small parses of types and macros. */
static const char *keep_name(PpTable *t, const char *name) {
    static const char *const ours[] = {"type", "macro", "macro call"};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (strcmp(name, ours[i]) == 0)
            return ours[i];
    if (t->n_names && t->names[t->n_names - 1]->macro && t->names[t->n_names - 1]->macro->file &&
        strcmp(t->names[t->n_names - 1]->macro->file, name) == 0)
        return t->names[t->n_names - 1]->macro->file; /* as in the cdef before */
    char *copy = pp_table_alloc(t, strlen(name) + 1);
    return copy ? strcpy(copy, name) : NULL;
}

/* Is there anything to preprocess? Then set up the state for it. */
__attribute__((cold)) static int start(CdeclParse *p) {
    PpTable **table = scope_macros(p->scope);
    const CdeclSource *text = cdecl_source(p, p->lexer.source);
    p->pp_started = true;
    if (!(*table && (*table)->n_names) && !has_options(p->options) && !has_directives(text) && !p->predefined)
        return 0;
    if (!*table && !(*table = pp_table_new(p->graph)))
        return cdecl_fail(p, (CdeclSpan){0}, CDECL_E_MEMORY);
    CdeclPp *pp = calloc(1, sizeof *pp);
    if (!pp)
        return cdecl_fail(p, (CdeclSpan){0}, CDECL_E_MEMORY);
    pp_table_begin(*table);
    p->pp = pp;
    pp->parse = p;
    pp->open.fd = -1;
    p->seen_names = pp->seen;
    pp->table = *table;
    pp->limits = p->options ? scope_default_limits(&p->options->limits) : *scope_limits(p->scope);
    PpFile file = {.name = keep_name(pp->table, text->name), .own = true};
    if (!file.name)
        return cdecl_fail(p, (CdeclSpan){0}, CDECL_E_MEMORY);
    if (pp_enter_text(pp, p->lexer.source, file) < 0)
        return -1;
    if (p->predefined || pp->table->predefined || has_options(p->options) || has_pragma_operators(text))
        return pp_activate(pp);
    return 0;
}

bool cdecl_misses_predefined(const CdeclParse *p) {
    const CdeclDiagnosis *d = &p->diagnosis;
    const CdeclSource *at = cdecl_source(p, d->at.source);
    if (d->code == CDECL_E_MEMORY || !at || (p->pp && p->pp->active))
        return false;
    return d->at.offset < at->len && at->text[d->at.offset] == '_';
}

/* The parse is over: keep its macros if it succeeded, or go back to those before. */
void cdecl_preprocess_end(CdeclParse *p, bool keep) {
    CdeclPp *pp = p->pp;
    if (!pp)
        return;
    while (pp->n_contexts > 0) {
        PpMacro *m = pp->contexts[--pp->n_contexts].macro;
        if (m)
            m->expanding = false;
    }
    if (keep)
        pp_table_commit(pp->table);
    else
        pp_table_rollback(pp->table);
    pp_close_found(pp);
    pp_chunk_free(NULL, &pp->chunks, NULL);
    free(pp->files);
    free(pp->conds);
    free(pp->contexts);
    pp_close_folders(pp);
    free(pp->finds);
    cdecl_table_free(&pp->found);
    free(pp);
    p->pp = NULL;
    p->seen_names = NULL;
}

/* ---------------------------------------------------------------- tokens of the text */

/* Something stands outside of the #ifndef that may be a file's guard. */
static void spoil_guard(PpFile *file) {
    if (file->watch == PP_AT_START || file->watch == PP_BEHIND_GUARD)
        file->watch = PP_NO_GUARD;
}

static int end_of_file(CdeclPp *pp, bool *last) {
    PpFile *file = &pp->files[pp->n_files - 1];
    *last = pp->n_files == 1 || pp->in_arguments > 0;
    if (pp->n_conds > file->first_cond) {
        PpCond *open = &pp->conds[pp->n_conds - 1];
        return cdecl_fail(pp->parse, open->at, CDECL_E_PP_UNFINISHED_IF, open->in_else ? "#else" : "#if");
    }
    if (!*last)
        return pp_leave_file(pp);
    return 0;
}

/* A token of the line, TK_END at its end, just behind the last token and as often as it is asked for. */
static int directive_token(CdeclPp *pp, PpFile *file, CdeclToken *t) {
    CdeclLexer before = file->lexer;
    cdecl_lex(&file->lexer, t);
    if (t->flags & CDECL_T_LINE_START) {
        file->lexer = before;
        *t = (CdeclToken){.kind = TK_END, .text = "", .span = pp->line_end};
    } else {
        pp->line_end = (CdeclSpan){t->span.source, t->span.offset + t->span.len, 0};
    }
    return 0;
}

/* Is T, read from FILE, more than a token: a directive perhaps, the end, or the first one of a header? */
static inline bool is_special(const PpFile *file, const CdeclToken *t) {
    return t->kind == TK_HASH || t->kind == TK_END || file->watch == PP_AT_START || file->watch == PP_BEHIND_GUARD;
}

/* T was read from the text, and is a directive's # or the end, or the first token of a header. *DONE: it
 * is the next token nevertheless. */
static int special_token(CdeclPp *pp, CdeclToken *t, bool *done) {
    *done = false;
    if (t->kind == TK_HASH && t->flags & CDECL_T_LINE_START && !pp->seeking_paren)
        return pp_directive(pp, t);
    if (t->kind == TK_END)
        return end_of_file(pp, done);
    spoil_guard(&pp->files[pp->n_files - 1]);
    *done = true;
    return 0;
}

/* The next token of the text; directives are obeyed on the way. In a directive its line's end is
 * TK_END, in a call's arguments the file's end. */
int pp_file_token(CdeclPp *pp, CdeclToken *t) {
    for (bool done = false; !done;) {
        PpFile *file = &pp->files[pp->n_files - 1];
        if (pp->in_directive)
            return directive_token(pp, file, t);
        cdecl_lex(&file->lexer, t);
        if (!is_special(file, t))
            return 0;
        if (special_token(pp, t, &done) < 0)
            return -1;
    }
    return 0;
}

/* The end of the text: once, before anybody learns of it, its macros become constants. */
static int end_of_text(CdeclPp *pp) {
    if (pp->ended || pp->parse->is_type)
        return 0;
    pp->ended = true;
    return pp_declare_constants(pp);
}

/* T was read from the text, and is a directive's # or may be a macro's name: the next token that comes of it. */
__attribute__((noinline)) static int expand_text(CdeclPp *pp, CdeclToken *t) {
    bool done = true;
    if (is_special(&pp->files[pp->n_files - 1], t) && special_token(pp, t, &done) < 0)
        return -1;
    if ((done ? pp_expanded_from(pp, t) : pp_expanded(pp, t)) < 0)
        return -1;
    return t->kind == TK_END ? end_of_text(pp) : 0;
}

/* The next token where it does not simply stand in the text. */
__attribute__((noinline)) static int other_token(CdeclParse *p, CdeclToken *t) {
    if (!p->pp_started)
        return start(p) < 0 ? -1 : cdecl_next_token(p, t);
    if (!p->pp) {
        cdecl_lex(&p->lexer, t);
        return 0;
    }
    if (pp_expanded(p->pp, t) < 0)
        return -1;
    return t->kind == TK_END ? end_of_text(p->pp) : 0;
}

/* The next token for the filter: macros expanded, directives obeyed. Most tokens stand in the text and
 * are no macro's name; they take the short way, which has a function of its own to need few registers. */
int cdecl_next_token(CdeclParse *p, CdeclToken *t) {
    CdeclPp *pp = p->pp;
    if (!pp || pp->n_contexts > 0 || pp->pushed_space)
        return other_token(p, t);
    PpFile *file = &pp->files[pp->n_files - 1];
    cdecl_lex(&file->lexer, t);
    if (is_special(file, t))
        return expand_text(pp, t);
    if (t->kind != TK_IDENTIFIER)
        return 0;
    t->hash = cdecl_hash(t->text, t->span.len);
    cdecl_table_prefetch(p->symbols, t->hash);
    return pp_may_be_name(pp->table, t->hash) ? expand_text(pp, t) : 0;
}
