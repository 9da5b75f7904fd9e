"""A pytest plugin: gives _cffi_backend the C functions that cffi's test_c.py calls.

They are in the C source of the suite's version, which the runner compiles into a library of its own:
a shipped extension has no business with them.
"""
import os

import _cffi_backend

_library = _cffi_backend.load_library(os.environ["CDEFFI_TESTFUNCS"])
_int = _cffi_backend.new_primitive_type("int")
_address = _library.load_function(_cffi_backend.new_function_type((_int,), _cffi_backend.new_primitive_type("size_t")), "testfunc")


def _testfunc(number):
    """The address of test function NUMBER."""
    address = _address(number)
    if not address:
        raise ValueError(number)
    return address


_cffi_backend._testfunc = _testfunc
