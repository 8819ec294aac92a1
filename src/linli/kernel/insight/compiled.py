"""The statements that look at records, put together once.

To make some sixty conditions and compile them takes Python forty milliseconds, whether one record is looked
at or two thousand, and what has moved is looked at every two seconds, over each window. Only the records and
the period are others each time. So a statement is compiled for a period that there never was, and the
instants that follow from it are moved to where they belong when it is asked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, FloatField, Value
from django.db.models.functions import Extract

from linli.kernel.insight.conditions import columns_of
from linli.kernel.insight.declaration import Grain, Indicator, Period
from linli.kernel.insight.facts import Facts, share, with_facts
from linli.kernel.insight.standing import Standing
from linli.kernel.journal.models import Entry

NEVER = Period(dt.date(1960, 1, 1), dt.date(2160, 1, 1), dt.datetime(2060, 1, 1, 1, 2, 3, 4, dt.UTC))
NEAR = dt.timedelta(days=366 * 40)
"""What is nearer than this to an instant of the period follows from it."""
THESE = [-1]
"""In the place of the records."""


@dataclass(frozen=True)
class Statement:
    """A statement for any period and any records, and what its columns are called."""

    sql: str
    parameters: Sequence[Any]
    columns: Sequence[str]

    def of(self, period: Period, ids: Sequence[int]) -> list[Any]:
        """Its parameters."""
        return [list(ids) if one == THESE else _moved(one, period) for one in self.parameters]


def _moved(one: Any, period: Period) -> Any:
    if isinstance(one, dt.datetime):
        for never, real in ((NEVER.start, period.start), (NEVER.at, period.at), (NEVER.end, period.end)):
            if abs(one - never) < NEAR:
                return real + (one - never)
    elif isinstance(one, dt.date):
        for day, real_day in ((NEVER.first, period.first), (NEVER.last, period.last)):
            if abs(one - day) < NEAR:
                return real_day + (one - day)
    return one


@dataclass(frozen=True)
class Statements:
    """Those of one family over one window."""

    standing: Standing[Any]
    conditions: Sequence[str]
    """Columns of ``records`` that are conditions, without their ``is_``."""
    median: Indicator | None
    records: Statement
    moves: Statement | None


_made: dict[tuple[str, int], Statements] = {}


def statements(standing: Standing[Any], days: int, instants: Sequence[str]) -> Statements:
    """The statements over a window, made at the first call."""
    found = _made.get((standing.family, days))
    if found is None or found.standing is not standing:
        found = _made[standing.family, days] = _make(standing, days, instants)
    return found


def _make(standing: Standing[Any], days: int, instants: Sequence[str]) -> Statements:
    indicators = [one for one in standing.windows[days] if one.grain is Grain.RECORD]
    conditions = columns_of(indicators, NEVER)
    median = next((one for one in indicators if one.middle is not None), None)
    return Statements(
        standing,
        list(conditions),
        median,
        _records(standing, conditions, median, instants),
        _moves(standing, days),
    )


def _records(
    standing: Standing[Any], conditions: Mapping[str, Any], median: Indicator | None, instants: Sequence[str]
) -> Statement:
    """Each record with its columns, and whether each condition holds for it; one query."""
    model = standing.flow.model
    shared = {
        name: Facts(name, one.rows.extra(where=["record_id = ANY(%s::bigint[])"], params=[THESE]))
        for name, one in share(conditions.values()).items()
    }
    columns: dict[str, Any] = {
        f"is_{name}": ExpressionWrapper(condition, BooleanField()) for name, condition in conditions.items()
    }
    if median is not None and median.middle is not None:
        columns["seconds"] = Extract(median.middle, "epoch", output_field=FloatField())
    plain = ["pk", "district", "area", "version", "state", *standing.groups, *instants]
    these = f'"{model._meta.db_table}"."id" = ANY(%s::bigint[])'
    found = model._default_manager.extra(where=[these], params=[THESE]).order_by()
    asked = found.values(*plain).annotate(**columns).values_list(*plain, *columns)
    sql, parameters = with_facts(shared, asked.query.sql_with_params())
    return Statement(sql, parameters, [*plain, *columns])


def _moves(standing: Standing[Any], days: int) -> Statement | None:
    """How often each record moved so; one query."""
    indicators = [one for one in standing.windows[days] if one.grain is Grain.MOVE]
    if not indicators:
        return None
    conditions = columns_of(indicators, NEVER)
    counts = {name: Count(Value(1), filter=condition) for name, condition in conditions.items()}
    entries = Entry.objects.filter(NEVER.within("at"), family=standing.family)
    told = entries.extra(where=["record_id = ANY(%s::bigint[])"], params=[THESE]).order_by()
    asked = told.values("record_id").annotate(**counts).values_list("record_id", *counts)
    sql, parameters = asked.query.sql_with_params()
    return Statement(sql, parameters, ["record_id", *counts])
