/* Declaration specifiers (C11 6.7p1): collected in any order, then resolved to one type.
 *
 * Keywords are counted, two bits each, and the sum is looked up in a table: "long unsigned int long"
 * and "unsigned long long" are the same sum. */
#include "parser/impl.h"
#include "gen/cdecl.h"

/* ---------------------------------------------------------------- the table */

#define W(word) ((uint64_t)1 << (2 * CDECL_TW_##word))
#define WORD_COUNT(words, word) (((words) >> (2 * CDECL_TW_##word)) & 3)

typedef struct Combination {
    uint64_t words;
    AbiPrim prim;
} Combination;

/* Without the optional "int" and "signed"; those are taken off first. C11 6.7.2p2. */
static const Combination combinations[] = {
    {W(INT), ABI_P_INT},
    {W(UNSIGNED), ABI_P_UINT},
    {W(CHAR), ABI_P_CHAR},
    {W(VOID), ABI_P_VOID},
    {W(DOUBLE), ABI_P_DOUBLE},
    {W(FLOAT), ABI_P_FLOAT},
    {W(LONG), ABI_P_LONG},
    {W(LONG) | W(UNSIGNED), ABI_P_ULONG},
    {W(CHAR) | W(UNSIGNED), ABI_P_UCHAR},
    {W(CHAR) | W(SIGNED), ABI_P_SCHAR},
    {2 * W(LONG), ABI_P_LLONG},
    {2 * W(LONG) | W(UNSIGNED), ABI_P_ULLONG},
    {W(SHORT), ABI_P_SHORT},
    {W(SHORT) | W(UNSIGNED), ABI_P_USHORT},
    {W(BOOL), ABI_P_BOOL},
    {W(LONG) | W(DOUBLE), ABI_P_LDOUBLE},
    {W(INT128), ABI_P_INT128},
    {W(INT128) | W(UNSIGNED), ABI_P_UINT128},
    {W(UINT128), ABI_P_UINT128},
    {W(MS_INT8), ABI_P_CHAR},
    {W(MS_INT8) | W(SIGNED), ABI_P_SCHAR},
    {W(MS_INT8) | W(UNSIGNED), ABI_P_UCHAR},
    {W(MS_INT16), ABI_P_SHORT},
    {W(MS_INT16) | W(UNSIGNED), ABI_P_USHORT},
    {W(MS_INT32), ABI_P_INT},
    {W(MS_INT32) | W(UNSIGNED), ABI_P_UINT},
    {W(MS_INT64), ABI_P_LLONG},
    {W(MS_INT64) | W(UNSIGNED), ABI_P_ULLONG},
    {W(FLOAT16), ABI_P_FLOAT16},
    {W(BFLOAT16), ABI_P_BFLOAT16},
    {W(FLOAT32), ABI_P_FLOAT32},
    {W(FLOAT64), ABI_P_FLOAT64},
    {W(FLOAT32X), ABI_P_FLOAT32X},
    {W(FLOAT64X), ABI_P_FLOAT64X},
    {W(FLOAT128), ABI_P_FLOAT128},
    {W(FLOAT80), ABI_P_LDOUBLE},
    {W(DECIMAL32), ABI_P_DECIMAL32},
    {W(DECIMAL64), ABI_P_DECIMAL64},
    {W(DECIMAL128), ABI_P_DECIMAL128},
};

static const char *const spellings[] = {
    "void", "char", "short", "int", "long", "float", "double", "signed", "unsigned", "_Bool", "_Complex", "_Imaginary",
    "__int128", "__uint128_t", "__int8", "__int16", "__int32", "__int64", "_Float16", "__bf16", "_Float32", "_Float64",
    "_Float32x", "_Float64x", "_Float128", "__float80", "_Decimal32", "_Decimal64", "_Decimal128", "_BitInt",
};

static AbiPrim lookup(uint64_t words) {
    for (size_t i = 0; i < sizeof combinations / sizeof combinations[0]; i++)
        if (combinations[i].words == words)
            return combinations[i].prim;
    return ABI_P_NONE;
}

/* The primitive that WORDS name, or ABI_P_NONE. */
AbiPrim specs_primitive(uint64_t words) {
    const uint64_t with_int = W(SHORT) | W(LONG) | 2 * W(LONG) | W(SIGNED) | W(UNSIGNED);
    const uint64_t with_signed = W(SHORT) | W(INT) | W(LONG) | 2 * W(LONG) | W(INT128) | W(MS_INT16) | W(MS_INT32) | W(MS_INT64);
    if (words == W(SIGNED))
        return ABI_P_INT;
    if ((words & W(INT)) && (words & with_int) && !(words & ~(with_int | W(INT))))
        words &= ~W(INT);
    if (words == W(SIGNED))
        return ABI_P_INT;
    if ((words & W(SIGNED)) && (words & with_signed) && !(words & ~(with_signed | W(SIGNED))))
        words &= ~W(SIGNED);
    return lookup(words);
}

/* ---------------------------------------------------------------- one type specifier */

static CdeclTypeSpec of_type(CdeclToken token, CdeclToken end, AbiQType type) {
    return (CdeclTypeSpec){.token = token, .type = type, .span = cdecl_join(token.span, end.span)};
}

/* int, unsigned, _Complex, ... */
CdeclTypeSpec specifier_word(CdeclParse *p, CdeclToken word) {
    (void)p;
    return (CdeclTypeSpec){.token = word, .span = word.span};
}

/* A typedef name: the filter has seen that it is one, of the program or predefined. */
CdeclTypeSpec specifier_typedef(CdeclParse *p, CdeclToken name) {
    size_t n = cdecl_token_len(name);
    const CdeclEntry *e = scope_symbol(p->scope, name.text, n, name.hash, NULL);
    AbiQType type = {0};
    if (e && e->symbol->kind == CDECL_TYPEDEF)
        type = e->symbol->type;
    else
        type.type = scope_predefined(p, name.sub);
    return of_type(name, name, type);
}

/* _BitInt(N) (C23 6.7.3.1). Its sign may follow, so it is made when the specifiers are complete. */
CdeclTypeSpec specifier_bitint(CdeclParse *p, CdeclToken word, CdeclOperand width) {
    CdeclTypeSpec spec = {.token = word, .span = cdecl_join(word.span, width.span)};
    CdeclValue value;
    if (fold_integer(p, width, &value) < 0)
        return spec;
    if (cdecl_value_negative(&value) || value.bits.hi || value.bits.lo > 0xFFFF || value.bits.lo == 0) {
        cdecl_fail(p, width.span, CDECL_E_BITINT_WIDTH);
        return spec;
    }
    spec.token.kind = TK_BITINT;
    spec.token.span.len = (uint32_t)value.bits.lo; /* read back by resolve_bitint */
    spec.token.sub = CDECL_TW_BITINT;
    return spec;
}

/* _Atomic(type-name) (C11 6.7.2.4) */
CdeclTypeSpec specifier_atomic(CdeclParse *p, CdeclToken word, CdeclTypeName name, CdeclToken end) {
    if (name.type.type && (name.type.type->kind == ABI_ARRAY || name.type.type->kind == ABI_FUNCTION || name.type.quals))
        cdecl_fail(p, name.span, CDECL_E_ATOMIC_TYPE, fold_spell(p, name.type));
    name.type.quals |= ABI_ATOMIC;
    return of_type(word, end, name.type);
}

static AbiQType unqualified(AbiQType type, CdeclToken word) {
    if (word.sub)
        type.quals = 0;
    return type;
}

/* typeof(expression), typeof_unqual(expression) (C23 6.7.3.5) */
CdeclTypeSpec specifier_typeof(CdeclParse *p, CdeclToken word, CdeclOperand operand, CdeclToken end) {
    if (!cdecl_failed(p)) {
        if (operand.flags & CDECL_O_BITFIELD)
            cdecl_fail(p, operand.span, CDECL_E_BITFIELD_OPERAND, "typeof");
        else if (operand.deferred == CDECL_E_UNDECLARED)
            fold_value(p, operand, &(CdeclValue){0});
    }
    return of_type(word, end, unqualified(operand.type, word));
}

/* typeof(type-name) */
CdeclTypeSpec specifier_typeof_type(CdeclParse *p, CdeclToken word, CdeclTypeName name, CdeclToken end) {
    (void)p;
    return of_type(word, end, unqualified(name.type, word));
}

/* ---------------------------------------------------------------- collecting */

static CdeclSpecs *grow(CdeclParse *p, CdeclSpecs *s, CdeclSpan at) {
    if (!s) {
        s = cdecl_temporary(p, sizeof *s);
        if (s)
            s->span = at;
    } else {
        s->span = cdecl_join(s->span, at);
    }
    return s;
}

/* Add attributes or an alignment to S (NULL: a new list). */
CdeclSpecs *specs_attributes(CdeclParse *p, CdeclSpecs *s, CdeclAttributes *a) {
    static const CdeclSpan nowhere;
    s = grow(p, s, a ? a->span : s ? s->span : nowhere);
    if (s)
        s->attributes = attributes_join(p, s->attributes, a);
    return s;
}

/* [[attributes]] behind a type specifier are the type's, and this declaration's only (C23 6.7.3.1p2): an alignment, a
 * mode, a vector. GCC ignores the others there. */
CdeclSpecs *specs_type_attributes(CdeclParse *p, CdeclSpecs *s, CdeclAttributes *a) {
    if (s && a) {
        s->type_attributes = attributes_join(p, s->type_attributes, a);
        s->span = cdecl_join(s->span, a->span);
    }
    return s;
}

static const char *storage_name(unsigned bit) {
    switch (bit) {
    case CDECL_ST_TYPEDEF: return "typedef";
    case CDECL_ST_EXTERN: return "extern";
    case CDECL_ST_STATIC: return "static";
    case CDECL_ST_AUTO: return "auto";
    case CDECL_ST_REGISTER: return "register";
    case CDECL_ST_THREAD: return "_Thread_local";
    default: return "constexpr";
    }
}

/* C11 6.7.1p2, p3 and C23 6.7.2: at most one, except what may stand beside others. */
static void check_storage(CdeclParse *p, CdeclSpecs *s, CdeclToken word) {
    const unsigned classes = CDECL_ST_TYPEDEF | CDECL_ST_EXTERN | CDECL_ST_STATIC | CDECL_ST_AUTO | CDECL_ST_REGISTER;
    unsigned bit = word.sub, before = s->storage;
    if (before & bit)
        cdecl_fail(p, word.span, CDECL_E_DUPLICATE_SPECIFIER, storage_name(bit));
    else if ((bit & classes) && (before & classes) && !((bit | before) & CDECL_ST_AUTO && !((bit | before) & CDECL_ST_TYPEDEF)))
        cdecl_fail(p, word.span, CDECL_E_STORAGE_CLASSES, storage_name(before & classes), storage_name(bit));
    else if (bit == CDECL_ST_THREAD && (before & (CDECL_ST_TYPEDEF | CDECL_ST_AUTO | CDECL_ST_REGISTER)))
        cdecl_fail(p, word.span, CDECL_E_STORAGE_CLASSES, storage_name(before & classes), storage_name(bit));
    else if ((before & CDECL_ST_THREAD) && (bit & (CDECL_ST_TYPEDEF | CDECL_ST_AUTO | CDECL_ST_REGISTER)))
        cdecl_fail(p, word.span, CDECL_E_STORAGE_CLASSES, storage_name(CDECL_ST_THREAD), storage_name(bit));
}

/* Add a storage class, function specifier or qualifier. */
CdeclSpecs *specs_storage(CdeclParse *p, CdeclSpecs *s, CdeclToken word) {
    s = grow(p, s, word.span);
    if (!s)
        return NULL;
    if (word.kind == TK_QUAL) {
        s->quals |= word.sub;
        s->qual_at = word.span;
        return s;
    }
    if (!(word.sub & (CDECL_ST_INLINE | CDECL_ST_NORETURN)))
        check_storage(p, s, word);
    s->storage |= word.sub;
    s->storage_at = word.span;
    return s;
}

/* struct s { ... } int x: the next declaration has begun. */
static void lacks_semicolon(CdeclParse *p, const CdeclSpecs *s, const CdeclTypeSpec *t) {
    CdeclSpan behind = {s->span.source, s->type_at.offset + s->type_at.len, 0};
    cdecl_fail(p, behind, CDECL_E_MISSING, ";", (int)cdecl_token_len(t->token), t->token.text);
}

/* Count a keyword, or say why it cannot be added. */
static void add_word(CdeclParse *p, CdeclSpecs *s, const CdeclTypeSpec *t) {
    unsigned word = t->token.sub;
    uint64_t count = (s->words >> (2 * word)) & 3;
    if (s->has_type && s->defines) {
        lacks_semicolon(p, s, t);
    } else if (s->has_type) {
        cdecl_fail(p, t->span, CDECL_E_TWO_TYPES, spellings[word]);
    } else if (count == 2 || (count == 1 && word != CDECL_TW_LONG)) {
        cdecl_fail(p, t->span, count == 2 ? CDECL_E_LONG_LONG_LONG : CDECL_E_DUPLICATE_SPECIFIER, spellings[word]);
    } else {
        s->words += (uint64_t)1 << (2 * word);
        if (t->token.kind == TK_BITINT)
            s->bitint_width = t->token.span.len;
    }
}

/* Add a type specifier. */
CdeclSpecs *specs_type(CdeclParse *p, CdeclSpecs *s, CdeclTypeSpec t) {
    s = grow(p, s, t.span);
    if (!s)
        return NULL;
    if (t.token.kind == TK_TYPEWORD || t.token.kind == TK_BITINT) {
        add_word(p, s, &t);
        s->type_at = s->words ? cdecl_join(s->has_words ? s->type_at : t.span, t.span) : t.span;
        s->has_words = true;
        return s;
    }
    if (s->has_type || s->has_words) {
        if (s->defines)
            lacks_semicolon(p, s, &t);
        if (!cdecl_failed(p))
            cdecl_fail(p, t.span, CDECL_E_TWO_TYPES, fold_spell(p, t.type));
        return s;
    }
    s->has_type = true;
    s->type = t.type;
    s->type_at = t.span;
    s->anonymous = t.anonymous;
    s->defines = t.defines;
    s->names_tag = t.names_tag;
    s->fixes = t.fixes;
    return s;
}

/* cffi's "typedef ... t;" and "typedef int... t;" */
CdeclSpecs *specs_ellipsis(CdeclParse *p, CdeclSpecs *s, CdeclToken word) {
    s = grow(p, s, word.span);
    if (!s)
        return NULL;
    if (!(s->storage & CDECL_ST_TYPEDEF) || s->ellipsis)
        cdecl_fail(p, word.span, CDECL_E_ELLIPSIS_TYPE);
    s->ellipsis = true;
    s->ellipsis_at = word.span;
    return s;
}

/* ---------------------------------------------------------------- resolving */

static AbiQType from_abi(CdeclParse *p, CdeclSpan at, const AbiType *type, const AbiError *err) {
    if (!type)
        cdecl_fail_abi(p, at, err);
    return (AbiQType){type, 0};
}

/* _BitInt(N) with or without a sign (C23 6.7.3.1). */
static AbiQType resolve_bitint(CdeclParse *p, CdeclSpecs *s) {
    AbiError err;
    uint64_t rest = s->words & ~(W(BITINT) | W(SIGNED) | W(UNSIGNED));
    if (rest || ((s->words & W(SIGNED)) && (s->words & W(UNSIGNED)))) {
        cdecl_fail(p, s->type_at, CDECL_E_BAD_COMBINATION);
        return (AbiQType){0};
    }
    return from_abi(p, s->type_at, abi_bitint(p->graph, s->bitint_width, !(s->words & W(UNSIGNED)), &err), &err);
}

/* "_Complex" alone is "_Complex double", as in GCC. */
static AbiQType resolve_words(CdeclParse *p, CdeclSpecs *s) {
    AbiError err;
    if (WORD_COUNT(s->words, BITINT))
        return resolve_bitint(p, s);
    if (WORD_COUNT(s->words, IMAGINARY)) {
        cdecl_fail(p, s->type_at, CDECL_E_IMAGINARY);
        return (AbiQType){0};
    }
    bool is_complex = WORD_COUNT(s->words, COMPLEX);
    uint64_t words = s->words & ~W(COMPLEX);
    AbiPrim prim = words || !is_complex ? specs_primitive(words) : ABI_P_DOUBLE;
    if (prim == ABI_P_NONE || (is_complex && (prim == ABI_P_VOID || prim == ABI_P_BOOL))) {
        cdecl_fail(p, s->type_at, CDECL_E_BAD_COMBINATION);
        return (AbiQType){0};
    }
    const AbiType *type = abi_primitive(p->graph, prim);
    return is_complex ? from_abi(p, s->type_at, abi_complex(p->graph, type, &err), &err) : (AbiQType){type, 0};
}

/* An opaque struct for "typedef ... t;". "typedef int... t;" stands for an integer or real type that a compiler
 * has to look at: a type of its own wherever t is used, so a struct too, but a partial one. */
static AbiQType resolve_ellipsis(CdeclParse *p, CdeclSpecs *s) {
    AbiError err;
    AbiRecordOptions o = {.partial = true};
    if (s->has_words) {
        s->estimate = resolve_words(p, s).type;
        if (s->estimate && s->estimate->kind != ABI_INT && s->estimate->kind != ABI_FLOAT) {
            cdecl_fail(p, s->ellipsis_at, CDECL_E_ELLIPSIS_TYPE);
            return (AbiQType){0};
        }
        s->anonymous = s->estimate ? tag_define(p, ABI_STRUCT, NULL, s->ellipsis_at, NULL) : NULL;
        if (s->anonymous && abi_record_complete(s->anonymous, NULL, 0, &o, &err) < 0)
            return from_abi(p, s->ellipsis_at, NULL, &err);
        return (AbiQType){s->anonymous, 0};
    }
    if (s->has_type) {
        cdecl_fail(p, s->ellipsis_at, CDECL_E_ELLIPSIS_TYPE);
        return (AbiQType){0};
    }
    s->anonymous = tag_define(p, ABI_STRUCT, NULL, s->ellipsis_at, NULL);
    return (AbiQType){s->anonymous, 0};
}

/* C11 6.7.3p2, p3: restrict is for pointers to objects, _Atomic not for arrays and functions. */
static void check_qualifiers(CdeclParse *p, const CdeclSpecs *s) {
    const AbiType *t = s->type.type;
    const AbiType *item = t;
    while (item->kind == ABI_ARRAY)
        item = item->item.type;
    if ((s->quals & ABI_RESTRICT) && (item->kind != ABI_POINTER || abi_is_nullptr(item) || item->item.type->kind == ABI_FUNCTION))
        cdecl_fail(p, s->qual_at, CDECL_E_RESTRICT, fold_spell(p, s->type));
    else if (((s->quals | s->type.quals) & ABI_SEGMENT) == ABI_SEGMENT)
        cdecl_fail(p, s->qual_at, CDECL_E_SEGMENTS);
    else if ((s->quals & ABI_ATOMIC) && (t->kind == ABI_ARRAY || t->kind == ABI_FUNCTION))
        cdecl_fail(p, s->qual_at, CDECL_E_ATOMIC_TYPE, fold_spell(p, s->type));
}

/* Qualifiers of an array are its elements', those of a function nobody's (C11 6.7.3p9). */
static AbiQType qualify(CdeclParse *p, CdeclSpan at, AbiQType type, unsigned quals) {
    AbiError err;
    if (type.type && type.type->kind == ABI_FUNCTION)
        return type;
    if (!quals || !type.type || type.type->kind != ABI_ARRAY) {
        type.quals |= quals;
        return type;
    }
    AbiQType item = qualify(p, at, type.type->item, quals);
    if (!item.type)
        return item;
    return from_abi(p, at, abi_array(p->graph, item, type.type->length, &err), &err);
}

int specs_resolve(CdeclParse *p, CdeclSpecs *s) {
    if (!s || cdecl_failed(p))
        return -1;
    if (s->resolved)
        return s->type.type ? 0 : -1;
    s->resolved = true;
    if (s->ellipsis)
        s->type = resolve_ellipsis(p, s);
    else if (s->has_words)
        s->type = resolve_words(p, s);
    if (!s->type.type || cdecl_failed(p))
        return -1;
    check_qualifiers(p, s);
    s->type = derive_specified(p, qualify(p, s->type_at, s->type, s->quals), s->type_attributes);
    return cdecl_failed(p) ? -1 : 0;
}
