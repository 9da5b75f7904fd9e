/* What an applied macro calls, and its statement expressions: see apply.h.
 *
 * A static inline function that does nothing but return an expression is that expression, its parameters being what
 * was passed. Others are called by whoever applies the macro. */
#include "parser/apply.h"

#include "gen/cdecl.h"

#include <stdio.h>

/* Calls of inline functions: those in each other, and all of one folding, for each folds anew whatever it calls. */
enum { MAX_DEPTH = 24, MAX_BODIES = 2000 };

/* ---------------------------------------------------------------- names of its own */

const CdeclLocal *apply_local(const CdeclParse *p, CdeclToken name) {
    size_t n = cdecl_token_len(name);
    for (const CdeclLocal *l = p->apply->locals; l; l = l->outer)
        if (l->len == n && memcmp(l->name, name.text, n) == 0)
            return l;
    return NULL;
}

static int add_local(CdeclParse *p, const char *name, size_t len, CdeclOperand value) {
    CdeclLocal *l = cdecl_scratch(p, sizeof *l);
    if (!l)
        return -1;
    *l = (CdeclLocal){name, len, value, p->apply->locals};
    p->apply->locals = l;
    return 0;
}

/* ---------------------------------------------------------------- inline functions */

/* The tokens of TEXT, which lives as long as the scope. */
static CdeclStrings *tokens_of(CdeclParse *p, const char *text) {
    CdeclStrings *list = NULL;
    CdeclToken t;
    CdeclLexer lx = {text, text, text + strlen(text), p->lexer.source, false};
    for (cdecl_lex(&lx, &t); t.kind != TK_END; cdecl_lex(&lx, &t)) {
        t.text_len = t.span.len;
        t.span = (CdeclSpan){0};
        if (!(list = strings_add(p, list, t)))
            return NULL;
    }
    return list;
}

static CdeclOperand convert_to(CdeclParse *p, AbiQType type, CdeclOperand o) {
    if (type.type->kind == ABI_VOID)
        return apply_void(p, o);
    return fold_cast(p, o.span, (AbiQType){type.type, 0}, o);
}

static CdeclOperand fold_body(CdeclParse *p, const CdeclSymbol *f, const CdeclArguments *args, CdeclSpan span) {
    const AbiFunction *fn = f->type.type->function;
    CdeclApply *a = p->apply;
    CdeclLocal *before = a->locals, *own = NULL;
    CdeclOperand result = fold_failed(p, span);
    for (size_t i = 0; i < fn->nparams; i++) {
        CdeclOperand value = convert_to(p, fn->params[i], args->items[i]);
        a->locals = own;
        if (f->params && f->params[i] && add_local(p, f->params[i], strlen(f->params[i]), value) < 0)
            break;
        own = a->locals;
        a->locals = before;
    }
    CdeclStrings *tokens = cdecl_failed(p) ? NULL : tokens_of(p, f->result);
    a->locals = own;
    a->depth++;
    if (tokens && cdecl_evaluate(p, tokens->tokens, tokens->n, &result) == 0)
        result = convert_to(p, fn->result, result);
    a->depth--;
    a->locals = before;
    result.span = span;
    return result;
}

/* FUNCTION is static: its body is all that there is of it. */
static CdeclOperand call_inline(CdeclParse *p, const CdeclSymbol *f, CdeclOperand r, const CdeclArguments *args) {
    CdeclApply *a = p->apply;
    if (!f->result)
        fold_defer(&r, r.span, CDECL_E_INLINE_BODY, f->name);
    else if (a->depth >= MAX_DEPTH || a->bodies >= MAX_BODIES)
        fold_defer(&r, r.span, CDECL_E_INLINE_DEPTH, f->name);
    else {
        a->bodies++;
        return fold_body(p, f, args, r.span);
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

/* ---------------------------------------------------------------- ({ ... }) */

/* The filter has read BRACES, which hold TOKENS (NULL: none): they are kept for apply_block. */
int apply_keep_braces(CdeclParse *p, CdeclToken *braces, CdeclStrings *tokens) {
    CdeclApply *a = p->apply;
    if (a->n_braces == a->cap_braces) {
        CdeclStrings **grown = cdecl_temporary_grow(p, a->braces, a->n_braces, &a->cap_braces, sizeof *grown);
        if (!grown)
            return -1;
        a->braces = grown;
    }
    braces->hash = a->n_braces;
    a->braces[a->n_braces++] = tokens;
    return 0;
}

typedef struct Statement { const CdeclToken *t; size_t n; } Statement;

/* Which of the N tokens is the first of KIND outside of brackets; N: none. */
size_t apply_find_outside(const CdeclToken *t, size_t n, int kind) {
    size_t depth = 0, i = 0;
    for (; i < n && (depth > 0 || t[i].kind != kind); i++) {
        depth += t[i].kind == TK_LP || t[i].kind == TK_LBRACE || t[i].kind == TK_LBRACKET;
        depth -= (t[i].kind == TK_RP || t[i].kind == TK_RBRACE || t[i].kind == TK_RBRACKET) && depth > 0;
    }
    return i;
}

/* The statement at T, up to its ";" or the end. */
static Statement next_statement(const CdeclToken *t, const CdeclToken *end) {
    while (t < end && cdecl_token_is(t, "__extension__"))
        t++;
    return (Statement){t, apply_find_outside(t, (size_t)(end - t), TK_SEMI)};
}

/* Does T begin a declaration? */
static bool is_type(CdeclParse *p, const CdeclToken *t) {
    if (t->kind != TK_IDENTIFIER || apply_local(p, *t))
        return false;
    CdeclWord w = cdecl_word(t->text, cdecl_token_len(*t));
    if (w.class == CDECL_W_KEYWORD)
        return w.kind == TK_TYPEWORD || w.kind == TK_QUAL || w.kind == TK_TYPEOF || w.kind == TK_RECORD || w.kind == TK_ENUM ||
               w.kind == TK_STORAGE || w.kind == TK_BITINT || w.kind == TK_STATIC || w.kind == TK_EXTERN;
    const CdeclEntry *e = scope_symbol(p->scope, t->text, cdecl_token_len(*t), cdecl_hash(t->text, cdecl_token_len(*t)), NULL);
    return e ? e->symbol->kind == CDECL_TYPEDEF : w.class == CDECL_W_TYPEDEF;
}

/* Is the variable NAME changed, or its address taken, in what follows it? Then it must lie in memory. */
static bool is_changed(const CdeclToken *name, const CdeclToken *t, const CdeclToken *end) {
    for (; t < end; t++) {
        bool same = t->kind == TK_IDENTIFIER && cdecl_token_same(t, name);
        int before = same ? t[-1].kind : 0, after = same && t + 1 < end ? t[1].kind : 0;
        if (before == TK_AMP || before == TK_INCDEC || after == TK_EQ || after == TK_ASSIGN || after == TK_INCDEC ||
            after == TK_DOT || after == TK_LBRACKET)
            return true;
    }
    return false;
}

/* An object of TYPE, in memory of our own. */
CdeclOperand apply_room(CdeclParse *p, AbiQType type, CdeclSpan span) {
    CdeclOperand o = fold_typed(type, span);
    uint64_t size;
    uint32_t site = p->apply->sites++;
    if (!fold_size(p, span, type, &size))
        return fold_failed(p, span);
    CdeclOperand place = apply_pending(p, o, (CdeclPending){.kind = CDECL_EF_ROOM, .site = site, .object = o});
    o.flags = CDECL_O_LVALUE;
    if (!fold_inherit(&o, &place)) {
        o.flags |= CDECL_O_PLACED;
        o.address = place.value.bits.lo;
        fold_defer(&o, span, CDECL_E_NOT_CONSTANT, NULL);
    }
    return o;
}

void apply_refuse(CdeclParse *p, const CdeclToken *statement) {
    int n = (int)cdecl_token_len(*statement);
    cdecl_fail(p, statement->span, CDECL_E_MACRO_STATEMENT, n < 60 ? n : 60, statement->text);
}

static CdeclOperand refuse(CdeclParse *p, Statement s) {
    apply_refuse(p, &s.t[0]);
    return fold_failed(p, s.t[0].span);
}

/* TYPE NAME = VALUE, or without a value. END: of the block. What has to be done for it. */
static CdeclOperand declaration(CdeclParse *p, Statement s, const CdeclToken *end) {
    size_t eq = apply_find_outside(s.t, s.n, TK_EQ), name = eq;
    CdeclOperand value = fold_failed(p, s.t[0].span), object;
    CdeclTypeName type;
    while (name > 0 && s.t[name - 1].kind != TK_IDENTIFIER)
        name--;
    for (size_t i = 0; i < eq; i++)
        if (s.t[i].kind == TK_LBRACE)
            return refuse(p, s);
    if (name < 2 || apply_find_outside(s.t, s.n, TK_COMMA) < s.n) /* int a, b */
        return refuse(p, s);
    const CdeclToken *n = &s.t[name - 1];
    bool braced = eq + 2 < s.n && s.t[eq + 1].kind == TK_LBRACE && s.t[s.n - 1].kind == TK_RBRACE;
    bool has_value = eq < s.n && !braced, inferred = cdecl_token_is(&s.t[0], "__auto_type");
    if (has_value && cdecl_evaluate(p, s.t + eq + 1, s.n - eq - 1, &value) < 0)
        return value;
    if (inferred)
        type.type = fold_decayed(p, value);
    else if (cdecl_evaluate_type(p, s.t, eq, &type) < 0)
        return fold_failed(p, s.t[0].span);
    if (cdecl_failed(p))
        return value;
    if (has_value && fold_is_scalar(type.type.type) && !is_changed(n, s.t + s.n, end)) {
        value = fold_cast(p, value.span, (AbiQType){type.type.type, 0}, value);
        return add_local(p, n->text, cdecl_token_len(*n), value) < 0 ? fold_failed(p, n->span) : value;
    }
    type.type.quals &= ~(unsigned)ABI_CONST;
    if (braced || (has_value && type.type.type->kind == ABI_ARRAY)) {
        size_t brace = braced;
        object = apply_braced(p, type.type, s.t + eq + 1 + brace, s.n - eq - 1 - 2 * brace, n->span, &value);
        return cdecl_failed(p) || add_local(p, n->text, cdecl_token_len(*n), object) < 0 ? object : value;
    }
    object = apply_room(p, type.type, n->span);
    if (cdecl_failed(p) || add_local(p, n->text, cdecl_token_len(*n), object) < 0)
        return object;
    if (has_value)
        return apply_assign(p, (CdeclToken){.text = "=", .text_len = 1}, object, value);
    return apply_void(p, object.flags & CDECL_O_PLACED ? fold_known(object.type.type, 0, n->span) : object);
}

static CdeclOperand statement(CdeclParse *p, Statement s, const CdeclToken *end) {
    static const char *const words[] = {"if", "for", "while", "do", "switch", "return", "goto", "asm", "__asm__", "__asm"};
    CdeclOperand value = fold_failed(p, s.t[0].span);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (cdecl_token_is(&s.t[0], words[i]))
            return refuse(p, s);
    if (s.t[0].kind == TK_LBRACE)
        return refuse(p, s);
    if (is_type(p, &s.t[0]))
        return declaration(p, s, end);
    if (cdecl_evaluate(p, s.t, s.n, &value) < 0 || value.value.kind == CDECL_V_STRING)
        return value;
    return fold_rvalue(p, value);
}

CdeclOperand apply_statement(CdeclParse *p, const CdeclToken *t, size_t n, const CdeclToken *end) {
    Statement s = next_statement(t, t + n);
    return s.n ? statement(p, s, end) : apply_nothing(p, (CdeclSpan){0});
}

/* The value of the statements from T to END: that of the last, if it is an expression, when all before is done. */
static CdeclOperand run(CdeclParse *p, const CdeclToken *t, const CdeclToken *end, CdeclSpan span) {
    CdeclApply *a = p->apply;
    CdeclLocal *before = a->locals;
    CdeclOperand result = fold_typed((AbiQType){abi_primitive(p->graph, ABI_P_VOID), 0}, span);
    result.value = (CdeclValue){.kind = CDECL_V_VOID, .type = result.type.type};
    if (a->depth >= MAX_DEPTH) {
        fold_defer(&result, span, CDECL_E_INLINE_DEPTH, a->macro);
        return result;
    }
    a->depth++;
    while (t < end && !cdecl_failed(p)) {
        Statement next = next_statement(t, end);
        if (next.n)
            result = apply_sequence(result, statement(p, next, end));
        t = next.t + next.n < end ? next.t + next.n + 1 : end;
    }
    a->depth--;
    a->locals = before;
    return result;
}

const CdeclStrings *apply_braces(const CdeclParse *p, CdeclToken braces) {
    return braces.hash < p->apply->n_braces ? p->apply->braces[braces.hash] : NULL;
}

/* ({ ... }) */
CdeclOperand apply_block(CdeclParse *p, CdeclToken braces) {
    const CdeclStrings *s = apply_braces(p, braces);
    return s ? run(p, s->tokens, s->tokens + s->n, braces.span) : run(p, NULL, NULL, braces.span);
}

/* All that a macro stands for: an expression, or statements of no value. 0 or -1. */
int apply_tokens(CdeclParse *p, const CdeclToken *t, size_t n, CdeclOperand *out) {
    if (!apply_is_statement(t, n))
        return cdecl_evaluate(p, t, n, out);
    *out = apply_statements(p, t, n);
    return cdecl_failed(p) ? -1 : 0;
}
