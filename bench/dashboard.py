"""The figures of a district's head and of a mayor: the wall, what it asks for again and again, and REST.

Beside the times stand how old the figures are at most while reports come in, and whether they are exact:
against a live count by SQL for every area and indicator that stands, and against a recount from the journal
case by case in plain Python, for the largest area that this can be done for.
"""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import cycle
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import orjson

from bench.client import Request, Script, drive, get, post, view
from bench.figures import CpuMeter, Run, Spread, keep, show
from bench.ground import Ground, Person, Web, person, posts, web, worker
from bench.intake import statements, tally
from bench.pages import Page, measure, tell_ratios
from linli.domains.cases import indicators
from linli.domains.cases.models import Case
from linli.domains.cases.tests.recount import recount, stories
from linli.kernel.access.actor import SYSTEM
from linli.kernel.areas import queries as areas
from linli.kernel.areas.levels import Level
from linli.kernel.insight import keeping
from linli.kernel.insight.declaration import Grain, Indicator, Period
from linli.kernel.insight.figures import Figure, counted, figures
from linli.kernel.insight.models import Watermark
from linli.kernel.insight.standing import STANDING
from linli.lib.time import at, now, today

if TYPE_CHECKING:
    from bench.main import Settings

STANDS = STANDING[Case.family]
WRITERS = 4
"""Connections that report while the wall is looked at."""
RECOUNTED = 20_000
"""Cases of the area that is recounted from the journal at most."""


def run(base: Ground, chosen: Settings) -> list[Run]:
    base.copy(base.city(chosen.cases))
    made_anew = None if base.in_place else _make_anew()  # of a very large city it takes long
    viewers = {"district head": _leader(Level.DISTRICT), "mayor": _leader(Level.CITY)}
    with web(base) as site, worker(base):
        pages = [page for who, one in viewers.items() for page in _pages(site, who, one)]
        runs = [
            one
            for page in pages
            for one in measure(base, site, page, cases=chosen.cases, repeats=chosen.repeats)
        ]
        age = _age(base, site, viewers["mayor"], chosen.seconds * chosen.rounds)
    show(f"dashboard: {chosen.cases:,} cases", [*runs, *age.runs])
    found: dict[str, object] = {
        "ratios": tell_ratios(runs),
        "made_anew_seconds": made_anew,
        "age": {"answers": len(age.seconds), "longest": max(age.seconds), "p95": age.p95},
        "exact": exactness(),
    }
    for name, value in found.items():
        if name != "ratios":
            print(f"  {name.replace('_', ' ')}: {value}")
    keep("dashboard", {"cases": chosen.cases, **found}, [*runs, *age.runs])
    return [*runs, *age.runs]


def _make_anew() -> float:
    """Make the standing figures from nothing, as after midnight; seconds."""
    Watermark.objects.all().delete()
    begun = time.perf_counter()
    keeping.keep(STANDS)
    return round(time.perf_counter() - begun, 2)


def _leader(level: Level) -> Person:
    return person(next(post for post in posts("leader") if len(post.area) == level.width))


def _pages(site: Web, who: str, one: Person) -> list[Page]:
    area, day = one.post.area, today().isoformat()
    live = view(f"/wall/live?area={area}", one.session)
    tag = _tag_of(site, live)
    asked = {
        "wall": view(f"/wall/?area={area}", one.session),
        "wall, again": live,
        "wall, unchanged": view(f"/wall/live?area={area}", one.session, known=tag),
        "stats, 30 days": get(f"/api/v1/stats?area={area}", one.token),
        "stats, today": get(f"/api/v1/stats?area={area}&from={day}&to={day}", one.token),
    }
    return [Page(f"{who}, {what}", [request]) for what, request in asked.items()]


def _tag_of(site: Web, request: Request) -> str:
    """The ETag of what is served now."""
    tags = []

    def look() -> Script:
        answer = yield request
        tags.append(re.search(rb"\r\netag: (\S+)", answer.head, re.IGNORECASE))

    drive(site.port, [look()], seconds=60)
    (found,) = tags
    assert found is not None
    return str(found[1].decode())


# How old ---------------------------------------------------------------------------------------------------


@dataclass
class Age:
    """How old the wall was, answer by answer, while reports came in."""

    acknowledged: list[float] = field(default_factory=list)
    """When each report was answered."""
    seen: list[tuple[float, int]] = field(default_factory=list)
    """When the wall was asked for, and how many reports of today it then showed."""
    runs: list[Run] = field(default_factory=list)

    @property
    def seconds(self) -> list[float]:
        """For each look, for how long the oldest report that it did not show had been answered."""
        start = self.seen[0][1]
        return [self._age(asked, shown - start) for asked, shown in self.seen]

    def _age(self, asked: float, shown: int) -> float:
        waiting = self.acknowledged[shown : shown + 1]
        return max(0.0, asked - waiting[0]) if waiting else 0.0

    @property
    def p95(self) -> float:
        return Spread.of(self.seconds).p95 / 1e3


def _age(base: Ground, site: Web, viewer: Person, seconds: float) -> Age:
    """Look at the wall again and again while others report."""
    found, given = Age(), statements()
    reporter = person(posts("dispatcher")[0])
    live = view(f"/wall/live?area={viewer.post.area}", viewer.session)

    def look() -> Script:
        while True:
            asked = time.perf_counter()
            answer = yield replace(live, name="look")
            found.seen.append((asked, _reported_today(answer.body)))

    def report(number: int) -> Script:
        for one in cycle(given[number::WRITERS]):
            content = one | {"channel": "api", "client_id": uuid4()}
            yield post("/api/v1/reports", reporter.token, content, name="report")
            found.acknowledged.append(time.perf_counter())

    drive(site.port, [look()], seconds=0.0)  # what is shown before anything comes in
    meter = CpuMeter({"web": [site.pid], "database": [base.server_pid], "client": [os.getpid()]})
    samples, passed = drive(site.port, [look(), *map(report, range(WRITERS))], seconds=seconds)
    found.acknowledged.sort()
    for name, what, ok in (("report", "reports meanwhile", [201]), ("look", "the wall meanwhile", [200])):
        some = [sample for sample in samples if sample.name == name]
        found.runs.append(tally(what, some, passed, meter, ok=ok))
    return found


def _reported_today(body: bytes) -> int:
    """The first number of the headline."""
    _, content = orjson.loads(body)["panels"]["headline"]
    told = re.search(r"<b>([\d,]+)</b>", content)
    assert told is not None, content
    return int(told[1].replace(",", ""))


# Whether they are exact ------------------------------------------------------------------------------------


def exactness() -> dict[str, object]:
    """How many standing figures were compared, and which differ: with a live count, and with a recount."""
    with at(now()):
        keeping.keep(STANDS)
        (city,) = {node.code for node in areas.cities()}
        some = [city, *_first_below(city)]
        compared, wrong = 0, []
        for area in some:
            for name, same in _against_live(area):
                compared += 1
                wrong += [] if same else [name]
        recounted, cases = next(found for found in _sizes(some) if found[1] <= RECOUNTED)
        again = dict(_against_journal(recounted))
    return {
        "areas": some,
        "compared_with_live": compared,
        "differ": wrong,
        "recounted": {"area": recounted, "cases": cases, "figures": len(again)},
        "differ_from_recount": [code for code, same in again.items() if not same],
    }


def _first_below(area: str) -> list[str]:
    """An area of each level below: the one with most cases."""
    found = []
    while below := areas.children(area):
        sizes = dict(_sizes(node.code for node in below))
        area = max(sizes, key=lambda code: sizes[code])
        if len(area) > Level.GRID.width:
            break
        found.append(area)
    return found


def _sizes(codes: Iterable[str]) -> Iterable[tuple[str, int]]:
    for code in codes:
        yield code, Case.objects.filter(area__startswith=code).count()


def _against_live(area: str) -> Iterable[tuple[str, bool]]:
    """Each figure that stands, and whether a count over the cases themselves gives the same."""
    on = indicators.seen_by(SYSTEM, area)
    for days, wanted in STANDS.windows.items():
        period = Period.days(days)
        kept, live = figures(on, wanted, period), counted(on, wanted, period)
        for one in wanted:
            yield f"{area} {days} {one.code}", _same(kept[""][one.code], live[""][one.code])
    period, told = Period.days(STANDS.longest), _told_by_area(STANDS.windows[STANDS.longest])
    for level in (one for one in Level if len(area) < one.width <= Level.GRID.width):
        kept, live = figures(on, told, period, by=level), counted(on, told, period, by=level)
        yield f"{area} by {level.value}", _numbers(kept) == _numbers(live)


def _told_by_area(wanted: Iterable[Indicator]) -> list[Indicator]:
    return [one for one in wanted if one.grain is Grain.RECORD and one.middle is None]


def _same(one: Figure, other: Figure) -> bool:
    parts = [(each.numerator, each.denominator, each.excluded) for each in (one, other)]
    values = one.value, other.value
    if None in values:
        return parts[0] == parts[1] and values[0] is values[1]
    return parts[0] == parts[1] and math.isclose(*values, rel_tol=1e-9, abs_tol=1e-9)  # type: ignore[arg-type]


def _numbers(found: dict[Any, dict[str, Figure]]) -> dict[tuple[Any, str], tuple[object, ...]]:
    """What is counted in any group, by group and indicator."""
    told = {
        (group, code): (one.numerator, one.denominator, one.excluded)
        for group, row in found.items()
        for code, one in row.items()
    }
    return {key: row for key, row in told.items() if row[0] or row[1] or any(number for _, number in row[2])}


def _against_journal(area: str) -> Iterable[tuple[str, bool]]:
    """Each figure of the last days that the journal alone also tells."""
    period = Period.days(STANDS.longest)
    found = figures(indicators.seen_by(SYSTEM, area), STANDS.windows[STANDS.longest], period)[""]
    for code, expected in recount(stories(area), period).items():
        if code not in found:
            continue
        figure = found[code]
        if isinstance(expected, tuple):
            yield code, (figure.numerator, figure.denominator) == expected
        elif code == indicators.HANDLING_TIME.code and expected is not None and figure.value is not None:
            yield code, math.isclose(figure.value, expected, rel_tol=1e-9)
        else:
            yield code, (figure.value if expected is None else figure.numerator) == expected
