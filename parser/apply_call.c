/* What an applied macro calls: see apply.h.
 *
 * Of a static inline function the body is run, its parameters being what was passed. Others are called by whoever
 * applies the macro. */
#include "parser/apply.h"

#include "gen/cdecl.h"

/* Calls of inline functions: those in each other; and those of one folding that may not be reached, since the branch of
 * ?: that is not taken is folded too, and calls the function again. */
enum { MAX_DEPTH = 24, MAX_BODIES = 2000 };

/* ---------------------------------------------------------------- inline functions */

/* The tokens of TEXT, which lives as long as the scope. NULL: the error is set. */
static const CdeclStrings *tokens_of(CdeclParse *p, const char *text) {
    CdeclStrings *list = cdecl_temporary(p, sizeof *list);
    CdeclToken t;
    CdeclLexer lx = {text, text, text + strlen(text), p->lexer.source, false};
    for (cdecl_lex(&lx, &t); list && t.kind != TK_END; cdecl_lex(&lx, &t)) {
        t.text_len = t.span.len;
        t.span = (CdeclSpan){0};
        if (!(list = strings_add(p, list, t)))
            return NULL;
    }
    return list;
}

CdeclOperand apply_convert(CdeclParse *p, AbiQType type, CdeclOperand o) {
    if (type.type->kind == ABI_VOID)
        return apply_void(p, o);
    return fold_cast(p, o.span, (AbiQType){type.type, 0}, o);
}

/* The parameter NAME, of TYPE, has the value O: what is to be done for it. It is in memory if the BODY changes it. */
static CdeclOperand pass(CdeclParse *p, const char *name, AbiQType type, CdeclOperand o, const CdeclStrings *body) {
    CdeclOperand value = apply_convert(p, type, o), room = value;
    bool changed = name && apply_is_changed(name, strlen(name), body->tokens, body->tokens + body->n);
    if (changed)
        room = apply_room(p, (AbiQType){type.type, 0}, o.span);
    if (cdecl_failed(p) || (name && apply_add_local(p, name, strlen(name), room) < 0))
        return fold_failed(p, o.span);
    if (changed) /* the value has its places before the room has: so it comes first */
        return apply_after(value, apply_assign(p, (CdeclToken){.text = "=", .text_len = 1}, room, value));
    return apply_after(value, apply_nothing(p, o.span));
}

static CdeclOperand run_body(CdeclParse *p, const CdeclSymbol *f, const CdeclArguments *args, CdeclSpan span) {
    const AbiFunction *fn = f->type.type->function;
    CdeclApply *a = p->apply;
    CdeclLocal *before = a->locals, *own = NULL;
    const CdeclStrings *body = tokens_of(p, f->body);
    CdeclOperand passed = apply_nothing(p, span), result = fold_failed(p, span);
    for (size_t i = 0; body && i < fn->nparams; i++) {
        a->locals = own;
        passed = apply_sequence(passed, pass(p, f->params ? f->params[i] : NULL, fn->params[i], args->items[i], body));
        own = a->locals;
    }
    a->locals = own;
    a->depth++;
    if (body && !cdecl_failed(p))
        result = apply_sequence(passed, apply_body(p, f, body, span));
    a->depth--;
    a->locals = before;
    result.span = span;
    return result;
}

/* F is static: its body is all that there is of it. */
static CdeclOperand call_inline(CdeclParse *p, const CdeclSymbol *f, CdeclOperand r, const CdeclArguments *args) {
    CdeclApply *a = p->apply;
    bool certain = a->certain && a->waiting == 0;
    if (!f->body)
        fold_defer(&r, r.span, CDECL_E_INLINE_BODY, f->name);
    else if (a->depth >= MAX_DEPTH || (!certain && a->bodies >= MAX_BODIES))
        fold_defer(&r, r.span, CDECL_E_INLINE_DEPTH, f->name);
    else {
        a->bodies += !certain;
        return run_body(p, f, args, r.span);
    }
    return r;
}

/* ---------------------------------------------------------------- other functions */

/* What is passed for an argument: strings stay what they are. */
static CdeclOperand passed(CdeclParse *p, CdeclOperand o) {
    return o.value.kind == CDECL_V_STRING ? o : fold_rvalue(p, o);
}

static CdeclOperand call_outside(CdeclParse *p, CdeclOperand f, CdeclOperand r, const CdeclArguments *args) {
    size_t n = args ? args->n : 0;
    CdeclPending todo = {.kind = CDECL_EF_CALL, .n_args = n};
    todo.args = cdecl_scratch(p, (n + 1) * sizeof *todo.args);
    if (f.flags & CDECL_O_SYMBOL)
        todo.symbol = f.symbol;
    else
        f = fold_rvalue(p, f);
    bool ready = todo.symbol || !fold_inherit(&r, &f);
    todo.value = f.value;
    for (size_t i = 0; i < n && todo.args; i++) {
        CdeclOperand o = passed(p, args->items[i]);
        ready = !fold_inherit(&r, &o) && ready;
        todo.args[i] = o.value;
    }
    todo.site = p->apply->sites++;
    if (cdecl_failed(p) || !ready)
        return r;
    r.flags |= CDECL_O_CALL;
    return apply_pending(p, r, todo);
}

static int check_count(CdeclParse *p, const AbiFunction *fn, const CdeclArguments *args, CdeclSpan span) {
    size_t n = args ? args->n : 0;
    if (n == fn->nparams || (n > fn->nparams && fn->variadic) || fn->unprototyped)
        return 0;
    return cdecl_fail(p, span, CDECL_E_MACRO_CALL_COUNT, (unsigned)fn->nparams, (unsigned)n);
}

/* F(ARGS...): the value of an inline function, or what the outside will say. */
CdeclOperand apply_call(CdeclParse *p, CdeclOperand f, const CdeclArguments *args, CdeclSpan span) {
    static const CdeclArguments none;
    const CdeclSymbol *symbol = f.flags & CDECL_O_SYMBOL ? f.symbol : NULL;
    const AbiType *t = f.type.type->kind == ABI_POINTER ? f.type.type->item.type : f.type.type;
    if (t->kind != ABI_FUNCTION)
        return fold_call(p, f, span);
    if (check_count(p, t->function, args, span) < 0)
        return fold_failed(p, span);
    CdeclOperand r = fold_typed((AbiQType){t->function->result.type, 0}, span);
    if (symbol && symbol->kind == CDECL_FUNCTION && symbol->flags & CDECL_S_STATIC && symbol->unusable && !t->function->unprototyped)
        return call_inline(p, symbol, r, args ? args : &none);
    if (symbol && symbol->kind != CDECL_FUNCTION)
        f.flags &= (uint8_t)~CDECL_O_SYMBOL;
    return call_outside(p, f, r, args);
}
