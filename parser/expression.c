/* Expressions (C11 6.5): what folding needs to know from the scope, and what has only a type. */
#include "parser/apply.h"
#include "gen/cdecl.h"

#include <stdio.h>

static CdeclOperand spanned(CdeclOperand e, CdeclSpan from, CdeclSpan to) {
    e.span = cdecl_join(from, to);
    return e;
}

static AbiQType primitive(CdeclParse *p, AbiPrim prim) {
    return (AbiQType){abi_primitive(p->graph, prim), 0};
}

/* ---------------------------------------------------------------- strings */

/* Adjacent literals, collected: at 1,000,000 of them in linear time. */
CdeclStrings *strings_add(CdeclParse *p, CdeclStrings *s, CdeclToken t) {
    if (!s && !(s = cdecl_temporary(p, sizeof *s)))
        return NULL;
    if (s->n == s->cap) {
        CdeclToken *grown = cdecl_temporary_grow(p, s->tokens, s->n, &s->cap, sizeof *grown);
        if (!grown)
            return NULL;
        s->tokens = grown;
    }
    s->span = s->n ? cdecl_join(s->span, t.span) : t.span;
    s->tokens[s->n++] = t;
    return s;
}

CdeclOperand expression_strings(CdeclParse *p, CdeclStrings *s) {
    return s ? fold_string(p, s->tokens, s->n) : fold_failed(p, p->last.span);
}

/* ---------------------------------------------------------------- names */

/* true, false, nullptr (C23 6.4.4.6), where the program declares nothing of that name */
static CdeclOperand predefined(CdeclParse *p, CdeclToken name) {
    CdeclValue v = {.kind = CDECL_V_INT};
    AbiQType type = primitive(p, name.sub == CDECL_PRE_NULLPTR ? ABI_P_NULLPTR : ABI_P_BOOL);
    v.type = type.type;
    v.bits.lo = name.sub == CDECL_PRE_TRUE;
    return fold_constant(p, v, type, name.span);
}

/* An unknown name counts only where a value or type is needed: initialisers may name what is not here.
 * What it may have meant is looked up only then (fold_value). */
static CdeclOperand undeclared(CdeclParse *p, CdeclToken name) {
    CdeclOperand e = fold_nonconstant(p, primitive(p, ABI_P_INT), name.span);
    size_t n = cdecl_token_len(name) < 60 ? cdecl_token_len(name) : 60;
    char *kept = cdecl_temporary(p, n + 1);
    if (kept)
        memcpy(kept, name.text, n);
    e.deferred = CDECL_E_UNDECLARED;
    e.deferred_at = name.span;
    e.deferred_text = kept;
    return e;
}

static CdeclOperand symbol_operand(CdeclParse *p, const CdeclSymbol *s, CdeclToken name) {
    switch (s->kind) {
    case CDECL_ENUMERATOR:
        if (!(s->flags & CDECL_S_NEEDS_COMPILER))
            return fold_constant(p, s->value, (AbiQType){s->value.type, 0}, name.span);
        return fold_nonconstant(p, primitive(p, ABI_P_INT), name.span);
    case CDECL_CONSTANT:
        if (s->value.kind != CDECL_V_NONE) {
            bool object = s->flags & CDECL_S_DEFINED; /* const int K = 5; has an address; constexpr is const (C23 6.7.2p4) */
            AbiQType type = object ? (AbiQType){s->type.type, s->type.quals | ABI_CONST} : (AbiQType){s->value.type, 0};
            CdeclOperand e = fold_constant(p, s->value, type, name.span);
            e.flags |= object ? CDECL_O_LVALUE : 0;
            return e;
        }
        return fold_nonconstant(p, s->type.type ? s->type : primitive(p, ABI_P_INT), name.span);
    case CDECL_TYPEDEF:
        cdecl_fail(p, name.span, CDECL_E_TYPE_NOT_VALUE, (int)cdecl_token_len(name), name.text);
        return fold_failed(p, name.span);
    default: {
        CdeclOperand e = fold_nonconstant(p, s->type, name.span);
        e.align = s->align;
        e.flags |= CDECL_O_SYMBOL | (s->kind == CDECL_VARIABLE && !(s->flags & CDECL_S_WEAK) && !p->apply ? CDECL_O_BASED : 0);
        e.symbol = s;
        return p->apply && s->kind == CDECL_VARIABLE ? apply_variable(p, e, s) : e;
    }
    }
}

/* What NAME is where a macro is being applied, and only there: a variable of its own, or argument N as
 * CDECL_ARGUMENT_PREFIX N. */
static bool applied_name(CdeclParse *p, CdeclToken name, CdeclOperand *out) {
    static const char prefix[] = CDECL_ARGUMENT_PREFIX;
    size_t n = cdecl_token_len(name), index = 0;
    const CdeclLocal *local = apply_local(p, name);
    if (local) {
        *out = local->value;
        out->span = name.span;
        return true;
    }
    if (n < sizeof prefix || memcmp(name.text, prefix, sizeof prefix - 1) != 0)
        return false;
    for (size_t i = sizeof prefix - 1; i < n && index < p->apply->n_args; i++)
        index = name.text[i] >= '0' && name.text[i] <= '9' ? index * 10 + (size_t)(name.text[i] - '0') : SIZE_MAX;
    if (index >= p->apply->n_args)
        return false;
    *out = apply_argument(p, name, index);
    return true;
}

/* __func__ and GCC's names for it outside of functions, where it lets them be. */
static bool is_function_name(const CdeclParse *p, CdeclToken name) {
    return !p->apply && (cdecl_token_is(&name, "__func__") || cdecl_token_is(&name, "__FUNCTION__") || cdecl_token_is(&name, "__PRETTY_FUNCTION__"));
}

static CdeclOperand function_name(CdeclParse *p, CdeclToken name) {
    AbiError err;
    size_t size = cdecl_token_is(&name, "__PRETTY_FUNCTION__") ? sizeof "top level" : sizeof "";
    const AbiType *t = abi_array(p->graph, (AbiQType){abi_primitive(p->graph, ABI_P_CHAR), ABI_CONST}, size, &err);
    if (!t) {
        cdecl_fail_abi(p, name.span, &err);
        return fold_failed(p, name.span);
    }
    CdeclOperand e = fold_nonconstant(p, (AbiQType){t, 0}, name.span);
    e.flags |= CDECL_O_SYMBOL; /* no literal, which could initialise an array */
    return e;
}

/* A name in an expression (C11 6.5.1p2). */
CdeclOperand expression_name(CdeclParse *p, CdeclToken name) {
    CdeclOperand own;
    if (cdecl_failed(p))
        return fold_failed(p, name.span);
    if (p->apply && applied_name(p, name, &own))
        return own;
    const CdeclParameter *q = parameter_find(p, &name);
    if (q) {
        CdeclOperand e = fold_nonconstant(p, q->type.type ? q->type : primitive(p, ABI_P_INT), name.span);
        e.flags |= CDECL_O_LVALUE;
        return e;
    }
    const CdeclEntry *entry = scope_symbol(p->scope, name.text, cdecl_token_len(name), name.hash, NULL);
    if (entry)
        return symbol_operand(p, entry->symbol, name);
    if (name.sub >= CDECL_PRE_TRUE && name.sub <= CDECL_PRE_NULLPTR)
        return predefined(p, name);
    if (name.sub) {
        cdecl_fail(p, name.span, CDECL_E_TYPE_NOT_VALUE, (int)cdecl_token_len(name), name.text);
        return fold_failed(p, name.span);
    }
    return is_function_name(p, name) ? function_name(p, name) : undeclared(p, name);
}

/* ---------------------------------------------------------------- operators over types */

CdeclOperand expression_group(CdeclParse *p, CdeclToken open, CdeclOperand e, CdeclToken close) {
    (void)p;
    return spanned(e, open.span, close.span);
}

/* ({ ... }): has a value, but not one that we look for in a declaration. */
CdeclOperand expression_opaque(CdeclParse *p, CdeclToken open, CdeclToken braces, CdeclToken close) {
    if (p->apply)
        return spanned(apply_block(p, braces), open.span, close.span);
    return fold_nonconstant(p, primitive(p, ABI_P_INT), cdecl_join(open.span, close.span));
}

CdeclOperand expression_offsetof(CdeclParse *p, CdeclToken word, CdeclDesignator d, CdeclToken close) {
    return spanned(fold_offsetof(p, d), word.span, close.span);
}

CdeclDesignator designator_start(CdeclParse *p, CdeclTypeName type, CdeclToken name) {
    CdeclDesignator d = {.type = type.type, .span = type.span, .failed = !type.type.type};
    return d.failed ? d : fold_designate_member(p, d, name);
}

/* __builtin_types_compatible_p: top-level qualifiers do not count (GCC manual 6.59). */
CdeclOperand expression_compatible(CdeclParse *p, CdeclToken word, CdeclTypeName a, CdeclTypeName b, CdeclToken close) {
    CdeclSpan span = cdecl_join(word.span, close.span);
    if (!a.type.type || !b.type.type)
        return fold_failed(p, span);
    a.type.quals = b.type.quals = 0;
    AbiQType type = primitive(p, ABI_P_INT);
    CdeclValue v = {.kind = CDECL_V_INT, .type = type.type, .bits = {fold_compatible(p, a.type, b.type), 0}};
    return fold_constant(p, v, type, span);
}

CdeclOperand expression_va_arg(CdeclParse *p, CdeclToken word, CdeclTypeName type, CdeclToken close) {
    CdeclSpan span = cdecl_join(word.span, close.span);
    return type.type.type ? fold_nonconstant(p, type.type, span) : fold_failed(p, span);
}

/* __builtin_choose_expr: the operand that is not chosen need not even be evaluable. */
CdeclOperand expression_choose(CdeclParse *p, CdeclToken word, CdeclOperand c, CdeclOperand a, CdeclOperand b, CdeclToken close) {
    CdeclValue v;
    if (cdecl_failed(p) || fold_integer(p, c, &v) < 0)
        return fold_failed(p, word.span);
    return spanned(v.bits.lo || v.bits.hi ? a : b, word.span, close.span);
}

/* The values that only the compiler's functions stand for: INFINITY is __builtin_inff(), NAN is
 * __builtin_nanf(""). That a NaN signals is lost: no value that Python could hold does. */
static const struct { const char *name /* behind __builtin_ */; bool nan; } unbounded[] = {
    {"huge_val", false}, {"inf", false}, {"nan", true}, {"nans", true},
};
static const struct { const char *suffix; AbiPrim type; } float_suffixes[] = {
    {"", ABI_P_DOUBLE}, {"f", ABI_P_FLOAT}, {"l", ABI_P_LDOUBLE}, {"f16", ABI_P_FLOAT16}, {"f32", ABI_P_FLOAT32},
    {"f64", ABI_P_FLOAT64}, {"f128", ABI_P_FLOAT128}, {"f32x", ABI_P_FLOAT32X}, {"f64x", ABI_P_FLOAT64X},
};

static bool unbounded_value(CdeclParse *p, const char *name, CdeclSpan span, CdeclOperand *out) {
    for (size_t i = 0; i < sizeof unbounded / sizeof *unbounded; i++) {
        size_t n = strlen(unbounded[i].name);
        if (strncmp(name, unbounded[i].name, n) != 0)
            continue;
        for (size_t k = 0; k < sizeof float_suffixes / sizeof *float_suffixes; k++) {
            if (strcmp(name + n, float_suffixes[k].suffix) == 0) {
                long double value = unbounded[i].nan ? __builtin_nanl("") : __builtin_infl();
                *out = fold_known_real(abi_primitive(p->graph, float_suffixes[k].type), value, span);
                return true;
            }
        }
    }
    return false;
}

/* The arguments of a call, collected; A NULL: this is the first. */
CdeclArguments *arguments_add(CdeclParse *p, CdeclArguments *a, CdeclOperand o) {
    if (!a && !(a = cdecl_temporary(p, sizeof *a)))
        return NULL;
    if (a->n == a->cap) {
        CdeclOperand *grown = cdecl_temporary_grow(p, a->items, a->n, &a->cap, sizeof *grown);
        if (!grown)
            return NULL;
        a->items = grown;
    }
    a->items[a->n++] = o;
    return a;
}

/* F is __builtin_NAME: that of the library where it is declared, as memcmp may be. Else F. */
static CdeclOperand library_function(CdeclParse *p, CdeclOperand f, const char *name) {
    const CdeclEntry *e = scope_symbol(p->scope, name, strlen(name), cdecl_hash(name, strlen(name)), NULL);
    CdeclToken t = {.span = f.span, .text = name, .text_len = (uint32_t)strlen(name)};
    return e && e->symbol->kind == CDECL_FUNCTION ? symbol_operand(p, e->symbol, t) : f;
}

/* May VALUE be passed as a T? As what has that type initially; a transparent union takes what one of its members does. */
static bool may_pass(CdeclParse *p, const AbiType *t, const CdeclOperand *value) {
    bool fits = !value->type.type || value->deferred == CDECL_E_UNDECLARED || initializer_fits(p, t, value);
    for (size_t i = 0; !fits && t->flags & ABI_F_TRANSPARENT && i < t->record->count; i++)
        fits = initializer_fits(p, t->record->members[i].type.type, value);
    return fits;
}

/* C11 6.5.2.2p2; where a macro is applied, the call itself will see to that. */
static int check_arguments(CdeclParse *p, const CdeclOperand *f, const CdeclArguments *arguments, CdeclSpan span) {
    const AbiType *t = f->type.type->kind == ABI_POINTER ? f->type.type->item.type : f->type.type;
    const AbiFunction *fn = t && t->kind == ABI_FUNCTION ? t->function : NULL;
    size_t n = arguments ? arguments->n : 0;
    if (!fn || fn->unprototyped)
        return 0;
    if (n < fn->nparams || (n > fn->nparams && !fn->variadic))
        return cdecl_fail(p, span, CDECL_E_MACRO_CALL_COUNT, (unsigned)fn->nparams, (unsigned)n);
    for (size_t i = 0; i < fn->nparams; i++) {
        const CdeclOperand *value = &arguments->items[i];
        if (!may_pass(p, fn->params[i].type, value))
            return cdecl_fail(p, value->span, CDECL_E_ARGUMENT_TYPE, fold_spell(p, value->type), fold_spell(p, fn->params[i]));
    }
    return 0;
}

/* f(...); a function that is not declared is a builtin of the compiler, or int (C89). */
CdeclOperand expression_call(CdeclParse *p, CdeclOperand f, const CdeclArguments *arguments, CdeclToken close) {
    CdeclSpan span = cdecl_join(f.span, close.span);
    if (cdecl_failed(p))
        return fold_failed(p, span);
    CdeclOperand value;
    const char *builtin = f.deferred == CDECL_E_UNDECLARED ? fold_builtin_name(f.deferred_text) : NULL;
    if (builtin && (unbounded_value(p, builtin, span, &value) || fold_builtin(p, builtin, arguments, span, &value) ||
                    fold_library(p, builtin, arguments, span, &value)))
        return value;
    if (builtin && p->apply)
        f = library_function(p, f, builtin);
    if (f.deferred == CDECL_E_UNDECLARED)
        return spanned(f, f.span, close.span);
    if (p->apply)
        return apply_call(p, f, arguments, span);
    return check_arguments(p, &f, arguments, span) < 0 ? fold_failed(p, span) : fold_call(p, f, span);
}

/* What ++ and -- are for (C11 6.5.2.4p1). */
static int check_step(CdeclParse *p, CdeclToken op, const CdeclOperand *e) {
    const char *name = op.text[0] == '+' ? "++" : "--";
    const AbiType *t = e->type.type;
    if (!(e->flags & CDECL_O_LVALUE) || t->kind == ABI_ARRAY || t->kind == ABI_FUNCTION)
        return cdecl_fail(p, op.span, CDECL_E_NOT_LVALUE, name);
    if (e->type.quals & ABI_CONST)
        return cdecl_fail(p, e->span, CDECL_E_WRITE_CONST);
    if (!fold_is_scalar(t) && t->kind != ABI_VECTOR)
        return cdecl_fail(p, op.span, CDECL_E_OPERAND, name, fold_spell(p, e->type));
    return 0;
}

/* x++, --x: a type only. */
CdeclOperand expression_step(CdeclParse *p, CdeclToken op, CdeclOperand e, bool before) {
    if (p->apply && !cdecl_failed(p) && e.flags & CDECL_O_LVALUE)
        return apply_step(p, op, e, before);
    if (cdecl_failed(p) || (e.deferred != CDECL_E_UNDECLARED && check_step(p, op, &e) < 0))
        return fold_failed(p, cdecl_join(e.span, op.span));
    CdeclOperand result = fold_nonconstant(p, e.type, cdecl_join(e.span, op.span));
    result.flags = 0;
    result.deferred = e.deferred;
    result.deferred_at = e.deferred_at;
    result.deferred_text = e.deferred_text;
    return result;
}

/* (int[]){ 1, 2 }: the braces, which the filter has looked at, say the length (C11 6.5.2.5p5). */
static AbiQType compound_type(CdeclParse *p, AbiQType type, CdeclSpan at) {
    AbiError err;
    size_t length;
    const AbiType *t = type.type;
    if (t->kind != ABI_ARRAY || t->length != ABI_LENGTH_UNKNOWN || !braces_length(p, t->item.type, &p->braces, &length))
        return type;
    if (!(type.type = abi_array(p->graph, t->item, length, &err))) {
        cdecl_fail_abi(p, at, &err);
        type.type = t;
    }
    return type;
}

/* (T){ ... }: an object; its value is not looked at, but where a macro is applied. */
CdeclOperand expression_compound(CdeclParse *p, CdeclToken open, CdeclTypeName type, CdeclToken braces) {
    CdeclSpan span = cdecl_join(open.span, braces.span);
    if (!type.type.type)
        return fold_failed(p, span);
    if (p->apply)
        return spanned(apply_compound(p, type.type, braces, span), open.span, braces.span);
    CdeclOperand e = fold_nonconstant(p, compound_type(p, type.type, span), span);
    e.flags |= CDECL_O_LVALUE;
    return e;
}

CdeclOperand expression_sizeof(CdeclParse *p, CdeclToken word, CdeclTypeName type, CdeclToken close) {
    CdeclSpan span = cdecl_join(word.span, close.span);
    return type.type.type ? spanned(fold_sizeof(p, type.span, type.type), word.span, close.span) : fold_failed(p, span);
}

CdeclOperand expression_alignof(CdeclParse *p, CdeclToken word, CdeclTypeName type, CdeclToken close) {
    CdeclSpan span = cdecl_join(word.span, close.span);
    return type.type.type ? spanned(fold_alignof(p, type.span, type.type), word.span, close.span) : fold_failed(p, span);
}

/* sizeof x: what is not declared has no size. One of the compiler's functions has that of functions (GNU C). */
CdeclOperand expression_sizeof_operand(CdeclParse *p, CdeclToken word, CdeclOperand e) {
    if (e.deferred == CDECL_E_UNDECLARED && fold_is_library(fold_builtin_name(e.deferred_text)))
        return fold_known(abi_primitive(p->graph, ABI_P_SIZE)->canonical, 1, cdecl_join(word.span, e.span));
    return e.deferred == CDECL_E_UNDECLARED ? spanned(e, word.span, e.span) : fold_sizeof_operand(p, word.span, e);
}

CdeclOperand expression_alignof_operand(CdeclParse *p, CdeclToken word, CdeclOperand e) {
    return e.deferred == CDECL_E_UNDECLARED ? spanned(e, word.span, e.span) : fold_alignof_operand(p, word.span, e);
}

CdeclOperand expression_cast(CdeclParse *p, CdeclToken open, CdeclTypeName type, CdeclOperand e) {
    CdeclSpan span = cdecl_join(open.span, e.span);
    return type.type.type ? spanned(fold_cast(p, span, type.type, e), open.span, e.span) : fold_failed(p, span);
}

/* ---------------------------------------------------------------- _Generic (C11 6.5.1.1) */

CdeclGeneric *generic_start(CdeclParse *p, CdeclOperand control) {
    CdeclGeneric *g = cdecl_failed(p) ? NULL : cdecl_temporary(p, sizeof *g);
    if (!g)
        return NULL;
    g->control = control;
    g->type = fold_decayed(p, control);
    return g;
}

CdeclGeneric *generic_type(CdeclParse *p, CdeclGeneric *g, CdeclTypeName type, CdeclOperand e) {
    if (!g || cdecl_failed(p) || !type.type.type || !g->type.type)
        return g;
    if (type.type.type->size == ABI_SIZE_UNKNOWN) {
        cdecl_fail(p, type.span, CDECL_E_SIZE_UNKNOWN, fold_spell(p, type.type));
        return g;
    }
    if (type.type.quals != g->type.quals || !fold_compatible(p, type.type, g->type))
        return g;
    if (g->matched)
        cdecl_fail(p, type.span, CDECL_E_GENERIC_TWICE, fold_spell(p, type.type));
    g->matched = true;
    g->result = e;
    return g;
}

CdeclGeneric *generic_default(CdeclParse *p, CdeclGeneric *g, CdeclToken word, CdeclOperand e) {
    if (!g || cdecl_failed(p))
        return g;
    if (g->has_default)
        cdecl_fail(p, word.span, CDECL_E_GENERIC_TWICE, "default");
    g->has_default = true;
    g->otherwise = e;
    return g;
}

CdeclOperand generic_done(CdeclParse *p, CdeclToken word, CdeclGeneric *g, CdeclToken close) {
    CdeclSpan span = cdecl_join(word.span, close.span);
    if (!g || cdecl_failed(p))
        return fold_failed(p, span);
    if (!g->matched && !g->has_default) {
        cdecl_fail(p, g->control.span, CDECL_E_GENERIC_NONE, fold_spell(p, g->type));
        return fold_failed(p, span);
    }
    return spanned(g->matched ? g->result : g->otherwise, word.span, close.span);
}
