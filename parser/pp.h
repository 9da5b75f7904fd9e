/* What the files of the preprocessor share: macro.c, expand.c, paste.c, preprocess.c, directive.c,
 * include.c, ppexpr.c, feature.c, predefined.c. Private to them.
 *
 *   file's lexer -> directives, conditionals -> macro expansion -> cdecl_next_token() -> filter
 *
 * Macros outlive a parse: they belong to the scope, as its declarations do, and a parse that fails
 * takes its changes back. A macro's replacement list is kept as text, and is cut into tokens only when
 * the macro is first expanded: most macros of a header never are. */
#ifndef CDEFFI_PARSER_PP_H
#define CDEFFI_PARSER_PP_H

#include "parser/impl.h"

#define PP_NOWHERE UINT32_MAX /* CdeclSpan.source of a token that no text of this parse holds */

/* Kinds beside the grammar's TK_*; only in replacement lists. */
enum {
    PP_PARAMETER = 0xF0, /* sub: which one */
    PP_VA_OPT              /* __VA_OPT__ ( ... ): sub: how many tokens are between the parentheses */
};
enum { /* CdeclToken.flags beside CDECL_T_* */
    PP_NO_EXPAND = 16, /* named a macro that was being expanded: never expanded again (C11 6.10.3.4p2) */
    PP_PASTE = 32,     /* ## follows */
    PP_STRINGIFY = 64  /* # precedes: a parameter, or __VA_OPT__ */
};

/* ---------------------------------------------------------------- macro.c: the macros of a scope */

typedef enum PpBuiltin {
    PP_USER,
    PP_FILE, PP_LINE, PP_COUNTER, PP_INCLUDE_LEVEL, PP_BASE_FILE, PP_DATE, PP_TIME, PP_TIMESTAMP, PP_PRAGMA, PP_PRAGMA_TOKENS,
    PP_HAS_INCLUDE, PP_HAS_INCLUDE_NEXT, PP_HAS_EMBED, PP_HAS_ATTRIBUTE, PP_HAS_C_ATTRIBUTE, PP_HAS_BUILTIN
} PpBuiltin;

typedef struct PpParam { const char *name; uint32_t len; } PpParam;

typedef struct PpName PpName;
typedef struct PpMacro {
    const PpName *name;
    const char *body;    /* table; the replacement list as written, a NUL behind it */
    uint32_t body_len;
    uint32_t n_params;
    const PpParam *params; /* table */
    const CdeclToken *tokens; /* table; made by the first expansion */
    uint32_t n_tokens;
    uint8_t builtin;     /* PpBuiltin */
    bool function_like, variadic;
    bool pastes;         /* has ## */
    bool cut;            /* TOKENS is valid */
    bool own;            /* defined in a cdef text, not in a header */
    bool constant;       /* own, and declared as a constant too: not replaced in cdef text */
    bool hidden;         /* a name without underscores that compilers predefine: replaced in headers only */
    bool expanding;      /* is being expanded */
    bool resolved;       /* SYMBOL was asked for */
    CdeclSpan at;        /* the name, in the parse numbered PARSE */
    uint32_t parse;
    uint32_t line;       /* 0: not counted yet */
    const char *file;    /* table; the header, or how messages call the text */
    const CdeclSymbol *symbol; /* region; what cdecl_find returns for it, or NULL, */
    uint64_t generation; /* in the table's state of that number */
    bool predefined;     /* the compiler's */
} PpMacro;

struct PpName { /* an identifier that is or was a macro's name */
    const char *text; /* table */
    uint32_t len, hash;
    PpMacro *macro;   /* NULL: not defined now */
    bool undefined;   /* was #undef'ined */
    uint32_t index;   /* its place in the table */
    const struct PpPushed *pushed; /* #pragma push_macro: what it stood for before */
};

typedef struct PpPushed { PpMacro *macro; const struct PpPushed *below; } PpPushed;
typedef struct PpUndo { PpName *name; PpMacro *macro; const PpPushed *pushed; } PpUndo; /* name NULL: the macro's body was cut */

typedef struct PpGuarded { /* a file that need not be read twice */
    const char *path;    /* table */
    PpName *guard;       /* skipped while this is defined; NULL: always, #pragma once */
} PpGuarded;
typedef struct PpOnce { uint64_t device, inode; } PpOnce; /* a file with #pragma once */

/* Memory handed out from its start on. */
typedef struct PpChunk {
    struct PpChunk *below;
    size_t used, size;
    _Alignas(max_align_t) char data[];
} PpChunk;
/* GRAPH: whose huge pages they may use, or NULL. */
void *pp_chunk_alloc(AbiGraph *, PpChunk **chunks, size_t size); /* not zeroed; NULL when out of memory */
bool pp_chunk_extend(PpChunk *, const void *end, size_t more);
void pp_chunk_free(AbiGraph *, PpChunk **chunks, const PpChunk *down_to);

typedef struct PpTable {
    CdeclTable index;    /* of names */
    PpName **names;      /* owned array; in order of appearance */
    uint32_t n_names, cap_names;
    uint64_t filter[1024]; /* a bit for each name by its hash: most identifiers are no macros and stop here */
    PpUndo *undo;        /* owned: what the parse changed, in order, but for names that are new and a header's */
    size_t n_undo, cap_undo;
    PpGuarded *guarded;  /* owned array */
    uint32_t n_guarded, cap_guarded;
    CdeclTable guarded_index; /* by path */
    PpOnce *once;        /* owned array */
    size_t n_once, cap_once;
    CdeclIncluded *included; /* owned array; strings are the table's */
    uint32_t n_included, cap_included;
    CdeclTable included_index;
    PpChunk *chunks;     /* owned: names, macros, bodies */
    AbiGraph *graph;     /* borrowed; whose huge pages they are in */
    uint64_t counter;    /* __COUNTER__ */
    uint64_t generation; /* counts the parses that changed it */
    bool predefined;     /* the target's macros are in it */
    struct PpMark { /* the state before the parse */
        uint32_t n_names, n_guarded, n_included;
        size_t n_once;
        PpChunk *chunk;
        size_t used;
        uint64_t counter;
        bool predefined;
    } mark;
} PpTable;

PpTable *pp_table_new(AbiGraph *); /* owned: pp_table_free; NULL when out of memory */
void pp_table_free(PpTable *);
void pp_table_begin(PpTable *);
void pp_table_commit(PpTable *);
void pp_table_rollback(PpTable *);
void *pp_table_alloc(PpTable *, size_t size);             /* zeroed; NULL when out of memory */
PpName *pp_name(PpTable *, const char *s, size_t n);      /* found or new; NULL when out of memory */
PpName *pp_find_name(const PpTable *, const char *s, size_t n, uint32_t hash); /* NULL: never a macro's name */
int pp_set(PpTable *, PpName *, PpMacro *);               /* define or (NULL) undefine; 0, or -1: no memory */
int pp_set_pushed(PpTable *, PpName *, const PpPushed *);
int pp_table_add_guarded(PpTable *, PpGuarded);
int pp_table_add_once(PpTable *, PpOnce);
int pp_table_add_included(PpTable *, const char *file, const char *by, bool quoted);
void pp_table_cut_included(PpTable *, uint32_t n);
int pp_set_tokens(PpTable *, PpMacro *, const CdeclToken *, size_t n); /* copied; undone by rollback; 0 or -1 */

/* May a name of that hash be in the table? */
static inline bool pp_may_be_name(const PpTable *t, uint32_t hash) {
    return t->filter[hash >> 16 & 1023] >> (hash >> 26) & 1;
}

/* ---------------------------------------------------------------- the state of a parse */

typedef struct PpTokens { /* a growing list, in the expansion's memory */
    CdeclToken *item;
    size_t count, cap;
} PpTokens;

typedef struct PpContext { /* tokens to be read before those of the file */
    const CdeclToken *at, *end;
    PpMacro *macro;      /* whose replacement they are; NULL: an argument */
    CdeclSpan site;      /* the macro's name in the text: the place of tokens that have none */
    uint8_t space;       /* CDECL_T_SPACE for the first */
    bool fresh;          /* nothing was read yet */
} PpContext;

typedef struct PpCond {  /* an open #if */
    CdeclSpan at;
    bool taken;          /* one of its groups was */
    bool in_else;
} PpCond;

typedef enum PpWatch { PP_NO_GUARD, PP_AT_START, PP_IN_GUARD, PP_BEHIND_GUARD } PpWatch;

typedef struct PpFile {  /* a text being read */
    CdeclLexer lexer;
    size_t first_cond;   /* conditionals open outside of it */
    PpWatch watch;       /* is all of it inside one #ifndef? */
    PpName *guard;
    size_t guard_cond;   /* conditionals open outside of the guard */
    size_t folder;       /* where in the list of folders it was found, for #include_next */
    const char *name;    /* table; how messages call it */
    const char *path;    /* table; NULL: the cdef text, a built-in header */
    size_t dir_len;      /* of PATH's folder, '/' included */
    uint64_t device, inode;
    bool once;
    bool own;            /* text of the program, not a header */
    bool built_in;       /* one of our headers */
    bool predefined;     /* the compiler's macros */
} PpFile;

typedef struct PpFolder {
    const char *path; /* NULL: the headers we have built in */
    size_t len;
    int fd;           /* owned, or PP_NOT_OPEN, PP_BY_PATH, PP_NO_FOLDER: see folder.c */
    unsigned asked;   /* how often something was looked for in it by path, */
    unsigned lacked;  /* and how often in vain */
    uint64_t *names;  /* owned: a bit for the hash of each name in it; NULL: any may be */
} PpFolder;

typedef struct PpBase { /* a path's beginning: what is behind it is looked for from FD */
    int fd;
    size_t len;       /* bytes of the path that FD stands for; AT_FDCWD: none */
} PpBase;

typedef struct PpHeader { const char *name, *text; size_t len; } PpHeader;
extern const PpHeader pp_headers[]; /* generated from parser/headers; ends with a NULL name */

typedef struct PpFound { /* see find.c */
    const char *key;     /* table */
    size_t key_len;
    const PpHeader *header; /* one of ours, or NULL */
    size_t dir_len;      /* of a path: its folder, '/' included */
    uint64_t device, inode; /* of a file, once it was read */
    uint32_t source;     /* 0: not read yet */
    uint32_t target;     /* of <name>: which file it is */
    uint32_t guarded;    /* of a file: 1 + which of the table's guarded ones it is, 0: none, as far as we know */
    size_t folder;       /* and where it was found */
} PpFound;
typedef struct PpOpen { /* a file that is open to be read */
    int fd;              /* owned; -1: none is */
    bool is_regular;
    uint64_t size, device, inode;
} PpOpen;
enum { PP_ABSENT = -2 };

typedef struct PpSite { CdeclSpan at; const PpMacro *macro; } PpSite; /* a macro's name that was replaced */
enum { PP_SITES = 64 };

typedef struct PpClosed { uint32_t source; uint64_t when; } PpClosed; /* a header that was read to its end */
enum { PP_CLOSED = 32 };

typedef struct CdeclPp {
    CdeclParse *parse;
    PpTable *table;
    PpFile *files;       /* owned; the innermost last */
    size_t n_files, cap_files;
    PpCond *conds;       /* owned */
    size_t n_conds, cap_conds;
    PpContext *contexts; /* owned */
    size_t n_contexts, cap_contexts;
    size_t floor;        /* contexts below belong to an outer expansion, */
    bool isolated;       /* and tokens end there: an argument is being expanded */
    PpChunk *chunks;     /* owned: tokens of expansions in progress */
    size_t expanded;     /* tokens made since text was last read outside of a macro, */
    uint64_t expanded_in_all; /* and since the parse began */
    unsigned depth;      /* arguments being expanded inside each other */
    unsigned pushed_space; /* CDECL_T_SPACE if what was expanded to nothing had white space before it */
    PpSite sites[PP_SITES]; /* the last ones, for messages; a ring */
    unsigned n_sites;
    CdeclSpan site;      /* the name in the text of the macro that was replaced last */
    bool in_directive;   /* the next newline ends the tokens */
    CdeclSpan line_end;  /* in a directive: just behind its last token */
    unsigned in_arguments; /* directives: end of file ends the tokens */
    bool seeking_paren;  /* # is no directive */
    bool active;         /* macros are replaced: a directive has been seen */
    bool ended;          /* the text is read to its end */
    bool defines;        /* it has macros of its own that may turn out to be constants */
    PpFolder *folders;   /* owned array, scratch items */
    size_t n_folders, cap_folders;
    PpClosed closed[PP_CLOSED]; /* whose text may go soon */
    unsigned n_closed;
    uint64_t declarations; /* counted, to know when */
    CdeclTable found;    /* include.c: names already looked for */
    PpFound *finds;      /* owned */
    uint32_t n_finds, cap_finds;
    PpOpen open;         /* what pp_find found last */
    CdeclSeenName seen[CDECL_SEEN_NAMES];
    uint64_t bytes_read;
    CdeclLimits limits;  /* those of the options, or the defaults */
    size_t bytes_made;   /* by # and ## */
} CdeclPp;

/* macro.c */
int pp_define(CdeclPp *); /* the rest of a #define line; 0 or -1 */
int pp_undefine(CdeclPp *);
int pp_define_builtins(PpTable *);
int pp_macro_tokens(CdeclPp *, PpMacro *); /* cut the body; 0 or -1 */
bool pp_same_macro(CdeclPp *, PpMacro *, PpMacro *); /* C11 6.10.3p1 */
int pp_push_macro(CdeclPp *, const char *name, size_t n);
int pp_pop_macro(CdeclPp *, const char *name, size_t n);
/* The macro that identifier T names now, or NULL. Fills T->hash. */
static inline PpMacro *pp_macro_of(const CdeclPp *pp, CdeclToken *t) {
    size_t n = t->text_len ? t->text_len : t->span.len;
    if (!t->hash)
        t->hash = cdecl_hash(t->text, n);
    if (!pp_may_be_name(pp->table, t->hash))
        return NULL;
    const PpName *name = pp_find_name(pp->table, t->text, n, t->hash);
    return name ? name->macro : NULL;
}

/* macro_value.c */
const CdeclSymbol *pp_macro_symbol(CdeclScope *, const char *name, size_t n);
PpMacro *pp_find_macro(const CdeclScope *, const char *name, size_t n);
int pp_read_tokens(CdeclParse *, CdeclToken **, size_t *n);
int pp_evaluate(CdeclParse *, const CdeclToken *, size_t n, CdeclValue *);
/* macro_constant.c */
int pp_is_plain_constant(CdeclPp *, PpMacro *);
int pp_declare_plain(CdeclPp *, PpMacro *, CdeclToken name);
int pp_declare_constants(CdeclPp *);

/* expand.c */
void *pp_alloc(CdeclPp *, size_t size); /* dies when the expansion is over, not zeroed; NULL: error set */
int pp_grow(CdeclPp *, PpTokens *);
/* Append a copy of T. 0, or -1. */
static inline int pp_append(CdeclPp *pp, PpTokens *list, const CdeclToken *t) {
    if (list->count == list->cap && pp_grow(pp, list) < 0)
        return -1;
    list->item[list->count++] = *t;
    return 0;
}
int pp_push(CdeclPp *, const CdeclToken *tokens, size_t n, PpMacro *, uint8_t space);
void pp_drop_contexts(CdeclPp *, size_t n);
int pp_raw(CdeclPp *, CdeclToken *);    /* the next token, not expanded */
int pp_expanded(CdeclPp *, CdeclToken *); /* the next token; TK_END at the end of what is being read */
int pp_expanded_from(CdeclPp *, CdeclToken *);
/* substitute.c */
typedef struct PpArgument {
    const CdeclToken *tokens, *expanded; /* EXPANDED NULL: not asked for yet */
    size_t count, n_expanded;
    bool omitted; /* the variable arguments, comma and all */
} PpArgument;
int pp_substitute(CdeclPp *, const PpMacro *, PpArgument *, PpTokens *out);
int pp_expand_list(CdeclPp *, const CdeclToken *, size_t n, PpTokens *out); /* fully, as an argument */
/* paste.c */
int pp_paste(CdeclPp *, CdeclToken *left, const CdeclToken *right); /* LEFT ## RIGHT, into LEFT */
int pp_stringify(CdeclPp *, const CdeclToken *, size_t n, CdeclToken *out);
int pp_make_token(CdeclPp *, const char *text, size_t n, uint8_t kind, CdeclToken *out); /* TEXT is copied */
/* builtin.c: the token that a built-in macro stands for, after NAME */
int pp_builtin(CdeclPp *, const PpMacro *, const CdeclToken *name);

/* preprocess.c */
int pp_file_token(CdeclPp *, CdeclToken *);   /* from the text, directives obeyed */
int pp_enter(CdeclPp *, PpFile);               /* read that file next */
int pp_enter_text(CdeclPp *, uint32_t source, PpFile);
int pp_activate(CdeclPp *);
/* directive.c */
typedef enum PpDirective {
    D_UNKNOWN, D_DEFINE, D_UNDEF, D_INCLUDE, D_INCLUDE_NEXT, D_IMPORT,
    D_IF, D_IFDEF, D_IFNDEF, D_ELIF, D_ELIFDEF, D_ELIFNDEF, D_ELSE, D_ENDIF,
    D_LINE, D_ERROR, D_WARNING, D_PRAGMA, D_EMBED, D_IGNORED
} PpDirective;
PpDirective pp_which_directive(const char *, size_t n);
int pp_directive(CdeclPp *, const CdeclToken *hash);
/* conditional.c */
const char *pp_line_end(const char *p, const char *limit); /* the newline that ends a directive */
const char *pp_skip_blank(const char *p, const char *limit);
int pp_begin_if(CdeclPp *, PpDirective, CdeclSpan at);
int pp_middle_if(CdeclPp *, PpDirective, CdeclSpan at);
int pp_end_if(CdeclPp *, CdeclSpan at);
int pp_skip_group(CdeclPp *);
/* embed.c */
int pp_embed(CdeclPp *, CdeclSpan at);
int pp_has_embed(CdeclPp *, CdeclSpan at, int *found); /* from behind its name to its ")": 0, 1, or 2 for nothing in it */
/* pragma.c: what stands behind #pragma, or in _Pragma's string */
int pp_pragma(CdeclPp *, CdeclLexer *, CdeclSpan at);
/* ppexpr.c; 0 or -1 */
int pp_condition(CdeclPp *, CdeclSpan at, bool *value); /* the controlling expression of #if */
int pp_count(CdeclPp *, CdeclSpan at, const char *whose, uint64_t *value); /* ( expression ), not negative, behind WHOSE name */
/* folder.c */
int pp_folders(CdeclPp *);
void pp_close_folders(CdeclPp *);
bool pp_folder_base(const CdeclPp *, PpFolder *, size_t len, PpBase *);
unsigned pp_folder_bit(const char *name, size_t n); /* of the name's first part, */
bool pp_folder_lacks(const PpFolder *, unsigned bit); /* which the folder is known not to have */
void pp_folder_lacked(const CdeclPp *, PpFolder *);
/* find.c */
/* TO_READ: what is found is left open, for pp_load or pp_close_found. */
int pp_find(CdeclPp *, const char *name, size_t n, bool quoted, bool to_read, size_t start, size_t *folder);
int pp_load(CdeclPp *, uint32_t index, CdeclSpan at);
/* Up to LIMIT bytes of that file behind the first OFFSET, as they are (owned: free); NULL: the error is set. */
char *pp_read_data(CdeclPp *, uint32_t index, uint64_t offset, uint64_t limit, CdeclSpan at, size_t *len);
void pp_close_found(CdeclPp *);
/* The LEN bytes of the file at PATH and a NUL (owned: free); NULL if it cannot be read or is of another size. */
char *pp_read_again(const char *path, size_t len);
/* near_header.c */
bool pp_near_header(const CdeclPp *, const char *name, size_t n, char *buf, size_t cap);
/* include.c */
typedef struct PpHeaderName { /* <name> or "name" */
    const char *name;
    size_t len;
    bool quoted;
    bool expanded; /* macros made it */
    CdeclSpan span;
} PpHeaderName;
int pp_header_name(CdeclPp *, PpHeaderName *);
void pp_list_folders(const CdeclPp *, char *where, size_t cap);
int pp_include(CdeclPp *, CdeclSpan at, bool next, bool once);
int pp_has_include(CdeclPp *, CdeclSpan at, bool next, bool *value); /* from behind its name to its ")" */
int pp_leave_file(CdeclPp *);
bool pp_is_open(const CdeclPp *, uint32_t source); /* is that text being read? */
int pp_once(CdeclPp *);
int pp_file_name(CdeclPp *, const CdeclToken *, const char **name); /* a string literal's text, for #line */
/* feature.c */
void pp_strip_underscores(const char **name, size_t *n);
int pp_feature(CdeclPp *, const PpMacro *, const CdeclToken *name, CdeclToken *out); /* __has_attribute and the like */
/* predefined.c */
extern const char pp_predefined_macros[]; /* the rest, built of those */
extern const char pp_target_macros[]; /* what depends on the processor, as text */
int pp_option_text(CdeclPp *, const CdeclOptions *, const char **text, size_t *len); /* scratch */
void pp_hide_plain_names(PpTable *);
#endif
