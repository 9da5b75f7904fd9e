"""What ffi.verify() compares once its module is loaded: what is declared with what the compiler has said of it. The words
are cffi's, whose programs look for them."""
from .. import VerificationError, VerificationMissing
from .declarations import NEEDS_COMPILER, Declarations


def check(ffi, module):
    """VerificationError if a constant, an enumerator or the layout of a record is not as FFI declares it."""
    declarations = Declarations(ffi)
    for symbol in declarations.shown:
        if symbol.kind in ("constant", "enumerator") and isinstance(symbol.value, int):
            _check_value(declarations, symbol, module.ffi)
    try:
        for name in _records(declarations, module.ffi):
            # To ask for fields completes the type, or is an error; an opaque one has none.
            _check_places(ffi, name, getattr(module.ffi.typeof(name), "fields", None))
    except module.ffi.error as error:
        # "WHAT (cdef says 1, but C compiler says 2). fix it or ...": the advice is for modules with "...;"
        raise VerificationError(str(error).partition(". fix it")[0].replace("cdef says", "we have")) from None


def _records(declarations, ffi):
    """What a program can call structs and unions."""
    _, structs, unions = ffi.list_types()
    typedefs = [s.name for s in declarations.shown if s.kind == "typedef" and declarations.is_record(s.type)]
    return typedefs + ["struct " + tag for tag in structs] + ["union " + tag for tag in unions]


def _check_places(ffi, name, fields):
    """Where members of unnamed structs are: the module has them in the record itself, wherever the compiler says."""
    for member, field in fields or ():
        if not member or field.bitsize >= 0:
            continue
        try:
            declared = ffi.offsetof(name, member)
        except VerificationMissing:  # it is the compiler's to say
            return
        if declared != field.offset:
            raise VerificationError("%s: wrong offset for field '%s' (we have %d, but C compiler says %d)" % (
                name, member, declared, field.offset))


def _check_value(declarations, symbol, ffi):
    entry = declarations.types[symbol.type] if symbol.kind == "enumerator" else None
    if symbol.flags & NEEDS_COMPILER or (entry and entry[5] == "partial"):
        return
    real = _real_value(symbol.name, ffi)
    if real != symbol.value:
        where = "enum %s: " % (entry[1] or entry[2] or "$") if entry else ""
        raise VerificationError("%s%s has the real value %s, not %d" % (where, symbol.name, real, symbol.value))


def _real_value(name, ffi):
    try:
        return ffi.integer_const(name)
    except ffi.error as error:  # "the C compiler says 'NAME' is equal to 5 (0x5), but the cdef disagrees"
        return int(str(error).rpartition(" is equal to ")[2].split()[0].rstrip(","))
