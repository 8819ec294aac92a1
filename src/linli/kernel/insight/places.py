"""Telling figures of the past by today's tree of areas.

A record keeps the code that was true when it happened. Where that area has since been retired in favour of
exactly one other, its records are told under that one; where it was divided nobody can say from the code
which part a record belongs to, and it stays under the old name.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Case, F, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Left

from linli.kernel.access.rows import within
from linli.kernel.areas.levels import WIDTHS, Level, is_code, level_of
from linli.kernel.areas.models import Area
from linli.kernel.areas.queries import today_of
from linli.kernel.areas.tree import Held

COLUMNS = {Level.DISTRICT: "district", Level.TOWNSHIP: "township"}


def _read() -> Mapping[str, str]:
    retired = Area.objects.filter(valid_to__isnull=False).values_list("code", flat=True).distinct()
    heirs = today_of(retired)
    return {
        code: found[0]
        for code, found in heirs.items()
        if len(found) == 1 and found[0] != code and level_of(found[0]) is level_of(code)
    }


_carried_on = Held(_read)
"""Retired areas and the one that carries each on."""


def by_level(level: Level) -> Combinable:
    """What groups records by their area of a level, as the tree stands today."""
    column = F(COLUMNS[level]) if level in COLUMNS else Left("area", level.width)
    moved = {old: new for old, new in _carried_on.get().items() if level_of(old) is level}
    if not moved:
        return column
    at = COLUMNS.get(level)
    whens = [
        When(**({at: old} if at else {"area__startswith": old}), then=Value(new))
        for old, new in moved.items()
    ]
    return Case(*whens, default=column)


def carried_on() -> Mapping[str, str]:
    """Retired areas and the one that carries each on."""
    return _carried_on.get()


def today_code(area: str, moved: Mapping[str, str]) -> str:
    """The area that carries on the one where something happened; mostly that one itself."""
    for width in sorted(WIDTHS.values(), reverse=True):
        if width <= len(area) and (heir := moved.get(area[:width])):
            return heir + area[width:] if len(heir) == width else heir
    return area


def carried_on_by(area: str) -> tuple[str, ...]:
    """Retired areas outside ``area`` whose records are told under it."""
    moved = _carried_on.get().items()
    return tuple(old for old, new in moved if new.startswith(area) and not old.startswith(area))


def told_within(area: str) -> Q:
    """Records of ``area`` as the tree stands today."""
    condition = within(area)
    if len(area) > Level.CITY.width and is_code(area):
        for old in carried_on_by(area):
            condition |= within(old)
        for old, new in _carried_on.get().items():
            if old.startswith(area) and not new.startswith(area):
                condition &= ~within(old)
    return condition
