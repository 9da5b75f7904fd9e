/* One parse, from text to commit or rollback. */
#include "parser/apply.h"
#include "gen/cdecl.h"

#include "config.h"

#include <stdlib.h>

/* Made by lemon from grammar/cdecl.y. */
void cdecl_lemonInit(void *, CdeclParse *);
void cdecl_lemon(void *, int kind, CdeclToken);

/* ---------------------------------------------------------------- scratch memory
 *
 * Two kinds: what lives as long as the parse, and what lives as long as one declaration, which is nearly
 * all. A million declarations take the memory of the longest. */

typedef CdeclChunk Chunk;

enum { CHUNK = 16 * 1024 };

static Chunk *new_chunk(Chunk *older, size_t size) {
    size_t room = size > CHUNK / 4 ? size : CHUNK;
    Chunk *c = malloc(sizeof *c + room);
    if (c)
        *c = (Chunk){.older = older, .size = room};
    return c;
}

static void *allocate(CdeclParse *p, Chunk **chunks, size_t size) {
    static const CdeclSpan nowhere;
    Chunk *c = *chunks;
    size = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
    if (!c || c->size - c->used < size) {
        c = size < SIZE_MAX / 2 ? new_chunk(c, size) : NULL;
        if (!c) {
            cdecl_fail(p, nowhere, CDECL_E_MEMORY);
            return NULL;
        }
        *chunks = c;
    }
    void *data = c->data + c->used;
    c->used += size;
    return memset(data, 0, size);
}

static void free_chunks(Chunk *c) {
    for (Chunk *older; c; c = older) {
        older = c->older;
        free(c);
    }
}

/* SIZE bytes, zeroed, that live as long as the parse. NULL: the error is set. */
void *cdecl_scratch(CdeclParse *p, size_t size) {
    return allocate(p, &p->scratch, size);
}

/* cdecl_temporary, where the newest chunk has no room. */
void *cdecl_temporary_chunk(CdeclParse *p, size_t size) {
    return allocate(p, &p->temporary, size);
}

void *cdecl_temporary_grow(CdeclParse *p, const void *items, size_t n, size_t *cap, size_t size) {
    size_t more = *cap ? *cap * 2 : 4;
    void *grown = cdecl_temporary(p, more * size);
    if (!grown)
        return NULL;
    if (n)
        memcpy(grown, items, n * size);
    *cap = more;
    return grown;
}

/* An external declaration is complete: nothing of it is needed any more but what it declared. */
void parse_declaration_end(CdeclParse *p) {
    Chunk *c = p->temporary;
    cdecl_preprocess_idle(p);
    if (!c || cdecl_failed(p))
        return;
    free_chunks(c->older);
    c->older = NULL;
#ifdef CDEFFI_DEBUG
    memset(c->data, 0xDD, c->used);
#endif
    c->used = 0;
    if (c->size > CHUNK) {
        free(c);
        p->temporary = NULL;
    }
}

/* ---------------------------------------------------------------- accessors */

AbiGraph *cdecl_graph(const CdeclParse *p) {
    return p->graph;
}

/* The region that takes what the parse makes; its transaction is open from here on. */
AbiRegion *cdecl_region(const CdeclParse *p) {
    cdecl_transaction((CdeclParse *)p);
    return p->region;
}

CdeclDiagnosis *cdecl_diagnosis(const CdeclParse *p) {
    return (CdeclDiagnosis *)&p->diagnosis;
}

void cdecl_transaction(CdeclParse *p) {
    if (!p->in_transaction) {
        abi_region_begin(p->region);
        p->in_transaction = true;
    }
}

/* ---------------------------------------------------------------- the grammar's stack */

bool parse_accepts(const CdeclParse *p, int kind) {
    return cdecl_lemon_accepts(p->lemon, kind);
}

/* Too many nested brackets (lemon's stack is of fixed size). */
void parse_too_deep(CdeclParse *p) {
    cdecl_fail(p, p->now.span, CDECL_E_TOO_DEEP);
}

/* Feed the grammar from START to the end. 0, or -1 and the error is set. */
static int run(CdeclParse *p, uint8_t start) {
    cdecl_lemonInit(p->lemon, p);
    p->now = (CdeclToken){.kind = start};
    for (;;) {
        cdecl_lemon(p->lemon, p->now.kind == TK_END ? 0 : p->now.kind, p->now);
        p->last = p->now;
        if (cdecl_failed(p))
            return -1;
        if (p->now.kind == TK_END)
            return 0;
        if (cdecl_filter(p, &p->now) < 0)
            return -1;
    }
}

void parse_type_done(CdeclParse *p, CdeclTypeName type) {
    p->type_result = type;
}

void parse_expression_done(CdeclParse *p, CdeclOperand e) {
    p->operand_result = e;
}

/* ---------------------------------------------------------------- extern "..." */

/* Is S one literal that is TEXT but for blanks? As for cffi, "C + Python" is "C+Python". */
static bool spells(const CdeclStrings *s, const char *text) {
    if (s->n != 1)
        return false;
    const char *at = s->tokens[0].text, *end = at + cdecl_token_len(s->tokens[0]);
    for (; at < end; at++) {
        if (*at == ' ' || *at == '\t')
            continue;
        if (*text == '\0' || *at != *text)
            return false;
        text++;
    }
    return *text == '\0';
}

/* The linkage named by S is in force from here on; returns the one before. */
unsigned parse_linkage(CdeclParse *p, CdeclStrings *s) {
    unsigned before = p->linkage;
    if (!s || cdecl_failed(p))
        return before;
    if (spells(s, "\"C\""))
        p->linkage = 0;
    else if (spells(s, "\"Python\""))
        p->linkage = CDECL_S_EXTERN_PYTHON;
    else if (spells(s, "\"Python+C\"") || spells(s, "\"C+Python\""))
        p->linkage = CDECL_S_EXTERN_PYTHON | CDECL_S_EXTERN_PYTHON_C;
    else
        cdecl_fail(p, s->span, CDECL_E_LINKAGE_NAME);
    return before;
}

void parse_linkage_end(CdeclParse *p, unsigned previous) {
    p->linkage = previous;
}

/* ---------------------------------------------------------------- an expression in between */

/* The stack of another grammar: one is kept for the next time. NULL: the error is set. */
static void *inner_lemon(CdeclParse *p, CdeclSpan at) {
    if (p->evaluating == 0 && p->lemon_inner)
        return p->lemon_inner;
    void *lemon = malloc(cdecl_lemon_size());
    if (!lemon)
        cdecl_fail(p, at, CDECL_E_MEMORY);
    if (p->evaluating == 0)
        p->lemon_inner = lemon;
    return lemon;
}

/* Parse the N TOKENS of a macro from START on. The parse around it is not disturbed; its errors are dropped, unless
 * memory ran out or they are what somebody waits for. The results are left in p. 0 or -1. */
static int evaluate(CdeclParse *p, uint8_t start, const CdeclToken *tokens, size_t n) {
    CdeclToken *copy = cdecl_temporary(p, (n + 1) * sizeof *copy);
    if (!copy)
        return -1;
    void *lemon = inner_lemon(p, n ? tokens[0].span : (CdeclSpan){0});
    if (!lemon)
        return -1;
    if (n)
        memcpy(copy, tokens, n * sizeof *copy);
    copy[n] = (CdeclToken){.kind = TK_END, .span = n ? copy[n - 1].span : (CdeclSpan){0}};
    CdeclParse saved = *p;
    p->lemon = lemon;
    p->evaluating++;
    p->replay = copy;
    p->replay_end = copy + n;
    p->n_ahead = 0;
    p->n_brackets = 0;
    p->brackets = NULL;
    p->cap_brackets = 0;
    int result = run(p, start);
    free(p->brackets);
    bool keep_error = p->diagnosis.code == CDECL_E_MEMORY || p->apply;
    if (--p->evaluating > 0)
        free(lemon);
    p->lemon = saved.lemon;
    p->replay = saved.replay;
    p->replay_end = saved.replay_end;
    memcpy(p->ahead, saved.ahead, sizeof p->ahead);
    p->n_ahead = saved.n_ahead;
    p->brackets = saved.brackets;
    p->n_brackets = saved.n_brackets;
    p->cap_brackets = saved.cap_brackets;
    p->last = saved.last;
    p->now = saved.now;
    if (!keep_error)
        p->diagnosis = saved.diagnosis;
    return result;
}

int cdecl_evaluate(CdeclParse *p, const CdeclToken *tokens, size_t n, CdeclOperand *out) {
    CdeclOperand before = p->operand_result;
    bool certain = p->apply && p->apply->certain;
    if (p->apply && apply_enter(p, tokens, n) < 0)
        return -1;
    int result = evaluate(p, p->apply ? TK_START_STATEMENT : TK_START_EXPRESSION, tokens, n);
    if (p->apply)
        p->apply->certain = certain;
    *out = p->operand_result;
    p->operand_result = before;
    return result;
}

/* What stands in a type, typeof(x), is not done. */
int cdecl_evaluate_type(CdeclParse *p, const CdeclToken *tokens, size_t n, CdeclTypeName *out) {
    CdeclTypeName before = p->type_result;
    bool certain = p->apply && p->apply->certain;
    if (p->apply)
        p->apply->certain = false;
    int result = evaluate(p, TK_START_TYPE, tokens, n);
    if (p->apply)
        p->apply->certain = certain;
    *out = p->type_result;
    p->type_result = before;
    return result;
}

/* ---------------------------------------------------------------- a parse's life */

static int start(CdeclParse *p, CdeclScope *scope, const CdeclOptions *options, const char *name, const char *src, size_t len) {
    static const CdeclSpan nowhere;
    memset(p, 0, sizeof *p);
    p->scope = scope;
    p->symbols = scope_symbol_table(scope);
    p->region = cdecl_scope_region(scope);
    p->graph = abi_region_graph(p->region);
    p->options = options;
    if (options)
        p->pack = options->packed ? 1 : options->pack;
    scope_begin(scope);
    p->lemon = malloc(cdecl_lemon_size());
    if (!p->lemon)
        return cdecl_fail(p, nowhere, CDECL_E_MEMORY);
    int source = cdecl_source_add(p, name, src, len);
    if (source < 0)
        return -1;
    const CdeclSource *text = cdecl_source(p, (uint32_t)source);
    p->lexer = (CdeclLexer){text->text, text->text, text->text + text->len, (uint32_t)source, true};
    return 0;
}

static void end(CdeclParse *p) {
    cdecl_source_free(p);
    cdecl_table_free(&p->parameter_table);
    cdecl_table_free(&p->kr_table);
    free(p->parameters);
    free(p->shadowed);
    free(p->anonymous);
    free(p->brackets);
    free(p->body_text);
    free(p->pack_stack);
    free(p->lemon);
    free(p->lemon_inner);
    free_chunks(p->scratch);
    free_chunks(p->temporary);
}

/* Keep what was declared. 0, or -1 when out of memory: then nothing was changed. */
static int commit(CdeclParse *p) {
    if (scope_reserve_commit(p->scope, p->n_anonymous) < 0)
        return cdecl_fail(p, p->last.span, CDECL_E_MEMORY);
    if (p->in_transaction)
        abi_region_commit(p->region);
    p->in_transaction = false;
    for (size_t i = 0; i < p->n_anonymous; i++)
        scope_add_anonymous(p->scope, p->anonymous[i]);
    scope_commit(p->scope);
    return 0;
}

static void roll_back(CdeclParse *p) {
    scope_rollback(p->scope);
    if (p->in_transaction)
        abi_region_rollback(p->region);
}

/* Commit or roll back, and report. RESULT is passed through. */
static int finish(CdeclParse *p, int result, CdeclError *err) {
    if (result == 0)
        result = commit(p);
    if (result < 0)
        roll_back(p);
    if (result < 0 && err)
        cdecl_report(p, err);
    cdecl_preprocess_end(p, result == 0);
    end(p);
    return result;
}

/* One attempt. *AGAIN: it failed, and may succeed where PREDEFINED macros are there. */
static int parse_declarations(CdeclScope *scope, const char *src, size_t len, const CdeclOptions *options, bool predefined,
                              CdeclError *err, bool *again) {
    CdeclParse p;
    int result = start(&p, scope, options, options && options->name ? options->name : "cdef", src, len);
    p.predefined = predefined;
    if (result == 0) {
        cdecl_transaction(&p);
        result = run(&p, TK_START_DECLARATIONS);
    }
    *again = result < 0 && cdecl_misses_predefined(&p);
    return finish(&p, result, *again ? NULL : err);
}

/* Text without directives is spared the preprocessor, so that __SIZEOF_POINTER__ and __LINE__ are unknown
 * at first: only who names them pays for them. */
int cdecl_parse(CdeclScope *scope, const char *src, size_t len, const CdeclOptions *options, CdeclError *err) {
    AbiGraph *graph = abi_region_graph(cdecl_scope_region(scope));
    bool again;
    abi_lock(graph);
    int result = parse_declarations(scope, src, len, options, false, err, &again);
    if (again)
        result = parse_declarations(scope, src, len, options, true, err, &again);
    if (result == 0 && options)
        scope_set_limits(scope, &options->limits);
    abi_sweep(graph);
    abi_unlock(graph);
    return result;
}

/* A parse of SRC as WORK sees fit, which returns -1 with the error set if it fails. What it makes in the
 * region is kept if it succeeds. 0, or -1 and ERR. */
int cdecl_with_parse(CdeclScope *scope, const char *name, const char *src, size_t len,
                     int (*work)(CdeclParse *, void *user), void *user, CdeclError *err) {
    CdeclParse p;
    AbiGraph *graph = abi_region_graph(cdecl_scope_region(scope));
    abi_lock(graph);
    int result = start(&p, scope, NULL, name, src, len);
    p.is_type = true;
    if (result == 0)
        result = work(&p, user);
    result = finish(&p, result, err);
    abi_unlock(graph);
    return result;
}

static int parse_type(CdeclScope *scope, const char *src, size_t len, bool predefined, AbiQType *out, CdeclError *err, bool *again) {
    CdeclParse p;
    int result = start(&p, scope, NULL, "type", src, len);
    p.is_type = true;
    p.predefined = predefined;
    if (result == 0)
        result = run(&p, TK_START_TYPE);
    AbiQType type = p.type_result.type;
    *again = result < 0 && cdecl_misses_predefined(&p);
    result = finish(&p, result, *again ? NULL : err);
    if (result == 0) {
        abi_retain(type.type);
        *out = type;
    }
    return result;
}

int cdecl_parse_type(CdeclScope *scope, const char *src, size_t len, AbiQType *out, CdeclError *err) {
    AbiGraph *graph = abi_region_graph(cdecl_scope_region(scope));
    bool again;
    abi_lock(graph);
    int result = parse_type(scope, src, len, false, out, err, &again);
    if (again)
        result = parse_type(scope, src, len, true, out, err, &again);
    abi_sweep(graph);
    abi_unlock(graph);
    return result;
}
