"""Filling the templates of lives: the rows for COPY of very many cases, each with what is its own."""

from __future__ import annotations

import datetime as dt
import re
import struct
from collections.abc import Sequence
from functools import cache, lru_cache
from hashlib import sha256
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from stdnum import damm

from bench.lives import Library
from bench.spread import DAY, FIRST, REACH, Ints, Plan, Wanted
from bench.templates import (
    AREA,
    DOUBLE,
    FIRST_VALUE,
    HOUSE,
    KEY,
    LENGTH,
    NOTHING,
    NUMBER,
    TAGS,
    TITLE,
    WORDS,
    Filler,
    Life,
    Spots,
    Template,
    tracking_digest,
)
from linli.config.demo.rhythm import JITTER_DEGREES
from linli.domains.cases import tags as case_tags
from linli.domains.cases.texts import TITLE_LENGTH, searched, title_of
from linli.kernel.records import tags
from linli.lib.bigrams import vector
from linli.lib.time import LOCAL

BLOCK = 40_000
"""Cases that follow each other in time, and are written one share after the other."""
SHARES = 4
"""Into so many the lives are parted, and with them each block: whoever writes a share of every block has only
that share of the lives to keep ready. A share of a block is written, and marked as written, at once."""
HOUSES = {1: (1, 9), 2: (10, 30), 3: (100, 288)}
"""House numbers by how many digits they have: the smallest, and how many there are."""
MOST_HOUSES = 8
"""House numbers that are drawn for a case; what a text has beyond them repeats the first ones."""

HOUSE_MARK, NUMBER_MARK = 74 * 10**14, 75 * 10**14
_MARK = re.compile(b"7[45][0-9]{14}")
_SHORT_NUMBER = re.compile("(?<![0-9])[0-9]{1,3}(?![0-9])")


class Filling:
    """Makes the rows of shares of blocks of cases. The same share is always the same."""

    def __init__(self, library: Library, plan: Plan, wanted: Wanted) -> None:
        self._library, self._plan, self._seed = library, plan, wanted.seed
        self._ready: list[_Ready | None] = [None] * len(library.lives)
        self._days = _Days(wanted)
        spots = library.spots
        self._spots = [
            (name.encode(), road.encode(), area.encode(), b"%d" % worker, KEY.pack(worker))
            for name, road, area, worker in zip(spots.name, spots.road, spots.area, spots.worker, strict=True)
        ]
        shapely.prepare(spots.polygons)

    def share(self, number: int) -> dict[str, list[bytes]]:
        """Rows by table of the cases of a share, in the order of the cases."""
        plan, lives, ready = self._plan, self._library.lives, self._ready
        rows: dict[str, list[bytes]] = {table: [] for table in self._library.columns}
        which = cases_of(plan, number)
        if not len(which):
            return rows
        rng = np.random.default_rng([self._seed, 12, number])
        life, place, shift = (of[which].tolist() for of in (plan.life, plan.place, plan.shift))
        ids, first_ids = which + FIRST, plan.first_id[which].tolist()
        opened = [lives[one].opened + days * DAY for one, days in zip(life, shift, strict=True)]
        numbers, pins = numbers_of(opened, ids), self._pins(rng, plan.place[which])
        rolls = rng.random((len(ids), MOST_HOUSES)).tolist()
        for i, case in enumerate(ids.tolist()):
            one = ready[life[i]] or self._make(life[i])
            # in the order of the places from NOTHING on; title, words and tags are still to be made
            head = [b"", b"%d" % case, KEY.pack(case), numbers[i], *self._spots[place[i]], b"", b"", b""]
            head[TAGS] = one.tagged(case, head[AREA], shift[i])
            one.fill(rows, head, place[i], first_ids[i], shift[i], rolls[i], pins[i])
        return rows

    def _make(self, index: int) -> _Ready:
        made = self._ready[index] = _Ready(self._library.lives[index], self._library.spots, self._days)
        return made

    def _pins(self, rng: np.random.Generator, place: npt.NDArray[np.int32]) -> list[list[float]]:
        """A pin near every place, in the same grid: (longitude, latitude)."""
        spots = self._library.spots
        pins = np.stack([spots.lng[place], spots.lat[place]], axis=1)
        moved = np.round(pins + rng.normal(0, JITTER_DEGREES, pins.shape), 7)
        inside = shapely.contains_xy(spots.polygons[spots.grid[place]], moved[:, 0], moved[:, 1])
        found: list[list[float]] = np.where(inside[:, None], moved, pins).tolist()
        return found


def cases_of(plan: Plan, number: int) -> Ints:
    """Which elements of the plan are in a share; shares are counted block by block."""
    block, share = divmod(number, SHARES)
    return np.flatnonzero(plan.life[block * BLOCK : (block + 1) * BLOCK] % SHARES == share) + block * BLOCK


class _Days:
    """Every day in each of its ways of writing, from ``start`` (an ordinal) on."""

    def __init__(self, wanted: Wanted) -> None:
        self.start = wanted.since.toordinal() - REACH
        days = list(map(dt.date.fromordinal, range(self.start, wanted.until.toordinal() + REACH)))
        self.written = {
            "iso": [day.isoformat().encode() for day in days],
            "cn": [f"{day.year}年{day.month}月{day.day}日".encode() for day in days],
            "compact": [f"{day:%Y%m%d}".encode() for day in days],
        }
        self.tags = {
            kind: [_Tags.of(tags.of_day(kind, day)) for day in days]
            for kind in (case_tags.OPENED, case_tags.CLOSED)
        }

    def index(self, seconds: int) -> int:
        """Where the city's day of an instant stands."""
        return dt.datetime.fromtimestamp(seconds, LOCAL).toordinal() - self.start


class _Said(NamedTuple):
    """What a life is found by at a place."""

    title: Filler
    words: Filler
    """As a ``tsvector``."""
    taken: frozenset[bytes]
    """Numbers that its house numbers must not be: a word stands in a ``tsvector`` once."""


class _Ready:
    """A life ready to be filled again and again."""

    __slots__ = (
        *("_days", "_entries", "_houses", "_ids", "_instants", "_keys", "_lengths", "_life", "_pins"),
        *("_remarks", "_rows", "_said", "_spots", "_tagged_days", "_tags", "_tokens"),
    )

    def __init__(self, life: Life, spots: Spots, days: _Days) -> None:
        self._life, self._spots = life, spots
        self._ids, self._keys, self._tokens, self._instants = life.ids, life.keys, life.tokens, life.instants
        self._days = [(days.written[way], ordinal - days.start) for way, ordinal in life.days]
        self._houses = [(at % MOST_HOUSES, *HOUSES[len(number)]) for at, number in enumerate(life.houses)]
        self._pins = [(axis == "lat", apart) for axis, apart in life.pins]
        self._remarks = [(head, text.filler()) for head, text in life.remarks]
        self._entries = [content.filler() for content in life.entries]
        self._lengths = [(fixed, itemgetter(*holes, NOTHING)) for fixed, holes in life.lengths]
        self._rows = [(table, rows.filler()) for table, rows in life.rows.items()]
        self._said: dict[int, _Said] = {}
        self._tags = _Tags.of(life.tags)
        marked = {case_tags.OPENED: life.opened, case_tags.CLOSED: life.closed}
        self._tagged_days = [
            (days.tags[kind], days.index(at)) for kind, at in marked.items() if at is not None
        ]

    def fill(
        self,
        rows: dict[str, list[bytes]],
        head: list[bytes],
        place: int,
        first: int,
        shift: int,
        roll: Sequence[float],
        pin: Sequence[float],
    ) -> None:
        """Add the case's rows by table.

        ``head`` are the values that every case has, without title and words; ``first`` is the first of its
        record ids, ``shift`` the days by which it is moved, ``roll`` chances from 0 to 1.
        """
        said = self._said.get(place) or self._say(place)
        moved = shift * DAY * 10**6
        values = head
        values += [b"%d" % (first + at) for at in self._ids]
        values += [_key(first + at) for at in self._keys]
        values += [written[day + shift] for written, day in self._days]
        values += [_key(at + moved) for at in self._instants]
        if self._houses:
            values += self._numbers(roll, said.taken)
        values += [_double(round(pin[axis] + apart, 7)) for axis, apart in self._pins]
        values += [tracking_digest(first + at) for at in self._tokens]
        if self._remarks:
            digests = [sha256(salt + text(values)).digest() for salt, text in self._remarks]
            values += digests
            values += [digest.hex().encode() for digest in digests]
        values[TITLE], values[WORDS] = said.title(values), said.words(values)
        before = b""
        for content in self._entries:
            before = sha256(before + content(values)).digest()
            values.append(before)
        values += [_length(fixed + sum(map(len, take(values)))) for fixed, take in self._lengths]
        for table, filled in self._rows:
            rows[table].append(filled(values))

    def tagged(self, case: int, area: bytes, shift: int) -> bytes:
        """The tags of one case as a ``tsvector``: of its life, its place, its number and its days."""
        days = [written[day + shift] for written, day in self._tagged_days]
        found = (_of_area(area), _of_block(case >> tags.BLOCKS[0]), self._tags, *days)
        return _length(sum([one.number for one in found])) + b"".join([one.lexemes for one in found])

    def _numbers(self, roll: Sequence[float], taken: frozenset[bytes]) -> list[bytes]:
        """The case's house numbers, none of them twice."""
        found: list[bytes] = []
        for at, low, many in self._houses:
            drawn = int(roll[at] * many)
            numbers = (b"%d" % (low + (drawn + more) % many) for more in range(many))
            found.append(next((one for one in numbers if one not in taken and one not in found), b"%d" % low))
        return found

    def _say(self, place: int) -> _Said:
        made = self._said[place] = said(self._life, self._spots, place)
        return made


_key, _double, _length = KEY.pack, DOUBLE.pack, LENGTH.pack
_POSITION = struct.Struct(">H")


class _Tags(NamedTuple):
    """Tags as they stand in a ``tsvector``: words without positions."""

    number: int
    lexemes: bytes

    @classmethod
    def of(cls, words: Sequence[str]) -> _Tags:
        return cls(len(words), b"".join(word.encode() + bytes(3) for word in words))


@cache
def _of_area(code: bytes) -> _Tags:
    return _Tags.of(tags.of_area(code.decode()))


@lru_cache(maxsize=8)
def _of_block(block: int) -> _Tags:
    """Tags of all ids in one of the smallest blocks, which lies in one of each larger size."""
    return _Tags.of(tags.of_id(block << tags.BLOCKS[0]))


def _one(position: int) -> bytes:
    """How a word ends in a ``tsvector`` that stands at one position."""
    return b"\0\0\1" + _POSITION.pack(position)


_ONE = tuple(map(_one, range(400)))


def said(life: Life, spots: Spots, place: int) -> _Said:
    """Title and search words of a life at a place: where they are cut and counted depends on its name."""
    names = {spots.road[life.place]: spots.road[place], spots.name[life.place]: spots.name[place]}
    known = _any_of(tuple(names))
    address, *texts = (known.sub(lambda hit: names[hit[0]], text) for text in life.written)
    title, *others = (
        _with_marks(life, text) for text in (title_of(texts[0])[:TITLE_LENGTH], address, *texts)
    )
    words: dict[str, list[int]] = {}
    for part in vector(*searched(str(NUMBER_MARK), title, *others)).split(" "):
        word, _, position = part.partition(":")
        words.setdefault(word, []).append(int(position))
    pieces = [LENGTH.pack(len(words))]
    for word in sorted(words):
        at = words[word]
        is_usual = len(at) == 1 and at[0] < len(_ONE)
        pieces += (word.encode(), _ONE[at[0]] if is_usual else _several(at))
    taken = {run.encode() for word in words if life.houses for run in _SHORT_NUMBER.findall(word)}
    return _Said(_marked(life, title.encode()), _marked(life, b"".join(pieces)), frozenset(taken))


@lru_cache(maxsize=10_000)
def _any_of(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)))


def _with_marks(life: Life, text: str) -> str:
    """A text with marks for the life's house numbers."""
    if not life.houses:
        return text
    marks = {number: str(HOUSE_MARK + at) for at, number in enumerate(life.houses)}
    return HOUSE.sub(lambda hit: marks.get(hit[1], hit[1]), text)


def _several(positions: Sequence[int]) -> bytes:
    """How a word ends in a ``tsvector`` that stands at these positions."""
    return b"\0" + b"".join(map(_POSITION.pack, (len(positions), *positions)))


def _marked(life: Life, text: bytes) -> Filler:
    """A text whose marks are filled. (Positions of words look like no mark: those would have to go by tens of
    thousands.)"""
    houses = FIRST_VALUE + len(life.ids) + len(life.keys) + len(life.days) + len(life.instants)
    holes = [
        NUMBER if mark == NUMBER_MARK else houses + mark - HOUSE_MARK
        for mark in map(int, _MARK.findall(text))
    ]
    return Template(_MARK.sub(b"%b", text.replace(b"%", b"%%")), tuple(holes)).filler()


def numbers_of(opened: Sequence[int], ids: Ints) -> list[bytes]:
    """``lib.numbers.number_of`` for many cases; ``opened`` in seconds since 1970."""
    ahead = LOCAL.utcoffset(dt.datetime.fromtimestamp(opened[0], LOCAL))
    assert ahead is not None
    local = np.array(opened, dtype="datetime64[s]") + np.timedelta64(ahead)
    years = local.astype("datetime64[Y]").astype(int) % 100 + 1970 % 100
    years %= 100
    table, state = _damm(), np.zeros(len(ids), dtype=np.int64)
    for digit in (years // 10, years % 10):
        state = table[state, digit]
    longest = len(str(ids.max()))
    for place in range(max(7, longest) - 1, -1, -1):
        counts = (place < 7) | (ids >= 10**place)
        state = np.where(counts, table[state, ids // 10**place % 10], state)
    return [b"%02d%07d%d" % row for row in zip(years.tolist(), ids.tolist(), state.tolist(), strict=True)]


@cache
def _damm() -> Ints:
    """The state after a state and a digit; the last state is the check digit."""
    to = {damm.checksum(str(digit)): digit for digit in range(10)}
    return np.array([[damm.checksum(f"{to[state]}{digit}") for digit in range(10)] for state in range(10)])
