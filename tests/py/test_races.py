"""What several threads do to the same objects at once. With the GIL they take turns; on free-threaded Python
(3.13t and newer) they do not, and the interpreter must not have to bring the GIL back for us."""
import collections
import gc
import os
import subprocess
import sys
import sysconfig
import threading
import time

import pytest

import cdeffi

SECONDS = float(os.environ.get("CDEFFI_STRESS_SECONDS", "1")) / 4
THREADS = 6


@pytest.fixture(autouse=True)
def short_turns():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def together(work, threads=THREADS):
    """Run work(0), work(1), ... in threads that start at the same moment; their results."""
    barrier, results, errors = threading.Barrier(threads), [None] * threads, []

    def run(number):
        barrier.wait()
        try:
            results[number] = work(number)
        except BaseException as e:
            errors.append(e)

    started = [threading.Thread(target=run, args=(i,)) for i in range(threads)]
    for t in started:
        t.start()
    for t in started:
        t.join()
    if errors:
        raise errors[0]
    return results


def rounds(least=3):
    """Count up until the time is over, at least a few times."""
    end, n = time.monotonic() + SECONDS, 0
    while n < least or time.monotonic() < end:
        yield n
        n += 1


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="not a free-threaded Python")
def test_the_import_leaves_the_gil_off():
    environment = {name: value for name, value in os.environ.items() if name != "PYTHON_GIL"}
    program = "import cdeffi, sys; cdeffi.FFI().dlopen(None); print(sys._is_gil_enabled())"
    assert subprocess.run([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True).stdout == "False\n"


def test_first_call_of_a_function():
    """Its call plan is made by the first call: here by all of them."""
    for _ in rounds(20):
        ffi = cdeffi.FFI()
        ffi.cdef("double sqrt(double); size_t strlen(const char *); int abs(int); int snprintf(char *, size_t, const char *, ...);")
        lib, buf = ffi.dlopen(None), [ffi.new("char[20]") for _ in range(THREADS)]

        def work(number):
            n = lib.snprintf(buf[number], 20, b"%d", ffi.cast("int", number * 1000))
            return lib.sqrt(float(number * number)), lib.strlen(b"x" * number), lib.abs(-number), ffi.string(buf[number], n)

        assert together(work) == [(float(i), i, i, b"%d" % (i * 1000)) for i in range(THREADS)]


def test_first_look_at_types():
    """Equal types are one object, whoever makes it, and whoever drops it at that moment."""
    ffi = cdeffi.FFI()
    ffi.cdef("typedef struct node { int value; struct node *next; } node;")
    for n in rounds(20):
        names = ["node *[%d]" % (n % 50 + 1), "int(*)(node *, char[%d])" % (n % 50 + 1), "node *"]
        types = together(lambda number: [ffi.typeof(name) for name in names] + [ffi.typeof(names[0]).item])
        assert all(a is b for other in types for a, b in zip(types[0], other))


def test_first_look_at_fields():
    for n in rounds(20):
        ffi = cdeffi.FFI()
        ffi.cdef("struct s { int a; struct { int b; int c : 5; }; double d[3]; };")
        p = ffi.new("struct s *", {"a": 1, "b": 2, "c": 3, "d": [4, 5, 6]})
        seen = together(lambda number: (p.a, p.b, p.c, list(p.d), [name for name, _ in ffi.typeof("struct s").fields]))
        assert seen == [(1, 2, 3, [4.0, 5.0, 6.0], ["a", "b", "c", "d"])] * THREADS


def test_an_iterator_gives_each_item_once():
    ffi = cdeffi.FFI()
    a = ffi.new("int[3000]", list(range(3000)))
    for _ in rounds():
        it = iter(a)
        assert sorted(sum(together(lambda number: list(it)), [])) == list(range(3000))


def test_a_list_that_changes_while_it_is_converted():
    """No crash; what arrives are items that the list had."""
    ffi = cdeffi.FFI()
    ffi.cdef("struct large { long v[5]; };")
    values, stop = list(range(1000, 1040)), threading.Event()

    def work(number):
        if number == 0:
            for i in rounds(200):
                values[:] = [1000 + i % 2000 + k for k in range(i % 60)]
            stop.set()
            return
        while not stop.is_set():
            items = list(values)
            try:
                a = ffi.new("int[]", values)
                ffi.new("struct large *", {"v": items[:5]})
            except IndexError:
                continue
            assert all(x == 0 or 1000 <= x < 3060 for x in a)

    together(work)


def test_a_list_that_changes_while_it_is_passed(testlib_path):
    ffi = cdeffi.FFI()
    ffi.cdef("long sum_ints(const int *items, int n);")
    lib, stop = ffi.dlopen(testlib_path), threading.Event()
    values = [5000] * 50

    def work(number):
        if number == 0:
            for i in rounds(200):
                values[:] = [5000 + i % 7] * (40 + i % 20)
            stop.set()
        while not stop.is_set():
            assert 0 <= lib.sum_ints(values, 40) <= 40 * 5006

    together(work)


def test_objects_in_a_list_that_others_replace():
    """A reader takes a reference to what another thread frees at that moment; its memory is used anew."""
    ffi = cdeffi.FFI()
    ffi.cdef("typedef struct { int x, y; long z; } point;")
    places, stop = [ffi.new("point *", [7, 7, 7])] * 4, threading.Event()

    def work(number):
        if number < 3:
            for i in rounds(200):
                for k in range(4):
                    places[k] = ffi.new("point *", [7, 7, 7])
                    ffi.new("char[]", b"\xff" * (16 + i % 100))
            stop.set()
        while not stop.is_set():
            for p in places:
                assert p.x == p.y == p[0].z == 7

    together(work)


def test_memory_that_is_busy():
    """The counter that guards release() is not lost in a race: at the end it is at zero again."""
    ffi = cdeffi.FFI()
    a = ffi.from_buffer("int[]", bytearray(400))
    p = ffi.gc(ffi.new("int[10]"), lambda p: None)

    def work(number):
        for i in rounds(500):
            a[number] = i
            p[number] = i
            memoryview(p).release()

    together(work)
    for cdata in (a, p):
        ffi.release(cdata)


def test_a_destructor_runs_once():
    ffi = cdeffi.FFI()
    for _ in rounds(50):
        calls = []
        p = ffi.gc(ffi.new("int *"), calls.append)
        together(lambda number: ffi.release(p))
        assert len(calls) == 1


def test_closing_while_others_look_up():
    ffi = cdeffi.FFI()
    ffi.cdef("".join("double %s(double);" % f for f in "sin cos tan exp log sqrt cbrt".split()))
    for _ in rounds(50):
        lib = ffi.dlopen("m")

        def work(number):
            if number == 0:
                ffi.dlclose(lib)
                return None
            try:
                return [getattr(lib, f) for f in "sin cos tan exp log sqrt cbrt".split()] and "found"
            except ValueError as e:
                return "closed" if "already been closed" in str(e) else e

        assert set(together(work)) <= {None, "found", "closed"}


def test_handles():
    ffi = cdeffi.FFI()

    def work(number):
        for i in rounds(300):
            objects = [(number, i, k) for k in range(5)]
            handles = [ffi.new_handle(o) for o in objects]
            assert [ffi.from_handle(ffi.cast("void *", h)) for h in handles] == objects

    together(work)


def test_declaring_and_looking():
    ffi = cdeffi.FFI()
    known = collections.deque(maxlen=20)

    def work(number):
        for i in rounds(30):
            name = "t%d_%d" % (number, i)
            ffi.cdef("typedef struct { char text[%d]; } %s; enum { E_%s = %d };" % (i + 1, name, name, i))
            known.append((name, i + 1))
            for other, size in list(known):
                assert ffi.sizeof(other) == size and ffi.typeof(other) is ffi.typeof(other)
                assert ffi.new(other + " *").text[0] == b"\0"

    together(work)
    gc.collect()


def test_including():
    base = [cdeffi.FFI() for _ in range(THREADS)]
    for i, b in enumerate(base):
        b.cdef("typedef int i%d; enum { K%d = %d };" % (i, i, i))
    for _ in rounds(10):
        ffi = cdeffi.FFI()

        def work(number):
            ffi.include(base[number])
            return ffi.sizeof("i%d" % number), ffi.constants["K%d" % number]

        assert together(work) == [(4, i) for i in range(THREADS)]
        assert sorted(ffi.list_types()[0]) == ["i%d" % i for i in range(THREADS)]


def test_callbacks_of_all_threads(testlib_path):
    ffi = cdeffi.FFI()
    ffi.cdef("int apply(int (*f)(int), int x); int apply_on_thread(int (*f)(int), int x); int set_errno(int value);")
    lib = ffi.dlopen(testlib_path)
    counts = collections.Counter()

    @ffi.callback("int(int)")
    def shared(x):
        counts[threading.get_ident()] += 1
        return x + 1

    def work(number):
        for i in rounds(50):
            lib.set_errno(number * 1000 + i % 1000)
            assert lib.apply(shared, i) == i + 1
            assert ffi.errno == number * 1000 + i % 1000
            own = ffi.callback("int(int)", lambda x: x * number)
            assert lib.apply(own, i) == i * number
            if i % 20 == 0:
                assert lib.apply_on_thread(own, i) == i * number
            del own

    together(work)
    assert sum(counts.values()) >= THREADS * 50
