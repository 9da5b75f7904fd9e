/* Variables of what is run where a macro is applied, and statements that are no more than a declaration or an expression.
 *
 * A variable that nobody changes is its value, pending or not; any other lies in memory of our own. */
#include "parser/apply.h"

#include "gen/cdecl.h"

/* ---------------------------------------------------------------- names */

const CdeclLocal *apply_local(const CdeclParse *p, CdeclToken name) {
    size_t n = cdecl_token_len(name);
    for (const CdeclLocal *l = p->apply->locals; l; l = l->outer)
        if (l->len == n && memcmp(l->name, name.text, n) == 0)
            return l;
    return NULL;
}

int apply_add_local(CdeclParse *p, const char *name, size_t len, CdeclOperand value) {
    CdeclLocal *l = cdecl_scratch(p, sizeof *l);
    if (!l)
        return -1;
    *l = (CdeclLocal){name, len, value, p->apply->locals};
    p->apply->locals = l;
    return 0;
}

/* ---------------------------------------------------------------- tokens */

/* Which of the N tokens is the first of KIND outside of brackets; N: none. */
size_t apply_find_outside(const CdeclToken *t, size_t n, int kind) {
    size_t depth = 0, i = 0;
    for (; i < n && (depth > 0 || t[i].kind != kind); i++) {
        depth += t[i].kind == TK_LP || t[i].kind == TK_LBRACE || t[i].kind == TK_LBRACKET;
        depth -= (t[i].kind == TK_RP || t[i].kind == TK_RBRACE || t[i].kind == TK_RBRACKET) && depth > 0;
    }
    return i;
}

/* Is the name AT, between START and END, an operand that is changed, or that must have an address? */
static bool changes(const CdeclToken *start, const CdeclToken *at, const CdeclToken *end) {
    const CdeclToken *before = at - 1, *behind = at + 1;
    while (before >= start && before->kind == TK_LP && behind < end && behind->kind == TK_RP) {
        before--;
        behind++;
    }
    int left = before >= start ? before->kind : 0, right = behind < end ? behind->kind : 0;
    return left == TK_AMP || left == TK_INCDEC || right == TK_EQ || right == TK_ASSIGN || right == TK_INCDEC || right == TK_DOT ||
           right == TK_LBRACKET;
}

bool apply_is_changed(const char *name, size_t len, const CdeclToken *start, const CdeclToken *end) {
    for (const CdeclToken *t = start; t < end; t++)
        if (t->kind == TK_IDENTIFIER && cdecl_token_len(*t) == len && memcmp(t->text, name, len) == 0 && changes(start, t, end))
            return true;
    return false;
}

static bool is_qualifier(const CdeclToken *t) {
    return t->kind == TK_IDENTIFIER && cdecl_word(t->text, cdecl_token_len(*t)).kind == TK_QUAL &&
           cdecl_word(t->text, cdecl_token_len(*t)).class == CDECL_W_KEYWORD;
}

/* ---------------------------------------------------------------- braces */

/* The filter has read BRACES, which hold TOKENS (NULL: none): they are kept for who folds them. */
int apply_keep_braces(CdeclParse *p, CdeclToken *braces, CdeclStrings *tokens) {
    CdeclApply *a = p->apply;
    if (a->n_braces == a->cap_braces) {
        CdeclStrings **grown = cdecl_temporary_grow(p, a->braces, a->n_braces, &a->cap_braces, sizeof *grown);
        if (!grown)
            return -1;
        a->braces = grown;
    }
    braces->hash = a->n_braces;
    a->braces[a->n_braces++] = tokens;
    return 0;
}

const CdeclStrings *apply_braces(const CdeclParse *p, CdeclToken braces) {
    return braces.hash < p->apply->n_braces ? p->apply->braces[braces.hash] : NULL;
}

/* ---------------------------------------------------------------- declarations */

/* An object of TYPE, in memory of our own. */
CdeclOperand apply_room(CdeclParse *p, AbiQType type, CdeclSpan span) {
    CdeclOperand o = fold_typed(type, span);
    uint64_t size;
    uint32_t site = p->apply->sites++;
    if (!fold_size(p, span, type, &size))
        return fold_failed(p, span);
    CdeclOperand place = apply_pending(p, o, (CdeclPending){.kind = CDECL_EF_ROOM, .site = site, .object = o});
    o.flags = CDECL_O_LVALUE;
    if (!fold_inherit(&o, &place)) {
        o.flags |= CDECL_O_PLACED;
        o.address = place.value.bits.lo;
        fold_defer(&o, span, CDECL_E_NOT_CONSTANT, NULL);
    }
    return o;
}

void apply_refuse(CdeclParse *p, const CdeclToken *statement) {
    int n = (int)cdecl_token_len(*statement);
    cdecl_fail(p, statement->span, CDECL_E_MACRO_STATEMENT, n < 60 ? n : 60, statement->text);
}

typedef struct Statement {
    const CdeclToken *t;
    size_t n;
    const CdeclToken *rest, *end; /* what is behind it, of its block */
} Statement;

static CdeclOperand refuse(CdeclParse *p, Statement s) {
    apply_refuse(p, &s.t[0]);
    return fold_failed(p, s.t[0].span);
}

/* Does T begin a declaration? */
static bool is_type(CdeclParse *p, const CdeclToken *t) {
    if (t->kind != TK_IDENTIFIER || apply_local(p, *t))
        return false;
    CdeclWord w = cdecl_word(t->text, cdecl_token_len(*t));
    if (w.class == CDECL_W_KEYWORD)
        return w.kind == TK_TYPEWORD || w.kind == TK_QUAL || w.kind == TK_TYPEOF || w.kind == TK_RECORD || w.kind == TK_ENUM ||
               w.kind == TK_STORAGE || w.kind == TK_BITINT || w.kind == TK_STATIC || w.kind == TK_EXTERN;
    const CdeclEntry *e = scope_symbol(p->scope, t->text, cdecl_token_len(*t), cdecl_hash(t->text, cdecl_token_len(*t)), NULL);
    return e ? e->symbol->kind == CDECL_TYPEDEF : w.class == CDECL_W_TYPEDEF;
}

/* Behind the name that the N tokens of a declarator, with its specifiers, declare; 0: it is not found. */
static size_t behind_name(const CdeclToken *t, size_t n) {
    for (size_t i = 0; i + 2 < n; i++) /* a pointer to a function or an array: (*name) */
        if (t[i].kind == TK_LP && t[i + 1].kind == TK_STAR && t[i + 2].kind == TK_IDENTIFIER)
            return i + 3;
    size_t bracket = apply_find_outside(t, n, TK_LBRACKET);
    return bracket > 0 && t[bracket - 1].kind == TK_IDENTIFIER ? bracket : 0;
}

/* How many of the tokens of TYPE NAME, of which NAME is the last before BEHIND, are the specifiers that further
 * declarators share: int *const a, b. */
static size_t count_specifiers(const CdeclToken *t, size_t behind) {
    size_t n = behind - 1;
    while (n > 0 && (t[n - 1].kind == TK_STAR || is_qualifier(&t[n - 1])))
        n--;
    while (n < behind - 1 && is_qualifier(&t[n]))
        n++;
    return n;
}

/* The declared NAME, of TYPE: VALUE is what it is initialised with, if HAS_VALUE, else the tokens behind EQ, if BRACED. */
static CdeclOperand make_object(CdeclParse *p, Statement s, const CdeclToken *name, AbiQType type, bool braced, CdeclOperand *value) {
    size_t eq = apply_find_outside(s.t, s.n, TK_EQ), brace = braced;
    CdeclOperand object, done = apply_nothing(p, name->span);
    type.quals &= ~(unsigned)ABI_CONST;
    if (braced || (value && type.type->kind == ABI_ARRAY))
        object = apply_braced(p, type, s.t + eq + 1 + brace, s.n - eq - 1 - 2 * brace, name->span, &done);
    else
        object = apply_room(p, type, name->span);
    if (cdecl_failed(p) || apply_add_local(p, name->text, cdecl_token_len(*name), object) < 0)
        return fold_failed(p, name->span);
    if (braced || (value && type.type->kind == ABI_ARRAY))
        return done;
    if (value) /* which has its places before the object has: so it comes first */
        return apply_after(*value, apply_assign(p, (CdeclToken){.text = "=", .text_len = 1}, object, *value));
    return apply_void(p, object.flags & CDECL_O_PLACED ? fold_known(object.type.type, 0, name->span) : object);
}

/* TYPE NAME = VALUE, or without a value. What has to be done for it. */
static CdeclOperand declare_one(CdeclParse *p, Statement s) {
    size_t eq = apply_find_outside(s.t, s.n, TK_EQ), behind = behind_name(s.t, eq);
    CdeclOperand value = fold_failed(p, s.t[0].span);
    CdeclTypeName type;
    if (behind < 2 || apply_find_outside(s.t, eq, TK_LBRACE) < eq)
        return refuse(p, s);
    const CdeclToken *name = &s.t[behind - 1];
    bool braced = eq + 2 < s.n && s.t[eq + 1].kind == TK_LBRACE && s.t[s.n - 1].kind == TK_RBRACE;
    bool has_value = eq < s.n && !braced;
    if (has_value && cdecl_evaluate(p, s.t + eq + 1, s.n - eq - 1, &value) < 0)
        return value;
    if (cdecl_token_is(&s.t[0], "__auto_type"))
        type.type = fold_decayed(p, value);
    else if (cdecl_evaluate_type(p, s.t, eq, &type) < 0)
        return fold_failed(p, s.t[0].span);
    if (cdecl_failed(p))
        return value;
    if (!has_value || !fold_is_scalar(type.type.type) || apply_is_changed(name->text, cdecl_token_len(*name), s.rest, s.end))
        return make_object(p, s, name, type.type, braced, has_value ? &value : NULL);
    value = fold_cast(p, value.span, (AbiQType){type.type.type, 0}, value);
    return apply_add_local(p, name->text, cdecl_token_len(*name), value) < 0 ? fold_failed(p, name->span) : value;
}

/* TYPE A = 1, *B = &A: one after the other. */
static CdeclOperand declare_all(CdeclParse *p, Statement s) {
    size_t n = apply_find_outside(s.t, s.n, TK_COMMA), eq = apply_find_outside(s.t, n, TK_EQ), behind = behind_name(s.t, eq);
    if (n == s.n)
        return declare_one(p, s);
    if (behind < 2 || apply_find_outside(s.t, eq, TK_LP) < eq)
        return refuse(p, s);
    size_t shared = count_specifiers(s.t, behind);
    CdeclOperand done = apply_nothing(p, s.t[0].span);
    for (size_t at = shared; at < s.n && !cdecl_failed(p); at += n + 1) {
        n = apply_find_outside(s.t + at, s.n - at, TK_COMMA);
        CdeclToken *one = cdecl_temporary(p, (shared + n) * sizeof *one);
        if (!one)
            return fold_failed(p, s.t[0].span);
        memcpy(one, s.t, shared * sizeof *one);
        memcpy(one + shared, s.t + at, n * sizeof *one);
        done = apply_sequence(done, declare_one(p, (Statement){one, shared + n, s.t + at + n, s.end}));
    }
    return done;
}

/* ---------------------------------------------------------------- statements */

/* Without what says nothing here: __extension__, register, static before const, attributes in front. */
static Statement bare(Statement s) {
    for (;;) {
        size_t n = 0;
        if (s.n > 0 && (cdecl_token_is(&s.t[0], "__extension__") || cdecl_token_is(&s.t[0], "register")))
            n = 1;
        else if (s.n > 1 && cdecl_token_is(&s.t[0], "static") && cdecl_token_is(&s.t[1], "const"))
            n = 1;
        else if (s.n > 3 && cdecl_token_is(&s.t[0], "__attribute__") && s.t[1].kind == TK_LP)
            n = 3 + apply_find_outside(s.t + 2, s.n - 2, TK_RP);
        if (n == 0 || n > s.n)
            return s;
        s.t += n;
        s.n -= n;
    }
}

/* The declaration or expression of the N tokens; END: of what its variables are seen in. */
CdeclOperand apply_statement(CdeclParse *p, const CdeclToken *t, size_t n, const CdeclToken *end) {
    static const char *const words[] = {"goto", "asm", "__asm__", "__asm", "static", "extern", "typedef"};
    Statement s = bare((Statement){t, n, t + n, end});
    if (s.n == 0)
        return apply_nothing(p, (CdeclSpan){0});
    CdeclOperand value = fold_failed(p, s.t[0].span);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (cdecl_token_is(&s.t[0], words[i]))
            return refuse(p, s);
    if (is_type(p, &s.t[0]))
        return declare_all(p, s);
    if (cdecl_evaluate(p, s.t, s.n, &value) < 0 || value.value.kind == CDECL_V_STRING)
        return value;
    return fold_rvalue(p, value);
}
