"""What the journal tells of clocks: for each a short list, read back as named values.

* ``[name, limit, due]`` — started, with this limit
* ``[name, "met", used]``, and ``missed`` or ``cancelled`` — ended
* ``[name, "paused", remaining]``
* ``[name, "resumed", due, paused_seconds]``
* ``[name, "extended", limit, due, source]``
* ``[name, "due", due]`` — due otherwise, by a revision of the calendar

What is unusual follows by its name in an object at the end. An instant that is the entry's own is not told.
Entries are kept for ever, and half of what they say is this: with names it took twice the room.

Entries written before tell objects; ``named`` reads both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from linli.lib.time import LOCAL

Told = list[Any]
"""One of the lists above."""

KEY = "clocks"
"""Under which an entry's facts hold them."""

_NAMES = {
    "met": ("used",),
    "missed": ("used",),
    "cancelled": ("used",),
    "paused": ("remaining",),
    "resumed": ("due", "paused_seconds"),
    "extended": ("extension", "due", "extension_source"),
    "due": ("due",),
}
"""What follows a deed's word."""
_ENDS = ("met", "missed", "cancelled")
_INSTANTS = ("due", "started", "paused", "resumed")


def told(name: str, *values: Any, **unusual: Any) -> Told:
    """A deed on the clock ``name`` as it is written. What is not so (None, 0, False) goes unsaid."""
    more = {key: _written(value) for key, value in unusual.items() if value}
    return [name, *map(_written, values), *([more] if more else [])]


def named(facts: Mapping[str, Any], at: dt.datetime) -> dict[str, Any]:
    """The facts of an entry made ``at``, with each clock as an object: ``clock`` is its name."""
    if KEY not in facts:
        return dict(facts)
    return {**facts, KEY: [one if isinstance(one, dict) else _named(one, at) for one in facts[KEY]]}


def _named(told: Told, at: dt.datetime) -> dict[str, Any]:
    name, deed, *values = told
    more = values.pop() if values and isinstance(values[-1], dict) else {}
    if deed in _NAMES:
        found = dict(zip(_NAMES[deed], values, strict=False))
    else:
        found = {"limit": deed, "due": values[0]}
    if deed in _ENDS:
        found["outcome"] = deed
    elif deed in ("paused", "resumed"):
        found[deed] = at.replace(microsecond=0).astimezone(LOCAL).isoformat()
    found |= more
    read = {key: _instant(found[key]) for key in _INSTANTS if key in found}
    return {"clock": name, **found, **read}


def _instant(text: str) -> str:
    return dt.datetime.fromisoformat(text).isoformat()


def _written(value: Any) -> Any:
    return _local(value) if isinstance(value, dt.datetime) else value


@lru_cache(maxsize=10_000)
def _local(value: dt.datetime) -> str:
    """Due times recur: many clocks end with the same working day."""
    local = value.astimezone(LOCAL)
    return local.isoformat(timespec="seconds" if local.second else "minutes").removesuffix(":00")
