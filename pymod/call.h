/* How a call's arguments and result are converted: shared by the files about functions. Private. */
#ifndef CDEFFI_CALL_H
#define CDEFFI_CALL_H

#include "pymod/state.h"
#include "pymod/compat.h"

#include <string.h>
#include <structmember.h>

typedef enum ArgumentOp { /* argument_quick() wants the first two first */
    ARG_SIGNED,   /* integers up to 64 bits, extended to a whole slot */
    ARG_UNSIGNED,
    ARG_DOUBLE,
    ARG_FLOAT,
    ARG_POINTER,  /* also takes what C would let decay: bytes, str, lists */
    ARG_RECORD,   /* structs and unions */
    ARG_NARROW,   /* bool, char and enum kinds: by the type's converter, then extended */
    ARG_VALUE     /* everything else, in its natural representation */
} ArgumentOp;

typedef struct Argument {
    uint8_t op;         /* ArgumentOp */
    uint8_t size;       /* bytes of the natural representation of scalars */
    bool is_signed;
    bool takes_bytes;   /* pointer to void or to one-byte integers or characters */
    uint32_t offset;    /* of its slot in the call's area */
    int64_t min;        /* of ARG_SIGNED and ARG_UNSIGNED, what fits int64_t */
    int64_t max;
    CTypeObject *ctype; /* strong */
} Argument;

typedef enum ResultOp {
    RESULT_VOID,
    RESULT_DOUBLE,
    RESULT_LONG,  /* integers up to 64 bits that fit long, and int32_t, ... */
    RESULT_INT,
    RESULT_COPY,  /* aggregates: an object of its own */
    RESULT_OTHER  /* by the type's converter */
} ResultOp;

/* The converters of one function type beside its call plan. Made at the first call, then immutable. */
typedef struct FunctionCall {
    const AbiPlan *plan;  /* borrowed from the type; NULL for variadic types: one plan a call */
    AbiPlan *last;        /* owned: the latest variadic call's plan, taken and put back atomically */
    CTypeObject *result;  /* strong */
    uint32_t nargs;       /* declared ones */
    bool variadic;
    bool quick;           /* argument_quick() serves the usual values of all parameters */
    uint8_t result_op;    /* ResultOp */
    Argument args[];
} FunctionCall;

/* Memory that lasts for one call: lists and strings that are passed as pointers. */
typedef struct Temporaries {
    char *next, *end;           /* what is left of the caller's buffer */
    struct TemporaryBlock *blocks; /* owned: what did not fit */
} Temporaries;
#define TEMPORARIES_SIZE 512

void temporaries_free(Temporaries *);

/* ---- function_call.c */
/* The call description of function type CT (kind ABI_FUNCTION), made if needed; NULL with an exception. */
FunctionCall *function_call_of(CTypeObject *ct);
FunctionCall *function_call_types(CTypeObject *ct); /* owned: without a plan, for types that no plan can serve too */
void raise_plan(CTypeObject *fn, const AbiError *); /* why a function of type FN cannot be called */
int argument_describe(Argument *, ModuleState *, const AbiType *, uint32_t offset); /* 0, or -1 with an exception */

/* ---- argument.c */
/* Convert VALUE into its slot. 0, or -1 with an exception. */
int argument_slow(const Argument *, char *slot, PyObject *value, Temporaries *);

/* ---- variadic.c */
PyObject *variadic_call(CDataFunction *, FunctionCall *, PyObject *const *args, Py_ssize_t nargs);

/* ---- callback_obj.c */
/* A callback without C code of its own: of a function pointer type, run by callback_run(). */
PyObject *callback_detached(CTypeObject *, PyObject *callable, PyObject *error, PyObject *onerror);
FunctionCall *callback_call(PyObject *callback); /* its arguments' types; borrowed */
/* Run it with ARGS[i] pointing to argument i; RESULT has at least 8 bytes. */
void callback_run(PyObject *callback, void *result, void *const *args);

/* ---- function_obj.c */
/* Run PLAN on a filled AREA: errno swapped, the GIL released unless KEEP_GIL; then the result as an object. */
/* Name the function, the parameter and both types in an exception about argument I: cffi's message, then ours. */
void function_explain_argument(CDataFunction *, const FunctionCall *, uint32_t i, PyObject *argument);
PyObject *function_run(CDataFunction *, const FunctionCall *, const AbiPlan *, char *area);

/* ---- file_argument.c */
/* The FILE * of a Python file object (kept open as long as it), or NULL with an exception. */
void *file_argument(PyObject *file);
bool file_argument_check(const Argument *, PyObject *value);

/* An exact int that fits int64_t. */
static inline bool long_exact(PyObject *value, int64_t *out) {
    if (long_compact(value, out)) return true;
    int overflow;
    *out = PyLong_AsLongLongAndOverflow(value, &overflow);
    return overflow == 0;
}

/* Integers and pointers as what their register holds. Here and below: the common cases in line, no code of Python's
 * runs and nothing is allocated. False, and no exception: it takes argument_slow(). */
static inline bool integer_quick(const Argument *a, uint64_t *word, PyObject *value) {
    int64_t n;
    if (!PyLong_CheckExact(value) || !long_exact(value, &n) || n < a->min || n > a->max) return false;
    *word = (uint64_t)n;
    return true;
}

static inline bool pointer_quick(const Argument *a, uint64_t *word, PyObject *value) {
    if (PyBytes_CheckExact(value) && a->takes_bytes) {
        *word = (uintptr_t)PyBytes_AS_STRING(value);
        return true;
    }
    if (!cdata_check(NULL, value) || ((CDataObject *)value)->ctype != a->ctype) return false;
    *word = (uintptr_t)((CDataObject *)value)->data;
    return true;
}

static inline bool record_quick(const Argument *a, char *slot, PyObject *value) {
    const CDataObject *cd = (CDataObject *)value;
    if (!cdata_check(NULL, value) || cd->ctype != a->ctype || cd->data == NULL) return false;
    memcpy(slot, cd->data, a->ctype->type->size);
    return true;
}

static inline bool float_quick(const Argument *a, char *slot, PyObject *value) {
    if (!PyFloat_CheckExact(value) || a->size != sizeof(float)) return false; /* _Float16 and its like */
    float x = (float)PyFloat_AS_DOUBLE(value);
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    *(uint64_t *)(void *)slot = bits; /* one store: the compiler may exchange two of different types */
    return true;
}

/* Comparisons in the order of how often they are met, as in result_object(). */
static inline bool argument_quick(const Argument *a, char *slot, PyObject *value) {
    if (a->op <= ARG_UNSIGNED) return integer_quick(a, (uint64_t *)(void *)slot, value);
    if (a->op == ARG_DOUBLE) {
        if (!PyFloat_CheckExact(value)) return false;
        *(double *)(void *)slot = PyFloat_AS_DOUBLE(value);
        return true;
    }
    if (a->op == ARG_POINTER) return pointer_quick(a, (uint64_t *)(void *)slot, value);
    if (a->op == ARG_RECORD) return record_quick(a, slot, value);
    return a->op == ARG_FLOAT && float_quick(a, slot, value);
}

static inline int argument_convert(const Argument *a, char *slot, PyObject *value, Temporaries *temporaries) {
    return argument_quick(a, slot, value) ? 0 : argument_slow(a, slot, value, temporaries);
}

#endif
