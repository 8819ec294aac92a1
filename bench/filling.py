"""Filling the templates of lives: the lines for COPY of very many cases, each with what is its own."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import sha256

import numpy as np
import numpy.typing as npt
import shapely
from stdnum import damm

from bench.lives import Library
from bench.spread import DAY, FIRST, REACH, Ints, Plan, Wanted
from bench.templates import (
    AREA,
    CASE_ID,
    FIRST_ID,
    HOUSE,
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
from linli.domains.cases.texts import TITLE_LENGTH, title_of
from linli.kernel.records import tags
from linli.lib.bigrams import vector
from linli.lib.time import LOCAL

BLOCK = 10_000
"""Cases that are made, written and marked as written together."""
HOUSES = {1: (1, 9), 2: (10, 30), 3: (100, 288)}
"""House numbers by how many digits they have: the smallest, and how many there are."""
MOST_HOUSES = 8
"""House numbers that are drawn for a case; what a text has beyond them repeats the first ones."""

HOUSE_MARK, NUMBER_MARK = 74 * 10**14, 75 * 10**14
_MARK = re.compile("7[45][0-9]{14}")


class Filling:
    """Makes the lines of blocks of cases. The same block is always the same."""

    def __init__(self, library: Library, plan: Plan, wanted: Wanted) -> None:
        self._library, self._plan, self._seed = library, plan, wanted.seed
        self._ready: list[_Ready | None] = [None] * len(library.lives)
        self._days = _Days(wanted)
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
        rng = np.random.default_rng([self._seed, 12, number])
        life, place, shift = plan.life[span].tolist(), plan.place[span].tolist(), plan.shift[span].tolist()
        ids, first_ids = np.arange(span.start, span.stop) + FIRST, plan.first_id[span].tolist()
        opened = [lives[one].opened + days * DAY for one, days in zip(life, shift, strict=True)]
        numbers, pins = numbers_of(opened, ids), self._pins(rng, plan.place[span])
        rolls = rng.random((len(ids), MOST_HOUSES)).tolist()
        lines: dict[str, list[bytes]] = {table: [] for table in self._library.columns}
        for i, case in enumerate(ids.tolist()):
            one = ready[life[i]] or self._make(life[i])
            head = [b"", b"%d" % case, numbers[i], *self._spots[place[i]]]
            for table, text in one.fill(head, place[i], first_ids[i], shift[i], rolls[i], pins[i]):
                lines[table].append(text)
        return {table: b"".join(found) for table, found in lines.items()}

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
            kind: [tags.vector(tags.of_day(kind, day)).encode() for day in days]
            for kind in (case_tags.OPENED, case_tags.CLOSED)
        }

    def index(self, seconds: int) -> int:
        """Where the city's day of an instant stands."""
        return dt.datetime.fromtimestamp(seconds, LOCAL).toordinal() - self.start


class _Ready:
    """A life ready to be filled again and again."""

    __slots__ = (
        *("_days", "_entries", "_houses", "_ids", "_life", "_pins"),
        *("_remarks", "_rows", "_said", "_spots", "_tagged_days", "_tags", "_tokens"),
    )

    def __init__(self, life: Life, spots: Spots, days: _Days) -> None:
        self._life, self._spots = life, spots
        self._ids = range(life.record_ids)
        self._days = [(days.written[way], ordinal - days.start) for way, ordinal in life.days]
        self._houses = [(at % MOST_HOUSES, *HOUSES[len(number)]) for at, number in enumerate(life.houses)]
        self._pins = [(axis == "lat", apart) for axis, apart in life.pins]
        self._tokens = [place - FIRST_ID for place in life.tokens]
        self._remarks = [(head, text.filler()) for head, text in life.remarks]
        self._entries = [content.filler() for content in life.entries]
        self._rows = [(table, rows.filler()) for table, rows in life.rows.items()]
        self._said: dict[int, tuple[Filler, Filler]] = {}
        self._tags = tags.vector(life.tags).encode()
        marked = {case_tags.OPENED: life.opened, case_tags.CLOSED: life.closed}
        self._tagged_days = [
            (days.tags[kind], days.index(at)) for kind, at in marked.items() if at is not None
        ]

    def fill(
        self,
        head: list[bytes],
        place: int,
        first: int,
        shift: int,
        roll: Sequence[float],
        pin: Sequence[float],
    ) -> Iterator[tuple[str, bytes]]:
        """The case's lines by table.

        ``head`` are its values before title, words and tags, ``first`` the first of its record ids, ``shift``
        the days by which it is moved, ``roll`` chances from 0 to 1.
        """
        title, words = self._said.get(place) or self._say(place)
        values = [*head, b"", b"", b""]
        values += [b"%d" % (first + at) for at in self._ids]
        values += [written[day + shift] for written, day in self._days]
        values += [b"%d" % (low + roll[at] * many) for at, low, many in self._houses]
        values += [b"%.7f" % (pin[axis] + apart) for axis, apart in self._pins]
        values += [tracking_digest(first + at) for at in self._tokens]
        values += [sha256(salt + text(values)).hexdigest().encode() for salt, text in self._remarks]
        values[TITLE], values[WORDS] = title(values), words(values)
        values[TAGS] = self._tagged(head, shift)
        before = b""
        for content in self._entries:
            before = sha256(before + content(values)).digest()
            values.append(before.hex().encode())
        return ((table, rows(values)) for table, rows in self._rows)

    def _tagged(self, head: list[bytes], shift: int) -> bytes:
        """The tags of one case: of its life, its place, its number and its days."""
        own = [*tags.of_area(head[AREA].decode()), *tags.of_id(int(head[CASE_ID]))]
        days = [written[day + shift] for written, day in self._tagged_days]
        return b" ".join([self._tags, tags.vector(own).encode(), *days])

    def _say(self, place: int) -> tuple[Filler, Filler]:
        made = self._said[place] = said(self._life, self._spots, place)
        return made


def said(life: Life, spots: Spots, place: int) -> tuple[Filler, Filler]:
    """Title and search words of a life at a place: where they are cut and counted depends on its name."""
    names = {spots.road[life.place]: spots.road[place], spots.name[life.place]: spots.name[place]}
    known = re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)))
    address, *texts = (known.sub(lambda hit: names[hit[0]], text) for text in life.written)
    marks = {number: str(HOUSE_MARK + at) for at, number in enumerate(life.houses)}
    title, *others = (
        HOUSE.sub(lambda hit: marks.get(hit[1], hit[1]), text)
        for text in (title_of(texts[0])[:TITLE_LENGTH], address, *texts)
    )
    positions: dict[str, list[str]] = {}
    for part in vector(str(NUMBER_MARK), title, *others).split(" "):
        word, _, position = part.partition(":")
        positions.setdefault(word, []).append(position)
    words = " ".join(f"{word}:{','.join(places)}" for word, places in positions.items())
    return _marked(life, title), _marked(life, words)


def _marked(life: Life, text: str) -> Filler:
    houses = FIRST_ID + life.record_ids + len(life.days)
    found = map(int, _MARK.findall(text))
    holes = tuple(NUMBER if mark == NUMBER_MARK else houses + mark - HOUSE_MARK for mark in found)
    return Template(_MARK.sub("%b", text.replace("%", "%%")).encode(), holes).filler()


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
