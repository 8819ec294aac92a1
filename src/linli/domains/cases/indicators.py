"""The figures of cases: what the wall, the API and the public page show (regulation, arts. 22, 43, 44).

Three things are kept apart that are easily told as one: what was solved *once* and what is solved *now*
(a case may have been opened again); what the handling unit says and what the reporter says; and the state
of the work (open, overdue) and how it went (the shares). Satisfaction is not computed, since nobody is asked
for it: reporters are asked one thing only, whether the problem is solved.

Nothing here is about persons: neither about reporters nor about workers. Units and areas are listed by name,
never by score, and a share over fewer than ``LIST_SAMPLE`` cases is not shown in a list.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Any, Literal

from django.contrib.postgres.aggregates import BoolOr
from django.db.models import F, Q, QuerySet

from linli.domains.cases import permissions as may
from linli.domains.cases.flow import flow
from linli.domains.cases.models import Case, CaseResult, CaseState, Supervision
from linli.domains.cases.queries import SOON_HOURS
from linli.domains.matters import queries as matters
from linli.kernel.access.actor import SYSTEM, Actor
from linli.kernel.areas import queries as areas
from linli.kernel.areas.levels import Level
from linli.kernel.clocks.models import Clock, Outcome
from linli.kernel.insight.declaration import Condition, Exclusion, Grain, Indicator, Part, Period
from linli.kernel.insight.facts import Facts, Holds
from linli.kernel.insight.figures import WHOLE, Figure, figures, nothing
from linli.kernel.insight.ground import Ground, ground
from linli.kernel.insight.standing import stand
from linli.kernel.journal.models import Entry
from linli.kernel.units.queries import book

LIST_SAMPLE = 10
"""A share over fewer cases says nothing about a unit or an area, so lists do not show it (示范)."""

NO_CATEGORY = "-"
"""In addresses: cases whose matter is not known yet."""

THREE_RATES = "《北京市接诉即办工作条例》第三十二条之三率；计算式为通行做法，待本市核定"
CITY_MANAGEMENT = "名称参照 CJ/T 292-2008；计算式为通行做法，待本市核定"
OWN = "示范，待本市核定"
CHAIN = "《条例》第二十二条全链条"

Cases = Ground[Case]


# What clocks and journal know of a case ----------------------------------------------------------------


def _clock_facts(period: Period) -> Facts:
    """Of the clocks that came due in the period, by case: which there were, and which were late.

    A clock is late when it was missed, or is still running after its time. Cancelled ones say nothing.
    """
    due = Clock.objects.filter(period.within("due_at", until_now=True), family=Case.family)
    is_late = Q(outcome=Outcome.MISSED) | Q(outcome=None)
    flags: dict[str, Any] = {}
    for name in ("accept", "handle", "overall"):
        flags[f"{name}_due"] = BoolOr(Q(name=name))
        flags[f"{name}_late"] = BoolOr(Q(name=name) & is_late)
        flags[f"{name}_paused"] = BoolOr(Q(name=name, paused_at__isnull=False))
    counted = due.filter(
        Q(outcome=None) | ~Q(outcome=Outcome.CANCELLED), name__in=["accept", "handle", "overall"]
    )
    return Facts("clock_facts", counted.values("record_id").annotate(**flags))


ENDED = Q(facts__has_key="result")
"""Entries that ended a case with a result (merging and withdrawing tell none)."""
TAKEN_IN = Q(move__in=["accept", "dispatch", "escalate"]) & (
    Q(facts__clocks__contains=[["accept"]]) | Q(facts__clocks__contains=[{"clock": "accept"}])
)
"""Entries that stopped the clock of acceptance: a centre took the case in, by itself or by dispatching.
The journal tells of a clock in a list, and did so in an object before."""
MOVES_ASKED = {
    "answered": Q(move="answer"),
    "dispatched": Q(move="dispatch"),
    "ended": ENDED,
    "ended_solved": Q(facts__result=CaseResult.SOLVED.value),
    "handed_back": Q(move="hand_back", facts__kind="lead"),
}
"""What is asked of a case's journal in the period."""
MOVES_SINCE = {
    "opened_again": Q(move="reopen") | Q(move="answer", state=CaseState.ACCEPTED),
    "extended": Q(move="approve", facts__kind="extend"),
}
"""What is asked from the first day of the period until now: it may follow after the period's end."""


def _move_facts(period: Period) -> Facts:
    """What happened to cases in the period, by case, as the journal tells."""
    entries = Entry.objects.filter(period.within("at"), family=Case.family)
    return Facts("move_facts", _flagged(entries, MOVES_ASKED))


def _later_facts(period: Period) -> Facts:
    """What happened to cases from the first day of the period until now."""
    entries = Entry.objects.filter(family=Case.family, at__gte=period.start)
    return Facts("later_facts", _flagged(entries, MOVES_SINCE))


def _flagged(entries: QuerySet[Entry], moves: Mapping[str, Q]) -> QuerySet[Any, Any]:
    flags = {name: BoolOr(move) for name, move in moves.items()}
    return entries.filter(reduce(or_, moves.values())).values("record_id").annotate(**flags)


def _clock(fact: str) -> Condition:
    return lambda period: Q(Holds(_clock_facts(period), fact))


def _in_time(name: str) -> Condition:
    """No round that came due was late: what was sent back late is not in time because of its second round."""
    return lambda period: ~Q(Holds(_clock_facts(period), f"{name}_late"))


def _moved(fact: str) -> Condition:
    facts = _later_facts if fact in MOVES_SINCE else _move_facts
    return lambda period: Q(Holds(facts(period), fact))


def _always(condition: Q) -> Condition:
    return lambda period: condition


def _opened(period: Period) -> Q:
    return period.within("opened_at")


def _closed(period: Period) -> Q:
    return period.within("closed_at")


IS_OPEN = ~Q(state=CaseState.CLOSED)
DUPLICATE = Exclusion("重复件，已并案，不重复计", _always(Q(result=CaseResult.DUPLICATE)))
WITHDRAWN = Exclusion("上报人撤回", _always(Q(result=CaseResult.WITHDRAWN)))
NOT_OURS = Exclusion("不属受理范围，已告知去向", _always(Q(result=CaseResult.NOT_IN_COMPETENCE)))
OUTSIDE = (DUPLICATE, WITHDRAWN, NOT_OURS)


# The indicators --------------------------------------------------------------------------------------------

REPORTED = Indicator(
    "reported", "上报", Part("上报的事件", _opened), source=CHAIN, instant="opened_at",
    note="一案一码：多人上报同一问题计一件",
)  # fmt: skip
CLOSED = Indicator(
    "closed", "结案", Part("结案的事件", _closed), source=CHAIN, instant="closed_at",
    note="只计现在仍为结案的；结案后重新办理的见“重新办理率”",
)  # fmt: skip
OPEN = Indicator("open", "在办", Part("尚未结案的事件", _always(IS_OPEN)), source=CHAIN)
OVERDUE = Indicator(
    "overdue",
    "已超期",
    Part("本环节时限已过的在办事件", lambda period: IS_OPEN & Q(stage_due_at__lte=period.at)),
    source="各事项时限及其依据见事项清单",
    note="挂起期间时限停止计算，不计入",
)
SOON = Indicator(
    "soon",
    "即将到期",
    Part(
        f"{SOON_HOURS} 小时内到期的在办事件",  # not shown
        lambda period: (
            IS_OPEN
            & Q(stage_due_at__gt=period.at, stage_due_at__lte=period.at + dt.timedelta(hours=SOON_HOURS))
        ),
    ),
    source=OWN,
)
SUPERVISED = Indicator(
    "supervised", "督办中", Part("督办尚未答复的事件", _always(Q(supervised=True))), source="《条例》第十二条"
)
URGENT = Indicator(
    "urgent",
    "紧急在办",
    Part("紧急和特急的在办事件", _always(IS_OPEN & Q(urgency__in=["urgent", "very_urgent"]))),
    source=OWN,
)
ON_THE_SPOT = Indicator(
    "on_the_spot",
    "发现即处置",
    Part("网格员发现并当场解决的事件", lambda period: _opened(period) & Q(on_the_spot=True)),
    source=CHAIN,
    instant="opened_at",
)

STAGES: dict[CaseState, Indicator] = {
    state: Indicator(
        f"at_{state.value}",
        str(state.label),
        Part(f"现在{state.label}的事件", _always(Q(state=state))),  # not shown
        source=CHAIN,
    )
    for state in CaseState
    if state is not CaseState.CLOSED
}
"""The present stock of each stage."""

RESPONSE = Indicator(
    "response",
    "响应率（按时受理）",
    Part("在受理时限内受理或分办", _in_time("accept")),
    Part("受理时限在期内届满的事件", _clock("accept_due")),
    OUTSIDE[:2],
    unit="%",
    source=THREE_RATES,
)
ON_TIME_HANDLING = Indicator(
    "on_time_handling",
    "按时处置率",
    Part("在处置时限内办结", _in_time("handle")),
    Part("处置时限在期内届满的事件", _clock("handle_due")),
    (*OUTSIDE, Exclusion("已挂起，时限停止计算", _clock("handle_paused"))),
    unit="%",
    source=OWN,
    note="退回重办的，各轮都按时才算按时",
)
ON_TIME_CLOSING = Indicator(
    "on_time_closing",
    "按期结案率",
    Part("在总时限内结案", _in_time("overall")),
    Part("总时限在期内届满、应结案的事件", _clock("overall_due")),
    (*OUTSIDE, Exclusion("已挂起，时限停止计算", _clock("overall_paused"))),
    unit="%",
    source=CITY_MANAGEMENT,
)
SOLVED = Indicator(
    "solved",
    "解决率（上报人反馈）",
    Part("上报人反馈已解决", _always(Q(answer="solved"))),
    Part("期内有效反馈", _moved("answered")),
    (DUPLICATE, Exclusion("已重新办理，等待再次反馈", _always(Q(answer=None)))),
    unit="%",
    source=THREE_RATES,
    note="以上报人最后一次反馈为准；未反馈的不计入分母",
)
STILL_SOLVED = Indicator(
    "still_solved",
    "解决未反复率",
    Part("现在仍为已解决", _always(Q(result=CaseResult.SOLVED))),
    Part("期内曾以“已解决”结案的事件", _moved("ended_solved")),
    (DUPLICATE,),
    unit="%",
    source=OWN,
    note="分母是曾经解决，分子是现在解决，两者分开计",
)
HAND_BACK = Indicator(
    "hand_back",
    "退回率",
    Part("分办后被主办单位退回", _moved("handed_back")),
    Part("期内分办的事件", _moved("dispatched")),
    (DUPLICATE,),
    unit="%",
    source=OWN,
)
REOPENING = Indicator(
    "reopening",
    "重新办理率",
    Part("结案后又重新办理", _moved("opened_again")),
    Part("期内曾结案的事件", _moved("ended")),
    (DUPLICATE,),
    unit="%",
    source=CITY_MANAGEMENT,
)
EXTENSION = Indicator(
    "extension",
    "延期率",
    Part("经批准延期", _moved("extended")),
    Part("期内分办的事件", _moved("dispatched")),
    (DUPLICATE,),
    unit="%",
    source=CITY_MANAGEMENT,
)
HANDLING_TIME = Indicator(
    "handling_time",
    "办理时长（中位数）",
    Part("结案的事件（自上报至结案，自然时间）", _closed),
    None,
    (*OUTSIDE, Exclusion("发现即处置，没有办理过程", _always(Q(on_the_spot=True)))),
    unit="小时",
    source=OWN,
    middle=F("closed_at") - F("opened_at"),
)

MOVES: dict[str, Indicator] = {
    one.code: one
    for one in (
        Indicator(
            code, title, Part(f"期内的{title}", _always(moves)), grain=Grain.MOVE, unit="次",  # not shown
            source=CHAIN, instant="at",
        )
        for code, title, moves in (
            ("moves_report", "上报", Q(move__in=["report", "solve_on_the_spot"])),
            ("moves_accept", "受理", TAKEN_IN),
            ("moves_dispatch", "分办", Q(move="dispatch")),
            ("moves_handle", "处置", Q(move="handle")),
            ("moves_verify", "核查", Q(move="verify")),
            ("moves_answer", "反馈", Q(move="answer")),
            ("moves_close", "结案", ENDED),
        )
    )
}  # fmt: skip
"""What was done, move by move: the chain of a day."""

OPEN_PER_DAY = Indicator(
    "open_per_day",
    "日均在办",
    Part("每日日终在办事件之和", _always(Q())),
    Part("天数", _always(Q())),
    grain=Grain.DAY,
    source=OWN,
)

STOCK = (OPEN, OVERDUE, SOON, SUPERVISED, URGENT)
THREE = (RESPONSE, SOLVED)
"""响应率 and 解决率; the third, 满意率, is asked of nobody and therefore not computed."""
QUALITY = (ON_TIME_HANDLING, ON_TIME_CLOSING, STILL_SOLVED, HAND_BACK, REOPENING, EXTENSION, HANDLING_TIME)

INDICATORS: dict[str, Indicator] = {
    one.code: one
    for one in (
        REPORTED,
        CLOSED,
        ON_THE_SPOT,
        *STOCK,
        *STAGES.values(),
        *THREE,
        *QUALITY,
        *MOVES.values(),
        OPEN_PER_DAY,
    )
}


def in_lists(indicator: Indicator) -> Indicator:
    """The indicator as a list of units or areas shows it: with a sample that says something."""
    if not indicator.is_share and indicator.middle is None:
        return indicator
    return replace(indicator, min_sample=LIST_SAMPLE)


HELD = (OPEN, OVERDUE)
"""What is told of the unit with which a case lies."""

stand(
    flow,
    windows={1: tuple(INDICATORS.values()), 30: tuple(INDICATORS.values())},
    groups={"holder_id": HELD, "matter_id": (REPORTED,)},
    dated=(REPORTED, CLOSED),
    moments=(("stage_due_at", dt.timedelta()), ("stage_due_at", -dt.timedelta(hours=SOON_HOURS))),
    # a supervision waits for its reply even after the case was closed
    lasting=(lambda: Supervision.objects.filter(replied_at=None).values_list("case_id"),),
)


# Figures ---------------------------------------------------------------------------------------------------


def seen_by(actor: Actor, area: str = "") -> Cases:
    """The cases that figures for ``actor`` count, in ``area`` where one is given.

    Whoever oversees an area has every case of it counted, those among them that are not public: a figure
    without them would be false. Others have counted what they may see.
    """
    return ground(actor, flow, area, ability=may.OVERSEE if actor.can(may.OVERSEE) else may.VIEW)


def whole(on: Cases, indicators: Iterable[Indicator], period: Period) -> dict[str, Figure]:
    """Figures for all of ``on``, by the indicators' codes; at most one query per grain."""
    return figures(on, indicators, period)[WHOLE]


def by_area(
    on: Cases, indicators: Iterable[Indicator], period: Period, level: Level
) -> dict[str, dict[str, Figure]]:
    """``{area: {code: figure}}`` for the areas of a level in today's tree; one query.

    For indicators of the grain of records. Areas without cases are absent."""
    return figures(on, [in_lists(one) for one in indicators], period, by=level)


@dataclass(frozen=True)
class CategoryCount:
    """Cases of one top category of the matters' list; ``name`` is empty while no matter is known."""

    name: str
    number: int


def by_category(on: Cases, indicator: Indicator, period: Period) -> list[CategoryCount]:
    """A count told apart by top category, the most frequent first; one query."""
    numbers: Counter[str] = Counter()
    for matter, row in figures(on, [indicator], period, by="matter_id").items():
        numbers[category_of(matter)] += row[indicator.code].numerator
    return [
        CategoryCount(name, number)
        for name, number in sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
        if number
    ]


def category_of(matter: int | None) -> str:
    """The top category of a matter; empty where there is none."""
    return matters.by_id(matter).category.split("/")[0] if matter is not None else ""


def in_category(name: str) -> Q:
    """Cases of a top category; of those without a matter for ``NO_CATEGORY``."""
    if name == NO_CATEGORY:
        return Q(matter=None)
    return Q(matter_id__in=[pk for pk in matters.lists().by_id if category_of(pk) == name])


@dataclass(frozen=True)
class UnitFigures:
    """What lies with one unit now."""

    unit: int
    name: str
    figures: Mapping[str, Figure]


def by_holder(on: Cases, period: Period) -> list[UnitFigures]:
    """Units that hold open cases, by name, with ``HELD``; one query.

    A list for help and supervision, not a ranking: it is sorted by name.
    """
    found = [
        UnitFigures(unit, book().name(unit), row)
        for unit, row in figures(on, HELD, period, by="holder_id").items()
        if unit is not None and any(figure.numerator for figure in row.values())
    ]
    return sorted(found, key=lambda one: one.name)


# What is published -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PublicFigures:
    """The published figures of one area for one month (art. 44): no case, no person, no unit can be seen.

    ``shares`` and ``handling_time`` have ``value`` None under ``LIST_SAMPLE`` cases; show “件数不足” then.
    """

    area: str
    name: str
    reported: int
    """cases reported in the month"""
    closed: int
    """cases closed in the month and not opened again since"""
    shares: tuple[Figure, ...]
    """响应率, 解决率, 按期结案率, each with numerator, denominator, exclusions and source"""
    handling_time: Figure
    """hours, the median"""


PUBLISHED = (RESPONSE, SOLVED, ON_TIME_CLOSING)
PublicLevel = Literal["district", "township"]


def public_figures(month: dt.date, level: PublicLevel) -> list[PublicFigures]:
    """The figures of ``month`` (any day in it) for every area in force at a level, by area code; one query.

    Open to everybody, so it is computed over all cases and tells counts and shares only.
    """
    first = month.replace(day=1)
    last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    wanted = (REPORTED, CLOSED, *(in_lists(one) for one in (*PUBLISHED, HANDLING_TIME)))
    told = by_area(seen_by(SYSTEM), wanted, Period.of(first, last), Level(level))
    return [
        _public(node.code, node.name, told.get(node.code, {}), wanted) for node in _areas_of(Level(level))
    ]


def _areas_of(level: Level) -> list[Any]:
    districts = [district for city in areas.cities() for district in areas.children(city.code)]
    if level is Level.DISTRICT:
        return districts
    return [township for district in districts for township in areas.children(district.code)]


def _public(code: str, name: str, told: Mapping[str, Figure], wanted: Iterable[Indicator]) -> PublicFigures:
    found = {one.code: told.get(one.code) or nothing(one) for one in wanted}
    return PublicFigures(
        area=code,
        name=name,
        reported=found[REPORTED.code].numerator,
        closed=found[CLOSED.code].numerator,
        shares=tuple(found[one.code] for one in PUBLISHED),
        handling_time=found[HANDLING_TIME.code],
    )
