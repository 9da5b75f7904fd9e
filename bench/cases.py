"""The statements that are timed. `ours`, `abi` and `api` share them: the surface is the same."""

from timing import Case


def same(group, name, statement, ctypes=None, builtin=None, gil=None, wrapped=None):
    """One statement for cdeffi and cffi's two modes, others for ctypes and the nearest builtin. `gil` is
    the statement with the GIL kept, `wrapped` the one for a compiled module of ours; they differ only by the lib that is asked."""
    return Case(group, name, ours=statement, kept=gil, wrapped=wrapped, abi=statement, api=statement, ctypes=ctypes,
                builtin=builtin)


def call(name, statement, ctypes=None, builtin=None):
    return same("call", name, statement, ctypes, builtin, gil=statement, wrapped=statement)


def data(name, statement, ctypes=None, builtin=None):
    return same("data", name, statement, ctypes, builtin)


CALLS = [
    call("f() no-op", "noop()", "noop()", "builtin_noop()"),
    call("sqrt(2.0)", "sqrt(2.0)", "sqrt(2.0)", "math.sqrt(2.0)"),
    call("lib.sqrt(2.0)", "lib.sqrt(2.0)", "libm.sqrt(2.0)", "math.sqrt(2.0)"),
    call("atan2(2.0, 1.0)", "atan2(2.0, 1.0)", "atan2(2.0, 1.0)", "math.atan2(2.0, 1.0)"),
    call("abs(-3)", "abs_(-3)", "abs_(-3)", "abs(-3)"),
    call("lib.abs(-3)", "lib.abs(-3)", "libc.abs(-3)", "abs(-3)"),
    call("strlen(b'hello')", "strlen(b'hello')", "strlen(b'hello')", "len(b'hello')"),
    call("six ints", "six(1, 2, 3, 4, 5, 6)", "six(1, 2, 3, 4, 5, 6)"),
    call("struct pointer", "sum_pair(pair_p)", "sum_pair(pair_p)"),
    call("struct by value in", "pair_value(pair)", "pair_value(pair)"),
    call("struct by value out", "make_pair(1, 2)", "make_pair(1, 2)"),
    call("struct in and out", "mirror(point)", "mirror(point)"),
    Case("variadic", "snprintf(buf, 64, b'%d %s', int, char *)", ours="snprintf(buf, 64, b'%d %s', cint, cstr)",
         abi="snprintf(buf, 64, b'%d %s', cint, cstr)", api="snprintf(buf, 64, b'%d %s', cint, cstr)",
         ctypes="snprintf(buf, 64, b'%d %s', cint, b'abc')"),
]

DATA = [
    data("a[i]", "ints[7]", "ints[7]", "list_[7]"),
    data("a[i] = v", "ints[7] = 5", "ints[7] = 5", "list_[7] = 5"),
    data("p.x", "pair_p.x", "pair.x", "obj.x"),
    data("p.x = v", "pair_p.x = 5", "pair.x = 5", "obj.x = 5"),
    data("p[0]", "int_p[0]", "int_p[0]"),
    data("p[0] (struct)", "pair_p[0]", "pair_p[0]"),
    data("new('int *')", "new('int *')", "c_int()"),
    data("new('pair *', [1, 2])", "new('pair *', [1, 2])", "Pair(1, 2)", "[1, 2]"),
    data("new('int[100]')", "new('int[100]')", "Ints()", "[0] * 100"),
    data("cast('int', 5)", "cast('int', 5)", "c_int(5)"),
    data("cast('void *', p)", "cast('void *', int_p)", "ctypes.cast(int_p, ctypes.c_void_p)"),
    data("string(p)", "string(chars)", "chars.value"),
    data("buffer(p)", "buffer(ints)", "memoryview(ints)"),
    data("from_buffer(b)", "from_buffer(bytearray_)", "Chars.from_buffer(bytearray_)"),
    data("unpack(a, 100)", "unpack(ints, 100)", "ints[:100]"),
    data("list(a)", "list(ints)", "list(ints)", "list(list_)"),
    data("sizeof('int')", "sizeof('int')", "ctypes.sizeof(c_int)"),
    data("typeof('int *')", "typeof('int *')", "ctypes.POINTER(c_int)"),
]

CALLBACKS = [
    Case("callback", "twice(f, 3)", ours="twice(callback, 3)", abi="twice(callback, 3)", api="twice(callback, 3)",
         ctypes="twice(callback, 3)"),
    Case("callback", "qsort of 1000", ours="qsort(sorted_, 1000, 4, compare)", abi="qsort(sorted_, 1000, 4, compare)",
         api="qsort(sorted_, 1000, 4, compare)", ctypes="qsort(sorted_, 1000, 4, compare)"),
]
