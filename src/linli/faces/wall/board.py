"""What stands on the wall, read with a number of queries that grows with nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from linli.domains.cases import indicators
from linli.domains.cases.models import CaseState
from linli.domains.cases.texts import HIDDEN_TITLE
from linli.faces.wall import addresses
from linli.faces.wall.sight import Sight
from linli.kernel.areas.levels import Level
from linli.kernel.areas.queries import names_of, paths_of
from linli.kernel.insight.conditions import Side
from linli.kernel.insight.days import per_day
from linli.kernel.insight.declaration import Period
from linli.kernel.insight.figures import Figure, nothing
from linli.kernel.insight.stock import open_per_day
from linli.web.components import Crumb, Tone, in_chinese

LATEST = 12
UNITS = 60
"""More lines than any screen has room for; a city may have thousands."""
LATEST_SHOWN = ("number", "title", "area", "state", "urgency", "sensitive", "opened_at")
CATEGORIES = 8
HOURS_PER_DAY = 24
HEADLINE = (
    (indicators.REPORTED, "今日上报", Tone.INFO),
    (indicators.CLOSED, "今日结案", Tone.SUCCESS),
    (indicators.ON_THE_SPOT, "今日发现即处置", Tone.SUCCESS),
    (indicators.OPEN, "在办", Tone.PROGRESS),
    (indicators.URGENT, "紧急在办", Tone.WARNING),
    (indicators.SOON, "即将到期", Tone.WARNING),
    (indicators.OVERDUE, "已超期", Tone.DANGER),
    (indicators.SUPERVISED, "督办中", Tone.DANGER),
)
CHAIN: tuple[tuple[str, tuple[CaseState, ...]], ...] = (
    ("moves_report", (CaseState.REPORTED,)),
    ("moves_accept", (CaseState.ACCEPTED,)),
    ("moves_dispatch", (CaseState.HANDLING, CaseState.SUSPENDED)),
    ("moves_handle", (CaseState.HANDLED,)),
    ("moves_verify", (CaseState.VERIFIED,)),
    ("moves_answer", ()),
    ("moves_close", ()),
)
"""The steps of art. 22 as they were taken today, each with the states in which cases wait after it."""
RATES = (*indicators.THREE, *indicators.QUALITY)


@dataclass(frozen=True)
class Shown:
    """A figure as the wall shows it: words, and the lists behind its numbers."""

    title: str
    value: str
    unit: str
    figure: Figure
    url: str
    among_url: str = ""
    excluded_url: str = ""
    tone: Tone = Tone.NEUTRAL

    @property
    def share(self) -> float | None:
        """Percent, for the bar beside it."""
        if self.figure.value is None or not self.figure.indicator.is_share:
            return None
        return round(self.figure.value * 100, 1)


@dataclass(frozen=True)
class Step:
    """A step of the chain: how often it was taken today, and what waits after it."""

    done: Shown
    waiting: list[Shown]


@dataclass(frozen=True)
class AreaLine:
    name: str
    url: str
    open: Shown
    overdue: Shown
    on_time: Shown


@dataclass(frozen=True)
class Bar:
    """A line of a bar list; ``width`` is percent of the longest."""

    name: str
    url: str
    number: int
    width: float


@dataclass(frozen=True)
class UnitLine:
    name: str
    open: Shown
    overdue: Shown


@dataclass(frozen=True)
class Stock:
    """Open cases at the end of the first of the recent days, now, and on average."""

    first_day: str
    first: int
    last: int
    mean: int


@dataclass(frozen=True)
class Latest:
    title: str
    url: str
    at: dt.datetime
    place: str
    state: str
    urgency: str


@dataclass(frozen=True)
class Board:
    """All of the wall for one sight, but for the map."""

    trail: list[Crumb]
    headline: list[Shown]
    chain: list[Step]
    rates: list[Shown]
    areas: list[AreaLine]
    units: list[UnitLine]
    units_left: int
    """Units with something overdue that are not among them."""
    categories: list[Bar]
    trend: list[tuple[str, int, int]]
    """day, reported, closed"""
    stock: Stock
    latest: list[Latest]

    @property
    def trend_columns(self) -> list[str]:
        return [_("日期"), _("上报（件）"), _("结案（件）")]


def shown(
    sight: Sight,
    figure: Figure,
    period: Period,
    *,
    area: str = "",
    title: str = "",
    tone: Tone = Tone.NEUTRAL,
    **group: Any,
) -> Shown:
    """A figure of the sight, or of an ``area`` in it, in words with its addresses.

    ``group`` narrows the lists (category, holder, lead).
    """
    one = figure.indicator
    value, unit = in_words(figure)

    def list_of(side: Side) -> str:
        return addresses.behind(sight.actor, one, area or sight.area, period, side=side, **group)

    return Shown(
        title=_(title or one.title),
        value=value,
        unit=unit,
        figure=figure,
        url=list_of(Side.COUNTED),
        among_url=list_of(Side.AMONG) if one.is_share else "",
        excluded_url=list_of(Side.EXCLUDED) if figure.excluded_count else "",
        tone=tone if figure.value else Tone.NEUTRAL,
    )


def in_words(figure: Figure) -> tuple[str, str]:
    """(value, unit) as people read them; a dash where there is no value."""
    one, value = figure.indicator, figure.value
    if value is None:
        return "—", ""
    if one.is_share and one.unit == "%":
        return f"{value * 100:.1f}", "%"
    if one.middle is not None:
        days = value / HOURS_PER_DAY
        return (f"{days:.1f}", _("天")) if days >= 2 else (f"{value:.1f}", _("小时"))
    return f"{value:,.0f}", _(one.unit)


def board(sight: Sight) -> Board:
    """Read the wall."""
    on, today, recent = sight.cases, sight.today, sight.recent
    stages = indicators.STAGES
    now = indicators.whole(
        on, [*(one for one, _title, _tone in HEADLINE), *stages.values(), *indicators.MOVES.values()], today
    )
    rates = indicators.whole(on, RATES, recent)
    units = _units(sight)
    return Board(
        trail=[Crumb(names_of([code])[code], addresses.wall(code)) for code in sight.trail],
        headline=[
            shown(sight, now[one.code], today, title=title, tone=tone) for one, title, tone in HEADLINE
        ],
        chain=[
            Step(
                shown(sight, now[code], today),
                [shown(sight, now[stages[state].code], today) for state in waiting],
            )
            for code, waiting in CHAIN
        ],
        rates=[shown(sight, rates[one.code], recent) for one in RATES],
        areas=_areas(sight),
        units=[_unit_line(sight, unit) for unit in units[:UNITS]],
        units_left=len(units[UNITS:]),
        categories=_categories(sight),
        trend=_trend(sight),
        stock=_stock(sight),
        latest=_latest(sight),
    )


def _areas(sight: Sight) -> list[AreaLine]:
    """The areas one level down, by code."""
    if not sight.children:
        return []
    wanted = (indicators.OPEN, indicators.OVERDUE, indicators.ON_TIME_CLOSING)
    level = Level(sight.children[0].level)
    told = indicators.by_area(sight.cases, wanted, sight.recent, level)
    lines = []
    for node in sight.children:
        found = told.get(node.code, {})
        open_, overdue, on_time = (
            shown(
                sight,
                found.get(one.code) or nothing(indicators.in_lists(one)),
                sight.recent,
                area=node.code,
                tone=Tone.DANGER if one is indicators.OVERDUE else Tone.NEUTRAL,
            )
            for one in wanted
        )
        lines.append(AreaLine(node.name, addresses.wall(node.code), open_, overdue, on_time))
    return lines


def _units(sight: Sight) -> list[indicators.UnitFigures]:
    """Units that hold something overdue, by name."""
    held = indicators.by_holder(sight.cases, sight.recent)
    return [unit for unit in held if unit.figures[indicators.OVERDUE.code].numerator]


def _unit_line(sight: Sight, unit: indicators.UnitFigures) -> UnitLine:
    open_, overdue = (unit.figures[one.code] for one in indicators.HELD)
    return UnitLine(
        unit.name,
        shown(sight, open_, sight.recent, holder=unit.unit),
        shown(sight, overdue, sight.recent, tone=Tone.DANGER, holder=unit.unit),
    )


def _categories(sight: Sight) -> list[Bar]:
    """What was reported in the recent days, the most frequent categories first."""
    found = indicators.by_category(sight.cases, indicators.REPORTED, sight.recent)[:CATEGORIES]
    longest = max((one.number for one in found), default=1)
    return [
        Bar(
            in_chinese(one.name) or _("尚未认定"),
            addresses.behind(
                sight.actor,
                indicators.REPORTED,
                sight.area,
                sight.recent,
                category=one.name or indicators.NO_CATEGORY,
            ),
            one.number,
            round(100 * one.number / longest, 1),
        )
        for one in found
    ]


def _trend(sight: Sight) -> list[tuple[str, int, int]]:
    reported = per_day(sight.cases, indicators.REPORTED, sight.recent)
    closed = per_day(sight.cases, indicators.CLOSED, sight.recent)
    return [(f"{day:%m-%d}", reported[day], closed[day]) for day in sight.recent.dates]


def _stock(sight: Sight) -> Stock:
    by_day = open_per_day(sight.cases, sight.recent)
    days = sight.recent.dates
    mean = round(sum(by_day.values()) / len(days))
    return Stock(f"{days[0]:%m-%d}", by_day[days[0]], by_day[days[-1]], mean)


def _latest(sight: Sight) -> list[Latest]:
    """The newest cases. Sensitive ones keep their title and their place to themselves."""
    cases = list(sight.cases.records.only(*LATEST_SHOWN).order_by("-id")[:LATEST])
    paths = paths_of({case.area for case in cases}, below=sight.area)
    return [
        Latest(
            title=_(HIDDEN_TITLE) if case.sensitive else in_chinese(case.title),
            url="" if sight.hides(case) else reverse("desk:case", args=[case.number]),
            at=case.opened_at,
            place="" if case.sensitive else paths[case.area],
            state=_(case.state_title),
            urgency=case.urgency,
        )
        for case in cases
    ]
