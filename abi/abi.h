/* abi: what C types are on this platform, how they are laid out, and how they are called.
 *
 * The public header of the layer. It knows no C syntax and no Python: a front end (the parser, or
 * the tables of a compiled module) builds types with the constructors below, and a binding reads
 * them. Nothing here prints, exits or jumps; out of memory is an error like any other.
 *
 * Locking. Every function marked LOCKED must be called between abi_lock() and abi_unlock(). A type
 * that was reached under the lock may be read without it for as long as it is retained.
 */
#ifndef CDEFFI_ABI_H
#define CDEFFI_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---------------------------------------------------------------- errors */

typedef enum AbiCode {
    ABI_OK = 0,
    ABI_ENOMEM,       /* out of memory */
    ABI_EINCOMPLETE,  /* the size of an incomplete type is needed */
    ABI_EINVALID,     /* the C standard or the ABI does not allow it: array of functions, ... */
    ABI_ETOOLARGE,    /* an object larger than PTRDIFF_MAX */
    ABI_EUNSUPPORTED, /* valid, but cannot be called or passed here */
    ABI_ELIBRARY,     /* a library could not be opened */
    ABI_ESYMBOL,      /* a symbol was not found */
    ABI_EPLACE        /* a compiler put a member elsewhere, or has another size or alignment */
} AbiCode;

typedef struct AbiError {
    AbiCode code;
    int index; /* which member, parameter or enumerator is at fault, or -1 */
    char msg[240];
} AbiError;

/* ---------------------------------------------------------------- the graph and its regions */

/* All types of one process module state. Derived types are interned: equal means same pointer. */
typedef struct AbiGraph AbiGraph;

/* What one namespace of declarations owns: its structs, unions, enums and names. A type derived from
 * them belongs to their region too. A region is freed, with all its types, when nobody retains it. */
typedef struct AbiRegion AbiRegion;

typedef struct AbiType AbiType;

AbiGraph *abi_graph_new(void); /* owned: abi_graph_free; NULL when out of memory */
void abi_graph_free(AbiGraph *);
void abi_lock(AbiGraph *);   /* recursive; never held while Python code can run */
void abi_unlock(AbiGraph *);

AbiRegion *abi_region_new(AbiGraph *);     /* one reference, the caller's; NULL when out of memory */
AbiGraph *abi_region_graph(const AbiRegion *);
void abi_region_retain(AbiRegion *);       /* LOCKED */
void abi_region_release(AbiRegion *);      /* LOCKED */
/* Keep OTHER alive as long as the region. 0, or -1: no memory, or OTHER is or includes the region, for a
 * cycle would never be freed. LOCKED. */
int abi_region_include(AbiRegion *, AbiRegion *other);

/* A copy of the N bytes at S, NUL-terminated, that lives as long as the region; equal names are the
 * same pointer. NULL when out of memory. LOCKED. */
const char *abi_region_name(AbiRegion *, const char *s, size_t n);
/* SIZE bytes, zeroed, that live as long as the region. NULL when out of memory. LOCKED. */
void *abi_region_alloc(AbiRegion *, size_t size);

/* A transaction: everything made in the region since begin (records, completions, names, memory) is
 * kept by commit and undone by rollback. They do not nest. LOCKED. */
void abi_region_begin(AbiRegion *);
void abi_region_commit(AbiRegion *);
void abi_region_rollback(AbiRegion *);

/* A type is made with no user ("floating"). abi_retain makes it live; at the next abi_sweep floating
 * types are freed. Components of a used type are used. Retaining a type retains its region: this is
 * what a holder outside the region (a Python object) does. abi_use/abi_unuse do the same without the
 * region: what a holder inside it (a scope's symbol) does. All LOCKED. */
void abi_retain(const AbiType *);
void abi_release(const AbiType *);
void abi_use(const AbiType *);
void abi_unuse(const AbiType *);
void abi_sweep(AbiGraph *);

/* ---------------------------------------------------------------- types */

typedef enum AbiKind {
    ABI_VOID,
    ABI_BOOL,
    ABI_CHAR,     /* char, wchar_t, char8_t, char16_t, char32_t: text */
    ABI_INT,      /* every other integer, signed char and _BitInt included */
    ABI_FLOAT,    /* float, double, long double, _FloatN; decimal ones too */
    ABI_COMPLEX,  /* item = the real type */
    ABI_POINTER,  /* item = the target; nullptr_t too, with void */
    ABI_ARRAY,    /* item, length */
    ABI_VECTOR,   /* item, length */
    ABI_STRUCT,   /* record */
    ABI_UNION,    /* record */
    ABI_ENUM,     /* record; item = the underlying integer type */
    ABI_FUNCTION  /* function */
} AbiKind;

/* Primitive types: PRIM(ID, kind, spelling, C type, canonical ID), one line each, in primitive.def. */
typedef enum AbiPrim {
#define PRIM(id, kind, spelling, ctype, canonical) ABI_P_##id,
#include "abi/primitive.def"
#undef PRIM
    ABI_PRIM_COUNT,
    ABI_P_NONE = ABI_PRIM_COUNT /* not a primitive */
} AbiPrim;

enum { /* qualifiers, C11 6.7.3 */
    ABI_CONST = 1,
    ABI_VOLATILE = 2,
    ABI_RESTRICT = 4,
    ABI_ATOMIC = 8,
    ABI_SEG_FS = 16, /* GCC's __seg_fs and __seg_gs: what is in another address space cannot be reached, */
    ABI_SEG_GS = 32, /* so that a pointer to it is a void * where qualifiers are left out (AbiType.plain) */
    ABI_SEGMENT = ABI_SEG_FS | ABI_SEG_GS
};

/* A type as it is used somewhere: with the qualifiers written there. */
typedef struct AbiQType {
    const AbiType *type;
    unsigned quals;
} AbiQType;

typedef enum AbiConv { ABI_CDECL, ABI_STDCALL, ABI_FASTCALL, ABI_THISCALL, ABI_MS, ABI_SYSV, ABI_VECTORCALL } AbiConv;

#define ABI_SIZE_UNKNOWN ((size_t)-1)   /* size of an incomplete type or a function */
#define ABI_LENGTH_UNKNOWN ((size_t)-1) /* length of int[] */
#define ABI_LENGTH_DEFERRED ((size_t)-2) /* length of int[...]: a compiler knows it */

enum { /* AbiType.flags */
    ABI_F_SIGNED = 1,      /* integer that can hold negative values */
    ABI_F_INCOMPLETE = 2,  /* size unknown: void, forward struct, T[] */
    ABI_F_FLEXIBLE = 4,    /* struct that ends in a flexible array member, or contains one at its end (or where a compiler put it) */
    ABI_F_TRANSPARENT = 8, /* __attribute__((transparent_union)) */
    ABI_F_PARTIAL = 16,    /* struct {...; }, enum {..., ...}, opaque "typedef ... t;": a compiler has to fill it in */
    ABI_F_BITINT = 32,     /* _BitInt: bits is its width */
    ABI_F_NONCALLABLE = 64, /* decimal floats and such: laid out, but never passed by value */
    ABI_F_PLACED = 128     /* struct or union that a compiler laid out otherwise than its members say: some are missing */
};

typedef struct AbiMember {
    const char *name; /* region; NULL when unnamed */
    AbiQType type;
    size_t offset;      /* bytes; for a bit-field: of the storage unit it is read from */
    uint64_t bit_offset;/* bits from the start of the struct, for bit-fields (little-endian: from the LSB) */
    uint16_t bit_shift; /* bits from the LSB of the storage unit; may run past sizeof(type)*8 when packed */
    uint16_t bit_width; /* bits, for bit-fields */
    uint8_t flags;      /* ABI_M_* */
    uint8_t asked;      /* what _Alignas or aligned(n) on the member asks for: log2(n) + 1; 0: nothing */
    uint32_t align;     /* bytes: the type's, as packed, pack and aligned change it; 0 for bit-fields */
} AbiMember;
enum { ABI_M_BITFIELD = 1, ABI_M_ANONYMOUS = 2 /* struct or union without a name: members show through */, ABI_M_FLEXIBLE = 4,
       ABI_M_PACKED = 8 /* the attribute, on it or on the struct */ };

typedef struct AbiEnumerator {
    const char *name; /* region */
    uint64_t value;   /* two's complement bits */
    bool negative;
} AbiEnumerator;

typedef struct AbiRecordOptions {
    bool packed;          /* __attribute__((packed)) on the struct */
    uint32_t pack;        /* #pragma pack(n) in force; 0: none */
    uint32_t align;       /* aligned(n) on the struct; 0: none */
    bool ms_layout;       /* ms_struct: MSVC's bit-field rules */
    bool transparent_union;
    bool partial;         /* ends in "...;": declared, not complete */
} AbiRecordOptions;

/* The nominal part of a struct, union or enum; shared by its aligned variants. */
typedef struct AbiRecord {
    const char *tag;   /* region; NULL when anonymous */
    const char *alias; /* region; the typedef name that it is known by (cffi: instead of the tag), or NULL */
    uint32_t serial;   /* 1, 2, ... in its region: spelled "struct $1" when there is neither, or no name in C; 0 before commit */
    uint32_t alias_align; /* of the aligned variant that the alias names: typedef struct { } T __attribute__((aligned(16))); else 0 */
    bool alias_early;     /* ... the one that was asked for before the record was complete */
    bool alias_transparent; /* it names the transparent variant: typedef union u T __attribute__((transparent_union)) */
    uint8_t alias_quals;  /* that the alias has: typedef const struct { } T */
    bool complete;
    bool fixed_underlying; /* enum e : type */
    size_t count;
    union {
        const AbiMember *members;         /* region */
        const AbiEnumerator *enumerators; /* region */
    };
    /* Bit-fields without a name are no members; GCC passes their bits in integer registers all the same
     * (those of width zero in unions only). */
    const AbiMember *padding; /* region */
    size_t padding_count;
    const AbiMember *breaks;  /* region: a struct's bit-fields of width zero, which take no part in calls */
    size_t break_count;
    AbiRecordOptions options; /* by which it was laid out */
    const char *problem; /* region; why it stays incomplete although its members are known, or NULL */
    const struct AbiMemberIndex *index; /* private to abi/ */
    unsigned depth;                     /* private to abi/: of anonymous members within each other */
    AbiType *next_tagless;              /* private to abi/: of the transaction */
} AbiRecord;

typedef struct AbiFunction {
    AbiQType result;
    const AbiQType *params; /* already adjusted: no arrays, no functions */
    size_t nparams;
    bool variadic;
    bool unprototyped; /* written f() */
    AbiConv conv;
} AbiFunction;

struct AbiPlan;

/*  kind      item            length    record     function     prim
 *  void..    -               -         -          -            yes   (complex: item = real type)
 *  pointer   target          -         -          -            -
 *  array     element         elements  -          -            -
 *  vector    element         lanes     -          -            -
 *  struct    -               -         yes        -            -
 *  enum      underlying      -         yes        -            -
 *  function  -               -         -          yes          -
 */
struct AbiType {
    uint8_t kind;   /* AbiKind */
    uint8_t prim;   /* AbiPrim, or ABI_P_NONE */
    uint16_t flags; /* ABI_F_* */
    uint32_t align; /* bytes, a power of two */
    size_t size;    /* bytes, or ABI_SIZE_UNKNOWN */
    AbiQType item;
    size_t length; /* elements, or ABI_LENGTH_UNKNOWN or _DEFERRED; _BitInt: bits */
    union {
        AbiRecord *record;     /* region */
        AbiFunction *function; /* behind the type */
    };
    const AbiType *main;      /* without attributes of a typedef's; self for most */
    const AbiType *canonical; /* int32_t -> int, size_t -> unsigned long, without alignment attributes: what the compiler sees; self for most */
    const AbiType *plain;     /* without qualifiers at any depth: the identity that cffi's ctypes have; self for most */
    AbiRegion *region;        /* borrowed; NULL for what is built from primitives alone */
    const struct AbiPlan *plan; /* owned; function types, made at first use, published atomically */
    void *client;             /* borrowed; the binding's wrapper, guarded by the binding */
    /* private to abi/ */
    AbiGraph *graph;
    size_t uses;
    uint64_t hash;
    AbiType *next;            /* intern chain */
    AbiType *floating_next, *floating_prev;
    AbiType *region_next, *region_prev;
    AbiType *pointer;         /* to this type as it is, while there is one: what most types are looked for as */
    AbiType *variants;        /* aligned variants of this type, updated at completion */
    AbiType *variant_next;
    uint64_t transaction;     /* of its region, in which it was made */
    uint32_t asked_align;     /* aligned variants: the alignment asked for; other types: 0 */
    bool asked_early;         /* ... while the record was incomplete: it may be raised at completion */
    bool asked_transparent;   /* transparent variant of a union that is not so itself; aligned too, or ASKED_ALIGN is 0 */
    bool is_floating;
};

/* Constructors. All LOCKED. They return a floating type, or NULL and write ERR. */
const AbiType *abi_primitive(AbiGraph *, AbiPrim); /* cannot fail; lives as long as the graph */
const AbiType *abi_bitint(AbiGraph *, unsigned bits, bool is_signed, AbiError *);
const AbiType *abi_complex(AbiGraph *, const AbiType *real, AbiError *);
const AbiType *abi_pointer(AbiGraph *, AbiQType target, AbiError *);
const AbiType *abi_array(AbiGraph *, AbiQType item, size_t length, AbiError *);
/* nullptr_t (C23 6.2.5p23) is passed and stored as the void * that it is here; as a type it is a primitive of its own,
 * all of whose values are null. */
static inline bool abi_is_nullptr(const AbiType *t) { return t->prim == ABI_P_NULLPTR; }
static inline bool abi_is_record(const AbiType *t) { return t->kind == ABI_STRUCT || t->kind == ABI_UNION; }
/* What is no single value: unions too, other than in C11 6.2.5p21. */
static inline bool abi_is_aggregate(const AbiType *t) { return abi_is_record(t) || t->kind == ABI_ARRAY; }
/* The address space that it is in: 0, ABI_SEG_FS or ABI_SEG_GS. Qualifiers of an array are its elements' (C11 6.7.3p9). */
static inline unsigned abi_segment(AbiQType q) {
    while (q.type->kind == ABI_ARRAY)
        q = (AbiQType){q.type->item.type, q.type->item.quals | q.quals};
    return q.quals & ABI_SEGMENT;
}
/* Has it one of QUALS, or has a part of it: an element, a member, deeply? */
bool abi_is_qualified(AbiQType, unsigned quals);
static inline bool abi_length_known(size_t length) { return length < ABI_LENGTH_DEFERRED; }
/* Is the size one that only a compiler can tell: struct {...; }, int[...], and arrays of them? Structs and
 * unions that have such members must be declared partial. */
static inline bool abi_is_deferred(const AbiType *t) {
    if (t->size != ABI_SIZE_UNKNOWN)
        return false;
    while (t->kind == ABI_ARRAY && abi_length_known(t->length))
        t = t->item.type;
    return t->kind == ABI_ARRAY ? t->length == ABI_LENGTH_DEFERRED : t->flags & ABI_F_PARTIAL;
}
const AbiType *abi_vector(AbiGraph *, const AbiType *item, size_t bytes, AbiError *); /* vector_size(bytes) */

typedef struct AbiFunctionDecl {
    AbiQType result;
    const AbiQType *params; /* borrowed for the call */
    size_t nparams;
    bool variadic, unprototyped;
    AbiConv conv;
} AbiFunctionDecl;
const AbiType *abi_function(AbiGraph *, const AbiFunctionDecl *, AbiError *);

/* TYPE with its alignment set to ALIGN bytes: typedef int aligned_int __attribute__((aligned(16))).
 * The size stays. Lowering is the caller's decision. */
const AbiType *abi_aligned(AbiGraph *, const AbiType *, uint32_t align, AbiError *);
/* The same where ASKED and ALIGN, the greater, are both asked for: together they mean what ASKED made of a record that has
 * been completed since, if that is aligned to ALIGN now. So such a one is spelled. */
const AbiType *abi_aligned_twice(AbiGraph *, const AbiType *, uint32_t asked, uint32_t align, AbiError *);
/* TYPE as typedef union u T __attribute__((transparent_union)) makes it: a variant of a complete union that can be passed as
 * its first member; TYPE itself if it is another, for then the attribute means nothing. */
const AbiType *abi_transparent(AbiGraph *, const AbiType *, AbiError *);
/* TYPE without what attributes align it to. */
static inline const AbiType *abi_unaligned(const AbiType *t) { return t->asked_transparent ? t->canonical : t->main; }
/* The alignment of a use: that of the type, raised for _Atomic as the platform does. */
uint32_t abi_alignof(AbiQType);

/* A new incomplete struct or union (KIND), or enum. TAG and ALIAS may be NULL; they come from
 * abi_region_name. Lives as long as the region. */
AbiType *abi_record_new(AbiRegion *, AbiKind kind, const char *tag, AbiError *);
void abi_record_set_problem(AbiType *, const char *problem); /* LOCKED */
int abi_record_set_alias(AbiType *, const char *alias); /* 0, or -1 when out of memory */
/* The attribute after a typedef name comes when the union is complete; nobody else may know it yet. */
void abi_record_set_transparent(AbiType *);
bool abi_can_be_transparent(const AbiType *); /* else the attribute means nothing */

typedef struct AbiMemberDecl {
    const char *name;  /* from abi_region_name, or NULL */
    AbiQType type;
    int bit_width;     /* -1: not a bit-field; 0 only without a name */
    uint32_t align;    /* from _Alignas or aligned(n) on the member; 0: none */
    bool packed;       /* __attribute__((packed)) on the member */
} AbiMemberDecl;

/* Lay out REC (incomplete so far) by the platform's rules. 0, or -1 and ERR with the member's index. */
int abi_record_complete(AbiType *rec, const AbiMemberDecl *, size_t n, const AbiRecordOptions *, AbiError *);

/* va_list is made of a record, which is one of the region's: made once by who names it, with this tag. */
const char *abi_va_list_tag(void);
AbiType *abi_va_list_record(AbiRegion *, AbiError *); /* new and complete; LOCKED */
const AbiType *abi_va_list(AbiType *record, AbiError *); /* the record, or an array of one; LOCKED */

#define ABI_OFFSET_BY_RULES ((size_t)-1)
/* What a compiler said of a record, which may have more members than are declared. */
typedef struct AbiPlacement {
    const size_t *offsets; /* bytes, one for each declared member; ABI_OFFSET_BY_RULES: as if nothing were said */
    size_t size;           /* bytes; ABI_SIZE_UNKNOWN: by the rules */
    uint32_t align;        /* bytes; 0: by the rules */
    bool exact;            /* another place, size or alignment than by the rules is an error: ABI_EPLACE */
} AbiPlacement;
/* The same with members where PLACEMENT says. Bit-fields go by the rules, from the member before on; an
 * array of unknown length may be anywhere. ABI_F_PLACED is set if the rules alone give another layout. */
int abi_record_place(AbiType *rec, const AbiMemberDecl *, size_t n, const AbiRecordOptions *, const AbiPlacement *,
                     AbiError *);

/* Complete an enum. UNDERLYING NULL: chosen as GCC does, the smallest of (unsigned) int, long that
 * holds all values, unsigned where none is negative; PACKED: the smallest integer type of all. */
int abi_enum_complete(AbiType *, const AbiEnumerator *, size_t n, const AbiType *underlying, bool packed, AbiError *);

/* An enum that is only mentioned counts as "enum e : unsigned int" from now on, as cffi guesses; it may still get
 * enumerators that fit. Nothing happens to other types. 0, or -1 and ERR. */
int abi_enum_assume(const AbiType *, AbiError *);

/* Find NAME (N bytes) in a complete struct or union, through anonymous members. OFFSET receives the
 * byte offset from the start of REC of the struct that holds it (add member->offset). NULL if absent. */
const AbiMember *abi_member_find(const AbiType *rec, const char *name, size_t n, size_t *offset);

/* Read and write a bit-field's raw bits in place; BASE is the start of the struct that holds it. Bytes
 * outside the field are neither read past the struct nor changed. */
typedef struct AbiWide { uint64_t lo, hi; } AbiWide;
AbiWide abi_bits_load(const void *base, const AbiMember *); /* sign- or zero-extended to 128 bits; of _BitInt fields wider than that the low 128 */
void abi_bits_store(void *base, const AbiMember *, AbiWide);

/* Compatible types, C11 6.2.7. Typedef names and alignment do not count; top-level qualifiers are ignored as by
 * __builtin_types_compatible_p (not _Atomic): of two declarations of a variable compare them beside. LOCKED. */
bool abi_compatible(AbiQType, AbiQType);
/* The same for those who can tell: 1, 0, or -1 when out of memory (abi_compatible then says no). LOCKED. */
int abi_compatibility(AbiQType, AbiQType);
/* The composite type of two compatible types: int[] and int[5] give int[5]; the qualifiers are the first one's.
 * Its type is NULL, and ERR written, on failure. LOCKED. */
AbiQType abi_composite(AbiGraph *, AbiQType, AbiQType, AbiError *);

/* Spell a type as C, around INSERT (a declarator such as "x", "*" or "") like snprintf: writes at
 * most CAP bytes with the NUL and returns the length without it. POSITION (may be NULL) receives where
 * INSERT starts. Spellings follow cffi: "int *", "int[3]", "int(*)(double)", "struct foo"; as its getctype
 * does, a space is put before INSERT unless it begins with a bracket, and parentheses around it if it
 * begins with a star and the type is an array or a function.
 * ABI_SPELL_PLAIN leaves qualifiers out (cffi's ctype names), ABI_SPELL_C writes them all. Both write alignments that
 * attributes make, which cffi does not have, so that each type is read back as itself.
 * Of a spelling of more than 4 MiB only that much is written. */
typedef enum AbiSpelling {
    ABI_SPELL_PLAIN,
    ABI_SPELL_C,
    ABI_SPELL_C_PART /* the same for a result or a parameter by itself: what the specifiers' attributes align there is not its type */
} AbiSpelling;
size_t abi_spell(AbiQType, const char *insert, AbiSpelling, char *buf, size_t cap, size_t *position);

/* ---------------------------------------------------------------- calls */

/* How to call functions of one type, made once and immutable; may be used from several threads.
 *
 * The caller allocates AREA of area_size bytes aligned to 16, writes argument I at arg_offset[I] in
 * its natural representation, integers, enums, bools and characters narrower than 64 bits extended
 * to 64 bits by their signedness, and finds the result at result_offset, in its natural representation. */
typedef struct AbiPlan {
    const AbiType *function; /* borrowed */
    uint8_t registers;       /* AbiRegisters */
    uint32_t nargs;
    uint32_t area_size;
    uint32_t result_offset;
    const uint32_t *arg_offset; /* owned with the plan */
    const AbiType *const *arg_type; /* owned array, borrowed types */
    const AbiType *result_type;
    const void *impl; /* private: the convention's own data */
    void (*run)(const struct AbiPlan *, void (*fn)(void), void *area);
} AbiPlan;

/* The plan of a function type, made at the first call and kept with the type. NULL and ERR (with the
 * parameter's index, or -1 for the result) if values of some type cannot be passed. */
const AbiPlan *abi_plan(const AbiType *function, AbiError *); /* takes the lock itself */
/* A plan for one variadic call: the declared parameters and then EXTRA, promoted already. */
AbiPlan *abi_plan_variadic(const AbiType *function, const AbiType *const *extra, size_t n, AbiError *); /* owned */
void abi_plan_free(AbiPlan *);
static inline void abi_call(const AbiPlan *plan, void (*fn)(void), void *area) { plan->run(plan, fn, area); }

/* The simplest calls, most of all, need no area: their few arguments travel in the first registers of one kind, and so
 * does the result. A binding can make them in line: no argument is stored to be loaded again, and no engine is called
 * to call the function. */
typedef enum AbiRegisters {
    ABI_AREA,   /* not so simple */
    ABI_WORDS,  /* at most ABI_WORDS_MAX integer registers, extended as above; the result, if any, in one as well */
    ABI_DOUBLES /* one or two, to a double */
} AbiRegisters;
enum { ABI_WORDS_MAX = 3, ABI_DOUBLES_MAX = 2 };

static inline uint64_t abi_call_words(void (*fn)(void), unsigned n, const uint64_t *w)
{
    switch (n) {
    case 0: return ((uint64_t(*)(void))fn)();
    case 1: return ((uint64_t(*)(uint64_t))fn)(w[0]);
    case 2: return ((uint64_t(*)(uint64_t, uint64_t))fn)(w[0], w[1]);
    default: return ((uint64_t(*)(uint64_t, uint64_t, uint64_t))fn)(w[0], w[1], w[2]);
    }
}

static inline double abi_call_doubles(void (*fn)(void), unsigned n, const double *x)
{
    return n == 1 ? ((double(*)(double))fn)(x[0]) : ((double(*)(double, double))fn)(x[0], x[1]);
}

/* The calling thread's saved errno: a binding loads it before a call and stores it after. */
#if defined(__ELF__) && defined(__GLIBC__)
/* One load instead of a call. The loader keeps room for such small blocks of dlopened libraries. */
#define ABI_TLS __attribute__((visibility("hidden"), tls_model("initial-exec")))
#else
#define ABI_TLS __attribute__((visibility("hidden")))
#endif
extern ABI_TLS _Thread_local int abi_saved_errno;
static inline int *abi_errno(void) { return &abi_saved_errno; }

/* A function pointer that runs HANDLER. ARGS[i] points to argument i, RESULT to where the result goes,
 * both in natural representation (narrow integer results may be written as 64 bits or natural width;
 * RESULT has at least 16 bytes). FUNCTION must stay retained. HANDLER may run on any thread, and may free
 * the closure that runs it. */
typedef struct AbiClosure AbiClosure;
typedef void AbiHandler(void *user, void *result, void *const *args);
AbiClosure *abi_closure_new(const AbiType *function, AbiHandler *, void *user, AbiError *); /* owned */
void (*abi_closure_code(const AbiClosure *))(void);
void abi_closure_free(AbiClosure *);

/* ---------------------------------------------------------------- libraries */

typedef struct AbiLibrary AbiLibrary;

/* Open NAME: NULL for the process itself, a path (has a '/'), a file name ("libz.so.1") or a short name
 * ("z"), resolved in the loader's own order without starting a process; linker scripts are followed.
 * FLAGS are dlopen's. On failure NULL, and *REPORT (owned: free) says in full what was tried, or is
 * NULL when out of memory. */
AbiLibrary *abi_library_open(const char *name, int flags, char **report);
AbiLibrary *abi_library_wrap(void *handle); /* a handle of dlopen's, not closed by us */
const char *abi_library_path(const AbiLibrary *); /* borrowed: the file that was opened, or NULL for the process */
void *abi_library_handle(const AbiLibrary *);
void *abi_library_symbol(const AbiLibrary *, const char *name); /* NULL when absent */
/* The same for symbols whose value may be NULL: is NAME defined at all? */
bool abi_library_lookup(const AbiLibrary *, const char *name, void **address);
/* The exported name nearest to NAME, in BUF; false if none is near. */
bool abi_library_near(const AbiLibrary *, const char *name, char *buf, size_t cap);
/* Call EACH with every defined dynamic symbol of the library itself, until it returns nonzero. */
int abi_library_each(const AbiLibrary *, int (*each)(void *user, const char *name), void *user);
int abi_library_close(AbiLibrary *, char **report); /* 0, or -1 and REPORT; the object is freed either way */

/* ---------------------------------------------------------------- near names, for suggestions */

/* How far apart two names are: 0 equal, 1 a variant that people confuse (other case, underscores,
 * name64), else one more than the number of edits; more than LIMIT: not near. */
unsigned abi_name_distance(const char *a, size_t na, const char *b, size_t nb, unsigned limit);
/* How many mistakes are plausible in a name of N bytes; what is near has a distance of one more at most. */
unsigned abi_name_limit(size_t n);

/* ---- pages.c: memory of those who keep much. Of 1, 2, 4 or 8 times ABI_BLOCK bytes it is part of a huge page. */

enum { ABI_BLOCK = 256 * 1024 }; /* bytes */
/* GRAPH: whose pages they are; NULL: none. */
void *abi_block_alloc(AbiGraph *, size_t size);       /* zeroed; owned: abi_block_free; NULL when out of memory */
void abi_block_free(AbiGraph *, void *, size_t size); /* with the same graph and size */
size_t abi_next_block(size_t previous, size_t first); /* PREVIOUS 0: FIRST; then the double, up to ABI_BLOCK */

#endif
