"""The register of tokens, and the record of what was changed in all registers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from linli.faces.desk.entrance import framed, label_of, staff
from linli.faces.desk.keeping import columns, lists, pages
from linli.faces.desk.keeping.forms import (
    RegisterForm,
    TokenForm,
)
from linli.faces.desk.keeping.lists import Condition, Register
from linli.kernel.access.actor import Actor
from linli.kernel.access.permissions import ISSUE_TOKENS
from linli.kernel.units import actions, registers
from linli.kernel.units.models import Post, RegisterEntry, Token
from linli.lib.errors import Refusal
from linli.web.components import Crumb, Fact, moment

HISTORY_SHOWN = 50


@require_GET
@staff
def token_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    """By which tokens programs act as posts of the actor's area."""
    found = registers.tokens_in(registers.tokens(actor), request.GET.get("state", ""))
    may_revoke = actor.can(ISSUE_TOKENS)
    register = Register(
        tab="desk:token-list",
        title=_("接口令牌"),
        lead=_("令牌代表一个岗位，能看到和办理的与该岗位相同；只存摘要，签发时显示一次。"),
        empty=_("还没有签发过令牌。在岗位页签发。"),
        found=registers.named(
            found, pages.words_of(request), "label", "post__account__name", "post__unit__name"
        ),
        order=["-id"],
        columns=columns.token_columns,
        url_of=lambda token: reverse("desk:token", args=[token.pk]) if may_revoke else "",
        conditions=[Condition("state", _("状态"), [("in_force", _("有效")), ("over", _("已失效"))])],
        placeholder=_("用途、任职人或单位"),
    )
    return lists.show(request, actor, register)


@require_http_methods(["GET", "POST"])
@staff
def token_new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Issue a token for a post; it is shown this once."""
    actor.require(ISSUE_TOKENS)
    asked = request.GET.get("post", "")
    found = registers.post(
        actor, int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 18 else 0
    )
    is_sent = request.method == "POST"
    form = TokenForm(request.POST if is_sent else None)
    if is_sent and form.is_valid():
        try:
            token, secret = actions.issue_token(actor=actor, post=found, **form.cleaned_data)
        except Refusal as refusal:
            form.blame(refusal)
        else:
            return _token_shown(request, actor, found, token, secret)
    context = {
        "title": _("签发接口令牌"),
        "lead": f"{found.account} · {label_of(found)}",
        "action": _("签发"),
        "icon": "key",
        "back_url": reverse("desk:token-list"),
        "trail": [Crumb(_("接口令牌"), reverse("desk:token-list"))],
    }
    return pages.form(request, actor, form, context)


def _token_shown(request: HttpRequest, actor: Actor, post: Post, token: Token, secret: str) -> HttpResponse:
    context = {
        "title": _("令牌已签发"),
        "lead": _("程序在请求头中以 Authorization: Bearer 携带。"),
        "heads": [_("用途"), _("代表岗位"), _("令牌")],
        "lines": [{"cells": [token.label, label_of(post)], "secret": secret}],
        "next_url": reverse("desk:token-list"),
        "next_title": _("已保存，返回"),
    }
    return framed(request, actor, "desk/keeping/secrets.html", context)


@require_http_methods(["GET", "POST"])
@staff
def token(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """One token, and its end."""
    actor.require(ISSUE_TOKENS)
    found = registers.token(actor, pk)
    is_sent = request.method == "POST"
    form = RegisterForm(request.POST if is_sent else None)
    if is_sent and form.is_valid():
        try:
            actions.revoke_token(actor=actor, token=found)
        except Refusal as refusal:
            form.blame(refusal)
        else:
            messages.success(request, _("令牌“%(label)s”已撤销") % {"label": found.label})
            return redirect("desk:token-list")
    context = {
        "title": found.label,
        "lead": f"{found.post.account} · {label_of(found.post)}",
        "state": columns.token_state(found),
        "is_revoked": found.revoked_at is not None,
        "facts": [
            Fact(_("签发时间"), moment(found.created_at)),
            Fact(_("到期"), moment(found.expires_at) if found.expires_at else _("随岗位")),
            Fact(_("撤销时间"), moment(found.revoked_at) if found.revoked_at else ""),
        ],
        "trail": [Crumb(_("接口令牌"), reverse("desk:token-list"))],
    }
    return pages.form(request, actor, form, context, "desk/keeping/token.html")


@require_GET
@staff
def change_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who changed what in the registers, the newest first."""
    found = registers.entries(actor)
    subject = request.GET.get("subject", "")
    if subject in RegisterEntry.Subject.values:
        found = found.filter(subject=subject)
    register = Register(
        tab="desk:change-list",
        title=_("变更记录"),
        lead=_("单位、账号、岗位、令牌的每次变更；只能追加，逐条以哈希相连，linli verify 可核验。"),
        empty=_("还没有变更"),
        found=registers.named(found, pages.words_of(request), "label"),
        order=["-number"],
        columns=columns.entry_columns,
        url_of=lambda entry: "",
        conditions=[Condition("subject", _("对象"), RegisterEntry.Subject.choices)],
        placeholder=_("单位、姓名或岗位"),
    )
    return lists.show(request, actor, register)
