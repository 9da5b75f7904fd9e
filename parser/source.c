/* The texts of a parse: their buffers, joined lines, and where their lines are presumed to be.
 *
 * A text is copied: it gets the NUL byte that the lexer's end-of-input rule reads, and its
 * backslash-newlines are taken out (C11 5.1.1.2 phase 2), so that no later step has to think of them.
 * Only the places of the joins are kept, for line numbers. */
#include "parser/pp.h"

#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { MAX_SOURCE = 0x7FFFFFFF }; /* bytes: offsets are 32 bits wide, and a sign bit is kept free */

/* The length of a backslash-newline at S (before END), or 0. GCC allows white space between them. */
static size_t splice_length(const char *s, const char *end) {
    const char *p = s + 1;
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\f' || *p == '\v'))
        p++;
    if (p < end && *p == '\r' && p + 1 < end && p[1] == '\n')
        p++;
    if (p == end || (*p != '\n' && *p != '\r'))
        return 0;
    return (size_t)(p + 1 - s);
}

static int add_splice(CdeclText *t, size_t *cap, size_t offset) {
    if (t->n_splices == *cap) {
        size_t n = *cap ? *cap * 2 : 16;
        uint32_t *grown = realloc(t->splices, n * sizeof *grown);
        if (!grown)
            return -1;
        t->splices = grown;
        *cap = n;
    }
    t->splices[t->n_splices++] = (uint32_t)offset;
    return 0;
}

/* Copy TEXT into the buffer without its backslash-newlines. */
static int copy_spliced(CdeclText *t, const char *text, size_t len) {
    const char *end = text + len;
    char *out = t->buffer;
    size_t cap = 0;
    while (text < end) {
        const char *slash = memchr(text, '\\', (size_t)(end - text));
        if (!slash)
            slash = end;
        if (out != text) /* TEXT may be in the buffer already */
            memmove(out, text, (size_t)(slash - text));
        out += slash - text;
        text = slash;
        if (text == end)
            break;
        size_t n = splice_length(text, end);
        if (n == 0)
            *out++ = *text++;
        else if (add_splice(t, &cap, (size_t)(out - t->buffer)) < 0)
            return -1;
        text += n;
    }
    *out = '\0';
    t->source.len = (size_t)(out - t->buffer);
    return 0;
}

/* Room for one more text; NULL: the error is set. */
static CdeclText *new_text(CdeclParse *p, const char *name) {
    static const CdeclSpan nowhere;
    if (p->n_texts == p->cap_texts) {
        size_t cap = p->cap_texts ? p->cap_texts * 2 : 1;
        CdeclText *grown = realloc(p->texts, cap * sizeof *grown);
        if (!grown) {
            cdecl_fail(p, nowhere, CDECL_E_MEMORY);
            return NULL;
        }
        p->texts = grown;
        p->cap_texts = cap;
    }
    CdeclText *t = &p->texts[p->n_texts];
    *t = (CdeclText){.source = {.name = name}, };
    return t;
}

/* A byte order mark is no part of the text. */
static size_t bom_length(const char *text, size_t len) {
    return len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

/* Add the LEN bytes and a NUL in BUFFER (malloc's; taken over, whatever happens) as a text named NAME
 * (borrowed). Its index, or -1 and the error is set. */
int cdecl_source_take(CdeclParse *p, const char *name, char *buffer, size_t len) {
    static const CdeclSpan nowhere;
    size_t skip = bom_length(buffer, len);
    CdeclText *t = new_text(p, name);
    if (!t) {
        free(buffer);
        return -1;
    }
    t->buffer = buffer;
    t->read_len = len;
    if (copy_spliced(t, buffer + skip, len - skip) < 0) {
        free(t->buffer);
        free(t->splices);
        return cdecl_fail(p, nowhere, CDECL_E_MEMORY);
    }
    t->source.text = t->buffer;
    return (int)p->n_texts++;
}

/* Add a copy of TEXT under NAME (borrowed). Its index, or -1 and the error is set. */
int cdecl_source_add(CdeclParse *p, const char *name, const char *text, size_t len) {
    static const CdeclSpan nowhere;
    if (len > MAX_SOURCE)
        return cdecl_fail(p, nowhere, CDECL_E_SOURCE_TOO_LONG);
    char *buffer = malloc(len + 1);
    if (!buffer)
        return cdecl_fail(p, nowhere, CDECL_E_MEMORY);
    if (len)
        memcpy(buffer, text, len);
    buffer[len] = '\0';
    return cdecl_source_take(p, name, buffer, len);
}

/* The text SOURCE again, as it includes itself: each has its own place in the trail. */
int cdecl_source_alias(CdeclParse *p, uint32_t source) {
    CdeclText *t = new_text(p, p->texts[source].source.name);
    if (!t)
        return -1;
    CdeclText *original = &p->texts[source];
    original->has_alias = true;
    t->source = original->source;
    t->buffer = original->buffer;
    t->splices = original->splices;
    t->n_splices = original->n_splices;
    t->is_alias = true;
    return (int)p->n_texts++;
}

/* The text SOURCE is included at AT, for the trail in messages. */
void cdecl_source_included(CdeclParse *p, uint32_t source, CdeclSpan at) {
    p->texts[source].included_at = at;
    p->texts[source].is_included = true;
}

/* Where the text SOURCE was included last; false: it is no included file. */
bool cdecl_source_parent(const CdeclParse *p, uint32_t source, CdeclSpan *at) {
    if (source >= p->n_texts || !p->texts[source].is_included)
        return false;
    *at = p->texts[source].included_at;
    return true;
}

void cdecl_source_free(CdeclParse *p) {
    for (size_t i = 0; i < p->n_texts; i++) {
        free(p->texts[i].marks);
        if (p->texts[i].is_alias)
            continue;
        free(p->texts[i].buffer);
        free(p->texts[i].splices);
    }
    free(p->texts);
}

/* ---------------------------------------------------------------- texts that are not needed now */

/* Give up the text of a header that has been read; its lines are counted already. */
void cdecl_source_drop(CdeclParse *p, uint32_t source) {
    CdeclText *t = &p->texts[source];
    if (t->is_alias || t->has_alias || t->dropped)
        return;
    free(t->buffer);
    t->buffer = NULL;
    t->source.text = "";
    t->dropped = true;
}

/* The text of a header again, for a message; an empty one if the file is not what it was. */
static void restore(CdeclText *t) {
    CdeclText again = {.buffer = pp_read_again(t->source.name, t->read_len)};
    size_t skip = again.buffer ? bom_length(again.buffer, t->read_len) : 0;
    bool same = again.buffer && copy_spliced(&again, again.buffer + skip, t->read_len - skip) == 0 &&
                again.source.len == t->source.len && again.n_splices == t->n_splices;
    free(again.splices);
    t->dropped = false;
    if (same) {
        t->buffer = again.buffer;
        t->source.text = again.buffer;
    } else {
        free(again.buffer);
        t->source.len = 0;
    }
}

/* For error.c, which finds lines and columns. */
const CdeclSource *cdecl_source(const CdeclParse *p, uint32_t index) {
    if (index >= p->n_texts)
        return NULL;
    if (p->texts[index].dropped)
        restore(&p->texts[index]);
    return &p->texts[index].source;
}

/* ---------------------------------------------------------------- lines */

/* From OFFSET on, SOURCE is presumed to be line LINE of NAME (scratch or region): "# 12 "x.h"". */
int cdecl_source_mark(CdeclParse *p, uint32_t source, uint32_t offset, uint32_t line, const char *name) {
    CdeclText *t = &p->texts[source];
    while (t->n_marks && t->marks[t->n_marks - 1].offset >= offset)
        t->n_marks--; /* the text is read once more */
    if (t->n_marks == t->cap_marks) {
        size_t n = t->cap_marks ? t->cap_marks * 2 : 16;
        CdeclMark *grown = realloc(t->marks, n * sizeof *grown);
        if (!grown)
            return cdecl_fail(p, (CdeclSpan){source, offset, 0}, CDECL_E_MEMORY);
        t->marks = grown;
        t->cap_marks = n;
    }
    t->marks[t->n_marks++] = (CdeclMark){offset, line, name};
    t->seen_line = 0;
    return 0;
}

/* How many markers of T lie at or before OFFSET. */
static size_t marks_until(const CdeclText *t, uint32_t offset) {
    size_t low = 0, high = t->n_marks;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->marks[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Lines are short and many: a call for each costs more than a look at each byte, 16 at once where that can be. */
static uint32_t count_newlines(const CdeclText *t, uint32_t from, uint32_t to) {
    uint32_t n = 0;
    const char *s = t->buffer + from, *end = t->buffer + to;
#ifdef __SSE2__
    const __m128i newline = _mm_set1_epi8('\n'), zero = _mm_setzero_si128();
    while (end - s >= 32) {
        const char *stop = end - s < 32 * 127 ? end - 31 : s + 32 * 127;
        __m128i counts = zero; /* a byte each, up to 254 */
        for (; s < stop; s += 32) {
            __m128i a = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)s), newline);
            __m128i b = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(s + 16)), newline);
            counts = _mm_sub_epi8(counts, _mm_add_epi8(a, b));
        }
        __m128i sums = _mm_sad_epu8(counts, zero);
        n += (uint32_t)(_mm_cvtsi128_si32(sums) + _mm_cvtsi128_si32(_mm_srli_si128(sums, 8)));
    }
    while (s < end && end - t->buffer >= 16) { /* the next 16, or the last ones, of which some were counted */
        const char *at = end - s >= 16 ? s : end - 16;
        int found = _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)at), newline));
        for (unsigned left = (unsigned)found >> (s - at); left; left &= left - 1)
            n++;
        s = at + 16;
    }
#endif
    for (; s < end; s++)
        n += *s == '\n';
    return n;
}

/* Splices before OFFSET. There may be one on each line, and one question for each. */
static size_t splices_before(const CdeclText *t, uint64_t offset) {
    size_t low = 0, high = t->n_splices;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->splices[middle] < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Lines that begin in [from, to): joined ones, at either end too if INCLUSIVE (C11 5.1.1.2 phase 2 left no
 * character between them: what stands at a splice is on the next line already). */
static uint32_t lines_between(const CdeclText *t, uint32_t from, uint32_t to, bool inclusive) {
    uint32_t n = count_newlines(t, from, to);
    if (t->n_splices)
        n += (uint32_t)(splices_before(t, (uint64_t)to + 1) - splices_before(t, (uint64_t)from + !inclusive));
    return n;
}

/* The line of OFFSET, behind the first MARKS markers of T. */
static uint32_t line_behind(const CdeclText *t, size_t marks, uint32_t offset) {
    const CdeclMark *mark = marks ? &t->marks[marks - 1] : NULL;
    return mark ? mark->line + lines_between(t, mark->offset, offset, true) : 1 + lines_between(t, 0, offset, true);
}

/* GCC's place before all lines, # 0 "<built-in>", is shown as the first. */
static uint32_t shown_line(uint32_t line) {
    return line ? line : 1;
}

void cdecl_presumed(const CdeclParse *p, CdeclSpan at, const char **name, uint32_t *line) {
    if (at.source >= p->n_texts)
        return;
    const CdeclText *t = &p->texts[at.source];
    uint32_t offset = at.offset < t->source.len ? at.offset : (uint32_t)t->source.len;
    size_t marks = marks_until(t, offset);
    if (marks)
        *name = t->marks[marks - 1].name;
    *line = shown_line(line_behind(t, marks, offset));
}

/* The presumed line of AT, and the file's NAME. It is asked for each name that is declared, about in order
 * (a function's comes after the tags in its parameters): lines are counted from where it was asked before. */
uint32_t cdecl_line(CdeclParse *p, CdeclSpan at, const char **name) {
    CdeclText *t = &p->texts[at.source];
    size_t marks = marks_until(t, at.offset);
    if (t->dropped)
        restore(t);
    *name = marks ? t->marks[marks - 1].name : t->source.name;
    if (at.offset > t->source.len)
        return shown_line(t->seen_line); /* the file is gone */
    if (!t->seen_line || t->seen_marks != marks)
        t->seen_line = line_behind(t, marks, at.offset);
    else if (t->seen_offset <= at.offset)
        t->seen_line += lines_between(t, t->seen_offset, at.offset, false);
    else
        t->seen_line -= lines_between(t, at.offset, t->seen_offset, false);
    t->seen_offset = at.offset;
    t->seen_marks = marks;
    return shown_line(t->seen_line);
}
