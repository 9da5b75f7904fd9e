"""Embedding: a C program loads a library whose functions are written in Python."""
import os
import subprocess
import sys
import sysconfig

import pytest

import cdeffi

pytestmark = pytest.mark.skipif(not sysconfig.get_config_var("Py_ENABLE_SHARED"), reason="this Python has no shared library")

PROGRAM = r"""
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct pair { int a, b; };
static int (*add)(int, int);
static struct pair (*swap)(struct pair);
static long double (*twice)(long double);
static void (*report)(const char *);
static void *work(void *arg)
{
    long first = (long)arg, sum = 0;
    for (long i = 0; i < 1000; i++)
        sum += add((int)first, (int)i);
    return (void *)sum;
}
int main(int argc, char **argv)
{
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL), *sums[2];
    pthread_t threads[2];
    if (argc < 2 || library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 2;
    }
    *(void **)&add = dlsym(library, "add");
    *(void **)&swap = dlsym(library, "swap");
    *(void **)&twice = dlsym(library, "twice");
    *(void **)&report = dlsym(library, "report");
    for (long i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, work, (void *)(i * 1000));
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], &sums[i]);
    struct pair p = swap((struct pair){1, 2});
    printf("%ld %ld %d %d %.1Lf\n", (long)sums[0], (long)sums[1], p.a, p.b, twice(1.5L));
    fflush(stdout);
    report("end");
    return 0;
}
"""

API = """
    struct pair { int a, b; };
    int add(int x, int y); struct pair swap(struct pair p); long double twice(long double x); void report(const char *text);
"""

CODE = """

    from plugin import ffi
    import sys, threading

    started = threading.get_ident()
    seen = set()

    @ffi.def_extern()
    def add(x, y):
        seen.add(threading.get_ident())
        return x + y

    @ffi.def_extern()
    def swap(p):
        return [p.b, p.a]

    @ffi.def_extern()
    def twice(x):
        return float(x) * 2

    @ffi.def_extern()
    def report(text):
        print("python", len(seen), ffi.string(text).decode())
        sys.stdout.flush()
"""


def build(folder, code, source="struct pair { int a, b; };"):
    """The plugin and the program."""
    ffi = cdeffi.FFI()
    ffi.embedding_api(API)
    ffi.set_source("plugin", source, extra_compile_args=["-Wall", "-Wextra", "-Werror"])
    ffi.embedding_init_code(code)
    library = ffi.compile(str(folder))
    assert os.path.basename(library) == "plugin.so"
    (folder / "program.c").write_text(PROGRAM)
    program = folder / "program"
    command = os.environ.get("CC", "cc").split() + [str(folder / "program.c"), "-o", str(program), "-lpthread", "-ldl"]
    subprocess.run(command, check=True)
    environ = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path[1:]), PYTHONHOME=sys.base_prefix)
    return subprocess.run([str(program), library], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)


def test_two_threads(tmp_path):
    done = build(tmp_path, CODE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["%d %d 2 1 3.0" % (sum(range(1000)), 1000 * 1000 + sum(range(1000))), "python 2 end"]


def test_start_up_code_fails(tmp_path):
    done = build(tmp_path, "import sys\nraise ValueError('no luck')\n")
    assert done.returncode == 0 and done.stdout == "0 0 0 0 0.0\n"
    assert "ValueError: no luck" in done.stderr and "The start-up code of 'plugin' failed." in done.stderr
    assert "function plugin.report() called, but initialization code failed" in done.stderr


def test_nobody_defines_it(tmp_path):
    done = build(tmp_path, "pass")
    assert done.returncode == 0 and done.stdout.startswith("0 0 ") and "add" in done.stderr


def test_extern_python_in_a_module(tmp_path):
    """Functions of extern "Python" in an ordinary module: called by C and from Python."""
    ffi = cdeffi.FFI()
    ffi.cdef('extern "Python" int add(int, int); extern "C +\tPython" double half(double); int call(int, int);')
    ffi.set_source("_extern_python", "static int add(int, int); static int call(int x, int y) { return add(x, y) + 1; }")
    ffi.compile(str(tmp_path))
    code = """if True:
        from _extern_python import ffi, lib
        @ffi.def_extern()
        def add(x, y):
            return x + y
        @ffi.def_extern(error=-1.0)
        def half(x):
            raise ValueError
        assert lib.call(3, 4) == 8 and lib.add(3, 4) == 7 and lib.half(4.0) == -1.0
        assert ffi.typeof(lib.add) is ffi.typeof("int(*)(int, int)")
        """
    environ = dict(os.environ, PYTHONPATH=os.pathsep.join([str(tmp_path)] + sys.path[1:]))
    subprocess.run([sys.executable, "-c", code], env=environ, check=True, stderr=subprocess.DEVNULL)


def test_wrong_code():
    ffi = cdeffi.FFI()
    with pytest.raises(SyntaxError):
        ffi.embedding_init_code("def f(:\n")
    with pytest.raises(TypeError):
        ffi.embedding_init_code(5)
    ffi.embedding_init_code("\n\n   x = 1\n   y = 2\n")
    assert ffi._embedding == "x = 1\ny = 2\n"
    with pytest.raises(ValueError):
        ffi.embedding_init_code("pass")
