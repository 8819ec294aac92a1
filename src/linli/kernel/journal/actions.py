"""Writing entries, sealing days, erasing remarks."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from linli.kernel.access.actor import Actor
from linli.kernel.journal.chain import entry_hash, remark_digest
from linli.kernel.journal.models import Entry, Remark, Root
from linli.kernel.records.changes import Changes
from linli.kernel.records.models import Record
from linli.lib.errors import Invalid, NotFound
from linli.lib.time import LOCAL, now, today


def enter(
    changes: Changes,
    *,
    actor: Actor,
    record: Record,
    move: str,
    at: dt.datetime,
    facts: dict[str, Any],
    remark: str = "",
    public: bool = False,
    client_id: UUID | None = None,
) -> Entry:
    """Add the next entry of ``record``'s chain to the plan and bring ``record`` to its new version.

    ``facts`` must be JSON of strings, integers, booleans, None, lists and objects: no floats, whose text
    the database may write differently, and nothing personal.
    """
    seq = record.version + 1
    digest = None
    if remark:
        salt = os.urandom(16)
        digest = remark_digest(salt, remark, public)
        changes.insert(
            Remark(
                record_id=record.pk, seq=seq, district=record.district, text=remark, public=public, salt=salt
            )
        )
    entry = Entry(
        record_id=record.pk,
        seq=seq,
        family=record.family,
        district=record.district,
        area=record.area,
        at=at,
        move=move,
        state=record.state,
        post=actor.post,
        unit=actor.unit,
        client_id=client_id,
        facts=facts,
        remark=digest,
    )
    entry.hash = entry_hash(bytes(record.chain), entry)
    changes.insert(entry)
    record.version, record.chain = seq, entry.hash
    return entry


def seal(day: dt.date) -> Root:
    """Seal a past day of the city: hash the last entry of every chain that moved, onto the day before.

    A day sealed already is returned as it was. Refuses a day that has not ended, and one before a day that
    is sealed: the later seal stands on what was there then.
    """
    start = dt.datetime.combine(day, dt.time(), LOCAL)
    end = start + dt.timedelta(days=1)
    if now() < end:
        raise Invalid(fields={"day": "当日尚未结束，不能封存"})
    with transaction.atomic():
        known = Root.objects.filter(pk=day).first()
        if known:
            return known
        if Root.objects.filter(day__gt=day).exists():
            raise Invalid(fields={"day": "之后的日期已经封存，不能补封"})
        root = Root(day=day, sealed_at=now(), prev=_previous_root(day))
        digest, root.entries, root.chains = day_digest(start, end)
        root.hash = hashlib.sha256(bytes(root.prev) + digest).digest()
        root.save(force_insert=True)
    return root


def seal_due() -> list[Root]:
    """Seal every day that has ended since the last seal, yesterday included: a night missed is made up."""
    yesterday = today() - dt.timedelta(days=1)
    last = Root.objects.order_by("-day").values_list("day", flat=True).first()
    first = last + dt.timedelta(days=1) if last else yesterday
    return [seal(first + dt.timedelta(days=n)) for n in range((yesterday - first).days + 1)]


def day_digest(start: dt.datetime, end: dt.datetime) -> tuple[bytes, int, int]:
    """(digest over the chains' last hashes by record, number of entries, number of chains)."""
    digest, entries, chains = hashlib.sha256(), 0, 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT record_id, count(*), (array_agg(hash ORDER BY seq DESC))[1] FROM journal_entry"
            " WHERE at >= %s AND at < %s GROUP BY record_id ORDER BY record_id",
            [start, end],
        )
        while rows := cursor.fetchmany(5000):
            for record_id, count, last in rows:
                digest.update(record_id.to_bytes(8, "big") + bytes(last))
                entries += count
                chains += 1
    return digest.digest(), entries, chains


def _previous_root(day: dt.date) -> bytes:
    last = Root.objects.filter(day__lt=day).order_by("-day").first()
    return bytes(last.hash) if last else b""


def erase_remark(actor: Actor, *, record_id: int, seq: int, why: str) -> None:
    """Erase what was written with a move; the entry, and that something was erased, remain."""
    actor.require("journal.erase_remark")
    if not why.strip():
        raise Invalid(fields={"why": "请写明删除依据"})
    done = Remark.objects.filter(record_id=record_id, seq=seq, erased_at=None).update(
        text="", salt=b"", erased_at=now(), erased_why=why.strip()[:200]
    )
    if not done:
        raise NotFound("未找到可删除的意见")
