"""Standing figures: those that are looked at all day, kept ready instead of counted anew at every look.

A family declares which indicators stand, over how many last days, and by which columns they are told
apart. For each record that counts in any of them ``keeping`` holds a *tally*, what it adds to which sum, and
for each area the *sums*. What has changed is told by the journal, from a watermark on, and by the tallies'
own next time; only those records are looked at again, by the very conditions that count live. So a standing
figure is the live one, as of some seconds ago, at a cost that does not grow with the years.

``figures`` and its like ask here first. An answer is given for the whole of an area only (whoever sees less
than everything in it is counted live), and never from before ``OLDEST``.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import QuerySet

from linli.kernel.areas.levels import Level
from linli.kernel.flow.declaration import Flow
from linli.kernel.insight.declaration import Grain, Indicator, Period
from linli.kernel.insight.models import Tally
from linli.kernel.records.models import Record
from linli.lib.time import LOCAL, today

R = TypeVar("R", bound=Record)

EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Standing(Generic[R]):
    """Which figures of a family stand."""

    flow: Flow[R]
    windows: Mapping[int, Sequence[Indicator]]
    """How many last days, today included: the indicators told over them."""
    groups: Mapping[str, Sequence[Indicator]]
    """Columns of the record: the indicators that are told apart by them, over the longest window."""
    dated: Sequence[Indicator]
    """Indicators told by day over the longest window."""
    moments: Sequence[tuple[str, dt.timedelta]]
    """Instants of the record, shifted, at which time alone changes what it counts for: column and shift."""
    lasting: Sequence[Callable[[], QuerySet[Any, Any]]] = ()
    """Ids of records that count for something though they may have ended before the longest window."""

    @property
    def family(self) -> str:
        return self.flow.family

    @cached_property
    def longest(self) -> int:
        return max(self.windows)

    @cached_property
    def codes(self) -> Mapping[int, frozenset[str]]:
        return {days: frozenset(one.code for one in found) for days, found in self.windows.items()}

    def window_of(self, period: Period) -> int | None:
        """How many last days ``period`` is, if that is a window."""
        days = (period.last - period.first).days + 1
        return days if period.last == today() and days in self.windows else None

    def holds(self, indicators: Iterable[Indicator], days: int) -> bool:
        return all(one.code in self.codes[days] for one in indicators)

    def holds_by(self, group: str, indicators: Iterable[Indicator]) -> bool:
        told = {one.code for one in self.groups.get(group, ())}
        return all(one.code in told for one in indicators)


STANDING: dict[str, Standing[Any]] = {}
"""By family."""


def stand(
    flow: Flow[R],
    *,
    windows: Mapping[int, Sequence[Indicator]],
    groups: Mapping[str, Sequence[Indicator]],
    dated: Sequence[Indicator],
    moments: Sequence[tuple[str, dt.timedelta]],
    lasting: Sequence[Callable[[], QuerySet[Any, Any]]] = (),
) -> None:
    """Declare the standing figures of a family. Those told apart or by day stand in the longest window."""
    declared = Standing(flow, windows, groups, dated, moments, lasting)
    known = declared.codes[declared.longest]
    for one in (*dated, *(each for found in groups.values() for each in found)):
        if one.code not in known or one.grain is not Grain.RECORD:
            raise ValueError(f"{one.code} is told apart or by day, but does not stand over records")
    STANDING[flow.family] = declared


# Names of sums ---------------------------------------------------------------------------------------------


def of_window(days: int, column: str) -> str:
    return f"{days}:{column}"


def of_group(name: str, group: str, value: object) -> str:
    return f"{name}|{group}={'' if value is None else value}"


def of_day(code: str, day: dt.date) -> str:
    return f"{code}@{(day - EPOCH).days}"


TURNS = "turns"
"""By day: records that became open less those that ended."""
OPEN = "open"
LOOKS = "looks"
"""How often records of an area were looked at: the same number, the same figures."""


# Reading ---------------------------------------------------------------------------------------------------


def sums(
    standing: Standing[Any], area: str, names: Iterable[str], *, level: Level | None = None
) -> Iterator[tuple[str, str, int]]:
    """``(area, name, number)`` of an area, or of its areas of a level; sums that are nothing are left out."""
    asked = [standing.family, list(names)]
    if level is None:
        return _read(f"area, name, {TODAY}", "name = ANY(%s) AND area = %s", [*asked, area])
    # digits only: what begins with an area's code sorts between it and it with a colon, the next character
    below = "name = ANY(%s) AND area >= %s AND area < %s AND length(area) = %s"
    return _read(f"area, name, {TODAY}", below, [*asked, area, f"{area}:", level.width])


TODAY = "CASE WHEN day < %s THEN number + ahead ELSE number END"
"""The number of a sum today: what was kept for another day holds with what was known to be added after it."""


def _read(columns: str, where: str, parameters: Sequence[Any]) -> Iterator[Any]:
    """All rows at once; as plain SQL, since a page asks a dozen times and each costs more to put together in
    Python than to answer."""
    day = today()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM insight_sum WHERE family = %s AND {where} AND {TODAY} <> 0",
            [day, *parameters, day],
        )
        return iter(cursor.fetchall())


def sums_by(
    standing: Standing[Any], area: str, group: str, names: Iterable[str]
) -> Iterator[tuple[int | None, str, int]]:
    """``(value, name, number)`` of an area's sums that are told apart by a column."""
    for wanted in names:
        for told, number in _beginning(standing, area, f"{wanted}|{group}="):
            yield int(told) if told else None, wanted, number


def _beginning(standing: Standing[Any], area: str, first: str) -> Iterator[tuple[str, int]]:
    """``(the rest of the name, number)`` of an area's sums whose names go on with digits."""
    where, asked = "area = %s AND name >= %s AND name < %s", [standing.family, area, first, f"{first}:"]
    for name, number in _read(f"name, {TODAY}", where, asked):
        yield name[len(first) :], number


# Medians ---------------------------------------------------------------------------------------------------

BUCKETS_DOWN_TO = Level.TOWNSHIP
"""Areas below have few enough records to look at all of them."""
PER_FOLD = 50
"""Buckets for each growth by the factor e: of 840,000 closed in a month the fullest has some thousands."""


def bucket_of(seconds: float) -> int:
    return int(math.log(max(seconds, 1.0)) * PER_FOLD)


def of_bucket(name: str, seconds: float) -> str:
    """The sum that counts how many values lie as near to each other as these seconds."""
    return f"{name}~{bucket_of(seconds)}"


def middle(standing: Standing[Any], area: str, name: str, days: int, count: int) -> float | None:
    """The median of the ``count`` seconds that are summed under ``name`` over a window of an area, as
    ``percentile_cont(0.5)`` gives it.

    Sums tell in which buckets the middle ones lie, so that only the values of these are looked at.
    """
    if not count:
        return None
    found = Tally.objects.filter(
        family=standing.family, middle__isnull=False, middle_until__gte=today(), area__startswith=area
    ).order_by("middle")
    if days != standing.longest:
        found = found.filter(day=today(), adds__has_key=of_window(days, name))
    first, last = (count - 1) // 2, count // 2
    if len(area) <= BUCKETS_DOWN_TO.width:
        buckets, before = _between(standing, area, of_window(days, name), first, last)
        found, first, last = found.filter(bucket__in=buckets), first - before, last - before
    values = [
        value for value in found.values_list("middle", flat=True)[first : last + 1] if value is not None
    ]
    return sum(values) / len(values) if values else None


def _between(standing: Standing[Any], area: str, name: str, first: int, last: int) -> tuple[list[int], int]:
    """The buckets of the ``first`` to the ``last`` value, and how many values lie in lower ones."""
    found, lower, passed = list[int](), 0, 0
    for bucket, number in sorted(
        (int(told), number) for told, number in _beginning(standing, area, f"{name}~")
    ):
        if passed + number <= first:
            lower += number
        elif passed <= last:
            found.append(bucket)
        passed += number
    return found, lower


def local_day(instant: dt.datetime) -> dt.date:
    return instant.astimezone(LOCAL).date()
