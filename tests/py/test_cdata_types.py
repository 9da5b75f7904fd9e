"""The Python types of cdata are cffi's: programs compare type(x) with type(y)."""
import gc
import inspect
import pickle
import pydoc
import sys
import weakref

import pytest

import cdeffi
from cdeffi import _cdeffi

DECLARATIONS = """
    typedef struct pair { int first; struct { short in[3]; } inner; int (*call)(int); } pair;
    int echo_int(int value);
"""


@pytest.fixture
def ffi():
    ffi = cdeffi.FFI()
    ffi.cdef(DECLARATIONS)
    return ffi


@pytest.fixture
def lib(ffi, testlib_path):
    return ffi.dlopen(testlib_path)


def not_owning(ffi, lib):
    pair = ffi.new("pair *")
    counted = ffi.gc(ffi.new("int[4]"), lambda p: None)
    return {
        "NULL": ffi.NULL,
        "pointer": ffi.cast("int *", 16),
        "primitive": ffi.cast("long", 5),
        "long double": ffi.new("long double[1]")[0],
        "struct member": pair.inner,
        "array member": getattr(pair.inner, "in"),
        "address": ffi.addressof(pair, "first"),
        "sum": ffi.new("int[3]") + 1,
        "slice": ffi.new("int[3]")[0:2],
        "view of what has a destructor": counted[0:2],
        "sum with a destructor": counted + 1,
        "function": lib.echo_int,
        "address of a function": ffi.addressof(lib, "echo_int"),
        "pointer to a function": ffi.cast("int(*)(int)", 0),
        "pointer to a function read from memory": pair.call,
        "item of a pointer": ffi.cast("pair *", pair)[0],
    }


def test_what_does_not_own_has_one_type(ffi, lib):
    for what, cdata in not_owning(ffi, lib).items():
        assert type(cdata) is ffi.CData, what
    assert ffi.CData is _cdeffi._CDataBase


def test_what_owns_has_the_types_of_cffi(ffi, lib):
    pair = ffi.new("pair *")
    assert type(pair) is type(pair[0]) is type(ffi.new("int *")) is type(ffi.new("char[]", b"x")) is _cdeffi.__CDataOwn
    assert type(ffi.new_handle(ffi)) is type(ffi.callback("int(int)", abs)) is _cdeffi.__CDataOwnGC
    assert type(ffi.gc(pair, lambda p: None)) is _cdeffi.__CDataGCP
    assert type(ffi.from_buffer(b"abc")) is _cdeffi.__CDataFromBuf
    alloc = ffi.new_allocator(lambda size: ffi.new("char[]", size), lambda p: None)
    assert type(alloc("pair *")) is _cdeffi.__CDataOwn and type(alloc("pair *")[0]) is type(alloc("int *")) is _cdeffi.__CDataGCP


def test_only_what_can_be_in_a_cycle_is_tracked(ffi, lib):
    tracked = {what for what, cdata in not_owning(ffi, lib).items() if gc.is_tracked(cdata)}
    assert tracked == {"view of what has a destructor", "sum with a destructor", "function", "address of a function",
                       "pointer to a function", "pointer to a function read from memory"}
    pair = ffi.new("pair *")
    assert not gc.is_tracked(pair) and not gc.is_tracked(pair[0])
    for cdata in not_owning(ffi, lib).values():
        assert (ffi.CData in gc.get_referents(cdata)) == gc.is_tracked(cdata)


def test_calling_what_is_no_function(ffi, lib):
    functions = {"function", "address of a function", "pointer to a function", "pointer to a function read from memory"}
    objects = {what: cdata for what, cdata in not_owning(ffi, lib).items() if what not in functions}
    objects.update(new=ffi.new("int *"), gc=ffi.gc(ffi.new("int *"), lambda p: None), buf=ffi.from_buffer(b"x"), handle=ffi.new_handle(1))
    for what, cdata in objects.items():
        for call in (lambda: cdata(), lambda: cdata(1, a=2), lambda: cdata(*[1]), lambda: cdata.__call__(1), lambda: list(map(cdata, [1]))):
            with pytest.raises(TypeError) as error:
                call()
            assert str(error.value) == "cdata '%s' is not callable" % ffi.typeof(cdata).cname, what
        with pytest.raises(AttributeError):
            cdata.release_gil
        with pytest.raises(AttributeError):
            cdata.release_gil = False
        with pytest.raises(AttributeError):
            cdata.__signature__
        assert cdata.__name__ == "<cdata>"


def test_functions_are_called_in_every_way(ffi, lib):
    guarded = ffi.gc(lib.echo_int, lambda f: None)
    callback = ffi.callback("int(int)", lambda x: x)
    for f in (lib.echo_int, guarded, ffi.addressof(lib, "echo_int"), callback):
        assert f(7) == f(*[7]) == f(*[7], **{}) == f.__call__(7) == list(map(f, [7]))[0] == 7
        with pytest.raises(TypeError):
            f(value=7)
    assert guarded.__name__ == "<cdata>" and lib.echo_int.__name__ == lib.echo_int.__qualname__ == "echo_int"


def test_a_cycle_through_an_allocator_is_collected(ffi):
    freed = []

    class Free:
        def __call__(self, memory):
            freed.append(memory)

    free = Free()
    free.pointer = ffi.new_allocator(lambda size: ffi.new("char[]", size), free)("pair *")
    assert gc.is_tracked(free.pointer)
    gone = weakref.ref(free)
    del free
    gc.collect()
    assert gone() is None and len(freed) == 1


def test_a_cycle_of_views_and_functions_is_collected(ffi, lib):
    for make in (lambda f: ffi.gc(ffi.new("int[4]"), f)[0:2], lambda f: ffi.gc(ffi.new("int[4]"), f) + 1,
                 lambda f: ffi.callback("int(int)", f), lambda f: ffi.new_handle(f)):
        def keep(*args):
            pass
        keep.cdata = make(keep)
        gone = weakref.ref(keep)
        del keep
        gc.collect()
        assert gone() is None


def test_documentation_is_of_the_function_or_the_class(ffi, lib):
    assert lib.echo_int.__doc__.startswith("int echo_int(int value)")
    assert ffi.CData.__doc__ == ffi.NULL.__doc__ == ffi.cast("int(*)(int)", 0).__doc__ and "ffi.new()" in ffi.CData.__doc__
    assert "int echo_int(int value)" in pydoc.plain(pydoc.render_doc(lib.echo_int))
    for name in ("__CDataOwn", "__CDataOwnGC", "__CDataGCP", "__CDataFromBuf", "_CDataBase"):
        assert len(inspect.getdoc(getattr(_cdeffi, name))) > 50
    assert not inspect.isroutine(lib.echo_int)  # as with cffi: an Enum would not count it as a member


def test_types_are_closed(ffi):
    for name in ("_CDataBase", "__CDataOwn", "__CDataOwnGC", "__CDataGCP", "__CDataFromBuf"):
        cls = getattr(_cdeffi, name)
        assert cls.__name__ == name and cls.__module__ == "_cffi_backend"
        with pytest.raises(TypeError):
            type("Sub", (cls,), {})
        with pytest.raises(TypeError):
            cls()
    with pytest.raises(TypeError):
        pickle.dumps(ffi.NULL)
    assert sys.getsizeof(ffi.NULL) > 0
