/* What the fuzz targets and the replay of their corpus share. */
#ifndef CDEFFI_TESTS_EXERCISE_H
#define CDEFFI_TESTS_EXERCISE_H

#include <stddef.h>

/* Parse the sections of TEXT (input.h) every way there is; abort if the library contradicts itself. No file
 * is read but those of tests/fuzz/include. */
void exercise(const char *text, size_t len);

#endif
