/* The token source without a preprocessor: #define NAME constant-expression, #define NAME ..., and line
 * markers; other directives are passed over. preprocess.c takes its place. */
#include "parser/pp.h"

#include "gen/cdecl.h"

static size_t line_tokens(CdeclParse *p, CdeclToken *t, size_t cap) {
    size_t n = 0;
    for (;;) {
        CdeclLexer before = p->lexer;
        cdecl_lex(&p->lexer, &t[n]);
        if (t[n].flags & CDECL_T_LINE_START) {
            p->lexer = before;
            return n;
        }
        n += n + 1 < cap;
    }
}

static int define(CdeclParse *p, CdeclToken *t, size_t n) {
    CdeclOperand e;
    CdeclValue value = {0};
    if (n < 3 || (t[2].kind == TK_LP && !(t[2].flags & CDECL_T_SPACE)))
        return 0;
    t[1].hash = cdecl_hash(t[1].text, cdecl_token_len(t[1]));
    if (n == 3 && t[2].kind == TK_ELLIPSIS)
        return declare_constant(p, t[1], (CdeclValue){.type = abi_primitive(p->graph, ABI_P_INT)}, CDECL_S_NEEDS_COMPILER);
    if (cdecl_evaluate(p, t + 2, n - 2, &e) < 0 || !fold_is_constant(&e) || fold_value(p, e, &value) < 0)
        return cdecl_failed(p) ? -1 : 0;
    return declare_constant(p, t[1], value, 0);
}

int cdecl_next_token(CdeclParse *p, CdeclToken *t) {
    for (;;) {
        CdeclToken line[200];
        cdecl_lex(&p->lexer, t);
        if (t->kind != TK_HASH || !(t->flags & CDECL_T_LINE_START))
            return 0;
        size_t n = line_tokens(p, line, 200);
        if (n > 0 && line[0].span.len == 6 && memcmp(line[0].text, "define", 6) == 0 && define(p, line, n) < 0)
            return -1;
    }
}

void cdecl_preprocess_end(CdeclParse *p, bool keep) {
    (void)p;
    (void)keep;
}

void pp_table_free(PpTable *t) {
    (void)t;
}
