"""Linli and its peers side by side: intake, a step, the list, one case, and the dashboard.

All run at once on the same database server, each on a database with as many tickets, as many of them open, as
Linli's city has; they are asked in turns, round by round, so that whatever else the machine does meets all of
them. The ratio of a round is taken within the round; of several rounds the middle one counts.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from django.conf import settings

from bench.client import Answer, Request, Script, drive
from bench.figures import CpuMeter, Run, Spread, keep, show
from bench.ground import Ground, Web, web
from bench.intake import middle, statements, tally
from bench.peers.helpdesk import Helpdesk
from bench.peers.linli import Desk, Dispatchers
from bench.peers.multiply import Marks, multiply
from bench.peers.protocol import Missing, Peer, Said, System, Ticket, Unexpected
from bench.peers.tracker import Tracker
from bench.peers.wire import ask
from linli.domains.cases.models import Case

if TYPE_CHECKING:
    from bench.main import Settings

RECORDED = 40
"""Tickets of each kind that a peer writes itself before they are multiplied."""
AIMS = {Helpdesk.name: 5.0, Tracker.name: 50.0}
"""Times the peer's intake that ours is to reach."""
LONGER = 3
"""A look is repeated for at least so many times as long as it takes once."""


@dataclass
class Running:
    """A system that runs, and what has been measured of it."""

    peer: Peer
    site: Web
    runs: dict[str, list[Run]] = field(default_factory=dict)
    tickets: deque[Ticket] = field(default_factory=deque)
    """Created in this run and not moved since."""
    shown: int = 0
    """Cases on the first page of its list."""

    def note(self, step: str, run: Run) -> None:
        self.runs.setdefault(step, []).append(run)


def run(base: Ground, chosen: Settings) -> list[Run]:
    base.copy(base.city(chosen.cases))
    said = [_said(one) for one in statements()]
    still_open = Case.objects.filter(closed_at=None).count()
    with ExitStack() as stack:
        site = stack.enter_context(web(base))
        ours, desk = Running(Dispatchers(), site), Running(Desk(name="Linli, desk", is_pages=True), site)
        peers = []
        for system in _systems(chosen):
            template = _filled(base, system, said, chosen.cases, still_open)
            base.duplicate(template, name := f"run_{system.name}")
            stack.callback(base.drop, name)
            site = stack.enter_context(system.serve(base, name))
            peers.append(Running(system.sign_in(site), site))
        for running in (ours, *peers):
            _take_in(base, running, said, chosen.clients, min(2.0, chosen.seconds))  # warm
        for _ in range(chosen.rounds):
            for running in (ours, *peers):
                running.note("create", _take_in(base, running, said, chosen.clients, chosen.seconds))
        for running in (ours, *peers):
            running.note("move", _move(base, running, chosen.clients, chosen.seconds))
        desk.tickets = ours.tickets
        for running in (ours, desk, *peers):
            _look(base, running, chosen)
    return _tell(chosen, still_open, ours, desk, peers)


def _said(given: dict[str, object]) -> Said:
    return Said(
        text=str(given["text"]),
        lng=float(str(given["lng"])),
        lat=float(str(given["lat"])),
        address=str(given["address"]),
    )


def _systems(chosen: Settings) -> Iterator[System]:
    """The peers that are wanted and there; of the others it is said what is missing."""
    folder = Path(settings.DATA_DIR) / "peers"
    known: tuple[System, ...] = (Helpdesk(folder), Tracker(folder))
    wanted = [system for system in known if chosen.peer in ("", system.name)]
    if not wanted:
        sys.exit(f"no peer is called {chosen.peer}: {', '.join(system.name for system in known)}")
    for system in wanted:
        try:
            if chosen.install:
                system.install()
            system.check()
        except Missing as missing:
            print(f"\nnot measured: {missing}")
        else:
            yield system


def _filled(base: Ground, system: System, said: Sequence[Said], count: int, still_open: int) -> str:
    """A database of the system with about ``count`` tickets; made when it is not there."""
    name = f"{system.name}_{count}"
    if base.has(name):
        return name
    print(f"filling {name} …", flush=True)
    draft = f"{name}_draft"
    base.create(draft)
    system.prepare(base, draft)
    with system.serve(base, draft) as site:
        peer = system.sign_in(site)
        _write(site, peer, said[:1], moved=False)  # what is made once, such as its sender, is made now
        for number, moved in ((count - still_open, True), (still_open, False)):
            since = Marks.now(base.server.url(draft), system.families)
            _write(site, peer, said[: min(RECORDED, number)], moved=moved)
            multiply(base.server.url(draft), system.families, since, max(0, number // RECORDED - 1))
    base.tidy(draft)
    base.rename(draft, name)
    return name


def _write(site: Web, peer: Peer, said: Sequence[Said], *, moved: bool) -> None:
    for one in said:
        (answer,) = ask(site.port, peer.create(one))
        ticket = peer.created(one, answer)
        if moved:
            ask(site.port, peer.move(ticket))


def _groups(base: Ground, site: Web) -> dict[str, list[int]]:
    return {"web": [site.pid], "database": [base.server_pid], "client": [os.getpid()]}


def _take_in(base: Ground, running: Running, said: Sequence[Said], clients: int, seconds: float) -> Run:
    """Tickets created by many clients at once."""
    peer, reports = running.peer, cycle(said)
    good = peer.status["create"]

    def client() -> Script:
        for one in reports:
            answer = yield peer.create(one)
            if answer.status == good:
                running.tickets.append(peer.created(one, answer))

    meter = CpuMeter(_groups(base, running.site))
    samples, passed = drive(running.site.port, [client() for _ in range(clients)], seconds=seconds)
    return tally(f"{peer.name}: create", samples, passed, meter, ok=[good])


def _move(base: Ground, running: Running, clients: int, seconds: float) -> Run:
    """The next step of tickets just created, by many clients at once, until there are no more."""
    peer = running.peer

    def client() -> Script:
        while len(running.tickets) > 1:  # the last one is looked at later
            yield peer.move(running.tickets.popleft())

    meter = CpuMeter(_groups(base, running.site))
    scripts = [client() for _ in range(min(clients, len(running.tickets) - 1))]
    samples, passed = drive(running.site.port, scripts, seconds=seconds)
    return tally(f"{peer.name}: move", samples, passed, meter, ok=[peer.status["move"]])


def _look(base: Ground, running: Running, chosen: Settings) -> None:
    """List, case and dashboard, one look after the other."""
    peer = running.peer
    answers = ask(running.site.port, *peer.list())
    running.shown = peer.listed(answers)
    if not running.shown:
        raise Unexpected.of(f"{peer.name}: an empty list", answers[-1])
    ticket = running.tickets[-1]
    for step, requests in (
        ("list", peer.list()),
        ("detail", peer.detail(ticket)),
        ("dashboard", peer.dashboard()),
    ):
        if requests:
            running.note(step, _repeated(base, running, step, requests, chosen))


def _repeated(
    base: Ground, running: Running, step: str, requests: Sequence[Request], chosen: Settings
) -> Run:
    """One look again and again: the time of all its requests together."""
    answers: list[Answer] = []

    def look(times: int) -> Script:
        for _ in range(times):
            for request in requests:
                answers.append((yield request))

    port, good = running.site.port, running.peer.status[step]
    _, once = drive(port, [look(2)], seconds=600)  # warm
    answers.clear()
    meter = CpuMeter(_groups(base, running.site))
    seconds = max(chosen.seconds, LONGER * once / 2)
    samples, passed = drive(port, [look(chosen.repeats)], seconds=seconds)
    parts = len(requests)
    whole = [samples[n : n + parts] for n in range(0, len(samples) - parts + 1, parts)]
    taken = [sum(part.seconds for part in one) for one in whole]
    errors = sum(answer.status != good for answer in answers)
    used = {who: spent * 1e3 / max(1, len(whole)) for who, spent in meter.used().items()}
    return Run(f"{running.peer.name}: {step}", passed, len(whole), errors, Spread.of(taken), used)


def _tell(
    chosen: Settings, still_open: int, ours: Running, desk: Running, peers: Sequence[Running]
) -> list[Run]:
    """Tables, ratios and the file."""
    everybody = (ours, desk, *peers)
    runs = [middle(rounds) for running in everybody for rounds in running.runs.values()]
    show(f"peers: {chosen.cases:,} tickets, {still_open:,} open, {chosen.clients} clients", runs)
    ratios = {peer.peer.name: compare(ours, desk, peer) for peer in peers}
    if ratios:
        print("\n  Linli against its peers: create and move by rate, list and detail by p50")
    for name, told in ratios.items():
        aim = AIMS[name]
        verdict = f"aim {aim:g}: {'reached' if told['create'] >= aim else 'not reached'}"
        print(f"  {name:<20}" + "  ".join(f"{step} {ratio:.1f} x" for step, ratio in told.items()))
        print(f"  {'':<20}create: {verdict}")
    shown = {running.peer.name: running.shown for running in everybody}
    keep(
        "peers",
        {
            "cases": chosen.cases,
            "open": still_open,
            "clients": chosen.clients,
            "aims": AIMS,
            "ratios": ratios,
            "rows shown": shown,
        },
        [run for running in everybody for rounds in running.runs.values() for run in rounds],
    )
    return runs


def compare(ours: Running, desk: Running, peer: Running) -> dict[str, float]:
    """How many times as fast Linli is; and how many times its CPU a peer takes to create a ticket."""
    rates = {
        step: median(
            mine.rate / theirs.rate for mine, theirs in zip(ours.runs[step], peer.runs[step], strict=True)
        )
        for step in ("create", "move")
    }
    like = desk if peer.peer.is_pages else ours
    times = {step: _p50(peer, step) / _p50(like, step) for step in ("list", "detail")}
    return rates | times | {"CPU of create": _cpu(peer) / _cpu(ours)}


def _cpu(running: Running) -> float:
    """Milliseconds of web and database for a ticket created."""
    return median(run.cpu_ms["web"] + run.cpu_ms["database"] for run in running.runs["create"])


def _p50(running: Running, step: str) -> float:
    spread = running.runs[step][0].spread
    assert spread is not None
    return spread.p50
