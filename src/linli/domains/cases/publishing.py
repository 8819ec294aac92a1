"""The figures of a month as they are made public (art. 44): counted once, and kept as they were published.

What is public must be the same tomorrow: a case that is opened again or answered later moves no figure that
people have read. It says when it was counted instead.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from linli.domains.cases import indicators
from linli.domains.cases.indicators import HANDLING_TIME, PUBLISHED, PublicFigures, PublicLevel, in_lists
from linli.domains.cases.models import PublishedMonth
from linli.kernel.insight.declaration import Indicator
from linli.kernel.insight.figures import Figure
from linli.lib.time import now, today


@dataclass(frozen=True)
class Published:
    """One month of all areas of a level."""

    counted_at: dt.datetime
    areas: Sequence[PublicFigures]
    """By area code."""


def last_month() -> dt.date:
    """The first day of the last month that is over."""
    return (today().replace(day=1) - dt.timedelta(days=1)).replace(day=1)


def published(month: dt.date, level: PublicLevel) -> Published:
    """The figures of ``month`` (any day in it), counted now where nobody has done so yet.

    Raises ``ValueError`` for a month that is not over.
    """
    first = month.replace(day=1)
    if first > last_month():
        raise ValueError(f"{first:%Y-%m} is not over")
    kept = PublishedMonth.objects.filter(month=first, level=level).first() or _count(first, level)
    return Published(kept.counted_at, [_read(one) for one in kept.areas])


def publish_last_month() -> None:
    """Have the last month counted at every level, so that no reader waits for it."""
    for level in get_args(PublicLevel):
        published(last_month(), level)


def _count(month: dt.date, level: PublicLevel) -> PublishedMonth:
    """Count and keep; of two at a time the first is kept. A month in which nothing happened is not: there is
    nothing to hold on to."""
    counted = indicators.public_figures(month, level)
    told: dict[str, Any] = {"counted_at": now(), "areas": [_written(one) for one in counted]}
    if not any(one.reported or one.closed for one in counted):
        return PublishedMonth(month=month, level=level, **told)
    kept, _ = PublishedMonth.objects.get_or_create(month=month, level=level, defaults=told)
    return kept


def _written(one: PublicFigures) -> dict[str, Any]:
    figures = (*one.shares, one.handling_time)
    return {
        "area": one.area,
        "name": one.name,
        "reported": one.reported,
        "closed": one.closed,
        "figures": {
            figure.indicator.code: {
                "numerator": figure.numerator,
                "denominator": figure.denominator,
                "excluded": figure.excluded,
                "value": figure.value,
            }
            for figure in figures
        },
    }


def _read(kept: dict[str, Any]) -> PublicFigures:
    """As written. An indicator that comes to mean something else gets a code of its own."""
    told = kept["figures"]
    shares = tuple(_figure(one, told[one.code]) for one in PUBLISHED if one.code in told)
    time = _figure(HANDLING_TIME, told[HANDLING_TIME.code])
    return PublicFigures(kept["area"], kept["name"], kept["reported"], kept["closed"], shares, time)


def _figure(indicator: Indicator, told: dict[str, Any]) -> Figure:
    excluded = tuple((reason, number) for reason, number in told["excluded"])
    return Figure(in_lists(indicator), told["numerator"], told["denominator"], excluded, told["value"])
