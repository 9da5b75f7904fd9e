/* Constant expressions: what an operand is, and the operations on it. Private to the layer. */
#ifndef CDEFFI_PARSER_FOLD_H
#define CDEFFI_PARSER_FOLD_H

#include "parser/report.h"

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
        const CdeclSymbol *symbol;          /* CDECL_O_SYMBOL: what it names; CDECL_O_BASED */
        const struct CdeclPending *pending; /* deferred CDECL_E_PENDING: see apply.h */
    };
    uint64_t address;   /* CDECL_O_PLACED: where the object lies, as in ((T *)0)->m; CDECL_O_BASED */
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
    CDECL_O_CALL = 32,    /* a call, and nothing more */
    CDECL_O_BASED = 64    /* it lies, or a pointer leads, ADDRESS bytes into the variable SYMBOL, wherever that is */
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
const AbiMember *fold_find_member(CdeclParse *, AbiQType record, CdeclToken name, size_t *offset); /* NULL: the error is set */
CdeclOperand fold_part(const CdeclParse *, CdeclOperand base, const AbiMember *, size_t offset, CdeclSpan);
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
void fold_rebase(CdeclOperand *, const CdeclOperand *from, uint64_t offset); /* it lies or leads OFFSET bytes behind where FROM does, if that is CDECL_O_BASED */
CdeclOperand fold_condition(CdeclOperand); /* what decides: a variable's address is not null */
void fold_drop(const CdeclParse *, CdeclOperand *, const CdeclOperand *dropped); /* the operand that ?:, && or || does not take */
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
bool fold_is_disjoint(const CdeclOperand *, const CdeclOperand *); /* addresses in different address spaces */
bool fold_size(CdeclParse *, CdeclSpan, AbiQType, uint64_t *); /* sizeof; false: the error is set */
/* fold_builtin.c */
const char *fold_builtin_name(const char *name); /* behind "__builtin_"; NULL: NAME, which may be NULL, does not start so */
/* __builtin_NAME(ARGS...), a function of the compiler's; false: not one that folds */
typedef struct CdeclArguments { CdeclOperand *items; size_t n, cap; } CdeclArguments;
bool fold_builtin(CdeclParse *, const char *name, const CdeclArguments *, CdeclSpan, CdeclOperand *);
/* fold_library.c: the same of those that C libraries have */
bool fold_library(CdeclParse *, const char *name, const CdeclArguments *, CdeclSpan, CdeclOperand *);
bool fold_is_library(const char *name); /* NULL: no */
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

#endif
