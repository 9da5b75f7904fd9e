/* Runs every input of packed corpora (pack.py), and of files named on the command line that are none.
 *
 * Sanitizers tell where it breaks; the number of the input is on the last line. */
#include "tests/fuzz/exercise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_file(const char *path, size_t *len) {
    FILE *f = fopen(path, "rb");
    size_t cap = 1 << 24;
    char *data = malloc(cap);
    if (!f || !data) {
        fprintf(stderr, "replay: cannot read %s\n", path);
        exit(EXIT_FAILURE);
    }
    *len = fread(data, 1, cap, f);
    fclose(f);
    return data;
}

/* A copy of just the size, so that the sanitizer sees what is read behind its end. */
static void run(const char *text, size_t len) {
    char *copy = malloc(len ? len : 1);
    if (!copy)
        exit(EXIT_FAILURE);
    memcpy(copy, text, len);
    exercise(copy, len);
    free(copy);
}

/* "@ LENGTH", the bytes, a newline; again and again. */
static unsigned replay(const char *path) {
    size_t len;
    unsigned count = 0;
    char *data = read_file(path, &len), *p = data, *end = data + len;
    if (len < 2 || memcmp(p, "@ ", 2) != 0) {
        run(p, len);
        p = end;
        count = 1;
    }
    for (; p < end; count++) {
        char *text;
        size_t n = strtoul(p + 2, &text, 10);
        fprintf(stderr, "\r%s: input %u", path, count);
        run(text + 1, n);
        p = text + 1 + n + 1;
    }
    free(data);
    return count;
}

int main(int argc, char **argv) {
    unsigned count = 0;
    for (int i = 1; i < argc; i++)
        count += replay(argv[i]);
    fprintf(stderr, "\r");
    printf("%u inputs\n1 passed, 0 failed\n", count);
    return count ? EXIT_SUCCESS : EXIT_FAILURE;
}
