/* Call plans inside abi/: what the classifiers, the call engines and the closures share.
 *
 * A signature is lowered in two steps. A convention's `place` function says in which registers or
 * stack bytes a value travels (Place). An engine then says where in the caller's area those registers
 * and stack bytes are kept until the call (Layout). plan.c joins the two into offsets and moves.
 */
#ifndef CDEFFI_ABI_PLAN_IMPL_H
#define CDEFFI_ABI_PLAN_IMPL_H

#include "config.h"

#include <ffi.h>

#include "abi/impl.h"

#if defined(__x86_64__) && !defined(_WIN32) && !defined(__ILP32__)
#define ABI_HAVE_SYSV64 1
#elif defined(__aarch64__) && !defined(__APPLE__) && !defined(_WIN32) && !defined(__ILP32__) && !defined(__AARCH64EB__)
#define ABI_HAVE_AAPCS64 1
#endif

/* ---------------------------------------------------------------- places */

/* Registers are numbered: 0.. integer (rdi, rsi, ...; x0, x1, ...), 8.. floating point and vector. */
enum { SLOT_FP = 8, SLOT_COUNT = 16 };

/* Part of a value, and the register that carries it. */
typedef struct Piece {
    uint8_t slot;
    uint8_t at;   /* byte offset in the value */
    uint8_t size; /* bytes moved: 4, 8 or the vector's width; may run past the value's end */
} Piece;

typedef enum PlaceKind {
    PLACE_NOTHING, /* an empty struct */
    PLACE_REGS,    /* pieces */
    PLACE_STACK,   /* at byte `stack` of the argument block */
    PLACE_REF_REG, /* AAPCS64: a pointer to the value is in piece[0].slot */
    PLACE_REF_STACK /* AAPCS64: a pointer to the value is on the stack */
} PlaceKind;

typedef struct Place {
    uint8_t kind; /* PlaceKind */
    uint8_t count; /* of pieces */
    Piece piece[4];
    size_t stack;
} Place;

/* How a result comes back. */
typedef enum RetKind {
    RET_NOTHING, /* void, or an empty struct */
    RET_GP,      /* rax; x0 */
    RET_FLOAT,   /* 4 bytes of xmm0; s0 */
    RET_DOUBLE,  /* 8 bytes of xmm0; d0 */
    RET_GP2,     /* rax, rdx; x0, x1 */
    RET_FP2,     /* xmm0, xmm1 */
    RET_GP_FP,   /* rax, xmm0 */
    RET_FP_GP,   /* xmm0, rax */
    RET_X87,     /* st0 */
    RET_X87_2,   /* st0, st1 */
    RET_V16,     /* all of xmm0; v0 */
    RET_V32,     /* ymm0 */
    RET_V64,     /* zmm0 */
    RET_HFA,     /* AAPCS64: s0..s3, d0..d3 or q0..q3; Shape.hfa_count and hfa_size */
    RET_HIDDEN   /* memory whose address the caller passes */
} RetKind;

/* What a whole signature needs; also the state while arguments are being placed. */
typedef struct Shape {
    uint8_t ngp, nfp;  /* registers used */
    uint8_t fp_width;  /* bytes needed of each floating-point register: 8, 16, 32, 64 */
    uint8_t ret;       /* RetKind */
    uint8_t hfa_count, hfa_size;
    uint32_t result_align; /* RET_HIDDEN: of the memory */
    size_t result_size;
    bool variadic;     /* the callee may be a variadic function: al must be set */
    uint32_t stack_align; /* 16 or more */
    size_t stack;      /* bytes of stack arguments */
} Shape;

/* Eightbyte classes, psABI x86-64 3.2.3. */
enum { CLASS_NONE, CLASS_INTEGER, CLASS_SSE, CLASS_SSEUP, CLASS_X87, CLASS_X87UP, CLASS_COMPLEX_X87, CLASS_MEMORY };

typedef struct SysvClasses {
    uint8_t count; /* eightbytes; 0: nothing is passed */
    bool memory;
    uint8_t of[8];
} SysvClasses;

void abi_sysv64_classify(const AbiType *, SysvClasses *);

/* A calling convention that is lowered to registers and stack bytes. */
void abi_sysv64_result(const AbiType *, Shape *);
void abi_sysv64_place(const AbiType *, bool named, Shape *, Place *);
void abi_aapcs64_result(const AbiType *, Shape *);
void abi_aapcs64_place(const AbiType *, bool named, Shape *, Place *);

#if ABI_HAVE_SYSV64
#define abi_native_result abi_sysv64_result
#define abi_native_place abi_sysv64_place
#define ABI_VECTORS_IN_LIBFFI 0 /* it has no type that travels in the whole of a vector register */
#elif ABI_HAVE_AAPCS64
#define abi_native_result abi_aapcs64_result
#define abi_native_place abi_aapcs64_place
#define ABI_VECTORS_IN_LIBFFI 1 /* long double does */
#endif

/* ---------------------------------------------------------------- the area */

typedef void AbiRun(const AbiPlan *, void (*fn)(void), void *area);

/* The start of every area: what comes back, then the registers. Two more parts may follow: stack
 * words, and scratch for aggregates whose parts are not adjacent in registers. */
enum {
    AREA_RET = 0,
    AREA_FP_COUNT = 8,
#if ABI_HAVE_AAPCS64
    AREA_GP = 64, /* behind q0 to q3 */
    AREA_GP_COUNT = 8,
    AREA_HIDDEN = AREA_RET, /* the address of a result in memory; the engine loads x8 */
#else
    AREA_GP = 32, /* behind rax, xmm0, rax again (call_direct_sysv64.c), or st0, st1, or ymm0 */
    AREA_GP_COUNT = 6,
    AREA_HIDDEN = AREA_GP, /* the address of a result in memory is the first argument */
#endif
    AREA_FP = AREA_GP + 8 * AREA_GP_COUNT /* a multiple of 16 */
};

/* Access to the area, which bindings fill through pointers of any type. */
typedef uint64_t __attribute__((may_alias)) AreaWord;
typedef double __attribute__((may_alias)) AreaDouble;

typedef struct Layout {
    AbiRun *run;
    uint32_t fp_stride;
    uint32_t result; /* offset; not for RET_HIDDEN */
    uint32_t stack;  /* offset of the stack words */
    size_t end;      /* where scratch may start */
    bool is_lowered; /* the engine is libffi */
    uint8_t hfa_stride; /* bytes from one element of a RET_HFA to the next; 0: as in memory */
} Layout;

/* Work to do between the caller's filling of the area and the call: copy SIZE bytes, or, where SIZE is
 * 0 or ALIGN is not, store the address of FROM (of a copy of it, aligned). */
typedef struct Move {
    uint32_t from, to;
    uint32_t size;
    uint32_t align, copy;
} Move;

/* A signature in libffi's terms after our own lowering: every integer register is a uint64, every
 * floating-point register a double (or, on AAPCS64, a long double, which is 16 bytes of it), and the
 * stack one struct (on AAPCS64, further words). libffi's own classification of aggregates, which
 * differs from the compilers' (DESIGN.md section 5), is never asked. */
typedef struct LoweredCif {
    ffi_cif cif;
    unsigned ngp, nfp; /* arguments for registers */
    unsigned nstack;   /* arguments for the stack */
    ffi_type stack_type, ret_type;
    ffi_type *stack_elements[2], *ret_elements[5];
    ffi_type **args;   /* in the owner's block: abi_lowered_count of them */
} LoweredCif;

typedef struct PlanImpl {
    AbiRun *run;      /* the engine, after the preparations */
    Move *moves;      /* in the plan's block */
    uint32_t move_count;
    uint32_t result_align; /* more than 16: the result goes to an aligned place first */
    bool is_hidden;   /* the result comes back in memory */
    uint8_t narrow_count, narrow_size, narrow_stride; /* elements of a result to be brought together */
    LoweredCif *lowered; /* in the plan's block; NULL for the direct engine */
#ifdef HAVE_FFI_CALL_PLAN_ALLOC
    ffi_call_plan *ffi_plan; /* owned */
#endif
} PlanImpl;

/* Engines. `layout` returns false, and no error, when the engine cannot make such calls. */
bool abi_direct_layout(const Shape *, Layout *);
bool abi_lowered_layout(const Shape *, Layout *);
size_t abi_lowered_count(const Shape *); /* of libffi arguments, at most */
int abi_lowered_init(LoweredCif *, const Shape *, bool for_closure, AbiError *);

static inline size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) & ~(to - 1);
}

/* The type as which a parameter travels: C sees the first member of a transparent union. */
const AbiType *abi_passed_as(const AbiType *);
const AbiType *abi_argument_type(const AbiFunction *, const AbiType *const *extra, size_t i);
int abi_check_signature(const AbiFunction *, const AbiType *const *extra, size_t n, AbiError *);
/* Place all arguments of a call; calls EACH (may be NULL) for every one. */
typedef void PlaceVisitor(void *user, size_t index, const AbiType *, const Place *);
void abi_place_all(const AbiFunction *, const AbiType *const *extra, size_t n, Shape *, PlaceVisitor *each, void *user);

#endif
