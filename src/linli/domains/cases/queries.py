"""Every read of cases, already cut to the viewer."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext

from linli.domains.cases import permissions as may
from linli.domains.cases import tags
from linli.domains.cases.errors import TrackingUnknown
from linli.domains.cases.flow import flow
from linli.domains.cases.models import (
    OPEN,
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
from linli.domains.matters.suggestion import LIKELY, suggest
from linli.kernel.access.actor import Actor
from linli.kernel.access.rows import rows, tag_of, within
from linli.kernel.areas import queries as areas
from linli.kernel.areas.levels import is_code
from linli.kernel.clocks.models import Urgency
from linli.kernel.flow.perform import Offer, find, offers, visible
from linli.kernel.records.tags import any_of, between, of_unit
from linli.kernel.units.queries import book
from linli.lib import bigrams, numbers
from linli.lib.coordinates import box_around, metres_between
from linli.lib.errors import Invalid
from linli.lib.time import LOCAL, now, today
from linli.web.pages import Slice, keyset

PAGE = 50
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
    tag: str = tags.OPEN
    """What all its cases are tagged with."""
    is_short: bool = False
    """Whether what it lists is rare, so that all of it may be fetched and sorted."""


TODO = Worklist("todo", "待我办理", "没有等您办理的事件", is_short=True)
UNIT = Worklist("unit", "本单位在办", "本单位没有在办事件")
AREA = Worklist("area", "本辖区在办", "本辖区没有在办事件")
SOON = Worklist("soon", "即将到期", "没有即将到期的事件")
OVERDUE = Worklist("overdue", "已超期", "没有超期事件")
SUPERVISED = Worklist("supervised", "督办中", "没有督办中的事件", tag=tags.SUPERVISED, is_short=True)
VERIFY = Worklist("verify", "待核查", "没有等待核查的事件")
REQUESTS = Worklist("requests", "待审批", "没有等待审批的申请")
CLOSED = Worklist("closed", "已结案", "还没有结案的事件", by_due=False, tag="")
EVERYTHING = Worklist("all", "全部", "没有事件", by_due=False, tag="")
WORKLISTS = {
    w.code: w for w in (TODO, UNIT, AREA, SOON, OVERDUE, SUPERVISED, VERIFY, REQUESTS, CLOSED, EVERYTHING)
}

SOON_HOURS = 24
"""How near a due time is called near, on the list. The clocks' own warnings go by their share used."""


def worklist(actor: Actor, code: str) -> QuerySet[Case]:
    """The visible cases of a worklist, unordered. Pages of it are read through ``finding``."""
    return visible(actor, flow).filter(condition_of(actor, worklist_of(code)))


def worklist_of(code: str) -> Worklist:
    """The worklist called ``code``, or ``Invalid``."""
    listed = WORKLISTS.get(code)
    if listed is None:
        raise Invalid(fields={"list": gettext("没有「%(code)s」这一列表") % {"code": code}})
    return listed


IS_OPEN = ~Q(state=CaseState.CLOSED)
"""Said as the indexes of what is in hand say it (``models.IN_HAND``)."""


def condition_of(actor: Actor, listed: Worklist) -> Q:
    """What makes a visible case one of the worklist's."""
    return _CONDITIONS[listed.code](actor)


def _unit(actor: Actor) -> Q:
    return IS_OPEN & (Q(units__contains=[actor.unit]) if actor.unit else Q(pk__in=[]))


def _soon(actor: Actor) -> Q:
    at = now()
    return IS_OPEN & Q(stage_due_at__gt=at, stage_due_at__lte=at + dt.timedelta(hours=SOON_HOURS))


def _requests(actor: Actor) -> Q:
    of_case = {"case": OuterRef("pk"), "district": OuterRef("district")}
    pending = CaseRequest.objects.filter(**of_case, state=RequestState.PENDING)
    return IS_OPEN & Q(Exists(pending))


def _todo(actor: Actor) -> Q:
    """What waits for somebody in this post: to decide, to handle, to verify, to approve, to reply."""
    if actor.unit is None:
        return Q(pk__in=[])
    waiting: list[QuerySet[Any, Any]] = []
    if actor.can(may.DISPATCH) or actor.can(may.CLOSE):
        undecided = [CaseState.REPORTED, CaseState.ACCEPTED, CaseState.HANDLED]
        waiting.append(Case.objects.filter(IS_OPEN, holder_id=actor.unit, state__in=undecided).values("pk"))
    if actor.can(may.HANDLE):
        waiting.append(Task.objects.filter(unit=actor.unit, state=TaskState.OPEN).values("case_id"))
    if actor.can(may.VERIFY) and not actor.can(may.DISPATCH):
        waiting.append(Case.objects.filter(IS_OPEN, within(actor.area), state=CaseState.HANDLED).values("pk"))
    if actor.can(may.REPLY):
        unanswered = Supervision.objects.filter(to_unit=actor.unit, replied_at__isnull=True)
        waiting.append(unanswered.values("case_id"))
    # a union of index scans: conditions joined by OR would have every open case looked at
    first, *others = [*waiting, Case.objects.none().values("pk")]
    return Q(pk__in=first.union(*others))


_CONDITIONS: dict[str, Callable[[Actor], Q]] = {
    TODO.code: lambda actor: IS_OPEN & _todo(actor),
    UNIT.code: _unit,
    AREA.code: lambda actor: IS_OPEN & within(actor.area),
    SOON.code: _soon,
    OVERDUE.code: lambda actor: IS_OPEN & Q(stage_due_at__lte=now()),
    SUPERVISED.code: lambda actor: Q(supervised=True),
    VERIFY.code: lambda actor: IS_OPEN & Q(state=CaseState.HANDLED),
    REQUESTS.code: _requests,
    CLOSED.code: lambda actor: Q(state=CaseState.CLOSED),
    EVERYTHING.code: lambda actor: Q(),
}


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
    problems: dict[str, str] = field(default_factory=dict, compare=False)
    """Values that were not understood, by field, in Chinese."""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Filter:
        """From a query string. What is not understood is left out and said."""
        made = cls(q=given.get("q", "").strip()[:100])
        choices = {"state": CaseState, "urgency": Urgency, "channel": Channel}
        for name, allowed in choices.items():
            value = given.get(name, "")
            if value and value not in allowed.values:
                made.problems[name] = gettext("没有「%(value)s」这一选项") % {"value": value}
            else:
                setattr(made, name, value)
        for name in ("matter", "category", "result"):
            setattr(made, name, given.get(name, "").strip()[:120])
        area = given.get("area", "").strip()
        if area and not is_code(area):
            made.problems["area"] = "区域代码不正确"
        elif area and not areas.is_known(area):
            made.problems["area"] = gettext("没有代码为 %(code)s 的区域") % {"code": area}
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
                    told = {"first": FIRST_DAY, "last": LAST_DAY}
                    made.problems[name] = gettext("日期应在 %(first)s 至 %(last)s 之间") % told
        return made

    def refuse_problems(self) -> None:
        """Refuse what was not understood (programs; people are told and shown the rest)."""
        if self.problems:
            raise Invalid(fields=self.problems)

    def apply(self, cases: QuerySet[Case]) -> QuerySet[Case]:
        """Narrow ``cases``."""
        words = self.words()
        if words is None:
            return cases.none()
        narrowed = self.apply_to_rows(cases)
        if not words:
            return narrowed
        found = CaseText.objects.extra(where=["words @@ %s::tsquery"], params=[words])
        return narrowed.filter(Exists(found.filter(case=OuterRef("pk"), district=OuterRef("district"))))

    def apply_to_rows(self, cases: QuerySet[Case]) -> QuerySet[Case]:
        """Narrow ``cases`` by all that stands in their own rows: everything but words."""
        plain = {
            "state": self.state,
            "result": self.result,
            "urgency": self.urgency,
            "channel": self.channel,
            "number": self.number,
        }
        cases = cases.filter(**{name: value for name, value in plain.items() if value})
        if self.matter or self.category:
            cases = cases.filter(matter_id__in=self._matters())
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
        return cases

    @property
    def is_empty(self) -> bool:
        """Whether nothing is narrowed."""
        return self == _WHOLE

    @property
    def number(self) -> str:
        """The whole number of a case that was searched for, or nothing."""
        typed = numbers.normalise(self.q)
        return typed if numbers.checks(typed) else ""

    def words(self) -> str | None:
        """What was searched for as a ``tsquery``; empty where no words were, None where none can match."""
        return bigrams.query(self.q) if self.q and not self.number else ""

    def tags(self) -> list[str]:
        """What every case that is left has among its tags: ``tsquery`` literals that all hold."""
        found = [
            tag_of(self.area),
            any_of([tags.of_result(self.result)]) if self.result else "",
            any_of([tags.of_urgency(self.urgency)]) if self.urgency else "",
            any_of([tags.of_channel(self.channel)]) if self.channel else "",
            any_of([tags.OPEN]) if self.state in OPEN else "",
            any_of(map(tags.of_matter, self._matters())) if self.matter or self.category else "",
            any_of([of_unit(self.unit)]) if self.unit is not None else "",
            any_of([tags.of_hand_backs(self.hand_backs)]) if self.hand_backs else "",
            _days(tags.OPENED, self.opened_from, self.opened_to),
            _days(tags.CLOSED, self.closed_from, self.closed_to),
        ]
        return [query for query in found if query]

    def _matters(self) -> list[int]:
        """The matters asked for, all versions of each."""
        return [
            matter.pk
            for matter in matters.lists().by_id.values()
            if self.matter in ("", matter.code) and _is_in(matter.category, self.category)
        ]


_WHOLE = Filter()


def _is_in(category: str, path: str) -> bool:
    return not path or category == path or category.startswith(path + "/")


def _days(kind: str, first: dt.date | None, last: dt.date | None) -> str:
    if first is None and last is None:
        return ""
    return any_of(between(kind, first or FIRST_DAY, min(last or LAST_DAY, today() + dt.timedelta(days=366))))


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), LOCAL)


# Pages -----------------------------------------------------------------------------------------------------


@dataclass
class Page:
    """A page of a list. ``next`` is the cursor of the following page, or empty."""

    cases: list[Case]
    next: str = ""


def page(cases: QuerySet[Case], *, by_due: bool, after: str = "", size: int = PAGE) -> Page:
    """A keyset page: by the stage's due time (soonest first), or newest first. Parts are not loaded.

    For cases come by otherwise; a worklist's pages are found by ``finding.page``.
    """
    # one row more than is shown tells whether there is a following page
    if by_due:
        later = reduce(operator.or_, after_due(after))
        return page_of(soonest_first(cases.filter(later))[: size + 1], by_due=True, size=size)
    older = cases.filter(pk__lt=id_after(after)) if after else cases
    return page_of(older.order_by("-id")[: size + 1], by_due=False, size=size)


def page_of(found: Iterable[Case], *, by_due: bool, size: int) -> Page:
    """The page that begins with ``found``, of which one more than ``size`` was asked for."""
    rows = list(found)
    shown = rows[:size]
    _name_units(shown)
    return Page(shown, _cursor(shown[-1], by_due) if len(rows) > size else "")


def soonest_first(cases: QuerySet[Case]) -> QuerySet[Case]:
    """By the due time of the stage in hand; those without one come last."""
    return cases.order_by(F("stage_due_at").asc(nulls_last=True), "id")


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


def id_after(after: str) -> int:
    """The cursor of a list that is newest first: the last case's id."""
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        raise _wrong_cursor()
    return int(after)


def after_due(after: str) -> list[Q]:
    """What comes after the cursor of a list by due time, in parts each of which one index range holds."""
    if not after:
        return [Q()]
    due_text, _, pk_text = after.partition("_")
    pk = id_after(pk_text)
    if due_text == "-":
        return [Q(stage_due_at=None, pk__gt=pk)]
    try:
        due = dt.datetime.fromtimestamp(float(due_text), dt.UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise _wrong_cursor() from error
    later = Q(stage_due_at__gt=due) | Q(stage_due_at=due, pk__gt=pk)
    return [Q(stage_due_at__gte=due) & later, Q(stage_due_at=None)]


def _wrong_cursor() -> Invalid:
    return Invalid(fields={"after": "翻页位置无效，请回到第一页"})


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


CANDIDATES = 50
"""The newest open cases in reach that are looked at one by one."""
GATES = 3
"""How many suggested matters may stand for a matter that nobody has chosen."""


def nearby(
    lng: float,
    lat: float,
    *,
    text: str = "",
    matter: Matter | None = None,
    area: str | None = None,
    except_for: int | None = None,
    limit: int = 5,
    actor: Actor | None = None,
) -> list[Likeness]:
    """Open cases of the same matter near in place and time. Place, matter and time decide; words rank.

    Of those that ``actor`` may see; without one, of those that anybody may know of. Where no ``matter`` is
    chosen, those that ``text`` speaks of stand for it (by the lists of ``area``), each with its own metres
    and hours; likewise for an open case without one. A text that speaks of no matter finds nothing, however
    near: two reports beside one gate share 小区门口 and 请尽快处理 and score above a true paraphrase. Such
    a pair is found once a person has said what it is.
    """
    gate = _gate(text, matter, area)
    if not gate:
        return []
    at = now()
    west, south, east, north = box_around(lng, lat, max(one.duplicate_metres for one in gate.values()))
    since = at - dt.timedelta(hours=max(one.duplicate_hours for one in gate.values()))
    known = Case.objects.filter(sensitive=False) if actor is None else visible(actor, flow)
    near = known.exclude(state=CaseState.CLOSED).filter(
        Q(matter__code__in=[*gate]) | Q(matter=None),
        lng__range=(west, east),
        lat__range=(south, north),
        opened_at__gte=since,
    )
    if except_for is not None:
        near = near.exclude(pk=except_for)
    found = []
    for case in near.order_by("-id")[:CANDIDATES]:
        away = metres_between(lng, lat, case.lng, case.lat)
        hours = (at - case.opened_at) / dt.timedelta(hours=1)
        shared = [gate[code] for code in _speaks_of(case, area) if code in gate]
        if any(away <= one.duplicate_metres and hours <= one.duplicate_hours for one in shared):
            found.append(Likeness(case, round(away), text_similarity(text, case.title) if text else 0.0))
    found.sort(key=lambda likeness: (-likeness.score, likeness.metres))
    return found[:limit]


def _gate(text: str, matter: Matter | None, area: str | None) -> dict[str, Matter]:
    """The matters, by code, of which a case must be one to be the same problem."""
    if matter is not None:
        return {matter.code: matter}
    likely = [one.matter for one in suggest(text, area=area, limit=GATES) if one.score >= LIKELY]
    return {one.code: one for one in likely}


def _speaks_of(case: Case, area: str | None) -> list[str]:
    """The matter of a case by its code; of one without, those that its words may mean."""
    if case.matter_id is not None:
        return [matters.by_id(case.matter_id).code]
    return [one.matter.code for one in suggest(case.title, area=area)]
