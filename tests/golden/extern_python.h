extern "C" int a(int);
extern "C" { int b(void); extern "C" { int c(void); } }
extern "Python" int d(int);
extern "Python" { int e(int); void f(void); }
extern "Python+C" int g(int, char *);
extern "Python+C" { int h(void); }
int i(void);
