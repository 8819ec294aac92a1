"""Units and posts as the rest of the platform asks for them.

Units are few and change rarely, so every process holds them all (``book``): names on a list cost no query.
Whoever changes units calls ``changed()`` in the same transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db.models import Q

from linli.kernel.records.editions import Cached, raise_edition
from linli.kernel.units.models import Post, Token, Unit, UnitKind
from linli.lib.time import now, today

EDITION = "units"
_LENGTHS = (18, 15, 12, 9, 6, 4)


@dataclass
class Book:
    """All units in force."""

    by_id: dict[int, Unit] = field(default_factory=dict)
    by_area_kind: dict[tuple[str, str], list[Unit]] = field(default_factory=dict)
    by_area_function: dict[tuple[str, str], list[Unit]] = field(default_factory=dict)

    def unit(self, unit_id: int | None) -> Unit | None:
        return self.by_id.get(unit_id) if unit_id is not None else None

    def name(self, unit_id: int | None) -> str:
        unit = self.unit(unit_id)
        return str(unit) if unit else ""

    def nearest(self, area: str, *, kind: str) -> Unit | None:
        """The unit of a kind that stands closest above ``area`` (or at it)."""
        for length in _LENGTHS:
            if length <= len(area) and (found := self.by_area_kind.get((area[:length], kind))):
                return found[0]
        return None

    def centre_of(self, area: str) -> Unit | None:
        """The governance centre that receives what happens in ``area``: the township's, else above it."""
        return self.nearest(area[:9], kind=UnitKind.CENTRE)

    def centre_above(self, area: str) -> Unit | None:
        """The next higher governance centre than the one standing at ``area``."""
        shorter = [length for length in _LENGTHS if length < len(area)]
        return self.nearest(area[: shorter[0]], kind=UnitKind.CENTRE) if shorter else None

    def responsible(self, function: str, area: str) -> Unit | None:
        """The unit that carries ``function`` for ``area``: at the township or above, nearest first.

        Committees and what stands below the township carry no department's function, so the look begins
        at the township unless the function is the committee's or the property company's own.
        """
        start = area if function in {"committee", "property"} else area[:9]
        for length in _LENGTHS:
            if length <= len(start) and (found := self.by_area_function.get((start[:length], function))):
                return found[0]
        return None


def _load() -> Book:
    book = Book()
    day = today()
    for unit in Unit.objects.filter(Q(valid_to=None) | Q(valid_to__gt=day)).order_by("pk"):
        book.by_id[unit.pk] = unit
        book.by_area_kind.setdefault((unit.area, unit.kind), []).append(unit)
        for function in unit.functions:
            book.by_area_function.setdefault((unit.area, function), []).append(unit)
    return book


book = Cached(EDITION, _load)


def changed() -> None:
    """Say that units change with the current transaction."""
    raise_edition(EDITION)


def posts_in(area: str, role: str, on: dt.date | None = None) -> Iterable[int]:
    """Ids of the posts of a role whose area is ``area`` or lies above it, nearest first."""
    prefixes = [area[:length] for length in _LENGTHS if length <= len(area)]
    found = Post.objects.valid(on).filter(role=role, area__in=prefixes).values_list("pk", "area")
    return [pk for pk, _ in sorted(found, key=lambda row: -len(row[1]))]


def post_of_token(secret: str) -> Post | None:
    """The post that a bearer token acts as, or None when it is unknown, ended or revoked."""
    digest = Token.digest_of(secret)
    return posts_of_digests([digest]).get(digest)


def is_expired(secret: str) -> bool:
    """Whether this was a token and only its time is over: whoever holds it may be told."""
    tokens = Token.objects.filter(digest=Token.digest_of(secret), revoked_at=None, expires_at__lte=now())
    return tokens.exists()


def posts_of_digests(digests: Collection[str]) -> dict[str, Post]:
    """``post_of_token`` for many tokens by their digests, in one query; unusable ones are left out."""
    in_force = Q(expires_at=None) | Q(expires_at__gt=now())
    tokens = Token.objects.filter(in_force, digest__in=digests, revoked_at=None)
    found = tokens.filter(post__in=Post.objects.valid()).select_related("post__unit", "post__account")
    return {token.digest: token.post for token in found}
