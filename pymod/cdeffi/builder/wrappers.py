"""The C functions that Python calls: arguments in, the call, the result out.

For each declared function NAME: _cffi_d_NAME with its C signature, _cffi_f_NAME in the form of METH_NOARGS,
METH_O or METH_VARARGS, and for several arguments _cffi_v_NAME in that of METH_FASTCALL.
"""
from .checks import pointer_to
from .declarations import CONST_ATTRIBUTE, EXTERN_PYTHON_C, KEEP_GIL, PURE, Unsupported
from .opcodes import BYTES, CHARACTERS, COMPLEX, FLOATS, INTEGERS

_MEMORY = "pointer", "bytes"
_PLACED = "record", "enum", "complex"  # the backend writes them where they are to be


class Value:
    """How one parameter or result goes over: `kind`, its C type (a text with "@"), its slot in the table of types.

    Many functions share it, so it keeps the lines that it is in a wrapper."""

    __slots__ = "kind", "text", "slot", "before", "after", "cast", "is_memory", "is_placed", "_arguments"

    def __init__(self, kind, text, slot):
        self.kind, self.text, self.slot = kind, text, slot
        self.before, _, self.after = text.partition("@")
        self.cast = self.before + self.after
        self.is_memory = kind in _MEMORY
        self.is_placed = kind in _PLACED
        self._arguments = {}

    def declare(self, name):
        return self.before + name + self.after

    def argument(self, i, source, failing):
        """(the declarator of its variable xI, the lines that fill it from the object SOURCE)"""
        key = i, source, failing
        found = self._arguments.get(key)
        if found is None:
            found = self._arguments[key] = self.declare("x%d" % i), self._fill(i, source, failing)
        return found

    def _fill(self, i, source, failing):
        if self.kind == "enum":
            signed = f"({self.cast})-1 <= 0"
            return (f"  if (_cffi_to_enumerator({source}, _cffi_types[{self.slot}], &x{i}, sizeof x{i}, {signed}) < 0)\n"
                    f"    {failing};\n")
        if self.is_placed:
            return f"  if (_cffi_to_other({source}, _cffi_types[{self.slot}], &x{i}) < 0)\n    {failing};\n"
        return f"  x{i} = {_IN[self.kind] % {'cast': self.cast, 'o': source, 'slot': self.slot}};\n  if (failed)\n    {failing};\n"

    def from_c(self):
        """The object that the variable `result` is."""
        return _OUT[self.kind] % {"v": "result", "cast": self.cast, "slot": self.slot}


def value_of(tables, number, text):
    """The Value of a place. Of unnamed records the names come late, so those are looked at each time."""
    value = tables.values.get((number, text))
    if value is None:
        value = _value_of(tables, number, tables.text(text))
        if "$" not in text:
            tables.values[number, text] = value
    return value


def _value_of(tables, number, text):
    entry = tables.types[number]
    kind = entry[0]
    if kind == "primitive":
        return _primitive(tables, number, entry[1], text)
    if kind == "pointer":
        target = tables.types[entry[1]]
        if target[0] == "function":
            return Value("function", text, tables.slot(number))
        return Value("bytes" if target[0] == "primitive" and target[1] in BYTES else "pointer", text, tables.slot(number))
    if number in tables.declarations.unknown:
        estimate = tables.types[tables.declarations.unknown[number].estimate][1]
        slot = tables.slot(number)
        return Value("real" if estimate in ("float", "double", "long double") else "integer", text, slot)
    return Value("enum" if kind == "enum" else "record", text, tables.slot(number))


def _primitive(tables, number, name, text):
    slot = tables.slot(number)
    if name == "void":
        return Value("void", text, slot)
    if name in INTEGERS:
        return Value("integer", text, slot)
    if name in FLOATS:
        return Value("real", text, slot)
    if name in COMPLEX:
        return Value("complex", text, slot)
    if name in CHARACTERS:
        return Value("char" if name == "char" else "wide", text, slot)
    return Value("bool" if name == "_Bool" else "long double", text, slot)


_IN = {
    "integer": "(%(cast)s)_cffi_to_integer(%(o)s, sizeof(%(cast)s), (%(cast)s)-1 <= 0, &failed)",
    "real": "(%(cast)s)_cffi_to_real(%(o)s, &failed)",
    "long double": "_cffi_to_long_double(%(o)s, &failed)",
    "bool": "_cffi_to_bool(%(o)s, &failed)",
    "char": "_cffi_to_char(%(o)s, &failed)",
    "wide": "(%(cast)s)_cffi_to_wide(%(o)s, sizeof(%(cast)s), &failed)",
    "function": "(%(cast)s)_cffi_to_function(%(o)s, _cffi_types[%(slot)d], &failed)",
    "pointer": "(%(cast)s)_cffi_to_pointer(%(o)s, _cffi_types[%(slot)d], &memories, &failed)",
    "bytes": "(%(cast)s)_cffi_to_bytes_pointer(%(o)s, _cffi_types[%(slot)d], &memories, &failed)",
}

_OUT = {
    "integer": "_cffi_from_integer(%(v)s, %(cast)s)",
    "real": "PyFloat_FromDouble(%(v)s)",
    "bool": "PyBool_FromLong(%(v)s)",
    "char": "_cffi_from_char(%(v)s)",
    "wide": "_cffi_from_wide((unsigned int)%(v)s, sizeof(%(cast)s))",
    "function": "_cffi_from_pointer(%(v)s, _cffi_types[%(slot)d])",
    "pointer": "_cffi_from_pointer(%(v)s, _cffi_types[%(slot)d])",
    "bytes": "_cffi_from_pointer(%(v)s, _cffi_types[%(slot)d])",
    "record": "_cffi_from_record(&%(v)s, _cffi_types[%(slot)d])",
    "enum": "_cffi_from_integer(%(v)s, %(cast)s)",
    "complex": "_cffi_from_place(&%(v)s, _cffi_types[%(slot)d])",
    "long double": "_cffi_from_place(&%(v)s, _cffi_types[%(slot)d])",
}


class Signature:
    """The values of a function symbol."""

    def __init__(self, tables, symbol):
        self.name, self.flags = symbol.name, symbol.flags
        _, numbers, self.variadic, self.convention = tables.types[symbol.type]
        values = [value_of(tables, n, text) for n, text in zip(numbers, symbol.texts)]
        self.result, self.params = values[0], values[1:]
        self.is_wide = False  # char16_t or char32_t
        for i, value in enumerate(values):
            if value.kind == "record":
                self._check_record(tables, numbers[i], "argument" if i else "result")
            elif value.kind == "wide" and "wchar_t" not in value.text:
                self.is_wide = True

    def _check_record(self, tables, number, what):
        entry = tables.types[number]
        if entry[0] in ("struct", "union") and entry[5] == "opaque":
            raise TypeError("function %s: '%s' is used as %s type, but is opaque" % (self.name, tables.cname(number), what))

    def declare(self, name, declarators):
        """Its declarator with other names."""
        return self.result.declare("%s(%s)" % (name, ", ".join(declarators) or "void"))


def write_function(lines, signature):
    """The wrappers of a function, without "..."."""
    name, params, result, n = signature.name, signature.params, signature.result, len(signature.params)
    has_memory = any([value.is_memory for value in params])
    failing = "goto fail" if has_memory else "return NULL"
    arguments = [value.argument(i, "args[%d]" % i if n > 1 else "arg0", failing) for i, value in enumerate(params)]
    declarators = [declarator for declarator, _ in arguments]
    call = "%s(%s)" % (name, ", ".join(_VARIABLES[:n] if n <= len(_VARIABLES) else ["x%d" % i for i in range(n)]))
    is_void = result.kind == "void"
    lines.append(_direct(signature, declarators, call) + _head(name, n) + "".join([f"  {each};\n" for each in declarators])
                 + ("  struct _cffi_memories memories;\n" if has_memory else "")
                 + ("" if all([value.is_placed for value in params]) else "  int failed = 0;\n")
                 + ("" if is_void else f"  {result.before}result{result.after};\n")
                 + "  PyObject *pyresult = NULL;\n  (void)self;\n" + _count(name, n)
                 + ("  _cffi_memories_start(memories);\n" if has_memory else "") + "".join([filled for _, filled in arguments])
                 + _call(signature.flags & (KEEP_GIL | CONST_ATTRIBUTE | PURE), call if is_void else "result = " + call)
                 + ("  Py_INCREF(Py_None);\n  pyresult = Py_None;\n" if is_void else f"  pyresult = {result.from_c()};\n")
                 + (_FREE if has_memory else "") + "  return pyresult;\n}\n" + _by_tuple(name, n))


_VARIABLES = ["x%d" % i for i in range(16)]
_FREE = "fail:\n  if (memories.list != NULL)\n    _cffi_memories_free(memories.list);\n"


def _head(name, n):
    """The start of the function that Python calls."""
    if n > 1:
        return f"static PyObject *_cffi_v_{name}(PyObject *self, PyObject *const *args, Py_ssize_t nargs)\n{{\n"
    return f"static PyObject *_cffi_f_{name}(PyObject *self, PyObject *{'arg0' if n else 'unused'})\n{{\n"


def _count(name, n):
    """How many arguments there are: what Python has not seen to."""
    if n > 1:
        return f'  if (nargs != {n})\n    return _cffi_wrong_count("{name}", {n}, nargs);\n'
    return "" if n else "  (void)unused;\n"


def _call(keeps_gil, statement):
    inside = f"  _cffi_restore_errno();\n  {statement};\n  _cffi_save_errno();\n"
    return inside if keeps_gil else f"  Py_BEGIN_ALLOW_THREADS\n{inside}  Py_END_ALLOW_THREADS\n"


def _by_tuple(name, n):
    """The form that backends know which pass a tuple."""
    if n < 2:
        return ""
    return (f"\nstatic PyObject *_cffi_f_{name}(PyObject *self, PyObject *args)\n{{\n"
            f"  return _cffi_by_tuple(self, args, _cffi_v_{name});\n}}\n")


def _direct(signature, declarators, call):
    """_cffi_d_NAME. Here a compiler sees whether the types that are declared are those of the C source."""
    result, name = signature.result, signature.name
    check = ""
    if result.kind in ("integer", "enum"):
        check = f'  _CFFI_ASSERT(sizeof({call}) <= sizeof({result.cast}), "{name}: the result is wider in the C source");\n'
    return (f"static {signature.declare('_cffi_d_' + name, declarators)}\n{{\n{check}"
            f"  {'' if result.kind == 'void' else 'return '}{call};\n}}\n")


def write_extern_python(lines, signature, module_name, exported):
    """A C function that calls Python: the arguments go into one buffer, eight bytes each."""
    if signature.variadic:
        raise Unsupported("%s: a function that Python implements cannot have '...'" % signature.name)
    name, n, result = signature.name, len(signature.params), signature.result
    size = "0" if result.kind == "void" else "sizeof(%s)" % result.cast
    lines += ["static struct _cffi_externpy_s _cffi_externpy__%s =" % name,
              '  { "%s.%s", %s, NULL, NULL };' % (module_name, name, size)]
    names = ["a%d" % i for i in range(n)]
    prefix = "CFFI_DLLEXPORT " if exported else "" if signature.flags & EXTERN_PYTHON_C else "static "
    room = max(n, 2) * 8
    lines += [prefix + signature.declare(name, [p.declare(each) for p, each in zip(signature.params, names)]), "{", "  union {", "    char bytes[%d];" % room, "    double aligned;"]
    if result.kind != "void":
        lines.append("    %s;" % result.declare("result"))
    lines += ["  } room;", "  char *p = room.bytes;"]
    for i, value in enumerate(signature.params):
        if value.kind in ("record", "long double"):
            lines.append("  { %s = &a%d; memcpy(p + %d, &address, sizeof address); }" % (pointer_to(value.text, "address"), i, i * 8))
        else:
            lines.append("  memcpy(p + %d, &a%d, sizeof a%d);" % (i * 8, i, i))
    lines.append("  _cffi_call_python(&_cffi_externpy__%s, p);" % name)
    if result.kind != "void":
        lines.append("  return room.result;")
    lines += ["}", ""]
