"""What keeps what alive, when destructors run, and that nothing is left behind."""
import copy
import gc
import os
import subprocess
import sys
import sysconfig
import textwrap
import weakref

import pytest

import cdeffi

CDEF = """
struct in { int a, b; };
struct out { int n; struct in in_; short values[3]; struct in grid[2][2]; struct out *next; int (*fn)(int); };
struct flex { int n; int items[]; };
union u { struct in s; double d; };
"""


@pytest.fixture
def ffi():
    ffi = cdeffi.FFI()
    ffi.cdef(CDEF)
    return ffi


def churn(ffi):
    """Collect, and reuse the memory that was freed."""
    gc.collect()
    return [ffi.new("char[]", b"\xdd" * size) for size in range(0, 400, 8) for _ in range(20)]


# ---------------------------------------------------------------- views keep their owner

VIEWS = {
    "struct": (lambda ffi, p: p[0], lambda v: v.in_.a),
    "field of the pointer": (lambda ffi, p: p.in_, lambda v: v.a),
    "field of the struct": (lambda ffi, p: p[0].in_, lambda v: v.a),
    "field of a field": (lambda ffi, p: p.grid[1][1], lambda v: v.b),
    "array field": (lambda ffi, p: p.values, lambda v: v[1]),
    "slice": (lambda ffi, p: p.values[0:2], lambda v: v[1]),
    "slice of a slice": (lambda ffi, p: p.values[0:3][1:2], lambda v: v[0]),
    "slice of an array of arrays": (lambda ffi, p: p.grid[1:2], lambda v: v[0][1].b),
    "pointer arithmetic": (lambda ffi, p: p.values + 1, lambda v: v[0]),
    "addressof": (lambda ffi, p: ffi.addressof(p, "in_"), lambda v: v.a),
    "addressof a struct": (lambda ffi, p: ffi.addressof(p[0]), lambda v: v.in_.a),
    "addressof a view": (lambda ffi, p: ffi.addressof(p.in_, "a"), lambda v: v[0]),
    "cast": (lambda ffi, p: ffi.cast("int *", p), lambda v: v[1]),
    "cast twice": (lambda ffi, p: ffi.cast("int *", ffi.cast("void *", p)) + 1, lambda v: v[0]),
    "buffer": (lambda ffi, p: ffi.buffer(p), lambda v: v[4] and 10),
    "memoryview": (lambda ffi, p: memoryview(p.values), lambda v: v[1]),
    "iterator": (lambda ffi, p: iter(p.values[1:2]), next),
    "unpacked structs": (lambda ffi, p: ffi.unpack(p.grid[1], 2)[1], lambda v: v.b),
}
EXPECTED = {name: 20 if name in ("field of a field", "unpacked structs", "slice of an array of arrays") else 10 for name in VIEWS}


@pytest.mark.parametrize("view", VIEWS)
def test_views_keep_the_memory(ffi, view):
    make, read = VIEWS[view]
    p = ffi.new("struct out *", {"in_": [10], "values": [0, 10], "grid": [[], [[], [0, 20]]]})
    v = make(ffi, p)
    del p
    filler = churn(ffi)
    assert read(v) == EXPECTED[view]
    del filler


def test_arrays_of_structs(ffi):
    a = ffi.new("struct in[3]", [[1, 2], [3, 4], [5, 6]])
    item, rest = a[1], a[1:3]
    inner = rest[1]
    del a, rest
    filler = churn(ffi)
    assert (item.a, item.b, inner.a) == (3, 4, 5)
    del filler


def test_unions_and_flexible_arrays(ffi):
    s = ffi.new("union u *", [[7, 8]]).s
    items = ffi.new("struct flex *", [1, [4, 5, 6]]).items
    filler = churn(ffi)
    assert (s.b, list(items)) == (8, [4, 5, 6])
    del filler


def test_the_struct_outlives_its_pointer(ffi):
    p = ffi.new("struct in *", [1, 2])
    s, gone = p[0], weakref.ref(p)
    assert p[0] is s
    del p
    assert gone() is None and s.b == 2
    gone = weakref.ref(s)
    del s
    assert gone() is None


def test_memory_goes_with_the_last_view(ffi):
    p = ffi.new("struct out *")
    gone = weakref.ref(p[0])
    views = [p.in_, p.values, p.values[0:1], p.values + 1, p.grid[0][1], ffi.addressof(p, "n")]
    del p
    while views:
        assert gone() is not None
        views.pop()
    assert gone() is None


def test_pointers_keep_nothing(ffi):
    target = ffi.new("struct out *")
    p = ffi.new("struct out *", {"next": target})
    gone = weakref.ref(target)
    q = p.next
    del target
    assert gone() is None and repr(q).startswith("<cdata 'struct out *' 0x")


def test_views_do_not_chain(ffi):
    p = a = ffi.new("int[10]")
    for _ in range(200000):
        p = p + 0
    assert p == a


# ---------------------------------------------------------------- ffi.gc


def test_destructor_gets_the_original(ffi):
    seen = []
    p = ffi.new("int *", 5)
    q = ffi.gc(p, seen.append)
    assert q == p and repr(q).startswith("<cdata 'int *' 0x") and q[0] == 5
    del q
    assert seen == [p] and seen[0] is p


def test_destructors_run_once_each_in_reverse(ffi):
    seen = []
    p = ffi.new("int *")
    q = ffi.gc(ffi.gc(p, lambda c: seen.append("inner")), lambda c: seen.append("outer"))
    del q
    gc.collect()
    assert seen == ["outer", "inner"]


def test_release(ffi):
    seen = []
    q = ffi.gc(ffi.new("int *", 5), lambda c: seen.append(c[0]))
    ffi.release(q)
    assert seen == [5]
    ffi.release(q)
    with q as same:
        assert same is q
    del q, same
    gc.collect()
    assert seen == [5]


def test_with(ffi):
    seen = []
    with ffi.gc(ffi.new("int *", 5), lambda c: seen.append(c[0])) as q:
        assert q[0] == 5 and seen == []
    assert seen == [5]
    with ffi.new("int *", 6) as p:
        assert p[0] == 6
    assert p[0] == 6  # what ffi.new() made goes with its object
    for bad in (ffi.NULL, ffi.cast("int", 1), ffi.new("struct in *")[0], ffi.new("struct out *").in_, ffi.new("int[2]") + 1):
        for release in (ffi.release, lambda c: c.__enter__(), lambda c: c.__exit__()):
            with pytest.raises(ValueError, match="only 'cdata' object from ffi.new"):
                release(bad)


def test_destructor_taken_away(ffi):
    seen = []
    q = ffi.gc(ffi.new("int *"), seen.append)
    assert ffi.gc(q, None) is None
    del q
    gc.collect()
    assert seen == []
    with pytest.raises(TypeError, match="Can remove destructor only on a object previously returned by ffi.gc"):
        ffi.gc(ffi.new("int *"), None)


def test_gc_of_everything(ffi):
    seen = []
    things = [ffi.new("int[]", [1, 2]), ffi.new("struct in *", [3, 4]), ffi.new("struct in *", [3, 4])[0], ffi.cast("int(*)(int)", 64),
              ffi.cast("int", 7), ffi.new("struct flex *", [1, [2, 3]])[0]]
    wrapped = [ffi.gc(thing, seen.append) for thing in things]
    assert len(wrapped[0]) == 2 and list(wrapped[0]) == [1, 2] and wrapped[1].b == wrapped[2].b == 4
    assert wrapped[3] == things[3] and int(wrapped[4]) == 7 and len(wrapped[5].items) == 2
    del wrapped
    assert len(seen) == 6


def test_gc_views_delay_the_destructor(ffi):
    seen = []
    q = ffi.gc(ffi.new("struct out *", {"in_": [9]}), lambda c: seen.append(c.in_.a))
    view, cast = q.in_, ffi.cast("char *", q)
    del q
    assert seen == [] and view.a == 9  # a field keeps the object, ...
    del view
    assert seen == [9] and cast  # ... a cast does not


def test_gc_cycles(ffi):
    seen = []

    class Holder:
        pass

    for make in (lambda h: ffi.gc(ffi.new("int *", 1), h.close), lambda h: ffi.gc(ffi.new("struct out *"), h.close).in_,
                 lambda h: ffi.new_handle(h), lambda h: iter(ffi.gc(ffi.new("int[1]"), h.close)), lambda h: ffi.from_buffer(h.data)):
        holder = Holder()
        holder.data = memoryview(bytearray(8))
        holder.close = lambda c, h=holder: seen.append(type(h))
        holder.cdata = make(holder)
        gone = weakref.ref(holder)
        del holder
        gc.collect()
        assert gone() is None
    assert seen == [Holder] * 3


def test_a_destructor_that_fails(ffi, monkeypatch):
    reports = []
    monkeypatch.setattr(sys, "unraisablehook", reports.append)
    try:
        raise KeyError
    except KeyError:
        q = ffi.gc(ffi.new("int *"), lambda c: 1 / 0)
        del q
        assert sys.exc_info()[0] is KeyError  # what was being handled still is
    assert [type(r.exc_value) for r in reports] == [ZeroDivisionError]
    assert "ffi.gc" in reports[0].err_msg
    reports.clear()  # CPython's collector does not look into these


def test_deep_chains_of_destructors(ffi):
    seen = []
    q = ffi.new("int *")
    for _ in range(50000):
        q = ffi.gc(q, lambda c: seen.append(1))
    del q
    gc.collect()
    assert len(seen) == 50000


def test_exit():
    """Destructors run at interpreter exit too: of globals, of cycles, of what a module of its own holds."""
    script = textwrap.dedent("""
        import cdeffi
        ffi = cdeffi.FFI()
        ffi.cdef("struct node { struct node *next; };")
        def close(name):
            return lambda c: print("closed", name, flush=True)
        kept = ffi.gc(ffi.new("int *"), close("global"))
        cycle = [ffi.gc(ffi.new("struct node *"), close("cycle"))]
        cycle.append(cycle)
        del cycle
        callback = ffi.callback("int(int)", lambda n: [callback, kept])
        handle = ffi.new_handle(ffi)
        view = ffi.gc(ffi.new("struct node[2]"), close("view"))[1]
        buffer = ffi.from_buffer(bytearray(3))
        once = ffi.gc(ffi.new("int *"), close("once"))
        ffi.release(once)
    """)
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    assert sorted(done.stdout.split("\n")) == ["", "closed cycle", "closed global", "closed once", "closed view"]


# ---------------------------------------------------------------- handles


def test_handles(ffi):
    class Thing:
        pass

    thing = Thing()
    handle = ffi.new_handle(thing)
    assert repr(handle) == "<cdata 'void *' handle to %r>" % thing
    assert ffi.from_handle(handle) is thing
    assert ffi.from_handle(ffi.cast("char *", handle)) is thing
    address = int(ffi.cast("uintptr_t", handle))
    assert ffi.from_handle(ffi.cast("void *", address)) is thing
    gone = weakref.ref(thing)
    del thing
    assert gone() is not None
    del handle
    assert gone() is None


def test_handles_are_checked(ffi):
    handle = ffi.new_handle(1)
    dangling = ffi.cast("void *", int(ffi.cast("uintptr_t", handle)))
    del handle
    for bad in (dangling, ffi.cast("void *", 1), ffi.cast("void *", ffi.new("int[100]")), ffi.cast("void *", -1)):
        with pytest.raises(RuntimeError, match="not that of a live handle"):
            ffi.from_handle(bad)
    with pytest.raises(RuntimeError, match=r"cannot use from_handle\(\) on NULL pointer"):
        ffi.from_handle(ffi.NULL)
    for bad in (5, ffi.new("int *"), ffi.cast("int", 5)):
        with pytest.raises(TypeError):
            ffi.from_handle(bad)


def test_many_handles(ffi):
    handles = {i: ffi.new_handle(i) for i in range(20000)}
    for i in range(0, 20000, 3):
        del handles[i]
    assert all(ffi.from_handle(h) == i for i, h in handles.items())
    for i in range(0, 20000, 3):
        handles[i] = ffi.new_handle(i)
    assert all(ffi.from_handle(ffi.cast("void *", h)) == i for i, h in handles.items())


# ---------------------------------------------------------------- from_buffer


def test_from_buffer(ffi):
    data = bytearray(b"abcdefgh")
    p = ffi.from_buffer("int[]", data)
    assert repr(p) == "<cdata 'int[]' buffer len 2 from 'bytearray' object>"
    assert repr(ffi.from_buffer("int *", data)) == "<cdata 'int *' buffer from 'bytearray' object>"
    p[1] = 0
    assert data == b"abcd\0\0\0\0"
    with pytest.raises(BufferError):
        data.append(1)  # locked
    part = p[1:2]
    ffi.release(p)
    data.append(1)
    assert repr(p) == "<cdata 'int[]' buffer RELEASED>"
    ffi.release(p)
    for use in (lambda: p[0], lambda: list(p), lambda: p.__setitem__(0, 1), lambda: p.__setitem__(slice(0, 1), [1])):
        with pytest.raises(RuntimeError, match=r"cannot use cdata 'int\[\]': its buffer was released"):
            use()
    del part
    with ffi.from_buffer(data) as q:
        assert q[0] == b"a" and len(q) == 9
    data.append(1)


def test_from_buffer_keeps_the_lock_for_its_views(ffi):
    data = bytearray(16)
    view = ffi.from_buffer("struct in[2]", data)[1]
    with pytest.raises(BufferError):
        data.append(1)
    view.b = 1
    assert data[12] == 1
    del view
    data.append(1)


def test_from_buffer_errors(ffi):
    for args, error in ((("int[]", "text"), TypeError), (("int[3]", b"x" * 11), ValueError), (("int", b"xxxx"), TypeError),
                        (("char[]", b"x", True), BufferError), (("int[0][]", b"x"), Exception), (("int[]", 5), TypeError)):
        with pytest.raises(error):
            ffi.from_buffer(*args)
    with pytest.raises(ValueError, match=r"buffer is too small \(11 bytes\) for 'int\[3\]' \(12 bytes\)"):
        ffi.from_buffer("int[3]", b"x" * 11)
    with pytest.raises((TypeError, BufferError)):
        ffi.from_buffer(memoryview(b"abcdefgh")[::2])


# ---------------------------------------------------------------- copies, weak references, types


def test_copy(ffi):
    for copied in (copy.copy, copy.deepcopy):
        p = ffi.new("struct out *", {"n": 1, "in_": [2]})
        q = copied(p)
        assert q != p and q.in_.a == 2 and repr(q) == repr(p) and q[0] is q[0]
        q.n = 9
        assert p.n == 1
        s = copied(p[0])
        assert s != p[0] and s.n == 1 and repr(s) == repr(p[0])
        a = copied(ffi.new("int[]", [1, 2, 3]))
        assert list(a) == [1, 2, 3] and repr(a) == "<cdata 'int[]' owning 12 bytes>"
        c = copied(ffi.new("char *", b"x"))
        assert ffi.string(c) == b"x"
        f = copied(ffi.new("struct flex *", [1, [2, 3]]))
        assert list(f.items) == [2, 3]
        place = p.in_
        assert copied(place) == place and copied(ffi.cast("int", 3)) == 3


def test_weak_references(ffi):
    things = [ffi.new("int *"), ffi.new("struct in *"), ffi.new("struct in *")[0], ffi.new("int[3]")[0:2], ffi.cast("int", 3),
              ffi.gc(ffi.new("int *"), id), ffi.from_buffer(b"abc"), ffi.new_handle(1), ffi.cast("int(*)(int)", 1), ffi.new("struct out *").in_,
              ffi.gc(ffi.new("struct out *"), id).in_]
    called = []
    references = [weakref.ref(thing, called.append) for thing in things]
    assert [r() for r in references] == things
    things.clear()
    gc.collect()
    assert all(r() is None for r in references) and len(called) == len(references)


def test_ctypes_are_shared_and_freed(ffi):
    assert ffi.typeof("int *") is cdeffi.FFI().typeof("int*") is ffi.typeof(ffi.new("int *"))
    assert ffi.typeof("const int *") is ffi.typeof("int *") is ffi.typeof("int * const")
    assert ffi.typeof("struct in") is not cdeffi.FFI().typeof("struct {int a, b;}")
    t = ffi.typeof("int[12345]")
    gone = weakref.ref(t)
    del t
    other = cdeffi.FFI()
    for i in range(5000):  # the cache of parsed strings is bounded
        ffi.typeof("char[%d]" % (i + 1)), other.typeof("short[%d]" % (i + 1))
    gc.collect()
    assert gone() is None


def test_recursive_types_are_freed():
    ffi = cdeffi.FFI()
    ffi.cdef("struct tree { struct tree *left, *right; struct tree *(*walk)(struct tree *); };")
    ffi.new("struct tree *").left
    t = ffi.typeof("struct tree")
    t.fields
    gone = weakref.ref(t)
    del t, ffi
    gc.collect()
    assert gone() is None


def test_a_type_outlives_its_ffi():
    ffi = cdeffi.FFI()
    ffi.cdef("struct s { int a : 3; struct { int b; }; };")
    p = ffi.new("struct s *", [1, 2])
    fields = ffi.typeof("struct s").fields
    del ffi
    gc.collect()
    assert (p.a, p.b) == (1, 2) and fields[1][1].type.cname == "int" and fields[0][1].bitsize == 3
    del p
    gc.collect()
    assert fields[1][1].offset == 4 and repr(fields[0][1].type) == "<ctype 'int'>"


def uses(ffi):
    """Every operation, failing ones included, as functions."""
    p = ffi.new("struct out *", {"in_": [1, 2], "values": [1, 2, 3]})
    f, u, c = ffi.new("struct flex *", [1, [2, 3]]), ffi.new("union u *"), ffi.new("char[]", b"text")
    data, numbers, words = bytearray(8), [1, 2, 3], {"n": 1, "in_": {"a": 1}}
    raising = pytest.raises
    yield lambda: (ffi.new("struct out *", words), ffi.new("struct flex *", [1, numbers]), ffi.new("int[]", numbers), ffi.new("int *", 5))
    yield lambda: (p.in_, p.values, p.grid[1][0].a, p[0], p.next, p.fn, f.items, u.s.b, f[0].items)
    yield lambda: (p.values[0:2], p.values[0:3][1:2], p.values + 1, 1 + p.values, (p.values + 2) - p.values, list(p.values), next(iter(p.values)))
    yield lambda: (p == p, p < p, hash(p), repr(p), str(p.in_), dir(p), bool(p), ffi.sizeof(p), len(p.values), repr(f[0]))
    yield lambda: (setattr(p, "n", 4), setattr(p, "values", numbers), setattr(p, "in_", {"a": 2}), p.__setitem__(0, [1]), setattr(f, "items", [1]))
    yield lambda: (p.values.__setitem__(1, 3), p.values.__setitem__(slice(0, 2), (5, 6)), c.__setitem__(slice(0, 2), b"TE"))
    yield lambda: (ffi.cast("int", 5), ffi.cast("int", b"a"), ffi.cast("char *", p), ffi.cast("double", "x"), ffi.cast("void *", 1 << 70))
    yield lambda: (int(ffi.cast("long", 1 << 62)), float(ffi.cast("float", 1)), complex(ffi.cast("double _Complex", 1j)), ffi.cast("int", 3) == 3)
    yield lambda: (ffi.cast("__int128", -1 << 100) == 5, ffi.new("unsigned __int128 *", 1 << 100)[0], ffi.new("_BitInt(500) *", -1)[0])
    yield lambda: (ffi.new("long double *", 1.5)[0], ffi.new("wchar_t[]", "\U00012345"), ffi.string(ffi.new("char16_t[]", "\U00012345")))
    yield lambda: (ffi.string(c), ffi.unpack(c, 2), ffi.unpack(p.values, 3), ffi.unpack(p.grid[0], 2), ffi.string(c + 1, 1))
    yield lambda: (ffi.release(ffi.gc(p, lambda x: None)), ffi.gc(p, id).in_, ffi.gc(ffi.gc(p, id), None), ffi.gc(p.values, id)[0:1])
    yield lambda: (ffi.from_handle(ffi.new_handle(p)), repr(ffi.new_handle(p)), ffi.new_handle(data) == 1)
    yield lambda: (ffi.from_buffer(data)[1:2], ffi.release(ffi.from_buffer("int[2]", data)), repr(ffi.from_buffer("struct in *", data)))
    yield lambda: (memoryview(p.values).tolist(), memoryview(p[0]), bytes(c), p[0].__array_interface__, p.grid.__array_interface__)
    yield lambda: (copy.copy(p), copy.copy(f), copy.copy(c), copy.copy(p.in_), weakref.ref(p.in_), weakref.ref(ffi.new("int *")))
    yield lambda: (ffi.typeof("struct out").fields, ffi.typeof(p).item, ffi.typeof("int(*)(int)").args, dir(ffi.typeof(c)), ffi.getctype("int[2]", "*"))
    yield lambda: (ffi.offsetof("struct out", "grid", 1, 0, "b"), ffi.addressof(p, "in_", "b"), ffi.new_allocator(lambda n: ffi.new("char[]", n))("struct in *"))
    for bad in (lambda: ffi.new("struct out *", [[]]), lambda: p.nope, lambda: setattr(p, "nope", 1), lambda: ffi.cast("int *", "x"),
                lambda: p.values[3], lambda: p.values["x"], lambda: setattr(p, "values", [1] * 9), lambda: ffi.new("int[]", [1, "x"]),
                lambda: ffi.new("struct in[]", [{"x": 1}]), lambda: ffi.new("struct flex *", [1, [1, "x"]]), lambda: ffi.new("char[]", "x"),
                lambda: ffi.new("int *", 1 << 40), lambda: ffi.new("unsigned *", -1), lambda: ffi.new("wchar_t *", "xy"), lambda: p.values[2:1],
                lambda: p.values.__setitem__(slice(0, 2), [1]), lambda: p.values.__setitem__(slice(0, 1), ["x"]), lambda: p + "x", lambda: p - c,
                lambda: ffi.from_buffer("int[9]", data), lambda: ffi.from_buffer(5), lambda: ffi.from_handle(ffi.NULL), lambda: ffi.string(p),
                lambda: ffi.cast("int *", 0)[0], lambda: ffi.unpack(p.values, -1), lambda: ffi.release(p.in_), lambda: setattr(p, "next", 5),
                lambda: ffi.new("int[]", -1), lambda: p(), lambda: ffi.cast("int", 1) + 1, lambda: len(p), lambda: memoryview(p),
                lambda: ffi.new_allocator(lambda n: None)("int *"), lambda: p.__array_interface__, lambda: delattr(p, "n"), lambda: {}[ffi.cast("char32_t", -1)]):
        yield lambda bad=bad: raising(Exception, bad)


def test_repeated_use_leaves_nothing_behind(ffi):
    for use in uses(ffi):
        types = [ffi.CData, ffi.CType, type(ffi.new("int *")), type(ffi.new("struct in *")), type(ffi.new("int[1]") + 0), type(ffi.NULL)]
        types += [ffi.typeof(t) for t in ("int", "char *", "struct in", "struct out *", "short[3]", "short *", "struct flex")]

        def measure():
            for _ in range(50):
                use()
            gc.collect()
            return sys.getallocatedblocks(), [sys.getrefcount(t) for t in types]

        # CPython's free lists fill at first; what leaks grows with every round.
        last = measure()
        for _ in range(40):
            blocks, counts = measure()
            if blocks - last[0] < 20 and counts == last[1]:
                break
            last = blocks, counts
        else:
            pytest.fail("a leak")


@pytest.mark.parametrize("ctype", ["int *", "struct out *", "char[18]", "char[5000]"])
def test_memory_is_of_the_heap_of_c(ffi, ctype):
    """Not among Python's objects, which C code that oversteps would meet; and what is dropped is used again."""
    free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))  # there objects come from Python's heap only
    places = {int(ffi.cast("uintptr_t", ffi.new(ctype))) for _ in range(1000)}
    checked = "asan" in os.environ.get("LD_PRELOAD", "")  # then memory is kept back
    assert free_threaded or checked or len(places) < 50
    before = sys.getallocatedblocks()
    kept = [ffi.new(ctype) for _ in range(1000)]
    grown = sys.getallocatedblocks() - before
    assert len({int(ffi.cast("uintptr_t", p)) for p in kept}) == 1000
    assert free_threaded or grown < 100
