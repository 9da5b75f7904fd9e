"""Constants and variables of a module, and the checks of its records: where what is declared meets what the C
source says, so that a compiler can tell the difference."""
from .declarations import TEXT

_SUFFIXES = "[", "("  # of declarators: they bind closer than a star


def write_integer(lines, name, value, where, late=True):
    """_cffi_const_NAME of an integer. VALUE: what is declared, or None. Without LATE the one it has is the right one at
    run time: cffi does not compare enumerators."""
    lines.append(f"static int _cffi_const_{name}(unsigned long long *o)\n{{\n  int n = ({name}) <= 0;\n"
                 f"  *o = (unsigned long long)(({name}) | 0);\n{'' if value is None else _compared(name, value, where, late)}"
                 "  return n;\n}")


def write_address(lines, name):
    """_cffi_const_NAME of a pointer that is an integer to Python."""
    lines.append(f"static int _cffi_const_{name}(unsigned long long *o)\n{{\n  *o = (uintptr_t)({name});\n  return *o == 0;\n}}")


def _compared(name, value, where, late):
    """Where a constant is not one to the compiler, the backend is told (2) and raises."""
    if value < 0:
        literal = f"(-{-value - 1}LL - 1)"
        differs = f"!n || *o != (unsigned long long){literal}"
    else:
        literal = f"{value}U{'LL' if value >= 1 << 32 else ''}"
        differs = f"n != ({literal} <= 0) || *o != (unsigned long long){literal}"
    return (f'  _CFFI_ASSERT(_CFFI_EQUALS({name}, {literal}),\n               "{where}: {name} is not {value} in the C source");\n'
            + (f"  if ({differs})\n    n |= 2;\n" if late else ""))


def pointer_to(text, declarator):
    """The place TEXT of a pointer to it: parentheses where C needs them (C++ warns of others)."""
    before, _, after = text.partition("@")
    return f"{before}(*{declarator}){after}" if after[:1] in _SUFFIXES else f"{before}*{declarator}{after}"


def write_variable(lines, name, text, is_open, item=None):
    """_cffi_var_NAME gives the address. TEXT: the C type with "@", of an open array the items'. ITEM: (an element, its
    declared type) of an array whose type is not in TEXT, since the compiler measures it."""
    lines += ["static %s" % pointer_to(text, "_cffi_var_%s(void)" % name), "{"]
    if item is not None:
        lines.append("  { %s = &%s; (void)address; }" % (pointer_to(item[1], "address"), item[0]))
    lines += ["  return %s%s;" % ("" if is_open else "&", name), "}"]


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
            name, text = element_of(tables, number, name, text)
        if "$" in text:
            continue
        lines.append(f"  {{ {pointer_to(text, 'address')} = &p->{name}; (void)address; }}")
    lines.append(f"}}\nstruct _cffi_align_{row.identifier} {{ char x; {row.cname} y; }};")


def element_of(tables, number, expression, text):
    """The innermost element of an array in C, and its type: a[0][0], int @ for int @[...][3]."""
    at = text.index("@") + 1
    while text[at:at + 1] == "[":
        text = text[:at] + text[text.index("]", at) + 1:]
    while tables.types[number][0] == "array":
        number, expression = tables.types[number][1], expression + "[0]"
    return expression, text


def _mirror_members(tables, number):
    """The text of the members of a record, and [(name, text)] of those that can be compared; None for a record that
    cannot be declared a second time in this way."""
    body, compared, packed = [], [], tables.declarations.record(number).packed
    for member in tables.declarations.members(number):
        text = tables.text(member.text)
        if member.aligned and not packed:
            return None
        if member.name is None:
            record = tables.declarations.record(member.type)
            inner = None if record.tag or record.align or record.padded else _mirror_members(tables, member.type)
            if inner is None:
                return None
            body += ["  %s {" % record.kind] + inner[0] + ["  }%s;" % (_PACKED if record.packed else "")]
            compared += inner[1]
            continue
        if tables.is_deferred(member.type) or "$" in text:
            return None
        body.append(f"  {text.replace('@', member.name)}{' : %d' % member.bits if member.bits >= 0 else ''};")
        if member.bits < 0:
            compared.append((member.name, text))
    return body, compared


_PACKED = " __attribute__((packed))"


def write_mirror(lines, tables, row, where):
    """A second struct, as declared, and assertions that it agrees with the one of the C source."""
    record = row.record
    found = None if record.padded or not record.members else _mirror_members(tables, row.number)
    if found is None:
        return
    own, where = "%s _cffi_own_%s" % (record.kind, row.identifier), _quoted(where)
    aligned = " __attribute__((aligned(%d)))" % record.align if record.align else ""
    lines += [own + " {"] + found[0] + ["}%s%s;" % (_PACKED if record.packed else "", aligned)]
    for name, text in found[1]:
        macro = "PLACE" if text.endswith("@[]") else "MEMBER"
        lines.append(f'_CFFI_SAME_{macro}({own}, {row.cname}, {name}, "{where}")')
    lines.append('_CFFI_SAME_SIZE(%s, %s, "%s")' % (own, row.cname, where))


def write_sizes(lines, tables, row, where):
    """Assertions for a struct that ends in "...": where its members are is the compiler's to say, but not how large
    they are."""
    for field in row.fields:
        member, text = field.member, tables.text(field.member.text)
        entry = tables.types[member.type]
        if member.bits < 0 and "$" not in text and not tables.is_deferred(member.type) and entry[0] != "array" and not (
                entry[0] in ("struct", "union") and entry[5] != "complete"):
            lines.append('_CFFI_SAME_LENGTH(%s, %s, %s, "%s")' % (text.replace("@", ""), row.cname, field.name, _quoted(where)))


def _quoted(text):
    return text.replace("\\", "\\\\").replace('"', '\\"')


def place_of(file, line):
    """A place, for messages."""
    return "%s:%d" % ("cdef" if file == TEXT else file, line)


def place(symbol):
    """Where a symbol is declared."""
    return place_of(symbol.file, symbol.line)
