/* Libraries that are open: their handles, files and symbols. */
#include "abi/library.h"

#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

struct AbiLibrary {
    void *handle;  /* dlopen's */
    bool wrapped;  /* somebody else's handle: never closed by us */
    char *path;    /* owned; the file, or NULL for the process */
};

static char *message(const char *verb, const char *name, const char *why, const char *trail)
{
    AbiText text = {0};
    abi_text_adds(&text, "cannot ");
    abi_text_adds(&text, verb);
    abi_text_adds(&text, " library '");
    abi_text_adds(&text, name ? name : "the process itself");
    abi_text_adds(&text, "': ");
    abi_text_adds(&text, why);
    if (trail) {
        abi_text_adds(&text, "\ntried, in this order:\n");
        abi_text_add(&text, trail, strlen(trail) - 1);
    }
    if (text.failed)
        abi_text_free(&text);
    return text.data;
}

static char *search_report(const AbiSearch *search, const char *name)
{
    if (search->tried.failed || !search->reason)
        return NULL;
    /* one attempt: the loader's words are all there is to say */
    bool single = memchr(search->tried.data, '\n', search->tried.len) == search->tried.data + search->tried.len - 1;
    return message("load", name, search->reason, single ? NULL : search->tried.data);
}

static AbiLibrary *library_new(void *handle, bool wrapped)
{
    AbiLibrary *library = calloc(1, sizeof *library);
    if (!library)
        return NULL;
    library->handle = handle;
    library->wrapped = wrapped;
    struct link_map *map = NULL;
    if (!abi_elf_is_process(handle) && dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map && map->l_name) {
        library->path = strdup(map->l_name);
        if (!library->path) {
            free(library);
            return NULL;
        }
    }
    return library;
}

static bool open_process(AbiSearch *search)
{
    search->handle = dlopen(NULL, search->flags);
    if (search->handle)
        return true;
    const char *why = dlerror();
    search->reason = strdup(why ? why : "the loader gives no reason");
    abi_text_adds(&search->tried, "  the process\n");
    return false;
}

/* Open NAME with dlopen's FLAGS (neither RTLD_LAZY nor RTLD_NOW: RTLD_NOW). See abi.h. */
AbiLibrary *abi_library_open(const char *name, int flags, char **report)
{
    AbiSearch search = {.flags = flags & (RTLD_LAZY | RTLD_NOW) ? flags : flags | RTLD_NOW};
    AbiLibrary *library = NULL;
    *report = NULL;
    if (!name ? open_process(&search) : strchr(name, '/') ? abi_search_path(&search, name) : abi_search_name(&search, name)) {
        library = library_new(search.handle, false);
        if (!library)
            dlclose(search.handle);
    } else {
        *report = search_report(&search, name);
    }
    abi_search_free(&search);
    return library;
}

/* A library object for HANDLE, which dlopen returned to somebody and which stays theirs. NULL when
 * out of memory. */
AbiLibrary *abi_library_wrap(void *handle)
{
    return library_new(handle, true);
}

/* The file that was opened (borrowed), NULL for the process. */
const char *abi_library_path(const AbiLibrary *library)
{
    return library->path;
}

/* The handle, as dlopen returned it. */
void *abi_library_handle(const AbiLibrary *library)
{
    return library->handle;
}

/* Find NAME. True if the library or what it depends on defines it; *ADDRESS may be NULL even so: an
 * absolute symbol of value 0, or an indirect function whose resolver says that it has none. Of a
 * thread-local variable it is the calling thread's instance. */
bool abi_library_lookup(const AbiLibrary *library, const char *name, void **address)
{
    dlerror();
    *address = dlsym(library->handle, name);
    return *address || !dlerror();
}

/* The address of NAME, or NULL when absent. */
void *abi_library_symbol(const AbiLibrary *library, const char *name)
{
    void *address;
    return abi_library_lookup(library, name, &address) ? address : NULL;
}

/* Call EACH with every symbol that the library itself defines (for the process: every object in it),
 * until it returns nonzero; return that. */
int abi_library_each(const AbiLibrary *library, int (*each)(void *user, const char *name), void *user)
{
    return library->path ? abi_elf_each(library->handle, each, user) : abi_elf_each_loaded(each, user);
}

typedef struct Nearest {
    const AbiLibrary *library;
    const char *name;
    size_t len;
    unsigned score; /* of what BUF holds, or one more than what is near enough */
    char *buf;
    size_t cap;
    bool found;
} Nearest;

/* Keep the best candidate; of equal ones the first in alphabetical order. In a process not every
 * object's names are visible to dlsym: a suggestion must work. */
static int consider(void *user, const char *candidate)
{
    Nearest *best = user;
    size_t n = strlen(candidate);
    if (n >= best->cap)
        return 0;
    unsigned score = abi_name_distance(best->name, best->len, candidate, n, best->score);
    if (score == 0 || score > best->score || (score == best->score && best->found && strcmp(candidate, best->buf) >= 0))
        return 0;
    if (!best->library->path && !abi_library_symbol(best->library, candidate))
        return 0;
    memcpy(best->buf, candidate, n + 1);
    best->score = score;
    best->found = true;
    return 0;
}

/* The exported name nearest to NAME, in BUF; false if none is near. */
bool abi_library_near(const AbiLibrary *library, const char *name, char *buf, size_t cap)
{
    size_t n = strlen(name);
    Nearest best = {library, name, n, abi_name_limit(n) + 1, buf, cap, false};
    abi_library_each(library, consider, &best);
    return best.found;
}

/* Close the library, unless its handle is somebody else's, and free the object. */
int abi_library_close(AbiLibrary *library, char **report)
{
    int failed = library->wrapped ? 0 : dlclose(library->handle);
    *report = NULL;
    if (failed) {
        const char *why = dlerror();
        *report = message("close", library->path, why ? why : "the loader gives no reason", NULL);
    }
    free(library->path);
    free(library);
    return failed ? -1 : 0;
}
