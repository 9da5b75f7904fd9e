"""What a header declares.

    python -m cdeffi show [-I FOLDER] [-D NAME[=TEXT]] [-U NAME] [-p PACKAGE] HEADER [NAME...]

PACKAGE is pkg-config's: -p gtk+-3.0. Prints the functions, variables, types and constants of HEADER, named as in #include, or of NAMEs alone: of a
function, a macro, a typedef, "struct stat" or just stat. Behind the members of structs and unions stand their
offset and size in bytes; bit-fields have byte:bit and a width in bits. Holes and padding are marked.
"""
import os
import sys

from . import FFI, CDefError, PkgConfigError, _cdeffi, _headers, _open

_ffi = FFI()
_COLUMN = 44  # where comments begin


def _line(text, comment):
    return "%-*s /* %s */" % (_COLUMN - 1, text, comment)


# ---- structs and unions


def _hole(indent, start, end, what):
    """The line for unused bits."""
    n = end - start
    amount = "%d bytes" % (n // 8) if start % 8 == 0 and n % 8 == 0 else "%d bits" % n
    where = "%5d" % (start // 8) if start % 8 == 0 else "%5s" % ("%d:%d" % (start // 8, start % 8))
    return _line(indent, "%s       %s of %s" % (where, amount, what))


def _member(member, indent, base):
    """The lines of a member; BASE in bits is where the struct that it is in begins."""
    name, text, anonymous, offset, size, bit, width = member
    if width >= 0:
        at = base + bit
        return [_line("%s%s : %d;" % (indent, text, width), "%5s %5s" % ("%d:%d" % (at // 8, at % 8), "%d bit%s" % (width, "s" * (width != 1))))]
    if name is None and anonymous is not None:
        keyword = anonymous.kind
        inner = _body(anonymous, indent + "    ", base + offset * 8)
        return ["%s%s {" % (indent, keyword), *inner, _line("%s};" % indent, "%5d %5d" % (base // 8 + offset, size))]
    return [_line("%s%s;" % (indent, text), "%5d %5d" % (base // 8 + offset, size))]


def _extent(member):
    """The bits that a member takes, from the start of its struct."""
    _, _, _, offset, size, bit, width = member
    return (bit, bit + width) if width >= 0 else (offset * 8, (offset + size) * 8)


def _body(ctype, indent, base):
    lines, end = [], 0
    for member in _cdeffi._members(ctype):
        start, stop = _extent(member)
        if ctype.kind == "struct" and start > end:
            lines.append(_hole(indent, base + end, base + start, "hole"))
        lines += _member(member, indent, base)
        end = max(end, stop)
    whole = _ffi.sizeof(ctype) * 8
    if whole > end:
        lines.append(_hole(indent, base + end, base + whole, "padding"))
    return lines


def record(ctype, head, tail=";"):
    """The lines that define the struct or union CTYPE, or declare it if it is incomplete."""
    if _cdeffi._members(ctype) is None:
        return [head + tail]
    sizes = "%d bytes, aligned to %d" % (_ffi.sizeof(ctype), _ffi.alignof(ctype))
    return [_line(head + " {", sizes), *_body(ctype, "    ", 0), "}" + tail]


def enumeration(ctype, head, tail=";"):
    try:
        size = _ffi.sizeof(ctype)
        names = sorted(ctype.relements.items(), key=lambda item: item[1])
    except (ValueError, AttributeError, NotImplementedError):
        return [head + tail]
    return [_line(head + " {", "%d bytes" % size), *("    %s = %d," % item for item in names), "}" + tail]


# ---- one declaration each


class _Shown:
    """What is declared, as text by name. An entry is (file, line, names, lines)."""

    def __init__(self, ffi):
        self.ffi, self.types = ffi, ffi.types
        self.entries = []
        self.tagged = tagged = {}
        for ctype, kind, tag, file, line in _cdeffi._tags(ffi):
            name = "%s %s" % (kind, tag)
            tagged[ctype] = name
            show = enumeration if kind == "enum" else record
            self.add(file, line, {name, tag}, lambda ctype=ctype, name=name, show=show: show(ctype, name))
        for name, kind, file, line, *_ in _cdeffi._symbols(ffi):
            if kind != "enumerator":
                self.add(file, line, {name}, lambda name=name, kind=kind: self.symbol(name, kind, tagged))
        for macro in _cdeffi._macros(ffi):
            self.add(macro[4], macro[5], {macro[0]}, lambda macro=macro: self.macro(macro))

    def add(self, file, line, names, lines):
        self.entries.append((file, line, names, lines))

    def symbol(self, name, kind, tagged):
        if kind == "typedef":
            ctype = self.types[name]
            if ctype not in tagged and ctype.kind in ("struct", "union", "enum"):
                show = enumeration if ctype.kind == "enum" else record
                if ctype.cname == name:  # without a tag: this is its name
                    return show(ctype, "typedef %s" % ctype.kind, " %s;" % name)
        text = _cdeffi._spell(self.ffi, name)
        return [text if text.startswith("#") else text + ";"]

    def macro(self, macro):
        """The macro, and what it is worth where that is not plain to see."""
        text = _headers.macro_text(macro)
        meaning = _cdeffi._meaning(self.ffi, macro[0]) if macro[1] is None else None
        value = None if meaning is None else meaning[1]
        if value is None or isinstance(value, (bytes, float)) or text.split(" ", 2)[2].strip("()") == str(value):
            return [text]
        return [_line(text, str(value) if abs(value) < 10 else "%d, 0x%x" % (value, value))]

    def of_files(self, files):
        """All but macros without a value: guards, attributes."""
        order = {file: i for i, file in enumerate(files)}
        chosen = [entry for entry in self.entries if entry[0] in order and self.is_of_interest(entry)]
        return sorted(chosen, key=lambda entry: (order[entry[0]], entry[1]))

    def is_of_interest(self, entry):
        (name, *more) = entry[2]
        if more or not _headers.is_reserved(name):
            lines = entry[3]()
            if not lines[0].startswith("#define"):
                return True
            return "(" in lines[0].split(" ", 2)[1] or _cdeffi._meaning(self.ffi, name) is not None
        return False

    def named(self, name):
        """The entries of NAME; of a typedef also the struct, union or enum that it names by a tag, for its layout."""
        wanted = " ".join(name.split())
        found = [entry for entry in self.entries if wanted in entry[2]]
        name = self.tagged.get(self.types.get(wanted))
        return [entry for entry in self.entries if name in entry[2] and entry not in found] + found


def _text(entries, places):
    """The entries' lines; where PLACES is true each with its place, else the file's name once."""
    lines, last = [], None
    for file, line, _, make in entries:
        made = make()
        if places:
            lines.append("/* %s:%d */" % (file, line))
        elif file != last:
            lines += ([""] if lines else []) + ["/* %s */" % file]
        if len(made) > 1 and not places and lines and lines[-1] != "":
            lines.append("")
        lines += made
        last = file
    return "\n".join(lines)


def show(header, names=(), **options):
    """The text that describes HEADER, or NAMES alone. LookupError for a name that is not declared."""
    ffi = FFI()
    ffi.cdef(_open.include_line(header), **options)
    shown = _Shown(ffi)
    if not names:
        files = _headers.parts_of(ffi, _headers.roots_of(ffi))
        order = [file for file, _, _ in _cdeffi._included(ffi) if file in files]
        return _text(shown.of_files(list(dict.fromkeys(order))), False)
    entries = []
    for name in names:
        found = shown.named(name)
        if not found:
            import difflib

            near = difflib.get_close_matches(name, sorted({n for entry in shown.entries for n in entry[2]}), 1)
            hint = "; did you mean '%s'?" % near[0] if near else ""
            raise LookupError("'%s' is not declared by %s or what it includes%s" % (name, header, hint))
        entries += found
    return _text(entries, True)


def _options(argv):
    """(options for cdef, the other arguments); ValueError for an option that is not known."""
    lists = {"-I": [], "-D": [], "-U": [], "-p": []}
    rest = list(argv)
    while rest and rest[0].startswith("-"):
        option, text = rest[0][:2], rest.pop(0)[2:]
        if option not in lists or not (text or rest):
            raise ValueError("option %s%s" % (option, text))
        lists[option].append(text or rest.pop(0))
    return {"include_dirs": lists["-I"], "define": lists["-D"], "undef": lists["-U"], "pkg_config": lists["-p"] or None}, rest


def main(argv):
    """See the module's text. 0, 1 if the header or a name is not found, 2 for a usage error."""
    if argv[:1] in (["-h"], ["--help"]):
        print(__doc__.strip())
        return 0
    try:
        options, rest = _options(argv)
        if not rest:
            raise ValueError("a header is missing")
        header, *names = rest
    except ValueError as e:
        print("usage: python -m cdeffi show [-I FOLDER] [-D NAME[=TEXT]] [-U NAME] [-p PACKAGE] HEADER [NAME...]\n%s" % e, file=sys.stderr)
        return 2
    try:
        print(show(header, names, **options), flush=True)
    except BrokenPipeError:
        # Shown as far as somebody looked. What is left goes nowhere when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (LookupError, CDefError, PkgConfigError, OSError, ValueError) as e:
        print("cdeffi: %s" % (e.args[0] if isinstance(e, LookupError) else e), file=sys.stderr)
        return 1
    return 0
