/* The lexer: preprocessing tokens and spellings of words. */
#include "parser/impl.h"

#include "gen/cdecl.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* The kinds of TEXT's tokens; the text is copied to the end of its block, so that reading past the NUL
 * behind it is seen by the sanitizer. */
static size_t lex(const char *text, size_t n, CdeclToken *out, size_t cap) {
    char *copy = malloc(n + 1);
    memcpy(copy, text, n);
    copy[n] = '\0';
    CdeclLexer lx = {copy, copy, copy + n, 0, true};
    size_t count = 0;
    do {
        ck_assert_uint_lt(count, cap);
        cdecl_lex(&lx, &out[count]);
        out[count].text = text + out[count].span.offset;
    } while (out[count++].kind != TK_END);
    free(copy);
    return count - 1;
}

static CdeclToken only(const char *text) {
    CdeclToken t[4];
    size_t n = lex(text, strlen(text), t, 4);
    ck_assert_msg(n == 1, "%s: %zu tokens", text, n);
    ck_assert_uint_eq(t[0].span.len, strlen(text));
    return t[0];
}

START_TEST(identifiers) {
    static const char *const names[] = {"a", "_", "$", "a1", "$a$b", "é", "变量", "aé1", "\\u00e9x", "\\U0001F600", "int", "L", "u8", "R"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        ck_assert_int_eq(only(names[i]).kind, TK_IDENTIFIER);
}
END_TEST

/* A name that is known to hold no universal character name is looked into no more. */
START_TEST(plain_identifiers) {
    static const char *const plain[] = {"a", "_", "$a1", "L", "u8", "int"}, *const other[] = {"\\u00e9x", "a\\u00e9", "é"};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        ck_assert(only(plain[i]).flags & CDECL_T_PLAIN);
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
        ck_assert(!(only(other[i]).flags & CDECL_T_PLAIN));
    CdeclToken t[3];
    ck_assert_uint_eq(lex("x\"s\"", 4, t, 3), 2);
    ck_assert_int_eq(t[0].kind, TK_IDENTIFIER);
    ck_assert_int_eq(t[1].kind, TK_STRING);
}
END_TEST

/* Long names are read 16 bytes at a time: of every length, at every distance from the end, before every other byte. */
START_TEST(long_identifiers) {
    char text[120];
    CdeclToken t[8];
    for (size_t n = 1; n <= 70; n++) {
        memset(text, 'x', sizeof text);
        text[n / 2] = "aZ_$9"[n % 5];
        text[0] = 'a';
        for (size_t behind = 0; behind <= 40; behind++) {
            memset(text + n, ' ', behind);
            size_t count = lex(text, n + behind, t, 8);
            ck_assert_msg(count == 1 && t[0].kind == TK_IDENTIFIER && t[0].span.len == n, "%zu bytes, %zu blanks", n, behind);
        }
    }
    for (int c = 1; c < 128; c++) {
        bool goes_on = c == '_' || c == '$' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        for (size_t n = 1; n <= 34; n++) {
            memset(text, 'q', 80);
            text[n] = (char)c;
            CdeclLexer lx = {text, text, text + 80, 0, true};
            text[80] = '\0';
            cdecl_lex(&lx, &t[0]);
            ck_assert_msg(t[0].kind == TK_IDENTIFIER && t[0].span.len == (goes_on ? 80 : n), "byte %d at %zu: %u", c, n, t[0].span.len);
        }
    }
}
END_TEST

/* Names and stars are put into columns. */
START_TEST(columns) {
    char text[100];
    CdeclToken t[8];
    for (size_t n = 0; n <= 40; n++) {
        memset(text, ' ', sizeof text);
        text[0] = 'T';
        text[n + 1] = '*';
        text[2 * n + 2] = 'x';
        ck_assert_uint_eq(lex(text, 2 * n + 3, t, 8), 3);
        ck_assert_int_eq(t[1].kind, TK_STAR);
        ck_assert_uint_eq(t[1].span.offset, n + 1);
        ck_assert_uint_eq(t[2].span.offset, 2 * n + 2);
        ck_assert_int_eq((t[1].flags & CDECL_T_SPACE) != 0, n > 0);
        ck_assert_int_eq((t[2].flags & CDECL_T_SPACE) != 0, n > 0);
    }
    ck_assert_int_eq(only("*=").kind, TK_ASSIGN);
    ck_assert_int_eq(only("*").kind, TK_STAR);
}
END_TEST

START_TEST(numbers) {
    static const char *const numbers[] = {"0", "0x10uLL", "1.5e-3f", ".5", "0x1p+3", "1'000'000", "0b101", "1e+", "3_x", "1.2.3", "0xFFwb"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        ck_assert_int_eq(only(numbers[i]).kind, TK_NUMBER);
}
END_TEST

START_TEST(literals) {
    ck_assert_int_eq(only("'a'").kind, TK_CHARACTER);
    ck_assert_int_eq(only("'\\''").kind, TK_CHARACTER);
    ck_assert_int_eq(only("u8'a'").kind, TK_CHARACTER);
    ck_assert_int_eq(only("L'\\x41'").kind, TK_CHARACTER);
    ck_assert_int_eq(only("''").kind, TK_CHARACTER);
    ck_assert_int_eq(only("\"a\\\"b\"").kind, TK_STRING);
    ck_assert_int_eq(only("u\"x\"").kind, TK_STRING);
    ck_assert_int_eq(only("\"/* no comment */ // nor this\"").kind, TK_STRING);
}
END_TEST

START_TEST(punctuators) {
    static const struct { const char *text; int kind; } table[] = {
        {"[", TK_LBRACKET}, {"<:", TK_LBRACKET}, {"]", TK_RBRACKET}, {":>", TK_RBRACKET}, {"{", TK_LBRACE}, {"<%", TK_LBRACE},
        {"}", TK_RBRACE}, {"%>", TK_RBRACE}, {"(", TK_LP}, {")", TK_RP}, {".", TK_DOT}, {"->", TK_ARROW}, {"...", TK_ELLIPSIS},
        {"++", TK_INCDEC}, {"--", TK_INCDEC}, {"&", TK_AMP}, {"*", TK_STAR}, {"+", TK_PLUS}, {"-", TK_MINUS}, {"~", TK_NOT},
        {"!", TK_NOT}, {"/", TK_SLASH}, {"%", TK_PERCENT}, {"<<", TK_SHIFT}, {">>", TK_SHIFT}, {"<", TK_RELATION},
        {">=", TK_RELATION}, {"==", TK_EQUALITY}, {"!=", TK_EQUALITY}, {"^", TK_CARET}, {"|", TK_PIPE}, {"&&", TK_ANDAND},
        {"||", TK_OROR}, {"?", TK_QUESTION}, {":", TK_COLON}, {"::", TK_COLONCOLON}, {";", TK_SEMI}, {",", TK_COMMA},
        {"=", TK_EQ}, {"<<=", TK_ASSIGN}, {"|=", TK_ASSIGN}, {"#", TK_HASH}, {"%:", TK_HASH}, {"##", TK_HASHHASH},
        {"%:%:", TK_HASHHASH},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        ck_assert_msg(only(table[i].text).kind == table[i].kind, "%s", table[i].text);
}
END_TEST

START_TEST(comments_and_space) {
    static const char text[] = "a/* x */b // c\r\n\f\v\t d/**/\n/***/e//";
    CdeclToken t[8];
    ck_assert_uint_eq(lex(text, sizeof text - 1, t, 8), 4);
    ck_assert_uint_eq(t[0].flags, CDECL_T_LINE_START | CDECL_T_PLAIN);
    ck_assert_uint_eq(t[1].flags, CDECL_T_SPACE | CDECL_T_PLAIN);
    ck_assert_uint_eq(t[2].flags, CDECL_T_LINE_START | CDECL_T_SPACE | CDECL_T_PLAIN);
    ck_assert_uint_eq(t[3].flags, CDECL_T_LINE_START | CDECL_T_SPACE | CDECL_T_PLAIN);
    ck_assert_uint_eq(t[3].span.offset, strchr(text, 'e') - text);
    ck_assert_int_eq(t[4].kind, TK_END);
    ck_assert(t[4].flags & CDECL_T_LINE_START);
}
END_TEST

static void check_bad(const char *text, size_t n, size_t offset, size_t len, CdeclCode code) {
    CdeclToken t[16];
    size_t count = lex(text, n, t, 16), i = 0;
    while (i < count && t[i].kind != TK_BAD)
        i++;
    ck_assert_msg(i < count, "%s: accepted", text);
    ck_assert_int_eq(t[i].sub, code);
    ck_assert_uint_eq(t[i].span.offset, offset);
    ck_assert_uint_eq(t[i].span.len, len);
}

START_TEST(what_is_no_token) {
    check_bad("int /* x", 8, 4, 2, CDECL_E_UNFINISHED_COMMENT);
    check_bad("/*/", 3, 0, 2, CDECL_E_UNFINISHED_COMMENT);
    check_bad("a \"b\nc", 6, 2, 2, CDECL_E_UNFINISHED_STRING);
    check_bad("\"abc\\", 5, 0, 4, CDECL_E_UNFINISHED_STRING);
    check_bad("'x", 2, 0, 2, CDECL_E_UNFINISHED_CHARACTER);
    check_bad("a\0b", 3, 1, 1, CDECL_E_NUL_BYTE);
    check_bad("\0", 1, 0, 1, CDECL_E_NUL_BYTE);
    check_bad("a\xff", 2, 1, 1, CDECL_E_INVALID_UTF8);
    check_bad("\xc3(", 2, 0, 1, CDECL_E_INVALID_UTF8);
    check_bad("\xed\xa0\x80", 3, 0, 1, CDECL_E_INVALID_UTF8); /* a surrogate */
    check_bad("\xc0\xaf", 2, 0, 1, CDECL_E_INVALID_UTF8);     /* overlong */
    check_bad("\xf4\x90\x80\x80", 4, 0, 1, CDECL_E_INVALID_UTF8);
    check_bad("int @", 5, 4, 1, CDECL_E_STRAY_CHARACTER);
    check_bad("\\", 1, 0, 1, CDECL_E_STRAY_CHARACTER);
    check_bad("`", 1, 0, 1, CDECL_E_STRAY_CHARACTER);
}
END_TEST

/* Every prefix of a text with everything in it: no read past the end, spans that add up. */
START_TEST(every_prefix) {
    static const char text[] = "int a/*c*/= 0x1'0u+'\\x'\"s\\\"t\"L'x'...<<=%:%:\\u00e9 é->::\r\n//x\n/**/u8\"y\"";
    CdeclToken t[64];
    for (size_t n = 0; n < sizeof text; n++) {
        size_t count = lex(text, n, t, 64);
        for (size_t i = 0; i < count; i++)
            ck_assert_uint_le(t[i].span.offset + t[i].span.len, i + 1 < count ? t[i + 1].span.offset : n);
    }
}
END_TEST

START_TEST(words) {
    static const struct { const char *text; CdeclWordClass class; int kind; unsigned sub; } table[] = {
        {"int", CDECL_W_KEYWORD, TK_TYPEWORD, CDECL_TW_INT}, {"__signed__", CDECL_W_KEYWORD, TK_TYPEWORD, CDECL_TW_SIGNED},
        {"__restrict", CDECL_W_KEYWORD, TK_QUAL, ABI_RESTRICT}, {"_Atomic", CDECL_W_KEYWORD, TK_QUAL, ABI_ATOMIC},
        {"union", CDECL_W_KEYWORD, TK_RECORD, ABI_UNION}, {"thread_local", CDECL_W_KEYWORD, TK_STORAGE, CDECL_ST_THREAD},
        {"__stdcall", CDECL_W_KEYWORD, TK_CALLCONV, ABI_STDCALL}, {"return", CDECL_W_KEYWORD, TK_STATEMENT, 0},
        {"WINAPI", CDECL_W_CONVENTION, TK_IDENTIFIER, ABI_STDCALL}, {"size_t", CDECL_W_TYPEDEF, TK_IDENTIFIER, ABI_P_SIZE},
        {"FILE", CDECL_W_TYPEDEF, TK_IDENTIFIER, CDECL_PRE_FILE}, {"true", CDECL_W_CONSTANT, TK_IDENTIFIER, CDECL_PRE_TRUE},
        {"offsetof", CDECL_W_OFFSETOF, TK_IDENTIFIER, 0}, {"in", CDECL_W_NAME, TK_IDENTIFIER, 0},
        {"integer", CDECL_W_NAME, TK_IDENTIFIER, 0}, {"Int", CDECL_W_NAME, TK_IDENTIFIER, 0}, {"i", CDECL_W_NAME, TK_IDENTIFIER, 0},
        {"size_tt", CDECL_W_NAME, TK_IDENTIFIER, 0}, {"_", CDECL_W_NAME, TK_IDENTIFIER, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        CdeclWord w = cdecl_word(table[i].text, strlen(table[i].text));
        ck_assert_msg(w.class == table[i].class && w.kind == table[i].kind && w.sub == table[i].sub, "%s", table[i].text);
    }
    ck_assert_int_eq(cdecl_word("int*", 3).class, CDECL_W_KEYWORD); /* the length counts, not what follows */
}
END_TEST

/* Every word that the rules have is one; the tests run from the root of the source tree. */
START_TEST(all_words) {
    char line[400];
    unsigned words = 0;
    bool begun = false;
    FILE *rules = fopen("grammar/lexer.re", "r");
    ck_assert_ptr_nonnull(rules);
    while (fgets(line, sizeof line, rules)) {
        begun = begun || strstr(line, "// storage classes and function specifiers");
        for (char *open = begun ? strchr(line, '"') : NULL, *close; open && (close = strchr(open + 1, '"')); open = strchr(close + 1, '"')) {
            *close = '\0';
            ck_assert_msg(cdecl_word(open + 1, (size_t)(close - open - 1)).class != CDECL_W_NAME, "%s", open + 1);
            words++;
        }
    }
    fclose(rules);
    ck_assert_uint_gt(words, 190);
    ck_assert_int_eq(cdecl_word("_Decimal_and_more_than_any_word_has", 35).class, CDECL_W_NAME);
    ck_assert_int_eq(cdecl_word("\xc3\xa9", 2).class, CDECL_W_NAME);
}
END_TEST

START_TEST(tables) {
    CdeclTable t = {0};
    uint32_t probe, index, found;
    for (uint32_t i = 0; i < 1000; i++) { /* every hash ten times */
        ck_assert_int_eq(cdecl_table_reserve(&t), 0);
        cdecl_table_add(&t, i % 100, i);
    }
    for (uint32_t i = 1000; i > 500; i--)
        cdecl_table_remove(&t, (i - 1) % 100, i - 1);
    for (uint32_t h = 0; h < 100; h++) {
        probe = found = 0;
        while (cdecl_table_next(&t, h, &probe, &index)) {
            ck_assert_uint_eq(index % 100, h);
            ck_assert_uint_eq(index / 100, found); /* oldest first */
            found++;
        }
        ck_assert_uint_eq(found, 5);
    }
    cdecl_table_free(&t);
}
END_TEST

Suite *lexer_suite(void) {
    Suite *s = suite_create("lexer");
    TCase *c = tcase_create("lexer");
    tcase_add_test(c, identifiers);
    tcase_add_test(c, plain_identifiers);
    tcase_add_test(c, long_identifiers);
    tcase_add_test(c, columns);
    tcase_add_test(c, numbers);
    tcase_add_test(c, literals);
    tcase_add_test(c, punctuators);
    tcase_add_test(c, comments_and_space);
    tcase_add_test(c, what_is_no_token);
    tcase_add_test(c, every_prefix);
    tcase_add_test(c, words);
    tcase_add_test(c, all_words);
    tcase_add_test(c, tables);
    suite_add_tcase(s, c);
    return s;
}
