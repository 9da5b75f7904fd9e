"""What the compiler says about our facts: a C file of assertions, one a line."""

import os
import re
import subprocess

ERROR = re.compile(r"^judge\.c:(\d+):(?:\d+:)? (?:fatal )?error: (.*)$", re.M)
FLAGS = ["-std=gnu17", "-w", "-Wno-error=int-conversion", "-fmax-errors=0", "-fno-diagnostics-show-caret", "-fdiagnostics-color=never"]

# Programs start though no library is there for what the headers' inline functions call: some PIEs would not.
LINK = ["-no-pie", "-Wl,--unresolved-symbols=ignore-all"]

# What we know by name, whether or not the header has it; a header that has it otherwise keeps its own.
NAMES = """#ifndef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif
typedef __INT8_TYPE__ int8_t; typedef __UINT8_TYPE__ uint8_t; typedef __INT16_TYPE__ int16_t;
typedef __UINT16_TYPE__ uint16_t; typedef __INT32_TYPE__ int32_t; typedef __UINT32_TYPE__ uint32_t;
typedef __INT64_TYPE__ int64_t; typedef __UINT64_TYPE__ uint64_t; typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ssize_t; typedef __PTRDIFF_TYPE__ ptrdiff_t; typedef __WCHAR_TYPE__ wchar_t;
typedef __INTPTR_TYPE__ intptr_t; typedef __UINTPTR_TYPE__ uintptr_t; typedef __CHAR16_TYPE__ char16_t;
typedef __CHAR32_TYPE__ char32_t; typedef __INTMAX_TYPE__ intmax_t; typedef __UINTMAX_TYPE__ uintmax_t;
"""


class Judge:
    """Assertions about one text, and whose each line is."""

    def __init__(self, cc, prologue, flags, folder):
        self.command = [cc, *FLAGS, *flags]
        self.prologue, self.folder = prologue, folder
        self.lines, self.owners = prologue.splitlines(), {}
        self.macros = self.listed_macros()

    def line(self, text, owner=None):
        self.lines.append(text)
        if owner:
            self.owners[len(self.lines)] = owner

    def run(self, *args, text=None):
        return subprocess.run([*self.command, *args], input=text, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              universal_newlines=True, errors="replace", env={**os.environ, "LC_ALL": "C"}, check=False)

    def verdict(self):
        """{owner: message} of the lines that the compiler refuses."""
        return self.refused(self.lines, self.owners)

    def refused(self, lines, owners):
        """Preprocessed first, for an error within a macro is to be on the line that names the macro."""
        with open(os.path.join(self.folder, "judge.c"), "w") as f:
            f.write("\n".join(lines) + "\n")
        refused = {}
        done = self.run("-E", "-o", "judge.i", "judge.c")
        if done.returncode == 0:
            done = self.run("-fsyntax-only", "judge.i")
        for line, message in ERROR.findall(done.stderr):
            owner = owners.get(int(line))
            if owner:
                refused.setdefault(owner, message)
        return refused

    def accepted(self, probes):
        """Those (owner, line) of which the compiler accepts the line. An error can hide others behind it: what
        seems to be accepted is asked again without what is refused."""
        lines = self.prologue.splitlines()
        while probes:
            owners = {len(lines) + 1 + i: owner for i, (owner, _) in enumerate(probes)}
            refused = self.refused(lines + [line for _, line in probes], owners)
            if not refused:
                break
            probes = [probe for probe in probes if probe[0] not in refused]
        return probes

    def refusal(self):
        """What the compiler has against the text itself; None if nothing. Lists its functions on the way."""
        done = self.run("-fsyntax-only", "-aux-info", "functions.txt", "-x", "c", "-", text=self.prologue)
        return None if done.returncode == 0 else done.stderr.strip()

    def functions(self):
        """The names of all functions that the text declares, says the compiler; not those of its own headers."""
        names = set()
        with open(os.path.join(self.folder, "functions.txt"), errors="replace") as f:
            for line in f:
                m = re.search(r"\b(\w+) \((?!\*)", line.split("*/", 1)[-1])
                if m and "/lib/gcc" not in line.split("*/", 1)[0]:
                    names.add(m.group(1))
        return names

    def listed_macros(self):
        """{name: parameter list, or ""} of the text's macros, without those of the compiler and its own headers."""
        found, own = {}, True
        for line in self.run("-E", "-dD", "-x", "c", "-", text=self.prologue).stdout.splitlines():
            marker = re.match(r'# \d+ "(.*?)"', line)
            if marker:
                own = marker.group(1).startswith("<") or "/lib/gcc" in marker.group(1) or "stdc-predef" in marker.group(1)
                continue
            m = re.match(r"#(define|undef) (\w+)(\([^)]*\))?", line)
            if m and m.group(1) == "undef":
                found.pop(m.group(2), None)
            elif m:
                found[m.group(2)] = None if own else m.group(3) or ""
        return found

    def expansions(self, names):
        """{name: text} of object-like macros."""
        ask = self.prologue + "".join(f"\n@@{i}@ {name}" for i, name in enumerate(names)) + "\n"
        out = self.run("-E", "-P", "-x", "c", "-", text=ask).stdout
        return {names[int(i)]: " ".join(text.split()) for i, text in re.findall(r"@@(\d+)@ ([^@]*)", out)}

    def undefined(self):
        """So that macros do not get between us and what is declared."""
        return [f"#undef {name}" for name, params in self.macros.items() if params is not None]

    def applied(self, conditions):
        """[(call, message)] of the (call, condition) that do not hold, or that the compiler does not take."""
        lines = [(i, f"static int cdeffi_holds_{i}(void) {{ return ({condition}); }}") for i, (_, condition) in enumerate(conditions)]
        good = self.accepted(lines)
        kept = {i for i, _ in good}
        bad = [(conditions[i][0], "the compiler refuses it") for i, _ in lines if i not in kept]
        return bad + [(conditions[i][0], f"is not so: {conditions[i][1]}") for i in self.untrue(good)]

    def untrue(self, functions):
        """The numbers of the (number, text) of functions cdeffi_holds_NUMBER that do not return 1."""
        if not functions:
            return []
        shown = "".join(f'__builtin_printf("%d\\n", cdeffi_holds_{i}());\n' for i, _ in functions)
        text = "\n".join([self.prologue, *(line for _, line in functions), f"#undef main\nint main(void) {{\n{shown}return 0; }}\n"])
        done = self.run("-E", "-o", "applied.i", "-x", "c", "-", text=text)
        if done.returncode != 0:
            raise RuntimeError(done.stderr[:2000])
        done = self.run(*LINK, "-o", "applied", "applied.i")
        if done.returncode != 0:
            raise RuntimeError(done.stderr[:2000])
        out = subprocess.run([os.path.join(self.folder, "applied")], stdout=subprocess.PIPE, check=True).stdout
        return [i for (i, _), held in zip(functions, out.split()) if held != b"1"]

    def program(self, bits, conditions):
        """[(first, width)] of bit-fields, found out by setting them, and which of the conditions hold."""
        text = [self.prologue, "#undef printf", "#include <stdio.h>", "static void show(const unsigned char *p, unsigned long n) {",
                "unsigned long first = -1UL, width = 0, i; for (i = 0; i < n * 8; i++) if (p[i / 8] >> i % 8 & 1) {",
                "if (!width) first = i; width++; } printf(\"%lu %lu\\n\", first, width); }", *self.undefined(), NAMES]
        for i, (expression, path) in enumerate(bits):
            text.append(f"static __typeof__({expression}) v{i} = {{.{path} = -1}};")
        text.append("int main(void) {")
        text += [f"show((const unsigned char *)&v{i}, sizeof v{i});" for i in range(len(bits))]
        text += [f'printf("%d\\n", (int)({condition}));' for condition in conditions]
        text.append("return 0; }\n")
        done = self.run(*LINK, "-o", "program", "-x", "c", "-", text="\n".join(text))
        if done.returncode != 0:
            raise RuntimeError(done.stderr[:2000])
        out = subprocess.run([os.path.join(self.folder, "program")], stdout=subprocess.PIPE, check=True, universal_newlines=True).stdout
        rows = [tuple(map(int, line.split())) for line in out.splitlines()]
        return rows[:len(bits)], [row[0] for row in rows[len(bits):]]
