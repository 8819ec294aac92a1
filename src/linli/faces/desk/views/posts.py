"""One's own posts: what each may do, and changing from one to another."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from linli.faces.desk.entrance import framed, label_of, staff
from linli.kernel.access.actor import Actor
from linli.kernel.access.middleware import SESSION_POST, own_posts
from linli.kernel.access.roles import ABILITIES, ROLES, Scope
from linli.kernel.areas.queries import path_of
from linli.lib.errors import NotAllowed

SCOPES = {
    Scope.AREA: "本岗位负责区域内的",
    Scope.UNIT: "本单位参与办理的",
    Scope.HELD: "本区域内由本单位负责研判的",
    Scope.OWN: "本人的",
}


@require_POST
@staff
def switch(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Act as another of one's own posts from now on."""
    wanted = request.POST.get("post", "")
    post = next((one for one in own_posts(request) if str(one.pk) == wanted), None)
    if post is None:
        raise NotAllowed(_("这不是您的在任岗位，不能切换"))
    request.session[SESSION_POST] = post.pk
    messages.success(request, _("现在以“%(post)s”办理") % {"post": label_of(post)})
    return redirect("desk:worklist")


@require_GET
@staff
def mine(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One's posts and what each role may do, over which rows."""
    told = [
        {
            "post": post,
            "label": label_of(post),
            "path": path_of(post.area),
            "is_current": post.pk == actor.post,
            "role": _(ROLES[post.role].title) if post.role in ROLES else post.role,
            "abilities": _abilities(post.role),
        }
        for post in own_posts(request)
    ]
    return framed(request, actor, "desk/mine.html", {"told": told})


def _abilities(role: str) -> list[tuple[str, str, str]]:
    """Title of each ability of a role, what it allows, and over what."""
    known = ROLES.get(role)
    if known is None:
        return []
    return [
        (
            _(ABILITIES[code].title),
            _(ABILITIES[code].allows),
            _("、").join(_(SCOPES[s]) for s in Scope if s in scopes),
        )
        for code, scopes in sorted(known.grants.items())
    ]
