char c1, (__attribute__((aligned(16))) *p1)(int), (__attribute__((aligned(16))) c2), (__attribute__((aligned(16))) a1)[3];
char [[gnu::aligned(16)]] *p2, c3; char a2[3] [[gnu::aligned(16)]], (*p3)[3] [[gnu::aligned(16)]], (*p4)(int) [[gnu::aligned(16)]];
char c4 [[gnu::aligned(16)]], *p5 [[gnu::aligned(16)]], a3 [[gnu::aligned(16)]] [3];
struct s1 { char c; int [[gnu::packed]] x; } [[gnu::packed]] v1; struct s2 { char c; } [[gnu::aligned(16)]] v2; struct s2 v3;
struct s3 { char c; int x [[gnu::packed]]; [[gnu::packed]] int y; }; struct [[gnu::packed]] s4 { char c; int x; };
enum e1 { E1 = 200 } [[gnu::packed]]; enum [[gnu::packed]] e2 { E2 = 200 }; enum e3 { E3 = 200 } __attribute__((packed)) v4;
typedef int [[gnu::aligned(16)]] t1, *t2; int [[gnu::vector_size(16)]] v5, *v6; int [[gnu::mode(DI)]] v7;
struct s5 { char c; __attribute__((aligned(16), packed)) struct { int x; }; }; struct s6 { char c; struct { int x; } __attribute__((aligned(16))); };
struct s7 { char c; _Alignas(16) struct { int x; }; }; struct s8 { char d; struct s2 __attribute__((aligned(16))); };
struct s9 { int (__attribute__((aligned(16))) x)[3]; int (__attribute__((aligned(32))) *y); int (*z)(int) [[gnu::aligned(64)]]; };
int f1(void) __attribute__((aligned(16))), f2 [[gnu::aligned(32)]](void); enum { ALIGN_F = __alignof__(f1) + __alignof__(f2) };
void f3(int a[__attribute__((unused)) 3], int b[const __attribute__(()) static 3], int [__attribute__((unused))], int d[static __attribute__((unused)) const 2], int e[__attribute__((unused)) *]);
int f4(__attribute__(()) a, b) int a; char *b; { return 1; }
