"""What is read of calendars and clocks."""

from __future__ import annotations

import calendar as months
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from linli.kernel.clocks.calendar import DUTY, OFFICE, WorkCalendar
from linli.kernel.clocks.models import CalendarDay, CalendarYear, Clock, Schedule
from linli.kernel.records.editions import Cached

EDITION = "clocks.calendar"
"""Raised by whatever changes days, years or schedules."""

DEFAULT_SCHEDULE = "office"
DUTY_SCHEDULE = "duty"


class Calendars:
    """The working calendar under every schedule there is. Immutable, kept in process memory."""

    def __init__(
        self, days: dict[dt.date, bool], official: frozenset[int], schedules: Iterable[Schedule]
    ) -> None:
        hours = {DEFAULT_SCHEDULE: OFFICE, DUTY_SCHEDULE: DUTY}
        self._by_kind: dict[str, str] = {}
        for schedule in schedules:
            hours[schedule.key] = schedule.hours
            if schedule.unit_kind:
                self._by_kind[schedule.unit_kind] = schedule.key
        self._calendars = {key: WorkCalendar(days, official, one) for key, one in hours.items()}
        self._default = self._calendars[DEFAULT_SCHEDULE]

    def of(self, schedule: str) -> WorkCalendar:
        """The calendar under a schedule; that of the default one where the schedule no longer exists."""
        return self._calendars.get(schedule, self._default)

    def schedule_for(self, unit_kind: str) -> str:
        """Key of the schedule that units of a kind work by."""
        return self._by_kind.get(unit_kind, DEFAULT_SCHEDULE)


def build_calendars(
    *, days: dict[dt.date, bool] | None = None, without: frozenset[int] = frozenset()
) -> Calendars:
    """The calendars as the database has them now, or as they would be with other ``days`` and ``without``
    the notices of some years. Everyday readers take ``calendars()``."""
    if days is None:
        days = dict(CalendarDay.objects.values_list("date", "is_off"))
    official = CalendarYear.objects.filter(is_official=True).values_list("year", flat=True)
    return Calendars(days, frozenset(official) - without, Schedule.objects.all())


calendars = Cached(EDITION, build_calendars)
"""``calendars()``: the present calendars, at most a second old, without a query in between."""


@dataclass(frozen=True)
class Day:
    """One day of the month page."""

    date: dt.date
    is_workday: bool
    kind: str
    """``workday`` or ``weekend`` by the week; ``holiday`` 放假 or ``makeup`` 调休上班 by decision."""
    name: str
    source: str
    provisional: bool
    is_local: bool
    """Set on this platform rather than by the notice of a year."""


def month(year: int, number: int) -> list[Day]:
    """The days of a month for the page on which the calendar is edited."""
    first = dt.date(year, number, 1)
    last = dt.date(year, number, months.monthrange(year, number)[1])
    decided = {day.date: day for day in CalendarDay.objects.filter(date__range=(first, last))}
    calendar = calendars().of(DEFAULT_SCHEDULE)
    return [
        _day(calendar, date, decided.get(date))
        for date in (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
    ]


def _day(calendar: WorkCalendar, date: dt.date, decided: CalendarDay | None) -> Day:
    if decided is None:
        kind = "weekend" if date.weekday() >= 5 else "workday"
    elif decided.is_off:
        kind = "holiday"
    else:
        kind = "makeup" if date.weekday() >= 5 else "workday"
    return Day(
        date=date,
        is_workday=calendar.is_workday(date),
        kind=kind,
        name=decided.name if decided else "",
        source=decided.source if decided else "",
        provisional=calendar.is_provisional(date),
        is_local=decided is not None and decided.notice_year is None,
    )


def running(family: str, record_ids: Iterable[int]) -> dict[int, list[Clock]]:
    """The clocks of many records that have not stopped (paused ones too), earliest due first: one query.

    Records without such a clock map to an empty list.
    """
    found: dict[int, list[Clock]] = {record_id: [] for record_id in record_ids}
    clocks = Clock.objects.filter(family=family, record_id__in=list(found), stopped_at=None)
    for clock in clocks.order_by("due_at", "id"):
        found[clock.record_id].append(clock)
    return found


def all_of(family: str, record_id: int) -> list[Clock]:
    """Every clock that a record has had, in the order in which they were started."""
    return list(Clock.objects.filter(family=family, record_id=record_id).order_by("started_at", "id"))
