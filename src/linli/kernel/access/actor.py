"""The actor: one post at work, or the public, or the platform itself."""

from __future__ import annotations

from dataclasses import dataclass

from linli.kernel.access.roles import ROLES, Scope
from linli.kernel.units.models import Account, Post
from linli.lib.errors import NotAllowed


@dataclass(frozen=True)
class Actor:
    """Whoever acts: ids only, so that it can be kept in a session, a job or a log."""

    post: int | None
    account: int | None
    unit: int | None
    area: str
    role: str
    name: str = ""
    unit_name: str = ""
    unit_kind: str = ""
    system: bool = False
    records: frozenset[int] = frozenset()
    """Records given by name (``Scope.OWN``)."""

    def scopes(self, ability: str) -> frozenset[Scope]:
        """The scopes over which this actor holds ``ability``; empty when it does not at all."""
        role = ROLES.get(self.role)
        return role.grants.get(ability, frozenset()) if role else frozenset()

    def can(self, ability: str) -> bool:
        """Whether the actor holds the ability over anything at all."""
        return self.system or bool(self.scopes(ability))

    def require(self, ability: str) -> None:
        """Refuse unless the actor holds the ability over something (rows are cut separately)."""
        if not self.can(ability):
            raise NotAllowed(ability=ability)


PUBLIC = Actor(post=None, account=None, unit=None, area="", role="public", name="居民")
"""Anybody at the portal: no post, no rows; only what a domain offers the public by name."""


def holder_of(record_id: int, role: str, name: str = "上报人") -> Actor:
    """Somebody who holds the private link to one record and nothing else."""
    return Actor(
        post=None, account=None, unit=None, area="", role=role, name=name, records=frozenset({record_id})
    )


def person_of(account: Account) -> Actor:
    """Somebody who is signed in, for what people do for themselves alone: no post, no rows."""
    return Actor(post=None, account=account.pk, unit=None, area="", role="", name=str(account))


SYSTEM = Actor(post=None, account=None, unit=None, area="", role="system", name="系统", system=True)
"""The platform's own timers. Follows the same moves and is journalled like everybody."""


def actor_of(post: Post) -> Actor:
    """The actor for a post (its unit and account must be loaded or loadable)."""
    return Actor(
        post=post.pk,
        account=post.account_id,
        unit=post.unit_id,
        area=post.area,
        role=post.role,
        name=str(post.account),
        unit_name=str(post.unit),
        unit_kind=post.unit.kind,
    )
