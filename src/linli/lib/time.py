"""The project's clock. Everything asks here, so that tests and the demo city can set it.

Times are aware and stored in UTC; people see the city's time (``LOCAL``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
"""China has one civil time; a record's instant is stored in UTC whatever this is."""

_frozen: ContextVar[dt.datetime | None] = ContextVar("linli_now", default=None)


def now() -> dt.datetime:
    """The present instant, aware, in UTC."""
    return _frozen.get() or dt.datetime.now(dt.UTC)  # noqa: TID251 - the one place


def today() -> dt.date:
    """The present date in the city's time."""
    return now().astimezone(LOCAL).date()


@contextmanager
def at(instant: dt.datetime) -> Iterator[None]:
    """Let ``now()`` be ``instant`` inside the block (context-local, so other threads are untouched)."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    token = _frozen.set(instant.astimezone(dt.UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
