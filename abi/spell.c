/* spell: types as C text.
 *
 * A C type name is written inside out: the base type, then what the pointers on the way to it add
 * (nearest to the base first), then the place for a name, then brackets and parameters (farthest from the
 * base first). The left part is written from its end backwards, so both parts are one walk along the same
 * chain, without recursion; only parameters nest, and their functions are kept on a stack of our own.
 */

#include <stdio.h>
#include <string.h>

#include "abi/impl.h"

/* A chain of function typedefs that each name the one before twice has a spelling of exponential length:
 * longer ones are cut here. */
#define MAX_SPELLING ((size_t)4 << 20)

enum { INLINE_FRAMES = 16, PIECE = 96 };

typedef struct Frame {
    const AbiFunction *function;
    size_t next; /* parameter to write */
} Frame;

typedef struct Writer {
    AbiSpelling mode;
    char *buf;
    size_t cap, len;
    Frame *frames; /* owned when it is not the first array */
    size_t depth, frame_cap;
    Frame first[INLINE_FRAMES];
} Writer;

/* ---- text */

/* Write at POS, whatever of it fits; the last byte is left for the NUL. */
static void put_at(Writer *w, size_t pos, const char *s, size_t n)
{
    if (pos + 1 >= w->cap)
        return;
    size_t room = w->cap - 1 - pos;
    memcpy(w->buf + pos, s, n < room ? n : room);
}

static void put(Writer *w, const char *s)
{
    size_t n = strlen(s);
    put_at(w, w->len, s, n);
    w->len += n;
}

/* ---- pieces: each returns its text in PIECE bytes, or in a string that lives on */

typedef struct Piece {
    char room[PIECE];
    const char *parts[4]; /* strings, in order; NULL: none */
} Piece;

/* The room is left as it is: clearing it would cost more than all the rest. */
static void piece_init(Piece *p)
{
    for (size_t i = 0; i < sizeof p->parts / sizeof *p->parts; i++)
        p->parts[i] = NULL;
}

static size_t piece_length(const Piece *p)
{
    size_t n = 0;
    for (size_t i = 0; i < sizeof p->parts / sizeof *p->parts; i++)
        n += p->parts[i] ? strlen(p->parts[i]) : 0;
    return n;
}

static void put_piece_at(Writer *w, size_t pos, const Piece *p)
{
    for (size_t i = 0; i < sizeof p->parts / sizeof *p->parts; i++)
        if (p->parts[i]) {
            size_t n = strlen(p->parts[i]);
            put_at(w, pos, p->parts[i], n);
            pos += n;
        }
}

/* The qualifiers of each set; _Atomic comes last, next to the type it is about. */
static const char *qualifiers(unsigned quals)
{
#define SIXTEEN(segment, space) \
    {segment, segment space "const", segment space "volatile", segment space "const volatile", \
     segment space "restrict", segment space "const restrict", segment space "volatile restrict", segment space "const volatile restrict", \
     segment space "_Atomic", segment space "const _Atomic", segment space "volatile _Atomic", segment space "const volatile _Atomic", \
     segment space "restrict _Atomic", segment space "const restrict _Atomic", segment space "volatile restrict _Atomic", \
     segment space "const volatile restrict _Atomic"}
    static const char *const text[3][16] = {SIXTEEN("", ""), SIXTEEN("__seg_fs", " "), SIXTEEN("__seg_gs", " ")};
#undef SIXTEEN
    return text[quals & ABI_SEG_GS ? 2 : quals & ABI_SEG_FS ? 1 : 0][quals & 15];
}

/* cffi has names of its own for the complex types, which C text cannot use. */
static const char *complex_name(const Writer *w, AbiPrim real)
{
    if (w->mode == ABI_SPELL_PLAIN && real == ABI_P_FLOAT)
        return "_cffi_float_complex_t";
    if (w->mode == ABI_SPELL_PLAIN && real == ABI_P_DOUBLE)
        return "_cffi_double_complex_t";
    return NULL;
}

/* Is Q called by its alias? In C a tag says more; the alias of a variant or of a qualified one does not mean the record as it is. */
static bool goes_by_alias(const Writer *w, AbiQType q)
{
    const AbiRecord *r = q.type->record;
    if (!r->alias || (r->alias_align && q.type->main == q.type) || (r->alias_transparent && !q.type->asked_transparent))
        return false;
    return w->mode != ABI_SPELL_C || (!r->tag && !(r->alias_quals & ~q.quals));
}

/* Has T attributes that its name does not say? The alias may be that of this very variant. */
static bool has_attributes(const Writer *w, const AbiType *t)
{
    const AbiRecord *r = abi_has_record(t) && goes_by_alias(w, (AbiQType){t, ~0u}) ? t->record : NULL;
    return t->main != t && !(r && r->alias_align == t->asked_align && r->alias_early == t->asked_early &&
                             r->alias_transparent == t->asked_transparent);
}

static void record_piece(const Writer *w, AbiQType q, Piece *p)
{
    static const char *const keyword[] = {[ABI_STRUCT] = "struct ", [ABI_UNION] = "union ", [ABI_ENUM] = "enum "};
    const AbiRecord *r = q.type->record;
    if (goes_by_alias(w, q)) {
        p->parts[1] = r->alias;
        return;
    }
    p->parts[1] = keyword[q.type->kind];
    p->parts[2] = r->tag ? r->tag : r->serial ? p->room : "<anonymous>";
    if (p->parts[2] == p->room)
        snprintf(p->room, sizeof p->room, "$%u", (unsigned)r->serial);
}

/* A type that no other is the target, element or result of. */
static void base_piece(const Writer *w, AbiQType q, Piece *p)
{
    const AbiType *t = q.type;
    const char *special;
    if (t->prim != ABI_P_NONE)
        p->parts[1] = abi_primitive_spelling((AbiPrim)t->prim);
    else if (abi_has_record(t))
        record_piece(w, q, p);
    else if (t->kind == ABI_COMPLEX) {
        special = complex_name(w, (AbiPrim)t->item.type->prim);
        p->parts[1] = special ? special : abi_primitive_spelling((AbiPrim)t->item.type->prim);
        p->parts[2] = special ? NULL : " _Complex";
    } else if (t->kind == ABI_VECTOR) {
        base_piece(w, t->item, p);
        snprintf(p->room + PIECE / 2, PIECE / 2, " __attribute__((vector_size(%zu)))", t->size);
        p->parts[3] = p->room + PIECE / 2;
    } else { /* _BitInt */
        snprintf(p->room, sizeof p->room, "%s_BitInt(%zu)", t->flags & ABI_F_SIGNED ? "" : "unsigned ", t->length);
        p->parts[1] = p->room;
    }
}

/* ---- the chain */

static bool is_base(const AbiType *t)
{
    return t->prim != ABI_P_NONE || (t->kind != ABI_POINTER && t->kind != ABI_ARRAY && t->kind != ABI_FUNCTION);
}

/* The next type of the chain. Qualifiers of an array are its elements' (C11 6.7.3p9). */
static AbiQType step(AbiQType q)
{
    if (q.type->kind == ABI_FUNCTION)
        return q.type->function->result;
    AbiQType item = q.type->item;
    if (q.type->kind == ABI_ARRAY)
        item.quals |= q.quals;
    return item;
}

/* A pointer to an array or a function needs parentheses: brackets bind closer. */
static bool has_parens(const AbiType *pointer)
{
    return pointer->item.type->kind == ABI_ARRAY || pointer->item.type->kind == ABI_FUNCTION;
}

static const char *convention(const AbiType *t)
{
    if (t->kind != ABI_FUNCTION)
        return NULL;
    switch (t->function->conv) {
    case ABI_STDCALL: return "__stdcall ";
    case ABI_FASTCALL: return "__fastcall ";
    case ABI_THISCALL: return "__thiscall ";
    case ABI_VECTORCALL: return "__vectorcall ";
    case ABI_MS: return "__attribute__((ms_abi)) ";
    case ABI_SYSV: return "__attribute__((sysv_abi)) ";
    case ABI_CDECL: break;
    }
    return NULL;
}

static void pointer_piece(const Writer *w, AbiQType q, Piece *p)
{
    piece_init(p);
    p->parts[0] = has_parens(q.type) ? "(" : " ";
    p->parts[1] = convention(q.type->item.type);
    unsigned quals = w->mode == ABI_SPELL_C ? q.quals : 0;
    p->parts[2] = "*";
    if (q.type->main != q.type) {
        snprintf(p->room, sizeof p->room, "*__attribute__((aligned(%u)))%s", q.type->align, quals ? " " : "");
        p->parts[2] = p->room;
    }
    if (quals)
        p->parts[3] = qualifiers(quals);
}

/* What stands left of the base type's name. */
static const char *base_qualifiers(const Writer *w, AbiQType q)
{
    return w->mode == ABI_SPELL_C && q.quals ? qualifiers(q.quals) : NULL;
}

enum { ATTRIBUTES = 96 }; /* room for a list of them */

/* What makes T a variant, each with PREFIX: an alignment that was asked for before the record was complete, and was raised by
 * that, comes first, for there may be several; the greatest counts. */
static const char *attributes(const AbiType *t, const char *prefix, char out[ATTRIBUTES])
{
    int n = t->asked_transparent ? snprintf(out, ATTRIBUTES, "%stransparent_union%s", prefix, t->asked_align ? ", " : "") : 0;
    char *rest = out + n;
    size_t room = (size_t)(ATTRIBUTES - n);
    if (t->asked_early && t->align != t->asked_align)
        snprintf(rest, room, "%saligned(%u), %saligned(%u)", prefix, t->asked_align, prefix, t->align);
    else if (t->asked_align)
        snprintf(rest, room, "%saligned(%u)", prefix, t->align);
    return out;
}

/* Attributes among the specifiers are about the whole type (GCC's reading of a type name): its base, or an array. WHOLE is
 * NULL in parts of functions. */
static void put_specifier_attributes(const Writer *w, const AbiType *whole, const AbiType *base, char *out, size_t cap)
{
    out[0] = '\0';
    if (w->mode != ABI_SPELL_C || !whole)
        return;
    const char *conv = convention(whole);
    char room[ATTRIBUTES];
    if (has_attributes(w, whole) && (whole->kind == ABI_ARRAY || whole == base))
        snprintf(out, cap, " __attribute__((%s))", attributes(whole, "", room));
    if (conv)
        snprintf(out, cap, " %.*s", (int)strlen(conv) - 1, conv);
}

/* [[gnu::aligned(n)]] is about what it stands beside, whatever is derived from it. */
static void put_attributes(Writer *w, const AbiType *t)
{
    char room[ATTRIBUTES];
    put(w, " [[");
    put(w, attributes(t, "gnu::", room));
    put(w, "]]");
}

/* The base's name. In C, where not every compiler takes C23's attributes there, it has them by itself within __typeof__ if
 * other types are derived from it. */
static void put_base(Writer *w, const AbiType *whole, const AbiType *base, const Piece *name)
{
    char text[ATTRIBUTES + 32], room[ATTRIBUTES];
    bool variant = has_attributes(w, base);
    bool attributes_apart = w->mode == ABI_SPELL_C ? base != whole : base->kind == ABI_VECTOR;
    bool apart = variant && attributes_apart;
    if (apart)
        put(w, "__typeof__(");
    put_piece_at(w, w->len, name);
    w->len += piece_length(name);
    if (apart) {
        snprintf(text, sizeof text, " __attribute__((%s)))", attributes(base, "", room));
        put(w, text);
    } else if (variant && w->mode == ABI_SPELL_PLAIN)
        put_attributes(w, base);
}

/* Write all that stands left of the name's place: backwards, from its end. PART of a function: what its specifiers'
 * attributes align is the function or the parameter, not the type. */
static void put_left(Writer *w, AbiQType whole, bool part)
{
    size_t length = 0;
    AbiQType q = whole;
    for (; !is_base(q.type); q = step(q))
        if (q.type->kind == ABI_POINTER) {
            Piece p;
            pointer_piece(w, q, &p);
            length += piece_length(&p);
        }
    Piece base;
    char specified_by[ATTRIBUTES + 32];
    piece_init(&base);
    base_piece(w, q, &base);
    const AbiType *specified = part ? NULL : whole.type;
    put_specifier_attributes(w, specified, q.type, specified_by, sizeof specified_by);
    if (base_qualifiers(w, q)) {
        put(w, base_qualifiers(w, q));
        put(w, " ");
    }
    put_base(w, specified, q.type, &base);
    put(w, specified_by);
    w->len += length;
    size_t end = w->len;
    for (q = whole; !is_base(q.type); q = step(q))
        if (q.type->kind == ABI_POINTER) {
            Piece p;
            pointer_piece(w, q, &p);
            end -= piece_length(&p);
            put_piece_at(w, end, &p);
        }
}

/* ---- what stands right of the name's place */

/* WHOLE: its alignment is told among the specifiers, in C. */
static void put_array(Writer *w, const AbiType *t, bool whole)
{
    char text[48] = "[]";
    if (abi_length_known(t->length))
        snprintf(text, sizeof text, "[%zu]", t->length);
    else if (t->length == ABI_LENGTH_DEFERRED)
        snprintf(text, sizeof text, "[...]");
    put(w, text);
    if (t->main != t && !(whole && w->mode == ABI_SPELL_C))
        put_attributes(w, t);
}

/* Remember F: its parameters come first, its result after them. */
static bool push(Writer *w, const AbiFunction *f)
{
    if (w->depth == w->frame_cap) {
        size_t cap = w->frame_cap * 2;
        Frame *frames = abi_realloc(w->frames == w->first ? NULL : w->frames, cap * sizeof *frames);
        if (!frames)
            return false;
        if (w->frames == w->first)
            memcpy(frames, w->first, sizeof w->first);
        w->frames = frames;
        w->frame_cap = cap;
    }
    w->frames[w->depth++] = (Frame){.function = f};
    return true;
}

/* The innermost function's next parameter begins, in *Q; or the function ends, and *Q is its result. */
static void next_parameter(Writer *w, AbiQType *q)
{
    Frame *top = &w->frames[w->depth - 1];
    const AbiFunction *f = top->function;
    if (top->next < f->nparams) {
        if (top->next)
            put(w, ", ");
        *q = f->params[top->next++];
        put_left(w, *q, true);
        return;
    }
    if (f->variadic)
        put(w, f->nparams ? ", ..." : "...");
    else if (f->nparams == 0 && !f->unprototyped && w->mode == ABI_SPELL_C)
        put(w, "void");
    put(w, ")");
    w->depth--;
    *q = f->result;
}

/* Write all that stands right of the name's place in Q. */
static void put_right(Writer *w, AbiQType q)
{
    const AbiType *whole = q.type;
    while (w->len < MAX_SPELLING) {
        if (is_base(q.type)) {
            if (w->depth == 0)
                return;
            next_parameter(w, &q);
        } else if (q.type->kind == ABI_FUNCTION) {
            put(w, "(");
            if (!push(w, q.type->function))
                return;
            next_parameter(w, &q);
        } else {
            if (q.type->kind == ABI_ARRAY)
                put_array(w, q.type, q.type == whole);
            else if (has_parens(q.type))
                put(w, ")");
            q = step(q);
        }
    }
}

/* A name is set apart by a space; a declarator that begins with a star needs parentheses before brackets. */
static void put_insert(Writer *w, const AbiType *t, const char *insert, size_t *position)
{
    bool parens = insert[0] == '*' && (t->kind == ABI_ARRAY || t->kind == ABI_FUNCTION);
    if (parens)
        put(w, "(");
    else if (insert[0] && insert[0] != '[' && insert[0] != '(')
        put(w, " ");
    if (position)
        *position = w->len;
    put(w, insert);
    if (parens)
        put(w, ")");
}

/* Spell Q around INSERT: see abi.h. */
size_t abi_spell(AbiQType q, const char *insert, AbiSpelling mode, char *buf, size_t cap, size_t *position)
{
    bool part = mode == ABI_SPELL_C_PART;
    Writer w = {.mode = part ? ABI_SPELL_C : mode, .buf = buf, .cap = cap, .frame_cap = INLINE_FRAMES};
    w.frames = w.first;
    put_left(&w, q, part);
    put_insert(&w, q.type, insert, position);
    put_right(&w, q);
    if (w.frames != w.first)
        abi_free(w.frames);
    if (w.len > MAX_SPELLING)
        w.len = MAX_SPELLING;
    if (cap)
        buf[w.len < cap ? w.len : cap - 1] = '\0';
    return w.len;
}
