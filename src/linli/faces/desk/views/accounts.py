"""The register of accounts.

Nothing here tells when somebody signed in or how much they did: there is no such record.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.faces.desk.entrance import framed, staff
from linli.faces.desk.keeping import columns, lists, pages
from linli.faces.desk.keeping.forms import (
    AccountForm,
    ReasonForm,
    RegisterForm,
)
from linli.faces.desk.keeping.lists import Condition, Deed, Register
from linli.kernel.access.actor import Actor
from linli.kernel.access.permissions import EDIT_ACCOUNTS, GRANT_POSTS
from linli.kernel.identity.permissions import RESET_FACTORS
from linli.kernel.identity.queries import has_factor
from linli.kernel.units import actions, registers
from linli.kernel.units.models import Account
from linli.kernel.units.passwords import ONE_TIME_FOR
from linli.lib.errors import Refusal
from linli.web.components import Crumb, Fact, moment, row, span

HISTORY_SHOWN = 50


@require_GET
@staff
def account_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who can sign in, of the actor's area."""
    return lists.show(request, actor, _accounts(request, actor))


@require_GET
@staff
def export_accounts(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    register = _accounts(request, actor)
    register.columns = columns.account_cells
    return lists.spreadsheet(actor, register)


def _accounts(request: HttpRequest, actor: Actor) -> Register[Account]:
    found = registers.accounts_in(registers.accounts(actor), request.GET.get("state", ""))
    deeds = []
    if actor.can(EDIT_ACCOUNTS):
        deeds = [
            Deed(_("建立账号"), "add", reverse("desk:account-new"), is_primary=True),
            Deed(_("导入账号"), "upload", reverse("desk:account-import")),
        ]
    return Register(
        tab="desk:account-list",
        title=_("账号"),
        lead=_("账号由系统管理员建立，权限由安全管理员以岗位授予，变更由审计管理员查看。"),
        empty=_("本区域还没有账号"),
        found=registers.named(found, pages.words_of(request), "name", "username"),
        order=["username"],
        columns=columns.account_columns,
        url_of=lambda account: reverse("desk:account", args=[account.pk]),
        conditions=[
            Condition(
                "state",
                _("状态"),
                [
                    ("active", _("启用")),
                    ("without_post", _("没有岗位")),
                    ("one_time", _("待改密码")),
                    ("inactive", _("已停用")),
                ],
            )
        ],
        placeholder=_("姓名或用户名"),
        deeds=deeds,
        export="desk:account-export",
    )


@require_GET
@staff
def account(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """One account: its posts, and what can be done about it."""
    return _account_shown(request, actor, registers.account(actor, pk), ReasonForm())


def _account_shown(
    request: HttpRequest, actor: Actor, found: Account, form: RegisterForm, *, status: int = 200
) -> HttpResponse:
    posts = list(registers.posts(actor).filter(account=found).order_by("-valid_from", "-id")[:HISTORY_SHOWN])
    shown = columns.posts_of_account(posts)
    may_end = actor.can(GRANT_POSTS)
    context = {
        "account": found,
        "key": str(found.pk),
        "state": columns.account_state(found),
        "facts": [
            Fact(_("用户名"), found.username),
            Fact(_("姓名"), found.name),
            Fact(_("所属单位"), found.unit.name if found.unit else ""),
            Fact(_("建立时间"), moment(found.created_at)),
        ],
        "tabs": lists.tabs(actor, "desk:account-list"),
        "trail": [Crumb(_("账号"), reverse("desk:account-list"))],
        "appointments": [
            row(one, shown, key=str(one.pk), url=reverse("desk:post-end", args=[one.pk]) if may_end else "")
            for one in posts
        ],
        "columns": shown,
        "is_oneself": found.pk == actor.account,
        "may_edit": actor.can(EDIT_ACCOUNTS),
        "may_grant": may_end and found.is_active,
        "may_reset_factors": actor.can(RESET_FACTORS) and found.pk != actor.account and has_factor(found),
        "form": form,
        "one_time_span": span(ONE_TIME_FOR),
    }
    return framed(request, actor, "desk/keeping/account.html", context, status=status)


@require_http_methods(["GET", "POST"])
@staff
def account_new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Make an account; its one-time password is shown this once."""
    actor.require(EDIT_ACCOUNTS)
    form = (
        AccountForm(actor, request.POST)
        if request.method == "POST"
        else AccountForm(actor, unit=request.GET.get("unit", ""))
    )
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = actions.create_account(actor=actor, **form.given())
        except Refusal as refusal:
            form.blame(refusal)
        else:
            return pages.passwords(request, actor, _("账号已建立"), [(made, secret)])
    context = {
        "title": _("建立账号"),
        "lead": _("建立后显示一次性密码；由安全管理员任命岗位后方可办事。"),
        "action": _("建立"),
        "icon": "add",
        "back_url": reverse("desk:account-list"),
        "trail": [Crumb(_("账号"), reverse("desk:account-list"))],
    }
    return pages.form(request, actor, form, context)


@require_http_methods(["GET", "POST"])
@staff
def account_edit(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """Change the name, or the unit that keeps the account."""
    actor.require(EDIT_ACCOUNTS)
    found = registers.account(actor, pk)
    form = AccountForm(actor, request.POST if request.method == "POST" else None, account=found)
    if request.method == "POST" and form.is_valid():
        try:
            actions.revise_account(actor=actor, account=found, **form.given())
        except Refusal as refusal:
            form.blame(refusal)
        else:
            messages.success(request, _("已保存"))
            return redirect("desk:account", pk=pk)
    here = reverse("desk:account", args=[pk])
    context = {
        "title": _("变更账号 %(name)s") % {"name": found.username},
        "action": _("保存"),
        "icon": "save",
        "back_url": here,
        "trail": [Crumb(_("账号"), reverse("desk:account-list")), Crumb(str(found), here)],
    }
    return pages.form(request, actor, form, context)


@require_POST
@staff
def account_reset(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """Give the account a one-time password, shown this once."""
    actor.require(EDIT_ACCOUNTS)
    found = registers.account(actor, pk)
    try:
        secret = actions.reset_password(actor=actor, account=found)
    except Refusal as refusal:
        return _refused(request, actor, found, refusal)
    return pages.passwords(request, actor, _("密码已重置"), [(found, secret)])


@require_POST
@staff
def account_deactivate(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """Switch the account off; whoever is signed in with it is out at once."""
    actor.require(EDIT_ACCOUNTS)
    found = registers.account(actor, pk)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            actions.deactivate_account(actor=actor, account=found, reason=form.cleaned_data["reason"])
        except Refusal as refusal:
            form.blame(refusal)
        else:
            messages.success(request, _("账号 %(name)s 已停用") % {"name": found.username})
            return redirect("desk:account", pk=pk)
    return _account_shown(request, actor, found, form, status=422)


@require_POST
@staff
def account_activate(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """Switch the account on again, with a one-time password."""
    actor.require(EDIT_ACCOUNTS)
    found = registers.account(actor, pk)
    try:
        made, secret = actions.activate_account(actor=actor, account=found)
    except Refusal as refusal:
        return _refused(request, actor, found, refusal)
    return pages.passwords(request, actor, _("账号已恢复"), [(made, secret)])


def _refused(request: HttpRequest, actor: Actor, found: Account, refusal: Refusal) -> HttpResponse:
    """The account's page with what was refused above it."""
    form = ReasonForm({"reason": "—"})
    form.blame(refusal)
    return _account_shown(request, actor, found, form, status=refusal.status)
