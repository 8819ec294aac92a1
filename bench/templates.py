"""A life of a case as text with holes.

How holes are found: while lives are recorded the sequences stand at numbers that nothing else can look like
(``RECORD``, ``CASE``), and what is no id is replaced by a name in angle brackets before rows become text.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
from typing import Any

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

NOTHING, CASE_ID, NUMBER, NAME, ROAD, AREA, WORKER, TITLE, WORDS, TAGS, FIRST_ID = range(11)
"""Places in the list of values that fills a template: an empty one, the case's id and number, name, road,
grid and grid worker of its place, its title, search words and tags; then its record ids."""


Filler = Callable[[Sequence[bytes]], bytes]
"""Fills a template with a case's values."""


@dataclass(frozen=True, slots=True)
class Template:
    """Bytes with holes, and which of a case's values go into them."""

    text: bytes
    holes: tuple[int, ...]

    def filler(self) -> Filler:
        # two empty values at the end, so that there is always a tuple to take
        text, take = self.text + b"%b%b", itemgetter(*self.holes, NOTHING, NOTHING)
        return lambda values: text % take(values)


@dataclass(slots=True)
class Life:
    """One life. The values of a case are laid out as ``record_ids`` to ``entries`` follow each other here."""

    place: int
    """Index of the place where it was lived."""
    weight: float
    """How many cases of its year it stands for."""
    record_ids: int
    """How many ids of records it needs."""
    days: list[tuple[str, int]] = field(default_factory=list)
    """(way of writing, ordinal of the day) of every day that is written."""
    houses: list[str] = field(default_factory=list)
    """House numbers in its texts."""
    pins: list[tuple[str, float]] = field(default_factory=list)
    """``lng`` or ``lat`` with its distance from the case's own pin."""
    tokens: list[int] = field(default_factory=list)
    """Reports, by place of their id in the values, whose tracking digest is needed."""
    remarks: list[tuple[bytes, Template]] = field(default_factory=list)
    """Remarks that name the place: what stands before the text when it is hashed, and the text."""
    entries: list[Template] = field(default_factory=list)
    """What is hashed of each entry of the journal after the hash before it."""
    rows: dict[str, Template] = field(default_factory=dict)
    """Lines for COPY by table."""
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


@dataclass(frozen=True)
class Json:
    """A value of a column of JSON."""

    value: Any


class Templating:
    """Makes a ``Life`` of the rows of one."""

    def __init__(self, rows: Rows, spots: Spots, place: int, weight: float) -> None:
        self._rows = rows
        (self._case,) = rows["cases_case"]
        self._entries = sorted(rows["journal_entry"], key=itemgetter("seq"))
        _check(self._entries, rows["cases_report"])
        ids = [row["id"] for table in rows.values() for row in table if RECORD <= row.get("id", 0) < CASE]
        self._at = {b"%d" % pk: FIRST_ID + number for number, pk in enumerate(ids)}
        self._at |= {b"%d" % CASE: CASE_ID, b"%d" % self._case["id"]: CASE_ID}
        self._at |= {self._case["number"].encode(): NUMBER}
        self._at |= {b"<spot %d>" % at: at for at in (NAME, ROAD, AREA, TITLE, WORDS, TAGS)}
        self._at[b"%d" % WORKER_POST] = WORKER
        self._names = [
            (name.encode(), b"<spot %d>" % at)
            for name, at in ((spots.area[place], AREA), (spots.name[place], NAME), (spots.road[place], ROAD))
        ]
        self.life = Life(place=place, weight=weight, record_ids=len(ids))
        self._worker(spots.worker[place])
        self._build()

    def _build(self) -> None:
        life, case = self.life, self._case
        reports = self._rows["cases_report"]
        life.written = (case["address"], *(report["text"] for report in reports))
        self._house_numbers()
        self._pins()
        case["title"] = f"<spot {TITLE}>"
        (found_by,) = self._rows["cases_casetext"]
        life.tags = _lasting(found_by["tags"])
        found_by |= {"words": f"<spot {WORDS}>", "tags": f"<spot {TAGS}>"}
        remarks = self._remarks()
        contents = [self._cut(_content(entry)) for entry in self._entries]
        for number, entry in enumerate(self._entries):
            entry["prev"] = Made(f"hash {number - 1}") if number else b""
            entry["hash"] = Made(f"hash {number}")
        case["chain"] = Made(f"hash {len(self._entries) - 1}")
        for number, report in enumerate(reports):
            life.tokens.append(self._at[b"%d" % report["id"]])
            report["token"] = Made(f"token {number}")
            if report["source_number"]:
                report["source_number"] = Source(report["at"])
        rows = {table: self._cut(b"".join(map(_line, rows))) for table, rows in self._rows.items()}
        self._lay_out([*contents, *rows.values(), *(cut for _, cut in remarks)], len(remarks))
        life.remarks = [(head, self._template(cut)) for head, cut in remarks]
        life.entries = [self._template(cut) for cut in contents]
        life.rows = {table: self._template(cut) for table, cut in rows.items()}
        life.opened = int(case["opened_at"].timestamp())
        life.closed = int(case["closed_at"].timestamp()) if case["closed_at"] else None
        life.last_move = int(self._entries[-1]["at"].timestamp())
        life.is_open = case["state"] != CaseState.CLOSED
        ordinals = [day for _, day in life.days]
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
                row[name] = Pin(self.life.pins.index(pin))

    def _remarks(self) -> list[tuple[bytes, Cut]]:
        """Remarks with holes, to be hashed case by case; the others' digests are set in their entries."""
        said = {row["seq"]: row for row in self._rows.get("journal_remark", [])}
        found: list[tuple[bytes, Cut]] = []
        for entry in self._entries:
            row = said.get(entry["seq"])
            if row is None:
                continue
            head = bytes(row["salt"]) + (b"public:" if row["public"] else b"internal:")
            cut = self._cut(row["text"].encode())
            if cut.holes:
                entry["remark"] = Made(f"remark {len(found)}")
                found.append((head, cut))
        return found

    # Text and its holes

    def _cut(self, text: bytes) -> Cut:
        for name, mark in self._names:
            text = text.replace(name, mark)
        literal, holes, at = [], [], 0
        for hit in _HOLE.finditer(text):
            literal.append(text[at : hit.start()].replace(b"%", b"%%"))
            holes.append((str(hit.lastgroup), hit[0]))
            at = hit.end()
        literal.append(text[at:].replace(b"%", b"%%"))
        return Cut(b"%b".join(literal), holes)

    def _lay_out(self, cuts: Sequence[Cut], remarks: int) -> None:
        """Give every hole its place in the list of values."""
        life = self.life
        days = {hole: _day(*hole) for cut in cuts for hole in cut.holes if hole[0] in ("iso", "cn")}
        compact = {hole[1] for cut in cuts for hole in cut.holes if hole[1].startswith(b"<compact")}
        days |= {("made", hole): ("compact", int(hole[9:-1])) for hole in compact}
        life.days = sorted(set(days.values()))
        at = FIRST_ID + life.record_ids
        self._at |= {hole: at + life.days.index(day) for (_, hole), day in days.items()}
        at += len(life.days)
        for what, count in (
            ("house", len(life.houses)),
            ("pin", len(life.pins)),
            ("token", len(life.tokens)),
            ("remark", remarks),
            ("hash", len(self._entries)),
        ):
            self._at |= {f"<{what} {number}>".encode(): at + number for number in range(count)}
            at += count

    def _template(self, cut: Cut) -> Template:
        return Template(cut.text, tuple(self._at[hole] for _, hole in cut.holes))


@dataclass(frozen=True)
class Cut:
    """Bytes with ``%b`` for each hole, and what stood there: (kind of hole, recorded bytes)."""

    text: bytes
    holes: list[tuple[str, bytes]]


@dataclass(frozen=True)
class Made:
    """Bytes computed case by case."""

    name: str


@dataclass(frozen=True)
class Pin:
    """A coordinate: which of the life's ``pins``."""

    number: int


@dataclass(frozen=True)
class Source:
    """The hotline's own number: its day and something that no other has."""

    at: dt.datetime


def _check(entries: Sequence[Mapping[str, Any]], reports: Sequence[Mapping[str, Any]]) -> None:
    """Refuse to go on where the platform makes hashes in another way than is done here."""
    for entry in entries:
        if hashlib.sha256(bytes(entry["prev"]) + _content(entry)).digest() != bytes(entry["hash"]):
            raise ValueError("an entry of the journal is hashed in another way than here")
    for report in reports:
        if bytes(report["token"]).hex().encode() != tracking_digest(report["id"]):
            raise ValueError("the digest of a tracking link is made in another way than here")


@cache
def _site_key() -> hmac.HMAC:
    return hmac.new(settings.SECRET_KEY.encode(), digestmod=hashlib.sha256)


def tracking_digest(report: int) -> bytes:
    """``Report.token`` of a report's id as hex digits, without a model and with the key taken in once."""
    mac = _site_key().copy()
    mac.update(b"report:%d" % report)
    return hashlib.sha256(mac.hexdigest()[:24].encode()).hexdigest().encode()


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
            f"<{remark.name}>" if isinstance(remark, Made) else bytes(remark).hex() if remark else None,
        ],
        option=orjson.OPT_SORT_KEYS,
    )


_ESCAPES = {ord("\\"): "\\\\", ord("\t"): "\\t", ord("\n"): "\\n", ord("\r"): "\\r"}


def _text(value: Any) -> bytes:
    """A value as COPY reads it, with holes by name in angle brackets."""
    if value is None:
        return b"\\N"
    if value is True or value is False:
        return b"t" if value else b"f"
    if isinstance(value, Made):
        return b"\\\\x<%b>" % value.name.encode()
    if isinstance(value, Pin):
        return b"<pin %d>" % value.number
    if isinstance(value, Source):
        day = value.at.astimezone(LOCAL).toordinal()
        return b"RX<compact %d>-%d" % (day, CASE)
    if isinstance(value, bytes | memoryview):
        return b"\\\\x" + bytes(value).hex().encode()
    if isinstance(value, Json):
        return orjson.dumps(value.value).decode().translate(_ESCAPES).encode()
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().encode()
    if isinstance(value, list):
        return b"{%b}" % b",".join(_text(one) for one in value)
    return str(value).translate(_ESCAPES).encode()


def _line(row: Mapping[str, Any]) -> bytes:
    return b"\t".join(map(_text, row.values())) + b"\n"


def _day(way: str, text: bytes) -> tuple[str, int]:
    """(way of writing, ordinal) of a day."""
    year, month, day = map(int, re.findall(rb"\d+", text))
    return way, dt.date(year, month, day).toordinal()


def _lasting(vector: str) -> tuple[str, ...]:
    """Tags of a recorded case less those of its place, its number and its days."""
    known = (tag.strip("'") for tag in vector.split(" "))
    return tuple(tag for tag in known if not re.fullmatch(r"[abod]\d[\d.]*", tag))
