/* The preprocessor's options of a test program: -IDIR -DMACRO -UMACRO, up to OPTIONS_MOST of each. */
#ifndef CDEFFI_TESTS_OPTIONS_H
#define CDEFFI_TESTS_OPTIONS_H

#include "parser/cdecl.h"

#include <string.h>

enum { OPTIONS_MOST = 64 };

typedef struct Options { /* zeroed at the start */
    CdeclOptions all;
    const char *dirs[OPTIONS_MOST], *defines[OPTIONS_MOST], *undefs[OPTIONS_MOST]; /* borrowed from argv */
} Options;

static inline bool options_add(const char **list, size_t *n, const char *text) {
    if (*n == OPTIONS_MOST)
        return false;
    list[(*n)++] = text;
    return true;
}

/* Is ARG one of them? Then it is in O->all, which points into O. */
static inline bool options_take(Options *o, const char *arg) {
    o->all.include_dirs = o->dirs;
    o->all.defines = o->defines;
    o->all.undefs = o->undefs;
    if (strncmp(arg, "-I", 2) == 0)
        return options_add(o->dirs, &o->all.n_include_dirs, arg + 2);
    if (strncmp(arg, "-D", 2) == 0)
        return options_add(o->defines, &o->all.n_defines, arg + 2);
    if (strncmp(arg, "-U", 2) == 0)
        return options_add(o->undefs, &o->all.n_undefs, arg + 2);
    return false;
}

#endif
