"""The clocks of a case: one over the whole, one per stage, one per assisting unit.

A stage's clock starts when the case enters the stage and stops when it leaves; the overall clock runs from
the report to the close, except while the reporter is asked. All stand still while a case is suspended.
Limits come from the matter under which the case was opened, for its urgency; where the matter sets none,
from ``parameters``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from linli.domains.cases.models import Case, CaseState, Supervision, Task
from linli.domains.cases.parameters import LIMITS, overall_for
from linli.domains.matters import queries as matters
from linli.kernel.clocks import actions as clocks
from linli.kernel.clocks import telling
from linli.kernel.clocks.calendar import Limit, Measure
from linli.kernel.clocks.models import Clock, Outcome
from linli.kernel.clocks.queries import calendars
from linli.kernel.clocks.timing import used
from linli.kernel.flow.perform import Step
from linli.kernel.journal import queries as journal
from linli.kernel.records.changes import Changes
from linli.lib.errors import Invalid

OVERALL = "overall"
SUPERVISION = "supervision"
ASSIST = "assist"
STAGES = {
    CaseState.REPORTED: "accept",
    CaseState.ACCEPTED: "dispatch",
    CaseState.HANDLING: "handle",
    CaseState.HANDLED: "verify",
    CaseState.VERIFIED: "answer",
}
"""Which clock runs in which state."""

TITLES = {
    OVERALL: "总时限",
    "accept": "受理",
    "dispatch": "分办",
    "handle": "处置",
    ASSIST: "协办",
    "verify": "核查",
    "answer": "上报人反馈",
    SUPERVISION: "督办答复",
}


@dataclass(frozen=True)
class CaseLimit:
    """A limit as it holds for one clock of one case."""

    limit: Limit
    cumulative: bool = False


def limit_of(case: Case, name: str) -> CaseLimit:
    """The limit that holds for a clock of this case, with its source."""
    stage = "handle" if name == ASSIST else name
    if case.matter_id is not None:
        found = matters.limits_of(matters.by_id(case.matter_id), case.urgency).get(stage)
        if found is not None:
            return CaseLimit(found.limit, found.cumulative)
    if stage == OVERALL:
        return CaseLimit(overall_for(limit_of(case, "handle").limit))
    return CaseLimit(LIMITS[stage])


def plan(
    changes: Changes,
    case: Case,
    name: str,
    *,
    at: dt.datetime,
    unit: int | None,
    task: int | None = None,
) -> Clock:
    """Add a clock of the case to a plan (a cumulative one goes on from what earlier ones used)."""
    held = limit_of(case, name)
    earlier = [c for c in case.clocks if c.name == name and c.cumulative and c.measure == held.limit.measure]
    clock = clocks.start(
        changes,
        family=case.family,
        record=case,
        name=name,
        limit=held.limit,
        urgency=case.urgency,
        unit=unit,
        task=task,
        at=at,
        cumulative=held.cumulative,
        used=used(earlier[-1], at) if held.cumulative and earlier else 0,
        extended=earlier[-1].extended_seconds if held.cumulative and earlier else 0,
    )
    case.clocks.append(clock)
    return clock


def start(step: Step[Case, Any], name: str, *, unit: int | None, task: Task | None = None) -> Clock:
    """Start a clock of the case as part of a move."""
    clock = plan(step.changes, step.record, name, at=step.at, unit=unit, task=task.pk if task else None)
    _tell(step, clocks.facts(clock, step.at))
    return clock


def running(case: Case, name: str | None = None, task: int | None = None) -> list[Clock]:
    """Clocks not yet stopped, by name and task where given."""
    return [
        clock
        for clock in case.clocks
        if clock.stopped_at is None
        and (name is None or clock.name == name)
        and (task is None or clock.task_id == task)
    ]


def leave_stage(step: Step[Case, Any]) -> None:
    """Stop the clock of whatever stage the case is in."""
    for name in STAGES.values():
        for clock in running(step.record, name):
            _tell(step, clocks.stop(step.changes, clock, at=step.at))
    step.set(stage_due_at=None)


def enter_stage(step: Step[Case, Any], *, unit: int | None, task: Task | None = None) -> None:
    """Start the clock of the state that the case is now in."""
    leave_stage(step)
    name = STAGES.get(CaseState(step.record.state))
    if name is None:
        return
    _hold_overall(step)
    clock = start(step, name, unit=unit, task=task)
    step.set(stage_due_at=clock.due_at)
    if task is not None:
        task.due_at = clock.due_at


def _hold_overall(step: Step[Case, Any]) -> None:
    """While the reporter is asked the work is done: that time is nobody's to lose. It runs on when the
    answer sends the case back."""
    for clock in running(step.record, OVERALL):
        if step.record.state == CaseState.VERIFIED and not clock.is_paused:
            _tell(step, clocks.pause(step.changes, clock, at=step.at))
        elif step.record.state != CaseState.VERIFIED and clock.is_paused:
            _tell(step, clocks.resume(step.changes, clock, at=step.at))
            step.set(due_at=clock.due_at)


def start_overall(step: Step[Case, Any]) -> None:
    """Start the clock over the whole case."""
    step.set(due_at=start(step, OVERALL, unit=None).due_at)


def restart_for_urgency(step: Step[Case, Any]) -> None:
    """Matter or urgency are decided anew: running clocks count by the new limit from when they began.

    What was paused stays out, however the new limit is counted: while a case stood still nobody could work
    on it. More time that was granted stays in where the new limit counts the same kind of time. It was
    granted on a limit in working (or natural) days, which no rule of law turns into the other; where the
    kind changes, the limit is as it was laid down, and more can be asked for again.
    """
    case = step.record
    for clock in running(case):
        if clock.name == SUPERVISION:
            continue
        held = limit_of(case, clock.name)
        if clock.limit == held.limit and clock.urgency == case.urgency:
            continue
        goes_on = bool(clock.paused_seconds or clock.extended_seconds or clock.used_before_seconds)
        spent, extended = _carried(step, clock, held.limit.measure) if goes_on else (0, 0)
        _tell(step, clocks.cancel(step.changes, clock, at=step.at))
        again = clocks.start(
            step.changes,
            family=case.family,
            record=case,
            name=clock.name,
            limit=held.limit,
            urgency=case.urgency,
            unit=clock.unit_id,
            task=clock.task_id,
            at=step.at if goes_on else clock.started_at,
            cumulative=held.cumulative,
            used=spent,
            extended=extended,
        )
        case.clocks.append(again)
        _tell(step, clocks.facts(again, step.at))
    sync_due(step)


def _carried(step: Step[Case, Any], clock: Clock, measure: Measure) -> tuple[int, int]:
    """What a clock has used and been granted until now, in seconds of the measure that its limit has next."""
    calendar = calendars().of(clock.schedule)
    if clock.measure.is_working is measure.is_working:
        spent = calendar.convert(max(used(clock, step.at), 0), clock.measure, measure)
        return spent, calendar.convert(clock.extended_seconds, clock.measure, measure)
    return calendar.counted(_spans(step, clock), measure), 0


def _spans(step: Step[Case, Any], clock: Clock) -> list[tuple[dt.datetime, dt.datetime]]:
    """When a clock, and those that it took the place of, have run until now, as the journal tells it."""
    begun = clock.started_at
    for earlier in reversed([c for c in step.record.clocks if c.name == clock.name and c.pk < clock.pk]):
        if earlier.outcome != Outcome.CANCELLED:
            break
        begun = earlier.started_at
    entries = [entry for entry, _ in journal.chain(step.record.pk)]
    told = [one for entry in entries for one in telling.named(entry.facts, entry.at).get(telling.KEY, [])]
    spans: list[tuple[dt.datetime, dt.datetime]] = []
    running_since: dt.datetime | None = begun
    for one in told:
        if one["clock"] != clock.name:
            continue
        if "paused" in one and running_since is not None:
            paused = dt.datetime.fromisoformat(one["paused"])
            if paused >= begun:
                spans.append((running_since, paused))
                running_since = None
        elif "resumed" in one and running_since is None:
            running_since = dt.datetime.fromisoformat(one["resumed"])
    if running_since is not None:
        spans.append((running_since, step.at))
    return spans


def stop_all(step: Step[Case, Any]) -> None:
    """The case has ended: every clock stops, met or missed."""
    for clock in running(step.record):
        if clock.name != SUPERVISION:
            _tell(step, clocks.stop(step.changes, clock, at=step.at))
    step.set(stage_due_at=None)


def cancel_all(step: Step[Case, Any]) -> None:
    """The case goes on elsewhere (merged) or was withdrawn: its clocks neither met nor missed anything."""
    for clock in running(step.record):
        _tell(step, clocks.cancel(step.changes, clock, at=step.at))
    step.set(stage_due_at=None)


def pause_all(step: Step[Case, Any]) -> None:
    for clock in running(step.record):
        if clock.name != SUPERVISION:
            _tell(step, clocks.pause(step.changes, clock, at=step.at))
    step.set(stage_due_at=None)


def resume_all(step: Step[Case, Any]) -> None:
    for clock in running(step.record):
        if clock.is_paused:
            _tell(step, clocks.resume(step.changes, clock, at=step.at))
    sync_due(step)


def measure_of_handling(case: Case) -> Measure:
    """What the time for handling is counted in: that of the running clock, else of the limit that holds."""
    clock = next(iter(running(case, "handle")), None)
    return clock.measure if clock is not None else limit_of(case, "handle").limit.measure


def check_extension(case: Case, more: Limit) -> None:
    """Refuse more time counted otherwise than the clock that it is for: working time for working time."""
    for clock in running(case, "handle"):
        if clock.measure.is_working != more.measure.is_working:
            wrong = "处置时限按自然时间计算，延期也须按自然时间"
            if clock.measure.is_working:
                wrong = "处置时限按工作时间计算，延期也须按工作时间"
            raise Invalid(fields={"measure": wrong})


def extend(step: Step[Case, Any], limit: Limit) -> None:
    """More time for the stage in hand and for the whole."""
    for clock in running(step.record):
        if clock.name in (OVERALL, "handle"):
            _tell(step, clocks.extend(step.changes, clock, limit, at=step.at))
    sync_due(step)


def stop_task(step: Step[Case, Any], task: Task, *, cancelled: bool = False) -> None:
    """A unit's share has ended."""
    end = clocks.cancel if cancelled else clocks.stop
    for clock in running(step.record, task=task.pk):
        _tell(step, end(step.changes, clock, at=step.at))


def sync_due(step: Step[Case, Any]) -> None:
    """Bring the due times that lists sort by in line with the running clocks."""
    case = step.record
    overall = next(iter(running(case, OVERALL)), None)
    stage = next((c for name in STAGES.values() for c in running(case, name)), None)
    step.set(
        due_at=overall.due_at if overall else case.due_at,
        stage_due_at=stage.due_at if stage and not stage.is_paused else None,
    )
    for task in case.tasks:
        for clock in running(case, task=task.pk):
            if task.due_at != clock.due_at:
                step.changes.update(task, due_at=clock.due_at)


def follow_clocks(step: Step[Case, Any]) -> None:
    """After clocks were moved by a revision of the calendar: what shows their due times, shows the new, and
    the journal tells them."""
    sync_due(step)
    for clock in running(step.record):
        if not clock.is_paused:
            _tell(step, clocks.facts_of_due(clock))
    for notice in step.record.supervision_list:
        for clock in running(step.record, SUPERVISION, task=notice.pk):
            step.changes.update(notice, reply_due_at=clock.due_at)


def start_supervision(step: Step[Case, Any], notice: Supervision, limit: Limit, unit: int) -> Clock:
    """The time in which a supervised unit must reply; its ``task`` is the notice."""
    case = step.record
    clock = clocks.start(
        step.changes,
        family=case.family,
        record=case,
        name=SUPERVISION,
        limit=limit,
        urgency=case.urgency,
        unit=unit,
        task=notice.pk,
        at=step.at,
    )
    case.clocks.append(clock)
    _tell(step, clocks.facts(clock, step.at))
    return clock


def stop_supervision(step: Step[Case, Any], notice: Supervision) -> None:
    for clock in running(step.record, SUPERVISION, task=notice.pk):
        _tell(step, clocks.stop(step.changes, clock, at=step.at))


def _tell(step: Step[Case, Any], told: telling.Told) -> None:
    """What a clock did goes into the move's journal entry."""
    step.facts.setdefault(telling.KEY, []).append(told)
