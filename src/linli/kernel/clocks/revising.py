"""Changing the calendar, and moving the open clocks that it concerns.

A revision is one transaction: days and years, the record of who changed what, the clocks whose due time it
moves (each with its due time before and after), and the reactions that families have registered. Only one
revision runs at a time.

Other processes may count by the old calendar for up to a second longer. So a revision leaves a job that
looks once more for clocks which still follow the old calendar; done twice, it changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import transaction
from django.db.models import Q
from procrastinate.contrib.django import app

from linli.kernel.clocks.calendar import NEW_YEAR_REACH, Measure, WorkCalendar
from linli.kernel.clocks.models import CalendarDay, CalendarRevision, CalendarYear, Clock, ClockShift
from linli.kernel.clocks.queries import EDITION, Calendars, build_calendars
from linli.kernel.clocks.timing import elapsed, timing_of
from linli.kernel.records.changes import Changes
from linli.kernel.records.editions import raise_edition
from linli.lib.batches import batched
from linli.lib.time import LOCAL, now

BATCH = 2_000
RECOUNT = "clocks.recount"
RECOUNT_AFTER = {"seconds": 5}
"""Longer than any process may hold on to an old calendar and finish a deed that it began with it."""


@dataclass(frozen=True)
class DayChange:
    """A day as it is to be from now on."""

    date: dt.date
    is_off: bool
    name: str
    source: str
    notice_year: int | None = None


@dataclass(frozen=True)
class Notice:
    """The official notice for a year: all the days that it gives."""

    year: int
    papers: tuple[str, ...]
    days: tuple[DayChange, ...]


@dataclass(frozen=True)
class Shift:
    """A clock that a revision moved, with what it was due before."""

    clock: Clock
    due_was: dt.datetime


Shifted = Callable[[CalendarRevision, list[Shift]], None]

_handlers: defaultdict[str, list[Shifted]] = defaultdict(list)


SHIFTED = "clocks.shifted"
"""The edition of due times that have moved although no record did."""


def on_shifted(family: str) -> Callable[[Shifted], Shifted]:
    """Register what a family does when a revision moves its clocks (journal it, tell the unit): called in
    the same transaction, with all that it moved of a batch."""

    def register(handler: Shifted) -> Shifted:
        _handlers[family].append(handler)
        return handler

    return register


def revise(
    days: Sequence[DayChange],
    *,
    post: int | None,
    reason: str,
    source: str,
    notice: Notice | None = None,
) -> CalendarRevision:
    """Set ``days``; with a ``notice`` its year becomes official and has no other days of that notice."""
    with transaction.atomic():
        raise_edition(EDITION)  # holds a row lock until the end: one revision at a time
        before = build_calendars()
        revision = CalendarRevision(post_id=post, reason=reason, source=source)
        revision.days = _write_days(days, notice)
        revision.years = _write_year(notice)
        revision.moved = move_clocks(revision, before, build_calendars())
        revision.save(force_insert=True)
        app.configure_task(RECOUNT, schedule_in=RECOUNT_AFTER).defer(revision_id=revision.pk)
    return revision


def recount(revision_id: int) -> int:
    """Move the clocks that still follow the calendar from before a revision; how many there were."""
    with transaction.atomic():
        revision = CalendarRevision.objects.select_for_update().get(pk=revision_id)
        after = build_calendars()
        moved = move_clocks(revision, _undone(revision), after)
        if moved:
            revision.moved += moved
            revision.save(update_fields=["moved"])
    return moved


def _write_days(days: Sequence[DayChange], notice: Notice | None) -> list[dict[str, Any]]:
    """Write the days; returns each that is different now: date, what it was and what it is."""
    wanted = {day.date: day for day in days}
    gone = CalendarDay.objects.none()
    if notice is not None:
        gone = CalendarDay.objects.filter(notice_year=notice.year).exclude(date__in=list(wanted))
    was = dict(CalendarDay.objects.filter(date__in=list(wanted)).values_list("date", "is_off"))
    dropped = dict(gone.values_list("date", "is_off"))
    gone.delete()
    CalendarDay.objects.bulk_create(
        [CalendarDay(**vars(day)) for day in days],
        update_conflicts=True,
        unique_fields=["date"],
        update_fields=["is_off", "name", "source", "notice_year"],
    )
    changed: dict[dt.date, tuple[bool | None, bool | None]]
    changed = {date: (was.get(date), day.is_off) for date, day in wanted.items()}
    changed.update({date: (old, None) for date, old in dropped.items()})
    return [
        {"date": date.isoformat(), "was": old, "is": new}
        for date, (old, new) in sorted(changed.items())
        if old is not new
    ]


def _write_year(notice: Notice | None) -> list[int]:
    """Make the notice's year official; returns it when it was not before."""
    if notice is None:
        return []
    known = CalendarYear.objects.filter(year=notice.year, is_official=True).exists()
    CalendarYear.objects.update_or_create(
        year=notice.year,
        defaults={"is_official": True, "papers": list(notice.papers), "loaded_at": now()},
    )
    return [] if known else [notice.year]


def _undone(revision: CalendarRevision) -> Calendars:
    """The calendars as they were without the revision."""
    days = dict(CalendarDay.objects.values_list("date", "is_off"))
    for change in revision.days:
        date = dt.date.fromisoformat(change["date"])
        if change["was"] is None:
            days.pop(date, None)
        else:
            days[date] = change["was"]
    return build_calendars(days=days, without=frozenset(revision.years))


def move_clocks(revision: CalendarRevision, before: Calendars, after: Calendars) -> int:
    """Bring the open clocks from one calendar to another; how many have another due time."""
    first = _first_concerned(revision)
    if first is None:
        return 0
    moved = 0
    for clocks in _open_clocks(first):
        shifts: list[Shift] = []
        plan = Changes()
        for clock in clocks:
            due_was = clock.due_at
            _recount_clock(plan, clock, before.of(clock.schedule), after.of(clock.schedule), revision.at)
            if clock.due_at != due_was:
                shifts.append(Shift(clock, due_was))
                plan.insert(
                    ClockShift(
                        district=clock.district,
                        revision_id=revision.pk,
                        clock_id=clock.pk,
                        due_was=due_was,
                        due_at=clock.due_at,
                    )
                )
        plan.write()
        _tell(revision, shifts)
        moved += len(shifts)
    if moved:
        raise_edition(SHIFTED)
    return moved


def _first_concerned(revision: CalendarRevision) -> dt.datetime | None:
    """The first instant that the revision concerns."""
    dates = [dt.date.fromisoformat(change["date"]) for change in revision.days]
    dates += [dt.date(year, 1, 1) - NEW_YEAR_REACH for year in revision.years]
    if not dates:
        return None
    return dt.datetime.combine(min(dates), dt.time(), LOCAL)


def _open_clocks(first: dt.datetime) -> Iterator[list[Clock]]:
    """Open clocks that count by the calendar at or after ``first``, locked, a district's batch at a time."""
    concerned = (
        Clock.objects.filter(stopped_at=None)
        .exclude(limit_measure=Measure.HOURS.value)
        .filter(Q(due_at__gte=first) | Q(paused_at__gte=first) | Q(provisional=True))
    )
    # found once: no index tells what is open and overdue, so that each look goes through all clocks there are
    found = sorted(concerned.values_list("district", "pk"))
    for _, there in groupby(found, key=itemgetter(0)):
        for some in batched([pk for _, pk in there], BATCH):
            if clocks := list(concerned.filter(pk__in=some).order_by("pk").select_for_update()):
                yield clocks


def _recount_clock(
    plan: Changes, clock: Clock, before: WorkCalendar, after: WorkCalendar, at: dt.datetime
) -> None:
    """Bring one clock to the calendar ``after``.

    A due time that does not follow from the clock's budget (overdue before a pause, see
    ``actions.resume``) is history and stays; so does one that another process has brought here already.
    """
    if clock.paused_at is not None:
        left = clock.budget_seconds - elapsed(clock, clock.paused_at, after)
        if left != clock.remaining_seconds:
            plan.update(clock, remaining_seconds=left)
    if timing_of(clock, before).due_at != clock.due_at:
        return
    times = timing_of(clock, after)
    values = {"due_at": times.due_at, "soon_at": times.soon_at, "provisional": times.provisional}
    changed = {name: value for name, value in values.items() if getattr(clock, name) != value}
    if not changed:
        return
    plan.update(clock, **changed)
    if clock.overdue_fired_at is not None and times.due_at >= at:
        plan.update(clock, overdue_fired_at=None)
    if clock.soon_fired_at is not None and times.soon_at > at:
        plan.update(clock, soon_fired_at=None)


def _tell(revision: CalendarRevision, shifts: list[Shift]) -> None:
    by_family: defaultdict[str, list[Shift]] = defaultdict(list)
    for shift in shifts:
        by_family[shift.clock.family].append(shift)
    for family, moved in by_family.items():
        for handler in _handlers[family]:
            handler(revision, moved)
