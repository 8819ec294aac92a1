"""A page of a worklist: the server's time for people who may see a part, in a small and a very large city.

One connection asks for one page after the other, so that a page's time is the server's own. Beside it the
time of the page's own query as a prepared statement on the same database, which is the limit.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import orjson
import psycopg
from django.db.models import Count

from bench.client import Script, drive, get
from bench.figures import CpuMeter, Run, Spread, keep, show
from bench.ground import Ground, Person, Web, person, posts, web
from bench.intake import tally
from linli.domains.cases import finding, queries
from linli.domains.cases.models import Case, Task
from linli.kernel.units.models import Post

if TYPE_CHECKING:
    from bench.main import Settings

TENTH = 10
"""Pages are turned to this one."""
SEARCH = "井盖"
ROWS = 50
"""On a page."""


@dataclass(frozen=True)
class Look:
    """One page that somebody asks for."""

    who: str
    what: str
    person: Person
    asked: dict[str, str]
    page: int = 1

    @property
    def name(self) -> str:
        return f"{self.who}, {self.what}"


def run(base: Ground, chosen: Settings) -> list[Run]:
    names = {cases: base.city(cases) for cases in (chosen.cases, chosen.many)}
    found: dict[int, list[Run]] = {}
    for cases, name in names.items():
        base.renew(name)
        looks = _looks()
        with web(base) as site:
            found[cases] = [one for look in looks for one in _measure(base, site, look, chosen.repeats)]
        show(f"worklist: {cases:,} cases", found[cases])
    _compare(found[chosen.cases], found[chosen.many])
    runs = [run for part in found.values() for run in part]
    keep("worklist", {"sizes": [chosen.cases, chosen.many]}, runs)
    return runs


def _looks() -> list[Look]:
    """What three people look at: those of their kind with the most to see."""
    people = {
        "grid worker": person(_busiest("grid_worker", "area")),
        "dispatcher": person(_busiest("dispatcher", "township")),
        "clerk": person(_busiest_clerk()),
    }
    looks = []
    for who, one in people.items():
        looks += [
            Look(who, "to do", one, {"list": "todo"}),
            Look(who, "all", one, {"list": "all"}),
            Look(who, "all, tenth page", one, {"list": "all"}, page=TENTH),
            Look(who, "overdue", one, {"list": "overdue"}),
            Look(who, "closed, filtered", one, {"list": "closed", "urgency": "urgent"}),
            Look(who, f"search {SEARCH}", one, {"list": "all", "q": SEARCH}),
        ]
    return looks


def _busiest(role: str, column: str) -> Post:
    by_area = {one.area: one for one in posts(role)}
    areas = Case.objects.values_list(column).annotate(n=Count("pk")).order_by("-n")
    return next(by_area[area] for area, _ in areas if area in by_area)


def _busiest_clerk() -> Post:
    by_unit = {one.unit_id: one for one in posts("clerk")}
    units = Task.objects.values_list("unit_id").annotate(n=Count("pk")).order_by("-n")
    return next(by_unit[unit] for unit, _ in units if unit in by_unit)


def _measure(base: Ground, site: Web, look: Look, repeats: int) -> list[Run]:
    path = "/api/v1/cases?" + urlencode(look.asked | {"limit": str(ROWS)}, quote_via=quote)
    token = look.person.token
    rows = 0

    def turn(pages: int) -> Script:
        nonlocal path, rows
        for _ in range(pages):
            answer = yield get(path, token)
            told = orjson.loads(answer.body)
            rows = len(told["items"])
            if told["next"]:
                asked = look.asked | {"limit": str(ROWS), "cursor": told["next"]}
                path = "/api/v1/cases?" + urlencode(asked, quote_via=quote)

    def ask() -> Script:
        for _ in range(repeats):
            answer = yield get(path, token)
            assert answer.status == 200, answer.body

    drive(site.port, [turn(look.page - 1)] if look.page > 1 else [], seconds=60)
    cursor = path.partition("cursor=")[2]
    drive(site.port, [_some(path, token, 10)], seconds=60)  # warm both processes
    meter = CpuMeter({"web": [site.pid], "database": [base.server_pid], "client": [os.getpid()]})
    samples, passed = drive(site.port, [ask()], seconds=600)
    over_http = tally(look.name, samples, passed, meter, ok=[200])
    return [over_http, _alone(base, look, cursor, repeats)]


def _some(path: str, token: str, count: int) -> Script:
    for _ in range(count):
        yield get(path, token)


def _alone(base: Ground, look: Look, cursor: str, repeats: int) -> Run:
    """The page's query by itself, prepared."""
    actor, code = look.person.actor, look.asked["list"]
    listed, narrowed = queries.WORKLISTS[code], queries.Filter.read(look.asked)
    sql, parameters = (
        finding.soonest(actor, listed, narrowed, cursor, ROWS + 1).query.sql_with_params()
        if listed.by_due
        else finding.newest(actor, listed, narrowed, cursor, ROWS + 1)
    )
    taken = []
    meter = CpuMeter({"database": [base.server_pid]})
    with psycopg.connect(base.conninfo(), autocommit=True) as alone:
        for _ in range(repeats):
            begun = time.perf_counter()
            alone.execute(sql, parameters, prepare=True).fetchall()
            taken.append(time.perf_counter() - begun)
    used = {who: spent * 1e3 / repeats for who, spent in meter.used().items()}
    return Run("    its query alone", sum(taken), repeats, 0, Spread.of(taken), used)


def _compare(small: list[Run], large: list[Run]) -> None:
    print("\n  the large city against the small one (p50)")
    for one, many in zip(small, large, strict=True):
        if one.spread and many.spread:
            print(f"  {one.name:<34}{many.spread.p50:>9.2f} ms {many.spread.p50 / one.spread.p50:>6.2f} x")
