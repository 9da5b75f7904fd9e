"""Type stubs: what `ffi` and `lib` of a module are, for type checkers and editors.

Numbers are annotated with what the run time accepts: anything with __index__ for integers, with __float__
for reals. A pointer takes a cdata, and what a temporary array is made from.
"""
import keyword

from .declarations import CONST, Declarations
from .opcodes import BYTES, CHARACTERS, COMPLEX, INTEGERS

_HEAD = '''# Written by cdeffi.
from typing import Any, Iterable, SupportsFloat, SupportsIndex, Union

from cdeffi import FFI

CData = Any

class _Lib:
    def __dir__(self) -> list[str]: ...
'''


def _primitive_in(name):
    if name == "_Bool" or name in INTEGERS:
        return "SupportsIndex"
    if name == "char":
        return "Union[bytes, SupportsIndex]"
    if name in CHARACTERS:
        return "str"
    return "Union[complex, SupportsFloat, SupportsIndex]" if name in COMPLEX else "Union[SupportsFloat, SupportsIndex]"


def _primitive_out(name):
    if name == "void":
        return "None"
    if name == "_Bool":
        return "bool"
    if name in INTEGERS:
        return "int"
    if name == "char":
        return "bytes"
    if name in CHARACTERS:
        return "str"
    return "complex" if name in COMPLEX else "CData" if name == "long double" else "float"


def _taken(types, number):
    """What a parameter accepts."""
    entry = types[number]
    if entry[0] == "primitive":
        return _primitive_in(entry[1])
    if entry[0] == "enum":
        return "SupportsIndex"
    if entry[0] == "pointer" and types[entry[1]][0] == "primitive" and types[entry[1]][1] in BYTES:
        return "Union[CData, bytes, Iterable[Any], None]"
    return "Any"


def _given(types, number):
    """What a result or a variable is."""
    entry = types[number]
    return _primitive_out(entry[1]) if entry[0] == "primitive" else "int" if entry[0] == "enum" else "CData"


def _quoted(text):
    return '"""%s"""' % text.replace("\\", "\\\\").replace('"""', r"\"\"\"")


def _is_name(name):
    return name.isidentifier() and not keyword.iskeyword(name)


def _function(types, symbol):
    _, (result, *params), variadic, _ = types[symbol.type]
    names, parts = set(), []
    for i, number in enumerate(params):
        name = symbol.params[i] if i < len(symbol.params) and symbol.params[i] else "arg%d" % i
        while not _is_name(name) or name in names or name == "self":
            name = "_" + name
        names.add(name)
        parts.append("%s: %s" % (name, _taken(types, number)))
    marks = (["/"] if parts else []) + (["*args: Any"] if variadic else [])
    return ["    def %s(%s) -> %s:" % (symbol.name, ", ".join(["self"] + parts + marks), _given(types, result)),
            "        %s" % _quoted(symbol.declaration + ";"), "        ..."]


def _value(types, symbol):
    if symbol.kind == "variable":
        kind = _given(types, symbol.type)
        if symbol.quals & CONST:
            return ["    @property", "    def %s(self) -> %s:" % (symbol.name, kind),
                    "        %s" % _quoted(symbol.declaration + ";"), "        ..."]
        return ["    %s: %s" % (symbol.name, kind), "    " + _quoted(symbol.declaration + ";")]
    kind = {float: "float", bytes: "bytes"}.get(type(symbol.value), "int")
    return ["    @property", "    def %s(self) -> %s: ..." % (symbol.name, kind)]


def stub_text(ffi):
    """The text of a .pyi file."""
    declarations = Declarations(ffi)
    symbols = {}
    for included in list(declarations.included_symbols())[::-1]:
        symbols.update((s.name, (included.types, s)) for s in included.shown)
    symbols.update((s.name, (declarations.types, s)) for s in declarations.shown)
    lines = [_HEAD.rstrip("\n")]
    for types, symbol in symbols.values():
        if symbol.kind != "typedef" and _is_name(symbol.name):
            lines += _function(types, symbol) if symbol.kind == "function" else _value(types, symbol)
    return "\n".join(lines + ["", "ffi: FFI", "lib: _Lib", ""])
