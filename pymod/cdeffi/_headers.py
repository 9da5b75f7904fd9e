"""What of an FFI's declarations comes from which header: ffi.functions_in() and its like, dir(lib)."""
import os
from types import MappingProxyType

from . import _cdeffi

# Folders of the C library and the kernel that hold headers of many kinds: to lie there together says nothing.
_SHARED = {"sys", "net", "netinet", "netipx", "arpa", "rpc", "protocols", "scsi", "linux", "asm", "asm-generic", "gnu"}


def _logical(path):
    """The parts of PATH from the include folder on, without the processor's; None if it is in no system folder."""
    for root in ("/usr/include/", "/usr/local/include/"):
        if path.startswith(root):
            parts = path[len(root) :].split("/")
            return parts[1:] if "-linux-" in parts[0] and len(parts) > 1 else parts
    return None


def _home(path):
    """The folder whose files belong together with PATH, or None."""
    parts = _logical(path)
    if parts is None:
        return None if path.startswith("<") else os.path.dirname(path) + "/"
    return None if len(parts) == 1 or parts[0] in _SHARED else "/".join(parts[:-1]) + "/"


def _is_at_home(path, home):
    parts = _logical(path)
    return (path if parts is None else "/".join(parts)).startswith(home)


def _is_detail(path):
    """Is it one of the C library's headers that nobody includes but its other headers?"""
    parts = _logical(path)
    return bool(parts) and parts[0] == "bits"


def parts_of(ffi, roots):
    """The files that the headers ROOTS (paths) consist of: themselves, and of what they include that which is
    named in quotes, lies in the same folder of their own, or is a detail of the C library's."""
    by = {}
    for file, includer, quoted in _cdeffi._included(ffi):
        by.setdefault(includer, []).append((file, quoted))
    found = set(roots)
    pending = [(root, _home(root)) for root in roots]
    while pending:
        includer, home = pending.pop()
        for file, quoted in by.get(includer, ()):
            if file not in found and (quoted or _is_detail(file) or (home is not None and _is_at_home(file, home))):
                found.add(file)
                pending.append((file, home))
    return found


def roots_of(ffi):
    """The headers that the cdef texts themselves include."""
    return [file for file, includer, _ in _cdeffi._included(ffi) if includer is None]


def included_files(ffi):
    return {file for file, _, _ in _cdeffi._included(ffi)}


def _name_of(header):
    name = os.fspath(header)
    if not isinstance(name, str):
        raise TypeError("the header must be a str or a path, not %s" % type(header).__name__)
    return name[1:-1] if name.startswith("<") and name.endswith(">") else name


def files_named(ffi, header):
    """The files that HEADER names, as in an #include: "sys/stat.h". ValueError if none of them was included."""
    name = _name_of(header)
    known = included_files(ffi)
    known.update(symbol[2] for symbol in _cdeffi._symbols(ffi))
    found = [file for file in known if file in (name, "<%s>" % name) or file.endswith("/" + name)]
    if found and name:
        return found
    import difflib

    bases = {"/".join(_logical(file) or [os.path.basename(file)]) for file in known if not file.startswith("<")}
    near = difflib.get_close_matches(name, sorted(bases), 1)
    raise ValueError("header '%s' is not among those included here%s" % (name, "; did you mean '%s'?" % near[0] if near else ""))


def _names_in(ffi, header, kinds):
    files = parts_of(ffi, files_named(ffi, header))
    return [symbol[0] for symbol in _cdeffi._symbols(ffi) if symbol[1] in kinds and symbol[2] in files]


def _pick(view, names):
    return MappingProxyType({name: view[name] for name in names if name in view})


def functions_in(ffi, header):
    """ffi.functions_in()"""
    return _pick(ffi.functions, _names_in(ffi, header, ("function",)))


def variables_in(ffi, header):
    """ffi.variables_in()"""
    return _pick(ffi.variables, _names_in(ffi, header, ("variable",)))


def types_in(ffi, header):
    """ffi.types_in()"""
    files = parts_of(ffi, files_named(ffi, header))
    names = [symbol[0] for symbol in _cdeffi._symbols(ffi) if symbol[1] == "typedef" and symbol[2] in files]
    names += ["%s %s" % (kind, tag) for _, kind, tag, file, _ in _cdeffi._tags(ffi) if file in files]
    return _pick(ffi.types, names)


def meanings_of(ffi, files):
    """{name: (kind, value, name in the library, whether it is a pointer)} of the enumerators, constants and macros of
    FILES that have a value."""
    found = {}
    for name, kind, file, *_ in _cdeffi._symbols(ffi):
        if kind in ("constant", "enumerator") and file in files:
            found[name] = _cdeffi._meaning(ffi, name)
    for name, parameters, _, _, file, _ in _cdeffi._macros(ffi):
        if parameters is None and file in files:
            found[name] = _cdeffi._meaning(ffi, name)
    return {name: meaning for name, meaning in found.items() if meaning is not None and meaning[1] is not None}


def constants_in(ffi, header):
    """ffi.constants_in()"""
    meanings = meanings_of(ffi, parts_of(ffi, files_named(ffi, header)))
    return MappingProxyType({name: meaning[1] for name, meaning in meanings.items()})


def _without_comments(text):
    """A macro's replacement as a compiler sees it: comments and rows of blanks are one blank."""
    if not any(character in text for character in "/\"'"):
        return " ".join(text.split())
    out, i = [], 0
    while i < len(text):
        if text[i] in "\"'":
            end = i + 1
            while end < len(text) and text[end] != text[i]:
                end += 2 if text[end] == "\\" else 1
            out.append(text[i : end + 1])
            i = end + 1
        elif text.startswith("/*", i) or text[i].isspace():
            end = text.find("*/", i + 2) + 2 if text[i] == "/" else i + 1
            if out and out[-1] != " ":
                out.append(" ")
            i = end if end > 1 else len(text)
        elif text.startswith("//", i):
            break
        else:
            out.append(text[i])
            i += 1
    return "".join(out).strip()


def macro_text(macro):
    """An item of _cdeffi._macros() as it is defined in C."""
    name, parameters, variadic, body, _, _ = macro
    if parameters is None:
        return ("#define %s %s" % (name, _without_comments(body))).rstrip()
    names = list(parameters)
    if variadic:
        names[-1] = "..." if names[-1] == "__VA_ARGS__" else names[-1] + "..."
    return "#define %s(%s) %s" % (name, ", ".join(names), _without_comments(body))


# ---- macros that can be called: what macro_obj.c shows of them


def _heading(macro):
    return macro_text(macro).split(" ", 1)[1].split(")", 1)[0] + ")"


def macro_repr(macro):
    return "<macro '%s' of %s>" % (_heading(macro), "/".join(_logical(macro[4]) or [macro[4]]))


def macro_doc(macro):
    """The definition, and the place of it."""
    return "%s\n\nDefined at %s:%d." % (macro_text(macro), macro[4], macro[5])


def macro_signature(macro):
    import inspect
    import keyword

    found = []
    for i, name in enumerate(macro[1]):
        last = macro[2] and i == len(macro[1]) - 1
        kind = inspect.Parameter.VAR_POSITIONAL if last else inspect.Parameter.POSITIONAL_ONLY
        name = "args" if name == "__VA_ARGS__" else name
        usable = name.isidentifier() and not keyword.iskeyword(name) and name not in [p.name for p in found]
        found.append(inspect.Parameter(name if usable else "arg%d" % i, kind))
    return inspect.Signature(found)


def _callables(ffi, macros):
    """The names of MACROS that take arguments and are expressions of them, as far as numbers tell; but not what is
    there for compilers of old: #define OF(args) args."""
    for name, parameters, _, body, _, _ in macros:
        if parameters is not None and _without_comments(body) not in parameters and _cdeffi._can_apply(ffi, name):
            yield name


# ---- dir(lib)


def _aliases(ffi, files):
    """(name, name in the library) of the macros of FILES that stand for a function: #define gzopen gzopen64."""
    for name, parameters, _, _, file, _ in _cdeffi._macros(ffi):
        meaning = None if parameters is not None or file not in files else _cdeffi._meaning(ffi, name)
        if meaning is not None and meaning[0] in ("function", "variable"):
            yield name, meaning[2]


def _worth_listing(ffi, name, exported):
    """Has NAME a value, or is it a macro that stands for what the library exports?"""
    meaning = _cdeffi._meaning(ffi, name)
    if meaning is None:
        return False
    return meaning[1] is not None or (meaning[0] in ("function", "variable") and meaning[2] in exported)


def is_reserved(name):
    """Is it the compiler's and the C library's own (C11 7.1.3)?"""
    return name[0] == "_" and (name[1:2] == "_" or name[1:2].isupper())


def names(lib):
    """What dir(lib) lists when headers were included: all that the texts themselves declare; of the headers the
    functions and variables that this library exports, and the constants and macros of those which the texts name."""
    ffi = lib.ffi
    headers, exported = included_files(ffi), _cdeffi._exports(lib)
    parts = parts_of(ffi, roots_of(ffi))
    found, constants = set(), []
    for name, kind, file, _, link, *_ in _cdeffi._symbols(ffi):
        if kind != "typedef" and file not in headers:
            found.add(name)
        elif kind in ("function", "variable"):
            if link in exported:
                found.add(name)
        elif kind != "typedef" and file in parts and not is_reserved(name):
            constants.append(name)
    macros = [macro for macro in _cdeffi._macros(ffi) if not is_reserved(macro[0])]
    constants += [macro[0] for macro in macros if macro[1] is None and macro[4] in parts]
    found.update(name for name in constants if _worth_listing(ffi, name, exported))
    found.update(_callables(ffi, [macro for macro in macros if macro[4] in parts or macro[4] not in headers]))
    return sorted(found)
