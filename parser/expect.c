/* Syntax errors: what was expected, asked from the grammar's own tables.
 *
 * Whatever the grammar could take instead of the token is known exactly; a message names the sensible
 * few. The commonest mistakes have messages of their own: a type that nobody declared, a missing
 * semicolon, brackets that do not match, a text that ends too early. */
#include "parser/impl.h"
#include "gen/cdecl.h"

#include <stdio.h>

static int length(const CdeclToken *t) {
    size_t n = cdecl_token_len(*t);
    return n > 60 ? 60 : (int)n;
}

static bool is_name(const CdeclToken *t) {
    return t->kind == TK_IDENTIFIER || t->kind == TK_TYPENAME || t->kind == TK_AUTONAME;
}

/* ---------------------------------------------------------------- "unknown type name" */

void parse_unknown_type(CdeclParse *p, CdeclToken name) {
    char near[64];
    size_t n = cdecl_token_len(name);
    static const AbiKind kinds[] = {ABI_STRUCT, ABI_UNION, ABI_ENUM};
    const CdeclEntry *tag = NULL;
    for (int i = 0; !tag && i < 3; i++)
        tag = scope_tag(p->scope, kinds[i], name.text, n, cdecl_hash(name.text, n), NULL);
    if (tag) {
        static const char *const words[] = {[ABI_STRUCT] = "struct", [ABI_UNION] = "union", [ABI_ENUM] = "enum"};
        cdecl_fail(p, name.span, CDECL_E_UNKNOWN_TYPE_TAG, length(&name), name.text, words[tag->type->kind], length(&name), name.text);
    } else if (cdecl_near_type(p->scope, name.text, n, near, sizeof near)) {
        cdecl_fail(p, name.span, CDECL_E_UNKNOWN_TYPE_NEAR, length(&name), name.text, near);
    } else {
        cdecl_fail(p, name.span, CDECL_E_UNKNOWN_TYPE, length(&name), name.text);
    }
}

/* f(foo x): foo was taken for the first of an old-style list of names. */
static bool was_taken_for_parameter(const CdeclParse *p, const CdeclToken *t) {
    return p->last.kind == TK_IDENTIFIER && (is_name(t) || t->kind == TK_STAR) && parse_accepts(p, TK_RP)
           && parse_accepts(p, TK_COMMA) && !parse_accepts(p, TK_LP) && !parse_accepts(p, TK_PLUS);
}

/* ---------------------------------------------------------------- brackets */

static bool is_closer(int kind) {
    return kind == TK_RP || kind == TK_RBRACKET || kind == TK_RBRACE;
}

static void note_open_bracket(CdeclParse *p) {
    char text[40];
    if (p->n_brackets == 0)
        return;
    const CdeclToken *open = &p->brackets[p->n_brackets - 1];
    snprintf(text, sizeof text, "to match this '%.*s'", length(open), open->text);
    cdecl_note(p, open->span, text);
}

/* Could the innermost open bracket be closed here? */
static bool closer_is_due(const CdeclParse *p) {
    int open = p->n_brackets ? p->brackets[p->n_brackets - 1].kind : 0;
    return (open == TK_LP && parse_accepts(p, TK_RP)) || (open == TK_LBRACKET && parse_accepts(p, TK_RBRACKET));
}

/* ---------------------------------------------------------------- the list */

typedef struct Choice {
    int kind;
    const char *text;
} Choice;

/* What a message may name, the likeliest first. */
static const Choice choices[] = {
    {TK_SEMI, "';'"},          {TK_RP, "')'"},       {TK_RBRACKET, "']'"}, {TK_RBRACE, "'}'"},
    {TK_COMMA, "','"},         {TK_TYPENAME, "a type"}, {TK_IDENTIFIER, "a name"}, {TK_NUMBER, "an expression"},
    {TK_LBRACE, "'{'"},        {TK_LP, "'('"},       {TK_EQ, "'='"},       {TK_STRING, "a string"},
    {TK_COLON, "':'"},         {TK_ELLIPSIS, "'...'"}, {TK_ATTR_WORD, "an attribute"}, {TK_BRACED, "'{'"},
};

/* After a complete declarator or expression nearly everything can follow; that would only confuse. */
static bool worth_naming(const CdeclParse *p, int kind, size_t named) {
    if (kind == TK_NUMBER)
        return !parse_accepts(p, TK_SEMI) || named == 0;
    if (kind == TK_IDENTIFIER)
        return !parse_accepts(p, TK_NUMBER);
    if (kind == TK_LP)
        return named == 0;
    if (kind == TK_EQ || kind == TK_COLON || kind == TK_ELLIPSIS || kind == TK_STRING || kind == TK_BRACED || kind == TK_ATTR_WORD)
        return named == 0;
    return true;
}

static void put(char *buf, size_t cap, const char *text) {
    size_t n = strlen(buf);
    snprintf(buf + n, cap - n, "%s", text);
}

/* "';', ',' or '='" */
static void list_expected(const CdeclParse *p, char *buf, size_t cap) {
    const char *texts[4];
    size_t n = 0;
    for (size_t i = 0; i < sizeof choices / sizeof choices[0] && n < 4; i++)
        if (parse_accepts(p, choices[i].kind) && worth_naming(p, choices[i].kind, n))
            texts[n++] = choices[i].text;
    buf[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            put(buf, cap, i + 1 == n ? " or " : ", ");
        put(buf, cap, texts[i]);
    }
    if (n == 0)
        put(buf, cap, "something else");
}

/* ---------------------------------------------------------------- the message */

static CdeclSpan behind(CdeclSpan at) {
    return (CdeclSpan){at.source, at.offset + at.len, 0};
}

/* WHAT is missing before the token being passed on: the caret goes behind the one before it, if there is one. */
void parse_missing(CdeclParse *p, const char *what) {
    if (p->now.kind == TK_END)
        cdecl_fail(p, behind(p->last.span), CDECL_E_MISSING_AT_END, what);
    else
        cdecl_fail(p, p->last.text ? behind(p->last.span) : p->now.span, CDECL_E_MISSING, what, length(&p->now), p->now.text);
}

static void end_of_input(CdeclParse *p, const char *expected) {
    cdecl_fail(p, behind(p->last.span), p->is_type ? CDECL_E_TYPE_ENDS : CDECL_E_TEXT_ENDS, expected);
    note_open_bracket(p);
}

/* The token T cannot stand here. */
void parse_syntax_error(CdeclParse *p, CdeclToken t) {
    char expected[120];
    if (cdecl_failed(p))
        return;
    if (t.kind == TK_IDENTIFIER && parse_accepts(p, TK_TYPENAME)) {
        parse_unknown_type(p, t);
        return;
    }
    if (was_taken_for_parameter(p, &t)) {
        parse_unknown_type(p, p->last);
        return;
    }
    list_expected(p, expected, sizeof expected);
    if (t.kind == 0 || t.kind == TK_END) {
        end_of_input(p, expected);
        return;
    }
    if (is_closer(t.kind) && p->n_brackets == 0 && !p->closed) {
        cdecl_fail(p, t.span, CDECL_E_UNOPENED, length(&t), t.text);
        return;
    }
    bool semicolon = parse_accepts(p, TK_SEMI) && !is_closer(t.kind) && (t.flags & CDECL_T_LINE_START);
    if (semicolon || (parse_accepts(p, TK_SEMI) && t.kind == TK_RBRACE)) {
        parse_missing(p, ";");
        return;
    }
    cdecl_fail(p, t.span, CDECL_E_SYNTAX, expected, length(&t), t.text);
    if (is_closer(t.kind) || closer_is_due(p))
        note_open_bracket(p);
}
