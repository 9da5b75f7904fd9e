/* What a text declares, one fact a line, for a C compiler to judge.
 *
 *     facts [-IDIR] [-DMACRO] [-UMACRO] <TEXT
 *
 * Fields are separated by tabs; types are C around a "@" where a name would stand:
 *
 *   took       MICROSECONDS                                of the parse
 *   file       NAME                                        a header that was read
 *   anonymous  NUMBER EXPRESSION                           "struct $NUMBER" is the type of EXPRESSION
 *   function   NAME TYPE LINKNAME
 *   variable   NAME TYPE
 *   typedef    NAME TYPE SIZE ALIGN                        0 0: incomplete
 *   constant   NAME int TYPE VALUE | real TYPE VALUE | string TYPE BYTES
 *   object     NAME the same                               static const int NAME = VALUE
 *   macro      NAME the same | none | alias                object-like
 *   applied    CALL the same | none                        a function-like macro of some integers
 *   record     EXPRESSION TYPE KIND SIZE ALIGN             complete struct, union or enum
 *   member     EXPRESSION PATH OFFSET TYPE ALIGN
 *   bits       EXPRESSION PATH FIRST WIDTH
 *
 * EXPRESSION is an lvalue of the type that is never evaluated. It only uses the public headers. */
#include "parser/cdecl.h"
#include "tests/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct Seen { /* a record that has been reached, and how */
    const AbiRecord *record;
    char *expression; /* owned */
} Seen;

typedef struct Facts {
    AbiGraph *graph;
    CdeclScope *scope;
    Seen *seen; /* owned */
    size_t n_seen, cap_seen;
} Facts;

static void *must(void *p) {
    if (!p) {
        fputs("facts: out of memory\n", stderr);
        exit(2);
    }
    return p;
}

static char *joined(const char *a, const char *b, const char *c) {
    size_t n = strlen(a) + strlen(b) + strlen(c) + 1;
    char *text = must(malloc(n));
    snprintf(text, n, "%s%s%s", a, b, c);
    return text;
}

static void print_type(AbiQType type) {
    size_t n = abi_spell(type, "@", ABI_SPELL_C, NULL, 0, NULL);
    char *text = must(malloc(n + 1));
    abi_spell(type, "@", ABI_SPELL_C, text, n + 1, NULL);
    fputs(text, stdout);
    free(text);
}

/* ---------------------------------------------------------------- records, wherever they are */

static bool is_new(Facts *f, const AbiRecord *r, const char *expression) {
    for (size_t i = 0; i < f->n_seen; i++)
        if (f->seen[i].record == r)
            return false;
    if (f->n_seen == f->cap_seen) {
        f->cap_seen = f->cap_seen ? f->cap_seen * 2 : 64;
        f->seen = must(realloc(f->seen, f->cap_seen * sizeof *f->seen));
    }
    f->seen[f->n_seen++] = (Seen){r, must(strdup(expression))};
    return true;
}

static void visit(Facts *, AbiQType, const char *expression);

static void print_members(Facts *f, const AbiRecord *r, const char *expression, size_t base) {
    for (size_t i = 0; i < r->count; i++) {
        const AbiMember *m = &r->members[i];
        if (m->flags & ABI_M_ANONYMOUS) {
            print_members(f, m->type.type->record, expression, base + m->offset);
            continue;
        }
        if (!m->name)
            continue;
        if (m->flags & ABI_M_BITFIELD) {
            printf("bits\t%s\t%s\t%llu\t%u\n", expression, m->name, (unsigned long long)m->bit_offset + base * 8, m->bit_width);
            continue;
        }
        printf("member\t%s\t%s\t%zu\t", expression, m->name, base + m->offset);
        print_type(m->type);
        printf("\t%u\n", m->align);
    }
}

static void visit_members(Facts *f, const AbiRecord *r, const char *expression) {
    for (size_t i = 0; i < r->count; i++) {
        const AbiMember *m = &r->members[i];
        char *inner = m->name ? joined(expression, ".", m->name) : NULL;
        if (m->flags & ABI_M_ANONYMOUS)
            visit_members(f, m->type.type->record, expression);
        else if (inner && !(m->flags & ABI_M_BITFIELD))
            visit(f, m->type, inner);
        free(inner);
    }
}

static void visit_record(Facts *f, const AbiType *t, const char *expression) {
    static const char *const keyword[] = {[ABI_STRUCT] = "struct", [ABI_UNION] = "union", [ABI_ENUM] = "enum"};
    const AbiRecord *r = t->record;
    if (!is_new(f, r, expression))
        return;
    if (!r->tag && !r->alias)
        printf("anonymous\t%u\t%s\n", (unsigned)r->serial, expression);
    if (!r->complete || t->size == ABI_SIZE_UNKNOWN)
        return;
    printf("record\t%s\t", expression);
    print_type((AbiQType){t, 0});
    printf("\t%s\t%zu\t%u\n", keyword[t->kind], t->size, t->align);
    if (t->kind == ABI_ENUM)
        return;
    print_members(f, r, expression, 0);
    visit_members(f, r, expression);
}

/* The record that EXPRESSION, an lvalue of TYPE, leads to. */
static void visit(Facts *f, AbiQType type, const char *expression) {
    const AbiType *t = type.type;
    char *inner = NULL;
    switch (t->kind) {
    case ABI_POINTER:
        inner = joined("(*", expression, ")");
        visit(f, t->item, inner);
        break;
    case ABI_ARRAY:
        inner = joined(expression, "[0]", "");
        visit(f, t->item, inner);
        break;
    case ABI_STRUCT:
    case ABI_UNION:
    case ABI_ENUM:
        visit_record(f, t, expression);
        break;
    default:
        break;
    }
    free(inner);
}

/* ---------------------------------------------------------------- symbols and macros */

static void print_bytes(const char *s, size_t n) {
    for (size_t i = 0; i < n; i++)
        printf("\\%03o", (unsigned char)s[i]);
}

static void print_value(const CdeclValue *v) {
    static const char *const kinds[] = {"none", "int", "real", "string"};
    fputs(kinds[v->kind], stdout);
    if (v->kind == CDECL_V_NONE)
        return;
    putchar('\t');
    print_type((AbiQType){v->type, 0});
    putchar('\t');
    bool negative = v->kind == CDECL_V_INT && v->bits.hi >> 63;
    if (v->kind == CDECL_V_REAL)
        printf("%La", cdecl_real(v));
    else if (v->kind == CDECL_V_STRING)
        print_bytes(v->string.data, v->string.len);
    else if (v->bits.hi != (negative ? UINT64_MAX : 0) || (negative && !(v->bits.lo >> 63)))
        printf("wide");
    else if (negative)
        printf("(-%lluLL-1)", (unsigned long long)~v->bits.lo);
    else
        printf("%lluULL", (unsigned long long)v->bits.lo);
}

static void print_files(const Facts *f) {
    CdeclIncluded inc;
    for (size_t i = 0; cdecl_included_at(f->scope, i, &inc); i++)
        printf("file\t%s\n", inc.file);
}

static void print_symbol(const CdeclSymbol *s) {
    static const char *const kinds[] = {[CDECL_FUNCTION] = "function", [CDECL_VARIABLE] = "variable", [CDECL_CONSTANT] = "constant",
                                        [CDECL_ENUMERATOR] = "constant", [CDECL_TYPEDEF] = "typedef"};
    const AbiType *t = s->type.type;
    bool object = s->kind == CDECL_CONSTANT && s->flags & CDECL_S_STATIC;
    printf("%s\t%s\t", object ? "object" : kinds[s->kind], s->name);
    if (s->kind == CDECL_CONSTANT || s->kind == CDECL_ENUMERATOR)
        print_value(&s->value);
    else
        print_type(s->type);
    if (s->kind == CDECL_FUNCTION)
        printf("\t%s", s->link_name ? s->link_name : s->name);
    bool sized = t->size != ABI_SIZE_UNKNOWN && t->kind != ABI_FUNCTION && t->kind != ABI_VOID;
    if (s->kind == CDECL_TYPEDEF)
        printf("\t%zu\t%u", sized ? t->size : 0, sized ? abi_alignof(s->type) : 0);
    putchar('\n');
}

static void print_symbols(Facts *f) {
    for (size_t i = 0, n = cdecl_symbol_count(f->scope); i < n; i++)
        print_symbol(cdecl_symbol_at(f->scope, i));
}

/* Typedefs and tags first, for their names are the shorter ones. */
static void visit_all(Facts *f) {
    char text[1000];
    static const char *const keyword[] = {[ABI_STRUCT] = "struct", [ABI_UNION] = "union", [ABI_ENUM] = "enum"};
    for (size_t i = 0, n = cdecl_tag_count(f->scope); i < n; i++) {
        const AbiType *t = cdecl_tag_at(f->scope, i);
        snprintf(text, sizeof text, "(*(%s %s *)0)", keyword[t->kind], t->record->tag ? t->record->tag : t->record->alias);
        visit(f, (AbiQType){t, 0}, text);
    }
    for (int round = 0; round < 2; round++)
        for (size_t i = 0, n = cdecl_symbol_count(f->scope); i < n; i++) {
            const CdeclSymbol *s = cdecl_symbol_at(f->scope, i);
            if (round == 0 && s->kind == CDECL_TYPEDEF) {
                snprintf(text, sizeof text, "(*(%s *)0)", s->name);
                visit(f, s->type, text);
            } else if (round == 1 && (s->kind == CDECL_FUNCTION || s->kind == CDECL_VARIABLE)) {
                visit(f, s->type, s->name);
            }
        }
}

/* ---------------------------------------------------------------- macros with parameters, applied to integers */

enum { ARGUMENTS = 8 };
static const int arguments[][ARGUMENTS] = {
    {1, 1, 1, 1, 1, 1, 1, 1},       {0, 0, 0, 0, 0, 0, 0, 0},          {2, 3, 5, 7, 11, 13, 17, 19},
    {-1, 1, -2, 3, -4, 5, -6, 7},   {0x1234, 5, 0x7F, 2, 9, 40, 6, 1}, {0x7FFFFFFF, 2, 1, 255, 3, 64, 8, 0},
    {65, 0x8000, 300, 31, 0, 1, 2, 3}, {-128, -7, 16, 4, 100, 12, 1, 6},
};

/* An address in our memory, of a string: any other program has another. */
static bool is_address(const CdeclValue *v) {
    return v->kind == CDECL_V_INT && v->type->kind == ABI_POINTER && v->bits.lo >> 32 && v->bits.lo >> 32 < UINT32_MAX;
}

/* What neither calls a function nor asks memory has a value here. */
static void print_applied(Facts *f, const CdeclMacro *m, const int *numbers) {
    CdeclValue args[ARGUMENTS];
    CdeclEffects effects = {.untouched = true};
    CdeclApplied applied;
    CdeclError err = {0};
    for (size_t i = 0; i < m->n_params; i++) {
        args[i] = (CdeclValue){.kind = CDECL_V_INT, .type = abi_primitive(f->graph, ABI_P_INT)};
        args[i].bits = (AbiWide){(uint64_t)(int64_t)numbers[i], numbers[i] < 0 ? UINT64_MAX : 0};
    }
    int state = cdecl_macro_apply(f->scope, m->name, strlen(m->name), args, m->n_params, &effects, &applied, &err);
    bool has_value = state == 0 && applied.value.kind <= CDECL_V_STRING && !is_address(&applied.value);
    printf("applied\t%s(", m->name);
    for (size_t i = 0; i < m->n_params; i++)
        printf("%s%d", i ? ", " : "", numbers[i]);
    printf(")\t");
    if (has_value)
        print_value(&applied.value);
    else
        printf("none\t%s", err.msg);
    putchar('\n');
    cdecl_applied_clear(&applied);
    cdecl_effects_free(&effects);
    cdecl_error_clear(&err);
}

static void apply_macro(Facts *f, const CdeclMacro *m) {
    size_t rounds = m->n_params ? sizeof arguments / sizeof *arguments : 1;
    for (size_t i = 0; m->n_params <= ARGUMENTS && i < rounds; i++)
        print_applied(f, m, arguments[i]);
}

static void print_macros(Facts *f) {
    CdeclMacro m;
    for (size_t i = 0, n = cdecl_macro_count(f->scope); i < n; i++) {
        if (!cdecl_macro_at_index(f->scope, i, &m))
            continue;
        if (m.function_like) {
            apply_macro(f, &m);
            continue;
        }
        const CdeclSymbol *s = cdecl_find(f->scope, m.name, strlen(m.name));
        bool constant = s && (s->kind == CDECL_CONSTANT || s->kind == CDECL_ENUMERATOR);
        printf("macro\t%s\t", m.name);
        if (constant)
            print_value(&s->value);
        else
            fputs(s ? "alias" : "none", stdout);
        putchar('\n');
    }
}

/* ---------------------------------------------------------------- the text */

static int parse(Facts *f, const Options *options, const char *text, size_t n) {
    struct timespec a, b;
    CdeclError err = {0};
    clock_gettime(CLOCK_MONOTONIC, &a);
    int failed = cdecl_parse(f->scope, text, n, &options->all, &err);
    clock_gettime(CLOCK_MONOTONIC, &b);
    if (failed)
        fprintf(stderr, "%s\n", err.report ? err.report : err.msg);
    else
        printf("took\t%lld\n", (long long)(b.tv_sec - a.tv_sec) * 1000000 + (b.tv_nsec - a.tv_nsec) / 1000);
    cdecl_error_clear(&err);
    return failed;
}

int main(int argc, char **argv) {
    static char text[1 << 20];
    Options options = {0};
    for (int i = 1; i < argc; i++) {
        if (!options_take(&options, argv[i])) {
            fputs("usage: facts [-IDIR] [-DMACRO] [-UMACRO] <TEXT\n", stderr);
            return 2;
        }
    }
    Facts f = {.graph = must(abi_graph_new())};
    f.scope = must(cdecl_scope_new(f.graph));
    int failed = parse(&f, &options, text, fread(text, 1, sizeof text, stdin));
    if (!failed) {
        print_files(&f);
        visit_all(&f);
        print_symbols(&f);
        print_macros(&f);
    }
    for (size_t i = 0; i < f.n_seen; i++)
        free(f.seen[i].expression);
    free(f.seen);
    cdecl_scope_free(f.scope);
    abi_graph_free(f.graph);
    return failed ? 1 : 0;
}
