"""What every test file may use."""
import os

import pytest

import cdeffi


@pytest.fixture
def ffi():
    """A fresh FFI."""
    return cdeffi.FFI()


@pytest.fixture(scope="session")
def testlib_path():
    """The path of the C library made from tests/lib."""
    path = os.environ.get("CDEFFI_TESTLIB")
    if not path or not os.path.exists(path):
        pytest.skip("CDEFFI_TESTLIB is not set: run through make")
    return path
