"""The page of one figure: its definition, its numbers, and the list that each number has counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from linli.domains.cases import indicators
from linli.domains.cases.models import Case
from linli.domains.cases.presentation import move_title
from linli.domains.cases.queries import page
from linli.domains.cases.texts import HIDDEN_TITLE
from linli.faces.wall import addresses
from linli.faces.wall.board import Shown, shown
from linli.faces.wall.sight import Sight, sight_of
from linli.kernel.access.actor import Actor
from linli.kernel.areas.queries import paths_of
from linli.kernel.insight.conditions import Side
from linli.kernel.insight.declaration import Grain, Indicator, Period
from linli.kernel.insight.figures import listed
from linli.kernel.insight.ground import Ground
from linli.kernel.journal.models import Entry
from linli.kernel.units.queries import book
from linli.lib.errors import Invalid, NotFound
from linli.web import components
from linli.web.components import Choice, Column, Row, in_chinese
from linli.web.pages import keyset

SIDES = {
    Side.COUNTED: "分子",
    Side.AMONG: "分母",
    Side.MISSED: "分母中未达到的",
    Side.EXCLUDED: "未计入的",
}
LONGEST_DAYS = 3660


class FigureUnknown(NotFound):
    code = "figure_unknown"
    title = "没有这项指标"


@dataclass(frozen=True)
class Asked:
    """What was asked for: one side of one figure, of one area, days and group."""

    sight: Sight
    indicator: Indicator
    side: Side
    period: Period
    category: str
    holder: int | None
    lead: int | None
    after: str

    @property
    def ground(self) -> Ground[Case]:
        """The viewer's cases, cut to the group."""
        cut = Q()
        if self.category:
            cut &= indicators.in_category(self.category)
        if self.holder is not None:
            cut &= Q(holder_id=self.holder)
        if self.lead is not None:
            cut &= Q(lead_id=self.lead)
        whole = self.sight.cases
        return Ground(whole.family, whole.final, whole.records.filter(cut))

    def address(self, side: Side, after: str = "") -> str:
        """This page with another side, or further down."""
        given = {
            "side": side.value,
            "area": self.sight.area,
            "from": self.period.first.isoformat(),
            "to": self.period.last.isoformat(),
            "category": self.category,
            "holder": self.holder,
            "lead": self.lead,
            "after": after,
        }
        return addresses.figure(self.indicator, given)


def read(actor: Actor, code: str, given: Mapping[str, str]) -> Asked:
    """Understand the address. Refuses what is no figure, area, date or number, naming the field."""
    indicator = indicators.INDICATORS.get(code)
    if indicator is None or indicator.grain is Grain.DAY:
        raise FigureUnknown
    sight = sight_of(actor, given.get("area", ""))
    try:
        side = Side(given.get("side") or Side.COUNTED)
    except ValueError as error:
        raise Invalid(fields={"side": "没有这一清单"}) from error
    first, last = _day(given, "from", sight.recent.first), _day(given, "to", sight.recent.last)
    if abs((last - first).days) > LONGEST_DAYS:
        raise Invalid(fields={"from": "起止日期相距过长"})
    return Asked(
        sight,
        indicator,
        side,
        Period.of(first, last),
        given.get("category", "")[:120],
        _number(given, "holder"),
        _number(given, "lead"),
        given.get("after", ""),
    )


def _day(given: Mapping[str, str], name: str, default: dt.date) -> dt.date:
    text = given.get(name, "")
    try:
        return dt.date.fromisoformat(text) if text else default
    except ValueError as error:
        raise Invalid(fields={name: "日期应为 年-月-日"}) from error


def _number(given: Mapping[str, str], name: str) -> int | None:
    text = given.get(name, "")
    if text and not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid(fields={name: "应为整数"})
    return int(text) if text else None


def context_of(asked: Asked) -> dict[str, Any]:
    """What the page shows."""
    told = indicators.whole(asked.ground, [asked.indicator], asked.period)[asked.indicator.code]
    figure = shown(asked.sight, told, asked.period)
    rows, columns, following = _rows(asked)
    return {
        "asked": asked,
        "indicator": asked.indicator,
        "figure": figure,
        "tabs": _tabs(asked, figure),
        "group": _group(asked),
        "rows": rows,
        "columns": columns,
        "next_url": asked.address(asked.side, following) if following else "",
        "first_url": asked.address(asked.side) if asked.after else "",
        "wall_url": addresses.wall(asked.sight.area),
    }


def _tabs(asked: Asked, figure: Shown) -> list[Choice]:
    """The lists that this figure has, each with its count."""
    told = figure.figure
    numbers: dict[Side, int] = {Side.COUNTED: told.numerator}
    if told.denominator is not None and asked.indicator.is_share:
        numbers |= {Side.AMONG: told.denominator, Side.MISSED: told.denominator - told.numerator}
    if asked.indicator.exclusions:
        numbers[Side.EXCLUDED] = told.excluded_count
    return [
        Choice(
            _("计入的") if side is Side.COUNTED and not asked.indicator.is_share else _(SIDES[side]),
            asked.address(side),
            side is asked.side,
            number,
        )
        for side, number in numbers.items()
    ]


def _group(asked: Asked) -> str:
    """What the figure has been narrowed to, in words."""
    unit = asked.holder if asked.holder is not None else asked.lead
    category = _("尚未认定") if asked.category == indicators.NO_CATEGORY else in_chinese(asked.category)
    parts = (category, in_chinese(book().name(unit)))
    return mark_safe(" · ".join(conditional_escape(part) for part in parts if part))


def _rows(asked: Asked) -> tuple[list[Row], list[Column[Any]], str]:
    found = listed(asked.ground, asked.indicator, asked.period, asked.side)
    if asked.indicator.grain is Grain.MOVE:
        slice_ = keyset(found, order=["-at", "record_id", "seq"], cursor=asked.after)
        return *_entry_rows(asked, slice_.items), slice_.next
    cases = page(found, by_due=False, after=asked.after)
    return *_case_rows(asked.sight, cases.cases), cases.next


def _case_columns(sight: Sight, paths: Mapping[str, str]) -> list[Column[Case]]:
    return [
        Column(_("事件"), lambda case: _title(case, sight), role="title"),
        Column(_("状态"), lambda case: _(case.state_title), role="mark"),
        Column(_("编号"), lambda case: case.number, is_short=True),
        Column(_("地点"), lambda case: "" if sight.hides(case) else paths[case.area], is_content=True),
        Column(_("办理单位"), lambda case: book().name(case.holder_id), is_content=True),
        Column(_("上报时间"), lambda case: components.moment(case.opened_at), is_short=True),
        Column(
            _("结案时间"),
            lambda case: components.moment(case.closed_at) if case.closed_at else "",
            is_short=True,
        ),
    ]


def _title(case: Case, sight: Sight) -> str:
    return _(HIDDEN_TITLE) if sight.hides(case) else in_chinese(case.title)


def _case_rows(sight: Sight, cases: list[Case]) -> tuple[list[Row], list[Column[Any]]]:
    columns = _case_columns(sight, paths_of({case.area for case in cases}, below=sight.actor.area))
    return [_row(sight, case, case, columns, case.number) for case in cases], columns


def _entry_rows(asked: Asked, entries: list[Entry]) -> tuple[list[Row], list[Column[Any]]]:
    sight = asked.sight
    cases = asked.ground.records.in_bulk({entry.record_id for entry in entries})
    paths = paths_of({case.area for case in cases.values()}, below=sight.actor.area)
    moved: list[Column[Any]] = [
        Column(_("流转"), lambda entry: _(move_title(entry.move)), role="mark"),
        Column(_("流转时间"), lambda entry: components.moment(entry.at), is_short=True),
        Column(_("经办单位"), lambda entry: book().name(entry.unit), is_content=True),
    ]
    of_case = [
        Column(
            one.title,
            _through(cases, one),
            role=one.role,
            is_content=one.is_content,
            is_short=one.is_short,
        )
        for one in _case_columns(sight, paths)
        if one.role != "mark"
    ]
    columns = [*of_case[:1], *moved, *of_case[1:3]]
    rows = [
        _row(sight, entry, cases[entry.record_id], columns, f"{entry.record_id}-{entry.seq}")
        for entry in entries
    ]
    return rows, columns


def _through(cases: Mapping[int, Case], column: Column[Case]) -> Any:
    """A case's column as a column of its entries."""
    return lambda entry: column.value(cases[entry.record_id])


def _row(sight: Sight, record: Any, case: Case, columns: list[Column[Any]], key: str) -> Row:
    url = "" if sight.hides(case) else reverse("desk:case", args=[case.number])
    return components.row(record, columns, key=key, url=url)
