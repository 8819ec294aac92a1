"""An indicator's sides as named conditions: what is counted live, and what standing figures keep."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping

from django.db.models import Q

from linli.kernel.insight.declaration import Indicator, Period


class Side(enum.StrEnum):
    """The lists behind one figure."""

    COUNTED = "counted"
    AMONG = "among"
    MISSED = "missed"
    """in the denominator, not in the numerator"""
    EXCLUDED = "excluded"


def sides(indicator: Indicator, period: Period) -> Mapping[Side, Q]:
    """Which rows are on each side. ``EXCLUDED`` is what was left out for any of the reasons."""
    left_out = _any(exclusion.rows(period) for exclusion in indicator.exclusions)
    kept = ~left_out if left_out else Q()
    counted = indicator.counted.rows(period)
    looked_at = indicator.among.rows(period) if indicator.among else counted
    found = {Side.COUNTED: looked_at & counted & kept if indicator.among else counted & kept}
    if indicator.among:
        found |= {Side.AMONG: looked_at & kept, Side.MISSED: looked_at & kept & ~counted}
    if left_out:
        found |= {Side.EXCLUDED: looked_at & left_out}
    return found


def names_of(indicators: Iterable[Indicator]) -> Iterator[str]:
    """The columns of ``columns_of`` without the conditions, which cost more to make than figures to find.

    An indicator's code and ``counted``, ``among``, or ``excluded_0`` and so on by reason.
    """
    for one in indicators:
        yield f"{one.code}_counted"
        if one.among:
            yield f"{one.code}_among"
        for number in range(len(one.exclusions)):
            yield f"{one.code}_excluded_{number}"


def columns_of(indicators: Iterable[Indicator], period: Period) -> dict[str, Q]:
    """``{column: rows}`` of all numbers that the indicators' figures are made of, by ``names_of`` them."""
    conditions: dict[str, Q] = {}
    for one in indicators:
        found = sides(one, period)
        conditions[f"{one.code}_counted"] = found[Side.COUNTED]
        if Side.AMONG in found:
            conditions[f"{one.code}_among"] = found[Side.AMONG]
        for number, condition in enumerate(_told_apart(one, period)):
            conditions[f"{one.code}_excluded_{number}"] = condition
    return conditions


def looked_at(indicators: Iterable[Indicator], period: Period) -> list[Q]:
    """Conditions of which one holds for every row that an indicator counts, divides by or leaves out."""
    found: list[Q] = []
    for one in indicators:
        side = (one.among or one.counted).rows(period)
        found += [] if side in found else [side]
    return found


def _told_apart(indicator: Indicator, period: Period) -> list[Q]:
    """Each exclusion without what an earlier one has left out already, so that the numbers add up."""
    side = indicator.among or indicator.counted
    looked_at, earlier, apart = side.rows(period), Q(), []
    for exclusion in indicator.exclusions:
        condition = exclusion.rows(period)
        apart.append(looked_at & condition & ~earlier if earlier else looked_at & condition)
        earlier |= condition
    return apart


def _any(conditions: Iterable[Q]) -> Q:
    joined = Q()
    for one in conditions:
        joined |= one
    return joined
