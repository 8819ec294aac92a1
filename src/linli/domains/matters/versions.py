"""What a published list changes in the database: new versions and ended ones."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection

from linli.domains.matters.entries import MatterEntry, entry_of
from linli.domains.matters.models import Matter, MatterLimit, MatterList

_LOCK = 0x6D617474
"""Publications wait for each other: a version number is read and then written."""


@dataclass
class Difference:
    """What a publication did, by code."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    unchanged: int = 0

    @property
    def anything(self) -> bool:
        return bool(self.added or self.changed or self.ended)

    def merge(self, other: Difference) -> None:
        self.added += other.added
        self.changed += other.changed
        self.ended += other.ended
        self.unchanged += other.unchanged


def lock_lists() -> None:
    """Hold the lists until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def open_versions(matter_list: MatterList) -> dict[str, Matter]:
    """The last version of every matter that has not left the list, by code."""
    rows = matter_list.matters.filter(valid_to__isnull=True).prefetch_related("limits")
    return {matter.code: matter for matter in rows}


def end(matters: Sequence[Matter], *, on: dt.date) -> Difference:
    """Let matters leave their list on a day."""
    Matter.objects.filter(pk__in=[matter.pk for matter in matters]).update(valid_to=on)
    return Difference(ended=[matter.code for matter in matters])


def put(
    matter_list: MatterList, entries: Sequence[MatterEntry], was: Mapping[str, Matter], *, on: dt.date
) -> Difference:
    """Give every new or changed entry a version in force from ``on``.

    An entry that says what its version in force says is left alone, so that loading twice changes nothing.
    """
    difference = Difference()
    closing: list[Matter] = []
    opening: list[tuple[Matter, MatterEntry]] = []
    last = _last_versions(matter_list.area, [entry.code for entry in entries])
    for entry in entries:
        before = was.get(entry.code)
        if before is not None and entry_of(before) == entry:
            difference.unchanged += 1
            continue
        if before is None:
            difference.added.append(entry.code)
        else:
            difference.changed.append(entry.code)
            closing.append(before)
        opening.append((_version(matter_list, entry, last.get(entry.code, 0) + 1, on), entry))
    end(closing, on=on)
    Matter.objects.bulk_create(matter for matter, _ in opening)
    MatterLimit.objects.bulk_create(
        MatterLimit(matter=matter, **dataclasses.asdict(limit))
        for matter, entry in opening
        for limit in entry.limits
    )
    return difference


def _last_versions(area: str, codes: Sequence[str]) -> dict[str, int]:
    rows = Matter.objects.filter(area=area, code__in=codes).order_by("version")
    return dict(rows.values_list("code", "version"))


def _version(matter_list: MatterList, entry: MatterEntry, version: int, on: dt.date) -> Matter:
    values = {name.name: getattr(entry, name.name) for name in dataclasses.fields(entry)}
    del values["limits"]
    values["keywords"] = dict(entry.keywords)
    for name in ("assist_functions", "performers", "committee_matters", "words_against"):
        values[name] = list(values[name])
    return Matter(list=matter_list, area=matter_list.area, version=version, valid_from=on, **values)
