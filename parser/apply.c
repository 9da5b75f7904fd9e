/* What an applied macro does with memory: see apply.h. */
#include "parser/apply.h"

#include "gen/cdecl.h"

#include <stdlib.h>

/* ---------------------------------------------------------------- places */

static const struct CdeclEffect *done_at(const CdeclEffects *effects, uint32_t site) {
    size_t number = site < effects->n_places ? effects->places[site] : 0;
    return number ? &effects->done[number - 1] : NULL;
}

/* Can and may TODO be done here? C reaches it for certain, and nothing that comes before it is waiting. */
static bool is_due(const CdeclApply *a, const CdeclPending *todo) {
    bool memory = todo->kind == CDECL_EF_READ || todo->kind == CDECL_EF_WRITE || todo->kind == CDECL_EF_ROOM;
    return a->certain && a->waiting == 0 && memory && !a->effects->untouched;
}

static CdeclOperand with_value(CdeclOperand o, const CdeclValue *v) {
    o.value = *v;
    o.deferred = CDECL_OK;
    o.pending = NULL;
    if (v->kind == CDECL_V_OBJECT) {
        o.flags |= CDECL_O_PLACED;
        o.address = v->bits.lo;
    }
    return o;
}

/* O, an operand of the type that DO has as its result: with that result, or pending. */
CdeclOperand apply_pending(CdeclParse *p, CdeclOperand o, CdeclPending todo) {
    CdeclApply *a = p->apply;
    const struct CdeclEffect *done = done_at(a->effects, todo.site);
    if (!done && is_due(a, &todo)) {
        if (apply_perform(p, &todo, a->effects) < 0)
            return fold_failed(p, o.span);
        done = done_at(a->effects, todo.site);
    }
    if (done)
        return with_value(o, &done->value);
    CdeclPending *kept = cdecl_scratch(p, sizeof *kept);
    if (!kept)
        return fold_failed(p, o.span);
    *kept = todo;
    a->waiting++;
    o.deferred = CDECL_OK;
    fold_defer(&o, o.span, CDECL_E_PENDING, NULL);
    o.pending = kept;
    return o;
}

/* ---------------------------------------------------------------- objects */

/* Have we got values of type T? */
static bool is_readable(const AbiType *t) {
    t = fold_basic(t);
    if (t->kind == ABI_FLOAT)
        return t->prim == ABI_P_FLOAT || t->prim == ABI_P_DOUBLE || t->prim == ABI_P_LDOUBLE;
    return (fold_is_integer(t) && fold_width(t) <= 128) || t->kind == ABI_POINTER;
}

/* What becomes of the object O of no value when it is used: a number or a pointer is read, a record stays where it is. */
CdeclOperand apply_read(CdeclParse *p, CdeclOperand o) {
    uint32_t site = p->apply->sites++;
    if (abi_is_record(o.type.type)) {
        if (o.flags & CDECL_O_PLACED)
            o = with_value(o, &(CdeclValue){.kind = CDECL_V_OBJECT, .type = o.type.type, .bits = {o.address, 0}});
        o.flags &= CDECL_O_PLACED | CDECL_O_CALL;
        return o;
    }
    CdeclOperand r = o;
    r.type.quals = 0;
    r.align = 0;
    r.flags &= CDECL_O_BITFIELD | CDECL_O_CALL;
    if (!(o.flags & CDECL_O_PLACED))
        return r;
    r.deferred = CDECL_OK;
    if (!is_readable(o.type.type)) {
        fold_defer(&r, o.span, CDECL_E_NO_MEMORY_VALUE, fold_spell(p, o.type));
        return r;
    }
    return apply_pending(p, r, (CdeclPending){.kind = CDECL_EF_READ, .site = site, .object = o});
}

static CdeclOperand pointer_operand(CdeclParse *p, AbiQType target, CdeclSpan span) {
    AbiError err;
    const AbiType *t = abi_pointer(cdecl_graph(p), target, &err);
    if (t)
        return fold_typed((AbiQType){t, 0}, span);
    cdecl_fail_abi(p, span, &err);
    return fold_failed(p, span);
}

/* The address of SYMBOL, which O names. */
CdeclOperand apply_address(CdeclParse *p, CdeclOperand o, const CdeclSymbol *symbol) {
    CdeclOperand r = pointer_operand(p, o.type, o.span);
    uint32_t site = p->apply->sites++;
    if (cdecl_failed(p))
        return r;
    if (symbol->unusable) {
        fold_defer(&r, o.span, CDECL_E_NO_ADDRESS, symbol->name);
        return r;
    }
    return apply_pending(p, r, (CdeclPending){.kind = CDECL_EF_ADDRESS, .site = site, .symbol = symbol});
}

/* The variable O, that SYMBOL declares: an object at its address. */
CdeclOperand apply_variable(CdeclParse *p, CdeclOperand o, const CdeclSymbol *symbol) {
    CdeclOperand pointer = apply_address(p, o, symbol);
    CdeclOperand r = fold_typed(o.type, o.span);
    r.flags = CDECL_O_LVALUE;
    r.align = o.align;
    if (fold_is_constant(&pointer)) {
        r.flags |= CDECL_O_PLACED;
        r.address = pointer.value.bits.lo;
        fold_defer(&r, o.span, CDECL_E_NOT_CONSTANT, NULL);
    } else {
        fold_inherit(&r, &pointer);
    }
    return r;
}

/* Argument I, a value that has no literal. */
CdeclOperand apply_argument(CdeclParse *p, CdeclToken name, size_t i) {
    const CdeclValue *v = &p->apply->args[i];
    CdeclOperand o = fold_typed((AbiQType){v->type, 0}, name.span);
    if (v->kind == CDECL_V_TYPE)
        fold_defer(&o, name.span, CDECL_E_NOT_CONSTANT, NULL); /* only typeof asks */
    else
        o = with_value(o, v);
    o.flags |= v->kind == CDECL_V_OBJECT ? CDECL_O_LVALUE : 0;
    return o;
}

/* ---------------------------------------------------------------- what changes memory */

CdeclOperand apply_sequence(CdeclOperand first, CdeclOperand then) {
    if (fold_is_constant(&first))
        return then;
    CdeclOperand r = fold_typed(then.type, fold_join(first.span, then.span));
    fold_inherit(&r, &first);
    return r;
}

/* THEN, unless FIRST is pending. */
CdeclOperand apply_after(CdeclOperand first, CdeclOperand then) {
    return first.deferred == CDECL_E_PENDING ? apply_sequence(first, then) : then;
}

CdeclOperand apply_nothing(const CdeclParse *p, CdeclSpan span) {
    CdeclOperand r = fold_typed((AbiQType){abi_primitive(cdecl_graph(p), ABI_P_VOID), 0}, span);
    r.value = (CdeclValue){.kind = CDECL_V_VOID, .type = r.type.type};
    return r;
}

CdeclOperand apply_void(CdeclParse *p, CdeclOperand o) {
    CdeclOperand r = apply_nothing(p, o.span);
    fold_inherit(&r, &o);
    return r;
}

/* VALUE, of TO's type, is written to the object TO; the value of the whole is what TO has then. */
static CdeclOperand write_to(CdeclParse *p, CdeclOperand to, CdeclOperand value) {
    CdeclOperand r = fold_typed((AbiQType){to.type.type, 0}, fold_join(to.span, value.span));
    uint32_t site = p->apply->sites++;
    r.flags = to.flags & CDECL_O_BITFIELD;
    r.bit_width = to.bit_width;
    if (!(to.flags & CDECL_O_PLACED)) {
        fold_inherit(&r, &to);
        return r;
    }
    if (fold_inherit(&r, &value))
        return r;
    if (to.type.quals & ABI_CONST)
        fold_defer(&r, to.span, CDECL_E_WRITE_CONST, NULL);
    else if (!abi_is_record(to.type.type) && !is_readable(to.type.type))
        fold_defer(&r, to.span, CDECL_E_NO_MEMORY_VALUE, fold_spell(p, to.type));
    else
        return apply_pending(p, r, (CdeclPending){.kind = CDECL_EF_WRITE, .site = site, .object = to, .value = value.value});
    return r;
}

static CdeclToken operator_of(CdeclToken op) { /* of += the + */
    op.text_len = (uint32_t)cdecl_token_len(op) - 1;
    return op;
}

CdeclOperand apply_assign(CdeclParse *p, CdeclToken op, CdeclOperand to, CdeclOperand value) {
    if (cdecl_token_len(op) > 1)
        value = fold_binary(p, operator_of(op), to, value);
    AbiQType plain = {to.type.type, 0};
    value = fold_cast(p, value.span, plain, value);
    return cdecl_failed(p) ? fold_failed(p, op.span) : write_to(p, to, value);
}

/* ++ and --; BEFORE the operand, or behind it */
CdeclOperand apply_step(CdeclParse *p, CdeclToken op, CdeclOperand o, bool before) {
    CdeclToken sign = operator_of(op);
    CdeclOperand old = fold_rvalue(p, o);
    if (cdecl_failed(p))
        return old;
    CdeclOperand one = fold_known(abi_primitive(cdecl_graph(p), ABI_P_INT), 1, op.span);
    CdeclOperand next = fold_cast(p, op.span, (AbiQType){o.type.type, 0}, fold_binary(p, sign, old, one));
    if (cdecl_failed(p))
        return next;
    CdeclOperand written = write_to(p, o, next);
    return before ? written : apply_sequence(written, old);
}

/* ---------------------------------------------------------------- memory itself */

static FoldBits load_bits(const unsigned char *at, size_t size) {
    FoldBits bits = 0;
    memcpy(&bits, at, size); /* little-endian, as all that we serve */
    return bits;
}

static CdeclValue load_real(const AbiType *t, const void *at) {
    float f;
    double d;
    long double real;
    if (fold_basic(t)->prim == ABI_P_FLOAT)
        real = *(const float *)memcpy(&f, at, sizeof f);
    else if (fold_basic(t)->prim == ABI_P_DOUBLE)
        real = *(const double *)memcpy(&d, at, sizeof d);
    else
        memcpy(&real, at, sizeof real);
    return cdecl_real_value(t, real);
}

static void store_real(const AbiType *t, void *at, long double real) {
    float f = (float)real;
    double d = (double)real;
    if (fold_basic(t)->prim == ABI_P_FLOAT)
        memcpy(at, &f, sizeof f);
    else if (fold_basic(t)->prim == ABI_P_DOUBLE)
        memcpy(at, &d, sizeof d);
    else
        memcpy(at, &real, 10); /* the rest is padding (psABI 3.1.2) */
}

/* The bytes that bit-field O touches, and its bits in them. */
static size_t field_bytes(const CdeclOperand *o) {
    return (size_t)(o->bit_offset + o->bit_width + 7) / 8;
}

static FoldBits field_mask(const CdeclOperand *o) {
    return (o->bit_width >= 128 ? ~(FoldBits)0 : ((FoldBits)1 << o->bit_width) - 1) << o->bit_offset;
}

static CdeclValue load(const CdeclOperand *o) {
    const AbiType *t = o->type.type;
    const unsigned char *at = (const unsigned char *)(uintptr_t)o->address;
    if (t->kind == ABI_FLOAT)
        return load_real(t, at);
    if (!(o->flags & CDECL_O_BITFIELD))
        return fold_value_of(t, load_bits(at, t->size));
    FoldBits bits = (load_bits(at, field_bytes(o)) & field_mask(o)) >> o->bit_offset;
    if (fold_is_signed(t) && o->bit_width < 128 && bits >> (o->bit_width - 1))
        bits |= ~(FoldBits)0 << o->bit_width;
    return fold_value_of(t, bits);
}

/* Write V; what the object holds then. */
static CdeclValue store(const CdeclOperand *o, const CdeclValue *v) {
    const AbiType *t = o->type.type;
    unsigned char *at = (unsigned char *)(uintptr_t)o->address;
    FoldBits bits = fold_bits(v);
    if (v->kind == CDECL_V_OBJECT) {
        memmove(at, (const void *)(uintptr_t)v->bits.lo, t->size);
        return (CdeclValue){.kind = CDECL_V_OBJECT, .type = t, .bits = {o->address, 0}};
    }
    if (t->kind == ABI_FLOAT) {
        store_real(t, at, cdecl_real(v));
    } else if (o->flags & CDECL_O_BITFIELD) {
        FoldBits mask = field_mask(o);
        bits = (load_bits(at, field_bytes(o)) & ~mask) | (bits << o->bit_offset & mask);
        memcpy(at, &bits, field_bytes(o));
    } else {
        memcpy(at, &bits, t->size);
    }
    return load(o);
}

/* The N items of SIZE bytes at ITEMS, and room for *CAP of them, at least WANTED. NULL: no memory, and nothing has changed. */
static void *grow(void *items, size_t *cap, size_t wanted, size_t size) {
    size_t more = *cap * 2 > wanted ? *cap * 2 : wanted + 16;
    void *grown = realloc(items, more * size);
    *cap = grown ? more : *cap;
    return grown;
}

static int keep(CdeclEffects *effects, struct CdeclEffect effect) {
    size_t had = effects->n_places;
    if (effect.site >= had) {
        uint32_t *places = grow(effects->places, &effects->n_places, (size_t)effect.site + 1, sizeof *places);
        if (!places)
            return -1;
        memset(places + had, 0, (effects->n_places - had) * sizeof *places);
        effects->places = places;
    }
    if (effects->n == effects->cap) {
        struct CdeclEffect *done = grow(effects->done, &effects->cap, effects->n + 1, sizeof *done);
        if (!done)
            return -1;
        effects->done = done;
    }
    effects->done[effects->n++] = effect;
    effects->places[effect.site] = (uint32_t)effects->n;
    return 0;
}

/* Zeroed, so that what a macro reads before it writes is at least the same every time. */
static int make_room(CdeclParse *p, const CdeclPending *todo, CdeclEffects *effects) {
    size_t size = todo->object.type.type->size;
    uint64_t most = scope_limits(p->scope)->macro_bytes;
    if (size > most - effects->bytes)
        return cdecl_fail(p, todo->object.span, CDECL_E_MACRO_ROOM, (unsigned long long)most);
    effects->bytes += size;
    void *room = calloc(1, size ? size : 1);
    CdeclValue value = {.kind = CDECL_V_INT, .type = todo->object.type.type, .bits = {(uintptr_t)room, 0}};
    if (room && keep(effects, (struct CdeclEffect){todo->site, value, room}) == 0)
        return 0;
    free(room);
    return cdecl_fail(p, todo->object.span, CDECL_E_MEMORY);
}

/* May C leave out something of the N tokens, depending on what comes before it? Brackets in them are asked anew. */
static bool may_leave_out(const CdeclToken *t, size_t n) {
    static const char *const words[] = {"sizeof", "typeof", "__typeof", "__typeof__", "typeof_unqual", "_Generic", "alignof",
                                        "_Alignof", "__alignof", "__alignof__", "offsetof"};
    size_t depth = 0;
    for (size_t i = 0; i < n; i++) {
        depth += t[i].kind == TK_LBRACE;
        depth -= t[i].kind == TK_RBRACE && depth > 0;
        if (depth == 0 && (t[i].kind == TK_QUESTION || t[i].kind == TK_ANDAND || t[i].kind == TK_OROR))
            return true;
        if (depth > 0 || t[i].kind != TK_IDENTIFIER)
            continue;
        if (cdecl_token_len(t[i]) > 10 && memcmp(t[i].text, "__builtin_", 10) == 0)
            return true; /* __builtin_choose_expr and others */
        for (size_t w = 0; w < sizeof words / sizeof *words; w++)
            if (cdecl_token_is(&t[i], words[w]))
                return true;
    }
    return false;
}

int apply_enter(CdeclParse *p, const CdeclToken *t, size_t n) {
    p->apply->certain = p->apply->certain && !may_leave_out(t, n);
    return apply_count(p, 1 + n / 16);
}

/* N steps more, of what all of an application may take: so it ends. 0 or -1. */
int apply_count(CdeclParse *p, size_t n) {
    uint64_t most = scope_limits(p->scope)->macro_steps;
    p->apply->effects->steps += n;
    if (p->apply->effects->steps > most)
        return cdecl_fail(p, (CdeclSpan){0}, CDECL_E_MACRO_STEPS, (unsigned long long)most);
    return 0;
}

/* Do what is pending. The first page is nowhere mapped: what is there is a member of a null pointer's object. */
int apply_perform(CdeclParse *p, const CdeclPending *todo, CdeclEffects *effects) {
    enum { PAGE = 4096 };
    uint32_t most = scope_limits(p->scope)->macro_effects;
    if (effects->n >= most)
        return cdecl_fail(p, todo->object.span, CDECL_E_MACRO_EFFECTS, most);
    if (todo->kind == CDECL_EF_ROOM)
        return make_room(p, todo, effects);
    bool null_source = todo->kind == CDECL_EF_WRITE && todo->value.kind == CDECL_V_OBJECT && todo->value.bits.lo < PAGE;
    if (todo->object.address < PAGE || null_source)
        return cdecl_fail(p, todo->object.span, CDECL_E_NULL_ACCESS);
    CdeclValue value = todo->kind == CDECL_EF_READ ? load(&todo->object) : store(&todo->object, &todo->value);
    if (keep(effects, (struct CdeclEffect){todo->site, value, NULL}) < 0)
        return cdecl_fail(p, todo->object.span, CDECL_E_MEMORY);
    return 0;
}

int cdecl_effects_add(CdeclEffects *effects, const CdeclValue *result) {
    return keep(effects, (struct CdeclEffect){effects->site, *result, NULL});
}

void cdecl_effects_free(CdeclEffects *effects) {
    for (size_t i = 0; i < effects->n; i++)
        free(effects->done[i].room);
    free(effects->done);
    free(effects->places);
    *effects = (CdeclEffects){0};
}
