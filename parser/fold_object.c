/* What constant expressions ask of types: sizeof, _Alignof, offsetof; and members, elements and calls,
 * which are evaluated only by sizeof and typeof (C11 6.5.2, 6.5.3.4, 7.19). */
#include "parser/impl.h"

#include <string.h>

static const AbiType *size_type(CdeclParse *parse) {
    return abi_primitive(cdecl_graph(parse), ABI_P_SIZE)->canonical;
}

/* ---------------------------------------------------------------- sizeof and alignment */

/* The size of TYPE in bytes. GNU C: void and functions have size 1. */
bool fold_size(CdeclParse *parse, CdeclSpan at, AbiQType type, uint64_t *size) {
    const AbiType *t = type.type;
    *size = 1;
    if (t->kind == ABI_VOID || t->kind == ABI_FUNCTION)
        return true;
    if (t->size == ABI_SIZE_UNKNOWN || t->flags & ABI_F_INCOMPLETE) {
        CdeclCode code = t->flags & ABI_F_PARTIAL ? CDECL_E_SIZE_PARTIAL : CDECL_E_SIZE_UNKNOWN;
        cdecl_fail(parse, at, code, fold_spell(parse, type));
        return false;
    }
    *size = t->size;
    return true;
}

/* sizeof (TYPE). SPAN: the whole expression, or the type name. */
CdeclOperand fold_sizeof(CdeclParse *parse, CdeclSpan span, AbiQType type) {
    uint64_t size;
    if (cdecl_failed(parse) || !fold_size(parse, span, type, &size))
        return fold_failed(parse, span);
    return fold_known(size_type(parse), size, span);
}

/* The element of an array decides; that of an incomplete one may be asked for. */
CdeclOperand fold_alignof(CdeclParse *parse, CdeclSpan span, AbiQType type) {
    if (cdecl_failed(parse))
        return fold_failed(parse, span);
    const AbiType *item = type.type;
    while (item->kind == ABI_ARRAY)
        item = item->item.type;
    uint64_t size;
    if (!fold_size(parse, span, (AbiQType){item, type.quals}, &size))
        return fold_failed(parse, span);
    bool none = item->kind == ABI_VOID || item->kind == ABI_FUNCTION;
    return fold_known(size_type(parse), none ? 1 : abi_alignof(type), span);
}

static bool refuse_bitfield(CdeclParse *parse, CdeclSpan op, const CdeclOperand *o, const char *what) {
    if (o->flags & CDECL_O_BITFIELD)
        cdecl_fail(parse, op, CDECL_E_BITFIELD_OPERAND, what);
    return cdecl_failed(parse);
}

/* sizeof expression. OP: the keyword. */
CdeclOperand fold_sizeof_operand(CdeclParse *parse, CdeclSpan op, CdeclOperand o) {
    CdeclSpan whole = fold_join(op, o.span);
    if (refuse_bitfield(parse, op, &o, "sizeof"))
        return fold_failed(parse, whole);
    return fold_sizeof(parse, whole, o.type);
}

/* _Alignof expression (GNU). OP: the keyword. */
CdeclOperand fold_alignof_operand(CdeclParse *parse, CdeclSpan op, CdeclOperand o) {
    CdeclSpan whole = fold_join(op, o.span);
    if (refuse_bitfield(parse, op, &o, "_Alignof"))
        return fold_failed(parse, whole);
    return o.align ? fold_known(size_type(parse), o.align, whole) : fold_alignof(parse, whole, o.type);
}

/* ---------------------------------------------------------------- members */

static void offer_members(CdeclNear *near, const AbiRecord *record) {
    for (size_t i = 0; i < record->count; i++) {
        const AbiMember *m = &record->members[i];
        if (m->name)
            cdecl_near_offer(near, m->name, strlen(m->name));
        else if (m->flags & ABI_M_ANONYMOUS)
            offer_members(near, m->type.type->record);
    }
}

static void no_member(CdeclParse *parse, AbiQType record, CdeclToken name) {
    CdeclNear near;
    size_t n = cdecl_token_len(name);
    cdecl_near_start(&near, name.text, n);
    offer_members(&near, record.type->record);
    cdecl_fail(parse, name.span, near.best[0] ? CDECL_E_NO_MEMBER_NEAR : CDECL_E_NO_MEMBER, fold_spell(parse, record),
               (int)(n < 100 ? n : 100), name.text, near.best);
}

const AbiMember *fold_find_member(CdeclParse *parse, AbiQType record, CdeclToken name, size_t *offset) {
    const AbiType *t = record.type;
    size_t n = cdecl_token_len(name);
    if (!abi_is_record(t)) {
        cdecl_fail(parse, name.span, CDECL_E_NOT_A_RECORD, fold_spell(parse, record));
        return NULL;
    }
    if (!t->record->complete) {
        cdecl_fail(parse, name.span, CDECL_E_SIZE_UNKNOWN, fold_spell(parse, record));
        return NULL;
    }
    *offset = 0;
    const AbiMember *m = abi_member_find(t, name.text, n, offset);
    if (!m)
        no_member(parse, record, name);
    else
        *offset += m->offset;
    return m;
}

/* Member M of BASE, OFFSET bytes in it. */
CdeclOperand fold_part(const CdeclParse *parse, CdeclOperand base, const AbiMember *m, size_t offset, CdeclSpan whole) {
    CdeclOperand r = fold_typed((AbiQType){m->type.type, m->type.quals | base.type.quals}, whole);
    if (parse->apply && !(base.flags & CDECL_O_PLACED))
        fold_inherit(&r, &base);
    fold_defer(&r, whole, CDECL_E_NOT_CONSTANT, NULL);
    r.flags = base.flags & (CDECL_O_LVALUE | CDECL_O_PLACED);
    r.address = base.address + offset;
    fold_rebase(&r, &base, offset);
    r.align = m->align;
    if (m->flags & ABI_M_BITFIELD) {
        uint64_t first = (uint64_t)(offset - m->offset) * 8 + m->bit_offset;
        r.flags |= CDECL_O_BITFIELD;
        r.bit_width = m->bit_width;
        r.bit_offset = (uint8_t)(first % 8);
        r.address = base.address + first / 8;
    }
    return r;
}

/* BASE.NAME, or BASE->NAME (ARROW). */
CdeclOperand fold_member(CdeclParse *parse, CdeclOperand base, CdeclToken name, bool arrow) {
    CdeclSpan whole = fold_join(base.span, name.span);
    if (arrow) {
        CdeclToken star = {.span = name.span, .text = "->", .text_len = 2};
        if (!cdecl_failed(parse))
            base = fold_dereference(parse, star, base);
    }
    size_t offset;
    const AbiMember *m = cdecl_failed(parse) ? NULL : fold_find_member(parse, base.type, name, &offset);
    return m ? fold_part(parse, base, m, offset, whole) : fold_failed(parse, whole);
}

/* ---------------------------------------------------------------- elements and calls */

/* BASE[INDEX]: either may be the pointer (C11 6.5.2.1). */
CdeclOperand fold_index(CdeclParse *parse, CdeclOperand base, CdeclOperand index) {
    CdeclSpan whole = fold_join(base.span, index.span);
    AbiQType written = base.type;
    base = fold_rvalue(parse, base);
    index = fold_rvalue(parse, index);
    if (cdecl_failed(parse))
        return fold_failed(parse, whole);
    if (base.type.type->kind == ABI_VECTOR && fold_is_integer(index.type.type))
        return fold_nonconstant(parse, (AbiQType){base.type.type->item.type, 0}, whole);
    if (index.type.type->kind == ABI_POINTER && fold_is_integer(base.type.type)) {
        CdeclOperand o = base;
        base = index;
        index = o;
    }
    if (base.type.type->kind != ABI_POINTER || abi_is_nullptr(base.type.type))
        cdecl_fail(parse, base.span, CDECL_E_NOT_INDEXED, fold_spell(parse, written));
    else if (!fold_is_integer(index.type.type))
        cdecl_fail(parse, index.span, CDECL_E_INDEX_TYPE, fold_spell(parse, index.type));
    if (cdecl_failed(parse))
        return fold_failed(parse, whole);
    CdeclToken plus = {.span = whole, .text = "+", .text_len = 1}, star = {.span = whole, .text = "*", .text_len = 1};
    return fold_dereference(parse, star, fold_binary(parse, plus, base, index));
}

/* FUNCTION(...): the result's type. SPAN: the whole call. */
CdeclOperand fold_call(CdeclParse *parse, CdeclOperand function, CdeclSpan span) {
    AbiQType written = function.type;
    function = fold_rvalue(parse, function);
    if (cdecl_failed(parse))
        return fold_failed(parse, span);
    const AbiType *t = function.type.type;
    if (t->kind != ABI_POINTER || t->item.type->kind != ABI_FUNCTION) {
        cdecl_fail(parse, function.span, CDECL_E_NOT_CALLED, fold_spell(parse, written));
        return fold_failed(parse, span);
    }
    CdeclOperand r = fold_typed((AbiQType){t->item.type->function->result.type, 0}, span);
    fold_defer(&r, span, CDECL_E_NOT_CONSTANT, NULL);
    return r;
}

/* ---------------------------------------------------------------- offsetof */

static CdeclDesignator stop(CdeclDesignator d) {
    d.failed = true;
    return d;
}

/* .NAME of offsetof's second argument, or its first name. */
CdeclDesignator fold_designate_member(CdeclParse *parse, CdeclDesignator d, CdeclToken name) {
    if (d.failed || cdecl_failed(parse))
        return stop(d);
    size_t offset;
    const AbiMember *m = fold_find_member(parse, d.type, name, &offset);
    if (!m)
        return stop(d);
    if (m->flags & ABI_M_BITFIELD) {
        cdecl_fail(parse, name.span, CDECL_E_BITFIELD_OPERAND, "offsetof");
        return stop(d);
    }
    d.type = m->type;
    d.offset += offset;
    d.span = fold_join(d.span, name.span);
    return d;
}

/* [INDEX] of offsetof's second argument. Past the end is allowed, as GCC allows it. */
CdeclDesignator fold_designate_index(CdeclParse *parse, CdeclDesignator d, CdeclOperand index) {
    if (d.failed || cdecl_failed(parse))
        return stop(d);
    if (d.type.type->kind != ABI_ARRAY) {
        cdecl_fail(parse, index.span, CDECL_E_NOT_INDEXED, fold_spell(parse, d.type));
        return stop(d);
    }
    CdeclValue v;
    uint64_t size;
    if (fold_integer(parse, index, &v) != 0 || !fold_size(parse, d.span, d.type.type->item, &size))
        return stop(d);
    d.offset += v.bits.lo * size; /* wraps: a negative index goes back */
    d.type = d.type.type->item;
    d.span = fold_join(d.span, index.span);
    return d;
}

CdeclOperand fold_offsetof(CdeclParse *parse, CdeclDesignator d) {
    if (d.failed || cdecl_failed(parse))
        return fold_failed(parse, d.span);
    return fold_known(size_type(parse), d.offset, d.span);
}
