"""What is published of a month is counted once, and stays."""

from __future__ import annotations

import datetime as dt
from typing import get_args

import pytest
from tests.city import City

from linli.domains.cases import indicators
from linli.domains.cases.indicators import PublicLevel
from linli.domains.cases.jobs import publish_nightly
from linli.domains.cases.models import Case, PublishedMonth
from linli.domains.cases.publishing import last_month, published
from linli.domains.cases.tests.journeys import END, live
from linli.lib.time import at

JUNE = dt.date(2026, 6, 1)
NIGHT = dt.datetime(2026, 7, 1, 0, 20, tzinfo=dt.timezone(dt.timedelta(hours=8)))


@pytest.fixture
def lived(city: City) -> City:
    live(city, 45, seed=12)
    return city


@pytest.mark.parametrize("level", get_args(PublicLevel))
def test_it_is_what_was_counted_then_whatever_comes_later(lived: City, level: PublicLevel) -> None:
    with at(NIGHT):
        counted = indicators.public_figures(JUNE, level)
        assert list(published(JUNE, level).areas) == counted
    Case.objects.update(opened_at=END)
    with at(NIGHT + dt.timedelta(days=3)):
        assert indicators.public_figures(JUNE, level) != counted
        again = published(JUNE.replace(day=17), level)
    assert list(again.areas) == counted
    assert again.counted_at == NIGHT


def test_the_night_after_a_month_publishes_it_at_every_level(lived: City) -> None:
    with at(NIGHT):
        assert last_month() == JUNE
        publish_nightly(0)
        publish_nightly(0)
    kept = set(PublishedMonth.objects.values_list("month", "level", "counted_at"))
    assert kept == {(JUNE, level, NIGHT) for level in get_args(PublicLevel)}


def test_a_month_that_is_not_over_is_not_published(lived: City) -> None:
    with at(NIGHT - dt.timedelta(hours=1)), pytest.raises(ValueError, match="2026-06 is not over"):
        published(JUNE, "district")


def test_a_month_in_which_nothing_happened_is_counted_again(lived: City) -> None:
    with at(NIGHT):
        found = published(dt.date(2020, 1, 1), "district")
    assert not any(one.reported or one.closed for one in found.areas)
    assert not PublishedMonth.objects.exists()
