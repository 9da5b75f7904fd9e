/* Functions for the Python tests of calls and callbacks. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "calls.h"

#define IDENTITY(name, type) type echo_##name(type x) { return x; }
IDENTITY(bool, bool)
IDENTITY(char, char)
IDENTITY(schar, signed char)
IDENTITY(uchar, unsigned char)
IDENTITY(short, short)
IDENTITY(ushort, unsigned short)
IDENTITY(int, int)
IDENTITY(uint, unsigned int)
IDENTITY(long, long)
IDENTITY(ulong, unsigned long)
IDENTITY(wchar, wchar_t)
IDENTITY(float, float)
IDENTITY(double, double)
IDENTITY(ldouble, long double)
IDENTITY(pointer, void *)
IDENTITY(color, enum color)
IDENTITY(small, struct small)
IDENTITY(mixed, struct mixed)
IDENTITY(large, struct large)
IDENTITY(number, union number)
/* What is passed as its first member, in a floating-point register, and what is not for all the attribute says. */
float add_two_floats(two_floats u) { return u.s.f + u.s.g; }
int int_of_float_or_int(float_or_int u) { return u.i; }
IDENTITY(flags, struct flags)
IDENTITY(int128, __int128)
IDENTITY(fcomplex, float _Complex)
IDENTITY(dcomplex, double _Complex)

long sum_ints(const int *items, int n) { long total = 0; for (int i = 0; i < n; i++) total += items[i]; return total; }
size_t length8(const char *s) { return strlen(s); }
size_t length32(const wchar_t *s) { return wcslen(s); }
int first_byte(const void *p) { return *(const unsigned char *)p; }

double weighted(int a, double b, long c, float d, char e, double f, short g, double h, unsigned i, double j,
                long k, double l, double m, double n, double o, double p)
{
    return a + 2 * b + 3 * (double)c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j + 11 * (double)k + 12 * l +
           13 * m + 14 * n + 15 * o + 16 * p;
}

double sum_variadic(int n, const char *kinds, ...)
{
    va_list ap;
    double total = 0;
    va_start(ap, kinds);
    for (int i = 0; i < n; i++)
        switch (kinds[i]) {
        case 'i': total += va_arg(ap, int); break;
        case 'l': total += (double)va_arg(ap, long); break;
        case 'd': total += va_arg(ap, double); break;
        case 'D': total += (double)va_arg(ap, long double); break;
        case 's': total += (double)strlen(va_arg(ap, char *)); break;
        case 'S': { struct mixed m = va_arg(ap, struct mixed); total += m.x + m.n; break; }
        }
    va_end(ap);
    return total;
}

int set_errno(int value) { int before = errno; errno = value; return before; }
int add_const(int a, int b) { return a + b; }

int apply(int (*f)(int), int x) { return f(x); }
double apply_double(double (*f)(double, float), double x, float y) { return f(x, y); }
struct large apply_large(struct large (*f)(struct large), struct large x) { return f(x); }
struct mixed apply_mixed(struct mixed (*f)(struct mixed, char), struct mixed x, char c) { return f(x, c); }
short apply_short(short (*f)(short), short x) { return f(x); }
void apply_void(void (*f)(void)) { f(); }

struct job { int (*f)(int); int x, times, result; };
static void *run_job(void *arg)
{
    struct job *job = arg;
    for (int i = 0; i < job->times; i++) job->result = job->f(job->x + i);
    return NULL;
}

/* Call F with X, X + 1, ... TIMES times on one thread that Python did not make: the last result. */
int apply_often_on_thread(int (*f)(int), int x, int times)
{
    pthread_t thread;
    struct job job = {f, x, times, -1};
    if (pthread_create(&thread, NULL, run_job, &job)) return -2;
    pthread_join(thread, NULL);
    return job.result;
}

/* Call F on a thread that Python did not make. */
int apply_on_thread(int (*f)(int), int x) { return apply_often_on_thread(f, x, 1); }

/* The same on many threads at once: the sum of the results. */
int apply_on_threads(int (*f)(int), int x, int threads)
{
    enum { MOST = 64 };
    pthread_t thread[MOST];
    struct job job[MOST];
    int n = 0, sum = 0;
    for (; n < threads && n < MOST; n++) {
        job[n] = (struct job){f, x + n, 1, 0};
        if (pthread_create(&thread[n], NULL, run_job, &job[n])) break;
    }
    while (n-- > 0) pthread_join(thread[n], NULL), sum += job[n].result;
    return sum;
}

static int (*volatile forever)(int);
static void *run_forever(void *arg) { for (int i = 0; arg == NULL; i++) forever(i); return NULL; }

/* Call F again and again on threads that end with the process. */
int apply_forever(int (*f)(int), int threads)
{
    pthread_t thread;
    forever = f;
    for (int i = 0; i < threads; i++)
        if (pthread_create(&thread, NULL, run_forever, NULL) || pthread_detach(thread)) return -1;
    return 0;
}

static pthread_key_t last_key;
static void run_last(void *f) { ((int (*)(int))f)(1); }
static void *run_with_last(void *f)
{
    pthread_setspecific(last_key, f);
    ((int (*)(int))f)(0);
    return NULL;
}

/* Call F with 0 on a thread, and with 1 when the thread ends. */
int apply_at_end_of_thread(int (*f)(int))
{
    pthread_t thread;
    if (pthread_key_create(&last_key, run_last) || pthread_create(&thread, NULL, run_with_last, (void *)f)) return -1;
    pthread_join(thread, NULL);
    return pthread_key_delete(last_key);
}

static void *run_and_exit(void *f) { ((int (*)(int))f)(0); return NULL; }
void exit_thread(void) { pthread_exit(NULL); }

/* Call F, which ends the thread by exit_thread(). */
int apply_and_exit(int (*f)(int))
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_and_exit, (void *)f)) return -1;
    return pthread_join(thread, NULL);
}

int counter = 7;
int table[4] = {1, 2, 3, 4};
const char *greeting = "hello";
