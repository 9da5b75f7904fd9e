/* Literals: numbers, character constants, strings. The values and types are GCC's. */
#include <stdlib.h>

#include "constant.h"

#include <math.h>
#include <wchar.h>

#if WCHAR_MIN == 0
#define WIDE "unsigned int"
#else
#define WIDE "int"
#endif

START_TEST(integers_of_every_base) {
    static const IntCase cases[] = {
        {"0", "int", 0}, {"42", "int", 42}, {"052", "int", 42}, {"0x2A", "int", 42}, {"0X2a", "int", 42}, {"0b101010", "int", 42},
        {"0B101010", "int", 42}, {"0o52", "int", 42}, {"00", "int", 0}, {"007", "int", 7},
        {"2147483647", "int", 2147483647}, {"2147483648", "long", 2147483648}, {"0x7fffffff", "int", 0x7fffffff},
        {"0x80000000", "unsigned int", 0x80000000}, {"037777777777", "unsigned int", 0xffffffff},
        {"0x100000000", "long", 0x100000000}, {"9223372036854775807", "long", INT64_MAX},
        {"9223372036854775808", "__int128", (__int128)INT64_MAX + 1}, {"0x8000000000000000", "unsigned long", (__int128)INT64_MAX + 1},
        {"0xffffffffffffffff", "unsigned long", UINT64_MAX}, {"18446744073709551615u", "unsigned long", UINT64_MAX},
    };
    Bench b;
    bench_open(&b, "");
    CHECK_ALL(&b, check_int, cases);
    bench_close(&b);
}
END_TEST

START_TEST(digit_separators) {
    static const IntCase cases[] = {
        {"1'000'000", "int", 1000000}, {"0x7f'ff", "int", 0x7fff}, {"0b1111'0000", "int", 0xf0}, {"0'17", "int", 15}, {"1'0ul", "unsigned long", 10},
    };
    Bench b;
    bench_open(&b, "");
    CHECK_ALL(&b, check_int, cases);
    Constant c = evaluate(&b, "1'0.2'5e1'0");
    ck_assert(c.kind == CDECL_V_REAL && c.real == 10.25e10);
    bench_close(&b);
}
END_TEST

START_TEST(integer_suffixes) {
    static const IntCase cases[] = {
        {"1u", "unsigned int", 1}, {"1U", "unsigned int", 1}, {"1l", "long", 1}, {"1L", "long", 1}, {"1ul", "unsigned long", 1},
        {"1LU", "unsigned long", 1}, {"1ll", "long long", 1}, {"1LL", "long long", 1}, {"1ull", "unsigned long long", 1},
        {"1LLU", "unsigned long long", 1}, {"1z", "long", 1}, {"1uz", "unsigned long", 1}, {"1Zu", "unsigned long", 1},
        {"4294967296u", "unsigned long", 4294967296}, {"0x8000000000000000ll", "unsigned long long", (__int128)INT64_MAX + 1},
        {"0wb", "_BitInt(2)", 0}, {"1wb", "_BitInt(2)", 1}, {"3wb", "_BitInt(3)", 3}, {"3uwb", "unsigned _BitInt(2)", 3},
        {"255WBu", "unsigned _BitInt(8)", 255}, {"0x1'0000'0000'0000'0000wb", "_BitInt(66)", (__int128)1 << 64},
    };
    Bench b;
    bench_open(&b, "");
    CHECK_ALL(&b, check_int, cases);
    bench_close(&b);
}
END_TEST

START_TEST(imaginary_constants_have_complex_types) {
    static const IntCase cases[] = {
        {"sizeof(1i)", "unsigned long", 8}, {"sizeof(1.0i)", "unsigned long", 16}, {"sizeof(1.0fi)", "unsigned long", 8},
        {"sizeof(1.0if)", "unsigned long", 8}, {"sizeof(1.0jL)", "unsigned long", 32}, {"sizeof(1li)", "unsigned long", 16},
        {"_Generic(1.0iF, _Complex float: 1, default: 2)", "int", 1}, {"sizeof(__real__ 1.0iF)", "unsigned long", 4},
    };
    Bench b;
    bench_open(&b, "");
    CHECK_ALL(&b, check_int, cases);
    bench_close(&b);
}
END_TEST

START_TEST(floating_constants) {
    if (getenv("CDEFFI_VALGRIND"))
        return; /* valgrind computes long double in 64 bits */
    static const RealCase cases[] = {
        {"1.5", "double", 1.5L}, {".5", "double", 0.5L}, {"5.", "double", 5}, {"1e3", "double", 1000}, {"1E-2", "double", 0.01},
        {"0.1", "double", 0.1}, {"0.1f", "float", 0.1f}, {"0.1L", "long double", 0.1L}, {"0.1F", "float", 0.1f},
        {"09.5", "double", 9.5L}, {"00e1", "double", 0}, {"0x1p4", "double", 16}, {"0x.8p1", "double", 1}, {"0X1.8P+1f", "float", 3},
        {"0x1.999999999999ap-4", "double", 0.1}, {"1.0f32", "_Float32", 1}, {"0.1f32", "_Float32", 0.1f}, {"0.1F64", "_Float64", 0.1},
        {"0.1f32x", "_Float32x", 0.1}, {"0.1f64x", "_Float64x", 0.1L}, {"1.0f128", "_Float128", 1}, {"1.0q", "_Float128", 1},
        {"1.0w", "long double", 1}, {"0.1d", "double", 0.1}, {"1.5df", "_Decimal32", 1.5L}, {"1.5dd", "_Decimal64", 1.5L},
        {"1.5DL", "_Decimal128", 1.5L}, {"0.1f16", "_Float16", 0x1.998p-4L}, {"65519.0f16", "_Float16", 65504}, {"1e-8f16", "_Float16", 0},
        {"5.9604645e-8f16", "_Float16", 0x1p-24L}, {"0.1bf16", "__bf16", 0x1.9ap-4L}, {"1e400", "double", INFINITY},
        {"65520.0f16", "_Float16", INFINITY},
    };
    Bench b;
    bench_open(&b, "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Constant c = evaluate(&b, cases[i].text);
        ck_assert_msg(c.code == CDECL_OK && c.kind == CDECL_V_REAL, "%s: %s", cases[i].text, c.msg);
        ck_assert_msg(strcmp(c.type, cases[i].type) == 0, "%s: %s", cases[i].text, c.type);
        ck_assert_msg(c.real == cases[i].value, "%s: %La, not %La", cases[i].text, c.real, cases[i].value);
    }
    bench_close(&b);
}
END_TEST

START_TEST(malformed_numbers) {
    static const ErrorCase cases[] = {
        {"089", CDECL_E_BAD_DIGIT, 2}, {"0b12", CDECL_E_BAD_DIGIT, 4}, {"1lul", CDECL_E_BAD_SUFFIX, 2}, {"1lL", CDECL_E_BAD_SUFFIX, 2},
        {"1uu", CDECL_E_BAD_SUFFIX, 2}, {"1_000", CDECL_E_BAD_SUFFIX, 2}, {"0x", CDECL_E_BAD_SUFFIX, 2}, {"0xg", CDECL_E_BAD_SUFFIX, 2},
        {"12abc", CDECL_E_BAD_SUFFIX, 3}, {"1.5x", CDECL_E_BAD_SUFFIX, 4}, {"1.5ff", CDECL_E_BAD_SUFFIX, 4}, {"1wbl", CDECL_E_BAD_SUFFIX, 2},
        {"1e", CDECL_E_NO_EXPONENT_DIGITS, 2}, {"1e+", CDECL_E_NO_EXPONENT_DIGITS, 2}, {"0x1p", CDECL_E_NO_EXPONENT_DIGITS, 4},
        {"0x1.8", CDECL_E_NO_EXPONENT, 1}, {"0x.p1", CDECL_E_NO_DIGITS, 1}, {"1.2.3", CDECL_E_TWO_POINTS, 4}, {"0xe+1", CDECL_E_BAD_SUFFIX, 4},
        {"18446744073709551616", CDECL_E_INTEGER_TOO_LARGE, 1}, {"0x10000000000000000", CDECL_E_INTEGER_TOO_LARGE, 1},
        {"0x100000000000000000000000000000000wb", CDECL_E_INTEGER_TOO_LARGE, 1},
        {"3 + 089", CDECL_E_BAD_DIGIT, 6}, {"0x'1", CDECL_E_BAD_SEPARATOR, 3}, {"0b'1", CDECL_E_BAD_SEPARATOR, 3}, {"1e'5", CDECL_E_BAD_SEPARATOR, 3},
        {"1.5Df", CDECL_E_BAD_SUFFIX, 4}, {"1.5bF16", CDECL_E_BAD_SUFFIX, 4}, {"1.0'f", CDECL_E_BAD_SEPARATOR, 4}, {"1.0tooolongsuffix", CDECL_E_BAD_SUFFIX, 4}, {"1.5iif", CDECL_E_BAD_SUFFIX, 4},
    };
    Bench b;
    bench_open(&b, "");
    CHECK_ALL(&b, check_error, cases);
    bench_close(&b);
}
END_TEST

START_TEST(character_constants) {
    static const IntCase cases[] = {
        {"'a'", "int", 97}, {"'\\n'", "int", 10}, {"'\\0'", "int", 0}, {"'\\''", "int", 39}, {"'\"'", "int", 34}, {"'\\\"'", "int", 34},
        {"'\\\\'", "int", 92}, {"'\\a'", "int", 7}, {"'\\b'", "int", 8}, {"'\\f'", "int", 12}, {"'\\r'", "int", 13}, {"'\\t'", "int", 9},
        {"'\\v'", "int", 11}, {"'\\e'", "int", 27}, {"'\\E'", "int", 27}, {"'\\?'", "int", 63}, {"'?'", "int", 63}, {"'\\7'", "int", 7},
        {"'\\12'", "int", 10}, {"'\\101'", "int", 65}, {"'\\x41'", "int", 65}, {"'\\x00041'", "int", 65}, {"'\\q'", "int", 'q'},
        {"'\\377'", "int", '\377'}, {"'\\xff'", "int", '\xff'}, {"'\\x80'", "int", '\x80'}, {"'\\200'", "int", '\200'},
        {"'ab'", "int", 0x6162}, {"'abcd'", "int", 0x61626364}, {"'abcde'", "int", 0x62636465}, {"'\\xff\\xfe'", "int", 0xfffe},
        {"'\\x{041}'", "int", 65}, {"'\\o{101}'", "int", 65}, {"U'\\u{1F600}'", "unsigned int", 0x1F600}, {"'o\\o'", "int", 0x6f6f},
        {"'\\377\\377\\377\\377'", "int", -1}, {"'\\1234'", "int", 0x5334}, {"'\xc3\xa9'", "int", 0xc3a9}, {"'\\u00e9'", "int", 0xc3a9},
        {"L'a'", WIDE, 97}, {"L'\xc3\xa9'", WIDE, 0xe9}, {"L'\xe2\x82\xac'", WIDE, 0x20ac}, {"L'ab'", WIDE, 98},
        {"L'\\xffffffff'", WIDE, L'\xffffffff'}, {"u'a'", "unsigned short", 97}, {"u'\\xffff'", "unsigned short", 0xffff},
        {"u'\\u20ac'", "unsigned short", 0x20ac}, {"u'\\U0001F600'", "unsigned short", 0xde00}, {"U'\\U0001F600'", "unsigned int", 0x1f600},
        {"U'\xf0\x9f\x98\x80'", "unsigned int", 0x1f600}, {"u8'a'", "unsigned char", 97}, {"u8'\\xff'", "unsigned char", 255},
    };
    Bench b;
    bench_open(&b, "");
    CHECK_ALL(&b, check_int, cases);
    bench_close(&b);
}
END_TEST

START_TEST(malformed_characters) {
    static const ErrorCase cases[] = {
        {"''", CDECL_E_EMPTY_CHARACTER, 1}, {"L''", CDECL_E_EMPTY_CHARACTER, 1}, {"'\\x'", CDECL_E_ESCAPE_NO_DIGITS, 2},
        {"'\\x{'", CDECL_E_ESCAPE_NO_DIGITS, 2}, {"'\\x{}'", CDECL_E_ESCAPE_NO_DIGITS, 2}, {"'\\o{18}'", CDECL_E_ESCAPE_NO_DIGITS, 2},
        {"'\\u{41'", CDECL_E_ESCAPE_NO_DIGITS, 2}, {"'\\u{}'", CDECL_E_ESCAPE_NO_DIGITS, 2}, {"'\\xg'", CDECL_E_ESCAPE_NO_DIGITS, 2}, {"'\\x100'", CDECL_E_ESCAPE_RANGE, 2}, {"'\\400'", CDECL_E_ESCAPE_RANGE, 2},
        {"'a\\400'", CDECL_E_ESCAPE_RANGE, 3}, {"u'\\x10000'", CDECL_E_ESCAPE_RANGE, 3}, {"L'\\x100000000'", CDECL_E_ESCAPE_RANGE, 3},
        {"L'\\x1000000000000000000000001'", CDECL_E_ESCAPE_RANGE, 3}, {"'\\u12'", CDECL_E_ESCAPE_NO_DIGITS, 2},
        {"'\\U0000'", CDECL_E_ESCAPE_NO_DIGITS, 2}, {"L'\\ud800'", CDECL_E_BAD_UNIVERSAL_NAME, 3},
        {"L'\\U00110000'", CDECL_E_BAD_UNIVERSAL_NAME, 3}, {"u8'\xc3\xa9'", CDECL_E_CHARACTER_TOO_LARGE, 1},
        {"L'\xff'", CDECL_E_BAD_UTF8, 3}, {"L'\xc0\x80'", CDECL_E_BAD_UTF8, 3}, {"U'\xed\xa0\x80'", CDECL_E_BAD_UTF8, 3},
        {"u'\xf4\x90\x80\x80'", CDECL_E_BAD_UTF8, 3}, {"L'\xe2\x82'", CDECL_E_BAD_UTF8, 3},
    };
    Bench b;
    bench_open(&b, "");
    CHECK_ALL(&b, check_error, cases);
    bench_close(&b);
}
END_TEST

START_TEST(string_sizes) {
    static const IntCase cases[] = {
        {"sizeof(\"\")", "unsigned long", 1}, {"sizeof(\"abc\")", "unsigned long", 4}, {"sizeof \"a\" \"bc\"", "unsigned long", 4},
        {"sizeof(\"\\0\\x41\\101\")", "unsigned long", 4}, {"sizeof(L\"ab\")", "unsigned long", 12}, {"sizeof(u\"ab\")", "unsigned long", 6},
        {"sizeof(U\"ab\")", "unsigned long", 12}, {"sizeof(u8\"\xc3\xa9\")", "unsigned long", 3}, {"sizeof(u\"\\U0001F600\")", "unsigned long", 6},
        {"sizeof(\"a\" L\"b\")", "unsigned long", 12}, {"sizeof(\"\xe2\x82\xac\" u\"\")", "unsigned long", 4}, {"sizeof(\"\xff\")", "unsigned long", 2},
        {"sizeof(u8\"a\" \"b\")", "unsigned long", 3}, {"sizeof(\"\\u20ac\")", "unsigned long", 4}, {"sizeof \"abc\"[0]", "unsigned long", 1},
        {"sizeof(\"\\x123\" L\"\\x123\")", "unsigned long", 12},
    };
    static const ErrorCase errors[] = {
        {"sizeof(L\"a\" u\"b\")", CDECL_E_MIXED_PREFIXES, 13}, {"sizeof(u\"\\x12345\")", CDECL_E_ESCAPE_RANGE, 10},
    };
    Bench b;
    bench_open(&b, "");
    CHECK_ALL(&b, check_int, cases);
    CHECK_ALL(&b, check_error, errors);
    bench_close(&b);
}
END_TEST

Suite *number_suite(void);
Suite *number_suite(void) {
    Suite *s = suite_create("number");
    TCase *numbers = tcase_create("numbers"), *characters = tcase_create("characters");
    tcase_add_test(numbers, integers_of_every_base);
    tcase_add_test(numbers, digit_separators);
    tcase_add_test(numbers, integer_suffixes);
    tcase_add_test(numbers, imaginary_constants_have_complex_types);
    tcase_add_test(numbers, floating_constants);
    tcase_add_test(numbers, malformed_numbers);
    tcase_add_test(characters, character_constants);
    tcase_add_test(characters, malformed_characters);
    tcase_add_test(characters, string_sizes);
    suite_add_tcase(s, numbers);
    suite_add_tcase(s, characters);
    return s;
}
