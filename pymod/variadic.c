/* Calls through an ellipsis: the types of the extra arguments come with the values, promoted as C does. */
#include "pymod/call.h"

#include <string.h>

#define FEW 16 /* arguments whose descriptions fit on the stack */

/* The type that an extra argument travels as: C11 6.5.2.2p6 default argument promotions, arrays decayed.
 * New reference, or NULL with an exception. */
static CTypeObject *promoted(ModuleState *st, PyObject *value, Py_ssize_t index) {
    if (!cdata_check(st, value)) {
        PyErr_Format(PyExc_TypeError,
                     "argument %zd passed in the variadic part needs to be a cdata object (got %.200s)",
                     index + 1, Py_TYPE(value)->tp_name);
        return NULL;
    }
    CTypeObject *ct = ((CDataObject *)value)->ctype;
    const AbiType *type = ct->type;
    switch ((AbiKind)type->kind) {
    case ABI_BOOL:
    case ABI_CHAR:
    case ABI_INT:
        if (type->size < sizeof(int) && !(type->flags & ABI_F_BITINT)) ct = st->ct_int;
        break;
    case ABI_FLOAT:
        if (type->prim == ABI_P_FLOAT) return ctype_of(st, abi_primitive(st->graph, ABI_P_DOUBLE));
        break;
    case ABI_ARRAY: {
        CTypeObject *item = ctype_item(ct);
        return item == NULL ? NULL : ctype_pointer_to(item);
    }
    default: break;
    }
    Py_INCREF(ct);
    return ct;
}

/* The type to plan with: all pointers travel alike, an enum as its underlying type. So a plan mostly
 * names types that live as long as the graph, and serves the next call with other pointers. */
static const AbiType *planned(const CTypeObject *ct) {
    if (ct->type->kind == ABI_POINTER) return ct->state->ct_voidp->type;
    ctype_assume_enum(ct->state, ct->type);
    if (ct->type->kind == ABI_ENUM) return ct->type->item.type;
    return ct->type;
}

static bool plan_fits(const AbiPlan *plan, uint32_t fixed, CTypeObject *const *extra, size_t n) {
    if (plan == NULL || plan->nargs != fixed + n) return false;
    for (size_t i = 0; i < n; i++)
        if (plan->arg_type[fixed + i] != planned(extra[i])) return false;
    return true;
}

/* The plan for these extra types: the one of the latest call if it fits, else a new one; taken from CALL. */
static AbiPlan *plan_take(FunctionCall *call, CTypeObject *fn, CTypeObject *const *extra, size_t n) {
    AbiPlan *plan = __atomic_exchange_n(&call->last, NULL, __ATOMIC_ACQ_REL);
    if (plan_fits(plan, call->nargs, extra, n)) return plan;
    abi_plan_free(plan);
    const AbiType **types = PyMem_Malloc((n ? n : 1) * sizeof *types);
    if (types == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (size_t i = 0; i < n; i++) types[i] = planned(extra[i]);
    AbiError err;
    plan = abi_plan_variadic(fn->type, types, n, &err);
    PyMem_Free((void *)types);
    if (plan == NULL) raise_plan(fn, &err);
    return plan;
}

static void plan_put(FunctionCall *call, AbiPlan *plan) {
    abi_plan_free(__atomic_exchange_n(&call->last, plan, __ATOMIC_ACQ_REL));
}

/* A plan borrows its extra types, and a struct type is kept only by this call's ctypes. So plans are kept
 * for the next call only where all extra types live as long as the graph. */
static bool plan_lasts(const AbiPlan *plan, uint32_t fixed, const ModuleState *st) {
    for (uint32_t i = fixed; i < plan->nargs; i++)
        if (plan->arg_type[i]->prim == ABI_P_NONE && plan->arg_type[i] != st->ct_voidp->type) return false;
    return true;
}

static int convert_extra(CTypeObject *ct, PyObject *value, const AbiPlan *plan, uint32_t i, char *area, Temporaries *t) {
    Argument a = {0};
    if (argument_describe(&a, ct->state, ct->type, plan->arg_offset[i]) < 0) return -1;
    int failed;
    CDataObject *cd = (CDataObject *)value;
    if (ct->type->kind == ABI_POINTER && cd->ctype->type->kind == ABI_ARRAY) {
        memcpy(area + a.offset, &cd->data, sizeof cd->data);
        failed = 0;
    } else if (ct != cd->ctype && ct->type->kind == ABI_INT) {
        /* promoted: the value always fits int, but a char cdata is not an int object */
        PyObject *number = PyNumber_Long(value);
        failed = number == NULL ? -1 : argument_slow(&a, area + a.offset, number, t);
        Py_XDECREF(number);
    } else {
        failed = argument_slow(&a, area + a.offset, value, t);
    }
    Py_DECREF(a.ctype);
    return failed;
}

static PyObject *call_planned(CDataFunction *f, FunctionCall *call, const AbiPlan *plan, CTypeObject *const *extra,
                              PyObject *const *args) {
    _Alignas(16) char buffer[TEMPORARIES_SIZE];
    Temporaries t = {buffer, buffer + sizeof buffer, NULL};
    char *area = PyMem_Calloc(1, plan->area_size + 16);
    if (area == NULL) return PyErr_NoMemory();
    char *aligned = (char *)(((uintptr_t)area + 15) & ~(uintptr_t)15);
    int failed = 0;
    for (uint32_t i = 0; i < plan->nargs && !failed; i++) {
        if (i < call->nargs) {
            Argument a = call->args[i];
            a.offset = plan->arg_offset[i];
            failed = argument_convert(&a, aligned + a.offset, args[i], &t);
            if (failed) function_explain_argument(f, call, i, args[i]);
        } else {
            failed = convert_extra(extra[i - call->nargs], args[i], plan, i, aligned, &t);
        }
    }
    PyObject *result = failed ? NULL : function_run(f, call, plan, aligned);
    temporaries_free(&t);
    PyMem_Free(area);
    return result;
}

PyObject *variadic_call(CDataFunction *f, FunctionCall *call, PyObject *const *args, Py_ssize_t nargs) {
    CTypeObject *few[FEW], **extra = few;
    CTypeObject *fn = ctype_item(f->head.ctype);
    size_t n = (size_t)nargs - call->nargs, got = 0;
    if (fn == NULL) return NULL;
    if (n > FEW && (extra = PyMem_Malloc(n * sizeof *extra)) == NULL) return PyErr_NoMemory();
    PyObject *result = NULL;
    AbiPlan *plan = NULL;
    while (got < n && (extra[got] = promoted(fn->state, args[call->nargs + got], (Py_ssize_t)(call->nargs + got))) != NULL) got++;
    if (got == n && (plan = plan_take(call, fn, extra, n)) != NULL) {
        result = call_planned(f, call, plan, extra, args);
        if (plan_lasts(plan, call->nargs, fn->state)) plan_put(call, plan);
        else abi_plan_free(plan);
    }
    while (got > 0) Py_DECREF(extra[--got]);
    if (extra != few) PyMem_Free(extra);
    return result;
}
