"""A page of a worklist: the server's time for people who may see a part, in a small and a very large city.

One connection asks for one page after the other, so that a page's time is the server's own. Beside it the
time of the page's own query as a prepared statement on the same database, which is the limit.

For each list somebody looks who has most on it; in the large city, for a list of work, somebody who has about
as much on it as that. Where a page of the small city is not full, the large city is also asked for a page of
as many rows: only like pages are compared.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import orjson
import psycopg

from bench.client import Request, Script, drive, get, view
from bench.costs import COUNTED, WARM, costs
from bench.figures import CpuMeter, Run, Spread, keep, show
from bench.ground import Ground, Person, Web, person, web
from bench.intake import tally
from bench.people import busiest, cases_listed
from linli.domains.cases import finding, queries
from linli.kernel.access.actor import actor_of
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
    rows: int = ROWS
    is_desk: bool = False
    """The page of the desk as a browser gets it, not the list over REST."""

    @property
    def name(self) -> str:
        less = f", {self.rows} rows" if self.rows < ROWS else ""
        return f"{self.who}, {'desk, ' if self.is_desk else ''}{self.what}{less}"

    def request(self, cursor: str) -> Request:
        if self.is_desk:
            return view("/desk/?" + urlencode(self.asked, quote_via=quote), self.person.session)
        asked = {**self.asked, "limit": str(self.rows), "cursor": cursor}
        return get("/api/v1/cases?" + urlencode(asked, quote_via=quote), self.person.token)


def run(base: Ground, chosen: Settings) -> list[Run]:
    names = {cases: base.city(cases) for cases in (chosen.cases, chosen.many)}
    found: dict[int, list[Run]] = {}
    filled: dict[str, int] = {}
    work: dict[str, int] = {}
    for cases, name in names.items():
        base.renew(name)
        looks = _looks(work)
        if filled:  # the small city's pages that are not full
            lists = [look for look in looks if not look.is_desk]
            looks += [replace(look, rows=rows) for look in lists if 0 < (rows := filled[look.name]) < ROWS]
        with web(base) as site:
            found[cases] = [
                one for look in looks for one in _measure(base, site, look, cases, chosen.repeats)
            ]
        if not filled:
            filled = {look.name: _filled(look) for look in looks}
            work = {look.name: _work(look.person.post, look.asked) for look in looks if _is_work(look.asked)}
        show(f"worklist: {cases:,} cases", found[cases])
    _compare(found[chosen.cases], found[chosen.many], filled)
    runs = [run for part in found.values() for run in part]
    keep("worklist", {"sizes": [chosen.cases, chosen.many], "rows": filled}, runs)
    return runs


LISTS: dict[str, dict[str, str]] = {
    "to do": {"list": "todo"},
    "all": {"list": "all"},
    "overdue": {"list": "overdue"},
    "closed, filtered": {"list": "closed", "urgency": "urgent"},
    f"search {SEARCH}": {"list": "all", "q": SEARCH},
}


def _looks(like: Mapping[str, int]) -> list[Look]:
    """What people of three roles look at. ``like`` tells, by name, how long a list of work is to be."""
    looks = []
    for who, candidates in busiest().items():
        for what, asked in LISTS.items():
            length = like.get(f"{who}, {what}")
            if length is None:
                one = person(max(candidates, key=lambda post: _many(post, asked)))
            else:
                one = person(min(candidates, key=lambda post: abs(_work(post, asked) - length)))
            looks.append(Look(who, what, one, asked))
            if what == "all":
                looks.append(Look(who, "all, tenth page", one, asked, page=TENTH))
            if what in ("to do", "all"):
                looks.append(Look(who, what, one, asked, is_desk=True))
    return looks


def _many(post: Post, asked: dict[str, str]) -> int:
    """How much of a page somebody's list fills."""
    return len(cases_listed(post, asked, ROWS))


def _is_work(asked: Mapping[str, str]) -> bool:
    return queries.WORKLISTS[asked["list"]].by_due


def _work(post: Post, asked: Mapping[str, str]) -> int:
    """How long a list of work is."""
    return finding.counts(actor_of(post), [asked["list"]])[asked["list"]]


def _filled(look: Look) -> int:
    """How many rows the page shows."""
    actor, narrowed, cursor = look.person.actor, queries.Filter.read(look.asked), ""
    for _ in range(look.page):
        page = finding.page(actor, look.asked["list"], narrowed, after=cursor)
        cursor = page.next
        if not cursor:
            break
    return len(page.cases)


def _measure(base: Ground, site: Web, look: Look, cases: int, repeats: int) -> list[Run]:
    cursor = ""

    def turn(pages: int) -> Script:
        nonlocal cursor
        for _ in range(pages):
            answer = yield look.request(cursor)
            cursor = orjson.loads(answer.body)["next"] or cursor

    def ask() -> Script:
        for _ in range(repeats):
            answer = yield look.request(cursor)
            assert answer.status == 200, answer.body

    drive(site.port, [turn(look.page - 1)] if look.page > 1 else [], seconds=60)
    drive(site.port, [_some(look.request(cursor), 10)], seconds=60)  # warm both processes
    meter = CpuMeter({"web": [site.pid], "database": [base.server_pid], "client": [os.getpid()]})
    samples, passed = drive(site.port, [ask()], seconds=600)
    over_http = tally(look.name, samples, passed, meter, ok=[200])
    over_http.cases = cases
    (over_http.cost,) = costs(base, _some(look.request(cursor), WARM + COUNTED)).values()
    return [over_http] if look.is_desk else [over_http, _alone(base, look, cursor, repeats)]


def _some(request: Request, count: int) -> Script:
    for _ in range(count):
        yield request


def _alone(base: Ground, look: Look, cursor: str, repeats: int) -> Run:
    """The page's query by itself, prepared."""
    actor, code = look.person.actor, look.asked["list"]
    listed, narrowed = queries.WORKLISTS[code], queries.Filter.read(look.asked)
    sql, parameters = (
        finding.soonest(actor, listed, narrowed, cursor, look.rows + 1)
        if listed.by_due
        else finding.newest(actor, listed, narrowed, cursor, look.rows + 1)
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


def _compare(small: list[Run], large: list[Run], filled: dict[str, int]) -> None:
    """Page by page, those that show as many rows in both."""
    print("\n  the large city against the small one (p50)")
    spreads = {run.name: run.spread for run in large}
    for one in small:
        rows = filled.get(one.name, 0)
        many = spreads.get(one.name if rows == ROWS else f"{one.name}, {rows} rows")
        if one.spread and many and rows:
            ratio = many.p50 / one.spread.p50
            print(f"  {one.name:<34}{rows:>4} rows{many.p50:>9.2f} ms {ratio:>6.2f} x")
