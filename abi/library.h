/* What the files about shared libraries share: library.c, search.c, ldcache.c, ldscript.c, elf.c.
 * Private to abi/; the tests of these files include it too. */
#ifndef CDEFFI_ABI_LIBRARY_H
#define CDEFFI_ABI_LIBRARY_H

#include "abi/abi.h"

/* ---- text.c: a growing string; after a failed allocation it stays as it was, with FAILED set. */
typedef struct AbiText {
    char *data; /* owned; NUL-terminated, or NULL while empty */
    size_t len, cap;
    bool failed;
} AbiText;
void abi_text_add(AbiText *, const char *s, size_t n);
void abi_text_adds(AbiText *, const char *s);
void abi_text_free(AbiText *);

/* A list of strings. */
typedef struct AbiNames {
    char **item; /* owned, as each string is */
    size_t count, cap;
    bool failed;
} AbiNames;
void abi_names_add(AbiNames *, const char *s, size_t n);
void abi_names_free(AbiNames *);

/* A regular file no larger than LIMIT, whole: its bytes (owned: free), NUL-terminated, and
 * *SIZE; NULL if it cannot be read, is no regular file or is larger. */
char *abi_read_file(const char *path, size_t limit, size_t *size);

/* ---- soname.c: "libz.so.1" among the names that serve as "libz.so" */
/* NAME is BASE, or BASE and a version: ".1", ".1.2.13". */
bool abi_soname_matches(const char *name, const char *base);
/* Sort names that match one base: the base itself, then the highest version first; of two versions where one
 * begins with the other the shorter first, for that is the soname and the other its file. */
void abi_soname_sort(AbiNames *);

/* ---- ldcache.c: /etc/ld.so.cache. EACH sees the soname and the file of every entry of this
 * platform's ABI. False if DATA is no such cache; what is damaged inside is passed over. */
bool abi_ldcache_each(const void *data, size_t size, void (*each)(void *user, const char *soname, const char *file),
                      void *user);

/* ---- ldscript.c: the files that a GNU ld script names in INPUT and GROUP, AS_NEEDED ones last,
 * archives left out. False if TEXT is not such a script. */
bool abi_ldscript_inputs(const char *text, size_t size, AbiNames *inputs);

/* ---- search.c: one attempt to open a library, with the trail of what was tried. */
typedef struct AbiSearch {
    int flags;      /* dlopen's */
    void *handle;   /* what was opened, or NULL */
    char *reason;   /* owned; the loader's words about the first file that was there, or its last words */
    bool existed;   /* REASON is about a file that was there */
    AbiText tried;  /* lines */
} AbiSearch;
bool abi_search_path(AbiSearch *, const char *path);  /* the name of a file, with a '/' */
bool abi_search_name(AbiSearch *, const char *name);  /* a file name or a short name */
void abi_search_free(AbiSearch *);

/* ---- elf.c: defined dynamic symbols of the object behind HANDLE. */
int abi_elf_each(void *handle, int (*each)(void *user, const char *name), void *user);
/* The same for every object of the process. */
int abi_elf_each_loaded(int (*each)(void *user, const char *name), void *user);
/* Is HANDLE the process itself (dlopen(NULL))? */
bool abi_elf_is_process(void *handle);

#endif
