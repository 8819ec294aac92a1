"""Notices to very many people at once, as an alert to a whole city: in one statement, and one by one.

So many posts are made for it, spread over the city's grids. Beside the platform's ways stands the database
alone: one prepared INSERT … SELECT of the same rows, whose ids are given.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

import psycopg
from django.db import connection
from django.db.models import QuerySet

from bench.client import Script, drive, get
from bench.figures import CpuMeter, Run, Spread, keep, show
from bench.ground import Ground, Person, Web, person, posts, web
from bench.intake import middle, tally
from linli.kernel.access.actor import actor_of
from linli.kernel.notices import actions, queries
from linli.kernel.notices.kinds import kind
from linli.kernel.notices.models import Notice
from linli.kernel.records.changes import Changes
from linli.kernel.units.models import Post
from linli.lib.time import now, today

if TYPE_CHECKING:
    from bench.main import Settings

ROLE = "grid_worker"
TITLE = "made for the bench"
ALARM = kind("bench_alarm", "暴雨红色预警", is_emergency=True)
TEXT = "请立即转移低洼地带住户，开放避难场所，每小时报告一次情况"
LOOKS = 100
"""People whose unread notices are counted afterwards."""

PEOPLE = """
WITH unit AS (SELECT id FROM units_unit ORDER BY id LIMIT 1),
grid AS (SELECT code, row_number() OVER (ORDER BY code) - 1 AS n FROM areas_area WHERE level = 'grid'),
made AS (
    INSERT INTO units_account (username, password, name, is_active, session_round, created_at)
    SELECT 'bench' || n, '!', 'bench' || n, true, 0, %s FROM generate_series(1, %s) AS n
    RETURNING id
)
INSERT INTO units_post (account_id, unit_id, role, area, title, valid_from)
SELECT made.id, unit.id, %s, grid.code, %s, %s
FROM unit, (SELECT id, row_number() OVER () AS n FROM made) made
JOIN grid ON grid.n = made.n %% (SELECT count(*) FROM grid)
"""

ALONE = """
INSERT INTO notices_notice (id, district, to_post, family, record_id, number, kind, title, body, at,
                            deliver_after, is_read)
SELECT $1::bigint + id, $2::text, id, $3::text, $4::bigint, $5::text, $6::text, $7::text, $8::text,
       $9::timestamptz, $9::timestamptz, false
FROM units_post WHERE title = $10::text
"""
LONGEST = 600.0
"""Seconds that telling everybody may take."""
FAR = 10**15
"""Ids that no sequence reaches."""


def run(base: Ground, chosen: Settings) -> list[Run]:
    base.copy(base.city(chosen.cases))
    _make(chosen.people)
    told = Post.objects.filter(title=TITLE)
    reader = person(posts("dispatcher")[0])
    groups = {"database": [base.server_pid], "client": [os.getpid()]}
    ways: dict[str, Callable[[], int]] = {
        "fan_out, one statement": lambda: _fan_out(told),
        "tell, one deed": lambda: _tell(told),
        "the database alone": lambda: _alone(base),
    }
    rounds = [[_timed(name, way, groups) for name, way in ways.items()] for _ in range(chosen.rounds)]
    runs = [middle(like) for like in zip(*rounds, strict=True)]
    _empty()
    with web(base) as site:
        runs += _meanwhile(site, reader, chosen, ways["fan_out, one statement"])
    runs.append(_looks(told))
    for one in runs:
        one.cases = chosen.cases
    ratio = runs[0].rate / runs[2].rate
    show(f"fanout: notices to {chosen.people:,} people", runs)
    print(f"  in one statement: {chosen.people / runs[0].rate:.2f} s; ratio to the limit: {ratio:.3f}")
    keep("fanout", {"people": chosen.people, "cases": chosen.cases, "ratio": ratio}, runs)
    return runs


def _make(people: int) -> None:
    """Accounts that nobody can sign in to, each with a post in one of the grids."""
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, [now(), people, ROLE, TITLE, today()])
        cursor.execute("ANALYZE units_post")


def _fan_out(told: QuerySet[Post]) -> int:
    return actions.fan_out(
        told, kind=ALARM.code, title=ALARM.title, record=("alert", 1), district="", body=TEXT
    )


def _tell(told: QuerySet[Post]) -> int:
    """As a deed tells a few: a row made in the platform for each."""
    changes, everybody = Changes(), list(told.values_list("pk", flat=True))
    actions.tell(
        changes,
        kind=ALARM.code,
        title=ALARM.title,
        record=("alert", 1),
        district="",
        posts=everybody,
        body=TEXT,
    )
    changes.write()
    return len(everybody)


_rounds = count(1)


def _alone(base: Ground) -> int:
    at = now().isoformat()
    given = (FAR * next(_rounds), "", "alert", 1, "", ALARM.code, ALARM.title, TEXT, at, TITLE)
    with psycopg.connect(base.conninfo(), autocommit=True, cursor_factory=psycopg.RawCursor) as alone:
        return alone.execute(ALONE, given, prepare=True).rowcount


def _timed(name: str, way: Callable[[], int], groups: dict[str, list[int]]) -> Run:
    """A way of telling everybody, into an empty table; done are notices."""
    _empty()
    meter = CpuMeter(groups)
    begun = time.perf_counter()
    written = way()
    passed = time.perf_counter() - begun
    assert Notice.objects.count() == written
    used = {who: spent * 1e3 / written for who, spent in meter.used().items()}
    return Run(name, passed, written, cpu_ms=used)


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE notices_notice")


def _meanwhile(site: Web, reader: Person, chosen: Settings, way: Callable[[], int]) -> list[Run]:
    """How long others wait: a worklist, before, and while everybody is being told."""

    todo = get("/api/v1/cases?list=todo", reader.token)

    def look() -> Script:
        while True:
            yield todo

    def tell() -> None:
        way()
        connection.close()

    def until_told() -> Script:
        yield todo
        while telling.is_alive():
            yield todo

    groups = {"web": [site.pid], "client": [os.getpid()]}
    drive(site.port, [look()], seconds=min(1.0, chosen.seconds))  # warm
    meter = CpuMeter(groups)
    samples, passed = drive(site.port, [look()], seconds=chosen.seconds)
    before = tally("a worklist, before", samples, passed, meter, ok=[200])
    telling = threading.Thread(target=tell)
    meter = CpuMeter(groups)
    telling.start()
    samples, passed = drive(site.port, [until_told()], seconds=LONGEST)
    telling.join()
    return [before, tally("a worklist, meanwhile", samples, passed, meter, ok=[200])]


def _looks(told: QuerySet[Post]) -> Run:
    """The count behind the badge, for some of those who were told."""
    taken = []
    for post in told.select_related("unit", "account").order_by("?")[:LOOKS]:
        begun = time.perf_counter()
        unread = queries.unread_count(actor_of(post))
        taken.append(time.perf_counter() - begun)
        assert unread == 1
    return Run("unread notices counted", sum(taken), len(taken), spread=Spread.of(taken))
