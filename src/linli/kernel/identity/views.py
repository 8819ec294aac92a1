"""Pages between the password and the desk: the second factor, and setting one up where it is asked for."""

from __future__ import annotations

import math
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from linli.kernel.identity import actions, adding, failures, queries, recovery
from linli.kernel.identity.entering import Pending, pending
from linli.kernel.identity.forms import SecondForm
from linli.kernel.identity.models import Factor
from linli.web.components import Choice

ASKED = "passkey"
"""Session key: the question that one of the account's passkeys must answer."""


@never_cache
@require_http_methods(["GET", "POST"])
def second(request: HttpRequest) -> HttpResponse:
    """Ask for the second factor; whoever has it is signed in."""
    entering = pending(request)
    if entering is None:
        return redirect(settings.LOGIN_URL)
    form, wrong = SecondForm(), ""
    if request.method == "POST" and (answer := request.POST.get("answer", "")):
        wrong = _wrong_passkey(request, entering, answer)
        if not wrong:
            return _let_in(request, entering)
    elif request.method == "POST":
        form = SecondForm(request.POST)
        if form.is_valid() and _code_holds(request, entering, form):
            return _let_in(request, entering)
    told = {"form": form, "wrong": wrong, "account": entering.account, **_ways(request, entering)}
    form.fields["code"].widget.attrs["autofocus"] = "options" not in told
    return render(request, "identity/second.html", told, status=422 if request.method == "POST" else 200)


def _let_in(request: HttpRequest, entering: Pending) -> HttpResponse:
    entering.let_in(request)
    return redirect(entering.target)


@never_cache
@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """Lead whoever must have a second factor to one; then they are signed in."""
    entering = pending(request)
    if entering is None or queries.has_factor(entering.account):
        return redirect(settings.LOGIN_URL)
    add = adding.passkey if request.GET.get("kind") == Factor.Kind.PASSKEY else adding.app
    done = add(request, entering.account)
    if isinstance(done, adding.Added):
        entering.let_in(request)
        return render(request, "identity/codes.html", {"codes": done.codes, "target": entering.target})
    told = {
        "adding": done,
        "roles": queries.needed_for(entering.account),
        "choices": [
            Choice(kind.label, f"{reverse('identity:set-up')}?kind={kind}", is_current=kind == done.kind)
            for kind in Factor.Kind
        ],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "identity/set_up.html", told, status=status)


def _ways(request: HttpRequest, entering: Pending) -> dict[str, Any]:
    """Which factors the page can ask for, and the question for the passkeys."""
    kinds = set(entering.account.factors.values_list("kind", flat=True))
    told: dict[str, Any] = {"has_app": Factor.Kind.APP in kinds, "has_passkey": Factor.Kind.PASSKEY in kinds}
    if told["has_passkey"]:
        from linli.kernel.identity import passkeys  # brings its library along: only where it is needed

        if passkeys.can_be_used(request):
            told["options"], request.session[ASKED] = passkeys.ask_to_sign(request, entering.account)
    return told


def _wrong_passkey(request: HttpRequest, entering: Pending, answer: str) -> str:
    """What is wrong with a passkey's answer; empty when nothing is."""
    from linli.kernel.identity import passkeys

    asked = request.session.pop(ASKED, None)
    if asked is not None and passkeys.signed(request, entering.account, asked, answer):
        return ""
    failures.write("wrong passkey", request, entering.account.pk)
    return _("通行密钥没有通过核对，请重试")


def _code_holds(request: HttpRequest, entering: Pending, form: SecondForm) -> bool:
    """Whether the form has the app's code or a recovery code; else it says what is wrong."""
    account, given = entering.account, form.cleaned_data["code"]
    pause = entering.attempts.pause()
    if pause is not None:
        minutes = math.ceil(pause.total_seconds() / 60)
        said = ngettext(
            "验证码输入错误次数过多，请 %(minutes)d 分钟后再试。",
            "验证码输入错误次数过多，请 %(minutes)d 分钟后再试。",
            minutes,
        )
        form.add_error("code", said % {"minutes": minutes})
        return False
    if recovery.looks_like(given):
        is_good = actions.use_recovery(account=account, given=given)
    else:
        is_good = actions.code_is_good(account=account, code="".join(given.split()))
    if is_good:
        entering.attempts.forget()
        return True
    entering.attempts.fail()
    failures.write("wrong code", request, account.pk)
    form.add_error("code", _("验证码不正确或已经用过。请填写应用最新显示的数字；恢复码每个只能用一次。"))
    return False
