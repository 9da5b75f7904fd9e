"""Call one C function from the command line.

    python -m cdeffi call LIBRARY DECLARATION [ARGUMENT...]

LIBRARY is a short name (m, z), a file name or a path. DECLARATION is C: 'double sqrt(double)'. Arguments
are converted to the types that it says: numbers (0x10 too), text for char *, a character for char, NULL
for any pointer. For "..." a number is int, or long if it is large, a number with a point double, and the
rest is text. What char * points to is printed as text, a struct with its members.
"""
import os
import sys

from . import FFI, CDefError

_TRUTH = {"true": 1, "false": 0}


class ArgumentError(Exception):
    """An argument that does not fit its type: the message says which."""


def _is_text(ctype):
    return ctype.kind == "pointer" and ctype.item.cname in ("char", "signed char", "unsigned char", "void")


def _integer(text):
    try:
        return int(text, 0)
    except ValueError:
        return int(text)  # 007


def _number(text):
    """An int or a float, also 0x1p3; ValueError for anything else."""
    try:
        return _integer(text)
    except ValueError:
        return float.fromhex(text) if "0x" in text.lower() else float(text)


def _text(ffi, text, item="char"):
    """TEXT and a zero in memory that C may write to."""
    return ffi.from_buffer(item + "[]", bytearray(os.fsencode(text) + b"\0"))


def _character(text):
    return os.fsencode(text) if len(text) == 1 else bytes([int(text, 0) & 0xFF])


def _argument(ffi, ctype, text):
    """TEXT as a value for a parameter of type CTYPE. ValueError, TypeError or OverflowError if it is none."""
    name = ctype.cname
    if ctype.kind == "pointer" and text == "NULL":
        return ffi.NULL
    if _is_text(ctype):
        return _text(ffi, text, "char" if ctype.item.cname == "void" else ctype.item.cname)
    if ctype.kind == "enum":
        return ctype.relements[text] if text in ctype.relements else int(text, 0)
    if ctype.kind != "primitive":
        raise TypeError("values of this type cannot be given here")
    if name == "char":
        return _character(text)
    if name in ("wchar_t", "char16_t", "char32_t"):
        return text
    if name in ("bool", "_Bool"):
        return bool(_TRUTH[text] if text in _TRUTH else int(text, 0))
    if name.startswith(("float", "double", "long double", "_Float")):
        return float(_number(text))
    return _integer(text)


def _variadic(ffi, text):
    """TEXT for "...", by what it looks like."""
    try:
        number = _number(text)
    except ValueError:
        return ffi.NULL if text == "NULL" else _text(ffi, text)
    if isinstance(number, float):
        return ffi.cast("double", number)
    return ffi.cast("int" if -(2**31) <= number < 2**31 else "long long", number)


def arguments(ffi, ctype, texts):
    """The values for a call of a function of type CTYPE (a pointer to it). ArgumentError if one does not fit."""
    function = ctype.item if ctype.kind == "pointer" else ctype
    fixed = function.args
    if len(texts) < len(fixed) or (len(texts) > len(fixed) and not function.ellipsis):
        raise ArgumentError("the function takes %d argument%s%s, here are %d" % (
            len(fixed), "s" * (len(fixed) != 1), " or more" if function.ellipsis else "", len(texts)))
    values = []
    for i, text in enumerate(texts):
        if i >= len(fixed):
            values.append(_variadic(ffi, text))
            continue
        try:
            values.append(_argument(ffi, fixed[i], text))
        except (ValueError, TypeError, OverflowError) as e:
            raise ArgumentError("argument %d, '%s', for a '%s': %s" % (i + 1, text, fixed[i].cname, e)) from None
    return values


def shown(ffi, result):
    """RESULT as text; None for void."""
    if result is None or not isinstance(result, ffi.CData):
        return result if result is None or isinstance(result, str) else repr(result)
    ctype = ffi.typeof(result)
    if ctype.kind == "pointer" and result == ffi.NULL:
        return "NULL"
    if ctype.kind == "pointer" and ctype.item.cname == "char":
        return ffi.string(result).decode(errors="backslashreplace")
    if ctype.kind == "primitive":
        return repr(result).rsplit(" ", 1)[-1].rstrip(">")  # long double
    return ffi.pretty(result)


def _declared(declaration):
    """(FFI, name) of the one function that the text declares."""
    ffi = FFI()
    ffi.cdef(declaration.rstrip().rstrip(";") + ";")
    names = list(ffi.functions)
    if len(names) != 1:
        raise ArgumentError("one function is to be declared, not %d: %s" % (len(names), declaration))
    return ffi, names[0]


def call(library, declaration, texts):
    """The result of the call as text, or None for void."""
    ffi, name = _declared(declaration)
    function = getattr(ffi.dlopen(library), name)
    values = arguments(ffi, ffi.typeof(function), texts)
    result = function(*values)  # it may point into VALUES: they live until it is shown
    flush = FFI()
    flush.cdef("int fflush(void *stream);")
    flush.dlopen(None).fflush(flush.NULL)  # what the function printed comes before its result
    return shown(ffi, result)


def main(argv):
    """See the module's text. 0, 1 when the call cannot be made, 2 for a usage error."""
    if argv[:1] in (["-h"], ["--help"]):
        print(__doc__.strip())
        return 0
    if len(argv) < 2:
        print("usage: python -m cdeffi call LIBRARY DECLARATION [--] [ARGUMENT...]", file=sys.stderr)
        return 2
    try:
        text = call(argv[0], argv[1], argv[3:] if argv[2:3] == ["--"] else argv[2:])
    except (ArgumentError, CDefError, OSError, AttributeError, NotImplementedError, TypeError, ValueError, OverflowError) as e:
        print("cdeffi: %s" % e, file=sys.stderr)
        return 1
    if text is not None:
        print(text)
    return 0
