/* #pragma and _Pragma (C11 6.10.6): once, pack, push_macro, pop_macro, GCC error. Others are other
 * programs' business. */
#include "parser/pp.h"

#include "gen/cdecl.h"

#include <stdlib.h>

typedef struct Pragma {
    CdeclPp *pp;
    CdeclLexer *lx;
    CdeclSpan at;
    CdeclToken t; /* the next token */
} Pragma;

static void next(Pragma *g) {
    cdecl_lex(g->lx, &g->t);
}

static int malformed(Pragma *g, const char *form) {
    return cdecl_fail(g->pp->parse, g->at, CDECL_E_PP_PRAGMA, form);
}

/* ---------------------------------------------------------------- pack
 *
 * GCC's forms: pack(), pack(n), pack(push [, name] [, n]), pack(pop [, name]); MSVC's pack(pop, n) too. */

enum { MAX_PACK = 4096 }; /* pushes within each other: pop looks through them for its label */

static int push_pack(CdeclParse *p, const Pragma *g, const char *label, size_t n) {
    if (p->n_pack == MAX_PACK)
        return cdecl_fail(p, g->at, CDECL_E_PP_TOO_DEEP, MAX_PACK);
    if (p->n_pack == p->cap_pack) {
        size_t cap = p->cap_pack ? p->cap_pack * 2 : 8;
        void *grown = realloc(p->pack_stack, cap * sizeof *p->pack_stack);
        if (!grown)
            return cdecl_fail(p, g->at, CDECL_E_MEMORY);
        p->pack_stack = grown;
        p->cap_pack = cap;
    }
    p->pack_stack[p->n_pack].pack = p->pack;
    p->pack_stack[p->n_pack].label = label;
    p->pack_stack[p->n_pack++].label_len = n;
    return 0;
}

/* Back to what was in force before the last push, or before that of LABEL. A pop without a push has
 * nothing to go back to and changes nothing. */
static void pop_pack(CdeclParse *p, const char *label, size_t n) {
    size_t i = p->n_pack;
    while (i > 0 && label && (p->pack_stack[i - 1].label_len != n || memcmp(p->pack_stack[i - 1].label, label, n) != 0))
        i--;
    if (i == 0)
        return;
    p->n_pack = i - 1;
    p->pack = p->pack_stack[i - 1].pack;
}

/* An alignment that GCC has: a small power of two, or 0 for none. */
static bool pack_value(const CdeclToken *t, uint32_t *n) {
    const char *s = t->text;
    *n = 0;
    for (size_t i = 0; i < t->span.len && *n < 1000 && s[i] >= '0' && s[i] <= '9'; i++)
        *n = *n * 10 + (uint32_t)(s[i] - '0');
    return *n <= 16 && (*n & (*n - 1)) == 0;
}

/* ", name" behind push and pop, both optional; the next token is what follows them. */
static void pack_label(Pragma *g, CdeclToken *label) {
    next(g);
    if (g->t.kind != TK_COMMA)
        return;
    next(g);
    if (g->t.kind != TK_IDENTIFIER)
        return;
    *label = g->t;
    next(g);
    if (g->t.kind == TK_COMMA)
        next(g);
}

/* Compilers warn of pack(3), and ignore all of the pragma. */
static int pack(Pragma *g) {
    static const char form[] = "#pragma pack takes (n), (push, n) or (pop)";
    CdeclParse *p = g->pp->parse;
    next(g);
    if (g->t.kind != TK_LP)
        return malformed(g, form);
    next(g);
    bool push = cdecl_token_is(&g->t, "push"), pop = cdecl_token_is(&g->t, "pop");
    if (cdecl_token_is(&g->t, "show")) /* MSVC: what is in force comes as a warning */
        return 0;
    CdeclToken label = {.text = NULL};
    if (push || pop)
        pack_label(g, &label);
    bool none = !push && !pop && g->t.kind == TK_RP, number = g->t.kind == TK_NUMBER;
    uint32_t n = 0;
    if (number) {
        if (!pack_value(&g->t, &n))
            return 0;
        next(g);
    }
    if (g->t.kind != TK_RP)
        return malformed(g, form);
    if (push && push_pack(p, g, label.text, label.span.len) < 0)
        return -1;
    if (pop)
        pop_pack(p, label.text, label.span.len);
    if (number || none)
        p->pack = n;
    return 0;
}

/* ---------------------------------------------------------------- the others */

/* push_macro("NAME"), pop_macro("NAME") */
static int macro_stack(Pragma *g, bool push) {
    static const char form[] = "push_macro and pop_macro take a macro's name in quotes: (\"NAME\")";
    CdeclToken name;
    next(g);
    bool open = g->t.kind == TK_LP;
    next(g);
    name = g->t;
    next(g);
    if (!open || name.kind != TK_STRING || name.span.len < 3 || *name.text != '"' || g->t.kind != TK_RP)
        return malformed(g, form);
    size_t n = name.span.len - 2;
    return push ? pp_push_macro(g->pp, name.text + 1, n) : pp_pop_macro(g->pp, name.text + 1, n);
}

static int gcc(Pragma *g) {
    next(g);
    if (!cdecl_token_is(&g->t, "error"))
        return 0;
    next(g);
    size_t n = g->t.kind == TK_STRING ? g->t.span.len : 0;
    return cdecl_fail(g->pp->parse, g->at, CDECL_E_PP_ERROR, (int)(n < 200 ? n : 200), g->t.text);
}

/* Obey the pragma whose tokens LX reads. */
int pp_pragma(CdeclPp *pp, CdeclLexer *lx, CdeclSpan at) {
    Pragma g = {.pp = pp, .lx = lx, .at = at};
    next(&g);
    if (cdecl_token_is(&g.t, "once"))
        return pp_once(pp);
    if (cdecl_token_is(&g.t, "pack"))
        return pack(&g);
    if (cdecl_token_is(&g.t, "push_macro") || cdecl_token_is(&g.t, "pop_macro"))
        return macro_stack(&g, cdecl_token_is(&g.t, "push_macro"));
    if (cdecl_token_is(&g.t, "GCC"))
        return gcc(&g);
    return 0;
}
