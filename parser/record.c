/* Struct and union specifiers (C11 6.7.2.1): opening, members' list, completion. */
#include "parser/impl.h"
#include "gen/cdecl.h"

static CdeclTypeSpec spec_of(CdeclToken word, CdeclSpan span, AbiType *type) {
    word.kind = TK_RECORD;
    return (CdeclTypeSpec){.token = word, .type = {type, 0}, .span = span, .names_tag = true};
}

/* struct TAG */
CdeclTypeSpec record_reference(CdeclParse *p, CdeclToken word, CdeclAttributes *a, CdeclToken tag) {
    (void)a; /* they belong to a definition */
    return spec_of(word, cdecl_join(word.span, tag.span), tag_reference(p, (AbiKind)word.sub, &tag));
}

/* struct TAG { : the tag is declared from here on, so that members can point to it. */
CdeclRecord *record_open(CdeclParse *p, CdeclToken word, CdeclAttributes *a, const CdeclToken *tag, CdeclToken brace) {
    CdeclRecord *r = cdecl_failed(p) ? NULL : cdecl_temporary(p, sizeof *r);
    if (!r)
        return NULL;
    r->at = tag ? cdecl_join(word.span, tag->span) : word.span;
    r->brace = brace.span;
    r->attributes = a;
    r->anonymous = !tag;
    r->type = tag_define(p, (AbiKind)word.sub, tag, r->at, &r->same);
    r->outer = p->record;
    p->record = r;
    return r;
}

/* "...;" among the members: there are more, which a compiler has to find (cffi). */
void record_partial(CdeclParse *p, CdeclToken dots) {
    if (p->record)
        p->record->partial = true;
    (void)dots;
}

/* ---------------------------------------------------------------- completion */

static AbiRecordOptions options_of(const CdeclParse *p, const CdeclRecord *r, const CdeclAttributes *a, uint32_t pack) {
    (void)p;
    AbiRecordOptions o = {.pack = pack, .partial = r->partial};
    if (a) {
        o.packed = a->packed;
        o.align = a->align;
        o.ms_layout = a->ms_struct && !a->gcc_struct;
        o.transparent_union = a->transparent_union && r->type->kind == ABI_UNION;
    }
    return o;
}

static AbiMemberDecl *member_array(CdeclParse *p, const CdeclRecord *r) {
    AbiMemberDecl *decls = cdecl_temporary(p, (r->n + 1) * sizeof *decls);
    size_t i = 0;
    for (const CdeclMember *m = r->first; m && decls; m = m->next)
        decls[i++] = m->decl;
    return decls;
}

static CdeclSpan member_span(const CdeclRecord *r, int index) {
    const CdeclMember *m = index >= 0 ? r->first : NULL;
    while (m && index-- > 0)
        m = m->next;
    return m ? m->at : r->at;
}

/* What only integers and floating types can be. */
static int check_attributes(CdeclParse *p, const CdeclRecord *r, const CdeclAttributes *a) {
    AbiQType type = {r->type, 0};
    if (a && a->mode)
        return cdecl_fail(p, a->mode_at, CDECL_E_MODE_TYPE, fold_spell(p, type));
    return a && a->has_vector ? cdecl_fail(p, a->vector_at, CDECL_E_VECTOR_ELEMENT, fold_spell(p, type)) : 0;
}

static int complete(CdeclParse *p, CdeclRecord *r, const CdeclAttributes *a, uint32_t pack) {
    AbiError err = {.index = -1};
    AbiRecordOptions o = options_of(p, r, a, pack);
    if (check_attributes(p, r, a) < 0 || member_check_complete(p, r) < 0 || member_check_names(p, r) < 0)
        return -1;
    AbiMemberDecl *decls = member_array(p, r);
    if (!decls)
        return -1;
    if (abi_record_complete(r->type, decls, r->n, &o, &err) < 0)
        return cdecl_fail_abi(p, member_span(r, err.index), &err);
    if (!r->same || (r->same->record->complete && agree_members(r->same, r->type)))
        return 0;
    AbiType *first = r->same;
    r->same = NULL;
    return tag_redefine(p, first, r->type, r->at);
}

/* } attributes. What stands before the tag counts as well as what follows the brace. The packing in
 * force is that at the closing brace, as in GCC; the filter has left it in the token. */
CdeclTypeSpec record_close(CdeclParse *p, CdeclRecord *r, CdeclToken end, CdeclAttributes *after) {
    if (!r)
        return (CdeclTypeSpec){0};
    p->record = r->outer;
    CdeclToken word = end;
    bool ok = r->type && !cdecl_failed(p) && complete(p, r, attributes_join(p, r->attributes, after), end.hash) == 0;
    bool again = ok && r->same && !(p->options && p->options->override);
    CdeclTypeSpec spec = spec_of(word, cdecl_join(r->at, end.span), !ok ? NULL : again ? r->same : r->type);
    spec.defines = true;
    spec.anonymous = r->anonymous ? r->type : NULL;
    return spec;
}
