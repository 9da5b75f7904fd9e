"""A module without C source: the tables as bytes, for FFI objects that open libraries with dlopen()."""
from .. import VerificationMissing
from .declarations import CONST, EXTERN_PYTHON, NEEDS_COMPILER, TEXT, Unsupported, declared
from .opcodes import OPS, PRIMITIVES, VERSION_BASE, VERSION_OWN_TYPES, VERSION_WIDE_CHARACTERS
from .tables import Tables


def _number(value):
    """Four bytes, the highest first."""
    if not -(1 << 31) <= value < 1 << 31:
        raise OverflowError("%d does not fit the tables of a Python module" % value)
    return (value & 0xFFFFFFFF).to_bytes(4, "big")


def _op(name, argument):
    return _number(argument << 8 | OPS[name])


class _NeedsCompiler(Unsupported, VerificationMissing):
    """What the cdef leaves to a compiler, and there is none."""


class _PythonSource:
    def __init__(self, ffi, module_name):
        self.ffi, self.module_name = ffi, module_name
        self.tables = Tables(ffi, python=True)
        self.globals = {}  # name -> (bytes of the opcode, value)

    def text(self):
        declarations = self.tables.declarations
        for symbol in declarations.shown:
            try:
                self._symbol(symbol)
            except Unsupported as error:
                if symbol.file == TEXT:
                    raise type(error)("%s: %s" % (declarations.describe(symbol), error)) from None
        self._records()
        self._external_enumerators()
        rows = self.tables.sorted_records()
        enums = self.tables.sorted_enums()
        lines = ["# Written by cdeffi.", "import _cffi_backend"]
        lines += ["from %s import ffi as _ffi%d" % (self._include_name(ffi), i) for i, ffi in enumerate(declarations.included)]
        types = b"".join(_number(argument) if op is None else _op(op, argument) for op, argument in self.tables.ops)
        wide = any(op == ("PRIMITIVE", PRIMITIVES[n]) for op in self.tables.ops for n in ("char16_t", "char32_t"))
        version = VERSION_OWN_TYPES if self.tables.has_own else VERSION_WIDE_CHARACTERS if wide else VERSION_BASE
        lines += ["", "ffi = _cffi_backend.FFI(%r," % self.module_name,
                  "    _version = 0x%x," % version, "    _types = %r," % types]
        names = sorted(self.globals)
        self._add(lines, "_globals", ["%r,%d" % (self.globals[n][0] + n.encode(), self.globals[n][1]) for n in names])
        self._add(lines, "_struct_unions", ["(%s,)" % ",".join(map(repr, self._record_row(row))) for row in rows])
        self._add(lines, "_enums", [repr(self._enum_row(*each)) for each in enums])
        self._add(lines, "_typenames", [repr(_number(slot) + name.encode()) for name, slot in self.tables.sorted_typenames()])
        self._add(lines, "_includes", ["_ffi%d" % i for i in range(len(declarations.included))])
        self._add(lines, "_layouts", [repr(self._layout(*each)) for each in enumerate(rows) if each[1].fields and each[1].record.layout])
        self._add(lines, "_alignments", [repr(each) for each in self._alignments()])
        return "\n".join(lines + [")"]) + "\n"

    @staticmethod
    def _add(lines, keyword, rows):
        if rows:
            lines.append("    %s = (%s,)," % (keyword, ",".join(rows)))

    def _include_name(self, ffi):
        source = ffi.__dict__.get("_assigned_source")
        if source is None:
            raise Unsupported("ffi object %r includes %r, but the latter has not been prepared with set_source()" % (self.ffi, ffi))
        if source[1] is not None:
            raise Unsupported("not implemented yet: ffi.include() of a C-based ffi inside a Python-based ffi")
        return source[0]

    # ---- symbols

    def _symbol(self, symbol):
        if symbol.kind == "typedef":
            return
        if symbol.flags & NEEDS_COMPILER and symbol.file == TEXT:
            raise _NeedsCompiler("'...' needs a C compiler")
        if symbol.kind == "function":
            if symbol.flags & EXTERN_PYTHON:
                raise Unsupported("cannot use 'extern \"Python\"' in the ABI mode")
            self._global(symbol.name, "DLOPEN_FUNC", self.tables.slot(symbol.type))
        elif symbol.kind == "variable":
            constant = symbol.quals & CONST and self.tables.types[symbol.type][0] != "array"
            self._global(symbol.name, "DLOPEN_CONST" if constant else "GLOBAL_VAR", self.tables.slot(symbol.type))
        elif symbol.kind == "enumerator":
            if self.tables.types[symbol.type][5] == "partial":
                raise _NeedsCompiler("'...' needs a C compiler")
            self._global(symbol.name, "ENUM", -1, symbol.value)
        elif isinstance(symbol.value, int):
            self._global(symbol.name, "CONSTANT_INT", -1, symbol.value)
        elif symbol.file == TEXT:
            raise Unsupported("only integer constants can do without a C compiler")

    def _global(self, name, op, argument, value=0):
        self.globals[name] = _op(op, argument), value

    def _external_enumerators(self):
        for other in self.tables.declarations.included_symbols():
            for symbol in other.symbols:
                if symbol.kind == "enumerator" and symbol.name not in self.globals:
                    if any(symbol.name in self.tables.types[number][6] for number in self.tables.enums):
                        self._global(symbol.name, "ENUM", -1, symbol.value)

    # ---- records

    def _records(self):
        done = set()
        while len(done) < len(self.tables.records):
            for number in [n for n in self.tables.records if n not in done]:
                done.add(number)
                row = self.tables.records[number]
                row.flags, has_fields = self.tables.flags_of(row)
                row.fields = self._fields(row) if has_fields else []

    def _fields(self, row):
        if row.record.state == "partial":
            raise _NeedsCompiler("'%s %s': '...' needs a C compiler" % (row.record.kind, row.name))
        return [(m.name or "", self._slot_of(row, m), m.bits) for m in declared(row.record)]

    def _slot_of(self, row, member):
        try:
            return self.tables.slot(member.type)
        except Unsupported as error:
            raise type(error)("'%s %s', member '%s': %s" % (row.record.kind, row.name, member.name, error)) from None

    def _record_row(self, row):
        rows = [_number(row.slot) + _number(row.flags) + row.name.encode()]
        for name, slot, bits in row.fields:
            head = _op("NOOP", slot) if bits < 0 else _op("BITFIELD", slot) + _number(bits)
            rows.append(head + name.encode())
        return rows

    # What cffi's tables have no place for, in arguments that its FFI refuses: by the rules alone a layout would be another one.

    @staticmethod
    def _layout(index, row):
        flags, pack, align, members = row.record.layout
        return b"".join(map(_number, [index, flags, pack, align] + [number for member in members for number in member]))

    def _alignments(self):
        """Those of typedefs, by their place among the names."""
        found = self.tables.alignments()
        return [_number(place) + _number(found[name]) for place, (name, _) in enumerate(self.tables.sorted_typenames()) if name in found]

    def _enum_row(self, number, name, slot):
        entry = self.tables.types[number]
        return _number(slot) + _number(self.tables.enum_primitive(entry)) + name.encode() + b"\0" + ",".join(entry[6]).encode()


def python_source(ffi, module_name):
    """The text of the module MODULE_NAME."""
    return _PythonSource(ffi, module_name).text()
