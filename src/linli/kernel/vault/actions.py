"""Every change to the vault, and the one way to read it.

``keep`` and ``retain`` join a bigger deed's plan. The others are deeds of their own: they run in a
transaction that nothing else can roll back (``durable``), because what has been read stays on the log.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from linli.kernel.access.actor import Actor
from linli.kernel.records.changes import Changes
from linli.kernel.vault.errors import (
    PersonalDataInvalid,
    PersonErased,
    PersonUnknown,
    PurposeRefused,
    ReporterHidden,
)
from linli.kernel.vault.fields import checked, masks_of, phone
from linli.kernel.vault.models import Deed, Person, Reading
from linli.kernel.vault.permissions import CORRECT, ERASE
from linli.kernel.vault.purposes import LegalBasis, Purpose, purpose_of, seen
from linli.kernel.vault.seals import keyring
from linli.lib.errors import Refusal
from linli.lib.time import now, today

REASON_LIMIT = 200
FOUND_LIMIT = 50
"""A number under which more entries are kept is shown with the newest of them."""


def keep(
    changes: Changes,
    *,
    actor: Actor,
    purpose: str,
    fields: Mapping[str, str],
    place: str,
    record: tuple[str, int],
    kind: str = "reporter",
    legal_basis: LegalBasis | None = None,
    notice_version: str = "",
    hidden_from: Iterable[int] = (),
    retain_days: int | None = None,
) -> Person:
    """Add an entry to ``changes``; nothing is written here. Returns the row, whose id other rooms store.

    ``place`` is the area's code, ``record`` the family and id that the entry belongs to. Retention runs
    from today for ``retain_days`` or the purpose's own days; ``retain`` moves it when the record closes.
    Anybody may hand in data about a matter of theirs, so no ability is asked, only the purpose.

    Raises ``PersonalDataInvalid`` for wrong values, masks, fields beyond the purpose, and consent
    without the version of the notice consented to (个人信息保护法 arts. 14, 17).
    """
    why = purpose_of(purpose)
    beyond = {code: _beyond(code, why) for code in fields.keys() - why.fields}
    if beyond:
        raise PersonalDataInvalid(fields=beyond)
    basis = legal_basis or why.legal_basis
    if basis is LegalBasis.CONSENT and not notice_version:
        raise PersonalDataInvalid(fields={"notice_version": "告知书版本：以同意为依据收集时必须记录"})
    family, record_id = record
    person = Person(
        kind=kind,
        family=family,
        record_id=record_id,
        purpose=purpose,
        legal_basis=basis.value,
        notice_version=notice_version,
        hidden_from=sorted(set(hidden_from)),
        collected_at=now(),
        retain_until=today() + dt.timedelta(days=why.retain_days if retain_days is None else retain_days),
    )
    person.place(place)
    _seal(person, checked(fields))
    changes.insert(person)
    return person


def retain(changes: Changes, person: Person, *, until: dt.date) -> None:
    """Set the last day on which the entry is kept: when its record closes, or an emergency is over."""
    changes.update(person, retain_until=until)


def hide(changes: Changes, person: Person, *, units: Iterable[int]) -> None:
    """Refuse the entry to ``units`` from now on, besides those it is already hidden from."""
    changes.update(person, hidden_from=sorted({*person.hidden_from, *units}))


def read(actor: Actor, *, person: int, fields: Collection[str], purpose: str, reason: str) -> dict[str, str]:
    """The plain values of ``fields``; those not registered are left out.

    The log entry is committed before anything is returned, and so is the entry of a refusal. Raises
    ``PersonUnknown``, ``PersonErased``, ``PurposeRefused``, ``NotAllowed``, ``ReporterHidden``,
    ``SealBroken``, or ``PersonalDataInvalid`` where no reason is given.
    """
    reason = _reason(reason)
    refusal: Refusal | None = None
    values: dict[str, str] = {}
    with transaction.atomic(durable=True):
        entry = Person.objects.filter(pk=person).first()
        try:
            why = purpose_of(purpose)
            allowed = _admit(actor, entry, why, why.ability, fields)
            values = _open(allowed, fields)
        except Refusal as error:
            refusal = error
        _log(actor, Deed.READ, entry, purpose, reason, fields, refusal, person=person)
    if refusal:
        raise refusal
    return values


def correct(actor: Actor, *, person: int, fields: Mapping[str, str], purpose: str, reason: str) -> None:
    """Replace the given fields; a blank one is removed. On the log as ``correct``, refused or not.

    Raises as ``read`` does, and ``PersonalDataInvalid`` for a wrong or masked value.
    """
    reason = _reason(reason)
    refusal: Refusal | None = None
    with transaction.atomic(durable=True):
        entry = _locked(person)
        try:
            allowed = _admit(actor, entry, purpose_of(purpose), CORRECT, fields.keys())
            replaced = checked(fields)
            kept = _open(allowed, allowed.sealed.keys() - fields.keys())
            _seal(allowed, kept | replaced)
            allowed.save(update_fields=["sealed", "key", "masks", "phone_index"])
        except Refusal as error:
            refusal = error
        _log(actor, Deed.CORRECT, entry, purpose, reason, fields.keys(), refusal, person=person)
    if refusal:
        raise refusal


def erase(actor: Actor, *, person: int, reason: str) -> None:
    """Delete the personal data of one entry before its time (个人信息保护法 art. 47).

    The emptied row stays, so that ids held elsewhere lead to "erased" and not to nothing.
    """
    reason = _reason(reason)
    refusal: Refusal | None = None
    with transaction.atomic(durable=True):
        entry = _locked(person)
        held = sorted(entry.sealed) if entry else []
        try:
            _empty(Person.objects.filter(pk=_reachable(actor, entry, ERASE).pk))
        except Refusal as error:
            refusal = error
        _log(actor, Deed.ERASE, entry, entry.purpose if entry else "", reason, held, refusal, person=person)
    if refusal:
        raise refusal


@dataclass(frozen=True)
class Found:
    """An entry found by phone: enough to know the record, nothing to know the person by."""

    person: int
    family: str
    record_id: int
    masks: Mapping[str, str]


def find_by_phone(actor: Actor, *, phone_number: str, purpose: str, reason: str) -> list[Found]:
    """Entries with this phone that the actor could read for ``purpose``, newest first, masked.

    Goes through the blind index, so the number is compared without being decrypted. The search is on
    the log; the number is not. At most ``FOUND_LIMIT`` entries.
    """
    reason = _reason(reason)
    try:
        wanted = phone(phone_number)
    except ValueError as error:
        raise PersonalDataInvalid(
            fields={"phone": gettext("%(title)s：%(wrong)s") % {"title": gettext("联系电话"), "wrong": error}}
        ) from error
    refusal: Refusal | None = None
    found: list[Found] = []
    with transaction.atomic(durable=True):
        try:
            why = purpose_of(purpose)
            _cover(why, {"phone"})
            actor.require(why.ability)
            found = _matches(actor, why, wanted)
        except Refusal as error:
            refusal = error
        _log(actor, Deed.SEARCH, None, purpose, reason, ["phone"], refusal)
    if refusal:
        raise refusal
    return found


def expire(*, batch: int = 1000) -> int:
    """Empty every entry whose last day of retention has passed; returns how many (art. 19, 47)."""
    emptied = 0
    while True:
        due = Person.objects.filter(retain_until__lt=today(), erased_at__isnull=True)
        ids = list(due.order_by("retain_until").values_list("pk", flat=True)[:batch])
        if not ids:
            return emptied
        # asked again at the row: a deed may have moved its retention since it was listed
        emptied += _empty(due.filter(pk__in=ids))


def reseal(*, batch: int = 500) -> int:
    """Seal again with the current key every entry sealed with another one; returns how many.

    This is the rotation: put the new secret first in ``VAULT_KEY``, let this run, take the old one out.
    Raises ``SealBroken`` at an entry that does not open, leaving the batches done so far in place.
    """
    stale = Person.objects.exclude(key=keyring().current.label).filter(erased_at__isnull=True)
    districts = stale.values_list("district", flat=True).distinct()
    return sum(_reseal(stale.filter(district=district), batch) for district in districts)


def _reseal(stale: QuerySet[Person], batch: int) -> int:
    """Seal again those of one district; a distributed database locks rows of one node alone."""
    done = 0
    while True:
        with transaction.atomic():
            people = list(stale.select_for_update(skip_locked=True).order_by("pk")[:batch])
            for person in people:
                _seal(person, _open(person, person.sealed.keys()))
            Person.objects.bulk_update(people, ["sealed", "key", "masks", "phone_index"])
        if not people:
            return done
        done += len(people)


def prune_log(*, days: int, batch: int = 10_000) -> int:
    """Delete log entries older than ``days``; the database refuses any younger than 184 days."""
    oldest = now() - dt.timedelta(days=days)
    done = 0
    while True:
        ids = Reading.objects.filter(at__lt=oldest).order_by("pk").values("pk")[:batch]
        deleted, _ = Reading.objects.filter(pk__in=ids).delete()
        if not deleted:
            return done
        done += deleted


def _locked(person: int) -> Person | None:
    """The entry, locked; by its district too, by which a distributed database finds it."""
    entries = Person.objects.filter(pk=person)
    district = entries.values_list("district", flat=True).first()
    return None if district is None else entries.select_for_update().filter(district=district).first()


def _beyond(code: str, why: Purpose) -> str:
    return gettext("%(code)s：不在“%(purpose)s”的收集范围内") % {"code": code, "purpose": gettext(why.title)}


def _reason(text: str) -> str:
    reason = text.strip()
    if not reason:
        raise PersonalDataInvalid(fields={"reason": "理由：使用个人信息必须说明理由"})
    if len(reason) > REASON_LIMIT:
        raise PersonalDataInvalid(
            fields={"reason": gettext("理由：不能超过 %(n)d 个字") % {"n": REASON_LIMIT}}
        )
    return reason


def _cover(why: Purpose, fields: Collection[str]) -> None:
    beyond = sorted(set(fields) - why.fields)
    if beyond:
        raise PurposeRefused(purpose=why.code, fields=beyond)


def _reachable(actor: Actor, entry: Person | None, ability: str) -> Person:
    """The entry, where the actor holds ``ability`` over its record and is not hidden from it."""
    actor.require(ability)
    if entry is None or entry.record_id not in seen(actor, ability, entry.family, {entry.record_id}):
        raise PersonUnknown
    if actor.unit in entry.hidden_from:
        raise ReporterHidden
    if entry.erased_at:
        raise PersonErased
    return entry


def _admit(actor: Actor, entry: Person | None, why: Purpose, ability: str, fields: Collection[str]) -> Person:
    _cover(why, fields)
    allowed = _reachable(actor, entry, ability)
    if allowed.purpose not in why.of:
        raise PurposeRefused("该信息不是为此目的收集的，不能用于此目的", purpose=why.code)
    return allowed


def _matches(actor: Actor, why: Purpose, number: str) -> list[Found]:
    candidates = list(
        Person.objects.filter(phone_index__in=keyring().blinds(number), purpose__in=why.of)
        .exclude(hidden_from__contains=[actor.unit] if actor.unit is not None else [-1])
        .order_by("-collected_at", "-pk")[:FOUND_LIMIT]
    )
    visible: dict[str, set[int]] = {}
    for family in {entry.family for entry in candidates}:
        records = {entry.record_id for entry in candidates if entry.family == family}
        visible[family] = seen(actor, why.ability, family, records)
    return [
        Found(entry.pk, entry.family, entry.record_id, entry.masks)
        for entry in candidates
        if entry.record_id in visible[entry.family]
    ]


def _seal(person: Person, values: Mapping[str, str]) -> None:
    key = keyring().current
    person.sealed = {field: key.seal(value, person=person.pk, field=field) for field, value in values.items()}
    person.key = key.label
    person.masks = masks_of(values)
    person.phone_index = key.blind(values["phone"]) if "phone" in values else None


def _open(person: Person, fields: Collection[str]) -> dict[str, str]:
    key = keyring().of(person.key)
    return {
        field: key.open(person.sealed[field], person=person.pk, field=field)
        for field in fields
        if field in person.sealed
    }


def _empty(people: QuerySet[Person]) -> int:
    return people.update(sealed={}, masks={}, phone_index=None, erased_at=now())


def _log(
    actor: Actor,
    deed: Deed,
    entry: Person | None,
    purpose: str,
    reason: str,
    fields: Iterable[str],
    refusal: Refusal | None,
    *,
    person: int | None = None,
) -> None:
    reading = Reading(
        person_id=person,
        deed=deed,
        outcome=refusal.code if refusal else "allowed",
        account=actor.account,
        post=actor.post,
        unit=actor.unit,
        role=actor.role,
        purpose=purpose[:40],
        reason=reason,
        fields=sorted(field[:20] for field in fields),
        family=entry.family if entry else "",
        record_id=entry.record_id if entry else None,
        at=now(),
    )
    reading.place(entry.area if entry else actor.area)
    reading.save(force_insert=True)
