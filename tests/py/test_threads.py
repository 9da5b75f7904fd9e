"""Threads that call, are called back and raise at the same time."""
import os
import pathlib
import sys
import threading
import time

SECONDS = float(os.environ.get("CDEFFI_STRESS_SECONDS", "1"))
THREADS = 8


def test_stress(ffi, testlib_path, monkeypatch):
    """No crash, no lost errno, no lost exception. CDEFFI_STRESS_SECONDS=60 runs long."""
    ffi.cdef((pathlib.Path(__file__).parent.parent / "lib" / "calls.h").read_text())
    ffi.cdef("""int apply(int (*f)(int), int x); int set_errno(int value); long sum_ints(const int *items, int n);
                struct large echo_large(struct large); int apply_on_thread(int (*f)(int), int x);""")
    lib = ffi.dlopen(testlib_path)
    reported = []
    monkeypatch.setattr(sys, "unraisablehook", lambda u: reported.append(int(str(u.exc_value))))
    failures, raised, rounds = [], [], []
    end = time.monotonic() + SECONDS

    def work(number):
        def callback(x):
            if x % 7 == 0:
                raised.append(x)
                raise ValueError(x)
            return x + number
        pointer = ffi.callback("int(int)", callback, error=-1)
        n = 0
        while time.monotonic() < end or n < 20:
            n += 1
            x = number * 1000003 + n
            lib.set_errno(x)
            if lib.apply(pointer, x) != (-1 if x % 7 == 0 else x + number):
                failures.append(("apply", number, n))
            if ffi.errno != x:
                failures.append(("errno", number, n))
            if lib.sum_ints([n] * 50, 50) != 50 * n or lib.echo_large([[n] * 5]).v[4] != n:
                failures.append(("value", number, n))
            if n % 50 == 0 and lib.apply_on_thread(pointer, 7 * n + 1) != 7 * n + 1 + number:
                failures.append(("thread", number, n))
        rounds.append(n)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [] and len(rounds) == THREADS
    assert sorted(reported) == sorted(raised) and raised
