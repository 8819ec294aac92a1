"""Identifiers from PostgreSQL sequences, a block at a time.

A process takes ``BLOCK`` values with one call and hands them out from memory: no hot row, no round trip
per record, never a value twice. What a stopped process did not use is never used by anybody.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

from django.db import connections

BLOCK = 100


class _Blocks:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: dict[tuple[str, str], Iterator[int]] = {}
        self._pid = os.getpid()

    def next(self, sequence: str, using: str) -> int:
        with self._lock:
            if self._pid != os.getpid():  # a fork must not share its parent's block
                self._left.clear()
                self._pid = os.getpid()
            key = (str(connections[using].settings_dict["NAME"]), sequence)
            left = self._left.get(key)
            value = next(left, None) if left is not None else None
            if value is None:
                first = self._take(sequence, using)
                self._left[key] = iter(range(first + 1, first + BLOCK))
                value = first
            return value

    def _take(self, sequence: str, using: str) -> int:
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT nextval(%s)", [sequence])
            return int(cursor.fetchone()[0])

    def forget(self) -> None:
        with self._lock:
            self._left.clear()


_blocks = _Blocks()


def next_id(sequence: str = "record_ids", using: str = "default") -> int:
    """The next value of ``sequence`` (which must be created with ``INCREMENT BY 100``)."""
    return _blocks.next(sequence, using)


def forget_blocks() -> None:
    """Drop the blocks held in memory (tests recreate their databases under the same name)."""
    _blocks.forget()
