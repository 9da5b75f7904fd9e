/* The oracle's side of the library: reads declarations and questions on stdin, writes one line for each.
 *
 *   scope        a new scope                                  (no answer)
 *   cdef N       declare the N bytes that follow              ok | error LINE:COLUMN: MESSAGE
 *   type NAME    a type                                       SIZE ALIGN
 *   record NAME  a struct or union                            SIZE ALIGN [| MEMBER OFFSET/ALIGN | MEMBER @BIT:WIDTH]...
 *   enum NAME    an enum                                      SIZE ALIGN SIGN
 *   value NAME   a constant                                   TYPE SIZE VALUE
 *
 * Members of anonymous members are listed in their place, those of a member whose type has no name behind
 * it as MEMBER.INNER. It only uses the public headers. */
#include "parser/cdecl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Driver {
    AbiGraph *graph;
    CdeclScope *scope;
} Driver;

static int renew_scope(Driver *d) {
    if (d->scope)
        cdecl_scope_free(d->scope);
    d->scope = cdecl_scope_new(d->graph);
    return d->scope ? 0 : -1;
}

static int declare(Driver *d, size_t n) {
    char *text = malloc(n + 1);
    if (!text || fread(text, 1, n, stdin) != n) {
        free(text);
        return -1;
    }
    CdeclError err = {0};
    if (cdecl_parse(d->scope, text, n, NULL, &err) == 0)
        puts("ok");
    else
        printf("error %u:%u: %s\n", err.line, err.column, err.msg);
    cdecl_error_clear(&err);
    free(text);
    return 0;
}

static bool lookup_type(Driver *d, const char *name, AbiQType *type) {
    CdeclError err = {0};
    bool found = cdecl_parse_type(d->scope, name, strlen(name), type, &err) == 0;
    if (!found)
        printf("error %s\n", err.msg);
    cdecl_error_clear(&err);
    return found;
}

static void drop_type(Driver *d, AbiQType type) {
    abi_lock(d->graph);
    abi_release(type.type);
    abi_unlock(d->graph);
}

static void print_members(const AbiRecord *record, size_t base, const char *path);

static void print_member(const AbiMember *m, size_t base, const char *path) {
    const AbiType *t = m->type.type;
    bool is_record = abi_is_record(t);
    if (m->flags & ABI_M_BITFIELD) {
        if (m->name)
            printf(" | %s%s @%llu:%u", path, m->name, (unsigned long long)m->bit_offset + base * 8, m->bit_width);
    } else if (m->name) {
        printf(" | %s%s %zu/%u", path, m->name, base + m->offset, m->align);
        if (is_record && !t->record->tag && !t->record->alias) { /* nobody else will ask for it */
            char inner[200];
            snprintf(inner, sizeof inner, "%s%s.", path, m->name);
            print_members(t->record, base + m->offset, inner);
        }
    } else if (m->flags & ABI_M_ANONYMOUS)
        print_members(t->record, base + m->offset, path);
}

static void print_members(const AbiRecord *record, size_t base, const char *path) {
    for (size_t i = 0; i < record->count; i++)
        print_member(&record->members[i], base, path);
}

static void print_type(Driver *d, const char *name, bool members) {
    AbiQType type;
    if (!lookup_type(d, name, &type))
        return;
    const AbiType *t = type.type;
    printf("%zd %u", (ssize_t)t->size, abi_alignof(type));
    if (members && abi_is_record(t))
        print_members(t->record, 0, "");
    putchar('\n');
    drop_type(d, type);
}

static void print_enum(Driver *d, const char *name) {
    AbiQType type;
    if (!lookup_type(d, name, &type))
        return;
    const AbiType *t = type.type, *item = t->item.type;
    printf("%zd %u %c\n", (ssize_t)t->size, abi_alignof(type), item && item->canonical->flags & ABI_F_SIGNED ? 's' : 'u');
    drop_type(d, type);
}

static const AbiType *basic(const AbiType *t) {
    if (t->kind == ABI_ENUM && t->item.type)
        t = t->item.type;
    return t->main->canonical;
}

static void print_value(Driver *d, const char *name) {
    const CdeclSymbol *s = cdecl_find(d->scope, name, strlen(name));
    char type[200];
    if (!s || s->value.kind == CDECL_V_NONE) {
        puts(s ? "no value" : "no symbol");
        return;
    }
    const AbiType *t = basic(s->value.type);
    abi_spell((AbiQType){t, 0}, "", ABI_SPELL_C, type, sizeof type, NULL);
    printf("%s %zu ", type, t->size);
    if (s->value.kind == CDECL_V_INT)
        printf("%016llx%016llx\n", (unsigned long long)s->value.bits.hi, (unsigned long long)s->value.bits.lo);
    else if (s->value.kind == CDECL_V_REAL)
        printf("%.21Lg\n", cdecl_real(&s->value));
    else
        printf("string %zu\n", s->value.string.len);
}

static int answer(Driver *d, char *line) {
    line[strcspn(line, "\n")] = '\0';
    char *arg = strchr(line, ' ');
    if (arg)
        *arg++ = '\0';
    if (strcmp(line, "scope") == 0)
        return renew_scope(d);
    if (!arg || !d->scope)
        return -1;
    if (strcmp(line, "cdef") == 0)
        return declare(d, strtoull(arg, NULL, 10));
    if (strcmp(line, "type") == 0)
        print_type(d, arg, false);
    else if (strcmp(line, "record") == 0)
        print_type(d, arg, true);
    else if (strcmp(line, "enum") == 0)
        print_enum(d, arg);
    else if (strcmp(line, "value") == 0)
        print_value(d, arg);
    else
        return -1;
    return 0;
}

int main(void) {
    Driver d = {.graph = abi_graph_new()};
    char line[4096];
    int status = d.graph ? 0 : -1;
    while (status == 0 && fgets(line, sizeof line, stdin))
        if (strcmp(line, "\n") != 0)
            status = answer(&d, line);
    if (d.scope)
        cdecl_scope_free(d.scope);
    if (d.graph)
        abi_graph_free(d.graph);
    if (status != 0)
        fprintf(stderr, "driver: cannot follow: %s\n", line);
    return status != 0;
}
