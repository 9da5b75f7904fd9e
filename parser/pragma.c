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

/* ---------------------------------------------------------------- pack
 *
 * GCC's forms: pack(), pack(n), pack(push [, name] [, n]), pack(pop [, name]). It warns of all others, and
 * ignores the whole pragma. */

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

/* Back to what was in force before the last push, or before that of LABEL: where there is none of that
 * name, GCC warns and takes the last. A pop without a push changes nothing. */
static void pop_pack(CdeclParse *p, const char *label, size_t n) {
    size_t i = p->n_pack;
    while (i > 0 && label && (p->pack_stack[i - 1].label_len != n || memcmp(p->pack_stack[i - 1].label, label, n) != 0))
        i--;
    if (i == 0)
        i = p->n_pack;
    if (i == 0)
        return;
    p->n_pack = i - 1;
    p->pack = p->pack_stack[i - 1].pack;
}

/* An alignment that GCC has: a small power of two, or 0 for none. */
static bool pack_value(const CdeclToken *t, uint32_t *n) {
    char text[16], *end;
    if (t->kind != TK_NUMBER || t->span.len >= sizeof text)
        return false;
    memcpy(text, t->text, t->span.len);
    text[t->span.len] = '\0';
    unsigned long value = strtoul(text, &end, 0);
    *n = (uint32_t)value;
    return end[strspn(end, "uUlL")] == '\0' && value <= 16 && (value & (value - 1)) == 0;
}

typedef struct Pack {
    bool push, pop, has_value;
    CdeclToken label; /* text NULL: none */
    uint32_t value;
} Pack;

/* The parentheses of a pack; false: not one of GCC's forms. */
static bool read_pack(Pragma *g, Pack *k) {
    *k = (Pack){0};
    next(g);
    if (g->t.kind != TK_LP)
        return false;
    next(g);
    k->push = cdecl_token_is(&g->t, "push");
    k->pop = cdecl_token_is(&g->t, "pop");
    if (!k->push && !k->pop) {
        k->has_value = true; /* pack() is pack(0) */
        if (g->t.kind == TK_RP)
            return true;
        if (!pack_value(&g->t, &k->value))
            return false;
    }
    for (next(g); g->t.kind == TK_COMMA && (k->push || k->pop); next(g)) { /* in either order */
        next(g);
        if (g->t.kind == TK_IDENTIFIER && !k->label.text)
            k->label = g->t;
        else if (k->push && !k->has_value && pack_value(&g->t, &k->value))
            k->has_value = true;
        else
            return false;
    }
    return g->t.kind == TK_RP;
}

static int pack(Pragma *g) {
    CdeclParse *p = g->pp->parse;
    Pack k;
    if (!read_pack(g, &k))
        return 0;
    if (k.push && push_pack(p, g, k.label.text, k.label.span.len) < 0)
        return -1;
    if (k.pop)
        pop_pack(p, k.label.text, k.label.span.len);
    if (k.has_value)
        p->pack = k.value;
    return 0;
}

/* ---------------------------------------------------------------- the others */

/* push_macro("NAME"), pop_macro("NAME"); GCC ignores what is neither. */
static int macro_stack(Pragma *g, bool push) {
    CdeclToken name;
    next(g);
    bool open = g->t.kind == TK_LP;
    next(g);
    name = g->t;
    next(g);
    if (!open || name.kind != TK_STRING || name.span.len < 3 || *name.text != '"' || g->t.kind != TK_RP)
        return 0;
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
