/* Inputs of the fuzzer: options, and sections. */
#include "tests/fuzz/input.h"

#include <string.h>

static const char *const folders[] = {"tests/fuzz/include"};
static const char *const defines[] = {"D_ONE", "D_CALL(x, ...)=x ## __VA_ARGS__", "D_TWO=2"};
static const char *const undefs[] = {"__GNUC__"};

static void set_option(CdeclOptions *o, char letter) {
    switch (letter) {
    case 'o': o->override = true; break;
    case 'p': o->packed = true; break;
    case '2': o->pack = 2; break;
    case '8': o->pack = 8; break;
    case 'k': o->keep_gil = true; break;
    case 'n': o->name = "a \"name\"\n\xFF"; break;
    case 'i': o->include_dirs = folders; o->n_include_dirs = 1; break;
    case 'd':
        o->defines = defines, o->n_defines = sizeof defines / sizeof defines[0];
        o->undefs = undefs, o->n_undefs = 1;
        break;
    default: break;
    }
}

Input input_open(const char *text, size_t len) {
    Input in = {.rest = text, .end = text + len};
    if (len < 3 || memcmp(text, "//!", 3) != 0)
        return in;
    for (in.rest += 3; in.rest < in.end && *in.rest != '\n'; in.rest++)
        set_option(&in.options, *in.rest);
    return in;
}

bool input_next(Input *in, Section *s) {
    static const char divider[] = "\n%%\n";
    if (!in->rest)
        return false;
    size_t left = (size_t)(in->end - in->rest);
    const char *at = memmem(in->rest, left, divider, sizeof divider - 1);
    *s = (Section){in->rest, at ? (size_t)(at - in->rest) : left};
    in->rest = at ? at + sizeof divider - 1 : NULL;
    return true;
}
