/* The folders that headers are looked for in, and ways to spare the system most of the questions.
 *
 * With twenty folders a header is looked for in vain a dozen times before it is found. So a folder that is asked for more than a
 * FEW headers is kept open while the text is read: from there the way to them is short. And one that lacked SOME is listed: from
 * then on it is asked only for names that begin as one of its own does. */
#include "parser/pp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#if defined __x86_64__ && defined __ILP32__
#define MULTIARCH "x86_64-linux-gnux32"
#elif defined __x86_64__
#define MULTIARCH "x86_64-linux-gnu"
#elif defined __i386__
#define MULTIARCH "i386-linux-gnu"
#elif defined __aarch64__
#define MULTIARCH "aarch64-linux-gnu"
#elif defined __arm__ && defined __ARM_PCS_VFP
#define MULTIARCH "arm-linux-gnueabihf"
#elif defined __arm__
#define MULTIARCH "arm-linux-gnueabi"
#elif defined __powerpc64__ && defined __LITTLE_ENDIAN__
#define MULTIARCH "powerpc64le-linux-gnu"
#elif defined __s390x__
#define MULTIARCH "s390x-linux-gnu"
#elif defined __riscv && __riscv_xlen == 64
#define MULTIARCH "riscv64-linux-gnu"
#elif defined __loongarch64
#define MULTIARCH "loongarch64-linux-gnu"
#endif

enum { PP_NOT_OPEN = -1, PP_BY_PATH = -2, PP_NO_FOLDER = -3, FEW = 16, SOME = 8, MAX_OPEN_FOLDERS = 64 };

static int add_folder(CdeclPp *pp, const char *path) {
    if (pp->n_folders == pp->cap_folders) {
        size_t cap = pp->cap_folders ? pp->cap_folders * 2 : 8;
        PpFolder *folders = realloc(pp->folders, cap * sizeof *folders);
        if (!folders)
            return cdecl_fail(pp->parse, pp->site, CDECL_E_MEMORY);
        pp->folders = folders;
        pp->cap_folders = cap;
    }
    pp->folders[pp->n_folders++] = (PpFolder){.path = path, .len = path ? strlen(path) : 0, .fd = PP_NOT_OPEN};
    return 0;
}

static int add_folders(CdeclPp *pp) {
    const CdeclOptions *o = pp->parse->options;
    for (size_t i = 0; o && i < o->n_include_dirs; i++)
        if (add_folder(pp, o->include_dirs[i]) < 0)
            return -1;
    if (add_folder(pp, NULL) < 0 || add_folder(pp, "/usr/local/include") < 0)
        return -1;
#ifdef MULTIARCH
    if (add_folder(pp, "/usr/include/" MULTIARCH) < 0)
        return -1;
#endif
    return add_folder(pp, "/usr/include");
}

/* The folders, read from the options at the first need. 0 or -1. */
int pp_folders(CdeclPp *pp) {
    return pp->n_folders ? 0 : add_folders(pp);
}

void pp_close_folders(CdeclPp *pp) {
    for (size_t i = 0; i < pp->n_folders; i++) {
        if (pp->folders[i].fd >= 0)
            close(pp->folders[i].fd);
        free(pp->folders[i].names);
    }
    free(pp->folders);
}

/* Open F, if it is one to be kept open. One that may not be listed is opened just to start from it. */
static void open_folder(const CdeclPp *pp, PpFolder *f) {
    f->fd = PP_BY_PATH;
    if (!f->len || f - pp->folders >= MAX_OPEN_FOLDERS) /* "" is where the process is */
        return;
    f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY);
    if (f->fd < 0 && errno == EACCES)
        f->fd = open(f->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (f->fd < 0)
        f->fd = errno == ENOENT || errno == ENOTDIR ? PP_NO_FOLDER : PP_BY_PATH;
}

/* The base of folder F, whose paths have LEN bytes before the name. False: it is not there. */
bool pp_folder_base(const CdeclPp *pp, PpFolder *f, size_t len, PpBase *base) {
    if (f->fd == PP_NOT_OPEN && ++f->asked > FEW)
        open_folder(pp, f);
    *base = f->fd >= 0 ? (PpBase){f->fd, len} : (PpBase){AT_FDCWD, 0};
    return f->fd != PP_NO_FOLDER;
}

/* ---------------------------------------------------------------- names
 *
 * What is kept of a list is a bit for each name, by its hash, in which capitals are small letters: nobody is to miss a header
 * where the file system does not tell them apart. */

enum { NAME_BITS = 4096, NO_BIT = NAME_BITS };

/* The bit of the N bytes at NAME, up to a '/'. NO_BIT: a name that a folder may have without listing it (".."), or, where
 * capitals are the same, by another one (the Kelvin sign is a K). */
unsigned pp_folder_bit(const char *name, size_t n) {
    uint32_t hash = 2166136261u; /* FNV-1a */
    if (n == 0 || name[0] == '.')
        return NO_BIT;
    for (size_t i = 0; i < n && name[i] != '/'; i++) {
        if ((unsigned char)name[i] >= 0x80)
            return NO_BIT;
        hash = (hash ^ (unsigned char)(name[i] | 0x20)) * 16777619u;
    }
    return (hash ^ hash >> 16) % NAME_BITS;
}

bool pp_folder_lacks(const PpFolder *f, unsigned bit) {
    return f->names && bit != NO_BIT && !(f->names[bit / 64] >> bit % 64 & 1);
}

/* Does the file system behind FD list whatever can be opened by name? Those that are mounted when somebody looks, and those
 * that are programs, need not; nor those where "x.h." is "x.h". */
static bool lists_all(int fd) {
    static const uint32_t known[] = {
        0xEF53 /* ext */, 0x58465342 /* XFS */, 0x9123683E /* Btrfs */, 0x01021994 /* tmpfs */, 0x794C7630 /* overlay */,
        0x2FC12FC1 /* ZFS */, 0xF2F52010 /* F2FS */, 0x73717368 /* squashfs */, 0xE0F5E1E2 /* EROFS */,
    };
    struct statfs fs;
    if (fstatfs(fd, &fs) < 0)
        return false;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if ((uint32_t)fs.f_type == known[i])
            return true;
    return false;
}

typedef struct Entry { /* as the kernel writes them; glibc's getdents64() is younger than we ask for */
    uint64_t inode;
    int64_t next;
    uint16_t len;
    uint8_t type;
    char name[];
} Entry;

/* A bit in NAMES for each name in the folder open as FD. False: there are more than it is worth, or odd ones. */
static bool read_names(int fd, uint64_t *names) {
    enum { ROOM = 16 * 1024 }; /* some 500 entries; the last call is to say that there are no more */
    _Alignas(Entry) char room[ROOM];
    for (unsigned calls = 0; calls < 3; calls++) {
        long n = syscall(SYS_getdents64, fd, room, sizeof room);
        if (n <= 0)
            return n == 0;
        for (long at = 0; at < n;) {
            const Entry *e = (const Entry *)(room + at);
            unsigned bit = pp_folder_bit(e->name, strlen(e->name));
            if (bit == NO_BIT && e->name[0] != '.')
                return false;
            if (bit != NO_BIT)
                names[bit / 64] |= (uint64_t)1 << bit % 64;
            at += e->len;
        }
    }
    return false;
}

/* F did not have what was looked for. */
void pp_folder_lacked(const CdeclPp *pp, PpFolder *f) {
    if (++f->lacked != SOME)
        return;
    if (f->fd == PP_NOT_OPEN)
        open_folder(pp, f);
    if (f->fd < 0 || !lists_all(f->fd))
        return;
    f->names = calloc(NAME_BITS / 64, sizeof *f->names); /* without, it is as before */
    if (f->names && !read_names(f->fd, f->names)) {
        free(f->names);
        f->names = NULL;
    }
}
