"""A page of a worklist: the server's time for people who may see a part, in a small and a very large city.

One connection asks for one page after the other, so that a page's time is the server's own. Beside it the
time of the page's own query as a prepared statement on the same database, which is the limit.

For each list somebody looks who has most on it; in the large city, for a list of work, somebody who has about
as much on it as that. Where a page of the small city is not full, the large city is also asked for a page of
as many rows: only like pages are compared, and those in turns.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import psycopg

from bench.client import Request, Script, drive, get, view
from bench.costs import COUNTED, WARM, costs
from bench.figures import Cost, CpuMeter, Run, Spread, keep, memory, show
from bench.ground import Ground, Person, Web, person, web
from bench.people import busiest, cases_listed
from linli.domains.cases import finding, queries
from linli.kernel.access.actor import actor_of
from linli.kernel.units.models import Post
from linli.lib.time import today

if TYPE_CHECKING:
    from bench.main import Settings

TENTH = 10
"""Pages are turned to this one."""
SEARCH = "井盖"
ROWS = 50
"""On a page."""
ALONE = "    its query alone"


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


TURNS = 10
"""Pages that are compared are asked for in so many turns, first of the one city, then of the other: what
the machine does meanwhile falls on both."""


@dataclass(frozen=True)
class Asked:
    """A look in one city, with all that is needed to ask for it while another database is in use."""

    look: Look
    cases: int
    filled: int
    """How many rows the page shows."""
    request: Request
    alone: finding.Statement
    conninfo: str
    site: Web
    cost: Cost


def run(base: Ground, chosen: Settings) -> list[Run]:
    sizes = (chosen.cases, chosen.many)
    names = {cases: base.city(cases) for cases in sizes}
    asked: dict[int, list[Asked]] = {}
    like: dict[str, int] = {}
    with ExitStack() as ending:
        for cases in sizes:
            base.use(names[cases])
            site = ending.enter_context(web(base))
            looks = _looks(like)
            if asked:  # the small city's pages that are not full
                short = {one.look.name: one.filled for one in asked[chosen.cases] if not one.look.is_desk}
                looks += [
                    replace(look, rows=short[look.name])
                    for look in looks
                    if 0 < short.get(look.name, 0) < ROWS
                ]
            else:
                like = {
                    look.name: _work(look.person.post, look.asked) for look in looks if _is_work(look.asked)
                }
            asked[cases] = [_asked(base, site, look, cases) for look in looks]
        found: dict[int, list[Run]] = {cases: [] for cases in sizes}
        for together in _alike(*asked.values()):
            for one in _measure(base, together, chosen.repeats):
                found[one.cases].append(one)
    for cases in sizes:
        show(f"worklist: {cases:,} cases", found[cases])
    filled = {one.look.name: one.filled for one in asked[chosen.cases]}
    _compare(found[chosen.cases], found[chosen.many], filled)
    runs = [run for part in found.values() for run in part]
    keep("worklist", {"sizes": list(sizes), "rows": filled}, runs)
    return runs


def _alike(small: Sequence[Asked], large: Sequence[Asked]) -> Iterator[list[Asked]]:
    """Each page of the small city with the one of the large city that shows as many rows; the rest alone."""
    left = {one.look.name: one for one in large}
    for one in small:
        is_short = 0 < one.filled < ROWS and not one.look.is_desk
        name = (replace(one.look, rows=one.filled) if is_short else one.look).name
        other = left.pop(name, None)
        yield [one, other] if other else [one]
    for one in left.values():
        yield [one]


LISTS: dict[str, dict[str, str]] = {
    "to do": {"list": "todo"},
    "all": {"list": "all"},
    "overdue": {"list": "overdue"},
    "closed, filtered": {"list": "closed", "urgency": "urgent"},
    f"search {SEARCH}": {"list": "all", "q": SEARCH},
    f"search {SEARCH}, filtered": {
        "list": "closed",
        "q": SEARCH,
        "urgency": "urgent",
        "opened_from": f"{today().year}-01-01",
    },
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


def _asked(base: Ground, site: Web, look: Look, cases: int) -> Asked:
    """The look on the database in use: its page is turned to, and what it costs is counted."""
    actor, code, narrowed, cursor = look.person.actor, look.asked["list"], queries.Filter.read(look.asked), ""
    for page in range(1, look.page + 1):
        shown = finding.page(actor, code, narrowed, after=cursor, size=look.rows)
        if page == look.page or not shown.next:
            break
        cursor = shown.next
    listed, request = queries.WORKLISTS[code], look.request(cursor)
    read = finding.soonest if listed.by_due else finding.newest
    alone = read(actor, listed, narrowed, cursor, look.rows + 1)
    (cost,) = costs(base, _some(request, WARM + COUNTED)).values()
    return Asked(look, cases, len(shown.cases), request, alone, base.conninfo(), site, cost)


@dataclass
class Taken:
    """What was taken for one page, turn after turn."""

    seconds: list[float] = field(default_factory=list)
    """Of each answer."""
    passed: float = 0.0
    used: Counter[str] = field(default_factory=Counter)
    """Seconds of CPU, by who used them."""
    received: list[int] = field(default_factory=list)
    """Bytes of each answer."""

    def run(self, name: str, one: Asked) -> Run:
        done = len(self.seconds)
        used = {who: spent * 1e3 / done for who, spent in self.used.items()}
        return Run(name, self.passed, done, 0, Spread.of(self.seconds), used, cases=one.cases)


def _measure(base: Ground, together: Sequence[Asked], repeats: int) -> list[Run]:
    """Pages that are compared, in turns: over HTTP, then their queries alone."""
    for one in together:
        drive(one.site.port, [_some(one.request, 10)], seconds=60)  # warm both processes
    served = _in_turns([partial(_ask, base, one) for one in together], repeats)
    runs = []
    for one, taken in zip(together, served, strict=True):
        run = taken.run(one.look.name, one)
        run.cost, run.received, run.workers = one.cost, fmean(taken.received), memory(one.site.pid)
        runs.append(run)
    if together[0].look.is_desk:
        return runs
    with ExitStack() as ending:
        lines = [ending.enter_context(psycopg.connect(one.conninfo, autocommit=True)) for one in together]
        alone = _in_turns(
            [partial(_query, base, line, one) for line, one in zip(lines, together, strict=True)], repeats
        )
    return runs + [taken.run(ALONE, one) for one, taken in zip(together, alone, strict=True)]


def _in_turns(asking: Sequence[Callable[[Taken, int], None]], repeats: int) -> list[Taken]:
    """Each asked ``repeats`` times in all, a few times a turn."""
    taken = [Taken() for _ in asking]
    for turn in range(turns := min(TURNS, repeats)):
        count = repeats // turns + (turn < repeats % turns)
        for ask, noted in zip(asking, taken, strict=True):
            ask(noted, count)
    return taken


def _ask(base: Ground, one: Asked, noted: Taken, count: int) -> None:
    """The page over HTTP."""
    meter = CpuMeter({"web": [one.site.pid], "database": [base.server_pid], "client": [os.getpid()]})
    samples, passed = drive(one.site.port, [_some(one.request, count)], seconds=600)
    noted.used.update(meter.used())
    assert all(sample.status == 200 for sample in samples), one.look.name
    noted.seconds += [sample.seconds for sample in samples]
    noted.received += [sample.received for sample in samples]
    noted.passed += passed


def _query(base: Ground, line: psycopg.Connection, one: Asked, noted: Taken, count: int) -> None:
    """The page's query by itself, prepared."""
    meter = CpuMeter({"database": [base.server_pid]})
    for _ in range(count):
        begun = time.perf_counter()
        line.execute(*one.alone, prepare=True).fetchall()
        noted.seconds.append(time.perf_counter() - begun)
        noted.passed += noted.seconds[-1]
    noted.used.update(meter.used())


def _some(request: Request, count: int) -> Script:
    for _ in range(count):
        yield request


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
