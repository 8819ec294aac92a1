"""Pages asked for one after the other: the server's own time, and beside it the page's statements alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from bench import limit
from bench.client import Request, Script, drive, each
from bench.costs import COUNTED, WARM, costs, reads
from bench.figures import CpuMeter, Run
from bench.ground import Ground, Web
from bench.intake import tally

LONGEST = 60.0
"""Seconds for one page's requests, and for its statements: what is slow is asked for less often."""
OK = (200, 304)


@dataclass(frozen=True)
class Page:
    """What somebody looks at: like requests, asked for in turn."""

    name: str
    requests: Sequence[Request]


def measure(base: Ground, site: Web, page: Page, *, cases: int, repeats: int) -> list[Run]:
    """The page over HTTP on one connection, and its statements prepared on the same database."""
    groups = {"web": [site.pid], "database": [base.server_pid], "client": [os.getpid()]}
    drive(site.port, [_first(page, WARM)], seconds=LONGEST)  # both processes have seen it
    meter = CpuMeter(groups)
    samples, passed = drive(site.port, [_first(page, repeats)], seconds=LONGEST)
    served = tally(page.name, samples, passed, meter, ok=OK)
    named = [Request(page.name, one.wire) for one in page.requests]
    served.cost = costs(base, _first(Page(page.name, named), WARM + COUNTED))[page.name]
    del groups["web"]
    different = [reads(one) for one in page.requests[:repeats]]
    alone = limit.measure(
        "    its statements alone",
        base.conninfo(),
        list(islice(cycle(different), repeats)),
        seconds=LONGEST,
        groups=groups,
        connections=1,
    )
    for run in (served, alone):
        run.cases, run.connections = cases, 1
    return [served, alone]


def ratio(served: Run, alone: Run) -> float:
    """The middle time of the statements alone to that of the whole page."""
    if served.spread is None or alone.spread is None or not served.spread.p50:
        return 0.0
    return alone.spread.p50 / served.spread.p50


def tell_ratios(runs: Sequence[Run]) -> dict[str, float]:
    """Print and return each page's ratio to its limit; ``runs`` are pairs as ``measure`` gives them."""
    ratios = {one.name: ratio(one, alone) for one, alone in zip(runs[::2], runs[1::2], strict=True)}
    print("  ratio to the limit: " + ", ".join(f"{name} {value:.2f}" for name, value in ratios.items()))
    return ratios


def _first(page: Page, count: int) -> Script:
    """So many of the page's requests, over and over."""
    return each(islice(cycle(page.requests), count))
