"""What an FFI declares, read once from the C side: types by number, symbols, and which of them a module shows."""
from collections import namedtuple

from .. import VerificationError, _cdeffi, _headers

Record = namedtuple("Record", "kind tag alias serial own state members underlying size packed align padded")
Member = namedtuple("Member", "name type text bits offset aligned")
Symbol = namedtuple("Symbol", "kind name type text quals flags params value file line estimate declaration texts")

TEXT = "<cdef source string>"  # Symbol.file of what a cdef text says itself
STATIC, INLINE, CONST_ATTRIBUTE, PURE, DEFINED = 1, 2, 16, 32, 128  # CDECL_S_* of parser/cdecl.h
EXTERN_PYTHON, EXTERN_PYTHON_C, NEEDS_COMPILER, KEEP_GIL = 256, 512, 1024, 4096
CONST = 1  # ABI_CONST
ADDRESS = "void *@"  # Symbol.text of a macro that is a pointer: an integer to Python, as in-line


class Unsupported(VerificationError):
    """A declaration that modules cannot have."""


def _is_reserved(name):
    return name[0] == "_" and (name[1:2] == "_" or name[1:2].isupper())


class Declarations:
    """The types and symbols of FFI; `shown` are the symbols that belong to its module, in order."""

    def __init__(self, ffi):
        self.ffi = ffi
        self.types, symbols, self.tags, self.included = _cdeffi._declarations(ffi)
        self.symbols = [Symbol._make(each) for each in symbols]
        self.files = _headers.parts_of(ffi, _headers.roots_of(ffi))
        self.unknown = {s.type: s for s in self.symbols if s.kind == "typedef" and s.estimate is not None}
        self._tags = None
        self._members = {}
        self.shown = [s for s in self.symbols if self._is_shown(s)]
        if self.files:
            self.shown += self._macros() + self._aliases()

    def shows_tag(self, entry):
        """Does the module list this record or enum although nothing leads to it? Of headers: those of the files that
        the texts name."""
        if not self.files:
            return True
        if self._tags is None:
            self._tags = {each[1:3] for each in _cdeffi._tags(self.ffi) if each[3] == TEXT or each[3] in self.files}
        return (entry[0], entry[1]) in self._tags

    def _is_shown(self, symbol):
        if symbol.file == TEXT:
            return True
        return symbol.file in self.files and not _is_reserved(symbol.name)

    def _macros(self):
        known = {symbol.name for symbol in self.symbols}
        meanings = _headers.meanings_of(self.ffi, self.files)
        return [
            Symbol("constant", name, None, ADDRESS if is_pointer else None, 0, NEEDS_COMPILER, (), value, "", 0, None, "#define " + name, ())
            for name, (_, value, _, is_pointer) in sorted(meanings.items())
            if name not in known and not _is_reserved(name)
        ]

    def _aliases(self):
        """#define gzopen gzopen64: the function under the macro's name."""
        known = {symbol.name: symbol for symbol in self.symbols}
        return [
            known[target]._replace(name=name)
            for name, target in sorted(_headers._aliases(self.ffi, self.files))
            if name not in known and target in known and not _is_reserved(name)
        ]

    def record(self, number):
        return Record._make(self.types[number])

    def is_record(self, number):
        return self.types[number][0] in ("struct", "union")

    def members(self, number):
        found = self._members.get(number)
        if found is None:
            found = self._members[number] = [Member._make(each) for each in self.types[number][6]]
        return found

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

    def describe(self, symbol):
        """How messages call it."""
        return "%s:%d: %s" % ("cdef" if symbol.file == TEXT else symbol.file, symbol.line, symbol.declaration)
