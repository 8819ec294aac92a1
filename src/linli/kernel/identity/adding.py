"""Adding a factor, on whichever page that is done: what the page shows, and what it sends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from linli.kernel.identity import actions, app_codes
from linli.kernel.identity.forms import AppForm, PasskeyForm
from linli.kernel.identity.models import Factor
from linli.kernel.units.models import Account
from linli.lib.errors import Invalid
from linli.web.qr import qr_svg

ASKED = "passkey"
"""Session key: the question that the browser's new passkey must answer."""


@dataclass
class AddApp:
    """An authenticator app about to be added: its secret as a QR code and as text."""

    form: AppForm
    secret: str
    carried: str
    """The secret as the form sends it back, signed."""
    qr: SafeString
    kind: str = Factor.Kind.APP


@dataclass
class AddPasskey:
    """A passkey about to be added: what the browser is asked to make."""

    form: PasskeyForm
    options: dict[str, Any] = field(default_factory=dict)
    can_be_used: bool = True
    kind: str = Factor.Kind.PASSKEY


@dataclass(frozen=True)
class Added:
    """A factor was added; new recovery codes when it is the first."""

    codes: list[str]


def app(request: HttpRequest, account: Account) -> AddApp | Added:
    """Show a new secret, or take its first code. The secret of a code that was wrong stays the same."""
    form = AppForm(account, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        if app_codes.step_of(given["secret"], given["code"]) is not None:
            return Added(actions.add_app(account=account, name=given["name"], secret=given["secret"]))
        form.add_error("code", _("验证码不正确。请核对手机时间是否准确，并填写最新显示的数字。"))
    secret = (form.cleaned_data.get("secret") if form.is_bound else "") or app_codes.new_secret()
    address = app_codes.address(secret, username=account.username, issuer=settings.CITY_NAME or "邻里")
    drawn = qr_svg(address, _("身份验证器应用的二维码，密钥见下方文字"), css_class="identity-qr")
    return AddApp(form, app_codes.grouped(secret), AppForm.sign(account, secret), drawn)


def passkey(request: HttpRequest, account: Account) -> AddPasskey | Added:
    """Ask the browser for a new passkey, or take its answer; each question is asked once."""
    from linli.kernel.identity import passkeys  # brings its library along: only where it is needed

    form = PasskeyForm(request.POST if request.method == "POST" else None)
    if not passkeys.can_be_used(request):
        return AddPasskey(form, can_be_used=False)
    asked = request.session.pop(ASKED, None)
    if form.is_bound and form.is_valid():
        made = passkeys.made(request, asked, form.cleaned_data["answer"]) if asked else None
        if made is None:
            form.add_error(None, _("通行密钥没有通过核对，请重试"))
        else:
            try:
                name = form.cleaned_data["name"]
                return Added(actions.add_passkey(account=account, name=name, credential=made))
            except Invalid as refusal:
                form.add_error(None, refusal.message)
    options, request.session[ASKED] = passkeys.ask_to_make(request, account)
    return AddPasskey(form, options)
