"""Who sees what: the one table that every door is held against.

Seven cases stand in the small city (``tests/city.py``). A case is *seen* by a post when it shows in that
post's lists; it is *counted* by whoever oversees its area, who is told that it is there and no more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Protocol

from linli.domains.cases.tests.steps import FAR_GRID, FIRE, GRID, dispatched, filed
from linli.kernel.access.actor import PUBLIC, Actor
from tests.city import City

NEAR, BESIDE, OTHER, FAR = "near", "beside", "other", "far"
PART, HIDDEN, HIDDEN_PART = "part", "hidden", "hidden_part"
GRIDS = {
    NEAR: GRID,
    BESIDE: "990101001002001",
    OTHER: "990101002001001",
    FAR: FAR_GRID,
    PART: GRID,
    HIDDEN: GRID,
    HIDDEN_PART: GRID,
}
"""In the grid; in the next community of the street; in the next street; in the other district; in the grid,
with a part of the fire brigade; in the grid, not public; in the grid, not public, with a part of theirs."""
PLACES = frozenset(GRIDS)

STREET = {NEAR, BESIDE, PART, HIDDEN, HIDDEN_PART}
DISTRICT = STREET | {OTHER}
NOT_PUBLIC = {HIDDEN, HIDDEN_PART}
NOT_TOLD = "WG-ZA-01"
"""A matter whose cases are not public."""

SEES: dict[str, set[str]] = {
    "worker": {NEAR, PART},
    "other_worker": {OTHER},
    "committee": {NEAR, PART},
    "dispatcher": STREET,
    "other_dispatcher": {OTHER},
    "head": STREET,
    "district_dispatcher": DISTRICT,
    "far_dispatcher": {FAR},
    "city_dispatcher": DISTRICT | {FAR},
    "urban": set(),
    "fire": {PART, HIDDEN_PART},
    "police": set(),
    "far_urban": set(),
    "supervisor": DISTRICT,
    "leader": DISTRICT - NOT_PUBLIC,
    "mayor": (DISTRICT | {FAR}) - NOT_PUBLIC,
    "system_admin": set(),
    "security_admin": set(),
    "audit_admin": set(),
    "public": set(),
}

COUNTS = SEES | {"leader": DISTRICT, "mayor": DISTRICT | {FAR}}
"""A figure of an area that left out what is not public would be false."""

STAFF = [who for who in SEES if who != "public"]
ADMINS = {"system_admin", "security_admin", "audit_admin"}


class Numbered(Protocol):
    pk: Any


def stand(city: City) -> dict[str, int]:
    """Let the seven cases happen; their ids by place."""
    found = {
        place: filed(grid, matter=NOT_TOLD if place in NOT_PUBLIC else None) for place, grid in GRIDS.items()
    }
    for place in (PART, HIDDEN_PART):
        found[place] = dispatched(city, found[place], lead=FIRE)
    return {place: case.pk for place, case in found.items()}


def acting(city: City, who: str) -> Actor:
    return PUBLIC if who == "public" else city.actor(who)


def places_of(ids: dict[str, int], found: Iterable[Numbered]) -> set[str]:
    """The places of the cases that were found. One that is none of the seven is an error of the test."""
    by_id = {pk: place for place, pk in ids.items()}
    return {by_id[one.pk] for one in found}


def told_of(page: str, numbers: dict[str, str]) -> set[str]:
    """The places of the cases whose numbers stand in a page or document."""
    return {place for place, number in numbers.items() if number in page}


def unseen(who: str) -> Collection[str]:
    return PLACES - SEES[who]
