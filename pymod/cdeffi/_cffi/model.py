"""cffi.model: the names of the primitive types, and which kind each is. What else cffi has there is its parser's."""

__all__ = ["PrimitiveType"]


def _kinds():
    from .cffi_opcode import PRIMITIVE_TO_INDEX

    kinds = dict.fromkeys(PRIMITIVE_TO_INDEX, "i")
    kinds.update(dict.fromkeys(("char", "wchar_t", "char16_t", "char32_t"), "c"))
    kinds.update(dict.fromkeys(("float", "double", "long double"), "f"))
    kinds.update(dict.fromkeys(("_cffi_float_complex_t", "_cffi_double_complex_t"), "j"))
    return kinds


class PrimitiveType:
    """One of them, by its name in C."""

    ALL_PRIMITIVE_TYPES = _kinds()

    def __init__(self, name):
        if name not in self.ALL_PRIMITIVE_TYPES:
            raise KeyError(name)
        self.name = name

    def is_char_type(self):
        return self.ALL_PRIMITIVE_TYPES[self.name] == "c"

    def is_integer_type(self):
        return self.ALL_PRIMITIVE_TYPES[self.name] == "i"

    def is_float_type(self):
        return self.ALL_PRIMITIVE_TYPES[self.name] == "f"

    def is_complex_type(self):
        return self.ALL_PRIMITIVE_TYPES[self.name] == "j"
