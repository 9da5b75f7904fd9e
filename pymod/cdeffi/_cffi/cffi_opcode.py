"""cffi.cffi_opcode: the numbers in the tables of compiled modules (the binary interface of cffi 1.x), under cffi's names."""
from cdeffi.builder.opcodes import CHECK_FIELDS, EXTERNAL, OPAQUE, OPS, PACKED, PRIMITIVES, UNION

__all__ = ["CLASS_NAME", "G_FLAGS", "PRIMITIVE_TO_INDEX"]


def _constant(name):
    """The name of a primitive type's number: PRIM_ULONGLONG for "unsigned long long"."""
    for old, new in (("unsigned ", "u"), ("signed ", "s"), ("_cffi_float_", "float"), ("_cffi_double_", "double")):
        name = name.replace(old, new)
    return "PRIM_" + name.removesuffix("_t").replace(" ", "").replace("_Bool", "bool").upper()


# "void" is number 0 but no primitive type of its own here.
PRIMITIVE_TO_INDEX = {name: number for name, number in PRIMITIVES.items() if name != "void"}
CLASS_NAME = {number: name for name, number in dict(OPS, TYPENAME=21).items()}  # 21 is for parsers' output alone
F_UNION, F_CHECK_FIELDS, F_PACKED, F_EXTERNAL, F_OPAQUE = UNION, CHECK_FIELDS, PACKED, EXTERNAL, OPAQUE
G_FLAGS = {"_CFFI_F_UNION": UNION, "_CFFI_F_CHECK_FIELDS": CHECK_FIELDS, "_CFFI_F_PACKED": PACKED, "_CFFI_F_EXTERNAL": EXTERNAL,
           "_CFFI_F_OPAQUE": OPAQUE}

globals().update({"OP_" + name: number for number, name in CLASS_NAME.items()})
globals().update({_constant(name): number for name, number in PRIMITIVES.items()})
_NUM_PRIM = len(PRIMITIVES)

# What a compiler's answer may be instead of a primitive type's number; and the number of the struct behind FILE.
_UNKNOWN_PRIM, _UNKNOWN_FLOAT_PRIM, _UNKNOWN_LONG_DOUBLE = -1, -2, -3
_IO_FILE_STRUCT = -1
