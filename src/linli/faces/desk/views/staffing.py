"""Accounts and posts from files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from linli.faces.desk.entrance import framed, staff
from linli.faces.desk.keeping import pages
from linli.kernel.access.actor import Actor
from linli.kernel.access.permissions import EDIT_ACCOUNTS, GRANT_POSTS
from linli.kernel.units import loading
from linli.kernel.units.loading import Staffed
from linli.lib.errors import Invalid
from linli.web.components import Crumb

HISTORY_SHOWN = 50


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
            return pages.passwords(
                request, actor, _("已建立 %(n)d 个账号") % {"n": len(loaded.made)}, loaded.made
            )
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
