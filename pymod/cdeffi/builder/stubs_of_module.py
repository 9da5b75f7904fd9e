"""Type stubs of a module that is compiled already: from what its ffi says of its lib."""
from .opcodes import BYTES
from .stubs import HEAD, is_name, primitive_in, primitive_out, quoted


def _taken(ctype):
    if ctype.kind == "primitive":
        return primitive_in(ctype.cname)
    if ctype.kind == "enum":
        return "SupportsIndex"
    if ctype.kind == "pointer" and ctype.item.cname in BYTES:
        return "Union[CData, bytes, Iterable[Any], None]"
    return "Any"


def _given(ctype):
    if ctype.kind in ("primitive", "void"):
        return primitive_out(ctype.cname)
    return "int" if ctype.kind == "enum" else "CData"


def _function(ffi, name, ctype):
    taken = ["arg%d: %s" % (i, _taken(each)) for i, each in enumerate(ctype.args)]
    marks = (["/"] if taken else []) + (["*args: Any"] if ctype.ellipsis else [])
    spelled = ", ".join([each.cname for each in ctype.args] + ["..."] * ctype.ellipsis) or "void"
    text = "%s;" % ffi.getctype(ctype.result, "%s(%s)" % (name, spelled))
    return ["    def %s(%s) -> %s:" % (name, ", ".join(["self"] + taken + marks), _given(ctype.result)),
            "        " + quoted(text), "        ..."]


def _attribute(ffi, lib, name):
    """The lines of one name: a function, a variable (which has an address), or a constant."""
    try:
        pointer = ffi.typeof(ffi.addressof(lib, name))
    except (AttributeError, TypeError, ffi.error):
        value = getattr(lib, name)
        if isinstance(value, ffi.CData) and ffi.typeof(value).kind == "function":
            return _function(ffi, name, ffi.typeof(value))
        kind = type(value).__name__ if isinstance(value, (int, float, bytes)) else "CData"
        return ["    @property", "    def %s(self) -> %s: ..." % (name, kind)]
    if pointer.kind == "function":
        return _function(ffi, name, pointer)
    return ["    %s: %s" % (name, _given(pointer.item)), "    " + quoted(ffi.getctype(pointer.item, name) + ";")]


def compiled_stub_text(module):
    """The text of a .pyi for MODULE, which has an ffi and perhaps a lib. TypeError if it has not."""
    ffi, lib = getattr(module, "ffi", None), getattr(module, "lib", None)
    if ffi is None or not hasattr(ffi, "typeof"):
        raise TypeError("module %r has no ffi" % module.__name__)
    lines = [HEAD.rstrip("\n")]
    for name in dir(lib) if lib is not None else ():
        if is_name(name) and not name.startswith("__"):
            lines += _attribute(ffi, lib, name)
    return "\n".join(lines + ["", "ffi: _FFI"] + ["lib: _Lib"] * (lib is not None) + [""])
