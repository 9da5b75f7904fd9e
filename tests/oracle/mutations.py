"""Mutations of valid declarations: we accept one if and only if gcc -fsyntax-only does.

A mutation drops, doubles, swaps, replaces or inserts one token, sometimes two. What differs on purpose is
in DELIBERATE, each with its reason; everything else is a difference.
"""

import os
import random
import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

from compilers import Driver

PROLOGUE = """\
typedef unsigned long size_t; typedef unsigned char uint8_t; typedef int T; typedef struct S S; typedef union U U;
struct S { int a; char b[3]; struct { short c; }; }; enum E { E0, E1 = 5 }; int f(int); extern int v; extern S s; typedef int F(int);
"""
SEEDS = """\
int x;
unsigned long long int x, *y, z[3];
int long unsigned static x;
extern const char *const names[4];
static inline int g(int a, char b) { return a + (b ? 1 : 2); }
int g(int a, char *b, ...);
void g(void);
double (*g)(double), h(float);
int (*table[3])(int, const char *);
int (*(*g(int))(double))[4];
void (*signal(int sig, void (*handler)(int)))(int);
char *strncpy(char *restrict d, const char *restrict s, size_t n);
void qsort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *));
struct A { int x; };
struct A { int x, *y, z[2]; char c : 3, : 0, d : 2; } a, *b;
struct A { struct B { int y; } b; union { int u; float f; }; enum { X, Y } e; };
struct A { T T; S S; unsigned T2 : 3; };
struct A { int (T1); int (*f)(T); const S *next; };
struct A { char n; int data[]; };
struct A; struct A *p; union B; extern union B b;
union A { int x; struct { char c; } y; double d; } __attribute__((packed, aligned(8)));
struct __attribute__((packed)) A { int x __attribute__((aligned(4))); };
typedef int X; X x; typedef X *Y; Y y;
typedef struct { int x; } A; A a;
typedef struct A { struct A *next; } A;
typedef int V __attribute__((vector_size(16)));
typedef int X[3], *Y, (*Z)(void);
typedef unsigned int X; extern X x;
enum A { B, C = 3, D, };
enum A { B = -1, C = 1 << 4, D = C | 2, G = sizeof(int) };
typedef enum { B, C } A; A a;
enum A a1(enum E e);
int x[sizeof(struct S) + 2];
int x[(1 + 2) * 3 - 4 / 2];
int x[E1 > 3 ? 2 : 7];
char x[__builtin_offsetof(S, b[1])];
_Static_assert(sizeof(int) == 4, "int");
_Static_assert(1 < 2 && 3 != 4 || 0, "logic");
_Alignas(16) char buffer[32];
_Alignas(double) int x;
_Atomic int x; _Atomic(long) y;
_Bool b; float _Complex c; __int128 i;
extern __typeof__(v) w; __typeof__(int *) p; __typeof__(s.b[1]) q;
__extension__ typedef long long L;
int g(int) __asm__("other");
extern int g(int) __attribute__((const)), h(void) __attribute__((pure));
int g(int a[static 4], int n, int b[n], int c[*]);
int g(int a[const], T T, F f1);
int g(); int g(a, b) int a; char *b; { return 0; } int h();
static const int k = 5; int y1 = 3 + 4;
int x = 1, *y = 0, z[] = { 1, 2, 3 };
const int *volatile *const p;
_Thread_local int x; static _Thread_local int y2;
_Noreturn void g(void); static inline void h(void) { }
void g(register int x, int (*)(void), int (*)[3], int *);
F *fp; F f2; int (f3)(int);
struct A { F *f; int (*g)(struct A *, F *); };
int x, f1(int), *g(void), (*h)(int[3]);
long double x; long int y3; short unsigned z1; signed char c1;
struct A { _Alignas(8) char c; const volatile int x; };
enum __attribute__((packed)) A { B = 200 };
struct A { int a; struct { int b; union { int c; char d[4]; }; }; } x1;
__attribute__((unused)) static int x2; int __attribute__((aligned(8))) y4;
[[deprecated]] int g(void); struct [[gnu::packed]] A { [[maybe_unused]] int x; };
int x [[gnu::aligned(8)]]; typedef int X [[gnu::vector_size(16)]];
int (*(*(*g(int))[3])(void))(char); int *(*p[2])[4]; char (*(*q(void))[5])(int);
typedef void (*callback)(void *data, int argc, char **argv, char **names); int run(callback c, void *);
struct A { unsigned a : 1, b : 2; unsigned : 0; int : 3; _Bool c : 1; enum E d : 3; T e : 4; };
struct A { struct { int x, y; } p, *q, r[2]; union { long l; double d; } u; };
union A { struct B { int x; } b; struct B *c; int y[sizeof(struct B)]; };
struct A { int x; } __attribute__((aligned(16))); struct A a __attribute__((aligned(32))), *b;
typedef struct A A; struct A { A *left, *right; int (*compare)(const A *, const A *); };
enum { A = 'a', B = '\\n', C = L'x', D = 0x10, G = 010, H = 1u << 31, I = -1 };
enum A { B = sizeof(struct S), C = _Alignof(double), D = (int) 3.7, G = !0, H = ~0, };
int x[(sizeof(int) > 2 && 1) ? 3 : 4][E1]; int y[3][2 + 2], (*z)[5];
int x[__builtin_types_compatible_p(int, T) ? 1 : 2]; int y[_Generic(1, int: 3, default: 4)];
extern int a1[], *b1[3], (*c1)[]; int a1[4];
static const unsigned char c = (unsigned char) 300; static const double d = 1.5 * 2; const char *const e = "a" "b";
int x = (1 + 2) * 3, y = sizeof x, z = -1; float f1 = 1.0f, g1 = .5, h1 = 1e3;
void g(const char *, ...) __attribute__((format(printf, 1, 2))); void h(void) __attribute__((noreturn, cold));
inline int g(void) __attribute__((always_inline)); inline int g(void) { if (1) { return 2; } else return 3; }
extern inline __attribute__((gnu_inline)) int g(int x) { return x; }
int g(int x[3], char y[static 2], long z[const], T w[const static 5]);
int g(int n, int a[n][n], int (*b)[n], int c[][*]);
void g(struct S s1, union U *u, enum E e1, S *p, const U *q);
T *g(T), (*h)(T *), *(*i)(T);
unsigned x1, long_name, *p1; long p2(unsigned), p3(unsigned long);
const T x1 = 1; T const y1; volatile const T *const z1;
int const *volatile p; int (*const q)(void); int *restrict *r; void (*const volatile s1)(int);
__signed__ char a1; __const int b1 = 1; __volatile__ int c1; __inline__ int d1(void);
__extension__ struct A { __extension__ union { int x; float y; }; };
__typeof__(int[3]) x1; __typeof__(f) g1; typeof(v) w1; typeof(struct S *) p1;
_Static_assert(sizeof(T) == 4); _Static_assert((T)1.5 == 1, "a" "b");
_Alignas(_Alignof(long)) _Alignas(16) int x1; struct A { _Alignas(T) char x; };
_Atomic(int) *p1; _Atomic int *_Atomic q1; const _Atomic(T) r1;
int g(int a) __asm__("g1"); extern int v1 __asm__("v2"); int h(void) asm("h" "1") __attribute__((pure));
_Float128 x1; __int128 unsigned y1; _Complex double z1; double _Complex w1; _Float32 f1; _Decimal64 d1;
extern _Thread_local int x1; extern __thread int y1; static __thread long z1;
int; struct S; enum E; T; ; ; int x1;
void *(*malloc_hook)(size_t, const void *); size_t (*g)(void *restrict, size_t, size_t, void *restrict);
typedef char A[sizeof(int) == 4 ? 1 : -1]; typedef A *B; extern B b1; extern A *c1;
typedef int (*F1)(int), (*F2[2])(void); F1 f1, *f2; F2 f3;
int g(a, b, c) int a; char *b, c[3]; { return a; }
""".splitlines()
TOKEN = re.compile(r'(?:u8|[uUL])?"[^"]*"|(?:u8|[uUL])?\'[^\']*\'|[A-Za-z_]\w*|\.?\d(?:[eEpP][+-]|[\w.])*|\.\.\.|::|->|<<|>>|[<>=!]=|&&|\|\||\S')
EXTRA = ["int", "const", "*", "(", ")", "[", "]", "{", "}", ";", ",", ":", "=", "x", "T", "3", "struct", "enum", "typedef", "static",
         "extern", "unsigned", "long", "char", "...", "void", "S", "inline", "signed", "float", "-", "1", "union", "A", "E0", "&", "sizeof"]


class Generator:
    def __init__(self, seed):
        self.rng = random.Random(seed)

    def mutate(self, tokens):
        i = self.rng.randrange(len(tokens))
        kind = self.rng.randrange(6)
        if kind == 0:
            del tokens[i]
        elif kind == 1:
            tokens.insert(i, tokens[i])
        elif kind == 2 and i + 1 < len(tokens):
            tokens[i], tokens[i + 1] = tokens[i + 1], tokens[i]
        elif kind == 3:
            tokens[i] = self.rng.choice(EXTRA)
        elif kind == 4:
            tokens.insert(i, self.rng.choice(EXTRA))
        else:
            j = self.rng.randrange(len(tokens))
            tokens[i], tokens[j] = tokens[j], tokens[i]

    def case(self):
        tokens = TOKEN.findall(self.rng.choice(SEEDS))
        for _ in range(self.rng.choice([1, 1, 1, 2])):
            if tokens:
                self.mutate(tokens)
        return " ".join(tokens)


# Each: reason, whether we are the ones to accept, and what the text or the message of the one who refuses matches.
DELIBERATE = [
    ("implicit int went out with C99: an unknown name is more likely a type that is not declared", False,
     r"unknown type name|a type is missing|expected .*a type before|missing ';' (before '[*(]'|at the end)", r""),
    ("names alone are parameters of an old-style function, of type int, as before GCC 14", True,
     r"parameter names \(without types\)|type of '\w+' defaults to 'int'", r"\("),
    ("the last member of a struct needs its semicolon", False, r"missing ';' before '}'", r""),
    ("GCC's forward declarations of parameters", False, r"expected '\)' before ';'", r"\(.*;.*\)"),
    ("void is no type for a variable", False, r"cannot be void", r""),
    ("a variable of incomplete type is the library's, with or without extern", True, r"storage size of '.*' isn't known", r""),
    ("flexible arrays in unions, as GCC 15", True, r"flexible array member in union|in a struct with no named members", r""),
    ("a parameter of type void is the only one", False, r"'void' must be the only parameter", r""),
    ("GCC passes over what it cannot read in an attribute list", False, r"expected '\)' or ',' before", r"__attribute__"),
    ("GCC allows inline and _Noreturn for parameters", False, r"not allowed in a parameter", r"inline|_Noreturn"),
    ("what stands in the parentheses of an attribute without a meaning here is not read", True,
     r"expected '\)' before|'printf' undeclared|'format' attribute|expected expression before", r"__attribute__ \( \(|\[ \["),
    ("C23's attributes may stand wherever GNU's may", True, r"expected identifier or '\(' before", r"\[ \["),
    ("empty parentheses of a C23 attribute", True, r"parentheses must be omitted", r"\[ \["),
    ("the void of an empty list may have a name, as in declarations, where GCC warns", True, r"parameter 1 \('\w+'\) has incomplete type",
     r"\( void \w+ \)"),
    ("a K&R definition is not compared with an earlier prototype", True, r"doesn't match prototype", r"\{"),
    ("an array parameter is a pointer, whatever it points to, as in cffi", True, r"incomplete element type", r"\(.*\[.*\)"),
    ("'struct x;' among members only declares, as without -fms-extensions", True, r"unnamed field has incomplete type", r"(struct|union) \w+ ;"),
    ("__thread may stand before static and extern", True, r"'__thread' before", r"__thread"),
    ("an initialiser need not be constant: the value is the library's", True, r"initializer element is not", r"="),
    ("an empty declaration among those of K&R parameters", False, r"expected a name before ';'", r"\) int ;"),
    ("struct A and union A may be two types, as in cffi", True, r"defined as wrong kind of tag", r"struct|union|enum"),
    ("cffi's '...'", True, r"before '...' token", r"\.\.\."),
    ("C23: f(...)", True, r"requires a named argument", r"\( \.\.\. \)"),
    ("a qualified function type means nothing in C (C11 6.7.3p9), and is the unqualified one to clang", True,
     r"conflicting type", r"\b(const|volatile) F\b|\bF (const|volatile)\b"),
    ("initialisers may name what is not declared", True, r"undeclared", r"="),
    ("a literal that no type holds is an error; GCC cuts it off at 64 bits, and warns", False, r"integer constant is too large", r"\d{20}|0x\w{17}"),
    ("an enumerator beyond 64 bits is an error; GCC 12 cuts it off, and warns", False, r"enumerator '\w+' does not fit the enum", r"enum"),
    ("#pragma GCC poison is about code: what a header poisons can be declared and called all the same", True, r"poison", r"poison"),
    ("an enum that nothing defines counts as unsigned int, as in cffi", True, r"has incomplete type|incomplete element type", r"enum \w+"),
]


def reason_for(text, accepted, gcc_message, our_message):
    for reason, we_accept, message, pattern in DELIBERATE:
        if we_accept == accepted and re.search(message, gcc_message if accepted else our_message) and re.search(pattern, text):
            return reason
    return None


def without_bodies(text):
    """TEXT with empty braces for function bodies and initialisers: those at file scope behind ')', ';', '=' or '}'."""
    kept, outer, inner, before = [], 0, 0, ";"
    for token in text.split():
        if inner:
            inner += (token == "{") - (token == "}")
            if inner:
                continue
        elif token == "{" and not outer and before in (")", ";", "=", "}", "else"):
            inner = 1
        else:
            outer += (token == "{") - (token == "}")
        kept.append(token)
        before = token
    return " ".join(kept)


def judge(cc1, folder, number, text):
    """The first error of GCC, or None."""
    path = os.path.join(folder, f"m{number % 64}_{number}.c")
    with open(path, "w", encoding="utf-8") as f:
        f.write(PROLOGUE + text + "\n")
    done = subprocess.run([cc1, "-quiet", "-fsyntax-only", "-std=gnu2x", "-fms-extensions", "-w", "-fno-diagnostics-show-caret", path],
                          capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}, check=False)
    os.unlink(path)
    errors = re.findall(r": error: (.*)", done.stderr)
    return errors[0] if errors else ("failed" if done.returncode else None)


def run(options, report):
    generator = Generator(options.seed)
    cc1 = subprocess.run([options.gcc, "-print-prog-name=cc1"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    texts = list(dict.fromkeys(generator.case() for _ in range(options.n)))
    driver = Driver(options.driver)
    for text in texts:
        driver.scope()
        driver.cdef(PROLOGUE + text + "\n")
    ours = driver.answers()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        theirs = list(pool.map(lambda item: judge(cc1, folder, *item), enumerate(texts)))
        compare(texts, ours, theirs, lambda text: judge(cc1, folder, 0, text) is None, report)
    report.count = len(texts)


def compare(texts, ours, theirs, accepts, report):
    for text, message, error in zip(texts, ours, theirs):
        accepted = message == "ok"
        if accepted == (error is None):
            continue
        reason = reason_for(text, accepted, error or "", message)
        if accepted and not reason and accepts(without_bodies(text)):
            reason = "function bodies are skipped, and of braced initialisers the shape alone is read"
        if reason:
            report.expected(reason, text)
        elif accepted:
            report.difference(text, f"we accept, gcc says: {error}")
        else:
            report.difference(text, f"gcc accepts, we say: {message}")
