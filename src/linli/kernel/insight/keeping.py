"""Keeping the standing figures: looking again at what has changed, and only at that."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import BooleanField, Count, ExpressionWrapper, FloatField, Min, Q, Value
from django.db.models.functions import Extract

from linli.kernel.areas.levels import WIDTHS
from linli.kernel.areas.tree import tree_number
from linli.kernel.clocks.models import Clock
from linli.kernel.clocks.revising import SHIFTED
from linli.kernel.insight.conditions import columns_of, names_of
from linli.kernel.insight.declaration import Grain, Indicator, Period
from linli.kernel.insight.facts import Facts, share, with_facts
from linli.kernel.insight.models import Sum, Tally, Watermark
from linli.kernel.insight.places import carried_on, today_code
from linli.kernel.insight.standing import (
    LOOKS,
    OPEN,
    STANDING,
    TURNS,
    Standing,
    local_day,
    of_day,
    of_group,
    of_window,
)
from linli.kernel.insight.turns import turns
from linli.kernel.journal.models import Entry
from linli.kernel.records.editions import edition
from linli.lib.time import now

FRESH = dt.timedelta(seconds=2)
"""Figures this young are shown as they are."""
OLDEST = dt.timedelta(seconds=5)
"""Older ones are never shown."""
MANY = 20_000
"""From so many changed records on everything is counted anew."""

BATCH = 2_000
"""Records looked at together."""

T = TypeVar("T")


def fresh(standing: Standing[Any]) -> bool:
    """Bring the figures up to date unless they are young. False where somebody else is still making them."""
    mark = Watermark.objects.filter(family=standing.family).first()
    at = now()
    if mark is not None and abs(at - mark.at) < FRESH and mark.rests_on == _rests_on(standing):
        return True
    return keep(standing)


def keep(standing: Standing[Any]) -> bool:
    """Follow the journal and the time up to now. False, and nothing done, where another process is at it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_try_advisory_xact_lock(hashtext(%s)),"
                " pg_snapshot_xmin(pg_current_snapshot())::text",
                [f"insight.{standing.family}"],
            )
            has_lock, settled = cursor.fetchone()
        if not has_lock:
            mark = Watermark.objects.filter(family=standing.family).first()
            return mark is not None and abs(now() - mark.at) < OLDEST
        at, rests_on = now(), _rests_on(standing)
        mark = Watermark.objects.filter(family=standing.family).first()
        changed = _changed(standing, mark, at) if mark is not None and mark.rests_on == rests_on else None
        if mark is None or changed is None or at < mark.at or local_day(at) != local_day(mark.at):
            made = secrets.token_hex(16)
            _count_anew(standing, at)
        else:
            made = mark.made
            _count_again(standing, at, changed)
        Watermark.objects.bulk_create(
            [Watermark(family=standing.family, settled=settled, at=at, rests_on=rests_on, made=made)],
            update_conflicts=True,
            unique_fields=["family"],
            update_fields=["settled", "at", "rests_on", "made"],
        )
    return True


def state_of(standing: Standing[Any], area: str) -> str:
    """What stays the same for as long as nothing has been looked at that lies in ``area``: figures and
    records are then what they were. Another after all was made anew, and on another day."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT made, (SELECT number FROM insight_sum s"
            " WHERE s.family = w.family AND s.area = %s AND s.name = %s)"
            " FROM insight_watermark w WHERE w.family = %s",
            [area, LOOKS, standing.family],
        )
        made, looks = cursor.fetchone() or ("", None)
    return f"{made} {looks or 0} {local_day(now())}"


def keep_all() -> None:
    for standing in STANDING.values():
        keep(standing)


def _rests_on(standing: Standing[Any]) -> str:
    """A digest of what changes figures though no record moves: the declaration, the tree, the calendar."""
    declared = [sorted(codes) for codes in standing.codes.values()], sorted(standing.groups)
    told = f"{declared} {tree_number()} {edition(SHIFTED)}"
    return hashlib.sha256(told.encode()).hexdigest()


def _changed(standing: Standing[Any], mark: Watermark, at: dt.datetime) -> list[int] | None:
    """Records that moved since the watermark, or whose time has come; None where they are too many.

    A transaction that is long under way holds the watermark back; what was looked at since is not again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.record_id FROM journal_entry e"
            " LEFT JOIN insight_tally t ON t.record_id = e.record_id AND t.district = e.district"
            " WHERE e.family = %s AND e.tx >= %s::xid8 AND (t.version IS NULL OR t.version < e.seq)"
            " UNION SELECT record_id FROM insight_tally WHERE family = %s AND next_at <= %s LIMIT %s",
            [standing.family, mark.settled, standing.family, at, MANY + 1],
        )
        found = [pk for (pk,) in cursor.fetchall()]
    return found if len(found) <= MANY else None


def _count_anew(standing: Standing[Any], at: dt.datetime) -> None:
    Tally.objects.filter(family=standing.family).delete()
    Sum.objects.filter(family=standing.family).delete()
    for some in batched(_candidates(standing, at), BATCH):
        _write(standing, {}, _look_at(standing, at, some))


def _count_again(standing: Standing[Any], at: dt.datetime, changed: Sequence[int]) -> None:
    for some in batched(changed, BATCH):
        held = Tally.objects.filter(pk__in=some)
        before = {tally.pk: tally for tally in held}
        held.delete()
        _write(standing, before, _look_at(standing, at, some))


def batched(some: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(some), size):
        yield some[start : start + size]


def _write(standing: Standing[Any], before: Mapping[int, Tally], looked: Looked) -> None:
    after = looked.tallies()
    Tally.objects.bulk_create(after.values())
    change: Counter[tuple[str, str]] = Counter()
    seen = {(pk, tally.area) for pk, tally in before.items()} | set(looked.areas().items())
    for _, place in seen:
        change.update((area, LOOKS) for area in _around(place))
    for tallies, sign in ((before, -1), (after, 1)):
        for tally in tallies.values():
            for area in _around(tally.area):
                for name, number in tally.adds.items():
                    change[area, name] += sign * number
    rows = sorted((area, name, number) for (area, name), number in change.items() if number)
    if not rows:
        return
    areas, names, numbers = zip(*rows, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO insight_sum (family, area, name, number)"
            " SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::bigint[])"
            " ON CONFLICT (family, area, name) DO UPDATE SET number = insight_sum.number + excluded.number",
            [standing.family, list(areas), list(names), list(numbers)],
        )


def _around(area: str) -> Iterator[str]:
    """Everywhere, and the areas from the city down to ``area``."""
    yield ""
    for width in WIDTHS.values():
        if width <= len(area):
            yield area[:width]


# Looking at records ----------------------------------------------------------------------------------------


def _candidates(standing: Standing[Any], at: dt.datetime) -> list[int]:
    """Records that are open or last, moved in the longest window, or have a clock that falls due since."""
    since = _last(standing.longest, at).start
    moved = Entry.objects.filter(family=standing.family, at__gte=since).values_list("record_id")
    timed = Clock.objects.filter(family=standing.family, due_at__gte=since).values_list("record_id")
    is_open = standing.flow.model._default_manager.exclude(state__in=standing.flow.final).values_list("pk")
    return [pk for (pk,) in moved.union(timed, is_open, *(lasting() for lasting in standing.lasting))]


def _last(days: int, at: dt.datetime) -> Period:
    return Period(local_day(at) - dt.timedelta(days=days - 1), local_day(at), at)


def _look_at(standing: Standing[Any], at: dt.datetime, ids: Sequence[int]) -> Looked:
    """What each of these records adds."""
    looked = Looked(standing, at, ids)
    for days in standing.windows:
        looked.at_records(days)
        looked.at_moves(days)
    looked.at_turns()
    looked.at_times()
    return looked


@dataclass
class Looked:
    """What was found of some records."""

    standing: Standing[Any]
    at: dt.datetime
    ids: Sequence[int]
    adds: defaultdict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    places: dict[int, tuple[str, str, int]] = field(default_factory=dict)
    """By record: its district, its area and its version."""
    middles: dict[int, float] = field(default_factory=dict)
    times: dict[int, dt.datetime] = field(default_factory=dict)

    def areas(self) -> dict[int, str]:
        """Where each record lies, as the tree stands today."""
        moved = carried_on()
        return {pk: today_code(area, moved) for pk, (_, area, _) in self.places.items()}

    def tallies(self) -> dict[int, Tally]:
        """By record; one that adds nothing is there too, else it would be looked at until no transaction is
        left that is older than its move."""
        areas = self.areas()
        return {
            pk: Tally(
                record_id=pk,
                family=self.standing.family,
                district=district,
                area=areas[pk],
                version=version,
                adds=dict(self.adds[pk]),
                middle=self.middles.get(pk),
                next_at=self.times.get(pk),
            )
            for pk, (district, _, version) in self.places.items()
        }

    def at_records(self, days: int) -> None:
        """Which conditions hold for which record, over a window."""
        standing, period = self.standing, _last(days, self.at)
        indicators = [one for one in standing.windows[days] if one.grain is Grain.RECORD]
        conditions = columns_of(indicators, period)
        is_longest = days == standing.longest
        told_apart = {group: list(names_of(found)) for group, found in standing.groups.items()}
        median = next((one for one in indicators if one.middle is not None), None)
        for row in self._rows(conditions, median):
            pk, mine = row["pk"], self.adds[row["pk"]]
            # the version as of the first look: what moves between two looks is half told, and looked at again
            self.places.setdefault(pk, (row["district"], row["area"], row["version"]))
            mine.update(of_window(days, name) for name in conditions if row[f"is_{name}"])
            if median is not None and row[f"is_{median.code}_counted"]:
                self.middles[pk] = row["seconds"]
            if not is_longest:
                continue
            if row["state"] not in standing.flow.final:
                mine[OPEN] += 1
            for group, names in told_apart.items():
                held = (of_window(days, name) for name in names if row[f"is_{name}"])
                mine.update(of_group(name, group, row[group]) for name in held)
            for one in standing.dated:
                if row[f"is_{one.code}_counted"]:
                    mine[of_day(one.code, local_day(row[one.instant]))] += 1

    def _rows(self, conditions: Mapping[str, Q], median: Indicator | None) -> Iterator[dict[str, Any]]:
        """Each record with its columns, and whether each condition holds for it; one query."""
        standing = self.standing
        facts = share(conditions.values()).items()
        shared = {name: Facts(name, one.rows.filter(record_id__in=self.ids)) for name, one in facts}
        columns: dict[str, Any] = {
            f"is_{name}": ExpressionWrapper(condition, BooleanField())
            for name, condition in conditions.items()
        }
        if median is not None and median.middle is not None:
            columns["seconds"] = Extract(median.middle, "epoch", output_field=FloatField())
        plain = ["pk", "district", "area", "version", "state", *standing.groups]
        plain += {one.instant for one in standing.dated}
        found = standing.flow.model._default_manager.filter(pk__in=self.ids).order_by()
        asked = found.values(*plain).annotate(**columns).values_list(*plain, *columns)
        sql, parameters = with_facts(shared, asked.query.sql_with_params())
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            for row in cursor:
                yield dict(zip((*plain, *columns), row, strict=True))

    def at_moves(self, days: int) -> None:
        """How often each record moved so, over a window."""
        period = _last(days, self.at)
        indicators = [one for one in self.standing.windows[days] if one.grain is Grain.MOVE]
        if not indicators:
            return
        conditions = columns_of(indicators, period)
        entries = Entry.objects.filter(
            period.within("at"), family=self.standing.family, record_id__in=self.ids
        )
        counts = {name: Count(Value(1), filter=condition) for name, condition in conditions.items()}
        told = entries.order_by().values("record_id").annotate(**counts)
        for pk, *numbers in told.values_list("record_id", *counts):
            named = zip(counts, numbers, strict=True)
            self.adds[pk].update({of_window(days, name): number for name, number in named if number})

    def at_turns(self) -> None:
        """On which days each record became open, or ended."""
        standing, since = self.standing, _last(self.standing.longest, self.at).start
        within = "SELECT unnest(%s::bigint[])", [list(self.ids)]
        for pk, day, net in turns(standing.family, standing.flow.final, since, within):
            if net:
                self.adds[pk][of_day(TURNS, day)] += net

    def at_times(self) -> None:
        """When time alone may next change what each record adds."""
        standing, at = self.standing, self.at
        clocks = Clock.objects.filter(family=standing.family, record_id__in=self.ids, due_at__gte=at)
        due = clocks.order_by().values("record_id").annotate(first=Min("due_at"))
        self.times.update(due.values_list("record_id", "first"))
        records = standing.flow.model._default_manager.filter(pk__in=self.ids)
        for column, shift in standing.moments:
            for pk, instant in records.filter(**{f"{column}__gte": at - shift}).values_list("pk", column):
                self.times[pk] = min(self.times.get(pk, instant + shift), instant + shift)
