typedef struct widget widget;
typedef int text[80];
typedef int callback(widget *, void *);
typedef const char *name;
typedef double real;

/* nothing special */
int f0(void);
int f1(widget *, const char *), f2(widget *w, const char *const *names, unsigned long int n);
int f3(long unsigned const long n, char const *s, volatile real *r);
int f4(name n, const name m, name *const p, real *restrict a, widget *restrict *__restrict b);
int f5(int widget, int real), f6(real real, widget *widget);
int f7(void *data, void **result, uint8_t byte, va_list ap);

/* mixed with what the grammar reads */
int g0(text t, const text u, callback f, callback *g, int last);
int g1(int first, int table[3], int last, int (*call)(int x, widget *w), widget *other, struct widget *tagged);
int g2(const char *format, ...), g3(widget *w, int n, ...);
int g4(register int r, int i, int u __attribute__((unused)), _Bool b);
int g5(int (widget)), g6(int (name)), g7(widget *(*)(void), real);
void (*handler(int signal, void (*new)(int), name))(int);
widget *(*table[2])(widget *, name);
struct methods { int (*get)(widget *self, const name key, real *out); void (*set)(widget *, name, real); };
