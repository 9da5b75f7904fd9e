"""The tables of a module: which types, records, enums, typedef names and globals it has, numbered and sorted.

Whatever a compiler has to find out is C text in them; a module without C source refuses it."""
import re
from collections import namedtuple

from .. import _cdeffi
from .declarations import TEXT, Declarations, Unsupported
from .opcodes import CHECK_FIELDS, EXTERNAL, OPAQUE, PACKED, PRIMITIVES, UNION
from .own_types import own_op


# As abi_spell() writes a record without a name: "struct $1".
_UNNAMED = re.compile(r"((?:struct|union|enum) \$[0-9]+)([^0-9])")

# As it writes the variant of a union that is passed as its first member.
_TRANSPARENT = re.compile(r"((?:union )?[\w$]+) __attribute__\(\(transparent_union(\)\)|, )")

# "typedef int t[...]", and "int(* *@)[...]", a pointer to a pointer to it.
_MEASURED = re.compile(r"typedef (.*?) ?\w+((?:\[[^\]]*\])+)")
_TO_MEASURED = re.compile(r"(.*?) ?\(((?:\* ?)+)@\)((?:\[[^\]]*\])+)")

# What a va_list has one of (System V psABI x86-64, 3.5.7). Not all compilers let it be called by its tag, and C++ does
# not show its members, so that prologue.h has a struct like it.
_VA_LIST = re.compile(r"struct __va_list_tag\b")
_VA_LIST_ITEM = "__typeof__((*(__builtin_va_list *)0)[0])"


class RecordRow:
    """One struct or union. `cname`: how C calls it."""

    def __init__(self, number, record, name, cname):
        self.number, self.record, self.name, self.cname = number, record, name, cname
        self.flags, self.slot = 0, None
        self.fields, self.field_rows = [], None # the latter: of a plain record, whose fields the extension has written
        self.identifier = "%s_%s" % (record.kind, name.replace("$", "_"))

    @property
    def field_count(self):
        return len(self.record.members) if self.field_rows else len(self.fields)


# One member of a row, those of unnamed members too: MEMBER is its declarations.Member.
Field = namedtuple("Field", "name member slot")


class Tables:
    """Built by the emitters, which ask for slots; finish() sorts and numbers the rows."""

    def __init__(self, ffi, python):
        self.declarations = Declarations(ffi)
        self.types = self.declarations.types
        self.python = python  # without C source
        self.ops = []         # (name of the opcode or None, argument)
        self._slots = {}      # number of a type, or (slot of the items, length) -> index in ops
        self.plain_slots = {} # the same of members' types, of those that need no look at the member
        self.values = {}      # number of a place -> Value: see wrappers.py
        self.shapes = {}      # (number, text) of a member -> checks._Shape
        self.has_wide = False # is there a char16_t or char32_t among them?
        self.has_own = False  # is there a type that cffi's tables do not have?
        self.may_have_own = True # what headers say does not cost a module its place on cffi: see for_file()
        self.records = {}     # number -> RecordRow
        self._rows = []       # the same in the order of their slots
        self.enums = {}       # number -> (name, slot)
        self.typenames = {}   # name -> slot
        self._external = None
        self._measures, self._inner, self._measure_texts = self._measuring_typedefs()
        self._names = self._names_of_unnamed()
        self._spelled = {"%s $%d" % (self.types[n][0], self.types[n][3]): name for n, (_, name) in self._names.items()}
        self._name_aligned()
        self._transparent = self._names_of_transparent()
        self._tags_slots()
        self._typedefs()

    # ---- names

    def _names_of_unnamed(self):
        """C text for records without tag and typedef name: {number: text}, from the typedefs of pointers to them."""
        names = {}
        for number, name in self._pointers_to_unnamed(self.declarations):
            names.setdefault(number, name)
        for other in self.declarations.included_symbols():
            for number, name in self._pointers_to_unnamed(other):
                theirs = other.types[number]
                for at, ours in enumerate(self.types):  # there it has the same kind and number
                    if ours[0] == theirs[0] and ours[1:4] == theirs[1:4] and not ours[4]:
                        names.setdefault(at, name)
        return names

    def _name_aligned(self):
        """To the tables the struct of "typedef struct { } name __attribute__((aligned(8)))" is the same as the aligned one, which
        has its members; and that of "typedef const struct { } name" is the compiler's to make."""
        for number, entry in enumerate(self.types):
            if entry[0] in ("struct", "union", "enum") and entry.alias and entry.serial:
                self._spelled.setdefault("%s $%d" % (entry.kind, entry.serial), self.variable(number))

    def _names_of_transparent(self):
        """{the union: the typedef} of "typedef union u name __attribute__((transparent_union))": each such attribute makes a type of
        its own in C."""
        names = {}
        for symbol in self.declarations.typedefs:
            if self.types[symbol.type][0] == "transparent":
                union = self.types[self.types[symbol.type][1]]
                names.setdefault("union %s" % (union.tag or "$%d" % union.serial) if union.tag or not union.alias else union.alias, symbol.name)
        return names

    def _name_of_transparent(self, match):
        name = self._transparent.get(match.group(1))
        return match.group() if name is None else name + (" __attribute__((" if match.group(2) == ", " else "")

    @staticmethod
    def _pointers_to_unnamed(declarations):
        """(number of the record, (name for it or None, C text)): as cffi does, "typedef ... *t;" gives it the name $$t."""
        for symbol in declarations.typedefs:
            number, stars = symbol.type, ""
            while declarations.types[number][0] == "pointer":
                number, stars = declarations.types[number][1], stars + "*"
            entry = declarations.types[number]
            if stars and entry[0] in ("struct", "union") and not entry[1] and not entry[2]:
                opaque = stars == "*" and entry[5] == "opaque"
                yield number, (symbol.name if opaque else None, "__typeof__(%s(%s)0)" % (stars, symbol.name))

    def cname(self, number):
        """How C calls a record, or None."""
        entry = self.types[number]
        if entry[1] == "__va_list_tag":
            return "struct _cffi_va_list_tag"
        if entry[1] or entry[2]:
            return "%s %s" % (entry[0], entry[1]) if entry[1] else entry[2]
        return self._names[number][1] if number in self._names else None

    def variable(self, number):
        """The same, of one that can be assigned to."""
        name = self.cname(number)
        return "_CFFI_PLAIN(%s)" % name if self.types[number].qualified else name

    def _row_name(self, number):
        entry = self.types[number]
        if entry[:3] == ("struct", None, "FILE") and not entry[4]:
            return "_IO_FILE"  # the one that all modules share, by the name that cffi knows it by
        if entry[1] or entry[2]:
            return entry[1] or "$" + entry[2]
        if number in self._names and self._names[number][0]:
            return "$$" + self._names[number][0]
        return "$%d" % entry[3]

    def text(self, text):
        """A place's C text with names for the records that have none of their own."""
        if self._transparent and "transparent_union" in text:
            text = _TRANSPARENT.sub(self._name_of_transparent, text)
        if "$" in text:
            text = _UNNAMED.sub(self._name_of_match, text)
        if "[...]" in text or (self._inner and "[0]" in text):
            text = self._with_measure(text)
        return _VA_LIST.sub(_VA_LIST_ITEM, text) if "__va_list_tag" in text else text

    def _with_measure(self, text):
        """A pointer to an array whose length a typedef tells, by that typedef."""
        match = _TO_MEASURED.fullmatch(text)
        name = match and self._measure_texts.get((match.group(1), match.group(3)))
        return "%s %s@" % (name, match.group(2)) if name else text

    def _name_of_match(self, match):
        return self._spelled.get(match.group(1), match.group(1)) + match.group(2)

    def name_member(self, number, cname, expression):
        """The unnamed record NUMBER is what EXPRESSION is in C."""
        while self.types[number][0] == "array":
            number, expression = self.types[number][1], expression + "[0]"
        if self.types[number][0] in ("struct", "union", "enum") and self.cname(number) is None:
            self._names[number] = (None, "__typeof__(%s)" % expression)
            self._spelled["%s $%d" % (self.types[number][0], self.types[number][3])] = self._names[number][1]

    # ---- types

    def for_file(self, file):
        """From here on it is about what FILE declares. Types that cffi's tables do not have are only there if a cdef text
        asks for them itself: a module made from headers stays one that cffi can load."""
        self.may_have_own = file == TEXT or self.python

    def add(self, *ops):
        self.ops.extend(ops)
        return len(self.ops) - len(ops)

    def slot(self, number):
        """The index of a type in the table of types."""
        slot = self._slots.get(number)
        if slot is None:
            entry = self.types[number]
            slot = self._MAKERS[entry[0]](self, number, entry)
        return slot

    def _slot_primitive(self, number, entry):
        self._slots[number] = slot = self._primitive(entry[1])
        return slot

    def _primitive(self, name):
        if name in PRIMITIVES:
            return self.add(("PRIMITIVE", PRIMITIVES[name]))
        own = own_op(name)
        if own is None or not self.may_have_own:
            raise Unsupported("modules%s cannot have the type '%s'" % (" that cffi can load" if own else "", name))
        self.has_own = True
        opcode, item, argument = own
        if item is None:
            return self.add((opcode, argument))
        ops = [(opcode, self._primitive(item))] + [(None, argument)] * (argument is not None)
        return self.add(*ops)

    def _slot_pointer(self, number, entry):
        self._slots[number] = slot = self.add(("POINTER", 0))
        try:
            inner = self._inner.get(entry[1])
            self.ops[slot] = ("POINTER", self._measured(entry[1], inner, True) if inner else self.slot(entry[1]))
        except Unsupported:  # another pointer may have been made on the way
            del self._slots[number]
            raise
        return slot

    def _slot_array(self, number, entry):
        name = self._measures.get(number)
        if entry[2] == -2 and not name:
            raise Unsupported("'[...]' is for global variables, members and typedefs: nothing else can be measured" if name is None else
                              "'[...]': there are several typedefs of this type, which may differ in length")
        if name:
            self._slots[number] = slot = self._measured(number, "(*(%s *)0)" % name, False)
        else:
            self._slots[number] = slot = self._array(self.slot(entry[1]), entry[2])
        return slot

    def _array(self, item, length):
        key = (item, length)
        if key not in self._slots:
            self._slots[key] = (
                self.add(("OPEN_ARRAY", item)) if length == -1 else self.add(("ARRAY", item), (None, length))
            )
        return self._slots[key]

    def _slot_transparent(self, number, entry):
        if not self.may_have_own:
            raise Unsupported("modules that cffi can load cannot have typedefs with transparent_union of a union that is not so itself")
        self.has_own = True
        self._slots[number] = slot = self.add(("TRANSPARENT_UNION", self.slot(entry[1])))
        return slot

    def _slot_function(self, number, entry):
        _, types, variadic, convention = entry
        if convention not in (0, 1, 5):
            raise Unsupported("modules cannot have functions of this calling convention")
        known, slot, end = self._slots, len(self.ops), (1 if variadic else 0) | (2 if convention == 1 else 0)
        # By reference: a wrapper may use a parameter's type, which is made where the reference leads.
        if not _cdeffi._emit_function_ops(self.ops, known, types, end):
            for each in types:
                if each not in known:
                    self.slot(each)
            if number in known:  # a parameter's type led here
                return known[number]
            slot = len(self.ops)
            _cdeffi._emit_function_ops(self.ops, known, types, end)
        known[number] = slot
        return slot

    def _slot_struct(self, number, entry):
        unknown = self.declarations.unknown.get(number)
        if unknown is not None:
            return self._unknown(number, unknown)
        row = RecordRow(number, entry, self._row_name(number), self.cname(number))
        self.records[number] = row
        self._rows.append(row)
        self._slots[number] = row.slot = self.add(("STRUCT_UNION", row))
        return row.slot

    def _unknown(self, number, symbol):
        if self.python:
            raise Unsupported("%s: '...' needs a C compiler" % self.declarations.describe(symbol))
        estimate, name = self.types[symbol.estimate][1], symbol.name
        if estimate in ("float", "double", "long double"):
            text = "_cffi_real_primitive(sizeof(%s) * (size_t)((((%s)1) / 2) * 2))" % (name, name)
        else:
            text = "_cffi_integer_primitive(sizeof(%s), (((%s)-1) | 0) <= 0)" % (name, name)
        self._slots[number] = slot = self.add(("PRIMITIVE", text))
        return slot

    def _slot_enum(self, number, entry):
        self._slots[number] = slot = self.add(("ENUM", number))
        self.enums[number] = (entry[1] or "$" + (entry[2] or "%d" % entry[3]), slot)
        return slot

    def enum_primitive(self, entry):
        """The number of the type that an enum's values have."""
        underlying = self.types[entry.underlying][1] if entry.underlying is not None else "unsigned int"
        sized = {"unsigned int": "uint32_t", "int": "int32_t", "long": "int64_t", "unsigned long": "uint64_t"} if self.python else {}
        underlying = sized.get(underlying, underlying)
        if underlying not in PRIMITIVES:
            raise Unsupported("modules cannot have enums of '%s'" % underlying)
        return PRIMITIVES[underlying]

    _MAKERS = {"primitive": _slot_primitive, "pointer": _slot_pointer, "array": _slot_array, "function": _slot_function,
               "struct": _slot_struct, "union": _slot_struct, "enum": _slot_enum,
               "transparent": _slot_transparent}

    # ---- arrays of a length that the compiler knows

    def _measuring_typedefs(self):
        """The typedefs by which a compiler can be asked how long an array is, where nothing else has the type: {number of the
        array's type: name, or "" if there are several}; {number of its items' type, of a length that is unknown too: C
        expression}, since a parameter of the array's type is a pointer to those; and both by (items, lengths) of the type's text."""
        numbers, inner, texts = {}, {}, {}
        for symbol in self.declarations.typedefs:
            if not self.is_deferred(symbol.type):
                continue
            match = _MEASURED.fullmatch(self.declarations.spelled(symbol))
            numbers[symbol.type] = name = "" if symbol.type in numbers else symbol.name
            items = self.types[symbol.type][1]
            if match:
                texts[match.groups()] = name
            if match and name and self._is_deferred_inside(items):
                inner[items] = "(*(%s *)0)[0]" % name
                texts[match.group(1), match.group(2).partition("]")[2]] = "__typeof__(%s)" % inner[items]
        return numbers, inner, texts

    def is_deferred(self, number):
        entry = self.types[number]
        return entry[0] == "array" and (entry[2] == -2 or self._is_deferred_inside(entry[1]))

    def _is_deferred_inside(self, number):
        entry = self.types[number]
        return entry[0] == "array" and (entry[2] in (-2, 0) or self._is_deferred_inside(entry[1]))

    def slot_at(self, number, expression):
        """The slot of the type of what EXPRESSION is in C."""
        if not self.is_deferred(number):
            return self.slot(number)
        return self._measured(number, expression, False)

    def _measured(self, number, expression, inner):
        entry = self.types[number]
        if entry[0] != "array":
            return self.slot(number)
        item = self._measured(entry[1], expression + "[0]", True)
        if entry[2] == -2 or (inner and entry[2] == 0):
            if self.python:
                raise Unsupported("'[...]' needs a C compiler")
            return self._array(item, "_cffi_length_of(%s)" % expression)
        return self._array(item, entry[2])

    # ---- rows that come from the declarations themselves

    def _tags_slots(self):
        for tag in self.declarations.tags:
            number = tag[0]
            named = self.cname(number) or self.types[number][0] == "enum"
            if named and number not in self.declarations.unknown and self.declarations.shows_tag(tag):
                self.slot(number)

    def _typedefs(self):
        for symbol in self.declarations.shown:
            if symbol.kind == "typedef":
                self.for_file(symbol.file)
                self._typedef(symbol)
        self.for_file(TEXT)
        for other in self.declarations.included_symbols():
            self._external_names(other)

    def _typedef(self, symbol):
        number = symbol.type
        try:
            slot = self._slots[number] if number in self._slots else self.slot_at(number, "(*(%s *)0)" % symbol.name)
            self.typenames[symbol.name] = slot
        except Unsupported as error:
            if symbol.file == TEXT and "[...]" not in self.declarations.spelled(symbol):
                described = self.declarations.describe(symbol)
                raise error if described in str(error) else type(error)("%s: %s" % (described, error)) from None

    def _external_names(self, other):
        """Typedef names of an included FFI, those that lead to types which are there; its structs and unions by tag."""
        ours = self.external_numbers()
        for tag in other.tags:
            number = tag[0]
            if other.is_record(number) and other.types[number][1] and other.shows_tag(tag):
                self.slot(ours.number(other, number))
        for symbol in other.typedefs:
            if symbol.name not in self.typenames:
                number = ours.number(other, symbol.type)
                if number is not None:
                    self.typenames[symbol.name] = self.slot(number)

    def external_numbers(self):
        if self._external is None:
            self._external = _External(self)
        return self._external

    # ---- the end

    def rows_in_order(self):
        """The records, and those that the caller adds while it goes through them."""
        return iter(self._rows)

    def flags_of(self, row):
        """_CFFI_F_* of a record, and whether it has fields here."""
        record, types = row.record, self.types
        flags = UNION if record.kind == "union" else 0
        if not record.own:
            return flags | (OPAQUE if row.name == "_IO_FILE" or record.state == "opaque" else 0) | (
                0 if row.name == "_IO_FILE" else EXTERNAL
            ), False
        if record.state == "opaque":
            return flags | OPAQUE, False
        # What the tables cannot say (a pack other than 1, alignments) is left to the compiler.
        if record.state == "complete" and not (record.align or record.alias_align or record.shifted) and not any(
                [not name or (aligned and not record.packed) or (types[number][0] == "array" and self.is_deferred(number))
                 for name, number, _, _, _, aligned in record.members]):
            flags |= CHECK_FIELDS
        return flags | (PACKED if record.packed else 0), True

    def sorted_records(self):
        rows = sorted(self.records.values(), key=lambda row: row.name)
        for index, row in enumerate(rows):
            self.ops[row.slot] = ("STRUCT_UNION", index)
        return rows

    def sorted_enums(self):
        """[(number, name, slot)]"""
        rows = sorted((name, number, slot) for number, (name, slot) in self.enums.items())
        for index, (_, _, slot) in enumerate(rows):
            self.ops[slot] = ("ENUM", index)
        return [(number, name, slot) for name, number, slot in rows]

    def sorted_typenames(self):
        if any(row.name == "_IO_FILE" for row in self.records.values()):
            self.typenames.setdefault("FILE", next(r.slot for r in self.records.values() if r.name == "_IO_FILE"))
        return sorted(self.typenames.items())

    def alignments(self):
        """{typedef name: its alignment in bytes} of those that have not their type's."""
        found = {}
        for declarations in (self.declarations, *self.declarations.included_symbols()):
            for symbol in declarations.typedefs:
                if symbol.name in self.typenames:
                    found.setdefault(symbol.name, symbol.align)
        return {name: align for name, align in found.items() if align}


class _External:
    """Types of an included FFI in our numbering: added at the end of our list as they are needed."""

    def __init__(self, tables):
        self._types = tables.types
        self._known = {}
        self._by_name = {
            (entry[0], entry[1], entry[2]): number
            for number, entry in enumerate(tables.types)
            if entry[0] in ("struct", "union", "enum") and (entry[1] or entry[2])
        }

    def number(self, other, number):
        """Our number for OTHER's, or None for what has no name to be found by."""
        key = (id(other), number)
        if key not in self._known:
            self._known[key] = None  # a circle goes through a record, which needs no members here
            self._known[key] = self._translate(other, other.types[number], number)
        return self._known[key]

    def _append(self, entry):
        self._types.append(entry)
        return len(self._types) - 1

    def _translate(self, other, entry, number):
        kind = entry[0]
        if number in other.unknown:
            return None
        if kind in ("struct", "union", "enum"):
            if not entry[1] and not entry[2]:
                return None
            name = (kind, entry[1], entry[2])
            if name not in self._by_name:
                members = entry[6] if kind == "enum" else ()
                self._by_name[name] = self._append(entry._replace(own=False, members=members, underlying=None))
            return self._by_name[name]
        if kind == "primitive":
            return self._append(entry)
        inner = entry[1] if kind == "function" else (entry[1],)
        numbers = [self.number(other, each) for each in inner]
        if None in numbers:
            return None
        return self._append((kind, tuple(numbers) if kind == "function" else numbers[0]) + entry[2:])
