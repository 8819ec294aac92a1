"""From what is left of a clock to when it is due, and back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

from linli.kernel.clocks.calendar import Measure, WorkCalendar
from linli.kernel.clocks.models import Clock
from linli.kernel.clocks.queries import calendars


@dataclass(frozen=True, slots=True)
class Timing:
    """What a clock's budget comes to on a calendar."""

    due_at: dt.datetime
    soon_at: dt.datetime
    provisional: bool


@lru_cache(maxsize=1_000)
def timing(
    calendar: WorkCalendar,
    measure: Measure,
    counted_from: dt.datetime,
    budget: int,
    margin: int,
) -> Timing:
    """When ``budget`` seconds of the measure run out that count from an instant, and when ``margin`` of
    them are left. A budget that is used up ends at once: an hour on the spot, a day with that day.

    Kept: reports that come in together start clocks of the same few limits in the same second."""
    begin = calendar.progress(counted_from, measure)
    target = begin + max(budget, 0)
    due_at, _ = calendar.end(target, measure)
    soon_at = calendar.instant(begin + budget - margin, measure)
    provisional = calendar.rests_on_provisional(counted_from, target, measure)
    return Timing(due_at, min(soon_at, due_at), provisional)


def timing_of(clock: Clock, calendar: WorkCalendar) -> Timing:
    """The timing that the clock's budget gives on ``calendar``."""
    margin = margin_of(total(clock), clock.soon_share)
    return timing(calendar, clock.measure, clock.counted_from, clock.budget_seconds, margin)


def margin_of(seconds: int, soon_share: int) -> int:
    """What is left of a limit when ``soon_share`` percent of it are used."""
    return seconds * (100 - soon_share) // 100


def total(clock: Clock) -> int:
    """Limit and extensions, in seconds of the clock's measure."""
    return clock.limit_amount * clock.measure.unit + clock.extended_seconds


def elapsed(clock: Clock, at: dt.datetime, calendar: WorkCalendar) -> int:
    """Seconds of the measure from ``counted_from`` to ``at``; none before it."""
    counted = calendar.progress(at, clock.measure) - calendar.progress(clock.counted_from, clock.measure)
    return max(counted, 0)


def remaining(clock: Clock, at: dt.datetime) -> int:
    """What is left at ``at``, in seconds of the measure; below zero what is over.

    ``at`` must not lie before the clock's latest resumption. A paused clock keeps what it had; a stopped
    one what it had when it stopped.
    """
    if clock.remaining_seconds is not None:
        return clock.remaining_seconds
    end = min(at, clock.stopped_at) if clock.stopped_at else at
    return clock.budget_seconds - elapsed(clock, end, calendars().of(clock.schedule))


def used(clock: Clock, at: dt.datetime) -> int:
    """What is used at ``at``, in seconds of the measure: ``used + remaining = limit + extensions``."""
    return total(clock) - remaining(clock, at)
