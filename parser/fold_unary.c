/* Unary operators and ?: (C11 6.5.3, 6.5.15). */
#include "parser/impl.h"

#include <string.h>

/* ---------------------------------------------------------------- operators by spelling */

/* The operator that OP spells; CDECL_OP_NONE if it is none that folds. */
CdeclOp fold_operator(CdeclToken op) {
    static const struct { const char *text; CdeclOp op; } table[] = {
        {"+", CDECL_OP_PLUS}, {"-", CDECL_OP_MINUS}, {"~", CDECL_OP_TILDE}, {"!", CDECL_OP_BANG},
        {"*", CDECL_OP_STAR}, {"&", CDECL_OP_AMP}, {"/", CDECL_OP_SLASH}, {"%", CDECL_OP_PERCENT},
        {"<<", CDECL_OP_SHL}, {">>", CDECL_OP_SHR}, {"<", CDECL_OP_LT}, {">", CDECL_OP_GT},
        {"<=", CDECL_OP_LE}, {">=", CDECL_OP_GE}, {"==", CDECL_OP_EQ}, {"!=", CDECL_OP_NE},
        {"^", CDECL_OP_CARET}, {"|", CDECL_OP_PIPE}, {"&&", CDECL_OP_ANDAND}, {"||", CDECL_OP_OROR},
        {"__real__", CDECL_OP_REAL}, {"__real", CDECL_OP_REAL}, {"__imag__", CDECL_OP_IMAG}, {"__imag", CDECL_OP_IMAG},
    };
    char text[12]; /* without line splices */
    size_t n = 0, len = cdecl_token_len(op);
    for (size_t i = 0; i < len && n < sizeof text - 1; i++) {
        if (op.text[i] == '\\') /* a splice: backslash, newline */
            while (i + 1 < len && (op.text[i + 1] == '\n' || op.text[i + 1] == '\r'))
                i++;
        else
            text[n++] = op.text[i];
    }
    text[n] = '\0';
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(text, table[i].text) == 0)
            return table[i].op;
    return CDECL_OP_NONE;
}

/* ---------------------------------------------------------------- + - ~ ! */

static CdeclOperand refuse(CdeclParse *parse, CdeclToken op, CdeclOperand o) {
    const char *text = fold_spell(parse, o.type);
    char name[16] = "";
    size_t n = cdecl_token_len(op);
    memcpy(name, op.text, n < sizeof name ? n : sizeof name - 1);
    cdecl_fail(parse, op.span, CDECL_E_OPERAND, name, text);
    return fold_failed(parse, o.span);
}

static CdeclOperand negate_integer(CdeclParse *parse, CdeclToken op, CdeclOperand r, const CdeclOperand *o) {
    const AbiType *type = r.type.type;
    FoldBits bits = fold_bits(&o->value);
    r.value = fold_value_of(type, -bits);
    if (fold_is_signed(type) && bits != 0 && cdecl_value_negative(&o->value) == cdecl_value_negative(&r.value))
        fold_defer(&r, op.span, CDECL_E_OVERFLOW, fold_spell(parse, r.type));
    return r;
}

/* + - ~ of an arithmetic operand, promoted. */
static CdeclOperand arithmetic(CdeclParse *parse, CdeclToken op, CdeclOp kind, CdeclOperand o) {
    const AbiType *type = fold_promoted(parse, &o);
    CdeclSpan whole = fold_join(op.span, o.span);
    o = fold_convert(parse, op.span, type, o);
    CdeclOperand r = fold_typed((AbiQType){type, 0}, whole);
    if (fold_inherit(&r, &o))
        return r;
    if (kind == CDECL_OP_PLUS)
        r.value = o.value;
    else if (o.value.kind == CDECL_V_REAL)
        r.value = cdecl_real_value(type, -cdecl_real(&o.value));
    else if (kind == CDECL_OP_MINUS)
        return negate_integer(parse, op, r, &o);
    else
        r.value = fold_value_of(type, ~fold_bits(&o.value));
    return r;
}

static CdeclOperand logical_not(CdeclParse *parse, CdeclToken op, CdeclOperand o) {
    const AbiType *type = abi_primitive(cdecl_graph(parse), ABI_P_INT);
    CdeclOperand r = fold_typed((AbiQType){type, 0}, fold_join(op.span, o.span));
    o = fold_condition(o);
    if (!fold_inherit(&r, &o))
        r.value = fold_value_of(type, !fold_truth(&o));
    return r;
}

/* __real__ and __imag__: of a real operand itself and zero, of a complex one only a type. */
static CdeclOperand complex_part(CdeclToken op, CdeclOp kind, CdeclOperand o) {
    CdeclSpan whole = fold_join(op.span, o.span);
    const AbiType *type = fold_basic(o.type.type);
    if (type->kind == ABI_COMPLEX) {
        CdeclOperand r = fold_typed((AbiQType){type->item.type, 0}, whole);
        r.flags = o.flags & CDECL_O_LVALUE;
        fold_defer(&r, whole, CDECL_E_NOT_CONSTANT, NULL);
        return r;
    }
    if (kind == CDECL_OP_REAL || !fold_is_constant(&o)) {
        o.span = whole;
        return o;
    }
    return fold_is_real(type) ? fold_known_real(type, 0, whole) : fold_known(o.type.type, 0, whole);
}

static bool applies(CdeclOp kind, const AbiType *t) {
    switch (kind) {
    case CDECL_OP_BANG: return fold_is_scalar(t);
    case CDECL_OP_TILDE: return fold_is_integer(t) || t->kind == ABI_COMPLEX || (t->kind == ABI_VECTOR && fold_is_integer(t->item.type));
    case CDECL_OP_REAL:
    case CDECL_OP_IMAG: return fold_is_arithmetic(t);
    case CDECL_OP_PLUS:
    case CDECL_OP_MINUS: return fold_is_arithmetic(t) || t->kind == ABI_VECTOR;
    default: return false;
    }
}

/* OP operand, for + - ~ ! & * __real__ __imag__. */
CdeclOperand fold_unary(CdeclParse *parse, CdeclToken op, CdeclOperand o) {
    CdeclOp kind = fold_operator(op);
    if (kind == CDECL_OP_AMP)
        return fold_address(parse, op, o);
    if (kind == CDECL_OP_STAR)
        return fold_dereference(parse, op, o);
    if (kind != CDECL_OP_REAL && kind != CDECL_OP_IMAG)
        o = fold_rvalue(parse, o);
    if (cdecl_failed(parse))
        return fold_failed(parse, o.span);
    if (!applies(kind, o.type.type))
        return refuse(parse, op, o);
    if (kind == CDECL_OP_REAL || kind == CDECL_OP_IMAG)
        return complex_part(op, kind, o);
    if (kind == CDECL_OP_BANG)
        return logical_not(parse, op, o);
    if (o.type.type->kind == ABI_VECTOR) {
        o.span = fold_join(op.span, o.span);
        return o;
    }
    return arithmetic(parse, op, kind, o);
}

/* ---------------------------------------------------------------- ?: */

/* The type of a conditional expression (C11 6.5.15); NULL: the arms do not agree. */
static const AbiType *arms_type(CdeclParse *parse, const CdeclOperand *a, const CdeclOperand *b) {
    const AbiType *ta = a->type.type, *tb = b->type.type;
    if (fold_is_arithmetic(ta) && fold_is_arithmetic(tb))
        return ta->main == tb->main && ta->kind == ABI_ENUM ? fold_promoted(parse, a)
                                                            : fold_common(parse, fold_promoted(parse, a), fold_promoted(parse, b));
    if (ta->kind == ABI_POINTER || tb->kind == ABI_POINTER)
        return fold_pointer_common(parse, a, b);
    if (ta->kind == ABI_VOID || tb->kind == ABI_VOID) /* GNU: one is enough */
        return abi_primitive(cdecl_graph(parse), ABI_P_VOID);
    return ta->canonical == tb->canonical ? ta : NULL;
}

/* CONDITION ? A : B. For GNU's "c ?: b" pass the condition as A too. */
CdeclOperand fold_conditional(CdeclParse *parse, CdeclOperand c, CdeclOperand a, CdeclOperand b) {
    CdeclSpan whole = fold_join(c.span, b.span);
    c = fold_condition(fold_rvalue(parse, c));
    a = fold_rvalue(parse, a);
    b = fold_rvalue(parse, b);
    if (cdecl_failed(parse))
        return fold_failed(parse, whole);
    if (!fold_is_scalar(c.type.type)) {
        cdecl_fail(parse, c.span, CDECL_E_CONDITION_TYPE, fold_spell(parse, c.type));
        return fold_failed(parse, whole);
    }
    const AbiType *type = arms_type(parse, &a, &b);
    if (!type) {
        cdecl_fail(parse, fold_join(a.span, b.span), CDECL_E_ARMS, fold_spell(parse, a.type), fold_spell(parse, b.type));
        return fold_failed(parse, whole);
    }
    CdeclOperand r = fold_typed((AbiQType){type, 0}, whole);
    if (fold_inherit(&r, &c))
        return r;
    const CdeclOperand *taken = fold_truth(&c) ? &a : &b;
    if (parse->apply && (type->kind == ABI_VOID || (!fold_is_scalar(type) && taken->flags & CDECL_O_PLACED)))
        return fold_cast(parse, taken->span, r.type, *taken);
    if (!fold_is_scalar(type)) {
        if (parse->apply)
            fold_inherit(&r, taken);
        fold_defer(&r, whole, CDECL_E_NOT_CONSTANT, NULL);
        return r;
    }
    r = fold_convert(parse, taken->span, type, *taken);
    r.span = whole;
    fold_drop(parse, &r, taken == &a ? &b : &a);
    return r;
}
