"""A million running clocks: how late a due one is announced while reports come in, and how fast many are.

The clocks are those of the city's open cases again and again, due long after the run but for some: so many
each second while reports come in over HTTP, and a burst that is due at once. The platform's own worker fires
them (``linli work``); beside it somebody looks twenty times a second for the oldest that is due and unfired.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from django.conf import settings
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from bench import limit
from bench.client import drive
from bench.figures import CpuMeter, Run, keep, show
from bench.ground import Ground, person, posts, web
from bench.intake import PEOPLE, scripts, statements, tally
from linli.domains.cases.models import Case
from linli.kernel.clocks import revising
from linli.kernel.clocks.firing import BATCH, fire
from linli.kernel.clocks.models import Clock
from linli.kernel.notices import actions as notices
from linli.kernel.notices.models import Notice
from linli.kernel.records.changes import Changes
from linli.lib.time import now

if TYPE_CHECKING:
    from bench.main import Settings

PER_SECOND = 50
"""Clocks that come due each second while reports come in."""
BURST = 10_000
"""Clocks that are due at the same instant."""
WITHIN = 2.0
"""Seconds within which a due clock is to be announced."""
PAUSE = 0.05
"""Seconds between two looks."""
FIRST_ID = 9 * 10**15
"""Where the ids of the clocks made here begin."""

ALIKE = "k.stopped_at IS NULL AND k.paused_at IS NULL AND k.name <> 'answer' AND c.state <> 'closed'"
"""Clocks of which others are made: what is unanswered closes its case, and tells nobody."""
MAKE = f"""
WITH alike AS MATERIALIZED (
    SELECT k.*, row_number() OVER (ORDER BY k.id) AS n, count(*) OVER () AS many
    FROM clocks_clock k JOIN cases_case c ON c.id = k.record_id WHERE {ALIKE}
)
INSERT INTO clocks_clock (id, {{columns}}, due_at, soon_at, paused_seconds)
SELECT {FIRST_ID} + g, {{columns}}, now() + interval '30 days' + g * interval '1 s',
       now() + interval '20 days' + g * interval '1 s', 0
FROM generate_series(0, %s - 1) AS g
JOIN alike ON alike.n = g %% (SELECT max(many) FROM alike) + 1
"""
COLUMNS = (
    "family, record_id, task_id, unit_id, district, area, name, urgency, limit_amount,"
    " limit_measure, source_id, schedule, cumulative, used_before_seconds, extended_seconds, soon_share,"
    " started_at, counted_from, budget_seconds, provisional"
)
FALL_DUE = f"UPDATE clocks_clock SET due_at = %s, soon_at = %s WHERE id = ANY(%s) AND id >= {FIRST_ID}"
RUNNING = "stopped_at IS NULL AND paused_at IS NULL"
UNFIRED = f"{RUNNING} AND overdue_fired_at IS NULL"


def run(base: Ground, chosen: Settings) -> list[Run]:
    base.copy(base.city(chosen.cases))
    made = _make(chosen.many)
    plan = _plan()
    steady = _steady(base, chosen)
    burst = _burst(base, min(BURST, chosen.many // 4))
    runs = [steady.reports, steady.clocks, *burst]
    ratio = burst[0].rate / burst[1].rate
    show(f"due: {made:,} running clocks", runs)
    print(
        f"  oldest that was due and not fired: {steady.latest:.2f} s; late (over {WITHIN:g} s): {steady.late}"
    )
    print(
        f"  fired {steady.clocks.done}, told {steady.told}; a look without anything due: {plan['ms']:.2f} ms"
    )
    print(f"  ratio to the limit, of a burst: {ratio:.3f}")
    found = {"clocks": made, "latest_s": steady.latest, "late": steady.late, "look": plan, "ratio": ratio}
    keep("due", found, runs)
    return runs


def _make(count: int) -> int:
    """Clocks that will not be due for weeks; returns how many now run."""
    fire()  # what the city has left
    with connection.cursor() as cursor:
        cursor.execute(MAKE.format(columns=COLUMNS), [count])
        cursor.execute("VACUUM ANALYZE clocks_clock")
        cursor.execute(f"SELECT count(*) FROM clocks_clock WHERE {RUNNING}")
        return int(cursor.fetchone()[0])


def _plan() -> dict[str, object]:
    """What a look for due clocks costs when there is none: milliseconds, and what PostgreSQL read for it."""
    begun = time.perf_counter()
    for _ in range(50):
        fire()
    spent = (time.perf_counter() - begun) * 1e3 / 50
    due = Clock.objects.filter(stopped_at=None, paused_at=None, overdue_fired_at=None, due_at__lt=now())
    return {"ms": spent, "plan": due.filter(family=Case.family)[:BATCH].explain(analyze=True)}


class Steady:
    """Reports and due clocks side by side."""

    reports: Run
    clocks: Run
    latest = 0.0
    """Seconds by which the latest of all was late, as seen from outside."""
    late = 0
    """Looks that found a clock later than ``WITHIN``."""
    told = 0


def _steady(base: Ground, chosen: Settings) -> Steady:
    found, seconds = Steady(), chosen.seconds * chosen.rounds
    people = [person(post) for post in posts("dispatcher")[:PEOPLE]]
    given = statements()
    with web(base) as site, _worker(base) as worker:
        drive(site.port, scripts(people, given), seconds=min(2.0, chosen.seconds))  # warm
        begun = now()
        per_second = min(PER_SECOND, max(1, chosen.many // 100))
        _fall_due_from(begun + dt.timedelta(seconds=2), per_second, seconds)
        groups = {"web": [site.pid], "worker": [worker], "database": [base.server_pid]}
        meter, over = CpuMeter(groups), threading.Event()
        looking = threading.Thread(target=_look, args=(base.conninfo(), over, found))
        looking.start()
        samples, passed = drive(site.port, scripts(people, given), seconds=seconds + 2)
        _wait_until_all_are_fired()
        over.set()
        looking.join()
        found.reports = tally("POST /reports meanwhile", samples, passed, meter, ok=[201])
        # the city's own too; what is unanswered closes its case, and tells nobody
        fired = Clock.objects.filter(overdue_fired_at__gte=begun).exclude(name="answer").count()
        found.told = Notice.objects.filter(kind="case.overdue", at__gte=begun).count()
        found.clocks = Run("clocks fired", passed, fired, abs(found.told - fired) + found.late)
    return found


def _fall_due_from(begin: dt.datetime, per_second: int, seconds: float) -> None:
    """Let so many clocks be due in each of the following seconds."""
    for second in range(max(1, int(seconds))):
        first = FIRST_ID + 1 + second * per_second
        _fall_due(begin + dt.timedelta(seconds=second), range(first, first + per_second))


def _fall_due(at: dt.datetime, ids: Iterable[int]) -> None:
    """Let clocks made here be due at a whole second."""
    due = at.replace(microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(FALL_DUE, [due, due, list(ids)])


def _look(conninfo: str, over: threading.Event, found: Steady) -> None:
    """Note how late the oldest is that is due and not fired, until it is over."""
    with psycopg.connect(conninfo, autocommit=True) as line:
        while not over.wait(PAUSE):
            row = line.execute(
                f"SELECT extract(epoch FROM clock_timestamp() - min(due_at)) FROM clocks_clock"
                f" WHERE {UNFIRED} AND due_at < clock_timestamp()"
            ).fetchone()
            late = float(row[0]) if row and row[0] is not None else 0.0
            found.latest = max(found.latest, late)
            found.late += late > WITHIN


@contextmanager
def _worker(base: Ground) -> Iterator[int]:
    """The platform's worker on the database in use, once it fires clocks; its process id."""
    log = Path(settings.DATA_DIR) / "logs" / "work.log"
    environment = os.environ | {"LINLI_DATABASE_URL": base.conninfo()}
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "linli.config.cli", "work"], env=environment, stdout=out, stderr=out
        )
    try:
        _wait_until_recounted()
        _fall_due(now(), [FIRST_ID])
        _wait_until_all_are_fired()
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_recounted() -> None:
    """Clocks are locked while they are recounted by a new calendar, as the city's own are at first."""
    deadline = time.monotonic() + 600
    while ProcrastinateJob.objects.filter(task_name=revising.RECOUNT, status__in=["todo", "doing"]).exists():
        if time.monotonic() > deadline:
            sys.exit("the worker does not recount clocks; see its log")
        time.sleep(PAUSE)


def _wait_until_all_are_fired() -> None:
    deadline = time.monotonic() + 60
    while Clock.objects.filter(
        stopped_at=None, paused_at=None, overdue_fired_at=None, due_at__lt=now()
    ).exists():
        if time.monotonic() > deadline:
            sys.exit("the worker does not fire clocks; see its log")
        time.sleep(PAUSE)


def _burst(base: Ground, count: int) -> tuple[Run, Run]:
    """As many as ``count`` clocks due at once: fired here, and the same rows by the database alone."""
    first = list(Clock.objects.filter(pk__gte=FIRST_ID, overdue_fired_at=None).order_by("-pk")[: 2 * count])
    mine, others = [c.pk for c in first[:count]], first[count : 2 * count]
    _fall_due(now() - dt.timedelta(seconds=5), mine)
    meter = CpuMeter({"platform": [os.getpid()], "database": [base.server_pid]})
    begun = time.perf_counter()
    fired = fire().overdue
    passed = time.perf_counter() - begun
    used = {who: spent * 1e3 / max(1, fired) for who, spent in meter.used().items()}
    ours = Run(f"{count:,} due at once", passed, fired, abs(fired - count), None, used)
    deeds = [_alone(others[start : start + BATCH]) for start in range(0, len(others), BATCH)]
    groups = {"database": [base.server_pid]}
    alone = limit.measure("the database alone", base.conninfo(), deeds, seconds=60, groups=groups)
    each = {who: spent * len(deeds) / max(1, len(others)) for who, spent in alone.cpu_ms.items()}
    return ours, Run(alone.name, alone.seconds, len(others), alone.errors, None, each)


MARK = (
    "UPDATE clocks_clock SET overdue_fired_at = now(), soon_fired_at = coalesce(soon_fired_at, now())"
    " WHERE id = ANY($1::bigint[])"
)


def _alone(clocks: Sequence[Clock]) -> limit.Deed:
    """What firing a batch writes: the marks, and a notice for each."""
    changes = Changes()
    for clock in clocks:
        notices.tell(
            changes,
            kind="case.overdue",
            title="处置已超期：路灯不亮",
            record=(clock.family, clock.record_id),
            district=clock.district,
            units=[clock.unit_id or 1],
            number="2600000010",
        )
    marked = (MARK, (limit.as_text([clock.pk for clock in clocks], "bigint[]"),))
    return limit.Deed(((marked, *limit.as_one(changes.compile())),))
