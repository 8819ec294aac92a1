"""What the work stands on: lists of matters, the working calendar, what a city has set, what was refused."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from linli.domains.cases import permissions as may
from linli.domains.cases.flow import flow
from linli.domains.cases.loading import COLUMNS, LoadFaulty, load_reports
from linli.domains.cases.models import Channel
from linli.domains.matters import actions as matter_actions
from linli.domains.matters import permissions as may_matters
from linli.domains.matters import queries as matters
from linli.domains.matters.errors import MatterUnknown
from linli.domains.matters.kinds import ListKind
from linli.domains.matters.models import Matter
from linli.faces.desk.entrance import framed, label_of, staff
from linli.faces.desk.matter_words import evidence_of, function_of, with_reason
from linli.kernel.access.actor import Actor
from linli.kernel.areas.queries import name_of, path_of
from linli.kernel.clocks import actions as clock_actions
from linli.kernel.clocks import queries as clocks
from linli.kernel.clocks.calendar import Measure, span_words
from linli.kernel.clocks.models import CalendarRevision, Urgency
from linli.kernel.clocks.permissions import EDIT_CALENDAR
from linli.kernel.flow import parameters
from linli.kernel.flow.declaration import Parameter
from linli.kernel.flow.models import Setting
from linli.kernel.flow.permissions import SET_PARAMETERS
from linli.kernel.units.models import Post
from linli.lib.errors import Invalid, Refusal
from linli.lib.time import today
from linli.web.components import Choice, Fact, in_chinese

YEARS = (2000, 2100)
REFUSALS_SHOWN = 200
EDITABLE = {
    "action_detail": gettext_lazy("工作内容"),
    "legal_basis": gettext_lazy("法律依据"),
    "article": gettext_lazy("条款"),
    "source": gettext_lazy("出处"),
    "evidence_reason": gettext_lazy("佐证规则的理由"),
    "note": gettext_lazy("说明"),
}
"""What the page lets people revise; whole lists are published as files."""


# Matters ---------------------------------------------------------------------------------------------------


@require_GET
@staff
def matter_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The lists in force where the actor stands, by kind; or what a search finds in them."""
    actor.require(may_matters.VIEW)
    text = request.GET.get("words", "").strip()[:60]
    asked = request.GET.get("kind", "")
    kinds = [kind for kind in ListKind if matters.current(kind, area=actor.area)]
    chosen = ListKind(asked) if asked in ListKind.values else (kinds[0] if kinds else ListKind.GRID)
    found = matters.search(text, area=actor.area) if text else matters.current(chosen, area=actor.area)
    counts = Counter(matter.list.kind for matter in matters.current(area=actor.area))
    tabs = [
        Choice(_(str(kind.label)), f"?kind={kind.value}", kind == chosen and not text, counts[kind.value])
        for kind in kinds
    ]
    context = {
        "tabs": tabs,
        "tree": matters.category_tree(found),
        "count": len(found),
        "words": text,
        "source": found[0].list if found and not text else None,
    }
    return framed(request, actor, "desk/matters.html", context)


@require_http_methods(["GET", "POST"])
@staff
def matter(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """One matter: its duties, limits and sources, every version; a revision makes a new version."""
    actor.require(may_matters.VIEW)
    found = _matter_of(actor, code, request.GET.get("area", ""))
    wrong: dict[str, str] = {}
    if request.method == "POST":
        actor.require(may_matters.EDIT)
        try:
            revised = _revise(request, actor, found)
        except Refusal as refusal:
            fields = refusal.fields if isinstance(refusal, Invalid) else {}
            wrong = dict(fields) or {"": str(refusal.message)}
        else:
            said = _("已修订为第 %(n)d 版，自 %(day)s 起施行")
            messages.success(request, said % {"n": revised.version, "day": revised.valid_from})
            return redirect(f"{reverse('desk:matter', args=[code])}?area={found.area}")
    context = {
        "matter": found,
        "facts": _matter_facts(found),
        "limits": _limits(found),
        "versions": matters.versions_of(found.code, area=found.area),
        "may_edit": actor.can(may_matters.EDIT)
        and found.area.startswith(actor.area)
        and found.valid_to is None,
        "fields": [
            (name, title, request.POST.get(name, getattr(found, name))) for name, title in EDITABLE.items()
        ],
        "wrong": wrong,
        "reason": request.POST.get("reason", ""),
        "path": path_of(found.area),
    }
    return framed(request, actor, "desk/matter.html", context, status=422 if wrong else 200)


def _matter_of(actor: Actor, code: str, area: str) -> Matter:
    """The version in force; of a list that the actor's place has, or of the area that was named."""
    held = matters.lists().in_force(actor.area, today()).get(code)
    if held is not None and area in ("", held.area):
        return held
    known = matters.versions_of(code, area=area)
    if not known:
        raise MatterUnknown(_("清单中没有事项 %(code)s") % {"code": code}, matter=code)
    return known[0]


def _revise(request: HttpRequest, actor: Actor, found: Matter) -> Matter:
    values = {name: request.POST.get(name, "").strip() for name in EDITABLE if name in request.POST}
    changed: dict[str, Any] = {k: v for k, v in values.items() if v != getattr(found, k)}
    return matter_actions.revise(
        actor=actor, area=found.area, code=found.code, reason=request.POST.get("reason", ""), **changed
    )


def _matter_facts(found: Matter) -> list[Fact]:
    assist = "、".join(matters.function_name(code) for code in found.assist_functions)
    alike = _("%(m)d 米、%(h)d 小时内") % {"m": found.duplicate_metres, "h": found.duplicate_hours}
    return [
        Fact(_("代码"), found.code),
        Fact(_("版本"), _("第 %(n)d 版，%(day)s 起") % {"n": found.version, "day": found.valid_from}),
        Fact(_("类别"), in_chinese(found.category.replace("/", " › "))),
        Fact(_("主办职能"), in_chinese(function_of(found))),
        Fact(_("协办职能"), in_chinese(assist)),
        Fact(_("默认紧急程度"), _(found.get_urgency_display())),
        Fact(_("核查人"), _(found.get_verifier_display())),
        Fact(_("要求的工作"), with_reason(found.get_action_display(), found.action_detail), True),
        Fact(_("法律依据"), in_chinese(" ".join(filter(None, (found.legal_basis, found.article)))), True),
        Fact(_("佐证"), evidence_of(found), True),
        Fact(_("疑似重复"), alike),
        Fact(_("出处"), in_chinese(found.source), True),
        Fact(_("关键词"), in_chinese("、".join(found.keywords)), True),
        Fact(_("说明"), in_chinese(found.note), True),
    ]


def _limits(found: Matter) -> list[tuple[str, str, str, str]]:
    """Stage, urgency, limit and source, in the order of the stages."""
    order = list(Urgency.values)
    rows = sorted(found.limits.all(), key=lambda one: (one.stage, order.index(one.urgency)))
    return [
        (
            _(one.get_stage_display()),
            _(one.get_urgency_display()),
            span_words(one.amount, Measure(one.measure)) + (_("（累计）") if one.cumulative else ""),
            one.source,
        )
        for one in rows
    ]


@require_GET
@staff
def refusals(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Demands outside the lists that were refused, and how many each unit has made. Units, never persons."""
    found = matters.refused_demands(actor)
    senders = Counter(str(one.sender) for one in found)
    context = {
        "demands": [(one, name_of(one.area)) for one in found[:REFUSALS_SHOWN]],
        "count": len(found),
        "senders": senders.most_common(10),
        "is_cut": len(found) > REFUSALS_SHOWN,
    }
    return framed(request, actor, "desk/refusals.html", context)


# The working calendar --------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@staff
def calendar(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A month of the working calendar; a change moves the clocks that it concerns, and says how many."""
    wrong: dict[str, str] = {}
    shown = _month(request)
    if request.method == "POST":
        actor.require(EDIT_CALENDAR)
        try:
            moved = _set_day(request, actor).moved
        except Refusal as refusal:
            fields = refusal.fields if isinstance(refusal, Invalid) else {}
            wrong = dict(fields) or {"": str(refusal.message)}
        else:
            messages.success(request, _("已更改，重算了 %(n)d 个时限") % {"n": moved})
            return redirect(f"{reverse('desk:calendar')}?month={shown:%Y-%m}")
    days = clocks.month(shown.year, shown.month)
    lead = [None] * days[0].date.weekday()
    cells = [*lead, *days]
    context = {
        "shown": shown,
        "weeks": [cells[n : n + 7] for n in range(0, len(cells), 7)],
        "weekdays": [_(day) for day in ("一", "二", "三", "四", "五", "六", "日")],
        "previous": f"?month={(shown - dt.timedelta(days=1)):%Y-%m}",
        "next": f"?month={(shown + dt.timedelta(days=32)).replace(day=1):%Y-%m}",
        "is_provisional": any(day.provisional for day in days),
        "workdays": sum(day.is_workday for day in days),
        "may_edit": actor.can(EDIT_CALENDAR),
        "revisions": CalendarRevision.objects.order_by("-at")[:5],
        "entered": request.POST,
        "wrong": wrong,
        "today": today(),
    }
    return framed(request, actor, "desk/calendar.html", context, status=422 if wrong else 200)


def _month(request: HttpRequest) -> dt.date:
    """The first day of the month that was asked for, else of this one."""
    try:
        asked = dt.date.fromisoformat(request.GET.get("month", "") + "-01")
    except ValueError:
        asked = today().replace(day=1)
    return asked if YEARS[0] < asked.year < YEARS[1] else today().replace(day=1)


def _set_day(request: HttpRequest, actor: Actor) -> CalendarRevision:
    given = request.POST
    try:
        date = dt.date.fromisoformat(given.get("date", ""))
    except ValueError as error:
        raise Invalid(fields={"date": _("请填写日期")}) from error
    if not YEARS[0] < date.year < YEARS[1]:
        raise Invalid(fields={"date": _("日期超出日历范围")})
    if given.get("kind") not in ("off", "work"):
        raise Invalid(fields={"kind": _("请选择休息还是上班")})
    return clock_actions.set_day(
        actor,
        date=date,
        is_off=given["kind"] == "off",
        name=given.get("name", "")[:40],
        source=given.get("source", "")[:500],
        reason=given.get("reason", "")[:200],
    )


# What the city has set -------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@staff
def flow_parameters(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What holds where the actor stands, on which basis, and what held before."""
    wrong: dict[str, str] = {}
    if request.method == "POST":
        actor.require(SET_PARAMETERS)
        name = request.POST.get("name", "")
        try:
            _set_parameter(request, actor, name)
        except Refusal as refusal:
            fields = refusal.fields if isinstance(refusal, Invalid) else {}
            wrong = {name: _("；").join(fields.values()) or str(refusal.message)}
        else:
            messages.success(request, _("已设定，自现在起对本区域有效"))
            return redirect("desk:parameters")
    history = list(Setting.objects.filter(flow=flow.family).order_by("-set_at")[:200])
    posts = {p.pk: p for p in Post.objects.filter(pk__in=[s.post for s in history if s.post])}
    context = {
        "told": [
            {
                "parameter": one,
                "value": parameters.value(flow, one.name, actor.area),
                "source": _source_of(one, history, actor.area),
                "history": [
                    (s, name_of(s.area) if s.area else _("全市"), _who(posts, s.post))
                    for s in history
                    if s.name == one.name
                ],
                "wrong": wrong.get(one.name, ""),
            }
            for one in flow.parameters.values()
        ],
        "may_set": actor.can(SET_PARAMETERS),
        "area": path_of(actor.area),
    }
    return framed(request, actor, "desk/parameters.html", context, status=422 if wrong else 200)


def _source_of(one: Parameter, history: list[Setting], area: str) -> str:
    """The basis of the value in force: of the nearest area's newest setting, else of the default."""
    held = [s for s in history if s.name == one.name and area.startswith(s.area)]
    nearest = max(held, key=lambda s: (len(s.area), s.set_at), default=None)
    return nearest.source if nearest else one.source


def _who(posts: dict[int, Post], pk: int | None) -> str:
    return label_of(posts[pk]) if pk in posts else ""


def _set_parameter(request: HttpRequest, actor: Actor, name: str) -> None:
    known = flow.parameters.get(name)
    text = request.POST.get("value", "").strip()
    value: Any = text
    if known is not None and isinstance(known.default, int):
        if not (text.isascii() and text.isdigit() and len(text) < 6):
            raise Invalid(fields={name: _("「%(title)s」应为整数") % {"title": _(known.title)}})
        value = int(text)
    parameters.set_value(
        actor, flow=flow, name=name, value=value, source=request.POST.get("source", ""), area=actor.area
    )


# Reports from files ----------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@staff
def import_reports(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Take in a hotline's file: all or nothing, or the good rows with the others told."""
    actor.require(may.IMPORT)
    context: dict[str, Any] = {"columns": [(names[0], names[1:]) for names in COLUMNS.values()]}
    context["channels"] = [(c.value, _(str(c.label))) for c in (Channel.HOTLINE, Channel.DEPARTMENT)]
    if request.method == "POST":
        upload = request.FILES.get("file")
        channel = request.POST.get("channel", "")
        try:
            if upload is None:
                raise Invalid(fields={"file": _("请选择要导入的文件")})
            if channel not in (Channel.HOTLINE, Channel.DEPARTMENT):
                raise Invalid(fields={"channel": _("请选择来源")})
            context["loaded"] = load_reports(
                upload.read(),
                actor=actor,
                channel=channel,
                keep_good="keep_good" in request.POST,
            )
        except LoadFaulty as refusal:
            context["problems"] = refusal.problems
        except Invalid as refusal:
            context["wrong"] = list(refusal.fields.values()) or [str(refusal.message)]
    status = 422 if "problems" in context or "wrong" in context else 200
    return framed(request, actor, "desk/import.html", context, status=status)
