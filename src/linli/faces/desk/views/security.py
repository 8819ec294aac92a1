"""登录安全: one's own second factors, recovery codes and sessions; and clearing those of somebody locked out.

Whoever changes their ways to sign in has just proved who they are: an unattended screen is not enough.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.faces.desk.entrance import framed, signed_in, staff
from linli.kernel.access.actor import Actor
from linli.kernel.access.middleware import needs_own_password
from linli.kernel.identity import actions, adding, queries, single_sign_on
from linli.kernel.identity.models import Factor
from linli.kernel.identity.permissions import RESET_FACTORS
from linli.kernel.units import registers
from linli.kernel.units.models import Account
from linli.lib.errors import NotFound, Refusal
from linli.web import sessions
from linli.web.components import Crumb
from linli.web.forms import LoginForm
from linli.web.views import target_of

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, Actor, P], HttpResponseBase]


def fresh(page: Page[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let in whoever has just proved who they are; others do so first. A form's deed is then done anew."""

    @never_cache
    @signed_in
    @wraps(page)
    def entered(request: HttpRequest, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if needs_own_password(request):
            return redirect("desk:password")
        if not sessions.is_fresh(request):
            onwards = request.path if request.method == "GET" else reverse("desk:security")
            return redirect(f"{reverse('desk:security-confirm')}?{urlencode({'next': onwards})}")
        return page(request, actor, *args, **kwargs)

    return entered


@require_GET
@never_cache
@signed_in
def security(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What secures one's own account."""
    told = {"standing": queries.standing(_own(request)), "trail": [Crumb(_("我的"), reverse("desk:mine"))]}
    return framed(request, actor, "desk/security.html", told)


@require_http_methods(["GET", "POST"])
@fresh
def add(request: HttpRequest, actor: Actor, kind: str) -> HttpResponse:
    """Add an authenticator app or a passkey; the first one comes with recovery codes."""
    ways = {Factor.Kind.APP: adding.app, Factor.Kind.PASSKEY: adding.passkey}
    if kind not in ways:
        raise NotFound
    done = ways[Factor.Kind(kind)](request, _own(request))
    if isinstance(done, adding.Added):
        if done.codes:
            return _codes(request, actor, done.codes)
        messages.success(request, _("已添加"))
        return redirect("desk:security")
    told = {"adding": done, "title": Factor.Kind(kind).label, "trail": _trail()}
    status = 422 if request.method == "POST" else 200
    return framed(request, actor, "desk/security_add.html", told, status=status)


@require_POST
@fresh
def remove(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """Remove one of one's own factors."""
    try:
        actions.remove_factor(account=_own(request), factor_id=pk)
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("已移除"))
    return redirect("desk:security")


@require_POST
@fresh
def renew_codes(request: HttpRequest, actor: Actor) -> HttpResponse:
    """New recovery codes in place of the old ones."""
    return _codes(request, actor, actions.renew_recovery(account=_own(request)))


@require_POST
@never_cache
@signed_in
def end_sessions(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Sign oneself out everywhere but here."""
    account = _own(request)
    actions.end_sessions(account=account)
    update_session_auth_hash(request, account)
    messages.success(request, _("其他设备上的登录已全部退出"))
    return redirect("desk:security")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@never_cache
@signed_in
def confirm(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Prove again who one is: by the password, or by single sign-on for whoever came that way."""
    account = _own(request)
    given = {"username": account.username, "password": request.POST.get("password", "")}
    form = LoginForm(request, given if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        sessions.renew(request)
        return redirect(target_of(request))
    way = single_sign_on.way() if request.session.get(sessions.WAY) == single_sign_on.WAY else None
    told = {"form": form, "next": target_of(request), "way": way, "trail": _trail()}
    return framed(request, actor, "desk/security_confirm.html", told, status=422 if form.is_bound else 200)


@require_POST
@staff
def reset(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """Clear the factors of somebody who has lost their device."""
    actor.require(RESET_FACTORS)
    account = registers.account(actor, pk)
    try:
        actions.reset_factors(actor=actor, account=account, reason=request.POST.get("reason", ""))
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("第二因素已清除，该账号已在各处退出登录"))
    return redirect("desk:account", pk)


def _own(request: HttpRequest) -> Account:
    """The account of a page that ``signed_in`` guards, read anew: the session's is a stand-in for it."""
    return Account.objects.select_related("unit").get(username=request.user.get_username())


def _trail() -> list[Crumb]:
    return [Crumb(_("我的"), reverse("desk:mine")), Crumb(_("登录安全"), reverse("desk:security"))]


def _codes(request: HttpRequest, actor: Actor, codes: list[str]) -> HttpResponse:
    return framed(request, actor, "desk/security_codes.html", {"codes": codes, "trail": _trail()})
