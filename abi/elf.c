/* The dynamic symbols of loaded objects, read from their own tables (System V gABI, chapter 5).
 *
 * The number of symbols is nowhere said directly: DT_HASH has it as its number of chains, DT_GNU_HASH
 * implies it by the end of its last chain. Nothing is read outside the object's loaded segments,
 * whatever the tables claim. */
#include "abi/library.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#define ELF_ST_BIND(info) ((info) >> 4)
#define ELF_ST_TYPE(info) ((info)&0xf)
#define ELF_ST_VISIBILITY(other) ((other)&3)

#ifndef STB_GNU_UNIQUE
#define STB_GNU_UNIQUE 10
#endif
#ifndef STT_GNU_IFUNC
#define STT_GNU_IFUNC 10
#endif

enum { VERSION_HIDDEN = 0x8000 }; /* DT_VERSYM: not the version that dlsym finds */

/* An object of the process that cannot be unloaded while we look at it. */
typedef struct Image {
    uintptr_t base;
    const ElfW(Phdr) *phdr; /* borrowed from the loader */
    size_t nphdr;
    const ElfW(Sym) *symbols;
    const char *strings;
    size_t strings_size;
    const ElfW(Half) *versions; /* or NULL */
    const uint32_t *hash, *gnu_hash; /* each may be NULL */
} Image;

/* Are the N bytes at P in one readable segment of the object? */
static bool readable(const Image *image, const void *p, size_t n)
{
    uintptr_t at = (uintptr_t)p;
    for (size_t i = 0; i < image->nphdr; i++) {
        const ElfW(Phdr) *segment = &image->phdr[i];
        uintptr_t start = image->base + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && segment->p_flags & PF_R && at >= start && at - start <= segment->p_memsz &&
            n <= segment->p_memsz - (at - start))
            return true;
    }
    return false;
}

/* ---------------------------------------------------------------- finding the tables */

typedef struct ImageQuery {
    Image *image;
    uintptr_t dynamic;
    bool found;
} ImageQuery;

static int match_object(struct dl_phdr_info *info, size_t size, void *user)
{
    ImageQuery *query = user;
    (void)size;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC && info->dlpi_addr + info->dlpi_phdr[i].p_vaddr == query->dynamic) {
            query->image->base = info->dlpi_addr;
            query->image->phdr = info->dlpi_phdr;
            query->image->nphdr = info->dlpi_phnum;
            query->found = true;
            return 1;
        }
    }
    return 0;
}

/* An address from the dynamic section: glibc relocates it in place on most platforms, not on all. */
static const void *table_at(const Image *image, uintptr_t value)
{
    const void *absolute = (const void *)value, *relative = (const void *)(image->base + value);
    return readable(image, absolute, 1) ? absolute : readable(image, relative, 1) ? relative : NULL;
}

static void read_dynamic(Image *image, const ElfW(Dyn) *entry)
{
    for (; readable(image, entry, sizeof *entry) && entry->d_tag != DT_NULL; entry++) {
        uintptr_t value = entry->d_un.d_ptr;
        switch (entry->d_tag) {
        case DT_SYMTAB: image->symbols = table_at(image, value); break;
        case DT_STRTAB: image->strings = table_at(image, value); break;
        case DT_STRSZ: image->strings_size = value; break;
        case DT_VERSYM: image->versions = table_at(image, value); break;
        case DT_HASH: image->hash = table_at(image, value); break;
        case DT_GNU_HASH: image->gnu_hash = table_at(image, value); break;
        default: break;
        }
    }
    if (!readable(image, image->strings, image->strings_size))
        image->strings = NULL;
}

static bool image_of(void *handle, Image *image)
{
    struct link_map *map = NULL;
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) || !map || !map->l_ld)
        return false;
    *image = (Image){0};
    ImageQuery query = {image, (uintptr_t)map->l_ld, false};
    dl_iterate_phdr(match_object, &query);
    if (!query.found)
        return false;
    read_dynamic(image, map->l_ld);
    return image->symbols && image->strings;
}

/* ---------------------------------------------------------------- counting and listing */

/* One past the last symbol of the DT_GNU_HASH table; *FIRST receives its first: those before it are
 * undefined here. Layout: nbuckets, symoffset, bloom_size, bloom_shift, bloom words, buckets, chains. */
static size_t count_gnu(const Image *image, size_t *first)
{
    const uint32_t *table = image->gnu_hash;
    if (!readable(image, table, 16))
        return 0;
    size_t nbuckets = table[0], symoffset = table[1], bloom = table[2];
    const uint32_t *buckets = table + 4 + bloom * (sizeof(ElfW(Addr)) / 4), *chains = buckets + nbuckets;
    if (!readable(image, buckets, nbuckets * 4))
        return 0;
    size_t last = 0;
    for (size_t i = 0; i < nbuckets; i++)
        last = buckets[i] > last ? buckets[i] : last;
    *first = symoffset;
    if (last < symoffset)
        return 0;
    for (;; last++) {
        if (!readable(image, &chains[last - symoffset], 4))
            return last;
        if (chains[last - symoffset] & 1)
            return last + 1;
    }
}

static size_t count_symbols(const Image *image, size_t *first)
{
    *first = 0;
    if (image->gnu_hash)
        return count_gnu(image, first);
    return readable(image, image->hash, 8) ? image->hash[1] : 0;
}

static bool is_exported(const Image *image, const ElfW(Sym) *symbol, size_t index)
{
    unsigned bind = ELF_ST_BIND(symbol->st_info), type = ELF_ST_TYPE(symbol->st_info);
    unsigned visibility = ELF_ST_VISIBILITY(symbol->st_other);
    if (symbol->st_shndx == SHN_UNDEF || visibility == STV_HIDDEN || visibility == STV_INTERNAL)
        return false;
    if (bind != STB_GLOBAL && bind != STB_WEAK && bind != STB_GNU_UNIQUE)
        return false;
    if (type > STT_FUNC && type != STT_COMMON && type != STT_TLS && type != STT_GNU_IFUNC)
        return false;
    const ElfW(Half) *version = image->versions ? image->versions + index : NULL;
    return !version || !readable(image, version, sizeof *version) || !(*version & VERSION_HIDDEN);
}

static const char *symbol_name(const Image *image, const ElfW(Sym) *symbol)
{
    size_t at = symbol->st_name, size = image->strings_size;
    if (!at || at >= size || !memchr(image->strings + at, '\0', size - at))
        return NULL;
    return image->strings + at;
}

/* Call EACH with the defined dynamic symbols of the object behind HANDLE, until it returns nonzero. */
int abi_elf_each(void *handle, int (*each)(void *user, const char *name), void *user)
{
    Image image;
    size_t first, end, i;
    if (!image_of(handle, &image))
        return 0;
    end = count_symbols(&image, &first);
    for (i = first; i < end && readable(&image, &image.symbols[i], sizeof *image.symbols); i++) {
        const ElfW(Sym) *symbol = &image.symbols[i];
        const char *name = is_exported(&image, symbol, i) ? symbol_name(&image, symbol) : NULL;
        int stop = name ? each(user, name) : 0;
        if (stop)
            return stop;
    }
    return 0;
}

/* ---------------------------------------------------------------- the whole process */

static int collect_object(struct dl_phdr_info *info, size_t size, void *user)
{
    AbiNames *names = user;
    (void)size;
    if (info->dlpi_name && *info->dlpi_name)
        abi_names_add(names, info->dlpi_name, strlen(info->dlpi_name));
    return 0;
}

/* Call EACH with the defined symbols of every object of the process, until it returns nonzero. EACH
 * runs outside of dl_iterate_phdr, whose lock it could want together with one of its own; so every
 * object is held by a handle meanwhile. */
int abi_elf_each_loaded(int (*each)(void *user, const char *name), void *user)
{
    AbiNames names = {0};
    int stop = 0;
    dl_iterate_phdr(collect_object, &names);
    void *self = dlopen(NULL, RTLD_LAZY);
    if (self) {
        stop = abi_elf_each(self, each, user);
        dlclose(self);
    }
    for (size_t i = 0; i < names.count && !stop; i++) {
        void *handle = dlopen(names.item[i], RTLD_LAZY | RTLD_NOLOAD);
        if (handle) {
            stop = abi_elf_each(handle, each, user);
            dlclose(handle);
        }
    }
    dlerror(); /* the vDSO has no file to open */
    abi_names_free(&names);
    return stop;
}

/* Is HANDLE what dlopen(NULL) returns? */
bool abi_elf_is_process(void *handle)
{
    void *self = dlopen(NULL, RTLD_LAZY);
    if (self)
        dlclose(self);
    return handle == self;
}
