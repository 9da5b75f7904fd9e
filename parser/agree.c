/* Does the second definition of a tag say what the first did (C23 6.7.3.4)? The two may be of different
 * scopes, one of which includes the other: names are compared, and what has no tag is compared by what it
 * is, since each scope makes its own. */
#include "parser/actions.h"

enum { MAX_DEPTH = 32 }; /* of types without a tag inside each other; deeper ones are said to differ */

static bool same_name(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_members(const AbiType *a, const AbiType *b, int depth);

static bool same_type(AbiQType a, AbiQType b, int depth);

static bool same_function(const AbiFunction *a, const AbiFunction *b, int depth) {
    if (a->nparams != b->nparams || a->variadic != b->variadic || a->unprototyped != b->unprototyped || a->conv != b->conv)
        return false;
    for (size_t i = 0; i < a->nparams; i++)
        if (!same_type(a->params[i], b->params[i], depth))
            return false;
    return same_type(a->result, b->result, depth);
}

/* Are A and B types of two scopes that were written without a tag, and in the same way? */
static bool same_untagged(const AbiType *a, const AbiType *b, int depth) {
    if (a->record->tag || b->record->tag || !same_name(a->record->alias, b->record->alias))
        return false;
    return a->kind == ABI_ENUM ? agree_enumerators(a, b) : same_members(a, b, depth);
}

static bool same_type(AbiQType a, AbiQType b, int depth) {
    if (a.type == b.type)
        return a.quals == b.quals;
    if (depth == 0 || a.quals != b.quals || a.type->kind != b.type->kind || a.type->prim != b.type->prim || a.type->align != b.type->align)
        return false;
    switch (a.type->kind) {
    case ABI_POINTER:
    case ABI_ARRAY:
        return a.type->length == b.type->length && same_type(a.type->item, b.type->item, depth - 1);
    case ABI_STRUCT:
    case ABI_UNION:
    case ABI_ENUM:
        return a.type->record->complete && b.type->record->complete && same_untagged(a.type, b.type, depth - 1);
    case ABI_FUNCTION:
        return same_function(a.type->function, b.type->function, depth - 1);
    default:
        return false;
    }
}

static bool same_members(const AbiType *a, const AbiType *b, int depth) {
    if (a->size != b->size || a->align != b->align || a->record->count != b->record->count)
        return false;
    for (size_t i = 0; i < a->record->count; i++) {
        const AbiMember *x = &a->record->members[i], *y = &b->record->members[i];
        if (!same_name(x->name, y->name) || x->bit_offset != y->bit_offset || x->offset != y->offset ||
            x->bit_width != y->bit_width || x->flags != y->flags || !same_type(x->type, y->type, depth))
            return false;
    }
    return true;
}

bool agree_members(const AbiType *a, const AbiType *b) {
    return same_members(a, b, MAX_DEPTH);
}

bool agree_enumerators(const AbiType *a, const AbiType *b) {
    if (a->record->count != b->record->count || a->size != b->size)
        return false;
    for (size_t i = 0; i < a->record->count; i++) {
        const AbiEnumerator *x = &a->record->enumerators[i], *y = &b->record->enumerators[i];
        if (!same_name(x->name, y->name) || x->value != y->value || x->negative != y->negative)
            return false;
    }
    return true;
}
