"""Signing in through the city's single sign-on. It finds accounts; it never makes accounts or posts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from linli.kernel.identity import failures
from linli.kernel.identity.errors import SignOnFailed, SignOnUnavailable, UnknownPerson
from linli.kernel.identity.oidc import Claims, Provider, Question
from linli.kernel.units.models import Account
from linli.lib.errors import NotFound
from linli.web import sessions
from linli.web.views import target_of

Page = Callable[[HttpRequest], HttpResponse]

WAY = "sso"
ASKED = "sso"
"""Session key: the question with which somebody was sent to the provider, and where they want to go."""
STRONG = "mfa"
"""The provider's word for having asked for several factors (RFC 8176); ours is then not asked besides."""


def way() -> sessions.Way | None:
    """The button of the sign-in page, where the city has single sign-on."""
    if Provider.configured() is None:
        return None
    return sessions.Way(settings.OIDC_NAME or _("统一身份认证登录"), reverse("identity:sso"))


def told_on_a_page(page: Page) -> Page:
    """Tell a refusal with the way back to the sign-in page: the page before this one is the provider's."""

    @wraps(page)
    def answered(request: HttpRequest) -> HttpResponse:
        try:
            return page(request)
        except (SignOnFailed, SignOnUnavailable, UnknownPerson) as refusal:
            told = {"refusal": refusal}
            return render(request, "identity/refused.html", told, status=refusal.status)

    return answered


@never_cache
@require_GET
@told_on_a_page
def start(request: HttpRequest) -> HttpResponse:
    """Send somebody to the provider."""
    provider = _provider()
    question = Question.new()
    address = provider.address(question, _back(request))
    request.session[ASKED] = {"question": asdict(question), "target": target_of(request)}
    return redirect(address)


@never_cache
@require_GET
@told_on_a_page
def back(request: HttpRequest) -> HttpResponse:
    """Take somebody back from the provider, and let in whoever has an account."""
    provider = _provider()
    asked = request.session.pop(ASKED, None)
    given = request.GET
    if asked is None or not constant_time_compare(given.get("state", ""), asked["question"]["state"]):
        raise SignOnFailed
    if given.get("iss", provider.issuer).rstrip("/") != provider.issuer or not given.get("code"):
        raise SignOnFailed
    claims = provider.claims(given["code"], Question(**asked["question"]), _back(request))
    account = _account_of(request, claims)
    is_strong = STRONG in (claims.get("amr") or [])
    return sessions.begin(request, sessions.Entry(account, asked["target"], WAY, is_strong))


def _provider() -> Provider:
    provider = Provider.configured()
    if provider is None:
        raise NotFound
    return provider


def _back(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("identity:sso-back"))


def _account_of(request: HttpRequest, claims: Claims) -> Account:
    """The account whose user name the configured claim gives, letter by letter."""
    username = claims.get(settings.OIDC_CLAIM)
    if not isinstance(username, str) or not username:
        failures.write(f"single sign-on gives no {settings.OIDC_CLAIM}", request, None)
        raise UnknownPerson(
            _("统一身份认证没有提供用户名（%(claim)s），请联系系统管理员核对配置")
            % {"claim": settings.OIDC_CLAIM}
        )
    account = Account.objects.filter(username=username, is_active=True).first()
    if account is None:
        failures.write("single sign-on of somebody without an account", request, None)
        raise UnknownPerson(
            _(
                "统一身份认证已确认您是“%(username)s”，但本平台没有这个用户名的账号，或账号已停用。"
                "请联系本单位系统管理员建立账号；平台不会自动建立账号和岗位。"
            )
            % {"username": username}
        )
    return account
