"""Filing a report: one page, and one question more where the same problem is known nearby."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from linli.domains.cases import actions
from linli.domains.cases.models import Channel, Report
from linli.domains.matters import queries as matters
from linli.domains.matters.suggestion import suggest
from linli.faces.portal.duplicates import Duplicate, duplicates
from linli.faces.portal.forms import UNITS_OFFERED, ReportForm, units_named
from linli.faces.portal.photos import MOST, Photos, take
from linli.faces.portal.queries import filed_before
from linli.faces.portal.quotas import REPORTS
from linli.faces.portal.views.home import notice_context
from linli.kernel.access.actor import PUBLIC
from linli.lib.errors import Invalid, NotFound, Refusal

SUGGESTED = 3
"""Matters offered for a text: a choice that a glance takes in."""


@dataclass
class Filing:
    """One submission on its way: what was sent, and what is shown again where it cannot be filed yet."""

    request: HttpRequest
    form: ReportForm
    photos: Photos

    def show(self, status: int = HTTPStatus.OK) -> HttpResponse:
        """The form with everything that was filled in."""
        return _page(self.request, self.form, self.photos, status)

    def refuse(self, refusal: Refusal) -> HttpResponse:
        if isinstance(refusal, Invalid):
            self.form.add_refusal(refusal)
        else:
            self.form.add_error(None, refusal.message)
        return self.show(refusal.status)

    def ask(self, found: list[Duplicate]) -> HttpResponse:
        """Is it the same problem? Everything filled in goes along."""
        context = {"form": self.form, "photos": self.photos, "candidates": found, "words": self.form.words}
        return render(self.request, "portal/duplicates.html", context)


@sensitive_post_parameters("name", "phone")
@never_cache
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """The form; and filing it, joining a case nearby, or going back to change something."""
    if request.method == "GET":
        form = ReportForm(initial={"client_id": uuid4(), "matter": request.GET.get("matter", "")})
        return _page(request, form, Photos(), HTTPStatus.OK)
    form = ReportForm(request.POST)
    known = _known(form)
    if known is not None:
        return _receipt(request, known)
    filing = Filing(request, form, take(request))
    if REPORTS.is_spent(request):
        form.add_error(None, _("这个网络上报过于频繁，请一小时后再试；急事请拨打 12345。您填写的内容还在。"))
        return filing.show(HTTPStatus.TOO_MANY_REQUESTS)
    if not form.is_valid() or filing.photos.problems:
        return filing.show(HTTPStatus.UNPROCESSABLE_ENTITY)
    if "edit" in request.POST:
        return filing.show()
    return _file(filing)


def _file(filing: Filing) -> HttpResponse:
    request, form = filing.request, filing.form
    found = _duplicates(form)
    joined = request.POST.get("join", "")
    if found and not joined and "apart" not in request.POST:
        return filing.ask(found)
    try:
        filed = _join(form, filing.photos, found, joined) if joined else _report(form, filing.photos)
    except Refusal as refusal:
        # the same submission may have been filed by its twin a moment ago, taking the photos with it
        known = _known(form)
        return _receipt(request, known) if known is not None else filing.refuse(refusal)
    REPORTS.count(request)
    messages.success(request, _("上报成功，请保存好查询链接"))
    return _receipt(request, filed.report)


def _known(form: ReportForm) -> Report | None:
    form.full_clean()
    return filed_before(form.cleaned_data.get("client_id"))


def _duplicates(form: ReportForm) -> list[Duplicate]:
    """Cases to join. Not offered to who complains about a unit: a complaint is read by the centre as a case
    of its own, while one that joins goes to whoever handles the case, which may be that very unit."""
    if form.about_unit is not None:
        return []
    data = form.cleaned_data
    return duplicates(data["lng"], data["lat"], text=form.words, matter=form.matter_chosen)


def _report(form: ReportForm, photos: Photos) -> actions.Filed:
    return actions.report(PUBLIC, given=form.given(photos.claims), channel=Channel.PORTAL)


def _join(form: ReportForm, photos: Photos, found: list[Duplicate], number: str) -> actions.Filed:
    """Only what was offered can be joined: joining gives a tracking link, and numbers can be guessed."""
    if number not in {one.number for one in found}:
        raise NotFound(_("那件事已办结或不在附近，请直接上报"))
    return actions.join(PUBLIC, number=number, given=form.given(photos.claims), channel=Channel.PORTAL)


def _receipt(request: HttpRequest, filed: Report) -> HttpResponse:
    address = reverse("portal:tracked", args=[filed.secret])
    if request.headers.get("HX-Request") == "true":
        return HttpResponseClientRedirect(address)
    return redirect(address)


def _page(request: HttpRequest, form: ReportForm, photos: Photos, status: int) -> HttpResponse:
    chosen = form["matter"].value() or ""
    offered = matters.offered_to_public()
    context = {
        "form": form,
        "photos": photos,
        "most": MOST,
        "categories": matters.category_tree(offered),
        "chosen": next((matter for matter in offered if matter.code == chosen), None),
        **notice_context(),
    }
    return render(request, "portal/report.html", context, status=status)


# Parts of the page, asked for while it is filled in ---------------------------------------------------------


@require_POST
def suggestions(request: HttpRequest) -> HttpResponse:
    """Matters that the text speaks of, each with its reason; the resident may ignore them."""
    text = request.POST.get("text", "").strip()[:2000]
    found = suggest(text, limit=SUGGESTED, public=True) if len(text) >= 4 else []
    chosen = request.POST.get("matter", "")
    return render(request, "portal/parts/suggestions.html", {"found": found, "chosen": chosen})


@require_POST
def nearby(request: HttpRequest) -> HttpResponse:
    """Cases that may be the same, as soon as there are words and a place; nothing where either is missing."""
    form = ReportForm(request.POST)
    form.full_clean()
    missing = form.errors.keys() & {"text", "lng", "lat"} or not form.cleaned_data.get("text")
    found = [] if missing else _duplicates(form)
    return render(request, "portal/parts/nearby.html", {"found": found})


@require_safe
def units(request: HttpRequest) -> HttpResponse:
    """Names of units for the list beside 被反映单位; units are public."""
    name = request.GET.get("about", "").strip()[:40]
    found = units_named(name)[:UNITS_OFFERED] if len(name) >= 2 else []
    return render(request, "portal/parts/units.html", {"units": found})
