/* What can be passed by value, and what is refused. */
#include "abi/plan_impl.h"

static int unpassable(const AbiType *type, int index, const char *why, AbiError *err)
{
    char name[120];
    abi_spell((AbiQType){type, 0}, "", ABI_SPELL_PLAIN, name, sizeof name, NULL);
    return abi_fail(err, ABI_EUNSUPPORTED, index, "'%s' cannot be passed by value: %s", name, why);
}

static int incomplete(const AbiType *type, int index, AbiError *err)
{
    char name[120];
    abi_spell((AbiQType){type, 0}, "", ABI_SPELL_PLAIN, name, sizeof name, NULL);
    return abi_fail(err, ABI_EINCOMPLETE, index, "'%s' is incomplete", name);
}

static const char *vector_problem(const AbiType *type)
{
#if ABI_HAVE_SYSV64
    if (type->kind != ABI_VECTOR)
        return NULL;
    /* GCC passes a vector of one float or double in memory, clang in three different ways. */
    if (type->length == 1 && type->item.type->kind == ABI_FLOAT && type->size <= 8)
        return "compilers disagree about vectors of one element";
    if (type->size > 64)
        return "no register is that wide";
#else
    (void)type;
#endif
    return NULL;
}

static int check_parts(const AbiType *type, const AbiType *whole, int index, AbiError *err);

static int check_members(const AbiType *type, const AbiType *whole, int index, AbiError *err)
{
    const AbiRecord *record = type->record;
    for (size_t i = 0; i < record->count; i++)
        if (check_parts(record->members[i].type.type, whole, index, err) < 0)
            return -1;
    return 0;
}

static int check_parts(const AbiType *type, const AbiType *whole, int index, AbiError *err)
{
    const char *problem = vector_problem(type);
    if (type->flags & ABI_F_FLEXIBLE)
        return unpassable(whole, index, "it ends in a flexible array member", err);
    if (type->flags & ABI_F_PARTIAL && type->size == ABI_SIZE_UNKNOWN)
        return unpassable(whole, index, "its layout is not known", err);
    if (type->flags & ABI_F_PLACED) /* registers are chosen by all members; some are not known */
        return unpassable(whole, index, "a compiler has laid it out, and it may have more members than declared", err);
    if (type->flags & ABI_F_NONCALLABLE)
        return unpassable(whole, index, "its calling convention is not supported", err);
    if (problem)
        return unpassable(whole, index, problem, err);
    if (abi_is_record(type))
        return check_members(type, whole, index, err);
    if (type->kind == ABI_ARRAY || type->kind == ABI_VECTOR || type->kind == ABI_COMPLEX)
        return check_parts(type->item.type, whole, index, err);
    return 0;
}

static int check_passable(const AbiType *type, int index, AbiError *err)
{
    if (type->kind == ABI_FUNCTION || type->kind == ABI_ARRAY)
        return unpassable(type, index, "C passes no values of this kind", err);
    if (type->kind == ABI_VOID && index >= 0)
        return unpassable(type, index, "it has no values", err);
    if (type->kind != ABI_VOID && (type->flags & ABI_F_INCOMPLETE || type->size == ABI_SIZE_UNKNOWN))
        return incomplete(type, index, err);
    return check_parts(type, type, index, err);
}

/* On System V x86-64 and AAPCS64, GCC and clang ignore stdcall, fastcall and thiscall. */
static int check_convention(AbiConv conv, AbiError *err)
{
    if (conv == ABI_MS || conv == ABI_VECTORCALL)
        return abi_fail(err, ABI_EUNSUPPORTED, -1, "the calling convention '%s' is not supported here",
                        conv == ABI_MS ? "ms_abi" : "vectorcall");
    return 0;
}

/* The type of argument I: a declared parameter, or one of EXTRA. */
const AbiType *abi_argument_type(const AbiFunction *function, const AbiType *const *extra, size_t i)
{
    return i < function->nparams ? function->params[i].type : extra[i - function->nparams];
}

/* 0, or -1 and ERR if a call of FUNCTION with the N extra arguments is not possible. */
int abi_check_signature(const AbiFunction *function, const AbiType *const *extra, size_t n, AbiError *err)
{
    if (check_convention(function->conv, err) < 0 || check_passable(function->result.type, -1, err) < 0)
        return -1;
    for (size_t i = 0; i < function->nparams + n; i++)
        if (check_passable(abi_argument_type(function, extra, i), (int)i, err) < 0)
            return -1;
    return 0;
}

/* The type as which a parameter travels. GNU C, "Common Type Attributes": an argument of transparent
 * union type "is passed using the calling conventions of the first member". */
const AbiType *abi_passed_as(const AbiType *type)
{
    if (type->kind == ABI_UNION && type->flags & ABI_F_TRANSPARENT && type->record->count > 0)
        return type->record->members[0].type.type;
    return type;
}
