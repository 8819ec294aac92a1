"""The case page: everything about one case, and the moves that may be made on it now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.domains.cases import actions, queries, stages
from linli.domains.cases import permissions as may
from linli.domains.cases.flow import flow
from linli.domains.cases.models import Case, Report, Request
from linli.domains.cases.purposes import REPORTER
from linli.domains.matters import queries as matters
from linli.domains.matters.models import Matter
from linli.faces.desk import choices, forms, history, listing
from linli.faces.desk.choices import Setting
from linli.faces.desk.entrance import framed, in_panel, staff
from linli.faces.desk.forms import MoveForm
from linli.faces.desk.matter_words import evidence_of, function_of
from linli.kernel.access.actor import Actor
from linli.kernel.areas import queries as areas
from linli.kernel.areas.levels import Level
from linli.kernel.clocks.actions import explanation
from linli.kernel.clocks.calendar import Measure, span_words
from linli.kernel.clocks.models import Clock
from linli.kernel.files import queries as files
from linli.kernel.files.models import Attachment, Stage
from linli.kernel.flow.declaration import Move
from linli.kernel.flow.perform import Offer
from linli.kernel.journal import queries as journal
from linli.kernel.units.queries import book
from linli.kernel.vault import actions as vault
from linli.kernel.vault import queries as masks
from linli.lib.errors import Conflict, Invalid, NotFound, Refusal
from linli.lib.time import now
from linli.web.components import Crumb, Fact, in_chinese, with_content
from linli.web.toasts import toast

CONTACT_FIELDS = {"name": "称呼", "phone": "电话", "circumstances": "其他"}
MAIN_MOVES = 4
"""How many moves stand as buttons; the others are one key or click further."""


@require_GET
@staff
def case(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """One case. ``?print=1`` is the sheet for paper."""
    found = queries.detail(actor, number)
    template = "desk/case_print.html" if request.GET.get("print") else "desk/case.html"
    return framed(request, actor, template, page_of(actor, found))


def page_of(actor: Actor, found: Case) -> dict[str, Any]:
    """What the case page shows. The number of queries does not depend on how long the case's story is."""
    attached = files.of(Case.family, [found.pk]).get(found.pk, [])
    offers = queries.may_do(actor, found)
    entries = history.timeline(journal.chain(found.pk), attached)
    likely = choices.likely_duplicates(Setting.of(actor, found)) if found.is_open else []
    return {
        "case": found,
        "state": listing.state_pill(found),
        "due": listing.due_mark(found),
        "offers": _buttons(found, offers),
        "trail": [Crumb(_("事件"), reverse("desk:worklist")), Crumb(found.number)],
        "areas": [Crumb(name) for name in areas.path_of(found.area).split(areas.SEPARATOR)],
        "facts": _facts(found),
        "reports": _reports(actor, found, attached),
        "photos": history.photos_of(a for a in attached if a.stage == Stage.REPORT),
        "papers": history.papers_of(attached),
        "matter": matters.by_id(found.matter_id) if found.matter_id else None,
        "matter_facts": _matter_facts(found),
        "limits": _limits(found),
        "tasks": [(task, book().name(task.unit_id)) for task in found.tasks],
        "clocks": [ClockLine(clock) for clock in found.clocks if clock.outcome != "cancelled"],
        "requests": _requests(found),
        "likely": likely,
        "may_merge": any(o.move.name == "merge" and not o.refused for o in offers),
        "merge_url": listing.move_url(found, "merge"),
        "links": _links(actor, found),
        "entries": entries,
        "story": entries[::-1],
        "map_areas": _map_areas(found),
        "map_points": _map_points(found, likely),
        "contact_url": reverse("desk:contact", args=[found.number]),
        "may_contact": actor.can(may.CONTACT),
        "printed_at": now(),
    }


# Parts of the page -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Button:
    """A move as a button: open, or disabled with the reason."""

    move: Move
    refused: str
    url: str
    icon: str
    key: str
    """The digit that opens it."""

    @property
    def kind(self) -> str:
        return {"primary": "primary", "danger": "danger"}.get(self.move.tone, "secondary")


def _buttons(found: Case, offers: list[Offer]) -> dict[str, list[Button]]:
    """The moves by weight: what one may do now, the usual one first; then what a guard holds back."""
    order = {"primary": 0, "": 1, "danger": 2}
    side = {"comment", "note", "supervise", "split", "merge", "ask_suspension", "ask_extension", "assist"}
    free = [o for o in offers if not o.refused]
    free.sort(key=lambda o: (o.move.name in side, order[o.move.tone], o.move.order))
    made = [_button(found, offer, str(n) if n < 10 else "") for n, offer in enumerate(free, start=1)]
    held = [_button(found, offer, "") for offer in offers if offer.refused]
    return {"main": made[:MAIN_MOVES], "more": made[MAIN_MOVES:], "held": held}


def _button(found: Case, offer: Offer, key: str) -> Button:
    name = offer.move.name
    return Button(
        offer.move, offer.refused or "", listing.move_url(found, name), listing.move_icon(name), key
    )


def _facts(found: Case) -> list[Fact]:
    facts = [
        Fact(_("当前办理单位"), in_chinese(book().name(found.holder_id))),
        Fact(_("主办单位"), in_chinese(book().name(found.lead_id))),
        Fact(_("来源"), _(found.get_channel_display())),
        Fact(_("地址"), in_chinese(found.address)),
    ]
    if found.statement:
        facts.append(Fact(_("结果说明"), in_chinese(found.statement), True))
    if found.answer:
        facts.append(Fact(_("上报人反馈"), _(str(found.get_answer_display()))))
    return facts


@dataclass(frozen=True)
class ReportLine:
    """A report with what may be shown of its reporter."""

    report: Report
    contact: str
    """Masked, or empty where there is none or it is hidden from the viewer's unit."""
    taken_by: str


def _reports(actor: Actor, found: Case, attached: list[Attachment]) -> list[ReportLine]:
    people = [report.contact for report in found.report_list if report.contact]
    shown = masks.masks(people, reader=actor) if people else {}
    return [
        ReportLine(
            report,
            "　".join(shown.get(report.contact or 0, {}).get(name, "") for name in ("name", "phone")).strip(),
            book().name(report.unit),
        )
        for report in found.report_list
    ]


def _in_version(matter: Matter) -> str:
    return with_content(_("%(title)s（第 %(n)s 版）"), title=matter.list.title, n=matter.version)


def _matter_facts(found: Case) -> list[Fact]:
    if found.matter_id is None:
        return []
    matter: Matter = matters.by_id(found.matter_id)
    assist = "、".join(matters.function_name(code) for code in matter.assist_functions)
    return [
        Fact(_("清单"), _in_version(matter)),
        Fact(_("类别"), in_chinese(matter.category.replace("/", " › "))),
        Fact(_("认定理由"), in_chinese(found.matter_why)),
        Fact(_("法律依据"), in_chinese(" ".join(filter(None, (matter.legal_basis, matter.article))))),
        Fact(_("主办职能"), in_chinese(function_of(matter))),
        Fact(_("协办职能"), in_chinese(assist)),
        Fact(_("佐证"), evidence_of(matter), True),
        Fact(_("出处"), in_chinese(matter.source), True),
    ]


def _limits(found: Case) -> list[tuple[str, str, str]]:
    """Stage, limit and source as they hold for this case."""
    names = [stages.OVERALL, "accept", "dispatch", "handle", "verify"]
    held = ((name, stages.limit_of(found, name).limit) for name in names)
    return [(_(stages.TITLES[name]), limit.words, limit.source) for name, limit in held]


def _requests(found: Case) -> list[tuple[Request, str]]:
    """Every request of the case, the newest first, with how much time it asks for."""
    return [
        (one, span_words(one.amount, Measure(one.measure)) if one.amount else "")
        for one in Request.objects.filter(case=found).order_by("-asked_at")
    ]


class ClockLine:
    """A clock with its mark and its explanation."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.title = _(stages.TITLES.get(clock.name, clock.name))
        self.unit = book().name(clock.unit_id)
        self.explanation = explanation(clock)
        self.state = clock.outcome or ("paused" if clock.is_paused else "running")


@dataclass(frozen=True)
class Link:
    """Another case that belongs to this one's story."""

    said: str
    case: Case


def _links(actor: Actor, found: Case) -> list[Link]:
    """Merged and split cases, as far as the actor may see them."""
    seen = queries.worklist(actor, "all")
    above = [pk for pk in (found.merged_into_id, found.split_from_id) if pk]
    near = seen.filter(pk__in=above) | seen.filter(merged_into=found) | seen.filter(split_from=found)
    told = []
    for other in near.order_by("pk"):
        if other.pk == found.merged_into_id:
            told.append(Link(_("已并入"), other))
        elif other.pk == found.split_from_id:
            told.append(Link(_("分自"), other))
        elif other.merged_into_id == found.pk:
            told.append(Link(_("并入此件"), other))
        else:
            told.append(Link(_("由此件分出"), other))
    return told


def _map_areas(found: Case) -> dict[str, Any]:
    """The grids of the community, the one of the case in colour."""
    drawn = areas.grids_geojson(found.area[:12], level=Level.GRID, simplify=1.0)
    collection: dict[str, Any] = orjson.loads(drawn)
    for feature in collection["features"]:
        feature["properties"]["shade"] = 1 if feature["properties"]["code"] == found.area[:15] else 0
    return collection


def _map_points(found: Case, likely: list[queries.Likeness]) -> dict[str, Any]:
    points = [_point(one.case, "neutral", listing.case_url(one.case)) for one in likely]
    tone = "danger" if found.urgency != "normal" else "info"
    return {"type": "FeatureCollection", "features": [*points, _point(found, tone, "")]}


def _point(one: Case, tone: str, url: str) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [one.lng, one.lat]},
        "properties": {"name": one.title, "tone": tone, "url": url},
    }


# Making a move ---------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@staff
def move(request: HttpRequest, actor: Actor, number: str, name: str) -> HttpResponse:
    """The form of a move, and the move. Nothing that was entered is lost by a refusal."""
    found = queries.detail(actor, number)
    declared = flow.moves.get(name)
    if declared is None:  # here it is part of the address
        raise NotFound
    if request.method == "GET":
        data = request.GET if forms.REFRESH in request.GET else None
        form = forms.build(declared, Setting.of(actor, found, request.GET.get("matter", "")), data)
        _prefill(form, request)
        _refuse_idle(actor, found, form)
        return _show(request, actor, found, form)
    wrong = forms.take_uploads(request, actor)
    form = forms.build(declared, Setting.of(actor, found, request.POST.get("matter", "")), request.POST)
    try:
        if wrong:
            raise Invalid(fields=wrong)
        actions.move(
            actor,
            case_id=found.pk,
            move=name,
            given=forms.read(declared, request.POST),
            version=_version(request, found),
            client_id=forms.client_id(request.POST),
        )
    except NotFound:
        raise
    except Refusal as refusal:
        form.blame(refusal)
        present = queries.detail(actor, number) if isinstance(refusal, Conflict) else found
        return _show(request, actor, present, form, status=refusal.status)
    return _made(request, declared, found)


def _version(request: HttpRequest, found: Case) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else found.version


def _prefill(form: MoveForm, request: HttpRequest) -> None:
    """Answers that the link to the form brings along, as when a duplicate is merged with one click."""
    for one in form.fields:
        if one.name in request.GET and forms.REFRESH not in request.GET:
            one.value = request.GET[one.name]


def _refuse_idle(actor: Actor, found: Case, form: MoveForm) -> None:
    """Say at once what would be refused anyway, before anybody fills in a form."""
    offer = next((o for o in queries.may_do(actor, found) if o.move.name == form.move.name), None)
    if offer is None:
        form.problems.append(
            _("您的岗位现在不能对此件进行「%(move)s」（当前状态：%(state)s）")
            % {"move": _(form.move.title), "state": _(found.state_title)}
        )
    elif offer.refused:
        form.problems.append(offer.refused)


def _show(
    request: HttpRequest, actor: Actor, found: Case, form: MoveForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "move": form.move,
        "case": found,
        "action": listing.move_url(found, form.move.name, _back(request)),
        "icon": listing.move_icon(form.move.name),
        "state": listing.state_pill(found),
        "due": listing.due_mark(found),
        "version": found.version,
        "path": areas.path_of(found.area),
        "matter": matters.by_id(found.matter_id) if found.matter_id else None,
        "texts": [report.text for report in found.report_list],
    }
    if in_panel(request):
        return render(request, "desk/parts/move.html", context, status=status)
    alone = {**context, "heading": _(form.move.title), "part": "desk/parts/move.html"}
    return framed(request, actor, "desk/alone.html", alone, status=status)


def _made(request: HttpRequest, declared: Move, found: Case) -> HttpResponse:
    said = _("%(number)s 已%(move)s") % {"number": found.number, "move": _(declared.title)}
    if in_panel(request):
        response = HttpResponse(status=200)
        response["HX-Reswap"] = "none"
        response["HX-Trigger"] = '{"desk:moved": {"target": "body"}}'
        return toast(response, said)
    messages.success(request, said)
    return HttpResponseRedirect(_back(request) or listing.case_url(found))


def _back(request: HttpRequest) -> str:
    """Where to go after a move: an address of this site, or nothing."""
    asked = request.GET.get("back", "")
    safe = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if safe else ""


# Reaching the reporter -------------------------------------------------------------------------------------


@require_POST
@staff
def contact(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """A reporter's contact for a stated reason; the vault checks, and keeps that it was read."""
    found = queries.detail(actor, number)
    wanted = request.POST.get("report", "")
    report = next((r for r in found.report_list if str(r.pk) == wanted), None)
    if report is None or report.contact is None:
        raise NotFound(_("此上报没有留下联系方式"))
    reason = request.POST.get("reason", "").strip()
    values = vault.read(
        actor, person=report.contact, fields=list(CONTACT_FIELDS), purpose=REPORTER, reason=reason
    )
    facts = [
        Fact(_(title), in_chinese(values[name])) for name, title in CONTACT_FIELDS.items() if values.get(name)
    ]
    context = {"facts": facts, "case": found, "reason": reason}
    if in_panel(request):
        return render(request, "desk/parts/contact.html", context)
    alone = {**context, "heading": _("上报人联系方式"), "part": "desk/parts/contact.html"}
    return framed(request, actor, "desk/alone.html", alone)
