"""The C functions that Python calls: arguments in, the call, the result out.

For each declared function NAME: _cffi_d_NAME with its C signature, _cffi_f_NAME in the form of METH_NOARGS,
METH_O or METH_VARARGS, and for several arguments _cffi_v_NAME in that of METH_FASTCALL.
"""
from .checks import pointer_to
from .declarations import CONST_ATTRIBUTE, EXTERN_PYTHON_C, KEEP_GIL, PURE, Unsupported
from .opcodes import BYTES, CHARACTERS, COMPLEX, FLOATS, INTEGERS

_MEMORY = "pointer", "bytes"


class Value:
    """How one parameter or result goes over: `kind`, its C type (a text with "@"), its slot in the table of types."""

    def __init__(self, kind, text, slot=None):
        self.kind, self.text, self.slot = kind, text, slot

    def declare(self, name):
        return self.text.replace("@", name)

    @property
    def cast(self):
        return self.text.replace("@", "")


def value_of(tables, number, text):
    text = tables.text(text)
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
    "enum": "_cffi_from_place(&%(v)s, _cffi_types[%(slot)d])",
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
        for number, what in zip(numbers, ["result"] + ["argument"] * len(self.params)):
            entry = tables.types[number]
            if entry[0] in ("struct", "union") and entry[5] == "opaque":
                raise TypeError("'%s' is used as %s of %s(), but is opaque" % (tables.cname(number), what, symbol.name))

    def declare(self, name, names):
        """Its declarator with other names."""
        inside = ", ".join(p.declare(n) for p, n in zip(self.params, names)) or "void"
        return self.result.declare("%s(%s)" % (name, inside))


def _convert(lines, values, names, failing):
    for i, (value, name) in enumerate(zip(values, names)):
        if value.kind in ("record", "enum", "complex"):
            lines.append("  if (_cffi_to_other(%s, _cffi_types[%d], &x%d) < 0)" % (name, value.slot, i))
        else:
            lines.append("  x%d = %s;" % (i, _IN[value.kind] % {"cast": value.cast, "o": name, "slot": value.slot}))
            lines.append("  if (failed)")
        lines.append("    %s;" % failing)


def _body(lines, signature, names):
    """The inside of a wrapper after its declarations."""
    result, call = signature.result, "%s(%s)" % (signature.name, ", ".join("x%d" % i for i in range(len(names))))
    memory = any(value.kind in _MEMORY for value in signature.params)
    if memory:
        lines.append("  _cffi_memories_start(memories);")
    _convert(lines, signature.params, names, "goto fail" if memory else "return NULL")
    keep = signature.flags & (KEEP_GIL | CONST_ATTRIBUTE | PURE)
    if not keep:
        lines.append("  Py_BEGIN_ALLOW_THREADS")
    lines.append("  _cffi_restore_errno();")
    lines.append("  %s%s;" % ("" if result.kind == "void" else "result = ", call))
    lines.append("  _cffi_save_errno();")
    if not keep:
        lines.append("  Py_END_ALLOW_THREADS")
    if result.kind == "void":
        lines += ["  Py_INCREF(Py_None);", "  pyresult = Py_None;"]
    else:
        lines.append("  pyresult = %s;" % (_OUT[result.kind] % {"v": "result", "cast": result.cast, "slot": result.slot}))
    if memory:
        lines += ["fail:", "  if (memories.list != NULL)", "    _cffi_memories_free(memories.list);"]
    lines += ["  return pyresult;", "}", ""]


def _locals(lines, signature):
    for i, value in enumerate(signature.params):
        lines.append("  %s;" % value.declare("x%d" % i))
    if any(value.kind in _MEMORY for value in signature.params):
        lines.append("  struct _cffi_memories memories;")
    if any(value.kind not in ("record", "enum", "complex") for value in signature.params):
        lines.append("  int failed = 0;")
    if signature.result.kind != "void":
        lines.append("  %s;" % signature.result.declare("result"))
    lines.append("  PyObject *pyresult = NULL;")


def write_function(lines, signature):
    """The wrappers of a function, without "..."."""
    name, n = signature.name, len(signature.params)
    _direct(lines, signature)
    if n > 1:
        lines.append("static PyObject *_cffi_v_%s(PyObject *self, PyObject *const *args, Py_ssize_t nargs)" % name)
    else:
        lines.append("static PyObject *_cffi_f_%s(PyObject *self, PyObject *%s)" % (name, "arg0" if n else "unused"))
    lines.append("{")
    _locals(lines, signature)
    lines.append("  (void)self;")
    if n == 0:
        lines.append("  (void)unused;")
    elif n > 1:
        lines += ["  if (nargs != %d)" % n, '    return _cffi_wrong_count("%s", %d, nargs);' % (name, n)]
    _body(lines, signature, ["arg0"] if n == 1 else ["args[%d]" % i for i in range(n)])
    if n > 1:
        lines += ["static PyObject *_cffi_f_%s(PyObject *self, PyObject *args)" % name, "{",
                  "  return _cffi_by_tuple(self, args, _cffi_v_%s);" % name, "}", ""]


def _direct(lines, signature):
    """_cffi_d_NAME. Here a compiler sees whether the types that are declared are those of the C source."""
    names = ["x%d" % i for i in range(len(signature.params))]
    call = "%s(%s)" % (signature.name, ", ".join(names))
    lines += ["static " + signature.declare("_cffi_d_" + signature.name, names), "{"]
    if signature.result.kind in ("integer", "enum", "bool"):
        lines.append('  _CFFI_ASSERT(sizeof(%s) <= sizeof(%s), "%s: the result is wider in the C source");'
                     % (call, signature.result.cast, signature.name))
    lines += ["  %s%s;" % ("" if signature.result.kind == "void" else "return ", call), "}"]


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
    lines += [prefix + signature.declare(name, names), "{", "  union {", "    char bytes[%d];" % room, "    double aligned;"]
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
