"""What other rooms may show of the vault: masks, and who used it."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet

from linli.kernel.access.actor import Actor
from linli.kernel.access.roles import Scope
from linli.kernel.access.rows import NOTHING, within
from linli.kernel.vault.models import Person, Reading
from linli.kernel.vault.permissions import AUDIT


def masks(ids: Collection[int], *, reader: Actor) -> dict[int, dict[str, str]]:
    """{person id: {field: mask}} in one query; an erased entry has no fields, an unknown id is absent.

    Whoever asks has checked that the reader may see the records. Entries hidden from the reader's unit are
    absent: a surname and four digits would tell the unit complained about who complained.
    """
    people = Person.objects.filter(pk__in=ids)
    if reader.unit is not None:
        people = people.exclude(hidden_from__contains=[reader.unit])
    return dict(people.values_list("pk", "masks"))


def readings(actor: Actor, *, person: int | None = None) -> QuerySet[Reading]:
    """The log, newest first, cut to the auditor's area. Raises ``NotAllowed`` without ``vault.audit``."""
    actor.require(AUDIT)
    log = Reading.objects.order_by("-id")
    if person is not None:
        log = log.filter(person_id=person)
    if actor.system:
        return log
    return log.filter(within(actor.area) if actor.area and Scope.AREA in actor.scopes(AUDIT) else NOTHING)
