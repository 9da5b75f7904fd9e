/* Which functions of ISO C compute a number from numbers, and do nothing else: they do not wait for another thread, nor call. */
#include "pymod/emit.h"

#include <stdlib.h>
#include <string.h>

/* C11 7.12, 7.3 and 7.22.6.1, those without pointers; sorted. Nearly all have forms that end in f and l. */
static const char *const real[] = {
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cabs", "cacos", "cacosh", "carg", "casin", "casinh", "catan",
    "catanh", "cbrt", "ccos", "ccosh", "ceil", "cexp", "cimag", "clog", "conj", "copysign", "cos", "cosh", "cpow", "cproj", "creal",
    "csin", "csinh", "csqrt", "ctan", "ctanh", "erf", "erfc", "exp", "exp2", "expm1", "fabs", "fdim", "floor", "fma", "fmax", "fmin",
    "fmod", "hypot", "ilogb", "ldexp", "llrint", "llround", "log", "log10", "log1p", "log2", "logb", "lrint", "lround", "nearbyint",
    "nextafter", "nexttoward", "pow", "remainder", "rint", "round", "scalbln", "scalbn", "sin", "sinh", "sqrt", "tan", "tanh",
    "tgamma", "trunc",
};
static const char *const integer[] = {"abs", "imaxabs", "labs", "llabs"};

static int compare(const void *key, const void *element) {
    const Slice *name = key;
    const char *known = *(const char *const *)element;
    int order = strncmp(name->data, known, name->len);
    return order ? order : -(known[name->len] != '\0');
}
#define HAS(table, name) (bsearch(&(name), table, sizeof(table) / sizeof *(table), sizeof *(table), compare) != NULL)

bool emit_is_arithmetic(Slice name) {
    if (HAS(integer, name) || HAS(real, name))
        return true;
    if (name.len == 0 || !strchr("fl", name.data[name.len - 1]))
        return false;
    name.len--;
    return HAS(real, name);
}
