/* Statements, run (C11 6.8): those that a macro stands for, of ({ ... }), of inline functions.
 *
 * They are read and run at once, a loop's body anew each time. Where they are certain to be reached, what they want of
 * memory is done at once too. Where not, as in a branch of ?:, the first thing that waits ends the run; so does a call of
 * the outside. All is run again when that is done: what was done is kept, and so takes the same way. */
#include "parser/apply.h"

#include "gen/cdecl.h"

enum {
    MAX_NESTED = 100,      /* statements in statements */
    MAX_BLOCKS = 24,       /* ({ ... }) and bodies in each other */
    MAX_UNCERTAIN = 10000, /* statements of a run that may never be reached: what C leaves out is to end, too */
};

typedef enum Flow {
    FLOW_ON,
    FLOW_BREAK,
    FLOW_CONTINUE,
    FLOW_RETURN,
    FLOW_STOP /* an error, or something is pending */
} Flow;

typedef struct Run {
    CdeclParse *p;
    const CdeclSymbol *function; /* borrowed: whose body it is, or NULL */
    bool now;                    /* it is certain to be reached */
    bool returning;              /* FLOW_STOP: in what "return" returns */
    unsigned nested, steps;
    CdeclOperand value;          /* of the expression run last; FLOW_STOP: what is pending */
} Run;

typedef struct Cursor { const CdeclToken *t, *end; } Cursor;

static Flow run_statement(Run *, Cursor *);

/* ---------------------------------------------------------------- reading */

static bool at(const Cursor *c, const char *word) {
    return c->t < c->end && cdecl_token_is(c->t, word);
}

static bool take(Cursor *c, const char *word) {
    bool there = at(c, word);
    c->t += there;
    return there;
}

static Flow refuse(Run *r, const Cursor *c) {
    static const CdeclToken none = {.text = ""};
    apply_refuse(r->p, c->t < c->end ? c->t : &none);
    return FLOW_STOP;
}

/* What stands up to KIND, which is taken too. False: it does not come. */
static bool take_until(Cursor *c, int kind, Cursor *out) {
    size_t n = apply_find_outside(c->t, (size_t)(c->end - c->t), kind);
    *out = (Cursor){c->t, c->t + n};
    if (out->end == c->end)
        return false;
    c->t += n + 1;
    return true;
}

static bool take_group(Cursor *c, Cursor *out) {
    return take(c, "(") && take_until(c, TK_RP, out);
}

/* case A: case A ... B: default: NAME: with what stands between, if anything does. */
static bool take_label(Cursor *c, Cursor *out) {
    bool name = c->end - c->t > 1 && c->t->kind == TK_IDENTIFIER && c->t[1].kind == TK_COLON;
    size_t choices = 0, n = (size_t)(c->end - c->t), colon = 1;
    if (!name && !at(c, "case"))
        return false;
    for (; colon < n && (choices > 0 || c->t[colon].kind != TK_COLON); colon++) {
        choices += c->t[colon].kind == TK_QUESTION;
        choices -= c->t[colon].kind == TK_COLON;
    }
    if (colon == n)
        return false;
    *out = (Cursor){c->t + 1, c->t + colon};
    c->t += colon + 1;
    return true;
}

/* Behind the statement at C, which is not run; its loops nest no deeper than those that are. */
static bool skip(Run *r, Cursor *c) {
    Cursor ignored;
    bool done;
    if (r->nested >= MAX_NESTED)
        return false;
    r->nested++;
    while (take_label(c, &ignored)) {
    }
    if (take(c, "{")) {
        done = take_until(c, TK_RBRACE, &ignored);
    } else if (take(c, "if")) {
        done = take_group(c, &ignored) && skip(r, c) && (!take(c, "else") || skip(r, c));
    } else if (take(c, "for") || take(c, "while") || take(c, "switch")) {
        done = take_group(c, &ignored) && skip(r, c);
    } else if (take(c, "do")) {
        done = skip(r, c) && take(c, "while") && take_group(c, &ignored) && (take(c, ";") || c->t == c->end);
    } else {
        done = take_until(c, TK_SEMI, &ignored);
    }
    r->nested--;
    return done;
}

/* ---------------------------------------------------------------- expressions and declarations */

/* Can what V waits for be done here? */
static bool perform(Run *r, const CdeclOperand *v) {
    CdeclEffects *effects = r->p->apply->effects;
    if (!r->now || v->deferred != CDECL_E_PENDING || effects->untouched)
        return false;
    if (v->pending->kind == CDECL_EF_CALL || v->pending->kind == CDECL_EF_ADDRESS)
        return false;
    return apply_perform(r->p, v->pending, effects) == 0;
}

/* One statement more. False: there are too many. */
static bool step(Run *r) {
    r->value = apply_nothing(r->p, (CdeclSpan){0});
    if (!r->now && ++r->steps > MAX_UNCERTAIN) {
        fold_defer(&r->value, (CdeclSpan){0}, CDECL_E_MACRO_LONG, r->function ? r->function->name : r->p->apply->macro);
        return false;
    }
    return apply_count(r->p, 1) == 0;
}

/* The expression or declaration S, until all that it does is done. END: of what its variables are seen in. */
static Flow run_simple(Run *r, Cursor s, const CdeclToken *end) {
    CdeclApply *a = r->p->apply;
    const CdeclApply before = *a;
    do {
        if (!step(r))
            return FLOW_STOP;
        a->sites = before.sites;
        a->waiting = before.waiting;
        a->bodies = before.bodies;
        a->locals = before.locals;
        r->value = apply_statement(r->p, s.t, (size_t)(s.end - s.t), end);
        if (cdecl_failed(r->p))
            return FLOW_STOP;
        if (fold_is_constant(&r->value)) {
            a->waiting = before.waiting;
            return FLOW_ON;
        }
    } while (perform(r, &r->value));
    return FLOW_STOP;
}

/* Does the condition S hold? An empty one does (6.8.5.3p2). */
static Flow run_condition(Run *r, Cursor s, bool *holds) {
    *holds = true;
    if (run_simple(r, s, s.end) == FLOW_STOP)
        return FLOW_STOP;
    if (s.t == s.end)
        return FLOW_ON;
    CdeclOperand not = fold_unary(r->p, (CdeclToken){.text = "!", .text_len = 1}, r->value);
    *holds = !cdecl_failed(r->p) && !fold_truth(&not);
    return cdecl_failed(r->p) ? FLOW_STOP : FLOW_ON;
}

/* ---------------------------------------------------------------- statements */

static Flow run_block(Run *r, Cursor block) {
    CdeclLocal *before = r->p->apply->locals;
    Flow flow = FLOW_ON;
    while (flow == FLOW_ON && block.t < block.end)
        flow = run_statement(r, &block);
    r->p->apply->locals = before;
    return flow;
}

static Flow run_if(Run *r, Cursor *c) {
    Cursor condition, start = {c->t - 1, c->end};
    bool holds;
    if (!take_group(c, &condition))
        return refuse(r, &start);
    Flow flow = run_condition(r, condition, &holds);
    if (flow == FLOW_ON && holds)
        flow = run_statement(r, c);
    else if (flow == FLOW_ON && !skip(r, c))
        flow = refuse(r, &start);
    if (flow == FLOW_STOP || !take(c, "else"))
        return flow;
    if (flow == FLOW_ON && !holds)
        return run_statement(r, c);
    return skip(r, c) ? flow : refuse(r, &start);
}

/* A loop whose body is at C: AFTER, if the condition is looked at only then (do). */
static Flow run_loop(Run *r, Cursor condition, Cursor step, Cursor body, bool after) {
    for (;; after = false) {
        bool holds = true;
        Flow flow = after ? FLOW_ON : run_condition(r, condition, &holds);
        if (flow == FLOW_ON && holds) {
            Cursor again = body;
            flow = run_statement(r, &again);
        }
        if (flow == FLOW_STOP || flow == FLOW_RETURN)
            return flow;
        if (flow == FLOW_BREAK || !holds)
            return FLOW_ON;
        if (run_simple(r, step, step.end) == FLOW_STOP)
            return FLOW_STOP;
    }
}

static Flow run_while(Run *r, Cursor *c) {
    Cursor condition, body, start = {c->t - 1, c->end};
    if (!take_group(c, &condition))
        return refuse(r, &start);
    body = *c;
    return skip(r, c) ? run_loop(r, condition, (Cursor){c->t, c->t}, body, false) : refuse(r, &start);
}

static Flow run_do(Run *r, Cursor *c) {
    Cursor condition, body = *c, start = {c->t - 1, c->end};
    if (!skip(r, c) || !take(c, "while") || !take_group(c, &condition) || !(take(c, ";") || c->t == c->end))
        return refuse(r, &start);
    return run_loop(r, condition, (Cursor){c->t, c->t}, body, true);
}

static Flow run_for(Run *r, Cursor *c) {
    CdeclLocal *before = r->p->apply->locals;
    Cursor head, first, condition, body, start = {c->t - 1, c->end};
    if (!take_group(c, &head) || !take_until(&head, TK_SEMI, &first) || !take_until(&head, TK_SEMI, &condition))
        return refuse(r, &start);
    body = *c;
    if (!skip(r, c))
        return refuse(r, &start);
    Flow flow = run_simple(r, first, c->t);
    if (flow == FLOW_ON)
        flow = run_loop(r, condition, head, body, false);
    r->p->apply->locals = before;
    return flow;
}

/* break; and continue; */
static Flow run_jump(Run *r, Cursor *c, Flow flow) {
    return take(c, ";") ? flow : refuse(r, c);
}

/* Is VALUE, of a switch, what LABEL says? (6.8.4.2p5; a ... b: GNU) */
static Flow compare_label(Run *r, Cursor label, CdeclOperand value, bool *holds) {
    CdeclToken less = {.text = "<=", .text_len = 2};
    size_t n = (size_t)(label.end - label.t), dots = apply_find_outside(label.t, n, TK_ELLIPSIS);
    CdeclOperand low, high;
    if (cdecl_evaluate(r->p, label.t, dots, &low) < 0)
        return FLOW_STOP;
    high = low;
    if (dots < n && cdecl_evaluate(r->p, label.t + dots + 1, n - dots - 1, &high) < 0)
        return FLOW_STOP;
    low = fold_binary(r->p, less, fold_cast(r->p, low.span, (AbiQType){value.type.type, 0}, low), value);
    high = fold_binary(r->p, less, value, fold_cast(r->p, high.span, (AbiQType){value.type.type, 0}, high));
    r->value = fold_is_constant(&low) ? high : low;
    if (cdecl_failed(r->p) || !fold_is_constant(&r->value))
        return FLOW_STOP;
    *holds = fold_truth(&low) && fold_truth(&high);
    return FLOW_ON;
}

/* BLOCK, what is in the braces of a switch on VALUE, from the label on that it goes to. */
static Flow find_label(Run *r, Cursor *block, CdeclOperand value) {
    Cursor otherwise = {block->end, block->end}, label;
    while (block->t < block->end) {
        bool holds = false, is_case = at(block, "case"), is_default = at(block, "default");
        if (!take_label(block, &label)) {
            if (!skip(r, block))
                return refuse(r, block);
            continue;
        }
        if (is_default)
            otherwise = *block;
        if (is_case && compare_label(r, label, value, &holds) == FLOW_STOP)
            return FLOW_STOP;
        if (holds)
            return FLOW_ON;
    }
    *block = otherwise;
    return FLOW_ON;
}

static Flow run_switch(Run *r, Cursor *c) {
    Cursor condition, block, start = {c->t - 1, c->end};
    if (!take_group(c, &condition) || condition.t == condition.end || !take(c, "{") || !take_until(c, TK_RBRACE, &block))
        return refuse(r, &start);
    if (run_simple(r, condition, condition.end) == FLOW_STOP)
        return FLOW_STOP;
    CdeclOperand value = fold_unary(r->p, (CdeclToken){.text = "+", .text_len = 1}, r->value);
    if (cdecl_failed(r->p) || find_label(r, &block, value) == FLOW_STOP)
        return FLOW_STOP;
    Flow flow = run_block(r, block);
    return flow == FLOW_BREAK ? FLOW_ON : flow;
}

static Flow run_return(Run *r, Cursor *c) {
    Cursor value, start = {c->t - 1, c->end};
    if (!r->function || !take_until(c, TK_SEMI, &value))
        return refuse(r, &start);
    if (run_simple(r, value, value.end) == FLOW_ON)
        return FLOW_RETURN;
    r->returning = true;
    return FLOW_STOP;
}

/* A statement with a keyword; *IS_SIMPLE: it is none. */
static Flow run_keyword(Run *r, Cursor *c, bool *is_simple) {
    Cursor block;
    *is_simple = false;
    if (take(c, "{"))
        return take_until(c, TK_RBRACE, &block) ? run_block(r, block) : refuse(r, c);
    if (take(c, "if"))
        return run_if(r, c);
    if (take(c, "while"))
        return run_while(r, c);
    if (take(c, "do"))
        return run_do(r, c);
    if (take(c, "for"))
        return run_for(r, c);
    if (take(c, "switch"))
        return run_switch(r, c);
    if (take(c, "return"))
        return run_return(r, c);
    if (take(c, "break"))
        return run_jump(r, c, FLOW_BREAK);
    if (take(c, "continue"))
        return run_jump(r, c, FLOW_CONTINUE);
    *is_simple = true;
    return FLOW_ON;
}

/* Its value is that of the block, if it is the last in it. */
static Flow run_kind(Run *r, Cursor *c) {
    Cursor simple;
    bool is_simple;
    while (take_label(c, &simple)) {
    }
    Flow flow = run_keyword(r, c, &is_simple);
    if (is_simple)
        return take_until(c, TK_SEMI, &simple) ? run_simple(r, simple, c->end) : refuse(r, c);
    if (flow != FLOW_STOP && flow != FLOW_RETURN)
        r->value = apply_nothing(r->p, (CdeclSpan){0});
    return flow;
}

static Flow run_statement(Run *r, Cursor *c) {
    if (r->nested >= MAX_NESTED)
        return refuse(r, c);
    r->nested++;
    Flow flow = run_kind(r, c);
    r->nested--;
    return flow;
}

/* ---------------------------------------------------------------- blocks */

/* Does a statement begin at C that is neither a declaration nor an expression? */
static bool at_keyword(const Cursor *c) {
    static const char *const words[] = {"{", "do", "for", "if", "while", "switch", "return", "break", "continue"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (at(c, words[i]))
            return true;
    return false;
}

/* What BLOCK gives is pending, as R says: its type is that of the last statement, which is folded to know it. */
static CdeclOperand type_of_rest(Run *r, Cursor block) {
    CdeclOperand why = r->value, last = r->value;
    Cursor simple;
    while (!cdecl_failed(r->p) && block.t < block.end) {
        bool keyword = at_keyword(&block);
        if (keyword ? !skip(r, &block) : !take_until(&block, TK_SEMI, &simple))
            refuse(r, &block);
        else
            last = keyword ? apply_nothing(r->p, why.span) : apply_statement(r->p, simple.t, (size_t)(simple.end - simple.t), block.end);
    }
    CdeclOperand result = fold_typed((AbiQType){last.type.type, 0}, why.span);
    fold_inherit(&result, &why);
    return result;
}

/* The statements of BLOCK, which are an expression: the value of the last. */
static CdeclOperand value_of_block(Run *r, Cursor block) {
    Flow flow = FLOW_ON;
    Cursor at_statement = block;
    r->value = apply_nothing(r->p, (CdeclSpan){0});
    while (flow == FLOW_ON && block.t < block.end) {
        at_statement = block;
        flow = run_statement(r, &block);
    }
    if (flow == FLOW_BREAK || flow == FLOW_CONTINUE)
        refuse(r, &at_statement);
    if (flow != FLOW_STOP || cdecl_failed(r->p))
        return r->value;
    return type_of_rest(r, at_keyword(&at_statement) ? at_statement : block);
}

static bool is_certain(const CdeclApply *a) {
    return a->certain && a->waiting == 0;
}

/* ({ ... }) */
CdeclOperand apply_block(CdeclParse *p, CdeclToken braces) {
    CdeclApply *a = p->apply;
    CdeclLocal *before = a->locals;
    const CdeclStrings *s = apply_braces(p, braces);
    Run r = {.p = p, .now = is_certain(a)};
    CdeclOperand result = apply_nothing(p, braces.span);
    if (a->depth >= MAX_BLOCKS) {
        fold_defer(&result, braces.span, CDECL_E_INLINE_DEPTH, a->macro);
        return result;
    }
    a->depth++;
    if (s)
        result = value_of_block(&r, (Cursor){s->tokens, s->tokens + s->n});
    a->depth--;
    a->locals = before;
    return result;
}

/* The BODY of F, whose parameters are variables by now: what it returns. */
CdeclOperand apply_body(CdeclParse *p, const CdeclSymbol *f, const CdeclStrings *body, CdeclSpan span) {
    AbiQType type = {f->type.type->function->result.type, 0};
    Run r = {.p = p, .function = f, .now = is_certain(p->apply)};
    CdeclOperand result = type.type->kind == ABI_VOID ? apply_nothing(p, span) : fold_typed(type, span);
    Cursor tokens = {body->tokens, body->tokens + body->n};
    Flow flow = run_block(&r, tokens);
    if (flow == FLOW_BREAK || flow == FLOW_CONTINUE)
        refuse(&r, &tokens);
    if (cdecl_failed(p))
        return result;
    if (flow == FLOW_RETURN || r.returning)
        return apply_convert(p, type, r.value);
    if (flow == FLOW_STOP)
        fold_inherit(&result, &r.value);
    else if (type.type->kind != ABI_VOID)
        fold_defer(&result, span, CDECL_E_INLINE_NO_RETURN, f->name);
    return result;
}

/* All that a macro stands for: an expression, or statements of no value. 0 or -1. */
int apply_tokens(CdeclParse *p, const CdeclToken *t, size_t n, CdeclOperand *out) {
    Cursor all = {t, t + n};
    Run r = {.p = p, .now = true};
    if (!at_keyword(&all))
        return cdecl_evaluate(p, t, n, out);
    p->apply->certain = true;
    Flow flow = run_block(&r, all);
    if (flow == FLOW_BREAK || flow == FLOW_CONTINUE)
        refuse(&r, &all);
    *out = apply_nothing(p, (CdeclSpan){0});
    if (flow == FLOW_STOP && !cdecl_failed(p))
        *out = apply_void(p, r.value);
    return cdecl_failed(p) ? -1 : 0;
}
