"""How a case's history is told: to colleagues, and to its reporter."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from linli.domains.cases.flow import flow
from linli.domains.cases.models import Case, CaseState
from linli.kernel.access.actor import SYSTEM
from linli.kernel.journal import queries as journal

OTHER_MOVES = {
    "report": "上报",
    "solve_on_the_spot": "发现并当场解决",
    "take_in": "并入其他上报",
    "give_back": "撤销并入",
}
"""Entries that are not moves of their own: a case's beginning, and its part in another's move."""

_PUBLIC_WORDS = {"answer", "return", "close", "note"}
"""Moves whose words the reporter may read: what is written to, or by, the reporter. Opinions among
colleagues are not shown, whatever the move."""


def move_title(name: str) -> str:
    move = flow.moves.get(name)
    return move.title if move else OTHER_MOVES.get(name, name)


@dataclass(frozen=True)
class PublicStep:
    """One step as the reporter sees it."""

    at: dt.datetime
    title: str
    words: str


def public_steps(case: Case) -> list[PublicStep]:
    """The steps of a case for its reporter, oldest first: what happened, never who."""
    steps = []
    for entry, remark in journal.chain(case.pk):
        move = flow.moves.get(entry.move)
        if move is not None and not move.public:
            continue
        if move is None and entry.move not in ("report", "solve_on_the_spot"):
            continue
        words = remark.text if remark is not None and entry.move in _PUBLIC_WORDS else ""
        steps.append(PublicStep(entry.at, move_title(entry.move), words))
    return steps


def may_answer(case: Case) -> bool:
    """Whether the reporter can say solved or not solved now."""
    if case.state == CaseState.CLOSED and case.answer == "solved":
        return False
    move = flow.moves["answer"]
    return case.state in move.start and all(guard(SYSTEM, case) is None for guard in move.when)
