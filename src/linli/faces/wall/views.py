"""Pages of the wall."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode

import orjson
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from linli.faces.wall import figure_page
from linli.faces.wall.area_map import NOTHING, AreaMap
from linli.faces.wall.board import board
from linli.faces.wall.panels import digest, panels_of
from linli.faces.wall.sight import sight_of
from linli.kernel.access.actor import Actor
from linli.lib.time import now

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]

REFRESH_SECONDS = 15


def signed_in(page: Page[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """The page gets the actor; whoever is not signed in is sent to do so. Only the reader's own browser
    may keep a copy, and must ask whether it still holds."""

    @wraps(page)
    def entered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        actor = cast(Actor, request.actor)  # type: ignore[attr-defined]  # set by the access middleware
        response = page(request, actor, *args, **kwargs)
        patch_cache_control(response, private=True, no_cache=True)
        patch_vary_headers(response, ["Cookie"])
        return response

    return cast(Callable[Concatenate[HttpRequest, P], HttpResponse], entered)


@require_safe
@signed_in
def show(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The wall of an area (``?area=``), by default of the viewer's own."""
    sight = sight_of(actor, request.GET.get("area", ""))
    read, drawn = board(sight), AreaMap(sight)
    return render(
        request,
        "wall/board.html",
        {
            "sight": sight,
            "trail": read.trail,
            "panels": {panel.name: panel for panel in panels_of(read, sight)},
            "areas": drawn.areas(),
            "points": drawn.points(),
            "legend": drawn.legend,
            "taken_at": now(),
            "refresh_seconds": REFRESH_SECONDS,
            "nothing": gettext(NOTHING),
            "login_url": f"{settings.LOGIN_URL}?{urlencode({'next': request.get_full_path()})}",
            "live_url": f"{reverse('wall:live')}?area={sight.area}",
            "desk_url": reverse("desk:worklist"),
        },
    )


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """What has changed on the wall, as JSON: panels by name with their marks, shades of grids, points.

    304 where nothing has (``If-None-Match``); 401 where the session has ended, so that the screen can say it.
    """
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    return _live(request)


@signed_in
def _live(request: HttpRequest, actor: Actor) -> HttpResponse:
    sight = sight_of(actor, request.GET.get("area", ""))
    drawn = AreaMap(sight)
    told: dict[str, Any] = {
        "panels": {one.name: [one.mark, one.content] for one in panels_of(board(sight), sight)},
        "marks": drawn.marks,
        "legend": drawn.legend,
        "points": drawn.points(),
    }
    body = orjson.dumps(told, option=orjson.OPT_SORT_KEYS, default=str)
    etag = f'"{digest(body)}"'
    unchanged = request.headers.get("If-None-Match") == etag
    response = HttpResponseNotModified() if unchanged else HttpResponse(body, "application/json")
    response["ETag"] = etag
    return response


@require_safe
@signed_in
def figure(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """One figure: how it is computed, and the list behind each of its numbers."""
    asked = figure_page.read(actor, code, request.GET.dict())
    return render(request, "wall/figure.html", figure_page.context_of(asked))
