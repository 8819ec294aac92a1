"""The registers of accounts, posts and tokens, and the record of what was changed in them.

Nothing here tells when somebody signed in or how much they did: there is no such record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.faces.desk.entrance import framed, label_of, staff
from linli.faces.desk.keeping import columns, lists, options
from linli.faces.desk.keeping.forms import (
    AccountForm,
    EndPostForm,
    PostForm,
    ReasonForm,
    RegisterForm,
    TokenForm,
)
from linli.faces.desk.keeping.lists import Condition, Deed, Register
from linli.kernel.access.actor import Actor
from linli.kernel.access.permissions import EDIT_ACCOUNTS, GRANT_POSTS, ISSUE_TOKENS
from linli.kernel.access.posts import roles_of_posts
from linli.kernel.access.roles import ABILITIES
from linli.kernel.areas.levels import Level
from linli.kernel.identity.permissions import RESET_FACTORS
from linli.kernel.identity.queries import has_factor
from linli.kernel.units import actions, loading, registers
from linli.kernel.units.loading import Staffed
from linli.kernel.units.models import Account, Post, RegisterEntry, Token
from linli.kernel.units.passwords import ONE_TIME_FOR
from linli.lib.errors import Invalid, Refusal
from linli.lib.time import today
from linli.web.components import Crumb, Fact, Text, moment, row, span

HISTORY_SHOWN = 50


# Accounts --------------------------------------------------------------------------------------------------


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
        found=registers.named(found, _words(request), "name", "username"),
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
    shown = columns.post_columns(posts)
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
        "posts": [
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
            return _secrets(request, actor, _("账号已建立"), [(made, secret)])
    context = {
        "title": _("建立账号"),
        "lead": _("建立后显示一次性密码；由安全管理员任命岗位后方可办事。"),
        "action": _("建立"),
        "icon": "add",
        "back_url": reverse("desk:account-list"),
        "trail": [Crumb(_("账号"), reverse("desk:account-list"))],
    }
    return _form(request, actor, form, context)


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
    return _form(request, actor, form, context)


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
    return _secrets(request, actor, _("密码已重置"), [(found, secret)])


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
    return _secrets(request, actor, _("账号已恢复"), [(made, secret)])


def _refused(request: HttpRequest, actor: Actor, found: Account, refusal: Refusal) -> HttpResponse:
    """The account's page with what was refused above it."""
    form = ReasonForm({"reason": "—"})
    form.blame(refusal)
    return _account_shown(request, actor, found, form, status=refusal.status)


def _secrets(
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


# Posts -----------------------------------------------------------------------------------------------------


@require_GET
@staff
def post_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who acts for which unit, in which role, over which area."""
    return lists.show(request, actor, _posts(request, actor))


@require_GET
@staff
def export_posts(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    register = _posts(request, actor)
    register.columns = columns.post_cells
    return lists.spreadsheet(actor, register)


def _posts(request: HttpRequest, actor: Actor) -> Register[Post]:
    state, role = request.GET.get("state") or "in_force", request.GET.get("role", "")
    found = registers.named(
        registers.posts_in(registers.posts(actor), state),
        _words(request),
        "account__name",
        "account__username",
        "unit__name",
        "unit__short_name",
    )
    if role:
        found = found.filter(role=role)
    deeds = []
    if actor.can(GRANT_POSTS):
        deeds = [
            Deed(_("任命岗位"), "add", reverse("desk:post-new"), is_primary=True),
            Deed(_("导入岗位"), "upload", reverse("desk:post-import")),
        ]
    return Register(
        tab="desk:post-list",
        title=_("岗位"),
        lead=_("岗位 = 账号 × 单位 × 角色 × 区域 × 任期。离任当天起不再有任何权限。"),
        empty=_("本区域还没有在任岗位"),
        found=found,
        order=["area", "id"],
        columns=columns.post_columns,
        url_of=lambda post: reverse("desk:account", args=[post.account_id]),
        conditions=[
            Condition(
                "state",
                _("任期"),
                [("to_come", _("未到任")), ("ended", _("已离任")), ("all", _("在任和历任"))],
            ),
            Condition("role", _("角色"), options.roles_to_give()),
        ],
        placeholder=_("姓名、用户名或单位"),
        deeds=deeds,
        export="desk:post-export",
    )


@require_http_methods(["GET", "POST"])
@staff
def post_new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Give an account a post."""
    actor.require(GRANT_POSTS)
    given = request.POST if request.method == "POST" else request.GET
    chosen = _chosen_account(actor, given.get("account", ""))
    unit = options.unit_of(given.get("unit")) or (chosen.unit if chosen else None)
    initial = {
        "account": chosen.pk if chosen else "",
        "unit": unit.pk if unit else "",
        "area": unit.area if unit else "",
        "valid_from": today(),
    }
    form = PostForm(
        actor, request.POST if request.method == "POST" else None, account=chosen, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        try:
            if chosen is None:
                raise Invalid(fields={"account": _("没有这个账号，或不在您的负责区域内")})
            post = actions.give_post(actor=actor, account=chosen, **form.given())
        except Refusal as refusal:
            form.blame(refusal)
        else:
            messages.success(
                request, _("已任命 %(name)s：%(post)s") % {"name": chosen, "post": label_of(post)}
            )
            return redirect("desk:account", pk=post.account_id)
    context = {
        "title": _("任命岗位"),
        "action": _("任命"),
        "icon": "post",
        "back_url": reverse("desk:post-list"),
        "trail": [Crumb(_("岗位"), reverse("desk:post-list"))],
        "notes": _role_notes(),
    }
    return _form(request, actor, form, context)


def _chosen_account(actor: Actor, text: str) -> Account | None:
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        return None
    return registers.accounts(actor).filter(pk=int(text)).first()


def _role_notes() -> list[tuple[str, str]]:
    """Each role with its level and what it allows, so that whoever grants it knows."""
    notes = []
    for role in roles_of_posts().values():
        level = _("设在%(level)s一级。") % {"level": Level(role.level).label} if role.level else ""
        apart = _("不得与另两类管理员兼任。") if role.excludes else ""
        allowed = "、".join(ABILITIES[code].title for code in ABILITIES if code in role.grants)
        notes.append((role.title, f"{level}{apart}{allowed}"))
    return notes


@require_http_methods(["GET", "POST"])
@staff
def post_end(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """End a post, from today or a day to come."""
    actor.require(GRANT_POSTS)
    found = registers.post(actor, pk)
    is_sent = request.method == "POST"
    form = EndPostForm(request.POST if is_sent else None, initial={"on": today()})
    here = reverse("desk:account", args=[found.account_id])
    if is_sent and form.is_valid():
        try:
            actions.end_post(actor=actor, post=found, **form.cleaned_data)
        except Refusal as refusal:
            form.blame(refusal)
        else:
            messages.success(request, _("已结束岗位：%(post)s") % {"post": label_of(found)})
            return redirect(here)
    context = {
        "title": _("结束岗位"),
        "lead": f"{found.account} · {label_of(found)} · {columns.term_of(found)}",
        "action": _("结束岗位"),
        "icon": "close",
        "danger": True,
        "question": _("从离任日期起，此岗位及其接口令牌不再有任何权限。确定结束？"),
        "back_url": here,
        "trail": [Crumb(_("账号"), reverse("desk:account-list")), Crumb(str(found.account), here)],
        "ended": columns.state_of(found) == "ended",
        "token_url": f"{reverse('desk:token-new')}?post={pk}" if actor.can(ISSUE_TOKENS) else "",
    }
    return _form(request, actor, form, context, "desk/keeping/post.html")


# Tokens ----------------------------------------------------------------------------------------------------


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
        found=registers.named(found, _words(request), "label", "post__account__name", "post__unit__name"),
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
    return _form(request, actor, form, context)


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
    return _form(request, actor, form, context, "desk/keeping/token.html")


# The record of changes -------------------------------------------------------------------------------------


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
        found=registers.named(found, _words(request), "label"),
        order=["-number"],
        columns=columns.entry_columns,
        url_of=lambda entry: "",
        conditions=[Condition("subject", _("对象"), RegisterEntry.Subject.choices)],
        placeholder=_("单位、姓名或岗位"),
    )
    return lists.show(request, actor, register)


# What pickers look up --------------------------------------------------------------------------------------


@require_GET
@staff
def account_choices(request: HttpRequest, actor: Actor) -> HttpResponse:
    return JsonResponse(options.accounts_found(actor, _words(request)), safe=False)


@require_GET
@staff
def area_choices(request: HttpRequest, actor: Actor) -> HttpResponse:
    return JsonResponse(options.areas_found(actor, _words(request)), safe=False)


# What several share ----------------------------------------------------------------------------------------


def _words(request: HttpRequest) -> str:
    return request.GET.get("q", "").strip()[:60]


def _form(
    request: HttpRequest,
    actor: Actor,
    form: Any,
    context: dict[str, Any],
    template: str = "desk/keeping/form.html",
) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return framed(request, actor, template, {"form": form, **context}, status=status)


# Accounts and posts from files -----------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@staff
def import_accounts(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Take accounts in: all of a file or none; their one-time passwords are shown this once."""
    actor.require(EDIT_ACCOUNTS)
    context: dict[str, Any] = {
        "title": _("导入账号"),
        "lead": _(
            "为每个新用户名建立账号并生成一次性密码；已有的同名账号略过。岗位由安全管理员用同一文件导入。"
        ),
        "needed": loading.FOR_ACCOUNTS,
        "trail": [Crumb(_("账号"), reverse("desk:account-list"))],
    }
    if request.method == "POST":
        loaded = _loaded(request, context, lambda data: loading.load_accounts(data, actor=actor))
        if loaded is not None and loaded.made:
            return _secrets(request, actor, _("已建立 %(n)d 个账号") % {"n": len(loaded.made)}, loaded.made)
        if loaded is not None:
            messages.info(request, _("没有新账号：%(n)d 行都已有账号") % {"n": loaded.known})
            return redirect("desk:account-list")
    return _import_form(request, actor, context)


@require_http_methods(["GET", "POST"])
@staff
def import_posts(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Take posts in: all of a file or none."""
    actor.require(GRANT_POSTS)
    context: dict[str, Any] = {
        "title": _("导入岗位"),
        "lead": _("为已有账号任命岗位。角色写名称或标识；区域代码空着则为单位所在区域。"),
        "needed": loading.FOR_POSTS,
        "trail": [Crumb(_("岗位"), reverse("desk:post-list"))],
    }
    if request.method == "POST":
        loaded = _loaded(request, context, lambda data: loading.load_posts(data, actor=actor))
        if loaded is not None:
            messages.success(request, _("已任命 %(n)d 个岗位") % {"n": loaded.posts})
            return redirect("desk:post-list")
    return _import_form(request, actor, context)


def _loaded(
    request: HttpRequest, context: dict[str, Any], load: Callable[[bytes], Staffed]
) -> Staffed | None:
    """What became of the uploaded file; None where it was refused, which ``context`` then tells."""
    upload = request.FILES.get("file")
    try:
        if upload is None:
            raise Invalid(fields={"file": _("请选择要导入的文件")})
        return load(upload.read())
    except loading.StaffFaulty as refusal:
        context["problems"] = refusal.problems
    except Invalid as refusal:
        context["wrong"] = list(refusal.fields.values()) or [str(refusal.message)]
    return None


def _import_form(request: HttpRequest, actor: Actor, context: dict[str, Any]) -> HttpResponse:
    needed = context["needed"]
    context["columns"] = [(names[0], names[1:], name in needed) for name, names in loading.HEADINGS.items()]
    status = 422 if "problems" in context or "wrong" in context else 200
    return framed(request, actor, "desk/keeping/import.html", context, status=status)
