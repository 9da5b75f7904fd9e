"""import cffi: install_as_cffi(), python -m cdeffi.as_cffi, the drop-in folder; what importing costs."""
import os
import subprocess
import sys

import pytest

import cdeffi

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(cdeffi.__file__)))
DROPIN = os.path.join(os.path.dirname(PACKAGE), "dropin")


def python(*arguments, path=(PACKAGE,), code=None, check=True, cwd=None):
    """Run a fresh interpreter; its standard output."""
    environ = dict(os.environ, PYTHONPATH=os.pathsep.join(path))
    command = [sys.executable] + (["-c", code] if code else []) + list(arguments)
    done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd)
    if check and done.returncode:
        pytest.fail(done.stderr)
    return done if not check else done.stdout


SHOW = """
import cffi, _cffi_backend, cffi.api, cffi.error
from cffi._imp_emulation import load_dynamic
from cffi.backend_ctypes import CTypesBackend
from cffi.lock import allocate_lock
from cffi import cffi_opcode
import cdeffi
assert cffi.FFI is cffi.api.FFI is cdeffi.FFI
assert cffi.CDefError is cffi.error.CDefError is cdeffi.CDefError
assert cffi.__version__ == _cffi_backend.__version__ == "2.1.1" and cffi.__version_info__ == (2, 1, 1)
assert _cffi_backend.RTLD_NOW == 2 and cffi_opcode.PRIMITIVE_TO_INDEX["int"] == 7
assert (cffi_opcode.OP_FUNCTION, cffi_opcode.OP_TYPENAME, cffi_opcode.CLASS_NAME[41]) == (13, 21, "EXTERN_PYTHON")
assert (cffi_opcode.PRIM_ULONGLONG, cffi_opcode.PRIM_UINT_FAST8, cffi_opcode.PRIM_FLOATCOMPLEX) == (12, 39, 48)
assert (cffi_opcode.PRIM_BOOL, cffi_opcode.PRIM_SSIZE, cffi_opcode._NUM_PRIM, cffi_opcode.F_OPAQUE) == (1, 29, 52, 16)
ffi = cffi.FFI(backend=CTypesBackend())
ffi.cdef("int abs(int);")
print(ffi.dlopen(None).abs(-5), _cffi_backend.FFI().sizeof("int"))
"""


def test_install_as_cffi():
    out = python(code="import cdeffi; cdeffi.install_as_cffi(); cdeffi.install_as_cffi()\n" + SHOW)
    assert out == "5 4\n"


def test_the_drop_in_folder_is_where_cffi_is():
    code = "import cffi, _cffi_backend, os; print(*[os.path.dirname(os.path.dirname(m.__file__)) for m in (cffi, _cffi_backend)])"
    assert python(code=code, path=(DROPIN, PACKAGE)).split() == [DROPIN, DROPIN]


def test_dropin_folder():
    assert python(code=SHOW, path=(DROPIN, PACKAGE)) == "5 4\n"
    assert python(code="import _cffi_backend\n" + SHOW, path=(DROPIN, PACKAGE)) == "5 4\n"
    assert python(code="import cffi.api\n" + SHOW, path=(DROPIN, PACKAGE)) == "5 4\n"


NAMES = """
import pickle
for cls in (CDefError, FFIError, PkgConfigError, VerificationError, VerificationMissing, FFI):
    print(cls.__module__ + "." + cls.__qualname__, end=" ")
try:
    FFI().cdef("int [")
except CDefError as error:
    assert pickle.loads(pickle.dumps(error)).args == error.args
try:
    FFI().typeof("int[3][]")
except (CDefError, TypeError) as error:
    print(isinstance(error, CDefError) and isinstance(error, ValueError), type(pickle.loads(pickle.dumps(error))) is type(error))
raise CDefError("last")
"""


@pytest.mark.parametrize("package, ffi, path", [("cdeffi", "cdeffi", (PACKAGE,)), ("cffi", "cffi.api", (DROPIN, PACKAGE))])
def test_classes_are_shown_under_the_name_of_the_package_in_use(package, ffi, path):
    code = "from %s import CDefError, FFIError, PkgConfigError, VerificationError, VerificationMissing, FFI" % package + NAMES
    done = python(code=code, path=path, check=False)
    names = ("CDefError", "FFIError", "PkgConfigError", "VerificationError", "VerificationMissing")
    assert done.stdout == "".join("%s.%s " % (package, name) for name in names) + "%s.FFI True True\n" % ffi, done.stderr
    assert done.stderr.splitlines()[-1] == "%s.CDefError: last" % package


@pytest.mark.parametrize("name", ["cffi", "_cffi_backend"])
def test_refuses_after_the_real_one(tmp_path, name):
    (tmp_path / (name + ".py")).write_text("__version__ = '1.99'\n")
    code = "import %s, cdeffi; cdeffi.install_as_cffi()" % name
    done = python(code=code, path=(str(tmp_path), PACKAGE), check=False)
    assert done.returncode == 1
    assert "RuntimeError: cannot install cdeffi as cffi: %s 1.99 (" % name in done.stderr
    assert "was imported before" in done.stderr


def test_script(tmp_path):
    (tmp_path / "helper.py").write_text("WORD = 'helper'\n")
    script = tmp_path / "program.py"
    script.write_text("import sys, cffi, helper\nprint(__name__, sys.argv[1:], cffi.FFI.__module__, helper.WORD, cffi._is_cdeffi)\n")
    assert python("-m", "cdeffi.as_cffi", str(script), "-x", "y") == "__main__ ['-x', 'y'] cffi.api helper True\n"


def test_module(tmp_path):
    (tmp_path / "program.py").write_text("import sys, cffi\nprint(__name__, sys.argv[1:], cffi._is_cdeffi)\n")
    assert python("-m", "cdeffi.as_cffi", "-m", "program", "z", cwd=tmp_path) == "__main__ ['z'] True\n"


def test_usage():
    done = python("-m", "cdeffi.as_cffi", check=False)
    assert done.returncode == 2 and "SCRIPT" in done.stderr
    assert python("-m", "cdeffi.as_cffi", "--help", check=False).returncode == 0


def test_a_failing_script_fails(tmp_path):
    script = tmp_path / "fails.py"
    script.write_text("raise SystemExit(7)\n")
    assert python("-m", "cdeffi.as_cffi", str(script), check=False).returncode == 7


def test_import_is_light():
    code = "import sys; before = set(sys.modules); import cdeffi; print(*sorted(set(sys.modules) - before))"
    assert python(code=code).split() == ["cdeffi", "cdeffi._cdeffi"]


def test_first_call_imports_nothing_heavy():
    code = """
import sys; before = set(sys.modules)
from cdeffi import FFI
ffi = FFI(); ffi.cdef("double sqrt(double);"); ffi.dlopen("m").sqrt(2.0)
heavy = {"ctypes", "subprocess", "re", "tempfile", "inspect", "enum", "typing"}
print(*sorted((set(sys.modules) - before) & heavy))
"""
    assert python(code=code).strip() == ""


def test_two_interpreters_can_load_it():
    code = """
try:
    import _interpreters as interpreters
except ImportError:
    try:
        import _xxsubinterpreters as interpreters
    except ImportError:
        raise SystemExit(print("none"))
source = "from cdeffi import FFI; f = FFI(); f.cdef('int abs(int);'); assert f.dlopen(None).abs(-3) == 3"
exec(source)
one = interpreters.create()
result = (getattr(interpreters, "exec", None) or interpreters.run_string)(one, source)
interpreters.destroy(one)
exec(source)
print(result)
"""
    assert python(code=code).strip() in ("None", "none")


@pytest.mark.parametrize("name", ["cffi", "_cffi_backend"])
def test_dropin_imported_by_several_threads(name):
    """Each finds it complete: nobody gets a module that another thread is still making, or that is replaced then."""
    code = """if True:
        import sys, threading
        sys.setswitchinterval(1e-6)
        gate, wrong = threading.Barrier(6), []
        def run():
            gate.wait()
            module, backend = __import__(%r), __import__("_cffi_backend")
            if not (getattr(module, "_is_complete", 0) and hasattr(backend, "_init_cffi_1_0_external_module")):
                wrong.append(module)
        threads = [threading.Thread(target=run) for _ in range(6)]
        [thread.start() for thread in threads], [thread.join() for thread in threads]
        print(wrong)
        """ % name
    for _ in range(5):
        assert python(code=code, path=(DROPIN, PACKAGE)) == "[]\n"
