"""Which life is lived when and where, in a city that has worked with the platform for some years.

``PER_GRID`` new cases a day in every grid, since the first year whose official calendar is known; a city
whose cases do not fit into that time has more grids instead. What is open is therefore what the last weeks
of a real city leave open, at every size; the rest is history.

* The last ``RECENT`` days are as they were lived, at other places of the same neighbourhoods.
* Before them a life may have happened in any week of about the same season in which every day that it
  touches was a working day or a day off as it was where it was lived: so every due time, every outcome and
  every explanation of a deadline is what the platform itself would have said.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bench.lives import Library
from linli.config.demo.making import GRIDS
from linli.kernel.clocks.queries import calendars

PER_GRID = 2.4
"""New cases a day in a grid. A grid has 300 to 500 households (china.md), so some 1,000 people: 2,400 a day
for a million. No counted source was found; within the 1,000 to 3,000 that were taken as likely."""
RECENT = 35
"""Days before now that are as they were lived. Of what is older nearly all has been closed."""
SEASON = 6
"""A life moves to another year within so many weeks of its own; further only where nothing else fits."""
ENOUGH = 20
"""Lives to choose from in a week before the season is given up."""
FIRST = 1000
"""Where the sequences of ids begin."""
PLACES = 4
"""At so many places, drawn for each life, it is lived at most: its search words are worked out for each."""
REACH = 800
"""Days before the first and after the last of which something may be told."""
DAY = 86_400
WEEK = 7 * DAY

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Wanted:
    """What is to be made."""

    cases: int
    seed: int
    until: dt.datetime
    """Now, in whole seconds."""
    since: dt.date
    """Nothing is older."""
    smallest: float
    """Scale of the smallest city (1: 400 grids)."""

    @cached_property
    def scale(self) -> float:
        """Scale of the city: larger where the years since ``since`` would not do."""
        longest = (self.until.date() - self.since).days - 1
        return max(self.smallest, self.cases / (longest * PER_GRID * GRIDS))

    @property
    def per_day(self) -> float:
        return PER_GRID * GRIDS * self.scale

    @property
    def days(self) -> float:
        """How long the city has worked with the platform."""
        return self.cases / self.per_day

    @property
    def recent_days(self) -> float:
        return min(RECENT, self.days)

    @property
    def begins(self) -> float:
        """The first instant of its work, in seconds since 1970."""
        return self.until.timestamp() - self.days * DAY

    @property
    def turn(self) -> float:
        """Where the past begins, in seconds since 1970."""
        return self.until.timestamp() - self.recent_days * DAY


@dataclass(frozen=True)
class Plan:
    """Arrays in order of time, with an element for each case."""

    life: npt.NDArray[np.int32]
    place: npt.NDArray[np.int32]
    shift: npt.NDArray[np.int16]
    """Days by which the life is moved."""
    first_id: Ints
    """The first of the case's record ids."""
    next_id: int
    """The first that no case has."""

    def __len__(self) -> int:
        return len(self.life)


def draw(library: Library, wanted: Wanted) -> Plan:
    """Spread lives over the time and the places that the city has. The same arguments give the same plan."""
    rng = np.random.default_rng([wanted.seed, 11])
    opened = np.array([life.opened for life in library.lives])
    life, shift = _recent(rng, library, opened, wanted)
    older, moved = _history(rng, library, opened, wanted, wanted.cases - len(life))
    life, shift = np.concatenate([life, older]), np.concatenate([shift, moved])
    order = np.argsort(opened[life] + shift * DAY, kind="stable")
    life, shift = life[order], shift[order]
    ends = FIRST + np.cumsum(np.array([one.record_ids for one in library.lives])[life])
    return Plan(
        life=life.astype(np.int32),
        place=_places(rng, library, life),
        shift=shift.astype(np.int16),
        first_id=np.concatenate([[FIRST], ends[:-1]]),
        next_id=int(ends[-1]),
    )


def _recent(rng: np.random.Generator, library: Library, opened: Ints, wanted: Wanted) -> tuple[Ints, Ints]:
    """What is as it was lived: the last weeks, and whatever has been open for longer."""
    is_open = np.array([life.is_open for life in library.lives])
    pool = np.flatnonzero((opened >= wanted.turn) | (is_open & (opened >= wanted.begins)))
    expected = np.array([library.lives[one].weight for one in pool]) * wanted.per_day / library.density
    is_all = wanted.recent_days == wanted.days
    count = wanted.cases if is_all else min(wanted.cases, round(expected.sum()))
    # each about as often as is expected of it, never one more or less
    points = (rng.random() + np.arange(count)) * expected.sum() / count
    drawn = pool[np.minimum(np.searchsorted(np.cumsum(expected), points), len(pool) - 1)]
    return drawn, np.zeros(count, np.int64)


def _history(
    rng: np.random.Generator, library: Library, opened: Ints, wanted: Wanted, count: int
) -> tuple[Ints, Ints]:
    """``count`` lives that ended before now, with the days by which each is moved."""
    lives = library.lives
    is_over = [life.opened < wanted.turn and not life.is_open for life in lives]
    pool = np.flatnonzero(is_over)
    if count <= 0:
        return pool[:0], pool[:0]
    first, last, ended, chance = (
        np.array([getattr(lives[at], name) for at in pool])
        for name in ("first_day", "last_day", "last_move", "weight")
    )
    week = (wanted.turn - 1 - opened[pool]).astype(np.int64) // WEEK
    calendar = _Calendar(wanted)
    numbers = _weekly(rng, week, chance, count, (wanted.turn - wanted.begins) / WEEK)
    owed = 0
    found: list[Ints] = []
    shifts: list[Ints] = []
    for target in range(len(numbers) - 1, -1, -1):
        shift = (week - target) * 7
        fits = (opened[pool] + shift * DAY >= wanted.begins) & (
            ended + shift * DAY < wanted.until.timestamp()
        )
        fits &= calendar.is_alike(first - 1, last + 1, shift)
        near = fits & (np.abs((week - target + 26) % 52 - 26) <= SEASON)
        allowed = np.flatnonzero(near if near.sum() >= ENOUGH else fits)
        number = numbers[target] + owed
        owed = 0 if len(allowed) else number  # no such week was lived: its cases come a week later
        if len(allowed):
            drawn = rng.choice(allowed, number, p=chance[allowed] / chance[allowed].sum())
            found.append(pool[drawn])
            shifts.append(shift[drawn])
    if owed:
        raise ValueError("too few lives: no life fits the last week of the past")
    return np.concatenate(found), np.concatenate(shifts)


def _weekly(rng: np.random.Generator, week: Ints, chance: Floats, count: int, weeks: float) -> Ints:
    """Numbers of cases by weeks back from the past's end: as busy as the same weeks of the year lived."""
    volume = np.bincount(week, chance, minlength=52)
    volume = np.where(volume > 0, volume, volume[volume > 0].mean())
    shares = volume[np.arange(int(np.ceil(weeks))) % 52]
    shares[-1] *= weeks % 1 or 1
    return rng.multinomial(count, shares / shares.sum())


def _places(rng: np.random.Generator, library: Library, life: Ints) -> npt.NDArray[np.int32]:
    """For every case one of the places where its life could have happened."""
    alike = [library.spots.alike[one.place] for one in library.lives]
    many = np.array([len(places) for places in alike])
    begins = np.cumsum(many) - many
    every = np.array([place for places in alike for place in places], dtype=np.int32)
    some, first = np.minimum(many, PLACES)[life], (rng.random(len(many)) * many).astype(np.int64)[life]
    drawn = (first + (rng.random(len(life)) * some).astype(np.int64)) % many[life]
    chosen: npt.NDArray[np.int32] = every[begins[life] + drawn]
    return chosen


class _Calendar:
    """Which days are alike: working days and days off, official or not yet."""

    def __init__(self, wanted: Wanted) -> None:
        office = calendars().of("office")
        self._start = wanted.since.toordinal() - REACH
        days = map(dt.date.fromordinal, range(self._start, wanted.until.toordinal() + REACH))
        self._kind = np.array([office.is_workday(day) + 2 * office.is_provisional(day) for day in days])

    def is_alike(self, first: Ints, last: Ints, shift: Ints) -> Flags:
        """Whether all days from ``first`` to ``last`` are what they are ``shift`` days later."""
        alike = np.zeros(len(first), dtype=bool)
        for days in np.unique(shift):
            mine = np.flatnonzero(shift == days)
            low, high = first[mine] - self._start, last[mine] - self._start
            inside = (low + days >= 0) & (np.maximum(high, high + days) < len(self._kind))
            unlike = self._kind != np.roll(self._kind, -days)
            before = np.concatenate([[0], np.cumsum(unlike)])
            alike[mine[inside]] = before[high[inside] + 1] == before[low[inside]]
        return alike
