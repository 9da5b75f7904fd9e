/* Macro expansion (C11 6.10.3), token by token.
 *
 * Tokens that replace a macro's name are pushed as a context and read before the text goes on. While
 * a context is open its macro is not expanded; a name met meanwhile is marked and stays as it is, even
 * when it is read again elsewhere. What the standard leaves open (a call that begins inside of a
 * replacement and ends behind it) comes out as in GCC: an exhausted context is closed before the next
 * token is looked at. */
#include "parser/pp.h"

#include "gen/cdecl.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    MAX_DEPTH = 200,      /* calls inside of arguments */
    MAX_CONTEXTS = 100000
};

/* ---------------------------------------------------------------- memory of an expansion */

/* SIZE bytes that live until text is read again outside of any macro. */
void *pp_alloc(CdeclPp *pp, size_t size) {
    void *p = pp_chunk_alloc(NULL, &pp->chunks, size);
    if (!p)
        cdecl_fail(pp->parse, pp->site, CDECL_E_MEMORY);
    return p;
}

static int too_large(CdeclPp *pp) {
    return cdecl_fail(pp->parse, pp->site, CDECL_E_PP_EXPANSION_TOO_LARGE, pp->limits.macro_tokens);
}

/* Room for at least one more token. 0, or -1. */
int pp_grow(CdeclPp *pp, PpTokens *list) {
    size_t cap = list->cap ? list->cap * 2 : 4;
    if (list->count >= pp->limits.macro_tokens)
        return too_large(pp);
    if (list->cap && pp_chunk_extend(pp->chunks, list->item + list->cap, (cap - list->cap) * sizeof *list->item)) {
        list->cap = cap;
        return 0;
    }
    CdeclToken *item = pp_alloc(pp, cap * sizeof *item);
    if (!item)
        return -1;
    if (list->count)
        memcpy(item, list->item, list->count * sizeof *item);
    list->item = item;
    list->cap = cap;
    return 0;
}

/* Outside of every macro: nothing refers to the expansion's memory any more; keep one chunk of it. */
static void forget(CdeclPp *pp) {
    pp->expanded = 0;
    if (!pp->chunks)
        return;
    PpChunk *first = pp->chunks;
    while (first->below)
        first = first->below;
    pp_chunk_free(NULL, &pp->chunks, first);
    first->used = 0;
}

/* ---------------------------------------------------------------- contexts */

/* Read TOKENS next, the replacement of MACRO or (NULL) an argument; SPACE: what to say of white space
 * before the first. */
int pp_push(CdeclPp *pp, const CdeclToken *tokens, size_t n, PpMacro *macro, uint8_t space) {
    pp->expanded += n;
    pp->expanded_in_all += n + 1;
    if (pp->expanded > pp->limits.macro_tokens || pp->n_contexts > MAX_CONTEXTS)
        return too_large(pp);
    if (pp->expanded_in_all > pp->limits.total_tokens)
        return cdecl_fail(pp->parse, pp->site, CDECL_E_PP_TOO_MANY_TOKENS, (unsigned long long)pp->limits.total_tokens);
    if (pp->n_contexts == pp->cap_contexts) {
        size_t cap = pp->cap_contexts ? pp->cap_contexts * 2 : 16;
        PpContext *contexts = realloc(pp->contexts, cap * sizeof *contexts);
        if (!contexts)
            return cdecl_fail(pp->parse, pp->site, CDECL_E_MEMORY);
        pp->contexts = contexts;
        pp->cap_contexts = cap;
    }
    if (macro)
        macro->expanding = true;
    pp->contexts[pp->n_contexts++] = (PpContext){tokens, n ? tokens + n : tokens, macro, pp->site, space, true};
    return 0;
}

static void pop(CdeclPp *pp) {
    PpContext *c = &pp->contexts[--pp->n_contexts];
    if (c->macro)
        c->macro->expanding = false;
    if (c->fresh) /* it was empty: its place still separates what stands around it */
        pp->pushed_space |= c->space;
}

/* Give up what is left of the contexts above the first N. */
void pp_drop_contexts(CdeclPp *pp, size_t n) {
    while (pp->n_contexts > n)
        pop(pp);
    pp->pushed_space = 0;
}

static void take(PpContext *c, CdeclToken *t) {
    *t = *c->at++;
    if (c->fresh) {
        t->flags = (uint8_t)((t->flags & ~CDECL_T_SPACE) | c->space);
        c->fresh = false;
    }
    if (t->span.source == PP_NOWHERE)
        t->span = c->site;
}

/* The next token, not expanded. TK_END at the end of an argument, a directive, the text. */
int pp_raw(CdeclPp *pp, CdeclToken *t) {
    while (pp->n_contexts > pp->floor) {
        PpContext *c = &pp->contexts[pp->n_contexts - 1];
        if (c->at < c->end) {
            take(c, t);
            t->flags |= (uint8_t)pp->pushed_space;
            pp->pushed_space = 0;
            return 0;
        }
        pop(pp);
    }
    if (pp->isolated) {
        *t = (CdeclToken){.kind = TK_END, .span = pp->site};
        return 0;
    }
    if (pp_file_token(pp, t) < 0)
        return -1;
    t->flags |= (uint8_t)pp->pushed_space;
    pp->pushed_space = 0;
    return 0;
}

/* ---------------------------------------------------------------- calls of function-like macros */

/* Is the next token a "("? Then it is taken; anything else stays to be read. */
static int take_paren(CdeclPp *pp, bool *found) {
    *found = false;
    while (pp->n_contexts > pp->floor) {
        PpContext *c = &pp->contexts[pp->n_contexts - 1];
        if (c->at < c->end) {
            *found = c->at->kind == TK_LP;
            if (*found) {
                c->at++;
                c->fresh = false;
            }
            return 0;
        }
        pop(pp);
    }
    if (pp->isolated)
        return 0;
    CdeclLexer before = pp->files[pp->n_files - 1].lexer;
    CdeclToken t;
    pp->seeking_paren = true;
    pp->in_arguments++;
    int failed = pp_file_token(pp, &t);
    pp->in_arguments--;
    pp->seeking_paren = false;
    *found = failed == 0 && t.kind == TK_LP;
    if (!*found)
        pp->files[pp->n_files - 1].lexer = before;
    return failed;
}

typedef struct Collect {
    PpMacro *macro;
    PpArgument *args;
    uint32_t n, cap;
    PpTokens tokens;
    CdeclSpan at;
} Collect;

/* Arguments too many are counted, for the message, but not kept. */
static void end_argument(Collect *c) {
    if (c->n < c->cap)
        c->args[c->n] = (PpArgument){.tokens = c->tokens.item, .count = c->tokens.count};
    c->n++;
    c->tokens = (PpTokens){0};
}

/* A token inside of the parentheses. The name of a macro that is being expanded is marked now: by the
 * time the argument is read again that macro may be over. */
static int add_token(CdeclPp *pp, Collect *c, CdeclToken *t) {
    if (t->kind == TK_IDENTIFIER && pp->n_contexts > 0 && !(t->flags & PP_NO_EXPAND)) {
        const PpMacro *m = pp_macro_of(pp, t);
        if (m && m->expanding)
            t->flags |= PP_NO_EXPAND;
    }
    if (t->flags & CDECL_T_LINE_START)
        t->flags = (uint8_t)((t->flags & ~CDECL_T_LINE_START) | CDECL_T_SPACE);
    return pp_append(pp, &c->tokens, t);
}

/* A call in the text reaches to its ")". */
static void end_site(CdeclPp *pp, const Collect *c, const CdeclToken *paren) {
    for (unsigned i = 0; i < PP_SITES && i < pp->n_sites && pp->n_contexts == 0; i++)
        if (pp->sites[i].at.offset == c->at.offset && pp->sites[i].at.source == c->at.source)
            pp->sites[i].at = cdecl_join(c->at, paren->span);
}

static int collect_tokens(CdeclPp *pp, Collect *c) {
    size_t parens = 0;
    for (;;) {
        CdeclToken t;
        if (pp_raw(pp, &t) < 0)
            return -1;
        if (t.kind == TK_END)
            return cdecl_fail(pp->parse, c->at, CDECL_E_PP_CALL_UNFINISHED, (int)c->macro->name->len, c->macro->name->text);
        if (t.kind == TK_RP && parens == 0) {
            end_argument(c);
            end_site(pp, c, &t);
            return 0;
        }
        bool variable = c->macro->variadic && c->n + 1 >= c->macro->n_params;
        if (t.kind == TK_COMMA && parens == 0 && !variable) {
            end_argument(c);
            continue;
        }
        parens += t.kind == TK_LP;
        parens -= t.kind == TK_RP;
        if (add_token(pp, c, &t) < 0)
            return -1;
    }
}

/* C11 6.10.3p4; the variable arguments may be left out with the comma before them (GNU, C23). */
static int check_count(CdeclPp *pp, Collect *c) {
    PpMacro *m = c->macro;
    uint32_t n = c->n;
    if (m->n_params == 0 && n == 1 && c->args[0].count == 0)
        return 0;
    if (n == m->n_params) {
        /* The only parameter is variable and nothing was given */
        if (m->variadic && n == 1 && c->args[0].count == 0)
            c->args[0].omitted = true;
        return 0;
    }
    if (m->variadic && n + 1 == m->n_params) {
        c->args[n].omitted = true;
        return 0;
    }
    return cdecl_fail(pp->parse, c->at, n < m->n_params ? CDECL_E_PP_TOO_FEW_ARGUMENTS : CDECL_E_PP_TOO_MANY_ARGUMENTS,
                      (int)m->name->len, m->name->text, m->n_params, n);
}

/* The macro's arguments, from behind the "(" to the ")". */
static int collect(CdeclPp *pp, Collect *c) {
    c->cap = c->macro->n_params ? c->macro->n_params : 1;
    c->args = pp_alloc(pp, c->cap * sizeof *c->args);
    if (!c->args)
        return -1;
    memset(c->args, 0, c->cap * sizeof *c->args);
    pp->in_arguments++;
    int failed = collect_tokens(pp, c);
    pp->in_arguments--;
    return failed < 0 ? -1 : check_count(pp, c);
}

/* ---------------------------------------------------------------- expansion */

/* Do tokens come straight from the text? */
static bool is_text(const CdeclPp *pp) {
    return pp->n_contexts == 0 && !pp->isolated;
}

/* In the program's own text names such as "linux" are the program's, and what it defined as a plain
 * number is a constant with that name: as in cffi, where a member may have the same name. */
static bool replaces(const CdeclPp *pp, const PpMacro *m) {
    if (!(m->hidden || m->constant) || !is_text(pp) || pp->in_directive)
        return true;
    return !pp->files[pp->n_files - 1].own;
}

/* A name in the text is replaced; inside of a replacement it has the place of the outer name already. */
static void remember_site(CdeclPp *pp, const PpMacro *m, CdeclSpan at) {
    const PpSite *last = &pp->sites[(pp->n_sites - 1) % PP_SITES];
    if (pp->n_sites == 0 || last->at.offset != at.offset || last->at.source != at.source)
        pp->sites[pp->n_sites++ % PP_SITES] = (PpSite){at, m};
}

/* Replace a macro's name, and its arguments if it takes any, by what substitution makes of them. */
static int enter_substituted(CdeclPp *pp, PpMacro *m, const CdeclToken *name, uint8_t space) {
    PpTokens out = {0};
    Collect call = {.macro = m, .at = name->span};
    if ((m->function_like && collect(pp, &call) < 0) || pp_macro_tokens(pp, m) < 0)
        return -1;
    if (!m->pastes && !m->n_params)
        return pp_push(pp, m->tokens, m->n_tokens, m, space);
    if (pp_substitute(pp, m, call.args, &out) < 0)
        return -1;
    return pp_push(pp, out.item, out.count, m, space);
}

/* Replace a macro's name by its tokens. *EXPANDED false: it is no call, and the name stays. */
static int enter(CdeclPp *pp, PpMacro *m, const CdeclToken *name, bool *expanded) {
    *expanded = true;
    if (is_text(pp) && pp->in_arguments == 0)
        forget(pp);
    pp->site = name->span;
    uint8_t space = name->flags & CDECL_T_SPACE;
    if (name->flags & CDECL_T_LINE_START)
        space = CDECL_T_SPACE;
    if (m->builtin) {
        remember_site(pp, m, name->span);
        return pp_builtin(pp, m, name);
    }
    if (m->function_like && take_paren(pp, expanded) < 0)
        return -1;
    if (!*expanded)
        return 0;
    remember_site(pp, m, name->span);
    if (m->cut && !m->function_like && !m->pastes) /* as most are that are used again and again */
        return pp_push(pp, m->tokens, m->n_tokens, m, space);
    return enter_substituted(pp, m, name, space);
}

/* The token that M comes to in the end, if it is one and no macro's name: "extern" of a library's GTK_PUBLIC, whose macros are
 * most of those in a header. NULL: that is not plain to see. Outside of every macro, so that none is being expanded. */
static const CdeclToken *single_token(const CdeclPp *pp, const PpMacro *m) {
    enum { MAX_CHAIN = 4 };
    for (int i = 0; i < MAX_CHAIN && m->cut && m->n_tokens == 1 && !m->function_like && !m->pastes; i++) {
        CdeclToken t = m->tokens[0];
        const PpMacro *next = t.kind == TK_IDENTIFIER ? pp_macro_of(pp, &t) : NULL;
        if (!next)
            return &m->tokens[0];
        m = next;
    }
    return NULL;
}

/* The name T of M, in the text, becomes TOKEN, with no detour. */
static void become(CdeclPp *pp, const PpMacro *m, CdeclToken *t, const CdeclToken *token) {
    uint8_t space = t->flags & (CDECL_T_LINE_START | CDECL_T_SPACE) ? CDECL_T_SPACE : 0;
    CdeclSpan span = t->span;
    if (pp->in_arguments == 0)
        forget(pp);
    pp->site = span;
    remember_site(pp, m, span);
    *t = *token;
    t->span = span;
    t->flags = (uint8_t)((t->flags & ~CDECL_T_SPACE) | space);
}

/* T was read: replace it if it is a macro's name. *AGAIN: its replacement is to be read instead. */
static int replace(CdeclPp *pp, CdeclToken *t, bool *again) {
    *again = false;
    if (t->kind != TK_IDENTIFIER || t->flags & PP_NO_EXPAND || !pp->active)
        return 0;
    PpMacro *m = pp_macro_of(pp, t);
    if (!m || !replaces(pp, m))
        return 0;
    const CdeclToken *single = is_text(pp) ? single_token(pp, m) : NULL;
    if (single) {
        become(pp, m, t, single);
        return 0;
    }
    if (!m->expanding)
        return enter(pp, m, t, again);
    t->flags |= PP_NO_EXPAND;
    return 0;
}

/* The next token with macros expanded. */
int pp_expanded(CdeclPp *pp, CdeclToken *t) {
    bool again;
    do {
        if (pp_raw(pp, t) < 0)
            return -1;
        if (t->kind != TK_IDENTIFIER)
            return 0;
        if (replace(pp, t, &again) < 0)
            return -1;
    } while (again);
    return 0;
}

/* The same for T, just read from the text outside of every macro, or what follows if it is replaced. */
int pp_expanded_from(CdeclPp *pp, CdeclToken *t) {
    bool again;
    if (replace(pp, t, &again) < 0)
        return -1;
    return again ? pp_expanded(pp, t) : 0;
}

static int expand_all(CdeclPp *pp, PpTokens *out) {
    CdeclToken t;
    for (;;) {
        if (pp_expanded(pp, &t) < 0)
            return -1;
        if (t.kind == TK_END)
            return 0;
        if (pp_append(pp, out, &t) < 0)
            return -1;
    }
}

/* Expand the N tokens of an argument, as if they were all of the text (C11 6.10.3.1). */
int pp_expand_list(CdeclPp *pp, const CdeclToken *tokens, size_t n, PpTokens *out) {
    size_t floor = pp->floor, below = pp->n_contexts;
    bool isolated = pp->isolated;
    CdeclSpan site = pp->site;
    unsigned space = pp->pushed_space;
    if (pp->depth == MAX_DEPTH)
        return cdecl_fail(pp->parse, pp->site, CDECL_E_PP_TOO_DEEP, MAX_DEPTH);
    if (pp_push(pp, tokens, n, NULL, n ? tokens[0].flags & CDECL_T_SPACE : 0) < 0)
        return -1;
    pp->depth++;
    pp->pushed_space = 0;
    pp->floor = below;
    pp->isolated = true;
    int failed = expand_all(pp, out);
    pp_drop_contexts(pp, below);
    pp->floor = floor;
    pp->isolated = isolated;
    pp->site = site;
    pp->pushed_space = space;
    pp->depth--;
    return failed;
}

/* Does AT name a macro that was replaced there? Only the last ones are known: messages are about what
 * was read last. */
bool cdecl_macro_at(const CdeclParse *p, CdeclSpan at, char *text, size_t cap, CdeclSpan *defined) {
    const CdeclPp *pp = p->pp;
    for (unsigned i = 0; pp && i < PP_SITES && i < pp->n_sites; i++) {
        const PpSite *site = &pp->sites[i];
        const PpMacro *m = site->macro;
        if (site->at.source != at.source || at.offset - site->at.offset > site->at.len)
            continue; /* just behind the name counts too: "missing ';'" points there */
        bool here = !m->builtin && m->parse == scope_parse_number(p->scope);
        *defined = here ? m->at : (CdeclSpan){PP_NOWHERE, 0, 0};
        if (here || m->builtin)
            snprintf(text, cap, "in the expansion of macro '%.80s'", m->name->text);
        else
            snprintf(text, cap, "in the expansion of macro '%.40s', defined in %.40s", m->name->text, m->file);
        return true;
    }
    return false;
}
