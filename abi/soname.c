/* Which file names serve as a library, and which of them comes first.
 *
 * A library's development symlink (libz.so) is often not installed, while its soname (libz.so.1) and
 * the file behind it (libz.so.1.2.13) are. */
#include "abi/library.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Is NAME the name BASE, or BASE and a version? */
bool abi_soname_matches(const char *name, const char *base)
{
    size_t n = strlen(base);
    if (strncmp(name, base, n) != 0)
        return false;
    if (name[n] == '\0')
        return true;
    return name[n] == '.' && isdigit((unsigned char)name[n + 1]);
}

static size_t digits(const char *s)
{
    size_t n = 0;
    while (isdigit((unsigned char)s[n]))
        n++;
    return n;
}

/* Compare two runs of digits as numbers of any length. */
static int compare_numbers(const char *a, size_t na, const char *b, size_t nb)
{
    while (na > 1 && *a == '0')
        a++, na--;
    while (nb > 1 && *b == '0')
        b++, nb--;
    if (na != nb)
        return na < nb ? -1 : 1;
    return memcmp(a, b, na);
}

/* Negative if version A comes before version B in the list: the higher first, a prefix before all. */
static int compare_versions(const char *a, const char *b)
{
    while (*a && *b) {
        size_t na = digits(a), nb = digits(b);
        if (na && nb) {
            int order = compare_numbers(a, na, b, nb);
            if (order)
                return -order;
            a += na;
            b += nb;
        } else if (*a != *b) {
            return (unsigned char)*b - (unsigned char)*a;
        } else {
            a++;
            b++;
        }
    }
    return (*a != 0) - (*b != 0);
}

static int compare_names(const void *a, const void *b)
{
    return compare_versions(*(char *const *)a, *(char *const *)b);
}

/* Sort the names, all of which match one base. As they all begin alike, whole names are compared. */
void abi_soname_sort(AbiNames *names)
{
    if (names->count > 1)
        qsort(names->item, names->count, sizeof *names->item, compare_names);
}
