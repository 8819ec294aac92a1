"""Tags: what lists are cut by, as the words of one text index beside the records.

A list is cut by place, unit, kind and time in any combination, and by words that people wrote. One index over
all of these answers every combination, AND as well as OR, and works in proportion to the rarest of them. It
only narrows: whoever reads by tags puts the row filter itself on what is found, so that a tag never grants.

Such an index knows no order. Therefore each record's tags also say where it stands in the numbering of its
family: in which block of 128 ids, of 1,024, and so on. The newest are then read window by window
(``windows``), each longer than the one before, until a page is full: what a page costs goes by the page, not
by all that was ever recorded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import lru_cache

AREA_LENGTHS = (4, 6, 9, 12, 15, 18)

BLOCKS = (7, 10, 13, 16, 19, 22)
"""Sizes of the blocks of ids, as powers of two: 128, 1,024 … 4,194,304."""
FEWER_BLOCKS = BLOCKS[1::2]
"""For a search whose every look into the index is dear."""


@lru_cache(maxsize=50_000)
def of_area(code: str) -> tuple[str, ...]:
    """The area of ``code`` and all that it lies in; also what a list of any of them asks for (the last)."""
    return tuple(f"a{code[:length]}" for length in AREA_LENGTHS if length <= len(code))


def of_unit(pk: int) -> str:
    return f"u{pk}"


def of_id(pk: int) -> list[str]:
    """The blocks that an id lies in."""
    return [f"b{size}.{pk >> size}" for size in BLOCKS]


@lru_cache(maxsize=1_000)
def of_day(kind: str, day: dt.date) -> tuple[str, ...]:
    """A day, its month and its year. ``kind`` is a letter for what happened on it."""
    return f"{kind}{day:%Y}", f"{kind}{day:%Y%m}", f"{kind}{day:%Y%m%d}"


def between(kind: str, first: dt.date, last: dt.date) -> list[str]:
    """The fewest years, months and days that make up ``first`` to ``last`` (both included)."""
    made: list[str] = []
    day = first
    while day <= last:
        year_end, month_end = dt.date(day.year, 12, 31), _month_end(day)
        if (day.month, day.day) == (1, 1) and year_end <= last:
            made.append(f"{kind}{day:%Y}")
            day = year_end
        elif day.day == 1 and month_end <= last:
            made.append(f"{kind}{day:%Y%m}")
            day = month_end
        else:
            made.append(f"{kind}{day:%Y%m%d}")
        day += dt.timedelta(days=1)
    return made


def _month_end(day: dt.date) -> dt.date:
    following = (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    return following - dt.timedelta(days=1)


def vector(tags: Iterable[str]) -> str:
    """Tags as a ``tsvector`` literal."""
    return " ".join(map(_quoted, sorted(set(tags))))


def any_of(tags: Iterable[str]) -> str:
    """A ``tsquery`` literal for what has one of ``tags``; of none it is empty and matches nothing."""
    return " | ".join(_quoted(tag) for tag in tags)


def either(queries: Iterable[str]) -> str:
    """What one of the queries finds."""
    return " | ".join(f"({query})" for query in queries)


def windows(before: int, sizes: Sequence[int] = BLOCKS, *, reach: int | None = None) -> tuple[list[str], int]:
    """``tsquery`` literals that part the ids below ``before``, the highest first, and the id down to which.

    A window holds one block of a size, or two, or what is left of its kind (five of ``BLOCKS``), so that none
    is much longer than all before it; of ``FEWER_BLOCKS`` it holds all of a size. They part all ids, or with
    ``reach`` those about so far below ``before``: to read a window costs by its length, however little is
    found in it. The first may reach above ``before``: whoever reads says the bound too.
    """
    made: list[str] = []
    high = before
    for size, larger in zip(sizes, (*sizes[1:], None), strict=True):
        low = (high - 1) >> larger << larger if larger is not None else 0
        blocks = range((high - 1) >> size, (low >> size) - 1, -1)
        for part in [blocks] if sizes == FEWER_BLOCKS else [blocks[:1], blocks[1:3], blocks[3:]]:
            if not part:
                continue
            if reach is not None and high <= before - reach:
                return made, high
            made.append(any_of(f"b{size}.{block}" for block in part))
            high = part[-1] << size
        if high <= 0:
            break
    return made, high


@lru_cache(maxsize=10_000)
def _quoted(tag: str) -> str:
    return "'" + tag.replace("\\", "\\\\").replace("'", "''") + "'"
