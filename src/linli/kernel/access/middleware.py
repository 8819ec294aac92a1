"""Puts the actor on the request: the session's post for people, the token's post for programs."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from linli.kernel.access.actor import PUBLIC, Actor, actor_of
from linli.kernel.units.models import Account, Post
from linli.web import sessions

SESSION_POST = "post"


def actor_of_request(request: HttpRequest) -> Actor:
    """The actor of a page request: the post chosen in the session, else the account's first valid post.

    Whoever still has the password that an administrator has set acts as nobody until it is changed.
    """
    if not request.user.is_authenticated or needs_own_password(request):
        return PUBLIC
    posts = own_posts(request)
    chosen = request.session.get(SESSION_POST)
    post = next((one for one in posts if one.pk == chosen), None) or next(iter(posts), None)
    return actor_of(post) if post else PUBLIC


def own_posts(request: HttpRequest) -> list[Post]:
    """The posts in force of whoever is signed in; asked for once a request."""
    known: list[Post] | None = getattr(request, "own_posts", None)
    if known is None:
        found = Post.objects.valid().filter(account_id=request.user.pk or 0)
        known = list(found.select_related("unit", "account").order_by("pk"))
        request.own_posts = known  # type: ignore[attr-defined]
    return known


def needs_own_password(request: HttpRequest) -> bool:
    """Whether the account must set a password of its own before it can do anything.

    Not after single sign-on, which knows no password of ours.
    """
    by_password = request.session.get(sessions.WAY, sessions.PASSWORD) == sessions.PASSWORD
    return by_password and isinstance(request.user, Account) and request.user.has_one_time_password


class ActorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: actor_of_request(request))  # type: ignore[attr-defined]
        return self.get_response(request)
