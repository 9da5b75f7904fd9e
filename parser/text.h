/* A growing string: messages, and C text that we write ourselves. */
#ifndef CDEFFI_PARSER_TEXT_H
#define CDEFFI_PARSER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed at the start. */
typedef struct Text {
    char *data; /* owned: free(); NULL before the first put */
    size_t len, cap;
    bool failed; /* out of memory: what is put from then on is dropped */
} Text;

void text_put(Text *, const char *s, size_t n);
void text_put_string(Text *, const char *s);

#endif
