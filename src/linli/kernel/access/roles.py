"""Abilities and roles: what there is to be allowed, and the named sets of it."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


class Scope(enum.Enum):
    """Over which rows a role's ability holds."""

    AREA = "area"
    """records in the post's area"""
    UNIT = "unit"
    """records in which the post's unit has a part, wherever they are"""
    HELD = "held"
    """records in the post's area that lie with the post's unit to decide"""
    OWN = "own"
    """records that the actor was given by name: a reporter's own case, by its tracking link"""


@dataclass(frozen=True)
class Ability:
    """One thing that can be allowed, with a line on what it allows (shown to whoever grants it)."""

    code: str
    title: str
    allows: str
    sensitive: str = ""
    """The ability that is needed besides, over the same area, for records that are not public."""


@dataclass(frozen=True)
class Role:
    """A named set of abilities, each with the scopes over which it holds."""

    code: str
    title: str
    grants: Mapping[str, frozenset[Scope]] = field(default_factory=dict)
    level: str = ""
    """Where such posts stand: ``city``, ``district``, ``township``, ``community``, ``grid`` or any."""
    excludes: frozenset[str] = frozenset()
    """Roles that the same account may not hold together with this one."""


ABILITIES: dict[str, Ability] = {}
ROLES: dict[str, Role] = {}


def ability(code: str, title: str, allows: str, *, sensitive: str = "") -> str:
    """Declare an ability (in a domain's ``permissions.py``); returns its code.

    ``sensitive`` names the ability that is needed besides for records marked as not public.
    """
    made = Ability(code, title, allows, sensitive)
    if ABILITIES.setdefault(code, made) != made:
        raise ValueError(f"ability {code} is declared twice")
    return code


def role(
    code: str,
    title: str,
    grants: Mapping[Scope, Iterable[str]],
    *,
    level: str = "",
    excludes: Iterable[str] = (),
) -> Role:
    """Declare a role from ``{scope: abilities}``. Every ability must have been declared."""
    by_ability: dict[str, set[Scope]] = {}
    for scope, codes in grants.items():
        for one in codes:
            if one not in ABILITIES:
                raise ValueError(f"role {code} grants the unknown ability {one}")
            by_ability.setdefault(one, set()).add(scope)
    made = Role(code, title, {c: frozenset(s) for c, s in by_ability.items()}, level, frozenset(excludes))
    ROLES[code] = made
    return made
