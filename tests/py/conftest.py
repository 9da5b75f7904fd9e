"""What every test file may use."""
import os

import pytest
from hypothesis import HealthCheck, settings

import cdeffi

# By default hypothesis fails a test that took long by the clock: on a busy machine, or under a sanitizer, any does.
settings.register_profile("without clocks", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("without clocks")


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
