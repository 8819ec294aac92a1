"""Finding any change to what was once recorded.

Records are looked at in the order of their ids, some thousand at a time: their entries, their heads and their
remarks together, each found by the index that leads with the id. So memory does not grow with the journal,
nothing is sorted whole, each part is seen as of one instant while work goes on, and several processes share
the parts.
"""

from __future__ import annotations

import datetime as dt
import gc
import hashlib
import multiprocessing
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from itertools import groupby, pairwise
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import connection, connections, transaction

from linli.kernel.journal.actions import day_digest
from linli.kernel.journal.chain import entry_hash, remark_digest
from linli.kernel.journal.models import Root
from linli.kernel.records.models import Record
from linli.lib.time import LOCAL

MANY = 20_000
"""Entries looked at together, in memory at once."""

HEADS: dict[str, type[Record]] = {}
"""Families whose rows carry the head of their chain (registered by ``kernel.flow``)."""


@dataclass
class Report:
    """What was checked, and every discrepancy as one Chinese sentence."""

    entries: int = 0
    chains: int = 0
    roots: int = 0
    erased: int = 0
    """Remarks whose text was erased: there is nothing left to check them by."""
    problems: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.problems

    def add(self, other: Report) -> None:
        """Take in what was found in another part."""
        self.entries += other.entries
        self.chains += other.chains
        self.erased += other.erased
        self.problems += other.problems


def verify(progress: Callable[[int], None] | None = None, *, processes: int = 1) -> Report:
    """Recompute every hash of every chain, compare the records' heads, the remarks and the daily roots."""
    report = Report()
    parts, roots = list(_parts()), list(Root.objects.order_by("day"))
    with _shared(processes) as each:
        for found in each(verify_part, parts):
            report.add(found)
            if progress:
                progress(report.entries)
        _verify_roots(report, roots, each(_digest_of, [root.day for root in roots]))
    return report


Each = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]


@contextmanager
def _shared(processes: int) -> Iterator[Each]:
    """``map`` over some processes, or here: by one, or within a transaction, which no other sees into."""
    if processes == 1 or connection.in_atomic_block:
        yield map
        return
    connections.close_all()  # no process may talk through another's connection
    pool: Executor
    # nothing that is made here refers back to itself: looking for such rings would take a third of the time
    with ProcessPoolExecutor(processes, multiprocessing.get_context("fork"), gc.disable) as pool:
        yield pool.map


# Chains, heads and remarks ---------------------------------------------------------------------------------

Part = tuple[int, int]
"""Records by id: after the first, up to the second."""

LOWEST, HIGHEST = -(2**63), 2**63 - 1


def _parts() -> Iterator[Part]:
    """All ids there may be, cut after each ``MANY`` entries, between two records."""
    return pairwise([LOWEST, *_cuts(), HIGHEST])


def _cuts() -> Iterator[int]:
    last = LOWEST
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT record_id FROM journal_entry WHERE record_id > %s"
                " ORDER BY record_id OFFSET %s LIMIT 1",
                [last, MANY],
            )
            found = cursor.fetchone()
            if found is None:
                return
            (last,) = found
            yield last


@dataclass(slots=True)
class Row:
    """An entry as it stands in the table."""

    record_id: int
    seq: int
    family: str
    district: str
    area: str
    at: dt.datetime
    move: str
    state: str
    post: int | None
    unit: int | None
    client_id: UUID | None
    facts: Any
    remark: bytes | None
    hash: bytes


class Head(NamedTuple):
    """What a record says of the last entry of its chain."""

    version: int
    chain: bytes
    state: str
    district: str
    area: str


class Said(NamedTuple):
    """A remark as it stands in the table."""

    salt: bytes
    text: str
    public: bool
    is_erased: bool


Place = tuple[int, str]
"""Where a remark belongs: the number of its entry, and the district."""

ENTRIES = ", ".join(one.name for one in fields(Row))
HEAD = ", ".join(Head._fields)


def verify_part(part: Part) -> Report:
    """What ``verify`` says of the records of a part, the daily roots aside."""
    report = Report()
    with _one_instant():
        heads = {family: _heads(model, part) for family, model in HEADS.items()}
        said, entries = _said(part), _entries(part)
    for record_id, chain in groupby(entries, key=lambda row: row.record_id):
        rows = list(chain)
        _verify_chain(record_id, rows, heads, report)
        _verify_remarks(record_id, rows, said.pop(record_id, {}), report)
        report.chains += 1
    for family, left in heads.items():
        report.problems += [f"{family} {pk}：记录存在，但留痕全部缺失" for pk in left]
    for record_id, remarks in said.items():
        _verify_remarks(record_id, [], remarks, report)
    return report


@contextmanager
def _one_instant() -> Iterator[None]:
    """All questions are answered as of the first, whatever is written meanwhile, and each by its index.

    In a transaction that has begun already nothing can be said of the instant.
    """
    is_ours = not connection.in_atomic_block
    with transaction.atomic():
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                cursor.execute("SET LOCAL enable_seqscan = off")
        yield


def _asked(columns: str, table: str, key: str, part: Part) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table} WHERE {key} > %s AND {key} <= %s", part)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _entries(part: Part) -> list[Row]:
    found = [Row(*row) for row in _asked(ENTRIES, "journal_entry", "record_id", part)]
    return sorted(found, key=lambda row: (row.record_id, row.seq))


def _heads(model: type[Record], part: Part) -> dict[int, Head]:
    found = _asked(f"id, {HEAD}", f'"{model._meta.db_table}"', "id", part)
    return {pk: Head._make(row) for pk, *row in found}


def _said(part: Part) -> dict[int, dict[Place, Said]]:
    found: defaultdict[int, dict[Place, Said]] = defaultdict(dict)
    columns = "record_id, seq, district, salt, text, public, erased_at IS NOT NULL"
    for record_id, seq, district, *row in _asked(columns, "journal_remark", "record_id", part):
        found[record_id][seq, district] = Said._make(row)
    return found


def _verify_chain(
    record_id: int, chain: list[Row], heads: dict[str, dict[int, Head]], report: Report
) -> None:
    family, prev = chain[0].family, b""
    for position, row in enumerate(chain, start=1):
        report.entries += 1
        if row.seq != position:
            report.problems.append(f"{family} {record_id}：第 {position} 条留痕缺失")
            break
        if row.family != family or not _follows(row, prev):
            report.problems.append(f"{family} {record_id}：第 {row.seq} 条留痕被改动")
            break
        prev = row.hash
    if family not in heads:
        return
    head, last = heads[family].pop(record_id, None), chain[-1]
    if head is None:
        report.problems.append(f"{family} {record_id}：留痕存在，但记录缺失")
    elif head[:2] != (last.seq, last.hash):
        report.problems.append(f"{family} {record_id}：记录的版本与最后一条留痕不符")
    elif head[2:] != (last.state, last.district, last.area):
        report.problems.append(f"{family} {record_id}：记录的状态或区域与最后一条留痕不符")


def _follows(row: Row, prev: bytes) -> bool:
    """Whether the entry is what was written after the one with the hash ``prev``."""
    row.facts = orjson.loads(row.facts)
    return entry_hash(prev, row) == row.hash


def _verify_remarks(record_id: int, chain: list[Row], said: dict[Place, Said], report: Report) -> None:
    for row in chain:
        if row.remark is None:
            continue
        remark = said.pop((row.seq, row.district), None)
        if remark is None:
            report.problems.append(f"{row.family} {record_id}：第 {row.seq} 条意见缺失")
        elif remark.is_erased:
            report.erased += 1
        elif remark_digest(remark.salt, remark.text, remark.public) != row.remark:
            report.problems.append(f"{row.family} {record_id}：第 {row.seq} 条意见被改动")
    report.problems += [f"{record_id}：第 {seq} 条意见没有对应的留痕" for seq, _ in said]


# Daily roots -----------------------------------------------------------------------------------------------


def _digest_of(day: dt.date) -> tuple[bytes, int, int]:
    start = dt.datetime.combine(day, dt.time(), LOCAL)
    return day_digest(start, start + dt.timedelta(days=1))


def _verify_roots(report: Report, roots: Sequence[Root], digests: Iterable[tuple[bytes, int, int]]) -> None:
    prev = b""
    for root, (digest, entries, chains) in zip(roots, digests, strict=True):
        expected = hashlib.sha256(prev + digest).digest()
        if (bytes(root.prev), bytes(root.hash), root.entries, root.chains) != (
            prev,
            expected,
            entries,
            chains,
        ):
            report.problems.append(f"{root.day} 的日封存值与留痕不符")
        prev = bytes(root.hash)
        report.roots += 1
