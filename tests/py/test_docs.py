"""The transcripts of the manual are what Python shows. Each page has an interpreter of its own: some make cdeffi
take cffi's place."""
import pathlib
import subprocess
import sys

import pytest

PAGES = sorted((pathlib.Path(__file__).resolve().parents[2] / "docs").glob("*.md"))
RUN = """
import doctest, sys
failed, tried = doctest.testfile(sys.argv[1], module_relative=False, optionflags=doctest.ELLIPSIS)
sys.exit(failed > 0 or tried == 0)
"""


@pytest.mark.parametrize("page", [p for p in PAGES if ">>>" in p.read_text()], ids=lambda p: p.name)
def test_page(page):
    done = subprocess.run([sys.executable, "-c", RUN, str(page)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
