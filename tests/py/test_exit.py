"""What runs when an interpreter, or the process, ends: destructors, callbacks that C calls late, busy threads."""
import os
import subprocess
import sys
import textwrap

import pytest

START = """
import gc, sys, threading, time
import cdeffi
ffi = cdeffi.FFI()
ffi.cdef('''int on_exit(void (*)(int, void *), void *); int abs(int); int usleep(unsigned);
            typedef struct { int a; } s; enum color { RED };
            void qsort(void *, size_t, size_t, int (*)(const void *, const void *));''')
lib = ffi.dlopen(None)
class Node: pass
"""


def run(program):
    done = subprocess.run([sys.executable, "-c", START + textwrap.dedent(program)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=60)
    assert done.returncode == 0, done.stdout
    return done.stdout.splitlines()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="on_exit() is glibc's")
def test_a_callback_after_python_is_gone():
    lines = run("""
        @ffi.callback("void(int, void *)")
        def late(status, data):
            print("late")
        lib.on_exit(late, ffi.NULL)
        g = ffi.gc(ffi.new("int *", 5), lambda p: print("gc", p[0], flush=True))
        n = Node()
        n.n, n.g = n, ffi.gc(ffi.new("int *", 6), lambda p: print("cycle", p[0], flush=True))
        sys.modules["kept"] = n
    """)
    assert sorted(line for line in lines if line != "late") == ["cycle 6", "gc 5"]


def test_daemon_threads_in_callbacks():
    assert run("""
        def work():
            compare = ffi.callback("int(const void *, const void *)", lambda a, b: (lib.usleep(50), 0)[1])
            items = ffi.new("int[1000]")
            while True:
                lib.qsort(items, 1000, 4, compare)
        for _ in range(4):
            threading.Thread(target=work, daemon=True).start()
        time.sleep(0.2)
        print("end", flush=True)
    """) == ["end"]


def test_interpreters_come_and_go():
    """Each with types, memory, destructors, handles and callbacks of its own, in cycles."""
    pytest.importorskip("_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters")
    assert run("""
        try:
            import _interpreters as interpreters
        except ImportError:
            import _xxsubinterpreters as interpreters
        source = '''
        import cdeffi
        ffi = cdeffi.FFI()
        ffi.cdef("typedef struct { int a; } s; int abs(int); enum color { RED };")
        p = ffi.new("s *", [4])
        g, h, cb = ffi.gc(p, lambda x: None), ffi.new_handle(p), ffi.callback("int(int)", lambda x: x + 1)
        assert cb(3) == 4 and ffi.dlopen(None).abs(-3) == 3
        class Node: pass
        n = Node()
        n.n, n.g, n.cb, n.ffi = n, ffi.gc(ffi.new("int *"), lambda x: None), cb, ffi
        '''.replace("\\n        ", "\\n")
        for _ in range(10):
            one = interpreters.create()
            assert (getattr(interpreters, "exec", None) or interpreters.run_string)(one, source) is None
            interpreters.destroy(one)
        exec(source)
        print("end", flush=True)
    """) == ["end"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_fork_while_another_thread_initialises():
    assert run("""
        import os, signal, warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # of CPython 3.12, about os.fork() beside threads
        started = threading.Event()
        def slow():
            started.set()
            time.sleep(0.3)
            return 7
        thread = threading.Thread(target=ffi.init_once, args=(slow, "tag"))
        thread.start()
        started.wait()
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            ffi.cdef("int puts(const char *);")
            os._exit(0 if lib.abs(-3) == 3 and ffi.sizeof("int[77]") == 308 else 1)
        print(os.waitpid(child, 0)[1], ffi.init_once(lambda: 8, "tag"), flush=True)
        thread.join()
    """) == ["0 7"]
