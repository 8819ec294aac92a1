"""Figures equal a recount from the journal, within what the viewer may see."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from pytest_django import DjangoAssertNumQueries
from tests.city import CITY, City

from linli.domains.cases import indicators
from linli.domains.cases.indicators import INDICATORS
from linli.domains.cases.models import Case
from linli.domains.cases.tests.journeys import END, live
from linli.domains.cases.tests.recount import open_on, recount, stories
from linli.kernel.areas.levels import Level
from linli.kernel.insight.conditions import Side
from linli.kernel.insight.days import per_day, per_hour
from linli.kernel.insight.declaration import Grain, Period
from linli.kernel.insight.figures import figures, listed, nothing
from linli.kernel.insight.stock import open_per_day
from linli.lib.time import at

PERIODS = [(dt.date(2026, 6, 1), dt.date(2026, 6, 30)), (dt.date(2026, 5, 20), dt.date(2026, 6, 10))]


@pytest.fixture
def lived(city: City) -> City:
    live(city, 45, seed=12)
    return city


@pytest.mark.parametrize("seed", [1, 2])
def test_every_figure_equals_a_recount_from_the_journal(city: City, seed: int) -> None:
    live(city, 50, seed)
    told = stories()
    with at(END):
        for area in (CITY, "990101", "990102", "990101001", "990101001001001"):
            here = [story for story in told if story.area.startswith(area)]
            for first, last in PERIODS:
                period = Period.of(first, last)
                found = indicators.whole(
                    indicators.seen_by(city.actor("mayor"), area), INDICATORS.values(), period
                )
                for code, expected in recount(here, period).items():
                    figure = found[code]
                    if isinstance(expected, tuple):
                        assert (figure.numerator, figure.denominator) == expected, (code, area, period)
                    elif code == "handling_time":
                        assert figure.value == pytest.approx(expected), (area, period)
                    else:
                        assert figure.numerator == expected, (code, area, period)


@pytest.mark.parametrize(("first", "last"), PERIODS)
def test_what_is_gone_through_is_all_that_counts(lived: City, first: dt.date, last: dt.date) -> None:
    """Counted over what the indicators look at, and over all cases one by one: the same."""
    with at(END):
        period = Period.of(first, last)
        of_records = [one for one in INDICATORS.values() if one.grain is Grain.RECORD]
        by_area = [one for one in of_records if one.middle is None]
        for area in (CITY, "990101", "990101001"):
            on = indicators.seen_by(lived.actor("mayor"), area)
            every = replace(on, whole=None)
            assert figures(on, of_records, period) == figures(every, of_records, period)
            told, all_told = (figures(one, by_area, period, by=Level.GRID) for one in (on, every))
            assert told
            for grid, row in all_told.items():
                assert told.get(grid, {one.code: nothing(one) for one in by_area}) == row


def test_open_cases_of_past_days_are_told_by_the_journal(lived: City) -> None:
    told = stories()
    with at(END):
        period = Period.days(30)
        by_day = open_per_day(indicators.seen_by(lived.actor("mayor")), period)
    assert by_day == {day: open_on(told, day) for day in period.dates}
    assert len(set(by_day.values())) > 1


def test_the_list_behind_every_side_has_as_many_rows_as_the_figure_says(lived: City) -> None:
    with at(END):
        on, period = indicators.seen_by(lived.actor("leader")), Period.days(30)
        for code, figure in indicators.whole(on, INDICATORS.values(), period).items():
            one = INDICATORS[code]
            if one.grain is Grain.DAY:
                continue
            assert listed(on, one, period, Side.COUNTED).count() == figure.numerator, code
            assert listed(on, one, period, Side.EXCLUDED).count() == figure.excluded_count, code
            if one.is_share and figure.denominator is not None:
                missed = figure.denominator - figure.numerator
                assert listed(on, one, period, Side.AMONG).count() == figure.denominator, code
                assert listed(on, one, period, Side.MISSED).count() == missed, code


def test_a_leader_of_one_district_never_counts_another(lived: City) -> None:
    with at(END):
        period = Period.days(60)
        own = indicators.whole(indicators.seen_by(lived.actor("leader")), INDICATORS.values(), period)
        district = indicators.seen_by(lived.actor("mayor"), "990101")
        assert own == indicators.whole(district, INDICATORS.values(), period)
        city = indicators.whole(indicators.seen_by(lived.actor("mayor")), INDICATORS.values(), period)
        assert own["reported"].numerator < city["reported"].numerator
        beyond = indicators.seen_by(lived.actor("leader"), "990102")
        assert all(
            figure.numerator == 0 for figure in indicators.whole(beyond, INDICATORS.values(), period).values()
        )


def test_figures_of_areas_add_up_to_the_whole(lived: City) -> None:
    with at(END):
        on, period = indicators.seen_by(lived.actor("mayor")), Period.days(60)
        wanted = (indicators.REPORTED, indicators.OPEN, indicators.ON_TIME_CLOSING)
        whole = indicators.whole(on, wanted, period)
        for level in (Level.DISTRICT, Level.TOWNSHIP, Level.COMMUNITY, Level.GRID):
            told = indicators.by_area(on, wanted, period, level)
            for one in wanted:
                assert sum(row[one.code].numerator for row in told.values()) == whole[one.code].numerator


def test_without_cases_there_is_no_value_and_no_error(city: City) -> None:
    on = indicators.seen_by(city.actor("mayor"))
    for figure in indicators.whole(on, INDICATORS.values(), Period.days(30)).values():
        if figure.indicator.is_share or figure.indicator.middle is not None:
            if figure.indicator.grain is not Grain.DAY:
                assert figure.value is None
        else:
            assert figure.value == 0
    assert indicators.by_holder(on, Period.days(30)) == []
    assert indicators.by_category(on, indicators.REPORTED, Period.days(30)) == []


def test_lists_show_no_share_over_a_small_sample(lived: City) -> None:
    with at(END):
        period = Period.days(30)
        on = indicators.seen_by(lived.actor("mayor"))
        told = indicators.by_area(on, [indicators.ON_TIME_CLOSING], period, Level.GRID)
    shares = [row[indicators.ON_TIME_CLOSING.code] for row in told.values()]
    small = [one for one in shares if (one.denominator or 0) < indicators.LIST_SAMPLE]
    assert small
    assert all(one.value is None for one in small)


def test_units_are_listed_by_name_with_what_they_hold(lived: City) -> None:
    with at(END):
        on = indicators.seen_by(lived.actor("mayor"))
        units = indicators.by_holder(on, Period.days(30))
        open_ = indicators.whole(on, [indicators.OPEN], Period.days(30))["open"].numerator
    assert [unit.name for unit in units] == sorted(unit.name for unit in units)
    assert 0 < sum(unit.figures["open"].numerator for unit in units) <= open_


def test_days_and_hours_add_up_to_the_count(lived: City) -> None:
    with at(END):
        on, period = indicators.seen_by(lived.actor("mayor")), Period.days(30)
        total = indicators.whole(on, [indicators.REPORTED], period)["reported"].numerator
        assert sum(per_day(on, indicators.REPORTED, period).values()) == total
        assert sum(per_hour(on, indicators.REPORTED, period)) == total


def test_public_figures_tell_every_area_and_no_small_share(lived: City) -> None:
    with at(END):
        found = indicators.public_figures(dt.date(2026, 6, 15), "township")
    assert [one.area for one in found] == ["990101001", "990101002", "990102101"]
    in_june = Case.objects.filter(
        opened_at__gte=Period.of(*PERIODS[0]).start, opened_at__lt=Period.of(*PERIODS[0]).end
    )
    assert sum(one.reported for one in found) == in_june.count()
    for one in found:
        for share in one.shares:
            assert share.value is None or (share.denominator or 0) >= indicators.LIST_SAMPLE


def test_the_number_of_queries_does_not_grow_with_cases(
    city: City, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for more in (3, 15):
        live(city, more, seed=more)
        on = indicators.seen_by(city.actor("mayor"))
        with at(END):
            indicators.by_category(on, indicators.REPORTED, Period.days(30))  # holds lists and units
            of_records = [one for one in INDICATORS.values() if one.grain is Grain.RECORD]
            with django_assert_max_num_queries(7):  # three grains, the areas, and the tree's number
                indicators.whole(on, INDICATORS.values(), Period.days(30))
                indicators.by_area(on, of_records, Period.days(30), Level.TOWNSHIP)
