"""Writes the fuzzer's dictionary from the tables of the sources: keywords, predefined names, attributes,
directives, macros, and the punctuation and beginnings that belong together.

Usage: dictionary.py declarations|preprocessor FILE, from the root of the source tree.
"""

import re
import sys


def read(path):
    with open(path) as f:
        return f.read()


def keywords():
    """The words and punctuation of the lexer: rules that are alternatives of plain strings."""
    rules = re.findall(r'((?:"[^"\\\n]+"[\s|]*)+)\{', read("grammar/lexer.re"))
    return [word for rule in rules for word in re.findall(r'"([^"]+)"', rule)]


def attributes():
    return re.findall(r'^[AD]\("(\w+)"', read("parser/attributes.def"), re.M)


def directives():
    return re.findall(r'"([a-z_]+)"', read("parser/directive.c").split("PpDirective pp_which_directive")[0])


PHRASES = ["struct s {", "union u {", "enum e {", "typedef struct {", "} t;", "int a;", "(*f)(", "[3]", "[...]", "...; }", "=",
           ":3", ": 0;", "extern \"C\" {", "extern \"Python\" {", "__attribute__((", "__attribute__((packed))", "[[", "]]",
           "__attribute__((aligned(8)))", "_Static_assert(1, \"\");", "sizeof(int)", "offsetof(struct s, a)", "asm(\"x\")",
           "const", "'\\n'", "u8\"x\"", "L'x'", "0x1p3", "1e9999", "0xFFFFFFFFFFFFFFFF", "18446744073709551615", "-1", "1ull",
           "1'000", "0b101", "1wb", "2147483648", "$", "\\u00e9", "\xc3\xa9", "\\\n", "\r\n", "\f", "//", "/*", "*/", "%%\n",
           "#define N 3\n", "#define K ...\n", "#pragma pack(push, 1)\n", "#pragma pack(pop)\n", "# 7 \"f.h\"\n", "int f(a) int a; {}",
           "int (T);", "T T;", "(int)", "(struct s){0}", "_Generic(1, int: 2, default: 3)", "typeof(1)", "? 1 : 2", "&&", "||",
           "((struct s *)0)->a", "(char *)&", "(long)", "(int)1.5", "2.5f", "sizeof(", "\n%%\n", "//!o\n", "//!p2\n", "//!dik\n", "static const int N = 3;", "constexpr", "_BitInt(7)",
           "[[gnu::aligned(16)]]", "__attribute__((mode(DI)))", "mode(V4SI)", "(int[]){1, 2}", "{[1] = 2}", "1i64", "(__attribute__((aligned(16))) *p)"]

MACROS = ["#define F(x) x\n", "#define F(x, ...) #x __VA_ARGS__ __VA_OPT__(x)\n", "#define F(x, y) x ## y\n", "F(1)", "F(,)", "F()",
          "#if 1\n", "#if defined F && F(1) > 2\n", "#elif 0\n", "#else\n", "#endif\n", "#ifdef F\n", "#ifndef F\n", "#undef F\n",
          "#include \"guard.h\"\n", "#include <once.h>\n", "#include <self.h>\n", "#include <next.h>\n", "#include \"twice.h\"\n",
          "#include \"open.h\"\n", "#include \"half.h\"\n", "#include <types.h>\n", "#include_next <stddef.h>\n", "#include <stdint.h>\n",
          "#include <stddef.h>\n", "#include <stdarg.h>\n", "#include <limits.h>\n", "#include F\n", "#line 7 \"x.h\"\n", "#error no\n",
          "#pragma once\n", "#embed \"guard.h\"\n", "#embed <types.h> limit(3) prefix(1,) suffix(,2) if_empty(0)\n", "gnu::offset(1)", "__has_embed(<once.h> limit(2))", "#pragma push_macro(\"F\")\n", "#pragma pop_macro(\"F\")\n", "_Pragma(\"pack(1)\")", "__VA_ARGS__", "__VA_OPT__(",
          "__COUNTER__", "__LINE__", "__FILE__", "__has_include(<stdint.h>)", "__has_include_next(<x>)", "__has_attribute(packed)",
          "__has_builtin(__builtin_abs)", "__has_c_attribute(nodiscard)", "__INCLUDE_LEVEL__", "__BASE_FILE__", "__DATE__", "__TIME__",
          "__INT_MAX__", "__SIZEOF_POINTER__", "__STDC_VERSION__", "linux", "-1 < 1u", "((x) + (y))", "sizeof(x)", "##", "#", "%:", "<:", "??=", "L", "u8", "R", "\\\n", "//!i\n",
          "int x;\n", "D_CALL(", "1 ? 2 : 3", "'a'", "-9223372036854775808", "/ 0", "% 0", "<< 65"]


def quoted(text):
    data = text.encode()
    return '"%s"' % "".join(chr(c) if 32 <= c < 127 and c not in b'"\\' else "\\x%02x" % c for c in data)


def main(which, path):
    words = {"declarations": lambda: keywords() + attributes() + PHRASES,
             "preprocessor": lambda: directives() + MACROS + PHRASES[:12]}[which]()
    with open(path, "w") as f:
        for word in dict.fromkeys(word for word in words if 0 < len(word.encode()) <= 60):
            f.write(quoted(word) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
