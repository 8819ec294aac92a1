"""Ten times the load for a minute, then calm: whether anything fails, and how soon all is as it was.

The usual load is a fifth of the most that this machine does (``work.ramp``), so that the spike asks for
twice as much as can be done. Everybody asks once a second, or when the answer is there, where that takes
longer (``crowd``).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.client import Sample
from bench.crowd import Crowd, Phase
from bench.figures import CpuMeter, Run, Spread, keep, show
from bench.ground import Ground, web, worker
from bench.intake import tally
from bench.work import OK, endless, ramp, rounds

if TYPE_CHECKING:
    from bench.main import Settings

USUAL = 1 / 5
"""Of the most that can be done."""
TIMES = 10
EVERY = 1.0
"""Seconds between two requests of one person."""
WINDOW = 3.0
"""Seconds whose p95 is told against the usual one."""
NORMAL = 1.2
"""So many times the usual p95 is still usual."""
STEP = 0.25
"""Seconds from one window's beginning to the next."""


def run(base: Ground, chosen: Settings) -> list[Run]:
    base.copy(base.city(chosen.cases))
    working = rounds()
    with web(base) as site, worker(base):
        found = ramp(base, site, working, chosen)
        usual = max(1, round(found.most * USUAL * EVERY))
        calm = chosen.spike_seconds / 2
        phases = [
            Phase("calm", usual, calm),
            Phase("spike", usual * TIMES, chosen.spike_seconds),
            Phase("calm again", usual, calm),
        ]
        meter = CpuMeter({"web": [site.pid], "database": [base.server_pid], "client": [os.getpid()]})
        samples = Crowd(site.port, endless(working), EVERY).attend(phases)
        whole = tally("all of it", samples, sum(one.seconds for one in phases), meter, ok=OK)
    told = [*_by_phase(samples, phases), whole]
    for one in told:
        one.cases = chosen.cases
    recovered = recovery(samples, phases)
    show(f"spike: {chosen.cases:,} cases, {usual} people, {usual * TIMES}, {usual}", told)
    after = "not within the calm" if recovered is None else f"{recovered:.2f} s"
    print(f"  errors: {whole.errors}; back to the usual p95 after {after}")
    keep(
        "spike",
        {
            "cases": chosen.cases,
            "people": [one.people for one in phases],
            "phases": [one.seconds for one in phases],
            **found.found,
            "held": told[1].rate / found.most,
            "recovered_seconds": recovered,
            "by_second": _by_second(samples),
        },
        [*found.runs, found.alone, *told],
    )
    return told


def _by_phase(samples: Sequence[Sample], phases: Sequence[Phase]) -> list[Run]:
    """By the phase in which each request was made."""
    runs, begins = [], 0.0
    for phase in phases:
        some = [one for one in samples if begins <= one.at < begins + phase.seconds]
        good = [one.seconds for one in some if one.status in OK]
        name = f"{phase.name}, {phase.people} people"
        runs.append(Run(name, phase.seconds, len(good), len(some) - len(good), Spread.of(good)))
        begins += phase.seconds
    return runs


def recovery(samples: Sequence[Sample], phases: Sequence[Phase]) -> float | None:
    """Seconds from the spike's end until p95 is as usual; None where it is not again in the calm after it.

    As usual is a window whose p95 is at most ``NORMAL`` times that of the calm before.
    """
    before, spike, after = (phase.seconds for phase in phases)
    usual = Spread.of([one.seconds for one in samples if one.at < before]).p95
    ended = before + spike
    begins = 0.0
    while begins + min(WINDOW, after) <= after:
        window = [one.seconds for one in samples if 0 <= one.at - ended - begins < WINDOW]
        if window and Spread.of(window).p95 <= usual * NORMAL:
            return begins
        begins += STEP
    return None


def _by_second(samples: Sequence[Sample]) -> list[dict[str, float]]:
    """Requests, p95 in ms and errors of each second in which somebody asked."""
    by_second: dict[int, list[Sample]] = {}
    for one in samples:
        by_second.setdefault(int(one.at), []).append(one)
    return [
        {
            "at": second,
            "asked": len(some),
            "p95": Spread.of([one.seconds for one in some if one.status in OK]).p95,
            "errors": sum(one.status not in OK for one in some),
        }
        for second, some in sorted(by_second.items())
    ]
