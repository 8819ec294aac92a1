"""Pages that several registers share: a form, and secrets that are told this once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from linli.faces.desk.entrance import framed
from linli.kernel.access.actor import Actor
from linli.kernel.units.models import Account
from linli.kernel.units.passwords import ONE_TIME_FOR
from linli.web.components import Text, span


def words_of(request: HttpRequest) -> str:
    """What is searched for."""
    return request.GET.get("words", "").strip()[:60]


def form(
    request: HttpRequest,
    actor: Actor,
    form: BaseForm,
    context: dict[str, Any],
    template: str = "desk/keeping/form.html",
) -> HttpResponse:
    """A page with one form: as it was sent where something is wrong with it."""
    status = 422 if form.is_bound else 200
    return framed(request, actor, template, {"form": form, **context}, status=status)


def passwords(
    request: HttpRequest, actor: Actor, title: Text, made: Sequence[tuple[Account, str]]
) -> HttpResponse:
    """Accounts with their one-time passwords. The page is kept nowhere; there is no way back to it."""
    one = made[0][0] if len(made) == 1 else None
    context = {
        "title": title,
        "lead": _("一次性密码 %(span)s内有效，本人首次登录后必须改成自己的密码。")
        % {"span": span(ONE_TIME_FOR)},
        "heads": [_("用户名"), _("姓名"), _("所属单位"), _("一次性密码")],
        "lines": [
            {"cells": [account.username, account.name, account.unit or "—"], "secret": secret}
            for account, secret in made
        ],
        "next_url": reverse("desk:account", args=[one.pk]) if one else reverse("desk:account-list"),
        "next_title": _("已交给本人，返回"),
    }
    return framed(request, actor, "desk/keeping/secrets.html", context)
