/* The texts of a parse, places in them, and the error that is reported there. Private to the layer. */
#ifndef CDEFFI_PARSER_REPORT_H
#define CDEFFI_PARSER_REPORT_H

#include "parser/cdecl.h"
#include "parser/token.h"

typedef struct CdeclParse CdeclParse; /* one parse: scratch, sources, error, staging */

/* ---- the parse, for those who need not know its state (drive.c) */
AbiGraph *cdecl_graph(const CdeclParse *);
AbiRegion *cdecl_region(const CdeclParse *);
void *cdecl_scratch(CdeclParse *, size_t size); /* zeroed, dies with the parse; NULL: error already set */

/* ---- the texts of a parse (source.c) */
typedef struct CdeclSource {
    const char *name; /* "cdef", or the file's */
    const char *text; /* LEN bytes; no NUL needed at the end */
    size_t len;
} CdeclSource;
const CdeclSource *cdecl_source(const CdeclParse *, uint32_t index);
/* Where AT is presumed to be after line markers and #line (C11 6.10.4): on entry NAME and LINE are the
 * physical place; they are changed only where a marker says otherwise. */
void cdecl_presumed(const CdeclParse *, CdeclSpan at, const char **name, uint32_t *line);

/* ---- the same, for those who add texts */
/* Add a text; splices lines (C11 5.1.1.2 phase 2). TEXT is copied. The index, or -1. */
int cdecl_source_add(CdeclParse *, const char *name, const char *text, size_t len);
/* The same for LEN bytes and a NUL that malloc's BUFFER holds: taken over, not copied. */
int cdecl_source_take(CdeclParse *, const char *name, char *buffer, size_t len);
int cdecl_source_alias(CdeclParse *, uint32_t source); /* the same text once more, included elsewhere: the index, or -1 */
/* A header's text is not needed any more but for messages: for them it is read again. */
void cdecl_source_drop(CdeclParse *, uint32_t source);
void cdecl_source_included(CdeclParse *, uint32_t source, CdeclSpan at);
bool cdecl_source_parent(const CdeclParse *, uint32_t source, CdeclSpan *at); /* where it is included; false: nowhere */
void cdecl_source_free(CdeclParse *);
/* A line marker: text from OFFSET on (the line after the marker) is LINE of NAME. */
int cdecl_source_mark(CdeclParse *, uint32_t source, uint32_t offset, uint32_t line, const char *name);
uint32_t cdecl_line(CdeclParse *, CdeclSpan, const char **name); /* presumed; linear over a whole parse */

/* ---- error.c: the first error wins. The format's arguments follow errors.def. Returns -1.
 *
 * Only the place is recorded; line, column and caret are made by cdecl_report, while the sources live. */
enum { CDECL_NOTES = 4 };
typedef struct CdeclDiagnosis { /* CdeclParse holds one, zeroed at the start */
    CdeclCode code;
    CdeclSpan at;
    char msg[240];
    unsigned n_notes;
    struct { CdeclSpan at; char text[120]; } note[CDECL_NOTES];
} CdeclDiagnosis;
CdeclDiagnosis *cdecl_diagnosis(const CdeclParse *);
/* Fill OUT with the parse's error and its whole report. Nothing else is read from the parse but the
 * diagnosis and the sources. */
void cdecl_report(const CdeclParse *, CdeclError *out);
CdeclCategory cdecl_category(CdeclCode);
/* For what fails without a parse (a bad argument, no memory for one): code and message, no place. */
int cdecl_error_set(CdeclError *, CdeclCode, ...);
int cdecl_fail(CdeclParse *, CdeclSpan at, CdeclCode, ...);
/* A second place for the same error: "first declared here". */
void cdecl_note(CdeclParse *, CdeclSpan at, const char *text);
int cdecl_fail_abi(CdeclParse *, CdeclSpan at, const AbiError *);

#endif
