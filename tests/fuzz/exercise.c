/* What is done with one input of the fuzzer, and what must hold whatever the input is:
 *
 *   - a parse that fails says why, and leaves the scope as it was: the same text fails the same way again
 *   - what is declared is found by its name, and can be spelled
 *   - a type that was spelled, and that parses, is the type it was
 *
 * Sanitizers watch the rest. */
#include "tests/fuzz/exercise.h"

#include "tests/fuzz/confine.h"
#include "tests/fuzz/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST(condition) ((condition) ? (void)0 : broken(#condition, __LINE__))

static void broken(const char *condition, int line) {
    fprintf(stderr, "exercise.c:%d: does not hold: %s\n", line, condition);
    abort();
}

/* ---------------------------------------------------------------- one scope */

typedef struct Counts { size_t symbols, tags, macros; } Counts;

static Counts count(const CdeclScope *scope) {
    return (Counts){cdecl_symbol_count(scope), cdecl_tag_count(scope), cdecl_macro_count(scope)};
}

/* Not strstr(): the fuzzer would learn our messages. */
static bool contains(const char *text, const char *part) {
    for (size_t n; *text; text++) {
        for (n = 0; part[n] && text[n] == part[n];)
            n++;
        if (!part[n])
            return true;
    }
    return false;
}

static void check_error(const CdeclError *e) {
    MUST(e->code != CDECL_OK && e->category != CDECL_CAT_NONE);
    MUST(e->line >= 1 && e->column >= 1);
    MUST(e->msg[0] && memchr(e->msg, '\0', sizeof e->msg));
    MUST(e->code == CDECL_E_MEMORY || (e->report && contains(e->report, e->msg)));
}

static CdeclCode parse(CdeclScope *scope, Section s, const CdeclOptions *options) {
    CdeclError err = {0};
    Counts before = count(scope);
    int result = cdecl_parse(scope, s.text, s.len, options, &err);
    Counts after = count(scope);
    CdeclCode code = err.code;
    if (result < 0) {
        check_error(&err);
        MUST(after.symbols == before.symbols && after.tags == before.tags && after.macros == before.macros);
    } else {
        MUST(result == 0 && code == CDECL_OK && !err.report);
        MUST(after.symbols >= before.symbols && after.tags >= before.tags);
    }
    cdecl_error_clear(&err);
    return code;
}

static void drop(const CdeclScope *scope, AbiQType type) {
    AbiGraph *graph = abi_region_graph(cdecl_scope_region(scope));
    abi_lock(graph);
    abi_release(type.type);
    abi_unlock(graph);
}

/* The type that TEXT names, if any (retained). */
static bool parse_type(CdeclScope *scope, const char *text, size_t len, AbiQType *out) {
    CdeclError err = {0};
    Counts before = count(scope);
    int result = cdecl_parse_type(scope, text, len, out, &err);
    if (result < 0) {
        Counts after = count(scope);
        check_error(&err);
        MUST(after.symbols == before.symbols && after.tags == before.tags);
    } else {
        MUST(result == 0 && out->type);
    }
    cdecl_error_clear(&err);
    return result == 0;
}

/* ---------------------------------------------------------------- types */

enum { ROOM = 2000 };

static void check_layout(const AbiType *t);

static void check_members(const AbiType *t) {
    const AbiRecord *r = t->record;
    for (size_t i = 0; i < r->count; i++) {
        const AbiMember *m = &r->members[i];
        size_t size = m->type.type->size;
        if (m->flags & ABI_M_BITFIELD) {
            MUST(m->bit_width > 0 || !m->name);
            MUST((m->bit_offset + m->bit_width + 7) / 8 <= t->size);
        } else if (size != ABI_SIZE_UNKNOWN && !(m->flags & ABI_M_FLEXIBLE)) {
            MUST(m->offset <= t->size && size <= t->size - m->offset);
        }
        if (m->flags & ABI_M_ANONYMOUS)
            check_layout(m->type.type);
    }
}

static void check_layout(const AbiType *t) {
    MUST(t->align > 0 && (t->align & (t->align - 1)) == 0);
    if (abi_is_record(t) && t->record->complete && !(t->flags & ABI_F_INCOMPLETE))
        check_members(t);
}

/* Names that mean something else here than where the type was made: then the spelling may be read differently. */
static bool is_plain(const CdeclScope *scope, const CdeclOptions *options) {
    return cdecl_macro_count(scope) == 0 && !options->override && !options->n_defines;
}

/* What Python calls T. A function by itself, whose convention has no place there, has no Python type. */
static void check_name(CdeclScope *scope, const AbiType *t) {
    char text[ROOM];
    AbiQType again;
    size_t n = abi_spell((AbiQType){t, 0}, "", ABI_SPELL_PLAIN, text, sizeof text, NULL);
    if (t->kind == ABI_FUNCTION || n >= sizeof text || !parse_type(scope, text, n, &again))
        return;
    if (again.type->plain != t)
        fprintf(stderr, "called: %s\n", text);
    MUST(again.type->plain == t);
    drop(scope, again);
}

static void check_type(CdeclScope *scope, AbiQType type, bool plain) {
    static const char *const inserts[] = {"", "x", "*x", "(*)[2]"};
    char text[ROOM], small[8];
    AbiQType again;
    check_layout(type.type);
    for (size_t i = 0; i < sizeof inserts / sizeof inserts[0]; i++) {
        size_t at, n = abi_spell(type, inserts[i], ABI_SPELL_C, text, sizeof text, &at);
        MUST(at <= n && strlen(text) == (n < sizeof text ? n : sizeof text - 1));
        MUST(abi_spell(type, inserts[i], ABI_SPELL_C, small, sizeof small, NULL) == n && strlen(small) < sizeof small);
        abi_spell(type, inserts[i], ABI_SPELL_PLAIN, text, sizeof text, NULL);
    }
    size_t n = abi_spell(type, "", ABI_SPELL_C, text, sizeof text, NULL);
    if (n >= sizeof text || !plain || !parse_type(scope, text, n, &again))
        return;
    if (again.type != type.type || again.quals != type.quals)
        fprintf(stderr, "spelled: %s\n", text);
    MUST(again.type == type.type && again.quals == type.quals);
    drop(scope, again);
    check_name(scope, type.type->plain);
}

/* ---------------------------------------------------------------- what is in a scope */

static void check_symbol(CdeclScope *scope, const CdeclSymbol *s, bool plain) {
    char text[ROOM];
    MUST(s->name && s->name[0] && s->file && s->line > 0);
    MUST(cdecl_find(scope, s->name, strlen(s->name)) != NULL);
    size_t n = cdecl_spell(s, text, sizeof text);
    MUST(strlen(text) == (n < sizeof text ? n : sizeof text - 1));
    MUST(cdecl_spell(s, NULL, 0) == n);
    if (s->type.type) {
        check_type(scope, s->type, plain);
        MUST(cdecl_differ(scope, s->type, scope, s->type) == CDECL_ALIKE);
    }
    if (s->kind == CDECL_FUNCTION && s->params)
        for (size_t i = 0; i < s->type.type->function->nparams; i++)
            MUST(!s->params[i] || s->params[i][0]);
    if (s->value.kind == CDECL_V_STRING && s->value.string.len)
        MUST(memchr(s->value.string.data, 0, s->value.string.len) || s->value.string.data[0]);
}

static void check_tag(CdeclScope *scope, size_t i, bool plain) {
    const AbiType *t = cdecl_tag_at(scope, i);
    const char *tag = t->record->tag, *file = NULL;
    uint32_t line = 0;
    cdecl_tag_place(scope, i, &file, &line);
    MUST(file && line > 0);
    MUST(cdecl_differ(scope, (AbiQType){t, 0}, scope, (AbiQType){t, 0}) == CDECL_ALIKE);
    check_type(scope, (AbiQType){t, 0}, plain);
    if (tag)
        MUST(cdecl_find_tag(scope, (AbiKind)t->kind, tag, strlen(tag)) != NULL);
}

/* Values of many kinds, number I of them. */
static CdeclValue argument(AbiGraph *graph, size_t i) {
    static const AbiPrim integers[] = {ABI_P_INT, ABI_P_LLONG, ABI_P_UINT, ABI_P_CHAR, ABI_P_INT128, ABI_P_ULONG};
    static const char text[] = "a\"b\\\0c";
    AbiError err;
    switch (i % 5) {
    case 1:
        return cdecl_real_value(abi_primitive(graph, i % 2 ? ABI_P_DOUBLE : ABI_P_FLOAT), -2.5L);
    case 2: {
        abi_lock(graph);
        const AbiType *type = abi_array(graph, (AbiQType){abi_primitive(graph, ABI_P_CHAR), 0}, sizeof text, &err);
        abi_unlock(graph);
        return (CdeclValue){.kind = CDECL_V_STRING, .type = type, .string = {text, sizeof text - 1}};
    }
    case 4:
        return (CdeclValue){.kind = CDECL_V_INT, .type = abi_primitive(graph, ABI_P_LLONG), .bits = {(uint64_t)1 << 63, UINT64_MAX}};
    default:
        return (CdeclValue){.kind = CDECL_V_INT, .type = abi_primitive(graph, integers[i % 6]), .bits = {i + 1, 0}};
    }
}

enum { CALLS = 3 }; /* of functions, which one macro may ask for */

/* Call M; ROUND chooses the arguments. The functions it calls are worth 7. */
static void call_macro(CdeclScope *scope, const CdeclMacro *m, size_t round) {
    AbiGraph *graph = abi_region_graph(cdecl_scope_region(scope));
    CdeclValue args[8];
    CdeclEffects effects = {.untouched = true};
    int status = 1;
    size_t n = m->n_params < 7 ? m->n_params + m->variadic : 8;
    for (size_t i = 0; i < n; i++)
        args[i] = argument(graph, i + round);
    for (size_t called = 0; called <= CALLS && status == 1; called++) {
        CdeclError err = {0};
        CdeclApplied applied = {0};
        status = cdecl_macro_apply(scope, m->name, strlen(m->name), args, n, &effects, &applied, &err);
        MUST(status >= 0 || (err.code != CDECL_OK && err.msg[0]));
        MUST(status != 0 || (applied.value.kind != CDECL_V_NONE && applied.value.type));
        MUST(status != 1 || !applied.wants_address || applied.symbol);
        cdecl_applied_clear(&applied);
        cdecl_error_clear(&err);
        CdeclValue result = argument(graph, 6);
        cdecl_effects_add(&effects, &result);
    }
    cdecl_effects_free(&effects);
}

enum { MACROS = 60 }; /* that are looked at: a header may define thousands */

static void check_macros(CdeclScope *scope) {
    CdeclMacro m, found;
    for (size_t i = 0, n = cdecl_macro_count(scope); i < n && i < MACROS; i++) {
        if (!cdecl_macro_at_index(scope, i, &m))
            continue;
        MUST(m.name[0] && m.body);
        MUST(cdecl_macro_find(scope, m.name, strlen(m.name), &found));
        cdecl_find(scope, m.name, strlen(m.name));
        if (m.function_like)
            call_macro(scope, &m, i);
    }
}

static void check_included(const CdeclScope *scope) {
    CdeclIncluded one;
    for (size_t i = 0; cdecl_included_at(scope, i, &one); i++)
        MUST(one.file && one.file[0] && (!one.by || one.by[0]));
}

static void inspect(CdeclScope *scope, bool plain) {
    char near[64];
    check_included(scope);
    for (size_t i = 0; i < cdecl_symbol_count(scope); i++) {
        const CdeclSymbol *s = cdecl_symbol_at(scope, i);
        check_symbol(scope, s, plain);
        if (i < 4)
            cdecl_near(scope, s->name + 1, NULL, near, sizeof near);
    }
    for (size_t i = 0; i < cdecl_tag_count(scope); i++)
        check_tag(scope, i, plain);
    check_macros(scope);
}

/* ---------------------------------------------------------------- the whole */

/* Directives make a scope define the compiler's macros first: that would take most of the fuzzer's time. */
static void use_as_type(CdeclScope *scope, Section s, bool plain) {
    AbiQType type;
    if (s.len > (memchr(s.text, '#', s.len) ? 40 : 500) || !parse_type(scope, s.text, s.len, &type))
        return;
    check_type(scope, type, plain);
    drop(scope, type);
}

/* All sections in one scope, each twice. */
static void fill(CdeclScope *scope, Input in) {
    Section s;
    CdeclOptions options = in.options;
    while (input_next(&in, &s)) {
        use_as_type(scope, s, is_plain(scope, &options));
        CdeclCode code = parse(scope, s, &options), again = parse(scope, s, &options);
        if (code != CDECL_OK && code != again)
            fprintf(stderr, "codes: %d, then %d\n", (int)code, (int)again);
        MUST(code == CDECL_OK || code == again);
        inspect(scope, is_plain(scope, &options));
        use_as_type(scope, s, is_plain(scope, &options));
    }
}

void exercise(const char *text, size_t len) {
    Input in = input_open(text, len);
    AbiGraph *graph = abi_graph_new();
    CdeclScope *scope = graph ? cdecl_scope_new(graph) : NULL;
    CdeclScope *other = graph ? cdecl_scope_new(graph) : NULL;
    MUST(scope && other);
    confine(true);
    fill(scope, in);
    MUST(cdecl_scope_include(other, scope, NULL) == 0);
    fill(other, in);
    confine(false);
    cdecl_scope_free(other);
    cdecl_scope_free(scope);
    abi_graph_free(graph);
}
