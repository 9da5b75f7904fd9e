"""What packages tell compilers, read from their .pc files: no program is run, and none needs to be installed.

For cdef(pkg_config=...) only the preprocessor's options matter: -I, -isystem, -D, -U and -pthread. They are those
that `pkg-config --cflags` prints, with what the packages in Requires and Requires.private add. PKG_CONFIG_PATH,
PKG_CONFIG_LIBDIR and PKG_CONFIG_SYSROOT_DIR mean what they mean to the program.
"""
import os
import sys

from . import PkgConfigError

_MAX_FILE = 1 << 20  # bytes of a .pc file
_MAX_VALUE = 1 << 16  # characters of a variable, when all that it refers to is put in
_OPERATORS = ("<=", ">=", "!=", "=", "<", ">")


def folders():
    """Where .pc files are looked for, in order."""
    own = os.environ.get("PKG_CONFIG_PATH", "").split(os.pathsep)
    if "PKG_CONFIG_LIBDIR" in os.environ:
        rest = os.environ["PKG_CONFIG_LIBDIR"].split(os.pathsep)
    else:
        arch = getattr(sys.implementation, "_multiarch", "")
        libs = ["lib/" + arch, "lib", "lib64", "share"] if arch else ["lib", "lib64", "share"]
        rest = ["%s/%s/pkgconfig" % (prefix, lib) for prefix in ("/usr/local", "/usr") for lib in libs]
    return [folder for folder in own + rest if folder]


def _read(path):
    if os.path.exists(path) and not os.path.isfile(path):  # to open a FIFO would wait for its other end
        raise PkgConfigError("'%s' is not a regular file" % path)
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read(_MAX_FILE + 1)
    except OSError as e:
        raise PkgConfigError("'%s' cannot be read: %s" % (path, e.strerror)) from None
    if len(text) > _MAX_FILE:
        raise PkgConfigError("'%s' is larger than %d bytes" % (path, _MAX_FILE))
    return text


def _expand(text, variables, path):
    """TEXT with ${name} replaced and $$ as $. What is not defined is empty, as pkg-config has it."""
    out, i, length = [], 0, 0
    while i < len(text):
        if text.startswith("$$", i):
            part, i = "$", i + 2
        elif text.startswith("${", i) and "}" in text[i:]:
            end = text.index("}", i)
            part, i = variables.get(text[i + 2 : end].strip(), ""), end + 1
        else:
            end = text.find("$", i + 1)
            end = len(text) if end < 0 else end
            part, i = text[i:end], end
        out.append(part)
        length += len(part)
        if length > _MAX_VALUE:
            raise PkgConfigError("'%s': a variable is longer than %d characters" % (path, _MAX_VALUE))
    return "".join(out)


def _logical_lines(text):
    """Lines without comments, those that end in a backslash joined."""
    whole = ""
    for line in text.splitlines():
        hash = line.find("#")
        while hash > 0 and line[hash - 1] == "\\":
            hash = line.find("#", hash + 1)
        line = line if hash < 0 else line[:hash]
        if line.endswith("\\"):
            whole += line[:-1]
            continue
        yield whole + line
        whole = ""
    if whole:
        yield whole


class Package:
    """One .pc file: `name`, `fields` ({"Cflags": text}), `variables`."""

    def __init__(self, name, path):
        self.name, self.path = name, path
        self.fields, self.variables = {}, {"pcfiledir": os.path.dirname(path) or "."}
        self.variables["pc_sysrootdir"] = os.environ.get("PKG_CONFIG_SYSROOT_DIR", "/")
        for line in _logical_lines(_read(path)):
            self._line(line.strip())

    def _line(self, line):
        end = next((i for i, c in enumerate(line) if not (c.isalnum() or c in "_.-")), len(line))
        key, rest = line[:end], line[end:].lstrip()
        if key and rest[:1] == "=":
            self.variables[key] = _expand(rest[1:].strip(), self.variables, self.path)
        elif key and rest[:1] == ":":
            self.fields[key.lower()] = _expand(rest[1:].strip(), self.variables, self.path)

    def field(self, name):
        return self.fields.get(name.lower(), "")


def find(name):
    """The package of that name, or of a path that ends in .pc. PkgConfigError if there is none."""
    if name.endswith(".pc"):
        return Package(name, name)
    looked = folders()
    for folder in looked:
        path = os.path.join(folder, name + ".pc")
        if os.path.exists(path):
            return Package(name, path)
    raise PkgConfigError("package '%s' not found: no %s.pc in %s%s" % (name, name, ", ".join(looked) or "no folder", _near(name, looked)))


def _near(name, looked):
    import difflib

    known = set()
    for folder in looked:
        try:
            known.update(entry[:-3] for entry in os.listdir(folder) if entry.endswith(".pc"))
        except OSError:
            pass
    near = difflib.get_close_matches(name, sorted(known), 1)
    return "; did you mean '%s'?" % near[0] if near else ""


# ---- versions


def _segments(version):
    """Runs of digits and runs of letters; what stands between them only separates."""
    parts, kind = [], None
    for c in version:
        now = "d" if c.isdigit() else "a" if c.isalpha() else "~" if c == "~" else None
        if now is None or now != kind or now == "~":
            if now is not None:
                parts.append("")
        if now is not None:
            parts[-1] += c
        kind = now
    return parts


def compare(a, b):
    """-1, 0 or 1, as rpm compares versions: numbers by value, "~" before everything, a number after letters."""
    x, y = _segments(a), _segments(b)
    for p, q in zip(x, y):
        if p == q:
            continue
        if "~" in (p, q):
            return -1 if p == "~" else 1
        if p.isdigit() and q.isdigit():
            if int(p) != int(q):
                return -1 if int(p) < int(q) else 1
            continue
        if p.isdigit() != q.isdigit():
            return 1 if p.isdigit() else -1
        return -1 if p < q else 1
    if len(x) == len(y):
        return 0
    longer = x if len(x) > len(y) else y
    after = longer[min(len(x), len(y))] != "~"
    return 1 if (longer is x) == after else -1


def _satisfies(version, operator, wanted):
    order = compare(version, wanted)
    return {"=": order == 0, "!=": order != 0, "<": order < 0, ">": order > 0, "<=": order <= 0, ">=": order >= 0}[operator]


def requirements(text):
    """[(name, operator or None, version or None)] of "a >= 1.2, b c"."""
    for operator in ("<=", ">=", "!="):
        text = text.replace(operator, " %s " % operator)
    words = text.replace(",", " ").split()
    words = [part for word in words for part in _split_operator(word)]
    found, i = [], 0
    while i < len(words):
        if words[i] in _OPERATORS:
            raise PkgConfigError("'%s' without a package before it in '%s'" % (words[i], text.strip()))
        if i + 1 < len(words) and words[i + 1] in _OPERATORS:
            if i + 2 == len(words):
                raise PkgConfigError("'%s' without a version behind it in '%s'" % (words[i + 1], text.strip()))
            found.append((words[i], words[i + 1], words[i + 2]))
            i += 3
        else:
            found.append((words[i], None, None))
            i += 1
    return found


def _split_operator(word):
    """a=1 is three words."""
    if word in _OPERATORS:
        return [word]
    for operator in ("=", "<", ">"):
        name, found, version = word.partition(operator)
        if found:
            return [part for part in (name, operator, version) if part]
    return [word]


# ---- options


def _check(package, operator, version):
    have = package.field("Version")
    if operator is not None and not _satisfies(have, operator, version):
        wanted = "%s %s %s" % (package.name, operator, version)
        raise PkgConfigError("package '%s' is of version %s, and '%s' is wanted" % (package.name, have or "(none)", wanted))


def packages(wanted):
    """The packages that WANTED, a str or a list of str as in "Requires:", stands for, each before those it needs."""
    needed = []
    for name in [wanted] if isinstance(wanted, str) else list(wanted):
        if not isinstance(name, str):
            raise TypeError("pkg_config must be a package's name or a list of them, not %s" % type(name).__name__)
        needed += [(name, None, None)] if name.endswith(".pc") else requirements(name)
    seen = {}
    needed.reverse()  # the next one is at the end
    while needed:
        name, operator, version = needed.pop()
        if name not in seen:
            seen[name] = find(name)
            more = [item for field in ("Requires", "Requires.private") for item in requirements(seen[name].field(field))]
            needed += reversed(more)
        _check(seen[name], operator, version)
    if not seen:
        raise PkgConfigError("no package is named")
    return list(seen.values())


def _words(package):
    import shlex

    try:
        return shlex.split(package.field("Cflags") or package.field("CFlags"))
    except ValueError as e:
        raise PkgConfigError("'%s': Cflags: %s" % (package.path, e)) from None


def _is_system(folder):
    return os.path.normpath(folder) == "/usr/include" and "PKG_CONFIG_ALLOW_SYSTEM_CFLAGS" not in os.environ


def _in_sysroot(folder):
    root = os.environ.get("PKG_CONFIG_SYSROOT_DIR", "").rstrip("/")
    return folder if not root or folder.startswith(root + "/") else root + folder


def options(wanted):
    """(include folders, ["NAME=text"], ["NAME"]): what WANTED adds to cdef's include_dirs, define and undef."""
    dirs, system, defines, undefs = [], [], [], []
    into = {"-I": dirs, "-S": system, "-D": defines, "-U": undefs}
    for package in packages(wanted):
        words = iter(_words(package))
        for word in words:
            if word == "-isystem":
                word = "-S" + next(words, "")  # these are searched behind the others
            elif word == "-pthread":
                word = "-D_REENTRANT=1"  # what gcc makes of it
            elif word in ("-I", "-D", "-U"):
                word += next(words, "")
            value = word[2:] if word[:2] in into else ""
            if value and value not in into[word[:2]]:
                into[word[:2]].append(value)
    return [_in_sysroot(folder) for folder in dirs + system if not _is_system(folder)], defines, undefs
