/* A macro's replacement with its arguments put in (C11 6.10.3.1 to 6.10.3.3). */
#include "parser/pp.h"

#include "gen/cdecl.h"

typedef struct Build {
    CdeclPp *pp;
    const PpMacro *macro;
    PpArgument *args;
    PpTokens *out;
    bool paste;   /* ## stands before what comes next, */
    bool nothing; /* and what stands before that was an argument without tokens */
    bool started; /* something was put, with tokens or without */
    bool starts_with_nothing;
} Build;

static bool is_variable(const PpMacro *m, const CdeclToken *t) {
    return m->variadic && t->kind == PP_PARAMETER && t->sub + 1u == m->n_params;
}

/* The argument, fully expanded; the work is done once for all places it is needed in. */
static int expand_argument(CdeclPp *pp, PpArgument *arg) {
    PpTokens list = {0};
    if (arg->expanded || arg->count == 0)
        return 0;
    if (pp_expand_list(pp, arg->tokens, arg->count, &list) < 0)
        return -1;
    arg->expanded = list.item ? list.item : arg->tokens;
    arg->n_expanded = list.count;
    return 0;
}

/* Put T behind what is there: a token of the macro's own, with no ## before it. */
static int emit_own(Build *b, const CdeclToken *t) {
    b->starts_with_nothing |= b->started && b->nothing && b->out->count == 0;
    b->started = true;
    b->nothing = false;
    if (pp_append(b->pp, b->out, t) < 0)
        return -1;
    b->out->item[b->out->count - 1].flags &= (uint8_t)~(PP_PASTE | PP_STRINGIFY);
    return 0;
}

/* Put N tokens behind what is there. SPACE is what stands before the element in the macro's body. */
static int emit(Build *b, const CdeclToken *tokens, size_t n, uint8_t space) {
    bool paste = b->paste && !b->nothing;
    bool was_nothing = b->paste && b->nothing;
    b->starts_with_nothing |= b->started && b->nothing && !b->paste && b->out->count == 0;
    b->started = true;
    b->nothing = b->paste ? b->nothing && n == 0 : n == 0;
    if (n == 0)
        return 0;
    size_t first = 0;
    if (paste) {
        if (pp_paste(b->pp, &b->out->item[b->out->count - 1], &tokens[0]) < 0)
            return -1;
        first = 1;
    }
    for (size_t i = first; i < n; i++) {
        CdeclToken t = tokens[i];
        t.flags &= (uint8_t)~(PP_PASTE | PP_STRINGIFY);
        if (i == 0 && !was_nothing)
            t.flags = (uint8_t)((t.flags & ~CDECL_T_SPACE) | space);
        if (pp_append(b->pp, b->out, &t) < 0)
            return -1;
    }
    return 0;
}

/* GNU: in ", ## args" the comma goes if there are no variable arguments, and nothing is pasted to it
 * if there are. True if this was such a place. */
static bool swallow_comma(Build *b, const CdeclToken *t) {
    PpTokens *out = b->out;
    if (!b->paste || b->nothing || !is_variable(b->macro, t) || out->count == 0 || out->item[out->count - 1].kind != TK_COMMA)
        return false;
    if (b->args[t->sub].omitted) {
        out->count--;
        b->nothing = true;
    }
    b->paste = false;
    return true;
}

static int emit_parameter(Build *b, const CdeclToken *t) {
    PpArgument *arg = &b->args[t->sub];
    uint8_t space = t->flags & CDECL_T_SPACE;
    if (t->flags & PP_STRINGIFY) {
        CdeclToken string;
        if (pp_stringify(b->pp, arg->tokens, arg->count, &string) < 0)
            return -1;
        return emit(b, &string, 1, space);
    }
    if (swallow_comma(b, t)) {
        bool nothing = b->nothing;
        int failed = emit(b, arg->tokens, arg->count, space);
        b->nothing = nothing || arg->count == 0;
        return failed;
    }
    if (b->paste || t->flags & PP_PASTE)
        return emit(b, arg->tokens, arg->count, space);
    if (expand_argument(b->pp, arg) < 0)
        return -1;
    return emit(b, arg->expanded, arg->n_expanded, space);
}

static int build(Build *b, const CdeclToken *tokens, size_t n);

/* __VA_OPT__(tokens): the tokens, if there are variable arguments (C23 6.10.5.2). */
static int emit_va_opt(Build *b, const CdeclToken *t) {
    PpArgument *variable = &b->args[b->macro->n_params - 1];
    PpTokens list = {0};
    Build inner = {.pp = b->pp, .macro = b->macro, .args = b->args, .out = &list};
    if (expand_argument(b->pp, variable) < 0)
        return -1;
    if (variable->n_expanded && build(&inner, t + 2, t->sub) < 0)
        return -1;
    uint8_t space = t->flags & CDECL_T_SPACE;
    if (!(t->flags & PP_STRINGIFY)) {
        if (list.count) /* else it is like an argument without tokens: emit() knows */
            b->paste = b->paste && !inner.starts_with_nothing; /* ## took the argument without tokens */
        if (emit(b, list.item, list.count, space) < 0)
            return -1;
        if (list.count)
            b->nothing = inner.nothing; /* and so will one behind */
        return 0;
    }
    CdeclToken string;
    if (pp_stringify(b->pp, list.item, list.count, &string) < 0)
        return -1;
    return emit(b, &string, 1, space);
}

static int build(Build *b, const CdeclToken *tokens, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const CdeclToken *t = &tokens[i];
        int failed;
        if (t->kind == PP_PARAMETER)
            failed = emit_parameter(b, t);
        else if (t->kind == PP_VA_OPT)
            failed = emit_va_opt(b, t);
        else if (b->paste)
            failed = emit(b, t, 1, t->flags & CDECL_T_SPACE);
        else
            failed = emit_own(b, t);
        if (failed)
            return -1;
        if (t->kind == PP_VA_OPT)
            i += t->sub + 2u; /* its parentheses and what they hold */
        b->paste = (tokens[i].flags & PP_PASTE) != 0;
    }
    return 0;
}

/* The replacement of M for ARGS (unused if it has no parameters), in OUT. */
int pp_substitute(CdeclPp *pp, const PpMacro *m, PpArgument *args, PpTokens *out) {
    Build b = {.pp = pp, .macro = m, .args = args, .out = out};
    return build(&b, m->tokens, m->n_tokens);
}
