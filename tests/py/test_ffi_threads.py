"""One FFI in several threads: declaring while others look."""
import threading


def run_all(functions):
    """Run each function in a thread of its own until all are done; their exceptions."""
    errors = []

    def guarded(function):
        try:
            function()
        except BaseException as e:
            errors.append(e)

    threads = [threading.Thread(target=guarded, args=(f,)) for f in functions]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return errors


def test_declaring_while_others_look(ffi):
    lib = ffi.dlopen(None)
    done = threading.Event()

    def declare():
        try:
            for i in range(300):
                ffi.cdef("struct s%d { int a[%d]; }; typedef struct s%d t%d; int f%d(t%d *); enum e%d { E%d = %d };"
                         % (i, i + 1, i, i, i, i, i, i, i))
        finally:
            done.set()

    def look():
        while not done.is_set():
            names = dir(lib)
            assert names == sorted(names)
            types = ffi.list_types()
            assert len(types[0]) <= len(types[1]) <= 300
            for name in types[0][-3:]:
                assert ffi.sizeof(name) == 4 * (int(name[1:]) + 1)
            assert len(ffi.constants) <= 300 and len(ffi.functions) <= 300
            names = [n for n in names if n[0] == "E"]
            assert all(getattr(lib, n) == int(n[1:]) for n in names[-3:])

    assert run_all([declare, look, look, look]) == []
    assert len(ffi.list_types()[1]) == 300


def test_opening_and_closing_in_threads(ffi):
    ffi.cdef("double sqrt(double);")

    def work():
        for _ in range(200):
            lib = ffi.dlopen("m")
            assert lib.sqrt(4.0) == 2.0
            ffi.dlclose(lib)

    def override():
        for _ in range(100):
            ffi.cdef("double sqrt(double x);", override=True)

    assert run_all([work, work, override]) == []


def test_types_by_many_threads(ffi):
    def work():
        for n in range(1, 2000):
            assert ffi.sizeof("char[%d]" % (n % 700 + 1)) == n % 700 + 1

    assert run_all([work] * 4) == []
