/* "did you mean 'zlib.h'?": the header whose name is nearest to one that was not found. */
#include "parser/pp.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>

enum { MAX_ENTRIES = 20000 }; /* of all folders together: a suggestion is not worth more */

typedef struct Search {
    const char *base; /* the name behind its last slash */
    size_t len, left;
    bool bare;        /* it does not end in .h: that may be what is wrong with it */
    unsigned best;    /* distance of what NAME holds, or one more than what is near */
    char name[NAME_MAX + 1];
} Search;

static void consider(Search *s, const char *entry) {
    size_t n = strlen(entry);
    unsigned distance = abi_name_distance(s->base, s->len, entry, s->bare ? n - 2 : n, s->best);
    if ((distance == 0 && !s->bare) || distance > s->best || n >= sizeof s->name)
        return;
    if (distance == s->best && (!s->name[0] || strcmp(entry, s->name) >= 0)) /* of equal ones the first in the alphabet */
        return;
    s->best = distance;
    memcpy(s->name, entry, n + 1);
}

/* The headers in FOLDER/PART, PART being the folders that the name itself begins with. */
static void look_in(Search *s, const PpFolder *folder, const char *part, size_t part_len) {
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%.*s", folder->path, (int)part_len, part);
    DIR *dir = n > 0 && (size_t)n < sizeof path ? opendir(path) : NULL;
    if (!dir)
        return;
    for (struct dirent *e; s->left > 0 && (e = readdir(dir)); s->left--) {
        size_t len = strlen(e->d_name);
        if (len > 2 && strcmp(e->d_name + len - 2, ".h") == 0)
            consider(s, e->d_name);
    }
    closedir(dir);
}

/* The nearest name to NAME (N bytes) in the folders for <name>, in BUF; false if there is none. */
bool pp_near_header(const CdeclPp *pp, const char *name, size_t n, char *buf, size_t cap) {
    size_t part = n;
    while (part > 0 && name[part - 1] != '/')
        part--;
    if (n > NAME_MAX || n == part || name[0] == '/' || memchr(name, '\0', n))
        return false;
    Search s = {.base = name + part, .len = n - part, .left = MAX_ENTRIES};
    s.bare = s.len < 2 || memcmp(s.base + s.len - 2, ".h", 2) != 0;
    s.best = abi_name_limit(s.len) + 2;
    for (size_t i = 0; i < pp->n_folders; i++)
        if (pp->folders[i].path)
            look_in(&s, &pp->folders[i], name, part);
    return s.name[0] && (size_t)snprintf(buf, cap, "%.*s%s", (int)part, name, s.name) < cap;
}
