/* The controlling expression of #if and #elif (C11 6.10.1): 64-bit integers, signed unless an operand
 * is not; "defined"; every other name is 0. What is not evaluated may divide by zero.
 *
 *   conditional = or ["?" comma ":" conditional]
 *   binary(n)   = binary(n + 1) { operator of level n, binary(n + 1) }
 *   unary       = ("+" | "-" | "!" | "~") unary | number | character | name | "defined" ... | "(" comma ")"
 */
#include "parser/pp.h"

#include "gen/cdecl.h"

enum { MAX_NESTING = 500 }; /* parentheses and operators inside each other */

typedef struct Number {
    uint64_t bits;
    bool is_unsigned;
} Number;

typedef struct Expr {
    CdeclPp *pp;
    CdeclSpan at;
    CdeclToken t;     /* the next token */
    unsigned depth;
    unsigned ignored; /* inside of operands that are not evaluated */
} Expr;

static int conditional(Expr *, Number *);
static int comma(Expr *, Number *);

static int next(Expr *e) {
    return pp_expanded(e->pp, &e->t);
}

static int unexpected(Expr *e) {
    if (e->t.kind == TK_END)
        return cdecl_fail(e->pp->parse, e->t.span, CDECL_E_PP_OPERAND_EXPECTED, 11, "end of line");
    size_t n = cdecl_token_len(e->t);
    return cdecl_fail(e->pp->parse, e->t.span, CDECL_E_PP_OPERAND_EXPECTED, (int)(n < 60 ? n : 60), e->t.text);
}

static int deeper(Expr *e) {
    if (++e->depth > MAX_NESTING)
        return cdecl_fail(e->pp->parse, e->at, CDECL_E_PP_TOO_DEEP, MAX_NESTING);
    return 0;
}

/* The operator that T is. Its kind says nearly all: looked up here for every operand, the spelling would
 * take longer than the rest. */
static CdeclOp operator_of(const CdeclToken *t) {
    bool two = cdecl_token_len(*t) == 2;
    switch (t->kind) {
    case TK_PLUS: return CDECL_OP_PLUS;
    case TK_MINUS: return CDECL_OP_MINUS;
    case TK_NOT: return *t->text == '!' ? CDECL_OP_BANG : CDECL_OP_TILDE;
    case TK_STAR: return CDECL_OP_STAR;
    case TK_SLASH: return CDECL_OP_SLASH;
    case TK_PERCENT: return CDECL_OP_PERCENT;
    case TK_SHIFT: return *t->text == '<' ? CDECL_OP_SHL : CDECL_OP_SHR;
    case TK_RELATION:
        return *t->text == '<' ? (two ? CDECL_OP_LE : CDECL_OP_LT) : (two ? CDECL_OP_GE : CDECL_OP_GT);
    case TK_EQUALITY: return *t->text == '=' ? CDECL_OP_EQ : CDECL_OP_NE;
    case TK_AMP: return CDECL_OP_AMP;
    case TK_CARET: return CDECL_OP_CARET;
    case TK_PIPE: return CDECL_OP_PIPE;
    case TK_ANDAND: return CDECL_OP_ANDAND;
    case TK_OROR: return CDECL_OP_OROR;
    default: return CDECL_OP_NONE;
    }
}

/* ---------------------------------------------------------------- operands */

/* defined NAME, defined ( NAME ): the name is not expanded. */
static int is_defined(Expr *e, Number *out) {
    CdeclPp *pp = e->pp;
    CdeclToken name, end = {0};
    if (pp_raw(pp, &name) < 0)
        return -1;
    bool paren = name.kind == TK_LP;
    if (paren && (pp_raw(pp, &name) < 0))
        return -1;
    if (name.kind != TK_IDENTIFIER)
        return cdecl_fail(pp->parse, name.span, CDECL_E_PP_NAME_EXPECTED);
    if (paren && pp_raw(pp, &end) < 0)
        return -1;
    if (paren && end.kind != TK_RP)
        return cdecl_fail(pp->parse, end.span, CDECL_E_PP_PAREN_EXPECTED, "defined");
    *out = (Number){pp_macro_of(pp, &name) != NULL, false};
    return next(e);
}

static bool has_unsigned_suffix(const CdeclToken *t) {
    for (size_t n = cdecl_token_len(*t); n > 0 && strchr("uUlLzZ", t->text[n - 1]); n--)
        if (t->text[n - 1] == 'u' || t->text[n - 1] == 'U')
            return true;
    return false;
}

/* Decimal digits and perhaps L, as nearly all are: "201112L". */
static bool plain_number(const CdeclToken *t, uint64_t *out) {
    size_t n = cdecl_token_len(*t);
    n -= n > 1 && t->text[n - 1] == 'L';
    if (n > 18 || (n > 1 && *t->text == '0'))
        return false;
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        if (t->text[i] < '0' || t->text[i] > '9')
            return false;
        *out = *out * 10 + (uint64_t)(t->text[i] - '0');
    }
    return true;
}

/* Numbers have the types intmax_t and uintmax_t, and 2**63 and more are unsigned as in GCC. */
static int number(Expr *e, Number *out) {
    if (plain_number(&e->t, &out->bits)) {
        out->is_unsigned = false;
        return next(e);
    }
    CdeclOperand value = fold_number(e->pp->parse, e->t);
    if (cdecl_failed(e->pp->parse))
        return -1;
    if (value.value.kind != CDECL_V_INT || value.deferred != CDECL_OK)
        return cdecl_fail(e->pp->parse, e->t.span, CDECL_E_PP_NOT_INTEGER);
    if (value.value.bits.hi)
        return cdecl_fail(e->pp->parse, e->t.span, CDECL_E_PP_INTEGER_TOO_LARGE);
    uint64_t bits = value.value.bits.lo;
    *out = (Number){bits, bits > INT64_MAX || has_unsigned_suffix(&e->t)};
    return next(e);
}

static int character(Expr *e, Number *out) {
    CdeclOperand value = fold_character(e->pp->parse, e->t);
    if (cdecl_failed(e->pp->parse))
        return -1;
    if (value.value.kind != CDECL_V_INT || value.deferred != CDECL_OK)
        return cdecl_fail(e->pp->parse, e->t.span, CDECL_E_PP_NOT_INTEGER);
    *out = (Number){value.value.bits.lo, false};
    return next(e);
}

static int name(Expr *e, Number *out) {
    if (cdecl_token_is(&e->t, "defined"))
        return is_defined(e, out);
    *out = (Number){0, false};
    return next(e);
}

static int group(Expr *e, Number *out) {
    if (deeper(e) < 0 || next(e) < 0 || comma(e, out) < 0)
        return -1;
    e->depth--;
    if (e->t.kind != TK_RP)
        return cdecl_fail(e->pp->parse, e->t.span, CDECL_E_PP_PAREN_EXPECTED, "the expression");
    return next(e);
}

static int primary(Expr *e, Number *out) {
    switch (e->t.kind) {
    case TK_NUMBER: return number(e, out);
    case TK_CHARACTER: return character(e, out);
    case TK_IDENTIFIER: return name(e, out);
    case TK_LP: return group(e, out);
    default: return unexpected(e);
    }
}

static int unary(Expr *e, Number *out) {
    CdeclOp op = operator_of(&e->t);
    if (op != CDECL_OP_PLUS && op != CDECL_OP_MINUS && op != CDECL_OP_BANG && op != CDECL_OP_TILDE)
        return primary(e, out);
    if (deeper(e) < 0 || next(e) < 0 || unary(e, out) < 0)
        return -1;
    e->depth--;
    if (op == CDECL_OP_MINUS)
        out->bits = -out->bits;
    else if (op == CDECL_OP_TILDE)
        out->bits = ~out->bits;
    else if (op == CDECL_OP_BANG)
        *out = (Number){!out->bits, false};
    return 0;
}

/* ---------------------------------------------------------------- operators */

/* C's levels; 0: no binary operator. */
static int level(CdeclOp op) {
    switch (op) {
    case CDECL_OP_STAR: case CDECL_OP_SLASH: case CDECL_OP_PERCENT: return 10;
    case CDECL_OP_PLUS: case CDECL_OP_MINUS: return 9;
    case CDECL_OP_SHL: case CDECL_OP_SHR: return 8;
    case CDECL_OP_LT: case CDECL_OP_GT: case CDECL_OP_LE: case CDECL_OP_GE: return 7;
    case CDECL_OP_EQ: case CDECL_OP_NE: return 6;
    case CDECL_OP_AMP: return 5;
    case CDECL_OP_CARET: return 4;
    case CDECL_OP_PIPE: return 3;
    case CDECL_OP_ANDAND: return 2;
    case CDECL_OP_OROR: return 1;
    default: return 0;
    }
}

static int divide(Expr *e, CdeclSpan at, bool remainder, Number a, Number b, Number *out) {
    bool is_unsigned = a.is_unsigned || b.is_unsigned;
    if (b.bits == 0) {
        *out = (Number){0, is_unsigned};
        return e->ignored ? 0 : cdecl_fail(e->pp->parse, at, CDECL_E_PP_DIVISION_BY_ZERO);
    }
    if (is_unsigned)
        *out = (Number){remainder ? a.bits % b.bits : a.bits / b.bits, true};
    else if (b.bits == UINT64_MAX) /* by -1: INT64_MIN has no other way */
        *out = (Number){remainder ? 0 : -a.bits, false};
    else
        *out = (Number){(uint64_t)(remainder ? (int64_t)a.bits % (int64_t)b.bits : (int64_t)a.bits / (int64_t)b.bits), false};
    return 0;
}

/* A shift by 64 or more leaves nothing but the sign, one by a negative count goes the other way: GCC. */
static Number shift(Number a, Number b, bool left) {
    uint64_t n = b.bits;
    if (!b.is_unsigned && (int64_t)n < 0) {
        left = !left;
        n = -n;
    }
    bool negative = !a.is_unsigned && (int64_t)a.bits < 0;
    if (n >= 64)
        return (Number){!left && negative ? UINT64_MAX : 0, a.is_unsigned};
    if (left)
        return (Number){a.bits << n, a.is_unsigned};
    uint64_t bits = a.bits >> n;
    if (negative && n)
        bits |= UINT64_MAX << (64 - n);
    return (Number){bits, a.is_unsigned};
}

static bool less(Number a, Number b) {
    return a.is_unsigned || b.is_unsigned ? a.bits < b.bits : (int64_t)a.bits < (int64_t)b.bits;
}

static int apply(Expr *e, const CdeclToken *t, CdeclOp op, Number a, Number b, Number *out) {
    bool is_unsigned = a.is_unsigned || b.is_unsigned;
    switch (op) {
    case CDECL_OP_STAR: *out = (Number){a.bits * b.bits, is_unsigned}; return 0;
    case CDECL_OP_SLASH: return divide(e, t->span, false, a, b, out);
    case CDECL_OP_PERCENT: return divide(e, t->span, true, a, b, out);
    case CDECL_OP_PLUS: *out = (Number){a.bits + b.bits, is_unsigned}; return 0;
    case CDECL_OP_MINUS: *out = (Number){a.bits - b.bits, is_unsigned}; return 0;
    case CDECL_OP_SHL: *out = shift(a, b, true); return 0;
    case CDECL_OP_SHR: *out = shift(a, b, false); return 0;
    case CDECL_OP_LT: *out = (Number){less(a, b), false}; return 0;
    case CDECL_OP_GT: *out = (Number){less(b, a), false}; return 0;
    case CDECL_OP_LE: *out = (Number){!less(b, a), false}; return 0;
    case CDECL_OP_GE: *out = (Number){!less(a, b), false}; return 0;
    case CDECL_OP_EQ: *out = (Number){a.bits == b.bits, false}; return 0;
    case CDECL_OP_NE: *out = (Number){a.bits != b.bits, false}; return 0;
    case CDECL_OP_AMP: *out = (Number){a.bits & b.bits, is_unsigned}; return 0;
    case CDECL_OP_CARET: *out = (Number){a.bits ^ b.bits, is_unsigned}; return 0;
    case CDECL_OP_PIPE: *out = (Number){a.bits | b.bits, is_unsigned}; return 0;
    case CDECL_OP_ANDAND: *out = (Number){a.bits && b.bits, false}; return 0;
    case CDECL_OP_OROR: *out = (Number){a.bits || b.bits, false}; return 0;
    default: return unexpected(e);
    }
}

static int binary(Expr *e, int lowest, Number *out) {
    if (unary(e, out) < 0)
        return -1;
    for (;;) {
        CdeclToken t = e->t;
        CdeclOp op = operator_of(&t);
        int l = level(op);
        Number right;
        if (l == 0 || l < lowest)
            return 0;
        bool decided = (op == CDECL_OP_ANDAND && !out->bits) || (op == CDECL_OP_OROR && out->bits);
        e->ignored += decided;
        if (next(e) < 0 || binary(e, l + 1, &right) < 0)
            return -1;
        e->ignored -= decided;
        if (apply(e, &t, op, *out, right, out) < 0)
            return -1;
    }
}

static int arm(Expr *e, bool chosen, int (*parse)(Expr *, Number *), Number *out) {
    e->ignored += !chosen;
    if (next(e) < 0 || parse(e, out) < 0)
        return -1;
    e->ignored -= !chosen;
    return 0;
}

static int conditional(Expr *e, Number *out) {
    Number condition, no;
    if (binary(e, 1, out) < 0)
        return -1;
    if (e->t.kind != TK_QUESTION)
        return 0;
    condition = *out;
    if (deeper(e) < 0 || arm(e, condition.bits != 0, comma, out) < 0)
        return -1;
    if (e->t.kind != TK_COLON)
        return cdecl_fail(e->pp->parse, e->t.span, CDECL_E_PP_COLON_EXPECTED);
    if (arm(e, condition.bits == 0, conditional, &no) < 0)
        return -1;
    e->depth--;
    bool is_unsigned = out->is_unsigned || no.is_unsigned;
    *out = (Number){condition.bits ? out->bits : no.bits, is_unsigned};
    return 0;
}

static int comma(Expr *e, Number *out) {
    if (conditional(e, out) < 0)
        return -1;
    while (e->t.kind == TK_COMMA)
        if (next(e) < 0 || conditional(e, out) < 0)
            return -1;
    return 0;
}

/* Evaluate the rest of the line. */
int pp_condition(CdeclPp *pp, CdeclSpan at, bool *value) {
    Expr e = {.pp = pp, .at = at};
    Number n;
    if (next(&e) < 0)
        return -1;
    if (e.t.kind == TK_END)
        return cdecl_fail(pp->parse, at, CDECL_E_PP_NO_EXPRESSION);
    if (comma(&e, &n) < 0)
        return -1;
    if (e.t.kind != TK_END) {
        size_t len = cdecl_token_len(e.t);
        return cdecl_fail(pp->parse, e.t.span, CDECL_E_PP_AFTER_EXPRESSION, (int)(len < 60 ? len : 60), e.t.text);
    }
    *value = n.bits != 0;
    return 0;
}

/* ( expression ): what #embed's parameters count with. */
int pp_count(CdeclPp *pp, CdeclSpan at, const char *whose, uint64_t *value) {
    Expr e = {.pp = pp, .at = at};
    Number n;
    if (next(&e) < 0)
        return -1;
    if (e.t.kind != TK_LP)
        return cdecl_fail(pp->parse, at, CDECL_E_PP_EMBED_PAREN, whose);
    if (next(&e) < 0 || conditional(&e, &n) < 0)
        return -1;
    if (e.t.kind != TK_RP)
        return cdecl_fail(pp->parse, e.t.span, CDECL_E_PP_EMBED_PAREN, whose);
    if (!n.is_unsigned && (int64_t)n.bits < 0)
        return cdecl_fail(pp->parse, at, CDECL_E_PP_EMBED_NEGATIVE, whose);
    *value = n.bits;
    return 0;
}
