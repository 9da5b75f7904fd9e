/* Macros without a definition: __FILE__, __LINE__, __COUNTER__, _Pragma and their like. */
#include "parser/pp.h"

#include "parser/text.h"

#include "gen/cdecl.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const struct { const char *name; PpBuiltin builtin; bool function_like; } builtins[] = {
    {"__FILE__", PP_FILE, false},
    {"__LINE__", PP_LINE, false},
    {"__COUNTER__", PP_COUNTER, false},
    {"__INCLUDE_LEVEL__", PP_INCLUDE_LEVEL, false},
    {"__BASE_FILE__", PP_BASE_FILE, false},
    {"__DATE__", PP_DATE, false},
    {"__TIME__", PP_TIME, false},
    {"__TIMESTAMP__", PP_TIMESTAMP, false},
    {"_Pragma", PP_PRAGMA, true},
    {"__pragma", PP_PRAGMA_TOKENS, true},
    {"__has_include", PP_HAS_INCLUDE, true},
    {"__has_include_next", PP_HAS_INCLUDE_NEXT, true},
    {"__has_embed", PP_HAS_EMBED, true},
    {"__has_attribute", PP_HAS_ATTRIBUTE, true},
    {"__has_cpp_attribute", PP_HAS_C_ATTRIBUTE, true},
    {"__has_c_attribute", PP_HAS_C_ATTRIBUTE, true},
    {"__has_builtin", PP_HAS_BUILTIN, true},
};

/* Put the built-in macros into an empty table. 0, or -1 when out of memory. */
int pp_define_builtins(PpTable *t) {
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++) {
        PpName *name = pp_name(t, builtins[i].name, strlen(builtins[i].name));
        PpMacro *m = name ? pp_table_alloc(t, sizeof *m) : NULL;
        if (!m)
            return -1;
        *m = (PpMacro){.name = name, .builtin = (uint8_t)builtins[i].builtin, .function_like = builtins[i].function_like};
        if (pp_set(t, name, m) < 0)
            return -1;
    }
    return 0;
}

/* ---------------------------------------------------------------- what they stand for */

static int make_number(CdeclPp *pp, uint64_t n, CdeclToken *out) {
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    return pp_make_token(pp, digits, (size_t)len, TK_NUMBER, out);
}

/* TEXT as a string literal. */
static int make_string(CdeclPp *pp, const char *text, CdeclToken *out) {
    CdeclToken t = {.kind = TK_STRING, .text = text, .text_len = (uint32_t)strlen(text)};
    if (t.text_len == 0)
        return pp_make_token(pp, "\"\"", 2, TK_STRING, out);
    return pp_stringify(pp, &t, 1, out);
}

/* __DATE__ "Feb  5 2026", __TIME__ "12:34:56", in local time (C11 6.10.8.1); month names are C's. */
static int make_time(CdeclPp *pp, bool date, CdeclToken *out) {
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char text[64];
    struct tm tm;
    time_t now = time(NULL);
    if (!localtime_r(&now, &tm))
        return make_string(pp, date ? "??? ?? ????" : "??:??:??", out);
    if (date)
        snprintf(text, sizeof text, "%s %2d %4d", months[tm.tm_mon % 12], tm.tm_mday, tm.tm_year + 1900);
    else
        snprintf(text, sizeof text, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
    return make_string(pp, text, out);
}

static int make_place(CdeclPp *pp, PpBuiltin which, CdeclSpan at, CdeclToken *out) {
    const char *name = pp->files[0].name;
    uint32_t line = 0;
    if (which != PP_BASE_FILE && at.source < pp->parse->n_texts)
        line = cdecl_line(pp->parse, at, &name);
    return which == PP_LINE ? make_number(pp, line, out) : make_string(pp, name, out);
}

/* ---------------------------------------------------------------- _Pragma */

/* A token's text may be gone once the next is read, when no macro is left: what is kept is copied. */

/* What string literal T holds, in scratch memory up to *END; NULL: it is none, or memory is short. */
static char *unquoted(CdeclPp *pp, CdeclToken t, char **end) {
    size_t n = cdecl_token_len(t);
    const char *s = t.text, *quote = t.kind == TK_STRING ? memchr(s, '"', n) : NULL;
    char *text = quote ? cdecl_scratch(pp->parse, n + 1) : NULL;
    if (!text)
        return NULL;
    *end = text;
    for (const char *p = quote + 1; p < s + n - 1; p++) {
        if (*p == '\\' && (p[1] == '"' || p[1] == '\\'))
            p++;
        *(*end)++ = *p;
    }
    return text;
}

/* _Pragma("text"): the directive #pragma text (C11 6.10.9). As GCC does, macros are replaced between its parentheses. */
static int run_pragma(CdeclPp *pp, CdeclSpan at) {
    CdeclToken paren, string, close;
    if (pp_expanded(pp, &paren) < 0 || pp_expanded(pp, &string) < 0)
        return -1;
    char *end = NULL, *text = paren.kind == TK_LP ? unquoted(pp, string, &end) : NULL;
    if (cdecl_failed(pp->parse) || pp_expanded(pp, &close) < 0)
        return -1;
    if (!text || close.kind != TK_RP)
        return cdecl_fail(pp->parse, at, CDECL_E_PP_PRAGMA_OPERATOR);
    CdeclLexer lx = {text, text, end, PP_NOWHERE, false};
    return pp_pragma(pp, &lx, at);
}

/* Put the tokens up to the parenthesis that closes one at AT to OUT. */
static int read_pragma_tokens(CdeclPp *pp, CdeclSpan at, Text *out) {
    CdeclToken t;
    for (size_t depth = 1; depth > 0;) {
        if (pp_expanded(pp, &t) < 0)
            return -1;
        if (t.kind == TK_END)
            return cdecl_fail(pp->parse, at, CDECL_E_PP_PRAGMA_OPERATOR);
        depth += t.kind == TK_LP;
        depth -= t.kind == TK_RP;
        if (depth > 0) {
            text_put(out, t.text, cdecl_token_len(t));
            text_put_string(out, " ");
        }
    }
    return out->failed ? cdecl_fail(pp->parse, at, CDECL_E_MEMORY) : 0;
}

/* __pragma(tokens), as Microsoft's compilers have it: the same without quotes. */
static int run_pragma_tokens(CdeclPp *pp, CdeclSpan at) {
    CdeclToken paren;
    Text text = {0};
    if (pp_expanded(pp, &paren) < 0)
        return -1;
    if (paren.kind != TK_LP)
        return cdecl_fail(pp->parse, at, CDECL_E_PP_PRAGMA_OPERATOR);
    int failed = read_pragma_tokens(pp, at, &text);
    char *kept = failed ? NULL : cdecl_scratch(pp->parse, text.len + 1);
    if (kept)
        memcpy(kept, text.data ? text.data : "", text.len + 1);
    free(text.data);
    if (!kept)
        return -1;
    CdeclLexer lx = {kept, kept, kept + text.len, PP_NOWHERE, false};
    return pp_pragma(pp, &lx, at);
}

/* Read what the built-in macro M, named by NAME, stands for. */
int pp_builtin(CdeclPp *pp, const PpMacro *m, const CdeclToken *name) {
    CdeclToken out;
    int failed;
    switch (m->builtin) {
    case PP_FILE: case PP_LINE: case PP_BASE_FILE: failed = make_place(pp, m->builtin, name->span, &out); break;
    case PP_COUNTER: failed = make_number(pp, pp->table->counter++, &out); break;
    case PP_INCLUDE_LEVEL: failed = make_number(pp, pp->n_files - 1, &out); break;
    case PP_DATE: failed = make_time(pp, true, &out); break;
    case PP_TIME: failed = make_time(pp, false, &out); break;
    case PP_TIMESTAMP: failed = make_string(pp, "??? ??? ?? ??:??:?? ????", &out); break;
    case PP_PRAGMA: return run_pragma(pp, name->span);
    case PP_PRAGMA_TOKENS: return run_pragma_tokens(pp, name->span);
    default: failed = pp_feature(pp, m, name, &out); break;
    }
    CdeclToken *kept = failed ? NULL : pp_alloc(pp, sizeof *kept);
    if (!kept)
        return -1;
    *kept = out;
    kept->span = name->span;
    return pp_push(pp, kept, 1, NULL, name->flags & CDECL_T_SPACE);
}
