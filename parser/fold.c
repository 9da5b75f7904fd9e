/* Constant expressions (C11 6.6): the operands, their conversion and their use.
 *
 * An expression is folded while it is parsed, without a tree. An operand that may never be evaluated may
 * hold an error, or be no constant: this is kept in it as its deferred error, which the operators hand
 * on, ?: && and || drop with the operand they do not take, and fold_integer reports. Wrong types are no
 * such matter: they are reported at once. */
#include "parser/apply.h"

#include <string.h>

/* ---------------------------------------------------------------- values */

FoldBits fold_bits(const CdeclValue *v) {
    return (FoldBits)v->bits.hi << 64 | v->bits.lo;
}

static FoldBits wrap(const AbiType *type, FoldBits bits) {
    if (type->kind == ABI_POINTER)
        return (FoldBits)(uintptr_t)bits;
    unsigned width = fold_width(type);
    if (width >= 128)
        return bits;
    FoldBits mask = ((FoldBits)1 << width) - 1, value = bits & mask;
    return fold_is_signed(type) && value >> (width - 1) ? value | ~mask : value;
}

CdeclValue fold_value_of(const AbiType *type, FoldBits bits) {
    bits = wrap(type, bits);
    return (CdeclValue){.kind = CDECL_V_INT, .type = type, .bits = {(uint64_t)bits, (uint64_t)(bits >> 64)}};
}

/* BITS as a value of integer type TYPE, wrapped to its width. */
CdeclValue cdecl_int_value(const AbiType *type, AbiWide bits) {
    return fold_value_of(type, (FoldBits)bits.hi << 64 | bits.lo);
}

/* Is integer constant V below zero? */
bool cdecl_value_negative(const CdeclValue *v) {
    return v->kind == CDECL_V_INT && v->type->kind != ABI_POINTER && fold_is_signed(v->type) && v->bits.hi >> 63;
}

/* ---------------------------------------------------------------- operands */

/* From the start of the one to the end of the other, where both come from one text. */
CdeclSpan fold_join(CdeclSpan a, CdeclSpan b) {
    if (a.source != b.source)
        return a;
    uint32_t start = a.offset < b.offset ? a.offset : b.offset;
    uint32_t a_end = a.offset + a.len, b_end = b.offset + b.len;
    return (CdeclSpan){a.source, start, (a_end > b_end ? a_end : b_end) - start};
}

CdeclOperand fold_typed(AbiQType type, CdeclSpan span) {
    return (CdeclOperand){.type = type, .span = span};
}

/* An operand that stands for an error already reported. */
CdeclOperand fold_failed(CdeclParse *parse, CdeclSpan span) {
    AbiQType type = {abi_primitive(cdecl_graph(parse), ABI_P_INT), 0};
    CdeclOperand r = fold_typed(type, span);
    fold_defer(&r, span, CDECL_E_NOT_CONSTANT, NULL);
    return r;
}

CdeclOperand fold_known(const AbiType *type, FoldBits bits, CdeclSpan span) {
    CdeclOperand r = fold_typed((AbiQType){type, 0}, span);
    r.value = fold_value_of(type, bits);
    return r;
}

CdeclOperand fold_known_real(const AbiType *type, long double v, CdeclSpan span) {
    CdeclOperand r = fold_typed((AbiQType){type, 0}, span);
    r.value = cdecl_real_value(type, v);
    return r;
}

void fold_defer(CdeclOperand *o, CdeclSpan at, CdeclCode code, const char *text) {
    o->value = (CdeclValue){.kind = CDECL_V_NONE};
    if (o->deferred == CDECL_OK) {
        o->deferred = code;
        o->deferred_at = at;
        o->deferred_text = text;
    }
}

bool fold_is_constant(const CdeclOperand *o) {
    return o->deferred == CDECL_OK && o->value.kind != CDECL_V_NONE;
}

bool fold_inherit(CdeclOperand *o, const CdeclOperand *from) {
    if (fold_is_constant(from))
        return false;
    if (from->deferred != CDECL_OK)
        fold_defer(o, from->deferred_at, from->deferred, from->deferred_text);
    else
        fold_defer(o, from->span, CDECL_E_NOT_CONSTANT, NULL);
    return true;
}

void fold_rebase(CdeclOperand *o, const CdeclOperand *from, uint64_t offset) {
    if (!(from->flags & CDECL_O_BASED) || o->deferred != CDECL_E_NOT_CONSTANT)
        return;
    o->flags |= CDECL_O_BASED;
    o->symbol = from->symbol;
    o->address = from->address + offset;
}

CdeclOperand fold_condition(CdeclOperand o) {
    return o.flags & CDECL_O_BASED ? fold_known(o.type.type, 1, o.span) : o;
}

/* An error counts only where it is evaluated, but a name must be declared everywhere. A macro that is being applied has
 * been read when its names may not have been there. */
void fold_drop(const CdeclParse *parse, CdeclOperand *o, const CdeclOperand *dropped) {
    if (dropped->deferred == CDECL_E_UNDECLARED && !parse->apply)
        fold_inherit(o, dropped);
}

/* A constant with a name, or given from outside. */
CdeclOperand fold_constant(CdeclParse *parse, CdeclValue value, AbiQType type, CdeclSpan span) {
    (void)parse;
    CdeclOperand r = fold_typed(type, span);
    r.value = value;
    return r;
}

/* An object or function: it has a type, and no value at translation time. */
CdeclOperand fold_nonconstant(CdeclParse *parse, AbiQType type, CdeclSpan span) {
    (void)parse;
    CdeclOperand r = fold_typed(type, span);
    r.flags = CDECL_O_LVALUE;
    fold_defer(&r, span, CDECL_E_NOT_CONSTANT, NULL);
    return r;
}

bool fold_truth(const CdeclOperand *o) {
    return o->value.kind == CDECL_V_REAL ? cdecl_real(&o->value) != 0 : fold_bits(&o->value) != 0;
}

bool fold_is_null(const CdeclOperand *o) {
    if (o->flags & CDECL_O_NULL)
        return true;
    return fold_is_constant(o) && o->value.kind == CDECL_V_INT && fold_is_integer(o->type.type) && !fold_truth(o);
}

/* ---------------------------------------------------------------- conversion */

static const AbiType *pointer_to(CdeclParse *parse, AbiQType target, CdeclSpan at) {
    AbiError err;
    const AbiType *t = abi_pointer(cdecl_graph(parse), target, &err);
    if (!t)
        cdecl_fail_abi(parse, at, &err);
    return t;
}

/* C11 6.3.2.1: the value of an object, and arrays and functions as pointers. An array at a known address
 * (the member of a null pointer) becomes a constant. */
CdeclOperand fold_rvalue(CdeclParse *parse, CdeclOperand o) {
    const AbiType *t = o.type.type;
    if (!t)
        return o;
    if (t->kind == ABI_ARRAY || t->kind == ABI_FUNCTION) {
        AbiQType target = t->kind == ABI_FUNCTION ? o.type : (AbiQType){t->item.type, t->item.quals | o.type.quals};
        t = pointer_to(parse, target, o.span);
        if (!t)
            return fold_failed(parse, o.span);
        if (o.flags & CDECL_O_PLACED)
            return fold_known(t, o.address, o.span);
        if (parse->apply && o.type.type->kind == ABI_FUNCTION && o.flags & CDECL_O_SYMBOL)
            return apply_address(parse, o, o.symbol);
        if (parse->apply && o.value.kind == CDECL_V_STRING) /* which the region keeps */
            return fold_known(t, (uintptr_t)o.value.string.data, o.span);
        CdeclOperand r = fold_typed((AbiQType){t, 0}, o.span);
        if (parse->apply)
            fold_inherit(&r, &o);
        fold_defer(&r, o.span, CDECL_E_NOT_CONSTANT, NULL);
        fold_rebase(&r, &o, 0);
        return r;
    }
    if (parse->apply && t->kind != ABI_VOID) {
        if (!fold_is_constant(&o))
            return apply_read(parse, o);
        parse->apply->sites++; /* what is known takes a place's number all the same, as when it was not */
    }
    o.type.quals = 0;
    o.align = 0;
    o.flags &= CDECL_O_BITFIELD | CDECL_O_NULL | CDECL_O_CALL | (o.value.kind == CDECL_V_OBJECT ? CDECL_O_PLACED : 0) |
               (o.flags & CDECL_O_LVALUE ? 0 : CDECL_O_BASED);
    return o;
}

AbiQType fold_decayed(CdeclParse *parse, CdeclOperand o) {
    AbiQType type = fold_rvalue(parse, o).type;
    return cdecl_failed(parse) ? (AbiQType){0} : type;
}

static void convert_integer(CdeclParse *parse, CdeclOperand *r, CdeclSpan at, const AbiType *type, const CdeclValue *v) {
    if (fold_is_real(type))
        r->value = cdecl_real_value(type, fold_int_to_real(type, v));
    else if (type->kind != ABI_POINTER && fold_width(type) > 128)
        fold_defer(r, at, CDECL_E_TOO_WIDE, fold_spell(parse, r->type));
    else if (fold_basic(type)->kind == ABI_BOOL)
        r->value = fold_value_of(type, fold_bits(v) != 0);
    else
        r->value = fold_value_of(type, fold_bits(v));
}

static void convert_real(CdeclParse *parse, CdeclOperand *r, CdeclSpan at, const AbiType *type, long double v) {
    FoldBits bits;
    if (fold_is_real(type))
        r->value = cdecl_real_value(type, fold_round(type, v));
    else if (fold_real_to_int(type, v, &bits))
        r->value = fold_value_of(type, bits);
    else
        fold_defer(r, at, CDECL_E_CAST_RANGE, fold_spell(parse, r->type));
}

/* The rvalue O as TYPE, an arithmetic or pointer type (C11 6.3); AT is where an error points. The types
 * were found to be convertible. */
CdeclOperand fold_convert(CdeclParse *parse, CdeclSpan at, const AbiType *type, CdeclOperand o) {
    CdeclOperand r = fold_typed((AbiQType){type, 0}, o.span);
    if (fold_inherit(&r, &o)) {
        if (type->kind == ABI_POINTER)
            fold_rebase(&r, &o, 0);
        return r;
    }
    if (type->kind == ABI_COMPLEX || o.type.type->kind == ABI_COMPLEX)
        fold_defer(&r, o.span, CDECL_E_NOT_CONSTANT, NULL);
    else if (o.value.kind == CDECL_V_INT)
        convert_integer(parse, &r, at, type, &o.value);
    else if (o.value.kind == CDECL_V_REAL)
        convert_real(parse, &r, at, type, cdecl_real(&o.value));
    else
        fold_defer(&r, o.span, CDECL_E_NOT_CONSTANT, NULL);
    return r;
}

static bool same_size(const AbiType *a, const AbiType *b) {
    return a->size == b->size && a->size != ABI_SIZE_UNKNOWN;
}

/* May a value of FROM be cast to TO (C11 6.5.4)? GNU adds: a record to itself, a member to its union,
 * vectors to and from what has their size. NULL_CONSTANT: the value is one. */
static bool castable(CdeclParse *parse, const AbiType *to, const AbiType *from, bool null_constant) {
    if (to->kind == ABI_VOID)
        return true;
    if (to->kind == ABI_ARRAY || to->kind == ABI_FUNCTION || from->kind == ABI_VOID)
        return false;
    if (to->kind == ABI_VECTOR || from->kind == ABI_VECTOR)
        return same_size(to, from) && (to->kind == from->kind || fold_is_integer(to) || fold_is_integer(from));
    if (abi_is_record(to)) {
        if (to->canonical == from->canonical)
            return !(to->flags & ABI_F_INCOMPLETE);
        for (size_t i = 0; to->kind == ABI_UNION && i < to->record->count; i++)
            if (fold_compatible(parse, (AbiQType){to->record->members[i].type.type, 0}, (AbiQType){from, 0}))
                return true;
        return false;
    }
    if (!fold_is_scalar(to) || !fold_is_scalar(from))
        return false;
    if (abi_is_nullptr(to))
        return abi_is_nullptr(from) || null_constant;
    if (abi_is_nullptr(from)) /* C23 6.3.2.4 */
        return to->kind == ABI_POINTER || fold_basic(to)->kind == ABI_BOOL;
    bool floats = to->kind == ABI_FLOAT || to->kind == ABI_COMPLEX || from->kind == ABI_FLOAT || from->kind == ABI_COMPLEX;
    return !floats || (to->kind != ABI_POINTER && from->kind != ABI_POINTER);
}

/* (type) operand. SPAN: the type name with its parentheses. */
CdeclOperand fold_cast(CdeclParse *parse, CdeclSpan span, AbiQType type, CdeclOperand o) {
    CdeclSpan whole = fold_join(span, o.span);
    bool null = fold_is_null(&o);
    AbiQType from = o.type;
    o = fold_rvalue(parse, o);
    if (cdecl_failed(parse))
        return fold_failed(parse, whole);
    if (!castable(parse, type.type, o.type.type, null)) {
        cdecl_fail(parse, span, CDECL_E_CAST, fold_spell(parse, from), fold_spell(parse, type));
        return fold_failed(parse, whole);
    }
    CdeclOperand r;
    if (parse->apply && type.type->kind == ABI_VOID) {
        r = apply_void(parse, o);
    } else if (parse->apply && type.type->canonical == o.type.type->canonical && !fold_is_scalar(type.type)) {
        r = o;
    } else if (fold_is_scalar(type.type)) {
        r = fold_convert(parse, span, type.type, o);
        r.span = whole;
        const AbiType *target = type.type->item.type;
        if (null && type.type->kind == ABI_POINTER && target->kind == ABI_VOID && !type.type->item.quals)
            r.flags |= CDECL_O_NULL;
    } else {
        r = fold_typed((AbiQType){type.type, 0}, whole);
        fold_defer(&r, whole, CDECL_E_NOT_CONSTANT, NULL);
    }
    return r;
}

/* ---------------------------------------------------------------- use */

static int report_deferred(CdeclParse *parse, const CdeclOperand *o) {
    const char *text = o->deferred_text ? o->deferred_text : "";
    char near[64];
    if (o->deferred == CDECL_E_UNDECLARED && cdecl_near_value(parse->scope, text, strlen(text), near, sizeof near))
        return cdecl_fail(parse, o->deferred_at, CDECL_E_UNDECLARED_NEAR, text, near);
    return cdecl_fail(parse, o->deferred_at, o->deferred, text);
}

/* Is it an error, or only unknown here? */
bool fold_is_wrong(const CdeclOperand *o) {
    return o->deferred != CDECL_OK && o->deferred != CDECL_E_NOT_CONSTANT && o->deferred != CDECL_E_UNDECLARED &&
           o->deferred != CDECL_E_TOO_WIDE && o->deferred != CDECL_E_PENDING;
}

int fold_value(CdeclParse *parse, CdeclOperand o, CdeclValue *value) {
    if (cdecl_failed(parse))
        return -1;
    if (o.deferred != CDECL_OK)
        return report_deferred(parse, &o);
    if (o.value.kind == CDECL_V_NONE)
        return cdecl_fail(parse, o.span, CDECL_E_NOT_CONSTANT);
    *value = o.value;
    return 0;
}

int fold_integer(CdeclParse *parse, CdeclOperand o, CdeclValue *value) {
    if (cdecl_failed(parse))
        return -1;
    const AbiType *t = o.type.type;
    if (!fold_is_integer(t) && (fold_is_constant(&o) || !fold_is_scalar(t)))
        return cdecl_fail(parse, o.span, CDECL_E_NOT_INTEGER, fold_spell(parse, o.type));
    if (fold_value(parse, o, value) != 0)
        return -1;
    if (value->kind != CDECL_V_INT)
        return cdecl_fail(parse, o.span, CDECL_E_NOT_INTEGER, fold_spell(parse, o.type));
    return 0;
}
