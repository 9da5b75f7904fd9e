"""What an FFI declares, read once from the C side: types by number, symbols, and which of them a module shows."""
from collections import namedtuple

from .. import VerificationError, _cdeffi, _headers

Record = namedtuple("Record", "kind tag alias serial own state members underlying size packed align alias_align shifted unnamed "
                    "layout has_bits qualified has_const")
Member = namedtuple("Member", "name type text bits offset aligned")
Symbol = namedtuple("Symbol", "kind name type text quals flags value file line estimate places align")

TEXT = "<cdef source string>"  # Symbol.file of what a cdef text says itself
STATIC, INLINE, CONST_ATTRIBUTE, PURE, DEFINED = 1, 2, 16, 32, 128  # CDECL_S_* of parser/cdecl.h
EXTERN_PYTHON, EXTERN_PYTHON_C, NEEDS_COMPILER, KEEP_GIL = 256, 512, 1024, 4096
CONST = 1  # ABI_CONST
ADDRESS = "void *@"  # Symbol.text of a macro that is a pointer: an integer to Python, as in-line


class Unsupported(VerificationError):
    """A declaration that modules cannot have."""


def declared(record):
    """The Members of a record and its bit-fields without a name, as they follow each other."""
    if not record.unnamed:
        return record.members
    members, done = [], 0
    for before, member in record.unnamed:
        members += record.members[done:before]
        members.append(member)
        done = before
    return members + list(record.members[done:])


PACKED_MEMBER, MS_STRUCT = 1, 2  # LAYOUT_* of pymod/declarations.c


def bit_fields_follow(record):
    """Are the bit-fields of a record where the tables' rules put them, told where its other members are?"""
    if record.layout is None:
        return True
    flags, pack, _, layouts = record.layout
    members = declared(record)
    return not flags & MS_STRUCT and pack <= 1 and all([members[i].bits < 0 and members[i].name for i, _, _, _ in layouts])


def _is_reserved(name):
    return name[0] == "_" and (name[1:2] == "_" or name[1:2].isupper())


class Declarations:
    """The types and symbols of FFI; `shown` are the symbols that belong to its module, in order."""

    def __init__(self, ffi):
        self.ffi = ffi
        self.types, self.symbols, self.tags, self.included, self.places = _cdeffi._declarations(ffi, Symbol, Member, Record)
        self.files = _headers.parts_of(ffi, _headers.roots_of(ffi))
        self.typedefs = [s for s in self.symbols if s.kind == "typedef"]
        self.unknown = {s.type: s for s in self.typedefs if s.estimate is not None}
        self._alias_of = {}  # name of a macro -> that of the function
        files = self.files
        self.shown = [s for s in self.symbols if s.file == TEXT or (s.file in files and not _is_reserved(s.name))]
        if files:
            self.shown += self._macros() + self._aliases()

    def shows_tag(self, tag):
        """Does the module list this record or enum although nothing leads to it? Of headers: those of the files that
        the texts name."""
        number, file, _ = tag
        return not self.files or (self.types[number][1] is not None and (file == TEXT or file in self.files))

    def _macros(self):
        known = {symbol.name for symbol in self.symbols}
        meanings = _headers.meanings_of(self.ffi, self.files)
        return [
            Symbol("constant", name, None, ADDRESS if is_pointer else None, 0, NEEDS_COMPILER, value, "", 0, None, (), 0)
            for name, (_, value, _, is_pointer) in sorted(meanings.items())
            if name not in known and not _is_reserved(name)
        ]

    def _aliases(self):
        """#define gzopen gzopen64: the function under the macro's name."""
        known = {symbol.name: symbol for symbol in self.symbols}
        self._alias_of = {
            name: target
            for name, target in sorted(_headers._aliases(self.ffi, self.files))
            if name not in known and target in known and not _is_reserved(name)
        }
        return [known[target]._replace(name=name) for name, target in self._alias_of.items()]

    def is_record(self, number):
        return self.types[number][0] in ("struct", "union")

    def included_symbols(self):
        """(the declarations of an included FFI, its symbols), deeply, the nearest first; each once."""
        seen, pending = {id(self.ffi)}, list(self.included)
        while pending:
            ffi = pending.pop(0)
            if id(ffi) not in seen:
                seen.add(id(ffi))
                other = Declarations(ffi)
                pending += other.included
                yield other

    def spelled(self, symbol):
        """Its declaration in C."""
        if symbol.type is None:
            return "#define " + symbol.name
        return _cdeffi._spell(self.ffi, self._alias_of.get(symbol.name, symbol.name))

    def parameters(self, symbol):
        """The names of a function's parameters, None for those without."""
        return _cdeffi._parameters(self.ffi, self._alias_of.get(symbol.name, symbol.name))

    def describe(self, symbol):
        """How messages call it."""
        return "%s:%d: %s" % ("cdef" if symbol.file == TEXT else symbol.file, symbol.line, self.spelled(symbol))
