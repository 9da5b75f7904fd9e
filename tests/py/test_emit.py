"""What the extension writes of a module's C source, and what it reads for that: emit_*.c, declarations.c."""
import io
from collections import namedtuple

import pytest

from cdeffi import FFI, _cdeffi

INT = ("integer", "int ", "", 3)
Symbol = namedtuple("Symbol", "kind name type text quals flags value file line estimate places")
Member = namedtuple("Member", "name type text bits offset aligned")
Record = namedtuple("Record", "kind tag alias serial own state members underlying size packed align alias_align shifted unnamed layout has_bits qualified has_const")


def texts_of(*args):
    """The three texts of a function, or None where there is none."""
    lists = [], [], []
    _cdeffi._emit_wrapper(lists, args[0], "cdef:3", *args[1:])
    return [texts[0] if texts else None for texts in lists]


def text_of(ffi):
    file = io.StringIO()
    ffi.emit_c_code(file)
    return file.getvalue()


@pytest.mark.parametrize("args, error", [
    (("f", 0, ()), ValueError),
    (("f", 0, [INT]), TypeError),
    (("f", 0, (1,)), TypeError),
    (("f", 0, (INT[:3],)), TypeError),
    (("f", 0, (INT, ("number", "int ", "", 3))), ValueError),
    (("f", 0, (INT, ("integer", b"int ", "", 3))), TypeError),
    (("f", 0, (INT, ("integer", "int ", "", "3"))), TypeError),
    (("f", 0, (INT, ("integer", "int ", "", 1 << 80))), OverflowError),
    (("\udc80", 0, (INT,)), UnicodeEncodeError),
    ((b"f", 0, (INT,)), TypeError),
])
def test_wrappers_of_what_is_no_signature(args, error):
    with pytest.raises(error):
        texts_of(*args)


def test_wrappers_of_bad_lists():
    for lists in (None, ([], []), ((), [], [])):
        with pytest.raises(TypeError):
            _cdeffi._emit_wrapper(lists, "f", "cdef:3", 0, (INT,))


def test_wrappers_of_many_arguments_and_of_few():
    none, one, many = (texts_of("f", True, (INT,) * n)[0] for n in (1, 2, 41))
    assert "_cffi_v_f" not in one and "PyObject *_arg0)" in one
    assert "  if (_nargs != 0)\n" in none and "  return _cffi_v_f(_self, NULL, 0);\n" in none and "PyObject *_unused)" in none
    assert "  if (_nargs != 40)\n" in many and "  int _x39;\n" in many and "_x38, _x39);" in many and "_x40" not in many
    assert "THREADS" not in many and many.count("goto fail") == 0
    assert "  Py_END_ALLOW_THREADS\n" in texts_of("f", False, (("void", "void ", "", 0),))[0]


@pytest.mark.parametrize("value, literal", [
    (0, "0U"), (-1, "(-0LL - 1)"), ((1 << 32) - 1, "4294967295U"), (1 << 32, "4294967296ULL"),
    ((1 << 64) - 1, "18446744073709551615ULL"), (-(1 << 63), "(-9223372036854775807LL - 1)"),
])
def test_literals_of_constants(value, literal):
    text = _cdeffi._emit_integer("K", value, "cdef:3", False)
    assert '_CFFI_ASSERT(_CFFI_EQUALS(K, %s),\n               "cdef:3: K is not %d in the C source");\n' % (literal, value) in text
    assert "n |= 2" not in text and "n |= 2" in _cdeffi._emit_integer("K", value, "cdef:3", True)


@pytest.mark.parametrize("value, error", [(1 << 64, OverflowError), (-(1 << 63) - 1, OverflowError), (1.0, TypeError), ("1", TypeError)])
def test_constants_that_are_none(value, error):
    with pytest.raises(error):
        _cdeffi._emit_integer("K", value, "cdef:3", True)


def test_rows_of_the_table_of_types():
    assert _cdeffi._emit_types([]) == "  NULL"
    assert _cdeffi._emit_types([("POINTER", 12), (None, -1), ("ARRAY", "f(x)")]) == (
        "  /* 0 */ _CFFI_OPCODE(_CFFI_OP_POINTER, 12),\n  /* 1 */ (void *)(uintptr_t)(-1),\n  /* 2 */ _CFFI_OPCODE(_CFFI_OP_ARRAY, f(x)),")
    for ops in ([1], [()], [("A",)], [("A", 1.5)], [(1, 1)], [("A", 1 << 80)], (("A", 1),)):
        with pytest.raises((TypeError, OverflowError)):
            _cdeffi._emit_types(ops)


def test_opcodes_of_a_function():
    ops, slots = [("PRIMITIVE", 7)], {10: 0, 11: 4}
    assert _cdeffi._emit_function_ops(ops, slots, (10, 12), 0) is False and len(ops) == 1
    assert _cdeffi._emit_function_ops(ops, slots, (10, 11, 10), 1) is True
    assert ops[1:] == [("FUNCTION", 0), ("NOOP", 4), ("NOOP", 0), ("FUNCTION_END", 1)]
    for args in ((ops, slots, [10], 0), ((), slots, (10,), 0), (ops, [], (10,), 0), (ops, slots, ([],), 0)):
        with pytest.raises(TypeError):
            _cdeffi._emit_function_ops(*args)


def test_wrappers_of_places_whose_values_are_known():
    known = {0: ("void", "void ", "", 0), 3: ("integer", "int ", "", 1)}
    assert texts_of("f", 0, (0, 3), known) == texts_of("f", 0, (known[0], known[3]))
    assert _cdeffi._emit_wrapper(([], [], []), "f", "cdef:3", 0, (0, 3), known) is True
    lists = [], [], []
    assert _cdeffi._emit_wrapper(lists, "f", "cdef:3", 0, (0, 4), known) is False and lists == ([], [], [])
    with pytest.raises(TypeError):
        texts_of("f", 0, (0, []), known)


def test_what_is_compared_of_a_function():
    void, text, count = ("void", "void ", "", 0), ("bytes", "char *", "", 1), ("unsigned", "unsigned ", "", 2)
    assert texts_of("f", 0, (void, text))[1:] == [None, None]
    assert texts_of("f", 0, (INT, text))[1:] == [None, (
        "_CFFI_UNUSED static void _cffi_signs_f(char *_x0)\n{\n"
        '  _CFFI_SIGNED(int , f(_x0), "cdef:3: f: the result is unsigned in the C source")\n}')]
    assert texts_of("f", 0, (void, INT))[1:] == [
        "#ifndef f\n_CFFI_UNUSED static void _cffi_narrow_f(int _x0)\n{\n  f(_x0); /* cdef:3: f: a parameter is narrower in the C source */\n}\n#endif", None]
    assert texts_of("f", 0, (count, INT, text, count))[2] == (
        "_CFFI_UNUSED static void _cffi_signs_f(int _x0, char *_x1, unsigned _x2)\n{\n#ifndef f\n"
        "  _CFFI_AUTO _r = f((int )0, _CFFI_ANY_BYTES(_x1), _x2); /* cdef:3: f: a sign is another one in the C source */\n  (void)_r;\n#endif\n}")


def test_rows_of_any_table():
    assert _cdeffi._emit_rows([]) == ""
    assert _cdeffi._emit_rows([("a @1, @2;", "x", -7), ("none",), ("@1@1", "\xe9")]) == "a x, -7;\nnone\n\xe9\xe9"
    for rows in ([1], [()], [(1,)], [("@1",)], [("@1@2", "a")], [("@0", "a")], [("@x", "a")], [("@1", 1.5)], [("@1", None)], [("@1", 1 << 80)], (("a",),)):
        with pytest.raises((TypeError, ValueError, OverflowError)):
            _cdeffi._emit_rows(rows)


def test_rows_are_of_the_classes_that_are_given():
    ffi = FFI()
    ffi.cdef("struct s { int a : 3; }; int f(const struct s *, ...); typedef struct s t;")
    types, symbols, tags, included, places = _cdeffi._declarations(ffi, Symbol, Member, Record)
    assert {type(symbol) for symbol in symbols} == {Symbol} and included == []
    f, t = symbols
    assert (f.kind, f.name, f.text, t.kind, t.text) == ("function", "f", "int @(const struct s *, ...)", "typedef", None)
    assert [places[place][1] for place in f.places] == ["int @", "const struct s * @"]
    [(number, file, line)] = tags
    assert t.type == number and line == 1 and file == f.file
    record = types[number]
    assert (type(record), record.tag, type(record.members[0]), record.members[0].bits) == (Record, "s", Member, 3)
    for args in ((ffi, int, Member, Record), (ffi, Symbol, Member, 3), (ffi, Symbol, Member), (3, Symbol, Member, Record)):
        with pytest.raises(TypeError):
            _cdeffi._declarations(*args)


def test_the_text_depends_on_the_declarations_alone():
    texts = set()
    for _ in range(3):
        ffi = FFI()
        ffi.cdef("struct s { int a; struct { float b; }; char c[]; }; int f(struct s *, double); enum e { A, B }; extern int v;"
                 "struct later *g(void); typedef enum e (*h)(struct later);")
        ffi.set_source("_same", "")
        texts.add(text_of(ffi))
        texts.add(text_of(ffi))
    assert len(texts) == 1


def test_stubs_of_a_function_that_a_macro_renames(tmp_path):
    (tmp_path / "renamed.h").write_text("int real_f(int x);\n#define f real_f\n")
    ffi = FFI()
    ffi.cdef('#include "%s"' % (tmp_path / "renamed.h"))
    ffi.set_source("_renamed", "")
    ffi.write_stubs(str(tmp_path / "r.pyi"))
    stub = (tmp_path / "r.pyi").read_text()
    assert 'def f(self, x: SupportsIndex, /) -> int:\n        """int real_f(int x);"""' in stub


def test_quotes_in_the_names_of_headers(tmp_path):
    folder = tmp_path / 'qu"ote'
    folder.mkdir()
    (folder / "quoted.h").write_text("enum e { A = 3 };\n")
    ffi = FFI()
    ffi.cdef('#include "quoted.h"', include_dirs=[str(folder)])
    ffi.set_source("_quoted", '#include "quoted.h"')
    assert 'qu\\"ote/quoted.h:1: A is not 3 in the C source");' in text_of(ffi)
