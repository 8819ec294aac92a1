"""What is asked of a system that takes in, moves and shows cases over HTTP."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.client import Answer, Request
from bench.ground import Ground, Web

HEADING = 40
"""Characters of a text that make a heading where a system wants one."""
PROCESSES = (os.cpu_count() or 2) + 1
"""Of a peer's server, each serving one request at a time: one waits for the disk while the others compute."""


@dataclass(frozen=True)
class Said:
    """What somebody reports, and where."""

    text: str
    lng: float
    lat: float
    address: str

    @property
    def heading(self) -> str:
        return self.text[:HEADING]


@dataclass(frozen=True)
class Ticket:
    """A case as the next step needs to know it."""

    number: str
    heading: str = ""
    version: int = 0
    area: str = ""


class Unexpected(Exception):
    """A system answered what its adapter cannot read; the message holds the answer."""

    @classmethod
    def of(cls, what: str, answer: Answer) -> Unexpected:
        return cls(f"{what}: {answer.status} {answer.body[:500].decode(errors='replace')}")


class Peer(Protocol):
    """How to ask a system that is running, as somebody who is signed in to it.

    A request is named after its step. What a browser would fetch in turn for one look is several requests.
    """

    @property
    def name(self) -> str: ...

    @property
    def is_pages(self) -> bool:
        """Whether list and detail are pages for a browser, not data."""

    @property
    def status(self) -> Mapping[str, int]:
        """The status of a good answer, by the request's name."""

    def create(self, said: Said) -> Request: ...

    def created(self, said: Said, answer: Answer) -> Ticket:
        """Raises ``Unexpected`` where the answer names no ticket."""

    def move(self, ticket: Ticket) -> Request:
        """The next step of a ticket that has just been created: see the adapter for which."""

    def list(self) -> Sequence[Request]:
        """The first page of the list of cases."""

    def listed(self, answers: Sequence[Answer]) -> int:
        """How many cases that page shows."""

    def detail(self, ticket: Ticket) -> Sequence[Request]: ...

    def dashboard(self) -> Sequence[Request]:
        """Empty where the system has none."""


class Missing(Exception):
    """A system cannot be installed or run here; the message says what is missing and what to do."""


class System(Protocol):
    """A peer as a program: how it comes into its folder, into a database, and to run."""

    @property
    def name(self) -> str: ...

    folder: Path

    def install(self) -> None:
        """Fetch it from its packages into its folder; does nothing where it is there. Raises ``Missing``."""

    def check(self) -> None:
        """Raises ``Missing`` where it is not installed."""

    def prepare(self, base: Ground, database: str) -> None:
        """Its tables, a queue, and somebody to work in it, in an empty database."""

    def serve(self, base: Ground, database: str) -> AbstractContextManager[Web]:
        """It runs, as in production, for as long as the block lasts."""

    def sign_in(self, site: Web) -> Peer: ...

    @property
    def families(self) -> Sequence[Family]:
        """The tables that hold what a ticket consists of, each after those it refers to."""


@dataclass(frozen=True)
class Family:
    """A table whose rows belong to tickets (``multiply``)."""

    table: str
    space: str
    """The family of ids its own ``id`` is drawn from; tables may share one."""
    refers: Mapping[str, str]
    """Columns that hold ids, with the space of each."""
    instants: tuple[str, ...] = ()
    """Columns that are moved back in time."""
