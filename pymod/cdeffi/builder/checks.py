"""Constants and variables of a module, and the checks of its records: where what is declared meets what the C
source says, so that a compiler can tell the difference."""
from collections import namedtuple

from .declarations import MS_STRUCT, PACKED_MEMBER, TEXT, declared
from .opcodes import CHARACTERS, INTEGERS, SIGNED, UNSIGNED
from .own_types import WIDE_INTEGERS, is_bit_int

_SUFFIXES = "[", "("  # of declarators: they bind closer than a star


def write_address(lines, name):
    """_cffi_const_NAME of a pointer that is an integer to Python."""
    lines.append(f"static int _cffi_const_{name}(unsigned long long *_o)\n{{\n  *_o = (uintptr_t)({name});\n  return *_o == 0;\n}}")


def pointer_to(text, declarator):
    """The place TEXT of a pointer to it: parentheses where C needs them (C++ warns of others)."""
    before, _, after = text.partition("@")
    return f"{before}(*{declarator}){after}" if after[:1] in _SUFFIXES else f"{before}*{declarator}{after}"


def write_variable(lines, symbol, text, is_open, item=None):
    """_cffi_var_NAME gives the address. TEXT: the C type with "@", of an open array the items'. ITEM: (an element, its
    declared type) of an array whose type is not in TEXT, since the compiler measures it."""
    name = symbol.name
    lines += ["static %s" % pointer_to(text, "_cffi_var_%s(void)" % name), "{"]
    if item is not None:
        lines.append("  " + array_check(name, name, place(symbol)))
        lines.append("  { %s = &%s; (void)_address; }" % (pointer_to(item[1], "_address"), item[0]))
    lines += ["  return %s%s;" % ("" if is_open else "&", name), "}"]


def sign_check(symbol):
    """Of a variable that is declared unsigned."""
    return f'_CFFI_ASSERT(_CFFI_IS_UNSIGNED({symbol.name}), "{place(symbol)}: {symbol.name} is signed in the C source");'


def signed_check(symbol, entry):
    """Of a variable that is declared signed."""
    return (f"_CFFI_UNUSED static void _cffi_signs_{symbol.name}(void)\n{{\n"
            f'  _CFFI_SIGNED({entry[1]}, {symbol.name}, "{place(symbol)}: {symbol.name} is unsigned in the C source")\n}}')


# ---- records

_NUMBERS = INTEGERS | CHARACTERS | WIDE_INTEGERS | {"_Bool", "char8_t"}


def _is_number(tables, number):
    entry = tables.types[number]
    kind = entry[0]
    return kind == "enum" or number in tables.declarations.unknown or (
        kind == "primitive" and (entry[1] in _NUMBERS or is_bit_int(entry[1])))


# What C can be asked about a member, which many records have the like of: its C type, that of a pointer to it, whether
# it is an integer, whether it is an array of open length, or of one that the compiler knows, whether it is unsigned, or signed.
_Shape = namedtuple("_Shape", "text address is_number is_open is_deferred is_unsigned is_signed")


def is_unsigned(entry):
    return entry[0] == "primitive" and entry[1] in UNSIGNED


def is_signed(entry):
    return entry[0] == "primitive" and entry[1] in SIGNED


def shape_of(tables, number, text):
    shape = tables.shapes.get((number, text))
    if shape is None:
        entry, spelled = tables.types[number], tables.text(text)
        shape = _Shape(spelled, pointer_to(spelled, "_address"), _is_number(tables, number), entry[0] == "array" and entry[2] < 0,
                       tables.is_deferred(number), is_unsigned(entry), is_signed(entry))
        if "$" not in text:  # of unnamed records the names come late
            tables.shapes[number, text] = shape
    return shape


def write_members(lines, signs, tables, row, fields, where):
    """A function that takes the address of each member, whose type must be the declared one."""
    known = tables.shapes
    checks, signed = [], []
    parts = [f"_CFFI_UNUSED static void _cffi_check_{row.identifier}({tables.variable(row.number)} *_p)\n{{\n  (void)_p;"]
    for name, (_, number, spelled, bits, _, _), _ in fields:
        text, address, is_number, is_open, is_deferred, unsigned, is_signed = known.get((number, spelled)) or shape_of(tables, number, spelled)
        if unsigned and bits < 0:
            checks.append(f'_CFFI_UNSIGNED({row.cname}, {name}, "{where}")')
        elif is_signed and bits < 0:
            signed.append(f'  _CFFI_SIGNED({text.replace("@", "")}, _p->{name}, "{where}: member {name} of {row.cname} is unsigned in the C source")')
        if bits >= 0 or is_number:
            parts.append(f"  (void)((_p->{name}) | 0); /* an integer */")
            continue
        if is_deferred:
            checks.append(array_check(f"(({row.cname} *)0)->{name}", name, where))
        if is_open or is_deferred:
            name, text = element_of(tables, number, name, text)
            address = pointer_to(text, "_address")
        if "$" not in text:
            parts.append(f"  {{ {address} = &_p->{name}; (void)_address; }}")
    parts.append(f"}}\nstruct _cffi_align_{row.identifier} {{ char x; {row.cname} y; }};")
    lines += parts + checks
    if signed:
        signs += [f"_CFFI_UNUSED static void _cffi_signs_{row.identifier}({tables.variable(row.number)} *_p)\n{{", *signed, "}"]


def array_check(expression, name, where):
    """Of "[...]": the elements of a pointer would pass for those of an array."""
    return f'_CFFI_ASSERT(_CFFI_IS_ARRAY({expression}), "{where}: {name} is no array in the C source");'


def element_of(tables, number, expression, text):
    """The innermost element of an array in C, and its type: a[0][0], int @ for int @[...][3]."""
    at = text.index("@") + 1
    while text[at:at + 1] == "[":
        text = text[:at] + text[text.index("]", at) + 1:]
    while tables.types[number][0] == "array":
        number, expression = tables.types[number][1], expression + "[0]"
    return expression, text


def _mirror_members(tables, number):
    """The text of the members of a record, and [(name, what to compare)] of those that can be; None for a record that
    cannot be declared a second time in this way."""
    record, known = tables.types[number], tables.shapes
    body, compared = [], []
    if record.layout and (record.layout[0] & MS_STRUCT or record.layout[1] > 1 or any([flags & PACKED_MEMBER or asked for _, flags, asked, _ in record.layout[3]])):
        return None
    for name, of_type, text, bits, _, aligned in declared(record):
        if aligned and not record.packed:
            return None
        if name is None and bits >= 0:
            body.append(f"  {text.replace('@', '')} : {bits};")
            continue
        if name is None:
            inner = _mirror_unnamed(tables, tables.types[of_type], of_type)
            if inner is None:
                return None
            body += inner[0]
            compared += inner[1]
            continue
        text, _, _, is_open, is_deferred, _, _ = known.get((of_type, text)) or shape_of(tables, of_type, text)
        if is_deferred or "$" in text:
            return None
        if bits >= 0:
            body.append(f"  {text.replace('@', name)} : {bits};")
            continue
        body.append(f"  {text.replace('@', name)};")
        compared.append((name, "PLACE" if is_open else "MEMBER"))
    return body, compared


def _mirror_unnamed(tables, record, number):
    """The same of a member without a name."""
    inner = None if record.tag or record.align else _mirror_members(tables, number)
    return inner and (["  %s {" % record.kind] + inner[0] + ["  }%s;" % (_PACKED if record.packed else "")], inner[1])


_PACKED = " __attribute__((packed))"


def mirror_end(record):
    """Of the second struct."""
    aligned = " __attribute__((aligned(%d)))" % record.align if record.align else ""
    return "}%s%s;" % (_PACKED if record.packed else "", aligned)


def write_mirror(lines, tables, row, where):
    """A second struct, as declared, and assertions that it agrees with the one of the C source. The name of a function that has
    to be called, or None."""
    record = row.record
    found = None if not record.members else _mirror_members(tables, row.number)
    if found is None:
        return None
    own, cname = "%s _cffi_own_%s" % (record.kind, row.identifier), row.cname
    lines += [own + " {", *found[0], mirror_end(record)]
    end = f', "{where}")'
    lines += [f"_CFFI_SAME_{what}({own}, {cname}, {name}{end}" for name, what in found[1]]
    lines.append('_CFFI_SAME_SIZE(%s, %s, "%s")' % (own, cname, where))
    return write_bits(lines, tables, row, where)


def _bit_fields(tables, record, base):
    """(name, byte of its storage unit) of the bit-fields, those of members without a name too."""
    for member in record.members:
        if member.name is None and member.bits < 0:
            yield from _bit_fields(tables, tables.types[member.type], base + member.offset)
        elif member.bits > 0:
            yield member.name, base + member.offset


_FOLDED = 1024  # bytes: what compilers look through


def write_bits(lines, tables, row, where):
    """Assertions that the bit-fields are those of the C source, in a function: its name, or None if there are none."""
    fields = list(_bit_fields(tables, row.record, 0)) if row.record.has_bits and not row.record.has_const and row.record.size <= _FOLDED else []
    if not fields:
        return None
    own, function = "%s _cffi_own_%s" % (row.record.kind, row.identifier), "_cffi_bits_%s" % row.identifier
    lines += ["static void %s(void)" % function, "{"]
    lines += [f'  _CFFI_SAME_BITS({own}, {row.cname}, {name}, {at}, {function}_{name}, "{where}")' for name, at in fields]
    lines.append("}")
    return function


def write_sizes(lines, tables, row, where):
    """Assertions for a struct that ends in "...": where its members are is the compiler's to say, but not how large
    they are."""
    for name, (_, number, text, bits, _, _), _ in row.fields:
        entry, text = tables.types[number], tables.text(text)
        if bits < 0 and "$" not in text and not tables.is_deferred(number) and entry[0] != "array" and not (
                entry[0] in ("struct", "union") and entry[5] != "complete"):
            lines.append('_CFFI_SAME_LENGTH(%s, %s, %s, "%s")' % (text.replace("@", ""), row.cname, name, where))


def _quoted(text):
    return text.replace("\\", "\\\\").replace('"', '\\"')


def place_of(file, line):
    """A place, for messages that are literals in C."""
    return f"{'cdef' if file == TEXT else _quoted(file)}:{line}"


def place(symbol):
    """Where a symbol is declared."""
    return place_of(symbol.file, symbol.line)
