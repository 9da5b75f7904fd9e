/* What names mean: the entries of a scope, and names that are near. Private to the layer. */
#ifndef CDEFFI_PARSER_SCOPE_H
#define CDEFFI_PARSER_SCOPE_H

#include "parser/report.h"
#include "parser/table.h"

/* ---- scope.c */
typedef struct CdeclEntry { /* an ordinary identifier or a tag */
    const char *name; /* region */
    uint32_t name_len, hash;
    union { const CdeclSymbol *symbol; /* region */ AbiType *type; /* region */ };
    CdeclSpan at;     /* where declared; valid in the parse with that number only */
    uint32_t parse;   /* number of the parse in its scope */
    uint32_t line;
    bool is_typedef;  /* the symbol is: asked for nearly every name */
    const char *file; /* region */
} CdeclEntry;
const CdeclEntry *scope_symbol(const CdeclScope *, const char *name, size_t n, uint32_t hash, const CdeclScope **where);
const CdeclEntry *scope_tag(const CdeclScope *, AbiKind, const char *name, size_t n, uint32_t hash, const CdeclScope **where);
/* Declare, or replace the entry of that name in this scope; undone by rollback. 0, or -1 (error set). */
int scope_declare(CdeclParse *, const CdeclSymbol *, size_t name_len, uint32_t hash, CdeclSpan at);
int scope_declare_tag(CdeclParse *, AbiType *, const char *name, size_t name_len, uint32_t hash, CdeclSpan at);
const CdeclTable *scope_symbol_table(const CdeclScope *); /* of this scope alone */
void scope_begin(CdeclScope *);
void scope_commit(CdeclScope *);
void scope_rollback(CdeclScope *);
uint32_t scope_parse_number(const CdeclScope *);
size_t scope_included_count(const CdeclScope *);
const CdeclScope *scope_included_at(const CdeclScope *, size_t i);
struct PpTable **scope_macros(CdeclScope *); /* owned by the scope; NULL until there are any */
/* Of macros that are applied, and of their values: what texts have set, else the defaults. */
const CdeclLimits *scope_limits(const CdeclScope *);
void scope_set_limits(CdeclScope *, const CdeclLimits *given); /* what GIVEN does not say stays */
CdeclLimits scope_default_limits(const CdeclLimits *given);
int scope_use(CdeclScope *, const AbiType *); /* TYPE lives as long as the scope; 0, or -1: no memory */
int scope_reserve_commit(CdeclScope *, size_t n_anonymous);
void scope_add_anonymous(CdeclScope *, AbiType *);
const AbiType *scope_predefined(CdeclParse *, uint16_t id); /* FILE, va_list, size_t: NULL and error set if out of memory */
AbiType *scope_va_list_record(CdeclParse *); /* struct __va_list_tag; NULL: error set */
/* "first declared here" for ENTRY: a note with the source line, or the file and line in words. */
void scope_note(CdeclParse *, const CdeclEntry *, const char *what);

/* ---- suggest.c: the nearest name */
typedef struct CdeclNear { const char *name; size_t len; unsigned limit; char best[64]; unsigned distance; } CdeclNear;
void cdecl_near_start(CdeclNear *, const char *name, size_t len);
void cdecl_near_offer(CdeclNear *, const char *name, size_t len);
bool cdecl_near_value(const CdeclScope *, const char *name, size_t len, char *buf, size_t cap);
bool cdecl_near_type(const CdeclScope *, const char *name, size_t len, char *buf, size_t cap); /* typedefs, predefined, keywords */

#endif
