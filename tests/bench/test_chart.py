"""Charts hold what they are given, and say it in words too."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from bench.chart import Axis, Chart, Line, svg
from bench.plot import charts

SVG = "{http://www.w3.org/2000/svg}"


def drawn(chart: Chart) -> ElementTree.Element:
    return ElementTree.fromstring(svg(chart))


def words(element: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in element.iter(f"{SVG}text")]


def places(element: ElementTree.Element) -> list[list[tuple[float, float]]]:
    """The points of each line; the legend's strokes are left out."""
    found = [
        [(float(x), float(y)) for x, y in (point.split(",") for point in line.attrib["points"].split())]
        for line in element.iter(f"{SVG}polyline")
    ]
    return found[::2]


@pytest.mark.parametrize("is_log", [True, False])
def test_every_point_lies_on_the_paper_in_its_order(is_log: bool) -> None:
    values = [3.0, 0.4, 170.0, 12_345.0, 0.07]
    line = Line("a", list(enumerate(values, 1)))
    ((points),) = places(drawn(Chart("t", Axis("x"), Axis("y", is_log=is_log), [line])))
    heights = [top for _, top in points]
    assert sorted(heights, reverse=True) == [heights[n] for n in (4, 1, 0, 2, 3)]
    assert all(0 < left < 900 and 0 < top < 440 for left, top in points)
    assert [left for left, _ in points] == sorted(left for left, _ in points)


def test_a_logarithmic_axis_leaves_out_what_is_not_above_nothing() -> None:
    line = Line("a", [(1, 0.0), (2, 5.0), (3, 7.0)])
    (points,) = places(drawn(Chart("t", Axis("x"), Axis("y", is_log=True), [line])))
    assert len(points) == 2


@pytest.mark.parametrize("values", [[], [0.0], [5.0], [5.0, 5.0]])
@pytest.mark.parametrize("is_log", [True, False])
def test_few_or_like_values_are_drawn_too(values: list[float], is_log: bool) -> None:
    line = Line("a", list(enumerate(values, 1)))
    assert "nan" not in svg(Chart("t", Axis("x", is_log=is_log), Axis("y", is_log=is_log), [line]))


def test_axes_title_legend_and_note_are_told_and_escaped() -> None:
    chart = Chart(
        "times <by> load",
        Axis("connections", ticks=(1, 8)),
        Axis("ms"),
        [Line("p95 & more", [(1, 2), (8, 3)])],
        "n",
    )
    told = drawn(chart)
    assert {"times <by> load", "connections", "ms", "p95 & more", "n", "1", "8"} <= set(words(told))
    description = told.find(f"{SVG}desc")
    assert description is not None
    assert "p95 & more: 1: 2, 8: 3" in (description.text or "")


def result(what: str, cases: int, p50: float, commit: str) -> dict[str, object]:
    machine = {"processor": "a", "cores": 2, "commit": commit, "at": "2026-01-01", "load_at_end": [0.5]}
    spread = {"count": 1, "p50": p50, "p95": p50, "p99": p50}
    runs = [
        {"name": "clerk, all", "cases": cases, "spread": spread},
        {"name": "    its statements alone", "cases": cases, "spread": spread},
    ]
    return {"what": what, "machine": machine, "runs": runs}


def test_a_page_is_drawn_by_size_from_the_last_result_of_each() -> None:
    found = [result("case", 10, 7.0, "old"), result("case", 100, 3.0, "b"), result("case", 10, 2.0, "c")]
    ((name, chart),) = charts(found)
    assert name == "case-by-size-clerk"
    assert [(line.name, line.points) for line in chart.lines] == [("all", [(10, 2.0), (100, 3.0)])]
    assert "old" not in chart.note


def test_one_size_is_no_chart() -> None:
    assert list(charts([result("case", 10, 7.0, "a")])) == []
