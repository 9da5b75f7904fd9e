/* Binary operators of constant expressions (C11 6.5.5 to 6.5.14). */
#include "parser/apply.h"

#include <string.h>

static const AbiType *int_type(CdeclParse *parse) {
    return abi_primitive(cdecl_graph(parse), ABI_P_INT);
}

static CdeclOperand refuse(CdeclParse *parse, CdeclToken op, const CdeclOperand *a, const CdeclOperand *b) {
    char name[8] = "";
    size_t n = cdecl_token_len(op);
    memcpy(name, op.text, n < sizeof name ? n : sizeof name - 1);
    cdecl_fail(parse, op.span, CDECL_E_OPERANDS, name, fold_spell(parse, a->type), fold_spell(parse, b->type));
    return fold_failed(parse, fold_join(a->span, b->span));
}

/* ---------------------------------------------------------------- integers */

/* A OP B with the overflow of the 128-bit machine type; what a narrower type cannot hold shows when the
 * result is wrapped. */
static bool overflows_128(CdeclOp op, FoldSigned a, FoldSigned b, FoldSigned *out) {
    switch (op) {
    case CDECL_OP_PLUS: return __builtin_add_overflow(a, b, out);
    case CDECL_OP_MINUS: return __builtin_sub_overflow(a, b, out);
    case CDECL_OP_STAR: return __builtin_mul_overflow(a, b, out);
    default: break;
    }
    if (b == -1) { /* the one quotient that may not fit, and traps the machine */
        bool overflow = __builtin_sub_overflow((FoldSigned)0, a, out);
        if (op == CDECL_OP_PERCENT)
            *out = 0;
        return overflow;
    }
    *out = op == CDECL_OP_SLASH ? a / b : a % b;
    return false;
}

/* A remainder is undefined where its quotient does not fit (C11 6.5.5p6): the least number % -1. */
static bool quotient_overflows(const AbiType *type, FoldBits a, FoldBits b) {
    CdeclValue negated = fold_value_of(type, -a);
    return b == (FoldBits)-1 && a != 0 && fold_bits(&negated) == a;
}

static CdeclOperand signed_result(CdeclParse *parse, CdeclToken op, CdeclOp kind, CdeclOperand r, FoldBits a, FoldBits b) {
    FoldSigned value;
    bool overflow = overflows_128(kind, (FoldSigned)a, (FoldSigned)b, &value);
    overflow |= kind == CDECL_OP_PERCENT && quotient_overflows(r.type.type, a, b);
    r.value = fold_value_of(r.type.type, (FoldBits)value);
    if (overflow || fold_bits(&r.value) != (FoldBits)value)
        fold_defer(&r, op.span, CDECL_E_OVERFLOW, fold_spell(parse, r.type));
    return r;
}

static FoldBits unsigned_result(CdeclOp op, FoldBits a, FoldBits b) {
    switch (op) {
    case CDECL_OP_PLUS: return a + b;
    case CDECL_OP_MINUS: return a - b;
    case CDECL_OP_STAR: return a * b;
    case CDECL_OP_SLASH: return a / b;
    default: return a % b;
    }
}

static CdeclOperand integer_arithmetic(CdeclParse *parse, CdeclToken op, CdeclOp kind, CdeclOperand r, FoldBits a, FoldBits b) {
    if ((kind == CDECL_OP_SLASH || kind == CDECL_OP_PERCENT) && b == 0) {
        fold_defer(&r, op.span, CDECL_E_DIVISION_BY_ZERO, NULL);
        return r;
    }
    if (fold_is_signed(r.type.type))
        return signed_result(parse, op, kind, r, a, b);
    r.value = fold_value_of(r.type.type, unsigned_result(kind, a, b));
    return r;
}

static CdeclOperand bitwise(CdeclOp kind, CdeclOperand r, FoldBits a, FoldBits b) {
    FoldBits bits = kind == CDECL_OP_AMP ? a & b : kind == CDECL_OP_PIPE ? a | b : a ^ b;
    r.value = fold_value_of(r.type.type, bits);
    return r;
}

/* << and >>: each operand promoted alone, the left one's type results (C11 6.5.7). Shifting a negative
 * number, or into the sign, is what GCC does: bits. */
static CdeclOperand shift(CdeclParse *parse, CdeclToken op, CdeclOp kind, CdeclOperand a, CdeclOperand b) {
    CdeclSpan whole = fold_join(a.span, b.span);
    a = fold_convert(parse, op.span, fold_promoted(parse, &a), a);
    b = fold_convert(parse, op.span, fold_promoted(parse, &b), b);
    CdeclOperand r = fold_typed(a.type, whole);
    if (fold_inherit(&r, &a) || fold_inherit(&r, &b))
        return r;
    FoldBits bits = fold_bits(&a.value), count = fold_bits(&b.value);
    if (cdecl_value_negative(&b.value))
        fold_defer(&r, op.span, CDECL_E_SHIFT_COUNT, "shift count is negative");
    else if (count >= fold_width(a.type.type))
        fold_defer(&r, op.span, CDECL_E_SHIFT_COUNT, "shift count is not less than the width of the type");
    else if (kind == CDECL_OP_SHL)
        r.value = fold_value_of(a.type.type, bits << count);
    else if (fold_is_signed(a.type.type))
        r.value = fold_value_of(a.type.type, (FoldBits)((FoldSigned)bits >> count));
    else
        r.value = fold_value_of(a.type.type, bits >> count);
    return r;
}

/* ---------------------------------------------------------------- arithmetic of two types */

/* Division by a floating zero gives infinity: headers spell it that way. */
static CdeclOperand real_arithmetic(CdeclOp kind, CdeclOperand r, const CdeclOperand *a, const CdeclOperand *b) {
    long double value;
    if (fold_real_binary(r.type.type, kind, cdecl_real(&a->value), cdecl_real(&b->value), &value))
        r.value = cdecl_real_value(r.type.type, value);
    else
        fold_defer(&r, r.span, CDECL_E_NOT_CONSTANT, NULL);
    return r;
}

static CdeclOperand arithmetic(CdeclParse *parse, CdeclToken op, CdeclOp kind, CdeclOperand a, CdeclOperand b) {
    const AbiType *type = fold_common(parse, fold_promoted(parse, &a), fold_promoted(parse, &b));
    if (!type)
        return refuse(parse, op, &a, &b);
    CdeclOperand r = fold_typed((AbiQType){type, 0}, fold_join(a.span, b.span));
    a = fold_convert(parse, op.span, type, a);
    b = fold_convert(parse, op.span, type, b);
    if (fold_inherit(&r, &a) || fold_inherit(&r, &b))
        return r;
    if (fold_is_real(type))
        return real_arithmetic(kind, r, &a, &b);
    FoldBits x = fold_bits(&a.value), y = fold_bits(&b.value);
    if (kind == CDECL_OP_AMP || kind == CDECL_OP_PIPE || kind == CDECL_OP_CARET)
        return bitwise(kind, r, x, y);
    return integer_arithmetic(parse, op, kind, r, x, y);
}

/* ---------------------------------------------------------------- comparison and logic */

static bool compare_order(CdeclOp op, bool less, bool equal, bool greater) {
    switch (op) {
    case CDECL_OP_LT: return less;
    case CDECL_OP_GT: return greater;
    case CDECL_OP_LE: return less || equal;
    case CDECL_OP_GE: return greater || equal;
    case CDECL_OP_EQ: return equal;
    default: return !equal;
    }
}

static CdeclOperand compare(CdeclParse *parse, CdeclToken op, CdeclOp kind, CdeclOperand a, CdeclOperand b) {
    const AbiType *type = fold_common(parse, fold_promoted(parse, &a), fold_promoted(parse, &b));
    if (!type)
        return refuse(parse, op, &a, &b);
    CdeclOperand r = fold_typed((AbiQType){int_type(parse), 0}, fold_join(a.span, b.span));
    a = fold_convert(parse, op.span, type, a);
    b = fold_convert(parse, op.span, type, b);
    if (fold_inherit(&r, &a) || fold_inherit(&r, &b))
        return r;
    bool result;
    if (fold_is_real(type)) {
        long double x = cdecl_real(&a.value), y = cdecl_real(&b.value);
        result = compare_order(kind, x < y, x == y, x > y);
    } else if (fold_is_signed(type)) {
        FoldSigned x = (FoldSigned)fold_bits(&a.value), y = (FoldSigned)fold_bits(&b.value);
        result = compare_order(kind, x < y, x == y, x > y);
    } else {
        FoldBits x = fold_bits(&a.value), y = fold_bits(&b.value);
        result = compare_order(kind, x < y, x == y, x > y);
    }
    r.value = fold_value_of(r.type.type, result);
    return r;
}

/* && and ||: the right operand counts only if the left one does not decide (C11 6.5.13). */
static CdeclOperand logic(CdeclParse *parse, CdeclToken op, CdeclOp kind, CdeclOperand a, CdeclOperand b) {
    if (!fold_is_scalar(a.type.type) || !fold_is_scalar(b.type.type))
        return refuse(parse, op, &a, &b);
    CdeclOperand r = fold_typed((AbiQType){int_type(parse), 0}, fold_join(a.span, b.span));
    a = fold_condition(a);
    b = fold_condition(b);
    if (fold_inherit(&r, &a))
        return r;
    bool left = fold_truth(&a);
    if (left == (kind == CDECL_OP_OROR)) {
        r.value = fold_value_of(r.type.type, left);
        fold_drop(parse, &r, &b);
    } else if (!fold_inherit(&r, &b))
        r.value = fold_value_of(r.type.type, fold_truth(&b));
    return r;
}

/* ---------------------------------------------------------------- dispatch */

/* Vectors are never constants; an operation has the type of its vector operand, a comparison that of a
 * vector of signed integers of the same size. */
static CdeclOperand vectors(CdeclParse *parse, CdeclToken op, CdeclOp kind, const CdeclOperand *a, const CdeclOperand *b) {
    const AbiType *type = a->type.type->kind == ABI_VECTOR ? a->type.type : b->type.type;
    const AbiType *other = type == a->type.type ? b->type.type : a->type.type;
    bool agree = other->kind == ABI_VECTOR ? other->size == type->size && other->length == type->length : fold_is_arithmetic(other);
    if (!agree)
        return refuse(parse, op, a, b);
    if (kind >= CDECL_OP_LT && kind <= CDECL_OP_NE) {
        static const AbiPrim lane[] = {[1] = ABI_P_SCHAR, [2] = ABI_P_SHORT, [4] = ABI_P_INT, [8] = ABI_P_LONG, [16] = ABI_P_INT128};
        AbiError err;
        size_t size = type->item.type->size;
        const AbiType *item = abi_primitive(cdecl_graph(parse), size <= 16 && lane[size] ? lane[size] : ABI_P_INT);
        type = abi_vector(cdecl_graph(parse), item, type->size, &err);
        if (!type) {
            cdecl_fail_abi(parse, op.span, &err);
            return fold_failed(parse, op.span);
        }
    }
    CdeclOperand r = fold_typed((AbiQType){type, 0}, fold_join(a->span, b->span));
    fold_defer(&r, r.span, CDECL_E_NOT_CONSTANT, NULL);
    return r;
}

static bool both(bool (*is)(const AbiType *), const CdeclOperand *a, const CdeclOperand *b) {
    return is(a->type.type) && is(b->type.type);
}

/* A OP B. */
CdeclOperand fold_binary(CdeclParse *parse, CdeclToken op, CdeclOperand a, CdeclOperand b) {
    CdeclOp kind = fold_operator(op);
    a = fold_rvalue(parse, a);
    b = fold_rvalue(parse, b);
    if (cdecl_failed(parse))
        return fold_failed(parse, fold_join(a.span, b.span));
    if (kind == CDECL_OP_ANDAND || kind == CDECL_OP_OROR)
        return logic(parse, op, kind, a, b);
    if (a.type.type->kind == ABI_VECTOR || b.type.type->kind == ABI_VECTOR)
        return vectors(parse, op, kind, &a, &b);
    if (a.type.type->kind == ABI_POINTER || b.type.type->kind == ABI_POINTER)
        return fold_pointer_binary(parse, op, kind, a, b);
    bool complex = a.type.type->kind == ABI_COMPLEX || b.type.type->kind == ABI_COMPLEX;
    switch (kind) {
    case CDECL_OP_PLUS:
    case CDECL_OP_MINUS:
    case CDECL_OP_STAR:
    case CDECL_OP_SLASH:
        if (both(fold_is_arithmetic, &a, &b))
            return arithmetic(parse, op, kind, a, b);
        break;
    case CDECL_OP_PERCENT:
    case CDECL_OP_AMP:
    case CDECL_OP_PIPE:
    case CDECL_OP_CARET:
        if (both(fold_is_integer, &a, &b))
            return arithmetic(parse, op, kind, a, b);
        break;
    case CDECL_OP_SHL:
    case CDECL_OP_SHR:
        if (both(fold_is_integer, &a, &b))
            return shift(parse, op, kind, a, b);
        break;
    default:
        if (both(fold_is_arithmetic, &a, &b) && !(complex && kind != CDECL_OP_EQ && kind != CDECL_OP_NE))
            return compare(parse, op, kind, a, b);
    }
    return refuse(parse, op, &a, &b);
}

/* A, B: GCC takes it for no constant even where it could, except in what is not evaluated. */
CdeclOperand fold_comma(CdeclParse *parse, CdeclOperand a, CdeclOperand b) {
    if (parse->apply)
        a = fold_rvalue(parse, a);
    b = fold_rvalue(parse, b);
    if (parse->apply)
        return apply_sequence(a, b);
    CdeclOperand r = fold_typed(b.type, fold_join(a.span, b.span));
    fold_defer(&r, r.span, CDECL_E_NOT_CONSTANT, NULL);
    return r;
}

/* Assignments: a type for typeof and sizeof, never a constant. */
CdeclOperand fold_assign(CdeclParse *parse, CdeclToken op, CdeclOperand a, CdeclOperand b) {
    CdeclSpan whole = fold_join(a.span, b.span);
    if (cdecl_failed(parse))
        return fold_failed(parse, whole);
    if (!(a.flags & CDECL_O_LVALUE) || a.type.type->kind == ABI_ARRAY || a.type.type->kind == ABI_FUNCTION) {
        cdecl_fail(parse, op.span, CDECL_E_NOT_LVALUE, "=");
        return fold_failed(parse, whole);
    }
    if (parse->apply)
        return apply_assign(parse, op, a, b);
    if (a.type.quals & ABI_CONST) {
        cdecl_fail(parse, a.span, CDECL_E_WRITE_CONST);
        return fold_failed(parse, whole);
    }
    CdeclOperand r = fold_typed((AbiQType){a.type.type, 0}, whole);
    fold_defer(&r, whole, CDECL_E_NOT_CONSTANT, NULL);
    return r;
}
