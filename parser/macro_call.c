/* Macros with parameters, applied to values: lib.WEXITSTATUS(status).
 *
 * The call is written as C text, its arguments as constants of their types, and preprocessed; what comes
 * out is folded like any constant expression. Functions that it calls are called by whoever asked, one
 * after the other, the innermost first; a call's tokens are then replaced by its result. */
#include "parser/pp.h"
#include "parser/text.h"

#include "gen/cdecl.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Apply { /* one question */
    const PpMacro *macro;
    const CdeclValue *results; /* of the calls made so far */
    size_t n_results, used;
    CdeclApplied *out;
    bool calls;                /* OUT says which function to call */
} Apply;

/* ---------------------------------------------------------------- values as text */

static void put_type(Text *t, const AbiType *type) {
    AbiQType q = {type, 0};
    size_t n = abi_spell(q, "", ABI_SPELL_C, NULL, 0, NULL);
    char *spelled = malloc(n + 1);
    if (!spelled) {
        t->failed = true;
        return;
    }
    abi_spell(q, "", ABI_SPELL_C, spelled, n + 1, NULL);
    text_put(t, spelled, n);
    free(spelled);
}

static void put_escaped(Text *t, const char *s, size_t n) {
    char octal[8];
    text_put_string(t, "\"");
    for (size_t i = 0; i < n; i++) {
        snprintf(octal, sizeof octal, "\\%03o", (unsigned char)s[i]);
        text_put_string(t, octal);
    }
    text_put_string(t, "\"");
}

/* An argument as C text of its own type: ((int)-5), ((double)0x1.8p+1L), "\101". */
static bool put_argument(Text *t, const CdeclValue *v) {
    char number[80];
    if (v->kind == CDECL_V_STRING) {
        put_escaped(t, v->string.data, v->string.len);
        return true;
    }
    if (v->kind == CDECL_V_REAL)
        snprintf(number, sizeof number, "%LaL", v->real);
    else if (v->kind == CDECL_V_INT && cdecl_value_negative(v))
        snprintf(number, sizeof number, "(-%lluLL-1)", (unsigned long long)~v->bits.lo);
    else if (v->kind == CDECL_V_INT)
        snprintf(number, sizeof number, "0x%llxULL", (unsigned long long)v->bits.lo);
    else
        return false;
    bool wide = v->kind == CDECL_V_INT && v->bits.hi != (cdecl_value_negative(v) ? UINT64_MAX : 0);
    if (wide || (v->kind == CDECL_V_REAL && (v->real != v->real || v->real - v->real != 0)))
        return false; /* more than 64 bits, infinite, not a number: no literal for it */
    text_put_string(t, "((");
    put_type(t, v->type);
    text_put_string(t, ")");
    text_put_string(t, number);
    text_put_string(t, ")");
    return true;
}

/* An integer argument as the constant that a C programmer would write there, which # and ## are made for. */
static bool put_plain(Text *t, const CdeclValue *v) {
    char number[40];
    if (v->kind != CDECL_V_INT)
        return false;
    long value = (long)v->bits.lo;
    if (v->type->prim == ABI_P_INT && value != INT_MIN) /* whose digits alone are a long */
        snprintf(number, sizeof number, "%ld", value);
    else if (v->type->prim == ABI_P_LONG && value != LONG_MIN)
        snprintf(number, sizeof number, value >= -INT_MAX && value <= INT_MAX ? "%ldL" : "%ld", value);
    else if (v->type->prim == ABI_P_ULONG && value < 0)
        snprintf(number, sizeof number, "%#lx", (unsigned long)value); /* unsigned for its size: C11 6.4.4.1p5 */
    else
        return false;
    text_put_string(t, number);
    return true;
}

/* ---------------------------------------------------------------- calls in the expression */

static const CdeclSymbol *function_of(CdeclParse *p, const CdeclToken *t) {
    size_t n = cdecl_token_len(*t);
    if (t->kind != TK_IDENTIFIER)
        return NULL;
    const CdeclEntry *e = scope_symbol(p->scope, t->text, n, cdecl_hash(t->text, n), NULL);
    return e && e->symbol->kind == CDECL_FUNCTION ? e->symbol : NULL;
}

static bool takes_type(const CdeclToken *t) {
    CdeclWord w = t->kind == TK_IDENTIFIER ? cdecl_word(t->text, cdecl_token_len(*t)) : (CdeclWord){0};
    return w.class == CDECL_W_KEYWORD &&
           (w.kind == TK_SIZEOF || w.kind == TK_ALIGNOF || w.kind == TK_TYPEOF || w.kind == TK_GENERIC);
}

/* Is T[I] an operand of sizeof or the like, which asks for its type only? */
static bool is_unevaluated(const CdeclToken *t, size_t i) {
    size_t depth = 0;
    if (i > 0 && takes_type(&t[i - 1]))
        return true;
    while (i-- > 1) {
        if (t[i].kind == TK_LP && depth == 0 && takes_type(&t[i - 1]))
            return true;
        if (t[i].kind == TK_RP)
            depth++;
        else if (t[i].kind == TK_LP && depth > 0)
            depth--;
    }
    return false;
}

/* The last call in the tokens: none of its arguments has another. Its function, and where it begins and
 * its ")" is; NULL: there is none. */
static const CdeclSymbol *last_call(CdeclParse *p, const CdeclToken *t, size_t n, size_t *begin, size_t *end) {
    for (size_t i = n; i-- > 0;) {
        const CdeclSymbol *f = i + 1 < n && t[i + 1].kind == TK_LP && !is_unevaluated(t, i) ? function_of(p, &t[i]) : NULL;
        size_t depth = 0;
        for (size_t k = i + 1; f && k < n; k++) {
            depth += t[k].kind == TK_LP;
            depth -= t[k].kind == TK_RP;
            if (depth == 0) {
                *begin = i;
                *end = k;
                return f;
            }
        }
    }
    return NULL;
}

/* Is T[BEGIN..END] all that there is, but for parentheses around it? */
static bool is_all(const CdeclToken *t, size_t n, size_t begin, size_t end) {
    if (n - 1 - end != begin)
        return false;
    for (size_t i = 0; i < begin; i++)
        if (t[i].kind != TK_LP || t[n - 1 - i].kind != TK_RP)
            return false;
    return true;
}

/* Operators that evaluate only one of their operands: whether a call is made is not known beforehand. */
static bool has_choice(const CdeclToken *t, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (t[i].kind == TK_QUESTION || t[i].kind == TK_ANDAND || t[i].kind == TK_OROR)
            return true;
    return false;
}

static int fail(CdeclParse *p, CdeclCode code, const Apply *apply) {
    return cdecl_fail(p, (CdeclSpan){0}, code, apply->macro->name->text);
}

/* What the tokens are worth. 0, or -1 and the reason why they have no value. */
static int value_of(CdeclParse *p, const Apply *apply, const CdeclToken *tokens, size_t n, CdeclValue *value) {
    CdeclOperand e;
    if (n == 0)
        return fail(p, CDECL_E_MACRO_EMPTY, apply);
    if (cdecl_evaluate(p, tokens, n, &e) < 0)
        return cdecl_failed(p) ? -1 : fail(p, CDECL_E_MACRO_NO_EXPRESSION, apply);
    if (!fold_is_constant(&e) && (e.deferred == CDECL_OK || e.deferred == CDECL_E_NOT_CONSTANT))
        return fail(p, CDECL_E_MACRO_NO_VALUE, apply);
    if (fold_value(p, e, value) < 0)
        return -1;
    return scope_use(p->scope, value->type) < 0 ? cdecl_fail(p, (CdeclSpan){0}, CDECL_E_MEMORY) : 0;
}

static int add_argument(CdeclParse *p, Apply *apply, const CdeclToken *t, size_t n) {
    CdeclApplied *out = apply->out;
    CdeclValue *args = realloc(out->args, (out->n_args + 1) * sizeof *args);
    if (!args)
        return cdecl_fail(p, (CdeclSpan){0}, CDECL_E_MEMORY);
    out->args = args;
    if (value_of(p, apply, t, n, &args[out->n_args]) < 0)
        return -1;
    out->n_args++;
    return 0;
}

/* Evaluate the arguments between the parentheses at T and T[N]. */
static int read_arguments(CdeclParse *p, Apply *apply, const CdeclToken *t, size_t n) {
    size_t depth = 0, start = 1;
    if (n == 1)
        return 0;
    for (size_t i = 1; i <= n; i++) {
        if (i == n || (depth == 0 && t[i].kind == TK_COMMA)) {
            if (add_argument(p, apply, t + start, i - start) < 0)
                return -1;
            start = i + 1;
        }
        depth += t[i].kind == TK_LP;
        depth -= t[i].kind == TK_RP;
    }
    return 0;
}

/* Put the tokens of a constant in the place of T[BEGIN..END]. */
static int put_result(CdeclParse *p, Apply *apply, CdeclToken **tokens, size_t *n, size_t begin, size_t end) {
    Text text = {0};
    bool spelled = put_argument(&text, &apply->results[apply->used++]);
    char *copy = spelled && !text.failed ? cdecl_scratch(p, text.len + 1) : NULL;
    CdeclToken *out = copy ? cdecl_scratch(p, (*n + text.len) * sizeof *out) : NULL;
    if (out)
        memcpy(copy, text.data, text.len);
    size_t len = text.len, k = begin;
    free(text.data);
    if (!spelled)
        return fail(p, CDECL_E_MACRO_ARGUMENT, apply);
    if (!out)
        return cdecl_failed(p) ? -1 : cdecl_fail(p, (CdeclSpan){0}, CDECL_E_MEMORY);
    memcpy(out, *tokens, begin * sizeof *out);
    CdeclLexer lx = {copy, copy, copy + len, PP_NOWHERE, false};
    for (cdecl_lex(&lx, &out[k]); out[k].kind != TK_END; cdecl_lex(&lx, &out[k])) {
        out[k].text_len = out[k].span.len;
        k++;
    }
    memcpy(out + k, *tokens + end + 1, (*n - end - 1) * sizeof *out);
    *n = k + *n - end - 1;
    *tokens = out;
    return 0;
}

/* ---------------------------------------------------------------- the question */

static int evaluate(CdeclParse *p, void *user) {
    Apply *apply = user;
    CdeclToken *tokens;
    size_t n, begin, end;
    if (pp_read_tokens(p, &tokens, &n) < 0)
        return -1;
    bool choice = has_choice(tokens, n);
    for (const CdeclSymbol *f; (f = last_call(p, tokens, n, &begin, &end));) {
        if (choice)
            return fail(p, CDECL_E_MACRO_CONDITIONAL_CALL, apply);
        if (apply->used == apply->n_results) {
            apply->out->function = f;
            apply->calls = true;
            apply->out->whole = is_all(tokens, n, begin, end);
            return read_arguments(p, apply, tokens + begin + 1, end - begin - 1);
        }
        if (put_result(p, apply, &tokens, &n, begin, end) < 0)
            return -1;
    }
    return value_of(p, apply, tokens, n, &apply->out->value);
}

/* NAME(ARGS...) as text; false if an argument has no literal. */
static bool spell_call(Text *text, const char *name, size_t n, const CdeclValue *args, size_t n_args) {
    text_put(text, name, n);
    text_put_string(text, "(");
    for (size_t i = 0; i < n_args; i++) {
        text_put_string(text, i ? ", " : "");
        if (!put_plain(text, &args[i]) && !put_argument(text, &args[i]))
            return false;
    }
    text_put_string(text, ")");
    return true;
}

int cdecl_macro_apply(CdeclScope *scope, const char *name, size_t n, const CdeclValue *args, size_t n_args,
                      const CdeclValue *results, size_t n_results, CdeclApplied *out, CdeclError *err) {
    AbiGraph *graph = abi_region_graph(cdecl_scope_region(scope));
    Text text = {0};
    *out = (CdeclApplied){0};
    bool spelled = spell_call(&text, name, n, args, n_args);
    abi_lock(graph);
    Apply apply = {pp_find_macro(scope, name, n), results, n_results, 0, out, false};
    int failed;
    if (text.failed)
        failed = cdecl_error_set(err, CDECL_E_MEMORY);
    else if (!apply.macro || !apply.macro->function_like)
        failed = cdecl_error_set(err, CDECL_E_NO_MACRO, (int)(n < 100 ? n : 100), name);
    else if (!spelled)
        failed = cdecl_error_set(err, CDECL_E_MACRO_ARGUMENT, apply.macro->name->text);
    else
        failed = cdecl_with_parse(scope, "macro call", text.data, text.len, evaluate, &apply, err);
    abi_unlock(graph);
    free(text.data);
    if (failed)
        cdecl_applied_clear(out);
    return failed ? -1 : apply.calls;
}

void cdecl_applied_clear(CdeclApplied *out) {
    free(out->args);
    *out = (CdeclApplied){0};
}

/* The same for macros that call no functions: 0 and *VALUE, or -1 and ERR. */
int cdecl_macro_call(CdeclScope *scope, const char *name, size_t n, const CdeclValue *args, size_t n_args, CdeclValue *value,
                     CdeclError *err) {
    CdeclApplied applied;
    int state = cdecl_macro_apply(scope, name, n, args, n_args, NULL, 0, &applied, err);
    if (state == 0)
        *value = applied.value;
    if (state > 0)
        state = cdecl_error_set(err, CDECL_E_MACRO_NO_VALUE, applied.function->name);
    cdecl_applied_clear(&applied);
    return state;
}
