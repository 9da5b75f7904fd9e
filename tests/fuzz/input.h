/* Inputs of the fuzzer: text, with options and sections.
 *
 * A line "%%" divides the text into sections that are parsed one after the other in one scope. A first line
 * "//!LETTERS" sets options: o override, p packed, 2 and 8 pack, k keep the GIL, n an odd name for the text,
 * d some definitions, i the folder of headers. */
#ifndef CDEFFI_TESTS_INPUT_H
#define CDEFFI_TESTS_INPUT_H

#include "parser/cdecl.h"

typedef struct Section { const char *text; size_t len; } Section;

typedef struct Input {
    CdeclOptions options;
    const char *rest, *end; /* what is not yet parsed; REST NULL: nothing */
} Input;

Input input_open(const char *text, size_t len);
bool input_next(Input *, Section *); /* false: that was all */

#endif
