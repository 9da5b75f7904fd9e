/* What the files of parser/ share. Private to the layer. */
#ifndef CDEFFI_PARSER_IMPL_H
#define CDEFFI_PARSER_IMPL_H

#include "parser/cdecl.h"

#include <string.h>

/* Where a token was written: a source of this parse, and a place in it. */
typedef struct CdeclSpan {
    uint32_t source; /* index into the parse's sources: 0 is the cdef text */
    uint32_t offset; /* bytes */
    uint32_t len;    /* bytes */
} CdeclSpan;

/* A preprocessing token (C11 6.4), kinds TK_* from the grammar; TEXT points into the source's buffer. */
typedef struct CdeclToken { /* 32 bytes: tokens are copied again and again */
    uint8_t kind;
    uint8_t flags;    /* CDECL_T_* */
    uint16_t sub;     /* which one of its kind: CDECL_ST_*, CDECL_TW_*, a qualifier, an attribute, TK_BAD's code */
    uint32_t hash;    /* identifiers: of their spelling, once somebody asked; 0: not yet */
    const char *text; /* borrowed from the source, which lives as long as the parse */
    CdeclSpan span;
    uint32_t text_len; /* bytes of TEXT when it is not the source's (a pasted token); 0: span.len */
} CdeclToken;
enum {
    CDECL_T_LINE_START = 1, /* first on its line */
    CDECL_T_SPACE = 2,      /* white space before it */
    CDECL_T_PLAIN = 4       /* an identifier known to have no universal character name in it */
};

/* The bytes of a token's spelling. */
static inline size_t cdecl_token_len(CdeclToken t) {
    return t.text_len ? t.text_len : t.span.len;
}

typedef struct CdeclParse CdeclParse; /* one parse: scratch, sources, error, staging */

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
/* For what fails without a parse (a bad argument, no memory for one): code and message, no place. */
int cdecl_error_set(CdeclError *, CdeclCode, ...);
int cdecl_fail(CdeclParse *, CdeclSpan at, CdeclCode, ...);
/* A second place for the same error: "first declared here". */
void cdecl_note(CdeclParse *, CdeclSpan at, const char *text);
int cdecl_fail_abi(CdeclParse *, CdeclSpan at, const AbiError *);

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
    union {
        const char *deferred_text;          /* scratch; the %s of the deferred error's format, or NULL */
        const CdeclSymbol *symbol;          /* CDECL_O_SYMBOL: what it names */
        const struct CdeclPending *pending; /* deferred CDECL_E_PENDING: see apply.h */
    };
    uint64_t address;   /* CDECL_O_PLACED: where the object lies, as in ((T *)0)->m */
    uint8_t flags;      /* CDECL_O_* */
    uint8_t bit_offset; /* CDECL_O_BITFIELD: of its first bit in the byte at ADDRESS */
    uint16_t bit_width; /* CDECL_O_BITFIELD: bits */
    uint32_t align;     /* bytes, of an object that was aligned by itself; 0: as its type */
} CdeclOperand;
enum {
    CDECL_O_LVALUE = 1,   /* names an object: & may be applied */
    CDECL_O_PLACED = 2,   /* an lvalue whose address is a constant */
    CDECL_O_BITFIELD = 4, /* no sizeof, no & */
    CDECL_O_NULL = 8,     /* a null pointer constant: 0 or (void *)0 (C11 6.3.2.3) */
    CDECL_O_SYMBOL = 16,  /* a function or variable, by its name */
    CDECL_O_CALL = 32     /* a call, and nothing more */
};

/* The operators, whatever their token kinds are: found by spelling, so that #if can use them too. */
typedef enum CdeclOp {
    CDECL_OP_NONE,
    CDECL_OP_PLUS, CDECL_OP_MINUS, CDECL_OP_TILDE, CDECL_OP_BANG,
    CDECL_OP_STAR, CDECL_OP_AMP, CDECL_OP_REAL, CDECL_OP_IMAG, /* unary too: + - * & */
    CDECL_OP_SLASH, CDECL_OP_PERCENT, CDECL_OP_SHL, CDECL_OP_SHR,
    CDECL_OP_LT, CDECL_OP_GT, CDECL_OP_LE, CDECL_OP_GE, CDECL_OP_EQ, CDECL_OP_NE,
    CDECL_OP_CARET, CDECL_OP_PIPE, CDECL_OP_ANDAND, CDECL_OP_OROR
} CdeclOp;
CdeclOp fold_operator(CdeclToken);

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
CdeclOperand fold_sizeof_operand(CdeclParse *, CdeclSpan op, CdeclOperand);  /* sizeof expr: refuses bit-fields */
CdeclOperand fold_alignof_operand(CdeclParse *, CdeclSpan op, CdeclOperand); /* GNU: _Alignof expr */
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
/* The same for a constant of any kind (#define, static const): integer, real, string. */
int fold_value(CdeclParse *, CdeclOperand, CdeclValue *);
/* Is it a constant with no error pending? Asks only; never fails. */
bool fold_is_constant(const CdeclOperand *);
bool fold_is_wrong(const CdeclOperand *); /* an overflow, a division by zero, not just no constant */
/* The type after lvalue conversion (C11 6.3.2.1): no qualifiers, arrays and functions as pointers.
 * What _Generic and __auto_type see. type NULL: the error is set. */
AbiQType fold_decayed(CdeclParse *, CdeclOperand);
/* abi_compatible; when out of memory false, and the error is set. */
bool fold_compatible(CdeclParse *, AbiQType, AbiQType);
CdeclOperand fold_comma(CdeclParse *, CdeclOperand, CdeclOperand);             /* never a constant, as in GCC */
CdeclOperand fold_assign(CdeclParse *, CdeclToken op, CdeclOperand, CdeclOperand); /* = += ...: only a type */
/* An operand that stands for an error already reported. */
CdeclOperand fold_failed(CdeclParse *, CdeclSpan);
/* Values by hand: VALUE of integer type TYPE wrapped to its width, the value's sign, its width in bits. */
CdeclValue cdecl_int_value(const AbiType *, AbiWide);
bool cdecl_value_negative(const CdeclValue *);

/* ---- shared by the fold_*.c files only */
typedef unsigned __int128 FoldBits; /* a value, sign- or zero-extended by its type to 128 bits */
typedef __int128 FoldSigned;
FoldBits fold_bits(const CdeclValue *);
CdeclValue fold_value_of(const AbiType *, FoldBits); /* wrapped to TYPE */
/* fold_type.c: TYPE is what fold_basic returned, or any type for the questions */
const AbiType *fold_basic(const AbiType *); /* behind typedef names, alignment and enum */
bool fold_is_integer(const AbiType *);      /* enum included */
bool fold_is_real(const AbiType *);         /* floating */
bool fold_is_arithmetic(const AbiType *);   /* complex too */
bool fold_is_scalar(const AbiType *);       /* arithmetic or pointer */
bool fold_is_decimal(const AbiType *);
unsigned fold_width(const AbiType *);       /* bits of an integer type; 1 for bool */
bool fold_is_signed(const AbiType *);
const AbiType *fold_promoted(CdeclParse *, const CdeclOperand *);
const AbiType *fold_common(CdeclParse *, const AbiType *, const AbiType *); /* NULL: the error is for the caller */
const char *fold_spell(CdeclParse *, AbiQType); /* scratch; "" when out of memory */
/* fold.c */
CdeclSpan fold_join(CdeclSpan, CdeclSpan);
CdeclOperand fold_typed(AbiQType, CdeclSpan); /* an rvalue not known yet: add a value or a deferred error */
CdeclOperand fold_known(const AbiType *, FoldBits, CdeclSpan); /* an integer or pointer constant, wrapped */
CdeclOperand fold_known_real(const AbiType *, long double, CdeclSpan);
void fold_defer(CdeclOperand *, CdeclSpan at, CdeclCode, const char *text); /* drops the value */
bool fold_inherit(CdeclOperand *, const CdeclOperand *from); /* true: FROM is not constant, and so neither is this */
CdeclOperand fold_rvalue(CdeclParse *, CdeclOperand); /* lvalue conversion, decay; type.type NULL: failed */
CdeclOperand fold_convert(CdeclParse *, CdeclSpan at, const AbiType *, CdeclOperand); /* between arithmetic types and pointers */
bool fold_truth(const CdeclOperand *); /* of a constant scalar */
bool fold_is_null(const CdeclOperand *); /* a null pointer constant */
/* fold_real.c */
long double fold_round(const AbiType *, long double);
bool fold_real_binary(const AbiType *, CdeclOp, long double, long double, long double *);
bool fold_real_to_int(const AbiType *, long double, FoldBits *);
long double fold_int_to_real(const AbiType *, const CdeclValue *);
bool fold_real_parse(const AbiType *, const char *, long double *); /* NUL-terminated; false: out of memory */
/* fold_pointer.c */
CdeclOperand fold_pointer_binary(CdeclParse *, CdeclToken, CdeclOp, CdeclOperand, CdeclOperand);
CdeclOperand fold_address(CdeclParse *, CdeclToken, CdeclOperand);
CdeclOperand fold_dereference(CdeclParse *, CdeclToken, CdeclOperand);
const AbiType *fold_pointer_common(CdeclParse *, const CdeclOperand *, const CdeclOperand *); /* of ?: ; NULL: they do not agree */
bool fold_size(CdeclParse *, CdeclSpan, AbiQType, uint64_t *); /* sizeof; false: the error is set */
/* fold_builtin.c: NAME(ARGS...), a function of the compiler's; false: not one that folds */
typedef struct CdeclArguments { CdeclOperand *items; size_t n, cap; } CdeclArguments;
bool fold_builtin(CdeclParse *, const char *name, const CdeclArguments *, CdeclSpan, CdeclOperand *);
/* literal.c: the characters of character constants and string literals */
typedef enum CdeclEncoding { CDECL_ENC_PLAIN, CDECL_ENC_UTF8, CDECL_ENC_16, CDECL_ENC_32, CDECL_ENC_WIDE } CdeclEncoding;
typedef struct CdeclLiteral { /* what is left of a literal */
    CdeclParse *parse;
    CdeclToken token;
    const char *p, *end; /* between the quotes */
    CdeclEncoding encoding;
    unsigned unit;       /* bytes of a code unit */
    const AbiType *type; /* of a code unit */
} CdeclLiteral;
typedef struct CdeclUnits { uint32_t unit[4]; unsigned n; } CdeclUnits; /* one character, encoded */
int cdecl_literal_open(CdeclLiteral *, CdeclParse *, CdeclToken); /* 0, or -1: the error is set */
int cdecl_literal_next(CdeclLiteral *, CdeclUnits *);             /* 1, 0 at the end, -1 */
const AbiType *cdecl_unit_type(const CdeclParse *, CdeclEncoding, bool character);
/* A part of a token, for messages: the whole where its text is not the source's. */
CdeclSpan cdecl_subspan(CdeclToken, size_t offset, size_t len);

/* ---- the parse, for the functions above (parse.c) */
AbiGraph *cdecl_graph(const CdeclParse *);
AbiRegion *cdecl_region(const CdeclParse *);
void *cdecl_scratch(CdeclParse *, size_t size); /* zeroed, dies with the parse; NULL: error already set */

/* ---- lexer.re: bytes to preprocessing tokens */
typedef struct CdeclLexer {
    const char *base, *cursor, *limit; /* borrowed; *limit is a readable NUL */
    uint32_t source;
    bool at_line_start; /* nothing but white space since the last newline */
} CdeclLexer;
void cdecl_lex(CdeclLexer *, CdeclToken *);

typedef enum CdeclWordClass {
    CDECL_W_NAME,       /* an ordinary identifier */
    CDECL_W_KEYWORD,    /* kind and sub as the grammar wants them */
    /* the rest hold only while the program declares nothing of that name */
    CDECL_W_TYPEDEF,    /* sub: AbiPrim or CDECL_PRE_* */
    CDECL_W_CONVENTION, /* WINAPI */
    CDECL_W_OFFSETOF,
    CDECL_W_CONSTANT    /* true, false, nullptr */
} CdeclWordClass;
typedef struct CdeclWord { CdeclWordClass class; uint8_t kind; uint16_t sub; } CdeclWord;
CdeclWord cdecl_word(const char *s, size_t n);

enum { /* predefined names that are no primitive */
    CDECL_PRE_FILE = ABI_PRIM_COUNT + 1, CDECL_PRE_VA_LIST, CDECL_PRE_MS_VA_LIST, CDECL_PRE_FLOAT_COMPLEX, CDECL_PRE_DOUBLE_COMPLEX,
    CDECL_PRE_TRUE, CDECL_PRE_FALSE, CDECL_PRE_NULLPTR
};
enum { /* storage-class and function specifiers: sub of TK_STORAGE, TK_STATIC, TK_EXTERN; bits in CdeclSpecs */
    CDECL_ST_TYPEDEF = 1, CDECL_ST_EXTERN = 2, CDECL_ST_STATIC = 4, CDECL_ST_AUTO = 8, CDECL_ST_REGISTER = 16,
    CDECL_ST_INLINE = 32, CDECL_ST_NORETURN = 64, CDECL_ST_THREAD = 128, CDECL_ST_CONSTEXPR = 256
};
typedef enum CdeclTypeWord { /* sub of TK_TYPEWORD; the order of specifier.c's table */
    CDECL_TW_VOID, CDECL_TW_CHAR, CDECL_TW_SHORT, CDECL_TW_INT, CDECL_TW_LONG, CDECL_TW_FLOAT, CDECL_TW_DOUBLE,
    CDECL_TW_SIGNED, CDECL_TW_UNSIGNED, CDECL_TW_BOOL, CDECL_TW_COMPLEX, CDECL_TW_IMAGINARY,
    CDECL_TW_INT128, CDECL_TW_UINT128, CDECL_TW_MS_INT8, CDECL_TW_MS_INT16, CDECL_TW_MS_INT32, CDECL_TW_MS_INT64,
    CDECL_TW_FLOAT16, CDECL_TW_BFLOAT16, CDECL_TW_FLOAT32, CDECL_TW_FLOAT64, CDECL_TW_FLOAT32X, CDECL_TW_FLOAT64X,
    CDECL_TW_FLOAT128, CDECL_TW_FLOAT80, CDECL_TW_DECIMAL32, CDECL_TW_DECIMAL64, CDECL_TW_DECIMAL128,
    CDECL_TW_BITINT /* _BitInt(N): its type travels with it */
} CdeclTypeWord;

/* ---- preprocess.c: the token source. Tokens after directives and macros; the filter's only input.
 * 0, or -1: the error is set. At the end TK_END, again and again. */
int cdecl_next_token(CdeclParse *, CdeclToken *);
void cdecl_preprocess_end(CdeclParse *, bool keep); /* the macros of this parse: kept, or taken back */
void cdecl_preprocess_idle(CdeclParse *); /* an external declaration is complete */
/* Does the span name a macro that was replaced there? TEXT then says which, DEFINED where it was defined. */
bool cdecl_macro_at(const CdeclParse *, CdeclSpan at, char *text, size_t cap, CdeclSpan *defined);

/* ---- source.c */
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

/* ---- table.c: names to indices, in order of insertion; the last inserted can be taken back */
typedef struct CdeclSlot { uint32_t hash, index; /* index + 1; 0: free */ } CdeclSlot;
typedef struct CdeclTable { CdeclSlot *slots; /* owned */ uint32_t mask, count; } CdeclTable;
uint32_t cdecl_hash(const char *s, size_t n);
/* The next entry whose hash is HASH, oldest first. PROBE starts at 0 and is the caller's place; false: that
 * was the last. */
static inline bool cdecl_table_next(const CdeclTable *t, uint32_t hash, uint32_t *probe, uint32_t *index) {
    if (!t->slots)
        return false;
    for (uint32_t i = *probe;; i++) {
        const CdeclSlot *slot = &t->slots[(hash + i) & t->mask];
        if (!slot->index)
            return false;
        if (slot->hash == hash) {
            *probe = i + 1;
            *index = slot->index - 1;
            return true;
        }
    }
}
int cdecl_table_reserve(CdeclTable *);                       /* room for one more; 0 or -1 */
void cdecl_table_add(CdeclTable *, uint32_t hash, uint32_t index); /* after reserve */
void cdecl_table_remove(CdeclTable *, uint32_t hash, uint32_t index); /* the one added last */
void cdecl_table_free(CdeclTable *);

/* ---- scope.c */
typedef struct CdeclEntry { /* an ordinary identifier or a tag */
    const char *name; /* region */
    uint32_t name_len, hash;
    union { const CdeclSymbol *symbol; /* region */ AbiType *type; /* region */ };
    CdeclSpan at;     /* where declared; valid in the parse with that number only */
    uint32_t parse;   /* number of the parse in its scope */
    uint32_t line;
    const char *file; /* region */
} CdeclEntry;
const CdeclEntry *scope_symbol(const CdeclScope *, const char *name, size_t n, uint32_t hash, const CdeclScope **where);
const CdeclEntry *scope_tag(const CdeclScope *, AbiKind, const char *name, size_t n, uint32_t hash, const CdeclScope **where);
/* Declare, or replace the entry of that name in this scope; undone by rollback. 0, or -1 (error set). */
int scope_declare(CdeclParse *, const CdeclSymbol *, size_t name_len, uint32_t hash, CdeclSpan at);
int scope_declare_tag(CdeclParse *, AbiType *, const char *name, size_t name_len, uint32_t hash, CdeclSpan at);
void scope_begin(CdeclScope *);
void scope_commit(CdeclScope *);
void scope_rollback(CdeclScope *);
uint32_t scope_parse_number(const CdeclScope *);
size_t scope_included_count(const CdeclScope *);
const CdeclScope *scope_included_at(const CdeclScope *, size_t i);
struct PpTable **scope_macros(CdeclScope *); /* owned by the scope; NULL until there are any */
int scope_use(CdeclScope *, const AbiType *); /* TYPE lives as long as the scope; 0, or -1: no memory */
int scope_reserve_anonymous(CdeclScope *, size_t n);
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

/* ---- what the grammar's actions pass on. Pointers are scratch. NULL stands for an error already set,
 * except where noted: lemon runs the actions of one token to the end. */
enum { /* machine modes, mode(DI) */
    CDECL_MODE_QI = 1, CDECL_MODE_HI, CDECL_MODE_SI, CDECL_MODE_DI, CDECL_MODE_TI, CDECL_MODE_HF, CDECL_MODE_SF,
    CDECL_MODE_DF, CDECL_MODE_XF, CDECL_MODE_TF, CDECL_MODE_SC, CDECL_MODE_DC, CDECL_MODE_XC, CDECL_MODE_TC
};
typedef struct CdeclAttributes {
    CdeclSpan span;
    uint32_t align;        /* aligned(n), align(n); 0: none */
    CdeclSpan align_at;
    uint32_t alignas_;     /* _Alignas(n): may not lower */
    CdeclSpan alignas_at;
    bool has_alignas;
    bool packed, transparent_union, ms_struct, gcc_struct, noreturn, const_, pure, weak, has_conv;
    AbiConv conv;
    uint8_t mode;          /* CDECL_MODE_*, 0: none */
    CdeclSpan mode_at;
    bool has_vector;       /* vector_size, ext_vector_type */
    bool vector_is_lanes;
    uint64_t vector;       /* bytes, or lanes */
    CdeclSpan vector_at;
    const char *alias;     /* region */
} CdeclAttributes;

typedef struct CdeclTypeSpec { /* one type specifier */
    CdeclToken token; /* kind TK_TYPEWORD: a keyword in sub; otherwise type is meant */
    AbiQType type;
    CdeclSpan span;
    AbiType *anonymous; /* a tagless record or enum defined here */
    bool defines;       /* struct S {...}, or names a tag */
    bool names_tag;
} CdeclTypeSpec;

typedef struct CdeclSpecs {
    CdeclSpan span;
    unsigned storage; /* CDECL_ST_* */
    CdeclSpan storage_at, typedef_at, thread_at, inline_at, qual_at;
    uint64_t words;   /* two bits for each CdeclTypeWord seen */
    AbiQType type;    /* a typedef's, a record's; resolved: of the whole */
    CdeclSpan type_at;
    unsigned quals;
    CdeclAttributes *attributes; /* may be NULL */
    AbiType *anonymous;
    bool has_type, has_words, defines, names_tag, resolved, failed;
    bool has_typedef; /* a typedef name was declared with them */
    uint32_t bitint_width; /* N of _BitInt(N) */
    bool ellipsis;    /* "int..." or "typedef ...": cffi's */
    const AbiType *estimate; /* of "int...": what was written */
    CdeclSpan ellipsis_at;
} CdeclSpecs;

typedef struct CdeclBound {
    enum { CDECL_B_NONE, CDECL_B_STAR, CDECL_B_ELLIPSIS, CDECL_B_VALUE } kind;
    CdeclOperand value;
    unsigned quals; /* [const 3] in a parameter */
    bool is_static, has_words;
    CdeclSpan at;
} CdeclBound;

typedef struct CdeclParameter {
    AbiQType type;    /* adjusted (C11 6.7.6.3p7, p8); NULL: failed, or a name without a type */
    CdeclToken token; /* its name; kind 0: none */
    CdeclSpan span;
    bool is_void;     /* exactly "void": the empty list */
    struct CdeclParameter *next;
} CdeclParameter;

typedef struct CdeclParameters {
    CdeclParameter *first, *last;
    size_t n;
    bool has_void;        /* f(void) */
    uint32_t scope_start; /* the prototype's first name on the parameter stack */
    bool variadic, unprototyped, names_only; /* names_only: f(a, b) */
} CdeclParameters;

typedef struct CdeclDerive { /* one derivation: pointer to, array of, function returning */
    enum { CDECL_D_POINTER, CDECL_D_ARRAY, CDECL_D_FUNCTION } kind;
    CdeclSpan span;
    unsigned quals;
    bool block; /* a pointer written ^ */
    CdeclAttributes *attributes;
    CdeclBound *bound;           /* an array's, */
    CdeclParameters *parameters; /* a function's */
    struct CdeclDerive *outer; /* the next one away from the name */
} CdeclDerive;

typedef struct CdeclDeclarator {
    CdeclToken name; /* kind 0: abstract */
    CdeclSpan span;
    CdeclDerive *inner, *outer; /* nearest to the name, and farthest; NULL: none */
    CdeclAttributes *attributes;
} CdeclDeclarator;

typedef struct CdeclTypeName { AbiQType type; CdeclSpan span; } CdeclTypeName;
typedef struct CdeclStrings { CdeclToken *tokens; size_t n, cap; CdeclSpan span; } CdeclStrings;

typedef struct CdeclBraces { /* { ... } of an initialiser, zeroed at the start */
    struct CdeclItem *items; /* temporary */
    size_t n, cap;
    CdeclStrings *string;    /* temporary: the first item, if it is that */
    bool unknown;            /* something leaves the number of elements open */
    /* the item being read */
    unsigned depth;          /* of brackets */
    int first, last;         /* its tokens' kinds; 0: none yet */
    bool only_strings, has_index, part;
    uint32_t index;
} CdeclBraces;

typedef struct CdeclDeclared { /* the declaration being made */
    CdeclSpecs *specs;
    CdeclToken name;
    AbiQType type;
    const CdeclSymbol *symbol; /* NULL: failed */
    CdeclDeclarator *declarator;
    CdeclParameter *kr; /* K&R: the names, given types one by one */
    struct CdeclDeclared *first;
    bool has_initializer;
} CdeclDeclared;

typedef struct CdeclMember { AbiMemberDecl decl; CdeclSpan at, at_declarator; uint32_t hash, name_len; struct CdeclMember *next; } CdeclMember;
typedef struct CdeclRecord { /* a struct or union whose body is open */
    AbiType *type;
    AbiType *same;        /* the complete one that has the tag already */
    CdeclAttributes *attributes;
    CdeclSpan at, brace;
    CdeclMember *first, *last;
    size_t n;
    uint32_t pack;
    bool partial, anonymous;
    struct CdeclRecord *outer;
} CdeclRecord;

typedef struct CdeclEnumItem {
    CdeclSymbol *symbol; /* region; NULL: agrees with the one declared before */
    AbiEnumerator enumerator;
    CdeclSpan at;
    struct CdeclEnumItem *next;
} CdeclEnumItem;
typedef struct CdeclEnum { /* an enum whose body is open */
    AbiType *type;
    AbiType *same;
    CdeclAttributes *attributes;
    const AbiType *underlying; /* fixed; or NULL */
    CdeclSpan at, brace;
    CdeclEnumItem *first, *last;
    size_t n;
    bool has_last;
    CdeclValue last_value;
    bool partial, anonymous;
    struct CdeclEnum *outer;
} CdeclEnum;

typedef struct CdeclGeneric { CdeclOperand control, result; AbiQType type; bool matched, has_default, failed; CdeclOperand otherwise; } CdeclGeneric;

/* drive.c */
void parse_declaration_end(CdeclParse *);
unsigned parse_linkage(CdeclParse *, CdeclStrings *);
void parse_linkage_end(CdeclParse *, unsigned previous);
void parse_type_done(CdeclParse *, CdeclTypeName);
void parse_expression_done(CdeclParse *, CdeclOperand);
void parse_too_deep(CdeclParse *);
bool cdecl_lemon_accepts(const void *parser, int kind);
size_t cdecl_lemon_size(void);
/* Would the grammar take a token of KIND now? */
bool parse_accepts(const CdeclParse *, int kind);
int cdecl_with_parse(CdeclScope *, const char *name, const char *src, size_t len,
                     int (*work)(CdeclParse *, void *user), void *user, CdeclError *);
/* Evaluate TOKENS as an expression, in this scope. What is no expression gives -1 and no error, but where a macro
 * is applied: there the reason. */
int cdecl_evaluate(CdeclParse *, const CdeclToken *tokens, size_t n, CdeclOperand *);
/* The same for a type name, or a declaration's part before the "=". */
int cdecl_evaluate_type(CdeclParse *, const CdeclToken *tokens, size_t n, CdeclTypeName *);
/* braces.c: what the braces of an initialiser hold */
int braces_token(CdeclParse *, CdeclBraces *, const CdeclToken *);
int braces_end_item(CdeclParse *, CdeclBraces *);
void braces_designate(CdeclBraces *, bool known, uint32_t index, bool part);
bool braces_length(CdeclParse *, const AbiType *item, const CdeclBraces *, size_t *length);
/* expect.c */
void parse_unknown_type(CdeclParse *, CdeclToken name);
void parse_missing(CdeclParse *, const char *what); /* WHAT is missing before the token being passed on */
void parse_syntax_error(CdeclParse *, CdeclToken);
/* filter.c: the next token for the grammar. 0 or -1. */
int cdecl_filter(CdeclParse *, CdeclToken *);
/* specifier.c */
CdeclTypeSpec specifier_word(CdeclParse *, CdeclToken);
CdeclTypeSpec specifier_typedef(CdeclParse *, CdeclToken);
CdeclTypeSpec specifier_bitint(CdeclParse *, CdeclToken, CdeclOperand);
CdeclTypeSpec specifier_atomic(CdeclParse *, CdeclToken, CdeclTypeName, CdeclToken end);
CdeclTypeSpec specifier_typeof(CdeclParse *, CdeclToken, CdeclOperand, CdeclToken end);
CdeclTypeSpec specifier_typeof_type(CdeclParse *, CdeclToken, CdeclTypeName, CdeclToken end);
CdeclSpecs *specs_attributes(CdeclParse *, CdeclSpecs *, CdeclAttributes *);
CdeclSpecs *specs_storage(CdeclParse *, CdeclSpecs *, CdeclToken);
CdeclSpecs *specs_type(CdeclParse *, CdeclSpecs *, CdeclTypeSpec);
CdeclSpecs *specs_ellipsis(CdeclParse *, CdeclSpecs *, CdeclToken);
/* The type that S specifies, once; 0 or -1. */
int specs_resolve(CdeclParse *, CdeclSpecs *);
/* declarator.c */
CdeclDeclarator *declarator_name(CdeclParse *, CdeclToken);
CdeclDeclarator *declarator_abstract(CdeclParse *, CdeclToken);
CdeclDeclarator *declarator_group(CdeclParse *, CdeclAttributes *, CdeclDeclarator *, CdeclToken end);
CdeclDeclarator *declarator_pointer(CdeclParse *, CdeclDeclarator *pointer, CdeclDeclarator *);
CdeclDeclarator *declarator_block(CdeclParse *, CdeclToken caret);
CdeclDeclarator *declarator_star(CdeclParse *, CdeclDeclarator *, CdeclToken);
CdeclDeclarator *declarator_star_qualifier(CdeclParse *, CdeclDeclarator *, CdeclToken);
CdeclDeclarator *declarator_star_attributes(CdeclParse *, CdeclDeclarator *, CdeclAttributes *);
CdeclDeclarator *declarator_array(CdeclParse *, CdeclDeclarator *, CdeclBound, CdeclToken end);
CdeclDeclarator *declarator_function(CdeclParse *, CdeclDeclarator *, CdeclToken, CdeclParameters *, CdeclToken end);
CdeclDeclarator *declarator_attributes(CdeclParse *, CdeclDeclarator *, CdeclAttributes *);
CdeclBound bound_none(CdeclParse *);
CdeclBound bound_star(CdeclParse *, CdeclToken);
CdeclBound bound_ellipsis(CdeclParse *, CdeclToken);
CdeclBound bound_value(CdeclParse *, CdeclOperand);
CdeclBound bound_word(CdeclParse *, const CdeclBound *, CdeclToken);
CdeclBound bound_words(CdeclParse *, CdeclBound words, CdeclBound);
/* derive.c: specifiers and declarator to a type */
enum { CDECL_USE_FILE, CDECL_USE_MEMBER, CDECL_USE_PARAMETER, CDECL_USE_TYPE_NAME, CDECL_USE_TYPEDEF };
/* ATTRIBUTES: those of the whole declaration (mode, vector_size, calling convention); may be NULL.
 * type NULL: the error is set. */
AbiQType derive(CdeclParse *, CdeclSpecs *, CdeclDeclarator *, const CdeclAttributes *, int use);
AbiQType derive_aligned(CdeclParse *, AbiQType, const CdeclAttributes *); /* a type of its own alignment */
CdeclTypeName type_name(CdeclParse *, CdeclSpecs *, CdeclDeclarator *);
/* parameter.c */
CdeclParameter parameter(CdeclParse *, CdeclSpecs *, CdeclDeclarator *, CdeclAttributes *);
CdeclParameters *parameters_none(CdeclParse *);
CdeclParameters *parameters_variadic(CdeclParse *, CdeclParameters *);
CdeclParameters *parameters_add(CdeclParse *, CdeclParameters *, CdeclParameter);
CdeclParameters *parameters_name(CdeclParse *, CdeclParameters *, CdeclToken);
void parameters_end(CdeclParse *, CdeclParameters *); /* its names go out of scope */
const CdeclParameter *parameter_find(const CdeclParse *, const CdeclToken *);
/* declare.c, declare_kr.c, initializer.c */
CdeclDeclared *declare(CdeclParse *, CdeclSpecs *, CdeclAttributes *before, CdeclDeclarator *, CdeclStrings *label, CdeclAttributes *);
CdeclDeclared *declare_next(CdeclParse *, CdeclDeclared *, CdeclAttributes *before, CdeclDeclarator *, CdeclStrings *label, CdeclAttributes *);
CdeclDeclared *declare_value(CdeclParse *, CdeclDeclared *, CdeclOperand);
CdeclDeclared *declare_braced(CdeclParse *, CdeclDeclared *, CdeclToken);
void declare_none(CdeclParse *, CdeclSpecs *);
void declare_no_type(CdeclParse *, CdeclSpecs *);
void declare_body(CdeclParse *, CdeclDeclared *);
void declare_auto(CdeclParse *, CdeclSpecs *, CdeclToken, CdeclOperand);
CdeclDeclared *declare_kr(CdeclParse *, CdeclSpecs *, CdeclDeclarator *);
void declare_kr_empty(CdeclParse *p, CdeclSpecs *s);
CdeclSpecs *declare_kr_parameter(CdeclParse *, CdeclSpecs *, CdeclDeclarator *, CdeclAttributes *);
void declare_kr_body(CdeclParse *, CdeclDeclared *);
void declare_static_assert(CdeclParse *, CdeclToken, CdeclOperand, CdeclStrings *);
/* The enumerator NAME of TYPE; SAME: the enum that this one must agree with. Its symbol to be finished, or
 * NULL: it agrees with the one declared before, or the error is set. *KEPT receives the name (region). */
CdeclSymbol *declare_enumerator(CdeclParse *, CdeclToken name, const AbiType *, CdeclValue, unsigned flags, const AbiType *same, const char **kept);
CdeclDeclared *declare_end(CdeclParse *, CdeclDeclared *);
/* symbol.c: what declarations become */
CdeclSymbol *symbol_new(CdeclParse *, const CdeclToken *name, CdeclSymbolKind, AbiQType, unsigned flags); /* temporary */
CdeclSymbol *symbol_copy(CdeclParse *, const CdeclSymbol *); /* temporary: to be changed and declared again */
CdeclSymbol *symbol_keep(CdeclParse *, const CdeclToken *name, const CdeclSymbol *); /* a copy in the region */
CdeclSymbol *symbol_declare(CdeclParse *, const CdeclToken *name, const CdeclSymbol *); /* the copy declared (region), or NULL */
const char *const *symbol_parameter_names(CdeclParse *, const CdeclDeclarator *);
const char *symbol_link_name(CdeclParse *, CdeclStrings *label, const CdeclAttributes *);
/* Name conflicts: the entry that NAME has in this scope, or NULL. */
const CdeclEntry *symbol_own(CdeclParse *, const CdeclToken *name);
int symbol_conflict(CdeclParse *, const CdeclToken *name, const CdeclEntry *, CdeclCode); /* -1, or 0 when overriding */
/* The constant NAME with VALUE (#define, constexpr). 0 or -1. */
int declare_constant(CdeclParse *, CdeclToken name, CdeclValue, unsigned flags);
/* agree.c: two definitions of a tag; both complete */
bool agree_members(const AbiType *, const AbiType *);
bool agree_enumerators(const AbiType *, const AbiType *);
/* record.c, member.c, enum.c, tag.c */
CdeclTypeSpec record_reference(CdeclParse *, CdeclToken, CdeclAttributes *, CdeclToken);
CdeclRecord *record_open(CdeclParse *, CdeclToken, CdeclAttributes *, const CdeclToken *tag, CdeclToken brace);
CdeclTypeSpec record_close(CdeclParse *, CdeclRecord *, CdeclToken, CdeclAttributes *);
void record_partial(CdeclParse *, CdeclToken);
void member_unnamed(CdeclParse *, CdeclSpecs *);
CdeclSpecs *member_add(CdeclParse *, CdeclSpecs *, CdeclAttributes *before, CdeclDeclarator *, CdeclAttributes *);
CdeclSpecs *member_bits(CdeclParse *, CdeclSpecs *, CdeclAttributes *before, CdeclDeclarator *, CdeclOperand, CdeclAttributes *);
int member_check_complete(CdeclParse *, const CdeclRecord *);
int member_check_names(CdeclParse *, CdeclRecord *);
CdeclTypeSpec enum_reference(CdeclParse *, CdeclToken, CdeclAttributes *, CdeclToken, CdeclSpecs *);
CdeclEnum *enum_open(CdeclParse *, CdeclToken, CdeclAttributes *, const CdeclToken *tag, CdeclSpecs *, CdeclToken brace);
CdeclTypeSpec enum_close(CdeclParse *, CdeclEnum *, CdeclToken, CdeclAttributes *);
void enum_next(CdeclParse *, CdeclToken);
void enum_value(CdeclParse *, CdeclToken, CdeclOperand);
void enum_unknown(CdeclParse *, CdeclToken);
void enum_partial(CdeclParse *, CdeclToken);
/* The record or enum of that tag: as declared, or newly declared incomplete. NULL: the error is set. */
AbiType *tag_reference(CdeclParse *, AbiKind, const CdeclToken *);
/* The one to be defined now: declared and incomplete, or new. TAG NULL: anonymous. *SAME (may be NULL):
 * the complete one of that tag, which the new one must agree with. */
AbiType *tag_define(CdeclParse *, AbiKind, const CdeclToken *tag, CdeclSpan at, AbiType **same);
int tag_redefine(CdeclParse *, AbiType *first, AbiType *next, CdeclSpan at);
void tag_named(CdeclParse *, const AbiType *);
/* attribute.c */
CdeclAttributes *attribute_word(CdeclParse *, CdeclToken);
CdeclAttributes *attribute_value(CdeclParse *, CdeclToken, CdeclOperand);
CdeclAttributes *attribute_convention(CdeclParse *, CdeclToken);
CdeclAttributes *attribute_alignas(CdeclParse *, CdeclToken, CdeclOperand);
CdeclAttributes *attribute_alignas_type(CdeclParse *, CdeclToken, CdeclTypeName);
CdeclAttributes *attributes_join(CdeclParse *, CdeclAttributes *, CdeclAttributes *); /* NULL: none */
/* How the filter passes on attribute NAME: TK_ATTR_WORD or TK_ATTR_EXPR, and its index in SUB. */
uint8_t attribute_class(const char *name, size_t n, bool declspec, uint16_t *sub);
AbiQType attribute_mode(CdeclParse *, AbiQType, const CdeclAttributes *);
/* expression.c */
CdeclStrings *strings_add(CdeclParse *, CdeclStrings *, CdeclToken);
CdeclOperand expression_name(CdeclParse *, CdeclToken);
CdeclOperand expression_strings(CdeclParse *, CdeclStrings *);
CdeclOperand expression_group(CdeclParse *, CdeclToken, CdeclOperand, CdeclToken);
CdeclOperand expression_opaque(CdeclParse *, CdeclToken, CdeclToken braces, CdeclToken);
CdeclOperand expression_offsetof(CdeclParse *, CdeclToken, CdeclDesignator, CdeclToken);
CdeclOperand expression_compatible(CdeclParse *, CdeclToken, CdeclTypeName, CdeclTypeName, CdeclToken);
CdeclOperand expression_va_arg(CdeclParse *, CdeclToken, CdeclTypeName, CdeclToken);
CdeclOperand expression_choose(CdeclParse *, CdeclToken, CdeclOperand, CdeclOperand, CdeclOperand, CdeclToken);
CdeclArguments *arguments_add(CdeclParse *, CdeclArguments *, CdeclOperand); /* NULL: no arguments */
CdeclOperand expression_call(CdeclParse *, CdeclOperand, const CdeclArguments *, CdeclToken);
CdeclOperand expression_step(CdeclParse *, CdeclToken op, CdeclOperand, bool before);
CdeclOperand expression_compound(CdeclParse *, CdeclToken, CdeclTypeName, CdeclToken);
CdeclOperand expression_sizeof(CdeclParse *, CdeclToken, CdeclTypeName, CdeclToken);
CdeclOperand expression_sizeof_operand(CdeclParse *, CdeclToken, CdeclOperand);
CdeclOperand expression_alignof_operand(CdeclParse *, CdeclToken, CdeclOperand);
CdeclOperand expression_alignof(CdeclParse *, CdeclToken, CdeclTypeName, CdeclToken);
CdeclOperand expression_cast(CdeclParse *, CdeclToken, CdeclTypeName, CdeclOperand);
CdeclDesignator designator_start(CdeclParse *, CdeclTypeName, CdeclToken);
CdeclGeneric *generic_start(CdeclParse *, CdeclOperand);
CdeclGeneric *generic_type(CdeclParse *, CdeclGeneric *, CdeclTypeName, CdeclOperand);
CdeclGeneric *generic_default(CdeclParse *, CdeclGeneric *, CdeclToken, CdeclOperand);
CdeclOperand generic_done(CdeclParse *, CdeclToken, CdeclGeneric *, CdeclToken);

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

typedef struct CdeclChunk { /* scratch memory, handed out from its start on */
    struct CdeclChunk *older;
    size_t used, size;
    _Alignas(max_align_t) char data[];
} CdeclChunk;

struct CdeclParse {
    AbiGraph *graph;    /* borrowed */
    AbiRegion *region;  /* borrowed */
    CdeclScope *scope;  /* borrowed */
    const CdeclOptions *options; /* borrowed; may be NULL */
    CdeclDiagnosis diagnosis;
    CdeclChunk *scratch, *temporary; /* owned: the newest chunks */
    CdeclText *texts;   /* owned */
    size_t n_texts, cap_texts;
    CdeclLexer lexer;   /* of the cdef text */
    struct CdeclPp *pp; /* owned: the preprocessor's state; NULL: nothing to preprocess */
    bool pp_started;
    void *lemon;        /* owned: the grammar's stack */
    void *lemon_inner;  /* owned: that of cdecl_evaluate, made when first needed */
    unsigned evaluating; /* nested calls of cdecl_evaluate */
    struct CdeclApply *apply; /* borrowed: a macro is being applied to values; NULL: none is */
    const char *file_seen, *file_kept; /* cdecl_file_name's memory */
    /* filter */
    CdeclToken ahead[2]; /* tokens read but not passed on */
    unsigned n_ahead;
    CdeclToken last;     /* the token passed on last */
    CdeclToken now;      /* the token being passed on */
    CdeclToken body;     /* the braces skipped last */
    CdeclBraces braces;  /* and what they hold, those of an initialiser */
    CdeclStrings *result; /* temporary: what stands between "return" and ";" if they hold nothing else; or NULL */
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
/* Has the parse failed? Asked for every token. */
static inline bool cdecl_failed(const CdeclParse *p) {
    return p->diagnosis.code != CDECL_OK;
}
/* Open the region's transaction: before the first thing is made in the region. */
void cdecl_transaction(CdeclParse *);
const char *cdecl_name(CdeclParse *, const CdeclToken *); /* region; NULL: error set */
const char *cdecl_file_name(CdeclParse *, const char *);  /* region; NULL: error set */
int cdecl_unescape(CdeclParse *, CdeclToken *);           /* \u00e9 in an identifier */
static inline CdeclSpan cdecl_join(CdeclSpan a, CdeclSpan b) {
    if (a.source == b.source && b.offset + b.len > a.offset)
        a.len = b.offset + b.len - a.offset;
    return a;
}

#endif
