"""Reports taken in over HTTP, with every check on, beside the same rows written by the database alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import cycle
from statistics import fmean, median
from typing import TYPE_CHECKING
from uuid import uuid4

from bench import limit
from bench.client import Request, Sample, Script, drive, post
from bench.costs import costs
from bench.figures import CpuMeter, Run, Spread, keep, memory, show
from bench.ground import Ground, Person, person, posts, web
from linli.domains.cases import actions
from linli.domains.cases.models import Channel, Report

if TYPE_CHECKING:
    from bench.main import Settings

CONNECTIONS = 32
PATH = "/api/v1/reports"
PEOPLE = 24
FASTEST = 6_000
"""Deeds a second for which the limit is given rows; no disk shared with us has been faster."""


def run(base: Ground, chosen: Settings) -> list[Run]:
    base.copy(base.city(chosen.cases))
    people = [person(post) for post in posts("dispatcher")[:PEOPLE]]
    given = statements()
    (cost,) = costs(base, _script(_requests(people[:1], given))).values()
    web_runs: list[Run] = []
    one_runs: list[Run] = []
    row_runs: list[Run] = []
    with web(base) as site:
        drive(site.port, scripts(people, given), seconds=min(2.0, chosen.seconds))  # warm
        for number in range(chosen.rounds):
            groups = {"web": [site.pid], "database": [base.server_pid], "client": [os.getpid()]}
            web_runs.append(_over_http(site.port, groups, people, given, chosen.seconds))
            del groups["web"]
            count = max(50, int(FASTEST * chosen.seconds / 2))
            for name, shape, into in (
                ("the database alone, one statement", limit.as_one, one_runs),
                ("the database alone, row by row", limit.row_by_row, row_runs),
            ):
                plans = _plans(people[number % len(people)], given, count)
                deeds = [limit.Deed((shape(plan),)) for plan in plans]
                into.append(
                    limit.measure(name, base.conninfo(), deeds, seconds=chosen.seconds / 2, groups=groups)
                )
    runs = [middle(web_runs), middle(one_runs), middle(row_runs)]
    bound = max(runs[1].rate, runs[2].rate)
    for one in web_runs:
        one.cost, one.cases, one.connections = cost, chosen.cases, CONNECTIONS
    show(f"intake: {CONNECTIONS} connections", runs)
    ratio = runs[0].rate / bound
    print(f"  ratio to the limit: {ratio:.3f}")
    keep(
        "intake",
        {"queries": cost.queries, "connections": CONNECTIONS, "limit": bound, "ratio": ratio},
        [*web_runs, *one_runs, *row_runs],
    )
    return runs


def middle(runs: Sequence[Run]) -> Run:
    """The round with the middle rate."""
    wanted = median(sorted(run.rate for run in runs)[: len(runs) // 2 * 2 + 1])
    return min(runs, key=lambda run: abs(run.rate - wanted))


def tally(name: str, samples: Sequence[Sample], seconds: float, meter: CpuMeter, *, ok: Sequence[int]) -> Run:
    """A run from what a client has noted; a status that is not ``ok`` is an error."""
    good = [sample.seconds for sample in samples if sample.status in ok]
    used = {who: spent * 1e3 / max(1, len(samples)) for who, spent in meter.used().items()}
    received = fmean(sample.received for sample in samples) if samples else 0.0
    workers = [one for pid in meter.groups.get("web", []) for one in memory(pid)]
    return Run(
        name, seconds, len(good), len(samples) - len(good), Spread.of(good), used, received, workers=workers
    )


def _over_http(
    port: int,
    groups: dict[str, list[int]],
    people: Sequence[Person],
    given: Sequence[dict[str, object]],
    seconds: float,
) -> Run:
    asking = scripts(people, given)
    meter = CpuMeter(groups)
    samples, passed = drive(port, asking, seconds=seconds)
    return tally("POST /reports", samples, passed, meter, ok=[201])


def statements(area: str = "") -> list[dict[str, object]]:
    """What people have reported in an area of this city: text, place."""
    reports = Report.objects.filter(area__startswith=area).order_by("pk")
    found = reports.values("text", "lng", "lat", "address")[:20_000]
    return [dict(one) for one in found]


def _requests(people: Sequence[Person], given: Sequence[dict[str, object]]) -> Iterator[Request]:
    whose = cycle(people)
    for one in cycle(given):
        yield post(PATH, next(whose).token, one | {"channel": "api", "client_id": uuid4()}, name="report")


def scripts(people: Sequence[Person], given: Sequence[dict[str, object]]) -> list[Script]:
    requests = _requests(people, given)
    return [_script(requests) for _ in range(CONNECTIONS)]


def _script(requests: Iterator[Request]) -> Script:
    while True:
        yield next(requests)


def _plans(whose: Person, given: Sequence[dict[str, object]], count: int) -> Iterator[limit.Plan]:
    """The same reports, checked and planned by the platform, not written."""
    source = cycle(given)
    for _ in range(count):
        report = actions.NewReport.model_validate(next(source) | {"client_id": uuid4()})
        yield actions.plan_report(whose.actor, given=report, channel=Channel.API).changes.compile()
