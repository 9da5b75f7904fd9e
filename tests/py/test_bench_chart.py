"""bench/chart.py: the picture has every figure, at its place."""
import pathlib
import sys
import xml.etree.ElementTree as ET

import pytest

BENCH = str(pathlib.Path(__file__).resolve().parents[2] / "bench")


@pytest.fixture
def chart(monkeypatch):
    monkeypatch.syspath_prepend(BENCH)
    monkeypatch.delitem(sys.modules, "chart", raising=False)
    import chart
    return chart


def test_each_figure_has_its_mark(chart):
    groups = {"Calls": [("f(x) < 'y' & z", {"ours": 20.0, "api": 200.0, "builtin": 1.0}), ("g()", {"ours": 2000.0})],
              "Data": [("p.x", {"ours": 30.0, "kept": 0.0, "abi": 300.0})]}
    root = ET.fromstring(chart.svg(groups, "somewhere"))
    marks = {}
    for circle in root.iter("{http://www.w3.org/2000/svg}circle"):
        title = circle[0].text
        if " ns" in title:
            marks[title] = float(circle.get("cx")), float(circle.get("cy"))
    assert sorted(marks) == ["cdeffi: 20 ns", "cdeffi: 2000 ns", "cdeffi: 30 ns", "cffi, compiled (API mode): 200 ns",
                             "cffi, in-line (ABI mode): 300 ns"]
    assert marks["cdeffi: 20 ns"][1] == marks["cffi, compiled (API mode): 200 ns"][1] < marks["cdeffi: 2000 ns"][1]
    decade = marks["cffi, compiled (API mode): 200 ns"][0] - marks["cdeffi: 20 ns"][0]  # equal ratios, equal distances
    assert marks["cdeffi: 2000 ns"][0] - marks["cffi, compiled (API mode): 200 ns"][0] == pytest.approx(decade, abs=0.2)
    words = {text.text for text in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"f(x) < 'y' & z", "g()", "p.x", "Calls", "Data", "10 ns", "10 µs"} <= words
    width, height = float(root.get("width")), float(root.get("height"))
    assert all(0 < x < width and 0 < y < height for x, y in marks.values())


def test_figures_in_one_decade(chart):
    assert "<svg" in chart.svg({"Calls": [("f()", {"ours": 10.0})]}, "here")
