"""What several moves have in common: opening and ending tasks, passing a case on, ending it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext

from linli.domains.cases import stages
from linli.domains.cases.errors import UnitUnknown
from linli.domains.cases.models import (
    Case,
    CaseState,
    Request,
    RequestKind,
    RequestState,
    Task,
    TaskKind,
    TaskState,
)
from linli.domains.matters import queries as matters
from linli.domains.matters.kinds import Evidence
from linli.kernel.access.actor import Actor
from linli.kernel.files import queries as files
from linli.kernel.files.actions import attach as attach_to
from linli.kernel.files.models import Stage
from linli.kernel.flow.perform import Step
from linli.kernel.notices import actions as notices
from linli.kernel.records.changes import Changes
from linli.kernel.units.checks import known_area
from linli.kernel.units.models import Unit, UnitKind
from linli.kernel.units.queries import book
from linli.lib.errors import Invalid, WrongState

AnyStep = Step[Case, Any]


def unit_of(pk: int, field: str) -> Unit:
    """A unit in force, or a refusal naming the field."""
    unit = book().unit(pk)
    if unit is None:
        raise UnitUnknown(fields={field: UnitUnknown.title})
    return unit


def centre_for(case: Case) -> int | None:
    """The centre that decides about a case in its place."""
    centre = book().centre_of(case.area)
    return centre.pk if centre else None


def centre_behind(case: Case, task: Task) -> int | None:
    """The centre that decides about a task: the one that gave it out (the district's after an escalation),
    as long as it is in force and the place is its own, else the centre of the place."""
    given_by = book().unit(task.from_unit_id)
    if given_by and given_by.kind == UnitKind.CENTRE and case.area.startswith(given_by.area):
        return given_by.pk
    return centre_for(case)


def tell(step: AnyStep, units: Iterable[int | None], kind: str, words: str) -> None:
    """Tell units about the case, except the one that acts."""
    case = step.record
    notices.tell(
        step.changes,
        kind=f"case.{kind}",
        title=f"{words}：{case.title}",
        record=(case.family, case.pk),
        district=case.district,
        units=[unit for unit in units if unit is not None and unit != step.actor.unit],
        number=case.number,
        at=step.at,
    )


def classify_as(step: AnyStep, code: str | None, urgency: str | None) -> None:
    """Set matter and urgency; the matter's version is the one in force when the case was opened."""
    case = step.record
    if code:
        matter = matters.chosen(code, on=case.opened_on, area=case.area)
        if not matter.active:
            raise Invalid(fields={"matter": gettext("事项「%(name)s」已停用") % {"name": matter.name}})
        if matter.pk != case.matter_id:
            step.set(matter_id=matter.pk, matter_why="人工认定", sensitive=matter.sensitive)
            if urgency is None:
                urgency = matter.urgency
        step.set(matter_confirmed=True)
        step.facts["matter"] = matter.pk
    if urgency and urgency != case.urgency:
        step.set(urgency=urgency)
        step.facts["urgency"] = urgency


def move_to_area(step: AnyStep, code: str) -> None:
    """The case belongs to another area of the same district: all its parts go with it."""
    case = step.record
    known_area(code)
    if code[:6] != case.district:
        raise Invalid(fields={"area": "跨区（市）县的事件请上报市级综治中心交办"})
    step.facts["area_was"] = case.area
    case.place(code)
    step.set(area=case.area, township=case.township)
    for row in [*case.tasks, *case.report_list, *stages.running(case)]:
        step.changes.update(row, area=case.area)
    holder = book().unit(case.holder_id)
    if holder and holder.kind == UnitKind.CENTRE and not code.startswith(holder.area):
        step.set(holder_id=centre_for(case))
        step.part(case.holder_id)


def open_task(
    step: AnyStep, unit: Unit, kind: TaskKind, *, given_by: int | None, is_final: bool = False
) -> Task:
    """Give a unit its share; it takes part in the case from now on. ``given_by`` is the unit that asks it."""
    case = step.record
    task = Task(
        case_id=case.pk,
        kind=kind,
        unit_id=unit.pk,
        from_unit_id=given_by,
        opened_at=step.at,
        is_final=is_final,
    )
    task.place(case.area)
    step.changes.insert(task)
    case.tasks.append(task)
    step.part(unit.pk)
    return task


def open_assist(step: AnyStep, unit: Unit) -> Task:
    """An assisting unit's task, with a clock of its own."""
    task = open_task(step, unit, TaskKind.ASSIST, given_by=step.actor.unit)
    task.due_at = stages.start(step, stages.ASSIST, unit=unit.pk, task=task).due_at
    return task


def open_tasks(case: Case) -> list[Task]:
    return [task for task in case.tasks if task.state == TaskState.OPEN]


def end_task(step: AnyStep, task: Task, state: TaskState) -> None:
    """A unit's share is over; its clock stops, or is cancelled with the task."""
    step.changes.update(task, state=state, ended_at=step.at)
    stages.stop_task(step, task, cancelled=state == TaskState.CANCELLED)


def own_task(step: AnyStep, kind: TaskKind | None = None) -> Task:
    """The acting unit's open task (the guard has looked already; this is for the type and the race)."""
    task = step.record.open_task(step.actor.unit, kind)
    if task is None:
        raise WrongState("本单位在此件中没有待办任务")
    return task


def back_to_lead(step: AnyStep) -> None:
    """Not solved: the lead unit has it again, as a new round of its task."""
    case = step.record
    lead = unit_of(case.lead_id or 0, "lead")
    before = [task for task in case.tasks if task.unit_id == lead.pk and task.kind == TaskKind.LEAD]
    is_final = any(task.is_final for task in before)
    step.set(holder_id=lead.pk, handled_at=None)
    given_by = before[-1].from_unit_id if before else None
    task = open_task(step, lead, TaskKind.LEAD, given_by=given_by, is_final=is_final)
    stages.enter_stage(step, unit=lead.pk, task=task)
    tell(step, [lead.pk], "sent_back", "退回重办")


def to_centre(step: AnyStep, centre: Unit, words: str) -> None:
    """Another centre decides from here on."""
    step.facts |= {"from": step.record.holder_id, "to": centre.pk}
    step.set(holder_id=centre.pk)
    step.part(centre.pk)
    stages.enter_stage(step, unit=centre.pk)
    tell(step, [centre.pk], "centre", words)


def end(step: AnyStep, result: str, statement: str) -> None:
    """The case is closed with a result that says what became of it."""
    for task in open_tasks(step.record):
        end_task(step, task, TaskState.CANCELLED)
    lapse_request(step)
    step.set(state=CaseState.CLOSED, result=result, statement=statement, closed_at=step.at)
    step.facts["result"] = result
    stages.stop_all(step)


def take_up_again(step: AnyStep) -> None:
    """A closed case begins anew at the centre, with its history."""
    case = step.record
    step.set(
        result=None,
        statement="",
        closed_at=None,
        handled_at=None,
        answer=None,
        reopened=case.reopened + 1,
        lead_id=None,
        holder_id=centre_for(case),
    )
    step.part(case.holder_id)
    stages.start_overall(step)
    stages.enter_stage(step, unit=case.holder_id)
    tell(step, [case.holder_id], "reopened", "重新办理")


def ask(
    step: AnyStep, kind: RequestKind, reason: str, *, amount: int | None = None, measure: str = ""
) -> None:
    """The lead unit asks; the centre that dispatched decides."""
    case = step.record
    task = own_task(step, TaskKind.LEAD)
    request = Request(
        case_id=case.pk,
        kind=kind,
        unit_id=task.unit_id,
        reason=reason,
        amount=amount,
        measure=measure,
        asked_at=step.at,
    )
    request.place(case.area)
    step.changes.insert(request)
    case.pending_request = request
    step.facts |= {"request": request.pk, "kind": kind}
    if amount:
        step.facts |= {"amount": amount, "measure": measure}
    tell(step, [centre_behind(case, task)], "request", f"{RequestKind(kind).label}申请待审批")  # not shown


def decide(step: AnyStep, state: RequestState) -> Request:
    """Answer the pending request."""
    request = step.record.pending_request
    if request is None:
        raise WrongState("没有待审批的申请")
    step.changes.update(request, state=state, decided_at=step.at, decided_by=step.actor.post)
    step.record.pending_request = None
    step.facts |= {"request": request.pk, "kind": request.kind}
    label = RequestState(state).label
    tell(step, [request.unit_id], "decided", f"{RequestKind(request.kind).label}申请{label}")  # not shown
    return request


def lapse_request(step: AnyStep) -> None:
    """A pending request falls away with what it was about."""
    request = step.record.pending_request
    if request is not None:
        step.changes.update(request, state=RequestState.LAPSED, decided_at=step.at)
        step.record.pending_request = None


def attach_files(changes: Changes, actor: Actor, claims: list[str], case: Case, stage: Stage) -> list[int]:
    """Plan that uploaded files, named by their claims, belong to the case. Returns their ids."""
    if not claims:
        return []
    found = files.claimed(actor, claims)
    attach_to(changes, found, actor=actor, record=(case.family, case.pk), stage=stage)
    return [file.pk for file in found]


def attach(step: AnyStep, claims: list[str], stage: Stage) -> None:
    """Add uploaded files to the case as part of a move."""
    ids = attach_files(step.changes, step.actor, claims, step.record, stage)
    if ids:
        step.facts["files"] = ids


def require_evidence(step: AnyStep, claims: list[str]) -> None:
    """Photos are asked for only where the list says so, with its reason."""
    case = step.record
    matter = matters.by_id(case.matter_id) if case.matter_id else None
    if matter is not None and matter.evidence == Evidence.REQUIRED and not claims:
        raise Invalid(
            fields={"files": gettext("本事项需要附照片：%(why)s") % {"why": matter.evidence_reason}}
        )
