"""Attributes between any two tokens of a declaration: we accept what gcc accepts, and lay it out alike.

What differs on purpose is in DELIBERATE, each with its reason; everything else is a difference.
"""

import os
import random
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

from compilers import Driver
from mutations import TOKEN, without_bodies

PROLOGUE = "typedef int T; struct S { int a; char b[3]; }; typedef struct S S; typedef int F(int);\n"
# A declaration, and what is asked: sizeof and __alignof__ of each.
SEEDS = """\
int x; ?? x
char *x, y[3], (*z)(int); ?? x, y, z
static const char *const x = 0; ?? x
char x(void), *y(int a, char *b); ?? x, y
int x[3][2]; ?? x
int (*x[3])(int, char); ?? x
char *(*(*x)(char))[4], *(*(*y)[2])(void); ?? x, y
typedef short X; X x; ?? X, x
typedef char X, *Y, Z[3], (*W)(int); ?? X, Y, Z, W
struct A { char c; int x, *y, z[2]; }; ?? struct A
struct A { char c; int x; short z; } a, *b, c[2]; ?? struct A, a, b, c
typedef struct A { char c; int x; } X, *Y; struct A a; ?? struct A, X, Y, a
typedef struct { char c; int x; } X; X x; ?? X, x
struct A { char c; int x : 3, y : 4; int : 0; short z : 2; }; ?? struct A
struct A { char c; struct B { char d; long e; } x; union { char f; int g; }; }; ?? struct A, struct B
struct A { char c; struct { char d; long e; }; int (*f)(int), (*g[2])(void), (*h)[3]; }; ?? struct A
union A { char c[3]; int x; }; struct B { char c; union A a; }; ?? union A, struct B
struct A { char c; T x; S s; const T y[2]; struct S *p; }; ?? struct A
enum A { B, C = 200, D } a; ?? enum A, a
typedef enum { B, C = -3 } X; struct A { X x : 3; X y; }; ?? X, struct A
static inline char x(char a) { return 1; } int y; ?? x, y
char x(a, b) char a; short *b; { return 0; } ?? x
struct A; struct A *x; ?? x
_Alignas(8) char x; struct A { _Alignas(8) char c; }; ?? x, struct A
char x[sizeof(char)], y[_Alignof(short)], z[sizeof(struct A { char c; int d; })]; ?? x, y, z
char x = 3, y[] = "abc", z[] = { 1, 2 }; ?? x, y, z
int x(int (*)(char), char *, int [3], ...); ?? x
__extension__ struct A { __extension__ char c; int d; }; ?? struct A
S x; T y, *z; F w, *v; ?? x, y, z, w, v
__typeof__(char) x; __typeof__(x) *y; ?? x, y
char x __asm__("y"); int z(void) __asm__("w"); ?? x, z
_Atomic(char) x; _Atomic char y; ?? x, y
""".splitlines()
GNU = ["packed", "aligned(16)", "aligned(2)", "aligned", "unused", "mode(DI)", "vector_size(16)", "ms_struct", "transparent_union", "weak",
       "packed, aligned(4)", 'scalar_storage_order("little-endian")', "may_alias", ""]
STANDARD = ["packed", "aligned(16)", "aligned(2)", "unused", "mode(DI)", "vector_size(16)"]
OTHERS = ["[[]]", "_Alignas(16)", "_Alignas(long double)", "__extension__", "_Atomic", "const"]
WORDS = [f"__attribute__(({a}))" for a in GNU] + [f"[[gnu::{a}]]" for a in STANDARD] + OTHERS


class Generator:
    def __init__(self, seed):
        self.rng = random.Random(seed)

    def case(self):
        """(text, what to ask about)"""
        text, names = self.rng.choice(SEEDS).split(" ?? ")
        tokens = TOKEN.findall(text)
        for _ in range(self.rng.choice([1, 1, 2])):
            tokens.insert(self.rng.randrange(len(tokens)), self.rng.choice(WORDS))
        return " ".join(tokens), tuple(names.split(", "))


# Each: reason, who accepts ("ours", "gcc", or "both": the values differ), and what the message of the other one and the
# text match.
DELIBERATE = [
    ("what aligns a parameter or an enumerator is passed over", "ours", r"alignment may not be specified for", r""),
    ("C23's attributes may stand wherever GNU's may", "ours", r"expected .* before|in the expansion", r"\[\["),
    ("a character type with a C23 attribute is none to gcc where a string initialises an array of it", "ours",
     r"array of inappropriate type", r"\[\[.*\[ \] = (\{ )?\""),
    ("__attribute__ may stand wherever declaration specifiers may", "ours", r"expected declaration specifiers before|should be specified before", r"\{"),
    ("what comes first among members and declarators may have attributes", "ours", r"expected (identifier|.*;).* before '__", r"__attribute__"),
    ("the first name of an old-style list may have attributes", "ours", r"unknown type name '[ab]'|old-style parameter", r"\( (__attr|\[\[).* a , b \)"),
    ("a mode within the parentheses of a declarator is that of the specifiers' type", "ours", r"mode '\w+' applied to inappropriate type",
     r"\(.*mode.*\)"),
    ("a mode, and a vector of that", "ours", r"mode '\w+' applied to inappropriate type", r"vector_size"),
    ("the last of several sizes of a vector counts", "ours", r"invalid vector type", r"vector_size.*vector_size"),
    ("a tag that is only named has no attributes", "ours", r"invalid vector type|mode '\w+' applied",
     r"(struct|union|enum) (\[\[.*\]\] |__attribute__\(\(.*\)\) )\w+ [^{]"),
    ("what is weak and static is static", "ours", r"must be public", r"static"),
    ("function bodies are skipped", "ours", r"incompatible types when returning", r"\{"),
    ("C23's attributes may stand wherever GNU's may", "ours", r"type name declared as function", r"\( \[\["),
    ("scalar_storage_order is that of the platform", "ours", r"scalar_storage_order", r"scalar_storage_order"),
    ("the last member of a struct needs its semicolon", "gcc", r"expected a type before '}'", r""),
    ("empty attributes between the brackets of an array that is no parameter", "gcc", r"outermost array", r"\[ __attribute__\(\(\)\)"),
    ("what __extension__ can stand before, between brackets", "gcc", r"expected '\]' before '__extension__'", r""),
    ("bit-fields of vectors", "gcc", r"a bit-field must be an integer", r"vector_size"),
    ("vector_size behind a typedef of a function", "gcc", r"a vector cannot be made of 'int\(int\)'", r"F"),
    ("_Alignas may not lower a vector's alignment, which gcc without -mavx takes for lower", "gcc", r"_Alignas cannot lower", r"vector_size"),
    ("_Atomic before a parenthesis is a type specifier (C11 6.7.2.4p4)", "gcc", r"before '_Atomic'", r"_Atomic"),
    ("gcc takes the last of several alignments of a pointer or a type name", "both", r"", r"aligned.*aligned"),
    ("gcc forgets the alignment of what then gets a mode or lanes", "both", r"", r"(mode|vector_size).*aligned|aligned.*(mode|vector_size)"),
    ("gcc fills an array up to the alignment of its type", "both", r"", r'\] \[\[gnu::aligned\(\d+\)\]\] ='),
]


def reason_for(who, message, text):
    for reason, accepts, words, pattern in DELIBERATE:
        if accepts == who and re.search(words, message) and re.search(pattern, text):
            return reason
    return None


# ---------------------------------------------------------------- the two sides


def run_cc1(cc1, text, *flags):
    done = subprocess.run([cc1, "-quiet", "-std=gnu2x", "-fms-extensions", "-w", "-fno-diagnostics-show-caret", *flags, "-o", "-", "-"],
                          input=PROLOGUE + text, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}, check=False)
    error = re.search(r": error: (.*)", done.stderr)
    return done.stdout, error.group(1) if error else ("failed" if done.returncode else None)


def judge(cc1, case):
    """(the error or None, the values or None)"""
    text, names = case
    asked = ", ".join(f"sizeof({n}), __alignof__({n})" for n in names)
    out, error = run_cc1(cc1, f"{text}\nconst unsigned short answers__[] = {{ {asked} }};\n")
    if error:
        return run_cc1(cc1, text, "-fsyntax-only")[1], None
    values = re.search(r"^answers__:\n((?:\s+\.value\s+\d+\n)+)", out, re.M)
    return None, [int(v) for v in re.findall(r"\d+", values.group(1))]


def ask_driver(path, cases):
    """The same for us."""
    driver, asked = Driver(path), []
    for text, names in cases:
        driver.scope()
        driver.cdef(PROLOGUE)
        checked = driver.cdef(text)
        numbers = []
        for i, n in enumerate(names):
            for j, operator in enumerate(("sizeof", "__alignof__")):
                driver.cdef(f"static const unsigned a{i}_{j} = {operator}({n});")
                numbers.append(driver.ask(f"value a{i}_{j}"))
        asked.append((checked, numbers))
    lines = driver.answers()
    for checked, numbers in asked:
        answers = [lines[n] for n in numbers]
        values = None if any(a.startswith("no ") for a in answers) else [int(a.split()[-1], 16) for a in answers]
        yield (None, values) if lines[checked] == "ok" else (lines[checked], None)


# ---------------------------------------------------------------- comparison


def run(options, report):
    generator = Generator(options.seed)
    cc1 = subprocess.run([options.gcc, "-print-prog-name=cc1"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    cases = list(dict.fromkeys(generator.case() for _ in range(options.n)))
    with ThreadPoolExecutor(2) as pool:
        theirs = list(pool.map(lambda case: judge(cc1, case), cases))
    for case, ours, gcc in zip(cases, ask_driver(options.driver, cases), theirs):
        compare(cc1, case, ours, gcc, report)
    report.count = len(cases)


def compare(cc1, case, ours, gcc, report):
    text = case[0]
    crashed = gcc == (None, None)
    if ours == gcc or (ours[0] and gcc[0]) or (crashed and not ours[0]):
        return
    who = "ours" if gcc[0] else "gcc" if ours[0] else "both"
    reason = reason_for(who, gcc[0] or ours[0] or "", text)
    if who == "ours" and not reason and run_cc1(cc1, without_bodies(text), "-fsyntax-only")[1] is None:
        reason = "function bodies and braced initialisers are skipped, not read"
    if reason:
        report.expected(reason, text)
    else:
        report.difference(text, f"gcc says {gcc[0] or gcc[1]}, we: {ours[0] or ours[1]}")
