/* Constant expressions: values and types are GCC's (System V x86-64), errors point at the operator. */
#include <stdlib.h>

#include "constant.h"

static const char declarations[] =
    "struct P { char a; int b[4]; struct { short c; long long d; } e; struct Q { char f[3]; double g; } h[2]; int bits : 5; };\n"
    "struct Open; struct Empty {}; union U { int i; double d; };\n"
    "enum E { E0, E1, EM = -7 }; enum F { F0 = 3000000000u, F1 = 5 }; enum __attribute__((packed)) H { H0 = 200 };\n"
    "extern struct P object; extern struct P *pointer; extern int variable; extern long array[10]; int function(int); void nothing(void);\n"
    "extern int aligned __attribute__((aligned(16))); extern _Alignas(32) int aligned; static const int const_object = 7; constexpr long constexpr_object = 8;\n"
    "extern struct Placed { short z; int a __attribute__((packed)); int b[2] __attribute__((aligned(16))); float c; short d; } placed;\n"
    "typedef int V __attribute__((vector_size(16))); extern V vector; extern _Complex float complex; extern int weak __attribute__((weak));\n";

enum F { F0 = 3000000000u, F1 = 5 }; /* compilers disagree about F1 */

START_TEST(promotions_and_conversions) {
    static const IntCase cases[] = {
        {"1 + 1", "int", 2}, {"1 + 1u", "unsigned int", 2}, {"1u + 1l", "long", 2}, {"1l + 1ull", "unsigned long long", 2},
        {"1ul + 1ll", "unsigned long long", 2}, {"1ul + 1l", "unsigned long", 2}, {"(char)1 + (char)1", "int", 2},
        {"(short)1 + (unsigned short)1", "int", 2}, {"(_Bool)1 + (_Bool)1", "int", 2}, {"+(char)-1", "int", (char)-1}, {"-1 + 0u", "unsigned int", 0xffffffff},
        {"-1 < 0u", "int", 0}, {"-1L < 0u", "int", 1}, {"-1 < (unsigned char)0", "int", 1}, {"~(unsigned char)0", "int", -1},
        {"~0u", "unsigned int", 0xffffffff}, {"~(_Bool)1", "int", -2}, {"!5", "int", 0}, {"!0.0", "int", 1}, {"-5 / 2", "int", -2},
        {"-5 % 3", "int", -2}, {"5 % -3", "int", 2}, {"-7 / 2u", "unsigned int", 2147483644}, {"E1 + E1", "int", 2},
        {"(enum E)1", "int", 1}, {"F1 + 1", _Generic(F1 + 1, int: "int", unsigned: "unsigned int"), 6}, {"(enum F)1 - 2", "unsigned int", 0xffffffff}, {"(enum H)200 + 100", "int", 300},
        {"(__int128)1 << 100 >> 98", "__int128", 4}, {"(unsigned __int128)-1 >> 127", "unsigned __int128", 1},
        {"(__int128)1 + 1ul", "__int128", 2}, {"0xffffffffu + 1", "unsigned int", 0}, {"0u - 1", "unsigned int", 0xffffffff},
        {"4000000000u * 4000000000u", "unsigned int", 1983905792}, {"0xffffffffffffffffu * 2", "unsigned long", UINT64_MAX - 1},
        {"(_BitInt(7))63 + (_BitInt(7))0", "_BitInt(7)", 63}, {"(unsigned _BitInt(7))100 + (unsigned _BitInt(7))100", "unsigned _BitInt(7)", 72},
        {"(_BitInt(7))1 + 1", "int", 2}, {"(_BitInt(40))1 + 1", "_BitInt(40)", 2}, {"(_BitInt(32))1 + 1", "int", 2}, {"1wb + 1", "int", 2},
    };
    Bench b;
    bench_open(&b, declarations);
    CHECK_ALL(&b, check_int, cases);
    bench_close(&b);
}
END_TEST

START_TEST(shifts_and_bits) {
    static const IntCase cases[] = {
        {"1 << 4", "int", 16}, {"1 << 31", "int", INT32_MIN}, {"-1 << 1", "int", -2}, {"-8 >> 1", "int", -4}, {"1u << 31", "unsigned int", 0x80000000},
        {"1 << 4ll", "int", 16}, {"(char)1 << 8", "int", 256}, {"1ll << 40", "long long", 1ll << 40}, {"0x80000000 >> 31", "unsigned int", 1},
        {"6 & 3 | 8 ^ 12", "int", 6}, {"0xf0 ^ 0xff", "int", 15}, {"-1 & 0xffu", "unsigned int", 255}, {"(__int128)-1 >> 100", "__int128", -1},
    };
    Bench b;
    bench_open(&b, declarations);
    CHECK_ALL(&b, check_int, cases);
    bench_close(&b);
}
END_TEST

START_TEST(comparison_logic_condition) {
    static const IntCase cases[] = {
        {"1 < 2", "int", 1}, {"2 <= 1", "int", 0}, {"1 == 1.0", "int", 1}, {"0.1f == 0.1", "int", 0}, {"3 != 3", "int", 0}, {"2 > 1 > 0", "int", 1},
        {"1 && 0", "int", 0}, {"0 || 2", "int", 1}, {"0.5 && 1", "int", 1}, {"1 ? 2 : 3", "int", 2}, {"0 ? 2 : 3l", "long", 3},
        {"1 ? -1 : 0u", "unsigned int", 0xffffffff}, {"1 ? (char)1 : (char)2", "int", 1}, {"0 ?: 7", "int", 7}, {"5 ?: 7", "int", 5},
        {"(1 ? 2.5 : 1) > 2", "int", 1}, {"1 ? 1 : 0 ? 2 : 3", "int", 1}, {"(void *)0 == 0", "int", 1}, {"(int *)8 > (int *)4", "int", 1},
        {"(int *)4 && 1", "int", 1},
    };
    Bench b;
    bench_open(&b, declarations);
    CHECK_ALL(&b, check_int, cases);
    bench_close(&b);
}
END_TEST

START_TEST(casts) {
    if (getenv("CDEFFI_VALGRIND"))
        return; /* valgrind computes long double in 64 bits */
    static const IntCase cases[] = {
        {"(char)200", "char", (char)200}, {"(unsigned char)300", "unsigned char", 44}, {"(_Bool)2", "_Bool", 1}, {"(_Bool)0.5", "_Bool", 1},
        {"(_Bool)0.0", "_Bool", 0}, {"(int)1.9", "int", 1}, {"(int)-1.9", "int", -1}, {"(unsigned char)255.9", "unsigned char", 255},
        {"(int)(1.0 + 2.5)", "int", 3}, {"(long)1e18", "long", 1000000000000000000}, {"(short)0x12345", "short", 0x2345},
        {"(unsigned long)-1", "unsigned long", UINT64_MAX}, {"(__int128)(unsigned long)-1", "__int128", UINT64_MAX},
        {"(unsigned __int128)-1 >> 64", "unsigned __int128", UINT64_MAX}, {"(enum H)456", "unsigned char", 200}, {"(int)(float)16777217", "int", 16777216},
        {"(int)(double)16777217", "int", 16777217}, {"(long)(void *)8", "long", 8}, {"(char)(long)(char *)513", "char", 1},
        {"(int)(_Float16)2049", "int", 2048}, {"(const int)3", "int", 3}, {"(unsigned _BitInt(3))13", "unsigned _BitInt(3)", 5}, {"(_BitInt(3))13", "_BitInt(3)", -3},
        {"(int)(0.1f + 0.2f == 0.3f)", "int", 1}, {"0.1 + 0.2 == 0.3", "int", 0}, {"(int)__real__ 3.5", "int", 3}, {"__imag__ 3", "int", 0},
    };
    Bench b;
    bench_open(&b, declarations);
    CHECK_ALL(&b, check_int, cases);
    bench_close(&b);
}
END_TEST

START_TEST(real_arithmetic_is_rounded_once) {
    if (getenv("CDEFFI_VALGRIND"))
        return; /* valgrind computes long double in 64 bits */
    static const RealCase cases[] = {
        {"0.1 + 0.2", "double", 0x1.3333333333334p-2L}, {"0.1f + 0.2f", "float", 0x1.333334p-2L}, {"1.0 / 3", "double", 0x1.5555555555555p-2L},
        {"1.0f / 3", "float", 0x1.555556p-2L}, {"1.0L / 3", "long double", 1.0L / 3}, {"1.0f + 1.0", "double", 2}, {"1.0f16 + 1", "_Float16", 2},
        {"2048.0f16 + 1.0f16", "_Float16", 2048}, {"2048.0f16 + 3.0f16", "_Float16", 2052}, {"1.0f32 + 1.0f", "_Float32", 2}, {"1.0f64 * 1.0", "_Float64", 1},
        {"1.0f32x - 1.0", "double", 0}, {"1.0f64x + 1.0L", "long double", 2}, {"1 ? 1.0f : 2.0", "double", 1}, {"-1.5", "double", -1.5L},
        {"1.0 / 0", "double", __builtin_infl()}, {"(float)0.1", "float", 0.1f}, {"(double)0.1f", "double", 0.1f},
        {"1e16 + 1.0 + 1.0", "double", 1e16L}, {"9007199254740993 * 1.0", "double", 9007199254740992.0L},
    };
    Bench b;
    bench_open(&b, declarations);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Constant c = evaluate(&b, cases[i].text);
        ck_assert_msg(c.code == CDECL_OK && c.kind == CDECL_V_REAL, "%s: %s", cases[i].text, c.msg);
        ck_assert_msg(strcmp(c.type, cases[i].type) == 0, "%s: %s", cases[i].text, c.type);
        ck_assert_msg(c.real == cases[i].value, "%s: %La, not %La", cases[i].text, c.real, cases[i].value);
    }
    bench_close(&b);
}
END_TEST

START_TEST(sizes_and_offsets) {
    static const IntCase cases[] = {
        {"sizeof(int)", "unsigned long", 4}, {"sizeof(struct P)", "unsigned long", 80}, {"sizeof variable", "unsigned long", 4}, {"sizeof(void)", "unsigned long", 1},
        {"sizeof(int(void))", "unsigned long", 1}, {"sizeof array", "unsigned long", 80}, {"sizeof &array", "unsigned long", 8},
        {"sizeof array[0]", "unsigned long", 8}, {"sizeof *pointer", "unsigned long", 80}, {"sizeof pointer->h", "unsigned long", 32},
        {"sizeof object.h[1].f", "unsigned long", 3}, {"sizeof(1 / 0)", "unsigned long", 4}, {"sizeof(variable / 0)", "unsigned long", 4},
        {"sizeof function(1)", "unsigned long", 4}, {"sizeof nothing()", "unsigned long", 1}, {"sizeof(char[2 + 3])", "unsigned long", 5},
        {"sizeof +object.bits", "unsigned long", 4}, {"sizeof(variable = 3)", "unsigned long", 4}, {"sizeof(1, 2L)", "unsigned long", 8},
        {"sizeof(vector + 1)", "unsigned long", 16}, {"sizeof(vector < vector)", "unsigned long", 16}, {"sizeof vector[0]", "unsigned long", 4},
        {"sizeof(complex * 2.0)", "unsigned long", 16}, {"sizeof __real__ complex", "unsigned long", 4}, {"sizeof(1 ? pointer : 0)", "unsigned long", 8},
        {"sizeof *(1 ? (void *)0 : pointer)", "unsigned long", 80}, {"sizeof *(1 ? (void *)variable : pointer)", "unsigned long", 1},
        {"_Alignof(long double)", "unsigned long", 16}, {"__alignof__(int[3])", "unsigned long", 4}, {"_Alignof(int[])", "unsigned long", 4},
        {"_Alignof(void)", "unsigned long", 1}, {"__alignof__(aligned)", "unsigned long", 32}, {"_Alignof aligned", "unsigned long", 32},
        {"__alignof__(placed.a)", "unsigned long", 1}, {"__alignof__((&placed)->b)", "unsigned long", 16}, {"__alignof__(placed.c)", "unsigned long", 4},
        {"__alignof__(placed.b[0])", "unsigned long", 4}, {"__alignof__(placed.d)", "unsigned long", 2}, {"__alignof__(aligned + 1)", "unsigned long", 4},
        {"__alignof__(const_object)", "unsigned long", 4}, {"sizeof(&const_object)", "unsigned long", 8}, {"const_object * 2", "int", 14},
        {"_Generic(&const_object, const int *: 1, default: 0)", "int", 1}, {"_Generic(&constexpr_object, const long *: 1, default: 0)", "int", 1},
        {"_Generic(const_object, int: 1, default: 0)", "int", 1}, {"__alignof__ array", "unsigned long", 8}, {"_Alignof(struct P)", "unsigned long", 8},
        {"__builtin_offsetof(struct P, e.d)", "unsigned long", 32}, {"__builtin_offsetof(struct P, h[1].f[2])", "unsigned long", 58},
        {"__builtin_offsetof(struct P, b[1 + 1])", "unsigned long", 12}, {"__builtin_offsetof(struct P, b[9])", "unsigned long", 40},
        {"(unsigned long)&((struct P *)0)->e.d", "unsigned long", 32}, {"(int)(long)&(*(struct P *)0).h[1]", "int", 56},
        {"(char *)&((struct P *)0)->b[2] - (char *)0", "long", 12}, {"(long)((struct P *)0)->b", "long", 4},
        {"&((struct P *)0)->b[3] - ((struct P *)0)->b", "long", 3}, {"(long)((struct P *)16 + 1)", "long", 96}, {"(long)(1 + (short *)2)", "long", 4},
        {"(long)&2[(int *)8]", "long", 16}, {"(long)((char *)8 - 3)", "long", 5},
    };
    Bench b;
    bench_open(&b, declarations);
    CHECK_ALL(&b, check_int, cases);
    bench_close(&b);
}
END_TEST

/* What has a type but no value here: casts of records and vectors, complex numbers, calls. */
START_TEST(operands_with_only_a_type) {
    static const IntCase cases[] = {
        {"sizeof((struct P)object)", "unsigned long", 80}, {"sizeof((union U)1)", "unsigned long", 8}, {"sizeof((union U)1.5)", "unsigned long", 8},
        {"sizeof((void)1)", "unsigned long", 1}, {"sizeof((V)vector)", "unsigned long", 16}, {"sizeof((V)(__int128)1)", "unsigned long", 16},
        {"sizeof((__int128)vector)", "unsigned long", 16}, {"sizeof(vector + vector)", "unsigned long", 16}, {"sizeof(-vector)", "unsigned long", 16},
        {"sizeof(~vector)", "unsigned long", 16}, {"sizeof(1 ? object : object)", "unsigned long", 80}, {"sizeof(1 ? (void)0 : (void)1)", "unsigned long", 1},
        {"sizeof((_Complex double)1)", "unsigned long", 16}, {"sizeof(~complex)", "unsigned long", 8}, {"sizeof(complex == complex)", "unsigned long", 4},
        {"sizeof(1 ? complex : 1.0)", "unsigned long", 16}, {"sizeof(&function)", "unsigned long", 8}, {"sizeof(*function)", "unsigned long", 1},
        {"sizeof((*function)(1))", "unsigned long", 4}, {"sizeof(*&object)", "unsigned long", 80}, {"sizeof(1 ? array : (void *)pointer)", "unsigned long", 8},
        {"sizeof(*(1 ? array : (long *)0))", "unsigned long", 8}, {"sizeof(*(1 ? (int (*)[])0 : (int (*)[3])0))", "unsigned long", 12},
        {"sizeof(*(variable ? pointer : array))", "unsigned long", 1}, {"sizeof(1 ? pointer : 5)", "unsigned long", 8}, {"sizeof(1.5dd * 2)", "unsigned long", 8},
        {"sizeof(1.5df + 1.5dl)", "unsigned long", 16}, {"sizeof(pointer - pointer)", "unsigned long", 8}, {"sizeof(pointer + variable)", "unsigned long", 8},
        {"sizeof(pointer < pointer)", "unsigned long", 4}, {"sizeof(2[array])", "unsigned long", 8}, {"sizeof(object = object)", "unsigned long", 80},
        {"sizeof((_BitInt(200))1)", "unsigned long", 32}, {"7u % 4u", "unsigned int", 3}, {"3 >= 3", "int", 1}, {"(int *)8 != (int *)8", "int", 0},
        {"(int *)8 <= (int *)9", "int", 1}, {"(int *)8 >= (int *)9", "int", 0}, {"(long)((int *)8 - 1)", "long", 4}, {"(int)(long)&*(char *)7", "int", 7},
        {"(long)(void *)(int *)12", "long", 12}, {"(void *)-1 == (void *)~0ul", "int", 1}, {"(_Bool)(int *)8", "_Bool", 1},
    };
    static const ErrorCase errors[] = {
        {"(_BitInt(200))1", CDECL_E_TOO_WIDE, 1}, {"1.5dd * 2 > 1", CDECL_E_NOT_CONSTANT, 1}, {"(int)complex", CDECL_E_NOT_CONSTANT, 6},
        {"complex < complex", CDECL_E_OPERANDS, 9}, {"vector + (struct P *)0", CDECL_E_OPERANDS, 8}, {"vector + pointer", CDECL_E_OPERANDS, 8},
        {"(V)1", CDECL_E_CAST, 1}, {"(int[3])variable", CDECL_E_CAST, 1}, {"(int)nothing()", CDECL_E_CAST, 1}, {"(union U)pointer", CDECL_E_CAST, 1},
        {"nothing() && 1", CDECL_E_OPERANDS, 11}, {"1.0dd < 1.0", CDECL_E_OPERANDS, 7}, {"pointer < 1.5", CDECL_E_OPERANDS, 9}, {"!vector", CDECL_E_OPERAND, 1},
        {"__real__ object", CDECL_E_OPERAND, 1}, {"(struct Open *)0 + 1", CDECL_E_SIZE_UNKNOWN, 1}, {"(struct Empty *)8 - (struct Empty *)0", CDECL_E_DIVISION_BY_ZERO, 19},
        {"((struct Open *)0)->x", CDECL_E_SIZE_UNKNOWN, 21}, {"&nothing()", CDECL_E_NOT_LVALUE, 1}, {"sizeof(pointer->bits)", CDECL_E_BITFIELD_OPERAND, 1},
    };
    Bench b;
    bench_open(&b, declarations);
    CHECK_ALL(&b, check_int, cases);
    CHECK_ALL(&b, check_error, errors);
    bench_close(&b);
}
END_TEST

/* Two places in one variable are known to be apart, wherever it lies; and it lies somewhere. */
START_TEST(places_in_variables) {
    static const IntCase cases[] = {
        {"&array[2] - &array[0]", "long", 2}, {"array - &array[3]", "long", -3}, {"(char *)&array[2] - (char *)array", "long", 16}, {"&array[12] - array", "long", 12},
        {"&object.b[2] - object.b", "long", 2}, {"(char *)&object.e.d - (char *)&object", "long", 32}, {"&object.h[1] - object.h", "long", 1},
        {"&(&object)->b[1] - &object.b[3]", "long", -2}, {"array + 2 - 1 - array", "long", 1}, {"&array[1] < &array[2]", "int", 1}, {"&array[1] == array + 1", "int", 1},
        {"&array[1] != &array[1]", "int", 0}, {"&array[0] == 0", "int", 0}, {"(void *)0 != &variable", "int", 1}, {"!&variable", "int", 0}, {"&variable && 1", "int", 1},
        {"0 || array", "int", 1}, {"&object.a ? 4 : 5", "int", 4},
    };
    static const ErrorCase errors[] = {
        {"&array[1] - (long *)&variable", CDECL_E_NOT_CONSTANT, 1}, {"&array[1] < (long *)&variable", CDECL_E_NOT_CONSTANT, 1}, {"pointer - pointer", CDECL_E_NOT_CONSTANT, 1},
        {"&array[variable] - array", CDECL_E_NOT_CONSTANT, 1}, {"&pointer->b[1] - pointer->b", CDECL_E_NOT_CONSTANT, 1}, {"(long)&array[1]", CDECL_E_NOT_CONSTANT, 7},
        {"function == 0", CDECL_E_NOT_CONSTANT, 1}, {"&weak == 0", CDECL_E_NOT_CONSTANT, 1},
    };
    Bench b;
    bench_open(&b, declarations);
    CHECK_ALL(&b, check_int, cases);
    CHECK_ALL(&b, check_error, errors);
    bench_close(&b);
}
END_TEST

START_TEST(functions_of_literals) {
    static const IntCase cases[] = {
        {"__builtin_strlen(\"abc\")", "unsigned long", 3}, {"__builtin_strlen(\"a\\0bc\")", "unsigned long", 1}, {"__builtin_strlen(\"a\" \"b\")", "unsigned long", 2},
        {"__builtin_strcmp(\"a\", \"d\")", "int", -1}, {"__builtin_strcmp(\"d\", \"a\")", "int", 1}, {"__builtin_strcmp(\"a\", \"\\xff\")", "int", -1}, {"__builtin_strcmp(\"a\", \"a\")", "int", 0},
        {"__builtin_strncmp(\"ad\", \"az\", 2)", "int", -22}, {"__builtin_strncmp(\"ad\", \"az\", 1)", "int", 0}, {"__builtin_strncmp(\"a\", \"a\", -1)", "int", 0},
        {"__builtin_memcmp(\"a\\0b\", \"a\\0c\", 3)", "int", -1}, {"__builtin_memcmp(\"da\", \"a\", 2)", "int", 1},
        {"sizeof(__builtin_memcpy)", "unsigned long", 1}, {"sizeof(__builtin_memcpy(0, 0, 0))", "unsigned long", 8}, {"sizeof __builtin_strlen(pointer)", "unsigned long", 8},
        {"sizeof(*__builtin_strchr(\"a\", 97))", "unsigned long", 1}, {"sizeof __func__", "unsigned long", 1}, {"sizeof(__FUNCTION__)", "unsigned long", 1},
        {"sizeof __PRETTY_FUNCTION__", "unsigned long", 10}, {"_Generic(&__func__, const char (*)[1]: 3, default: 4)", "int", 3},
    };
    Bench b;
    bench_open(&b, declarations);
    CHECK_ALL(&b, check_int, cases);
    bench_close(&b);
}
END_TEST

/* An operand that is not evaluated may hold any error of evaluation. */
START_TEST(unevaluated_operands) {
    static const IntCase cases[] = {
        {"0 && 1 / 0", "int", 0}, {"1 || variable", "int", 1}, {"1 ? 2 : 1 / 0", "int", 2}, {"0 ? variable : 3", "int", 3},
        {"0 && 2147483647 + 1", "int", 0}, {"1 ? 2 : 1 << 99", "int", 2}, {"0 ? function(1) : 4", "int", 4}, {"0 && (0 || 1 / 0)", "int", 0},
        {"1 ?: 1 / 0", "int", 1}, {"0 ? (int)1e30 : 1", "int", 1}, {"__builtin_choose_expr(1, 5, 1 / 0)", "int", 5}, {"_Generic(1, int: 5, long: 1 / 0)", "int", 5},
    };
    Bench b;
    bench_open(&b, declarations);
    CHECK_ALL(&b, check_int, cases);
    bench_close(&b);
}
END_TEST

START_TEST(errors_point_at_the_operator) {
    if (getenv("CDEFFI_VALGRIND"))
        return; /* valgrind computes long double in 64 bits */
    static const ErrorCase cases[] = {
        {"1 / 0", CDECL_E_DIVISION_BY_ZERO, 3}, {"1 % 0", CDECL_E_DIVISION_BY_ZERO, 3}, {"1 + 2 / (3 - 3)", CDECL_E_DIVISION_BY_ZERO, 7},
        {"0 * (1 / 0)", CDECL_E_DIVISION_BY_ZERO, 8}, {"1 ? 1 / 0 : 2", CDECL_E_DIVISION_BY_ZERO, 7}, {"1 / 0 && 0", CDECL_E_DIVISION_BY_ZERO, 3},
        {"2147483647 + 1", CDECL_E_OVERFLOW, 12}, {"-2147483647 - 2", CDECL_E_OVERFLOW, 13}, {"65536 * 65536", CDECL_E_OVERFLOW, 7},
        {"-(-2147483647 - 1)", CDECL_E_OVERFLOW, 1}, {"(-2147483647 - 1) / -1", CDECL_E_OVERFLOW, 19}, {"(-2147483647 - 1) % -1", CDECL_E_OVERFLOW, 19},
        {"9223372036854775807 + 1", CDECL_E_OVERFLOW, 21}, {"((__int128)1 << 126) * 2", CDECL_E_OVERFLOW, 22}, {"(_BitInt(7))63 + (_BitInt(7))1", CDECL_E_OVERFLOW, 16},
        {"1 << 32", CDECL_E_SHIFT_COUNT, 3}, {"1 >> 32", CDECL_E_SHIFT_COUNT, 3}, {"1 << -1", CDECL_E_SHIFT_COUNT, 3}, {"1ll << 64", CDECL_E_SHIFT_COUNT, 5},
        {"(int)1e30", CDECL_E_CAST_RANGE, 1}, {"(unsigned char)256.0", CDECL_E_CAST_RANGE, 1}, {"(unsigned)-1.0", CDECL_E_CAST_RANGE, 1},
        {"variable", CDECL_E_NOT_CONSTANT, 1}, {"3 + variable", CDECL_E_NOT_CONSTANT, 5}, {"function(1) * 2", CDECL_E_NOT_CONSTANT, 1},
        {"object.b[0]", CDECL_E_NOT_CONSTANT, 1}, {"(1, 2)", CDECL_E_NOT_CONSTANT, 2}, {"variable = 3", CDECL_E_NOT_CONSTANT, 1},
    };
    Bench b;
    bench_open(&b, declarations);
    CHECK_ALL(&b, check_error, cases);
    bench_close(&b);
}
END_TEST

/* Wrong types are errors wherever they stand. */
START_TEST(constraints) {
    static const ErrorCase cases[] = {
        {"~1.5", CDECL_E_OPERAND, 1}, {"-\"a\"", CDECL_E_OPERAND, 1}, {"!object", CDECL_E_OPERAND, 1}, {"0 && ~1.5", CDECL_E_OPERAND, 6},
        {"1.5 % 2", CDECL_E_OPERANDS, 5}, {"1 << 1.5", CDECL_E_OPERANDS, 3}, {"object + 1", CDECL_E_OPERANDS, 8}, {"pointer + pointer", CDECL_E_OPERANDS, 9},
        {"pointer * 2", CDECL_E_OPERANDS, 9}, {"pointer - array", CDECL_E_OPERANDS, 9}, {"1.0dd + 1.0", CDECL_E_OPERANDS, 7},
        {"&3", CDECL_E_NOT_LVALUE, 1}, {"&(variable + 1)", CDECL_E_NOT_LVALUE, 1}, {"&object.bits", CDECL_E_BITFIELD_OPERAND, 1},
        {"sizeof object.bits", CDECL_E_BITFIELD_OPERAND, 1}, {"sizeof(struct Open)", CDECL_E_SIZE_UNKNOWN, 8}, {"sizeof(int[])", CDECL_E_SIZE_UNKNOWN, 8},
        {"__builtin_offsetof(struct P, bits)", CDECL_E_BITFIELD_OPERAND, 30}, {"__builtin_offsetof(struct P, x)", CDECL_E_NO_MEMBER, 30},
        {"__builtin_offsetof(struct P, a.x)", CDECL_E_NOT_A_RECORD, 32}, {"__builtin_offsetof(struct P, a[1])", CDECL_E_NOT_INDEXED, 32},
        {"__builtin_offsetof(struct P, b[variable])", CDECL_E_NOT_CONSTANT, 32}, {"object.x", CDECL_E_NO_MEMBER, 8}, {"variable.x", CDECL_E_NOT_A_RECORD, 10},
        {"object->a", CDECL_E_NOT_A_POINTER, 9}, {"*variable", CDECL_E_NOT_A_POINTER, 1}, {"variable[0]", CDECL_E_NOT_INDEXED, 1},
        {"array[1.5]", CDECL_E_INDEX_TYPE, 7}, {"variable()", CDECL_E_NOT_CALLED, 1}, {"(struct P)1", CDECL_E_CAST, 1}, {"(int)object", CDECL_E_CAST, 1},
        {"(float)pointer", CDECL_E_CAST, 1}, {"(int *)1.5", CDECL_E_CAST, 1}, {"object ? 1 : 2", CDECL_E_CONDITION_TYPE, 1},
        {"(1 ? object : 2)", CDECL_E_ARMS, 6}, {"3 = 4", CDECL_E_NOT_LVALUE, 3},
    };
    Bench b;
    bench_open(&b, declarations);
    CHECK_ALL(&b, check_error, cases);
    bench_close(&b);
}
END_TEST

static CdeclCode code_of(Bench *b, const char *text) {
    CdeclError err = {0};
    cdecl_parse(b->scope, text, strlen(text), NULL, &err);
    CdeclCode code = err.code;
    cdecl_error_clear(&err);
    return code;
}

START_TEST(an_integer_is_needed) {
    static const char *const texts[] = {"int x[1.5];", "enum { X = 1.0 };", "enum { X = (void *)0 };", "struct X { int a : 1.0; };",
                                        "_Static_assert(1.0, \"\");", "enum { X = \"abc\" };"};
    Bench b;
    bench_open(&b, declarations);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(code_of(&b, texts[i]) == CDECL_E_NOT_INTEGER, "%s: %d", texts[i], code_of(&b, texts[i]));
    bench_close(&b);
}
END_TEST

/* Every place that takes a constant expression evaluates it, and refuses it alike. */
START_TEST(contexts) {
    static const char *const texts[] = {
        "int x[%s];", "struct X { int b : %s; };", "enum X { X = %s };", "enum { X = 1, Y = %s };", "_Static_assert(%s, \"\");",
        "_Alignas(%s) int x;", "int x __attribute__((aligned(%s)));", "typedef int X __attribute__((vector_size((%s) * 16)));",
        "static const int x = %s;", "constexpr int x = %s;", "const unsigned char x = %s;", "int x = %s;", "_BitInt((%s) + 5) x;",
        "char x[sizeof(char[%s])];", "char x[_Alignof(char[%s])];", "typedef struct { int x[%s]; } X;",
    };
    static const struct { const char *text; CdeclCode code; } values[] = {
        {"(1 << 2)", CDECL_OK}, {"1 / 0 + 1", CDECL_E_DIVISION_BY_ZERO}, {"2147483647 + 1", CDECL_E_OVERFLOW}, {"1 << 32", CDECL_E_SHIFT_COUNT},
        {"0x", CDECL_E_BAD_SUFFIX}, {"''", CDECL_E_EMPTY_CHARACTER}, {"sizeof(struct Open)", CDECL_E_SIZE_UNKNOWN}, {"~1.0", CDECL_E_OPERAND},
    };
    char text[200];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            Bench b;
            bench_open(&b, declarations);
            snprintf(text, sizeof text, texts[i], values[k].text);
            CdeclCode code = code_of(&b, text);
            ck_assert_msg(code == values[k].code, "%s: %d, not %d", text, code, values[k].code);
            bench_close(&b);
        }
}
END_TEST

typedef struct Declaration { const char *text; CdeclCode code; } Declaration;

/* Each of the N texts, in a scope of its own, is declared or refused with its code. */
static void declares(const Declaration *cases, size_t n) {
    for (size_t i = 0; i < n; i++) {
        Bench b;
        bench_open(&b, "");
        CdeclCode code = code_of(&b, cases[i].text);
        ck_assert_msg(code == cases[i].code, "%s: %d, not %d", cases[i].text, code, cases[i].code);
        bench_close(&b);
    }
}

/* C23 6.2.5p23, 6.3.2.4, 6.5.9: what nullptr_t is not converted to or from, nor compared or computed with. */
START_TEST(nullptr_is_no_pointer) {
    static const Declaration cases[] = {
        {"nullptr_t n = 1;", CDECL_E_INITIALIZER_TYPE}, {"int *p; nullptr_t n = p;", CDECL_E_INITIALIZER_TYPE},
        {"nullptr_t n = (int *)0;", CDECL_E_INITIALIZER_TYPE}, {"int i = nullptr;", CDECL_E_INITIALIZER_TYPE},
        {"float f = nullptr;", CDECL_E_INITIALIZER_TYPE}, {"_BitInt(8) i = nullptr;", CDECL_E_INITIALIZER_TYPE},
        {"int x[(int)nullptr == 0];", CDECL_E_CAST}, {"int x[sizeof((char)nullptr)];", CDECL_E_CAST},
        {"int x[sizeof((nullptr_t)1)];", CDECL_E_CAST}, {"int *p; int x[sizeof((nullptr_t)p)];", CDECL_E_CAST},
        {"int x[sizeof(nullptr + 1)];", CDECL_E_OPERANDS}, {"int x[sizeof(nullptr - nullptr)];", CDECL_E_OPERANDS},
        {"int x[nullptr < nullptr];", CDECL_E_OPERANDS}, {"int x[nullptr < 0];", CDECL_E_OPERANDS}, {"int x[nullptr == 1];", CDECL_E_OPERANDS},
        {"int x[sizeof(-nullptr)];", CDECL_E_OPERAND}, {"int x[sizeof(*nullptr)];", CDECL_E_NOT_A_POINTER},
        {"int x[sizeof(nullptr[0])];", CDECL_E_NOT_INDEXED}, {"int x[sizeof(1 ? nullptr : 0)];", CDECL_E_ARMS},
        {"int x[nullptr];", CDECL_E_NOT_INTEGER}, {"nullptr_t restrict n;", CDECL_E_RESTRICT},
        {"typedef nullptr_t N __attribute__((mode(DI)));", CDECL_E_MODE_TYPE},
        {"int f(nullptr_t); int f(void *);", CDECL_E_CONFLICTING_TYPES}, {"extern nullptr_t n; extern void *n;", CDECL_E_CONFLICTING_TYPES},
    };
    declares(cases, sizeof cases / sizeof *cases);
}
END_TEST

/* C11 6.7.9p11 to p15, C23 6.7.2: what initialises what, as GCC has it. */
START_TEST(initializers_have_the_objects_type) {
    static const Declaration cases[] = {
        {"__WCHAR_TYPE__ x[] = L\"a\"; char a[] = \"a\", b[2] = {\"a\"}; signed char c[] = u8\"a\"; unsigned char d[] = (\"a\"); char16_t e[] = u\"a\";", CDECL_OK},
        {"short x[] = L\"a\";", CDECL_E_INITIALIZER_TYPE}, {"short x[] = u\"a\";", CDECL_E_INITIALIZER_TYPE},
        {"_Bool x[] = \"a\";", CDECL_E_INITIALIZER_TYPE}, {"enum e { A } x[] = L\"a\";", CDECL_E_INITIALIZER_TYPE},
        {"_Atomic char x[] = \"a\";", CDECL_E_INITIALIZER_TYPE}, {"_Atomic char x[] = { \"a\" };", CDECL_E_INITIALIZER_TYPE},
        {"short x[2] = { \"a\" };", CDECL_E_INITIALIZER_TYPE}, {"float x = { \"a\" };", CDECL_E_INITIALIZER_TYPE},
        {"const char *x = { \"a\" }, *y[] = { \"a\" }; struct s { const char *a; } z = { \"a\" };", CDECL_OK},
        {"int y[2]; int x[2] = y;", CDECL_E_INITIALIZER_TYPE}, {"int x[2] = (int[2]){ 1 }, y[] = (int[]){ 1, 2 };", CDECL_OK},
        {"int x[2] = (long[2]){ 1 };", CDECL_E_INITIALIZER_TYPE}, {"int x[E ? 1 : 2];", CDECL_E_UNDECLARED},
        {"int x[1 ? 1 : E];", CDECL_E_UNDECLARED}, {"int x[1 || E];", CDECL_E_UNDECLARED}, {"int x[0 ? 1 / 0 : 2];", CDECL_OK},
        {"int x = 1 ? 1 : E;", CDECL_OK}, {"constexpr volatile int x = 1;", CDECL_E_CONSTEXPR_QUALIFIER},
        {"constexpr int *restrict x = 0;", CDECL_E_CONSTEXPR_QUALIFIER}, {"struct s { _Atomic int a[2]; }; constexpr struct s x[1] = {0};", CDECL_E_CONSTEXPR_QUALIFIER},
        {"constexpr volatile int *x = 0; constexpr int *y = nullptr, *z = x;", CDECL_OK}, {"constexpr _Thread_local int x = 1;", CDECL_E_STORAGE_CLASSES},
        {"constexpr const char *x = \"a\";", CDECL_E_CONSTEXPR_POINTER}, {"constexpr void *x = (void *)8;", CDECL_E_CONSTEXPR_POINTER},
        {"int y; constexpr int *x = &y;", CDECL_E_CONSTEXPR_POINTER}, {"int f(void); constexpr int (*x)(void) = f;", CDECL_E_CONSTEXPR_POINTER},
    };
    declares(cases, sizeof cases / sizeof *cases);
}
END_TEST

/* GCC's named address spaces: one at a time, the same in each declaration, and no pointer leads from one to the other. */
START_TEST(address_spaces_are_apart) {
    static const Declaration cases[] = {
        {"int __seg_fs __seg_gs *p;", CDECL_E_SEGMENTS}, {"int *__seg_gs const __seg_fs p;", CDECL_E_SEGMENTS},
        {"typedef __seg_fs int T; __seg_gs T *p;", CDECL_E_SEGMENTS}, {"__seg_fs __seg_fs int *p; extern __seg_fs int *p;", CDECL_OK},
        {"extern __seg_fs int v; extern int v;", CDECL_E_CONFLICTING_TYPES}, {"extern int v; extern __seg_gs int v;", CDECL_E_CONFLICTING_TYPES},
        {"extern __seg_fs int v; extern __seg_gs int v;", CDECL_E_CONFLICTING_TYPES}, {"__seg_fs int v[3]; extern int v[3];", CDECL_E_CONFLICTING_TYPES},
        {"extern __seg_fs int v[]; extern __seg_fs int v[3];", CDECL_OK}, {"extern int *__seg_fs v; extern int *v;", CDECL_E_CONFLICTING_TYPES},
        {"extern __seg_fs int *v; extern __seg_gs int *v;", CDECL_E_CONFLICTING_TYPES}, {"typedef __seg_fs int T; T *p; extern __seg_fs int *p;", CDECL_OK},
        {"void f(__seg_fs int *); void f(int *);", CDECL_E_CONFLICTING_TYPES}, {"void f(__seg_fs int [3]); void f(__seg_fs int *);", CDECL_OK},
        {"void f(int *__seg_fs);", CDECL_E_PARAMETER_SEGMENT}, {"typedef __seg_fs int T; void f(T);", CDECL_E_PARAMETER_SEGMENT},
        {"struct s { __seg_fs int x[3]; };", CDECL_E_MEMBER_SEGMENT}, {"__seg_fs int *p; int *q; int x[sizeof(p == q)];", CDECL_E_OPERANDS},
        {"__seg_fs int *p; int *q; int x[sizeof(p - q)];", CDECL_E_OPERANDS}, {"__seg_fs int *p; int *q; int x[sizeof(1 ? p : q)];", CDECL_E_ARMS},
        {"__seg_fs int *p; int x[sizeof(1 ? p : (void *)0) + sizeof(p == 0)]; __seg_fs int *q = (void *)0;", CDECL_OK},
        {"__seg_fs int v; int *q = &v;", CDECL_E_INITIALIZER_TYPE}, {"int v; __seg_gs int *q = &v;", CDECL_E_INITIALIZER_TYPE},
        {"__seg_fs int v[2]; __seg_fs int *q = v;", CDECL_OK}, {"__seg_fs int v[2]; int *q = v;", CDECL_E_INITIALIZER_TYPE},
        {"__seg_fs struct { int a[5]; } *p; _Static_assert(sizeof *p == 20 && sizeof p->a[1] == 4 && _Generic(p->a[0], int: 1));", CDECL_OK},
        {"__seg_fs int **p; typeof(**p) v; extern __seg_fs int v; _Static_assert(sizeof **p == 4 && sizeof p[0][2] == 4);", CDECL_OK},
        {"_Static_assert(sizeof *(int __seg_gs *)8 == 4 && _Generic((__seg_fs int *)0, int *: 0, __seg_gs int *: 0, int __seg_fs *: 1));", CDECL_OK},
    };
    declares(cases, sizeof cases / sizeof *cases);
}
END_TEST

/* C11 6.7.3p10: a name declared again has the same qualifiers; an array's are its elements'. */
START_TEST(qualifiers_of_declarations_agree) {
    static const Declaration cases[] = {
        {"extern const int q; extern const int q;", CDECL_OK}, {"extern const int q; int q;", CDECL_E_CONFLICTING_TYPES},
        {"extern const int q[]; extern const int q[4];", CDECL_OK}, {"extern const int q[]; int q[4];", CDECL_E_CONFLICTING_TYPES},
        {"extern int q; extern _Thread_local int q;", CDECL_E_THREAD_LOCAL}, {"extern __thread int q; extern int q;", CDECL_E_THREAD_LOCAL},
        {"extern __thread int q; extern _Thread_local int q;", CDECL_OK}, {"typedef const int C; extern C q[3]; extern const int q[];", CDECL_OK}, {"int f(int); int f(const int);", CDECL_OK},
    };
    declares(cases, sizeof cases / sizeof *cases);
}
END_TEST

START_TEST(suggestions) {
    CdeclError err = {0};
    static const char *const texts[] = {"int x[variabel];", "int x[__builtin_offsetof(struct P, bist)];", "int x[zzzzzz];"};
    static const char *const ends[] = {"did you mean 'variable'?", "did you mean 'bits'?", "'zzzzzz' is not declared"};
    Bench b;
    bench_open(&b, declarations);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(cdecl_parse(b.scope, texts[i], strlen(texts[i]), NULL, &err), -1);
        ck_assert_msg(strlen(err.msg) > strlen(ends[i]) - 1 && strcmp(err.msg + strlen(err.msg) - strlen(ends[i]), ends[i]) == 0, "%s", err.msg);
        cdecl_error_clear(&err);
    }
    bench_close(&b);
}
END_TEST

Suite *fold_suite(void);
Suite *fold_suite(void) {
    Suite *s = suite_create("fold");
    TCase *values = tcase_create("values"), *errors = tcase_create("errors");
    tcase_add_test(values, promotions_and_conversions);
    tcase_add_test(values, shifts_and_bits);
    tcase_add_test(values, comparison_logic_condition);
    tcase_add_test(values, casts);
    tcase_add_test(values, real_arithmetic_is_rounded_once);
    tcase_add_test(values, sizes_and_offsets);
    tcase_add_test(values, operands_with_only_a_type);
    tcase_add_test(values, places_in_variables);
    tcase_add_test(values, functions_of_literals);
    tcase_add_test(values, unevaluated_operands);
    tcase_add_test(errors, errors_point_at_the_operator);
    tcase_add_test(errors, constraints);
    tcase_add_test(errors, an_integer_is_needed);
    tcase_add_test(errors, contexts);
    tcase_add_test(errors, suggestions);
    tcase_add_test(errors, nullptr_is_no_pointer);
    tcase_add_test(errors, address_spaces_are_apart);
    tcase_add_test(errors, initializers_have_the_objects_type);
    tcase_add_test(errors, qualifiers_of_declarations_agree);
    suite_add_tcase(s, values);
    suite_add_tcase(s, errors);
    return s;
}
