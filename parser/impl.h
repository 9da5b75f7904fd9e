/* One parse: its state, which all files of parser/ share. Private to the layer.
 *
 *   token.h <- report.h <- fold.h, scope.h <- actions.h <- impl.h <- pp.h
 *              table.h  <----------------------------------'
 */
#ifndef CDEFFI_PARSER_IMPL_H
#define CDEFFI_PARSER_IMPL_H

#include "parser/actions.h"
#include "parser/table.h"

/* ---- preprocess.c: the token source. Tokens after directives and macros; the filter's only input.
 * 0, or -1: the error is set. At the end TK_END, again and again. */
int cdecl_next_token(CdeclParse *, CdeclToken *);
/* Did it fail at a name that compilers may predefine, and nothing was, for want of a directive? */
bool cdecl_misses_predefined(const CdeclParse *);
void cdecl_preprocess_end(CdeclParse *, bool keep); /* the macros of this parse: kept, or taken back */
void cdecl_preprocess_idle(CdeclParse *); /* an external declaration is complete */
/* Does the span name a macro that was replaced there? TEXT then says which, DEFINED where it was defined. */
bool cdecl_macro_at(const CdeclParse *, CdeclSpan at, char *text, size_t cap, CdeclSpan *defined);

/* ---- one parse */
typedef struct CdeclMark { uint32_t offset, line; const char *name; } CdeclMark; /* a line marker */
typedef struct CdeclText { /* a source with its bookkeeping */
    CdeclSource source;
    char *buffer;      /* owned; LEN bytes and a NUL */
    uint32_t *splices; /* owned: offsets before which a line was joined */
    size_t n_splices;
    CdeclMark *marks;  /* owned; in order of offset */
    size_t n_marks, cap_marks;
    uint32_t seen_offset, seen_line; /* cdecl_line's memory; line 0: none */
    size_t seen_marks;
    CdeclSpan included_at;
    bool is_included, is_alias; /* ALIAS: buffer and splices are another's */
    bool has_alias, dropped; /* DROPPED: the buffer was freed, READ_LEN bytes would fill it again */
    size_t read_len;
} CdeclText;

/* Names asked for lately: headers call their parameters and members by the same few. */
enum { CDECL_SEEN_NAMES = 256 };
typedef struct CdeclSeenName { uint32_t hash, len; const char *name; /* region */ } CdeclSeenName;

typedef struct CdeclChunk { /* scratch memory, handed out from its start on */
    struct CdeclChunk *older;
    size_t used, size;
    _Alignas(max_align_t) char data[];
} CdeclChunk;

enum { CDECL_MAX_AHEAD = 16 };

struct CdeclParse {
    AbiGraph *graph;    /* borrowed */
    AbiRegion *region;  /* borrowed */
    CdeclScope *scope;  /* borrowed */
    const CdeclTable *symbols; /* borrowed: the scope's */
    const CdeclOptions *options; /* borrowed; may be NULL */
    CdeclDiagnosis diagnosis;
    CdeclChunk *scratch, *temporary; /* owned: the newest chunks */
    CdeclText *texts;   /* owned */
    size_t n_texts, cap_texts;
    CdeclLexer lexer;   /* of the cdef text */
    struct CdeclPp *pp; /* owned: the preprocessor's state; NULL: nothing to preprocess */
    bool pp_started;
    bool predefined;    /* compilers' own macros are there from the beginning, directives or not */
    void *lemon;        /* owned: the grammar's stack */
    void *lemon_inner;  /* owned: that of cdecl_evaluate, made when first needed */
    unsigned evaluating; /* nested calls of cdecl_evaluate */
    struct CdeclApply *apply; /* borrowed: a macro is being applied to values; NULL: none is */
    const char *file_seen, *file_kept; /* cdecl_file_name's memory */
    CdeclSeenName *seen_names; /* borrowed: PP's, cdecl_name's memory; NULL: the text is too small for one */
    /* filter */
    CdeclToken ahead[CDECL_MAX_AHEAD]; /* tokens read but not passed on, the next one last */
    unsigned n_ahead;
    CdeclToken last;     /* the token passed on last */
    CdeclToken now;      /* the token being passed on */
    CdeclToken body;     /* the braces skipped last */
    CdeclBraces braces;  /* and what they hold, those of an initialiser */
    char *body_text;     /* owned: what stands in them, a space behind each token; NULL before the first; */
    size_t body_len;
    bool body_kept;      /* that is all of it */
    const CdeclToken *replay, *replay_end; /* tokens to be read instead of the text's; NULL: none */
    CdeclToken *brackets; /* owned: what is open, for messages */
    size_t n_brackets, cap_brackets;
    bool seen_auto;      /* since the last semicolon */
    bool closed;         /* something was open when the last closing bracket came */
    CdeclStrings attribute_words; /* scratch: arguments of the ATTR_WORD passed on last */
    /* #pragma pack */
    uint32_t pack;
    struct { uint32_t pack; const char *label; size_t label_len; } *pack_stack; /* owned */
    size_t n_pack, cap_pack;
    /* declarations */
    unsigned linkage;   /* CDECL_S_EXTERN_PYTHON...: the extern "..." in force */
    CdeclRecord *record;
    CdeclEnum *enumeration;
    CdeclDeclared *kr;
    CdeclTable kr_table;       /* its names, */
    CdeclParameter **kr_list;  /* scratch; and their parameters */
    CdeclParameters *plain_parameters; /* temporary: what TK_PARAMETERS stands for */
    CdeclTable parameter_table; /* prototype scopes: the names in force */
    CdeclParameter **parameters; /* owned array, scratch items */
    uint32_t *shadowed;  /* owned: what each name hid, or UINT32_MAX */
    uint32_t n_parameters, cap_parameters;
    AbiType **anonymous; /* owned: anonymous ones without a name yet */
    size_t n_anonymous, cap_anonymous;
    /* results */
    CdeclTypeName type_result;
    CdeclOperand operand_result;
    bool done;
    bool in_transaction; /* the region's transaction is open */
    AbiQType initialized; /* the type of what was declared last */
    bool is_type;        /* parsing a type name: nothing is declared unless needed */
};
void *cdecl_temporary_chunk(CdeclParse *, size_t size);
/* SIZE bytes, zeroed, that live as long as the external declaration. NULL: the error is set. In a header, since
 * sizes are mostly constants: clearing is a few instructions then. */
static inline void *cdecl_temporary(CdeclParse *p, size_t size) {
    CdeclChunk *c = p->temporary;
    size_t need = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
    if (!c || need < size || c->size - c->used < need)
        return cdecl_temporary_chunk(p, size);
    void *data = c->data + c->used;
    c->used += need;
    return memset(data, 0, size);
}
/* More room for an array in such memory: a copy of its N items of SIZE bytes, with *CAP, which is raised, in all. NULL: the
 * error is set, and nothing has changed. */
void *cdecl_temporary_grow(CdeclParse *, const void *items, size_t n, size_t *cap, size_t size);
/* Has the parse failed? Asked for every token. */
static inline bool cdecl_failed(const CdeclParse *p) {
    return p->diagnosis.code != CDECL_OK;
}
/* Open the region's transaction: before the first thing is made in the region. */
void cdecl_transaction(CdeclParse *);
const char *cdecl_name(CdeclParse *, const CdeclToken *); /* region; NULL: error set */
const char *cdecl_file_name(CdeclParse *, const char *);  /* region; NULL: error set */
int cdecl_unescape(CdeclParse *, CdeclToken *);           /* \u00e9 in an identifier */
/* ---- filter.c: tokens before they are told apart, for who looks at several */
int filter_pull(CdeclParse *, CdeclToken *); /* 0, or -1: the error is set */
void filter_put_back(CdeclParse *, const CdeclToken *); /* it is the next one then */
/* ---- plain_parameter.c */
int plain_parameters(CdeclParse *, CdeclToken *first, bool is_first);
static inline CdeclSpan cdecl_join(CdeclSpan a, CdeclSpan b) {
    if (a.source == b.source && b.offset + b.len > a.offset)
        a.len = b.offset + b.len - a.offset;
    return a;
}

#endif
