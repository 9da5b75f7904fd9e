/* Pointers in constant expressions: what the offsetof idioms need, (size_t)&((T *)0)->m and
 * (char *)&((T *)0)->m - (char *)0, and the types that typeof and sizeof ask for. */
#include "parser/apply.h"

#include <string.h>

static CdeclOperand refuse(CdeclParse *parse, CdeclToken op, const CdeclOperand *a, const CdeclOperand *b) {
    char name[8] = "";
    size_t n = cdecl_token_len(op);
    memcpy(name, op.text, n < sizeof name ? n : sizeof name - 1);
    cdecl_fail(parse, op.span, CDECL_E_OPERANDS, name, fold_spell(parse, a->type), fold_spell(parse, b->type));
    return fold_failed(parse, fold_join(a->span, b->span));
}

/* ---------------------------------------------------------------- & and * */

/* What is made of ORIGIN, whose place is not known, or not yet. */
static CdeclOperand unplaced(const CdeclParse *parse, AbiQType type, CdeclSpan span, const CdeclOperand *origin) {
    CdeclOperand r = fold_typed(type, span);
    if (!parse->apply || !fold_inherit(&r, origin))
        fold_defer(&r, span, CDECL_E_NOT_CONSTANT, NULL);
    fold_rebase(&r, origin, 0);
    return r;
}

/* &O (C11 6.5.3.2): a constant where O lies at a known address. */
CdeclOperand fold_address(CdeclParse *parse, CdeclToken op, CdeclOperand o) {
    CdeclSpan whole = fold_join(op.span, o.span);
    if (cdecl_failed(parse))
        return fold_failed(parse, whole);
    if (o.flags & CDECL_O_BITFIELD)
        cdecl_fail(parse, op.span, CDECL_E_BITFIELD_OPERAND, "operator '&'");
    else if (!(o.flags & CDECL_O_LVALUE) && o.type.type->kind != ABI_FUNCTION)
        cdecl_fail(parse, op.span, CDECL_E_NOT_LVALUE, "&");
    else {
        AbiError err;
        const AbiType *t = abi_pointer(cdecl_graph(parse), o.type, &err);
        if (t && parse->apply && o.type.type->kind == ABI_FUNCTION && o.flags & CDECL_O_SYMBOL)
            return apply_address(parse, o, o.symbol);
        if (t)
            return o.flags & CDECL_O_PLACED ? fold_known(t, o.address, whole) : unplaced(parse, (AbiQType){t, 0}, whole, &o);
        cdecl_fail_abi(parse, op.span, &err);
    }
    return fold_failed(parse, whole);
}

static CdeclOperand object_at(CdeclParse *parse, AbiQType type, CdeclSpan span, const CdeclOperand *pointer) {
    CdeclOperand r = unplaced(parse, type, span, pointer);
    r.flags |= CDECL_O_LVALUE;
    if (parse->apply && abi_segment(type)) { /* the address is not one of ours */
        r = fold_typed(type, span);
        fold_defer(&r, span, CDECL_E_NO_MEMORY_VALUE, fold_spell(parse, type));
        return r;
    }
    if (fold_is_constant(pointer)) {
        r.flags |= CDECL_O_PLACED;
        r.address = pointer->value.bits.lo;
    }
    return r;
}

/* *O; OP may also be the -> of a member. */
CdeclOperand fold_dereference(CdeclParse *parse, CdeclToken op, CdeclOperand o) {
    CdeclSpan whole = fold_join(op.span, o.span);
    AbiQType written = o.type;
    o = fold_rvalue(parse, o);
    if (!cdecl_failed(parse) && o.type.type->kind == ABI_POINTER && !abi_is_nullptr(o.type.type))
        return object_at(parse, o.type.type->item, whole, &o);
    cdecl_fail(parse, op.span, CDECL_E_NOT_A_POINTER, op.text[0] == '-' ? "->" : "*", fold_spell(parse, written));
    return fold_failed(parse, whole);
}

/* ---------------------------------------------------------------- + - and comparison */

/* The size of what TYPE points to: 1 for void and functions, as GNU C counts. */
static bool step_of(CdeclParse *parse, CdeclSpan at, const AbiType *type, uint64_t *step) {
    return fold_size(parse, at, type->item, step);
}

static CdeclOperand add(CdeclParse *parse, CdeclToken op, CdeclOp kind, CdeclOperand p, CdeclOperand i) {
    CdeclSpan whole = fold_join(p.span, i.span);
    uint64_t step;
    if (!step_of(parse, p.span, p.type.type, &step))
        return fold_failed(parse, whole);
    i = fold_convert(parse, op.span, fold_promoted(parse, &i), i);
    CdeclOperand r = fold_typed((AbiQType){p.type.type, 0}, whole);
    bool known = !fold_inherit(&r, &p);
    if (fold_inherit(&r, &i))
        return r;
    uint64_t distance = i.value.bits.lo * step; /* wraps as addresses do */
    if (kind == CDECL_OP_MINUS)
        distance = -distance;
    if (known)
        r.value = fold_value_of(p.type.type, p.value.bits.lo + distance);
    else
        fold_rebase(&r, &p, distance);
    return r;
}

static AbiQType unqualified(const AbiType *pointer) {
    return (AbiQType){pointer->item.type, 0};
}

/* Where A and B lead to: numbers of their own, or places in one variable. False, and R is no constant: not known. */
static bool places(const CdeclOperand *a, const CdeclOperand *b, uint64_t *x, uint64_t *y, CdeclOperand *r) {
    if (a->flags & b->flags & CDECL_O_BASED && a->symbol == b->symbol) {
        *x = a->address;
        *y = b->address;
        return true;
    }
    *x = a->value.bits.lo;
    *y = b->value.bits.lo;
    return !fold_inherit(r, a) && !fold_inherit(r, b);
}

static CdeclOperand subtract(CdeclParse *parse, CdeclToken op, CdeclOperand a, CdeclOperand b) {
    CdeclSpan whole = fold_join(a.span, b.span);
    uint64_t step;
    if (fold_is_disjoint(&a, &b) || !fold_compatible(parse, unqualified(a.type.type), unqualified(b.type.type)))
        return refuse(parse, op, &a, &b);
    if (!step_of(parse, op.span, a.type.type, &step))
        return fold_failed(parse, whole);
    const AbiType *type = abi_primitive(cdecl_graph(parse), ABI_P_PTRDIFF)->canonical;
    CdeclOperand r = fold_typed((AbiQType){type, 0}, whole);
    uint64_t x, y;
    if (!places(&a, &b, &x, &y, &r))
        return r;
    if (step == 0) {
        fold_defer(&r, op.span, CDECL_E_DIVISION_BY_ZERO, NULL);
        return r;
    }
    FoldSigned bytes = (int64_t)(x - y);
    r.value = fold_value_of(type, (FoldBits)(bytes / (FoldSigned)step));
    return r;
}

/* The address space that a pointer, array or function leads to. */
static unsigned segment_behind(AbiQType q) {
    if (q.type->kind == ABI_ARRAY)
        return abi_segment(q);
    return q.type->item.type ? abi_segment(q.type->item) : 0;
}

/* Do A and B lead to different ones? A null pointer leads nowhere. */
bool fold_is_disjoint(const CdeclOperand *a, const CdeclOperand *b) {
    return segment_behind(a->type) != segment_behind(b->type) && !fold_is_null(a) && !fold_is_null(b);
}

static bool is_zero(const CdeclOperand *o) {
    return fold_is_constant(o) && !fold_truth(o);
}

/* Addresses compare as unsigned numbers; an integer beside a pointer converts (GCC warns at most). */
static CdeclOperand compare(CdeclParse *parse, CdeclToken op, CdeclOp kind, CdeclOperand a, CdeclOperand b) {
    const AbiType *type = a.type.type->kind == ABI_POINTER ? a.type.type : b.type.type;
    CdeclOperand r = fold_typed((AbiQType){abi_primitive(cdecl_graph(parse), ABI_P_INT), 0}, fold_join(a.span, b.span));
    a = fold_convert(parse, op.span, type, a);
    b = fold_convert(parse, op.span, type, b);
    if (kind == CDECL_OP_EQ || kind == CDECL_OP_NE) { /* &variable == 0 */
        a = is_zero(&b) ? fold_condition(a) : a;
        b = is_zero(&a) ? fold_condition(b) : b;
    }
    uint64_t x, y;
    if (!places(&a, &b, &x, &y, &r))
        return r;
    bool result = kind == CDECL_OP_LT ? x < y : kind == CDECL_OP_GT ? x > y : kind == CDECL_OP_LE ? x <= y :
                  kind == CDECL_OP_GE ? x >= y : kind == CDECL_OP_EQ ? x == y : x != y;
    r.value = fold_value_of(r.type.type, result);
    return r;
}

/* May a nullptr_t be compared with O (C23 6.5.9p2)? GCC lets it be ordered beside a pointer. */
static bool nullptr_compares(CdeclOp kind, const CdeclOperand *o) {
    bool equality = kind == CDECL_OP_EQ || kind == CDECL_OP_NE;
    if (abi_is_nullptr(o->type.type))
        return equality;
    bool ordered = kind >= CDECL_OP_LT && kind <= CDECL_OP_NE;
    return o->type.type->kind == ABI_POINTER ? ordered : equality && fold_is_null(o);
}

/* A OP B, rvalues of which one at least is a pointer. */
CdeclOperand fold_pointer_binary(CdeclParse *parse, CdeclToken op, CdeclOp kind, CdeclOperand a, CdeclOperand b) {
    if (abi_is_nullptr(a.type.type) || abi_is_nullptr(b.type.type))
        return nullptr_compares(kind, abi_is_nullptr(a.type.type) ? &b : &a) ? compare(parse, op, kind, a, b) : refuse(parse, op, &a, &b);
    bool pa = a.type.type->kind == ABI_POINTER, pb = b.type.type->kind == ABI_POINTER;
    bool ia = fold_is_integer(a.type.type), ib = fold_is_integer(b.type.type);
    if (kind == CDECL_OP_PLUS && pa && ib)
        return add(parse, op, kind, a, b);
    if (kind == CDECL_OP_PLUS && ia && pb)
        return add(parse, op, kind, b, a);
    if (kind == CDECL_OP_MINUS && pa && ib)
        return add(parse, op, kind, a, b);
    if (kind == CDECL_OP_MINUS && pa && pb)
        return subtract(parse, op, a, b);
    bool comparable = (pa || ia) && (pb || ib) && !(pa && pb && fold_is_disjoint(&a, &b));
    if (kind >= CDECL_OP_LT && kind <= CDECL_OP_NE && comparable)
        return compare(parse, op, kind, a, b);
    return refuse(parse, op, &a, &b);
}

/* ---------------------------------------------------------------- ?: */

static const AbiType *pointer_to(CdeclParse *parse, const AbiType *target, unsigned quals, CdeclSpan at) {
    AbiError err;
    const AbiType *t = abi_pointer(cdecl_graph(parse), (AbiQType){target, quals}, &err);
    if (!t)
        cdecl_fail_abi(parse, at, &err);
    return t;
}

/* The type of a conditional expression of which one arm at least is a pointer (C11 6.5.15p6): that of
 * the other beside a null pointer constant, qualified void * beside void *, else the composite type.
 * A nullptr_t goes with pointers only (C23 6.5.15p3).
 * GCC only warns where pointers differ, and gives void *, and where an integer meets a pointer. */
const AbiType *fold_pointer_common(CdeclParse *parse, const CdeclOperand *a, const CdeclOperand *b) {
    const AbiType *ta = a->type.type, *tb = b->type.type;
    if (abi_is_nullptr(ta) || abi_is_nullptr(tb))
        return ta->kind != tb->kind ? NULL : abi_is_nullptr(ta) ? tb : ta;
    if (ta->kind != ABI_POINTER || tb->kind != ABI_POINTER) {
        const AbiType *pointer = ta->kind == ABI_POINTER ? ta : tb, *other = pointer == ta ? tb : ta;
        return fold_is_integer(other) ? pointer : NULL;
    }
    if (ta == tb)
        return ta;
    if (fold_is_disjoint(a, b))
        return NULL;
    bool na = fold_is_null(a), nb = fold_is_null(b);
    unsigned quals = ta->item.quals | tb->item.quals;
    if (nb && !na)
        return ta;
    if (na && !nb)
        return tb;
    if (ta->item.type->kind == ABI_VOID || tb->item.type->kind == ABI_VOID)
        return pointer_to(parse, abi_primitive(cdecl_graph(parse), ABI_P_VOID), quals, a->span);
    if (!fold_compatible(parse, unqualified(ta), unqualified(tb)))
        return pointer_to(parse, abi_primitive(cdecl_graph(parse), ABI_P_VOID), quals, a->span);
    AbiError err;
    AbiQType target = abi_composite(cdecl_graph(parse), unqualified(ta), unqualified(tb), &err);
    if (!target.type) {
        cdecl_fail_abi(parse, a->span, &err);
        return NULL;
    }
    return pointer_to(parse, target.type, quals, a->span);
}
