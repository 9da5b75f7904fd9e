"""Random constant expressions: value, type and size of each, and which are errors.

GCC evaluates an overflow, a division by zero or a bad shift count with a warning, or refuses it; we refuse
them all, so the two sets have to be equal. _BitInt, which GCC knows only from version 14 on, is asked of clang.
"""

import random
import re

from compilers import Driver, Lines, kind_of, messages, run_program

PROLOGUE = """#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>
"""
DECLARATIONS = """\
struct P { char a; int b[4]; struct { short c; long long d; } e; struct Q { char f[3]; double g; } h[2]; int bits : 5; unsigned ub : 7; };
union U { char a; long long b; struct P p; };
enum E { E0, E1, E2 = 40, E3, EM = -7 };
enum F { F0 = 3000000000u, F1 = 5 };
enum G { G0 = -1, G1 = 5000000000 };
enum __attribute__((packed)) H { H0 = 1, H1 = 200 };
extern struct P object; extern struct P *pointer; extern int variable; extern long array[10]; int function(int);
typedef short Short; typedef Short Shorts[3];
"""
TYPES = ["_Bool", "char", "signed char", "unsigned char", "short", "unsigned short", "int", "unsigned int", "long", "unsigned long",
         "long long", "unsigned long long", "__int128", "unsigned __int128", "float", "double", "long double", "_Float16",
         "_Float32", "_Float64", "_Float32x", "_Float64x"]
INTEGER_TYPES = TYPES[:14] + ["unsigned", "int8_t", "uint8_t", "int16_t", "uint16_t", "int32_t", "uint32_t", "int64_t", "uint64_t",
                              "size_t", "ptrdiff_t", "intptr_t", "wchar_t", "enum E", "enum F", "enum G", "enum H", "Short",
                              "long unsigned int", "const int", "volatile unsigned char"]
OBJECT_TYPES = INTEGER_TYPES + ["void *", "struct P", "union U", "int[3]", "char[5][7]", "Shorts", "int (*)(int)", "double",
                                "long double", "_Complex double", "struct Q", "char *[4]", "Short (*)[3]"]
OBJECTS = ["object", "object.b", "object.b[1]", "object.e", "object.e.d", "object.h[1].g", "*pointer", "pointer->h", "pointer->e.c",
           "variable", "array", "array[3]", "*array", "&object", "&array", "&array[2]", "function", "function(1)", "&function",
           "pointer + 1", "*(pointer + 1)", "array + variable", "pointer - pointer", "variable + 1L", "+object.bits", "-object.ub",
           "object.a + 'a'", '"hello"', 'L"wide"', 'u"x" "y"', '"a" "bc"', '"abc"[1]', '*"abc"', "(variable, 1.0f)", "variable++",
           "variable ? 1 : 2L", "variable ? pointer : 0", "variable ? (void *)0 : array", "!pointer", "pointer == 0", "variable / 0",
           "~variable", "(char)variable", "(short)1 << 2L", "object.h", "&object.h[1]", "sizeof variable", "variable = 3",
           "*&variable", "&*pointer", "-1.5f", "1.0L * variable", "variable && 1", "&((struct P *)0)->e", "(struct P){ 0 }"]
OFFSETS = ["a", "b", "b[2]", "e", "e.c", "e.d", "h", "h[1]", "h[1].f", "h[1].f[2]", "h[0].g", "b[1 + 1]"]
WARNED = re.compile(r"integer overflow in expression|division by zero|shift count|is not constant|"  # gcc's words
                    r"overflow in expression|remainder by zero")  # clang's

UNDECIDED = re.compile(r"\*\)|<<|\.\d|\d\.|\de\d|\d[pP]|float|double")


class Generator:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.gcc_only = False
        self.bits = False  # _BitInt too, and only what clang and GCC read alike

    def chance(self, p):
        return self.rng.random() < p

    def choose(self, *options):
        return self.rng.choice(options)

    # ------------------------------------------------------------ leaves

    def number(self):
        bits = self.choose(3, 3, 4, 7, 8, 8, 15, 16, 31, 32, 33, 63, 64)
        value = self.choose(self.rng.getrandbits(bits), self.rng.getrandbits(bits), (1 << bits) - 1, 1 << (bits - 1), self.rng.randint(0, 9))
        base = self.choose("d", "d", "d", "x", "X", "o", "b")
        text = {"d": str(value), "x": hex(value), "X": "0X%X" % value, "o": "0%o" % value, "b": bin(value)}[base]
        if self.chance(0.06) and len(text) > 4:
            text = text[:-2] + "'" + text[-2:]
        suffix = self.choose("", "", "", "", "u", "U", "l", "L", "ul", "UL", "lu", "ll", "LL", "ull", "LLU", "uLL")
        if base == "d" and value >= 1 << 63 and "u" not in suffix.lower():
            self.gcc_only = True  # __int128 for GCC, unsigned long long for clang
        return text + suffix

    def character(self):
        plain = ["'a'", "'0'", "' '", "'\\n'", "'\\0'", "'\\x7f'", "'\\xff'", "'\\377'", "'\\\\'", "'\\''", "'\\\"'", "'\\a'", "'\\b'",
                 "'\\f'", "'\\r'", "'\\t'", "'\\v'", "'\\?'", "'\\e'", "'\\1'", "'\\12'", "'\\123'", "'\"'", "'?'", "'\\x41'"]
        several = ["'ab'", "'abc'", "'abcd'", "'abcde'", "'\\xff\\xfe'", "'\\0a'", "'\\1234'", "'\\377\\377\\377\\377'", "'é'", "'a\\n'"]
        wide = ["L'a'", "u'a'", "U'a'", "u8'a'", "L'\\xffff'", "u'\\xffff'", "U'\\xffffffff'", "L'é'", "u'é'", "U'\\U0001F600'",
                "L'\\u20ac'", "u'\\u20ac'", "u'\\377'", "L'€'", "U'😀'", "u8'\\xff'", "L'\\xffffffff'"]
        odd = ["'\\u00e9'", "'\\U0001F600'", "u'\\U0001F600'", "L'ab'", "u'ab'"]
        r = self.rng.random()
        if r < 0.6:
            return self.rng.choice(plain)
        if r < 0.75:
            text = self.rng.choice(several)
            self.gcc_only |= "é" in text  # clang refuses it
            return text
        if r < 0.95:
            text = self.rng.choice(wide)
            self.gcc_only |= text.startswith("u8")  # clang 14 has no such constants in C
            return text
        self.gcc_only = True
        return self.rng.choice(odd)

    def real(self, depth=1):
        r = self.rng.random()
        if depth <= 0 or r < 0.5:
            text = self.choose("%g" % self.rng.uniform(0.01, 900), "%.17g" % self.rng.uniform(0, 5), "1.", ".5", "2e1", "1.5e-3", "0x1.8p3",
                               "0x.1P+2", "0.0", "3.0", "0x1.fffffffffffffp1", "09.5", "1.1", "0.1")
            suffix = self.choose("", "", "", "f", "F", "l", "L", "f32", "f64", "F64", "f32x", "f64x", "w", "W")
            if "0x" not in text and "." not in text and "e" not in text:
                text += ".0"
            if suffix not in ("", "f", "F", "l", "L"):
                self.gcc_only = True
            return text + suffix
        if r < 0.62:
            return f"({self.real(depth - 1)} {self.choose('+', '-', '*')} {self.small()})"
        if r < 0.8:
            return f"({self.real(depth - 1)} {self.choose('+', '-', '*')} {self.real(depth - 1)})"
        if r < 0.85:
            return f"({self.real(depth - 1)} / {self.choose('3.0', '7.0f', '0.1L', '3', '1e3')})"
        if r < 0.92:
            return f"(-{self.real(depth - 1)})"
        return f"(({self.choose('float', 'double', 'long double')}){self.choose(self.small(), self.real(depth - 1))})"

    def small(self):
        return self.choose("1", "2", "3u", "7L", "100", "-5", "'a'", "E2")

    def layout(self):
        r = self.rng.random()
        if r < 0.2:
            return f"sizeof({self.rng.choice(OBJECT_TYPES)})"
        if r < 0.45:
            return f"sizeof{self.choose('(%s)', ' (%s)')}" % self.rng.choice(OBJECTS)
        if r < 0.55:
            return f"{self.choose('_Alignof', '__alignof__', 'alignof')}({self.rng.choice(OBJECT_TYPES)})"
        if r < 0.65:
            return f"sizeof({self.expression(1)})"
        what = f"struct P, {self.rng.choice(OFFSETS)}"
        member = what.split(", ")[1]
        idiom = self.choose("(size_t)&((struct P *)0)->%s", "(unsigned long)&(*(struct P *)0).%s", "(char *)&((struct P *)0)->%s - (char *)0",
                            "(long)((char *)&((struct P *)8)->%s - (char *)8)")
        if r < 0.85:
            return f"{self.choose('offsetof', '__builtin_offsetof')}({what})"
        return f"({idiom % member})"

    def leaf(self):
        r = self.rng.random()
        if r < 0.55:
            return self.number()
        if r < 0.68:
            return self.character()
        if r < 0.8:
            text = self.choose("E0", "E1", "E2", "E3", "EM", "F0", "F1", "G0", "G1", "H0", "H1")
            self.gcc_only |= text in ("F1", "G0")  # fit int, others of the enum do not: GCC 13 and clang disagree
            return text
        if r < 0.9:
            return self.layout()
        if r < 0.95:
            return f"(long){self.real()}"
        return self.choose("sizeof(int[3]) / sizeof(int)", "(void *)0 == 0", "(int *)4 > (int *)0", "&((struct P *)0)->b[3] - ((struct P *)0)->b",
                           "__builtin_types_compatible_p(int, long)", "__builtin_types_compatible_p(Short, short)", "!(char *)0", "-E3", "__imag__ 7u", "__imag__ E3", "__real__ 5l")

    # ------------------------------------------------------------ trees

    def expression(self, depth):
        r = self.rng.random()
        if depth <= 0 or r < 0.12:
            return self.leaf()
        e = self.operand
        if r < 0.24:
            return f"{self.choose('-', '~', '!', '+', '-', '~')}{e(depth)}"
        if r < 0.4:
            return f"({self.integer_type()}){e(depth)}"
        if r < 0.72:
            return f"{e(depth)} {self.choose('+', '-', '*', '/', '%', '&', '|', '^')} {e(depth)}"
        if r < 0.79:
            count = self.choose(str(self.rng.randint(0, 31)), str(self.rng.randint(0, 70)), e(0))
            return f"{e(depth)} {self.choose('<<', '>>')} {count}"
        if r < 0.86:
            return f"{e(depth)} {self.choose('<', '>', '<=', '>=', '==', '!=')} {self.choose(e(depth), e(depth), self.real(2))}"
        if r < 0.9:
            return f"{e(depth)} {self.choose('&&', '||')} {self.choose(e(depth), '1 / 0', '2147483647 + 1')}"
        if r < 0.96:
            return f"{e(depth)} ? {e(depth)} : {self.choose(e(depth), e(depth), '1 / 0')}"
        if r < 0.97:
            return f"{e(depth)} ?: {e(depth)}"
        if r < 0.98:
            return f"_Generic({e(depth)}, {self.choose('int', 'long', 'unsigned long')}: {e(0)}, default: {e(0)})"
        if r < 0.99:
            return f"__builtin_choose_expr({self.choose('0', '1', 'sizeof(int) == 4')}, {e(0)}, {e(0)})"
        return f"__extension__ {e(depth)}"

    def integer_type(self):
        if self.bits and self.chance(0.7):
            return self.choose("", "unsigned ") + f"_BitInt({self.choose(2, 3, 7, 8, 9, 31, 32, 33, 63, 64, 65, 100, 127, 128)})"
        return self.rng.choice(INTEGER_TYPES)

    def operand(self, depth):
        text = self.expression(depth - 1)
        return text if re.fullmatch(r"[\w']+|'[^' ]*'", text) and self.chance(0.9) else f"({text})"

    def case(self):
        """(expression, is it real, who judges: both, gcc or clang)."""
        self.gcc_only, self.bits = False, self.chance(0.1)
        if not self.bits and self.chance(0.1):
            return self.real(3), True, "gcc" if self.gcc_only else "both"
        text = self.expression(self.choose(1, 2, 2, 3, 3, 4, 5))
        if self.bits:
            return (self.case() if self.gcc_only or UNDECIDED.search(text) else (text, False, "clang"))
        return text, False, "gcc" if self.gcc_only else "both"


# ---------------------------------------------------------------- the compilers' side


def answers_of(cc, cases):
    """{index: "TYPE SIZE VALUE"}, and {index: message} of those with an overflow and the like, or an error."""
    types = TYPES if kind_of(cc) == "gcc" else [t for t in TYPES if not t.startswith("_Float")]
    head = (PROLOGUE + DECLARATIONS + "#define TYPE(e) _Generic((e), " + ", ".join(f"{t}: {TYPES.index(t)}" for t in types)
            + ", default: -1)\n")
    lines = Lines(head)
    for i, (text, _, _) in cases:
        lines.add(f"const unsigned __int128 c{i} = (unsigned __int128)({text});", i)
    errors, warned = {}, {}
    for line, kind, message in messages(cc, lines.text(), warnings=True):
        if kind == "error" or WARNED.search(message):
            (errors if kind == "error" else warned).setdefault(lines.owner(line), message)
    good = [case for case in cases if case[0] not in errors]
    body = Lines(head)
    for i, (text, real, _) in good:
        value = f"0, {text}" if real else f"(unsigned __int128)({text}), 0"
        body.add(f"{{ TYPE({text}), sizeof({text}), {int(real)}, {value} }},", i)
    source = body.text().replace(head, head + "#include <stdio.h>\nstatic const struct { int type, size, real; unsigned __int128 bits; "
                                 "long double value; } table[] = {\n", 1)
    source += ("};\nint main(void) { for (unsigned long i = 0; i < sizeof table / sizeof *table; i++) {\n"
               'if (table[i].real) printf("%d %d %.21Lg\\n", table[i].type, table[i].size, table[i].value);\n'
               'else printf("%d %d %016lx%016lx\\n", table[i].type, table[i].size, (unsigned long)(table[i].bits >> 64), '
               "(unsigned long)table[i].bits);\n} return 0; }\n")
    out = run_program(cc, source).decode().splitlines() if good else []
    result = {}
    for (i, _), line in zip(good, out):
        kind, rest = line.split(" ", 1)
        result[i] = f"{TYPES[int(kind)] if int(kind) >= 0 else '?'} {rest}"
    return result, {**warned, **errors}


# ---------------------------------------------------------------- our side


def ask_driver(path, cases):
    driver = Driver(path)
    asked = []
    for i, (text, _, _) in cases:
        if i % 200 == 0:
            driver.scope()
            driver.cdef(DECLARATIONS)
        checked = driver.cdef(f"enum {{ c{i} = !({text}) }}; static const __typeof__({text}) v{i} = {text};\n#define d{i} {text}\n")
        asked.append((i, checked, driver.ask(f"value v{i}"), driver.ask(f"value d{i}")))
    lines = driver.answers()
    return {i: (lines[checked], lines[value], lines[defined]) for i, checked, value, defined in asked}


# ---------------------------------------------------------------- comparison


def run(options, report):
    generator = Generator(options.seed)
    done = 0
    while done < options.n:
        cases = [(done + i, generator.case()) for i in range(min(2000, options.n - done))]
        done += len(cases)
        ours = ask_driver(options.driver, cases)
        gcc, gcc_bad = answers_of(options.gcc, [c for c in cases if c[1][2] != "clang"])
        clang, clang_bad = answers_of(options.clang, [c for c in cases if c[1][2] != "gcc"]) if options.clang else ({}, {})
        plain = {i: without_type(line) for i, line in clang.items()}
        for i, (text, _, judge) in cases:
            if judge != "clang":
                compare(i, text, ours[i], gcc, gcc_bad, clang, report)
            elif options.clang:
                compare_bits(i, text, [without_type(line) for line in ours[i]], plain, clang_bad, report)
    report.count = done


def without_type(line):
    """Not every _BitInt has a name in the list of types: size and value remain."""
    return re.sub(r"^(unsigned )?_BitInt\(\d+\)|^\?", "_BitInt", line)


def compare_bits(i, text, ours, clang, clang_bad, report):
    """With clang as the judge, who outside functions warns of operands that are not evaluated, and not of all that are."""
    if re.search(r"\?|&&|\|\|", text) and (i in clang_bad or ours[0] != "ok"):
        return
    if i not in clang_bad and "integer overflow" in ours[0]:
        report.expected("clang does not report every overflow", text)
    else:
        compare(i, text, ours, clang, clang_bad, {}, report)


def compare(i, text, ours, gcc, gcc_bad, clang, report):
    status, value, defined = ours
    if i in gcc_bad:
        if status == "ok" and value == gcc.get(i) and UNDECIDED.search(text) and re.search(r"[?&|]|sizeof", text):
            report.expected("a condition with a pointer, floating arithmetic or a shifted negative number, strictly no constant, "
                            "makes gcc warn about the operand that is not evaluated", text)
        elif status == "ok":
            report.difference(text, f"we say {value}, the compiler: {gcc_bad[i]}")
        return
    if status != "ok" and UNDECIDED.search(text) and re.search(r"shift count|division by zero|overflow", status):
        report.expected("gcc does not warn about an operand that it reaches through a pointer or floating arithmetic", text)
    elif status != "ok":
        report.difference(text, f"the compiler says {gcc[i]}, we: {status}")
    elif value != gcc[i]:
        report.difference(text, f"the compiler says {gcc[i]}, we say {value}")
    elif value != defined:
        report.difference(text, f"as a constant we say {value}, as a macro {defined}")
    if i in clang and clang[i] != gcc[i]:
        report.disagreement("value or type", f"{text}: gcc {gcc[i]}, clang {clang[i]}")
