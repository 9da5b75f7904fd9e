/* Initialisers and other values: static const and constexpr objects are constants, the rest of the
 * initialisers only complete an array's length. Static assertions. */
#include "parser/impl.h"
#include "gen/cdecl.h"

static bool is_arithmetic(const AbiType *t) {
    return t->kind == ABI_INT || t->kind == ABI_CHAR || t->kind == ABI_BOOL || t->kind == ABI_ENUM || t->kind == ABI_FLOAT;
}

/* C11 6.7.9p2, p3; 6.7.1 for constexpr */
static int check_initializer(CdeclParse *p, const CdeclDeclared *h) {
    int n = (int)cdecl_token_len(h->name);
    if (h->specs->storage & CDECL_ST_TYPEDEF)
        return cdecl_fail(p, h->name.span, CDECL_E_INITIALIZED, "typedef", n, h->name.text);
    if (h->type.type->kind == ABI_FUNCTION)
        return cdecl_fail(p, h->name.span, CDECL_E_INITIALIZED, "function", n, h->name.text);
    if (h->type.type->size == ABI_SIZE_UNKNOWN && h->type.type->kind != ABI_ARRAY && !abi_is_deferred(h->type.type))
        return cdecl_fail(p, h->name.span, CDECL_E_SIZE_UNKNOWN, fold_spell(p, h->type));
    bool again = h->symbol->kind == CDECL_VARIABLE && (h->symbol->flags & CDECL_S_DEFINED);
    if (again && !(p->options && p->options->override)) {
        cdecl_fail(p, h->name.span, CDECL_E_REDEFINED_VARIABLE, n, h->name.text);
        scope_note(p, symbol_own(p, &h->name), "first defined here");
        return -1;
    }
    return 0;
}

/* Can the string S initialise an ARRAY (C11 6.7.9p14, p15)? Bytes go in any of the three char types, wider characters in
 * their own type only; and GCC has none of _Atomic characters. */
static bool is_string_of(const AbiType *array, const AbiType *s) {
    const AbiType *item = array->item.type->main->canonical, *unit = s->item.type->main->canonical;
    if (array->item.quals & ABI_ATOMIC)
        return false;
    return unit->size == 1 ? item->prim == ABI_P_CHAR || item->prim == ABI_P_SCHAR || item->prim == ABI_P_UCHAR : item == unit;
}

/* An array is initialised with a string, or, as GCC has it, with a compound literal. */
static bool may_initialize_array(CdeclParse *p, const AbiType *t, const CdeclOperand *value) {
    if (value->type.type->kind != ABI_ARRAY || value->flags & CDECL_O_SYMBOL)
        return false;
    return value->value.kind == CDECL_V_STRING ? is_string_of(t, value->type.type) : fold_compatible(p, (AbiQType){t, 0}, value->type);
}

/* Can a value of type V initialise a T (C11 6.7.9p11, p13, p14; 6.5.16.1)? GCC only warns where integers and
 * pointers, or pointers of two types, are mixed; nullptr_t is neither (C23 6.3.2.4). */
bool initializer_fits(CdeclParse *p, const AbiType *t, const CdeclOperand *value) {
    const AbiType *v = value->type.type;
    if (abi_is_record(t) || abi_is_record(v) || t->kind == ABI_VECTOR || v->kind == ABI_VECTOR)
        return t->canonical == v->canonical;
    if (t->kind == ABI_ARRAY)
        return may_initialize_array(p, t, value);
    if (v->kind == ABI_VOID)
        return false;
    if (abi_is_nullptr(t))
        return abi_is_nullptr(v) || fold_is_null(value);
    if (abi_is_nullptr(v))
        return t->kind == ABI_POINTER || fold_basic(t)->kind == ABI_BOOL;
    bool real = v->kind == ABI_FLOAT || v->kind == ABI_COMPLEX;
    bool address = v->kind == ABI_POINTER || v->kind == ABI_ARRAY || v->kind == ABI_FUNCTION;
    if (t->kind == ABI_POINTER && address)
        return !fold_is_disjoint(&(CdeclOperand){.type = {t, 0}}, value);
    if (t->kind == ABI_POINTER)
        return !real;
    return !(address && (t->kind == ABI_FLOAT || t->kind == ABI_COMPLEX));
}

static int check_value(CdeclParse *p, const CdeclDeclared *h, const CdeclOperand *value) {
    if (!value->type.type || abi_is_deferred(h->type.type) || value->deferred == CDECL_E_UNDECLARED || initializer_fits(p, h->type.type, value))
        return 0;
    return cdecl_fail(p, value->span, CDECL_E_INITIALIZER_TYPE, fold_spell(p, h->type), fold_spell(p, value->type));
}

/* H's symbol, to be changed; NULL: the error is set. */
static CdeclSymbol *defined(CdeclParse *p, CdeclDeclared *h) {
    CdeclSymbol *s = symbol_copy(p, h->symbol);
    if (!s)
        return NULL;
    s->flags |= CDECL_S_DEFINED;
    if (s->flags & CDECL_S_STATIC)
        s->unusable = "it is a static variable: no library exports it";
    return s;
}

/* Does the program get the value itself, rather than an address in the library? */
static bool is_constant_object(const CdeclDeclared *h, const CdeclOperand *value) {
    return is_arithmetic(h->type.type)
           && ((h->specs->storage & CDECL_ST_CONSTEXPR) || ((h->type.quals & ABI_CONST) && fold_is_constant(value)));
}

/* int a[] = "...": the length (C11 6.7.9p22) */
static AbiQType completed_array(CdeclParse *p, CdeclSpan at, AbiQType type, size_t length) {
    AbiError err;
    const AbiType *made = abi_array(p->graph, type.type->item, length, &err);
    if (!made)
        cdecl_fail_abi(p, at, &err);
    return (AbiQType){made, type.quals};
}

static bool is_open_array(AbiQType type) {
    return type.type->kind == ABI_ARRAY && !abi_length_known(type.type->length);
}

static bool same_value(const CdeclValue *a, const CdeclValue *b) {
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case CDECL_V_INT: return a->bits.lo == b->bits.lo && a->bits.hi == b->bits.hi;
    case CDECL_V_REAL: return cdecl_real(a) == cdecl_real(b);
    case CDECL_V_STRING: return a->string.len == b->string.len && memcmp(a->string.data, b->string.data, a->string.len) == 0;
    default: return true;
    }
}

static bool same_number(CdeclParse *p, const CdeclValue *a, const CdeclValue *b) {
    if (a->kind != b->kind)
        return a->kind == CDECL_V_INT && b->kind == CDECL_V_REAL
               && fold_int_to_real(abi_primitive(p->graph, ABI_P_LDOUBLE), a) == cdecl_real(b);
    return same_value(a, b) && cdecl_value_negative(a) == cdecl_value_negative(b);
}

/* C23 6.7.2p6: a constexpr object has exactly the value that is written. */
static int check_exact(CdeclParse *p, const CdeclDeclared *h, CdeclOperand value, const CdeclValue *converted) {
    CdeclValue written;
    if (!(h->specs->storage & CDECL_ST_CONSTEXPR))
        return 0;
    if (fold_value(p, value, &written) < 0)
        return -1;
    bool exact = same_number(p, &written, converted) || (written.kind == CDECL_V_REAL && __builtin_isnan(cdecl_real(&written)));
    return exact ? 0 : cdecl_fail(p, value.span, CDECL_E_CAST_RANGE, fold_spell(p, h->type));
}

/* C23 6.7.2p5: a constexpr pointer is null; so is another one by its name. */
static int check_null(CdeclParse *p, const CdeclDeclared *h, const CdeclOperand *value) {
    if (!(h->specs->storage & CDECL_ST_CONSTEXPR) || h->type.type->kind != ABI_POINTER)
        return 0;
    bool null = value->flags & CDECL_O_SYMBOL ? value->type.type->kind == ABI_POINTER
                                              : fold_is_constant(value) && value->value.kind == CDECL_V_INT && !fold_truth(value);
    return null ? 0 : cdecl_fail(p, value->span, CDECL_E_CONSTEXPR_POINTER);
}

/* S, the object's symbol, becomes a constant of VALUE; declared again it must have the same one. */
static int make_constant(CdeclParse *p, const CdeclDeclared *h, CdeclSymbol *s, CdeclOperand value) {
    CdeclValue before = s->value;
    CdeclOperand converted = fold_cast(p, value.span, (AbiQType){h->type.type, 0}, value);
    if (fold_value(p, converted, &s->value) < 0 || check_exact(p, h, value, &s->value) < 0)
        return -1;
    if (s->kind == CDECL_CONSTANT && !same_value(&before, &s->value))
        return symbol_conflict(p, &h->name, symbol_own(p, &h->name), CDECL_E_REDEFINED_CONSTANT);
    s->kind = CDECL_CONSTANT;
    s->unusable = NULL; /* the value is known here */
    return 0;
}

/* declarator = expression */
CdeclDeclared *declare_value(CdeclParse *p, CdeclDeclared *h, CdeclOperand value) {
    if (!h || !h->symbol || cdecl_failed(p) || check_initializer(p, h) < 0 || check_value(p, h, &value) < 0 || check_null(p, h, &value) < 0)
        return h;
    CdeclSymbol *s = defined(p, h);
    if (!s)
        return h;
    if (is_open_array(h->type) && value.type.type && value.type.type->kind == ABI_ARRAY)
        s->type = completed_array(p, value.span, h->type, value.type.type->length);
    CdeclValue unused;
    if (is_arithmetic(h->type.type) && fold_is_wrong(&value))
        fold_value(p, value, &unused);
    if (is_constant_object(h, &value) && make_constant(p, h, s, value) < 0) /* cffi: "const int K = 5;" is a constant too */
        return h;
    h->symbol = symbol_declare(p, &h->name, s);
    return h;
}

/* { "abc" } for what takes a string, or cannot. */
static int check_braced_string(CdeclParse *p, const CdeclDeclared *h) {
    const CdeclStrings *s = braces_string(&p->braces);
    const AbiType *t = h->type.type->kind == ABI_ARRAY ? h->type.type->item.type : h->type.type;
    if (!s || abi_is_aggregate(t) || t->kind == ABI_VECTOR || (t->kind == ABI_POINTER && t != h->type.type))
        return 0;
    CdeclOperand value = fold_string(p, s->tokens, s->n);
    return check_value(p, h, &value);
}

/* declarator = { ... }: the filter has looked at the items. */
CdeclDeclared *declare_braced(CdeclParse *p, CdeclDeclared *h, CdeclToken braces) {
    if (!h || !h->symbol || cdecl_failed(p) || check_initializer(p, h) < 0 || check_braced_string(p, h) < 0)
        return h;
    CdeclSymbol *s = defined(p, h);
    if (!s)
        return h;
    size_t length;
    if (is_open_array(h->type) && braces_length(p, h->type.type->item.type, &p->braces, &length))
        s->type = completed_array(p, braces.span, h->type, length);
    h->symbol = symbol_declare(p, &h->name, s);
    return h;
}

/* ---------------------------------------------------------------- constants */

/* #define NAME value. 0, or -1 and the error is set. */
int declare_constant(CdeclParse *p, CdeclToken name, CdeclValue value, unsigned flags) {
    const CdeclEntry *e = symbol_own(p, &name);
    if (e && e->symbol->kind == CDECL_CONSTANT && same_value(&e->symbol->value, &value) && (e->symbol->flags & flags) == flags)
        return 0;
    if (e && symbol_conflict(p, &name, e, e->symbol->kind == CDECL_CONSTANT ? CDECL_E_REDEFINED_CONSTANT : CDECL_E_OTHER_KIND) < 0)
        return -1;
    CdeclSymbol *s = symbol_new(p, &name, CDECL_CONSTANT, (AbiQType){value.type, 0}, flags);
    if (s)
        s->value = value;
    return symbol_declare(p, &name, s) ? 0 : -1;
}

/* An enumerator. See impl.h. */
CdeclSymbol *declare_enumerator(CdeclParse *p, CdeclToken name, const AbiType *type, CdeclValue value, unsigned flags,
                                const AbiType *same, const char **kept) {
    const CdeclEntry *e = symbol_own(p, &name);
    if (e && e->symbol->kind == CDECL_ENUMERATOR && same && e->symbol->type.type == same && same_value(&e->symbol->value, &value)) {
        *kept = e->symbol->name;
        return NULL;
    }
    if (e && symbol_conflict(p, &name, e, e->symbol->kind == CDECL_ENUMERATOR ? CDECL_E_REDEFINED_ENUMERATOR : CDECL_E_OTHER_KIND) < 0)
        return NULL;
    CdeclSymbol *s = symbol_new(p, &name, CDECL_ENUMERATOR, (AbiQType){type, 0}, flags);
    if (!s)
        return NULL;
    s->value = value;
    *kept = s->name;
    return symbol_declare(p, &name, s);
}

/* ---------------------------------------------------------------- _Static_assert */

/* C11 6.7.10 */
void declare_static_assert(CdeclParse *p, CdeclToken word, CdeclOperand condition, CdeclStrings *message) {
    CdeclValue value, text = {0};
    if (cdecl_failed(p) || fold_integer(p, condition, &value) < 0 || value.bits.lo || value.bits.hi)
        return;
    if (message && fold_value(p, fold_string(p, message->tokens, message->n), &text) < 0)
        return;
    (void)word;
    if (text.kind == CDECL_V_STRING)
        cdecl_fail(p, condition.span, CDECL_E_STATIC_ASSERT_TEXT, (int)text.string.len, text.string.data);
    else
        cdecl_fail(p, condition.span, CDECL_E_STATIC_ASSERT);
}
