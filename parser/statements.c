/* Statements that are all a macro stands for, run (C11 6.8): do { for (...) ...; } while (0).
 *
 * They are read and run at once, a loop's body anew each time. What a statement wants of memory is done at once too: it
 * is certain to be reached, other than what stands in the midst of an expression. Where the outside is asked, all is
 * run again with its answer; what was done is kept, and so takes the same way. */
#include "parser/apply.h"

#include "gen/cdecl.h"

enum { MAX_STEPS = 5000, MAX_NESTED = 100 };

typedef enum Flow {
    FLOW_ON,
    FLOW_BREAK,
    FLOW_CONTINUE,
    FLOW_STOP /* an error, or something is pending */
} Flow;

typedef struct Run {
    CdeclParse *p;
    unsigned steps, nested;
    CdeclOperand left; /* FLOW_STOP: why */
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

/* Behind the statement at C, which is not run; its loops nest no deeper than those that are. */
static bool skip(Run *r, Cursor *c) {
    Cursor ignored;
    bool done;
    if (r->nested >= MAX_NESTED)
        return false;
    r->nested++;
    if (take(c, "{")) {
        done = take_until(c, TK_RBRACE, &ignored);
    } else if (take(c, "if")) {
        done = take_group(c, &ignored) && skip(r, c) && (!take(c, "else") || skip(r, c));
    } else if (take(c, "for") || take(c, "while")) {
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

/* Is V there, or can what it waits for be done here? Then *DONE says which. */
static Flow settle(Run *r, const CdeclOperand *v, bool *done) {
    CdeclEffects *effects = r->p->apply->effects;
    *done = fold_is_constant(v);
    if (*done)
        return FLOW_ON;
    r->left = *v;
    bool waits = v->deferred == CDECL_E_PENDING && !effects->untouched;
    if (!waits || v->pending->kind == CDECL_EF_CALL || v->pending->kind == CDECL_EF_ADDRESS)
        return FLOW_STOP;
    return apply_perform(r->p, v->pending, effects) < 0 ? FLOW_STOP : FLOW_ON;
}

/* The expression or declaration S, until all that it does is done. END: of what its variables are seen in. */
static Flow run_simple(Run *r, Cursor s, const CdeclToken *end, CdeclOperand *value) {
    CdeclApply *a = r->p->apply;
    const CdeclApply before = *a;
    bool done = s.t == s.end;
    *value = apply_nothing(r->p, (CdeclSpan){0});
    if (++r->steps > MAX_STEPS) {
        cdecl_fail(r->p, (CdeclSpan){0}, CDECL_E_MACRO_STEPS, (unsigned)MAX_STEPS);
        return FLOW_STOP;
    }
    while (!done) {
        a->sites = before.sites;
        a->bodies = before.bodies;
        a->locals = before.locals;
        *value = apply_statement(r->p, s.t, (size_t)(s.end - s.t), end);
        if (cdecl_failed(r->p) || settle(r, value, &done) == FLOW_STOP)
            return FLOW_STOP;
    }
    return FLOW_ON;
}

/* Does the condition S hold? An empty one does (6.8.5.3p2). */
static Flow run_condition(Run *r, Cursor s, bool *holds) {
    CdeclOperand value;
    bool empty = s.t == s.end;
    if (run_simple(r, s, s.end, &value) == FLOW_STOP)
        return FLOW_STOP;
    if (!empty)
        value = fold_unary(r->p, (CdeclToken){.text = "!", .text_len = 1}, value);
    *holds = empty || (!cdecl_failed(r->p) && !fold_truth(&value));
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
    CdeclOperand unused;
    for (;; after = false) {
        bool holds = true;
        Flow flow = after ? FLOW_ON : run_condition(r, condition, &holds);
        if (flow == FLOW_ON && holds) {
            Cursor again = body;
            flow = run_statement(r, &again);
        }
        if (flow == FLOW_STOP || flow == FLOW_BREAK || !holds)
            return flow == FLOW_STOP ? flow : FLOW_ON;
        if (run_simple(r, step, step.end, &unused) == FLOW_STOP)
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
    CdeclOperand unused;
    if (!take_group(c, &head) || !take_until(&head, TK_SEMI, &first) || !take_until(&head, TK_SEMI, &condition))
        return refuse(r, &start);
    body = *c;
    if (!skip(r, c))
        return refuse(r, &start);
    Flow flow = run_simple(r, first, c->t, &unused);
    if (flow == FLOW_ON)
        flow = run_loop(r, condition, head, body, false);
    r->p->apply->locals = before;
    return flow;
}

/* break; and continue; */
static Flow run_jump(Run *r, Cursor *c, Flow flow) {
    return take(c, ";") ? flow : refuse(r, c);
}

static Flow run_kind(Run *r, Cursor *c) {
    Cursor simple;
    CdeclOperand unused;
    if (take(c, "{"))
        return take_until(c, TK_RBRACE, &simple) ? run_block(r, simple) : refuse(r, c);
    if (take(c, "if"))
        return run_if(r, c);
    if (take(c, "while"))
        return run_while(r, c);
    if (take(c, "do"))
        return run_do(r, c);
    if (take(c, "for"))
        return run_for(r, c);
    if (take(c, "break"))
        return run_jump(r, c, FLOW_BREAK);
    if (take(c, "continue"))
        return run_jump(r, c, FLOW_CONTINUE);
    if (!take_until(c, TK_SEMI, &simple))
        return refuse(r, c);
    return run_simple(r, simple, c->end, &unused);
}

static Flow run_statement(Run *r, Cursor *c) {
    if (r->nested >= MAX_NESTED)
        return refuse(r, c);
    r->nested++;
    Flow flow = run_kind(r, c);
    r->nested--;
    return flow;
}

/* Do the N tokens begin with a statement that is no expression? */
bool apply_is_statement(const CdeclToken *t, size_t n) {
    static const char *const words[] = {"{", "do", "for", "if", "while"};
    for (size_t i = 0; n > 0 && i < sizeof words / sizeof *words; i++)
        if (cdecl_token_is(t, words[i]))
            return true;
    return false;
}

/* Run the N tokens, statements all: void, or what is pending. */
CdeclOperand apply_statements(CdeclParse *p, const CdeclToken *t, size_t n) {
    Run r = {.p = p};
    CdeclOperand result = apply_nothing(p, (CdeclSpan){0});
    Flow flow = run_block(&r, (Cursor){t, t + n});
    if (flow == FLOW_BREAK || flow == FLOW_CONTINUE)
        refuse(&r, &(Cursor){t, t + n});
    return flow == FLOW_STOP && !cdecl_failed(p) ? apply_void(p, r.left) : result;
}
