#ifndef GUARD_H
#define GUARD_H
#include "types.h"
struct guarded { fuzz_int a; fuzz_char b; };
int guarded_function(struct guarded *, fuzz_int);
#define GUARDED(x) ((x) + FUZZ_N)
#endif /* GUARD_H */
