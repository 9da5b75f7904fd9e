/* parser: C text to declarations in a scope.
 *
 * The public header of the layer. A scope is one namespace of C declarations (one Python FFI object).
 * Types go straight into the abi type graph; there is no syntax tree. A parse declares everything or
 * nothing. All functions take the graph's lock themselves; none of them needs Python.
 */
#ifndef CDEFFI_CDECL_H
#define CDEFFI_CDECL_H

#include <float.h>
#include <string.h>

#include "abi/abi.h"

/* ---------------------------------------------------------------- errors */

/* What kind of exception fits: the binding maps these, and only these. */
typedef enum CdeclCategory {
    CDECL_CAT_NONE,
    CDECL_CAT_SYNTAX,      /* the text is not C (cffi: CDefError) */
    CDECL_CAT_DECLARATION, /* C, but contradicts itself or an earlier declaration (cffi: FFIError) */
    CDECL_CAT_TYPE,        /* a type that cannot exist or be laid out (CDefError too) */
    CDECL_CAT_COMPILER,    /* "..." forms that only a compiler can fill in (cffi: VerificationMissing) */
    CDECL_CAT_LIMIT,       /* a documented limit: nesting, size */
    CDECL_CAT_FILE,        /* an include file cannot be read */
    CDECL_CAT_MEMORY
} CdeclCategory;

typedef enum CdeclCode {
    CDECL_OK = 0,
#define E(id, category, format) CDECL_E_##id,
#include "parser/errors.def"
#undef E
    CDECL_CODE_COUNT
} CdeclCode;

/* The first error of a parse. LINE and COLUMN start at 1; column counts characters, not bytes.
 * REPORT is the whole message: "cdef:3:14: unknown type name ...", the source line, the caret, notes. */
typedef struct CdeclError {
    CdeclCode code;
    CdeclCategory category;
    uint32_t line, column;
    char msg[240];
    char *report; /* owned: cdecl_error_clear; NULL when out of memory: then use msg */
} CdeclError;
void cdecl_error_clear(CdeclError *);

/* ---------------------------------------------------------------- symbols */

typedef enum CdeclValueKind {
    CDECL_V_NONE, CDECL_V_INT, CDECL_V_REAL, CDECL_V_STRING,
    /* of macros that are applied: */
    CDECL_V_OBJECT, /* a struct or union: BITS is the address of one */
    CDECL_V_VOID,   /* a result */
    CDECL_V_TYPE,   /* an argument: TYPE itself */
    CDECL_V_TEXT    /* an argument: STRING is C text */
} CdeclValueKind;

/* A constant. For integers BITS is the value sign- or zero-extended (by TYPE) to 128 bits; for reals it holds the bytes
 * of a long double. That is no member of the union: where one is, GCC may copy the whole as a long double, which moves
 * 10 of x86's 16 bytes, and 128-bit integers lose the rest (seen with gcc 12 -O3 -flto -r). */
typedef struct CdeclValue {
    CdeclValueKind kind;
    const AbiType *type; /* borrowed: the C type of the expression */
    union {
        AbiWide bits;
        struct { const char *data; size_t len; } string; /* region */
    };
} CdeclValue;
enum { CDECL_REAL_BYTES = LDBL_MANT_DIG == 64 ? 10 : sizeof(long double) };

/* What a constant of kind CDECL_V_REAL is worth. */
static inline long double cdecl_real(const CdeclValue *v) {
    long double real = 0;
    memcpy(&real, &v->bits, CDECL_REAL_BYTES);
    return real;
}

static inline CdeclValue cdecl_real_value(const AbiType *type, long double real) {
    CdeclValue v = {.kind = CDECL_V_REAL, .type = type};
    memcpy(&v.bits, &real, CDECL_REAL_BYTES);
    return v;
}

typedef enum CdeclSymbolKind {
    CDECL_FUNCTION,
    CDECL_VARIABLE,
    CDECL_CONSTANT,  /* #define N 3, static const int N = 3, constexpr */
    CDECL_ENUMERATOR,
    CDECL_TYPEDEF
} CdeclSymbolKind;

enum { /* CdeclSymbol.flags */
    CDECL_S_STATIC = 1,
    CDECL_S_INLINE = 2,
    CDECL_S_EXTERN = 4,
    CDECL_S_THREAD = 8,
    CDECL_S_CONST_ATTR = 16, /* __attribute__((const)) */
    CDECL_S_PURE = 32,       /* __attribute__((pure)) */
    CDECL_S_NORETURN = 64,
    CDECL_S_DEFINED = 128,   /* had a body that was skipped */
    CDECL_S_EXTERN_PYTHON = 256,
    CDECL_S_EXTERN_PYTHON_C = 512, /* extern "Python+C" */
    CDECL_S_NEEDS_COMPILER = 1024, /* "#define N ...", "int a[...]", "typedef int... t" */
    CDECL_S_WEAK = 2048,
    CDECL_S_KEEP_GIL = 4096, /* cdef(..., release_gil=False) */
};

typedef struct CdeclSymbol {
    const char *name;      /* region */
    CdeclSymbolKind kind;
    unsigned flags;
    AbiQType type;         /* used by the scope; function type, variable's type, the typedef's meaning, the enum */
    const char *const *params; /* region; names of a function's parameters, each may be NULL; NULL if none named */
    const char *link_name; /* region; asm label or alias; NULL: the name itself */
    const char *unusable;  /* region; why it cannot be used at run time, or NULL */
    const char *body;      /* region; what stands in the braces of a static function, unless it is long; or NULL */
    CdeclValue value;      /* constants and enumerators; its type alone: what "typedef int... t;" says */
    const char *file;      /* region; "cdef" or the header */
    uint32_t line;
    uint32_t align;        /* bytes, asked for a variable or function by aligned or _Alignas; 0: the type's */
} CdeclSymbol;

/* ---------------------------------------------------------------- scopes */

typedef struct CdeclScope CdeclScope;

CdeclScope *cdecl_scope_new(AbiGraph *); /* owned: cdecl_scope_free; NULL when out of memory */
void cdecl_scope_free(CdeclScope *);
AbiRegion *cdecl_scope_region(const CdeclScope *);
/* Names of OTHER become visible in SCOPE (ffi.include). OTHER must outlive SCOPE. 0, or -1 and ERR. */
int cdecl_scope_include(CdeclScope *, const CdeclScope *other, CdeclError *);

/* How much a text may make the preprocessor do; 0: the default. Beyond is an error of category LIMIT. */
/* Those of macros are kept for when they are applied. */
typedef struct CdeclLimits {
    uint32_t macro_tokens;  /* that one macro's name in the text expands to, on the way too: 1,000,000 */
    uint64_t total_tokens;  /* that all macros of the text and its headers expand to: 20,000,000 */
    uint32_t include_depth; /* headers that include each other: 200 */
    uint64_t file_bytes;    /* of one header: 64 MiB */
    uint64_t total_bytes;   /* of all headers, each counted whenever it is read again: 512 MiB */
    uint64_t macro_steps;   /* statements, conditions and 16's of tokens that one application evaluates: 2,000,000 */
    uint32_t macro_effects; /* reads, writes and calls that it does: 100,000 */
    uint64_t macro_bytes;   /* that its variables take: 64 MiB */
} CdeclLimits;

typedef struct CdeclOptions {
    const char *name;      /* how messages call the text; NULL: "cdef" */
    bool override;         /* later declarations replace earlier ones that differ */
    bool packed;           /* cdef(packed=True) */
    uint32_t pack;         /* cdef(pack=n); 0: none */
    bool keep_gil;         /* mark the functions CDECL_S_KEEP_GIL */
    const char *const *include_dirs; size_t n_include_dirs; /* searched before the system's */
    const char *const *defines; size_t n_defines;           /* "NAME" or "NAME=text" */
    const char *const *undefs; size_t n_undefs;
    CdeclLimits limits;
} CdeclOptions;

/* Declare all of SRC (LEN bytes of UTF-8, need not end in NUL) in SCOPE, or nothing. OPTIONS may be
 * NULL. 0, or -1 and ERR. */
int cdecl_parse(CdeclScope *, const char *src, size_t len, const CdeclOptions *, CdeclError *);

/* ---- declarations that do not come from C text: the tables of a compiled module. All LOCKED, outside of
 * any parse; 0, or -1 when out of memory. What the scope itself declares under that name already stays. */
/* SYMBOL is copied; its strings are the region's (abi_region_name), its type is one that the region may hold. */
int cdecl_declare(CdeclScope *, const CdeclSymbol *);
/* NAME (region): the tag of TYPE, a struct, union or enum. */
int cdecl_declare_tag(CdeclScope *, const char *name, const AbiType *);

/* Parse a type name (C11 6.7.7), "int(*)(double)". On success OUT->type is retained for the caller
 * (abi_release it). 0, or -1 and ERR. */
int cdecl_parse_type(CdeclScope *, const char *src, size_t len, AbiQType *out, CdeclError *);

/* The symbol of an ordinary identifier (typedef, function, variable, constant, enumerator), in SCOPE
 * or what it includes; NULL if absent. Valid as long as the scope. A macro without parameters is found
 * too if it is a constant expression, or another name for something; it is evaluated when it is asked for. */
const CdeclSymbol *cdecl_find(const CdeclScope *, const char *name, size_t n);
/* ---- macros: those of the texts and of the headers that were included */
typedef struct CdeclMacro {
    const char *name, *body, *file; /* valid as long as the scope, and until the macro is defined anew */
    uint32_t line;
    size_t n_params;
    bool function_like, variadic;
    bool own; /* defined in a cdef text, not in a header */
} CdeclMacro;
/* The macro of that name; false: there is none. */
bool cdecl_macro_find(const CdeclScope *, const char *name, size_t n, CdeclMacro *);
/* All of them, for listing: false for an index that holds none. Not the compiler's own. */
size_t cdecl_macro_count(const CdeclScope *);
bool cdecl_macro_at_index(const CdeclScope *, size_t i, CdeclMacro *);
/* Parameter I of the macro of that name, *LEN bytes and no NUL; NULL if it has no such. Valid as CdeclMacro is. */
const char *cdecl_macro_parameter(const CdeclScope *, const char *name, size_t n, size_t i, size_t *len);
/* Apply macro NAME to ARGS, as C would evaluate NAME(ARGS...): an expression of its arguments, of constants, of what
 * memory holds, and calls of declared functions. Memory is read and written here, wherever it leads the expression.
 * What only the caller can do, without any lock held, is asked for with 1: to call a function, or to tell the address
 * of one or of a variable. The same question is put again when cdecl_effects_add has got the result. 0: the value
 * is there; -1 and ERR. Clear OUT after each question. */
typedef struct CdeclApplied {
    CdeclValue value;          /* 0: what it is worth; strings live as long as the scope, objects as long as EFFECTS. 1: see SYMBOL */
    const CdeclSymbol *symbol; /* 1: to be called, or whose address is wanted; NULL: the function at address VALUE is to be called */
    bool wants_address;
    CdeclValue *args;          /* 1: to be called with these; owned: cdecl_applied_clear */
    size_t n_args;
    bool whole;                /* 1: the call's result is the macro's value: no need to ask again */
} CdeclApplied;
/* What one application has done so far. Zeroed at the start, but for UNTOUCHED. */
typedef struct CdeclEffects {
    struct CdeclEffect *done; /* owned: cdecl_effects_free */
    size_t n, cap;
    uint32_t *places;         /* owned: 1 + the number in DONE of what was done at a place; 0: nothing yet */
    size_t n_places;
    uint64_t steps, bytes;    /* taken so far, by variables */
    uint32_t site;            /* of what is asked for */
    bool untouched;           /* leave memory alone: 1 where it would be read or written */
} CdeclEffects;
int cdecl_macro_apply(CdeclScope *, const char *name, size_t n, const CdeclValue *args, size_t n_args, CdeclEffects *,
                      CdeclApplied *out, CdeclError *);
int cdecl_effects_add(CdeclEffects *, const CdeclValue *result); /* 0, or -1: no memory */
void cdecl_effects_free(CdeclEffects *);
void cdecl_applied_clear(CdeclApplied *);
/* The same for macros that call no function and leave memory alone: 0 and *VALUE, or -1 and ERR. */
int cdecl_macro_call(CdeclScope *, const char *name, size_t n, const CdeclValue *args, size_t n_args, CdeclValue *, CdeclError *);

/* struct, union or enum of that tag (KIND: ABI_STRUCT, ABI_UNION, ABI_ENUM), or NULL. */
const AbiType *cdecl_find_tag(const CdeclScope *, AbiKind kind, const char *tag, size_t n);
/* Own symbols and tags, in order of declaration. INCLUDED ones are not listed. */
size_t cdecl_symbol_count(const CdeclScope *);
const CdeclSymbol *cdecl_symbol_at(const CdeclScope *, size_t i);
size_t cdecl_tag_count(const CdeclScope *);
const AbiType *cdecl_tag_at(const CdeclScope *, size_t i);
/* Where that tag was defined, or declared if it was not: *FILE lives as long as the scope. */
void cdecl_tag_place(const CdeclScope *, size_t i, const char **file, uint32_t *line);
/* Which text named which header in an #include, each pair once, in order. Texts come and go with their parse,
 * successful ones. */
typedef struct CdeclIncluded {
    const char *file; /* lives as long as the scope; "<stddef.h>": one of our own */
    const char *by;   /* the header that says so; NULL: a text given to cdecl_parse */
    bool quoted;      /* "file", not <file> */
} CdeclIncluded;
bool cdecl_included_at(const CdeclScope *, size_t i, CdeclIncluded *); /* false: there are no more */
/* The declared name nearest to NAME that passes FILTER (may be NULL), in BUF; false if none is near. */
bool cdecl_near(const CdeclScope *, const char *name, bool (*filter)(const CdeclSymbol *), char *buf, size_t cap);
/* How type X of scope A and type Y of scope B differ, which both stand for one thing of a library. Mildly: C would
 * object, but the same bytes are passed and laid out: other pointers, qualifiers, names, long for long long.
 * Structs behind pointers are compared by name. What only a compiler knows is alike. */
typedef enum CdeclDifference { CDECL_ALIKE, CDECL_MILD, CDECL_SEVERE } CdeclDifference;
CdeclDifference cdecl_differ(const CdeclScope *a, AbiQType x, const CdeclScope *b, AbiQType y);
/* SYMBOL as a C declaration with its parameter names: "double sqrt(double x)", like snprintf. */
size_t cdecl_spell(const CdeclSymbol *, char *buf, size_t cap);

#endif
