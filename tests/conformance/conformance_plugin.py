"""The pytest plugin of the runner.

It makes sure that the suite meets the drop-in and no installed cffi, notes which test is running (the
one that killed the process, if there is no report), and gives _cffi_backend the C
functions that cffi's test_c.py calls. Those are in the C source of the suite's version, which the
runner compiles into a library of its own: a shipped extension has no business with them.
"""
import os

import _cffi_backend
import cffi


def _make_testfunc(path):
    library = _cffi_backend.load_library(path)
    number, address = map(_cffi_backend.new_primitive_type, ("int", "size_t"))
    lookup = library.load_function(_cffi_backend.new_function_type((number,), address), "testfunc")

    def _testfunc(number):
        """The address of test function NUMBER."""
        found = lookup(number)
        if not found:
            raise ValueError(number)
        return found

    return _testfunc


for _module in (cffi, _cffi_backend):
    if not getattr(_module, "_is_complete", False):
        raise SystemExit("%s is not the drop-in: %s" % (_module.__name__, _module.__file__))


def _apply_embedding_fix(ffi, options):
    """cffi's own name for what its suite asks the FFI, to learn whether there is a libpython to link with."""
    from cdeffi.builder.embedding import add_options

    add_options(options)


cffi.FFI._apply_embedding_fix = _apply_embedding_fix
cffi._pycparser = None  # its tests of installed packages look for a pycparser elsewhere, unless cffi has its own
if os.environ.get("CDEFFI_TESTFUNCS"):
    _cffi_backend._testfunc = _make_testfunc(os.environ["CDEFFI_TESTFUNCS"])


def pytest_runtest_logstart(nodeid, location):
    """A hook: remember what runs."""
    with open(os.environ["CDEFFI_CURRENT"], "w") as current:
        current.write(nodeid)
