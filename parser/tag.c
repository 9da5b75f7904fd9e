/* Tags of structs, unions and enums (C11 6.7.2.3), and those without one. */
#include "parser/impl.h"

#include <stdlib.h>

static const char *kind_name(AbiKind kind) {
    return kind == ABI_STRUCT ? "struct" : kind == ABI_UNION ? "union" : "enum";
}

static AbiType *new_record(CdeclParse *p, AbiKind kind, const char *tag, CdeclSpan at) {
    AbiError err;
    cdecl_transaction(p);
    AbiType *type = abi_record_new(p->region, kind, tag, &err);
    if (!type)
        cdecl_fail_abi(p, at, &err);
    return type;
}

static AbiType *declare_tag(CdeclParse *p, AbiKind kind, const CdeclToken *tag) {
    cdecl_transaction(p);
    const char *name = cdecl_name(p, tag);
    AbiType *type = name ? new_record(p, kind, name, tag->span) : NULL;
    if (!type || scope_declare_tag(p, type, name, cdecl_token_len(*tag), tag->hash, tag->span) < 0)
        return NULL;
    return type;
}

AbiType *tag_reference(CdeclParse *p, AbiKind kind, const CdeclToken *tag) {
    if (cdecl_failed(p))
        return NULL;
    const CdeclEntry *e = scope_tag(p->scope, kind, tag->text, cdecl_token_len(*tag), tag->hash, NULL);
    if (!e && kind == ABI_STRUCT && cdecl_token_is(tag, abi_va_list_tag()))
        return scope_va_list_record(p); /* as va_list is spelled */
    return e ? e->type : declare_tag(p, kind, tag);
}

/* Has TYPE's body been read? "enum e : int;" is complete without. */
static bool is_defined(const AbiType *type) {
    const AbiRecord *r = type->record;
    return r->complete && !(type->kind == ABI_ENUM && r->fixed_underlying && r->count == 0);
}

/* Is TYPE's body being read? */
static bool is_open(const CdeclParse *p, const AbiType *type) {
    for (const CdeclRecord *r = p->record; r; r = r->outer)
        if (r->type == type)
            return true;
    for (const CdeclEnum *e = p->enumeration; e; e = e->outer)
        if (e->type == type)
            return true;
    return false;
}

static AbiType *define_anonymous(CdeclParse *p, AbiKind kind, CdeclSpan at) {
    if (p->n_anonymous == p->cap_anonymous) {
        size_t cap = p->cap_anonymous ? p->cap_anonymous * 2 : 8;
        AbiType **grown = realloc(p->anonymous, cap * sizeof(AbiType *));
        if (!grown) {
            cdecl_fail(p, at, CDECL_E_MEMORY);
            return NULL;
        }
        p->anonymous = grown;
        p->cap_anonymous = cap;
    }
    AbiType *type = new_record(p, kind, NULL, at);
    if (type)
        p->anonymous[p->n_anonymous++] = type;
    return type;
}

/* The type to be defined at TAG (NULL: anonymous). One that is complete already is returned in *SAME:
 * the new definition must agree with it (C23 6.7.3.4), or replaces it. */
AbiType *tag_define(CdeclParse *p, AbiKind kind, const CdeclToken *tag, CdeclSpan at, AbiType **same) {
    const CdeclScope *where = NULL;
    if (same)
        *same = NULL;
    if (cdecl_failed(p))
        return NULL;
    if (!tag)
        return define_anonymous(p, kind, at);
    const CdeclEntry *e = scope_tag(p->scope, kind, tag->text, cdecl_token_len(*tag), tag->hash, &where);
    if (!e)
        return declare_tag(p, kind, tag);
    if (is_open(p, e->type)) {
        cdecl_fail(p, tag->span, CDECL_E_NESTED_REDEFINITION, kind_name(kind), (int)cdecl_token_len(*tag), tag->text);
        scope_note(p, e, "its definition starts here");
        return NULL;
    }
    if (where != p->scope && !is_defined(e->type))
        return declare_tag(p, kind, tag);
    if (!is_defined(e->type)) { /* from now on this is the place of the tag */
        AbiType *type = e->type;
        cdecl_transaction(p);
        return scope_declare_tag(p, type, type->record->tag, cdecl_token_len(*tag), tag->hash, tag->span) < 0 ? NULL : type;
    }
    const char *name = cdecl_name(p, tag);
    *same = e->type;
    return name ? new_record(p, kind, name, tag->span) : NULL;
}

/* Is TYPE's definition at AT that of entry E, read again into another scope? Of a header that two of them
 * include the structs without a tag are made anew, and so what has them as members. */
static bool is_same_text(CdeclParse *p, const CdeclEntry *e, CdeclSpan at) {
    const char *file;
    uint32_t line = cdecl_line(p, at, &file);
    return e->line == line && strcmp(e->file, file) == 0;
}

/* The second definition of a tag, NEXT, differs from FIRST: it takes its place if the caller of cdef
 * asked for that, and hides it if it is the same text that an included scope has read. */
int tag_redefine(CdeclParse *p, AbiType *first, AbiType *next, CdeclSpan at) {
    const char *tag = first->record->tag;
    size_t n = strlen(tag);
    const CdeclScope *where = NULL;
    const CdeclEntry *e = scope_tag(p->scope, (AbiKind)first->kind, tag, n, cdecl_hash(tag, n), &where);
    if ((p->options && p->options->override) || (e && where != p->scope && is_same_text(p, e, at)))
        return scope_declare_tag(p, next, next->record->tag, n, cdecl_hash(tag, n), at);
    cdecl_fail(p, at, CDECL_E_REDEFINED_TAG, kind_name((AbiKind)first->kind), tag);
    if (e)
        scope_note(p, e, "first defined here");
    return -1;
}

/* TYPE got a name from a typedef: it is not one of those that are numbered at the end. */
void tag_named(CdeclParse *p, const AbiType *type) {
    for (size_t i = p->n_anonymous; i-- > 0;) {
        if (p->anonymous[i] == type) {
            memmove(p->anonymous + i, p->anonymous + i + 1, (p->n_anonymous - i - 1) * sizeof(AbiType *));
            p->n_anonymous--;
            return;
        }
    }
}
