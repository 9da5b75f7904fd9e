/* Functions of the C library by the compiler's own names, as __builtin_strlen: which result they have, and what they make of
 * string literals, which GCC takes for a constant. */
#include "parser/impl.h"

typedef struct Function {
    const char *name; /* behind __builtin_ */
    uint8_t n_args;
    AbiPrim result, target; /* of a pointer: ABI_P_NONE, and what it leads to */
} Function;

static const Function functions[] = {
    {"strlen", 1, ABI_P_SIZE, 0}, {"strcmp", 2, ABI_P_INT, 0}, {"strncmp", 3, ABI_P_INT, 0}, {"memcmp", 3, ABI_P_INT, 0},
    {"memcpy", 3, ABI_P_NONE, ABI_P_VOID}, {"memmove", 3, ABI_P_NONE, ABI_P_VOID}, {"memset", 3, ABI_P_NONE, ABI_P_VOID},
    {"memchr", 3, ABI_P_NONE, ABI_P_VOID}, {"strchr", 2, ABI_P_NONE, ABI_P_CHAR}, {"strrchr", 2, ABI_P_NONE, ABI_P_CHAR},
    {"strstr", 2, ABI_P_NONE, ABI_P_CHAR}, {"strcpy", 2, ABI_P_NONE, ABI_P_CHAR}, {"strncpy", 3, ABI_P_NONE, ABI_P_CHAR},
    {"strcat", 2, ABI_P_NONE, ABI_P_CHAR}, {"strncat", 3, ABI_P_NONE, ABI_P_CHAR}, {"malloc", 1, ABI_P_NONE, ABI_P_VOID},
    {"calloc", 2, ABI_P_NONE, ABI_P_VOID}, {"realloc", 2, ABI_P_NONE, ABI_P_VOID}, {"free", 1, ABI_P_VOID, 0}, {"abort", 0, ABI_P_VOID, 0},
};

static const Function *find(const char *name) {
    for (size_t i = 0; name && i < sizeof functions / sizeof *functions; i++)
        if (strcmp(name, functions[i].name) == 0)
            return &functions[i];
    return NULL;
}

bool fold_is_library(const char *name) {
    return find(name);
}

/* ---------------------------------------------------------------- of literals */

typedef struct Text {
    const unsigned char *at; /* borrowed: NUL-terminated */
    size_t size;             /* with the NUL at the end */
} Text;

/* Is O a literal of bytes? */
static bool text_of(const CdeclOperand *o, Text *out) {
    if (!fold_is_constant(o) || o->value.kind != CDECL_V_STRING || o->type.type->item.type->size != 1)
        return false;
    *out = (Text){(const unsigned char *)o->value.string.data, o->type.type->length};
    return true;
}

/* The first difference within LIMIT bytes, as glibc's functions give it to GCC. */
static int difference(Text a, Text b, size_t limit, bool ends_at_nul) {
    for (size_t i = 0; i < limit; i++) {
        if (a.at[i] != b.at[i])
            return a.at[i] - b.at[i];
        if (ends_at_nul && !a.at[i])
            return 0;
    }
    return 0;
}

static int sign(int n) {
    return (n > 0) - (n < 0);
}

/* Those that compare, by their third argument if they have one. False: not known here. */
static bool compared(const Function *f, const CdeclArguments *args, int *out) {
    Text a, b;
    size_t limit = SIZE_MAX;
    if (!text_of(&args->items[0], &a) || !text_of(&args->items[1], &b))
        return false;
    if (f->n_args == 3) {
        const CdeclOperand *n = &args->items[2];
        if (!fold_is_constant(n) || n->value.kind != CDECL_V_INT)
            return false;
        limit = n->value.bits.lo;
    }
    bool in_memory = f->name[0] == 'm';
    if (in_memory && (limit > a.size || limit > b.size))
        return false;
    int n = difference(a, b, limit, !in_memory);
    *out = strcmp(f->name, "strncmp") == 0 ? n : sign(n);
    return true;
}

static bool value_of(const Function *f, const CdeclArguments *args, CdeclOperand *r) {
    Text text;
    int n;
    if (f->result == ABI_P_SIZE && text_of(&args->items[0], &text))
        *r = fold_known(r->type.type, strlen((const char *)text.at), r->span);
    else if (f->result == ABI_P_INT && compared(f, args, &n))
        *r = fold_known(r->type.type, (FoldBits)(FoldSigned)n, r->span);
    else
        return false;
    return true;
}

/* ---------------------------------------------------------------- one call */

static const AbiType *result_of(CdeclParse *p, const Function *f, CdeclSpan span) {
    AbiError err;
    if (f->result != ABI_P_NONE)
        return abi_primitive(cdecl_graph(p), f->result)->canonical;
    const AbiType *t = abi_pointer(cdecl_graph(p), (AbiQType){abi_primitive(cdecl_graph(p), f->target), 0}, &err);
    if (!t)
        cdecl_fail_abi(p, span, &err);
    return t;
}

/* __builtin_NAME(ARGS...). False: not one of these; or one that has to be called, where a macro is applied. */
bool fold_library(CdeclParse *p, const char *name, const CdeclArguments *args, CdeclSpan span, CdeclOperand *out) {
    const Function *f = find(name);
    const AbiType *type = f && !cdecl_failed(p) ? result_of(p, f, span) : NULL;
    if (!type)
        return false;
    if ((args ? args->n : 0) != f->n_args) {
        cdecl_fail(p, span, CDECL_E_MACRO_CALL_COUNT, (unsigned)f->n_args, (unsigned)(args ? args->n : 0));
        *out = fold_failed(p, span);
        return true;
    }
    *out = fold_typed((AbiQType){type, 0}, span);
    if (args && value_of(f, args, out))
        return true;
    fold_defer(out, span, CDECL_E_NOT_CONSTANT, NULL);
    return !p->apply;
}
