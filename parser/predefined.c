/* The macros that a compiler for this platform has before it reads anything.
 *
 * What depends on the processor and its data model is taken from the compiler that builds us; all the
 * rest follows from that, in parser/headers/predefined.h. */
#include "parser/pp.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define SAME(name) "#define " #name " " TEXT(name) "\n"

const char pp_target_macros[] =
#ifdef __x86_64__
    SAME(__x86_64__)
#endif
#ifdef __i386__
    SAME(__i386__)
#endif
#ifdef __aarch64__
    SAME(__aarch64__)
#endif
#ifdef __arm__
    SAME(__arm__)
#endif
#ifdef __ARM_PCS_VFP
    SAME(__ARM_PCS_VFP)
#endif
#ifdef __ARM_ARCH
    SAME(__ARM_ARCH)
#endif
#ifdef __powerpc64__
    SAME(__powerpc64__)
#endif
#ifdef __s390x__
    SAME(__s390x__)
#endif
#ifdef __riscv
    SAME(__riscv) SAME(__riscv_xlen)
#endif
#ifdef __loongarch__
    SAME(__loongarch__) SAME(__loongarch_grlen)
#endif
#ifdef __LP64__
    SAME(__LP64__)
#endif
#ifdef __ILP32__
    SAME(__ILP32__)
#endif
#ifdef __CHAR_UNSIGNED__
    SAME(__CHAR_UNSIGNED__)
#endif
#ifdef __SIZEOF_INT128__
    SAME(__SIZEOF_INT128__)
#endif
    SAME(__BYTE_ORDER__)
    SAME(__SIZEOF_LONG__)
    SAME(__SIZEOF_POINTER__)
    SAME(__SIZEOF_LONG_DOUBLE__)
    SAME(__LDBL_MANT_DIG__)
    SAME(__BIGGEST_ALIGNMENT__)
    SAME(__SIZE_TYPE__)
    SAME(__PTRDIFF_TYPE__)
    SAME(__WCHAR_TYPE__)
    SAME(__WINT_TYPE__)
    SAME(__INTMAX_TYPE__)
    SAME(__UINTMAX_TYPE__)
    SAME(__INT64_TYPE__)
    SAME(__UINT64_TYPE__)
    SAME(__INTPTR_TYPE__)
    SAME(__UINTPTR_TYPE__)
    SAME(__SIG_ATOMIC_TYPE__)
    SAME(__INT_FAST16_TYPE__)
    SAME(__INT_FAST32_TYPE__)
    SAME(__INT_FAST64_TYPE__)
    SAME(__UINT_FAST16_TYPE__)
    SAME(__UINT_FAST32_TYPE__)
    SAME(__UINT_FAST64_TYPE__);

/* What the options define and undefine, as directives. Scratch. 0 or -1. */
int pp_option_text(CdeclPp *pp, const CdeclOptions *o, const char **text, size_t *len) {
    size_t n = 1;
    *text = "";
    *len = 0;
    for (size_t i = 0; o && i < o->n_defines; i++)
        n += strlen(o->defines[i]) + sizeof "#define  1\n";
    for (size_t i = 0; o && i < o->n_undefs; i++)
        n += strlen(o->undefs[i]) + sizeof "#undef \n";
    if (n == 1)
        return 0;
    char *to = cdecl_scratch(pp->parse, n);
    if (!to)
        return -1;
    *text = to;
    for (size_t i = 0; i < o->n_defines; i++) {
        const char *define = o->defines[i], *value = strchr(define, '=');
        to = stpcpy(to, "#define ");
        if (value) {
            to = mempcpy(to, define, (size_t)(value - define));
            *to++ = ' ';
            to = stpcpy(to, value + 1);
        } else {
            to = stpcpy(stpcpy(to, define), " 1");
        }
        *to++ = '\n';
    }
    for (size_t i = 0; i < o->n_undefs; i++)
        to = stpcpy(stpcpy(stpcpy(to, "#undef "), o->undefs[i]), "\n");
    *len = (size_t)(to - *text);
    return 0;
}

/* "linux", "unix", "i386": names that the program may use for something else; headers ask for them. */
void pp_hide_plain_names(PpTable *t) {
    for (uint32_t i = 0; i < t->n_names; i++)
        if (t->names[i]->macro && t->names[i]->text[0] != '_')
            t->names[i]->macro->hidden = !t->names[i]->macro->own;
}
