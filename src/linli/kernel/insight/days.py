"""How many rows of an indicator fell on each day, and into each hour of the day."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TypeVar

from django.db.models import Count
from django.db.models.functions import ExtractHour, TruncDate

from linli.kernel.insight import standing
from linli.kernel.insight.conditions import Side
from linli.kernel.insight.declaration import Indicator, Period
from linli.kernel.insight.figures import listed
from linli.kernel.insight.ground import Ground
from linli.kernel.records.models import Record
from linli.lib.time import LOCAL

R = TypeVar("R", bound=Record)


def per_day(on: Ground[R], indicator: Indicator, period: Period) -> dict[dt.date, int]:
    """How many rows of a dated indicator fell on each day of the period; days without any are 0."""
    found = _standing(on, indicator, period)
    if found is None:
        found = _live(on, indicator, period)
    return dict.fromkeys(period.dates, 0) | found


def _live(on: Ground[R], indicator: Indicator, period: Period) -> dict[dt.date, int]:
    found = listed(on, indicator, period, Side.COUNTED).order_by()
    by_day = found.values(day=TruncDate(indicator.instant, tzinfo=LOCAL)).annotate(number=Count("*"))
    return {row["day"]: row["number"] for row in by_day}


def _standing(on: Ground[R], indicator: Indicator, period: Period) -> dict[dt.date, int] | None:
    """The days from what is kept ready, or None where they are not."""
    found = on.standing(period)
    if found is None:
        return None
    kept, area, window = found
    if window != kept.longest or indicator.code not in {one.code for one in kept.dated}:
        return None
    names = {standing.of_day(indicator.code, day): day for day in period.dates}
    return {names[name]: number for _, name, number in standing.sums(kept, area, names)}


def per_hour(on: Ground[R], indicator: Indicator, period: Period) -> list[int]:
    """How many rows of a dated indicator fell into each of the 24 hours of the day."""
    found = listed(on, indicator, period, Side.COUNTED).order_by()
    by_hour = found.values(hour=ExtractHour(indicator.instant, tzinfo=LOCAL)).annotate(number=Count("*"))
    numbers = Counter({row["hour"]: row["number"] for row in by_hour})
    return [numbers[hour] for hour in range(24)]
