/* type: the constructors of derived types. Equal parts give the same type. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "abi/impl.h"
#include "abi/rules.h"

enum {
    MAX_BITINT = 65535,     /* GCC's BITINT_MAXWIDTH on x86-64 */
    POINTER_SIZE = sizeof(void *)
};
#define MAX_LANES 2147483646u /* GCC's limit */

/* Write ERR, if there is one, and return -1. */
int abi_fail(AbiError *err, AbiCode code, int index, const char *format, ...)
{
    if (!err)
        return -1;
    err->code = code;
    err->index = index;
    va_list args;
    va_start(args, format);
    vsnprintf(err->msg, sizeof err->msg, format, args);
    va_end(args);
    return -1;
}

/* Say that memory ran out, and return -1. */
int abi_fail_nomem(AbiError *err)
{
    return abi_fail(err, ABI_ENOMEM, -1, "out of memory");
}

/* A type with a record: struct, union or enum, aligned variants included. */
bool abi_has_record(const AbiType *t)
{
    return abi_is_record(t) || t->kind == ABI_ENUM;
}

/* An integer type but no enum: bool, a character type, any other. */
bool abi_is_integer(const AbiType *t)
{
    return t->kind == ABI_BOOL || t->kind == ABI_CHAR || t->kind == ABI_INT;
}

/* ---- interning: KEY is a type on the stack whose parts are set */

static uint64_t hash_qtype(uint64_t h, AbiQType q)
{
    return abi_hash_mix(h, (uintptr_t)q.type ^ q.quals);
}

static uint64_t hash_key(const AbiType *key)
{
    if (key->main)
        return abi_hash_mix((uintptr_t)key->main, key->asked_align * 2 + key->asked_early + (uint64_t)key->asked_transparent);
    uint64_t h = hash_qtype(key->kind, key->item);
    h = abi_hash_mix(h, key->length);
    if (key->kind != ABI_FUNCTION)
        return abi_hash_mix(h, key->flags);
    const AbiFunction *f = key->function;
    h = hash_qtype(abi_hash_mix(h, f->nparams), f->result);
    h = abi_hash_mix(h, (unsigned)f->conv * 4 + f->variadic * 2u + f->unprototyped);
    for (size_t i = 0; i < f->nparams; i++)
        h = hash_qtype(h, f->params[i]);
    return h;
}

static bool same_qtype(AbiQType a, AbiQType b)
{
    return a.type == b.type && a.quals == b.quals;
}

static bool same_function(const AbiFunction *a, const AbiFunction *b)
{
    if (a->nparams != b->nparams || a->variadic != b->variadic || a->unprototyped != b->unprototyped ||
        a->conv != b->conv || !same_qtype(a->result, b->result))
        return false;
    for (size_t i = 0; i < a->nparams; i++)
        if (!same_qtype(a->params[i], b->params[i]))
            return false;
    return true;
}

/* The key of a main type has no main; of a variant, main and what was asked for are all there is. */
static bool matches(const AbiType *t, const AbiType *key)
{
    if (t->hash != key->hash)
        return false;
    if (key->main)
        return t->main == key->main && t->asked_align == key->asked_align && t->asked_early == key->asked_early &&
               t->asked_transparent == key->asked_transparent;
    return t->main == t && t->kind == key->kind && same_qtype(t->item, key->item) && t->length == key->length &&
           t->flags == key->flags && (t->kind != ABI_FUNCTION || same_function(t->function, key->function));
}

static AbiType *find(const AbiGraph *graph, const AbiType *key)
{
    AbiType *t = graph->buckets[key->hash & (graph->bucket_count - 1)];
    while (t && !matches(t, key))
        t = t->next;
    return t;
}

/* The region of all of KEY's components. 0, or -1 when out of memory. */
static int find_region(AbiType *key)
{
    const AbiType *base = key->main ? key->main : key->item.type;
    key->region = base ? base->region : NULL;
    if (key->kind != ABI_FUNCTION)
        return 0;
    const AbiFunction *f = key->function;
    key->region = f->result.type->region;
    for (size_t i = 0; i < f->nparams; i++)
        if (f->params[i].type->region != key->region &&
            abi_region_join(key->region, f->params[i].type->region, &key->region) != 0)
            return -1;
    return 0;
}

/* What type KEY takes: behind a function type stand its AbiFunction and the parameters. */
size_t abi_type_bytes(const AbiType *key)
{
    size_t function = key->kind == ABI_FUNCTION ? sizeof(AbiFunction) + key->function->nparams * sizeof(AbiQType) : 0;
    return sizeof *key + function;
}

/* Copy F with its parameters to OUT, where there is room. */
static AbiFunction *copy_function(AbiFunction *out, const AbiFunction *f)
{
    AbiQType *params = (AbiQType *)(out + 1);
    *out = *f;
    if (f->nparams)
        memcpy(params, f->params, f->nparams * sizeof *params);
    out->params = params;
    return out;
}

static const AbiType *enter(AbiGraph *graph, AbiType *key, AbiError *err)
{
    AbiType *t = abi_cell_alloc(graph, abi_type_bytes(key));
    if (!t || find_region(key) != 0) {
        abi_cell_free(graph, t, abi_type_bytes(key));
        abi_fail_nomem(err);
        return NULL;
    }
    *t = *key;
    if (t->kind == ABI_FUNCTION)
        t->function = copy_function((AbiFunction *)(t + 1), key->function);
    if (!t->main)
        t->main = t;
    if (!t->canonical)
        t->canonical = t->main == t || t->asked_transparent ? t : t->main->canonical;
    if (!t->plain)
        t->plain = t;
    abi_graph_enter(graph, t);
    return t;
}

static AbiQType plain(AbiQType q)
{
    return (AbiQType){q.type->plain, 0};
}

static bool is_plain(AbiQType q)
{
    return q.quals == 0 && q.type->plain == q.type;
}

/* The type of KEY, whose plain type is known: found, or made. */
static const AbiType *intern_plain(AbiGraph *graph, AbiType *key, AbiError *err)
{
    if (!key->main)
        key->prim = ABI_P_NONE;
    key->hash = hash_key(key);
    const AbiType *t = find(graph, key);
    return t ? t : enter(graph, key, err);
}

/* The same where KEY has one component, its item, that may be qualified; the type without qualifiers
 * is made first, from the plain item: not deeper, for types are plain or know what is. */
static const AbiType *intern(AbiGraph *graph, AbiType *key, AbiError *err)
{
    if (!is_plain(key->item)) {
        AbiType plain_key = *key;
        bool address_only = key->kind == ABI_POINTER && abi_segment(key->item);
        plain_key.item = address_only ? (AbiQType){abi_primitive(graph, ABI_P_VOID), 0} : plain(key->item);
        key->plain = intern_plain(graph, &plain_key, err);
        if (!key->plain)
            return NULL;
    }
    return intern_plain(graph, key, err);
}

/* ---- constructors */

/* _BitInt(BITS): one unit of 1, 2, 4 or 8 bytes, or as many of 8 as it takes (psABI x86-64, 3.1.2). */
const AbiType *abi_bitint(AbiGraph *graph, unsigned bits, bool is_signed, AbiError *err)
{
    if (bits < 1u + is_signed || bits > MAX_BITINT) {
        abi_fail(err, ABI_EINVALID, -1, "_BitInt of %u bits: must be from %u to %d", bits, 1u + is_signed, MAX_BITINT);
        return NULL;
    }
    size_t size = 1;
    while (size < 8 && size * 8 < bits)
        size *= 2;
    AbiType key = {.kind = ABI_INT, .length = bits, .align = (uint32_t)size};
    key.size = (bits + size * 8 - 1) / (size * 8) * size;
    key.flags = (uint16_t)(ABI_F_BITINT | (is_signed ? ABI_F_SIGNED : 0));
    return intern_plain(graph, &key, err);
}

/* REAL _Complex; integers too, as GCC has it. */
const AbiType *abi_complex(AbiGraph *graph, const AbiType *real, AbiError *err)
{
    real = real->main;
    bool is_real = real->prim != ABI_P_NONE && (real->kind == ABI_FLOAT || real->kind == ABI_INT || real->kind == ABI_CHAR);
    if (!is_real || (real->flags & ABI_F_NONCALLABLE)) {
        abi_fail(err, ABI_EINVALID, -1, "there is no complex type of this type");
        return NULL;
    }
    AbiType key = {.kind = ABI_COMPLEX, .item = {real, 0}, .size = real->size * 2, .align = real->align};
    return intern(graph, &key, err);
}

/* Pointer to TARGET. */
const AbiType *abi_pointer(AbiGraph *graph, AbiQType target, AbiError *err)
{
    if (target.quals == 0 && target.type->pointer)
        return target.type->pointer;
    AbiType key = {.kind = ABI_POINTER, .item = target, .size = POINTER_SIZE, .align = POINTER_SIZE};
    const AbiType *t = intern(graph, &key, err);
    if (target.quals == 0)
        ((AbiType *)target.type)->pointer = (AbiType *)t;
    return t;
}

/* C11 6.7.6.2; an element whose alignment exceeds its size would leave the second one misaligned. */
static int check_element(AbiQType item, AbiError *err)
{
    const AbiType *t = item.type;
    if (t->kind == ABI_FUNCTION)
        return abi_fail(err, ABI_EINVALID, -1, "array of functions");
    if (t->kind == ABI_VOID)
        return abi_fail(err, ABI_EINVALID, -1, "array of voids");
    if (t->size == ABI_SIZE_UNKNOWN && abi_is_deferred(t))
        return 0;
    if (t->size == ABI_SIZE_UNKNOWN)
        return abi_fail(err, ABI_EINCOMPLETE, -1, "array of elements of unknown size");
    if (t->size != 0 && t->size < t->align)
        return abi_fail(err, ABI_EINVALID, -1, "alignment of array elements is greater than element size");
    if (t->size % t->align != 0)
        return abi_fail(err, ABI_EINVALID, -1, "size of array elements is not a multiple of their alignment");
    return 0;
}

/* LENGTH elements, or ABI_LENGTH_UNKNOWN or _DEFERRED. The alignment is the item's without what _Atomic adds: so GCC. */
const AbiType *abi_array(AbiGraph *graph, AbiQType item, size_t length, AbiError *err)
{
    if (check_element(item, err) != 0)
        return NULL;
    AbiType key = {.kind = ABI_ARRAY, .item = item, .length = length, .align = item.type->align};
    if (!abi_length_known(length) || item.type->size == ABI_SIZE_UNKNOWN) {
        key.size = ABI_SIZE_UNKNOWN;
        key.flags = ABI_F_INCOMPLETE;
    } else if (__builtin_mul_overflow(item.type->size, length, &key.size) || key.size > PTRDIFF_MAX) {
        abi_fail(err, ABI_ETOOLARGE, -1, "array of %zu elements of %zu bytes is too large", length, item.type->size);
        return NULL;
    }
    return intern(graph, &key, err);
}

static bool is_lane(const AbiType *t)
{
    return t->kind == ABI_INT || t->kind == ABI_CHAR || t->kind == ABI_FLOAT || t->kind == ABI_ENUM;
}

/* ITEM with vector_size(BYTES), by GCC's rules. It is aligned to its size, up to what the platform says: GCC's
 * _Alignof says 16 without -mavx, but __alignof__ and the layout of structs go by the size. */
const AbiType *abi_vector(AbiGraph *graph, const AbiType *item, size_t bytes, AbiError *err)
{
    item = item->main;
    if (!is_lane(item) || (item->flags & (ABI_F_NONCALLABLE | ABI_F_BITINT | ABI_F_INCOMPLETE))) {
        abi_fail(err, ABI_EINVALID, -1, "there are no vectors of this type");
        return NULL;
    }
    size_t lanes = bytes / item->size;
    if (bytes == 0 || bytes % item->size != 0) {
        abi_fail(err, ABI_EINVALID, -1, "a vector of %zu bytes is no multiple of its lanes of %zu", bytes, item->size);
        return NULL;
    }
    if ((lanes & (lanes - 1)) != 0 || lanes > MAX_LANES) {
        abi_fail(err, ABI_EINVALID, -1, "a vector of %zu lanes: must be a power of two", lanes);
        return NULL;
    }
    uint32_t align = bytes < rules.max_vector_align ? (uint32_t)bytes : rules.max_vector_align;
    AbiType key = {.kind = ABI_VECTOR, .item = {item, 0}, .length = lanes, .size = bytes, .align = align};
    return intern(graph, &key, err);
}

/* ---- functions */

static int check_function(const AbiFunctionDecl *decl, AbiError *err)
{
    uint8_t result = decl->result.type->kind;
    if (result == ABI_FUNCTION || result == ABI_ARRAY)
        return abi_fail(err, ABI_EINVALID, -1, "function that returns %s", result == ABI_ARRAY ? "an array" : "a function");
    for (size_t i = 0; i < decl->nparams; i++) {
        uint8_t kind = decl->params[i].type->kind;
        if (kind == ABI_VOID || kind == ABI_FUNCTION || kind == ABI_ARRAY)
            return abi_fail(err, ABI_EINVALID, i < INT32_MAX ? (int)i : -1, "parameter %zu is %s", i + 1,
                            kind == ABI_VOID ? "void" : "neither an object nor a pointer");
    }
    return 0;
}

/* Conventions that this platform does not have are no part of the type: GCC ignores their attributes. */
static AbiConv effective_conv(AbiConv conv)
{
#ifdef __x86_64__
    return conv == ABI_MS || conv == ABI_VECTORCALL ? conv : ABI_CDECL;
#else
    (void)conv;
    return ABI_CDECL;
#endif
}

static bool function_is_plain(const AbiFunction *f)
{
    bool all = is_plain(f->result) && !f->unprototyped;
    for (size_t i = 0; i < f->nparams; i++)
        all = all && is_plain(f->params[i]);
    return all;
}

/* F with plain result and parameters, f() as f(void); *OUT is NULL if F is that. 0, or -1 and ERR. */
static int plain_function(AbiGraph *graph, const AbiType *key, const AbiType **out, AbiError *err)
{
    *out = NULL;
    if (function_is_plain(key->function))
        return 0;
    AbiFunction *f = abi_alloc(sizeof *f + key->function->nparams * sizeof *f->params);
    if (!f)
        return abi_fail_nomem(err);
    copy_function(f, key->function);
    f->result = plain(f->result);
    f->unprototyped = false;
    for (size_t i = 0; i < f->nparams; i++)
        ((AbiQType *)f->params)[i] = plain(f->params[i]);
    AbiType plain_key = *key;
    plain_key.function = f;
    *out = intern_plain(graph, &plain_key, err);
    abi_free(f);
    return *out ? 0 : -1;
}

/* The function type DECL. */
const AbiType *abi_function(AbiGraph *graph, const AbiFunctionDecl *decl, AbiError *err)
{
    if (check_function(decl, err) != 0)
        return NULL;
    AbiFunction f = {.result = decl->result,
                     .params = decl->params,
                     .nparams = decl->nparams,
                     .variadic = decl->variadic,
                     .unprototyped = decl->unprototyped,
                     .conv = effective_conv(decl->conv)};
    AbiType key = {.kind = ABI_FUNCTION, .function = &f, .size = ABI_SIZE_UNKNOWN, .align = 1};
    if (plain_function(graph, &key, &key.plain, err) != 0)
        return NULL;
    return intern_plain(graph, &key, err);
}

/* ---- alignment */

/* The alignment of Q where it is used. GCC gives an _Atomic object of 1, 2, 4, 8 or 16 bytes the
 * alignment that one instruction needs; its size stays. */
uint32_t abi_alignof(AbiQType q)
{
    const AbiType *t = q.type;
    bool one_access = t->size <= 16 && t->size != 0 && (t->size & (t->size - 1)) == 0;
    if ((q.quals & ABI_ATOMIC) && one_access && t->align < t->size)
        return (uint32_t)t->size;
    return t->align;
}

/* What a variant of MAIN is made of besides what was asked for. */
static void copy_main(AbiType *variant, const AbiType *main)
{
    variant->kind = main->kind;
    variant->prim = main->prim;
    variant->flags = main->flags;
    variant->size = main->size;
    variant->item = main->item;
    variant->length = main->length;
    variant->record = main->record;
    variant->align = variant->asked_align;
    if (!variant->asked_align || (variant->asked_early && main->align > variant->align))
        variant->align = main->align;
    if (variant->asked_transparent)
        variant->flags |= ABI_F_TRANSPARENT;
}

/* Bring the variants of RECORD up to date with it. */
void abi_variants_update(AbiType *record)
{
    for (AbiType *v = record->variants; v; v = v->variant_next)
        copy_main(v, record);
}

static const AbiType *variant_new(AbiGraph *graph, AbiType *key, AbiError *err)
{
    AbiType *main = (AbiType *)key->main;
    copy_main(key, main);
    if (main->plain != main && !(key->plain = abi_aligned(graph, main->plain, key->asked_align, err)))
        return NULL;
    if (key->asked_transparent && key->asked_align && !(key->canonical = abi_transparent(graph, main, err)))
        return NULL;
    AbiType *t = (AbiType *)enter(graph, key, err);
    if (t) {
        t->variant_next = main->variants;
        main->variants = t;
    }
    return t;
}

/* The variant of MAIN that was asked for as ASKED before completion and is aligned to ALIGN since: so it is spelled. */
static const AbiType *early_variant(const AbiType *main, uint32_t asked, uint32_t align)
{
    if (!abi_has_record(main) || (main->flags & ABI_F_INCOMPLETE))
        return NULL;
    const AbiType *v = main->variants;
    while (v && !(v->asked_early && v->asked_align == asked && v->align == align))
        v = v->variant_next;
    return v;
}

const AbiType *abi_aligned_twice(AbiGraph *graph, const AbiType *type, uint32_t asked, uint32_t align, AbiError *err)
{
    const AbiType *early = early_variant(type->main, asked, align);
    return early ? early : abi_aligned(graph, type, align, err);
}

/* The variant of KEY, whose main and what is asked for are set: found, or made. */
static const AbiType *intern_variant(AbiGraph *graph, AbiType *key, AbiError *err)
{
    key->hash = hash_key(key);
    const AbiType *t = find(graph, key);
    return t ? t : variant_new(graph, key, err);
}

/* TYPE with its alignment set to ALIGN bytes, instead of what it is now. */
const AbiType *abi_aligned(AbiGraph *graph, const AbiType *type, uint32_t align, AbiError *err)
{
    if (align == 0 || (align & (align - 1)) != 0 || align > ABI_MAX_ALIGN) {
        abi_fail(err, ABI_EINVALID, -1, "alignment of %u bytes: must be a power of two up to %u", align, ABI_MAX_ALIGN);
        return NULL;
    }
    const AbiType *main = type->main;
    if (main->kind == ABI_VOID || main->kind == ABI_FUNCTION)
        return main;
    const AbiType *t = type->asked_transparent ? NULL : early_variant(main, align, align);
    if (t || align == main->align)
        return t ? t : abi_unaligned(type);
    AbiType key = {.main = main, .asked_align = align, .asked_transparent = type->asked_transparent};
    key.asked_early = abi_has_record(main) && (main->flags & ABI_F_INCOMPLETE);
    return intern_variant(graph, &key, err);
}

const AbiType *abi_transparent(AbiGraph *graph, const AbiType *type, AbiError *err)
{
    if (type->flags & ABI_F_TRANSPARENT || !abi_can_be_transparent(type->main))
        return type;
    bool aligned = type->align != type->main->align;
    AbiType key = {.main = type->main, .asked_align = aligned ? type->align : 0, .asked_transparent = true};
    return intern_variant(graph, &key, err);
}
