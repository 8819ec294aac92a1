"""A new case with its first report: the rows of an intake, planned as one deed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from linli.domains.cases import stages
from linli.domains.cases.models import Case, CaseResult, CaseState, Report
from linli.domains.cases.texts import TITLE_LENGTH, case_text, title_of, without_personal_numbers
from linli.domains.matters.models import Matter
from linli.kernel.access.actor import Actor
from linli.kernel.clocks import actions as clocks
from linli.kernel.clocks.models import Urgency
from linli.kernel.flow.declaration import Flow
from linli.kernel.flow.perform import open_record
from linli.kernel.records.changes import Changes
from linli.kernel.records.models import record_id
from linli.kernel.units.queries import book
from linli.lib.numbers import number_of
from linli.lib.time import LOCAL


@dataclass
class Opening:
    """What is known when a case is opened. ``area`` is the grid that the point lies in."""

    text: str
    area: str
    lng: float
    lat: float
    channel: str
    title: str = ""
    address: str = ""
    matter: Matter | None = None
    matter_why: str = ""
    urgency: str | None = None
    contact: int | None = None
    about: int | None = None
    source_number: str = ""
    client_id: UUID | None = None
    claimed_at: dt.datetime | None = None
    """When it was made by the clock of the sender's device; stands beside ``at`` and decides nothing."""
    report_id: int = field(default_factory=record_id)
    split_from: int | None = None

    plain_text: str = field(init=False)
    plain_address: str = field(init=False)

    def __post_init__(self) -> None:
        self.plain_text = without_personal_numbers(self.text)[0]
        self.plain_address = without_personal_numbers(self.address)[0]


def open_case(
    changes: Changes, actor: Actor, *, flow: Flow[Case], given: Opening, at: dt.datetime
) -> tuple[Case, Report]:
    """Plan a case in state ``reported`` at the centre of its place, with its clocks running."""
    case = _case(actor, given, at)
    report = _report(actor, given, case, at)
    overall = stages.plan(changes, case, stages.OVERALL, at=at, unit=None)
    stage = stages.plan(changes, case, "accept", at=at, unit=case.holder_id)
    case.due_at, case.stage_due_at = overall.due_at, stage.due_at
    facts: dict[str, Any] = {
        "report": report.pk,
        "channel": given.channel,
        "clocks": [clocks.facts(overall, at), clocks.facts(stage, at)],
    }
    if given.matter is not None:
        facts["matter"] = given.matter.pk
    if given.split_from is not None:
        facts["split_from"] = given.split_from
    _enter(changes, actor, flow, case, report, "report", facts, at, given)
    return case, report


def open_solved(
    changes: Changes, actor: Actor, *, flow: Flow[Case], given: Opening, statement: str, at: dt.datetime
) -> tuple[Case, Report]:
    """Plan a case that was found and solved on the spot: one step, closed with its result."""
    case = _case(actor, given, at)
    case.state, case.result, case.statement = CaseState.CLOSED, CaseResult.SOLVED, statement
    case.on_the_spot = case.matter_confirmed = True
    case.handled_at = case.closed_at = at
    case.lead_id = actor.unit
    report = _report(actor, given, case, at)
    facts = {"report": report.pk, "channel": given.channel, "result": CaseResult.SOLVED.value}
    if given.matter is not None:
        facts["matter"] = given.matter.pk
    _enter(changes, actor, flow, case, report, "solve_on_the_spot", facts, at, given)
    return case, report


def _case(actor: Actor, given: Opening, at: dt.datetime) -> Case:
    matter = given.matter
    # the matter by its id: a column, so that the row is made the quick way
    case = Case(
        title=(given.title or title_of(given.plain_text))[:TITLE_LENGTH],
        matter_id=matter.pk if matter else None,
        matter_why=given.matter_why[:200],
        urgency=given.urgency or (matter.urgency if matter else Urgency.NORMAL.value),
        channel=given.channel,
        lng=given.lng,
        lat=given.lat,
        address=given.plain_address,
        sensitive=matter.sensitive if matter else False,
        state=CaseState.REPORTED,
        opened_at=at,
        split_from_id=given.split_from,
    )
    case.number = number_of(at.astimezone(LOCAL).year, case.pk)
    case.place(given.area)
    centre = book().centre_of(given.area)
    case.holder_id = centre.pk if centre else None
    case.part(case.holder_id, actor.unit)
    case.tasks, case.clocks, case.report_list, case.supervision_list = [], [], [], []
    case.pending_request = None
    return case


def _report(actor: Actor, given: Opening, case: Case, at: dt.datetime) -> Report:
    report = Report(
        id=given.report_id,
        case_id=case.pk,
        first_case=case.pk,
        channel=given.channel,
        text=given.plain_text,
        at=at,
        lng=given.lng,
        lat=given.lat,
        address=case.address,
        client_id=given.client_id,
        source_number=given.source_number,
        contact=given.contact,
        about_id=given.about,
        post=actor.post,
        unit=actor.unit,
    )
    report.place(case.area)
    report.token = Report.digest_of(report.secret)
    case.report_list.append(report)
    return report


def _enter(
    changes: Changes,
    actor: Actor,
    flow: Flow[Case],
    case: Case,
    report: Report,
    move: str,
    facts: dict[str, Any],
    at: dt.datetime,
    given: Opening,
) -> None:
    open_record(
        actor,
        flow=flow,
        record=case,
        move=move,
        changes=changes,
        at=at,
        facts=facts,
        client_id=given.client_id,
        claimed_at=given.claimed_at,
    )
    changes.insert(report, case_text(case, [report.text]))
