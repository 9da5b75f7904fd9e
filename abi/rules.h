/* What the platforms' layout rules disagree about. */
#ifndef CDEFFI_ABI_RULES_H
#define CDEFFI_ABI_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/impl.h"

typedef struct Rules {
    bool unnamed_bitfields_align; /* a bit-field without a name aligns the record too (AAPCS64 8.1.8) */
    bool ms_struct;               /* GCC knows the attribute; elsewhere it ignores it */
    uint32_t max_vector_align;    /* AAPCS64 5.2: short vectors have 8 or 16 bytes, and GCC aligns none further */
} Rules;

#ifdef __aarch64__
static const Rules rules = {.unnamed_bitfields_align = true, .ms_struct = false, .max_vector_align = 16};
#else
static const Rules rules = {.unnamed_bitfields_align = false, .ms_struct = true, .max_vector_align = ABI_MAX_ALIGN};
#endif

#endif
