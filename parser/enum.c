/* Enum specifiers (C11 6.7.2.2, C23 6.7.3.3). */
#include "parser/impl.h"
#include "gen/cdecl.h"

static CdeclTypeSpec spec_of(CdeclToken word, CdeclSpan span, AbiType *type) {
    word.kind = TK_ENUM;
    return (CdeclTypeSpec){.token = word, .type = {type, 0}, .span = span, .names_tag = true};
}

/* ---------------------------------------------------------------- the fixed underlying type */

/* The type after the colon: NULL with no error if there was none. */
static const AbiType *underlying_type(CdeclParse *p, CdeclSpecs *s) {
    if (!s || specs_resolve(p, s) < 0)
        return NULL;
    const AbiType *t = s->type.type;
    if ((t->kind != ABI_INT && t->kind != ABI_CHAR && t->kind != ABI_BOOL) || t->flags & ABI_F_BITINT) {
        cdecl_fail(p, s->span, CDECL_E_ENUM_UNDERLYING, fold_spell(p, s->type));
        return NULL;
    }
    return t;
}

/* enum TAG; enum TAG : type, which is complete without its enumerators (C23 6.7.3.3p15). */
CdeclTypeSpec enum_reference(CdeclParse *p, CdeclToken word, CdeclAttributes *a, CdeclToken tag, CdeclSpecs *fixed) {
    (void)a;
    AbiError err;
    AbiType *type = tag_reference(p, ABI_ENUM, &tag);
    const AbiType *underlying = type && fixed ? underlying_type(p, fixed) : NULL;
    if (underlying && !type->record->complete && abi_enum_complete(type, NULL, 0, underlying, false, &err) < 0)
        cdecl_fail_abi(p, fixed->span, &err);
    else if (underlying && type->item.type && type->item.type->canonical != underlying->canonical)
        cdecl_fail(p, fixed->span, CDECL_E_ENUM_UNDERLYING_DIFFERS, fold_spell(p, type->item));
    CdeclTypeSpec spec = spec_of(word, cdecl_join(word.span, tag.span), type);
    spec.fixes = fixed;
    return spec;
}

/* An enum that is not defined yet has no size in C, but in cffi, where it needs one: 0, or -1 and the error is set. */
int enum_assume(CdeclParse *p, CdeclSpan at, const AbiType *type) {
    AbiError err;
    if (type->kind != ABI_ENUM || type->size != ABI_SIZE_UNKNOWN)
        return 0;
    cdecl_transaction(p);
    return abi_enum_assume(type, &err) == 0 ? 0 : cdecl_fail_abi(p, at, &err);
}

/* ---------------------------------------------------------------- the list */

CdeclEnum *enum_open(CdeclParse *p, CdeclToken word, CdeclAttributes *a, const CdeclToken *tag, CdeclSpecs *fixed,
                     CdeclToken brace) {
    CdeclEnum *e = cdecl_failed(p) ? NULL : cdecl_temporary(p, sizeof *e);
    if (!e)
        return NULL;
    e->at = tag ? cdecl_join(word.span, tag->span) : word.span;
    e->brace = brace.span;
    e->attributes = a;
    e->anonymous = !tag;
    e->underlying = underlying_type(p, fixed);
    e->type = tag_define(p, ABI_ENUM, tag, e->at, &e->same);
    if (e->type && e->type->item.type && !e->underlying)
        e->underlying = e->type->item.type; /* from enum TAG : type; */
    e->outer = p->enumeration;
    p->enumeration = e;
    return e;
}

/* GCC has C23's enums from 13 on, in all modes. */
#if __GNUC__ >= 13
enum { C23_ENUMS = true };
#else
enum { C23_ENUMS = false };
#endif

/* int if it fits, else the smallest that does (C11 6.7.2.2p3; GCC goes on to wider ones). */
static const AbiType *fitting(CdeclParse *p, const CdeclValue *v) {
    bool negative = cdecl_value_negative(v);
    uint64_t lo = v->bits.lo;
    AbiPrim prim;
    if (negative)
        prim = v->bits.hi == UINT64_MAX && (int64_t)lo >= INT32_MIN && (int64_t)lo < 0 ? ABI_P_INT : ABI_P_LONG;
    else
        prim = lo <= INT32_MAX ? ABI_P_INT : lo <= UINT32_MAX ? ABI_P_UINT : lo <= INT64_MAX ? ABI_P_LONG : ABI_P_ULONG;
    return abi_primitive(p->graph, prim);
}

static bool fits_64_bits(const CdeclValue *v) {
    if (cdecl_value_negative(v))
        return v->bits.hi == UINT64_MAX && (int64_t)v->bits.lo < 0;
    return v->bits.hi == 0;
}

/* Does V fit the integer type T? */
static bool fits(const AbiType *t, const CdeclValue *v) {
    CdeclValue w = cdecl_int_value(t, v->bits);
    return w.bits.lo == v->bits.lo && w.bits.hi == v->bits.hi && cdecl_value_negative(&w) == cdecl_value_negative(v);
}

static void append(CdeclEnum *e, CdeclEnumItem *item) {
    if (e->last)
        e->last->next = item;
    else
        e->first = item;
    e->last = item;
    e->n++;
}

/* The enumerator NAME with VALUE. */
static void add(CdeclParse *p, CdeclToken name, CdeclValue value, unsigned flags) {
    CdeclEnum *e = p->enumeration;
    CdeclEnumItem *item = cdecl_temporary(p, sizeof *item);
    if (!item)
        return;
    if (!fits_64_bits(&value) || (e->underlying && !fits(e->underlying, &value))) {
        cdecl_fail(p, name.span, CDECL_E_ENUMERATOR_RANGE, (int)cdecl_token_len(name), name.text);
        return;
    }
    value.type = e->underlying ? e->underlying : fitting(p, &value);
    e->last_value = value;
    e->has_last = true;
    item->at = name.span;
    item->enumerator = (AbiEnumerator){NULL, value.bits.lo, cdecl_value_negative(&value)};
    item->symbol = declare_enumerator(p, name, e->type, value, flags, e->same, &item->enumerator.name);
    append(e, item);
}

/* One more than the one before (C11 6.7.2.2p3). */
void enum_next(CdeclParse *p, CdeclToken name) {
    CdeclEnum *e = p->enumeration;
    if (!e || cdecl_failed(p))
        return;
    CdeclValue value = {.kind = CDECL_V_INT, .type = abi_primitive(p->graph, ABI_P_INT)};
    if (e->has_last) {
        value = e->last_value;
        if (!C23_ENUMS && !e->underlying && value.bits.hi == 0 && value.bits.lo == INT64_MAX) { /* then the type's sign stayed */
            cdecl_fail(p, name.span, CDECL_E_ENUMERATOR_RANGE, (int)cdecl_token_len(name), name.text);
            return;
        }
        bool was_negative = cdecl_value_negative(&value);
        value.type = abi_primitive(p->graph, was_negative ? ABI_P_INT128 : ABI_P_UINT128);
        value.bits.lo++;
        value.bits.hi += value.bits.lo == 0;
    }
    add(p, name, value, 0);
}

void enum_value(CdeclParse *p, CdeclToken name, CdeclOperand operand) {
    CdeclValue value;
    if (!p->enumeration || cdecl_failed(p) || fold_integer(p, operand, &value) < 0)
        return;
    add(p, name, value, 0);
}

/* NAME = ... (cffi): a compiler knows the value. */
void enum_unknown(CdeclParse *p, CdeclToken name) {
    if (!p->enumeration || cdecl_failed(p))
        return;
    p->enumeration->partial = true;
    add(p, name, (CdeclValue){.kind = CDECL_V_INT, .type = abi_primitive(p->graph, ABI_P_INT)}, CDECL_S_NEEDS_COMPILER);
}

/* "..." among the enumerators (cffi) */
void enum_partial(CdeclParse *p, CdeclToken dots) {
    (void)dots;
    if (p->enumeration)
        p->enumeration->partial = true;
}

/* ---------------------------------------------------------------- completion */

static AbiEnumerator *enumerator_array(CdeclParse *p, const CdeclEnum *e) {
    AbiEnumerator *list = cdecl_temporary(p, (e->n + 1) * sizeof *list);
    size_t i = 0;
    for (const CdeclEnumItem *item = e->first; item && list; item = item->next)
        list[i++] = item->enumerator;
    return list;
}

/* Where one enumerator does not fit int, all have the enum's own type once that is known (C23 6.7.3.3p15);
 * older compilers gave it to that one alone. */
static bool fits_int(const CdeclEnumItem *item) {
    return !item->symbol || item->symbol->value.type->prim == ABI_P_INT;
}

static void settle_types(const CdeclEnum *e) {
    bool together = false;
    for (const CdeclEnumItem *item = e->first; C23_ENUMS && item; item = item->next)
        together = together || !fits_int(item);
    for (const CdeclEnumItem *item = e->first; item && e->type->item.type; item = item->next)
        if (item->symbol && (together || !fits_int(item)))
            item->symbol->value.type = e->type->item.type;
}

/* enum __attribute__((mode(DI))) { ... }: the values say the sign only. */
static const AbiType *underlying_mode(CdeclParse *p, const CdeclEnum *e, const CdeclAttributes *a) {
    bool negative = false;
    for (const CdeclEnumItem *item = e->first; item; item = item->next)
        negative = negative || item->enumerator.negative;
    return e->underlying ? e->underlying : attribute_enum_mode(p, a, e->type, negative);
}

static int complete(CdeclParse *p, CdeclEnum *e, const CdeclAttributes *a) {
    AbiError err = {.index = -1};
    AbiEnumerator *list = enumerator_array(p, e);
    const AbiType *underlying = underlying_mode(p, e, a);
    if (a && a->has_vector && !a->mode)
        cdecl_fail(p, a->vector_at, CDECL_E_VECTOR_ELEMENT, fold_spell(p, (AbiQType){e->type, 0}));
    if (!list || cdecl_failed(p))
        return -1;
    if (abi_enum_complete(e->type, list, e->n, underlying, a && a->packed, &err) < 0)
        return cdecl_fail_abi(p, e->at, &err);
    if (e->partial)
        e->type->flags |= ABI_F_PARTIAL;
    settle_types(e);
    if (!e->same || agree_enumerators(e->same, e->type))
        return 0;
    AbiType *first = e->same;
    e->same = NULL;
    return tag_redefine(p, first, e->type, e->at);
}

CdeclTypeSpec enum_close(CdeclParse *p, CdeclEnum *e, CdeclToken end, CdeclAttributes *after) {
    if (!e)
        return (CdeclTypeSpec){0};
    p->enumeration = e->outer;
    bool ok = e->type && !cdecl_failed(p) && complete(p, e, attributes_join(p, e->attributes, after)) == 0;
    bool again = ok && e->same && !(p->options && p->options->override);
    for (const CdeclEnumItem *item = e->first; again && item; item = item->next)
        if (item->symbol) /* the first definition is an included scope's */
            item->symbol->type.type = e->same;
    CdeclTypeSpec spec = spec_of(end, cdecl_join(e->at, end.span), !ok ? NULL : again ? e->same : e->type);
    spec.defines = true;
    spec.anonymous = e->anonymous ? e->type : NULL;
    return spec;
}
