"""Following a report by its private link: how it stands, answering, taking it back.

The link is the key: who holds it may do what the reporter may, and nothing else. So its pages are not
indexed, not stored, and tell other pages at most the site that the reader came from, never the address. (Not
even the site would be too little: browsers then send no origin with forms, and those of the shell, such as
the choice of language, would be refused.) The forms here go by the link's own secret instead of a CSRF token:
nobody who does not hold the link can know it, and they work without cookies.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.domains.cases import actions, queries
from linli.domains.cases.errors import TrackingUnknown
from linli.domains.cases.models import Case, Report
from linli.faces.portal.forms import AnswerForm, SupplementForm, TrackForm
from linli.faces.portal.photos import MOST, Photos, take
from linli.faces.portal.progress import standing
from linli.faces.portal.queries import first_number
from linli.faces.portal.quotas import GUESSES, REPORTS
from linli.kernel.access.actor import Actor, holder_of
from linli.lib.errors import Conflict, Invalid, WrongState
from linli.lib.time import now
from linli.web.qr import qr_svg

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

SECRET_HEADERS = {
    "Cache-Control": "no-store, private",
    "Referrer-Policy": "strict-origin",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


def behind_a_secret(page: View[P]) -> View[P]:
    """A page whose address is the key: left out of indexes, caches and referrers; an unknown key is told
    on the look-up page, and counted."""

    @wraps(page)
    def kept(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if GUESSES.is_spent(request):
            response = _too_many(request, TrackForm())
        else:
            try:
                response = page(request, *args, **kwargs)
            except TrackingUnknown as unknown:
                response = _unknown(request, TrackForm(), unknown.message)
        for name, value in SECRET_HEADERS.items():
            response[name] = value
        return response

    return kept


@behind_a_secret
@require_safe
def tracked(request: HttpRequest, secret: str) -> HttpResponse:
    """Receipt and progress in one: what was reported, which step it is in, until when, what came of it."""
    case, report = queries.tracked(secret)
    return _page(request, secret, case, report, SupplementForm(initial={"client_id": uuid4()}), Photos())


def _page(
    request: HttpRequest,
    secret: str,
    case: Case,
    report: Report,
    form: SupplementForm,
    photos: Photos,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """The tracking page, with what was begun to be added."""
    address = request.build_absolute_uri(reverse("portal:tracked", args=[secret]))
    unsaved = form.data.get("text", "") if form.is_bound else ""
    context = {
        "standing": standing(case, report),
        "secret": secret,
        "code": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        "address": address,
        "qr": qr_svg(address, _("查询链接的二维码"), css_class="portal-qr"),
        "form": AnswerForm(initial={"reason": "" if case.is_open else unsaved}),
        "supplement": form,
        "unsaved": unsaved,
        "photos": photos,
        "most": MOST,
        "printed_at": now(),
        "may_withdraw": _may_withdraw(case),
    }
    return render(request, "portal/tracked.html", context, status=status)


@behind_a_secret
@csrf_exempt
@require_POST
def answer(request: HttpRequest, secret: str) -> HttpResponse:
    """Solved or not: one click, with words if the reporter wants."""
    case, report = queries.tracked(secret)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("没有记下，请再点一次“已解决”或“未解决”"))
        return redirect("portal:tracked", secret)
    solved = form.cleaned_data["solved"] == "yes"
    given = {"solved": solved, "reason": form.cleaned_data["reason"], "report": report.pk}
    try:
        actions.move(_reporter(case), case_id=case.pk, move="answer", given=given)
    except WrongState as refusal:
        messages.warning(request, refusal.message)
    else:
        messages.success(request, _("谢谢，已记下：已解决") if solved else _("已记下，将重新办理"))
    return redirect("portal:tracked", secret)


@behind_a_secret
@csrf_exempt
@require_http_methods(["GET", "POST"])
def supplement(request: HttpRequest, secret: str) -> HttpResponse:
    """Add words or photos to the report while the case is open; what cannot be taken yet stays filled in.

    Whoever comes back to this address, having changed the language or the size of type, gets the page.
    """
    if request.method == "GET":
        return redirect("portal:tracked", secret)
    case, report = queries.tracked(secret)
    photos = take(request)
    form = SupplementForm(request.POST, claims=photos.claims)
    is_valid = form.is_valid()
    if REPORTS.is_spent(request):
        form.add_error(None, _("这个网络提交过于频繁，请一小时后再试；急事请拨打 12345。您填写的内容还在。"))
        return _page(request, secret, case, report, form, photos, HTTPStatus.TOO_MANY_REQUESTS)
    if not is_valid or photos.problems:
        return _page(request, secret, case, report, form, photos, HTTPStatus.UNPROCESSABLE_ENTITY)
    given = {"text": form.cleaned_data["text"], "files": photos.claims, "report": report.pk}
    client_id = form.cleaned_data["client_id"]
    try:
        actions.move(_reporter(case), case_id=case.pk, move="supplement", given=given, client_id=client_id)
    except WrongState:
        case, report = queries.tracked(secret)
        messages.warning(request, _("此件已办结，没有补充上；请看下面还可以怎么办"))
        return _page(request, secret, case, report, form, photos, HTTPStatus.CONFLICT)
    except (Invalid, Conflict) as refusal:
        form.add_error(None, refusal.message)
        return _page(request, secret, case, report, form, photos, refusal.status)
    REPORTS.count(request)
    messages.success(request, _("已补充，办理单位会看到"))
    return redirect("portal:tracked", secret)


@behind_a_secret
@csrf_exempt
@require_POST
def withdraw(request: HttpRequest, secret: str) -> HttpResponse:
    """Take the report back, as long as nobody has begun."""
    case, _report = queries.tracked(secret)
    try:
        actions.move(_reporter(case), case_id=case.pk, move="withdraw")
    except WrongState as refusal:
        messages.warning(request, refusal.message)
    else:
        messages.success(request, _("已撤回"))
    return redirect("portal:tracked", secret)


@require_http_methods(["GET", "POST"])
def look_up(request: HttpRequest) -> HttpResponse:
    """The way back for who has the slip: code or link, and the number as a check."""
    form = TrackForm(request.POST if request.method == "POST" else None)
    if request.method == "GET" or not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
        return render(request, "portal/track.html", {"form": form}, status=status)
    if GUESSES.is_spent(request):
        return _too_many(request, form)
    secret, number = form.cleaned_data["code"], form.cleaned_data["number"]
    try:
        case, report = queries.tracked(secret)
    except TrackingUnknown:
        return _unknown(request, form, _("没有查到，请对照回执核对查询码的每一位"))
    if number and number not in (case.number, first_number(report)):
        return _unknown(request, form, _("编号和查询码不是同一件，请核对；也可以只填查询码"))
    return redirect("portal:tracked", secret)


def _unknown(request: HttpRequest, form: TrackForm, message: str) -> HttpResponse:
    GUESSES.count(request)
    context = {"form": form, "problem": message}
    return render(request, "portal/track.html", context, status=HTTPStatus.NOT_FOUND)


def _too_many(request: HttpRequest, form: TrackForm) -> HttpResponse:
    context = {"form": form, "problem": _("查询过于频繁，请 15 分钟后再试")}
    return render(request, "portal/track.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)


def _reporter(case: Case) -> Actor:
    return holder_of(case.pk, "reporter")


def _may_withdraw(case: Case) -> bool:
    return any(
        offer.move.name == "withdraw" and offer.refused is None
        for offer in queries.may_do(_reporter(case), case)
    )
