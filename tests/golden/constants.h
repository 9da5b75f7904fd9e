#define DEC 42
#define HEX 0x10
#define BIN 0b101
#define SEP 1'000'000
#define NEG -5
#define PAREN (1 << 3)
#define ALIAS DEC
#define EXPR ((ALIAS + 2) * sizeof(long))
#define UNSIGNED 5u
#define BIG 18446744073709551615ull
#define REAL 3.5
#define CHAR 'x'
#define EMPTY
#define UNKNOWN ...
static const int K = 5;
static const unsigned char WRAPPED = 300;
static const double PI = 3.14159;
constexpr int CE = 3 * 4;
const int plain = 7;
int array[K + DEC];
static const char *const text = "no constant";
enum { FROM = EXPR };
