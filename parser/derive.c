/* Specifiers and a declarator to a type: the derivations are applied from the outer end inward.
 *
 * Each check is a constraint of C11 6.7.6, tested where the type comes into being, so that the message
 * points at the brackets or the parentheses that are wrong. */
#include "parser/impl.h"
#include "gen/cdecl.h"

static AbiQType none(void) {
    return (AbiQType){0};
}

static AbiQType made(CdeclParse *p, CdeclSpan at, const AbiType *type, unsigned quals, const AbiError *err) {
    if (!type)
        cdecl_fail_abi(p, at, err);
    return (AbiQType){type, quals};
}

/* ---------------------------------------------------------------- pointers */

/* ^: a block is an object of its run time's, with the function somewhere inside. Its address is all that can be
 * passed on here; a pointer to function it is not. */
static AbiQType block_target(CdeclParse *p, AbiQType function, const CdeclDerive *v) {
    if (function.type->kind == ABI_FUNCTION)
        return (AbiQType){abi_primitive(p->graph, ABI_P_VOID), 0};
    cdecl_fail(p, v->span, CDECL_E_BLOCK, fold_spell(p, function));
    return none();
}

static AbiQType derive_pointer(CdeclParse *p, AbiQType target, const CdeclDerive *v) {
    AbiError err;
    if ((v->quals & ABI_SEGMENT) == ABI_SEGMENT) {
        cdecl_fail(p, v->span, CDECL_E_SEGMENTS);
        return none();
    }
    if (v->block && !(target = block_target(p, target, v)).type)
        return none();
    if ((v->quals & ABI_RESTRICT) && target.type->kind == ABI_FUNCTION) {
        cdecl_fail(p, v->span, CDECL_E_RESTRICT, fold_spell(p, target));
        return none();
    }
    AbiQType type = made(p, v->span, abi_pointer(p->graph, target, &err), v->quals, &err);
    return v->attributes && type.type ? derive_aligned(p, type, v->attributes) : type;
}

/* ---------------------------------------------------------------- arrays */

/* The length between the brackets: 0, or -1 and the error is set. */
static int bound_length(CdeclParse *p, const CdeclDerive *v, int use, size_t *length) {
    CdeclValue value;
    *length = ABI_LENGTH_UNKNOWN;
    if (v->bound->kind == CDECL_B_ELLIPSIS && use != CDECL_USE_PARAMETER)
        *length = ABI_LENGTH_DEFERRED;
    if (v->bound->kind != CDECL_B_VALUE) {
        if (v->bound->kind == CDECL_B_STAR && use != CDECL_USE_PARAMETER && p->n_parameters == 0)
            return cdecl_fail(p, v->bound->at, CDECL_E_STAR_BOUND);
        return 0;
    }
    const CdeclOperand *operand = &v->bound->value;
    /* int a[n]: its length is known only at run time, and a parameter's does not matter (C11 6.7.6.2p4) */
    bool variable = (use == CDECL_USE_PARAMETER || p->n_parameters > 0) && !fold_is_constant(operand)
                    && fold_is_integer(operand->type.type) && operand->deferred != CDECL_E_UNDECLARED;
    if (variable)
        return 0;
    if (fold_integer(p, *operand, &value) < 0)
        return -1;
    if (cdecl_value_negative(&value))
        return cdecl_fail(p, v->bound->at, CDECL_E_NEGATIVE_LENGTH);
    if (value.bits.hi || value.bits.lo > PTRDIFF_MAX)
        return cdecl_fail(p, v->bound->at, CDECL_E_ARRAY_TOO_LARGE);
    *length = (size_t)value.bits.lo;
    return 0;
}

/* C11 6.7.6.2p1: [static 3] and [const] belong to a parameter's outermost array. */
static int check_bound_words(CdeclParse *p, const CdeclDerive *v, bool innermost, int use) {
    if (v->bound->has_words && (use != CDECL_USE_PARAMETER || !innermost))
        return cdecl_fail(p, v->bound->at, CDECL_E_BOUND_WORDS);
    if (v->bound->is_static && v->bound->kind != CDECL_B_VALUE)
        return cdecl_fail(p, v->bound->at, CDECL_E_STATIC_BOUND);
    return 0;
}

/* DECAYS: the array is a parameter and becomes a pointer, so cffi lets it be of an incomplete struct
 * (C11 6.7.6.2p1 does not). */
static int check_element(CdeclParse *p, CdeclSpan at, AbiQType item, bool variable, bool decays) {
    if (item.type->kind == ABI_FUNCTION)
        return cdecl_fail(p, at, CDECL_E_ARRAY_OF_FUNCTIONS);
    if (item.type->kind == ABI_VOID)
        return cdecl_fail(p, at, CDECL_E_ARRAY_OF_VOID);
    if (enum_assume(p, at, item.type) < 0)
        return -1;
    if (item.type->size == ABI_SIZE_UNKNOWN && !variable && !(decays && abi_is_record(item.type)) && !abi_is_deferred(item.type))
        return cdecl_fail(p, at, CDECL_E_ARRAY_OF_INCOMPLETE, fold_spell(p, item));
    return 0;
}

/* a[...][...], a[*][*], a[n][m]: what the outer array is made of, although its size is not known */
static bool is_variable(const CdeclDerive *v, size_t length) {
    return !abi_length_known(length) && v->bound->kind != CDECL_B_NONE;
}

/* OF_VARIABLE: the elements are arrays whose length is known later. A parameter's array is a pointer at
 * once (C11 6.7.6.3p7): so its elements can be such arrays. */
static AbiQType derive_array(CdeclParse *p, AbiQType item, const CdeclDerive *v, bool innermost, int use, bool *of_variable) {
    AbiError err;
    size_t length;
    bool decays = innermost && use == CDECL_USE_PARAMETER;
    if (check_element(p, v->span, item, *of_variable, decays) < 0 || check_bound_words(p, v, innermost, use) < 0
        || bound_length(p, v, use, &length) < 0)
        return none();
    if (decays)
        return made(p, v->span, abi_pointer(p->graph, item, &err), v->bound->quals, &err);
    if (*of_variable)
        item = made(p, v->span, abi_array(p->graph, item.type->item, 0, &err), item.quals, &err);
    if (!item.type)
        return none();
    *of_variable = is_variable(v, length);
    return made(p, v->span, abi_array(p->graph, item, length, &err), 0, &err);
}

/* ---------------------------------------------------------------- functions */

static int check_result(CdeclParse *p, CdeclSpan at, AbiQType result) {
    if (result.type->kind == ABI_ARRAY)
        return cdecl_fail(p, at, CDECL_E_RETURNS_ARRAY, fold_spell(p, result));
    if (result.type->kind == ABI_FUNCTION)
        return cdecl_fail(p, at, CDECL_E_RETURNS_FUNCTION);
    return 0;
}

static AbiQType derive_function(CdeclParse *p, AbiQType result, const CdeclDerive *v, AbiConv conv) {
    AbiError err;
    CdeclParameters *ps = v->parameters;
    if (check_result(p, v->span, result) < 0)
        return none();
    size_t n = ps->names_only ? 0 : ps->n;
    AbiQType *types = n ? cdecl_temporary(p, n * sizeof *types) : NULL;
    if (n && !types)
        return none();
    size_t i = 0;
    for (const CdeclParameter *q = ps->first; q && i < n; q = q->next)
        types[i++] = q->type;
    AbiFunctionDecl decl = {.result = result, .params = types, .nparams = n, .variadic = ps->variadic,
                            .unprototyped = ps->unprototyped, .conv = conv};
    return made(p, v->span, abi_function(p->graph, &decl, &err), 0, &err);
}

/* ---------------------------------------------------------------- attributes that make types */

/* typedef int t __attribute__((aligned(8))): a type of its own. */
AbiQType derive_aligned(CdeclParse *p, AbiQType type, const CdeclAttributes *a) {
    AbiError err;
    if (!a || !a->align || !type.type || type.type->kind == ABI_FUNCTION || type.type->kind == ABI_VOID)
        return type;
    return made(p, a->align_at, abi_aligned_twice(p->graph, type.type, a->align_least, a->align, &err), type.quals, &err);
}

/* typedef union u t __attribute__((transparent_union)): the same. Nothing else is changed by the attribute. */
AbiQType derive_transparent(CdeclParse *p, AbiQType type, const CdeclAttributes *a) {
    AbiError err;
    if (!a || !a->transparent_union || !type.type || type.type->kind != ABI_UNION)
        return type;
    return made(p, a->span, abi_transparent(p->graph, type.type, &err), type.quals, &err);
}

/* vector_size reaches through pointers, arrays and functions to the type specifiers' type. */
static AbiQType derive_vector(CdeclParse *p, AbiQType base, const CdeclAttributes *a) {
    AbiError err;
    const AbiType *t = base.type->kind == ABI_ENUM && base.type->item.type ? base.type->item.type : base.type;
    if (t->kind != ABI_INT && t->kind != ABI_FLOAT && t->kind != ABI_CHAR) {
        cdecl_fail(p, a->vector_at, CDECL_E_VECTOR_ELEMENT, fold_spell(p, base));
        return none();
    }
    uint64_t bytes = a->vector_is_lanes ? a->vector * t->size : a->vector;
    return made(p, a->vector_at, abi_vector(p->graph, t, (size_t)bytes, &err), base.quals, &err);
}

/* TYPE with the mode, if WITH_MODE, and the lanes that A asks for. */
static AbiQType base_type(CdeclParse *p, AbiQType type, const CdeclAttributes *a, bool with_mode) {
    if (type.type && a && a->mode && with_mode)
        type = attribute_mode(p, type, a);
    if (type.type && a && a->has_vector)
        type = derive_vector(p, type, a);
    return type;
}

/* What [[attributes]] behind a type specifier make of its type. */
AbiQType derive_specified(CdeclParse *p, AbiQType type, const CdeclAttributes *a) {
    return derive_transparent(p, derive_aligned(p, base_type(p, type, a, true), a), a);
}

/* The calling convention of the function nearest to the name, wherever it was written. */
static AbiConv convention(const CdeclSpecs *s, const CdeclDeclarator *d, const CdeclAttributes *a) {
    if (a && a->has_conv)
        return a->conv;
    if (d->attributes && d->attributes->has_conv)
        return d->attributes->conv;
    for (const CdeclDerive *v = d->inner; v && v->kind != CDECL_D_FUNCTION; v = v->outer)
        if (v->attributes && v->attributes->has_conv)
            return v->attributes->conv;
    return s->attributes && s->attributes->has_conv ? s->attributes->conv : ABI_CDECL;
}

/* ---------------------------------------------------------------- the whole */

/* The derivations of D from the outer end to the inner: the list is linked the other way. */
static CdeclDerive *reversed(CdeclDeclarator *d) {
    CdeclDerive *list = NULL;
    for (CdeclDerive *v = d->inner, *next; v; v = next) {
        next = v->outer;
        v->outer = list;
        list = v;
    }
    return list;
}

/* Where a name's own mode stands, which comes before the lanes that the specifiers have: vector_size(16) int x mode(DI). */
static const CdeclAttributes *own_mode(const CdeclDeclarator *d, const CdeclAttributes *a) {
    if (d && d->attributes && d->attributes->mode)
        return d->attributes;
    return a && a->mode ? a : NULL;
}

AbiQType derive(CdeclParse *p, CdeclSpecs *s, CdeclDeclarator *d, const CdeclAttributes *a, int use) {
    if (specs_resolve(p, s) < 0)
        return none();
    if (s->fixes) { /* C23 6.7.3.1p5 */
        cdecl_fail(p, s->type_at, CDECL_E_ENUM_UNDERLYING_HERE);
        return none();
    }
    bool plain = !d || !d->inner; /* else the mode is that of the pointer */
    bool named_mode = d && d->mode;
    const CdeclAttributes *own = plain ? own_mode(d, a) : NULL;
    AbiQType type = own ? attribute_mode(p, s->type, own) : s->type;
    type = base_type(p, base_type(p, type, s->attributes, plain && !own), a, false);
    if (!d)
        return type;
    type = base_type(p, type, d->attributes, !plain && !named_mode);
    for (const CdeclDerive *v = d->inner; v; v = v->outer) /* int *__attribute__((vector_size(16))) p */
        if (v->kind == CDECL_D_POINTER)
            type = base_type(p, type, v->attributes, false);
    AbiConv conv = convention(s, d, a);
    const CdeclDerive *nearest = d->inner;
    while (nearest && nearest->kind != CDECL_D_FUNCTION)
        nearest = nearest->outer;
    bool of_variable = false;
    CdeclDerive *inner = d->inner, *list = reversed(d);
    for (CdeclDerive *v = list; v && type.type && !cdecl_failed(p); v = v->outer) {
        switch (v->kind) {
        case CDECL_D_POINTER:
            type = derive_pointer(p, type, v);
            break;
        case CDECL_D_ARRAY:
            type = derive_array(p, type, v, v == inner, use, &of_variable);
            break;
        case CDECL_D_FUNCTION:
            type = derive_function(p, type, v, v == nearest ? conv : ABI_CDECL);
            break;
        case CDECL_D_ALIGNED: break;
        }
        if (v->kind != CDECL_D_POINTER) /* a pointer has done so */
            type = derive_aligned(p, type, v->attributes);
    }
    d->inner = list; /* put it back as it was */
    reversed(d);
    d->inner = inner;
    if (type.type && !plain && s->attributes && s->attributes->mode)
        type = attribute_mode(p, type, s->attributes);
    if (type.type && !plain && a && a->mode)
        type = attribute_mode(p, type, a);
    if (type.type && !plain && named_mode)
        type = attribute_mode(p, type, d->mode);
    return cdecl_failed(p) ? none() : type;
}

/* type-name (C11 6.7.7): no storage class. */
CdeclTypeName type_name(CdeclParse *p, CdeclSpecs *s, CdeclDeclarator *d) {
    CdeclTypeName name = {0};
    if (!s || cdecl_failed(p))
        return name;
    name.span = d ? cdecl_join(s->span, d->span) : s->span;
    if (s->storage) {
        cdecl_fail(p, s->storage_at, CDECL_E_STORAGE_HERE, "type name");
        return name;
    }
    if (s->attributes && s->attributes->has_alignas) {
        cdecl_fail(p, s->attributes->alignas_at, CDECL_E_ALIGNAS_HERE, "type name");
        return name;
    }
    AbiQType type = derive_aligned(p, derive(p, s, d, NULL, CDECL_USE_TYPE_NAME), s->attributes); /* of the whole, as GCC has it */
    name.type = derive_transparent(p, type, s->attributes);
    return name;
}
