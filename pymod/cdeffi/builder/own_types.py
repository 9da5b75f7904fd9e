"""Types that cffi's modules do not have: in tables of a version of their own, which cffi refuses to load.

Their opcodes: PRIMITIVE with numbers beyond cffi's, COMPLEX of a real type, VECTOR of a type and its size in bytes, BIT_INT of a
width, TRANSPARENT_UNION of a union. They go over by value as records do: the backend writes and reads them in memory.
"""
import re

# The binary interface: new ones go to the end.
OWN_PRIMITIVES = {name: 64 + i for i, name in enumerate((
    "__int128", "unsigned __int128", "_Float16", "__bf16", "_Float32", "_Float64", "_Float32x", "_Float64x", "_Float128",
    "_Decimal32", "_Decimal64", "_Decimal128", "char8_t", "nullptr_t"))}
WIDE_INTEGERS = {"__int128", "unsigned __int128"}
WIDE_FLOATS = {"long double", "_Float64x"}  # they stay cdata in Python

_VECTOR = re.compile(r"(.+) __attribute__\(\(vector_size\((\d+)\)\)\)")
_BIT_INT = re.compile(r"(unsigned )?_BitInt\((\d+)\)")

# For compilers that have the type by another name only.
FLOAT128 = ["#if defined(__clang__) || (defined(__cplusplus) && __GNUC__ < 13)", "#define _Float128 __float128", "#endif"]


def is_vector(name):
    return name.endswith(")))") and _VECTOR.fullmatch(name) is not None


def is_bit_int(name):
    return name.endswith(")") and _BIT_INT.fullmatch(name) is not None


def own_op(name):
    """(opcode, name of the type that it is made of or None, argument or None) of the primitive type NAME; or None."""
    if name in OWN_PRIMITIVES:
        return "PRIMITIVE", None, OWN_PRIMITIVES[name]
    if name.endswith(" _Complex"):
        return "COMPLEX", name[:-len(" _Complex")], None
    match = _VECTOR.fullmatch(name)
    if match:
        return "VECTOR", match.group(1), int(match.group(2))
    match = _BIT_INT.fullmatch(name)
    return match and ("BIT_INT", None, int(match.group(2)) << 1 | (not match.group(1)))
