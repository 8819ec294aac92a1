"""Roles that are given by posts, as the registers need to know them."""

from __future__ import annotations

from linli.kernel.access.roles import ROLES, Role, Scope


def roles_of_posts() -> dict[str, Role]:
    """The roles that a post can have: all that reach more than a record given by its private link."""
    return {
        code: role
        for code, role in ROLES.items()
        if any(scopes - {Scope.OWN} for scopes in role.grants.values())
    }
