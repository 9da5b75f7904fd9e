/* Attributes: __attribute__((...)), [[...]], __declspec(...), calling conventions, _Alignas.
 *
 * The table lists those that change layout, linkage or calls; an attribute that is not in it only
 * informs the compiler, and the filter passes over its arguments. */
#include "parser/impl.h"
#include "gen/cdecl.h"

typedef enum Effect {
    PACKED, ALIGNED, MODE, VECTOR_SIZE, VECTOR_LANES, TRANSPARENT_UNION, MS_STRUCT, GCC_STRUCT, STORAGE_ORDER, ALIAS,
    WEAK, NORETURN, CONST, PURE, CONV_CDECL, CONV_STDCALL, CONV_FASTCALL, CONV_THISCALL, CONV_VECTORCALL, CONV_MS,
    CONV_SYSV, DECLSPEC_ALIGN
} Effect;

typedef enum Argument { NONE, WORDS, VALUE } Argument;

typedef struct Known {
    const char *name;
    uint8_t len, effect, argument;
    bool declspec;
} Known;

static const Known known[] = {
#define A(name, effect, argument) {name, sizeof name - 1, effect, argument, false},
#define D(name, effect, argument) {name, sizeof name - 1, effect, argument, true},
#include "parser/attributes.def"
#undef A
#undef D
};

enum { MAX_ALIGN = 1 << 28, BIGGEST_ALIGN = 16 /* of x86-64 and AArch64: what a bare "aligned" asks for */ };

/* __packed__ and packed are the same (GCC manual 6.39). */
static void strip_underscores(const char **name, size_t *n) {
    if (*n > 4 && memcmp(*name, "__", 2) == 0 && memcmp(*name + *n - 2, "__", 2) == 0) {
        *name += 2;
        *n -= 4;
    }
}

/* How attribute NAME is passed to the grammar: its token kind; SUB is its place in the table plus one,
 * or 0 for what is passed over. */
uint8_t attribute_class(const char *name, size_t n, bool declspec, uint16_t *sub) {
    strip_underscores(&name, &n);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].len == n && known[i].declspec == declspec && memcmp(known[i].name, name, n) == 0) {
            *sub = (uint16_t)(i + 1);
            return known[i].argument == VALUE ? TK_ATTR_EXPR : TK_ATTR_WORD;
        }
    }
    *sub = 0;
    return TK_ATTR_WORD;
}

static CdeclAttributes *new_attributes(CdeclParse *p, CdeclSpan at) {
    CdeclAttributes *a = cdecl_temporary(p, sizeof *a);
    if (a)
        a->span = at;
    return a;
}

/* ---------------------------------------------------------------- attributes with words */

static const struct { const char *name; uint8_t mode; } modes[] = {
    {"QI", CDECL_MODE_QI}, {"HI", CDECL_MODE_HI}, {"SI", CDECL_MODE_SI}, {"DI", CDECL_MODE_DI}, {"TI", CDECL_MODE_TI},
    {"HF", CDECL_MODE_HF}, {"SF", CDECL_MODE_SF}, {"DF", CDECL_MODE_DF}, {"XF", CDECL_MODE_XF}, {"TF", CDECL_MODE_TF},
    {"SC", CDECL_MODE_SC}, {"DC", CDECL_MODE_DC}, {"XC", CDECL_MODE_XC}, {"TC", CDECL_MODE_TC},
    {"byte", CDECL_MODE_QI}, {"word", CDECL_MODE_DI}, {"pointer", CDECL_MODE_DI}, {"unwind_word", CDECL_MODE_DI},
    {"libgcc_cmp_return", CDECL_MODE_DI}, {"libgcc_shift_count", CDECL_MODE_DI},
};

static uint8_t find_mode(const char *s, size_t n) {
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (n == strlen(modes[i].name) && memcmp(s, modes[i].name, n) == 0)
            return modes[i].mode;
    return 0;
}

/* V4SI: a vector of four SI. How many bytes of S that is; 0: no vector. */
static size_t vector_mode(CdeclAttributes *a, CdeclSpan at, const char *s, size_t n) {
    size_t i = 1;
    uint64_t lanes = 0;
    for (; i < n && n > 1 && *s == 'V' && s[i] >= '0' && s[i] <= '9' && lanes < 1000; i++)
        lanes = lanes * 10 + (uint64_t)(s[i] - '0');
    if (lanes == 0)
        return 0;
    a->has_vector = a->vector_is_lanes = true;
    a->vector = lanes;
    a->vector_at = at;
    return i;
}

static void set_mode(CdeclParse *p, CdeclAttributes *a, CdeclToken name, const CdeclStrings *args) {
    a->mode_at = args->n ? args->tokens[0].span : name.span;
    if (args->n == 1) {
        const char *s = args->tokens[0].text;
        size_t n = cdecl_token_len(args->tokens[0]);
        strip_underscores(&s, &n);
        size_t prefix = vector_mode(a, a->mode_at, s, n);
        a->mode = find_mode(s + prefix, n - prefix);
    }
    if (!a->mode)
        cdecl_fail(p, a->mode_at, CDECL_E_MODE);
}

static void set_alias(CdeclParse *p, CdeclAttributes *a, const CdeclStrings *args) {
    CdeclValue value;
    bool strings = args->n > 0;
    for (size_t i = 0; i < args->n; i++)
        strings = strings && args->tokens[i].kind == TK_STRING;
    if (!strings)
        return; /* clang's alias by function name: not a link name */
    if (fold_value(p, fold_string(p, args->tokens, args->n), &value) == 0 && value.kind == CDECL_V_STRING)
        a->alias = value.string.data;
}

static void check_storage_order(CdeclParse *p, CdeclToken name, const CdeclStrings *args) {
    bool little = args->n == 1 && args->tokens[0].kind == TK_STRING
                  && memmem(args->tokens[0].text, cdecl_token_len(args->tokens[0]), "little-endian", 13);
    if (!little)
        cdecl_fail(p, name.span, CDECL_E_STORAGE_ORDER);
}

static void set_convention(CdeclAttributes *a, AbiConv conv) {
    a->has_conv = true;
    a->conv = conv;
}

static bool has_unwanted_arguments(CdeclParse *p, CdeclToken name) {
    const CdeclStrings *words = &p->attribute_words;
    if (known[name.sub - 1].argument != NONE || words->n == 0)
        return false;
    cdecl_fail(p, words->tokens[0].span, CDECL_E_ATTRIBUTE_NO_ARGUMENT, (int)cdecl_token_len(name), name.text);
    return true;
}

static void apply_word(CdeclParse *p, CdeclAttributes *a, CdeclToken name) {
    static const AbiConv conventions[] = {ABI_CDECL, ABI_STDCALL, ABI_FASTCALL, ABI_THISCALL, ABI_VECTORCALL, ABI_MS, ABI_SYSV};
    Effect effect = (Effect)known[name.sub - 1].effect;
    switch (effect) {
    case PACKED: a->packed = true; break;
    case TRANSPARENT_UNION: a->transparent_union = true; break;
    case MS_STRUCT: a->ms_struct = true; break;
    case GCC_STRUCT: a->gcc_struct = true; break;
    case WEAK: a->weak = true; break;
    case NORETURN: a->noreturn = true; break;
    case CONST: a->const_ = true; break;
    case PURE: a->pure = true; break;
    case MODE: set_mode(p, a, name, &p->attribute_words); break;
    case ALIAS: set_alias(p, a, &p->attribute_words); break;
    case STORAGE_ORDER: check_storage_order(p, name, &p->attribute_words); break;
    case ALIGNED: /* bare */
        a->align = a->align_least = BIGGEST_ALIGN;
        a->align_at = name.span;
        break;
    case VECTOR_SIZE: case VECTOR_LANES: case DECLSPEC_ALIGN:
        cdecl_fail(p, name.span, CDECL_E_ATTRIBUTE_ARGUMENT, (int)cdecl_token_len(name), name.text);
        break;
    default: set_convention(a, conventions[effect - CONV_CDECL]); break;
    }
}

/* An attribute without arguments, or whose arguments are words. NULL: it means nothing here. */
CdeclAttributes *attribute_word(CdeclParse *p, CdeclToken name) {
    if (!name.sub || cdecl_failed(p))
        return NULL;
    CdeclAttributes *a = new_attributes(p, name.span);
    if (a && !has_unwanted_arguments(p, name))
        apply_word(p, a, name);
    return a;
}

/* ---------------------------------------------------------------- attributes with a value */

/* A power of two that alignments may have; 0, or -1 and the error is set. */
static int alignment(CdeclParse *p, CdeclOperand operand, bool zero_allowed, uint32_t *align) {
    CdeclValue value;
    if (fold_integer(p, operand, &value) < 0)
        return -1;
    uint64_t n = value.bits.lo;
    if (cdecl_value_negative(&value) || value.bits.hi || (n & (n - 1)) || (n == 0 && !zero_allowed))
        return cdecl_fail(p, operand.span, CDECL_E_ALIGNMENT);
    if (n > MAX_ALIGN)
        return cdecl_fail(p, operand.span, CDECL_E_ALIGNMENT_TOO_LARGE);
    *align = (uint32_t)n;
    return 0;
}

static void set_vector(CdeclParse *p, CdeclAttributes *a, bool lanes, CdeclOperand operand) {
    CdeclValue value;
    if (fold_integer(p, operand, &value) < 0)
        return;
    if (cdecl_value_negative(&value) || value.bits.hi || value.bits.lo == 0 || value.bits.lo > 0x7FFFFFFF) {
        cdecl_fail(p, operand.span, CDECL_E_VECTOR_SIZE);
        return;
    }
    a->has_vector = true;
    a->vector_is_lanes = lanes;
    a->vector = value.bits.lo;
    a->vector_at = operand.span;
}

/* aligned(n), vector_size(n), align(n) */
CdeclAttributes *attribute_value(CdeclParse *p, CdeclToken name, CdeclOperand operand) {
    CdeclAttributes *a = cdecl_failed(p) ? NULL : new_attributes(p, cdecl_join(name.span, operand.span));
    if (!a)
        return NULL;
    a->align_at = operand.span;
    switch ((Effect)known[name.sub - 1].effect) {
    case VECTOR_SIZE: set_vector(p, a, false, operand); break;
    case VECTOR_LANES: set_vector(p, a, true, operand); break;
    default: alignment(p, operand, true, &a->align); break; /* GCC: aligned(0) has no effect */
    }
    a->align_least = a->align;
    return a;
}

/* __stdcall, WINAPI, ... */
CdeclAttributes *attribute_convention(CdeclParse *p, CdeclToken word) {
    CdeclAttributes *a = new_attributes(p, word.span);
    if (a)
        set_convention(a, (AbiConv)word.sub);
    return a;
}

static CdeclAttributes *alignas_of(CdeclParse *p, CdeclToken word, CdeclSpan at, uint32_t align) {
    CdeclAttributes *a = new_attributes(p, cdecl_join(word.span, at));
    if (a) {
        a->has_alignas = true;
        a->alignas_ = align;
        a->alignas_at = a->span;
    }
    return a;
}

/* _Alignas(n) (C11 6.7.5): zero has no effect. */
CdeclAttributes *attribute_alignas(CdeclParse *p, CdeclToken word, CdeclOperand operand) {
    uint32_t align = 0;
    if (cdecl_failed(p) || alignment(p, operand, true, &align) < 0)
        return NULL;
    return alignas_of(p, word, operand.span, align);
}

/* _Alignas(type-name) */
CdeclAttributes *attribute_alignas_type(CdeclParse *p, CdeclToken word, CdeclTypeName name) {
    CdeclValue value;
    if (cdecl_failed(p) || !name.type.type || fold_integer(p, fold_alignof(p, name.span, name.type), &value) < 0)
        return NULL;
    return alignas_of(p, word, name.span, (uint32_t)value.bits.lo);
}

/* ---------------------------------------------------------------- several */

/* B's attributes added to A's; either may be NULL. The strictest alignment wins (C11 6.7.5p6). */
CdeclAttributes *attributes_join(CdeclParse *p, CdeclAttributes *a, CdeclAttributes *b) {
    if (!a || !b || a == b)
        return a ? a : b;
    CdeclAttributes *j = cdecl_temporary(p, sizeof *j);
    if (!j)
        return a;
    *j = *a;
    j->span = cdecl_join(a->span, b->span);
    if (b->align && (!j->align || b->align_least < j->align_least))
        j->align_least = b->align_least;
    if (b->align > j->align) {
        j->align = b->align;
        j->align_at = b->align_at;
    }
    if (b->has_alignas && (!j->has_alignas || b->alignas_ >= j->alignas_)) {
        j->alignas_ = b->alignas_;
        j->alignas_at = b->alignas_at;
        j->has_alignas = true;
    }
    j->packed |= b->packed;
    j->transparent_union |= b->transparent_union;
    j->ms_struct |= b->ms_struct;
    j->gcc_struct |= b->gcc_struct;
    j->noreturn |= b->noreturn;
    j->const_ |= b->const_;
    j->pure |= b->pure;
    j->weak |= b->weak;
    if (b->has_conv)
        set_convention(j, b->conv);
    if (b->mode) {
        j->mode = b->mode;
        j->mode_at = b->mode_at;
    }
    if (b->has_vector) {
        j->has_vector = true;
        j->vector = b->vector;
        j->vector_is_lanes = b->vector_is_lanes;
        j->vector_at = b->vector_at;
    }
    if (b->alias)
        j->alias = b->alias;
    return j;
}

/* ---------------------------------------------------------------- mode(...) */

static AbiPrim integer_mode(uint8_t mode, bool is_signed) {
    switch (mode) {
    case CDECL_MODE_QI: return is_signed ? ABI_P_SCHAR : ABI_P_UCHAR;
    case CDECL_MODE_HI: return is_signed ? ABI_P_SHORT : ABI_P_USHORT;
    case CDECL_MODE_SI: return is_signed ? ABI_P_INT : ABI_P_UINT;
    case CDECL_MODE_DI: return is_signed ? ABI_P_LONG : ABI_P_ULONG;
    case CDECL_MODE_TI: return is_signed ? ABI_P_INT128 : ABI_P_UINT128;
    default: return ABI_P_NONE;
    }
}

static AbiPrim real_mode(uint8_t mode) {
    switch (mode) {
    case CDECL_MODE_HF: return ABI_P_FLOAT16;
    case CDECL_MODE_SF: case CDECL_MODE_SC: return ABI_P_FLOAT;
    case CDECL_MODE_DF: case CDECL_MODE_DC: return ABI_P_DOUBLE;
    case CDECL_MODE_XF: case CDECL_MODE_XC: return ABI_P_LDOUBLE;
    case CDECL_MODE_TF: case CDECL_MODE_TC: return ABI_P_FLOAT128;
    default: return ABI_P_NONE;
    }
}

static bool is_complex_mode(uint8_t mode) {
    return mode == CDECL_MODE_SC || mode == CDECL_MODE_DC || mode == CDECL_MODE_XC || mode == CDECL_MODE_TC;
}

/* TYPE in the machine mode that A asks for: same class, other size (GCC manual 6.33.1). */
AbiQType attribute_mode(CdeclParse *p, AbiQType type, const CdeclAttributes *a) {
    const AbiType *t = type.type;
    AbiPrim prim = ABI_P_NONE;
    AbiError err;
    if (t->kind == ABI_INT || t->kind == ABI_CHAR || t->kind == ABI_ENUM || t->kind == ABI_BOOL)
        prim = integer_mode(a->mode, t->flags & ABI_F_SIGNED);
    else if ((t->kind == ABI_FLOAT && !is_complex_mode(a->mode)) || (t->kind == ABI_COMPLEX && is_complex_mode(a->mode)))
        prim = real_mode(a->mode);
    else if (t->kind == ABI_POINTER && !abi_is_nullptr(t) && a->mode == CDECL_MODE_DI)
        return type;
    if (prim == ABI_P_NONE) {
        cdecl_fail(p, a->mode_at, CDECL_E_MODE_TYPE, fold_spell(p, type));
        return (AbiQType){0};
    }
    const AbiType *made = abi_primitive(p->graph, prim);
    if (t->kind == ABI_COMPLEX && !(made = abi_complex(p->graph, made, &err)))
        cdecl_fail_abi(p, a->mode_at, &err);
    return (AbiQType){made, type.quals};
}

/* The integer type of an enum whose specifier asks for a mode; NULL: it does not, or the error is set. */
const AbiType *attribute_enum_mode(CdeclParse *p, const CdeclAttributes *a, const AbiType *type, bool negative) {
    if (!a || !a->mode)
        return NULL;
    AbiPrim prim = integer_mode(a->mode, negative);
    if (prim == ABI_P_NONE || a->has_vector) {
        cdecl_fail(p, a->mode_at, CDECL_E_MODE_TYPE, fold_spell(p, (AbiQType){type, 0}));
        return NULL;
    }
    return abi_primitive(p->graph, prim);
}
