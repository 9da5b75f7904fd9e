/* Which names a person may have meant. */
#include "abi/abi.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST = 255 }; /* of longer names only the affixes are compared */

/* How many mistakes are plausible in a name of N bytes: none in one letter, one in up to five. */
unsigned abi_name_limit(size_t n)
{
    return n < 2 ? 0 : n < 6 ? 1 : n < 12 ? 2 : 3;
}

static bool same_but_case(const char *a, size_t na, const char *b, size_t nb)
{
    if (na != nb)
        return false;
    for (size_t i = 0; i < na; i++)
        if (tolower((unsigned char)a[i]) != tolower((unsigned char)b[i]))
            return false;
    return true;
}

/* Is LONG the name SHORT with underscores around it, or with a version such as 64, _v2 or l? */
static bool is_variant(const char *s, size_t ns, const char *l, size_t nl)
{
    static const char *const suffix[] = {"64", "_", "_r", "_s", "_v2", "_v3", "_np", "2", "3", "l"};
    size_t lead = 0;
    while (lead < nl && l[lead] == '_')
        lead++;
    if (ns < 2 || nl <= ns)
        return false;
    if (lead && nl - lead == ns && memcmp(l + lead, s, ns) == 0)
        return true;
    if (memcmp(l, s, ns) != 0)
        return false;
    for (size_t i = 0; i < sizeof suffix / sizeof *suffix; i++)
        if (strlen(suffix[i]) == nl - ns && memcmp(l + ns, suffix[i], nl - ns) == 0)
            return true;
    return false;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Damerau and Levenshtein's distance: insertions, deletions, replacements, and swapped neighbours. */
static unsigned edits(const char *a, size_t na, const char *b, size_t nb, unsigned limit)
{
    unsigned rows[3][LONGEST + 1], *before = rows[0], *last = rows[1], *row = rows[2];
    for (unsigned j = 0; j <= nb; j++)
        last[j] = before[j] = j;
    for (size_t i = 1; i <= na; i++) {
        unsigned best = row[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            row[j] = least(last[j - 1] + (a[i - 1] != b[j - 1]), least(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
            best = least(best, row[j]);
        }
        if (best > limit)
            return limit + 1;
        unsigned *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[nb];
}

/* How far apart two names are: 0 equal, 1 a variant that people confuse (other case, underscores,
 * name64), else one more than the number of edits; more than LIMIT: not near. */
unsigned abi_name_distance(const char *a, size_t na, const char *b, size_t nb, unsigned limit)
{
    if (na == nb && memcmp(a, b, na) == 0)
        return 0;
    if (same_but_case(a, na, b, nb) || is_variant(a, na, b, nb) || is_variant(b, nb, a, na))
        return 1;
    size_t apart = na > nb ? na - nb : nb - na;
    if (limit < 2 || apart > limit - 1 || na > LONGEST || nb > LONGEST)
        return limit + 1;
    unsigned distance = edits(a, na, b, nb, limit - 1) + 1;
    return distance > limit ? limit + 1 : distance;
}
