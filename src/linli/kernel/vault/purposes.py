"""Purposes for which personal data is kept and read, and guards that say whose record an actor may see.

Declared once, in code, by the domain that does the work (``purposes.py`` of the domain), with the legal
basis and its source: 个人信息保护法 arts. 6 and 13. Nothing is kept or read without one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from django.db import models

from linli.kernel.access.actor import Actor
from linli.kernel.vault.errors import PurposeRefused
from linli.kernel.vault.fields import FIELDS


class LegalBasis(models.TextChoices):
    """个人信息保护法 art. 13, as far as a governance platform may rely on it."""

    DUTY = "duty", "履行法定职责"
    CONSENT = "consent", "本人同意"
    EMERGENCY = "emergency", "突发事件应对"


@dataclass(frozen=True)
class Purpose:
    """Why personal data is kept or read."""

    code: str
    title: str
    fields: frozenset[str]
    """Kinds of personal data it covers; no others may be kept or read for it."""
    ability: str
    """What a post must hold over the record to read for it."""
    retain_days: int
    legal_basis: LegalBasis
    source: str
    """Law and article, or the city's own rule."""
    of: frozenset[str]
    """Purposes of collection whose entries may be read for it."""


Guard = Callable[[Actor, str, Collection[int]], set[int]]
"""(actor, ability, record ids) -> those ids on which the actor holds the ability, in one query."""

PURPOSES: dict[str, Purpose] = {}
GUARDS: dict[str, Guard] = {}


def purpose(
    code: str,
    title: str,
    *,
    fields: Iterable[str],
    ability: str,
    retain_days: int,
    legal_basis: LegalBasis,
    source: str,
    of: Iterable[str] = (),
) -> Purpose:
    """Declare a purpose. Without ``of`` it reads the entries collected for itself only."""
    made = Purpose(
        code,
        title,
        frozenset(fields),
        ability,
        retain_days,
        legal_basis,
        source,
        frozenset(of) or frozenset({code}),
    )
    if not made.fields <= FIELDS.keys():
        raise ValueError(f"purpose {code} covers unknown fields {sorted(made.fields - FIELDS.keys())}")
    if retain_days < 1 or not source:
        raise ValueError(f"purpose {code} needs a retention and a source")
    if PURPOSES.setdefault(code, made) != made:
        raise ValueError(f"purpose {code} is declared twice")
    return made


def guard(family: str, sees: Guard) -> None:
    """Declare who sees the records of ``family`` (the owning domain's own row filter)."""
    GUARDS[family] = sees


def purpose_of(code: str) -> Purpose:
    """The declared purpose. Raises ``PurposeRefused`` for an unknown code."""
    known = PURPOSES.get(code)
    if known is None:
        raise PurposeRefused("未登记的使用目的", purpose=code)
    return known


def seen(actor: Actor, ability: str, family: str, records: Collection[int]) -> set[int]:
    """Those of ``records`` on which the actor holds ``ability``; none where the family has no guard."""
    sees = GUARDS.get(family)
    return sees(actor, ability, records) if sees else set()
