"""A day of one worker's offline acts sent in one batch, beside the same rows written by the database alone.

A batch: problems found, problems found and solved, and a remark on each of those found. Each worker sends
such days one after the other.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import orjson

from bench import limit
from bench.client import Script, drive, post
from bench.figures import CpuMeter, Run, keep, show
from bench.ground import Ground, Person, person, posts, web
from bench.intake import middle, statements, tally
from linli.domains.cases import intake
from linli.domains.cases.flow import flow
from linli.domains.cases.intake import Checked, NewReport, SolvedOnTheSpot
from linli.domains.cases.models import Channel
from linli.kernel.flow.perform import plan_move
from linli.kernel.records.changes import Changes
from linli.lib.time import now

if TYPE_CHECKING:
    from bench.main import Settings

PATH = "/api/v1/sync"
WORKERS = 8
FOUND, SOLVED = 15, 10
ACTS = 2 * FOUND + SOLVED
"""Of a day: every problem found is also remarked on."""
FASTEST = 100
"""Days a second for which the limit is given rows."""

Said = dict[str, object]
Worker = tuple[Person, list[Said]]
"""Somebody, and what has been reported in the grid."""


def run(base: Ground, chosen: Settings) -> list[Run]:
    base.copy(base.city(chosen.cases))
    workers = _workers()
    served: list[Run] = []
    alone: list[Run] = []
    with web(base) as site:
        drive(site.port, [_script(*one) for one in workers], seconds=min(2.0, chosen.seconds))  # warm
        for _ in range(chosen.rounds):
            groups = {"web": [site.pid], "database": [base.server_pid], "client": [os.getpid()]}
            meter = CpuMeter(groups)
            samples, passed = drive(site.port, [_script(*one) for one in workers], seconds=chosen.seconds)
            served.append(_by_act(tally("POST /sync, an act", samples, passed, meter, ok=[200])))
            count = max(WORKERS, int(FASTEST * chosen.seconds / 2))
            days = [_alone(*one) for _, one in zip(range(count), cycle(workers), strict=False)]
            made = limit.measure(
                "the database alone, an act",
                base.conninfo(),
                days,
                seconds=chosen.seconds / 2,
                groups={"database": [base.server_pid]},
            )
            alone.append(_by_act(made))
    runs = [middle(served), middle(alone)]
    ratio = runs[0].rate / runs[1].rate
    show(f"sync: {ACTS} acts a batch (times are a batch's), {len(workers)} connections", runs)
    print(f"  ratio to the limit: {ratio:.3f}")
    keep("sync", {"acts": ACTS, "workers": len(workers), "ratio": ratio}, [*served, *alone])
    return runs


def _by_act(run: Run) -> Run:
    """A run of batches, told by act."""
    used = {who: spent / ACTS for who, spent in run.cpu_ms.items()}
    return replace(run, done=run.done * ACTS, cpu_ms=used)


def _workers() -> list[Worker]:
    found = []
    for one in posts("grid_worker"):
        whose = person(one)
        if said := _public(whose, statements(one.area)):
            found.append((whose, said))
        if len(found) == WORKERS:
            break
    return found


def _public(whose: Person, said: list[Said]) -> list[Said]:
    """What its reporter may go on to see: not what lies over the border of the grid (pins of the same address
    do), nor what suggests a matter that is not public."""
    given = [NewReport.model_validate(one) for one in said]
    checked = intake.check_many(whose.actor, given=given, channel=Channel.PATROL)
    return [
        one
        for one, may in zip(said, checked, strict=True)
        if isinstance(may, Checked)
        and may.area.startswith(whose.actor.area)
        and not (may.matter and may.matter.sensitive)
    ]


def _day(said: Iterator[Said]) -> list[dict[str, Any]]:
    acts: list[dict[str, Any]] = []
    for number in range(FOUND + SOLVED):
        given = next(said)
        act: dict[str, Any] = {"client_id": uuid4(), "at": now(), "given": given}
        if number < FOUND:
            remark = {"kind": "move", "move": "comment", "given": {"opinion": "已拍照，请派人"}}
            acts += [
                act | {"kind": "report"},
                remark | {"client_id": uuid4(), "at": now(), "report": act["client_id"]},
            ]
        else:
            acts.append(act | {"kind": "solved", "given": given | {"statement": "当场处理好了"}})
    return acts


def _script(whose: Person, said: list[Said]) -> Script:
    source = cycle(said)
    while True:
        answer = yield post(PATH, whose.token, {"acts": _day(source)}, name="sync")
        done = orjson.loads(answer.body)["done"]
        if any(one["problem"] for one in done):
            raise RuntimeError(f"an act was refused: {[one['problem'] for one in done if one['problem']]}")


def _alone(whose: Person, said: list[Said]) -> limit.Deed:
    """A day as the platform plans it: what was found in one statement, the remarks in another."""
    given = [_given(act) for act in _day(cycle(said)) if act["kind"] != "move"]
    changes, remarks, at = Changes(), Changes(), now()
    cases = [
        intake.plan(changes, whose.actor, checked=one, at=at, claimed_at=at)[0]
        for one in intake.check_many(whose.actor, given=given, channel=Channel.PATROL)
        if isinstance(one, Checked)
    ]
    found = limit.as_one(changes.compile())  # at once: later moves change the rows in hand
    for case in cases[:FOUND]:
        plan_move(
            whose.actor,
            flow=flow,
            move="comment",
            record=case,
            given={"opinion": "已拍照，请派人"},
            at=at,
            changes=remarks,
        )
    return limit.Deed((found, limit.as_one(remarks.compile())))


def _given(act: dict[str, Any]) -> NewReport:
    kind = SolvedOnTheSpot if act["kind"] == "solved" else NewReport
    return kind.model_validate(act["given"] | {"client_id": act["client_id"]})
