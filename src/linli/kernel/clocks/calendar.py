"""Working time and time limits, as plain arithmetic.

Four measures, and the law that counts them (民法典):

* ``hours`` 自然时, ``work_hours`` 工作时: run from the instant itself (第201条第2款). Working hours run only
  within the schedule's periods on working days.
* ``days`` 自然日, ``work_days`` 工作日: the day of the start does not count, the first day is the next one
  (第201条第1款). The period ends when business stops on its last day, or at 24:00 where the schedule says
  so (第203条第2款). A period of natural days whose last day is a rest day ends on the next working day
  (第203条第1款).

Each measure is a never-decreasing count of *seconds of the measure* over time: ``progress``. A limit of n
hours is 3,600 n of them and a limit of n days 86,400 n; a day's 86,400 pass while its business hours do. A
due time is then the earliest instant at which the count reaches its target, so pauses and extensions are
additions, and their order cannot matter.

Years without an official notice are counted Monday to Friday, and results that rest on them say so.
All instants are aware; parts of a second are dropped.
"""

from __future__ import annotations

import datetime as dt
import enum
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext, ngettext

from linli.lib.time import LOCAL

HOUR = 3_600
DAY = 86_400

FIRST_YEAR = 2000
"""Clocks cannot be counted before this year."""

LONGEST = 3_660 * DAY
"""The longest limit that can be set: ten years of days or hours."""

NEW_YEAR_REACH = dt.timedelta(days=7)
"""How far the next year's notice may reach back: the New Year's holiday and its make-up days can fall into
the last week of December (2018-12-29 was a working Saturday by the notice for 2019)."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_ORIGIN = dt.date(FIRST_YEAR, 1, 1).toordinal()


class Measure(enum.StrEnum):
    """How a limit is counted."""

    label: str
    unit: int
    """Seconds of the measure in one of its hours or days."""
    is_working: bool
    is_daily: bool

    # every member gives all four; the defaults let type checkers take ``Measure("days")``, a look-up
    def __new__(cls, value: str, label: str = "", unit: int = 0, is_working: bool = False) -> Measure:
        measure = str.__new__(cls, value)
        measure._value_ = value
        measure.label, measure.unit = label, unit
        measure.is_working, measure.is_daily = is_working, unit == DAY
        return measure

    WORK_HOURS = "work_hours", "工作时", HOUR, True
    WORK_DAYS = "work_days", "工作日", DAY, True
    HOURS = "hours", "自然时", HOUR, False
    DAYS = "days", "自然日", DAY, False


@dataclass(frozen=True, slots=True)
class Limit:
    """So much time, counted so, because somebody laid it down: ``Limit(4, Measure.WORK_HOURS, "…规定")``."""

    amount: int
    measure: Measure
    source: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.seconds <= LONGEST:
            raise ValueError(f"not a time limit: {self.amount} {self.measure}")

    @property
    def seconds(self) -> int:
        """The limit in seconds of its measure."""
        return self.amount * self.measure.unit

    def __str__(self) -> str:
        return f"{self.amount}个{self.measure.label}"

    @property
    def words(self) -> str:
        """The limit in the language in hand; as text it is Chinese, the language of records."""
        return span_words(self.amount, self.measure)


_SPANS = {
    Measure.WORK_HOURS: "%(n)s个工作时",
    Measure.WORK_DAYS: "%(n)s个工作日",
    Measure.HOURS: "%(n)s个自然时",
    Measure.DAYS: "%(n)s个自然日",
}


def span_words(amount: float, measure: Measure) -> str:
    """So much of a measure as people read it: 5个工作日, 1.5 working days."""
    text = _SPANS[measure]
    return ngettext(text, text, 1 if amount == 1 else 2) % {"n": f"{amount:.2f}".rstrip("0").rstrip(".")}


Period = tuple[int, int]
"""Begin and end within a day, in seconds since midnight; the end may be 86,400."""


@dataclass(frozen=True, slots=True)
class Season:
    """Other hours for a part of the year, e.g. a city's summer hours. ``begins`` and ``ends`` are (month,
    day), both included; a season may span the New Year."""

    begins: tuple[int, int]
    ends: tuple[int, int]
    periods: tuple[Period, ...]

    def covers(self, day: dt.date) -> bool:
        key = (day.month, day.day)
        if self.begins <= self.ends:
            return self.begins <= key <= self.ends
        return key >= self.begins or key <= self.ends


@dataclass(frozen=True, slots=True)
class Schedule:
    """The hours that a kind of unit works.

    ``everyday`` schedules (a duty desk round the clock) work on rest days too; 工作日 remain those of the
    official calendar. ``ends_at_close`` ends periods of days when business stops rather than at 24:00, and
    ``rolls`` carries a period of natural days that ends on a rest day to the next working day.
    """

    periods: tuple[Period, ...]
    everyday: bool = False
    seasons: tuple[Season, ...] = ()
    ends_at_close: bool = True
    rolls: bool = True

    def __post_init__(self) -> None:
        check_periods(self.periods)
        for season in self.seasons:
            check_periods(season.periods)

    def periods_on(self, day: dt.date) -> tuple[Period, ...]:
        return next((s.periods for s in self.seasons if s.covers(day)), self.periods)

    @property
    def day_seconds(self) -> int:
        """Working seconds of an ordinary working day (outside seasons)."""
        return sum(end - begin for begin, end in self.periods)


def check_periods(periods: Sequence[Period]) -> None:
    """Raise ValueError unless the periods lie in one day, in order, apart from each other."""
    if not periods:
        raise ValueError("a schedule needs at least one working period")
    if any(not 0 <= begin < end <= DAY for begin, end in periods):
        raise ValueError("a working period begins before it ends, within one day")
    if any(later[0] < earlier[1] for earlier, later in pairwise(periods)):
        raise ValueError("working periods follow one another without overlap")


def clock_time(text: str) -> int:
    """Seconds since midnight of ``HH:MM`` (24:00 is the end of the day); ValueError otherwise."""
    hours, colon, minutes = text.partition(":")
    if not (colon and len(hours) == len(minutes) == 2 and hours.isdecimal() and minutes.isdecimal()):
        raise ValueError(f"not a time of day: {text!r}")
    seconds = int(hours) * HOUR + int(minutes) * 60
    if int(minutes) > 59 or seconds > DAY:
        raise ValueError(f"not a time of day: {text!r}")
    return seconds


OFFICE = Schedule(periods=((9 * HOUR, 12 * HOUR), (13 * HOUR + 1800, 17 * HOUR + 1800)))
"""09:00-12:00, 13:30-17:30 on working days: the fallback where an installation sets no schedule."""

DUTY = Schedule(periods=((0, DAY),), everyday=True, ends_at_close=False, rolls=False)
"""Round the clock, every day: a duty desk."""


@dataclass(frozen=True, slots=True)
class Due:
    """When a limit runs out, and what people are told about it."""

    at: dt.datetime
    provisional: bool
    """Rests on a day for which no official notice has been published yet."""
    start: dt.datetime
    limit: Limit
    rolled: bool = False
    """The last day was a rest day, so the period ends on the next working day."""

    @property
    def explanation(self) -> str:
        return explain(
            self.start, self.limit.words, self.limit.measure, self.at, self.provisional, self.rolled
        )


def explain(
    start: dt.datetime, limit: str, measure: Measure, due: dt.datetime, provisional: bool, rolled: bool
) -> str:
    """One sentence on how a due time comes about, in the language in hand."""
    parts = [gettext("自%(start)s起%(limit)s") % {"start": local_text(start), "limit": limit}]
    if measure.is_daily:
        parts.append(gettext("开始当日不计入"))
    if rolled:
        parts.append(gettext("末日为休息日，顺延至次一工作日"))
    parts.append(gettext("至%(due)s止") % {"due": local_text(due)})
    text = gettext("，").join(parts)
    if provisional:
        text += gettext("（涉及尚未公布放假安排的日期，暂按周一至周五推算，公布后自动重算）")
    return text


def local_text(instant: dt.datetime) -> str:
    """An instant as people in the city read it; the end of a day reads 24:00."""
    local = instant.astimezone(LOCAL)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return _day_text(local.date() - dt.timedelta(days=1)) + "24:00"
    return _day_text(local.date()) + f"{local:%H:%M}"


def _day_text(day: dt.date) -> str:
    """A day before a time of day."""
    told = {"year": day.year, "month": day.month, "day": day.day}
    return gettext("%(year)d年%(month)d月%(day)d日") % told


class _Shape:
    """The working periods of one day, with what lies before each of them."""

    __slots__ = ("close", "periods", "total")

    def __init__(self, periods: tuple[Period, ...], close: int) -> None:
        self.periods, self.close = periods, close
        self.total = sum(end - begin for begin, end in periods)

    def worked(self, second: int) -> int:
        """Working seconds of the day before ``second``."""
        done = 0
        for begin, end in self.periods:
            if second <= begin:
                break
            done += (second if second < end else end) - begin
        return done

    def second(self, worked: int) -> int:
        """The earliest second of the day before which ``worked`` (1 to total) working seconds lie."""
        for begin, end in self.periods:
            if worked <= end - begin:
                return begin + worked
            worked -= end - begin
        raise ValueError("the day has no such second")


class _Table:
    """Running sums by day from FIRST_YEAR to the end of ``last_year``; element i is the sum before day i."""

    __slots__ = ("provisional", "shapes", "size", "workdays", "worked")

    def __init__(self, calendar: WorkCalendar, last_year: int) -> None:
        self.size = dt.date(last_year, 12, 31).toordinal() - _ORIGIN + 1
        self.worked = array("q", [0])
        self.workdays = array("q", [0])
        self.provisional = array("q", [0])
        self.shapes: list[_Shape] = []
        made: dict[tuple[tuple[Period, ...], bool], _Shape] = {}
        worked = workdays = provisional = 0
        for ordinal in range(_ORIGIN, _ORIGIN + self.size):
            day = dt.date.fromordinal(ordinal)
            works = calendar.is_workday(day)
            key = (calendar.schedule.periods_on(day), works or calendar.schedule.everyday)
            shape = made.get(key)
            if shape is None:
                shape = made[key] = _Shape(key[0] if key[1] else (), key[0][-1][1])
            self.shapes.append(shape)
            worked += shape.total
            workdays += works
            provisional += calendar.is_provisional(day)
            self.worked.append(worked)
            self.workdays.append(workdays)
            self.provisional.append(provisional)


class WorkCalendar:
    """The working calendar under one schedule.

    ``days`` holds the days on which the official notices differ from Monday to Friday (date → is it a rest
    day); listing others does no harm. ``official`` are the years whose notice has been published; all other
    years are provisional. Immutable; safe to share among threads.
    """

    def __init__(
        self, days: Mapping[dt.date, bool], official: Collection[int], schedule: Schedule = OFFICE
    ) -> None:
        self._days = dict(days)
        self._official = frozenset(official)
        self.schedule = schedule
        self._table = _Table(self, max(self._official, default=FIRST_YEAR) + 2)

    def is_workday(self, day: dt.date) -> bool:
        """Whether ``day`` is a 工作日 by the official notices, else by Monday to Friday."""
        off = self._days.get(day)
        return day.weekday() < 5 if off is None else not off

    def is_provisional(self, day: dt.date) -> bool:
        """Whether an official notice that is still to come may change ``day``."""
        return day.year not in self._official or (day + NEW_YEAR_REACH).year not in self._official

    def is_working(self, instant: dt.datetime) -> bool:
        """Whether the schedule works at ``instant`` (the first second of a period does, the end does not)."""
        index, second = self._locate(instant)
        return any(begin <= second < end for begin, end in self._table.shapes[index].periods)

    def work_seconds_between(self, a: dt.datetime, b: dt.datetime) -> int:
        """Working seconds from ``a`` to ``b``; negative when ``b`` comes first."""
        return self.progress(b, Measure.WORK_HOURS) - self.progress(a, Measure.WORK_HOURS)

    def workdays_between(self, first: dt.date, last: dt.date) -> int:
        """Working days from ``first`` to ``last``, both included; 0 when ``last`` comes first."""
        if last < first:
            return 0
        low, high = self._index(first.toordinal()), self._index(last.toordinal())
        return self._table.workdays[high + 1] - self._table.workdays[low]

    def advance(self, start: dt.datetime, work_seconds: int) -> dt.datetime:
        """The earliest instant until which ``work_seconds`` more than at ``start`` have been worked.

        Work that ends with a period ends at its close, not at the next opening; with 0 that is the close
        before ``start`` when ``start`` lies outside working time. Negative amounts go back.
        """
        return self.instant(self.progress(start, Measure.WORK_HOURS) + work_seconds, Measure.WORK_HOURS)

    def due(self, start: dt.datetime, limit: Limit) -> Due:
        """When ``limit`` runs out that starts at ``start``. See the module's first lines for the rules."""
        counted_from = self.counted_from(start, limit.measure)
        target = self.progress(counted_from, limit.measure) + limit.seconds
        at, rolled = self.end(target, limit.measure)
        return Due(at, self.rests_on_provisional(counted_from, target, limit.measure), start, limit, rolled)

    # What clocks with pauses and extensions are made of

    def seconds(self, limit: Limit, measure: Measure) -> int:
        """``limit`` in seconds of ``measure``, for an extension in another unit than the clock's.

        Days and hours convert within working time and within natural time (a working day is an ordinary
        day of the schedule); ValueError from one to the other.
        """
        return self.convert(limit.seconds, limit.measure, measure)

    def convert(self, seconds: int, was: Measure, measure: Measure) -> int:
        """Seconds of the measure ``was`` in seconds of ``measure``; as ``seconds``."""
        if was is measure:
            return seconds
        if was.is_working is not measure.is_working:
            raise ValueError("working time does not convert to natural time")
        day = self.schedule.day_seconds if measure.is_working else DAY
        hours = seconds * day // DAY if was.is_daily else seconds
        return hours * DAY // day if measure.is_daily else hours

    def counted(self, spans: Iterable[tuple[dt.datetime, dt.datetime]], measure: Measure) -> int:
        """Seconds of ``measure`` in the spans of time together, the first of which is where counting
        begins."""
        total, begin = 0, None
        for start, end in spans:
            begin = self.counted_from(start, measure) if begin is None else begin
            more = self.progress(end, measure) - self.progress(max(start, begin), measure)
            total += max(more, 0)
        return total

    def counted_from(self, start: dt.datetime, measure: Measure) -> dt.datetime:
        """The instant from which time counts: ``start``, or for days the next midnight (第201条)."""
        start = start.replace(microsecond=0)
        if not measure.is_daily:
            return start
        return _at(start.astimezone(LOCAL).toordinal() + 1, 0)

    def progress(self, instant: dt.datetime, measure: Measure) -> int:
        """Seconds of ``measure`` up to ``instant``, from a fixed origin."""
        if measure is Measure.HOURS:
            return (instant - _EPOCH) // _SECOND
        index, second = self._locate(instant)
        shape = self._table.shapes[index]
        if measure is Measure.WORK_HOURS:
            return self._table.worked[index] + shape.worked(second)
        if measure is Measure.WORK_DAYS:
            before = self._table.workdays[index]
            if self._table.workdays[index + 1] == before:
                return before * DAY
            return before * DAY + shape.worked(second) * DAY // shape.total
        close = self._close(shape)
        return index * DAY + (DAY if second >= close else second * DAY // close)

    def instant(self, progress: int, measure: Measure) -> dt.datetime:
        """The earliest instant at which ``progress`` is reached, to the second."""
        if measure is Measure.HOURS:
            return _EPOCH + dt.timedelta(seconds=progress)
        index = self._day_of(progress, measure)
        shape = self._table.shapes[index]
        if measure is Measure.WORK_HOURS:
            return _at(_ORIGIN + index, shape.second(progress - self._table.worked[index]))
        if measure is Measure.WORK_DAYS:
            part = progress - self._table.workdays[index] * DAY
            return _at(_ORIGIN + index, shape.second(-(-part * shape.total // DAY)))
        return _at(_ORIGIN + index, -(-(progress - index * DAY) * self._close(shape) // DAY))

    def end(self, target: int, measure: Measure) -> tuple[dt.datetime, bool]:
        """When a period ends whose count runs to ``target``; and whether a rest day carried it on.

        Hours end at the instant, days at the close of the day on which the target lies (第203条).
        """
        if not measure.is_daily:
            return self.instant(target, measure), False
        index = self._day_of(target, measure)
        last = self._roll(index) if measure is Measure.DAYS else index
        return _at(_ORIGIN + last, self._close(self._table.shapes[last])), last != index

    def rests_on_provisional(self, counted_from: dt.datetime, target: int, measure: Measure) -> bool:
        """Whether the end at ``target`` depends on a day that an official notice may still change."""
        if measure is Measure.HOURS or (measure is Measure.WORK_HOURS and self.schedule.everyday):
            return False
        last = self._day_of(target, measure)
        if measure is Measure.DAYS:
            first, last = last, self._roll(last)
            if not self.schedule.rolls:
                return False
        else:
            first = min(self._locate(counted_from)[0], last)
        return self._table.provisional[last + 1] > self._table.provisional[first]

    def _close(self, shape: _Shape) -> int:
        return shape.close if self.schedule.ends_at_close else DAY

    def _roll(self, index: int) -> int:
        """The day itself, or the next working day where periods roll on from a rest day."""
        if not self.schedule.rolls:
            return index
        return self._nth_workday(self._table.workdays[index] + 1)

    def _day_of(self, progress: int, measure: Measure) -> int:
        """The earliest day by whose end ``progress`` is reached."""
        if measure is Measure.WORK_HOURS:
            while self._table.worked[-1] < progress:
                self._extend()
            return self._checked(bisect_left(self._table.worked, progress) - 1)
        days = -(-progress // DAY)
        if measure is Measure.WORK_DAYS:
            return self._nth_workday(days)
        return self._index(_ORIGIN + days - 1)

    def _nth_workday(self, n: int) -> int:
        while self._table.workdays[-1] < n:
            self._extend()
        return self._checked(bisect_left(self._table.workdays, n) - 1)

    def _locate(self, instant: dt.datetime) -> tuple[int, int]:
        """Index of the local day and the second within it."""
        local = instant.astimezone(LOCAL)
        second = local.hour * HOUR + local.minute * 60 + local.second
        return self._index(local.toordinal()), second

    def _index(self, ordinal: int) -> int:
        index = self._checked(ordinal - _ORIGIN)
        while index >= self._table.size:
            self._extend()
        return index

    @staticmethod
    def _checked(index: int) -> int:
        if index < 0:
            raise ValueError(f"clocks cannot be counted before {FIRST_YEAR}")
        return index

    def _extend(self) -> None:
        """Count further ahead. A finished table is never changed, so other threads may go on reading it."""
        last_year = dt.date.fromordinal(_ORIGIN + self._table.size - 1).year
        if last_year >= dt.MAXYEAR - 1:
            raise ValueError("no calendar reaches that far")
        self._table = _Table(self, min(dt.MAXYEAR - 1, last_year + max(5, last_year - FIRST_YEAR)))


_SECOND = dt.timedelta(seconds=1)


def _at(ordinal: int, second: int) -> dt.datetime:
    """The instant of a local day and second (86,400 is the next midnight), in UTC."""
    if second >= DAY:
        ordinal, second = ordinal + 1, second - DAY
    minutes, second = divmod(second, 60)
    day = dt.date.fromordinal(ordinal)
    local = dt.datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, second, tzinfo=LOCAL)
    return local.astimezone(dt.UTC)
