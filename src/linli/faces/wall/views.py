"""Pages of the wall."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from linli.faces.wall import figure_page
from linli.faces.wall.area_map import NOTHING
from linli.faces.wall.panels import digest
from linli.faces.wall.screen import COOKIE, actor_of_screen, is_screen, keep
from linli.faces.wall.sight import sight_of
from linli.faces.wall.told import mark_of, told
from linli.kernel.access.actor import Actor
from linli.lib.time import now

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]

REFRESH_SECONDS = 15


def signed_in(page: Page[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """The page gets the actor, a person's or a screen's; whoever is neither is sent to sign in. Only the
    reader's own browser may keep a copy, and must ask whether it still holds."""

    @wraps(page)
    def entered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        actor = _actor(request)
        if actor is None:
            return redirect(_entrance(request))
        response = page(request, actor, *args, **kwargs)
        patch_cache_control(response, private=True, no_cache=True)
        patch_vary_headers(response, ["Cookie"])
        return response

    return cast(Callable[Concatenate[HttpRequest, P], HttpResponse], entered)


def _actor(request: HttpRequest) -> Actor | None:
    """Who looks: somebody signed in, else the screen that the browser is."""
    if request.user.is_authenticated:
        return cast(Actor, request.actor)  # type: ignore[attr-defined]  # set by the access middleware
    return actor_of_screen(request)


def _entrance(request: HttpRequest) -> str:
    """Where to sign in: a screen gets its token there."""
    if is_screen(request):
        return reverse("wall:screen")
    return f"{settings.LOGIN_URL}?{urlencode({'next': request.get_full_path()})}"


@require_safe
@signed_in
def show(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The wall of an area (``?area=``), by default of the viewer's own."""
    sight = sight_of(actor, request.GET.get("area", ""))
    shown = told(sight, mark_of(sight))
    response = render(
        request,
        "wall/board.html",
        {
            "sight": sight,
            "told": shown,
            "taken_at": now(),
            "refresh_seconds": REFRESH_SECONDS,
            "nothing": gettext(NOTHING),
            "login_url": _entrance(request),
            "live_url": f"{reverse('wall:live')}?area={sight.area}",
            "desk_url": reverse("desk:worklist") if request.user.is_authenticated else "",
        },
    )
    if is_screen(request) and not request.user.is_authenticated:
        keep(response, request.COOKIES[COOKIE])
    return response


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """What has changed on the wall, as JSON: panels by name with their marks, shades of grids, points.

    304 where nothing has (``If-None-Match``); 401 where the session has ended or the screen's token is no
    longer in force, so that the screen can say it.
    """
    if _actor(request) is None:
        return HttpResponse(status=401)
    return _live(request)


@signed_in
def _live(request: HttpRequest, actor: Actor) -> HttpResponse:
    sight = sight_of(actor, request.GET.get("area", ""))
    mark = mark_of(sight)
    if mark and _knows(request, mark):
        response: HttpResponse = HttpResponseNotModified()
    else:
        body = told(sight, mark).news
        mark = mark or digest(body)
        unchanged = _knows(request, mark)
        response = HttpResponseNotModified() if unchanged else HttpResponse(body, "application/json")
    response["ETag"] = f'"{mark}"'
    return response


def _knows(request: HttpRequest, mark: str) -> bool:
    """Whether whoever asks has what ``mark`` stands for; a proxy that compresses makes the tag a weak one."""
    return request.headers.get("If-None-Match", "").removeprefix("W/") == f'"{mark}"'


@require_safe
@signed_in
def figure(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """One figure: how it is computed, and the list behind each of its numbers."""
    asked = figure_page.read(actor, code, request.GET.dict())
    return render(request, "wall/figure.html", figure_page.context_of(asked))
