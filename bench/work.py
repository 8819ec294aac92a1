"""A working day's mixture, for whoever loads the whole: lives of cases, each looked at again and again.

Of fifteen requests five write. The three people of a street turn over their lists and open the case, over
REST and at the desk, while it goes its way from report to close; so the open work stays as it is, however
long the load lasts.

``ramp`` finds the most that the server does, connection by connection, and the limit beside it: the same
lives written and the same pages' statements read by the database alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import cycle, islice
from typing import TYPE_CHECKING

from bench import limit
from bench.client import Request, Script, drive, each, get, view
from bench.costs import COUNTED, WARM, ask, costs
from bench.figures import Cost, CpuMeter, Run, show
from bench.ground import Ground, Web
from bench.intake import tally
from bench.lifecycle import MoveBy, StepRefused, Street, deed_of, life, moves_of, streets

if TYPE_CHECKING:
    from bench.main import Settings

STREETS = 24
"""Evenly over the city: were all of them in one township, the database would take what is closed there for a
sign that half of the work in hand lies there too."""
REQUESTS = 15
"""In a round."""
CONNECTIONS = (1, 2, 4, 8, 16, 32)
OK = (200, 201)
FASTEST = 150
"""Whole rounds a second for which the limit is given rows."""


@dataclass(frozen=True)
class Round:
    """A street's life of a case and the looks at it."""

    street: Street
    moves: list[MoveBy]

    @property
    def looks(self) -> list[Request]:
        """Lists that are turned over around a life, whatever the case."""
        centre, clerk, worker = self.street.centre, self.street.clerk, self.street.worker
        todo, everything = "/api/v1/cases?list=todo", "/api/v1/cases?list=all"
        return [
            replace(view("/desk/?list=todo", centre.session), name="desk list"),
            replace(get(todo, centre.token), name="list"),
            replace(get(everything, clerk.token), name="list"),
            replace(view("/desk/?list=todo", clerk.session), name="desk list"),
            replace(get(todo, worker.token), name="list"),
        ]

    def of_case(self, number: str) -> list[Request]:
        """The pages of the case itself."""
        centre, clerk, worker = self.street.centre, self.street.clerk, self.street.worker
        return [
            replace(view(f"/desk/cases/{number}/", centre.session), name="desk case"),
            replace(get(f"/api/v1/cases/{number}", clerk.token), name="case"),
            replace(view(f"/desk/cases/{number}/", clerk.session), name="desk case"),
            replace(get(f"/api/v1/cases/{number}", worker.token), name="case"),
        ]

    def script(self, first: int = 0) -> Script:
        """Rounds without end, after some looks. A life of which a step is not done is left for another."""
        yield from each(islice(cycle(self.looks), first))
        while True:
            try:
                yield from self.once()
            except StepRefused:
                continue

    def once(self) -> Script:
        """One life, and the looks at it."""
        looks = iter(self.looks)
        steps = life(self.street, self.moves)
        request, number = next(steps), ""
        while True:
            answer = yield request
            try:
                request = steps.send(answer)
            except StopIteration:
                break
            number = number or _number_in(request)
            yield from each(islice(looks, 1))
        yield from each(self.of_case(number))


def _number_in(request: Request) -> str:
    """The case's number in the path of a life's second step."""
    path = request.wire.split(b" ", 2)[1].decode()
    return path.split("/")[4]


def rounds() -> list[Round]:
    """The streets that work."""
    every = list(streets())
    found = every[:: -(-len(every) // STREETS)]
    return [Round(street, moves_of(street, "full")) for street in found]


def endless(working: Sequence[Round]) -> Callable[[], Script]:
    """Gives each newcomer one of the streets, in turn.

    Each begins with other looks, fewer than a round has requests: people who come together would else go
    through their rounds in step, and all open a list at the desk in the same second.
    """
    whose, first = cycle(working), cycle(range(REQUESTS))
    return lambda: next(whose).script(next(first))


@dataclass(frozen=True)
class Ramp:
    """What was done by more and more connections, and by the database alone."""

    runs: list[Run]
    alone: Run
    """In rounds."""
    costs: dict[str, Cost]
    """By kind of request."""

    @property
    def most(self) -> float:
        """Requests a second at most."""
        return max(run.rate for run in self.runs)

    @property
    def bound(self) -> float:
        """Requests' worth of rows a second that the database does alone."""
        return self.alone.rate * REQUESTS

    @property
    def found(self) -> dict[str, object]:
        """For the file."""
        costs_of = {name: asdict(cost) for name, cost in self.costs.items()}
        return {"most": self.most, "limit": self.bound, "ratio": self.most / self.bound, "costs": costs_of}


def ramp(base: Ground, site: Web, working: Sequence[Round], chosen: Settings) -> Ramp:
    """Let more and more connections work, each for a round's time; then the database alone."""
    newcomer = endless(working)
    groups = {"web": [site.pid], "database": [base.server_pid], "client": [os.getpid()]}
    drive(site.port, [newcomer() for _ in working], seconds=min(3.0, chosen.ramp_seconds))  # warm
    runs = []
    for connections in CONNECTIONS:
        meter = CpuMeter(groups)
        scripts = [newcomer() for _ in range(connections)]
        samples, passed = drive(site.port, scripts, seconds=chosen.ramp_seconds)
        run = tally(f"{connections} connections", samples, passed, meter, ok=OK)
        run.cases, run.connections = chosen.cases, connections
        runs.append(run)
    del groups["web"]
    deeds = list(islice(_deeds(working), max(8, int(FASTEST * chosen.ramp_seconds))))
    alone = limit.measure(
        "rounds, database alone", base.conninfo(), deeds, seconds=chosen.ramp_seconds, groups=groups
    )
    found = Ramp(runs, alone, costs(base, working[0].script(), most=(WARM + COUNTED) * REQUESTS))
    show(f"a day's work: {chosen.cases:,} cases, {REQUESTS} requests a round", [*runs, alone])
    told = ", ".join(f"{name} {cost.queries:.0f} ({cost.rows:,.0f})" for name, cost in found.costs.items())
    print(f"  queries (rows read) of each: {told}")
    print(f"  most: {found.most:.1f} requests a second; ratio to the limit: {found.most / found.bound:.3f}")
    return found


def _deeds(working: Sequence[Round]) -> Iterator[limit.Deed]:
    """Rounds as the database has them: lives whose rows are their own, and the statements of the looks."""
    looked = [(one, _statements(one)) for one in working]
    for one, statements in cycle(looked):
        *written, _read = deed_of(limit.as_one, one.street, one.moves).transactions
        yield limit.Deed((*written, *statements))


def _statements(one: Round) -> tuple[tuple[limit.Call, ...], ...]:
    """What all that is read in a round asks of the database, of a case that is lived for it."""
    found: list[tuple[limit.Call, ...]] = []
    for _ in range(2):  # what a process reads once is read the first time
        found, answer = [], None
        steps = one.once()
        while True:
            try:
                request = next(steps) if answer is None else steps.send(answer)
            except StopIteration:
                break
            answer, asked = ask(request)
            if request.wire.startswith(b"GET"):
                found += [((sql, ()),) for sql in asked]
    return tuple(found)
