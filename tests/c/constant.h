/* Evaluates constant expressions through the public interface, for the tests of literals and folding. */
#ifndef TEST_CONSTANT_H
#define TEST_CONSTANT_H

#include "parser/cdecl.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Constant {
    CdeclCode code;    /* CDECL_OK, or why not */
    unsigned column;   /* of the error: from 1, in the expression */
    char msg[240];
    CdeclValueKind kind;
    char type[64];     /* as C spells what is behind typedef names and enum */
    unsigned __int128 bits;
    long double real;
    char string[64];
    size_t string_len;
} Constant;

typedef struct Bench { /* a scope with declarations for the expressions to use */
    AbiGraph *graph;
    CdeclScope *scope;
    unsigned count;
} Bench;

static void bench_open(Bench *b, const char *declarations) {
    b->graph = abi_graph_new();
    ck_assert_ptr_nonnull(b->graph);
    b->scope = cdecl_scope_new(b->graph);
    b->count = 0;
    ck_assert_ptr_nonnull(b->scope);
    CdeclError err = {0};
    int status = cdecl_parse(b->scope, declarations, strlen(declarations), NULL, &err);
    ck_assert_msg(status == 0, "%s", err.report ? err.report : err.msg);
}

static void bench_close(Bench *b) {
    cdecl_scope_free(b->scope);
    abi_graph_free(b->graph);
}

static void constant_error(Constant *c, const CdeclError *err, unsigned prefix) {
    c->code = err->code;
    c->column = err->column - prefix;
    memcpy(c->msg, err->msg, sizeof c->msg);
}

static void constant_value(Constant *c, const CdeclValue *v) {
    const AbiType *t = v->type;
    if (t->kind == ABI_ENUM && t->item.type)
        t = t->item.type;
    abi_spell((AbiQType){t->main->canonical, 0}, "", ABI_SPELL_C, c->type, sizeof c->type, NULL);
    c->kind = v->kind;
    if (v->kind == CDECL_V_INT)
        c->bits = (unsigned __int128)v->bits.hi << 64 | v->bits.lo;
    else if (v->kind == CDECL_V_REAL)
        c->real = cdecl_real(v);
    else if (v->kind == CDECL_V_STRING) {
        c->string_len = v->string.len;
        memcpy(c->string, v->string.data, v->string.len < sizeof c->string ? v->string.len : sizeof c->string);
    }
}

/* TEXT as an enumerator's value first, for its errors, then as a constant of its own type. */
static Constant evaluate(Bench *b, const char *text) {
    static const char open[] = "enum { x%u = (", close[] = ") ? 1 : 0 };";
    static const char constant[] = "static const __typeof__((%s)) v%u = (%s);";
    size_t size = 3 * strlen(text) + 120;
    char *source = malloc(size), name[16];
    CdeclError err = {0};
    Constant c = {0};
    unsigned n = ++b->count, prefix = (unsigned)snprintf(source, size, open, n);
    snprintf(source + prefix, size - prefix, "%s%s", text, close);
    if (cdecl_parse(b->scope, source, strlen(source), NULL, &err) != 0) {
        constant_error(&c, &err, prefix);
    } else {
        snprintf(source, size, constant, text, n, text);
        int status = cdecl_parse(b->scope, source, strlen(source), NULL, &err);
        ck_assert_msg(status == 0, "%s", err.report ? err.report : err.msg);
        const CdeclSymbol *s = cdecl_find(b->scope, name, (size_t)snprintf(name, sizeof name, "v%u", n));
        ck_assert_ptr_nonnull(s);
        constant_value(&c, &s->value);
    }
    cdecl_error_clear(&err);
    free(source);
    return c;
}

typedef struct IntCase { const char *text, *type; __int128 value; } IntCase;
typedef struct RealCase { const char *text, *type; long double value; } RealCase;
typedef struct ErrorCase { const char *text; CdeclCode code; unsigned column; } ErrorCase;

static void check_int(Bench *b, const IntCase *want) {
    Constant got = evaluate(b, want->text);
    ck_assert_msg(got.code == CDECL_OK, "%s: %s", want->text, got.msg);
    ck_assert_msg(strcmp(got.type, want->type) == 0, "%s: type %s, not %s", want->text, got.type, want->type);
    ck_assert_msg(got.kind == CDECL_V_INT && got.bits == (unsigned __int128)want->value, "%s: %lld, not %lld", want->text,
                  (long long)got.bits, (long long)want->value);
}

static void check_error(Bench *b, const ErrorCase *want) {
    Constant got = evaluate(b, want->text);
    ck_assert_msg(got.code == want->code, "%s: code %d, not %d: %s", want->text, got.code, want->code, got.msg);
    ck_assert_msg(got.column == want->column, "%s: column %u, not %u: %s", want->text, got.column, want->column, got.msg);
}

#define CHECK_ALL(bench, check, cases) \
    for (size_t i_ = 0; i_ < sizeof(cases) / sizeof *(cases); i_++) \
        check(bench, &(cases)[i_])

#endif
