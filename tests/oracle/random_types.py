"""Random type declarations: every size, alignment, offset, bit position, width and enumerator.

A batch is a list of groups; a group is C text that makes sense alone but for types of earlier groups.
GCC rules: where clang lays a type out otherwise, the case is counted and shown, not failed. What GCC
refuses we have to refuse, and the other way round. Fixed enum types (C23) are asked of clang, since GCC
knows them only from version 13 on.
"""

import random
import re
import struct

from compilers import Driver, Lines, features, messages, run_program

INTEGERS = [
    ("_Bool", 1), ("char", 8), ("signed char", 8), ("unsigned char", 8), ("short", 16), ("unsigned short", 16),
    ("int", 32), ("unsigned", 32), ("unsigned int", 32), ("long", 64), ("unsigned long", 64), ("long long", 64),
    ("unsigned long long", 64), ("__int128", 128), ("unsigned __int128", 128), ("int8_t", 8), ("uint16_t", 16),
    ("int32_t", 32), ("uint64_t", 64), ("size_t", 64), ("wchar_t", 32),
]
OTHERS = [
    "float", "double", "long double", "_Complex float", "_Complex double", "_Complex long double", "void *", "char *",
    "const int *", "_Float32", "_Float64", "_Float128", "_Float32x", "_Float64x", "__float128",
]
GCC_ONLY = ["_Float16", "_Complex _Float16", "_Decimal32", "_Decimal64", "_Decimal128", "_Float32", "_Float64", "_Float32x",
            "_Float64x", "_Float128"]
DEPENDS = "it needs a group that was refused"
PROLOGUE = "#include <stddef.h>\n#include <stdint.h>\n#include <wchar.h>\n"


class Type:
    def __init__(self, name, bits=0, array=True, flexible=False, gcc_only=False, plain=True):
        self.name, self.bits = name, bits
        self.array, self.flexible = array, flexible  # may it be an element? does it end in T[]?
        self.plain = plain  # neither an array nor qualified
        self.members = None  # of a record
        self.gcc_only = gcc_only
        self.group = None  # number of the group that declares it


class Group:
    """Declarations that belong together, and what to ask about them."""

    def __init__(self, number):
        self.number = number
        self.lines = []
        self.questions = []  # (kind, type name, members or enumerators)
        self.gcc_only = self.clang_only = False
        self.needs = set()  # numbers of groups

    def text(self):
        return "\n".join(self.lines)

    def uses(self, t):
        self.gcc_only |= t.gcc_only
        if t.group is not None:
            self.needs.add(t.group)


class Generator:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.serial = 0
        self.scalars = [Type(n, b) for n, b in INTEGERS]
        self.scalars += [Type(n, gcc_only=n in GCC_ONLY) for n in OTHERS]
        self.scalars += [Type(n, gcc_only=True) for n in GCC_ONLY]
        self.types = []

    def chance(self, p):
        return self.rng.random() < p

    def fresh(self, letter):
        self.serial += 1
        return f"{letter}{self.serial}"

    def pick(self, integer=False):
        """A type for a member; scalars half of the time."""
        if integer:
            return self.rng.choice([t for t in self.scalars + self.types[-60:] if t.bits])
        if not self.types or self.chance(0.55):
            return self.rng.choice(self.scalars[:21] if self.chance(0.6) else self.scalars)
        return self.rng.choice(self.types[-80:])

    # ------------------------------------------------------------ attributes

    def alignment(self, most=64):
        return self.rng.choice([n for n in (1, 2, 4, 8, 16, 32, 64, 128, 256) if n <= most])

    def aligned(self):
        if self.chance(0.08):
            return "__attribute__((aligned))"
        return f"__attribute__((aligned({self.alignment()})))"

    def member_attributes(self, bitfield):
        before, after = [], []
        if self.chance(0.08):
            (before if self.chance(0.3) else after).append("__attribute__((packed))")
        if self.chance(0.07):
            (before if self.chance(0.3) else after).append(self.aligned())
        if not bitfield and self.chance(0.03):
            before.append(f"_Alignas({self.rng.choice(['16', '32', '64', 'long double'])})")
        return "".join(a + " " for a in before), "".join(" " + a for a in after)

    def record_attributes(self):
        chosen = []
        if self.chance(0.16):
            chosen.append("packed")
        if self.chance(0.12):
            chosen.append(f"aligned({self.alignment()})")
        if self.chance(0.05):
            chosen.append(self.rng.choice(["ms_struct", "ms_struct", "gcc_struct"]))
        if self.chance(0.03):
            chosen.append(self.rng.choice(["may_alias", "unused", "deprecated"]))
        self.rng.shuffle(chosen)
        text = f"__attribute__(({', '.join(chosen)}))" if chosen else ""
        if chosen and self.chance(0.1):
            return f"[[{', '.join('gnu::' + c for c in chosen)}]] ", ""
        if chosen and self.chance(0.2):
            text = "".join(f"__attribute__((__{c.replace('(', '__(') if '(' in c else c + '__'}))" for c in chosen)
        return (text + " ", "") if self.chance(0.4) else ("", " " + text if text else "")

    # ------------------------------------------------------------ members

    def bitfield(self, group, members):
        t = self.pick(integer=True)
        group.uses(t)
        r = self.rng.random()
        if r < 0.12:
            return f"{t.name} : 0;"
        width = t.bits if r < 0.25 else self.rng.randint(1, t.bits)
        before, after = self.member_attributes(True)
        if r > 0.92:
            return f"{before}{t.name} : {width}{after};"
        name = self.fresh("m")
        members.append((name, True))
        return f"{before}{t.name} {name} : {width}{after};"

    def plain_member(self, group, members, last, in_union):
        t = self.pick()
        if t.flexible and not last and not in_union:
            t = self.rng.choice(self.scalars[:21])
        group.uses(t)
        before, after = self.member_attributes(False)
        name = self.fresh("m")
        members.append((name, False))
        r = self.rng.random()
        qualifier = self.rng.choice(["", "", "", "", "const ", "volatile "])
        if r < 0.16 and t.array and not t.flexible:
            bound = "".join(f"[{self.rng.choice([0, 1, 2, 3, 5, 7])}]" for _ in range(self.rng.choice([1, 1, 2])))
            return f"{before}{qualifier}{t.name} {name}{bound}{after};"
        if r < 0.21:
            return f"{before}{t.name} {self.rng.choice(['*', '**', '*const '])}{name}{after};"
        if r < 0.24 and t.plain:
            return f"{before}{t.name} (*{name})(int, {t.name} *){after};"
        if r < 0.27 and not t.flexible and t.plain:
            return f"{before}_Atomic({t.name}) {name}{after};"
        return f"{before}{qualifier}{t.name} {name}{after};"

    def nested(self, group, members, depth):
        """struct or union inside: anonymous (its members are ours) or with a name of its own."""
        kind = self.rng.choice(["struct", "union"])
        before, after = self.record_attributes()
        inner = []
        body = self.body(group, inner, depth + 1, kind == "union", flexible=False)
        if self.chance(0.6):
            members.extend(inner)
            return f"{kind} {before}{{ {body} }}{after};"
        name = self.fresh("m")
        members.append((name, False))
        bound = f"[{self.rng.randint(1, 3)}]" if self.chance(0.2) else ""
        if not bound:
            members.extend((f"{name}.{m}", b) for m, b in inner)
        return f"{kind} {before}{{ {body} }}{after} {name}{bound};"

    def microsoft(self, group, members):
        """struct s; inside another: its members show through (-fms-extensions). Once in a struct, since names are."""
        present = {m for m, _ in members}
        chosen = [t for t in self.types[-40:] if t.members and not t.flexible and t.plain and present.isdisjoint(m for m, _ in t.members)]
        if not chosen:
            return "int;"
        t = self.rng.choice(chosen)
        group.uses(t)
        members.extend(m for m in t.members)
        return f"{t.name};"

    def body(self, group, members, depth, in_union, flexible):
        lines = []
        count = self.rng.choice([0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 12]) if depth == 0 else self.rng.choice([1, 1, 2, 3, 4])
        bits = self.rng.choice([0.0, 0.2, 0.5, 0.9])
        for i in range(count):
            last = i == count - 1
            if self.chance(bits):
                lines.append(self.bitfield(group, members))
            elif depth < 3 and self.chance(0.1):
                lines.append(self.nested(group, members, depth))
            elif depth == 0 and self.chance(0.02):
                lines.append(self.microsoft(group, members))
            elif flexible and last and i > 0 and members and self.chance(0.3):
                t = self.rng.choice(self.scalars)
                group.uses(t)
                members.append((self.fresh("m"), False))
                lines.append(f"{t.name} {members[-1][0]}[];")
            else:
                lines.append(self.plain_member(group, members, last and flexible, in_union))
        return " ".join(lines)

    # ------------------------------------------------------------ declarations

    def record(self, group):
        kind = "union" if self.chance(0.2) else "struct"
        before, after = self.record_attributes()
        members = []
        body = self.body(group, members, 0, kind == "union", flexible=kind == "struct")
        flexible = "[];" in body
        tag, alias = self.fresh("s"), None
        if self.chance(0.3):
            alias = self.fresh("t")
            extra = f" {self.aligned()}" if self.chance(0.15) else ""
            tag_text = "" if self.chance(0.4) else tag + " "
            group.lines.append(f"typedef {kind} {before}{tag_text}{{ {body} }}{after} {alias}{extra};")
            name = alias
        else:
            group.lines.append(f"{kind} {before}{tag} {{ {body} }}{after};")
            name = f"{kind} {tag}"
        group.questions.append(("record", name, members))
        element = not alias or "aligned" not in group.lines[-1].rsplit(alias, 1)[1]
        made = Type(name, array=element, flexible=flexible, gcc_only=group.gcc_only)
        made.members = members
        self.types.append(made)

    def scalar_typedef(self, group):
        name = self.fresh("t")
        r = self.rng.random()
        t = self.rng.choice(self.scalars)
        if r < 0.3:
            group.uses(t)
            group.lines.append(f"typedef {t.name} {name} {self.aligned()};")
            made = Type(name, t.bits, array=False, gcc_only=t.gcc_only)
        elif r < 0.45:
            t = self.rng.choice([t for t in self.scalars[1:13]])
            lanes = self.rng.choice([8, 16, 32, 64])
            group.lines.append(f"typedef {t.name} {name} __attribute__((vector_size({lanes})));" if t.bits < 128 else
                               f"typedef {t.name} {name};")
            made = Type(name)
        elif r < 0.6:
            mode, bits = self.rng.choice([("QI", 8), ("HI", 16), ("SI", 32), ("DI", 64), ("TI", 128), ("word", 64), ("byte", 8),
                                          ("__SI__", 32), ("pointer", 64)])
            sign = self.rng.choice(["int", "unsigned int", "unsigned"])
            group.lines.append(f"typedef {sign} {name} __attribute__((mode({mode})));")
            made = Type(name, bits)
        elif r < 0.75:
            group.uses(t)
            group.lines.append(f"typedef {t.name} {name}[{self.rng.randint(1, 5)}];")
            made = Type(name, gcc_only=t.gcc_only, plain=False)
        else:
            t = self.pick()
            group.uses(t)
            qualifier = self.rng.choice(["", "const ", "volatile "])
            group.lines.append(f"typedef {qualifier}{t.name} {name};")
            made = Type(name, t.bits, t.array, t.flexible, t.gcc_only, plain=t.plain and not qualifier)
        group.questions.append(("type", name, []))
        self.types.append(made)

    def enumeration(self, group, fixed=None):
        tag = self.fresh("e")
        packed = not fixed and self.chance(0.25)
        values, body = [], []
        reach = self.rng.choice([3, 100, 127, 128, 255, 256, 32768, 65536, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1])
        low = self.rng.choice([0, 0, 0, -1, -128, -129, -reach])
        if fixed:
            group.clang_only = True
            bits = fixed[1]
            signed = "unsigned" not in fixed[0] and fixed[0][0] != "u" and fixed[0] != "size_t"
            low, reach = (-2**(bits - 1), 2**(bits - 1) - 1) if signed else (0, 2**bits - 1)
        for _ in range(self.rng.randint(1, 5)):
            name = self.fresh("A")
            values.append(name)
            if self.chance(0.7) or fixed:
                value = self.rng.choice([low, reach, self.rng.randint(low, reach), 0])
                suffix = "u" if value > 2**63 - 1 else ""
                literal = f"{value}{suffix}" if value > -2**63 else "-0x7fffffffffffffff - 1"
                body.append(f"{name} = {literal}")
            else:
                body.append(name)
        attribute = " __attribute__((packed))" if packed else ""
        middle = f" : {fixed[0]}" if fixed else ""
        front = attribute + " " if self.chance(0.5) else " "
        back = attribute if front == " " else ""
        comma = "," if self.chance(0.2) else ""
        group.lines.append(f"enum{front}{tag}{middle} {{ {', '.join(body)}{comma} }}{back};")
        group.questions.append(("enum", f"enum {tag}", values))
        # a bit-field of 8 bits fits every enum
        if not fixed:
            self.types.append(Type(f"enum {tag}", 8))
            return
        record, m = self.fresh("s"), [self.fresh("m") for _ in range(5)]
        bits = self.rng.randint(2, 128)
        group.lines.append(f"struct {record} {{ char c; enum {tag} {m[0]}; enum {tag} {m[1]} : {self.rng.randint(1, fixed[1])}, "
                           f"{m[2]} : {self.rng.randint(1, fixed[1])}; _BitInt({bits}) {m[3]}; "
                           f"unsigned _BitInt({bits}) {m[4]} : {self.rng.randint(1, bits)}; }};")
        group.questions.append(("record", f"struct {record}", [("c", False), (m[0], False), (m[1], True), (m[2], True), (m[3], False),
                                                               (m[4], True)]))

    def group(self, number):
        group = Group(number)
        if self.chance(0.01):
            self.enumeration(group, self.rng.choice(INTEGERS[1:13]))
            return group
        pragmas = self.chance(0.18)
        if pragmas:
            style = self.rng.randrange(6)
            pack = self.rng.choice([1, 2, 4, 8, 16])
            label = self.fresh("label")
            group.lines.append([f"#pragma pack(push, {pack})", f"#pragma pack({pack})",
                                f"#pragma pack(push, {label}, {pack})\n#pragma pack(push, 4)", f"#pragma pack(push)\n#pragma pack({pack})",
                                f'_Pragma("pack(push, {pack})")', f"#pragma pack({pack})\n#pragma pack(push, {label})\n#pragma pack(1)"][style])
        for _ in range(self.rng.choice([1, 1, 2])):
            r = self.rng.random()
            (self.record if r < 0.75 else self.scalar_typedef if r < 0.9 else self.enumeration)(group)
            self.own_types(group)
        if pragmas:
            group.lines.append(["#pragma pack(pop)", "#pragma pack()", f"#pragma pack(pop, {label})", "#pragma pack(pop)", '_Pragma("pack(pop)")',
                                f"#pragma pack(pop, {label})\n#pragma pack()"][style])
            if self.chance(0.5):
                self.record(group)
                self.own_types(group)
        return group

    def own_types(self, group):
        for t in reversed(self.types):
            if t.group is not None:
                break
            t.group = group.number

    def batch(self, count):
        self.types.clear()
        groups, made = [], 0
        while made < count:
            groups.append(self.group(len(groups)))
            made += len(groups[-1].questions)
        return groups


# ---------------------------------------------------------------- the compilers' side


class Program:
    """One C program that writes every answer: words first, then objects with one bit-field set each."""

    def __init__(self, groups):
        self.groups = groups
        self.lines = Lines(PROLOGUE)
        self.words, self.objects, self.layout = [], [], []
        for g in groups:
            self.lines.add(g.text(), g)
        for g in groups:
            for kind, name, members in g.questions:
                self.question(kind, name, members)

    def word(self, expression):
        self.words.append(f"(unsigned long)({expression})")
        return len(self.words) - 1

    def question(self, kind, name, members):
        first = self.word(f"sizeof({name})")
        self.word(f"__alignof__({name})")  # _Alignof of a vector depends on -mavx
        items = []
        if kind == "enum":
            self.word(f"({name})-1 < 0")
            for m in members:
                items.append(self.word(f"(long long){m}"))
                self.word(f"{m} < 0")
                self.word(f"sizeof({m})")
                self.word(f"(__typeof__({m}))-1 < 0")
        for m, is_bits in members if kind == "record" else ():
            if is_bits:
                self.lines.add(f"{name} o{len(self.objects)} = {{ .{m} = -1 }};")
                self.objects.append(len(self.objects))
                items.append(len(self.objects) - 1)
            else:
                items.append(self.word(f"offsetof({name}, {m})"))
                self.word(f"__alignof__((({name} *)0)->{m})")
        self.layout.append((first, items))

    def text(self):
        table = ",\n".join(self.words) or "0"
        objects = "\n".join(f"{{ &o{i}, sizeof o{i} }}," for i in self.objects)
        return (self.lines.text() + f"static const unsigned long words[] = {{\n{table}\n}};\n"
                f"static const struct {{ const volatile void *p; unsigned long n; }} objects[] = {{\n{objects}\n{{ 0, 0 }} }};\n"
                "#include <stdio.h>\nint main(void) { fwrite(words, sizeof words[0], sizeof words / sizeof words[0], stdout);\n"
                "for (int i = 0; objects[i].p; i++) { fwrite(&objects[i].n, 8, 1, stdout);\n"
                "fwrite((const void *)objects[i].p, 1, objects[i].n, stdout); } return 0; }\n")

    def run(self, cc):
        """The answers, as the driver writes them: one list of strings for each question."""
        data = run_program(cc, self.text())
        n = len(self.words)
        words = struct.unpack_from(f"<{n}Q", data)
        at, positions = 8 * n, []
        for _ in self.objects:
            (size,) = struct.unpack_from("<Q", data, at)
            bits = int.from_bytes(data[at + 8:at + 8 + size], "little")
            low = (bits & -bits).bit_length() - 1
            width = bits.bit_length() - low
            positions.append(f"@{low}:{width}" if bits == ((1 << width) - 1) << low and bits else f"@?{bits:x}")
            at += 8 + size
        answers, i = [], 0
        for g in self.groups:
            for kind, name, members in g.questions:
                first, items = self.layout[i]
                i += 1
                answers.append(self.answer(kind, words, positions, first, items, members))
        return answers

    @staticmethod
    def answer(kind, words, positions, first, items, members):
        head = f"{words[first]} {words[first + 1]}"
        if kind == "enum":
            lines = [head + (" s" if words[first + 2] else " u")]
            for k in items:
                value = words[k] - 2**64 if words[k + 1] else words[k]
                lines.append(f"{value} {words[k + 2]} {'s' if words[k + 3] else 'u'}")
            return lines
        if kind == "record":
            for (m, is_bits), k in zip(members, items):
                head += f" | {m} " + (positions[k] if is_bits else f"{words[k]}/{words[k + 1]}")
        return [head]


# ---------------------------------------------------------------- our side


def ask_driver(path, groups):
    """{group number: (accepted?, message, answers)}."""
    driver = Driver(path)
    driver.scope()
    asked = []
    for g in groups:
        cdef = driver.cdef(g.text())
        questions = []
        for kind, name, members in g.questions:
            if kind == "enum":
                questions.append([driver.ask(f"enum {name}")] + [driver.ask(f"value {m}") for m in members])
            else:
                questions.append([driver.ask(f"{kind} {name}")])
        asked.append((g, cdef, questions))
    lines = driver.answers()
    result = {}
    for g, cdef, questions in asked:
        answers = []
        for (kind, _, _), numbers in zip(g.questions, questions):
            found = [lines[k] for k in numbers]
            answers.append([found[0]] + [enumerator(line) for line in found[1:]] if kind == "enum" else found)
        result[g.number] = (lines[cdef] == "ok", lines[cdef], answers)
    return result


def enumerator(line):
    """The driver's "TYPE SIZE VALUE" as "VALUE SIZE SIGN"."""
    try:
        name, size, bits = line.rsplit(" ", 2)
        value = int(bits, 16)
    except ValueError:
        return line
    signed = not name.startswith("unsigned")
    return f"{value - 2**128 if signed and value >> 127 else value} {size} {'s' if signed else 'u'}"


# ---------------------------------------------------------------- comparison


def refused_by(cc, groups):
    """{group number: message} of the groups with an error in CC; what needs a refused group falls with it."""
    refused, present = {}, {g.number for g in groups}
    remaining = list(groups)
    while True:
        program, found = Program(remaining), {}
        for line, _, message in messages(cc, program.lines.text()):
            owner = program.lines.owner(line)
            if owner is not None:
                found.setdefault(owner.number, message)
        for g in remaining:  # in order
            if any(n != g.number and (n in refused or n not in present) for n in g.needs):
                refused[g.number] = DEPENDS
            elif g.number in found:
                refused[g.number] = found[g.number]
        if not any(g.number in refused for g in remaining):
            return refused
        remaining = [g for g in remaining if g.number not in refused]


def judge(cc, groups):
    """The answers of CC for the groups that it accepts: {number: answers}, and {number: message} for the rest."""
    refused = refused_by(cc, groups)
    accepted = [g for g in groups if g.number not in refused]
    answers, at = {}, 0
    flat = Program(accepted).run(cc) if accepted else []
    for g in accepted:
        answers[g.number] = flat[at:at + len(g.questions)]
        at += len(g.questions)
    return answers, refused


def run(options, report):
    generator = Generator(options.seed)
    done = 0
    while done < options.n:
        groups = generator.batch(min(400, options.n - done))
        done += sum(len(g.questions) for g in groups)
        ours = ask_driver(options.driver, groups)
        gcc, gcc_refused = judge(options.gcc, [g for g in groups if not g.clang_only])
        clang, clang_refused = judge(options.clang, [g for g in groups if not g.gcc_only]) if options.clang else ({}, {})
        fallen = set()  # by us, or with what we refused
        for g in groups:
            if any(n in fallen and n != g.number for n in g.needs):
                fallen.add(g.number)
                continue
            if not ours[g.number][0]:
                fallen.add(g.number)
            compare_group(g, ours[g.number], gcc, gcc_refused, clang, clang_refused, report)
    report.count = done


def compare_group(g, ours, gcc, gcc_refused, clang, clang_refused, report):
    accepted, message, answers = ours
    rule, refused = (clang, clang_refused) if g.clang_only else (gcc, gcc_refused)
    if g.number not in rule:
        if accepted and "overflow in enumeration values" in refused.get(g.number, "") and not re.search(r"9223372036854775807, \w+(?:,| })", g.text()):
            report.expected("an enumerator after INT_MAX: C23 (and GCC 13) goes on in long", g.text())
        elif accepted and refused.get(g.number, DEPENDS) != DEPENDS:
            report.difference(g.text(), f"we accept, the compiler says: {refused[g.number]}")
        return
    if not accepted and "_Alignas cannot lower" in message:
        report.expected("_Alignas may lower a vector, or a struct with one, to what gcc calls its alignment without -mavx", g.text())
        return
    if not accepted:
        report.difference(g.text(), f"the compiler accepts, we say: {message}")
        return
    for (_, name, _), expected, found in zip(g.questions, rule[g.number], answers):
        if expected != found:
            report.difference(g.text(), f"{name}\n  compiler {expected}\n  cdeffi   {found}")
    if not g.clang_only and g.number in clang and clang[g.number] != gcc[g.number]:
        report.disagreement(features(g.text()), g.text())
