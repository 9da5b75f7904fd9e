/* Where the loader would look for a library, and what there serves under a short name.
 *
 * The order is that of glibc's ld.so (ld.so(8)): the folders of LD_LIBRARY_PATH, /etc/ld.so.cache, the
 * default folders. In each, the development symlink (libz.so) comes before versioned sonames (the
 * highest first). What is found there is opened by the loader; what it refuses is passed over, as it
 * does itself with files for another machine. Last, the loader is asked for the bare names: it knows
 * the program's RPATH, and on musl it has libc, libm and others built in. */
#include "config.h"

#include "abi/library.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_FILE "/etc/ld.so.cache"
#define CACHE_LIMIT ((size_t)64 << 20)
#define SCRIPT_LIMIT ((size_t)64 << 10)

enum { SCRIPT_DEPTH = 8 }; /* scripts that name scripts */

static bool open_path(AbiSearch *, const char *path, int depth);
static bool open_name(AbiSearch *, const char *name, int depth);

static void note(AbiSearch *search, const char *where, const char *separator, const char *what)
{
    abi_text_adds(&search->tried, "  ");
    abi_text_adds(&search->tried, where);
    abi_text_adds(&search->tried, separator);
    abi_text_adds(&search->tried, what);
    abi_text_adds(&search->tried, "\n");
}

static void note_absent(AbiSearch *search, const char *where, const char *base)
{
    note(search, where, ": no ", base);
    search->tried.len -= !search->tried.failed; /* the line goes on */
    abi_text_adds(&search->tried, "*\n");
}

/* Let the loader open FILE. Its refusal goes on the trail. What the user wants to read first is what it
 * said of the first file that is there, or else its last word. */
static bool load(AbiSearch *search, const char *file, bool exists)
{
    search->handle = *file ? dlopen(file, search->flags) : NULL; /* to glibc "" is the process */
    if (search->handle)
        return true;
    const char *why = *file ? dlerror() : "an empty name";
    if (!why)
        why = "the loader gives no reason";
    size_t n = strlen(file);
    bool named = strncmp(why, file, n) == 0 && why[n] == ':';
    note(search, named ? "" : file, named ? "" : ": ", why);
    if (!search->existed) {
        free(search->reason);
        search->reason = strdup(why);
        search->tried.failed |= !search->reason;
    }
    search->existed |= exists;
    return false;
}

/* ---------------------------------------------------------------- files */

/* PATH, or DIR and NAME joined (owned: free). */
static char *join(const char *dir, size_t n, const char *name)
{
    AbiText path = {0};
    abi_text_add(&path, dir, n);
    if (n && dir[n - 1] != '/')
        abi_text_adds(&path, "/");
    abi_text_adds(&path, name);
    if (path.failed)
        abi_text_free(&path);
    return path.data;
}

/* One file that the script at PATH names: absolute, -lNAME, beside the script, or anywhere. */
static bool open_script_input(AbiSearch *search, const char *path, const char *input, int depth)
{
    if (strchr(input, '/') && input[0] == '/')
        return open_path(search, input, depth);
    if (input[0] == '-')
        return input[1] == 'l' && open_name(search, input + 2, depth);
    char *beside = join(path, (size_t)(strrchr(path, '/') + 1 - path), input);
    search->tried.failed |= !beside;
    bool opened = beside && open_path(search, beside, depth);
    free(beside);
    return opened || (!strchr(input, '/') && open_name(search, input, depth));
}

/* If the file at PATH is a linker script, open the first library it names that can be opened. */
static bool open_script(AbiSearch *search, const char *path, int depth)
{
    size_t size;
    char *text = depth < SCRIPT_DEPTH ? abi_read_file(path, SCRIPT_LIMIT, &size) : NULL;
    AbiNames inputs = {0};
    bool opened = false;
    if (text && abi_ldscript_inputs(text, size, &inputs)) {
        note(search, path, ": ", "a linker script; following it");
        for (size_t i = 0; i < inputs.count && !opened; i++)
            opened = open_script_input(search, path, inputs.item[i], depth + 1);
    }
    search->tried.failed |= inputs.failed;
    abi_names_free(&inputs);
    free(text);
    return opened;
}

/* Open the library at PATH, which has a '/'. */
static bool open_path(AbiSearch *search, const char *path, int depth)
{
    return load(search, path, true) || open_script(search, path, depth);
}

/* ---------------------------------------------------------------- folders */

/* The names in folder DIR that match BASE, sorted. */
static AbiNames list_folder(const char *dir, const char *base)
{
    AbiNames names = {0};
    DIR *stream = opendir(dir);
    if (!stream)
        return names;
    for (struct dirent *entry; (entry = readdir(stream));) {
        if (abi_soname_matches(entry->d_name, base))
            abi_names_add(&names, entry->d_name, strlen(entry->d_name));
    }
    closedir(stream);
    abi_soname_sort(&names);
    return names;
}

static bool open_in_folder(AbiSearch *search, const char *dir, const char *base, int depth)
{
    AbiNames names = list_folder(dir, base);
    bool opened = false;
    search->tried.failed |= names.failed;
    if (!names.count) {
        note_absent(search, dir, base);
    }
    for (size_t i = 0; i < names.count && !opened; i++) {
        char *path = join(dir, strlen(dir), names.item[i]);
        search->tried.failed |= !path;
        opened = path && open_path(search, path, depth);
        free(path);
    }
    abi_names_free(&names);
    return opened;
}

static bool open_in_folders(AbiSearch *search, const AbiNames *dirs, const char *base, int depth)
{
    for (size_t i = 0; i < dirs->count; i++)
        if (open_in_folder(search, dirs->item[i], base, depth))
            return true;
    return false;
}

/* The folders of a list like LD_LIBRARY_PATH's; an empty one is the current folder. */
static void split_path(AbiNames *dirs, const char *list)
{
    for (const char *at = list; at && *list;) {
        size_t n = strcspn(at, ":;");
        abi_names_add(dirs, n ? at : ".", n ? n : 1);
        at = at[n] ? at + n + 1 : NULL;
    }
}

/* The value of LD_LIBRARY_PATH, which the loader ignores in programs that run with raised privileges. */
static const char *library_path(void)
{
#ifdef HAVE_SECURE_GETENV
    return secure_getenv("LD_LIBRARY_PATH");
#else
    return getenv("LD_LIBRARY_PATH");
#endif
}

static bool names_contain(const AbiNames *names, const char *s)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->item[i], s) == 0)
            return true;
    return false;
}

#ifdef __GLIBC__
/* The folders that the loader itself names for the program, default ones last, but those in SKIP. */
static void default_folders(AbiNames *dirs, const AbiNames *skip)
{
    Dl_serinfo size, *info = NULL;
    void *self = dlopen(NULL, RTLD_LAZY);
    if (self && dlinfo(self, RTLD_DI_SERINFOSIZE, &size) == 0 && (info = malloc(size.dls_size)) &&
        dlinfo(self, RTLD_DI_SERINFOSIZE, info) == 0 && dlinfo(self, RTLD_DI_SERINFO, info) == 0) {
        for (unsigned i = 0; i < info->dls_cnt; i++) {
            const char *dir = info->dls_serpath[i].dls_name;
            if (!names_contain(skip, dir) && !names_contain(dirs, dir))
                abi_names_add(dirs, dir, strlen(dir));
        }
    }
    free(info);
    if (self)
        dlclose(self);
}
#else
/* musl: one list, not in the environment (its manual, "dynamic linker"). */
static void default_folders(AbiNames *dirs, const AbiNames *skip)
{
    static const char *const folder[] = {"/lib", "/usr/local/lib", "/usr/lib"};
    for (size_t i = 0; i < sizeof folder / sizeof *folder; i++)
        if (!names_contain(skip, folder[i]))
            abi_names_add(dirs, folder[i], strlen(folder[i]));
}
#endif

/* ---------------------------------------------------------------- the loader's cache */

typedef struct CacheQuery {
    const char *base;
    AbiNames sonames;
} CacheQuery;

static void collect_soname(void *user, const char *soname, const char *file)
{
    CacheQuery *query = user;
    (void)file;
    if (abi_soname_matches(soname, query->base) && !names_contain(&query->sonames, soname))
        abi_names_add(&query->sonames, soname, strlen(soname));
}

/* Open what the cache lists, by its soname: of several variants the loader takes the one that fits
 * the processor, and a library that is loaded already is found under that name. */
static bool open_in_cache(AbiSearch *search, const char *base)
{
    size_t size;
    char *data = abi_read_file(CACHE_FILE, CACHE_LIMIT, &size);
    CacheQuery query = {base, {0}};
    bool opened = false, valid = data && abi_ldcache_each(data, size, collect_soname, &query);
    free(data);
    if (!valid)
        note(search, CACHE_FILE, ": ", data ? "damaged" : "cannot be read");
    else if (!query.sonames.count)
        note_absent(search, CACHE_FILE, base);
    abi_soname_sort(&query.sonames);
    for (size_t i = 0; i < query.sonames.count && !opened; i++)
        opened = load(search, query.sonames.item[i], true);
    search->tried.failed |= query.sonames.failed;
    abi_names_free(&query.sonames);
    return opened;
}

/* ---------------------------------------------------------------- names */

/* Look for BASE ("libz.so") and its versions everywhere. */
static bool open_base(AbiSearch *search, const char *base, int depth)
{
    AbiNames first = {0}, last = {0};
    split_path(&first, library_path());
    bool opened = open_in_folders(search, &first, base, depth) || open_in_cache(search, base);
    if (!opened) {
        default_folders(&last, &first);
        opened = open_in_folders(search, &last, base, depth);
    }
    search->tried.failed |= first.failed || last.failed;
    abi_names_free(&first);
    abi_names_free(&last);
    return opened;
}

static bool open_short(AbiSearch *search, const char *prefix, const char *name, int depth)
{
    AbiText base = {0};
    abi_text_adds(&base, prefix);
    abi_text_adds(&base, name);
    abi_text_adds(&base, ".so");
    search->tried.failed |= base.failed;
    bool opened = !base.failed && (open_base(search, base.data, depth) || load(search, base.data, false));
    abi_text_free(&base);
    return opened;
}

/* Is NAME that of a file, "libz.so" or "libz.so.1"? */
static bool is_file_name(const char *name)
{
    const char *so = strstr(name, ".so");
    return so && (so[3] == '\0' || so[3] == '.');
}

static bool open_name(AbiSearch *search, const char *name, int depth)
{
    if (strchr(name, '/') || !*name)
        return load(search, name, true);
    if (is_file_name(name))
        return load(search, name, false) || open_base(search, name, depth);
    return open_short(search, "lib", name, depth) || open_short(search, "", name, depth) || load(search, name, false);
}

/* Open the file PATH, which has a '/'. False leaves in SEARCH why not. */
bool abi_search_path(AbiSearch *search, const char *path)
{
    return open_path(search, path, 0);
}

/* Open NAME, a file name ("libz.so.1") or a short name ("z"), by the loader's order. */
bool abi_search_name(AbiSearch *search, const char *name)
{
    return open_name(search, name, 0);
}

/* Free what a search has gathered, but not the handle. */
void abi_search_free(AbiSearch *search)
{
    free(search->reason);
    search->reason = NULL;
    abi_text_free(&search->tried);
}
