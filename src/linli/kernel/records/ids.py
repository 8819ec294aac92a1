"""Identifiers from PostgreSQL sequences, a block at a time.

A process takes ``BLOCK`` values with one call and hands them out from memory: no hot row, no round trip
per record, never a value twice. What a stopped process did not use is never used by anybody.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from itertools import chain

from django.db import connections

from linli.kernel.records.prepared import fetch

BLOCK = 100
NEXT = "SELECT nextval(%s::text::regclass) FROM generate_series(1, %s::int)"


class _Blocks:
    def __init__(self) -> None:
        self._left: dict[tuple[str, str], Iterator[int]] = {}
        self.begin()
        os.register_at_fork(after_in_child=self.begin)  # a fork must not share its parent's blocks

    def begin(self) -> None:
        self._lock = threading.Lock()  # in a fork the old one may be held for ever
        self._left.clear()

    def next(self, sequence: str, using: str) -> int:
        with self._lock:
            key = self._key(sequence, using)
            left = self._left.get(key)
            value = next(left, None) if left is not None else None
            if value is None:
                (first,) = self._take(sequence, using, 1)
                self._left[key] = iter(range(first + 1, first + BLOCK))
                value = first
            return value

    def reserve(self, count: int, sequence: str, using: str) -> None:
        with self._lock:
            key = self._key(sequence, using)
            left = list(self._left.get(key, ()))
            blocks = -(-(count - len(left)) // BLOCK)
            taken = self._take(sequence, using, blocks) if blocks > 0 else []
            self._left[key] = chain(left, *(range(first, first + BLOCK) for first in taken))

    def _key(self, sequence: str, using: str) -> tuple[str, str]:
        return str(connections.settings[using]["NAME"]), sequence

    def _take(self, sequence: str, using: str, blocks: int) -> list[int]:
        """The first values of so many blocks."""
        return [first for (first,) in fetch(NEXT, [sequence, blocks], using=using)]

    def forget(self) -> None:
        with self._lock:
            self._left.clear()


_blocks = _Blocks()


def next_id(sequence: str = "record_ids", using: str = "default") -> int:
    """The next value of ``sequence`` (which must be created with ``INCREMENT BY 100``)."""
    return _blocks.next(sequence, using)


def reserve(count: int, sequence: str = "record_ids", using: str = "default") -> None:
    """Have at least ``count`` values of ``sequence`` at hand, so that a large plan asks for them once."""
    _blocks.reserve(count, sequence, using)


def forget_blocks() -> None:
    """Drop the blocks held in memory (tests recreate their databases under the same name)."""
    _blocks.forget()
