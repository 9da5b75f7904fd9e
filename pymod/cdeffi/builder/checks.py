"""Constants and variables of a module, and the checks of its records: where what is declared meets what the C
source says, so that a compiler can tell the difference."""
from .declarations import TEXT

_SUFFIXES = "[", "("  # of declarators: they bind closer than a star


def write_integer(lines, name, value, where):
    """_cffi_const_NAME of an integer. VALUE: what is declared, or None."""
    lines.append(f"static int _cffi_const_{name}(unsigned long long *o)\n{{\n  int n = ({name}) <= 0;\n"
                 f"  *o = (unsigned long long)(({name}) | 0);\n{'' if value is None else _compared(name, value, where)}"
                 "  return n;\n}")


def _compared(name, value, where):
    """Where a constant is not one to the compiler, the backend is told (2) and raises."""
    if value < 0:
        literal = f"(-{-value - 1}LL - 1)"
        differs = f"!n || *o != (unsigned long long){literal}"
    else:
        literal = f"{value}U{'LL' if value >= 1 << 32 else ''}"
        differs = f"n != ({literal} <= 0) || *o != (unsigned long long){literal}"
    return (f'  _CFFI_ASSERT(_CFFI_EQUALS({name}, {literal}),\n               "{where}: {name} is not {value} in the C source");\n'
            f"  if ({differs})\n    n |= 2;\n")


def pointer_to(text, declarator):
    """The place TEXT of a pointer to it: parentheses where C needs them (C++ warns of others)."""
    before, _, after = text.partition("@")
    return f"{before}(*{declarator}){after}" if after[:1] in _SUFFIXES else f"{before}*{declarator}{after}"


def write_variable(lines, name, text, is_open):
    """_cffi_var_NAME gives the address. TEXT: the C type with "@", of an open array the items'."""
    lines += ["static %s" % pointer_to(text, "_cffi_var_%s(void)" % name), "{",
              "  return %s%s;" % ("" if is_open else "&", name), "}"]


# ---- records

_NOT_INTEGERS = {"void", "float", "double", "long double", "_cffi_float_complex_t", "_cffi_double_complex_t"}


def _is_number(tables, number):
    entry = tables.types[number]
    kind = entry[0]
    return kind == "enum" or number in tables.declarations.unknown or (kind == "primitive" and entry[1] not in _NOT_INTEGERS)


def write_members(lines, tables, row, fields):
    """A function that takes the address of each member, whose type must be the declared one."""
    lines.append(f"_CFFI_UNUSED static void _cffi_check_{row.identifier}({row.cname} *p)\n{{\n  (void)p;")
    for field in fields:
        member = field.member
        name, number = field.name, member.type
        if member.bits >= 0 or _is_number(tables, number):
            lines.append(f"  (void)((p->{name}) | 0); /* an integer */")
            continue
        text = tables.text(member.text)
        entry = tables.types[number]
        if entry[0] == "array" and (entry[2] < 0 or tables.is_deferred(number)):
            text = _without_lengths(text)
            while tables.types[number][0] == "array":
                number, name = tables.types[number][1], name + "[0]"
        if "$" in text:
            continue
        lines.append(f"  {{ {pointer_to(text, 'address')} = &p->{name}; (void)address; }}")
    lines.append(f"}}\nstruct _cffi_align_{row.identifier} {{ char x; {row.cname} y; }};")


def _without_lengths(text):
    """int @[...][3] -> int @"""
    at = text.index("@") + 1
    while text[at:at + 1] == "[":
        text = text[:at] + text[text.index("]", at) + 1:]
    return text


def write_mirror(lines, tables, row, source):
    """A second struct, as declared, and assertions that it agrees with the one of the C source."""
    source = source.replace("\\", "\\\\").replace('"', '\\"')
    record, members = row.record, tables.declarations.members(row.number)
    texts = [tables.text(m.text) for m in members]
    odd = record.padded or any([m.name is None or (m.aligned and not record.packed) or "$" in t or tables.is_deferred(m.type)
                                for m, t in zip(members, texts)])
    if odd or not members:
        return
    suffix = " __attribute__((packed))" if record.packed else ""
    suffix += " __attribute__((aligned(%d)))" % record.align if record.align else ""
    own, cname = f"{record.kind} _cffi_own_{row.identifier}", row.cname
    lines.append(own + " {")
    for member, text in zip(members, texts):
        lines.append(f"  {text.replace('@', member.name)}{' : %d' % member.bits if member.bits >= 0 else ''};")
    lines.append("}%s;" % suffix)
    for member, text in zip(members, texts):
        if member.bits < 0:
            macro = "PLACE" if text.endswith("@[]") else "MEMBER"
            lines.append(f'_CFFI_SAME_{macro}({own}, {cname}, {member.name}, "{source}")')
    lines.append(f'_CFFI_SAME_SIZE({own}, {cname}, "{source}")')


def place_of(file, line):
    """A place, for messages."""
    return "%s:%d" % ("cdef" if file == TEXT else file, line)


def place(symbol):
    """Where a symbol is declared."""
    return place_of(symbol.file, symbol.line)
