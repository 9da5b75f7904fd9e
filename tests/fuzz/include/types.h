typedef int fuzz_int;
typedef char fuzz_char;
#define FUZZ_N 7
#define FUZZ_CAT(a, b) a ## b
