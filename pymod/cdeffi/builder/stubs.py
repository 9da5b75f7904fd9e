"""Type stubs: what `ffi` and `lib` of a module are, for type checkers and editors.

Numbers are annotated with what the run time accepts: anything with __index__ for integers, with __float__
for reals. A pointer takes a cdata, and what a temporary array is made from.
"""
import keyword

from .declarations import CONST, Declarations
from .opcodes import BYTES, CHARACTERS, COMPLEX, INTEGERS
from .own_types import WIDE_FLOATS, WIDE_INTEGERS, is_bit_int, is_vector

HEAD = '''# Written by cdeffi.
from typing import Any, Iterable, Optional, SupportsFloat, SupportsIndex, Union

CData = Any
CType = Any

class _FFI:
    NULL: CData
    errno: int
    error: type[Exception]
    def new(self, cdecl: Union[str, CType], init: Any = ...) -> CData: ...
    def cast(self, cdecl: Union[str, CType], source: Any) -> CData: ...
    def typeof(self, cdecl: Any) -> CType: ...
    def sizeof(self, cdecl: Any) -> int: ...
    def alignof(self, cdecl: Union[str, CType]) -> int: ...
    def string(self, cdata: CData, maxlen: int = ...) -> Union[bytes, str]: ...
    def unpack(self, cdata: CData, length: int) -> Any: ...
    def addressof(self, cdata: Any, *fields_or_indexes: Union[str, int]) -> CData: ...
    def __getattr__(self, name: str) -> Any: ...

class _Lib:
    def __dir__(self) -> list[str]: ...
'''


def _is_integer(name):
    return name in INTEGERS or name in WIDE_INTEGERS or is_bit_int(name)


def primitive_in(name):
    if name == "_Bool" or _is_integer(name):
        return "SupportsIndex"
    if name == "char":
        return "Union[bytes, SupportsIndex]"
    if name in CHARACTERS or name == "char8_t":
        return "str"
    if is_vector(name) or name.startswith("_Decimal"):
        return "Any"
    return "Union[complex, SupportsFloat, SupportsIndex]" if _is_complex(name) else "Union[SupportsFloat, SupportsIndex]"


def primitive_out(name):
    if name == "void":
        return "None"
    if name == "_Bool":
        return "bool"
    if _is_integer(name):
        return "int"
    if name == "char":
        return "bytes"
    if name in CHARACTERS or name == "char8_t":
        return "str"
    if name in WIDE_FLOATS or is_vector(name) or name.startswith("_Decimal"):
        return "CData"
    return "complex" if _is_complex(name) else "float"


def _is_complex(name):
    return name in COMPLEX or name.endswith(" _Complex")


def _taken(types, number):
    """What a parameter accepts."""
    entry = types[number]
    if entry[0] == "primitive":
        return primitive_in(entry[1])
    if entry[0] == "enum":
        return "SupportsIndex"
    if entry[0] == "pointer" and types[entry[1]][0] == "primitive" and types[entry[1]][1] in BYTES:
        return "Union[CData, bytes, Iterable[Any], None]"
    return "Any"


def _given(types, number):
    """What a result or a variable is."""
    entry = types[number]
    return primitive_out(entry[1]) if entry[0] == "primitive" else "int" if entry[0] == "enum" else "CData"


def quoted(text):
    return '"""%s"""' % text.replace("\\", "\\\\").replace('"""', r"\"\"\"")


def is_name(name):
    return name.isidentifier() and not keyword.iskeyword(name)


def _function(declarations, symbol):
    types = declarations.types
    _, (result, *params), variadic, _ = types[symbol.type]
    names, parts, declared = set(), [], declarations.parameters(symbol)
    for i, number in enumerate(params):
        name = declared[i] if i < len(declared) and declared[i] else "arg%d" % i
        while not is_name(name) or name in names or name == "self":
            name = "_" + name
        names.add(name)
        parts.append("%s: %s" % (name, _taken(types, number)))
    marks = (["/"] if parts else []) + (["*args: Any"] if variadic else [])
    return ["    def %s(%s) -> %s:" % (symbol.name, ", ".join(["self"] + parts + marks), _given(types, result)),
            "        %s" % quoted(declarations.spelled(symbol) + ";"), "        ..."]


def _value(declarations, symbol):
    if symbol.kind == "variable":
        kind = _given(declarations.types, symbol.type)
        if symbol.quals & CONST:
            return ["    @property", "    def %s(self) -> %s:" % (symbol.name, kind),
                    "        %s" % quoted(declarations.spelled(symbol) + ";"), "        ..."]
        return ["    %s: %s" % (symbol.name, kind), "    " + quoted(declarations.spelled(symbol) + ";")]
    kind = {float: "float", bytes: "bytes"}.get(type(symbol.value), "int")
    return ["    @property", "    def %s(self) -> %s: ..." % (symbol.name, kind)]


def stub_text(ffi):
    """The text of a .pyi file."""
    declarations = Declarations(ffi)
    symbols = {}
    for included in list(declarations.included_symbols())[::-1]:
        symbols.update((s.name, (included, s)) for s in included.shown)
    symbols.update((s.name, (declarations, s)) for s in declarations.shown)
    lines = [HEAD.rstrip("\n")]
    for owner, symbol in symbols.values():
        if symbol.kind != "typedef" and is_name(symbol.name):
            lines += _function(owner, symbol) if symbol.kind == "function" else _value(owner, symbol)
    return "\n".join(lines + ["", "ffi: _FFI", "lib: _Lib", ""])


# ---- the command


def _ffi_of(name):
    """The FFI behind a module: an in-line FFI among its variables that has declarations."""
    import importlib

    from .. import FFI

    module = importlib.import_module(name)
    found = [value for value in vars(module).values() if isinstance(value, FFI)]
    for value in vars(module).values():
        found += [value.ffi] if isinstance(getattr(value, "ffi", None), FFI) else []
    return module, found[0] if found else None


def main(argv):
    """python -m cdeffi stubs MODULE [OUTPUT]. Returns the exit status: 2 for a usage error."""
    try:
        return _run(argv)
    except SystemExit as stop:  # argparse has printed what there is to say
        return stop.code


def _run(argv):
    import argparse
    import os
    import sys

    parser = argparse.ArgumentParser(prog="python -m cdeffi stubs", description="Write a .pyi for the ffi and lib of a module.")
    parser.add_argument("module", help="its name, to be imported")
    parser.add_argument("output", nargs="?", help="the file, by default beside the module; -: standard output")
    args = parser.parse_args(argv)
    sys.path.insert(0, "")
    module, ffi = _ffi_of(args.module)
    if ffi is None:
        from .stubs_of_module import compiled_stub_text

        text = compiled_stub_text(module)
    else:
        text = stub_text(ffi)
    if args.output == "-":
        sys.stdout.write(text)
        return 0
    path = args.output or os.path.join(os.path.dirname(module.__file__), args.module.rpartition(".")[2] + ".pyi")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return 0
