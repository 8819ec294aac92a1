"""Finding any change to what was once recorded."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from django.db import connection

from linli.kernel.journal.actions import day_digest
from linli.kernel.journal.chain import entry_hash, remark_digest
from linli.kernel.journal.models import Entry, Root
from linli.kernel.records.models import Record
from linli.lib.time import LOCAL

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


def verify(progress: Callable[[int], None] | None = None) -> Report:
    """Recompute every hash of every chain, compare the records' heads, the remarks and the daily roots."""
    report = Report()
    heads = {family: {head.pk: head for head in _heads(model)} for family, model in HEADS.items()}
    for record_id, chain in groupby(_entries(), key=lambda e: e.record_id):
        _verify_chain(record_id, list(chain), heads, report)
        report.chains += 1
        if progress and report.chains % 1000 == 0:
            progress(report.entries)
    for family, left in heads.items():
        report.problems += [f"{family} {pk}：记录存在，但留痕全部缺失" for pk in left]
    _verify_remarks(report)
    _verify_roots(report)
    return report


def _entries() -> Iterator[Entry]:
    yield from Entry.objects.order_by("record_id", "seq").iterator(chunk_size=5000)


class Head(NamedTuple):
    """What a record says of the last entry of its chain."""

    pk: int
    version: int
    chain: bytes
    state: str
    district: str
    area: str


def _heads(model: type[Record]) -> Iterator[Head]:
    columns = ("pk", "version", "chain", "state", "district", "area")
    for pk, version, chain, *rest in model._default_manager.values_list(*columns).iterator(chunk_size=5000):
        yield Head(pk, version, bytes(chain), *rest)


def _verify_chain(
    record_id: int, chain: list[Entry], heads: dict[str, dict[int, Head]], report: Report
) -> None:
    family, prev = chain[0].family, b""
    for position, entry in enumerate(chain, start=1):
        report.entries += 1
        if entry.seq != position:
            report.problems.append(f"{family} {record_id}：第 {position} 条留痕缺失")
            break
        if bytes(entry.prev) != prev or entry.family != family or entry_hash(entry) != bytes(entry.hash):
            report.problems.append(f"{family} {record_id}：第 {entry.seq} 条留痕被改动")
            break
        prev = bytes(entry.hash)
    if family not in heads:
        return
    head = heads[family].pop(record_id, None)
    if head is None:
        report.problems.append(f"{family} {record_id}：留痕存在，但记录缺失")
    elif head[1:3] != (chain[-1].seq, bytes(chain[-1].hash)):
        report.problems.append(f"{family} {record_id}：记录的版本与最后一条留痕不符")
    elif head[3:] != (chain[-1].state, chain[-1].district, chain[-1].area):
        report.problems.append(f"{family} {record_id}：记录的状态或区域与最后一条留痕不符")


def _verify_remarks(report: Report) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.family, e.record_id, e.seq, e.remark, e.district, r.district, r.salt, r.text, r.public,"
            " r.erased_at IS NOT NULL"
            " FROM journal_entry e LEFT JOIN journal_remark r"
            " ON r.record_id = e.record_id AND r.seq = e.seq AND r.district = e.district"
            " WHERE e.remark IS NOT NULL"
        )
        while rows := cursor.fetchmany(5000):
            for family, record_id, seq, digest, district, placed, salt, text, public, erased in rows:
                if salt is None:
                    report.problems.append(f"{family} {record_id}：第 {seq} 条意见缺失")
                elif erased:
                    report.erased += 1
                elif district != placed or remark_digest(bytes(salt), text, public) != bytes(digest):
                    report.problems.append(f"{family} {record_id}：第 {seq} 条意见被改动")
        cursor.execute(
            "SELECT r.record_id, r.seq FROM journal_remark r LEFT JOIN journal_entry e"
            " ON e.record_id = r.record_id AND e.seq = r.seq AND e.district = r.district"
            " WHERE e.remark IS NULL"
        )
        report.problems += [f"{pk}：第 {seq} 条意见没有对应的留痕" for pk, seq in cursor.fetchall()]


def _verify_roots(report: Report) -> None:
    prev = b""
    for root in Root.objects.order_by("day"):
        start = dt.datetime.combine(root.day, dt.time(), LOCAL)
        digest, entries, chains = day_digest(start, start + dt.timedelta(days=1))
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
