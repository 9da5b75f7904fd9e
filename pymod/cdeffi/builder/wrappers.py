"""What functions take and give, for their wrappers, whose text the extension spells (emit_wrapper.c); and the C functions
that call Python.
"""
from .checks import pointer_to
from .declarations import EXTERN_PYTHON_C
from .opcodes import BYTES, CHARACTERS, COMPLEX, FLOATS, INTEGERS, UNSIGNED
from .own_types import is_vector


# How one parameter or result goes over is a Value, a tuple of: its kind (a name in emit_wrapper.c), its C type before and
# after the declarator, its slot in the table of types.

RECORDS = "record", "const record"  # the latter have members that are const


def _declare(value, name):
    return value[1] + name + value[2]


def values_of(tables, symbol):
    """The Values of a function's result and parameters, a tuple."""
    known = tables.values
    return tuple([known.get(place) or _value_of(tables, place, symbol) for place in symbol.places])


def _value_of(tables, place, symbol):
    """The Value of a numbered place. Of unnamed records the names come late, so those are looked at each time."""
    number, text = tables.declarations.places[place]
    before, _, after = tables.text(text).partition("@")
    kind = _kind_of(tables, number)
    value = kind, before, after, tables.slot(number)
    if kind in RECORDS:
        _check_record(tables, symbol.name, number, "result" if place == symbol.places[0] else "argument")
    elif kind == "wide" and "wchar_t" not in before:
        tables.has_wide = True
    if "$" not in text:
        tables.values[place] = value
    return value


def _kind_of(tables, number):
    entry = tables.types[number]
    kind = entry[0]
    if kind == "transparent":
        return _kind_of(tables, entry[1])
    if kind == "pointer":
        target = tables.types[entry[1]]
        if target[0] == "primitive":
            return "bytes" if target[1] in BYTES else "numbers" if target[1] in INTEGERS else "pointer"
        return "function" if target[0] == "function" else "pointer"
    if kind == "primitive":
        return _kind_of_primitive(entry[1])
    if number in tables.declarations.unknown:
        estimate = tables.types[tables.declarations.unknown[number].estimate][1]
        return "real" if estimate in ("float", "double", "long double") else "open integer"
    if kind == "enum":
        return kind
    return "const record" if entry.has_const else "record"


def _kind_of_primitive(name):
    if name in INTEGERS:
        return "unsigned" if name in UNSIGNED else "integer"
    if name in FLOATS:
        return "real"
    if name in COMPLEX:
        return "complex"
    if name in CHARACTERS:
        return "char" if name == "char" else "wide"
    if name in ("void", "long double"):
        return name
    if name == "_Bool":
        return "bool"
    return "vector" if is_vector(name) else "other"


def _check_record(tables, name, number, what):
    entry = tables.types[number]
    if entry[0] in ("struct", "union") and entry[5] == "opaque":
        raise TypeError("function %s: '%s' is used as %s type, but is opaque" % (name, tables.cname(number), what))


def _is_double_complex(value):
    return value[0] == "complex" and value[1].startswith("double")


def _needs_addresses(params):
    """Are there arguments that the eight bytes of one do not hold? (The last one may be longer.)"""
    return any([value[0] in ("other", "vector") for value in params]) or any(map(_is_double_complex, params[:-1]))


def write_extern_python(lines, symbol, values, module_name, exported):
    """A C function that calls Python: the arguments go into one buffer, eight bytes each, or their addresses do. Do all, which
    cffi does not know?"""
    name, result, params = symbol.name, values[0], values[1:]
    by_address = [value[0] in RECORDS or value[0] == "long double" for value in params]
    size = "0" if result[0] == "void" else "sizeof(%s)" % _declare(result, "")
    all_by_address = _needs_addresses(params)
    if all_by_address:
        size += " | _CFFI_ADDRESSES"
        by_address = [True] * len(params)
    declarators = ", ".join([_declare(value, "_a%d" % i) for i, value in enumerate(params)]) or "void"
    prefix = "CFFI_DLLEXPORT " if exported else "" if symbol.flags & EXTERN_PYTHON_C else "static "
    lines += ["static struct _cffi_extern_python _cffi_externpy__%s =" % name,
              '  { "%s.%s", %s, NULL, NULL };' % (module_name, name, size),
              prefix + _declare(result, "%s(%s)" % (name, declarators)), "{", "  union {",
              "    char bytes[%d];" % max(len(params) * 8 + (8 if params and _is_double_complex(params[-1]) else 0), 16), "    double aligned;"]
    if result[0] != "void":
        lines.append("    %s;" % _declare(result, "_result"))
    lines += ["  } _room;", "  char *_p = _room.bytes;"]
    for i, value in enumerate(params):
        if by_address[i]:
            address = pointer_to(_declare(value, "@"), "_address")
            lines.append("  { %s = &_a%d; memcpy(_p + %d, &_address, sizeof _address); }" % (address, i, i * 8))
        else:
            lines.append("  memcpy(_p + %d, &_a%d, sizeof _a%d);" % (i * 8, i, i))
    lines.append("  _cffi_call_python(&_cffi_externpy__%s, _p);" % name)
    if result[0] != "void":
        lines.append("  return _room._result;")
    lines += ["}", ""]
    return all_by_address
