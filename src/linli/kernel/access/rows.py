"""The one row filter."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from linli.kernel.access.actor import Actor
from linli.kernel.access.roles import ABILITIES, Scope

M = TypeVar("M", bound=Model)

NOTHING = Q(pk__in=[])


def within(area: str, prefix: str = "") -> Q:
    """Rows in the subtree of ``area``. ``prefix`` is the path to the record, e.g. ``case__``."""
    if not area or len(area) <= 4:
        # the city: every district code starts with it
        return Q(**{f"{prefix}district__startswith": area}) if area else Q()
    if len(area) == 6:
        return Q(**{f"{prefix}district": area})
    if len(area) == 9:
        return Q(**{f"{prefix}township": area})
    return Q(**{f"{prefix}area__startswith": area})


def filter_of(actor: Actor, ability: str, prefix: str = "") -> Q:
    """The filter for the rows on which ``actor`` holds ``ability``. Nothing granted, nothing matched.

    Rows marked as not public are reached through the area only by whoever is also granted that. A unit that
    takes part and a reporter know of theirs anyway.
    """
    if actor.system:
        return Q()
    scopes = actor.scopes(ability)
    allowed = NOTHING
    if Scope.AREA in scopes and actor.area:
        allowed |= within(actor.area, prefix) & _public(actor, ability, prefix)
    if Scope.UNIT in scopes and actor.unit is not None:
        allowed |= Q(**{f"{prefix}units__contains": [actor.unit]})
    if Scope.HELD in scopes and actor.unit is not None and actor.area:
        allowed |= Q(**{f"{prefix}holder_id": actor.unit}) & within(actor.area, prefix)
    if Scope.OWN in scopes and actor.records:
        allowed |= Q(**{f"{prefix}pk__in": sorted(actor.records)})
    return allowed


def _public(actor: Actor, ability: str, prefix: str) -> Q:
    """Nothing more where the actor may reach what is not public, or the ability makes no difference."""
    declared = ABILITIES.get(ability)
    if declared is None or not declared.sensitive or Scope.AREA in actor.scopes(declared.sensitive):
        return Q()
    return Q(**{f"{prefix}sensitive": False})


def rows(actor: Actor, ability: str, queryset: QuerySet[M], prefix: str = "") -> QuerySet[M]:
    """``queryset`` cut to what ``actor`` may see or do by ``ability``."""
    return queryset.filter(filter_of(actor, ability, prefix))
