"""What a worker did without a connection, carried out in one go when there is one again.

A batch is acts in the order in which they were done: problems found, problems found and solved, moves on
cases. Each is judged by itself, as its own door would (``actions.report``, ``solve_on_the_spot``, ``move``):
same rights, same checks, same answers. Acts of one kind are written together. Every act has a ``client_id``,
so that a batch that is sent again, whole or in part, does nothing twice.

Reports are taken in before moves; moves on one case are made in the order given. A case that was found
offline has no number yet: its moves name the ``client_id`` of the report instead.

When an act was done is what the device says. It goes on record beside the server's time and decides nothing:
clocks run from the moment at which the server knows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext
from pydantic import ValidationError

from linli.domains.cases import actions, intake
from linli.domains.cases.actions import Filed, NewReport, SolvedOnTheSpot, Submission
from linli.domains.cases.errors import CaseNotFound
from linli.domains.cases.models import Case, Channel
from linli.kernel.access.actor import Actor
from linli.kernel.flow.input import refuse_invalid
from linli.kernel.flow.perform import Deed
from linli.lib import numbers
from linli.lib.errors import Invalid, Refusal

MOST = 500
"""Acts of one batch: more than a worker does in weeks, and no more than a request should hold."""

Kind = Literal["report", "solved", "move"]


@dataclass(frozen=True)
class Act:
    """One thing done offline. ``given`` is what its own door takes."""

    kind: Kind
    client_id: UUID
    claimed_at: dt.datetime
    given: Mapping[str, Any] = field(default_factory=dict)
    move: str = ""
    number: str = ""
    report: UUID | None = None
    """The ``client_id`` of the report whose case is moved, where its number is not known."""
    version: int | None = None


def carry_out(actor: Actor, *, acts: Sequence[Act]) -> list[Filed | Case | Refusal]:
    """Do a batch of acts: for each what was filed, the case as it is after the move, or the refusal.

    Refuses Invalid where there are more than ``MOST``.
    """
    if len(acts) > MOST:
        raise Invalid(fields={"acts": gettext("一次最多提交 %(n)d 项") % {"n": MOST}})
    outcomes = _report(actor, {n: act for n, act in enumerate(acts) if act.kind != "move"})
    filed = {acts[n].client_id: one for n, one in outcomes.items() if isinstance(one, Filed)}
    outcomes |= _move(actor, {n: act for n, act in enumerate(acts) if act.kind == "move"}, filed)
    return [outcomes[n] for n in range(len(acts))]


def _report(actor: Actor, acts: Mapping[int, Act]) -> dict[int, Filed | Case | Refusal]:
    outcomes: dict[int, Filed | Case | Refusal] = {}
    given: dict[int, Submission] = {}
    for n, act in acts.items():
        kind = SolvedOnTheSpot if act.kind == "solved" else NewReport
        try:
            report = kind.model_validate({**act.given, "client_id": act.client_id})
        except ValidationError as error:
            outcomes[n] = refuse_invalid(error, kind)
        else:
            given[n] = Submission(report, act.claimed_at)
    filed = actions.report_many(actor, given=list(given.values()), channel=Channel.PATROL)
    return outcomes | dict(zip(given, filed, strict=True))


def _move(
    actor: Actor, acts: Mapping[int, Act], filed: Mapping[UUID, Filed]
) -> dict[int, Filed | Case | Refusal]:
    """``filed``: what this batch has taken in, which nobody has to look for."""
    earlier = intake.known_submissions(act.report for act in acts.values() if act.report not in filed)
    known = {**filed, **{client_id: Filed(report.case, report) for client_id, report in earlier.items()}}
    outcomes: dict[int, Filed | Case | Refusal] = {}
    deeds: dict[int, Deed] = {}
    for n, act in acts.items():
        number = numbers.normalise(act.number)
        if act.report is not None:
            found = known.get(act.report)
            if found is None or found.report.post != actor.post:
                outcomes[n] = CaseNotFound()
                continue
            number = found.case.number
        deeds[n] = Deed(act.move, number, act.given, act.version, act.client_id, act.claimed_at)
    return outcomes | dict(zip(deeds, actions.move_each(actor, deeds=list(deeds.values())), strict=True))
