/* What the files of parser/ share. Private to the layer. */
#ifndef CDEFFI_PARSER_IMPL_H
#define CDEFFI_PARSER_IMPL_H

#include "parser/cdecl.h"

/* Where a token was written: a source of this parse, and a place in it. */
typedef struct CdeclSpan {
    uint32_t source; /* index into the parse's sources: 0 is the cdef text */
    uint32_t offset; /* bytes */
    uint32_t len;    /* bytes */
} CdeclSpan;

/* A preprocessing token (C11 6.4), kinds TK_* from the grammar; TEXT points into the source's buffer. */
typedef struct CdeclToken {
    int kind;
    CdeclSpan span;
    const char *text; /* borrowed from the source, which lives as long as the parse */
    uint8_t flags;    /* CDECL_T_* */
} CdeclToken;
enum { CDECL_T_LINE_START = 1 /* first on its line */, CDECL_T_SPACE = 2 /* white space before it */ };

typedef struct CdeclParse CdeclParse; /* one parse: scratch, sources, error, staging */

/* ---- error.c: the first error wins. The format's arguments follow errors.def. Returns -1. */
int cdecl_fail(CdeclParse *, CdeclSpan at, CdeclCode, ...);
/* A second place for the same error: "first declared here". */
void cdecl_note(CdeclParse *, CdeclSpan at, const char *text);
int cdecl_fail_abi(CdeclParse *, CdeclSpan at, const AbiError *);
bool cdecl_failed(const CdeclParse *);

/* ---- fold.c: constant expressions (C11 6.6), folded as they are parsed.
 *
 * An operand that may not be evaluated (the unchosen arm of ?:, the right of && and ||, sizeof's) may
 * hold an error or not be constant at all: it travels in the value and counts only when it is used. */
typedef struct CdeclOperand {
    CdeclValue value;   /* kind CDECL_V_NONE: not a constant */
    AbiQType type;      /* what sizeof and typeof see: before decay and promotion */
    CdeclCode deferred; /* an error that counts only if the operand is evaluated; CDECL_OK: none */
    CdeclSpan deferred_at;
    CdeclSpan span;     /* the whole expression */
} CdeclOperand;

CdeclOperand fold_number(CdeclParse *, CdeclToken);    /* pp-number: integer or floating constant, every suffix */
CdeclOperand fold_character(CdeclParse *, CdeclToken); /* all prefixes and escapes */
CdeclOperand fold_string(CdeclParse *, const CdeclToken *, size_t n); /* adjacent literals joined */
CdeclOperand fold_constant(CdeclParse *, CdeclValue, AbiQType, CdeclSpan); /* enumerator, constant */
CdeclOperand fold_nonconstant(CdeclParse *, AbiQType, CdeclSpan);          /* a variable, a call: a type, no value */
CdeclOperand fold_unary(CdeclParse *, CdeclToken op, CdeclOperand);        /* + - ~ ! & * __real__ __imag__ */
CdeclOperand fold_binary(CdeclParse *, CdeclToken op, CdeclOperand, CdeclOperand);
CdeclOperand fold_conditional(CdeclParse *, CdeclOperand, CdeclOperand, CdeclOperand);
CdeclOperand fold_cast(CdeclParse *, CdeclSpan, AbiQType, CdeclOperand);
CdeclOperand fold_sizeof(CdeclParse *, CdeclSpan, AbiQType);
CdeclOperand fold_alignof(CdeclParse *, CdeclSpan, AbiQType);
CdeclOperand fold_member(CdeclParse *, CdeclOperand base, CdeclToken name, bool arrow); /* s.m, p->m: for sizeof and typeof */
CdeclOperand fold_index(CdeclParse *, CdeclOperand base, CdeclOperand index);
CdeclOperand fold_call(CdeclParse *, CdeclOperand function, CdeclSpan);
/* offsetof(T, a.b[3].c): start with the type, then follow designators. */
typedef struct CdeclDesignator { AbiQType type; uint64_t offset; CdeclSpan span; bool failed; } CdeclDesignator;
CdeclDesignator fold_designate_member(CdeclParse *, CdeclDesignator, CdeclToken name);
CdeclDesignator fold_designate_index(CdeclParse *, CdeclDesignator, CdeclOperand index);
CdeclOperand fold_offsetof(CdeclParse *, CdeclDesignator);
/* Use an operand where an integer constant expression is required: 0 and VALUE, or the error. */
int fold_integer(CdeclParse *, CdeclOperand, CdeclValue *);

/* ---- the parse, for the functions above (parse.c) */
AbiGraph *cdecl_graph(const CdeclParse *);
AbiRegion *cdecl_region(const CdeclParse *);
void *cdecl_scratch(CdeclParse *, size_t size); /* zeroed, dies with the parse; NULL: error already set */

#endif
