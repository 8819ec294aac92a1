"""Every read of cases, already cut to the viewer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from linli.domains.cases import permissions as may
from linli.domains.cases.errors import TrackingUnknown
from linli.domains.cases.flow import flow
from linli.domains.cases.models import (
    Case,
    CaseState,
    CaseText,
    Channel,
    Report,
    RequestState,
    Supervision,
    Task,
    TaskState,
)
from linli.domains.cases.models import Request as CaseRequest
from linli.domains.cases.parts import load_parts
from linli.domains.matters import queries as matters
from linli.domains.matters.models import Matter
from linli.domains.matters.similarity import text_similarity
from linli.kernel.access.actor import Actor
from linli.kernel.access.rows import rows, within
from linli.kernel.areas.levels import is_code
from linli.kernel.clocks.models import Urgency
from linli.kernel.flow.perform import Offer, find, offers, visible
from linli.kernel.units.queries import book
from linli.lib import bigrams, numbers
from linli.lib.coordinates import box_around, metres_between
from linli.lib.errors import Invalid
from linli.lib.time import LOCAL, now
from linli.web.pages import Slice, keyset

PAGE = 50
COUNT_LIMIT = 1000
"""Counts beside tabs stop here: 1,000 open cases or more are shown as 999+."""
EXPORT_LIMIT = 50_000
FIRST_DAY, LAST_DAY = dt.date(1949, 10, 1), dt.date(2999, 12, 31)
"""Days that may be asked for; beyond the calendar's own end nothing can be counted."""


# Worklists -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Worklist:
    """One way of looking at the work: which of the visible cases, in which order."""

    code: str
    title: str
    empty: str
    """What an empty list says."""
    by_due: bool = True


TODO = Worklist("todo", "待我办理", "没有等您办理的事件")
UNIT = Worklist("unit", "本单位在办", "本单位没有在办事件")
AREA = Worklist("area", "本辖区在办", "本辖区没有在办事件")
SOON = Worklist("soon", "即将到期", "没有即将到期的事件")
OVERDUE = Worklist("overdue", "已超期", "没有超期事件")
SUPERVISED = Worklist("supervised", "督办中", "没有督办中的事件")
VERIFY = Worklist("verify", "待核查", "没有等待核查的事件")
REQUESTS = Worklist("requests", "待审批", "没有等待审批的申请")
CLOSED = Worklist("closed", "已结案", "还没有结案的事件", by_due=False)
EVERYTHING = Worklist("all", "全部", "没有事件", by_due=False)
WORKLISTS = {
    w.code: w for w in (TODO, UNIT, AREA, SOON, OVERDUE, SUPERVISED, VERIFY, REQUESTS, CLOSED, EVERYTHING)
}

SOON_HOURS = 24
"""How near a due time is called near, on the list. The clocks' own warnings go by their share used."""


def worklist(actor: Actor, code: str) -> QuerySet[Case]:
    """The visible cases of a worklist, unordered."""
    seen = visible(actor, flow)
    condition = _conditions(actor).get(code)
    if condition is None:
        raise Invalid(fields={"list": f"没有「{code}」这一列表"})
    return seen.filter(condition)


def _conditions(actor: Actor) -> dict[str, Q]:
    is_open = ~Q(state=CaseState.CLOSED)
    at = now()
    return {
        TODO.code: is_open & _todo(actor),
        UNIT.code: is_open & (Q(units__contains=[actor.unit]) if actor.unit else Q(pk__in=[])),
        AREA.code: is_open & within(actor.area),
        SOON.code: is_open & Q(stage_due_at__gt=at, stage_due_at__lte=at + dt.timedelta(hours=SOON_HOURS)),
        OVERDUE.code: is_open & Q(stage_due_at__lte=at),
        SUPERVISED.code: Q(supervised=True),
        VERIFY.code: Q(state=CaseState.HANDLED),
        REQUESTS.code: is_open
        & Q(Exists(CaseRequest.objects.filter(case=OuterRef("pk"), state=RequestState.PENDING))),
        CLOSED.code: Q(state=CaseState.CLOSED),
        EVERYTHING.code: Q(),
    }


def _todo(actor: Actor) -> Q:
    """What waits for somebody in this post: to decide, to handle, to verify, to approve, to reply."""
    if actor.unit is None:
        return Q(pk__in=[])
    is_open = ~Q(
        state=CaseState.CLOSED
    )  # said again in every part: it is what the indexes of open work are on
    waiting: list[QuerySet[Any, Any]] = []
    if actor.can(may.DISPATCH) or actor.can(may.CLOSE):
        undecided = [CaseState.REPORTED, CaseState.ACCEPTED, CaseState.HANDLED]
        waiting.append(Case.objects.filter(is_open, holder_id=actor.unit, state__in=undecided).values("pk"))
    if actor.can(may.HANDLE):
        waiting.append(Task.objects.filter(unit=actor.unit, state=TaskState.OPEN).values("case_id"))
    if actor.can(may.VERIFY) and not actor.can(may.DISPATCH):
        waiting.append(Case.objects.filter(is_open, within(actor.area), state=CaseState.HANDLED).values("pk"))
    if actor.can(may.REPLY):
        unanswered = Supervision.objects.filter(to_unit=actor.unit, replied_at__isnull=True)
        waiting.append(unanswered.values("case_id"))
    # a union of index scans: conditions joined by OR would have every open case looked at
    first, *others = [*waiting, Case.objects.none().values("pk")]
    return Q(pk__in=first.union(*others))


def counts(actor: Actor, codes: Iterable[str]) -> dict[str, int]:
    """How many cases each worklist holds, at most ``COUNT_LIMIT``; one query."""
    wanted = list(codes)
    parts: list[str] = []
    params: list[Any] = []
    for code in wanted:
        found = worklist(actor, code).order_by().values("pk")[:COUNT_LIMIT]
        try:
            query, values = found.query.sql_with_params()
        except EmptyResultSet:  # nothing is granted, so that there is nothing to ask
            parts.append("0")
        else:
            parts.append(f"(SELECT count(*) FROM ({query}) t)")
            params.extend(values)
    if not parts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), params)
        row = cursor.fetchone()
    return dict(zip(wanted, row, strict=True))


# Filters ---------------------------------------------------------------------------------------------------


@dataclass
class Filter:
    """What a person has narrowed a list to. All given conditions hold together."""

    q: str = ""
    matter: str = ""
    category: str = ""
    area: str = ""
    unit: int | None = None
    state: str = ""
    result: str = ""
    urgency: str = ""
    channel: str = ""
    opened_from: dt.date | None = None
    opened_to: dt.date | None = None
    closed_from: dt.date | None = None
    closed_to: dt.date | None = None
    hand_backs: int | None = None
    problems: dict[str, str] = field(default_factory=dict)
    """Values that were not understood, by field, in Chinese."""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Filter:
        """From a query string. What is not understood is left out and said."""
        made = cls(q=given.get("q", "").strip()[:100])
        choices = {"state": CaseState, "urgency": Urgency, "channel": Channel}
        for name, allowed in choices.items():
            value = given.get(name, "")
            if value and value not in allowed.values:
                made.problems[name] = f"没有「{value}」这一选项"
            else:
                setattr(made, name, value)
        for name in ("matter", "category", "result"):
            setattr(made, name, given.get(name, "").strip()[:120])
        area = given.get("area", "").strip()
        if area and not (is_code(area) or len(area) == 4):
            made.problems["area"] = "区域代码不正确"
        else:
            made.area = area
        for name in ("unit", "hand_backs"):
            value = given.get(name, "").strip()
            if value.isascii() and value.isdigit() and len(value) < 19:
                setattr(made, name, int(value))
            elif value:
                made.problems[name] = "应为整数"
        for name in ("opened_from", "opened_to", "closed_from", "closed_to"):
            value = given.get(name, "").strip()
            if value:
                try:
                    day = dt.date.fromisoformat(value)
                except ValueError:
                    made.problems[name] = "日期应为 年-月-日"
                    continue
                if FIRST_DAY <= day <= LAST_DAY:
                    setattr(made, name, day)
                else:
                    made.problems[name] = f"日期应在 {FIRST_DAY} 至 {LAST_DAY} 之间"
        return made

    def refuse_problems(self) -> None:
        """Refuse what was not understood (programs; people are told and shown the rest)."""
        if self.problems:
            raise Invalid(fields=self.problems)

    def apply(self, cases: QuerySet[Case]) -> QuerySet[Case]:
        """Narrow ``cases``."""
        plain = {"state": self.state, "result": self.result, "urgency": self.urgency, "channel": self.channel}
        cases = cases.filter(**{name: value for name, value in plain.items() if value})
        if self.matter:
            cases = cases.filter(matter__code=self.matter)
        if self.category:
            cases = cases.filter(matter_id__in=_in_category(self.category))
        if self.area:
            cases = cases.filter(within(self.area))
        if self.unit is not None:
            cases = cases.filter(units__contains=[self.unit])
        if self.hand_backs is not None:
            cases = cases.filter(hand_backs__gte=self.hand_backs)
        for column, first, last in (
            ("opened_at", self.opened_from, self.opened_to),
            ("closed_at", self.closed_from, self.closed_to),
        ):
            if first:
                cases = cases.filter(**{f"{column}__gte": _midnight(first)})
            if last:
                cases = cases.filter(**{f"{column}__lt": _midnight(last + dt.timedelta(days=1))})
        return search(cases, self.q) if self.q else cases


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), LOCAL)


def _in_category(path: str) -> list[int]:
    found = matters.lists().by_id.values()
    return [m.pk for m in found if m.category == path or m.category.startswith(path + "/")]


def search(cases: QuerySet[Case], text: str) -> QuerySet[Case]:
    """Cases by number or by words; a phrase is found letter by letter."""
    number = numbers.normalise(text)
    if numbers.checks(number):
        return cases.filter(number=number)
    query = bigrams.query(text)
    if query is None:
        return cases.none()
    words = CaseText.objects.extra(where=["words @@ %s::tsquery"], params=[query])
    return cases.filter(Exists(words.filter(case=OuterRef("pk"))))


# Pages -----------------------------------------------------------------------------------------------------


@dataclass
class Page:
    """A page of a list. ``next`` is the cursor of the following page, or empty."""

    cases: list[Case]
    next: str = ""


def page(cases: QuerySet[Case], *, by_due: bool, after: str = "", size: int = PAGE) -> Page:
    """A keyset page: by the stage's due time (soonest first), or newest first. Parts are not loaded."""
    found = list(ordered_page(cases, by_due=by_due, after=after, size=size))
    shown = found[:size]
    _name_units(shown)
    return Page(shown, _cursor(shown[-1], by_due) if len(found) > size else "")


def ordered_page(cases: QuerySet[Case], *, by_due: bool, after: str = "", size: int = PAGE) -> QuerySet[Case]:
    """The query of ``page``: one row more than is shown tells whether there is a following page."""
    ordered = _after(cases, by_due, after)
    if by_due:
        ordered = ordered.order_by(F("stage_due_at").asc(nulls_last=True), "id")
    else:
        ordered = ordered.order_by("-id")
    return ordered[: size + 1]


def _name_units(cases: Iterable[Case]) -> None:
    """Hang holder and lead on the cases from memory; one no longer in force is left to be read when asked."""
    units = book()
    for case in cases:
        for name, unit in (("holder", units.unit(case.holder_id)), ("lead", units.unit(case.lead_id))):
            if unit is not None:
                setattr(case, name, unit)


def _cursor(case: Case, by_due: bool) -> str:
    if not by_due:
        return str(case.pk)
    due = case.stage_due_at
    return f"{due.timestamp():.6f}_{case.pk}" if due else f"-_{case.pk}"


def _after(cases: QuerySet[Case], by_due: bool, after: str) -> QuerySet[Case]:
    if not after:
        return cases
    try:
        if not by_due:
            return cases.filter(pk__lt=int(after))
        due_text, _, pk_text = after.partition("_")
        pk = int(pk_text)
        if due_text == "-":
            return cases.filter(stage_due_at=None, pk__gt=pk)
        due = dt.datetime.fromtimestamp(float(due_text), dt.UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Invalid(fields={"after": "翻页位置无效，请回到第一页"}) from error
    return cases.filter(Q(stage_due_at__gt=due) | Q(stage_due_at=due, pk__gt=pk) | Q(stage_due_at=None))


def export(actor: Actor, code: str, narrowed: Filter) -> QuerySet[Case]:
    """The cases of a list for a spreadsheet: what may be seen and exported, at most ``EXPORT_LIMIT``."""
    actor.require(may.EXPORT)
    cases = rows(actor, may.EXPORT, narrowed.apply(worklist(actor, code)))
    return cases.select_related("holder", "lead", "matter").order_by("-id")[:EXPORT_LIMIT]


# One case --------------------------------------------------------------------------------------------------


def detail(actor: Actor, number: str) -> Case:
    """One visible case with its parts, or CaseNotFound. One query; units and matter come from memory."""
    case = find(actor, flow, numbers.normalise(number))
    _name_units([case])
    if case.matter_id is not None:
        case.matter = matters.by_id(case.matter_id)
    return case


def open_tasks(actor: Actor, *, cursor: str = "", size: int = PAGE) -> Slice[Task]:
    """Open tasks of visible cases that are the acting unit's own, oldest first."""
    tasks = Task.objects.filter(state=TaskState.OPEN, unit=actor.unit).select_related("case")
    return keyset(rows(actor, may.VIEW, tasks, prefix="case__"), order=["id"], cursor=cursor, size=size)


def may_do(actor: Actor, case: Case) -> list[Offer]:
    """The moves that the actor may make on the case now."""
    return offers(actor, flow, case)


def tracked(secret: str) -> tuple[Case, Report]:
    """The case behind a private tracking link, as its reporter may see it."""
    report = Report.objects.select_related("case").filter(token=Report.digest_of(secret)).first()
    if report is None:
        raise TrackingUnknown()
    case = report.case
    load_parts([case])
    return case, report


# Duplicates ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Likeness:
    """An open case that may be the same problem."""

    case: Case
    metres: int
    score: float
    """How alike the words are, 0 to 1: for the order only, never a gate."""


def nearby(
    lng: float,
    lat: float,
    *,
    text: str = "",
    matter: Matter | None = None,
    except_for: int | None = None,
    limit: int = 5,
    within_metres: int | None = None,
    actor: Actor | None = None,
) -> list[Likeness]:
    """Open cases of the same matter near in place and time. Place, matter and time decide; words rank.

    Of those that ``actor`` may see; without one, of those that anybody may know of.
    Text alone scores the wrong building higher than a true paraphrase, so it never lets a case in.
    """
    metres = within_metres or (matter.duplicate_metres if matter else DEFAULT_METRES)
    hours = matter.duplicate_hours if matter else DEFAULT_HOURS
    west, south, east, north = box_around(lng, lat, metres)
    known = Case.objects.filter(sensitive=False) if actor is None else visible(actor, flow)
    near = known.exclude(state=CaseState.CLOSED).filter(
        lng__range=(west, east), lat__range=(south, north), opened_at__gte=now() - dt.timedelta(hours=hours)
    )
    if matter is not None:
        near = near.filter(Q(matter__code=matter.code) | Q(matter=None))
    if except_for is not None:
        near = near.exclude(pk=except_for)
    found = []
    for case in near.order_by("-id")[:50]:
        away = metres_between(lng, lat, case.lng, case.lat)
        if away <= metres:
            found.append(Likeness(case, round(away), text_similarity(text, case.title) if text else 0.0))
    found.sort(key=lambda likeness: (-likeness.score, likeness.metres))
    return found[:limit]


DEFAULT_METRES = 100
DEFAULT_HOURS = 24 * 14
"""The gate for reports whose matter is not known yet (our choice; each matter sets its own)."""
