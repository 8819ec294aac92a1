"""Standing figures are the live ones, whatever has moved and however much time has passed."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.city import CITY, City

from linli.domains.cases import indicators
from linli.domains.cases.models import Case
from linli.domains.cases.tests import journeys
from linli.domains.cases.tests.journeys import END, live
from linli.domains.cases.tests.steps import GRID, dispatched, filed, go
from linli.kernel.areas.levels import Level
from linli.kernel.insight import days, figures, keeping, stock
from linli.kernel.insight.conditions import columns_of, names_of
from linli.kernel.insight.declaration import Period
from linli.kernel.insight.models import Sum
from linli.kernel.insight.standing import STANDING
from linli.lib.time import at

AREAS = (CITY, "990101", "990101001", GRID)
LEVELS = [level for level in Level if level is not Level.MICRO_GRID]
STANDS = STANDING[Case.family]


def differences(city: City) -> list[Any]:
    """Every standing figure that is not the live one, for every area and way of telling apart."""
    wrong: list[Any] = []
    for area in AREAS:
        on = indicators.seen_by(city.actor("mayor"), area)
        for last, told in STANDS.windows.items():
            period = Period.days(last)
            kept, live_ = (ask(on, told, period, None) for ask in (figures._standing, figures._live))
            assert kept is not None
            wrong += [(area, last, one.code) for one in told if not _same(kept, live_, one.code)]
        period = Period.days(STANDS.longest)
        below = [level for level in LEVELS if level.width >= len(area)]
        apart = {**STANDS.groups, **dict.fromkeys(below, STANDS.groups["holder_id"])}
        for by, told in apart.items():
            kept, live_ = (ask(on, told, period, by) for ask in (figures._standing, figures._live))
            wrong += [(area, by)] if _told(kept) != _told(live_) else []
        for one in STANDS.dated:
            if days._standing(on, one, period) != days._live(on, one, period):
                wrong.append((area, one.code))
        kept_stock, live_stock = stock._standing(on, period), stock._live(on, period)
        assert kept_stock is not None
        open_now, risen = kept_stock
        if (open_now, +risen, -risen) != (live_stock[0], +live_stock[1], -live_stock[1]):
            wrong.append((area, "stock"))
    return wrong


def _same(kept: Any, live_: Any, code: str) -> bool:
    one, other = kept[""][code], live_[""][code]
    if one.value is not None and other.value is not None and one.value == pytest.approx(other.value):
        return bool(one.numerator == other.numerator and one.denominator == other.denominator)
    return bool(one == other)


def _told(found: Any) -> dict[Any, Any]:
    """Groups in which anything is counted."""
    numbers = {
        group: {code: (one.numerator, one.denominator, one.excluded) for code, one in row.items()}
        for group, row in found.items()
    }
    return {
        group: row
        for group, row in numbers.items()
        if any(n or d or any(c for _, c in x) for n, d, x in row.values())
    }


@pytest.mark.parametrize("seed", [3, 4])
def test_they_are_the_live_ones_while_cases_move_and_time_passes(city: City, seed: int) -> None:
    chance = random.Random(seed)
    live(city, 30, seed)
    moment = END
    for _ in range(6):
        moment += dt.timedelta(hours=chance.choice([0.1, 2, 9, 30, 24 * 8]))
        for pk in Case.objects.order_by("?").values_list("pk", flat=True)[: chance.randrange(6)]:
            journeys._step(city, chance, pk, moment)
        if chance.random() < 0.5:
            journeys._report(city, chance, moment)
        with at(moment):
            assert differences(city) == []


def test_nothing_is_looked_at_where_nothing_has_changed(city: City) -> None:
    for _ in range(3):
        filed(GRID)
    keeping.keep(STANDS)
    with CaptureQueriesContext(connection) as asked:
        keeping.keep(STANDS)
    assert not any("cases_case" in query["sql"] for query in asked)


def test_the_cost_of_keeping_is_that_of_what_has_moved(city: City) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            keeping.keep(STANDS)
        return len(asked)

    first = filed(GRID)
    keeping.keep(STANDS)
    go(city.actor("dispatcher"), first, "accept")
    one = cost()
    for case in [filed(GRID) for _ in range(20)]:
        go(city.actor("dispatcher"), case, "accept")
    assert cost() == one


def test_a_case_that_moves_to_another_area_is_counted_there(city: City) -> None:
    case = filed(GRID)
    keeping.keep(STANDS)
    go(city.actor("dispatcher"), case, "classify", matter=_matter(), area="990101001002001")
    keeping.keep(STANDS)
    told = dict(Sum.objects.filter(name="open").values_list("area", "number"))
    assert (told[GRID], told["990101001002001"], told["990101001"], told[""]) == (0, 1, 1, 1)
    assert differences(city) == []


def _matter() -> str:
    from linli.domains.matters import queries as matters

    return next(iter(matters.lists().by_id.values())).code


def test_the_numbers_behind_figures_are_named_as_they_are_counted() -> None:
    told = indicators.INDICATORS.values()
    assert list(names_of(told)) == list(columns_of(told, Period.days(30)))


def test_who_sees_only_a_part_is_counted_live(city: City) -> None:
    dispatched(city, filed(GRID))
    period = Period.days(1)
    for who, whole in (("mayor", CITY), ("leader", "990101"), ("fire", None), ("worker", None)):
        on = indicators.seen_by(city.actor(who))
        assert on.whole == whole, who
        told = figures._standing(on, [indicators.OPEN], period, None)
        assert (told is None) is (whole is None), who


def test_figures_of_a_kept_city_are_counted_anew_when_the_declaration_changes(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed(GRID)
    keeping.keep(STANDS)
    Sum.objects.all().delete()
    keeping.keep(STANDS)
    assert not Sum.objects.exists(), "nothing moved, so that nothing was looked at"
    monkeypatch.setattr(keeping, "_rests_on", lambda standing: "another")
    keeping.keep(STANDS)
    assert differences(city) == []
