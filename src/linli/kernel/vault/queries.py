"""What other rooms may show of the vault: masks, and who used it."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet

from linli.kernel.access.actor import Actor
from linli.kernel.access.roles import Scope
from linli.kernel.access.rows import NOTHING, within
from linli.kernel.vault.models import Person, Reading
from linli.kernel.vault.permissions import AUDIT


def masks(ids: Collection[int]) -> dict[int, dict[str, str]]:
    """{person id: {field: mask}} in one query; an erased entry has no fields, an unknown id is absent."""
    return dict(Person.objects.filter(pk__in=ids).values_list("pk", "masks"))


def people_of(family: str, record_ids: Collection[int]) -> dict[int, list[Person]]:
    """{record id: its entries, oldest first} in one query. Rows hold masks and ciphertexts only."""
    found: dict[int, list[Person]] = {}
    for person in Person.objects.filter(family=family, record_id__in=record_ids).order_by("pk"):
        found.setdefault(person.record_id, []).append(person)
    return found


def readings(actor: Actor, *, person: int | None = None) -> QuerySet[Reading]:
    """The log, newest first, cut to the auditor's area. Raises ``NotAllowed`` without ``vault.audit``."""
    actor.require(AUDIT)
    log = Reading.objects.order_by("-id")
    if person is not None:
        log = log.filter(person_id=person)
    if actor.system:
        return log
    return log.filter(within(actor.area) if actor.area and Scope.AREA in actor.scopes(AUDIT) else NOTHING)
