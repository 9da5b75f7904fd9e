/* What braces initialise where a macro is applied (C11 6.7.9): compound literals (6.5.2.5), and variables of statements.
 *
 * Every object in braces has its own; what C lets out, the braces around the parts of a part, is refused. */
#include "parser/apply.h"

#include "gen/cdecl.h"

/* ---------------------------------------------------------------- items */

typedef struct Tokens { const CdeclToken *t; size_t n; } Tokens;

/* The first of the items in LIST, separated by commas; LIST is what follows it. False: there is none. */
static bool next_item(Tokens *list, Tokens *item) {
    size_t n = apply_find_outside(list->t, list->n, TK_COMMA), behind = n < list->n ? n + 1 : n;
    *item = (Tokens){list->t, n};
    list->t += behind;
    list->n -= behind;
    return n > 0;
}

/* What is between the braces that ITEM is, if it is that. */
static bool in_braces(Tokens *item) {
    if (item->n < 2 || item->t[0].kind != TK_LBRACE || apply_find_outside(item->t + 1, item->n - 1, TK_RBRACE) != item->n - 2)
        return false;
    item->t++;
    item->n -= 2;
    return true;
}

static int refuse(CdeclParse *p, Tokens item) {
    return cdecl_fail(p, item.n ? item.t[0].span : (CdeclSpan){0}, CDECL_E_INITIALIZER_FORM);
}

/* ---------------------------------------------------------------- parts of an object */

static CdeclToken punctuator(const char *text) {
    return (CdeclToken){.text = text, .text_len = (uint32_t)strlen(text)};
}

/* O, to be written for the first time, whatever its qualifiers. */
static CdeclOperand unqualified(CdeclOperand o) {
    o.type.quals = 0;
    return o;
}

static CdeclOperand element(CdeclParse *p, CdeclOperand array, uint64_t index) {
    const AbiType *t = array.type.type;
    if (!abi_length_known(t->length) || index >= t->length) { /* a flexible array has no room here (C11 6.7.2.1p18) */
        cdecl_fail(p, array.span, CDECL_E_INITIALIZER_EXCESS, fold_spell(p, array.type));
        return array;
    }
    return fold_index(p, array, fold_known(abi_primitive(cdecl_graph(p), ABI_P_ULONG), index, array.span));
}

/* Part INDEX of OBJECT, a member or an element; a union has only its first. */
static CdeclOperand part(CdeclParse *p, CdeclOperand object, uint64_t index) {
    const AbiType *t = object.type.type;
    if (t->kind == ABI_ARRAY)
        return element(p, object, index);
    if (index < (t->kind == ABI_UNION && t->record->count ? 1 : t->record->count))
        return fold_part(p, object, &t->record->members[index], t->record->members[index].offset, object.span);
    cdecl_fail(p, object.span, CDECL_E_INITIALIZER_EXCESS, fold_spell(p, object.type));
    return object;
}

/* Which member of RECORD is NAME; their count: none, for it is one of an anonymous member. */
static uint64_t index_of(const AbiRecord *record, const CdeclToken *name) {
    size_t i = 0;
    while (i < record->count && !(record->members[i].name && cdecl_token_is(name, record->members[i].name)))
        i++;
    return i;
}

/* The index that stands in front of "]", which ends the N tokens of it. */
static int constant_index(CdeclParse *p, const CdeclToken *t, size_t n, uint64_t *index) {
    CdeclOperand o;
    CdeclValue v;
    if (cdecl_evaluate(p, t, n, &o) < 0 || fold_integer(p, o, &v) < 0)
        return -1;
    if (cdecl_value_negative(&v) || v.bits.hi)
        return cdecl_fail(p, t[0].span, CDECL_E_INITIALIZER_FORM);
    *index = v.bits.lo;
    return 0;
}

/* One of .NAME and [INDEX] in front of ITEM: *OBJECT becomes that part of it, and *INDEX its number. */
static int designate_once(CdeclParse *p, Tokens *item, CdeclOperand *object, uint64_t *index) {
    const AbiType *t = object->type.type;
    size_t n = 2;
    if (item->t[0].kind == TK_DOT && item->n > 2 && abi_is_record(t)) {
        *index = index_of(t->record, &item->t[1]);
        *object = fold_member(p, *object, item->t[1], false);
    } else if (item->t[0].kind == TK_LBRACKET && t->kind == ABI_ARRAY) {
        n = apply_find_outside(item->t + 1, item->n - 1, TK_RBRACKET) + 2;
        if (n >= item->n || constant_index(p, item->t + 1, n - 2, index) < 0)
            return cdecl_failed(p) ? -1 : refuse(p, *item);
        *object = element(p, *object, *index);
    } else {
        return refuse(p, *item);
    }
    item->t += n;
    item->n -= n;
    return cdecl_failed(p) ? -1 : 0;
}

static bool is_designated(Tokens item) {
    return item.n && (item.t[0].kind == TK_DOT || item.t[0].kind == TK_LBRACKET);
}

/* The part of OBJECT that ITEM is for: *NEXT, or what its designators name. *NEXT is then the one behind, beyond all
 * parts where that is in the midst of one. */
static int find_part(CdeclParse *p, Tokens *item, CdeclOperand object, uint64_t *next, CdeclOperand *out) {
    uint64_t inner;
    if (!is_designated(*item)) {
        *out = part(p, object, (*next)++);
        return cdecl_failed(p) ? -1 : 0;
    }
    *out = object;
    if (designate_once(p, item, out, next) < 0)
        return -1;
    bool in_part = abi_is_record(object.type.type) && *next == object.type.type->record->count;
    for (; is_designated(*item); in_part = true)
        if (designate_once(p, item, out, &inner) < 0)
            return -1;
    if (item->n < 2 || item->t[0].kind != TK_EQ)
        return refuse(p, *item);
    item->t++;
    item->n--;
    *next = in_part ? UINT64_MAX : *next + 1;
    return 0;
}

/* ---------------------------------------------------------------- writing */

static CdeclOperand initialize(CdeclParse *, CdeclOperand object, Tokens list);

/* char s[] = "abc" (6.7.9p14): the zero behind it is there already. */
static CdeclOperand copy_string(CdeclParse *p, CdeclOperand array, const CdeclValue *s) {
    const AbiType *item = array.type.type->item.type, *character = abi_primitive(cdecl_graph(p), ABI_P_CHAR);
    CdeclOperand done = apply_nothing(p, array.span);
    if (item->size != 1 || s->type->item.type->size != 1 || item->kind == ABI_BOOL) {
        cdecl_fail(p, array.span, CDECL_E_INITIALIZER_FORM);
        return done;
    }
    for (size_t i = 0; i < s->string.len && !cdecl_failed(p); i++) {
        CdeclOperand value = fold_known(character, (FoldBits)(FoldSigned)s->string.data[i], array.span);
        done = apply_sequence(done, apply_assign(p, punctuator("="), unqualified(element(p, array, i)), value));
    }
    return done;
}

/* The part O is set to what ITEM says. */
static CdeclOperand initialize_part(CdeclParse *p, CdeclOperand o, Tokens item) {
    CdeclOperand value = fold_failed(p, o.span);
    const AbiType *t = o.type.type;
    if (in_braces(&item) && abi_is_aggregate(t))
        return initialize(p, o, item);
    if (item.n == 0 || cdecl_evaluate(p, item.t, item.n, &value) < 0)
        return item.n || cdecl_failed(p) ? value : apply_nothing(p, o.span); /* {}: C23 6.7.10p11 */
    if (t->kind == ABI_ARRAY && value.value.kind == CDECL_V_STRING)
        return copy_string(p, o, &value.value);
    if (t->kind == ABI_ARRAY || (abi_is_record(t) && value.type.type->canonical != t->canonical)) {
        refuse(p, item);
        return value;
    }
    return apply_assign(p, punctuator("="), unqualified(o), value);
}

/* Is LIST literals and nothing else, for an array of characters (6.7.9p14)? */
static bool is_string(const AbiType *t, Tokens list) {
    size_t i = 0;
    while (i < list.n && list.t[i].kind == TK_STRING)
        i++;
    return i > 0 && i == list.n && t->kind == ABI_ARRAY && fold_is_integer(t->item.type);
}

/* OBJECT, which is all zero, is set to what LIST, the tokens between braces, says. */
static CdeclOperand initialize(CdeclParse *p, CdeclOperand object, Tokens list) {
    CdeclOperand done = apply_nothing(p, object.span), one;
    uint64_t next = 0;
    Tokens item;
    if (is_string(object.type.type, list))
        return initialize_part(p, object, list);
    while (!cdecl_failed(p) && next_item(&list, &item)) {
        if (next == UINT64_MAX && !is_designated(item))
            refuse(p, item);
        else if (find_part(p, &item, object, &next, &one) == 0)
            done = apply_sequence(done, initialize_part(p, one, item));
    }
    if (list.n)
        refuse(p, list);
    return cdecl_failed(p) ? fold_failed(p, object.span) : apply_void(p, done);
}

/* How long LIST makes the array TYPE: to its highest index (6.7.9p22). */
static int count_elements(CdeclParse *p, const AbiType *type, Tokens list, size_t *length) {
    uint64_t next = 0;
    Tokens item;
    *length = 0;
    if (is_string(type, list)) {
        const AbiType *string = fold_string(p, list.t, list.n).type.type;
        *length = string ? string->length : 0;
        return cdecl_failed(p) ? -1 : 0;
    }
    while (next_item(&list, &item)) {
        if (item.t[0].kind == TK_LBRACKET &&
            constant_index(p, item.t + 1, apply_find_outside(item.t + 1, item.n - 1, TK_RBRACKET), &next) < 0)
            return -1;
        if (next >= PTRDIFF_MAX)
            return refuse(p, item);
        next++;
        *length = next > *length ? (size_t)next : *length;
    }
    return 0;
}

/* TYPE as LIST completes it: that of T[] = { LIST }. */
static int complete(CdeclParse *p, AbiQType *type, Tokens list, CdeclSpan span) {
    AbiError err;
    size_t length;
    if (type->type->kind != ABI_ARRAY || type->type->length != ABI_LENGTH_UNKNOWN)
        return 0;
    if (count_elements(p, type->type, list, &length) < 0)
        return -1;
    const AbiType *made = abi_array(cdecl_graph(p), type->type->item, length, &err);
    if (!made)
        return cdecl_fail_abi(p, span, &err);
    type->type = made;
    return 0;
}

/* An object of TYPE that the N tokens between braces initialise: *DONE says when it is. */
CdeclOperand apply_braced(CdeclParse *p, AbiQType type, const CdeclToken *t, size_t n, CdeclSpan span, CdeclOperand *done) {
    Tokens list = {t, n};
    *done = fold_failed(p, span);
    if (!abi_is_aggregate(type.type) && !fold_is_scalar(type.type))
        cdecl_fail(p, span, CDECL_E_INITIALIZER_TYPE, fold_spell(p, type), "{ ... }");
    if (cdecl_failed(p) || complete(p, &type, list, span) < 0)
        return *done;
    CdeclOperand object = apply_room(p, type, span);
    if (cdecl_failed(p))
        return object;
    *done = abi_is_aggregate(type.type) ? initialize(p, object, list) : apply_void(p, initialize_part(p, object, list));
    return object;
}

/* (TYPE){ ... }: the object, once it is initialised. */
CdeclOperand apply_compound(CdeclParse *p, AbiQType type, CdeclToken braces, CdeclSpan span) {
    CdeclOperand done;
    const CdeclStrings *s = apply_braces(p, braces);
    CdeclOperand object = apply_braced(p, type, s ? s->tokens : NULL, s ? s->n : 0, span, &done);
    if (cdecl_failed(p) || fold_is_constant(&done))
        return object;
    CdeclOperand later = fold_typed(object.type, span);
    later.flags = CDECL_O_LVALUE;
    fold_inherit(&later, &done);
    return later;
}
