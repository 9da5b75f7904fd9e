/* Where a graph's memory comes from: blocks of huge pages, cells of types, groups of declarations. */
#include "tests/c/graph.h"

#include <stdio.h>

/* ---- blocks */

enum { TAKEN = 40 };

static size_t size_of(size_t i)
{
    static const size_t sizes[] = {ABI_BLOCK, 2 * ABI_BLOCK, 4096, 8 * ABI_BLOCK, 4 * ABI_BLOCK, 3 * ABI_BLOCK, 16 * ABI_BLOCK, ABI_BLOCK};
    return sizes[i % (sizeof sizes / sizeof *sizes)];
}

static bool all(const unsigned char *p, size_t n, unsigned char byte)
{
    return p[0] == byte && memcmp(p, p + 1, n - 1) == 0;
}

/* A block is zero, however often it is taken, and nobody else's. */
START_TEST(blocks_are_zeroed_and_apart)
{
    unsigned char *blocks[TAKEN] = {0};
    for (size_t round = 0; round < 4; round++) {
        for (size_t i = 0; i < TAKEN; i++) {
            if (blocks[i])
                continue;
            blocks[i] = abi_block_alloc(graph, size_of(i));
            ck_assert_ptr_nonnull(blocks[i]);
            ck_assert_msg(all(blocks[i], size_of(i), 0), "block %zu in round %zu", i, round);
            memset(blocks[i], (int)i + 1, size_of(i));
        }
        for (size_t i = 0; i < TAKEN; i++)
            ck_assert_msg(all(blocks[i], size_of(i), (unsigned char)(i + 1)), "block %zu in round %zu", i, round);
        for (size_t i = round % 3; i < TAKEN; i += 1 + round) {
            abi_block_free(graph, blocks[i], size_of(i));
            blocks[i] = NULL;
        }
    }
    for (size_t i = 0; i < TAKEN; i++)
        abi_block_free(graph, blocks[i], size_of(i));
}
END_TEST

START_TEST(blocks_without_a_graph)
{
    unsigned char *block = abi_block_alloc(NULL, ABI_BLOCK);
    ck_assert_ptr_nonnull(block);
    ck_assert(all(block, ABI_BLOCK, 0));
    abi_block_free(NULL, block, ABI_BLOCK);
    abi_block_free(graph, NULL, ABI_BLOCK);
}
END_TEST

START_TEST(blocks_double)
{
    size_t size = abi_next_block(0, 1024);
    ck_assert_uint_eq(size, 1024);
    for (size_t want = 2048; want <= ABI_BLOCK; want *= 2)
        ck_assert_uint_eq(size = abi_next_block(size, 1024), want);
    ck_assert_uint_eq(abi_next_block(size, 1024), ABI_BLOCK);
    ck_assert_uint_eq(abi_next_block(100, 1024), 1024);
    ck_assert_uint_eq(abi_next_block((size_t)100 << 20, 1024), ABI_BLOCK);
}
END_TEST

START_TEST(arenas_of_many_blocks_go_back_to_a_mark)
{
    AbiArena arena = {.graph = graph};
    AbiArenaMark marks[3];
    char *kept = abi_arena_alloc(&arena, 100);
    memset(kept, 7, 100);
    for (size_t i = 0; i < 3; i++) {
        marks[i] = abi_arena_mark(&arena);
        for (size_t k = 0; k < 20000; k++) {
            unsigned char *p = abi_arena_alloc(&arena, 100);
            ck_assert_ptr_nonnull(p);
            ck_assert(all(p, 100, 0));
            memset(p, 0xFF, 100);
        }
    }
    for (size_t i = 3; i-- > 0;) {
        abi_arena_reset(&arena, marks[i]);
        for (size_t k = 0; k < 1000; k++)
            ck_assert(all(abi_arena_alloc(&arena, 100), 100, 0));
    }
    ck_assert(all((unsigned char *)kept, 100, 7));
    abi_arena_free(&arena);
}
END_TEST

/* ---- cells */

static const AbiType *function_of(size_t n)
{
    AbiQType params[40];
    for (size_t i = 0; i < n; i++)
        params[i] = Q(i % 2 ? P(INT) : P(DOUBLE));
    return ok(abi_function(graph, &(AbiFunctionDecl){.result = Q(P(INT)), .params = params, .nparams = n}, &err));
}

/* Types of every size come and go; those that stay keep their parts. */
START_TEST(types_come_and_go)
{
    const AbiType *kept[40];
    for (size_t n = 0; n < 40; n++)
        abi_retain(kept[n] = function_of(n));
    for (size_t round = 0; round < 50; round++) {
        for (size_t i = 1; i < 200; i++) {
            const AbiType *t = ok(abi_array(graph, Q(P(SHORT)), round * 1000 + i, &err));
            ck_assert_uint_eq(ok(abi_pointer(graph, Q(t), &err))->item.type->length, round * 1000 + i);
        }
        abi_sweep(graph);
        for (size_t n = 0; n < 40; n++) {
            ck_assert_ptr_eq(function_of(n), kept[n]);
            ck_assert_uint_eq(kept[n]->function->nparams, n);
            for (size_t i = 0; i < n; i++)
                ck_assert_ptr_eq(kept[n]->function->params[i].type, i % 2 ? P(INT) : P(DOUBLE));
        }
    }
    for (size_t n = 0; n < 40; n++)
        abi_release(kept[n]);
    abi_sweep(graph);
    ck_assert_uint_eq(graph->type_count, 0);
}
END_TEST

Suite *memory_suite(void);
Suite *memory_suite(void)
{
    Suite *s = suite_create("memory");
    TCase *t = tcase_create("memory");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, blocks_are_zeroed_and_apart);
    tcase_add_test(t, blocks_without_a_graph);
    tcase_add_test(t, blocks_double);
    tcase_add_test(t, arenas_of_many_blocks_go_back_to_a_mark);
    tcase_add_test(t, types_come_and_go);
    suite_add_tcase(s, t);
    return s;
}
