"""Computing figures, and listing what they counted."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Aggregate, CharField, Count, Expression, F, FloatField, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Extract

from linli.kernel.insight.declaration import Grain, Indicator, Period
from linli.kernel.insight.facts import share, with_facts
from linli.kernel.insight.ground import Ground
from linli.kernel.insight.stock import open_per_day
from linli.kernel.records.models import Record

R = TypeVar("R", bound=Record)

ROW = Value(1)
SECONDS_PER_HOUR = 3600.0
WHOLE = ""
"""The key of the one group where figures are not told apart."""


class Side(enum.StrEnum):
    """The lists behind one figure."""

    COUNTED = "counted"
    AMONG = "among"
    MISSED = "missed"
    """in the denominator, not in the numerator"""
    EXCLUDED = "excluded"


@dataclass(frozen=True)
class Figure:
    """An indicator's figure for one group.

    ``value`` is the count, a share from 0 to 1, hours, or None where the sample is smaller than the
    indicator asks for (with an empty denominator always).
    """

    indicator: Indicator
    numerator: int
    denominator: int | None
    excluded: tuple[tuple[str, int], ...]
    value: float | None

    @property
    def excluded_count(self) -> int:
        return sum(number for _, number in self.excluded)


class _Median(Aggregate):
    """``percentile_cont(0.5)``: the middle of the values, between the two middle ones where they are even."""

    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()
    arity = 1


def figures(
    on: Ground[R],
    indicators: Iterable[Indicator],
    period: Period,
    *,
    by: str | Combinable | None = None,
) -> dict[Any, dict[str, Figure]]:
    """``{group: {indicator's code: its figure}}``; one query per grain, whatever the number of groups.

    ``by`` is a column or expression of the grain's rows; without it there is the one group ``WHOLE``. A
    group without rows is absent. Every group has all indicators of the grains it occurs in. Figures of the
    grain of days are told for the whole only.
    """
    indicators = list(indicators)
    made: dict[Any, dict[str, Figure]] = {}
    for grain in (Grain.RECORD, Grain.MOVE):
        wanted = [one for one in indicators if one.grain is grain]
        if wanted:
            for key, row in _count(on.rows_of(wanted[0], period), wanted, period, by):
                made.setdefault(key, {}).update({one.code: _figure(one, row) for one in wanted})
    daily = [one for one in indicators if one.grain is Grain.DAY]
    if daily and by is None:
        open_days = sum(open_per_day(on, period).values())
        days = len(period.dates)
        made.setdefault(WHOLE, {}).update(
            {one.code: Figure(one, open_days, days, (), open_days / days) for one in daily}
        )
    return made


def nothing(indicator: Indicator) -> Figure:
    """The figure of a group in which there are no rows at all."""
    return _figure(indicator, {})


def listed(on: Ground[R], indicator: Indicator, period: Period, side: Side) -> QuerySet[Any]:
    """The rows behind one side of a figure: records, or entries at the grain of moves; unordered.

    ``EXCLUDED`` lists what was left out for any of the reasons.
    """
    condition = _sides(indicator, period).get(side)
    found = on.rows_of(indicator, period)
    return found.none() if condition is None else found.filter(condition)


def _sides(indicator: Indicator, period: Period) -> Mapping[Side, Q]:
    left_out = _any(exclusion.rows(period) for exclusion in indicator.exclusions)
    kept = ~left_out if left_out else Q()
    counted = indicator.counted.rows(period)
    looked_at = indicator.among.rows(period) if indicator.among else counted
    sides = {Side.COUNTED: looked_at & counted & kept if indicator.among else counted & kept}
    if indicator.among:
        sides |= {Side.AMONG: looked_at & kept, Side.MISSED: looked_at & kept & ~counted}
    if left_out:
        sides |= {Side.EXCLUDED: looked_at & left_out}
    return sides


def _any(conditions: Iterable[Q]) -> Q:
    joined = Q()
    for one in conditions:
        joined |= one
    return joined


def _count(
    found: QuerySet[Any], indicators: Sequence[Indicator], period: Period, by: str | Combinable | None
) -> list[tuple[Any, dict[str, Any]]]:
    conditions: dict[str, Q] = {}
    middles: dict[str, Expression | F] = {}
    for one in indicators:
        sides = _sides(one, period)
        conditions[f"{one.code}_counted"] = sides[Side.COUNTED]
        if Side.AMONG in sides:
            conditions[f"{one.code}_among"] = sides[Side.AMONG]
        for number, condition in enumerate(_told_apart(one, period)):
            conditions[f"{one.code}_excluded_{number}"] = condition
        if one.middle is not None:
            middles[f"{one.code}_middle"] = one.middle
            conditions[f"{one.code}_middle"] = sides[Side.COUNTED]
    shared = share(conditions.values())
    columns: dict[str, Aggregate] = {
        name: _Median(Extract(middles[name], "epoch"), filter=condition)
        if name in middles
        else Count(ROW, filter=condition)
        for name, condition in conditions.items()
    }
    key = Value(WHOLE, CharField()) if by is None else F(by) if isinstance(by, str) else by
    grouped = found.order_by().values(group=key).annotate(**columns)
    try:
        compiled = grouped.query.sql_with_params()
    except EmptyResultSet:  # the viewer may see nothing, so that there is nothing to ask
        return [(WHOLE, {})] if by is None else []
    sql, parameters = with_facts(shared, compiled)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows = cursor.fetchall()
    return [(row[0], dict(zip(columns, row[1:], strict=True))) for row in rows]


def _told_apart(indicator: Indicator, period: Period) -> list[Q]:
    """Each exclusion without what an earlier one has left out already, so that the numbers add up."""
    side = indicator.among or indicator.counted
    looked_at, earlier, apart = side.rows(period), Q(), []
    for exclusion in indicator.exclusions:
        condition = exclusion.rows(period)
        apart.append(looked_at & condition & ~earlier if earlier else looked_at & condition)
        earlier |= condition
    return apart


def _figure(indicator: Indicator, row: Mapping[str, Any]) -> Figure:
    code = indicator.code
    counted = row.get(f"{code}_counted", 0)
    among = row.get(f"{code}_among", 0) if indicator.among else None
    excluded = tuple(
        (exclusion.reason, row.get(f"{code}_excluded_{number}", 0))
        for number, exclusion in enumerate(indicator.exclusions)
    )
    value: float | None
    if indicator.middle is not None:
        middle = row.get(f"{code}_middle")
        value = middle / SECONDS_PER_HOUR if middle is not None and counted >= indicator.min_sample else None
    elif among is not None:
        value = counted / among if among >= max(indicator.min_sample, 1) else None
    else:
        value = float(counted)
    return Figure(indicator, counted, among, excluded, value)
