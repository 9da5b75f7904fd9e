"""The numbers in the tables of compiled modules: the binary interface of cffi 1.x."""

OPS = {
    "PRIMITIVE": 1, "POINTER": 3, "ARRAY": 5, "OPEN_ARRAY": 7, "STRUCT_UNION": 9, "ENUM": 11, "FUNCTION": 13,
    "FUNCTION_END": 15, "NOOP": 17, "BITFIELD": 19, "CPYTHON_BLTN_V": 23, "CPYTHON_BLTN_N": 25, "CPYTHON_BLTN_O": 27,
    "CONSTANT": 29, "CONSTANT_INT": 31, "GLOBAL_VAR": 33, "DLOPEN_FUNC": 35, "DLOPEN_CONST": 37, "GLOBAL_VAR_F": 39,
    "EXTERN_PYTHON": 41,
    "VECTOR": 43, "COMPLEX": 45, "BIT_INT": 47, "TRANSPARENT_UNION": 49,  # ours: see own_types.py
}

# Flags of structs and unions.
UNION, CHECK_FIELDS, PACKED, EXTERNAL, OPAQUE = 1, 2, 4, 8, 16

# Versions of the tables: what a backend must be able to do to load them.
VERSION_BASE, VERSION_EMBEDDED, VERSION_WIDE_CHARACTERS = 0x2601, 0x2701, 0x2801
VERSION_OWN_TYPES = 0xCDEF01  # beyond cffi's, which end in 0x28FF


def _numbers():
    names = (
        "void;_Bool;char;signed char;unsigned char;short;unsigned short;int;unsigned int;long;unsigned long;long long;"
        "unsigned long long;float;double;long double;wchar_t"
    ).split(";")
    for bits in (8, 16, 32, 64):
        names += ["int%d_t" % bits, "uint%d_t" % bits]
    names += ["intptr_t", "uintptr_t", "ptrdiff_t", "size_t", "ssize_t"]
    for kind in ("least", "fast"):
        for bits in (8, 16, 32, 64):
            names += ["int_%s%d_t" % (kind, bits), "uint_%s%d_t" % (kind, bits)]
    names += ["intmax_t", "uintmax_t", "_cffi_float_complex_t", "_cffi_double_complex_t", "char16_t", "char32_t"]
    return {name: number for number, name in enumerate(names)}


PRIMITIVES = _numbers()
FLOATS = {"float", "double"}
COMPLEX = {"_cffi_float_complex_t", "_cffi_double_complex_t"}
CHARACTERS = {"char", "wchar_t", "char16_t", "char32_t"}
# The integers: what _cffi_to_integer() converts.
INTEGERS = set(PRIMITIVES) - FLOATS - COMPLEX - CHARACTERS - {"void", "_Bool", "long double"}
UNSIGNED = {name for name in INTEGERS if name.startswith("u") or name == "size_t"}
SIGNED = INTEGERS - UNSIGNED
# Pointers to these take bytes as they are.
BYTES = {"void", "char", "signed char", "unsigned char", "int8_t", "uint8_t"}
