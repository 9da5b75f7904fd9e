/* layout: where the members of a struct or union go.
 *
 * System V x86-64 psABI 3.1.2, and where it says nothing what GCC does; tests/oracle asks it. What differs
 * between platforms is in Rules; what an attribute asks for is in AbiRecordOptions. Positions are counted in
 * bits, 128 bits wide so that no sum overflows before it is compared with PTRDIFF_MAX.
 */

#include "abi/impl.h"
#include "abi/rules.h"

typedef unsigned __int128 Bits;

#define BIGGEST_ALIGNMENT ((Bits)128) /* GCC's, of x86-64 and AArch64 */

typedef struct Layout {
    const AbiRecordOptions *options;
    const AbiPlacement *placement; /* or NULL */
    AbiLayout *out;
    bool is_union;
    Bits at;         /* where the next member may begin */
    Bits end;        /* of the furthest member */
    Bits align;      /* of the record so far */
    /* ms_struct: the storage unit that bit-fields of one size share */
    Bits run_size;   /* of its type; 0: none is open */
    Bits run_left;   /* not yet taken */
    bool after_bitfield; /* the member before is one, be its width zero */
} Layout;

/* One member on its way to a place. */
typedef struct Field {
    const AbiMemberDecl *decl;
    Bits type_size, type_align;
    bool packed;
    Bits asked; /* by aligned on the member, or 0 */
} Field;

static Bits round_up(Bits n, Bits to)
{
    return (n + to - 1) / to * to;
}

static Bits max(Bits a, Bits b)
{
    return a > b ? a : b;
}

static Bits min(Bits a, Bits b)
{
    return a < b ? a : b;
}

/* #pragma pack(n) limits every alignment, even one that the member asks for. */
static Bits limit(const Layout *l, Bits align)
{
    return l->options->pack ? min(align, l->options->pack * 8) : align;
}

/* ---- ordinary members */

static Bits field_align(const Layout *l, const Field *f)
{
    Bits align = max(f->type_align, f->asked);
    if (f->packed)
        align = f->asked ? f->asked : 8;
    return limit(l, align);
}

static Bits place_object(Layout *l, const Field *f)
{
    Bits align = field_align(l, f);
    l->align = max(l->align, align);
    return round_up(l->at, align);
}

/* ---- bit-fields, System V */

/* GCC counts bits from a multiple of its largest alignment and rounds that count only, so that a type
 * aligned further (by a typedef) may lie at any such multiple. The count began at FROM; AT, where the
 * member's own alignment put it, starts a new one if that alignment is as large. */
static Bits round_up_count(const Layout *l, Bits from, Bits at, Bits own_align, Bits to)
{
    Bits window = max(BIGGEST_ALIGNMENT, (Bits)l->options->align * 8);
    Bits base = at != from && own_align >= window ? at : from / window * window;
    return base + round_up(at - base, to);
}

/* A bit-field may not cross more units of its type's alignment than an object of its type does. */
static bool crosses_unit(const Field *f, Bits at)
{
    Bits units = (at % f->type_align + (Bits)f->decl->bit_width + f->type_align - 1) / f->type_align;
    return units > f->type_size / f->type_align;
}

/* GCC treats a bit-field as wide as a machine integer that happens to be aligned as an object of that
 * integer: then its alignment counts, where otherwise only the declared type's would. */
static Bits machine_align(const Field *f, Bits at)
{
    Bits width = (Bits)f->decl->bit_width;
    bool is_machine_size = width == 8 || width == 16 || width == 32 || width == 64 || width == 128;
    bool is_machine_type = f->type_size <= 64 || !(f->decl->type.type->flags & ABI_F_BITINT);
    if (!is_machine_size || !is_machine_type || (f->packed && width > 8) || at % width != 0)
        return 1;
    return width;
}

static void align_record_for_bitfield(Layout *l, const Field *f, Bits field_align)
{
    if (!f->decl->name && !rules.unnamed_bitfields_align)
        return;
    Bits type_align = l->options->pack ? limit(l, f->type_align) : f->packed ? min(f->type_align, 8) : f->type_align;
    l->align = max(l->align, max(type_align, field_align));
}

static Bits place_bitfield(Layout *l, const Field *f)
{
    if (f->decl->bit_width == 0) { /* packed or not, it ends the unit */
        Bits align = max(f->type_align, f->asked);
        if (rules.unnamed_bitfields_align)
            l->align = max(l->align, align);
        return round_up(l->at, align);
    }
    Bits machine = machine_align(f, l->at);
    Bits align = limit(l, max(machine, max(f->asked, 1)));
    Bits at = round_up(l->at, align);
    if (machine == 1 && !f->packed && !l->options->pack && !l->is_union && crosses_unit(f, at))
        at = round_up_count(l, l->at, at, align, f->type_align);
    align_record_for_bitfield(l, f, align);
    return at;
}

/* ---- ms_struct: bit-fields whose types have one size share units of that size */

static void ms_align_record(Layout *l, const Field *f, Bits field_align)
{
    bool counts = !f->packed;
    if (f->decl->bit_width == 0)
        counts = l->run_size != 0;
    if (counts)
        l->align = max(l->align, limit(l, max(f->type_align, field_align)));
}

static bool ms_continues_run(const Layout *l, const Field *f)
{
    return f->decl->bit_width > 0 && l->run_size == f->type_size;
}

/* In the open unit, or where it ends. */
static Bits ms_continue_run(Layout *l, const Field *f, Bits align)
{
    Bits width = (Bits)f->decl->bit_width;
    if (l->run_left >= width) {
        l->run_left -= width;
        return l->at;
    }
    Bits at = l->at + l->run_left;
    l->run_left = f->type_size - width;
    return l->at % align == 0 ? at : round_up(at, align); /* GCC looks at where the last one ended */
}

static Bits ms_place_bitfield(Layout *l, const Field *f)
{
    Bits align = limit(l, max(machine_align(f, l->at), max(f->asked, 1)));
    Bits type_align = limit(l, f->packed ? 8 : f->type_align), was = l->run_size;
    ms_align_record(l, f, align);
    if (ms_continues_run(l, f))
        return ms_continue_run(l, f, align);
    Bits at = l->at + l->run_left;
    if (l->at % align != 0)
        at = round_up(at, align);
    l->run_left = l->run_size = 0;
    if (f->decl->bit_width > 0) {
        l->run_size = f->type_size;
        l->run_left = f->type_size - (Bits)f->decl->bit_width;
    } else if (was == 0 || was == f->type_size)
        return at; /* without a run to end a width of zero means nothing */
    return round_up_count(l, l->after_bitfield ? at : l->at, at, align, type_align);
}

static Bits ms_place_object(Layout *l, const Field *f)
{
    Bits align = field_align(l, f), at = l->at + l->run_left;
    l->align = max(l->align, align);
    if (l->run_size == 0 || l->at % align != 0)
        at = round_up(at, align);
    l->run_left = l->run_size = 0;
    return round_up_count(l, l->after_bitfield ? at : l->at, at, align, limit(l, f->packed ? 8 : f->type_align));
}

/* ---- the record */

static Bits place(Layout *l, const Field *f)
{
    bool is_bitfield = f->decl->bit_width >= 0;
    if (!l->options->ms_layout || !rules.ms_struct)
        return is_bitfield ? place_bitfield(l, f) : place_object(l, f);
    return is_bitfield ? ms_place_bitfield(l, f) : ms_place_object(l, f);
}

static bool is_flexible(const AbiType *t)
{
    return t->kind == ABI_ARRAY && t->length == ABI_LENGTH_UNKNOWN;
}

/* A zero-width bit-field is no member of a struct, but in a union GCC keeps it. */
static AbiMember *next_member(AbiLayout *out, bool is_union, const AbiMemberDecl *d)
{
    if (d->bit_width < 0 || d->name)
        return &out->members[out->count++];
    return d->bit_width == 0 && !is_union ? &out->breaks[out->break_count++] : &out->padding[out->padding_count++];
}

/* Note where member D is. */
static void record_member(Layout *l, const Field *f, Bits at)
{
    const AbiMemberDecl *d = f->decl;
    AbiMember *m = next_member(l->out, l->is_union, d);
    m->name = d->name;
    m->type = d->type;
    m->offset = (size_t)(at / 8);
    m->bit_offset = (uint64_t)at;
    m->asked = d->align ? (uint8_t)(__builtin_ctz(d->align) + 1) : 0;
    if (d->bit_width >= 0) {
        m->flags |= ABI_M_BITFIELD;
        m->bit_width = (uint16_t)d->bit_width;
    } else {
        m->flags |= d->name ? 0 : ABI_M_ANONYMOUS;
        m->align = (uint32_t)(field_align(l, f) / 8);
    }
    if (is_flexible(d->type.type))
        m->flags |= ABI_M_FLEXIBLE;
    if (d->packed || l->options->packed)
        m->flags |= ABI_M_PACKED;
}

/* A compiler says SAID where the rules say RULES, both in bytes. 0, or -1 and ERR if they have to agree. */
static int note_difference(Layout *l, int index, const char *what, const char *name, Bits by_rules, size_t said,
                           AbiError *err)
{
    if (by_rules == said)
        return 0;
    l->out->placed = true;
    if (!l->placement->exact)
        return 0;
    return abi_fail(err, ABI_EPLACE, index, "%s%.120s%s (cdef says %zu, but C compiler says %zu)", what, name,
                    *name ? "'" : "", (size_t)by_rules, said);
}

/* Move member I, which the rules put at *AT, to where the compiler put it. */
static int move_member(Layout *l, size_t i, const AbiMemberDecl *d, Bits *at, AbiError *err)
{
    size_t offset = l->placement ? l->placement->offsets[i] : ABI_OFFSET_BY_RULES;
    if (offset == ABI_OFFSET_BY_RULES)
        return 0;
    if (note_difference(l, (int)i, "wrong offset for field '", d->name ? d->name : "", *at / 8, offset, err) != 0)
        return -1;
    *at = (Bits)offset * 8;
    return 0;
}

static int fail_too_large(const AbiMemberDecl *d, size_t i, AbiError *err)
{
    return abi_fail(err, ABI_ETOOLARGE, (int)i, "member '%s': too large, or too far from the start",
                    d->name ? d->name : "(unnamed)");
}

static int add_member(Layout *l, const AbiMemberDecl *d, size_t i, AbiError *err)
{
    Field f = {.decl = d, .type_align = (Bits)abi_alignof(d->type) * 8, .asked = (Bits)d->align * 8};
    f.type_size = d->type.type->size == ABI_SIZE_UNKNOWN ? 0 : (Bits)d->type.type->size * 8;
    f.packed = d->packed || l->options->packed;
    if (l->is_union)
        l->at = l->run_left = l->run_size = 0;
    Bits at = place(l, &f);
    if (move_member(l, i, d, &at, err) != 0)
        return -1;
    l->after_bitfield = d->bit_width >= 0;
    l->at = at + (d->bit_width >= 0 ? (Bits)d->bit_width : f.type_size);
    if (l->at > (Bits)PTRDIFF_MAX * 8 || (d->bit_width > 0 && l->at > UINT64_MAX))
        return fail_too_large(d, i, err);
    l->end = max(l->end, l->at);
    record_member(l, &f, at);
    return 0;
}

/* A bit-field is read from the unit of its type that it lies in, where there is one inside the record;
 * otherwise from its own first byte on. */
static void choose_unit(AbiMember *m, Bits record_size)
{
    Bits unit = (Bits)m->type.type->size * 8, begin = m->bit_offset / unit * unit;
    if (m->bit_offset + m->bit_width > begin + unit || begin + unit > record_size)
        begin = m->bit_offset / 8 * 8;
    m->offset = (size_t)(begin / 8);
    m->bit_shift = (uint16_t)(m->bit_offset - begin);
}

static void choose_units(AbiMember *members, size_t n, Bits record_size)
{
    for (size_t i = 0; i < n; i++) {
        if (members[i].flags & ABI_M_BITFIELD)
            choose_unit(&members[i], record_size);
        else
            members[i].bit_offset = 0;
    }
}

/* The size and alignment of the whole. */
static int finish(Layout *l, AbiError *err)
{
    const AbiPlacement *said = l->placement;
    Bits size = round_up(l->end, l->align);
    if (size > (Bits)PTRDIFF_MAX * 8)
        return abi_fail(err, ABI_ETOOLARGE, -1, "larger than an object can be");
    if (said && said->size != ABI_SIZE_UNKNOWN) {
        if (note_difference(l, -1, "wrong total size", "", size / 8, said->size, err) != 0)
            return -1;
        if (said->size < l->end / 8 || said->size > PTRDIFF_MAX)
            return abi_fail(err, ABI_EINVALID, -1, "cannot be of size %zu: there are fields at least up to %zu",
                            said->size, (size_t)(l->end / 8));
        size = (Bits)said->size * 8;
    }
    if (said && said->align) {
        if (note_difference(l, -1, "wrong total alignment", "", l->align / 8, said->align, err) != 0)
            return -1;
        l->align = (Bits)said->align * 8;
    }
    l->out->size = (size_t)(size / 8);
    l->out->align = (uint32_t)(l->align / 8);
    return 0;
}

/* Lay out the N members of a struct or union (KIND), whose types have been checked, into OUT. 0, or -1
 * and ERR with the index of the member that went too far. */
int abi_layout_record(AbiKind kind, const AbiMemberDecl *members, size_t n, const AbiRecordOptions *options,
                      const AbiPlacement *placement, AbiLayout *out, AbiError *err)
{
    Layout l = {.options = options, .placement = placement, .out = out, .is_union = kind == ABI_UNION, .align = 8};
    for (size_t i = 0; i < n; i++)
        if (add_member(&l, &members[i], i, err) != 0)
            return -1;
    if (!l.is_union) /* the last unit is there as a whole */
        l.end = max(l.end, l.at + l.run_left);
    l.align = max(l.align, (Bits)options->align * 8);
    if (finish(&l, err) != 0)
        return -1;
    choose_units(out->members, out->count, (Bits)out->size * 8);
    choose_units(out->padding, out->padding_count, (Bits)out->size * 8);
    return 0;
}
