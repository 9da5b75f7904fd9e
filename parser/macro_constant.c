/* The program's own macros as constants of its scope.
 *
 * "#define N 3" in a cdef text declares a constant, as in cffi: at once, so that what follows can use
 * it. What takes an expression ("#define M (N << 2)") may need what is declared later; it is looked
 * at when the text ends, and is a constant if it has a value then. */
#include "parser/pp.h"

#include "gen/cdecl.h"

/* ---------------------------------------------------------------- plain numbers */

/* A number, with a sign or without, or cffi's "...". */
static bool is_plain(const PpMacro *m) {
    const CdeclToken *t = m->tokens;
    if (m->n_tokens == 2 && (t->kind == TK_MINUS || t->kind == TK_PLUS))
        t++;
    else if (m->n_tokens != 1)
        return false;
    return t->kind == TK_NUMBER || (m->n_tokens == 1 && t->kind == TK_ELLIPSIS);
}

/* Is M a macro that stands for a constant and nothing else? 1, 0, or -1: the error is set. */
int pp_is_plain_constant(CdeclPp *pp, PpMacro *m) {
    if (!m->own || m->function_like || m->body_len == 0 || m->body_len > 100)
        return 0;
    if (pp_macro_tokens(pp, m) < 0)
        return -1;
    return is_plain(m);
}

/* 1, 0 if the tokens are no constant, or -1: the error is set. */
static int declare_evaluated(CdeclParse *p, CdeclToken name, const CdeclToken *tokens, size_t n) {
    CdeclOperand e;
    CdeclValue value;
    if (cdecl_evaluate(p, tokens, n, &e) < 0)
        return cdecl_failed(p) ? -1 : 0;
    if (!fold_is_constant(&e) || fold_value(p, e, &value) < 0)
        return cdecl_failed(p) ? -1 : 0;
    return declare_constant(p, name, value, 0) < 0 ? -1 : 1;
}

/* Declare the plain constant M, whose name in the text is NAME. A number that no type can hold is none:
 * what uses the macro will say so. */
int pp_declare_plain(CdeclPp *pp, PpMacro *m, CdeclToken name) {
    CdeclParse *p = pp->parse;
    if (!name.hash)
        name.hash = cdecl_hash(name.text, cdecl_token_len(name));
    if (m->tokens[0].kind != TK_ELLIPSIS) {
        int declared = declare_evaluated(p, name, m->tokens, m->n_tokens);
        m->constant = declared > 0;
        return declared < 0 ? -1 : 0;
    }
    CdeclValue unknown = {.type = abi_primitive(p->graph, ABI_P_INT)};
    return declare_constant(p, name, unknown, CDECL_S_NEEDS_COMPILER);
}

/* ---------------------------------------------------------------- expressions */

/* All tokens that M's name stands for. What is wrong with the macro is said when it is used. */
static int expand_name(CdeclPp *pp, const PpMacro *m, const CdeclToken *name, PpTokens *out) {
    CdeclDiagnosis before = pp->parse->diagnosis;
    pp->site = m->at;
    int failed = pp_expand_list(pp, name, 1, out);
    if (failed && pp->parse->diagnosis.code != CDECL_E_MEMORY)
        pp->parse->diagnosis = before;
    return failed;
}

static int declare_if_constant(CdeclPp *pp, const PpMacro *m) {
    CdeclToken name = {.kind = TK_IDENTIFIER, .text = m->name->text, .text_len = m->name->len, .span = m->at, .hash = m->name->hash};
    PpTokens out = {0};
    if (scope_symbol(pp->parse->scope, name.text, name.text_len, name.hash, NULL))
        return 0;
    if (expand_name(pp, m, &name, &out) < 0)
        return cdecl_failed(pp->parse) ? -1 : 0;
    return out.count && declare_evaluated(pp->parse, name, out.item, out.count) < 0 ? -1 : 0;
}

/* The text is read: those of its macros that have a value are constants. */
int pp_declare_constants(CdeclPp *pp) {
    for (size_t i = 0; pp->defines && i < pp->table->n_undo; i++) {
        const PpName *name = pp->table->undo[i].name;
        const PpMacro *m = name ? name->macro : NULL;
        bool own = m && m->own && !m->constant && !m->function_like && m->parse == scope_parse_number(pp->parse->scope);
        if (own && m->at.source != PP_NOWHERE && declare_if_constant(pp, m) < 0)
            return -1;
    }
    return 0;
}
