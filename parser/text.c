/* A growing string. See text.h. */
#include "parser/text.h"

#include <stdlib.h>
#include <string.h>

void text_put(Text *t, const char *s, size_t n) {
    if (!t->failed && t->cap - t->len <= n) {
        size_t cap = (t->len + n + 1) * 2;
        char *data = realloc(t->data, cap);
        t->failed = !data;
        if (data) {
            t->data = data;
            t->cap = cap;
        }
    }
    if (t->failed)
        return;
    memcpy(t->data + t->len, s, n);
    t->len += n;
    t->data[t->len] = '\0';
}

void text_put_string(Text *t, const char *s) {
    text_put(t, s, strlen(s));
}
