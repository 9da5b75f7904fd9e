/* Prints the tokens of a file, one a line: preprocessed by us, or (--lex) as they stand.
 *
 *     preprocess_driver [--lex] [-IDIR] [-DMACRO] [-UMACRO] FILE
 *
 * --macros prints instead the macros that are defined at the end. Exit status 1: an error, on stderr. */
#include "parser/pp.h"
#include "tests/options.h"

#include "gen/cdecl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Options options;

static void print(const CdeclToken *t) {
    fwrite(t->text, 1, cdecl_token_len(*t), stdout);
    putchar('\n');
}

static int lex(char *text, size_t len) {
    CdeclLexer lx = {text, text, text + len, 0, true};
    CdeclToken t;
    for (cdecl_lex(&lx, &t); t.kind != TK_END; cdecl_lex(&lx, &t))
        print(&t);
    return 0;
}

static int print_all(CdeclParse *p, void *user) {
    CdeclToken t;
    p->options = &options.all;
    do {
        if (cdecl_next_token(p, &t) < 0)
            return -1;
        if (t.kind != TK_END && !user)
            print(&t);
    } while (t.kind != TK_END);
    return 0;
}

static void print_macros(const CdeclScope *scope) {
    PpTable *t = *scope_macros((CdeclScope *)scope);
    for (uint32_t i = 0; t && i < t->n_names; i++) {
        const PpMacro *m = t->names[i]->macro;
        if (!m || m->builtin)
            continue;
        printf("#define %s", m->name->text);
        for (uint32_t k = 0; k < m->n_params; k++)
            printf("%s%s%s", k ? "," : "(", m->params[k].name, k + 1 == m->n_params ? ")" : "");
        printf(" %s\n", m->body);
    }
}

static char *read_file(const char *name, size_t *len) {
    FILE *f = fopen(name, "rb");
    size_t cap = 1 << 28;
    char *text = f ? malloc(cap) : NULL;
    if (!text) {
        perror(name);
        exit(2);
    }
    *len = fread(text, 1, cap - 1, f);
    text[*len] = '\0';
    fclose(f);
    return text;
}

int main(int argc, char **argv) {
    bool lex_only = false, macros = false;
    const char *file = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--lex") == 0)
            lex_only = true;
        else if (strcmp(argv[i], "--macros") == 0)
            macros = true;
        else if (!options_take(&options, argv[i]))
            file = argv[i];
    }
    if (!file)
        return 2;
    size_t len;
    char *text = read_file(file, &len);
    if (lex_only)
        return lex(text, len);
    CdeclError err = {0};
    AbiGraph *graph = abi_graph_new();
    CdeclScope *scope = cdecl_scope_new(graph);
    /* As a header: what the program's own text means otherwise than in C does not apply there. */
    char *include = malloc(strlen(file) + 20);
    len = (size_t)sprintf(include, "#include \"%s\"\n", file);
    int failed = cdecl_with_parse(scope, file, include, len, print_all, macros ? scope : NULL, &err);
    if (failed)
        fprintf(stderr, "%s\n", err.report ? err.report : err.msg);
    else if (macros)
        print_macros(scope);
    cdecl_error_clear(&err);
    cdecl_scope_free(scope);
    abi_graph_free(graph);
    free(include);
    free(text);
    return failed ? 1 : 0;
}
