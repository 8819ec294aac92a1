"""How a case's history is told: to colleagues, and to its reporter."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from linli.domains.cases.flow import flow
from linli.domains.cases.models import Case, CaseState, Report
from linli.domains.cases.texts import title_of
from linli.kernel.access.actor import SYSTEM
from linli.kernel.journal import queries as journal
from linli.kernel.journal.models import Entry

OTHER_MOVES = {
    "report": "上报",
    "solve_on_the_spot": "发现并当场解决",
    "take_in": "并入其他上报",
    "give_back": "撤销并入",
}
"""Entries that are not moves of their own: a case's beginning, and its part in another's move."""

_WORDS_TO_REPORTERS = {"return", "close", "note"}
"""Moves whose words are written to the reporters. Opinions among colleagues are not shown, whatever the
move."""
_WORDS_OF_A_REPORTER = {"answer", "supplement"}
"""Moves whose words are a reporter's own, and not for the others who reported the same."""


def move_title(name: str) -> str:
    move = flow.moves.get(name)
    return move.title if move else OTHER_MOVES.get(name, name)


@dataclass(frozen=True)
class PublicStep:
    """One step as the reporter sees it."""

    at: dt.datetime
    title: str
    words: str
    files: tuple[int, ...] = ()
    """Ids of the files that came with the reporter's own words."""


def public_steps(case: Case, report: Report) -> list[PublicStep]:
    """The steps of a case for who made ``report``, oldest first: what happened, never who."""
    steps = []
    for entry, remark in journal.chain(case.pk):
        move = flow.moves.get(entry.move)
        if move is not None and not move.public:
            continue
        if move is None and entry.move not in ("report", "solve_on_the_spot"):
            continue
        is_for = _is_for(report, entry)
        words = remark.text if remark is not None and is_for else ""
        own = tuple(entry.facts.get("files", ())) if is_for and entry.move in _WORDS_OF_A_REPORTER else ()
        steps.append(PublicStep(entry.at, move_title(entry.move), words, own))
    return steps


def _is_for(report: Report, entry: Entry) -> bool:
    """Whether the words of an entry may be read by who made ``report``."""
    if entry.move in _WORDS_OF_A_REPORTER:
        return bool(entry.facts.get("report") == report.pk)
    return entry.move in _WORDS_TO_REPORTERS


def title_for(case: Case, report: Report) -> str:
    """What the case is called on the page of who made ``report``.

    A title is made of the first reporter's words; whoever reported the same reads their own.
    """
    is_first = report.first_case == case.pk and report.at == case.opened_at
    return case.title if is_first else title_of(report.text)


def may_answer(case: Case) -> bool:
    """Whether the reporter can say solved or not solved now."""
    if case.state == CaseState.CLOSED and case.answer == "solved":
        return False
    move = flow.moves["answer"]
    return case.state in move.start and all(guard(SYSTEM, case) is None for guard in move.when)


def may_supplement(case: Case) -> bool:
    """Whether the reporter can add to the report now."""
    return case.state in flow.moves["supplement"].start
