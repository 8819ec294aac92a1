"""A hotline's file of reports taken in, beside the same rows written by the database alone."""

from __future__ import annotations

import csv
import gc
import io
import os
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import cycle, islice
from typing import TYPE_CHECKING

from bench import limit
from bench.figures import CpuMeter, Run, keep, show
from bench.ground import Ground, person, posts
from bench.intake import middle, statements
from linli.domains.cases import intake
from linli.domains.cases.intake import Checked, NewReport
from linli.domains.cases.loading import BATCH, COLUMNS, load_reports
from linli.domains.cases.models import Channel
from linli.kernel.access.actor import Actor
from linli.kernel.records.changes import Changes
from linli.lib.time import now

if TYPE_CHECKING:
    from bench.main import Settings

FASTEST = 2_500
"""Reports for each second that a round is wished to last."""
NAMED = 0.7
"""Share of the rows with the caller's name and telephone number, which go sealed into the vault."""
LINES = (1, limit.CONNECTIONS)
"""Over so many connections the database takes the rows alone; the loader has one."""

Row = Mapping[str, object]


def run(base: Ground, chosen: Settings) -> list[Run]:
    base.copy(base.city(chosen.cases))
    actor = person(posts("dispatcher")[0]).actor
    said, count = statements(), max(2 * BATCH, int(FASTEST * chosen.seconds))
    load_reports(sheet(rows(said, BATCH, "W")), actor=actor)  # warm
    loads: list[Run] = []
    alone: dict[int, list[Run]] = {lines: [] for lines in LINES}
    for number in range(chosen.rounds):
        loads.append(_loaded(base, actor, sheet(rows(said, count, f"R{number}-"))))
        for lines, runs in alone.items():
            given = list(rows(said, count, f"L{number}-{lines}-"))
            runs.append(_alone(base, actor, given, lines))
    runs = [middle(loads), *(middle(runs) for runs in alone.values())]
    bound = max(run.rate for run in runs[1:])
    show(f"import: {count:,} rows a file, {BATCH} a statement, {chosen.cases:,} cases", runs)
    ratios = {"one connection": runs[0].rate / runs[1].rate, "the faster": runs[0].rate / bound}
    print("  ratio to the limit: " + ", ".join(f"{name} {ratio:.3f}" for name, ratio in ratios.items()))
    every = [*loads, *(run for runs in alone.values() for run in runs)]
    keep("import", {"rows": count, "batch": BATCH, "cases": chosen.cases, "ratios": ratios}, every)
    return runs


def rows(said: Sequence[dict[str, object]], count: int, mark: str) -> Iterator[Row]:
    """What people have reported in this city, as rows of a file; ``mark`` begins their source numbers."""
    chance = random.Random(mark)
    for number, one in enumerate(islice(cycle(said), count)):
        who = {"name": "张女士", "phone": f"139{chance.randrange(10**8):08d}"}
        yield one | {"source_number": f"{mark}{number:06d}"} | (who if chance.random() < NAMED else {})


def sheet(given: Iterator[Row]) -> bytes:
    """The file."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([headings[0] for headings in COLUMNS.values()])
    writer.writerows([row.get(name, "") for name in COLUMNS] for row in given)
    return out.getvalue().encode()


def _loaded(base: Ground, actor: Actor, file: bytes) -> Run:
    gc.collect()
    meter = CpuMeter({"platform": [os.getpid()], "database": [base.server_pid]})
    begun = time.perf_counter()
    loaded = load_reports(file, actor=actor, is_alone=True)
    passed = time.perf_counter() - begun
    used = {who: spent * 1e3 / max(1, loaded.filed) for who, spent in meter.used().items()}
    return Run("linli load reports", passed, loaded.filed, len(loaded.errors), None, used)


def _alone(base: Ground, actor: Actor, given: Sequence[Row], lines: int) -> Run:
    """The same reports, checked and planned by the platform, and written by the database alone."""
    deeds = [limit.Deed((limit.as_one(plan),)) for plan in _plans(actor, given)]
    name = f"the database alone, {lines} connection{'s' if lines > 1 else ''}"
    groups = {"database": [base.server_pid]}
    made = limit.measure(name, base.conninfo(), deeds, seconds=600, groups=groups, connections=lines)
    used = {who: spent / BATCH for who, spent in made.cpu_ms.items()}
    return replace(made, done=made.done * BATCH, spread=None, cpu_ms=used)


def _plans(actor: Actor, given: Sequence[Row]) -> Iterator[limit.Plan]:
    for start in range(0, len(given) // BATCH * BATCH, BATCH):
        changes, at = Changes(), now()
        for one in _checked(actor, given[start : start + BATCH]):
            intake.plan(changes, actor, checked=one, at=at)
        yield changes.compile()


def _checked(actor: Actor, given: Sequence[Row]) -> list[Checked]:
    reports = [NewReport.model_validate(_given(row)) for row in given]
    checked = intake.check_many(actor, given=reports, channel=Channel.HOTLINE)
    return [one for one in checked if isinstance(one, Checked)]


def _given(row: Row) -> dict[str, object]:
    told = {name: value for name, value in row.items() if name not in ("name", "phone")}
    return told | ({"contact": {"name": row["name"], "phone": row["phone"]}} if "phone" in row else {})
