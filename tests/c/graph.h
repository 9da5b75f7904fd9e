/* A graph and a region for each test, held under the lock: setup() and teardown() make a checked fixture. */
#ifndef CDEFFI_TESTS_GRAPH_H
#define CDEFFI_TESTS_GRAPH_H

#include <check.h>
#include <string.h>

#include "abi/impl.h"

static AbiGraph *graph;
static AbiRegion *region;
static AbiError err;

static void setup(void)
{
    graph = abi_graph_new();
    ck_assert_ptr_nonnull(graph);
    abi_lock(graph);
    region = abi_region_new(graph);
    ck_assert_ptr_nonnull(region);
}

static void teardown(void)
{
    abi_unlock(graph);
    abi_graph_free(graph);
}

#define P(id) abi_primitive(graph, ABI_P_##id)
#define Q(t) ((AbiQType){(t), 0})

__attribute__((unused)) static const AbiType *ok(const AbiType *t)
{
    ck_assert_msg(t != NULL, "%s", err.msg);
    return t;
}

#endif
