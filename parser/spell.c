/* Symbols as C declarations, with the names of their parameters. */
#include "parser/fold.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct Out { /* like snprintf: what does not fit is counted */
    char *buf;
    size_t cap, len;
} Out;

static void put(Out *o, const char *s, size_t n) {
    if (o->len < o->cap) {
        size_t room = o->cap - o->len - 1, k = n < room ? n : room;
        memcpy(o->buf + o->len, s, k);
        o->buf[o->len + k] = '\0';
    }
    o->len += n;
}

static void put_text(Out *o, const char *s) {
    put(o, s, strlen(s));
}

/* "char * x" is how cffi puts a name; in a declaration the star belongs to it: "char *x". */
static bool star_before_name(AbiQType type, const char *name) {
    while (type.type->kind == ABI_ARRAY)
        type = type.type->item;
    return name[0] && type.type->kind == ABI_POINTER && !abi_is_nullptr(type.type) && !type.quals;
}

static void put_type(Out *o, AbiQType type, const char *name, AbiSpelling mode) {
    char small[512], *text = small;
    size_t at, n = abi_spell(type, name, mode, small, sizeof small, &at);
    if (n >= sizeof small && (text = malloc(n + 1)))
        abi_spell(type, name, mode, text, n + 1, &at);
    if (!text) { /* shortened, not wrong */
        text = small;
        n = sizeof small - 1;
    }
    if (star_before_name(type, name) && at > 0 && at < n && text[at - 1] == ' ') {
        put(o, text, at - 1);
        put(o, text + at, n - at);
    } else {
        put(o, text, n);
    }
    if (text != small)
        free(text);
}

/* NAME(parameters), to be put where the function's name goes in its result type. */
static size_t spell_head(const CdeclSymbol *s, char *buf, size_t cap) {
    const AbiFunction *f = s->type.type->function;
    Out o = {buf, cap, 0};
    put_text(&o, s->name);
    put_text(&o, "(");
    for (size_t i = 0; i < f->nparams; i++) {
        if (i > 0)
            put_text(&o, ", ");
        put_type(&o, f->params[i], s->params && s->params[i] ? s->params[i] : "", ABI_SPELL_C_PART);
    }
    if (f->variadic)
        put_text(&o, f->nparams ? ", ..." : "...");
    else if (f->nparams == 0 && !f->unprototyped)
        put_text(&o, "void");
    put_text(&o, ")");
    return o.len;
}

static void spell_function(const CdeclSymbol *s, Out *o) {
    char small[512], *head = small;
    size_t n = spell_head(s, small, sizeof small);
    if (n >= sizeof small) {
        head = malloc(n + 1);
        if (head)
            spell_head(s, head, n + 1);
        else
            head = small; /* shortened, not wrong */
    }
    put_type(o, s->type.type->function->result, head, ABI_SPELL_C_PART);
    if (head != small)
        free(head);
}

static void spell_value(const CdeclSymbol *s, Out *o) {
    char text[64];
    const CdeclValue *v = &s->value;
    if (v->kind == CDECL_V_INT && (v->bits.hi == 0 || v->bits.hi == UINT64_MAX)) {
        bool negative = cdecl_value_negative(v);
        snprintf(text, sizeof text, negative ? "%lld" : "%llu", (unsigned long long)v->bits.lo);
    } else if (v->kind == CDECL_V_INT) {
        snprintf(text, sizeof text, "0x%llx%016llx", (unsigned long long)v->bits.hi, (unsigned long long)v->bits.lo);
    } else if (v->kind == CDECL_V_REAL) {
        snprintf(text, sizeof text, "%.21Lg", cdecl_real(v));
    } else {
        put_text(o, "...");
        return;
    }
    put_text(o, text);
}

/* SYMBOL as C declares it, like snprintf: "double sqrt(double x)", "typedef int T", "#define N 3". */
size_t cdecl_spell(const CdeclSymbol *s, char *buf, size_t cap) {
    Out o = {buf, cap, 0};
    if (cap)
        buf[0] = '\0';
    switch (s->kind) {
    case CDECL_FUNCTION:
        spell_function(s, &o);
        break;
    case CDECL_VARIABLE:
        put_type(&o, s->type, s->name, ABI_SPELL_C);
        break;
    case CDECL_TYPEDEF:
        put_text(&o, "typedef ");
        put_type(&o, s->type, s->name, ABI_SPELL_C);
        break;
    default:
        put_text(&o, s->kind == CDECL_CONSTANT ? "#define " : "");
        put_text(&o, s->name);
        put_text(&o, s->kind == CDECL_CONSTANT ? " " : " = ");
        if (s->value.kind == CDECL_V_STRING)
            put_text(&o, "\"...\"");
        else
            spell_value(s, &o);
    }
    return o.len;
}
