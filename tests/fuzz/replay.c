/* Runs every input of packed corpora (pack.py), and files named on the command line that are none. A child does it,
 * so that its death, of which sanitizers say the reason, can be told from which input it was. */
#include "tests/fuzz/exercise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Progress { /* shared with the child */
    int file;
    unsigned input, count;
} Progress;

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
static void replay(const char *path, Progress *now) {
    size_t len;
    char *data = read_file(path, &len), *p = data, *end = data + len;
    if (len < 2 || memcmp(p, "@ ", 2) != 0) {
        run(p, len);
        now->count++;
        p = end;
    }
    for (now->input = 0; p < end; now->input++, now->count++) {
        char *text;
        size_t n = strtoul(p + 2, &text, 10);
        run(text + 1, n);
        p = text + 1 + n + 1;
    }
    free(data);
}

static int replay_all(int argc, char **argv, Progress *now) {
    for (now->file = 1; now->file < argc; now->file++)
        replay(argv[now->file], now);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
    int status = 0;
    Progress *now = mmap(NULL, sizeof *now, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (now == MAP_FAILED)
        return EXIT_FAILURE;
    pid_t child = fork();
    if (child == 0)
        return replay_all(argc, argv, now);
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0 || now->count == 0) {
        fprintf(stderr, "replay: status %d, %s, input %u (from 0)\n", status, now->file < argc ? argv[now->file] : "at the end", now->input);
        return EXIT_FAILURE;
    }
    printf("%u inputs\n1 passed, 0 failed\n", now->count);
    return EXIT_SUCCESS;
}
