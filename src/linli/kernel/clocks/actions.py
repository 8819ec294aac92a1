"""What starts, holds and ends a clock, and what changes the calendar.

Each action on a clock sets the object in hand and adds it to the deed's plan (``Changes``); the caller
writes the plan, together with the record's move, its journal entry and everything else of the deed. The
list that an action returns (``facts`` after a start) is for that journal entry: plain values, and only what
the deed has made so (``telling``; docs/decisions/0012).

Parts of a second are dropped throughout: a clock counts whole seconds.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any, Protocol

from django.utils.translation import gettext

from linli.kernel.access.actor import Actor
from linli.kernel.clocks import sources
from linli.kernel.clocks.calendar import (
    DAY,
    HOUR,
    Limit,
    Measure,
    WorkCalendar,
    explain,
    local_text,
    span_words,
)
from linli.kernel.clocks.errors import ClockNotPaused, ClockPaused, ClockStopped, LimitNotConvertible
from linli.kernel.clocks.models import CalendarRevision, Clock, Outcome, Urgency
from linli.kernel.clocks.permissions import EDIT_CALENDAR
from linli.kernel.clocks.queries import DEFAULT_SCHEDULE, calendars
from linli.kernel.clocks.revising import DayChange, revise
from linli.kernel.clocks.telling import Told, told
from linli.kernel.clocks.timing import Timing, margin_of, remaining, timing, timing_of, used
from linli.kernel.records.changes import Changes
from linli.lib.errors import Invalid

SOON_SHARE = 75
"""Percent of a limit after which a clock is due soon, unless the matter says otherwise (our choice)."""


class Located(Protocol):
    """Whatever has a place: a record, or a task of one."""

    district: str
    area: str

    @property
    def pk(self) -> Any: ...


def start(
    changes: Changes,
    *,
    family: str,
    record: Located,
    name: str,
    limit: Limit,
    at: dt.datetime,
    unit: int | None = None,
    task: int | None = None,
    urgency: str = Urgency.NORMAL,
    schedule: str = DEFAULT_SCHEDULE,
    cumulative: bool = False,
    used: int = 0,
    extended: int = 0,
    soon_share: int = SOON_SHARE,
) -> Clock:
    """Start a clock on ``record`` for its responsible ``unit``.

    ``name`` says what is limited (overall, accept, dispatch, handle, verify, answer, supervision). A
    ``cumulative`` clock goes on from ``used`` seconds of the measure, with the extensions it had.
    """
    measure = limit.measure
    started_at = at.replace(microsecond=0)
    calendar = calendars().of(schedule)
    counted_from, budget, times = _begun(calendar, limit, started_at, used, extended, soon_share)
    clock = Clock(
        family=family,
        record_id=record.pk,
        task_id=task,
        unit_id=unit,
        district=record.district,
        area=record.area,
        name=name,
        urgency=urgency,
        limit_amount=limit.amount,
        limit_measure=measure.value,
        source_id=sources.keep(limit.source),
        schedule=schedule,
        cumulative=cumulative,
        used_before_seconds=used,
        extended_seconds=extended,
        soon_share=soon_share,
        started_at=started_at,
        counted_from=counted_from,
        budget_seconds=budget,
        due_at=times.due_at,
        soon_at=times.soon_at,
        provisional=times.provisional,
    )
    changes.insert(clock)
    return clock


@lru_cache(maxsize=1_000)
def _begun(
    calendar: WorkCalendar, limit: Limit, started_at: dt.datetime, used: int, extended: int, soon_share: int
) -> tuple[dt.datetime, int, Timing]:
    """From when a clock counts, its budget, and when it is due. Kept as ``timing`` is."""
    counted_from = calendar.counted_from(started_at, limit.measure)
    budget = limit.seconds + extended - used
    margin = margin_of(limit.seconds + extended, soon_share)
    return counted_from, budget, timing(calendar, limit.measure, counted_from, budget, margin)


def pause(changes: Changes, clock: Clock, at: dt.datetime) -> Told:
    """Hold the clock: from now on no time counts. Refuses ClockStopped, ClockPaused."""
    _refuse_stopped(clock)
    if clock.paused_at is not None:
        raise ClockPaused(clock=clock.name)
    entered = at.replace(microsecond=0)
    at = max(entered, clock.started_at)
    changes.update(clock, remaining_seconds=remaining(clock, at), paused_at=at)
    return told(clock.name, "paused", clock.remaining_seconds, paused=_unless(at, entered))


def resume(changes: Changes, clock: Clock, at: dt.datetime) -> Told:
    """Let the clock go on with what it had left when it was paused. Refuses ClockStopped, ClockNotPaused.

    A clock that was overdue already stays due when it was: a pause does not undo that.
    """
    _refuse_stopped(clock)
    if clock.paused_at is None or clock.remaining_seconds is None:
        raise ClockNotPaused(clock=clock.name)
    entered = at.replace(microsecond=0)
    at = max(entered, clock.paused_at)
    was_overdue = clock.paused_at > clock.due_at
    changes.update(
        clock,
        counted_from=max(clock.counted_from, at),
        budget_seconds=clock.remaining_seconds,
        paused_seconds=_paused_until(clock, at),
        paused_at=None,
        remaining_seconds=None,
    )
    if not was_overdue:
        _set_times(changes, clock, timing_of(clock, calendars().of(clock.schedule)))
    return told(
        clock.name,
        "resumed",
        clock.due_at,
        clock.paused_seconds,
        resumed=_unless(at, entered),
        provisional=clock.provisional,
    )


def extend(changes: Changes, clock: Clock, limit: Limit, at: dt.datetime) -> Told:
    """Give the clock ``limit`` more; running or paused. Refuses ClockStopped, LimitNotConvertible.

    A clock that is brought back into time is announced anew. Where an overdue clock stays overdue even
    with the extension its due time remains what it was.
    """
    _refuse_stopped(clock)
    calendar = calendars().of(clock.schedule)
    try:
        more = calendar.seconds(limit, clock.measure)
    except ValueError as error:
        raise LimitNotConvertible(fields={"limit": LimitNotConvertible.title}) from error
    at = clock.paused_at or max(at.replace(microsecond=0), clock.started_at)
    left = remaining(clock, at) + more
    changes.update(
        clock,
        budget_seconds=clock.budget_seconds + more,
        extended_seconds=clock.extended_seconds + more,
    )
    if clock.remaining_seconds is not None:
        changes.update(clock, remaining_seconds=left)
    if left > 0:
        _set_times(changes, clock, timing_of(clock, calendar))
        _rearm(changes, clock, at)
    return told(clock.name, "extended", str(limit), clock.due_at, limit.source, provisional=clock.provisional)


def stop(changes: Changes, clock: Clock, at: dt.datetime) -> Told:
    """End the clock: met when its due time has not passed, or had not when it was paused. Refuses
    ClockStopped."""
    _refuse_stopped(clock)
    at = max(at.replace(microsecond=0), clock.started_at)
    outcome = Outcome.MISSED if clock.is_overdue(at) else Outcome.MET
    return _end(changes, clock, at, outcome)


def cancel(changes: Changes, clock: Clock, at: dt.datetime) -> Told:
    """End the clock without a verdict: what it limited has fallen away. Refuses ClockStopped."""
    _refuse_stopped(clock)
    return _end(changes, clock, max(at.replace(microsecond=0), clock.started_at), Outcome.CANCELLED)


def restart(changes: Changes, clock: Clock, at: dt.datetime, limit: Limit | None = None) -> Clock:
    """Start the same clock again (a reopened case, a task sent back); one still on is cancelled.

    A single clock has its whole limit again, a cumulative one what is left of it, extensions included. A
    new ``limit`` must be in the measure of the old one where the clock is cumulative (LimitNotConvertible).
    """
    again = limit or clock.limit
    if clock.cumulative and again.measure is not clock.measure:
        raise LimitNotConvertible(fields={"limit": LimitNotConvertible.title})
    spent = max(used(clock, at), 0) if clock.cumulative else 0
    if clock.stopped_at is None:
        cancel(changes, clock, at)
    return start(
        changes,
        family=clock.family,
        record=_Place(clock),
        name=clock.name,
        limit=again,
        at=at,
        unit=clock.unit_id,
        task=clock.task_id,
        urgency=clock.urgency,
        schedule=clock.schedule,
        cumulative=clock.cumulative,
        used=spent,
        extended=clock.extended_seconds if clock.cumulative else 0,
        soon_share=clock.soon_share,
    )


def facts(clock: Clock, at: dt.datetime) -> Told:
    """What the journal tells of a clock that was started at ``at``: JSON-safe, no personal data.

    Everything that its due time comes from: the limit, and where they are not the usual ones the instant from
    which it runs, what was used before and what was granted.
    """
    return told(
        clock.name,
        _limit_told(clock.limit_amount, clock.limit_measure),
        clock.due_at,
        provisional=clock.provisional,
        started=_unless(clock.started_at, at.replace(microsecond=0)),
        used_before=clock.used_before_seconds,
        extended=clock.extended_seconds,
    )


def facts_of_due(clock: Clock) -> Told:
    """What the journal tells of a running clock whose due time a revision of the calendar may have moved."""
    return told(clock.name, "due", clock.due_at, provisional=clock.provisional)


def explanation(clock: Clock) -> str:
    """One sentence on how the clock's due time comes about, in the language in hand."""
    limit = clock.limit.words
    if clock.used_before_seconds:
        limit += gettext("（此前已用%(span)s）") % {"span": _span(clock, clock.used_before_seconds)}
    if clock.extended_seconds:
        limit += gettext("，延长%(span)s") % {"span": _span(clock, clock.extended_seconds)}
    if clock.paused_seconds:
        limit += gettext("，扣除暂停期间")
    text = explain(clock.started_at, limit, clock.measure, clock.due_at, clock.provisional, rolled=False)
    if clock.paused_at:
        text += gettext("；%(time)s起暂停") % {"time": local_text(clock.paused_at)}
    return text


def set_day(
    actor: Actor, *, date: dt.date, is_off: bool, name: str, source: str, reason: str
) -> CalendarRevision:
    """Make ``date`` a rest day or a working day, whatever its weekday; open clocks follow.

    Refuses NotAllowed, and Invalid where name, source or reason is missing.
    """
    actor.require(EDIT_CALENDAR)
    given = {"name": (name, "名称"), "source": (source, "依据"), "reason": (reason, "事由")}
    missing = {
        field: gettext("请填写%(label)s") % {"label": gettext(label)}
        for field, (value, label) in given.items()
        if not value.strip()
    }
    if missing:
        raise Invalid(fields=missing)
    change = DayChange(date=date, is_off=is_off, name=name.strip(), source=source.strip())
    return revise([change], post=actor.post, reason=reason.strip(), source=source.strip())


class _Place:
    """A clock's own place, for its successor on the same record."""

    def __init__(self, clock: Clock) -> None:
        self.district, self.area = clock.district, clock.area
        self.pk = clock.record_id


def _refuse_stopped(clock: Clock) -> None:
    if clock.stopped_at is not None:
        raise ClockStopped(clock=clock.name)


def _end(changes: Changes, clock: Clock, at: dt.datetime, outcome: Outcome) -> Told:
    ended = told(clock.name, outcome.value, used(clock, at))
    values: dict[str, Any] = {"stopped_at": at, "outcome": outcome.value}
    if clock.paused_at is not None and clock.remaining_seconds is not None:
        # what it had used is kept: as if it had run on from the pause and stopped at once
        values |= {
            "counted_from": max(clock.counted_from, at),
            "budget_seconds": clock.remaining_seconds,
            "paused_seconds": _paused_until(clock, at),
            "paused_at": None,
            "remaining_seconds": None,
        }
    changes.update(clock, **values)
    return ended


def _paused_until(clock: Clock, at: dt.datetime) -> int:
    pause = at - clock.paused_at if clock.paused_at else dt.timedelta()
    return clock.paused_seconds + max(int(pause.total_seconds()), 0)


def _set_times(changes: Changes, clock: Clock, times: Timing) -> None:
    changes.update(clock, due_at=times.due_at, soon_at=times.soon_at, provisional=times.provisional)


def _rearm(changes: Changes, clock: Clock, at: dt.datetime) -> None:
    """What has been announced is to be announced again when it comes about once more."""
    if clock.soon_fired_at is not None and clock.soon_at > at:
        changes.update(clock, soon_fired_at=None)
    if clock.overdue_fired_at is not None and clock.due_at >= at:
        changes.update(clock, overdue_fired_at=None)


def _unless(instant: dt.datetime, usual: dt.datetime) -> dt.datetime | None:
    """An instant that is worth telling."""
    return instant if instant != usual else None


@lru_cache(maxsize=1_000)
def _limit_told(amount: int, measure: str) -> str:
    return str(Limit(amount, Measure(measure)))


def _span(clock: Clock, seconds: int) -> str:
    """Seconds of the measure as people read them: 1个工作日2小时 is never said, 1.5个工作日 is."""
    return span_words(seconds / (DAY if clock.measure.is_daily else HOUR), clock.measure)
