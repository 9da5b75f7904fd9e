/* The converters of a function type: one Argument a parameter, made once beside the call plan. */
#include "pymod/call.h"

#include <limits.h>

static void describe_integer(Argument *a, const AbiType *type) {
    unsigned bits = type->flags & ABI_F_BITINT ? (unsigned)type->length : 8 * (unsigned)type->size;
    a->op = a->is_signed ? ARG_SIGNED : ARG_UNSIGNED;
    if (a->is_signed) {
        a->max = (int64_t)(UINT64_MAX >> 1 >> (64 - bits));
        a->min = -a->max - 1;
    } else {
        a->min = 0;
        a->max = bits == 64 ? INT64_MAX : (int64_t)(UINT64_MAX >> (64 - bits));
    }
}

static bool is_byte(const AbiType *item) {
    return item->kind == ABI_VOID || (item->size == 1 && (item->kind == ABI_CHAR || item->kind == ABI_INT));
}

int argument_describe(Argument *a, ModuleState *st, const AbiType *type, uint32_t offset) {
    a->ctype = ctype_of(st, type);
    if (a->ctype == NULL) return -1;
    type = a->ctype->type;
    a->offset = offset;
    a->op = ARG_VALUE;
    a->size = type->size <= 8 ? (uint8_t)type->size : 0;
    a->is_signed = (type->flags & ABI_F_SIGNED) != 0;
    switch ((AbiKind)type->kind) {
    case ABI_BOOL:
    case ABI_CHAR: a->op = ARG_NARROW; break;
    case ABI_ENUM:
        a->is_signed = (type->item.type->flags & ABI_F_SIGNED) != 0;
        if (a->size != 0) a->op = ARG_NARROW;
        break;
    case ABI_INT:
        if (a->size != 0) describe_integer(a, type);
        break;
    case ABI_FLOAT:
        if (type->size == sizeof(double)) a->op = type->flags & ABI_F_NONCALLABLE ? ARG_VALUE : ARG_DOUBLE;
        else if (type->size <= sizeof(float)) a->op = ARG_FLOAT;
        break;
    case ABI_POINTER:
        if (abi_is_nullptr(type)) break; /* whose converter looks at the value */
        a->op = ARG_POINTER;
        a->takes_bytes = is_byte(type->item.type);
        break;
    case ABI_STRUCT:
    case ABI_UNION: a->op = ARG_RECORD; break;
    default: break;
    }
    return 0;
}

static ResultOp result_op(const AbiType *type) {
    switch ((AbiKind)type->kind) {
    case ABI_VOID: return RESULT_VOID;
    case ABI_FLOAT: return type->prim == ABI_P_DOUBLE ? RESULT_DOUBLE : RESULT_OTHER;
    case ABI_INT:
        if (type->flags & ABI_F_BITINT || !(type->flags & ABI_F_SIGNED)) return RESULT_OTHER;
        return type->size == sizeof(int) ? RESULT_INT : type->size == sizeof(long) ? RESULT_LONG : RESULT_OTHER;
    case ABI_STRUCT:
    case ABI_UNION:
    case ABI_VECTOR: return RESULT_COPY;
    default: return RESULT_OTHER;
    }
}

void function_call_free(void *opaque) {
    FunctionCall *call = opaque;
    if (call == NULL) return;
    for (uint32_t i = 0; i < call->nargs; i++) Py_XDECREF(call->args[i].ctype);
    Py_XDECREF(call->result);
    abi_plan_free(call->last);
    PyMem_Free(call);
}

int function_call_traverse(void *opaque, visitproc visit, void *arg) {
    FunctionCall *call = opaque;
    if (call == NULL) return 0;
    for (uint32_t i = 0; i < call->nargs; i++) Py_VISIT(call->args[i].ctype);
    Py_VISIT(call->result);
    return 0;
}

/* cffi's words for a struct whose members are not all known. */
static void raise_placed(CTypeObject *ct, bool is_result) {
    const char *as = is_result ? "return value" : "argument";
    PyErr_Format(PyExc_NotImplementedError,
                 "ctype '%s' not supported as %s.  It is a struct declared with \"...;\", but the C calling convention may "
                 "depend on the missing fields; or, it contains anonymous struct/unions.  Such structs are only supported as "
                 "%s if the function is 'API mode' and non-variadic (i.e. declared inside ffibuilder.cdef()"
                 "+ffibuilder.set_source() and not taking a final '...' argument)",
                 ct->name, as, as);
}

/* In cffi's words. */
static void raise_incomplete(CTypeObject *ct, bool is_result) {
    if (raise_problem(ct)) return;
    PyErr_Format(PyExc_TypeError, is_result ? "result type '%s' is not yet initialized" : "ctype '%s' has incomplete type", ct->name);
}

void raise_plan(CTypeObject *fn, const AbiError *err) {
    const AbiFunction *f = fn->type->function;
    const AbiType *type = err->index < 0 ? f->result.type : (size_t)err->index < f->nparams ? f->params[err->index].type : NULL;
    bool incomplete = err->code == ABI_EINCOMPLETE;
    CTypeObject *ct = type && (incomplete || type->flags & ABI_F_PLACED) ? ctype_of(fn->state, type) : NULL;
    if (ct != NULL && incomplete) raise_incomplete(ct, err->index < 0);
    else if (ct != NULL) raise_placed(ct, err->index < 0);
    else if (!PyErr_Occurred()) raise_abi(fn->state, err);
    Py_XDECREF(ct);
}

static FunctionCall *call_describe(CTypeObject *ct, const AbiPlan *plan) {
    const AbiFunction *fn = ct->type->function;
    FunctionCall *call = PyMem_Calloc(1, sizeof *call + fn->nparams * sizeof call->args[0]);
    if (call == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    call->plan = plan;
    call->variadic = fn->variadic;
    call->nargs = (uint32_t)fn->nparams;
    call->result = ctype_of(ct->state, fn->result.type);
    bool failed = call->result == NULL;
    if (!failed) call->result_op = (uint8_t)result_op(call->result->type);
    call->quick = true;
    for (uint32_t i = 0; i < call->nargs && !failed; i++) {
        failed = argument_describe(&call->args[i], ct->state, fn->params[i].type, plan ? plan->arg_offset[i] : 0) < 0;
        call->quick = call->quick && call->args[i].op != ARG_NARROW && call->args[i].op != ARG_VALUE;
    }
    if (!failed) return call;
    function_call_free(call);
    return NULL;
}

FunctionCall *function_call_types(CTypeObject *ct) { return call_describe(ct, NULL); }

static FunctionCall *function_call_new(CTypeObject *ct) {
    AbiError err;
    const AbiPlan *plan = NULL;
    const AbiFunction *fn = ct->type->function;
    ctype_assume_enum(ct->state, fn->result.type);
    for (uint32_t i = 0; i < fn->nparams; i++) ctype_assume_enum(ct->state, fn->params[i].type);
    if (fn->variadic || (plan = abi_plan(ct->type, &err)) != NULL) return call_describe(ct, plan);
    raise_plan(ct, &err);
    return NULL;
}

FunctionCall *function_call_of(CTypeObject *ct) {
    void *found = __atomic_load_n(&ct->call, __ATOMIC_ACQUIRE);
    if (found != NULL) return found;
    FunctionCall *made = function_call_new(ct);
    if (made == NULL) return NULL;
    /* Another thread may have come first: its description is as good, and may be in use. */
    if (__atomic_compare_exchange_n(&ct->call, &found, (void *)made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return made;
    function_call_free(made);
    return found;
}
