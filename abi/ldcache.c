/* /etc/ld.so.cache, as glibc's ldconfig writes it.
 *
 * Three forms exist: the new one ("glibc-ld.so.cache1.1"), the old one ("ld.so-1.7.0"), and the old one
 * with the new one behind it, aligned. The file is not trusted: every offset is checked, and fields are
 * copied out, for nothing says that they are aligned. */
#include "abi/library.h"

#include <string.h>

#define OLD_MAGIC "ld.so-1.7.0"
#define NEW_MAGIC "glibc-ld.so.cache1.1"

enum {
    OLD_COUNT = 12,  /* offset of the number of entries, behind a byte of padding */
    OLD_ENTRIES = 16,
    OLD_ENTRY = 12,  /* flags, soname, file: 32 bits each */
    NEW_COUNT = 20,
    NEW_BYTE_ORDER = 28, /* 0: not said, 2: little-endian, 3: big-endian */
    NEW_ENTRIES = 48,
    NEW_ENTRY = 24,  /* flags, soname, file, osversion: 32 bits each; hwcap: 64 bits */
    NEW_ALIGN = _Alignof(uint64_t)
};

/* The flags of entries for this platform: glibc's kind of library and the required ABI
 * (sysdeps/generic/ldconfig.h). Where we don't know, all are taken and dlopen decides. */
#if defined __x86_64__ && defined __ILP32__
#define ABI_FLAGS 0x0803
#elif defined __x86_64__
#define ABI_FLAGS 0x0303
#elif defined __i386__
#define ABI_FLAGS 0x0003
#elif defined __aarch64__ && !defined __ILP32__
#define ABI_FLAGS 0x0a03
#elif defined __ARM_PCS_VFP
#define ABI_FLAGS 0x0903
#elif defined __s390x__
#define ABI_FLAGS 0x0403
#elif defined __powerpc64__
#define ABI_FLAGS 0x0503
#elif defined __riscv_float_abi_double && __riscv_xlen == 64
#define ABI_FLAGS 0x1003
#elif defined __loongarch_double_float
#define ABI_FLAGS 0x1203
#else
#define ABI_FLAGS (-1)
#endif

typedef struct Table {
    const char *entries;
    size_t count, entry_size;
    const char *strings; /* what the entries' offsets count from */
    const char *end;
} Table;

static uint32_t word_at(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static bool byte_order_is_ours(unsigned char order)
{
    return order == 0 || order == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 2 : 3);
}

static bool find_new(const char *data, const char *end, Table *table)
{
    size_t size = (size_t)(end - data);
    if (size < NEW_ENTRIES || memcmp(data, NEW_MAGIC, sizeof NEW_MAGIC - 1) != 0 ||
        !byte_order_is_ours((unsigned char)data[NEW_BYTE_ORDER]))
        return false;
    size_t count = word_at(data + NEW_COUNT);
    if (count > (size - NEW_ENTRIES) / NEW_ENTRY)
        return false;
    *table = (Table){data + NEW_ENTRIES, count, NEW_ENTRY, data, end};
    return true;
}

static bool find_old(const char *data, const char *end, Table *table)
{
    size_t size = (size_t)(end - data);
    if (size < OLD_ENTRIES || memcmp(data, OLD_MAGIC, sizeof OLD_MAGIC - 1) != 0)
        return false;
    size_t count = word_at(data + OLD_COUNT);
    if (count > (size - OLD_ENTRIES) / OLD_ENTRY)
        return false;
    size_t used = OLD_ENTRIES + count * OLD_ENTRY;
    size_t behind = (used + NEW_ALIGN - 1) & ~(size_t)(NEW_ALIGN - 1);
    if (behind < size && find_new(data + behind, end, table))
        return true;
    *table = (Table){data + OLD_ENTRIES, count, OLD_ENTRY, data + used, end};
    return true;
}

/* The string at OFFSET, or NULL if it does not end inside the file. */
static const char *string_at(const Table *table, uint32_t offset)
{
    size_t size = (size_t)(table->end - table->strings);
    if (offset >= size || !memchr(table->strings + offset, '\0', size - offset))
        return NULL;
    return table->strings + offset;
}

/* Call EACH with the soname and the file of every entry of this platform's ABI. Variants for better
 * processors (hwcap) are listed too: which one fits is the loader's business when it gets the soname. */
bool abi_ldcache_each(const void *data, size_t size, void (*each)(void *user, const char *soname, const char *file),
                      void *user)
{
    Table table;
    const char *end = (const char *)data + size;
    if (!find_new(data, end, &table) && !find_old(data, end, &table))
        return false;
    for (size_t i = 0; i < table.count; i++) {
        const char *entry = table.entries + i * table.entry_size;
        if (ABI_FLAGS != -1 && word_at(entry) != (uint32_t)ABI_FLAGS)
            continue;
        const char *soname = string_at(&table, word_at(entry + 4));
        const char *file = string_at(&table, word_at(entry + 8));
        if (soname && file)
            each(user, soname, file);
    }
    return true;
}
