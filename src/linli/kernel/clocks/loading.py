"""Loading the official holidays and make-up working days of a year."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from linli.kernel.access.actor import SYSTEM, Actor
from linli.kernel.clocks.calendar import FIRST_YEAR
from linli.kernel.clocks.permissions import EDIT_CALENDAR
from linli.kernel.clocks.revising import DayChange, Notice, revise
from linli.lib.errors import Invalid
from linli.lib.texts import NO_NUL, nul_paths

LAST_YEAR = 2100
"""Beyond it a year in a file is a slip."""

NAME_LENGTH = 40
PAPER_LENGTH = 500
_PLACE = re.compile(r"\.(\d+)")
"""A place in a list, as a path has it."""


@dataclass(frozen=True)
class Loaded:
    """What a file brought."""

    year: int
    days_off: int
    days_on: int
    changed: int
    """Days that are different from before."""
    moved: int
    """Open clocks whose due time moved."""
    revision: int

    def __str__(self) -> str:
        return (
            f"{self.year}年放假安排已载入：放假{self.days_off}天、调休上班{self.days_on}天，"
            f"与此前不同{self.changed}天，重算时限{self.moved}个"
        )


def load_calendar(path: Path | str, *, actor: Actor = SYSTEM) -> Loaded:
    """Load one year's notice from a JSON file (format of data/holidays), whole or not at all.

    The year becomes official, days of an earlier version of its notice that the file no longer has go, and
    open clocks that it concerns move, on record. Refuses NotAllowed, and Invalid naming every wrong field.
    """
    actor.require(EDIT_CALENDAR)
    notice = parse_notice(_read(Path(path)))
    revision = revise(
        notice.days,
        notice=notice,
        post=actor.post,
        reason=f"载入{notice.year}年放假安排",
        source=notice.papers[0],
    )
    on = sum(not day.is_off for day in notice.days)
    return Loaded(
        year=notice.year,
        days_off=len(notice.days) - on,
        days_on=on,
        changed=len(revision.days),
        moved=revision.moved,
        revision=revision.pk,
    )


def _read(path: Path) -> Any:
    try:
        return orjson.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise Invalid(fields={"file": f"找不到文件 {path.name}"}) from error
    except IsADirectoryError as error:
        raise Invalid(fields={"file": f"{path.name} 是文件夹，请指定 JSON 文件"}) from error
    except orjson.JSONDecodeError as error:
        place = f"第 {error.lineno} 行第 {error.colno} 列"
        raise Invalid(fields={"file": f"{path.name} 不是有效的 UTF-8 JSON（{place}）"}) from error


def parse_notice(document: Any) -> Notice:
    """Check a document of the format; Invalid lists every fault by field, e.g. ``days[3].date``."""
    if not isinstance(document, dict):
        raise Invalid(fields={"file": "文件内容应为一个对象，含 year、papers、days"})
    faults: dict[str, str] = {}
    year = document.get("year")
    if type(year) is not int or not FIRST_YEAR <= year <= LAST_YEAR:
        raise Invalid(fields={"year": f"year：年份应为 {FIRST_YEAR} 至 {LAST_YEAR} 的整数"})
    for path in nul_paths(document):
        field = _PLACE.sub(r"[\1]", path)
        faults[field] = f"{field}：{NO_NUL}"
    papers = _papers(document.get("papers"), faults)
    listed = document.get("days")
    if not isinstance(listed, list) or not listed:
        faults["days"] = "days：应为非空的日期列表"
        listed = []
    found = [_day(f"days[{n}]", day, year, papers, faults) for n, day in enumerate(listed)]
    days = [day for day in found if day is not None]
    if faults:
        raise Invalid(fields=faults)
    return Notice(year=year, papers=papers, days=tuple(_refuse_doubles(days)))


def _papers(value: Any, faults: dict[str, str]) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        faults["papers"] = "papers：请给出国务院办公厅通知的出处；尚无通知的年份不能载入"
        return ("",)
    if not all(isinstance(paper, str) and 0 < len(paper.strip()) <= PAPER_LENGTH for paper in value):
        faults["papers"] = f"papers：每个出处应为不超过 {PAPER_LENGTH} 字的文字"
        return ("",)
    return tuple(paper.strip() for paper in value)


def _day(
    field: str, value: Any, year: int, papers: tuple[str, ...], faults: dict[str, str]
) -> DayChange | None:
    if not isinstance(value, dict):
        faults[field] = f"{field}：应为含 name、date、isOffDay 的对象"
        return None
    name, off = value.get("name"), value.get("isOffDay")
    date = _date(f"{field}.date", value.get("date"), year, faults)
    if not isinstance(name, str) or not 0 < len(name.strip()) <= NAME_LENGTH:
        faults[f"{field}.name"] = f"{field}.name：请填写 {NAME_LENGTH} 字以内的名称"
        return None
    if not isinstance(off, bool):
        faults[f"{field}.isOffDay"] = f"{field}.isOffDay：应为 true（放假）或 false（上班）"
        return None
    if date is None:
        return None
    return DayChange(date=date, is_off=off, name=name.strip(), source=papers[0], notice_year=year)


def _date(field: str, value: Any, year: int, faults: dict[str, str]) -> dt.date | None:
    """A date of ``year``, or of the December before it (the New Year's holiday can begin there)."""
    try:
        if not isinstance(value, str) or len(value) != len("2026-01-01"):
            raise ValueError(value)
        date = dt.date.fromisoformat(value)
    except ValueError:
        faults[field] = f"{field}：日期应写作 2026-01-01 的形式"
        return None
    if date.year != year and (date.year, date.month) != (year - 1, 12):
        faults[field] = f"{field}：{value} 不属于 {year} 年（仅可另含上一年 12 月的日期）"
        return None
    return date


def _refuse_doubles(days: list[DayChange]) -> list[DayChange]:
    seen: dict[dt.date, int] = {}
    faults: dict[str, str] = {}
    for n, day in enumerate(days):
        if day.date in seen:
            faults[f"days[{n}].date"] = f"days[{n}].date：{day.date} 与 days[{seen[day.date]}] 重复"
        seen.setdefault(day.date, n)
    if faults:
        raise Invalid(fields=faults)
    return days
