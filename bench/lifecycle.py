"""The life of a case over HTTP: short (reported, dispatched, handled, read), and full (verified, closed too).

Five people share it, as in a street: the centre takes in and dispatches, a department handles, a grid worker
verifies, the centre closes and looks at the whole. Beside it the same rows written, and the same case read,
by the database alone.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import orjson

from bench import limit
from bench.client import Sample, Script, drive, get, post
from bench.costs import COUNTED, WARM, costs
from bench.figures import Cost, CpuMeter, Run, Spread, keep, show
from bench.ground import Ground, Person, person, posts, web
from bench.intake import statements, tally
from linli.domains.cases import actions
from linli.domains.cases.flow import flow
from linli.domains.cases.models import Channel
from linli.domains.matters import queries as matters
from linli.domains.matters.kinds import Evidence
from linli.kernel.flow.perform import plan_move
from linli.kernel.records.changes import Changes
from linli.kernel.units.models import UnitKind
from linli.kernel.units.queries import book
from linli.lib.time import now, today

if TYPE_CHECKING:
    from bench.main import Settings

WORKERS = 8
WORDS = "现场已处理完毕，复查正常"
FASTEST = 800
"""Whole lives a second for which the limit is given rows."""


@dataclass(frozen=True)
class Street:
    """The people of one street and a problem in it."""

    centre: Person
    clerk: Person
    worker: Person
    report: dict[str, Any]
    matter: str


SHAPES = {"short": ("dispatch", "handle"), "full": ("dispatch", "handle", "verify", "close")}
"""The moves of a life."""


def run(base: Ground, chosen: Settings) -> list[Run]:
    base.copy(base.city(chosen.cases))
    street = next(streets())
    measured = {shape: _measure(base, chosen, street, shape) for shape in SHAPES}
    ratios = {}
    for shape, (served, alone) in measured.items():
        ratios[shape] = served[-1].rate / max(one.rate for one in alone)
        show(f"lifecycle: {shape}, {chosen.cases:,} cases, {WORKERS} connections", [*served, *alone])
        print(f"  whole lives, ratio to the limit: {ratios[shape]:.3f}")
    runs = [run for served, alone in measured.values() for run in (*served, *alone)]
    keep("lifecycle", {"cases": chosen.cases, "workers": WORKERS, "ratios": ratios}, runs)
    return runs


def _measure(base: Ground, chosen: Settings, street: Street, shape: str) -> tuple[list[Run], list[Run]]:
    """Lives of one shape over HTTP, by step and whole; and by the database alone."""
    moves = moves_of(street, shape)
    asked = costs(base, _lives(street, moves), most=(WARM + COUNTED) * (len(moves) + 2))
    with web(base) as site:
        drive(
            site.port, [life(street, moves) for _ in range(WORKERS)], seconds=min(2.0, chosen.seconds)
        )  # warm
        groups = {"web": [site.pid], "database": [base.server_pid], "client": [os.getpid()]}
        meter = CpuMeter(groups)
        samples, passed = drive(
            site.port, [_lives(street, moves) for _ in range(WORKERS)], seconds=chosen.seconds * chosen.rounds
        )
        runs = _by_step(shape, samples, passed, meter, asked)
        for one in runs:
            one.cases, one.connections = chosen.cases, WORKERS
        del groups["web"]
        count = max(WORKERS, int(FASTEST * chosen.seconds / 2))
        alone = []
        for name, written in (
            (f"{shape}: database, one statement", limit.as_one),
            (f"{shape}: database, row by row", limit.row_by_row),
        ):
            lives = [deed_of(written, street, moves) for _ in range(count)]
            alone.append(
                limit.measure(
                    name,
                    base.conninfo(),
                    lives,
                    seconds=chosen.seconds,
                    groups=groups,
                    connections=WORKERS,
                )
            )
    return runs, alone


def _by_step(
    shape: str, samples: Sequence[Sample], seconds: float, meter: CpuMeter, asked: dict[str, Cost]
) -> list[Run]:
    names = list(dict.fromkeys(sample.name for sample in samples))
    counted = Counter(sample.name for sample in samples)
    runs = []
    for name in names:
        taken = [sample for sample in samples if sample.name == name]
        good = [sample.seconds for sample in taken if sample.status < 300]
        size = fmean(sample.received for sample in taken)
        errors = len(taken) - len(good)
        runs.append(
            Run(f"{shape}: {name}", seconds, len(good), errors, Spread.of(good), {}, size, asked.get(name))
        )
    whole = tally(f"{shape}: any request", samples, seconds, meter, ok=[200, 201])
    life = Run(f"{shape}: whole life", seconds, min(counted.values()), whole.errors)
    return [*runs, whole, life]


def streets() -> Iterator[Street]:
    """Each grid worker's street, its centre's dispatcher, and the department that leads a matter there."""
    by_area = {one.area: one for one in posts("dispatcher")}
    handlers = {one.unit_id: one for one in posts("clerk")}
    for worker in posts("grid_worker"):
        centre = by_area.get(worker.area[:9])
        for matter in matters.current("grid", today(), area=worker.area):
            unit = book().responsible(matter.lead_function, worker.area)
            if centre is None or unit is None or unit.pk not in handlers:
                continue
            said = statements(worker.area)
            if said and unit.kind == UnitKind.DEPARTMENT and matter.evidence != Evidence.REQUIRED:
                people = person(centre), person(handlers[unit.pk]), person(worker)
                yield Street(*people, said[0], matter.code)
                break


MoveBy = tuple[Person, str, dict[str, Any]]


def _lives(street: Street, moves: list[MoveBy]) -> Script:
    while True:
        yield from life(street, moves)


class StepRefused(RuntimeError):
    """A step of a life was not done; the life is not gone on with."""


def life(street: Street, moves: list[MoveBy]) -> Script:
    """One life, read in the end; ``StepRefused`` where a step is not done."""
    answer = yield post(
        "/api/v1/reports",
        street.centre.token,
        street.report | {"channel": "desk", "matter": street.matter, "client_id": uuid4()},
        name="report",
    )
    if answer.status != 201:
        raise StepRefused(f"report: {answer.status} {answer.body.decode()}")
    made = orjson.loads(answer.body)
    number, version = made["number"], made["version"]
    for whose, move, given in moves:
        answer = yield post(
            f"/api/v1/cases/{number}/moves",
            whose.token,
            {"move": move, "version": version, "client_id": uuid4(), **given},
            name=move,
        )
        if answer.status != 200:
            raise StepRefused(f"{move}: {answer.status} {answer.body.decode()}")
        version = orjson.loads(answer.body)["version"]
    yield get(f"/api/v1/cases/{number}", street.centre.token)


def moves_of(street: Street, shape: str) -> list[MoveBy]:
    known: list[MoveBy] = [
        (street.centre, "dispatch", {"lead": street.clerk.post.unit_id, "opinion": WORDS}),
        (street.clerk, "handle", {"opinion": WORDS}),
        (street.worker, "verify", {"opinion": WORDS}),
        (street.centre, "close", {"result": "solved", "opinion": WORDS}),
    ]
    return [one for one in known if one[1] in SHAPES[shape]]


READ = "SELECT * FROM cases_case WHERE id = $1"


def deed_of(shape: limit.Shape, street: Street, moves: list[MoveBy]) -> limit.Deed:
    """The same life as the database has it, read once in the end."""
    plans, pk = _plans(street, moves)
    return limit.Deed((*map(shape, plans), ((READ, (str(pk).encode(),)),)))


def _plans(street: Street, moves: list[MoveBy]) -> tuple[list[limit.Plan], int]:
    """The same life, planned by the platform step by step and not written; and the case's id."""
    given = actions.NewReport.model_validate(street.report | {"matter": street.matter, "client_id": uuid4()})
    planned = actions.plan_report(street.centre.actor, given=given, channel=Channel.DESK)
    plans = [planned.changes.compile()]  # at once: later moves change the rows in hand
    for whose, move, told in moves:
        step = Changes()
        plan_move(whose.actor, flow=flow, move=move, record=planned.case, given=told, at=now(), changes=step)
        plans.append(step.compile())
    return plans, planned.case.pk
