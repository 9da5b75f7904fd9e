/* Applying a macro to values (macro_call.c): what an expression does that no constant expression may, which is to read
 * and write memory, to call functions, to have variables of its own. Private to the layer.
 *
 * The expression is folded like a constant one, again and again. Where it needs what the outside has, an operand is
 * "pending": a deferred error like any other, which ?:, && and || drop with the operand that they do not take. So the
 * error that is left at the end is what C would do first. It is done, kept under the number of its place, and the
 * expression is folded anew, until nothing is pending. Places are numbered as they are met: one for each use of an
 * operand, whatever is known of it, so that a place has the same number every time. What is certain to be reached, and
 * waits for nothing, is done at once: statements and loops would be folded very often else. */
#ifndef CDEFFI_PARSER_APPLY_H
#define CDEFFI_PARSER_APPLY_H

#include "parser/impl.h"

/* Argument N of the call, as an identifier that no program has. */
#define CDECL_ARGUMENT_PREFIX "__cdeffi_argument_"

typedef enum CdeclEffectKind { CDECL_EF_READ, CDECL_EF_WRITE, CDECL_EF_ROOM, CDECL_EF_ADDRESS, CDECL_EF_CALL } CdeclEffectKind;

typedef struct CdeclPending { /* scratch */
    CdeclEffectKind kind;
    uint32_t site;
    CdeclOperand object;       /* READ, WRITE: where, and of which type; ROOM: its type */
    CdeclValue value;          /* WRITE: what; CALL: the address, if there is no SYMBOL */
    const CdeclSymbol *symbol; /* ADDRESS: of what; CALL: whom */
    CdeclValue *args;          /* CALL */
    size_t n_args;
} CdeclPending;

struct CdeclEffect { /* what was done at a place */
    uint32_t site;
    CdeclValue value;
    void *room; /* owned: a variable's */
};

typedef struct CdeclLocal { /* a parameter of an inline function, a variable of ({ ... }) */
    const char *name;
    size_t len;
    CdeclOperand value;
    struct CdeclLocal *outer; /* declared before */
} CdeclLocal;

typedef struct CdeclApply { /* one folding */
    const char *macro;
    const CdeclValue *args;
    size_t n_args;
    CdeclEffects *effects;
    uint32_t sites;
    uint32_t waiting;        /* operands made that are pending, whether or not somebody wants them */
    bool certain;            /* what is folded now is reached, if nothing before it waits */
    unsigned depth, bodies;  /* calls of inline functions: nested, in all those that are not certain */
    CdeclLocal *locals;      /* the newest first */
    CdeclStrings **braces;   /* temporary: what stands in ({ }) */
    uint32_t n_braces;
    size_t cap_braces;
} CdeclApply;

/* apply.c */
CdeclOperand apply_pending(CdeclParse *, CdeclOperand, CdeclPending); /* its result, or that it is pending */
CdeclOperand apply_read(CdeclParse *, CdeclOperand); /* the value of the scalar object */
CdeclOperand apply_address(CdeclParse *, CdeclOperand, const CdeclSymbol *); /* of a function or a variable: a pointer */
CdeclOperand apply_variable(CdeclParse *, CdeclOperand, const CdeclSymbol *);
CdeclOperand apply_argument(CdeclParse *, CdeclToken name, size_t i);
CdeclOperand apply_sequence(CdeclOperand first, CdeclOperand then); /* THEN, once FIRST is done */
CdeclOperand apply_after(CdeclOperand first, CdeclOperand then); /* the same, whatever else FIRST is */
CdeclOperand apply_assign(CdeclParse *, CdeclToken op, CdeclOperand to, CdeclOperand value);
CdeclOperand apply_step(CdeclParse *, CdeclToken op, CdeclOperand, bool before);
CdeclOperand apply_nothing(const CdeclParse *, CdeclSpan); /* a value of type void */
CdeclOperand apply_void(CdeclParse *, CdeclOperand); /* (void)x */
int apply_perform(CdeclParse *, const CdeclPending *, CdeclEffects *); /* READ, WRITE, ROOM: 0 or -1 */
int apply_enter(CdeclParse *, const CdeclToken *, size_t n); /* before they are folded: 0 or -1 */
int apply_count(CdeclParse *, size_t n);
/* apply_call.c */
CdeclOperand apply_call(CdeclParse *, CdeclOperand function, const CdeclArguments *, CdeclSpan);
CdeclOperand apply_convert(CdeclParse *, AbiQType, CdeclOperand); /* fold_cast, void too */
/* local.c */
const CdeclLocal *apply_local(const CdeclParse *, CdeclToken name);
int apply_add_local(CdeclParse *, const char *name, size_t len, CdeclOperand value);
bool apply_is_changed(const char *name, size_t len, const CdeclToken *, const CdeclToken *end); /* or its address taken, in these */
CdeclOperand apply_room(CdeclParse *, AbiQType, CdeclSpan); /* an object of the macro's own, zeroed */
size_t apply_find_outside(const CdeclToken *, size_t n, int kind); /* the first of KIND outside of brackets; N: none */
CdeclOperand apply_statement(CdeclParse *, const CdeclToken *, size_t n, const CdeclToken *end); /* a declaration or an expression */
void apply_refuse(CdeclParse *, const CdeclToken *statement);
int apply_keep_braces(CdeclParse *, CdeclToken *braces, CdeclStrings *);
const CdeclStrings *apply_braces(const CdeclParse *, CdeclToken braces); /* what was kept; NULL: nothing is in them */
/* statements.c */
CdeclOperand apply_block(CdeclParse *, CdeclToken braces);
CdeclOperand apply_body(CdeclParse *, const CdeclSymbol *, const CdeclStrings *, CdeclSpan); /* of a function: what it returns */
int apply_tokens(CdeclParse *, const CdeclToken *, size_t n, CdeclOperand *); /* all that a macro stands for: 0 or -1 */
/* compound.c */
CdeclOperand apply_compound(CdeclParse *, AbiQType, CdeclToken braces, CdeclSpan);
CdeclOperand apply_braced(CdeclParse *, AbiQType, const CdeclToken *, size_t n, CdeclSpan, CdeclOperand *done);

#endif
