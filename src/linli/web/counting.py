"""Counting deeds for a while, in all processes together: rate limits, and pauses after wrong passwords.

A count lives in one row of an unlogged table: one statement, no disk waited for, no server besides the
database. It is kept under a digest made with the site's key, so that nobody can tell from the table which
address or user name was counted; it ends with its window, and the row is removed soon after (``jobs``).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection

from linli.lib.time import now

_COUNT = (
    "INSERT INTO web_tally AS known (key, number, ends_at) VALUES (%(key)s, %(more)s, %(ends)s)"
    " ON CONFLICT (key) DO UPDATE SET"
    " number = CASE WHEN known.ends_at > %(at)s THEN known.number ELSE 0 END + excluded.number,"
    " ends_at = CASE WHEN known.ends_at > %(at)s AND NOT %(renew)s"
    " THEN known.ends_at ELSE excluded.ends_at END"
    " RETURNING number"
)
_LOOK = "SELECT number, ends_at FROM web_tally WHERE key = %s AND ends_at > %s"


@dataclass(frozen=True)
class Counted:
    """How many so far, and when it is forgotten."""

    number: int
    ends_at: dt.datetime


@dataclass(frozen=True)
class Count:
    """What is counted under a key for ``window``, which begins with the first deed.

    With ``renew`` every deed begins it anew: only that long a rest ends the count.
    """

    key: bytes
    window: dt.timedelta
    renew: bool = False

    @classmethod
    def of(cls, name: str, subject: str, window: dt.timedelta, *, renew: bool = False) -> Count:
        """The count called ``name`` of ``subject``, which is stored as a keyed digest alone."""
        made = hmac.new(settings.SECRET_KEY.encode(), f"count:{name}:{subject}".encode(), hashlib.sha256)
        return cls(made.digest()[:16], window, renew)

    def add(self, more: int = 1) -> int:
        """Count ``more`` deeds; returns how many there are with them, whoever else counts meanwhile."""
        at = now()
        given: dict[str, Any] = {"key": self.key, "more": more, "renew": self.renew}
        given |= {"at": at, "ends": at + self.window}
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, given)
            (number,) = cursor.fetchone()
        return int(number)

    def so_far(self) -> Counted | None:
        """What is counted now, if anything is."""
        with connection.cursor() as cursor:
            cursor.execute(_LOOK, [self.key, now()])
            row = cursor.fetchone()
        return Counted(*row) if row is not None else None

    def forget(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM web_tally WHERE key = %s", [self.key])


def sweep() -> int:
    """Remove the counts whose window has ended; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM web_tally WHERE ends_at <= %s", [now()])
        return int(cursor.rowcount)
