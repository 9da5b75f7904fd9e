/* What an initialiser's braces hold, for the length of an array: int a[] = { 1, [4] = 2 }, char s[] = {"abc"}.
 *
 * The filter shows the tokens as it skips them; what is kept of each item is its shape. How many elements
 * they are depends on the type, for braces may be left out around what is inside (C11 6.7.9p20). */
#include "parser/impl.h"
#include "gen/cdecl.h"

typedef enum ItemKind {
    ITEM_VALUE,
    ITEM_STRING, /* literals and nothing else: a whole array of characters, or a pointer */
    ITEM_BRACED, /* { ... }: whatever is due as a whole */
    ITEM_WHOLE,  /* (struct s){ ... }: the same, but for an array */
    ITEM_PART    /* [3].member = ...: what follows goes on behind the member */
} ItemKind;

struct CdeclItem {
    uint8_t kind;
    bool has_index;
    uint32_t index; /* of the element that it starts */
    uint32_t count; /* so many in a row: tables have millions */
};

/* ---------------------------------------------------------------- reading */

static int push(CdeclParse *p, CdeclBraces *b, struct CdeclItem item) {
    struct CdeclItem *last = b->n ? &b->items[b->n - 1] : NULL;
    if (last && last->kind == item.kind && !item.has_index && last->count < UINT32_MAX) {
        last->count++;
        return 0;
    }
    if (b->n == b->cap) {
        struct CdeclItem *grown = cdecl_temporary_grow(p, b->items, b->n, &b->cap, sizeof *grown);
        if (!grown)
            return -1;
        b->items = grown;
    }
    b->items[b->n++] = item;
    return 0;
}

static ItemKind kind_of(const CdeclBraces *b) {
    if (b->part)
        return ITEM_PART;
    if (b->first == TK_LBRACE)
        return ITEM_BRACED;
    if (b->only_strings)
        return ITEM_STRING;
    return b->last == TK_RBRACE ? ITEM_WHOLE : ITEM_VALUE;
}

/* A comma, or the end. 0 or -1. */
int braces_end_item(CdeclParse *p, CdeclBraces *b) {
    struct CdeclItem item = {(uint8_t)kind_of(b), b->has_index, b->index, 1};
    int failed = b->first || b->has_index ? push(p, b, item) : 0;
    b->first = b->last = 0;
    b->has_index = b->part = false;
    return failed;
}

/* The designator [INDEX] stands before the next item; PART: more designators follow. KNOWN: it is a constant. */
void braces_designate(CdeclBraces *b, bool known, uint32_t index, bool part) {
    b->unknown = b->unknown || !known;
    b->has_index = true;
    b->index = index;
    b->part = part;
}

/* Token T, which is no designator at the start of an item. 0 or -1. */
int braces_token(CdeclParse *p, CdeclBraces *b, const CdeclToken *t) {
    bool opens = t->kind == TK_LBRACE || t->kind == TK_LP || t->kind == TK_LBRACKET;
    bool closes = t->kind == TK_RBRACE || t->kind == TK_RP || t->kind == TK_RBRACKET;
    if (t->kind == TK_COMMA && b->depth == 0)
        return braces_end_item(p, b);
    if (!b->first) {
        b->first = t->kind;
        b->only_strings = true;
        b->unknown = b->unknown || (t->kind == TK_DOT && !b->part);
    }
    b->only_strings = b->only_strings && (t->kind == TK_STRING || t->kind == TK_LP || t->kind == TK_RP);
    b->depth += opens;
    b->depth -= closes && b->depth > 0;
    b->last = t->kind;
    if (t->kind == TK_STRING && b->n == 0 && b->only_strings && !(b->string = strings_add(p, b->string, *t)))
        return -1;
    return 0;
}

/* ---------------------------------------------------------------- counting */

typedef struct Count {
    const CdeclBraces *braces;
    uint64_t start; /* the item that begins the element, */
    uint64_t next;  /* and the one to be taken: counted one by one, */
    size_t row;     /* which is in the row ITEMS[ROW], that ends before */
    uint64_t row_end;
    bool unknown;
} Count;

static bool takes_string(const AbiType *t) {
    return t->kind == ABI_ARRAY && !abi_is_record(t->item.type) && t->item.type->kind != ABI_ARRAY && t->item.type->kind != ABI_POINTER;
}

static Count count_from_start(const CdeclBraces *b) {
    return (Count){.braces = b, .row_end = b->n ? b->items[0].count : 0, .unknown = b->unknown};
}

static bool at_end(const Count *c) {
    return c->row == c->braces->n;
}

/* The row of the next item. */
static const struct CdeclItem *row_of(const Count *c) {
    return &c->braces->items[c->row];
}

static bool has_index(const Count *c) {
    return row_of(c)->has_index && c->row_end - c->next == row_of(c)->count; /* the first of its row */
}

/* The next item is taken. */
static void advance(Count *c) {
    if (++c->next == c->row_end && ++c->row < c->braces->n)
        c->row_end += row_of(c)->count;
}

/* May the next item go on with what is being filled? */
static bool goes_on(const Count *c) {
    return !c->unknown && !at_end(c) && (c->next == c->start || !has_index(c));
}

static void take(Count *, const AbiType *, unsigned depth);

static void take_members(Count *c, const AbiType *t, unsigned depth) {
    for (size_t i = 0; i < t->record->count && goes_on(c); i++) {
        const AbiMember *m = &t->record->members[i];
        if (!m->name && !(m->flags & ABI_M_ANONYMOUS))
            continue; /* unnamed bit-fields are not initialised (C11 6.7.9p9) */
        take(c, m->type.type, depth + 1);
        if (t->kind == ABI_UNION)
            return;
    }
}

static void take_elements(Count *c, const AbiType *t, unsigned depth) {
    if (!abi_length_known(t->length))
        c->unknown = true; /* a flexible array */
    for (size_t i = 0; i < t->length && goes_on(c); i++) {
        uint64_t before = c->next;
        take(c, t->item.type, depth + 1);
        if (c->next == before)
            return; /* elements of no members */
    }
}

/* Values fill the lanes of a vector one by one, as GCC has it. */
static void take_lanes(Count *c, const AbiType *t) {
    for (size_t i = 0; i < t->length && goes_on(c) && row_of(c)->kind == ITEM_VALUE; i++)
        advance(c);
}

/* Take what fills a T: one item that stands for all of it, or as many as it has parts. */
static void take(Count *c, const AbiType *t, unsigned depth) {
    enum { MAX_DEPTH = 64 };
    uint8_t kind = row_of(c)->kind;
    bool aggregate = abi_is_aggregate(t);
    if (depth > MAX_DEPTH)
        c->unknown = true;
    else if (t->kind == ABI_VECTOR && kind == ITEM_VALUE)
        take_lanes(c, t);
    else if (!aggregate || kind == ITEM_BRACED || kind == ITEM_PART || (kind == ITEM_WHOLE && abi_is_record(t)) ||
             (kind == ITEM_STRING && takes_string(t)))
        advance(c);
    else if (t->kind == ABI_ARRAY)
        take_elements(c, t, depth);
    else
        take_members(c, t, depth);
}

/* The string that is all there is between the braces, or NULL. */
const CdeclStrings *braces_string(const CdeclBraces *b) {
    return b->n == 1 && b->items[0].count == 1 && b->items[0].kind == ITEM_STRING && !b->items[0].has_index ? b->string : NULL;
}

/* char s[] = {"abc"}: as long as the string (C11 6.7.9p14, p15). */
static bool string_length(CdeclParse *p, const AbiType *item, const CdeclBraces *b, size_t *length) {
    const CdeclStrings *string = braces_string(b);
    if (!string || !fold_is_integer(item))
        return false;
    CdeclOperand s = fold_string(p, string->tokens, string->n);
    const AbiType *t = s.type.type;
    if (cdecl_failed(p) || t->kind != ABI_ARRAY || t->item.type->size != item->size)
        return false;
    *length = t->length;
    return true;
}

/* The length that the braces B give to an array of ITEM. False: it is not known, or the error is set. */
bool braces_length(CdeclParse *p, const AbiType *item, const CdeclBraces *b, size_t *length) {
    Count c = count_from_start(b);
    size_t element = 0;
    *length = 0;
    if (string_length(p, item, b, length))
        return true;
    while (!cdecl_failed(p) && !c.unknown && !at_end(&c)) {
        uint8_t kind = row_of(&c)->kind;
        c.start = c.next;
        element = has_index(&c) ? row_of(&c)->index : element;
        take(&c, item, 0);
        c.unknown = c.unknown || c.next == c.start || (kind == ITEM_PART && goes_on(&c));
        element++;
        *length = element > *length ? element : *length;
    }
    return !cdecl_failed(p) && !c.unknown;
}
