"""Places: the map to put a pin on, names of places, and who is on duty where."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from linli.faces.portal import queries
from linli.faces.portal.duty import duties
from linli.kernel.areas import queries as areas
from linli.kernel.areas.levels import Level, is_code, level_of
from linli.kernel.areas.locate import locate
from linli.kernel.areas.tree import tree_number
from linli.lib.errors import Invalid

SIMPLIFY_METRES = 8
SHOWN_GRIDS = 60


def _map_tag(request: HttpRequest) -> str:
    return f'"{tree_number()}"'


@require_safe
@cache_control(public=True, max_age=600)
@condition(etag_func=_map_tag)
def areas_map(request: HttpRequest) -> HttpResponse:
    """The city's communities (grids, where communities have no boundary of their own) as GeoJSON."""
    city = queries.city_code()
    drawn = areas.grids_geojson(city, level=Level.COMMUNITY, simplify=SIMPLIFY_METRES)
    if not orjson.loads(drawn)["features"]:
        drawn = areas.grids_geojson(city, simplify=SIMPLIFY_METRES)
    return HttpResponse(drawn, content_type="application/geo+json")


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Places by name, each with a point inside: ``[{"name", "longitude", "latitude"}]``."""
    found = queries.places(request.GET.get("q", "").strip()[:40])
    paths = areas.paths_of((node.code for node in found), below=queries.city_code())
    points = ((paths[node.code], queries.middle_of(node.code)) for node in found)
    return JsonResponse(
        [{"name": name, "longitude": point[0], "latitude": point[1]} for name, point in points if point],
        safe=False,
    )


@require_safe
def locate_point(request: HttpRequest) -> HttpResponse:
    """The grid that a point lies in: ``{"name"}``, or a problem that names the nearest one."""
    point = _point(request, "longitude", "latitude")
    if point is None:
        raise Invalid(fields={"location": "请提供经度和纬度"})
    return JsonResponse({"name": locate(*point).path})


@require_safe
def grid(request: HttpRequest) -> HttpResponse:
    """Which grid is this, and who is on duty there: by position, by name, or by code."""
    context: dict[str, Any] = {"q": request.GET.get("q", "").strip()[:40]}
    point, code = _point(request, "lng", "lat"), request.GET.get("area", "")
    try:
        if point is not None:
            context["grids"] = duties([locate(*point).code])
        elif is_code(code):
            _tell_area(context, areas.node(code).code)
        elif context["q"]:
            _tell_named(context)
    except Invalid as refusal:
        context["problem"] = refusal.message
    return render(request, "portal/grid.html", context)


def _tell_named(context: dict[str, Any]) -> None:
    found = queries.places(context["q"])
    if len(found) == 1:
        _tell_area(context, found[0].code)
        return
    paths = areas.paths_of(node.code for node in found)
    context["choices"] = [(node.code, paths[node.code]) for node in found]
    context["is_unknown"] = not found


def _tell_area(context: dict[str, Any], code: str) -> None:
    """A grid's duty information; of a community all its grids; of anything larger the areas below it."""
    level = level_of(code)
    if level in (Level.CITY, Level.DISTRICT, Level.TOWNSHIP):
        below = areas.children(code)
        context["choices"] = [(node.code, node.name) for node in below]
        context["above"] = areas.path_of(code)
        return
    grids = [node.code for node in areas.subtree(code) if node.level is Level.GRID]
    context["grids"] = duties(grids[:SHOWN_GRIDS] or [code[:15]])
    context["above"] = areas.path_of(code)


def _point(request: HttpRequest, lng: str, lat: str) -> tuple[float, float] | None:
    try:
        return float(request.GET[lng]), float(request.GET[lat])
    except (KeyError, ValueError):
        return None
