"""Computing figures, and listing what they counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Aggregate, CharField, Count, F, FloatField, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Extract

from linli.kernel.areas.levels import Level
from linli.kernel.insight import standing
from linli.kernel.insight.conditions import Side, columns_of, looked_at, names_of, sides
from linli.kernel.insight.declaration import Grain, Indicator, Period
from linli.kernel.insight.facts import share, with_facts
from linli.kernel.insight.ground import Ground
from linli.kernel.insight.places import by_level
from linli.kernel.insight.stock import open_per_day
from linli.kernel.records.models import Record

R = TypeVar("R", bound=Record)

ROW = Value(1)
SECONDS_PER_HOUR = 3600.0
WHOLE = ""
"""The key of the one group where figures are not told apart."""


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
    by: str | Level | None = None,
) -> dict[Any, dict[str, Figure]]:
    """``{group: {indicator's code: its figure}}``; one query per grain, whatever the number of groups.

    ``by`` is a column of the grain's rows, or a level of areas as the tree stands today; without it there is
    the one group ``WHOLE``. A group without rows is absent. Every group has all indicators of the grains it
    occurs in. Figures of the grain of days are told for the whole only.
    """
    indicators = list(indicators)
    kept = _standing(on, indicators, period, by)
    return kept if kept is not None else counted(on, indicators, period, by=by)


def _standing(
    on: Ground[R], indicators: Sequence[Indicator], period: Period, by: str | Level | None
) -> dict[Any, dict[str, Figure]] | None:
    """The figures from what is kept ready, or None where they do not stand."""
    found = on.standing(period)
    if found is None:
        return None
    kept, area, days = found
    if not kept.holds(indicators, days):
        return None
    if isinstance(by, Level) and not len(area) <= by.width <= Level.GRID.width:
        return None  # above the area; or micro-grids, which most records know nothing of
    is_column = by is not None and not isinstance(by, Level)
    if is_column and (days != kept.longest or not kept.holds_by(str(by), indicators)):
        return None
    if by is not None and any(one.grain is not Grain.RECORD or one.middle is not None for one in indicators):
        return None
    names = {standing.of_window(days, name): name for name in names_of(indicators)}
    rows: dict[Any, dict[str, Any]] = {} if by is not None else {WHOLE: {}}
    told: Iterable[tuple[Any, str, int]]
    if isinstance(by, Level):
        told = standing.sums(kept, area, names, level=by)
    elif by is None:
        told = ((WHOLE, name, number) for _, name, number in standing.sums(kept, area, names))
    else:
        told = standing.sums_by(kept, area, by, names)
    for group, name, number in told:
        rows.setdefault(group, {})[names[name]] = number
    for one in indicators:
        if one.middle is not None:
            name = f"{one.code}_counted"
            counted = rows[WHOLE].get(name, 0)
            rows[WHOLE][f"{one.code}_middle"] = standing.middle(kept, area, name, days, counted)
    made = {group: {one.code: _figure(one, row) for one in indicators} for group, row in rows.items()}
    for one in indicators:
        if one.grain is Grain.DAY:
            made[WHOLE][one.code] = _mean_of_days(on, one, period)
    return made


def counted(
    on: Ground[R], indicators: Sequence[Indicator], period: Period, *, by: str | Level | None = None
) -> dict[Any, dict[str, Figure]]:
    """``figures``, counted now whatever stands."""
    key = by_level(by) if isinstance(by, Level) else by
    made: dict[Any, dict[str, Figure]] = {}
    for grain in (Grain.RECORD, Grain.MOVE):
        wanted = [one for one in indicators if one.grain is grain]
        if wanted:
            found = on.rows_of(wanted[0], period)
            is_cut = grain is Grain.RECORD and on.whole is not None
            for group, row in _count(found, wanted, period, key, is_cut=is_cut):
                made.setdefault(group, {}).update({one.code: _figure(one, row) for one in wanted})
    if by is None:
        for one in indicators:
            if one.grain is Grain.DAY:
                made.setdefault(WHOLE, {})[one.code] = _mean_of_days(on, one, period)
    return made


def _mean_of_days(on: Ground[R], indicator: Indicator, period: Period) -> Figure:
    open_days, days = sum(open_per_day(on, period).values()), len(period.dates)
    return Figure(indicator, open_days, days, (), open_days / days)


def nothing(indicator: Indicator) -> Figure:
    """The figure of a group in which there are no rows at all."""
    return _figure(indicator, {})


def listed(on: Ground[R], indicator: Indicator, period: Period, side: Side) -> QuerySet[Any]:
    """The rows behind one side of a figure: records, or entries at the grain of moves; unordered.

    ``EXCLUDED`` lists what was left out for any of the reasons.
    """
    condition = sides(indicator, period).get(side)
    found = on.rows_of(indicator, period)
    return found.none() if condition is None else found.filter(condition)


def _count(
    found: QuerySet[Any],
    indicators: Sequence[Indicator],
    period: Period,
    by: str | Combinable | None,
    *,
    is_cut: bool,
) -> list[tuple[Any, dict[str, Any]]]:
    """The numbers of each group.

    ``is_cut``: only what the indicators look at is gone through, as the indexes find it, and not all rows
    there are. (Where somebody sees a few rows only, more would be found than they are.)
    """
    conditions = columns_of(indicators, period)
    parts = looked_at(indicators, period) if is_cut else []
    middles = {f"{one.code}_middle": one.middle for one in indicators if one.middle is not None}
    for one in indicators:
        if one.middle is not None:
            conditions[f"{one.code}_middle"] = conditions[f"{one.code}_counted"]
    shared = share([*conditions.values(), *parts])
    if parts:
        first, *others = [found.order_by().filter(part).values("pk") for part in parts]
        found = found.filter(pk__in=first.union(*others) if others else first)
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
