/* #include and its relatives (C11 6.10.2): which file is meant, and whether it need be read again. */
#include "parser/pp.h"

#include "gen/cdecl.h"

#include <stdio.h>

enum { PER_FILE = 512 }; /* bytes counted for each file, so that a million empty ones are too many */

/* ---------------------------------------------------------------- files that need not be read twice */

/* Is file F known to have nothing to say now? */
static bool is_done(const PpTable *t, PpFound *f) {
    uint32_t probe = 0, i;
    if (!f->guarded) {
        while (!f->guarded && cdecl_table_next(&t->guarded_index, cdecl_hash(f->key, f->key_len), &probe, &i))
            if (strcmp(t->guarded[i].path, f->key) == 0)
                f->guarded = i + 1;
        if (!f->guarded)
            return false;
    }
    const PpName *guard = t->guarded[f->guarded - 1].guard;
    return !guard || guard->macro;
}

/* The same file under another name: only #pragma once has to know (a guard works by itself). */
static bool is_done_once(const PpTable *t, const PpFound *f) {
    for (size_t i = 0; i < t->n_once && f->inode; i++)
        if (t->once[i].device == f->device && t->once[i].inode == f->inode)
            return true;
    return false;
}

/* Remember that FILE need not be read again: as long as its guard is defined, or ever. */
static int remember(CdeclPp *pp, const PpFile *file, PpName *guard) {
    PpGuarded g = {file->name, guard};
    if (pp_table_add_guarded(pp->table, g) < 0 ||
        (!guard && pp_table_add_once(pp->table, (PpOnce){file->device, file->inode}) < 0))
        return cdecl_fail(pp->parse, pp->site, CDECL_E_MEMORY);
    return 0;
}

/* #pragma once in the text being read. */
int pp_once(CdeclPp *pp) {
    PpFile *file = &pp->files[pp->n_files - 1];
    if (file->own || file->once)
        return 0;
    file->once = true;
    return remember(pp, file, NULL);
}

/* A header that will not be read again: its text may go when nothing of it is in use any more, that is a
 * few declarations later. What does not fit the list stays till the end of the parse. */
static void close_text(CdeclPp *pp, const PpFile *file) {
    if (!file->own && !file->built_in && pp->n_closed < PP_CLOSED)
        pp->closed[pp->n_closed++] = (PpClosed){file->lexer.source, pp->declarations};
}

/* An external declaration is complete. The next one, and a token or two of the one behind it, may have
 * been read already. */
void cdecl_preprocess_idle(CdeclParse *p) {
    enum { SAFE = 8 };
    CdeclPp *pp = p->pp;
    if (!pp || (pp->declarations++, pp->n_closed == 0))
        return;
    unsigned kept = 0;
    for (unsigned i = 0; i < pp->n_closed; i++) {
        PpClosed c = pp->closed[i];
        if (pp->declarations - c.when < SAFE)
            pp->closed[kept++] = c;
        else if (!pp_is_open(pp, c.source))
            cdecl_source_drop(p, c.source);
    }
    pp->n_closed = kept;
}

/* The innermost text is read. */
int pp_leave_file(CdeclPp *pp) {
    PpFile file = pp->files[--pp->n_files];
    if (file.watch == PP_BEHIND_GUARD || file.once)
        close_text(pp, &file);
    if (file.watch == PP_BEHIND_GUARD && !file.once && !file.own)
        return remember(pp, &file, file.guard);
    return 0;
}

/* ---------------------------------------------------------------- header names (C11 6.4.7) */

/* <name> or "name", as it is written: no escapes. True if there is one at *AT, which goes behind it. */
static bool read_name(const CdeclLexer *lx, const char **at, PpHeaderName *h) {
    const char *p = pp_skip_blank(*at, lx->limit);
    if (p == lx->limit || (*p != '<' && *p != '"'))
        return false;
    char close = *p == '<' ? '>' : '"';
    const char *end = memchr(p + 1, close, (size_t)(lx->limit - p - 1));
    if (!end || memchr(p + 1, '\n', (size_t)(end - p - 1)))
        return false;
    *at = end + 1;
    *h = (PpHeaderName){p + 1, (size_t)(end - p - 1), close == '"', false, {lx->source, (uint32_t)(p - lx->base), (uint32_t)(end + 1 - p)}};
    return true;
}

/* The spelling of tokens up to ">", blanks where they had white space before them. */
static int join_name(CdeclPp *pp, const CdeclToken *first, PpHeaderName *h) {
    char name[1024];
    CdeclToken t;
    size_t n = 0;
    for (bool start = true;; start = false) {
        if (pp_expanded(pp, &t) < 0)
            return -1;
        if (t.kind == TK_END)
            return cdecl_fail(pp->parse, first->span, CDECL_E_PP_HEADER_NAME);
        if (cdecl_token_is(&t, ">"))
            break;
        size_t len = cdecl_token_len(t);
        if (n + len + 2 > sizeof name)
            return cdecl_fail(pp->parse, first->span, CDECL_E_PP_HEADER_NAME);
        if (!start && t.flags & CDECL_T_SPACE)
            name[n++] = ' ';
        memcpy(name + n, t.text, len);
        n += len;
    }
    char *copy = cdecl_scratch(pp->parse, n + 1);
    if (!copy)
        return -1;
    memcpy(copy, name, n);
    *h = (PpHeaderName){copy, n, false, true, first->span};
    return 0;
}

/* The name that macros expand to. */
static int expand_name(CdeclPp *pp, PpHeaderName *h) {
    CdeclToken t;
    if (pp_expanded(pp, &t) < 0)
        return -1;
    if (cdecl_token_is(&t, "<"))
        return join_name(pp, &t, h);
    if (t.kind != TK_STRING || *t.text != '"')
        return cdecl_fail(pp->parse, t.span, CDECL_E_PP_HEADER_NAME);
    *h = (PpHeaderName){t.text + 1, cdecl_token_len(t) - 2, true, true, t.span};
    return 0;
}

/* The header name that comes next: 0 or -1. */
int pp_header_name(CdeclPp *pp, PpHeaderName *h) {
    CdeclLexer *lx = &pp->files[pp->n_files - 1].lexer;
    /* in the text itself; what a macro left to read comes as tokens */
    if (pp->n_contexts == 0 && read_name(lx, &lx->cursor, h))
        return 0;
    return expand_name(pp, h);
}

/* A string literal as a name, for #line and line markers: \" and \\ stand for themselves. */
int pp_file_name(CdeclPp *pp, const CdeclToken *t, const char **name) {
    size_t n = cdecl_token_len(*t);
    char *copy = pp_table_alloc(pp->table, n + 1), *to = copy;
    if (!copy)
        return cdecl_fail(pp->parse, t->span, CDECL_E_MEMORY);
    for (const char *p = t->text + 1, *end = t->text + n - 1; p < end; p++) {
        if (*p == '\\' && (p[1] == '"' || p[1] == '\\'))
            p++;
        *to++ = *p;
    }
    *name = copy;
    return 0;
}

/* ---------------------------------------------------------------- #include */

/* " in FOLDER, FOLDER", as much as fits WHERE. */
void pp_list_folders(const CdeclPp *pp, char *where, size_t cap) {
    for (size_t i = 0, n = 0; i < pp->n_folders && n < cap; i++)
        if (pp->folders[i].path)
            n += (size_t)snprintf(where + n, cap - n, "%s%s", n ? ", " : " in ", pp->folders[i].path);
}

static int fail_absent(CdeclPp *pp, const PpHeaderName *h) {
    char where[200] = "", near[80] = "";
    bool has_near = pp_near_header(pp, h->name, h->len, near, sizeof near);
    pp_list_folders(pp, where, has_near ? sizeof where - sizeof near : sizeof where);
    return cdecl_fail(pp->parse, h->span, CDECL_E_PP_NO_FILE, (int)(h->len < 150 ? h->len : 150), h->name, where,
                      has_near ? "; did you mean '" : "", near, has_near ? "'?" : "");
}

/* Where the search begins: for #include_next behind the folder of the file that names it. */
static size_t first_folder(const CdeclPp *pp, bool next) {
    const PpFile *file = &pp->files[pp->n_files - 1];
    return next && !file->own && file->folder != SIZE_MAX ? file->folder + 1 : 0;
}

static int enter(CdeclPp *pp, uint32_t index, size_t folder, CdeclSpan at, bool once) {
    if (pp->n_files > pp->limits.include_depth)
        return cdecl_fail(pp->parse, at, CDECL_E_PP_INCLUDE_DEPTH, pp->limits.include_depth);
    int source = pp_load(pp, index, at);
    if (source < 0)
        return -1;
    const PpFound *f = &pp->finds[index];
    if (is_done_once(pp->table, f))
        return 0;
    pp->bytes_read += cdecl_source(pp->parse, (uint32_t)source)->len + PER_FILE;
    if (pp->bytes_read > pp->limits.total_bytes)
        return cdecl_fail(pp->parse, at, CDECL_E_PP_TOO_MUCH, (unsigned long long)pp->limits.total_bytes);
    cdecl_source_included(pp->parse, (uint32_t)source, at);
    PpFile file = {.name = f->key, .path = f->header ? NULL : f->key, .dir_len = f->dir_len, .folder = folder,
                   .device = f->device, .inode = f->inode, .built_in = f->header != NULL};
    if (pp_enter_text(pp, (uint32_t)source, file) < 0)
        return -1;
    return once ? pp_once(pp) : 0;
}

/* The rest of an #include, #include_next (NEXT) or #import (ONCE) line. */
int pp_include(CdeclPp *pp, CdeclSpan at, bool next, bool once) {
    PpHeaderName h;
    size_t folder;
    if (pp_header_name(pp, &h) < 0)
        return -1;
    int found = pp_find(pp, h.name, h.len, h.quoted && !next, true, first_folder(pp, next), &folder);
    if (found == PP_ABSENT)
        return fail_absent(pp, &h);
    if (found < 0)
        return -1;
    const PpFile *file = &pp->files[pp->n_files - 1];
    if (pp_table_add_included(pp->table, pp->finds[found].key, file->own ? NULL : file->name, h.quoted) < 0)
        return cdecl_fail(pp->parse, at, CDECL_E_MEMORY);
    if (is_done(pp->table, &pp->finds[found])) {
        pp_close_found(pp);
        return 0;
    }
    return enter(pp, (uint32_t)found, folder, cdecl_join(at, h.span), once);
}

/* __has_include ( header ), from the "(" on. */
int pp_has_include(CdeclPp *pp, CdeclSpan at, bool next, bool *value) {
    CdeclToken paren, end;
    PpHeaderName h;
    size_t folder;
    if (pp_raw(pp, &paren) < 0)
        return -1;
    if (paren.kind != TK_LP)
        return cdecl_fail(pp->parse, at, CDECL_E_PP_PAREN_EXPECTED, "__has_include");
    if (pp_header_name(pp, &h) < 0 || pp_raw(pp, &end) < 0)
        return -1;
    if (end.kind != TK_RP)
        return cdecl_fail(pp->parse, end.span, CDECL_E_PP_PAREN_EXPECTED, "__has_include");
    int found = pp_find(pp, h.name, h.len, h.quoted && !next, false, first_folder(pp, next), &folder);
    *value = found >= 0;
    return found == -1 ? -1 : 0;
}
