"""Puts the actor on the request: the session's post for people, the token's post for programs."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from linli.kernel.access.actor import PUBLIC, Actor, actor_of
from linli.kernel.units.models import Post

SESSION_POST = "post"


def actor_of_request(request: HttpRequest) -> Actor:
    """The actor of a page request: the post chosen in the session, else the account's first valid post."""
    if not request.user.is_authenticated:
        return PUBLIC
    posts = Post.objects.valid().filter(account_id=request.user.pk).select_related("unit", "account")
    chosen = request.session.get(SESSION_POST)
    post = (posts.filter(pk=chosen).first() if chosen else None) or posts.order_by("pk").first()
    return actor_of(post) if post else PUBLIC


class ActorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: actor_of_request(request))  # type: ignore[attr-defined]
        return self.get_response(request)
