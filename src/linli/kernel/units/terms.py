"""What giving a post must know of roles. Roles are declared in the room above, which lends them here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol


class Terms(Protocol):
    """The terms of a role (``access.roles.Role``)."""

    @property
    def code(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def excludes(self) -> frozenset[str]: ...


def _none() -> Mapping[str, Terms]:
    return {}


_lent: Callable[[], Mapping[str, Terms]] = _none


def lend(roles: Callable[[], Mapping[str, Terms]]) -> None:
    """Let ``roles`` answer which roles posts can have. Called once, when the room above loads."""
    global _lent
    _lent = roles


def roles() -> Mapping[str, Terms]:
    """The roles that posts can have, by code."""
    return _lent()


def title_of(role: str) -> str:
    """A role's Chinese name; its code where it is no longer declared."""
    known = roles().get(role)
    return known.title if known else role
