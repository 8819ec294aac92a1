"""Taking a report down: for a resident at the counter or on the phone, or what a grid worker has found."""

from __future__ import annotations

import qrcode
import qrcode.image.svg
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET, require_http_methods
from pydantic import ValidationError

from linli.domains.cases import actions, queries
from linli.domains.cases import permissions as may
from linli.domains.cases.actions import Filed, SolvedOnTheSpot
from linli.domains.cases.models import Channel
from linli.domains.cases.slips import slip_of
from linli.domains.matters import queries as matters
from linli.domains.matters.suggestion import suspect_urgency
from linli.faces.desk import choices, forms
from linli.faces.desk.entrance import framed, staff
from linli.faces.desk.reporting import ReportForm
from linli.kernel.access.actor import Actor
from linli.kernel.areas.errors import OutsideCity
from linli.kernel.areas.locate import locate
from linli.kernel.areas.queries import path_of
from linli.kernel.flow.input import refuse_invalid
from linli.lib.errors import Invalid, Refusal
from linli.lib.time import today

FILED = "desk_filed"
"""In the session: the reports that this sign-in has taken down, whose tracking slip it may print."""
SLIPS = 20


@require_http_methods(["GET", "POST"])
@staff
def report(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The form; ``join=<number>`` adds the report to a case that is known already."""
    actor.require(may.REPORT)
    if request.method == "GET":
        return _show(request, actor, ReportForm(actor), request.GET)
    wrong = forms.take_uploads(request, actor)
    form = ReportForm(actor, request.POST)
    for told in wrong.values():
        form.add_error(None, told)
    if form.is_valid():
        try:
            filed = _file(actor, form, request.POST)
        except Refusal as refusal:
            fields = dict(refusal.fields) if isinstance(refusal, Invalid) else {}
            form.blame(fields, str(refusal.message))
        else:
            kept = [filed.report.pk, *request.session.get(FILED, [])]
            request.session[FILED] = kept[:SLIPS]
            return redirect("desk:filed", number=filed.case.number)
    return _show(request, actor, form, request.POST, status=422)


def _file(actor: Actor, form: ReportForm, data: QueryDict) -> Filed:
    try:
        given = form.given(data.getlist("files"))
    except ValidationError as error:
        raise refuse_invalid(error, SolvedOnTheSpot) from error
    if isinstance(given, SolvedOnTheSpot):
        return actions.solve_on_the_spot(actor, given=given)
    channel = form.cleaned_data["channel"]
    joined = data.get("join", "").strip()
    if joined:
        return actions.join(actor, number=joined, given=given, channel=channel)
    return actions.report(actor, given=given, channel=channel)


def _show(
    request: HttpRequest, actor: Actor, form: ReportForm, data: QueryDict, *, status: int = 200
) -> HttpResponse:
    """The form with what the words and the place entered so far point to."""
    context = {
        "form": form,
        "groups": choices.matters_by_category(actor.area),
        "matter": data.get("matter", ""),
        "claims": data.getlist("files"),
        "is_patrol": form["channel"].value() == Channel.PATROL,
        **_likely(actor, data),
    }
    return framed(request, actor, "desk/report.html", context, status=status)


@require_GET
@staff
def likely(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What the words and the place point to: matters with reasons, urgency, the same problem nearby."""
    actor.require(may.REPORT)
    return render(request, "desk/parts/report_likely.html", _likely(actor, request.GET))


def _likely(actor: Actor, data: QueryDict) -> dict[str, object]:
    text = data.get("text", "").strip()[:2000]
    place = _place(data)
    area, path = "", ""
    if place is not None:
        try:
            area = locate(*place).code
            path = path_of(area)
        except (OutsideCity, Invalid):
            place = None
    found = choices.suggested_matters(text, area or actor.area)
    chosen = matters.lists().in_force(area or None, today()).get(data.get("matter", ""))
    near = (
        queries.nearby(*place, text=text, matter=chosen, area=area or None, actor=actor)
        if place and text
        else []
    )
    urgency = suspect_urgency(text)
    return {
        "suggested": found,
        "path": path,
        "near": near,
        "urgency": urgency if urgency.words else None,
        "join": data.get("join", ""),
    }


def _place(data: QueryDict) -> tuple[float, float] | None:
    try:
        return float(data.get("lng", "")), float(data.get("lat", ""))
    except ValueError:
        return None


@require_GET
@staff
def filed(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """The number, and the slip with which the reporter follows the case; for this sign-in alone."""
    slip = slip_of(actor, number=number, reports=request.session.get(FILED, []))
    address = request.build_absolute_uri(reverse("portal:tracked", args=[slip.report.secret]))
    context = {
        "slip": slip,
        "address": address,
        "code": qr_code(address),
        "path": path_of(slip.case.area),
        "matter": matters.by_id(slip.case.matter_id) if slip.case.matter_id else None,
    }
    return framed(request, actor, "desk/filed.html", context)


def qr_code(address: str) -> SafeString:
    """The address as a QR code, an SVG that stands in the page."""
    drawn = qrcode.make(address, image_factory=qrcode.image.svg.SvgPathImage, box_size=12, border=2)
    svg = drawn.to_string(encoding="unicode")
    return mark_safe(svg)
