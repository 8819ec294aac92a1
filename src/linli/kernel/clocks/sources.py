"""What limits were laid down in, each text kept once.

A city has some dozens of such texts and tens of millions of clocks that cite them. A clock holds a text's
key, which is made from the text: every process and every database gives the same one, so what is remembered
here is never wrong, and a row that says it a second time says the same.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache, partial

from django.db import connection, transaction

from linli.kernel.records.prepared import fetch

NONE = 0
"""The key of a limit without a source."""

_texts: dict[int, str] = {NONE: ""}
_kept: set[int] = {NONE}
"""Keys whose rows are committed."""


def keep(text: str) -> int:
    """The key of ``text``, whose row is there before the clock that cites it, or in the same transaction.

    Only what is committed is remembered as kept: a text whose transaction was undone is written again.
    """
    key = key_of(text)
    _texts[key] = text
    if key not in _kept and not _is_under_way(key):
        fetch(
            "INSERT INTO clocks_source (id, text) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING id",
            (key, text),
        )
        transaction.on_commit(partial(_kept.add, key))
    return key


@lru_cache(maxsize=1_000)
def key_of(text: str) -> int:
    """48 bits of the text's digest: that two of a city's texts share a key is one chance in a hundred
    billion, and every reader of JSON holds them exactly."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6]) if text else NONE


def text_of(key: int) -> str:
    """The text that a clock cites."""
    if key not in _texts:
        _texts.update(fetch("SELECT id, text FROM clocks_source", ()))
    return _texts.get(key, "")


def forget() -> None:
    """Take nothing as kept: another database is in use now."""
    _kept.intersection_update({NONE})


def _is_under_way(key: int) -> bool:
    """Whether the transaction in hand has written the row, and has not taken it back."""
    waiting = (entry[1] for entry in connection.run_on_commit)
    return any(isinstance(one, partial) and one.func == _kept.add and one.args == (key,) for one in waiting)
