/* Every allocation fails in turn, over texts: golden tests, seeds, the fuzzer's corpus.
 *
 * The linker sends the library's malloc() and its relatives here (--wrap). Whatever fails, the call must say that
 * memory is out (or what it says anyway), declare nothing, and leave a scope in which the same text then does what it
 * does with memory enough; at the end nothing may be left. Two ways to run out: for good, and for one allocation. */
#include "tests/fuzz/confine.h"
#include "tests/fuzz/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- the allocator */

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
void __real_free(void *);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
void __wrap_free(void *);

static long left = -1; /* allocations that succeed still; negative: all */
static bool forever;   /* those after the failing one fail too */
static bool hit;       /* one failed */
static long made, live;

static bool fails(void) {
    made++;
    if (left < 0)
        return false;
    if (left-- > 0)
        return false;
    hit = true;
    left = forever ? 0 : -1;
    return true;
}

static void *counted(void *p) {
    live += p != NULL;
    return p;
}

void *__wrap_malloc(size_t n) {
    return fails() ? NULL : counted(__real_malloc(n));
}

void *__wrap_calloc(size_t n, size_t size) {
    return fails() ? NULL : counted(__real_calloc(n, size));
}

void *__wrap_realloc(void *old, size_t n) {
    if (fails())
        return NULL;
    void *p = __real_realloc(old, n);
    live += p && !old;
    return p;
}

void __wrap_free(void *p) {
    live -= p != NULL;
    __real_free(p);
}

static void arm(long n, bool for_good) {
    left = n;
    forever = for_good;
    hit = false;
    made = 0;
}

/* ---------------------------------------------------------------- complaints */

static const char *now_file;
static unsigned now_input;
static long now_n;
static bool now_forever;

static void broken(const char *condition, int line, const Section *s) {
    fprintf(stderr, "exhaust.c:%d: does not hold: %s\n%s, input %u (from 0), allocation %ld fails %s, in:\n%.*s\n", line, condition,
            now_file, now_input, now_n, now_forever ? "and all after it" : "alone", (int)(s ? s->len : 0), s ? s->text : "");
    abort();
}
#define MUST(condition, section) ((condition) ? (void)0 : broken(#condition, __LINE__, section))

/* ---------------------------------------------------------------- one call, and what it must be */

enum { MAX_CALLS = 64 };
typedef struct Outcome { CdeclCode code; size_t symbols, tags, macros; } Outcome;
typedef struct Outcomes { Outcome call[MAX_CALLS]; unsigned n; } Outcomes; /* with memory enough */

typedef CdeclCode Call(CdeclScope *, Section, const CdeclOptions *);

static Outcome outcome(const CdeclScope *scope, CdeclCode code) {
    return (Outcome){code, cdecl_symbol_count(scope), cdecl_tag_count(scope), cdecl_macro_count(scope)};
}

static void expect(Outcome is, Outcome must, const Section *s) {
    bool same = is.code == must.code && is.symbols == must.symbols && is.tags == must.tags && is.macros == must.macros;
    if (!same)
        fprintf(stderr, "code %d, %zu symbols, %zu tags, %zu macros; expected %d, %zu, %zu, %zu\n", (int)is.code, is.symbols, is.tags,
                is.macros, (int)must.code, must.symbols, must.tags, must.macros);
    MUST(same, s);
}

static CdeclCode finish(int result, CdeclError *err) {
    CdeclCode code = err->code;
    MUST((result == 0) == (code == CDECL_OK), NULL);
    MUST(result == 0 || err->msg[0], NULL);
    cdecl_error_clear(err);
    return code;
}

static CdeclCode declare(CdeclScope *scope, Section s, const CdeclOptions *options) {
    CdeclError err = {0};
    int result = cdecl_parse(scope, s.text, s.len, options, &err);
    return finish(result, &err);
}

static CdeclCode name_type(CdeclScope *scope, Section s, const CdeclOptions *options) {
    CdeclError err = {0};
    AbiQType type;
    AbiGraph *graph = abi_region_graph(cdecl_scope_region(scope));
    (void)options;
    int result = cdecl_parse_type(scope, s.text, s.len, &type, &err);
    if (result == 0) {
        abi_lock(graph);
        abi_release(type.type);
        abi_unlock(graph);
    }
    return finish(result, &err);
}

static CdeclCode include(CdeclScope *scope, Section s, const CdeclOptions *options) {
    CdeclError err = {0};
    CdeclScope *other = cdecl_scope_new(abi_region_graph(cdecl_scope_region(scope)));
    (void)s, (void)options;
    if (!other)
        return CDECL_E_MEMORY;
    int result = cdecl_scope_include(other, scope, &err);
    cdecl_scope_free(other);
    return finish(result, &err);
}

/* The macro SECTION is evaluated, or called. */
static CdeclCode evaluate(CdeclScope *scope, Section s, const CdeclOptions *options) {
    CdeclMacro m;
    CdeclError err = {0};
    CdeclValue value, args[8] = {0};
    (void)options;
    if (!cdecl_macro_find(scope, s.text, s.len, &m))
        return CDECL_OK;
    if (!m.function_like)
        return cdecl_find(scope, s.text, s.len) ? CDECL_OK : CDECL_E_MEMORY;
    for (size_t i = 0; i < 8; i++) {
        args[i].kind = CDECL_V_INT;
        args[i].type = abi_primitive(abi_region_graph(cdecl_scope_region(scope)), ABI_P_INT);
        args[i].bits.lo = i;
    }
    return finish(cdecl_macro_call(scope, s.text, s.len, args, m.n_params < 8 ? m.n_params : 8, &value, &err), &err);
}

/* Evaluating may define the compiler's macros, or may do without where it fails. */
static Outcome call_it(Call *call, CdeclScope *scope, Section s, const CdeclOptions *options) {
    CdeclCode code = call(scope, s, options);
    return call == evaluate || call == include ? (Outcome){.code = code} : outcome(scope, code);
}

/* Make CALL number *N of the run; with memory enough it is noted, otherwise compared. One that ran out of memory is
 * made again with memory enough. */
static void make(Call *call, CdeclScope *scope, Section s, const CdeclOptions *options, Outcomes *expected, unsigned *n, bool first) {
    Outcome before = outcome(scope, CDECL_OK);
    if (*n == MAX_CALLS)
        return;
    Outcome is = call_it(call, scope, s, options);
    Outcome *must = &expected->call[(*n)++];
    if (first) {
        *must = is;
        expected->n = *n;
        return;
    }
    if (hit) {
        if (is.code != CDECL_E_MEMORY)
            expect((Outcome){.code = is.code}, (Outcome){.code = must->code}, &s);
        if (is.code != CDECL_OK) {
            before.code = is.code;
            if (call == declare || call == name_type)
                expect(is, before, &s);
            arm(-1, false);
            is = call_it(call, scope, s, options);
        }
        arm(-1, false);
    }
    expect(is, *must, &s);
}

/* ---------------------------------------------------------------- one input */

enum { MACROS = 12 };

static void run_macros(CdeclScope *scope, Outcomes *expected, unsigned *n, bool first) {
    for (size_t i = 0, total = cdecl_macro_count(scope); i < total && i < MACROS; i++) {
        CdeclMacro m;
        char name[100];
        if (!cdecl_macro_at_index(scope, i, &m) || strlen(m.name) >= sizeof name)
            continue;
        strcpy(name, m.name);
        make(evaluate, scope, (Section){name, strlen(name)}, NULL, expected, n, first);
    }
}

static void run(const char *text, size_t len, Outcomes *expected, bool first) {
    unsigned n = 0;
    Section s;
    Input in = input_open(text, len);
    CdeclOptions options = in.options;
    AbiGraph *graph = abi_graph_new();
    CdeclScope *scope = graph ? cdecl_scope_new(graph) : NULL;
    MUST(scope || hit, NULL);
    confine(true);
    while (scope && input_next(&in, &s)) {
        make(declare, scope, s, &options, expected, &n, first);
        if (s.len <= 200)
            make(name_type, scope, s, &options, expected, &n, first);
    }
    if (scope) {
        run_macros(scope, expected, &n, first);
        make(include, scope, (Section){"", 0}, &options, expected, &n, first);
        MUST(n == expected->n, NULL);
    }
    confine(false);
    cdecl_scope_free(scope);
    abi_graph_free(graph);
    MUST(live == 0, NULL);
}

static long exhaust(const char *text, size_t len) {
    Outcomes expected = {0};
    arm(-1, false);
    run(text, len, &expected, true);
    long total = made;
    for (now_n = 0; now_n < total; now_n++) {
        for (int good = 0; good < 2; good++) {
            now_forever = good;
            arm(now_n, good);
            run(text, len, &expected, false);
        }
    }
    return total * 2;
}

/* ---------------------------------------------------------------- files */

static char *read_file(const char *path, size_t *len) {
    FILE *f = fopen(path, "rb");
    size_t cap = 1 << 22;
    char *data = __real_malloc(cap);
    if (!f || !data) {
        fprintf(stderr, "exhaust: cannot read %s\n", path);
        exit(EXIT_FAILURE);
    }
    *len = fread(data, 1, cap, f);
    fclose(f);
    return data;
}

/* A packed corpus (pack.py): of its inputs each STEP-th. */
static long exhaust_packed(char *p, const char *end, unsigned step) {
    long n = 0;
    for (now_input = 0; p < end; now_input++) {
        char *text;
        size_t len = strtoul(p + 2, &text, 10);
        if (now_input % step == 0)
            n += exhaust(text + 1, len);
        p = text + 1 + len + 1;
    }
    return n;
}

/* Seeds: divided by lines of equals signs. */
static long exhaust_divided(const char *p, const char *end) {
    static const char line[] = "\n====================\n";
    long n = 0;
    for (now_input = 0; p; now_input++) {
        const char *stop = memmem(p, (size_t)(end - p), line, sizeof line - 1);
        n += exhaust(p, (size_t)((stop ? stop : end) - p));
        p = stop ? stop + sizeof line - 1 : NULL;
    }
    return n;
}

/* exhaust STEP FILE...: packed corpora, seeds, headers. */
int main(int argc, char **argv) {
    long n = 0;
    for (int i = 2; i < argc; i++) {
        size_t len;
        char *data = read_file(now_file = argv[i], &len);
        n += len > 2 && memcmp(data, "@ ", 2) == 0 ? exhaust_packed(data, data + len, (unsigned)atoi(argv[1]))
                                                   : exhaust_divided(data, data + len);
        __real_free(data);
    }
    printf("%ld failing allocations\n1 passed, 0 failed\n", n);
    return n ? EXIT_SUCCESS : EXIT_FAILURE;
}
