"""The vocabulary in which domains declare their indicators."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Expression, F, Q

from linli.lib.time import LOCAL, now, today


class Grain(enum.StrEnum):
    """What one row under an indicator is."""

    RECORD = "record"
    """a record as it stands now"""
    MOVE = "move"
    """an entry of the journal in the period, as it happened"""
    DAY = "day"
    """a record that was open at the end of a day"""


@dataclass(frozen=True)
class Period:
    """Whole days in the city's time, both included, as seen at the instant ``at``."""

    first: dt.date
    last: dt.date
    at: dt.datetime

    @classmethod
    def of(cls, first: dt.date, last: dt.date) -> Period:
        """The days ``first`` to ``last``, seen from now. A reversed pair is read the right way round."""
        return cls(min(first, last), max(first, last), now())

    @classmethod
    def days(cls, number: int) -> Period:
        """The last ``number`` days, today included."""
        return cls.of(today() - dt.timedelta(days=number - 1), today())

    @property
    def start(self) -> dt.datetime:
        return dt.datetime.combine(self.first, dt.time(), LOCAL)

    @property
    def end(self) -> dt.datetime:
        """The first instant after the period."""
        return dt.datetime.combine(self.last + dt.timedelta(days=1), dt.time(), LOCAL)

    @property
    def dates(self) -> list[dt.date]:
        return [self.first + dt.timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    def within(self, column: str, *, until_now: bool = False) -> Q:
        """Rows whose instant ``column`` lies in the period; ``until_now``: and is not still to come."""
        end = min(self.end, self.at) if until_now else self.end
        return Q(**{f"{column}__gte": self.start, f"{column}__lt": end})


Condition = Callable[[Period], Q]
"""Which rows count. For the grains record and day a condition on the record, for the grain move on the
entry. What lies in other tables is asked by ``facts.Holds``. Made anew at every call."""


@dataclass(frozen=True)
class Part:
    """One side of an indicator, with the words that stand beside its number."""

    title: str
    rows: Condition


@dataclass(frozen=True)
class Exclusion:
    """What is left out of both sides, and why. The reason is shown with the number left out."""

    reason: str
    rows: Condition


@dataclass(frozen=True)
class Indicator:
    """A figure's definition: everything that somebody needs to compute it again by hand.

    Without ``among`` it is a plain count; with it, the share of ``among`` for which ``counted`` holds too;
    with ``middle`` (a duration) the median of it, in hours, over ``counted``. At the grain of days it is the
    mean of a day, and ``among`` only names the days it is divided by.
    """

    code: str
    title: str
    counted: Part
    among: Part | None = None
    exclusions: tuple[Exclusion, ...] = ()
    grain: Grain = Grain.RECORD
    unit: str = "件"
    source: str = ""
    """The law, standard or practice that it follows; our own choices say 示范."""
    min_sample: int = 1
    """Below this many rows on the side that is divided by, there is no value."""
    instant: str = ""
    """The column that dates a row, for trends."""
    middle: Expression | F | None = None
    note: str = ""
    """What a reader should know: what the figure does not say."""

    @property
    def is_share(self) -> bool:
        return self.among is not None
