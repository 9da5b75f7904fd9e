/* Members of a struct or union, as they are declared. Offsets come when the list is complete. */
#include "parser/impl.h"
#include "gen/cdecl.h"

#include <stdlib.h>

/* ---------------------------------------------------------------- checks */

/* C11 6.7.2.1p1: no storage classes among members. */
static int check_specs(CdeclParse *p, const CdeclSpecs *s) {
    if (s->storage)
        return cdecl_fail(p, s->storage_at, CDECL_E_STORAGE_HERE, "member");
    return 0;
}

/* C11 6.7.2.1p3: no functions, nothing incomplete but a last array; for enums see enum_assume(). */
static int check_type(CdeclParse *p, CdeclSpan at, AbiQType type, const CdeclToken *name) {
    const AbiType *t = type.type;
    if (t->kind == ABI_FUNCTION)
        return cdecl_fail(p, at, CDECL_E_MEMBER_FUNCTION, (int)cdecl_token_len(*name), name->text);
    if (enum_assume(p, at, t) < 0)
        return -1;
    bool flexible = t->kind == ABI_ARRAY && t->length == ABI_LENGTH_UNKNOWN;
    if (t->size == ABI_SIZE_UNKNOWN && !flexible && !abi_is_record(t) && !abi_is_deferred(t))
        return cdecl_fail(p, at, CDECL_E_MEMBER_INCOMPLETE, (int)cdecl_token_len(*name), name->text, fold_spell(p, type));
    return 0;
}

/* A struct may only be declared later if the one around it ends in "...": where its members are is a compiler's to say
 * (cffi). 0, or -1 and the error is set. */
int member_check_complete(CdeclParse *p, const CdeclRecord *r) {
    for (const CdeclMember *m = r->first; m && !r->partial; m = m->next) {
        AbiQType type = m->decl.type;
        if (abi_is_record(type.type) && type.type->size == ABI_SIZE_UNKNOWN)
            return cdecl_fail(p, m->at_declarator, CDECL_E_MEMBER_INCOMPLETE, (int)m->name_len, m->decl.name, fold_spell(p, type));
    }
    return 0;
}

static size_t bits_of(const AbiType *t) {
    if (t->kind == ABI_BOOL)
        return 1;
    if (t->flags & ABI_F_BITINT)
        return t->length;
    return t->size * 8;
}

/* C11 6.7.2.1p4, p5; GCC allows every integer type. 0 or -1; the width in *WIDTH. */
static int check_bits(CdeclParse *p, CdeclSpan at, AbiQType type, const CdeclToken *name, CdeclOperand operand, int *width) {
    const AbiType *t = type.type;
    CdeclValue value;
    if (t->kind != ABI_BOOL && t->kind != ABI_CHAR && t->kind != ABI_INT && t->kind != ABI_ENUM)
        return cdecl_fail(p, at, CDECL_E_BITFIELD_TYPE, fold_spell(p, type));
    if (enum_assume(p, at, t) < 0)
        return -1;
    if (t->size == ABI_SIZE_UNKNOWN)
        return cdecl_fail(p, at, CDECL_E_SIZE_UNKNOWN, fold_spell(p, type));
    if (fold_integer(p, operand, &value) < 0)
        return -1;
    if (cdecl_value_negative(&value))
        return cdecl_fail(p, operand.span, CDECL_E_BITFIELD_NEGATIVE);
    if (value.bits.hi || value.bits.lo > bits_of(t))
        return cdecl_fail(p, operand.span, CDECL_E_BITFIELD_WIDTH, fold_spell(p, type), (unsigned)bits_of(t));
    if (value.bits.lo == 0 && name)
        return cdecl_fail(p, operand.span, CDECL_E_BITFIELD_ZERO, (int)cdecl_token_len(*name), name->text);
    *width = (int)value.bits.lo;
    return 0;
}

/* ---------------------------------------------------------------- adding */

static CdeclMember *new_member(CdeclParse *p, CdeclSpan at, AbiQType type) {
    CdeclRecord *r = p->record;
    CdeclMember *m = r ? cdecl_temporary(p, sizeof *m) : NULL;
    if (!m)
        return NULL;
    m->decl.type = type;
    r->partial = r->partial || abi_is_deferred(type.type);
    m->decl.bit_width = -1;
    m->at = at;
    if (r->last)
        r->last->next = m;
    else
        r->first = m;
    r->last = m;
    r->n++;
    return m;
}

static int set_name(CdeclParse *p, CdeclMember *m, const CdeclToken *name) {
    cdecl_transaction(p);
    m->decl.name = cdecl_name(p, name);
    m->hash = name->hash;
    m->name_len = (uint32_t)cdecl_token_len(*name);
    return m->decl.name ? 0 : -1;
}

/* _Alignas may only raise the alignment (C11 6.7.5p4); aligned(n) lowers that of packed members too. */
static int set_attributes(CdeclParse *p, CdeclMember *m, const CdeclAttributes *a) {
    if (!a)
        return 0;
    m->decl.packed = a->packed;
    m->decl.align = a->align;
    if (!a->has_alignas)
        return 0;
    if (m->decl.bit_width >= 0)
        return cdecl_fail(p, a->alignas_at, CDECL_E_ALIGNAS_HERE, "bit-field");
    if (a->alignas_ && a->alignas_ < abi_alignof(m->decl.type))
        return cdecl_fail(p, a->alignas_at, CDECL_E_ALIGNAS_LOWERS, fold_spell(p, m->decl.type));
    if (a->alignas_ > m->decl.align)
        m->decl.align = a->alignas_;
    return 0;
}

static CdeclAttributes *all_attributes(CdeclParse *p, CdeclSpecs *s, CdeclAttributes *before, CdeclDeclarator *d, CdeclAttributes *a) {
    CdeclAttributes *all = attributes_join(p, s->attributes, before);
    all = attributes_join(p, all, d ? d->attributes : NULL);
    return attributes_join(p, all, a);
}

/* specs declarator attributes */
CdeclSpecs *member_add(CdeclParse *p, CdeclSpecs *s, CdeclAttributes *before, CdeclDeclarator *d, CdeclAttributes *a) {
    if (!s || !d || cdecl_failed(p) || check_specs(p, s) < 0)
        return s;
    AbiQType type = derive(p, s, d, attributes_join(p, before, a), CDECL_USE_MEMBER);
    if (!type.type || check_type(p, d->span, type, &d->name) < 0)
        return s;
    if (abi_segment(type)) {
        cdecl_fail(p, d->span, CDECL_E_MEMBER_SEGMENT, (int)cdecl_token_len(d->name), d->name.text);
        return s;
    }
    CdeclMember *m = new_member(p, d->name.span, type);
    if (m)
        m->at_declarator = d->span;
    if (m && set_name(p, m, &d->name) == 0)
        set_attributes(p, m, all_attributes(p, s, before, d, a));
    return s;
}

/* specs declarator : width attributes (D NULL: unnamed) */
CdeclSpecs *member_bits(CdeclParse *p, CdeclSpecs *s, CdeclAttributes *before, CdeclDeclarator *d, CdeclOperand width,
                        CdeclAttributes *a) {
    int bits = 0;
    if (!s || cdecl_failed(p) || check_specs(p, s) < 0)
        return s;
    AbiQType type = derive(p, s, d, attributes_join(p, before, a), CDECL_USE_MEMBER);
    CdeclSpan at = d ? d->span : width.span;
    if (!type.type || check_bits(p, at, type, d ? &d->name : NULL, width, &bits) < 0)
        return s;
    CdeclMember *m = new_member(p, at, type);
    if (!m || (d && set_name(p, m, &d->name) < 0))
        return s;
    m->decl.bit_width = bits;
    set_attributes(p, m, all_attributes(p, s, before, d, a));
    return s;
}

/* specs ";": an anonymous struct or union, whose members show through (C11 6.7.2.1p13); with a tag or a
 * typedef name as in Microsoft C. Anything else declares at most a tag. */
void member_unnamed(CdeclParse *p, CdeclSpecs *s) {
    if (!s || cdecl_failed(p) || check_specs(p, s) < 0 || specs_resolve(p, s) < 0)
        return;
    if (!abi_is_record(s->type.type))
        return;
    if (s->type.type->size == ABI_SIZE_UNKNOWN && !(s->anonymous && abi_is_deferred(s->type.type))) { /* "struct s;" declares the tag; "const struct s;" would be a member */
        if (s->quals)
            cdecl_fail(p, s->span, CDECL_E_SIZE_UNKNOWN, fold_spell(p, s->type));
        return;
    }
    CdeclMember *m = new_member(p, s->span, s->type);
    CdeclAttributes own = s->attributes ? *s->attributes : (CdeclAttributes){0};
    own.align = own.packed = 0; /* GCC takes _Alignas only: "aligned" there would need a name */
    if (m)
        set_attributes(p, m, &own);
}

/* ---------------------------------------------------------------- names */

typedef struct Seen { /* the names met so far, through anonymous members */
    CdeclTable table;
    struct { const char *name; CdeclSpan at; } *names; /* owned */
    uint32_t n, cap;
} Seen;

static int seen_reserve(Seen *seen) {
    if (seen->n == seen->cap) {
        uint32_t cap = seen->cap ? seen->cap * 2 : 32;
        void *grown = realloc(seen->names, cap * sizeof *seen->names);
        if (!grown)
            return -1;
        seen->names = grown;
        seen->cap = cap;
    }
    return cdecl_table_reserve(&seen->table);
}

/* Names are interned: equal names are the same pointer. */
static int see(CdeclParse *p, Seen *seen, const char *name, uint32_t hash, CdeclSpan at) {
    uint32_t probe = 0, index;
    if (seen_reserve(seen) < 0)
        return cdecl_fail(p, at, CDECL_E_MEMORY);
    while (cdecl_table_next(&seen->table, hash, &probe, &index)) {
        if (seen->names[index].name == name) {
            cdecl_fail(p, at, CDECL_E_DUPLICATE_MEMBER, name);
            cdecl_note(p, seen->names[index].at, "first declared here");
            return -1;
        }
    }
    seen->names[seen->n].name = name;
    seen->names[seen->n].at = at;
    cdecl_table_add(&seen->table, hash, seen->n++);
    return 0;
}

static int see_inner(CdeclParse *p, Seen *seen, const AbiType *type, CdeclSpan at) {
    for (size_t i = 0; i < type->record->count; i++) {
        const AbiMember *m = &type->record->members[i];
        if (m->name ? see(p, seen, m->name, cdecl_hash(m->name, strlen(m->name)), at) < 0
                    : (m->flags & ABI_M_ANONYMOUS) && see_inner(p, seen, m->type.type, at) < 0)
            return -1;
    }
    return 0;
}

static bool pairwise_distinct(const CdeclRecord *r) {
    for (const CdeclMember *a = r->first; a; a = a->next) {
        if (!a->decl.name && a->decl.bit_width < 0)
            return false; /* anonymous: look inside */
        for (const CdeclMember *b = r->first; b != a; b = b->next)
            if (a->decl.name && a->decl.name == b->decl.name)
                return false;
    }
    return true;
}

/* C11 6.7.2.1p2, p13: all names are distinct, those of anonymous members included. 0, or -1. */
int member_check_names(CdeclParse *p, CdeclRecord *r) {
    if (r->n <= 12 && pairwise_distinct(r))
        return 0;
    Seen seen = {0};
    int result = 0;
    for (const CdeclMember *m = r->first; m && result == 0; m = m->next) {
        if (m->decl.name)
            result = see(p, &seen, m->decl.name, m->hash, m->at);
        else if (m->decl.bit_width < 0)
            result = see_inner(p, &seen, m->decl.type.type, m->at);
    }
    cdecl_table_free(&seen.table);
    free(seen.names);
    return result;
}
