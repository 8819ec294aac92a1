"""Hashes of the chain: pure functions, so that anybody can recompute them from exported rows."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any, Protocol

import orjson


class Link(Protocol):
    """What of an entry is hashed."""

    record_id: int
    seq: int
    family: str
    area: str
    at: dt.datetime
    move: str
    state: str
    post: int | None
    unit: int | None
    facts: Any
    remark: Any
    prev: Any


def entry_hash(entry: Link) -> bytes:
    """SHA-256 over the previous hash and the entry's content in canonical JSON (sorted keys, UTC)."""
    remark = bytes(entry.remark).hex() if entry.remark else None
    content = [
        entry.family,
        entry.record_id,
        entry.seq,
        entry.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        entry.move,
        entry.state,
        entry.area,
        entry.post,
        entry.unit,
        entry.facts,
        remark,
    ]
    return hashlib.sha256(bytes(entry.prev) + orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()


def remark_digest(salt: bytes, text: str) -> bytes:
    return hashlib.sha256(salt + text.encode()).digest()
