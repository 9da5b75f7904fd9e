"""The transcript in README.md is what Python shows."""
import pathlib

import transcript

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"


def test_readme_transcript():
    failed, tried, report = transcript.check(README)
    assert tried >= 10
    assert failed == 0, report
