/* A macro's replacement list, from text to tokens: what substitution works on. */
#include "parser/pp.h"

#include "gen/cdecl.h"

static uint32_t parameter_index(const PpMacro *m, const CdeclToken *t) {
    size_t n = cdecl_token_len(*t);
    uint32_t i = 0;
    while (i < m->n_params && (m->params[i].len != n || memcmp(m->params[i].name, t->text, n) != 0))
        i++;
    return i;
}

/* The body, lexed, with the places of its tokens forgotten: they count as tokens of the text that
 * names the macro. */
static int lex_body(CdeclPp *pp, const PpMacro *m, PpTokens *list) {
    CdeclLexer lx = {m->body, m->body, m->body + m->body_len, PP_NOWHERE, false};
    CdeclToken t;
    for (;;) {
        cdecl_lex(&lx, &t);
        if (t.kind == TK_END)
            return 0;
        t.text_len = t.span.len;
        t.span = (CdeclSpan){PP_NOWHERE, 0, 0};
        if (t.flags & CDECL_T_LINE_START)
            t.flags = CDECL_T_SPACE | (t.flags & CDECL_T_PLAIN);
        if (t.kind == TK_IDENTIFIER)
            t.hash = cdecl_hash(t.text, t.text_len);
        if (pp_append(pp, list, &t) < 0)
            return -1;
    }
}

/* How many tokens __VA_OPT__'s parentheses at I hold; SIZE_MAX: they are not closed. */
static size_t va_opt_length(const PpTokens *list, size_t i) {
    size_t depth = 0;
    for (size_t k = i; k < list->count; k++) {
        depth += list->item[k].kind == TK_LP;
        depth -= list->item[k].kind == TK_RP;
        if (depth == 0)
            return k == i ? SIZE_MAX : k - i - 1;
    }
    return SIZE_MAX;
}

static int fail_body(CdeclPp *pp, const PpMacro *m, CdeclCode code) {
    return cdecl_fail(pp->parse, pp->site, code, (int)m->name->len, m->name->text);
}

/* What a # in a function-like macro applies to: the next token. */
static bool is_parameter(const PpMacro *m, const PpTokens *list, size_t i) {
    return i < list->count && list->item[i].kind == TK_IDENTIFIER &&
           (parameter_index(m, &list->item[i]) < m->n_params || (m->variadic && cdecl_token_is(&list->item[i], "__VA_OPT__")));
}

/* Where each __VA_OPT__ ends, now that # and ## are out of the way. */
static int measure_va_opt(CdeclPp *pp, const PpMacro *m, PpTokens *list) {
    for (size_t i = 0; i < list->count; i++) {
        size_t n = list->item[i].kind == PP_VA_OPT ? va_opt_length(list, i + 1) : 0;
        if (n >= UINT16_MAX)
            return fail_body(pp, m, CDECL_E_PP_VA_OPT);
        if (list->item[i].kind == PP_VA_OPT)
            list->item[i].sub = (uint16_t)n;
    }
    return 0;
}

/* From lexed tokens to those that substitution reads: parameters numbered, # and ## made flags. */
static int resolve_body(CdeclPp *pp, PpMacro *m, const PpTokens *in, PpTokens *out) {
    uint8_t pending = 0; /* flags for the next token */
    for (size_t i = 0; i < in->count; i++) {
        CdeclToken t = in->item[i];
        if (t.kind == TK_HASHHASH) {
            if (out->count == 0 || i + 1 == in->count)
                return fail_body(pp, m, CDECL_E_PP_PASTE_AT_END);
            out->item[out->count - 1].flags |= PP_PASTE;
            m->pastes = true;
            continue;
        }
        if (m->function_like && t.kind == TK_HASH) {
            if (!is_parameter(m, in, i + 1))
                return fail_body(pp, m, CDECL_E_PP_STRINGIFY);
            pending = PP_STRINGIFY | (t.flags & CDECL_T_SPACE);
            continue;
        }
        if (pending)
            t.flags = (uint8_t)((t.flags & ~CDECL_T_SPACE) | pending);
        pending = 0;
        if (m->function_like && t.kind == TK_IDENTIFIER) {
            uint32_t k = parameter_index(m, &t);
            if (k < m->n_params) {
                t.kind = PP_PARAMETER;
                t.sub = (uint16_t)k;
            } else if (m->variadic && cdecl_token_is(&t, "__VA_OPT__")) {
                t.kind = PP_VA_OPT;
            }
        }
        if (pp_append(pp, out, &t) < 0)
            return -1;
    }
    return 0;
}

/* Cut the body into tokens, once. */
int pp_macro_tokens(CdeclPp *pp, PpMacro *m) {
    PpTokens lexed = {0}, resolved = {0};
    if (m->cut)
        return 0;
    m->pastes = false;
    if (lex_body(pp, m, &lexed) < 0 || resolve_body(pp, m, &lexed, &resolved) < 0 || measure_va_opt(pp, m, &resolved) < 0)
        return -1;
    return pp_set_tokens(pp->table, m, resolved.item, resolved.count) < 0 ? cdecl_fail(pp->parse, pp->site, CDECL_E_MEMORY) : 0;
}
