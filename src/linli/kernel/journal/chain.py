"""Hashes of the chain: pure functions, so that anybody can recompute them from exported rows."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any, Protocol
from uuid import UUID

import orjson


class Link(Protocol):
    """What of an entry is hashed."""

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
    remark: Any


def entry_hash(before: bytes, entry: Link) -> bytes:
    """SHA-256 over the hash of the entry before and the entry's content in canonical JSON (sorted keys, UTC).

    ``before`` is empty for the first of a chain. No entry keeps it: it stands in the one before.
    Everything of an entry is in it but ``tx``, which the database sets when the row is written.
    """
    remark = bytes(entry.remark).hex() if entry.remark else None
    content = [
        entry.family,
        entry.record_id,
        entry.seq,
        entry.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        entry.move,
        entry.state,
        entry.district,
        entry.area,
        entry.post,
        entry.unit,
        entry.client_id,
        entry.facts,
        remark,
    ]
    return hashlib.sha256(before + orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()


def remark_digest(salt: bytes, text: str, public: bool) -> bytes:
    """Salted, so that a short remark cannot be guessed from its digest once it is erased. Whom it was
    meant for is part of it: words among colleagues are not turned into words to the reporter."""
    return hashlib.sha256(salt + (b"public:" if public else b"internal:") + text.encode()).digest()
