"""Looking at C data: ffi.pretty, ffi.to_dict, ffi.to_list, ffi.enum.

None of these follows a pointer that is read from memory: it may point anywhere. So there are no cycles.
"""
from . import FFI

_ffi = FFI()
_typeof, _string, _NULL = _ffi.typeof, _ffi.string, _ffi.NULL
_CHARACTERS = {"char", "wchar_t", "char8_t", "char16_t", "char32_t"}


def _is_record(ctype):
    return ctype.kind in ("struct", "union")


def _is_text(ctype):
    return ctype.kind == "array" and ctype.item.cname in _CHARACTERS


def _members(cdata, ctype):
    """(name, value) of each member; those of anonymous members in their place."""
    for name, field in ctype.fields or ():
        if name:
            yield name, getattr(cdata, name)
        else:
            yield from ((inner, getattr(cdata, inner)) for inner in _names(field.type))


def _names(ctype):
    for name, field in ctype.fields or ():
        if name:
            yield name
        else:
            yield from _names(field.type)


def _record_of(cdata):
    """CDATA, or the struct or union that it points to; TypeError for anything else."""
    ctype = _typeof(cdata)
    if _is_record(ctype):
        return cdata, ctype
    if ctype.kind == "pointer" and _is_record(ctype.item):
        return cdata[0], ctype.item
    raise TypeError("expected a struct or union, or a pointer to one, got '%s'" % ctype.cname)


def _plain(value):
    """VALUE as it was read from C, with structs and arrays inside as dicts and lists."""
    if not isinstance(value, FFI.CData):
        return value
    ctype = _typeof(value)
    if _is_record(ctype):
        return {name: _plain(member) for name, member in _members(value, ctype)}
    if _is_text(ctype):
        return _string(value)
    if ctype.kind == "array":
        return [_plain(item) for item in value]
    return value


def to_dict(cdata):
    """Member names to values, deeply. CDATA is a struct or union, or a pointer to one."""
    record, ctype = _record_of(cdata)
    if ctype.fields is None:
        raise TypeError("'%s' is incomplete: it has no members to read" % ctype.cname)
    return _plain(record)


def to_list(cdata):
    """The items of an array, deeply."""
    if _typeof(cdata).kind != "array":
        raise TypeError("expected an array, got '%s'" % _typeof(cdata).cname)
    return [_plain(item) for item in cdata]


def enum_class(ctype):
    """An enum.IntEnum with the enumerators of CTYPE."""
    from enum import IntEnum

    if ctype.kind != "enum":
        raise TypeError("expected an enum type, got '%s'" % ctype.cname)
    # relements keeps each name, elements only one for each value.
    return IntEnum(ctype.cname.replace("enum ", "", 1), sorted(ctype.relements.items(), key=lambda item: item[1]))


# ---- text

_MAX_ITEMS = 100  # of an array, before "..."


def _scalar(value):
    if not isinstance(value, FFI.CData):
        return repr(value)
    ctype = _typeof(value)
    if ctype.kind in ("pointer", "function"):
        if value == _NULL:
            return "NULL"
        return "(%s) 0x%x" % (ctype.cname, int(_ffi.cast("uintptr_t", value)))
    if ctype.kind == "primitive":
        return repr(value).rsplit(" ", 1)[-1].rstrip(">")  # long double: the value as cffi shows it
    return repr(value)


def _lines(value, indent):
    """VALUE as text whose lines after the first begin with INDENT."""
    if not isinstance(value, FFI.CData):
        return repr(value)
    ctype = _typeof(value)
    inner = indent + "    "
    if _is_record(ctype):
        if ctype.fields is None:
            return "{?}"
        body = ["%s%s = %s," % (inner, name, _lines(member, inner)) for name, member in _members(value, ctype)]
        return "{\n%s\n%s}" % ("\n".join(body), indent) if body else "{}"
    if _is_text(ctype):
        return repr(_string(value))
    if ctype.kind == "array":
        items = [_lines(value[i], inner) for i in range(min(len(value), _MAX_ITEMS))]
        items += ["..."] if len(value) > _MAX_ITEMS else []
        if any("\n" in item for item in items):
            return "[\n%s\n%s]" % ("\n".join("%s%s," % (inner, item) for item in items), indent)
        return "[%s]" % ", ".join(items)
    return _scalar(value)


def pretty(cdata):
    """A struct, union or array with its members and values; a pointer to a struct with what it points to."""
    ctype = _typeof(cdata)
    if ctype.kind == "pointer" and _is_record(ctype.item) and ctype.item.fields is not None and cdata != _NULL:
        return "(%s) &%s" % (ctype.cname, _lines(cdata[0], ""))
    if _is_record(ctype) or ctype.kind == "array":
        return "(%s) %s" % (ctype.cname, _lines(cdata, ""))
    return repr(cdata)


def repr_pretty(cdata, printer):
    """IPython's hook, for memory that is sure to be there."""
    printer.text(pretty(cdata))
