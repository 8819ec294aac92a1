"""The one row filter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from linli.kernel.access.actor import Actor
from linli.kernel.access.roles import ABILITIES, Scope
from linli.kernel.records.tags import AREA_LENGTHS, any_of, either, of_area, of_unit

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


@dataclass(frozen=True)
class Branch:
    """One way in which rows are granted, said twice: as a condition on rows, and by tags."""

    rows: Q
    tags: str
    """A ``tsquery`` that finds every row of the branch and may find others; empty where no tag narrows."""


def branches(actor: Actor, ability: str, prefix: str = "") -> list[Branch]:
    """The ways in which ``actor`` reaches the rows on which it holds ``ability``.

    A list reads each of them in its order and puts them together: one condition joined by OR would have every
    row looked at. Rows marked as not public are reached through the area only by whoever is also granted
    that. A unit that takes part and a reporter know of theirs anyway.
    """
    if actor.system:
        return [Branch(Q(), "")]
    scopes = actor.scopes(ability)
    found = []
    if Scope.AREA in scopes and actor.area:
        found.append(_of_area(actor, ability, prefix))
    if Scope.UNIT in scopes and actor.unit is not None:
        found.append(Branch(Q(**{f"{prefix}units__contains": [actor.unit]}), any_of([of_unit(actor.unit)])))
    if Scope.HELD in scopes and actor.unit is not None and actor.area:
        held = Q(**{f"{prefix}holder_id": actor.unit}) & within(actor.area, prefix)
        found.append(Branch(held, tag_of(actor.area)))
    if Scope.OWN in scopes and actor.records:
        found.append(Branch(Q(**{f"{prefix}pk__in": sorted(actor.records)}), ""))
    return found


def _of_area(actor: Actor, ability: str, prefix: str) -> Branch:
    # what is not public is rare, and left to the rows: to leave tags out costs an index half of its time
    return Branch(within(actor.area, prefix) & _public(actor, ability, prefix), tag_of(actor.area))


def tag_of(area: str) -> str:
    """The ``tsquery`` for what lies in ``area``; empty for a code of a length that no area has."""
    return any_of(of_area(area)[-1:]) if len(area) in AREA_LENGTHS else ""


def tags_of(actor: Actor, ability: str) -> str:
    """``filter_of`` by tags: a ``tsquery`` that finds at least its rows; empty where it narrows nothing."""
    found = [branch.tags for branch in branches(actor, ability)]
    return either(found) if all(found) else ""


def filter_of(actor: Actor, ability: str, prefix: str = "") -> Q:
    """The filter for the rows on which ``actor`` holds ``ability``. Nothing granted, nothing matched."""
    if actor.system:
        return Q()
    allowed = NOTHING
    for branch in branches(actor, ability, prefix):
        allowed |= branch.rows
    return allowed


def sees_all(actor: Actor, ability: str) -> bool:
    """Whether ``actor`` holds ``ability`` over every row of its area, and over nothing beyond."""
    over_area = actor.scopes(ability) == {Scope.AREA} and bool(actor.area)
    return over_area and not _public(actor, ability, "")


def place_of(actor: Actor, ability: str) -> str:
    """An area that all rows lie in on which ``actor`` holds ``ability``; empty where there is none smaller
    than the city."""
    return actor.area if actor.scopes(ability) <= {Scope.AREA, Scope.HELD} else ""


def _public(actor: Actor, ability: str, prefix: str) -> Q:
    """Nothing more where the actor may reach what is not public, or the ability makes no difference."""
    declared = ABILITIES.get(ability)
    if declared is None or not declared.sensitive or Scope.AREA in actor.scopes(declared.sensitive):
        return Q()
    return Q(**{f"{prefix}sensitive": False})


def rows(actor: Actor, ability: str, queryset: QuerySet[M], prefix: str = "") -> QuerySet[M]:
    """``queryset`` cut to what ``actor`` may see or do by ``ability``."""
    return queryset.filter(filter_of(actor, ability, prefix))
