"""The register of posts: who acts for which unit, in which role, over which area, and for how long."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from linli.faces.desk.entrance import label_of, staff
from linli.faces.desk.keeping import columns, lists, options, pages
from linli.faces.desk.keeping.forms import (
    EndPostForm,
    PostForm,
)
from linli.faces.desk.keeping.lists import Condition, Deed, Register
from linli.kernel.access.actor import Actor
from linli.kernel.access.permissions import GRANT_POSTS, ISSUE_TOKENS
from linli.kernel.access.posts import roles_of_posts
from linli.kernel.access.roles import ABILITIES
from linli.kernel.areas.levels import Level
from linli.kernel.units import actions, registers
from linli.kernel.units.models import Account, Post
from linli.lib.errors import Invalid, Refusal
from linli.lib.time import today
from linli.web.components import Crumb

HISTORY_SHOWN = 50


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
        pages.words_of(request),
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
                _("在任"),
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
    return pages.form(request, actor, form, context)


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
    return pages.form(request, actor, form, context, "desk/keeping/post.html")
