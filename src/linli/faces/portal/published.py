"""The public figures (art. 44) as plain lines that can be shown.

Shares over few cases are not there at all (``cases.indicators``); counts under ``FEWEST`` are told as
“少于 5”.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import cache
from django.utils.translation import gettext as _

from linli.domains.cases.indicators import PublicFigures, PublicLevel
from linli.domains.cases.publishing import last_month, published
from linli.kernel.insight.figures import Figure

FEWEST = 5
"""Smaller counts are not told apart (privacy: a figure must not point to a household)."""
KEPT_SECONDS = 600
MONTHS = 12


@dataclass(frozen=True)
class Share:
    """A share with what it stands on. ``value`` is None where the sample says nothing."""

    code: str
    title: str
    value: float | None
    numerator: int
    denominator: int
    excluded: tuple[tuple[str, int], ...]
    numerator_title: str
    denominator_title: str
    source: str
    note: str

    @property
    def percent(self) -> str:
        return "" if self.value is None else f"{self.value * 100:.1f}"


@dataclass(frozen=True)
class Line:
    """One area's month."""

    name: str
    reported: int
    closed: int
    shares: tuple[Share, ...]
    hours: float | None


@dataclass(frozen=True)
class Total:
    """The city's month: counts only, for the first page."""

    reported: int
    closed: int


def months() -> list[dt.date]:
    """The months that can be chosen, newest first."""
    found = [last_month()]
    while len(found) < MONTHS:
        found.append((found[-1] - dt.timedelta(days=1)).replace(day=1))
    return found


@dataclass(frozen=True)
class Month:
    """The lines of every area of a level, by area code, and when they were counted."""

    counted_at: dt.datetime
    lines: tuple[Line, ...]


def month_of(first: dt.date, level: PublicLevel) -> Month:
    """What has been published of a month; a process asks once in ten minutes."""
    key = f"portal:figures:{first:%Y-%m}:{level}"
    known: Month | None = cache.get(key)
    if known is None:
        found = published(first, level)
        known = Month(found.counted_at, tuple(map(_line, found.areas)))
        cache.set(key, known, KEPT_SECONDS)
    return known


def total(of: Sequence[Line]) -> Total | None:
    """The sum of the areas; None where there is nothing to tell."""
    made = Total(sum(line.reported for line in of), sum(line.closed for line in of))
    return made if made.reported >= FEWEST else None


def told(count: int) -> str:
    """A count as it may be published."""
    if 0 < count < FEWEST:
        return _("少于 %(fewest)d") % {"fewest": FEWEST}
    return f"{count:,}"


def _line(one: PublicFigures) -> Line:
    return Line(
        name=one.name,
        reported=one.reported,
        closed=one.closed,
        shares=tuple(_share(figure) for figure in one.shares),
        hours=one.handling_time.value,
    )


def _share(figure: Figure) -> Share:
    indicator = figure.indicator
    return Share(
        code=indicator.code,
        title=indicator.title,
        value=figure.value,
        numerator=figure.numerator,
        denominator=figure.denominator or 0,
        excluded=figure.excluded,
        numerator_title=indicator.counted.title,
        denominator_title=indicator.among.title if indicator.among else "",
        source=indicator.source,
        note=indicator.note,
    )
