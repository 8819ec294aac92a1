"""What the tests start from: the official notices, and a place for clocks to be in."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from linli.kernel.clocks import actions
from linli.kernel.clocks.calendar import Limit, Measure, Schedule, WorkCalendar
from linli.kernel.clocks.models import Clock
from linli.kernel.records.changes import Changes
from linli.lib.time import LOCAL

HOLIDAYS = Path(__file__).parents[5] / "data" / "holidays"
YEARS = (2024, 2025, 2026)


@cache
def notices() -> dict[dt.date, bool]:
    """The days of all notices, as the files have them."""
    files = [json.loads((HOLIDAYS / f"{year}.json").read_text()) for year in YEARS]
    return {dt.date.fromisoformat(day["date"]): day["isOffDay"] for file in files for day in file["days"]}


def official(schedule: Schedule) -> WorkCalendar:
    return WorkCalendar(notices(), YEARS, schedule)


def local(text: str) -> dt.datetime:
    """An instant from the city's wall time: ``local("2026-01-04 10:30")``."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=LOCAL).astimezone(dt.UTC)


@dataclass
class Place:
    """A record, as far as clocks look at one."""

    pk: int = 1
    district: str = "990101"
    area: str = "990101001001001"


def started(
    at: str | dt.datetime,
    limit: Limit,
    *,
    write: bool = False,
    pk: int = 1,
    family: str = "probe",
    **given: object,
) -> Clock:
    """A clock started at a wall time, written to the database or only planned."""
    plan = Changes()
    clock = actions.start(
        plan,
        family=family,
        record=Place(pk=pk),
        name="handle",
        limit=limit,
        at=local(at) if isinstance(at, str) else at,
        **given,  # type: ignore[arg-type]
    )
    if write:
        plan.write()
    return clock


def hours(amount: int) -> Limit:
    return Limit(amount, Measure.WORK_HOURS, "测试规定第一条")


def days(amount: int) -> Limit:
    return Limit(amount, Measure.WORK_DAYS, "测试规定第二条")
