/* Linker scripts in the place of a shared library.
 *
 * Debian's libm.so is text: GROUP ( /lib/x86_64-linux-gnu/libm.so.6 AS_NEEDED ( ... ) ). Of GNU ld's
 * command language only what names files matters: INPUT(...) and GROUP(...), with AS_NEEDED(...)
 * inside; every other command is passed over with its arguments. */
#include "abi/library.h"

#include <ctype.h>
#include <string.h>

typedef struct Reader {
    const char *at, *end;
    const char *word; /* the last token: a name, or one of ( ) { } , ; = */
    size_t len;
} Reader;

static bool is_space(char c)
{
    return isspace((unsigned char)c) != 0;
}

/* Skip white space and comments; false at the end or in an unfinished comment. */
static bool skip_blank(Reader *r)
{
    for (;;) {
        while (r->at < r->end && is_space(*r->at))
            r->at++;
        if (r->end - r->at < 2 || r->at[0] != '/' || r->at[1] != '*')
            return r->at < r->end;
        for (r->at += 2; r->end - r->at >= 2 && (r->at[0] != '*' || r->at[1] != '/');)
            r->at++;
        if (r->end - r->at < 2)
            return false;
        r->at += 2;
    }
}

static bool read_quoted(Reader *r)
{
    r->word = ++r->at;
    while (r->at < r->end && *r->at != '"')
        r->at++;
    r->len = (size_t)(r->at - r->word);
    if (r->at == r->end)
        return false;
    r->at++;
    return true;
}

static bool next_word(Reader *r)
{
    if (!skip_blank(r))
        return false;
    if (*r->at == '"')
        return read_quoted(r);
    r->word = r->at++;
    if (!strchr("(){},;=", *r->word))
        while (r->at < r->end && !is_space(*r->at) && !strchr("(){},;=\"", *r->at))
            r->at++;
    r->len = (size_t)(r->at - r->word);
    return true;
}

static bool is_word(const Reader *r, const char *s)
{
    return r->len == strlen(s) && memcmp(r->word, s, r->len) == 0;
}

static bool is_archive(const Reader *r)
{
    return r->len > 2 && r->word[r->len - 2] == '.' && (r->word[r->len - 1] == 'a' || r->word[r->len - 1] == 'o');
}

/* The arguments of INPUT or GROUP, up to the closing parenthesis. */
static bool read_inputs(Reader *r, AbiNames *inputs, AbiNames *as_needed)
{
    if (!next_word(r) || !is_word(r, "("))
        return false;
    bool optional = false;
    while (next_word(r)) {
        if (is_word(r, ")")) {
            if (!optional)
                return true;
            optional = false;
        } else if (is_word(r, "AS_NEEDED")) {
            optional = next_word(r) && is_word(r, "(");
        } else if (!is_word(r, ",") && !is_archive(r)) {
            abi_names_add(optional ? as_needed : inputs, r->word, r->len);
        }
    }
    return false;
}

/* Read the files named by a linker script: those of INPUT and GROUP, then those of AS_NEEDED, for
 * what the script stands for is always needed. */
bool abi_ldscript_inputs(const char *text, size_t size, AbiNames *inputs)
{
    Reader r = {text, text + size, NULL, 0};
    AbiNames as_needed = {0};
    bool valid = !memchr(text, '\0', size);
    while (valid && next_word(&r)) {
        if (is_word(&r, "INPUT") || is_word(&r, "GROUP"))
            valid = read_inputs(&r, inputs, &as_needed);
    }
    for (size_t i = 0; i < as_needed.count; i++)
        abi_names_add(inputs, as_needed.item[i], strlen(as_needed.item[i]));
    inputs->failed |= as_needed.failed;
    abi_names_free(&as_needed);
    return valid && inputs->count > 0;
}
