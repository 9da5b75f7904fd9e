"""FFI: text to CType, sizes, offsets, names, the cache."""
import gc
import subprocess
import sys
import weakref

import pytest

from cdeffi import FFI, CDefError, FFIError


def test_class_and_repr():
    # In a process of its own: where somebody has imported cffi the names are cffi's.
    code = "from cdeffi import FFI; print(repr(FFI()), repr(FFI), FFI(backend=object()).sizeof('int'))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert shown.startswith("<cdeffi.FFI object at 0x") and shown.endswith("> <class 'cdeffi.FFI'> 4\n")


def test_no_surplus_arguments():
    with pytest.raises(TypeError):
        FFI(1, 2)
    with pytest.raises(TypeError):
        FFI(frontend=1)


def test_instance_has_a_dict_and_can_be_subclassed(ffi):
    ffi.note = 5
    assert ffi.__dict__ == {"note": 5}

    class Mine(FFI):
        def __init__(self, x):
            super().__init__()
            self.x = x

    mine = Mine(3)
    assert (mine.x, mine.sizeof("char")) == (3, 1)
    assert weakref.ref(mine)() is mine


def test_typeof(ffi):
    assert repr(ffi.typeof("int * *")) == "<ctype 'int * *'>"
    assert ffi.typeof("int*") is ffi.typeof("int *")
    assert ffi.typeof(ffi.new("short[3]")) is ffi.typeof("short[3]")
    assert ffi.typeof(ffi.typeof("long")) is ffi.typeof("long")


def test_typeof_of_other_objects(ffi):
    with pytest.raises(TypeError, match="<class 'float'>"):
        ffi.typeof(1.5)


def test_typeof_function(ffi):
    with pytest.raises(CDefError) as e:
        ffi.typeof("int(void)")
    assert str(e.value) == "the type 'int(void)' is a function type, not a pointer-to-function type"
    assert ffi.callback("int(int)", lambda x: x + 1)(41) == 42
    with pytest.raises(CDefError):
        ffi.cast("int(void)", 0)


def test_types_are_shared_between_ffis():
    assert FFI().typeof("unsigned long **") is FFI().typeof("unsigned long **")


def test_types_are_not_immortal():
    ffi = FFI()
    ref = weakref.ref(ffi.typeof("unsigned short(*)[7][9]"))
    assert ref() is not None
    del ffi
    gc.collect()
    assert ref() is None


def test_cache_of_types_is_bounded(ffi):
    refs = [weakref.ref(ffi.typeof("char[%d]" % n)) for n in range(1, 3000)]
    gc.collect()
    alive = sum(r() is not None for r in refs)
    assert 100 <= alive <= 600
    assert refs[-1]() is ffi.typeof("char[2999]")


def test_used_types_stay_in_the_cache(ffi):
    ref = weakref.ref(ffi.typeof("signed char[12345]"))
    for n in range(1, 3000):
        ffi.typeof("char[%d]" % n)
        assert ffi.sizeof("signed char[12345]") == 12345
    assert ref() is not None


def test_cdef_gives_a_cached_text_its_new_meaning(ffi):
    ffi.cdef("typedef int T;")
    assert ffi.sizeof("T") == 4
    ffi.cdef("typedef char T;", override=True)
    assert ffi.sizeof("T") == 1


def test_sizeof(ffi):
    assert ffi.sizeof("int[10]") == 40
    assert ffi.sizeof(ffi.typeof("double")) == 8
    assert ffi.sizeof(ffi.new("int[]", 7)) == 28
    assert ffi.sizeof(ffi.new("int[7]")) == 28
    assert ffi.sizeof(ffi.new("char *")) == 8
    with pytest.raises(ValueError, match=r"ctype 'int\[\]' is of unknown size"):
        ffi.sizeof("int[]")
    ffi.cdef("struct opaque;")
    with pytest.raises(ValueError, match="ctype 'struct opaque' is of unknown size"):
        ffi.sizeof("struct opaque")
    with pytest.raises(TypeError, match="expected a 'cdata' or 'ctype' object"):
        ffi.sizeof(5)


def test_alignof(ffi):
    assert ffi.alignof("short[41]") == 2
    assert ffi.alignof("int[]") == 4
    assert ffi.alignof(ffi.typeof("double")) == 8
    ffi.cdef("struct opaque;")
    with pytest.raises(ValueError, match="unknown alignment"):
        ffi.alignof("struct opaque")


def test_offsetof(ffi):
    ffi.cdef("struct in { char c; int a[5]; }; struct out { short s; struct in i[3]; };")
    assert ffi.offsetof("struct out", "i") == 4
    assert ffi.offsetof("struct out", "i", 1) == 4 + 24
    assert ffi.offsetof("struct out", "i", 1, "a", 2) == 4 + 24 + 4 + 8
    with pytest.raises(KeyError):
        ffi.offsetof("struct in", "nope")
    with pytest.raises(TypeError):
        ffi.offsetof("struct in")


def test_getctype(ffi):
    assert ffi.getctype("int*") == "int *"
    assert ffi.getctype("int", "x") == "int x"
    assert ffi.getctype("int[5]", "*") == "int(*)[5]"
    assert ffi.getctype("int[5]", " ** foo ") == "int(** foo)[5]"
    assert ffi.getctype("int", "[5]") == "int[5]"
    assert ffi.getctype("int(*)(long)", "f") == "int(* f)(long)"
    assert ffi.getctype(ffi.typeof("int *"), replace_with="*") == "int * *"


def test_list_types(ffi):
    ffi.cdef("struct b { int x; }; typedef struct b T; union u { int i; }; typedef int A; struct a;")
    assert ffi.list_types() == (["A", "T"], ["a", "b"], ["u"])
    other = FFI()
    other.include(ffi)
    other.cdef("typedef long B;")
    assert other.list_types() == (["A", "B", "T"], ["a", "b"], ["u"])


def test_arguments_by_name(ffi):
    assert ffi.getctype(cdecl="int", replace_with="x") == "int x"
    assert ffi.new(cdecl="int *", init=5)[0] == 5
    assert int(ffi.cast(cdecl="char", source=65)) == 65


@pytest.mark.parametrize(
    "call",
    [
        lambda ffi: ffi.new(),
        lambda ffi: ffi.new("int *", 1, 2),
        lambda ffi: ffi.new("int *", 1, init=2),
        lambda ffi: ffi.new("int *", value=2),
        lambda ffi: ffi.cast("int"),
        lambda ffi: ffi.new(5),
        lambda ffi: ffi.cast(b"int", 5),
        lambda ffi: ffi.string(b"abc"),
        lambda ffi: ffi.string(ffi.new("char[2]"), "x"),
    ],
)
def test_wrong_arguments(ffi, call):
    with pytest.raises(TypeError):
        call(ffi)


def test_messages_of_wrong_arguments(ffi):
    with pytest.raises(TypeError, match=r"new\(\) missing required argument 'cdecl' \(pos 1\)"):
        ffi.new()
    with pytest.raises(TypeError, match=r"new\(\) got an unexpected keyword argument 'value'"):
        ffi.new("int *", value=2)
    with pytest.raises(TypeError, match="string[(][)] argument 1 must be _cffi_backend._CDataBase, not bytes"):
        ffi.string(b"abc")


def test_null_and_class_attributes(ffi):
    assert ffi.NULL is FFI.NULL
    assert repr(ffi.NULL) == "<cdata 'void *' NULL>"
    assert ffi.BVoidP is ffi.typeof("void *")
    assert ffi.BCharA is ffi.typeof("char[]")
    assert isinstance(ffi.NULL, ffi.CData)
    assert isinstance(ffi.BVoidP, ffi.CType)
    assert issubclass(CDefError, ffi.error) and ffi.error is FFIError
    assert FFI.RTLD_NOW == 2


def test_errno(ffi):
    ffi.errno = 42
    assert ffi.errno == 42
    with pytest.raises(TypeError):
        ffi.errno = "x"
    with pytest.raises(OverflowError):
        ffi.errno = 2**40
    with pytest.raises(AttributeError):
        del ffi.errno
    assert ffi.errno == 42


def test_every_method_has_a_docstring_and_a_signature():
    for name in dir(FFI):
        method = getattr(FFI, name)
        if not name.startswith("_") and callable(method) and not isinstance(method, (type, FFI.CData)):
            assert method.__doc__ and method.__text_signature__, name


@pytest.mark.parametrize(
    "text, message",
    [
        ("struct never_heard_of_s", "undefined struct/union name\nstruct never_heard_of_s\n       ^"),
        ("union structure *", "undefined struct/union name\nunion structure *\n      ^"),
        ("enum unionised", "undefined enum name\nenum unionised\n     ^"),
        ("struct struct", "struct or union name expected\nstruct struct\n       ^"),
        ("struct " + "x" * 400, None),
        ("struct " + "x" * 4000, "undefined struct/union name"),
        ("", "identifier expected\n\n^"),
    ],
)
def test_messages_of_an_ffi_without_cdef(text, message):
    from cdeffi._cdeffi import BaseFFI

    with pytest.raises(FFIError) as e:
        BaseFFI().typeof(text)
    if message is None:
        message = "undefined struct/union name\n%s\n%s^" % (text, " " * 7)
    assert str(e.value) == message


@pytest.mark.parametrize("text, names", [
    ("typedef struct s { int x; } s_t;", {"s_t": "s_t", "struct s *": "s_t *"}),
    ("struct s { int x; }; typedef const struct s s_t; typedef struct s other;", {"struct s": "s_t", "other": "s_t"}),
    ("typedef struct s s_t, *p_t; struct s { int x; };", {"p_t": "s_t *", "s_t": "s_t"}),
    ("typedef struct s *p_t, s_t;", {"p_t": "struct s *", "s_t": "struct s"}),
    ("typedef struct { int x; } *p_t, s_t;", {"p_t": "struct $1 *"}),
    ("typedef struct s { int x; } s_t[3];", {"s_t": "struct s[3]"}),
    ("typedef union u { int x; } u_t;", {"union u": "u_t"}),
    ("typedef enum e { A } e_t;", {"enum e": "e_t", "e_t *": "e_t *"}),
    ("enum e { A }; typedef enum e e_t;", {"e_t": "enum e"}),
])
def test_a_tag_is_called_by_its_first_typedef_name_as_cffi_does(text, names):
    ffi = FFI()
    ffi.cdef(text)
    assert {name: ffi.typeof(name).cname for name in names} == names


def test_a_failed_cdef_gives_no_name():
    ffi = FFI()
    ffi.cdef("struct s { int x; };")
    with pytest.raises(CDefError):
        ffi.cdef("typedef struct s s_t; error;")
    assert ffi.typeof("struct s").cname == "struct s"
    other = FFI()
    other.include(ffi)
    other.cdef("typedef struct s other_t;")  # the types are those of the other FFI, which does not know the name
    assert other.typeof("other_t").cname == "struct s"
