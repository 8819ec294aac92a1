"""Standing figures beside the live ones, for tests."""

from __future__ import annotations

from typing import Any

import pytest
from tests.city import CITY, City

from linli.domains.cases import indicators
from linli.domains.cases.models import Case
from linli.domains.cases.tests.steps import GRID
from linli.kernel.areas.levels import Level
from linli.kernel.insight import days, figures, stock
from linli.kernel.insight.declaration import Period
from linli.kernel.insight.standing import STANDING

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
            kept, live_ = figures._standing(on, told, period, None), figures.counted(on, told, period)
            assert kept is not None
            wrong += [(area, last, one.code) for one in told if not _same(kept, live_, one.code)]
        period = Period.days(STANDS.longest)
        below = [level for level in LEVELS if level.width >= len(area)]
        apart = {**STANDS.groups, **dict.fromkeys(below, STANDS.groups["holder_id"])}
        for by, told in apart.items():
            kept, live_ = figures._standing(on, told, period, by), figures.counted(on, told, period, by=by)
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
