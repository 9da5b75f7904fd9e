/* member: finding members by name, and reading and writing bit-fields. */

#include <string.h>

#include "abi/impl.h"

/* The own members of one record by name; those of anonymous members are found through them. */
struct AbiMemberIndex {
    size_t slot_count;           /* a power of two */
    const AbiMember **slots;     /* region: open addressing */
};
typedef struct AbiMemberIndex Index;

enum {
    LINEAR = 8,     /* members that need no index */
    MAX_DEPTH = 256 /* of anonymous members within each other: look-up recurses through them */
};

static bool is_named(const AbiMember *m, const char *name, size_t n)
{
    return strncmp(m->name, name, n) == 0 && m->name[n] == '\0';
}

/* Where NAME is among SLOTS, or the free slot where it belongs. */
static const AbiMember **find_slot(const AbiMember **slots, size_t count, const char *name, size_t n)
{
    size_t i = abi_hash_bytes(name, n) & (count - 1);
    while (slots[i] && !is_named(slots[i], name, n))
        i = (i + 1) & (count - 1);
    return &slots[i];
}

static size_t slots_for(size_t names)
{
    size_t count = 4;
    while (count < names * 2)
        count *= 2;
    return count;
}

static unsigned depth_of(const AbiLayout *l)
{
    unsigned depth = 0;
    for (size_t i = 0; i < l->count; i++) {
        const AbiType *t = l->members[i].type.type;
        if ((l->members[i].flags & ABI_M_ANONYMOUS) && abi_has_record(t) && t->record->depth >= depth)
            depth = t->record->depth + 1;
    }
    return depth;
}

static bool shows_through(const AbiMember *m)
{
    return (m->flags & ABI_M_ANONYMOUS) && abi_is_record(m->type.type);
}

/* ---- equal names */

/* Names seen so far, this record's own and those that show through. */
typedef struct Seen {
    const AbiMember **slots; /* owned */
    size_t slot_count;
} Seen;

static size_t count_names(const AbiMember *members, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (members[i].name)
            count++;
        else if (shows_through(&members[i]))
            count += count_names(members[i].type.type->record->members, members[i].type.type->record->count);
    return count;
}

/* The first name of M, or of what shows through it, that was seen before; NULL if none was. */
static const char *see(Seen *seen, const AbiMember *m)
{
    if (m->name) {
        const AbiMember **slot = find_slot(seen->slots, seen->slot_count, m->name, strlen(m->name));
        if (*slot)
            return m->name;
        *slot = m;
        return NULL;
    }
    const char *twice = NULL;
    if (shows_through(m)) {
        const AbiRecord *r = m->type.type->record;
        for (size_t i = 0; !twice && i < r->count; i++)
            twice = see(seen, &r->members[i]);
    }
    return twice;
}

static int check_names(const AbiLayout *l, AbiError *err)
{
    Seen seen = {.slot_count = slots_for(count_names(l->members, l->count))};
    seen.slots = abi_alloc(seen.slot_count * sizeof *seen.slots);
    if (!seen.slots)
        return abi_fail_nomem(err);
    const char *twice = NULL;
    size_t i = 0;
    while (i < l->count && !(twice = see(&seen, &l->members[i])))
        i++;
    abi_free(seen.slots);
    return twice ? abi_fail(err, ABI_EINVALID, (int)i, "member '%.180s': there are two of this name", twice) : 0;
}

/* ---- the index */

static int build_index(AbiRecord *record, const AbiLayout *l, AbiRegion *region, AbiError *err)
{
    Index *index = abi_region_alloc(region, sizeof *index);
    if (!index)
        return abi_fail_nomem(err);
    index->slot_count = slots_for(l->count);
    index->slots = abi_region_alloc(region, index->slot_count * sizeof *index->slots);
    if (!index->slots)
        return abi_fail_nomem(err);
    for (size_t i = 0; i < l->count; i++) {
        const AbiMember *m = &l->members[i];
        if (m->name)
            *find_slot(index->slots, index->slot_count, m->name, strlen(m->name)) = m;
    }
    record->index = index;
    return 0;
}

/* Check that the names of L's members, anonymous ones' included, differ, and prepare RECORD for
 * abi_member_find. 0, or -1 and ERR with the index of the member that comes second. */
int abi_members_index(AbiRecord *record, const AbiLayout *l, AbiRegion *region, AbiError *err)
{
    record->depth = depth_of(l);
    if (record->depth > MAX_DEPTH)
        return abi_fail(err, ABI_ETOOLARGE, -1, "anonymous members nested deeper than %d", MAX_DEPTH);
    if (check_names(l, err) != 0)
        return -1;
    return l->count > LINEAR ? build_index(record, l, region, err) : 0;
}

static const AbiMember *find_own(const AbiRecord *r, const char *name, size_t n)
{
    if (r->index)
        return *find_slot(r->index->slots, r->index->slot_count, name, n);
    for (size_t i = 0; i < r->count; i++)
        if (r->members[i].name && is_named(&r->members[i], name, n))
            return &r->members[i];
    return NULL;
}

static const AbiMember *find(const AbiRecord *r, const char *name, size_t n, size_t *offset)
{
    const AbiMember *found = find_own(r, name, n);
    for (size_t i = 0; !found && i < r->count; i++)
        if (shows_through(&r->members[i])) {
            size_t inner = *offset + r->members[i].offset;
            if ((found = find(r->members[i].type.type->record, name, n, &inner)) != NULL)
                *offset = inner;
        }
    return found;
}

/* The member NAME (N bytes) of REC, through anonymous members, or NULL. OFFSET (may be NULL) receives the
 * offset within REC of the struct or union that holds it. */
const AbiMember *abi_member_find(const AbiType *rec, const char *name, size_t n, size_t *offset)
{
    size_t unwanted;
    if (!offset)
        offset = &unwanted;
    *offset = 0;
    if (!abi_is_record(rec))
        return NULL;
    return find(rec->record, name, n, offset);
}

/* ---- bit-fields: exactly the bytes that hold them, little-endian as all our platforms are */

typedef unsigned __int128 Bits;

/* The bytes of a bit-field: up to 17, when 128 bits begin in the middle of a byte. */
typedef struct Span {
    size_t first, count;
    unsigned shift, width;
} Span;

static Span span_of(const AbiMember *m)
{
    Span s = {.first = (size_t)(m->bit_offset / 8), .shift = (unsigned)(m->bit_offset % 8)};
    s.width = m->bit_width < 128 ? m->bit_width : 128;
    s.count = (s.shift + s.width + 7) / 8;
    return s;
}

static Bits mask(unsigned width)
{
    return width < 128 ? ((Bits)1 << width) - 1 : ~(Bits)0;
}

/* The bits of a bit-field, sign- or zero-extended to 128 by its type; the low 128 of a wider one. */
AbiWide abi_bits_load(const void *base, const AbiMember *m)
{
    Span s = span_of(m);
    unsigned char bytes[2 * sizeof(Bits)] = {0};
    memcpy(bytes, (const unsigned char *)base + s.first, s.count);
    Bits low, high;
    memcpy(&low, bytes, sizeof low);
    memcpy(&high, bytes + sizeof low, sizeof high);
    Bits v = low >> s.shift;
    if (s.shift)
        v |= high << (128 - s.shift);
    v &= mask(s.width);
    if ((m->type.type->flags & ABI_F_SIGNED) && s.width && v >> (s.width - 1))
        v |= ~mask(s.width);
    return (AbiWide){.lo = (uint64_t)v, .hi = (uint64_t)(v >> 64)};
}

/* Write the low bits of VALUE into a bit-field; bits around it stay. */
void abi_bits_store(void *base, const AbiMember *m, AbiWide value)
{
    Span s = span_of(m);
    unsigned char *bytes = (unsigned char *)base + s.first;
    Bits v = (Bits)value.hi << 64 | value.lo;
    for (size_t i = 0; i < s.count; i++) {
        unsigned begin = i ? 0 : s.shift, done = i ? (unsigned)i * 8 - s.shift : 0;
        unsigned take = s.width - done < 8 - begin ? s.width - done : 8 - begin;
        unsigned char own = (unsigned char)(mask(take) << begin);
        bytes[i] = (unsigned char)((bytes[i] & ~own) | ((unsigned char)((v >> done) << begin) & own));
    }
}
