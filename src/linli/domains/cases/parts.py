"""What belongs to a case and is read with it."""

from __future__ import annotations

from collections.abc import Iterable

from linli.domains.cases.models import Case, Report, Request, RequestState, Supervision, Task
from linli.kernel.clocks.models import Clock
from linli.kernel.records.reading import Part, hang

PARTS = (
    Part("tasks", Task, "case_id"),
    Part("clocks", Clock, "record_id", where=f"p.family = '{Case.family}'"),
    Part("report_list", Report, "case_id"),
    Part("pending_request", Request, "case_id", where=f"p.state = '{RequestState.PENDING}'", single=True),
    Part("supervision_list", Supervision, "case_id"),
)


DUTIES = tuple(part for part in PARTS if part.name in ("tasks", "pending_request", "supervision_list"))
"""What decides, beside the case itself, which moves are possible."""


def load_duties(cases: Iterable[Case]) -> None:
    """Hang on cases in hand what the guards of moves look at, and nothing else."""
    hang(cases, DUTIES)


def load_parts(cases: Iterable[Case]) -> None:
    """Hang their parts on cases in hand: one query for any number of them."""
    hang(cases, PARTS)
