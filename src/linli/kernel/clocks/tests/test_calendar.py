from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.kernel.clocks.calendar import (
    DAY,
    DUTY,
    HOUR,
    OFFICE,
    Limit,
    Measure,
    Schedule,
    Season,
    WorkCalendar,
    clock_time,
    local_text,
)
from linli.kernel.clocks.tests.factories import local, official
from linli.lib.time import LOCAL

SUMMER = Schedule(
    periods=((9 * HOUR, 12 * HOUR), (13 * HOUR, 17 * HOUR)),
    seasons=(Season((5, 1), (9, 30), ((9 * HOUR, 12 * HOUR), (14 * HOUR, 17 * HOUR))),),
)
LATE = Schedule(periods=((9 * HOUR, 12 * HOUR), (13 * HOUR, 17 * HOUR)), ends_at_close=False, rolls=False)
CALENDARS = [official(OFFICE), official(DUTY), official(SUMMER), official(LATE)]

untimed = settings(deadline=None)

calendars = st.sampled_from(CALENDARS)
measures = st.sampled_from(Measure)
instants = st.integers(
    int(local("2024-01-01 00:00").timestamp()), int(local("2027-06-30 00:00").timestamp())
).map(lambda seconds: dt.datetime.fromtimestamp(seconds, dt.UTC))
amounts = st.integers(1, 90)


def due(start: str, amount: int, measure: Measure, calendar: WorkCalendar | None = None) -> dt.datetime:
    return (calendar or CALENDARS[0]).due(local(start), Limit(amount, measure)).at


# Hours


def test_working_hours_run_from_the_instant_across_the_lunch_break() -> None:
    assert due("2026-03-02 10:30", 4, Measure.WORK_HOURS) == local("2026-03-02 16:00")


def test_working_hours_that_end_with_the_day_end_at_its_close() -> None:
    assert due("2026-03-02 09:00", 7, Measure.WORK_HOURS) == local("2026-03-02 17:30")


def test_working_hours_reported_on_a_rest_day_run_from_the_next_opening() -> None:
    assert due("2026-01-02 20:00", 1, Measure.WORK_HOURS) == local("2026-01-04 10:00")


def test_working_hours_skip_the_spring_festival_and_count_the_makeup_saturday() -> None:
    assert due("2026-02-13 17:00", 2, Measure.WORK_HOURS) == local("2026-02-14 10:30")
    assert due("2026-02-14 17:00", 2, Measure.WORK_HOURS) == local("2026-02-24 10:30")


def test_natural_hours_run_day_and_night() -> None:
    assert due("2026-02-14 17:00", 24, Measure.HOURS) == local("2026-02-15 17:00")


def test_parts_of_a_second_are_dropped() -> None:
    start = local("2026-03-02 10:30") + dt.timedelta(microseconds=999_999)
    for measure in Measure:
        assert CALENDARS[0].due(start, Limit(3, measure)).at == due("2026-03-02 10:30", 3, measure)


# Days


def test_the_day_of_the_start_does_not_count() -> None:
    assert due("2026-03-02 00:00", 1, Measure.DAYS) == local("2026-03-03 17:30")
    assert due("2026-03-02 23:59", 1, Measure.DAYS) == local("2026-03-03 17:30")
    assert due("2026-03-02 09:00", 1, Measure.WORK_DAYS) == local("2026-03-03 17:30")


def test_natural_days_that_end_on_a_rest_day_run_to_the_next_working_day() -> None:
    found = CALENDARS[0].due(local("2026-03-02 10:00"), Limit(5, Measure.DAYS))
    assert found.at == local("2026-03-09 17:30")
    assert found.rolled
    assert "顺延" in found.explanation


def test_natural_days_that_end_on_a_makeup_sunday_end_there() -> None:
    assert due("2026-01-01 10:00", 3, Measure.DAYS) == local("2026-01-04 17:30")


def test_working_days_count_makeup_days_and_skip_holidays() -> None:
    assert due("2026-09-18 10:00", 5, Measure.WORK_DAYS) == local("2026-09-24 17:30")
    assert due("2026-09-30 10:00", 3, Measure.WORK_DAYS) == local("2026-10-10 17:30")
    assert due("2025-12-31 10:00", 1, Measure.WORK_DAYS) == local("2026-01-04 17:30")


def test_where_business_never_stops_a_period_of_days_ends_at_midnight_even_on_a_rest_day() -> None:
    assert due("2026-03-02 10:00", 5, Measure.DAYS, CALENDARS[1]) == local("2026-03-08 00:00")
    assert due("2026-03-06 10:00", 1, Measure.WORK_DAYS, CALENDARS[1]) == local("2026-03-10 00:00")


def test_a_duty_desk_works_every_hour_of_every_day() -> None:
    assert due("2026-02-16 22:00", 4, Measure.WORK_HOURS, CALENDARS[1]) == local("2026-02-17 02:00")


def test_summer_hours_hold_in_summer() -> None:
    assert due("2026-07-01 11:00", 2, Measure.WORK_HOURS, CALENDARS[2]) == local("2026-07-01 15:00")
    assert due("2026-11-02 11:00", 2, Measure.WORK_HOURS, CALENDARS[2]) == local("2026-11-02 14:00")


def test_a_season_may_span_the_new_year() -> None:
    winter = Season((11, 15), (3, 15), ((0, DAY),))
    assert winter.covers(dt.date(2026, 1, 1))
    assert not winter.covers(dt.date(2026, 7, 1))


# Provisional results


def test_a_due_time_in_a_year_without_a_notice_is_provisional_and_says_so() -> None:
    found = CALENDARS[0].due(local("2026-12-20 10:00"), Limit(15, Measure.WORK_DAYS))
    assert found.provisional
    assert "暂按周一至周五推算" in found.explanation


def test_natural_hours_never_depend_on_a_notice() -> None:
    assert not CALENDARS[0].due(local("2028-01-01 10:00"), Limit(9, Measure.HOURS)).provisional


def test_a_settled_due_time_is_not_provisional() -> None:
    for measure in Measure:
        assert not CALENDARS[0].due(local("2026-03-02 10:00"), Limit(20, measure)).provisional


def test_without_any_notice_monday_to_friday_hold() -> None:
    bare = WorkCalendar({}, ())
    found = bare.due(local("2031-05-02 17:00"), Limit(1, Measure.WORK_HOURS))
    assert found.at == local("2031-05-05 09:30")
    assert found.provisional


# Bounds and text


def test_the_end_of_a_day_reads_as_twenty_four_o_clock() -> None:
    assert local_text(local("2026-03-08 00:00")) == "2026年3月7日24:00"


def test_clocks_before_the_first_year_are_refused() -> None:
    with pytest.raises(ValueError, match="2000"):
        due("1999-12-30 10:00", 1, Measure.DAYS)


@pytest.mark.parametrize("amount", [0, -1, 1_000_000])
def test_a_limit_is_positive_and_at_most_ten_years(amount: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        Limit(amount, Measure.DAYS)


@pytest.mark.parametrize("text", ["9:00", "09.00", "24:01", "09:60", "ab:cd", ""])
def test_a_time_of_day_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="time of day"):
        clock_time(text)


@pytest.mark.parametrize("periods", [(), ((5, 5),), ((0, DAY + 1),), ((0, 20), (10, 30))])
def test_a_schedule_that_is_none_is_refused(periods: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(ValueError, match="period"):
        Schedule(periods=periods)


def test_an_extension_converts_within_working_time_only() -> None:
    calendar = CALENDARS[0]
    assert calendar.seconds(Limit(2, Measure.WORK_DAYS), Measure.WORK_HOURS) == 2 * 7 * HOUR
    assert calendar.seconds(Limit(7, Measure.WORK_HOURS), Measure.WORK_DAYS) == DAY
    assert calendar.seconds(Limit(2, Measure.DAYS), Measure.HOURS) == 48 * HOUR
    with pytest.raises(ValueError, match="convert"):
        calendar.seconds(Limit(1, Measure.DAYS), Measure.WORK_DAYS)


def test_what_is_used_converts_there_and_back_within_one_kind_of_time() -> None:
    calendar = CALENDARS[0]
    assert calendar.convert(7 * HOUR, Measure.WORK_HOURS, Measure.WORK_DAYS) == DAY
    assert calendar.convert(DAY // 2, Measure.WORK_DAYS, Measure.WORK_HOURS) == 7 * HOUR // 2
    assert calendar.convert(DAY, Measure.HOURS, Measure.DAYS) == DAY
    with pytest.raises(ValueError, match="does not convert"):
        calendar.convert(HOUR, Measure.WORK_HOURS, Measure.HOURS)


# What holds for every calendar, measure and instant


def _naive_work_seconds(calendar: WorkCalendar, a: dt.datetime, b: dt.datetime) -> int:
    """Day by day, minute by the definition."""
    total, day = 0, a.astimezone(LOCAL).date()
    while day <= b.astimezone(LOCAL).date():
        if calendar.schedule.everyday or calendar.is_workday(day):
            midnight = dt.datetime.combine(day, dt.time(), LOCAL)
            for begin, end in calendar.schedule.periods_on(day):
                low = max(a, midnight + dt.timedelta(seconds=begin))
                high = min(b, midnight + dt.timedelta(seconds=end))
                total += max(int((high - low).total_seconds()), 0)
        day += dt.timedelta(days=1)
    return total


@untimed
@given(calendars, instants, st.integers(0, 60 * DAY))
def test_work_seconds_are_those_of_a_count_day_by_day(
    calendar: WorkCalendar, a: dt.datetime, length: int
) -> None:
    b = a + dt.timedelta(seconds=length)
    assert calendar.work_seconds_between(a, b) == _naive_work_seconds(calendar, a, b)
    assert calendar.work_seconds_between(b, a) == -calendar.work_seconds_between(a, b)


@untimed
@given(calendars, instants, st.integers(1, 400 * HOUR))
def test_advance_reaches_its_work_seconds_and_no_earlier(
    calendar: WorkCalendar, start: dt.datetime, seconds: int
) -> None:
    end = calendar.advance(start, seconds)
    assert calendar.work_seconds_between(start, end) == seconds
    assert calendar.work_seconds_between(start, end - dt.timedelta(seconds=1)) == seconds - 1


@untimed
@given(calendars, measures, instants)
def test_the_earliest_instant_of_a_count_has_that_count(
    calendar: WorkCalendar, measure: Measure, instant: dt.datetime
) -> None:
    count = calendar.progress(instant, measure)
    earliest = calendar.instant(count, measure)
    assert earliest <= instant
    assert calendar.progress(earliest, measure) == count


@untimed
@given(calendars, measures, instants, instants, amounts, amounts)
def test_due_never_decreases_with_the_limit_or_the_start(
    calendar: WorkCalendar, measure: Measure, a: dt.datetime, b: dt.datetime, n: int, m: int
) -> None:
    (early, late), (less, more) = sorted((a, b)), sorted((n, m))
    assert calendar.due(early, Limit(less, measure)).at <= calendar.due(late, Limit(more, measure)).at
    assert calendar.due(early, Limit(less, measure)).at > early


@untimed
@given(calendars, instants, amounts)
def test_periods_of_days_end_when_business_does(
    calendar: WorkCalendar, start: dt.datetime, amount: int
) -> None:
    for measure in (Measure.DAYS, Measure.WORK_DAYS):
        at = calendar.due(start, Limit(amount, measure)).at
        last = (at - dt.timedelta(seconds=1)).astimezone(LOCAL)
        if measure is Measure.WORK_DAYS or calendar.schedule.rolls:
            assert calendar.is_workday(last.date())
        end = calendar.schedule.periods_on(last.date())[-1][1] if calendar.schedule.ends_at_close else DAY
        assert last.hour * HOUR + last.minute * 60 + last.second + 1 == end


@untimed
@given(calendars, instants, amounts)
def test_working_days_are_as_many_as_the_limit_after_the_day_of_the_start(
    calendar: WorkCalendar, start: dt.datetime, amount: int
) -> None:
    at = calendar.due(start, Limit(amount, Measure.WORK_DAYS)).at
    first = start.astimezone(LOCAL).date() + dt.timedelta(days=1)
    last = (at - dt.timedelta(seconds=1)).astimezone(LOCAL).date()
    assert calendar.workdays_between(first, last) == amount
