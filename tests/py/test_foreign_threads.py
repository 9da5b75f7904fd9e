"""Callbacks on threads that C made: what Python keeps of such a thread, until when, and how processes end."""
import gc
import os
import subprocess
import sys
import threading
import weakref

import pytest

API = """
    int apply(int (*f)(int), int x); int apply_on_thread(int (*f)(int), int x);
    int apply_often_on_thread(int (*f)(int), int x, int times); int apply_on_threads(int (*f)(int), int x, int threads);
    int apply_forever(int (*f)(int), int threads); int apply_at_end_of_thread(int (*f)(int));
    int apply_and_exit(int (*f)(int)); void exit_thread(void);
"""


class Value:
    """What threads keep in a threading.local."""


@pytest.fixture
def lib(ffi, testlib_path):
    ffi.cdef(API)
    return ffi.dlopen(testlib_path)


class Kept:
    """Weak references to the values that each thread's first callback left in its threading.local."""

    def __init__(self, ffi):
        self.local, self.references, self.idents, self.threads = threading.local(), [], [], []
        self.callback = ffi.callback("int(int)", self.run)

    def run(self, x):
        if not hasattr(self.local, "value"):
            self.local.value = Value()
            self.references.append(weakref.ref(self.local.value))
        self.idents.append(threading.get_ident())
        self.threads.append(threading.current_thread())
        return x

    def alive(self):
        gc.collect()
        return sum(r() is not None for r in self.references)


@pytest.fixture
def kept(ffi):
    return Kept(ffi)


def test_thread_stays_one(lib, kept):
    assert lib.apply_often_on_thread(kept.callback, 0, 100) == 99
    assert len(kept.references) == 1 and len(kept.idents) == 100
    assert len(set(kept.idents)) == 1 and kept.idents[0] != threading.get_ident()
    assert all(t is kept.threads[0] for t in kept.threads)


def test_values_go_with_their_thread(lib, kept):
    lib.apply_often_on_thread(kept.callback, 0, 3)
    lib.apply(kept.callback, 0)  # the next callback, on this thread
    assert len(kept.references) == 2 and kept.alive() == 1
    assert kept.references[0]() is None and kept.references[1]() is kept.local.value


def test_many_threads(lib, kept):
    most = 0
    for i in range(1000):
        assert lib.apply_on_thread(kept.callback, i) == i
        if i % 100 == 0:
            most = max(most, kept.alive())
    assert len(kept.references) == 1000 and most <= 2
    lib.apply(kept.callback, 0)
    assert kept.alive() == 1


def test_many_threads_at_once(lib, kept):
    for i in range(20):
        assert lib.apply_on_threads(kept.callback, i, 50) == 50 * i + 1225
    lib.apply(kept.callback, 0)
    assert len(kept.references) == 1001 and kept.alive() == 1


def test_threads_of_the_callbacks_of_several_python_threads(lib, kept):
    threads = [threading.Thread(target=lambda: [lib.apply_on_threads(kept.callback, 0, 10) for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lib.apply(kept.callback, 0)
    assert len(kept.references) == 801 and kept.alive() == 1


def test_values_that_call_back_when_they_go(ffi, lib, kept):
    """Destroying one thread's state runs Python code, which calls back, on this thread and on new ones."""
    gone = []

    class Last(Value):
        def __del__(self):
            gone.append(lib.apply(kept.callback, 5) + lib.apply_on_thread(kept.callback, 6))

    @ffi.callback("int(int)")
    def leave(x):
        kept.local.last = Last()
        return x

    lib.apply_on_threads(leave, 0, 8)
    for _ in range(20):
        lib.apply(kept.callback, 0)
    gc.collect()
    assert gone == [11] * 8 and kept.alive() == 1


def test_exceptions_and_their_context_do_not_stay(ffi, lib, kept, monkeypatch):
    reported = []
    monkeypatch.setattr(sys, "unraisablehook", lambda u: reported.append((str(u.exc_value), u.exc_value.__context__)))

    @ffi.callback("int(int)")
    def fail(x):
        raise ValueError(x)

    lib.apply_often_on_thread(fail, 0, 3)
    assert reported == [("0", None), ("1", None), ("2", None)]


def test_callback_when_the_thread_ends(ffi, lib, kept):
    """From the destructor of another key, at which Python may have forgotten the thread."""
    for _ in range(50):
        assert lib.apply_at_end_of_thread(kept.callback) == 0
    assert len(kept.idents) == 100
    lib.apply(kept.callback, 0)
    lib.apply(kept.callback, 0)
    assert kept.alive() == 1


def test_thread_that_exits_in_a_callback(ffi, lib, kept):
    @ffi.callback("int(int)")
    def leave(x):
        kept.run(x)
        lib.exit_thread()
        return x

    assert lib.apply_and_exit(leave) == 0
    assert lib.apply_often_on_thread(kept.callback, 0, 2) == 1 and lib.apply(kept.callback, 7) == 7


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_fork(ffi, lib, kept):
    """The child has none of the parent's other threads; Python has deleted their states."""
    lib.apply_on_threads(kept.callback, 0, 5)  # ended, not yet destroyed
    child = os.fork()
    if child == 0:
        good = lib.apply(kept.callback, 3) == 3 and lib.apply_on_threads(kept.callback, 0, 5) == 10 and lib.apply(kept.callback, 3) == 3
        os._exit(0 if good else 1)
    assert os.waitpid(child, 0)[1] == 0
    lib.apply(kept.callback, 0)
    assert kept.alive() == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_fork_in_a_callback(ffi, lib, kept):
    status = []

    @ffi.callback("int(int)")
    def fork(x):
        kept.run(x)
        child = os.fork()
        if child == 0:
            good = lib.apply_on_threads(kept.callback, 0, 5) == 10 and lib.apply(kept.callback, 3) == 3 and kept.alive() == 1
            os._exit(0 if good else 1)
        status.append(os.waitpid(child, 0)[1])
        return x

    assert lib.apply_often_on_thread(fork, 0, 3) == 2 and status == [0, 0, 0]
    assert len(kept.references) == 1


PROGRAM = """
import sys, threading, time
import cdeffi
ffi = cdeffi.FFI()
ffi.cdef({api!r})
lib, local, values = ffi.dlopen({path!r}), threading.local(), []
@ffi.callback("int(int)")
def f(x):
    local.count = getattr(local, "count", 0) + 1
    if local.count == 3:
        values.append(local)
    return x
"""
ENDS = {
    "threads that go on": "lib.apply_forever(f, 3)\nwhile len(values) < 3: time.sleep(0.001)",
    "threads that ended": "lib.apply_on_threads(f, 0, 20)",
    "callbacks of the interpreter's end": """
class Late:
    def __del__(self, lib=lib, f=f): lib.apply(f, 1)
late = Late()
lib.apply_on_threads(f, 0, 20)
sys.late = late, f, lib
import atexit
atexit.register(lib.apply_on_threads, f, 0, 20)""",
    "an FFI that goes first": "lib.apply_on_threads(f, 0, 20)\ndel lib, ffi, f",
}


@pytest.mark.parametrize("end", ENDS)
def test_end_of_the_process(testlib_path, end):
    program = PROGRAM.format(api=API, path=testlib_path) + ENDS[end] + "\nprint('end', flush=True)\n"
    for _ in range(5 if "go on" in end else 1):
        done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")
