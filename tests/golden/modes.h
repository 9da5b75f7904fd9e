enum __attribute__((mode(DI))) e1 { A1, B1 = 3 }; enum e2 { A2 = -1 } __attribute__((mode(QI))); enum e3 { A3 = 300 } __attribute__((__mode__(__HI__)));
typedef enum { A4 } e4 __attribute__((mode(DI))); struct s { enum e1 a; enum e2 b; enum e3 c; e4 d; int e __attribute__((mode(QI))); };
typedef int v4si __attribute__((mode(V4SI))); typedef float v2df __attribute__((__mode__(__V2DF__))); typedef unsigned v16qi __attribute__((mode(V16QI)));
typedef _Complex float xc __attribute__((mode(XC))); typedef int ti __attribute__((mode(TI))); typedef char *pointer __attribute__((mode(pointer)));
enum e5 { A5 }; enum e5 v1 __attribute__((vector_size(16))); char *__attribute__((vector_size(16))) v2; struct s *v3 [[gnu::mode(DI)]], *v4 __attribute__((mode(DI)));
typedef enum { A6 } e6 __attribute__((aligned(8))); struct s6 { char c; e6 e; };
[[gnu::vector_size(16)]] int lanes_1 [[gnu::mode(DI)]]; short __attribute__((vector_size(16))) lanes_2 __attribute__((mode(QI))); typedef __attribute__((vector_size(8))) unsigned lanes_3 __attribute__((mode(HI)));
