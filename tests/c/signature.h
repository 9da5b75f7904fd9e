/* Types and plans in one line each, for the tests of calls. Every test has its own graph. */
#ifndef CDEFFI_TESTS_SIGNATURE_H
#define CDEFFI_TESTS_SIGNATURE_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

#include "abi/abi.h"

static AbiGraph *graph;
static AbiRegion *region;

__attribute__((unused)) static void open_graph(void)
{
    graph = abi_graph_new();
    ck_assert_ptr_nonnull(graph);
    region = abi_region_new(graph);
    ck_assert_ptr_nonnull(region);
    abi_lock(graph);
}

__attribute__((unused)) static void close_graph(void)
{
    unsetenv("CDEFFI_DISPATCH");
    abi_region_release(region);
    abi_unlock(graph);
    abi_graph_free(graph);
}

__attribute__((unused)) static const AbiType *prim(AbiPrim id)
{
    return abi_primitive(graph, id);
}

__attribute__((unused)) static const AbiType *pointer(void)
{
    AbiError err = {0};
    const AbiType *type = abi_pointer(graph, (AbiQType){prim(ABI_P_VOID), 0}, &err);
    ck_assert_msg(type != NULL, "%s", err.msg);
    return type;
}

/* A struct or union of the N members in DECL. */
__attribute__((unused)) static const AbiType *record_of(AbiKind kind, AbiRecordOptions options, const AbiMemberDecl *decl, size_t n)
{
    AbiError err = {0};
    AbiType *type = abi_record_new(region, kind, NULL, &err);
    ck_assert_msg(type != NULL, "%s", err.msg);
    ck_assert_msg(abi_record_complete(type, decl, n, &options, &err) == 0, "%s", err.msg);
    return type;
}

/* MEMBERS(abi type, ...): the members "a", "b", ... of a struct or union. */
#define MEMBER(t) {.name = NULL, .type = {t, 0}, .bit_width = -1}
#define BITS(t, w) {.name = NULL, .type = {t, 0}, .bit_width = w}
#define RECORD(kind, options, ...)                                                      \
    ({                                                                                  \
        AbiMemberDecl decl_[] = {__VA_ARGS__};                                          \
        for (size_t i_ = 0; i_ < sizeof decl_ / sizeof *decl_; i_++)                    \
            decl_[i_].name = abi_region_name(region, &"abcdefghijklmnop"[i_], 1);       \
        record_of(kind, (AbiRecordOptions)options, decl_, sizeof decl_ / sizeof *decl_); \
    })
#define NO_OPTIONS {.pack = 0}

/* The function type RESULT (*)(params...). */
__attribute__((unused)) static const AbiType *function_of(const AbiType *result, bool variadic, const AbiType **params, size_t n)
{
    AbiError err = {0};
    AbiQType q[40];
    ck_assert_uint_le(n, 40);
    for (size_t i = 0; i < n; i++)
        q[i] = (AbiQType){params[i], 0};
    AbiFunctionDecl decl = {{result, 0}, q, n, variadic, false, ABI_CDECL};
    const AbiType *type = abi_function(graph, &decl, &err);
    ck_assert_msg(type != NULL, "%s", err.msg);
    return type;
}
#define FUNCTION(result, ...)                                                           \
    ({                                                                                  \
        const AbiType *p_[] = {NULL, ##__VA_ARGS__};                                    \
        function_of(result, false, p_ + 1, sizeof p_ / sizeof *p_ - 1);                 \
    })

/* valgrind computes long double in 64 bits. */
__attribute__((unused)) static bool has_long_double(void)
{
    return !getenv("CDEFFI_VALGRIND");
}

/* The paths that every call of a test takes. */
static const char *const dispatches[] = {"direct", "libffi"};

/* Lets no compiler see which function is called. */
typedef void (*AnyFunction)(void);
__attribute__((unused)) static AnyFunction opaque(AnyFunction fn)
{
    static AnyFunction volatile hidden;
    hidden = fn;
    return hidden;
}

/* One call on one path. EACH_PATH(type) runs its body once for each of them, with `call` prepared. */
typedef struct Call {
    AbiPlan *plan;
    char *area;
} Call;

__attribute__((unused)) static Call start_call(const AbiType *type, const AbiType *const *extra, size_t n, unsigned path)
{
    AbiError err = {0};
    Call call = {NULL, NULL};
    if (path >= sizeof dispatches / sizeof *dispatches)
        return call;
    setenv("CDEFFI_DISPATCH", dispatches[path], 1);
    call.plan = abi_plan_variadic(type, extra, n, &err);
#ifdef CDEFFI_NO_DIRECT
    if (!call.plan && strstr(err.msg, "libffi cannot pass vectors or over-aligned arguments"))
        return call; /* such a build refuses them, and says so */
#endif
    ck_assert_msg(call.plan != NULL, "%s: %s", dispatches[path], err.msg);
    call.area = aligned_alloc(16, call.plan->area_size);
    memset(call.area, 0xA5, call.plan->area_size);
    return call;
}

__attribute__((unused)) static void end_call(Call *call)
{
    abi_plan_free(call->plan);
    free(call->area);
    *call = (Call){NULL, NULL};
}

#define EACH_PATH_WITH(type, extra, n)                                                  \
    for (unsigned path_ = 0; path_ < sizeof dispatches / sizeof *dispatches; path_++)   \
        for (Call call = start_call(type, extra, n, path_); call.plan; end_call(&call))
#define EACH_PATH(type) EACH_PATH_WITH(type, NULL, 0)
#define PUT(i, ctype, ...)                                                              \
    do {                                                                                \
        ctype put_ = __VA_ARGS__;                                                       \
        memcpy(call.area + call.plan->arg_offset[i], &put_, sizeof put_);               \
    } while (0)
#define CALL(fn) abi_call(call.plan, opaque((AnyFunction)(fn)), call.area)
#define RESULT(ctype)                                                                   \
    ({                                                                                  \
        ctype result_;                                                                  \
        memcpy(&result_, call.area + call.plan->result_offset, sizeof result_);         \
        result_;                                                                        \
    })

#endif
