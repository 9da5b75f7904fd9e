"""ffi.verify_headers(): declarations by hand against those of the installed headers."""
from collections import namedtuple

from . import FFI, _cdeffi, _headers

_SEVERE = 2


class Difference(namedtuple("Difference", "name what declared declared_at header header_at harmless")):
    """One thing that was declared otherwise than the headers say.

    name: "f", "struct s", "struct s.member". what: in words. declared, header: the two declarations in C;
    declared_at, header_at: "file:line" of each. harmless: the same bytes are passed and laid out.
    """

    __slots__ = ()

    def __str__(self):
        mild = " (harmless)" if self.harmless else ""
        lines = ["%s: %s%s" % (self.name, self.what, mild), "    %s: %s" % (self.declared_at, self.declared)]
        return "\n".join(lines + ["    %s: %s" % (self.header_at, self.header)])


class Report(list):
    """The differences, each a Difference. `checked`: how many names were compared; `unknown`: those that the
    headers do not declare."""

    def __init__(self):
        super().__init__()
        self.checked = 0
        self.unknown = []

    def __str__(self):
        head = "%d declarations compared, %d differences" % (self.checked, len(self))
        return "\n".join([head, *map(str, self)])

    __repr__ = __str__


class _Side:
    """One of the two: its FFI and what is declared in it, with places."""

    def __init__(self, ffi):
        self.ffi = ffi
        self.symbols = {symbol[0]: symbol for symbol in _cdeffi._symbols(ffi)}
        self.tags = {(kind, tag): (ctype, "%s:%d" % (file, line)) for ctype, kind, tag, file, line in _cdeffi._tags(ffi)}
        self.macros = {macro[0]: macro for macro in _cdeffi._macros(ffi)}

    def both(self, name):
        """The declaration and its place. Types can be long: only for what differs."""
        return _cdeffi._spell(self.ffi, name), self.place(name)

    def place(self, name):
        if name in self.macros and name not in self.symbols:
            return "%s:%d" % self.macros[name][4:6]
        return "%s:%d" % self.symbols[name][2:4]


class _Comparison:
    def __init__(self, hand, header):
        self.hand, self.header = hand, header
        self.report = Report()

    def add(self, name, what, ours, our_place, theirs, their_place, harmless=False):
        self.report.append(Difference(name, what, ours, our_place, theirs, their_place, harmless))

    # ---- functions, variables, typedefs

    def symbol(self, name, kind):
        meaning = _cdeffi._meaning(self.header.ffi, name)
        if meaning is None:
            return self.macro_instead(name, kind)
        self.report.checked += 1
        if kind in ("constant", "enumerator"):
            return self.constant(name, meaning)
        if meaning[0] != kind:
            return self.declarations(name, "a %s here, a %s in the header" % (kind, meaning[0]))
        difference = _cdeffi._differ(self.hand.ffi, name, self.header.ffi, name)
        if difference and not self.is_record(name, kind):
            self.declarations(name, "the types of the %s differ" % kind, difference < _SEVERE)

    def declarations(self, name, what, harmless=False):
        self.add(name, what, *self.hand.both(name), *self.header.both(name), harmless)

    def macro_instead(self, name, kind):
        """The headers declare no NAME, but may define it as a macro that has no value of its own."""
        macro = self.header.macros.get(name)
        if macro is None:
            return self.report.unknown.append(name)
        self.report.checked += 1
        text = _headers.macro_text(macro)
        what = "a %s here, a macro in the header" % kind
        self.add(name, what, *self.hand.both(name), text, self.header.place(name))

    def is_record(self, name, kind):
        """A typedef of a struct that both sides know: its members are compared, which says more."""
        if kind != "typedef":
            return False
        ours, theirs = self.hand.ffi.types.get(name), self.header.ffi.types.get(name)
        if ours is None or theirs is None or ours.kind != theirs.kind or ours.kind not in ("struct", "union"):
            return False
        if not any(ours is ctype for ctype, _ in self.hand.tags.values()) or ours.cname not in self.header.ffi.types:
            self.record(name, ours, self.hand.place(name), theirs, self.header.place(name))
        return True

    def constant(self, name, meaning):
        value = _cdeffi._meaning(self.hand.ffi, name)[1]
        if value is None:
            self.report.checked -= 1  # "#define X ...": nothing was said
        elif meaning[1] is None:
            self.declarations(name, "a constant here, a %s in the header" % meaning[0])
        elif value != meaning[1] or isinstance(value, float) != isinstance(meaning[1], float):
            self.declarations(name, "the value is %r here, %r in the header" % (value, meaning[1]))

    # ---- structs, unions, enums

    def tag(self, kind, tag):
        ours, our_place = self.hand.tags[kind, tag]
        name = "%s %s" % (kind, tag)
        if (kind, tag) not in self.header.tags:
            return self.report.unknown.append(name)
        self.report.checked += 1
        theirs, their_place = self.header.tags[kind, tag]
        if kind == "enum":
            self.enum(name, ours, our_place, theirs, their_place)
        else:
            self.record(name, ours, our_place, theirs, their_place)

    def enum(self, name, ours, our_place, theirs, their_place):
        try:
            sizes = [ffi.sizeof(ctype) for ffi, ctype in ((self.hand.ffi, ours), (self.header.ffi, theirs))]
        except ValueError:
            return  # one of them is only named
        if _cdeffi._differ(self.hand.ffi, ours, self.header.ffi, theirs) == _SEVERE:
            self.add(name, "the underlying types differ", "%d bytes" % sizes[0], our_place, "%d bytes" % sizes[1], their_place)

    def record(self, name, ours, our_place, theirs, their_place):
        mine, others = _members(ours), _members(theirs)
        if mine is None or others is None or _cdeffi._differ(self.hand.ffi, ours, self.header.ffi, theirs) == 0:
            return
        before = len(self.report)
        self.sizes(name, ours, our_place, theirs, their_place)
        for member in mine:
            if member in others:
                self.member(name, member, ours, our_place, theirs, their_place, mine[member], others[member])
        self.absent(name, mine, others, our_place, their_place, self.hand.ffi.sizeof(ours) == self.header.ffi.sizeof(theirs))
        if len(self.report) == before:
            self.add(name, "the layouts differ", name, our_place, name, their_place)

    def absent(self, name, mine, others, our_place, their_place, same_size):
        """Members that only one of the two has: renamed ones, or parts, if the size is the same."""
        extra, missing = (
            "; ".join(some[member][0] for member in some if member not in other) for some, other in ((mine, others), (others, mine))
        )
        if extra or missing:
            what = "members by other names" if extra and missing else "members that the header has not" if extra else "members are missing"
            self.add(name, what, extra or "none of them", our_place, missing or "none of them", their_place, same_size)

    def sizes(self, name, ours, our_place, theirs, their_place):
        for what, ask in (("size", FFI.sizeof), ("alignment", FFI.alignof)):
            here, there = ask(self.hand.ffi, ours), ask(self.header.ffi, theirs)
            if here != there:
                self.add(name, "the %s is %d here, %d in the header" % (what, here, there), name, our_place, name, their_place)

    def member(self, name, member, ours, our_place, theirs, their_place, mine, other):
        full = "%s.%s" % (name, member)
        if mine[1:] != other[1:]:
            what = "at %s here, at %s in the header" % (_position(*mine[1:]), _position(*other[1:]))
            return self.add(full, what, mine[0], our_place, other[0], their_place)
        difference = _cdeffi._differ(self.hand.ffi, ours, self.header.ffi, theirs, member)
        if difference:
            self.add(full, "the types differ", mine[0], our_place, other[0], their_place, difference < _SEVERE)


def _position(offset, bits):
    return "offset %d" % offset if bits is None else "bit %d, %d wide" % bits


def _members(ctype, base=0):
    """{name: (declaration, offset, (bit, width) or None)}, those of anonymous members too; None if it is incomplete."""
    members = _cdeffi._members(ctype)
    if members is None:
        return None
    found = {}
    for name, text, anonymous, offset, _, bit, width in members:
        if name is not None:
            found[name] = (text, base + offset if width < 0 else 0, None if width < 0 else (base * 8 + bit, width))
        elif anonymous is not None:
            found.update(_members(anonymous, base + offset) or {})
    return found


def verify(ffi, csource, /, **options):
    """See FFI.verify_headers()."""
    headers = FFI()
    headers.cdef(csource, **options)
    hand = _Side(ffi)
    compared = _Comparison(hand, _Side(headers))
    read = _headers.included_files(ffi)
    for kind, tag in hand.tags:
        if hand.tags[kind, tag][1].rpartition(":")[0] not in read:
            compared.tag(kind, tag)
    for name, kind, file, *_ in _cdeffi._symbols(ffi):
        if file not in read:
            compared.symbol(name, kind)
    return compared.report
