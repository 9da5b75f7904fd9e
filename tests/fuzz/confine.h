/* Inputs may name any file: while they are parsed, the file system is tests/fuzz/include. */
#ifndef CDEFFI_TESTS_CONFINE_H
#define CDEFFI_TESTS_CONFINE_H

#include <stdbool.h>

void confine(bool on);

#endif
