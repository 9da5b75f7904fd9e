"""The transcripts of the manual are what Python shows."""
import pathlib
import sysconfig

import pytest
import transcript

PAGES = sorted((pathlib.Path(__file__).resolve().parents[2] / "docs").glob("*.md"))


@pytest.mark.parametrize("page", [p for p in PAGES if ">>>" in p.read_text()], ids=lambda p: p.name)
def test_page(page):
    if page.name == "embedding.md" and not sysconfig.get_config_var("Py_ENABLE_SHARED"):
        pytest.skip("this Python has no shared library")
    failed, tried, report = transcript.check(page)
    assert tried > 0 and failed == 0, report
