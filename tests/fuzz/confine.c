/* The linker sends the library's open() and stat() here (--wrap). The fuzzer's own come here too, so what is
 * forbidden depends on whether an input is being parsed. */
#include "tests/fuzz/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

int __real_open(const char *, int, ...);
int __real_stat(const char *, struct stat *);
int __wrap_open(const char *, int, ...);
int __wrap_stat(const char *, struct stat *);

static bool confined;

void confine(bool on) {
    confined = on;
}

static bool is_allowed(const char *path) {
    static const char folder[] = "tests/fuzz/include/";
    return !confined || (strncmp(path, folder, sizeof folder - 1) == 0 && !strstr(path, ".."));
}

int __wrap_open(const char *path, int flags, ...) {
    va_list ap;
    va_start(ap, flags);
    int mode = flags & O_CREAT ? va_arg(ap, int) : 0;
    va_end(ap);
    if (is_allowed(path))
        return __real_open(path, flags, mode);
    errno = ENOENT;
    return -1;
}

int __wrap_stat(const char *path, struct stat *st) {
    if (is_allowed(path))
        return __real_stat(path, st);
    errno = ENOENT;
    return -1;
}
