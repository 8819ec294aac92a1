"""A city with very many cases, by COPY: lives lived once through the real flow, at other places and times.

    generate(base, draft, cases=1_000_000, seed=9901)

How a city grows here. ``PER_GRID`` new cases a day in every grid, from the first day of the oldest year whose
official calendar is known until now; a city whose cases do not fit into that time has more grids instead.
What is open is therefore what some weeks of a real city leave open, at every size; the rest is history.

* The last ``RECENT`` days are as they were lived, at other places of the same neighbourhoods.
* Before them a life may have happened in any week of about the same season in which every day that it
  touches was a working day or a day off as where it was lived: so every due time, every outcome and every
  explanation of a deadline is what the platform itself would have said.
* Every case has its own ids, number, tracking digest, house numbers, pin, and a chain of its own.

The work is cut into blocks by time, each written in one transaction together with its mark; whoever is
killed goes on with the blocks that are missing.
"""

from __future__ import annotations

import datetime as dt
import os
import pickle
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import psycopg
import shapely
from django.conf import settings
from django.db import connection

from bench.lives import (
    FIRST_ID,
    HOUSE,
    NUMBER,
    TITLE,
    WORDS,
    Library,
    Life,
    Spots,
    Template,
    record,
    sample,
)
from linli.config.demo.making import STEPS, Making
from linli.config.demo.rhythm import JITTER_DEGREES
from linli.config.demo.year import seal_days
from linli.config.migrations import migrate
from linli.domains.cases.models import Report
from linli.domains.cases.texts import TITLE_LENGTH, title_of
from linli.kernel.clocks.queries import calendars
from linli.kernel.journal import partitions
from linli.kernel.records.ids import forget_blocks
from linli.lib.bigrams import vector
from linli.lib.numbers import number_of
from linli.lib.time import LOCAL

if TYPE_CHECKING:
    from bench.ground import Ground

PER_GRID = 2.4
"""New cases a day in a grid. A grid has some 1,000 people (china.md: 300 to 500 households), so that this is
2,400 a day for a million; no counted source was found, residents' hotlines of large cities alone take in
1,000 to 3,000."""
RECENT = 35
"""Days before now of which everything is as it was lived."""
LIVES = 10_000
"""Lives recorded of the last days, and as many of the year before."""
PLACES = 4
"""At how many places a life is kept."""
SEASON = 6
"""A life moves to another year within so many weeks of its own."""
BLOCK = 10_000
FIRST = 1000
"""Where the sequences of ids begin."""
DAY = 86_400
REACH = 800
"""Days before the first and after the last of which something may be told."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Wanted:
    """What is to be made. ``scale`` 1 has 400 grids."""

    cases: int
    seed: int
    until: dt.datetime
    since: dt.date
    """Nothing is older."""
    smallest: float = 1.0
    """Scale of the smallest city."""

    @cached_property
    def scale(self) -> float:
        return max(self.smallest, self.cases / (self._longest * PER_GRID * 400))

    @property
    def per_day(self) -> float:
        return PER_GRID * 400 * self.scale

    @property
    def days(self) -> float:
        """How long the city has worked with the platform."""
        return self.cases / self.per_day

    @property
    def _longest(self) -> float:
        return (self.until.date() - self.since).days - 1


@dataclass
class Plan:
    """Which life is lived when: arrays in order of time, one element a case."""

    life: npt.NDArray[np.int32]
    place: npt.NDArray[np.int32]
    shift: npt.NDArray[np.int16]
    """Days by which the life is moved."""
    first_id: Ints
    """The first of the case's record ids."""
    last_id: int

    def __len__(self) -> int:
        return len(self.life)


# What happens when --------------------------------------------------------------------------------------------


def draw(library: Library, wanted: Wanted) -> Plan:
    """Spread lives over the time that the city has. The same arguments give the same plan."""
    rng = np.random.default_rng([wanted.seed, 11])
    lives = library.lives
    weight = np.array([life.weight for life in lives])
    opened = np.array([life.opened for life in lives])
    is_open = np.array([life.is_open for life in lives])
    end = int(wanted.until.timestamp())
    turn = end - RECENT * DAY
    begins = end - wanted.days * DAY
    copies = wanted.per_day / library.density
    still = np.flatnonzero((opened >= max(turn, begins)) | (is_open & (opened >= begins)))
    expected = weight[still] * copies
    count = wanted.cases if begins >= turn else min(wanted.cases, round(expected.sum()))
    now = _systematic(rng, still, expected, count)
    earlier = np.flatnonzero((opened < turn) & ~is_open)
    left = wanted.cases - len(now)
    life, shift = _history(rng, library, earlier, weight, wanted, left, turn, begins)
    life, shift = np.concatenate([now, life]), np.concatenate([np.zeros(len(now), np.int64), shift])
    order = np.argsort(opened[life] + shift * DAY, kind="stable")
    life, shift = life[order], shift[order]
    needed = np.array([one.record_ids for one in lives])[life]
    first_id = FIRST + np.concatenate([[0], np.cumsum(needed)[:-1]])
    return Plan(
        life.astype(np.int32), _spread(rng, library, life), shift.astype(np.int16), first_id, int(first_id[-1] + needed[-1])
    )


def _spread(rng: np.random.Generator, library: Library, life: Ints) -> npt.NDArray[np.int32]:
    """For every case one of the places where its life could have happened."""
    alike = [library.spots.alike[one.place] for one in library.lives]
    begins = np.concatenate([[0], np.cumsum([len(places) for places in alike])[:-1]])
    many = np.array([len(places) for places in alike])
    every = np.array([place for places in alike for place in places])
    return every[begins[life] + (rng.random(len(life)) * many[life]).astype(int)].astype(np.int32)


def _systematic(rng: np.random.Generator, pool: Ints, expected: Floats, count: int) -> Ints:
    """``count`` elements of ``pool``, each in proportion to what is expected of it."""
    points = (rng.random() + np.arange(count)) * expected.sum() / count
    return pool[np.minimum(np.searchsorted(np.cumsum(expected), points), len(pool) - 1)]


def _history(
    rng: np.random.Generator,
    library: Library,
    pool: Ints,
    weight: Floats,
    wanted: Wanted,
    count: int,
    turn: int,
    begins: float,
) -> tuple[Ints, Ints]:
    """``count`` lives before ``turn`` with the days by which each is moved."""
    if count <= 0 or not len(pool):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    lives = library.lives
    opened = np.array([lives[i].opened for i in pool])
    first = np.array([lives[i].first_day for i in pool])
    last = np.array([lives[i].last_day for i in pool])
    moved = np.array([lives[i].last_move for i in pool])
    week = (turn - 1 - opened) // (7 * DAY)
    chance = weight[pool]
    weeks = max(1, int(np.ceil((turn - begins) / (7 * DAY))))
    calendar = Calendar(wanted)
    volume = np.bincount(week, chance, minlength=52)
    volume = np.where(volume > 0, volume, volume[volume > 0].mean())
    shares = volume[np.arange(weeks) % 52]
    shares[-1] *= ((turn - begins) / (7 * DAY)) % 1 or 1
    numbers = rng.multinomial(count, shares / shares.sum())
    found: list[Ints] = []
    shifts: list[Ints] = []
    owed = 0
    for target in range(weeks - 1, -1, -1):
        number = numbers[target] + owed
        apart = np.abs((week - target + 26) % 52 - 26)
        shift = (week - target) * 7
        fits = (opened + shift * DAY >= begins) & (moved + shift * DAY < turn + RECENT * DAY)
        fits &= calendar.alike(first - 1, last + 1, shift)
        near = fits & (apart <= SEASON)
        allowed = np.flatnonzero(near if near.sum() >= 20 else fits)
        owed = 0 if len(allowed) else number  # no such week was lived: its cases come a week later
        if owed:
            continue
        drawn = rng.choice(allowed, number, p=chance[allowed] / chance[allowed].sum())
        found.append(pool[drawn])
        shifts.append(shift[drawn])
    return np.concatenate(found), np.concatenate(shifts)


class Calendar:
    """Which days are alike: working days, days off, and those on which that is not yet official."""

    def __init__(self, wanted: Wanted) -> None:
        office = calendars().of("office")
        self._start = wanted.since.toordinal() - REACH
        days = range(self._start, wanted.until.toordinal() + REACH)
        kinds = [
            office.is_workday(day) + 2 * office.is_provisional(day) for day in map(dt.date.fromordinal, days)
        ]
        self._kind = np.array(kinds)

    def alike(self, first: Ints, last: Ints, shift: Ints) -> npt.NDArray[np.bool_]:
        """Whether all days from ``first`` to ``last`` are what they are ``shift`` days later."""
        alike = np.zeros(len(first), dtype=bool)
        for days in np.unique(shift):
            mine = np.flatnonzero(shift == days)
            low, high = first[mine] - self._start, last[mine] - self._start
            inside = (low + days >= 0) & (high + days < len(self._kind)) & (high < len(self._kind))
            other = np.roll(self._kind, -days)
            differ = np.concatenate([[0], np.cumsum(self._kind != other)])
            alike[mine[inside]] = differ[high[inside] + 1] == differ[low[inside]]
        return alike


# Filling templates ------------------------------------------------------------------------------------------


class Filling:
    """Makes the lines of blocks of cases."""

    def __init__(self, library: Library, plan: Plan, wanted: Wanted) -> None:
        self._library, self._plan, self._seed = library, plan, wanted.seed
        self._ready: list[Ready | None] = [None] * len(library.lives)
        self._days = Days(wanted)
        spots = library.spots
        self._spots = [
            [text.encode() for text in spot]
            for spot in zip(spots.name, spots.road, spots.area, map(str, spots.worker), strict=True)
        ]
        shapely.prepare(spots.polygons)

    def block(self, number: int) -> dict[str, bytes]:
        """Lines by table of the cases of a block."""
        plan, lives, ready = self._plan, self._library.lives, self._ready
        span = slice(number * BLOCK, min(len(plan), (number + 1) * BLOCK))
        ids = np.arange(span.start, span.stop) + FIRST
        rng = np.random.default_rng([self._seed, 12, number])
        life, place, shift = plan.life[span].tolist(), plan.place[span].tolist(), plan.shift[span].tolist()
        opened = [lives[one].opened + moved * DAY for one, moved in zip(life, shift, strict=True)]
        numbers = numbers_of(opened, ids)
        pins = self._pins(rng, plan.place[span])
        rolls = rng.random((len(ids), 8)).tolist()
        lines: dict[str, list[bytes]] = {table: [] for table in self._library.columns}
        for i, case in enumerate(ids.tolist()):
            one = ready[life[i]] or self._make(life[i])
            head = [b"", b"%d" % case, numbers[i], *self._spots[place[i]]]
            found = one.fill(head, place[i], plan_first(plan, span.start + i), shift[i], rolls[i], pins[i])
            for table, text in found:
                lines[table].append(text)
        return {table: b"".join(found) for table, found in lines.items()}

    def _make(self, index: int) -> Ready:
        made = self._ready[index] = Ready(self._library.lives[index], self._library.spots, self._days)
        return made

    def _pins(self, rng: np.random.Generator, place: npt.NDArray[np.int32]) -> list[tuple[float, float]]:
        """A pin near every place, in the same grid."""
        spots = self._library.spots
        pins = np.stack([spots.lng[place], spots.lat[place]], axis=1)
        moved = np.round(pins + rng.normal(0, JITTER_DEGREES, pins.shape), 7)
        inside = shapely.contains_xy(spots.polygons[spots.grid[place]], moved[:, 0], moved[:, 1])
        return [(lng, lat) for lng, lat in np.where(inside[:, None], moved, pins).tolist()]


class Days:
    """Every day as it is written, by its ordinal."""

    def __init__(self, wanted: Wanted) -> None:
        self.start = wanted.since.toordinal() - REACH
        days = list(map(dt.date.fromordinal, range(self.start, wanted.until.toordinal() + REACH)))
        self.written = {
            "iso": [day.isoformat().encode() for day in days],
            "cn": [f"{day.year}年{day.month}月{day.day}日".encode() for day in days],
            "compact": [f"{day:%Y%m%d}".encode() for day in days],
        }


Filler = Callable[[Sequence[bytes]], bytes]


class Ready:
    """A life ready to be filled again and again."""

    __slots__ = (
        *("_days", "_entries", "_houses", "_ids", "_life", "_pins"),
        *("_remarks", "_rows", "_said", "_spots", "_tokens"),
    )

    def __init__(self, life: Life, spots: Spots, days: Days) -> None:
        self._life, self._spots = life, spots
        self._ids = range(life.record_ids)
        self._days = [(days.written[way], ordinal - days.start) for way, ordinal in life.days]
        self._houses = [HOUSES[len(number)] for number in life.houses]
        self._pins = [(axis == "lat", apart) for axis, apart in life.pins]
        self._tokens = [place - FIRST_ID for place in life.tokens]
        self._remarks = [(head, text.filler()) for head, text in life.remarks]
        self._entries = [content.filler() for content in life.entries]
        self._rows = [(table, rows.filler()) for table, rows in life.rows.items()]
        self._said: dict[int, tuple[Filler, Filler]] = {}

    def fill(
        self,
        head: list[bytes],
        place: int,
        first: int,
        shift: int,
        roll: Sequence[float],
        pin: tuple[float, float],
    ) -> Iterator[tuple[str, bytes]]:
        """The case's lines by table. ``head`` are its first values, ``roll`` chances from 0 to 1."""
        title, words = self._said.get(place) or self._say(place)
        values = [*head, b"", b""]
        values += [b"%d" % (first + at) for at in self._ids]
        values += [written[day + shift] for written, day in self._days]
        values += [b"%d" % (low + chance * many) for (low, many), chance in zip(self._houses, roll)]
        values += [b"%.7f" % (pin[axis] + apart) for axis, apart in self._pins]
        values += [tracking_digest(first + at) for at in self._tokens]
        values += [sha256(salt + text(values)).hexdigest().encode() for salt, text in self._remarks]
        values[TITLE], values[WORDS] = title(values), words(values)
        before = b""
        for content in self._entries:
            before = sha256(before + content(values)).digest()
            values.append(before.hex().encode())
        return ((table, rows(values)) for table, rows in self._rows)

    def _say(self, place: int) -> tuple[Filler, Filler]:
        """Title and search words at a place, which depend on the length of its name."""
        made = self._said[place] = said(self._life, self._spots, place)
        return made


def tracking_digest(report: int) -> bytes:
    return Report.digest_of(Report(id=report).secret).hex().encode()


def plan_first(plan: Plan, at: int) -> int:
    return int(plan.first_id[at])


def numbers_of(opened: Sequence[int], ids: Ints) -> list[bytes]:
    return [
        number_of(dt.datetime.fromtimestamp(at, LOCAL).year, case).encode()
        for case, at in zip(ids.tolist(), opened, strict=True)
    ]


HOUSES = {1: (1, 9), 2: (10, 30), 3: (100, 288)}
"""(smallest, how many) house numbers by digits: as many digits as those recorded."""
HOUSE_MARK, NUMBER_MARK = 74 * 10**14, 75 * 10**14


def said(life: Life, spots: Spots, place: int) -> tuple[Filler, Filler]:
    names = {spots.name[life.place]: spots.name[place], spots.road[life.place]: spots.road[place]}
    names[spots.name[life.place]] = spots.name[place]
    known = re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)))
    address, *texts = (known.sub(lambda hit: names[hit[0]], text) for text in life.written)
    title = title_of(texts[0])[:TITLE_LENGTH]
    marks = {number: str(HOUSE_MARK + at) for at, number in enumerate(life.houses)}

    def mark(text: str) -> str:
        return HOUSE.sub(lambda hit: marks.get(hit[1], hit[1]), text)

    written = [mark(text) for text in (title, address, *texts)]
    words: dict[str, list[str]] = {}
    for part in vector(str(NUMBER_MARK), *written).split(" "):
        word, _, position = part.partition(":")
        words.setdefault(word, []).append(position)
    line = " ".join(f"{word}:{','.join(positions)}" for word, positions in words.items())
    houses = FIRST_ID + life.record_ids + len(life.days)

    def template(text: str) -> Filler:
        holes = tuple(
            NUMBER if int(found) == NUMBER_MARK else houses + int(found) - HOUSE_MARK
            for found in re.findall("7[45][0-9]{14}", text)
        )
        return Template(re.sub("7[45][0-9]{14}", "%b", text.replace("%", "%%")).encode(), holes).filler()

    return template(written[0]), template(line)


# Writing ----------------------------------------------------------------------------------------------------


_task: tuple[str, Library, Plan, Wanted]
_filling: Filling | None = None


def _write(number: int) -> int:
    """Write a block and its mark; returns the number of bytes."""
    global _filling, _line
    conninfo, library, plan, wanted = _task
    if _filling is None:
        _filling = Filling(library, plan, wanted)
        _line = psycopg.connect(conninfo)
        _line.execute("SET session_replication_role = replica")
        _line.execute("SET synchronous_commit = off")
        _line.execute("SET wal_compression = off")
        _line.commit()
    lines = _filling.block(number)
    with _line.transaction(), _line.cursor() as cursor:
        for table, text in lines.items():
            if text:
                names = ", ".join(f'"{name}"' for name in library.columns[table])
                with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                    copy.write(text)
        cursor.execute("INSERT INTO bench.block VALUES (%s)", [number])
    return sum(map(len, lines.values()))


def generate(base: Ground, name: str, *, cases: int, scale: float, seed: int = 9901) -> None:
    """Make the database ``name`` with a city of so many cases; goes on where it was interrupted.

    ``scale`` is that of the smallest city. Progress is printed.
    """
    draft = f"{name}_draft"
    kept = Path(settings.DATA_DIR) / f"{draft}.pickle"
    if not (kept.exists() and base.has(draft)):
        base.create(draft)
        base.use(draft)
        wanted = Wanted(cases, seed, dt.datetime.now(dt.UTC).replace(microsecond=0), _official_since(), scale)
        library = _found(wanted)
        kept.write_bytes(pickle.dumps((wanted, library)))
    base.use(draft)
    wanted, library = pickle.loads(kept.read_bytes())
    with told("planning"):
        plan = draw(library, wanted)
    _fill(base, library, plan, wanted)
    _finish(base, plan, wanted)
    connection.close()
    base.rename(draft, name)
    kept.unlink()


def _official_since() -> dt.date:
    return dt.date(2024, 1, 1)


class City(Making):
    """The demo city in force since the first case."""

    since: dt.date

    @property
    def in_force_on(self) -> dt.date:
        return self.since - dt.timedelta(days=30)


def _found(wanted: Wanted) -> Library:
    """Build the city, and live the lives."""
    migrate(say=lambda line: None)
    making = City(wanted.scale, wanted.seed, None, "", wanted.until, settings.DATA_DIR)
    making.since = wanted.since
    for title, step in STEPS:
        if title not in ("演一年的办件",):
            with told(title):
                step(making)
    with told("living"):
        recent = round(min(wanted.cases, wanted.per_day * RECENT, LIVES))
        earlier = round(min(max(0, wanted.cases - wanted.per_day * RECENT), LIVES))
        drawn = sample(making, recent=recent, earlier=earlier, recent_days=RECENT)
        library = record(making, drawn, processes=os.cpu_count() or 1)
    first = wanted.until - dt.timedelta(days=wanted.days + 1)
    partitions.ensure(first.date(), partitions.month_after(partitions.month_after(wanted.until.date())))
    with psycopg.connect(_conninfo(), autocommit=True) as run:
        run.execute("CREATE SCHEMA bench")
        run.execute("CREATE TABLE bench.block (number int PRIMARY KEY)")
        run.execute("CREATE TABLE bench.todo (number int PRIMARY KEY, statement text)")
        _put_off(run, list(library.columns))
    return library


def _conninfo() -> str:
    from linli.config.environment import embedded_url

    return embedded_url(str(connection.settings_dict["NAME"]))


def _put_off(run: psycopg.Connection[Any], tables: list[str]) -> None:
    """Drop indexes and constraints that nothing else stands on, and note how to make them again."""
    found = run.execute(
        "SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),"
        " format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))"
        " FROM pg_constraint c WHERE conrelid = ANY(%(tables)s::regclass[]) AND contype IN ('p', 'u')"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = c.conindid)"
        " UNION ALL SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)"
        " FROM pg_index i WHERE indrelid = ANY(%(tables)s::regclass[])"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)",
        {"tables": tables},
    ).fetchall()
    with run.transaction():
        for number, (drop, make) in enumerate(found):
            run.execute("INSERT INTO bench.todo VALUES (%s, %s)", [number, make])
            run.execute(drop)


def _fill(base: Ground, library: Library, plan: Plan, wanted: Wanted) -> None:
    with psycopg.connect(base.conninfo()) as run:
        done = {row[0] for row in run.execute("SELECT number FROM bench.block")}
    blocks = [n for n in range(-(-len(plan) // BLOCK)) if n not in done]
    global _task
    _task = (base.conninfo(), library, plan, wanted)
    connection.close()
    begun = time.perf_counter()
    written = 0
    with ProcessPoolExecutor(os.cpu_count() or 1) as pool:
        for count, size in enumerate(pool.map(_write, blocks), start=1):
            written += size
            passed = time.perf_counter() - begun
            rate = count * BLOCK / passed
            left = (len(blocks) - count) * BLOCK / rate
            print(f"\r  {count * BLOCK:,} cases, {rate:,.0f} a second, {left:,.0f} s left ", end="", flush=True)
    passed = time.perf_counter() - begun
    print(f"\r  {len(plan):,} cases written in {passed:,.0f} s, {written / len(plan):,.0f} bytes each   ")


def _finish(base: Ground, plan: Plan, wanted: Wanted) -> None:
    with psycopg.connect(base.conninfo(), autocommit=True) as run:
        run.execute("SET maintenance_work_mem = '1GB'")
        run.execute("SET max_parallel_maintenance_workers = 2")
        with told("indexes"):
            for number, statement in run.execute("SELECT * FROM bench.todo ORDER BY number").fetchall():
                begun = time.perf_counter()
                with run.transaction():
                    run.execute(statement)
                    run.execute("DELETE FROM bench.todo WHERE number = %s", [number])
                print(f"    {time.perf_counter() - begun:6.1f} {statement[:110]}")
        run.execute("SELECT setval('record_ids', %s)", [plan.last_id + 1000])
        run.execute("SELECT setval('case_numbers', %s)", [FIRST + len(plan) + 1000])
    forget_blocks()
    with told("analyse"), connection.cursor() as cursor:
        cursor.execute("VACUUM (FREEZE, ANALYZE)")
    with told("seals"):
        seal_days(wanted.until - dt.timedelta(days=wanted.days + 1), wanted.until)
    with psycopg.connect(base.conninfo(), autocommit=True) as run:
        run.execute("DROP SCHEMA bench CASCADE")


from contextlib import contextmanager


@contextmanager
def told(what: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    print(f"  {what}: {time.perf_counter() - begun:,.1f} s", flush=True)
