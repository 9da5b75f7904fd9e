/* Where headers are: what was found in the folders, and the reading of files.
 *
 * The order is that of Debian's compiler: the folders of the options, the compiler's own headers (ours
 * are built in), /usr/local/include, the folder of the processor's headers, /usr/include. No compiler
 * is asked. */
#include "parser/pp.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const PpBase by_path = {AT_FDCWD, 0};

/* ---------------------------------------------------------------- what was found
 *
 * One table for three kinds of keys: a file's path, or "<name>" for one of our own; '\1' with a name, for
 * what <name> leads to; '\2' with a path, for whether it is a folder. */

static int known(const CdeclPp *pp, const char *key, size_t n) {
    uint32_t probe = 0, i;
    while (cdecl_table_next(&pp->found, cdecl_hash(key, n), &probe, &i))
        if (pp->finds[i].key_len == n && memcmp(pp->finds[i].key, key, n) == 0)
            return (int)i;
    return PP_ABSENT;
}

/* Remember FOUND under KEY (copied). Its index, or -1. */
static int remember(CdeclPp *pp, const char *key, size_t n, PpFound found) {
    if (pp->n_finds == pp->cap_finds) {
        uint32_t cap = pp->cap_finds ? pp->cap_finds * 2 : 32;
        PpFound *finds = realloc(pp->finds, cap * sizeof *finds);
        if (!finds)
            return cdecl_fail(pp->parse, pp->site, CDECL_E_MEMORY);
        pp->finds = finds;
        pp->cap_finds = cap;
    }
    char *copy = pp_table_alloc(pp->table, n + 1);
    if (!copy || cdecl_table_reserve(&pp->found) < 0)
        return cdecl_fail(pp->parse, pp->site, CDECL_E_MEMORY);
    memcpy(copy, key, n);
    found.key = copy;
    found.key_len = n;
    cdecl_table_add(&pp->found, cdecl_hash(key, n), pp->n_finds);
    pp->finds[pp->n_finds] = found;
    return (int)pp->n_finds++;
}

static int look_for_built_in(CdeclPp *pp, const char *name, size_t n) {
    char key[64];
    for (const PpHeader *h = pp_headers; h->name; h++) {
        if (strlen(h->name) != n || memcmp(h->name, name, n) != 0)
            continue;
        int len = snprintf(key, sizeof key, "<%s>", h->name);
        int old = known(pp, key, (size_t)len);
        return old != PP_ABSENT ? old : remember(pp, key, (size_t)len, (PpFound){.header = h});
    }
    return PP_ABSENT;
}

/* Is there a folder DIR/PART, the first part of a header's name? Asked once for each: most folders have
 * no "gtk/", and so none of its hundred headers. */
static int has_part(CdeclPp *pp, PpBase base, const char *path, size_t len) {
    char key[PATH_MAX + 1];
    struct stat st;
    key[0] = '\2';
    memcpy(key + 1, path, len);
    key[len + 1] = '\0';
    int old = known(pp, key, len + 1);
    if (old >= 0)
        return pp->finds[old].target != 0;
    bool is_there = fstatat(base.fd, key + 1 + base.len, &st, 0) == 0 && S_ISDIR(st.st_mode);
    return remember(pp, key, len + 1, (PpFound){.target = is_there}) < 0 ? -1 : is_there;
}

/* The file that pp_find opened is not read, or no more. */
void pp_close_found(CdeclPp *pp) {
    if (pp->open.fd >= 0)
        close(pp->open.fd);
    pp->open.fd = -1;
}

/* Open the file at PATH. 0; -1 and errno: it cannot be opened, or is a folder. */
static int open_to_read(PpBase base, const char *path, PpOpen *out) {
    struct stat st;
    /* O_NONBLOCK: a FIFO without a writer must not stop us */
    out->fd = openat(base.fd, path + base.len, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (out->fd < 0)
        return -1;
    int failed = fstat(out->fd, &st);
    if (failed || S_ISDIR(st.st_mode)) {
        int why = failed ? errno : EISDIR;
        close(out->fd);
        out->fd = -1;
        errno = why;
        return -1;
    }
    out->is_regular = S_ISREG(st.st_mode);
    out->size = (uint64_t)st.st_size;
    out->device = (uint64_t)st.st_dev;
    out->inode = (uint64_t)st.st_ino;
    return 0;
}

/* Is there a file at PATH, and no folder? If it is TO_READ it is opened, which answers the question with one system call
 * less; where it cannot be, pp_load will say why. */
static bool is_file(CdeclPp *pp, PpBase base, const char *path, bool to_read) {
    struct stat st;
    if (to_read && open_to_read(base, path, &pp->open) == 0)
        return true;
    if (to_read && (errno == ENOENT || errno == ENOTDIR || errno == EISDIR))
        return false;
    return fstatat(base.fd, path + base.len, &st, 0) == 0 && !S_ISDIR(st.st_mode);
}

/* The file DIR/NAME, DIR being FOLDER's if that is not NULL. A folder of that name is passed over, as compilers do. */
static int look_in(CdeclPp *pp, PpFolder *folder, const char *dir, size_t dir_len, const char *name, size_t n, bool to_read) {
    PpBase base = by_path;
    char path[PATH_MAX];
    bool slash = dir_len && dir[dir_len - 1] != '/';
    size_t start = dir_len + slash, len = start + n;
    if (len >= sizeof path || memchr(name, '\0', n))
        return PP_ABSENT;
    memcpy(path, dir, dir_len);
    if (slash)
        path[dir_len] = '/';
    memcpy(path + start, name, n);
    path[len] = '\0';
    int old = known(pp, path, len);
    if (old != PP_ABSENT)
        return old;
    if (folder && !pp_folder_base(pp, folder, start, &base))
        return PP_ABSENT;
    const char *part = start && !(folder && folder->names) ? memchr(name, '/', n) : NULL;
    int there = part ? has_part(pp, base, path, start + (size_t)(part - name)) : 1;
    if (there <= 0)
        return there < 0 ? -1 : PP_ABSENT;
    if (!is_file(pp, base, path, to_read))
        return PP_ABSENT;
    const char *end = strrchr(path, '/');
    return remember(pp, path, len, (PpFound){.dir_len = end ? (size_t)(end + 1 - path) : 0});
}

/* <NAME>, from folder START on. */
static int look_in_folders(CdeclPp *pp, const char *name, size_t n, bool to_read, size_t *folder) {
    unsigned bit = pp_folder_bit(name, n);
    for (size_t i = *folder; i < pp->n_folders; i++) {
        PpFolder *f = &pp->folders[i];
        if (pp_folder_lacks(f, bit))
            continue;
        int found = f->path ? look_in(pp, f, f->path, f->len, name, n, to_read) : look_for_built_in(pp, name, n);
        if (found != PP_ABSENT) {
            *folder = i;
            return found;
        }
        pp_folder_lacked(pp, f);
    }
    return PP_ABSENT;
}

/* Find NAME. Its index in pp->finds and the FOLDER it was found in (SIZE_MAX: that of the text which
 * names it), PP_ABSENT, or -1: the error is set. START: the first folder to look in. */
int pp_find(CdeclPp *pp, const char *name, size_t n, bool quoted, bool to_read, size_t start, size_t *folder) {
    char key[256];
    const PpFile *file = &pp->files[pp->n_files - 1];
    pp_close_found(pp); /* that of the time before */
    if (pp_folders(pp) < 0)
        return -1;
    if (n && name[0] == '/') {
        *folder = SIZE_MAX;
        return look_in(pp, NULL, "", 0, name, n, to_read);
    }
    if (quoted && !file->built_in) {
        int beside = look_in(pp, NULL, file->path ? file->path : "", file->path ? file->dir_len : 0, name, n, to_read);
        *folder = SIZE_MAX;
        if (beside != PP_ABSENT)
            return beside;
    }
    *folder = start;
    if (start || n + 1 > sizeof key)
        return look_in_folders(pp, name, n, to_read, folder);
    key[0] = '\1';
    memcpy(key + 1, name, n);
    int old = known(pp, key, n + 1);
    if (old >= 0) {
        *folder = pp->finds[old].folder;
        return (int)pp->finds[old].target;
    }
    int found = look_in_folders(pp, name, n, to_read, folder);
    if (found >= 0 && remember(pp, key, n + 1, (PpFound){.target = (uint32_t)found, .folder = *folder}) < 0)
        return -1;
    return found;
}

/* ---------------------------------------------------------------- reading */

static int fail_file(CdeclPp *pp, CdeclSpan at, const char *path, const char *why) {
    return cdecl_fail(pp->parse, at, CDECL_E_PP_UNREADABLE, path, why);
}

/* Room for N bytes that will all be written soon: where there are many, the system gives their pages at once, which costs
 * less than a fault for each. Freed by free(); NULL when out of memory. */
static char *room_to_fill(size_t n) {
    char *room = malloc(n);
#ifdef MADV_POPULATE_WRITE
    enum { PAGE = 4096, MANY = 32 * PAGE };
    uintptr_t start = ((uintptr_t)room + PAGE - 1) & ~(uintptr_t)(PAGE - 1), end = ((uintptr_t)room + n) & ~(uintptr_t)(PAGE - 1);
    if (room && n >= MANY)
        madvise((void *)start, end - start, MADV_POPULATE_WRITE); /* kernels without it refuse */
#endif
    return room;
}

/* What is open as FD, up to SIZE bytes, which it had when it was opened, and a NUL. */
static char *read_all(int fd, size_t size, size_t *len) {
    char *text = room_to_fill(size + 1);
    *len = 0;
    while (text && *len < size) {
        ssize_t n = read(fd, text + *len, size - *len);
        if (n == 0)
            break;
        if (n < 0 && errno != EINTR) {
            free(text);
            return NULL;
        }
        *len += n > 0 ? (size_t)n : 0;
    }
    if (text)
        text[*len] = '\0';
    else
        errno = ENOMEM;
    return text;
}

/* The file at PATH once more, if it has LEN bytes still. */
char *pp_read_again(const char *path, size_t len) {
    PpOpen file;
    size_t n = 0;
    char *text = NULL;
    if (open_to_read(by_path, path, &file) < 0)
        return NULL;
    if (file.is_regular && file.size == len)
        text = read_all(file.fd, len, &n);
    close(file.fd);
    if (text && n != len) {
        free(text);
        text = NULL;
    }
    return text;
}

/* The text of F, which is open. */
static int read_file(CdeclPp *pp, PpFound *f, const PpOpen *file, CdeclSpan at) {
    size_t len;
    if (!file->is_regular)
        return fail_file(pp, at, f->key, "not a regular file");
    if (file->size > pp->limits.file_bytes)
        return cdecl_fail(pp->parse, at, CDECL_E_PP_FILE_TOO_LARGE, f->key, (unsigned long long)pp->limits.file_bytes);
    char *text = read_all(file->fd, (size_t)file->size, &len);
    if (!text)
        return errno == ENOMEM ? cdecl_fail(pp->parse, at, CDECL_E_MEMORY) : fail_file(pp, at, f->key, strerror(errno));
    f->device = file->device;
    f->inode = file->inode;
    return cdecl_source_take(pp->parse, f->key, text, len);
}

/* Is the text SOURCE being read? */
bool pp_is_open(const CdeclPp *pp, uint32_t source) {
    for (size_t i = 0; i < pp->n_files; i++)
        if (pp->files[i].lexer.source == source)
            return true;
    return false;
}

/* The text of what was found, as a source of the parse: its index, or -1. A file is read once. */
int pp_load(CdeclPp *pp, uint32_t index, CdeclSpan at) {
    PpFound *f = &pp->finds[index];
    if (f->source && !pp->parse->texts[f->source].dropped)
        return pp_is_open(pp, f->source) ? cdecl_source_alias(pp->parse, f->source) : (int)f->source;
    int source;
    if (f->header) {
        source = cdecl_source_add(pp->parse, f->key, f->header->text, f->header->len);
    } else {
        if (pp->open.fd < 0 && open_to_read(by_path, f->key, &pp->open) < 0)
            return fail_file(pp, at, f->key, errno == EISDIR ? "not a regular file" : strerror(errno));
        source = read_file(pp, f, &pp->open, at);
        pp_close_found(pp);
    }
    f->source = source < 0 ? 0 : (uint32_t)source;
    return source;
}

/* The bytes of an #embed, with a NUL behind them. */
char *pp_read_data(CdeclPp *pp, uint32_t index, uint64_t offset, uint64_t limit, CdeclSpan at, size_t *len) {
    const char *path = pp->finds[index].key;
    char *data = NULL;
    if (pp->open.fd < 0 && open_to_read(by_path, path, &pp->open) < 0) {
        fail_file(pp, at, path, strerror(errno));
        return NULL;
    }
    const PpOpen *file = &pp->open;
    uint64_t rest = offset < file->size ? file->size - offset : 0;
    uint64_t size = rest < limit ? rest : limit;
    if (!file->is_regular)
        fail_file(pp, at, path, "not a regular file");
    else if (size > pp->limits.file_bytes)
        cdecl_fail(pp->parse, at, CDECL_E_PP_FILE_TOO_LARGE, path, (unsigned long long)pp->limits.file_bytes);
    else if ((size && lseek(file->fd, (off_t)offset, SEEK_SET) < 0) || !(data = read_all(file->fd, (size_t)size, len)))
        errno == ENOMEM ? cdecl_fail(pp->parse, at, CDECL_E_MEMORY) : fail_file(pp, at, path, strerror(errno));
    pp_close_found(pp);
    return data;
}
