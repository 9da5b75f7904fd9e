"""cffi.cffi_opcode: the numbers in the tables of compiled modules (the binary interface of cffi 1.x)."""

__all__ = ["PRIMITIVE_TO_INDEX"]

_PRIMITIVES = """
    void _Bool char signed_char unsigned_char short unsigned_short int unsigned_int long unsigned_long
    long_long unsigned_long_long float double long_double wchar_t
    int8_t uint8_t int16_t uint16_t int32_t uint32_t int64_t uint64_t
    intptr_t uintptr_t ptrdiff_t size_t ssize_t
    int_least8_t uint_least8_t int_least16_t uint_least16_t
    int_least32_t uint_least32_t int_least64_t uint_least64_t
    int_fast8_t uint_fast8_t int_fast16_t uint_fast16_t
    int_fast32_t uint_fast32_t int_fast64_t uint_fast64_t
    intmax_t uintmax_t _cffi_float_complex_t _cffi_double_complex_t char16_t char32_t
""".split()


def _spelling(name):
    return name if name.endswith("_t") else name.replace("_", " ").replace(" Bool", "_Bool")


# "void" is number 0 but no primitive type of its own here.
PRIMITIVE_TO_INDEX = {_spelling(name): index for index, name in enumerate(_PRIMITIVES) if name != "void"}
