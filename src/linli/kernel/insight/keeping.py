"""Keeping the standing figures: looking again at what has changed, and only at that."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import connection, transaction
from django.db.models import Min

from linli.kernel.areas.levels import WIDTHS
from linli.kernel.areas.tree import tree_number
from linli.kernel.clocks.models import Clock
from linli.kernel.clocks.revising import SHIFTED
from linli.kernel.insight.compiled import Statement, statements
from linli.kernel.insight.conditions import names_of
from linli.kernel.insight.declaration import Grain, Period
from linli.kernel.insight.models import Sum, Tally, Watermark
from linli.kernel.insight.places import carried_on, today_code
from linli.kernel.insight.standing import (
    BUCKETS_DOWN_TO,
    LOOKS,
    OPEN,
    STANDING,
    TURNS,
    Standing,
    bucket_of,
    local_day,
    of_bucket,
    of_day,
    of_group,
    of_window,
)
from linli.kernel.insight.turns import turns
from linli.kernel.journal.models import Entry
from linli.kernel.records.editions import edition
from linli.lib.batches import batched
from linli.lib.time import LOCAL, now

FRESH = dt.timedelta(seconds=3)
"""Figures this young are shown as they are: the keeper looks every two seconds, so that nobody else must."""
OLDEST = dt.timedelta(seconds=5)
"""Older ones are never shown."""
MANY = 200_000
"""From so many changed records on everything is counted anew."""
AHEAD = 50
"""Records made ready for the next day at each look of the keeper: 100,000 of a large city in some 70 minutes.
A look with more of them would keep whoever waits for a page waiting."""

BATCH = 2_000
"""Records looked at together."""

GONE = range(3, 40)
"""Days by which sums of a day outlive the longest window, at most those of a month without any keeper."""
LAST = dt.date(9999, 12, 31)


def fresh(standing: Standing[Any]) -> bool:
    """Bring the figures up to date unless they are young. False where somebody else is still making them."""
    mark = Watermark.objects.filter(family=standing.family).first()
    at = now()
    if mark is not None and abs(at - mark.at) < FRESH and mark.rests_on == _rests_on(standing):
        return True
    return keep(standing)


def keep(standing: Standing[Any], *, ahead: int = 0) -> bool:
    """Follow the journal and the time up to now. False, and nothing done, where another process is at it.

    So many as ``ahead`` of the records that the next day will change are made ready for it: when it begins,
    all that it changes is known, and nothing has to be counted.
    """
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
        changed = None
        if mark is not None and mark.rests_on == rests_on and mark.at <= at:
            changed = _changed(standing, mark, at, ahead)
        if mark is None or changed is None:
            made = secrets.token_hex(16)
            _count_anew(standing, at)
        else:
            made = mark.made
            _count_again(standing, at, changed)
            if local_day(mark.at) != local_day(at):
                _forget_days(standing, local_day(at))
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
        keep(standing, ahead=AHEAD)


def _rests_on(standing: Standing[Any]) -> str:
    """A digest of what changes figures though no record moves: the declaration, the tree, the calendar."""
    declared = [sorted(codes) for codes in standing.codes.values()], sorted(standing.groups)
    told = f"{declared} {tree_number()} {edition(SHIFTED)}"
    return hashlib.sha256(told.encode()).hexdigest()


def _changed(standing: Standing[Any], mark: Watermark, at: dt.datetime, ahead: int) -> list[int] | None:
    """Records that moved since the watermark, or whose time or day has come or, of so many as ``ahead``, will
    come tomorrow; None where they are too many.

    A transaction that is long under way holds the watermark back; what was looked at since is not again.
    """
    family, day = standing.family, local_day(at)
    with connection.cursor() as cursor:
        # in order, so that the index serves best whatever the planner knows of the number, and apart from the
        # tallies: a plan that reads the whole journal, or all tallies, would do so every two seconds
        cursor.execute(
            "SELECT record_id, max(seq) FROM"
            " (SELECT record_id, seq, family FROM journal_entry WHERE tx >= %s::xid8 ORDER BY tx LIMIT %s) e"
            " WHERE family = %s GROUP BY record_id",
            [mark.settled, MANY + 1, family],
        )
        moved = dict(cursor.fetchall())
        cursor.execute(
            "SELECT record_id, version FROM insight_tally WHERE record_id = ANY(%s)", [list(moved)]
        )
        seen = dict(cursor.fetchall())
        cursor.execute(
            "SELECT record_id FROM insight_tally WHERE family = %s AND next_at <= %s"
            " UNION SELECT record_id FROM insight_tally WHERE family = %s AND turns_on <= %s"
            " UNION (SELECT record_id FROM insight_tally WHERE family = %s AND turns_on = %s LIMIT %s)"
            " LIMIT %s",
            [*(family, at), *(family, day), *(family, day + DAY, ahead), MANY + 1],
        )
        come = {pk for (pk,) in cursor.fetchall()}
    found = [*come, *(pk for pk, seq in moved.items() if seen.get(pk, 0) < seq and pk not in come)]
    return found if len(found) <= MANY and len(moved) <= MANY else None


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


def _forget_days(standing: Standing[Any], today: dt.date) -> None:
    """Throw away the sums of days that no window has held for a while: they are nothing."""
    gone = [today - (standing.longest + past) * DAY for past in range(GONE.start, GONE.stop)]
    told = (*(one.code for one in standing.dated), TURNS)
    names = [of_day(code, day) for code in told for day in gone]
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM insight_sum WHERE family = %s AND name = ANY(%s) AND number + ahead = 0",
            [standing.family, names],
        )


def _write(standing: Standing[Any], before: Mapping[int, Tally], looked: Looked) -> None:
    day = looked.day
    after = {pk: tally for pk, tally in looked.tallies().items() if _is_kept(tally, before.get(pk))}
    Tally.objects.bulk_create(after.values())
    change: Counter[tuple[str, str]] = Counter()
    later: Counter[tuple[str, str]] = Counter()
    for pk, place in looked.areas().items():
        for one in _seen_anew(before.get(pk), after.get(pk), place, day):
            change.update((area, LOOKS) for area in _around(one))
    for tallies, sign in ((before, -1), (after, 1)):
        for tally in tallies.values():
            adds = _on(tally, day)
            _add(change, tally.area, adds, sign)
            if tally.day == day and tally.then is not None:
                _add(later, tally.area, tally.then, sign)
                _add(later, tally.area, adds, -sign)
    rows = sorted((*key, change[key], later[key]) for key in {*change, *later} if change[key] or later[key])
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(ADD, [standing.family, day, *map(list, zip(*rows, strict=True))])


def _seen_anew(before: Tally | None, after: Tally | None, place: str, day: dt.date) -> set[str]:
    """Where something else is to be seen than before: where the record lies and where it lay, unless it has
    not moved and adds what it added; then it was only made ready for another day."""
    if before is None:
        return {place}
    if after is None:
        return {place} if _on(before, day) else set()
    same = before.version == after.version and _on(before, day) == after.adds
    return {before.area, place} if not same or before.area != place else set()


ADD = """
INSERT INTO insight_sum AS s (family, day, area, name, number, ahead)
SELECT %s, %s, * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[])
ON CONFLICT (family, area, name) DO UPDATE SET
    number = s.number + CASE WHEN s.day < excluded.day THEN s.ahead ELSE 0 END + excluded.number,
    ahead = CASE WHEN s.day < excluded.day THEN 0 ELSE s.ahead END + excluded.ahead,
    day = excluded.day
"""


def _is_kept(tally: Tally, before: Tally | None) -> bool:
    """One that adds nothing, now or later, is kept for as long as it may be new to a look: else it would be
    looked at until no transaction is left that is older than its move."""
    adds = tally.adds or tally.then or tally.next_at
    return bool(adds) or before is None or before.version != tally.version


def _on(tally: Tally, day: dt.date) -> Mapping[str, int]:
    """What a record adds on the day for which it was looked at, or on a later one before it turns."""
    adds: Mapping[str, int] = tally.adds if tally.day == day or tally.then is None else tally.then
    return adds


def _add(change: Counter[tuple[str, str]], place: str, adds: Mapping[str, int], sign: int) -> None:
    for area in _around(place):
        has_buckets = len(area) <= BUCKETS_DOWN_TO.width
        for name, number in adds.items():
            if has_buckets or "~" not in name:
                change[area, name] += sign * number


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
    looked.over_windows()
    looked.at_times()
    looked.at_days()
    if turning := [pk for pk, days in looked.turns.items() if looked.day + DAY in days]:
        looked.tomorrow = Looked(standing, _start_of(looked.day + DAY), turning)
        looked.tomorrow.over_windows()
    return looked


DAY = dt.timedelta(days=1)


def _start_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), LOCAL)


@dataclass
class Looked:
    """What was found of some records, as of one instant."""

    standing: Standing[Any]
    at: dt.datetime
    ids: Sequence[int]
    adds: defaultdict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    places: dict[int, tuple[str, str, int]] = field(default_factory=dict)
    """By record: its district, its area and its version."""
    middles: dict[int, float] = field(default_factory=dict)
    times: dict[int, dt.datetime] = field(default_factory=dict)
    turns: defaultdict[int, set[dt.date]] = field(default_factory=lambda: defaultdict(set))
    """By record: the days to come on which something leaves a window."""
    tomorrow: Looked | None = None
    """The same records as the next day will begin, of those that turn on it."""

    @property
    def day(self) -> dt.date:
        return local_day(self.at)

    def over_windows(self) -> None:
        """All but the times at which it will be otherwise."""
        for days in self.standing.windows:
            self.at_records(days)
            self.at_moves(days)
        self.at_turns()

    def areas(self) -> dict[int, str]:
        """Where each record lies, as the tree stands today."""
        moved = carried_on()
        return {pk: today_code(area, moved) for pk, (_, area, _) in self.places.items()}

    def tallies(self) -> dict[int, Tally]:
        """By record."""
        areas = self.areas()
        return {pk: self._tally(pk, areas[pk]) for pk in self.places}

    def _tally(self, pk: int, area: str) -> Tally:
        district, _, version = self.places[pk]
        adds, then, later = dict(self.adds[pk]), None, [one for one in self.turns[pk] if one > self.day + DAY]
        seconds, until = self.middles.get(pk), LAST
        if self.tomorrow is not None and self.day + DAY in self.turns[pk]:
            then = dict(self.tomorrow.adds[pk])
            until = LAST if pk in self.tomorrow.middles else self.day
        if not (adds if then is None else then) and pk not in self.times:
            later.append(self.day + 2 * DAY)  # to be found then, and thrown away
        return Tally(
            record_id=pk,
            family=self.standing.family,
            district=district,
            area=area,
            version=version,
            day=self.day,
            adds=adds,
            then=then,
            turns_on=min(later, default=None),
            middle=seconds,
            bucket=None if seconds is None else bucket_of(seconds),
            middle_until=None if seconds is None else until,
            next_at=self.times.get(pk),
        )

    def at_records(self, days: int) -> None:
        """Which conditions hold for which record, over a window."""
        standing = self.standing
        given = statements(standing, days, self._instants)
        median = given.median
        is_longest = days == standing.longest
        told_apart = {group: list(names_of(found)) for group, found in standing.groups.items()}
        for row in self._rows(given.records, days):
            pk, mine = row["pk"], self.adds[row["pk"]]
            # the version as of the first look: what moves between two looks is half told, and looked at again
            self.places.setdefault(pk, (row["district"], row["area"], row["version"]))
            mine.update(of_window(days, name) for name in given.conditions if row[f"is_{name}"])
            if median is not None and row[f"is_{median.code}_counted"]:
                mine[of_bucket(of_window(days, f"{median.code}_counted"), row["seconds"])] += 1
                if is_longest:
                    self.middles[pk] = row["seconds"]
            if not is_longest:
                continue
            for column in self._instants:
                self._turn(pk, row[column] and local_day(row[column]))
            if row["state"] not in standing.flow.final:
                mine[OPEN] += 1
            for group, names in told_apart.items():
                held = (of_window(days, name) for name in names if row[f"is_{name}"])
                mine.update(of_group(name, group, row[group]) for name in held)
            for one in standing.dated:
                if row[f"is_{one.code}_counted"]:
                    mine[of_day(one.code, local_day(row[one.instant]))] += 1

    def _rows(self, asked: Statement, days: int) -> Iterator[dict[str, Any]]:
        with connection.cursor() as cursor:
            cursor.execute(asked.sql, asked.of(_last(days, self.at), self.ids))
            for row in cursor:
                yield dict(zip(asked.columns, row, strict=True))

    def at_moves(self, days: int) -> None:
        """How often each record moved so, over a window."""
        asked = statements(self.standing, days, self._instants).moves
        if asked is None:
            return
        for row in self._rows(asked, days):
            pk = row.pop("record_id")
            self.adds[pk].update({of_window(days, name): number for name, number in row.items() if number})

    def at_turns(self) -> None:
        """On which days each record became open, or ended."""
        standing, since = self.standing, _last(self.standing.longest, self.at).start
        within = "SELECT unnest(%s::bigint[])", [list(self.ids)]
        for pk, day, net in turns(standing.family, standing.flow.final, since, within):
            if net:
                self.adds[pk][of_day(TURNS, day)] += net

    @cached_property
    def _instants(self) -> list[str]:
        """Columns that date a record."""
        told = self.standing.windows[self.standing.longest]
        return sorted({one.instant for one in told if one.grain is Grain.RECORD and one.instant})

    def at_days(self) -> None:
        """On which days something that happened to each record, or a clock that fell due, leaves a window.

        What is still to come is looked at when it has."""
        since = _last(self.standing.longest, self.at).start
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT record_id, (at AT TIME ZONE %s)::date FROM journal_entry"
                " WHERE record_id = ANY(%s) AND family = %s AND at >= %s"
                " UNION SELECT record_id, (due_at AT TIME ZONE %s)::date FROM clocks_clock"
                " WHERE record_id = ANY(%s) AND family = %s AND due_at >= %s AND due_at <= %s",
                [
                    *(str(LOCAL), list(self.ids), self.standing.family, since),
                    *(str(LOCAL), list(self.ids), self.standing.family, since, self.at),
                ],
            )
            for pk, day in cursor:
                self._turn(pk, day)

    def _turn(self, pk: int, day: dt.date | None) -> None:
        """Note when what happened on a day leaves each window."""
        if day is not None:
            left = (day + days * DAY for days in self.standing.windows)
            self.turns[pk].update(one for one in left if one > self.day)

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
