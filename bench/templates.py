"""A life of a case as rows with holes, in the binary form that COPY reads.

How holes are found: while lives are recorded the sequences stand at numbers that nothing else can look like
(``RECORD``, ``CASE``), and what is no id is replaced by an object that says what it is, or within a text by a
name in angle brackets.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import numpy.typing as npt
import orjson
from django.conf import settings

from linli.domains.cases.models import CaseState
from linli.lib.time import LOCAL

RECORD = 70 * 10**14
CASE = 71 * 10**14
"""Where the sequences stand while lives are recorded."""
WORKER_POST = 72 * 10**14
"""Stands for the post of the place's grid worker."""

POSTS = ("post", "decided_by", "to_post")
"""Columns that hold a post: a grid worker's is that of the grid where it is lived."""
WRITTEN = ("title", "statement", "address", "text", "reason", "reply", "body")
"""Columns in which people say where something is."""

_HOLE = re.compile(
    rb"<(?P<made>[a-z]+ \d+)>"
    rb"|(?<!\d)(?P<iso>\d{4}-\d\d-\d\d)(?=[T ])"
    + "|(?<![0-9])(?P<cn>[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日)".encode()
    + rb"|(?<![0-9a-f.])(?P<mark>(?:\d\d)?7[0-2]\d{14}\d?)(?![0-9a-f.])"
)
HOUSE = re.compile(r"(?<![0-9])([1-9][0-9]{0,2})(?=号|栋|幢|座|单元|楼)")

NOTHING, CASE_ID, CASE_KEY, NUMBER, NAME, ROAD, AREA, WORKER, WORKER_KEY = range(9)
TITLE, WORDS, TAGS, FIRST_VALUE = range(9, 13)
"""Places in the list of values that fills a template: an empty one, the case's id in digits and in eight
bytes, its number; name, road, grid and grid worker (in both ways) of its place; title, search words and tags.
The life's own values follow."""

KEY, DOUBLE, LENGTH, SHORT = (
    struct.Struct(">q"),
    struct.Struct(">d"),
    struct.Struct(">i"),
    struct.Struct(">h"),
)
NULL = LENGTH.pack(-1)
EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""PostgreSQL counts microseconds from here."""
BIGINT = 20
"""The type's number in PostgreSQL."""

Filler = Callable[[Sequence[bytes]], bytes]
"""Fills a template with a case's values."""


@dataclass(frozen=True, slots=True)
class Template:
    """Bytes with holes (``%b``), and which of a case's values go into them."""

    text: bytes
    holes: tuple[int, ...]

    @classmethod
    def of(cls, pieces: Sequence[bytes | int]) -> Template:
        """Of literal bytes and places in the list of values, in their order."""
        text = b"".join(b"%b" if isinstance(one, int) else one.replace(b"%", b"%%") for one in pieces)
        return cls(text, tuple(one for one in pieces if isinstance(one, int)))

    def filler(self) -> Filler:
        # two empty values at the end, so that there is always a tuple to take
        text, take = self.text + b"%b%b", itemgetter(*self.holes, NOTHING, NOTHING)
        return lambda values: text % take(values)


@dataclass(slots=True)
class Life:
    """One life. The values of a case are laid out as ``ids`` to ``lengths`` follow each other here, after
    those that every case has."""

    place: int
    """Index of the place where it was lived."""
    weight: float
    """How many cases of its year it stands for."""
    record_ids: int
    """How many ids of records it needs."""
    ids: list[int] = field(default_factory=list)
    """Records, by their place among its own, whose ids are written in digits."""
    keys: list[int] = field(default_factory=list)
    """Records whose ids are written in eight bytes."""
    days: list[tuple[str, int]] = field(default_factory=list)
    """(way of writing, ordinal of the day) of every day that is written in a text."""
    instants: list[int] = field(default_factory=list)
    """Every instant, in microseconds since ``EPOCH``."""
    houses: list[str] = field(default_factory=list)
    """House numbers in its texts."""
    pins: list[tuple[str, float]] = field(default_factory=list)
    """``lng`` or ``lat`` with its distance from the case's own pin."""
    tokens: list[int] = field(default_factory=list)
    """Reports, by their place among its records, whose tracking digest is needed."""
    remarks: list[tuple[bytes, Template]] = field(default_factory=list)
    """Remarks that name the place: what stands before the text when it is hashed, and the text. Their digests
    are laid out twice, as bytes and then as hex digits."""
    entries: list[Template] = field(default_factory=list)
    """What is hashed of each entry of the journal after the hash before it."""
    lengths: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    """Lengths of fields that are not equally long in all cases: what is fixed, and the values in them."""
    rows: dict[str, Template] = field(default_factory=dict)
    """Rows for COPY by table."""
    written: tuple[str, ...] = ()
    """What the case is found by, as written at its own place: address and texts of its reports."""
    tags: tuple[str, ...] = ()
    """What it is tagged with wherever and whenever it is lived."""
    opened: int = 0
    """When the case was opened, in seconds since 1970."""
    closed: int | None = None
    """When it was closed, likewise."""
    last_move: int = 0
    """When it was last moved, likewise."""
    first_day: int = 0
    last_day: int = 0
    """Ordinals of the first and the last day that is written anywhere."""
    is_open: bool = False


@dataclass(frozen=True)
class Spots:
    """Where things happen: arrays with an element for every place, and of every grid its polygon."""

    name: list[str]
    road: list[str]
    area: list[str]
    """Code of its grid."""
    worker: list[int]
    """Post of its grid worker; 0 where there is none."""
    lng: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    grid: npt.NDArray[np.int64]
    polygons: npt.NDArray[np.object_]
    alike: list[list[int]]
    """Places where the same could have happened, the place itself among them: of its kind and in its
    community. There the same units are responsible and the same matters admitted; only the grid may be
    another, and with it the grid worker."""


Rows = dict[str, list[dict[str, Any]]]
"""Rows of one life by table, as the platform would write them."""
Kinds = Mapping[str, Sequence[str]]
"""By table the kinds of its columns, in the order of the rows' values."""


@dataclass(frozen=True)
class Json:
    """A value of a column of JSON."""

    value: Any


class Hole(NamedTuple):
    """Something that is put in case by case: what kind of thing, and which of them."""

    kind: str
    which: Any


Piece = bytes | Hole

_WIDTHS = {"key": 8, "instant": 8, "pin": 8, "token": 32, "remark": 32, "digest": 64, "hash": 32}
_WIDTHS |= {"length": 4, "iso": 10, "compact": 8}
_SLOT_WIDTHS = {CASE_KEY: 8, WORKER_KEY: 8}


class Templating:
    """Makes a ``Life`` of the rows of one."""

    def __init__(self, rows: Rows, kinds: Kinds, spots: Spots, place: int, weight: float) -> None:
        self._rows, self._kinds = rows, kinds
        (self._case,) = rows["cases_case"]
        self._entries = sorted(rows["journal_entry"], key=itemgetter("seq"))
        _check(self._entries, rows["cases_report"])
        ids = [row["id"] for table in rows.values() for row in table if RECORD <= row.get("id", 0) < CASE]
        self._record = {pk: number for number, pk in enumerate(ids)}
        self._number = self._case["number"].encode()
        self._names = [
            (name.encode(), b"<slot %d>" % at)
            for name, at in ((spots.area[place], AREA), (spots.name[place], NAME), (spots.road[place], ROAD))
        ]
        self._at: dict[Hole, int] = {}
        self.life = Life(place=place, weight=weight, record_ids=len(ids))
        self._worker(spots.worker[place])
        self._build()

    def _build(self) -> None:
        life, case = self.life, self._case
        reports = self._rows["cases_report"]
        life.written = (case["address"], *(report["text"] for report in reports))
        self._house_numbers()
        self._pins()
        case["title"] = Hole("slot", TITLE)
        (found_by,) = self._rows["cases_casetext"]
        life.tags = _lasting(found_by["tags"])
        found_by |= {"words": Hole("slot", WORDS), "tags": Hole("slot", TAGS)}
        remarks = self._remarks()
        contents = [self._cut(_content(entry)) for entry in self._entries]
        for number, entry in enumerate(self._entries):
            entry["hash"] = Hole("hash", number)
        case["chain"] = Hole("hash", len(self._entries) - 1)
        for number, report in enumerate(reports):
            life.tokens.append(self._record[report["id"]])
            report["token"] = Hole("token", number)
            if report["source_number"]:
                report["source_number"] = f"RX<compact {_ordinal(report['at'])}>-{CASE}"
        lengths: list[tuple[Piece, ...]] = []
        rows = {
            table: [piece for row in found for piece in self._row(table, row, lengths)]
            for table, found in self._rows.items()
        }
        self._lay_out([*contents, *rows.values(), *(text for _, text in remarks)], len(remarks), len(lengths))
        life.lengths = [self._length(pieces) for pieces in lengths]
        life.remarks = [(head, self._template(text)) for head, text in remarks]
        life.entries = [self._template(content) for content in contents]
        life.rows = {table: self._template(pieces) for table, pieces in rows.items()}
        life.opened = int(case["opened_at"].timestamp())
        life.closed = int(case["closed_at"].timestamp()) if case["closed_at"] else None
        life.last_move = int(self._entries[-1]["at"].timestamp())
        life.is_open = case["state"] != CaseState.CLOSED
        instants = (EPOCH + dt.timedelta(microseconds=at) for at in life.instants)
        ordinals = [*(day for _, day in life.days), *(instant.toordinal() for instant in instants)]
        life.first_day, life.last_day = min(ordinals), max(ordinals)

    # What is put in place of recorded values

    def _worker(self, post: int) -> None:
        for rows in self._rows.values():
            for row in rows:
                for name in POSTS:
                    if post and row.get(name) == post:
                        row[name] = WORKER_POST

    def _house_numbers(self) -> None:
        found = {number for text in self.life.written for number in HOUSE.findall(text)}
        self.life.houses = sorted(found, key=lambda number: (len(number), number))
        marks = {number: f"<house {at}>" for at, number in enumerate(self.life.houses)}
        for rows in self._rows.values() if marks else ():
            for row in rows:
                for name in WRITTEN:
                    if row.get(name):
                        row[name] = HOUSE.sub(lambda hit: marks.get(hit[1], hit[1]), row[name])

    def _pins(self) -> None:
        lng, lat = self._case["lng"], self._case["lat"]
        for row in (self._case, *self._rows["cases_report"]):
            for name, origin in (("lng", lng), ("lat", lat)):
                pin = (name, round(row[name] - origin, 7))
                if pin not in self.life.pins:
                    self.life.pins.append(pin)
                row[name] = Hole("pin", self.life.pins.index(pin))

    def _remarks(self) -> list[tuple[bytes, list[Piece]]]:
        """Remarks with holes, to be hashed case by case; the others' digests are set in their entries."""
        said = {row["seq"]: row for row in self._rows.get("journal_remark", [])}
        found: list[tuple[bytes, list[Piece]]] = []
        for entry in self._entries:
            row = said.get(entry["seq"])
            if row is None:
                continue
            head = bytes(row["salt"]) + (b"public:" if row["public"] else b"internal:")
            text = self._cut(row["text"].encode())
            if any(isinstance(piece, Hole) for piece in text):
                entry["remark"] = Hole("remark", len(found))
                found.append((head, text))
        return found

    # Rows, fields and texts in pieces

    def _row(self, table: str, row: Mapping[str, Any], lengths: list[tuple[Piece, ...]]) -> list[Piece]:
        """A row as COPY reads it. Notes the fields whose length goes by the case in ``lengths``."""
        pieces: list[Piece] = [SHORT.pack(len(row))]
        for value, kind in zip(row.values(), self._kinds[table], strict=True):
            if value is None:
                pieces.append(NULL)
                continue
            found = self._field(value, kind)
            widths = [len(one) if isinstance(one, bytes) else self._width(one) for one in found]
            if None not in widths:
                pieces += [LENGTH.pack(sum(width for width in widths if width is not None)), *found]
                continue
            if tuple(found) not in lengths:
                lengths.append(tuple(found))
            pieces += [Hole("length", lengths.index(tuple(found))), *found]
        return pieces

    def _field(self, value: Any, kind: str) -> list[Piece]:
        if isinstance(value, Hole):
            return [value]
        if kind == "bigint" and value >= RECORD:
            return [self._key(value)]
        if kind == "timestamp with time zone":
            return [Hole("instant", (value - EPOCH) // dt.timedelta(microseconds=1))]
        if kind in ("varchar", "text"):
            return self._cut(value.encode())
        if kind == "jsonb":
            return [b"\x01", *self._cut(orjson.dumps(value.value))]
        return [_BINARY[kind](value)]

    def _key(self, value: int) -> Hole:
        if value == WORKER_POST:
            return Hole("slot", WORKER_KEY)
        return Hole("slot", CASE_KEY) if self._is_case(value) else Hole("key", self._record[value])

    def _is_case(self, value: int) -> bool:
        return value in (CASE, self._case["id"])

    def _cut(self, text: bytes) -> list[Piece]:
        """A text in pieces."""
        for name, mark in self._names:
            text = text.replace(name, mark)
        pieces: list[Piece] = []
        at = 0
        for hit in _HOLE.finditer(text):
            pieces += [text[at : hit.start()], self._hole(str(hit.lastgroup), hit[0])]
            at = hit.end()
        return [piece for piece in (*pieces, text[at:]) if piece]

    def _hole(self, group: str, text: bytes) -> Hole:
        if group in ("iso", "cn"):
            return Hole(group, _day(text))
        if group == "made":
            kind, _, which = text[1:-1].decode().partition(" ")
            return Hole(kind, int(which))
        if text == self._number:
            return Hole("slot", NUMBER)
        value = int(text)
        if value == WORKER_POST:
            return Hole("slot", WORKER)
        return Hole("slot", CASE_ID) if self._is_case(value) else Hole("id", self._record[value])

    def _width(self, hole: Hole) -> int | None:
        """How many bytes it takes in every case, if it does."""
        if hole.kind == "slot":
            return len(self._names[0][0]) if hole.which == AREA else _SLOT_WIDTHS.get(hole.which)
        return len(self.life.houses[hole.which]) if hole.kind == "house" else _WIDTHS.get(hole.kind)

    def _lay_out(self, texts: Sequence[Sequence[Piece]], remarks: int, lengths: int) -> None:
        """Give every hole its place in the list of values."""
        life = self.life
        holes = {piece for text in texts for piece in text if isinstance(piece, Hole)}
        life.ids, life.keys, life.instants = (
            sorted(hole.which for hole in holes if hole.kind == kind) for kind in ("id", "key", "instant")
        )
        life.days = sorted((hole.kind, hole.which) for hole in holes if hole.kind in ("iso", "cn", "compact"))
        order = [
            *(Hole("id", which) for which in life.ids),
            *(Hole("key", which) for which in life.keys),
            *(Hole(*day) for day in life.days),
            *(Hole("instant", which) for which in life.instants),
            *(Hole("house", which) for which in range(len(life.houses))),
            *(Hole("pin", which) for which in range(len(life.pins))),
            *(Hole("token", which) for which in range(len(life.tokens))),
            *(Hole("remark", which) for which in range(remarks)),
            *(Hole("digest", which) for which in range(remarks)),
            *(Hole("hash", which) for which in range(len(self._entries))),
            *(Hole("length", which) for which in range(lengths)),
        ]
        self._at = {hole: at for at, hole in enumerate(order, FIRST_VALUE)}

    def _place(self, hole: Hole) -> int:
        return int(hole.which) if hole.kind == "slot" else self._at[hole]

    def _template(self, pieces: Sequence[Piece]) -> Template:
        return Template.of([self._place(piece) if isinstance(piece, Hole) else piece for piece in pieces])

    def _length(self, pieces: Sequence[Piece]) -> tuple[int, tuple[int, ...]]:
        fixed = sum(len(piece) for piece in pieces if isinstance(piece, bytes))
        return fixed, tuple(self._place(piece) for piece in pieces if isinstance(piece, Hole))


def _check(entries: Sequence[Mapping[str, Any]], reports: Sequence[Mapping[str, Any]]) -> None:
    """Refuse to go on where the platform makes hashes in another way than is done here."""
    before = b""
    for entry in entries:
        before = hashlib.sha256(before + _content(entry)).digest()
        if before != bytes(entry["hash"]):
            raise ValueError("an entry of the journal is hashed in another way than here")
    for report in reports:
        if bytes(report["token"]) != tracking_digest(report["id"]):
            raise ValueError("the digest of a tracking link is made in another way than here")


@cache
def _site_key() -> bytes:
    return settings.SECRET_KEY.encode()


def tracking_digest(report: int) -> bytes:
    """``Report.token`` of a report's id, without a model."""
    secret = hmac.digest(_site_key(), b"report:%d" % report, "sha256").hex()[:24]
    return hashlib.sha256(secret.encode()).digest()


def _content(entry: Mapping[str, Any]) -> bytes:
    """What ``kernel.journal.chain`` hashes of an entry."""
    remark = entry["remark"]
    return orjson.dumps(
        [
            entry["family"],
            entry["record_id"],
            entry["seq"],
            entry["at"].astimezone(dt.UTC).isoformat(timespec="microseconds"),
            entry["move"],
            entry["state"],
            entry["district"],
            entry["area"],
            entry["post"],
            entry["unit"],
            entry["client_id"],
            entry["facts"].value,
            f"<digest {remark.which}>"
            if isinstance(remark, Hole)
            else bytes(remark).hex()
            if remark
            else None,
        ],
        option=orjson.OPT_SORT_KEYS,
    )


def _array(values: Sequence[int]) -> bytes:
    """An array of big integers: dimensions, no nulls, type; length and first index; elements."""
    if not values:
        return struct.pack(">iiI", 0, 0, BIGINT)
    return struct.pack(">iiIii", 1, 0, BIGINT, len(values), 1) + b"".join(
        LENGTH.pack(KEY.size) + KEY.pack(value) for value in values
    )


_BINARY: dict[str, Callable[[Any], bytes]] = {
    "bigint": KEY.pack,
    "bigint[]": _array,
    "boolean": lambda value: b"\1" if value else b"\0",
    "bytea": bytes,
    "double precision": DOUBLE.pack,
    "integer": LENGTH.pack,
    "smallint": SHORT.pack,
    "uuid": lambda value: UUID(str(value)).bytes,
}
"""How PostgreSQL takes a value that is the same in every case, by the kind of its column."""


def _ordinal(instant: dt.datetime) -> int:
    """The day of an instant in the city."""
    return instant.astimezone(LOCAL).toordinal()


def _day(text: bytes) -> int:
    """The ordinal of a day as it is written."""
    year, month, day = map(int, re.findall(rb"\d+", text))
    return dt.date(year, month, day).toordinal()


def _lasting(vector: str) -> tuple[str, ...]:
    """Tags of a recorded case less those of its place, its number and its days."""
    known = (tag.strip("'") for tag in vector.split(" "))
    return tuple(tag for tag in known if not re.fullmatch(r"[abod]\d[\d.]*", tag))
