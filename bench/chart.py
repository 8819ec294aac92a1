"""Line charts as SVG: axes with ticks and titles, a grid, lines with marks of their own, a legend."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 920, 440
LEFT, RIGHT, TOP, BOTTOM = 84, 280, 60, 84
"""What is left free around the lines, for axes, legend, title and note."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#8a8a8a")
"""Told apart also by most who see few colours (Okabe and Ito); marks and dashes tell the rest."""
MARKED = 40
"""A line of more points has no marks."""
TICKS = 6
ROUND = (1.0, 2.0, 5.0)
FONT = "system-ui,'Noto Sans','DejaVu Sans',sans-serif"

Point = tuple[float, float]


@dataclass(frozen=True)
class Axis:
    title: str
    is_log: bool = False
    ticks: tuple[float, ...] = ()
    """Where it is marked; at round values, where nothing is said."""


@dataclass(frozen=True)
class Line:
    name: str
    points: Sequence[Point]
    is_dashed: bool = False


@dataclass(frozen=True)
class Chart:
    """Lines over two axes. A plain axis begins at 0; a logarithmic one leaves out what is not above 0."""

    title: str
    x: Axis
    y: Axis
    lines: Sequence[Line]
    note: str = ""


def svg(chart: Chart) -> str:
    """The chart as a file by itself, which also says in words what it shows."""
    x = _scale(chart.x, [at for line in chart.lines for at, _ in line.points], LEFT, WIDTH - RIGHT)
    y = _scale(chart.y, [value for line in chart.lines for _, value in line.points], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' font-family="{FONT}" font-size="13" fill="#222">',
        f"<title>{escape(chart.title)}</title>",
        f"<desc>{escape(_in_words(chart))}</desc>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        _text(LEFT, 30, chart.title, size=17, weight=600),
        *_grid(x, y),
    ]
    for number, line in enumerate(chart.lines):
        parts += _drawn(line, number, x, y)
        parts += _legend(line, number)
    parts += [_text(LEFT, HEIGHT - 12, chart.note, size=11, colour="#666"), "</svg>"]
    return "\n".join(parts) + "\n"


def _in_words(chart: Chart) -> str:
    lines = (
        f"{line.name}: "
        + ", ".join(f"{_told(at)}: {_told(value)}" for at, value in line.points[:: _every(line)])
        for line in chart.lines
    )
    return f"{chart.y.title} by {chart.x.title}. " + "; ".join(lines)


def _every(line: Line) -> int:
    return len(line.points) // MARKED + 1


# Scales ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Scale:
    """Where the values of an axis are on the paper."""

    axis: Axis
    low: float
    high: float
    ticks: Sequence[float]
    first: float
    last: float

    def holds(self, value: float) -> bool:
        return value > 0 or not self.axis.is_log

    def place(self, value: float) -> float:
        share = (self._along(value) - self._along(self.low)) / (
            self._along(self.high) - self._along(self.low)
        )
        return self.first + share * (self.last - self.first)

    def _along(self, value: float) -> float:
        return math.log10(value) if self.axis.is_log else value


def _scale(axis: Axis, values: Sequence[float], first: float, last: float) -> _Scale:
    """A scale that holds all values and ends at round ones."""
    if axis.is_log:
        found = [value for value in values if value > 0] or [1.0]
        ticks = list(axis.ticks) or _decades(min(found), max(found))
        low, high = min(*ticks, *found), max(*ticks, *found)
        if low == high:
            low, high = low / 2, high * 2
    else:
        low, high = min([0.0, *values]), max([0.0, *values])
        high = high if high > low else low + 1.0
        ticks = list(axis.ticks) or _steps(low, high)
        low, high = min(low, *ticks), max(high, *ticks)
    return _Scale(axis, low, high, ticks, first, last)


def _steps(low: float, high: float) -> list[float]:
    """Some round values at like distances, the first at or below ``low``, the last at or above ``high``."""
    rough = (high - low) / TICKS
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * times for times in (*ROUND, 10.0) if size * times >= rough)
    return [step * n for n in range(math.floor(low / step), math.ceil(high / step) + 1)]


def _decades(low: float, high: float) -> list[float]:
    """Powers of ten around the values, with 2 and 5 between where there are few."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    times = ROUND if last - first <= 3 else ROUND[:1]
    found = [base * 10.0**power for power in range(first, last + 1) for base in times]
    below = [value for value in found if value <= low][-1:]
    above = [value for value in found if value >= high][:1]
    return [*below, *(value for value in found if low < value < high), *(v for v in above if v not in below)]


# Drawing ---------------------------------------------------------------------------------------------------


def _grid(x: _Scale, y: _Scale) -> Iterator[str]:
    for value in y.ticks:
        at = y.place(value)
        yield _stroke(x.first, at, x.last, at)
        yield _text(x.first - 8, at + 4, _told(value), anchor="end")
    for value in x.ticks:
        at = x.place(value)
        yield _stroke(at, y.first, at, y.first + 5, colour="#888")
        yield _text(at, y.first + 20, _told(value), anchor="middle")
    yield _stroke(x.first, y.first, x.last, y.first, colour="#888")
    yield _text((x.first + x.last) / 2, y.first + 42, x.axis.title, anchor="middle")
    middle = (y.first + y.last) / 2
    yield _text(20, middle, y.axis.title, anchor="middle", more=f' transform="rotate(-90 20 {middle:.1f})"')


def _drawn(line: Line, number: int, x: _Scale, y: _Scale) -> Iterator[str]:
    points = [(x.place(at), y.place(value)) for at, value in line.points if x.holds(at) and y.holds(value)]
    told = " ".join(f"{left:.1f},{top:.1f}" for left, top in points)
    yield f'<polyline points="{told}" fill="none" {_pen(line, number)}/>'
    if len(points) <= MARKED:
        yield from (_mark(number, left, top) for left, top in points)


def _legend(line: Line, number: int) -> Iterator[str]:
    left, top = WIDTH - RIGHT + 22, TOP + 10 + 22 * number
    yield f'<polyline points="{left},{top} {left + 28},{top}" fill="none" {_pen(line, number)}/>'
    if len(line.points) <= MARKED:
        yield _mark(number, left + 14, top)
    yield _text(left + 36, top + 4, line.name)


def _pen(line: Line, number: int) -> str:
    dashes = ' stroke-dasharray="6 4"' if line.is_dashed else ""
    return f'stroke="{COLOURS[number % len(COLOURS)]}" stroke-width="2"{dashes}'


def _mark(number: int, left: float, top: float) -> str:
    """A circle, square, triangle or diamond, by the line's number."""
    colour = COLOURS[number % len(COLOURS)]
    if number % 4 == 0:
        return f'<circle cx="{left:.1f}" cy="{top:.1f}" r="4" fill="{colour}"/>'
    corners = (
        ((-4, -4), (4, -4), (4, 4), (-4, 4)),
        ((0, -5), (5, 4), (-5, 4)),
        ((0, -5.5), (5.5, 0), (0, 5.5), (-5.5, 0)),
    )[number % 4 - 1]
    told = " ".join(f"{left + right:.1f},{top + down:.1f}" for right, down in corners)
    return f'<polygon points="{told}" fill="{colour}"/>'


def _stroke(left: float, top: float, right: float, bottom: float, *, colour: str = "#ddd") -> str:
    return f'<line x1="{left:.1f}" y1="{top:.1f}" x2="{right:.1f}" y2="{bottom:.1f}" stroke="{colour}"/>'


def _text(
    left: float,
    top: float,
    words: str,
    *,
    anchor: str = "start",
    size: int = 13,
    weight: int = 400,
    colour: str = "#222",
    more: str = "",
) -> str:
    return (
        f'<text x="{left:.1f}" y="{top:.1f}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}"'
        f' fill="{colour}"{more}>{escape(words)}</text>'
    )


def _told(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.3g}"
