/* The parser's messages: recorded when they happen, written out when the parse ends.
 *
 * An error is a code, a span and a formatted line; finding the line number, the column and the source
 * line costs a scan of the text, so it is done once, in cdecl_report, for the one error that wins. */
#include "parser/impl.h"
#include "parser/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- the catalogue */

typedef struct Message {
    CdeclCategory category;
    const char *format;
} Message;

static const Message catalogue[CDECL_CODE_COUNT] = {
    [CDECL_OK] = {CDECL_CAT_NONE, ""},
#define E(id, category, format) [CDECL_E_##id] = {category, format},
#include "parser/errors.def"
#undef E
};

CdeclCategory cdecl_category(CdeclCode code) {
    return catalogue[code].category;
}

static CdeclCode code_of_abi(AbiCode code) {
    switch (code) {
    case ABI_ENOMEM: return CDECL_E_MEMORY;
    case ABI_EUNSUPPORTED: return CDECL_E_ABI_UNSUPPORTED;
    default: return CDECL_E_ABI_TYPE;
    }
}

/* ---------------------------------------------------------------- UTF-8 */

/* Bytes of the character at P (before END): 1 too for a byte that does not start a valid sequence,
 * which *VALID then denies. */
static size_t utf8_length(const char *p, const char *end, bool *valid) {
    unsigned char c = (unsigned char)*p;
    size_t n = c < 0x80 ? 1 : c >= 0xC2 && c < 0xE0 ? 2 : c >= 0xE0 && c < 0xF0 ? 3 : c >= 0xF0 && c < 0xF5 ? 4 : 0;
    *valid = n != 0 && n <= (size_t)(end - p);
    for (size_t i = 1; *valid && i < n; i++)
        *valid = ((unsigned char)p[i] & 0xC0) == 0x80;
    if (*valid && n >= 3) { /* no overlong forms, surrogates, or values past U+10FFFF */
        unsigned char d = (unsigned char)p[1];
        if ((c == 0xE0 && d < 0xA0) || (c == 0xED && d > 0x9F) || (c == 0xF0 && d < 0x90) || (c == 0xF4 && d > 0x8F))
            *valid = false;
    }
    return *valid ? n : 1;
}

static bool is_control(char c) {
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7F;
}

/* Messages go to terminals and to decoders of UTF-8: no control characters, no broken sequences. */
static void sanitize(char *s, size_t n) {
    for (size_t i = 0; i < n;) {
        bool valid;
        size_t k = utf8_length(s + i, s + n, &valid);
        if (!valid || is_control(s[i]))
            s[i] = '?';
        i += k;
    }
}

/* Format into BUF; what does not fit ends in "...". */
static void format(char *buf, size_t cap, const char *fmt, va_list ap) {
    int n = vsnprintf(buf, cap, fmt, ap);
    if (n < 0)
        buf[0] = '\0';
    else if ((size_t)n >= cap) {
        size_t cut = cap - 4;
        while (cut > 0 && ((unsigned char)buf[cut] & 0xC0) == 0x80)
            cut--;
        memcpy(buf + cut, "...", 4);
    }
    sanitize(buf, strlen(buf));
}

/* ---------------------------------------------------------------- recording */

int cdecl_fail(CdeclParse *parse, CdeclSpan at, CdeclCode code, ...) {
    CdeclDiagnosis *d = cdecl_diagnosis(parse);
    if (d->code != CDECL_OK)
        return -1;
    d->code = code;
    d->at = at;
    va_list ap;
    va_start(ap, code);
    format(d->msg, sizeof d->msg, catalogue[code].format, ap);
    va_end(ap);
    return -1;
}

int cdecl_fail_abi(CdeclParse *parse, CdeclSpan at, const AbiError *error) {
    return cdecl_fail(parse, at, code_of_abi(error->code), error->msg);
}

void cdecl_note(CdeclParse *parse, CdeclSpan at, const char *text) {
    CdeclDiagnosis *d = cdecl_diagnosis(parse);
    if (d->n_notes == CDECL_NOTES)
        return;
    size_t cap = sizeof d->note[0].text;
    d->note[d->n_notes].at = at;
    snprintf(d->note[d->n_notes].text, cap, "%s", text);
    sanitize(d->note[d->n_notes].text, strlen(d->note[d->n_notes].text));
    d->n_notes++;
}

/* ---------------------------------------------------------------- places */

/* A span, found in its text. */
typedef struct Place {
    const CdeclSource *source; /* NULL: the span has no text */
    const char *name;
    uint32_t line, column;     /* from 1; column in characters */
    const char *start, *end;   /* the source line */
    const char *at, *stop;     /* the part of the span that lies on it */
} Place;

static uint32_t count_characters(const char *p, const char *end) {
    uint32_t n = 0;
    for (bool valid; p < end; n++)
        p += utf8_length(p, end, &valid);
    return n;
}

/* The physical line of AT. A span that starts on a line end (or at the end of the text) is shown
 * behind the last character of that line. */
static Place find_place(const CdeclParse *parse, CdeclSpan at) {
    Place p = {.source = cdecl_source(parse, at.source), .name = "cdef", .line = 1, .column = 1};
    if (!p.source)
        return p;
    p.name = p.source->name;
    const char *text = p.source->text, *limit = text + p.source->len;
    p.at = at.offset < p.source->len ? text + at.offset : limit;
    p.start = text;
    for (const char *nl; (nl = p.at > p.start ? memchr(p.start, '\n', (size_t)(p.at - p.start)) : NULL);) {
        p.start = nl + 1;
        p.line++;
    }
    p.end = p.start < limit ? memchr(p.start, '\n', (size_t)(limit - p.start)) : NULL;
    if (!p.end)
        p.end = limit;
    if (p.end > p.start && p.end[-1] == '\r')
        p.end--;
    if (p.at > p.end)
        p.at = p.end;
    p.stop = (size_t)(p.end - p.at) < at.len ? p.end : p.at + at.len;
    p.column = 1 + count_characters(p.start, p.at);
    cdecl_presumed(parse, at, &p.name, &p.line);
    return p;
}

/* ---------------------------------------------------------------- the report */

enum { SHOWN = 120, BEFORE = 50 }; /* characters of a long line; of them before the caret */
static const char ellipsis[] = "...";

/* The characters of a line that are shown: all of them, or a window around the caret. */
typedef struct Window { const char *start, *end; bool cut_left, cut_right; } Window;

static const char *skip_characters(const char *p, const char *end, uint32_t n) {
    for (bool valid; n > 0 && p < end; n--)
        p += utf8_length(p, end, &valid);
    return p;
}

static Window window(const Place *p) {
    Window w = {p->start, p->end, false, false};
    uint32_t before = p->column - 1;
    if (before > SHOWN - BEFORE && before + count_characters(p->at, skip_characters(p->at, p->end, SHOWN)) > SHOWN) {
        w.start = skip_characters(p->start, p->end, before - BEFORE);
        w.cut_left = true;
    }
    w.end = skip_characters(w.start, p->end, SHOWN);
    w.cut_right = w.end < p->end;
    return w;
}

static void put_source_line(Text *t, const Window *w) {
    if (w->cut_left)
        text_put_string(t, ellipsis);
    size_t from = t->len;
    text_put(t, w->start, (size_t)(w->end - w->start));
    if (!t->failed)
        sanitize(t->data + from, t->len - from);
    text_put_string(t, w->cut_right ? "...\n" : "\n");
}

/* Blanks under what stands before the token, with its tabs, then ^~~~ under the token. */
static void put_caret(Text *t, const Place *p, const Window *w) {
    bool valid;
    if (w->cut_left)
        text_put_string(t, "   ");
    for (const char *s = w->start; s < p->at; s += utf8_length(s, p->end, &valid))
        text_put(t, *s == '\t' ? "\t" : " ", 1);
    text_put_string(t, "^");
    const char *stop = p->stop < w->end ? p->stop : w->end;
    for (uint32_t n = count_characters(p->at, stop); n > 1; n--)
        text_put_string(t, "~");
}

static void put_place(Text *t, const Place *p, const char *prefix, const char *msg) {
    char number[32];
    size_t from = t->len;
    if (!p->source) { /* of an earlier parse, say: the message tells where */
        text_put_string(t, prefix);
        text_put_string(t, msg);
        return;
    }
    text_put_string(t, p->name);
    if (!t->failed)
        sanitize(t->data + from, t->len - from);
    snprintf(number, sizeof number, ":%u:%u: ", p->line, p->column);
    text_put_string(t, number);
    text_put_string(t, prefix);
    text_put_string(t, msg);
    text_put_string(t, "\n");
    Window w = window(p);
    put_source_line(t, &w);
    put_caret(t, p, &w);
}

enum { TRAIL = 12 }; /* #include lines that are shown */

/* How the text of AT came to be read: "included from" each #include, the innermost first. */
static void put_trail(Text *t, const CdeclParse *parse, CdeclSpan at) {
    char line[32];
    for (int n = 0; cdecl_source_parent(parse, at.source, &at); n++) {
        if (n == TRAIL) {
            text_put_string(t, "\n  and so on");
            return;
        }
        Place p = find_place(parse, at);
        text_put_string(t, "\n  included from ");
        size_t from = t->len;
        text_put_string(t, p.name);
        if (!t->failed)
            sanitize(t->data + from, t->len - from);
        snprintf(line, sizeof line, ":%u", p.line);
        text_put_string(t, line);
    }
}

/* If AT is the name of a macro that was replaced: which, and where it was defined. */
static void put_macro(Text *t, const CdeclParse *parse, CdeclSpan at) {
    char text[120];
    CdeclSpan defined;
    if (!cdecl_macro_at(parse, at, text, sizeof text, &defined))
        return;
    sanitize(text, strlen(text));
    text_put_string(t, "\n");
    if (!cdecl_source(parse, defined.source)) {
        text_put_string(t, "note: ");
        text_put_string(t, text);
        return;
    }
    Place p = find_place(parse, defined);
    put_place(t, &p, "note: ", text);
}

void cdecl_report(const CdeclParse *parse, CdeclError *out) {
    const CdeclDiagnosis *d = cdecl_diagnosis(parse);
    if (!out || d->code == CDECL_OK)
        return;
    Place p = find_place(parse, d->at);
    cdecl_error_clear(out);
    out->code = d->code;
    out->category = catalogue[d->code].category;
    out->line = p.line;
    out->column = p.column;
    memcpy(out->msg, d->msg, sizeof out->msg);
    if (d->code == CDECL_E_MEMORY)
        return; /* the report would need more of it */
    Text t = {0};
    put_place(&t, &p, "", d->msg);
    put_trail(&t, parse, d->at);
    put_macro(&t, parse, d->at);
    for (unsigned i = 0; i < d->n_notes; i++) {
        text_put_string(&t, "\n");
        p = find_place(parse, d->note[i].at);
        put_place(&t, &p, "note: ", d->note[i].text);
    }
    if (t.failed) {
        free(t.data);
        t.data = NULL;
    }
    out->report = t.data;
}

/* ---------------------------------------------------------------- without a parse */

int cdecl_error_set(CdeclError *err, CdeclCode code, ...) {
    if (!err)
        return -1;
    cdecl_error_clear(err);
    err->code = code;
    err->category = catalogue[code].category;
    va_list ap;
    va_start(ap, code);
    format(err->msg, sizeof err->msg, catalogue[code].format, ap);
    va_end(ap);
    return -1;
}

/* Free what ERR owns; it may be filled again. A zeroed CdeclError is a clear one. */
void cdecl_error_clear(CdeclError *err) {
    if (!err)
        return;
    free(err->report);
    *err = (CdeclError){0};
}
