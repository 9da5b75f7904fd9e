/* Golden tests: tests/golden/NAME.h is parsed, and what it declares is compared with NAME.types, or the
 * report of its error with NAME.err. CDEFFI_GOLDEN_WRITE=1 writes those files instead: look at the diff.
 *
 * Run from the root of the source tree, where make runs the tests. */
#include "parser/cdecl.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "tests/golden/"

/* ---------------------------------------------------------------- the dump */

static void print_members(FILE *out, const AbiType *record, const char *indent) {
    char text[400], inner[80];
    for (size_t i = 0; i < record->record->count; i++) {
        const AbiMember *m = &record->record->members[i];
        abi_spell(m->type, m->name ? m->name : "", ABI_SPELL_C, text, sizeof text, NULL);
        if (m->flags & ABI_M_BITFIELD)
            fprintf(out, "%s%s : %u @ bit %llu\n", indent, text, m->bit_width, (unsigned long long)m->bit_offset);
        else
            fprintf(out, "%s%s @ %zu\n", indent, text, m->offset);
        if (m->flags & ABI_M_ANONYMOUS) {
            snprintf(inner, sizeof inner, "%s  ", indent);
            print_members(out, m->type.type, inner);
        }
    }
}

static void print_enumerators(FILE *out, const AbiRecord *record) {
    for (size_t i = 0; i < record->count; i++)
        fprintf(out, record->enumerators[i].negative ? "  %s = %lld\n" : "  %s = %llu\n", record->enumerators[i].name,
                (unsigned long long)record->enumerators[i].value);
}

static void print_record(FILE *out, const AbiType *t) {
    char text[400];
    abi_spell((AbiQType){t, 0}, "", ABI_SPELL_C, text, sizeof text, NULL);
    if (t->flags & ABI_F_INCOMPLETE) {
        fprintf(out, "%s: incomplete%s\n", text, t->flags & ABI_F_PARTIAL ? ", partial" : "");
        return;
    }
    fprintf(out, "%s: size %zu, align %u%s%s\n", text, t->size, t->align, t->flags & ABI_F_FLEXIBLE ? ", flexible" : "",
            t->flags & ABI_F_PARTIAL ? ", partial" : "");
    if (t->kind == ABI_ENUM) {
        abi_spell(t->item, "", ABI_SPELL_C, text, sizeof text, NULL);
        fprintf(out, "  : %s\n", text);
        print_enumerators(out, t->record);
    } else {
        print_members(out, t, "  ");
    }
}

static void print_flags(FILE *out, const CdeclSymbol *s) {
    static const struct { unsigned bit; const char *name; } names[] = {
        {CDECL_S_STATIC, "static"}, {CDECL_S_INLINE, "inline"}, {CDECL_S_EXTERN, "extern"}, {CDECL_S_THREAD, "thread"},
        {CDECL_S_CONST_ATTR, "const"}, {CDECL_S_PURE, "pure"}, {CDECL_S_NORETURN, "noreturn"}, {CDECL_S_DEFINED, "defined"},
        {CDECL_S_EXTERN_PYTHON, "Python"}, {CDECL_S_EXTERN_PYTHON_C, "Python+C"}, {CDECL_S_NEEDS_COMPILER, "needs compiler"},
        {CDECL_S_WEAK, "weak"},
    };
    const char *separator = "  [";
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (s->flags & names[i].bit) {
            fprintf(out, "%s%s", separator, names[i].name);
            separator = ", ";
        }
    }
    if (separator[0] == ',')
        fputc(']', out);
}

static const char *conv_name(AbiConv conv) {
    static const char *const names[] = {"cdecl", "stdcall", "fastcall", "thiscall", "ms", "sysv", "vectorcall"};
    return names[conv];
}

static void print_symbol(FILE *out, const CdeclSymbol *s) {
    char text[800];
    const AbiType *t = s->type.type;
    cdecl_spell(s, text, sizeof text);
    fprintf(out, "%s:%u: %s", s->file, s->line, text);
    if (s->kind == CDECL_VARIABLE || s->kind == CDECL_TYPEDEF) {
        if (t->size == ABI_SIZE_UNKNOWN)
            fprintf(out, "  size unknown");
        else
            fprintf(out, "  size %zu, align %u", t->size, t->align);
        if (s->align)
            fprintf(out, ", asked for %u", s->align);
    }
    if (s->kind == CDECL_CONSTANT && s->value.kind != CDECL_V_NONE) {
        abi_spell((AbiQType){s->value.type, 0}, "", ABI_SPELL_C, text, sizeof text, NULL);
        fprintf(out, "  (%s)", text);
        if (s->value.kind == CDECL_V_STRING)
            fprintf(out, " \"%.*s\"", (int)s->value.string.len, s->value.string.data);
    }
    if (t && t->kind == ABI_FUNCTION && t->function->conv != ABI_CDECL)
        fprintf(out, "  %s", conv_name(t->function->conv));
    print_flags(out, s);
    if (s->link_name)
        fprintf(out, "  = %s", s->link_name);
    if (s->unusable)
        fprintf(out, "  unusable: %s", s->unusable);
    fputc('\n', out);
    if (s->kind == CDECL_TYPEDEF && (t->kind == ABI_STRUCT || t->kind == ABI_UNION || t->kind == ABI_ENUM) && !t->record->tag)
        print_record(out, t);
}

static void print_scope(FILE *out, const CdeclScope *scope) {
    char name[16];
    for (size_t i = 0; i < cdecl_symbol_count(scope); i++)
        print_symbol(out, cdecl_symbol_at(scope, i));
    for (size_t i = 0; i < cdecl_tag_count(scope); i++)
        print_record(out, cdecl_tag_at(scope, i));
    for (unsigned i = 1; i < 100; i++) {
        int n = snprintf(name, sizeof name, "$%u", i);
        for (int kind = ABI_STRUCT; kind <= ABI_ENUM; kind++) {
            const AbiType *t = cdecl_find_tag(scope, (AbiKind)kind, name, (size_t)n);
            if (t)
                print_record(out, t);
        }
    }
}

/* What parsing TEXT gives (owned: free): the dump, or the error's report. */
static char *dump(const char *text, size_t len, bool *failed) {
    AbiGraph *graph = abi_graph_new();
    CdeclScope *scope = cdecl_scope_new(graph);
    CdeclError err = {0};
    char *result = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&result, &size);
    *failed = cdecl_parse(scope, text, len, NULL, &err) < 0;
    if (*failed) {
        fprintf(out, "%s\n", err.report ? err.report : err.msg);
        ck_assert_uint_eq(cdecl_symbol_count(scope), 0);
        ck_assert_uint_eq(cdecl_tag_count(scope), 0);
    } else {
        print_scope(out, scope);
    }
    fclose(out);
    cdecl_error_clear(&err);
    cdecl_scope_free(scope);
    abi_graph_free(graph);
    return result;
}

/* ---------------------------------------------------------------- the files */

static char *read_file(const char *path, size_t *len) {
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    size_t cap = 1 << 16;
    char *data = malloc(cap);
    *len = fread(data, 1, cap - 1, f);
    ck_assert_uint_lt(*len, cap - 1);
    data[*len] = '\0';
    fclose(f);
    return data;
}

static void write_file(const char *path, const char *text) {
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

static void check_pair(const char *name) {
    char path[300], types[300], error[300];
    int stem = (int)strlen(name) - 2;
    size_t len, expected_len;
    bool failed;
    snprintf(path, sizeof path, FOLDER "%s", name);
    snprintf(types, sizeof types, FOLDER "%.*s.types", stem, name);
    snprintf(error, sizeof error, FOLDER "%.*s.err", stem, name);
    char *text = read_file(path, &len);
    ck_assert_msg(text != NULL, "%s cannot be read", path);
    char *result = dump(text, len, &failed);
    const char *pair = failed ? error : types;
    if (getenv("CDEFFI_GOLDEN_WRITE")) {
        write_file(pair, result);
        remove(failed ? types : error);
    } else {
        char *expected = read_file(pair, &expected_len);
        ck_assert_msg(expected != NULL, "%s: there is no %s; the result is:\n%s", path, pair, result);
        ck_assert_msg(strcmp(expected, result) == 0, "%s differs; the result is:\n%s", pair, result);
        free(expected);
    }
    free(result);
    free(text);
}

START_TEST(golden) {
    DIR *folder = opendir(FOLDER);
    unsigned count = 0;
    ck_assert_msg(folder != NULL, FOLDER " not found: run from the root of the source tree");
    for (struct dirent *e; (e = readdir(folder));) {
        size_t n = strlen(e->d_name);
        if (n > 2 && strcmp(e->d_name + n - 2, ".h") == 0) {
            check_pair(e->d_name);
            count++;
        }
    }
    closedir(folder);
    ck_assert_uint_gt(count, 50);
}
END_TEST

Suite *golden_suite(void) {
    Suite *s = suite_create("golden");
    TCase *c = tcase_create("golden");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, golden);
    suite_add_tcase(s, c);
    return s;
}
