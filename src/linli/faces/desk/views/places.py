"""Places for the maps of the desk: what is drawn, places by name, the grid of a point."""

from __future__ import annotations

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from linli.faces.desk.entrance import staff
from linli.kernel.access.actor import Actor
from linli.kernel.areas import queries as areas
from linli.kernel.areas.levels import Level
from linli.kernel.areas.locate import locate

SIMPLIFY_METRES = 4.0
FOUND = 8


@require_GET
@staff
def drawn(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The grids of the actor's area; of a district or city its communities."""
    level = Level.GRID if len(actor.area) >= Level.TOWNSHIP.width else Level.COMMUNITY
    content = areas.grids_geojson(actor.area[:12], level=level, simplify=SIMPLIFY_METRES)
    return HttpResponse(content, content_type="application/geo+json")


@require_GET
@staff
def search(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Places by name, each with a point inside: ``[{"name", "longitude", "latitude"}]``."""
    found = areas.search(request.GET.get("q", "").strip()[:40], within=actor.area[:9], limit=FOUND)
    paths = areas.paths_of([node.code for node in found], below=actor.area[:6])
    told = []
    for node in found:
        shape = areas.polygon(node.code)
        if shape is not None:
            point = shape.representative_point()
            told.append({"name": paths[node.code], "longitude": point.x, "latitude": point.y})
    return JsonResponse(told, safe=False)


@require_GET
@staff
def locate_point(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The grid in which a point lies: ``{"name", "code"}``, or a problem that names the nearest."""
    try:
        found = locate(float(request.GET["longitude"]), float(request.GET["latitude"]))
    except (KeyError, ValueError) as error:
        raise BadRequest("longitude, latitude") from error
    return JsonResponse({"name": found.path, "code": found.code})
