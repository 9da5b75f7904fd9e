"""Constants and variables of a module, and the checks of its records: where what is declared meets what the C
source says, so that a compiler can tell the difference."""
from .declarations import TEXT


def write_integer(lines, name, value, where):
    """_cffi_const_NAME of an integer. VALUE: what is declared, or None."""
    lines += ["static int _cffi_const_%s(unsigned long long *o)" % name, "{",
              "  int n = (%s) <= 0;" % name, "  *o = (unsigned long long)((%s) | 0);" % name]
    if value is not None:
        literal = "(-%dLL - 1)" % (-value - 1) if value < 0 else "%dU%s" % (value, "LL" if value >= 1 << 32 else "")
        lines += ['  _CFFI_ASSERT(_CFFI_EQUALS(%s, %s),' % (name, literal),
                  '               "%s: %s is not %d in the C source");' % (where, name, value),
                  "  if (n != (%s <= 0) || *o != (unsigned long long)%s)" % ("0" if value < 0 else literal, literal)
                  if value >= 0 else "  if (!n || *o != (unsigned long long)%s)" % literal, "    n |= 2;"]
    lines += ["  return n;", "}"]


def pointer_to(text, declarator):
    """The place TEXT of a pointer to it: parentheses where C needs them (C++ warns of others)."""
    following = text[text.index("@") + 1:]
    return text.replace("@", ("(*%s)" if following[:1] in ("[", "(") and following else "*%s") % declarator)


def write_variable(lines, name, text, is_open):
    """_cffi_var_NAME gives the address. TEXT: the C type with "@", of an open array the items'."""
    lines += ["static %s" % pointer_to(text, "_cffi_var_%s(void)" % name), "{",
              "  return %s%s;" % ("" if is_open else "&", name), "}"]


# ---- records

_ARITHMETIC = ("primitive", "enum")


def _is_number(tables, number):
    entry = tables.types[number]
    return entry[0] == "enum" or number in tables.declarations.unknown or (entry[0] == "primitive" and entry[1] not in (
        "void", "float", "double", "long double", "_cffi_float_complex_t", "_cffi_double_complex_t"))


def write_members(lines, tables, row, fields):
    """A function that takes the address of each member, whose type must be the declared one."""
    lines += ["_CFFI_UNUSED static void _cffi_check_%s(%s *p)" % (row.identifier, row.cname), "{", "  (void)p;"]
    for field in fields:
        member = field.member
        name, number, text = field.name, member.type, tables.text(member.text)
        if member.bits >= 0 or _is_number(tables, number):
            lines.append("  (void)((p->%s) | 0); /* an integer */" % name)
            continue
        entry = tables.types[number]
        if entry[0] == "array" and (entry[2] < 0 or tables._is_deferred(number)):
            text = _without_lengths(text)
            while tables.types[number][0] == "array":
                number, name = tables.types[number][1], name + "[0]"
        if "$" in text:
            continue
        lines.append("  { %s = &p->%s; (void)address; }" % (pointer_to(text, "address"), name))
    lines += ["}", "struct _cffi_align_%s { char x; %s y; };" % (row.identifier, row.cname)]


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
    odd = record.padded or any(m.name is None or tables._is_deferred(m.type) or (m.aligned and not record.packed) or "$" in t for m, t in zip(members, texts))
    if odd or not members:
        return
    suffix = " __attribute__((packed))" if record.packed else ""
    suffix += " __attribute__((aligned(%d)))" % record.align if record.align else ""
    lines.append("%s _cffi_own_%s {" % (record.kind, row.identifier))
    for member, text in zip(members, texts):
        lines.append("  %s%s;" % (text.replace("@", member.name), " : %d" % member.bits if member.bits >= 0 else ""))
    lines.append("}%s;" % suffix)
    own = "%s _cffi_own_%s" % (record.kind, row.identifier)
    for member, text in zip(members, texts):
        if member.bits < 0:
            macro = "_CFFI_SAME_PLACE" if text.endswith("@[]") else "_CFFI_SAME_MEMBER"
            lines.append('%s(%s, %s, %s, "%s")' % (macro, own, row.cname, member.name, source))
    lines.append('_CFFI_SAME_SIZE(%s, %s, "%s")' % (own, row.cname, source))


def place_of(file, line):
    """A place, for messages."""
    return "%s:%d" % ("cdef" if file == TEXT else file, line)


def place(symbol):
    """Where a symbol is declared."""
    return place_of(symbol.file, symbol.line)
