"""2024 to 2026 day by day, against the State Council's notices written out by hand.

Rest days and make-up working days as the notices' sentences have them (sources in data/holidays); all
other days are Monday to Friday.
"""

from __future__ import annotations

import datetime as dt

import pytest

from linli.kernel.clocks.calendar import OFFICE
from linli.kernel.clocks.tests.factories import official

RESTS = {
    2024: ["01-01", "02-10/02-17", "04-04/04-06", "05-01/05-05", "06-10", "09-15/09-17", "10-01/10-07"],
    2025: ["01-01", "01-28/02-04", "04-04/04-06", "05-01/05-05", "05-31/06-02", "10-01/10-08"],
    2026: [
        "01-01/01-03",
        "02-15/02-23",
        "04-04/04-06",
        "05-01/05-05",
        "06-19/06-21",
        "09-25/09-27",
        "10-01/10-07",
    ],
}
WORKS = {
    2024: ["02-04", "02-18", "04-07", "04-28", "05-11", "09-14", "09-29", "10-12"],
    2025: ["01-26", "02-08", "04-27", "09-28", "10-11"],
    2026: ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"],
}
STATUTORY_HOLIDAYS = {2024: 11, 2025: 13, 2026: 13}
"""全国年节及纪念日放假办法: eleven days, and thirteen since 2025."""


def _spread(year: int, spans: list[str]) -> set[dt.date]:
    found = set()
    for span in spans:
        begin, _, end = span.partition("/")
        first = dt.date.fromisoformat(f"{year}-{begin}")
        last = dt.date.fromisoformat(f"{year}-{end or begin}")
        found |= {first + dt.timedelta(days=n) for n in range((last - first).days + 1)}
    return found


@pytest.mark.parametrize("year", sorted(RESTS))
def test_every_day_of_the_year_is_as_the_notice_says(year: int) -> None:
    calendar = official(OFFICE)
    rests, works = _spread(year, RESTS[year]), _spread(year, WORKS[year])
    day = dt.date(year, 1, 1)
    while day.year == year:
        expected = day in works or (day.weekday() < 5 and day not in rests)
        assert calendar.is_workday(day) is expected, day
        day += dt.timedelta(days=1)


@pytest.mark.parametrize("year", sorted(STATUTORY_HOLIDAYS))
def test_makeup_days_leave_a_year_its_weekends_and_statutory_holidays(year: int) -> None:
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    length = (last - first).days + 1
    weekends = sum((first + dt.timedelta(days=n)).weekday() >= 5 for n in range(length))
    assert official(OFFICE).workdays_between(first, last) == length - weekends - STATUTORY_HOLIDAYS[year]


def test_the_new_year_of_2026_rests_on_the_second_and_works_on_sunday_the_fourth() -> None:
    calendar = official(OFFICE)
    assert not calendar.is_workday(dt.date(2026, 1, 2))
    assert dt.date(2026, 1, 4).weekday() == 6
    assert calendar.is_workday(dt.date(2026, 1, 4))


def test_years_with_a_notice_are_settled_but_for_the_week_that_the_next_notice_can_reach() -> None:
    calendar = official(OFFICE)
    assert not calendar.is_provisional(dt.date(2024, 1, 1))
    assert not calendar.is_provisional(dt.date(2025, 12, 31))
    assert not calendar.is_provisional(dt.date(2026, 12, 24))
    assert calendar.is_provisional(dt.date(2026, 12, 25))
    assert calendar.is_provisional(dt.date(2027, 3, 1))
