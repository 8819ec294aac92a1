"""Lives of cases, recorded once from the real flow.

A life is everything that the flow writes about one case, from its report to wherever it stands: rows of
any table, and the entries of its journal. ``record`` drives the demo's narrator through a sample of a year
and makes templates of each life (``bench.templates``). Filling these costs a hundredth of living the life
again, and whatever the flow writes tomorrow is in them tomorrow.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from django.db import connection

from bench.templates import CASE, RECORD, Json, Life, Rows, Spots, Templating
from linli.config.demo.cast import Cast
from linli.config.demo.making import IN_FORCE_BEFORE, Making, subjects_of
from linli.config.demo.rhythm import DAYS, YearPlan, draw_year
from linli.config.demo.year import Narrator, settle
from linli.kernel.clocks.queries import calendars
from linli.kernel.records.changes import Changes
from linli.kernel.records.ids import forget_blocks
from linli.kernel.units.models import Post

LEFT_OUT = ("vault_",)
"""Families of tables that are not multiplied: people in the vault."""

Columns = dict[str, dict[str, str]]
"""Columns with their kinds by table, in the order in which tables must be written."""


@dataclass(frozen=True)
class Library:
    """All lives, the places they can be lived at, and the columns in which their rows are written."""

    lives: list[Life]
    spots: Spots
    columns: Columns
    density: float
    """Cases a day for which the lives stand."""


@dataclass(frozen=True)
class Sample:
    """Which cases of a drawn year are lived, and how many of its cases each stands for."""

    plan: YearPlan
    chosen: list[int]
    weights: list[float]


def sample(making: Making, *, recent: int, recent_days: float, earlier: int) -> Sample:
    """About ``recent`` cases of the last days, which is all there were, and ``earlier`` of those before."""
    plan = draw_year(
        subjects_of(making.city.code, (making.until - IN_FORCE_BEFORE).date()),
        making.places,
        making.city,
        count=round(recent * DAYS / recent_days),
        until=making.until,
        is_workday=calendars().of("office").is_workday,
        seed=making.seed,
    )
    is_recent = plan.opened_at.astype("int64") >= making.until.timestamp() - recent_days * 86_400
    new, older = np.flatnonzero(is_recent), np.flatnonzero(~is_recent)
    step = max(1, len(older) // max(1, earlier))
    kept = older[::step] if earlier else older[:0]
    return Sample(plan, [*kept.tolist(), *new.tolist()], [float(step)] * len(kept) + [1.0] * len(new))


def record(making: Making, drawn: Sample, *, processes: int) -> Library:
    """Live the chosen cases and make templates of them.

    Nothing is written; the sequences are set aside meanwhile.
    """
    stood = _set_sequences({"record_ids": RECORD, "case_numbers": CASE})
    spots = spots_of(making)
    parts = [part.tolist() for part in np.array_split(np.arange(len(drawn.chosen)), PARTS)]
    connection.close()
    lives: list[Life] = []
    columns: Columns = {}
    with ProcessPoolExecutor(
        processes, multiprocessing.get_context("fork"), _Recorder.begin, (making, drawn, spots)
    ) as pool:
        for found, seen in pool.map(_record, range(PARTS), parts):
            lives += found
            columns |= {table: names for table, names in seen.items() if table not in columns}
    _set_sequences(stood)
    return Library(lives, spots, columns, len(drawn.plan) / DAYS)


PARTS = 8
"""Into so many the work is cut, whatever the number of processes: each has its own chances."""


class _Recorder:
    """Lives cases, in a process of its own that has inherited the city."""

    here: _Recorder

    def __init__(self, making: Making, drawn: Sample, spots: Spots) -> None:
        self._making, self._drawn, self._spots = making, drawn, spots

    @classmethod
    def begin(cls, making: Making, drawn: Sample, spots: Spots) -> None:
        end_with_parent()
        cls.here = cls(making, drawn, spots)
        forget_blocks()

    def record(self, number: int, part: Sequence[int]) -> tuple[list[Life], Columns]:
        making, drawn = self._making, self._drawn
        rng = random.Random(f"{making.seed} {number}")
        cast = Cast(Post.objects.select_related("unit", "account").order_by("pk"), rng)
        codes = [grid.code for grid in making.city.grids]
        narrator = Narrator(drawn.plan, codes, making.places, cast, making.until, rng.randrange(2**31))
        columns: Columns = {}
        lives = []
        for at in part:
            index = drawn.chosen[at]
            changes = Changes()
            narrator.tell(index, changes)
            settle(changes, making.until)
            rows = _rows(changes, columns)
            kinds = {table: list(columns[table].values()) for table in rows}
            place = int(drawn.plan.place[index])
            lives.append(Templating(rows, kinds, self._spots, place, drawn.weights[at]).life)
        connection.close()
        return lives, columns


def end_with_parent() -> None:
    """Let this process end when its parent is killed: it would hold the lock of the data directory on."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _record(number: int, part: Sequence[int]) -> tuple[list[Life], Columns]:
    return _Recorder.here.record(number, part)


def _set_sequences(wanted: Mapping[str, int]) -> dict[str, int]:
    """Let sequences go on from other numbers; returns where they would have gone on."""
    forget_blocks()
    stood = {}
    with connection.cursor() as cursor:
        for name, value in wanted.items():
            cursor.execute("SELECT nextval(%s), setval(%s, %s, false)", [name, name, value])
            stood[name] = int(cursor.fetchone()[0])
    return stood


def _rows(changes: Changes, columns: Columns) -> Rows:
    """The rows of a plan by table; notes the tables' columns. Links to what is left out are cut."""
    shape, document = changes.compile()
    rows: Rows = {}
    dropped: set[int] = set()
    for step in shape:
        if step.table.startswith(LEFT_OUT):
            dropped |= {row["id"] for row in document[step.name]}
            continue
        columns.setdefault(step.table, dict(step.columns))
        json = [name for name, kind in step.columns if kind == "jsonb"]
        rows[step.table] = [
            row | {name: Json(row[name]) for name in json if row[name] is not None}
            for row in document[step.name]
        ]
    for table in rows.values() if dropped else ():
        for row in table:
            row.update({name: None for name, value in row.items() if type(value) is int and value in dropped})
    return rows


def spots_of(making: Making) -> Spots:
    """The places of the city, with its grid workers."""
    places = making.places
    codes = [grid.code for grid in making.city.grids]
    posts = Post.objects.filter(role="grid_worker").order_by("-pk")
    workers = {post.area: post.pk for post in posts}  # the first of each grid, as the cast has it
    worker = [workers.get(codes[place.grid], 0) for place in places]
    keys = [
        (codes[place.grid][:12], place.kind, bool(post)) for place, post in zip(places, worker, strict=True)
    ]
    groups: defaultdict[tuple[str, str, bool], list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        groups[key].append(index)
    return Spots(
        name=[place.name for place in places],
        road=[place.road for place in places],
        area=[codes[place.grid] for place in places],
        worker=worker,
        lng=np.array([place.lng for place in places]),
        lat=np.array([place.lat for place in places]),
        grid=np.array([place.grid for place in places]),
        polygons=making.city.polygons,
        alike=[groups[key] for key in keys],
    )
