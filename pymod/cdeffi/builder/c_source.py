"""The C source of a module: the user's own, between our prologue and the tables with the functions that they name."""
import os
import re
from functools import partial

from .. import _cdeffi
from . import checks
from .absent import absent
from .declarations import (ADDRESS, CONST, CONST_ATTRIBUTE, EXTERN_PYTHON, EXTERN_PYTHON_C, KEEP_GIL, NEEDS_COMPILER, PURE, TEXT,
                           Unsupported, bit_fields_follow, declared)
from .opcodes import CHECK_FIELDS, INTEGERS, OPAQUE, VERSION_BASE, VERSION_EMBEDDED, VERSION_OWN_TYPES, VERSION_WIDE_CHARACTERS
from .own_types import FLOAT128
from .tables import Field, Tables
from .wrappers import values_of, write_extern_python

_emit_wrapper, _emit_integer = _cdeffi._emit_wrapper, _cdeffi._emit_integer

_HERE = os.path.dirname(os.path.abspath(__file__))
_CALLED_BY = "CPYTHON_BLTN_N", "CPYTHON_BLTN_O"
_KEEPS_GIL = KEEP_GIL | CONST_ATTRIBUTE | PURE
_RULE = "/* %s */" % ("-" * 90)


def _read(name):
    with open(os.path.join(_HERE, name), encoding="utf-8") as file:
        return file.read()


# What the name of a module is in C: a part of PyInit_NAME, which CPython looks for, and within a literal.
_MODULE_NAME = re.compile(r"(?:[\w-]+\.)*[a-zA-Z0-9_]+")


# Rows of tables, for _cdeffi._emit_rows().
_FUNCTION = '  { "@1", (void *)_cffi_f_@1, _CFFI_OPCODE(_CFFI_OP_@2, @3), (void *)_cffi_d_@1 },'
_CONSTANT = '  { "@1", (void *)_cffi_const_@1, _CFFI_OPCODE(_CFFI_OP_@2, @3), (void *)NULL },'
_VARIABLE = '  { "@1", (void *)_cffi_var_@1, _CFFI_OPCODE(_CFFI_OP_GLOBAL_VAR_F, @2), (void *)NULL },'
_EXTERN_PYTHON = '  { "@1", (void *)&_cffi_externpy__@1, _CFFI_OPCODE(_CFFI_OP_EXTERN_PYTHON, @2), (void *)@1 },'
_FAST, _NOT_FAST = "  (void *)_cffi_v_@1,", ("  NULL,",)
_MEMBER = '  { "@1", offsetof(@2, @1), sizeof(((@2 *)0)->@1), _CFFI_OPCODE(_CFFI_OP_NOOP, @3) },'
_OPEN_MEMBER = '  { "@1", offsetof(@2, @1), (size_t)-1, _CFFI_OPCODE(_CFFI_OP_NOOP, @3) },'
_RULED_MEMBER = '  { "@1", (size_t)-1, (size_t)-1, _CFFI_OPCODE(_CFFI_OP_NOOP, @2) },'
_BIT_FIELD = '  { "@1", (size_t)-1, @2, _CFFI_OPCODE(_CFFI_OP_BITFIELD, @3) },'
_TYPENAME = '  { "@1", @2 },'


class CSource:
    """One module's source: text()."""

    def __init__(self, ffi, module_name, source):
        if not _MODULE_NAME.fullmatch(module_name):
            raise ValueError("%r cannot be the name of a module in C: letters of ASCII, digits and underscores, behind the names "
                             "of packages" % module_name)
        self.ffi, self.module_name, self.source = ffi, module_name, source
        self.tables = Tables(ffi, python=False)
        self.lines = []    # the functions
        self.narrow, self.signs = [], [] # what C would convert without a word
        self._texts = self.lines, self.narrow, self.signs
        self._file = None  # that of the symbol before
        self.globals = {}  # name -> its row
        self.fast = {}     # name -> the row of its function for METH_FASTCALL
        self.bit_checks = [] # functions, or None
        self.version = VERSION_BASE
        self.has_python = False
        attributes = ffi.__dict__
        self.embedding = attributes.get("_embedding")
        self.exported = attributes.get("_exported", ())

    def text(self):
        options = (self.ffi.__dict__.get("_assigned_source") or ((),))[-1]
        left_out = absent(self.tables.declarations, options, self.source) if options else ()
        for symbol in self.tables.declarations.shown:
            if symbol.kind != "typedef" and symbol.name not in left_out:
                self._symbol(symbol)
        self._records()
        self._external_enumerators()
        if self.tables.has_wide:
            self.version = max(self.version, VERSION_WIDE_CHARACTERS)
        if self.tables.has_own:
            self.version = VERSION_OWN_TYPES
        own = FLOAT128 if self.tables.has_own else []
        parts = self._head() + own + self._types() + self.lines + self._agreement() + self._tables() + self._init()
        parts.append("")
        return "\n".join(parts)

    # ---- symbols

    def _symbol(self, symbol):
        mark = len(self.lines)
        if symbol.file != self._file:
            self._file = symbol.file
            self._at = checks.place_of(symbol.file, 0)[:-1]
            self.tables.for_file(symbol.file)
        try:
            self._WRITERS[symbol.kind](self, symbol)
        except (Unsupported, TypeError) as error:
            del self.lines[mark:]
            if symbol.file == TEXT:
                place = "" if isinstance(error, TypeError) else self.tables.declarations.describe(symbol) + ": "
                raise type(error)(place + str(error)) from None

    def _place(self, symbol):
        """checks.place(symbol), of the symbol at hand."""
        return self._at + str(symbol.line)

    def _function(self, symbol):
        name, types = symbol.name, self.tables.types
        if types[symbol.type][2]:  # variadic
            if symbol.flags & EXTERN_PYTHON:
                raise Unsupported("a function that Python implements cannot have '...'")
            return self._constant_of(symbol, self._pointer_to(symbol.type), checks.pointer_to(self.tables.text(symbol.text), "@"))
        if symbol.flags & (EXTERN_PYTHON | EXTERN_PYTHON_C):
            self.tables.has_own |= write_extern_python(self.lines, symbol, values_of(self.tables, symbol), self.module_name,
                                                       name in self.exported)
            self.has_python = True
            return self._global(_EXTERN_PYTHON, name, self._pointer_to(symbol.type))
        places, keeps_gil = symbol.places, symbol.flags & _KEEPS_GIL
        slot, texts, where = self.tables.slot(symbol.type), self._texts, self._place(symbol)
        if not _emit_wrapper(texts, name, where, keeps_gil, places, self.tables.values):
            _emit_wrapper(texts, name, where, keeps_gil, values_of(self.tables, symbol))
        n = len(places) - 1
        self._global(_FUNCTION, name, _CALLED_BY[n] if n < 2 else "CPYTHON_BLTN_V", slot)
        if n != 1:
            self.fast[name] = _FAST, name

    def _pointer_to(self, number):
        types = self.tables.types
        types.append(("pointer", number))
        return self.tables.slot(len(types) - 1)

    def _variable(self, symbol):
        entry = self.tables.types[symbol.type]
        self.tables.name_member(symbol.type, None, symbol.name)
        text = self.tables.text(symbol.text)
        if symbol.quals & CONST and entry[0] != "array":
            if self._is_integer(symbol.type):
                return self._integer(symbol, None)
            return self._constant_of(symbol, self.tables.slot(symbol.type), text)
        slot, is_open = self.tables.slot_at(symbol.type, symbol.name), entry[0] == "array" and entry[2] == -1
        item = None
        if self.tables.is_deferred(symbol.type):
            if "$" not in text:
                item = checks.element_of(self.tables, symbol.type, symbol.name, text)
            text = "_CFFI_TYPEOF(%s%s) @" % (symbol.name, "[0]" if is_open else "")
        elif is_open:
            text = text.replace("@[]", "@", 1)
        checks.write_variable(self.lines, symbol, text, is_open, item)
        if checks.is_unsigned(entry):
            self.lines.append(checks.sign_check(symbol))
        elif checks.is_signed(entry):
            self.signs.append(checks.signed_check(symbol, entry))
        self._global(_VARIABLE, symbol.name, slot)

    def _is_integer(self, number):
        entry, unknown = self.tables.types[number], self.tables.declarations.unknown.get(number)
        if unknown is not None:
            entry = self.tables.types[unknown.estimate]
        return entry[0] == "enum" or (entry[0] == "primitive" and (entry[1] in INTEGERS or entry[1] == "_Bool"))

    def _constant(self, symbol):
        value, types = symbol.value, self.tables.types
        if isinstance(value, float):
            types.append(("primitive", "double"))
            return self._constant_of(symbol, self.tables.slot(len(types) - 1), "double @")
        if isinstance(value, bytes):
            types += [("primitive", "char"), ("pointer", len(types))]
            return self._constant_of(symbol, self.tables.slot(len(types) - 1), "const char *@")
        if symbol.text == ADDRESS:
            checks.write_address(self.lines, symbol.name)
            return self._global(_CONSTANT, symbol.name, "CONSTANT_INT", -1)
        self._integer(symbol, None if symbol.flags & NEEDS_COMPILER else value)

    def _integer(self, symbol, value, op="CONSTANT_INT"):
        if value is not None and not -(1 << 63) <= value < 1 << 64:
            raise Unsupported("a constant of more than 64 bits")
        self.lines.append(_emit_integer(symbol.name, value, self._place(symbol), op != "ENUM"))
        self._global(_CONSTANT, symbol.name, op, -1)

    def _enumerator(self, symbol):
        partial = symbol.flags & NEEDS_COMPILER or self.tables.types[symbol.type][5] == "partial"
        self._integer(symbol, None if partial else symbol.value, "ENUM")

    def _constant_of(self, symbol, slot, text):
        self.lines += ["static void _cffi_const_%s(char *_o)" % symbol.name, "{",
                       "  %s = %s;" % (text.replace("@", "_value"), symbol.name),
                       "  memcpy(_o, (const void *)&_value, sizeof _value);", "}"]
        self._global(_CONSTANT, symbol.name, "CONSTANT", slot)

    def _global(self, *row):
        name = row[1]
        if name in self.globals:
            self.fast.pop(name, None)
        self.globals[name] = row

    _WRITERS = {"function": _function, "variable": _variable, "constant": _constant, "enumerator": _enumerator}

    def _external_enumerators(self):
        """An enum of an included FFI has its enumerators here too: the backend looks nowhere else."""
        for number in list(self.tables.enums):
            for name in self.tables.types[number][6]:
                if name not in self.globals:
                    self.lines.append(_emit_integer(name, None, "", False))
                    self._global(_CONSTANT, name, "ENUM", -1)

    # ---- records

    def _records(self):
        """Members have types, which may be further records."""
        places, self._files = self._places(), {number: file for number, file, _ in self.tables.declarations.tags}
        for row in self.tables.rows_in_order():
            self.tables.for_file(self._files.get(row.number, TEXT))
            row.cname = self.tables.cname(row.number)
            row.flags, has_fields = self.tables.flags_of(row)
            if has_fields:
                self._record(row, places)

    def _places(self):
        """{number of a record: where it is declared}, for messages."""
        declarations = self.tables.declarations
        found = {number: checks.place_of(file, line) for number, file, line in declarations.tags if declarations.types[number][1]}
        for symbol in declarations.shown:
            if symbol.kind == "typedef" and symbol.type not in found and declarations.is_record(symbol.type):
                found[symbol.type] = checks.place(symbol)
        return found

    def _record(self, row, places):
        if self._is_plain(row.record) and row.cname is not None and self._plain_record(row, places.get(row.number, "cdef")):
            return
        members = []
        self._add_fields(members, row, row.number)
        row.fields = members
        if row.cname is None:
            return self._nameless(row)
        where = places.get(row.number, "cdef")
        checks.write_members(self.lines, self.signs, self.tables, row, members, where)
        if row.record.has_bits:
            self._bit_fields(row)
        check = checks.write_mirror if row.record.state == "complete" else checks.write_sizes
        self.bit_checks.append(check(self.lines, self.tables, row, where))

    @staticmethod
    def _is_plain(record):
        """May the extension write it? It looks at the members then."""
        return record.members and record.state == "complete" and record.layout is None and not record.unnamed and not record.has_bits

    def _plain_record(self, row, where):
        tables, record = self.tables, row.record
        names = row.cname, tables.variable(row.number), row.identifier, record.kind, where, checks.mirror_end(record)
        rows = []
        if not _cdeffi._emit_record((self.lines, self.signs, rows), names, record.members, tables.plain_slots,
                                    partial(self._member_slot, row), tables.shapes, partial(checks.shape_of, tables)):
            return False
        row.field_rows = [tuple(rows)]
        self.bit_checks.append(None)
        return True

    def _nameless(self, row):
        """No compiler can be asked about it: the rules have to do."""
        if row.record.state == "partial":
            raise Unsupported("'%s %s' has '...' but no name that a compiler knows" % (row.record.kind, row.name))
        if row.record.layout is not None:
            if self._files.get(row.number, TEXT) == TEXT:
                raise Unsupported("'%s %s' has attributes that move its members, but no name that a compiler knows" % (row.record.kind, row.name))
            row.flags, row.fields = row.flags | OPAQUE, []
        elif row.record.has_bits:
            row.fields = self._own_fields(row)

    def _bit_fields(self, row):
        """Where they are a compiler does not tell: it is by the rules, behind the member that is before them."""
        if row.record.state == "partial":
            reason = "..."
        elif not self._follow(row.number):
            reason = "members with an alignment of their own"
        else:
            row.fields = self._own_fields(row)
            return
        if self._files.get(row.number, TEXT) == TEXT:
            raise Unsupported("'%s %s' has bit-fields and %s: a compiler does not tell where bit-fields are"
                              % (row.record.kind, row.name, reason))
        row.fields = [field for field in row.fields if field.member.bits < 0]

    def _follow(self, number):
        record = self.tables.types[number]
        return bit_fields_follow(record) and all(
            [self.tables.types[m.type].layout is None and self._follow(m.type) for m in record.members if m.name is None])

    def _own_fields(self, row):
        """With records and bit-fields without a name as fields of their own."""
        known = {field.name: field.slot for field in row.fields}
        return [Field(m.name or "", m, known[m.name] if m.name else self.tables.slot(m.type)) for m in declared(row.record)
                if not m.name or m.name in known]

    def _add_fields(self, fields, row, number):
        plain = self.tables.plain_slots
        for member in self.tables.types[number].members:
            name, of_type = member[:2]
            if name is None:
                self._add_fields(fields, row, of_type)
                continue
            slot = plain.get(of_type)
            if slot is None:
                slot = self._member_slot(row, member)
            if slot is not None:
                fields.append(Field(name, member, slot))

    def _member_slot(self, row, member):
        """None for a member of a header's struct whose type modules cannot have: it is left out."""
        tables, (name, of_type, *_) = self.tables, member
        try:
            if tables.types[of_type][0] in ("primitive", "pointer"):
                tables.plain_slots[of_type] = slot = tables.slot(of_type)
                return slot
            place = "((%s *)0)->%s" % (row.cname, name)
            if row.cname is not None and member.bits < 0:  # of a bit-field C does not tell the type
                tables.name_member(of_type, row.cname, place)
            self._check_not_opaque(row, member)
            return tables.slot_at(of_type, place)
        except Unsupported as error:
            if row.cname is None or self._files.get(row.number, TEXT) == TEXT:
                raise type(error)("'%s %s', member '%s': %s" % (row.record.kind, row.name, name, error)) from None
            row.flags &= ~CHECK_FIELDS
            return None

    def _check_not_opaque(self, row, member):
        number = member.type
        while self.tables.types[number][0] == "array":
            number = self.tables.types[number][1]
        entry = self.tables.types[number]
        if entry[0] in ("struct", "union") and entry[5] == "opaque" and number not in self.tables.declarations.unknown:
            raise TypeError("%s %s: field '%s.%s' is of an opaque type (not declared in cdef())" % (row.record.kind, row.name, row.name, member.name))

    # ---- text

    def _head(self):
        parts = ["#define _CFFI_USE_EMBEDDING"] if self.embedding is not None else []
        parts.append(_read("prologue.h"))
        if self.embedding is not None:
            self.version = max(self.version, VERSION_EMBEDDED)
            self.has_python = True
            code = self.embedding.encode("utf-8")
            parts.append('#define _CFFI_MODULE_NAME "%s"' % self.module_name)
            parts.append("#define _CFFI_INIT PyInit_%s" % self.module_name.rpartition(".")[2])
            parts.append("static const char _cffi_startup_code[] = {")
            parts += ["  " + "".join("%d," % byte for byte in code[i:i + 24]) for i in range(0, len(code), 24)]
            parts += ["  0", "};", _read("embedding.h")]
        return parts + [_RULE, "", self.source, "", _RULE, ""] + self._diagnostics()

    @staticmethod
    def _diagnostics():
        """Pointers to other types than declared are errors, and functions that the C source lacks; qualifiers are a
        matter of taste, and headers have what is deprecated."""
        return ["#ifdef __GNUC__", '#pragma GCC diagnostic ignored "-Wdeprecated-declarations"',
                '#pragma GCC diagnostic ignored "-Wignored-qualifiers"', "#endif",
                "#ifdef __clang__", '#if __has_warning("-Wdefault-const-init-field-unsafe")',
                '#pragma GCC diagnostic ignored "-Wdefault-const-init-field-unsafe"', "#endif", "#endif",
                "#ifdef __cplusplus", "#define restrict __restrict", "#endif", "#if defined(__GNUC__) && !defined(__cplusplus)",
                '#pragma GCC diagnostic error "-Wincompatible-pointer-types"',
                '#pragma GCC diagnostic error "-Wint-conversion"',
                '#pragma GCC diagnostic error "-Wimplicit-function-declaration"',
                "#ifndef _CFFI_CHECK_LATE", '#pragma GCC diagnostic error "-Wfloat-conversion"', "#endif",
                "#ifdef __clang__",
                '#pragma GCC diagnostic warning "-Wincompatible-pointer-types-discards-qualifiers"',
                "#endif", "#endif", ""]

    def _agreement(self):
        """Conversions of integers are errors here that C makes silently, and that lose values."""
        if not self.narrow and not self.signs:
            return []
        return ["#if defined(__GNUC__) && !defined(_CFFI_CHECK_LATE)", "#pragma GCC diagnostic push",
                '#pragma GCC diagnostic ignored "-Wunused-parameter"', '#pragma GCC diagnostic error "-Wconversion"',
                '#pragma GCC diagnostic ignored "-Wsign-conversion"', *self.narrow,
                '#pragma GCC diagnostic error "-Wsign-conversion"', "#ifndef __cplusplus",
                '#pragma GCC diagnostic ignored "-Wincompatible-pointer-types"', '#pragma GCC diagnostic error "-Wpointer-sign"',
                "#endif", *self.signs, "#pragma GCC diagnostic pop", "#endif", ""]

    def _types(self):
        rows, enums = self.tables.sorted_records(), self.tables.sorted_enums()
        self._rows, self._enums = rows, enums
        return ["static void *_cffi_types[] = {", _cdeffi._emit_types(self.tables.ops), "};", ""]

    def _tables(self):
        self._names = sorted(self.globals)
        lines, fields, self._field_count = [], [], 0
        records = [self._record_row(row, fields) for row in self._rows]
        lines += self._table("global", self._rows_of([self.globals[name] for name in self._names]))
        lines += self._table("field", self._rows_of(fields))
        lines += self._table("record", records)
        lines += self._table("enumeration", [self._enum_row(*each) for each in self._enums])
        self._typenames = [(_TYPENAME, *each) for each in self.tables.sorted_typenames()]
        lines += self._table("typename", self._rows_of(self._typenames))
        aligned = self.tables.alignments()
        own = {symbol.name for symbol in self.tables.declarations.typedefs}
        self._alignments = aligned and ["_CFFI_ALIGNOF(%s)" % name if name in aligned and name in own else "%d" % aligned.get(name, 0)
                                        for name, _ in self.tables.sorted_typenames()]
        if self._alignments:
            lines += ["static const int _cffi_alignments[] = {"] + ["  %s," % each for each in self._alignments] + ["};", ""]
        self._includes = [self._include_name(ffi) for ffi in self.tables.declarations.included]
        if self._includes:
            lines += ["static const char *const _cffi_includes[] = {"] + ['  "%s",' % n for n in self._includes] + ["  NULL", "};", ""]
        if self.fast:
            lines += ["static void *const _cffi_fast_functions[] = {"]
            fast = self.fast.get
            lines += self._rows_of([fast(name, _NOT_FAST) for name in self._names])
            lines += ["};", ""]
        self._counts = self._field_count, len(records)
        return lines

    @staticmethod
    def _rows_of(tuples):
        return [_cdeffi._emit_rows(tuples)] if tuples else []

    @staticmethod
    def _table(kind, rows):
        if not rows:
            return []
        return ["static const struct _cffi_%s _cffi_%ss[] = {" % (kind, kind), *rows, "};", ""]

    def _record_row(self, row, fields):
        if not row.flags & OPAQUE and row.record.own:
            first = self._field_count
            fields += row.field_rows or [self._field_row(row.cname, field) for field in row.fields]
            self._field_count += row.field_count
            size, align = "(size_t)-2", "-2"
            if row.cname is not None:
                size, align = "sizeof(%s)" % row.cname, "(int)offsetof(struct _cffi_align_%s, y)" % row.identifier
        else:
            first, size, align = -1, "(size_t)-1", "-1"
        return '  { "%s", %d, %d, %s, %s, %d, %d },' % (row.name, row.slot, row.flags, size, align, first, row.field_count)

    def _field_row(self, cname, field):
        name, member, slot = field
        if member.bits >= 0:
            return _BIT_FIELD, name, member.bits, slot
        if cname is None or not name:
            return _RULED_MEMBER, name, slot
        return _OPEN_MEMBER if self.tables.ops[slot][0] == "OPEN_ARRAY" else _MEMBER, name, cname, slot

    def _enum_row(self, number, name, slot):
        entry, cname = self.tables.types[number], self.tables.cname(number)
        known = self.tables.enum_primitive(entry)
        if cname is not None:
            primitive = "_cffi_integer_primitive(sizeof(%s), ((%s)-1) <= 0)" % (cname, cname)
        else:
            primitive = str(known)
        text = ",".join(entry[6])
        pieces = ['"%s"' % text[i:i + 100] for i in range(0, len(text), 100)] or ['""']
        return '  { "%s", %d, %s,\n    %s },' % (name, slot, primitive, "\n    ".join(pieces))

    def _include_name(self, ffi):
        source = ffi.__dict__.get("_assigned_source")
        if source is None and "_verified" in ffi.__dict__:
            return ffi.verifier.get_module_name()
        if source is None:
            raise Unsupported("ffi object %r includes %r, but the latter has not been prepared with set_source()" % (self.ffi, ffi))
        if source[1] is None:
            raise Unsupported("not implemented yet: ffi.include() of a Python-based ffi inside a C-based ffi")
        return source[0]

    def _init(self):
        def table(name, present):
            return "  %s," % ("_cffi_" + name if present else "NULL")

        fields, records = self._counts
        flags = (["_CFFI_HAS_PYTHON"] if self.has_python else []) + (["_CFFI_HAS_FAST"] if self.fast else []) + (
            ["_CFFI_HAS_ALIGNMENTS"] if self._alignments else [])
        base = self.module_name.rpartition(".")[2]
        return ["static const struct _cffi_context _cffi_context = {", "  _cffi_types,", table("globals", self._names),
                table("fields", fields), table("records", records), table("enumerations", self._enums),
                table("typenames", self._typenames),
                "  %d, %d, %d, %d," % (len(self._names), records, len(self._enums), len(self._typenames)),
                table("includes", self._includes), "  %d, %s," % (len(self.tables.ops), " | ".join(flags) or "0"),
                table("fast_functions", self.fast), "  %s" % ("_cffi_alignments" if self._alignments else "NULL"), "};", "",
                "#ifdef __GNUC__", "#pragma GCC visibility push(default)", "#endif", "PyMODINIT_FUNC PyInit_%s(void)" % base, "{",
                *["  %s();" % check for check in self.bit_checks if check],
                '  return _cffi_init("%s", 0x%x, &_cffi_context);' % (self.module_name, self.version), "}",
                "#ifdef __GNUC__", "#pragma GCC visibility pop", "#endif"]


def c_source(ffi, module_name, source):
    """The text of the module MODULE_NAME."""
    return CSource(ffi, module_name, source).text()
