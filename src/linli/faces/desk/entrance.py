"""The way in: every page of the desk knows who acts, and stands in the same frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from linli.kernel.access.actor import Actor, person_of
from linli.kernel.access.middleware import needs_own_password, own_posts
from linli.kernel.access.roles import ROLES
from linli.kernel.notices.queries import unread_count
from linli.kernel.units.models import Post
from linli.lib.errors import NotAllowed
from linli.web import problems

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, Actor, P], HttpResponseBase]


class NoPost(NotAllowed):
    """Signed in, but with no post in force: nothing can be seen or done."""

    code = "no_post"
    title = "您的账号目前没有在任岗位，请联系本单位系统管理员"


def staff(page: Page[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let staff in: the page gets the actor; others are sent to sign in. Nothing of it is cached."""

    @never_cache
    @wraps(page)
    def entered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to(request, settings.LOGIN_URL)
        if needs_own_password(request):
            return _to(request, reverse("desk:password"))
        actor = cast(Actor, request.actor)  # type: ignore[attr-defined]  # set by the access middleware
        if actor.post is None:
            raise NoPost
        return page(request, actor, *args, **kwargs)

    return cast(Callable[Concatenate[HttpRequest, P], HttpResponseBase], entered)


def signed_in(page: Page[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let in whoever is signed in, even without a post: for what people do for themselves alone."""

    @wraps(page)
    def entered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to(request, settings.LOGIN_URL)
        actor = cast(Actor, request.actor)  # type: ignore[attr-defined]  # set by the access middleware
        if actor.post is None:
            actor = person_of(request.user)
        return page(request, actor, *args, **kwargs)

    return cast(Callable[Concatenate[HttpRequest, P], HttpResponseBase], entered)


def _to(request: HttpRequest, address: str) -> HttpResponse:
    """Go to ``address`` first, then where the reader wanted to go."""
    if not problems.is_exchange(request):
        return redirect_to_login(request.get_full_path(), login_url=address)
    # such a page has no place inside a panel: the whole window goes there
    response = HttpResponse(status=204)
    response["HX-Redirect"] = address
    return response


def framed(
    request: HttpRequest, actor: Actor, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """A whole page: ``context`` and what the shell shows around it."""
    return render(request, template, {**frame(request, actor), **context}, status=status)


def frame(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """What the shell around every page shows: search, messages, the posts one may change to."""
    return {
        "search_url": reverse("desk:worklist"),
        "post_url": reverse("desk:switch-post"),
        "posts": posts_of(request, actor),
        "notices_url": reverse("desk:notices"),
        "notices_unread": unread_count(actor),
    }


def posts_of(request: HttpRequest, actor: Actor) -> list[dict[str, Any]]:
    """The posts in force of the actor's account, as the account menu takes them."""
    return [
        {"id": one.pk, "label": label_of(one), "is_current": one.pk == actor.post}
        for one in own_posts(request)
    ]


def post_of(actor: Actor) -> int:
    """The post that acts; ``staff`` lets nobody in without one."""
    if actor.post is None:
        raise NoPost
    return actor.post


def label_of(post: Post) -> str:
    """A post as people name it: unit and title."""
    role = ROLES.get(post.role)
    title = post.title if post.title and post.title != post.role else (_(role.title) if role else post.role)
    return f"{post.unit} · {title}"


def in_panel(request: HttpRequest) -> bool:
    """Whether the answer goes into the side panel of a page."""
    return problems.is_exchange(request)
