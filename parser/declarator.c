/* Declarators (C11 6.7.6): a list of derivations, linked from the name outward.
 *
 * "*(*f[3])(int)" is read as: f is array[3] of pointer to function(int) returning pointer to ... Every
 * new derivation goes to the outer end; applying them from the outer end inward to the specifiers' type
 * gives f's. Both ends are kept, so that joining two lists takes constant time at any nesting. */
#include "parser/impl.h"
#include "gen/cdecl.h"

static CdeclDeclarator *new_declarator(CdeclParse *p, CdeclToken name, CdeclSpan span) {
    CdeclDeclarator *d = cdecl_temporary(p, sizeof *d);
    if (d) {
        d->name = name;
        d->span = span;
    }
    return d;
}

static CdeclDerive *new_derive(CdeclParse *p, int kind, CdeclSpan span) {
    CdeclDerive *v = cdecl_temporary(p, sizeof *v);
    if (v) {
        v->kind = kind;
        v->span = span;
    }
    return v;
}

/* Put the list INNER..OUTER behind what D has. */
static void append(CdeclDeclarator *d, CdeclDerive *inner, CdeclDerive *outer) {
    if (!inner)
        return;
    if (d->outer)
        d->outer->outer = inner;
    else
        d->inner = inner;
    d->outer = outer;
}

CdeclDeclarator *declarator_name(CdeclParse *p, CdeclToken name) {
    return new_declarator(p, name, name.span);
}

/* The place of the missing name, before the token AT. */
CdeclDeclarator *declarator_abstract(CdeclParse *p, CdeclToken at) {
    return new_declarator(p, (CdeclToken){0}, at.span);
}

/* Take the alignment out of *A, so that the rest is the whole declaration's. NULL: there is none. */
static CdeclAttributes *take_alignment(CdeclParse *p, CdeclAttributes **a) {
    CdeclAttributes *taken = (*a)->align ? cdecl_temporary(p, 2 * sizeof *taken) : NULL;
    if (!taken)
        return NULL;
    taken[0] = (CdeclAttributes){.span = (*a)->span, .align = (*a)->align, .align_at = (*a)->align_at};
    taken[1] = **a;
    taken[1].align = 0;
    *a = &taken[1];
    return taken;
}

/* ( attributes declarator ): an alignment before a pointer is that of what it points to, as GCC has it. */
CdeclDeclarator *declarator_group(CdeclParse *p, CdeclAttributes *a, CdeclDeclarator *d, CdeclToken end) {
    if (!d)
        return NULL;
    d->span = cdecl_join(d->span, end.span);
    CdeclAttributes *own = a && d->inner ? take_alignment(p, &a) : NULL;
    CdeclDerive *v = own ? new_derive(p, CDECL_D_ALIGNED, own->span) : NULL;
    if (v) {
        v->attributes = own;
        append(d, v, v);
    }
    d->attributes = attributes_join(p, d->attributes, a);
    return d;
}

/* declarator [[attributes]]: behind the name an alignment is the declaration's, behind an array or a function its
 * type's (C23 6.7.7.1). */
CdeclDeclarator *declarator_std_attributes(CdeclParse *p, CdeclDeclarator *d, CdeclAttributes *a) {
    if (!d || !a)
        return d;
    if (d->outer)
        d->outer->attributes = attributes_join(p, d->outer->attributes, take_alignment(p, &a));
    d->mode = a->mode ? a : d->mode;
    d->attributes = attributes_join(p, d->attributes, a);
    return d;
}

/* ---------------------------------------------------------------- pointers
 *
 * The stars before a declarator: the last one is nearest to the name, so each new one goes to the
 * inner end. */

CdeclDeclarator *declarator_star(CdeclParse *p, CdeclDeclarator *d, CdeclToken star) {
    CdeclDerive *v = new_derive(p, CDECL_D_POINTER, star.span);
    if (!d)
        d = new_declarator(p, (CdeclToken){0}, star.span);
    if (!d || !v)
        return NULL;
    v->outer = d->inner;
    d->inner = v;
    if (!d->outer)
        d->outer = v;
    d->span = cdecl_join(d->span, star.span);
    return d;
}

/* Apple's blocks, in clang -fblocks: int (^name)(int). */
CdeclDeclarator *declarator_block(CdeclParse *p, CdeclToken caret) {
    CdeclDeclarator *d = declarator_star(p, NULL, caret);
    if (d)
        d->inner->block = true;
    return d;
}

CdeclDeclarator *declarator_star_qualifier(CdeclParse *p, CdeclDeclarator *d, CdeclToken word) {
    (void)p;
    if (d) {
        d->inner->quals |= word.sub;
        d->span = cdecl_join(d->span, word.span);
    }
    return d;
}

CdeclDeclarator *declarator_star_attributes(CdeclParse *p, CdeclDeclarator *d, CdeclAttributes *a) {
    if (d)
        d->inner->attributes = attributes_join(p, d->inner->attributes, a);
    return d;
}

/* STARS before D */
CdeclDeclarator *declarator_pointer(CdeclParse *p, CdeclDeclarator *stars, CdeclDeclarator *d) {
    (void)p;
    if (!stars || !d)
        return NULL;
    append(d, stars->inner, stars->outer);
    d->span = cdecl_join(stars->span, d->span);
    return d;
}

/* ---------------------------------------------------------------- arrays and functions */

CdeclDeclarator *declarator_array(CdeclParse *p, CdeclDeclarator *d, CdeclBound bound, CdeclToken end) {
    CdeclDerive *v = d ? new_derive(p, CDECL_D_ARRAY, end.span) : NULL;
    if (!v || !(v->bound = cdecl_temporary(p, sizeof bound)))
        return NULL;
    *v->bound = bound;
    append(d, v, v);
    d->span = cdecl_join(d->span, end.span);
    return d;
}

/* D (NULL: abstract) followed by parameters. */
CdeclDeclarator *declarator_function(CdeclParse *p, CdeclDeclarator *d, CdeclToken open, CdeclParameters *parameters,
                                     CdeclToken end) {
    if (!d)
        d = declarator_abstract(p, open);
    CdeclDerive *v = new_derive(p, CDECL_D_FUNCTION, cdecl_join(open.span, end.span));
    if (!d || !v || !parameters)
        return NULL;
    parameters_end(p, parameters);
    v->parameters = parameters;
    append(d, v, v);
    d->span = cdecl_join(d->span, end.span);
    return d;
}

/* ---------------------------------------------------------------- bounds */

CdeclBound bound_none(CdeclParse *p) {
    (void)p;
    return (CdeclBound){.kind = CDECL_B_NONE};
}

CdeclBound bound_star(CdeclParse *p, CdeclToken star) {
    (void)p;
    return (CdeclBound){.kind = CDECL_B_STAR, .at = star.span};
}

CdeclBound bound_ellipsis(CdeclParse *p, CdeclToken dots) {
    (void)p;
    return (CdeclBound){.kind = CDECL_B_ELLIPSIS, .at = dots.span};
}

CdeclBound bound_value(CdeclParse *p, CdeclOperand value) {
    (void)p;
    return (CdeclBound){.kind = CDECL_B_VALUE, .value = value, .at = value.span};
}

/* [const ...], [static ...]: for parameters only (C11 6.7.6.2p1); derive.c checks. */
CdeclBound bound_word(CdeclParse *p, const CdeclBound *before, CdeclToken word) {
    CdeclBound b = before ? *before : (CdeclBound){.kind = CDECL_B_NONE, .at = word.span};
    if (word.kind == TK_STATIC && b.is_static)
        cdecl_fail(p, word.span, CDECL_E_DUPLICATE_SPECIFIER, "static");
    if (word.kind == TK_STATIC)
        b.is_static = true;
    else
        b.quals |= word.sub;
    b.has_words = true;
    b.at = cdecl_join(b.at, word.span);
    return b;
}

CdeclBound bound_words(CdeclParse *p, CdeclBound words, CdeclBound bound) {
    (void)p;
    bound.quals = words.quals;
    bound.is_static = words.is_static;
    bound.has_words = true;
    return bound;
}
