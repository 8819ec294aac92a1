"""Charts of the results that are kept: by size of the city, by load, and over time.

Each is drawn from the last result of its kind; by size, from the last of each size. The note under a chart
says at which commit and on which machine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings

from bench.chart import COLOURS, Axis, Chart, Line, svg
from bench.figures import RESULTS

Result = dict[str, Any]
"""A file as ``figures.keep`` writes it."""

BY_SIZE = ("worklist", "case", "dashboard", "lifecycle")


def run() -> list[Path]:
    """Draw all charts for which there is a result, beside the results; returns the files."""
    folder = Path(settings.DATA_DIR) / RESULTS
    found = [orjson.loads(file.read_bytes()) for file in sorted(folder.glob("*.json"), key=_made)]
    made = []
    for name, chart in charts(found):
        file = folder / f"{name}.svg"
        file.write_text(svg(chart), encoding="utf-8")
        print(f"  {file}")
        made.append(file)
    return made


def _made(file: Path) -> str:
    """The instant in a file's name."""
    return file.stem.split("-", 1)[1]


def charts(found: Sequence[Result]) -> Iterator[tuple[str, Chart]]:
    """Each chart with its name; ``found``: the oldest result first."""
    for what in BY_SIZE:
        yield from _by_size(what, [one for one in found if one["what"] == what])
    last = {one["what"]: one for one in found}
    for what in ("spike", "soak"):
        if what in last:
            yield from _by_load(what, last[what])
    if "spike" in last:
        yield from _spike(last["spike"])
    if last.get("soak", {}).get("slices"):
        yield from _soak(last["soak"])


def _by_size(what: str, found: Sequence[Result]) -> Iterator[tuple[str, Chart]]:
    """The middle time of each page or step by cases in the city, a chart for each kind of person."""
    times: defaultdict[str, dict[int, float]] = defaultdict(dict)
    made_by: dict[int, Result] = {}
    for one in found:
        for run in one["runs"]:
            if run.get("cases") and run["spread"] and not run["name"].startswith(" "):
                times[run["name"]][run["cases"]] = run["spread"]["p50"]
                made_by[run["cases"]] = one
    if len(made_by) < 2:
        return
    groups: defaultdict[str, list[Line]] = defaultdict(list)
    for name, by_size in times.items():
        who, _, page = name.partition(", ") if ", " in name else name.partition(": ")
        groups[who].append(Line(page or name, sorted(by_size.items())))
    for who, lines in groups.items():
        yield (
            f"{what}-by-size-{who.replace(' ', '-')}",
            Chart(
                f"{what}: {who}, by size of the city",
                Axis("cases in the city", is_log=True, ticks=tuple(map(float, sorted(made_by)))),
                Axis("p50, milliseconds", is_log=True),
                lines[: len(COLOURS)],
                _note(*{id(one): one for one in made_by.values()}.values()),
            ),
        )


def _by_load(what: str, found: Result) -> Iterator[tuple[str, Chart]]:
    """Times and requests a second by connections that ask without pause."""
    runs = [run for run in found["runs"] if run["connections"]]
    axis = Axis("connections", is_log=True, ticks=tuple(float(run["connections"]) for run in runs))
    times = [
        Line(share, [(run["connections"], run["spread"][share]) for run in runs])
        for share in ("p50", "p95", "p99")
    ]
    rates = [
        Line("served", [(run["connections"], run["rate"]) for run in runs]),
        Line("the database alone", [(run["connections"], found["limit"]) for run in runs], is_dashed=True),
    ]
    size = f"{found['cases']:,} cases"
    yield (
        f"{what}-by-load-times",
        Chart(f"A day's work, {size}: times by load", axis, Axis("milliseconds"), times, _note(found)),
    )
    yield (
        f"{what}-by-load",
        Chart(
            f"A day's work, {size}: requests by load", axis, Axis("requests a second"), rates, _note(found)
        ),
    )


def _spike(found: Result) -> Iterator[tuple[str, Chart]]:
    seconds = found["by_second"]
    before, spike, after = found["people"]
    title = f"spike: {before}, {spike}, {after} people, {found['cases']:,} cases"
    times = [Line("p95", [(one["at"], one["p95"]) for one in seconds])]
    asked = [
        Line("requests", [(one["at"], one["asked"]) for one in seconds]),
        Line("errors", [(one["at"], one["errors"]) for one in seconds]),
    ]
    yield "spike-times", Chart(f"{title}: times", Axis("seconds"), Axis("milliseconds"), times, _note(found))
    yield (
        "spike-requests",
        Chart(f"{title}: requests", Axis("seconds"), Axis("a second"), asked, _note(found)),
    )


def _soak(found: Result) -> Iterator[tuple[str, Chart]]:
    slices = found["slices"]
    minutes = Axis("minutes")
    title = f"soak: {found['people']} people, {found['cases']:,} cases"
    times = [Line(share, [(one["at"] / 60, one[share]) for one in slices]) for share in ("p50", "p95")]
    yield "soak-times", Chart(f"{title}: times", minutes, Axis("milliseconds"), times, _note(found))
    count = min(len(one["workers"]) for one in slices)
    memory = [
        Line(
            f"process {number + 1}, {kind.upper()}",
            [(one["at"] / 60, one["workers"][number][kind]) for one in slices],
            is_dashed=kind == "rss",
        )
        for number in range(count)
        for kind in ("pss", "rss")
    ]
    yield (
        "soak-memory",
        Chart(f"{title}: the web's memory", minutes, Axis("megabytes"), memory, _note(found)),
    )


def _note(*found: Result) -> str:
    """Where and when it was measured."""
    machine = found[-1]["machine"]
    at = ", ".join(f"{one['machine']['commit']} ({one['machine']['at'][:10]})" for one in found)
    load = ", ".join(str(one["machine"]["load_at_end"][0]) for one in found)
    return f"{machine['processor']}, {machine['cores']} cores; commit {at}; load at the end {load}"
