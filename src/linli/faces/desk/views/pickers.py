"""What pickers look up as somebody types."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from linli.faces.desk import choices
from linli.faces.desk.entrance import staff
from linli.faces.desk.keeping import options
from linli.kernel.access.actor import Actor


@require_GET
@staff
def units(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Units by name, those near ``area`` first. Units are public: which there are is no secret."""
    found = choices.units_found(request.GET.get("q", "")[:40], request.GET.get("area", actor.area)[:18])
    return JsonResponse(
        [{"value": one.value, "label": one.label, "note": one.note} for one in found], safe=False
    )


@require_GET
@staff
def accounts(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Active accounts of the actor's area by name or user name."""
    return JsonResponse(options.accounts_found(actor, request.GET.get("q", "").strip()[:40]), safe=False)


@require_GET
@staff
def areas(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Areas of the actor's area by name or code."""
    return JsonResponse(options.areas_found(actor, request.GET.get("q", "").strip()[:40]), safe=False)
