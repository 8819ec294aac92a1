"""Reads of one's own factors, and who must have one."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from linli.kernel.identity.models import Factor
from linli.kernel.units.models import Account, Post
from linli.kernel.units.terms import title_of


@dataclass(frozen=True)
class Standing:
    """How an account is secured: what its holder sees of it."""

    factors: list[Factor]
    codes_left: int
    needed_for: list[str]
    """Titles of the roles for which the city asks a second factor of this account."""

    @property
    def has_app(self) -> bool:
        return any(factor.kind == Factor.Kind.APP for factor in self.factors)


def standing(account: Account) -> Standing:
    """Factors of an account, oldest first, how many recovery codes are left, and why it needs a factor."""
    return Standing(list(account.factors.order_by("pk")), account.recovery_codes.count(), needed_for(account))


def has_factor(account: Account) -> bool:
    return account.factors.exists()


def needed_for(account: Account) -> list[str]:
    """Titles of the account's present roles that ``settings.SECOND_FACTOR_ROLES`` names."""
    asked = Post.objects.valid().filter(account=account, role__in=settings.SECOND_FACTOR_ROLES)
    return [title_of(role) for role in sorted(set(asked.values_list("role", flat=True)))]
