/* Growing strings and lists of them, and files read whole: what the library search is made of. */
#include "abi/library.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Append N bytes of S; nothing more is added once an allocation has failed. */
void abi_text_add(AbiText *text, const char *s, size_t n)
{
    if (text->failed || n >= SIZE_MAX / 4 - text->len) {
        text->failed = true;
        return;
    }
    if (text->len + n + 1 > text->cap) {
        size_t cap = (text->len + n + 1) * 2;
        char *data = realloc(text->data, cap);
        if (!data) {
            text->failed = true;
            return;
        }
        text->data = data;
        text->cap = cap;
    }
    if (n)
        memcpy(text->data + text->len, s, n);
    text->len += n;
    text->data[text->len] = '\0';
}

/* Append the C string S. */
void abi_text_adds(AbiText *text, const char *s)
{
    abi_text_add(text, s, strlen(s));
}

/* Free the string, leaving an empty one. */
void abi_text_free(AbiText *text)
{
    free(text->data);
    *text = (AbiText){0};
}

/* Append a copy of the N bytes at S. */
void abi_names_add(AbiNames *names, const char *s, size_t n)
{
    if (names->failed)
        return;
    names->failed = true;
    if (names->count == names->cap) {
        size_t cap = names->cap ? names->cap * 2 : 8;
        char **item = realloc(names->item, cap * sizeof *item);
        if (!item)
            return;
        names->item = item;
        names->cap = cap;
    }
    char *copy = strndup(s, n);
    if (!copy)
        return;
    names->item[names->count++] = copy;
    names->failed = false;
}

/* Free the list, leaving an empty one. */
void abi_names_free(AbiNames *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->item[i]);
    free(names->item);
    *names = (AbiNames){0};
}

static char *read_open_file(int fd, size_t limit, size_t *size)
{
    struct stat st;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size < 0 || (uintmax_t)st.st_size > limit)
        return NULL;
    size_t want = (size_t)st.st_size, have = 0;
    char *data = malloc(want + 1);
    while (data && have < want) {
        ssize_t n = read(fd, data + have, want - have);
        if (n == 0)
            break; /* the file has become shorter */
        if (n < 0 && errno != EINTR) {
            free(data);
            return NULL;
        }
        have += n > 0 ? (size_t)n : 0;
    }
    if (data)
        data[have] = '\0';
    *size = have;
    return data;
}

/* Read a regular file of at most LIMIT bytes whole. Read, not mapped: a file that somebody truncates
 * would raise SIGBUS in the middle of the process that uses us. O_NONBLOCK, so that a FIFO of that
 * name cannot make us wait. */
char *abi_read_file(const char *path, size_t limit, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return NULL;
    char *data = read_open_file(fd, limit, size);
    close(fd);
    return data;
}
