/* External declarations (C11 6.7, 6.9): a name and a type become a symbol, or agree with one.
 *
 * Called when a declarator is complete, before its terminator is shifted: the next token may already be
 * the new typedef name. */
#include "parser/impl.h"
#include "gen/cdecl.h"

static int token_length(const CdeclToken *t) {
    return (int)cdecl_token_len(*t);
}

/* ---------------------------------------------------------------- typedefs */

/* typedef struct tag NAME, *POINTER: the first such name, if nothing else comes before it, is what cffi calls
 * a struct or union, with a tag or without; an enum only where it is defined. */
static AbiType *to_be_named(const CdeclParse *p, const CdeclSpecs *s, const CdeclDeclarator *d) {
    AbiType *t = (AbiType *)s->type.type;
    bool named = abi_is_record(t) || (t->kind == ABI_ENUM && s->defines);
    return named && !s->has_typedef && !d->inner && t->main == t && !t->record->alias && t->region == p->region ? t : NULL;
}

/* The struct or union without a tag that an included scope calls NAME, if RECORD, which has none either, says the same: the
 * header that both have included declares one type. NULL: there is none. Not an enum, whose enumerators are declared
 * with their own type by now. */
static const AbiType *included_record(const CdeclParse *p, const CdeclToken *name, const AbiType *record) {
    const CdeclScope *where = NULL;
    const CdeclEntry *e = scope_symbol(p->scope, name->text, cdecl_token_len(*name), name->hash, &where);
    const AbiType *t = e && where != p->scope && e->symbol->kind == CDECL_TYPEDEF ? e->symbol->type.type->main : NULL;
    if (!t || t->kind != record->kind || t->kind == ABI_ENUM || t->record->tag || !t->record->complete || !record->record->complete)
        return NULL;
    return agree_members(t, record) && ((t->flags | record->flags) & ABI_F_PARTIAL) == 0 ? t : NULL;
}

static int name_record(CdeclParse *p, CdeclSpecs *s, const CdeclDeclarator *d, const CdeclAttributes *a) {
    AbiType *record = to_be_named(p, s, d);
    const AbiType *included = record && s->anonymous ? included_record(p, &d->name, record) : NULL;
    if (!record)
        return 0;
    cdecl_transaction(p);
    const char *alias = cdecl_name(p, &d->name);
    if (!alias)
        return -1;
    if (abi_record_set_alias(record, alias) < 0)
        return cdecl_fail(p, d->name.span, CDECL_E_MEMORY);
    record->record->alias_align = !included && a && a->align != record->align ? a->align : 0;
    record->record->alias_early = record->flags & ABI_F_INCOMPLETE;
    record->record->alias_quals = included ? 0 : (uint8_t)s->type.quals;
    if (s->anonymous && a && a->transparent_union)
        abi_record_set_transparent(record);
    bool transparent = a && a->transparent_union && !(record->flags & ABI_F_TRANSPARENT);
    record->record->alias_transparent = transparent && !included && abi_can_be_transparent(record);
    if (s->anonymous && !record->record->alias_align && !record->record->alias_quals)
        tag_named(p, record);
    if (included) { /* RECORD has a name all the same, so that it takes no number */
        s->anonymous = NULL;
        s->type.type = included;
    }
    return 0;
}

static bool same_type(CdeclParse *p, AbiQType a, AbiQType b) {
    return a.quals == b.quals && (a.type == b.type || (a.type->align == b.type->align && fold_compatible(p, a, b)));
}

static bool has_unknown_bound(const CdeclDeclarator *d) {
    for (const CdeclDerive *v = d->inner; v; v = v->outer)
        if (v->kind == CDECL_D_ARRAY && v->bound->kind == CDECL_B_ELLIPSIS)
            return true;
    return false;
}

static const CdeclSymbol *declare_typedef(CdeclParse *p, CdeclSpecs *s, CdeclDeclarator *d, AbiQType type, CdeclAttributes *a) {
    if (a && a->has_alignas) {
        cdecl_fail(p, a->alignas_at, CDECL_E_ALIGNAS_HERE, "typedef");
        return NULL;
    }
    const AbiType *written = s->type.type;
    bool other = type.type != written || (a && a->align && written->kind == ABI_ENUM); /* and the enumerators have that of the enum */
    if ((!other || d->inner) && name_record(p, s, d, a) < 0)
        return NULL;
    if (type.type == written)
        type.type = s->type.type; /* perhaps an included scope's */
    type = derive_transparent(p, derive_aligned(p, type, a), a);
    if (!type.type)
        return NULL;
    s->has_typedef = true;
    unsigned flags = (s->ellipsis && s->has_words) || has_unknown_bound(d) ? CDECL_S_NEEDS_COMPILER : 0;
    const CdeclEntry *e = symbol_own(p, &d->name);
    if (e && e->symbol->kind == CDECL_TYPEDEF && same_type(p, e->symbol->type, type) && e->symbol->flags == flags)
        return e->symbol; /* C11 6.7p3 */
    if (e && symbol_conflict(p, &d->name, e, e->symbol->kind == CDECL_TYPEDEF ? CDECL_E_CONFLICTING_TYPES : CDECL_E_OTHER_KIND) < 0)
        return NULL;
    CdeclSymbol *symbol = symbol_new(p, &d->name, CDECL_TYPEDEF, type, flags);
    if (symbol)
        symbol->value.type = s->estimate;
    return symbol_declare(p, &d->name, symbol);
}

/* ---------------------------------------------------------------- functions and variables */

static unsigned storage_flags(const CdeclParse *p, const CdeclSpecs *s, const CdeclAttributes *a) {
    unsigned flags = p->linkage;
    if (s->storage & CDECL_ST_STATIC)
        flags |= CDECL_S_STATIC;
    if (s->storage & CDECL_ST_EXTERN)
        flags |= CDECL_S_EXTERN;
    if (s->storage & CDECL_ST_INLINE)
        flags |= CDECL_S_INLINE;
    if (s->storage & CDECL_ST_THREAD)
        flags |= CDECL_S_THREAD;
    if ((s->storage & CDECL_ST_NORETURN) || (a && a->noreturn))
        flags |= CDECL_S_NORETURN;
    if (a && a->const_)
        flags |= CDECL_S_CONST_ATTR;
    if (a && a->pure)
        flags |= CDECL_S_PURE;
    if (a && a->weak)
        flags |= CDECL_S_WEAK;
    return flags;
}

/* C11 6.7.1, 6.7.4, 6.9p2 */
static int check_function(CdeclParse *p, const CdeclSpecs *s, const CdeclDeclarator *d, const CdeclAttributes *a) {
    if (s->storage & (CDECL_ST_AUTO | CDECL_ST_REGISTER | CDECL_ST_THREAD | CDECL_ST_CONSTEXPR))
        return cdecl_fail(p, s->storage_at, CDECL_E_STORAGE_HERE, "function");
    if (a && a->has_alignas)
        return cdecl_fail(p, a->alignas_at, CDECL_E_ALIGNAS_HERE, "function");
    (void)d;
    return 0;
}

/* C23 6.7.2p4 */
static int check_constexpr(CdeclParse *p, const CdeclSpecs *s, const CdeclDeclarator *d, AbiQType type) {
    if (s->storage & (CDECL_ST_EXTERN | CDECL_ST_THREAD))
        return cdecl_fail(p, s->storage_at, CDECL_E_STORAGE_CLASSES, s->storage & CDECL_ST_EXTERN ? "extern" : "_Thread_local", "constexpr");
    if (abi_is_qualified(type, ABI_VOLATILE | ABI_RESTRICT | ABI_ATOMIC))
        return cdecl_fail(p, d->name.span, CDECL_E_CONSTEXPR_QUALIFIER, fold_spell(p, type));
    return 0;
}

/* LABEL: register int sp asm("rsp") is GCC's. */
static int check_variable(CdeclParse *p, const CdeclSpecs *s, const CdeclDeclarator *d, AbiQType type, const CdeclStrings *label,
                          const CdeclAttributes *a) {
    if (s->storage & (CDECL_ST_AUTO | (label ? 0 : CDECL_ST_REGISTER)))
        return cdecl_fail(p, s->storage_at, CDECL_E_STORAGE_HERE, "declaration outside of functions");
    if ((s->storage & CDECL_ST_CONSTEXPR) && check_constexpr(p, s, d, type) < 0)
        return -1;
    if (type.type->kind == ABI_VOID)
        return cdecl_fail(p, d->name.span, CDECL_E_VOID_VARIABLE, token_length(&d->name), d->name.text);
    if (a && a->has_alignas && a->alignas_ && a->alignas_ < abi_alignof(type))
        return cdecl_fail(p, a->alignas_at, CDECL_E_ALIGNAS_LOWERS, fold_spell(p, type));
    return 0;
}

/* C11 6.2.2p7: one name, one linkage. "extern" takes over what was said before. */
static bool linkage_differs(const CdeclSymbol *old, unsigned flags) {
    bool now_static = flags & CDECL_S_STATIC, was_static = old->flags & CDECL_S_STATIC;
    if (now_static)
        return !was_static;
    return was_static && old->kind == CDECL_VARIABLE && !(flags & CDECL_S_EXTERN);
}

/* NAME is declared again with a type that agrees: what the new declaration adds is merged in. */
static const CdeclSymbol *merge(CdeclParse *p, const CdeclEntry *e, CdeclSymbol *next, const CdeclToken *name) {
    const CdeclSymbol *old = e->symbol;
    AbiError err;
    AbiQType type = abi_composite(p->graph, old->type, next->type, &err);
    if (!type.type) {
        cdecl_fail_abi(p, name->span, &err);
        return NULL;
    }
    unsigned flags = old->flags | next->flags;
    uint32_t align = old->align > next->align ? old->align : next->align;
    bool adds = flags != old->flags || align != old->align || type.type != old->type.type || (next->params && !old->params)
                || (next->link_name && !old->link_name);
    if (!adds)
        return old;
    next->name = old->name;
    next->type = type;
    next->flags = flags;
    next->align = align;
    next->file = old->file;
    next->line = old->line;
    if (!next->params)
        next->params = old->params;
    if (!next->link_name)
        next->link_name = old->link_name;
    if (!next->unusable)
        next->unusable = old->unusable;
    if (!next->body)
        next->body = old->body;
    return symbol_declare(p, name, next);
}

/* C11 6.7.3p10: abi/ leaves out the qualifiers at the top, which for an array are its elements'. */
static bool same_qualifiers(AbiQType a, AbiQType b) {
    while (a.type->kind == ABI_ARRAY && b.type->kind == ABI_ARRAY) {
        a = (AbiQType){a.type->item.type, a.type->item.quals | a.quals};
        b = (AbiQType){b.type->item.type, b.type->item.quals | b.quals};
    }
    return a.quals == b.quals;
}

static const CdeclSymbol *declare_object(CdeclParse *p, const CdeclToken *name, CdeclSymbol *next) {
    const CdeclEntry *e = next ? symbol_own(p, name) : NULL;
    if (!next || cdecl_failed(p))
        return NULL;
    if (e && e->symbol->kind == CDECL_CONSTANT && next->kind == CDECL_VARIABLE && (e->symbol->flags & CDECL_S_DEFINED)
        && e->symbol->type.quals == next->type.quals && fold_compatible(p, e->symbol->type, next->type))
        return e->symbol; /* const int K = 5; extern const int K; */
    if (e && e->symbol->kind == next->kind && same_qualifiers(e->symbol->type, next->type)
        && fold_compatible(p, e->symbol->type, next->type)) {
        bool thread_differs = (e->symbol->flags ^ next->flags) & CDECL_S_THREAD; /* C11 6.7.1p3 */
        if (!thread_differs && !linkage_differs(e->symbol, next->flags))
            return merge(p, e, next, name);
        if (symbol_conflict(p, name, e, thread_differs ? CDECL_E_THREAD_LOCAL : CDECL_E_LINKAGE) < 0)
            return NULL;
    } else if (e) {
        CdeclCode code = e->symbol->kind == next->kind ? CDECL_E_CONFLICTING_TYPES : CDECL_E_OTHER_KIND;
        if (symbol_conflict(p, name, e, code) < 0)
            return NULL;
    }
    return symbol_declare(p, name, next);
}

static const CdeclSymbol *declare_function(CdeclParse *p, CdeclSpecs *s, CdeclDeclarator *d, AbiQType type, CdeclStrings *label,
                                           CdeclAttributes *a) {
    if (check_function(p, s, d, a) < 0)
        return NULL;
    unsigned flags = storage_flags(p, s, a);
    if (p->options && p->options->keep_gil)
        flags |= CDECL_S_KEEP_GIL;
    CdeclSymbol *next = symbol_new(p, &d->name, CDECL_FUNCTION, type, flags);
    if (next) {
        next->params = symbol_parameter_names(p, d);
        next->link_name = symbol_link_name(p, label, a);
        next->align = a ? a->align : 0;
    }
    return declare_object(p, &d->name, next);
}

static const CdeclSymbol *declare_variable(CdeclParse *p, CdeclSpecs *s, CdeclDeclarator *d, AbiQType type, CdeclStrings *label,
                                           CdeclAttributes *a) {
    if (check_variable(p, s, d, type, label, a) < 0)
        return NULL;
    unsigned flags = storage_flags(p, s, a) & ~(unsigned)(CDECL_S_CONST_ATTR | CDECL_S_PURE | CDECL_S_NORETURN | CDECL_S_INLINE);
    if (has_unknown_bound(d))
        flags |= CDECL_S_NEEDS_COMPILER;
    CdeclSymbol *next = symbol_new(p, &d->name, CDECL_VARIABLE, type, flags);
    if (next) {
        next->link_name = symbol_link_name(p, label, a);
        next->align = !a ? 0 : a->align > a->alignas_ ? a->align : a->alignas_;
        if (abi_segment(type))
            next->unusable = "it is in another address space: __seg_fs or __seg_gs";
        if (s->storage & CDECL_ST_REGISTER) {
            next->link_name = NULL;
            next->unusable = "it is a register: it has no address";
        }
    }
    return declare_object(p, &d->name, next);
}

/* ---------------------------------------------------------------- the grammar's actions */

/* specs declarator asm attributes: the name is declared now. */
CdeclDeclared *declare(CdeclParse *p, CdeclSpecs *s, CdeclAttributes *before, CdeclDeclarator *d, CdeclStrings *label,
                       CdeclAttributes *after) {
    CdeclDeclared *h = s && d && !cdecl_failed(p) ? cdecl_temporary(p, sizeof *h) : NULL;
    if (!h)
        return NULL;
    CdeclAttributes *own = attributes_join(p, before, after);
    *h = (CdeclDeclared){.specs = s, .name = d->name, .declarator = d, .first = h};
    bool is_typedef = s->storage & CDECL_ST_TYPEDEF;
    h->type = derive(p, s, d, own, is_typedef ? CDECL_USE_TYPEDEF : CDECL_USE_FILE);
    p->initialized = h->type;
    if (!h->type.type)
        return h;
    if (s->ellipsis && !is_typedef)
        cdecl_fail(p, s->ellipsis_at, CDECL_E_ELLIPSIS_TYPE);
    CdeclAttributes *all = attributes_join(p, attributes_join(p, s->attributes, d->attributes), own);
    if (is_typedef)
        h->symbol = declare_typedef(p, s, d, h->type, all);
    else if (h->type.type->kind == ABI_FUNCTION)
        h->symbol = declare_function(p, s, d, h->type, label, all);
    else
        h->symbol = declare_variable(p, s, d, h->type, label, all);
    return h;
}

/* ", declarator" */
CdeclDeclared *declare_next(CdeclParse *p, CdeclDeclared *before, CdeclAttributes *b, CdeclDeclarator *d, CdeclStrings *label,
                            CdeclAttributes *after) {
    CdeclDeclared *h = declare(p, before ? before->specs : NULL, b, d, label, after);
    if (h)
        h->first = before->first;
    return h;
}

/* No body and no value follow: "int f(a, b);" names parameters without saying what they are. */
CdeclDeclared *declare_end(CdeclParse *p, CdeclDeclared *h) {
    if (!h || cdecl_failed(p))
        return h;
    if (h->specs->storage & CDECL_ST_CONSTEXPR)
        cdecl_fail(p, h->name.span, CDECL_E_CONSTEXPR_VALUE, token_length(&h->name), h->name.text);
    const CdeclDerive *v = h->declarator->inner;
    if (v && v->kind == CDECL_D_FUNCTION && v->parameters->names_only)
        parse_unknown_type(p, v->parameters->first->token);
    return h;
}

/* What nothing that is declared can have. */
static void check_empty(CdeclParse *p, const CdeclSpecs *s) {
    if (s->storage & (CDECL_ST_INLINE | CDECL_ST_NORETURN | CDECL_ST_AUTO | CDECL_ST_REGISTER))
        cdecl_fail(p, s->storage_at, CDECL_E_STORAGE_HERE, "declaration without a name");
}

/* "specs;": a tag, or nothing. */
void declare_none(CdeclParse *p, CdeclSpecs *s) {
    if (!s || specs_resolve(p, s) < 0)
        return;
    if (s->ellipsis)
        cdecl_fail(p, s->ellipsis_at, CDECL_E_ELLIPSIS_TYPE);
    else
        check_empty(p, s);
}

/* "static;": no type, no name. Compilers only warn. */
void declare_no_type(CdeclParse *p, CdeclSpecs *s) {
    if (s && !cdecl_failed(p))
        check_empty(p, s);
}

/* ---------------------------------------------------------------- bodies */

/* The text of the body that was read; macros are replaced in it. NULL: the error is set. */
static const char *body_text(CdeclParse *p) {
    size_t n = p->body_len;
    cdecl_transaction(p);
    char *text = abi_region_alloc(p->region, n + 1);
    if (!text) {
        cdecl_fail(p, p->body.span, CDECL_E_MEMORY);
        return NULL;
    }
    if (n)
        memcpy(text, p->body_text, n);
    text[n] = '\0';
    return text;
}

/* A copy of H's symbol that has a body. Static ones exist in no library. */
static void define(CdeclParse *p, CdeclDeclared *h) {
    CdeclSymbol *symbol = symbol_copy(p, h->symbol);
    if (!symbol)
        return;
    symbol->flags |= CDECL_S_DEFINED;
    if (symbol->flags & CDECL_S_STATIC)
        symbol->unusable = "it is a static function: no library exports it";
    if (symbol->flags & CDECL_S_STATIC && p->body_kept && !(symbol->body = body_text(p)))
        return;
    h->symbol = symbol_declare(p, &h->name, symbol);
}

/* C11 6.9.1p3, p7: what is returned and passed must be complete by now; 6.7.6.2p4: [*] is for prototypes. */
static int check_defined_function(CdeclParse *p, const CdeclDeclared *h, const CdeclParameters *ps) {
    AbiQType result = h->type.type->function->result;
    if (result.type->size == ABI_SIZE_UNKNOWN && result.type->kind != ABI_VOID)
        return cdecl_fail(p, h->name.span, CDECL_E_SIZE_UNKNOWN, fold_spell(p, result));
    for (const CdeclParameter *q = ps->first; q; q = q->next)
        if (q->type.type && q->type.type->size == ABI_SIZE_UNKNOWN)
            return cdecl_fail(p, q->span, CDECL_E_SIZE_UNKNOWN, fold_spell(p, q->type));
        else if (q->star)
            return cdecl_fail(p, q->star->bound->at, CDECL_E_STAR_BOUND);
    return 0;
}

/* declarator { ... } (C11 6.9.1) */
void declare_body(CdeclParse *p, CdeclDeclared *h) {
    if (!h || !h->symbol || cdecl_failed(p))
        return;
    const CdeclDerive *v = h->declarator->inner;
    if (h->symbol->kind != CDECL_FUNCTION || h->first != h || !v || v->kind != CDECL_D_FUNCTION) {
        cdecl_fail(p, p->body.span, CDECL_E_BODY_HERE);
        return;
    }
    if (check_defined_function(p, h, v->parameters) < 0)
        return;
    if ((h->symbol->flags & CDECL_S_DEFINED) && !(p->options && p->options->override)) {
        cdecl_fail(p, h->name.span, CDECL_E_REDEFINED_FUNCTION, token_length(&h->name), h->name.text);
        scope_note(p, symbol_own(p, &h->name), "first defined here");
        return;
    }
    define(p, h);
}

/* auto x = 1; (C23 6.7.2p12), __auto_type x = 1; */
void declare_auto(CdeclParse *p, CdeclSpecs *s, CdeclToken name, CdeclOperand value) {
    if (!s || cdecl_failed(p))
        return;
    if (!(s->storage & CDECL_ST_AUTO) || (s->storage & CDECL_ST_TYPEDEF)) {
        cdecl_fail(p, name.span, CDECL_E_NO_TYPE);
        return;
    }
    AbiQType type = fold_decayed(p, value);
    CdeclDeclarator *d = type.type ? declarator_name(p, name) : NULL;
    if (!d)
        return;
    s->storage &= ~(unsigned)CDECL_ST_AUTO;
    s->has_type = true;
    s->type = type;
    s->type_at = value.span;
    declare_value(p, declare(p, s, NULL, d, NULL, NULL), value);
}
