"""Half of the most that this machine does, for an hour: whether memory grows, and whether answers slow down.

Told slice by slice. Drift is the line through the slices after the first fifth, in which caches fill.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import linear_regression
from typing import TYPE_CHECKING

from bench.client import Sample
from bench.crowd import Crowd, Phase
from bench.figures import CpuMeter, Memory, Run, Spread, keep, memory, show
from bench.ground import Ground, web, worker
from bench.intake import tally
from bench.work import OK, endless, ramp, rounds

if TYPE_CHECKING:
    from bench.main import Settings

SHARE = 1 / 2
"""Of the most that can be done."""
EVERY = 1.0
"""Seconds between two requests of one person."""
SLICES = 30
WARM = 1 / 5
"""Of the time: what caches take to fill."""
HOUR = 3600.0


@dataclass(frozen=True)
class Slice:
    """A part of the time."""

    at: float
    """Seconds since the beginning at its end."""
    done: int
    errors: int
    p50: float
    p95: float
    workers: list[Memory]
    cpu_ms: dict[str, float]
    """A request's, by who used it: where it grows with the latency, the machine or the work has changed."""

    @property
    def pss(self) -> float:
        """Megabytes of all processes of the web."""
        return sum(one.pss for one in self.workers)


class Watch(threading.Thread):
    """Looks at the web's memory, and at what each has used, at the end of each slice."""

    def __init__(self, web: int, groups: dict[str, list[int]], every: float) -> None:
        super().__init__(daemon=True)
        self.web, self.groups, self.every = web, groups, every
        self.seen: list[tuple[list[Memory], dict[str, float]]] = []
        self.over = threading.Event()

    def run(self) -> None:
        begun, meter = time.monotonic(), CpuMeter(self.groups)
        while not self.over.wait(max(0.0, begun + (len(self.seen) + 1) * self.every - time.monotonic())):
            self.seen.append((memory(self.web), meter.used()))
            meter = CpuMeter(self.groups)


def run(base: Ground, chosen: Settings) -> list[Run]:
    base.copy(base.city(chosen.cases))
    working = rounds()
    with web(base) as site, worker(base):
        found = ramp(base, site, working, chosen)
        people = max(1, round(found.most * SHARE * EVERY))
        groups = {"web": [site.pid], "database": [base.server_pid], "client": [os.getpid()]}
        watch = Watch(site.pid, groups, chosen.soak_seconds / max(2, min(SLICES, int(chosen.soak_seconds))))
        meter = CpuMeter(groups)
        watch.start()
        crowd = Crowd(site.port, endless(working), EVERY)
        samples = crowd.attend([Phase("soak", people, chosen.soak_seconds)])
        watch.over.set()
        watch.join()
        whole = tally(f"{people} people", samples, chosen.soak_seconds, meter, ok=OK)
    whole.cases = chosen.cases
    slices = _slices(samples, watch)
    drifts = drift(slices)
    show(f"soak: {chosen.cases:,} cases, {chosen.soak_seconds / 60:.0f} minutes", [whole])
    for name, value in drifts.items():
        print(f"  {name.replace('_', ' ')}: {value:.2f}")
    keep(
        "soak",
        {
            "cases": chosen.cases,
            "people": people,
            **found.found,
            "drift": drifts,
            "slices": [asdict(one) for one in slices],
        },
        [*found.runs, found.alone, whole],
    )
    return [whole]


def _slices(samples: Sequence[Sample], watch: Watch) -> list[Slice]:
    made = []
    for number, (workers, used) in enumerate(watch.seen):
        begins, ends = number * watch.every, (number + 1) * watch.every
        some = [one for one in samples if begins <= one.at < ends]
        spread = Spread.of([one.seconds for one in some if one.status in OK])
        cpu = {who: spent * 1e3 / max(1, len(some)) for who, spent in used.items()}
        made.append(Slice(ends, spread.count, len(some) - spread.count, spread.p50, spread.p95, workers, cpu))
    return made


def drift(slices: Sequence[Slice]) -> dict[str, float]:
    """Megabytes (of all processes) and milliseconds of p95 by which an hour adds, from the slices that count;
    and the last slice of them against the first."""
    some = slices[int(len(slices) * WARM) :]
    if len(some) < 2:
        return {}
    hours = [one.at / HOUR for one in some]
    return {
        "memory_mb_an_hour": linear_regression(hours, [one.pss for one in some]).slope,
        "memory_first_mb": some[0].pss,
        "memory_last_mb": some[-1].pss,
        "p95_ms_an_hour": linear_regression(hours, [one.p95 for one in some]).slope,
        "p95_first_ms": some[0].p95,
        "p95_last_ms": some[-1].p95,
    }
