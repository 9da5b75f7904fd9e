/* Macros with parameters, applied to values: lib.WEXITSTATUS(status).
 *
 * The call is written as C text and preprocessed, its arguments as constants where C has such, as names that only this
 * parse knows where not. What comes out is folded like any constant expression, but for what apply.h tells of. */
#include "parser/apply.h"
#include "parser/pp.h"
#include "parser/text.h"

#include "gen/cdecl.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Question {
    const PpMacro *macro;
    CdeclApply apply;
    CdeclEffects *effects;
    CdeclApplied *out;
    bool asks;  /* OUT says for what */
    bool again; /* something was done: fold anew */
} Question;

/* ---------------------------------------------------------------- values as text */

static void put_escaped(Text *t, const char *s, size_t n) {
    char octal[8];
    text_put_string(t, "\"");
    for (size_t i = 0; i < n; i++) {
        snprintf(octal, sizeof octal, "\\%03o", (unsigned char)s[i]);
        text_put_string(t, octal);
    }
    text_put_string(t, "\"");
}

/* A finite double in as few digits as it takes. */
static bool put_double(Text *t, const CdeclValue *v) {
    char number[40];
    double value = (double)cdecl_real(v);
    if (v->type->prim != ABI_P_DOUBLE || value - value != 0)
        return false;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(number, sizeof number, "%.*g", digits, value);
        if (strtod(number, NULL) == value)
            break;
    }
    text_put_string(t, number);
    text_put_string(t, strpbrk(number, ".e") ? "" : ".0");
    return true;
}

/* A number as the constant that a C programmer would write there, which # and ## are made for. */
static bool put_plain(Text *t, const CdeclValue *v) {
    char number[40];
    if (v->kind == CDECL_V_REAL)
        return put_double(t, v);
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

/* A type as its name, if that may stand wherever a type may: "int *" before a "*", but no "int[3]" and no "struct $1". */
static bool put_type(Text *t, const AbiType *type) {
    char name[200];
    size_t n = abi_spell((AbiQType){type, 0}, "", ABI_SPELL_C, name, sizeof name, NULL);
    if (n >= sizeof name || strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ *") != n)
        return false;
    text_put(t, name, n);
    return true;
}

/* Is C text one argument: brackets in pairs, no comma outside of them, and nothing that a line could begin? */
static bool is_one_argument(const char *s, size_t n) {
    char *copy = malloc(n + 1);
    size_t depth = 0;
    CdeclToken t;
    if (!copy)
        return false;
    memcpy(copy, s, n);
    copy[n] = '\0';
    CdeclLexer lx = {copy, copy, copy + n, PP_NOWHERE, false};
    bool good = n > 0 && !memchr(s, '\n', n) && !memchr(s, '\r', n);
    for (cdecl_lex(&lx, &t); good && t.kind != TK_END; cdecl_lex(&lx, &t)) {
        bool closes = t.kind == TK_RP;
        good = t.kind != TK_BAD && !(closes && depth == 0) && !(t.kind == TK_COMMA && depth == 0);
        depth += t.kind == TK_LP;
        depth -= closes;
    }
    free(copy);
    return good && depth == 0;
}

static bool put_argument(Text *t, const CdeclValue *v, size_t i) {
    char name[sizeof CDECL_ARGUMENT_PREFIX + 24];
    snprintf(name, sizeof name, CDECL_ARGUMENT_PREFIX "%zu", i);
    if (v->kind == CDECL_V_STRING) {
        put_escaped(t, v->string.data, v->string.len);
    } else if (v->kind == CDECL_V_TEXT) {
        text_put(t, v->string.data, v->string.len);
        return is_one_argument(v->string.data, v->string.len);
    } else if (v->kind == CDECL_V_TYPE) {
        if (!put_type(t, v->type)) {
            text_put_string(t, "__typeof__(");
            text_put_string(t, name);
            text_put_string(t, ")");
        }
    } else if (!put_plain(t, v)) {
        text_put_string(t, name);
    }
    return true;
}

/* NAME(ARGS...) as text. The number of the argument that is none, or 0. */
static size_t spell_call(Text *text, const char *name, size_t n, const CdeclValue *args, size_t n_args) {
    text_put(text, name, n);
    text_put_string(text, "(");
    for (size_t i = 0; i < n_args; i++) {
        text_put_string(text, i ? ", " : "");
        if (!put_argument(text, &args[i], i))
            return i + 1;
    }
    text_put_string(text, ")");
    return 0;
}

/* ---------------------------------------------------------------- the answer */

static int fail(CdeclParse *p, CdeclCode code, const Question *q) {
    return cdecl_fail(p, (CdeclSpan){0}, code, q->macro->name->text);
}

/* The error of the text is one of what the macro stands for. */
static int no_expression(CdeclParse *p, const Question *q) {
    CdeclDiagnosis *d = cdecl_diagnosis(p);
    if (cdecl_category(d->code) != CDECL_CAT_SYNTAX)
        return -1;
    char why[sizeof d->msg];
    memcpy(why, d->msg, sizeof why);
    *d = (CdeclDiagnosis){0};
    return cdecl_fail(p, (CdeclSpan){0}, CDECL_E_MACRO_NO_EXPRESSION, q->macro->name->text, why);
}

/* Ask for what only the outside can do: E, the whole expression, is pending on it. */
static int ask(CdeclParse *p, Question *q, const CdeclOperand *e) {
    const CdeclPending *todo = e->pending;
    CdeclApplied *out = q->out;
    q->asks = true;
    q->effects->site = todo->site;
    *out = (CdeclApplied){.symbol = todo->symbol, .value = todo->value, .n_args = todo->n_args};
    out->wants_address = todo->kind == CDECL_EF_ADDRESS;
    out->whole = todo->kind == CDECL_EF_CALL && e->flags & CDECL_O_CALL;
    if (todo->kind != CDECL_EF_CALL)
        return 0;
    out->args = malloc((todo->n_args + 1) * sizeof *out->args);
    if (!out->args)
        return cdecl_fail(p, (CdeclSpan){0}, CDECL_E_MEMORY);
    memcpy(out->args, todo->args, todo->n_args * sizeof *out->args);
    for (size_t i = 0; i < todo->n_args; i++)
        if (scope_use(p->scope, todo->args[i].type) < 0)
            return cdecl_fail(p, (CdeclSpan){0}, CDECL_E_MEMORY);
    return 0;
}

static int pending(CdeclParse *p, Question *q, const CdeclOperand *e) {
    CdeclEffectKind kind = e->pending->kind;
    if (kind == CDECL_EF_CALL || kind == CDECL_EF_ADDRESS)
        return ask(p, q, e);
    q->asks = q->effects->untouched;
    q->again = !q->asks;
    return q->again ? apply_perform(p, e->pending, q->effects) : 0;
}

/* #x of a value that C has no literal for is the name that only we know it by. */
static bool shows_name(const CdeclValue *v) {
    static const char prefix[] = CDECL_ARGUMENT_PREFIX;
    return v->kind == CDECL_V_STRING && memmem(v->string.data, v->string.len, prefix, sizeof prefix - 1);
}

/* Is V the address of a variable, which is freed with EFFECTS? In C too it would end with the block. */
static bool is_own_address(const CdeclEffects *effects, const CdeclValue *v) {
    if (v->kind != CDECL_V_INT || v->type->kind != ABI_POINTER)
        return false;
    for (size_t i = 0; i < effects->n; i++) {
        const struct CdeclEffect *e = &effects->done[i];
        if (e->room && v->bits.lo - (uintptr_t)e->room <= e->value.type->size)
            return true;
    }
    return false;
}

static int fold(CdeclParse *p, void *user) {
    Question *q = user;
    CdeclToken *tokens;
    CdeclOperand e;
    size_t n;
    p->apply = &q->apply;
    if (pp_read_tokens(p, &tokens, &n) < 0)
        return -1;
    if (n == 0)
        return fail(p, CDECL_E_MACRO_EMPTY, q);
    if (apply_tokens(p, tokens, n, &e) < 0)
        return no_expression(p, q);
    if (e.value.kind != CDECL_V_STRING)
        e = fold_rvalue(p, e);
    if (!cdecl_failed(p) && e.deferred == CDECL_E_PENDING)
        return pending(p, q, &e);
    if (!fold_is_constant(&e) && (e.deferred == CDECL_OK || e.deferred == CDECL_E_NOT_CONSTANT))
        return fail(p, CDECL_E_MACRO_NO_VALUE, q);
    if (fold_value(p, e, &q->out->value) < 0)
        return -1;
    if (shows_name(&q->out->value))
        return fail(p, CDECL_E_MACRO_ARGUMENT, q);
    if (is_own_address(q->effects, &q->out->value))
        return fail(p, CDECL_E_MACRO_OWN_ADDRESS, q);
    return scope_use(p->scope, q->out->value.type) < 0 ? cdecl_fail(p, (CdeclSpan){0}, CDECL_E_MEMORY) : 0;
}

/* ---------------------------------------------------------------- the question */

/* Fold TEXT until it has a value or something must be asked for. LOCKED. */
static int answer(CdeclScope *scope, Question *q, const Text *text, CdeclError *err) {
    const CdeclApply start = q->apply;
    int failed;
    do {
        q->apply = start;
        q->apply.certain = q->again; /* not at first: what cannot be at all is to fail before anything is done */
        q->again = false;
        failed = cdecl_with_parse(scope, "macro call", text->data, text->len, fold, q, err);
    } while (!failed && q->again);
    return failed;
}

int cdecl_macro_apply(CdeclScope *scope, const char *name, size_t n, const CdeclValue *args, size_t n_args, CdeclEffects *effects,
                      CdeclApplied *out, CdeclError *err) {
    AbiGraph *graph = abi_region_graph(cdecl_scope_region(scope));
    Text text = {0};
    *out = (CdeclApplied){0};
    size_t wrong = spell_call(&text, name, n, args, n_args);
    abi_lock(graph);
    Question q = {.macro = pp_find_macro(scope, name, n), .effects = effects, .out = out};
    int failed;
    if (text.failed)
        failed = cdecl_error_set(err, CDECL_E_MEMORY);
    else if (!q.macro || !q.macro->function_like)
        failed = cdecl_error_set(err, CDECL_E_NO_MACRO, (int)(n < 100 ? n : 100), name);
    else if (wrong)
        failed = cdecl_error_set(err, CDECL_E_MACRO_TEXT, q.macro->name->text, (unsigned)wrong);
    else {
        q.apply = (CdeclApply){.macro = q.macro->name->text, .args = args, .n_args = n_args, .effects = effects};
        failed = answer(scope, &q, &text, err);
    }
    abi_unlock(graph);
    free(text.data);
    if (failed)
        cdecl_applied_clear(out);
    return failed ? -1 : q.asks;
}

void cdecl_applied_clear(CdeclApplied *out) {
    free(out->args);
    *out = (CdeclApplied){0};
}

int cdecl_macro_call(CdeclScope *scope, const char *name, size_t n, const CdeclValue *args, size_t n_args, CdeclValue *value,
                     CdeclError *err) {
    CdeclApplied applied;
    CdeclEffects effects = {.untouched = true};
    int state = cdecl_macro_apply(scope, name, n, args, n_args, &effects, &applied, err);
    if (state == 0)
        *value = applied.value;
    if (state > 0)
        state = cdecl_error_set(err, CDECL_E_PENDING);
    cdecl_applied_clear(&applied);
    return state;
}
