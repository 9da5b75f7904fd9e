/* What the text about one declared function is made from: how its values go over, and templates about them. */
#ifndef CDEFFI_EMIT_FUNCTION_H
#define CDEFFI_EMIT_FUNCTION_H

#include "pymod/emit.h"

/* How a kind of value goes over. In the templates: @c its C type, @b and @a what stands before and after the declarator
 * in it, @s its slot in the table of types, @i the number of the argument, @o the object it comes from, @f what to do
 * on failure. */
typedef struct Kind {
    const char *name, *in, *out;
    unsigned is; /* of the following */
} Kind;
enum {
    ARITHMETIC = 1, /* C11 6.2.5p18 */
    MEMORY = 2,     /* may need memory that lasts for the call */
    PLACED = 4,     /* the backend writes it where it is to be */
    CONSTANT = 8,   /* C initializes it, but does not assign it */
    INTEGRAL = 16,  /* C cuts it where it takes less */
    SIGNED = 32,    /* an integer that is declared signed */
    UNSIGNED = 64,
    NUMBERS = 128,  /* a pointer to integers, but not to those that are bytes too */
    BYTES = 256     /* a pointer to these: the sign does not matter */
};

typedef struct Value {
    const Kind *kind;
    Slice before, after; /* its C type, but for the declarator */
    long long slot;
} Value;

typedef struct Wrapper {
    Slice name, where; /* WHERE: the place of its declaration, for messages */
    enum { RELEASED, KEPT, ASKED } gil; /* during the call; ASKED: the compiler decides */
    bool is_void, has_memory, has_failed;
    size_t n; /* arguments */
    const Value *values; /* the result and the arguments */
} Wrapper;

/* One value of a wrapper, for templates; @n is the function's name, @l the call. */
typedef struct Place {
    const Wrapper *w;
    size_t i; /* in W->values */
} Place;

/* ---- emit_wrapper.c */
void emit_about(Emit *, const Wrapper *, size_t i, const char *template); /* value I: 0 is the result */

/* ---- emit_agreement.c */
void emit_narrowing(Emit *, const Wrapper *);
void emit_signs(Emit *, const Wrapper *);

#endif
