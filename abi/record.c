/* record: struct and union types: made incomplete, completed once. */

#include <string.h>

#include "abi/impl.h"

/* A new incomplete record of kind KIND that lives as long as the region; NULL when out of memory. */
AbiType *abi_record_new(AbiRegion *region, AbiKind kind, const char *tag, AbiError *err)
{
    struct { AbiType type; AbiRecord record; } *both = abi_region_alloc(region, sizeof *both);
    if (!both) {
        abi_fail_nomem(err);
        return NULL;
    }
    AbiType *t = &both->type;
    t->kind = (uint8_t)kind;
    t->prim = ABI_P_NONE;
    t->flags = ABI_F_INCOMPLETE;
    t->align = 1;
    t->size = ABI_SIZE_UNKNOWN;
    t->record = &both->record;
    t->record->tag = tag;
    t->main = t->canonical = t->plain = t;
    t->region = region;
    t->graph = region->graph;
    if (!tag)
        abi_region_number(region, t);
    abi_region_link(region, t);
    return t;
}

/* The typedef name that RECORD is known by from now on. 0, or -1 when out of memory. */
int abi_record_set_alias(AbiType *record, const char *alias)
{
    if (abi_region_note(record) != 0)
        return -1;
    record->record->alias = alias;
    return 0;
}

/* RECORD cannot be completed: PROBLEM (region) says why to those who need its size or members. */
void abi_record_set_problem(AbiType *record, const char *problem)
{
    record->record->problem = problem;
}

/* ---- what C allows as a member */

static const char *name_of(const AbiMemberDecl *d)
{
    return d->name ? d->name : "(unnamed)";
}

static int fail_at(AbiError *err, AbiCode code, size_t i, const AbiMemberDecl *d, const char *what)
{
    return abi_fail(err, code, i <= INT32_MAX ? (int)i : -1, "member '%.180s': %s", name_of(d), what);
}

/* How many bits of T a bit-field may have (C11 6.7.2.1p4). */
static unsigned type_width(const AbiType *t)
{
    if (t->kind == ABI_ENUM)
        t = t->item.type;
    if (t->kind == ABI_BOOL)
        return 1;
    return (unsigned)(t->flags & ABI_F_BITINT ? t->length : t->size * 8);
}

static int check_bitfield(const AbiMemberDecl *d, size_t i, AbiError *err)
{
    const AbiType *t = d->type.type;
    if (!abi_is_integer(t) && t->kind != ABI_ENUM)
        return fail_at(err, ABI_EINVALID, i, d, "a bit-field must have an integer type");
    if (t->flags & ABI_F_INCOMPLETE)
        return fail_at(err, ABI_EINCOMPLETE, i, d, "a bit-field of incomplete type");
    if (d->type.quals & ABI_ATOMIC)
        return fail_at(err, ABI_EINVALID, i, d, "a bit-field cannot be atomic");
    if (d->bit_width == 0 && d->name)
        return fail_at(err, ABI_EINVALID, i, d, "a bit-field of width zero cannot have a name");
    if ((unsigned)d->bit_width > type_width(t))
        return fail_at(err, ABI_EINVALID, i, d, "the width of the bit-field exceeds its type");
    return 0;
}

static bool is_flexible(const AbiType *t)
{
    return t->kind == ABI_ARRAY && t->length == ABI_LENGTH_UNKNOWN;
}

/* C11 6.7.2.1p3 and p18. Alone in a struct or in a union a flexible array is allowed, as by newer GCCs. */
static int check_object(AbiKind kind, const AbiMemberDecl *d, size_t i, bool may_be_flexible, bool partial, AbiError *err)
{
    const AbiType *t = d->type.type;
    if (!d->name && !abi_is_record(t))
        return fail_at(err, ABI_EINVALID, i, d, "only a struct or union member can do without a name");
    if (t->kind == ABI_FUNCTION)
        return fail_at(err, ABI_EINVALID, i, d, "a member cannot be a function");
    if (t->kind == ABI_VOID)
        return fail_at(err, ABI_EINVALID, i, d, "a member cannot be void");
    if (is_flexible(t))
        return may_be_flexible || kind == ABI_UNION ? 0 : fail_at(err, ABI_EINVALID, i, d, "flexible array not at the end of the struct");
    if (t->size == ABI_SIZE_UNKNOWN && !(partial && (abi_is_record(t) || abi_is_deferred(t))))
        return fail_at(err, ABI_EINCOMPLETE, i, d, "has incomplete type");
    return 0;
}

/* An array of unknown length may be last, or have a place of its own: cffi's "int a[...]" is one too. */
static bool may_be_flexible(size_t i, size_t n, const AbiPlacement *placement)
{
    return i + 1 == n || (placement && placement->offsets[i] != ABI_OFFSET_BY_RULES);
}

static int check_members(AbiKind kind, const AbiMemberDecl *members, size_t n, bool partial, const AbiPlacement *placement,
                         AbiError *err)
{
    for (size_t i = 0; i < n; i++) {
        const AbiMemberDecl *d = &members[i];
        if ((d->align & (d->align - 1)) != 0 || d->align > ABI_MAX_ALIGN)
            return fail_at(err, ABI_EINVALID, i, d, "its alignment is no power of two, or too large");
        if (placement && d->bit_width >= 0 && placement->offsets[i] != ABI_OFFSET_BY_RULES)
            return fail_at(err, ABI_EINVALID, i, d, "a bit-field cannot be placed by its offset");
        if ((d->bit_width >= 0 ? check_bitfield(d, i, err)
                               : check_object(kind, d, i, partial || may_be_flexible(i, n, placement), partial, err)) != 0)
            return -1;
    }
    return 0;
}

static int check_options(const AbiType *rec, const AbiRecordOptions *o, AbiError *err)
{
    if (!abi_is_record(rec) || rec->main != rec)
        return abi_fail(err, ABI_EINVALID, -1, "neither a struct nor a union");
    if (rec->record->complete || (rec->flags & ABI_F_PARTIAL))
        return abi_fail(err, ABI_EINVALID, -1, "already complete");
    if ((o->align & (o->align - 1)) != 0 || o->align > ABI_MAX_ALIGN || (o->pack & (o->pack - 1)) != 0)
        return abi_fail(err, ABI_EINVALID, -1, "the alignment is no power of two, or too large");
    return 0;
}

/* ---- completion */

static bool ends_flexible(const AbiType *t)
{
    return is_flexible(t) || (abi_is_record(t) && (t->flags & ABI_F_FLEXIBLE));
}

static uint16_t find_flags(AbiKind kind, const AbiLayout *l, const AbiRecordOptions *o)
{
    unsigned flags = 0;
    if (l->count && ends_flexible(l->members[l->count - 1].type.type))
        flags |= ABI_F_FLEXIBLE;
    for (size_t i = 0; i < l->count; i++)
        if (kind == ABI_UNION ? ends_flexible(l->members[i].type.type) : is_flexible(l->members[i].type.type))
            flags |= ABI_F_FLEXIBLE;
    if (o->partial)
        flags |= ABI_F_PARTIAL | ABI_F_INCOMPLETE;
    if (l->placed)
        flags |= ABI_F_PLACED;
    return (uint16_t)flags;
}

static void use(const AbiMember *members, size_t n)
{
    for (size_t i = 0; i < n; i++)
        abi_use(members[i].type.type);
}

/* Readers without the lock see the flags change last. */
static void publish(AbiType *rec, const AbiLayout *l, const AbiRecordOptions *o)
{
    AbiRecord *r = rec->record;
    r->members = l->members;
    r->count = l->count;
    r->padding = l->padding;
    r->padding_count = l->padding_count;
    r->breaks = l->breaks;
    r->break_count = l->break_count;
    r->options = *o;
    r->complete = !o->partial;
    use(l->members, l->count);
    use(l->padding, l->padding_count);
    use(l->breaks, l->break_count);
    rec->align = l->align;
    if (!o->partial)
        rec->size = l->size;
    uint16_t flags = find_flags((AbiKind)rec->kind, l, o);
    if (o->transparent_union && abi_can_be_transparent(rec))
        flags |= ABI_F_TRANSPARENT;
    __atomic_store_n(&rec->flags, flags, __ATOMIC_RELEASE);
    abi_variants_update(rec);
}

/* Of the bit-fields without a name those of width zero in structs are *BREAKS, the others *PADDING. */
static void count_unnamed(AbiKind kind, const AbiMemberDecl *members, size_t n, size_t *padding, size_t *breaks)
{
    *padding = *breaks = 0;
    for (size_t i = 0; i < n; i++)
        if (members[i].bit_width >= 0 && !members[i].name)
            ++*(members[i].bit_width == 0 && kind == ABI_STRUCT ? breaks : padding);
}

static int alloc_members(AbiType *rec, const AbiMemberDecl *members, size_t n, AbiLayout *l, AbiError *err)
{
    if (n > SIZE_MAX / 2 / sizeof(AbiMember))
        return abi_fail_nomem(err);
    size_t padding, breaks;
    count_unnamed((AbiKind)rec->kind, members, n, &padding, &breaks);
    l->members = abi_region_alloc(rec->region, (n - padding - breaks) * sizeof(AbiMember));
    l->padding = padding ? abi_region_alloc(rec->region, padding * sizeof(AbiMember)) : NULL;
    l->breaks = breaks ? abi_region_alloc(rec->region, breaks * sizeof(AbiMember)) : NULL;
    return l->members && (l->padding || !padding) && (l->breaks || !breaks) ? 0 : abi_fail_nomem(err);
}

/* Which declaration the member number I came from. */
static int declaration_of(const AbiMemberDecl *members, size_t n, int i)
{
    for (size_t k = 0; k < n; k++)
        if ((members[k].bit_width < 0 || members[k].name) && i-- == 0)
            return k <= INT32_MAX ? (int)k : -1;
    return -1;
}

static int index_members(AbiType *rec, const AbiMemberDecl *members, size_t n, const AbiLayout *l, AbiError *err)
{
    if (abi_members_index(rec->record, l, rec->region, err) == 0)
        return 0;
    if (err && err->index >= 0)
        err->index = declaration_of(members, n, err->index);
    rec->record->index = NULL;
    return -1;
}

static int complete(AbiType *rec, const AbiMemberDecl *members, size_t n, const AbiRecordOptions *o,
                    const AbiPlacement *placement, AbiError *err)
{
    AbiLayout l = {0};
    if (abi_region_note(rec) != 0)
        return abi_fail_nomem(err);
    if (alloc_members(rec, members, n, &l, err) != 0 ||
        abi_layout_record((AbiKind)rec->kind, members, n, o, placement, &l, err) != 0 ||
        index_members(rec, members, n, &l, err) != 0)
        return -1;
    publish(rec, &l, o);
    return 0;
}

static int check_placement(const AbiPlacement *p, AbiError *err)
{
    if (p && ((p->align & (p->align - 1)) != 0 || p->align > ABI_MAX_ALIGN))
        return abi_fail(err, ABI_EINVALID, -1, "the alignment is no power of two, or too large");
    return 0;
}

/* Lay out REC from its members, which PLACEMENT (may be NULL) knows the places of. 0, or -1 and ERR with the
 * index of the member at fault; REC is as it was. */
int abi_record_place(AbiType *rec, const AbiMemberDecl *members, size_t n, const AbiRecordOptions *options,
                     const AbiPlacement *placement, AbiError *err)
{
    static const AbiRecordOptions none = {0};
    if (!options)
        options = &none;
    if (check_options(rec, options, err) != 0 || check_placement(placement, err) != 0 ||
        check_members((AbiKind)rec->kind, members, n, options->partial, placement, err) != 0)
        return -1;
    AbiArenaMark mark = abi_arena_mark(&rec->region->arena);
    AbiCompletion *completions = rec->region->completions;
    if (complete(rec, members, n, options, placement, err) == 0)
        return 0;
    abi_arena_reset(&rec->region->arena, mark);
    rec->region->completions = completions;
    return -1;
}

/* Lay out REC from its members by the rules alone. */
int abi_record_complete(AbiType *rec, const AbiMemberDecl *members, size_t n, const AbiRecordOptions *options,
                        AbiError *err)
{
    return abi_record_place(rec, members, n, options, NULL, err);
}
